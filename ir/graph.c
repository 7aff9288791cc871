/* graph.c: the shape of a region: order, predecessors, dominators; and clean-ups that follow from
 * it (block order, replaced values).
 *
 * All linear or close to it: regions are small, but every one passes here a few times.
 */
#include <string.h>

#include "ir/base/log.h"
#include "ir/internal.h"

/* ---- order ---- */

/* Iterative depth-first walk. The taken side of a br is visited first, so that in the reversed
 * order the side that falls through comes straight after its block; cold blocks come late. */
static void reverse_postorder(const Region *r, IrGraph *g)
{
    uint32_t n = r->blocks.count;
    struct Frame {
        uint32_t block;
        uint8_t next;
        bool swapped;
    } *stack = arena_alloc(r->arena, (n + 1) * sizeof *stack);
    uint32_t depth = 0, place = n;
    uint32_t *order = arena_alloc(r->arena, (n + 1) * sizeof *order);
    g->index = arena_alloc(r->arena, (n + 1) * sizeof *g->index);
    enum { UNSEEN = 0, SEEN = 1 };
    stack[depth++] = (struct Frame){0};
    g->index[0] = SEEN;
    while (depth > 0) {
        struct Frame *f = &stack[depth - 1];
        const IrInst *t = &r->insts.data[ir_term(r, f->block)];
        unsigned edges = ir_edge_count(t);
        if (f->next == 0 && edges == 2)
            f->swapped = r->blocks.data[r->edges.data[t->edge[1]].block].cold;
        if (f->next < edges) {
            uint32_t to = r->edges.data[t->edge[f->next++ ^ (f->swapped ? 1 : 0)]].block;
            if (g->index[to] == UNSEEN) {
                g->index[to] = SEEN;
                stack[depth++] = (struct Frame){.block = to};
            }
            continue;
        }
        order[--place] = f->block;
        depth--;
    }
    g->order = order + place;
    g->count = n - place;
    memset(g->index, 0xff, n * sizeof *g->index);
    for (uint32_t i = 0; i < g->count; i++)
        g->index[g->order[i]] = i;
}

static void predecessors(const Region *r, IrGraph *g)
{
    uint32_t n = r->blocks.count, total = 0;
    g->pred_first = arena_alloc(r->arena, (n + 2) * sizeof *g->pred_first);
    for (int fill = 0; fill < 2; fill++) {
        for (uint32_t k = g->count; k-- > 0;) {
            uint32_t b = g->order[k];
            const IrInst *t = &r->insts.data[ir_term(r, b)];
            for (unsigned e = ir_edge_count(t); e-- > 0;) {
                uint32_t to = r->edges.data[t->edge[e]].block;
                if (fill)
                    g->preds[--g->pred_first[to]] = (IrPred){b, t->edge[e]};
                else
                    g->pred_first[to]++;
            }
        }
        if (fill)
            break;
        for (uint32_t b = 0; b < n; b++)
            g->pred_first[b] = total += g->pred_first[b];
        g->pred_first[n] = total;
        g->preds = arena_alloc(r->arena, (total + 1) * sizeof *g->preds);
    }
}

/* Cooper, Harvey, Kennedy: A Simple, Fast Dominance Algorithm. */
static void dominators(const Region *r, IrGraph *g)
{
    g->idom = arena_alloc(r->arena, (r->blocks.count + 1) * sizeof *g->idom);
    memset(g->idom, 0xff, r->blocks.count * sizeof *g->idom);
    g->idom[0] = 0;
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t k = 1; k < g->count; k++) {
            uint32_t b = g->order[k], dom = UINT32_MAX;
            for (uint32_t p = g->pred_first[b]; p < g->pred_first[b + 1]; p++) {
                uint32_t x = g->preds[p].block;
                if (g->idom[x] == UINT32_MAX)
                    continue;
                if (dom == UINT32_MAX) {
                    dom = x;
                    continue;
                }
                while (x != dom) {
                    while (g->index[x] > g->index[dom])
                        x = g->idom[x];
                    while (g->index[dom] > g->index[x])
                        dom = g->idom[dom];
                }
            }
            if (g->idom[b] != dom) {
                g->idom[b] = dom;
                changed = true;
            }
        }
    }
}

IrGraph ir_graph_new(const Region *r)
{
    IrGraph g;
    reverse_postorder(r, &g);
    predecessors(r, &g);
    dominators(r, &g);
    return g;
}

IrGraph ir_graph(Region *r)
{
    if (r->graph == NULL) {
        IrGraph g = ir_graph_new(r);
        r->graph = arena_copy(r->arena, &g, sizeof g);
    }
    return *r->graph;
}

/* Of the region's graph the order is known. */
static void keep_graph(Region *r, IrGraph *g)
{
    predecessors(r, g);
    dominators(r, g);
    r->graph = arena_copy(r->arena, g, sizeof *g);
}

void ir_order_blocks(Region *r)
{
    IrGraph g;
    reverse_postorder(r, &g);
    bool same = g.count == r->blocks.count;
    for (uint32_t k = 0; k < g.count && same; k++)
        same = g.order[k] == k;
    if (same) {
        if (r->graph == NULL)
            keep_graph(r, &g);
        return;
    }
    IrBlock *old = arena_copy(r->arena, r->blocks.data, r->blocks.count * sizeof *old);
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        if (g.index[b] != UINT32_MAX)
            continue;
        for (uint32_t v = old[b].first, next; v != 0; v = next) {
            next = r->insts.data[v].next;
            r->insts.data[v] = (IrInst){.op = IR_NOP};
        }
        for (uint32_t p = 0; p < old[b].params.count; p++)
            *ir_inst(r, old[b].params.data[p]) = (IrInst){.op = IR_NOP};
    }
    for (uint32_t k = 0; k < g.count; k++) {
        IrBlock *b = &r->blocks.data[k];
        *b = old[g.order[k]];
        for (uint32_t v = b->first; v != 0; v = r->insts.data[v].next)
            r->insts.data[v].block = k;
        for (uint32_t p = 0; p < b->params.count; p++)
            ir_inst(r, b->params.data[p])->block = k;
        const IrInst *t = &r->insts.data[b->last];
        for (unsigned e = 0; e < ir_edge_count(t); e++) {
            /* A br to one block twice has two edges: each is renumbered once. */
            IrEdge *edge = &r->edges.data[t->edge[e]];
            edge->block = g.index[edge->block];
        }
    }
    r->blocks.count = g.count;
    for (uint32_t k = 0; k < g.count; k++)
        g.order[k] = g.index[k] = k;
    keep_graph(r, &g);
}

uint8_t *ir_loop_depths(const Region *r)
{
    uint8_t *depth = arena_alloc(r->arena, r->blocks.count);
    uint32_t *end = arena_alloc(r->arena, r->blocks.count * sizeof *end);
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        const IrInst *term = &r->insts.data[ir_term(r, b)];
        for (unsigned k = 0; k < ir_edge_count(term); k++) {
            uint32_t to = r->edges.data[term->edge[k]].block;
            if (to <= b)
                end[to] = b;
        }
    }
    for (uint32_t head = 0; head < r->blocks.count; head++)
        for (uint32_t b = head; end[head] != 0 && b <= end[head]; b++)
            depth[b] += depth[b] < UINT8_MAX;
    return depth;
}

/* ---- values ---- */

IrSnapshot *ir_own_snapshot(Region *r, uint32_t v)
{
    IrSnapshot copy = r->snaps.data[r->insts.data[v].snap - 1];
    uint32_t first = r->snap_entries.count;
    for (uint32_t n = 0; n < copy.count; n++) {
        IrSnapEntry e = r->snap_entries.data[copy.first + n];
        *VEC_PUSH(r->arena, &r->snap_entries) = e;
    }
    copy.first = first;
    *VEC_PUSH(r->arena, &r->snaps) = copy;
    r->insts.data[v].snap = r->snaps.count;
    return &r->snaps.data[r->snaps.count - 1];
}

IrMap ir_map_new(const Region *r)
{
    return (IrMap){.to = arena_alloc(r->arena, r->insts.count * sizeof(uint32_t)),
                   .count = r->insts.count};
}

uint32_t ir_map_follow(const IrMap *m, uint32_t v)
{
    uint32_t end = m->to[v];
    while (end < m->count && m->to[end] != 0)
        end = m->to[end];
    while (v != end && m->to[v] != end) { /* shorten the chain for the next one */
        uint32_t next = m->to[v];
        m->to[v] = end;
        v = next;
    }
    return end;
}

static void replace_ref(const IrMap *m, IrRef *v)
{
    v->i = ir_map_end(m, v->i);
}

static void replace_refs(const IrMap *m, IrRef *v, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        replace_ref(m, &v[k]);
}

void ir_map_apply_rest(Region *r, const IrMap *m)
{
    if (!m->used)
        return;
    replace_refs(m, r->pool.data, r->pool.count);
    for (uint32_t s = 0; s < r->snap_entries.count; s++)
        replace_ref(m, &r->snap_entries.data[s].value);
}

void ir_map_apply(Region *r, const IrMap *m)
{
    if (!m->used)
        return;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            IrInst *i = &r->insts.data[v];
            replace_refs(m, i->arg, i->nargs);
        }
    }
    ir_map_apply_rest(r, m);
}

uint32_t *ir_count_uses(const Region *r)
{
    uint32_t *uses = arena_alloc(r->arena, r->insts.count * sizeof *uses);
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            const IrInst *i = &r->insts.data[v];
            for (unsigned n = 0; n < i->nargs; n++)
                uses[i->arg[n].i]++;
            for (uint32_t n = 0; n < i->nlist; n++)
                uses[r->pool.data[i->list + n].i]++;
            for (unsigned e = 0; e < ir_edge_count(i); e++) {
                const IrEdge *edge = &r->edges.data[i->edge[e]];
                for (uint32_t n = 0; n < edge->nargs; n++)
                    uses[r->pool.data[edge->args + n].i]++;
            }
        }
    }
    for (uint32_t s = 0; s < r->snap_entries.count; s++)
        uses[r->snap_entries.data[s].value.i]++;
    return uses;
}
