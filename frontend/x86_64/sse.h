/* sse.h: what the emitters of MMX, SSE and SSE2 share.
 *
 * XMM and MMX registers are both v128 values to an emitter (an MMX register has zeros above), so
 * one emitter serves both forms of an instruction:
 *
 *     sse_begin(lc);                      pending x87 exceptions, if MMX registers are used
 *     a = sse_read(lc, 0); b = sse_read(lc, 1);
 *     sse_write(lc, 0, sse_op(lc, op, lane, a, b, 0));
 *     sse_end(lc);                        the x87 stack becomes MMX registers
 *
 * sse_end comes last since it writes state: nothing may fault behind it.
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_SSE_H
#define DRAGOMAN_FRONTEND_X86_64_SSE_H

#include "frontend/x86_64/lift.h"

/* V(op, lane) of insns_sse.def */
static inline IrOp sse_arg_op(const LiftContext *lc)
{
    return (IrOp)(lc->insn->row->arg & 0xffff);
}
static inline IrType sse_arg_lane(const LiftContext *lc)
{
    return (IrType)(lc->insn->row->arg >> 16 & 0xff);
}

void sse_begin(LiftContext *lc);
void sse_end(LiftContext *lc);
/* Before an FP op whose exception may be unmasked: the stack has become MMX registers by then. */
void sse_before_fp(LiftContext *lc);
/* An MMX instruction makes TOP zero and every tag valid, EMMS empty (SDM vol. 1, 9.5.1). */
void mmx_enter(LiftContext *lc, unsigned tags);
/* Operand n, a register or memory of 4, 8 or 16 bytes, as v128. */
IrRef sse_read(LiftContext *lc, unsigned n);
void sse_write(LiftContext *lc, unsigned n, IrRef v);
/* Replaces the low lane of XMM operand 0 by a scalar. */
void sse_write_low(LiftContext *lc, IrRef scalar);
/* A vector op; b may be none. FP ops trap where the guest has exceptions unmasked. */
IrRef sse_op(LiftContext *lc, IrOp op, IrType lane, IrRef a, IrRef b, unsigned cc);
/* A scalar FP op with a result of type t; b may be none. */
IrRef sse_scalar_op(LiftContext *lc, IrOp op, IrType t, IrRef a, IrRef b, unsigned cc);

/* Waiting x87 and MMX instructions: #MF when an unmasked exception is pending. */
void x87_check_pending(LiftContext *lc);
/* Loads MXCSR; #GP for reserved bits came before. Looks the mode up again if it changed. */
void sse_set_mxcsr(LiftContext *lc, IrRef v);
void sse_check_mxcsr(LiftContext *lc, IrRef v);

#endif
