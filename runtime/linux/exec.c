/* exec.c: execve by a guest: the program it names runs under a new Dragoman in the same process.
 *
 * The host executes Dragoman (through a descriptor kept for that, so that it works in a chroot and
 * without /proc) with the options that were given to this one, then `-0 argv0 -- PROGRAM ARGS`.
 * What would make execve fail is found before, so that the guest gets the error it knows. The
 * environment passes unchanged. A program for another processor than the guest's, such as the
 * host's own, is executed by the host.
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "runtime/host/host.h"
#include "runtime/linux/syscall.h"

enum { HEAD = 256, MAX_SCRIPTS = 5, MAX_STRINGS = 1 << 20, OWN_ARGS = 64 };

typedef enum Runnable { RUN_GUEST, RUN_HOST } Runnable;

/* Interpreter named by a #! line at `head`, or NULL. */
static const char *script_interpreter(char *head)
{
    if (memcmp(head, "#!", 2))
        return NULL;
    char *line = head + 2;
    line[strcspn(line, "\n")] = 0;
    line += strspn(line, " \t");
    line[strcspn(line, " \t")] = 0;
    return *line ? line : NULL;
}

/* Whether execve of an opened file can succeed: a Runnable, or -errno. */
static long check_format(LinuxProcess *p, int fd, int depth);

static long check_file(LinuxProcess *p, const char *path, int depth)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
        return -EACCES;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    long r = check_format(p, fd, depth);
    close(fd);
    return r;
}

static long check_format(LinuxProcess *p, int fd, int depth)
{
    char head[HEAD + 1] = {0};
    Elf64_Ehdr elf;
    PathBuffer buf;
    ssize_t n = pread(fd, head, HEAD, 0);
    if (n < 0)
        return -errno;
    memcpy(&elf, head, sizeof elf);
    const char *interp = script_interpreter(head);
    if (interp)
        return depth >= MAX_SCRIPTS ? -ELOOP
                                    : check_file(p, path_translate(p, interp, &buf), depth + 1);
    if (n < (ssize_t)sizeof elf || memcmp(elf.e_ident, ELFMAG, SELFMAG))
        return -ENOEXEC;
    if (elf.e_ident[EI_CLASS] != ELFCLASS64 || elf.e_machine != p->abi->elf_machine)
        return RUN_HOST;
    return elf.e_type == ET_EXEC || elf.e_type == ET_DYN ? RUN_GUEST : -ENOEXEC;
}

/* Reads a NULL-terminated array of guest string pointers, leaving `room` entries in front. The
 * strings stay where they are: the kernel copies them, and finds bad pointers. */
static long read_strings(uint64_t addr, size_t room, char ***out, size_t *count)
{
    size_t n = 0, cap = 256;
    char **list = malloc((room + cap + 1) * sizeof *list);
    for (;; n++) {
        uint64_t s = 0;
        if (list && n == cap) {
            char **bigger = realloc(list, (room + 2 * cap + 1) * sizeof *list);
            if (!bigger)
                free(list);
            list = bigger;
            cap *= 2;
        }
        if (!list || n > MAX_STRINGS) {
            free(list);
            return list ? -E2BIG : -ENOMEM;
        }
        if (addr && host_read(addr + 8 * n, &s, sizeof s)) {
            free(list);
            return -EFAULT;
        }
        list[room + n] = (char *)s;
        if (!s)
            break;
    }
    *out = list;
    *count = n;
    return 0;
}

/* Arguments before the program: Dragoman's name and options. Strings are left to the heap, as
 * execve either replaces it or is called rarely enough in vain. */
static size_t own_arguments(LinuxProcess *p, int program_fd, char *argv0, char **args)
{
    static char dash0[] = "-0", dashes[] = "--", empty[] = "", strace_many[] = "--strace-many";
    size_t n = 0;
    char *text;
    if (p->options->launcher)
        for (char *w = strtok_r(strdup(p->options->launcher), " ", &text); w && n < OWN_ARGS / 4;
             w = strtok_r(NULL, " ", &text))
            args[n++] = w;
    args[n++] = p->self;
    n += options_inherited(p->options, args + n, OWN_ARGS / 2);
    if (!p->options->launcher && asprintf(&text, "--self-fd=%d", p->our_fd[FD_SELF]) > 0)
        args[n++] = text;
    if (p->options->strace && asprintf(&text, "--strace-fd=%d", p->our_fd[FD_STRACE]) > 0)
        args[n++] = text;
    if (p->strace_many)
        args[n++] = strace_many;
    if (program_fd >= 0 && asprintf(&text, "--program-fd=%d", program_fd) > 0)
        args[n++] = text;
    args[n++] = dash0;
    args[n++] = argv0 ? argv0 : empty;
    args[n++] = dashes;
    return n;
}

static long host_execve(LinuxThread *t, const char *path, int program_fd, char **argv, size_t argc,
                        char **envp)
{
    LinuxProcess *p = t->process;
    GuestSigAction saved[SYNCHRONOUS_COUNT];
    char *own[OWN_ARGS];
    size_t n = own_arguments(p, program_fd, argc ? argv[OWN_ARGS] : NULL, own);
    own[n++] = (char *)(uintptr_t)path;
    /* The guest's argv[0] is at OWN_ARGS; ours end where its argv[1] begins. */
    if (!argc)
        argv[OWN_ARGS + 1] = NULL;
    char **all = argv + OWN_ARGS + 1 - n;
    memcpy(all, own, n * sizeof *own);
    strace_exec(t);
    if (!t->is_vfork_child) /* whose translations are its parent's too */
        engine_before_exec(p->engine);
    signals_before_exec(t, saved);
    limits_before_exec(t->process, false);
    long r = -ENOENT;
    if (p->options->launcher)
        r = OWN(SYS_execve, all[0], all, envp);
    else if (p->our_fd[FD_SELF] >= 0)
        r = OWN(SYS_execveat, p->our_fd[FD_SELF], "", all, envp, AT_EMPTY_PATH);
    if (!p->options->launcher && (r == -ENOENT || r == -ENOSYS))
        r = OWN(SYS_execve, p->self, all, envp);
    limits_before_exec(t->process, true);
    signals_after_exec(t, saved);
    return r;
}

static long native_execve(LinuxThread *t, int dirfd, const char *path, char **argv, char **envp,
                          int flags)
{
    GuestSigAction saved[SYNCHRONOUS_COUNT];
    strace_exec(t);
    signals_before_exec(t, saved);
    limits_before_exec(t->process, false);
    long r = OWN(SYS_execveat, dirfd, path, argv, envp, flags);
    limits_before_exec(t->process, true);
    signals_after_exec(t, saved);
    return r;
}

/* The file to be executed, opened for the new Dragoman if it has no name of its own. */
typedef struct ExecFile {
    char path[4200]; /* as execve would name it */
    int fd;          /* for --program-fd, or -1 */
} ExecFile;

static long find_file(LinuxThread *t, int dirfd, const char *path, int flags, ExecFile *f)
{
    LinuxProcess *p = t->process;
    f->fd = -1;
    if (proc_classify(t, dirfd, path) == PROC_EXE) {
        f->fd = open(p->exe, O_RDONLY);
        snprintf(f->path, sizeof f->path, "%s", path);
        return f->fd < 0 ? -errno : check_format(p, f->fd, 0);
    }
    if (path[0] == '/' || (dirfd == AT_FDCWD && path[0])) {
        struct stat st;
        snprintf(f->path, sizeof f->path, "%s", path);
        if ((flags & AT_SYMLINK_NOFOLLOW) && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
            return -ELOOP;
        return check_file(p, path, 0);
    }
    if (!path[0] && !(flags & AT_EMPTY_PATH))
        return -ENOENT;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
    int fd = path[0]
                 ? openat(dirfd, path, O_RDONLY | (flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0))
                 : open(link, O_RDONLY);
    if (fd < 0)
        return -errno;
    snprintf(f->path, sizeof f->path, "/dev/fd/%d%s%s", dirfd, path[0] ? "/" : "", path);
    f->fd = fcntl(fd, F_DUPFD, 256);
    if (f->fd < 0)
        f->fd = fd;
    else
        close(fd);
    snprintf(link, sizeof link, "/proc/self/fd/%d", f->fd);
    if (faccessat(AT_FDCWD, link, X_OK, AT_EACCESS) < 0)
        return -EACCES;
    return check_format(p, f->fd, 0);
}

static long execute(LinuxThread *t, int dirfd, uint64_t path_at, uint64_t argv_at, uint64_t envp_at,
                    int flags)
{
    char path[4096];
    char **argv = NULL, **envp = NULL;
    size_t argc = 0, envc = 0;
    ExecFile file;
    long r = copy_string(t, path, path_at, sizeof path);
    if (r < 0)
        return r;
    r = find_file(t, dirfd, path, flags, &file);
    long kind = r;
    if (r >= 0)
        r = read_strings(argv_at, OWN_ARGS + 1, &argv, &argc);
    if (r >= 0)
        r = read_strings(envp_at, 0, &envp, &envc);
    if (r >= 0 && kind == RUN_HOST) {
        r = native_execve(t, dirfd, path, argv + OWN_ARGS + 1, envp, flags);
    } else if (r >= 0) {
        /* One entry is spare in front, for an empty argument list. */
        memmove(argv + OWN_ARGS, argv + OWN_ARGS + 1, (argc + 1) * sizeof *argv);
        r = host_execve(t, file.path, file.fd, argv, argc, envp);
    }
    if (file.fd >= 0)
        close(file.fd);
    free(argv);
    free(envp);
    return r;
}

long sys_execve(LinuxThread *t, uint64_t a[6])
{
    return execute(t, AT_FDCWD, a[0], a[1], a[2], 0);
}

long sys_execveat(LinuxThread *t, uint64_t a[6])
{
    if (a[4] & ~(uint64_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    return execute(t, (int)a[0], a[1], a[2], a[3], (int)a[4]);
}
