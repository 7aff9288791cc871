/* lift_bits.c: bit tests and scans.
 *
 * BT and its kin with a register as bit number address memory as a string of bits: the number's
 * upper part, signed, moves the address by whole operands (SDM: BT).
 *
 * Example: bts [rdi], rax    addr = rdi + (rax >>s 6) * 8; bit = rax & 63
 */
#include "frontend/x86_64/lift.h"

static IrRef bit_address(LiftContext *lc, IrRef number)
{
    unsigned size = lc->insn->op[0].size;
    IrRef a = x86_addr_offset(lc);
    if (lc->insn->op[1].kind == X86_GPR) {
        IrRef n = size == 8 ? number : ir_conv(&lc->b, IR_sext, IR_I64, number);
        unsigned log2 = (unsigned)__builtin_ctz(size);
        IrRef words = ir_bini(&lc->b, IR_sar, n, 3 + log2);
        a = ir_bin(&lc->b, IR_add, a, ir_bini(&lc->b, IR_shl, words, log2));
    }
    return x86_addr_of(lc, a);
}

static IrRef tested_bit(LiftContext *lc, IrRef old, IrRef number)
{
    IrRef v = ir_bini(&lc->b, IR_and, ir_bin(&lc->b, IR_shr, old, number), 1);
    return ir_conv(&lc->b, IR_trunc, IR_I8, v);
}

/* Sets the flags; `op` IR_NOP: only tests. Shifts mask the number themselves. */
static void bit_op(LiftContext *lc, IrOp op, IrOp atomic)
{
    IrType t = x86_int_type(lc->insn->op[0].size);
    IrRef number = x86_read(lc, 1), addr = IR_NONE, old;
    IrRef mask = ir_bin(&lc->b, IR_shl, x86_const(lc, t, 1), number);
    if (op == IR_and)
        mask = ir_un(&lc->b, IR_not, mask);
    bool locked = x86_is_mem(lc, 0) && (lc->insn->prefixes & X86_PFX_LOCK);
    if (x86_is_mem(lc, 0))
        addr = bit_address(lc, number);
    x86_flags_flush(lc);
    if (locked)
        old = ir_atomic(&lc->b, atomic, addr, mask);
    else
        old = addr.i ? x86_load(lc, t, addr) : x86_read(lc, 0);
    if (op != IR_NOP && !locked) {
        IrRef r = ir_bin(&lc->b, op, old, mask);
        if (addr.i)
            x86_store(lc, addr, r);
        else
            x86_write(lc, 0, r);
    }
    x86_flags_set_c_only(lc, tested_bit(lc, old, number));
}

void x86_lift_bt(LiftContext *lc)
{
    bit_op(lc, IR_NOP, IR_NOP);
}

void x86_lift_bts(LiftContext *lc)
{
    bit_op(lc, IR_or, IR_aor);
}

void x86_lift_btr(LiftContext *lc)
{
    bit_op(lc, IR_and, IR_aand);
}

void x86_lift_btc(LiftContext *lc)
{
    bit_op(lc, IR_xor, IR_axor);
}

/* A source of 0 leaves the whole destination. F3 0F BC and BD are the same on a CPU that does not
 * report TZCNT and LZCNT. */
static void scan(LiftContext *lc, bool forward)
{
    unsigned size = lc->insn->op[0].size;
    IrRef src = x86_read(lc, 1);
    IrType wide = size == 8 ? IR_I64 : IR_I32;
    IrRef v = size == 2 ? ir_conv(&lc->b, IR_zext, IR_I32, src) : src;
    IrRef zero = ir_cmp(&lc->b, IR_eq, src, x86_const(lc, x86_int_type(size), 0));
    IrRef n = ir_un(&lc->b, forward ? IR_ctz : IR_clz, v);
    if (!forward)
        n = ir_bini(&lc->b, IR_xor, n, size == 8 ? 63 : 31);
    unsigned reg = lc->insn->op[0].reg;
    IrRef old = x86_gpr(lc, reg, 8);
    if (size == 2)
        n = ir_deposit(&lc->b, old, n, 0, 16);
    else if (wide == IR_I32)
        n = ir_conv(&lc->b, IR_zext, IR_I64, n);
    x86_gpr_set(lc, reg, ir_select(&lc->b, zero, old, n));
    x86_flags_set(lc, CC_LOGIC, src, IR_NONE, src);
}

void x86_lift_bsf(LiftContext *lc)
{
    scan(lc, true);
}

void x86_lift_bsr(LiftContext *lc)
{
    scan(lc, false);
}
