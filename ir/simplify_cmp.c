/* simplify_cmp.c: cheaper forms of comparisons and selections; rules as in simplify.c.
 *
 * Example: %2 = ult i64 %1, 5; %3 = zext i64 %2; %4 = eq i64 %3, 0     %4 = ule i64 5, %1
 */
#include "ir/base/bits.h"
#include "ir/simplify.h"

/* v is 0 or 1 for certain. */
static bool is_bool(const Region *r, IrRef v, int depth)
{
    const IrInst *i = ir_inst(r, v);
    unsigned sig = ir_op_info[i->op].sig;
    if (sig == IR_SIG_CMP || (sig == IR_SIG_FCMP && i->op != IR_fcmp))
        return true;
    if (i->op == IR_const)
        return i->imm <= 1;
    if (depth == 0)
        return false;
    switch (i->op) {
    case IR_and:
    case IR_or:
    case IR_xor:
        return is_bool(r, i->arg[0], depth - 1) && is_bool(r, i->arg[1], depth - 1);
    case IR_zext:
    case IR_trunc:
        return is_bool(r, i->arg[0], depth - 1);
    case IR_select:
        return is_bool(r, i->arg[1], depth - 1) && is_bool(r, i->arg[2], depth - 1);
    default:
        return false;
    }
}

/* The value of which `v` is a zero-extension or truncation, if it is a bool. */
static IrRef bool_source(const Region *r, IrRef v)
{
    for (;;) {
        const IrInst *i = ir_inst(r, v);
        if ((i->op != IR_zext && i->op != IR_trunc) || !is_bool(r, i->arg[0], 2))
            return v;
        v = i->arg[0];
    }
}

/* Turns *i (an i8) into the opposite of integer comparison v. */
bool fold_to_opposite(const Region *r, IrInst *i, IrRef v)
{
    const IrInst *c = ir_inst(r, v);
    IrRef x = c->arg[0], y = c->arg[1];
    switch (c->op) {
    case IR_eq:
        fold_to_cmp(i, IR_ne, x, y);
        return true;
    case IR_ne:
        fold_to_cmp(i, IR_eq, x, y);
        return true;
    case IR_ult:
        fold_to_cmp(i, IR_ule, y, x);
        return true;
    case IR_ule:
        fold_to_cmp(i, IR_ult, y, x);
        return true;
    case IR_slt:
        fold_to_cmp(i, IR_sle, y, x);
        return true;
    case IR_sle:
        fold_to_cmp(i, IR_slt, y, x);
        return true;
    default:
        return false;
    }
}

static bool used_once(const Folder *f, IrRef v)
{
    if (f->uses == NULL || v.i >= f->use_count)
        return false;
    if (*f->uses == NULL)
        *f->uses = ir_count_uses(f->region);
    return (*f->uses)[v.i] == 1;
}

IrRef fold_equal(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    bool want = i->op == IR_eq;
    uint64_t c, c1;
    if (ir_same(i->arg[0], i->arg[1]))
        return fold_to_const(i, want);
    if (!fold_const(r, i->arg[1], &c))
        return IR_NONE;
    const IrInst *x = ir_inst(r, i->arg[0]);
    if ((c & ~fold_maybe_set(r, i->arg[0], 3)) != 0)
        return fold_to_const(i, !want);
    if (c <= 1 && is_bool(r, i->arg[0], 3)) {
        IrRef b = bool_source(r, i->arg[0]);
        if ((c != 0) == want) { /* the bool itself */
            if (ir_inst(r, b)->type == IR_I8)
                return b;
        } else if (fold_to_opposite(r, i, b)) {
            return REWRITTEN;
        }
        if (!ir_same(b, i->arg[0]))
            return fold_to_cmp(i, (IrOp)i->op, b, fold_make_const(f, ir_inst(r, b)->type, c));
    }
    if (c == 0 && x->op == IR_neg)
        return fold_to_cmp(i, (IrOp)i->op, x->arg[0], i->arg[1]);
    /* The rest look behind a value that, were it needed anyway, is the better one to compare. */
    if (!used_once(f, i->arg[0]))
        return IR_NONE;
    if (c == 0 && (x->op == IR_sub || x->op == IR_xor))
        return fold_to_cmp(i, (IrOp)i->op, x->arg[0], x->arg[1]);
    if ((x->op == IR_add || x->op == IR_xor) && fold_const(r, x->arg[1], &c1)) {
        IrType t = (IrType)x->type;
        uint64_t k = x->op == IR_add ? c - c1 : c ^ c1;
        return fold_to_cmp(i, (IrOp)i->op, x->arg[0], fold_make_const(f, t, k));
    }
    return IR_NONE;
}

IrRef fold_less_unsigned(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    bool or_equal = i->op == IR_ule;
    uint64_t c;
    if (ir_same(i->arg[0], i->arg[1]))
        return fold_to_const(i, or_equal);
    if (fold_const(r, i->arg[1], &c)) {
        uint64_t live = fold_maybe_set(r, i->arg[0], 3);
        if (c == 0 && !or_equal)
            return fold_to_const(i, 0);
        if (or_equal ? live <= c : live < c)
            return fold_to_const(i, 1);
        if (c == 0)
            return fold_to_cmp(i, IR_eq, i->arg[0], i->arg[1]);
        if (c == 1 && !or_equal)
            return fold_to_cmp(i, IR_eq, i->arg[0],
                               fold_make_const(f, (IrType)ir_inst(r, i->arg[0])->type, 0));
    } else if (fold_const(r, i->arg[0], &c)) {
        IrType t = (IrType)ir_inst(r, i->arg[1])->type;
        if (c == 0 && or_equal)
            return fold_to_const(i, 1);
        if (c == 0)
            return fold_to_cmp(i, IR_ne, i->arg[1], i->arg[0]);
        if (c == 1 && or_equal)
            return fold_to_cmp(i, IR_ne, i->arg[1], fold_make_const(f, t, 0));
        if (!or_equal && c == bits_mask(ir_type_bits(t)))
            return fold_to_const(i, 0);
    }
    return IR_NONE;
}

IrRef fold_less_signed(Folder *f, IrInst *i)
{
    (void)f;
    return ir_same(i->arg[0], i->arg[1]) ? fold_to_const(i, i->op == IR_sle) : IR_NONE;
}

IrRef fold_select(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    uint64_t c, yes, no;
    if (ir_same(i->arg[1], i->arg[2]))
        return i->arg[1];
    if (fold_const(r, i->arg[0], &c))
        return c != 0 ? i->arg[1] : i->arg[2];
    const IrInst *cond = ir_inst(r, i->arg[0]);
    if (cond->op == IR_eq && fold_const(r, cond->arg[1], &c) && c == 0 &&
        ir_inst(r, cond->arg[0])->type == IR_I8 && is_bool(r, cond->arg[0], 2)) {
        IrRef t = i->arg[1];
        i->arg[0] = cond->arg[0];
        i->arg[1] = i->arg[2];
        i->arg[2] = t;
        return REWRITTEN;
    }
    if (!ir_type_is_int((IrType)i->type) || !fold_const(r, i->arg[1], &yes) ||
        !fold_const(r, i->arg[2], &no) || !is_bool(r, i->arg[0], 2))
        return IR_NONE;
    IrRef b = i->arg[0];
    if (yes == 1 && no == 0) {
        if (i->type == IR_I8)
            return b;
        i->arg[1] = i->arg[2] = IR_NONE;
        return fold_to_conv(i, IR_zext, b);
    }
    if (yes == 0 && no == 1 && i->type == IR_I8) {
        i->arg[2] = IR_NONE;
        return fold_to_bin(i, IR_xor, b, fold_make_const(f, IR_I8, 1));
    }
    return IR_NONE;
}
