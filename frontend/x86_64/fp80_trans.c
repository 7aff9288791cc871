/* fp80_trans.c: the x87's transcendental instructions.
 *
 * Computed in Wide, a floating-point number of 128 significant bits, by argument reduction and a
 * power series, and rounded once to 64 bits; the error before rounding is below 2^-115, so results
 * are correctly rounded but for arguments within that of a tie. A processor's own results differ
 * from these in the last place now and then (SDM vol. 1, 8.3.10 allows one unit).
 *
 * The trigonometric instructions reduce modulo pi/2 with pi of 66 bits, as Intel's do (8.3.8),
 * since programs see that for large arguments.
 *
 * Example: fsin(3): 3 = 2 * pi/2 - 0.1415926..., so sin(3) = sin(0.1415926...).
 */
#include "frontend/x86_64/fp80.h"

typedef unsigned __int128 U128;

#define TOP_BIT ((uint64_t)1 << 63)
#define BIAS    16383

/* Below this exponent real FPUs give sin(x) = tan(x) = atan(x) = x and cos(x) = 1, whatever the
 * rounding mode. */
enum { TINY = -68 };

/* (-1)^sign * m * 2^(exp - 127), top bit of m set; m = 0 is zero. */
typedef struct Wide {
    U128 m;
    int32_t exp;
    bool sign;
} Wide;

#define WIDE(exp, hi, lo)                                                                          \
    {                                                                                              \
        (U128)(hi) << 64 | (lo), exp, false                                                        \
    }

static const Wide wide_one = WIDE(0, 0x8000000000000000u, 0);
static const Wide wide_pi = WIDE(1, 0xc90fdaa22168c234u, 0xc4c6628b80dc1cd1u);
static const Wide wide_ln2 = WIDE(-1, 0xb17217f7d1cf79abu, 0xc9e3b39803f2f6afu);
static const Wide wide_2_over_ln2 = WIDE(1, 0xb8aa3b295c17f0bbu, 0xbe87fed0691d3e89u);

/* atan(i / 8) */
static const Wide atan_eighths[9] = {
    WIDE(0, 0, 0),
    WIDE(-4, 0xfeadd4d5617b6e32u, 0xc897989f3e888ef8u),
    WIDE(-3, 0xfadbafc96406eb15u, 0x6dc79ef5f7a217e6u),
    WIDE(-2, 0xb7b0ca0f26f78473u, 0x8aa32122dcfe4483u),
    WIDE(-2, 0xed63382b0dda7b45u, 0x6fe445ecbc3a8d03u),
    WIDE(-1, 0x8f005d5ef7f59f9bu, 0x5c835e1665c43748u),
    WIDE(-1, 0xa4bc7d1934f70924u, 0x19a87f2a457dac9fu),
    WIDE(-1, 0xb8053e2bc2319e73u, 0xcb2da55210a4443du),
    WIDE(-1, 0xc90fdaa22168c234u, 0xc4c6628b80dc1cd1u),
};

/* ---- Wide arithmetic, truncating ---- */

static Wide normalise(U128 m, int32_t exp, bool sign)
{
    if (m == 0)
        return (Wide){0, 0, false};
    uint64_t hi = (uint64_t)(m >> 64);
    int shift = hi ? __builtin_clzll(hi) : 64 + __builtin_clzll((uint64_t)m);
    return (Wide){m << shift, exp - shift, sign};
}

static Wide from_fp80(Fp80 a)
{
    int32_t exp = (a.se & 0x7fff) + ((a.se & 0x7fff) == 0) - BIAS;
    return normalise((U128)a.m << 64, exp, fp80_sign(a));
}

static Wide from_int(int64_t v)
{
    return from_fp80(fp80_from_i64(v));
}

static Wide negate(Wide a)
{
    a.sign = !a.sign;
    return a;
}

static Wide times_pow2(Wide a, int n)
{
    a.exp += n;
    return a;
}

static Wide mul(Wide a, Wide b)
{
    uint64_t ah = (uint64_t)(a.m >> 64), al = (uint64_t)a.m;
    uint64_t bh = (uint64_t)(b.m >> 64), bl = (uint64_t)b.m;
    U128 x = (U128)ah * bl, y = (U128)al * bh;
    U128 mid = (x & UINT64_MAX) + (y & UINT64_MAX) + ((U128)al * bl >> 64);
    U128 m = (U128)ah * bh + (x >> 64) + (y >> 64) + (mid >> 64);
    return normalise(m, a.exp + b.exp + 1, a.sign != b.sign);
}

static bool below(Wide a, Wide b) /* magnitudes */
{
    if (a.m == 0 || b.m == 0)
        return a.m == 0 && b.m != 0;
    return a.exp != b.exp ? a.exp < b.exp : a.m < b.m;
}

static Wide add(Wide a, Wide b)
{
    if (below(a, b)) {
        Wide t = a;
        a = b;
        b = t;
    }
    int32_t d = a.exp - b.exp;
    if (b.m == 0 || d > 127)
        return a;
    U128 v = b.m >> d;
    if (a.sign != b.sign)
        return normalise(a.m - v, a.exp, a.sign);
    if (a.m + v < v)
        return (Wide){(a.m + v) >> 1 | (U128)1 << 127, a.exp + 1, a.sign};
    return (Wide){a.m + v, a.exp, a.sign};
}

static Wide sub(Wide a, Wide b)
{
    return add(a, negate(b));
}

static Wide divide(Wide a, Wide b)
{
    if (a.m == 0)
        return a;
    U128 rest = a.m, q = 0;
    int32_t exp = a.exp - b.exp;
    bool carry = false;
    if (rest < b.m) {
        carry = rest >> 127;
        rest <<= 1;
        exp--;
    }
    for (int i = 0; i < 128; i++) {
        q <<= 1;
        if (carry || rest >= b.m) {
            rest -= b.m;
            q |= 1;
        }
        carry = rest >> 127;
        rest <<= 1;
    }
    return normalise(q, exp, a.sign != b.sign);
}

/* a / n for a small n: two steps of 64 bits. */
static Wide divide_small(Wide a, uint32_t n)
{
    uint64_t hi = (uint64_t)(a.m >> 64), lo = (uint64_t)a.m;
    U128 next = (U128)(hi % n) << 64 | lo;
    U128 rest = next % n << 32; /* 32 more bits, so that normalising loses nothing */
    U128 q = (U128)(hi / n) << 64 | (uint64_t)(next / n);
    Wide low = normalise((U128)(uint64_t)(rest / n), a.exp - 32, a.sign);
    return add(normalise(q, a.exp, a.sign), low);
}

static bool negligible(Wide term, Wide sum)
{
    return term.m == 0 || term.exp < sum.exp - 128;
}

/* x - x^3/3 + x^5/5 ... (alternating: atan) or with plus signs (atanh); |x| < 1/4. */
static Wide odd_series(Wide x, bool alternating)
{
    Wide square = mul(x, x), power = x, sum = x;
    if (alternating)
        square = negate(square);
    for (uint32_t k = 3;; k += 2) {
        power = mul(power, square);
        Wide term = divide_small(power, k);
        if (negligible(term, sum))
            return sum;
        sum = add(sum, term);
    }
}

/* sum of first * r^i / ((k+1)...(k+i*step)): exponentials and sines. */
static Wide factorial_series(Wide first, Wide ratio, uint32_t k, uint32_t step)
{
    Wide term = first, sum = first;
    for (;; k += step) {
        term = mul(term, ratio);
        for (uint32_t j = 1; j <= step; j++)
            term = divide_small(term, k + j);
        if (negligible(term, sum))
            return sum;
        sum = add(sum, term);
    }
}

/* Rounds to the result; `exact` says that no digit was dropped on the way. PE and, for a denormal
 * result, UE are signalled even then. */
static Fp80 finish(Fp80Env *e, Wide w, bool exact)
{
    if (w.m == 0)
        return (Fp80){0, (uint16_t)(w.sign << 15)};
    e->flags |= FP80_PE | (w.exp + BIAS <= 0 ? FP80_UE : 0);
    return fp80_round(e, w.sign, w.exp + BIAS, (uint64_t)(w.m >> 64), (uint64_t)w.m | !exact);
}

/* A value just below (or above) x in magnitude by less than any digit kept. */
static Wide nudge_down(Wide x)
{
    x.m--;
    if (!(x.m >> 127)) {
        x.m = ~(U128)0;
        x.exp--;
    }
    return x;
}

/* ---- common to the instructions ---- */

static Fp80 invalid(Fp80Env *e)
{
    e->flags |= FP80_IE;
    return FP80_INDEFINITE;
}

static Fp80 zero(bool sign)
{
    return (Fp80){0, (uint16_t)(sign << 15)};
}
static Fp80 infinity(bool sign)
{
    return (Fp80){TOP_BIT, (uint16_t)(sign << 15 | 0x7fff)};
}
static bool is_one(Fp80 a)
{
    return a.m == TOP_BIT && (a.se & 0x7fff) == BIAS;
}

static bool denormal(Fp80Env *e, Fp80 a, Fp80 b)
{
    if (fp80_class(a) != FP80_DENORMAL && fp80_class(b) != FP80_DENORMAL)
        return false;
    e->flags |= FP80_DE;
    return !(e->cw & FP80_DE);
}

/* ---- exponential and logarithm ---- */

Fp80 fp80_f2xm1(Fp80Env *e, Fp80 a)
{
    Fp80 r;
    Fp80Class c = fp80_class(a);
    if (fp80_nan_operand(e, a, a, &r))
        return r;
    if (c == FP80_INF)
        return fp80_sign(a) ? (Fp80){TOP_BIT, 0x8000 | BIAS} : a;
    if (c == FP80_ZERO || denormal(e, a, a))
        return a;
    if ((a.se & 0x7fff) > BIAS || ((a.se & 0x7fff) == BIAS && a.m != TOP_BIT)) {
        e->flags |= FP80_PE; /* undefined by the SDM; processors leave the operand */
        return a;
    }
    e->flags |= FP80_PE;
    if (is_one(a))
        return fp80_sign(a) ? (Fp80){TOP_BIT, 0x8000 | (BIAS - 1)} : a;
    Wide x = mul(from_fp80(a), wide_ln2);
    return finish(e, factorial_series(x, x, 1, 1), false);
}

/* log2(x) * ln(2)/2 of x > 0 as k * ln2/2 + atanh((m-1)/(m+1)) is badly conditioned for no x, since
 * m lies in [2/3, 4/3) and k is 0 when x is near one. Returns log2(x). */
static Wide log2_wide(Wide x)
{
    int32_t k = x.exp;
    x.exp = 0;
    if (x.m > (U128)0xaaaaaaaaaaaaaaaau << 64) { /* above 4/3 */
        x.exp = -1;
        k++;
    }
    Wide s = divide(sub(x, wide_one), add(x, wide_one));
    if (s.m == 0)
        return from_int(k);
    return add(from_int(k), mul(odd_series(s, false), wide_2_over_ln2));
}

static Fp80 log_of_zero(Fp80Env *e, Fp80 y)
{
    if (fp80_class(y) == FP80_ZERO)
        return invalid(e);
    if (fp80_class(y) != FP80_INF)
        e->flags |= FP80_ZE;
    return infinity(!fp80_sign(y));
}

Fp80 fp80_yl2x(Fp80Env *e, Fp80 x, Fp80 y)
{
    Fp80 r;
    Fp80Class cx = fp80_class(x), cy = fp80_class(y);
    if (fp80_nan_operand(e, x, y, &r))
        return r;
    if (cx == FP80_ZERO)
        return log_of_zero(e, y);
    if (fp80_sign(x))
        return invalid(e);
    bool negative = (x.se & 0x7fff) < BIAS; /* the logarithm's sign */
    if (cx == FP80_INF) {
        if (cy == FP80_ZERO)
            return invalid(e);
        return denormal(e, y, y) ? y : infinity(fp80_sign(y));
    }
    if (cy == FP80_INF && is_one(x))
        return invalid(e);
    if (denormal(e, x, y))
        return y;
    if (cy == FP80_INF)
        return infinity(fp80_sign(y) != negative);
    if (cy == FP80_ZERO || is_one(x))
        return zero(fp80_sign(y) != negative);
    Wide w = from_fp80(x);
    return finish(e, mul(log2_wide(w), from_fp80(y)), w.m << 1 == 0);
}

Fp80 fp80_yl2xp1(Fp80Env *e, Fp80 x, Fp80 y)
{
    Fp80 r;
    Fp80Class cx = fp80_class(x), cy = fp80_class(y);
    if (fp80_nan_operand(e, x, y, &r))
        return r;
    bool sign = fp80_sign(x) != fp80_sign(y);
    if (cx == FP80_INF)
        return fp80_sign(x) || cy == FP80_ZERO ? invalid(e)
               : denormal(e, y, y)             ? y
                                               : infinity(sign);
    if (cy == FP80_INF && cx == FP80_ZERO)
        return invalid(e);
    if (denormal(e, x, y))
        return y;
    if (cy == FP80_INF)
        return infinity(sign);
    if (cx == FP80_ZERO || cy == FP80_ZERO)
        return zero(sign);
    Wide w = from_fp80(x), log;
    if (w.sign && !below(w, wide_one)) {
        e->flags |= FP80_PE; /* outside the SDM's domain; processors leave x */
        return x;
    }
    if (w.exp < -1) {
        Wide s = divide(w, add(w, from_int(2)));
        log = mul(odd_series(s, false), wide_2_over_ln2);
    } else {
        log = log2_wide(add(w, wide_one));
    }
    return finish(e, mul(log, from_fp80(y)), false);
}

/* ---- arc tangent ---- */

/* atan(t) of 0 < t <= 1 */
static Wide atan_unit(Wide t)
{
    int i = 0;
    if (t.exp >= -5) /* the nearest eighth */
        i = (int)((t.m >> (120 - t.exp)) + 8) >> 4;
    if (i == 0)
        return odd_series(t, true);
    Wide c = times_pow2(from_int(i), -3);
    Wide r = divide(sub(t, c), add(wide_one, mul(t, c)));
    if (r.m == 0)
        return atan_eighths[i];
    return add(atan_eighths[i], odd_series(r, true));
}

/* eighths * pi/4 with a sign, rounded */
static Fp80 pi_quarters(Fp80Env *e, unsigned n, bool sign)
{
    Wide w = mul(wide_pi, times_pow2(from_int(n), -2));
    w.sign = sign;
    return finish(e, w, false);
}

Fp80 fp80_patan(Fp80Env *e, Fp80 x, Fp80 y)
{
    Fp80 r;
    Fp80Class cx = fp80_class(x), cy = fp80_class(y);
    if (fp80_nan_operand(e, x, y, &r))
        return r;
    bool sx = fp80_sign(x), sy = fp80_sign(y);
    if (denormal(e, x, y))
        return y;
    if (cy == FP80_INF)
        return pi_quarters(e, cx != FP80_INF ? 2 : sx ? 3 : 1, sy);
    if (cx == FP80_INF || cy == FP80_ZERO)
        return sx ? pi_quarters(e, 4, sy) : zero(sy);
    if (cx == FP80_ZERO)
        return pi_quarters(e, 2, sy);
    Wide wx = from_fp80(x), wy = from_fp80(y), a;
    wx.sign = wy.sign = false;
    bool swap = below(wx, wy);
    Wide t = swap ? divide(wx, wy) : divide(wy, wx);
    a = atan_unit(t);
    if (swap)
        a = sub(times_pow2(wide_pi, -1), a);
    if (sx)
        a = sub(wide_pi, a);
    /* A small exact quotient stays as it is, whatever the rounding, as on real FPUs. */
    bool exact = t.exp < TINY && !swap && !sx && mul(t, wx).m == wy.m;
    a.sign = sy;
    return finish(e, a, exact);
}

/* ---- sine, cosine, tangent ---- */

/* pi/2 = PI_HALF * 2^-65 of 66 bits */
#define PI_HALF ((U128)0x3243f6a8885a308du << 4 | 3)

/* |a| modulo pi/2 into [-pi/4, pi/4]; the quadrant modulo 4. */
static Wide reduce(Fp80 a, unsigned *quadrant)
{
    Wide x = from_fp80(a);
    x.sign = false;
    *quadrant = 0;
    if (x.exp < -1)
        return x;
    U128 r = a.m; /* a = m * 2^(exp - 63), in units of 2^-65: m * 2^(exp + 2) */
    unsigned q = 0;
    for (int i = 0; i < x.exp + 2; i++) {
        r <<= 1;
        q <<= 1;
        if (r >= PI_HALF) {
            r -= PI_HALF;
            q |= 1;
        }
    }
    bool past_half = r > PI_HALF >> 1;
    *quadrant = (q + past_half) & 3;
    return past_half ? normalise(PI_HALF - r, 127 - 65, true) : normalise(r, 127 - 65, false);
}

static Wide sine(Wide r)
{
    if (r.m == 0)
        return r;
    return r.exp < -60 ? nudge_down(r) : factorial_series(r, negate(mul(r, r)), 1, 2);
}

static Wide cosine(Wide r)
{
    if (r.exp < -60)
        return nudge_down(wide_one);
    return factorial_series(wide_one, negate(mul(r, r)), 0, 2);
}

/* True when *r is the answer without computing; fsin, fcos and fptan share these. */
static bool trig_special(Fp80Env *e, Fp80 a, uint16_t *codes, Fp80 *r)
{
    Fp80Class c = fp80_class(a);
    *codes = 0;
    if (fp80_nan_operand(e, a, a, r))
        return true;
    *r = a;
    if (c == FP80_INF)
        *r = invalid(e);
    else if ((a.se & 0x7fff) >= BIAS + 63)
        *codes = FP80_C2;
    else
        return c == FP80_ZERO || denormal(e, a, a);
    return true;
}

Fp80 fp80_sin(Fp80Env *e, Fp80 a, uint16_t *codes)
{
    Fp80 special;
    if (trig_special(e, a, codes, &special))
        return special;
    unsigned q;
    Wide r = reduce(a, &q);
    Wide s = q & 1 ? cosine(r) : sine(r);
    bool tiny = from_fp80(a).exp < TINY;
    if (tiny)
        s = r;
    s.sign ^= (q >> 1) ^ fp80_sign(a);
    return finish(e, s, tiny);
}

Fp80 fp80_cos(Fp80Env *e, Fp80 a, uint16_t *codes)
{
    Fp80 special;
    if (trig_special(e, a, codes, &special))
        return fp80_class(a) == FP80_ZERO ? (Fp80){TOP_BIT, BIAS} : special;
    unsigned q;
    Wide r = reduce(a, &q);
    bool tiny = from_fp80(a).exp < TINY;
    Wide c = tiny ? wide_one : q & 1 ? sine(r) : cosine(r);
    c.sign ^= q == 1 || q == 2;
    return finish(e, c, tiny);
}

Fp80 fp80_tan(Fp80Env *e, Fp80 a, uint16_t *codes)
{
    Fp80 special;
    if (trig_special(e, a, codes, &special))
        return special;
    unsigned q;
    Wide r = reduce(a, &q), t = r;
    bool tiny = from_fp80(a).exp < TINY;
    if (!tiny)
        t = q & 1 ? negate(divide(cosine(r), sine(r))) : divide(sine(r), cosine(r));
    t.sign ^= fp80_sign(a);
    return finish(e, t, tiny);
}
