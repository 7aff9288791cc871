/* fpenv.c: floating point in the interpreter, by softfp.c under CpuState.fpctl.
 *
 * Ops marked IR_F_TRAPS run with the flags cleared: if one comes up that the guest has unmasked,
 * the run ends at the instruction with TRAP_FP, before anything was put.
 */
#include "backend/interp/interp.h"
#include "ir/softfp.h"
#include "ir/traps.h"

static const PackedInst *trapping(Run *x, const PackedInst *i, const IrInst *op,
                                  const IrValue args[3])
{
    uint32_t fpctl = fp_guest_word(x->state), now = fpctl & ~(uint32_t)FP_FLAGS;
    IrValue v = ir_eval_fp(x->p->facts, op, args, &now);
    uint32_t raised = now & FP_FLAGS, unmasked = raised & ~(fpctl >> FP_MASK_SHIFT);
    if (unmasked != 0) {
        /* Those found before the computation keep it from being done (Intel SDM vol. 1, 11.5.2). */
        uint32_t before = FP_INVALID | FP_DENORMAL | FP_DIVZERO;
        if (unmasked & before)
            raised &= before;
        x->state->fpctl |= raised;
        /* What is reported goes by all flags that are set, as in Linux's fpu__exception_code. */
        return run_trap(x, i, TRAP_FP, x->state->fpctl & ~(fpctl >> FP_MASK_SHIFT) & FP_FLAGS);
    }
    x->state->fpctl |= raised;
    run_set_value(x, i->dest, v, op->type);
    return packed_after(i);
}

const PackedInst *step_fp(Run *x, const PackedInst *i)
{
    IrValue args[3];
    const IrInst *op = run_other(x, i, args);
    if ((op->flags & IR_F_TRAPS) != 0)
        return trapping(x, i, op, args);
    uint32_t fpctl = x->state->fpctl | FP_MASKS;
    run_set_value(x, i->dest, ir_eval_fp(x->p->facts, op, args, &fpctl), op->type);
    x->state->fpctl |= fpctl & FP_FLAGS;
    return packed_after(i);
}

const PackedInst *step_fpctlget(Run *x, const PackedInst *i)
{
    run_set(x, i->dest, x->state->fpctl);
    return i + 1;
}

const PackedInst *step_fpctlset(Run *x, const PackedInst *i)
{
    x->state->fpctl = (uint32_t)run_get(x, i->a);
    return i + 1;
}
