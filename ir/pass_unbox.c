/* pass_unbox.c: singles that paths hand on in boxes (fbox) are handed on without.
 *
 * A parameter of type f64 that every edge gives a boxed single, or another such parameter, becomes
 * one of type f32, and its box is made again behind it, where as a rule only snapshots want it.
 *
 *     b1(%p: f64): %1 = funbox %p; %2 = fadd %1, %1; %3 = fbox %2; br .., b1(%3), b2
 *  -> b1(%q: f32): %p = fbox %q; %2 = fadd %q, %q; ..; br .., b1(%2), b2
 */
#include "ir/internal.h"

typedef struct Unbox {
    Region *r;
    uint8_t *boxed;    /* by value: a parameter that is always a boxed single, as far as is known */
    uint32_t *instead; /* by such a parameter: the one of type f32 */
    uint32_t count;    /* values that there were before */
} Unbox;

static bool is_boxed(const Unbox *u, IrRef v)
{
    const IrInst *i = ir_inst(u->r, v);
    return i->op == IR_fbox || (v.i < u->count && u->boxed[v.i]) ||
           (i->op == IR_const && i->imm >> 32 == UINT32_MAX);
}

/* The single in what is_boxed. */
static IrRef single_in(Unbox *u, uint32_t block, IrRef v)
{
    const IrInst *i = ir_inst(u->r, v);
    if (v.i < u->count && u->boxed[v.i])
        return (IrRef){u->instead[v.i]};
    if (i->op == IR_fbox)
        return i->arg[0];
    IrInst single = {.op = IR_const, .type = IR_F32, .imm = (uint32_t)i->imm};
    IrRef c = ir_inst_new(u->r, &single);
    ir_insert_before(u->r, (IrRef){u->r->blocks.data[block].last}, c);
    return c;
}

/* Parameters of the edge's block that it gives something else are not boxed. True if that is new.
 */
static bool rule_out(Unbox *u, uint32_t edge)
{
    const Region *r = u->r;
    const IrEdge *e = &r->edges.data[edge];
    const IrBlock *to = &r->blocks.data[e->block];
    bool changed = false;
    for (uint32_t n = 0; n < e->nargs; n++) {
        uint8_t *boxed = &u->boxed[to->params.data[n].i];
        if (*boxed && !is_boxed(u, r->pool.data[e->args + n])) {
            *boxed = 0;
            changed = true;
        }
    }
    return changed;
}

static bool rule_out_of_block(Unbox *u, uint32_t b)
{
    const IrInst *term = &u->r->insts.data[ir_term(u->r, b)];
    bool changed = false;
    for (unsigned k = 0; k < ir_edge_count(term); k++)
        changed |= rule_out(u, term->edge[k]);
    return changed;
}

/* All parameters of type f64 at first; true if some are left. */
static bool find_boxed(Unbox *u)
{
    const Region *r = u->r;
    bool any = false;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        const IrBlock *blk = &r->blocks.data[b];
        for (uint32_t n = 0; n < blk->params.count; n++) {
            bool is = ir_inst(r, blk->params.data[n])->type == IR_F64;
            u->boxed[blk->params.data[n].i] = is;
            any |= is;
        }
    }
    for (bool changed = any; changed;) {
        changed = false;
        for (uint32_t b = 0; b < r->blocks.count; b++)
            changed |= rule_out_of_block(u, b);
    }
    for (uint32_t v = 0; any && v < u->count; v++) {
        if (u->boxed[v])
            return true;
    }
    return false;
}

/* The new parameters take the places of the old, which become boxes of them. */
static void make_params(Unbox *u, uint32_t b)
{
    Region *r = u->r;
    for (uint32_t n = 0; n < r->blocks.data[b].params.count; n++) {
        IrRef old = r->blocks.data[b].params.data[n];
        if (!u->boxed[old.i])
            continue;
        IrInst param = {.op = IR_param, .type = IR_F32, .block = b};
        IrRef q = ir_inst_new(r, &param);
        ir_inst(r, q)->block = b;
        u->instead[old.i] = q.i;
        r->blocks.data[b].params.data[n] = q;
        *ir_inst(r, old) =
            (IrInst){.op = IR_fbox, .type = IR_F64, .nargs = 1, .arg = {q}, .block = b};
        ir_insert_before(r, (IrRef){r->blocks.data[b].first}, old);
    }
}

static void change_edges(Unbox *u, uint32_t b)
{
    Region *r = u->r;
    const IrInst term = r->insts.data[ir_term(r, b)];
    for (unsigned k = 0; k < ir_edge_count(&term); k++) {
        const IrEdge e = r->edges.data[term.edge[k]];
        for (uint32_t n = 0; n < e.nargs; n++) {
            if (ir_inst(r, r->blocks.data[e.block].params.data[n])->type != IR_F32)
                continue;
            IrRef v = r->pool.data[e.args + n];
            if (ir_inst(r, v)->type == IR_F64)
                r->pool.data[e.args + n] = single_in(u, b, v);
        }
    }
}

void ir_pass_unbox(Region *r, const PassContext *ctx)
{
    (void)ctx;
    if ((r->effects & IR_E_BOX) == 0)
        return;
    Unbox u = {.r = r, .count = r->insts.count};
    u.boxed = arena_alloc(r->arena, u.count);
    u.instead = arena_alloc(r->arena, u.count * sizeof *u.instead);
    if (!find_boxed(&u))
        return;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        make_params(&u, b);
    for (uint32_t b = 0; b < r->blocks.count; b++)
        change_edges(&u, b);
}
