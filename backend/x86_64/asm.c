/* asm.c: see asm.h. */
#include "backend/x86_64/asm.h"

#include <string.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"

/* ---- one instruction ---- */

static void track_flags(Emitter *e, const Asm *a, uint32_t before)
{
    HostFlags *f = &x86_host(e)->flags;
    bool keeps = (x86_insns[a->insn].attr & A_K) != 0;
    if (f->at != before)
        return;
    f->at = keeps ? emit_offset(e) : NO_LABEL;
}

void a_emit(Emitter *e, const Asm *a)
{
    enum { LONGEST = 32 };
    unsigned disp_at;
    uint32_t start = emit_offset(e);
    uint8_t *buf = emit_room(e, LONGEST);
    unsigned n = x86_encode(buf, a->insn, a->width, a->reg, a->v, &a->rm, a->extra, &disp_at);
    for (unsigned k = 0; k < a->nimm; k++)
        buf[n++] = (uint8_t)((uint64_t)a->imm >> (8 * k));
    e->out->size += n;
    e->host_insns++;
    if (a->rm.rip && a->rm.label != 0)
        emit_label_ref(e, a->rm.label - 1, start + disp_at, a->nimm);
    if (a->rm.rip && a->data)
        emit_reloc(e, start + disp_at, RELOC_DATA, a->nimm, a->index);
    track_flags(e, a, start);
}

void a_rm(Emitter *e, X86Insn i, unsigned w, unsigned reg, X86Rm rm)
{
    a_emit(e, &(Asm){.insn = i, .width = (uint8_t)w, .reg = (uint8_t)reg, .rm = rm});
}

void a_rr(Emitter *e, X86Insn i, unsigned w, unsigned reg, unsigned rm)
{
    a_rm(e, i, w, reg, rm_reg(rm));
}

void a_r(Emitter *e, X86Insn i, unsigned w, unsigned rm)
{
    a_rm(e, i, w, 0, rm_reg(rm));
}

static unsigned imm_bytes(X86Insn i, unsigned w)
{
    if ((x86_insns[i].attr & A_I8) != 0)
        return 1;
    return w > 4 ? 4 : w;
}

void a_mi(Emitter *e, X86Insn i, unsigned w, X86Rm rm, int64_t imm)
{
    a_emit(e, &(Asm){.insn = i,
                     .width = (uint8_t)w,
                     .rm = rm,
                     .imm = imm,
                     .nimm = (uint8_t)imm_bytes(i, w)});
}

void a_ri(Emitter *e, X86Insn i, unsigned w, unsigned rm, int64_t imm)
{
    a_mi(e, i, w, rm_reg(rm), imm);
}

void a_rri(Emitter *e, X86Insn i, unsigned w, unsigned reg, X86Rm rm, unsigned imm)
{
    a_emit(
        e,
        &(Asm){
            .insn = i, .width = (uint8_t)w, .reg = (uint8_t)reg, .rm = rm, .imm = imm, .nimm = 1});
}

void a_vvm(Emitter *e, X86Insn i, unsigned w, unsigned reg, unsigned v, X86Rm rm)
{
    a_emit(e,
           &(Asm){.insn = i, .width = (uint8_t)w, .reg = (uint8_t)reg, .v = (uint8_t)v, .rm = rm});
}

void a_vvv(Emitter *e, X86Insn i, unsigned reg, unsigned v, unsigned rm)
{
    a_vvm(e, i, 4, reg, v, rm_reg(rm));
}

void a_vvmi(Emitter *e, X86Insn i, unsigned reg, unsigned v, X86Rm rm, unsigned imm)
{
    a_emit(
        e,
        &(Asm){.insn = i, .reg = (uint8_t)reg, .v = (uint8_t)v, .rm = rm, .imm = imm, .nimm = 1});
}

void a_vshift(Emitter *e, X86Insn i, unsigned dest, unsigned src, unsigned imm)
{
    a_vvmi(e, i, 0, dest, rm_reg(src), imm);
}

void a_alu_imm(Emitter *e, AluOp op, unsigned w, X86Rm rm, int64_t imm)
{
    static const X86Insn small[] = {X86_ADD_I8, X86_OR_I8,  X86_AND_I8,
                                    X86_SUB_I8, X86_XOR_I8, X86_CMP_I8};
    static const X86Insn large[] = {X86_ADD_I, X86_OR_I,  X86_AND_I,
                                    X86_SUB_I, X86_XOR_I, X86_CMP_I};
    if (w < 8)
        imm = bits_sext((uint64_t)imm, 8 * w);
    DG_ASSERT(bits_fits_signed(imm, 32));
    a_mi(e, w != 1 && bits_fits_signed(imm, 8) ? small[op] : large[op], w, rm, imm);
}

void a_mov(Emitter *e, unsigned w, unsigned dst, unsigned src)
{
    if (dst != src)
        a_rr(e, X86_MOV, w, dst, src);
}

void a_copy(Emitter *e, unsigned type, unsigned dst, unsigned src)
{
    if (type == IR_I32)
        a_rr(e, X86_MOV, 4, dst, src);
    else
        a_mov(e, width32_of(type), dst, src);
}

void a_vmov(Emitter *e, unsigned dst, unsigned src)
{
    if (dst == src)
        return;
    if (src >= 8 && dst < 8) /* the store form has a two-byte VEX prefix here */
        a_rr(e, X86_VMOVAPS_MR, 0, src, dst);
    else
        a_rr(e, X86_VMOVAPS, 0, dst, src);
}

void a_const(Emitter *e, unsigned reg, uint64_t value)
{
    bool flags_wanted = x86_host(e)->flags.at == emit_offset(e);
    if (value == 0 && !flags_wanted)
        a_rr(e, X86_XOR, 4, reg, reg);
    else if (value <= 0xffffffff)
        a_emit(e, &(Asm){.insn = X86_MOVABS,
                         .width = 4,
                         .rm = rm_reg(reg),
                         .imm = (int64_t)value,
                         .nimm = 4});
    else if (bits_fits_signed((int64_t)value, 32))
        a_ri(e, X86_MOV_I, 8, reg, (int64_t)value);
    else
        a_emit(e, &(Asm){.insn = X86_MOVABS,
                         .width = 8,
                         .rm = rm_reg(reg),
                         .imm = (int64_t)value,
                         .nimm = 8});
}

void a_lea(Emitter *e, unsigned w, unsigned dst, X86Rm rm)
{
    a_rm(e, X86_LEA, w, dst, rm);
}

X86Rm a_state(uint32_t offset)
{
    return rm_disp(RBP, (int32_t)offset - STATE_X86_BIAS);
}

/* ---- constants ---- */

X86Rm a_pool(Emitter *e, const uint8_t bytes[16])
{
    X86Host *h = x86_host(e);
    X86Rm rm = rm_rip();
    for (uint32_t k = 0; k < h->pool.count && rm.label == 0; k++) {
        if (memcmp(h->pool.data[k].bytes.b, bytes, 16) == 0)
            rm.label = h->pool.data[k].label + 1;
    }
    if (rm.label == 0) {
        PoolEntry *p = VEC_PUSH(e->out->arena, &h->pool);
        memcpy(p->bytes.b, bytes, 16);
        p->label = emit_label_new(e);
        rm.label = p->label + 1;
    }
    return rm;
}

void a_vpool(Emitter *e, X86Insn i, unsigned reg, unsigned v, const uint8_t bytes[16])
{
    a_vvm(e, i, 4, reg, v, a_pool(e, bytes));
}

/* ---- jumps ---- */

static bool reaches_short(const Emitter *e, uint32_t label, unsigned insn_len)
{
    uint32_t to = e->labels.data[label];
    return to != NO_LABEL && (int64_t)to - (int64_t)(emit_offset(e) + insn_len) >= -128;
}

void a_jcc(Emitter *e, unsigned cc, uint32_t label)
{
    e->host_insns++;
    if (reaches_short(e, label, 2)) {
        emit_u8(e, (uint8_t)(0x70 | cc));
        emit_u8(e, 0);
        emit_label_ref(e, label, emit_offset(e) - 1, FORM_REL8);
        return;
    }
    emit_u8(e, 0x0f);
    emit_u8(e, (uint8_t)(0x80 | cc));
    emit_u32(e, 0);
    emit_label_ref(e, label, emit_offset(e) - 4, FORM_REL32);
}

void a_jmp(Emitter *e, uint32_t label)
{
    e->host_insns++;
    if (reaches_short(e, label, 2)) {
        emit_u8(e, 0xeb);
        emit_u8(e, 0);
        emit_label_ref(e, label, emit_offset(e) - 1, FORM_REL8);
        return;
    }
    emit_u8(e, 0xe9);
    emit_u32(e, 0);
    emit_label_ref(e, label, emit_offset(e) - 4, FORM_REL32);
}

uint32_t a_jcc_short(Emitter *e, unsigned cc)
{
    e->host_insns++;
    emit_u8(e, (uint8_t)(0x70 | cc));
    emit_u8(e, 0);
    return emit_offset(e);
}

uint32_t a_jmp_short(Emitter *e)
{
    e->host_insns++;
    emit_u8(e, 0xeb);
    emit_u8(e, 0);
    return emit_offset(e);
}

void a_short_here(Emitter *e, uint32_t at)
{
    uint32_t d = emit_offset(e) - at;
    DG_ASSERT(d < 128);
    e->out->code[at - 1] = (uint8_t)d;
    x86_host(e)->flags.at = NO_LABEL;
}

void a_stub(Emitter *e, const char *opcode, unsigned n, StubId stub)
{
    emit_bytes(e, opcode, n);
    emit_u32(e, 0);
    emit_reloc(e, emit_offset(e) - 4, RELOC_STUB, FORM_REL32, stub);
    e->host_insns++;
}

/* DS prefixes, which jumps and calls ignore (SDM volume 2, 2.1.1), are free padding. */
void a_align_field(Emitter *e, unsigned skip)
{
    while ((emit_offset(e) + skip) % 4 != 0)
        emit_u8(e, 0x3e);
}

ColdCode *a_cold(Emitter *e, void (*emit)(Emitter *e, const ColdCode *c))
{
    ColdCode *c = VEC_PUSH(e->out->arena, &x86_host(e)->cold);
    c->label = emit_label_new(e);
    c->back = emit_label_new(e);
    c->emit = emit;
    return c;
}

/* ---- flags ---- */

void a_flags_result(Emitter *e, const IrInst *inst, IrRef value, unsigned width)
{
    x86_host(e)->flags = (HostFlags){
        .at = emit_offset(e), .block = inst->block, .result = value, .width = (uint8_t)width};
}

void a_flags_compare(Emitter *e, const IrInst *inst, IrRef a, IrRef b, int64_t imm, unsigned width)
{
    HostFlags *f = &x86_host(e)->flags;
    DG_ASSERT(f->at == emit_offset(e) && f->block == inst->block);
    f->compare = true;
    f->a = a;
    f->b = b;
    f->imm = imm;
    f->width = (uint8_t)width;
}

void a_flags_sum(Emitter *e, IrRef a, IrRef b)
{
    HostFlags *f = &x86_host(e)->flags;
    DG_ASSERT(f->at == emit_offset(e));
    f->sum = true;
    f->a = a;
    f->b = b;
}

void a_flags_strings(Emitter *e, const IrInst *inst, IrRef value)
{
    x86_host(e)->flags =
        (HostFlags){.at = emit_offset(e), .block = inst->block, .result = value, .strings = true};
}

/* ---- operands ---- */

X86Rm a_operand(const Operand *o)
{
    if (o->kind == OPND_REG)
        return rm_reg(o->reg[0]);
    DG_ASSERT(bits_fits_signed(o->imm, 32));
    return rm_mem(o->leaf[0].i != 0 ? o->reg[0] : X86_NO_REG,
                  o->leaf[1].i != 0 ? o->reg[1] : X86_NO_REG, o->scale, (int32_t)o->imm);
}

X86Rm a_voperand(Emitter *e, const Operand *o)
{
    return o->kind == OPND_IMM ? a_pool(e, e->region->vconsts.data[o->imm].b) : a_operand(o);
}

void a_may_fault(Emitter *e, const SelInst *si)
{
    if (si->snap != 0)
        emit_fault_here(e);
}
