/* lift_bmi.c: integer instructions beyond the first x86-64 processors (insns_bmi.def).
 *
 * Flags that the manual leaves undefined come out as the nearest plain operation sets them.
 *
 * Example: blsr rax, rcx    rax = rcx & (rcx - 1); flags of a logic operation; C = (rcx == 0)
 */
#include "frontend/x86_64/lift.h"

static unsigned size_of(const LiftContext *lc)
{
    return lc->insn->op[0].size;
}

static IrType type_of(const LiftContext *lc)
{
    return x86_int_type(size_of(lc));
}

static IrRef is_zero(LiftContext *lc, IrRef v)
{
    return ir_bini(&lc->b, IR_eq, v, 0);
}

/* ---- counts of bits: IR counts in 32 and 64 bits ---- */

static IrRef widened(LiftContext *lc, IrRef v)
{
    return size_of(lc) == 2 ? ir_conv(&lc->b, IR_zext, IR_I32, v) : v;
}

static IrRef narrowed(LiftContext *lc, IrRef v)
{
    return size_of(lc) == 2 ? ir_conv(&lc->b, IR_trunc, IR_I16, v) : v;
}

void x86_lift_popcnt(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1);
    x86_write(lc, 0, narrowed(lc, ir_un(&lc->b, IR_popcnt, widened(lc, v))));
    x86_flags_set_each(lc, IR_NONE, is_zero(lc, v), IR_NONE, IR_NONE);
}

static void count_zeros(LiftContext *lc, IrRef v, IrRef n)
{
    n = narrowed(lc, n);
    x86_write(lc, 0, n);
    x86_flags_set_each(lc, is_zero(lc, v), is_zero(lc, n), IR_NONE, IR_NONE);
}

void x86_lift_tzcnt(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1), w = widened(lc, v);
    if (size_of(lc) == 2)
        w = ir_bini(&lc->b, IR_or, w, 0x10000);
    count_zeros(lc, v, ir_un(&lc->b, IR_ctz, w));
}

void x86_lift_lzcnt(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1), n = ir_un(&lc->b, IR_clz, widened(lc, v));
    if (size_of(lc) == 2)
        n = ir_bini(&lc->b, IR_sub, n, 16);
    count_zeros(lc, v, n);
}

/* ---- BMI1 and BMI2 ---- */

void x86_lift_andn(LiftContext *lc)
{
    IrRef a = x86_read(lc, 1), b = x86_read(lc, 2);
    IrRef r = ir_bin(&lc->b, IR_and, b, ir_un(&lc->b, IR_not, a));
    x86_write(lc, 0, r);
    x86_flags_set(lc, CC_LOGIC, r, IR_NONE, r);
}

/* Bits 0 .. n - 1 of v, all of them when n, one byte, is not below the number of bits. */
static IrRef low_bits(LiftContext *lc, IrRef v, IrRef n, IrRef below)
{
    IrRef ones = x86_const(lc, type_of(lc), ~(uint64_t)0);
    IrRef mask = ir_un(&lc->b, IR_not, ir_bin(&lc->b, IR_shl, ones, n));
    return ir_select(&lc->b, below, ir_bin(&lc->b, IR_and, v, mask), v);
}

/* A byte of a control operand, and whether it is below the number of bits. */
static IrRef control_byte(LiftContext *lc, IrRef v, unsigned at, IrRef *below)
{
    IrRef n = ir_extract(&lc->b, v, at, 8);
    *below = ir_bini(&lc->b, IR_ult, n, 8 * size_of(lc));
    return n;
}

void x86_lift_bextr(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1), control = x86_read(lc, 2), inside, shorter;
    IrRef start = control_byte(lc, control, 0, &inside);
    IrRef length = control_byte(lc, control, 8, &shorter);
    IrRef moved = ir_bin(&lc->b, IR_shr, v, start);
    moved = ir_select(&lc->b, inside, moved, x86_const(lc, type_of(lc), 0));
    IrRef r = low_bits(lc, moved, length, shorter);
    x86_write(lc, 0, r);
    x86_flags_set(lc, CC_LOGIC, r, IR_NONE, r);
}

void x86_lift_bzhi(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1), below;
    IrRef n = control_byte(lc, x86_read(lc, 2), 0, &below);
    IrRef r = low_bits(lc, v, n, below);
    x86_write(lc, 0, r);
    x86_flags_set(lc, CC_LOGIC, r, IR_NONE, r);
    x86_flags_set_c(lc, ir_bini(&lc->b, IR_xor, below, 1));
}

static void lowest_set(LiftContext *lc, IrRef v, IrRef r, bool carry_if_zero)
{
    IrRef zero = is_zero(lc, v);
    x86_write(lc, 0, r);
    x86_flags_set(lc, CC_LOGIC, r, IR_NONE, r);
    x86_flags_set_c(lc, carry_if_zero ? zero : ir_bini(&lc->b, IR_xor, zero, 1));
}

void x86_lift_blsr(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1);
    lowest_set(lc, v, ir_bin(&lc->b, IR_and, v, ir_bini(&lc->b, IR_sub, v, 1)), true);
}

void x86_lift_blsmsk(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1);
    lowest_set(lc, v, ir_bin(&lc->b, IR_xor, v, ir_bini(&lc->b, IR_sub, v, 1)), true);
}

void x86_lift_blsi(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1);
    lowest_set(lc, v, ir_bin(&lc->b, IR_and, v, ir_un(&lc->b, IR_neg, v)), false);
}

void x86_lift_pdep(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1), mask = x86_read(lc, 2);
    x86_write(lc, 0, ir_bin(&lc->b, (IrOp)lc->insn->row->arg, v, mask));
}

/* The high half last: it wins when both go to one register. */
void x86_lift_mulx(LiftContext *lc)
{
    IrRef a = x86_gpr(lc, RDX, size_of(lc)), b = x86_read(lc, 2);
    IrRef high = ir_bin(&lc->b, IR_umulh, a, b);
    x86_write(lc, 1, ir_bin(&lc->b, IR_mul, a, b));
    x86_write(lc, 0, high);
}

void x86_lift_shiftx(LiftContext *lc)
{
    IrRef v = x86_read(lc, 1), count = x86_read(lc, 2);
    x86_write(lc, 0, ir_bin(&lc->b, (IrOp)lc->insn->row->arg, v, count));
}

void x86_lift_rorx(LiftContext *lc)
{
    x86_write(lc, 0, ir_bini(&lc->b, IR_rotr, x86_read(lc, 1), lc->insn->op[2].imm));
}

/* ---- ADX, MOVBE, CRC32 ---- */

/* adcx; arg 1: adox */
void x86_lift_adx(LiftContext *lc)
{
    bool overflow = lc->insn->row->arg;
    IrRef b = x86_read(lc, 1), a = x86_read(lc, 0);
    IrRef in = x86_flags_cond(lc, overflow ? CND_O : CND_B);
    IrRef sum = ir_bin(&lc->b, IR_add, a, b);
    IrRef r = ir_bin(&lc->b, IR_add, sum, ir_conv(&lc->b, IR_zext, type_of(lc), in));
    IrRef out =
        ir_bin(&lc->b, IR_or, ir_cmp(&lc->b, IR_ult, sum, a), ir_cmp(&lc->b, IR_ult, r, sum));
    x86_write(lc, 0, r);
    if (overflow)
        x86_flags_set_o(lc, out);
    else
        x86_flags_set_c(lc, out);
}

void x86_lift_movbe(LiftContext *lc)
{
    x86_write(lc, 0, ir_un(&lc->b, IR_bswap, x86_read(lc, 1)));
}

void x86_lift_crc32(LiftContext *lc)
{
    unsigned bytes = lc->insn->op[1].size;
    IrRef v = x86_read(lc, 1), crc = x86_gpr(lc, lc->insn->op[0].reg, bytes == 8 ? 8 : 4);
    if (bytes < 4)
        v = ir_conv(&lc->b, IR_zext, IR_I32, v);
    IrOp op = bytes == 1 ? IR_crc32cb : bytes == 2 ? IR_crc32ch : IR_crc32c;
    x86_gpr_set(lc, lc->insn->op[0].reg, ir_bin(&lc->b, op, crc, v));
}

/* ---- random numbers, the processor ---- */

/* There is always one: the kernel's. */
void x86_lift_rdrand(LiftContext *lc)
{
    IrRef v = ir_call(&lc->b, X86_HELPER_random, NULL, 0);
    IrType t = type_of(lc);
    x86_write(lc, 0, t == IR_I64 ? v : ir_conv(&lc->b, IR_trunc, t, v));
    x86_flags_set_each(lc, x86_const(lc, IR_I8, 1), IR_NONE, IR_NONE, IR_NONE);
}

void x86_lift_rdtscp(LiftContext *lc)
{
    x86_lift_rdtsc(lc);
    x86_gpr_set(lc, RCX, ir_call(&lc->b, X86_HELPER_cpu_number, NULL, 0));
}

void x86_lift_rdpid(LiftContext *lc)
{
    x86_write(lc, 0, ir_call(&lc->b, X86_HELPER_cpu_number, NULL, 0));
}

void x86_lift_rdbase(LiftContext *lc)
{
    IrRef v = ir_get(&lc->b, lc->insn->row->arg);
    x86_write(lc, 0, size_of(lc) == 8 ? v : ir_conv(&lc->b, IR_trunc, IR_I32, v));
}

/* Addresses have 48 bits, sign-extended. Ends the region, as a load of a segment register does:
 * helpers read the bases from memory (x87_unit.c). */
void x86_lift_wrbase(LiftContext *lc)
{
    IrRef v = x86_read(lc, 0);
    if (size_of(lc) == 8)
        x86_trap_if(lc, ir_cmp(&lc->b, IR_ne, ir_sextract(&lc->b, v, 0, 48), v), TRAP_PRIVILEGED,
                    0);
    else
        v = ir_conv(&lc->b, IR_zext, IR_I64, v);
    ir_put(&lc->b, lc->insn->row->arg, v);
    x86_exit(lc, lc->insn->next_pc, IR_EXIT_JUMP, 0);
}
