/* lift_shift.c: shifts, rotations, double shifts.
 *
 * Counts are masked to 5 bits (6 for 64-bit operands); a masked count of 0 changes no flag. Bytes
 * and words are shifted as 32-bit values, because their counts go up to 31. IR shifts of i32 and
 * i64 mask the count themselves. SDM volume 2: SAL/SAR/SHL/SHR, RCL/RCR/ROL/ROR, SHLD, SHRD.
 *
 * Example: shl eax, cl    %n = zext i32 cl; eax = shl eax, %n; flags: select(cl & 31 == 0, old, ..)
 */
#include "frontend/x86_64/lift.h"

typedef struct Count {
    bool is_const;
    unsigned value; /* masked */
    IrRef n;        /* not masked, as the type shifted in */
    IrRef zero;     /* i8: the masked count is 0 */
} Count;

static IrRef conv(LiftContext *lc, IrOp op, IrType t, IrRef v)
{
    return ir_inst(lc->b.region, v)->type == t ? v : ir_conv(&lc->b, op, t, v);
}

/* The type shifts of `size` bytes are done in. */
static IrType work_type(unsigned size)
{
    return size == 8 ? IR_I64 : IR_I32;
}

static Count read_count(LiftContext *lc, unsigned n, unsigned size)
{
    const X86Operand *op = &lc->insn->op[n];
    unsigned mask = size == 8 ? 63 : 31;
    IrType t = work_type(size);
    if (op->kind == X86_IMM) {
        unsigned v = (unsigned)op->imm & mask;
        return (Count){.is_const = true, .value = v, .n = x86_const(lc, t, v)};
    }
    IrRef cl = x86_gpr(lc, RCX, 1);
    IrRef masked = ir_bini(&lc->b, IR_and, cl, mask);
    return (Count){.n = ir_conv(&lc->b, IR_zext, t, size < 4 ? masked : cl),
                   .zero = ir_cmp(&lc->b, IR_eq, masked, x86_const(lc, IR_I8, 0))};
}

/* Stores the result, and flags unless the count was 0. */
typedef struct FlagSetting {
    enum X86CcKind kind;
    IrRef b;
} FlagSetting;

static void finish(LiftContext *lc, const X86Rmw *m, const Count *c, IrRef r,
                   const FlagSetting *set)
{
    x86_rmw_end(lc, m, r);
    if (c->is_const && c->value == 0)
        return;
    X86KnownFlags before = lc->known.flags;
    if (set->b.i)
        x86_flags_set(lc, set->kind, r, set->b, r);
    else
        x86_flags_set_rotate(lc, set->kind, r);
    if (!c->is_const)
        x86_flags_unless(lc, c->zero, &before);
}

static void shift(LiftContext *lc, IrOp op)
{
    unsigned size = lc->insn->op[0].size;
    IrType t = x86_int_type(size), wide = work_type(size);
    Count c = read_count(lc, 1, size);
    X86Rmw m = x86_rmw_begin(lc);
    IrRef a = conv(lc, op == IR_sar ? IR_sext : IR_zext, wide, m.old);
    IrRef less = ir_bini(&lc->b, IR_sub, c.n, 1);
    IrRef r = conv(lc, IR_trunc, t, ir_bin(&lc->b, op, a, c.n));
    IrRef last = conv(lc, IR_trunc, t, ir_bin(&lc->b, op, a, less));
    finish(lc, &m, &c, r, &(FlagSetting){op == IR_shl ? CC_SHL : CC_SHR, last});
}

void x86_lift_shl(LiftContext *lc)
{
    shift(lc, IR_shl);
}

void x86_lift_shr(LiftContext *lc)
{
    shift(lc, IR_shr);
}

void x86_lift_sar(LiftContext *lc)
{
    shift(lc, IR_sar);
}

static void rotate(LiftContext *lc, IrOp op, enum X86CcKind kind)
{
    unsigned size = lc->insn->op[0].size;
    Count c = read_count(lc, 1, size);
    X86Rmw m = x86_rmw_begin(lc);
    IrRef n = conv(lc, IR_trunc, x86_int_type(size), c.n);
    finish(lc, &m, &c, ir_bin(&lc->b, op, m.old, n), &(FlagSetting){kind, IR_NONE});
}

void x86_lift_rol(LiftContext *lc)
{
    rotate(lc, IR_rotl, CC_X_ROL);
}

void x86_lift_ror(LiftContext *lc)
{
    rotate(lc, IR_rotr, CC_X_ROR);
}

/* ---- through carry ---- */

typedef struct Rotated {
    IrRef result, carry; /* of the operand's type; i8 */
} Rotated;

static IrRef low_bit(LiftContext *lc, IrRef v)
{
    return conv(lc, IR_trunc, IR_I8, ir_bini(&lc->b, IR_and, v, 1));
}

/* Up to 32 bits: carry and operand are one number of w = 8 * size + 1 bits, rotated in an i64. */
static Rotated rotate_narrow(LiftContext *lc, bool left, unsigned size, IrRef a, IrRef carry,
                             const Count *c)
{
    unsigned bits = 8 * size, w = bits + 1;
    IrRef n;
    if (c->is_const) {
        n = x86_const(lc, IR_I64, c->value % w);
    } else {
        IrRef count = ir_bini(&lc->b, IR_and, c->n, 31);
        if (w < 32) {
            IrRef turns = ir_bin(&lc->b, IR_udiv, count, x86_const(lc, IR_I32, w));
            count = ir_bin(&lc->b, IR_sub, count, ir_bini(&lc->b, IR_mul, turns, w));
        }
        n = ir_conv(&lc->b, IR_zext, IR_I64, count);
    }
    IrRef v = ir_bin(&lc->b, IR_or, ir_conv(&lc->b, IR_zext, IR_I64, a),
                     ir_bini(&lc->b, IR_shl, ir_conv(&lc->b, IR_zext, IR_I64, carry), bits));
    IrRef rest = ir_bin(&lc->b, IR_sub, x86_const(lc, IR_I64, w), n);
    IrRef r = ir_bin(&lc->b, IR_or, ir_bin(&lc->b, IR_shl, v, left ? n : rest),
                     ir_bin(&lc->b, IR_shr, v, left ? rest : n));
    return (Rotated){ir_conv(&lc->b, IR_trunc, x86_int_type(size), r),
                     low_bit(lc, ir_bini(&lc->b, IR_shr, r, bits))};
}

/* 64 bits, count n of 1 .. 63: the carry enters beside the part that wraps. */
static Rotated rotate_wide(LiftContext *lc, bool left, IrRef a, IrRef carry, const Count *c)
{
    IrRef n = c->n, c64 = ir_conv(&lc->b, IR_zext, IR_I64, carry);
    IrRef rest =
        ir_bin(&lc->b, IR_sub, x86_const(lc, IR_I64, 64), n); /* n = 0 is put right below */
    IrRef before = ir_bini(&lc->b, IR_sub, n, 1);
    IrRef r, out;
    if (left) {
        r = ir_bin(&lc->b, IR_or, ir_bin(&lc->b, IR_shl, a, n),
                   ir_bin(&lc->b, IR_shl, c64, before));
        r = ir_bin(&lc->b, IR_or, r, ir_bin(&lc->b, IR_shr, ir_bini(&lc->b, IR_shr, a, 1), rest));
        out = ir_bin(&lc->b, IR_shr, a, rest);
    } else {
        r = ir_bin(&lc->b, IR_or, ir_bin(&lc->b, IR_shr, a, n), ir_bin(&lc->b, IR_shl, c64, rest));
        r = ir_bin(&lc->b, IR_or, r, ir_bin(&lc->b, IR_shl, ir_bini(&lc->b, IR_shl, a, 1), rest));
        out = ir_bin(&lc->b, IR_shr, a, before);
    }
    out = low_bit(lc, out);
    if (!c->is_const) {
        r = ir_select(&lc->b, c->zero, a, r);
        out = ir_select(&lc->b, c->zero, carry, out);
    }
    return (Rotated){r, out};
}

static IrRef top_bit(LiftContext *lc, IrRef v, unsigned size, unsigned down)
{
    return low_bit(lc, ir_bini(&lc->b, IR_shr, v, 8 * size - 1 - down));
}

static void through_carry(LiftContext *lc, bool left)
{
    unsigned size = lc->insn->op[0].size;
    Count c = read_count(lc, 1, size);
    X86Rmw m = x86_rmw_begin(lc);
    if (c.is_const && c.value == 0) {
        x86_rmw_end(lc, &m, m.old);
        return;
    }
    IrRef carry = x86_flags_cond(lc, CND_B);
    Rotated r = size == 8 ? rotate_wide(lc, left, m.old, carry, &c)
                          : rotate_narrow(lc, left, size, m.old, carry, &c);
    x86_rmw_end(lc, &m, r.result);
    IrRef top = top_bit(lc, r.result, size, 0);
    IrRef other = left ? r.carry : top_bit(lc, r.result, size, 1);
    X86KnownFlags before = lc->known.flags;
    x86_flags_set_co(lc, r.carry, ir_bin(&lc->b, IR_xor, top, other));
    if (!c.is_const)
        x86_flags_unless(lc, c.zero, &before);
}

void x86_lift_rcl(LiftContext *lc)
{
    through_carry(lc, true);
}

void x86_lift_rcr(LiftContext *lc)
{
    through_carry(lc, false);
}

/* ---- double shifts ---- */

/* 16 bits, by a count that has been masked or one less: counts over 16 are undefined; CPUs shift
 * through operand : source : operand. */
static IrRef double_word(LiftContext *lc, bool left, IrRef a, IrRef b, IrRef n)
{
    IrRef wa = ir_conv(&lc->b, IR_zext, IR_I64, a), wb = ir_conv(&lc->b, IR_zext, IR_I64, b);
    IrRef v = ir_bin(&lc->b, IR_or, wa, ir_bini(&lc->b, IR_shl, wb, 16));
    v = ir_bin(&lc->b, IR_or, v, ir_bini(&lc->b, IR_shl, wa, 32));
    IrRef count = ir_conv(&lc->b, IR_zext, IR_I64, n);
    if (left)
        v = ir_bini(&lc->b, IR_shr, ir_bin(&lc->b, IR_shl, v, count), 32);
    else
        v = ir_bin(&lc->b, IR_shr, v, count);
    return ir_conv(&lc->b, IR_trunc, IR_I16, v);
}

/* 32 and 64 bits: the source's bits come in by a shift of one and a shift of bits - 1 - n, so that
 * a count of 0 brings in none. */
static IrRef double_wide(LiftContext *lc, bool left, unsigned size, IrRef a, IrRef b, IrRef n)
{
    IrRef rest = ir_bini(&lc->b, IR_xor, n, 8 * size - 1);
    IrRef in = ir_bini(&lc->b, left ? IR_shr : IR_shl, b, 1);
    in = ir_bin(&lc->b, left ? IR_shr : IR_shl, in, rest);
    return ir_bin(&lc->b, IR_or, ir_bin(&lc->b, left ? IR_shl : IR_shr, a, n), in);
}

static void double_shift(LiftContext *lc, bool left)
{
    unsigned size = lc->insn->op[0].size;
    Count c = read_count(lc, 2, size);
    IrRef b = x86_read(lc, 1);
    X86Rmw m = x86_rmw_begin(lc);
    IrRef less = ir_bini(&lc->b, IR_sub, c.n, 1), r, last;
    if (size == 2) {
        r = double_word(lc, left, m.old, b, c.n);
        last = double_word(lc, left, m.old, b, less);
    } else {
        r = double_wide(lc, left, size, m.old, b, c.n);
        last = ir_bin(&lc->b, left ? IR_shl : IR_shr, m.old, less);
    }
    finish(lc, &m, &c, r, &(FlagSetting){left ? CC_SHL : CC_SHR, last});
}

void x86_lift_shld(LiftContext *lc)
{
    double_shift(lc, true);
}

void x86_lift_shrd(LiftContext *lc)
{
    double_shift(lc, false);
}
