/* simplify.c: cheaper forms of one integer instruction; the builder and pass_fold share them.
 *
 * Invariants: a rule looks at the instruction and at most two levels of its arguments; it never
 * touches instructions that exist already, so values keep their meaning. Floating point is never
 * folded: its flags are visible. New constants are placed at the folder's cursor.
 *
 * A rule returns an older value, REWRITTEN after changing *i into a cheaper op (which is then
 * looked at again), or IR_NONE. Example:
 *     %3 = sub i64 %1, 16         becomes  %3 = add i64 %1, -16     (REWRITTEN)
 *     %4 = add i64 %3, 16         becomes  add i64 %1, 0, then %1
 */
#include "ir/simplify.h"

#include <string.h>

#include "ir/base/bits.h"

static uint64_t all_ones(const IrInst *i)
{
    return bits_mask(ir_type_bits((IrType)i->type));
}

IrRef fold_make_const(Folder *f, IrType t, uint64_t bits)
{
    return ir_fold_place(
        f, &(IrInst){.op = IR_const, .type = (uint8_t)t, .imm = bits & bits_mask(ir_type_bits(t))});
}

IrRef fold_make(Folder *f, IrInst i)
{
    IrRef old = ir_simplify(f, &i);
    return old.i != 0 ? old : ir_fold_place(f, &i);
}

IrRef fold_to_const(IrInst *i, uint64_t bits)
{
    *i = (IrInst){.op = IR_const, .type = i->type, .imm = bits & all_ones(i)};
    return REWRITTEN;
}

static IrRef to_bin(IrInst *i, IrOp op, IrRef a, IrRef b)
{
    i->op = (uint16_t)op;
    i->arg[0] = a;
    i->arg[1] = b;
    i->nargs = 2;
    i->aux = 0;
    return REWRITTEN;
}

static IrRef to_conv(IrInst *i, IrOp op, IrRef a)
{
    i->op = (uint16_t)op;
    i->arg[0] = a;
    i->arg[1] = IR_NONE;
    i->nargs = 1;
    i->aux = 0;
    return REWRITTEN;
}

static IrRef to_cmp(IrInst *i, IrOp op, IrRef a, IrRef b)
{
    i->flags = 0;
    return to_bin(i, op, a, b);
}

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
static bool to_opposite(const Region *r, IrInst *i, IrRef v)
{
    const IrInst *c = ir_inst(r, v);
    IrRef x = c->arg[0], y = c->arg[1];
    switch (c->op) {
    case IR_eq:
        to_cmp(i, IR_ne, x, y);
        return true;
    case IR_ne:
        to_cmp(i, IR_eq, x, y);
        return true;
    case IR_ult:
        to_cmp(i, IR_ule, y, x);
        return true;
    case IR_ule:
        to_cmp(i, IR_ult, y, x);
        return true;
    case IR_slt:
        to_cmp(i, IR_sle, y, x);
        return true;
    case IR_sle:
        to_cmp(i, IR_slt, y, x);
        return true;
    default:
        return false;
    }
}

/* (x op c1) op c2 -> x op (c1 op c2), for an associative op. */
static IrRef reassociate(Folder *f, IrInst *i, uint64_t c2)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    uint64_t c1;
    if (x->op != i->op || !fold_const(r, x->arg[1], &c1))
        return IR_NONE;
    uint64_t c = i->op == IR_add   ? c1 + c2
                 : i->op == IR_mul ? c1 * c2
                 : i->op == IR_and ? (c1 & c2)
                 : i->op == IR_or  ? (c1 | c2)
                                   : (c1 ^ c2);
    i->arg[0] = x->arg[0];
    i->arg[1] = fold_make_const(f, (IrType)i->type, c);
    return REWRITTEN;
}

static IrRef rule_add(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    uint64_t c;
    if (fold_const(r, i->arg[1], &c))
        return c == 0 ? i->arg[0] : reassociate(f, i, c);
    const IrInst *y = ir_inst(r, i->arg[1]), *x = ir_inst(r, i->arg[0]);
    if (y->op == IR_neg)
        return to_bin(i, IR_sub, i->arg[0], y->arg[0]);
    if (x->op == IR_neg)
        return to_bin(i, IR_sub, i->arg[1], x->arg[0]);
    if (x->op == IR_sub && ir_same(x->arg[1], i->arg[1]))
        return x->arg[0];
    if (y->op == IR_sub && ir_same(y->arg[1], i->arg[0]))
        return y->arg[0];
    return IR_NONE;
}

static IrRef rule_sub(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    uint64_t c;
    if (ir_same(i->arg[0], i->arg[1]))
        return fold_to_const(i, 0);
    if (fold_const(r, i->arg[1], &c))
        return to_bin(i, IR_add, i->arg[0], fold_make_const(f, (IrType)i->type, -c));
    if (fold_const(r, i->arg[0], &c) && c == 0)
        return to_conv(i, IR_neg, i->arg[1]);
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (x->op == IR_add && ir_same(x->arg[0], i->arg[1]))
        return x->arg[1];
    if (x->op == IR_add && ir_same(x->arg[1], i->arg[1]))
        return x->arg[0];
    return IR_NONE;
}

static IrRef rule_mul(Folder *f, IrInst *i)
{
    uint64_t c;
    if (!fold_const(f->region, i->arg[1], &c))
        return IR_NONE;
    if (c == 0)
        return i->arg[1];
    if (c == 1)
        return i->arg[0];
    if (c == all_ones(i))
        return to_conv(i, IR_neg, i->arg[0]);
    if ((c & (c - 1)) == 0)
        return to_bin(i, IR_shl, i->arg[0],
                      fold_make_const(f, (IrType)i->type, (unsigned)__builtin_ctzll(c)));
    return reassociate(f, i, c);
}

static IrRef rule_udiv(Folder *f, IrInst *i)
{
    uint64_t c;
    if (!fold_const(f->region, i->arg[1], &c))
        return IR_NONE;
    if (c <= 1)
        return c == 0 ? i->arg[1] : i->arg[0];
    if ((c & (c - 1)) == 0)
        return to_bin(i, IR_shr, i->arg[0],
                      fold_make_const(f, (IrType)i->type, (unsigned)__builtin_ctzll(c)));
    return IR_NONE;
}

static IrRef rule_sdiv(Folder *f, IrInst *i)
{
    uint64_t c;
    if (!fold_const(f->region, i->arg[1], &c))
        return IR_NONE;
    if (c <= 1)
        return c == 0 ? i->arg[1] : i->arg[0];
    return c == all_ones(i) ? to_conv(i, IR_neg, i->arg[0]) : IR_NONE;
}

/* Bits of v that may be set. */
static uint64_t maybe_set(const Region *r, IrRef v, int depth)
{
    const IrInst *i = ir_inst(r, v);
    uint64_t all = all_ones(i), c;
    if (i->op == IR_const)
        return i->imm;
    if (ir_op_info[i->op].sig == IR_SIG_CMP)
        return 1;
    if (depth == 0)
        return all;
    switch (i->op) {
    case IR_zext:
        return maybe_set(r, i->arg[0], depth - 1);
    case IR_trunc:
        return maybe_set(r, i->arg[0], depth - 1) & all;
    case IR_and:
        return maybe_set(r, i->arg[0], depth - 1) & maybe_set(r, i->arg[1], depth - 1);
    case IR_or:
    case IR_xor:
        return maybe_set(r, i->arg[0], depth - 1) | maybe_set(r, i->arg[1], depth - 1);
    case IR_extract:
        return bits_mask(i->aux >> 8);
    case IR_shr:
        if (fold_const(r, i->arg[1], &c) && c < ir_type_bits((IrType)i->type))
            return maybe_set(r, i->arg[0], depth - 1) >> c;
        return all;
    case IR_shl:
        if (fold_const(r, i->arg[1], &c) && c < ir_type_bits((IrType)i->type))
            return maybe_set(r, i->arg[0], depth - 1) << c & all;
        return all;
    default:
        return all;
    }
}

static IrRef rule_and(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    uint64_t c;
    if (ir_same(i->arg[0], i->arg[1]))
        return i->arg[0];
    if (!fold_const(r, i->arg[1], &c))
        return IR_NONE;
    uint64_t live = maybe_set(r, i->arg[0], 3);
    if ((live & c) == 0)
        return fold_to_const(i, 0);
    if ((live & ~c) == 0)
        return i->arg[0];
    /* Bits under the mask come from one side of a deposit. */
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (x->op == IR_deposit && (bits_mask(x->aux >> 8) << (x->aux & 0xff) & c) == 0) {
        i->arg[0] = x->arg[0];
        return REWRITTEN;
    }
    return reassociate(f, i, c);
}

static IrRef rule_or(Folder *f, IrInst *i)
{
    uint64_t c;
    if (ir_same(i->arg[0], i->arg[1]))
        return i->arg[0];
    if (!fold_const(f->region, i->arg[1], &c))
        return IR_NONE;
    if (c == 0)
        return i->arg[0];
    return c == all_ones(i) ? i->arg[1] : reassociate(f, i, c);
}

static IrRef rule_xor(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    uint64_t c;
    if (ir_same(i->arg[0], i->arg[1]))
        return fold_to_const(i, 0);
    if (!fold_const(r, i->arg[1], &c))
        return IR_NONE;
    if (c == 0)
        return i->arg[0];
    if (c == 1 && i->type == IR_I8 && to_opposite(r, i, i->arg[0]))
        return REWRITTEN;
    if (c == all_ones(i))
        return to_conv(i, IR_not, i->arg[0]);
    return reassociate(f, i, c);
}

static IrRef rule_not(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    return x->op == IR_not ? x->arg[0] : IR_NONE;
}

static IrRef rule_neg(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    if (x->op == IR_neg)
        return x->arg[0];
    return x->op == IR_sub ? to_bin(i, IR_sub, x->arg[1], x->arg[0]) : IR_NONE;
}

static IrRef rule_shift(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    unsigned bits = ir_type_bits((IrType)i->type);
    uint64_t c, c1;
    if (fold_const(r, i->arg[0], &c) && c == 0)
        return i->arg[0];
    if (!fold_const(r, i->arg[1], &c))
        return IR_NONE;
    if ((c & (bits - 1)) == 0)
        return i->arg[0];
    if (c >= bits) {
        i->arg[1] = fold_make_const(f, (IrType)i->type, c & (bits - 1));
        return REWRITTEN;
    }
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (x->op != i->op || !fold_const(r, x->arg[1], &c1) || c1 >= bits)
        return IR_NONE;
    bool rotates = i->op == IR_rotl || i->op == IR_rotr;
    uint64_t sum = rotates ? (c + c1) & (bits - 1) : c + c1;
    if (sum >= bits && i->op != IR_sar)
        return fold_to_const(i, 0);
    i->arg[0] = x->arg[0];
    i->arg[1] = fold_make_const(f, (IrType)i->type, sum >= bits ? bits - 1 : sum);
    return REWRITTEN;
}

/* ---- widths ---- */

static IrRef rule_zext(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (x->op == IR_zext)
        return to_conv(i, IR_zext, x->arg[0]);
    if (x->op == IR_trunc) {
        /* The bits cut off were zero already. */
        const IrInst *w = ir_inst(r, x->arg[0]);
        if (w->type <= i->type && (maybe_set(r, x->arg[0], 3) & ~all_ones(x)) == 0)
            return w->type == i->type ? x->arg[0] : to_conv(i, IR_zext, x->arg[0]);
    }
    return IR_NONE;
}

static IrRef rule_sext(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (x->op == IR_zext || x->op == IR_sext)
        return to_conv(i, (IrOp)x->op, x->arg[0]);
    unsigned sign = ir_type_bits((IrType)x->type) - 1;
    if ((maybe_set(r, i->arg[0], 3) >> sign & 1) == 0)
        return to_conv(i, IR_zext, i->arg[0]);
    return IR_NONE;
}

static IrRef rule_trunc(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    unsigned bits = ir_type_bits((IrType)i->type);
    uint64_t c;
    switch (x->op) {
    case IR_trunc:
        return to_conv(i, IR_trunc, x->arg[0]);
    case IR_zext:
    case IR_sext: {
        const IrInst *s = ir_inst(r, x->arg[0]);
        if (s->type == i->type)
            return x->arg[0];
        return to_conv(i, s->type < i->type ? (IrOp)x->op : IR_trunc, x->arg[0]);
    }
    case IR_deposit: {
        unsigned pos = x->aux & 0xff, len = x->aux >> 8;
        if (pos >= bits)
            return to_conv(i, IR_trunc, x->arg[0]);
        if (pos == 0 && len >= bits)
            return to_conv(i, IR_trunc, x->arg[1]);
        return IR_NONE;
    }
    case IR_extract:
    case IR_sextract:
        if ((x->aux & 0xff) == 0 && x->aux >> 8 >= bits)
            return to_conv(i, IR_trunc, x->arg[0]);
        return IR_NONE;
    case IR_and:
        if (fold_const(r, x->arg[1], &c) && (c & all_ones(i)) == all_ones(i))
            return to_conv(i, IR_trunc, x->arg[0]);
        return IR_NONE;
    default:
        return IR_NONE;
    }
}

static IrRef to_field(IrInst *i, IrRef a, unsigned pos, unsigned len)
{
    i->arg[0] = a;
    i->aux = pos | len << 8;
    return REWRITTEN;
}

static IrRef rule_extract(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    unsigned pos = i->aux & 0xff, len = i->aux >> 8, bits = ir_type_bits((IrType)i->type);
    bool is_signed = i->op == IR_sextract;
    if (pos == 0 && len == bits)
        return i->arg[0];
    if (pos + len == bits)
        return to_bin(i, is_signed ? IR_sar : IR_shr, i->arg[0],
                      fold_make_const(f, (IrType)i->type, pos));
    const IrInst *x = ir_inst(r, i->arg[0]);
    uint64_t live = maybe_set(r, i->arg[0], 3);
    if (!is_signed && pos == 0 && (live & ~bits_mask(len)) == 0)
        return i->arg[0];
    uint64_t c;
    switch (x->op) {
    case IR_deposit: {
        unsigned xpos = x->aux & 0xff, xlen = x->aux >> 8;
        if (pos >= xpos + xlen || pos + len <= xpos)
            return to_field(i, x->arg[0], pos, len);
        if (pos >= xpos && pos + len <= xpos + xlen)
            return to_field(i, x->arg[1], pos - xpos, len);
        return IR_NONE;
    }
    case IR_extract:
        if (pos + len <= x->aux >> 8)
            return to_field(i, x->arg[0], pos + (x->aux & 0xff), len);
        return IR_NONE;
    case IR_shr:
        if (fold_const(r, x->arg[1], &c) && pos + len + c <= bits)
            return to_field(i, x->arg[0], pos + (unsigned)c, len);
        return IR_NONE;
    case IR_and:
        if (fold_const(r, x->arg[1], &c) && (c >> pos & bits_mask(len)) == bits_mask(len))
            return to_field(i, x->arg[0], pos, len);
        return IR_NONE;
    default:
        return IR_NONE;
    }
}

static IrRef rule_deposit(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    unsigned pos = i->aux & 0xff, len = i->aux >> 8;
    const IrInst *x = ir_inst(r, i->arg[0]), *y = ir_inst(r, i->arg[1]);
    uint64_t c;
    if (pos == 0 && len == ir_type_bits((IrType)i->type))
        return i->arg[1];
    /* Only the low len bits of b count. */
    if (y->op == IR_zext || y->op == IR_trunc) {
        const IrInst *s = ir_inst(r, y->arg[0]);
        const IrInst *t = s->op == IR_trunc || s->op == IR_zext ? ir_inst(r, s->arg[0]) : NULL;
        if (t != NULL && t->type == i->type && ir_type_bits((IrType)s->type) >= len) {
            i->arg[1] = s->arg[0];
            return REWRITTEN;
        }
    }
    if (y->op == IR_and && fold_const(r, y->arg[1], &c) && (c & bits_mask(len)) == bits_mask(len)) {
        i->arg[1] = y->arg[0];
        return REWRITTEN;
    }
    if ((y->op == IR_extract || y->op == IR_sextract) && (y->aux & 0xff) == pos &&
        y->aux >> 8 >= len && ir_same(y->arg[0], i->arg[0]))
        return i->arg[0]; /* the field put back where it came from */
    if (x->op == IR_deposit && x->aux == i->aux) {
        i->arg[0] = x->arg[0]; /* overwritten */
        return REWRITTEN;
    }
    return IR_NONE;
}

/* ---- comparisons and selection ---- */

static bool used_once(const Folder *f, IrRef v)
{
    return f->uses != NULL && v.i < f->use_count && f->uses[v.i] == 1;
}

static IrRef rule_equal(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    bool want = i->op == IR_eq;
    uint64_t c, c1;
    if (ir_same(i->arg[0], i->arg[1]))
        return fold_to_const(i, want);
    if (!fold_const(r, i->arg[1], &c))
        return IR_NONE;
    const IrInst *x = ir_inst(r, i->arg[0]);
    if ((c & ~maybe_set(r, i->arg[0], 3)) != 0)
        return fold_to_const(i, !want);
    if (c <= 1 && is_bool(r, i->arg[0], 3)) {
        IrRef b = bool_source(r, i->arg[0]);
        if ((c != 0) == want) { /* the bool itself */
            if (ir_inst(r, b)->type == IR_I8)
                return b;
        } else if (to_opposite(r, i, b)) {
            return REWRITTEN;
        }
        if (!ir_same(b, i->arg[0]))
            return to_cmp(i, (IrOp)i->op, b, fold_make_const(f, ir_inst(r, b)->type, c));
    }
    if (c == 0 && x->op == IR_neg)
        return to_cmp(i, (IrOp)i->op, x->arg[0], i->arg[1]);
    /* The rest look behind a value that, were it needed anyway, is the better one to compare. */
    if (!used_once(f, i->arg[0]))
        return IR_NONE;
    if (c == 0 && (x->op == IR_sub || x->op == IR_xor))
        return to_cmp(i, (IrOp)i->op, x->arg[0], x->arg[1]);
    if ((x->op == IR_add || x->op == IR_xor) && fold_const(r, x->arg[1], &c1)) {
        IrType t = (IrType)x->type;
        uint64_t k = x->op == IR_add ? c - c1 : c ^ c1;
        return to_cmp(i, (IrOp)i->op, x->arg[0], fold_make_const(f, t, k));
    }
    return IR_NONE;
}

static IrRef rule_less_unsigned(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    bool or_equal = i->op == IR_ule;
    uint64_t c;
    if (ir_same(i->arg[0], i->arg[1]))
        return fold_to_const(i, or_equal);
    if (fold_const(r, i->arg[1], &c)) {
        uint64_t live = maybe_set(r, i->arg[0], 3);
        if (c == 0 && !or_equal)
            return fold_to_const(i, 0);
        if (or_equal ? live <= c : live < c)
            return fold_to_const(i, 1);
        if (c == 0)
            return to_cmp(i, IR_eq, i->arg[0], i->arg[1]);
        if (c == 1 && !or_equal)
            return to_cmp(i, IR_eq, i->arg[0],
                          fold_make_const(f, (IrType)ir_inst(r, i->arg[0])->type, 0));
    } else if (fold_const(r, i->arg[0], &c)) {
        IrType t = (IrType)ir_inst(r, i->arg[1])->type;
        if (c == 0 && or_equal)
            return fold_to_const(i, 1);
        if (c == 0)
            return to_cmp(i, IR_ne, i->arg[1], i->arg[0]);
        if (c == 1 && or_equal)
            return to_cmp(i, IR_ne, i->arg[1], fold_make_const(f, t, 0));
        if (!or_equal && c == bits_mask(ir_type_bits(t)))
            return fold_to_const(i, 0);
    }
    return IR_NONE;
}

static IrRef rule_less_signed(Folder *f, IrInst *i)
{
    (void)f;
    return ir_same(i->arg[0], i->arg[1]) ? fold_to_const(i, i->op == IR_sle) : IR_NONE;
}

static IrRef rule_select(Folder *f, IrInst *i)
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
        return to_conv(i, IR_zext, b);
    }
    if (yes == 0 && no == 1 && i->type == IR_I8) {
        i->arg[2] = IR_NONE;
        return to_bin(i, IR_xor, b, fold_make_const(f, IR_I8, 1));
    }
    return IR_NONE;
}

/* ---- division ---- */

/* hi:lo / d with hi = 0 (or the sign of lo) is a plain division, except where the wide one
 * answers 0: d = 0 for a remainder, and the quotient 2^63. */
static IrRef rule_div128(Folder *f, IrInst *i)
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
            narrow = narrow && maybe_set(r, lo, 3) >> 63 == 0;
        if (is_signed && fold_const(r, lo, &low))
            narrow = c == (uint64_t)((int64_t)low >> 63);
    } else if (is_signed) {
        const IrInst *hi = ir_inst(r, i->arg[0]);
        narrow =
            hi->op == IR_sar && ir_same(hi->arg[0], lo) && fold_const(r, hi->arg[1], &c) && c == 63;
    }
    if (!narrow)
        return IR_NONE;
    bool positive = maybe_set(r, lo, 3) >> 63 == 0;
    bool d_known = fold_const(r, d, &c);
    bool d_nonzero = d_known ? c != 0 : fold_known_nonzero(f, d);
    bool overflows = is_signed && !positive && !(d_known && c != UINT64_MAX);
    IrInst bin = {.type = IR_I64, .nargs = 2};
    bin.op = is_signed ? IR_sdiv : IR_udiv;
    bin.arg[0] = lo;
    bin.arg[1] = d;
    i->arg[2] = IR_NONE;
    if (!remainder && !overflows)
        return to_bin(i, (IrOp)bin.op, lo, d);
    IrRef v = fold_make(f, bin);
    if (remainder) { /* x - x / d * d: also right where the division overflows */
        IrRef m = fold_make(f, (IrInst){.op = IR_mul, .type = IR_I64, .nargs = 2, .arg = {v, d}});
        if (d_nonzero)
            return to_bin(i, IR_sub, lo, m);
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

/* ---- the table ---- */

static FoldRule *const rules[IR_OP_COUNT] = {[IR_add] = rule_add,
                                             [IR_sub] = rule_sub,
                                             [IR_mul] = rule_mul,
                                             [IR_udiv] = rule_udiv,
                                             [IR_sdiv] = rule_sdiv,
                                             [IR_udivq] = rule_div128,
                                             [IR_udivr] = rule_div128,
                                             [IR_sdivq] = rule_div128,
                                             [IR_sdivr] = rule_div128,
                                             [IR_and] = rule_and,
                                             [IR_or] = rule_or,
                                             [IR_xor] = rule_xor,
                                             [IR_not] = rule_not,
                                             [IR_neg] = rule_neg,
                                             [IR_shl] = rule_shift,
                                             [IR_shr] = rule_shift,
                                             [IR_sar] = rule_shift,
                                             [IR_rotl] = rule_shift,
                                             [IR_rotr] = rule_shift,
                                             [IR_zext] = rule_zext,
                                             [IR_sext] = rule_sext,
                                             [IR_trunc] = rule_trunc,
                                             [IR_extract] = rule_extract,
                                             [IR_sextract] = rule_extract,
                                             [IR_deposit] = rule_deposit,
                                             [IR_eq] = rule_equal,
                                             [IR_ne] = rule_equal,
                                             [IR_ult] = rule_less_unsigned,
                                             [IR_ule] = rule_less_unsigned,
                                             [IR_slt] = rule_less_signed,
                                             [IR_sle] = rule_less_signed,
                                             [IR_select] = rule_select,
#define VEC_RULE(op, fn) [IR_##op] = fn,
                                             FOLD_VECTOR_RULES(VEC_RULE)
#undef VEC_RULE
};

bool fold_known_nonzero(Folder *f, IrRef v)
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

static bool is_any_const(const Region *r, IrRef v)
{
    return ir_is_const(r, v) || ir_inst(r, v)->op == IR_vconst;
}

/* Constants go right; otherwise the older value left, so that equal expressions look equal. */
static void order_arguments(const Region *r, IrInst *i)
{
    if (!ir_has(i, IR_E_COMM))
        return;
    bool left = is_any_const(r, i->arg[0]), right = is_any_const(r, i->arg[1]);
    if (left ? !right : !right && i->arg[0].i > i->arg[1].i) {
        IrRef t = i->arg[0];
        i->arg[0] = i->arg[1];
        i->arg[1] = t;
    }
}

static bool fold_all_const(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    IrValue a[3] = {0};
    if (i->nargs == 0 || ir_op_info[i->op].sig == IR_SIG_SPECIAL || i->op == IR_frcpest ||
        i->op == IR_frsqrtest)
        return false;
    for (unsigned n = 0; n < i->nargs; n++) {
        const uint8_t *bytes = fold_vconst(r, i->arg[n]);
        if (bytes != NULL)
            memcpy(a[n].b, bytes, 16);
        else if (!fold_const(r, i->arg[n], &a[n].u))
            return false;
    }
    IrValue v = ir_eval(r, i, a);
    if (ir_type_is_vector((IrType)i->type))
        fold_to_vconst(f, i, v.b);
    else
        fold_to_const(i, v.u);
    return true;
}

IrRef ir_simplify(Folder *f, IrInst *i)
{
    for (int turns = 0; turns < 16; turns++) {
        if (!ir_has(i, IR_E_PURE) || ir_has(i, IR_E_RAISES))
            return IR_NONE;
        if (fold_all_const(f, i))
            return IR_NONE;
        order_arguments(f->region, i);
        FoldRule *rule = rules[i->op];
        if (rule == NULL)
            return IR_NONE;
        IrRef v = rule(f, i);
        if (v.i != REWRITTEN.i)
            return v;
    }
    return IR_NONE;
}
