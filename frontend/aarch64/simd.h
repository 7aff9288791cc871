/* simd.h: what the lift_simd*.c share: vectors of integer lanes.
 *
 * Values are whole v128s. A 64-bit arrangement computes on all of them and clears the upper half
 * when it writes (Arm ARM, C1.2.6); where lanes move between halves or are counted, its function
 * sees to what is above first.
 */
#ifndef DRAGOMAN_FRONTEND_AARCH64_SIMD_H
#define DRAGOMAN_FRONTEND_AARCH64_SIMD_H

#include "frontend/aarch64/lift.h"

/* size:Q as rows have it in t. */
static inline IrType simd_lane(const A64Insn *in)
{
    return (IrType)(IR_I8 + (in->t >> 1));
}
static inline bool simd_whole(const A64Insn *in)
{
    return in->t & 1;
}

static inline IrRef simd_op(A64Lift *l, int op, IrType lane, IrRef a, IrRef b)
{
    return ir_vop(&l->b, (IrOp)op, lane, a, b);
}
static inline IrRef simd_un(A64Lift *l, int op, IrType lane, IrRef a)
{
    return ir_vop(&l->b, (IrOp)op, lane, a, IR_NONE);
}
static inline IrRef simd_n(A64Lift *l, const A64Insn *in)
{
    return a64_v(l, (unsigned)in->rn);
}
static inline IrRef simd_m(A64Lift *l, const A64Insn *in)
{
    return a64_v(l, (unsigned)in->rm);
}
static inline IrRef simd_d(A64Lift *l, const A64Insn *in)
{
    return a64_v(l, (unsigned)in->rd);
}

/* Constants: one value in all lanes. */
IrRef simd_const(A64Lift *l, IrType lane, uint64_t v);
static inline IrRef simd_zero(A64Lift *l)
{
    return simd_const(l, IR_I8, 0);
}
IrRef simd_not(A64Lift *l, IrRef a);
IrRef simd_shift(A64Lift *l, int op, IrType lane, IrRef a, unsigned count);
/* The low `bits` with zeros above. */
IrRef simd_low(A64Lift *l, IrRef v, unsigned bits);
/* The low halves of a and b, in this order. */
IrRef simd_join(A64Lift *l, IrRef a, IrRef b);
/* The upper half, in the low one. */
IrRef simd_upper(A64Lift *l, IrRef a);
/* Lane number i in all lanes. */
IrRef simd_splat_lane(A64Lift *l, IrType lane, IrRef a, unsigned i);
/* The low or the upper half's lanes at twice their width. */
IrRef simd_widen(A64Lift *l, bool sign, bool upper, IrType lane, IrRef a);
/* The lower halves of lanes of type `wide` in the low half, zeros above. */
IrRef simd_narrow(A64Lift *l, IrType wide, IrRef a);
static inline IrType simd_wider(IrType lane)
{
    return (IrType)(lane + 1);
}
/* Writes rd; whole: all of it, else its low half and zeros. */
void simd_set(A64Lift *l, bool whole, int rd, IrRef v);
/* Writes what a narrowing left in the low half of v: into rd's low half, zeros above; upper: into
 * its upper half, the low one stays. */
void simd_set_narrow(A64Lift *l, bool upper, int rd, IrRef v);

/* ---- rows with f=SIMD_name ---- */

/* Operands of a SimdFn. Lanes are those of the row's arrangement: the narrow ones where a row
 * narrows or widens. */
typedef struct SimdArgs {
    IrType lane;
    bool upper;    /* widening: of the upper halves */
    unsigned bits; /* of a result that count (as wide as the operands where it is narrowed) */
    unsigned left, right; /* an immediate's shift, read as one or the other */
    IrRef d, a, b;
} SimdArgs;
/* The result as a whole v128; of a scalar only lane 0 counts. */
typedef IrRef SimdFn(A64Lift *l, const SimdArgs *x);
#define SIMD(name) SimdFn simd_##name;
#include "frontend/aarch64/simd_ops.def"
#undef SIMD

/* FPSR.QC is set if any bit of v that counts is. */
void simd_qc(A64Lift *l, const SimdArgs *x, IrRef v);
/* If what was got is not what there was to get; gives what was got. */
IrRef simd_saturated(A64Lift *l, const SimdArgs *x, IrRef got, IrRef exact);
/* a >> n with half of what is shifted out added first, exactly; op: vsar or vshr; n > 0. */
IrRef simd_round_right(A64Lift *l, int op, IrType lane, IrRef a, unsigned n);

#endif
