/* lift_half.c: half precision, Zfhmin and Zfh (chapter 22).
 *
 * A half stands in a register under ones. It is a number of 64 bits here, zeros above it. What
 * widens it is exact, so comparisons and conversions to integers are done on singles; so is
 * arithmetic, whose results in single precision, rounded once more, are those of half precision: a
 * single has two digits more than twice a half's. (A tiny result that single precision has to round
 * is no half then: nothing is lost of the flags either.) That needs a rounding mode that the host
 * has set; with a mode of the instruction's own, and for what is left, half.c computes.
 */
#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"

enum { DEFAULT_NAN = 0x7e00, SIGN = 0x8000, HALF = 0xffff };

static IrRef bin(RvLift *l, IrOp op, IrRef a, IrRef b)
{
    return ir_bin(&l->b, op, a, b);
}

/* ---- registers ---- */

static IrRef register_bits(RvLift *l, int reg)
{
    return ir_conv(&l->b, IR_bitcast, IR_I64, rv_f(l, (unsigned)reg));
}

/* The default NaN if it is not boxed. */
static IrRef read_half(RvLift *l, int reg)
{
    IrRef bits = register_bits(l, reg);
    IrRef boxed = ir_cmp(&l->b, IR_ule, rv_const(l, ~(uint64_t)HALF), bits);
    return ir_select(&l->b, boxed, ir_bini(&l->b, IR_and, bits, HALF), rv_const(l, DEFAULT_NAN));
}

static void write_half(RvLift *l, const RvInsn *in, IrRef v)
{
    v = ir_bini(&l->b, IR_or, v, ~(uint64_t)HALF);
    rv_set_f(l, (unsigned)in->fd, ir_conv(&l->b, IR_bitcast, IR_F64, v));
}

static IrRef widened(RvLift *l, IrRef half)
{
    IrRef v = ir_vop(&l->b, IR_vf16tof32, IR_I16, ir_vlow(&l->b, half), IR_NONE);
    l->known.raised = true; /* by a signalling NaN */
    return ir_vextract(&l->b, IR_F32, v, 0);
}

static IrRef read_single(RvLift *l, int reg)
{
    return widened(l, read_half(l, reg));
}

static IrRef narrowed(RvLift *l, IrRef single)
{
    IrRef v = ir_vop(&l->b, IR_vf32tof16, IR_F32, ir_vlow(&l->b, single), IR_NONE);
    return ir_vextract(&l->b, IR_I64, v, 0); /* zeros were narrowed beside it */
}

/* ---- by half.c ---- */

/* Whether the host rounds as the instruction asks. */
static bool host_rounds(const RvLift *l, const RvInsn *in)
{
    return rv_rounding(l, in) == RV_CURRENT;
}

static IrRef by_helper(RvLift *l, const RvInsn *in, unsigned op, IrRef a, IrRef b, IrRef c)
{
    unsigned rm = rv_rounding(l, in);
    IrRef zero = rv_const(l, 0);
    IrRef args[] = {ir_const(&l->b, IR_I32, op | rm << RV_HALF_RM_AT), a, b.i ? b : zero,
                    c.i ? c : zero, ir_fpctl_get(&l->b)};
    IrRef v = ir_call(&l->b, RV_HELPER_half, args, 5);
    ir_fpctl_set(&l->b, ir_get(&l->b, RV_SLOT_FP_RESULT));
    return v;
}

/* ---- loads, stores, moves, signs ---- */

void rv_trans_flh(RvLift *l, const RvInsn *in)
{
    IrRef v = ir_load(&l->b, IR_I16, rv_address(l, in), IR_ORDER_NONE);
    write_half(l, in, ir_conv(&l->b, IR_zext, IR_I64, v));
}

void rv_trans_fsh(RvLift *l, const RvInsn *in)
{
    rv_store(l, rv_address(l, in), ir_conv(&l->b, IR_trunc, IR_I16, register_bits(l, in->fs2)));
}

void rv_trans_fmv_x_h(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd, ir_conv(&l->b, IR_trunc, IR_I16, register_bits(l, in->fs1)));
}

void rv_trans_fmv_h_x(RvLift *l, const RvInsn *in)
{
    write_half(l, in, rv_x(l, (unsigned)in->rs1));
}

void rv_trans_half_sign(RvLift *l, const RvInsn *in)
{
    IrRef a = read_half(l, in->fs1), b = read_half(l, in->fs2);
    if (in->op == RV_SIGN_NOT)
        b = ir_un(&l->b, IR_not, b);
    if (in->op != RV_SIGN_XOR)
        a = ir_bini(&l->b, IR_and, a, SIGN - 1);
    write_half(l, in, bin(l, IR_xor, a, ir_bini(&l->b, IR_and, b, SIGN)));
}

/* ---- arithmetic ---- */

void rv_trans_half_arith(RvLift *l, const RvInsn *in)
{
    IrRef a = read_half(l, in->fs1), b = read_half(l, in->fs2);
    if (host_rounds(l, in)) {
        IrRef x = widened(l, a), y = widened(l, b);
        write_half(l, in, narrowed(l, bin(l, (IrOp)in->op, x, y)));
    } else {
        unsigned op = RV_HALF_ADD + (unsigned)in->op - IR_fadd;
        write_half(l, in, by_helper(l, in, op, a, b, IR_NONE));
    }
}

void rv_trans_half_sqrt(RvLift *l, const RvInsn *in)
{
    IrRef a = read_half(l, in->fs1);
    if (host_rounds(l, in))
        write_half(l, in, narrowed(l, ir_un(&l->b, IR_fsqrt, widened(l, a))));
    else
        write_half(l, in, by_helper(l, in, RV_HALF_SQRT, a, IR_NONE, IR_NONE));
}

/* op: as in rv.decode. */
void rv_trans_half_fma(RvLift *l, const RvInsn *in)
{
    IrRef a = read_half(l, in->fs1), b = read_half(l, in->fs2), c = read_half(l, in->fs3);
    if (in->op & 2)
        a = ir_bini(&l->b, IR_xor, a, SIGN);
    if (in->op & 1)
        c = ir_bini(&l->b, IR_xor, c, SIGN);
    write_half(l, in, by_helper(l, in, RV_HALF_FMA, a, b, c));
}

void rv_trans_half_minmax(RvLift *l, const RvInsn *in)
{
    IrRef a = read_half(l, in->fs1), b = read_half(l, in->fs2);
    l->known.raised = true;
    write_half(l, in, by_helper(l, in, (unsigned)in->op, a, b, IR_NONE));
}

/* ---- comparison ---- */

void rv_trans_half_compare(RvLift *l, const RvInsn *in)
{
    IrRef a = read_single(l, in->fs1), b = read_single(l, in->fs2);
    IrRef is = ir_fcmp(&l->b, (IrOp)in->op, a, b, in->op == IR_feq ? 0 : IR_F_SIGNAL);
    rv_set_x(l, (unsigned)in->rd, ir_conv(&l->b, IR_zext, IR_I64, is));
}

/* Bits as those of FCLASS.S: 0 to 3 infinite, normal, subnormal, zero of negative sign, 4 to 7 the
 * same backwards of positive sign, 8 a signalling NaN, 9 a quiet one. */
void rv_trans_fclass_h(RvLift *l, const RvInsn *in)
{
    enum { INFINITE = 0x7c00, NORMAL = 0x400, QUIET = 0x200 };
    IrRef v = read_half(l, in->fs1), magnitude = ir_bini(&l->b, IR_and, v, SIGN - 1);
    IrRef small =
        ir_select(&l->b, ir_bini(&l->b, IR_eq, magnitude, 0), rv_const(l, 3), rv_const(l, 2));
    IrRef large = ir_select(&l->b, ir_bini(&l->b, IR_eq, magnitude, INFINITE), rv_const(l, 0),
                            rv_const(l, 1));
    IrRef kind = ir_select(&l->b, ir_bini(&l->b, IR_ult, magnitude, NORMAL), small, large);
    IrRef negative = ir_bini(&l->b, IR_ule, ir_bini(&l->b, IR_and, v, SIGN), 0);
    kind = ir_select(&l->b, negative, bin(l, IR_sub, rv_const(l, 7), kind), kind);
    IrRef quiet = ir_bini(&l->b, IR_and, ir_bini(&l->b, IR_shr, v, 9), 1);
    IrRef nan = ir_cmp(&l->b, IR_ult, rv_const(l, INFINITE), magnitude);
    kind = ir_select(&l->b, nan, ir_bini(&l->b, IR_add, quiet, 8), kind);
    rv_set_x(l, (unsigned)in->rd, bin(l, IR_shl, rv_const(l, 1), kind));
}

/* ---- conversions ---- */

void rv_trans_fcvt_s_h(RvLift *l, const RvInsn *in)
{
    rv_set_single(l, (unsigned)in->fd, read_single(l, in->fs1));
}

void rv_trans_fcvt_d_h(RvLift *l, const RvInsn *in)
{
    rv_set_f(l, (unsigned)in->fd, ir_conv(&l->b, IR_fext, IR_F64, read_single(l, in->fs1)));
}

void rv_trans_fcvt_h_s(RvLift *l, const RvInsn *in)
{
    IrRef v = rv_single(l, (unsigned)in->fs1);
    if (host_rounds(l, in)) {
        write_half(l, in, narrowed(l, v));
        return;
    }
    v = ir_conv(&l->b, IR_zext, IR_I64, ir_conv(&l->b, IR_bitcast, IR_I32, v));
    write_half(l, in, by_helper(l, in, RV_HALF_FROM_SINGLE, v, IR_NONE, IR_NONE));
}

void rv_trans_fcvt_h_d(RvLift *l, const RvInsn *in)
{
    IrRef v = register_bits(l, in->fs1);
    write_half(l, in, by_helper(l, in, RV_HALF_FROM_DOUBLE, v, IR_NONE, IR_NONE));
}

void rv_trans_half_from_int(RvLift *l, const RvInsn *in)
{
    IrRef v = rv_x(l, (unsigned)in->rs1);
    unsigned op = RV_HALF_FROM_INT + (unsigned)in->op;
    write_half(l, in, by_helper(l, in, op, v, IR_NONE, IR_NONE));
}

/* Saturated; 32-bit results are sign-extended, unsigned ones too. */
void rv_trans_half_to_int(RvLift *l, const RvInsn *in)
{
    IrOp op = in->op == RV_TO_W || in->op == RV_TO_L ? IR_fsatsi : IR_fsatui;
    IrType to = in->op == RV_TO_W || in->op == RV_TO_WU ? IR_I32 : IR_I64;
    IrRef v = ir_conv_round(&l->b, op, to, read_single(l, in->fs1), rv_ir_round(l, in));
    rv_set_x(l, (unsigned)in->rd, to == IR_I64 ? v : ir_conv(&l->b, IR_sext, IR_I64, v));
}
