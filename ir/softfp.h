/* softfp.h: binary32 and binary64 arithmetic in integers, exact on any host: values, exception
 * flags and NaNs by the guest's rules.
 *
 * It is the meaning of the IR's FP ops (eval_fp.c), and so what generated code is compared with;
 * and what hosts whose FPU reports other flags fall back on (backend.h, BackendOps.fp_inexact).
 *
 *     SoftFp s = {.model = FP_MODEL_X86, .fpctl = 0x1f80};
 *     softfp_div(&s, true, one, three);     s.fpctl is 0x1fa0: inexact
 *
 * Numbers are bit patterns; `wide` is binary64. fpctl is a control and status word in the layout of
 * MXCSR: rounding, FTZ, DAZ and masks go in, flags are added. An exception that is unmasked is
 * flagged as a processor that signals it would (Intel SDM vol. 1, 4.9.1 and 11.5.2); the result
 * then means nothing.
 */
#ifndef DRAGOMAN_IR_SOFTFP_H
#define DRAGOMAN_IR_SOFTFP_H

#include "ir/ir.h"

/* The control and status word. */
enum {
    FP_INVALID = 1,
    FP_DENORMAL = 2,
    FP_DIVZERO = 4,
    FP_OVERFLOW = 8,
    FP_UNDERFLOW = 16,
    FP_INEXACT = 32,
    FP_FLAGS = 63,
    FP_DAZ = 0x40,
    FP_MASK_SHIFT = 7, /* the masks of the same exceptions */
    FP_MASKS = FP_FLAGS << FP_MASK_SHIFT,
    FP_RC_SHIFT = 13, /* 0 nearest, 1 down, 2 up, 3 to zero */
    FP_FTZ = 0x8000,
};

typedef struct SoftFp {
    FpModel model;
    uint32_t fpctl;
    bool ties_away; /* where fpctl says to nearest: from a tie away from zero, not to even */
} SoftFp;

typedef struct FpRelation {
    bool less, equal, unordered;
} FpRelation;

typedef uint64_t SoftFpBin(SoftFp *s, bool wide, uint64_t a, uint64_t b);
SoftFpBin softfp_add, softfp_sub, softfp_mul, softfp_div;
/* a < b ? a : b and a > b ? a : b; invalid for any NaN. */
SoftFpBin softfp_minsel, softfp_maxsel;
/* a * b + c */
uint64_t softfp_fma(SoftFp *s, bool wide, uint64_t a, uint64_t b, uint64_t c);
uint64_t softfp_sqrt(SoftFp *s, bool wide, uint64_t a);
/* To an integer, as a number; quiet: the inexact flag is left alone. No denormal flag. */
uint64_t softfp_round(SoftFp *s, bool wide, uint64_t a, IrRound mode, bool quiet);

/* signals: invalid for a quiet NaN too. */
FpRelation softfp_compare(SoftFp *s, bool wide, uint64_t a, uint64_t b, bool signals);

uint64_t softfp_extend(SoftFp *s, uint64_t a);   /* binary32 to binary64 */
uint64_t softfp_truncate(SoftFp *s, uint64_t a); /* binary64 to binary32 */
uint64_t softfp_from_int(SoftFp *s, bool wide, int64_t v);
/* NaN or out of range: invalid, and the most negative integer. */
int64_t softfp_to_int(SoftFp *s, bool wide, uint64_t a, bool int64, bool to_zero);

#endif
