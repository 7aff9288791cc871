/* lift_simd_long.c: operands half as wide as the result, or the other way round (f=SIMD_name):
 * widening sums, differences and products, and the upper halves of sums.
 */
#include "frontend/aarch64/simd.h"

static IrType wide(const SimdArgs *x)
{
    return simd_wider(x->lane);
}

static IrRef wide_op(A64Lift *l, const SimdArgs *x, int op, IrRef a, IrRef b)
{
    return simd_op(l, op, wide(x), a, b);
}

/* ---- sums and differences ---- */

static IrRef widened(A64Lift *l, const SimdArgs *x, bool sign, IrRef a)
{
    return simd_widen(l, sign, x->upper, x->lane, a);
}

#define LONG(name, op, sign)                                                                       \
    IrRef simd_##name(A64Lift *l, const SimdArgs *x)                                               \
    {                                                                                              \
        return wide_op(l, x, op, widened(l, x, sign, x->a), widened(l, x, sign, x->b));            \
    }
LONG(saddl, IR_vadd, true)
LONG(uaddl, IR_vadd, false)
LONG(ssubl, IR_vsub, true)
LONG(usubl, IR_vsub, false)

/* The first operand is wide already. */
#define WIDE(name, op, sign)                                                                       \
    IrRef simd_##name(A64Lift *l, const SimdArgs *x)                                               \
    {                                                                                              \
        return wide_op(l, x, op, x->a, widened(l, x, sign, x->b));                                 \
    }
WIDE(saddw, IR_vadd, true)
WIDE(uaddw, IR_vadd, false)
WIDE(ssubw, IR_vsub, true)
WIDE(usubw, IR_vsub, false)

/* An absolute difference fits its lanes without a sign. */
IrRef simd_sabdl(A64Lift *l, const SimdArgs *x)
{
    return widened(l, x, false, simd_sabd(l, x));
}

IrRef simd_uabdl(A64Lift *l, const SimdArgs *x)
{
    return widened(l, x, false, simd_uabd(l, x));
}

IrRef simd_sabal(A64Lift *l, const SimdArgs *x)
{
    return wide_op(l, x, IR_vadd, x->d, simd_sabdl(l, x));
}

IrRef simd_uabal(A64Lift *l, const SimdArgs *x)
{
    return wide_op(l, x, IR_vadd, x->d, simd_uabdl(l, x));
}

IrRef simd_shll(A64Lift *l, const SimdArgs *x)
{
    return simd_shift(l, IR_vshl, wide(x), widened(l, x, false, x->a), ir_type_bits(x->lane));
}

/* ---- neighbours ---- */

IrRef simd_saddlp(A64Lift *l, const SimdArgs *x)
{
    return simd_un(l, IR_vpaddls, wide(x), x->a);
}

IrRef simd_uaddlp(A64Lift *l, const SimdArgs *x)
{
    return simd_un(l, IR_vpaddlu, wide(x), x->a);
}

IrRef simd_sadalp(A64Lift *l, const SimdArgs *x)
{
    return wide_op(l, x, IR_vadd, x->d, simd_saddlp(l, x));
}

IrRef simd_uadalp(A64Lift *l, const SimdArgs *x)
{
    return wide_op(l, x, IR_vadd, x->d, simd_uaddlp(l, x));
}

/* ---- products ---- */

static IrRef product(A64Lift *l, const SimdArgs *x, int op)
{
    return ir_vop_cc(&l->b, (IrOp)op, wide(x), x->a, x->b, x->upper);
}

IrRef simd_smull(A64Lift *l, const SimdArgs *x)
{
    return product(l, x, IR_vmulls);
}

IrRef simd_umull(A64Lift *l, const SimdArgs *x)
{
    return product(l, x, IR_vmullu);
}

#define ACCUMULATED(name, op, of)                                                                  \
    IrRef simd_##name(A64Lift *l, const SimdArgs *x)                                               \
    {                                                                                              \
        return wide_op(l, x, op, x->d, product(l, x, of));                                         \
    }
ACCUMULATED(smlal, IR_vadd, IR_vmulls)
ACCUMULATED(umlal, IR_vadd, IR_vmullu)
ACCUMULATED(smlsl, IR_vsub, IR_vmulls)
ACCUMULATED(umlsl, IR_vsub, IR_vmullu)

/* Only the least number squared and doubled does not fit. */
IrRef simd_sqdmull(A64Lift *l, const SimdArgs *x)
{
    IrRef p = product(l, x, IR_vmulls);
    return simd_saturated(l, x, wide_op(l, x, IR_vadds, p, p), wide_op(l, x, IR_vadd, p, p));
}

IrRef simd_sqdmlal(A64Lift *l, const SimdArgs *x)
{
    IrRef p = simd_sqdmull(l, x);
    return simd_saturated(l, x, wide_op(l, x, IR_vadds, x->d, p), wide_op(l, x, IR_vadd, x->d, p));
}

IrRef simd_sqdmlsl(A64Lift *l, const SimdArgs *x)
{
    IrRef p = simd_sqdmull(l, x);
    return simd_saturated(l, x, wide_op(l, x, IR_vsubs, x->d, p), wide_op(l, x, IR_vsub, x->d, p));
}

IrRef simd_pmull(A64Lift *l, const SimdArgs *x)
{
    if (x->lane == IR_I64)
        return ir_vop_cc(&l->b, IR_vclmul, IR_I64, x->a, x->b, x->upper ? 3 : 0);
    return ir_vop_cc(&l->b, IR_vclmul8, IR_I16, x->a, x->b, x->upper);
}

/* ---- the upper halves of sums and differences ---- */

static IrRef upper_half(A64Lift *l, const SimdArgs *x, int op, bool round)
{
    unsigned half = ir_type_bits(x->lane);
    IrRef v = wide_op(l, x, op, x->a, x->b);
    if (round)
        v = wide_op(l, x, IR_vadd, v, simd_const(l, wide(x), (uint64_t)1 << (half - 1)));
    return simd_shift(l, IR_vshr, wide(x), v, half);
}

IrRef simd_addhn(A64Lift *l, const SimdArgs *x)
{
    return upper_half(l, x, IR_vadd, false);
}

IrRef simd_raddhn(A64Lift *l, const SimdArgs *x)
{
    return upper_half(l, x, IR_vadd, true);
}

IrRef simd_subhn(A64Lift *l, const SimdArgs *x)
{
    return upper_half(l, x, IR_vsub, false);
}

IrRef simd_rsubhn(A64Lift *l, const SimdArgs *x)
{
    return upper_half(l, x, IR_vsub, true);
}
