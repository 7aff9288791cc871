/* lift_fp.c: scalar floating point.
 *
 * Values are the IR's f32 and f64 under FP_MODEL_ARM, or an i16 that is a half-precision number.
 * What is in lane 0 of a register is read; what is written has zeros above.
 */
#include "frontend/aarch64/fp.h"
#include "frontend/aarch64/helpers.h"

/* ---- in software ---- */

IrRef a64_fp_call(A64Lift *l, const A64FpOp *op, IrRef a, IrRef b, IrRef c)
{
    IrRef operands[] = {a, b, c};
    for (unsigned k = 0; k < 3 && operands[k].i; k++)
        ir_put(&l->b, A64_SLOT_SOFT + k, operands[k]);
    uint32_t code = a64_fp_code(op);
    IrRef args[] = {ir_const(&l->b, IR_I32, code), ir_const(&l->b, IR_I32, op->fraction),
                    ir_fpctl_get(&l->b)};
    ir_call(&l->b, A64_HELPER_fp, args, 3);
    ir_fpctl_set(&l->b, ir_get(&l->b, A64_SLOT_FP_RESULT));
    return ir_get(&l->b, A64_SLOT_SOFT);
}

/* A scalar as a vector; none stays none. */
static IrRef in_vector(A64Lift *l, IrRef v)
{
    if (!v.i)
        return v;
    IrType type = (IrType)ir_inst(l->b.region, v)->type;
    if (type == IR_I16)
        v = ir_conv(&l->b, IR_zext, IR_I32, v);
    return ir_vlow(&l->b, v);
}

static IrRef call_scalar(A64Lift *l, const A64FpOp *op, IrRef a, IrRef b, IrRef c)
{
    IrRef v = a64_fp_call(l, op, in_vector(l, a), in_vector(l, b), in_vector(l, c));
    return ir_vextract(&l->b, (IrType)op->to, v, 0);
}

static bool is_soft(const A64Lift *l, IrType type)
{
    return type == IR_I16 || a64_fp_soft(l);
}

IrRef a64_fp_scalar(A64Lift *l, IrType type, IrOp op, unsigned cc, IrRef a, IrRef b, IrRef c)
{
    if (is_soft(l, type)) {
        A64FpOp soft = {.op = (uint16_t)op,
                        .from = (uint8_t)type,
                        .to = (uint8_t)type,
                        .lanes = 1,
                        .cc = (uint8_t)cc};
        return call_scalar(l, &soft, a, b, c);
    }
    return ir_emit(&l->b, &(IrInst){.op = (uint16_t)op,
                                    .type = (uint8_t)type,
                                    .cc = (uint8_t)cc,
                                    .nargs = ir_op_info[op].nargs,
                                    .arg = {a, b, c}});
}

/* ---- operands ---- */

static IrRef operand(A64Lift *l, const A64Insn *in, int reg)
{
    return a64_scalar(l, (IrType)in->type, (unsigned)reg);
}

static void result(A64Lift *l, const A64Insn *in, IrRef v)
{
    a64_set_scalar(l, (unsigned)in->rd, v);
}

/* ---- arithmetic ---- */

void a64_trans_fp_two(A64Lift *l, const A64Insn *in)
{
    IrRef a = operand(l, in, in->rn), b = operand(l, in, in->rm);
    result(l, in, a64_fp_scalar(l, (IrType)in->type, (IrOp)in->op, 0, a, b, IR_NONE));
}

static IrRef negated(A64Lift *l, IrRef v)
{
    IrType type = (IrType)ir_inst(l->b.region, v)->type;
    return type == IR_I16 ? ir_bini(&l->b, IR_xor, v, 0x8000) : ir_un(&l->b, IR_fneg, v);
}

/* A NaN's sign changes too. */
void a64_trans_fp_nmul(A64Lift *l, const A64Insn *in)
{
    IrRef a = operand(l, in, in->rn), b = operand(l, in, in->rm);
    IrRef product = a64_fp_scalar(l, (IrType)in->type, IR_fmul, 0, a, b, IR_NONE);
    result(l, in, negated(l, product));
}

void a64_trans_fp_madd(A64Lift *l, const A64Insn *in)
{
    IrRef n = operand(l, in, in->rn), m = operand(l, in, in->rm), a = operand(l, in, in->ra);
    if (in->negate_n)
        n = negated(l, n);
    if (in->negate_a)
        a = negated(l, a);
    result(l, in, a64_fp_scalar(l, (IrType)in->type, IR_ffma, 0, n, m, a));
}

void a64_trans_fp_sqrt(A64Lift *l, const A64Insn *in)
{
    IrRef a = operand(l, in, in->rn);
    result(l, in, a64_fp_scalar(l, (IrType)in->type, IR_fsqrt, 0, a, IR_NONE, IR_NONE));
}

void a64_trans_fp_sign(A64Lift *l, const A64Insn *in)
{
    IrRef a = operand(l, in, in->rn);
    if (in->op == IR_fneg)
        a = negated(l, a);
    else if (in->type == IR_I16)
        a = ir_bini(&l->b, IR_and, a, 0x7fff);
    else
        a = ir_un(&l->b, IR_fabs, a);
    result(l, in, a);
}

void a64_trans_fp_round(A64Lift *l, const A64Insn *in)
{
    IrRef a = operand(l, in, in->rn);
    IrType type = (IrType)in->type;
    result(l, in, a64_fp_scalar(l, type, IR_fround, (unsigned)in->round, a, IR_NONE, IR_NONE));
}

/* FRINT32Z and the like: `bits` of the integer that the result fits. */
void a64_trans_fp_round_int(A64Lift *l, const A64Insn *in)
{
    A64FpOp op = {.op = A64_FP_ROUND_INT,
                  .from = (uint8_t)in->type,
                  .to = (uint8_t)in->type,
                  .lanes = 1,
                  .cc = (uint8_t)in->round,
                  .fraction = (uint8_t)in->bits};
    result(l, in, call_scalar(l, &op, operand(l, in, in->rn), IR_NONE, IR_NONE));
}

/* ---- comparison ---- */

/* Half-precision operands are compared as what they are in single precision, and flushed ones as
 * zeros, so that the IR's comparison of the two says and raises what is left to. */
static IrRef compared(A64Lift *l, const A64Insn *in, IrRef v)
{
    if (!is_soft(l, (IrType)in->type))
        return v;
    A64FpOp op = {.op = A64_FP_FLUSH,
                  .from = (uint8_t)in->type,
                  .to = in->type == IR_I16 ? IR_F32 : (uint8_t)in->type,
                  .lanes = 1};
    return call_scalar(l, &op, v, IR_NONE, IR_NONE);
}

static IrRef zero(A64Lift *l, const A64Insn *in)
{
    return ir_const(&l->b, in->type == IR_I16 ? IR_F32 : (IrType)in->type, 0);
}

void a64_trans_fp_cmp(A64Lift *l, const A64Insn *in)
{
    IrRef a = compared(l, in, operand(l, in, in->rn)), b = compared(l, in, operand(l, in, in->rm));
    a64_flags_set_fcmp(l, a, b, in->signals);
}

void a64_trans_fp_cmp_zero(A64Lift *l, const A64Insn *in)
{
    IrRef a = compared(l, in, operand(l, in, in->rn));
    a64_flags_set_fcmp(l, a, zero(l, in), in->signals);
}

/* Where the condition does not hold nothing is raised: zero is compared with itself. */
void a64_trans_fp_ccmp(A64Lift *l, const A64Insn *in)
{
    IrRef cond = a64_flags_cond(l, (unsigned)in->cond);
    IrRef a = operand(l, in, in->rn), b = operand(l, in, in->rm);
    IrRef none = ir_const(&l->b, (IrType)in->type, 0);
    a = compared(l, in, ir_select(&l->b, cond, a, none));
    b = compared(l, in, ir_select(&l->b, cond, b, none));
    a64_flags_set_fcmp(l, a, b, in->signals);
    a64_flags_unless(l, cond, (unsigned)in->nzcv);
}

void a64_trans_fp_csel(A64Lift *l, const A64Insn *in)
{
    bool negated = false;
    IrRef cond = a64_flags_cond_or_not(l, (unsigned)in->cond, &negated);
    IrRef yes = operand(l, in, negated ? in->rm : in->rn);
    IrRef no = operand(l, in, negated ? in->rn : in->rm);
    result(l, in, ir_select(&l->b, cond, yes, no));
}

/* ---- moves ---- */

void a64_trans_fp_mov(A64Lift *l, const A64Insn *in)
{
    result(l, in, operand(l, in, in->rn));
}

uint64_t a64_fp_expand_imm(IrType type, unsigned imm8)
{
    unsigned exponent_bits = type == IR_F64 ? 11 : type == IR_F32 ? 8 : 5;
    unsigned bits = ir_type_bits(type), top = imm8 >> 6 & 1;
    uint64_t copies = top ? (1ull << (exponent_bits - 3)) - 1 : 0;
    uint64_t v = imm8 >> 7;
    v = v << 1 | !top;
    v = v << (exponent_bits - 3) | copies;
    v = v << 6 | (imm8 & 63);
    return v << (bits - exponent_bits - 5);
}

void a64_trans_fp_mov_imm(A64Lift *l, const A64Insn *in)
{
    IrType type = (IrType)in->type;
    result(l, in, ir_const(&l->b, type, a64_fp_expand_imm(type, (unsigned)in->imm8)));
}

void a64_trans_fp_to_gpr(A64Lift *l, const A64Insn *in)
{
    IrRef v = operand(l, in, in->rn);
    if (in->type == IR_I16)
        v = ir_conv(&l->b, IR_zext, in->wide ? IR_I64 : IR_I32, v);
    a64_set_r(l, in->wide, (unsigned)in->rd, v);
}

void a64_trans_fp_from_gpr(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_x(l, (unsigned)in->rn);
    if (in->type != IR_I64)
        v = ir_conv(&l->b, IR_trunc, (IrType)in->type, v);
    result(l, in, v);
}

void a64_trans_fp_from_high(A64Lift *l, const A64Insn *in)
{
    a64_set_x(l, (unsigned)in->rd, ir_vextract(&l->b, IR_I64, a64_v(l, (unsigned)in->rn), 1));
}

void a64_trans_fp_to_high(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_v(l, (unsigned)in->rd);
    a64_set_v(l, (unsigned)in->rd, ir_vinsert(&l->b, IR_I64, v, a64_x(l, (unsigned)in->rn), 1));
}

/* ---- conversions ---- */

static IrRef converted(A64Lift *l, const A64FpOp *op, IrRef v)
{
    bool half = (op->from == IR_I16) || (op->to == IR_I16);
    if (half || a64_fp_soft(l))
        return call_scalar(l, op, v, IR_NONE, IR_NONE);
    return ir_conv_round(&l->b, (IrOp)op->op, (IrType)op->to, v, (IrRound)op->cc);
}

/* Between half and single precision, and to double: exact on the way. */
static IrRef half_converted(A64Lift *l, const A64Insn *in)
{
    bool widens = in->type == IR_I16;
    IrInst op = {.op = widens ? IR_vf16tof32 : IR_vf32tof16,
                 .type = IR_V128,
                 .lane = widens ? IR_I16 : IR_F32,
                 .nargs = 1,
                 .arg = {in_vector(l, operand(l, in, in->rn))}};
    IrRef v = ir_vextract(&l->b, widens ? IR_F32 : IR_I16, ir_emit(&l->b, &op), 0);
    return in->to == IR_F64 ? ir_conv(&l->b, IR_fext, IR_F64, v) : v;
}

void a64_trans_fp_cvt(A64Lift *l, const A64Insn *in)
{
    bool half = in->type == IR_I16 || (in->to == IR_I16 && in->type == IR_F32);
    if (half && !a64_fp_soft(l) && !(l->mode & A64_MODE_AHP)) {
        result(l, in, half_converted(l, in));
        return;
    }
    A64FpOp op = {.op = in->to == IR_F64 ? IR_fext : IR_ftrunc,
                  .from = (uint8_t)in->type,
                  .to = (uint8_t)in->to,
                  .lanes = 1};
    result(l, in, converted(l, &op, operand(l, in, in->rn)));
}

static A64FpOp between(const A64Insn *in, bool to_int)
{
    uint8_t general = in->wide ? IR_I64 : IR_I32, fp = (uint8_t)in->type;
    return (A64FpOp){.op = (uint16_t)in->op,
                     .from = to_int ? fp : general,
                     .to = to_int ? general : fp,
                     .lanes = 1,
                     .cc = IR_ROUND_CURRENT};
}

void a64_trans_fp_to_int(A64Lift *l, const A64Insn *in)
{
    A64FpOp op = between(in, true);
    op.cc = (uint8_t)in->round;
    a64_set_r(l, in->wide, (unsigned)in->rd, converted(l, &op, operand(l, in, in->rn)));
}

void a64_trans_fp_from_int(A64Lift *l, const A64Insn *in)
{
    A64FpOp op = between(in, false);
    result(l, in, converted(l, &op, a64_r(l, in->wide, (unsigned)in->rn)));
}

/* 2^n, n from -64 to 64 */
static IrRef power(A64Lift *l, IrType type, int n)
{
    uint64_t bits = type == IR_F64 ? (uint64_t)(1023 + n) << 52 : (uint64_t)(127 + n) << 23;
    return ir_const(&l->b, type, bits);
}

static unsigned fraction_bits(const A64Insn *in)
{
    return (in->wide ? 64 : 32) - (unsigned)in->scale;
}

/* Multiplied by a power of two, which is exact: from 2^64 on nothing fits anyhow, and the product
 * might overflow. */
void a64_trans_fp_to_fixed(A64Lift *l, const A64Insn *in)
{
    A64FpOp op = between(in, true);
    IrType type = (IrType)in->type;
    IrRef v = operand(l, in, in->rn), r;
    unsigned fraction = fraction_bits(in);
    op.cc = IR_ROUND_ZERO;
    if (is_soft(l, type)) {
        op.fraction = (uint8_t)fraction;
        r = call_scalar(l, &op, v, IR_NONE, IR_NONE);
    } else {
        IrType bits = type == IR_F64 ? IR_I64 : IR_I32;
        IrRef magnitude = ir_conv(&l->b, IR_bitcast, bits, ir_un(&l->b, IR_fabs, v));
        IrRef limit = ir_conv(&l->b, IR_bitcast, bits, power(l, type, 64));
        IrRef factor = ir_select(&l->b, ir_cmp(&l->b, IR_ult, magnitude, limit),
                                 power(l, type, (int)fraction), power(l, type, 0));
        r = converted(l, &op, ir_bin(&l->b, IR_fmul, v, factor));
    }
    a64_set_r(l, in->wide, (unsigned)in->rd, r);
}

/* Rounded once: the division is exact. */
void a64_trans_fp_from_fixed(A64Lift *l, const A64Insn *in)
{
    A64FpOp op = between(in, false);
    IrType type = (IrType)in->type;
    IrRef v = a64_r(l, in->wide, (unsigned)in->rn), r;
    if (is_soft(l, type)) {
        op.fraction = (uint8_t)fraction_bits(in);
        r = call_scalar(l, &op, v, IR_NONE, IR_NONE);
    } else {
        r = converted(l, &op, v);
        r = ir_bin(&l->b, IR_fmul, r, power(l, type, -(int)fraction_bits(in)));
    }
    result(l, in, r);
}

/* The helper gives the integer, and Z at bit 62. */
void a64_trans_fp_jcvt(A64Lift *l, const A64Insn *in)
{
    IrRef args[] = {a64_scalar(l, IR_I64, (unsigned)in->rn), ir_fpctl_get(&l->b)};
    IrRef r = ir_call(&l->b, A64_HELPER_jcvt, args, 2);
    ir_fpctl_set(&l->b, ir_get(&l->b, A64_SLOT_FP_RESULT));
    a64_set_x(l, (unsigned)in->rd, ir_bini(&l->b, IR_and, r, UINT32_MAX));
    a64_flags_set_bits(l, ir_bini(&l->b, IR_shr, r, 32));
}
