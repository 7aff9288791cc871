/* lift_int.c: integer arithmetic (I, M), loads and stores, and the bit manipulation of Zba, Zbb,
 * Zbs and Zicond. Each function serves the rows of rv.decode that name it. */
#include "frontend/riscv64/lift.h"

static IrRef op64(RvLift *l, int op, IrRef a, IrRef b)
{
    return ir_bin(&l->b, (IrOp)op, a, b);
}

static IrRef compare(RvLift *l, int op, IrRef a, IrRef b)
{
    return ir_conv(&l->b, IR_zext, IR_I64, ir_cmp(&l->b, (IrOp)op, a, b));
}

static IrRef immediate(RvLift *l, const RvInsn *in)
{
    return rv_const(l, (uint64_t)(int64_t)in->imm);
}

static uint64_t upper(const RvInsn *in)
{
    return (uint64_t)(int64_t)(int32_t)((uint32_t)in->upper << 12);
}

void rv_trans_lui(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd, rv_const(l, upper(in)));
}

void rv_trans_auipc(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd, rv_const(l, l->pc + upper(in)));
}

void rv_trans_alu(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd,
             op64(l, in->op, rv_x(l, (unsigned)in->rs1), rv_x(l, (unsigned)in->rs2)));
}

void rv_trans_alui(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd, op64(l, in->op, rv_x(l, (unsigned)in->rs1), immediate(l, in)));
}

void rv_trans_set(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd,
             compare(l, in->op, rv_x(l, (unsigned)in->rs1), rv_x(l, (unsigned)in->rs2)));
}

void rv_trans_seti(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd, compare(l, in->op, rv_x(l, (unsigned)in->rs1), immediate(l, in)));
}

void rv_trans_shift(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd,
             ir_bini(&l->b, (IrOp)in->op, rv_x(l, (unsigned)in->rs1), (uint64_t)in->shamt));
}

/* ---- 32-bit forms: on the low halves, the result sign-extended ---- */

void rv_trans_alu_w(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd,
                op64(l, in->op, rv_w(l, (unsigned)in->rs1), rv_w(l, (unsigned)in->rs2)));
}

void rv_trans_alui_w(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd,
                ir_bini(&l->b, (IrOp)in->op, rv_w(l, (unsigned)in->rs1), (uint32_t)in->imm));
}

void rv_trans_shift_w(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd,
                ir_bini(&l->b, (IrOp)in->op, rv_w(l, (unsigned)in->rs1), (uint64_t)in->shamt));
}

/* ---- multiplication and division ---- */

/* The high half of signed a times unsigned b: that of both unsigned, less b if a is negative. */
void rv_trans_mulhsu(RvLift *l, const RvInsn *in)
{
    IrRef a = rv_x(l, (unsigned)in->rs1), b = rv_x(l, (unsigned)in->rs2);
    IrRef sign = ir_bini(&l->b, IR_sar, a, 63);
    rv_set_x(l, (unsigned)in->rd,
             op64(l, IR_sub, op64(l, IR_umulh, a, b), op64(l, IR_and, sign, b)));
}

/* The IR's division by zero gives 0, RISC-V's all ones; the remainder a - q * b is right for both,
 * and for the most negative number by -1, whose quotient is itself (M, table 11). */
static IrRef quotient(RvLift *l, int op, IrRef a, IrRef b)
{
    IrType t = (IrType)ir_inst(l->b.region, b)->type;
    IrRef zero = ir_cmp(&l->b, IR_eq, b, ir_const(&l->b, t, 0));
    return ir_select(&l->b, zero, ir_const(&l->b, t, UINT64_MAX >> (64 - ir_type_bits(t))),
                     op64(l, op, a, b));
}

static IrRef remainder_of(RvLift *l, int op, IrRef a, IrRef b)
{
    return op64(l, IR_sub, a, op64(l, IR_mul, op64(l, op, a, b), b));
}

void rv_trans_div(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd,
             quotient(l, in->op, rv_x(l, (unsigned)in->rs1), rv_x(l, (unsigned)in->rs2)));
}

void rv_trans_rem(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd,
             remainder_of(l, in->op, rv_x(l, (unsigned)in->rs1), rv_x(l, (unsigned)in->rs2)));
}

void rv_trans_div_w(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd,
                quotient(l, in->op, rv_w(l, (unsigned)in->rs1), rv_w(l, (unsigned)in->rs2)));
}

void rv_trans_rem_w(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd,
                remainder_of(l, in->op, rv_w(l, (unsigned)in->rs1), rv_w(l, (unsigned)in->rs2)));
}

/* ---- memory: in no order that RVWMO does not ask for (fences and atomics do) ---- */

void rv_trans_load(RvLift *l, const RvInsn *in)
{
    IrRef v = ir_load(&l->b, (IrType)in->type, rv_address(l, in), IR_ORDER_NONE);
    if (in->type == IR_I64)
        rv_set_x(l, (unsigned)in->rd, v);
    else
        rv_set_sext(l, (unsigned)in->rd, v);
}

void rv_trans_load_u(RvLift *l, const RvInsn *in)
{
    IrRef v = ir_load(&l->b, (IrType)in->type, rv_address(l, in), IR_ORDER_NONE);
    rv_set_x(l, (unsigned)in->rd, ir_conv(&l->b, IR_zext, IR_I64, v));
}

void rv_trans_store(RvLift *l, const RvInsn *in)
{
    IrRef v = rv_x(l, (unsigned)in->rs2);
    if (in->type != IR_I64)
        v = ir_conv(&l->b, IR_trunc, (IrType)in->type, v);
    rv_store(l, rv_address(l, in), v);
}

/* ---- Zicond, Zba ---- */

void rv_trans_czero(RvLift *l, const RvInsn *in)
{
    IrRef is = ir_cmp(&l->b, (IrOp)in->op, rv_x(l, (unsigned)in->rs2), rv_const(l, 0));
    rv_set_x(l, (unsigned)in->rd, ir_select(&l->b, is, rv_const(l, 0), rv_x(l, (unsigned)in->rs1)));
}

static void shifted_add(RvLift *l, const RvInsn *in, IrRef a)
{
    IrRef shifted = ir_bini(&l->b, IR_shl, a, (uint64_t)in->shamt);
    rv_set_x(l, (unsigned)in->rd, op64(l, IR_add, shifted, rv_x(l, (unsigned)in->rs2)));
}

static IrRef low_half(RvLift *l, unsigned reg)
{
    return ir_conv(&l->b, IR_zext, IR_I64, rv_w(l, reg));
}

void rv_trans_shadd(RvLift *l, const RvInsn *in)
{
    shifted_add(l, in, rv_x(l, (unsigned)in->rs1));
}

void rv_trans_shadd_uw(RvLift *l, const RvInsn *in)
{
    shifted_add(l, in, low_half(l, (unsigned)in->rs1));
}

void rv_trans_slli_uw(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd,
             ir_bini(&l->b, IR_shl, low_half(l, (unsigned)in->rs1), (uint64_t)in->shamt));
}

/* ---- Zbb ---- */

void rv_trans_alu_not(RvLift *l, const RvInsn *in)
{
    IrRef b = ir_un(&l->b, IR_not, rv_x(l, (unsigned)in->rs2));
    rv_set_x(l, (unsigned)in->rd, op64(l, in->op, rv_x(l, (unsigned)in->rs1), b));
}

void rv_trans_unary(RvLift *l, const RvInsn *in)
{
    rv_set_x(l, (unsigned)in->rd, ir_un(&l->b, (IrOp)in->op, rv_x(l, (unsigned)in->rs1)));
}

void rv_trans_unary_w(RvLift *l, const RvInsn *in)
{
    rv_set_sext(l, (unsigned)in->rd, ir_un(&l->b, (IrOp)in->op, rv_w(l, (unsigned)in->rs1)));
}

void rv_trans_extend(RvLift *l, const RvInsn *in)
{
    IrRef v = ir_conv(&l->b, IR_trunc, (IrType)in->type, rv_x(l, (unsigned)in->rs1));
    rv_set_x(l, (unsigned)in->rd, ir_conv(&l->b, (IrOp)in->op, IR_I64, v));
}

static void choose(RvLift *l, const RvInsn *in, bool larger)
{
    IrRef a = rv_x(l, (unsigned)in->rs1), b = rv_x(l, (unsigned)in->rs2);
    IrRef less = ir_cmp(&l->b, (IrOp)in->op, a, b);
    rv_set_x(l, (unsigned)in->rd, ir_select(&l->b, less, larger ? b : a, larger ? a : b));
}

void rv_trans_max(RvLift *l, const RvInsn *in)
{
    choose(l, in, true);
}

void rv_trans_min(RvLift *l, const RvInsn *in)
{
    choose(l, in, false);
}

/* Each byte all ones unless it is zero. The highest bit of a byte of t is set where one of its
 * others is; (high << 1) - (high >> 7), with high = 0x80 in those bytes, fills them. */
void rv_trans_orc_b(RvLift *l, const RvInsn *in)
{
    enum { LOW = 0x7f, HIGH = 0x80 };
    const uint64_t each = 0x0101010101010101;
    IrRef a = rv_x(l, (unsigned)in->rs1);
    IrRef t = ir_bini(&l->b, IR_add, ir_bini(&l->b, IR_and, a, each * LOW), each * LOW);
    IrRef high = ir_bini(&l->b, IR_and, op64(l, IR_or, t, a), each * HIGH);
    rv_set_x(l, (unsigned)in->rd,
             op64(l, IR_sub, ir_bini(&l->b, IR_shl, high, 1), ir_bini(&l->b, IR_shr, high, 7)));
}

/* ---- Zbc, Zbkb ---- */

/* The halves of the product of 127 bits; reversed: those from bit 63 on. */
void rv_trans_clmul(RvLift *l, const RvInsn *in)
{
    IrRef a = ir_vlow(&l->b, rv_x(l, (unsigned)in->rs1)), r;
    IrRef b = ir_vlow(&l->b, rv_x(l, (unsigned)in->rs2));
    IrRef p = ir_vop_cc(&l->b, IR_vclmul, IR_I64, a, b, 0);
    IrRef low = ir_vextract(&l->b, IR_I64, p, 0), high = ir_vextract(&l->b, IR_I64, p, 1);
    r = in->op == RV_CLMUL_LOW ? low : high;
    if (in->op == RV_CLMUL_REVERSED)
        r = op64(l, IR_or, ir_bini(&l->b, IR_shl, high, 1), ir_bini(&l->b, IR_shr, low, 63));
    rv_set_x(l, (unsigned)in->rd, r);
}

/* The low halves of two registers, that of rs1 lower; of packw the result's upper half is its sign.
 */
void rv_trans_pack(RvLift *l, const RvInsn *in)
{
    unsigned bits = ir_type_bits((IrType)in->type);
    IrRef low = ir_conv(&l->b, IR_trunc, (IrType)in->type, rv_x(l, (unsigned)in->rs1));
    IrRef high = ir_conv(&l->b, IR_trunc, (IrType)in->type, rv_x(l, (unsigned)in->rs2));
    low = ir_conv(&l->b, IR_zext, IR_I64, low);
    high = ir_bini(&l->b, IR_shl, ir_conv(&l->b, IR_zext, IR_I64, high), bits);
    IrRef r = op64(l, IR_or, low, high);
    if (in->type == IR_I16)
        r = ir_conv(&l->b, IR_sext, IR_I64, ir_conv(&l->b, IR_trunc, IR_I32, r));
    rv_set_x(l, (unsigned)in->rd, r);
}

/* Exchanges the bits of each pair of `by` bits, which mask has the lower ones of. */
static IrRef exchange(RvLift *l, IrRef v, unsigned by, uint64_t mask)
{
    IrRef up = ir_bini(&l->b, IR_shl, ir_bini(&l->b, IR_and, v, mask), by);
    return op64(l, IR_or, up, ir_bini(&l->b, IR_and, ir_bini(&l->b, IR_shr, v, by), mask));
}

/* The bits of each byte backwards. */
void rv_trans_brev8(RvLift *l, const RvInsn *in)
{
    IrRef v = exchange(l, rv_x(l, (unsigned)in->rs1), 1, 0x5555555555555555);
    v = exchange(l, v, 2, 0x3333333333333333);
    rv_set_x(l, (unsigned)in->rd, exchange(l, v, 4, 0x0f0f0f0f0f0f0f0f));
}

/* ---- Zbs ---- */

static void single_bit(RvLift *l, const RvInsn *in, IrRef count)
{
    IrRef a = rv_x(l, (unsigned)in->rs1), r;
    IrRef bit = op64(l, IR_shl, rv_const(l, 1), count);
    switch ((RvBitOp)in->op) {
    case RV_BIT_CLEAR:
        r = op64(l, IR_and, a, ir_un(&l->b, IR_not, bit));
        break;
    case RV_BIT_EXTRACT:
        r = ir_bini(&l->b, IR_and, op64(l, IR_shr, a, count), 1);
        break;
    case RV_BIT_INVERT:
        r = op64(l, IR_xor, a, bit);
        break;
    default:
        r = op64(l, IR_or, a, bit);
        break;
    }
    rv_set_x(l, (unsigned)in->rd, r);
}

void rv_trans_bit(RvLift *l, const RvInsn *in)
{
    single_bit(l, in, rv_x(l, (unsigned)in->rs2));
}

void rv_trans_biti(RvLift *l, const RvInsn *in)
{
    single_bit(l, in, rv_const(l, (uint64_t)in->shamt));
}
