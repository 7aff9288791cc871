/* emit_ctl.c: jumps, exits, polls, helper calls, and what stands behind the region; see abi.h.
 *
 * The layout of a translation: code, cold paths, exit stubs, vector constants.
 */
#include <string.h>

#include "backend/aarch64/emitters.h"
#include "ir/base/bits.h"
#include "ir/base/log.h"

/* ---- labels ---- */

void a64_jump(Emitter *e, uint32_t label)
{
    ri(e, A64_B, 0, 0, 0);
    emit_label_ref(e, label, emit_offset(e) - 4, FIELD_B26);
}

void a64_bcond(Emitter *e, A64Cond cc, uint32_t label)
{
    rij(e, A64_BCOND, 0, 0, 0, cc);
    emit_label_ref(e, label, emit_offset(e) - 4, FIELD_B19);
}

void a64_b19(Emitter *e, A64Op op, unsigned reg, uint32_t label)
{
    op_d(e, op, reg);
    emit_label_ref(e, label, emit_offset(e) - 4, FIELD_B19);
}

void a64_fixup(Emitter *e, uint32_t offset, unsigned form, uint32_t target)
{
    a64_patch_field(e->out->code + offset, form, (int64_t)target - (int64_t)offset);
}

void a64_branch_stub(Emitter *e, A64Op op, unsigned stub)
{
    emit_reloc(e, emit_offset(e), RELOC_STUB, FIELD_B26, stub);
    ri(e, op, 0, 0, 0);
}

/* ---- cold paths ---- */

ColdPath *a64_cold_path(Emitter *e, void (*emit)(Emitter *, const ColdPath *))
{
    ColdPath *c = VEC_PUSH(e->out->arena, &a64_emit(e)->cold);
    c->label = emit_label_new(e);
    c->back = emit_label_new(e);
    c->emit = emit;
    c->site = e->site;
    return c;
}

/* ---- exits ---- */

/* One patchable branch; its stub is made by finish. */
static void exit_branch(Emitter *e, A64Op op, uint64_t pc, unsigned kind, unsigned service)
{
    ExitSite *x = emit_exit_site(e);
    *x = (ExitSite){.pc = pc,
                    .patch = emit_offset(e),
                    .kind = (uint8_t)kind,
                    .service = (uint8_t)service,
                    .form = op == A64_BL};
    ri(e, op, 0, 0, 0);
}

/* The pair {return pc, landing pad} on the shadow stack; `landing` is a label, or NO_LABEL for the
 * place behind the next instruction. */
static void push_return(Emitter *e, const SelInst *si, uint64_t return_pc, uint32_t landing)
{
    unsigned pc = si->return_reg;
    if (pc == ANY_REG) {
        pc = R_T1;
        a64_mov_imm(e, pc, return_pc);
    }
    ri(e, A64_ADR, R_LR, 0, 12);
    if (landing != NO_LABEL)
        emit_label_ref(e, landing, emit_offset(e) - 4, FIELD_ADR);
    pair(e, A64_STP_X_PRE, pc, R_LR, SP, -16);
}

static void exit_direct(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (in->cc != IR_EXIT_CALL) {
        exit_branch(e, A64_B, in->imm, in->cc, in->cc == IR_EXIT_SERVICE ? in->aux : 0);
        return;
    }
    uint64_t return_pc = ir_inst(e->region, in->arg[0])->imm;
    push_return(e, si, return_pc, NO_LABEL);
    exit_branch(e, A64_BL, in->imm, IR_EXIT_CALL, 0);
    exit_branch(e, A64_B, return_pc, IR_EXIT_JUMP, 0);
}

static void data_address(Emitter *e, unsigned d, unsigned word)
{
    emit_reloc(e, emit_offset(e), RELOC_DATA, FIELD_ADRP, word);
    op_d(e, A64_ADRP, d);
    emit_reloc(e, emit_offset(e), RELOC_DATA, FIELD_ADD12, word);
    ri(e, A64_ADDI_X, d, d, 0);
}

/* The stub wants the pc in x16. */
static void cold_lookup(Emitter *e, const ColdPath *c)
{
    a64_mov(e, R_EXIT_PC, c->n);
    ri(e, A64_ADR, R_EXIT_SITE, 0, 4);
    emit_branch_here(e, c->exit); /* where no site call returns to */
    a64_branch_stub(e, A64_B, c->d);
}

static uint32_t lookup_label(Emitter *e, const IrInst *exit, unsigned pc, StubId stub)
{
    ColdPath *c = a64_cold_path(e, cold_lookup);
    c->n = (uint8_t)pc;
    c->d = (uint8_t)stub;
    c->exit = exit;
    return c->label;
}

void a64_jump_table(Emitter *e, A64Op branch, unsigned pc, uint32_t miss)
{
    rrr_extend(e, A64_SUBEXT_X, R_T1, R_STATE, pc, EXT_UXTH, 4);
    pair(e, A64_LDP_X, R_T1, R_LR, R_T1, -16);
    rrr(e, A64_SUBS_X, XZR, R_T1, pc);
    a64_bcond(e, CC_NE, miss);
    op_n(e, branch, R_LR);
}

static void exit_return(Emitter *e, const SelInst *si, const IrInst *in)
{
    pair(e, A64_LDP_X_POST, R_T1, R_LR, SP, 16);
    rrr(e, A64_SUBS_X, XZR, R_T1, si->pc_reg);
    a64_bcond(e, CC_NE, lookup_label(e, in, si->pc_reg, STUB_SHADOW_RESET));
    op_n(e, A64_RET, R_LR);
}

/* BLR pairs with the RET of the return. */
static void exit_indirect_call(Emitter *e, const SelInst *si, const IrInst *in)
{
    uint32_t landing = emit_label_new(e);
    uint64_t return_pc = ir_inst(e->region, in->arg[1])->imm;
    push_return(e, si, return_pc, landing);
    a64_jump_table(e, A64_BLR, si->pc_reg, lookup_label(e, in, si->pc_reg, STUB_LOOKUP));
    emit_label_bind(e, landing);
    exit_branch(e, A64_B, return_pc, IR_EXIT_JUMP, 0);
}

void a64_exit(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (in->op == IR_exit)
        exit_direct(e, si, in);
    else if (in->cc == IR_EXIT_RET)
        exit_return(e, si, in);
    else if (in->cc == IR_EXIT_CALL)
        exit_indirect_call(e, si, in);
    else
        a64_jump_table(e, A64_BR, si->pc_reg, lookup_label(e, in, si->pc_reg, STUB_LOOKUP));
}

/* ---- polls, sites, helpers, counters ---- */

void a64_poll(Emitter *e, uint32_t cold)
{
    ri(e, A64_LDR_W, R_T0, R_STATE, offsetof(CpuState, poll));
    a64_b19(e, A64_CBNZ_W, R_T0, cold);
}

void a64_site_call(Emitter *e)
{
    a64_branch_stub(e, A64_BL, STUB_SITE);
}

void a64_call(Emitter *e, const HelperDesc *h, uint32_t number, uint32_t cold)
{
    if ((h->flags & HELPER_STATE) != 0)
        a64_mov(e, 0, R_STATE);
    ri(e, A64_LDR_X, R_T0, R_STATE, (int64_t)(offsetof(CpuState, helper) + 8 * number));
    a64_branch_stub(e, A64_BL, STUB_A64_CALL);
    if (cold != NO_LABEL)
        a64_b19(e, A64_CBNZ_X, 0, cold);
}

/* Not counted among the instructions it counts. */
void a64_count(Emitter *e, uint32_t word)
{
    uint32_t counted = e->host_insns;
    data_address(e, R_T1, word);
    ri(e, A64_LDR_X, R_T0, R_T1, 0);
    ri(e, A64_ADDI_X, R_T0, R_T0, 1);
    ri(e, A64_STR_X, R_T0, R_T1, 0);
    e->host_insns = counted;
}

/* ---- begin and finish ---- */

void a64_begin(Emitter *e)
{
    e->host_data = arena_alloc(e->out->arena, sizeof(A64Emit));
}

static void a64_cold_paths(Emitter *e)
{
    for (uint32_t k = 0; k < a64_emit(e)->cold.count; k++) {
        ColdPath c = a64_emit(e)->cold.data[k];
        e->site = c.site;
        emit_label_bind(e, c.label);
        c.emit(e, &c);
        if (e->labels.data[c.back] != NO_LABEL)
            a64_jump(e, c.back);
    }
}

static void a64_exit_stubs(Emitter *e)
{
    for (uint32_t k = 0; k < e->out->exits.count; k++) {
        ExitSite *x = &e->out->exits.data[k];
        x->stub = x->stub_id = emit_offset(e);
        a64_patch_field(e->out->code + x->patch, FIELD_B26, (int64_t)x->stub - x->patch);
        ri(e, A64_ADR, R_T0, 0, 0);
        a64_branch_stub(e, A64_B, STUB_EXIT_DIRECT);
    }
}

static void a64_pool(Emitter *e)
{
    A64Emit *x = a64_emit(e);
    while (x->pool.count != 0 && (emit_offset(e) & 15) != 0)
        op0(e, A64_NOP);
    for (uint32_t k = 0; k < x->pool.count; k++) {
        emit_label_bind(e, x->pool.data[k].label);
        emit_bytes(e, x->pool.data[k].value.b, 16);
    }
}

void a64_finish(Emitter *e)
{
    a64_cold_paths(e);
    a64_exit_stubs(e);
    a64_pool(e);
}
