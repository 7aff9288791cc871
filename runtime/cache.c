/* cache.c: see cache.h. */
#include "runtime/cache.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "ir/base/log.h"
#include "ir/base/pages.h"

enum {
    CACHE_META_LIMIT = 512 << 20,
    CODE_PER_TRANSLATION = CODE_ARENA_CODE / CACHE_MAX_TRANSLATIONS, /* bytes, at the least */
};

_Static_assert(offsetof(Translation, header) == 0, "slots point to headers");

static void *map_table(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
                   -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

bool cache_init(Cache *c, CodeArena *arena, const BackendOps *backend)
{
    c->arena = arena;
    c->backend = backend;
    c->generation = 1;
    c->limit = backend != NULL ? arena->code_size / CODE_PER_TRANSLATION : CACHE_MAX_TRANSLATIONS;
    c->by_code = map_table(c->limit * sizeof *c->by_code);
    c->code_start = map_table(c->limit * sizeof *c->code_start);
    c->empty.pc = UINT64_MAX;
    if (backend != NULL)
        c->empty.entry = code_arena_stub(arena, STUB_LOOKUP_MISS);
    return c->by_code != NULL && c->code_start != NULL;
}

/* ---- finding ---- */

static uint64_t bucket_of(uint64_t pc, uint32_t mode)
{
    /* Neighbours lie together, so that little code touches few pages of buckets. */
    return (pc >> 3 ^ pc >> 20 ^ pc >> 37 ^ mode * 0x9e37u) & (CACHE_BUCKETS - 1);
}

Translation *cache_find(const Cache *c, uint64_t pc, uint32_t mode)
{
    Translation *t = atomic_load_explicit(&c->buckets[bucket_of(pc, mode)], memory_order_acquire);
    while (t != NULL && (t->header.pc != pc || t->mode != mode))
        t = atomic_load_explicit(&t->next, memory_order_acquire);
    return t;
}

Translation *cache_by_host(const Cache *c, uint64_t host_pc)
{
    if (!code_arena_has_code(c->arena, host_pc))
        return NULL;
    uint32_t offset = (uint32_t)(host_pc - (uint64_t)(uintptr_t)c->arena->rx);
    uint32_t lo = 0, hi = atomic_load_explicit(&c->count, memory_order_acquire);
    while (lo < hi) { /* the last one that starts at or before offset */
        uint32_t mid = lo + (hi - lo) / 2;
        if (c->code_start[mid] <= offset)
            lo = mid + 1;
        else
            hi = mid;
    }
    if (lo == 0)
        return NULL;
    Translation *t = c->by_code[lo - 1];
    return offset - t->code < t->size ? t : NULL;
}

Exit *cache_exit(const Cache *c, uint64_t exit_site)
{
    /* The reported address may be the end of the stub, which may be the end of the code. */
    Translation *t = cache_by_host(c, exit_site - 1);
    if (t == NULL)
        return NULL;
    uint32_t id = (uint32_t)(exit_site - (uint64_t)(uintptr_t)c->arena->rx) - t->code;
    for (uint32_t i = 0; i < t->nexits; i++) {
        if (t->exits[i].site.stub_id == id)
            return &t->exits[i];
    }
    return NULL;
}

HeaderCell *cache_table(const Cache *c, uint32_t mode)
{
    uint32_t n = atomic_load_explicit(&c->nmodes, memory_order_acquire);
    for (uint32_t i = 0; i < n; i++) {
        if (c->modes[i].mode == mode)
            return c->modes[i].table;
    }
    return NULL;
}

static HeaderCell *lookup_cell(HeaderCell *table, uint64_t pc)
{
    return &table[state_lookup_index(pc)];
}

/* ---- changing ---- */

static void set_header(HeaderCell *cell, const EntryHeader *h)
{
    atomic_store_explicit(cell, h, memory_order_release);
}

HeaderCell *cache_make_table(Cache *c, uint32_t mode)
{
    HeaderCell *table = cache_table(c, mode);
    if (table != NULL)
        return table;
    uint32_t n = atomic_load_explicit(&c->nmodes, memory_order_relaxed);
    DG_ASSERT(n < CACHE_MODES);
    table = map_table(LOOKUP_SIZE * sizeof *table);
    if (table == NULL)
        log_fatal("out of memory");
    pages_populate(table, LOOKUP_SIZE * sizeof *table);
    for (uint32_t i = 0; i < LOOKUP_SIZE; i++)
        set_header(&table[i], &c->empty);
    c->modes[n] = (ModeTable){mode, table};
    atomic_store_explicit(&c->nmodes, n + 1, memory_order_release);
    return table;
}

static void insert(Cache *c, Translation *t)
{
    _Atomic(Translation *) *b = &c->buckets[bucket_of(t->header.pc, t->mode)];
    Translation *head = atomic_load_explicit(b, memory_order_relaxed);
    atomic_store_explicit(&t->next, head, memory_order_relaxed);
    atomic_store_explicit(b, t, memory_order_release);
}

static Translation *translation_new(Cache *c, uint64_t pc, uint32_t mode)
{
    Translation *t = arena_alloc(&c->meta, sizeof *t);
    t->header.pc = pc;
    t->mode = mode;
    return t;
}

/* Copies code into the arena and resolves what depends on its place. */
static void install_code(Cache *c, Translation *t, const CompiledCode *cc, const uint64_t *data)
{
    CodeArena *a = c->arena;
    uint8_t *rw = a->rw + t->code;
    uint64_t rx = (uint64_t)(uintptr_t)a->rx + t->code;
    memcpy(rw, cc->code, cc->size);
    for (uint32_t i = 0; i < cc->relocs.count; i++) {
        const Reloc *rel = &cc->relocs.data[i];
        uint64_t target = rel->kind == RELOC_STUB ? (uint64_t)(uintptr_t)a->rx + a->stub[rel->index]
                                                  : (uint64_t)(uintptr_t)&data[rel->index];
        c->backend->relocate(rw, rx, rel, target);
    }
    c->backend->sync_code(rw, rx, cc->size);
}

static void install_counters(Cache *c, Translation *t, const CompiledCode *cc, uint64_t *data)
{
    memset(data, 0, cc->data_words * sizeof *data);
    t->counters = data;
    t->ncosts = cc->costs.count;
    t->costs = arena_copy(&c->meta, cc->costs.data, cc->costs.count * sizeof *cc->costs.data);
}

Translation *cache_publish(Cache *c, const CompiledCode *cc, const SiteTable *sites, uint32_t mode)
{
    uint64_t pc = sites->pc;
    uint32_t code, n = atomic_load_explicit(&c->count, memory_order_relaxed);
    uint64_t *data;
    if (n == c->limit || !code_arena_alloc(c->arena, cc->size, cc->data_words, &code, &data))
        return NULL;
    Translation *t = translation_new(c, pc, mode);
    t->code = code;
    t->size = cc->size;
    t->header.entry = (uint64_t)(uintptr_t)c->arena->rx + code + cc->entry;
    t->unpolled = (uint64_t)(uintptr_t)c->arena->rx + code + cc->unpolled;
    cache_make_table(c, mode); /* whoever finds a translation finds its mode's table */
    install_counters(c, t, cc, data);
    install_code(c, t, cc, data);
    t->sites = sites_copy(&c->meta, sites);
    t->nexits = cc->exits.count;
    t->exits = arena_alloc(&c->meta, t->nexits * sizeof *t->exits);
    for (uint32_t i = 0; i < t->nexits; i++)
        t->exits[i] = (Exit){.site = cc->exits.data[i], .from = t};
    c->by_code[n] = t;
    c->code_start[n] = code;
    atomic_store_explicit(&c->count, n + 1, memory_order_release);
    insert(c, t);
    return t;
}

Translation *cache_publish_packed(Cache *c, uint64_t pc, uint32_t mode, const Region *r,
                                  uint32_t guest_insns, int32_t cold_left)
{
    Translation *t = arena_alloc(&c->meta, PACKED_BYTES);
    t->header.pc = pc;
    t->mode = mode;
    t->guest_insns = guest_insns;
    t->cold = cold_left != 0;
    t->cold_left = cold_left;
    t->packed = interp_pack(&c->meta, r->arena, r);
    if (c->backend != NULL)
        cache_make_table(c, mode);
    c->meta_bytes += interp_bytes(t->packed) + PACKED_BYTES;
    insert(c, t);
    return t;
}

static bool patch(Cache *c, Exit *x, uint64_t target)
{
    uint8_t *rw = c->arena->rw + x->from->code;
    uint64_t rx = (uint64_t)(uintptr_t)c->arena->rx + x->from->code;
    return c->backend->patch(rw, rx, &x->site, target);
}

/* Every thread polls now and then if it does whenever guest code goes back: by a jump or a call to
 * what is not behind it, or by an indirect jump. What remains, jumps and calls forward and returns
 * that the shadow stack predicts, each of which undoes a call, cannot go on for ever. */
static bool goes_forward(const Exit *x)
{
    return x->from->guest_end != 0 && x->site.pc >= x->from->guest_end;
}

void cache_chain(Cache *c, Exit *x, Translation *to)
{
    if (x->to != NULL || to->dead || to->packed != NULL || x->site.kind == IR_EXIT_SERVICE)
        return;
    if (!patch(c, x, goes_forward(x) ? to->unpolled : to->header.entry))
        return;
    x->to = to;
    x->next_in = to->incoming;
    to->incoming = x;
}

static JumpPlace jump_place(const Cache *c, CpuState *s, uint64_t pc)
{
    return state_jump(s, pc, c->backend != NULL && c->backend->jump_pairs);
}

/* The entry is written first: whoever finds the pc finds it there too, or what looks the pc up. */
static void clear_hint(const Cache *c, HintTable *h, uint32_t index)
{
    __atomic_store_n(&h->entry[index], c->empty.entry, __ATOMIC_RELAXED);
    __atomic_store_n(&h->pc[index], 0, __ATOMIC_RELEASE);
}

void cache_add_state(Cache *c, CpuState *s)
{
    *jump_place(c, s, 0).pc = state_no_jump(0);
    s->missed_hint = HINT_NONE;
    bool hints = c->backend != NULL && c->backend->takes_hint != NULL;
    for (uint32_t i = 0; hints && i < HINT_PLACES; i++)
        state_thread(s)->hints.entry[i] = c->empty.entry;
    s->next = c->states;
    c->states = s;
}

void cache_drop_state(Cache *c, CpuState *s)
{
    CpuState **at = &c->states;
    while (*at != NULL && *at != s)
        at = &(*at)->next;
    if (*at == s)
        *at = s->next;
}

void cache_clear_jumps(const Cache *c, CpuState *s)
{
    for (uint64_t i = 0; i < JUMP_SIZE; i++) {
        uint64_t *pc = jump_place(c, s, i).pc;
        if (*pc != state_no_jump(i)) /* most pages were never touched */
            *pc = state_no_jump(i);
    }
    HintTable *h = &state_thread(s)->hints;
    for (uint32_t i = 0; i < HINT_PLACES; i++) {
        if (h->pc[i] != 0)
            clear_hint(c, h, i);
    }
}

/* Another thread may be about to jump there all the same; the code stays until a flush. */
static void forget_jumps(const Cache *c, const Translation *t)
{
    uint64_t pc = t->header.pc;
    for (CpuState *s = c->states; s != NULL; s = s->next) {
        JumpPlace at = jump_place(c, s, pc);
        if (*at.pc == pc && *at.entry == t->header.entry)
            __atomic_store_n(at.pc, state_no_jump(pc % JUMP_SIZE), __ATOMIC_RELAXED);
        for (const HintUse *u = t->hints; u != NULL; u = u->next) {
            HintTable *h = &state_thread(s)->hints;
            if (h->pc[u->index] == pc)
                clear_hint(c, h, u->index);
        }
    }
}

void cache_expose(Cache *c, Translation *t, CpuState *s)
{
    if (t->dead || t->packed != NULL)
        return;
    JumpPlace at = jump_place(c, s, t->header.pc);
    *at.pc = t->header.pc;
    *at.entry = t->header.entry;
    set_header(lookup_cell(cache_make_table(c, t->mode), t->header.pc), &t->header);
}

bool cache_expose_hint(Cache *c, Translation *t, CpuState *s, uint32_t index)
{
    if (t->dead || t->packed != NULL)
        return false;
    HintTable *h = &state_thread(s)->hints;
    const HintUse *use = t->hints;
    while (use != NULL && use->index != index)
        use = use->next;
    if (use == NULL) {
        HintUse *u = arena_alloc(&c->meta, sizeof *u);
        *u = (HintUse){.index = index, .next = t->hints};
        t->hints = u;
        c->meta_bytes += sizeof *u;
    }
    bool displaced = h->pc[index] != 0;
    h->pc[index] = t->header.pc;
    h->entry[index] = t->header.entry;
    return displaced;
}

static void forget(const Cache *c, HeaderCell *cell, const Translation *t)
{
    if (atomic_load_explicit(cell, memory_order_relaxed) == &t->header)
        set_header(cell, &c->empty);
}

static void unlink_bucket(Cache *c, Translation *t)
{
    _Atomic(Translation *) *at = &c->buckets[bucket_of(t->header.pc, t->mode)];
    for (;;) {
        Translation *p = atomic_load_explicit(at, memory_order_relaxed);
        DG_ASSERT(p != NULL);
        if (p == t)
            break;
        at = &p->next;
    }
    /* t->next stays: a reader that stands on t goes on along the chain. */
    atomic_store_explicit(at, atomic_load_explicit(&t->next, memory_order_relaxed),
                          memory_order_release);
}

static Translation **retired_bucket(Cache *c, uint64_t pc)
{
    return &c->retired[(pc * 0x9e3779b97f4a7c15u >> 40) % CACHE_RETIRED];
}

Translation *cache_take_retired(Cache *c, uint64_t pc, uint32_t mode)
{
    for (Translation **at = retired_bucket(c, pc); *at != NULL; at = &(*at)->next_retired) {
        Translation *t = *at;
        if (t->header.pc == pc && t->mode == mode) {
            *at = t->next_retired;
            return t;
        }
    }
    return NULL;
}

static void retire(Cache *c, Translation *t)
{
    cache_take_retired(c, t->header.pc, t->mode);
    Translation **bucket = retired_bucket(c, t->header.pc);
    t->next_retired = *bucket;
    *bucket = t;
}

void cache_forget_retired(Cache *c)
{
    memset(c->retired, 0, sizeof c->retired);
}

void cache_revive(Cache *c, Translation *t)
{
    DG_ASSERT(t->dead);
    t->dead = false;
    insert(c, t);
}

void cache_invalidate(Cache *c, Translation *t)
{
    if (t->dead)
        return;
    t->dead = true;
    unlink_bucket(c, t);
    if (t->packed != NULL) /* generated code never knew it */
        return;
    if (t->source != NULL)
        retire(c, t);
    HeaderCell *table = cache_table(c, t->mode);
    if (table != NULL)
        forget(c, lookup_cell(table, t->header.pc), t);
    forget_jumps(c, t);
    for (Exit *x = t->incoming, *next; x != NULL; x = next) {
        next = x->next_in;
        uint64_t stub = (uint64_t)(uintptr_t)c->arena->rx + x->from->code + x->site.stub;
        bool ok = patch(c, x, stub);
        DG_ASSERT(ok);
        x->to = NULL;
        x->next_in = NULL;
    }
    t->incoming = NULL;
}

void cache_reset(Cache *c)
{
    for (uint32_t i = 0; i < CACHE_BUCKETS; i++)
        atomic_store_explicit(&c->buckets[i], NULL, memory_order_relaxed);
    uint32_t n = atomic_load_explicit(&c->nmodes, memory_order_relaxed);
    for (uint32_t m = 0; m < n; m++) {
        for (uint32_t i = 0; i < LOOKUP_SIZE; i++)
            set_header(&c->modes[m].table[i], &c->empty);
    }
    for (CpuState *s = c->states; s != NULL; s = s->next)
        cache_clear_jumps(c, s);
    atomic_store_explicit(&c->count, 0, memory_order_release);
    cache_forget_retired(c);
    arena_free(&c->meta);
    c->meta_bytes = 0;
    c->generation++;
    if (c->backend != NULL)
        code_arena_reset(c->arena);
}

bool cache_full(const Cache *c)
{
    return c->meta_bytes > CACHE_META_LIMIT ||
           atomic_load_explicit(&c->count, memory_order_relaxed) == c->limit;
}
