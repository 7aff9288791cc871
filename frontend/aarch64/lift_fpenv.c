/* lift_fpenv.c: FPCR and FPSR (Arm ARM C5.2.8 and C5.2.10) read and written; see state.h for where
 * they are kept, fpenv.c for the same in C.
 *
 * A change of rounding stays in the region; one of what the mode word holds leaves it. Whoever
 * looks at FPSR is given exact flags from then on: where the host's are not (BackendOps.fp_inexact)
 * the first access leaves the region too.
 */
#include "frontend/aarch64/fp.h"

enum {
    FZ16 = 1 << 19,
    FZ = 1 << 24,
    DN = 1 << 25,
    AHP = 1 << 26,
    MODES = FZ | DN | AHP,
    WRITABLE = MODES | FZ16 | 3 << A64_RMODE_AT,
};
enum { FLAGS = 0x3f, FTZ_DAZ = 0x8040 };

/* What follows is another translation's. */
static void leave_unless(A64Lift *l, IrRef stays, unsigned argument)
{
    uint32_t leave = a64_block(l), stay = a64_block(l);
    l->b.region->blocks.data[leave].cold = true;
    ir_br(&l->b, stays, stay, leave);
    a64_enter(l, leave);
    ir_insn(&l->b, l->pc + 4, 0);
    ir_trap(&l->b, TRAP_MODE, argument);
    a64_enter(l, stay);
}

void a64_watch_fp(A64Lift *l)
{
    if (l->watch_fp)
        leave_unless(l, ir_const(&l->b, IR_I8, 0), 1);
}

IrRef a64_get_fpcr(A64Lift *l)
{
    return ir_conv(&l->b, IR_zext, IR_I64, ir_get(&l->b, A64_SLOT_FPCR));
}

static uint32_t fpcr_of_mode(uint32_t mode)
{
    return (mode & A64_MODE_DN ? DN : 0u) | (mode & A64_MODE_FZ ? FZ : 0u) |
           (mode & A64_MODE_AHP ? AHP : 0u);
}

void a64_write_fpcr(A64Lift *l, IrRef v)
{
    v = ir_conv(&l->b, IR_trunc, IR_I32, v);
    v = ir_bini(&l->b, IR_and, v, WRITABLE);
    ir_put(&l->b, A64_SLOT_FPCR, v);
    IrRef twice = ir_bini(&l->b, IR_shl, ir_extract(&l->b, v, A64_RMODE_AT, 2), 1);
    IrRef rc = ir_bin(&l->b, IR_shr, ir_const(&l->b, IR_I32, A64_FPCTL_ROUNDINGS), twice);
    IrRef fpctl = ir_deposit(&l->b, ir_fpctl_get(&l->b), rc, FPCTL_ROUNDING_AT, 2);
    IrRef flush = ir_bini(&l->b, IR_ne, ir_bini(&l->b, IR_and, v, FZ), 0);
    fpctl = ir_bini(&l->b, IR_and, fpctl, ~(uint32_t)FTZ_DAZ);
    flush = ir_select(&l->b, flush, ir_const(&l->b, IR_I32, FTZ_DAZ), ir_const(&l->b, IR_I32, 0));
    ir_fpctl_set(&l->b, ir_bin(&l->b, IR_or, fpctl, flush));
    IrRef modes = ir_bini(&l->b, IR_and, v, MODES);
    leave_unless(l, ir_bini(&l->b, IR_eq, modes, fpcr_of_mode(l->mode)), 0);
}

/* IOC DZC OFC UFC IXC, bits 0 to 4, are MXCSR's bits 0 and 2 to 5. */
IrRef a64_get_fpsr(A64Lift *l)
{
    IrRef fpctl = ir_fpctl_get(&l->b);
    IrRef v = ir_bini(&l->b, IR_and, ir_bini(&l->b, IR_shr, fpctl, 1), 0x1e);
    v = ir_bin(&l->b, IR_or, v, ir_bini(&l->b, IR_and, fpctl, 1));
    IrRef idc = ir_bini(&l->b, IR_shl, ir_get(&l->b, A64_SLOT_IDC), 7);
    IrRef no_qc = ir_viszero(&l->b, ir_get(&l->b, A64_SLOT_QC));
    IrRef qc = ir_bini(&l->b, IR_shl, ir_bini(&l->b, IR_xor, no_qc, 1), 27);
    if (l->idc_in_fpctl)
        idc = ir_bin(&l->b, IR_or, idc, ir_bini(&l->b, IR_shl, ir_extract(&l->b, fpctl, 1, 1), 7));
    v = ir_bin(&l->b, IR_or, ir_bin(&l->b, IR_or, v, idc), qc);
    return ir_conv(&l->b, IR_zext, IR_I64, v);
}

void a64_write_fpsr(A64Lift *l, IrRef v)
{
    v = ir_conv(&l->b, IR_trunc, IR_I32, v);
    IrRef flags = ir_bini(&l->b, IR_shl, ir_bini(&l->b, IR_and, v, 0x1e), 1);
    flags = ir_bin(&l->b, IR_or, flags, ir_bini(&l->b, IR_and, v, 1));
    IrRef fpctl = ir_bini(&l->b, IR_and, ir_fpctl_get(&l->b), ~(uint32_t)FLAGS);
    ir_fpctl_set(&l->b, ir_bin(&l->b, IR_or, fpctl, flags));
    ir_put(&l->b, A64_SLOT_IDC, ir_extract(&l->b, v, 7, 1));
    ir_put(&l->b, A64_SLOT_QC, ir_vlow(&l->b, ir_extract(&l->b, v, 27, 1)));
    /* A condition made from a comparison anew would raise its flags anew. */
    l->known.flags.fcmp_a = l->known.flags.fcmp_b = IR_NONE;
}
