/* frame_riscv64.c: pushing and popping the RISC-V signal frame (layout in frame_riscv64.h). */
#include "runtime/linux/frame_riscv64.h"

#include <string.h>

#include "frontend/riscv64/state.h"
#include "runtime/linux/linux.h"

/* An exception's return has bit 0 of the program counter clear (volume II, sepc). */
#define INSTRUCTIONS (~(uint64_t)1)

static LinuxThread *thread_of(CpuState *s)
{
    return ((Vcpu *)s->vcpu)->linux_thread;
}

bool rv_push_frame(CpuState *s, const SignalDelivery *d)
{
    RvState *rv = rv_state(s);
    LinuxThread *t = thread_of(s);
    RvSigFrame f = {.uc_stack = d->altstack, .uc_sigmask = d->saved_mask, .pc = s->pc};
    uint64_t top = d->stack_top ? d->stack_top : rv->x[RV_SP];
    uint64_t at = (top - sizeof f) & -(uint64_t)16;
    if (at > top || at < d->stack_low)
        return false;
    memcpy(f.info, d->info, sizeof f.info);
    memcpy(f.x, &rv->x[1], sizeof f.x);
    memcpy(f.fp.f, rv->f, sizeof f.fp.f);
    f.fp.fcsr = rv_fcsr(s);
    if (copy_out(t, at, &f, sizeof f))
        return false;
    rv->x[RV_RA] = t->process->sigreturn_at;
    rv->x[RV_SP] = at;
    rv->x[RV_A0] = (uint64_t)d->sig;
    rv->x[RV_A0 + 1] = at + offsetof(RvSigFrame, info);
    rv->x[RV_A0 + 2] = at + offsetof(RvSigFrame, uc_flags);
    rv->reserved_at = RV_NO_RESERVATION;
    s->pc = d->action->handler & INSTRUCTIONS;
    return true;
}

bool rv_pop_frame(CpuState *s, SignalReturn *r)
{
    RvState *rv = rv_state(s);
    RvSigFrame f;
    if (copy_in(thread_of(s), &f, rv->x[RV_SP], sizeof f))
        return false;
    memcpy(&rv->x[1], f.x, sizeof f.x);
    memcpy(rv->f, f.fp.f, sizeof f.fp.f);
    rv_set_fcsr(s, f.fp.fcsr);
    rv->reserved_at = RV_NO_RESERVATION;
    s->pc = f.pc & INSTRUCTIONS;
    r->mask = f.uc_sigmask;
    r->altstack = f.uc_stack;
    return true;
}
