/* lift_alu.c: add to xadd: two-operand arithmetic and logic, and compare-and-exchange.
 *
 * A locked operation on memory is one atomic op; those no atomic op exists for (NEG) are a
 * compare-and-swap loop. Intel SDM volume 2, the pages of each instruction; volume 3, 9.1.2 (LOCK).
 *
 * Example: lock sub [rdi], eax    %old = aadd i32 rdi, (neg eax); flags SUB(%old, eax)
 */
#include "frontend/x86_64/lift.h"

static bool locked(LiftContext *lc)
{
    return x86_is_mem(lc, 0) && (lc->insn->prefixes & X86_PFX_LOCK);
}

static IrType type_of(LiftContext *lc, IrRef v)
{
    return (IrType)ir_inst(lc->b.region, v)->type;
}

/* Conversion between any two integer widths, by `extend` when it grows. */
static IrRef resize(LiftContext *lc, IrOp extend, IrType t, IrRef v)
{
    IrType from = type_of(lc, v);
    if (from == t)
        return v;
    return ir_conv(&lc->b, t > from ? extend : IR_trunc, t, v);
}

/* The old value of operand 0 and the new one, old op b, stored. */
static IrRef modify(LiftContext *lc, IrOp op, IrRef b, IrRef *old)
{
    if (locked(lc)) {
        static const struct {
            uint16_t op, atomic;
        } map[] = {{IR_add, IR_aadd},
                   {IR_sub, IR_aadd},
                   {IR_and, IR_aand},
                   {IR_or, IR_aor},
                   {IR_xor, IR_axor}};
        unsigned k = 0;
        while (map[k].op != op)
            k++;
        IrRef addr = x86_addr(lc), v = op == IR_sub ? ir_un(&lc->b, IR_neg, b) : b;
        x86_flags_flush(lc);
        *old = ir_atomic(&lc->b, (IrOp)map[k].atomic, addr, v);
        return ir_bin(&lc->b, op, *old, b);
    }
    X86Rmw m = x86_rmw_begin(lc);
    *old = m.old;
    IrRef r = ir_bin(&lc->b, op, m.old, b);
    x86_rmw_end(lc, &m, r);
    return r;
}

void x86_lift_add(LiftContext *lc)
{
    IrRef b = x86_read(lc, 1), a;
    IrRef r = modify(lc, IR_add, b, &a);
    x86_flags_set(lc, CC_ADD, a, b, r);
}

void x86_lift_sub(LiftContext *lc)
{
    IrRef b = x86_read(lc, 1), a;
    IrRef r = modify(lc, IR_sub, b, &a);
    x86_flags_set(lc, CC_SUBR, a, b, r);
}

static void logic(LiftContext *lc, IrOp op)
{
    IrRef b = x86_read(lc, 1), a;
    IrRef r = modify(lc, op, b, &a);
    x86_flags_set(lc, CC_LOGIC, r, IR_NONE, r);
}

void x86_lift_and(LiftContext *lc)
{
    logic(lc, IR_and);
}

void x86_lift_or(LiftContext *lc)
{
    logic(lc, IR_or);
}

void x86_lift_xor(LiftContext *lc)
{
    logic(lc, IR_xor);
}

/* The carry is added to the operand first: one atomic op serves when locked. */
static void with_carry(LiftContext *lc, IrOp op, enum X86CcKind kind)
{
    IrRef b = x86_read(lc, 1), a;
    IrRef c = x86_flags_cond(lc, CND_B);
    IrRef sum = ir_bin(&lc->b, IR_add, b, resize(lc, IR_zext, type_of(lc, b), c));
    IrRef r = modify(lc, op, sum, &a);
    x86_flags_set_carry_in(lc, kind, a, b, c, r);
}

void x86_lift_adc(LiftContext *lc)
{
    with_carry(lc, IR_add, CC_ADC);
}

void x86_lift_sbb(LiftContext *lc)
{
    with_carry(lc, IR_sub, CC_SBB);
}

void x86_lift_cmp(LiftContext *lc)
{
    IrRef a = x86_read(lc, 0);
    x86_flags_set(lc, CC_SUB, a, x86_read(lc, 1), IR_NONE);
}

void x86_lift_test(LiftContext *lc)
{
    IrRef a = x86_read(lc, 0);
    IrRef r = ir_bin(&lc->b, IR_and, a, x86_read(lc, 1));
    x86_flags_set(lc, CC_LOGIC, r, IR_NONE, r);
}

static void step(LiftContext *lc, enum X86CcKind kind, uint64_t by)
{
    IrRef one = x86_const(lc, x86_int_type(lc->insn->op[0].size), by), a;
    x86_flags_set_incdec(lc, kind, modify(lc, IR_add, one, &a));
}

void x86_lift_inc(LiftContext *lc)
{
    step(lc, CC_INC, 1);
}

void x86_lift_dec(LiftContext *lc)
{
    step(lc, CC_DEC, (uint64_t)-1);
}

void x86_lift_not(LiftContext *lc)
{
    IrRef ones = x86_const(lc, x86_int_type(lc->insn->op[0].size), (uint64_t)-1), a;
    modify(lc, IR_xor, ones, &a);
}

static IrRef locked_neg(LiftContext *lc)
{
    IrType t = x86_int_type(lc->insn->op[0].size);
    IrRef addr = x86_addr(lc);
    uint32_t loop = x86_block(lc), done = x86_block(lc);
    x86_jump(lc, loop);
    x86_enter(lc, loop, false); /* nothing is put in the loop: what is known stays so */
    IrRef old = ir_load(&lc->b, t, addr, IR_ORDER_TSO);
    IrRef seen = ir_cas(&lc->b, addr, old, ir_un(&lc->b, IR_neg, old));
    x86_br(lc, ir_cmp(&lc->b, IR_eq, seen, old), done, loop);
    x86_enter(lc, done, false);
    return old;
}

void x86_lift_neg(LiftContext *lc)
{
    IrRef zero = x86_const(lc, x86_int_type(lc->insn->op[0].size), 0), a;
    if (locked(lc)) {
        a = locked_neg(lc);
    } else {
        X86Rmw m = x86_rmw_begin(lc);
        a = m.old;
        x86_rmw_end(lc, &m, ir_un(&lc->b, IR_neg, a));
    }
    x86_flags_set(lc, CC_SUB, zero, a, IR_NONE);
}

void x86_lift_xadd(LiftContext *lc)
{
    IrRef b = x86_read(lc, 1), a, r;
    if (x86_is_mem(lc, 0)) {
        r = modify(lc, IR_add, b, &a);
        x86_write(lc, 1, a);
    } else {
        a = x86_read(lc, 0);
        r = ir_bin(&lc->b, IR_add, a, b);
        x86_write(lc, 1, a);
        x86_write(lc, 0, r); /* last: both may be one register */
    }
    x86_flags_set(lc, CC_ADD, a, b, r);
}

/* The accumulator is loaded only on failure; 32 bits of it are then zero-extended. */
static void load_accumulator(LiftContext *lc, unsigned reg, IrRef equal, IrRef old)
{
    IrRef before = x86_gpr(lc, reg, 8), after = old;
    unsigned bits = ir_type_bits(type_of(lc, old));
    if (bits < 32)
        after = ir_deposit(&lc->b, before, old, 0, bits);
    else
        after = resize(lc, IR_zext, IR_I64, old);
    x86_gpr_set(lc, reg, ir_select(&lc->b, equal, before, after));
}

/* A destination register that keeps its value keeps its upper half too. */
static void exchange_register(LiftContext *lc, IrRef equal, IrRef b)
{
    const X86Operand *op = &lc->insn->op[0];
    if (op->size != 4) {
        x86_write(lc, 0, ir_select(&lc->b, equal, b, x86_read(lc, 0)));
        return;
    }
    IrRef v = ir_conv(&lc->b, IR_zext, IR_I64, b);
    x86_gpr_set(lc, op->reg, ir_select(&lc->b, equal, v, x86_gpr(lc, op->reg, 8)));
}

void x86_lift_cmpxchg(LiftContext *lc)
{
    unsigned size = lc->insn->op[0].size;
    IrRef expected = x86_gpr(lc, RAX, size), b = x86_read(lc, 1);
    IrRef old, equal;
    if (locked(lc)) {
        IrRef addr = x86_addr(lc);
        x86_flags_flush(lc);
        old = ir_cas(&lc->b, addr, expected, b);
        equal = ir_cmp(&lc->b, IR_eq, old, expected);
        load_accumulator(lc, RAX, equal, old);
    } else {
        X86Rmw m = x86_rmw_begin(lc);
        old = m.old;
        equal = ir_cmp(&lc->b, IR_eq, old, expected);
        if (m.addr.i) /* written either way, and first: it may fault */
            x86_rmw_end(lc, &m, ir_select(&lc->b, equal, b, old));
        load_accumulator(lc, RAX, equal, old);
        if (!m.addr.i)
            exchange_register(lc, equal, b);
    }
    x86_flags_set(lc, CC_SUB, expected, old, IR_NONE);
}

static IrRef pair(LiftContext *lc, IrRef low, IrRef high)
{
    return ir_vinsert(&lc->b, IR_I64, ir_vlow(&lc->b, low), high, 1);
}

/* Only Z changes. */
static void set_zf(LiftContext *lc, IrRef z)
{
    IrRef rest = ir_bini(&lc->b, IR_and, x86_flags_all(lc), F_ALL & ~F_Z);
    IrRef bit = ir_bini(&lc->b, IR_shl, resize(lc, IR_zext, IR_I64, z), 6);
    x86_flags_set_bits(lc, ir_bin(&lc->b, IR_or, rest, bit));
}

static void cmpxchg16b(LiftContext *lc)
{
    IrRef addr = x86_addr(lc);
    IrRef odd = ir_bini(&lc->b, IR_and, addr, 15);
    x86_trap_if(lc, ir_cmp(&lc->b, IR_ne, odd, x86_const(lc, IR_I64, 0)), TRAP_PRIVILEGED, 0);
    IrRef low = x86_gpr(lc, RAX, 8), high = x86_gpr(lc, RDX, 8);
    IrRef old = ir_cas(&lc->b, addr, pair(lc, low, high),
                       pair(lc, x86_gpr(lc, RBX, 8), x86_gpr(lc, RCX, 8)));
    IrRef old_low = ir_vextract(&lc->b, IR_I64, old, 0);
    IrRef old_high = ir_vextract(&lc->b, IR_I64, old, 1);
    IrRef diff = ir_bin(&lc->b, IR_or, ir_bin(&lc->b, IR_xor, old_low, low),
                        ir_bin(&lc->b, IR_xor, old_high, high));
    x86_gpr_set(lc, RAX, old_low);
    x86_gpr_set(lc, RDX, old_high);
    set_zf(lc, ir_cmp(&lc->b, IR_eq, diff, x86_const(lc, IR_I64, 0)));
}

void x86_lift_cmpxchg8b(LiftContext *lc)
{
    if (lc->insn->opsize == 8) {
        cmpxchg16b(lc);
        return;
    }
    IrRef addr = x86_addr(lc);
    IrRef expected = ir_deposit(&lc->b, x86_gpr(lc, RAX, 8), x86_gpr(lc, RDX, 8), 32, 32);
    IrRef desired = ir_deposit(&lc->b, x86_gpr(lc, RBX, 8), x86_gpr(lc, RCX, 8), 32, 32);
    x86_flags_flush(lc);
    IrRef old = ir_cas(&lc->b, addr, expected, desired);
    IrRef equal = ir_cmp(&lc->b, IR_eq, old, expected);
    load_accumulator(lc, RAX, equal, resize(lc, IR_zext, IR_I32, old));
    load_accumulator(lc, RDX, equal, resize(lc, IR_zext, IR_I32, ir_bini(&lc->b, IR_shr, old, 32)));
    set_zf(lc, equal);
}
