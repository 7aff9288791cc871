/* emit_div.c: divisions, total as the IR wants them: what would raise #DE on the host goes to cold
 * code that produces the defined answer.
 *
 * Registers are the host's: dividend in rdx:rax or rax, quotient in rax, remainder in rdx.
 */
#include <stddef.h>

#include "backend/x86_64/emitters.h"

static bool const_divisor(const Emitter *e, IrRef d, int64_t *value)
{
    return select_const(e->sel, d, value);
}

static void raw(Emitter *e, const char *bytes, unsigned n)
{
    emit_bytes(e, bytes, n);
    e->host_insns++;
    x86_host(e)->flags.at = NO_LABEL;
}

static void cold_zero(Emitter *e, const ColdCode *c)
{
    a_rr(e, X86_XOR, 4, RAX, RAX);
    a_rr(e, X86_XOR, 4, RDX, RDX);
    a_jmp(e, c->back);
}

void emit_udiv(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned w = width_of(inst->type), b = si->opnd[1].reg[0];
    int64_t c = 0;
    uint32_t back = NO_LABEL;
    if (!const_divisor(e, inst->arg[1], &c) || c == 0) {
        ColdCode *cold = a_cold(e, cold_zero);
        back = cold->back;
        uint32_t label = cold->label;
        a_rr(e, X86_TEST, w, b, b);
        a_jcc(e, CC_E, label);
    }
    a_rr(e, X86_XOR, 4, RDX, RDX);
    a_r(e, X86_DIV, w, b);
    if (back != NO_LABEL)
        emit_label_bind(e, back);
}

/* Divisor 0 or -1: a * b is the answer in both cases. */
static void cold_multiply(Emitter *e, const ColdCode *c)
{
    a_rr(e, X86_IMUL, c->reg[1], RAX, c->reg[0]);
    a_jmp(e, c->back);
}

/* Jumps to label when b is 0 or -1. */
static void check_divisor(Emitter *e, unsigned w, unsigned b, unsigned scratch, uint32_t label)
{
    a_lea(e, w, scratch, rm_disp(b, 1));
    a_alu_imm(e, ALU_CMP, w, rm_reg(scratch), 1);
    a_jcc(e, CC_BE, label);
}

void emit_sdiv(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned w = width_of(inst->type), b = si->opnd[1].reg[0];
    int64_t c = 0;
    uint32_t back = NO_LABEL;
    if (!const_divisor(e, inst->arg[1], &c) || c == 0 || c == -1) {
        ColdCode *cold = a_cold(e, cold_multiply);
        back = cold->back;
        cold->reg[0] = (uint8_t)b;
        cold->reg[1] = (uint8_t)w;
        check_divisor(e, w, b, si->scratch_gpr[0], cold->label);
    }
    raw(e, w == 8 ? "\x48\x99" : "\x99", w == 8 ? 2 : 1); /* cqo, cdq */
    a_r(e, X86_IDIV, w, b);
    if (back != NO_LABEL)
        emit_label_bind(e, back);
}

/* High half below the divisor: the quotient fits (and the divisor is not 0). */
void emit_udiv128(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->opnd[2].reg[0];
    (void)inst;
    ColdCode *cold = a_cold(e, cold_zero);
    uint32_t back = cold->back, label = cold->label;
    a_rr(e, X86_CMP, 8, RDX, d);
    a_jcc(e, CC_AE, label);
    a_r(e, X86_DIV, 8, d);
    emit_label_bind(e, back);
}

/* Any signed 128-bit dividend: unsigned division of the magnitudes, then the signs. The sign of the
 * dividend waits in CpuState.area, which is unused while translations run. */
static void cold_sdiv128(Emitter *e, const ColdCode *c)
{
    unsigned d = c->reg[0], s = c->reg[1], t = c->reg[2];
    X86Rm sign = a_state(offsetof(CpuState, area));
    uint32_t zero = emit_label_new(e);
    a_rm(e, X86_MOV_MR, 8, RDX, sign);
    a_mov(e, 8, s, RDX);
    a_rr(e, X86_XOR, 8, s, d); /* sign of the quotient */
    a_mov(e, 8, t, d);
    a_r(e, X86_NEG, 8, t);
    a_emit(e, &(Asm){.insn = X86_CMOV,
                     .width = 8,
                     .reg = (uint8_t)t,
                     .rm = rm_reg(d),
                     .extra = CC_S}); /* t = |d| */
    a_rr(e, X86_TEST, 8, RDX, RDX);
    uint32_t positive = a_jcc_short(e, CC_NS);
    a_r(e, X86_NEG, 8, RAX);
    a_ri(e, X86_ADC_I8, 8, RDX, 0);
    a_r(e, X86_NEG, 8, RDX);
    a_short_here(e, positive);
    a_rr(e, X86_CMP, 8, RDX, t);
    a_jcc(e, CC_AE, zero);
    a_r(e, X86_DIV, 8, t);
    a_rr(e, X86_TEST, 8, s, s);
    uint32_t negative = a_jcc_short(e, CC_S);
    a_rr(e, X86_TEST, 8, RAX, RAX);
    a_jcc(e, CC_S, zero);
    uint32_t remainder = a_jmp_short(e);
    a_short_here(e, negative);
    a_r(e, X86_NEG, 8, RAX);
    a_rr(e, X86_TEST, 8, RAX, RAX);
    a_jcc(e, CC_G, zero);
    a_short_here(e, remainder);
    a_alu_imm(e, ALU_CMP, 8, sign, 0);
    a_jcc(e, CC_GE, c->back);
    a_r(e, X86_NEG, 8, RDX);
    a_jmp(e, c->back);
    emit_label_bind(e, zero);
    cold_zero(e, c);
}

void emit_sdiv128(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->opnd[2].reg[0], s = si->scratch_gpr[0];
    (void)inst;
    ColdCode *cold = a_cold(e, cold_sdiv128);
    uint32_t back = cold->back, label = cold->label;
    cold->reg[0] = (uint8_t)d;
    cold->reg[1] = (uint8_t)s;
    cold->reg[2] = si->scratch_gpr[1];
    a_mov(e, 8, s, RAX);
    a_ri(e, X86_SAR_I, 8, s, 63);
    a_rr(e, X86_CMP, 8, s, RDX);
    a_jcc(e, CC_NE, label);
    check_divisor(e, 8, d, s, label);
    a_r(e, X86_IDIV, 8, d);
    emit_label_bind(e, back);
}
