/* pass_leave.c: sums that a loop itself wants in addresses alone are made where it is left.
 *
 * Code generators never compute a pointer plus a constant that only addresses and snapshots want.
 * But where the loop is left with the sum in a guest register, an edge wants it, and it would be
 * computed in every turn: so it is made on the way out, in a block of its own.
 *
 *     b1(%p): %1 = add %p, 8; ..load [%1]..; br %c, b2, b3(%1)
 *          -> b1(%p): %1 = add %p, 8; ..load [%1]..; br %c, b2, b4
 *             b4: %2 = add %p, 8; jump b3(%2)
 */
#include "ir/internal.h"

enum { FAR = 1 << 19 }; /* such constants are no displacements */

typedef struct Work {
    Region *r;
    const uint8_t *depth; /* by block */
    uint8_t *wanted;      /* values wanted in a register other than where a loop is left */
    bool left;            /* a loop is left with a sum */
} Work;

/* pointer + constant */
static bool is_sum(const Region *r, const IrInst *i)
{
    return i->op == IR_add && i->type == IR_I64 && ir_is_const(r, i->arg[1]) &&
           !ir_is_const(r, i->arg[0]) && ir_inst(r, i->arg[1])->imm + FAR < 2 * FAR;
}

/* The edge leaves the loop that v is computed in. */
static bool leaves_loop_of(const Work *w, const IrEdge *edge, const IrInst *v)
{
    return w->depth[edge->block] < w->depth[v->block];
}

static void look(Work *w, const IrInst *i)
{
    const Region *r = w->r;
    bool access = i->op == IR_load || i->op == IR_store;
    for (unsigned n = access ? 1 : 0; n < i->nargs; n++)
        w->wanted[i->arg[n].i] = 1;
    for (uint32_t n = 0; n < i->nlist; n++)
        w->wanted[r->pool.data[i->list + n].i] = 1;
    for (unsigned k = 0; k < ir_edge_count(i); k++) {
        const IrEdge *edge = &r->edges.data[i->edge[k]];
        for (uint32_t n = 0; n < edge->nargs; n++) {
            IrRef v = r->pool.data[edge->args + n];
            bool sum = i->op == IR_br && is_sum(r, ir_inst(r, v));
            if (sum && leaves_loop_of(w, edge, ir_inst(r, v)))
                w->left = true;
            else
                w->wanted[v.i] = 1;
        }
    }
}

/* The edge goes through a new block from now on. */
static uint32_t split(Region *r, uint32_t edge)
{
    const IrEdge old = r->edges.data[edge];
    IrBuilder b = {.region = r, .block = ir_block_new(r, r->blocks.data[old.block].pc)};
    r->blocks.data[b.block].cold = true;
    ir_jump(&b, old.block);
    uint32_t jump = r->blocks.data[b.block].last;
    for (uint32_t n = 0; n < old.nargs; n++)
        ir_edge_arg(r, r->insts.data[jump].edge[0], r->pool.data[old.args + n]);
    r->edges.data[edge].block = b.block;
    r->edges.data[edge].nargs = 0;
    return jump;
}

/* Returns true if the edge has a block of its own now. */
static bool make_outside(Work *w, uint32_t e)
{
    Region *r = w->r;
    const IrEdge edge = r->edges.data[e];
    uint32_t jump = 0;
    for (uint32_t n = 0; n < edge.nargs; n++) {
        const IrInst sum = *ir_inst(r, r->pool.data[edge.args + n]);
        if (!is_sum(r, &sum) || w->wanted[r->pool.data[edge.args + n].i] ||
            !leaves_loop_of(w, &edge, &sum))
            continue;
        if (jump == 0)
            jump = split(r, e);
        IrRef own = ir_inst_new(
            r,
            &(IrInst){.op = IR_add, .type = IR_I64, .nargs = 2, .arg = {sum.arg[0], sum.arg[1]}});
        ir_insert_before(r, (IrRef){jump}, own);
        r->pool.data[r->edges.data[r->insts.data[jump].edge[0]].args + n] = own;
    }
    return jump != 0;
}

void ir_pass_leave(Region *r, const PassContext *ctx)
{
    (void)ctx;
    Work w = {.r = r, .depth = ir_loop_depths(r)};
    uint32_t blocks = r->blocks.count;
    bool any = false;
    w.wanted = arena_alloc(r->arena, r->insts.count);
    for (uint32_t b = 0; b < blocks; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next)
            look(&w, &r->insts.data[v]);
    for (uint32_t b = 0; w.left && b < blocks; b++) {
        const IrInst term = r->insts.data[ir_term(r, b)];
        for (unsigned k = 0; term.op == IR_br && k < 2; k++)
            any |= make_outside(&w, term.edge[k]);
    }
    if (any)
        ir_order_blocks(r);
}
