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
#include <limits.h>
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

/* The file to be executed. */
typedef struct ExecFile {
    char path[4200]; /* as execve would name it */
    int fd;          /* opened for the new Dragoman if it has no name of its own; or -1 */
    bool wants_exe;  /* an interpreter is named by a link that leads to the caller's program */
} ExecFile;

static bool leads_to_exe(LinuxThread *t, int dirfd, const char *path)
{
    struct stat st;
    return proc_classify(t, dirfd, path) == PROC_EXE ||
           (fstatat(dirfd, path, &st, 0) == 0 && proc_behind_link(t, dirfd, path, &st) == PROC_EXE);
}

const char *interpreter_path(LinuxThread *t, const char *name, const char *exe, PathBuffer *buf)
{
    return leads_to_exe(t, AT_FDCWD, name) ? exe : path_translate(t->process, name, buf);
}

static const char *find_interpreter(LinuxThread *t, ExecFile *f, const char *name, PathBuffer *buf)
{
    const char *exe = t->process->exe, *path = interpreter_path(t, name, exe, buf);
    f->wants_exe |= path == exe;
    return path;
}

/* The ELF interpreter's name; false if there is none that could be checked. */
static bool elf_interpreter(int fd, const Elf64_Ehdr *elf, char *name, size_t size)
{
    Elf64_Phdr ph;
    for (unsigned i = 0; elf->e_phentsize == sizeof ph && i < elf->e_phnum; i++) {
        if (pread(fd, &ph, sizeof ph, (off_t)(elf->e_phoff + i * sizeof ph)) != sizeof ph)
            return false;
        if (ph.p_type == PT_INTERP)
            return ph.p_filesz > 1 && ph.p_filesz <= size &&
                   pread(fd, name, ph.p_filesz, (off_t)ph.p_offset) == (ssize_t)ph.p_filesz &&
                   !name[ph.p_filesz - 1];
    }
    return false;
}

static long check_permission(const char *path)
{
    struct stat st;
    if (stat(path, &st) < 0)
        return -errno;
    return !S_ISREG(st.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0 ? -EACCES : 0;
}

/* Whether execve of an opened file can succeed: a Runnable, or -errno. */
static long check_format(LinuxThread *t, ExecFile *f, int fd, int depth);

static long check_file(LinuxThread *t, ExecFile *f, const char *path, int depth)
{
    long r = check_permission(path);
    if (r < 0)
        return r;
    int fd = open_own(AT_FDCWD, path, O_RDONLY);
    if (fd < 0)
        return fd;
    r = check_format(t, f, fd, depth);
    close(fd);
    return r;
}

/* Of the running program, as the linker put it there. */
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));

/* Programs for the guest's processor, and those for other guests that this machine is not. */
static bool is_guest(const LinuxThread *t, uint16_t machine)
{
    return machine == t->process->guest->elf_machine ||
           (machine != __ehdr_start.e_machine && abi_for(machine));
}

static long check_elf(LinuxThread *t, ExecFile *f, int fd, const Elf64_Ehdr *elf)
{
    char name[PATH_MAX];
    PathBuffer buf;
    if (elf->e_ident[EI_CLASS] != ELFCLASS64 || !is_guest(t, elf->e_machine))
        return RUN_HOST;
    if (elf->e_type != ET_EXEC && elf->e_type != ET_DYN)
        return -ENOEXEC;
    long r = 0;
    if (elf_interpreter(fd, elf, name, sizeof name))
        r = check_permission(find_interpreter(t, f, name, &buf));
    return r < 0 ? r : RUN_GUEST;
}

static long check_format(LinuxThread *t, ExecFile *f, int fd, int depth)
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
        return depth >= MAX_SCRIPTS
                   ? -ELOOP
                   : check_file(t, f, find_interpreter(t, f, interp, &buf), depth + 1);
    if (n < (ssize_t)sizeof elf || memcmp(elf.e_ident, ELFMAG, SELFMAG))
        return -ENOEXEC;
    return check_elf(t, f, fd, &elf);
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
            long r = list ? -E2BIG : -ENOMEM;
            free(list);
            return r;
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
static size_t own_arguments(LinuxThread *t, const ExecFile *f, char *argv0, char **args)
{
    const LinuxProcess *p = t->process;
    unsigned long long ignored = signals_ignored(t);
    static char dash0[] = "-0", dashes[] = "--", empty[] = "", strace_many[] = "--strace-many";
    size_t n = 0;
    char *text;
    if (p->options->launcher)
        for (char *w = strtok_r(strdup(p->options->launcher), " ", &text); w && n < OWN_ARGS / 4;
             w = strtok_r(NULL, " ", &text))
            args[n++] = w;
    args[n++] = p->self;
    n += options_inherited(p->options, args + n, OWN_ARGS / 2);
    if (!p->options->launcher && p->our_fd[FD_SELF] >= 0 &&
        asprintf(&text, "--self-fd=%d", p->our_fd[FD_SELF]) > 0)
        args[n++] = text;
    if (p->options->strace && asprintf(&text, "--strace-fd=%d", p->our_fd[FD_STRACE]) > 0)
        args[n++] = text;
    if (p->strace_many)
        args[n++] = strace_many;
    if (f->fd >= 0 && asprintf(&text, "--program-fd=%d", f->fd) > 0)
        args[n++] = text;
    if (f->wants_exe && asprintf(&text, "--caller-exe=%s", p->exe) > 0)
        args[n++] = text;
    if (ignored && asprintf(&text, "--ignored=%#llx", ignored) > 0)
        args[n++] = text;
    args[n++] = dash0;
    args[n++] = argv0 ? argv0 : empty;
    args[n++] = dashes;
    return n;
}

static long host_execve(LinuxThread *t, ExecFile *f, char **argv, size_t argc, char **envp)
{
    LinuxProcess *p = t->process;
    char *own[OWN_ARGS];
    size_t n = own_arguments(t, f, argc ? argv[OWN_ARGS] : NULL, own);
    own[n++] = f->path;
    /* The guest's argv[0] is at OWN_ARGS; ours end where its argv[1] begins. */
    if (!argc)
        argv[OWN_ARGS + 1] = NULL;
    char **all = argv + OWN_ARGS + 1 - n;
    memcpy(all, own, n * sizeof *own);
    strace_exec(t);
    if (!t->is_vfork_child) /* whose translations are its parent's too */
        engine_before_exec(p->engine);
    signals_before_exec(t);
    limits_before_exec(t, false);
    long r = -ENOENT;
    if (p->options->launcher)
        r = OWN(SYS_execve, all[0], all, envp);
    else if (p->our_fd[FD_SELF] >= 0)
        r = OWN(SYS_execveat, p->our_fd[FD_SELF], "", all, envp, AT_EMPTY_PATH);
    if (!p->options->launcher && (r == -ENOENT || r == -ENOSYS))
        r = OWN(SYS_execve, p->self, all, envp);
    limits_before_exec(t, true);
    signals_after_exec(t);
    return r;
}

/* A program that the host runs itself. No option tells it what is ignored, so synchronous signals
 * have to be ignored on the host during the call, where they are our handlers' otherwise. */
static long native_execve(LinuxThread *t, int dirfd, const char *path, char **argv, char **envp,
                          int flags)
{
    GuestSigAction saved[SYNCHRONOUS_COUNT];
    strace_exec(t);
    signals_before_exec(t);
    uint64_t ignored = signals_ignore_on_host(t, saved);
    limits_before_exec(t, false);
    int self = t->process->our_fd[FD_SELF], kept = fcntl(self, F_GETFD);
    fcntl(self, F_SETFD, FD_CLOEXEC);
    long r = OWN(SYS_execveat, dirfd, path, argv, envp, flags);
    fcntl(self, F_SETFD, kept);
    limits_before_exec(t, true);
    signals_back_on_host(ignored, saved);
    signals_after_exec(t);
    return r;
}

/* A descriptor for the next Dragoman, at a number out of the guest's way. */
static int pass_on(int fd)
{
    struct rlimit limit;
    if (fd < 0)
        return fd;
    limits_files_lift(&limit);
    int high = fcntl(fd, F_DUPFD, 256);
    limits_files_back(&limit);
    if (high < 0) {
        fcntl(fd, F_SETFD, 0);
        return fd;
    }
    close(fd);
    return high;
}

/* A file that only a descriptor, or one of a directory, leads to. */
static int open_by_descriptor(int dirfd, const char *path, int flags)
{
    struct stat st;
    char link[64];
    if (fstatat(dirfd, path, &st, flags) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return S_ISLNK(st.st_mode) ? -ELOOP : -EACCES;
    snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
    int fd = path[0] ? open_own(dirfd, path, O_RDONLY) : open_own(AT_FDCWD, link, O_RDONLY);
    if (fd == -ENOENT && !path[0]) /* without /proc: as it was opened */
        fd = (int)own_result(dup(dirfd));
    return pass_on(fd);
}

static long check_descriptor(LinuxThread *t, ExecFile *f)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", f->fd);
    if (faccessat(f->fd, "", X_OK, AT_EACCESS | AT_EMPTY_PATH) < 0 &&
        faccessat(AT_FDCWD, link, X_OK, AT_EACCESS) < 0)
        return -EACCES;
    return check_format(t, f, f->fd, 0);
}

static long find_file(LinuxThread *t, int dirfd, const char *path, int flags, ExecFile *f)
{
    f->fd = -1;
    f->wants_exe = false;
    if (!(flags & AT_SYMLINK_NOFOLLOW) && leads_to_exe(t, dirfd, path)) {
        f->fd = pass_on(open_own(AT_FDCWD, t->process->exe, O_RDONLY));
        snprintf(f->path, sizeof f->path, "%s", path);
        return f->fd < 0 ? f->fd : check_format(t, f, f->fd, 0);
    }
    if (path[0] == '/' || (dirfd == AT_FDCWD && path[0])) {
        struct stat st;
        snprintf(f->path, sizeof f->path, "%s", path);
        if ((flags & AT_SYMLINK_NOFOLLOW) && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
            return -ELOOP;
        return check_file(t, f, path, 0);
    }
    if (!path[0] && !(flags & AT_EMPTY_PATH))
        return -ENOENT;
    snprintf(f->path, sizeof f->path, "/dev/fd/%d%s%s", dirfd, path[0] ? "/" : "", path);
    f->fd = open_by_descriptor(dirfd, path, flags);
    return f->fd < 0 ? f->fd : check_descriptor(t, f);
}

static long execute(LinuxThread *t, int dirfd, const char *path, uint64_t argv_at, uint64_t envp_at,
                    int flags)
{
    char **argv = NULL, **envp = NULL;
    size_t argc = 0, envc = 0;
    ExecFile file;
    if (!path)
        return -EFAULT;
    long r = find_file(t, dirfd, path, flags, &file);
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
        r = host_execve(t, &file, argv, argc, envp);
    }
    if (file.fd >= 0)
        close(file.fd);
    free(argv);
    free(envp);
    return r;
}

long sys_execve(LinuxThread *t, uint64_t a[6])
{
    return execute(t, AT_FDCWD, (const char *)a[0], a[1], a[2], 0);
}

long sys_execveat(LinuxThread *t, uint64_t a[6])
{
    if (a[4] & ~(uint64_t)(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
        return -EINVAL;
    return execute(t, (int)a[0], (const char *)a[1], a[2], a[3], (int)a[4]);
}
