/* softfp.h: binary16, binary32 and binary64 arithmetic in integers, exact on any host: values,
 * exception flags and NaNs by the guest's rules.
 *
 * It is the meaning of the IR's FP ops (eval_fp.c), and so what generated code is compared with;
 * and what hosts whose FPU reports other flags fall back on (backend.h, BackendOps.fp_inexact).
 *
 *     SoftFp s = {.model = FP_MODEL_X86, .fpctl = 0x1f80};
 *     softfp_div(&s, FP_BINARY64, one, three);     s.fpctl is 0x1fa0: inexact
 *
 * Numbers are bit patterns. fpctl is a control and status word in the layout of
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
    bool ties_away;   /* where fpctl says to nearest: from a tie away from zero, not to even */
    bool to_odd;      /* whatever fpctl says: an inexact result's last bit is one */
    bool default_nan; /* whatever the model says: NaN results are the positive default NaN */
    bool halve;       /* softfp_fma's result is half of that, rounded once */
    bool flushed;     /* set when DAZ has made an operand zero */
} SoftFp;

typedef enum FpFormat { FP_BINARY32, FP_BINARY64, FP_BINARY16 } FpFormat;

typedef struct FpRelation {
    bool less, equal, unordered;
} FpRelation;

typedef uint64_t SoftFpBin(SoftFp *s, FpFormat form, uint64_t a, uint64_t b);
SoftFpBin softfp_add, softfp_sub, softfp_mul, softfp_div;
/* a < b ? a : b and a > b ? a : b; invalid for any NaN. */
SoftFpBin softfp_minsel, softfp_maxsel;
/* The lesser and the greater, -0 below +0; nm: of a number and a quiet NaN the number. */
SoftFpBin softfp_min, softfp_max, softfp_minnm, softfp_maxnm;
/* a * b + c */
uint64_t softfp_fma(SoftFp *s, FpFormat form, uint64_t a, uint64_t b, uint64_t c);
uint64_t softfp_sqrt(SoftFp *s, FpFormat form, uint64_t a);
/* To an integer, as a number; quiet: the inexact flag is left alone. No denormal flag. */
uint64_t softfp_round(SoftFp *s, FpFormat form, uint64_t a, IrRound mode, bool quiet);

/* An operand as DAZ wants it. */
uint64_t softfp_flush(SoftFp *s, FpFormat form, uint64_t a);

/* signals: invalid for a quiet NaN too. */
FpRelation softfp_compare(SoftFp *s, FpFormat form, uint64_t a, uint64_t b, bool signals);

/* Binary16 is never flushed here, and has no denormal flag. */
uint64_t softfp_convert(SoftFp *s, FpFormat from, FpFormat to, uint64_t a);
/* v * 2^-fraction */
uint64_t softfp_from_int(SoftFp *s, FpFormat form, int64_t v, unsigned fraction);
uint64_t softfp_from_uint(SoftFp *s, FpFormat form, uint64_t v, unsigned fraction);
/* NaN or out of range: invalid, and the most negative integer. */
int64_t softfp_to_int(SoftFp *s, FpFormat form, uint64_t a, bool int64, bool to_zero);
/* a * 2^fraction to an integer of 16, 32 or 64 bits; what is out of range becomes the nearest, and
 * is invalid; a NaN becomes 0, in model RISCV the greatest. */
typedef struct FpIntType {
    uint8_t bits;
    bool is_signed;
    uint8_t fraction;
} FpIntType;
uint64_t softfp_to_fixed(SoftFp *s, FpFormat form, uint64_t a, FpIntType to, IrRound mode);

#endif
