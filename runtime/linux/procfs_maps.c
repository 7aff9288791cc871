/* procfs_maps.c: /proc/self/maps and smaps: the host's, cut down to what the guest has mapped, with
 * the guest's protection, names and heap. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/engine.h"
#include "runtime/linux/linux.h"
#include "runtime/linux/procfs.h"

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
    const char *prefix = p->options->prefix;
    size_t n = prefix ? strlen(prefix) : 0;
    if (n && !strncmp(m->name, prefix, n) && m->name[n] == '/')
        return m->name + n; /* as the guest names it */
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

/* The next part, from `at` on, of a host line that the guest has mapped; with its own protection.
 */
static bool next_part(LinuxProcess *p, const MapsLine *line, uint64_t at, MapsLine *m)
{
    uint64_t start, end;
    int prot;
    bool shared;
    if (at >= line->end || !mem_next(p->engine, at, &start, &end, &prot, &shared) ||
        start >= line->end)
        return false;
    *m = *line;
    m->start = start > at ? start : at;
    m->end = end < line->end ? end : line->end;
    m->offset = line->inode ? line->offset + (m->start - line->start) : 0;
    m->perms[0] = prot & PROT_READ ? 'r' : '-';
    m->perms[1] = prot & PROT_WRITE ? 'w' : '-';
    m->perms[2] = prot & PROT_EXEC ? 'x' : '-';
    return true;
}

void procfs_write_maps(LinuxProcess *p, FILE *out)
{
    FILE *in = fopen("/proc/self/maps", "re");
    char *text = NULL;
    size_t cap = 0;
    MapsLine line, part, held = {0};
    while (in && getline(&text, &cap, in) > 0)
        if (parse_line(text, &line))
            for (uint64_t at = line.start; next_part(p, &line, at, &part); at = part.end)
                add_piece(out, p, &held, &part);
    print_map(out, p, &held);
    free(text);
    if (in)
        fclose(in);
}

/* A host mapping's figures in kB, as far as they fit into a part of it. */
static void print_figure(FILE *out, const char *text, const MapsLine *part)
{
    unsigned long long size = (part->end - part->start) / 1024, value;
    char name[64];
    if (!strncmp(text, "VmFlags:", 8)) {
        int at = text[12] == 'w' ? 14 : 11; /* after "rd" and "wr" */
        fprintf(out, "%.*s%s%s", at, text, part->perms[2] == 'x' ? " ex" : "", text + at);
        return;
    }
    if (!strstr(text, " kB") || sscanf(text, "%63[^:]: %llu", name, &value) != 2) {
        fputs(text, out);
        return;
    }
    if (!strcmp(name, "Size") ||
        (value > size && strcmp(name, "KernelPageSize") != 0 && strcmp(name, "MMUPageSize") != 0))
        value = size;
    fprintf(out, "%s:%*llu kB\n", name, (int)(23 - strlen(name)), value);
}

static void print_part(FILE *out, LinuxProcess *p, const MapsLine *line, const char *figures,
                       size_t size)
{
    MapsLine part;
    for (uint64_t at = line->start; next_part(p, line, at, &part); at = part.end) {
        print_map(out, p, &part);
        for (const char *f = figures; f < figures + size;) {
            const char *end = memchr(f, '\n', (size_t)(figures + size - f));
            char text[256];
            snprintf(text, sizeof text, "%.*s\n", (int)(end - f), f);
            print_figure(out, text, &part);
            f = end + 1;
        }
    }
}

void procfs_write_smaps(LinuxProcess *p, FILE *out)
{
    FILE *in = fopen("/proc/self/smaps", "re");
    char *text = NULL, *figures = NULL;
    size_t cap = 0, size = 0;
    FILE *held = open_memstream(&figures, &size);
    MapsLine line, next;
    bool have = false;
    while (in && held && getline(&text, &cap, in) > 0) {
        if (!parse_line(text, &next)) {
            fputs(text, held);
            continue;
        }
        fflush(held);
        if (have)
            print_part(out, p, &line, figures, size);
        rewind(held);
        line = next;
        have = true;
    }
    if (held)
        fclose(held);
    if (have)
        print_part(out, p, &line, figures, size);
    free(figures);
    free(text);
    if (in)
        fclose(in);
}

uint64_t procfs_mapped(LinuxProcess *p)
{
    uint64_t sum = 0;
    engine_lock(p->engine);
    for (uint32_t i = 0; i < p->engine->mem.count; i++)
        sum += p->engine->mem.ranges[i].end - p->engine->mem.ranges[i].start;
    engine_unlock(p->engine);
    return sum;
}
