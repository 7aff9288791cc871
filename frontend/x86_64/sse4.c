/* sse4.c: SSE3, SSSE3 and SSE4.1 where an instruction is more than one op on its operands.
 *
 * What the immediate selects is known here: blends, PALIGNR, INSERTPS and zero extensions are vshuf
 * with a constant mask. Example: pmovzxbd xmm0, xmm1 is vshuf xmm1, {0 z z z 1 z z z ..}.
 */
#include <string.h>

#include "frontend/x86_64/sse.h"

enum { ZERO = 0x80 }; /* mask byte that gives zero */

static unsigned imm_of(const LiftContext *lc)
{
    return (unsigned)lc->insn->op[2].imm;
}

static void shuffle(LiftContext *lc, IrRef a, IrRef b, const uint8_t mask[16])
{
    sse_write(lc, 0, ir_vshuf(&lc->b, a, b, mask));
}

/* ---- SSE3 ---- */

void x86_lift_sse_movddup(LiftContext *lc)
{
    IrRef v = x86_read_as(lc, 1, IR_F64);
    sse_write(lc, 0, ir_vsplat(&lc->b, IR_F64, v));
}

/* Each pair of singles becomes its even (arg 1: its odd) one twice. */
void x86_lift_sse_movdup(LiftContext *lc)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i / 8 * 8 + lc->insn->row->arg * 4 + i % 4);
    IrRef v = sse_read(lc, 1);
    shuffle(lc, v, v, mask);
}

/* ---- SSSE3 ---- */

/* Only three bits of a number count, and the one that gives zero. */
void x86_lift_mmx_pshufb(LiftContext *lc)
{
    uint8_t bits[16];
    memset(bits, 0x87, sizeof bits);
    sse_begin(lc);
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    b = ir_vop(&lc->b, IR_vand, IR_I64, b, ir_vconst(&lc->b, bits));
    sse_write(lc, 0, ir_vop(&lc->b, IR_vtbl, IR_I8, a, b));
    sse_end(lc);
}

/* Bytes imm .. of the source with the destination above it. */
void x86_lift_sse_palignr(LiftContext *lc)
{
    unsigned width = lc->insn->op[0].kind == X86_MMX ? 8 : 16;
    uint8_t mask[16];
    memset(mask, ZERO, sizeof mask);
    for (unsigned i = 0; i < width; i++) {
        unsigned from = i + imm_of(lc);
        if (from < 2 * width)
            mask[i] = (uint8_t)(from < width ? 16 + from : from - width);
    }
    sse_begin(lc);
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    shuffle(lc, a, b, mask);
    sse_end(lc);
}

/* ---- blends ---- */

/* arg: lane bytes */
void x86_lift_sse_blend(LiftContext *lc)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i + (imm_of(lc) >> i / lc->insn->row->arg & 1) * 16);
    IrRef a = sse_read(lc, 0), b = sse_read(lc, 1);
    shuffle(lc, a, b, mask);
}

/* By the signs of xmm0's lanes. */
void x86_lift_sse_blendv(LiftContext *lc)
{
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0);
    IrType lane = (IrType)lc->insn->row->arg;
    sse_write(lc, 0, ir_vtri(&lc->b, IR_vblendv, lane, a, b, x86_xmm(lc, 0)));
}

void x86_lift_sse_ptest(LiftContext *lc)
{
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0);
    IrRef z = ir_viszero(&lc->b, ir_vop(&lc->b, IR_vand, IR_I64, a, b));
    IrRef c = ir_viszero(&lc->b, ir_vop(&lc->b, IR_vandn, IR_I64, a, b));
    x86_flags_set_each(lc, ir_conv(&lc->b, IR_trunc, IR_I8, c), ir_conv(&lc->b, IR_trunc, IR_I8, z),
                       IR_NONE, IR_NONE);
}

/* ---- extension: V(vsext or vshuf, lane) | cc << 24 ---- */

void x86_lift_sse_extend(LiftContext *lc)
{
    const X86Operand *op = &lc->insn->op[1];
    unsigned cc = lc->insn->row->arg >> 24, to = ir_type_bits(sse_arg_lane(lc)) / 8;
    unsigned from = to >> (1 + cc);
    IrRef v;
    if (op->kind == X86_MEM && op->size == 2)
        v = ir_vlow(&lc->b, ir_conv(&lc->b, IR_zext, IR_I32, x86_read(lc, 1)));
    else
        v = sse_read(lc, 1);
    if (sse_arg_op(lc) == IR_vsext) {
        sse_write(lc, 0, ir_vop_cc(&lc->b, IR_vsext, sse_arg_lane(lc), v, IR_NONE, cc));
        return;
    }
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i % to < from ? i / to * from + i % to : ZERO);
    shuffle(lc, v, v, mask);
}

/* ---- lanes ---- */

/* The lane type of a row that has 64-bit lanes with REX.W. */
static IrType lane_of(const LiftContext *lc, unsigned operand)
{
    IrType lane = (IrType)lc->insn->row->arg;
    return lane == IR_I32 && lc->insn->op[operand].size == 8 ? IR_I64 : lane;
}

static unsigned index_of(const LiftContext *lc, IrType lane)
{
    return imm_of(lc) & (128 / ir_type_bits(lane) - 1);
}

void x86_lift_sse_pextr(LiftContext *lc)
{
    IrType lane = lane_of(lc, 0);
    IrRef v = ir_vextract(&lc->b, lane, sse_read(lc, 1), index_of(lc, lane));
    if (!x86_is_mem(lc, 0) && lane < IR_I32)
        v = ir_conv(&lc->b, IR_zext, IR_I32, v);
    x86_write(lc, 0, v);
}

void x86_lift_sse_pinsr(LiftContext *lc)
{
    IrType lane = lane_of(lc, 1);
    IrRef v = ir_conv(&lc->b, IR_trunc, lane, x86_read(lc, 1));
    sse_write(lc, 0, ir_vinsert(&lc->b, lane, sse_read(lc, 0), v, index_of(lc, lane)));
}

/* imm: 7:6 lane of the source register, 5:4 lane of the destination, 3:0 lanes to be zeroed. */
void x86_lift_sse_insertps(LiftContext *lc)
{
    unsigned from = x86_is_mem(lc, 1) ? 0 : imm_of(lc) >> 6, to = imm_of(lc) >> 4 & 3;
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++) {
        unsigned lane = i / 4;
        mask[i] = (uint8_t)(imm_of(lc) >> lane & 1 ? ZERO : lane == to ? 16 + from * 4 + i % 4 : i);
    }
    IrRef b = x86_is_mem(lc, 1) ? ir_vlow(&lc->b, x86_read_as(lc, 1, IR_F32))
                                : x86_xmm(lc, lc->insn->op[1].reg);
    shuffle(lc, sse_read(lc, 0), b, mask);
}

/* ---- floating point ---- */

/* imm: 1:0 the mode unless bit 2 takes MXCSR's; bit 3: not inexact. */
static unsigned rounding_of(const LiftContext *lc)
{
    static const uint8_t modes[4] = {IR_ROUND_NEAREST, IR_ROUND_DOWN, IR_ROUND_UP, IR_ROUND_ZERO};
    unsigned imm = imm_of(lc), mode = imm & 4 ? (unsigned)IR_ROUND_CURRENT : modes[imm & 3];
    return mode + (imm & 8 ? (unsigned)IR_ROUND_QUIET : 0);
}

void x86_lift_sse_round(LiftContext *lc)
{
    IrType lane = (IrType)lc->insn->row->arg;
    sse_write(lc, 0, sse_op(lc, IR_vfround, lane, sse_read(lc, 1), IR_NONE, rounding_of(lc)));
}

void x86_lift_sse_round_scalar(LiftContext *lc)
{
    IrType t = (IrType)lc->insn->row->arg;
    sse_write_low(lc,
                  sse_scalar_op(lc, IR_fround, t, x86_read_as(lc, 1, t), IR_NONE, rounding_of(lc)));
}

/* v with the lanes that have a bit in `keep`, zeros elsewhere. */
static IrRef keep_lanes(LiftContext *lc, IrRef v, unsigned bytes, unsigned keep)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(keep >> i / bytes & 1 ? i : ZERO);
    return ir_vshuf(&lc->b, v, v, mask);
}

/* Products where imm 7:4 says so (0 elsewhere, which raises nothing), summed as (0 + 1) + (2 + 3),
 * the sum to the lanes of imm 3:0. */
void x86_lift_sse_dot(LiftContext *lc)
{
    IrType lane = (IrType)lc->insn->row->arg;
    unsigned bytes = ir_type_bits(lane) / 8, imm = imm_of(lc);
    IrRef b = keep_lanes(lc, sse_read(lc, 1), bytes, imm >> 4);
    IrRef a = keep_lanes(lc, sse_read(lc, 0), bytes, imm >> 4);
    IrRef v = sse_op(lc, IR_vfmul, lane, a, b, 0);
    for (unsigned n = bytes; n < 16; n *= 2)
        v = sse_op(lc, IR_vfhadd, lane, v, v, 0);
    sse_write(lc, 0, keep_lanes(lc, v, bytes, imm));
}

void x86_lift_sse_mpsadbw(LiftContext *lc)
{
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0);
    sse_write(lc, 0, ir_vop_cc(&lc->b, IR_vsadslide, IR_I16, a, b, imm_of(lc) & 7));
}
