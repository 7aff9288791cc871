/* simplify.c: cheaper forms of one integer instruction; the builder and pass_fold share them.
 *
 * Invariants: a rule looks at the instruction and at most two levels of its arguments; it never
 * touches instructions that exist already, so values keep their meaning. Floating point is never
 * folded: its flags are visible. New constants are placed at the folder's cursor.
 *
 * Where dependencies count (Region.dependencies) a rule's answer is taken only if it still depends
 * on all operands.
 *
 * A rule returns an older value, REWRITTEN after changing *i into a cheaper op (which is then
 * looked at again), or IR_NONE. Example:
 *     %3 = sub i64 %1, 16         becomes  %3 = add i64 %1, -16     (REWRITTEN)
 *     %4 = add i64 %3, 16         becomes  add i64 %1, 0, then %1
 */
#include "ir/simplify.h"

#include <string.h>

#include "ir/base/bits.h"

uint64_t fold_all_ones(const IrInst *i)
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
    *i = (IrInst){.op = IR_const, .type = i->type, .imm = bits & fold_all_ones(i)};
    return REWRITTEN;
}

IrRef fold_to_bin(IrInst *i, IrOp op, IrRef a, IrRef b)
{
    i->op = (uint16_t)op;
    i->arg[0] = a;
    i->arg[1] = b;
    i->nargs = 2;
    i->aux = 0;
    return REWRITTEN;
}

IrRef fold_to_conv(IrInst *i, IrOp op, IrRef a)
{
    i->op = (uint16_t)op;
    i->arg[0] = a;
    i->arg[1] = IR_NONE;
    i->nargs = 1;
    i->aux = 0;
    return REWRITTEN;
}

IrRef fold_to_cmp(IrInst *i, IrOp op, IrRef a, IrRef b)
{
    i->flags = 0;
    return fold_to_bin(i, op, a, b);
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
        return fold_to_bin(i, IR_sub, i->arg[0], y->arg[0]);
    if (x->op == IR_neg)
        return fold_to_bin(i, IR_sub, i->arg[1], x->arg[0]);
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
        return fold_to_bin(i, IR_add, i->arg[0], fold_make_const(f, (IrType)i->type, -c));
    if (fold_const(r, i->arg[0], &c) && c == 0)
        return fold_to_conv(i, IR_neg, i->arg[1]);
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
    if (c == fold_all_ones(i))
        return fold_to_conv(i, IR_neg, i->arg[0]);
    if ((c & (c - 1)) == 0)
        return fold_to_bin(i, IR_shl, i->arg[0],
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
        return fold_to_bin(i, IR_shr, i->arg[0],
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
    return c == fold_all_ones(i) ? fold_to_conv(i, IR_neg, i->arg[0]) : IR_NONE;
}

/* Bits of v that may be set. */
uint64_t fold_maybe_set(const Region *r, IrRef v, int depth)
{
    const IrInst *i = ir_inst(r, v);
    uint64_t all = fold_all_ones(i), c;
    if (i->op == IR_const)
        return i->imm;
    if (ir_op_info[i->op].sig == IR_SIG_CMP)
        return 1;
    if (depth == 0)
        return all;
    switch (i->op) {
    case IR_zext:
        return fold_maybe_set(r, i->arg[0], depth - 1);
    case IR_trunc:
        return fold_maybe_set(r, i->arg[0], depth - 1) & all;
    case IR_and:
        return fold_maybe_set(r, i->arg[0], depth - 1) & fold_maybe_set(r, i->arg[1], depth - 1);
    case IR_or:
    case IR_xor:
        return fold_maybe_set(r, i->arg[0], depth - 1) | fold_maybe_set(r, i->arg[1], depth - 1);
    case IR_extract:
        return bits_mask(i->aux >> 8);
    case IR_shr:
        if (fold_const(r, i->arg[1], &c) && c < ir_type_bits((IrType)i->type))
            return fold_maybe_set(r, i->arg[0], depth - 1) >> c;
        return all;
    case IR_shl:
        if (fold_const(r, i->arg[1], &c) && c < ir_type_bits((IrType)i->type))
            return fold_maybe_set(r, i->arg[0], depth - 1) << c & all;
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
    uint64_t live = fold_maybe_set(r, i->arg[0], 3);
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
    return c == fold_all_ones(i) ? i->arg[1] : reassociate(f, i, c);
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
    if (c == 1 && i->type == IR_I8 && fold_to_opposite(r, i, i->arg[0]))
        return REWRITTEN;
    if (c == fold_all_ones(i))
        return fold_to_conv(i, IR_not, i->arg[0]);
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
    return x->op == IR_sub ? fold_to_bin(i, IR_sub, x->arg[1], x->arg[0]) : IR_NONE;
}

static IrRef rule_bitrev(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    return x->op == IR_bitrev ? x->arg[0] : IR_NONE;
}

static IrRef rule_clz(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    return x->op == IR_bitrev ? fold_to_conv(i, IR_ctz, x->arg[0]) : IR_NONE;
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

/* ---- the table ---- */

static FoldRule *const rules[IR_OP_COUNT] = {[IR_add] = rule_add,
                                             [IR_sub] = rule_sub,
                                             [IR_mul] = rule_mul,
                                             [IR_udiv] = rule_udiv,
                                             [IR_sdiv] = rule_sdiv,
                                             [IR_udivq] = fold_div128,
                                             [IR_udivr] = fold_div128,
                                             [IR_sdivq] = fold_div128,
                                             [IR_sdivr] = fold_div128,
                                             [IR_and] = rule_and,
                                             [IR_or] = rule_or,
                                             [IR_xor] = rule_xor,
                                             [IR_not] = rule_not,
                                             [IR_neg] = rule_neg,
                                             [IR_clz] = rule_clz,
                                             [IR_bitrev] = rule_bitrev,
                                             [IR_shl] = rule_shift,
                                             [IR_shr] = rule_shift,
                                             [IR_sar] = rule_shift,
                                             [IR_rotl] = rule_shift,
                                             [IR_rotr] = rule_shift,
                                             [IR_zext] = fold_zext,
                                             [IR_sext] = fold_sext,
                                             [IR_trunc] = fold_trunc,
                                             [IR_extract] = fold_extract,
                                             [IR_sextract] = fold_extract,
                                             [IR_deposit] = fold_deposit,
                                             [IR_eq] = fold_equal,
                                             [IR_ne] = fold_equal,
                                             [IR_ult] = fold_less_unsigned,
                                             [IR_ule] = fold_less_unsigned,
                                             [IR_slt] = fold_less_signed,
                                             [IR_sle] = fold_less_signed,
                                             [IR_select] = fold_select,
#define VEC_RULE(op, fn) [IR_##op] = fn,
                                             FOLD_VECTOR_RULES(VEC_RULE)
#undef VEC_RULE
};

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
    IrValue a[3];
    if (i->nargs == 0 || !is_any_const(r, i->arg[0]) || ir_op_info[i->op].sig == IR_SIG_SPECIAL ||
        i->op == IR_frcpest || i->op == IR_frsqrtest)
        return false;
    memset(a, 0, sizeof a);
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

/* ---- dependencies (Region.dependencies) ---- */

/* Whether i is computed from v, which is at most so many instructions away. */
static bool comes_from(const Region *r, const IrInst *i, IrRef v, unsigned depth)
{
    for (unsigned n = 0; n < i->nargs; n++)
        if (ir_same(i->arg[n], v) ||
            (depth > 0 && comes_from(r, ir_inst(r, i->arg[n]), v, depth - 1)))
            return true;
    return false;
}

/* Whether i is computed from v, or from all that v is computed from: rules look behind operands. */
static bool depends_on(const Region *r, const IrInst *i, IrRef v, unsigned depth)
{
    enum { MADE_DEPTH = 3 }; /* of what a rule puts in the place of one instruction */
    const IrInst *x = ir_inst(r, v);
    if (is_any_const(r, v) || comes_from(r, i, v, MADE_DEPTH))
        return true;
    if (depth == 0 || x->nargs == 0 || !ir_has(x, IR_E_PURE))
        return false;
    for (unsigned n = 0; n < x->nargs; n++)
        if (!depends_on(r, i, x->arg[n], depth - 1))
            return false;
    return true;
}

/* Whether a rule's answer for `old` leaves out none of its operands: the 0 of x - x does. */
static bool keeps_dependencies(const Region *r, const IrInst *old, const IrInst *now, IrRef answer)
{
    enum { LOOKED_BEHIND = 3 };
    const IrInst as_it_is = {.nargs = 1, .arg = {answer}};
    for (unsigned n = 0; n < old->nargs; n++)
        if (!depends_on(r, answer.i == REWRITTEN.i ? now : &as_it_is, old->arg[n], LOOKED_BEHIND))
            return false;
    return true;
}

static IrRef apply_rule(Folder *f, FoldRule *rule, IrInst *i)
{
    if (!f->region->dependencies)
        return rule(f, i);
    const IrInst old = *i;
    IrRef v = rule(f, i);
    if (v.i == 0 || keeps_dependencies(f->region, &old, i, v))
        return v;
    *i = old;
    return IR_NONE;
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
        IrRef v = apply_rule(f, rule, i);
        if (v.i != REWRITTEN.i)
            return v;
    }
    return IR_NONE;
}
