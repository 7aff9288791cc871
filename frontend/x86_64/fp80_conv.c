/* fp80_conv.c: between 80-bit numbers and the memory formats: f32, f64, integers, packed BCD.
 *
 * Loads are exact; a load signals only for a signalling NaN or a denormal f32/f64. Stores round by
 * the rounding control and signal overflow and underflow of the destination; a denormal 80-bit
 * source is not signalled as such (SDM, FST). When a store signals something unmasked the caller
 * does not write memory.
 *
 * Example: 2.5 to an integer under round to nearest is 2 with PE, and C1 clear.
 */
#include "frontend/x86_64/fp80.h"

#define TOP_BIT ((uint64_t)1 << 63)

typedef struct FloatFormat {
    unsigned bits; /* of the significand, the hidden one included */
    unsigned exp_bits;
} FloatFormat;

static const FloatFormat format_f32 = {24, 8}, format_f64 = {53, 11};

Fp80 fp80_from_i64(int64_t v)
{
    if (v == 0)
        return (Fp80){0, 0};
    uint64_t m = v < 0 ? -(uint64_t)v : (uint64_t)v;
    int shift = __builtin_clzll(m);
    return (Fp80){m << shift, (uint16_t)((v < 0) << 15 | (16383 + 63 - shift))};
}

static Fp80 from_float(Fp80Env *e, const FloatFormat *f, uint64_t bits)
{
    unsigned frac_bits = f->bits - 1;
    unsigned exp_max = (1u << f->exp_bits) - 1, bias = exp_max >> 1;
    uint16_t sign = (uint16_t)((bits >> (frac_bits + f->exp_bits) & 1) << 15);
    unsigned exp = bits >> frac_bits & exp_max;
    uint64_t frac = (bits & (((uint64_t)1 << frac_bits) - 1)) << (63 - frac_bits);
    if (exp == exp_max) {
        if (frac && !(frac >> 62)) {
            e->flags |= FP80_IE;
            frac |= (uint64_t)1 << 62;
        }
        return (Fp80){frac | TOP_BIT, sign | 0x7fff};
    }
    if (exp != 0)
        return (Fp80){frac | TOP_BIT, (uint16_t)(sign | (exp + 16383 - bias))};
    if (frac == 0)
        return (Fp80){0, sign};
    e->flags |= FP80_DE;
    int shift = __builtin_clzll(frac);
    return (Fp80){frac << shift, (uint16_t)(sign | (1 + 16383 - bias - (unsigned)shift))};
}

Fp80 fp80_from_f32(Fp80Env *e, uint32_t bits)
{
    return from_float(e, &format_f32, bits);
}
Fp80 fp80_from_f64(Fp80Env *e, uint64_t bits)
{
    return from_float(e, &format_f64, bits);
}

/* Drops the low n bits of m (n up to 66, sticky beyond 64) by the rounding control. */
static uint64_t shift_round(Fp80Env *e, bool sign, uint64_t m, unsigned n, bool *inexact, bool *up)
{
    bool half = n >= 1 && n <= 64 && (m >> (n - 1) & 1);
    bool rest = n > 64 ? m != 0 : n > 1 && (m & (((uint64_t)1 << (n - 1)) - 1)) != 0;
    uint64_t v = n < 64 ? m >> n : 0;
    *inexact = half || rest;
    *up = fp80_rounds_up((Fp80Round)(e->cw >> 10 & 3), sign, v & 1, half, rest);
    return v + *up;
}

/* A finite nonzero number: exponent and significand packed in one addition, so that a carry out of
 * the significand moves the exponent. */
static uint64_t pack_float(Fp80Env *e, const FloatFormat *f, Fp80 a)
{
    unsigned exp_max = (1u << f->exp_bits) - 1, bias = exp_max >> 1, frac_bits = f->bits - 1;
    int shift = __builtin_clzll(a.m);
    uint64_t m = a.m << shift;
    int32_t exp = (a.se & 0x7fff) + ((a.se & 0x7fff) == 0) - shift - 16383 + (int32_t)bias;
    bool sign = fp80_sign(a), inexact, up;
    uint64_t v = shift_round(e, sign, m, 64 - f->bits, &inexact, &up);
    int32_t rexp = exp + (int32_t)(v >> f->bits);
    if (rexp >= (int32_t)exp_max) {
        bool to_inf = up || (e->cw >> 10 & 3) == FP80_NEAREST ||
                      (e->cw >> 10 & 3) == (sign ? FP80_DOWN : FP80_UP);
        e->flags |= FP80_OE;
        if (e->cw & FP80_OE)
            e->flags |= FP80_PE | (to_inf ? FP80_C1 : 0);
        return ((uint64_t)exp_max << frac_bits) - !to_inf;
    }
    if (rexp <= 0) { /* tiny after rounding */
        if (!(e->cw & FP80_UE)) {
            e->flags |= FP80_UE;
            return 0;
        }
        unsigned n = exp < -66 ? 66 : 64 - f->bits + (unsigned)(1 - exp);
        v = shift_round(e, sign, m, n > 66 ? 66 : n, &inexact, &up);
        if (inexact)
            e->flags |= FP80_UE | FP80_PE | (up ? FP80_C1 : 0);
        return v;
    }
    if (inexact)
        e->flags |= FP80_PE | (up ? FP80_C1 : 0);
    return ((uint64_t)(exp - 1) << frac_bits) + v;
}

static uint64_t to_float(Fp80Env *e, const FloatFormat *f, Fp80 a)
{
    unsigned frac_bits = f->bits - 1;
    uint64_t exp_max = (((uint64_t)1 << f->exp_bits) - 1) << frac_bits;
    uint64_t sign = (uint64_t)fp80_sign(a) << (frac_bits + f->exp_bits);
    Fp80 r;
    if (fp80_nan_operand(e, a, a, &r)) {
        sign = (uint64_t)fp80_sign(r) << (frac_bits + f->exp_bits);
        return sign | exp_max | r.m << 1 >> (64 - frac_bits);
    }
    switch (fp80_class(a)) {
    case FP80_ZERO:
        return sign;
    case FP80_INF:
        return sign | exp_max;
    default:
        return sign | pack_float(e, f, a);
    }
}

uint32_t fp80_to_f32(Fp80Env *e, Fp80 a)
{
    return (uint32_t)to_float(e, &format_f32, a);
}
uint64_t fp80_to_f64(Fp80Env *e, Fp80 a)
{
    return to_float(e, &format_f64, a);
}

/* |a| rounded to an integer; false when it does not fit 64 bits. Flags only if it fits. */
static bool to_magnitude(Fp80Env *e, Fp80 a, uint64_t *v, bool *inexact, bool *up)
{
    unsigned exp = a.se & 0x7fff;
    *inexact = *up = false;
    if (exp > 16383 + 63)
        return false;
    unsigned n = 16383 + 63 - exp;
    *v = shift_round(e, fp80_sign(a), a.m, n > 66 ? 66 : n, inexact, up);
    return true;
}

int64_t fp80_to_int(Fp80Env *e, Fp80 a, unsigned bits)
{
    uint64_t v, limit = (uint64_t)1 << (bits - 1);
    bool inexact, up;
    Fp80Class c = fp80_class(a);
    if (c >= FP80_INF || !to_magnitude(e, a, &v, &inexact, &up) || v > limit ||
        (v == limit && !fp80_sign(a))) {
        e->flags |= FP80_IE;
        return (int64_t)-limit;
    }
    if (inexact)
        e->flags |= FP80_PE | (up ? FP80_C1 : 0);
    return (int64_t)(fp80_sign(a) ? -v : v);
}

/* ---- packed BCD: 18 digits, two a byte, and a sign byte ---- */

Fp80 fp80_from_bcd(uint64_t lo, uint16_t hi)
{
    uint64_t v = (hi >> 4 & 15) * 10 + (hi & 15);
    for (int i = 60; i >= 0; i -= 4)
        v = v * 10 + (lo >> i & 15);
    Fp80 r = fp80_from_i64((int64_t)v);
    r.se |= hi & 0x8000;
    return r;
}

uint64_t fp80_to_bcd(Fp80Env *e, Fp80 a, uint16_t *hi)
{
    uint64_t v, lo = 0;
    bool inexact, up;
    Fp80Class c = fp80_class(a);
    if (c >= FP80_INF || !to_magnitude(e, a, &v, &inexact, &up) || v > 999999999999999999u) {
        e->flags |= FP80_IE;
        *hi = 0xffff;
        return 0xc000000000000000u;
    }
    if (inexact)
        e->flags |= FP80_PE | (up ? FP80_C1 : 0);
    for (int i = 0; i < 64; i += 4, v /= 10)
        lo |= v % 10 << i;
    *hi = (uint16_t)((unsigned)fp80_sign(a) << 15 | v / 10 << 4 | v % 10);
    return lo;
}
