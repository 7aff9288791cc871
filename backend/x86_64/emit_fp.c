/* emit_fp.c: scalar floating point, conversions, and the FP environment.
 *
 * Scalars of the vector class leave the rest of their register undefined. With the guest's MXCSR
 * loaded, results and flags are the host's own: those of FP_MODEL_X86. What other models have
 * otherwise is mended out of line (exact.c):
 *
 *     vaddsd d, a, b; vucomisd d, d; jp cold     cold: vmovups d, [nan]
 */
#include "backend/x86_64/emitters.h"

#include <stddef.h>
#include <string.h>

#include "ir/base/log.h"

static bool is_f64(unsigned type)
{
    return type == IR_F64;
}

/* Scalar instruction of an op; each double form follows its single one in insn.def. */
static X86Insn scalar_insn(unsigned op, unsigned type)
{
    X86Insn single;
    switch (op) {
    case IR_fadd:
        single = X86_VADDSS;
        break;
    case IR_fsub:
        single = X86_VSUBSS;
        break;
    case IR_fmul:
        single = X86_VMULSS;
        break;
    case IR_fdiv:
        single = X86_VDIVSS;
        break;
    case IR_fminsel:
        single = X86_VMINSS;
        break;
    case IR_fmaxsel:
        single = X86_VMAXSS;
        break;
    case IR_fsqrt:
        single = X86_VSQRTSS;
        break;
    case IR_sitof:
        single = X86_VCVTSI2SS;
        break;
    case IR_fext:
        return X86_VCVTSS2SD;
    case IR_ftrunc:
        return X86_VCVTSD2SS;
    default:
        DG_UNREACHABLE();
    }
    return is_f64(type) ? single + 1 : single;
}

void emit_fp_bin(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned first = 0;
    a_may_fault(e, si);
    if (si->opnd[1].kind == OPND_REG)
        first = x86_exchanges(e->sel, inst);
    a_vvm(e, scalar_insn(inst->op, inst->type), 4, si->dest, si->opnd[first].reg[0],
          a_operand(&si->opnd[1 - first]));
    if (inst->op != IR_fminsel && inst->op != IR_fmaxsel)
        emit_fp_rule(e, si, inst);
}

void emit_ffma(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0], b = si->opnd[1].reg[0];
    a_may_fault(e, si);
    a_vmov(e, d, si->opnd[2].reg[0]);
    a_vvv(e, is_f64(inst->type) ? X86_VFMADD231SD : X86_VFMADD231SS, d, a, b);
    emit_fp_rule(e, si, inst);
}

/* Tied to the first operand, or the addend. */
void emit_fp_bin_kept(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, b = si->opnd[1].reg[0], kept = si->scratch_vec[0];
    bool exchanged = x86_exchanges(e->sel, inst);
    a_vmov(e, kept, d);
    a_vvv(e, scalar_insn(inst->op, inst->type), d, exchanged ? b : d, exchanged ? d : b);
    emit_fp_rule_kept(e, si, inst, 0, kept);
}

void emit_ffma_kept(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, kept = si->scratch_vec[0];
    a_vmov(e, kept, d);
    a_vvv(e, inst->type == IR_F64 ? X86_VFMADD231SD : X86_VFMADD231SS, d, si->opnd[1].reg[0],
          si->opnd[2].reg[0]);
    emit_fp_rule_kept(e, si, inst, 2, kept);
}

/* fsqrt fext ftrunc sitof; leaf 2 is the vector that the result is merged into (match.c). Without
 * one, what is above comes from the operand's register, or is cleared. */
void emit_fp_un(Emitter *e, const SelInst *si, const IrInst *inst)
{
    const Operand *o = &si->opnd[0];
    unsigned d = si->dest, source = si->opnd[0].reg[0];
    bool from_int = inst->op == IR_sitof;
    unsigned w = from_int ? width_of(ir_inst(e->region, inst->arg[0])->type) : 4;
    if (o->leaf[2].i != 0) {
        source = o->reg[2];
    } else if (from_int || o->kind == OPND_MEM) {
        a_vvv(e, X86_VXORPS, d, d, d);
        source = d;
    }
    a_may_fault(e, si);
    a_vvm(e, scalar_insn(inst->op, inst->type), w, d, source, a_operand(o));
    if (!from_int)
        emit_fp_rule(e, si, inst);
}

/* fneg, fabs: what is above stays. */
void emit_fsign(Emitter *e, const SelInst *si, const IrInst *inst)
{
    bool negate = inst->op == IR_fneg;
    uint8_t mask[16];
    memset(mask, negate ? 0 : 0xff, sizeof mask);
    mask[ir_type_bits(inst->type) / 8 - 1] ^= 0x80;
    a_vpool(e, negate ? X86_VXORPS : X86_VANDPS, si->dest, si->opnd[0].reg[0], mask);
}

/* Ones in the second quarter. */
void emit_fbox(Emitter *e, const SelInst *si, const IrInst *inst)
{
    uint8_t ones[16];
    (void)inst;
    memset(ones, 0xff, sizeof ones);
    a_vvmi(e, X86_VBLENDPS, si->dest, si->opnd[0].reg[0], a_pool(e, ones), 2);
}

void emit_ftosi(Emitter *e, const SelInst *si, const IrInst *inst)
{
    bool f64 = is_f64(ir_inst(e->region, inst->arg[0])->type);
    X86Insn insn = inst->cc == IR_ROUND_ZERO ? (f64 ? X86_VCVTTSD2SI : X86_VCVTTSS2SI)
                                             : (f64 ? X86_VCVTSD2SI : X86_VCVTSS2SI);
    a_may_fault(e, si);
    a_rm(e, insn, width_of(inst->type), si->dest, a_operand(&si->opnd[0]));
}

void emit_bitcast(Emitter *e, const SelInst *si, const IrInst *inst)
{
    bool wide = ir_type_bits(inst->type) == 64;
    unsigned d = si->dest, a = si->opnd[0].reg[0];
    if (ir_type_is_float(inst->type))
        a_rr(e, wide ? X86_VMOVQ_XG : X86_VMOVD_XG, 0, d, a);
    else
        a_rr(e, wide ? X86_VMOVQ_GX : X86_VMOVD_GX, 0, a, d);
}

void emit_fpctlget(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    X86Rm m = a_state(offsetof(CpuState, fpctl));
    a_rm(e, X86_STMXCSR, 0, 0, m);
    a_rm(e, X86_MOV, 4, si->dest, m);
}

void emit_fpctlset(Emitter *e, const SelInst *si, const IrInst *inst)
{
    X86Rm m = a_state(offsetof(CpuState, fpctl));
    (void)inst;
    a_rm(e, X86_MOV_MR, 4, si->opnd[0].reg[0], m);
    a_rm(e, X86_LDMXCSR, 0, 0, m);
}

/* ---- flags that are known (ir/state.h, fp_settle) ---- */

/* From here on they are, with all exceptions to come that would raise another one. */
static void cold_read_flags(Emitter *e, const ColdCode *c)
{
    unsigned d = c->reg[0], t = c->gpr;
    X86Rm m = a_state(offsetof(CpuState, fpctl)), budget = a_state(offsetof(CpuState, fp_budget));
    a_rm(e, X86_STMXCSR, 0, 0, m);
    a_rm(e, X86_MOV, 4, d, m);
    a_alu_imm(e, ALU_SUB, 4, budget, 1);
    uint32_t spend = a_jcc_short(e, CC_AE);
    a_alu_imm(e, ALU_ADD, 4, budget, 1);
    a_jmp(e, c->back);
    a_short_here(e, spend);
    a_mov(e, 4, t, d);
    a_alu_imm(e, ALU_AND, 4, rm_reg(t), FPCTL_FLAGS);
    a_ri(e, X86_SHL_I, 4, t, FPCTL_MASKS_AT);
    a_alu_imm(e, ALU_AND, 4, rm_reg(d), ~FPCTL_MASKS);
    a_rr(e, X86_OR, 4, d, t);
    a_alu_imm(e, ALU_OR, 4, rm_reg(d), FPCTL_DENORMAL_MASK);
    a_rm(e, X86_MOV_MR, 4, d, m);
    a_rm(e, X86_LDMXCSR, 0, 0, m);
    a_rm(e, X86_MOV_MR, 4, d, a_state(offsetof(CpuState, fp_known)));
    a_jmp(e, c->back);
}

void emit_fpctlget_known(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    ColdCode *c = a_cold(e, cold_read_flags);
    uint32_t label = c->label, back = c->back;
    c->reg[0] = si->dest;
    c->gpr = si->scratch_gpr[0];
    a_rm(e, X86_MOV, 4, si->dest, a_state(offsetof(CpuState, fp_known)));
    a_rr(e, X86_TEST, 4, si->dest, si->dest);
    a_jcc(e, CC_E, label);
    emit_label_bind(e, back);
}

/* Other flags than those that are known, or none were. */
static void cold_write_flags(Emitter *e, const ColdCode *c)
{
    X86Rm m = a_state(offsetof(CpuState, fpctl));
    a_rm(e, X86_MOV_MR, 4, c->reg[0], m);
    a_alu_imm(e, ALU_OR, 4, m, FPCTL_MASKS);
    a_rm(e, X86_LDMXCSR, 0, 0, m);
    a_mi(e, X86_MOV_I, 4, a_state(offsetof(CpuState, fp_known)), 0);
    a_jmp(e, c->back);
}

/* In line if it is the rounding alone that changes. */
void emit_fpctlset_known(Emitter *e, const SelInst *si, const IrInst *inst)
{
    X86Rm m = a_state(offsetof(CpuState, fpctl)), known = a_state(offsetof(CpuState, fp_known));
    unsigned v = si->opnd[0].reg[0], t = si->scratch_gpr[0];
    (void)inst;
    ColdCode *c = a_cold(e, cold_write_flags);
    uint32_t label = c->label, back = c->back;
    c->reg[0] = (uint8_t)v;
    a_mov(e, 4, t, v);
    a_rm(e, X86_XOR, 4, t, known);
    a_ri(e, X86_TEST_I, 4, t, ~FPCTL_ROUNDING);
    a_jcc(e, CC_NE, label);
    a_rm(e, X86_MOV_MR, 4, v, m);
    a_rm(e, X86_MOV_MR, 4, v, known);
    a_rm(e, X86_LDMXCSR, 0, 0, m);
    emit_label_bind(e, back);
}
