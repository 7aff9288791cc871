/* cache.h: the translation cache: what has been translated, and who jumps to whom.
 *
 * A translation is found by {guest pc, mode word}, by its host code address (faults and exits), and
 * by generated code itself: through the jump table of its thread (JumpTable) and through
 * EntryHeaders: one lookup table for each mode word, indexed by pc. An empty entry points to a
 * header that leads to the miss stub. A jump table holds translations of its thread's mode only.
 *
 * Who may do what:
 *  - every change is made under the engine's lock
 *  - cache_find and cache_by_host are lock-free; they and everything they return may be used only
 *    inside a section (vcpu_enter_section .. vcpu_leave_section of engine.h), and by the fault
 *    handler of a thread that is inside one
 *  - invalidating takes a translation out of reach: unchained, in no table, not found any more. Its
 *    memory stays until a flush, and what it is chained to itself stays right, so that it can be
 *    brought back (source_copy.h)
 *  - a flush (cache_flush) waits until no thread is in a section, then drops everything
 *
 * Chaining: exit 3 of T(0x401000) leads to 0x401020. The first time it leaves to C, which finds
 * T(0x401020), patches the exit's jump and puts the exit on T(0x401020)'s list of incoming edges.
 * To invalidate T(0x401020) each of these is patched back to its own stub.
 */
#ifndef DRAGOMAN_RUNTIME_CACHE_H
#define DRAGOMAN_RUNTIME_CACHE_H

#include <stdatomic.h>

#include "runtime/code_arena.h"
#include "runtime/sites.h"
#include "runtime/source_copy.h"

typedef struct Translation Translation;
typedef _Atomic(const EntryHeader *) HeaderCell;

typedef struct Exit {
    ExitSite site;
    Translation *from;
    Translation *to;      /* chained to, or NULL */
    struct Exit *next_in; /* in to->incoming */
} Exit;

/* A place in threads' hint tables that a translation has, or once had. */
typedef struct HintUse {
    uint32_t index;
    struct HintUse *next;
} HintUse;

/* What finding and running it needs stands first, in 64 bytes. A packed one ends there
 * (PACKED_BYTES), and what is packed follows it in memory. */
struct Translation {
    EntryHeader header; /* what generated code sees */
    uint32_t mode;
    uint32_t guest_insns;
    _Atomic(Translation *) next;    /* hash chain */
    const PackedRegion *packed;     /* is interpreted: there is no code */
    _Atomic(Translation *) then[2]; /* what ran after it the last times, if it is packed */
    _Atomic int32_t cold_left;      /* guest instructions to go */
    bool cold;                      /* ..while it is packed for having run too rarely */
    _Atomic bool dead;              /* invalidated; changed under the lock */

    bool checked;        /* checks its own source bytes */
    uint32_t code, size; /* range in the code arena */
    uint64_t unpolled;   /* the entry behind its poll */
    uint32_t guest_bytes;
    uint64_t guest_end; /* highest end of the guest code it was made from */
    SiteTable sites;
    Exit *exits;
    uint32_t nexits;
    Exit *incoming;
    HintUse *hints;
    uint64_t *counters; /* --stats */
    BlockCost *costs;
    uint32_t ncosts;
    _Atomic uint32_t misaligned; /* accesses the fault handler had to perform */
    const SourceCopy *source;    /* what it stands for; NULL: not kept */
    Translation *next_retired;
};

enum { PACKED_BYTES = offsetof(Translation, checked) };

enum {
    CACHE_BUCKETS = 1 << 17,
    CACHE_MODES = 64,
    CACHE_MAX_TRANSLATIONS = 1 << 20,
    CACHE_RETIRED = 1 << 10,
};

typedef struct ModeTable {
    uint32_t mode;
    HeaderCell *table;
} ModeTable;

typedef struct Cache {
    CodeArena *arena;
    const BackendOps *backend; /* NULL: interpreting */
    Arena meta;                /* everything that lives until the next flush */
    uint64_t meta_bytes;       /* estimate of what meta holds besides compiled code: packed regions
                                  with their translations, and what grows when translations come back */
    EntryHeader empty;
    _Atomic(Translation *) buckets[CACHE_BUCKETS];
    Translation **by_code;  /* in order of code address */
    uint32_t *code_start;   /* of each, to be searched */
    _Atomic uint32_t count; /* of by_code.. */
    uint32_t limit;         /* ..at most */
    ModeTable modes[CACHE_MODES];
    _Atomic uint32_t nmodes;
    uint64_t generation; /* flushes so far */
    CpuState *states;    /* whose jump tables may name translations */
    /* Invalidated translations with a copy of their source, by hash of pc: the latest of each. */
    Translation *retired[CACHE_RETIRED];
} Cache;

/* c is zeroed. False: no memory. */
bool cache_init(Cache *c, CodeArena *arena, const BackendOps *backend);

/* ---- lock-free, inside a section ---- */

Translation *cache_find(const Cache *c, uint64_t pc, uint32_t mode);
/* Whose code host_pc is in. The return address of a call may be the end of the code: look up the
 * byte before it. */
Translation *cache_by_host(const Cache *c, uint64_t host_pc);
/* The exit whose stub reports exit_site; NULL if none. */
Exit *cache_exit(const Cache *c, uint64_t exit_site);
/* Mode's lookup table; NULL if it has none yet. */
HeaderCell *cache_table(const Cache *c, uint32_t mode);

/* ---- under the engine's lock ---- */

HeaderCell *cache_make_table(Cache *c, uint32_t mode);
/* Copies, relocates and publishes compiled code with its packed sites; NULL when there is no room.
 */
Translation *cache_publish(Cache *c, const CompiledCode *cc, const SiteTable *sites, uint32_t mode);
/* Publishes a lifted region to be interpreted; cold_left: 0, or for how many instructions. */
Translation *cache_publish_packed(Cache *c, uint64_t pc, uint32_t mode, const Region *r,
                                  uint32_t guest_insns, int32_t cold_left);
void cache_chain(Cache *c, Exit *x, Translation *to);
/* Makes generated code find t without C: by the lookup table and s's jump table. The caller's
 * thread is s's. */
void cache_expose(Cache *c, Translation *t, CpuState *s);
/* So that exits whose hint has this index find t too. True if another translation stood there. */
bool cache_expose_hint(Cache *c, Translation *t, CpuState *s, uint32_t index);
/* A thread's state comes and goes. */
void cache_add_state(Cache *c, CpuState *s);
void cache_drop_state(Cache *c, CpuState *s);
/* Empties the jump and hint tables; its thread is not in generated code. */
void cache_clear_jumps(const Cache *c, CpuState *s);
void cache_invalidate(Cache *c, Translation *t);
/* The invalidated translation of (pc, mode), taken out; NULL if none was kept. */
Translation *cache_take_retired(Cache *c, uint64_t pc, uint32_t mode);
/* Makes it a translation like others again: the bytes that it was made from are there again. */
void cache_revive(Cache *c, Translation *t);
/* What was invalidated so far does not come back. */
void cache_forget_retired(Cache *c);
/* Drops everything. No thread is in a section. */
void cache_reset(Cache *c);
bool cache_full(const Cache *c);

#endif
