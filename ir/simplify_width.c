/* simplify_width.c: cheaper forms of extensions, truncations and bit fields; rules as in
 * simplify.c.
 *
 * Example: the low byte of a register put back where it came from
 *     %2 = extract i64 %1, 8, 8; %3 = deposit i64 %1, %2, 8, 8     %3 is %1
 */
#include "ir/base/bits.h"
#include "ir/simplify.h"

IrRef fold_zext(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (x->op == IR_zext)
        return fold_to_conv(i, IR_zext, x->arg[0]);
    if (x->op == IR_trunc) {
        /* The bits cut off were zero already. */
        const IrInst *w = ir_inst(r, x->arg[0]);
        if (w->type <= i->type && (fold_maybe_set(r, x->arg[0], 3) & ~fold_all_ones(x)) == 0)
            return w->type == i->type ? x->arg[0] : fold_to_conv(i, IR_zext, x->arg[0]);
    }
    return IR_NONE;
}

IrRef fold_sext(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (x->op == IR_zext || x->op == IR_sext)
        return fold_to_conv(i, (IrOp)x->op, x->arg[0]);
    unsigned sign = ir_type_bits((IrType)x->type) - 1;
    if ((fold_maybe_set(r, i->arg[0], 3) >> sign & 1) == 0)
        return fold_to_conv(i, IR_zext, i->arg[0]);
    return IR_NONE;
}

IrRef fold_trunc(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    unsigned bits = ir_type_bits((IrType)i->type);
    uint64_t c;
    switch (x->op) {
    case IR_trunc:
        return fold_to_conv(i, IR_trunc, x->arg[0]);
    case IR_zext:
    case IR_sext: {
        const IrInst *s = ir_inst(r, x->arg[0]);
        if (s->type == i->type)
            return x->arg[0];
        return fold_to_conv(i, s->type < i->type ? (IrOp)x->op : IR_trunc, x->arg[0]);
    }
    case IR_deposit: {
        unsigned pos = x->aux & 0xff, len = x->aux >> 8;
        if (pos >= bits)
            return fold_to_conv(i, IR_trunc, x->arg[0]);
        if (pos == 0 && len >= bits)
            return fold_to_conv(i, IR_trunc, x->arg[1]);
        return IR_NONE;
    }
    case IR_extract:
    case IR_sextract:
        if ((x->aux & 0xff) == 0 && x->aux >> 8 >= bits)
            return fold_to_conv(i, IR_trunc, x->arg[0]);
        return IR_NONE;
    case IR_and:
        if (fold_const(r, x->arg[1], &c) && (c & fold_all_ones(i)) == fold_all_ones(i))
            return fold_to_conv(i, IR_trunc, x->arg[0]);
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

IrRef fold_extract(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    unsigned pos = i->aux & 0xff, len = i->aux >> 8, bits = ir_type_bits((IrType)i->type);
    bool is_signed = i->op == IR_sextract;
    if (pos == 0 && len == bits)
        return i->arg[0];
    if (pos + len == bits)
        return fold_to_bin(i, is_signed ? IR_sar : IR_shr, i->arg[0],
                           fold_make_const(f, (IrType)i->type, pos));
    const IrInst *x = ir_inst(r, i->arg[0]);
    uint64_t live = fold_maybe_set(r, i->arg[0], 3);
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

IrRef fold_deposit(Folder *f, IrInst *i)
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
