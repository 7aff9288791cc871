/* interp.h: one run of the interpreter, as its files see it; the entry is interp_run (backend.h).
 *
 * A result INTERP_TRAP carries the trap number and argument in InterpResult; INTERP_FAULT leaves
 * the fault in CpuState as the accessor recorded it; INTERP_SERVICE the number in
 * CpuState.exit_arg. In all ends CpuState.pc says where the guest is: at an exit the next
 * instruction, otherwise the current one.
 */
#ifndef DRAGOMAN_BACKEND_INTERP_INTERP_H
#define DRAGOMAN_BACKEND_INTERP_INTERP_H

#include "backend/backend.h"

typedef struct Run {
    const Region *r;
    CpuState *state;
    IrValue *v;       /* by instruction */
    uint64_t pc;      /* of the guest instruction */
    uint64_t insn_pc; /* of the last `insn` */
    bool went_back;   /* along an edge to this or an earlier block, since then */
    uint64_t max_insns;
    uint32_t polls_left;
    uint32_t next;  /* instruction to go on with */
    RanBlocks *ran; /* where blocks that run are noted, or NULL */
    InterpResult result;
} Run;

/* Executes one instruction. False ends the run. Terminators set Run.next. */
typedef bool Step(Run *x, const IrInst *i);

static inline IrValue run_arg(const Run *x, const IrInst *i, unsigned n)
{
    return x->v[i->arg[n].i];
}
static inline IrValue *run_dest(const Run *x, const IrInst *i)
{
    return &x->v[i - x->r->insts.data];
}
static inline bool run_end(Run *x, InterpEnd end)
{
    x->result.end = end;
    x->state->pc = x->pc;
    return false;
}
static inline bool run_trap(Run *x, uint32_t trap, uint32_t arg)
{
    x->result.trap = trap;
    x->result.trap_arg = arg;
    return run_end(x, INTERP_TRAP);
}

/* ---- fpenv.c ---- */

Step step_fp, step_fpctlget, step_fpctlset;

/* ---- call.c ---- */

Step step_call;

#endif
