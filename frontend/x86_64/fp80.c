/* fp80.c: add, subtract, multiply, divide, square root, remainder, compare of 80-bit numbers.
 *
 * A finite operand is unpacked to a significand with its top bit set and an exponent that may go
 * below zero; a result is kept as hi:lo with more bits than needed and a sticky last bit, and
 * round_pack() makes the one rounding. Its order of checks is that of the SDM (vol. 1, 4.9.2):
 * invalid operand, quiet NaN, other invalid or zero divide, denormal operand, then overflow and
 * underflow, then precision.
 *
 * Example: 1 + 2^-70 is hi = 2^63, lo = sticky 1: nearest gives 1 with PE, up gives 1 + 2^-63, C1.
 */
#include "frontend/x86_64/fp80.h"

typedef unsigned __int128 U128;

#define TOP_BIT ((uint64_t)1 << 63)

enum {
    EXP_MAX = 0x7fff,
    BIAS = 16383,
    WRAP = 24576, /* exponent adjustment of unmasked overflow and underflow */
};

static Fp80 make(bool sign, unsigned exp, uint64_t m)
{
    return (Fp80){m, (uint16_t)((unsigned)sign << 15 | exp)};
}

static unsigned exponent(Fp80 a)
{
    return a.se & 0x7fff;
}
static Fp80Round rounding(const Fp80Env *e)
{
    return (Fp80Round)(e->cw >> 10 & 3);
}

static unsigned precision(const Fp80Env *e)
{
    static const uint8_t bits[4] = {24, 24, 53, 64}; /* 1 is reserved and acts as single */
    return bits[e->cw >> 8 & 3];
}

Fp80Class fp80_class(Fp80 a)
{
    unsigned exp = exponent(a);
    if (exp == 0)
        return a.m == 0 ? FP80_ZERO : FP80_DENORMAL;
    if (!(a.m & TOP_BIT))
        return FP80_BAD;
    if (exp < EXP_MAX)
        return FP80_NORMAL;
    if (a.m == TOP_BIT)
        return FP80_INF;
    return a.m >> 62 & 1 ? FP80_QNAN : FP80_SNAN;
}

/* ---- rounding ---- */

/* Rounds hi:lo to its top `bits` bits. Sets inexact and up (magnitude grew); true on carry out. */
static bool round_at(Fp80Round rm, bool sign, unsigned bits, uint64_t *hi, uint64_t lo,
                     bool *inexact, bool *up)
{
    uint64_t unit = (uint64_t)1 << (64 - bits);
    uint64_t below = *hi & (unit - 1);
    bool half, rest;
    if (bits == 64) {
        half = lo >> 63;
        rest = lo << 1 != 0;
    } else {
        half = below & unit >> 1;
        rest = (below & ((unit >> 1) - 1)) != 0 || lo != 0;
    }
    *inexact = half || rest;
    *up = fp80_rounds_up(rm, sign, (*hi & unit) != 0, half, rest);
    *hi -= below;
    if (!*up)
        return false;
    *hi += unit;
    return *hi == 0;
}

static Fp80 overflow(Fp80Env *e, bool sign, unsigned bits)
{
    Fp80Round rm = rounding(e);
    bool to_inf = rm == FP80_NEAREST || rm == (sign ? FP80_DOWN : FP80_UP);
    e->flags |= FP80_OE | FP80_PE | (to_inf ? FP80_C1 : 0);
    if (to_inf)
        return make(sign, EXP_MAX, TOP_BIT);
    return make(sign, EXP_MAX - 1, ~(uint64_t)0 << (64 - bits));
}

static void shift_right_jam(uint64_t *hi, uint64_t *lo, unsigned n)
{
    U128 v = (U128)*hi << 64 | *lo;
    if (n >= 128) {
        v = v != 0;
    } else if (n > 0) {
        bool lost = (v & (((U128)1 << n) - 1)) != 0;
        v = v >> n | lost;
    }
    *hi = (uint64_t)(v >> 64);
    *lo = (uint64_t)v;
}

/* A result whose exponent is at most 0 after rounding with unbounded exponent, UE masked. */
static Fp80 denormal_result(Fp80Env *e, bool sign, int32_t exp, uint64_t hi, uint64_t lo,
                            unsigned bits)
{
    bool inexact, up;
    shift_right_jam(&hi, &lo, (unsigned)(1 - exp));
    round_at(rounding(e), sign, bits, &hi, lo, &inexact, &up);
    if (inexact)
        e->flags |= FP80_UE | FP80_PE | (up ? FP80_C1 : 0);
    return make(sign, hi >> 63, hi);
}

/* (-1)^sign * hi:lo * 2^(exp - BIAS - 127), top bit of hi set, to `bits` bits. */
static Fp80 round_pack_any(Fp80Env *e, bool sign, int32_t exp, uint64_t hi, uint64_t lo,
                           unsigned bits)
{
    bool inexact, up;
    uint64_t r = hi;
    int32_t rexp = exp;
    if (round_at(rounding(e), sign, bits, &r, lo, &inexact, &up)) {
        r = TOP_BIT;
        rexp++;
    }
    if (rexp >= EXP_MAX) {
        if (e->cw & FP80_OE)
            return overflow(e, sign, bits);
        e->flags |= FP80_OE;
        rexp -= WRAP;
        if (rexp >= EXP_MAX) { /* only fscale gets this far */
            e->flags |= FP80_PE | FP80_C1;
            return make(sign, EXP_MAX, TOP_BIT);
        }
    } else if (rexp <= 0) {
        if (e->cw & FP80_UE)
            return denormal_result(e, sign, exp, hi, lo, bits);
        e->flags |= FP80_UE;
        rexp += WRAP;
        if (rexp <= 0) {
            e->flags |= FP80_PE;
            return make(sign, 0, 0);
        }
    }
    if (inexact)
        e->flags |= FP80_PE | (up ? FP80_C1 : 0);
    return make(sign, (unsigned)rexp, r);
}

/* The same; the common case, to nearest in full precision well inside the range, is quick. */
static inline Fp80 round_pack(Fp80Env *e, bool sign, int32_t exp, uint64_t hi, uint64_t lo,
                              unsigned bits)
{
    if (bits != 64 || rounding(e) != FP80_NEAREST || exp < 1 || exp > EXP_MAX - 3)
        return round_pack_any(e, sign, exp, hi, lo, bits);
    bool up = lo > TOP_BIT || (lo == TOP_BIT && (hi & 1));
    if (lo != 0)
        e->flags |= FP80_PE | (up ? FP80_C1 : 0);
    hi += up;
    if (hi == 0)
        return make(sign, (unsigned)exp + 1, TOP_BIT);
    return make(sign, (unsigned)exp, hi);
}

Fp80 fp80_round(Fp80Env *e, bool sign, int32_t exp, uint64_t hi, uint64_t lo)
{
    return round_pack(e, sign, exp, hi, lo, 64);
}

/* ---- operands ---- */

static Fp80 invalid(Fp80Env *e)
{
    e->flags |= FP80_IE;
    return FP80_INDEFINITE;
}

/* Of two NaNs the one with the larger significand, made quiet; a quiet one before a signalling
 * one (SDM vol. 1, table 4-7). */
bool fp80_nan_operand(Fp80Env *e, Fp80 a, Fp80 b, Fp80 *result)
{
    Fp80Class ca = fp80_class(a), cb = fp80_class(b);
    if (ca < FP80_QNAN && cb < FP80_QNAN)
        return false;
    if (ca == FP80_BAD || cb == FP80_BAD) {
        *result = invalid(e);
        return true;
    }
    if (ca == FP80_SNAN || cb == FP80_SNAN)
        e->flags |= FP80_IE;
    bool use_a;
    if (ca < FP80_QNAN)
        use_a = false;
    else if (cb < FP80_QNAN)
        use_a = true;
    else if (ca != cb)
        use_a = ca == FP80_QNAN;
    else
        use_a = a.m != b.m ? a.m > b.m : !fp80_sign(a);
    *result = use_a ? a : b;
    result->m |= (uint64_t)1 << 62;
    return true;
}

static inline bool is_normal(Fp80 a)
{
    unsigned exp = exponent(a);
    return exp != 0 && exp != EXP_MAX && a.m >> 63;
}

/* Signals a denormal operand; true when that stops the operation. */
static bool denormal_operand(Fp80Env *e, Fp80Class ca, Fp80Class cb)
{
    if (ca != FP80_DENORMAL && cb != FP80_DENORMAL)
        return false;
    e->flags |= FP80_DE;
    return !(e->cw & FP80_DE);
}

/* Significand with its top bit set, and the exponent that goes with it. a is not zero. */
static uint64_t unpack(Fp80 a, int32_t *exp)
{
    int shift = __builtin_clzll(a.m);
    *exp = (int32_t)exponent(a) + (exponent(a) == 0) - shift;
    return a.m << shift;
}

/* ---- arithmetic ---- */

static Fp80 add_finite(Fp80Env *e, Fp80 a, Fp80 b, unsigned bits)
{
    int32_t ea, eb;
    uint64_t ma = unpack(a, &ea), mb = unpack(b, &eb);
    bool sign = fp80_sign(a);
    bool subtract = sign != fp80_sign(b);
    if (eb > ea || (eb == ea && mb > ma)) {
        uint64_t m = ma;
        int32_t x = ea;
        ma = mb, mb = m;
        ea = eb, eb = x;
        sign = fp80_sign(b);
    }
    U128 va = (U128)ma << 63;
    uint64_t hi = mb >> 1, lo = mb << 63;
    shift_right_jam(&hi, &lo, (unsigned)(ea - eb));
    U128 vb = (U128)hi << 64 | lo;
    U128 v = subtract ? va - vb : va + vb;
    if (v == 0)
        return make(rounding(e) == FP80_DOWN, 0, 0);
    hi = (uint64_t)(v >> 64);
    int shift = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)v);
    v <<= shift;
    return round_pack(e, sign, ea + 1 - shift, (uint64_t)(v >> 64), (uint64_t)v, bits);
}

Fp80 fp80_add(Fp80Env *e, Fp80 a, Fp80 b)
{
    Fp80 r;
    if (is_normal(a) && is_normal(b))
        return add_finite(e, a, b, precision(e));
    Fp80Class ca = fp80_class(a), cb = fp80_class(b);
    if (fp80_nan_operand(e, a, b, &r))
        return r;
    if (ca == FP80_INF && cb == FP80_INF && fp80_sign(a) != fp80_sign(b))
        return invalid(e);
    if (denormal_operand(e, ca, cb))
        return a;
    if (ca == FP80_INF)
        return a;
    if (cb == FP80_INF)
        return b;
    if (ca == FP80_ZERO && cb == FP80_ZERO) {
        bool sign = fp80_sign(a) == fp80_sign(b) ? fp80_sign(a) : rounding(e) == FP80_DOWN;
        return make(sign, 0, 0);
    }
    if (ca == FP80_ZERO || cb == FP80_ZERO) { /* still rounded to the precision in force */
        int32_t exp;
        r = ca == FP80_ZERO ? b : a;
        uint64_t m = unpack(r, &exp);
        return round_pack(e, fp80_sign(r), exp, m, 0, precision(e));
    }
    return add_finite(e, a, b, precision(e));
}

Fp80 fp80_sub(Fp80Env *e, Fp80 a, Fp80 b)
{
    if (fp80_class(b) < FP80_QNAN)
        b.se ^= 0x8000;
    return fp80_add(e, a, b);
}

static Fp80 mul_finite(Fp80Env *e, Fp80 a, Fp80 b)
{
    int32_t ea, eb;
    uint64_t ma = unpack(a, &ea), mb = unpack(b, &eb);
    U128 v = (U128)ma * mb;
    int32_t exp = ea + eb - BIAS + 1;
    if (!(v >> 127)) {
        v <<= 1;
        exp--;
    }
    bool sign = fp80_sign(a) != fp80_sign(b);
    return round_pack(e, sign, exp, (uint64_t)(v >> 64), (uint64_t)v, precision(e));
}

Fp80 fp80_mul(Fp80Env *e, Fp80 a, Fp80 b)
{
    Fp80 r;
    if (is_normal(a) && is_normal(b))
        return mul_finite(e, a, b);
    Fp80Class ca = fp80_class(a), cb = fp80_class(b);
    bool sign = fp80_sign(a) != fp80_sign(b);
    if (fp80_nan_operand(e, a, b, &r))
        return r;
    if ((ca == FP80_INF && cb == FP80_ZERO) || (ca == FP80_ZERO && cb == FP80_INF))
        return invalid(e);
    if (denormal_operand(e, ca, cb))
        return a;
    if (ca == FP80_INF || cb == FP80_INF)
        return make(sign, EXP_MAX, TOP_BIT);
    if (ca == FP80_ZERO || cb == FP80_ZERO)
        return make(sign, 0, 0);
    return mul_finite(e, a, b);
}

/* The quotient of two normalised significands as hi:lo, top bit set; true if it was below one. */
static bool divide(uint64_t ma, uint64_t mb, uint64_t *hi, uint64_t *lo)
{
    bool below = ma < mb;
    U128 n = (U128)ma << (below ? 64 : 63);
    *hi = (uint64_t)(n / mb);
    U128 rest = n % mb << 64;
    *lo = (uint64_t)(rest / mb) | (rest % mb != 0);
    return below;
}

Fp80 fp80_div(Fp80Env *e, Fp80 a, Fp80 b)
{
    Fp80 r;
    Fp80Class ca = fp80_class(a), cb = fp80_class(b);
    bool sign = fp80_sign(a) != fp80_sign(b);
    if (fp80_nan_operand(e, a, b, &r))
        return r;
    if ((ca == FP80_INF && cb == FP80_INF) || (ca == FP80_ZERO && cb == FP80_ZERO))
        return invalid(e);
    if (cb == FP80_ZERO && ca != FP80_INF) {
        e->flags |= FP80_ZE;
        return make(sign, EXP_MAX, TOP_BIT);
    }
    if (denormal_operand(e, ca, cb))
        return a;
    if (ca == FP80_INF)
        return make(sign, EXP_MAX, TOP_BIT);
    if (cb == FP80_INF || ca == FP80_ZERO)
        return make(sign, 0, 0);
    int32_t ea, eb;
    uint64_t ma = unpack(a, &ea), mb = unpack(b, &eb), hi, lo;
    bool below = divide(ma, mb, &hi, &lo);
    return round_pack(e, sign, ea - eb + BIAS - below, hi, lo, precision(e));
}

/* The root of v >= 2^126, rounded down; *rest = v - root^2. Digit by digit. */
static uint64_t root(U128 v, U128 *rest)
{
    U128 r = 0;
    for (U128 bit = (U128)1 << 126; bit; bit >>= 2) {
        if (v >= r + bit) {
            v -= r + bit;
            r = (r >> 1) + bit;
        } else {
            r >>= 1;
        }
    }
    *rest = v;
    return (uint64_t)r;
}

Fp80 fp80_sqrt(Fp80Env *e, Fp80 a)
{
    Fp80 r;
    Fp80Class ca = fp80_class(a);
    if (fp80_nan_operand(e, a, a, &r))
        return r;
    if (ca == FP80_ZERO)
        return a;
    if (fp80_sign(a))
        return invalid(e);
    if (denormal_operand(e, ca, ca) || ca == FP80_INF)
        return a;
    int32_t exp;
    uint64_t m = unpack(a, &exp);
    int32_t power = exp - BIAS;
    unsigned odd = (unsigned)power & 1;
    U128 rest;
    uint64_t hi = root((U128)m << (63 + odd), &rest);
    /* The fraction is above one half exactly when rest > root; it is never one half. */
    uint64_t lo = rest == 0 ? 0 : rest > hi ? TOP_BIT | 1 : 1;
    return round_pack(e, false, (power - (int32_t)odd) / 2 + BIAS, hi, lo, precision(e));
}

/* ---- integers within the format ---- */

Fp80 fp80_rint(Fp80Env *e, Fp80 a)
{
    Fp80 r;
    Fp80Class ca = fp80_class(a);
    if (fp80_nan_operand(e, a, a, &r))
        return r;
    if (denormal_operand(e, ca, ca))
        return a;
    unsigned exp = exponent(a);
    if (ca == FP80_ZERO || exp >= BIAS + 63)
        return a;
    bool inexact, up, sign = fp80_sign(a);
    uint64_t hi = a.m, lo = 0;
    if (exp < BIAS) { /* below one: 0.xxx as an integer of no bits */
        shift_right_jam(&hi, &lo, exp < BIAS - 2 ? 66 : BIAS - 1 - exp + 64);
        round_at(rounding(e), sign, 64, &hi, lo, &inexact, &up);
        r = hi ? make(sign, BIAS, TOP_BIT) : make(sign, 0, 0);
    } else {
        bool carry = round_at(rounding(e), sign, exp - BIAS + 1, &hi, 0, &inexact, &up);
        r = carry ? make(sign, exp + 1, TOP_BIT) : make(sign, exp, hi);
    }
    if (inexact)
        e->flags |= FP80_PE | (up ? FP80_C1 : 0);
    return r;
}

/* A finite operand returned without arithmetic: a pseudo-denormal takes its proper exponent. */
static Fp80 as_is(Fp80 a)
{
    if (exponent(a) == 0 && a.m & TOP_BIT)
        a.se |= 1;
    return a;
}

/* trunc(b) for scaling, clamped to where every finite number over- or underflows. */
static int32_t scale_count(Fp80 b)
{
    unsigned exp = exponent(b);
    if (exp < BIAS)
        return 0;
    int32_t n = exp >= BIAS + 17 ? 0x20000 : (int32_t)(b.m >> (BIAS + 63 - exp));
    return fp80_sign(b) ? -n : n;
}

Fp80 fp80_scale(Fp80Env *e, Fp80 a, Fp80 b)
{
    Fp80 r;
    Fp80Class ca = fp80_class(a), cb = fp80_class(b);
    bool sign = fp80_sign(a);
    if (fp80_nan_operand(e, a, b, &r))
        return r;
    if (cb == FP80_INF && (fp80_sign(b) ? ca == FP80_INF : ca == FP80_ZERO))
        return invalid(e);
    if (denormal_operand(e, ca, cb))
        return a;
    if (ca == FP80_INF || ca == FP80_ZERO || cb == FP80_ZERO)
        return as_is(a);
    if (cb == FP80_INF)
        return fp80_sign(b) ? make(sign, 0, 0) : make(sign, EXP_MAX, TOP_BIT);
    int32_t exp;
    uint64_t m = unpack(a, &exp);
    return round_pack(e, sign, exp + scale_count(b), m, 0, 64);
}

Fp80 fp80_xtract(Fp80Env *e, Fp80 a, Fp80 *significand)
{
    Fp80Class ca = fp80_class(a);
    bool sign = fp80_sign(a);
    *significand = a;
    if (fp80_nan_operand(e, a, a, significand))
        return *significand;
    if (ca == FP80_ZERO) {
        e->flags |= FP80_ZE;
        return make(true, EXP_MAX, TOP_BIT);
    }
    if (ca == FP80_INF)
        return make(false, EXP_MAX, TOP_BIT);
    if (denormal_operand(e, ca, ca))
        return a;
    int32_t exp;
    uint64_t m = unpack(a, &exp);
    *significand = make(sign, BIAS, m);
    return fp80_from_i64(exp - BIAS);
}

/* ---- remainder ---- */

/* fprem works off at most 63 bits of quotient at a time; beyond, the reduction is partial and its
 * length follows the real FPU's (32 to 63, congruent to the exponent difference modulo 32). */
Fp80 fp80_rem(Fp80Env *e, Fp80 a, Fp80 b, bool nearest, uint16_t *codes)
{
    Fp80 r;
    Fp80Class ca = fp80_class(a), cb = fp80_class(b);
    *codes = FP80_NO_QUOTIENT;
    if (fp80_nan_operand(e, a, b, &r))
        return r;
    if (ca == FP80_INF || cb == FP80_ZERO)
        return invalid(e);
    if (denormal_operand(e, ca, cb))
        return a;
    *codes = 0;
    if (ca == FP80_ZERO || cb == FP80_INF)
        return as_is(a);
    int32_t ea, eb;
    bool sign = fp80_sign(a);
    uint64_t ma = unpack(a, &ea);
    uint64_t mb = unpack(b, &eb), q = 0;
    int32_t d = ea - eb;
    if (d < -1)
        return round_pack(e, sign, ea, ma, 0, 64);
    bool partial = d >= 64;
    int32_t n = partial ? (d & 31) | 32 : d;
    U128 rest = ma; /* remainder in units of b's last place, shifted by what is left */
    if (n >= 0) {
        U128 num = (U128)ma << n; /* n <= 63 */
        q = (uint64_t)(num / mb);
        rest = num % mb;
    }
    int32_t exp = partial ? ea - n : eb;
    if (n < 0) { /* only d == -1: a is below b, above a quarter of it */
        exp = ea;
        if (nearest && (U128)ma > mb) { /* 2a' > b' with a' = ma/2: nearer to b */
            rest = ((U128)mb << 1) - ma;
            sign = !sign;
            q = 1;
        }
    } else if (nearest && !partial) {
        U128 twice = rest << 1;
        if (twice > mb || (twice == mb && (q & 1))) {
            rest = mb - rest;
            sign = !sign;
            q++;
        }
    }
    if (partial)
        *codes = FP80_C2;
    else
        *codes = (uint16_t)((q & 4 ? FP80_C0 : 0) | (q & 2 ? FP80_C3 : 0) | (q & 1 ? FP80_C1 : 0));
    if (rest == 0)
        return make(fp80_sign(a), 0, 0);
    int shift = __builtin_clzll((uint64_t)rest);
    return round_pack(e, sign, exp - shift, (uint64_t)rest << shift, 0, 64);
}

/* ---- comparison ---- */

static bool magnitude_below(Fp80 a, Fp80 b)
{
    int32_t ea, eb;
    if (a.m == 0 || b.m == 0)
        return a.m == 0 && b.m != 0;
    uint64_t ma = unpack(a, &ea), mb = unpack(b, &eb);
    return ea != eb ? ea < eb : ma < mb;
}

uint16_t fp80_compare(Fp80Env *e, Fp80 a, Fp80 b, bool quiet)
{
    Fp80Class ca = fp80_class(a), cb = fp80_class(b);
    if (ca >= FP80_QNAN || cb >= FP80_QNAN) {
        if (!quiet || ca > FP80_QNAN || cb > FP80_QNAN)
            e->flags |= FP80_IE;
        return FP80_C3 | FP80_C2 | FP80_C0;
    }
    denormal_operand(e, ca, cb);
    bool sa = fp80_sign(a), sb = fp80_sign(b);
    bool a_below = magnitude_below(a, b), b_below = magnitude_below(b, a);
    if (ca == FP80_ZERO && cb == FP80_ZERO)
        return FP80_C3;
    if (sa != sb)
        return sa ? FP80_C0 : 0;
    if (!a_below && !b_below)
        return FP80_C3;
    return a_below != sa ? FP80_C0 : 0;
}

uint16_t fp80_examine(Fp80 a)
{
    static const uint16_t codes[] = {
        [FP80_ZERO] = FP80_C3,
        [FP80_NORMAL] = FP80_C2,
        [FP80_DENORMAL] = FP80_C3 | FP80_C2,
        [FP80_INF] = FP80_C2 | FP80_C0,
        [FP80_QNAN] = FP80_C0,
        [FP80_SNAN] = FP80_C0,
        [FP80_BAD] = 0,
    };
    return codes[fp80_class(a)] | (fp80_sign(a) ? FP80_C1 : 0);
}
