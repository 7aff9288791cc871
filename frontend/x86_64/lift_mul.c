/* lift_mul.c: multiplication and division, with the exact conditions of #DE.
 *
 * IR divisions are total, so the checks come first, as a branch to a cold trap. The dividend in
 * rdx:rax is recognised where it is only an extension of rax (xor edx, edx or cdq before), which
 * makes it a plain division.
 *
 * Example: xor edx, edx; div ecx   trap if ecx == 0; eax = udiv eax, ecx; edx = eax0 - eax * ecx
 */
#include "frontend/x86_64/lift.h"

static IrRef conv(LiftContext *lc, IrOp op, IrType t, IrRef v)
{
    return ir_inst(lc->b.region, v)->type == t ? v : ir_conv(&lc->b, op, t, v);
}

static IrRef is_zero(LiftContext *lc, IrRef v)
{
    return ir_cmp(&lc->b, IR_eq, v, x86_const(lc, (IrType)ir_inst(lc->b.region, v)->type, 0));
}

/* ---- multiplication ---- */

/* rdx:rax (or ax) := rax * operand; returns nothing: flags are the product's. */
static void widening(LiftContext *lc, bool is_signed)
{
    unsigned size = lc->insn->op[0].size;
    IrOp extend = is_signed ? IR_sext : IR_zext;
    IrRef b = x86_read(lc, 0), a = x86_gpr(lc, RAX, size);
    IrRef low = ir_bin(&lc->b, IR_mul, a, b), high;
    if (size == 8) {
        high = ir_bin(&lc->b, is_signed ? IR_smulh : IR_umulh, a, b);
    } else {
        IrType wide = size == 4 ? IR_I64 : IR_I32;
        IrRef p = ir_bin(&lc->b, IR_mul, ir_conv(&lc->b, extend, wide, a),
                         ir_conv(&lc->b, extend, wide, b));
        IrType half = x86_int_type(size);
        if (size == 1) {
            x86_gpr_set(lc, RAX, ir_conv(&lc->b, IR_trunc, IR_I16, p));
            x86_flags_set(lc, is_signed ? CC_SMUL : CC_UMUL, a, b, low);
            return;
        }
        low = ir_conv(&lc->b, IR_trunc, half, p);
        high = ir_conv(&lc->b, IR_trunc, half, ir_bini(&lc->b, IR_shr, p, 8 * size));
    }
    x86_gpr_set(lc, RAX, low);
    x86_gpr_set(lc, RDX, high);
    x86_flags_set(lc, is_signed ? CC_SMUL : CC_UMUL, a, b, low);
}

void x86_lift_mul(LiftContext *lc)
{
    widening(lc, false);
}

void x86_lift_imul1(LiftContext *lc)
{
    widening(lc, true);
}

static void truncating(LiftContext *lc, IrRef a, IrRef b)
{
    IrRef r = ir_bin(&lc->b, IR_mul, a, b);
    x86_write(lc, 0, r);
    x86_flags_set(lc, CC_SMUL, a, b, r);
}

void x86_lift_imul2(LiftContext *lc)
{
    IrRef a = x86_read(lc, 0);
    truncating(lc, a, x86_read(lc, 1));
}

void x86_lift_imul3(LiftContext *lc)
{
    IrRef a = x86_read(lc, 1);
    truncating(lc, a, x86_read(lc, 2));
}

/* ---- division ---- */

static void trap_divide(LiftContext *lc, IrRef cond)
{
    x86_trap_if(lc, cond, TRAP_DIVIDE, 0);
}

static void set_results(LiftContext *lc, unsigned size, IrRef quotient, IrRef remainder)
{
    IrType t = x86_int_type(size);
    quotient = conv(lc, IR_trunc, t, quotient);
    remainder = conv(lc, IR_trunc, t, remainder);
    if (size == 1) {
        IrRef q = ir_conv(&lc->b, IR_zext, IR_I16, quotient);
        IrRef r = ir_bini(&lc->b, IR_shl, ir_conv(&lc->b, IR_zext, IR_I16, remainder), 8);
        x86_gpr_set(lc, RAX, ir_bin(&lc->b, IR_or, q, r));
        return;
    }
    x86_gpr_set(lc, RAX, quotient);
    x86_gpr_set(lc, RDX, remainder);
}

/* The plain division of one width, and its remainder. */
static void divide(LiftContext *lc, IrOp op, unsigned size, IrRef a, IrRef d)
{
    IrRef q = ir_bin(&lc->b, op, a, d);
    IrRef r = ir_bin(&lc->b, IR_sub, a, ir_bin(&lc->b, IR_mul, q, d));
    set_results(lc, size, q, r);
}

static bool is_const_zero(LiftContext *lc, IrRef v)
{
    return ir_is_const(lc->b.region, v) && ir_inst(lc->b.region, v)->imm == 0;
}

/* The dividend of 8 and 16-bit divisions as i32, of 32-bit ones as i64. */
static IrRef joined_dividend(LiftContext *lc, unsigned size)
{
    if (size == 1)
        return ir_conv(&lc->b, IR_zext, IR_I32, x86_gpr(lc, RAX, 2));
    IrType wide = size == 2 ? IR_I32 : IR_I64;
    IrRef low = ir_conv(&lc->b, IR_zext, wide, x86_gpr(lc, RAX, size));
    IrRef high = ir_conv(&lc->b, IR_zext, wide, x86_gpr(lc, RDX, size));
    return ir_bin(&lc->b, IR_or, low, ir_bini(&lc->b, IR_shl, high, 8 * size));
}

void x86_lift_div(LiftContext *lc)
{
    unsigned size = lc->insn->op[0].size;
    IrRef d = x86_read(lc, 0);
    if (size >= 4 && is_const_zero(lc, x86_gpr(lc, RDX, size))) {
        trap_divide(lc, is_zero(lc, d));
        divide(lc, IR_udiv, size, x86_gpr(lc, RAX, size), d);
        return;
    }
    if (size == 8) { /* the quotient fits exactly if the high half is less than the divisor */
        IrRef high = x86_gpr(lc, RDX, 8), low = x86_gpr(lc, RAX, 8);
        trap_divide(lc, ir_cmp(&lc->b, IR_ule, d, high));
        IrRef q = ir_div128(&lc->b, IR_udivq, high, low, d);
        set_results(lc, 8, q, ir_div128(&lc->b, IR_udivr, high, low, d));
        return;
    }
    IrRef a = joined_dividend(lc, size);
    IrRef wide = ir_conv(&lc->b, IR_zext, size == 4 ? IR_I64 : IR_I32, d);
    IrRef high = ir_bini(&lc->b, IR_shr, a, 8 * size);
    trap_divide(lc, ir_cmp(&lc->b, IR_ule, wide, high));
    divide(lc, IR_udiv, size, a, wide);
}

/* high is the sign of low: what CDQ and CQO leave. */
static bool is_sign_of(LiftContext *lc, IrRef high, IrRef low, unsigned size)
{
    const IrInst *h = ir_inst(lc->b.region, high);
    uint64_t count = 0;
    if (h->op != IR_sar || !ir_is_const(lc->b.region, h->arg[1]))
        return false;
    count = ir_inst(lc->b.region, h->arg[1])->imm;
    return ir_same(h->arg[0], low) && count == 8 * size - 1;
}

static void signed_plain(LiftContext *lc, unsigned size, IrRef a, IrRef d)
{
    IrType t = x86_int_type(size);
    IrRef most = x86_const(lc, t, (uint64_t)1 << (8 * size - 1));
    IrRef all = x86_const(lc, t, (uint64_t)-1);
    IrRef over =
        ir_bin(&lc->b, IR_and, ir_cmp(&lc->b, IR_eq, a, most), ir_cmp(&lc->b, IR_eq, d, all));
    trap_divide(lc, ir_bin(&lc->b, IR_or, is_zero(lc, d), over));
    divide(lc, IR_sdiv, size, a, d);
}

/* sdivq and sdivr give 0 and 0 where the quotient does not fit; otherwise both are 0 only for a
 * dividend of 0. */
static void signed_128(LiftContext *lc, IrRef d)
{
    IrRef high = x86_gpr(lc, RDX, 8), low = x86_gpr(lc, RAX, 8);
    IrRef q = ir_div128(&lc->b, IR_sdivq, high, low, d);
    IrRef r = ir_div128(&lc->b, IR_sdivr, high, low, d);
    IrRef none = is_zero(lc, ir_bin(&lc->b, IR_or, q, r));
    IrRef some = ir_bini(&lc->b, IR_xor, is_zero(lc, ir_bin(&lc->b, IR_or, high, low)), 1);
    IrRef lost = ir_bin(&lc->b, IR_and, none, some);
    trap_divide(lc, ir_bin(&lc->b, IR_or, lost, is_zero(lc, d)));
    set_results(lc, 8, q, r);
}

void x86_lift_idiv(LiftContext *lc)
{
    unsigned size = lc->insn->op[0].size;
    IrRef d = x86_read(lc, 0);
    if (size >= 4) {
        IrRef low = x86_gpr(lc, RAX, size), high = x86_gpr(lc, RDX, size);
        if (is_sign_of(lc, high, low, size)) {
            signed_plain(lc, size, low, d);
            return;
        }
    }
    if (size == 8) {
        signed_128(lc, d);
        return;
    }
    IrRef a = joined_dividend(lc, size);
    if (size == 1)
        a = ir_sextract(&lc->b, a, 0, 16);
    IrRef wide = ir_conv(&lc->b, IR_sext, size == 4 ? IR_I64 : IR_I32, d);
    IrRef q = ir_bin(&lc->b, IR_sdiv, a, wide);
    IrRef lost = ir_cmp(&lc->b, IR_ne, q, ir_sextract(&lc->b, q, 0, 8 * size));
    trap_divide(lc, ir_bin(&lc->b, IR_or, lost, is_zero(lc, d)));
    divide(lc, IR_sdiv, size, a, wide);
}
