/* lift_simd.c: Advanced SIMD lane by lane: logic, addition, comparison, extrema, sums of pairs and
 * across lanes, shifts by an immediate; and the helpers of simd.h. Each function serves the rows of
 * simd.decode that name it.
 */
#include "frontend/aarch64/simd.h"

#include <string.h>

#include "ir/base/bits.h"

/* ---- helpers ---- */

IrRef simd_const(A64Lift *l, IrType lane, uint64_t v)
{
    uint8_t bytes[16];
    unsigned n = ir_type_bits(lane) / 8;
    for (unsigned i = 0; i < 16; i++)
        bytes[i] = (uint8_t)(v >> i % n * 8);
    return ir_vconst(&l->b, bytes);
}

IrRef simd_not(A64Lift *l, IrRef a)
{
    return simd_op(l, IR_vxor, IR_I64, a, simd_const(l, IR_I8, 0xff));
}

IrRef simd_shift(A64Lift *l, int op, IrType lane, IrRef a, unsigned count)
{
    return ir_vshift(&l->b, (IrOp)op, lane, a, a64_const(l, count));
}

IrRef simd_low(A64Lift *l, IrRef v, unsigned bits)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i < bits / 8 ? i : 0x80);
    return ir_vshuf(&l->b, v, v, mask);
}

IrRef simd_join(A64Lift *l, IrRef a, IrRef b)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i < 8 ? i : i + 8);
    return ir_vshuf(&l->b, a, b, mask);
}

IrRef simd_upper(A64Lift *l, IrRef a)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i < 8 ? i + 8 : 0x80);
    return ir_vshuf(&l->b, a, a, mask);
}

IrRef simd_splat_lane(A64Lift *l, IrType lane, IrRef a, unsigned i)
{
    uint8_t mask[16];
    unsigned n = ir_type_bits(lane) / 8;
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(i * n + k % n);
    return ir_vshuf(&l->b, a, a, mask);
}

IrRef simd_widen(A64Lift *l, bool sign, bool upper, IrType lane, IrRef a)
{
    uint8_t mask[16];
    unsigned n = ir_type_bits(lane) / 8;
    if (sign)
        return simd_un(l, IR_vsext, simd_wider(lane), upper ? simd_upper(l, a) : a);
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(k / n % 2 ? 0x80 : k / (2 * n) * n + k % n + 8 * upper);
    return ir_vshuf(&l->b, a, a, mask);
}

IrRef simd_narrow(A64Lift *l, IrType wide, IrRef a)
{
    uint8_t mask[16];
    unsigned n = ir_type_bits(wide) / 16;
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(k < 8 ? k / n * 2 * n + k % n : 0x80);
    return ir_vshuf(&l->b, a, a, mask);
}

void simd_set(A64Lift *l, bool whole, int rd, IrRef v)
{
    a64_set_v(l, (unsigned)rd, whole ? v : simd_low(l, v, 64));
}

void simd_set_narrow(A64Lift *l, bool upper, int rd, IrRef v)
{
    a64_set_v(l, (unsigned)rd, upper ? simd_join(l, a64_v(l, (unsigned)rd), v) : v);
}

/* ---- logic ---- */

void a64_trans_simd_logic(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd, simd_op(l, in->op, IR_I64, simd_n(l, in), simd_m(l, in)));
}

void a64_trans_simd_bic(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd, simd_op(l, IR_vandn, IR_I64, simd_m(l, in), simd_n(l, in)));
}

void a64_trans_simd_orn(A64Lift *l, const A64Insn *in)
{
    IrRef m = simd_not(l, simd_m(l, in));
    simd_set(l, in->q, in->rd, simd_op(l, IR_vor, IR_I64, simd_n(l, in), m));
}

void a64_trans_simd_not(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd, simd_not(l, simd_n(l, in)));
}

static void bsl(A64Lift *l, const A64Insn *in, IrRef mask, IrRef ones, IrRef zeros)
{
    simd_set(l, in->q, in->rd, ir_vtri(&l->b, IR_vbsl, IR_I64, mask, ones, zeros));
}

void a64_trans_simd_bsl(A64Lift *l, const A64Insn *in)
{
    bsl(l, in, simd_d(l, in), simd_n(l, in), simd_m(l, in));
}

void a64_trans_simd_bit(A64Lift *l, const A64Insn *in)
{
    bsl(l, in, simd_m(l, in), simd_n(l, in), simd_d(l, in));
}

void a64_trans_simd_bif(A64Lift *l, const A64Insn *in)
{
    bsl(l, in, simd_m(l, in), simd_d(l, in), simd_n(l, in));
}

/* ---- lane by lane ---- */

void a64_trans_simd_bin(A64Lift *l, const A64Insn *in)
{
    simd_set(l, simd_whole(in), in->rd,
             simd_op(l, in->op, simd_lane(in), simd_n(l, in), simd_m(l, in)));
}

void a64_trans_simd_cmp0(A64Lift *l, const A64Insn *in)
{
    simd_set(l, simd_whole(in), in->rd,
             simd_op(l, in->op, simd_lane(in), simd_n(l, in), simd_zero(l)));
}

void a64_trans_simd_cmp0_swap(A64Lift *l, const A64Insn *in)
{
    simd_set(l, simd_whole(in), in->rd,
             simd_op(l, in->op, simd_lane(in), simd_zero(l), simd_n(l, in)));
}

void a64_trans_simd_neg(A64Lift *l, const A64Insn *in)
{
    simd_set(l, simd_whole(in), in->rd,
             simd_op(l, IR_vsub, simd_lane(in), simd_zero(l), simd_n(l, in)));
}

void a64_trans_simd_cnt(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd, simd_un(l, IR_vpopcnt, IR_I8, simd_n(l, in)));
}

/* ---- pairs, and across lanes ---- */

/* What an op on pairs of a, then of b, makes of the low halves of both. */
void a64_trans_simd_pairs(A64Lift *l, const A64Insn *in)
{
    IrRef a = simd_n(l, in), b = simd_m(l, in);
    if (!simd_whole(in))
        a = b = simd_join(l, a, b);
    simd_set(l, simd_whole(in), in->rd, simd_op(l, in->op, simd_lane(in), a, b));
}

/* The lanes that count, and no others: of a 64-bit arrangement those of the low half, with zeros
 * above for sums and twice for extrema. */
static IrRef all_lanes(A64Lift *l, const A64Insn *in, bool sum)
{
    IrRef a = simd_n(l, in);
    if (simd_whole(in))
        return a;
    return sum ? simd_low(l, a, 64) : simd_join(l, a, a);
}

void a64_trans_simd_across(A64Lift *l, const A64Insn *in)
{
    IrRef a = all_lanes(l, in, in->op == IR_vredadd);
    a64_set_v(l, (unsigned)in->rd, simd_un(l, in->op, simd_lane(in), a));
}

/* Sums of pairs fit twice the width, and so does the sum of all: 16 * 255 < 65536. */
void a64_trans_simd_addlv(A64Lift *l, const A64Insn *in)
{
    IrType wide = simd_wider(simd_lane(in));
    IrRef pairs = simd_un(l, in->op, wide, all_lanes(l, in, true));
    a64_set_v(l, (unsigned)in->rd,
              wide == IR_I64 ? simd_low(l, simd_op(l, IR_vhadd, wide, pairs, pairs), 64)
                             : simd_un(l, IR_vredadd, wide, pairs));
}

/* ---- shifts by an immediate, widening, narrowing ---- */

/* immh:immb counts down from twice the width. */
static unsigned right(const A64Insn *in)
{
    return ir_type_bits((IrType)in->type) - (unsigned)in->sh;
}

void a64_trans_simd_shr(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd, simd_shift(l, in->op, (IrType)in->type, simd_n(l, in), right(in)));
}

void a64_trans_simd_shl(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd,
             simd_shift(l, IR_vshl, (IrType)in->type, simd_n(l, in), (unsigned)in->sh));
}

void a64_trans_simd_shll(A64Lift *l, const A64Insn *in)
{
    IrType lane = (IrType)in->type;
    IrRef v = simd_widen(l, in->sign, in->q, lane, simd_n(l, in));
    a64_set_v(l, (unsigned)in->rd, simd_shift(l, IR_vshl, simd_wider(lane), v, (unsigned)in->sh));
}

void a64_trans_simd_shrn(A64Lift *l, const A64Insn *in)
{
    IrType wide = simd_wider((IrType)in->type);
    IrRef v = simd_shift(l, IR_vshr, wide, simd_n(l, in), right(in));
    simd_set_narrow(l, in->q, in->rd, simd_narrow(l, wide, v));
}

void a64_trans_simd_xtn(A64Lift *l, const A64Insn *in)
{
    simd_set_narrow(l, simd_whole(in), in->rd,
                    simd_narrow(l, simd_wider(simd_lane(in)), simd_n(l, in)));
}
