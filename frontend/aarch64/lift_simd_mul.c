/* lift_simd_mul.c: products as wide as their operands (f=SIMD_name): plain, carry-less, their
 * doubled upper halves, and sums of four.
 */
#include "frontend/aarch64/simd.h"

#define OP(name, a, b) simd_op(l, IR_##name, x->lane, a, b)

IrRef simd_mul(A64Lift *l, const SimdArgs *x)
{
    return OP(vmul, x->a, x->b);
}

IrRef simd_mla(A64Lift *l, const SimdArgs *x)
{
    return OP(vadd, x->d, simd_mul(l, x));
}

IrRef simd_mls(A64Lift *l, const SimdArgs *x)
{
    return OP(vsub, x->d, simd_mul(l, x));
}

/* Each even lane of `size` bytes of a, then of b. */
static IrRef even(A64Lift *l, IrRef a, IrRef b, unsigned size)
{
    uint8_t mask[16];
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(k / size * 2 * size + k % size);
    return ir_vshuf(&l->b, a, b, mask);
}

IrRef simd_pmul(A64Lift *l, const SimdArgs *x)
{
    IrRef low = ir_vop_cc(&l->b, IR_vclmul8, IR_I16, x->a, x->b, 0);
    IrRef high = ir_vop_cc(&l->b, IR_vclmul8, IR_I16, x->a, x->b, 1);
    return even(l, low, high, 1);
}

/* ---- the upper half of 2ab ---- */

typedef enum Rounding { CUT, NEAREST, NEAREST_DOWN } Rounding; /* halves: up, or down */

/* Of words: bits 31 to 62 of the products. */
static IrRef doubled_high32(A64Lift *l, const SimdArgs *x, Rounding round)
{
    IrRef half[2];
    for (unsigned k = 0; k < 2; k++) {
        IrRef p = ir_vop_cc(&l->b, IR_vmulls, IR_I64, x->a, x->b, k);
        if (round != CUT)
            p = simd_op(l, IR_vadd, IR_I64, p,
                        simd_const(l, IR_I64, (1u << 30) - (round == NEAREST_DOWN)));
        half[k] = simd_shift(l, IR_vshr, IR_I64, p, 31);
    }
    return even(l, half[0], half[1], 4);
}

/* Modulo the lane; it does not fit where both are the least number, which gives that number again
 * and nothing else does: -2^(n-1) >= ab * 2^-(n-1) for no other product. */
static IrRef doubled_high(A64Lift *l, const SimdArgs *x, Rounding round)
{
    if (x->lane == IR_I32)
        return doubled_high32(l, x, round);
    if (round == NEAREST)
        return OP(vmulhrs, x->a, x->b);
    IrRef low = OP(vmul, x->a, x->b);
    if (round == CUT)
        return OP(vor, simd_shift(l, IR_vshl, x->lane, OP(vmulhs, x->a, x->b), 1),
                  simd_shift(l, IR_vshr, x->lane, low, 15));
    IrRef half = OP(vcmpeq, OP(vadd, low, low), simd_const(l, x->lane, 1u << 15));
    return OP(vadd, OP(vmulhrs, x->a, x->b), half); /* less one where it was just one half */
}

/* Ones where a doubled_high did not fit. */
static IrRef overflow(A64Lift *l, const SimdArgs *x, IrRef v)
{
    uint64_t least = (uint64_t)1 << (ir_type_bits(x->lane) - 1);
    return OP(vcmpeq, v, simd_const(l, x->lane, least));
}

static IrRef doubled_high_saturated(A64Lift *l, const SimdArgs *x, Rounding round)
{
    IrRef v = doubled_high(l, x, round), over = overflow(l, x, v);
    simd_qc(l, x, over);
    return OP(vxor, v, over);
}

IrRef simd_sqdmulh(A64Lift *l, const SimdArgs *x)
{
    return doubled_high_saturated(l, x, CUT);
}

IrRef simd_sqrdmulh(A64Lift *l, const SimdArgs *x)
{
    return doubled_high_saturated(l, x, NEAREST);
}

/* The product is rounded before the sum is, as the accumulator is a multiple of what is cut off.
 * A product that does not fit is added in two steps, the greatest number and one (minus `over`). */
IrRef simd_sqrdmlah(A64Lift *l, const SimdArgs *x)
{
    IrRef v = doubled_high(l, x, NEAREST), over = overflow(l, x, v);
    IrRef sum = OP(vsubs, OP(vadds, x->d, OP(vxor, v, over)), over);
    return simd_saturated(l, x, sum, OP(vadd, x->d, v));
}

/* The negative product is what is rounded: halves go down in the positive one. */
IrRef simd_sqrdmlsh(A64Lift *l, const SimdArgs *x)
{
    IrRef v = doubled_high(l, x, NEAREST_DOWN), over = overflow(l, x, v);
    IrRef difference = OP(vadds, OP(vsubs, x->d, OP(vxor, v, over)), over);
    return simd_saturated(l, x, difference, OP(vsub, x->d, v));
}

/* ---- sums of four products of bytes ---- */

/* Even and odd bytes as halfwords, whose products are summed in pairs. */
static IrRef dot(A64Lift *l, const SimdArgs *x, bool sign)
{
    IrRef sum = x->d, half[2][2];
    IrRef operand[2] = {x->a, x->b};
    for (unsigned k = 0; k < 2; k++) {
        IrRef a = operand[k];
        int op = sign ? IR_vsar : IR_vshr;
        half[k][0] = sign ? simd_shift(l, op, IR_I16, simd_shift(l, IR_vshl, IR_I16, a, 8), 8)
                          : simd_op(l, IR_vand, IR_I64, a, simd_const(l, IR_I16, 0xff));
        half[k][1] = simd_shift(l, op, IR_I16, a, 8);
    }
    for (unsigned k = 0; k < 2; k++)
        sum =
            simd_op(l, IR_vadd, IR_I32, sum, simd_op(l, IR_vmaddw, IR_I32, half[0][k], half[1][k]));
    return sum;
}

IrRef simd_sdot(A64Lift *l, const SimdArgs *x)
{
    return dot(l, x, true);
}

IrRef simd_udot(A64Lift *l, const SimdArgs *x)
{
    return dot(l, x, false);
}
