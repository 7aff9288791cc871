/* emit_fp.c: scalar floating point, conversions, and the FP environment.
 *
 * Scalars of the vector class leave the rest of their register undefined. With the guest's MXCSR
 * loaded, results and flags are the host's own (FP_MODEL_X86). Under FP_MODEL_RISCV a result that
 * is a NaN is replaced, out of line, by the one that the model gives:
 *
 *     vaddsd d, a, b; vucomisd d, d; jp cold     cold: vmovups d, [nan]
 */
#include "backend/x86_64/emitters.h"

#include <stddef.h>

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

/* ---- NaN results of FP_MODEL_RISCV ---- */

static void load_nan(Emitter *e, unsigned type, unsigned d)
{
    static const uint8_t nans[2][16] = {{0, 0, 0xc0, 0x7f}, {0, 0, 0, 0, 0, 0, 0xf8, 0x7f}};
    a_vpool(e, X86_VMOVUPS, d, 0, nans[is_f64(type)]);
}

static void cold_nan(Emitter *e, const ColdCode *c)
{
    load_nan(e, c->reg[1], c->reg[0]);
    a_jmp(e, c->back);
}

static void compare_self(Emitter *e, unsigned type, unsigned r)
{
    a_rr(e, is_f64(type) ? X86_VUCOMISD : X86_VUCOMISS, 0, r, r);
}

/* Leads to cold code if d is a NaN; NULL if the model leaves it as the host makes it. */
static ColdCode *check_nan(Emitter *e, unsigned type, unsigned d,
                           void (*emit)(Emitter *, const ColdCode *))
{
    if (e->region->fp_model != FP_MODEL_RISCV)
        return NULL;
    ColdCode *c = a_cold(e, emit);
    c->reg[0] = (uint8_t)d;
    c->reg[1] = (uint8_t)type;
    uint32_t label = c->label, back = c->back;
    compare_self(e, type, d);
    a_jcc(e, CC_P, label);
    emit_label_bind(e, back);
    return c;
}

void emit_nan_rule(Emitter *e, unsigned type, unsigned d)
{
    check_nan(e, type, d, cold_nan);
}

void emit_fp_bin(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_vvm(e, scalar_insn(inst->op, inst->type), 4, si->dest, si->opnd[0].reg[0],
          a_operand(&si->opnd[1]));
    if (inst->op != IR_fminsel && inst->op != IR_fmaxsel)
        emit_nan_rule(e, inst->type, si->dest);
}

/* The hardware finds infinity * 0 + a quiet NaN valid; the model does not. If neither factor is a
 * NaN and one is zero, their product alone raises what there is to raise, and nothing else. */
static void cold_ffma(Emitter *e, const ColdCode *c)
{
    unsigned d = c->reg[0], type = c->reg[1], a = c->reg[2], b = c->reg[3];
    X86Insn compare = is_f64(type) ? X86_VUCOMISD : X86_VUCOMISS;
    uint32_t end = emit_label_new(e), multiply = emit_label_new(e);
    compare_self(e, type, a);
    a_jcc(e, CC_P, end);
    compare_self(e, type, b);
    a_jcc(e, CC_P, end);
    a_vvv(e, X86_VXORPS, d, d, d);
    a_rr(e, compare, 0, a, d);
    a_jcc(e, CC_E, multiply);
    a_rr(e, compare, 0, b, d);
    a_jcc(e, CC_NE, end);
    emit_label_bind(e, multiply);
    a_vvv(e, is_f64(type) ? X86_VMULSD : X86_VMULSS, d, a, b);
    emit_label_bind(e, end);
    cold_nan(e, c);
}

void emit_ffma(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0], b = si->opnd[1].reg[0];
    a_may_fault(e, si);
    a_vmov(e, d, si->opnd[2].reg[0]);
    a_vvv(e, is_f64(inst->type) ? X86_VFMADD231SD : X86_VFMADD231SS, d, a, b);
    ColdCode *c = check_nan(e, inst->type, d, cold_ffma);
    if (c) {
        c->reg[2] = (uint8_t)a;
        c->reg[3] = (uint8_t)b;
    }
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
        emit_nan_rule(e, inst->type, d);
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
