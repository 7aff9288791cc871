/* unneeded.c: removes what nothing needs: instructions without effect, and block parameters.
 *
 * A parameter goes when every edge gives it the same value (or itself), when another parameter of
 * its block always has the same value, and when nothing that has an effect needs it: one that only
 * feeds itself around a loop is not needed.
 */
#include "ir/internal.h"

typedef struct Work {
    Region *r;
    IrGraph g;
    IrMap map;       /* parameter -> the one value it always has */
    uint8_t *needed; /* by value */
    uint32_t *stack; /* needed values whose own arguments are to be marked */
    uint32_t depth;
    uint32_t *position; /* of a parameter in its block */
    uint8_t *snap_seen;
} Work;

/* The flags that a comparison raises are raised by another of the same values close behind it,
 * with nothing in between that could see them: x86's compare, and the relation a branch asks for.
 */
static bool raised_again(const Region *r, const IrInst *i)
{
    enum { NEAR = 16 };
    uint32_t v = i->next;
    if (i->flags & IR_F_TRAPS)
        return false;
    for (unsigned n = 0; n < NEAR && v != 0; n++) {
        const IrInst *x = &r->insts.data[v];
        n -= x->op == IR_insn;
        if (ir_op_info[x->op].sig == IR_SIG_FCMP && x->flags == i->flags &&
            ((ir_same(x->arg[0], i->arg[0]) && ir_same(x->arg[1], i->arg[1])) ||
             (ir_same(x->arg[0], i->arg[1]) && ir_same(x->arg[1], i->arg[0]))))
            return true;
        if (x->op != IR_insn && !ir_has(x, IR_E_PURE))
            return false;
        v = x->next;
    }
    return false;
}

bool ir_is_root_effect(const Region *r, const IrInst *i)
{
    if (ir_op_info[i->op].sig == IR_SIG_FCMP && raised_again(r, i))
        return false;
    switch (i->op) {
    case IR_get:
    case IR_fpctlget:
        return false;
    case IR_call:
        return (r->helpers->helpers[i->imm].flags & HELPER_PURE) == 0;
    default:
        return true;
    }
}

static IrRef edge_arg(const Region *r, uint32_t edge, uint32_t n)
{
    return r->pool.data[r->edges.data[edge].args + n];
}

/* The only value that parameter n of block b ever has besides itself, or 0. */
static uint32_t only_value(Work *w, uint32_t b, uint32_t n)
{
    uint32_t p = w->r->blocks.data[b].params.data[n].i, only = 0;
    for (uint32_t e = w->g.pred_first[b]; e < w->g.pred_first[b + 1]; e++) {
        uint32_t v = ir_map_end(&w->map, edge_arg(w->r, w->g.preds[e].edge, n).i);
        if (v == p || v == only)
            continue;
        if (only != 0)
            return 0;
        only = v;
    }
    return only;
}

/* An earlier parameter of block b that always has the value parameter n has, or 0: what a compare
 * keeps of its operands is often the register that is compared. */
static uint32_t same_param(const Work *w, uint32_t b, uint32_t n)
{
    const IrRef *params = w->r->blocks.data[b].params.data;
    for (uint32_t m = 0; m < n; m++) {
        bool same = w->map.to[params[m].i] == 0 &&
                    ir_inst(w->r, params[m])->type == ir_inst(w->r, params[n])->type;
        for (uint32_t e = w->g.pred_first[b]; same && e < w->g.pred_first[b + 1]; e++) {
            uint32_t x = ir_map_end(&w->map, edge_arg(w->r, w->g.preds[e].edge, m).i);
            uint32_t y = ir_map_end(&w->map, edge_arg(w->r, w->g.preds[e].edge, n).i);
            same = x == y || (x == params[m].i && y == params[n].i);
        }
        if (same)
            return params[m].i;
    }
    return 0;
}

static void find_trivial(Work *w)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 1; k < w->g.count; k++) {
            uint32_t b = w->g.order[k];
            const IrBlock *blk = &w->r->blocks.data[b];
            for (uint32_t n = 0; n < blk->params.count; n++) {
                uint32_t p = blk->params.data[n].i;
                uint32_t only = w->map.to[p] == 0 ? only_value(w, b, n) : 0;
                if (only == 0 && w->map.to[p] == 0)
                    only = same_param(w, b, n);
                if (only != 0) {
                    ir_map_add(&w->map, p, only);
                    changed = true;
                }
            }
        }
    }
}

static void need(Work *w, IrRef v)
{
    if (v.i == 0 || w->needed[v.i])
        return;
    w->needed[v.i] = 1;
    w->stack[w->depth++] = v.i;
}

static void need_args(Work *w, const IrInst *i)
{
    for (unsigned n = 0; n < i->nargs; n++)
        need(w, i->arg[n]);
    for (uint32_t n = 0; n < i->nlist; n++)
        need(w, w->r->pool.data[i->list + n]);
    if (i->snap == 0 || w->snap_seen[i->snap - 1])
        return;
    w->snap_seen[i->snap - 1] = 1; /* several ops may share it */
    const IrSnapshot *s = &w->r->snaps.data[i->snap - 1];
    for (uint32_t n = 0; n < s->count; n++)
        need(w, w->r->snap_entries.data[s->first + n].value);
}

static void find_needed(Work *w)
{
    Region *r = w->r;
    for (uint32_t k = 0; k < w->g.count; k++)
        for (uint32_t v = r->blocks.data[w->g.order[k]].first; v != 0; v = r->insts.data[v].next)
            if (ir_is_root(r, &r->insts.data[v]))
                need(w, (IrRef){v});
    while (w->depth > 0) {
        uint32_t v = w->stack[--w->depth], b = r->insts.data[v].block;
        need_args(w, &r->insts.data[v]);
        if (r->insts.data[v].op == IR_param)
            for (uint32_t e = w->g.pred_first[b]; e < w->g.pred_first[b + 1]; e++)
                need(w, edge_arg(r, w->g.preds[e].edge, w->position[v]));
    }
}

/* Takes parameters that are not needed out of blocks and edges. */
static void drop_params(Work *w)
{
    Region *r = w->r;
    for (uint32_t k = 0; k < w->g.count; k++) {
        uint32_t b = w->g.order[k], kept = 0;
        IrBlock *blk = &r->blocks.data[b];
        for (uint32_t n = 0; n < blk->params.count; n++) {
            IrRef p = blk->params.data[n];
            if (!w->needed[p.i]) {
                *ir_inst(r, p) = (IrInst){.op = IR_NOP};
                continue;
            }
            for (uint32_t e = w->g.pred_first[b]; e < w->g.pred_first[b + 1]; e++) {
                IrRef *args = &r->pool.data[r->edges.data[w->g.preds[e].edge].args];
                args[kept] = args[n];
            }
            blk->params.data[kept++] = p;
        }
        if (kept == blk->params.count)
            continue;
        blk->params.count = kept;
        for (uint32_t e = w->g.pred_first[b]; e < w->g.pred_first[b + 1]; e++)
            r->edges.data[w->g.preds[e].edge].nargs = kept;
    }
}

static void drop_insts(Work *w)
{
    Region *r = w->r;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t v = r->blocks.data[b].first, next; v != 0; v = next) {
            next = r->insts.data[v].next;
            if (!w->needed[v])
                ir_remove(r, (IrRef){v});
        }
}

static uint32_t count_params(const Region *r)
{
    uint32_t params = 0;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        params += r->blocks.data[b].params.count;
    return params;
}

/* Without parameters every use stands behind its definition in the order of blocks: one walk
 * backwards does it. */
static void remove_backwards(Region *r)
{
    Work w = {.r = r};
    w.needed = arena_alloc(r->arena, r->insts.count);
    w.snap_seen = arena_alloc(r->arena, r->snaps.count);
    w.stack = arena_raw(r->arena, r->insts.count * sizeof *w.stack);
    for (uint32_t b = r->blocks.count; b-- > 0;) {
        for (uint32_t v = r->blocks.data[b].last, prev; v != 0; v = prev) {
            IrInst *i = &r->insts.data[v];
            prev = i->prev;
            w.depth = 0; /* what is marked is met later */
            if (w.needed[v] || ir_is_root(r, i))
                need_args(&w, i);
            else
                ir_remove(r, (IrRef){v});
        }
    }
}

void ir_remove_unneeded(Region *r)
{
    uint32_t params = count_params(r);
    if (r->promoted && params == 0) {
        remove_backwards(r);
        return;
    }
    Work w = {.r = r, .g = ir_graph(r)};
    w.needed = arena_alloc(r->arena, r->insts.count);
    w.snap_seen = arena_alloc(r->arena, r->snaps.count);
    w.stack = arena_raw(r->arena, r->insts.count * sizeof *w.stack);
    w.position = arena_raw(r->arena, r->insts.count * sizeof *w.position);
    if (params != 0) {
        w.map = ir_map_new(r);
        find_trivial(&w);
        ir_map_apply(r, &w.map);
    }
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t n = 0; n < r->blocks.data[b].params.count; n++)
            w.position[r->blocks.data[b].params.data[n].i] = n;
    find_needed(&w);
    drop_params(&w);
    drop_insts(&w);
}
