/* emit_atomic.c: read-modify-write ops; each is a full fence on the guest's side.
 *
 * With FEAT_LSE the AL forms serve (never with XZR as destination, which would lose the acquire
 * half). A compare-and-swap that fails is only a load-acquire: an earlier plain store (vector or
 * misaligned accesses make those) could still pass it. So on failure, out of line, it is done once
 * more behind DMB ISH; the first try then counts for nothing. Without FEAT_LSE: DMB ISH; LL/SC
 * loop; DMB ISH. The old value is made in scratch registers, so that a fault leaves everything as
 * it was.
 */
#include "backend/aarch64/emitters.h"
#include "backend/core/order.h"

typedef struct AtomicRow {
    uint16_t lse; /* byte form; others follow by size */
    uint16_t alu; /* W form */
} AtomicRow;

static const AtomicRow rows[IR_OP_COUNT] = {
    [IR_aadd] = {A64_LDADDAL_B, A64_ADD_W}, [IR_aand] = {A64_LDCLRAL_B, A64_AND_W},
    [IR_aor] = {A64_LDSETAL_B, A64_ORR_W},  [IR_axor] = {A64_LDEORAL_B, A64_EOR_W},
    [IR_axchg] = {A64_SWPAL_B, 0},
};

static unsigned dest_or_scratch(const SelInst *si)
{
    return si->dest < 31 ? si->dest : R_T1;
}

void a64_atomic_lse(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned m = si->opnd[1].reg[0];
    if (in->op == IR_aand) { /* LDCLR clears the bits that are set */
        rrr(e, A64_ORN_X, R_T0, XZR, m);
        m = R_T0;
    }
    emit_fault_here(e);
    rrr(e, rows[in->op].lse + a64_log2_lane(in->type), dest_or_scratch(si), si->opnd[0].reg[0], m);
}

void a64_atomic_llsc(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned lg = a64_log2_lane(in->type), addr = si->opnd[0].reg[0], m = si->opnd[1].reg[0];
    uint32_t again = emit_label_new(e);
    a64_barrier(e, BARRIER_FULL);
    emit_label_bind(e, again);
    emit_fault_here(e);
    rr(e, A64_LDXR_B + lg, R_T0, addr);
    if (in->op != IR_axchg) {
        rrr(e, A64_SF(rows[in->op].alu, is64(in)), R_T1, R_T0, m);
        m = R_T1;
    }
    emit_fault_here(e);
    rrr(e, A64_STXR_B + lg, m, addr, R_LR);
    a64_b19(e, A64_CBNZ_W, R_LR, again);
    a64_barrier(e, BARRIER_FULL);
    a64_mov(e, dest_or_scratch(si), R_T0);
}

/* ---- compare and swap ---- */

/* Flags of old (zero-extended) against the expected value, whose upper bits are garbage. */
static void compare_old(Emitter *e, unsigned type, unsigned old, unsigned expected)
{
    if (type < IR_I32)
        put_a64(e, A64_SUBSEXT_W,
                (A64Args){.d = XZR,
                          .n = (uint8_t)old,
                          .m = (uint8_t)expected,
                          .imm = (type == IR_I8 ? EXT_UXTB : EXT_UXTH) << 3});
    else
        rrr(e, A64_SF(A64_SUBS_W, type == IR_I64), XZR, old, expected);
}

static void cold_cas(Emitter *e, const ColdPath *c)
{
    a64_barrier(e, BARRIER_FULL);
    a64_mov(e, R_T1, c->m);
    emit_fault_here(e);
    rrr(e, A64_CASAL_B + a64_log2_lane(c->lane), c->d, c->n, R_T1);
}

void a64_cas_lse(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned addr = si->opnd[0].reg[0], expected = si->opnd[1].reg[0];
    unsigned desired = si->opnd[2].reg[0];
    a64_mov(e, R_T1, expected);
    emit_fault_here(e);
    rrr(e, A64_CASAL_B + a64_log2_lane(in->type), desired, addr, R_T1);
    compare_old(e, in->type, R_T1, expected);
    ColdPath *c = a64_cold_path(e, cold_cas);
    c->d = (uint8_t)desired;
    c->n = (uint8_t)addr;
    c->m = (uint8_t)expected;
    c->lane = in->type;
    uint32_t label = c->label, back = c->back;
    a64_bcond(e, CC_NE, label);
    emit_label_bind(e, back);
    a64_mov(e, dest_or_scratch(si), R_T1);
}

void a64_cas_llsc(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned lg = a64_log2_lane(in->type), addr = si->opnd[0].reg[0];
    uint32_t again = emit_label_new(e), out = emit_label_new(e);
    a64_barrier(e, BARRIER_FULL);
    emit_label_bind(e, again);
    emit_fault_here(e);
    rr(e, A64_LDXR_B + lg, R_T0, addr);
    compare_old(e, in->type, R_T0, si->opnd[1].reg[0]);
    a64_bcond(e, CC_NE, out);
    emit_fault_here(e);
    rrr(e, A64_STXR_B + lg, si->opnd[2].reg[0], addr, R_LR);
    a64_b19(e, A64_CBNZ_W, R_LR, again);
    emit_label_bind(e, out);
    a64_barrier(e, BARRIER_FULL);
    a64_mov(e, dest_or_scratch(si), R_T0);
}

/* ---- 16 bytes: address in x2, desired in x0:x1, old in x16:x17 ---- */

static void halves(Emitter *e, unsigned lo, unsigned hi, unsigned v)
{
    rr(e, A64_FMOV_XD, lo, v);
    vlane(e, A64_UMOV, IR_I64, hi, v, 1);
}

/* Z: x16:x17 equals v; destroys x30. */
static void compare_halves(Emitter *e, unsigned v)
{
    rr(e, A64_FMOV_XD, R_LR, v);
    rrr(e, A64_SUBS_X, XZR, R_T0, R_LR);
    vlane(e, A64_UMOV, IR_I64, R_LR, v, 1);
    put_a64(e, A64_CCMP_X, (A64Args){.n = R_T1, .m = R_LR, .imm = 0, .j = CC_EQ});
}

static void set_old(Emitter *e, const SelInst *si)
{
    if (si->dest > 31)
        return;
    rr(e, A64_FMOV_DX, si->dest, R_T0);
    vlane(e, A64_INS_GPR, IR_I64, si->dest, R_T1, 1);
}

static void cold_cas16(Emitter *e, const ColdPath *c)
{
    a64_barrier(e, BARRIER_FULL);
    halves(e, R_T0, R_T1, c->m);
    emit_fault_here(e);
    rrr(e, A64_CASPAL_X, 0, 2, R_T0);
}

void a64_cas16_lse(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    unsigned expected = si->opnd[1].reg[0];
    halves(e, R_T0, R_T1, expected);
    halves(e, 0, 1, si->opnd[2].reg[0]);
    emit_fault_here(e);
    rrr(e, A64_CASPAL_X, 0, 2, R_T0);
    compare_halves(e, expected);
    ColdPath *c = a64_cold_path(e, cold_cas16);
    c->m = (uint8_t)expected;
    uint32_t label = c->label, back = c->back;
    a64_bcond(e, CC_NE, label);
    emit_label_bind(e, back);
    set_old(e, si);
}

/* LDXP alone is no atomic read: a failed compare stores the old value back. */
void a64_cas16_llsc(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    uint32_t again = emit_label_new(e), differ = emit_label_new(e), out = emit_label_new(e);
    halves(e, 0, 1, si->opnd[2].reg[0]);
    a64_barrier(e, BARRIER_FULL);
    emit_label_bind(e, again);
    emit_fault_here(e);
    rrra(e, A64_LDXP_X, R_T0, 2, 31, R_T1);
    compare_halves(e, si->opnd[1].reg[0]);
    a64_bcond(e, CC_NE, differ);
    emit_fault_here(e);
    rrra(e, A64_STXP_X, 0, 2, R_LR, 1);
    a64_b19(e, A64_CBNZ_W, R_LR, again);
    a64_jump(e, out);
    emit_label_bind(e, differ);
    emit_fault_here(e);
    rrra(e, A64_STXP_X, R_T0, 2, R_LR, R_T1);
    a64_b19(e, A64_CBNZ_W, R_LR, again);
    emit_label_bind(e, out);
    a64_barrier(e, BARRIER_FULL);
    set_old(e, si);
}
