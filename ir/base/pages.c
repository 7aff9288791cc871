/* pages.c: see pages.h. */
#include "ir/base/pages.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

void *pages_map_huge(size_t size)
{
    char *p =
        mmap(NULL, size + PAGES_HUGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    size_t before = -(uintptr_t)p % PAGES_HUGE;
    pages_unmap(p, before);
    pages_unmap(p + before + size, PAGES_HUGE - before);
    madvise(p + before, size, MADV_HUGEPAGE);
    return p + before;
}

void pages_unmap(void *start, size_t size)
{
    if (size != 0)
        munmap(start, size);
}

static bool populate(void *start, size_t size, int advice)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), at = (uint64_t)(uintptr_t)start;
    uint64_t from = at & ~(page - 1), to = (at + size) & ~(page - 1);
    return from >= to || madvise((void *)(uintptr_t)from, to - from, advice) == 0;
}

bool pages_populate(void *start, size_t size)
{
    return populate(start, size, MADV_POPULATE_WRITE);
}

bool pages_populate_read(void *start, size_t size)
{
    return populate(start, size, MADV_POPULATE_READ);
}
