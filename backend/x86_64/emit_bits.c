/* emit_bits.c: shifts, rotates and bit fields.
 *
 * The host masks 32- and 64-bit counts as the IR does; 8- and 16-bit counts are masked here. Fields
 * at byte borders use the byte forms of mov and movzx, ah..dh included where the registers allow.
 */
#include "backend/x86_64/emitters.h"
#include "ir/base/bits.h"

static bool is_narrow(unsigned type)
{
    return type == IR_I8 || type == IR_I16;
}

static unsigned const_count(const SelInst *si, const IrInst *inst)
{
    return (unsigned)si->opnd[1].imm & (ir_type_bits(inst->type) - 1);
}

/* shl by 1 to 3, not tied */
void emit_shl_lea(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0], w = width32_of(inst->type), n = const_count(si, inst);
    if (si->dest == a)
        a_ri(e, X86_SHL_I, w, a, n);
    else if (n == 1 && (a & 7) != RBP)
        a_lea(e, w, si->dest, rm_mem(a, a, 0, 0));
    else
        a_lea(e, w, si->dest, rm_mem(X86_NO_REG, a, n, 0));
}

/* Tied; narrow right shifts use the narrow forms, which see the right top bit. */
void emit_shift_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned n = const_count(si, inst);
    unsigned w = si->rule->code == X86_SHL_I ? width32_of(inst->type) : width_of(inst->type);
    if (n == 0) {
        a_copy(e, inst->type, si->dest, si->dest);
        return;
    }
    a_ri(e, si->rule->code, w, si->dest, n);
    if (!is_narrow(inst->type))
        a_flags_result(e, inst, si->inst, width_of(inst->type));
}

void emit_shift_var(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (si->opnd[0].kind == OPND_MEM)
        a_may_fault(e, si);
    a_vvm(e, si->rule->code, width_of(inst->type), si->dest, si->opnd[1].reg[0],
          a_operand(&si->opnd[0]));
}

/* i8 and i16 by a variable count; code: the three-operand shift. */
void emit_shift_narrow(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned s = si->scratch_gpr[0], d = si->dest, a = si->opnd[0].reg[0];
    bool byte = inst->type == IR_I8;
    a_mov(e, 4, s, si->opnd[1].reg[0]);
    a_alu_imm(e, ALU_AND, 4, rm_reg(s), ir_type_bits(inst->type) - 1);
    if (si->rule->code == X86_SHRX)
        a_rr(e, byte ? X86_MOVZX8 : X86_MOVZX16, 4, d, a);
    else if (si->rule->code == X86_SARX)
        a_rr(e, byte ? X86_MOVSX8 : X86_MOVSX16, 4, d, a);
    else
        a_mov(e, 4, d, a);
    a_vvm(e, si->rule->code, 4, d, s, rm_reg(d));
}

/* Rotates of i32 and i64 by a constant; code: X86_ROL_I or X86_ROR_I. */
void emit_rot_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned n = const_count(si, inst), w = width_of(inst->type), a = si->opnd[0].reg[0];
    bool left = si->rule->code == X86_ROL_I;
    if (n == 0)
        a_copy(e, inst->type, si->dest, a);
    else if (si->dest == a)
        a_ri(e, si->rule->code, w, a, n);
    else
        a_rri(e, X86_RORX, w, si->dest, rm_reg(a), left ? 8 * w - n : n);
}

/* Tied, count in cl. */
void emit_rot_cl(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_r(e, si->rule->code, width_of(inst->type), si->dest);
}

/* ---- fields ---- */

typedef struct Field {
    unsigned pos, len, bits, width;
} Field;

static Field field_of(const IrInst *inst)
{
    return (Field){inst->aux & 0xff, inst->aux >> 8 & 0xff, ir_type_bits(inst->type),
                   width_of(inst->type)};
}

static bool has_high_byte(unsigned reg)
{
    return reg < 4;
}

/* d = a >> pos in its low bits; above them anything. */
static void bring_down(Emitter *e, unsigned w, unsigned d, unsigned a, unsigned pos)
{
    if (d == a && pos != 0)
        a_ri(e, X86_SHR_I, w, d, pos);
    else if (pos != 0)
        a_rri(e, X86_RORX, w, d, rm_reg(a), pos);
    else
        a_mov(e, w, d, a);
}

static void shift_pair(Emitter *e, Field f, unsigned d, unsigned a, X86Insn right)
{
    unsigned up = f.bits - f.pos - f.len;
    a_mov(e, f.width, d, a);
    if (up != 0)
        a_ri(e, X86_SHL_I, f.width, d, up);
    if (f.len != f.bits)
        a_ri(e, right, f.width, d, f.bits - f.len);
}

static X86Insn extension(unsigned len, bool is_signed)
{
    switch (len) {
    case 8:
        return is_signed ? X86_MOVSX8 : X86_MOVZX8;
    case 16:
        return is_signed ? X86_MOVSX16 : X86_MOVZX16;
    default:
        return is_signed ? X86_MOVSXD : X86_MOV;
    }
}

/* Fields of 8, 16 or 32 bits. */
static void extract_unit(Emitter *e, Field f, unsigned d, unsigned a, bool is_signed)
{
    X86Insn ext = extension(f.len, is_signed);
    unsigned w = is_signed ? f.width : 4;
    if (f.pos == 8 && f.len == 8 && has_high_byte(a) && d < 8 && w == 4) {
        a_rr(e, ext, w, d, X86_AH + a);
    } else if (f.pos == 0) {
        a_rr(e, ext, w, d, a);
    } else {
        bring_down(e, f.width, d, a, f.pos);
        a_rr(e, ext, w, d, d);
    }
}

void emit_extract(Emitter *e, const SelInst *si, const IrInst *inst)
{
    Field f = field_of(inst);
    unsigned d = si->dest, a = si->opnd[0].reg[0];
    if (f.len == f.bits) {
        a_copy(e, inst->type, d, a);
    } else if (f.pos + f.len == f.bits) {
        shift_pair(e, f, d, a, X86_SHR_I);
    } else if (f.len == 8 || f.len == 16 || f.len == 32) {
        extract_unit(e, f, d, a, false);
    } else if (f.len < 32) {
        unsigned w = f.pos + f.len <= 32 ? 4 : f.width;
        bring_down(e, w, d, a, f.pos);
        a_alu_imm(e, ALU_AND, 4, rm_reg(d), (int64_t)bits_mask(f.len));
    } else {
        shift_pair(e, f, d, a, X86_SHR_I);
    }
}

void emit_sextract(Emitter *e, const SelInst *si, const IrInst *inst)
{
    Field f = field_of(inst);
    bool unit = f.len == 8 || f.len == 16 || f.len == 32;
    if (f.len == f.bits)
        a_copy(e, inst->type, si->dest, si->opnd[0].reg[0]);
    else if (unit && f.pos + f.len != f.bits)
        extract_unit(e, f, si->dest, si->opnd[0].reg[0], true);
    else
        shift_pair(e, f, si->dest, si->opnd[0].reg[0], X86_SAR_I);
}

/* Tied: the field at bit 0, `unit` wide, of d := b (register or memory). */
static void deposit_low(Emitter *e, unsigned len, unsigned d, unsigned b)
{
    a_rr(e, X86_MOV, len / 8, d, b);
}

/* Half of a register, at bit 0 or 32: moves of 32 bits clear what is above. */
static void deposit_half(Emitter *e, Field f, unsigned d, unsigned b, unsigned s)
{
    a_rr(e, X86_MOV, 4, s, b);
    if (f.pos == 0) {
        a_ri(e, X86_SHR_I, 8, d, 32);
        a_ri(e, X86_SHL_I, 8, d, 32);
    } else {
        a_rr(e, X86_MOV, 4, d, d);
        a_ri(e, X86_SHL_I, 8, s, 32);
    }
    a_rr(e, X86_OR, 8, d, s);
}

static void deposit_shifted(Emitter *e, Field f, unsigned d, unsigned b, unsigned s)
{
    a_mov(e, f.width, s, b);
    if (f.pos != 0)
        a_ri(e, X86_ROR_I, f.width, d, f.pos);
    if (f.len == 8 || f.len == 16) {
        deposit_low(e, f.len, d, s);
    } else {
        a_ri(e, X86_SHR_I, f.width, d, f.len);
        a_ri(e, X86_SHL_I, f.width, d, f.len);
        a_ri(e, X86_SHL_I, f.width, s, f.bits - f.len);
        a_ri(e, X86_SHR_I, f.width, s, f.bits - f.len);
        a_rr(e, X86_OR, f.width, d, s);
    }
    if (f.pos != 0)
        a_ri(e, X86_ROL_I, f.width, d, f.pos);
}

void emit_deposit(Emitter *e, const SelInst *si, const IrInst *inst)
{
    Field f = field_of(inst);
    unsigned d = si->dest, b = si->opnd[1].reg[0];
    if (si->opnd[1].kind == OPND_MEM) {
        a_may_fault(e, si);
        a_rm(e, X86_MOV, f.len / 8, d, a_operand(&si->opnd[1]));
    } else if (f.len == f.bits) {
        a_mov(e, f.width, d, b);
    } else if (f.pos == 0 && (f.len == 8 || f.len == 16)) {
        deposit_low(e, f.len, d, b);
    } else if (f.pos == 8 && f.len == 8 && has_high_byte(d) && has_high_byte(b)) {
        a_rr(e, X86_MOV, 1, X86_AH + d, b);
    } else if ((f.len == 8 || f.len == 16) && b != d) {
        a_ri(e, X86_ROR_I, f.width, d, f.pos);
        deposit_low(e, f.len, d, b);
        a_ri(e, X86_ROL_I, f.width, d, f.pos);
    } else if (f.len == 32 && f.pos % 32 == 0) {
        deposit_half(e, f, d, b, si->scratch_gpr[0]);
    } else {
        deposit_shifted(e, f, d, b, si->scratch_gpr[0]);
    }
}

/* Tied: low byte := a condition. */
void emit_deposit_bool(Emitter *e, const SelInst *si, const IrInst *inst)
{
    HostCond c = emit_cond(e, si, inst, &si->opnd[1]);
    a_emit(e, &(Asm){.insn = X86_SETCC, .extra = c.cc, .rm = rm_reg(si->dest)});
}

/* Tied: an 8- or 16-bit operation on the low part of d (m_partial): `add al, bl`. */
void emit_partial(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const X86Insn alu[] = {X86_ADD, X86_OR, X86_AND, X86_SUB, X86_XOR};
    static const X86Insn shift[] = {X86_SHL_I, X86_SHR_I, X86_SAR_I};
    const Operand *o = &si->opnd[1];
    unsigned w = field_of(inst).len / 8;
    if (o->cc >= 8)
        a_ri(e, shift[o->cc - 8], w, si->dest, o->imm);
    else if (o->kind == OPND_IMM)
        a_alu_imm(e, o->cc, w, rm_reg(si->dest), o->imm);
    else if (o->kind == OPND_REG)
        a_rr(e, alu[o->cc], w, si->dest, o->reg[0]);
    else {
        a_may_fault(e, si);
        a_rm(e, alu[o->cc], w, si->dest, a_operand(o));
    }
}

/* ---- bits reversed, cyclic sums ---- */

/* Tied: bytes, then nibbles, pairs and bits exchanged. */
void emit_bitrev(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const uint64_t masks[] = {0x5555555555555555, 0x3333333333333333, 0x0f0f0f0f0f0f0f0f};
    unsigned w = width_of(inst->type), d = si->dest, s = si->scratch_gpr[0], m = si->scratch_gpr[1];
    a_r(e, X86_BSWAP, w, d);
    for (unsigned n = 3; n-- > 0;) {
        a_mov(e, w, s, d);
        a_ri(e, X86_SHR_I, w, s, 1 << n);
        a_const(e, m, w == 8 ? masks[n] : (uint32_t)masks[n]);
        a_rr(e, X86_AND, w, s, m);
        a_rr(e, X86_AND, w, d, m);
        if (n == 2) {
            a_ri(e, X86_SHL_I, w, d, 4);
            a_rr(e, X86_OR, w, d, s);
        } else {
            a_lea(e, w, d, rm_mem(s, d, n + 1, 0));
        }
    }
}

/* s = sum ^ data, of `bits` bits in 64; code: how many, 0: those of the type. */
static unsigned sum_xor_data(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned bits = si->rule->code != 0 ? si->rule->code : ir_type_bits(inst->type);
    a_rr(e, X86_MOV, 4, si->scratch_gpr[0], si->opnd[0].reg[0]);
    a_rr(e, X86_XOR, bits == 64 ? 8 : 4, si->scratch_gpr[0], si->opnd[1].reg[0]);
    return bits;
}

/* The sum after n bits x (here the old sum ^ data, n at most 64) is x * X^32 mod P. In bits
 * reversed, and x moved to the top: q = low 64 bits of x * (X^96 / P), then bits 64 to 95 of q * P
 * are the remainder (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ",
 * Intel 2009). Of sums that fewer bits have not shifted out, what is left is added. */
void emit_crc32_ieee(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const union {
        uint64_t q[2];
        uint8_t b[16];
    } constants = {{0xb4e5b025f7011641, 0x1db710641}}; /* X^96 / P less its last bit, P */
    unsigned s = si->scratch_gpr[0], v = si->scratch_vec[0], d = si->dest;
    unsigned bits = sum_xor_data(e, si, inst);
    if (bits < 64)
        a_ri(e, X86_SHL_I, 8, s, 64 - bits);
    a_rr(e, X86_VMOVQ_XG, 0, v, s);
    for (unsigned high = 0; high < 2; high++) {
        a_vvmi(e, X86_VPCLMULQDQ, v, v, a_pool(e, constants.b), 16 * high);
    }
    if (bits >= 32) {
        a_rri(e, X86_VPEXTRD, 0, v, rm_reg(d), 2);
        return;
    }
    a_rri(e, X86_VPEXTRD, 0, v, rm_reg(s), 2);
    a_mov(e, 4, d, si->opnd[0].reg[0]);
    a_ri(e, X86_SHR_I, 4, d, bits);
    a_rr(e, X86_XOR, 4, d, s);
}

/* Bit by bit, on hosts without carry-less multiplication. */
void emit_crc32_loop(Emitter *e, const SelInst *si, const IrInst *inst)
{
    const uint32_t polynomial = 0xedb88320;
    unsigned s = si->scratch_gpr[0], p = si->scratch_gpr[1], d = si->dest;
    unsigned bits = si->rule->code != 0 ? si->rule->code : ir_type_bits(inst->type);
    if (bits == 8)
        a_rr(e, X86_MOVZX8, 4, s, si->opnd[1].reg[0]);
    else if (bits == 16)
        a_rr(e, X86_MOVZX16, 4, s, si->opnd[1].reg[0]);
    else
        a_rr(e, X86_MOV, bits / 8, s, si->opnd[1].reg[0]);
    a_rr(e, X86_MOV, 4, p, si->opnd[0].reg[0]);
    a_rr(e, X86_XOR, 8, s, p);
    a_const(e, p, polynomial);
    a_const(e, d, bits);
    uint32_t loop = emit_label_new(e);
    emit_label_bind(e, loop);
    a_ri(e, X86_SHR_I, 8, s, 1);
    uint32_t even = a_jcc_short(e, CC_AE);
    a_rr(e, X86_XOR, 8, s, p);
    a_short_here(e, even);
    a_alu_imm(e, ALU_SUB, 4, rm_reg(d), 1);
    a_jcc(e, CC_NE, loop);
    a_mov(e, 4, d, s);
}
