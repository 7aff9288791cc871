/* fp.c: floating point that the IR's ops do not do, in integer arithmetic: rounding ties away from
 * zero, and conversions to integers that do not fit (chapters 20.2 and 20.7).
 */
#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"
#include "ir/softfp.h"

enum { NEAREST, DOWN, UP, TO_ZERO };

/* What is added to the integer part of a magnitude, `rest` being what lies behind the point as a
 * fraction of 2^64. */
static bool rounds_up(const SoftFp *s, bool negative, uint64_t whole, uint64_t rest)
{
    const uint64_t half = 1ull << 63;
    switch (s->fpctl >> FP_RC_SHIFT & 3) {
    case NEAREST:
        return rest > half || (rest == half && (s->ties_away || (whole & 1)));
    case DOWN:
        return rest && negative;
    case UP:
        return rest && !negative;
    default:
        return false;
    }
}

/* The magnitude of v as an integer, rounded; *huge: it has more than 64 bits. */
static uint64_t whole_part(const SoftFp *s, bool wide, uint64_t v, bool *inexact, bool *huge)
{
    unsigned digits = wide ? 53 : 24, bits = wide ? 64 : 32;
    int max = wide ? 1023 : 127;
    bool negative = v >> (bits - 1) & 1;
    uint64_t m = v & ((1ull << (digits - 1)) - 1);
    int e = (int)(v >> (digits - 1) & (uint64_t)(2 * max + 1));
    if (e)
        m |= 1ull << (digits - 1);
    int shift = (e ? e : 1) - max - (int)digits + 1; /* the value is m << shift */
    *huge = shift > 63 - (int)digits + 1;
    *inexact = false;
    if (*huge)
        return 0;
    if (shift >= 0)
        return m << shift;
    unsigned right = (unsigned)-shift;
    uint64_t whole = right < 64 ? m >> right : 0;
    uint64_t rest = right < 64 ? m << (64 - right) : right == 64 ? m : m != 0;
    *inexact = rest != 0;
    return whole + rounds_up(s, negative, whole, rest);
}

static uint64_t to_int(SoftFp *s, bool wide, RvIntType to, uint64_t v)
{
    static const struct {
        uint64_t least, most;        /* what is too low gives, what is too high or a NaN */
        uint64_t negative, positive; /* the greatest magnitudes */
    } limits[] = {
        [RV_TO_W] = {(uint64_t)INT32_MIN, INT32_MAX, 1ull << 31, INT32_MAX},
        [RV_TO_WU] = {0, UINT64_MAX, 0, UINT32_MAX},
        [RV_TO_L] = {(uint64_t)INT64_MIN, INT64_MAX, 1ull << 63, INT64_MAX},
        [RV_TO_LU] = {0, UINT64_MAX, 0, UINT64_MAX},
    };
    bool negative = v >> (wide ? 63 : 31) & 1, inexact, huge;
    uint64_t magnitude = wide ? v << 1 >> 1 : v & INT32_MAX;
    bool nan = magnitude > (wide ? 0x7ffull << 52 : 0xffull << 23);
    uint64_t n = whole_part(s, wide, v, &inexact, &huge);
    if (nan || huge || n > (negative ? limits[to].negative : limits[to].positive)) {
        s->fpctl |= FP_INVALID;
        return negative && !nan ? limits[to].least : limits[to].most;
    }
    s->fpctl |= inexact ? FP_INEXACT : 0;
    n = negative ? -n : n;
    return to == RV_TO_W || to == RV_TO_WU ? (uint64_t)(int64_t)(int32_t)n : n;
}

/* An unsigned number of 64 bits is halved, keeping that it was odd, and the result doubled. */
static uint64_t from_int(SoftFp *s, bool wide, RvIntType from, uint64_t v)
{
    if (from == RV_TO_W || from == RV_TO_WU)
        v = from == RV_TO_W ? (uint64_t)(int64_t)(int32_t)v : (uint32_t)v;
    if (from != RV_TO_LU || !(v >> 63))
        return softfp_from_int(s, wide, (int64_t)v, 0);
    uint64_t half = softfp_from_int(s, wide, (int64_t)(v >> 1 | (v & 1)), 0);
    return softfp_add(s, wide, half, half);
}

uint64_t rv_helper_fp(CpuState *cpu, uint32_t what, uint64_t a, uint64_t b, uint64_t c,
                      uint32_t fpctl)
{
    bool wide = what & RV_FP_WIDE;
    unsigned op = what & RV_FP_OP;
    SoftFp s = {.model = FP_MODEL_RISCV, .fpctl = fpctl, .ties_away = what & RV_FP_AWAY};
    uint64_t r;
    if (s.ties_away)
        s.fpctl &= ~(3u << FP_RC_SHIFT);
    switch (op) {
    case RV_FP_ADD:
        r = softfp_add(&s, wide, a, b);
        break;
    case RV_FP_SUB:
        r = softfp_sub(&s, wide, a, b);
        break;
    case RV_FP_MUL:
        r = softfp_mul(&s, wide, a, b);
        break;
    case RV_FP_DIV:
        r = softfp_div(&s, wide, a, b);
        break;
    case RV_FP_SQRT:
        r = softfp_sqrt(&s, wide, a);
        break;
    case RV_FP_FMA:
        r = softfp_fma(&s, wide, a, b, c);
        break;
    case RV_FP_NARROW:
        r = softfp_convert(&s, FP_BINARY64, FP_BINARY32, a);
        break;
    default:
        r = op < RV_FP_TO_INT ? from_int(&s, wide, (RvIntType)(op - RV_FP_FROM_INT), a)
                              : to_int(&s, wide, (RvIntType)(op - RV_FP_TO_INT), a);
        break;
    }
    rv_state(cpu)->fp_result = fpctl | (s.fpctl & FP_FLAGS);
    return r;
}
