/* sse_str.c: PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM. The immediate is IrStr's lower seven
 * bits; flags come out of vstrfind's result and cost nothing where nobody reads them.
 *
 * Example: pcmpistri xmm0, [rdi], 0; jc X     %f = vstrfind xmm0, %m, 0, 128; rcx = %f >> 16;
 *                                             br (extract %f, 8, 1)
 */
#include "frontend/x86_64/sse.h"

/* A length in rax or rdx: its magnitude, at most the number of lanes (i32). */
static IrRef length(LiftContext *lc, unsigned reg, unsigned lanes)
{
    bool wide = lc->insn->rex & X86_REX_W;
    IrType t = wide ? IR_I64 : IR_I32;
    IrRef v = x86_gpr(lc, reg, wide ? 8 : 4);
    IrRef negative = ir_bini(&lc->b, IR_slt, v, 0);
    v = ir_select(&lc->b, negative, ir_un(&lc->b, IR_neg, v), v);
    IrRef most = x86_const(lc, t, lanes);
    v = ir_select(&lc->b, ir_cmp(&lc->b, IR_ult, v, most), v, most);
    return ir_conv(&lc->b, IR_trunc, IR_I32, v);
}

static IrRef result_bit(LiftContext *lc, IrRef found, unsigned mask)
{
    IrRef bit = ir_extract(&lc->b, found, (unsigned)__builtin_ctz(mask), 1);
    return ir_conv(&lc->b, IR_trunc, IR_I8, bit);
}

void x86_lift_sse_strings(LiftContext *lc)
{
    unsigned arg = lc->insn->row->arg, how = lc->insn->op[2].imm & 0x7f;
    unsigned lanes = how & IR_STR_WORDS ? 8 : 16;
    IrRef b = sse_read(lc, 1), a = sse_read(lc, 0), lengths = x86_const(lc, IR_I32, 0);
    if (arg & X86_STR_IMPLICIT) {
        how |= IR_STR_IMPLICIT;
    } else {
        IrRef of_b = ir_bini(&lc->b, IR_shl, length(lc, RDX, lanes), 8);
        lengths = ir_bin(&lc->b, IR_or, length(lc, RAX, lanes), of_b);
    }
    IrRef found = ir_vstr(&lc->b, IR_vstrfind, a, b, lengths, how);
    if (arg & X86_STR_MASK)
        x86_xmm_set(lc, 0, ir_vstr(&lc->b, IR_vstrmask, a, b, lengths, how));
    else
        x86_gpr_set(lc, RCX, ir_bini(&lc->b, IR_shr, found, 16));
    x86_flags_set_each(lc, result_bit(lc, found, IR_STR_IS_ANY),
                       result_bit(lc, found, IR_STR_ENDS_B), result_bit(lc, found, IR_STR_ENDS_A),
                       result_bit(lc, found, IR_STR_IS_FIRST));
}
