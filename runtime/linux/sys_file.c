/* sys_file.c: descriptors and files, as far as a row of syscalls.def is not enough. */
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/host/host.h"
#include "runtime/linux/strace.h"
#include "runtime/linux/sys_ioctl.h"

/* Which of our /proc files a path argument names; *text receives it if it is one. */
static ProcFile proc_of(LinuxThread *t, int dirfd, uint64_t path, char *text, size_t size)
{
    char first[5];
    if (!path || host_read(path, first, sizeof first))
        return PROC_NONE;
    if (first[0] == '/' && memcmp(first, "/proc", sizeof first))
        return PROC_NONE;
    if (copy_string(t, text, path, size) < 0)
        return PROC_NONE;
    return proc_classify(t, dirfd, text);
}

static long open_at(LinuxThread *t, int dirfd, uint64_t path, int flags, uint64_t mode)
{
    char text[256];
    ProcFile file = proc_of(t, dirfd, path, text, sizeof text);
    if (file == PROC_EXE && !(flags & O_NOFOLLOW))
        return HOST(t, SYS_openat, AT_FDCWD, t->process->exe, flags, mode);
    if (file != PROC_NONE && file != PROC_EXE)
        return proc_open(t, file, flags);
    return HOST(t, SYS_openat, dirfd, path, flags, mode);
}

long sys_open(LinuxThread *t, uint64_t a[6])
{
    return open_at(t, AT_FDCWD, a[0], (int)a[1], a[2]);
}

long sys_openat(LinuxThread *t, uint64_t a[6])
{
    return open_at(t, (int)a[0], a[1], (int)a[2], a[3]);
}

long sys_creat(LinuxThread *t, uint64_t a[6])
{
    return open_at(t, AT_FDCWD, a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1]);
}

long sys_openat2(LinuxThread *t, uint64_t a[6])
{
    struct open_how how;
    if (a[3] < sizeof how)
        return -EINVAL;
    if (a[3] > GUEST_PAGE)
        return -E2BIG;
    if (copy_in(t, &how, a[2], sizeof how))
        return -EFAULT;
    for (uint64_t i = sizeof how; i < a[3]; i++) {
        char extra;
        if (host_read(a[2] + i, &extra, 1))
            return -EFAULT;
        if (extra)
            return -E2BIG;
    }
    how.flags =
        (how.flags & ~0xffffffffull) | abi_open_flags_to_host(t->process->abi, (uint32_t)how.flags);
    return HOST(t, SYS_openat2, a[0], a[1], &how, sizeof how);
}

long sys_close(LinuxThread *t, uint64_t a[6])
{
    return HOST(t, SYS_close, a[0]);
}

/* Closes [first, last] around our own descriptors. */
long sys_close_range(LinuxThread *t, uint64_t a[6])
{
    LinuxProcess *p = t->process;
    uint32_t first = (uint32_t)a[0], last = (uint32_t)a[1];
    if (first > last)
        return -EINVAL;
    for (;;) {
        uint32_t stop = last;
        bool ours = false;
        for (unsigned i = 0; i < OUR_FDS; i++) {
            uint32_t fd = (uint32_t)p->our_fd[i];
            if (p->our_fd[i] >= 0 && fd >= first && fd <= stop) {
                stop = fd;
                ours = true;
            }
        }
        if (!ours || stop > first) {
            long r = HOST(t, SYS_close_range, first, ours ? stop - 1 : stop, a[2]);
            if (r < 0)
                return r;
        }
        if (!ours || stop == last)
            return 0;
        first = stop + 1;
    }
}

long sys_dup2(LinuxThread *t, uint64_t a[6])
{
    if ((int)a[0] == (int)a[1]) {
        long r = HOST(t, SYS_fcntl, a[0], F_GETFD);
        return r < 0 ? r : (long)(int)a[1];
    }
    return HOST(t, SYS_dup3, a[0], a[1], 0);
}

long sys_dup3(LinuxThread *t, uint64_t a[6])
{
    return HOST(t, SYS_dup3, a[0], a[1], a[2]);
}

long sys_pipe(LinuxThread *t, uint64_t a[6])
{
    return HOST(t, SYS_pipe2, a[0], 0);
}

long sys_pipe2(LinuxThread *t, uint64_t a[6])
{
    return HOST(t, SYS_pipe2, a[0], a[1]);
}

enum { NONE = IOCTL_NONE, VALUE = IOCTL_VALUE, IN = IOCTL_IN, OUT = IOCTL_OUT, BOTH = IOCTL_BOTH };

#define FCNTL(command, direction, bytes, form) {command, direction, SHOW_##form, bytes, #command},
static const IoctlDesc fcntls[] = {
#include "runtime/linux/fcntls.def"
};

const IoctlDesc *fcntl_find(uint32_t command)
{
    for (size_t i = 0; i < sizeof fcntls / sizeof fcntls[0]; i++)
        if (fcntls[i].request == command)
            return &fcntls[i];
    return NULL;
}

long sys_fcntl(LinuxThread *t, uint64_t a[6])
{
    const GuestAbi *abi = t->process->abi;
    int command = (int)a[1];
    if (command == F_SETFL)
        a[2] = abi_open_flags_to_host(abi, (uint32_t)a[2]);
    const IoctlDesc *d = fcntl_find((uint32_t)command);
    if (d && (d->direction & IOCTL_BOTH) &&
        !guest_range_ok(t, a[2], d->bytes, d->direction & IOCTL_OUT))
        return -EFAULT;
    long r = HOST(t, SYS_fcntl, a[0], command, a[2]);
    return command == F_GETFL && r >= 0 ? (long)abi_open_flags_to_guest(abi, (uint32_t)r) : r;
}

/* ---- stat ---- */

static long stat_at(LinuxThread *t, int dirfd, uint64_t path, uint64_t out, int flags)
{
    const GuestAbi *abi = t->process->abi;
    struct stat st;
    char text[256];
    uint8_t guest[256];
    if (!(flags & AT_SYMLINK_NOFOLLOW) && proc_of(t, dirfd, path, text, sizeof text) == PROC_EXE) {
        path = (uint64_t)t->process->exe;
        dirfd = AT_FDCWD;
    }
    long r = HOST(t, SYS_newfstatat, dirfd, path, &st, flags);
    if (r < 0)
        return r;
    abi->write_stat(guest, &st);
    return copy_out(t, out, guest, abi->stat_size);
}

long sys_stat(LinuxThread *t, uint64_t a[6])
{
    return stat_at(t, AT_FDCWD, a[0], a[1], 0);
}

long sys_lstat(LinuxThread *t, uint64_t a[6])
{
    return stat_at(t, AT_FDCWD, a[0], a[1], AT_SYMLINK_NOFOLLOW);
}

long sys_newfstatat(LinuxThread *t, uint64_t a[6])
{
    return stat_at(t, (int)a[0], a[1], a[2], (int)a[3]);
}

long sys_fstat(LinuxThread *t, uint64_t a[6])
{
    const GuestAbi *abi = t->process->abi;
    struct stat st;
    uint8_t guest[256];
    long r = HOST(t, SYS_fstat, a[0], &st);
    if (r < 0)
        return r;
    abi->write_stat(guest, &st);
    return copy_out(t, a[1], guest, abi->stat_size);
}

long sys_statx(LinuxThread *t, uint64_t a[6])
{
    char text[256];
    if (!(a[2] & AT_SYMLINK_NOFOLLOW) && proc_of(t, (int)a[0], a[1], text, sizeof text) == PROC_EXE)
        return HOST(t, SYS_statx, AT_FDCWD, t->process->exe, a[2], a[3], a[4]);
    return HOST(t, SYS_statx, a[0], a[1], a[2], a[3], a[4]);
}

/* ---- readlink, directories ---- */

static long readlink_at(LinuxThread *t, int dirfd, uint64_t path, uint64_t out, int size)
{
    char text[256];
    if (proc_of(t, dirfd, path, text, sizeof text) != PROC_EXE)
        return HOST(t, SYS_readlinkat, dirfd, path, out, size);
    if (size <= 0)
        return -EINVAL;
    size_t n = strlen(t->process->exe);
    if (n > (size_t)size)
        n = (size_t)size;
    int r = copy_out(t, out, t->process->exe, n);
    return r ? r : (long)n;
}

long sys_readlink(LinuxThread *t, uint64_t a[6])
{
    return readlink_at(t, AT_FDCWD, a[0], a[1], (int)a[2]);
}

long sys_readlinkat(LinuxThread *t, uint64_t a[6])
{
    return readlink_at(t, (int)a[0], a[1], a[2], (int)a[3]);
}

/* struct linux_dirent64; the older linux_dirent has the name one byte earlier and the type in the
 * record's last byte. Records of both have the same length. */
typedef struct Dirent {
    uint64_t ino, off;
    uint16_t reclen;
    uint8_t type;
    char name[];
} __attribute__((packed)) Dirent;

enum { MAX_DIRENTS = 1 << 16, OLD_NAME_OFFSET = 18 };

static bool names_our_fd(LinuxProcess *p, const char *name)
{
    char *end;
    unsigned long fd = strtoul(name, &end, 10);
    return end != name && !*end && fd < 1u << 30 && fd_is_ours(p, (long)fd);
}

static bool is_fd_directory(int fd)
{
    char link[64], target[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n < 10 || memcmp(target, "/proc/", 6))
        return false;
    target[n] = 0;
    const char *last = strrchr(target, '/');
    return !strcmp(last, "/fd") || !strcmp(last, "/fdinfo");
}

static long getdents(LinuxThread *t, uint64_t a[6], bool old_form)
{
    LinuxProcess *p = t->process;
    size_t size = (uint32_t)a[2] < MAX_DIRENTS ? (uint32_t)a[2] : MAX_DIRENTS;
    char *buf = malloc(size + 1);
    if (!buf)
        return -ENOMEM;
    long n, kept;
    do {
        n = HOST(t, SYS_getdents64, a[0], buf, size);
        kept = 0;
        for (long at = 0; at < n;) {
            Dirent *d = (Dirent *)(buf + at);
            uint16_t len = d->reclen;
            at += len;
            if (names_our_fd(p, d->name) && is_fd_directory((int)a[0]))
                continue;
            if (old_form) {
                uint8_t type = d->type;
                memmove((char *)d + OLD_NAME_OFFSET, d->name, len - sizeof *d);
                ((uint8_t *)d)[len - 1] = type;
            }
            memmove(buf + kept, d, len);
            kept += len;
        }
    } while (n > 0 && kept == 0); /* nothing but ours: 0 would mean the end */
    int error = kept ? copy_out(t, a[1], buf, (size_t)kept) : 0;
    free(buf);
    return n < 0 ? n : error ? error : kept;
}

long sys_getdents(LinuxThread *t, uint64_t a[6])
{
    return getdents(t, a, true);
}

long sys_getdents64(LinuxThread *t, uint64_t a[6])
{
    return getdents(t, a, false);
}
