/* lift_int.c: integer arithmetic, logic, bit fields, conditional selection (Arm ARM, C6.2; the
 * encodings: C4.1.92 and C4.1.95). Each function serves the rows of base.decode that name it.
 *
 * `wide` says which form it is; a64_r and a64_set_r take the low halves and extend with zeros.
 */
#include "frontend/aarch64/helpers.h"
#include "frontend/aarch64/lift.h"

static unsigned width_bits(const A64Insn *in)
{
    return in->wide ? 64 : 32;
}

static IrRef constant(A64Lift *l, const A64Insn *in, uint64_t v)
{
    return ir_const(&l->b, in->wide ? IR_I64 : IR_I32, v);
}

static IrRef reg(A64Lift *l, const A64Insn *in, int32_t number)
{
    return a64_r(l, in->wide, (unsigned)number);
}

static void set_rd(A64Lift *l, const A64Insn *in, IrRef v)
{
    a64_set_r(l, in->wide, (unsigned)in->rd, v);
}

/* ---- immediates ---- */

void a64_trans_adr(A64Lift *l, const A64Insn *in)
{
    a64_set_x(l, (unsigned)in->rd, a64_const(l, l->pc + (uint64_t)(int64_t)in->off));
}

void a64_trans_adrp(A64Lift *l, const A64Insn *in)
{
    uint64_t page = (l->pc & ~(uint64_t)0xfff) + ((uint64_t)(int64_t)in->page << 12);
    a64_set_x(l, (unsigned)in->rd, a64_const(l, page));
}

static uint64_t add_immediate(const A64Insn *in)
{
    uint64_t v = (uint64_t)in->shimm & 0xfff;
    return in->shimm >> 12 ? v << 12 : v;
}

void a64_trans_add_imm(A64Lift *l, const A64Insn *in)
{
    IrRef a = a64_rsp(l, in->wide, (unsigned)in->rn);
    IrRef r = ir_bini(&l->b, (IrOp)in->op, a, add_immediate(in));
    a64_set_rsp(l, in->wide, (unsigned)in->rd, r);
}

/* rd = a + or - b, and the flags; nothing but these if it is the zero register. */
static void sum_with_flags(A64Lift *l, const A64Insn *in, IrRef a, IrRef b)
{
    bool kept = in->rd != A64_ZR;
    IrRef r = kept ? ir_bin(&l->b, (IrOp)in->op, a, b) : IR_NONE;
    if (kept)
        set_rd(l, in, r);
    a64_flags_set(l, in->op == IR_add ? A64_CC_ADD : A64_CC_SUB, a, b, IR_NONE, r);
}

void a64_trans_adds_imm(A64Lift *l, const A64Insn *in)
{
    IrRef a = a64_rsp(l, in->wide, (unsigned)in->rn);
    sum_with_flags(l, in, a, constant(l, in, add_immediate(in)));
}

/* A run of ones, rotated, in every element of a size that N and the upper bits of imms tell; 0: it
 * is none (shared/functions/integer/DecodeBitMasks). */
static uint64_t bitmask(uint32_t bits)
{
    uint32_t imms = bits & 63, immr = bits >> 6 & 63, size = (bits >> 12 & 1) << 6 | (~imms & 63);
    if (size < 2)
        return 0;
    unsigned element = 1u << (31 - __builtin_clz(size)), ones = (imms & (element - 1)) + 1;
    unsigned by = immr & (element - 1);
    if (ones == element)
        return 0;
    uint64_t v = ((uint64_t)1 << ones) - 1, all = element == 64 ? ~0ull : (1ull << element) - 1;
    if (by)
        v = (v >> by | v << (element - by)) & all;
    for (; element < 64; element *= 2)
        v |= v << element;
    return v;
}

uint64_t a64_bitmask(const A64Insn *in)
{
    uint64_t v = bitmask((uint32_t)in->bits);
    return in->wide ? v : (uint32_t)v;
}

void a64_trans_logic_imm(A64Lift *l, const A64Insn *in)
{
    IrRef r = ir_bini(&l->b, (IrOp)in->op, reg(l, in, in->rn), a64_bitmask(in));
    a64_set_rsp(l, in->wide, (unsigned)in->rd, r);
}

static void logic_with_flags(A64Lift *l, const A64Insn *in, IrRef r)
{
    set_rd(l, in, r);
    a64_flags_set(l, A64_CC_LOGIC, r, IR_NONE, IR_NONE, r);
}

void a64_trans_ands_imm(A64Lift *l, const A64Insn *in)
{
    logic_with_flags(l, in, ir_bini(&l->b, IR_and, reg(l, in, in->rn), a64_bitmask(in)));
}

static uint64_t halfword(const A64Insn *in)
{
    return (uint64_t)(uint32_t)in->imm << (16 * in->hw);
}

void a64_trans_movz(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, constant(l, in, halfword(in)));
}

void a64_trans_movn(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, constant(l, in, ~halfword(in)));
}

void a64_trans_movk(A64Lift *l, const A64Insn *in)
{
    IrRef v = ir_const(&l->b, IR_I16, (uint64_t)in->imm);
    set_rd(l, in, ir_deposit(&l->b, reg(l, in, in->rd), v, 16 * (unsigned)in->hw, 16));
}

/* ---- bit fields ---- */

/* imms >= immr: the field of rn from immr to imms, at the bottom; else the low bits of rn up to
 * imms, moved up to where they end at the width's top less immr's distance. */
static IrRef bitfield(A64Lift *l, const A64Insn *in, bool is_signed)
{
    unsigned bits = width_bits(in), r = (unsigned)in->immr, s = (unsigned)in->imms;
    unsigned pos = s >= r ? r : 0, len = s - pos + 1;
    IrRef v = reg(l, in, in->rn);
    if (pos + len == bits && pos != 0)
        return ir_bini(&l->b, is_signed ? IR_sar : IR_shr, v, pos);
    if (s >= r || len + (bits - r) < bits)
        v = is_signed ? ir_sextract(&l->b, v, pos, len) : ir_extract(&l->b, v, pos, len);
    return s >= r ? v : ir_bini(&l->b, IR_shl, v, bits - r);
}

void a64_trans_ubfm(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, bitfield(l, in, false));
}

void a64_trans_sbfm(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, bitfield(l, in, true));
}

void a64_trans_bfm(A64Lift *l, const A64Insn *in)
{
    unsigned bits = width_bits(in), r = (unsigned)in->immr, s = (unsigned)in->imms;
    IrRef v = reg(l, in, in->rn), old = reg(l, in, in->rd);
    if (s >= r)
        v = ir_deposit(&l->b, old, ir_bini(&l->b, IR_shr, v, r), 0, s - r + 1);
    else
        v = ir_deposit(&l->b, old, v, bits - r, s + 1);
    set_rd(l, in, v);
}

void a64_trans_extr(A64Lift *l, const A64Insn *in)
{
    unsigned bits = width_bits(in), s = (unsigned)in->imms;
    IrRef low = reg(l, in, in->rm), v = low;
    if (in->rn == in->rm)
        v = ir_bini(&l->b, IR_rotr, low, s);
    else if (s != 0)
        v = ir_bin(&l->b, IR_or, ir_bini(&l->b, IR_shr, low, s),
                   ir_bini(&l->b, IR_shl, reg(l, in, in->rn), bits - s));
    set_rd(l, in, v);
}

/* ---- two registers, the second shifted or extended ---- */

static IrRef shifted(A64Lift *l, const A64Insn *in)
{
    static const uint16_t ops[] = {IR_shl, IR_shr, IR_sar, IR_rotr};
    return ir_bini(&l->b, (IrOp)ops[in->shift], reg(l, in, in->rm), (uint64_t)in->imm);
}

void a64_trans_add(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, ir_bin(&l->b, (IrOp)in->op, reg(l, in, in->rn), shifted(l, in)));
}

void a64_trans_adds(A64Lift *l, const A64Insn *in)
{
    sum_with_flags(l, in, reg(l, in, in->rn), shifted(l, in));
}

IrRef a64_extended(A64Lift *l, unsigned number, unsigned extend)
{
    static const uint8_t types[] = {IR_I8, IR_I16, IR_I32, IR_I64};
    IrType type = (IrType)types[extend & 3];
    IrRef v = a64_x(l, number);
    if (type == IR_I64)
        return v;
    return ir_conv(&l->b, extend & 4 ? IR_sext : IR_zext, IR_I64,
                   ir_conv(&l->b, IR_trunc, type, v));
}

/* Extended as if to 64 bits: the low half of that is what the 32-bit form would give. */
static IrRef extended(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_extended(l, (unsigned)in->rm, (unsigned)in->extend);
    if (!in->wide)
        v = ir_conv(&l->b, IR_trunc, IR_I32, v);
    return ir_bini(&l->b, IR_shl, v, (uint64_t)in->imm);
}

void a64_trans_add_ext(A64Lift *l, const A64Insn *in)
{
    IrRef a = a64_rsp(l, in->wide, (unsigned)in->rn);
    a64_set_rsp(l, in->wide, (unsigned)in->rd, ir_bin(&l->b, (IrOp)in->op, a, extended(l, in)));
}

void a64_trans_adds_ext(A64Lift *l, const A64Insn *in)
{
    sum_with_flags(l, in, a64_rsp(l, in->wide, (unsigned)in->rn), extended(l, in));
}

static IrRef logic(A64Lift *l, const A64Insn *in)
{
    IrRef a = reg(l, in, in->rn), b = shifted(l, in);
    if (in->invert)
        b = ir_un(&l->b, IR_not, b);
    return ir_bin(&l->b, (IrOp)in->op, a, b);
}

void a64_trans_logic(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, logic(l, in));
}

void a64_trans_ands(A64Lift *l, const A64Insn *in)
{
    logic_with_flags(l, in, logic(l, in));
}

/* ---- carries ---- */

/* The carry, or the borrow, is added to the operand first: as backends know it. */
static void with_carry(A64Lift *l, const A64Insn *in, bool sub, bool flags)
{
    IrRef a = reg(l, in, in->rn), b = reg(l, in, in->rm);
    IrRef c = a64_flags_cond(l, sub ? A64_CC : A64_CS);
    IrRef sum = ir_bin(&l->b, IR_add, b, ir_conv(&l->b, IR_zext, in->wide ? IR_I64 : IR_I32, c));
    IrRef r = ir_bin(&l->b, sub ? IR_sub : IR_add, a, sum);
    set_rd(l, in, r);
    if (flags)
        a64_flags_set(l, sub ? A64_CC_SBC : A64_CC_ADC, a, b, c, r);
}

void a64_trans_adc(A64Lift *l, const A64Insn *in)
{
    with_carry(l, in, false, false);
}

void a64_trans_adcs(A64Lift *l, const A64Insn *in)
{
    with_carry(l, in, false, true);
}

void a64_trans_sbc(A64Lift *l, const A64Insn *in)
{
    with_carry(l, in, true, false);
}

void a64_trans_sbcs(A64Lift *l, const A64Insn *in)
{
    with_carry(l, in, true, true);
}

/* ---- conditions ---- */

static void compare_if(A64Lift *l, const A64Insn *in, IrRef b)
{
    IrRef a = reg(l, in, in->rn), cond = a64_flags_cond(l, (unsigned)in->cond);
    a64_flags_set(l, in->op == IR_add ? A64_CC_ADD : A64_CC_SUB, a, b, IR_NONE, IR_NONE);
    a64_flags_unless(l, cond, (unsigned)in->nzcv);
}

void a64_trans_ccmp(A64Lift *l, const A64Insn *in)
{
    compare_if(l, in, reg(l, in, in->rm));
}

void a64_trans_ccmp_imm(A64Lift *l, const A64Insn *in)
{
    compare_if(l, in, constant(l, in, (uint64_t)in->imm));
}

static void choose(A64Lift *l, const A64Insn *in, IrRef yes, IrRef no)
{
    bool negated;
    IrRef cond = a64_flags_cond_or_not(l, (unsigned)in->cond, &negated);
    set_rd(l, in, ir_select(&l->b, cond, negated ? no : yes, negated ? yes : no));
}

void a64_trans_csel(A64Lift *l, const A64Insn *in)
{
    choose(l, in, reg(l, in, in->rn), reg(l, in, in->rm));
}

/* The opposite of the condition as a number. */
static IrRef opposite(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_flags_cond(l, (unsigned)in->cond ^ 1);
    return ir_conv(&l->b, IR_zext, in->wide ? IR_I64 : IR_I32, v);
}

/* Of the zero register: CSET and CSETM. */
static bool of_zero(const A64Insn *in)
{
    return in->rn == A64_ZR && in->rm == A64_ZR && in->cond < A64_AL;
}

/* A carry is added: CINC after a sum, or a comparison that borrows. */
static bool adds_carry(A64Lift *l, const A64Insn *in, IrRef carry)
{
    return in->rn == in->rm && ir_inst(l->b.region, carry)->op == IR_ult;
}

void a64_trans_csinc(A64Lift *l, const A64Insn *in)
{
    bool negated;
    IrRef carry = a64_flags_cond_or_not(l, (unsigned)in->cond ^ 1, &negated);
    IrType type = in->wide ? IR_I64 : IR_I32;
    if (of_zero(in))
        set_rd(l, in, opposite(l, in));
    else if (in->cond < A64_AL && !negated && adds_carry(l, in, carry))
        set_rd(l, in,
               ir_bin(&l->b, IR_add, reg(l, in, in->rn), ir_conv(&l->b, IR_zext, type, carry)));
    else
        choose(l, in, reg(l, in, in->rn), ir_bini(&l->b, IR_add, reg(l, in, in->rm), 1));
}

void a64_trans_csinv(A64Lift *l, const A64Insn *in)
{
    if (of_zero(in))
        set_rd(l, in, ir_un(&l->b, IR_neg, opposite(l, in)));
    else
        choose(l, in, reg(l, in, in->rn), ir_un(&l->b, IR_not, reg(l, in, in->rm)));
}

void a64_trans_csneg(A64Lift *l, const A64Insn *in)
{
    choose(l, in, reg(l, in, in->rn), ir_un(&l->b, IR_neg, reg(l, in, in->rm)));
}

/* ---- shifts by registers, multiplication, division, bits ---- */

void a64_trans_shiftv(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, ir_bin(&l->b, (IrOp)in->op, reg(l, in, in->rn), reg(l, in, in->rm)));
}

/* The IR's division by zero gives 0 too, and the most negative number by -1 itself. */
void a64_trans_div(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, ir_bin(&l->b, (IrOp)in->op, reg(l, in, in->rn), reg(l, in, in->rm)));
}

void a64_trans_madd(A64Lift *l, const A64Insn *in)
{
    IrRef p = ir_bin(&l->b, IR_mul, reg(l, in, in->rn), reg(l, in, in->rm));
    set_rd(l, in, ir_bin(&l->b, (IrOp)in->op, reg(l, in, in->ra), p));
}

void a64_trans_maddl(A64Lift *l, const A64Insn *in)
{
    IrRef a = ir_conv(&l->b, (IrOp)in->extend, IR_I64, a64_r(l, false, (unsigned)in->rn));
    IrRef b = ir_conv(&l->b, (IrOp)in->extend, IR_I64, a64_r(l, false, (unsigned)in->rm));
    IrRef p = ir_bin(&l->b, IR_mul, a, b);
    a64_set_x(l, (unsigned)in->rd, ir_bin(&l->b, (IrOp)in->op, a64_x(l, (unsigned)in->ra), p));
}

void a64_trans_mulh(A64Lift *l, const A64Insn *in)
{
    a64_set_x(l, (unsigned)in->rd,
              ir_bin(&l->b, (IrOp)in->op, a64_x(l, (unsigned)in->rn), a64_x(l, (unsigned)in->rm)));
}

void a64_trans_unary(A64Lift *l, const A64Insn *in)
{
    set_rd(l, in, ir_un(&l->b, (IrOp)in->op, reg(l, in, in->rn)));
}

/* The bits below the first that equal it: x with its neighbour has a zero for each, and one more
 * at the top. */
void a64_trans_cls(A64Lift *l, const A64Insn *in)
{
    IrRef v = reg(l, in, in->rn);
    IrRef change = ir_bin(&l->b, IR_xor, v, ir_bini(&l->b, IR_sar, v, 1));
    IrRef n = ir_un(&l->b, IR_clz, change);
    set_rd(l, in, ir_bin(&l->b, IR_sub, n, constant(l, in, 1)));
}

void a64_trans_rev16(A64Lift *l, const A64Insn *in)
{
    const uint64_t mask = 0x00ff00ff00ff00ff;
    IrRef v = reg(l, in, in->rn);
    IrRef up =
        ir_bini(&l->b, IR_shl, ir_bini(&l->b, IR_and, v, in->wide ? mask : (uint32_t)mask), 8);
    IrRef down =
        ir_bini(&l->b, IR_and, ir_bini(&l->b, IR_shr, v, 8), in->wide ? mask : (uint32_t)mask);
    set_rd(l, in, ir_bin(&l->b, IR_or, up, down));
}

void a64_trans_rev32(A64Lift *l, const A64Insn *in)
{
    IrRef v = ir_un(&l->b, IR_bswap, a64_x(l, (unsigned)in->rn));
    a64_set_x(l, (unsigned)in->rd, ir_bini(&l->b, IR_rotr, v, 32));
}

static IrRef checked(A64Lift *l, const A64Insn *in, IrOp byte, IrOp half, IrOp rest)
{
    IrRef a = a64_r(l, false, (unsigned)in->rn);
    if (in->type != IR_I64) {
        IrOp op = in->type == IR_I8 ? byte : in->type == IR_I16 ? half : rest;
        return ir_bin(&l->b, op, a, a64_r(l, false, (unsigned)in->rm));
    }
    IrRef v = ir_bin(&l->b, rest, ir_conv(&l->b, IR_zext, IR_I64, a), a64_x(l, (unsigned)in->rm));
    return ir_conv(&l->b, IR_trunc, IR_I32, v);
}

void a64_trans_crc32c(A64Lift *l, const A64Insn *in)
{
    a64_set_r(l, false, (unsigned)in->rd, checked(l, in, IR_crc32cb, IR_crc32ch, IR_crc32c));
}

void a64_trans_crc32(A64Lift *l, const A64Insn *in)
{
    a64_set_r(l, false, (unsigned)in->rd, checked(l, in, IR_crc32b, IR_crc32h, IR_crc32));
}
