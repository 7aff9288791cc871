/* load.c: what execve does for the first program: find it (through #! lines), map it and its
 * interpreter, build the initial stack.
 *
 * Layout of the stack, from its top: the file name, environment strings, argument strings, platform
 * and random bytes, then (16-byte aligned) auxv, envp, argv, argc where the stack pointer starts.
 * x86-64 psABI 3.4.1; Linux fs/binfmt_elf.c behaviour for what it leaves open.
 */
#include <elf.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ir/base/log.h"
#include "runtime/host/host.h"
#include "runtime/linux/elf.h"
#include "runtime/linux/linux.h"

enum { STATUS_MISSING = 127, STATUS_NOT_RUNNABLE = 126, MAX_SCRIPTS = 5, SCRIPT_LINE = 256 };
enum { DEFAULT_STACK = 8 << 20, MAX_STACK = 1 << 30, MIN_STACK = 256 << 10 };

struct OpenProgram {
    int fd;
    struct stat st;
    char *path;  /* that was opened */
    char **argv; /* with the interpreters of #! lines in front */
    int argc;
};

static uint64_t page_up(uint64_t n)
{
    return (n + GUEST_PAGE - 1) & -(uint64_t)GUEST_PAGE;
}
static uint64_t page_down(uint64_t n)
{
    return n & -(uint64_t)GUEST_PAGE;
}

static int refuse(const char *path, int error)
{
    log_note("%s: %s", path, strerror(error));
    return error == ENOENT || error == ENOTDIR ? STATUS_MISSING : STATUS_NOT_RUNNABLE;
}

/* Opens one file as a program. 0, or an exit status. */
static int open_program(const char *path, int given_fd, OpenProgram *out)
{
    if (given_fd >= 0 ? fstat(given_fd, &out->st) < 0 : stat(path, &out->st) < 0)
        return refuse(path, errno);
    if (S_ISDIR(out->st.st_mode)) {
        log_note("%s: is a directory", path);
        return STATUS_NOT_RUNNABLE;
    }
    if (!S_ISREG(out->st.st_mode)) {
        log_note("%s: not a regular file", path);
        return STATUS_NOT_RUNNABLE;
    }
    if (given_fd < 0 && faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
        return refuse(path, errno);
    out->fd = given_fd >= 0 ? given_fd : open_own(AT_FDCWD, path, O_RDONLY);
    if (out->fd < 0)
        return refuse(path, -out->fd);
    return fstat(out->fd, &out->st) < 0 ? refuse(path, errno) : 0;
}

/* Splits "#! interp arg" (NUL-terminated, without "#!") as the kernel does: one argument, spaces
 * inside it kept. False if there is no interpreter. */
static bool split_script_line(char *line, char **interp, char **arg)
{
    char *end = line + strcspn(line, "\n");
    while (end > line && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    *end = 0;
    line += strspn(line, " \t");
    *interp = line;
    line += strcspn(line, " \t");
    *arg = NULL;
    if (*line) {
        *line++ = 0;
        *arg = line + strspn(line, " \t");
    }
    return **interp != 0;
}

/* The host's name of an interpreter, valid until the next call; NULL with a line and *status if it
 * is to be the program that executes this one and there is none. */
static const char *find_interpreter(LinuxThread *t, const char *name, int *status)
{
    static PathBuffer buf;
    const char *path = interpreter_path(t, name, t->process->options->caller_exe, &buf);
    if (!path) {
        log_note("%s: no guest program executes this one", name);
        *status = STATUS_NOT_RUNNABLE;
    }
    return path;
}

/* If the opened file is a script, replaces it by its interpreter. 0 = nothing to do, 1 = replaced,
 * -1 = not usable (message printed, *status set). */
static int follow_script(LinuxThread *t, OpenProgram *prog, int *status)
{
    char line[SCRIPT_LINE + 1];
    ssize_t n = pread(prog->fd, line, SCRIPT_LINE, 0);
    if (n < 2 || memcmp(line, "#!", 2))
        return 0;
    line[n] = 0;
    char *interp, *arg;
    if ((n == SCRIPT_LINE && !strpbrk(line + 2, "\n")) ||
        !split_script_line(line + 2, &interp, &arg)) {
        log_note("%s: offset 2: bad #! line", prog->path);
        *status = STATUS_NOT_RUNNABLE;
        return -1;
    }
    unsigned extra = arg ? 2 : 1;
    char **argv = calloc((size_t)prog->argc + extra + 2, sizeof *argv);
    if (!argv)
        log_fatal("no memory for arguments");
    argv[0] = strdup(interp);
    if (arg)
        argv[1] = strdup(arg);
    argv[extra] = prog->path;
    for (int i = 1; i < prog->argc; i++)
        argv[(int)extra + i] = prog->argv[i];
    close(prog->fd);
    prog->argc = (int)extra + (prog->argc > 0 ? prog->argc : 1);
    prog->argv = argv;
    const char *path = find_interpreter(t, argv[0], status);
    if (!path)
        return -1;
    prog->path = strdup(path);
    *status = open_program(path, -1, prog);
    return *status ? -1 : 1;
}

static bool read_file(void *arg, uint64_t offset, void *buf, size_t n)
{
    int fd = *(int *)arg;
    return pread(fd, buf, n, (off_t)offset) == (ssize_t)n;
}

/* Parses an opened ELF file. 0 or an exit status. */
static int parse_program(LinuxProcess *p, const char *path, int fd, uint64_t size, ElfImage *img)
{
    ElfSource src = {.read = read_file, .arg = &fd, .size = size};
    ElfError err;
    if (elf_parse(&src, p->guest->elf_machine, p->abi->address_limit, img, &err))
        return 0;
    const char *name = err.wrong_machine ? elf_machine_name(err.machine) : NULL;
    bool narrow = err.narrow && abi_for(err.machine) != NULL; /* else the name says it */
    if (name)
        log_note("%s: offset %llu: a %sprogram for %s; Dragoman runs %s programs", path,
                 (unsigned long long)err.offset, narrow ? "32-bit " : "", name, abi_all_names());
    else
        log_note("%s: offset %llu: %s", path, (unsigned long long)err.offset, err.reason);
    return STATUS_NOT_RUNNABLE;
}

/* Clears what a segment's last file page holds behind the file's part. */
static void clear_tail(uint64_t from, uint64_t to, int prot)
{
    static const uint8_t zeros[256];
    if (!(prot & PROT_WRITE))
        return;
    for (uint64_t at = from; at < to;) {
        uint64_t n = to - at < sizeof zeros ? to - at : sizeof zeros;
        if (host_write(at, zeros, n))
            return;
        at += n;
    }
}

static bool map_segment(LinuxProcess *p, const ElfSegment *s, uint64_t base, int fd)
{
    uint64_t start = page_down(base + s->vaddr), end = page_up(base + s->vaddr + s->memsz);
    uint64_t file_end = base + s->vaddr + s->filesz;
    uint64_t anonymous = s->filesz ? page_up(file_end) : start;
    int host = mem_host_prot(s->prot);
    if (s->filesz) {
        uint64_t skew = base + s->vaddr - start;
        if (mmap((void *)start, anonymous - start, host, MAP_PRIVATE | MAP_FIXED, fd,
                 (off_t)(s->offset - skew)) == MAP_FAILED)
            return false;
        if (s->memsz > s->filesz)
            clear_tail(file_end, anonymous, s->prot);
    }
    if (anonymous < end && mmap((void *)anonymous, end - anonymous, host,
                                MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, -1, 0) == MAP_FAILED)
        return false;
    mem_mapped(p->engine, start, end - start, s->prot, false);
    return true;
}

/* Maps an image; *base is what is added to its addresses. 0 or an exit status. */
static int map_image(LinuxProcess *p, const char *path, const ElfImage *img, int fd, uint64_t *base)
{
    uint64_t size = img->high - img->low;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint64_t at;
    struct stat st;
    if (fstat(fd, &st) != 0)
        return refuse(path, errno);
    if (!img->dynamic) {
        void *got = mmap((void *)img->low, size, PROT_NONE, flags | MAP_FIXED_NOREPLACE, -1, 0);
        if (got == MAP_FAILED || (uint64_t)got != img->low) {
            int error = got == MAP_FAILED ? errno : EEXIST;
            if (got != MAP_FAILED)
                munmap(got, size);
            log_note("%s: addresses 0x%llx to 0x%llx are not free: %s", path,
                     (unsigned long long)img->low, (unsigned long long)img->high, strerror(error));
            return STATUS_NOT_RUNNABLE;
        }
        at = img->low;
        engine_placed(p->engine, &st, at, size);
    } else {
        uint64_t slack = img->align > GUEST_PAGE ? img->align : 0;
        int64_t got = map_program(p, &st, size + slack, PROT_NONE, flags, -1);
        if (got < 0 || size + slack < size)
            return refuse(path, ENOMEM);
        at = slack ? ((uint64_t)got + slack - 1) & -slack : (uint64_t)got;
        if (at > (uint64_t)got)
            munmap((void *)got, at - (uint64_t)got);
        if ((uint64_t)got + size + slack > at + size)
            munmap((void *)(at + size), (uint64_t)got + slack - at);
    }
    *base = at - img->low;
    uint64_t done = at;
    for (uint32_t i = 0; i < img->count; i++) {
        const ElfSegment *s = &img->segment[i];
        uint64_t start = page_down(*base + s->vaddr);
        if (start > done)
            munmap((void *)done, start - done);
        done = page_up(*base + s->vaddr + s->memsz);
        if (!map_segment(p, s, *base, fd))
            return refuse(path, errno);
    }
    return 0;
}

/* A size, or the part of what a limit on memory allows that a stack may take. */
static uint64_t within(uint64_t size, const struct rlimit *memory)
{
    return memory->rlim_cur / 8 < size ? memory->rlim_cur / 8 : size;
}

static bool map_stack(LinuxProcess *p)
{
    struct rlimit lim;
    uint64_t size = p->options->stack_size;
    if (size == OPTION_NO_NUMBER) {
        size = DEFAULT_STACK;
        if (getrlimit(RLIMIT_STACK, &lim) == 0 && lim.rlim_cur != RLIM_INFINITY)
            size = lim.rlim_cur;
        /* A host's stack grows as far as memory goes, ours is there from the start. */
        if (getrlimit(RLIMIT_DATA, &lim) == 0)
            size = within(size, &lim);
        size = within(size, &p->limit_as);
    }
    size = page_up(size < MIN_STACK ? MIN_STACK : size > MAX_STACK ? MAX_STACK : size);
    int64_t at = map_anywhere(p, 0, size + GUEST_PAGE, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0, 0, 0);
    if (at < 0)
        return false;
    mprotect((void *)at, GUEST_PAGE, PROT_NONE);
    p->stack_low = (uint64_t)at + GUEST_PAGE;
    p->stack_high = p->stack_low + size;
    mem_mapped(p->engine, p->stack_low, size, PROT_READ | PROT_WRITE, false);
    return true;
}

/* Strings are pushed downward; *at is the lowest byte used so far. */
static uint64_t push(LinuxProcess *p, uint64_t *at, const void *bytes, size_t n)
{
    if (*at - p->stack_low < n + GUEST_PAGE)
        return 0;
    *at -= n;
    return host_write(*at, bytes, n) ? 0 : *at;
}

static uint64_t push_strings(LinuxProcess *p, uint64_t *at, char **list, int n, uint64_t *where)
{
    uint64_t ok = 1;
    for (int i = n - 1; i >= 0 && ok; i--)
        ok = where[i] = push(p, at, list[i], strlen(list[i]) + 1);
    return ok;
}

typedef struct LoadedProgram {
    const ElfImage *img;
    uint64_t base, interp_base, entry;
    const char *execfn;
} LoadedProgram;

static size_t fill_auxv(LinuxProcess *p, const LoadedProgram *lp, uint64_t execfn,
                        uint64_t platform, uint64_t random, uint64_t *v)
{
    const ElfImage *img = lp->img;
    const uint64_t pairs[][2] = {
        {AT_HWCAP, p->abi->hwcap(0)},
        {AT_PAGESZ, GUEST_PAGE},
        {AT_CLKTCK, (uint64_t)sysconf(_SC_CLK_TCK)},
        {AT_PHDR, img->phdr_vaddr ? lp->base + img->phdr_vaddr : 0},
        {AT_PHENT, sizeof(Elf64_Phdr)},
        {AT_PHNUM, img->phnum},
        {AT_BASE, lp->interp_base},
        {AT_FLAGS, 0},
        {AT_ENTRY, lp->base + img->entry},
        {AT_UID, getuid()},
        {AT_EUID, geteuid()},
        {AT_GID, getgid()},
        {AT_EGID, getegid()},
        {AT_SECURE, getauxval(AT_SECURE)},
        {AT_RANDOM, random},
        {AT_HWCAP2, p->abi->hwcap(1)},
        {AT_MINSIGSTKSZ, p->abi->min_sigstack},
        {AT_EXECFN, execfn},
        {p->abi->platform ? AT_PLATFORM : AT_NULL, p->abi->platform ? platform : 0},
        {AT_NULL, 0},
    };
    memcpy(v, pairs, sizeof pairs);
    return sizeof pairs;
}

/* Builds the initial stack; returns the stack pointer, or 0 if it does not fit. */
static uint64_t build_stack(LinuxProcess *p, const LoadedProgram *lp, int argc, char **argv,
                            char **envp)
{
    int envc = 0;
    while (envp[envc])
        envc++;
    uint64_t at = p->stack_high, random_bytes[2] = {0}, zero = 0;
    /* argc, argv, NULL, envp, NULL, auxv */
    size_t words = (size_t)argc + (size_t)envc + 3;
    uint64_t *v = calloc(words + sizeof p->auxv / 8, sizeof *v);
    if (!v)
        log_fatal("no memory for the initial stack");
    uint64_t ok = push(p, &at, &zero, 8);
    uint64_t execfn = ok ? push(p, &at, lp->execfn, strlen(lp->execfn) + 1) : 0;
    p->env_end = at;
    ok = execfn && push_strings(p, &at, envp, envc, v + 1 + argc + 1);
    p->arg_end = at;
    ok = ok && push_strings(p, &at, argv, argc, v + 1);
    p->arg_start = at;
    at &= -(uint64_t)16;
    const char *name = p->abi->platform ? p->abi->platform : "";
    uint64_t platform = ok ? push(p, &at, name, strlen(name) + 1) : 0;
    if (getrandom(random_bytes, sizeof random_bytes, 0) < 0)
        log_note("no random bytes for the program: %s", strerror(errno));
    uint64_t seed = p->options->seed;
    for (unsigned i = 0; seed != OPTION_NO_NUMBER && i < 2; i++)
        random_bytes[i] = (seed + i + 1) * 0x9e3779b97f4a7c15u;
    uint64_t random = platform ? push(p, &at, random_bytes, sizeof random_bytes) : 0;
    v[0] = (uint64_t)argc;
    p->auxv_size = fill_auxv(p, lp, execfn, platform, random, p->auxv);
    memcpy(v + words, p->auxv, p->auxv_size);
    size_t bytes = words * 8 + p->auxv_size;
    at = ((at - bytes) & -(uint64_t)16) + bytes;
    ok = random && push(p, &at, v, bytes);
    free(v);
    return ok ? at : 0;
}

/* Maps the interpreter of a dynamically linked program. 0 or an exit status. */
static int load_interp(LinuxThread *t, const char *name, LoadedProgram *lp)
{
    LinuxProcess *p = t->process;
    int status = 0;
    const char *path = find_interpreter(t, name, &status);
    if (!path)
        return status;
    if (access(path, F_OK) < 0) {
        log_note("%s: the program's interpreter %s does not exist (is -L needed?)", p->name, name);
        return STATUS_MISSING;
    }
    OpenProgram prog = {0};
    status = open_program(path, -1, &prog);
    if (status)
        return status;
    ElfImage *img = malloc(sizeof *img);
    if (!img)
        log_fatal("no memory to load %s", path);
    status = parse_program(p, path, prog.fd, (uint64_t)prog.st.st_size, img);
    if (!status)
        status = map_image(p, path, img, prog.fd, &lp->interp_base);
    lp->entry = lp->interp_base + img->entry;
    free(img);
    close(prog.fd);
    return status;
}

/* Where the program break starts: a random distance behind a program with an address of its own;
 * for one that was put where there was room, far from where the host maps things. */
static uint64_t place_brk(const ElfImage *img)
{
    static const uint64_t away = 0x2aaaaaaaa000;
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, 0) < 0)
        random = 0;
    if (img->dynamic)
        return away + (uint64_t)(random % (1 << 24)) * GUEST_PAGE;
    return img->high + (1 + (uint64_t)(random % (1 << 12))) * GUEST_PAGE;
}

static void name_program(LinuxProcess *p, const char *path, const char *execfn)
{
    p->name = strdup(path);
    p->exe = realpath(path, NULL);
    if (!p->exe)
        p->exe = strdup(path);
    /* A file executed by its descriptor gives its own name. */
    const char *named = strncmp(execfn, "/dev/fd/", 8) ? execfn : path;
    const char *slash = strrchr(named, '/');
    char comm[16];
    snprintf(comm, sizeof comm, "%s", slash ? slash + 1 : named);
    if (named == path && strstr(comm, " ("))
        *strstr(comm, " (") = 0; /* "(deleted)" is not part of it */
    prctl(PR_SET_NAME, comm);
}

/* Where the program's code and data are, as /proc/self/stat tells. */
static void note_image(LinuxProcess *p, const ElfImage *img, uint64_t base)
{
    for (uint32_t i = 0; i < img->count; i++) {
        const ElfSegment *s = &img->segment[i];
        uint64_t start = base + s->vaddr, end = start + s->filesz;
        if (s->prot & PROT_EXEC) {
            p->code_start = p->code_start ? p->code_start : start;
            p->code_end = end;
        } else if (s->prot & PROT_WRITE) {
            p->data_start = p->data_start ? p->data_start : start;
            p->data_end = end;
        }
    }
}

/* The guest that an opened file is for; one that is no program we know is left to elf_parse. */
static void choose_guest(LinuxProcess *p, int fd)
{
    Elf64_Ehdr h;
    const GuestAbi *abi = NULL;
    if (pread(fd, &h, sizeof h, 0) == sizeof h && !memcmp(h.e_ident, ELFMAG, SELFMAG))
        abi = abi_for(h.e_machine);
    p->abi = abi ? abi : &abi_x86_64;
    p->guest = p->abi->ops;
}

OpenProgram *program_open(LinuxThread *t, const char *path, int argc, char **argv, int *status)
{
    uint64_t fd = t->process->options->program_fd;
    OpenProgram *prog = calloc(1, sizeof *prog);
    if (!prog)
        log_fatal("no memory to load %s", path);
    *prog = (OpenProgram){.path = strdup(path), .argv = argv, .argc = argc};
    *status = open_program(path, fd == OPTION_NO_NUMBER ? -1 : (int)fd, prog);
    if (*status)
        return NULL;
    if (fd != OPTION_NO_NUMBER) {
        ssize_t n;
        char link[64], target[PATH_MAX];
        snprintf(link, sizeof link, "/proc/self/fd/%d", prog->fd);
        if ((n = readlink(link, target, sizeof target - 1)) > 0) {
            target[n] = 0;
            prog->path = strdup(target);
        }
    }
    int followed, depth = 0;
    while ((followed = follow_script(t, prog, status)) > 0) {
        if (++depth > MAX_SCRIPTS) {
            *status = refuse(path, ELOOP);
            return NULL;
        }
    }
    if (followed < 0)
        return NULL;
    choose_guest(t->process, prog->fd);
    return prog;
}

/* The code that signal handlers return to where the program brings none. */
static bool map_sigreturn(LinuxProcess *p)
{
    const GuestAbi *abi = p->abi;
    if (!abi->sigreturn_bytes)
        return true;
    int64_t at = map_anywhere(p, 0, GUEST_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                              -1, 0, 0, 0);
    if (at < 0 || host_write((uint64_t)at, abi->sigreturn_code, abi->sigreturn_bytes) ||
        mprotect((void *)at, GUEST_PAGE, mem_host_prot(PROT_READ | PROT_EXEC)))
        return false;
    p->sigreturn_at = (uint64_t)at;
    mem_mapped(p->engine, p->sigreturn_at, GUEST_PAGE, PROT_READ | PROT_EXEC, false);
    return true;
}

int load_program(LinuxThread *t, OpenProgram *prog, const char *path, char **envp)
{
    LinuxProcess *p = t->process;
    ElfImage *img = malloc(sizeof *img);
    if (!img)
        log_fatal("no memory to load %s", path);
    int status = parse_program(p, prog->path, prog->fd, (uint64_t)prog->st.st_size, img);
    LoadedProgram lp = {.img = img, .execfn = path};
    if (!status)
        status = map_image(p, prog->path, img, prog->fd, &lp.base);
    lp.entry = lp.base + img->entry;
    name_program(p, prog->path, path);
    if (!status && img->interp[0])
        status = load_interp(t, img->interp, &lp);
    if (status)
        return status;
    close(prog->fd);
    note_image(p, img, lp.base);
    p->brk_start = p->brk = place_brk(img);
    if (!map_stack(p) || !map_sigreturn(p))
        return refuse(prog->path, ENOMEM);
    uint64_t sp = build_stack(p, &lp, prog->argc, prog->argv, envp);
    if (!sp)
        return refuse(prog->path, E2BIG);
    free(img);
    p->start_stack = sp;
    abi_set_sp(p->abi, t->vcpu->state, sp);
    t->vcpu->state->pc = lp.entry;
    return 0;
}
