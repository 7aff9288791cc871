/* sse_fp.c: floating-point arithmetic, comparison and conversion of SSE and SSE2.
 *
 * Scalar forms work on lane 0 as a scalar and put it back; code generators join the three ops.
 * Example: addsd xmm0, xmm1:
 *     %a = vextract f64 xmm0, 0; %b = vextract f64 xmm1, 0; xmm0 = vinsert xmm0, fadd(%a, %b), 0
 */
#include "frontend/x86_64/sse.h"

/* Packed, of two operands; the integer instructions too. */
void x86_lift_sse_packed(LiftContext *lc)
{
    sse_begin(lc);
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    sse_write(lc, 0, sse_op(lc, sse_arg_op(lc), sse_arg_lane(lc), a, b, 0));
    sse_end(lc);
}

void x86_lift_sse_packed_un(LiftContext *lc)
{
    sse_begin(lc);
    sse_write(lc, 0, sse_op(lc, sse_arg_op(lc), sse_arg_lane(lc), sse_read(lc, 1), IR_NONE, 0));
    sse_end(lc);
}

void x86_lift_sse_scalar(LiftContext *lc)
{
    IrRef b = x86_read_as(lc, 1, sse_arg_lane(lc));
    IrRef a = x86_read_as(lc, 0, sse_arg_lane(lc));
    sse_write_low(lc, sse_scalar_op(lc, sse_arg_op(lc), sse_arg_lane(lc), a, b, 0));
}

void x86_lift_sse_scalar_sqrt(LiftContext *lc)
{
    IrType t = (IrType)lc->insn->row->arg;
    sse_write_low(lc, sse_scalar_op(lc, IR_fsqrt, t, x86_read_as(lc, 1, t), IR_NONE, 0));
}

void x86_lift_sse_estimate(LiftContext *lc)
{
    IrRef v = ir_vlow(&lc->b, x86_read_as(lc, 1, IR_F32));
    v = ir_vop(&lc->b, (IrOp)lc->insn->row->arg, IR_F32, v, IR_NONE);
    sse_write_low(lc, ir_vextract(&lc->b, IR_F32, v, 0));
}

/* ---- comparison ---- */

void x86_lift_sse_cmp(LiftContext *lc)
{
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    unsigned relation = lc->insn->op[2].imm & 7;
    sse_write(lc, 0, sse_op(lc, IR_vfcmp, (IrType)lc->insn->row->arg, a, b, relation));
}

/* The lanes above are zeros on both sides, which signal nothing. */
void x86_lift_sse_cmp_scalar(LiftContext *lc)
{
    IrType t = (IrType)lc->insn->row->arg;
    IrRef b = ir_vlow(&lc->b, x86_read_as(lc, 1, t));
    IrRef a = ir_vlow(&lc->b, x86_read_as(lc, 0, t));
    IrRef v = sse_op(lc, IR_vfcmp, t, a, b, lc->insn->op[2].imm & 7);
    sse_write_low(lc, ir_vextract(&lc->b, t, v, 0));
}

void x86_lift_sse_comis(LiftContext *lc)
{
    IrType t = (IrType)(lc->insn->row->arg & 0xff);
    IrRef b = x86_read_as(lc, 1, t);
    IrRef a = x86_read_as(lc, 0, t);
    x86_flags_set_fcmp(lc, a, b, lc->insn->row->arg >> 8);
}

/* ---- conversion ---- */

void x86_lift_sse_from_int(LiftContext *lc)
{
    IrType to = (IrType)lc->insn->row->arg;
    sse_write_low(lc, sse_scalar_op(lc, IR_sitof, to, x86_read(lc, 1), IR_NONE, 0));
}

void x86_lift_sse_to_int(LiftContext *lc)
{
    IrRef v = x86_read_as(lc, 1, (IrType)(lc->insn->row->arg & 0xff));
    IrType to = x86_int_type(lc->insn->op[0].size);
    x86_write(lc, 0, sse_scalar_op(lc, IR_ftosi, to, v, IR_NONE, lc->insn->row->arg >> 8));
}

void x86_lift_sse_scalar_convert(LiftContext *lc)
{
    IrType from = sse_arg_lane(lc);
    IrRef v = x86_read_as(lc, 1, from);
    IrType to = from == IR_F32 ? IR_F64 : IR_F32;
    sse_write_low(lc, sse_scalar_op(lc, sse_arg_op(lc), to, v, IR_NONE, 0));
}

/* Packed conversions. Into an MMX register only the low half of an XMM source is looked at. */
void x86_lift_sse_convert(LiftContext *lc)
{
    sse_begin(lc);
    const X86Operand *op = lc->insn->op;
    IrRef v = op[0].kind == X86_MMX && op[1].size == 8 ? ir_vlow(&lc->b, x86_read(lc, 1))
                                                       : sse_read(lc, 1);
    unsigned rm = lc->insn->row->arg >> 24;
    sse_before_fp(lc);
    sse_write(lc, 0, sse_op(lc, sse_arg_op(lc), sse_arg_lane(lc), v, IR_NONE, rm));
    sse_end(lc);
}
