/* mmx.c: MMX instructions that do not fit the emitters they would share with SSE2.
 *
 * An MMX register is the significand of an x87 register, fpr[].m; it is a memory-only slot, since
 * the x87 helpers work on the same bytes. All but EMMS go through sse_begin and sse_end, which make
 * the x87 stack a set of valid registers.
 */
#include "frontend/x86_64/sse.h"

/* Both operands side by side in one register, so that packing it gives a then b. */
void x86_lift_mmx_pack(LiftContext *lc)
{
    sse_begin(lc);
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    IrRef both = ir_vinsert(&lc->b, IR_I64, a, ir_vextract(&lc->b, IR_I64, b, 0), 1);
    sse_write(lc, 0, ir_vop(&lc->b, sse_arg_op(lc), sse_arg_lane(lc), both, both));
    sse_end(lc);
}

void x86_lift_mmx_cvtpi2ps(LiftContext *lc)
{
    sse_begin(lc);
    IrRef a = sse_read(lc, 1);
    sse_before_fp(lc);
    IrRef v = sse_op(lc, IR_vi32tof32, IR_I32, a, IR_NONE, 0);
    sse_write_low(lc, ir_vextract(&lc->b, IR_I64, v, 0));
    sse_end(lc);
}

void x86_lift_mmx_cvtpi2pd(LiftContext *lc)
{
    sse_begin(lc);
    sse_write(lc, 0, sse_op(lc, IR_vi32tof64, IR_I32, sse_read(lc, 1), IR_NONE, 0));
    sse_end(lc);
}

void x86_lift_mmx_emms(LiftContext *lc)
{
    x87_check_pending(lc);
    mmx_enter(lc, 0);
}
