/* emit_int.c: integer arithmetic and logic.
 *
 * i8 and i16 are done as 32-bit operations, whose low bits are right; what is above them is
 * undefined to readers. i32 results always leave the upper half of the register zero (match.c
 * relies on it).
 */
#include "backend/x86_64/emitters.h"
#include "ir/base/bits.h"
#include "ir/base/log.h"

static void note_result(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (inst->type == IR_I32 || inst->type == IR_I64)
        a_flags_result(e, inst, si->inst, width_of(inst->type));
}

static void note_compare(Emitter *e, const SelInst *si, const IrInst *inst)
{
    const Operand *b = &si->opnd[1];
    if (inst->type != IR_I32 && inst->type != IR_I64)
        return;
    note_result(e, si, inst);
    a_flags_compare(e, inst, si->opnd[0].leaf[0], b->kind == OPND_IMM ? IR_NONE : b->leaf[0],
                    b->kind == OPND_IMM ? b->imm : 0, width_of(inst->type));
}

/* d = a + imm: lea where the destination differs. */
static void add_imm(Emitter *e, const SelInst *si, const IrInst *inst, int64_t imm)
{
    unsigned w = width32_of(inst->type), a = si->opnd[0].reg[0];
    if (imm == 0) {
        a_copy(e, inst->type, si->dest, a);
    } else if (si->dest == a) {
        bool sub = imm == 128; /* fits a byte when subtracted */
        a_alu_imm(e, sub ? ALU_SUB : ALU_ADD, w, rm_reg(a), sub ? -128 : imm);
        note_result(e, si, inst);
    } else {
        a_lea(e, w, si->dest, rm_disp(a, (int32_t)imm));
    }
}

void emit_add_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    add_imm(e, si, inst, si->opnd[1].imm);
}

void emit_add_big(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_const(e, si->scratch_gpr[0], (uint64_t)si->opnd[1].imm);
    a_lea(e, 8, si->dest, rm_mem(si->scratch_gpr[0], si->opnd[0].reg[0], 0, 0));
}

void emit_sub_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    int64_t imm = si->opnd[1].imm;
    if (si->dest != si->opnd[0].reg[0] || imm == 0) {
        add_imm(e, si, inst, -imm);
        return;
    }
    a_alu_imm(e, ALU_SUB, width32_of(inst->type), rm_reg(si->dest), imm);
    note_compare(e, si, inst);
}

/* lea d, [a + b]; r13 as a base costs a displacement byte, so it goes to the index. */
static void lea_sum(Emitter *e, unsigned w, unsigned d, unsigned a, unsigned b)
{
    bool swap = (a & 7) == RBP && (b & 7) != RBP;
    a_lea(e, w, d, rm_mem(swap ? b : a, swap ? a : b, 0, 0));
}

void emit_add(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned w = width32_of(inst->type), d = si->dest;
    unsigned a = si->opnd[0].reg[0], b = si->opnd[1].reg[0];
    if (d == a || d == b) {
        a_rr(e, X86_ADD, w, d, d == a ? b : a);
        note_result(e, si, inst);
        if (w == width_of(inst->type))
            a_flags_sum(e, si->opnd[0].leaf[0], si->opnd[1].leaf[0]);
    } else {
        lea_sum(e, w, d, a, b);
    }
}

/* a + (b << scale) + constant */
void emit_lea_sum(Emitter *e, const SelInst *si, const IrInst *inst)
{
    X86Rm m = a_operand(&si->opnd[0]);
    m.disp = (int32_t)si->opnd[1].imm;
    a_lea(e, width32_of(inst->type), si->dest, m);
}

/* The low 32 bits of a sum */
void emit_low_sum(Emitter *e, const SelInst *si, const IrInst *inst)
{
    X86Rm m = a_operand(&si->opnd[0]);
    (void)inst;
    if (m.index == X86_NO_REG && m.base == si->dest && m.disp != 0)
        a_alu_imm(e, ALU_ADD, 4, rm_reg(si->dest), m.disp);
    else
        a_lea(e, 4, si->dest, m);
}

/* a + (b << scale) */
void emit_lea_shl(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_lea(e, width32_of(inst->type), si->dest,
          rm_mem(si->opnd[0].reg[0], si->opnd[1].reg[0], si->opnd[1].scale, 0));
}

void emit_lea_shl_left(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_lea(e, width32_of(inst->type), si->dest,
          rm_mem(si->opnd[1].reg[0], si->opnd[0].reg[0], si->opnd[0].scale, 0));
}

/* a * 3, 5 or 9 */
void emit_lea_mul(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0];
    a_lea(e, width32_of(inst->type), si->dest, rm_mem(a, a, si->opnd[1].scale, 0));
}

/* Tied: d op= b, b in a register or memory. */
void emit_alu(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (si->opnd[1].kind == OPND_MEM)
        a_may_fault(e, si);
    a_rm(e, si->rule->code, width32_of(inst->type), si->dest, a_operand(&si->opnd[1]));
    if (si->rule->code == X86_SUB && si->opnd[1].kind == OPND_REG)
        note_compare(e, si, inst);
    else
        note_result(e, si, inst);
    if (si->rule->code == X86_ADD && width_of(inst->type) >= 4)
        a_flags_sum(e, si->opnd[0].leaf[0],
                    si->opnd[1].kind == OPND_REG ? si->opnd[1].leaf[0] : IR_NONE);
}

/* Tied: d plus or minus an unsigned comparison: that is the carry. */
void emit_carry(Emitter *e, const SelInst *si, const IrInst *inst)
{
    HostCond c = emit_cond(e, si, inst, &si->opnd[1]);
    DG_ASSERT(c.cc == CC_B);
    a_mi(e, si->rule->code, width32_of(inst->type), rm_reg(si->dest), 0);
}

void emit_alu_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_alu_imm(e, si->rule->code, width32_of(inst->type), rm_reg(si->dest), si->opnd[1].imm);
    note_result(e, si, inst);
}

/* a & 0xff, 0xffff or 0xffffffff */
void emit_and_low(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0];
    uint64_t mask = (uint64_t)si->opnd[1].imm & bits_mask(8 * width_of(inst->type));
    if (mask == 0xff)
        a_rr(e, X86_MOVZX8, 4, si->dest, a);
    else if (mask == 0xffff)
        a_rr(e, X86_MOVZX16, 4, si->dest, a);
    else
        a_rr(e, X86_MOV, 4, si->dest, a);
}

/* i64 & a mask below 2^32: the 32-bit form clears the rest. */
void emit_and_u32(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_alu_imm(e, ALU_AND, 4, rm_reg(si->dest), (int32_t)(uint32_t)si->opnd[1].imm);
}

/* a & ~b (b under a not), and the other way round */
void emit_andn(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_vvm(e, X86_ANDN, width32_of(inst->type), si->dest, si->opnd[1].reg[0],
          rm_reg(si->opnd[0].reg[0]));
    note_result(e, si, inst);
}

void emit_andn_left(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_vvm(e, X86_ANDN, width32_of(inst->type), si->dest, si->opnd[0].reg[0],
          rm_reg(si->opnd[1].reg[0]));
    note_result(e, si, inst);
}

void emit_not(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_r(e, X86_NOT, width32_of(inst->type), si->dest);
}

void emit_neg(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_r(e, X86_NEG, width32_of(inst->type), si->dest);
    note_result(e, si, inst);
}

void emit_mul_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    int64_t imm = si->opnd[1].imm;
    bool small = bits_fits_signed(imm, 8);
    if (si->opnd[0].kind == OPND_MEM)
        a_may_fault(e, si);
    a_emit(e, &(Asm){.insn = small ? X86_IMUL_I8 : X86_IMUL_I32,
                     .width = (uint8_t)width32_of(inst->type),
                     .reg = si->dest,
                     .rm = a_operand(&si->opnd[0]),
                     .imm = imm,
                     .nimm = small ? 1 : 4});
}

void emit_imul(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (si->opnd[1].kind == OPND_MEM)
        a_may_fault(e, si);
    a_rm(e, X86_IMUL, width32_of(inst->type), si->dest, a_operand(&si->opnd[1]));
}

/* First factor in rdx; mulx with equal destinations keeps the high half (SDM, MULX). */
void emit_umulh(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_vvm(e, X86_MULX, width_of(inst->type), si->dest, si->dest, rm_reg(si->opnd[1].reg[0]));
}

/* First factor in rax, result in rdx, rax destroyed. */
void emit_smulh(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_r(e, X86_IMUL1, width_of(inst->type), si->opnd[1].reg[0]);
}

/* clz ctz popcnt: register or memory operand. */
void emit_unary_rm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (si->opnd[0].kind == OPND_MEM)
        a_may_fault(e, si);
    a_rm(e, si->rule->code, width_of(inst->type), si->dest, a_operand(&si->opnd[0]));
}

void emit_bswap(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_r(e, X86_BSWAP, width_of(inst->type), si->dest);
}

void emit_bswap16(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    a_ri(e, X86_ROL_I, 2, si->dest, 8);
}

/* bswap(load) */
void emit_movbe_load(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_rm(e, X86_MOVBE, width_of(inst->type), si->dest, a_operand(&si->opnd[0]));
}

void emit_zext(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned from = ir_inst(e->region, inst->arg[0])->type, a = si->opnd[0].reg[0];
    if (from == IR_I8)
        a_rr(e, X86_MOVZX8, 4, si->dest, a);
    else if (from == IR_I16)
        a_rr(e, X86_MOVZX16, 4, si->dest, a);
    else
        a_rr(e, X86_MOV, 4, si->dest, a);
}

void emit_sext(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned from = ir_inst(e->region, inst->arg[0])->type;
    X86Insn insn = from == IR_I8 ? X86_MOVSX8 : from == IR_I16 ? X86_MOVSX16 : X86_MOVSXD;
    if (si->opnd[0].kind == OPND_MEM)
        a_may_fault(e, si);
    a_rm(e, insn, width32_of(inst->type), si->dest, a_operand(&si->opnd[0]));
}

/* trunc of a constant, which has no register to share */
void emit_zext_copy(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_mov(e, width32_of(inst->type), si->dest, si->opnd[0].reg[0]);
}
