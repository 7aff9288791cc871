/* lift_fp.c: the F and D extensions (chapters 20 and 21).
 *
 * Values are the IR's f32 and f64 under FP_MODEL_RISCV: NaN results are the default NaN. Rounding:
 * an instruction's own mode stands in its rm field, or that says to use frm, which fpctl has as far
 * as hosts know it; the rest is in the mode word. Arithmetic that rounds ties away from zero, which
 * hosts cannot do, is a call of rv_helper_fp.
 */
#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"

static IrRef read_fp(RvLift *l, const RvInsn *in, int reg)
{
    return in->wide ? rv_f(l, (unsigned)reg) : rv_single(l, (unsigned)reg);
}

static void write_fp(RvLift *l, const RvInsn *in, IrRef v)
{
    if (in->wide)
        rv_set_f(l, (unsigned)in->fd, v);
    else
        rv_set_single(l, (unsigned)in->fd, v);
}

static IrType fp_type(const RvInsn *in)
{
    return in->wide ? IR_F64 : IR_F32;
}
static IrType bits_type(const RvInsn *in)
{
    return in->wide ? IR_I64 : IR_I32;
}
static IrRef bits_of(RvLift *l, const RvInsn *in, IrRef v)
{
    return ir_conv(&l->b, IR_bitcast, bits_type(in), v);
}
static IrRef from_bits(RvLift *l, const RvInsn *in, IrRef v)
{
    return ir_conv(&l->b, IR_bitcast, fp_type(in), v);
}
static IrRef bits_const(RvLift *l, const RvInsn *in, uint64_t wide, uint32_t narrow)
{
    return ir_const(&l->b, bits_type(in), in->wide ? wide : narrow);
}

/* ---- rounding ---- */

bool rv_rounding_exists(uint32_t mode, const RvInsn *in)
{
    return in->rm == RV_DYN ? !(mode & RV_MODE_RESERVED) : in->rm <= RV_RMM;
}

RvRounding rv_rounding(const RvLift *l, const RvInsn *in)
{
    if (in->rm != RV_DYN)
        return (RvRounding)in->rm;
    return l->mode & RV_MODE_AWAY ? RV_RMM : RV_CURRENT;
}

IrRound rv_ir_round(const RvLift *l, const RvInsn *in)
{
    static const uint8_t rounds[] = {
        [RV_RNE] = IR_ROUND_NEAREST, [RV_RTZ] = IR_ROUND_ZERO, [RV_RDN] = IR_ROUND_DOWN,
        [RV_RUP] = IR_ROUND_UP,      [RV_RMM] = IR_ROUND_AWAY, [RV_CURRENT] = IR_ROUND_CURRENT};
    return (IrRound)rounds[rv_rounding(l, in)];
}

/* A word in the layout of fpctl with another rounding. */
static IrRef with_rounding(RvLift *l, IrRef fpctl, IrRef rounding)
{
    return ir_deposit(&l->b, fpctl, rounding, FPCTL_ROUNDING_AT, 2);
}
static IrRef rounding_const(RvLift *l, RvRounding rm)
{
    return ir_const(&l->b, IR_I32, rv_fpctl_rounding(rm));
}

/* A helper's result; fpctl has the flags after it. */
static IrRef call_fp(RvLift *l, const RvInsn *in, unsigned what, RvRounding rm, IrRef a, IrRef b,
                     IrRef c)
{
    IrRef fpctl = ir_fpctl_get(&l->b), rounded = fpctl;
    if (rm < RV_RMM)
        rounded = with_rounding(l, fpctl, rounding_const(l, rm));
    what |= (in->wide ? RV_FP_WIDE : 0u) | (rm == RV_RMM ? RV_FP_AWAY : 0u);
    IrRef args[] = {ir_const(&l->b, IR_I32, what), a, b, c, rounded};
    IrRef r = ir_call(&l->b, RV_HELPER_fp, args, 5);
    IrRef after = ir_get(&l->b, RV_SLOT_FP_RESULT);
    if (rm < RV_RMM)
        after = with_rounding(l, after, ir_extract(&l->b, fpctl, FPCTL_ROUNDING_AT, 2));
    ir_fpctl_set(&l->b, after);
    return r;
}

static IrRef widened_bits(RvLift *l, const RvInsn *in, IrRef v)
{
    if (!v.i)
        return rv_const(l, 0);
    v = bits_of(l, in, v);
    return in->wide ? v : ir_conv(&l->b, IR_zext, IR_I64, v);
}

/* An operation by the helper, on up to three operands of the instruction's format. */
static IrRef by_helper(RvLift *l, const RvInsn *in, RvFpOp op, RvRounding rm, IrRef a, IrRef b,
                       IrRef c)
{
    IrRef r = call_fp(l, in, op, rm, widened_bits(l, in, a), widened_bits(l, in, b),
                      widened_bits(l, in, c));
    return from_bits(l, in, in->wide ? r : ir_conv(&l->b, IR_trunc, IR_I32, r));
}

/* Static modes around an operation: returns what end_rounding needs. */
static IrRef begin_rounding(RvLift *l, RvRounding rm)
{
    if (rm == RV_CURRENT)
        return IR_NONE;
    IrRef fpctl = ir_fpctl_get(&l->b);
    ir_fpctl_set(&l->b, with_rounding(l, fpctl, rounding_const(l, rm)));
    return ir_extract(&l->b, fpctl, FPCTL_ROUNDING_AT, 2);
}

static void end_rounding(RvLift *l, IrRef before)
{
    if (before.i)
        ir_fpctl_set(&l->b, with_rounding(l, ir_fpctl_get(&l->b), before));
}

/* ---- loads, stores, moves ---- */

void rv_trans_fld(RvLift *l, const RvInsn *in)
{
    rv_set_f(l, (unsigned)in->fd, ir_load(&l->b, IR_F64, rv_address(l, in), IR_ORDER_NONE));
}

void rv_trans_fsd(RvLift *l, const RvInsn *in)
{
    rv_store(l, rv_address(l, in), rv_f(l, (unsigned)in->fs2));
}

void rv_trans_flw(RvLift *l, const RvInsn *in)
{
    rv_set_single(l, (unsigned)in->fd, ir_load(&l->b, IR_F32, rv_address(l, in), IR_ORDER_NONE));
}

/* The low half of a register as it is, boxed or not. */
static IrRef low_half(RvLift *l, int reg)
{
    return ir_vextract(&l->b, IR_F32, ir_vlow(&l->b, rv_f(l, (unsigned)reg)), 0);
}

void rv_trans_fsw(RvLift *l, const RvInsn *in)
{
    rv_store(l, rv_address(l, in), low_half(l, in->fs2));
}

void rv_trans_fmv_x_w(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd, ir_conv(&l->b, IR_bitcast, IR_I32, low_half(l, in->fs1)));
}

void rv_trans_fmv_w_x(RvLift *l, const RvInsn *in)
{
    rv_set_single(l, (unsigned)in->fd,
                  ir_conv(&l->b, IR_bitcast, IR_F32, rv_w(l, (unsigned)in->rs1)));
}

void rv_trans_fmv_x_d(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd, ir_conv(&l->b, IR_bitcast, IR_I64, rv_f(l, (unsigned)in->fs1)));
}

void rv_trans_fmv_d_x(RvLift *l, const RvInsn *in)
{
    rv_set_f(l, (unsigned)in->fd, ir_conv(&l->b, IR_bitcast, IR_F64, rv_x(l, (unsigned)in->rs1)));
}

void rv_trans_fsgnj(RvLift *l, const RvInsn *in)
{
    IrRef value = read_fp(l, in, in->fs1);
    if (in->op == RV_SIGN_COPY && in->fs1 == in->fs2) { /* fmv */
        write_fp(l, in, value);
        return;
    }
    IrRef sign = bits_const(l, in, 1ull << 63, 1u << 31);
    IrRef rest = bits_const(l, in, INT64_MAX, INT32_MAX);
    IrRef a = bits_of(l, in, value), b = bits_of(l, in, read_fp(l, in, in->fs2));
    if (in->op == RV_SIGN_NOT)
        b = ir_un(&l->b, IR_not, b);
    b = ir_bin(&l->b, IR_and, b, sign);
    if (in->op != RV_SIGN_XOR)
        a = ir_bin(&l->b, IR_and, a, rest);
    write_fp(l, in, from_bits(l, in, ir_bin(&l->b, in->op == RV_SIGN_XOR ? IR_xor : IR_or, a, b)));
}

/* ---- arithmetic ---- */

void rv_trans_farith(RvLift *l, const RvInsn *in)
{
    RvRounding rm = rv_rounding(l, in);
    IrRef a = read_fp(l, in, in->fs1), b = read_fp(l, in, in->fs2), r;
    if (rm == RV_RMM) {
        r = by_helper(l, in, (RvFpOp)(RV_FP_ADD + in->op - IR_fadd), rm, a, b, IR_NONE);
    } else {
        IrRef before = begin_rounding(l, rm);
        r = ir_bin(&l->b, (IrOp)in->op, a, b);
        end_rounding(l, before);
    }
    write_fp(l, in, r);
}

_Static_assert(IR_fsub == IR_fadd + 1 && IR_fmul == IR_fadd + 2 && IR_fdiv == IR_fadd + 3,
               "RvFpOp has the order of the IR's ops");

void rv_trans_fsqrt(RvLift *l, const RvInsn *in)
{
    RvRounding rm = rv_rounding(l, in);
    IrRef a = read_fp(l, in, in->fs1), r;
    if (rm == RV_RMM) {
        r = by_helper(l, in, RV_FP_SQRT, rm, a, IR_NONE, IR_NONE);
    } else {
        IrRef before = begin_rounding(l, rm);
        r = ir_un(&l->b, IR_fsqrt, a);
        end_rounding(l, before);
    }
    write_fp(l, in, r);
}

/* op: bit 0 negates the addend, bit 1 the product, and then the addend goes the other way. */
void rv_trans_fma(RvLift *l, const RvInsn *in)
{
    RvRounding rm = rv_rounding(l, in);
    IrRef a = read_fp(l, in, in->fs1), b = read_fp(l, in, in->fs2), c = read_fp(l, in, in->fs3), r;
    if (in->op & 2)
        a = ir_un(&l->b, IR_fneg, a);
    if (in->op & 1)
        c = ir_un(&l->b, IR_fneg, c);
    if (rm == RV_RMM) {
        r = by_helper(l, in, RV_FP_FMA, rm, a, b, c);
    } else {
        IrRef before = begin_rounding(l, rm);
        r = ir_tri(&l->b, IR_ffma, a, b, c);
        end_rounding(l, before);
    }
    write_fp(l, in, r);
}

/* ---- comparison ---- */

void rv_trans_fcompare(RvLift *l, const RvInsn *in)
{
    IrRef a = read_fp(l, in, in->fs1), b = read_fp(l, in, in->fs2);
    IrRef is = ir_fcmp(&l->b, (IrOp)in->op, a, b, in->op == IR_feq ? 0 : IR_F_SIGNAL);
    rv_compared(l, a, b);
    rv_set_x(l, (unsigned)in->rd, ir_conv(&l->b, IR_zext, IR_I64, is));
}

/* Of numbers, the smaller or larger, -0 below +0: taken in both orders the results differ only for
 * two zeros, and then by their sign. Of a NaN and a number, the number; of two NaNs, the default
 * one. */
void rv_trans_fminmax(RvLift *l, const RvInsn *in)
{
    IrRef a = read_fp(l, in, in->fs1), b = read_fp(l, in, in->fs2);
    l->known.raised = true;
    uint32_t odd = rv_block(l), plain = rv_block(l), done = rv_block(l);
    l->b.region->blocks.data[odd].cold = true;
    ir_br(&l->b, ir_fcmp(&l->b, IR_fun, a, b, 0), odd, plain);
    rv_enter(l, odd);
    IrRef nan = from_bits(l, in, bits_const(l, in, 0x7ff8ull << 48, 0x7fc00000));
    IrRef other = ir_select(&l->b, ir_fcmp(&l->b, IR_fun, b, b, 0), nan, b);
    write_fp(l, in, ir_select(&l->b, ir_fcmp(&l->b, IR_fun, a, a, 0), other, a));
    ir_jump(&l->b, done);
    rv_enter(l, plain);
    IrRef x = bits_of(l, in, ir_bin(&l->b, (IrOp)in->op, a, b));
    IrRef y = bits_of(l, in, ir_bin(&l->b, (IrOp)in->op, b, a));
    x = ir_bin(&l->b, in->op == IR_fminsel ? IR_or : IR_and, x, y);
    write_fp(l, in, from_bits(l, in, x));
    ir_jump(&l->b, done);
    rv_enter(l, done);
    l->known.f[in->fd] = l->known.single[in->fd] = IR_NONE;
}

/* One bit: 0 to 3 infinite, normal, subnormal, zero of negative sign, 4 to 7 the same backwards of
 * positive sign, 8 a signalling NaN, 9 a quiet one. */
void rv_trans_fclass(RvLift *l, const RvInsn *in)
{
    IrRef v = bits_of(l, in, read_fp(l, in, in->fs1));
    IrRef inf = bits_const(l, in, 0x7ffull << 52, 0xffu << 23);
    IrRef normal = bits_const(l, in, 1ull << 52, 1u << 23), zero = bits_const(l, in, 0, 0);
    IrRef magnitude = ir_bin(&l->b, IR_and, v, bits_const(l, in, INT64_MAX, INT32_MAX));
    IrRef kind =
        ir_select(&l->b, ir_cmp(&l->b, IR_ult, magnitude, normal), rv_const(l, 2), rv_const(l, 1));
    kind = ir_select(&l->b, ir_cmp(&l->b, IR_eq, magnitude, zero), rv_const(l, 3), kind);
    kind = ir_select(&l->b, ir_cmp(&l->b, IR_eq, magnitude, inf), rv_const(l, 0), kind);
    IrRef backwards = ir_bin(&l->b, IR_sub, rv_const(l, 7), kind);
    kind = ir_select(&l->b, ir_cmp(&l->b, IR_slt, v, zero), kind, backwards);
    IrRef quiet = ir_bin(&l->b, IR_and, v, bits_const(l, in, 1ull << 51, 1u << 22));
    IrRef nan = ir_select(&l->b, ir_cmp(&l->b, IR_eq, quiet, zero), rv_const(l, 8), rv_const(l, 9));
    kind = ir_select(&l->b, ir_cmp(&l->b, IR_ult, inf, magnitude), nan, kind);
    rv_set_x(l, (unsigned)in->rd, ir_bin(&l->b, IR_shl, rv_const(l, 1), kind));
}

/* ---- conversions ---- */

void rv_trans_fcvt_s_d(RvLift *l, const RvInsn *in)
{
    RvRounding rm = rv_rounding(l, in);
    IrRef a = rv_f(l, (unsigned)in->fs1), r;
    if (rm == RV_RMM) {
        IrRef zero = rv_const(l, 0);
        r = call_fp(l, in, RV_FP_NARROW, rm, ir_conv(&l->b, IR_bitcast, IR_I64, a), zero, zero);
        r = ir_conv(&l->b, IR_bitcast, IR_F32, ir_conv(&l->b, IR_trunc, IR_I32, r));
    } else {
        IrRef before = begin_rounding(l, rm);
        r = ir_conv(&l->b, IR_ftrunc, IR_F32, a);
        end_rounding(l, before);
    }
    rv_set_single(l, (unsigned)in->fd, r);
}

/* Exact, whatever the rounding mode. */
void rv_trans_fcvt_d_s(RvLift *l, const RvInsn *in)
{
    rv_set_f(l, (unsigned)in->fd, ir_conv(&l->b, IR_fext, IR_F64, rv_single(l, (unsigned)in->fs1)));
}

static IrOp from_int_op(const RvInsn *in)
{
    return in->op == RV_TO_W || in->op == RV_TO_L ? IR_sitof : IR_uitof;
}

/* As a rule the integer fits the significand, so that nothing is rounded: to change the mode takes
 * longer than to ask. */
static void from_int_rounded(RvLift *l, const RvInsn *in, IrRef v, RvRounding rm)
{
    IrType t = (IrType)ir_inst(l->b.region, v)->type;
    uint64_t most = in->wide ? (uint64_t)1 << 53 : 1 << 24;
    IrOp op = from_int_op(in);
    IrRef from_least = op == IR_sitof ? ir_bini(&l->b, IR_add, v, most) : v;
    IrRef range = ir_const(&l->b, t, op == IR_sitof ? 2 * most : most);
    uint32_t odd = rv_block(l), plain = rv_block(l), done = rv_block(l);
    l->b.region->blocks.data[odd].cold = true;
    ir_br(&l->b, ir_cmp(&l->b, IR_ule, from_least, range), plain, odd);
    rv_enter(l, odd);
    IrRef before = begin_rounding(l, rm);
    IrRef r = ir_conv(&l->b, op, fp_type(in), v);
    end_rounding(l, before);
    write_fp(l, in, r);
    ir_jump(&l->b, done);
    rv_enter(l, plain);
    write_fp(l, in, ir_conv(&l->b, op, fp_type(in), v));
    ir_jump(&l->b, done);
    rv_enter(l, done);
    l->known.f[in->fd] = l->known.single[in->fd] = IR_NONE;
}

void rv_trans_fcvt_from_int(RvLift *l, const RvInsn *in)
{
    RvRounding rm = rv_rounding(l, in);
    bool word = in->op == RV_TO_W || in->op == RV_TO_WU;
    IrRef v = rv_x(l, (unsigned)in->rs1), r;
    if (word && in->wide)
        rm = RV_CURRENT; /* exact */
    if (rm == RV_RMM) {
        IrRef zero = rv_const(l, 0);
        r = call_fp(l, in, RV_FP_FROM_INT + (unsigned)in->op, rm, v, zero, zero);
        r = from_bits(l, in, in->wide ? r : ir_conv(&l->b, IR_trunc, IR_I32, r));
        write_fp(l, in, r);
        return;
    }
    if (word)
        v = rv_w(l, (unsigned)in->rs1);
    if (rm == RV_CURRENT)
        write_fp(l, in, ir_conv(&l->b, from_int_op(in), fp_type(in), v));
    else
        from_int_rounded(l, in, v, rm);
}

/* Saturated; 32-bit results are sign-extended, unsigned ones too (20.7). */
void rv_trans_fcvt_to_int(RvLift *l, const RvInsn *in)
{
    IrOp op = in->op == RV_TO_W || in->op == RV_TO_L ? IR_fsatsi : IR_fsatui;
    IrType to = in->op == RV_TO_W || in->op == RV_TO_WU ? IR_I32 : IR_I64;
    IrRef v = ir_conv_round(&l->b, op, to, read_fp(l, in, in->fs1), rv_ir_round(l, in));
    rv_set_x(l, (unsigned)in->rd, to == IR_I64 ? v : ir_conv(&l->b, IR_sext, IR_I64, v));
}
