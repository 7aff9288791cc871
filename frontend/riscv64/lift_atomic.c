/* lift_atomic.c: the A extension.
 *
 * AMOs are the IR's atomics, full fences all. A minimum or maximum is a loop of compare-and-swap.
 *
 * LR keeps address and value, and SC is a compare-and-swap with that value, if it stands so near
 * behind an LR that its lifter sees what is between, and that reads no memory (constrained loops,
 * chapter 13.3, and what compilers make of atomic operations). Any other SC needs tagged stores.
 * frontend/exclusive.h tells of both.
 *
 * Misaligned atomics raise an exception (13.1, 13.4).
 */
#include <string.h>

#include "frontend/riscv64/helpers.h"
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
    rv_touch(l, at, (IrType)in->type);
    IrRef old = ir_atomic(&l->b, (IrOp)in->op, at, operand(l, in, (unsigned)in->rs2));
    rv_set_x(l, (unsigned)in->rd, widened(l, old));
}

static void choose(RvLift *l, const RvInsn *in, bool larger)
{
    IrRef at = aligned_address(l, in), b = operand(l, in, (unsigned)in->rs2);
    rv_touch(l, at, (IrType)in->type);
    IrRef old = region_atomic_choose(&l->b, l->pc, (IrOp)in->op, larger, at, b);
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
    if (l->request->tag_stores)
        ir_call(&l->b, RV_HELPER_exclusive_watch, &at, 1);
    IrRef v =
        ir_load(&l->b, (IrType)in->type, at, in->aqrl & ACQUIRE ? IR_ORDER_ACQUIRE : IR_ORDER_NONE);
    v = widened(l, v);
    ir_put(&l->b, RV_SLOT_RESERVED_AT, at);
    ir_put(&l->b, RV_SLOT_RESERVED_VALUE, v);
    rv_set_x(l, (unsigned)in->rd, v);
}

/* ---- SC ---- */

enum { SEEN_BYTES = 64, LONG = 4, FORM = 3 };

/* Whether the instruction can stand in a constrained sequence and goes on to the next one. */
static bool is_plain(const RvInsn *in)
{
    enum { NOT_PLAIN = RV_A_JUMP | RV_A_END | RV_A_MEM | RV_A_ATOMIC | RV_A_CSR };
    return (in->attributes & NOT_PLAIN) == 0;
}

/* Whether plain instructions alone lead from behind the LR at bytes[at] to the end, the SC. */
static bool leads_to_end(const uint8_t *bytes, unsigned at)
{
    RvInsn in;
    for (at += LONG; at < SEEN_BYTES; at += in.length) {
        uint32_t word = 0;
        unsigned length = (bytes[at] & FORM) == FORM ? LONG : 2;
        if (at + length > SEEN_BYTES)
            return false;
        memcpy(&word, bytes + at, length);
        if (rv_decode(&in, word) < 0 || !is_plain(&in))
            return false;
    }
    return true;
}

/* Whether what stands before the SC is an LR of its kind, and nothing between that reads memory. */
static bool is_constrained(const RvLift *l, const RvInsn *sc)
{
    const LiftRequest *rq = l->request;
    uint8_t bytes[SEEN_BYTES];
    for (unsigned at = SEEN_BYTES - 2; at > 0; at -= 2) {
        RvInsn lr;
        uint32_t word;
        uint64_t pc = l->pc - (SEEN_BYTES - at);
        if (rq->fetch(rq->fetch_arg, pc, bytes + at, 2) != 2)
            return false;
        if (at > SEEN_BYTES - LONG || (bytes[at] & FORM) != FORM)
            continue;
        memcpy(&word, bytes + at, LONG);
        if (rv_decode(&lr, word) >= 0 && rv_trans[lr.row] == rv_trans_lr && lr.rs1 == sc->rs1 &&
            lr.type == sc->type && leads_to_end(bytes, at))
            return true;
    }
    return false;
}

/* rd = 0 if it was stored, 1 if not; no reservation is left either way. */
static void conclude(RvLift *l, const RvInsn *in, IrRef failed, uint32_t done)
{
    ir_put(&l->b, RV_SLOT_RESERVED_AT, rv_const(l, RV_NO_RESERVATION));
    if (in->rd != RV_ZERO)
        ir_put(&l->b, RV_SLOT_X + (unsigned)in->rd, failed);
    ir_jump(&l->b, done);
}

/* Goes on in a new block if nothing was written since LR, else in `lost`. */
static void lock(RvLift *l, IrRef at, uint32_t lost)
{
    uint32_t locked = rv_block(l);
    IrRef ok = ir_call(&l->b, RV_HELPER_exclusive_lock, &at, 1);
    ir_br(&l->b, ir_cmp(&l->b, IR_ne, ok, ir_const(&l->b, IR_I32, 0)), locked, lost);
    rv_enter(l, locked);
}

void rv_trans_sc(RvLift *l, const RvInsn *in)
{
    bool tagged = l->request->tag_stores;
    IrRef at = aligned_address(l, in), new = operand(l, in, (unsigned)in->rs2);
    IrRef held = ir_cmp(&l->b, IR_eq, at, ir_get(&l->b, RV_SLOT_RESERVED_AT));
    IrRef value = ir_get(&l->b, RV_SLOT_RESERVED_VALUE);
    if (!tagged && !is_constrained(l, in))
        rv_trap_if(l, held, TRAP_EXCLUSIVE);
    uint32_t try = rv_block(l), lost = rv_block(l), done = rv_block(l);
    l->b.region->blocks.data[lost].cold = true;
    if (in->type == IR_I32)
        value = ir_conv(&l->b, IR_trunc, IR_I32, value);
    ir_br(&l->b, held, try, lost);
    rv_enter(l, try);
    if (tagged)
        lock(l, at, lost);
    IrRef failed = ir_cmp(&l->b, IR_ne, ir_cas(&l->b, at, value, new), value);
    if (tagged) {
        IrRef stored = ir_conv(&l->b, IR_zext, IR_I32, ir_bini(&l->b, IR_xor, failed, 1));
        ir_call(&l->b, RV_HELPER_exclusive_unlock, &stored, 1);
    }
    conclude(l, in, ir_conv(&l->b, IR_zext, IR_I64, failed), done);
    rv_enter(l, lost);
    conclude(l, in, rv_const(l, 1), done);
    rv_enter(l, done);
    l->known.x[in->rd] = IR_NONE;
}
