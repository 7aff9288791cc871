/* crypto.c: PCLMULQDQ, AES and SHA instructions that take more than two registers' worth. */
#include "frontend/x86_64/sse.h"

static unsigned imm_of(const LiftContext *lc)
{
    return (unsigned)lc->insn->op[2].imm;
}

/* imm bit 0: the half of the destination, bit 4: that of the source. */
void x86_lift_crypto_clmul(LiftContext *lc)
{
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0);
    unsigned halves = (imm_of(lc) & 1) | (imm_of(lc) >> 4 & 1) << 1;
    sse_write(lc, 0, ir_vop_cc(&lc->b, IR_vclmul, IR_I64, a, b, halves));
}

void x86_lift_crypto_aeskeys(LiftContext *lc)
{
    IrRef v = sse_read(lc, 1);
    sse_write(lc, 0, ir_vop_cc(&lc->b, IR_aeskeys, IR_I32, v, IR_NONE, imm_of(lc) & 0xff));
}

/* W0 .. W3 from the top of the destination, W4 W5 from the top of the source: each W with the one
 * two further on. */
void x86_lift_crypto_sha1msg1(LiftContext *lc)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 16; i++)
        mask[i] = (uint8_t)(i < 8 ? 24 + i : i - 8);
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0);
    IrRef further = ir_vshuf(&lc->b, a, b, mask);
    sse_write(lc, 0, ir_vop(&lc->b, IR_vxor, IR_I64, a, further));
}

void x86_lift_crypto_sha1rnds4(LiftContext *lc)
{
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0);
    sse_write(lc, 0, ir_vop_cc(&lc->b, IR_sha1rnds4, IR_I32, a, b, imm_of(lc) & 3));
}

/* xmm0 has the two words. */
void x86_lift_crypto_sha256rnds2(LiftContext *lc)
{
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0);
    sse_write(lc, 0, ir_vtri(&lc->b, IR_sha256rnds2, IR_I32, a, b, x86_xmm(lc, 0)));
}
