/* lifter.c: lift() of the AArch64 guest: decodes for region.c, and calls the rows' functions.
 *
 * What is known of registers at the end of a block is kept for a block that only it leads to.
 */
#include <string.h>

#include "frontend/aarch64/lift.h"

enum { LENGTH = 4 };

typedef struct LiftedInsn {
    A64Insn insn;
    uint64_t pc;
    bool illegal;
    uint8_t got;     /* bytes there were; fewer than LENGTH: it cannot be fetched */
    A64Known *known; /* at its end, if a block ends there */
} LiftedInsn;

typedef struct Lifter {
    A64Lift l;
    Arena *arena;
    LiftedInsn *insns;
} Lifter;

/* ---- decoding ---- */

static RegionDecode decode(void *guest, unsigned i, RegionInsn *out, const uint8_t *bytes,
                           unsigned n)
{
    Lifter *l = guest;
    LiftedInsn *li = &l->insns[i];
    uint32_t word;
    li->pc = out->pc;
    li->got = (uint8_t)n;
    li->known = NULL;
    li->illegal = false;
    out->length = (uint8_t)(n < LENGTH ? n + 1 : LENGTH);
    if (n < LENGTH)
        return REGION_FETCH;
    memcpy(&word, bytes, LENGTH);
    int row = a64_decode(&li->insn, word);
    li->illegal = row < 0;
    if (li->illegal)
        return REGION_ILLEGAL;
    uint32_t attributes = a64_patterns.rows[row].attributes;
    out->target = out->pc + (uint64_t)(int64_t)li->insn.off;
    out->flow = attributes & A64_A_COND   ? FLOW_COND
                : attributes & A64_A_JUMP ? FLOW_JUMP
                : attributes & A64_A_END  ? FLOW_END
                                          : FLOW_NEXT;
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
    A64Lift *l = &lifter->l;
    l->b = *b;
    l->former = f;
    l->ended = false;
    l->pc = li->pc;
    if (li->got < LENGTH)
        a64_trap(l, TRAP_FETCH, li->got);
    else if (li->illegal)
        a64_trap(l, TRAP_ILLEGAL, 0);
    else
        a64_trans[li->insn.row](l, &li->insn);
    if (region_block_ends(f, i))
        li->known = arena_copy(lifter->arena, &l->known, sizeof l->known);
    *b = l->b;
    return !l->ended;
}

void a64_lift(const LiftRequest *rq, LiftResult *out)
{
    static const RegionGuest region_guest = {
        .max_length = LENGTH, .decode = decode, .begin_block = begin_block, .lift = lift_one};
    FpModel model = rq->mode & A64_MODE_DN ? FP_MODEL_RISCV : FP_MODEL_ARM;
    Region *r = ir_region_new(rq->arena, rq->pc, &a64_slots, &a64_helpers, model);
    r->mode = rq->mode;
    Lifter l = {.arena = rq->arena};
    unsigned max = rq->max_insns ? rq->max_insns : REGION_DEFAULT_INSNS;
    max = max > REGION_MAX_INSNS ? REGION_MAX_INSNS : max;
    l.insns = arena_raw(rq->arena, max * sizeof *l.insns);
    l.l.b.region = r;
    l.l.mode = rq->mode;
    region_form(&region_guest, &l, rq, r, out);
}

/* ---- registers ---- */

static IrRef cached(A64Lift *l, IrRef *known, unsigned slot)
{
    if (!known->i)
        *known = ir_get(&l->b, slot);
    return *known;
}

IrRef a64_xsp(A64Lift *l, unsigned reg)
{
    return cached(l, &l->known.x[reg], A64_SLOT_X + reg);
}

IrRef a64_x(A64Lift *l, unsigned reg)
{
    return reg == A64_ZR ? a64_const(l, 0) : a64_xsp(l, reg);
}

void a64_set_xsp(A64Lift *l, unsigned reg, IrRef v)
{
    ir_put(&l->b, A64_SLOT_X + reg, v);
    l->known.x[reg] = v;
}

void a64_set_x(A64Lift *l, unsigned reg, IrRef v)
{
    if (reg != A64_ZR)
        a64_set_xsp(l, reg, v);
}

static IrRef narrowed(A64Lift *l, bool wide, IrRef v)
{
    return wide ? v : ir_conv(&l->b, IR_trunc, IR_I32, v);
}

static IrRef widened(A64Lift *l, bool wide, IrRef v)
{
    return wide ? v : ir_conv(&l->b, IR_zext, IR_I64, v);
}

IrRef a64_r(A64Lift *l, bool wide, unsigned reg)
{
    return narrowed(l, wide, a64_x(l, reg));
}

IrRef a64_rsp(A64Lift *l, bool wide, unsigned reg)
{
    return narrowed(l, wide, a64_xsp(l, reg));
}

void a64_set_r(A64Lift *l, bool wide, unsigned reg, IrRef v)
{
    a64_set_x(l, reg, widened(l, wide, v));
}

void a64_set_rsp(A64Lift *l, bool wide, unsigned reg, IrRef v)
{
    a64_set_xsp(l, reg, widened(l, wide, v));
}

IrRef a64_v(A64Lift *l, unsigned reg)
{
    return cached(l, &l->known.v[reg], A64_SLOT_V + reg);
}

void a64_set_v(A64Lift *l, unsigned reg, IrRef v)
{
    ir_put(&l->b, A64_SLOT_V + reg, v);
    l->known.v[reg] = v;
}

IrRef a64_scalar(A64Lift *l, IrType type, unsigned reg)
{
    return ir_vextract(&l->b, type, a64_v(l, reg), 0);
}

void a64_set_scalar(A64Lift *l, unsigned reg, IrRef v)
{
    IrType type = (IrType)ir_inst(l->b.region, v)->type;
    if (type == IR_I8 || type == IR_I16)
        v = ir_conv(&l->b, IR_zext, IR_I32, v);
    a64_set_v(l, reg, ir_vlow(&l->b, v));
}

/* ---- blocks and ends ---- */

uint32_t a64_block(A64Lift *l)
{
    return ir_block_new(l->b.region, l->pc);
}

void a64_enter(A64Lift *l, uint32_t block)
{
    l->b.block = block;
}

void a64_trap(A64Lift *l, unsigned trap, unsigned argument)
{
    ir_trap(&l->b, trap, argument);
    l->ended = true;
}

void a64_trap_if(A64Lift *l, IrRef cond, unsigned trap)
{
    uint32_t cold = a64_block(l), on = a64_block(l);
    l->b.region->blocks.data[cold].cold = true;
    ir_br(&l->b, cond, cold, on);
    l->b.block = cold;
    ir_trap(&l->b, trap, 0);
    l->b.block = on;
}
