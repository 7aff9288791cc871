/* emit_fcvt.c: from floating point to integers that are saturated, rounding ties away from zero,
 * and from unsigned integers.
 *
 * The host's conversions give the most negative number for what is out of range, and round by
 * MXCSR or to zero. Other roundings are done first, which raises inexact; that must not be where
 * the result is invalid. It cannot be where only integers are out of range; else, and for unsigned
 * results, a test of the exponent comes first. What is out of range, and the little that is not but
 * looks so, is done in software (exact.c).
 *
 *     vcvttsd2si d, a; cmp d, 1; jo cold                      f64 to i64, to zero
 *     vmovq d, a; shr d, 52; cmp d, 1055; jae cold; vcvttsd2si d, a     f64 to u32
 */
#include "backend/x86_64/emitters.h"
#include "ir/base/log.h"

enum { QUIET = 8, TO_ZERO = 3 };

static X86Insn of_width(X86Insn single, unsigned type)
{
    return single + (type == IR_F64);
}

static void round_to(Emitter *e, unsigned type, unsigned d, unsigned a, unsigned imm)
{
    a_vvmi(e, type == IR_F64 ? X86_VROUNDSD : X86_VROUNDSS, d, a, rm_reg(a), imm);
}

/* d = a rounded, ties away from zero: the part behind the point, doubled, has an integer part if
 * that is a half or more. All of it is exact. d, a and s differ. */
static void round_away(Emitter *e, unsigned type, unsigned d, unsigned a, unsigned s, bool quiet)
{
    round_to(e, type, d, a, TO_ZERO | (quiet ? QUIET : 0));
    a_rr(e, type == IR_F64 ? X86_VUCOMISD : X86_VUCOMISS, 0, d, a);
    uint32_t done = a_jcc_short(e, CC_E); /* an integer, infinite or a NaN */
    a_vvv(e, of_width(X86_VSUBSS, type), s, a, d);
    a_vvv(e, of_width(X86_VADDSS, type), s, s, s);
    round_to(e, type, s, s, TO_ZERO | QUIET);
    a_vvv(e, of_width(X86_VADDSS, type), d, d, s);
    a_short_here(e, done);
}

void emit_fround_away(Emitter *e, const SelInst *si, const IrInst *inst)
{
    round_away(e, inst->type, si->dest, si->opnd[0].reg[0], si->scratch_vec[0],
               inst->cc >= IR_ROUND_QUIET);
    if (e->region->fp_model == FP_MODEL_RISCV)
        emit_fp_rule(e, si, inst);
}

/* ---- to integers ---- */

typedef struct Conversion {
    bool f64, wide, is_signed;
    IrRound mode;
} Conversion;

/* Below this exponent, which the sign is part of if the result is unsigned, the result fits; 0: no
 * test is needed first. */
static unsigned exponent_limit(Conversion k)
{
    unsigned bias = k.f64 ? 1023 : 127;
    bool carries = k.f64 && !k.wide && k.mode != IR_ROUND_ZERO;
    if (!k.is_signed)
        return bias + (k.wide ? 63 : 32) - carries;
    return carries ? bias + 30 : 0;
}

static void test_exponent(Emitter *e, Conversion k, unsigned limit, unsigned d, unsigned a,
                          uint32_t label)
{
    unsigned w = k.f64 ? 8 : 4, digits = k.f64 ? 52 : 23;
    a_rr(e, k.f64 ? X86_VMOVQ_GX : X86_VMOVD_GX, 0, a, d);
    if (k.is_signed)
        a_ri(e, X86_SHL_I, w, d, 1);
    a_ri(e, X86_SHR_I, w, d, k.is_signed ? digits + 1 : digits);
    a_alu_imm(e, ALU_CMP, 4, rm_reg(d), limit);
    a_jcc(e, CC_AE, label);
}

/* a, or an integer out of it in a scratch register. */
static unsigned rounded(Emitter *e, const SelInst *si, Conversion k, unsigned a)
{
    static const uint8_t imm[] = {
        [IR_ROUND_NEAREST] = 0, [IR_ROUND_DOWN] = 1, [IR_ROUND_UP] = 2, [IR_ROUND_AWAY] = TO_ZERO};
    unsigned type = k.f64 ? IR_F64 : IR_F32, t = si->scratch_vec[0];
    if (k.mode == IR_ROUND_ZERO)
        return a;
    if (k.mode == IR_ROUND_AWAY)
        round_away(e, type, t, a, si->scratch_vec[1], false);
    else
        round_to(e, type, t, a, imm[k.mode]);
    return t;
}

void emit_fsat(Emitter *e, const SelInst *si, const IrInst *inst)
{
    Conversion k = {.f64 = si->opnd[0].type == IR_F64,
                    .wide = inst->type == IR_I64,
                    .is_signed = inst->op == IR_fsatsi,
                    .mode = (IrRound)inst->cc};
    unsigned a = si->opnd[0].reg[0], d = si->dest, limit = exponent_limit(k);
    ColdCode *c = x86_soft_path(e, si, inst, x86_cold_soft);
    uint32_t label = c->label, back = c->back;
    if (limit != 0)
        test_exponent(e, k, limit, d, a, label);
    a_rr(e, k.f64 ? X86_VCVTTSD2SI : X86_VCVTTSS2SI, k.wide || !k.is_signed ? 8 : 4, d,
         rounded(e, si, k, a));
    if (limit == 0) {
        a_alu_imm(e, ALU_CMP, k.wide ? 8 : 4, rm_reg(d), 1);
        a_jcc(e, CC_O, label);
    }
    emit_label_bind(e, back);
}

/* ---- from unsigned integers ---- */

/* Halved, keeping that it was odd, and the result doubled, which is exact. */
static void cold_uitof(Emitter *e, const ColdCode *c)
{
    unsigned d = c->reg[0], a = c->reg[1], t = c->reg[2];
    a_mov(e, 8, t, a);
    a_ri(e, X86_SHR_I, 8, t, 1);
    uint32_t even = a_jcc_short(e, CC_AE);
    a_alu_imm(e, ALU_OR, 8, rm_reg(t), 1);
    a_short_here(e, even);
    a_vvv(e, X86_VXORPS, d, d, d);
    a_vvm(e, of_width(X86_VCVTSI2SS, c->type), 8, d, d, rm_reg(t));
    a_vvv(e, of_width(X86_VADDSS, c->type), d, d, d);
    a_jmp(e, c->back);
}

void emit_uitof(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, a = si->opnd[0].reg[0], t = si->scratch_gpr[0];
    X86Insn convert = of_width(X86_VCVTSI2SS, inst->type);
    if (si->opnd[0].type == IR_I32) {
        a_rr(e, X86_MOV, 4, t, a);
        a_vvv(e, X86_VXORPS, d, d, d);
        a_vvm(e, convert, 8, d, d, rm_reg(t));
        return;
    }
    ColdCode *c = a_cold(e, cold_uitof);
    c->reg[0] = d;
    c->reg[1] = (uint8_t)a;
    c->reg[2] = (uint8_t)t;
    c->type = inst->type;
    uint32_t label = c->label, back = c->back;
    a_rr(e, X86_TEST, 8, a, a);
    a_jcc(e, CC_S, label);
    a_vvv(e, X86_VXORPS, d, d, d);
    a_vvm(e, convert, 8, d, d, rm_reg(a));
    emit_label_bind(e, back);
}

/* ---- lanes ---- */

static void jump_if_any(Emitter *e, unsigned g, unsigned t, uint32_t label)
{
    a_rr(e, X86_VMOVMSKPS, 0, g, t);
    a_rr(e, X86_TEST, 4, g, g);
    a_jcc(e, CC_NE, label);
}

/* Of f32, signed: what is out of range has become the most negative number. */
static void saturate_f32(Emitter *e, const SelInst *si, IrRound mode, uint32_t label)
{
    static const uint8_t imm[] = {[IR_ROUND_NEAREST] = 0, [IR_ROUND_DOWN] = 1, [IR_ROUND_UP] = 2};
    unsigned a = si->opnd[0].reg[0], d = si->dest, t = si->scratch_vec[0];
    uint8_t worst[16] = {0};
    for (unsigned k = 3; k < 16; k += 4)
        worst[k] = 0x80;
    if (mode != IR_ROUND_ZERO) {
        a_rri(e, X86_VROUNDPS, 0, d, rm_reg(a), imm[mode]);
        a = d;
    }
    a_rr(e, X86_VCVTTPS2DQ, 0, d, a);
    a_vpool(e, X86_VPCMPEQD, t, d, worst);
    jump_if_any(e, si->scratch_gpr[0], t, label);
}

/* Of f64, one after the other. */
static void saturate_f64(Emitter *e, const SelInst *si, IrRound mode, uint32_t label)
{
    static const uint8_t imm[] = {[IR_ROUND_NEAREST] = 0, [IR_ROUND_DOWN] = 1, [IR_ROUND_UP] = 2};
    unsigned a = si->opnd[0].reg[0], d = si->dest, t = si->scratch_vec[0];
    if (mode != IR_ROUND_ZERO) {
        a_rri(e, X86_VROUNDPD, 0, t, rm_reg(a), imm[mode]);
        a = t;
    }
    for (unsigned k = 0; k < 2; k++) {
        unsigned g = si->scratch_gpr[k];
        if (k == 1) {
            a_vvv(e, X86_VUNPCKHPD, t, a, a);
            a = t;
        }
        a_rr(e, X86_VCVTTSD2SI, 8, g, a);
        a_alu_imm(e, ALU_CMP, 8, rm_reg(g), 1);
        a_jcc(e, CC_O, label);
    }
    a_rr(e, X86_VMOVQ_XG, 0, d, si->scratch_gpr[0]);
    a_vvmi(e, X86_VPINSRQ, d, d, rm_reg(si->scratch_gpr[1]), 1);
}

void emit_vfsat(Emitter *e, const SelInst *si, const IrInst *inst)
{
    ColdCode *c = x86_soft_path(e, si, inst, x86_cold_soft);
    uint32_t label = c->label, back = c->back;
    if (inst->lane == IR_F64)
        saturate_f64(e, si, (IrRound)inst->cc, label);
    else
        saturate_f32(e, si, (IrRound)inst->cc, label);
    emit_label_bind(e, back);
}

/* i64 to f64, one after the other. */
static void convert_i64(Emitter *e, const SelInst *si)
{
    unsigned a = si->opnd[0].reg[0], d = si->dest, t = si->scratch_vec[0], g = si->scratch_gpr[0];
    for (unsigned k = 0; k < 2; k++) {
        unsigned to = k == 0 ? d : t;
        if (k == 0)
            a_rr(e, X86_VMOVQ_GX, 0, a, g);
        else
            a_rri(e, X86_VPEXTRQ, 0, a, rm_reg(g), 1);
        a_vvv(e, X86_VXORPS, to, to, to);
        a_vvm(e, X86_VCVTSI2SD, 8, to, to, rm_reg(g));
    }
    a_vvv(e, X86_VUNPCKLPD, d, d, t);
}

void emit_vsitof(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    convert_i64(e, si);
}

/* As signed numbers, unless one looks negative. */
void emit_vuitof(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0], g = si->scratch_gpr[0];
    ColdCode *c = x86_soft_path(e, si, inst, x86_cold_soft);
    uint32_t label = c->label, back = c->back;
    a_rr(e, inst->lane == IR_I32 ? X86_VMOVMSKPS : X86_VMOVMSKPD, 0, g, a);
    a_rr(e, X86_TEST, 4, g, g);
    a_jcc(e, CC_NE, label);
    if (inst->lane == IR_I32)
        a_rr(e, X86_VCVTDQ2PS, 0, si->dest, a);
    else
        convert_i64(e, si);
    emit_label_bind(e, back);
}

/* ---- half precision ---- */

enum { CURRENT = 4 }; /* VCVTPS2PH rounds by MXCSR; its result is the r/m operand */

void emit_vf32tof16(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_rri(e, X86_VCVTPS2PH, 0, si->opnd[0].reg[0], rm_reg(si->dest), CURRENT);
    emit_vfp_rule(e, si, inst);
}

/* d = the singles a, the default NaN for NaNs. */
static void default_nans(Emitter *e, unsigned d, unsigned t, unsigned a)
{
    enum { UNORDERED = 3 };
    static const uint8_t nans[16] = {0, 0, 0xc0, 0x7f, 0, 0, 0xc0, 0x7f,
                                     0, 0, 0xc0, 0x7f, 0, 0, 0xc0, 0x7f};
    a_vvmi(e, X86_VCMPPS, t, a, rm_reg(a), UNORDERED);
    a_vvmi(e, X86_VBLENDVPS, d, a, a_pool(e, nans), t << 4);
}

/* FP_MODEL_RISCV, in both directions. */
void emit_half_riscv(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0], t = si->scratch_vec[0];
    if (inst->op == IR_vf16tof32) {
        a_rr(e, X86_VCVTPH2PS, 0, si->dest, a);
        default_nans(e, si->dest, t, si->dest);
    } else {
        default_nans(e, t, t, a);
        a_rri(e, X86_VCVTPS2PH, 0, t, rm_reg(si->dest), CURRENT);
    }
}
