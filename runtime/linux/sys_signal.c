/* sys_signal.c: the system calls about signals; what they mean is in signals.c. */
#include <string.h>
#include <time.h>

#include "runtime/linux/syscall.h"

enum { MASK_BYTES = 8 };

/* struct sigaction without a restorer has the mask in its place. */
static int action_in(LinuxThread *t, GuestSigAction *act, uint64_t addr)
{
    bool none = t->process->abi->no_restorer;
    int error = copy_in(t, act, addr, none ? offsetof(GuestSigAction, mask) : sizeof *act);
    if (none) {
        act->mask = act->restorer;
        act->restorer = 0;
    }
    return error;
}

static int action_out(LinuxThread *t, uint64_t addr, const GuestSigAction *act)
{
    GuestSigAction out = *act;
    bool none = t->process->abi->no_restorer;
    if (none)
        out.restorer = out.mask;
    return copy_out(t, addr, &out, none ? offsetof(GuestSigAction, mask) : sizeof out);
}

long sys_rt_sigaction(LinuxThread *t, uint64_t a[6])
{
    GuestSigAction new, old;
    int sig = (int)a[0];
    if (a[3] != MASK_BYTES || sig < 1 || sig > SIGNALS ||
        (a[1] && (sig == SIGKILL || sig == SIGSTOP)))
        return -EINVAL;
    if (a[1] && action_in(t, &new, a[1]))
        return -EFAULT;
    long r = signals_set_action(t, sig, a[1] ? &new : NULL, &old);
    if (r == 0 && a[2] && action_out(t, a[2], &old))
        return -EFAULT;
    return r;
}

static bool apply_how(int how, uint64_t old, uint64_t set, uint64_t *mask)
{
    switch (how) {
    case SIG_BLOCK:
        *mask = old | set;
        return true;
    case SIG_UNBLOCK:
        *mask = old & ~set;
        return true;
    case SIG_SETMASK:
        *mask = set;
        return true;
    default:
        return false;
    }
}

long sys_rt_sigprocmask(LinuxThread *t, uint64_t a[6])
{
    uint64_t set, old = t->mask, mask = old;
    if (a[3] != MASK_BYTES)
        return -EINVAL;
    if (a[1]) {
        if (copy_in(t, &set, a[1], sizeof set))
            return -EFAULT;
        if (!apply_how((int)a[0], old, set, &mask))
            return -EINVAL;
        if (signals_deliverable(t))
            return -ERESTART_STUB;
        signals_set_mask(t, mask);
        if (atomic_load(&t->pending) & ~old & t->mask) {
            /* One came just before the mask changed, and must be handled before the call. */
            signals_set_mask(t, old);
            return -ERESTART_STUB;
        }
    }
    return a[2] && copy_out(t, a[2], &old, sizeof old) ? -EFAULT : 0;
}

long sys_rt_sigpending(LinuxThread *t, uint64_t a[6])
{
    uint64_t set = 0;
    if (a[1] > MASK_BYTES)
        return -EINVAL;
    long r = OWN(SYS_rt_sigpending, &set, MASK_BYTES);
    set |= atomic_load(&t->pending);
    set &= t->mask;
    return r < 0 ? r : copy_out(t, a[0], &set, a[1]);
}

long sys_rt_sigsuspend(LinuxThread *t, uint64_t a[6])
{
    uint64_t mask, host_mask;
    if (a[1] != MASK_BYTES)
        return -EINVAL;
    if (copy_in(t, &mask, a[0], sizeof mask))
        return -EFAULT;
    host_mask = mask & ~SYNCHRONOUS_SIGNALS;
    signals_mask_begin(t, mask);
    return signals_mask_end(t, HOST(t, SYS_rt_sigsuspend, &host_mask, MASK_BYTES));
}

static long give_info(LinuxThread *t, uint64_t to, int sig, const uint8_t *info)
{
    return to && copy_out(t, to, info, SIGINFO_BYTES) ? -EFAULT : sig;
}

long sys_rt_sigtimedwait(LinuxThread *t, uint64_t a[6])
{
    uint64_t set, host_set;
    uint8_t info[SIGINFO_BYTES] = {0};
    struct timespec ts;
    int sig;
    if (a[3] != MASK_BYTES)
        return -EINVAL;
    if (copy_in(t, &set, a[0], sizeof set) || (a[2] && copy_in(t, &ts, a[2], sizeof ts)))
        return -EFAULT;
    set &= ~(SIGBIT(SIGKILL) | SIGBIT(SIGSTOP));
    /* Synchronous signals that were sent are in our queue even when the guest blocks them. */
    if (signals_take(t, set, &sig, info))
        return give_info(t, a[1], sig, info);
    host_set = set;
    long r = HOST(t, SYS_rt_sigtimedwait, &host_set, info, a[2] ? &ts : NULL, MASK_BYTES);
    if (r == -EINTR && signals_take(t, set, &sig, info))
        return give_info(t, a[1], sig, info);
    return r < 0 ? r : give_info(t, a[1], (int)r, info);
}

long sys_rt_sigreturn(LinuxThread *t, uint64_t a[6])
{
    (void)a;
    SignalReturn r;
    t->no_result = true;
    const GuestAbi *abi = t->process->abi;
    if (!abi->pop_frame(t->vcpu->state, &r)) {
        GuestFault f = {.kind = FAULT_SEGV, .si_code = SI_KERNEL, .trap_no = t->trap_no};
        if (abi->bad_frame_tells_sp) {
            f.addr = abi_sp(abi, t->vcpu->state);
            f.si_code = mem_prot(t->process->engine, f.addr) < 0 ? SEGV_MAPERR : SEGV_ACCERR;
            f.sets_frame_addr = true;
        }
        linux_fault(t->vcpu, &f);
        return 0;
    }
    GuestStack *st = &t->altstack;
    if (!(r.altstack.flags & SS_DISABLE) && r.altstack.size >= t->process->abi->min_altstack)
        *st = r.altstack;
    else if (r.altstack.flags & SS_DISABLE)
        *st = (GuestStack){.flags = SS_DISABLE};
    st->flags &= ~SS_ONSTACK;
    signals_set_mask(t, r.mask);
    return 0;
}

long sys_sigaltstack(LinuxThread *t, uint64_t a[6])
{
    GuestStack new, old = t->altstack;
    uint64_t sp = abi_sp(t->process->abi, t->vcpu->state);
    bool on = !(old.flags & SS_AUTODISARM) && sp > old.sp && sp - old.sp <= old.size;
    if (a[0]) {
        if (copy_in(t, &new, a[0], sizeof new))
            return -EFAULT;
        int mode = new.flags & ~SS_AUTODISARM;
        if (on)
            return -EPERM;
        if (mode != SS_DISABLE && mode != SS_ONSTACK && mode != 0)
            return -EINVAL;
        if (mode != SS_DISABLE && new.size < t->process->abi->min_altstack)
            return -ENOMEM;
        if (mode == SS_DISABLE)
            new.sp = new.size = 0;
        new.pad = 0;
        t->altstack = new;
    }
    old.flags = (old.flags & SS_AUTODISARM) | (!old.size ? SS_DISABLE : on ? SS_ONSTACK : 0);
    return a[1] && copy_out(t, a[1], &old, sizeof old) ? -EFAULT : 0;
}

long sys_restart_syscall(LinuxThread *t, uint64_t a[6])
{
    (void)t;
    (void)a;
    return -EINTR; /* the guest never sees a restart block: its calls are made again whole */
}

/* A signal with its siginfo. To itself a process may send any si_code; that of a fault, on a signal
 * of a fault, our own handlers would take for one: such a signal comes as if queued. */
static long queue_signal(LinuxThread *t, int sig, uint64_t info_at, siginfo_t *info)
{
    if (!info_at || copy_in(t, info, info_at, sizeof *info))
        return -EFAULT;
    if (sig > 0 && sig <= SIGNALS && (SIGBIT(sig) & SYNCHRONOUS_SIGNALS) && info->si_code > 0)
        info->si_code = SI_QUEUE;
    return 0;
}

long sys_rt_sigqueueinfo(LinuxThread *t, uint64_t a[6])
{
    siginfo_t info;
    long r = queue_signal(t, (int)a[1], a[2], &info);
    return r ? r : HOST(t, SYS_rt_sigqueueinfo, a[0], a[1], &info);
}

long sys_rt_tgsigqueueinfo(LinuxThread *t, uint64_t a[6])
{
    siginfo_t info;
    long r = queue_signal(t, (int)a[2], a[3], &info);
    return r ? r : HOST(t, SYS_rt_tgsigqueueinfo, a[0], a[1], a[2], &info);
}

long sys_pidfd_send_signal(LinuxThread *t, uint64_t a[6])
{
    siginfo_t info;
    long r = a[2] ? queue_signal(t, (int)a[1], a[2], &info) : 0;
    return r ? r : HOST(t, SYS_pidfd_send_signal, a[0], a[1], a[2] ? &info : NULL, a[3]);
}
