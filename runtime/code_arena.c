/* code_arena.c: see code_arena.h. */
#include "runtime/code_arena.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

enum {
    POPULATE_FIRST = 32 << 10, /* most programs that start need little */
    POPULATE_STEP = 256 << 10,
    CODE_ALIGN = 16,
    DATA_LINE = 64,
    CODE_PAGE = 4096,
};

/* A limit on the size of files is the guest's, for its files: it is lifted as far as it goes. */
static bool set_size(int fd, uint64_t size)
{
    struct rlimit was, more;
    bool lift = getrlimit(RLIMIT_FSIZE, &was) == 0 && was.rlim_cur < size;
    if (lift) {
        if (was.rlim_max < size) { /* it would be SIGXFSZ */
            errno = EFBIG;
            return false;
        }
        more = (struct rlimit){was.rlim_max, was.rlim_max};
        setrlimit(RLIMIT_FSIZE, &more);
    }
    bool ok = ftruncate(fd, (off_t)size) == 0;
    if (lift)
        setrlimit(RLIMIT_FSIZE, &was);
    return ok;
}

static int new_object(void)
{
    int fd = memfd_create("dragoman-code", MFD_CLOEXEC | MFD_EXEC);
    if (fd < 0 && errno == EINVAL) /* before Linux 6.3 there is no MFD_EXEC and it is implied */
        fd = memfd_create("dragoman-code", MFD_CLOEXEC);
    if (fd >= 0 && !set_size(fd, CODE_ARENA_CODE)) {
        close(fd);
        fd = -1;
    }
    return fd;
}

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

static bool map_views(CodeArena *a, int fd)
{
    int flags = MAP_SHARED | MAP_FIXED;
    return mmap(a->rw, CODE_ARENA_CODE, PROT_READ | PROT_WRITE, flags, fd, 0) == a->rw &&
           mmap(a->rx, CODE_ARENA_CODE, PROT_READ | PROT_EXEC, flags, fd, 0) == a->rx;
}

/* Populates both views up to a step beyond `end`; old kernels fault the pages in one by one. */
static void populate(CodeArena *a, uint32_t end)
{
    if (end <= a->populated)
        return;
    uint32_t step = a->populated < POPULATE_STEP ? POPULATE_FIRST : POPULATE_STEP;
    uint32_t to = (uint32_t)bits_align_up(end + step / 2, step);
    if (to > CODE_ARENA_CODE)
        to = CODE_ARENA_CODE;
    uint32_t n = to - a->populated;
    if (madvise(a->rw + a->populated, n, MADV_POPULATE_WRITE) == 0)
        madvise(a->rx + a->populated, n, MADV_POPULATE_READ);
    a->populated = to;
}

bool code_arena_init(CodeArena *a, char *err, size_t err_size)
{
    *a = (CodeArena){0};
    int fd = new_object();
    if (fd < 0) {
        snprintf(err, err_size, "no memory object for translated code (memfd_create: %s)",
                 strerror(errno));
        return false;
    }
    a->rw = reserve(CODE_ARENA_CODE);
    a->rx = reserve((size_t)CODE_ARENA_CODE + CODE_ARENA_DATA);
    bool ok = a->rw != NULL && a->rx != NULL && map_views(a, fd);
    if (ok) {
        a->data = a->rx + CODE_ARENA_CODE;
        ok = mmap(a->data, CODE_ARENA_DATA, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == a->data;
    }
    if (!ok)
        snprintf(err, err_size, "cannot map %d MB for translated code: %s",
                 2 * (CODE_ARENA_CODE >> 20), strerror(errno));
    close(fd); /* the mappings keep the object; the guest never sees a descriptor of it */
    if (!ok)
        a->rx = NULL;
    return ok;
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
    if (code_size > CODE_ARENA_CODE - start || data_end > CODE_ARENA_DATA)
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
    uint8_t *copy = mmap(NULL, CODE_ARENA_CODE, PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (copy == MAP_FAILED)
        return NULL;
    /* An old kernel populates as it copies; where there is no memory, fork is to fail, not we. */
    if (madvise(copy, bits_align_up(a->used, CODE_PAGE), MADV_POPULATE_WRITE) != 0 &&
        errno != EINVAL) {
        code_arena_drop_copy(copy);
        return NULL;
    }
    memcpy(copy, a->rw, a->used);
    return copy;
}

void code_arena_drop_copy(void *copy)
{
    if (copy != NULL)
        munmap(copy, CODE_ARENA_CODE);
}

bool code_arena_adopt(CodeArena *a, void *copy)
{
    int flags = MREMAP_MAYMOVE | MREMAP_FIXED;
    if (mremap(copy, CODE_ARENA_CODE, CODE_ARENA_CODE, flags, a->rw) != a->rw)
        return false;
    /* Of shared memory, an old size of 0 makes a second mapping: mremap(2). */
    if (mremap(a->rw, 0, CODE_ARENA_CODE, flags, a->rx) != a->rx ||
        mprotect(a->rx, CODE_ARENA_CODE, PROT_READ | PROT_EXEC) != 0)
        return false;
    /* What is there comes in as it is touched: most children soon execute another program. */
    a->populated = (uint32_t)bits_align_up(a->used, CODE_PAGE);
    return true;
}
