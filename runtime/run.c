/* run.c: the loop of a vCPU: find or make a translation, run it, see why it came back.
 *
 *     poll word set?      linux_poll
 *     no translation?     cold code: engine_lift_cold, else engine_translate, then again
 *     without code?       interpret; code that has stayed cold long enough is translated
 *     otherwise           link the exit that led here, run, and by ExitReason:
 *       EXIT_DIRECT       chain the exit to what runs next; or perform its service
 *       EXIT_INDIRECT     fill the tables that the site asked with what runs next
 *       EXIT_SITE         rebuild the state; a poll, a trap, or a helper's fault
 *       EXIT_FAULT        rebuild the state; a fault of a memory access or FP instruction
 *
 * What comes next runs in the same turn if it is there and nothing else is to be done.
 * The interpreting engine takes the same turns with interp_run in the place of generated code.
 *
 * Everything that uses pointers into the cache happens between vcpu_enter_section and
 * vcpu_leave_section; what a turn leaves for later is in an Outcome, which has none.
 */
#include <signal.h>

#include "ir/base/log.h"
#include "runtime/address_tags.h"
#include "runtime/engine.h"
#include "runtime/fault.h"
#include "runtime/host/host.h"

enum { STUCK_LIMIT = 256 };

typedef enum OutcomeKind {
    OUT_GO_ON,
    OUT_SERVICE,
    OUT_TRAP,
    OUT_FAULT,
} OutcomeKind;

typedef struct Outcome {
    OutcomeKind kind;
    uint32_t service;
    uint32_t trap, trap_arg; /* GuestTrap */
    GuestFault fault;
    bool inexact;       /* OUT_FAULT: the address is not sure */
    uint64_t region_pc; /* of the region that was left, and its mode */
    uint32_t mode;
} Outcome;

static void interpret_one(Vcpu *v);

/* ---- what a turn led to; outside any section ---- */

static void tell_fault(Vcpu *v, GuestFault *f)
{
    if (v->guest->describe_fault != NULL)
        v->guest->describe_fault(f);
    linux_fault(v, f);
}

static void take_trap(Vcpu *v, uint32_t trap, uint32_t arg)
{
    CpuState *s = v->state;
    GuestFault f;
    vcpu_run_of(v)->stats.traps++;
    if (trap == TRAP_MODE && arg != 0)
        s->fp_watch = FP_WATCHED;
    if (trap == TRAP_EXCLUSIVE)
        engine_tag_stores(v->engine);
    if (trap == TRAP_BREAKPOINT || trap == TRAP_STEP)
        s->pc += arg;
    if (trap == TRAP_X87 && v->guest->pending_fp != NULL)
        arg = v->guest->pending_fp(s);
    if (fault_of_trap(v->engine, s->pc, trap, arg, &f))
        tell_fault(v, &f);
}

static void drop_stale(Vcpu *v, const Outcome *o)
{
    Engine *e = v->engine;
    engine_lock(e);
    Translation *t = cache_find(&e->cache, o->region_pc, o->mode);
    if (t != NULL)
        code_pages_drop(e, t);
    engine_unlock(e);
}

/* Address of the instruction that ends at `end` in the region at pc, which starts as a straight
 * line of instructions (frontend/region.h). */
static uint64_t instruction_before(Vcpu *v, uint64_t pc, uint64_t end)
{
    uint8_t bytes[16];
    char text[128];
    while (pc < end) {
        uint32_t n = 0;
        while (n < sizeof bytes && guest_read(v->state, pc + n, bytes + n, 1) == 0)
            n++;
        unsigned length = v->guest->disassemble(pc, bytes, n, text, sizeof text);
        if (length == 0 || pc + length >= end)
            break;
        pc += length;
    }
    return pc;
}

static void memory_fault(Vcpu *v, const GuestFault *f);

static void perform_service(Vcpu *v, const Outcome *o)
{
    CpuState *s = v->state;
    vcpu_run_of(v)->stats.services++;
    if (o->service == IR_SERVICE_SYSCALL) {
        linux_syscall(v);
        return;
    }
    int r = v->guest->service(s, o->service);
    if (r == 0)
        return;
    s->pc = instruction_before(v, o->region_pc, s->pc);
    if (r > 0) {
        take_trap(v, (uint32_t)r - 1, 0);
    } else {
        GuestFault f = fault_recorded(s);
        memory_fault(v, &f);
    }
}

/* Whether a write that faulted at guest pc is to be repeated. A page that is open already and yet
 * faults again and again is something the guest's memory table does not know: it must not hang. */
static bool repeat_write(VcpuRun *r, Engine *e, uint64_t addr, uint64_t pc)
{
    engine_lock(e);
    WriteFault w = code_pages_write_fault(e, addr);
    engine_unlock(e);
    if (w != WRITE_OPEN || r->stuck_pc != pc)
        r->stuck_count = 0;
    r->stuck_pc = pc;
    return w == WRITE_OPENED || (w == WRITE_OPEN && ++r->stuck_count <= STUCK_LIMIT);
}

/* Copies the instruction at s->pc; returns how many bytes could be read. */
static unsigned read_instruction(const CpuState *s, uint8_t bytes[16])
{
    unsigned n = 0;
    while (n < 16 && !host_read(s->pc + n, &bytes[n], 1))
        n++;
    return n;
}

/* Whether an access to what is no address was one to the stack (GuestOps.stack_fault). */
static bool is_stack_fault(const Vcpu *v, const GuestFault *f)
{
    uint8_t bytes[16];
    if (f->kind != FAULT_SEGV || f->si_code != SI_KERNEL || v->guest->stack_fault == NULL)
        return false;
    return v->guest->stack_fault(v->state, bytes, read_instruction(v->state, bytes));
}

/* A write to a page that is closed because of translations never reaches the guest: the page is
 * opened, the instruction interpreted, and the rest goes through the dispatcher, so that code that
 * overwrites its own next instruction sees the change. */
static void memory_fault(Vcpu *v, const GuestFault *f)
{
    Engine *e = v->engine;
    VcpuRun *r = vcpu_run_of(v);
    /* Code without tags has no such address: what faulted was lifted before, if only just. */
    if (f->kind == FAULT_SEGV && v->guest->ignores_top_byte && address_has_tag(f->addr)) {
        engine_strip_tags(e);
        return;
    }
    if (f->kind == FAULT_SEGV && f->write && f->si_code != SI_KERNEL &&
        repeat_write(r, e, f->addr, v->state->pc)) {
        interpret_one(v);
        return;
    }
    r->stats.faults++;
    GuestFault told = *f;
    if (f->kind == FAULT_SEGV && !f->write && f->si_code != SI_KERNEL &&
        engine_rewrites(e, v->state->pc, v->guest->mode(v->state))) {
        told.write = true;
    } else if (is_stack_fault(v, f)) {
        told.kind = FAULT_BUS;
    }
    tell_fault(v, &told);
}

static void conclude(Vcpu *v, const Outcome *o)
{
    exclusive_release(v->state);
    switch (o->kind) {
    case OUT_GO_ON:
        break;
    case OUT_SERVICE:
        perform_service(v, o);
        break;
    case OUT_TRAP:
        if (o->trap == TRAP_STALE)
            drop_stale(v, o);
        else
            take_trap(v, o->trap, o->trap_arg);
        break;
    case OUT_FAULT:
        if (o->inexact)
            interpret_one(v);
        else
            memory_fault(v, &o->fault);
        break;
    }
}

/* ---- branches to where no code can be (GuestOps.is_pc) ---- */

static bool is_pc(const Vcpu *v, uint64_t pc)
{
    return guest_is_pc(v->guest, pc);
}

/* The indirect branch at guest pc `from` has gone to s->pc, which it may not. */
static void refuse_branch(Vcpu *v, uint64_t from, Outcome *o)
{
    uint8_t bytes[16];
    v->state->pc = from;
    v->guest->undo_branch(v->state, bytes, read_instruction(v->state, bytes));
    o->kind = OUT_TRAP;
    o->trap = TRAP_PRIVILEGED;
}

/* ---- interpreting ---- */

/* What running a region of (pc, mode) led to. */
static Outcome interpreted(Vcpu *v, uint64_t pc, uint32_t mode, const InterpResult *res)
{
    CpuState *s = v->state;
    Outcome o = {.region_pc = pc, .mode = mode};
    vcpu_run_of(v)->stats.ran_interp += res->guest_insns;
    switch (res->end) {
    case INTERP_EXIT:
        if (!is_pc(v, s->pc))
            refuse_branch(v, res->exit_pc, &o);
        break;
    case INTERP_POLL:
        break;
    case INTERP_SERVICE:
        o.kind = OUT_SERVICE;
        o.service = s->exit_arg;
        break;
    case INTERP_TRAP:
        o.kind = OUT_TRAP;
        o.trap = res->trap;
        o.trap_arg = res->trap_arg;
        break;
    case INTERP_FAULT:
        o.kind = OUT_FAULT;
        o.fault = fault_recorded(s);
        break;
    }
    return o;
}

/* Waits for a flush to end. */
static void wait_for_flush(Engine *e)
{
    engine_lock(e);
    engine_unlock(e);
}

/* Enters a section to interpret what was lifted before in these forms; false: there are others
 * meanwhile, and it must be lifted again. */
static bool enter_lifted(Vcpu *v, unsigned forms)
{
    while (!vcpu_enter_section(v, v->engine))
        wait_for_flush(v->engine);
    if (engine_forms(v->engine) == forms)
        return true;
    vcpu_leave_section(v);
    return false;
}

static void interpret_one(Vcpu *v)
{
    Engine *e = v->engine;
    Arena *arena = &vcpu_run_of(v)->scratch;
    const Region *r;
    unsigned forms;
    do { /* in the section failed accesses come back as faults */
        forms = engine_forms(e);
        arena_reset(arena);
        r = engine_lift_one(e, arena, v->state->pc, v->guest->mode(v->state));
    } while (!enter_lifted(v, forms));
    uint64_t pc = v->state->pc;
    vcpu_x87_save(v);
    InterpResult res = interp_run_region(r, v->state, &(InterpLimits){.insns = 1});
    Outcome o = interpreted(v, pc, v->guest->mode(v->state), &res);
    vcpu_x87_load(v);
    vcpu_leave_section(v);
    arena_reset(arena);
    conclude(v, &o);
}

typedef struct Heat { /* two bits of a byte */
    _Atomic uint8_t *byte;
    unsigned shift;
} Heat;

static Heat heat_of(Engine *e, uint64_t pc)
{
    uint64_t n = (pc >> 3 ^ pc >> (HEAT_BITS + 3)) & ((1u << HEAT_BITS) - 1);
    return (Heat){&e->heat[n / 4], n % 4 * 2};
}

static void set_warm(const Vcpu *v, uint64_t pc)
{
    Heat h = heat_of(v->engine, pc);
    atomic_fetch_or_explicit(h.byte, (uint8_t)(HEAT_WARM << h.shift), memory_order_relaxed);
}

/* How often the code at pc has been lifted to be interpreted; once more now, unless it is warm. If
 * threads do this at once a count may get lost. */
static unsigned warm_up(const Vcpu *v, uint64_t pc)
{
    Heat h = heat_of(v->engine, pc);
    uint8_t byte = atomic_load_explicit(h.byte, memory_order_relaxed);
    unsigned n = byte >> h.shift & HEAT_WARM;
    if (n < HEAT_WARM)
        atomic_compare_exchange_strong_explicit(h.byte, &byte, (uint8_t)(byte + (1u << h.shift)),
                                                memory_order_relaxed, memory_order_relaxed);
    return n;
}

/* What led here is tied to nothing. */
static void forget_pending(VcpuRun *run)
{
    run->pending_exit = NULL;
    run->pending_lookup = false;
}

/* A loop is left at its head after a few turns, so that it becomes warm there. */
static const InterpLimits *cold_limits(Engine *e, InterpLimits *limits)
{
    enum { TURNS = 16 };
    *limits = (InterpLimits){.polls = TURNS, .ran = &e->ran};
    return limits;
}

/* Interprets what was lifted in these forms for one run, into the scratch arena. */
static void interpret_once(Vcpu *v, const PackedRegion *p, uint32_t mode, unsigned forms)
{
    VcpuRun *run = vcpu_run_of(v);
    InterpLimits limits;
    uint64_t pc = v->state->pc;
    forget_pending(run);
    if (!enter_lifted(v, forms)) {
        arena_reset(&run->scratch);
        return;
    }
    InterpResult res = interp_run(p, v->state, cold_limits(v->engine, &limits));
    Outcome o = interpreted(v, pc, mode, &res);
    vcpu_leave_section(v);
    arena_reset(&run->scratch);
    conclude(v, &o);
}

/* Tier 0: the region is interpreted until it has run often enough to be translated. What is made
 * for that is kept where a change of its bytes would be noticed, as a translation without code;
 * else it is made anew each time. False: it is to be translated now. The x87 unit keeps the guest's
 * state meanwhile: the interpreter does not touch it. Where no code can be there is no translation
 * for branches to find. */
static bool stay_cold(Vcpu *v, uint32_t mode)
{
    Engine *e = v->engine;
    uint64_t pc = v->state->pc;
    if (e->backend == NULL)
        return false;
    if (is_pc(v, pc)) {
        unsigned runs = warm_up(v, pc);
        if (runs >= HEAT_WARM || runs >= e->opt.cold_runs || engine_wants(e, pc, mode))
            return false;
    }
    unsigned forms = engine_forms(e);
    ColdCode code = engine_lift_cold(e, &vcpu_run_of(v)->scratch, pc, mode);
    if (code.kind == COLD_ONCE)
        interpret_once(v, code.once, mode, forms);
    return code.kind != COLD_TRANSLATE;
}

static bool is_exhausted(const Translation *t)
{
    return t->cold && atomic_load_explicit(&t->cold_left, memory_order_relaxed) <= 0;
}

static bool is_of(const Translation *t, uint64_t pc, uint32_t mode)
{
    return t != NULL && t->header.pc == pc && t->mode == mode && !atomic_load(&t->dead);
}

/* cache_find of what comes after t, which is interpreted and knows what mostly does: either way of
 * a branch. */
static Translation *find_after(Engine *e, Translation *t, uint64_t pc, uint32_t mode)
{
    Translation *n = atomic_load_explicit(&t->then[0], memory_order_acquire);
    if (is_of(n, pc, mode))
        return n;
    Translation *other = atomic_load_explicit(&t->then[1], memory_order_acquire);
    if (is_of(other, pc, mode))
        return other;
    bool keep = n != NULL && !atomic_load(&n->dead);
    Translation *found = cache_find(&e->cache, pc, mode);
    if (found != NULL) {
        if (keep)
            atomic_store_explicit(&t->then[1], n, memory_order_release);
        atomic_store_explicit(&t->then[0], found, memory_order_release);
    }
    return found;
}

/* What a run costs is mostly waiting for its region to come from memory (Translation). */
static void prefetch(const Translation *t)
{
    enum { BYTES = 384, LINE = 64 };
    for (unsigned at = 0; t != NULL && at < BYTES; at += LINE)
        __builtin_prefetch((const char *)t + at);
}

/* Runs t, and what comes after it for as long as that is cold too and nothing is to be done.
 * *after: what comes then, if it is there and not cold. */
static Outcome run_cold(Vcpu *v, Translation *t, Translation **after)
{
    Engine *e = v->engine;
    CpuState *s = v->state;
    InterpLimits limits;
    cold_limits(e, &limits);
    forget_pending(vcpu_run_of(v));
    for (;;) {
        prefetch(atomic_load_explicit(&t->then[0], memory_order_relaxed));
        prefetch(atomic_load_explicit(&t->then[1], memory_order_relaxed));
        InterpResult res = interp_run(t->packed, s, &limits);
        uint64_t n = res.guest_insns > t->guest_insns ? res.guest_insns : t->guest_insns;
        int32_t left = atomic_load_explicit(&t->cold_left, memory_order_relaxed);
        /* Threads that do the same at once may lose a run of one. */
        atomic_store_explicit(&t->cold_left, left - (int32_t)n, memory_order_relaxed);
        Translation *next = NULL;
        if (res.end == INTERP_EXIT && !atomic_load(&s->poll))
            next = find_after(e, t, s->pc, v->guest->mode(s));
        if (next == NULL || !next->cold || is_exhausted(next)) {
            *after = next != NULL && !next->cold ? next : NULL;
            return interpreted(v, t->header.pc, t->mode, &res);
        }
        vcpu_run_of(v)->stats.ran_interp += res.guest_insns;
        t = next;
    }
}

static Outcome run_packed(Vcpu *v, Translation *t, Translation **after)
{
    if (t->cold)
        return run_cold(v, t, after);
    InterpResult res = interp_run(t->packed, v->state, &(InterpLimits){0});
    return interpreted(v, t->header.pc, t->mode, &res);
}

/* ---- running translations ---- */

/* Hints that miss are reported now and then: less and less often where translations take each
 * other's place, as reporting is dear. */
static void expose_hint(VcpuRun *r, Engine *e, Translation *t)
{
    enum { PERIOD_LEAST = 4, PERIOD_MOST = 1 << 12 };
    if (r->pending_hint == HINT_NONE)
        return;
    bool displaced = cache_expose_hint(&e->cache, t, r->pub.state, r->pending_hint);
    int32_t period = displaced ? r->hint_period * 2 : PERIOD_LEAST;
    r->hint_period = period < PERIOD_MOST ? period : PERIOD_MOST;
    r->pub.state->hint_credit = r->hint_period;
}

/* Ties what the last turn left open to t: both are only tried, for nothing depends on them. */
static void link_pending(VcpuRun *r, Engine *e, Translation *t)
{
    if (r->pending_exit == NULL && !r->pending_lookup)
        return;
    if (!engine_try_lock(e)) {
        r->pending_exit = NULL;
        r->pending_lookup = false;
        return;
    }
    if (r->pending_generation == e->cache.generation) {
        if (r->pending_exit != NULL && r->pending_exit->from->mode == t->mode &&
            r->pending_exit->site.pc == t->header.pc) {
            cache_chain(&e->cache, r->pending_exit, t);
            e->stats.chained++;
        }
        if (r->pending_lookup && r->table_mode == t->mode) { /* the site's mode */
            cache_expose(&e->cache, t, r->pub.state);
            expose_hint(r, e, t);
        }
    }
    engine_unlock(e);
    r->pending_exit = NULL;
    r->pending_lookup = false;
}

static void use_table(VcpuRun *r, Engine *e, uint32_t mode)
{
    CpuState *s = r->pub.state;
    if (s->lookup != NULL && r->table_mode == mode)
        return;
    if (s->lookup != NULL)
        cache_clear_jumps(&e->cache, s);
    s->lookup = cache_table(&e->cache, mode);
    s->shadow_sp = s->shadow_top; /* return addresses on it are of the other mode's code */
    r->table_mode = mode;
}

static Exit *exit_at(VcpuRun *r, const Engine *e, uint64_t site)
{
    KnownExit *k = &r->exits[(site ^ site >> 8) % KNOWN_EXITS];
    if (k->site != site || k->generation != e->cache.generation)
        *k = (KnownExit){site, e->cache.generation, cache_exit(&e->cache, site)};
    return k->exit;
}

static Outcome left_directly(VcpuRun *r, Engine *e)
{
    CpuState *s = r->pub.state;
    Exit *x = exit_at(r, e, s->exit_site);
    if (x == NULL)
        log_bug(__FILE__, __LINE__, "no exit at host pc %#llx", (unsigned long long)s->exit_site);
    Outcome o = {.region_pc = x->from->header.pc, .mode = x->from->mode};
    s->pc = x->site.pc;
    if (x->site.kind == IR_EXIT_SERVICE) {
        o.kind = OUT_SERVICE;
        o.service = x->site.service;
    } else {
        r->pending_exit = x;
        r->pending_generation = e->cache.generation;
    }
    return o;
}

/* Decodes the site at host_pc to r->site; `back`: 1 if host_pc is a return address. */
static const Translation *find_site(VcpuRun *r, Engine *e, uint64_t host_pc, unsigned back)
{
    const Translation *t = cache_by_host(&e->cache, host_pc - back);
    uint64_t offset = host_pc - (uint64_t)(uintptr_t)e->arena.rx - (t != NULL ? t->code : 0);
    if (t == NULL || !sites_find(&t->sites, (uint32_t)offset, &r->site))
        log_bug(__FILE__, __LINE__, "no site at host pc %#llx", (unsigned long long)host_pc);
    return t;
}

static Outcome left_indirectly(VcpuRun *r, Engine *e)
{
    CpuState *s = r->pub.state;
    if (s->shadow_sp > s->shadow_top) /* the sentinel was taken for a return (engine.c) */
        s->shadow_sp = s->shadow_top;
    r->pending_hint = s->missed_hint;
    s->missed_hint = HINT_NONE;
    if (!is_pc(&r->pub, s->pc)) {
        Outcome o = {0};
        find_site(r, e, s->exit_site, 0);
        refuse_branch(&r->pub, r->site.fault.pc, &o);
        return o;
    }
    r->pending_lookup = true;
    r->pending_generation = e->cache.generation;
    return (Outcome){0};
}

/* Rebuilds the state at a site (find_site). */
static const Translation *rebuild(VcpuRun *r, Engine *e, uint64_t host_pc, unsigned back)
{
    CpuState *s = r->pub.state;
    const Translation *t = find_site(r, e, host_pc, back);
    sites_rebuild(s, e->guest->slots, &e->convention, &r->site, t->sites.vconsts, &s->area);
    s->pc = r->site.fault.pc;
    return t;
}

static Outcome left_at_site(VcpuRun *r, Engine *e)
{
    const Translation *t = rebuild(r, e, r->pub.state->exit_site, 1);
    Outcome o = {.region_pc = t->header.pc, .mode = t->mode};
    switch ((SiteKind)r->site.fault.kind) {
    case SITE_POLL:
        break;
    case SITE_TRAP:
        o.kind = OUT_TRAP;
        o.trap = r->site.fault.trap - 1u;
        o.trap_arg = r->site.fault.trap_arg;
        break;
    case SITE_FAULT: /* a helper reports a fault that it has recorded */
        o.kind = OUT_FAULT;
        o.fault = fault_recorded(r->pub.state);
        break;
    case SITE_BRANCH:
        DG_UNREACHABLE();
    }
    return o;
}

static Outcome left_by_fault(VcpuRun *r, Engine *e)
{
    const Translation *t = rebuild(r, e, r->pub.state->exit_site, 0);
    Outcome o = {.kind = OUT_FAULT, .region_pc = t->header.pc, .mode = t->mode};
    o.fault = r->fault;
    bool blind = o.fault.si_code == SI_KERNEL && !e->guest->canonical_only;
    o.inexact = o.fault.kind == FAULT_SEGV && (blind || !host_fault_address_exact());
    if (o.fault.kind == FAULT_FPE)
        o.fault.addr = r->pub.state->pc;
    return o;
}

static Outcome run_code(VcpuRun *r, Engine *e, const Translation *t)
{
    CpuState *s = r->pub.state;
    use_table(r, e, t->mode);
    if (engine_knows_flags(e))
        fp_settle(s);
    e->enter(s, t->header.entry);
    r->stats.exits[s->exit_reason & 7]++;
    switch ((ExitReason)s->exit_reason) {
    case EXIT_DIRECT:
        return left_directly(r, e);
    case EXIT_INDIRECT:
        return left_indirectly(r, e);
    case EXIT_SITE:
        return left_at_site(r, e);
    case EXIT_FAULT:
        return left_by_fault(r, e);
    }
    log_bug(__FILE__, __LINE__, "unknown exit reason %u", s->exit_reason);
}

/* ---- the loop ---- */

/* Runs t, and what comes after it for as long as that is there and nothing is to be done. */
static Outcome run_from(Vcpu *v, Translation *t)
{
    Engine *e = v->engine;
    VcpuRun *r = vcpu_run_of(v);
    CpuState *s = v->state;
    for (;;) {
        Translation *after = NULL;
        if (!t->cold)
            link_pending(r, e, t);
        Outcome o = t->packed == NULL ? run_code(r, e, t) : run_packed(v, t, &after);
        if (o.kind != OUT_GO_ON || atomic_load(&s->poll) || atomic_load(&e->flushing))
            return o;
        if (after == NULL && !t->cold)
            after = cache_find(&e->cache, s->pc, v->guest->mode(s));
        if (after == NULL || is_exhausted(after))
            return o;
        exclusive_release(s);
        t = after;
    }
}

static void turn(Vcpu *v)
{
    Engine *e = v->engine;
    uint32_t mode = v->guest->mode(v->state);
    if (!vcpu_enter_section(v, e)) {
        wait_for_flush(e);
        return;
    }
    Translation *t = cache_find(&e->cache, v->state->pc, mode);
    if (t == NULL || is_exhausted(t)) {
        vcpu_leave_section(v);
        if (t == NULL && stay_cold(v, mode))
            return;
        set_warm(v, v->state->pc);
        engine_translate(e, v->state, mode);
        return;
    }
    Outcome o = run_from(v, t);
    vcpu_leave_section(v);
    conclude(v, &o);
}

static void handle_poll(Vcpu *v)
{
    VcpuRun *r = vcpu_run_of(v);
    /* Cleared first: an event that comes while the others are looked at sets it again. */
    atomic_store(&v->state->poll, 0);
    r->stats.polls++;
    uint64_t pc = atomic_exchange(&r->misaligned_pc, 0);
    if (pc != 0)
        engine_mark_misaligned(v->engine, pc);
    linux_poll(v);
}

int vcpu_run(Vcpu *v)
{
    Vcpu *former = vcpu_bind(v);
    vcpu_x87_load(v);
    while (!v->exiting) {
        if (atomic_load(&v->state->poll))
            handle_poll(v);
        else
            turn(v);
    }
    vcpu_x87_save(v);
    vcpu_unbind(v, former);
    return v->exit_status;
}
