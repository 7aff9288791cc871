/* procfs.c: the files of /proc that would show the translator instead of the guest's program.
 *
 * There are many ways to name one: /proc/self, /proc/PID, /proc/thread-self, task/TID, /dev/fd,
 * relative to a directory, through symbolic links. So it is the kernel that resolves names:
 *
 *   proc_classify  the last component must be one that matters ("maps", "exe", a number, which may
 *                  be a descriptor); then the directory before it is opened and asked for its name
 *   proc_opened    looks at what an open led to: symbolic links may have any name
 *
 * Texts are made when a file is opened, in a memory file that bears its name.
 */
#include "runtime/linux/procfs.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "runtime/engine.h"
#include "runtime/host/host.h"

static const char memory_file[] = "/memfd:";

static const struct {
    const char *name;
    ProcFile file;
    mode_t mode;
} process_files[] = {
    {"maps", PROC_MAPS, 0444},       {"smaps", PROC_SMAPS, 0444},  {"cmdline", PROC_CMDLINE, 0444},
    {"environ", PROC_ENVIRON, 0400}, {"auxv", PROC_AUXV, 0400},    {"stat", PROC_STAT, 0444},
    {"status", PROC_STATUS, 0444},   {"statm", PROC_STATM, 0444},  {"mem", PROC_REFUSED, 0},
    {"pagemap", PROC_REFUSED, 0},    {"syscall", PROC_REFUSED, 0}, {"numa_maps", PROC_REFUSED, 0},
};
enum { FILES = sizeof process_files / sizeof process_files[0] };

static bool is_own_id(const char *text, size_t n)
{
    char path[64];
    long id = strtol(text, NULL, 10);
    if (!n || !isdigit((unsigned char)text[0]))
        return false;
    if (id == getpid())
        return true;
    snprintf(path, sizeof path, "/proc/self/task/%ld", id);
    return access(path, F_OK) == 0;
}

/* What follows "/proc/ID/" or "/proc/ID/task/ID/" in the kernel's own name of a file, if ID is one
 * of this process; NULL else. */
static const char *inside_own(const char *path)
{
    static const char proc[] = "/proc/", task[] = "task/";
    if (strncmp(path, proc, sizeof proc - 1))
        return NULL;
    path += sizeof proc - 1;
    size_t n = strcspn(path, "/");
    if (!path[n] || !is_own_id(path, n))
        return NULL;
    path += n + 1;
    if (strncmp(path, task, sizeof task - 1))
        return path;
    const char *inner = path + sizeof task - 1 + strcspn(path + sizeof task - 1, "/");
    return *inner ? inner + 1 : path;
}

/* The kernel's name for what a descriptor refers to. */
static bool name_of_fd(int fd, char *out, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, size - 1);
    if (n < 0)
        return false;
    out[n] = 0;
    return true;
}

static bool all_digits(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

ProcFile proc_classify(LinuxThread *t, int dirfd, const char *path)
{
    char dir[512], name[256];
    const char *slash = strrchr(path, '/'), *last = slash ? slash + 1 : path;
    ProcFile file = PROC_NONE;
    for (unsigned i = 0; i < FILES; i++)
        if (!strcmp(last, process_files[i].name))
            file = process_files[i].file;
    bool cpuinfo = !strcmp(last, "cpuinfo");
    if (file == PROC_NONE && !cpuinfo && strcmp(last, "exe") != 0 && !all_digits(last))
        return PROC_NONE;
    if (slash && (size_t)(slash - path) >= sizeof dir)
        return PROC_NONE;
    snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    if (slash == path)
        return PROC_NONE; /* in the root */
    int fd = open_own(dirfd, dir, O_PATH | O_DIRECTORY);
    if (fd < 0)
        return PROC_NONE;
    bool known = name_of_fd(fd, name, sizeof name - 2);
    close(fd);
    if (known && cpuinfo)
        return strcmp(name, "/proc") ? PROC_NONE : PROC_CPUINFO;
    strcat(name, known ? "/" : "");
    const char *inner = known ? inside_own(name) : NULL;
    if (!inner)
        return PROC_NONE;
    if (file != PROC_NONE || !strcmp(last, "exe"))
        return inner[0] ? PROC_NONE : file != PROC_NONE ? file : PROC_EXE;
    if (strcmp(inner, "fd/") != 0 && strcmp(inner, "fdinfo/") != 0)
        return PROC_NONE;
    return fd_is_ours(t->process, strtol(last, NULL, 10)) ? PROC_OUR_FD : PROC_FD;
}

/* Whether a file is the translator's program, or what a descriptor of its refers to. */
static bool is_our_file(const LinuxProcess *p, const struct stat *st)
{
    bool ours = st->st_ino == p->self_inode && st->st_dev == p->self_device;
    for (unsigned i = 0; i < OUR_FDS && !ours; i++)
        ours = p->our_fd[i] >= 0 && st->st_ino == p->our_inode[i] && st->st_dev == p->our_device[i];
    return ours;
}

ProcFile proc_behind_link(LinuxThread *t, int dirfd, const char *path, const struct stat *st)
{
    enum { MAX_LINKS = 8 };
    char at[PATH_MAX], target[PATH_MAX];
    if (!is_our_file(t->process, st))
        return PROC_NONE;
    snprintf(at, sizeof at, "%s", path);
    for (unsigned i = 0; i < MAX_LINKS; i++) {
        ProcFile file = proc_classify(t, dirfd, at);
        if (file == PROC_EXE || file == PROC_OUR_FD)
            return file;
        ssize_t n = readlinkat(dirfd, at, target, sizeof target - 1);
        if (n < 0)
            return PROC_NONE;
        target[n] = 0;
        char *slash = strrchr(at, '/'); /* a relative target: in the link's directory */
        char *to = target[0] == '/' || !slash ? at : slash + 1;
        snprintf(to, (size_t)(at + sizeof at - to), "%s", target);
    }
    return PROC_NONE;
}

/* Threads of the translator, or of an emulator under it, are no tasks of the guest. */
static bool is_guest_task(LinuxProcess *p, long tid)
{
    bool found = tid == getpid();
    engine_lock(p->engine);
    for (const Vcpu *v = p->engine->vcpus; v && !found; v = v->next)
        found = v->linux_thread && v->linux_thread->tid == tid;
    engine_unlock(p->engine);
    return found;
}

ProcDir proc_dir(int fd)
{
    static const char *const names[] = {
        [PROC_DIR_FD] = "fd/", [PROC_DIR_TASK] = "task/", [PROC_DIR_MAP_FILES] = "map_files/"};
    char name[256];
    struct statfs fs;
    if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC ||
        !name_of_fd(fd, name, sizeof name - 1))
        return PROC_DIR_NONE;
    strcat(name, "/");
    const char *inner = inside_own(name);
    for (int i = PROC_DIR_FD; inner && i <= PROC_DIR_MAP_FILES; i++)
        if (!strcmp(inner, names[i]))
            return (ProcDir)i;
    return inner && !strcmp(inner, "fdinfo/") ? PROC_DIR_FD : PROC_DIR_NONE;
}

bool proc_hides(LinuxThread *t, ProcDir dir, const char *entry)
{
    if (dir == PROC_DIR_NONE || !isxdigit((unsigned char)entry[0]))
        return false;
    if (dir == PROC_DIR_FD)
        return fd_is_ours(t->process, strtol(entry, NULL, 10));
    if (dir == PROC_DIR_TASK)
        return !is_guest_task(t->process, strtol(entry, NULL, 10));
    return mem_prot(t->process->engine, strtoull(entry, NULL, 16)) < 0;
}

/* ---- texts ---- */

static void write_memory(FILE *out, uint64_t from, uint64_t to)
{
    char piece[256];
    while (from < to) {
        size_t n = to - from < sizeof piece ? to - from : sizeof piece;
        if (host_read(from, piece, n))
            return;
        fwrite(piece, 1, n, out);
        from += n;
    }
}

typedef struct SignalSets {
    uint64_t blocked, ignored, caught;
} SignalSets;

static SignalSets signal_sets(LinuxThread *t)
{
    SignalSets s = {.blocked = t->mask};
    pthread_mutex_lock(&t->sighand->lock);
    for (int sig = 1; sig <= SIGNALS; sig++) {
        s.ignored |= t->sighand->action[sig].handler == 1 ? SIGBIT(sig) : 0;
        s.caught |= t->sighand->action[sig].handler > 1 ? SIGBIT(sig) : 0;
    }
    pthread_mutex_unlock(&t->sighand->lock);
    return s;
}

/* Fields of /proc/PID/stat (proc(5)), counted from 1, that the host cannot know. */
static void write_stat(LinuxThread *t, const char *path, FILE *out)
{
    LinuxProcess *p = t->process;
    SignalSets sets = signal_sets(t);
    const struct {
        int field;
        uint64_t value;
    } known[] = {{23, procfs_mapped(p)},
                 {26, p->code_start},
                 {27, p->code_end},
                 {28, p->start_stack},
                 {29, 0},
                 {30, 0},
                 {32, sets.blocked & INT32_MAX},
                 {33, sets.ignored & INT32_MAX},
                 {34, sets.caught & INT32_MAX},
                 {45, p->data_start},
                 {46, p->data_end},
                 {47, p->brk_start},
                 {48, p->arg_start},
                 {49, p->arg_end},
                 {50, p->arg_end},
                 {51, p->env_end}};
    char line[2048];
    FILE *in = fopen(path, "re");
    size_t n = in ? fread(line, 1, sizeof line - 1, in) : 0;
    if (in)
        fclose(in);
    line[n] = 0;
    char *at = strrchr(line, ')');
    if (!at)
        return;
    fprintf(out, "%.*s)", (int)(at - line), line);
    char *save, *word = strtok_r(at + 1, " \n", &save);
    for (int field = 3; word; field++, word = strtok_r(NULL, " \n", &save)) {
        bool ours = false;
        for (size_t i = 0; i < sizeof known / sizeof known[0] && !ours; i++)
            if (known[i].field == field) {
                fprintf(out, " %llu", (unsigned long long)known[i].value);
                ours = true;
            }
        if (!ours)
            fprintf(out, " %s", word);
    }
    fputs("\n", out);
}

static void write_status(LinuxThread *t, const char *path, FILE *out)
{
    LinuxProcess *p = t->process;
    SignalSets sets = signal_sets(t);
    unsigned long long kb = procfs_mapped(p) / 1024;
    char line[512];
    FILE *in = fopen(path, "re");
    while (in && fgets(line, sizeof line, in)) {
        if (!strncmp(line, "VmPeak:", 7) || !strncmp(line, "VmSize:", 7))
            fprintf(out, "%.7s\t%8llu kB\n", line, kb);
        else if (!strncmp(line, "VmStk:", 6))
            fprintf(out, "VmStk:\t%8llu kB\n",
                    (unsigned long long)(p->stack_high - p->stack_low) / 1024);
        else if (!strncmp(line, "VmExe:", 6))
            fprintf(out, "VmExe:\t%8llu kB\n",
                    (unsigned long long)(p->code_end - p->code_start + 1023) / 1024);
        else if (!strncmp(line, "VmLib:", 6))
            fputs("VmLib:\t       0 kB\n", out); /* not told apart from other mappings */
        else if (!strncmp(line, "VmData:", 7))
            fprintf(out, "VmData:\t%8llu kB\n", kb);
        else if (!strncmp(line, "SigBlk:", 7))
            fprintf(out, "SigBlk:\t%016llx\n", (unsigned long long)sets.blocked);
        else if (!strncmp(line, "SigIgn:", 7))
            fprintf(out, "SigIgn:\t%016llx\n", (unsigned long long)sets.ignored);
        else if (!strncmp(line, "SigCgt:", 7))
            fprintf(out, "SigCgt:\t%016llx\n", (unsigned long long)sets.caught);
        else
            fputs(line, out);
    }
    if (in)
        fclose(in);
}

static void write_statm(LinuxProcess *p, const char *path, FILE *out)
{
    unsigned long long size, rest[6] = {0};
    FILE *in = fopen(path, "re");
    if (in && fscanf(in, "%llu %llu %llu %llu %llu %llu %llu", &size, &rest[0], &rest[1], &rest[2],
                     &rest[3], &rest[4], &rest[5]) < 2)
        rest[0] = 0;
    if (in)
        fclose(in);
    size = procfs_mapped(p) / GUEST_PAGE;
    for (unsigned i = 0; i < 6; i++)
        if (rest[i] > size)
            rest[i] = size;
    fprintf(out, "%llu %llu %llu %llu %llu %llu %llu\n", size, rest[0], rest[1], rest[2], rest[3],
            rest[4], rest[5]);
}

static void write_file(LinuxThread *t, ProcFile file, const char *path, FILE *out)
{
    LinuxProcess *p = t->process;
    switch (file) {
    case PROC_MAPS:
        procfs_write_maps(p, out);
        break;
    case PROC_SMAPS:
        procfs_write_smaps(p, out);
        break;
    case PROC_CMDLINE:
        write_memory(out, p->arg_start, p->arg_end);
        break;
    case PROC_ENVIRON:
        write_memory(out, p->arg_end, p->env_end);
        break;
    case PROC_AUXV:
        fwrite(p->auxv, 1, p->auxv_size, out);
        break;
    case PROC_STAT:
        write_stat(t, path, out);
        break;
    case PROC_STATUS:
        write_status(t, path, out);
        break;
    case PROC_STATM:
        write_statm(p, path, out);
        break;
    case PROC_CPUINFO:
        p->abi->write_cpuinfo(out, (unsigned)sysconf(_SC_NPROCESSORS_ONLN));
        break;
    case PROC_OSRELEASE:
        fprintf(out, "%s\n", p->options->uname_release);
        break;
    case PROC_NONE:
    case PROC_EXE:
    case PROC_FD:
    case PROC_OUR_FD:
    case PROC_REFUSED:
        break;
    }
}

/* ---- opening ---- */

/* Which file the kernel's name means. */
static ProcFile classify_opened(const LinuxProcess *p, const char *path, mode_t *mode)
{
    *mode = 0444;
    if (!strcmp(path, "/proc/cpuinfo"))
        return PROC_CPUINFO;
    if (!strcmp(path, "/proc/sys/kernel/osrelease") && p->options->uname_release)
        return PROC_OSRELEASE;
    const char *inner = inside_own(path);
    for (unsigned i = 0; inner && i < FILES; i++)
        if (!strcmp(inner, process_files[i].name)) {
            *mode = process_files[i].mode;
            return process_files[i].file;
        }
    return inner && !strncmp(inner, "map_files/", 10) ? PROC_REFUSED : PROC_NONE;
}

static bool on_procfs(int fd, const struct stat *st)
{
    struct statfs fs;
    return major(st->st_dev) == 0 && S_ISREG(st->st_mode) && st->st_size == 0 &&
           fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* The memory file's name is the file's own, which a link in /proc/self/fd then tells. */
static int make_file(LinuxThread *t, ProcFile file, const char *path, mode_t mode)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    write_file(t, file, path, out);
    fclose(out);
    int fd = memfd_create(path, MFD_CLOEXEC);
    if (fd >= 0 && write(fd, text, size) == (ssize_t)size) {
        lseek(fd, 0, SEEK_SET);
        fchmod(fd, mode);
    }
    free(text);
    return fd < 0 ? -errno : fd;
}

long proc_open(LinuxThread *t, ProcFile file, const char *path, int flags)
{
    mode_t mode = 0444;
    for (unsigned i = 0; i < FILES; i++)
        if (process_files[i].file == file)
            mode = process_files[i].mode;
    if (file == PROC_REFUSED || (flags & O_ACCMODE) != O_RDONLY)
        return -EACCES;
    long fd = make_file(t, file, path, mode);
    if (fd >= 0 && !(flags & O_CLOEXEC))
        fcntl((int)fd, F_SETFD, 0);
    return fd;
}

long proc_opened(LinuxThread *t, long fd, const struct stat *st, int flags)
{
    char path[256];
    mode_t mode;
    if (!on_procfs((int)fd, st) || !name_of_fd((int)fd, path, sizeof path))
        return fd;
    ProcFile file = classify_opened(t->process, path, &mode);
    if (file == PROC_NONE || (flags & O_PATH))
        return fd;
    close((int)fd);
    return proc_open(t, file, path, flags);
}

long proc_link_name(char *name, long n)
{
    static const char deleted[] = " (deleted)";
    size_t head = sizeof memory_file - 1, tail = sizeof deleted - 1;
    if (n < (long)(head + tail) || memcmp(name, memory_file, head) != 0 ||
        memcmp(name + head, "/proc/", 6) != 0)
        return n;
    n -= (long)(head + tail);
    memmove(name, name + head, (size_t)n);
    return n;
}
