/* simplify_vec.c: cheaper forms of vector instructions; rules as in simplify.c.
 *
 * Most come from scalar floating point in vector registers, where each guest instruction takes lane
 * 0 out and puts it back: %4 = vinsert f64 %1, %3, 0; %5 = vextract f64 %4, 0     %5 is %3
 */
#include <string.h>

#include "ir/base/bits.h"
#include "ir/simplify.h"

const uint8_t *fold_vconst(const Region *r, IrRef v)
{
    const IrInst *i = ir_inst(r, v);
    return i->op == IR_vconst ? r->vconsts.data[i->imm].b : NULL;
}

IrRef fold_to_vconst(Folder *f, IrInst *i, const uint8_t bytes[16])
{
    uint8_t copy[16]; /* bytes may lie among the vconsts, which may move */
    memcpy(copy, bytes, 16);
    *i = (IrInst){.op = IR_vconst, .type = IR_V128, .imm = ir_vconst_index(f->region, copy)};
    return REWRITTEN;
}

static IrRef to_fill(Folder *f, IrInst *i, uint8_t byte)
{
    uint8_t bytes[16];
    memset(bytes, byte, sizeof bytes);
    return fold_to_vconst(f, i, bytes);
}

static bool is_fill(const Region *r, IrRef v, uint8_t byte)
{
    const uint8_t *b = fold_vconst(r, v);
    return b != NULL && b[0] == byte && memcmp(b, b + 1, 15) == 0;
}

/* ---- AES: a guest whose instructions do parts of a round, keys apart ---- */

/* A round without a key takes the one that is added to it. */
static IrRef add_key(Folder *f, IrInst *i, IrRef round, IrRef key)
{
    const IrInst *x = ir_inst(f->region, round);
    if ((x->op != IR_aesenc && x->op != IR_aesenclast && x->op != IR_aesdec &&
         x->op != IR_aesdeclast) ||
        !is_fill(f->region, x->arg[1], 0))
        return IR_NONE;
    *i = (IrInst){
        .op = x->op, .type = IR_V128, .lane = x->lane, .nargs = 2, .arg = {x->arg[0], key}};
    return REWRITTEN;
}

/* A last round undone. */
IrRef fold_aesdeclast(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    bool undone = x->op == IR_aesenclast && is_fill(f->region, i->arg[1], 0) &&
                  is_fill(f->region, x->arg[1], 0);
    return undone ? x->arg[0] : IR_NONE;
}

/* After a last inverse round it makes a whole one. */
IrRef fold_aesimc(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    if (x->op != IR_aesdeclast || !is_fill(f->region, x->arg[1], 0))
        return IR_NONE;
    *i = (IrInst){.op = IR_aesdec,
                  .type = IR_V128,
                  .lane = x->lane,
                  .nargs = 2,
                  .arg = {x->arg[0], x->arg[1]}};
    return REWRITTEN;
}

/* ---- logic ---- */

static IrRef fold_vxor(Folder *f, IrInst *i)
{
    IrRef a = i->arg[0], b = i->arg[1], keyed = add_key(f, i, a, b);
    return keyed.i != 0 ? keyed : add_key(f, i, b, a);
}

IrRef fold_vlogic(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    IrRef a = i->arg[0], b = i->arg[1];
    bool same = ir_same(a, b);
    switch (i->op) {
    case IR_vand:
        if (same || is_fill(r, b, 0xff))
            return a;
        return is_fill(r, b, 0) ? b : IR_NONE;
    case IR_vor:
        if (same || is_fill(r, b, 0))
            return a;
        return is_fill(r, b, 0xff) ? b : IR_NONE;
    case IR_vxor:
        if (same)
            return to_fill(f, i, 0);
        return is_fill(r, b, 0) ? a : fold_vxor(f, i);
    default: /* vandn: ~a & b */
        if (same || is_fill(r, a, 0xff))
            return to_fill(f, i, 0);
        return is_fill(r, b, 0) || is_fill(r, a, 0) ? b : IR_NONE;
    }
}

IrRef fold_vsub(Folder *f, IrInst *i)
{
    if (ir_same(i->arg[0], i->arg[1]))
        return to_fill(f, i, 0);
    return is_fill(f->region, i->arg[1], 0) ? i->arg[0] : IR_NONE;
}

IrRef fold_vcmpeq(Folder *f, IrInst *i)
{
    return ir_same(i->arg[0], i->arg[1]) ? to_fill(f, i, 0xff) : IR_NONE;
}

IrRef fold_vshift(Folder *f, IrInst *i)
{
    uint64_t c;
    if (!fold_const(f->region, i->arg[1], &c))
        return IR_NONE;
    if (c == 0)
        return i->arg[0];
    return c >= ir_type_bits((IrType)i->lane) && i->op != IR_vsar ? to_fill(f, i, 0) : IR_NONE;
}

/* ---- lanes ---- */

static bool same_lanes(const IrInst *a, const IrInst *b)
{
    return ir_type_bits((IrType)a->lane) == ir_type_bits((IrType)b->lane);
}

/* Scalar v as type t of the same width. */
static IrRef as_type(const Region *r, IrInst *i, IrRef v)
{
    if (ir_inst(r, v)->type == i->type)
        return v;
    *i = (IrInst){.op = IR_bitcast, .type = i->type, .nargs = 1, .arg = {v}};
    return REWRITTEN;
}

/* A lane that a shuffle took whole out of one operand, or zeroed. */
static IrRef extract_shuffled(const Region *r, IrInst *i, const IrInst *x)
{
    unsigned n = ir_type_bits((IrType)i->lane) / 8;
    const uint8_t *mask = r->vconsts.data[x->imm].b + i->cc * n;
    unsigned from = mask[0];
    for (unsigned k = 1; k < n; k++) {
        if (mask[k] != (from >= 0x80 ? mask[k] | 0x80 : from + k))
            return IR_NONE;
    }
    if (from >= 0x80)
        return fold_to_const(i, 0);
    from &= 31;
    if (from % n != 0)
        return IR_NONE;
    i->arg[0] = x->arg[from / 16];
    i->cc = (uint8_t)(from % 16 / n);
    return REWRITTEN;
}

IrRef fold_vextract(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]);
    unsigned bits = ir_type_bits((IrType)i->lane), from = i->cc * bits;
    switch (x->op) {
    case IR_vinsert: {
        unsigned xbits = ir_type_bits((IrType)x->lane), xfrom = x->cc * xbits;
        if (bits == xbits && from == xfrom)
            return as_type(r, i, x->arg[1]);
        if (from + bits <= xfrom || from >= xfrom + xbits) {
            i->arg[0] = x->arg[0];
            return REWRITTEN;
        }
        return IR_NONE;
    }
    case IR_vlow:
        if (from >= ir_type_bits((IrType)x->lane))
            return fold_to_const(i, 0);
        if (from == 0 && bits == 32 && ir_inst(r, x->arg[0])->op == IR_fbox)
            return as_type(r, i, ir_inst(r, x->arg[0])->arg[0]);
        return same_lanes(i, x) ? as_type(r, i, x->arg[0]) : IR_NONE;
    case IR_vsplat:
        return same_lanes(i, x) ? as_type(r, i, x->arg[0]) : IR_NONE;
    case IR_vshuf:
        return extract_shuffled(r, i, x);
    default:
        return IR_NONE;
    }
}

IrRef fold_vinsert(Folder *f, IrInst *i)
{
    const Region *r = f->region;
    const IrInst *x = ir_inst(r, i->arg[0]), *y = ir_inst(r, i->arg[1]);
    if (x->op == IR_vinsert && same_lanes(i, x) && x->cc == i->cc) {
        i->arg[0] = x->arg[0]; /* overwritten */
        return REWRITTEN;
    }
    if (y->op == IR_vextract && same_lanes(i, y) && y->cc == i->cc && ir_same(y->arg[0], i->arg[0]))
        return i->arg[0];
    if (y->op == IR_bitcast) {
        i->lane = ir_inst(r, y->arg[0])->type;
        i->arg[1] = y->arg[0];
        return REWRITTEN;
    }
    bool low = ir_type_bits((IrType)i->lane) >= 32 && i->cc == 0 &&
               (is_fill(r, i->arg[0], 0) || (x->op == IR_vlow && same_lanes(i, x)));
    if (low) {
        *i = (IrInst){
            .op = IR_vlow, .type = IR_V128, .lane = i->lane, .nargs = 1, .arg = {i->arg[1]}};
        return REWRITTEN;
    }
    return IR_NONE;
}

IrRef fold_funbox(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    return x->op == IR_fbox ? x->arg[0] : IR_NONE;
}

IrRef fold_bitcast(Folder *f, IrInst *i)
{
    const IrInst *x = ir_inst(f->region, i->arg[0]);
    if (x->op == IR_bitcast)
        return x->arg[0];
    if (x->op == IR_vextract) {
        IrType t = (IrType)i->type;
        uint8_t cc = x->cc;
        *i = (IrInst){.op = IR_vextract,
                      .type = (uint8_t)t,
                      .lane = (uint8_t)t,
                      .cc = cc,
                      .nargs = 1,
                      .arg = {x->arg[0]}};
        return REWRITTEN;
    }
    return IR_NONE;
}

/* Masks are brought into one form: what comes from an operand that equals the other, or that no
 * byte uses, is said of the first. */
IrRef fold_vshuf(Folder *f, IrInst *i)
{
    Region *r = f->region;
    uint8_t mask[16];
    bool uses_a = false, uses_b = false, straight_a = true, straight_b = true;
    memcpy(mask, r->vconsts.data[i->imm].b, 16);
    for (unsigned n = 0; n < 16; n++) {
        bool zero = mask[n] >= 0x80;
        mask[n] = zero ? 0x80 : mask[n] & (ir_same(i->arg[0], i->arg[1]) ? 15 : 31);
        uses_a |= !zero && mask[n] < 16;
        uses_b |= !zero && mask[n] >= 16;
        straight_a &= mask[n] == n;
        straight_b &= mask[n] == n + 16;
    }
    if (straight_a || straight_b)
        return i->arg[straight_b];
    if (!uses_a && !uses_b)
        return to_fill(f, i, 0);
    if (!uses_a) {
        for (unsigned n = 0; n < 16; n++)
            mask[n] &= 0x8f;
        i->arg[0] = i->arg[1];
    }
    if (!uses_b || !uses_a)
        i->arg[1] = i->arg[0];
    const IrInst *x = ir_inst(r, i->arg[0]);
    if (ir_same(i->arg[0], i->arg[1]) && x->op == IR_vshuf) {
        for (unsigned n = 0; n < 16; n++) /* through the inner one */
            if (mask[n] < 0x80)
                mask[n] = r->vconsts.data[x->imm].b[mask[n]];
        i->arg[0] = x->arg[0];
        i->arg[1] = x->arg[1];
        i->imm = ir_vconst_index(r, mask);
        return REWRITTEN;
    }
    i->imm = ir_vconst_index(r, mask);
    return IR_NONE;
}
