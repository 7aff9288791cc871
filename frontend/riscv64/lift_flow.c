/* lift_flow.c: branches, jumps, calls, system calls, fences. */
#include "frontend/riscv64/lift.h"

static void branch(RvLift *l, const RvInsn *in, bool negated)
{
    IrRef cond =
        ir_cmp(&l->b, (IrOp)in->op, rv_x(l, (unsigned)in->rs1), rv_x(l, (unsigned)in->rs2));
    uint32_t taken = region_block_for(l->former, l->pc + (uint64_t)(int64_t)in->off);
    uint32_t next = region_block_for(l->former, l->pc + in->length);
    ir_br(&l->b, cond, negated ? next : taken, negated ? taken : next);
    l->ended = true;
}

void rv_trans_branch(RvLift *l, const RvInsn *in)
{
    branch(l, in, false);
}

void rv_trans_branch_not(RvLift *l, const RvInsn *in)
{
    branch(l, in, true);
}

/* The registers that the calling convention gives return addresses: what jumps with them as link or
 * source is a call or a return (chapter 2.5.1, return-address prediction hints). */
static bool is_link(int reg)
{
    return reg == RV_RA || reg == RV_T0;
}

void rv_trans_jal(RvLift *l, const RvInsn *in)
{
    uint64_t to = l->pc + (uint64_t)(int64_t)in->off, next = l->pc + in->length;
    if (in->rd == RV_ZERO) {
        ir_jump(&l->b, region_block_for(l->former, to));
    } else {
        rv_set_x(l, (unsigned)in->rd, rv_const(l, next));
        ir_exit(&l->b, to, is_link(in->rd) ? IR_EXIT_CALL : IR_EXIT_JUMP, next);
    }
    l->ended = true;
}

void rv_trans_jalr(RvLift *l, const RvInsn *in)
{
    uint64_t next = l->pc + in->length;
    IrExitKind kind = is_link(in->rd)                         ? IR_EXIT_CALL
                      : in->rd == RV_ZERO && is_link(in->rs1) ? IR_EXIT_RET
                                                              : IR_EXIT_JUMP;
    IrRef to = rv_address(l, in);
    /* Bit 0 is cleared; the code's own return addresses do not have it. */
    to = ir_bini(&l->b, IR_and, to, ~(uint64_t)1);
    rv_set_x(l, (unsigned)in->rd, rv_const(l, next));
    if (ir_is_const(l->b.region, to))
        ir_exit(&l->b, ir_inst(l->b.region, to)->imm, kind == IR_EXIT_RET ? IR_EXIT_JUMP : kind,
                next);
    else
        ir_exit_indirect(&l->b, to, kind, next);
    l->ended = true;
}

void rv_trans_ecall(RvLift *l, const RvInsn *in)
{
    ir_exit_service(&l->b, l->pc + in->length, IR_SERVICE_SYSCALL);
    l->ended = true;
}

/* The program counter stays at the instruction. */
void rv_trans_ebreak(RvLift *l, const RvInsn *in)
{
    (void)in;
    rv_trap(l, TRAP_BREAKPOINT, 0);
}

/* ---- fences (chapter 2.7). Input and output are taken for reads and writes. ---- */

static bool reads(int set)
{
    return set & (2 | 8);
}
static bool writes(int set)
{
    return set & (1 | 4);
}

void rv_trans_fence(RvLift *l, const RvInsn *in)
{
    unsigned mask = (reads(in->pred) && reads(in->succ) ? IR_FENCE_RR : 0u) |
                    (reads(in->pred) && writes(in->succ) ? IR_FENCE_RW : 0u) |
                    (writes(in->pred) && reads(in->succ) ? IR_FENCE_WR : 0u) |
                    (writes(in->pred) && writes(in->succ) ? IR_FENCE_WW : 0u);
    if (mask)
        ir_fence(&l->b, mask);
}

void rv_trans_fence_tso(RvLift *l, const RvInsn *in)
{
    (void)in;
    ir_fence(&l->b, IR_FENCE_RR | IR_FENCE_RW | IR_FENCE_WW);
}

/* Translations follow their source bytes anyway: all that is left is to look the rest up anew. */
void rv_trans_fence_i(RvLift *l, const RvInsn *in)
{
    ir_exit(&l->b, l->pc + in->length, IR_EXIT_JUMP, 0);
    l->ended = true;
}
