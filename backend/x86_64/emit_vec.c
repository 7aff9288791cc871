/* emit_vec.c: 128-bit vector operations; nearly all are one host instruction named by the rule.
 *
 * VEX instructions do not check alignment. A load that must fault when misaligned (SSE operands)
 * is folded only into the legacy encoding of the same instruction, which does check; the upper
 * halves of the registers are always clean, so mixing the encodings costs nothing.
 */
#include <string.h>

#include "backend/x86_64/emitters.h"

/* d = a op b, b in a register or memory */
void emit_vbin(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0];
    X86Rm b = a_voperand(e, &si->opnd[1]);
    bool comm = (ir_op_info[inst->op].effects & IR_E_COMM) != 0;
    a_may_fault(e, si);
    if (comm && !b.mem && b.reg >= 8 && a < 8) { /* the shorter VEX prefix */
        unsigned t = a;
        a = b.reg;
        b.reg = (uint8_t)t;
    }
    a_vvm(e, si->rule->code, 4, si->dest, a, b);
}

static void sse(Emitter *e, X86Insn insn, unsigned d, X86Rm m, int imm)
{
    a_emit(e, &(Asm){.insn = insn,
                     .reg = (uint8_t)d,
                     .rm = m,
                     .extra = X86_SSE,
                     .nimm = imm >= 0,
                     .imm = imm});
}

/* Tied: d op= aligned memory, legacy encoding. */
void emit_vbin_sse(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_may_fault(e, si);
    sse(e, si->rule->code, si->dest, a_operand(&si->opnd[1]), -1);
}

/* d = op a, register or memory */
void emit_vun(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_may_fault(e, si);
    a_rm(e, si->rule->code, 0, si->dest, a_voperand(e, &si->opnd[0]));
}

void emit_vun_sse(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_may_fault(e, si);
    sse(e, si->rule->code, si->dest, a_operand(&si->opnd[0]), -1);
}

/* Relations are numbered as the host's. */
void emit_vfcmp(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_vvmi(e, si->rule->code, si->dest, si->opnd[0].reg[0], a_operand(&si->opnd[1]), inst->cc);
}

void emit_vfcmp_sse(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    sse(e, si->rule->code, si->dest, a_operand(&si->opnd[1]), inst->cc);
}

/* Conversions to integers; code: the rounding form, whose truncating one follows it. */
void emit_vround(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_rm(e, si->rule->code + (inst->cc == IR_ROUND_ZERO ? 1 : 0), 0, si->dest,
         a_operand(&si->opnd[0]));
}

/* code: the form with the count in a vector; the immediate form is 8 rows on. */
void emit_vshift(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0], d = si->dest, bits = ir_type_bits(inst->lane);
    const Operand *o = &si->opnd[1];
    X86Insn imm_form = si->rule->code + (X86_VPSLLW_I - X86_VPSLLW);
    if (o->kind == OPND_IMM) {
        uint64_t n = (uint64_t)o->imm;
        a_vshift(e, imm_form, d, a, n < bits ? (unsigned)n : bits);
    } else if (class_of_type(ir_inst(e->region, o->leaf[0])->type) == CLASS_VEC) {
        a_vvv(e, si->rule->code, d, a, o->reg[0]);
    } else {
        unsigned s = si->scratch_vec[0];
        a_rr(e, X86_VMOVQ_XG, 0, s, o->reg[0]);
        a_vvv(e, si->rule->code, d, a, s);
    }
}

/* The count of a shift as steps below want it: in vector scratch 1, or an immediate. */
static bool count_imm(Emitter *e, const SelInst *si, unsigned *count)
{
    const Operand *o = &si->opnd[1];
    *count = 0;
    if (o->kind == OPND_IMM) {
        *count = (uint64_t)o->imm < 64 ? (unsigned)o->imm : 64;
        return true;
    }
    if (class_of_type(ir_inst(e->region, o->leaf[0])->type) == CLASS_VEC)
        a_vmov(e, si->scratch_vec[1], o->reg[0]);
    else
        a_rr(e, X86_VMOVQ_XG, 0, si->scratch_vec[1], o->reg[0]);
    return false;
}

/* d = a shifted; insn: the form with the count in a vector. */
static void shift(Emitter *e, const SelInst *si, X86Insn insn, unsigned d, unsigned a, bool by_imm,
                  unsigned count)
{
    if (by_imm)
        a_vshift(e, insn + (X86_VPSLLW_I - X86_VPSLLW), d, a, count);
    else
        a_vvv(e, insn, d, a, si->scratch_vec[1]);
}

/* An immediate: what came from the other byte is masked off, and a sign extended by turning it over
 * and taking it away. */
static void shift8_imm(Emitter *e, const SelInst *si, const IrInst *inst, unsigned count)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0], t = si->scratch_vec[0];
    bool left = inst->op == IR_vshl, sign = inst->op == IR_vsar;
    uint8_t mask[16], top[16];
    if (sign && count >= 7) {
        a_vvv(e, X86_VPXOR, t, t, t);
        a_vvv(e, X86_VPCMPGTB, d, t, a);
        return;
    }
    unsigned ones = count >= 8 ? 0 : left ? 0xffu << count : 0xffu >> count;
    memset(mask, (int)(ones & 0xff), sizeof mask);
    shift(e, si, left ? X86_VPSLLW : X86_VPSRLW, d, a, true, count);
    a_vpool(e, X86_VPAND, d, d, mask);
    if (sign) {
        memset(top, 0x80 >> count, sizeof top);
        a_vpool(e, X86_VPXOR, d, d, top);
        a_vpool(e, X86_VPSUBB, d, d, top);
    }
}

/* Bytes are shifted as words. Without a sign: what came from the other byte is masked off by ones
 * shifted likewise. With one: each byte goes alone at the top of a word. */
void emit_vshift8(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0], t = si->scratch_vec[0], count;
    bool imm = count_imm(e, si, &count), left = inst->op == IR_vshl;
    if (imm) {
        shift8_imm(e, si, inst, count);
        return;
    }
    if (inst->op == IR_vsar) {
        a_vshift(e, X86_VPSLLW_I, t, a, 8);
        shift(e, si, X86_VPSRAW, t, t, false, 0);
        a_vshift(e, X86_VPSRLW_I, t, t, 8);
        shift(e, si, X86_VPSRAW, d, a, false, 0);
        a_vshift(e, X86_VPSRLW_I, d, d, 8);
        a_vshift(e, X86_VPSLLW_I, d, d, 8);
        a_vvv(e, X86_VPOR, d, d, t);
        return;
    }
    X86Insn insn = left ? X86_VPSLLW : X86_VPSRLW;
    a_vvv(e, X86_VPCMPEQD, t, t, t);
    a_vshift(e, X86_VPSRLW_I, t, t, 8);
    shift(e, si, insn, t, t, false, 0);
    if (left) {
        a_vshift(e, X86_VPSLLW_I, t, t, 8);
        a_vshift(e, X86_VPSRLW_I, t, t, 8);
    }
    a_vvv(e, X86_VPACKUSWB, t, t, t);
    shift(e, si, insn, d, a, false, 0);
    a_vvv(e, X86_VPAND, d, d, t);
}

/* Shifted without a sign after lanes below zero were turned over, and turned back. */
void emit_vsar64(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0], t = si->scratch_vec[0], count;
    bool imm = count_imm(e, si, &count);
    (void)inst;
    a_vvv(e, X86_VPXOR, t, t, t);
    a_vvv(e, X86_VPCMPGTQ, t, t, a);
    if (imm && count >= 63) {
        a_vmov(e, d, t);
        return;
    }
    a_vvv(e, X86_VPXOR, d, a, t);
    shift(e, si, X86_VPSRLQ, d, d, imm, count);
    a_vvv(e, X86_VPXOR, d, d, t);
}

/* ---- lanes ---- */

void emit_vextract(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0], lane = inst->cc;
    switch (inst->type) {
    case IR_I8:
        a_rri(e, X86_VPEXTRB, 0, a, rm_reg(d), lane);
        break;
    case IR_I16:
        a_rri(e, X86_VPEXTRW_G, 0, d, rm_reg(a), lane);
        break;
    case IR_I32:
        if (lane == 0)
            a_rr(e, X86_VMOVD_GX, 0, a, d);
        else
            a_rri(e, X86_VPEXTRD, 0, a, rm_reg(d), lane);
        break;
    case IR_I64:
        if (lane == 0)
            a_rr(e, X86_VMOVQ_GX, 0, a, d);
        else
            a_rri(e, X86_VPEXTRQ, 0, a, rm_reg(d), lane);
        break;
    case IR_F32:
        if (lane == 0)
            a_vmov(e, d, a);
        else if (lane == 1)
            a_rr(e, X86_VMOVSHDUP, 0, d, a);
        else if (lane == 2)
            a_vvv(e, X86_VUNPCKHPD, d, a, a);
        else
            a_rri(e, X86_VPSHUFD, 0, d, rm_reg(a), lane);
        break;
    default:
        if (lane == 0)
            a_vmov(e, d, a);
        else
            a_vvv(e, X86_VUNPCKHPD, d, a, a);
        break;
    }
}

static X86Insn insert_insn(unsigned lane_type)
{
    switch (lane_type) {
    case IR_I8:
        return X86_VPINSRB;
    case IR_I16:
        return X86_VPINSRW;
    case IR_I32:
        return X86_VPINSRD;
    default:
        return X86_VPINSRQ;
    }
}

void emit_vinsert(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, v = si->opnd[0].reg[0], b = si->opnd[1].reg[0], lane = inst->cc;
    if (inst->lane == IR_F64) {
        if (lane == 0) /* blends have more ports than vmovsd */
            a_vvmi(e, X86_VBLENDPD, d, v, rm_reg(b), 1);
        else
            a_vvv(e, X86_VUNPCKLPD, d, v, b);
    } else if (inst->lane == IR_F32) {
        if (lane == 0)
            a_vvmi(e, X86_VBLENDPS, d, v, rm_reg(b), 1);
        else
            a_vvmi(e, X86_VINSERTPS, d, v, rm_reg(b), lane << 4);
    } else {
        a_vvmi(e, insert_insn(inst->lane), d, v, rm_reg(b), lane);
    }
}

/* From memory. */
void emit_vinsert_mem(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, v = si->opnd[0].reg[0], lane = inst->cc;
    X86Rm m = a_operand(&si->opnd[1]);
    a_may_fault(e, si);
    if (inst->lane == IR_F64 || inst->lane == IR_I64)
        a_vvm(e, lane == 0 ? X86_VMOVLPD : X86_VMOVHPD, 4, d, v, m);
    else if (inst->lane == IR_F32)
        a_vvmi(e, X86_VINSERTPS, d, v, m, lane << 4);
    else
        a_vvmi(e, insert_insn(inst->lane), d, v, m, lane);
}

/* Scalar in lane 0, zeros above. */
void emit_vlow(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0];
    switch (ir_inst(e->region, inst->arg[0])->type) {
    case IR_I32:
        a_rr(e, X86_VMOVD_XG, 0, d, a);
        break;
    case IR_I64:
        a_rr(e, X86_VMOVQ_XG, 0, d, a);
        break;
    case IR_F32:
        a_vvmi(e, X86_VINSERTPS, d, a, rm_reg(a), 0x0e);
        break;
    default:
        a_rr(e, X86_VMOVQ, 0, d, a);
        break;
    }
}

void emit_vlow_mem(Emitter *e, const SelInst *si, const IrInst *inst)
{
    bool wide = ir_type_bits(ir_inst(e->region, inst->arg[0])->type) == 64;
    a_may_fault(e, si);
    a_rm(e, wide ? X86_VMOVSD : X86_VMOVSS, 0, si->dest, a_operand(&si->opnd[0]));
}

static X86Insn splat_insn(unsigned type)
{
    switch (type) {
    case IR_I8:
        return X86_VPBROADCASTB;
    case IR_I16:
        return X86_VPBROADCASTW;
    case IR_I32:
        return X86_VPBROADCASTD;
    case IR_F32:
        return X86_VBROADCASTSS;
    case IR_F64:
        return X86_VMOVDDUP;
    default:
        return X86_VPBROADCASTQ;
    }
}

void emit_vsplat(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned type = ir_inst(e->region, inst->arg[0])->type, d = si->dest, a = si->opnd[0].reg[0];
    if (ir_type_is_int(type)) {
        a_rr(e, type == IR_I64 ? X86_VMOVQ_XG : X86_VMOVD_XG, 0, d, a);
        a = d;
    }
    a_rr(e, splat_insn(type), 0, d, a);
}

void emit_vsplat_mem(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_rm(e, splat_insn(ir_inst(e->region, inst->arg[0])->type), 0, si->dest,
         a_operand(&si->opnd[0]));
}

void emit_vmovmsk(Emitter *e, const SelInst *si, const IrInst *inst)
{
    X86Insn insn = inst->lane == IR_I8    ? X86_VPMOVMSKB
                   : inst->lane == IR_I32 ? X86_VMOVMSKPS
                                          : X86_VMOVMSKPD;
    a_rr(e, insn, 0, si->dest, si->opnd[0].reg[0]);
}
