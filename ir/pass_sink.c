/* pass_sink.c: boxes of singles (fbox) that nothing but exits and snapshots wants are made at the
 * exits, each for itself. What other snapshots want of them costs nothing: their state is rebuilt
 * from the single.
 *
 *     %3 = fbox %2; store ..{fa0=%3}; exit {fa0=%3}   ->   %3 = fbox %2; store ..{fa0=%3};
 *                                                          %4 = fbox %2; exit {fa0=%4}
 */
#include "ir/internal.h"

/* Values that an instruction or edge takes. */
static uint8_t *find_taken(const Region *r)
{
    uint8_t *taken = arena_alloc(r->arena, r->insts.count);
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            const IrInst *i = &r->insts.data[v];
            for (unsigned n = 0; n < i->nargs; n++)
                taken[i->arg[n].i] = 1;
            for (uint32_t n = 0; n < i->nlist; n++)
                taken[r->pool.data[i->list + n].i] = 1;
            for (unsigned k = 0; k < ir_edge_count(i); k++) {
                const IrEdge *e = &r->edges.data[i->edge[k]];
                for (uint32_t n = 0; n < e->nargs; n++)
                    taken[r->pool.data[e->args + n].i] = 1;
            }
        }
    return taken;
}

static void sink_into(Region *r, uint32_t exit, const uint8_t *taken)
{
    IrSnapshot *s = ir_own_snapshot(r, exit);
    for (uint32_t n = 0; n < s->count; n++) {
        IrRef v = r->snap_entries.data[s->first + n].value;
        if (ir_inst(r, v)->op != IR_fbox || taken[v.i])
            continue;
        const IrInst box = {
            .op = IR_fbox, .type = IR_F64, .nargs = 1, .arg = {ir_inst(r, v)->arg[0]}};
        IrRef own = ir_inst_new(r, &box);
        ir_insert_before(r, (IrRef){exit}, own);
        r->snap_entries.data[s->first + n].value = own;
    }
}

void ir_pass_sink(Region *r, const PassContext *ctx)
{
    (void)ctx;
    if ((r->effects & IR_E_BOX) == 0)
        return;
    const uint8_t *taken = find_taken(r);
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        uint32_t t = ir_term(r, b);
        if (r->insts.data[t].op == IR_exit || r->insts.data[t].op == IR_exitind)
            sink_into(r, t, taken);
    }
}
