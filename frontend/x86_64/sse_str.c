/* sse_str.c: PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM. The immediate is IrStr's lower seven
 * bits. Index, mask and flags are three ops on the same operands; who does not want the flags does
 * not pay for them.
 *
 * Example: pcmpistri xmm0, [rdi], 0; jc X     %i = vstrindex xmm0, %m, 0, 128; rcx = %i;
 *                                             %f = vstrflags xmm0, %m, 0, 128; br (extract %f, 8,
 * 1)
 */
#include "frontend/x86_64/sse.h"

/* A length of 64 bits in rax or rdx, as 32: its magnitude, at most the number of lanes. */
static IrRef wide_length(LiftContext *lc, IrRef v, unsigned lanes)
{
    IrRef negative = ir_bini(&lc->b, IR_slt, v, 0);
    v = ir_select(&lc->b, negative, ir_un(&lc->b, IR_neg, v), v);
    IrRef most = x86_const(lc, IR_I64, lanes);
    return ir_select(&lc->b, ir_cmp(&lc->b, IR_ult, v, most), v, most);
}

static IrRef lengths_of(LiftContext *lc, unsigned lanes)
{
    IrRef a = x86_gpr(lc, RAX, 8), b = x86_gpr(lc, RDX, 8);
    if (lc->insn->rex & X86_REX_W) {
        a = wide_length(lc, a, lanes);
        b = wide_length(lc, b, lanes);
    }
    return ir_deposit(&lc->b, a, b, 32, 32);
}

void x86_lift_sse_strings(LiftContext *lc)
{
    unsigned arg = lc->insn->row->arg, how = lc->insn->op[2].imm & 0x7f;
    unsigned lanes = how & IR_STR_WORDS ? 8 : 16;
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0), lengths = x86_const(lc, IR_I64, 0);
    if (arg & X86_STR_IMPLICIT)
        how |= IR_STR_IMPLICIT;
    else
        lengths = lengths_of(lc, lanes);
    IrOp op = arg & X86_STR_MASK ? IR_vstrmask : IR_vstrindex;
    IrRef found = ir_vstr(&lc->b, op, a, b, lengths, how);
    IrRef flags = ir_vstr(&lc->b, IR_vstrflags, a, b, lengths, how);
    if (arg & X86_STR_MASK)
        x86_xmm_set(lc, 0, found);
    else
        x86_gpr_set(lc, RCX, ir_conv(&lc->b, IR_zext, IR_I64, found));
    x86_flags_set(lc, CC_STRINGS, flags, IR_NONE, IR_NONE);
}
