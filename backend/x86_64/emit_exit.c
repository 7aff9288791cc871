/* emit_exit.c: how control leaves a translation: exits, returns, polls, traps, helper calls; what
 * is emitted is described in abi.h. */
#include <stddef.h>

#include "backend/x86_64/abi.h"
#include "backend/x86_64/host.h"
#include "ir/base/bits.h"
#include "ir/base/log.h"

/* ---- direct exits ---- */

static ExitSite *new_exit(Emitter *e, uint64_t pc, unsigned kind)
{
    ExitSite *x = emit_exit_site(e);
    *x = (ExitSite){.pc = pc, .kind = (uint8_t)kind};
    PendingExit *p = VEC_PUSH(e->out->arena, &x86_host(e)->exits);
    p->exit = e->out->exits.count - 1;
    p->label = emit_label_new(e);
    return x;
}

/* A patchable jmp or call, for now to its stub. */
static void chained(Emitter *e, uint64_t pc, unsigned kind, unsigned form)
{
    ExitSite *x = new_exit(e, pc, kind);
    uint32_t label = x86_host(e)->exits.data[x86_host(e)->exits.count - 1].label;
    a_align_field(e, 1);
    emit_u8(e, form == EXIT_FORM_CALL ? 0xe8 : 0xe9);
    x->patch = emit_offset(e);
    x->form = (uint8_t)form;
    emit_u32(e, 0);
    emit_label_ref(e, label, x->patch, FORM_REL32);
    e->host_insns++;
}

static void exit_stub(Emitter *e, ExitSite *x)
{
    x->stub = emit_offset(e);
    a_rm(e, X86_LEA, 8, EXIT_PC, rm_rip());
    x->stub_id = emit_offset(e);
    a_stub(e, "\xe9", 1, STUB_EXIT_DIRECT);
}

static void push_pc(Emitter *e, uint64_t pc, unsigned scratch)
{
    if (bits_fits_signed((int64_t)pc, 32)) {
        emit_u8(e, 0x68);
        emit_u32(e, (uint32_t)pc);
        e->host_insns++;
    } else {
        a_const(e, scratch, pc);
        emit_u8(e, 0x41);
        emit_u8(e, (uint8_t)(0x50 | (scratch & 7)));
        e->host_insns++;
    }
}

/* Where the callee's ret arrives: the pair's pc is dropped, then on to the return pc. */
static void landing(Emitter *e, uint64_t pc)
{
    a_ri(e, X86_ADD_I8, 8, RSP, 8);
    chained(e, pc, IR_EXIT_JUMP, EXIT_FORM_JUMP);
}

static uint64_t return_pc(Emitter *e, IrRef v)
{
    const IrInst *c = ir_inst(e->region, v);
    DG_ASSERT(c->op == IR_const);
    return c->imm;
}

static void exit_direct(Emitter *e, const IrInst *inst)
{
    switch (inst->cc) {
    case IR_EXIT_SERVICE: {
        ExitSite *x = new_exit(e, inst->imm, IR_EXIT_SERVICE);
        x->service = (uint8_t)inst->aux;
        x86_host(e)->exits.count--; /* its stub is here, nothing is patched */
        x->patch = emit_offset(e);
        emit_label_bind(e, e->labels.count - 1);
        exit_stub(e, x);
        break;
    }
    case IR_EXIT_CALL: {
        uint64_t back = return_pc(e, inst->arg[0]);
        push_pc(e, back, EXIT_PC);
        chained(e, inst->imm, IR_EXIT_CALL, EXIT_FORM_CALL);
        landing(e, back);
        break;
    }
    default:
        chained(e, inst->imm, inst->cc, EXIT_FORM_JUMP);
        break;
    }
}

/* ---- indirect exits ---- */

/* The place of a hint that is a constant. */
static uint32_t constant_place(const IrInst *exit, const IrInst *hint)
{
    return exit->aux != 0 ? exit->aux - 1 + (uint32_t)hint->imm : state_hint_index(hint->imm);
}

/* Tells the place before the exit's name takes its register. */
static void name_hint(Emitter *e, const IrInst *exit)
{
    const IrInst *hint = ir_inst(e->region, exit->arg[exit->nargs - 1]);
    X86Rm missed_hint = a_state(offsetof(CpuState, missed_hint));
    if (hint->op == IR_const) {
        a_mi(e, X86_MOV_I, 4, missed_hint, constant_place(exit, hint));
    } else {
        if (exit->aux == 0)
            a_ri(e, X86_SHR_I, 4, EXIT_TEMP, 3);
        else
            a_alu_imm(e, ALU_ADD, 4, rm_reg(EXIT_TEMP), exit->aux - 1);
        a_rm(e, X86_MOV_MR, 4, EXIT_TEMP, missed_hint);
    }
}

/* The miss stub reports which exit it was. */
static void name_exit(Emitter *e, const ColdCode *c)
{
    if (ir_has_hint(c->exit))
        name_hint(e, c->exit);
    a_rm(e, X86_LEA, 8, EXIT_TEMP, rm_rip());
    emit_branch_here(e, c->exit);
}

static void cold_call(Emitter *e, const ColdCode *c)
{
    name_exit(e, c);
    a_stub(e, "\xe8", 1, c->stub);
    a_jmp(e, c->back);
}

static void cold_jump(Emitter *e, const ColdCode *c)
{
    name_exit(e, c);
    a_stub(e, "\xe9", 1, c->stub);
}

static ColdCode *missed(Emitter *e, const IrInst *exit, StubId stub,
                        void (*emit)(Emitter *, const ColdCode *))
{
    ColdCode *c = a_cold(e, emit);
    c->exit = exit;
    c->stub = (uint8_t)stub;
    return c;
}

void x86_jump_table(Emitter *e, X86Insn insn, uint32_t cold)
{
    X86Rm pc = a_state((uint32_t)offsetof(JumpTable, array.pc) - (uint32_t)sizeof(JumpTable));
    X86Rm entry = a_state((uint32_t)offsetof(JumpTable, array.entry) - (uint32_t)sizeof(JumpTable));
    pc.index = entry.index = EXIT_TEMP;
    pc.scale = entry.scale = 3;
    a_rr(e, X86_MOVZX16, 4, EXIT_TEMP, EXIT_PC);
    a_rm(e, X86_CMP_MR, 8, EXIT_PC, pc);
    a_jcc(e, CC_NE, cold);
    a_rm(e, insn, 4, 0, entry);
}

/* What the hint says of the place in the hint table: a constant offset, or EXIT_TEMP, which is the
 * place's offset, or its index among those from a constant place on. */
static X86Rm hint_place(const Emitter *e, const IrInst *inst, size_t column)
{
    const IrInst *hint = ir_inst(e->region, inst->arg[inst->nargs - 1]);
    X86Rm rm = a_state((uint32_t)(offsetof(ThreadState, hints) + column) -
                       (uint32_t)offsetof(ThreadState, cpu));
    if (hint->op == IR_const) {
        rm.disp += (int32_t)(constant_place(inst, hint) * 8);
        return rm;
    }
    rm.index = EXIT_TEMP;
    if (inst->aux != 0) {
        rm.scale = 3;
        rm.disp += (int32_t)((inst->aux - 1) * 8);
    }
    return rm;
}

static void hint_table(Emitter *e, const IrInst *inst, X86Insn insn, uint32_t cold)
{
    if (inst->aux == 0 && ir_inst(e->region, inst->arg[inst->nargs - 1])->op != IR_const)
        a_alu_imm(e, ALU_AND, 4, rm_reg(EXIT_TEMP), (HINT_SIZE - 1) * 8);
    a_rm(e, X86_CMP_MR, 8, EXIT_PC, hint_place(e, inst, offsetof(HintTable, pc)));
    a_jcc(e, CC_NE, cold);
    a_rm(e, insn, 4, 0, hint_place(e, inst, offsetof(HintTable, entry)));
}

bool x86_takes_hint(IrExitKind kind, uint64_t return_pc)
{
    return kind != IR_EXIT_CALL || bits_fits_signed((int64_t)return_pc, 32); /* push_pc: scratch */
}

/* Through the thread's tables; returns the label of the landing of a call. */
static uint32_t through_table(Emitter *e, const IrInst *inst, X86Insn insn)
{
    bool hint = ir_has_hint(inst);
    ColdCode *c = missed(e, inst, hint ? STUB_LOOKUP_HINT : STUB_LOOKUP,
                         insn == X86_CALL_M ? cold_call : cold_jump);
    uint32_t cold = c->label, back = c->back;
    if (hint)
        hint_table(e, inst, insn, cold);
    else
        x86_jump_table(e, insn, cold);
    return back;
}

static void exit_indirect(Emitter *e, const IrInst *inst)
{
    switch (inst->cc) {
    case IR_EXIT_RET:
        a_rm(e, X86_CMP_MR, 8, EXIT_PC, rm_disp(RSP, 8));
        a_jcc(e, CC_NE, missed(e, inst, STUB_SHADOW_RESET, cold_jump)->label);
        emit_u8(e, 0xc3);
        e->host_insns++;
        break;
    case IR_EXIT_CALL: {
        uint64_t back = return_pc(e, inst->arg[1]);
        push_pc(e, back, EXIT_TEMP);
        uint32_t here = through_table(e, inst, X86_CALL_M);
        emit_label_bind(e, here);
        landing(e, back);
        break;
    }
    default:
        through_table(e, inst, X86_JMP_M);
        break;
    }
}

void emit_exit(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)si;
    if (inst->op == IR_exit)
        exit_direct(e, inst);
    else
        exit_indirect(e, inst);
}

/* ---- polls, traps, counters ---- */

void emit_poll(Emitter *e, uint32_t cold_label)
{
    a_alu_imm(e, ALU_CMP, 4, a_state(offsetof(CpuState, poll)), 0);
    a_jcc(e, CC_NE, cold_label);
}

void emit_site_call(Emitter *e)
{
    a_stub(e, "\xe8", 1, STUB_SITE);
}

void emit_count(Emitter *e, uint32_t data_word)
{
    a_emit(e,
           &(Asm){.insn = X86_INC, .width = 8, .rm = rm_rip(), .data = true, .index = data_word});
}

/* ---- helpers ---- */

void emit_call(Emitter *e, const HelperDesc *h, uint32_t number, uint32_t cold_label)
{
    if ((h->flags & HELPER_STATE) != 0)
        a_lea(e, 8, RDI, rm_disp(RBP, -STATE_X86_BIAS));
    a_rm(e, X86_MOV_MR, 8, RSP, a_state(offsetof(CpuState, shadow_sp)));
    a_rm(e, X86_MOV, 8, RSP, a_state(offsetof(CpuState, host_sp)));
    a_rm(e, X86_CALL_M, 4, 0, a_state((uint32_t)(offsetof(CpuState, helper) + 8 * number)));
    a_rm(e, X86_MOV, 8, RSP, a_state(offsetof(CpuState, shadow_sp)));
    if (cold_label != NO_LABEL) {
        a_rr(e, X86_TEST, 8, RAX, RAX);
        a_jcc(e, CC_NE, cold_label);
    }
}

/* ---- the rest of the translation ---- */

void emit_begin(Emitter *e)
{
    X86Host *h = arena_alloc(e->out->arena, sizeof *h);
    h->flags.at = NO_LABEL;
    e->host_data = h;
}

void emit_finish(Emitter *e)
{
    X86Host *h = x86_host(e);
    for (uint32_t k = 0; k < h->cold.count; k++) {
        ColdCode c = h->cold.data[k];
        emit_label_bind(e, c.label);
        c.emit(e, &c);
    }
    for (uint32_t k = 0; k < h->exits.count; k++) {
        emit_label_bind(e, h->exits.data[k].label);
        exit_stub(e, &e->out->exits.data[h->exits.data[k].exit]);
    }
    while (h->pool.count != 0 && emit_offset(e) % 16 != 0)
        emit_u8(e, 0xcc);
    for (uint32_t k = 0; k < h->pool.count; k++) {
        emit_label_bind(e, h->pool.data[k].label);
        emit_bytes(e, h->pool.data[k].bytes.b, 16);
    }
}

void emit_fixup(Emitter *e, uint32_t offset, unsigned form, uint32_t target)
{
    if (form == FORM_REL8) {
        e->out->code[offset] = (uint8_t)(target - (offset + 1));
        return;
    }
    uint32_t rel = target - (offset + 4 + form);
    for (unsigned k = 0; k < 4; k++)
        e->out->code[offset + k] = (uint8_t)(rel >> (8 * k));
}
