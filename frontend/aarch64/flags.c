/* flags.c: the lazy flags while lifting: who set them, and conditions on them (flags.h); and the
 * same in C, for state in memory.
 *
 * While the kind is known a condition is plain IR on the operands; otherwise one call of the pure
 * helper computes all four, and they are known as bits from there on.
 *
 * Source: Arm ARM, C1.2.4 (condition codes), shared/functions/integer/AddWithCarry.
 */
#include "frontend/aarch64/helpers.h"
#include "frontend/aarch64/lift.h"
#include "ir/softfp.h"

enum { N_AT = 31, Z_AT = 30, C_AT = 29, V_AT = 28 };

static bool is_fcmp(uint32_t kind)
{
    return kind == A64_CC_FCMP || kind == A64_CC_FCMPZ;
}

/* ---- operands ---- */

static A64Flags *flags_of(A64Lift *l)
{
    return &l->known.flags;
}

static IrType type_of(A64Lift *l, IrRef v)
{
    return (IrType)ir_inst(l->b.region, v)->type;
}

static IrRef widened(A64Lift *l, IrRef v)
{
    return type_of(l, v) == IR_I64 ? v : ir_conv(&l->b, IR_zext, IR_I64, v);
}

/* A slot's value at the width of the operation. */
static IrRef operand(A64Lift *l, IrRef *known, unsigned slot, IrType type)
{
    if (!known->i) {
        IrRef v = ir_get(&l->b, slot);
        *known = type == IR_I64 ? v : ir_conv(&l->b, IR_trunc, type, v);
    }
    return *known;
}

static IrType width(const A64Flags *f)
{
    return f->wide ? IR_I64 : IR_I32;
}

static IrRef first_slot(A64Lift *l)
{
    A64Flags *f = flags_of(l);
    return operand(l, &f->a, A64_SLOT_CC_A, width(f));
}

static IrRef second(A64Lift *l)
{
    A64Flags *f = flags_of(l);
    if (f->has_imm && !f->b.i)
        f->b = ir_const(&l->b, width(f), (uint64_t)(int64_t)f->imm);
    return operand(l, &f->b, A64_SLOT_CC_B, width(f));
}

static IrRef carry_in(A64Lift *l)
{
    return operand(l, &flags_of(l)->c, A64_SLOT_CC_C, IR_I8);
}

/* x of the operation. */
static IrRef first(A64Lift *l)
{
    A64Flags *f = flags_of(l);
    if (f->kind != A64_CC_ADDR && f->kind != A64_CC_SUBR)
        return first_slot(l);
    if (!f->first.i)
        f->first =
            ir_bin(&l->b, f->kind == A64_CC_ADDR ? IR_sub : IR_add, first_slot(l), second(l));
    return f->first;
}

/* Its result, computed again if it is not at hand. */
static IrRef result(A64Lift *l)
{
    A64Flags *f = flags_of(l);
    IrRef r = first_slot(l);
    if (f->result.i)
        return f->result;
    switch (f->kind) {
    case A64_CC_ADD:
        r = ir_bin(&l->b, IR_add, r, second(l));
        break;
    case A64_CC_SUB:
        r = ir_bin(&l->b, IR_sub, r, second(l));
        break;
    case A64_CC_ADC:
    case A64_CC_SBC: {
        IrRef c = ir_conv(&l->b, IR_zext, width(f), carry_in(l));
        IrRef sum = ir_bin(&l->b, IR_add, second(l), c);
        r = ir_bin(&l->b, f->kind == A64_CC_ADC ? IR_add : IR_sub, r, sum);
        break;
    }
    default:
        break;
    }
    return f->result = r;
}

/* ---- setting ---- */

/* What is above the width does not count, so the whole register does where that is its half. */
static IrRef slot_value(A64Lift *l, IrRef v)
{
    const IrInst *i = ir_inst(l->b.region, v);
    if (i->op == IR_trunc && type_of(l, i->arg[0]) == IR_I64)
        return i->arg[0];
    return widened(l, v);
}

static void put_operand(A64Lift *l, unsigned slot, IrRef v)
{
    if (v.i)
        ir_put(&l->b, slot, slot_value(l, v));
}

static uint32_t kind_value(const A64Flags *f)
{
    uint32_t kind = f->kind | f->wide;
    if (!f->has_imm)
        return kind;
    kind = (f->kind == A64_CC_SUB ? A64_CC_SUBI : A64_CC_SUBRI) | f->wide;
    return (uint32_t)f->imm << A64_CC_IMM_AT | kind;
}

static void set(A64Lift *l, A64Flags flags)
{
    flags.known = flags.in_slots = true;
    ir_put(&l->b, A64_SLOT_CC_KIND, ir_const(&l->b, IR_I32, kind_value(&flags)));
    put_operand(l, A64_SLOT_CC_A, flags.a);
    if (!flags.has_imm)
        put_operand(l, A64_SLOT_CC_B, flags.b);
    put_operand(l, A64_SLOT_CC_C, flags.c);
    *flags_of(l) = flags;
}

/* x + y as a subtraction of constant -y, whose conditions are compares. That has the same flags
 * but for y = 0, which never carries, and the most negative, which is its own opposite. */
static bool add_is_sub(A64Lift *l, IrRef b, IrRef *opposite)
{
    if (!ir_is_const(l->b.region, b))
        return false;
    uint64_t y = ir_inst(l->b.region, b)->imm;
    IrType type = type_of(l, b);
    if (y == 0 || y == (uint64_t)1 << (ir_type_bits(type) - 1))
        return false;
    *opposite = ir_const(&l->b, type, -y);
    return true;
}

/* A constant y that fits above the kind. */
static bool small_constant(A64Lift *l, IrRef b, int32_t *out)
{
    if (!b.i || !ir_is_const(l->b.region, b))
        return false;
    uint64_t y = ir_inst(l->b.region, b)->imm;
    int64_t v = type_of(l, b) == IR_I64 ? (int64_t)y : (int32_t)(uint32_t)y;
    *out = (int32_t)v;
    return v >> (A64_CC_IMM_BITS - 1) == 0 || v >> (A64_CC_IMM_BITS - 1) == -1;
}

void a64_flags_set(A64Lift *l, A64CcKind kind, IrRef a, IrRef b, IrRef c, IrRef r)
{
    if (kind == A64_CC_ADD && add_is_sub(l, b, &b))
        kind = A64_CC_SUB;
    bool wide = type_of(l, a) == IR_I64;
    A64Flags f = {.wide = wide, .kind = (uint8_t)kind, .a = a, .b = b, .c = c, .result = r};
    if (r.i && (kind == A64_CC_ADD || kind == A64_CC_SUB)) {
        f.kind = kind == A64_CC_ADD ? A64_CC_ADDR : A64_CC_SUBR;
        f.first = a;
        f.a = r;
    }
    f.has_imm = kind == A64_CC_SUB && small_constant(l, b, &f.imm);
    set(l, f);
}

void a64_flags_set_bits(A64Lift *l, IrRef nzcv)
{
    IrRef v = nzcv;
    if (type_of(l, v) == IR_I64)
        v = ir_conv(&l->b, IR_trunc, IR_I32, v);
    set(l, (A64Flags){.kind = A64_CC_BITS, .a = v});
}

/* A scalar as all of lane 0 of a double: as a rule that is the register it is in. */
static IrRef low_lane(A64Lift *l, IrRef v)
{
    const IrInst *i = ir_inst(l->b.region, v);
    bool low = i->op == IR_vextract && i->cc == 0;
    if (type_of(l, v) == IR_F64)
        return v;
    return ir_vextract(&l->b, IR_F64, low ? i->arg[0] : ir_vlow(&l->b, v), 0);
}

/* The comparison here is for what it raises; one that a condition asks for next makes it
 * unnecessary. */
void a64_flags_set_fcmp(A64Lift *l, IrRef a, IrRef b, bool signal)
{
    ir_fcmp(&l->b, IR_fun, a, b, signal ? IR_F_SIGNAL : 0);
    ir_put(&l->b, A64_SLOT_CC_FA, low_lane(l, a));
    ir_put(&l->b, A64_SLOT_CC_FB, low_lane(l, b));
    set(l, (A64Flags){.kind = l->mode & A64_MODE_FZ ? A64_CC_FCMPZ : A64_CC_FCMP,
                      .wide = type_of(l, a) == IR_F64,
                      .fcmp_a = a,
                      .fcmp_b = b,
                      .fcmp_signal = signal});
}

void a64_flags_unless(A64Lift *l, IrRef cond, unsigned nzcv)
{
    A64Flags *f = flags_of(l);
    IrRef kind = ir_const(&l->b, IR_I32, kind_value(f)), bits = ir_const(&l->b, IR_I32, 0);
    IrRef chosen = a64_const(l, (uint64_t)nzcv << V_AT);
    ir_put(&l->b, A64_SLOT_CC_KIND, ir_select(&l->b, cond, kind, bits));
    ir_put(&l->b, A64_SLOT_CC_A,
           is_fcmp(f->kind) ? chosen : ir_select(&l->b, cond, slot_value(l, f->a), chosen));
    f->chosen_if = cond;
    f->otherwise = (uint8_t)nzcv;
}

bool a64_flags_alike(const A64Flags *a, const A64Flags *b)
{
    return a->known == b->known && a->in_slots == b->in_slots && a->wide == b->wide &&
           a->kind == b->kind && !a->chosen_if.i == !b->chosen_if.i && a->has_imm == b->has_imm &&
           (!a->has_imm || a->imm == b->imm);
}

void a64_flags_forget_values(A64Flags *f)
{
    f->known &= f->in_slots && !f->chosen_if.i;
    f->a = f->b = f->c = f->first = f->result = f->chosen_if = f->fcmp_a = f->fcmp_b = IR_NONE;
}

/* ---- reading ---- */

IrRef a64_flags_bits(A64Lift *l)
{
    A64Flags *f = flags_of(l);
    if (f->known && f->kind == A64_CC_BITS && !f->chosen_if.i)
        return operand(l, &f->a, A64_SLOT_CC_A, IR_I32);
    IrRef args[] = {ir_get(&l->b, A64_SLOT_CC_KIND),
                    ir_get(&l->b, A64_SLOT_CC_A),
                    ir_get(&l->b, A64_SLOT_CC_B),
                    ir_get(&l->b, A64_SLOT_CC_C),
                    ir_conv(&l->b, IR_bitcast, IR_I64, ir_get(&l->b, A64_SLOT_CC_FA)),
                    ir_conv(&l->b, IR_bitcast, IR_I64, ir_get(&l->b, A64_SLOT_CC_FB))};
    IrRef v = ir_call(&l->b, A64_HELPER_flags, args, 6);
    *f = (A64Flags){.known = true, .kind = A64_CC_BITS, .a = v};
    return v;
}

static IrRef zero_like(A64Lift *l, IrRef v)
{
    return ir_const(&l->b, type_of(l, v), 0);
}

static IrRef sign(A64Lift *l, IrRef v)
{
    return ir_cmp(&l->b, IR_slt, v, zero_like(l, v));
}

static IrRef flag(A64Lift *l, uint64_t v)
{
    return ir_const(&l->b, IR_I8, v);
}

static IrRef compare(A64Lift *l, IrOp op, IrRef x, IrRef y)
{
    return ir_cmp(&l->b, op, x, y);
}

/* x compared with y, or x == y and c. */
static IrRef or_equal_and(A64Lift *l, IrOp op, IrRef x, IrRef y, IrRef c)
{
    IrRef same = ir_bin(&l->b, IR_and, compare(l, IR_eq, x, y), c);
    return ir_bin(&l->b, IR_or, compare(l, op, x, y), same);
}

/* Negative where the operation has overflowed. */
static IrRef overflow(A64Lift *l)
{
    A64Flags *f = flags_of(l);
    bool sub = f->kind == A64_CC_SUB || f->kind == A64_CC_SUBR || f->kind == A64_CC_SBC;
    IrRef a = first(l), b = second(l), r = result(l);
    IrRef x = ir_bin(&l->b, IR_xor, a, r), y = ir_bin(&l->b, IR_xor, sub ? a : r, b);
    return ir_bin(&l->b, IR_and, x, y);
}

/* C of sums, the borrow of differences. */
static IrRef carry_out(A64Lift *l)
{
    switch (flags_of(l)->kind) {
    case A64_CC_ADD:
    case A64_CC_ADDR:
        return compare(l, IR_ult, result(l), second(l));
    case A64_CC_ADC:
        return or_equal_and(l, IR_ult, result(l), first(l), carry_in(l));
    case A64_CC_SBC:
        return or_equal_and(l, IR_ult, first(l), second(l), carry_in(l));
    default:
        return compare(l, IR_ult, first(l), second(l));
    }
}

/* N != V */
static IrRef less(A64Lift *l)
{
    if (flags_of(l)->kind == A64_CC_SBC)
        return or_equal_and(l, IR_slt, first(l), second(l), carry_in(l));
    return sign(l, ir_bin(&l->b, IR_xor, result(l), overflow(l)));
}

static IrRef is_zero(A64Lift *l)
{
    return compare(l, IR_eq, result(l), zero_like(l, result(l)));
}

/* Conditions EQ CS MI VS HI GE GT of sums and differences, out of their flags. */
static IrRef flags_cond(A64Lift *l, unsigned cond, bool *negated)
{
    bool borrows = flags_of(l)->kind == A64_CC_SBC;
    switch (cond) {
    case A64_EQ:
        return is_zero(l);
    case A64_CS:
        *negated ^= borrows;
        return carry_out(l);
    case A64_MI:
        return sign(l, result(l));
    case A64_VS:
        return sign(l, overflow(l));
    case A64_HI: {
        IrRef c = carry_out(l);
        if (borrows)
            c = ir_bini(&l->b, IR_xor, c, 1);
        return ir_bin(&l->b, IR_and, c, compare(l, IR_ne, result(l), zero_like(l, result(l))));
    }
    case A64_GE:
        *negated ^= true;
        return less(l);
    default:
        *negated ^= true;
        return ir_bin(&l->b, IR_or, less(l), is_zero(l));
    }
}

/* Any condition after x - y as one compare; none where it takes more. */
static IrRef compare_cond(A64Lift *l, unsigned cond, IrRef x, IrRef y)
{
    switch (cond) {
    case A64_EQ:
        return compare(l, IR_eq, x, y);
    case A64_NE:
        return compare(l, IR_ne, x, y);
    case A64_CS:
        return compare(l, IR_ule, y, x);
    case A64_CC:
        return compare(l, IR_ult, x, y);
    case A64_HI:
        return compare(l, IR_ult, y, x);
    case A64_LS:
        return compare(l, IR_ule, x, y);
    case A64_GE:
        return compare(l, IR_sle, y, x);
    case A64_LT:
        return compare(l, IR_slt, x, y);
    case A64_GT:
        return compare(l, IR_slt, y, x);
    case A64_LE:
        return compare(l, IR_sle, x, y);
    default:
        return IR_NONE;
    }
}

static IrRef logic_cond(A64Lift *l, unsigned cond)
{
    IrRef r = first_slot(l), zero = zero_like(l, r);
    switch (cond) {
    case A64_CS:
    case A64_VS:
    case A64_HI:
        return flag(l, 0);
    case A64_CC:
    case A64_VC:
    case A64_LS:
        return flag(l, 1);
    case A64_MI:
        return sign(l, r);
    case A64_PL:
        return compare(l, IR_sle, zero, r);
    default:
        return compare_cond(l, cond, r, zero);
    }
}

static IrRef bits_cond(A64Lift *l, unsigned cond, bool *negated)
{
    IrRef v = a64_flags_bits(l), w;
    static const uint8_t at[] = {
        [A64_EQ] = Z_AT, [A64_CS] = C_AT, [A64_MI] = N_AT, [A64_VS] = V_AT};
    enum { DISTANCE = N_AT - V_AT };
    switch (cond) {
    case A64_HI: /* C and not Z */
        w = ir_bini(&l->b, IR_and, v, 1u << C_AT | 1u << Z_AT);
        return compare(l, IR_eq, w, ir_const(&l->b, IR_I32, 1u << C_AT));
    case A64_GE: /* N = V */
        *negated ^= true;
        return sign(l, ir_bin(&l->b, IR_xor, v, ir_bini(&l->b, IR_shl, v, DISTANCE)));
    case A64_GT: /* and not Z */
        *negated ^= true;
        w = ir_bin(&l->b, IR_xor, v, ir_bini(&l->b, IR_shl, v, DISTANCE));
        return sign(l, ir_bin(&l->b, IR_or, w, ir_bini(&l->b, IR_shl, v, N_AT - Z_AT)));
    default:
        w = ir_bini(&l->b, IR_and, v, 1u << at[cond]);
        return compare(l, IR_ne, w, zero_like(l, w));
    }
}

/* Conditions EQ CS MI VS HI GE GT of floating-point numbers, as compares that are false if
 * unordered: CS, HI and their like hold then. */
static IrRef fcmp_cond(A64Lift *l, unsigned cond, bool *negated)
{
    const A64Flags *f = flags_of(l);
    IrRef a = f->fcmp_a, b = f->fcmp_b;
    unsigned fl = f->fcmp_signal ? IR_F_SIGNAL : 0;
    switch (cond) {
    case A64_EQ:
        return ir_fcmp(&l->b, IR_feq, a, b, fl);
    case A64_CS:
        *negated ^= true;
        return ir_fcmp(&l->b, IR_flt, a, b, fl);
    case A64_MI:
        return ir_fcmp(&l->b, IR_flt, a, b, fl);
    case A64_VS:
        return ir_fcmp(&l->b, IR_fun, a, b, fl);
    case A64_HI:
        *negated ^= true;
        return ir_fcmp(&l->b, IR_fle, a, b, fl);
    case A64_GE:
        return ir_fcmp(&l->b, IR_fle, b, a, fl);
    default:
        return ir_fcmp(&l->b, IR_flt, b, a, fl);
    }
}

/* A condition on the operation set last, whatever chose it. */
static IrRef operation_cond(A64Lift *l, unsigned cond, bool *negated)
{
    A64Flags *f = flags_of(l);
    if (f->kind == A64_CC_LOGIC)
        return logic_cond(l, cond);
    /* By the result where that is at hand: the first operand may be dead. */
    bool equal = f->kind == A64_CC_SUBR && (cond == A64_EQ || cond == A64_NE);
    if ((f->kind == A64_CC_SUB || f->kind == A64_CC_SUBR) && !equal) {
        IrRef v = compare_cond(l, cond, first(l), second(l));
        if (v.i)
            return v;
    }
    *negated = cond & 1;
    if (is_fcmp(f->kind))
        return fcmp_cond(l, cond & ~1u, negated);
    if (f->kind != A64_CC_BITS)
        return flags_cond(l, cond & ~1u, negated);
    return bits_cond(l, cond & ~1u, negated);
}

static bool holds(unsigned nzcv, unsigned cond)
{
    bool n = nzcv & 8, z = nzcv & 4, c = nzcv & 2, v = nzcv & 1;
    bool base[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    return base[cond >> 1] ^ (cond & 1 && cond != A64_NV);
}

IrRef a64_flags_cond_or_not(A64Lift *l, unsigned cond, bool *negated)
{
    *negated = false;
    if (cond >= A64_AL)
        return flag(l, 1);
    const A64Flags *f = flags_of(l);
    if (!f->known || (is_fcmp(f->kind) && !f->fcmp_a.i))
        a64_flags_bits(l);
    IrRef chosen = flags_of(l)->chosen_if, v = operation_cond(l, cond, negated);
    if (!chosen.i)
        return v;
    if (*negated)
        v = ir_bini(&l->b, IR_xor, v, 1);
    *negated = false;
    if (holds(flags_of(l)->otherwise, cond))
        return ir_bin(&l->b, IR_or, v, ir_bini(&l->b, IR_xor, chosen, 1));
    return ir_bin(&l->b, IR_and, v, chosen);
}

IrRef a64_flags_cond(A64Lift *l, unsigned cond)
{
    bool negated;
    IrRef v = a64_flags_cond_or_not(l, cond, &negated);
    return negated ? ir_bini(&l->b, IR_xor, v, 1) : v;
}

/* ---- in C ---- */

static uint64_t sum_of(uint32_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    switch (kind) {
    case A64_CC_ADD:
        return a + b;
    case A64_CC_SUB:
        return a - b;
    case A64_CC_ADC:
        return a + b + (c & 1);
    case A64_CC_SBC:
        return a - b - (c & 1);
    default:
        return a;
    }
}

/* FPCompare, without its exceptions. */
static uint32_t flags_of_fcmp(uint32_t kind, uint64_t a, uint64_t b)
{
    bool wide = kind & 1;
    SoftFp s = {.model = FP_MODEL_ARM, .fpctl = (kind & ~1u) == A64_CC_FCMPZ ? FP_DAZ : 0};
    FpRelation r = softfp_compare(&s, wide ? FP_BINARY64 : FP_BINARY32, wide ? a : (uint32_t)a,
                                  wide ? b : (uint32_t)b, false);
    return (r.unordered ? 3u : r.equal ? 6u : r.less ? 8u : 2u) << V_AT;
}

uint32_t a64_flags_of(uint32_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t fa, uint64_t fb)
{
    unsigned top = kind & 1 ? 63 : 31;
    uint64_t mask = kind & 1 ? ~0ull : 0xffffffff;
    bool carry = false, overflow = false;
    if (kind == A64_CC_BITS)
        return (uint32_t)a & 0xf0000000;
    if (is_fcmp(kind & ~1u))
        return flags_of_fcmp(kind, fa, fb);
    if ((kind & 30) >= A64_CC_SUBI) {
        b = (uint64_t)(int64_t)((int32_t)kind >> A64_CC_IMM_AT);
        kind = (kind & 30) == A64_CC_SUBI ? A64_CC_SUB : A64_CC_SUBR;
    }
    kind &= ~1u;
    b &= mask;
    uint64_t r = sum_of(kind, a, b, c) & mask;
    a = (kind == A64_CC_ADDR ? a - b : kind == A64_CC_SUBR ? a + b : a) & mask;
    if (kind == A64_CC_ADD || kind == A64_CC_ADDR || kind == A64_CC_ADC) {
        carry = r < a || (r == a && b != 0);
        overflow = ((a ^ r) & (b ^ r)) >> top & 1;
    } else if (kind != A64_CC_LOGIC) {
        carry = kind == A64_CC_SBC && (c & 1) ? a > b : a >= b;
        overflow = ((a ^ b) & (a ^ r)) >> top & 1;
    }
    return (uint32_t)(r >> top & 1) << N_AT | (uint32_t)(r == 0) << Z_AT | (uint32_t)carry << C_AT |
           (uint32_t)overflow << V_AT;
}

uint32_t a64_helper_flags(uint32_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t fa,
                          uint64_t fb)
{
    return a64_flags_of(kind, a, b, c, fa, fb);
}

uint32_t a64_nzcv(const CpuState *s)
{
    const A64State *a = a64_state_const(s);
    return a64_flags_of(a->cc_kind, a->cc_a, a->cc_b, a->cc_c, a->cc_fa, a->cc_fb);
}

void a64_set_nzcv(CpuState *s, uint32_t v)
{
    A64State *a = a64_state(s);
    a->cc_kind = A64_CC_BITS;
    a->cc_a = v;
}
