/* match.h: operand matchers of the x86-64 rules; see core.h for what a matcher is.
 *
 * A pure instruction may be absorbed by a matcher without being marked folded: its value is then
 * computed again inside the user, and core drops the original when no one else wants it. Only loads
 * and FP compares must be folded for good.
 */
#ifndef DRAGOMAN_BACKEND_X86_64_MATCH_H
#define DRAGOMAN_BACKEND_X86_64_MATCH_H

#include "backend/core/core.h"

/* Operand.cc of an OPND_COND: a condition code in the low half, one of these in the high one. */
enum {
    CV_CMP = 0x00,     /* cmp leaf0, leaf1 or imm */
    CV_TEST = 0x10,    /* test leaf0, leaf1 or imm; leaf0 with itself when there is neither */
    CV_BT = 0x20,      /* bt leaf0, imm */
    CV_CMP_RM = 0x30,  /* cmp leaf0, [leaf1 + leaf2 << scale + imm] */
    CV_CMP_MI = 0x40,  /* cmp [leaf0 + leaf1 << scale + low half of imm], high half of imm */
    CV_TEST_MI = 0x50, /* test, the same */
    CV_FP = 0x60,      /* ucomis leaf0, leaf1; has_imm: comis (raises for quiet NaN) */
    CV_FP_RM = 0x70,   /* ucomis leaf0, [leaf1 + leaf2 << scale + imm] */
    CV_FPEQ = 0x80,    /* as CV_FP; true when ZF and not PF (CC_E) or the opposite (CC_NE) */
    CV_FPEQ_RM = 0x90,
    CV_FLAGS = 0xa0, /* what the string op before has left */
};

/* Operand.cc of an OPND_FUSED by m_partial: the instruction to be done on the low bytes. */

OperandMatch m_base, m_imm32, m_imm_sum, m_imm_sub, m_imm_big, m_imm, m_imm_u32, m_addr, m_addr_big,
    m_mem, m_vmem, m_vmem_aligned, m_vrm, m_cond, m_self_cond, m_shl123, m_not, m_count, m_vcount,
    m_bswap, m_vext, m_vload_low, m_lea_scale, m_field_load, m_setcc_plain, m_carry, m_other_carry,
    m_partial, m_merge_vrm, m_merge_reg, m_setcc_bool, m_shuf_a, m_shuf_b, m_other_reg, m_other_mem,
    m_addend, m_factor, m_other_factor, m_other_vmem, m_other_vmem_aligned, m_lea_sum, m_low_sum,
    m_vand, m_ignored, m_lengths;

/* The host condition that a bit of vstrflags (IR_STR_*) is, or -1. */
int x86_string_cc(int64_t bit);

/* Whether a scalar sum or product has its second operand as first source. */
bool x86_exchanges(const Selection *s, const IrInst *in);

/* Aliases beyond core's own: a zext whose operand is zero-extended already. */
bool x86_is_alias(Selection *s, IrRef v, IrRef *of);

#endif
