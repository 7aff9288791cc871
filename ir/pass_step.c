/* pass_step.c: behind the step of a loop's pointer, memory is addressed from where it has got to.
 *
 * A pointer that the loop carries and steps may be wanted once more behind the step, by an access:
 * then two registers hold it, and one is copied to the other in each turn. From the new value the
 * access needs another displacement, and nothing else.
 *
 *     b1(%p): %1 = load [%p]; %2 = add %p, 8; store [%p], %3; br .., b1(%2), b2
 *          -> %1 = load [%p]; %2 = add %p, 8; %4 = add %2, -8; store [%4], %3; br .., b1(%2), b2
 *
 * A region may have many such pointers and they are all looked at together, so that the time goes
 * by the region's size alone.
 */
#include "ir/internal.h"

/* The pointer, a parameter, that `to` is the next turn's value of. */
typedef struct Step {
    uint32_t from, to, block;
    uint64_t by;
    bool behind; /* the walk has passed the step */
    bool wanted; /* behind it in its block the pointer is the base of an access */
    bool held;   /* behind it the pointer is wanted otherwise */
} Step;

typedef struct Work {
    Region *r;
    VEC(Step) steps; /* [0] unused */
    uint32_t *step;  /* by value: the step that it is `from` or `to` of, or 0 */
    uint32_t count;  /* values that there were at first */
} Work;

static bool is_access(const IrInst *i)
{
    return i->op == IR_load || i->op == IR_store;
}

/* value + constant */
static bool is_offset(const Region *r, const IrInst *i)
{
    return i->op == IR_add && i->type == IR_I64 && ir_is_const(r, i->arg[1]);
}

/* ---- finding steps ---- */

/* Of several steps of one pointer the last is the one: behind the others, that one holds it. */
static void note(Work *w, uint32_t from, uint32_t to)
{
    Region *r = w->r;
    if (w->step == NULL) {
        w->step = arena_alloc(r->arena, w->count * sizeof *w->step);
        VEC_PUSH(r->arena, &w->steps);
    }
    if (w->step[from] == 0) {
        w->step[from] = w->steps.count;
        VEC_PUSH(r->arena, &w->steps);
    }
    Step *s = &w->steps.data[w->step[from]];
    w->step[s->to] = 0;
    w->step[to] = w->step[from];
    const IrInst *i = &r->insts.data[to];
    *s = (Step){.from = from, .to = to, .block = i->block, .by = ir_inst(r, i->arg[1])->imm};
}

static void find_in(Work *w, uint32_t b)
{
    const Region *r = w->r;
    const IrInst *term = &r->insts.data[ir_term(r, b)];
    for (unsigned k = 0; k < ir_edge_count(term); k++) {
        const IrEdge *e = &r->edges.data[term->edge[k]];
        const IrBlock *to = &r->blocks.data[e->block];
        for (uint32_t n = 0; e->block <= b && n < e->nargs; n++) {
            uint32_t p = to->params.data[n].i, v = r->pool.data[e->args + n].i;
            const IrInst *i = &r->insts.data[v];
            if (i->block == b && is_offset(r, i) && i->arg[0].i == p)
                note(w, p, v);
        }
    }
}

/* ---- what is wanted behind them ---- */

/* The step that v is the pointer of, if the walk has passed it. */
static Step *passed(const Work *w, IrRef v)
{
    Step *s = v.i < w->count && w->step[v.i] != 0 ? &w->steps.data[w->step[v.i]] : NULL;
    return s != NULL && s->from == v.i && s->behind ? s : NULL;
}

static void hold(const Work *w, IrRef v)
{
    Step *s = passed(w, v);
    if (s != NULL)
        s->held = true;
}

static void look_at_snapshot(const Work *w, const IrInst *i)
{
    const Region *r = w->r;
    const IrSnapshot *s = &r->snaps.data[i->snap - 1];
    for (uint32_t n = 0; n < s->count; n++) {
        IrRef v = r->snap_entries.data[s->first + n].value;
        hold(w, v);
        if (v.i != 0 && is_offset(r, ir_inst(r, v)) && w->step[v.i] == 0)
            hold(w, ir_inst(r, v)->arg[0]);
    }
}

/* The step that an access wants the pointer of as the base of its address: to be made from the
 * step's value, in the same block. */
static Step *base_of(const Work *w, const IrInst *i, uint64_t *offset)
{
    const IrInst *sum = ir_inst(w->r, i->arg[0]);
    Step *s = passed(w, i->arg[0]);
    *offset = 0;
    if (s == NULL && is_offset(w->r, sum)) {
        s = passed(w, sum->arg[0]);
        *offset = ir_inst(w->r, sum->arg[1])->imm;
    }
    return s != NULL && s->block == i->block ? s : NULL;
}

static void look(Work *w, uint32_t v)
{
    const Region *r = w->r;
    const IrInst *i = &r->insts.data[v];
    uint64_t offset;
    Step *base = is_access(i) ? base_of(w, i, &offset) : NULL;
    if (base != NULL)
        base->wanted = true;
    for (unsigned n = base != NULL ? 1 : 0; n < i->nargs; n++) {
        const Step *s = passed(w, i->arg[n]);
        if (s != NULL && !(is_offset(r, i) && s->block == i->block)) /* an access may want that */
            hold(w, i->arg[n]);
    }
    for (uint32_t n = 0; n < i->nlist; n++)
        hold(w, r->pool.data[i->list + n]);
    for (unsigned k = 0; k < ir_edge_count(i); k++) {
        const IrEdge *e = &r->edges.data[i->edge[k]];
        for (uint32_t n = 0; n < e->nargs; n++)
            hold(w, r->pool.data[e->args + n]);
    }
    if (i->snap != 0)
        look_at_snapshot(w, i);
}

/* ---- and made of the new values ---- */

static IrRef from_step(Region *r, uint32_t before, const Step *s, uint64_t offset)
{
    if (offset == s->by)
        return (IrRef){s->to};
    IrRef c = ir_inst_new(r, &(IrInst){.op = IR_const, .type = IR_I64, .imm = offset - s->by});
    ir_insert_before(r, (IrRef){before}, c);
    IrRef sum =
        ir_inst_new(r, &(IrInst){.op = IR_add, .type = IR_I64, .nargs = 2, .arg = {{s->to}, c}});
    ir_insert_before(r, (IrRef){before}, sum);
    return sum;
}

static void readdress(Work *w, uint32_t v)
{
    uint64_t offset;
    const IrInst *i = &w->r->insts.data[v];
    const Step *s = is_access(i) ? base_of(w, i, &offset) : NULL;
    if (s == NULL || s->held)
        return;
    IrRef at = from_step(w->r, v, s, offset);
    w->r->insts.data[v].arg[0] = at;
}

static void walk(Work *w, void (*visit)(Work *w, uint32_t v))
{
    const Region *r = w->r;
    for (uint32_t n = 0; n < w->steps.count; n++)
        w->steps.data[n].behind = false;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            visit(w, v);
            Step *s = v < w->count ? &w->steps.data[w->step[v]] : NULL;
            if (s != NULL && s->to == v)
                s->behind = true;
        }
}

void ir_pass_step(Region *r, const PassContext *ctx)
{
    (void)ctx;
    Work w = {.r = r, .count = r->insts.count};
    for (uint32_t b = 0; b < r->blocks.count; b++)
        find_in(&w, b);
    if (w.step == NULL)
        return;
    walk(&w, look);
    bool any = false;
    for (uint32_t n = 1; n < w.steps.count; n++)
        any |= w.steps.data[n].wanted && !w.steps.data[n].held;
    if (any)
        walk(&w, readdress);
}
