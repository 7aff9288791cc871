/* perf_map.c: see perf_map.h. */
#include "runtime/linux/perf_map.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "ir/base/log.h"
#include "runtime/linux/symbols.h"

typedef struct PerfMap {
    LinuxProcess *process;
    Symbols *symbols;
    pid_t pid; /* whose map it is */
} PerfMap;

static void file_name(char *out, size_t size, pid_t pid)
{
    snprintf(out, size, "/tmp/perf-%d.map", (int)pid);
}

static bool open_map(PerfMap *m)
{
    char path[64];
    m->pid = getpid();
    file_name(path, sizeof path, m->pid);
    unlink(path); /* of an earlier process, whoever that was */
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0) {
        log_note("%s: %s", path, strerror(errno));
        return false;
    }
    fd_guard(m->process, FD_PERF, fd, true);
    return true;
}

PerfMap *perf_map_new(LinuxProcess *p)
{
    PerfMap *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->process = p;
    m->symbols = symbols_new();
    if (open_map(m))
        return m;
    symbols_free(m->symbols);
    free(m);
    return NULL;
}

void perf_map_add(void *map, uint64_t host, uint32_t size, uint64_t pc)
{
    PerfMap *m = map;
    char name[SYMBOL_TEXT], line[SYMBOL_TEXT + 64];
    symbols_name(m->symbols, pc, name);
    int n = snprintf(line, sizeof line, "%llx %x %s\n", (unsigned long long)host, size, name);
    if (n > 0 && write(m->process->our_fd[FD_PERF], line, (size_t)n) < 0)
        return; /* a full disk costs names, nothing else */
}

void perf_map_forked(PerfMap *m)
{
    char path[64], piece[4096];
    ssize_t n;
    if (!m || m->pid == getpid())
        return;
    file_name(path, sizeof path, m->pid);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    close(m->process->our_fd[FD_PERF]);
    m->process->our_fd[FD_PERF] = -1;
    bool opened = open_map(m);
    while (opened && from >= 0 && (n = read(from, piece, sizeof piece)) > 0)
        if (write(m->process->our_fd[FD_PERF], piece, (size_t)n) < n)
            break;
    if (from >= 0)
        close(from);
}
