/* emit_move.c: moves that the allocator asks for, and constants.
 *
 * A move may destroy x17, x30, v13 and the flags, nothing else (x16 holds the pc of an indirect
 * exit while its last moves are made).
 */
#include "backend/aarch64/emitters.h"

#include <string.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"

void a64_mov(Emitter *e, unsigned d, unsigned n)
{
    if (d != n)
        rrr(e, A64_ORR_X, d, XZR, n);
}

void a64_vmov(Emitter *e, unsigned d, unsigned n)
{
    if (d != n)
        rrr(e, A64_VORR, d, n, n);
}

/* The shortest of MOVZ+MOVK, MOVN+MOVK and one ORR with a bitmask. */
void a64_mov_imm(Emitter *e, unsigned d, uint64_t v)
{
    unsigned zeros = 0, ones = 0;
    for (unsigned k = 0; k < 64; k += 16) {
        zeros += (v >> k & 0xffff) == 0;
        ones += (v >> k & 0xffff) == 0xffff;
    }
    if (zeros < 3 && ones < 3 && a64_fits_logic(v, true)) {
        ri(e, A64_ORRI_X, d, XZR, (int64_t)v);
        return;
    }
    if (v >> 32 == 0 && zeros < 3 && a64_fits_logic(v, false)) {
        ri(e, A64_ORRI_W, d, XZR, (int64_t)v);
        return;
    }
    bool inverted = ones > zeros, first = true;
    uint64_t skip = inverted ? 0xffff : 0;
    for (unsigned k = 0; k < 64; k += 16) {
        uint64_t part = v >> k & 0xffff;
        if (part == skip)
            continue;
        if (!first)
            rij(e, A64_MOVK_X, d, 0, (int64_t)part, k);
        else
            rij(e, inverted ? A64_MOVN_X : A64_MOVZ_X, d, 0,
                (int64_t)(inverted ? part ^ 0xffff : part), k);
        first = false;
    }
    if (first)
        rij(e, inverted ? A64_MOVN_X : A64_MOVZ_X, d, 0, 0, 0);
}

void a64_add_imm(Emitter *e, unsigned d, unsigned n, int64_t imm)
{
    uint64_t v = a64_magnitude(imm);
    A64Op op = imm < 0 ? A64_SUBI_X : A64_ADDI_X;
    if (imm == 0) {
        a64_mov(e, d, n);
    } else if (a64_fits_imm12(v)) {
        ri(e, op, d, n, (int64_t)v);
    } else if (v < 1u << 24) {
        ri(e, op, d, n, (int64_t)(v & ~(uint64_t)4095));
        ri(e, op, d, d, (int64_t)(v & 4095));
    } else {
        a64_mov_imm(e, R_LR, (uint64_t)imm); /* n may be x17 */
        rrr(e, A64_ADD_X, d, n, R_LR);
    }
}

/* ---- vector constants ---- */

void a64_vector_splat32(Emitter *e, unsigned d, uint32_t word)
{
    for (unsigned k = 0; k < 32; k += 8) {
        if ((word & ~(0xffu << k)) == 0) {
            vimm(e, A64_MOVI_S, d, word >> k & 0xff, k);
            return;
        }
        if ((~word & ~(0xffu << k)) == 0) {
            vimm(e, A64_MVNI_S, d, ~word >> k & 0xff, k);
            return;
        }
    }
    a64_mov_imm(e, R_T1, word);
    vlane(e, A64_DUP_GPR, IR_I32, d, R_T1, 0);
}

static void pool_load(Emitter *e, unsigned d, const IrVec128 *v)
{
    A64Emit *x = a64_emit(e);
    uint32_t k = 0;
    while (k < x->pool.count && memcmp(&x->pool.data[k].value, v, 16) != 0)
        k++;
    if (k == x->pool.count)
        *VEC_PUSH(e->out->arena, &x->pool) = (PoolConst){*v, emit_label_new(e)};
    put_a64(e, A64_LDR_Q_LIT, (A64Args){.d = (uint8_t)d});
    emit_label_ref(e, x->pool.data[k].label, emit_offset(e) - 4, FIELD_B19);
}

void a64_vconst(Emitter *e, unsigned d, const IrVec128 *v)
{
    uint32_t w[4];
    unsigned bytes = 0; /* MOVI_D: one bit for each byte that is ones */
    bool masks = memcmp(v->b, v->b + 8, 8) == 0;
    memcpy(w, v->b, 16);
    for (unsigned k = 0; k < 8; k++) {
        bytes |= (v->b[k] & 1u) << k;
        masks = masks && (v->b[k] == 0 || v->b[k] == 0xff);
    }
    if (masks) {
        vimm(e, A64_MOVI_D, d, bytes, 0);
        return;
    }
    if (w[0] == w[1] && w[0] == w[2] && w[0] == w[3]) {
        if (w[0] == (w[0] & 0xff) * 0x01010101u)
            vimm(e, A64_MOVI_B, d, w[0] & 0xff, 0);
        else
            a64_vector_splat32(e, d, w[0]);
        return;
    }
    pool_load(e, d, v);
}

/* ---- HostDesc.move ---- */

static void move_const(Emitter *e, const HostMove *m)
{
    if (m->cls == CLASS_GPR) {
        a64_mov_imm(e, m->dst, m->imm & bits_mask(ir_type_bits(m->type)));
    } else if (ir_type_is_vector(m->type)) {
        a64_vconst(e, m->dst, m->vec);
    } else if (m->imm == 0) {
        vimm(e, A64_MOVI_D, m->dst, 0, 0);
    } else {
        a64_mov_imm(e, R_T1, m->imm);
        rr(e, m->type == IR_F64 ? A64_FMOV_DX : A64_FMOV_SW, m->dst, R_T1);
    }
}

static const uint16_t state_load[IR_TYPE_COUNT] = {
    [IR_I8] = A64_LDR_B,  [IR_I16] = A64_LDR_H, [IR_I32] = A64_LDR_W,  [IR_I64] = A64_LDR_X,
    [IR_F32] = A64_LDR_S, [IR_F64] = A64_LDR_D, [IR_V128] = A64_LDR_Q,
};
static const uint16_t state_store[IR_TYPE_COUNT] = {
    [IR_I8] = A64_STR_B,  [IR_I16] = A64_STR_H, [IR_I32] = A64_STR_W,  [IR_I64] = A64_STR_X,
    [IR_F32] = A64_STR_S, [IR_F64] = A64_STR_D, [IR_V128] = A64_STR_Q,
};

/* Offsets in CpuState reach 15 KiB: beyond the byte and halfword forms' range. */
void a64_state_access(Emitter *e, A64Op op, unsigned reg, uint32_t offset)
{
    unsigned lg =
        a64_info[op].word & 1u << 26 && a64_info[op].word & 1u << 23 ? 4 : a64_info[op].word >> 30;
    unsigned base = R_STATE;
    if (offset >> lg >= 4096) {
        ri(e, A64_ADDI_X, R_T1, R_STATE, offset & ~4095u);
        base = R_T1;
        offset &= 4095;
    }
    ri(e, op, reg, base, offset);
}

static void move_swap(Emitter *e, const HostMove *m)
{
    if (m->cls == CLASS_GPR) {
        a64_mov(e, R_T1, m->dst);
        a64_mov(e, m->dst, m->src);
        a64_mov(e, m->src, R_T1);
    } else {
        a64_vmov(e, V_T0, m->dst);
        a64_vmov(e, m->dst, m->src);
        a64_vmov(e, m->src, V_T0);
    }
}

void a64_move(Emitter *e, const HostMove *m)
{
    switch ((MoveKind)m->kind) {
    case MOVE_REG:
        if (m->cls == CLASS_GPR)
            a64_mov(e, m->dst, m->src);
        else
            a64_vmov(e, m->dst, m->src);
        break;
    case MOVE_LOAD:
        a64_state_access(e, state_load[m->type], m->dst, m->offset);
        break;
    case MOVE_STORE:
        a64_state_access(e, state_store[m->type], m->src, m->offset);
        break;
    case MOVE_CONST:
        move_const(e, m);
        break;
    case MOVE_STORE_IMM: {
        uint64_t imm = m->imm & bits_mask(ir_type_bits(m->type));
        unsigned from = XZR;
        if (imm != 0) {
            from = R_LR; /* x17 may be wanted for the address */
            a64_mov_imm(e, from, imm);
        }
        a64_state_access(e, state_store[m->type], from, m->offset);
        break;
    }
    case MOVE_SWAP:
        move_swap(e, m);
        break;
    case MOVE_ADD:
        a64_add_imm(e, m->dst, m->src, (int64_t)m->imm);
        break;
    }
}
