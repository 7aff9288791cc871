/* lift_mem.c: loads and stores of general registers and of scalars of the vector registers, single
 * and in pairs, in no order that the architecture does not promise; and those that acquire and
 * release (Arm ARM, C3.2, B2.3).
 *
 * Accesses come before the first register is written; of a pair both do. Where a loaded register is
 * the base that is written back (CONSTRAINED UNPREDICTABLE), the address stays; a stored one is
 * stored as it was.
 *
 * Example: ldr x1, [x0], #8     %1 = get x0; %2 = load i64 %1; put x1, %2; put x0, (add %1, 8)
 */
#include "frontend/aarch64/lift.h"

static IrRef base(A64Lift *l, const A64Insn *in)
{
    return a64_xsp(l, (unsigned)in->rn);
}

static IrRef plus(A64Lift *l, IrRef at, int64_t n)
{
    return ir_bini(&l->b, IR_add, at, (uint64_t)n);
}

/* base + immediate, for writeback or not. */
static IrRef address(A64Lift *l, const A64Insn *in)
{
    IrRef at = base(l, in);
    return in->writeback == A64_POST ? at : plus(l, at, in->simm);
}

static void write_back(A64Lift *l, const A64Insn *in, IrRef at)
{
    if (in->writeback == A64_POST)
        at = plus(l, at, in->simm);
    if (in->writeback != A64_OFFSET)
        a64_set_xsp(l, (unsigned)in->rn, at);
}

/* base + index, an i64 or the half of one extended, by the size of the access or as it is. */
static IrRef indexed(A64Lift *l, const A64Insn *in)
{
    enum { WORD = 2, SIGNED = 2, SIGN = 4 };
    unsigned extend = (WORD | ((unsigned)in->extend & 1)) + (in->extend & SIGNED ? SIGN : 0);
    unsigned size = ir_type_bits((IrType)in->type) / 8;
    IrRef index = a64_extended(l, (unsigned)in->rm, extend);
    if (in->scaled)
        index = ir_bini(&l->b, IR_shl, index, (unsigned)__builtin_ctz(size));
    return ir_bin(&l->b, IR_add, base(l, in), index);
}

/* ---- general registers ---- */

static IrRef loaded(A64Lift *l, const A64Insn *in, IrRef at, unsigned order)
{
    return ir_load(&l->b, (IrType)in->type, at, order);
}

/* A number from memory as a register takes it. */
static void set_loaded(A64Lift *l, const A64Insn *in, int32_t rt, IrRef v)
{
    if (in->sign == A64_SIGN_32)
        v = ir_conv(&l->b, IR_sext, IR_I32, v);
    if (in->type != IR_I64)
        v = ir_conv(&l->b, in->sign == A64_SIGN_64 ? IR_sext : IR_zext, IR_I64, v);
    a64_set_x(l, (unsigned)rt, v);
}

static void load(A64Lift *l, const A64Insn *in, IrRef at)
{
    set_loaded(l, in, in->rt, loaded(l, in, at, IR_ORDER_NONE));
}

IrRef a64_stored(A64Lift *l, IrType type, unsigned reg)
{
    IrRef v = a64_x(l, reg);
    return type == IR_I64 ? v : ir_conv(&l->b, IR_trunc, type, v);
}

static void store(A64Lift *l, const A64Insn *in, int32_t rt, IrRef at, unsigned order)
{
    a64_write(l, at, a64_stored(l, (IrType)in->type, (unsigned)rt), order);
}

void a64_trans_ldr_imm(A64Lift *l, const A64Insn *in)
{
    load(l, in, plus(l, base(l, in), in->imm));
}

void a64_trans_str_imm(A64Lift *l, const A64Insn *in)
{
    store(l, in, in->rt, plus(l, base(l, in), in->imm), IR_ORDER_NONE);
}

void a64_trans_ldr_simm(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    load(l, in, at);
    write_back(l, in, at);
}

void a64_trans_str_simm(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    store(l, in, in->rt, at, IR_ORDER_NONE);
    write_back(l, in, at);
}

void a64_trans_ldr_reg(A64Lift *l, const A64Insn *in)
{
    load(l, in, indexed(l, in));
}

void a64_trans_str_reg(A64Lift *l, const A64Insn *in)
{
    store(l, in, in->rt, indexed(l, in), IR_ORDER_NONE);
}

static IrRef literal(A64Lift *l, const A64Insn *in)
{
    return a64_const(l, l->pc + (uint64_t)(int64_t)in->off);
}

void a64_trans_ldr_lit(A64Lift *l, const A64Insn *in)
{
    load(l, in, literal(l, in));
}

static int64_t size_of(const A64Insn *in)
{
    return ir_type_bits((IrType)in->type) / 8;
}

void a64_trans_ldp(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    IrRef first = loaded(l, in, at, IR_ORDER_NONE);
    IrRef second = loaded(l, in, plus(l, at, size_of(in)), IR_ORDER_NONE);
    set_loaded(l, in, in->rt, first);
    set_loaded(l, in, in->rt2, second);
    write_back(l, in, at);
}

void a64_trans_stp(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    store(l, in, in->rt, at, IR_ORDER_NONE);
    store(l, in, in->rt2, plus(l, at, size_of(in)), IR_ORDER_NONE);
    write_back(l, in, at);
}

/* ---- vector registers ---- */

static void set_vector(A64Lift *l, int32_t rt, IrRef v)
{
    if (ir_inst(l->b.region, v)->type == IR_V128)
        a64_set_v(l, (unsigned)rt, v);
    else
        a64_set_scalar(l, (unsigned)rt, v);
}

static void vector_load(A64Lift *l, const A64Insn *in, IrRef at)
{
    set_vector(l, in->rt, loaded(l, in, at, IR_ORDER_NONE));
}

static void vector_store(A64Lift *l, const A64Insn *in, int32_t rt, IrRef at)
{
    IrRef v = in->type == IR_V128 ? a64_v(l, (unsigned)rt)
                                  : a64_scalar(l, (IrType)in->type, (unsigned)rt);
    a64_write(l, at, v, IR_ORDER_NONE);
}

void a64_trans_vldr_imm(A64Lift *l, const A64Insn *in)
{
    vector_load(l, in, plus(l, base(l, in), in->imm));
}

void a64_trans_vstr_imm(A64Lift *l, const A64Insn *in)
{
    vector_store(l, in, in->rt, plus(l, base(l, in), in->imm));
}

void a64_trans_vldr_simm(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    vector_load(l, in, at);
    write_back(l, in, at);
}

void a64_trans_vstr_simm(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    vector_store(l, in, in->rt, at);
    write_back(l, in, at);
}

void a64_trans_vldr_reg(A64Lift *l, const A64Insn *in)
{
    vector_load(l, in, indexed(l, in));
}

void a64_trans_vstr_reg(A64Lift *l, const A64Insn *in)
{
    vector_store(l, in, in->rt, indexed(l, in));
}

void a64_trans_vldr_lit(A64Lift *l, const A64Insn *in)
{
    vector_load(l, in, literal(l, in));
}

void a64_trans_vldp(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    IrRef first = loaded(l, in, at, IR_ORDER_NONE);
    IrRef second = loaded(l, in, plus(l, at, size_of(in)), IR_ORDER_NONE);
    set_vector(l, in->rt, first);
    set_vector(l, in->rt2, second);
    write_back(l, in, at);
}

void a64_trans_vstp(A64Lift *l, const A64Insn *in)
{
    IrRef at = address(l, in);
    vector_store(l, in, in->rt, at);
    vector_store(l, in, in->rt2, plus(l, at, size_of(in)));
    write_back(l, in, at);
}

/* ---- ordered ---- */

void a64_trans_ldar(A64Lift *l, const A64Insn *in)
{
    IrRef at = base(l, in);
    a64_check_within(l, at, (IrType)in->type, false);
    IrRef v = loaded(l, in, at, (unsigned)in->order);
    a64_set_x(l, (unsigned)in->rt, in->type == IR_I64 ? v : ir_conv(&l->b, IR_zext, IR_I64, v));
}

void a64_trans_stlr(A64Lift *l, const A64Insn *in)
{
    IrRef at = base(l, in);
    a64_check_within(l, at, (IrType)in->type, true);
    store(l, in, in->rt, at, IR_ORDER_RELEASE);
}

void a64_trans_ldapur(A64Lift *l, const A64Insn *in)
{
    IrRef at = plus(l, base(l, in), in->simm);
    a64_check_within(l, at, (IrType)in->type, false);
    set_loaded(l, in, in->rt, loaded(l, in, at, IR_ORDER_ACQPC));
}

void a64_trans_stlur(A64Lift *l, const A64Insn *in)
{
    IrRef at = plus(l, base(l, in), in->simm);
    a64_check_within(l, at, (IrType)in->type, true);
    store(l, in, in->rt, at, IR_ORDER_RELEASE);
}
