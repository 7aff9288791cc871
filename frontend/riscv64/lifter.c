/* lifter.c: lift() of the RISC-V guest: decodes for region.c, and calls the rows' functions.
 *
 * Instructions have two bytes or four; the two lowest bits tell which (both set: four). What is
 * known of registers at the end of a block is kept for a block that only it leads to.
 */
#include <string.h>

#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"
#include "ir/base/log.h"

/* Registers of singles are looked at in the first turn of a loop: long ones are worth it too. */
enum { MAX_LENGTH = 4, MAX_FORM = 3, PEEL_INSNS = 40 };

typedef struct LiftedInsn {
    RvInsn insn;
    uint64_t pc;
    bool illegal;
    uint8_t got;    /* bytes there were; less than insn.length: it cannot be fetched */
    RvKnown *known; /* at its end, if a block ends there */
} LiftedInsn;

typedef struct Lifter {
    RvLift l;
    Arena *arena;
    LiftedInsn *insns;
} Lifter;

/* ---- decoding ---- */

static RegionDecode decode(void *guest, unsigned i, RegionInsn *out, const uint8_t *bytes,
                           unsigned n)
{
    Lifter *l = guest;
    LiftedInsn *li = &l->insns[i];
    uint32_t word = 0;
    unsigned length = n >= 2 && (bytes[0] & MAX_FORM) == MAX_FORM ? 4 : 2;
    li->pc = out->pc;
    li->got = (uint8_t)n;
    li->known = NULL;
    li->illegal = false;
    li->insn.length = (uint8_t)length;
    out->length = (uint8_t)(n < length ? n + 1 : length);
    if (n < length)
        return REGION_FETCH;
    memcpy(&word, bytes, length);
    int row = rv_decode(&li->insn, word);
    uint32_t attributes = row < 0 ? 0 : li->insn.attributes;
    li->illegal = row < 0 || (attributes & RV_A_CSR && !rv_csr_exists(&li->insn)) ||
                  (attributes & RV_A_ROUNDED && !rv_rounding_exists(l->l.mode, &li->insn));
    if (li->illegal)
        return REGION_ILLEGAL;
    out->flow = FLOW_NEXT;
    out->target = out->pc + (uint64_t)(int64_t)li->insn.off;
    if (attributes & RV_A_COND)
        out->flow = FLOW_COND;
    else if (attributes & RV_A_JUMP)
        out->flow = li->insn.rd == RV_ZERO ? FLOW_JUMP : FLOW_END;
    else if (attributes & RV_A_END)
        out->flow = FLOW_END;
    return REGION_OK;
}

static void begin_block(void *guest, RegionFormer *f, unsigned i, int from, bool values)
{
    Lifter *l = guest;
    (void)f, (void)i;
    if (from >= 0 && values && l->insns[from].known)
        l->l.known = *l->insns[from].known;
    else
        memset(&l->l.known, 0, sizeof l->l.known);
}

static bool lift_one(void *guest, RegionFormer *f, unsigned i, IrBuilder *b)
{
    Lifter *lifter = guest;
    LiftedInsn *li = &lifter->insns[i];
    RvLift *l = &lifter->l;
    l->b = *b;
    l->former = f;
    l->ended = false;
    l->pc = li->pc;
    if (li->illegal)
        rv_trap(l, TRAP_ILLEGAL, 0);
    else if (li->got < li->insn.length)
        rv_trap(l, TRAP_FETCH, li->got);
    else
        rv_trans[li->insn.row](l, &li->insn);
    if (!li->illegal && li->insn.attributes & RV_A_ROUNDED)
        l->known.raised = true;
    if (region_block_ends(f, i))
        li->known = arena_copy(lifter->arena, &l->known, sizeof l->known);
    *b = l->b;
    return !l->ended;
}

void rv_lift(const LiftRequest *rq, LiftResult *out)
{
    static const RegionGuest region_guest = {.max_length = MAX_LENGTH,
                                             .peel_insns = PEEL_INSNS,
                                             .decode = decode,
                                             .begin_block = begin_block,
                                             .lift = lift_one};
    Region *r = ir_region_new(rq->arena, rq->pc, &rv_slots, &rv_helpers, FP_MODEL_RISCV);
    r->mode = rq->mode;
    r->dependencies = rq->dependencies;
    Lifter l = {.arena = rq->arena};
    unsigned max = rq->max_insns ? rq->max_insns : REGION_DEFAULT_INSNS;
    max = max > REGION_MAX_INSNS ? REGION_MAX_INSNS : max;
    l.insns = arena_raw(rq->arena, max * sizeof *l.insns);
    l.l.b.region = r;
    l.l.mode = rq->mode;
    l.l.request = rq;
    region_form(&region_guest, &l, rq, r, out);
}

/* ---- registers ---- */

static IrRef cached(RvLift *l, IrRef *known, unsigned slot)
{
    if (!known->i)
        *known = ir_get(&l->b, slot);
    return *known;
}

IrRef rv_x(RvLift *l, unsigned reg)
{
    return reg == RV_ZERO ? rv_const(l, 0) : cached(l, &l->known.x[reg], RV_SLOT_X + reg);
}

IrRef rv_w(RvLift *l, unsigned reg)
{
    return ir_conv(&l->b, IR_trunc, IR_I32, rv_x(l, reg));
}

void rv_set_x(RvLift *l, unsigned reg, IrRef v)
{
    if (reg == RV_ZERO)
        return;
    ir_put(&l->b, RV_SLOT_X + reg, v);
    l->known.x[reg] = v;
}

void rv_set_sext(RvLift *l, unsigned reg, IrRef v)
{
    rv_set_x(l, reg, ir_conv(&l->b, IR_sext, IR_I64, v));
}

IrRef rv_f(RvLift *l, unsigned reg)
{
    return cached(l, &l->known.f[reg], RV_SLOT_F + reg);
}

void rv_set_f(RvLift *l, unsigned reg, IrRef v)
{
    ir_put(&l->b, RV_SLOT_F + reg, v);
    l->known.f[reg] = v;
    l->known.single[reg] = IR_NONE;
}

IrRef rv_single(RvLift *l, unsigned reg)
{
    IrRef *known = &l->known.single[reg];
    if (!known->i)
        *known = ir_conv(&l->b, IR_funbox, IR_F32, rv_f(l, reg));
    return *known;
}

void rv_set_single(RvLift *l, unsigned reg, IrRef v)
{
    rv_set_f(l, reg, ir_conv(&l->b, IR_fbox, IR_F64, v));
    l->known.single[reg] = v;
}

void rv_touch(RvLift *l, IrRef at, IrType type)
{
    region_touch(&l->b, l->request, RV_HELPER_exclusive_touch, at, type);
}

void rv_store(RvLift *l, IrRef at, IrRef v)
{
    rv_touch(l, at, (IrType)ir_inst(l->b.region, v)->type);
    ir_store(&l->b, at, v, IR_ORDER_NONE);
}

IrRef rv_address(RvLift *l, const RvInsn *in)
{
    return ir_bini(&l->b, IR_add, rv_x(l, (unsigned)in->rs1), (uint64_t)(int64_t)in->imm);
}

/* ---- blocks and ends ---- */

uint32_t rv_block(RvLift *l)
{
    return ir_block_new(l->b.region, l->pc);
}

void rv_enter(RvLift *l, uint32_t block)
{
    l->b.block = block;
}

void rv_trap(RvLift *l, unsigned trap, unsigned argument)
{
    ir_trap(&l->b, trap, argument);
    l->ended = true;
}

void rv_trap_if(RvLift *l, IrRef cond, unsigned trap)
{
    region_trap_if(&l->b, l->pc, cond, trap);
}
