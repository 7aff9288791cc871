/* pass_nans.c: marks FP ops whose result may be any quiet NaN where it is one (IR_F_ANY_NAN).
 *
 * Models differ in the NaN that an operation gives, and a host that gives another has to look at
 * each result. It need not where nothing tells NaNs apart: comparisons and conversions to integers
 * take all quiet NaNs alike, and so does arithmetic under FP_MODEL_RISCV, whose own result is the
 * default NaN whatever its operands' were. Sign operations, choices, boxes and block parameters
 * hand on what they get. Everything else shows the bits: memory, guest state, snapshots.
 *
 *     %3 = fmul %1, %2 (any NaN); %4 = fadd %3, %2; store %0, %4
 *
 * Where the host's NaNs are to be mended (PassContext.mend_nans) and the model knows one NaN only,
 * state need not show them either: of what is a result of arithmetic whatever way it came, a NaN is
 * replaced at exits, and by who rebuilds the state (IrSnapEntry.nan). So results are looked at
 * once, and not in every turn of a loop.
 *
 *     %3 = fmul %1, %2 (any NaN); store ..{fa0=%3 nan}; %4 = fcanon %3; exit {fa0=%4}
 */
#include "ir/internal.h"

/* What of a value matters. */
enum {
    BITS = 1,
    BOXED = 2, /* whether a double is a boxed single, which a NaN of any payload may look like */
};

typedef struct Work {
    Region *r;
    uint32_t count; /* values that there were at first */
    uint8_t *shown; /* by value: BITS, BOXED */
    uint8_t *made;  /* by value: whatever way it came, a NaN in it was made by arithmetic */
    uint8_t *maybe; /* by value: is `made`, and a NaN in it may be any */
    bool changed;
} Work;

static bool is_arithmetic(const IrInst *i)
{
    return ir_has(i, IR_E_ARITH);
}

/* Comparisons and conversions to integers among them. */
static bool takes_all_alike(const Region *r, const IrInst *i)
{
    return i->op == IR_fcanon || (ir_has(i, IR_E_FPENV) && ir_type_is_int((IrType)i->type)) ||
           (is_arithmetic(i) && r->fp_model == FP_MODEL_RISCV);
}

static bool hands_on(const IrInst *i)
{
    return i->op == IR_fneg || i->op == IR_fabs || i->op == IR_fbox || i->op == IR_funbox ||
           (i->op == IR_select && ir_type_is_float(i->type));
}

/* What is in a box, or the value itself. */
static IrRef boxed_in(const Region *r, IrRef v)
{
    const IrInst *i = ir_inst(r, v);
    return i->op == IR_fbox ? i->arg[0] : v;
}

static void mark(Work *w, uint8_t *set, IrRef v, uint8_t to)
{
    if (v.i == 0 || set[v.i] == to)
        return;
    set[v.i] = to;
    w->changed = true;
}

/* ---- results of arithmetic ---- */

/* As far as the op itself tells. */
static bool may_be_made(const IrInst *i)
{
    if (i->op == IR_const) {
        uint64_t infinity = i->type == IR_F64 ? UINT64_C(0x7ff) << 52 : 0xffu << 23;
        uint64_t nan = i->type == IR_F64 ? UINT64_C(0x7ff8) << 48 : 0x7fc00000;
        uint64_t magnitude = i->imm & (i->type == IR_F64 ? INT64_MAX : INT32_MAX);
        return i->imm == nan || magnitude <= infinity;
    }
    return is_arithmetic(i) || i->op == IR_fcanon || i->op == IR_sitof || i->op == IR_uitof ||
           i->op == IR_param || i->op == IR_select;
}

/* What its arguments make of a choice; what the edges of a terminator make of parameters. */
static void refute_made(Work *w, uint32_t v)
{
    const Region *r = w->r;
    const IrInst *i = &r->insts.data[v];
    if (i->op == IR_select && w->made[v] && !(w->made[i->arg[1].i] && w->made[i->arg[2].i]))
        mark(w, w->made, (IrRef){v}, 0);
    for (unsigned k = 0; k < ir_edge_count(i); k++) {
        const IrEdge *edge = &r->edges.data[i->edge[k]];
        const IrBlock *to = &r->blocks.data[edge->block];
        for (uint32_t n = 0; n < edge->nargs; n++)
            if (!w->made[r->pool.data[edge->args + n].i])
                mark(w, w->made, to->params.data[n], 0);
    }
}

static void spread_maybe(Work *w, uint32_t v)
{
    const Region *r = w->r;
    const IrInst *i = &r->insts.data[v];
    if (i->op == IR_select && w->made[v] && (w->maybe[i->arg[1].i] || w->maybe[i->arg[2].i]))
        mark(w, w->maybe, (IrRef){v}, 1);
    for (unsigned k = 0; k < ir_edge_count(i); k++) {
        const IrEdge *edge = &r->edges.data[i->edge[k]];
        const IrBlock *to = &r->blocks.data[edge->block];
        for (uint32_t n = 0; n < edge->nargs; n++)
            if (w->made[to->params.data[n].i] && w->maybe[r->pool.data[edge->args + n].i])
                mark(w, w->maybe, to->params.data[n], 1);
    }
}

/* ---- what is shown ---- */

static void show(Work *w, IrRef v, unsigned what)
{
    mark(w, w->shown, v, (uint8_t)(w->shown[v.i] | what));
}

static void show_edges(Work *w, const IrInst *term)
{
    const Region *r = w->r;
    for (unsigned k = 0; k < ir_edge_count(term); k++) {
        const IrEdge *edge = &r->edges.data[term->edge[k]];
        const IrBlock *to = &r->blocks.data[edge->block];
        for (uint32_t n = 0; n < edge->nargs; n++)
            show(w, r->pool.data[edge->args + n], w->shown[to->params.data[n].i]);
    }
}

static void show_snapshot(Work *w, const IrInst *i)
{
    const IrSnapshot *s = &w->r->snaps.data[i->snap - 1];
    for (uint32_t n = 0; n < s->count; n++) {
        IrRef v = w->r->snap_entries.data[s->first + n].value;
        if (v.i != 0 && !w->made[boxed_in(w->r, v).i])
            show(w, v, BITS);
    }
}

static void show_args(Work *w, uint32_t v)
{
    const Region *r = w->r;
    const IrInst *i = &r->insts.data[v];
    for (uint32_t n = 0; n < i->nlist; n++)
        show(w, r->pool.data[i->list + n], BITS);
    show_edges(w, i);
    if (i->snap != 0)
        show_snapshot(w, i);
    if (takes_all_alike(r, i))
        return;
    unsigned what = hands_on(i) ? w->shown[v] : BITS;
    if (i->op == IR_fbox)
        what &= BITS;
    else if (i->op == IR_funbox)
        what |= BOXED;
    for (unsigned n = 0; n < i->nargs; n++)
        show(w, i->arg[n], what);
}

/* Until nothing changes. */
static void walk(Work *w, void (*visit)(Work *w, uint32_t v))
{
    const Region *r = w->r;
    for (w->changed = true; w->changed;) {
        w->changed = false;
        for (uint32_t b = 0; b < r->blocks.count; b++)
            for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next)
                visit(w, v);
    }
}

/* ---- mending what state shows ---- */

static bool wants_mending(const Work *w, IrRef v)
{
    return v.i != 0 && w->maybe[boxed_in(w->r, v).i];
}

static IrRef new_before(Region *r, uint32_t at, IrOp op, IrType type, IrRef a)
{
    const IrInst proto = {.op = (uint16_t)op, .type = (uint8_t)type, .nargs = 1, .arg = {a}};
    IrRef v = ir_inst_new(r, &proto);
    ir_insert_before(r, (IrRef){at}, v);
    return v;
}

static void mend_exit(Work *w, uint32_t exit)
{
    Region *r = w->r;
    const IrSnapshot *s = ir_own_snapshot(r, exit);
    for (uint32_t n = 0; n < s->count; n++) {
        IrRef v = r->snap_entries.data[s->first + n].value, in = boxed_in(r, v);
        r->snap_entries.data[s->first + n].nan = false; /* of whom it was shared with */
        if (!wants_mending(w, v))
            continue;
        IrRef mended = new_before(r, exit, IR_fcanon, (IrType)ir_inst(r, in)->type, in);
        if (!ir_same(in, v))
            mended = new_before(r, exit, IR_fbox, IR_F64, mended);
        r->snap_entries.data[s->first + n].value = mended;
    }
}

static void mend(Work *w, uint32_t v)
{
    Region *r = w->r;
    const IrInst *i = &r->insts.data[v];
    if (i->snap == 0)
        return;
    const IrSnapshot s = r->snaps.data[i->snap - 1];
    bool any = false;
    for (uint32_t n = 0; n < s.count; n++)
        any |= wants_mending(w, r->snap_entries.data[s.first + n].value);
    if (any && (i->op == IR_exit || i->op == IR_exitind)) {
        mend_exit(w, v);
        return;
    }
    for (uint32_t n = 0; any && n < s.count; n++) {
        IrSnapEntry *e = &r->snap_entries.data[s.first + n];
        e->nan = wants_mending(w, e->value);
    }
}

static void mend_snapshots(Work *w)
{
    Region *r = w->r;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next)
            if (v < w->count)
                mend(w, v);
}

/* What is looked at wherever it comes from need not be looked at again. */
static void drop_idle(Work *w)
{
    Region *r = w->r;
    IrMap map = ir_map_new(r);
    for (uint32_t v = 1; v < w->count; v++) {
        const IrInst *i = &r->insts.data[v];
        if (i->op == IR_fcanon && w->made[i->arg[0].i] && !w->maybe[i->arg[0].i])
            ir_map_add(&map, v, i->arg[0].i);
    }
    if (!map.used)
        return;
    ir_map_apply(r, &map);
    for (uint32_t v = 1; v < w->count; v++)
        if (map.to[v] != 0)
            ir_remove(r, (IrRef){v});
}

/* ---- behind loops ---- */

/* Values that come out of loops are looked at there, if they are shown behind. */
static void find_left(Work *w, const uint8_t *depth, uint8_t *left, uint32_t b)
{
    const Region *r = w->r;
    const IrInst *term = &r->insts.data[ir_term(r, b)];
    for (unsigned k = 0; k < ir_edge_count(term); k++) {
        const IrEdge *edge = &r->edges.data[term->edge[k]];
        const IrBlock *to = &r->blocks.data[edge->block];
        for (uint32_t n = 0; n < edge->nargs; n++) {
            uint32_t p = to->params.data[n].i;
            const IrInst *arg = ir_inst(r, r->pool.data[edge->args + n]);
            left[p] |= w->made[p] && w->shown[p] && arg->op != IR_const &&
                       depth[arg->block] > depth[edge->block];
        }
    }
}

/* True if there were any. */
static bool mend_left(Work *w)
{
    Region *r = w->r;
    const uint8_t *depth = ir_loop_depths(r);
    uint8_t *left = arena_alloc(r->arena, w->count);
    IrMap map = ir_map_new(r);
    for (uint32_t b = 0; b < r->blocks.count; b++)
        find_left(w, depth, left, b);
    for (uint32_t p = 1; p < w->count; p++) {
        if (!left[p])
            continue;
        uint32_t first = r->blocks.data[r->insts.data[p].block].first;
        IrRef c = new_before(r, first, IR_fcanon, (IrType)r->insts.data[p].type, (IrRef){p});
        ir_map_add(&map, p, c.i);
    }
    if (!map.used)
        return false;
    ir_map_apply(r, &map);
    for (uint32_t p = 1; p < w->count; p++)
        if (left[p])
            r->insts.data[map.to[p]].arg[0].i = p;
    return true;
}

/* Finds what is made by arithmetic, and what is shown. */
static void look(Work *w, bool mends)
{
    Region *r = w->r;
    w->count = r->insts.count;
    w->shown = arena_alloc(r->arena, w->count);
    w->made = arena_alloc(r->arena, w->count);
    for (uint32_t v = 1; mends && v < w->count; v++)
        w->made[v] = may_be_made(&r->insts.data[v]) && ir_type_is_float(r->insts.data[v].type);
    if (mends)
        walk(w, refute_made);
    walk(w, show_args);
}

static bool may_be_marked(const IrInst *i)
{
    return ir_type_is_float(i->type) && i->op != IR_NOP && ir_has(i, IR_E_FPENV);
}

void ir_pass_nans(Region *r, const PassContext *ctx)
{
    if (r->fp_model == FP_MODEL_X86 || (r->effects & IR_E_FPENV) == 0)
        return;
    Work w = {.r = r};
    bool mends = ctx->mend_nans && r->fp_model == FP_MODEL_RISCV, any = false;
    look(&w, mends);
    if (mends && mend_left(&w))
        look(&w, mends);
    w.maybe = arena_alloc(r->arena, w.count);
    for (uint32_t v = 1; v < w.count; v++) {
        IrInst *i = &r->insts.data[v];
        if (!may_be_marked(i) || w.shown[v])
            continue;
        i->flags |= IR_F_ANY_NAN;
        w.maybe[v] = mends && is_arithmetic(i) && i->op != IR_ffma; /* which is looked at anyway */
        any |= w.maybe[v];
    }
    if (any)
        walk(&w, spread_maybe);
    if (mends)
        drop_idle(&w);
    if (any)
        mend_snapshots(&w);
}
