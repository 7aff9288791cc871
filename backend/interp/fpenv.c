/* fpenv.c: floating point in the interpreter: the guest's environment and exceptions.
 *
 * The guest's control word is loaded into the host with every exception masked when the first FP op
 * of a run comes, and stays until the run ends or a helper wants the host's own. Sticky flags
 * gather in the host and are merged into CpuState.fpctl whenever someone looks.
 *
 * Ops marked IR_F_TRAPS run with the flags cleared: if one comes up that the guest has unmasked,
 * the run ends at the instruction with TRAP_FP, before anything was put.
 */
#include "backend/interp/interp.h"
#include "ir/host_fp.h"
#include "ir/traps.h"

static uint32_t masked(uint32_t fpctl)
{
    return fpctl | FP_FLAGS << FP_MASK_SHIFT;
}

void run_fp_load(Run *x)
{
    if (x->fp_loaded)
        return;
    x->fp_loaded = true;
    x->host_fpctl = host_fpctl_read();
    host_fpctl_write(masked(x->state->fpctl));
}

void run_fp_unload(Run *x)
{
    if (!x->fp_loaded)
        return;
    x->fp_loaded = false;
    x->state->fpctl |= host_fpctl_read() & FP_FLAGS;
    host_fpctl_write(x->host_fpctl);
}

/* An unmasked underflow comes for every tiny result, an exact one too, which leaves no flag when
 * masked. Flushing to zero tells: it sets the flag whenever the result is tiny. */
static uint32_t exact_underflow(Run *x, const IrInst *i, const IrValue args[3], uint32_t fpctl)
{
    if (fpctl & (FP_UNDERFLOW << FP_MASK_SHIFT))
        return 0;
    host_fpctl_write((masked(fpctl) & ~(uint32_t)FP_FLAGS) | FP_FTZ);
    ir_eval(x->r, i, args);
    return host_fpctl_read() & FP_UNDERFLOW;
}

static bool trapping(Run *x, const IrInst *i, const IrValue args[3])
{
    uint32_t fpctl = x->state->fpctl |= host_fpctl_read() & FP_FLAGS;
    host_fpctl_write(masked(fpctl) & ~(uint32_t)FP_FLAGS);
    IrValue v = ir_eval(x->r, i, args);
    uint32_t raised = host_fpctl_read() & FP_FLAGS;
    raised |= exact_underflow(x, i, args, fpctl);
    uint32_t unmasked = raised & ~(fpctl >> FP_MASK_SHIFT) & FP_FLAGS;
    if (unmasked != 0) {
        /* Those found before the computation keep it from being done (Intel SDM vol. 1, 11.5.2). */
        uint32_t before = FP_INVALID | FP_DENORMAL | FP_DIVZERO;
        if (unmasked & before)
            raised &= before;
        x->state->fpctl |= raised;
        host_fpctl_write(masked(x->state->fpctl));
        /* What is reported goes by all flags that are set, as in Linux's fpu__exception_code. */
        return run_trap(x, TRAP_FP, x->state->fpctl & ~(fpctl >> FP_MASK_SHIFT) & FP_FLAGS);
    }
    host_fpctl_write(masked(fpctl | raised));
    *run_dest(x, i) = v;
    return true;
}

bool step_fp(Run *x, const IrInst *i)
{
    IrValue args[3];
    for (unsigned n = 0; n < i->nargs; n++)
        args[n] = run_arg(x, i, n);
    run_fp_load(x);
    if ((i->flags & IR_F_TRAPS) != 0)
        return trapping(x, i, args);
    *run_dest(x, i) = ir_eval(x->r, i, args);
    return true;
}

bool step_fpctlget(Run *x, const IrInst *i)
{
    uint32_t v = x->state->fpctl;
    if (x->fp_loaded)
        v |= host_fpctl_read() & FP_FLAGS;
    *run_dest(x, i) = (IrValue){.q = {v, 0}};
    return true;
}

bool step_fpctlset(Run *x, const IrInst *i)
{
    run_fp_unload(x);
    x->state->fpctl = run_arg(x, i, 0).w[0];
    return true;
}
