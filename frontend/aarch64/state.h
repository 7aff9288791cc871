/* state.h: AArch64 guest state in CpuState.guest and its slots.
 *
 * The stack pointer is x[31]; what reads the zero register never gets to a slot. NZCV are lazy
 * (flags.h). Of FPCR and FPSR what the host's FP environment has lives in CpuState.fpctl, in the
 * layout of MXCSR: rounding, FZ as FTZ and DAZ, and the flags IXC UFC OFC DZC IOC as PE UE OE ZE
 * IE. The rest is here: `fpcr` is what the guest wrote, IDC and QC are kept in slots of their own.
 *
 * A load-exclusive keeps its address and what it loaded; an odd address is none.
 */
#ifndef DRAGOMAN_FRONTEND_AARCH64_STATE_H
#define DRAGOMAN_FRONTEND_AARCH64_STATE_H

#include "ir/state.h"

typedef struct A64State {
    /* First, as exits write them: in reach of short displacements on x86-64 hosts. */
    uint64_t cc_a, cc_b, cc_c;
    uint64_t cc_fa, cc_fb; /* low lanes of v registers */
    uint32_t cc_kind;
    uint32_t fpcr;
    uint64_t x[32]; /* x[31]: the stack pointer */
    uint64_t tpidr; /* TPIDR_EL0 */
    uint64_t reserved_at;
    uint64_t reserved[2]; /* what was loaded; the second word of a pair */
    uint32_t dit;         /* PSTATE.DIT at bit 24, which changes nothing */
    uint32_t idc;         /* FPSR.IDC */
    uint32_t fp_result;   /* of a helper, to the code behind it: fpctl with the flags added */
    _Alignas(16) uint64_t qc[2];    /* FPSR.QC is set if any bit is */
    uint64_t soft[3][2];            /* operands and result of a helper (fp.h) */
    _Alignas(64) uint8_t v[32][64]; /* the low 16 bytes are used */
} A64State;

_Static_assert(sizeof(A64State) <= STATE_GUEST_SIZE, "guest area too small");

static inline A64State *a64_state(CpuState *s)
{
    return (A64State *)s->guest;
}
static inline const A64State *a64_state_const(const CpuState *s)
{
    return (const A64State *)s->guest;
}

enum { A64_LR = 30, A64_SP = 31, A64_ZR = 31, A64_NO_RESERVATION = 1 };

/* Slot numbers; the slot table in slots.c follows this order. */
enum A64Slot {
    A64_SLOT_X = 0, /* + register number; 31: sp */
    A64_SLOT_V = 32,
    A64_SLOT_CC_KIND = 64,
    A64_SLOT_CC_A,
    A64_SLOT_CC_B,
    A64_SLOT_CC_C,
    A64_SLOT_CC_FA,
    A64_SLOT_CC_FB,
    A64_SLOT_TPIDR,
    A64_SLOT_RESERVED_AT,
    A64_SLOT_RESERVED,
    A64_SLOT_RESERVED_HIGH,
    A64_SLOT_QC,        /* v128 */
    A64_SLOT_DIT,       /* memory-only */
    A64_SLOT_IDC,       /* memory-only */
    A64_SLOT_FPCR,      /* memory-only */
    A64_SLOT_FP_RESULT, /* memory-only */
    A64_SLOT_SOFT,      /* and two more: v128, memory-only */
    A64_SLOT_SOFT_LAST = A64_SLOT_SOFT + 2,
    A64_SLOT_COUNT
};

/* Mode word bits: what FPCR asks of floating point that fpctl does not tell. */
enum {
    A64_MODE_DN = 1,      /* NaN results are the default NaN */
    A64_MODE_FZ = 2,      /* denormal operands and results are zero, as AArch64 does it */
    A64_MODE_FPEXACT = 4, /* CpuState.fp_watch is FP_WATCHED: Region.fp_exact */
    A64_MODE_AHP = 8,     /* the alternative half-precision format */
};

/* FPCTL_ROUNDING for RN RP RM RZ of FPCR.RMode, two bits each. */
enum { A64_FPCTL_ROUNDINGS = 0 | 2 << 2 | 1 << 4 | 3 << 6, A64_RMODE_AT = 22 };

enum { A64_FPSR_QC = 1 << 27, A64_FPSR_IDC = 1 << 7 };

/* FPCR and FPSR as the guest reads them, and what writing them does (fpenv.c). */
uint32_t a64_fpcr(const CpuState *s);
uint32_t a64_fpsr(const CpuState *s);
void a64_set_fpcr(CpuState *s, uint32_t v);
void a64_set_fpsr(CpuState *s, uint32_t v);

/* NZCV at bits 31 to 28, out of the lazy slots, and back (flags.c). */
uint32_t a64_nzcv(const CpuState *s);
void a64_set_nzcv(CpuState *s, uint32_t v);

#endif
