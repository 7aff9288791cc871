/* state.h: x86-64 guest state in CpuState.guest, its slots, and the lazy flags.
 *
 * Flags are kept lazily: `cc_kind` says which operation last set them, cc_a/cc_b/cc_c its operands
 * or result (flags.h gives each kind's meaning). INC and DEC keep CF: they set only the second
 * byte of cc_kind and cc_d, so the base kind still gives CF; what sets only CF or CF and OF
 * (rotations, BT, STC) sets the third byte and cc_e. CC_EFLAGS means cc_a holds the six flag
 * bits at their EFLAGS places. DF and the system bits live in slots of their own.
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_STATE_H
#define DRAGOMAN_FRONTEND_X86_64_STATE_H

#include "ir/state.h"

typedef struct X86State {
    uint64_t gpr[16]; /* hardware order: rax rcx rdx rbx rsp rbp rsi rdi r8.. */
    uint64_t cc_a, cc_b;
    uint64_t cc_c, cc_d, cc_e;
    uint32_t cc_kind;
    uint32_t df; /* 0 or 1 */
    uint64_t fs_base, gs_base;
    uint32_t eflags_sys; /* bits of EFLAGS beyond the arithmetic ones and DF: TF, AC, ID, ... */
    uint16_t seg[6];     /* es cs ss ds fs gs selectors */
    uint64_t arg;        /* argument (an address) of a service that needs one */
    /* x87: memory-only, used by helpers */
    uint16_t fpu_cw, fpu_sw, fpu_tag, fpu_fop; /* sw.TOP included; tag: abridged, bit set = valid */
    uint64_t fpu_ip, fpu_dp;
    uint64_t fpu_aux; /* from one helper of an x87 store to the code between it and the next */
    struct {
        uint64_t m;  /* significand; an MMX register */
        uint16_t se; /* sign and exponent */
        uint16_t pad[3];
    } fpr[8]; /* physical registers R0..R7 */
    _Alignas(64) uint8_t vec[32][64];
} X86State;

_Static_assert(sizeof(X86State) <= STATE_GUEST_SIZE, "guest area too small");

static inline X86State *x86_state(CpuState *s)
{
    return (X86State *)s->guest;
}
static inline const X86State *x86_state_const(const CpuState *s)
{
    return (const X86State *)s->guest;
}

/* Slot numbers; the slot table in slots.c follows this order. */
enum X86Slot {
    X86_SLOT_GPR = 0, /* + register number */
    X86_SLOT_CC_KIND = 16,
    X86_SLOT_CC_A,
    X86_SLOT_CC_B,
    X86_SLOT_CC_C,
    X86_SLOT_CC_D,
    X86_SLOT_DF,
    X86_SLOT_FS_BASE,
    X86_SLOT_GS_BASE,
    X86_SLOT_EFLAGS_SYS, /* memory-only */
    X86_SLOT_FPU_CW,     /* memory-only */
    X86_SLOT_FPU_SW,     /* memory-only */
    X86_SLOT_CC_E,
    X86_SLOT_ARG,                     /* memory-only */
    X86_SLOT_FPU_TAG,                 /* memory-only */
    X86_SLOT_FPU_IP,                  /* memory-only */
    X86_SLOT_FPU_DP,                  /* memory-only */
    X86_SLOT_XMM = 32,                /* + register number, v128 */
    X86_SLOT_FPU_FOP = 48,            /* memory-only */
    X86_SLOT_FPU_AUX,                 /* memory-only */
    X86_SLOT_MM,                      /* + register number: fpr[].m, i64, memory-only */
    X86_SLOT_MM_SE = X86_SLOT_MM + 8, /* + register number: fpr[].se, i16, memory-only */
    X86_SLOT_COUNT = X86_SLOT_MM_SE + 8,
};

/* Mode word bits. */
enum {
    X86_MODE_64 = 0,
    X86_MODE_32 = 1,
    X86_MODE_16 = 2,
    X86_MODE_WIDTH = 3,
    X86_MODE_FPTRAP = 4,  /* MXCSR has an exception unmasked: FP ops carry snapshots */
    X86_MODE_FPEXACT = 8, /* CpuState.fp_watch is FP_WATCHED: Region.fp_exact */
};

/* The six arithmetic flags and DF as EFLAGS bits, from lazy state (and back). */
uint64_t x86_flags_read(const CpuState *s);
void x86_flags_write(CpuState *s, uint64_t eflags);

#endif
