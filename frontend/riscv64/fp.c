/* fp.c: floating point that rounds ties away from zero, in integer arithmetic (chapter 20.2). */
#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"
#include "ir/softfp.h"

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
    SoftFp s = {.model = FP_MODEL_RISCV, .fpctl = fpctl | FP_MASKS, .ties_away = what & RV_FP_AWAY};
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
        r = from_int(&s, wide, (RvIntType)(op - RV_FP_FROM_INT), a);
        break;
    }
    rv_state(cpu)->fp_result = fpctl | (s.fpctl & FP_FLAGS);
    return r;
}
