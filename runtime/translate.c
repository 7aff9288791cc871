/* translate.c: from guest bytes to a published translation.
 *
 * The data's way is translate_once() below. Everything a translation needs while it is made lives
 * in Engine.scratch, which is reused for the next; the engine's lock is held throughout, so the
 * bytes that were read stay the bytes that the translation stands for (code_pages.h).
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "ir/base/log.h"
#include "runtime/address_tags.h"
#include "runtime/engine.h"
#include "runtime/explain.h"
#include "runtime/host/host.h"
#include "runtime/self_check.h"
#include "runtime/store.h"

enum {
    MAX_PAGES = 48,       /* that one region's bytes may come from.. */
    MAX_PAGES_AHEAD = 32, /* ..and after which no more are looked at ahead */
    MAX_CHECKED_INSNS = 16,
    MAX_SOURCES = 8,
    COLD_INSNS = 24, /* most of what is lifted for a few runs should run */
    COLD_CONDS = 2,
    COLD_RUNS_AGAIN = 8, /* instead of EngineOptions.cold_runs, if less */
};

typedef struct SourcePage {
    uint64_t addr;
    PageUse use;
    uint8_t *copy;     /* of a checked page: what the translation stands for */
    uint32_t readable; /* bytes of copy that could be read */
} SourcePage;

typedef struct TranslationContext {
    Engine *e;
    LiftRequest request, ahead;
    LiftResult lifted;
    SourcePage pages[MAX_PAGES];
    uint32_t npages;
    bool checked; /* some bytes came from a checked page */
    SourceLog log;
    bool cold;             /* for the interpreter */
    const CpuState *state; /* of the thread that asks */
} TranslationContext;

/* It is too large to be cleared for each region. */
static void context_init(TranslationContext *tc, Engine *e, const CpuState *state, bool cold)
{
    tc->e = e;
    tc->state = state;
    tc->cold = cold;
    tc->npages = 0;
    tc->checked = false;
    tc->log.count = 0;
    tc->log.unknown = false;
    tc->lifted = (LiftResult){0};
}

/* ---- reading guest code ---- */

static void copy_page(TranslationContext *tc, SourcePage *p)
{
    p->copy = arena_alloc(tc->request.arena, CODE_PAGE_SIZE);
    while (p->readable < CODE_PAGE_SIZE &&
           host_read(p->addr + p->readable, p->copy + p->readable, 16) == 0)
        p->readable += 16;
}

static SourcePage *source_page(TranslationContext *tc, uint64_t addr, uint32_t limit)
{
    uint64_t page = addr & ~(uint64_t)(CODE_PAGE_SIZE - 1);
    for (uint32_t i = 0; i < tc->npages; i++) {
        if (tc->pages[i].addr == page)
            return &tc->pages[i];
    }
    if (tc->npages >= limit)
        return NULL;
    SourcePage *p = &tc->pages[tc->npages++];
    *p = (SourcePage){.addr = page, .use = code_pages_use(tc->e, page)};
    if (p->use == PAGE_CHECKED)
        copy_page(tc, p);
    return p;
}

static uint32_t read_page(const SourcePage *p, uint64_t addr, uint8_t *buf, uint32_t n)
{
    uint32_t offset = (uint32_t)(addr - p->addr);
    if (p->use == PAGE_NOT_EXECUTABLE)
        return 0;
    if (p->use == PAGE_KEPT) {
        uint32_t done = 0;
        for (; n - done >= 16; done += 16) { /* a single access each */
            if (host_read(addr + done, buf + done, 16) != 0)
                return done;
        }
        return host_read(addr + done, buf + done, n - done) == 0 ? n : done;
    }
    if (offset + n > p->readable)
        n = offset < p->readable ? p->readable - offset : 0;
    memcpy(buf, p->copy + offset, n);
    return n;
}

static uint32_t fetch_pages(TranslationContext *tc, uint64_t addr, uint8_t *buf, uint32_t n,
                            bool ahead)
{
    uint32_t done = 0;
    while (done < n) {
        uint64_t at = addr + done;
        uint32_t chunk = CODE_PAGE_SIZE - (uint32_t)(at & (CODE_PAGE_SIZE - 1));
        if (chunk > n - done)
            chunk = n - done;
        SourcePage *p = source_page(tc, at, ahead ? MAX_PAGES_AHEAD : MAX_PAGES);
        if (p == NULL || (ahead && p->use != PAGE_KEPT))
            break;
        tc->checked |= p->use == PAGE_CHECKED;
        uint32_t got = read_page(p, at, buf + done, chunk);
        source_log_add(&tc->log, at, got);
        tc->log.unknown |= p->use != PAGE_KEPT || got < chunk;
        done += got;
        if (got < chunk)
            break;
    }
    return done;
}

static uint32_t fetch(void *arg, uint64_t addr, uint8_t *buf, uint32_t n)
{
    return fetch_pages(arg, addr, buf, n, false);
}

static uint32_t fetch_ahead(void *arg, uint64_t addr, uint8_t *buf, uint32_t n)
{
    return fetch_pages(arg, addr, buf, n, true);
}

/* For one instruction of the interpreter too: nothing is kept, so nothing has to be tracked. */
uint32_t engine_fetch_untracked(void *engine, uint64_t addr, uint8_t *buf, uint32_t n)
{
    Engine *e = engine;
    for (uint32_t i = 0; i < n; i++) {
        const MemRange *r = mem_table_find(&e->mem, addr + i);
        if (r == NULL || !(r->prot & PROT_EXEC) || host_read(addr + i, buf + i, 1) != 0)
            return i;
    }
    return n;
}

/* Code that has a translation, or was never seen to run. */
static bool stands_apart(void *arg, uint64_t pc)
{
    const TranslationContext *tc = arg;
    if (!ran_has(&tc->e->ran, pc))
        return true;
    const Translation *t = cache_find(&tc->e->cache, pc, tc->request.mode);
    return t != NULL && !t->cold;
}

/* ---- lifting ---- */

static void lift(TranslationContext *tc, Arena *arena, uint64_t pc, uint32_t mode, uint32_t max)
{
    Engine *e = tc->e;
    context_init(tc, e, tc->state, tc->cold);
    tc->request = (LiftRequest){.pc = pc,
                                .mode = mode,
                                .max_insns = max,
                                .max_conds = tc->cold ? COLD_CONDS : 0,
                                .count_blocks = e->opt.stats && e->backend != NULL && !tc->cold,
                                .poll = true,
                                .peel = e->backend != NULL && !tc->cold,
                                .plain = tc->cold,
                                .watch_fp = engine_watches_fp(e),
                                .tag_stores = engine_tags_stores(e),
                                .dependencies = e->guest->weak_order && host_backend()->weak_order,
                                .x87_unit = engine_has_x87(e),
                                .fetch = fetch,
                                .fetch_arg = tc,
                                .arena = arena};
    if (e->backend != NULL && !tc->cold && ran_has(&e->ran, pc)) /* else nothing is known */
        tc->request.stands_apart = stands_apart;
    e->guest->lift(&tc->request, &tc->lifted);
}

static bool is_misaligned(const Engine *e, uint64_t pc)
{
    return e->dmb_pcs[(uint32_t)(pc * 0x9e3779b1u) & (DMB_SET - 1)] == pc;
}

/* Sets the barrier form on accesses known to be misaligned. */
static void mark_misaligned(const Engine *e, Region *r)
{
    if (!e->any_dmb)
        return;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        bool marked = is_misaligned(e, r->blocks.data[b].pc); /* a block inside an instruction */
        for (uint32_t i = r->blocks.data[b].first; i != 0; i = r->insts.data[i].next) {
            IrInst *inst = &r->insts.data[i];
            if (inst->op == IR_insn)
                marked = is_misaligned(e, inst->imm);
            else if (marked && (inst->op == IR_load || inst->op == IR_store))
                inst->flags |= IR_M_DMB;
        }
    }
}

static void insert_self_check(TranslationContext *tc)
{
    SourceBytes sources[MAX_SOURCES];
    const LiftResult *l = &tc->lifted;
    for (uint32_t i = 0; i < l->nranges && i < MAX_SOURCES; i++) {
        uint32_t size = (uint32_t)(l->ranges[i].end - l->ranges[i].start);
        uint8_t *bytes = arena_alloc(tc->request.arena, size);
        size = fetch_pages(tc, l->ranges[i].start, bytes, size, false);
        sources[i] = (SourceBytes){l->ranges[i].start, size, bytes};
    }
    self_check_insert(l->region, sources, l->nranges);
    tc->e->stats.checked++;
}

/* Lifts a region, again and shorter if it turns out that it has to check its own bytes. */
static Region *lift_region(TranslationContext *tc, Arena *arena, uint64_t pc, uint32_t mode,
                           uint32_t max)
{
    lift(tc, arena, pc, mode, max);
    if (tc->checked && (max == 0 || max > MAX_CHECKED_INSNS))
        lift(tc, arena, pc, mode, MAX_CHECKED_INSNS);
    if (engine_forms(tc->e) & FORM_UNTAGGED)
        address_tags_strip(tc->lifted.region);
    if (tc->checked)
        insert_self_check(tc);
    mark_misaligned(tc->e, tc->lifted.region);
    return tc->lifted.region;
}

/* ---- translating ---- */

static void dump_translation(void *arg)
{
    const TranslationContext *tc = arg;
    fprintf(stderr, "while translating guest pc %#llx\n", (unsigned long long)tc->request.pc);
    if (tc->lifted.region != NULL)
        ir_print(tc->lifted.region, stderr);
}

static void verify(const TranslationContext *tc, const Region *r)
{
    char err[256];
    if (tc->e->opt.check && !ir_verify(r, err, sizeof err))
        log_bug(__FILE__, __LINE__, "lifted IR is malformed: %s", err);
}

/* What --explain asks for: NULL if nothing of this region. */
static Explanation *explaining(Engine *e, Arena *arena, uint64_t pc)
{
    bool wanted = e->opt.explain != NULL && (e->opt.explain_pc == 0 || e->opt.explain_pc == pc);
    return wanted ? explain_new(arena, e->guest, pc) : NULL;
}

static void print_explanation(const Engine *e, const Explanation *x)
{
    const ExplainStyle style = {.width = 150, .bytes = true, .all_passes = true};
    if (x == NULL)
        return;
    explain_text(x, e->opt.explain, &style);
    fflush(e->opt.explain);
}

static PassContext pass_context(TranslationContext *tc, Explanation *x)
{
    Engine *e = tc->e;
    tc->ahead = tc->request;
    tc->ahead.fetch = fetch_ahead;
    PassContext ctx = {.arg = &tc->ahead,
                       .is_pc = e->guest->is_pc,
                       .takes_hint = e->backend->takes_hint,
                       .state = tc->state,
                       .skip = e->opt.no_pass,
                       .verify = e->opt.check};
    if (!tc->checked) /* what lies behind a checked region may change at any time */
        ctx.dead_slots_at = e->guest->dead_slots_at;
    ctx.promote_only = e->optimised++ >= e->opt.max_optimised;
    ctx.mend_nans = (e->backend->other_nans >> e->guest->fp_model & 1) != 0;
    ctx.unmarked = x == NULL;
    if (x != NULL) {
        ctx.after = explain_ir;
        ctx.after_arg = x;
    }
    return ctx;
}

static Translation *publish(Engine *e, const CompiledCode *cc, const SiteTable *sites,
                            uint32_t mode)
{
    Translation *t = cache_publish(&e->cache, cc, sites, mode);
    if (t == NULL) {
        engine_flush(e);
        t = cache_publish(&e->cache, cc, sites, mode);
        DG_ASSERT(t != NULL);
    }
    if (e->opt.on_code != NULL)
        e->opt.on_code(e->opt.on_code_arg, (uint64_t)(uintptr_t)e->arena.rx + t->code, t->size,
                       sites->pc);
    return t;
}

/* A copy of the bytes for translations on pages that have changed before. */
static const SourceCopy *keep_source(const TranslationContext *tc)
{
    Engine *e = tc->e;
    for (uint32_t i = 0; i < tc->npages; i++) {
        if (code_pages_changed(e, tc->pages[i].addr))
            return source_copy_make(&e->cache.meta, &tc->log);
    }
    return NULL;
}

/* A change of any page that was read drops the translation. */
static void track(const TranslationContext *tc, Translation *t)
{
    if (t->packed == NULL)
        t->source = keep_source(tc);
    for (uint32_t i = 0; i < tc->npages; i++)
        code_pages_add(tc->e, tc->pages[i].addr, t);
}

static void finish(const TranslationContext *tc, Translation *t)
{
    Engine *e = tc->e;
    uint32_t bytes = 0;
    uint64_t end = 0;
    for (uint32_t i = 0; i < tc->lifted.nranges; i++) {
        bytes += (uint32_t)(tc->lifted.ranges[i].end - tc->lifted.ranges[i].start);
        if (end < tc->lifted.ranges[i].end)
            end = tc->lifted.ranges[i].end;
    }
    if (t->packed == NULL) {
        t->checked = tc->checked;
        t->guest_insns = tc->lifted.guest_insns;
        t->guest_bytes = bytes;
        t->guest_end = end;
        e->stats.host_bytes += t->size;
    }
    track(tc, t);
    e->stats.translations++;
    e->stats.guest_insns += t->guest_insns;
    e->stats.guest_bytes += bytes;
}

/* ---- the store on disk ---- */

/* Whether memory holds what a stored translation was made from, now and write-tracked. */
static bool source_is_there(TranslationContext *tc, const SourceCopy *source)
{
    for (uint32_t i = 0; i < source->count; i++) {
        uint64_t page = source->range[i].start & ~(uint64_t)(CODE_PAGE_SIZE - 1);
        for (; page < source->range[i].end; page += CODE_PAGE_SIZE) {
            const SourcePage *p = source_page(tc, page, MAX_PAGES);
            if (p == NULL || p->use != PAGE_KEPT)
                return false;
        }
        source_log_add(&tc->log, source->range[i].start,
                       (uint32_t)(source->range[i].end - source->range[i].start));
    }
    return source_copy_same(source);
}

/* Whether the code has an access that is to be made in another form than it has there. */
static bool has_misaligned(const Engine *e, const SourceCopy *source)
{
    if (!e->any_dmb)
        return false;
    for (uint32_t i = 0; i < DMB_SET; i++) {
        for (uint32_t k = 0; k < source->count; k++) {
            if (e->dmb_pcs[i] >= source->range[k].start && e->dmb_pcs[i] < source->range[k].end)
                return true;
        }
    }
    return false;
}

/* Takes the translation from the store instead of making it. */
static bool take_stored(Engine *e, uint64_t pc, uint32_t mode)
{
    TranslationContext tc;
    StoredCode s;
    context_init(&tc, e, NULL, false);
    tc.request.arena = &e->scratch;
    arena_reset(&e->scratch);
    if (e->store == NULL || engine_forms(e) != 0 ||
        !store_read(e->store, &e->scratch, pc, mode, &s) || has_misaligned(e, &s.source))
        return false;
    StoreStats *stats = store_stats(e->store);
    if (!source_is_there(&tc, &s.source)) {
        stats->refused++;
        return false;
    }
    Translation *t = publish(e, &s.code, &s.sites, mode);
    t->guest_insns = s.guest_insns;
    t->guest_bytes = s.guest_bytes;
    t->guest_end = s.guest_end;
    track(&tc, t);
    stats->loaded++;
    return true;
}

/* Puts a new translation into the store, unless its bytes may change behind our back. */
static void keep(const TranslationContext *tc, const Translation *t, const CompiledCode *cc)
{
    Engine *e = tc->e;
    if (e->store == NULL || tc->checked || engine_forms(e) != 0)
        return;
    const SourceCopy *source = source_copy_make(&e->scratch, &tc->log);
    if (source == NULL)
        return;
    StoredCode s = {.pc = t->header.pc,
                    .mode = t->mode,
                    .guest_end = t->guest_end,
                    .guest_insns = t->guest_insns,
                    .guest_bytes = t->guest_bytes,
                    .code = *cc,
                    .sites = t->sites,
                    .source = *source,
                    .replaces = !has_misaligned(e, source)};
    store_keep(e->store, &s);
}

/* For the interpreter. */
static void translate_region(TranslationContext *tc, uint64_t pc, uint32_t mode)
{
    Engine *e = tc->e;
    Region *r = lift_region(tc, &e->scratch, pc, mode, e->opt.max_insns);
    while (r->insts.count > PACK_MOST && tc->lifted.guest_insns > 1)
        r = lift_region(tc, &e->scratch, pc, mode, tc->lifted.guest_insns / 2);
    verify(tc, r);
    Explanation *x = explaining(e, &e->scratch, pc);
    if (x != NULL)
        explain_lifted(x, &tc->request, &tc->lifted);
    print_explanation(e, x);
    Translation *t = cache_publish_packed(&e->cache, pc, mode, r, tc->lifted.guest_insns, 0);
    finish(tc, t);
}

/* Whether the region needs unmasked FP exceptions that this host does not raise. */
static bool needs_fp_traps(const Region *r)
{
    if (host_traps_fp())
        return false;
    for (uint32_t i = 1; i < r->insts.count; i++) {
        const IrInst *inst = &r->insts.data[i];
        if (ir_has(inst, IR_E_FPENV) && (inst->flags & IR_F_TRAPS))
            return true;
    }
    return false;
}

/* False: the region is too large for the code generator; *max = a smaller bound to try. */
static bool translate_once(TranslationContext *tc, uint64_t pc, uint32_t mode, uint32_t *max)
{
    Engine *e = tc->e;
    Explanation *x = explaining(e, &e->scratch, pc);
    BackendConfig cfg = e->config;
    CompiledCode cc = {.arena = &e->scratch};
    char err[256];

    Region *r = lift_region(tc, &e->scratch, pc, mode, *max);
    verify(tc, r);
    if (needs_fp_traps(r)) {
        translate_region(tc, pc, mode);
        return true;
    }
    if (x != NULL)
        explain_lifted(x, &tc->request, &tc->lifted);
    PassContext ctx = pass_context(tc, x);
    cfg.notes = x != NULL;
    ir_optimise(r, &ctx);
    if (!e->backend->compile(&cfg, r, &cc, err, sizeof err)) {
        if (tc->lifted.guest_insns <= 1)
            log_bug(__FILE__, __LINE__, "one guest instruction does not compile: %s", err);
        *max = tc->lifted.guest_insns / 2;
        return false;
    }
    SiteTable sites = sites_pack(&cc, pc);
    Translation *t = publish(e, &cc, &sites, mode);
    if (x != NULL)
        explain_code(x, e->backend, r, &cc);
    print_explanation(e, x);
    finish(tc, t);
    keep(tc, t, &cc);
    return true;
}

static uint64_t now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts); /* not what other threads run meanwhile */
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void translate(Engine *e, const CpuState *s, uint32_t mode)
{
    TranslationContext tc;
    uint32_t max = e->opt.max_insns;
    uint64_t pc = s->pc;
    context_init(&tc, e, s, false);
    tc.request.pc = pc;
    log_set_crash_dump(dump_translation, &tc);
    arena_reset(&e->scratch);
    if (e->backend == NULL) {
        translate_region(&tc, pc, mode);
    } else {
        while (!translate_once(&tc, pc, mode, &max)) {
            e->stats.refused++;
            arena_reset(&e->scratch);
        }
    }
    log_set_crash_dump(NULL, NULL);
}

/* Brings back an invalidated translation whose bytes are what they were. */
static bool revive(Engine *e, uint64_t pc, uint32_t mode)
{
    Translation *t = cache_take_retired(&e->cache, pc, mode);
    if (t == NULL)
        return false;
    const SourceCopy *copy = t->source;
    for (uint32_t i = 0; i < copy->count; i++) { /* closed before they are compared */
        uint64_t page = copy->range[i].start & ~(uint64_t)(CODE_PAGE_SIZE - 1);
        for (; page < copy->range[i].end; page += CODE_PAGE_SIZE) {
            if (code_pages_use(e, page) != PAGE_KEPT)
                return false;
        }
    }
    if (!source_copy_same(copy))
        return false;
    for (uint32_t i = 0; i < copy->count; i++) {
        uint64_t page = copy->range[i].start & ~(uint64_t)(CODE_PAGE_SIZE - 1);
        for (; page < copy->range[i].end; page += CODE_PAGE_SIZE)
            code_pages_add(e, page, t);
    }
    cache_revive(&e->cache, t);
    e->stats.revived++;
    return true;
}

void engine_translate(Engine *e, const CpuState *s, uint32_t mode)
{
    uint64_t pc = s->pc;
    engine_lock(e);
    if (cache_full(&e->cache)) /* bringing a translation back takes memory too */
        engine_flush(e);
    Translation *t = cache_find(&e->cache, pc, mode);
    if (t != NULL && t->cold) {
        cache_invalidate(&e->cache, t);
        t = NULL;
    }
    /* Another thread may have been faster. */
    if (t == NULL && !revive(e, pc, mode) && !take_stored(e, pc, mode)) {
        uint64_t start = e->opt.stats ? now_ns() : 0;
        translate(e, s, mode);
        if (e->opt.stats)
            e->stats.translate_ns += now_ns() - start;
    }
    bool due = e->store != NULL && store_due(e->store);
    engine_unlock(e);
    if (due)
        engine_write_kept(e);
}

/* Whether the host's x87 unit is to do something. */
static bool uses_x87_unit(const Engine *e, const Region *r)
{
    if (!engine_has_x87(e))
        return false;
    for (uint32_t i = 1; i < r->insts.count; i++) {
        if (r->insts.data[i].op == IR_x87 || r->insts.data[i].op == IR_x87mem)
            return true;
    }
    return false;
}

/* Lifts what is to be interpreted, into Engine.scratch. */
static const Region *lift_cold(TranslationContext *tc, uint64_t pc, uint32_t mode)
{
    Engine *e = tc->e;
    uint32_t max = e->opt.max_insns;
    if (max == 0 || max > COLD_INSNS)
        max = COLD_INSNS;
    tc->request.pc = pc;
    log_set_crash_dump(dump_translation, tc);
    arena_reset(&e->scratch);
    const Region *r = lift_region(tc, &e->scratch, pc, mode, max);
    verify(tc, r);
    log_set_crash_dump(NULL, NULL);
    if (e->store != NULL)
        store_seen(e->store, pc, mode);
    e->stats.cold_runs++;
    e->stats.cold_insns += tc->lifted.guest_insns;
    return r;
}

/* How many guest instructions to interpret of a region at pc with n of them. Where earlier
 * processes have left translations there will be later ones, for which a translation pays too. */
static int32_t cold_insns(const Engine *e, uint64_t pc, uint32_t n)
{
    uint32_t runs = e->opt.cold_runs;
    if (runs > COLD_RUNS_AGAIN && e->store != NULL && store_knows(e->store, pc))
        runs = COLD_RUNS_AGAIN;
    uint64_t insns = (uint64_t)runs * n;
    return insns < INT32_MAX ? (int32_t)insns : INT32_MAX;
}

static void keep_cold(const TranslationContext *tc, uint64_t pc, uint32_t mode, const Region *r)
{
    Engine *e = tc->e;
    uint32_t insns = tc->lifted.guest_insns;
    if (cache_find(&e->cache, pc, mode) != NULL) /* another thread was faster */
        return;
    track(tc, cache_publish_packed(&e->cache, pc, mode, r, insns, cold_insns(e, pc, insns)));
}

ColdCode engine_lift_cold(Engine *e, Arena *arena, uint64_t pc, uint32_t mode)
{
    TranslationContext tc;
    ColdCode code = {COLD_KEPT, NULL};
    context_init(&tc, e, NULL, true);
    engine_lock(e);
    if (cache_full(&e->cache))
        engine_flush(e);
    const Region *r = lift_cold(&tc, pc, mode);
    if (uses_x87_unit(e, r)) {
        code.kind = COLD_TRANSLATE;
    } else if (tc.checked || !guest_is_pc(e->guest, pc)) {
        code = (ColdCode){COLD_ONCE, interp_pack(arena, &e->scratch, r)};
    } else {
        keep_cold(&tc, pc, mode, r);
    }
    engine_unlock(e);
    return code;
}

const Region *engine_lift_one(Engine *e, Arena *arena, uint64_t pc, uint32_t mode)
{
    LiftRequest request = {.pc = pc,
                           .mode = mode,
                           .max_insns = 1,
                           .tag_stores = engine_tags_stores(e),
                           .fetch = engine_fetch_untracked,
                           .fetch_arg = e,
                           .arena = arena};
    LiftResult result = {0};
    engine_lock(e);
    e->guest->lift(&request, &result);
    if (engine_forms(e) & FORM_UNTAGGED)
        address_tags_strip(result.region);
    engine_unlock(e);
    return result.region;
}

/* Whether a load in front of instruction i of the region reads the address that i stores to. */
static bool stores_back(const Region *r, uint32_t i)
{
    for (uint32_t k = 1; k < i; k++) {
        const IrInst *load = &r->insts.data[k];
        if (load->op == IR_load && ir_same(load->arg[0], r->insts.data[i].arg[0]))
            return true;
    }
    return false;
}

bool engine_rewrites(Engine *e, uint64_t pc, uint32_t mode)
{
    Arena arena = {0};
    const Region *r = engine_lift_one(e, &arena, pc, mode);
    bool found = false;
    for (uint32_t i = 1; i < r->insts.count; i++) {
        const IrInst *inst = &r->insts.data[i];
        if (inst->op == IR_store)
            found |= stores_back(r, i);
        else
            found |= ir_has(inst, IR_E_READ) && ir_has(inst, IR_E_WRITE);
    }
    arena_free(&arena);
    return found;
}

void engine_mark_misaligned(Engine *e, uint64_t pc)
{
    engine_lock(e);
    e->dmb_pcs[(uint32_t)(pc * 0x9e3779b1u) & (DMB_SET - 1)] = pc;
    e->any_dmb = true;
    /* Any translation with this instruction stands on its page. */
    code_pages_drop_page(e, pc);
    cache_forget_retired(&e->cache);
    engine_unlock(e);
}
