/* lift_vfp.c: Advanced SIMD on floating-point lanes, and its scalar forms.
 *
 * Forms of 64 bits and scalars are done as forms of 128 bits whose operands have zeros above, so
 * that nothing is raised there, and the result's are cleared. Half precision and what the IR has no
 * op for is one call (fp.h).
 */
#include "frontend/aarch64/fp.h"
#include "ir/base/bits.h"

/* The lanes that an instruction is about. */
typedef struct Shape {
    IrType lane; /* IR_I16: half precision */
    unsigned lanes;
    bool whole; /* 128 bits */
} Shape;

static Shape shape_of(const A64Insn *in)
{
    IrType lane = (IrType)in->type;
    unsigned lanes = in->scalar ? 1 : (in->q ? 128u : 64u) / ir_type_bits(lane);
    return (Shape){lane, lanes, lanes * ir_type_bits(lane) == 128};
}

static IrType int_lane(IrType lane)
{
    return lane == IR_F64 ? IR_I64 : lane == IR_F32 ? IR_I32 : lane;
}

/* v with zeros above its lanes. */
static IrRef cut(A64Lift *l, Shape s, IrRef v)
{
    unsigned bits = s.lanes * ir_type_bits(s.lane);
    if (s.whole)
        return v;
    if (bits == 64)
        return ir_vlow(&l->b, ir_vextract(&l->b, IR_F64, v, 0));
    if (bits == 32)
        return ir_vlow(&l->b, ir_vextract(&l->b, IR_F32, v, 0));
    IrRef half = ir_vextract(&l->b, IR_I16, v, 0);
    return ir_vlow(&l->b, ir_conv(&l->b, IR_zext, IR_I32, half));
}

/* Operands are cut where lanes above would be computed. */
static IrRef operand(A64Lift *l, Shape s, int reg)
{
    IrRef v = a64_v(l, (unsigned)reg);
    return s.lane == IR_I16 || a64_fp_soft(l) ? v : cut(l, s, v);
}

static void result(A64Lift *l, const A64Insn *in, Shape s, IrRef v)
{
    a64_set_v(l, (unsigned)in->rd, cut(l, s, v));
}

/* The same bits in every lane. */
static IrRef constant(A64Lift *l, Shape s, uint64_t bits)
{
    uint8_t bytes[16];
    unsigned width = ir_type_bits(s.lane) / 8;
    for (unsigned k = 0; k < 16; k++)
        bytes[k] = (uint8_t)(bits >> 8 * (k % width));
    return ir_vconst(&l->b, bytes);
}

static uint64_t sign_of(Shape s)
{
    return 1ull << (ir_type_bits(s.lane) - 1);
}

static IrRef logic(A64Lift *l, IrOp op, IrRef a, IrRef b)
{
    return ir_emit(
        &l->b,
        &(IrInst){.op = (uint16_t)op, .type = IR_V128, .lane = IR_I64, .nargs = 2, .arg = {a, b}});
}

static IrRef negated(A64Lift *l, Shape s, IrRef v)
{
    return logic(l, IR_vxor, v, constant(l, s, sign_of(s)));
}

static IrRef magnitude(A64Lift *l, Shape s, IrRef v)
{
    return logic(l, IR_vand, v, constant(l, s, sign_of(s) - 1));
}

/* ---- operations ---- */

static IrRef vector_op(A64Lift *l, IrOp op, IrType lane, unsigned cc, IrRef a, IrRef b, IrRef c)
{
    return ir_emit(&l->b, &(IrInst){.op = (uint16_t)op,
                                    .type = IR_V128,
                                    .lane = (uint8_t)lane,
                                    .cc = (uint8_t)cc,
                                    .nargs = ir_op_info[op].nargs,
                                    .arg = {a, b, c}});
}

/* The IR's vector op for one on scalars. */
static IrOp vector_of(unsigned op)
{
    static const uint16_t of[] = {
        [IR_fadd] = IR_vfadd,     [IR_fsub] = IR_vfsub,     [IR_fmul] = IR_vfmul,
        [IR_fdiv] = IR_vfdiv,     [IR_ffma] = IR_vffma,     [IR_fsqrt] = IR_vfsqrt,
        [IR_fmin] = IR_vfmin,     [IR_fmax] = IR_vfmax,     [IR_fminnm] = IR_vfminnm,
        [IR_fmaxnm] = IR_vfmaxnm, [IR_fround] = IR_vfround,
    };
    return (IrOp)of[op];
}

static IrRef call(A64Lift *l, Shape s, unsigned op, unsigned cc, IrRef a, IrRef b, IrRef c)
{
    A64FpOp soft = {.op = (uint16_t)op,
                    .from = (uint8_t)s.lane,
                    .to = (uint8_t)s.lane,
                    .lanes = (uint8_t)s.lanes,
                    .cc = (uint8_t)cc};
    return a64_fp_call(l, &soft, a, b, c);
}

static bool is_soft(const A64Lift *l, Shape s)
{
    return s.lane == IR_I16 || a64_fp_soft(l);
}

/* Lanes above a divisor's become ones. */
static IrRef filled(A64Lift *l, Shape s, IrRef v)
{
    uint8_t mask[16];
    IrRef one = constant(l, s, a64_fp_expand_imm(s.lane, 0x70));
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(k < 8 ? k : 16 + k);
    return s.whole ? v : ir_vshuf(&l->b, v, one, mask);
}

/* An op by lane; c: none unless it has three operands. */
static IrRef lanes_op(A64Lift *l, Shape s, unsigned op, unsigned cc, IrRef a, IrRef b, IrRef c)
{
    if (is_soft(l, s) || op >= IR_OP_COUNT)
        return call(l, s, op, cc, a, b, c);
    if (op == IR_fdiv)
        b = filled(l, s, b);
    return vector_op(l, vector_of(op), s.lane, cc, a, b, c);
}

void a64_trans_vfp_two(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn), b = operand(l, s, in->rm);
    result(l, in, s, lanes_op(l, s, (unsigned)in->op, 0, a, b, IR_NONE));
}

void a64_trans_vfp_one(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn);
    result(l, in, s, lanes_op(l, s, (unsigned)in->op, (unsigned)in->round, a, IR_NONE, IR_NONE));
}

void a64_trans_vfp_round_int(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    A64FpOp op = {.op = A64_FP_ROUND_INT,
                  .from = (uint8_t)s.lane,
                  .to = (uint8_t)s.lane,
                  .lanes = (uint8_t)s.lanes,
                  .cc = (uint8_t)in->round,
                  .fraction = (uint8_t)in->bits};
    result(l, in, s, a64_fp_call(l, &op, operand(l, s, in->rn), IR_NONE, IR_NONE));
}

void a64_trans_vfp_sign(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn);
    result(l, in, s, in->op == IR_fneg ? negated(l, s, a) : magnitude(l, s, a));
}

void a64_trans_vfp_abd(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn), b = operand(l, s, in->rm);
    result(l, in, s, magnitude(l, s, lanes_op(l, s, IR_fsub, 0, a, b, IR_NONE)));
}

static void multiply_add(A64Lift *l, const A64Insn *in, Shape s, IrRef b)
{
    IrRef a = operand(l, s, in->rn), sum = operand(l, s, in->rd);
    if (in->negate)
        a = negated(l, s, a);
    result(l, in, s, lanes_op(l, s, IR_ffma, 0, a, b, sum));
}

void a64_trans_vfp_mla(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    multiply_add(l, in, s, operand(l, s, in->rm));
}

/* ---- one lane of the second operand ---- */

static IrRef element(A64Lift *l, const A64Insn *in, Shape s)
{
    uint8_t mask[16];
    unsigned width = ir_type_bits(s.lane) / 8;
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)((unsigned)in->index * width + k % width);
    IrRef v = a64_v(l, (unsigned)in->rm);
    v = ir_vshuf(&l->b, v, v, mask);
    return is_soft(l, s) ? v : cut(l, s, v);
}

void a64_trans_vfp_two_element(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn), b = element(l, in, s);
    result(l, in, s, lanes_op(l, s, (unsigned)in->op, 0, a, b, IR_NONE));
}

void a64_trans_vfp_mla_element(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    multiply_add(l, in, s, element(l, in, s));
}

/* ---- neighbours ---- */

/* Lanes 2n + odd of a, then of b. */
static IrRef every_other(A64Lift *l, Shape s, bool odd, IrRef a, IrRef b)
{
    uint8_t mask[16];
    unsigned width = ir_type_bits(s.lane) / 8, half = s.lanes / 2;
    for (unsigned k = 0; k < 16; k++) {
        unsigned lane = k / width, from = lane < half ? lane : lane - half;
        mask[k] = (uint8_t)((2 * from + odd) * width + k % width + (lane < half ? 0 : 16));
        if (lane >= s.lanes)
            mask[k] = 0x80;
    }
    return ir_vshuf(&l->b, a, b, mask);
}

static IrRef pairs(A64Lift *l, Shape s, unsigned op, IrRef a, IrRef b)
{
    IrRef even = every_other(l, s, false, a, b), odd = every_other(l, s, true, a, b);
    return lanes_op(l, s, op, 0, even, odd, IR_NONE);
}

void a64_trans_vfp_pair(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = a64_v(l, (unsigned)in->rn), b = a64_v(l, (unsigned)in->rm);
    result(l, in, s, pairs(l, s, (unsigned)in->op, a, b));
}

/* Lanes 0 and 1 of v. */
static IrRef first_two(A64Lift *l, IrType lane, unsigned op, IrRef v)
{
    IrRef a = ir_vextract(&l->b, lane, v, 0), b = ir_vextract(&l->b, lane, v, 1);
    return a64_fp_scalar(l, lane, (IrOp)op, 0, a, b, IR_NONE);
}

void a64_trans_vfp_pair_of(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_v(l, (unsigned)in->rn);
    a64_set_scalar(l, (unsigned)in->rd, first_two(l, (IrType)in->type, (unsigned)in->op, v));
}

/* Neighbours first, then those (Reduce). */
void a64_trans_vfp_across(A64Lift *l, const A64Insn *in)
{
    IrType lane = (IrType)in->type;
    IrRef v = a64_v(l, (unsigned)in->rn), none = ir_vconst(&l->b, (uint8_t[16]){0});
    unsigned lanes = (in->q ? 128u : 64u) / ir_type_bits(lane);
    for (; lanes > 2; lanes /= 2) {
        Shape s = {lane, lanes, lanes * ir_type_bits(lane) == 128};
        Shape half = {lane, lanes / 2, false};
        IrRef even = every_other(l, s, false, v, none), odd = every_other(l, s, true, v, none);
        v = lanes_op(l, half, (unsigned)in->op, 0, even, odd, IR_NONE);
    }
    a64_set_scalar(l, (unsigned)in->rd, first_two(l, lane, (unsigned)in->op, v));
}

/* ---- comparison: all ones where it holds ---- */

static IrRef compare(A64Lift *l, Shape s, unsigned relation, IrRef a, IrRef b)
{
    if (is_soft(l, s))
        return call(l, s, A64_FP_COMPARE, relation, a, b, IR_NONE);
    return vector_op(l, IR_vfcmp, s.lane, relation, a, b, IR_NONE);
}

/* "Greater" is less the other way round. */
static IrRef compared(A64Lift *l, Shape s, unsigned relation, IrRef a, IrRef b)
{
    return relation == IR_FCMP_EQ ? compare(l, s, relation, a, b) : compare(l, s, relation, b, a);
}

void a64_trans_vfp_cmp(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn), b = operand(l, s, in->rm);
    result(l, in, s, compared(l, s, (unsigned)in->op, a, b));
}

void a64_trans_vfp_cmp_abs(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = magnitude(l, s, operand(l, s, in->rn)), b = magnitude(l, s, operand(l, s, in->rm));
    result(l, in, s, compared(l, s, (unsigned)in->op, a, b));
}

/* left: zero is the left operand. */
void a64_trans_vfp_cmp_zero(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn), zero = constant(l, s, 0);
    result(l, in, s, compare(l, s, (unsigned)in->op, in->left ? zero : a, in->left ? a : zero));
}

/* ---- conversions ---- */

static A64FpOp conversion(const A64Insn *in, Shape s, bool to_int)
{
    uint8_t number = (uint8_t)s.lane, integer = (uint8_t)int_lane(s.lane);
    return (A64FpOp){.op = (uint16_t)in->op,
                     .from = to_int ? number : integer,
                     .to = to_int ? integer : number,
                     .lanes = (uint8_t)s.lanes};
}

static IrRef to_int(A64Lift *l, const A64Insn *in, Shape s, unsigned round, unsigned fraction,
                    IrRef v)
{
    if (is_soft(l, s)) {
        A64FpOp op = conversion(in, s, true);
        op.cc = (uint8_t)round;
        op.fraction = (uint8_t)fraction;
        return a64_fp_call(l, &op, v, IR_NONE, IR_NONE);
    }
    if (s.lanes == 1) {
        IrRef x = ir_vextract(&l->b, s.lane, v, 0);
        x = ir_conv_round(&l->b, (IrOp)in->op, int_lane(s.lane), x, (IrRound)round);
        return ir_vlow(&l->b, x);
    }
    IrOp op = in->op == IR_fsatsi ? IR_vfsatsi : IR_vfsatui;
    return vector_op(l, op, s.lane, round, v, IR_NONE, IR_NONE);
}

static IrRef from_int(A64Lift *l, const A64Insn *in, Shape s, unsigned fraction, IrRef v)
{
    IrType lane = int_lane(s.lane);
    if (is_soft(l, s)) {
        A64FpOp op = conversion(in, s, false);
        op.fraction = (uint8_t)fraction;
        return a64_fp_call(l, &op, v, IR_NONE, IR_NONE);
    }
    if (s.lanes == 1) {
        IrRef x = ir_vextract(&l->b, lane, v, 0);
        return ir_vlow(&l->b, ir_conv(&l->b, (IrOp)in->op, s.lane, x));
    }
    IrOp op = in->op == IR_uitof ? IR_vuitof : lane == IR_I64 ? IR_vsitof : IR_vi32tof32;
    return vector_op(l, op, lane, 0, v, IR_NONE, IR_NONE);
}

void a64_trans_vfp_to_int(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    result(l, in, s, to_int(l, in, s, (unsigned)in->round, 0, operand(l, s, in->rn)));
}

void a64_trans_vfp_from_int(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    result(l, in, s, from_int(l, in, s, 0, operand(l, s, in->rn)));
}

static uint64_t power(Shape s, int n)
{
    return s.lane == IR_F64 ? (uint64_t)(1023 + n) << 52 : (uint64_t)(127 + n) << 23;
}

static unsigned fraction_of(const A64Insn *in, Shape s)
{
    return ir_type_bits(s.lane) - (unsigned)in->scale;
}

/* As in lift_fp.c: what is 2^64 and more is not multiplied. */
void a64_trans_vfp_to_fixed(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef v = operand(l, s, in->rn);
    unsigned fraction = fraction_of(in, s);
    if (!is_soft(l, s)) {
        IrRef small = vector_op(l, IR_vcmpgts, int_lane(s.lane), 0, constant(l, s, power(s, 64)),
                                magnitude(l, s, v), IR_NONE);
        IrRef yes = logic(l, IR_vand, small, constant(l, s, power(s, (int)fraction)));
        IrRef no = logic(l, IR_vandn, small, constant(l, s, power(s, 0)));
        v = lanes_op(l, s, IR_fmul, 0, v, logic(l, IR_vor, yes, no), IR_NONE);
    }
    result(l, in, s, to_int(l, in, s, IR_ROUND_ZERO, fraction, v));
}

void a64_trans_vfp_from_fixed(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    unsigned fraction = fraction_of(in, s);
    IrRef v = from_int(l, in, s, fraction, operand(l, s, in->rn));
    if (!is_soft(l, s))
        v = lanes_op(l, s, IR_fmul, 0, v, constant(l, s, power(s, -(int)fraction)), IR_NONE);
    result(l, in, s, v);
}

/* ---- lanes of another width ---- */

/* The alternative half-precision format, NaNs and denormals as FPCR wants them. */
static bool soft_width(const A64Lift *l, int half)
{
    return a64_fp_soft(l) || (half == IR_I16 && (l->mode & A64_MODE_AHP));
}

/* q: of the upper half. */
void a64_trans_vfp_long(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_v(l, (unsigned)in->rn);
    A64FpOp op = {.op = IR_fext,
                  .from = (uint8_t)in->type,
                  .to = (uint8_t)in->to,
                  .lanes = in->to == IR_F64 ? 2 : 4};
    if (in->q)
        v = ir_vlow(&l->b, ir_vextract(&l->b, IR_F64, v, 1));
    if (soft_width(l, in->type))
        v = a64_fp_call(l, &op, v, IR_NONE, IR_NONE);
    else if (in->type == IR_I16)
        v = vector_op(l, IR_vf16tof32, IR_I16, 0, v, IR_NONE, IR_NONE);
    else
        v = vector_op(l, IR_vf32tof64, IR_F32, 0, v, IR_NONE, IR_NONE);
    a64_set_v(l, (unsigned)in->rd, v);
}

/* In the lower half, zeros above. */
static IrRef narrowed(A64Lift *l, const A64Insn *in, IrRef v)
{
    A64FpOp op = {.op = (uint16_t)in->op,
                  .from = (uint8_t)in->type,
                  .to = (uint8_t)in->to,
                  .lanes = in->type == IR_F64 ? 2 : 4};
    if (soft_width(l, in->to) || in->op >= (int)IR_OP_COUNT)
        return a64_fp_call(l, &op, v, IR_NONE, IR_NONE);
    if (in->to == IR_I16)
        return vector_op(l, IR_vf32tof16, IR_F32, 0, v, IR_NONE, IR_NONE);
    return vector_op(l, IR_vf64tof32, IR_F64, 0, v, IR_NONE, IR_NONE);
}

/* q: into the upper half, the lower one stays. */
void a64_trans_vfp_narrow(A64Lift *l, const A64Insn *in)
{
    IrRef v = narrowed(l, in, a64_v(l, (unsigned)in->rn));
    if (in->q) {
        IrRef low = ir_vextract(&l->b, IR_F64, v, 0);
        v = ir_vinsert(&l->b, IR_F64, a64_v(l, (unsigned)in->rd), low, 1);
    }
    a64_set_v(l, (unsigned)in->rd, v);
}

void a64_trans_vfp_narrow_scalar(A64Lift *l, const A64Insn *in)
{
    A64FpOp op = {.op = A64_FP_TO_ODD, .from = IR_F64, .to = IR_F32, .lanes = 1};
    a64_set_v(l, (unsigned)in->rd,
              a64_fp_call(l, &op, a64_v(l, (unsigned)in->rn), IR_NONE, IR_NONE));
}

void a64_trans_vfp_int_estimate(A64Lift *l, const A64Insn *in)
{
    A64FpOp op = {.op = (uint16_t)in->op, .from = IR_I32, .to = IR_I32, .lanes = in->q ? 4 : 2};
    a64_set_v(l, (unsigned)in->rd,
              a64_fp_call(l, &op, a64_v(l, (unsigned)in->rn), IR_NONE, IR_NONE));
}

/* ---- complex numbers: pairs of lanes, the real part first ---- */

/* Lane n of the result: lane (n with its lowest bit `low` replaced: 0, 1, or swapped). */
typedef enum Part { PART_REAL, PART_IMAGINARY, PART_SWAPPED, PART_BOTH } Part;

static IrRef parts(A64Lift *l, Shape s, Part part, IrRef v)
{
    uint8_t mask[16];
    unsigned width = ir_type_bits(s.lane) / 8;
    for (unsigned k = 0; k < 16; k++) {
        unsigned n = k / width;
        n = part == PART_REAL        ? n & ~1u
            : part == PART_IMAGINARY ? n | 1
            : part == PART_SWAPPED   ? n ^ 1
                                     : n;
        mask[k] = (uint8_t)(n * width + k % width);
    }
    return ir_vshuf(&l->b, v, v, mask);
}

/* Negates the real parts, the imaginary ones, or both. */
static IrRef negated_parts(A64Lift *l, Shape s, bool real, bool imaginary, IrRef v)
{
    uint8_t bytes[16] = {0};
    unsigned width = ir_type_bits(s.lane) / 8;
    for (unsigned k = width - 1; k < 16; k += width)
        bytes[k] = ((k / width) & 1 ? imaginary : real) ? 0x80 : 0;
    return logic(l, IR_vxor, v, ir_vconst(&l->b, bytes));
}

/* The second operand turned by 90 or, rot, 270 degrees. */
void a64_trans_vfp_cadd(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    IrRef a = operand(l, s, in->rn), b = parts(l, s, PART_SWAPPED, operand(l, s, in->rm));
    b = negated_parts(l, s, in->rot == 0, in->rot != 0, b);
    result(l, in, s, lanes_op(l, s, IR_fadd, 0, a, b, IR_NONE));
}

/* The real or the imaginary part of a times b turned by rot * 90 degrees. */
static void complex_multiply_add(A64Lift *l, const A64Insn *in, Shape s, IrRef b)
{
    bool odd = in->rot & 1;
    IrRef a = parts(l, s, odd ? PART_IMAGINARY : PART_REAL, operand(l, s, in->rn));
    b = parts(l, s, odd ? PART_SWAPPED : PART_BOTH, b);
    b = negated_parts(l, s, in->rot == 1 || in->rot == 2, in->rot == 2 || in->rot == 3, b);
    result(l, in, s, lanes_op(l, s, IR_ffma, 0, a, b, operand(l, s, in->rd)));
}

void a64_trans_vfp_cmla(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    complex_multiply_add(l, in, s, operand(l, s, in->rm));
}

void a64_trans_vfp_cmla_element(A64Lift *l, const A64Insn *in)
{
    Shape s = shape_of(in);
    uint8_t mask[16];
    unsigned width = ir_type_bits(s.lane) / 4; /* of a pair */
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)((unsigned)in->index * width + k % width);
    IrRef v = a64_v(l, (unsigned)in->rm);
    v = ir_vshuf(&l->b, v, v, mask);
    complex_multiply_add(l, in, s, is_soft(l, s) ? v : cut(l, s, v));
}
