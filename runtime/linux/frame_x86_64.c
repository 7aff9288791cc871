/* frame_x86_64.c: pushing and popping the x86-64 signal frame (layout in frame_x86_64.h).
 *
 * From the top of the stack downwards, below the red zone or from the alternate stack's end: the
 * XSAVE image (64-byte aligned, X86FrameXstate), then the frame, placed so that the stack pointer
 * is 8 modulo 16 at the handler's entry as after a call (psABI 3.2.2).
 */
#include "runtime/linux/frame_x86_64.h"

#include <string.h>

#include "frontend/x86_64/state.h"
#include "runtime/host/host.h"
#include "runtime/linux/fpstate_x86_64.h"
#include "runtime/linux/linux.h"

enum {
    UC_FP_XSTATE = 1,
    UC_SIGCONTEXT_SS = 2,
    UC_STRICT_RESTORE_SS = 4,
    X86_SA_RESTORER = 0x04000000,
    USER_CS = 0x33,
    USER_SS = 0x2b,
    EFLAGS_FIXED = 0x202, /* bit 1 and IF */
    EFLAGS_AC = 0x40000,
    FXRSTOR_ALIGN = 16,
    XRSTOR_ALIGN = 64,
};

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8 };

static LinuxThread *thread_of(CpuState *s)
{
    return ((Vcpu *)s->vcpu)->linux_thread;
}

static void fill_context(const CpuState *s, X86SigContext *c)
{
    const X86State *x = x86_state_const(s);
    memcpy(&c->r8, &x->gpr[R8], 8 * sizeof(uint64_t));
    c->di = x->gpr[RDI];
    c->si = x->gpr[RSI];
    c->bp = x->gpr[RBP];
    c->bx = x->gpr[RBX];
    c->dx = x->gpr[RDX];
    c->ax = x->gpr[RAX];
    c->cx = x->gpr[RCX];
    c->sp = x->gpr[RSP];
    c->ip = s->pc;
    c->flags = x86_flags_read(s) | x->eflags_sys | EFLAGS_FIXED;
    c->cs = USER_CS;
    c->ss = USER_SS;
}

/* A frame whose magic words are not both there is one of a program that knows FXSAVE only (Linux:
 * check_xstate_in_sigframe). */
static bool read_xstate(LinuxThread *t, X86FrameXstate *x, uint64_t at, bool *whole)
{
    if (copy_in(t, x, at, X86_FXSAVE_BYTES))
        return false;
    *whole = x86_frame_xstate_whole(x);
    if (!*whole)
        return at % FXRSTOR_ALIGN == 0;
    if (copy_in(t, (uint8_t *)x + X86_FXSAVE_BYTES, at + X86_FXSAVE_BYTES,
                X86_FRAME_XSTATE_BYTES - X86_FXSAVE_BYTES))
        return false;
    *whole = x->magic2 == X86_XSTATE_MAGIC2;
    return at % (*whole ? XRSTOR_ALIGN : FXRSTOR_ALIGN) == 0;
}

static bool restore_fp(LinuxThread *t, CpuState *s, uint64_t at)
{
    X86FrameXstate x = {0};
    bool whole = false;
    if (!at)
        x86_xstate_init(s);
    else if (!read_xstate(t, &x, at, &whole) || !x86_frame_xstate_restore(s, &x, whole))
        return false;
    vcpu_x87_load(s->vcpu);
    return true;
}

bool x86_push_frame(CpuState *s, const SignalDelivery *d)
{
    X86State *x = x86_state(s);
    LinuxThread *t = thread_of(s);
    X86FrameXstate fx;
    X86SigFrame f = {.uc_flags = UC_FP_XSTATE | UC_SIGCONTEXT_SS | UC_STRICT_RESTORE_SS};
    if (!(d->action->flags & X86_SA_RESTORER))
        return false;
    uint64_t top = d->stack_top ? d->stack_top : x->gpr[RSP] - X86_RED_ZONE;
    uint64_t fp_at = (top - X86_FRAME_XSTATE_BYTES) & -(uint64_t)XRSTOR_ALIGN;
    uint64_t at = ((fp_at - sizeof f) & -(uint64_t)16) - 8;
    if (at > top || at < d->stack_low)
        return false;
    vcpu_x87_save(s->vcpu);
    x86_frame_xstate_save(s, &fx);
    f.return_address = d->action->restorer;
    f.uc_stack = d->altstack;
    fill_context(s, &f.uc_mcontext);
    f.uc_mcontext.trapno = d->trap_no;
    f.uc_mcontext.err = d->err;
    f.uc_mcontext.cr2 = d->fault_addr;
    f.uc_mcontext.oldmask = f.uc_sigmask = d->saved_mask;
    f.uc_mcontext.fpstate = fp_at;
    memcpy(f.info, d->info, sizeof f.info);
    if (copy_out(t, fp_at, &fx, X86_FRAME_XSTATE_BYTES) || copy_out(t, at, &f, sizeof f))
        return false;
    x->gpr[RDI] = (uint64_t)d->sig;
    x->gpr[RSI] = at + offsetof(X86SigFrame, info);
    x->gpr[RDX] = at + offsetof(X86SigFrame, uc_flags);
    x->gpr[RAX] = 0;
    x->gpr[RSP] = at;
    x->df = 0;
    restore_fp(t, s, 0); /* a handler starts with exceptions masked and empty registers */
    s->pc = d->action->handler;
    return true;
}

bool x86_pop_frame(CpuState *s, SignalReturn *r)
{
    X86State *x = x86_state(s);
    LinuxThread *t = thread_of(s);
    X86SigFrame f;
    /* The restorer was reached by a return: the stack pointer is behind the return address. */
    if (copy_in(t, &f, x->gpr[RSP] - 8, sizeof f))
        return false;
    const X86SigContext *c = &f.uc_mcontext;
    if (!restore_fp(t, s, c->fpstate))
        return false;
    memcpy(&x->gpr[R8], &c->r8, 8 * sizeof(uint64_t));
    x->gpr[RDI] = c->di;
    x->gpr[RSI] = c->si;
    x->gpr[RBP] = c->bp;
    x->gpr[RBX] = c->bx;
    x->gpr[RDX] = c->dx;
    x->gpr[RAX] = c->ax;
    x->gpr[RCX] = c->cx;
    x->gpr[RSP] = c->sp;
    s->pc = c->ip;
    x86_flags_write(s, c->flags);
    x->eflags_sys = (x->eflags_sys & ~(uint32_t)EFLAGS_AC) | (uint32_t)(c->flags & EFLAGS_AC);
    r->mask = f.uc_sigmask;
    r->altstack = f.uc_stack;
    return true;
}
