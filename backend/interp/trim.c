/* trim.c: what of a lifted region has to run, in order.
 *
 * Cold regions are lifted as they come (Region.plain), without the passes that would cost more than
 * they save. Two walks find most of what is in vain:
 *   - forward: a `get` of what the same block has read or put before is that value, and so is an op
 *     that only adds zeros above
 *   - backward: a `put` whose slot is put again before anyone could see it; a value without uses;
 *     an `insn` that nobody could be told of, for which the next one counts
 *
 *     %1 = get x0; %2 = add i64 %1, 8; put x0, %2; %3 = get x0; put x1, %3
 *     same: %3 = %2, so that the second get is gone
 *
 * Slots are seen by ops that may end the run, by helpers and behind the block. Regions with a value
 * that stands in a later block than a use of it are left as they are.
 */
#include "backend/interp/interp.h"

enum { DROPPED = 1u << 31 }; /* in Trim.order */

typedef struct Known {
    uint32_t block; /* + 1 */
    uint32_t value;
} Known;

typedef struct Trimmer {
    const Region *r;
    Trim *t;
    bool in_order;
    uint16_t *uses;
    Known *known;        /* by slot: what it holds at this point of the walk */
    uint32_t *put_again; /* by slot: if greater than `seen`, it is put again in what follows */
    uint32_t seen;
    bool shown; /* what follows up to the next `insn` may end the run */
} Trimmer;

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

/* The value that n has, if it is another's. */
static uint32_t same_value(Trimmer *m, const IrInst *i, uint32_t n)
{
    switch (i->op) {
    case IR_zext: /* the argument as it is kept: zeros are above each value */
    case IR_bitcast:
    case IR_vlow:
        /* What stands in a later block is not known yet: use() notices it. */
        return ir_inst(m->r, i->arg[0])->block <= i->block ? trim_value(m->t, i->arg[0].i) : 0;
    case IR_get:
        if (m->known[i->imm].block == i->block + 1)
            return m->known[i->imm].value;
        m->known[i->imm] = (Known){i->block + 1, n};
        return 0;
    case IR_put:
        m->known[i->imm] = (Known){i->block + 1, trim_value(m->t, i->arg[0].i)};
        return 0;
    default:
        for (uint32_t s = 0; changes_slots(i) && s < m->r->slots->count; s++)
            m->known[s].block = 0;
        return 0;
    }
}

static void use(Trimmer *m, IrRef v, uint32_t block, int n)
{
    m->in_order &= ir_inst(m->r, v)->block <= block;
    m->uses[trim_value(m->t, v.i)] += (uint16_t)n;
}

/* Adds n to the uses of what i takes. */
static void count_uses(Trimmer *m, const IrInst *i, int n)
{
    for (unsigned a = 0; a < i->nargs; a++)
        use(m, i->arg[a], i->block, n);
    for (uint32_t a = 0; a < i->nlist; a++)
        use(m, m->r->pool.data[i->list + a], i->block, n);
}

static void count_edges(Trimmer *m, const IrInst *last)
{
    unsigned n = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
    for (unsigned side = 0; side < n; side++) {
        const IrEdge *e = &m->r->edges.data[last->edge[side]];
        for (uint32_t a = 0; a < e->nargs; a++)
            use(m, m->r->pool.data[e->args + a], last->block, 1);
    }
}

/* Takes down what runs, what is the same, and what is used. */
static void walk_forward(Trimmer *m, bool find_same)
{
    const Region *r = m->r;
    Trim *t = m->t;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        bool first = true;
        t->start[b] = t->count;
        for (uint32_t n = r->blocks.data[b].first; n != 0; n = r->insts.data[n].next) {
            const IrInst *i = &r->insts.data[n];
            if (i->op == IR_const || i->op == IR_count)
                continue;
            if (find_same && (t->same[n] = same_value(m, i, n)) != 0)
                continue;
            t->order[t->count++] = n;
            count_uses(m, i, 1);
            if (i->op == IR_insn) {
                t->insns[n] = first;
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
        bool again = m->put_again[i->imm] > m->seen;
        m->put_again[i->imm] = m->seen + 1;
        return again;
    }
    if (i->op == IR_get) {
        if (m->uses[n] != 0)
            m->put_again[i->imm] = 0;
        return m->uses[n] == 0;
    }
    if (i->op == IR_insn) {
        bool first = m->t->insns[n] != 0, quiet = !first && !m->shown;
        m->shown = false;
        m->seen += first;
        return quiet;
    }
    if (shows_slots(i)) {
        m->seen++;
        m->shown = true;
        return false;
    }
    return ir_has(i, IR_E_PURE) && m->uses[n] == 0;
}

static void walk_backward(Trimmer *m)
{
    for (uint32_t k = m->t->count; k-- > 0;) {
        const IrInst *i = &m->r->insts.data[m->t->order[k]];
        if (in_vain(m, i, m->t->order[k])) {
            m->t->order[k] |= DROPPED;
            count_uses(m, i, -1);
        }
    }
}

static void close_up(Trim *t, const Region *r)
{
    uint32_t kept = 0, from = 0;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        uint16_t quiet = 0;
        t->start[b] = kept;
        for (; from < t->start[b + 1]; from++) {
            uint32_t n = t->order[from] & ~DROPPED;
            bool dropped = (t->order[from] & DROPPED) != 0;
            if (r->insts.data[n].op == IR_insn) {
                quiet++;
                t->insns[n] = quiet;
                quiet = dropped ? quiet : 0;
            }
            if (!dropped)
                t->order[kept++] = n;
        }
    }
    t->start[r->blocks.count] = t->count = kept;
}

static void make(Trimmer *m, Arena *arena)
{
    const Region *r = m->r;
    Trim *t = m->t;
    t->order = arena_raw(arena, r->insts.count * sizeof *t->order);
    t->start = arena_raw(arena, (r->blocks.count + 1) * sizeof *t->start);
    t->same = arena_alloc(arena, r->insts.count * sizeof *t->same);
    t->insns = arena_alloc(arena, r->insts.count * sizeof *t->insns);
    m->uses = arena_alloc(arena, r->insts.count * sizeof *m->uses);
    m->known = arena_alloc(arena, r->slots->count * sizeof *m->known);
    m->put_again = arena_alloc(arena, r->slots->count * sizeof *m->put_again);
}

void interp_trim(Arena *arena, const Region *r, Trim *t)
{
    Trimmer m = {.r = r, .t = t, .in_order = true};
    make(&m, arena);
    t->count = 0;
    walk_forward(&m, true);
    if (m.in_order) {
        walk_backward(&m);
    } else {
        memset(t->same, 0, r->insts.count * sizeof *t->same);
        t->count = 0;
        walk_forward(&m, false);
    }
    close_up(t, r);
}
