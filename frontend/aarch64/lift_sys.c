/* lift_sys.c: system registers, hints, barriers, cache maintenance, and instructions that compute
 * with NZCV (Arm ARM, C4.1.93, C5; for what user programs see of ID registers: features.h).
 *
 * Translations follow their source bytes by themselves, so instruction cache maintenance is none
 * and CTR_EL0 says so (DIC, IDC); ISB has what comes next looked up anew.
 */
#include "frontend/aarch64/features.h"
#include "frontend/aarch64/helpers.h"
#include "frontend/aarch64/lift.h"

/* ---- hints and barriers ---- */

void a64_trans_nop(A64Lift *l, const A64Insn *in)
{
    (void)l, (void)in;
}

/* The low bits of the option say what of before and after: 1 reads before all, 2 writes before
 * writes, 3 (and 0, which is reserved) all. The domain makes no difference to one machine. */
void a64_trans_dmb(A64Lift *l, const A64Insn *in)
{
    static const uint8_t masks[] = {IR_FENCE_ALL, IR_FENCE_RR | IR_FENCE_RW, IR_FENCE_WW,
                                    IR_FENCE_ALL};
    ir_fence(&l->b, masks[in->imm & 3]);
}

static void look_up_next(A64Lift *l, const A64Insn *in)
{
    ir_exit(&l->b, l->pc + in->length, IR_EXIT_JUMP, 0);
    l->ended = true;
}

/* Loads behind it wait for what branches before it, or their addresses, were computed from (B2.3,
 * dependency-ordered-before). */
void a64_trans_isb(A64Lift *l, const A64Insn *in)
{
    ir_fence(&l->b, IR_FENCE_RR);
    look_up_next(l, in);
}

/* ---- caches ---- */

enum { LINE = 64 }; /* bytes of a cache line, and of what DC ZVA zeroes */

void a64_trans_dc_zva(A64Lift *l, const A64Insn *in)
{
    IrRef at = ir_bini(&l->b, IR_and, a64_x(l, (unsigned)in->rn), ~(uint64_t)(LINE - 1));
    static const uint8_t zeros[16];
    IrRef zero = ir_vconst(&l->b, zeros);
    for (unsigned i = 0; i < LINE; i += 16)
        a64_write(l, ir_bini(&l->b, IR_add, at, i), zero, IR_ORDER_NONE);
}

/* Of an address that cannot be read they fault. */
static void touch(A64Lift *l, const A64Insn *in)
{
    ir_load(&l->b, IR_I8, a64_x(l, (unsigned)in->rn), IR_ORDER_NONE);
}

void a64_trans_dc(A64Lift *l, const A64Insn *in)
{
    touch(l, in);
}

void a64_trans_ic_ivau(A64Lift *l, const A64Insn *in)
{
    touch(l, in);
    look_up_next(l, in);
}

/* ---- system registers ---- */

enum {
    CTR = A64_SYSREG(3, 3, 0, 0, 1),
    DCZID = A64_SYSREG(3, 3, 0, 0, 7),
    NZCV = A64_SYSREG(3, 3, 4, 2, 0),
    DIT = A64_SYSREG(3, 3, 4, 2, 5),
    FPCR = A64_SYSREG(3, 3, 4, 4, 0),
    FPSR = A64_SYSREG(3, 3, 4, 4, 1),
    TPIDR = A64_SYSREG(3, 3, 13, 0, 2),
    TPIDRRO = A64_SYSREG(3, 3, 13, 0, 3),
    CNTFRQ = A64_SYSREG(3, 3, 14, 0, 0),
    CNTVCT = A64_SYSREG(3, 3, 14, 0, 2),
};

/* CTR_EL0: lines of 64 bytes (as logarithms of words), no maintenance needed (IDC, DIC), a
 * physically indexed instruction cache. DCZID_EL0: the block that DC ZVA zeroes. */
static const uint32_t ctr =
    1u << 31 | 1u << 29 | 1u << 28 | 4 << 24 | 4 << 20 | 4 << 16 | 3 << 14 | 4;
enum { DCZID_VALUE = 4, FREQUENCY = 1000000000, DIT_AT = 24, NZCV_BITS = 0xf };

static unsigned register_of(const A64Insn *in)
{
    return (unsigned)in->sysreg | 1u << 15;
}

static bool is_written(const A64Insn *in)
{
    return !(in->word >> 21 & 1);
}

bool a64_sysreg_exists(const A64Insn *in)
{
    uint64_t value;
    switch (register_of(in)) {
    case NZCV:
    case FPCR:
    case FPSR:
    case DIT:
    case TPIDR:
        return true;
    case CTR:
    case DCZID:
    case TPIDRRO:
    case CNTFRQ:
    case CNTVCT:
        return !is_written(in);
    default:
        return !is_written(in) && a64_id_register(register_of(in), &value);
    }
}

static IrRef read_sysreg(A64Lift *l, unsigned number)
{
    uint64_t value = 0;
    switch (number) {
    case NZCV:
        return ir_conv(&l->b, IR_zext, IR_I64, a64_flags_bits(l));
    case FPCR:
        return a64_get_fpcr(l);
    case FPSR:
        return a64_get_fpsr(l);
    case DIT:
        return ir_conv(&l->b, IR_zext, IR_I64, ir_get(&l->b, A64_SLOT_DIT));
    case TPIDR:
        return ir_get(&l->b, A64_SLOT_TPIDR);
    case CTR:
        return a64_const(l, ctr);
    case DCZID:
        return a64_const(l, DCZID_VALUE);
    case TPIDRRO:
        return a64_const(l, 0);
    case CNTFRQ:
        return a64_const(l, FREQUENCY);
    case CNTVCT:
        return ir_call(&l->b, A64_HELPER_time, NULL, 0);
    default:
        a64_id_register(number, &value);
        return a64_const(l, value);
    }
}

void a64_trans_mrs(A64Lift *l, const A64Insn *in)
{
    a64_set_x(l, (unsigned)in->rt, read_sysreg(l, register_of(in)));
    if (register_of(in) == FPSR)
        a64_watch_fp(l);
}

void a64_trans_msr(A64Lift *l, const A64Insn *in)
{
    IrRef v = a64_x(l, (unsigned)in->rt);
    switch (register_of(in)) {
    case NZCV:
        a64_flags_set_bits(l, v);
        break;
    case FPCR:
        a64_write_fpcr(l, v);
        break;
    case FPSR:
        a64_write_fpsr(l, v);
        a64_watch_fp(l);
        break;
    case DIT:
        v = ir_bini(&l->b, IR_and, ir_conv(&l->b, IR_trunc, IR_I32, v), 1 << DIT_AT);
        ir_put(&l->b, A64_SLOT_DIT, v);
        break;
    default:
        ir_put(&l->b, A64_SLOT_TPIDR, v);
        break;
    }
}

void a64_trans_msr_dit(A64Lift *l, const A64Insn *in)
{
    ir_put(&l->b, A64_SLOT_DIT, ir_const(&l->b, IR_I32, (uint64_t)(in->imm & 1) << DIT_AT));
}

/* ---- NZCV as a number: at bits 31 to 28 of an i32 (FEAT_FlagM, FEAT_FlagM2) ---- */

enum { V_AT = 28, C_AT, Z_AT, N_AT };

static IrRef and32(A64Lift *l, IrRef v, uint32_t mask)
{
    return ir_bini(&l->b, IR_and, v, mask);
}

void a64_trans_cfinv(A64Lift *l, const A64Insn *in)
{
    (void)in;
    a64_flags_set_bits(l, ir_bini(&l->b, IR_xor, a64_flags_bits(l), 1u << C_AT));
}

/* rn rotated right has the new flags in its low bits. */
void a64_trans_rmif(A64Lift *l, const A64Insn *in)
{
    uint32_t mask = (uint32_t)in->mask << V_AT;
    IrRef v = ir_bini(&l->b, IR_rotr, a64_x(l, (unsigned)in->rn), (uint64_t)in->imm);
    v = ir_bini(&l->b, IR_shl, ir_conv(&l->b, IR_trunc, IR_I32, v), V_AT);
    IrRef old = mask == (uint32_t)NZCV_BITS << V_AT ? ir_const(&l->b, IR_I32, 0)
                                                    : and32(l, a64_flags_bits(l), ~mask);
    a64_flags_set_bits(l, ir_bin(&l->b, IR_or, old, and32(l, v, mask)));
}

/* N and Z of a number of 8 or 16 bits; V: the bit above it is not its sign. */
void a64_trans_setf(A64Lift *l, const A64Insn *in)
{
    unsigned bits = in->type == IR_I8 ? 8 : 16;
    IrRef v = a64_r(l, false, (unsigned)in->rn), kept = and32(l, a64_flags_bits(l), 1u << C_AT);
    IrRef n = and32(l, ir_bini(&l->b, IR_shl, v, N_AT + 1 - bits), 1u << N_AT);
    IrRef low = ir_conv(&l->b, IR_trunc, (IrType)in->type, v);
    IrRef z = ir_cmp(&l->b, IR_eq, low, ir_const(&l->b, (IrType)in->type, 0));
    z = ir_bini(&l->b, IR_shl, ir_conv(&l->b, IR_zext, IR_I32, z), Z_AT);
    IrRef above = ir_bin(&l->b, IR_xor, v, ir_bini(&l->b, IR_shr, v, 1));
    IrRef o = and32(l, ir_bini(&l->b, IR_shl, above, V_AT + 1 - bits), 1u << V_AT);
    v = ir_bin(&l->b, IR_or, ir_bin(&l->b, IR_or, n, z), ir_bin(&l->b, IR_or, o, kept));
    a64_flags_set_bits(l, v);
}

/* From the form that FCMP gives to another one: N and V are unordered and less there. */
void a64_trans_axflag(A64Lift *l, const A64Insn *in)
{
    (void)in;
    IrRef v = a64_flags_bits(l);
    IrRef unordered = and32(l, v, 1u << V_AT);
    IrRef z = ir_bin(&l->b, IR_or, and32(l, v, 1u << Z_AT),
                     ir_bini(&l->b, IR_shl, unordered, Z_AT - V_AT));
    IrRef not_c = ir_bini(&l->b, IR_shl, unordered, C_AT - V_AT);
    IrRef c = and32(l, ir_bin(&l->b, IR_and, v, ir_un(&l->b, IR_not, not_c)), 1u << C_AT);
    a64_flags_set_bits(l, ir_bin(&l->b, IR_or, z, c));
}

/* The other way: N = neither C nor Z, Z = Z and C, C = C or Z, V = Z without C. */
void a64_trans_xaflag(A64Lift *l, const A64Insn *in)
{
    (void)in;
    IrRef v = a64_flags_bits(l);
    IrRef z = ir_bini(&l->b, IR_shr, v, Z_AT), c = ir_bini(&l->b, IR_shr, v, C_AT);
    IrRef not_c = ir_un(&l->b, IR_not, c), either = ir_bin(&l->b, IR_or, z, c);
    const IrRef flags[] = {ir_bin(&l->b, IR_and, z, not_c), either, ir_bin(&l->b, IR_and, z, c),
                           ir_un(&l->b, IR_not, either)};
    IrRef r = IR_NONE;
    for (unsigned i = 0; i < 4; i++) {
        IrRef bit = ir_bini(&l->b, IR_shl, and32(l, flags[i], 1), V_AT + i);
        r = i ? ir_bin(&l->b, IR_or, r, bit) : bit;
    }
    a64_flags_set_bits(l, r);
}
