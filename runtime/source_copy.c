/* source_copy.c: see source_copy.h. */
#include "runtime/source_copy.h"

#include <string.h>

#include "runtime/host/host.h"

enum { COMPARE_STEP = 256 };

void source_log_add(SourceLog *log, uint64_t addr, uint32_t n)
{
    uint64_t end = addr + n;
    if (log->unknown || n == 0)
        return;
    for (uint32_t i = log->count; i-- > 0;) { /* mostly it goes on where the last one ended */
        SourceRange *r = &log->range[i];
        if (addr < r->start || addr > r->end)
            continue;
        if (end > r->end)
            r->end = end;
        return;
    }
    if (log->count == SOURCE_RANGES)
        log->unknown = true;
    else
        log->range[log->count++] = (SourceRange){addr, end};
}

SourceCopy *source_copy_make(Arena *arena, const SourceLog *log)
{
    uint64_t size = 0;
    if (log->unknown || log->count == 0)
        return NULL;
    for (uint32_t i = 0; i < log->count; i++)
        size += log->range[i].end - log->range[i].start;
    SourceCopy *c = arena_alloc(arena, sizeof *c);
    c->count = log->count;
    c->range = arena_copy(arena, log->range, log->count * sizeof *log->range);
    c->bytes = arena_alloc(arena, size);
    uint8_t *to = c->bytes;
    for (uint32_t i = 0; i < c->count; i++) {
        uint64_t n = c->range[i].end - c->range[i].start;
        if (host_read_run(c->range[i].start, to, n) != 0)
            return NULL;
        to += n;
    }
    return c;
}

bool source_copy_same(const SourceCopy *copy)
{
    uint8_t now[COMPARE_STEP];
    const uint8_t *bytes = copy->bytes;
    for (uint32_t i = 0; i < copy->count; i++) {
        uint64_t at = copy->range[i].start;
        while (at < copy->range[i].end) {
            uint64_t n = copy->range[i].end - at;
            if (n > COMPARE_STEP)
                n = COMPARE_STEP;
            if (host_read_run(at, now, n) != 0 || memcmp(now, bytes, n) != 0)
                return false;
            at += n;
            bytes += n;
        }
    }
    return true;
}
