/* emit_sse4.c: ops of more than two operands or with a number in the instruction, ciphers, digests,
 * strings, and the call of an op's meaning where the host has no instruction for it.
 */
#include <stddef.h>

#include "backend/x86_64/emitters.h"
#include "ir/base/log.h"
#include "ir/soft.h"

/* ---- a number in the instruction ---- */

/* How the host counts IrRound; 8: not inexact. */
static unsigned round_imm(unsigned cc)
{
    static const uint8_t of[] = {[IR_ROUND_CURRENT] = 4,
                                 [IR_ROUND_ZERO] = 3,
                                 [IR_ROUND_NEAREST] = 0,
                                 [IR_ROUND_DOWN] = 1,
                                 [IR_ROUND_UP] = 2};
    return of[cc % IR_ROUND_QUIET] | (cc >= IR_ROUND_QUIET ? 8u : 0u);
}

static unsigned imm_of(const IrInst *inst)
{
    switch (inst->op) {
    case IR_vclmul:
        return (inst->cc & 1u) | (inst->cc >> 1 & 1u) << 4;
    case IR_vfround:
        return round_imm(inst->cc);
    default:
        return inst->cc;
    }
}

void emit_vbin_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_vvmi(e, si->rule->code, si->dest, si->opnd[0].reg[0], a_voperand(e, &si->opnd[1]),
           imm_of(inst));
}

static void legacy(Emitter *e, const SelInst *si, X86Rm rm, int imm)
{
    a_emit(e, &(Asm){.insn = si->rule->code,
                     .reg = si->dest,
                     .rm = rm,
                     .extra = X86_SSE,
                     .nimm = imm >= 0,
                     .imm = imm});
}

/* Tied; memory is aligned or faults. */
void emit_vbin_imm_sse(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    legacy(e, si, a_operand(&si->opnd[1]), (int)imm_of(inst));
}

void emit_vun_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_rri(e, si->rule->code, 0, si->dest, a_voperand(e, &si->opnd[0]), imm_of(inst));
}

/* What is above lane 0 comes from the operand's own register. */
void emit_fround(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0];
    a_may_fault(e, si);
    a_vvmi(e, inst->type == IR_F64 ? X86_VROUNDSD : X86_VROUNDSS, si->dest, a, rm_reg(a),
           round_imm(inst->cc));
    emit_fp_rule(e, si, inst);
}

/* ---- selection, widening, tests ---- */

void emit_vblendv(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_may_fault(e, si);
    a_vvmi(e, si->rule->code, si->dest, si->opnd[0].reg[0], a_voperand(e, &si->opnd[1]),
           (unsigned)si->opnd[2].reg[0] << 4);
}

void emit_vsext(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const X86Insn by_lane[3][3] = {
        {X86_VPMOVSXBW, X86_VPMOVSXBW, X86_VPMOVSXBW},
        {X86_VPMOVSXWD, X86_VPMOVSXBD, X86_VPMOVSXBD},
        {X86_VPMOVSXDQ, X86_VPMOVSXWQ, X86_VPMOVSXBQ},
    };
    a_rr(e, by_lane[inst->lane - IR_I16][inst->cc], 0, si->dest, si->opnd[0].reg[0]);
}

static void zero_flag_to(Emitter *e, unsigned d)
{
    a_emit(e, &(Asm){.insn = X86_SETCC, .width = 1, .rm = rm_reg(d), .extra = CC_E});
    a_rr(e, X86_MOVZX8, 4, d, d);
}

void emit_viszero(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0];
    (void)inst;
    a_rr(e, X86_VPTEST, 0, a, a);
    zero_flag_to(e, si->dest);
}

/* Of a vand that nothing else uses. */
void emit_viszero_and(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_rr(e, X86_VPTEST, 0, si->opnd[0].reg[0], si->opnd[0].reg[1]);
    zero_flag_to(e, si->dest);
}

/* ---- integers ---- */

void emit_pdep(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_vvm(e, si->rule->code, width_of(inst->type), si->dest, si->opnd[0].reg[0],
          a_operand(&si->opnd[1]));
}

/* Tied; code: bytes, 0: as many as the type has. */
void emit_crc32(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned bytes = si->rule->code != 0 ? si->rule->code : width_of(inst->type);
    a_may_fault(e, si);
    a_rm(e, X86_CRC32, bytes, si->dest, a_operand(&si->opnd[1]));
}

/* ---- digests: legacy encodings only, tied ---- */

void emit_sha(Emitter *e, const SelInst *si, const IrInst *inst)
{
    legacy(e, si, rm_reg(si->opnd[1].reg[0]), inst->op == IR_sha1rnds4 ? inst->cc & 3 : -1);
}

/* ---- strings ---- */

/* Lengths where the host wants them, eax and edx; the first is in rax, perhaps above it the second.
 */
static void place_lengths(Emitter *e, const Operand *o)
{
    if (o->leaf[1].i != 0) {
        a_mov(e, 4, RDX, o->reg[1]);
    } else {
        a_mov(e, 8, RDX, RAX);
        a_ri(e, X86_SHR_I, 8, RDX, 32);
    }
}

void emit_vstr(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (!(inst->cc & IR_STR_IMPLICIT))
        place_lengths(e, &si->opnd[2]);
    a_may_fault(e, si);
    a_rri(e, si->rule->code, 0, si->opnd[0].reg[0], a_voperand(e, &si->opnd[1]), inst->cc & 0x7f);
    a_flags_strings(e, inst, si->inst);
}

/* Of the string op before this, or of one of its own; they stay in the host's flags. */
void emit_vstr_flags(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (si->rule->code != 0)
        emit_vstr(e, si, inst);
    DG_ASSERT(x86_host(e)->flags.at == emit_offset(e) && x86_host(e)->flags.strings);
    a_const(e, RAX, 0);
    emit_u8(e, 0x9f); /* lahf */
    e->host_insns++;
    a_emit(e, &(Asm){.insn = X86_SETCC, .width = 1, .rm = rm_reg(RAX), .extra = CC_O});
    a_flags_strings(e, inst, si->inst);
}

/* ---- no instruction for it: its meaning, called (ir/soft.h) ---- */

void emit_soft(Emitter *e, const SelInst *si, const IrInst *inst)
{
    for (unsigned k = 0; k < inst->nargs; k++)
        a_rm(e, X86_VMOVUPS_MR, 0, si->opnd[k].reg[0], a_state(SOFT_OPERAND(k)));
    a_lea(e, 8, RDI, rm_disp(RBP, -STATE_X86_BIAS));
    a_const(e, RSI, ir_soft_code(inst));
    a_rm(e, X86_MOV_MR, 8, RSP, a_state(offsetof(CpuState, shadow_sp)));
    a_rm(e, X86_MOV, 8, RSP, a_state(offsetof(CpuState, host_sp)));
    a_rm(e, X86_CALL_M, 4, 0, a_state(SOFT_HELPER));
    a_rm(e, X86_MOV, 8, RSP, a_state(offsetof(CpuState, shadow_sp)));
    a_rm(e, X86_VMOVUPS, 0, si->dest, a_state(SOFT_OPERAND(0)));
}
