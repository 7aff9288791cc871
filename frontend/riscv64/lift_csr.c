/* lift_csr.c: control and status registers that user code may have: fflags, frm, fcsr
 * (chapter 20.2) and the counters of Zicntr. Any other is an illegal instruction, as is writing a
 * read-only one.
 *
 * The flags are MXCSR's in CpuState.fpctl: IE ZE OE UE PE at 0 2 3 4 5 are NV DZ OF UF NX at 4 3 2
 * 1 0.
 */
#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"

enum { FFLAGS = 1, FRM, FCSR, CYCLE = 0xc00, TIME, INSTRET };
enum { FLAG_BITS = 0x1f, MXCSR_FLAGS = 0x3f, FRM_BITS = 7, FRM_AT = 5 };

/* ---- flags and rounding mode between the two forms ---- */

/* The low five bits of v in the opposite order. Multiplying makes five copies of a byte, from which
 * the mask picks its bits in turn; the second gathers them. */
static IrRef reversed(RvLift *l, IrRef v)
{
    v = ir_bini(&l->b, IR_mul, v, 0x80200802);
    v = ir_bini(&l->b, IR_and, v, 0x0884422110);
    v = ir_bini(&l->b, IR_mul, v, 0x0101010101);
    return ir_extract(&l->b, v, 35, 5);
}

static IrRef read_flags(RvLift *l)
{
    if (l->known.flags.i && !l->known.raised && l->known.compares == 0)
        return l->known.flags;
    l->known.raised = false;
    l->known.compares = 0;
    IrRef fpctl = ir_fpctl_get(&l->b), v = ir_conv(&l->b, IR_zext, IR_I64, fpctl);
    l->known.flags_from = fpctl;
    IrRef high = ir_bini(&l->b, IR_and, ir_bini(&l->b, IR_shr, v, 1), FLAG_BITS & ~1);
    return l->known.flags = reversed(l, ir_bin(&l->b, IR_or, high, ir_bini(&l->b, IR_and, v, 1)));
}

/* fpctl with these flags, i64 to i32. */
static IrRef with_flags(RvLift *l, IrRef fpctl, IrRef flags)
{
    IrRef v = reversed(l, flags);
    IrRef high = ir_bini(&l->b, IR_shl, ir_bini(&l->b, IR_and, v, FLAG_BITS & ~1), 1);
    v = ir_bin(&l->b, IR_or, high, ir_bini(&l->b, IR_and, v, 1));
    fpctl = ir_bini(&l->b, IR_and, fpctl, ~(uint32_t)MXCSR_FLAGS);
    return ir_bin(&l->b, IR_or, fpctl, ir_conv(&l->b, IR_trunc, IR_I32, v));
}

/* fpctl with the rounding of frm. */
static IrRef with_frm(RvLift *l, IrRef fpctl, IrRef frm)
{
    IrRef twice = ir_bini(&l->b, IR_shl, frm, 1);
    IrRef rc = ir_bin(&l->b, IR_shr, rv_const(l, RV_FPCTL_ROUNDINGS), twice);
    rc = ir_bini(&l->b, IR_and, ir_conv(&l->b, IR_trunc, IR_I32, rc), 3);
    return ir_deposit(&l->b, fpctl, rc, FPCTL_ROUNDING_AT, 2);
}

static IrRef read_frm(RvLift *l)
{
    return ir_conv(&l->b, IR_zext, IR_I64, ir_get(&l->b, RV_SLOT_FRM));
}

/* ---- reading and writing ---- */

/* CSRRW writes always, the others if their operand's field is not zero (chapter 6.1). */
bool rv_csr_exists(const RvInsn *in)
{
    bool writes = (in->word >> 12 & 3) == 1 || (in->word >> 15 & 31) != 0;
    return (in->csr >= FFLAGS && in->csr <= FCSR) ||
           (in->csr >= CYCLE && in->csr <= INSTRET && !writes);
}

static IrRef read_csr(RvLift *l, int csr)
{
    switch (csr) {
    case FFLAGS:
        return read_flags(l);
    case FRM:
        return read_frm(l);
    case FCSR:
        return ir_bin(&l->b, IR_or, read_flags(l), ir_bini(&l->b, IR_shl, read_frm(l), FRM_AT));
    case TIME:
        return ir_call(&l->b, RV_HELPER_time, NULL, 0);
    default:
        return ir_call(&l->b, RV_HELPER_cycles, NULL, 0);
    }
}

void rv_compared(RvLift *l, IrRef a, IrRef b)
{
    RvKnown *k = &l->known;
    if (k->compares == 2) {
        k->raised = true;
        return;
    }
    k->compared[k->compares][0] = a;
    k->compared[k->compares++][1] = b;
}

/* Whether flags may have been raised since they were read. Comparisons alone are asked for their
 * operands: looking at the host's flags takes longer. */
static IrRef may_have_raised(RvLift *l)
{
    RvKnown *k = &l->known;
    IrRef any = IR_NONE;
    if (k->raised) {
        IrRef saved = ir_bini(&l->b, IR_and, k->flags_from, MXCSR_FLAGS);
        return ir_cmp(&l->b, IR_ne, saved,
                      ir_bini(&l->b, IR_and, ir_fpctl_get(&l->b), MXCSR_FLAGS));
    }
    for (unsigned i = 0; i < k->compares; i++) {
        IrRef odd = ir_fcmp(&l->b, IR_fun, k->compared[i][0], k->compared[i][1], 0);
        any = any.i ? ir_bin(&l->b, IR_or, any, odd) : odd;
    }
    return any;
}

/* fflags are given the value that was read from them before, as code does that compares without
 * raising flags. As a rule nothing was raised in between, and so nothing is to be done. */
static void restore_flags(RvLift *l)
{
    IrRef raised = may_have_raised(l);
    if (!raised.i)
        return;
    uint32_t changed = rv_block(l), done = rv_block(l);
    l->b.region->blocks.data[changed].cold = true;
    ir_br(&l->b, raised, changed, done);
    rv_enter(l, changed);
    IrRef rest = ir_bini(&l->b, IR_and, ir_fpctl_get(&l->b), ~(uint32_t)MXCSR_FLAGS);
    IrRef saved = ir_bini(&l->b, IR_and, l->known.flags_from, MXCSR_FLAGS);
    ir_fpctl_set(&l->b, ir_bin(&l->b, IR_or, rest, saved));
    ir_jump(&l->b, done);
    rv_enter(l, done);
    l->known.raised = false;
    l->known.compares = 0;
}

static void write_csr(RvLift *l, int csr, IrRef v)
{
    if (csr == FFLAGS && l->known.flags.i && ir_same(v, l->known.flags)) {
        restore_flags(l);
        return;
    }
    IrRef fpctl = ir_fpctl_get(&l->b), frm = v;
    l->known.raised = true;
    if (csr != FRM)
        fpctl = with_flags(l, fpctl, ir_bini(&l->b, IR_and, v, FLAG_BITS));
    if (csr != FFLAGS) {
        if (csr == FCSR)
            frm = ir_bini(&l->b, IR_shr, frm, FRM_AT);
        frm = ir_bini(&l->b, IR_and, frm, FRM_BITS);
        fpctl = with_frm(l, fpctl, frm);
        ir_put(&l->b, RV_SLOT_FRM, ir_conv(&l->b, IR_trunc, IR_I32, frm));
    }
    ir_fpctl_set(&l->b, fpctl);
}

/* The region goes on only if the mode word that it was made for is still right. */
static void leave_if_mode_changed(RvLift *l, const RvInsn *in)
{
    IrRef frm = ir_get(&l->b, RV_SLOT_FRM);
    uint32_t leave = rv_block(l), stay = rv_block(l);
    IrRef plain = ir_cmp(&l->b, IR_ult, frm, ir_const(&l->b, IR_I32, 4));
    l->b.region->blocks.data[leave].cold = true;
    /* Another mode is rare, and left as soon as frm is written. */
    if (l->mode != 0)
        plain = ir_const(&l->b, IR_I8, 0);
    ir_br(&l->b, plain, stay, leave);
    rv_enter(l, leave);
    ir_insn(&l->b, l->pc + in->length, 0);
    ir_trap(&l->b, TRAP_MODE, 0);
    rv_enter(l, stay);
}

/* Of the two kinds of second operand; op is what becomes of it and the old value, IR_NOP: it
 * replaces that. */
static void access_csr(RvLift *l, const RvInsn *in, IrRef operand, IrOp op, bool writes)
{
    bool reads = op != IR_NOP || in->rd != RV_ZERO;
    IrRef old = reads ? read_csr(l, in->csr) : IR_NONE;
    if (writes)
        write_csr(l, in->csr, op == IR_NOP ? operand : ir_bin(&l->b, op, old, operand));
    if (reads)
        rv_set_x(l, (unsigned)in->rd, old);
    if (writes && in->csr != FFLAGS)
        leave_if_mode_changed(l, in);
}

void rv_trans_csrrw(RvLift *l, const RvInsn *in)
{
    access_csr(l, in, rv_x(l, (unsigned)in->rs1), IR_NOP, true);
}

void rv_trans_csrrs(RvLift *l, const RvInsn *in)
{
    access_csr(l, in, rv_x(l, (unsigned)in->rs1), IR_or, in->rs1 != RV_ZERO);
}

void rv_trans_csrrc(RvLift *l, const RvInsn *in)
{
    IrRef mask = ir_un(&l->b, IR_not, rv_x(l, (unsigned)in->rs1));
    access_csr(l, in, mask, IR_and, in->rs1 != RV_ZERO);
}

void rv_trans_csrrwi(RvLift *l, const RvInsn *in)
{
    access_csr(l, in, rv_const(l, (uint64_t)in->uimm), IR_NOP, true);
}

void rv_trans_csrrsi(RvLift *l, const RvInsn *in)
{
    access_csr(l, in, rv_const(l, (uint64_t)in->uimm), IR_or, in->uimm != 0);
}

void rv_trans_csrrci(RvLift *l, const RvInsn *in)
{
    access_csr(l, in, rv_const(l, ~(uint64_t)in->uimm), IR_and, in->uimm != 0);
}
