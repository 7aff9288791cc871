/* slots.c: the slot table of the x86-64 guest, in the order of enum X86Slot (state.h).
 *
 * Invariant: memory_only slots are touched by helpers and services in memory; all others may live
 * in host registers from one end of a translation to the other.
 */
#include <stddef.h>

#include "frontend/x86_64/lift.h"

#define OFFSET(field) (STATE_GUEST_OFFSET + offsetof(X86State, field))
#define SLOT(name, field, type)                                                                    \
    {                                                                                              \
        name, OFFSET(field), type, 0                                                               \
    }
#define MEMORY(name, field, t)                                                                     \
    {                                                                                              \
        name, OFFSET(field), t, 1                                                                  \
    }

static const SlotDesc slots[X86_SLOT_COUNT] = {
    [RAX] = SLOT("rax", gpr[0], IR_I64),
    [RCX] = SLOT("rcx", gpr[1], IR_I64),
    [RDX] = SLOT("rdx", gpr[2], IR_I64),
    [RBX] = SLOT("rbx", gpr[3], IR_I64),
    [RSP] = SLOT("rsp", gpr[4], IR_I64),
    [RBP] = SLOT("rbp", gpr[5], IR_I64),
    [RSI] = SLOT("rsi", gpr[6], IR_I64),
    [RDI] = SLOT("rdi", gpr[7], IR_I64),
    [R8] = SLOT("r8", gpr[8], IR_I64),
    [R9] = SLOT("r9", gpr[9], IR_I64),
    [R10] = SLOT("r10", gpr[10], IR_I64),
    [R11] = SLOT("r11", gpr[11], IR_I64),
    [R12] = SLOT("r12", gpr[12], IR_I64),
    [R13] = SLOT("r13", gpr[13], IR_I64),
    [R14] = SLOT("r14", gpr[14], IR_I64),
    [R15] = SLOT("r15", gpr[15], IR_I64),
    [X86_SLOT_CC_KIND] = SLOT("cc_kind", cc_kind, IR_I32),
    [X86_SLOT_CC_A] = SLOT("cc_a", cc_a, IR_I64),
    [X86_SLOT_CC_B] = SLOT("cc_b", cc_b, IR_I64),
    [X86_SLOT_CC_C] = SLOT("cc_c", cc_c, IR_I64),
    [X86_SLOT_CC_D] = SLOT("cc_d", cc_d, IR_I64),
    [X86_SLOT_CC_E] = SLOT("cc_e", cc_e, IR_I64),
    [X86_SLOT_DF] = SLOT("df", df, IR_I32),
    [X86_SLOT_FS_BASE] = SLOT("fs_base", fs_base, IR_I64),
    [X86_SLOT_GS_BASE] = SLOT("gs_base", gs_base, IR_I64),
    [X86_SLOT_EFLAGS_SYS] = MEMORY("eflags_sys", eflags_sys, IR_I32),
    [X86_SLOT_FPU_CW] = MEMORY("fpu_cw", fpu_cw, IR_I16),
    [X86_SLOT_FPU_SW] = MEMORY("fpu_sw", fpu_sw, IR_I16),
    [X86_SLOT_ARG] = MEMORY("arg", arg, IR_I64),
    [X86_SLOT_FPU_TAG] = MEMORY("fpu_tag", fpu_tag, IR_I16),
    [X86_SLOT_FPU_IP] = MEMORY("fpu_ip", fpu_ip, IR_I64),
    [X86_SLOT_FPU_DP] = MEMORY("fpu_dp", fpu_dp, IR_I64),
#define XMM(n) [X86_SLOT_XMM + n] = SLOT("xmm" #n, vec[n], IR_V128)
    XMM(0),
    XMM(1),
    XMM(2),
    XMM(3),
    XMM(4),
    XMM(5),
    XMM(6),
    XMM(7),
    XMM(8),
    XMM(9),
    XMM(10),
    XMM(11),
    XMM(12),
    XMM(13),
    XMM(14),
    XMM(15),
#undef XMM
    [X86_SLOT_FPU_FOP] = MEMORY("fpu_fop", fpu_fop, IR_I16),
    [X86_SLOT_FPU_AUX] = MEMORY("fpu_aux", fpu_aux, IR_I64),
#define MM(n)                                                                                      \
    [X86_SLOT_MM + n] = MEMORY("mm" #n, fpr[n].m, IR_I64),                                         \
                   [X86_SLOT_MM_SE + n] = MEMORY("mm" #n "_se", fpr[n].se, IR_I16)
    MM(0),
    MM(1),
    MM(2),
    MM(3),
    MM(4),
    MM(5),
    MM(6),
    MM(7),
#undef MM
};

_Static_assert(X86_SLOT_COUNT <= 256, "dead_slots_at has four words");
/* x86-64 hosts address the state at rbp = state + 128: what is hot has one-byte displacements. */
_Static_assert(OFFSET(gs_base) < 256, "hot slots moved out of reach");

const SlotTable x86_slots = {.slots = slots, .count = X86_SLOT_COUNT, .guest = "x86_64"};
