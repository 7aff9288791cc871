/* simplify_div.c: 128-bit divisions whose dividend is a 64-bit one; rules as in simplify.c. */
#include "ir/simplify.h"

/* v is not zero wherever f->block runs, by a branch that leads there. */
static bool known_nonzero(Folder *f, IrRef v)
{
    const IrGraph *g = f->graph;
    if (g == NULL)
        return false;
    const Region *r = f->region;
    for (uint32_t b = f->block; b != g->idom[b]; b = g->idom[b]) {
        if (g->pred_first[b + 1] - g->pred_first[b] != 1)
            continue;
        IrPred p = g->preds[g->pred_first[b]];
        const IrInst *t = &r->insts.data[ir_term(r, p.block)];
        if (t->op != IR_br)
            continue;
        const IrInst *c = ir_inst(r, t->arg[0]);
        uint64_t k;
        IrOp wanted = p.edge == t->edge[0] ? IR_ne : IR_eq;
        if (c->op == wanted && ir_same(c->arg[0], v) && fold_const(r, c->arg[1], &k) && k == 0)
            return true;
    }
    return false;
}

/* hi:lo / d with hi = 0 (or the sign of lo) is a plain division, except where the wide one
 * answers 0: d = 0 for a remainder, and the quotient 2^63. */
IrRef fold_div128(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    bool is_signed = i->op == IR_sdivq || i->op == IR_sdivr;
    bool remainder = i->op == IR_udivr || i->op == IR_sdivr;
    IrRef lo = i->arg[1], d = i->arg[2];
    uint64_t c, low;
    bool narrow = false;
    if (fold_const(r, i->arg[0], &c)) {
        narrow = c == 0;
        if (is_signed)
            narrow = narrow && fold_maybe_set(r, lo, 3) >> 63 == 0;
        if (is_signed && fold_const(r, lo, &low))
            narrow = c == (uint64_t)((int64_t)low >> 63);
    } else if (is_signed) {
        const IrInst *hi = ir_inst(r, i->arg[0]);
        narrow =
            hi->op == IR_sar && ir_same(hi->arg[0], lo) && fold_const(r, hi->arg[1], &c) && c == 63;
    }
    if (!narrow)
        return IR_NONE;
    bool positive = fold_maybe_set(r, lo, 3) >> 63 == 0;
    bool d_known = fold_const(r, d, &c);
    bool d_nonzero = d_known ? c != 0 : known_nonzero(f, d);
    bool overflows = is_signed && !positive && !(d_known && c != UINT64_MAX);
    IrInst bin = {.type = IR_I64, .nargs = 2};
    bin.op = is_signed ? IR_sdiv : IR_udiv;
    bin.arg[0] = lo;
    bin.arg[1] = d;
    i->arg[2] = IR_NONE;
    if (!remainder && !overflows)
        return fold_to_bin(i, (IrOp)bin.op, lo, d);
    IrRef v = fold_make(f, bin);
    if (remainder) { /* x - x / d * d: also right where the division overflows */
        IrRef m = fold_make(f, (IrInst){.op = IR_mul, .type = IR_I64, .nargs = 2, .arg = {v, d}});
        if (d_nonzero)
            return fold_to_bin(i, IR_sub, lo, m);
        v = fold_make(f, (IrInst){.op = IR_sub, .type = IR_I64, .nargs = 2, .arg = {lo, m}});
    }
    IrRef zero = fold_make_const(f, IR_I64, 0);
    IrInst cmp = {.op = IR_eq, .type = IR_I8, .nargs = 2, .arg = {d, zero}};
    IrRef bad;
    if (remainder) {
        bad = fold_make(f, cmp);
    } else {
        /* The one overflow: lo = -2^63 and d = -1, that is lo ^ 2^63 and ~d both zero. */
        IrRef top = fold_make_const(f, IR_I64, (uint64_t)1 << 63);
        IrRef x =
            fold_make(f, (IrInst){.op = IR_xor, .type = IR_I64, .nargs = 2, .arg = {lo, top}});
        IrRef n = fold_make(f, (IrInst){.op = IR_not, .type = IR_I64, .nargs = 1, .arg = {d}});
        cmp.arg[0] = fold_make(f, (IrInst){.op = IR_or, .type = IR_I64, .nargs = 2, .arg = {x, n}});
        bad = fold_make(f, cmp);
    }
    *i = (IrInst){.op = IR_select, .type = IR_I64, .nargs = 3, .arg = {bad, zero, v}};
    return REWRITTEN;
}
