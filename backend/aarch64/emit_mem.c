/* emit_mem.c: loads, stores and fences, with the order the guest was promised.
 *
 * order.h says which form and barriers an access needs; here an address is made to fit the form:
 *
 *     plain      [base, #imm12 scaled], [base, #simm9], [base, index, lsl #size]
 *     LDAPUR     [base, #simm9] (FEAT_LRCPC2)      LDAPR, STLR   [base]
 *
 * anything else is computed into x17 first. A scalar FP load or store that wants LDAPR or STLR goes
 * through x16 (two instructions, no barrier); vectors take the barrier form.
 */
#include "backend/aarch64/emitters.h"
#include "ir/base/bits.h"

typedef struct MemOps {
    uint16_t imm12, imm9, index;
} MemOps;

static const MemOps plain_load[IR_TYPE_COUNT] = {
    [IR_I8] = {A64_LDR_B, A64_LDUR_B, A64_LDRX_B},   [IR_I16] = {A64_LDR_H, A64_LDUR_H, A64_LDRX_H},
    [IR_I32] = {A64_LDR_W, A64_LDUR_W, A64_LDRX_W},  [IR_I64] = {A64_LDR_X, A64_LDUR_X, A64_LDRX_X},
    [IR_F32] = {A64_LDR_S, A64_LDUR_S, A64_LDRX_S},  [IR_F64] = {A64_LDR_D, A64_LDUR_D, A64_LDRX_D},
    [IR_V128] = {A64_LDR_Q, A64_LDUR_Q, A64_LDRX_Q},
};
static const MemOps plain_store[IR_TYPE_COUNT] = {
    [IR_I8] = {A64_STR_B, A64_STUR_B, A64_STRX_B},   [IR_I16] = {A64_STR_H, A64_STUR_H, A64_STRX_H},
    [IR_I32] = {A64_STR_W, A64_STUR_W, A64_STRX_W},  [IR_I64] = {A64_STR_X, A64_STUR_X, A64_STRX_X},
    [IR_F32] = {A64_STR_S, A64_STUR_S, A64_STRX_S},  [IR_F64] = {A64_STR_D, A64_STUR_D, A64_STRX_D},
    [IR_V128] = {A64_STR_Q, A64_STUR_Q, A64_STRX_Q},
};

/* By log2 of the size. */
static const uint16_t ordered[4][4] = {
    [ACCESS_PLAIN] = {0},
    [ACCESS_ACQPC] = {A64_LDAPR_B, A64_LDAPR_H, A64_LDAPR_W, A64_LDAPR_X},
    [ACCESS_ACQUIRE] = {A64_LDAR_B, A64_LDAR_H, A64_LDAR_W, A64_LDAR_X},
    [ACCESS_RELEASE] = {A64_STLR_B, A64_STLR_H, A64_STLR_W, A64_STLR_X},
};
static const uint16_t ordered9[4][4] = {
    [ACCESS_ACQPC] = {A64_LDAPUR_B, A64_LDAPUR_H, A64_LDAPUR_W, A64_LDAPUR_X},
    [ACCESS_RELEASE] = {A64_STLUR_B, A64_STLUR_H, A64_STLUR_W, A64_STLUR_X},
};

void a64_barrier(Emitter *e, OrderBarrier b)
{
    static const uint16_t dmb[] = {[BARRIER_LOAD] = A64_DMB_ISHLD,
                                   [BARRIER_STORE] = A64_DMB_ISHST,
                                   [BARRIER_FULL] = A64_DMB_ISH};
    if (b != BARRIER_NONE)
        op0(e, dmb[b]);
}

/* The order of an access; streaming stores are ordered by fences only. */
static IrOrder guest_order(const Emitter *e, unsigned mem_flags)
{
    IrOrder o = mem_flags & IR_M_ORDER;
    bool weak = (mem_flags & IR_M_STREAM) != 0 || e->cfg->memory_order_relaxed;
    return o == IR_ORDER_TSO && weak ? IR_ORDER_NONE : o;
}

/* Vectors and accesses known to be misaligned have no acquire and release forms. */
static HostModel host_model(const Emitter *e, unsigned type, unsigned mem_flags)
{
    IrOrder o = guest_order(e, mem_flags);
    bool form = type != IR_V128 && (mem_flags & IR_M_DMB) == 0;
    if (has_feature(e, FEAT_A64_TSO) && (form || (o != IR_ORDER_ACQUIRE && o != IR_ORDER_RELEASE)))
        return HOST_A64_TSO;
    return form && has_feature(e, FEAT_A64_LRCPC) ? HOST_A64_RCPC : HOST_A64_DMB;
}

/* base + index << scale in x17, leaving the displacement; or the base register itself. */
static unsigned add_index(Emitter *e, const Operand *a)
{
    if (a->leaf[1].i == 0)
        return a->reg[0];
    rrr_shift(e, A64_ADD_X, R_T1, a->reg[0], a->reg[1], SH_LSL, a->scale);
    return R_T1;
}

static unsigned full_address(Emitter *e, const Operand *a)
{
    unsigned base = add_index(e, a);
    if (a->imm == 0)
        return base;
    a64_add_imm(e, R_T1, base, a->imm);
    return R_T1;
}

static void access_plain(Emitter *e, const MemOps *ops, unsigned type, unsigned t, const Operand *a)
{
    unsigned lg = a64_log2_lane(type);
    if (a->leaf[1].i != 0 && a->imm == 0 && (a->scale == 0 || a->scale == lg)) {
        emit_fault_here(e);
        put_a64(e, ops->index,
                (A64Args){.d = (uint8_t)t, .n = a->reg[0], .m = a->reg[1], .j = a->scale});
        return;
    }
    unsigned base = add_index(e, a);
    int64_t disp = a->imm;
    bool scaled = disp >= 0 && (disp & (int64_t)bits_mask(lg)) == 0 && disp >> lg < 4096;
    if (!scaled && !bits_fits_signed(disp, 9)) {
        a64_add_imm(e, R_T1, base, disp);
        base = R_T1;
        disp = 0;
        scaled = true;
    }
    emit_fault_here(e);
    ri(e, scaled ? ops->imm12 : ops->imm9, t, base, disp);
}

static void access_ordered(Emitter *e, unsigned form, unsigned type, unsigned t, const Operand *a)
{
    unsigned lg = a64_log2_lane(type);
    if (ordered9[form][lg] != 0 && has_feature(e, FEAT_A64_LRCPC2) && a->imm != 0 &&
        bits_fits_signed(a->imm, 9)) {
        unsigned base = add_index(e, a);
        emit_fault_here(e);
        ri(e, ordered9[form][lg], t, base, a->imm);
        return;
    }
    unsigned base = full_address(e, a);
    emit_fault_here(e);
    rr(e, ordered[form][lg], t, base);
}

/* A misaligned IR_M_ALIGNED access: faults at an address whose bit 54 is set. No host maps it, tags
 * (bits 63:56) do not hide it, and the runtime makes a #GP of such non-canonical addresses. */
static void cold_misaligned(Emitter *e, const ColdPath *c)
{
    ri(e, A64_ORRI_X, R_T1, c->n, (int64_t)1 << 54);
    emit_fault_here(e);
    ri(e, A64_LDR_B, R_LR, R_T1, 0);
}

/* Writes back the byte at x16 as it is; destroys x17 and x30. */
static void probe_byte(Emitter *e)
{
    uint32_t again = emit_label_new(e);
    emit_label_bind(e, again);
    emit_fault_here(e);
    rr(e, A64_LDXR_B, R_T1, R_T0);
    emit_fault_here(e);
    rrr(e, A64_STXR_B, R_T1, R_T0, R_LR);
    a64_b19(e, A64_CBNZ_W, R_LR, again);
}

/* A store that is misaligned. The host may have written one page when it finds that the other
 * faults (Arm ARM B2.2, Atomicity: single accesses are made of several); x86 writes nothing then.
 * So both ends are tried first. */
static void cold_two_pages(Emitter *e, const ColdPath *c)
{
    enum { PAGE = 4096 };
    int64_t size = (int64_t)1 << a64_log2_lane(c->lane);
    a64_add_imm(e, R_T0, c->n, (int64_t)c->imm);
    ri(e, A64_ANDI_X, R_LR, R_T0, PAGE - 1);
    ri(e, A64_SUBSI_X, XZR, R_LR, PAGE - size);
    a64_bcond(e, CC_LS, c->back);
    probe_byte(e);
    ri(e, A64_ADDI_X, R_T0, R_T0, size - 1);
    probe_byte(e);
    if (c->n == R_T1) /* the address, computed */
        ri(e, A64_SUBI_X, R_T1, R_T0, size - 1);
}

/* Goes to the cold path if the address is not aligned; returns it as an operand that needs no
 * further arithmetic where x17 holds it. */
static Operand check_aligned(Emitter *e, unsigned type, const Operand *a,
                             void (*cold)(Emitter *, const ColdPath *))
{
    Operand out = *a;
    int64_t low = (int64_t)bits_mask(a64_log2_lane(type));
    if (low == 0)
        return out;
    if (a->leaf[1].i != 0 || (a->imm & low) != 0) {
        out.reg[0] = (uint8_t)full_address(e, a);
        out.leaf[1] = IR_NONE;
        out.imm = 0;
    }
    ColdPath *c = a64_cold_path(e, cold);
    c->n = out.reg[0];
    c->lane = (uint8_t)type;
    c->imm = (uint64_t)out.imm;
    uint32_t label = c->label, back = c->back;
    ri(e, A64_ANDSI_X, XZR, out.reg[0], low);
    a64_bcond(e, CC_NE, label);
    emit_label_bind(e, back);
    return out;
}

static void swap_bytes(Emitter *e, unsigned type, unsigned d, unsigned n)
{
    if (type == IR_I8)
        a64_mov(e, d, n);
    else
        rr(e, type == IR_I16 ? A64_REV16_W : type == IR_I32 ? A64_REV_W : A64_REV_X, d, n);
}

void a64_load(Emitter *e, const SelInst *si, const IrInst *in)
{
    HostModel host = host_model(e, in->type, in->flags);
    OrderAccess order = order_load(host, guest_order(e, in->flags));
    Operand checked;
    const Operand *a = &si->opnd[0];
    a64_barrier(e, order.before);
    if ((in->flags & IR_M_ALIGNED) != 0) {
        checked = check_aligned(e, in->type, a, cold_misaligned);
        a = &checked;
    }
    if (order.form == ACCESS_PLAIN) {
        access_plain(e, &plain_load[in->type], in->type, si->dest, a);
    } else if (ir_type_is_float(in->type)) {
        access_ordered(e, order.form, in->type, R_T0, a);
        rr(e, in->type == IR_F64 ? A64_FMOV_DX : A64_FMOV_SW, si->dest, R_T0);
    } else {
        access_ordered(e, order.form, in->type, si->dest, a);
    }
    a64_barrier(e, order.after);
    if ((in->flags & IR_M_BIG) != 0)
        swap_bytes(e, in->type, si->dest, si->dest);
}

void a64_store(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned type = si->opnd[1].type, t = si->opnd[1].reg[0];
    HostModel host = host_model(e, type, in->flags);
    OrderAccess order = order_store(host, guest_order(e, in->flags));
    Operand checked;
    const Operand *a = &si->opnd[0];
    if (si->opnd[1].kind == OPND_IMM)
        t = XZR;
    a64_barrier(e, order.before);
    if ((in->flags & IR_M_ALIGNED) != 0) {
        checked = check_aligned(e, type, a, cold_misaligned);
        a = &checked;
    } else if (type == IR_V128 || (in->flags & IR_M_DMB) != 0) {
        checked = check_aligned(e, type, a, cold_two_pages);
        a = &checked;
    }
    if ((in->flags & IR_M_BIG) != 0) {
        swap_bytes(e, type, R_T0, t);
        t = R_T0;
    }
    if (order.form == ACCESS_PLAIN) {
        access_plain(e, &plain_store[type], type, t, a);
    } else {
        if (ir_type_is_float(type)) {
            rr(e, type == IR_F64 ? A64_FMOV_XD : A64_FMOV_WS, R_T0, t);
            t = R_T0;
        }
        access_ordered(e, order.form, type, t, a);
    }
    a64_barrier(e, order.after);
}

void a64_fence(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)si;
    HostModel host = has_feature(e, FEAT_A64_TSO) ? HOST_A64_TSO : HOST_A64_DMB;
    a64_barrier(e, order_fence(host, (unsigned)in->imm));
}
