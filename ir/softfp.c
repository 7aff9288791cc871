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

enum { ROUND_NEAREST, ROUND_DOWN, ROUND_UP, ROUND_TO_ZERO, ROUND_TIES_AWAY };

typedef struct Format {
    uint64_t sign, inf, quiet; /* bit patterns */
    int digits, max;           /* of the significand; greatest exponent */
} Format;

static const Format formats[2] = {
    {UINT64_C(1) << 31, UINT64_C(0xff) << 23, UINT64_C(1) << 22, 24, 127},
    {UINT64_C(1) << 63, UINT64_C(0x7ff) << 52, UINT64_C(1) << 51, 53, 1023},
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
    if (s->model == FP_MODEL_RISCV)
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
static uint64_t flush(const SoftFp *s, const Format *f, uint64_t v)
{
    return (s->fpctl & FP_DAZ) && is_denormal(f, v) ? v & f->sign : v;
}

/* Only x86 has a flag for denormal operands; under DAZ there are none left. */
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

uint64_t softfp_add(SoftFp *s, bool wide, uint64_t a, uint64_t b)
{
    const Format *f = &formats[wide];
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

uint64_t softfp_sub(SoftFp *s, bool wide, uint64_t a, uint64_t b)
{
    const Format *f = &formats[wide];
    return softfp_add(s, wide, a, is_nan(f, b) ? b : b ^ f->sign);
}

/* ---- multiplication, division ---- */

uint64_t softfp_mul(SoftFp *s, bool wide, uint64_t a, uint64_t b)
{
    const Format *f = &formats[wide];
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

uint64_t softfp_div(SoftFp *s, bool wide, uint64_t a, uint64_t b)
{
    const Format *f = &formats[wide];
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
    Num r = {.negative = negative, .exp = exp + 1 - (int)zeros};
    r.m = (uint64_t)(m >> 64) | ((uint64_t)m != 0);
    return pack(s, f, r);
}

static uint64_t fma_finite(SoftFp *s, const Format *f, uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t sign = (a ^ b) & f->sign;
    if (is_zero(f, a) || is_zero(f, b))
        return add_finite(s, f, sign, c);
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

uint64_t softfp_fma(SoftFp *s, bool wide, uint64_t a, uint64_t b, uint64_t c)
{
    const Format *f = &formats[wide];
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

uint64_t softfp_sqrt(SoftFp *s, bool wide, uint64_t a)
{
    const Format *f = &formats[wide];
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

FpRelation softfp_compare(SoftFp *s, bool wide, uint64_t a, uint64_t b, bool signals)
{
    const Format *f = &formats[wide];
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

uint64_t softfp_minsel(SoftFp *s, bool wide, uint64_t a, uint64_t b)
{
    bool take = softfp_compare(s, wide, a, b, true).less;
    return flush(s, &formats[wide], take ? a : b);
}

uint64_t softfp_maxsel(SoftFp *s, bool wide, uint64_t a, uint64_t b)
{
    bool take = softfp_compare(s, wide, b, a, true).less;
    return flush(s, &formats[wide], take ? a : b);
}

/* ---- conversions ---- */

enum { WIDER = 29 }; /* bits that a binary64 significand has more */

uint64_t softfp_extend(SoftFp *s, uint64_t a)
{
    const Format *f = &formats[0], *to = &formats[1];
    a = flush(s, f, a);
    uint64_t sign = a & f->sign ? to->sign : 0;
    if (is_nan(f, a)) {
        uint64_t payload = pass_nan(s, f, a, a) & ((f->quiet << 1) - 1);
        return (s->model == FP_MODEL_RISCV ? 0 : sign) | to->inf | payload << WIDER;
    }
    note_denormal(s, f, a, a);
    if (is_inf(f, a))
        return sign | to->inf;
    return is_zero(f, a) ? sign : pack(s, to, unpack(f, a));
}

uint64_t softfp_truncate(SoftFp *s, uint64_t a)
{
    const Format *f = &formats[1], *to = &formats[0];
    a = flush(s, f, a);
    uint64_t sign = a & f->sign ? to->sign : 0;
    if (is_nan(f, a)) {
        uint64_t payload = pass_nan(s, f, a, a) >> WIDER & ((to->quiet << 1) - 1);
        return (s->model == FP_MODEL_RISCV ? 0 : sign) | to->inf | payload;
    }
    note_denormal(s, f, a, a);
    if (is_inf(f, a))
        return sign | to->inf;
    return is_zero(f, a) ? sign : pack(s, to, unpack(f, a));
}

uint64_t softfp_from_int(SoftFp *s, bool wide, int64_t v)
{
    Num n = {.negative = v < 0, .exp = 63, .m = v < 0 ? -(uint64_t)v : (uint64_t)v};
    return v == 0 ? 0 : normalise_and_pack(s, &formats[wide], n);
}

/* The magnitude of n, which is below 2^63, as an integer. */
static uint64_t round_to_integer(unsigned mode, Num n, bool *inexact)
{
    unsigned drop = n.exp < 0 ? 63 : (unsigned)(63 - n.exp);
    uint64_t m = n.exp < 0 ? shift_sticky(n.m, (unsigned)-n.exp) : n.m;
    *inexact = m << (64 - drop) != 0;
    return round_off(mode, n.negative, m, drop);
}

int64_t softfp_to_int(SoftFp *s, bool wide, uint64_t a, bool int64, bool to_zero)
{
    const Format *f = &formats[wide];
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

uint64_t softfp_round(SoftFp *s, bool wide, uint64_t a, IrRound mode, bool quiet)
{
    static const uint8_t modes[] = {[IR_ROUND_ZERO] = ROUND_TO_ZERO,
                                    [IR_ROUND_NEAREST] = ROUND_NEAREST,
                                    [IR_ROUND_DOWN] = ROUND_DOWN,
                                    [IR_ROUND_UP] = ROUND_UP};
    const Format *f = &formats[wide];
    a = flush(s, f, a);
    if (is_nan(f, a))
        return pass_nan(s, f, a, a);
    if (is_zero(f, a) || is_inf(f, a))
        return a;
    Num n = unpack(f, a);
    if (n.exp >= f->digits - 1)
        return a; /* an integer */
    bool inexact;
    n.m = round_to_integer(mode == IR_ROUND_CURRENT ? rounding(s) : modes[mode], n, &inexact);
    n.exp = 63;
    if (inexact && !quiet)
        raise_flags(s, FP_INEXACT);
    return n.m == 0 ? a & f->sign : normalise_and_pack(s, f, n);
}
