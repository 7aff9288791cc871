/* sse_int.c: shuffles and shifts of SSE2 and MMX. Every shuffle is one vshuf with a constant mask.
 *
 * Example: punpcklbw xmm0, xmm1 is vshuf xmm0, xmm1, {0, 16, 1, 17, .. 7, 23}.
 */
#include <string.h>

#include "frontend/x86_64/sse.h"

enum { ZERO = 0x80 }; /* mask byte that gives zero */

static unsigned width_of(const LiftContext *lc)
{
    return lc->insn->op[0].kind == X86_MMX ? 8 : 16;
}

static void shuffle(LiftContext *lc, IrRef a, IrRef b, const uint8_t mask[16])
{
    sse_write(lc, 0, ir_vshuf(&lc->b, a, b, mask));
}

/* arg: lane bytes | first byte << 8 */
void x86_lift_sse_unpack(LiftContext *lc)
{
    unsigned bytes = lc->insn->row->arg & 0xff, first = lc->insn->row->arg >> 8;
    uint8_t mask[16];
    memset(mask, ZERO, sizeof mask);
    for (unsigned i = 0; i < width_of(lc); i++) {
        unsigned lane = i / bytes;
        mask[i] = (uint8_t)(first + lane / 2 * bytes + i % bytes + (lane & 1) * 16);
    }
    sse_begin(lc);
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    shuffle(lc, a, b, mask);
    sse_end(lc);
}

void x86_lift_sse_shufps(LiftContext *lc)
{
    unsigned imm = (unsigned)lc->insn->op[2].imm;
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)((imm >> i / 4 * 2 & 3) * 4 + i % 4 + (i >= 8 ? 16 : 0));
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    shuffle(lc, a, b, mask);
}

void x86_lift_sse_shufpd(LiftContext *lc)
{
    unsigned imm = (unsigned)lc->insn->op[2].imm;
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)((imm >> i / 8 & 1) * 8 + i % 8 + (i >= 8 ? 16 : 0));
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    shuffle(lc, a, b, mask);
}

/* pshufd, pshufhw, pshuflw, pshufw. arg: lane bytes | first byte << 8; four lanes from there on
 * are picked by the immediate, what is outside stays. */
void x86_lift_sse_pshuf(LiftContext *lc)
{
    unsigned imm = (unsigned)lc->insn->op[2].imm;
    unsigned bytes = lc->insn->row->arg & 0xff, first = lc->insn->row->arg >> 8;
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++) {
        unsigned lane = (i - first) / bytes;
        bool picked = i >= first && lane < 4;
        unsigned from = picked ? first + (imm >> lane * 2 & 3) * bytes + i % bytes : i;
        mask[i] = (uint8_t)(i < width_of(lc) ? from : ZERO);
    }
    sse_begin(lc);
    IrRef v = sse_read(lc, 1);
    shuffle(lc, v, v, mask);
    sse_end(lc);
}

void x86_lift_sse_pinsrw(LiftContext *lc)
{
    sse_begin(lc);
    IrRef word = ir_conv(&lc->b, IR_trunc, IR_I16, x86_read(lc, 1));
    unsigned lane = lc->insn->op[2].imm & lc->insn->row->arg;
    sse_write(lc, 0, ir_vinsert(&lc->b, IR_I16, sse_read(lc, 0), word, lane));
    sse_end(lc);
}

void x86_lift_sse_pextrw(LiftContext *lc)
{
    sse_begin(lc);
    unsigned lane = lc->insn->op[2].imm & lc->insn->row->arg;
    IrRef word = ir_vextract(&lc->b, IR_I16, sse_read(lc, 1), lane);
    x86_gpr_set(lc, lc->insn->op[0].reg, ir_conv(&lc->b, IR_zext, IR_I32, word));
    sse_end(lc);
}

/* The count is an immediate or the low 64 bits of a register or of memory. */
void x86_lift_sse_shift(LiftContext *lc)
{
    sse_begin(lc);
    const X86Operand *op = &lc->insn->op[1];
    IrRef count = op->kind == X86_IMM ? x86_const(lc, IR_I64, op->imm)
                                      : ir_vextract(&lc->b, IR_I64, sse_read(lc, 1), 0);
    IrRef v = sse_read(lc, 0);
    sse_write(lc, 0, ir_vshift(&lc->b, sse_arg_op(lc), sse_arg_lane(lc), v, count));
    sse_end(lc);
}

/* psrldq (arg 1) and pslldq */
void x86_lift_sse_shift_bytes(LiftContext *lc)
{
    int n = lc->insn->op[1].imm > 16 ? 16 : (int)lc->insn->op[1].imm;
    int by = lc->insn->row->arg ? n : -n;
    uint8_t mask[16];
    for (int i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i + by >= 0 && i + by < 16 ? i + by : ZERO);
    IrRef v = sse_read(lc, 0);
    shuffle(lc, v, v, mask);
}
