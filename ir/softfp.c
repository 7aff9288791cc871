/* softfp.c: floating point in integers; see softfp.h.
 *
 * A finite number that is not zero is taken apart into Num: m has its top bit set and the value is
 * m * 2^(exp - 63). Operations compute m with at least ten bits more than a result has, the lowest
 * of which stands for everything below it (sticky), and round once, in pack().
 *
 * NaN results: x86: the first NaN operand made quiet, a made NaN is negative (Intel SDM vol. 1,
 * 4.8.3.5). Arm: a signalling operand first, a made NaN is positive (Arm ARM, FPProcessNaNs).
 * RISC-V: always the positive default NaN (unprivileged ISA, 11.3). Tininess is detected after
 * rounding, by Arm before.
 */
#include "ir/softfp.h"

enum { ROUND_NEAREST, ROUND_DOWN, ROUND_UP, ROUND_TO_ZERO, ROUND_TIES_AWAY, ROUND_TO_ODD };

typedef struct Format {
    uint64_t sign, inf, quiet; /* bit patterns */
    int digits, max;           /* of the significand; greatest exponent */
} Format;

static const Format formats[] = {
    [FP_BINARY32] = {UINT64_C(1) << 31, UINT64_C(0xff) << 23, UINT64_C(1) << 22, 24, 127},
    [FP_BINARY64] = {UINT64_C(1) << 63, UINT64_C(0x7ff) << 52, UINT64_C(1) << 51, 53, 1023},
    [FP_BINARY16] = {UINT64_C(1) << 15, UINT64_C(0x1f) << 10, UINT64_C(1) << 9, 11, 15},
};

typedef struct Num {
    bool negative;
    int exp;
    uint64_t m;
} Num;

static void raise_flags(SoftFp *s, unsigned flags)
{
    s->fpctl |= flags;
}
static bool masked(const SoftFp *s, unsigned exception)
{
    return (s->fpctl >> FP_MASK_SHIFT & exception) != 0;
}
static unsigned rounding(const SoftFp *s)
{
    unsigned mode = s->fpctl >> FP_RC_SHIFT & 3;
    if (s->to_odd)
        return ROUND_TO_ODD;
    return mode == ROUND_NEAREST && s->ties_away ? ROUND_TIES_AWAY : mode;
}

/* ---- kinds of numbers ---- */

static uint64_t magnitude(const Format *f, uint64_t v)
{
    return v & ~f->sign;
}
static bool is_nan(const Format *f, uint64_t v)
{
    return magnitude(f, v) > f->inf;
}
static bool is_snan(const Format *f, uint64_t v)
{
    return is_nan(f, v) && !(v & f->quiet);
}
static bool is_inf(const Format *f, uint64_t v)
{
    return magnitude(f, v) == f->inf;
}
static bool is_zero(const Format *f, uint64_t v)
{
    return magnitude(f, v) == 0;
}
static bool is_denormal(const Format *f, uint64_t v)
{
    return magnitude(f, v) - 1 < (f->inf & -f->inf) - 1;
}
static bool default_nan(const SoftFp *s)
{
    return s->default_nan || s->model == FP_MODEL_RISCV;
}
static uint64_t made_nan(const SoftFp *s, const Format *f)
{
    return f->inf | f->quiet | (s->model == FP_MODEL_X86 ? f->sign : 0);
}

/* The NaN that comes out of operands of which one is a NaN. */
static uint64_t pass_nan(SoftFp *s, const Format *f, uint64_t a, uint64_t b)
{
    bool second = !is_nan(f, a);
    if (is_snan(f, a) || is_snan(f, b))
        raise_flags(s, FP_INVALID);
    if (default_nan(s))
        return made_nan(s, f);
    if (s->model == FP_MODEL_ARM && is_snan(f, b) && !is_snan(f, a))
        second = true;
    return (second ? b : a) | f->quiet;
}

static uint64_t invalid(SoftFp *s, const Format *f)
{
    raise_flags(s, FP_INVALID);
    return made_nan(s, f);
}

/* An operand as DAZ wants it. */
static uint64_t flush(SoftFp *s, const Format *f, uint64_t v)
{
    if (!(s->fpctl & FP_DAZ) || !is_denormal(f, v))
        return v;
    s->flushed = true;
    if (s->model == FP_MODEL_ARM && f != &formats[FP_BINARY16])
        raise_flags(s, FP_DENORMAL);
    return v & f->sign;
}

uint64_t softfp_flush(SoftFp *s, FpFormat form, uint64_t a)
{
    return flush(s, &formats[form], a);
}

/* Only x86 has a flag for denormal operands, under DAZ there are none left; Arm, for those that are
 * flushed. */
static void note_denormal(SoftFp *s, const Format *f, uint64_t a, uint64_t b)
{
    if (s->model == FP_MODEL_X86 && (is_denormal(f, a) || is_denormal(f, b)))
        raise_flags(s, FP_DENORMAL);
}

/* ---- taking apart and putting together ---- */

static Num unpack(const Format *f, uint64_t v)
{
    int mantissa = f->digits - 1;
    uint64_t m = magnitude(f, v), frac = m & ((UINT64_C(1) << mantissa) - 1);
    int e = (int)(m >> mantissa);
    Num n = {.negative = (v & f->sign) != 0};
    if (e != 0) {
        n.m = (frac | UINT64_C(1) << mantissa) << (64 - f->digits);
        n.exp = e - f->max;
    } else {
        int zeros = __builtin_clzll(frac);
        n.m = frac << zeros;
        n.exp = 1 - f->max - (zeros - (64 - f->digits));
    }
    return n;
}

static uint64_t shift_sticky(uint64_t m, unsigned by)
{
    if (by == 0)
        return m;
    if (by > 63)
        return m != 0;
    return m >> by | ((m << (64 - by)) != 0);
}

/* m without its lowest `drop` bits (1 to 63), rounded. */
static uint64_t round_off(unsigned mode, bool negative, uint64_t m, unsigned drop)
{
    uint64_t kept = m >> drop, rest = m << (64 - drop), half = UINT64_C(1) << 63;
    bool up = false;
    switch (mode) {
    case ROUND_NEAREST:
        up = rest > half || (rest == half && (kept & 1));
        break;
    case ROUND_TIES_AWAY:
        up = rest >= half;
        break;
    case ROUND_DOWN:
        up = rest != 0 && negative;
        break;
    case ROUND_UP:
        up = rest != 0 && !negative;
        break;
    case ROUND_TO_ODD:
        up = rest != 0 && !(kept & 1);
        break;
    default:
        break;
    }
    return kept + up;
}

static uint64_t overflowed(SoftFp *s, const Format *f, bool negative, bool inexact)
{
    unsigned mode = rounding(s);
    bool to_inf = mode == ROUND_NEAREST || mode == ROUND_TIES_AWAY ||
                  mode == (negative ? ROUND_DOWN : ROUND_UP);
    raise_flags(s, FP_OVERFLOW | (inexact || masked(s, FP_OVERFLOW) ? FP_INEXACT : 0));
    return (negative ? f->sign : 0) | (to_inf ? f->inf : f->inf - 1);
}

/* n is tiny; inexact: when rounded as if exponents had no end. */
static uint64_t underflowed(SoftFp *s, const Format *f, Num n, bool inexact)
{
    uint64_t sign = n.negative ? f->sign : 0;
    if (!masked(s, FP_UNDERFLOW)) {
        raise_flags(s, FP_UNDERFLOW | (inexact ? FP_INEXACT : 0));
        return sign;
    }
    if (s->fpctl & FP_FTZ) {
        raise_flags(s, FP_UNDERFLOW | (s->model == FP_MODEL_X86 ? FP_INEXACT : 0));
        return sign;
    }
    unsigned drop = 64 - (unsigned)f->digits;
    uint64_t m = shift_sticky(n.m, (unsigned)(1 - f->max - n.exp));
    if (m << (64 - drop) != 0)
        raise_flags(s, FP_UNDERFLOW | FP_INEXACT);
    return sign | round_off(rounding(s), n.negative, m, drop);
}

/* The number rounded to the format, with the flags for that. n.m is not zero. */
static uint64_t pack(SoftFp *s, const Format *f, Num n)
{
    unsigned drop = 64 - (unsigned)f->digits;
    bool inexact = n.m << (64 - drop) != 0;
    uint64_t m = round_off(rounding(s), n.negative, n.m, drop);
    int exp = n.exp + (int)(m >> f->digits); /* rounded up to a power of two */
    if (exp > f->max)
        return overflowed(s, f, n.negative, inexact);
    if ((s->model == FP_MODEL_ARM ? n.exp : exp) < 1 - f->max)
        return underflowed(s, f, n, inexact);
    if (inexact)
        raise_flags(s, FP_INEXACT);
    /* The leading one of m, or both bits of a carry, add to the exponent. */
    uint64_t biased = (uint64_t)(n.exp + f->max - 1);
    return (n.negative ? f->sign : 0) | ((biased << (f->digits - 1)) + m);
}

static uint64_t normalise_and_pack(SoftFp *s, const Format *f, Num n)
{
    int zeros = __builtin_clzll(n.m);
    n.m <<= zeros;
    n.exp -= zeros;
    return pack(s, f, n);
}

/* ---- addition ---- */

static uint64_t exact_zero(const SoftFp *s, const Format *f)
{
    return rounding(s) == ROUND_DOWN ? f->sign : 0;
}

static uint64_t add_finite(SoftFp *s, const Format *f, uint64_t a, uint64_t b)
{
    if (magnitude(f, a) < magnitude(f, b)) {
        uint64_t t = a;
        a = b;
        b = t;
    }
    if (is_zero(f, b)) {
        if (is_zero(f, a))
            return ((a ^ b) & f->sign) ? exact_zero(s, f) : a;
        return is_denormal(f, a) ? pack(s, f, unpack(f, a)) : a; /* FTZ */
    }
    Num x = unpack(f, a), y = unpack(f, b);
    uint64_t m = x.m >> 1, n = shift_sticky(y.m >> 1, (unsigned)(x.exp - y.exp));
    x.m = x.negative == y.negative ? m + n : m - n;
    x.exp++;
    return x.m == 0 ? exact_zero(s, f) : normalise_and_pack(s, f, x);
}

uint64_t softfp_add(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    b = flush(s, f, b);
    if (is_nan(f, a) || is_nan(f, b))
        return pass_nan(s, f, a, b);
    if (is_inf(f, a) && is_inf(f, b) && a != b)
        return invalid(s, f);
    note_denormal(s, f, a, b);
    if (is_inf(f, a))
        return a;
    if (is_inf(f, b))
        return b;
    return add_finite(s, f, a, b);
}

uint64_t softfp_sub(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    const Format *f = &formats[form];
    return softfp_add(s, form, a, is_nan(f, b) ? b : b ^ f->sign);
}

/* ---- multiplication, division ---- */

uint64_t softfp_mul(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    b = flush(s, f, b);
    if (is_nan(f, a) || is_nan(f, b))
        return pass_nan(s, f, a, b);
    if ((is_inf(f, a) && is_zero(f, b)) || (is_inf(f, b) && is_zero(f, a)))
        return invalid(s, f);
    note_denormal(s, f, a, b);
    uint64_t sign = (a ^ b) & f->sign;
    if (is_inf(f, a) || is_inf(f, b))
        return sign | f->inf;
    if (is_zero(f, a) || is_zero(f, b))
        return sign;
    Num x = unpack(f, a), y = unpack(f, b);
    unsigned __int128 p = (unsigned __int128)x.m * y.m;
    x.m = (uint64_t)(p >> 64) | ((uint64_t)p != 0);
    x.exp += y.exp + 1;
    x.negative = sign != 0;
    return normalise_and_pack(s, f, x);
}

uint64_t softfp_div(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    b = flush(s, f, b);
    if (is_nan(f, a) || is_nan(f, b))
        return pass_nan(s, f, a, b);
    if ((is_inf(f, a) && is_inf(f, b)) || (is_zero(f, a) && is_zero(f, b)))
        return invalid(s, f);
    uint64_t sign = (a ^ b) & f->sign;
    if (is_zero(f, b) && !is_inf(f, a)) {
        raise_flags(s, FP_DIVZERO);
        return sign | f->inf;
    }
    note_denormal(s, f, a, b);
    if (is_inf(f, a))
        return sign | f->inf;
    if (is_inf(f, b) || is_zero(f, a))
        return sign;
    Num x = unpack(f, a), y = unpack(f, b);
    bool below = x.m < y.m;
    unsigned __int128 n = (unsigned __int128)x.m << (below ? 64 : 63);
    x.exp -= y.exp + below;
    x.m = (uint64_t)(n / y.m) | (n % y.m != 0);
    x.negative = sign != 0;
    return pack(s, f, x);
}

/* ---- multiplication and addition at once ---- */

typedef unsigned __int128 Wide;

static Wide shift_sticky_wide(Wide m, unsigned by)
{
    if (by == 0)
        return m;
    return by > 127 ? m != 0 : m >> by | (m << (128 - by) != 0);
}

/* x is m * 2^(exp - 126), m below 2^127; likewise y, whose exponent is not greater. Significands
 * have 22 zeros at the end before they are shifted, so what cancels is exact. */
static uint64_t add_wide(SoftFp *s, const Format *f, Wide m, bool negative, int exp, Wide n,
                         bool other, int other_exp)
{
    n = shift_sticky_wide(n, (unsigned)(exp - other_exp));
    if (negative != other && n > m) {
        m = n - m;
        negative = other;
    } else {
        m = negative == other ? m + n : m - n;
    }
    if (m == 0)
        return exact_zero(s, f);
    uint64_t high = (uint64_t)(m >> 64);
    unsigned zeros =
        high != 0 ? (unsigned)__builtin_clzll(high) : 64 + (unsigned)__builtin_clzll((uint64_t)m);
    m <<= zeros;
    Num r = {.negative = negative, .exp = exp + 1 - (int)zeros - s->halve};
    r.m = (uint64_t)(m >> 64) | ((uint64_t)m != 0);
    return pack(s, f, r);
}

static uint64_t fma_finite(SoftFp *s, const Format *f, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t sign = (a ^ b) & f->sign;
    if (is_zero(f, a) || is_zero(f, b)) {
        if (s->halve && !is_zero(f, c)) {
            Num n = unpack(f, c);
            n.exp--;
            return pack(s, f, n);
        }
        return add_finite(s, f, sign, c);
    }
    Num x = unpack(f, a), y = unpack(f, b);
    Wide p = (Wide)x.m * y.m >> 1;
    int exp = x.exp + y.exp + 1;
    if (is_zero(f, c))
        return add_wide(s, f, p, sign != 0, exp, 0, sign != 0, exp);
    Num z = unpack(f, c);
    Wide q = (Wide)z.m << 63;
    if (exp >= z.exp)
        return add_wide(s, f, p, sign != 0, exp, q, z.negative, z.exp);
    return add_wide(s, f, q, z.negative, z.exp, p, sign != 0, exp);
}

/* The NaN that comes out of three operands: x86 looks for the first, in order; Arm for the first
 * that signals, the addend before the others, then for the first of those that do not. */
static uint64_t pass_nan3(SoftFp *s, const Format *f, uint64_t a, uint64_t b, uint64_t c)
{
    if (s->model == FP_MODEL_X86)
        return is_nan(f, a) || is_nan(f, b)
                   ? (raise_flags(s, is_snan(f, c) ? FP_INVALID : 0), pass_nan(s, f, a, b))
                   : pass_nan(s, f, c, c);
    if (is_snan(f, c) || (is_nan(f, c) && !is_snan(f, a) && !is_snan(f, b)))
        return pass_nan(s, f, c, c);
    return pass_nan(s, f, a, b);
}

uint64_t softfp_fma(SoftFp *s, FpFormat form, uint64_t a, uint64_t b, uint64_t c)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    b = flush(s, f, b);
    c = flush(s, f, c);
    bool made = (is_inf(f, a) && is_zero(f, b)) || (is_inf(f, b) && is_zero(f, a));
    bool quiet = is_nan(f, c) && !is_snan(f, c);
    if (made && (s->model != FP_MODEL_X86 || !is_nan(f, c))) {
        /* Arm makes a NaN of its own of it, unless the addend signals. */
        if (!is_nan(f, c) || quiet)
            return invalid(s, f);
    }
    if (is_nan(f, a) || is_nan(f, b) || is_nan(f, c))
        return pass_nan3(s, f, a, b, c);
    uint64_t sign = (a ^ b) & f->sign;
    bool infinite = is_inf(f, a) || is_inf(f, b);
    if (infinite && is_inf(f, c) && sign != (c & f->sign))
        return invalid(s, f);
    note_denormal(s, f, a, b);
    note_denormal(s, f, c, c);
    if (infinite)
        return sign | f->inf;
    return is_inf(f, c) ? c : fma_finite(s, f, a, b, c);
}

/* ---- square root ---- */

/* The root of n, a digit at a time; the lowest bit says whether there is a rest. */
static uint64_t root_sticky(unsigned __int128 n)
{
    uint64_t root = 0;
    unsigned __int128 rest = 0;
    for (int k = 126; k >= 0; k -= 2) {
        rest = rest << 2 | (unsigned)(n >> k & 3);
        unsigned __int128 step = (unsigned __int128)root << 2 | 1;
        root <<= 1;
        if (rest >= step) {
            rest -= step;
            root |= 1;
        }
    }
    return root | (rest != 0);
}

uint64_t softfp_sqrt(SoftFp *s, FpFormat form, uint64_t a)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    if (is_nan(f, a))
        return pass_nan(s, f, a, a);
    if (is_zero(f, a))
        return a;
    if (a & f->sign)
        return invalid(s, f);
    note_denormal(s, f, a, a);
    if (is_inf(f, a))
        return a;
    Num x = unpack(f, a);
    bool odd = (x.exp & 1) != 0;
    x.m = root_sticky((unsigned __int128)x.m << (odd ? 64 : 63));
    x.exp = (x.exp - odd) / 2;
    return pack(s, f, x);
}

/* ---- comparisons ---- */

static FpRelation relation(const Format *f, uint64_t a, uint64_t b)
{
    FpRelation r = {.equal = a == b || (is_zero(f, a) && is_zero(f, b))};
    bool na = (a & f->sign) != 0, nb = (b & f->sign) != 0;
    if (!r.equal)
        r.less = na != nb ? na : na ? a > b : a < b;
    return r;
}

FpRelation softfp_compare(SoftFp *s, FpFormat form, uint64_t a, uint64_t b, bool signals)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    b = flush(s, f, b);
    if (is_nan(f, a) || is_nan(f, b)) {
        if (signals || is_snan(f, a) || is_snan(f, b))
            raise_flags(s, FP_INVALID);
        return (FpRelation){.unordered = true};
    }
    note_denormal(s, f, a, b);
    return relation(f, a, b);
}

uint64_t softfp_minsel(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    bool take = softfp_compare(s, form, a, b, true).less;
    return flush(s, &formats[form], take ? a : b);
}

uint64_t softfp_maxsel(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    bool take = softfp_compare(s, form, b, a, true).less;
    return flush(s, &formats[form], take ? a : b);
}

/* The first where they are equal, but of zeros of both signs the one that `least` wants. */
static uint64_t extreme(SoftFp *s, FpFormat form, uint64_t a, uint64_t b, bool least)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    b = flush(s, f, b);
    if (is_nan(f, a) || is_nan(f, b))
        return pass_nan(s, f, a, b);
    note_denormal(s, f, a, b);
    if (is_zero(f, a) && is_zero(f, b))
        return least ? a | b : a & b;
    return relation(f, a, b).less == least ? a : b;
}

/* Where one operand is a quiet NaN and the other is none, that is the result. */
static uint64_t extreme_number(SoftFp *s, FpFormat form, uint64_t a, uint64_t b, bool least)
{
    const Format *f = &formats[form];
    bool quiet_a = is_nan(f, a) && !is_snan(f, a), quiet_b = is_nan(f, b) && !is_snan(f, b);
    uint64_t last = f->inf | (least ? 0 : f->sign);
    if (quiet_a && !quiet_b)
        a = last;
    else if (quiet_b && !quiet_a)
        b = last;
    return extreme(s, form, a, b, least);
}

uint64_t softfp_min(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    return extreme(s, form, a, b, true);
}
uint64_t softfp_max(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    return extreme(s, form, a, b, false);
}
uint64_t softfp_minnm(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    return extreme_number(s, form, a, b, true);
}
uint64_t softfp_maxnm(SoftFp *s, FpFormat form, uint64_t a, uint64_t b)
{
    return extreme_number(s, form, a, b, false);
}

/* ---- conversions ---- */

/* A NaN's payload keeps its highest bits. */
static uint64_t convert_nan(SoftFp *s, const Format *f, const Format *to, uint64_t sign, uint64_t a)
{
    uint64_t payload = pass_nan(s, f, a, a) & ((f->quiet << 1) - 1);
    int wider = to->digits - f->digits;
    payload = wider > 0 ? payload << wider : payload >> -wider;
    return (default_nan(s) ? 0 : sign) | to->inf | payload;
}

uint64_t softfp_convert(SoftFp *s, FpFormat from, FpFormat into, uint64_t a)
{
    const Format *f = &formats[from], *to = &formats[into];
    uint32_t ftz = into == FP_BINARY16 ? s->fpctl & FP_FTZ : 0;
    if (from != FP_BINARY16)
        a = flush(s, f, a);
    uint64_t sign = a & f->sign ? to->sign : 0;
    if (is_nan(f, a))
        return convert_nan(s, f, to, sign, a);
    if (from != FP_BINARY16)
        note_denormal(s, f, a, a);
    if (is_inf(f, a))
        return sign | to->inf;
    if (is_zero(f, a))
        return sign;
    s->fpctl -= ftz;
    uint64_t v = pack(s, to, unpack(f, a));
    s->fpctl |= ftz;
    return v;
}

static uint64_t from_magnitude(SoftFp *s, FpFormat form, bool negative, uint64_t m,
                               unsigned fraction)
{
    Num n = {.negative = negative, .exp = 63 - (int)fraction, .m = m};
    return m == 0 ? 0 : normalise_and_pack(s, &formats[form], n);
}

uint64_t softfp_from_int(SoftFp *s, FpFormat form, int64_t v, unsigned fraction)
{
    return from_magnitude(s, form, v < 0, v < 0 ? -(uint64_t)v : (uint64_t)v, fraction);
}

uint64_t softfp_from_uint(SoftFp *s, FpFormat form, uint64_t v, unsigned fraction)
{
    return from_magnitude(s, form, false, v, fraction);
}

/* The magnitude of n, which is below 2^63, as an integer. */
static uint64_t round_to_integer(unsigned mode, Num n, bool *inexact)
{
    unsigned drop = n.exp < 0 ? 63 : (unsigned)(63 - n.exp);
    uint64_t m = n.exp < 0 ? shift_sticky(n.m, (unsigned)-n.exp) : n.m;
    *inexact = m << (64 - drop) != 0;
    return round_off(mode, n.negative, m, drop);
}

int64_t softfp_to_int(SoftFp *s, FpFormat form, uint64_t a, bool int64, bool to_zero)
{
    const Format *f = &formats[form];
    int64_t worst = int64 ? INT64_MIN : INT32_MIN;
    a = flush(s, f, a);
    if (is_zero(f, a))
        return 0;
    if (is_nan(f, a) || is_inf(f, a)) {
        raise_flags(s, FP_INVALID);
        return worst;
    }
    Num n = unpack(f, a);
    uint64_t limit = int64 ? INT64_MAX : INT32_MAX, v = UINT64_MAX;
    bool inexact = false;
    if (n.exp < 63) {
        v = round_to_integer(to_zero ? ROUND_TO_ZERO : rounding(s), n, &inexact);
    } else if (n.exp == 63 && n.negative) {
        v = n.m;
    }
    if (v > limit + n.negative) {
        raise_flags(s, FP_INVALID);
        return worst;
    }
    if (inexact)
        raise_flags(s, FP_INEXACT);
    return n.negative ? (int64_t)-v : (int64_t)v;
}

/* CURRENT: what fpctl says. */
static unsigned rounding_of(const SoftFp *s, IrRound mode)
{
    static const uint8_t modes[] = {[IR_ROUND_ZERO] = ROUND_TO_ZERO,
                                    [IR_ROUND_NEAREST] = ROUND_NEAREST,
                                    [IR_ROUND_DOWN] = ROUND_DOWN,
                                    [IR_ROUND_UP] = ROUND_UP,
                                    [IR_ROUND_AWAY] = ROUND_TIES_AWAY};
    return mode == IR_ROUND_CURRENT ? rounding(s) : modes[mode];
}

static uint64_t out_of_range(SoftFp *s, FpIntType to, bool negative)
{
    uint64_t ones = UINT64_MAX >> (64 - to.bits);
    raise_flags(s, FP_INVALID);
    if (!to.is_signed)
        return negative ? 0 : ones;
    return negative ? (ones >> 1) + 1 : ones >> 1;
}

uint64_t softfp_to_fixed(SoftFp *s, FpFormat form, uint64_t a, FpIntType to, IrRound mode)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    bool negative = (a & f->sign) != 0, inexact = false;
    if (is_zero(f, a))
        return 0;
    if (is_nan(f, a)) {
        uint64_t most = out_of_range(s, to, false);
        return s->model == FP_MODEL_RISCV ? most : 0;
    }
    if (is_inf(f, a))
        return out_of_range(s, to, negative);
    Num n = unpack(f, a);
    n.exp += to.fraction;
    if (n.exp > 63)
        return out_of_range(s, to, negative);
    uint64_t v = n.exp == 63 ? n.m : round_to_integer(rounding_of(s, mode), n, &inexact);
    uint64_t ones = UINT64_MAX >> (64 - to.bits), most = to.is_signed ? ones >> 1 : ones;
    if (v > (negative ? to.is_signed ? most + 1 : 0 : most))
        return out_of_range(s, to, negative);
    if (inexact)
        raise_flags(s, FP_INEXACT);
    return (negative ? -v : v) & ones;
}

uint64_t softfp_round(SoftFp *s, FpFormat form, uint64_t a, IrRound mode, bool quiet)
{
    const Format *f = &formats[form];
    a = flush(s, f, a);
    if (is_nan(f, a))
        return pass_nan(s, f, a, a);
    if (is_zero(f, a) || is_inf(f, a))
        return a;
    Num n = unpack(f, a);
    if (n.exp >= f->digits - 1)
        return a; /* an integer */
    bool inexact;
    n.m = round_to_integer(rounding_of(s, mode), n, &inexact);
    n.exp = 63;
    if (inexact && !quiet)
        raise_flags(s, FP_INEXACT);
    return n.m == 0 ? a & f->sign : normalise_and_pack(s, f, n);
}
