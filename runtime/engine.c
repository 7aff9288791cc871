/* engine.c: the engine's birth, its vCPUs, flushes and forks; locking in engine.h.
 *
 * A vCPU's shadow return stack is a mapping with a guard page at each end. Translations push pairs
 * of host return address and guest return pc (in the host's order) downwards from shadow_top, where
 * a sentinel pair stands. Both of its words are the address of the miss stub: no guest code lies
 * there, and a guest that returns to that very address rightly ends in the miss stub too.
 *
 *     guard page | ... free ... | pair | pair | sentinel pair | spare line | guard page
 */
#include "runtime/engine.h"

#include <errno.h>
#include <linux/membarrier.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"
#include "ir/base/pages.h"
#include "ir/soft.h"
#include "runtime/fault.h"
#include "runtime/host/host.h"
#include "runtime/store.h"

enum {
    SHADOW_SIZE = 64 << 10,
    SHADOW_SPARE = 64, /* bytes above the sentinel that a careless pop may reach */
    ALT_STACK_SIZE = 64 << 10,
    GUARD = 4096,
    SCRATCH_SIZE = 512 << 10,
    FLUSH_WAIT_NS = 20000,
};

static _Thread_local Vcpu *current;

Vcpu *vcpu_current(void)
{
    return current;
}

void vcpu_kick(Vcpu *v)
{
    atomic_store(&v->state->poll, 1);
}

/* ---- the engine ---- */

static void membarrier(int command)
{
    syscall(SYS_membarrier, command, 0, 0);
}

static void start_backend(Engine *e)
{
    char err[256];
    const char *obstacle = host_jit_obstacle();
    if (obstacle != NULL)
        log_fatal("cannot translate on this host: %s; only --engine interp works here", obstacle);
    const BackendOps *b = e->backend = host_backend();
    if (!b->convention(e->guest->slots, &e->convention))
        log_fatal("no register convention for %s guests on %s hosts", e->guest->name, b->name);
    if (!code_arena_init(&e->arena, err, sizeof err))
        log_fatal("%s", err);
    FpModel model = e->guest->fp_model;
    uint32_t features = b->detect_features();
    e->config = (BackendConfig){.convention = &e->convention,
                                .fp_model = model,
                                .host_features =
                                    b->features_for ? b->features_for(features, model) : features,
                                .memory_order_relaxed = e->opt.relaxed_order,
                                .count_blocks = e->opt.stats,
                                .check = e->opt.check};
    code_arena_stubs(&e->arena, b, &e->config, e->guest->slots);
    e->enter = (void (*)(CpuState *, uint64_t))(uintptr_t)code_arena_stub(&e->arena, STUB_ENTER);
    membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE);
}

Engine *engine_new(const GuestOps *guest, const EngineOptions *opt)
{
    long page = sysconf(_SC_PAGESIZE);
    if (page != CODE_PAGE_SIZE)
        log_fatal("host pages of %ld bytes are not supported, only of %d", page, CODE_PAGE_SIZE);
    /* Its tables are large, and little of them is touched anywhere. */
    Engine *e = pages_map_huge(bits_align_up(sizeof *e, PAGES_HUGE));
    if (e == NULL)
        log_fatal("out of memory");
    e->guest = guest;
    e->opt = *opt;
    pthread_mutex_init(&e->lock, NULL);
    arena_reserve(&e->scratch, SCRATCH_SIZE); /* holds most translations */
    DG_ASSERT(guest->helpers->count <= STATE_HELPERS && guest->slots->count <= SITE_MAX_LOCS);
    if (!opt->interp)
        start_backend(e);
    if (!cache_init(&e->cache, &e->arena, e->backend))
        log_fatal("out of memory");
    fault_install();
    return e;
}

/* Waits until v is outside generated code; a vCPU that blocks in a system call is. */
static void wait_outside(Vcpu *v)
{
    struct timespec nap = {.tv_nsec = FLUSH_WAIT_NS};
    while (atomic_load(&v->epoch) != 0) {
        vcpu_kick(v);
        nanosleep(&nap, NULL);
    }
}

void engine_flush(Engine *e)
{
    atomic_store(&e->flushing, true);
    for (Vcpu *v = e->vcpus; v != NULL; v = v->next) {
        wait_outside(v);
        v->state->shadow_sp = v->state->shadow_top; /* its return addresses are gone */
    }
    stats_retire(e);
    code_pages_reset(e);
    cache_reset(&e->cache);
    e->stats.flushes++;
    /* Whoever enters next must not run what it fetched from the old code. */
    if (e->backend != NULL)
        membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE);
    atomic_store(&e->flushing, false);
}

void engine_tag_stores(Engine *e)
{
    engine_lock(e);
    if (!engine_tags_stores(e)) {
        ExclusiveMonitor *m = malloc(sizeof *m);
        if (m == NULL)
            log_fatal("out of memory");
        exclusive_init(m);
        for (Vcpu *v = e->vcpus; v != NULL; v = v->next)
            v->state->monitor = m;
        atomic_store(&e->monitor, m);
        engine_flush(e);
    }
    engine_unlock(e);
}

void engine_strip_tags(Engine *e)
{
    engine_lock(e);
    if (!atomic_exchange(&e->strips_tags, true))
        engine_flush(e);
    engine_unlock(e);
}

/* ---- vCPUs ---- */

/* A mapping with a guard page at each end; *usable = what lies between. */
static void *map_guarded(size_t size, uint8_t **usable)
{
    uint8_t *p = mmap(NULL, size + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED)
        return NULL;
    *usable = p + GUARD;
    if (mprotect(*usable, size, PROT_READ | PROT_WRITE) != 0) {
        munmap(p, size + 2 * GUARD);
        return NULL;
    }
    return p;
}

static bool init_shadow(VcpuRun *r)
{
    Vcpu *v = &r->pub;
    uint8_t *base;
    v->shadow_size = SHADOW_SIZE + 2 * GUARD;
    v->shadow_base = map_guarded(SHADOW_SIZE, &base);
    if (v->shadow_base == NULL)
        return false;
    uint64_t *top = (uint64_t *)(void *)(base + SHADOW_SIZE - SHADOW_SPARE - 16);
    for (uint32_t i = 0; i < (SHADOW_SPARE + 16) / 8; i++)
        top[i] = v->engine->cache.empty.entry;
    v->state->shadow_top = v->state->shadow_sp = (uint64_t)(uintptr_t)top;
    r->guard_low = (uint64_t)(uintptr_t)v->shadow_base;
    r->guard_high = r->guard_low + GUARD;
    return true;
}

void vcpu_x87_save(Vcpu *v)
{
    if (engine_has_x87(v->engine))
        v->guest->x87_save(v->state);
}

void vcpu_x87_load(Vcpu *v)
{
    if (engine_has_x87(v->engine))
        v->guest->x87_load(v->state);
}

/* CpuState.guest_insn: from a helper in a section, or outside of any. Of an address in the code the
 * low half does: some hypervisors move a processor's x87 from and to memory in the 32-bit form. */
static uint32_t guest_insn(CpuState *s, uint64_t *pc, uint8_t *bytes, uint32_t n)
{
    Vcpu *v = s->vcpu;
    Engine *e = v->engine;
    Site site = {.fault.pc = 0};
    uint32_t got = 0;
    uint64_t host_pc = code_arena_whole(&e->arena, *pc);
    if (e->backend == NULL || !code_arena_has_code(&e->arena, host_pc))
        return 0;
    bool outside = atomic_load(&v->epoch) == 0;
    if (outside)
        engine_lock(e);
    const Translation *t = cache_by_host(&e->cache, host_pc);
    uint64_t offset = host_pc - (uint64_t)(uintptr_t)e->arena.rx;
    bool found = t != NULL && sites_find(&t->sites, (uint32_t)(offset - t->code), &site);
    if (outside)
        engine_unlock(e);
    if (!found && host_pc != *pc)
        return 0; /* a guest's own low address after all */
    *pc = site.fault.pc;
    while (*pc != 0 && got < n && host_read(*pc + got, bytes + got, 1) == 0)
        got++;
    return got;
}

static bool init_state(VcpuRun *r, const GuestOps *guest)
{
    r->state_size = bits_align_up(sizeof(ThreadState), CODE_PAGE_SIZE);
    ThreadState *memory =
        mmap(NULL, r->state_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    r->memory = memory;
    CpuState *s = &memory->cpu;
    for (uint32_t i = 0; i < guest->helpers->count; i++)
        s->helper[i] = (uint64_t)(uintptr_t)guest->helpers->helpers[i].fn;
    s->helper[STATE_SOFT_HELPER] = (uint64_t)(uintptr_t)ir_soft_op;
    s->vcpu = &r->pub;
    s->fp_watch = engine_watches_fp(r->pub.engine) ? FP_UNWATCHED : FP_HOST_EXACT;
    s->fp_budget = engine_knows_flags(r->pub.engine) ? FP_BUDGET : 0;
    s->guest_insn = guest_insn;
    r->pub.state = s;
    if (guest->init_state != NULL)
        guest->init_state(s);
    return true;
}

static void release(VcpuRun *r)
{
    if (r->alt_stack != NULL)
        munmap(r->alt_stack, ALT_STACK_SIZE + 2 * GUARD);
    if (r->pub.shadow_base != NULL)
        munmap(r->pub.shadow_base, r->pub.shadow_size);
    if (r->memory != NULL)
        munmap(r->memory, r->state_size);
    arena_free(&r->scratch);
    free(r);
}

Vcpu *vcpu_new(Engine *e)
{
    VcpuRun *r = calloc(1, sizeof *r);
    uint8_t *usable;
    if (r == NULL)
        return NULL;
    r->pub.guest = e->guest;
    r->pub.engine = e;
    r->alt_stack = map_guarded(ALT_STACK_SIZE, &usable);
    if (r->alt_stack == NULL || !init_state(r, e->guest) || !init_shadow(r)) {
        release(r);
        return NULL;
    }
    engine_lock(e);
    cache_add_state(&e->cache, r->pub.state);
    r->pub.state->monitor = atomic_load(&e->monitor);
    r->pub.next = e->vcpus;
    e->vcpus = &r->pub;
    if (e->store != NULL && r->pub.next != NULL)
        store_share_files(e->store);
    engine_unlock(e);
    return &r->pub;
}

void vcpu_free(Vcpu *v)
{
    Engine *e = v->engine;
    engine_lock(e);
    Vcpu **p = &e->vcpus;
    while (*p != NULL && *p != v)
        p = &(*p)->next;
    if (*p == v)
        *p = v->next;
    cache_drop_state(&e->cache, v->state);
    stats_add_run(&e->stats.ended, &vcpu_run_of(v)->stats);
    engine_unlock(e);
    if (current == v)
        current = NULL;
    release(vcpu_run_of(v));
}

static void set_alt_stack(const VcpuRun *r)
{
    stack_t ss = {.ss_flags = SS_DISABLE};
    if (r != NULL)
        ss = (stack_t){.ss_sp = (uint8_t *)r->alt_stack + GUARD, .ss_size = ALT_STACK_SIZE};
    sigaltstack(&ss, NULL);
}

Vcpu *vcpu_bind(Vcpu *v)
{
    Vcpu *former = current;
    set_alt_stack(vcpu_run_of(v));
    current = v;
    return former;
}

void vcpu_unbind(Vcpu *v, Vcpu *former)
{
    (void)v;
    current = former;
    set_alt_stack(former != NULL ? vcpu_run_of(former) : NULL);
}

/* ---- fork ---- */

bool engine_before_fork(Engine *e)
{
    engine_lock(e);
    if (e->backend == NULL)
        return true;
    e->fork_copy = code_arena_copy(&e->arena);
    if (e->fork_copy == NULL)
        engine_unlock(e);
    return e->fork_copy != NULL;
}

/* In the child every other thread is gone: their vCPUs are forgotten (and their memory with them,
 * which the Linux layer may still refer to). */
static void become_child(Engine *e, Vcpu *v)
{
    pthread_mutex_init(&e->lock, NULL);
    e->vcpus = v;
    v->next = NULL;
    e->cache.states = v->state;
    v->state->next = NULL;
    e->opt.stats_file = NULL; /* the report is of the program that was started */
    e->opt.at_end = NULL;
    if (e->backend != NULL && !code_arena_adopt(&e->arena, e->fork_copy))
        log_fatal("no memory for the translated code of a forked process");
    e->fork_copy = NULL;
    if (engine_tags_stores(e))
        exclusive_forked(atomic_load(&e->monitor));
    if (e->store != NULL)
        store_forked(e->store);
}

void engine_after_fork(Engine *e, Vcpu *v, bool in_child)
{
    if (in_child) {
        become_child(e, v);
        return;
    }
    code_arena_drop_copy(&e->arena, e->fork_copy);
    e->fork_copy = NULL;
    engine_unlock(e);
}
