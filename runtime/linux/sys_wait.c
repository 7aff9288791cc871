/* sys_wait.c: waiting for descriptors: poll, select, epoll, signalfd, and messages on sockets.
 *
 * The forms with a signal mask hand that mask to the host call itself, so that unblocking and
 * waiting are one step there; signals_mask_begin and _end keep the guest's view of it.
 */
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>

#include "runtime/linux/syscall.h"

enum { MASK_BYTES = 8, MAX_EPOLL = 512, MAX_MESSAGES = 1024 };

/* A mask argument: 0 and *has, or -errno. */
static long read_mask(LinuxThread *t, uint64_t addr, uint64_t size, uint64_t *mask, bool *has)
{
    *has = addr != 0;
    if (!addr)
        return 0;
    if (size != MASK_BYTES)
        return -EINVAL;
    return copy_in(t, mask, addr, sizeof *mask);
}

static struct timespec *from_milliseconds(int ms, struct timespec *ts)
{
    *ts = (struct timespec){ms / 1000, ms % 1000 * 1000000L};
    return ms < 0 ? NULL : ts;
}

/* A wait call under a temporary mask, if there is one. `nr` takes the host mask as argument `at`
 * and its size as the next. */
static long masked_call(LinuxThread *t, long nr, uint64_t args[6], unsigned at, bool has,
                        uint64_t mask)
{
    if (!has)
        return HOST(t, nr, args[0], args[1], args[2], args[3], args[4], args[5]);
    uint64_t host_mask = mask & ~SYNCHRONOUS_SIGNALS;
    args[at] = (uint64_t)&host_mask;
    if (at < 5)
        args[at + 1] = MASK_BYTES;
    signals_mask_begin(t, mask);
    long r = HOST(t, nr, args[0], args[1], args[2], args[3], args[4], args[5]);
    return signals_mask_end(t, r);
}

long sys_poll(LinuxThread *t, uint64_t a[6])
{
    struct timespec ts;
    return HOST(t, SYS_ppoll, a[0], a[1], from_milliseconds((int)a[2], &ts), 0, MASK_BYTES);
}

long sys_ppoll(LinuxThread *t, uint64_t a[6])
{
    uint64_t mask = 0;
    bool has;
    long r = read_mask(t, a[3], a[4], &mask, &has);
    if (r)
        return r;
    if (!guest_range_ok(t, a[2], sizeof(struct timespec), true))
        return -EFAULT;
    return masked_call(t, SYS_ppoll, a, 3, has, mask);
}

static bool open_sets(LinuxThread *t, const uint64_t a[6])
{
    uint64_t bytes = a[0] < 1u << 24 ? (a[0] + 63) / 64 * 8 : 0;
    return guest_range_ok(t, a[1], bytes, true) && guest_range_ok(t, a[2], bytes, true) &&
           guest_range_ok(t, a[3], bytes, true);
}

long sys_select(LinuxThread *t, uint64_t a[6])
{
    struct timeval tv;
    struct timespec ts;
    a[0] = (uint32_t)a[0];
    if (!open_sets(t, a) || (a[4] && copy_in(t, &tv, a[4], sizeof tv)))
        return -EFAULT;
    if (!a[4])
        return HOST(t, SYS_pselect6, a[0], a[1], a[2], a[3], 0, 0);
    if (tv.tv_sec < 0 || tv.tv_usec < 0)
        return -EINVAL;
    ts = (struct timespec){tv.tv_sec + tv.tv_usec / 1000000, tv.tv_usec % 1000000 * 1000};
    long r = HOST(t, SYS_pselect6, a[0], a[1], a[2], a[3], &ts, 0);
    if (r != -ERESTART_STUB) { /* Linux reports the time that was left */
        tv = (struct timeval){ts.tv_sec, ts.tv_nsec / 1000};
        copy_out(t, a[4], &tv, sizeof tv);
    }
    return r;
}

long sys_pselect6(LinuxThread *t, uint64_t a[6])
{
    uint64_t sigmask[2] = {0, MASK_BYTES}, mask = 0;
    bool has = false;
    a[0] = (uint32_t)a[0];
    if (!open_sets(t, a) || !guest_range_ok(t, a[4], sizeof(struct timespec), true) ||
        (a[5] && copy_in(t, sigmask, a[5], sizeof sigmask)))
        return -EFAULT;
    long r = read_mask(t, sigmask[0], sigmask[1], &mask, &has);
    if (r)
        return r;
    uint64_t host_mask = mask & ~SYNCHRONOUS_SIGNALS;
    uint64_t host_sigmask[2] = {(uint64_t)&host_mask, MASK_BYTES};
    if (!has)
        return HOST(t, SYS_pselect6, a[0], a[1], a[2], a[3], a[4], 0);
    signals_mask_begin(t, mask);
    r = HOST(t, SYS_pselect6, a[0], a[1], a[2], a[3], a[4], host_sigmask);
    return signals_mask_end(t, r);
}

/* ---- epoll ---- */

long sys_epoll_ctl(LinuxThread *t, uint64_t a[6])
{
    const GuestAbi *abi = t->process->abi;
    uint8_t guest[ABI_EPOLL_MAX];
    struct epoll_event ev;
    if ((int)a[1] == EPOLL_CTL_DEL)
        return HOST(t, SYS_epoll_ctl, a[0], a[1], a[2], &ev);
    if (copy_in(t, guest, a[3], abi->layout->epoll_size))
        return -EFAULT;
    abi_read_epoll(abi->layout, &ev, guest);
    return HOST(t, SYS_epoll_ctl, a[0], a[1], a[2], &ev);
}

/* args: as epoll_pwait (or epoll_pwait2) takes them, the timeout ready for the host. */
static long epoll_wait_with(LinuxThread *t, long nr, uint64_t a[6])
{
    const GuestAbi *abi = t->process->abi;
    struct epoll_event events[MAX_EPOLL];
    uint8_t guest[MAX_EPOLL * ABI_EPOLL_MAX];
    uint64_t mask = 0, out = a[1];
    bool has;
    long r = read_mask(t, a[4], a[5], &mask, &has);
    if (r)
        return r;
    int max = (int)a[2];
    if (max <= 0 || (uint64_t)max > INT32_MAX / abi->layout->epoll_size)
        return -EINVAL;
    if (max > MAX_EPOLL)
        max = MAX_EPOLL;
    if (mem_prot(t->process->engine, out) < 0)
        return -EFAULT;
    uint64_t args[6] = {a[0], (uint64_t)events, (uint64_t)max, a[3], 0, MASK_BYTES};
    r = masked_call(t, nr, args, 4, has, mask);
    if (r <= 0)
        return r;
    for (long i = 0; i < r; i++)
        abi_write_epoll(abi->layout, guest + (size_t)i * abi->layout->epoll_size, &events[i]);
    int error = copy_out(t, out, guest, (size_t)r * abi->layout->epoll_size);
    return error ? error : r;
}

long sys_epoll_wait(LinuxThread *t, uint64_t a[6])
{
    a[4] = 0;
    return epoll_wait_with(t, SYS_epoll_pwait, a);
}

long sys_epoll_pwait(LinuxThread *t, uint64_t a[6])
{
    return epoll_wait_with(t, SYS_epoll_pwait, a);
}

long sys_epoll_pwait2(LinuxThread *t, uint64_t a[6])
{
    return epoll_wait_with(t, SYS_epoll_pwait2, a);
}

/* ---- signalfd ---- */

static long signal_fd(LinuxThread *t, const uint64_t a[6], int flags)
{
    uint64_t mask;
    if (a[2] != MASK_BYTES)
        return -EINVAL;
    if ((int)a[0] >= 0 && fd_is_ours(t->process, (int)a[0]))
        return -EBADF;
    if (copy_in(t, &mask, a[1], sizeof mask))
        return -EFAULT;
    return HOST(t, SYS_signalfd4, a[0], &mask, MASK_BYTES, flags);
}

long sys_signalfd(LinuxThread *t, uint64_t a[6])
{
    return signal_fd(t, a, 0);
}

long sys_signalfd4(LinuxThread *t, uint64_t a[6])
{
    return signal_fd(t, a, (int)a[3]);
}

/* ---- messages: struct msghdr is the same on all 64-bit guests ---- */

static long check_message(LinuxThread *t, uint64_t addr, bool received, struct msghdr *m)
{
    if (copy_in(t, m, addr, sizeof *m))
        return -EFAULT;
    if (!guest_range_ok(t, addr, sizeof *m, received) ||
        !guest_range_ok(t, (uint64_t)m->msg_name, m->msg_namelen, received) ||
        !guest_range_ok(t, (uint64_t)m->msg_control, m->msg_controllen, received))
        return -EFAULT;
    for (size_t i = 0; i < m->msg_iovlen && i < MAX_MESSAGES; i++) {
        struct iovec v;
        if (copy_in(t, &v, (uint64_t)&m->msg_iov[i], sizeof v) ||
            !guest_range_ok(t, (uint64_t)v.iov_base, v.iov_len, received))
            return -EFAULT;
    }
    return 0;
}

/* Whether a message passes on a descriptor of the translator. */
static bool passes_ours(const LinuxProcess *p, const struct msghdr *m)
{
    const uint8_t *end = (const uint8_t *)m->msg_control + m->msg_controllen;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR((struct msghdr *)m, c)) {
        const uint8_t *data = CMSG_DATA(c);
        if (c->cmsg_len < CMSG_LEN(0) || c->cmsg_len > (size_t)(end - (uint8_t *)c))
            return false; /* the kernel says so */
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (int fd; data + sizeof fd <= (uint8_t *)c + c->cmsg_len; data += sizeof fd) {
            memcpy(&fd, data, sizeof fd);
            if (fd_is_ours(p, fd))
                return true;
        }
    }
    return false;
}

/* What a message says of descriptors is copied before it is looked at: another thread may change it
 * meanwhile. */
static long send_message(LinuxThread *t, uint64_t fd, uint64_t addr, uint64_t flags)
{
    enum { MAX_CONTROL = 1 << 20 }; /* the kernel takes less */
    struct msghdr m;
    void *control = NULL;
    long r = check_message(t, addr, false, &m);
    if (r)
        return r;
    if (m.msg_controllen > MAX_CONTROL)
        return -ENOBUFS;
    if (m.msg_control && m.msg_controllen) {
        control = malloc(m.msg_controllen);
        r = !control                                                         ? -ENOBUFS
            : copy_in(t, control, (uint64_t)m.msg_control, m.msg_controllen) ? -EFAULT
                                                                             : 0;
        m.msg_control = control;
        if (!r && passes_ours(t->process, &m))
            r = -EBADF;
    }
    if (!r)
        r = HOST(t, SYS_sendmsg, fd, &m, flags);
    free(control);
    return r;
}

long sys_sendmsg(LinuxThread *t, uint64_t a[6])
{
    return send_message(t, a[0], a[1], a[2]);
}

/* One by one, as the kernel does it: the number sent, or the first's error. */
long sys_sendmmsg(LinuxThread *t, uint64_t a[6])
{
    uint32_t n = (uint32_t)a[2] < MAX_MESSAGES ? (uint32_t)a[2] : MAX_MESSAGES, sent = 0;
    if (n == 0)
        return HOST(t, SYS_sendmmsg, a[0], a[1], 0, a[3]);
    for (; sent < n; sent++) {
        uint64_t at = a[1] + sent * sizeof(struct mmsghdr);
        long r = send_message(t, a[0], at, a[3]);
        uint32_t length = (uint32_t)r;
        if (r >= 0 && copy_out(t, at + offsetof(struct mmsghdr, msg_len), &length, sizeof length))
            r = -EFAULT;
        if (r < 0)
            return sent ? (long)sent : r;
    }
    return sent;
}

long sys_recvmsg(LinuxThread *t, uint64_t a[6])
{
    struct msghdr m;
    long r = check_message(t, a[1], true, &m);
    return r ? r : HOST(t, SYS_recvmsg, a[0], a[1], a[2]);
}

long sys_recvmmsg(LinuxThread *t, uint64_t a[6])
{
    uint64_t n = (uint32_t)a[2] < MAX_MESSAGES ? (uint32_t)a[2] : MAX_MESSAGES;
    struct msghdr m;
    if (!guest_range_ok(t, a[4], sizeof(struct timespec), true))
        return -EFAULT;
    for (uint64_t i = 0; i < n; i++) {
        uint64_t at = a[1] + i * sizeof(struct mmsghdr);
        long r = check_message(t, at, true, &m);
        if (r)
            return r;
        if (!guest_range_ok(t, at, sizeof(struct mmsghdr), true))
            return -EFAULT;
    }
    return HOST(t, SYS_recvmmsg, a[0], a[1], n, a[3], a[4]);
}
