/* fp_estimate.h: estimates and steps of reciprocals and reciprocal square roots, and FMULX. */
#ifndef DRAGOMAN_FRONTEND_AARCH64_FP_ESTIMATE_H
#define DRAGOMAN_FRONTEND_AARCH64_FP_ESTIMATE_H

#include "ir/softfp.h"

SoftFpBin a64_fp_mulx;
uint64_t a64_fp_recpe(SoftFp *s, FpFormat form, uint64_t a);
uint64_t a64_fp_rsqrte(SoftFp *s, FpFormat form, uint64_t a);
uint64_t a64_fp_recpx(SoftFp *s, FpFormat form, uint64_t a);
/* URECPE, URSQRTE: of a fraction, the first bit of which must be set, or one of the first two. */
uint32_t a64_urecpe(uint32_t a);
uint32_t a64_ursqrte(uint32_t a);
/* a is negated already: 2 + a * b, (3 + a * b) / 2. */
SoftFpBin a64_fp_recps, a64_fp_rsqrts;

#endif
