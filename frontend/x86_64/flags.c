/* flags.c: the lazy flags while lifting: who set them, and conditions on them (flags.h).
 *
 * A flag comes from one of the three fields of the kind. While that field is known statically the
 * flag is plain IR on the operands; otherwise one call of the pure helper computes all six, after
 * which the kind is CC_EFLAGS and known again.
 *
 * Example: sub eax, ecx; jl X    br (slt eax, ecx)
 *          dec rdx; jnz X        br (ne rdx', 0)
 *          jb X (kind unknown)   %e = call eflags(...); br (extract %e, 0, 1)
 */
#include "frontend/x86_64/lift.h"
#include "ir/base/log.h"

enum { VA, VB, VC, VD, VE };

static const uint16_t value_slots[5] = {X86_SLOT_CC_A, X86_SLOT_CC_B, X86_SLOT_CC_C, X86_SLOT_CC_D,
                                        X86_SLOT_CC_E};

static X86KnownFlags *flags_of(LiftContext *lc)
{
    return &lc->known.flags;
}

static unsigned size_bits(LiftContext *lc, IrRef v)
{
    return ir_type_bits((IrType)ir_inst(lc->b.region, v)->type);
}

static unsigned log_size(LiftContext *lc, IrRef v)
{
    return (unsigned)__builtin_ctz(size_bits(lc, v) / 8);
}

void x86_flags_forget(X86KnownFlags *f)
{
    *f = (X86KnownFlags){0};
}

static IrRef widen(LiftContext *lc, IrRef v)
{
    return size_bits(lc, v) == 64 ? v : ir_conv(&lc->b, IR_zext, IR_I64, v);
}

static IrRef kind_value(LiftContext *lc)
{
    X86KnownFlags *f = flags_of(lc);
    if (f->mask == CC_ALL_KNOWN)
        return x86_const(lc, IR_I32, f->kind);
    return f->kind_ref.i ? f->kind_ref : ir_get(&lc->b, X86_SLOT_CC_KIND);
}

static IrRef slot_value(LiftContext *lc, unsigned i)
{
    X86KnownFlags *f = flags_of(lc);
    return f->v[i].i ? widen(lc, f->v[i]) : ir_get(&lc->b, value_slots[i]);
}

/* cc_a + i at the width given by a kind's size field. */
static IrRef operand(LiftContext *lc, unsigned i, unsigned log2)
{
    X86KnownFlags *f = flags_of(lc);
    IrType t = x86_int_type(1u << log2);
    if (f->v[i].i && ir_inst(lc->b.region, f->v[i])->type == t)
        return f->v[i];
    IrRef v = slot_value(lc, i);
    return t == IR_I64 ? v : ir_conv(&lc->b, IR_trunc, t, v);
}

void x86_flags_flush(LiftContext *lc)
{
    X86KnownFlags *f = flags_of(lc);
    unsigned owed = f->pending;
    f->pending = 0;
    for (unsigned i = 0; i < 5; i++)
        if (owed & 1u << i)
            ir_put(&lc->b, value_slots[i], slot_value(lc, i));
    if (owed & X86_OWED_KIND)
        ir_put(&lc->b, X86_SLOT_CC_KIND, kind_value(lc));
}

/* ---- setting ---- */

static void set_value(X86KnownFlags *f, unsigned i, IrRef v)
{
    f->v[i] = v;
    f->pending |= (uint8_t)(1u << i);
}

static void set_base(LiftContext *lc, unsigned kind)
{
    X86KnownFlags *f = flags_of(lc);
    f->kind = kind;
    f->mask = CC_ALL_KNOWN;
    f->kind_ref = f->result = f->first = f->fcmp_a = f->fcmp_b = IR_NONE;
    f->each = false;
    /* what was owed for other fields is no longer wanted, but a value that is remembered must be
     * in its slot or owed: forget what is dropped */
    for (unsigned i = 0; i < 5; i++)
        if (f->pending & 1u << i)
            f->v[i] = IR_NONE;
    f->pending = X86_OWED_KIND;
}

void x86_flags_set(LiftContext *lc, enum X86CcKind kind, IrRef a, IrRef b, IrRef result)
{
    X86KnownFlags *f = flags_of(lc);
    set_base(lc, kind + log_size(lc, a));
    bool by_result = kind == CC_ADD || kind == CC_SUBR;
    set_value(f, VA, by_result ? result : a);
    if (b.i)
        set_value(f, VB, b);
    f->result = result;
    f->first = by_result ? a : IR_NONE;
}

void x86_flags_set_carry_in(LiftContext *lc, enum X86CcKind kind, IrRef a, IrRef b, IrRef carry,
                            IrRef result)
{
    x86_flags_set(lc, kind, a, b, result);
    set_value(flags_of(lc), VC, carry);
}

void x86_flags_set_bits(LiftContext *lc, IrRef bits)
{
    set_base(lc, CC_EFLAGS);
    set_value(flags_of(lc), VA, bits);
}

static IrRef bit_at(LiftContext *lc, IrRef v, unsigned flag)
{
    unsigned at = (unsigned)__builtin_ctz(flag);
    return ir_bini(&lc->b, IR_shl, ir_conv(&lc->b, IR_zext, IR_I64, v), at);
}

void x86_flags_set_each(LiftContext *lc, IrRef c, IrRef z, IrRef s, IrRef o)
{
    const struct {
        IrRef v;
        unsigned flag;
    } parts[] = {{c, F_C}, {z, F_Z}, {s, F_S}, {o, F_O}};
    IrRef bits = IR_NONE;
    for (unsigned i = 0; i < 4; i++) {
        if (!parts[i].v.i)
            continue;
        IrRef bit = bit_at(lc, parts[i].v, parts[i].flag);
        bits = bits.i ? ir_bin(&lc->b, IR_or, bits, bit) : bit;
    }
    x86_flags_set_bits(lc, bits.i ? bits : x86_const(lc, IR_I64, 0));
    X86KnownFlags *f = flags_of(lc);
    f->each = true;
    f->each_c = c;
    f->each_z = z;
    f->each_s = s;
    f->each_o = o;
}

void x86_flags_set_fcmp(LiftContext *lc, IrRef a, IrRef b, bool signal)
{
    unsigned flags = (signal ? IR_F_SIGNAL : 0) | (lc->fptrap ? IR_F_TRAPS : 0);
    if (lc->fptrap)
        x86_flags_flush(lc);
    IrRef r = ir_fcmp(&lc->b, IR_fcmp, a, b, flags);
    x86_flags_set_bits(lc, widen(lc, r));
    X86KnownFlags *f = flags_of(lc);
    if (!lc->fptrap) {
        f->fcmp_a = a;
        f->fcmp_b = b;
        f->fcmp_signal = signal;
    }
}

/* Replaces one field of the kind, and adds `also`. */
static void set_field(LiftContext *lc, uint32_t field, uint32_t value, uint32_t also)
{
    X86KnownFlags *f = flags_of(lc);
    if (f->mask != CC_ALL_KNOWN) {
        IrRef k = ir_bini(&lc->b, IR_and, kind_value(lc), ~(field | also));
        f->kind_ref = ir_bini(&lc->b, IR_or, k, value | also);
    }
    f->kind = (f->kind & ~field) | value | also;
    f->mask |= field | also;
    f->pending |= X86_OWED_KIND;
}

void x86_flags_set_incdec(LiftContext *lc, enum X86CcKind kind, IrRef result)
{
    X86KnownFlags *f = flags_of(lc);
    bool no_extra = (f->mask & CC_X) == CC_X && !(f->kind & CC_X);
    set_field(lc, CC_INCDEC, kind + (log_size(lc, result) << 8), no_extra ? 0 : CC_X_ONLY_C);
    set_value(f, VD, result);
}

static void set_extra(LiftContext *lc, uint32_t kind, IrRef e)
{
    set_field(lc, CC_X | CC_X_ONLY_C, kind, 0);
    set_value(flags_of(lc), VE, e);
    flags_of(lc)->extra_c = flags_of(lc)->extra_o = IR_NONE;
}

void x86_flags_set_rotate(LiftContext *lc, enum X86CcKind kind, IrRef result)
{
    set_extra(lc, kind + (log_size(lc, result) << 16), result);
}

/* O stays what it is: it must not be left in the field that is replaced. */
void x86_flags_set_c(LiftContext *lc, IrRef c)
{
    X86KnownFlags *f = flags_of(lc);
    bool o_elsewhere = (f->mask & CC_X) == CC_X && (!(f->kind & CC_X) || (f->kind & CC_X_ONLY_C));
    if (o_elsewhere)
        set_extra(lc, CC_X_BITS | CC_X_ONLY_C, c);
    else
        x86_flags_set_co(lc, c, x86_flags_cond(lc, CND_O));
}

void x86_flags_set_c_only(LiftContext *lc, IrRef c)
{
    X86KnownFlags *f = flags_of(lc);
    bool o_elsewhere = (f->mask & CC_X) == CC_X && (!(f->kind & CC_X) || (f->kind & CC_X_ONLY_C));
    set_extra(lc, o_elsewhere ? CC_X_BITS | CC_X_ONLY_C : CC_X_BITS, c);
}

void x86_flags_set_co(LiftContext *lc, IrRef c, IrRef o)
{
    IrRef high = ir_bini(&lc->b, IR_shl, ir_conv(&lc->b, IR_zext, IR_I64, o), 11);
    set_extra(lc, CC_X_BITS, ir_bin(&lc->b, IR_or, high, ir_conv(&lc->b, IR_zext, IR_I64, c)));
    flags_of(lc)->extra_c = c;
    flags_of(lc)->extra_o = o;
}

void x86_flags_set_o(LiftContext *lc, IrRef o)
{
    x86_flags_set_co(lc, x86_flags_cond(lc, CND_B), o);
}

void x86_flags_unless(LiftContext *lc, IrRef keep, const X86KnownFlags *before)
{
    X86KnownFlags now = *flags_of(lc), old = *before;
    IrRef mine[6], theirs[6];
    mine[5] = kind_value(lc);
    for (unsigned i = 0; i < 5; i++)
        mine[i] = now.pending & 1u << i ? slot_value(lc, i) : IR_NONE;
    *flags_of(lc) = old;
    theirs[5] = kind_value(lc);
    for (unsigned i = 0; i < 5; i++)
        theirs[i] = mine[i].i ? slot_value(lc, i) : IR_NONE;
    X86KnownFlags *f = flags_of(lc);
    f->mask = 0;
    f->result = f->first = f->fcmp_a = f->fcmp_b = IR_NONE;
    f->kind_ref = ir_select(&lc->b, keep, theirs[5], mine[5]);
    f->pending |= X86_OWED_KIND;
    for (unsigned i = 0; i < 5; i++)
        if (mine[i].i)
            set_value(f, i, ir_select(&lc->b, keep, theirs[i], mine[i]));
}

/* ---- reading ---- */

IrRef x86_flags_all(LiftContext *lc)
{
    X86KnownFlags *f = flags_of(lc);
    if (f->mask == CC_ALL_KNOWN && f->kind == CC_EFLAGS)
        return slot_value(lc, VA);
    IrRef args[6] = {widen(lc, kind_value(lc))};
    for (unsigned i = 0; i < 5; i++)
        args[1 + i] = slot_value(lc, i);
    IrRef all = ir_call(&lc->b, X86_HELPER_eflags, args, 6);
    x86_flags_set_bits(lc, all);
    return all;
}

static IrRef flag_bit(LiftContext *lc, IrRef bits, unsigned flag)
{
    IrRef bit = ir_extract(&lc->b, bits, (unsigned)__builtin_ctz(flag), 1);
    return ir_conv(&lc->b, IR_trunc, IR_I8, bit);
}

static IrRef zero_like(LiftContext *lc, IrRef v)
{
    return x86_const(lc, (IrType)ir_inst(lc->b.region, v)->type, 0);
}

/* i8: the sign of v. */
static IrRef sign(LiftContext *lc, IrRef v)
{
    return ir_cmp(&lc->b, IR_slt, v, zero_like(lc, v));
}

static IrRef parity(LiftContext *lc, IrRef v)
{
    IrRef low = size_bits(lc, v) == 8 ? v : ir_conv(&lc->b, IR_trunc, IR_I8, v);
    IrRef n = ir_un(&lc->b, IR_popcnt, ir_conv(&lc->b, IR_zext, IR_I32, low));
    IrRef even = ir_bini(&lc->b, IR_xor, ir_bini(&lc->b, IR_and, n, 1), 1);
    return ir_conv(&lc->b, IR_trunc, IR_I8, even);
}

/* The result of the base operation, computed again if it is not at hand. */
static IrRef base_result(LiftContext *lc, unsigned kind)
{
    X86KnownFlags *f = flags_of(lc);
    unsigned log2 = kind & 3;
    if (f->result.i)
        return f->result;
    IrRef a = operand(lc, VA, log2), r;
    switch (kind & ~3u) {
    case CC_SUB:
        r = ir_bin(&lc->b, IR_sub, a, operand(lc, VB, log2));
        break;
    case CC_ADC:
        r = ir_bin(&lc->b, IR_add, a, operand(lc, VB, log2));
        r = ir_bin(&lc->b, IR_add, r, operand(lc, VC, log2));
        break;
    case CC_SBB:
        r = ir_bin(&lc->b, IR_sub, a, operand(lc, VB, log2));
        r = ir_bin(&lc->b, IR_sub, r, operand(lc, VC, log2));
        break;
    case CC_SMUL:
    case CC_UMUL:
        r = ir_bin(&lc->b, IR_mul, a, operand(lc, VB, log2));
        break;
    default:
        r = a;
    }
    return f->result = r;
}

/* x of the base operation. */
static IrRef first_operand(LiftContext *lc, unsigned kind)
{
    X86KnownFlags *f = flags_of(lc);
    unsigned log2 = kind & 3;
    IrRef a = operand(lc, VA, log2);
    if ((kind & ~3u) != CC_ADD && (kind & ~3u) != CC_SUBR)
        return a;
    if (!f->first.i)
        f->first =
            ir_bin(&lc->b, (kind & ~3u) == CC_ADD ? IR_sub : IR_add, a, operand(lc, VB, log2));
    return f->first;
}

/* Carry of a +- b with a carry in: a borrow or carry lost at the top. */
static IrRef carry_of(LiftContext *lc, unsigned kind)
{
    unsigned log2 = kind & 3;
    IrRef a = first_operand(lc, kind), b = operand(lc, VB, log2);
    if ((kind & ~3u) == CC_ADD)
        return ir_cmp(&lc->b, IR_ult, base_result(lc, kind), b);
    if ((kind & ~3u) == CC_SUB || (kind & ~3u) == CC_SUBR)
        return ir_cmp(&lc->b, IR_ult, a, b);
    IrRef c = operand(lc, VC, 0), below, same;
    if ((kind & ~3u) == CC_ADC) {
        IrRef r = base_result(lc, kind);
        below = ir_cmp(&lc->b, IR_ult, r, a);
        same = ir_cmp(&lc->b, IR_eq, r, a);
    } else {
        below = ir_cmp(&lc->b, IR_ult, a, b);
        same = ir_cmp(&lc->b, IR_eq, a, b);
    }
    return ir_bin(&lc->b, IR_or, below, ir_bin(&lc->b, IR_and, same, c));
}

static IrRef overflow_of(LiftContext *lc, unsigned kind)
{
    unsigned log2 = kind & 3;
    IrRef a = first_operand(lc, kind), b = operand(lc, VB, log2), r = base_result(lc, kind);
    IrRef x = ir_bin(&lc->b, IR_xor, a, r), y;
    bool add = (kind & ~3u) == CC_ADD || (kind & ~3u) == CC_ADC;
    y = ir_bin(&lc->b, IR_xor, add ? r : a, b);
    return sign(lc, ir_bin(&lc->b, IR_and, x, y));
}

/* The product does not fit: compare the high half with what the low one implies. */
static IrRef product_lost(LiftContext *lc, unsigned kind)
{
    bool is_signed = (kind & ~3u) == CC_SMUL;
    unsigned log2 = kind & 3, bits = 8u << log2;
    IrRef a = operand(lc, VA, log2), b = operand(lc, VB, log2);
    if (log2 < 3) { /* the whole product at twice the width and more */
        IrType t = log2 == 2 ? IR_I64 : IR_I32;
        IrOp extend = is_signed ? IR_sext : IR_zext;
        IrRef p =
            ir_bin(&lc->b, IR_mul, ir_conv(&lc->b, extend, t, a), ir_conv(&lc->b, extend, t, b));
        IrRef low = is_signed ? ir_sextract(&lc->b, p, 0, bits) : ir_extract(&lc->b, p, 0, bits);
        return ir_cmp(&lc->b, IR_ne, p, low);
    }
    IrRef high = ir_bin(&lc->b, is_signed ? IR_smulh : IR_umulh, a, b);
    IrRef want =
        is_signed ? ir_bini(&lc->b, IR_sar, base_result(lc, kind), 63) : x86_const(lc, IR_I64, 0);
    return ir_cmp(&lc->b, IR_ne, high, want);
}

static IrRef strings_flag(LiftContext *lc, unsigned flag)
{
    unsigned bit = flag == F_C   ? IR_STR_IS_ANY
                   : flag == F_Z ? IR_STR_ENDS_B
                   : flag == F_S ? IR_STR_ENDS_A
                   : flag == F_O ? IR_STR_IS_FIRST
                                 : 0;
    if (!bit)
        return x86_const(lc, IR_I8, 0);
    return flag_bit(lc, operand(lc, VA, 2), bit);
}

/* C (or O) out of the base field. */
static IrRef base_flag(LiftContext *lc, unsigned flag)
{
    X86KnownFlags *f = flags_of(lc);
    unsigned kind = f->kind & CC_BASE, log2 = kind & 3;
    if (kind == CC_EFLAGS && f->each) {
        IrRef v = flag == F_C   ? f->each_c
                  : flag == F_Z ? f->each_z
                  : flag == F_S ? f->each_s
                  : flag == F_O ? f->each_o
                                : IR_NONE;
        return v.i ? v : x86_const(lc, IR_I8, 0);
    }
    if (kind == CC_EFLAGS)
        return flag_bit(lc, slot_value(lc, VA), flag);
    if ((kind & ~3u) == CC_STRINGS)
        return strings_flag(lc, flag);
    if (flag == F_Z)
        return ir_cmp(&lc->b, IR_eq, base_result(lc, kind), zero_like(lc, base_result(lc, kind)));
    if (flag == F_S)
        return sign(lc, base_result(lc, kind));
    if (flag == F_P)
        return parity(lc, base_result(lc, kind));
    switch (kind & ~3u) {
    case CC_LOGIC:
        return x86_const(lc, IR_I8, 0);
    case CC_SMUL:
    case CC_UMUL:
        return product_lost(lc, kind);
    case CC_SHL:
    case CC_SHR: {
        IrRef b = operand(lc, VB, log2);
        if (flag == F_O)
            return sign(lc, ir_bin(&lc->b, IR_xor, operand(lc, VA, log2), b));
        if ((kind & ~3u) == CC_SHL)
            return sign(lc, b);
        IrRef low = ir_bini(&lc->b, IR_and, b, 1);
        return log2 ? ir_conv(&lc->b, IR_trunc, IR_I8, low) : low;
    }
    default:
        return flag == F_C ? carry_of(lc, kind) : overflow_of(lc, kind);
    }
}

/* S Z P O out of the increment or decrement. */
static IrRef incdec_flag(LiftContext *lc, unsigned flag)
{
    unsigned kind = (flags_of(lc)->kind & CC_INCDEC) >> 8, log2 = kind & 3;
    IrRef d = operand(lc, VD, log2);
    if (flag == F_Z)
        return ir_cmp(&lc->b, IR_eq, d, zero_like(lc, d));
    if (flag == F_S)
        return sign(lc, d);
    if (flag == F_P)
        return parity(lc, d);
    uint64_t top = (uint64_t)1 << ((8u << log2) - 1);
    bool inc = (kind & ~3u) == CC_INC >> 8;
    return ir_cmp(&lc->b, IR_eq, d, x86_const(lc, x86_int_type(1u << log2), inc ? top : top - 1));
}

/* C O out of cc_e. */
static IrRef extra_flag(LiftContext *lc, unsigned flag)
{
    unsigned kind = (flags_of(lc)->kind & CC_X) >> 16, log2 = kind & 3;
    IrRef bits = flags_of(lc)->v[VE];
    if (kind == CC_X_BITS >> 16 && flag == F_C && bits.i && size_bits(lc, bits) == 8)
        return bits;
    IrRef part = flag == F_C ? flags_of(lc)->extra_c : flags_of(lc)->extra_o;
    if (kind == CC_X_BITS >> 16 && part.i)
        return part;
    if (kind == CC_X_BITS >> 16)
        return flag_bit(lc, slot_value(lc, VE), flag);
    IrRef e = operand(lc, VE, log2);
    IrRef top = sign(lc, e), other;
    bool left = (kind & ~3u) == CC_X_ROL >> 16;
    if (left) {
        IrRef low = ir_bini(&lc->b, IR_and, e, 1);
        other = log2 ? ir_conv(&lc->b, IR_trunc, IR_I8, low) : low;
    } else {
        other = sign(lc, ir_bini(&lc->b, IR_shl, e, 1));
    }
    if (flag == F_C)
        return left ? other : top;
    return ir_bin(&lc->b, IR_xor, top, other);
}

static IrRef flag_value(LiftContext *lc, unsigned flag)
{
    X86KnownFlags *f = flags_of(lc);
    if (flag & (F_C | F_O)) {
        bool known = (f->mask & (CC_X | CC_X_ONLY_C)) == (CC_X | CC_X_ONLY_C);
        bool none = (f->mask & CC_X) == CC_X && !(f->kind & CC_X);
        bool past_o = flag == F_O && (f->mask & f->kind & CC_X_ONLY_C);
        if (known && !none && !past_o)
            return extra_flag(lc, flag);
        if (!none && !past_o)
            goto unknown;
    }
    if (flag != F_C) {
        if ((f->mask & CC_INCDEC) != CC_INCDEC)
            goto unknown;
        if (f->kind & CC_INCDEC)
            return incdec_flag(lc, flag);
    }
    if ((f->mask & CC_BASE) == CC_BASE)
        return base_flag(lc, flag);
unknown:
    return flag_bit(lc, x86_flags_all(lc), flag);
}

/* Conditions 0, 2, .. 14 after x - y: the opposite of c is c + 1. */
static IrRef sub_cond(LiftContext *lc, unsigned cond, IrRef x, IrRef y)
{
    switch (cond) {
    case CND_B:
        return ir_cmp(&lc->b, IR_ult, x, y);
    case CND_AE:
        return ir_cmp(&lc->b, IR_ule, y, x);
    case CND_E:
        return ir_cmp(&lc->b, IR_eq, x, y);
    case CND_NE:
        return ir_cmp(&lc->b, IR_ne, x, y);
    case CND_BE:
        return ir_cmp(&lc->b, IR_ule, x, y);
    case CND_A:
        return ir_cmp(&lc->b, IR_ult, y, x);
    case CND_L:
        return ir_cmp(&lc->b, IR_slt, x, y);
    case CND_GE:
        return ir_cmp(&lc->b, IR_sle, y, x);
    case CND_LE:
        return ir_cmp(&lc->b, IR_sle, x, y);
    case CND_G:
        return ir_cmp(&lc->b, IR_slt, y, x);
    default:
        return IR_NONE;
    }
}

/* After an fcmp of a and b: C Z P are (less or unordered) (equal or unordered) (unordered). */
static IrRef fcmp_cond(LiftContext *lc, unsigned cond, bool *negated)
{
    X86KnownFlags *f = flags_of(lc);
    unsigned fl = f->fcmp_signal ? IR_F_SIGNAL : 0;
    switch (cond & ~1u) {
    case CND_B:
        *negated = !(cond & 1);
        return ir_fcmp(&lc->b, IR_fle, f->fcmp_b, f->fcmp_a, fl);
    case CND_BE:
        *negated = !(cond & 1);
        return ir_fcmp(&lc->b, IR_flt, f->fcmp_b, f->fcmp_a, fl);
    case CND_P:
        *negated = cond & 1;
        return ir_fcmp(&lc->b, IR_fun, f->fcmp_a, f->fcmp_b, fl);
    case CND_E:
        *negated = cond & 1;
        return ir_bin(&lc->b, IR_or, ir_fcmp(&lc->b, IR_feq, f->fcmp_a, f->fcmp_b, fl),
                      ir_fcmp(&lc->b, IR_fun, f->fcmp_a, f->fcmp_b, fl));
    default:
        return IR_NONE;
    }
}

/* Whole conditions that are one compare of known operands; IR_NONE: build it from flags. */
static IrRef direct_cond(LiftContext *lc, unsigned cond, bool *negated)
{
    X86KnownFlags *f = flags_of(lc);
    bool carry = cond == CND_B || cond == CND_AE || cond == CND_BE || cond == CND_A;
    if (f->mask != CC_ALL_KNOWN)
        return IR_NONE;
    if (f->kind == CC_EFLAGS && f->fcmp_a.i)
        return fcmp_cond(lc, cond, negated);
    if ((f->kind & ~3u) == CC_SUBR && (cond & ~1u) == CND_E)
        return IR_NONE; /* by the result: the first operand may be dead */
    if ((f->kind & ~3u) == CC_SUB || (f->kind & ~3u) == CC_SUBR)
        return sub_cond(lc, cond, first_operand(lc, f->kind), operand(lc, VB, f->kind & 3));
    if ((f->kind & ~3u) == CC_LOGIC && !carry) {
        IrRef r = operand(lc, VA, f->kind & 3);
        return sub_cond(lc, cond, r, zero_like(lc, r));
    }
    unsigned id = (f->kind & CC_INCDEC) >> 8;
    if ((id & ~3u) == CC_DEC >> 8 && !carry) { /* the result plus one, against one */
        IrRef d = operand(lc, VD, id & 3), one = ir_bini(&lc->b, IR_or, zero_like(lc, d), 1);
        if (cond == CND_E || cond == CND_NE)
            return sub_cond(lc, cond, d, zero_like(lc, d));
        if ((f->kind & CC_X) && !(f->kind & CC_X_ONLY_C)) /* O is a later rotation's */
            return IR_NONE;
        return sub_cond(lc, cond, ir_bini(&lc->b, IR_add, d, 1), one);
    }
    return IR_NONE;
}

IrRef x86_flags_cond_or_not(LiftContext *lc, unsigned cond, bool *negated)
{
    static const uint16_t single[8] = {F_O, F_C, F_Z, 0, F_S, F_P, 0, 0};
    *negated = false;
    IrRef v = direct_cond(lc, cond, negated);
    if (v.i)
        return v;
    *negated = cond & 1;
    switch (cond & ~1u) {
    case CND_BE:
        v = flag_value(lc, F_C);
        return ir_bin(&lc->b, IR_or, v, flag_value(lc, F_Z));
    case CND_L:
        v = flag_value(lc, F_S);
        return ir_bin(&lc->b, IR_xor, v, flag_value(lc, F_O));
    case CND_LE:
        v = flag_value(lc, F_S);
        v = ir_bin(&lc->b, IR_xor, v, flag_value(lc, F_O));
        return ir_bin(&lc->b, IR_or, v, flag_value(lc, F_Z));
    default:
        return flag_value(lc, single[cond >> 1]);
    }
}

IrRef x86_flags_cond(LiftContext *lc, unsigned cond)
{
    bool negated;
    IrRef v = x86_flags_cond_or_not(lc, cond, &negated);
    return negated ? ir_bini(&lc->b, IR_xor, v, 1) : v;
}
