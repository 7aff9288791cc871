/* stats.h: what --stats reports. Guarded by the engine's lock; exits by kind are counted by each
 * vCPU's own thread and may lose a count between threads, which is good enough. */
#ifndef DRAGOMAN_RUNTIME_STATS_H
#define DRAGOMAN_RUNTIME_STATS_H

#include <stdint.h>

typedef struct Stats {
    uint64_t translations, guest_insns, guest_bytes, host_bytes;
    uint64_t ran_guest, ran_host; /* instructions executed by dropped translations */
    uint64_t ran_interp;          /* guest instructions interpreted */
    uint64_t translate_ns;
    uint64_t refused;  /* regions compiled again because they were too large */
    uint64_t exits[8]; /* by ExitReason */
    uint64_t services, polls, traps, faults;
    uint64_t chained;
    uint64_t invalidated, flushes, page_opens, checked;
} Stats;

struct Engine;
/* Adds the block counters of all translations to the totals, before they are dropped. */
void stats_retire(struct Engine *e);

#endif
