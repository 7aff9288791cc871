/* eval_round.c: the meaning of fround and vfround, by integer arithmetic on the encoding: exact,
 * and the same on every host (softfp.h has the other operations).
 *
 * Example: -0.5 rounded up: the exponent says that no integer bit is left, the sign stays: -0.
 */
#include "ir/base/bits.h"
#include "ir/eval.h"

typedef struct RoundFormat {
    unsigned fraction; /* bits */
    unsigned bias;
    unsigned bits;
} RoundFormat;
static const RoundFormat formats[2] = {{23, 127, 32}, {52, 1023, 64}};

/* IrRound without CURRENT. */
static unsigned rounding_of(unsigned cc, uint32_t control)
{
    static const uint8_t of_control[4] = {IR_ROUND_NEAREST, IR_ROUND_DOWN, IR_ROUND_UP,
                                          IR_ROUND_ZERO};
    unsigned mode = cc % IR_ROUND_QUIET;
    return mode == IR_ROUND_CURRENT ? of_control[control >> FP_RC_SHIFT & 3] : mode;
}

/* Whether a magnitude that lies above an integer by `rest` (below `unit`) goes to the next one. */
static bool rounds_away(unsigned mode, bool negative, bool odd, uint64_t rest, uint64_t unit)
{
    switch (mode) {
    case IR_ROUND_NEAREST:
        return rest > unit / 2 || (rest == unit / 2 && odd);
    case IR_ROUND_DOWN:
        return negative;
    case IR_ROUND_UP:
        return !negative;
    default:
        return false;
    }
}

static uint64_t round_nan(SoftFp *s, const RoundFormat *f, uint64_t x)
{
    uint64_t quiet = (uint64_t)1 << (f->fraction - 1);
    if (!(x & quiet))
        s->fpctl |= FP_INVALID;
    if (s->model == FP_MODEL_RISCV)
        return (bits_mask(f->bits - 1) & ~bits_mask(f->fraction)) | quiet;
    return x | quiet;
}

static uint64_t round_lane(SoftFp *s, const RoundFormat *f, unsigned cc, uint64_t x)
{
    uint64_t sign = (uint64_t)1 << (f->bits - 1), magnitude = x & ~sign;
    unsigned exponent = (unsigned)(magnitude >> f->fraction);
    if (magnitude > bits_mask(f->bits - 1) - bits_mask(f->fraction))
        return round_nan(s, f, x);
    if (exponent >= f->bias + f->fraction)
        return x; /* an integer or infinite */
    if (exponent == 0 && (magnitude == 0 || (s->fpctl & FP_DAZ)))
        return x & sign;
    unsigned mode = rounding_of(cc, s->fpctl);
    uint64_t down, unit, rest, one = (uint64_t)f->bias << f->fraction;
    bool odd;
    if (exponent < f->bias) { /* below 1: 0 or 1, `unit` standing for 1 */
        down = 0;
        odd = false;
        unit = 4; /* rest: 1 below a half, 2 a half, 3 above */
        rest = exponent < f->bias - 1 ? 1 : magnitude & bits_mask(f->fraction) ? 3 : 2;
    } else {
        unit = (uint64_t)1 << (f->bias + f->fraction - exponent);
        rest = magnitude & (unit - 1);
        down = magnitude - rest;
        odd = exponent == f->bias && unit == (uint64_t)1 << f->fraction ? true : down & unit;
    }
    if (rest == 0)
        return x;
    if (cc < IR_ROUND_QUIET)
        s->fpctl |= FP_INEXACT;
    if (!rounds_away(mode, (x & sign) != 0, odd, rest, unit))
        return down | (x & sign);
    return (down == 0 ? one : down + unit) | (x & sign);
}

IrValue eval_fround(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return eval_u64(round_lane(s, &formats[i->type == IR_F64], i->cc, a[0].u));
}

IrValue eval_vfround(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    IrValue v;
    (void)r;
    for (unsigned n = 0; n < 4; n++) {
        if (i->lane == IR_F32)
            v.w[n] = (uint32_t)round_lane(s, &formats[0], i->cc, a[0].w[n]);
        else
            v.q[n / 2] = n & 1 ? v.q[n / 2] : round_lane(s, &formats[1], i->cc, a[0].q[n / 2]);
    }
    return v;
}
