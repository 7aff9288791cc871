/* emit_mem.c: loads, stores, fences and atomics.
 *
 * The host is TSO: plain loads and stores give every order an access can ask for except that of a
 * store-release that a later load-acquire must not pass (Arm STLR, LDAR), which is an xchg. A fence
 * costs an instruction only when it orders earlier writes before later reads; a locked operation on
 * the stack does that four times cheaper than mfence (Intel SDM volume 3, 8.2.2 and 8.2.3.9).
 */
#include "backend/x86_64/emitters.h"

/* Base and a displacement of more than 32 bits. */
X86Rm emit_big_address(Emitter *e, const Operand *o, unsigned scratch)
{
    a_const(e, scratch, (uint64_t)o->imm);
    return rm_mem(scratch, o->leaf[0].i != 0 ? o->reg[0] : X86_NO_REG, 0, 0);
}

static X86Rm address(Emitter *e, const SelInst *si)
{
    const Operand *o = &si->opnd[0];
    return o->kind == OPND_ADDR ? a_operand(o) : emit_big_address(e, o, si->scratch_gpr[0]);
}

/* ---- loads ---- */

typedef struct Access {
    X86Insn load, store;
} Access;

static Access access_of(unsigned type)
{
    switch (type) {
    case IR_I8:
        return (Access){X86_MOVZX8, X86_MOV_MR};
    case IR_I16:
        return (Access){X86_MOVZX16, X86_MOV_MR};
    case IR_F32:
        return (Access){X86_VMOVSS, X86_VMOVSS_MR};
    case IR_F64:
        return (Access){X86_VMOVSD, X86_VMOVSD_MR};
    case IR_V128:
        return (Access){X86_VMOVUPS, X86_VMOVUPS_MR};
    default:
        return (Access){X86_MOV, X86_MOV_MR};
    }
}

void emit_load(Emitter *e, const SelInst *si, const IrInst *inst)
{
    X86Insn insn = access_of(inst->type).load;
    X86Rm m = address(e, si);
    if (inst->type == IR_V128 && (inst->flags & IR_M_ALIGNED) != 0)
        insn = X86_VMOVAPS;
    a_may_fault(e, si);
    a_rm(e, insn, width32_of(inst->type), si->dest, m);
}

static const uint8_t reversed[16] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};

/* Big-endian; scratch_gpr[1] carries scalars of the vector class. */
void emit_load_big(Emitter *e, const SelInst *si, const IrInst *inst)
{
    X86Rm m = address(e, si);
    unsigned w = width_of(inst->type), d = si->dest, s = si->scratch_gpr[1];
    a_may_fault(e, si);
    switch (inst->type) {
    case IR_I8:
        a_rm(e, X86_MOVZX8, 4, d, m);
        break;
    case IR_I16:
        a_rm(e, X86_MOVZX16, 4, d, m);
        a_ri(e, X86_ROL_I, 2, d, 8);
        break;
    case IR_F32:
    case IR_F64:
        a_rm(e, X86_MOVBE, w, s, m);
        a_rr(e, w == 8 ? X86_VMOVQ_XG : X86_VMOVD_XG, 0, d, s);
        break;
    case IR_V128:
        a_rm(e, X86_VMOVUPS, 0, d, m);
        a_vpool(e, X86_VPSHUFB, d, d, reversed);
        break;
    default:
        a_rm(e, X86_MOVBE, w, d, m);
        break;
    }
}

/* ---- stores ---- */

void emit_store(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned type = ir_inst(e->region, inst->arg[1])->type;
    X86Insn insn = access_of(type).store;
    X86Rm m = address(e, si);
    bool aligned = (inst->flags & IR_M_ALIGNED) != 0;
    if (type == IR_V128 && aligned)
        insn = (inst->flags & IR_M_STREAM) != 0 ? X86_VMOVNTPS_MR : X86_VMOVAPS_MR;
    a_may_fault(e, si);
    a_rm(e, insn, width_of(type), si->opnd[1].reg[0], m);
}

void emit_store_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned w = width_of(ir_inst(e->region, inst->arg[1])->type);
    a_may_fault(e, si);
    a_mi(e, X86_MOV_I, w, a_operand(&si->opnd[0]), si->opnd[1].imm);
}

/* setcc [m] */
void emit_store_bool(Emitter *e, const SelInst *si, const IrInst *inst)
{
    HostCond c = emit_cond(e, si, inst, &si->opnd[1]);
    a_may_fault(e, si);
    a_emit(e, &(Asm){.insn = X86_SETCC, .extra = c.cc, .rm = a_operand(&si->opnd[0])});
}

/* A lane of a vector, straight to memory. */
void emit_store_lane(Emitter *e, const SelInst *si, const IrInst *inst)
{
    const Operand *v = &si->opnd[1];
    unsigned lane = (unsigned)v->imm, reg = v->reg[0];
    X86Rm m = a_operand(&si->opnd[0]);
    (void)inst;
    a_may_fault(e, si);
    switch (v->type) {
    case IR_I8:
        a_rri(e, X86_VPEXTRB, 0, reg, m, lane);
        break;
    case IR_I16:
        a_rri(e, X86_VPEXTRW, 0, reg, m, lane);
        break;
    case IR_I32:
    case IR_F32:
        if (lane == 0)
            a_rm(e, X86_VMOVSS_MR, 0, reg, m);
        else
            a_rri(e, X86_VEXTRACTPS, 0, reg, m, lane);
        break;
    default:
        a_rm(e, lane == 0 ? X86_VMOVSD_MR : X86_VMOVHPD_MR, 0, reg, m);
        break;
    }
}

void emit_store_big(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned type = ir_inst(e->region, inst->arg[1])->type, w = width_of(type);
    unsigned b = si->opnd[1].reg[0], s = si->scratch_gpr[1];
    X86Rm m = address(e, si);
    if (type == IR_F32 || type == IR_F64) {
        a_rr(e, w == 8 ? X86_VMOVQ_GX : X86_VMOVD_GX, 0, b, s);
        b = s;
    } else if (type == IR_V128) {
        a_vpool(e, X86_VPSHUFB, si->scratch_vec[0], b, reversed);
        b = si->scratch_vec[0];
    }
    a_may_fault(e, si);
    if (type == IR_I8)
        a_rm(e, X86_MOV_MR, 1, b, m);
    else if (type == IR_V128)
        a_rm(e, X86_VMOVUPS_MR, 0, b, m);
    else
        a_rm(e, X86_MOVBE_MR, w, b, m);
}

/* store of bswap(x) */
void emit_store_swapped(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_may_fault(e, si);
    a_rm(e, X86_MOVBE_MR, width_of(ir_inst(e->region, inst->arg[1])->type), si->opnd[1].reg[0],
         a_operand(&si->opnd[0]));
}

void emit_store_release(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned s = si->scratch_gpr[1];
    X86Rm m = address(e, si);
    a_mov(e, 8, s, si->opnd[1].reg[0]);
    a_may_fault(e, si);
    a_rm(e, X86_XCHG, width_of(ir_inst(e->region, inst->arg[1])->type), s, m);
}

/* ---- fences and atomics ---- */

void emit_fence(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)si;
    if ((inst->imm & IR_FENCE_WR) != 0)
        a_emit(e, &(Asm){.insn = X86_OR_I8,
                         .width = 4,
                         .rm = rm_disp(RSP, 0),
                         .extra = X86_LOCK,
                         .nimm = 1});
}

static void locked(Emitter *e, const SelInst *si, X86Insn insn, unsigned w, unsigned reg)
{
    a_may_fault(e, si);
    a_emit(e, &(Asm){.insn = insn,
                     .width = (uint8_t)w,
                     .reg = (uint8_t)reg,
                     .rm = a_operand(&si->opnd[0]),
                     .extra = X86_LOCK});
}

void emit_xadd(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_mov(e, width32_of(inst->type), si->dest, si->opnd[1].reg[0]);
    locked(e, si, X86_XADD, width_of(inst->type), si->dest);
}

void emit_xchg(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_mov(e, width32_of(inst->type), si->dest, si->opnd[1].reg[0]);
    a_may_fault(e, si);
    a_rm(e, X86_XCHG, width_of(inst->type), si->dest, a_operand(&si->opnd[0]));
}

/* Result unused: `lock op [m], b`; code: the register form. */
void emit_lock_op(Emitter *e, const SelInst *si, const IrInst *inst)
{
    locked(e, si, si->rule->code, width_of(inst->type), si->opnd[1].reg[0]);
}

void emit_lock_imm(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const X86Insn small[] = {X86_ADD_I8, X86_OR_I8, X86_AND_I8, 0, X86_XOR_I8};
    static const X86Insn large[] = {X86_ADD_I, X86_OR_I, X86_AND_I, 0, X86_XOR_I};
    unsigned w = width_of(inst->type), op = si->rule->code;
    int64_t imm = si->opnd[1].imm;
    bool byte = w == 1 || imm == (int8_t)imm;
    a_may_fault(e, si);
    a_emit(e, &(Asm){.insn = byte && w != 1 ? small[op] : large[op],
                     .width = (uint8_t)w,
                     .rm = a_operand(&si->opnd[0]),
                     .imm = imm,
                     .nimm = byte     ? 1
                             : w == 2 ? 2
                                      : 4,
                     .extra = X86_LOCK});
}

/* and, or, xor with a result: cmpxchg until it holds; the old value ends in rax. */
void emit_atomic_loop(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned w = width_of(inst->type), s = si->scratch_gpr[0];
    X86Rm m = a_operand(&si->opnd[0]);
    uint32_t again = emit_label_new(e);
    a_may_fault(e, si);
    a_rm(e, access_of(inst->type).load, width32_of(inst->type), RAX, m);
    emit_label_bind(e, again);
    a_mov(e, 8, s, RAX);
    a_rr(e, si->rule->code, width32_of(inst->type), s, si->opnd[1].reg[0]);
    locked(e, si, X86_CMPXCHG, w, s);
    a_jcc(e, CC_NE, again);
}

/* Expected value and result in rax. */
void emit_cas(Emitter *e, const SelInst *si, const IrInst *inst)
{
    locked(e, si, X86_CMPXCHG, width_of(inst->type), si->opnd[2].reg[0]);
}

void emit_cas128(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned expected = si->opnd[1].reg[0], desired = si->opnd[2].reg[0];
    (void)inst;
    a_rr(e, X86_VMOVQ_GX, 0, expected, RAX);
    a_rri(e, X86_VPEXTRQ, 0, expected, rm_reg(RDX), 1);
    a_rr(e, X86_VMOVQ_GX, 0, desired, RBX);
    a_rri(e, X86_VPEXTRQ, 0, desired, rm_reg(RCX), 1);
    locked(e, si, X86_CMPXCHG16B, 8, 0);
    a_rr(e, X86_VMOVQ_XG, 0, si->dest, RAX);
    a_vvmi(e, X86_VPINSRQ, si->dest, si->dest, rm_reg(RDX), 1);
}
