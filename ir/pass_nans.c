/* pass_nans.c: marks FP ops whose result may be any quiet NaN where it is one (IR_F_ANY_NAN).
 *
 * Models differ in the NaN that an operation gives, and a host that gives another has to look at
 * each result. It need not where nothing tells NaNs apart: comparisons and conversions to integers
 * take all quiet NaNs alike, and so does arithmetic under FP_MODEL_RISCV, whose own result is the
 * default NaN whatever its operands' were. Sign operations, choices and block parameters hand on
 * what they get. Everything else shows the bits: memory, guest state, snapshots.
 *
 *     %3 = fmul %1, %2 (any NaN); %4 = fadd %3, %2; store %0, %4
 */
#include "ir/internal.h"

typedef struct Work {
    const Region *r;
    uint8_t *shown; /* by value: its bits matter */
    bool changed;
} Work;

static bool takes_all_alike(const Region *r, const IrInst *i)
{
    switch (i->op) {
    case IR_feq:
    case IR_flt:
    case IR_fle:
    case IR_fun:
    case IR_fcmp:
    case IR_ftosi:
    case IR_fsatsi:
    case IR_fsatui:
        return true;
    case IR_fadd:
    case IR_fsub:
    case IR_fmul:
    case IR_fdiv:
    case IR_ffma:
    case IR_fsqrt:
    case IR_fext:
    case IR_ftrunc:
        return r->fp_model == FP_MODEL_RISCV;
    default:
        return false;
    }
}

static bool hands_on(const IrInst *i)
{
    return i->op == IR_fneg || i->op == IR_fabs ||
           (i->op == IR_select && ir_type_is_float(i->type));
}

static void show(Work *w, IrRef v)
{
    w->changed |= v.i != 0 && !w->shown[v.i];
    w->shown[v.i] = 1;
}

static void show_edges(Work *w, const IrInst *term)
{
    const Region *r = w->r;
    for (unsigned k = 0; k < ir_edge_count(term); k++) {
        const IrEdge *edge = &r->edges.data[term->edge[k]];
        const IrBlock *to = &r->blocks.data[edge->block];
        for (uint32_t n = 0; n < edge->nargs; n++)
            if (w->shown[to->params.data[n].i])
                show(w, r->pool.data[edge->args + n]);
    }
}

static void show_args(Work *w, uint32_t v)
{
    const Region *r = w->r;
    const IrInst *i = &r->insts.data[v];
    for (uint32_t n = 0; n < i->nlist; n++)
        show(w, r->pool.data[i->list + n]);
    show_edges(w, i);
    if (takes_all_alike(r, i) || (hands_on(i) && !w->shown[v]))
        return;
    for (unsigned n = 0; n < i->nargs; n++)
        show(w, i->arg[n]);
}

static bool may_be_marked(const IrInst *i)
{
    return ir_type_is_float(i->type) && i->op != IR_NOP && ir_has(i, IR_E_FPENV);
}

void ir_pass_nans(Region *r, const PassContext *ctx)
{
    (void)ctx;
    if (r->fp_model == FP_MODEL_X86 || (r->effects & IR_E_FPENV) == 0)
        return;
    Work w = {.r = r, .shown = arena_alloc(r->arena, r->insts.count), .changed = true};
    for (uint32_t n = 0; n < r->snap_entries.count; n++)
        show(&w, r->snap_entries.data[n].value);
    while (w.changed) {
        w.changed = false;
        for (uint32_t b = 0; b < r->blocks.count; b++)
            for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next)
                show_args(&w, v);
    }
    for (uint32_t v = 1; v < r->insts.count; v++) {
        IrInst *i = &r->insts.data[v];
        if (may_be_marked(i) && !w.shown[v])
            i->flags |= IR_F_ANY_NAN;
    }
}
