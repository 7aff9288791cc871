/* path.c: the guest's file names and descriptors on the host.
 *
 * Names are the host's own, with two exceptions: with -L, an absolute name that exists under the
 * prefix means that file (as qemu-user does it), and /proc/self/exe, in its several spellings,
 * means the guest's program. Descriptors are the host's own; the few that belong to the translator
 * sit high and answer EBADF.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "runtime/host/host.h"
#include "runtime/linux/linux.h"

static const char proc[] = "/proc/";

bool fd_is_ours(const LinuxProcess *p, long fd)
{
    for (unsigned i = 0; i < OUR_FDS; i++)
        if (fd >= 0 && p->our_fd[i] == fd)
            return true;
    return false;
}

int fd_guard(LinuxProcess *p, int which, int fd, bool cloexec)
{
    struct rlimit lim;
    int floor = 0;
    limits_files_lift(&lim);
    /* High, but not so high that the kernel's table of descriptors grows: forks copy it. */
    if (lim.rlim_max > 64)
        floor = (lim.rlim_max < 1024 ? (int)lim.rlim_max : 1024) - 2 * OUR_FDS;
    int high = fcntl(fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, floor);
    limits_files_back(&lim);
    if (high >= 0) {
        close(fd);
        fd = high;
    } else {
        fcntl(fd, F_SETFD, cloexec ? FD_CLOEXEC : 0);
    }
    p->our_fd[which] = fd;
    return fd;
}

const char *path_translate(LinuxProcess *p, const char *path, PathBuffer *buf)
{
    const char *prefix = p->options->prefix;
    if (!prefix || path[0] != '/')
        return path;
    int n = snprintf(buf->text, sizeof buf->text, "%s%s", prefix, path);
    if (n < 0 || (size_t)n >= sizeof buf->text ||
        faccessat(AT_FDCWD, buf->text, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return path;
    return buf->text;
}

long path_to_host(LinuxThread *t, uint64_t *path, PathBuffer *buf)
{
    LinuxProcess *p = t->process;
    char start[sizeof proc - 1];
    if (mem_prot(p->engine, *path) < 0)
        return -EFAULT;
    bool is_proc = !host_read(*path, start, sizeof start) && !memcmp(start, proc, sizeof start);
    if (!p->options->prefix && !is_proc)
        return 0;
    char text[4096];
    long n = copy_string(t, text, *path, sizeof text);
    if (n < 0)
        return n;
    if (is_proc && proc_classify(t, AT_FDCWD, text) == PROC_EXE)
        return 0; /* openat, readlink and execve ask themselves; stat sees the link */
    if (path_translate(p, text, buf) == buf->text)
        *path = (uint64_t)buf->text;
    return 0;
}
