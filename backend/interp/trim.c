/* trim.c: what of a lifted region need not run.
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
 * Slots are seen by ops that may end the run, by helpers and behind the block.
 */
#include "backend/interp/interp.h"

typedef struct Known {
    uint32_t block; /* + 1 */
    uint32_t value;
} Known;

typedef struct Trimmer {
    const Region *r;
    Trim *t;
    uint16_t *uses;
    uint32_t first_insn; /* of the block: may announce what another block did already */
    uint32_t *put_again; /* by slot: the block + 1 and position in whose rest it is put again */
    uint32_t seen;       /* what was noted in put_again before this counts no more */
    bool shown;          /* what follows the next `insn` backward may end the run */
} Trimmer;

/* Guest state may have changed by other ways than a put. */
static bool changes_slots(const IrInst *i)
{
    return ir_has(i, IR_E_STATE) && i->op != IR_get && i->op != IR_put && i->op != IR_insn &&
           i->op != IR_count;
}

static bool shows_slots(const IrInst *i)
{
    return changes_slots(i) || ir_has(i, IR_E_FAULT) || ir_has(i, IR_E_TERM) ||
           (ir_has(i, IR_E_FPENV) && (i->flags & IR_F_TRAPS) != 0);
}

/* The result is the argument as it is kept: zeros are above each value. */
static bool is_argument(const IrInst *i)
{
    return i->op == IR_zext || i->op == IR_bitcast || i->op == IR_vlow;
}

static void find_same(const Region *r, Trim *t, Known *known, uint32_t b)
{
    uint32_t stamp = b + 1;
    for (uint32_t n = r->blocks.data[b].first; n != 0; n = r->insts.data[n].next) {
        const IrInst *i = &r->insts.data[n];
        if (is_argument(i) && ir_inst(r, i->arg[0])->block <= b) {
            t->same[n] = trim_value(t, i->arg[0].i);
        } else if (i->op == IR_get) {
            Known *k = &known[i->imm];
            if (k->block == stamp)
                t->same[n] = k->value;
            else
                *k = (Known){stamp, n};
        } else if (i->op == IR_put) {
            known[i->imm] = (Known){stamp, trim_value(t, i->arg[0].i)};
        } else if (changes_slots(i)) {
            for (uint32_t s = 0; s < r->slots->count; s++)
                known[s].block = 0;
        }
    }
}

/* Adds n to the uses of what i takes. */
static void count_uses(const Trimmer *m, const IrInst *i, int n)
{
    for (unsigned a = 0; a < i->nargs; a++)
        m->uses[trim_value(m->t, i->arg[a].i)] += (uint16_t)n;
    for (uint32_t a = 0; a < i->nlist; a++)
        m->uses[trim_value(m->t, m->r->pool.data[i->list + a].i)] += (uint16_t)n;
}

static void count_all_uses(const Trimmer *m)
{
    const Region *r = m->r;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        for (uint32_t n = r->blocks.data[b].first; n != 0; n = r->insts.data[n].next) {
            if (m->t->same[n] == 0)
                count_uses(m, &r->insts.data[n], 1);
        }
    }
    for (uint32_t e = 0; e < r->edges.count; e++) {
        for (uint32_t a = 0; a < r->edges.data[e].nargs; a++)
            m->uses[trim_value(m->t, r->pool.data[r->edges.data[e].args + a].i)]++;
    }
}

/* Walking backward: whether i is in vain. */
static bool in_vain(Trimmer *m, const IrInst *i, uint32_t n)
{
    if (i->op == IR_put) {
        bool again = m->put_again[i->imm] > m->seen;
        m->put_again[i->imm] = m->seen + 1;
        return again;
    }
    if (i->op == IR_get) {
        if (m->uses[n] == 0)
            return true;
        m->put_again[i->imm] = 0;
        return false;
    }
    if (i->op == IR_insn) {
        bool quiet = !m->shown && n != m->first_insn;
        m->shown = false;
        return quiet;
    }
    if (shows_slots(i)) {
        m->seen++;
        m->shown = true;
    }
    return ir_has(i, IR_E_PURE) && m->uses[n] == 0;
}

static void find_vain(Trimmer *m)
{
    const Region *r = m->r;
    for (uint32_t b = r->blocks.count; b-- > 0;) {
        m->seen++;
        m->shown = false;
        m->first_insn = r->blocks.data[b].first;
        while (m->first_insn != 0 && r->insts.data[m->first_insn].op != IR_insn)
            m->first_insn = r->insts.data[m->first_insn].next;
        for (uint32_t n = r->blocks.data[b].last; n != 0; n = r->insts.data[n].prev) {
            const IrInst *i = &r->insts.data[n];
            if (m->t->same[n] != 0 || i->op == IR_count || !in_vain(m, i, n))
                continue;
            m->t->skip[n] = true;
            count_uses(m, i, -1);
        }
    }
}

void interp_trim(Arena *arena, const Region *r, Trim *t)
{
    Known *known = arena_alloc(arena, r->slots->count * sizeof *known);
    Trimmer m = {.r = r, .t = t};
    t->same = arena_alloc(arena, r->insts.count * sizeof *t->same);
    t->skip = arena_alloc(arena, r->insts.count * sizeof *t->skip);
    m.uses = arena_alloc(arena, r->insts.count * sizeof *m.uses);
    m.put_again = arena_alloc(arena, r->slots->count * sizeof *m.put_again);
    for (uint32_t b = 0; b < r->blocks.count; b++)
        find_same(r, t, known, b);
    count_all_uses(&m);
    find_vain(&m);
}
