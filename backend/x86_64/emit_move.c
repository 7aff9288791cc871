/* emit_move.c: the allocator's moves: between registers, CpuState and constants. */
#include "backend/x86_64/host.h"

#include <string.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"

static unsigned reg_width(unsigned type)
{
    return type == IR_I8 || type == IR_I16 || type == IR_I32 ? 4 : 8;
}

static void move_load(Emitter *e, const HostMove *m)
{
    static const X86Insn insn[IR_TYPE_COUNT] = {
        [IR_I8] = X86_MOVZX8,  [IR_I16] = X86_MOVZX16, [IR_I32] = X86_MOV,     [IR_I64] = X86_MOV,
        [IR_F32] = X86_VMOVSS, [IR_F64] = X86_VMOVSD,  [IR_V128] = X86_VMOVUPS};
    a_rm(e, insn[m->type], reg_width(m->type), m->dst, a_state(m->offset));
}

static void move_store(Emitter *e, const HostMove *m)
{
    static const X86Insn insn[IR_TYPE_COUNT] = {
        [IR_I8] = X86_MOV_MR,      [IR_I16] = X86_MOV_MR,    [IR_I32] = X86_MOV_MR,
        [IR_I64] = X86_MOV_MR,     [IR_F32] = X86_VMOVSS_MR, [IR_F64] = X86_VMOVSD_MR,
        [IR_V128] = X86_VMOVUPS_MR};
    a_rm(e, insn[m->type], width_of(m->type), m->src, a_state(m->offset));
}

static void vector_const(Emitter *e, const HostMove *m)
{
    IrVec128 v = {{0}};
    bool zero = true, ones = true;
    if (m->type == IR_V128)
        v = *m->vec;
    else
        memcpy(v.b, &m->imm, width_of(m->type));
    for (unsigned i = 0; i < 16; i++) {
        zero &= v.b[i] == 0;
        ones &= v.b[i] == 0xff;
    }
    if (zero)
        a_vvv(e, X86_VXORPS, m->dst, m->dst, m->dst);
    else if (ones)
        a_vvv(e, X86_VPCMPEQD, m->dst, m->dst, m->dst);
    else
        a_vpool(e, m->type == IR_V128 ? X86_VMOVUPS : X86_VMOVSD, m->dst, 0, v.b);
}

static void store_imm(Emitter *e, const HostMove *m)
{
    unsigned w = width_of(m->type);
    int64_t imm = bits_sext(m->imm, 8 * w);
    if (bits_fits_signed(imm, 32)) {
        a_mi(e, X86_MOV_I, w, a_state(m->offset), imm);
    } else if (m->scratch != ANY_REG) {
        a_const(e, m->scratch, m->imm);
        a_rm(e, X86_MOV_MR, w, m->scratch, a_state(m->offset));
    } else {
        a_mi(e, X86_MOV_I, 4, a_state(m->offset), (int32_t)imm);
        a_mi(e, X86_MOV_I, 4, a_state(m->offset + 4), imm >> 32);
    }
}

/* dst += a constant of 64 bits, by way of a register that comes back. */
static void add_in_place(Emitter *e, const HostMove *m)
{
    unsigned by = m->dst == RAX ? RCX : RAX;
    X86Rm kept = a_state(offsetof(CpuState, area));
    a_rm(e, X86_MOV_MR, 8, by, kept);
    a_const(e, by, m->imm);
    a_lea(e, 8, m->dst, rm_mem(m->dst, by, 0, 0));
    a_rm(e, X86_MOV, 8, by, kept);
}

static void move_add(Emitter *e, const HostMove *m)
{
    int64_t imm = (int64_t)m->imm;
    const HostFlags *f = &x86_host(e)->flags;
    if (bits_fits_signed(imm, 32)) {
        a_lea(e, 8, m->dst, rm_disp(m->src, (int32_t)imm));
    } else if (m->dst != m->src) {
        a_const(e, m->dst, m->imm);
        a_lea(e, 8, m->dst, rm_mem(m->dst, m->src, 0, 0));
    } else if (f->strings && f->at == emit_offset(e)) { /* nobody can make these again */
        add_in_place(e, m);
    } else {
        uint8_t bytes[16] = {0};
        memcpy(bytes, &m->imm, 8);
        a_rm(e, X86_ADD, 8, m->dst, a_pool(e, bytes));
    }
}

static void swap(Emitter *e, const HostMove *m)
{
    if (m->cls == CLASS_GPR) {
        a_rr(e, X86_XCHG, 8, m->dst, m->src);
        return;
    }
    a_vvv(e, X86_VXORPS, m->dst, m->dst, m->src);
    a_vvv(e, X86_VXORPS, m->src, m->dst, m->src);
    a_vvv(e, X86_VXORPS, m->dst, m->dst, m->src);
}

static void move_any(Emitter *e, const HostMove *m)
{
    switch ((MoveKind)m->kind) {
    case MOVE_REG:
        if (m->cls == CLASS_VEC)
            a_vmov(e, m->dst, m->src);
        else
            a_mov(e, reg_width(m->type), m->dst, m->src);
        break;
    case MOVE_LOAD:
        move_load(e, m);
        break;
    case MOVE_STORE:
        move_store(e, m);
        break;
    case MOVE_CONST:
        if (m->cls == CLASS_VEC)
            vector_const(e, m);
        else
            a_const(e, m->dst, m->imm & bits_mask(ir_type_bits(m->type)));
        break;
    case MOVE_STORE_IMM:
        store_imm(e, m);
        break;
    case MOVE_SWAP:
        swap(e, m);
        break;
    case MOVE_ADD:
        move_add(e, m);
        break;
    }
}

/* Moves leave the host's flags alone: all but the addition of a constant from memory, and a cleared
 * register where nobody wants the flags. Those of a string op are never lost. */
void emit_move(Emitter *e, const HostMove *m)
{
    HostFlags *f = &x86_host(e)->flags;
    bool adds = m->kind == MOVE_ADD && m->dst == m->src && !bits_fits_signed((int64_t)m->imm, 32);
    bool held = f->at == emit_offset(e) && (!adds || f->strings);
    move_any(e, m);
    if (held)
        f->at = emit_offset(e);
}
