/* engine.h: the process-wide engine behind vcpu.h: what its own files share.
 *
 * Locking. One lock, Engine.lock, guards everything that is not said to be lock-free: the code
 * arena, changes of the cache, the guest memory table, code pages, the list of vCPUs, statistics
 * and the scratch arena of translation. It is never held while guest code runs, nor by anything a
 * signal handler does.
 *
 * Sections. A thread that runs translations, or holds pointers into the cache without the lock, is
 * in a section: its Vcpu.epoch is not 0. A flush takes the lock, sets `flushing`, and waits until
 * every vCPU's epoch is 0; so
 *   - a thread in a section never waits for the lock (it may try it: engine_try_lock)
 *   - a pointer into the cache does not outlive its section, except together with the cache's
 *     generation number, compared under the lock or inside the next section
 *
 * Order: vcpu_enter_section stores epoch, then loads `flushing`; a flush stores `flushing`, then
 * loads the epochs; all four sequentially consistent, so at least one sees the other. What was done
 * in a section comes before the release that ends it.
 */
#ifndef DRAGOMAN_RUNTIME_ENGINE_H
#define DRAGOMAN_RUNTIME_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "frontend/exclusive.h"
#include "runtime/cache.h"
#include "runtime/code_arena.h"
#include "runtime/code_pages.h"
#include "runtime/mem_table.h"
#include "runtime/stats.h"
#include "runtime/vcpu.h"

enum {
    DMB_SET = 1024, /* guest instructions known to access misaligned; a power of two */
    HEAT_BITS = 20,
    HEAT_WARM = 3, /* how often code is lifted to be interpreted */
};

struct Engine {
    const GuestOps *guest;
    const BackendOps *backend; /* NULL: interpreting */
    EngineOptions opt;
    Convention convention;
    BackendConfig config;
    void (*enter)(CpuState *, uint64_t entry); /* STUB_ENTER */

    pthread_mutex_t lock;
    CodeArena arena;
    Cache cache;
    MemTable mem;
    CodePages pages;
    Arena scratch; /* of the translation under way */
    Vcpu *vcpus;
    Stats stats;
    struct Store *store;       /* translations on disk; NULL: none */
    uint64_t optimised;        /* regions so far, for max_optimised */
    uint64_t dmb_pcs[DMB_SET]; /* hash set of guest pcs, 0 = free */
    bool any_dmb;              /* it is not empty */

    /* By guest pc: how often it was lifted to be interpreted, HEAT_WARM: and is to be translated
     * from now on; four to a byte. Those that share a number are translated the sooner. Neighbours
     * lie together, so that little code touches few cache lines of it. */
    _Atomic uint8_t heat[1 << (HEAT_BITS - 2)];
    RanBlocks ran; /* when interpreted */

    _Atomic bool strips_tags; /* addresses are translated without tags (address_tags.h); likewise */
    _Atomic(ExclusiveMonitor *) monitor; /* not NULL: stores are tagged; set once, by a flush */
    _Atomic bool flushing;
    void *fork_copy; /* the arena's copy between before and after fork */
};

/* An exit by what its stub reports: those to cold code are left by again and again. */
enum { KNOWN_EXITS = 256 };
typedef struct KnownExit {
    uint64_t site, generation; /* of the cache */
    Exit *exit;
} KnownExit;

/* What the engine keeps for a vCPU beyond vcpu.h. */
typedef struct VcpuRun {
    Vcpu pub;            /* first: a Vcpu * is a VcpuRun * */
    void *alt_stack;     /* mapping of the signal stack, guard page included */
    ThreadState *memory; /* of pub.state */
    size_t state_size;
    Arena scratch;                  /* of the instruction or cold region being interpreted */
    GuestFault fault;               /* of EXIT_FAULT, left by the fault handler */
    Site site;                      /* decoded for rebuilding the state, or in the fault handler */
    uint64_t guard_low, guard_high; /* shadow stack: faults in this range are overflows */
    Exit *pending_exit;             /* to be chained to the next translation entered.. */
    bool pending_lookup;            /* ..or exposed to indirect jumps.. */
    uint32_t pending_hint;          /* ..and to exits with a hint of this index, or HINT_NONE */
    int32_t hint_period;            /* misses until the next one is reported */
    uint64_t pending_generation;
    uint32_t table_mode;  /* mode of CpuState.lookup */
    uint64_t stuck_pc;    /* guest pc of the last write fault on a closed or open page.. */
    uint32_t stuck_count; /* ..and how often it came again with nothing to open */
    RunStats stats;
    KnownExit exits[KNOWN_EXITS];
    _Atomic uint64_t misaligned_pc; /* guest pc of an access to retranslate; 0: none */
} VcpuRun;

/* Guests' x87 state is in the host's unit while they run (vcpu_x87_save). */
static inline bool engine_has_x87(const Engine *e)
{
    return e->backend != NULL && e->backend->x87_unit && e->guest->x87_load != NULL;
}

/* Whether translations keep CpuState.fp_known. */
static inline bool engine_knows_flags(const Engine *e)
{
    return e->backend != NULL && (e->backend->known_flags >> e->guest->fp_model & 1) != 0;
}

/* Whether code for exact FP flags is other code (CpuState.fp_watch). */
static inline bool engine_watches_fp(const Engine *e)
{
    return e->backend != NULL && e->backend->fp_inexact != NULL &&
           e->backend->fp_inexact(e->config.host_features, e->guest->fp_model);
}

static inline bool engine_tags_stores(const Engine *e)
{
    return atomic_load(&e->monitor) != NULL;
}

/* Which other code all regions have become while the process ran, since they were lifted or kept.
 */
enum { FORM_TAGGED_STORES = 1, FORM_UNTAGGED = 2 };
static inline unsigned engine_forms(const Engine *e)
{
    return (engine_tags_stores(e) ? FORM_TAGGED_STORES : 0u) |
           (atomic_load(&e->strips_tags) ? FORM_UNTAGGED : 0u);
}

static inline VcpuRun *vcpu_run_of(Vcpu *v)
{
    return (VcpuRun *)v;
}

static inline void engine_lock(Engine *e)
{
    pthread_mutex_lock(&e->lock);
}
static inline bool engine_try_lock(Engine *e)
{
    return pthread_mutex_trylock(&e->lock) == 0;
}
static inline void engine_unlock(Engine *e)
{
    pthread_mutex_unlock(&e->lock);
}

static inline void vcpu_leave_section(Vcpu *v)
{
    atomic_store_explicit(&v->epoch, 0, memory_order_release);
}

/* False: a flush is under way; take and drop the lock and start over. */
static inline bool vcpu_enter_section(Vcpu *v, Engine *e)
{
    atomic_store(&v->epoch, 1);
    if (!atomic_load(&e->flushing))
        return true;
    vcpu_leave_section(v);
    return false;
}

/* Drops all translations; the caller holds the lock and is not in a section. */
void engine_flush(Engine *e);

/* From here on stores are tagged (frontend/exclusive.h), or addresses have no tags. Not in a
 * section, lock not held. */
void engine_tag_stores(Engine *e);
void engine_strip_tags(Engine *e);

/* Makes the calling thread v's: vcpu_current and the signal stack. Returns the former vCPU. */
Vcpu *vcpu_bind(Vcpu *v);
void vcpu_unbind(Vcpu *v, Vcpu *former);

/* translate.c: makes a translation of (s->pc, mode) exist, s being the state of the thread that is
 * about to run it. Not in a section, lock not held. */
void engine_translate(Engine *e, const CpuState *s, uint32_t mode);
/* Copies guest code for LiftRequest.fetch, `engine` an Engine, without write-tracking the pages it
 * comes from; returns how many of the n bytes are executable and readable. */
uint32_t engine_fetch_untracked(void *engine, uint64_t addr, uint8_t *buf, uint32_t n);
typedef enum ColdKind {
    COLD_KEPT,      /* for several runs: the cache has it as a cold translation */
    COLD_ONCE,      /* for one run: its bytes may change unnoticed, or no code can be there */
    COLD_TRANSLATE, /* it cannot be interpreted */
} ColdKind;
typedef struct ColdCode {
    ColdKind kind;
    const PackedRegion *once; /* of COLD_ONCE */
} ColdCode;
/* Lifts a short region at (pc, mode) to be interpreted, for one run into arena. Not in a section,
 * lock not held. */
ColdCode engine_lift_cold(Engine *e, Arena *arena, uint64_t pc, uint32_t mode);
/* Lifts exactly one instruction at pc for the interpreter, into arena. */
const Region *engine_lift_one(Engine *e, Arena *arena, uint64_t pc, uint32_t mode);
/* Whether the instruction at pc reads memory only to write it back: x86 calls a fault of its read a
 * write. */
bool engine_rewrites(Engine *e, uint64_t pc, uint32_t mode);
/* Whether the store is for translating (pc, mode) at once (store_wants). Lock not held. */
bool engine_wants(Engine *e, uint64_t pc, uint32_t mode);
/* kept.c: writes what the store has gathered, unless another thread is at it. Lock not held. */
void engine_write_kept(Engine *e);
/* Later translations use the barrier form for the access at pc; those at hand are invalidated. */
void engine_mark_misaligned(Engine *e, uint64_t pc);

#endif
