/* exclusive.h: load-exclusive and store-exclusive pairs (LDXR and STXR, LR and SC), for every
 * guest.
 *
 * Two forms, of which a process starts with the first:
 *
 *  - values: a store-exclusive is a compare-and-swap with what was loaded. Right only where nothing
 *    else is read from memory between the two instructions: then the load could have been made just
 *    before the store, and no program can tell a value that came back from one that stayed. The
 *    frontend lets it be so where it sees both instructions and what is between them; all other
 *    store-exclusives leave by TRAP_EXCLUSIVE, and that turns on
 *  - tags (LiftRequest.tag_stores), for the whole process, all code being translated anew: each
 *    granule of memory has a version (granules share them by hash). Whoever writes, by a plain
 *    store, an atomic or a store-exclusive, moves the version on first. A load-exclusive remembers
 *    the version, and a store-exclusive stores only if nobody else has moved it on since, with the
 *    granule locked while it does:
 *
 *        load-exclusive    exclusive_watch(at); value = load at
 *        store             exclusive_touch(at); store at
 *        store-exclusive   if exclusive_lock(at): swap if memory has value; exclusive_unlock
 *
 *    A writer waits while the granule is locked. So what a store-exclusive misses is only a store
 *    whose thread was held up between the two halves of its line above since before the
 *    load-exclusive; a single one of those changes the value, which is compared, so it takes two
 *    such threads at once, which write one value and then the old one.
 *
 * What the kernel writes, and other processes in shared memory, is told by the value alone.
 */
#ifndef DRAGOMAN_FRONTEND_EXCLUSIVE_H
#define DRAGOMAN_FRONTEND_EXCLUSIVE_H

#include <stdatomic.h>

#include "ir/state.h"

enum { EXCLUSIVE_VERSIONS = 4096, EXCLUSIVE_GRANULE = 16 };

/* Even: free, and never 0; odd: locked. */
typedef struct ExclusiveMonitor {
    _Atomic uint64_t version[EXCLUSIVE_VERSIONS];
} ExclusiveMonitor;

void exclusive_init(ExclusiveMonitor *m);
/* For a child of fork: what other threads had locked is free. */
void exclusive_forked(ExclusiveMonitor *m);
/* For the runtime: frees what a store-exclusive that faulted had locked. */
void exclusive_release(CpuState *s);

/* The helpers (exclusive.def). An access of up to 16 bytes lies in one granule, if it is aligned;
 * `size` matters to exclusive_touch, whose need not be. exclusive_lock: 0 if it is too late. */
void exclusive_watch(CpuState *s, uint64_t at);
void exclusive_touch(CpuState *s, uint64_t at, uint32_t size);
uint32_t exclusive_lock(CpuState *s, uint64_t at);
void exclusive_unlock(CpuState *s, uint32_t stored);

#endif
