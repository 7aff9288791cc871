/* trim.c: what of a lifted region has to run, in order.
 *
 * Cold regions are lifted as they come (Region.plain), without the passes that would cost more than
 * they save. Two walks find most of what is in vain:
 *   - forward: a `get` of what the same block has read or put before is that value, and so is an op
 *     that only adds zeros above or changes the type
 *   - backward: a `put` whose slot is put again before anyone could see it; a value without uses;
 *     an `insn` that nobody could be told of, for which the next one counts; a `get` whose uses all
 *     come before the slot changes, which read the slot instead; a `put` of what is computed with
 *     nothing in between that could tell, which is computed into the slot
 *
 * What an argument is made of is looked through where that does not count: a `trunc` before what
 * takes low bits, the `add` of a constant before an access.
 *
 *     %1 = get x0; %2 = add i64 %1, 8; put x0, %2; %3 = get x0; put x1, %3
 *     same: %3 = %2, so that the second get is gone; home: %1 and %2 in x0
 *     left: add x0, x0, 8; put x1, x0
 *
 * Slots are seen by ops that may end the run, by helpers and behind the block. Regions with a value
 * that stands in a later block than a use of it are left as they are.
 */
#include "backend/interp/interp.h"

/* Places in Trim.order: of what is in another block, and of what never comes. */
enum { ELSEWHERE = UINT32_MAX, NEVER = UINT32_MAX - 1 };

/* Of a value. */
typedef struct Uses {
    uint32_t last; /* place, if there are any */
    uint32_t put;  /* place of the first put of it that the backward walk has left, or 0 */
    uint32_t count;
} Uses;

/* Of a slot. */
typedef struct SlotWalk {
    uint32_t value;     /* walking forward: what it holds.. */
    uint32_t known;     /* ..if that was found behind Trimmer.forgotten */
    uint32_t put_again; /* if greater than `seen`, it is put again in what follows */
    /* How far before NEVER the places are where it comes next, seen from where the backward walk
     * is. */
    uint32_t named; /* in a get or put */
    uint32_t write, write_after;
} SlotWalk;

typedef struct Trimmer {
    const Region *r;
    Trim *t;
    Uses *uses;
    SlotWalk *slots;
    uint32_t forgotten; /* walking forward: what may have changed any slot ended here */
    bool in_order;
    bool shown; /* what follows up to the next `insn` may end the run */
    uint32_t seen;
    uint32_t changes; /* place of what next may change any slot.. */
    uint32_t tells;   /* ..and of what may show any */
} Trimmer;

/* Of which arguments only the low bits count, as many as the instruction's: bit n for argument n.
 * So a `trunc` before it does nothing (interp.c). */
static const uint8_t takes_low[IR_OP_COUNT] = {
    [IR_add] = 3,     [IR_sub] = 3,   [IR_mul] = 3,    [IR_and] = 3,   [IR_or] = 3,
    [IR_xor] = 3,     [IR_not] = 1,   [IR_neg] = 1,    [IR_shl] = 3,   [IR_shr] = 2,
    [IR_sar] = 3,     [IR_slt] = 3,   [IR_sle] = 3,    [IR_trunc] = 1, [IR_sext] = 1,
    [IR_extract] = 1, [IR_store] = 2, [IR_select] = 1, [IR_br] = 1,
};

/* The sum of a value and a small constant that i takes for its address, or NULL. */
static const IrInst *sum_before(const Region *r, const IrInst *i)
{
    if (i->op != IR_load && i->op != IR_store)
        return NULL;
    const IrInst *add = ir_inst(r, i->arg[0]);
    if (add->op != IR_add)
        return NULL;
    const IrInst *by = ir_inst(r, add->arg[1]);
    return by->op == IR_const && (int64_t)by->imm == (int16_t)by->imm ? add : NULL;
}

int16_t trim_displacement(const Region *r, const IrInst *i)
{
    const IrInst *add = sum_before(r, i);
    return add != NULL ? (int16_t)ir_inst(r, add->arg[1])->imm : 0;
}

uint32_t trim_arg(const Trim *t, const Region *r, const IrInst *i, unsigned n)
{
    IrRef v = i->arg[n];
    const IrInst *add = n == 0 ? sum_before(r, i) : NULL;
    if (add != NULL)
        v = add->arg[0];
    else if ((takes_low[i->op] >> n & 1) != 0 && ir_inst(r, v)->op == IR_trunc)
        v = ir_inst(r, v)->arg[0];
    return trim_value(t, v.i);
}

/* Guest state may have changed by other ways than a put. */
static bool changes_slots(const IrInst *i)
{
    return ir_has(i, IR_E_STATE) && i->op != IR_get && i->op != IR_put && i->op != IR_insn;
}

static bool shows_slots(const IrInst *i)
{
    return ir_has(i, IR_E_FAULT | IR_E_TERM) || changes_slots(i) ||
           (ir_has(i, IR_E_FPENV) && (i->flags & IR_F_TRAPS) != 0);
}

static void know(Trimmer *m, const IrInst *i, uint32_t value)
{
    m->slots[i->imm].value = value;
    m->slots[i->imm].known = m->t->count + 1;
}

/* The value that n has, if it is another's. */
static uint32_t same_value(Trimmer *m, const IrInst *i, uint32_t n)
{
    switch (i->op) {
    case IR_zext: /* the argument as it is kept: zeros are above each value */
    case IR_bitcast:
        /* What stands in a later block is not known yet: use() notices it. */
        return ir_inst(m->r, i->arg[0])->block <= i->block ? trim_value(m->t, i->arg[0].i) : 0;
    case IR_get:
        if (m->slots[i->imm].known > m->forgotten)
            return m->slots[i->imm].value;
        know(m, i, n);
        return 0;
    case IR_put:
        know(m, i, trim_value(m->t, i->arg[0].i));
        return 0;
    default:
        if (changes_slots(i))
            m->forgotten = m->t->count + 1;
        return 0;
    }
}

/* Takes down a use of v by the instruction that was noted last. */
static void use(Trimmer *m, uint32_t v, uint32_t block)
{
    uint32_t from = m->r->insts.data[v].block;
    m->in_order &= from <= block;
    Uses *u = &m->uses[v];
    u->count++;
    u->last = from == block ? m->t->count - 1 : ELSEWHERE;
}

static void count_uses(Trimmer *m, const IrInst *i)
{
    for (unsigned a = 0; a < i->nargs; a++)
        use(m, trim_arg(m->t, m->r, i, a), i->block);
    m->t->listed += i->nlist;
    for (uint32_t a = 0; a < i->nlist; a++)
        use(m, trim_value(m->t, m->r->pool.data[i->list + a].i), i->block);
}

static void drop_uses(Trimmer *m, const IrInst *i)
{
    for (unsigned a = 0; a < i->nargs; a++)
        m->uses[trim_arg(m->t, m->r, i, a)].count--;
    for (uint32_t a = 0; a < i->nlist; a++)
        m->uses[trim_value(m->t, m->r->pool.data[i->list + a].i)].count--;
}

static void count_edges(Trimmer *m, const IrInst *last)
{
    unsigned n = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
    for (unsigned side = 0; side < n; side++) {
        const IrEdge *e = &m->r->edges.data[last->edge[side]];
        for (uint32_t a = 0; a < e->nargs; a++)
            use(m, trim_value(m->t, m->r->pool.data[e->args + a].i), last->block);
    }
}

/* Takes down what runs, what is the same, and what is used. */
static void walk_forward(Trimmer *m, bool find_same)
{
    const Region *r = m->r;
    Trim *t = m->t;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        bool first = true;
        t->start[b] = m->forgotten = t->count;
        for (uint32_t n = r->blocks.data[b].first; n != 0; n = r->insts.data[n].next) {
            const IrInst *i = &r->insts.data[n];
            if (i->op == IR_const || i->op == IR_count)
                continue;
            if (find_same && (t->values[n].same = same_value(m, i, n)) != 0)
                continue;
            t->order[t->count++] = n;
            count_uses(m, i);
            if (i->op == IR_insn) {
                t->values[n].first = first;
                first = false;
            }
        }
        if (r->blocks.data[b].last != 0)
            count_edges(m, &r->insts.data[r->blocks.data[b].last]);
    }
    t->start[r->blocks.count] = t->count;
}

/* Walking backward: whether i is in vain. The first `insn` of a block is kept: it may announce what
 * another block has announced already, and a bound may end the run there. */
static bool in_vain(Trimmer *m, const IrInst *i, uint32_t n)
{
    if (i->op == IR_put) {
        bool again = m->slots[i->imm].put_again > m->seen;
        m->slots[i->imm].put_again = m->seen + 1;
        return again;
    }
    if (i->op == IR_get) {
        if (m->uses[n].count != 0)
            m->slots[i->imm].put_again = 0;
        return m->uses[n].count == 0;
    }
    if (i->op == IR_insn) {
        bool first = m->t->values[n].first, quiet = !first && !m->shown;
        m->shown = false;
        m->seen += first;
        return quiet;
    }
    if (shows_slots(i)) {
        m->seen++;
        m->shown = true;
        return false;
    }
    return ir_has(i, IR_E_PURE) && m->uses[n].count == 0;
}

/* Whether values of that type fill the slot, so that it can be the value's home. */
static bool fills(const SlotDesc *slot, unsigned type)
{
    bool vector = slot->type == IR_V128;
    return ir_type_bits((IrType)slot->type) >= 64 && vector == (type == IR_V128);
}

/* Whether the slot stays as it is from here on until v was used for the last time. What writes it
 * may be that use. */
static bool outlasts(const Trimmer *m, unsigned slot, const Uses *v)
{
    return v->last <= NEVER - m->slots[slot].write && v->last <= m->changes;
}

/* A get whose uses can read the slot instead. */
static void settle_get(Trimmer *m, const IrInst *i, uint32_t n, uint32_t at)
{
    unsigned slot = (unsigned)i->imm;
    m->slots[slot].named = NEVER - at;
    if (!fills(&m->r->slots->slots[slot], i->type) || !outlasts(m, slot, &m->uses[n]))
        return;
    m->t->values[n].home = (uint16_t)(slot + 1);
    m->t->order[at] |= TRIM_DROPPED;
}

static void settle_put(Trimmer *m, const IrInst *i, uint32_t at)
{
    SlotWalk *s = &m->slots[i->imm];
    s->write_after = s->write;
    s->named = s->write = NEVER - at;
    m->uses[trim_value(m->t, i->arg[0].i)].put = at;
}

/* A value that can be computed into the slot that it is put into. */
static void settle_value(Trimmer *m, const IrInst *i, uint32_t n, uint32_t at)
{
    const Uses *v = &m->uses[n];
    if (v->put == 0 || v->put >= m->tells)
        return;
    unsigned slot = (unsigned)m->r->insts.data[m->t->order[v->put]].imm;
    SlotWalk *s = &m->slots[slot];
    if (NEVER - s->named != v->put || !fills(&m->r->slots->slots[slot], i->type) ||
        v->last > NEVER - s->write_after || v->last > m->changes)
        return;
    m->t->values[n].home = (uint16_t)(slot + 1);
    m->t->order[v->put] |= TRIM_DROPPED;
    s->named = s->write = NEVER - at;
}

static void settle(Trimmer *m, const IrInst *i, uint32_t n, uint32_t at)
{
    if (i->op == IR_get)
        settle_get(m, i, n, at);
    else if (i->op == IR_put)
        settle_put(m, i, at);
    else if (i->type != IR_VOID)
        settle_value(m, i, n, at);
    if (i->op == IR_insn || shows_slots(i))
        m->tells = at;
    if (changes_slots(i))
        m->changes = at;
}

static void walk_backward(Trimmer *m)
{
    for (uint32_t at = m->t->count; at-- > 0;) {
        uint32_t n = m->t->order[at];
        const IrInst *i = &m->r->insts.data[n];
        if (in_vain(m, i, n)) {
            m->t->order[at] |= TRIM_DROPPED;
            drop_uses(m, i);
        } else {
            settle(m, i, n, at);
        }
    }
}

static void make(Trimmer *m, Arena *arena)
{
    const Region *r = m->r;
    Trim *t = m->t;
    t->order = arena_raw(arena, r->insts.count * sizeof *t->order);
    t->start = arena_raw(arena, (r->blocks.count + 1) * sizeof *t->start);
    t->values = arena_alloc(arena, r->insts.count * (sizeof *t->values + sizeof *m->uses));
    m->uses = (Uses *)(void *)(t->values + r->insts.count);
    m->slots = arena_alloc(arena, r->slots->count * sizeof *m->slots);
    m->changes = m->tells = NEVER;
}

void interp_trim(Arena *arena, const Region *r, Trim *t)
{
    Trimmer m = {.r = r, .t = t, .in_order = true};
    make(&m, arena);
    t->count = t->listed = 0;
    walk_forward(&m, true);
    if (m.in_order) {
        walk_backward(&m);
    } else {
        for (uint32_t n = 0; n < r->insts.count; n++)
            t->values[n].same = 0;
        t->count = t->listed = 0;
        walk_forward(&m, false);
    }
}
