/* sys_file.c: descriptors and files, as far as a row of syscalls.def is not enough. */
#include <fcntl.h>
#include <limits.h>
#include <linux/aio_abi.h>
#include <linux/openat2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>

#include "runtime/host/host.h"
#include "runtime/linux/strace.h"
#include "runtime/linux/sys_ioctl.h"

/* Paths arrive here as path_to_host left them: names on the host, in our memory. */

/* The name the kernel gives the file goes with it. */
static long open_text(LinuxThread *t, int dirfd, const char *path, int flags)
{
    char link[64], name[PATH_MAX];
    int fd = openat(dirfd, path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, name, sizeof name - 1);
    close(fd);
    name[n > 0 ? n : 0] = 0;
    if (strncmp(name, "/proc/", 6)) { /* an emulator under us has a file of its own there */
        const char *slash = strrchr(path, '/');
        snprintf(name, sizeof name, "/proc/%d/%.*s", getpid(), NAME_MAX, slash ? slash + 1 : path);
    }
    return proc_open(t, (ProcFile)t->path_file, name, flags);
}

/* After an open that gave fd, or an error: what symbolic links may have led to is only known by
 * what was opened. */
static long opened(LinuxThread *t, long fd, int dirfd, const char *path, int flags, uint64_t mode)
{
    struct stat st;
    if (fd < 0 || fstat((int)fd, &st) < 0)
        return fd;
    switch (proc_behind_link(t, dirfd, path, &st)) {
    case PROC_EXE:
        close((int)fd);
        return HOST(t, SYS_openat, AT_FDCWD, t->process->exe, flags, mode);
    case PROC_OUR_FD:
        close((int)fd);
        return -ENOENT;
    default:
        return proc_opened(t, fd, &st, flags);
    }
}

static long open_at(LinuxThread *t, int dirfd, const char *path, int flags, uint64_t mode)
{
    if (t->path_file == PROC_EXE && !(flags & O_NOFOLLOW))
        return HOST(t, SYS_openat, AT_FDCWD, t->process->exe, flags, mode);
    if (t->path_file >= PROC_MAPS && !(flags & O_PATH))
        return open_text(t, dirfd, path, flags);
    long fd = HOST(t, SYS_openat, dirfd, path, flags, mode);
    return opened(t, fd, dirfd, path, flags, mode);
}

long sys_open(LinuxThread *t, uint64_t a[6])
{
    return open_at(t, AT_FDCWD, (const char *)a[0], (int)a[1], a[2]);
}

long sys_openat(LinuxThread *t, uint64_t a[6])
{
    return open_at(t, (int)a[0], (const char *)a[1], (int)a[2], a[3]);
}

long sys_creat(LinuxThread *t, uint64_t a[6])
{
    return open_at(t, AT_FDCWD, (const char *)a[0], O_CREAT | O_WRONLY | O_TRUNC, a[1]);
}

/* The kernel looks at the path first, as only it knows what RESOLVE_* flags forbid. */
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
    long fd = HOST(t, SYS_openat2, a[0], a[1], &how, sizeof how);
    if (fd >= 0 && t->path_file == PROC_EXE && !(how.flags & O_NOFOLLOW)) {
        close((int)fd); /* an emulator's own file, if there is one under us */
        return HOST(t, SYS_openat, AT_FDCWD, t->process->exe, (int)how.flags, how.mode);
    }
    return opened(t, fd, (int)a[0], (const char *)a[1], (int)how.flags, how.mode);
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
    uint8_t guest[ABI_STRUCTURE_MAX];
    bool exe = t->path_file == PROC_EXE && !(flags & AT_SYMLINK_NOFOLLOW);
    long r = exe ? 0 : HOST(t, SYS_newfstatat, dirfd, path, &st, flags);
    ProcFile behind = exe          ? PROC_EXE
                      : r || !path ? PROC_NONE
                                   : proc_behind_link(t, dirfd, (const char *)path, &st);
    if (behind == PROC_EXE)
        r = HOST(t, SYS_newfstatat, AT_FDCWD, t->process->exe, &st, flags);
    else if (behind == PROC_OUR_FD)
        r = -ENOENT;
    if (r < 0)
        return r;
    abi_write_stat(abi->layout, guest, &st);
    return copy_out(t, out, guest, abi->layout->stat_size);
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
    uint8_t guest[ABI_STRUCTURE_MAX];
    long r = HOST(t, SYS_fstat, a[0], &st);
    if (r < 0)
        return r;
    abi_write_stat(abi->layout, guest, &st);
    return copy_out(t, a[1], guest, abi->layout->stat_size);
}

long sys_statx(LinuxThread *t, uint64_t a[6])
{
    struct statx sx;
    bool exe = t->path_file == PROC_EXE && !(a[2] & AT_SYMLINK_NOFOLLOW);
    long r = exe ? 0 : HOST(t, SYS_statx, a[0], a[1], a[2], a[3], a[4]);
    ProcFile behind = exe ? PROC_EXE : PROC_NONE;
    if (!exe && r == 0 && a[1] && copy_in(t, &sx, a[4], sizeof sx) == 0) {
        struct stat st = {.st_ino = sx.stx_ino,
                          .st_dev = makedev(sx.stx_dev_major, sx.stx_dev_minor)};
        behind = proc_behind_link(t, (int)a[0], (const char *)a[1], &st);
    }
    if (behind == PROC_EXE)
        return HOST(t, SYS_statx, AT_FDCWD, t->process->exe, a[2], a[3], a[4]);
    return behind == PROC_OUR_FD ? -ENOENT : r;
}

/* ---- readlink, directories ---- */

static long readlink_at(LinuxThread *t, int dirfd, uint64_t path, uint64_t out, int size)
{
    char name[PATH_MAX];
    if (t->path_file == PROC_NONE)
        return HOST(t, SYS_readlinkat, dirfd, path, out, size);
    if (size <= 0)
        return -EINVAL;
    long n = (long)strlen(t->process->exe);
    if (t->path_file == PROC_EXE)
        memcpy(name, t->process->exe, (size_t)n);
    else
        n = HOST(t, SYS_readlinkat, dirfd, path, name, sizeof name);
    if (n < 0)
        return n;
    n = proc_link_name(name, n);
    if (n > size)
        n = size;
    int r = copy_out(t, out, name, (size_t)n);
    return r ? r : n;
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

static long getdents(LinuxThread *t, uint64_t a[6], bool old_form)
{
    size_t size = (uint32_t)a[2] < MAX_DIRENTS ? (uint32_t)a[2] : MAX_DIRENTS;
    char *buf = malloc(size + 1);
    if (!buf)
        return -ENOMEM;
    long n, kept;
    ProcDir dir = PROC_DIR_NONE;
    bool asked = false;
    do {
        n = HOST(t, SYS_getdents64, a[0], buf, size);
        kept = 0;
        for (long at = 0; at < n;) {
            Dirent *d = (Dirent *)(buf + at);
            uint16_t len = d->reclen;
            at += len;
            if (!asked) /* once a call */
                dir = proc_dir((int)a[0]);
            asked = true;
            if (proc_hides(t, dir, d->name))
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

/* A descriptor of another process; of our own process, and of others that run like this one, not
 * one of the translator's. */
long sys_pidfd_getfd(LinuxThread *t, uint64_t a[6])
{
    if (fd_is_ours(t->process, (int)a[1]))
        return -EBADF;
    return HOST(t, SYS_pidfd_getfd, a[0], a[1], a[2]);
}

/* Buffers of asynchronous transfers are written when the kernel likes: they are checked, and
 * opened, when the transfer is asked for. */
long sys_io_submit(LinuxThread *t, uint64_t a[6])
{
    enum { PREAD = 0, PWRITE = 1, PREADV = 7, PWRITEV = 8, MAX_REQUESTS = 1024 };
    for (int64_t i = 0; i < (int64_t)a[1] && i < MAX_REQUESTS; i++) {
        uint64_t at;
        struct iocb io;
        if (copy_in(t, &at, a[2] + 8 * (uint64_t)i, sizeof at) || copy_in(t, &io, at, sizeof io))
            return -EFAULT;
        bool reads = io.aio_lio_opcode == PREAD || io.aio_lio_opcode == PREADV;
        if (fd_is_ours(t->process, (int)io.aio_fildes))
            return -EBADF;
        if ((io.aio_lio_opcode == PREAD || io.aio_lio_opcode == PWRITE) &&
            !guest_range_ok(t, io.aio_buf, io.aio_nbytes, reads))
            return -EFAULT;
        if (io.aio_lio_opcode != PREADV && io.aio_lio_opcode != PWRITEV)
            continue;
        for (uint64_t k = 0; k < io.aio_nbytes && k < IOV_MAX; k++) {
            struct iovec v;
            if (copy_in(t, &v, io.aio_buf + k * sizeof v, sizeof v) ||
                !guest_range_ok(t, (uint64_t)v.iov_base, v.iov_len, reads))
                return -EFAULT;
        }
    }
    return (int64_t)a[1] > MAX_REQUESTS ? -EINVAL : HOST(t, SYS_io_submit, a[0], a[1], a[2]);
}
