/* lifter.c: lift() and dead_slots_at() of the AArch64 guest: decodes for region.c, and calls the
 * rows' functions.
 *
 * What is known of registers at the end of a block is kept for a block that only it leads to.
 */
#include <string.h>

#include "frontend/aarch64/helpers.h"
#include "frontend/aarch64/lift.h"

enum { LENGTH = 4, LOOK_AHEAD = 16 };

typedef struct LiftedInsn {
    A64Insn insn;
    uint64_t pc;
    bool illegal, misaligned;
    uint8_t got;     /* bytes there were; fewer than LENGTH: it cannot be fetched */
    A64Known *known; /* at its end, if a block ends there */
} LiftedInsn;

typedef struct Lifter {
    A64Lift l;
    Arena *arena;
    LiftedInsn *insns;
} Lifter;

/* ---- decoding ---- */

bool a64_exists(const A64Insn *in)
{
    uint32_t attributes = in->attributes;
    return (!(attributes & A64_A_BITMASK) || a64_bitmask(in) != 0) &&
           (!(attributes & A64_A_SYSREG) || a64_sysreg_exists(in));
}

static RegionFlow flow_of(uint32_t attributes)
{
    return attributes & A64_A_COND   ? FLOW_COND
           : attributes & A64_A_JUMP ? FLOW_JUMP
           : attributes & A64_A_END  ? FLOW_END
                                     : FLOW_NEXT;
}

static uint64_t target_of(uint64_t pc, const A64Insn *in)
{
    return pc + (uint64_t)(int64_t)in->off;
}

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
    li->misaligned = out->pc % LENGTH != 0;
    out->length = (uint8_t)(n < LENGTH ? n + 1 : LENGTH);
    if (n < LENGTH)
        return REGION_FETCH;
    memcpy(&word, bytes, LENGTH);
    int row = a64_decode(&li->insn, word);
    li->illegal = row < 0 || !a64_exists(&li->insn);
    if (li->illegal || li->misaligned)
        return REGION_ILLEGAL;
    out->flow = (uint8_t)flow_of(li->insn.attributes);
    out->target = target_of(out->pc, &li->insn);
    return REGION_OK;
}

static void begin_block(void *guest, RegionFormer *f, unsigned i, int from, bool values)
{
    Lifter *l = guest;
    (void)f, (void)i;
    const A64Known *known = from >= 0 ? l->insns[from].known : NULL;
    if (known && values) {
        l->l.known = *known;
        return;
    }
    memset(&l->l.known, 0, sizeof l->l.known);
    if (known) {
        l->l.known.flags = known->flags;
        a64_flags_forget_values(&l->l.known.flags);
    }
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
    if (li->misaligned)
        a64_trap(l, TRAP_ALIGN, 0);
    else if (li->got < LENGTH)
        a64_trap(l, TRAP_FETCH, li->got);
    else if (li->illegal)
        a64_trap(l, TRAP_ILLEGAL, 0);
    else
        a64_trans[li->insn.row](l, &li->insn);
    if (region_block_ends(f, i)) {
        const A64Known *first = li->known; /* the turn that stands apart, if the loop is peeled */
        li->known = arena_copy(lifter->arena, &l->known, sizeof l->known);
        if (first && !a64_flags_alike(&first->flags, &l->known.flags))
            li->known->flags = (A64Flags){0};
    }
    *b = l->b;
    return !l->ended;
}

void a64_lift(const LiftRequest *rq, LiftResult *out)
{
    static const RegionGuest region_guest = {
        .max_length = LENGTH, .decode = decode, .begin_block = begin_block, .lift = lift_one};
    Region *r = ir_region_new(rq->arena, rq->pc, &a64_slots, &a64_helpers, FP_MODEL_ARM);
    r->mode = rq->mode;
    r->dependencies = rq->dependencies;
    r->fp_exact = (rq->mode & A64_MODE_FPEXACT) != 0;
    r->fp_flush = (rq->mode & A64_MODE_FZ) != 0;
    Lifter l = {.arena = rq->arena};
    unsigned max = rq->max_insns ? rq->max_insns : REGION_DEFAULT_INSNS;
    max = max > REGION_MAX_INSNS ? REGION_MAX_INSNS : max;
    l.insns = arena_raw(rq->arena, max * sizeof *l.insns);
    l.l.b.region = r;
    l.l.mode = rq->mode;
    l.l.request = rq;
    l.l.idc_in_fpctl = !rq->watch_fp;
    l.l.watch_fp = rq->watch_fp && !r->fp_exact;
    region_form(&region_guest, &l, rq, r, out);
}

/* ---- looking ahead ---- */

/* Whether all ways from pc overwrite NZCV before anything can show them: what may fault, or goes
 * where is not known, might. Both ways of a branch are looked at, LOOK_AHEAD instructions in all.
 */
static bool flags_die(const LiftRequest *rq, uint64_t pc, unsigned *left)
{
    while (*left > 0) {
        uint32_t word;
        A64Insn in;
        --*left;
        if (rq->fetch(rq->fetch_arg, pc, (uint8_t *)&word, LENGTH) != LENGTH || pc % LENGTH != 0)
            return false;
        int row = a64_decode(&in, word);
        if (row < 0 || !a64_exists(&in))
            return false;
        uint32_t attributes = in.attributes;
        RegionFlow flow = flow_of(attributes);
        if (attributes & A64_A_SETS)
            return true;
        if (attributes & (A64_A_FLAGS | A64_A_MEM | A64_A_LITERAL | A64_A_ATOMIC) ||
            flow == FLOW_END)
            return false;
        if (flow == FLOW_COND && !flags_die(rq, target_of(pc, &in), left))
            return false;
        pc = flow == FLOW_JUMP ? target_of(pc, &in) : pc + LENGTH;
    }
    return false;
}

void a64_dead_slots_at(void *arg, uint64_t pc, uint64_t dead[4])
{
    static const uint8_t flag_slots[] = {A64_SLOT_CC_KIND, A64_SLOT_CC_A,  A64_SLOT_CC_B,
                                         A64_SLOT_CC_C,    A64_SLOT_CC_FA, A64_SLOT_CC_FB};
    unsigned left = LOOK_AHEAD;
    if (!flags_die(arg, pc, &left))
        return;
    for (unsigned i = 0; i < sizeof flag_slots; i++)
        dead[flag_slots[i] / 64] |= (uint64_t)1 << (flag_slots[i] % 64);
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

/* ---- writing to memory ---- */

void a64_touch(A64Lift *l, IrRef at, IrType type)
{
    region_touch(&l->b, l->request, A64_HELPER_exclusive_touch, at, type);
}

void a64_write(A64Lift *l, IrRef at, IrRef v, unsigned order)
{
    a64_touch(l, at, (IrType)ir_inst(l->b.region, v)->type);
    ir_store(&l->b, at, v, order);
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
    region_trap_if(&l->b, l->pc, cond, trap);
}
