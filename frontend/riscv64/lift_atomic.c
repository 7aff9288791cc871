/* lift_atomic.c: the A extension.
 *
 * AMOs are the IR's atomics, full fences all. A minimum or maximum is a loop of compare-and-swap.
 *
 * LR keeps address and value; SC is a compare-and-swap with that value. Where nothing else is read
 * or written in between (constrained loops: chapter 13.3, and what compilers make of atomic
 * operations), that is indistinguishable from a reservation: the LR could have been made just
 * before the SC.
 *
 * Misaligned atomics raise an exception (13.1, 13.4).
 */
#include "frontend/riscv64/lift.h"

static IrRef aligned_address(RvLift *l, const RvInsn *in)
{
    IrRef at = rv_x(l, (unsigned)in->rs1);
    uint64_t mask = in->type == IR_I64 ? 7 : 3;
    IrRef off = ir_bini(&l->b, IR_and, at, mask);
    rv_trap_if(l, ir_cmp(&l->b, IR_ne, off, rv_const(l, 0)), TRAP_ALIGN);
    return at;
}

static IrRef operand(RvLift *l, const RvInsn *in, unsigned reg)
{
    return in->type == IR_I64 ? rv_x(l, reg) : rv_w(l, reg);
}

static IrRef widened(RvLift *l, IrRef v)
{
    return ir_inst(l->b.region, v)->type == IR_I64 ? v : ir_conv(&l->b, IR_sext, IR_I64, v);
}

void rv_trans_amo(RvLift *l, const RvInsn *in)
{
    IrRef at = aligned_address(l, in);
    IrRef old = ir_atomic(&l->b, (IrOp)in->op, at, operand(l, in, (unsigned)in->rs2));
    rv_set_x(l, (unsigned)in->rd, widened(l, old));
}

static void choose(RvLift *l, const RvInsn *in, bool larger)
{
    IrRef at = aligned_address(l, in), b = operand(l, in, (unsigned)in->rs2);
    uint32_t again = rv_block(l), done = rv_block(l);
    ir_jump(&l->b, again);
    rv_enter(l, again);
    IrRef old = ir_load(&l->b, (IrType)in->type, at, IR_ORDER_NONE);
    IrRef less = ir_cmp(&l->b, (IrOp)in->op, old, b);
    IrRef new = ir_select(&l->b, less, larger ? b : old, larger ? old : b);
    IrRef found = ir_cas(&l->b, at, old, new);
    ir_br(&l->b, ir_cmp(&l->b, IR_eq, found, old), done, again);
    rv_enter(l, done);
    rv_set_x(l, (unsigned)in->rd, widened(l, old));
}

void rv_trans_amo_min(RvLift *l, const RvInsn *in)
{
    choose(l, in, false);
}

void rv_trans_amo_max(RvLift *l, const RvInsn *in)
{
    choose(l, in, true);
}

enum { RELEASE = 1, ACQUIRE = 2 };

void rv_trans_lr(RvLift *l, const RvInsn *in)
{
    IrRef at = aligned_address(l, in);
    if (in->aqrl & RELEASE)
        ir_fence(&l->b, IR_FENCE_ALL);
    IrRef v =
        ir_load(&l->b, (IrType)in->type, at, in->aqrl & ACQUIRE ? IR_ORDER_ACQUIRE : IR_ORDER_NONE);
    v = widened(l, v);
    ir_put(&l->b, RV_SLOT_RESERVED_AT, at);
    ir_put(&l->b, RV_SLOT_RESERVED_VALUE, v);
    rv_set_x(l, (unsigned)in->rd, v);
}

/* rd = 0 if it was stored, 1 if not; no reservation is left either way. */
static void conclude(RvLift *l, const RvInsn *in, IrRef failed, uint32_t done)
{
    ir_put(&l->b, RV_SLOT_RESERVED_AT, rv_const(l, RV_NO_RESERVATION));
    if (in->rd != RV_ZERO)
        ir_put(&l->b, RV_SLOT_X + (unsigned)in->rd, failed);
    ir_jump(&l->b, done);
}

void rv_trans_sc(RvLift *l, const RvInsn *in)
{
    IrRef at = aligned_address(l, in), new = operand(l, in, (unsigned)in->rs2);
    IrRef held = ir_cmp(&l->b, IR_eq, at, ir_get(&l->b, RV_SLOT_RESERVED_AT));
    IrRef value = ir_get(&l->b, RV_SLOT_RESERVED_VALUE);
    uint32_t try = rv_block(l), lost = rv_block(l), done = rv_block(l);
    l->b.region->blocks.data[lost].cold = true;
    if (in->type == IR_I32)
        value = ir_conv(&l->b, IR_trunc, IR_I32, value);
    ir_br(&l->b, held, try, lost);
    rv_enter(l, try);
    IrRef found = ir_cas(&l->b, at, value, new);
    conclude(l, in, ir_conv(&l->b, IR_zext, IR_I64, ir_cmp(&l->b, IR_ne, found, value)), done);
    rv_enter(l, lost);
    conclude(l, in, rv_const(l, 1), done);
    rv_enter(l, done);
    l->known.x[in->rd] = IR_NONE;
}
