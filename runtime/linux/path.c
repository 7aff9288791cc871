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
#include <sys/stat.h>

#include "runtime/host/host.h"
#include "runtime/linux/linux.h"

bool fd_is_ours(const LinuxProcess *p, long fd)
{
    for (unsigned i = 0; i < OUR_FDS; i++)
        if (fd >= 0 && p->our_fd[i] == fd)
            return true;
    return false;
}

void fd_keep(LinuxProcess *p, int which, int fd)
{
    struct stat st;
    p->our_fd[which] = fd;
    if (fstat(fd, &st) == 0) {
        p->our_inode[which] = st.st_ino;
        p->our_device[which] = st.st_dev;
    }
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
    fd_keep(p, which, fd);
    return fd;
}

const char *path_translate(LinuxProcess *p, const char *path, PathBuffer *buf)
{
    const char *prefix = p->options->prefix;
    if (!prefix || path[0] != '/')
        return path;
    int n = snprintf(buf->translated, sizeof buf->translated, "%s%s", prefix, path);
    if (n < 0 || (size_t)n >= sizeof buf->translated ||
        faccessat(AT_FDCWD, buf->translated, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
        return path;
    return buf->translated;
}

long path_to_host(LinuxThread *t, int dirfd, uint64_t *path, PathBuffer *buf)
{
    LinuxProcess *p = t->process;
    t->path_file = PROC_NONE;
    if (!*path) /* some calls take it with AT_EMPTY_PATH */
        return 0;
    if (mem_prot(p->engine, *path) < 0)
        return -EFAULT;
    long n = copy_string(t, buf->given, *path, sizeof buf->given);
    if (n < 0)
        return n;
    t->path_file = (int)proc_classify(t, dirfd, buf->given);
    if (t->path_file == PROC_OUR_FD)
        return -ENOENT;
    const char *host = buf->given;
    if (t->path_file != PROC_EXE) /* which handlers see to themselves */
        host = path_translate(p, host, buf);
    *path = (uint64_t)host;
    return 0;
}
