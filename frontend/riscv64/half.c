/* half.c: half precision in integer arithmetic (lift_half.c says when). */
#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"
#include "ir/softfp.h"

/* Of a NaN and a number the number; of two NaNs the default one. */
static uint64_t extreme(SoftFp *s, SoftFpBin *of_numbers, uint64_t a, uint64_t b)
{
    enum { DEFAULT_NAN = 0x7e00, INFINITE = 0x7c00, MAGNITUDE = 0x7fff };
    bool a_is = (a & MAGNITUDE) > INFINITE, b_is = (b & MAGNITUDE) > INFINITE;
    if (!a_is && !b_is)
        return of_numbers(s, FP_BINARY16, a, b);
    softfp_compare(s, FP_BINARY16, a, b, false); /* a signalling NaN is invalid */
    return !a_is ? a : !b_is ? b : DEFAULT_NAN;
}

static uint64_t from_int(SoftFp *s, RvIntType from, uint64_t v)
{
    switch (from) {
    case RV_TO_W:
        return softfp_from_int(s, FP_BINARY16, (int32_t)v, 0);
    case RV_TO_WU:
        return softfp_from_uint(s, FP_BINARY16, (uint32_t)v, 0);
    case RV_TO_L:
        return softfp_from_int(s, FP_BINARY16, (int64_t)v, 0);
    default:
        return softfp_from_uint(s, FP_BINARY16, v, 0);
    }
}

static uint64_t compute(SoftFp *s, unsigned op, uint64_t a, uint64_t b, uint64_t c)
{
    switch (op) {
    case RV_HALF_ADD:
        return softfp_add(s, FP_BINARY16, a, b);
    case RV_HALF_SUB:
        return softfp_sub(s, FP_BINARY16, a, b);
    case RV_HALF_MUL:
        return softfp_mul(s, FP_BINARY16, a, b);
    case RV_HALF_DIV:
        return softfp_div(s, FP_BINARY16, a, b);
    case RV_HALF_SQRT:
        return softfp_sqrt(s, FP_BINARY16, a);
    case RV_HALF_FMA:
        return softfp_fma(s, FP_BINARY16, a, b, c);
    case RV_HALF_MIN:
        return extreme(s, softfp_min, a, b);
    case RV_HALF_MAX:
        return extreme(s, softfp_max, a, b);
    case RV_HALF_FROM_SINGLE:
        return softfp_convert(s, FP_BINARY32, FP_BINARY16, a);
    case RV_HALF_FROM_DOUBLE:
        return softfp_convert(s, FP_BINARY64, FP_BINARY16, a);
    default:
        return from_int(s, (RvIntType)(op - RV_HALF_FROM_INT), a);
    }
}

uint64_t rv_helper_half(CpuState *cpu, uint32_t what, uint64_t a, uint64_t b, uint64_t c,
                        uint32_t fpctl)
{
    unsigned rm = what >> RV_HALF_RM_AT;
    SoftFp s = {.model = FP_MODEL_RISCV, .fpctl = fpctl | FP_MASKS, .ties_away = rm == RV_RMM};
    if (rm != RV_CURRENT)
        s.fpctl = (s.fpctl & ~(3u << FP_RC_SHIFT)) | rv_fpctl_rounding(rm) << FP_RC_SHIFT;
    uint64_t r = compute(&s, what & RV_HALF_OP, a, b, c);
    rv_state(cpu)->fp_result = fpctl | (s.fpctl & FP_FLAGS);
    return r;
}
