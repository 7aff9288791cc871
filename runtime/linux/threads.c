/* threads.c: clone, fork, vfork, exit.
 *
 *   CLONE_THREAD          a host thread (pthread_create) with a vCPU of its own, same thread id
 *   CLONE_VM|CLONE_VFORK  a host process in the same memory, on a stack of its own, with a vCPU of
 *                         its own; it uses the creator's thread-local storage, as the creator
 *                         sleeps until the child has left
 *   CLONE_VM              the same, but it is a thread made for that which sleeps
 *   neither               fork; the engine gives the child a code arena of its own
 *
 * Where the host's vfork is really a fork (under qemu-user), memory is not shared: a fork is made
 * and the parent waits for a pipe that the child's execve or exit closes.
 *
 * All signals are blocked on the host while a child is made, so that no handler runs in a half-made
 * one; each side sets its own mask at the end.
 */
#include <fcntl.h>
#include <sanitizer/asan_interface.h>
#include <sched.h>
#include <semaphore.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "ir/base/log.h"
#include "runtime/engine.h"
#include "runtime/host/host.h"
#include "runtime/linux/host_fork.h"
#include "runtime/linux/perf_map.h"
#include "runtime/linux/syscall.h"

enum {
    THREAD_STACK = 1 << 20,
    PROBE_STACK = 64 << 10,
    EXIT_SIGNAL = 0xff,
    THREAD_FLAGS = CLONE_VM | CLONE_SIGHAND | CLONE_THREAD,
    /* What a fork does without the kernel's help, and hints that only its schedulers and tracers
     * see: the rest goes to the kernel as it is. */
    FORK_OWN_FLAGS = CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID |
                     CLONE_SETTLS | CLONE_VFORK | CLONE_VM | CLONE_DETACHED | CLONE_IO |
                     CLONE_UNTRACED,
};
#define CLEAR_HANDLERS 0x100000000ull /* CLONE_CLEAR_SIGHAND, of clone3 alone */

typedef struct CloneRequest {
    uint64_t flags, stack, parent_tid, child_tid, tls, pidfd;
} CloneRequest;

LinuxThread *thread_new(LinuxProcess *p, Vcpu *v, const LinuxThread *creator)
{
    LinuxThread *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    t->process = p;
    t->vcpu = v;
    v->linux_thread = t;
    t->altstack.flags = SS_DISABLE;
    if (creator) {
        t->mask = creator->mask;
        t->sighand = creator->sighand;
    }
    return t;
}

void thread_free(LinuxThread *t)
{
    sighand_drop(t->sighand);
    free(t->trace);
    free(t);
}

/* A vCPU in the state of t's, as its child begins. */
static LinuxThread *copy_thread(LinuxThread *t, const CloneRequest *rq)
{
    LinuxProcess *p = t->process;
    const CpuState *from = t->vcpu->state;
    Vcpu *v = vcpu_new(p->engine);
    if (!v)
        return NULL;
    CpuState *s = v->state;
    vcpu_x87_save(t->vcpu);
    memcpy(s->guest, from->guest, sizeof s->guest);
    s->fpctl = fp_guest_word(from);
    s->fp_watch = from->fp_watch;
    s->pc = from->pc;
    LinuxThread *n = thread_new(p, v, t);
    if (!n) {
        vcpu_free(v);
        return NULL;
    }
    abi_set_result(p->abi, s, 0);
    if (rq->stack)
        abi_set_sp(p->abi, s, rq->stack);
    if (rq->flags & CLONE_SETTLS)
        abi_set_tls(p->abi, s, rq->tls);
    if (rq->flags & CLONE_CHILD_CLEARTID)
        n->clear_child_tid = rq->child_tid;
    return n;
}

static void report_tid(LinuxThread *t, const CloneRequest *rq, uint64_t flag, uint64_t to,
                       pid_t tid)
{
    if (rq->flags & flag)
        copy_out(t, to, &tid, sizeof tid);
}

/* ---- the end of a thread ---- */

/* Marks one robust futex as left by a dead owner (Linux handle_futex_death). */
static void leave_futex(LinuxThread *t, uint64_t addr, bool pi)
{
    enum { WAITERS = 0x80000000u, OWNER_DIED = 0x40000000, TID_MASK = 0x3fffffff };
    uint32_t value, seen;
    if (addr % 4 || !guest_range_ok(t, addr, 4, true) || host_read(addr, &value, 4))
        return;
    do {
        if ((value & TID_MASK) != (uint32_t)t->tid)
            return;
        uint32_t new = (value & WAITERS) | OWNER_DIED;
        seen = value;
        if (host_atomic(HOST_CAS, addr, &new, &seen, 4))
            return;
        if (seen == value)
            break;
        value = seen;
    } while (true);
    if (!pi && (value & WAITERS))
        OWN(SYS_futex, addr, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
}

static void leave_robust_list(LinuxThread *t)
{
    enum { MAX_ENTRIES = 2048 };
    struct {
        uint64_t next;
        int64_t offset;
        uint64_t pending;
    } head;
    if (!t->robust_list || copy_in(t, &head, t->robust_list, sizeof head))
        return;
    uint64_t entry = head.next, pending = head.pending & ~1ull;
    for (unsigned i = 0; i < MAX_ENTRIES && (entry & ~1ull) != t->robust_list; i++) {
        uint64_t next;
        if (copy_in(t, &next, entry & ~1ull, sizeof next))
            break;
        if ((entry & ~1ull) != pending)
            leave_futex(t, (entry & ~1ull) + (uint64_t)head.offset, entry & 1);
        entry = next;
    }
    if (pending)
        leave_futex(t, pending + (uint64_t)head.offset, head.pending & 1);
}

/* What the kernel does at the end of a thread, in its order. The kernel itself must find nothing
 * left to do: another guest thread may free this one's memory as soon as its tid word is clear. */
static void release_memory(LinuxThread *t)
{
    leave_robust_list(t);
    OWN(SYS_set_robust_list, NULL, 24);
    if (t->clear_child_tid) {
        pid_t zero = 0;
        if (copy_out(t, t->clear_child_tid, &zero, sizeof zero) == 0)
            OWN(SYS_futex, t->clear_child_tid, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0);
    }
}

_Noreturn void thread_exit_group(LinuxThread *t, int status)
{
    engine_end(t->process->engine);
    strace_exited(t, status);
    syscall(SYS_exit_group, status);
    __builtin_unreachable();
}

void thread_end(LinuxThread *t, int status)
{
    LinuxProcess *p = t->process;
    if (t->is_vfork_child) {
        strace_exited(t, status);
        release_memory(t);
        syscall(SYS_exit_group, status);
    }
    signals_return_queue(t);
    if (atomic_fetch_sub(&p->thread_count, 1) == 1)
        thread_exit_group(t, status);
    strace_exited(t, status);
    release_memory(t);
    if (t->tid == getpid()) /* the leader's vCPU stays: it ran on the first stack */
        syscall(SYS_exit, status);
    Vcpu *v = t->vcpu;
    vcpu_unbind(v, NULL);
    vcpu_free(v);
    thread_free(t);
}

long sys_exit(LinuxThread *t, uint64_t a[6])
{
    t->vcpu->exit_status = (int)a[0] & 0xff;
    t->vcpu->exiting = true;
    t->no_result = true;
    return 0;
}

long sys_exit_group(LinuxThread *t, uint64_t a[6])
{
    if (t->is_vfork_child) { /* plainly: the translator's state belongs to the parent */
        strace_exited(t, (int)a[0]);
        release_memory(t);
        return OWN(SYS_exit_group, (int)a[0]);
    }
    thread_exit_group(t, (int)a[0]);
}

/* ---- threads ---- */

typedef struct ThreadStart {
    LinuxThread *thread;
    const CloneRequest *rq;
    pid_t tid; /* told by the thread, which may have ended when its creator asks */
    sem_t ready;
} ThreadStart;

static void *run_thread(void *arg)
{
    ThreadStart *start = arg;
    LinuxThread *t = start->thread;
    t->tid = start->tid = (pid_t)syscall(SYS_gettid);
    int apart = (start->rq->flags & CLONE_FS ? 0 : CLONE_FS) |
                (start->rq->flags & CLONE_FILES ? 0 : CLONE_FILES);
    if (apart)
        unshare(apart);
    report_tid(t, start->rq, CLONE_PARENT_SETTID, start->rq->parent_tid, t->tid);
    report_tid(t, start->rq, CLONE_CHILD_SETTID, start->rq->child_tid, t->tid);
    vcpu_bind(t->vcpu);
    sem_post(&start->ready); /* `start` is gone from here on */
    signals_set_mask(t, t->mask);
    int status = vcpu_run(t->vcpu);
    thread_end(t, status);
    return NULL;
}

/* A host thread that nobody joins; the host's signals are blocked by the caller. */
static bool start_detached(LinuxThread *t, void *(*run)(void *), void *arg)
{
    pthread_t id;
    pthread_attr_t attr;
    pthread_attr_init(&attr);
    pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attr, THREAD_STACK);
    int error = pthread_create(&id, &attr, run, arg);
    pthread_attr_destroy(&attr);
    signals_after_thread_creation(t);
    return error == 0;
}

static long clone_thread(LinuxThread *t, const CloneRequest *rq)
{
    ThreadStart start = {.rq = rq};
    start.thread = copy_thread(t, rq);
    if (!start.thread)
        return -EAGAIN;
    LinuxThread *n = start.thread;
    atomic_fetch_add(&t->sighand->users, 1);
    atomic_fetch_add(&t->process->thread_count, 1);
    sem_init(&start.ready, 0, 0);
    signals_host_mask(~SYNCHRONOUS_SIGNALS, NULL);
    bool started = start_detached(t, run_thread, &start);
    pid_t tid = 0;
    if (started) {
        while (sem_wait(&start.ready) < 0)
            ;
        tid = start.tid;
    } else {
        atomic_fetch_sub(&t->process->thread_count, 1);
        vcpu_free(n->vcpu);
        thread_free(n);
    }
    sem_destroy(&start.ready);
    signals_set_mask(t, t->mask);
    return started ? tid : -EAGAIN;
}

/* ---- fork ---- */

static void become_child(LinuxThread *t, const CloneRequest *rq)
{
    LinuxProcess *p = t->process;
    CpuState *s = t->vcpu->state;
    t->tid = (pid_t)syscall(SYS_gettid);
    t->is_vfork_child = false;
    t->robust_list = 0;
    t->clear_child_tid = rq->flags & CLONE_CHILD_CLEARTID ? rq->child_tid : 0;
    p->thread_count = 1;
    signals_forget(t);
    perf_map_forked(p->perf_map);
    atomic_store(&t->sighand->users, 1);
    if (rq->stack)
        abi_set_sp(p->abi, s, rq->stack);
    if (rq->flags & CLONE_SETTLS)
        abi_set_tls(p->abi, s, rq->tls);
    if (rq->flags & CLEAR_HANDLERS)
        signals_clear_handlers(t);
    report_tid(t, rq, CLONE_CHILD_SETTID, rq->child_tid, t->tid);
}

/* The child of a vfork that had to be a fork keeps its end of the pipe until it executes a program
 * or ends: that lets the parent go on. What the parent itself held so is not the child's to hold.
 */
static void hold_vfork_parent(LinuxProcess *p, const int wait[2])
{
    if (p->our_fd[FD_VFORK] >= 0)
        close(p->our_fd[FD_VFORK]);
    p->our_fd[FD_VFORK] = -1;
    if (wait[0] < 0)
        return;
    close(wait[0]);
    fd_guard(p, FD_VFORK, wait[1], true);
}

static long clone_fork(LinuxThread *t, const CloneRequest *rq)
{
    LinuxProcess *p = t->process;
    int wait[2] = {-1, -1};
    if ((rq->flags & CLONE_VFORK) && pipe2(wait, O_CLOEXEC) < 0)
        return -errno;
    if (rq->flags & CLONE_PIDFD)
        guest_range_ok(t, rq->pidfd, sizeof(int), true);
    if (rq->flags & CLONE_FILES)
        engine_share_files(p->engine);
    signals_host_mask(~SYNCHRONOUS_SIGNALS, NULL);
    pthread_mutex_lock(&p->lock);
    pthread_mutex_lock(&t->sighand->lock);
    limits_lock();
    long pid = -ENOMEM;
    if (engine_before_fork(p->engine)) {
        pid = host_fork((uint32_t)rq->flags & ~(uint64_t)FORK_OWN_FLAGS, rq->pidfd);
        engine_after_fork(p->engine, t->vcpu, pid == 0);
    }
    limits_unlock();
    pthread_mutex_unlock(&t->sighand->lock);
    pthread_mutex_unlock(&p->lock);
    if (pid == 0) {
        become_child(t, rq);
        hold_vfork_parent(p, wait);
    } else if (wait[0] >= 0) {
        char none;
        close(wait[1]);
        while (pid > 0 && read(wait[0], &none, 1) < 0 && errno == EINTR)
            ;
        close(wait[0]);
    }
    if (pid > 0)
        report_tid(t, rq, CLONE_PARENT_SETTID, rq->parent_tid, (pid_t)pid);
    signals_set_mask(t, t->mask);
    return pid;
}

/* ---- vfork ---- */

static int set_flag(void *arg)
{
    *(volatile int *)arg = 1;
    syscall(SYS_exit, 0);
    return 0;
}

/* Whether a vfork child writes to our memory or to a copy of it. Asked once. */
static bool vfork_shares_memory(void)
{
    static _Atomic int answer; /* 0: not known, 1: it does, 2: it does not */
    volatile int flag = 0;
    if (answer)
        return answer == 1;
    void *stack =
        mmap(NULL, PROBE_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (stack == MAP_FAILED)
        return false;
    pid_t pid = clone(set_flag, (char *)stack + PROBE_STACK, CLONE_VM | CLONE_VFORK,
                      (void *)(uintptr_t)&flag);
    if (pid > 0)
        waitpid(pid, NULL, __WCLONE);
    munmap(stack, PROBE_STACK);
    answer = flag ? 1 : 2;
    return flag;
}

/* A child process in our memory, on its way. */
typedef struct SharerStart {
    LinuxThread *child;
    const CloneRequest *rq;
    void *stack;
    pid_t pid; /* or -errno */
    sem_t *ready;
} SharerStart;

static int run_sharer(void *arg)
{
    SharerStart *start = arg;
    LinuxThread *t = start->child;
    t->tid = start->pid = (pid_t)syscall(SYS_gettid);
    report_tid(t, start->rq, CLONE_CHILD_SETTID, start->rq->child_tid, t->tid);
    vcpu_bind(t->vcpu);
    if (start->rq->flags & CLEAR_HANDLERS)
        signals_clear_handlers(t);
    if (start->ready)
        sem_post(start->ready); /* `start` is gone from here on */
    signals_set_mask(t, t->mask);
    int status = vcpu_run(t->vcpu);
    thread_end(t, status);
    return 0;
}

static bool prepare_sharer(LinuxThread *t, SharerStart *start)
{
    start->stack = mmap(NULL, THREAD_STACK, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    LinuxThread *n = start->stack == MAP_FAILED ? NULL : copy_thread(t, start->rq);
    if (!n) {
        if (start->stack != MAP_FAILED)
            munmap(start->stack, THREAD_STACK);
        return false;
    }
    n->is_vfork_child = true;
    if (start->rq->flags & CLONE_VFORK)
        n->altstack = t->altstack;
    if (start->rq->flags & CLONE_SIGHAND)
        atomic_fetch_add(&t->sighand->users, 1);
    else
        n->sighand = sighand_new(t->sighand);
    start->child = n;
    return true;
}

static void drop_sharer(LinuxThread *n, void *stack)
{
    atomic_store(&n->vcpu->epoch, 0); /* it may have been killed in a section */
    vcpu_free(n->vcpu);
    thread_free(n);
    ASAN_UNPOISON_MEMORY_REGION(stack, THREAD_STACK); /* nobody returned from the frames there */
    munmap(stack, THREAD_STACK);
}

/* Starts the child; comes back when it has left our memory. It uses the calling thread's
 * thread-local storage meanwhile. The pid, or -errno. */
static long run_sharing(const SharerStart *start)
{
    uint64_t flags = (start->rq->flags & ~(uint64_t)FORK_OWN_FLAGS) | CLONE_VM | CLONE_VFORK;
    pid_t pid = clone(run_sharer, (char *)start->stack + THREAD_STACK, (int)flags,
                      (void *)(uintptr_t)start, (void *)start->rq->pidfd);
    return pid < 0 ? -errno : pid;
}

static long clone_vfork(LinuxThread *t, const CloneRequest *rq)
{
    SharerStart start = {.rq = rq};
    if (!vfork_shares_memory())
        return clone_fork(t, rq);
    if (!prepare_sharer(t, &start))
        return -EAGAIN;
    signals_host_mask(~SYNCHRONOUS_SIGNALS, NULL);
    long pid = run_sharing(&start);
    vcpu_bind(t->vcpu); /* the child has used our thread-local storage */
    drop_sharer(start.child, start.stack);
    vcpu_bind(t->vcpu);
    if (pid > 0)
        report_tid(t, rq, CLONE_PARENT_SETTID, rq->parent_tid, (pid_t)pid);
    signals_set_mask(t, t->mask);
    return pid;
}

/* A thread of ours that sleeps while a child process in our memory lives on its thread-local
 * storage, and then clears up behind it. It outlives the child, which may have asked for a signal
 * at the death of the thread that made it (PR_SET_PDEATHSIG). */
static void *keep_sharer(void *arg)
{
    SharerStart *start = arg;
    LinuxThread *child = start->child;
    void *stack = start->stack;
    long pid = run_sharing(start);
    if (pid < 0) { /* otherwise the child has posted */
        start->pid = (pid_t)pid;
        sem_post(start->ready);
    }
    vcpu_unbind(child->vcpu, NULL);
    drop_sharer(child, stack);
    siginfo_t end; /* told to whoever waits for it, not to us */
    while (pid > 0 && waitid(P_PID, (id_t)pid, &end, WEXITED | WNOWAIT | __WALL) < 0 &&
           errno == EINTR)
        ;
    return NULL;
}

/* Another process in our memory that runs beside us (CLONE_VM alone). */
static long clone_beside(LinuxThread *t, const CloneRequest *rq)
{
    sem_t ready;
    SharerStart start = {.rq = rq, .ready = &ready};
    if (!vfork_shares_memory()) /* as near as an emulated host comes */
        return clone_fork(t, rq);
    if (!prepare_sharer(t, &start))
        return -EAGAIN;
    sem_init(&ready, 0, 0);
    signals_host_mask(~SYNCHRONOUS_SIGNALS, NULL);
    if (start_detached(t, keep_sharer, &start)) {
        while (sem_wait(&ready) < 0)
            ;
    } else {
        start.pid = -EAGAIN;
        drop_sharer(start.child, start.stack);
    }
    sem_destroy(&ready);
    if (start.pid > 0)
        report_tid(t, rq, CLONE_PARENT_SETTID, rq->parent_tid, start.pid);
    signals_set_mask(t, t->mask);
    return start.pid;
}

static long clone_any(LinuxThread *t, const CloneRequest *rq)
{
    uint64_t f = rq->flags;
    if (((f & CLONE_THREAD) && !(f & CLONE_SIGHAND)) || ((f & CLONE_SIGHAND) && !(f & CLONE_VM)) ||
        ((f & CLONE_SIGHAND) && (f & CLEAR_HANDLERS)) ||
        ((f & CLONE_FS) && (f & (CLONE_NEWNS | CLONE_NEWUSER))) ||
        ((f & CLONE_THREAD) && (f & (CLONE_PIDFD | CLONE_NEWUSER | CLONE_NEWPID))))
        return -EINVAL;
    t->process->strace_many = true;
    if (f & CLONE_THREAD)
        return clone_thread(t, rq);
    if ((f & CLONE_VM) && (f & CLONE_VFORK))
        return clone_vfork(t, rq);
    if (f & CLONE_VM)
        return clone_beside(t, rq);
    return clone_fork(t, rq);
}

long sys_clone(LinuxThread *t, uint64_t a[6])
{
    bool tls_first = t->process->abi->column == COLUMN_GENERIC;
    CloneRequest rq = {
        .flags = (uint32_t)a[0],
        .stack = a[1],
        .parent_tid = a[2],
        .child_tid = a[tls_first ? 4 : 3],
        .tls = a[tls_first ? 3 : 4],
        .pidfd = a[2],
    };
    if ((rq.flags & CLONE_PIDFD) && (rq.flags & (CLONE_PARENT_SETTID | CLONE_DETACHED)))
        return -EINVAL;
    return clone_any(t, &rq);
}

long sys_fork(LinuxThread *t, uint64_t a[6])
{
    (void)a;
    return clone_any(t, &(CloneRequest){.flags = SIGCHLD});
}

long sys_vfork(LinuxThread *t, uint64_t a[6])
{
    (void)a;
    return clone_any(t, &(CloneRequest){.flags = SIGCHLD | CLONE_VM | CLONE_VFORK});
}

/* struct clone_args in its first size (Linux 5.3); later fields must be zero: who asks for a chosen
 * pid or a control group is told that this kernel has none of that. */
long sys_clone3(LinuxThread *t, uint64_t a[6])
{
    enum { FLAGS, PIDFD, CHILD_TID, PARENT_TID, EXIT_SIGNAL, STACK, STACK_SIZE, TLS, WORDS };
    enum { MORE_WORDS = 16 };
    uint64_t v[MORE_WORDS] = {0};
    if (a[1] < WORDS * 8)
        return -EINVAL;
    if (a[1] > sizeof v)
        return -E2BIG;
    if (copy_in(t, v, a[0], a[1]))
        return -EFAULT;
    for (unsigned i = WORDS; i < MORE_WORDS; i++)
        if (v[i])
            return i < WORDS + 3 ? -EINVAL : -E2BIG;
    /* The low byte of the flags is clone's exit signal, and no flag here. */
    if ((v[FLAGS] & (CLONE_DETACHED | CSIGNAL)) || v[FLAGS] >= 2 * CLEAR_HANDLERS ||
        v[EXIT_SIGNAL] > SIGNALS || !v[STACK] != !v[STACK_SIZE] ||
        ((v[FLAGS] & (CLONE_THREAD | CLONE_PARENT)) && v[EXIT_SIGNAL]))
        return -EINVAL;
    CloneRequest rq = {
        .flags = v[FLAGS] | v[EXIT_SIGNAL],
        .stack = v[STACK] + v[STACK_SIZE],
        .parent_tid = v[PARENT_TID],
        .child_tid = v[CHILD_TID],
        .tls = v[TLS],
        .pidfd = v[PIDFD],
    };
    return clone_any(t, &rq);
}
