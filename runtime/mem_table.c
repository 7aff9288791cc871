/* mem_table.c: see mem_table.h. */
#include "runtime/mem_table.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/log.h"

/* Index of the first range that ends after addr. */
static uint32_t first_after(const MemTable *t, uint64_t addr)
{
    uint32_t lo = 0, hi = t->count;
    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        if (t->ranges[mid].end <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static void insert_at(MemTable *t, uint32_t at, MemRange r)
{
    if (t->count == t->cap) {
        uint32_t cap = t->cap ? 2 * t->cap : 64;
        MemRange *p = realloc(t->ranges, cap * sizeof *p);
        if (p == NULL)
            log_fatal("out of memory");
        t->ranges = p;
        t->cap = cap;
    }
    memmove(t->ranges + at + 1, t->ranges + at, (t->count - at) * sizeof r);
    t->ranges[at] = r;
    t->count++;
}

static void remove_at(MemTable *t, uint32_t at, uint32_t n)
{
    if (n == 0)
        return;
    memmove(t->ranges + at, t->ranges + at + n, (t->count - at - n) * sizeof *t->ranges);
    t->count -= n;
}

/* Makes addr a border between ranges if it lies inside one. */
static void split(MemTable *t, uint64_t addr)
{
    uint32_t i = first_after(t, addr);
    if (i == t->count || t->ranges[i].start >= addr)
        return;
    MemRange upper = t->ranges[i];
    upper.start = addr;
    t->ranges[i].end = addr;
    insert_at(t, i + 1, upper);
}

/* Merges range i with the one before it where they are alike. */
static void merge(MemTable *t, uint32_t i)
{
    if (i == 0 || i >= t->count)
        return;
    MemRange *a = &t->ranges[i - 1], *b = &t->ranges[i];
    if (a->end == b->start && a->prot == b->prot && a->shared == b->shared) {
        a->end = b->end;
        remove_at(t, i, 1);
    }
}

void mem_table_clear(MemTable *t, uint64_t start, uint64_t end)
{
    split(t, start);
    split(t, end);
    uint32_t i = first_after(t, start), n = 0;
    while (i + n < t->count && t->ranges[i + n].start < end)
        n++;
    remove_at(t, i, n);
}

void mem_table_set(MemTable *t, uint64_t start, uint64_t end, int prot, bool shared)
{
    if (start >= end)
        return;
    mem_table_clear(t, start, end);
    uint32_t i = first_after(t, start);
    insert_at(t, i, (MemRange){start, end, prot, shared});
    merge(t, i + 1);
    merge(t, i);
}

void mem_table_protect(MemTable *t, uint64_t start, uint64_t end, int prot)
{
    split(t, start);
    split(t, end);
    uint32_t i = first_after(t, start), last = i;
    for (; last < t->count && t->ranges[last].start < end; last++)
        t->ranges[last].prot = prot;
    for (uint32_t k = last + 1; k-- > i;)
        merge(t, k);
}

const MemRange *mem_table_find(const MemTable *t, uint64_t addr)
{
    const MemRange *r = mem_table_next(t, addr);
    return r != NULL && r->start <= addr ? r : NULL;
}

const MemRange *mem_table_next(const MemTable *t, uint64_t addr)
{
    uint32_t i = first_after(t, addr);
    return i < t->count ? &t->ranges[i] : NULL;
}
