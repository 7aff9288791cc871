/* lift_flow.c: branches, calls, returns, exceptions (Arm ARM, C4.1.93). */
#include "frontend/aarch64/lift.h"

static uint64_t target(const A64Lift *l, const A64Insn *in)
{
    return l->pc + (uint64_t)(int64_t)in->off;
}

static uint64_t next(const A64Lift *l, const A64Insn *in)
{
    return l->pc + in->length;
}

void a64_trans_b(A64Lift *l, const A64Insn *in)
{
    ir_jump(&l->b, region_block_for(l->former, target(l, in)));
    l->ended = true;
}

static void branch_if(A64Lift *l, const A64Insn *in, IrRef cond, bool negated)
{
    uint32_t taken = region_block_for(l->former, target(l, in));
    uint32_t not_taken = region_block_for(l->former, next(l, in));
    ir_br(&l->b, cond, negated ? not_taken : taken, negated ? taken : not_taken);
    l->ended = true;
}

void a64_trans_b_cond(A64Lift *l, const A64Insn *in)
{
    bool negated;
    IrRef cond = a64_flags_cond_or_not(l, (unsigned)in->cond, &negated);
    branch_if(l, in, cond, negated);
}

void a64_trans_cbz(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_r(l, in->wide, (unsigned)in->rt);
    IrRef zero = ir_const(&l->b, in->wide ? IR_I64 : IR_I32, 0);
    branch_if(l, in, ir_cmp(&l->b, (IrOp)in->op, v, zero), false);
}

void a64_trans_tbz(A64Lift *l, const A64Insn *in)
{
    IrRef v = ir_bini(&l->b, IR_and, a64_x(l, (unsigned)in->rt), (uint64_t)1 << in->bit);
    branch_if(l, in, ir_cmp(&l->b, (IrOp)in->op, v, a64_const(l, 0)), false);
}

void a64_trans_bl(A64Lift *l, const A64Insn *in)
{
    a64_set_x(l, A64_LR, a64_const(l, next(l, in)));
    ir_exit(&l->b, target(l, in), IR_EXIT_CALL, next(l, in));
    l->ended = true;
}

static void jump_to(A64Lift *l, const A64Insn *in, IrExitKind kind)
{
    IrRef to = a64_x(l, (unsigned)in->rn);
    if (kind == IR_EXIT_CALL)
        a64_set_x(l, A64_LR, a64_const(l, next(l, in)));
    if (ir_is_const(l->b.region, to))
        ir_exit(&l->b, ir_inst(l->b.region, to)->imm, kind == IR_EXIT_RET ? IR_EXIT_JUMP : kind,
                next(l, in));
    else
        ir_exit_indirect(&l->b, to, kind, next(l, in));
    l->ended = true;
}

void a64_trans_br(A64Lift *l, const A64Insn *in)
{
    jump_to(l, in, IR_EXIT_JUMP);
}

void a64_trans_blr(A64Lift *l, const A64Insn *in)
{
    jump_to(l, in, IR_EXIT_CALL);
}

void a64_trans_ret(A64Lift *l, const A64Insn *in)
{
    jump_to(l, in, IR_EXIT_RET);
}

void a64_trans_svc(A64Lift *l, const A64Insn *in)
{
    ir_exit_service(&l->b, next(l, in), IR_SERVICE_SYSCALL);
    l->ended = true;
}

/* The program counter stays at the instruction. */
void a64_trans_brk(A64Lift *l, const A64Insn *in)
{
    (void)in;
    a64_trap(l, TRAP_BREAKPOINT, 0);
}

void a64_trans_udf(A64Lift *l, const A64Insn *in)
{
    (void)in;
    a64_trap(l, TRAP_ILLEGAL, 0);
}
