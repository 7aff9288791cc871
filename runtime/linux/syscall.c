/* syscall.c: a guest's system call from its registers to its result.
 *
 * What the row of syscalls.def says about the arguments is done here for every call, so that most
 * need no code of their own: descriptors and memory of the translator are refused, pages that the
 * kernel will write are opened, paths and open flags are converted.
 *
 * Restarting. A signal that is queued before the call is made stops it (-ERESTART_STUB): the
 * guest's program counter goes back to the system call instruction, the handler runs, the call is
 * made then. A call interrupted while it waits answers EINTR, as the host has our handlers without
 * SA_RESTART; if the guest's handler has SA_RESTART and the row allows it, it is made again too.
 */
#include "runtime/linux/syscall.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "ir/base/log.h"
#include "runtime/host/host.h"

enum { MAX_BUFFER = 0x7ffff000, MAX_PATHS = 2 };

/* Everything one call keeps between its preparation and its end. */
typedef struct CallPaths {
    PathBuffer buffer[MAX_PATHS];
    unsigned used;
} CallPaths;

static uint64_t buffer_size(const ArgSpec *spec, const uint64_t *args)
{
    uint64_t n = 1;
    uint32_t word = 0;
    if (spec->ref == NO_REF)
        return spec->size;
    n = args[spec->ref];
    if (spec->count == COUNT_POINTER)
        n = !n || host_read(n, &word, sizeof word) ? 0 : word;
    if (n > MAX_BUFFER / spec->size)
        n = MAX_BUFFER / spec->size;
    return n * spec->size;
}

bool guest_range_ok(LinuxThread *t, uint64_t addr, uint64_t len, bool written)
{
    if (!addr || !len)
        return true;
    if (addr + len < addr || addr + len > t->process->abi->address_limit)
        return true; /* the host's kernel finds the fault */
    Engine *e = t->process->engine;
    if (mem_prot(e, addr) < 0 && mem_is_ours(e, addr, len))
        return false;
    if (written)
        mem_open_for_kernel(e, addr, len);
    return true;
}

static long check_iovec(LinuxThread *t, uint64_t addr, uint64_t count, bool written)
{
    if (count > IOV_MAX)
        return 0; /* EINVAL by the kernel */
    for (uint64_t i = 0; i < count; i++) {
        struct iovec v;
        if (host_read(addr + i * sizeof v, &v, sizeof v))
            return -EFAULT;
        if (!guest_range_ok(t, (uint64_t)v.iov_base, v.iov_len, written))
            return -EFAULT;
    }
    return 0;
}

/* Checks and converts one argument in place. 0 or -errno. */
static long prepare_argument(LinuxThread *t, const ArgSpec *spec, uint64_t *args, unsigned i,
                             CallPaths *paths)
{
    LinuxProcess *p = t->process;
    switch ((ArgKind)spec->kind) {
    case ARG_FD:
    case ARG_DIRFD:
        return fd_is_ours(p, (int)args[i]) ? -EBADF : 0;
    case ARG_OFLAGS:
        args[i] = abi_open_flags_to_host(p->abi, (uint32_t)args[i]);
        return 0;
    case ARG_PATH:
        return path_to_host(t, &args[i], &paths->buffer[paths->used++ % MAX_PATHS]);
    case ARG_NAME:
    case ARG_STR:
        return guest_range_ok(t, args[i], 1, false) ? 0 : -EFAULT;
    case ARG_IN:
    case ARG_OUT:
        return guest_range_ok(t, args[i], buffer_size(spec, args), spec->kind == ARG_OUT) ? 0
                                                                                          : -EFAULT;
    case ARG_IOV_IN:
    case ARG_IOV_OUT:
        return check_iovec(t, args[i], args[spec->ref], spec->kind == ARG_IOV_OUT);
    default:
        return 0;
    }
}

long linux_call(LinuxThread *t, const SyscallDesc *d, uint64_t args[6])
{
    CallPaths paths;
    paths.used = 0;
    for (unsigned i = 0; i < SYSCALL_ARGS && d->args[i].kind != ARG_NONE; i++) {
        long error = prepare_argument(t, &d->args[i], args, i, &paths);
        if (error)
            return error;
    }
    if (d->handler)
        return d->handler(t, args);
    return HOST(t, d->host_number, args[0], args[1], args[2], args[3], args[4], args[5]);
}

static bool socket_has_timeout(int fd)
{
    static const int options[] = {SO_RCVTIMEO, SO_SNDTIMEO};
    for (unsigned i = 0; i < 2; i++) {
        struct timeval tv = {0};
        socklen_t n = sizeof tv;
        if (getsockopt(fd, SOL_SOCKET, options[i], &tv, &n) == 0 && (tv.tv_sec || tv.tv_usec))
            return true;
    }
    return false;
}

static bool may_restart(const LinuxThread *t, const SyscallDesc *d, const uint64_t *args)
{
    if (d->restart == RESTART_NO || t->no_restart)
        return false;
    return d->restart == RESTART_YES || !socket_has_timeout((int)args[0]);
}

static void note_unknown(LinuxThread *t, uint64_t nr)
{
    static _Atomic uint64_t noted[SYSCALL_NUMBERS / 64];
    uint64_t bit = 1ull << (nr & 63);
    if (nr < SYSCALL_NUMBERS && atomic_fetch_or(&noted[nr / 64], bit) & bit)
        return;
    if (!t->process->options->strace) /* there it stands already */
        log_note("%s: unknown system call %llu", t->process->name, (unsigned long long)nr);
}

void linux_syscall(Vcpu *v)
{
    LinuxThread *t = v->linux_thread;
    CpuState *s = v->state;
    const GuestAbi *abi = t->process->abi;
    uint64_t nr = abi->number(s), args[SYSCALL_ARGS], given[SYSCALL_ARGS];
    const SyscallDesc *d = syscall_find(abi->column, nr);
    bool strace = t->process->options->strace;
    abi->arguments(s, args);
    memcpy(given, args, sizeof given);
    t->no_result = t->no_restart = false;
    if (strace)
        strace_enter(t, d, nr, given);
    long result = -ENOSYS;
    if (d)
        result = linux_call(t, d, args);
    else
        note_unknown(t, nr);
    if (result == -ERESTART_STUB) {
        s->pc -= abi->syscall_length;
    } else if (result == -EINTR && signals_deliverable(t) &&
               (may_restart(t, d, given) ? signals_restart(t) : strace && signals_unhandled(t))) {
        s->pc -= abi->syscall_length;
    } else {
        if (!t->no_result)
            abi->set_result(s, result);
        if (strace)
            strace_leave(t, d, given, result);
    }
    if (signals_deliverable(t))
        signals_deliver(t);
}
