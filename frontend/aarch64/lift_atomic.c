/* lift_atomic.c: exclusive loads and stores, and the atomics of FEAT_LSE.
 *
 * Those of LSE are the IR's atomics, full fences all. A minimum or maximum is a loop of
 * compare-and-swap.
 *
 * LDXR keeps address and value, and STXR is a compare-and-swap with that value, if it stands so
 * near behind an LDXR that its lifter sees what is between, and that reads no memory (what
 * compilers make of atomic operations). Any other STXR needs tagged stores. frontend/exclusive.h
 * tells of both.
 *
 * With FEAT_LSE2 all of them, and those that acquire or release, lie within 16 aligned bytes
 * (aarch64/functions/memory/AArch64.UnalignedAccessFaults), so that a pair of 16 is aligned.
 */
#include <string.h>

#include "frontend/aarch64/helpers.h"
#include "frontend/aarch64/lift.h"

static IrRef base(A64Lift *l, const A64Insn *in)
{
    return a64_xsp(l, (unsigned)in->rn);
}

void a64_check_within(A64Lift *l, IrRef at, IrType type, bool write)
{
    enum { UNIT = 16 };
    unsigned size = ir_type_bits(type) / 8;
    if (size == 1)
        return;
    IrRef low = ir_bini(&l->b, IR_and, at, UNIT - 1);
    IrRef beyond = ir_cmp(&l->b, IR_ult, ir_const(&l->b, IR_I64, UNIT - size), low);
    uint32_t cold = a64_block(l), on = a64_block(l);
    l->b.region->blocks.data[cold].cold = true;
    ir_br(&l->b, beyond, cold, on);
    a64_enter(l, cold);
    ir_call(&l->b, A64_HELPER_misaligned, (IrRef[]){at, ir_const(&l->b, IR_I32, write)}, 2);
    ir_trap(&l->b, TRAP_ALIGN, 0); /* not reached */
    a64_enter(l, on);
}

static IrRef widened(A64Lift *l, IrRef v)
{
    return ir_inst(l->b.region, v)->type == IR_I64 ? v : ir_conv(&l->b, IR_zext, IR_I64, v);
}

/* Two registers as one number, the first in the lower half. */
static IrRef joined(A64Lift *l, IrType type, unsigned low, unsigned high)
{
    if (type == IR_I64) {
        IrRef v = ir_vlow(&l->b, a64_x(l, low));
        return ir_vinsert(&l->b, IR_I64, v, a64_x(l, high), 1);
    }
    return ir_deposit(&l->b, ir_conv(&l->b, IR_zext, IR_I64, a64_r(l, false, low)), a64_x(l, high),
                      32, 32);
}

static IrRef half(A64Lift *l, IrRef v, unsigned which)
{
    if (ir_inst(l->b.region, v)->type == IR_V128)
        return ir_vextract(&l->b, IR_I64, v, which);
    return ir_extract(&l->b, v, 32 * which, 32);
}

static IrType twice(const A64Insn *in)
{
    return in->type == IR_I64 ? IR_V128 : IR_I64;
}

/* ---- exclusive ---- */

static IrRef exclusive_load(A64Lift *l, const A64Insn *in, IrType type)
{
    IrRef at = base(l, in);
    a64_check_within(l, at, type, false);
    if (l->request->tag_stores)
        ir_call(&l->b, A64_HELPER_exclusive_watch, &at, 1);
    IrRef v = ir_load(&l->b, type, at, (unsigned)in->order);
    ir_put(&l->b, A64_SLOT_RESERVED_AT, at);
    if (type == IR_V128)
        ir_put(&l->b, A64_SLOT_RESERVED_HIGH, half(l, v, 1));
    ir_put(&l->b, A64_SLOT_RESERVED, type == IR_V128 ? half(l, v, 0) : widened(l, v));
    return v;
}

void a64_trans_ldxr(A64Lift *l, const A64Insn *in)
{
    a64_set_x(l, (unsigned)in->rt, widened(l, exclusive_load(l, in, (IrType)in->type)));
}

void a64_trans_ldxp(A64Lift *l, const A64Insn *in)
{
    IrRef v = exclusive_load(l, in, twice(in));
    a64_set_x(l, (unsigned)in->rt, half(l, v, 0));
    a64_set_x(l, (unsigned)in->rt2, half(l, v, 1));
}

/* rs = 0 if it was stored, 1 if not; no reservation is left either way. */
static void conclude(A64Lift *l, const A64Insn *in, IrRef failed, uint32_t done)
{
    ir_put(&l->b, A64_SLOT_RESERVED_AT, a64_const(l, A64_NO_RESERVATION));
    if (in->rs != A64_ZR)
        ir_put(&l->b, A64_SLOT_X + (unsigned)in->rs, failed);
    ir_jump(&l->b, done);
}

static IrRef reserved(A64Lift *l, IrType type)
{
    IrRef v = ir_get(&l->b, A64_SLOT_RESERVED);
    if (type == IR_V128)
        return ir_vinsert(&l->b, IR_I64, ir_vlow(&l->b, v), ir_get(&l->b, A64_SLOT_RESERVED_HIGH),
                          1);
    return type == IR_I64 ? v : ir_conv(&l->b, IR_trunc, type, v);
}

static IrRef differ(A64Lift *l, IrRef a, IrRef b)
{
    if (ir_inst(l->b.region, a)->type != IR_V128)
        return ir_conv(&l->b, IR_zext, IR_I64, ir_cmp(&l->b, IR_ne, a, b));
    IrRef same = ir_viszero(&l->b, ir_vop(&l->b, IR_vxor, IR_I64, a, b));
    return ir_conv(&l->b, IR_zext, IR_I64, ir_bini(&l->b, IR_xor, same, 1));
}

/* Whether what stands before the STXR is an LDXR of its kind, and nothing between that reads memory
 * or goes elsewhere but by a conditional branch. */
static bool is_constrained(const A64Lift *l, const A64Insn *stxr)
{
    enum {
        SEEN = 16,
        NOT_PLAIN = A64_A_JUMP | A64_A_END | A64_A_MEM | A64_A_ATOMIC | A64_A_LITERAL
    };
    const LiftRequest *rq = l->request;
    A64Trans *load = a64_trans[stxr->row] == a64_trans_stxp ? a64_trans_ldxp : a64_trans_ldxr;
    for (unsigned n = 1; n <= SEEN; n++) {
        A64Insn in;
        uint8_t bytes[4];
        uint32_t word;
        if (rq->fetch(rq->fetch_arg, l->pc - n * sizeof word, bytes, sizeof word) != sizeof word)
            return false;
        memcpy(&word, bytes, sizeof word);
        if (a64_decode(&in, word) < 0)
            return false;
        if (a64_trans[in.row] == load)
            return in.rn == stxr->rn && in.type == stxr->type;
        if (in.attributes & NOT_PLAIN)
            return false;
    }
    return false;
}

/* Goes on in a new block if nothing was written since LDXR, else in `lost`. */
static void lock(A64Lift *l, IrRef at, uint32_t lost)
{
    uint32_t locked = a64_block(l);
    IrRef ok = ir_call(&l->b, A64_HELPER_exclusive_lock, &at, 1);
    ir_br(&l->b, ir_cmp(&l->b, IR_ne, ok, ir_const(&l->b, IR_I32, 0)), locked, lost);
    a64_enter(l, locked);
}

static void exclusive_store(A64Lift *l, const A64Insn *in, IrRef new)
{
    IrType type = (IrType)ir_inst(l->b.region, new)->type;
    IrRef at = base(l, in);
    a64_check_within(l, at, type, true);
    IrRef held = ir_cmp(&l->b, IR_eq, at, ir_get(&l->b, A64_SLOT_RESERVED_AT));
    IrRef value = reserved(l, type);
    bool tagged = l->request->tag_stores;
    if (!tagged && !is_constrained(l, in))
        a64_trap_if(l, held, TRAP_EXCLUSIVE);
    uint32_t try = a64_block(l), lost = a64_block(l), done = a64_block(l);
    l->b.region->blocks.data[lost].cold = true;
    ir_br(&l->b, held, try, lost);
    a64_enter(l, try);
    if (tagged)
        lock(l, at, lost);
    IrRef failed = differ(l, ir_cas(&l->b, at, value, new), value);
    if (tagged) {
        IrRef stored = ir_conv(&l->b, IR_trunc, IR_I32, ir_bini(&l->b, IR_xor, failed, 1));
        ir_call(&l->b, A64_HELPER_exclusive_unlock, &stored, 1);
    }
    conclude(l, in, failed, done);
    a64_enter(l, lost);
    conclude(l, in, a64_const(l, 1), done);
    a64_enter(l, done);
    l->known.x[in->rs] = IR_NONE;
}

void a64_trans_stxr(A64Lift *l, const A64Insn *in)
{
    exclusive_store(l, in, a64_stored(l, (IrType)in->type, (unsigned)in->rt));
}

void a64_trans_stxp(A64Lift *l, const A64Insn *in)
{
    exclusive_store(l, in, joined(l, (IrType)in->type, (unsigned)in->rt, (unsigned)in->rt2));
}

void a64_trans_clrex(A64Lift *l, const A64Insn *in)
{
    (void)in;
    ir_put(&l->b, A64_SLOT_RESERVED_AT, a64_const(l, A64_NO_RESERVATION));
}

/* ---- LSE ---- */

static void set_old(A64Lift *l, const A64Insn *in, IrRef old)
{
    a64_set_x(l, (unsigned)in->rt, widened(l, old));
}

static IrRef checked_base(A64Lift *l, const A64Insn *in)
{
    IrRef at = base(l, in);
    a64_check_within(l, at, (IrType)in->type, true);
    a64_touch(l, at, (IrType)in->type);
    return at;
}

void a64_trans_ldop(A64Lift *l, const A64Insn *in)
{
    IrRef at = checked_base(l, in), v = a64_stored(l, (IrType)in->type, (unsigned)in->rs);
    set_old(l, in, ir_atomic(&l->b, (IrOp)in->op, at, v));
}

void a64_trans_ldclr(A64Lift *l, const A64Insn *in)
{
    IrRef at = checked_base(l, in), v = a64_stored(l, (IrType)in->type, (unsigned)in->rs);
    set_old(l, in, ir_atomic(&l->b, IR_aand, at, ir_un(&l->b, IR_not, v)));
}

static void choose(A64Lift *l, const A64Insn *in, bool larger)
{
    IrRef at = checked_base(l, in), b = a64_stored(l, (IrType)in->type, (unsigned)in->rs);
    IrRef old = region_atomic_choose(&l->b, l->pc, (IrOp)in->op, larger, at, b);
    set_old(l, in, old);
}

void a64_trans_ldmax(A64Lift *l, const A64Insn *in)
{
    choose(l, in, true);
}

void a64_trans_ldmin(A64Lift *l, const A64Insn *in)
{
    choose(l, in, false);
}

void a64_trans_cas(A64Lift *l, const A64Insn *in)
{
    IrRef at = checked_base(l, in);
    IrRef expected = a64_stored(l, (IrType)in->type, (unsigned)in->rs);
    IrRef old = ir_cas(&l->b, at, expected, a64_stored(l, (IrType)in->type, (unsigned)in->rt));
    a64_set_x(l, (unsigned)in->rs, widened(l, old));
}

void a64_trans_casp(A64Lift *l, const A64Insn *in)
{
    IrType one = (IrType)in->type, type = twice(in);
    unsigned rs = (unsigned)in->rs, rt = (unsigned)in->rt;
    IrRef at = base(l, in);
    a64_check_within(l, at, type, true);
    a64_touch(l, at, type);
    IrRef old = ir_cas(&l->b, at, joined(l, one, rs, rs + 1), joined(l, one, rt, rt + 1));
    a64_set_x(l, rs, half(l, old, 0));
    a64_set_x(l, rs + 1, half(l, old, 1));
}
