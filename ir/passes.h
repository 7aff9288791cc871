/* passes.h: the passes over a region, and the list that runs them.
 *
 * Each pass stands in a file of its own (ir/pass_NAME.c) as a row of ir/passes.def; a pass takes
 * the region and a PassContext and leaves a region that ir_verify accepts. */
#ifndef DRAGOMAN_IR_PASSES_H
#define DRAGOMAN_IR_PASSES_H

#include "ir/ir.h"

typedef struct PassContext {
    /* Slots whose value at `pc` is overwritten before it is read or a fault, poll or exit could
     * show it: bit i of the words for slot i. NULL: everything is live everywhere. The frontend
     * answers by decoding ahead from pc. */
    void (*dead_slots_at)(void *arg, uint64_t pc, uint64_t dead[4]);
    void *arg;
    /* Whether an indirect exit to pc may be made a direct one: a guest's branch to where no code
     * can be is not like others (GuestOps.is_pc). NULL: always. */
    bool (*is_pc)(uint64_t pc);
    /* Whether the host makes use of a hint at such an indirect exit (return_pc: of calls). NULL:
     * never. */
    bool (*takes_hint)(IrExitKind kind, uint64_t return_pc);
    /* The guest's state at the region's entry as it is likely to be: for what nothing depends on.
     * Or NULL. */
    const struct CpuState *state;
    const char *skip;  /* --no-pass NAME, or NULL */
    bool promote_only; /* no other pass: bisection by --max-optimised */
    /* The host's operations make other NaNs than the region's model wants, which are to be mended
     * where they show. */
    bool mend_nans;
    bool unmarked; /* nobody will ask for the guest instruction of an op: `insn` ops go */
    /* Called after each pass (explain); may be NULL. */
    void (*after)(void *arg, const char *pass, const Region *r);
    void *after_arg;
    bool verify; /* ir_verify after each pass; a failure is a DG_ASSERT-style bug stop */
} PassContext;

/* The list of tier 1, in passes.def. */
void ir_optimise(Region *r, const PassContext *ctx);
/* Whether it names one that may be left out. */
bool ir_pass_optional(const char *name);

#endif
