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

enum { MAX_BUFFER = 0x7ffff000 };

/* Everything one call keeps between its preparation and its end. */
typedef struct CallPaths {
    PathBuffer buffer; /* no call has two PATHs */
    struct iovec *iov; /* a list cut short, in place of the guest's; NULL: none */
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

/* How much of a range the kernel may be given: up to the first gap in the guest's memory that holds
 * something of the translator's. Other gaps are the kernel's to find. */
static uint64_t usable(LinuxThread *t, uint64_t addr, uint64_t len)
{
    Engine *e = t->process->engine;
    uint64_t limit = t->process->abi->address_limit, at = addr, start, stop;
    int prot;
    bool shared;
    if (!addr || !len)
        return len;
    if (addr >= limit)
        return 0;
    uint64_t end = len > limit - addr ? limit : addr + len;
    while (at < end) {
        bool more = mem_next(e, at, &start, &stop, &prot, &shared);
        uint64_t gap_end = more && start < end ? start : end;
        if (gap_end > at && mem_is_ours(e, at, gap_end - at))
            return at - addr;
        at = gap_end < end ? stop : end;
    }
    return len;
}

bool guest_range_ok(LinuxThread *t, uint64_t addr, uint64_t len, bool written)
{
    if (usable(t, addr, len) < len)
        return false;
    if (written && addr)
        mem_open_for_kernel(t->process->engine, addr, len);
    return true;
}

/* The kernel would transfer what lies before an address it cannot access: so a buffer that reaches
 * into the translator's memory is cut off there. */
static long prepare_buffer(LinuxThread *t, const ArgSpec *spec, uint64_t *args, unsigned i)
{
    uint64_t size = buffer_size(spec, args), n = usable(t, args[i], size);
    bool may_cut = spec->ref != NO_REF && spec->count == COUNT_PLAIN && spec->size == 1;
    if (n < size && (!n || !may_cut))
        return -EFAULT;
    if (n < size)
        args[spec->ref] = n;
    if (spec->kind == ARG_OUT && args[i])
        mem_open_for_kernel(t->process->engine, args[i], n);
    return 0;
}

static long prepare_iovec(LinuxThread *t, const ArgSpec *spec, uint64_t *args, unsigned i,
                          CallPaths *paths)
{
    uint64_t count = args[spec->ref];
    if (count > IOV_MAX)
        return 0; /* EINVAL by the kernel */
    for (uint64_t k = 0; k < count; k++) {
        struct iovec v;
        if (copy_in(t, &v, args[i] + k * sizeof v, sizeof v))
            return -EFAULT;
        uint64_t n = usable(t, (uint64_t)v.iov_base, v.iov_len);
        if (n < v.iov_len && (int64_t)v.iov_len > 0) {
            if (!n && !k)
                return -EFAULT;
            paths->iov = malloc((k + 1) * sizeof v);
            if (!paths->iov || copy_in(t, paths->iov, args[i], (k + 1) * sizeof v))
                return -EFAULT;
            paths->iov[k].iov_len = n;
            args[i] = (uint64_t)paths->iov;
            args[spec->ref] = k + 1;
            count = 0;
        }
        if (spec->kind == ARG_IOV_OUT && v.iov_base)
            mem_open_for_kernel(t->process->engine, (uint64_t)v.iov_base, n);
    }
    return 0;
}

/* The directory that the path in argument i, whose row is `spec`, starts from. */
static int dirfd_before(const uint64_t *args, const ArgSpec *spec, unsigned i)
{
    return i > 0 && spec[-1].kind == ARG_DIRFD ? (int)args[i - 1] : AT_FDCWD;
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
        return path_to_host(t, dirfd_before(args, spec, i), &args[i], &paths->buffer);
    case ARG_NAME:
    case ARG_STR:
        return guest_range_ok(t, args[i], 1, false) ? 0 : -EFAULT;
    case ARG_IN:
    case ARG_OUT:
        return prepare_buffer(t, spec, args, i);
    case ARG_IOV_IN:
    case ARG_IOV_OUT:
        return prepare_iovec(t, spec, args, i, paths);
    default:
        return 0;
    }
}

long linux_call(LinuxThread *t, const SyscallDesc *d, uint64_t args[6])
{
    CallPaths paths;
    long r = -d->refusal;
    paths.iov = NULL;
    for (unsigned i = 0; !r && i < SYSCALL_ARGS && d->args[i].kind != ARG_NONE; i++)
        r = prepare_argument(t, &d->args[i], args, i, &paths);
    if (!r && d->handler)
        r = d->handler(t, args);
    else if (!r)
        r = HOST(t, d->host_number, args[0], args[1], args[2], args[3], args[4], args[5]);
    free(paths.iov);
    return r;
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
    /* Each once; of those that no kernel has, some share a bit. */
    static _Atomic uint64_t noted[2][SYSCALL_NUMBERS / 64];
    uint64_t bit = 1ull << (nr & 63);
    if (atomic_fetch_or(&noted[nr >= SYSCALL_NUMBERS][nr % SYSCALL_NUMBERS / 64], bit) & bit)
        return;
    if (!t->process->options->strace) /* there it stands already */
        log_note("%s: unknown system call %lld", t->process->name, (long long)nr);
}

void linux_syscall(Vcpu *v)
{
    LinuxThread *t = v->linux_thread;
    CpuState *s = v->state;
    const GuestAbi *abi = t->process->abi;
    uint64_t nr = abi_number(abi, s), args[SYSCALL_ARGS], given[SYSCALL_ARGS];
    const SyscallDesc *d = syscall_find(abi->column, nr);
    bool strace = t->process->options->strace;
    abi_arguments(abi, s, args);
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
            abi_set_result(abi, s, result);
        if (strace)
            strace_leave(t, d, given, result);
    }
    if (signals_deliverable(t))
        signals_deliver(t);
}
