/* code_pages.c: see code_pages.h; and the mem_* functions of vcpu.h. */
#include "runtime/code_pages.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"
#include "runtime/engine.h"

enum {
    HOT_OPENS = 8, /* a page opened this often is checked from then on */
    HINT_PAGES = 64,
};

typedef struct PageRef {
    Translation *t;
    struct PageRef *next;
} PageRef;

struct CodePage {
    uint64_t number;
    PageRef *refs; /* in the cache's meta arena */
    uint32_t opens;
    bool closed, checked;
    bool changed; /* compiled translations have been invalidated here */
    CodePage *next;
};

static uint64_t page_number(uint64_t addr)
{
    return addr >> CODE_PAGE_BITS;
}

static uint32_t hash(uint64_t number, uint32_t size)
{
    return (uint32_t)(number * 0x9e3779b97f4a7c15u >> 40) & (size - 1);
}

static CodePage *find(Engine *e, uint64_t number)
{
    CodePage *p = e->pages.buckets[hash(number, CODE_PAGE_BUCKETS)];
    while (p != NULL && p->number != number)
        p = p->next;
    return p;
}

static CodePage *find_or_new(Engine *e, uint64_t number)
{
    CodePage *p = find(e, number);
    if (p != NULL)
        return p;
    p = calloc(1, sizeof *p);
    if (p == NULL)
        log_fatal("out of memory");
    CodePage **bucket = &e->pages.buckets[hash(number, CODE_PAGE_BUCKETS)];
    p->number = number;
    p->next = *bucket;
    *bucket = p;
    e->pages.count++;
    return p;
}

static void host_protect(const CodePage *p, int prot)
{
    mprotect((void *)(uintptr_t)(p->number << CODE_PAGE_BITS), CODE_PAGE_SIZE, prot);
}

static void close_page(Engine *e, CodePage *p)
{
    if (p->closed)
        return;
    p->closed = true;
    atomic_store(&e->pages.hint[hash(p->number, CODE_PAGE_HINTS)], 1);
    host_protect(p, PROT_READ);
}

PageUse code_pages_use(Engine *e, uint64_t addr)
{
    const MemRange *r = mem_table_find(&e->mem, addr);
    if (r == NULL || !(r->prot & PROT_EXEC))
        return PAGE_NOT_EXECUTABLE;
    if (r->shared)
        return PAGE_CHECKED;
    if (!(r->prot & PROT_WRITE))
        return PAGE_KEPT;
    CodePage *p = find_or_new(e, page_number(addr));
    if (p->checked)
        return PAGE_CHECKED;
    close_page(e, p);
    return PAGE_KEPT;
}

bool code_pages_changed(Engine *e, uint64_t addr)
{
    const CodePage *p = find(e, page_number(addr));
    return p != NULL && p->changed;
}

void code_pages_add(Engine *e, uint64_t addr, Translation *t)
{
    CodePage *p = find_or_new(e, page_number(addr));
    /* What dies when t is made is what was interpreted before; else looking is in vain. */
    while (t->packed == NULL && p->refs != NULL && p->refs->t->dead)
        p->refs = p->refs->next;
    PageRef *ref = arena_alloc(&e->cache.meta, sizeof *ref);
    e->cache.meta_bytes += sizeof *ref;
    *ref = (PageRef){t, p->refs};
    p->refs = ref;
}

void code_pages_drop(Engine *e, Translation *t)
{
    if (t->dead)
        return;
    cache_invalidate(&e->cache, t);
    e->stats.invalidated++;
}

/* Invalidates what was made from the page. Threads inside finish what they run and leave at the
 * next poll; x86 promises no more to other processors (Intel SDM volume 3, 8.1.3). */
static void drop_translations(Engine *e, CodePage *p)
{
    bool any = false;
    for (PageRef *r = p->refs; r != NULL; r = r->next) {
        any |= !r->t->dead;
        p->changed |= !r->t->dead && r->t->packed == NULL;
        code_pages_drop(e, r->t);
    }
    p->refs = NULL;
    if (!any)
        return;
    /* A thread that enters a section from here on looks for translations after the fence. */
    atomic_thread_fence(memory_order_seq_cst);
    for (Vcpu *v = e->vcpus; v != NULL; v = v->next) {
        if (atomic_load(&v->epoch) != 0)
            vcpu_kick(v);
    }
}

static void open_page(Engine *e, CodePage *p, int guest_prot)
{
    drop_translations(e, p);
    p->closed = false;
    if (++p->opens >= HOT_OPENS)
        p->checked = true;
    host_protect(p, mem_host_prot(guest_prot));
    e->stats.page_opens++;
}

WriteFault code_pages_write_fault(Engine *e, uint64_t addr)
{
    const MemRange *r = mem_table_find(&e->mem, addr);
    if (r == NULL || !(r->prot & PROT_WRITE))
        return WRITE_DENIED;
    CodePage *p = find(e, page_number(addr));
    if (p == NULL || !p->closed)
        return WRITE_OPEN;
    open_page(e, p, r->prot);
    return WRITE_OPENED;
}

void code_pages_drop_page(Engine *e, uint64_t addr)
{
    CodePage *p = find(e, page_number(addr));
    if (p != NULL)
        drop_translations(e, p);
}

void code_pages_reset(Engine *e)
{
    for (uint32_t i = 0; i < CODE_PAGE_BUCKETS; i++) {
        for (CodePage *p = e->pages.buckets[i]; p != NULL; p = p->next)
            p->refs = NULL;
    }
}

/* ---- ranges ---- */

typedef void PageFn(Engine *e, CodePage *p, int prot);

/* Calls fn for each CodePage in [start, end), by the shorter way. */
static void each_page(Engine *e, uint64_t start, uint64_t end, PageFn *fn, int prot)
{
    uint64_t first = page_number(start), last = page_number(end - 1);
    if (last - first < e->pages.count) {
        for (uint64_t n = first; n <= last; n++) {
            CodePage *p = find(e, n);
            if (p != NULL)
                fn(e, p, prot);
        }
        return;
    }
    for (uint32_t i = 0; i < CODE_PAGE_BUCKETS; i++) {
        for (CodePage *p = e->pages.buckets[i]; p != NULL; p = p->next) {
            if (p->number >= first && p->number <= last)
                fn(e, p, prot);
        }
    }
}

/* The page is another one now. */
static void page_replaced(Engine *e, CodePage *p, int prot)
{
    (void)prot;
    drop_translations(e, p);
    p->closed = p->checked = false;
    p->opens = 0;
}

/* The guest's protection changes to prot, the host's has been changed already: what we had closed
 * is open now if prot allows writing. */
static void page_protected(Engine *e, CodePage *p, int prot)
{
    const MemRange *r = mem_table_find(&e->mem, p->number << CODE_PAGE_BITS);
    bool was_executable = r != NULL && (r->prot & PROT_EXEC);
    if (was_executable && (prot & PROT_EXEC) && !(prot & PROT_WRITE) && !p->checked) {
        p->closed = false;
        return;
    }
    drop_translations(e, p);
    p->closed = false;
    if (!(prot & PROT_WRITE))
        p->checked = false;
}

static void page_open_for_kernel(Engine *e, CodePage *p, int prot)
{
    (void)prot;
    if (p->closed)
        code_pages_write_fault(e, p->number << CODE_PAGE_BITS);
}

void mem_mapped(Engine *e, uint64_t addr, uint64_t len, int prot, bool shared)
{
    if (len == 0)
        return;
    uint64_t end = bits_align_up(addr + len, CODE_PAGE_SIZE);
    engine_lock(e);
    each_page(e, addr, end, page_replaced, prot);
    mem_table_set(&e->mem, addr, end, prot, shared);
    engine_unlock(e);
}

void mem_unmapped(Engine *e, uint64_t addr, uint64_t len)
{
    if (len == 0)
        return;
    uint64_t end = bits_align_up(addr + len, CODE_PAGE_SIZE);
    engine_lock(e);
    each_page(e, addr, end, page_replaced, 0);
    mem_table_clear(&e->mem, addr, end);
    engine_unlock(e);
}

void mem_protected(Engine *e, uint64_t addr, uint64_t len, int prot)
{
    if (len == 0)
        return;
    uint64_t end = bits_align_up(addr + len, CODE_PAGE_SIZE);
    engine_lock(e);
    each_page(e, addr, end, page_protected, prot);
    mem_table_protect(&e->mem, addr, end, prot);
    engine_unlock(e);
}

int mem_prot(Engine *e, uint64_t addr)
{
    engine_lock(e);
    const MemRange *r = mem_table_find(&e->mem, addr);
    int prot = r != NULL ? r->prot : -1;
    engine_unlock(e);
    return prot;
}

bool mem_next(Engine *e, uint64_t addr, uint64_t *start, uint64_t *end, int *prot, bool *shared)
{
    engine_lock(e);
    const MemRange *r = mem_table_next(&e->mem, addr);
    if (r != NULL) {
        *start = r->start;
        *end = r->end;
        *prot = r->prot;
        *shared = r->shared;
    }
    engine_unlock(e);
    return r != NULL;
}

int mem_host_prot(int guest_prot)
{
    if (guest_prot & PROT_WRITE) /* on x86, writable and executable imply readable */
        return PROT_READ | PROT_WRITE;
    return guest_prot & (PROT_READ | PROT_EXEC) ? PROT_READ : PROT_NONE;
}

void mem_open_for_kernel(Engine *e, uint64_t addr, uint64_t len)
{
    if (len == 0)
        return;
    uint64_t last_byte = addr + len - 1;
    if (last_byte < addr)
        last_byte = UINT64_MAX;
    uint64_t first = page_number(addr), last = page_number(last_byte);
    if (last - first < HINT_PAGES) {
        uint64_t n = first;
        while (n <= last && !atomic_load(&e->pages.hint[hash(n, CODE_PAGE_HINTS)]))
            n++;
        if (n > last)
            return;
    }
    engine_lock(e);
    each_page(e, addr, last_byte == UINT64_MAX ? last_byte : last_byte + 1, page_open_for_kernel,
              0);
    engine_unlock(e);
}

/* Anything mapped on the host that the guest's table does not have is ours. Whether an address is
 * mapped is asked by trying to map there without replacing. */
static bool gap_is_ours(uint64_t start, uint64_t end)
{
    void *want = (void *)(uintptr_t)start;
    void *p = mmap(want, end - start, PROT_NONE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == MAP_FAILED)
        return true;
    munmap(p, end - start);
    return p != want;
}

bool mem_is_ours(Engine *e, uint64_t addr, uint64_t len)
{
    uint64_t at = addr & ~(uint64_t)(CODE_PAGE_SIZE - 1);
    uint64_t end = bits_align_up(addr + len, CODE_PAGE_SIZE);
    bool ours = false;
    engine_lock(e);
    while (at < end && !ours) {
        const MemRange *r = mem_table_next(&e->mem, at);
        uint64_t gap_end = r == NULL || r->start > end ? end : r->start;
        if (gap_end > at)
            ours = gap_is_ours(at, gap_end);
        at = r == NULL ? end : r->end;
    }
    engine_unlock(e);
    return ours;
}
