/* code_arena.c: see code_arena.h. */
#include "runtime/code_arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"
#include "ir/base/pages.h"

enum {
    POPULATE_FIRST = 32 << 10, /* most programs that start need little */
    POPULATE_STEP = 256 << 10,
    CODE_ALIGN = 16,
    DATA_LINE = 64,
    CODE_PAGE = 4096,
    CODE_PER_DATA = 3, /* bytes of code to a byte of data */
};

/* Reserves address space at a random place, away from where the kernel and guests put things. */
static uint8_t *reserve(size_t size)
{
    for (int i = 0; i < 16; i++) {
        uint64_t r = 0;
        if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
            break;
        uint64_t addr = 0x100000000000 + (r % 0x500000000000 & ~(uint64_t)0x1fffff);
        void *p = mmap((void *)(uintptr_t)addr, size, PROT_NONE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
        if (p == (void *)(uintptr_t)addr)
            return p;
        if (p != MAP_FAILED)
            munmap(p, size); /* a kernel without MAP_FIXED_NOREPLACE took it for a hint */
    }
    void *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/* Of shared memory, an old size of 0 makes a second mapping: mremap(2). */
static bool map_rx(CodeArena *a)
{
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    return mremap(a->rw, 0, a->code_size, flags, a->rx) == a->rx &&
           mprotect(a->rx, a->code_size, PROT_READ | PROT_EXEC) == 0;
}

/* Populates both views up to a step beyond `end`; old kernels fault the pages in one by one. */
static void populate(CodeArena *a, uint32_t end)
{
    if (end <= a->populated)
        return;
    uint32_t step = a->populated < POPULATE_STEP ? POPULATE_FIRST : POPULATE_STEP;
    uint32_t to = (uint32_t)bits_align_up(end + step / 2, step);
    if (to > a->code_size)
        to = a->code_size;
    uint32_t n = to - a->populated;
    if (pages_populate(a->rw + a->populated, n))
        pages_populate_read(a->rx + a->populated, n);
    a->populated = to;
}

static bool map(CodeArena *a, uint32_t code_size)
{
    int flags = MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, rw = PROT_READ | PROT_WRITE;
    *a = (CodeArena){.code_size = code_size, .data_size = code_size / CODE_PER_DATA};
    size_t whole = (size_t)a->code_size + a->data_size;
    a->rw = reserve(a->code_size);
    a->rx = a->rw ? reserve(whole) : NULL;
    if (a->rx) {
        a->data = a->rx + a->code_size;
        if (mmap(a->rw, a->code_size, rw, MAP_SHARED | flags, -1, 0) == a->rw && map_rx(a) &&
            mmap(a->data, a->data_size, rw, MAP_PRIVATE | flags, -1, 0) == a->data)
            return true;
    }
    int error = errno;
    if (a->rx)
        munmap(a->rx, whole);
    if (a->rw)
        munmap(a->rw, a->code_size);
    *a = (CodeArena){0};
    errno = error;
    return false;
}

/* What fits into half of what a limit leaves. */
static uint32_t within(int resource, uint32_t size, uint32_t per_code)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
        while (size / 2 >= CODE_ARENA_LEAST && (uint64_t)size * per_code > limit.rlim_cur / 2)
            size /= 2;
    return size;
}

/* Of address space there are two views, the copy for a fork, and data. Data and the table of
 * translations are private memory, less than there is code. */
static uint32_t wanted_size(void)
{
    return within(RLIMIT_DATA, within(RLIMIT_AS, CODE_ARENA_CODE, 4), 1);
}

bool code_arena_init(CodeArena *a, char *err, size_t err_size)
{
    uint32_t size = wanted_size();
    while (!map(a, size)) {
        if (size / 2 < CODE_ARENA_LEAST) {
            snprintf(err, err_size, "cannot map %u MB for translated code: %s",
                     (2 * size + size / CODE_PER_DATA) >> 20, strerror(errno));
            return false;
        }
        size /= 2;
    }
    return true;
}

void code_arena_stubs(CodeArena *a, const BackendOps *ops, const BackendConfig *cfg,
                      const SlotTable *slots)
{
    populate(a, 1);
    uint32_t n = ops->emit_stubs(cfg, slots, a->rw, POPULATE_FIRST, a->stub);
    DG_ASSERT(n > 0 && n <= POPULATE_FIRST);
    ops->sync_code(a->rw, (uint64_t)(uintptr_t)a->rx, n);
    a->first = (uint32_t)bits_align_up(n, DATA_LINE);
    code_arena_reset(a);
}

bool code_arena_alloc(CodeArena *a, uint32_t code_size, uint32_t data_words, uint32_t *code,
                      uint64_t **data)
{
    uint32_t start = (uint32_t)bits_align_up(a->used, CODE_ALIGN);
    uint64_t data_end = a->data_used + (uint64_t)data_words * 8;
    if (code_size > a->code_size - start || data_end > a->data_size)
        return false;
    populate(a, start + code_size);
    *code = start;
    *data = (uint64_t *)(void *)(a->data + a->data_used);
    a->used = start + code_size;
    a->data_used = (uint32_t)data_end;
    return true;
}

void code_arena_reset(CodeArena *a)
{
    a->used = a->first;
    a->data_used = 0;
}

void *code_arena_copy(const CodeArena *a)
{
    uint8_t *copy = mmap(NULL, a->code_size, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (copy == MAP_FAILED)
        return NULL;
    /* An old kernel populates as it copies; where there is no memory, fork is to fail, not we. */
    if (!pages_populate(copy, bits_align_up(a->used, CODE_PAGE)) && errno != EINVAL) {
        code_arena_drop_copy(a, copy);
        return NULL;
    }
    memcpy(copy, a->rw, a->used);
    return copy;
}

void code_arena_drop_copy(const CodeArena *a, void *copy)
{
    if (copy != NULL)
        munmap(copy, a->code_size);
}

bool code_arena_adopt(CodeArena *a, void *copy)
{
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    if (mremap(copy, a->code_size, a->code_size, flags, a->rw) != a->rw || !map_rx(a))
        return false;
    /* What is there comes in as it is touched: most children soon execute another program. */
    a->populated = (uint32_t)bits_align_up(a->used, CODE_PAGE);
    return true;
}
