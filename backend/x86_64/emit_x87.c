/* emit_x87.c: x87 and MMX instructions, which the host's own unit performs: the guest's unit is in
 * it while translations run (architecture.md, "x87 and MMX").
 *
 * imm of the IR op has the instruction's bytes (IR_X87_*, ir.h); only what stands for a general
 * register or for memory is filled in here. Every one may fault: by its memory operand, or because
 * an unmasked exception is pending.
 */
#include "backend/x86_64/emitters.h"
#include "ir/base/log.h"

static unsigned modrm_of(const IrInst *inst)
{
    return inst->imm >> IR_X87_MODRM & 0xff;
}

static unsigned map_of(const IrInst *inst)
{
    return inst->imm >> IR_X87_MAP & 3;
}

static unsigned opcode_of(const IrInst *inst)
{
    return inst->imm & 0xff;
}

/* Emits with the given operands in the places of ModRM. */
static void put(Emitter *e, const SelInst *si, const IrInst *inst, unsigned reg, X86Rm rm)
{
    uint8_t buf[32];
    HostFlags *f = &x86_host(e)->flags;
    bool kept = f->at == emit_offset(e) && inst->type != IR_I8;
    bool w = (inst->imm & IR_X87_W) != 0;
    a_may_fault(e, si);
    unsigned n = x86_encode_opcode(buf, map_of(inst), opcode_of(inst), w, reg, &rm);
    if (inst->imm & IR_X87_HAS_IMM8)
        buf[n++] = (uint8_t)(inst->imm >> IR_X87_IMM8);
    emit_bytes(e, buf, n);
    e->host_insns++;
    f->at = kept ? emit_offset(e) : NO_LABEL;
}

/* Registers of the unit alone. */
void emit_x87(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned modrm = modrm_of(inst);
    if (!(inst->imm & IR_X87_NO_MODRM)) {
        put(e, si, inst, modrm >> 3 & 7, rm_reg(modrm & 7));
        return;
    }
    a_may_fault(e, si);
    if (map_of(inst) == M1)
        emit_u8(e, 0x0f);
    emit_u8(e, (uint8_t)opcode_of(inst));
    e->host_insns++;
}

void emit_x87_mem(Emitter *e, const SelInst *si, const IrInst *inst)
{
    const Operand *o = &si->opnd[0];
    X86Rm m = o->kind == OPND_ADDR ? a_operand(o) : emit_big_address(e, o, si->scratch_gpr[0]);
    put(e, si, inst, modrm_of(inst) >> 3 & 7, m);
}

/* movd mm, r; pinsrw mm, r, i: the general register is r/m. */
void emit_x87_argument(Emitter *e, const SelInst *si, const IrInst *inst)
{
    put(e, si, inst, modrm_of(inst) >> 3 & 7, rm_reg(si->opnd[0].reg[0]));
}

/* movd r, mm: the result is r/m; pmovmskb, pextrw: it is reg. */
void emit_x87_result(Emitter *e, const SelInst *si, const IrInst *inst)
{
    enum { MOVD_STORE = 0x7e };
    unsigned modrm = modrm_of(inst);
    if (opcode_of(inst) == MOVD_STORE)
        put(e, si, inst, modrm >> 3 & 7, rm_reg(si->dest));
    else
        put(e, si, inst, si->dest, rm_reg(modrm & 7));
}

/* fcmov by a condition that is a value: fcmovne after a test of it. */
void emit_x87_cmov(Emitter *e, const SelInst *si, const IrInst *inst)
{
    enum { ESCAPE = 0xdb, NE = 0xc8 };
    unsigned c = si->opnd[0].reg[0];
    IrInst host = *inst;
    host.imm = ESCAPE | (uint64_t)(NE | (modrm_of(inst) & 7)) << IR_X87_MODRM;
    a_rr(e, X86_TEST, 1, c, c);
    emit_x87(e, si, &host);
}

/* fcomi: ZF, PF and CF at their EFLAGS places, by way of ah. */
void emit_x87_compare(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, s = si->scratch_gpr[0];
    if (d != RAX && s != RAX)
        a_mov(e, 8, s, RAX);
    emit_x87(e, si, inst);
    a_flags_to_gpr(e, d);
    if (d != RAX && s != RAX)
        a_mov(e, 8, RAX, s);
}
