/* helpers.h: the C functions behind helpers.def, and their numbers. */
#ifndef DRAGOMAN_FRONTEND_RISCV64_HELPERS_H
#define DRAGOMAN_FRONTEND_RISCV64_HELPERS_H

#include <stdint.h>

#include "frontend/exclusive.h"

enum RvHelper {
#define HELPER(name, ...)        RV_HELPER_##name,
#define SHARED_HELPER(name, ...) RV_HELPER_##name,
#include "frontend/riscv64/helpers.def"
#undef HELPER
#undef SHARED_HELPER
    RV_HELPERS
};

uint64_t rv_helper_cycles(void);
uint64_t rv_helper_time(void);

/* Operations of rv_helper_fp. Rounding in fpctl, but for RV_FP_AWAY. */
typedef enum RvFpOp {
    RV_FP_ADD,
    RV_FP_SUB,
    RV_FP_MUL,
    RV_FP_DIV,
    RV_FP_SQRT,
    RV_FP_FMA,
    RV_FP_NARROW,   /* f64 to f32 */
    RV_FP_FROM_INT, /* + RvIntType */
} RvFpOp;
enum {
    RV_FP_OP = 31,
    RV_FP_WIDE = 32, /* f64 */
    RV_FP_AWAY = 64, /* to nearest, ties away from zero */
};
uint64_t rv_helper_fp(CpuState *cpu, uint32_t what, uint64_t a, uint64_t b, uint64_t c,
                      uint32_t fpctl);

enum {
    RV_HALF_OP = 31,   /* an RvHalfOp */
    RV_HALF_RM_AT = 8, /* an RvRounding, not RV_DYN */
};
uint64_t rv_helper_half(CpuState *cpu, uint32_t what, uint64_t a, uint64_t b, uint64_t c,
                        uint32_t fpctl);

uint32_t rv_helper_sm4_sbox(uint32_t byte);

#endif
