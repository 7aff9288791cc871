/* signals.c: from host signals to guest handlers.
 *
 * The host kernel does most of it: default actions, ignoring, blocking, queueing and the choice of
 * the thread are its own, as each guest action is mirrored on the host (SIG_DFL, SIG_IGN, or our
 * handler) and the host mask of a thread is the guest's, less the synchronous signals.
 *
 * Our handler only queues: it puts the siginfo into the thread's queue, sets the poll word, moves
 * the PC out of the window of host_syscall, and returns with every asynchronous signal blocked. So
 * at most a few signals are ever in the queue; further ones wait in the kernel, which keeps their
 * order and number. The thread comes to signals_deliver at its next poll or at the end of its
 * system call: there frames are pushed and the host mask is set to the guest's new one.
 *
 * The queue's only producer is a handler on the same thread, which may interrupt another or the
 * consumer at any point: entries are claimed by compare-and-swap, and marked ready last.
 */
#include <string.h>
#include <ucontext.h>

#include "ir/base/log.h"
#include "runtime/engine.h"
#include "runtime/host/host.h"
#include "runtime/linux/linux.h"
#include "runtime/linux/symbols.h"

enum { ENTRY_FREE, ENTRY_CLAIMED, ENTRY_READY, MASK_BYTES = 8 };

#define UNBLOCKABLE     (SIGBIT(SIGKILL) | SIGBIT(SIGSTOP))
#define DEFAULT_IGNORED (SIGBIT(SIGCHLD) | SIGBIT(SIGURG) | SIGBIT(SIGWINCH) | SIGBIT(SIGCONT))
#define STOPPING        (SIGBIT(SIGTSTP) | SIGBIT(SIGTTIN) | SIGBIT(SIGTTOU))
#define FIRST_REALTIME  32

static const uint64_t default_handler = 0, ignore_handler = 1;

/* Written once, by signals_init_process. GuestSigAction has the layout of the kernel's struct. */
static GuestSigAction our_action = {0};

/* ---- the host's side ---- */

static long host_action(int sig, const GuestSigAction *new, GuestSigAction *old)
{
    return OWN(SYS_rt_sigaction, sig, new, old, MASK_BYTES);
}

void signals_host_mask(uint64_t mask, uint64_t *old)
{
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, old, MASK_BYTES);
}

static bool already_queued(const LinuxThread *t, int sig)
{
    return sig < FIRST_REALTIME && (atomic_load(&t->pending) & SIGBIT(sig));
}

static void enqueue(LinuxThread *t, int sig, const void *info)
{
    if (already_queued(t, sig))
        return;
    for (unsigned i = 0; i < SIGNAL_QUEUE; i++) {
        QueuedSignal *q = &t->queue[i];
        int expected = ENTRY_FREE;
        if (!atomic_compare_exchange_strong(&q->state, &expected, ENTRY_CLAIMED))
            continue;
        q->sig = sig;
        q->order = atomic_fetch_add(&t->order, 1);
        memcpy(q->info, info, SIGINFO_BYTES);
        atomic_store(&q->state, ENTRY_READY);
        atomic_fetch_or(&t->pending, SIGBIT(sig));
        return;
    }
}

void linux_async_signal(int sig, void *siginfo, void *ucontext)
{
    Vcpu *v = vcpu_current();
    ucontext_t *uc = ucontext;
    uint64_t pc = host_context_pc(uc), all = ~SYNCHRONOUS_SIGNALS;
    if (!v || !v->linux_thread)
        return;
    enqueue(v->linux_thread, sig, siginfo);
    memcpy(&uc->uc_sigmask, &all, MASK_BYTES);
    vcpu_kick(v);
    if (pc >= (uint64_t)syscall_stub_begin && pc < (uint64_t)syscall_stub_end)
        host_context_set_pc(uc, (uint64_t)syscall_stub_restart);
}

static void handle(int sig, siginfo_t *info, void *uc)
{
    linux_async_signal(sig, info, uc);
}

/* Our handler as the kernel wants it. Its restorer is the C library's: taken from an action that
 * sigaction() has set, as raw rt_sigaction (which alone reaches signals 32 and 33) needs one. */
static void prepare_our_action(void)
{
    struct sigaction with = {.sa_sigaction = handle}, was;
    with.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigfillset(&with.sa_mask);
    sigaction(SIGUSR1, &with, &was);
    host_action(SIGUSR1, NULL, &our_action);
    sigaction(SIGUSR1, &was, NULL);
    our_action.mask = ~SYNCHRONOUS_SIGNALS;
}

static GuestSigAction mirrored(const LinuxProcess *p, int sig, const GuestSigAction *act);

LinuxThread *signals_first_thread(LinuxProcess *p)
{
    uint64_t blocked = 0;
    LinuxThread *t = calloc(1, sizeof *t);
    if (!t)
        log_fatal("no memory for the first thread");
    t->process = p;
    t->altstack.flags = SS_DISABLE;
    t->sighand = sighand_new(NULL);
    signals_host_mask(~0ull, &blocked);
    uint64_t ignored = p->options->ignored == OPTION_NO_NUMBER ? 0 : p->options->ignored;
    for (int sig = 1; sig <= SIGNALS; sig++) {
        GuestSigAction now = {0};
        bool is = host_action(sig, NULL, &now) == 0 && now.handler == ignore_handler;
        if (is || (ignored & SIGBIT(sig) & SYNCHRONOUS_SIGNALS))
            t->sighand->action[sig].handler = ignore_handler;
    }
    prepare_our_action();
    for (int sig = 1; p->options->strace && sig <= SIGNALS; sig++) {
        GuestSigAction host = mirrored(p, sig, &t->sighand->action[sig]);
        if (!(SIGBIT(sig) & (SYNCHRONOUS_SIGNALS | UNBLOCKABLE)))
            host_action(sig, &host, NULL);
    }
    t->mask = blocked & ~UNBLOCKABLE;
    signals_host_mask(~SYNCHRONOUS_SIGNALS, NULL);
    return t;
}

SigHand *sighand_new(const SigHand *copy)
{
    SigHand *h = calloc(1, sizeof *h);
    if (!h)
        log_fatal("no memory for signal actions");
    if (copy)
        memcpy(h->action, copy->action, sizeof h->action);
    pthread_mutex_init(&h->lock, NULL);
    h->users = 1;
    return h;
}

void sighand_drop(SigHand *h)
{
    if (atomic_fetch_sub(&h->users, 1) == 1)
        free(h);
}

/* The host's action that stands for a guest's. */
static GuestSigAction mirrored(const LinuxProcess *p, int sig, const GuestSigAction *act)
{
    GuestSigAction host = our_action;
    bool log_it =
        p->options->strace && act->handler == default_handler && !(SIGBIT(sig) & UNBLOCKABLE);
    if (act->handler <= ignore_handler && !log_it) {
        host = *act;
        host.flags = our_action.flags & ~(uint64_t)(SA_SIGINFO | SA_ONSTACK);
        host.restorer = our_action.restorer;
    }
    host.flags |= act->flags & (SA_NOCLDSTOP | SA_NOCLDWAIT);
    return host;
}

long signals_set_action(LinuxThread *t, int sig, const GuestSigAction *act, GuestSigAction *old)
{
    SigHand *h = t->sighand;
    long r = 0;
    pthread_mutex_lock(&h->lock);
    *old = h->action[sig];
    if (act) {
        GuestSigAction host = mirrored(t->process, sig, act);
        if (!(SIGBIT(sig) & SYNCHRONOUS_SIGNALS))
            r = host_action(sig, &host, NULL);
        if (r == 0) {
            h->action[sig] = *act;
            h->action[sig].mask &= ~UNBLOCKABLE;
        }
    }
    pthread_mutex_unlock(&h->lock);
    return r;
}

void signals_clear_handlers(LinuxThread *t)
{
    GuestSigAction none = {0}, old;
    for (int sig = 1; sig <= SIGNALS; sig++)
        if (t->sighand->action[sig].handler > ignore_handler)
            signals_set_action(t, sig, &none, &old);
}

void signals_after_thread_creation(LinuxThread *t)
{
    enum { SIGSETXID = 33 };
    pthread_mutex_lock(&t->sighand->lock);
    GuestSigAction host = mirrored(t->process, SIGSETXID, &t->sighand->action[SIGSETXID]);
    host_action(SIGSETXID, &host, NULL);
    pthread_mutex_unlock(&t->sighand->lock);
}

uint64_t signals_ignored(const LinuxThread *t)
{
    uint64_t set = 0;
    for (int sig = 1; sig <= SIGNALS; sig++)
        if (t->sighand->action[sig].handler == ignore_handler)
            set |= SIGBIT(sig) & SYNCHRONOUS_SIGNALS;
    return set;
}

void signals_before_exec(LinuxThread *t)
{
    signals_host_mask(t->mask, NULL);
}

void signals_after_exec(LinuxThread *t)
{
    signals_host_mask(t->mask & ~SYNCHRONOUS_SIGNALS, NULL);
}

static const int synchronous[SYNCHRONOUS_COUNT] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

uint64_t signals_ignore_on_host(const LinuxThread *t, GuestSigAction saved[SYNCHRONOUS_COUNT])
{
    GuestSigAction ignore = {.handler = ignore_handler};
    uint64_t set = signals_ignored(t);
    for (unsigned i = 0; i < SYNCHRONOUS_COUNT; i++)
        if (set & SIGBIT(synchronous[i]))
            host_action(synchronous[i], &ignore, &saved[i]);
    return set;
}

void signals_back_on_host(uint64_t set, const GuestSigAction saved[SYNCHRONOUS_COUNT])
{
    for (unsigned i = 0; i < SYNCHRONOUS_COUNT; i++)
        if (set & SIGBIT(synchronous[i]))
            host_action(synchronous[i], &saved[i], NULL);
}

/* ---- the guest's side ---- */

bool signals_deliverable(const LinuxThread *t)
{
    return atomic_load(&t->pending) & ~t->mask;
}

void signals_set_mask(LinuxThread *t, uint64_t mask)
{
    t->mask = mask & ~UNBLOCKABLE;
    signals_host_mask(t->mask & ~SYNCHRONOUS_SIGNALS, NULL);
    if (signals_deliverable(t))
        vcpu_kick(t->vcpu);
}

/* The ready entry to be delivered next among set: synchronous signals first, then the lowest
 * number, then the oldest (Linux next_signal). */
static QueuedSignal *next_entry(const LinuxThread *t, uint64_t set)
{
    const QueuedSignal *best = NULL;
    if (atomic_load(&t->pending) & set & SYNCHRONOUS_SIGNALS)
        set &= SYNCHRONOUS_SIGNALS;
    for (unsigned i = 0; i < SIGNAL_QUEUE; i++) {
        const QueuedSignal *q = &t->queue[i];
        if (atomic_load(&q->state) != ENTRY_READY || !(SIGBIT(q->sig) & set))
            continue;
        if (!best || q->sig < best->sig || (q->sig == best->sig && q->order < best->order))
            best = q;
    }
    return (QueuedSignal *)(uintptr_t)best;
}

bool signals_take(LinuxThread *t, uint64_t set, int *sig, uint8_t info[SIGINFO_BYTES])
{
    if (!(atomic_load(&t->pending) & set))
        return false;
    QueuedSignal *q = next_entry(t, set);
    if (!q)
        return false;
    *sig = q->sig;
    memcpy(info, q->info, SIGINFO_BYTES);
    atomic_fetch_and(&t->pending, ~SIGBIT(*sig));
    atomic_store(&q->state, ENTRY_FREE);
    if (next_entry(t, SIGBIT(*sig)))
        atomic_fetch_or(&t->pending, SIGBIT(*sig));
    return true;
}

void signals_forget(LinuxThread *t)
{
    for (unsigned i = 0; i < SIGNAL_QUEUE; i++)
        atomic_store(&t->queue[i].state, ENTRY_FREE);
    atomic_store(&t->pending, 0);
}

void signals_return_queue(LinuxThread *t)
{
    int sig;
    uint8_t info[SIGINFO_BYTES];
    signals_host_mask(~SYNCHRONOUS_SIGNALS, NULL);
    while (signals_take(t, ~0ull, &sig, info))
        if (((siginfo_t *)(void *)info)->si_code != SI_TKILL)
            syscall(SYS_rt_sigqueueinfo, getpid(), sig, info);
}

bool signals_unhandled(const LinuxThread *t)
{
    const QueuedSignal *q = next_entry(t, ~t->mask);
    return q && t->sighand->action[q->sig].handler <= ignore_handler;
}

bool signals_restart(const LinuxThread *t)
{
    const QueuedSignal *q = next_entry(t, ~t->mask);
    if (!q)
        return true;
    const GuestSigAction *act = &t->sighand->action[q->sig];
    return act->handler <= ignore_handler || (act->flags & SA_RESTART);
}

/* The process is about to end by a signal; a vfork child's engine is its parent's. */
static void end_engine(const LinuxThread *t)
{
    if (!t->is_vfork_child)
        engine_end(t->process->engine);
}

_Noreturn void signals_die(int sig)
{
    GuestSigAction plain = {.flags = our_action.flags & ~(uint64_t)(SA_SIGINFO | SA_ONSTACK),
                            .restorer = our_action.restorer};
    host_action(sig, &plain, NULL);
    signals_host_mask(~SIGBIT(sig), NULL);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
    syscall(SYS_exit_group, 128 + sig);
    __builtin_unreachable();
}

/* The default action of a signal that was queued while it still had a handler, or of a synchronous
 * one that was sent: the host performs it, then things go on (stop signals) or do not. */
static void default_action(LinuxThread *t, int sig)
{
    GuestSigAction plain = {.flags = our_action.flags & ~(uint64_t)(SA_SIGINFO | SA_ONSTACK),
                            .restorer = our_action.restorer},
                   was;
    if (SIGBIT(sig) & DEFAULT_IGNORED)
        return;
    if (!(SIGBIT(sig) & STOPPING)) {
        end_engine(t);
        strace_killed(t, sig);
    }
    host_action(sig, &plain, &was);
    uint64_t mask;
    signals_host_mask(~SIGBIT(sig), &mask);
    syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
    signals_host_mask(mask, NULL);
    if ((SIGBIT(sig) & SYNCHRONOUS_SIGNALS) || t->process->options->strace)
        host_action(sig, &was, NULL);
}

/* ---- frames ---- */

static bool on_altstack(const LinuxThread *t, uint64_t sp)
{
    const GuestStack *st = &t->altstack;
    return !(st->flags & SS_AUTODISARM) && sp > st->sp && sp - st->sp <= st->size;
}

static bool push_frame(LinuxThread *t, int sig, const GuestSigAction *act, const uint8_t *info)
{
    CpuState *s = t->vcpu->state;
    uint64_t sp = abi_sp(t->process->abi, s);
    SignalDelivery d = {
        .sig = sig,
        .action = act,
        .info = info,
        .saved_mask = t->has_saved ? t->saved_mask : t->mask,
        .altstack = t->altstack,
        .trap_no = t->trap_no,
        .err = t->err,
        .fault_addr = t->fault_addr,
    };
    if (on_altstack(t, sp)) {
        d.stack_low = t->altstack.sp;
    } else if ((act->flags & SA_ONSTACK) && t->altstack.size) {
        d.stack_top = t->altstack.sp + t->altstack.size;
        d.stack_low = t->altstack.sp;
    }
    if (!t->process->abi->push_frame(s, &d))
        return false;
    t->has_saved = false;
    if (t->altstack.flags & SS_AUTODISARM)
        t->altstack = (GuestStack){.flags = SS_DISABLE};
    t->mask |= act->mask | (act->flags & SA_NODEFER ? 0 : SIGBIT(sig));
    t->mask &= ~UNBLOCKABLE;
    return true;
}

/* Reads the action and applies SA_RESETHAND. */
static GuestSigAction take_action(LinuxThread *t, int sig)
{
    GuestSigAction act, old, none = {0};
    pthread_mutex_lock(&t->sighand->lock);
    act = t->sighand->action[sig];
    pthread_mutex_unlock(&t->sighand->lock);
    if (act.handler > ignore_handler && (act.flags & SA_RESETHAND))
        signals_set_action(t, sig, &none, &old);
    return act;
}

/* A signal that the guest cannot refuse: kills it if it has no handler for it or blocks it. */
static void force(LinuxThread *t, int sig, const uint8_t *info)
{
    bool blocked = t->mask & SIGBIT(sig);
    GuestSigAction act = take_action(t, sig);
    if (blocked || act.handler <= ignore_handler || !push_frame(t, sig, &act, info)) {
        end_engine(t);
        strace_killed(t, sig);
        signals_die(sig);
    }
}

static void deliver_one(LinuxThread *t, int sig, const uint8_t *info)
{
    GuestSigAction act = take_action(t, sig);
    if (t->process->options->strace)
        strace_signal(t, sig, info);
    if (act.handler == ignore_handler)
        return;
    if (act.handler == default_handler) {
        default_action(t, sig);
        return;
    }
    if (push_frame(t, sig, &act, info))
        return;
    /* No room for the frame: SIGSEGV instead, fatal if it was the one (Linux force_sigsegv). */
    siginfo_t segv = {.si_signo = SIGSEGV, .si_code = SI_KERNEL};
    uint8_t bytes[SIGINFO_BYTES] = {0};
    memcpy(bytes, &segv, sizeof segv < sizeof bytes ? sizeof segv : sizeof bytes);
    if (sig == SIGSEGV) {
        strace_killed(t, SIGSEGV);
        signals_die(SIGSEGV);
    }
    force(t, SIGSEGV, bytes);
}

void signals_deliver(LinuxThread *t)
{
    int sig;
    uint8_t info[SIGINFO_BYTES];
    while (signals_take(t, ~t->mask, &sig, info))
        deliver_one(t, sig, info);
    if (t->has_saved) { /* nothing was delivered after all */
        t->has_saved = false;
        t->mask = t->saved_mask;
    }
    signals_set_mask(t, t->mask);
}

void linux_poll(Vcpu *v)
{
    if (signals_deliverable(v->linux_thread))
        signals_deliver(v->linux_thread);
}

void signals_mask_begin(LinuxThread *t, uint64_t mask)
{
    t->saved_mask = t->mask;
    t->mask = mask & ~UNBLOCKABLE;
    if (signals_deliverable(t))
        vcpu_kick(t->vcpu);
}

long signals_mask_end(LinuxThread *t, long result)
{
    bool interrupted = result == -EINTR || result == -ERESTART_STUB;
    uint64_t pending = atomic_load(&t->pending);
    /* A signal that the old mask lets through came before the call: it goes first. */
    bool before = result == -ERESTART_STUB && (pending & ~t->saved_mask);
    if (interrupted && !before && signals_deliverable(t)) {
        t->has_saved = true;
        return -EINTR;
    }
    t->mask = t->saved_mask;
    return result;
}

/* ---- faults ---- */

static const uint8_t fault_signals[] = {[FAULT_SEGV] = SIGSEGV,
                                        [FAULT_BUS] = SIGBUS,
                                        [FAULT_FPE] = SIGFPE,
                                        [FAULT_ILL] = SIGILL,
                                        [FAULT_TRAP] = SIGTRAP};

/* One clear line for a fault that ends the program:
 *     dragoman: prog: SIGSEGV at 0x401136 (prog+0x1136), writing address 0x0 */
static void report(LinuxThread *t, const GuestFault *f)
{
    uint64_t pc = t->vcpu->state->pc;
    char detail[64] = "", place[SYMBOL_TEXT];
    Symbols *symbols = symbols_new();
    bool mapped = symbols_place(symbols, pc, place);
    symbols_free(symbols);
    if (f->kind == FAULT_SEGV || f->kind == FAULT_BUS) {
        snprintf(detail, sizeof detail, ", %s address 0x%llx",
                 f->is_fetch ? "executing"
                 : f->write  ? "writing"
                             : "reading",
                 (unsigned long long)f->addr);
    } else if (f->kind == FAULT_ILL) {
        uint8_t byte;
        size_t n = (size_t)snprintf(detail, sizeof detail, ", bytes");
        for (unsigned i = 0; i < 8 && !host_read(pc + i, &byte, 1); i++)
            n += (size_t)snprintf(detail + n, sizeof detail - n, " %02x", byte);
    }
    log_note("%s: SIG%s at 0x%llx%s%s%s%s", t->process->name, sigabbrev_np(fault_signals[f->kind]),
             (unsigned long long)pc, mapped ? " (" : "", place, mapped ? ")" : "", detail);
}

void linux_fault(Vcpu *v, const GuestFault *f)
{
    LinuxThread *t = v->linux_thread;
    int sig = fault_signals[f->kind];
    union {
        siginfo_t si;
        uint8_t bytes[SIGINFO_BYTES];
    } info;
    memset(&info, 0, sizeof info);
    info.si.si_signo = sig;
    info.si.si_code = f->si_code;
    info.si.si_addr = (void *)f->addr;
    t->trap_no = f->trap_no;
    t->err = f->err;
    if (f->sets_frame_addr)
        t->fault_addr = f->frame_addr;
    const GuestSigAction *act = &t->sighand->action[sig];
    if (act->handler <= ignore_handler || (t->mask & SIGBIT(sig)))
        report(t, f);
    if (t->process->options->strace)
        strace_signal(t, sig, info.bytes);
    force(t, sig, info.bytes);
    signals_set_mask(t, t->mask);
}
