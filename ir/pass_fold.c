/* pass_fold.c: every instruction in its cheapest form, in one walk in reverse postorder.
 *
 * The rules stand in simplify.c and simplify_vec.c. Here: their application, branches on known
 * conditions, and indirect exits to known addresses. Loads, stores, FP and snapshots keep their
 * places.
 *
 * Example: %3 = trunc i32 %1; %4 = zext i64 %3; %5 = trunc i32 %4; put.. %5   ->   ..%3
 */
#include "ir/internal.h"

typedef struct Fold {
    Region *r;
    IrGraph g;
    IrMap map;
    uint32_t *uses; /* NULL until a rule asks for it */
    bool cut;       /* an edge is gone, or edges have changed places */
} Fold;

static void fold_pure(Fold *f, uint32_t v)
{
    Region *r = f->r;
    if (r->insts.data[v].nargs == 0)
        return; /* a constant */
    IrInst copy = r->insts.data[v];
    Folder folder = {.region = r,
                     .block = copy.block,
                     .before = v,
                     .graph = &f->g,
                     .uses = &f->uses,
                     .use_count = f->map.count};
    IrRef old = ir_simplify(&folder, &copy);
    if (old.i != 0) {
        ir_map_add(&f->map, v, old.i);
        ir_remove(r, (IrRef){v});
        return;
    }
    IrInst *i =
        &r->insts.data[v]; /* new constants may have moved it, and changed its links: they stay */
    memcpy(i, &copy, offsetof(IrInst, block));
}

static void fold_branch(Fold *f, uint32_t v)
{
    Region *r = f->r;
    IrInst *i = &r->insts.data[v];
    const IrInst *c = ir_inst(r, i->arg[0]);
    if (c->op == IR_const) {
        uint32_t edge = i->edge[c->imm == 0];
        i->op = IR_jump;
        i->nargs = 0;
        i->edge[0] = edge;
        f->cut = true;
        r->graph = NULL;
        return;
    }
    /* On "condition == 0" of a comparison that has no opposite: the edges change places. */
    const IrInst *x = c->op == IR_eq ? ir_inst(r, c->arg[0]) : NULL;
    if (x != NULL && ir_op_info[x->op].sig == IR_SIG_FCMP && x->op != IR_fcmp &&
        ir_is_const(r, c->arg[1]) && ir_inst(r, c->arg[1])->imm == 0) {
        uint32_t t = i->edge[0];
        i->arg[0] = c->arg[0];
        i->edge[0] = i->edge[1];
        i->edge[1] = t;
        r->graph = NULL;
        f->cut = true; /* the order of blocks follows that of edges */
    }
}

static void fold_exit(Fold *f, const PassContext *ctx, uint32_t v)
{
    IrInst *i = &f->r->insts.data[v];
    const IrInst *pc = ir_inst(f->r, i->arg[0]);
    if (pc->op != IR_const || i->cc == IR_EXIT_RET || (ctx->is_pc != NULL && !ctx->is_pc(pc->imm)))
        return;
    i->op = IR_exit;
    i->imm = pc->imm;
    i->nargs = i->cc == IR_EXIT_CALL;
    i->arg[0] = i->nargs != 0 ? i->arg[1] : IR_NONE;
    i->arg[1] = i->arg[2] = IR_NONE;
}

void ir_pass_fold(Region *r, const PassContext *ctx)
{
    Fold f = {.r = r, .g = ir_graph(r), .map = ir_map_new(r)};
    for (uint32_t k = 0; k < f.g.count; k++) {
        for (uint32_t v = r->blocks.data[f.g.order[k]].first, next; v != 0; v = next) {
            IrInst *i = &r->insts.data[v];
            next = i->next;
            for (unsigned n = 0; n < i->nargs; n++)
                i->arg[n].i = ir_map_end(&f.map, i->arg[n].i);
            if (v < f.map.count && ir_has(i, IR_E_PURE))
                fold_pure(&f, v);
            else if (i->op == IR_br)
                fold_branch(&f, v);
            else if (i->op == IR_exitind)
                fold_exit(&f, ctx, v);
        }
    }
    ir_map_apply_rest(r, &f.map);
    if (f.cut && r->promoted)
        ir_order_blocks(r);
}
