/* fp_estimate.c: FRECPE, FRSQRTE, FRECPX, FRECPS, FRSQRTS and FMULX, as the Arm ARM's pseudocode
 * defines them to the bit (FPRecipEstimate, FPRSqrtEstimate, FPRecpX, FPRecipStepFused,
 * FPRSqrtStepFused, FPMulX).
 */
#include "frontend/aarch64/fp_estimate.h"

typedef struct Layout {
    unsigned fraction, exponent; /* bits */
} Layout;

static const Layout layouts[] = {
    [FP_BINARY32] = {23, 8}, [FP_BINARY64] = {52, 11}, [FP_BINARY16] = {10, 5}};

static uint64_t ones(unsigned n)
{
    return ((uint64_t)1 << n) - 1;
}
static uint64_t sign_bit(const Layout *f)
{
    return (uint64_t)1 << (f->fraction + f->exponent);
}
static uint64_t inf_bits(const Layout *f)
{
    return ones(f->exponent) << f->fraction;
}
static uint64_t magnitude(const Layout *f, uint64_t a)
{
    return a & ~sign_bit(f);
}
static uint64_t bias(const Layout *f)
{
    return ones(f->exponent - 1);
}
static uint64_t number(const Layout *f, uint64_t significand_of_two_bits, int exponent)
{
    return (bias(f) + (uint64_t)(int64_t)exponent) << f->fraction | significand_of_two_bits
                                                                        << (f->fraction - 1);
}

static bool flushes(const SoftFp *s)
{
    return (s->fpctl & FP_FTZ) != 0;
}

/* Exponent and fraction, the latter in the upper of 52 bits. */
typedef struct Parts {
    int exponent;
    uint64_t fraction;
} Parts;

static Parts parts_of(const Layout *f, uint64_t a)
{
    return (Parts){.exponent = (int)(a >> f->fraction & ones(f->exponent)),
                   .fraction = (a & ones(f->fraction)) << (52 - f->fraction)};
}

static uint64_t from_parts(const Layout *f, uint64_t sign, int exponent, uint64_t fraction)
{
    return sign | (uint64_t)exponent << f->fraction | fraction >> (52 - f->fraction);
}

enum { NEAREST, DOWN, UP, TO_ZERO };

static uint64_t overflow(SoftFp *s, const Layout *f, uint64_t sign)
{
    unsigned mode = s->fpctl >> FP_RC_SHIFT & 3;
    bool to_inf = mode == NEAREST || mode == (sign ? DOWN : UP);
    s->fpctl |= FP_OVERFLOW | FP_INEXACT;
    return sign | (to_inf ? inf_bits(f) : inf_bits(f) - 1);
}

/* RecipEstimate: of 256 to 511, in the same range. */
static uint64_t recip_estimate(uint64_t a)
{
    a = 2 * a + 1;
    return (((uint64_t)1 << 19) / a + 1) / 2;
}

/* RecipSqrtEstimate: of 128 to 511, 256 to 511. */
static uint64_t recip_sqrt_estimate(uint64_t a)
{
    uint64_t b = 512;
    a = a < 256 ? 2 * a + 1 : 2 * (a | 1);
    while (a * (b + 1) * (b + 1) < (uint64_t)1 << 28)
        b++;
    return (b + 1) / 2;
}

uint32_t a64_urecpe(uint32_t a)
{
    return a >> 31 ? (uint32_t)recip_estimate(a >> 23) << 23 : UINT32_MAX;
}

uint32_t a64_ursqrte(uint32_t a)
{
    return a >> 30 ? (uint32_t)recip_sqrt_estimate(a >> 23) << 23 : UINT32_MAX;
}

uint64_t a64_fp_recpe(SoftFp *s, FpFormat form, uint64_t a)
{
    const Layout *f = &layouts[form];
    a = softfp_flush(s, form, a);
    uint64_t sign = a & sign_bit(f), m = magnitude(f, a);
    int top = (int)ones(f->exponent) - 2;
    if (m > inf_bits(f))
        return softfp_round(s, form, a, IR_ROUND_ZERO, true); /* made quiet */
    if (m == inf_bits(f))
        return sign;
    if (m == 0) {
        s->fpctl |= FP_DIVZERO;
        return sign | inf_bits(f);
    }
    if (m < (uint64_t)1 << (f->fraction - 2)) /* the reciprocal is out of range */
        return overflow(s, f, sign);
    Parts p = parts_of(f, a);
    if (flushes(s) && p.exponent >= top) { /* |a| >= 2^14, 2^126, 2^1022 */
        s->fpctl |= FP_UNDERFLOW;
        return sign;
    }
    if (p.exponent == 0) {
        bool second = !(p.fraction >> 51 & 1);
        p.exponent = second ? -1 : 0;
        p.fraction = p.fraction << (second ? 2 : 1) & ones(52);
    }
    uint64_t fraction = (recip_estimate(256 | p.fraction >> 44) & 0xff) << 44;
    int exponent = top - p.exponent;
    if (exponent <= 0)
        fraction = (fraction | (uint64_t)1 << 52) >> (1 - exponent);
    return from_parts(f, sign, exponent < 0 ? 0 : exponent, fraction);
}

uint64_t a64_fp_rsqrte(SoftFp *s, FpFormat form, uint64_t a)
{
    const Layout *f = &layouts[form];
    a = softfp_flush(s, form, a);
    uint64_t sign = a & sign_bit(f), m = magnitude(f, a);
    if (m > inf_bits(f))
        return softfp_round(s, form, a, IR_ROUND_ZERO, true);
    if (m == 0) {
        s->fpctl |= FP_DIVZERO;
        return sign | inf_bits(f);
    }
    if (sign) {
        s->fpctl |= FP_INVALID;
        return inf_bits(f) | (uint64_t)1 << (f->fraction - 1);
    }
    if (m == inf_bits(f))
        return 0;
    Parts p = parts_of(f, a);
    if (p.exponent == 0) {
        for (; !(p.fraction >> 51 & 1); p.exponent--)
            p.fraction = p.fraction << 1 & ones(52);
        p.fraction = p.fraction << 1 & ones(52);
    }
    uint64_t scaled = p.exponent & 1 ? 128 | p.fraction >> 45 : 256 | p.fraction >> 44;
    int exponent = ((int)(3 * bias(f)) - 1 - p.exponent) / 2;
    return from_parts(f, 0, exponent, (recip_sqrt_estimate(scaled) & 0xff) << 44);
}

uint64_t a64_fp_recpx(SoftFp *s, FpFormat form, uint64_t a)
{
    const Layout *f = &layouts[form];
    uint64_t exponent = a & inf_bits(f), sign = a & sign_bit(f);
    softfp_flush(s, form, a);
    if (magnitude(f, a) > inf_bits(f))
        return softfp_round(s, form, a, IR_ROUND_ZERO, true);
    if (exponent == 0)
        return sign | (inf_bits(f) - ((uint64_t)1 << f->fraction));
    return sign | (exponent ^ inf_bits(f));
}

/* Whether one is infinite and the other zero. */
static bool undetermined(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    const Layout *f = &layouts[form];
    a = magnitude(f, softfp_flush(s, form, a));
    b = magnitude(f, softfp_flush(s, form, b));
    return (a == inf_bits(f) && b == 0) || (a == 0 && b == inf_bits(f));
}

uint64_t a64_fp_mulx(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    const Layout *f = &layouts[form];
    if (undetermined(s, form, a, b))
        return number(f, 0, 1) | ((a ^ b) & sign_bit(f));
    return softfp_mul(s, form, a, b);
}

uint64_t a64_fp_recps(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    uint64_t two = number(&layouts[form], 0, 1);
    return undetermined(s, form, a, b) ? two : softfp_fma(s, form, a, b, two);
}

uint64_t a64_fp_rsqrts(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    const Layout *f = &layouts[form];
    if (undetermined(s, form, a, b))
        return number(f, 1, 0); /* 1.5 */
    s->halve = true;
    uint64_t r = softfp_fma(s, form, a, b, number(f, 1, 1));
    s->halve = false;
    return r;
}
