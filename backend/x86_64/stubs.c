/* stubs.c: the code at the start of the arena that translations and C reach each other through; the
 * protocol is in abi.h.
 *
 * Between leaving a translation and C, pinned slots go to CpuState; between C and a translation
 * they come back. STUB_SITE alone leaves them raw in CpuState.area for C to sort out.
 */
#include <stddef.h>
#include <string.h>

#include "backend/x86_64/abi.h"
#include "backend/x86_64/backend.h"
#include "backend/x86_64/emitters.h"
#include "backend/x86_64/host.h"
#include "ir/base/log.h"

static const uint8_t callee_saved[] = {RBX, RBP, R12, R13, R14, R15};
enum { NSAVED = sizeof callee_saved };

static X86Rm field(size_t offset)
{
    return a_state((uint32_t)offset);
}

static void store_reason(Emitter *e, ExitReason reason)
{
    a_mi(e, X86_MOV_I, 4, field(offsetof(CpuState, exit_reason)), reason);
}

static void pinned(Emitter *e, const SlotTable *slots, const Convention *conv, MoveKind kind)
{
    for (uint32_t k = 0; k < slots->count; k++) {
        const SlotDesc *sd = &slots->slots[k];
        if (conv->home[k] < 0)
            continue;
        emit_move(e, &(HostMove){.kind = (uint8_t)kind,
                                 .cls = class_of_type(sd->type),
                                 .type = sd->type,
                                 .dst = (uint8_t)conv->home[k],
                                 .src = (uint8_t)conv->home[k],
                                 .scratch = ANY_REG,
                                 .offset = sd->offset});
    }
}

static void push_pop(Emitter *e, unsigned opcode, unsigned reg)
{
    if (reg >= 8)
        emit_u8(e, 0x41);
    emit_u8(e, (uint8_t)(opcode | (reg & 7)));
}

/* Back to the C code that called STUB_ENTER. */
static void leave(Emitter *e, bool save_fp)
{
    if (save_fp)
        a_rm(e, X86_STMXCSR, 0, 0, field(offsetof(CpuState, fpctl)));
    a_rm(e, X86_LDMXCSR, 0, 0, field(offsetof(CpuState, host_fpctl)));
    a_rm(e, X86_MOV_MR, 8, RSP, field(offsetof(CpuState, shadow_sp)));
    a_rm(e, X86_MOV, 8, RSP, field(offsetof(CpuState, host_sp)));
    a_ri(e, X86_ADD_I8, 8, RSP, 8);
    for (unsigned k = NSAVED; k-- > 0;)
        push_pop(e, 0x58, callee_saved[k]);
    emit_u8(e, 0xc3);
}

/* void enter(CpuState *rdi, uint64_t entry rsi) */
static void stub_enter(Emitter *e, const SlotTable *slots, const Convention *conv)
{
    for (unsigned k = 0; k < NSAVED; k++)
        push_pop(e, 0x50, callee_saved[k]);
    a_ri(e, X86_SUB_I8, 8, RSP, 8); /* 16-aligned for helpers */
    a_lea(e, 8, RBP, rm_disp(RDI, STATE_X86_BIAS));
    a_mov(e, 8, R15, RSI);
    a_rm(e, X86_MOV_MR, 8, RSP, field(offsetof(CpuState, host_sp)));
    a_rm(e, X86_STMXCSR, 0, 0, field(offsetof(CpuState, host_fpctl)));
    a_rm(e, X86_LDMXCSR, 0, 0, field(offsetof(CpuState, fpctl)));
    emit_bytes(e, "\xc5\xf8\x77", 3); /* vzeroupper */
    pinned(e, slots, conv, MOVE_LOAD);
    a_rm(e, X86_MOV, 8, RSP, field(offsetof(CpuState, shadow_sp)));
    a_rm(e, X86_MOV, 8, R14, field(offsetof(CpuState, shadow_top)));
    a_rr(e, X86_TEST, 8, RSP, RSP);
    a_emit(e, &(Asm){.insn = X86_CMOV,
                     .width = 8,
                     .reg = RSP,
                     .rm = rm_reg(R14),
                     .extra = CC_E}); /* shadow_sp not set yet */
    a_r(e, X86_JMP_M, 4, R15);
}

static void stub_exit_direct(Emitter *e, const SlotTable *slots, const Convention *conv)
{
    a_rm(e, X86_MOV_MR, 8, EXIT_PC, field(offsetof(CpuState, exit_site)));
    store_reason(e, EXIT_DIRECT);
    pinned(e, slots, conv, MOVE_STORE);
    leave(e, true);
}

static void stub_lookup_miss(Emitter *e, const SlotTable *slots, const Convention *conv)
{
    a_rm(e, X86_MOV_MR, 8, EXIT_PC, field(offsetof(CpuState, pc)));
    store_reason(e, EXIT_INDIRECT);
    pinned(e, slots, conv, MOVE_STORE);
    leave(e, true);
}

/* The table's header for the pc in r14 to r15; to its entry if the pc is right. */
static void table_lookup(Emitter *e)
{
    a_mov(e, 8, EXIT_TEMP, EXIT_PC);
    a_ri(e, X86_SHR_I, 8, EXIT_TEMP, 16);
    a_rr(e, X86_XOR, 4, EXIT_TEMP, EXIT_PC);
    a_lea(e, 4, EXIT_TEMP, rm_mem(X86_NO_REG, EXIT_TEMP, 3, 0));
    a_alu_imm(e, ALU_AND, 4, rm_reg(EXIT_TEMP), (LOOKUP_SIZE - 1) * 8);
    a_rm(e, X86_ADD, 8, EXIT_TEMP, field(offsetof(CpuState, lookup)));
    a_rm(e, X86_MOV, 8, EXIT_TEMP, rm_disp(EXIT_TEMP, 0));
    a_rm(e, X86_CMP_MR, 8, EXIT_PC, rm_disp(EXIT_TEMP, offsetof(EntryHeader, pc)));
    a_stub(e, "\x0f\x85", 2, STUB_LOOKUP_MISS);
    a_rm(e, X86_JMP_M, 4, 0, rm_disp(EXIT_TEMP, offsetof(EntryHeader, entry)));
}

static void stub_lookup(Emitter *e)
{
    a_rm(e, X86_MOV_MR, 8, EXIT_TEMP, field(offsetof(CpuState, exit_site)));
    table_lookup(e);
}

/* Every so often the miss is reported, so that C fills the place in the hint table; else by pc. */
static void stub_lookup_hint(Emitter *e)
{
    uint32_t miss = emit_label_new(e);
    a_rm(e, X86_MOV_MR, 8, EXIT_TEMP, field(offsetof(CpuState, exit_site)));
    a_mi(e, X86_SUB_I8, 4, field(offsetof(CpuState, hint_credit)), 1);
    a_stub(e, "\x0f\x88", 2, STUB_LOOKUP_MISS);
    a_mi(e, X86_MOV_I, 4, field(offsetof(CpuState, missed_hint)), HINT_NONE);
    x86_jump_table(e, X86_JMP_M, miss);
    emit_label_bind(e, miss);
    table_lookup(e);
}

static void stub_shadow_reset(Emitter *e)
{
    uint32_t miss = emit_label_new(e);
    a_rm(e, X86_MOV_MR, 8, EXIT_TEMP, field(offsetof(CpuState, exit_site)));
    a_rm(e, X86_MOV, 8, RSP, field(offsetof(CpuState, shadow_top)));
    x86_jump_table(e, X86_JMP_M, miss);
    emit_label_bind(e, miss);
    table_lookup(e);
}

static void stub_site(Emitter *e)
{
    size_t area = offsetof(CpuState, area);
    for (unsigned r = 0; r < 16; r++) {
        if (r != RSP)
            a_rm(e, X86_MOV_MR, 8, r, field(area + offsetof(RawRegs, gpr) + 8 * r));
    }
    push_pop(e, 0x58, RAX);
    a_rm(e, X86_MOV_MR, 8, RAX, field(offsetof(CpuState, exit_site)));
    a_rm(e, X86_MOV_MR, 8, RSP, field(area + offsetof(RawRegs, gpr) + 8 * RSP));
    for (unsigned r = 0; r < 16; r++)
        a_rm(e, X86_VMOVUPS_MR, 0, r, field(area + offsetof(RawRegs, vec) + 64 * r));
    store_reason(e, EXIT_SITE);
    leave(e, true);
}

/* exact.c. The shadow stack holds the return address only; registers that C may change wait in the
 * rest of CpuState.area. */
static void exact_registers(Emitter *e, bool load)
{
    static const uint8_t gprs[] = {RAX, RCX, RDX, RSI, RDI, R8, R9, R10, R11};
    size_t area = offsetof(CpuState, area);
    for (unsigned k = 0; k < sizeof gprs; k++)
        a_rm(e, load ? X86_MOV : X86_MOV_MR, 8, gprs[k],
             field(area + offsetof(RawRegs, gpr) + 8 * (16 + k)));
    for (unsigned r = 0; r < 16; r++)
        a_rm(e, load ? X86_VMOVUPS : X86_VMOVUPS_MR, 0, r,
             field(area + offsetof(RawRegs, vec) + 64 * (16 + r)));
}

static void stub_exact(Emitter *e)
{
    exact_registers(e, false);
    a_rm(e, X86_STMXCSR, 0, 0, field(offsetof(CpuState, fpctl)));
    a_rm(e, X86_MOV_MR, 8, RSP, field(offsetof(CpuState, shadow_sp)));
    a_rm(e, X86_MOV, 8, RSP, field(offsetof(CpuState, host_sp)));
    a_lea(e, 8, RDI, rm_disp(RBP, -STATE_X86_BIAS));
    a_rm(e, X86_MOV, 4, RSI, field(offsetof(CpuState, area) + offsetof(RawRegs, gpr)));
    a_const(e, RAX, x86_exact_function());
    a_r(e, X86_CALL_M, 4, RAX);
    a_rm(e, X86_MOV, 8, RSP, field(offsetof(CpuState, shadow_sp)));
    a_rm(e, X86_LDMXCSR, 0, 0, field(offsetof(CpuState, fpctl)));
    exact_registers(e, true);
    emit_u8(e, 0xc3);
}

static void emit_one(Emitter *e, StubId id, const SlotTable *slots, const Convention *conv)
{
    switch (id) {
    case STUB_ENTER:
        stub_enter(e, slots, conv);
        break;
    case STUB_EXIT_DIRECT:
        stub_exit_direct(e, slots, conv);
        break;
    case STUB_LOOKUP_MISS:
        stub_lookup_miss(e, slots, conv);
        break;
    case STUB_LOOKUP:
        stub_lookup(e);
        break;
    case STUB_SHADOW_RESET:
        stub_shadow_reset(e);
        break;
    case STUB_SITE:
        stub_site(e);
        break;
    case STUB_LEAVE_FAULT:
        leave(e, false);
        break;
    case STUB_HOST_FIRST: /* STUB_X86_EXACT */
        stub_exact(e);
        break;
    case STUB_LOOKUP_HINT:
        stub_lookup_hint(e);
        break;
    default:
        break;
    }
}

uint32_t x86_emit_stubs(const BackendConfig *cfg, const SlotTable *slots, uint8_t *buf,
                        uint32_t cap, uint32_t offsets[STUB_COUNT])
{
    Arena arena = {0};
    CompiledCode out = {.arena = &arena};
    Emitter e = {.out = &out, .cfg = cfg, .host = &x86_host_desc};
    emit_begin(&e);
    for (unsigned id = 0; id < STUB_COUNT; id++) {
        while (emit_offset(&e) % 16 != 0)
            emit_u8(&e, 0xcc);
        offsets[id] = emit_offset(&e);
        emit_one(&e, id, slots, cfg->convention);
    }
    for (uint32_t k = 0; k < e.refs.count; k++)
        emit_fixup(&e, e.refs.data[k].offset, e.refs.data[k].form,
                   e.labels.data[e.refs.data[k].label]);
    DG_ASSERT(out.size <= cap);
    memcpy(buf, out.code, out.size);
    for (uint32_t k = 0; k < out.relocs.count; k++) {
        const Reloc *r = &out.relocs.data[k];
        DG_ASSERT(r->kind == RELOC_STUB);
        backend_x86_64.relocate(buf, 0, r, offsets[r->index]);
    }
    uint32_t size = out.size;
    arena_free(&arena);
    return size;
}
