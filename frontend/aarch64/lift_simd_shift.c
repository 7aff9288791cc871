/* lift_simd_shift.c: shifts that round, accumulate, insert, saturate or narrow, by an immediate or
 * by lanes of a register (f=SIMD_name).
 */
#include "frontend/aarch64/simd.h"

#include "ir/base/bits.h"

#define OP(name, a, b) simd_op(l, IR_##name, x->lane, a, b)

static unsigned lane_bits(const SimdArgs *x)
{
    return ir_type_bits(x->lane);
}

static IrRef lanes(A64Lift *l, const SimdArgs *x, uint64_t v)
{
    return simd_const(l, x->lane, v);
}

/* The last bit shifted out is what rounds up. */
IrRef simd_round_right(A64Lift *l, int op, IrType lane, IrRef a, unsigned n)
{
    IrRef last =
        simd_op(l, IR_vand, IR_I64, simd_shift(l, IR_vshr, lane, a, n - 1), simd_const(l, lane, 1));
    return simd_op(l, IR_vadd, lane, simd_shift(l, op, lane, a, n), last);
}

/* ---- right, by an immediate ---- */

IrRef simd_srshr(A64Lift *l, const SimdArgs *x)
{
    return simd_round_right(l, IR_vsar, x->lane, x->a, x->right);
}

IrRef simd_urshr(A64Lift *l, const SimdArgs *x)
{
    return simd_round_right(l, IR_vshr, x->lane, x->a, x->right);
}

IrRef simd_ssra(A64Lift *l, const SimdArgs *x)
{
    return OP(vadd, x->d, simd_shift(l, IR_vsar, x->lane, x->a, x->right));
}

IrRef simd_usra(A64Lift *l, const SimdArgs *x)
{
    return OP(vadd, x->d, simd_shift(l, IR_vshr, x->lane, x->a, x->right));
}

IrRef simd_srsra(A64Lift *l, const SimdArgs *x)
{
    return OP(vadd, x->d, simd_srshr(l, x));
}

IrRef simd_ursra(A64Lift *l, const SimdArgs *x)
{
    return OP(vadd, x->d, simd_urshr(l, x));
}

/* ---- into rd, whose other bits stay ---- */

IrRef simd_sri(A64Lift *l, const SimdArgs *x)
{
    IrRef kept =
        OP(vand, x->d, lanes(l, x, ~(x->right < 64 ? bits_mask(lane_bits(x)) >> x->right : 0)));
    return OP(vor, kept, simd_shift(l, IR_vshr, x->lane, x->a, x->right));
}

IrRef simd_sli(A64Lift *l, const SimdArgs *x)
{
    IrRef kept = OP(vand, x->d, lanes(l, x, bits_mask(x->left)));
    return OP(vor, kept, simd_shift(l, IR_vshl, x->lane, x->a, x->left));
}

/* ---- left with saturation, by an immediate: what is too large becomes the largest that is not,
 * and has ones shifted in ---- */

static IrRef shift_clamped(A64Lift *l, const SimdArgs *x, IrRef clamped, IrRef above)
{
    simd_saturated(l, x, clamped, x->a);
    return OP(vor, simd_shift(l, IR_vshl, x->lane, clamped, x->left),
              OP(vand, above, lanes(l, x, bits_mask(x->left))));
}

IrRef simd_sqshl_imm(A64Lift *l, const SimdArgs *x)
{
    int64_t most = (int64_t)(bits_mask(lane_bits(x)) >> 1), least = -most - 1;
    if (x->left == 0)
        return x->a;
    IrRef high = lanes(l, x, (uint64_t)(most >> x->left));
    IrRef low = lanes(l, x, (uint64_t)(least >> x->left));
    return shift_clamped(l, x, OP(vmins, OP(vmaxs, x->a, low), high), OP(vcmpgts, x->a, high));
}

IrRef simd_uqshl_imm(A64Lift *l, const SimdArgs *x)
{
    IrRef high = lanes(l, x, bits_mask(lane_bits(x)) >> x->left);
    return shift_clamped(l, x, OP(vminu, x->a, high), OP(vcmpgtu, x->a, high));
}

/* From signed to unsigned. */
IrRef simd_sqshlu(A64Lift *l, const SimdArgs *x)
{
    IrRef positive = OP(vmaxs, x->a, simd_zero(l));
    if (x->left == 0)
        return simd_saturated(l, x, positive, x->a);
    IrRef high = lanes(l, x, bits_mask(lane_bits(x)) >> x->left);
    return shift_clamped(l, x, OP(vmins, positive, high), OP(vcmpgts, x->a, high));
}

/* ---- by lanes ---- */

static IrRef by_lanes(A64Lift *l, const SimdArgs *x, IrRef a, IrRef counts, unsigned how)
{
    return ir_vop_cc(&l->b, IR_vshlv, x->lane, a, counts, how);
}

IrRef simd_sshl(A64Lift *l, const SimdArgs *x)
{
    return by_lanes(l, x, x->a, x->b, IR_SHIFT_SIGNED);
}

IrRef simd_ushl(A64Lift *l, const SimdArgs *x)
{
    return by_lanes(l, x, x->a, x->b, 0);
}

IrRef simd_srshl(A64Lift *l, const SimdArgs *x)
{
    return by_lanes(l, x, x->a, x->b, IR_SHIFT_SIGNED | IR_SHIFT_ROUND);
}

IrRef simd_urshl(A64Lift *l, const SimdArgs *x)
{
    return by_lanes(l, x, x->a, x->b, IR_SHIFT_ROUND);
}

/* A left shift overflows if it does not come back when it is undone; a right one never does. */
static IrRef saturating(A64Lift *l, const SimdArgs *x, unsigned how)
{
    unsigned plain = how & IR_SHIFT_SIGNED, top = lane_bits(x) - 1;
    IrRef zero = simd_zero(l), v = by_lanes(l, x, x->a, x->b, how);
    IrRef back = by_lanes(l, x, v, OP(vsub, zero, x->b), plain);
    IrRef count = x->lane == IR_I8 ? x->b : simd_shift(l, IR_vshl, x->lane, x->b, top - 7);
    IrRef fits = OP(vor, OP(vcmpeq, back, x->a), OP(vcmpgts, zero, count));
    IrRef over = simd_not(l, fits);
    simd_qc(l, x, over);
    if (!plain)
        return OP(vor, v, over);
    IrRef most = lanes(l, x, bits_mask(top));
    IrRef limit = OP(vxor, simd_shift(l, IR_vsar, x->lane, x->a, top), most);
    return ir_vtri(&l->b, IR_vbsl, IR_I64, fits, v, limit);
}

IrRef simd_sqshl(A64Lift *l, const SimdArgs *x)
{
    return saturating(l, x, IR_SHIFT_SIGNED);
}

IrRef simd_uqshl(A64Lift *l, const SimdArgs *x)
{
    return saturating(l, x, 0);
}

IrRef simd_sqrshl(A64Lift *l, const SimdArgs *x)
{
    return saturating(l, x, IR_SHIFT_SIGNED | IR_SHIFT_ROUND);
}

IrRef simd_uqrshl(A64Lift *l, const SimdArgs *x)
{
    return saturating(l, x, IR_SHIFT_ROUND);
}

/* ---- narrowing: the result is in the lower halves of wide lanes ---- */

static IrType wide(const SimdArgs *x)
{
    return simd_wider(x->lane);
}

/* A carry out of the wide lane would be cut off in any case: n is at most half its width. */
IrRef simd_rshrn(A64Lift *l, const SimdArgs *x)
{
    IrRef half = simd_const(l, wide(x), (uint64_t)1 << (x->right - 1));
    return simd_shift(l, IR_vshr, wide(x), simd_op(l, IR_vadd, wide(x), x->a, half), x->right);
}

static IrRef signed_to_signed(A64Lift *l, const SimdArgs *x, IrRef a)
{
    int64_t most = (int64_t)(bits_mask(lane_bits(x)) >> 1);
    IrRef high = simd_const(l, wide(x), (uint64_t)most);
    IrRef low = simd_const(l, wide(x), (uint64_t)(-most - 1));
    return simd_saturated(
        l, x, simd_op(l, IR_vmins, wide(x), simd_op(l, IR_vmaxs, wide(x), a, low), high), a);
}

static IrRef signed_to_unsigned(A64Lift *l, const SimdArgs *x, IrRef a)
{
    IrRef high = simd_const(l, wide(x), bits_mask(lane_bits(x)));
    IrRef positive = simd_op(l, IR_vmaxs, wide(x), a, simd_zero(l));
    return simd_saturated(l, x, simd_op(l, IR_vmins, wide(x), positive, high), a);
}

static IrRef unsigned_to_unsigned(A64Lift *l, const SimdArgs *x, IrRef a)
{
    IrRef high = simd_const(l, wide(x), bits_mask(lane_bits(x)));
    return simd_saturated(l, x, simd_op(l, IR_vminu, wide(x), a, high), a);
}

IrRef simd_sqxtn(A64Lift *l, const SimdArgs *x)
{
    return signed_to_signed(l, x, x->a);
}

IrRef simd_uqxtn(A64Lift *l, const SimdArgs *x)
{
    return unsigned_to_unsigned(l, x, x->a);
}

IrRef simd_sqxtun(A64Lift *l, const SimdArgs *x)
{
    return signed_to_unsigned(l, x, x->a);
}

IrRef simd_sqshrn(A64Lift *l, const SimdArgs *x)
{
    return signed_to_signed(l, x, simd_shift(l, IR_vsar, wide(x), x->a, x->right));
}

IrRef simd_uqshrn(A64Lift *l, const SimdArgs *x)
{
    return unsigned_to_unsigned(l, x, simd_shift(l, IR_vshr, wide(x), x->a, x->right));
}

IrRef simd_sqshrun(A64Lift *l, const SimdArgs *x)
{
    return signed_to_unsigned(l, x, simd_shift(l, IR_vsar, wide(x), x->a, x->right));
}

IrRef simd_sqrshrn(A64Lift *l, const SimdArgs *x)
{
    return signed_to_signed(l, x, simd_round_right(l, IR_vsar, wide(x), x->a, x->right));
}

IrRef simd_uqrshrn(A64Lift *l, const SimdArgs *x)
{
    return unsigned_to_unsigned(l, x, simd_round_right(l, IR_vshr, wide(x), x->a, x->right));
}

IrRef simd_sqrshrun(A64Lift *l, const SimdArgs *x)
{
    return signed_to_unsigned(l, x, simd_round_right(l, IR_vsar, wide(x), x->a, x->right));
}
