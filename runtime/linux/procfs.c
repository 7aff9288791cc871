/* procfs.c: the files of /proc that would show the translator instead of the guest's program.
 *
 * exe is answered by readlink, open and execve themselves; the others are made here as text in a
 * memory file when they are opened.
 */
#include <ctype.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/engine.h"
#include "runtime/linux/linux.h"

static const struct {
    const char *name;
    ProcFile file;
} process_files[] = {
    {"exe", PROC_EXE},   {"maps", PROC_MAPS}, {"cmdline", PROC_CMDLINE},
    {"auxv", PROC_AUXV}, {"mem", PROC_MEM},
};

/* Skips "ID/" where ID is `own`, "self", "thread-self" or our pid; NULL if it is something else. */
static const char *skip_own_id(const char *path, long own)
{
    static const char *const words[] = {"self/", "thread-self/"};
    for (unsigned i = 0; i < 2; i++)
        if (!strncmp(path, words[i], strlen(words[i])))
            return path + strlen(words[i]);
    if (!isdigit((unsigned char)path[0]))
        return NULL;
    char *end;
    long id = strtol(path, &end, 10);
    return *end == '/' && (id == own || id == getpid()) ? end + 1 : NULL;
}

static ProcFile classify_in_proc(LinuxThread *t, const char *path)
{
    if (!strcmp(path, "cpuinfo"))
        return PROC_CPUINFO;
    path = skip_own_id(path, t->tid);
    if (path && !strncmp(path, "task/", 5))
        path = skip_own_id(path + 5, t->tid);
    for (size_t i = 0; path && i < sizeof process_files / sizeof process_files[0]; i++)
        if (!strcmp(path, process_files[i].name))
            return process_files[i].file;
    return PROC_NONE;
}

ProcFile proc_classify(LinuxThread *t, int dirfd, const char *path)
{
    char dir[128], link[64];
    if (path[0] == '/')
        return strncmp(path, "/proc/", 6) ? PROC_NONE : classify_in_proc(t, path + 6);
    const char *last = strrchr(path, '/');
    last = last ? last + 1 : path;
    bool candidate = !strcmp(last, "cpuinfo");
    for (size_t i = 0; i < sizeof process_files / sizeof process_files[0]; i++)
        candidate |= !strcmp(last, process_files[i].name);
    if (!candidate)
        return PROC_NONE;
    snprintf(link, sizeof link, dirfd == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", dirfd);
    ssize_t n = readlink(link, dir, sizeof dir - 1);
    if (n < 5 || memcmp(dir, "/proc", 5))
        return PROC_NONE;
    dir[n] = 0;
    char whole[256];
    n = snprintf(whole, sizeof whole, "%s/%s", dir, path);
    return n < (ssize_t)sizeof whole && n > 6 ? classify_in_proc(t, whole + 6) : PROC_NONE;
}

/* ---- /proc/self/maps ---- */

typedef struct MapsLine {
    uint64_t start, end, offset;
    char perms[5], device[16];
    unsigned long inode;
    char name[4200];
} MapsLine;

static bool parse_line(const char *text, MapsLine *m)
{
    int at = 0;
    unsigned long long start, end, offset;
    if (sscanf(text, "%llx-%llx %4s %llx %15s %lu %n", &start, &end, m->perms, &offset, m->device,
               &m->inode, &at) < 6)
        return false;
    m->start = start;
    m->end = end;
    m->offset = offset;
    snprintf(m->name, sizeof m->name, "%s", text + at);
    m->name[strcspn(m->name, "\n")] = 0;
    return true;
}

static const char *region_name(const LinuxProcess *p, const MapsLine *m)
{
    if (m->start >= p->stack_low && m->start < p->stack_high)
        return "[stack]";
    if (!m->inode && m->start >= p->brk_start && m->start < p->brk)
        return "[heap]";
    return m->name[0] == '/' ? m->name : "";
}

static void print_map(FILE *f, const LinuxProcess *p, const MapsLine *m)
{
    if (m->start >= m->end)
        return;
    int n = fprintf(f, "%08llx-%08llx %s %08llx %s %lu ", (unsigned long long)m->start,
                    (unsigned long long)m->end, m->perms, (unsigned long long)m->offset, m->device,
                    m->inode);
    const char *name = region_name(p, m);
    fprintf(f, "%*s%s\n", *name && n < 73 ? 73 - n : 0, "", name);
}

/* Adds a piece, joining it to the one before where the host has split them for its own ends. */
static void add_piece(FILE *f, const LinuxProcess *p, MapsLine *held, const MapsLine *m)
{
    if (held->end == m->start && held->start < held->end && held->inode == m->inode &&
        !strcmp(held->perms, m->perms) && !strcmp(held->device, m->device) &&
        !strcmp(region_name(p, held), region_name(p, m)) &&
        (!m->inode || held->offset + (held->end - held->start) == m->offset)) {
        held->end = m->end;
        return;
    }
    print_map(f, p, held);
    *held = *m;
}

/* The parts of a host line that the guest has mapped, with its own protection. */
static void print_guest_parts(FILE *f, LinuxProcess *p, MapsLine *held, const MapsLine *line)
{
    MapsLine m = *line;
    for (uint64_t at = line->start; at < line->end;) {
        engine_lock(p->engine);
        const MemRange *found = mem_table_next(&p->engine->mem, at);
        MemRange r = found ? *found : (MemRange){.start = UINT64_MAX};
        engine_unlock(p->engine);
        if (r.start >= line->end)
            break;
        m.start = r.start > at ? r.start : at;
        m.end = r.end < line->end ? r.end : line->end;
        m.offset = line->inode ? line->offset + (m.start - line->start) : 0;
        m.perms[0] = r.prot & PROT_READ ? 'r' : '-';
        m.perms[1] = r.prot & PROT_WRITE ? 'w' : '-';
        m.perms[2] = r.prot & PROT_EXEC ? 'x' : '-';
        add_piece(f, p, held, &m);
        at = m.end;
    }
}

static void write_maps(LinuxProcess *p, FILE *out)
{
    FILE *in = fopen("/proc/self/maps", "re");
    char *text = NULL;
    size_t cap = 0;
    MapsLine line, held = {0};
    while (in && getline(&text, &cap, in) > 0)
        if (parse_line(text, &line))
            print_guest_parts(out, p, &held, &line);
    print_map(out, p, &held);
    free(text);
    if (in)
        fclose(in);
}

/* ---- opening ---- */

static void write_file(LinuxProcess *p, ProcFile file, FILE *out)
{
    char *text;
    switch (file) {
    case PROC_MAPS:
        write_maps(p, out);
        break;
    case PROC_CMDLINE:
        fwrite(p->cmdline, 1, p->cmdline_size, out);
        break;
    case PROC_AUXV:
        fwrite(p->auxv, 1, p->auxv_size, out);
        break;
    case PROC_CPUINFO:
        text = p->abi->cpuinfo((unsigned)sysconf(_SC_NPROCESSORS_ONLN));
        fputs(text ? text : "", out);
        free(text);
        break;
    case PROC_NONE:
    case PROC_EXE:
    case PROC_MEM:
        break;
    }
}

int proc_open(LinuxThread *t, ProcFile file, int flags)
{
    char *text = NULL;
    size_t size = 0;
    if (file == PROC_MEM || (flags & O_ACCMODE) != O_RDONLY)
        return -EACCES;
    FILE *out = open_memstream(&text, &size);
    if (!out)
        return -ENOMEM;
    write_file(t->process, file, out);
    fclose(out);
    int fd = memfd_create("proc", flags & O_CLOEXEC ? MFD_CLOEXEC : 0);
    if (fd >= 0 && write(fd, text, size) == (ssize_t)size)
        lseek(fd, 0, SEEK_SET);
    free(text);
    return fd < 0 ? -errno : fd;
}
