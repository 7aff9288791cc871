/* sys_legacy.c: calls that newer kernel interfaces (AArch64's, RISC-V's) leave out, by the calls
 * that took their place. The same on all hosts. */
#include <fcntl.h>
#include <sys/time.h>
#include <time.h>

#include "runtime/linux/syscall.h"

/* A call that is another with fixed arguments added. */
#define FORWARD(name, call, ...)                                                                   \
    long sys_##name(LinuxThread *t, uint64_t a[6])                                                 \
    {                                                                                              \
        (void)a;                                                                                   \
        return HOST(t, SYS_##call, __VA_ARGS__);                                                   \
    }

FORWARD(access, faccessat, AT_FDCWD, a[0], a[1])
FORWARD(mkdir, mkdirat, AT_FDCWD, a[0], a[1])
FORWARD(rmdir, unlinkat, AT_FDCWD, a[0], AT_REMOVEDIR)
FORWARD(unlink, unlinkat, AT_FDCWD, a[0], 0)
FORWARD(rename, renameat2, AT_FDCWD, a[0], AT_FDCWD, a[1], 0)
FORWARD(link, linkat, AT_FDCWD, a[0], AT_FDCWD, a[1], 0)
FORWARD(symlink, symlinkat, a[0], AT_FDCWD, a[1])
FORWARD(mknod, mknodat, AT_FDCWD, a[0], a[1], a[2])
FORWARD(chmod, fchmodat, AT_FDCWD, a[0], a[1])
FORWARD(chown, fchownat, AT_FDCWD, a[0], a[1], a[2], 0)
FORWARD(lchown, fchownat, AT_FDCWD, a[0], a[1], a[2], AT_SYMLINK_NOFOLLOW)
FORWARD(inotify_init, inotify_init1, 0)
FORWARD(eventfd, eventfd2, a[0], 0)
FORWARD(getpgrp, getpgid, 0)
FORWARD(pause, ppoll, 0, 0, 0, 0, 8)

long sys_epoll_create(LinuxThread *t, uint64_t a[6])
{
    return (int)a[0] <= 0 ? -EINVAL : HOST(t, SYS_epoll_create1, 0);
}

long sys_time(LinuxThread *t, uint64_t a[6])
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME_COARSE, &now);
    int64_t seconds = now.tv_sec;
    if (a[0] && copy_out(t, a[0], &seconds, sizeof seconds))
        return -EFAULT;
    return seconds;
}

long sys_alarm(LinuxThread *t, uint64_t a[6])
{
    struct itimerval new = {.it_value.tv_sec = (uint32_t)a[0]}, old;
    long r = HOST(t, SYS_setitimer, ITIMER_REAL, &new, &old);
    if (r < 0)
        return r;
    /* Rounded, but never down to "none" (alarm(2) as the kernel does it). */
    bool up = (!old.it_value.tv_sec && old.it_value.tv_usec) || old.it_value.tv_usec >= 500000;
    return old.it_value.tv_sec + up;
}

/* utimensat with times from microseconds; a null pointer means now. */
static long set_times(LinuxThread *t, int dirfd, uint64_t path, const struct timeval *tv)
{
    struct timespec ts[2];
    for (int i = 0; tv && i < 2; i++) {
        if (tv[i].tv_usec < 0 || tv[i].tv_usec >= 1000000)
            return -EINVAL;
        ts[i] = (struct timespec){tv[i].tv_sec, tv[i].tv_usec * 1000};
    }
    return HOST(t, SYS_utimensat, dirfd, path, tv ? ts : NULL, 0);
}

long sys_utime(LinuxThread *t, uint64_t a[6])
{
    int64_t seconds[2];
    if (!a[1])
        return set_times(t, AT_FDCWD, a[0], NULL);
    if (copy_in(t, seconds, a[1], sizeof seconds))
        return -EFAULT;
    struct timeval tv[2] = {{.tv_sec = seconds[0]}, {.tv_sec = seconds[1]}};
    return set_times(t, AT_FDCWD, a[0], tv);
}

static long set_times_from(LinuxThread *t, int dirfd, uint64_t path, uint64_t times)
{
    struct timeval tv[2];
    if (times && copy_in(t, tv, times, sizeof tv))
        return -EFAULT;
    return set_times(t, dirfd, path, times ? tv : NULL);
}

long sys_utimes(LinuxThread *t, uint64_t a[6])
{
    return set_times_from(t, AT_FDCWD, a[0], a[1]);
}

long sys_futimesat(LinuxThread *t, uint64_t a[6])
{
    return set_times_from(t, (int)a[0], a[1], a[2]);
}
