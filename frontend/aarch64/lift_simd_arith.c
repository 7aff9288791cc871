/* lift_simd_arith.c: what rows with f=SIMD_name compute of operands of one kind: halving and
 * saturating sums, differences, absolute values, bits counted.
 */
#include "frontend/aarch64/simd.h"

#include "ir/base/bits.h"

#define OP(name, a, b) simd_op(l, IR_##name, x->lane, a, b)

static unsigned lane_bits(const SimdArgs *x)
{
    return ir_type_bits(x->lane);
}

/* ---- halves of sums ----
 *
 * Hosts have the rounded mean of unsigned bytes and halfwords. Signed lanes are made unsigned, and
 * back, by inverting the top bit; all bits of operands and result inverted round the other way, for
 * ~mean(~a, ~b) is a mean; and a - b is a + ~b + 1.
 *
 * Of words no carry is lost if bits that both have, and bits that differ, are added apart:
 * a + b = 2 (a & b) + (a ^ b) = 2 (a | b) - (a ^ b), a - b = (a ^ b) - 2 (~a & b).
 */

enum { TOP = 1, OTHERS = 2, ALL = TOP | OTHERS }; /* the bits to be inverted */

static IrRef inverted(A64Lift *l, const SimdArgs *x, IrRef a, unsigned which)
{
    uint64_t top = (uint64_t)1 << (lane_bits(x) - 1);
    uint64_t mask = (which & TOP ? top : 0) | (which & OTHERS ? top - 1 : 0);
    return which ? OP(vxor, a, simd_const(l, x->lane, mask)) : a;
}

static IrRef mean(A64Lift *l, const SimdArgs *x, unsigned of_a, unsigned of_b, unsigned of_result)
{
    IrRef sum = OP(vavgu, inverted(l, x, x->a, of_a), inverted(l, x, x->b, of_b));
    return inverted(l, x, sum, of_result);
}

static bool has_mean(const SimdArgs *x)
{
    return x->lane <= IR_I16;
}

static IrRef half_of_difference(A64Lift *l, const SimdArgs *x, int shift)
{
    return simd_shift(l, shift, x->lane, OP(vxor, x->a, x->b), 1);
}

IrRef simd_shadd(A64Lift *l, const SimdArgs *x)
{
    if (has_mean(x))
        return mean(l, x, OTHERS, OTHERS, OTHERS);
    return OP(vadd, OP(vand, x->a, x->b), half_of_difference(l, x, IR_vsar));
}

IrRef simd_uhadd(A64Lift *l, const SimdArgs *x)
{
    if (has_mean(x))
        return mean(l, x, ALL, ALL, ALL);
    return OP(vadd, OP(vand, x->a, x->b), half_of_difference(l, x, IR_vshr));
}

IrRef simd_srhadd(A64Lift *l, const SimdArgs *x)
{
    if (has_mean(x))
        return mean(l, x, TOP, TOP, TOP);
    return OP(vsub, OP(vor, x->a, x->b), half_of_difference(l, x, IR_vsar));
}

IrRef simd_urhadd(A64Lift *l, const SimdArgs *x)
{
    if (has_mean(x))
        return mean(l, x, 0, 0, 0);
    return OP(vsub, OP(vor, x->a, x->b), half_of_difference(l, x, IR_vshr));
}

IrRef simd_shsub(A64Lift *l, const SimdArgs *x)
{
    if (has_mean(x))
        return mean(l, x, TOP, OTHERS, TOP);
    return OP(vsub, half_of_difference(l, x, IR_vsar), OP(vandn, x->a, x->b));
}

IrRef simd_uhsub(A64Lift *l, const SimdArgs *x)
{
    if (has_mean(x))
        return mean(l, x, 0, ALL, TOP);
    return OP(vsub, half_of_difference(l, x, IR_vshr), OP(vandn, x->a, x->b));
}

/* ---- saturation ---- */

IrRef simd_sqadd(A64Lift *l, const SimdArgs *x)
{
    return simd_saturated(l, x, OP(vadds, x->a, x->b), OP(vadd, x->a, x->b));
}

IrRef simd_uqadd(A64Lift *l, const SimdArgs *x)
{
    return simd_saturated(l, x, OP(vaddus, x->a, x->b), OP(vadd, x->a, x->b));
}

IrRef simd_sqsub(A64Lift *l, const SimdArgs *x)
{
    return simd_saturated(l, x, OP(vsubs, x->a, x->b), OP(vsub, x->a, x->b));
}

IrRef simd_uqsub(A64Lift *l, const SimdArgs *x)
{
    return simd_saturated(l, x, OP(vsubus, x->a, x->b), OP(vsub, x->a, x->b));
}

/* rd is of the other sign than rn. With its top bit inverted, which adds half the range, it is of
 * the same, and saturates where it should. */
static IrRef add_to_other_sign(A64Lift *l, const SimdArgs *x, int add)
{
    IrRef top = simd_const(l, x->lane, (uint64_t)1 << (lane_bits(x) - 1));
    IrRef sum = simd_op(l, add, x->lane, OP(vxor, x->d, top), x->a);
    return simd_saturated(l, x, OP(vxor, sum, top), OP(vadd, x->d, x->a));
}

IrRef simd_suqadd(A64Lift *l, const SimdArgs *x)
{
    return add_to_other_sign(l, x, IR_vaddus);
}

IrRef simd_usqadd(A64Lift *l, const SimdArgs *x)
{
    return add_to_other_sign(l, x, IR_vadds);
}

IrRef simd_sqneg(A64Lift *l, const SimdArgs *x)
{
    IrRef zero = simd_zero(l);
    return simd_saturated(l, x, OP(vsubs, zero, x->a), OP(vsub, zero, x->a));
}

IrRef simd_sqabs(A64Lift *l, const SimdArgs *x)
{
    return OP(vmaxs, x->a, simd_sqneg(l, x));
}

/* ---- differences ---- */

IrRef simd_abs(A64Lift *l, const SimdArgs *x)
{
    return simd_un(l, IR_vabs, x->lane, x->a);
}

IrRef simd_sabd(A64Lift *l, const SimdArgs *x)
{
    return OP(vsub, OP(vmaxs, x->a, x->b), OP(vmins, x->a, x->b));
}

IrRef simd_uabd(A64Lift *l, const SimdArgs *x)
{
    return OP(vsub, OP(vmaxu, x->a, x->b), OP(vminu, x->a, x->b));
}

IrRef simd_saba(A64Lift *l, const SimdArgs *x)
{
    return OP(vadd, x->d, simd_sabd(l, x));
}

IrRef simd_uaba(A64Lift *l, const SimdArgs *x)
{
    return OP(vadd, x->d, simd_uabd(l, x));
}

/* ---- bits ---- */

IrRef simd_cmtst(A64Lift *l, const SimdArgs *x)
{
    return simd_not(l, OP(vcmpeq, OP(vand, x->a, x->b), simd_zero(l)));
}

IrRef simd_clz(A64Lift *l, const SimdArgs *x)
{
    return simd_un(l, IR_vclz, x->lane, x->a);
}

/* The leading bits that equal the sign are zeros after they were compared with it; it is one of
 * them. */
IrRef simd_cls(A64Lift *l, const SimdArgs *x)
{
    IrRef sign = simd_shift(l, IR_vsar, x->lane, x->a, lane_bits(x) - 1);
    IrRef zeros = simd_un(l, IR_vclz, x->lane, OP(vxor, x->a, sign));
    return OP(vsub, zeros, simd_const(l, x->lane, 1));
}

/* Nibbles are looked up, reversed and put in each other's place. */
IrRef simd_rbit(A64Lift *l, const SimdArgs *x)
{
    uint8_t low[16], high[16];
    for (unsigned k = 0; k < 16; k++) {
        unsigned v = (k & 1) << 3 | (k & 2) << 1 | (k & 4) >> 1 | k >> 3;
        high[k] = (uint8_t)v;
        low[k] = (uint8_t)(v << 4);
    }
    IrRef lower = OP(vand, x->a, simd_const(l, IR_I8, 15));
    IrRef upper = simd_shift(l, IR_vshr, IR_I8, x->a, 4);
    return OP(vor, OP(vlookup, ir_vconst(&l->b, low), lower),
              OP(vlookup, ir_vconst(&l->b, high), upper));
}
