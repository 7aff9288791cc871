/* lift_simd_rows.c: rows that name what they compute in f: operands are fetched and results written
 * for each shape of row (an arrangement, a scalar, an element for all lanes, narrowing, widening).
 */
#include "frontend/aarch64/simd.h"

static SimdFn *const fns[] = {
#define SIMD(name) [SIMD_##name] = simd_##name,
#include "frontend/aarch64/simd_ops.def"
#undef SIMD
};

void simd_qc(A64Lift *l, const SimdArgs *x, IrRef v)
{
    IrRef counted = x->bits == 128 ? v : simd_low(l, v, x->bits);
    IrRef qc = ir_get(&l->b, A64_SLOT_QC);
    ir_put(&l->b, A64_SLOT_QC, simd_op(l, IR_vor, IR_I64, qc, counted));
}

IrRef simd_saturated(A64Lift *l, const SimdArgs *x, IrRef got, IrRef exact)
{
    simd_qc(l, x, simd_op(l, IR_vxor, IR_I64, got, exact));
    return got;
}

static void result(A64Lift *l, const A64Insn *in, const SimdArgs *x, unsigned bits)
{
    IrRef v = fns[in->f](l, x);
    a64_set_v(l, (unsigned)in->rd, bits == 128 ? v : simd_low(l, v, bits));
}

static IrType scalar_lane(const A64Insn *in)
{
    return (IrType)(IR_I8 + in->e);
}

static unsigned whole_or_half(bool whole)
{
    return whole ? 128 : 64;
}

/* ---- one kind ---- */

static void same(A64Lift *l, const A64Insn *in, IrType lane, unsigned bits, IrRef b)
{
    SimdArgs x = {.lane = lane, .bits = bits, .d = simd_d(l, in), .a = simd_n(l, in), .b = b};
    result(l, in, &x, bits);
}

void a64_trans_simd_f(A64Lift *l, const A64Insn *in)
{
    same(l, in, simd_lane(in), whole_or_half(simd_whole(in)), simd_m(l, in));
}

void a64_trans_simd_fq(A64Lift *l, const A64Insn *in)
{
    same(l, in, (IrType)in->type, whole_or_half(in->q), simd_m(l, in));
}

void a64_trans_simd_f_scalar(A64Lift *l, const A64Insn *in)
{
    same(l, in, scalar_lane(in), ir_type_bits(scalar_lane(in)), simd_m(l, in));
}

void a64_trans_simd_f1(A64Lift *l, const A64Insn *in)
{
    same(l, in, simd_lane(in), whole_or_half(simd_whole(in)), IR_NONE);
}

void a64_trans_simd_f1q(A64Lift *l, const A64Insn *in)
{
    same(l, in, (IrType)in->type, whole_or_half(in->q), IR_NONE);
}

void a64_trans_simd_f1_scalar(A64Lift *l, const A64Insn *in)
{
    same(l, in, scalar_lane(in), ir_type_bits(scalar_lane(in)), IR_NONE);
}

static IrRef element(A64Lift *l, const A64Insn *in)
{
    return simd_splat_lane(l, (IrType)in->type, simd_m(l, in), (unsigned)in->i);
}

void a64_trans_simd_elt(A64Lift *l, const A64Insn *in)
{
    same(l, in, (IrType)in->type, whole_or_half(in->q), element(l, in));
}

void a64_trans_simd_elt_scalar(A64Lift *l, const A64Insn *in)
{
    same(l, in, (IrType)in->type, ir_type_bits((IrType)in->type), element(l, in));
}

/* ---- shifts by an immediate ---- */

static SimdArgs shift_args(A64Lift *l, const A64Insn *in, unsigned bits)
{
    unsigned lane_bits = ir_type_bits((IrType)in->type);
    return (SimdArgs){.lane = (IrType)in->type,
                      .bits = bits,
                      .left = (unsigned)in->sh,
                      .right = lane_bits - (unsigned)in->sh,
                      .d = simd_d(l, in),
                      .a = simd_n(l, in)};
}

void a64_trans_simd_fshift(A64Lift *l, const A64Insn *in)
{
    SimdArgs x = shift_args(l, in, whole_or_half(in->q));
    result(l, in, &x, x.bits);
}

void a64_trans_simd_fshift_scalar(A64Lift *l, const A64Insn *in)
{
    SimdArgs x = shift_args(l, in, ir_type_bits((IrType)in->type));
    result(l, in, &x, x.bits);
}

/* ---- narrowing ---- */

static void narrow(A64Lift *l, const A64Insn *in, const SimdArgs *x, bool upper)
{
    IrRef v = fns[in->f](l, x);
    simd_set_narrow(l, upper, in->rd, simd_narrow(l, simd_wider(x->lane), v));
}

static void narrow_scalar(A64Lift *l, const A64Insn *in, const SimdArgs *x)
{
    a64_set_v(l, (unsigned)in->rd, simd_low(l, fns[in->f](l, x), ir_type_bits(x->lane)));
}

void a64_trans_simd_narrow1(A64Lift *l, const A64Insn *in)
{
    SimdArgs x = {.lane = simd_lane(in), .bits = 128, .a = simd_n(l, in)};
    narrow(l, in, &x, simd_whole(in));
}

void a64_trans_simd_narrow2(A64Lift *l, const A64Insn *in)
{
    SimdArgs x = {.lane = simd_lane(in), .bits = 128, .a = simd_n(l, in), .b = simd_m(l, in)};
    narrow(l, in, &x, simd_whole(in));
}

void a64_trans_simd_narrow_scalar(A64Lift *l, const A64Insn *in)
{
    SimdArgs x = {.lane = scalar_lane(in),
                  .bits = ir_type_bits(simd_wider(scalar_lane(in))),
                  .a = simd_n(l, in)};
    narrow_scalar(l, in, &x);
}

void a64_trans_simd_narrow_shift(A64Lift *l, const A64Insn *in)
{
    SimdArgs x = shift_args(l, in, 128);
    narrow(l, in, &x, in->q);
}

void a64_trans_simd_narrow_shift_scalar(A64Lift *l, const A64Insn *in)
{
    SimdArgs x = shift_args(l, in, ir_type_bits(simd_wider((IrType)in->type)));
    narrow_scalar(l, in, &x);
}

/* ---- widening ---- */

static void widening(A64Lift *l, const A64Insn *in, IrType lane, bool upper, unsigned bits, IrRef b)
{
    SimdArgs x = {
        .lane = lane, .upper = upper, .bits = bits, .d = simd_d(l, in), .a = simd_n(l, in), .b = b};
    result(l, in, &x, bits);
}

void a64_trans_simd_long(A64Lift *l, const A64Insn *in)
{
    widening(l, in, simd_lane(in), simd_whole(in), 128, simd_m(l, in));
}

void a64_trans_simd_long1(A64Lift *l, const A64Insn *in)
{
    widening(l, in, simd_lane(in), simd_whole(in), 128, IR_NONE);
}

void a64_trans_simd_long_scalar(A64Lift *l, const A64Insn *in)
{
    widening(l, in, scalar_lane(in), false, ir_type_bits(simd_wider(scalar_lane(in))),
             simd_m(l, in));
}

void a64_trans_simd_elt_long(A64Lift *l, const A64Insn *in)
{
    widening(l, in, (IrType)in->type, in->q, 128, element(l, in));
}

void a64_trans_simd_elt_long_scalar(A64Lift *l, const A64Insn *in)
{
    widening(l, in, (IrType)in->type, false, ir_type_bits(simd_wider((IrType)in->type)),
             element(l, in));
}

/* ---- scalars that need no more than lane 0 of the vector form ---- */

static void scalar(A64Lift *l, const A64Insn *in, IrRef v)
{
    a64_set_v(l, (unsigned)in->rd, simd_low(l, v, ir_type_bits(scalar_lane(in))));
}

void a64_trans_simd_bin_scalar(A64Lift *l, const A64Insn *in)
{
    scalar(l, in, simd_op(l, in->op, scalar_lane(in), simd_n(l, in), simd_m(l, in)));
}

void a64_trans_simd_cmp0_scalar(A64Lift *l, const A64Insn *in)
{
    scalar(l, in, simd_op(l, in->op, scalar_lane(in), simd_n(l, in), simd_zero(l)));
}

void a64_trans_simd_cmp0_swap_scalar(A64Lift *l, const A64Insn *in)
{
    scalar(l, in, simd_op(l, in->op, scalar_lane(in), simd_zero(l), simd_n(l, in)));
}

void a64_trans_simd_neg_scalar(A64Lift *l, const A64Insn *in)
{
    scalar(l, in, simd_op(l, IR_vsub, scalar_lane(in), simd_zero(l), simd_n(l, in)));
}

void a64_trans_simd_addp_scalar(A64Lift *l, const A64Insn *in)
{
    IrRef a = simd_n(l, in);
    a64_set_v(l, (unsigned)in->rd,
              simd_low(l, simd_op(l, IR_vadd, IR_I64, a, simd_upper(l, a)), 64));
}

void a64_trans_simd_dup_scalar(A64Lift *l, const A64Insn *in)
{
    uint8_t mask[16];
    unsigned n = ir_type_bits((IrType)in->type) / 8;
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(k < n ? (unsigned)in->i * n + k : 0x80);
    IrRef a = simd_n(l, in);
    a64_set_v(l, (unsigned)in->rd, ir_vshuf(&l->b, a, a, mask));
}
