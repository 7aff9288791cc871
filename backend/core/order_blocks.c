/* order_blocks.c: reverse postorder of a region's blocks, by an explicit stack. */
#include "backend/core/internal.h"

typedef struct Visit {
    uint32_t block, next_edge;
} Visit;

void order_blocks(Selection *s)
{
    const Region *r = s->region;
    uint32_t nb = r->blocks.count, depth = 0, left = nb;
    bool *seen = arena_alloc(r->arena, nb);
    Visit *stack = arena_alloc(r->arena, (nb + 1) * sizeof *stack);
    uint32_t *order = arena_alloc(r->arena, nb * sizeof *order);
    stack[depth++] = (Visit){0, 0};
    seen[0] = true;
    while (depth != 0) {
        Visit *v = &stack[depth - 1];
        const IrInst *last = &r->insts.data[r->blocks.data[v->block].last];
        uint32_t nedges = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
        if (v->next_edge == nedges) {
            order[--left] = v->block;
            depth--;
            continue;
        }
        /* What is visited last comes next in the order: a branch's fall-through, edge 1. */
        uint32_t to = r->edges.data[last->edge[v->next_edge++]].block;
        if (!seen[to]) {
            seen[to] = true;
            stack[depth++] = (Visit){to, 0};
        }
    }
    s->order = order + left;
    s->norder = nb - left;
}
