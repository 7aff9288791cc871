/* state.h: RISC-V 64 guest state in CpuState.guest and its slots.
 *
 * fflags live in CpuState.fpctl, in the places that MXCSR gives them, and so does the rounding
 * mode, as far as it can be told there: `frm` here is what the guest wrote.
 *
 * A reservation of LR is its address and the value that was loaded (lift_atomic.c); an odd address
 * is none.
 */
#ifndef DRAGOMAN_FRONTEND_RISCV64_STATE_H
#define DRAGOMAN_FRONTEND_RISCV64_STATE_H

#include "ir/state.h"

typedef struct RvState {
    uint64_t x[32]; /* x[0] stays 0 */
    uint64_t reserved_at, reserved_value;
    uint32_t frm;
    uint32_t fp_result; /* of a helper, to the code behind it: fpctl with the flags added */
    _Alignas(64) uint64_t f[32]; /* f32 values are NaN-boxed */
} RvState;

_Static_assert(sizeof(RvState) <= STATE_GUEST_SIZE, "guest area too small");

static inline RvState *rv_state(CpuState *s)
{
    return (RvState *)s->guest;
}
static inline const RvState *rv_state_const(const CpuState *s)
{
    return (const RvState *)s->guest;
}

enum { RV_ZERO, RV_RA, RV_SP, RV_GP, RV_TP, RV_T0, RV_A0 = 10, RV_A7 = 17, RV_NO_RESERVATION = 1 };

/* Slot numbers; the slot table in slots.c follows this order. */
enum RvSlot {
    RV_SLOT_X = 0,  /* + register number; 0 is never used */
    RV_SLOT_F = 32, /* + register number, f64 */
    RV_SLOT_RESERVED_AT = 64,
    RV_SLOT_RESERVED_VALUE,
    RV_SLOT_FRM,       /* memory-only */
    RV_SLOT_FP_RESULT, /* memory-only */
    RV_SLOT_COUNT
};

/* Mode word bits: what frm asks of instructions with the dynamic rounding mode that fpctl does not
 * tell. */
enum {
    RV_MODE_AWAY = 1,     /* RMM: to nearest, ties away from zero */
    RV_MODE_RESERVED = 2, /* those instructions are illegal */
};

/* Rounding modes, as frm and instructions have them (chapter 20.2). */
typedef enum RvRounding {
    RV_RNE,
    RV_RTZ,
    RV_RDN,
    RV_RUP,
    RV_RMM,
    RV_DYN = 7,
    RV_CURRENT, /* no such mode: the one that fpctl tells */
} RvRounding;

/* FPCTL_ROUNDING for each, two bits a mode. RMM, and what there is not, is nearest: the mode word
 * tells the rest. */
enum { RV_FPCTL_ROUNDINGS = 3 << 2 * RV_RTZ | 1 << 2 * RV_RDN | 2 << 2 * RV_RUP };
static inline uint32_t rv_fpctl_rounding(unsigned mode)
{
    return RV_FPCTL_ROUNDINGS >> 2 * mode & 3;
}

/* fcsr from CpuState.fpctl and frm, and back (guest.c). */
uint32_t rv_fcsr(const CpuState *s);
void rv_set_fcsr(CpuState *s, uint32_t fcsr);

enum { RV_TIME_HZ = 1000000000 }; /* of the time counter */

#endif
