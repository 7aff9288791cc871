/* stats.h: what --stats and --stats-file report.
 *
 * Stats is the engine's, under its lock. RunStats is counted by each vCPU for itself and added to
 * the engine's when the vCPU ends; the report reads those of running vCPUs as they are.
 */
#ifndef DRAGOMAN_RUNTIME_STATS_H
#define DRAGOMAN_RUNTIME_STATS_H

#include <stdint.h>

typedef struct RunStats {
    uint64_t ran_interp; /* guest instructions interpreted */
    uint64_t exits[8];   /* by ExitReason */
    uint64_t services, polls, traps, faults;
} RunStats;

typedef struct Stats {
    RunStats ended; /* of vCPUs that are gone */
    uint64_t translations, guest_insns, guest_bytes, host_bytes;
    uint64_t ran_guest, ran_host; /* instructions executed by dropped translations */
    uint64_t translate_ns;
    uint64_t cold_runs, cold_insns; /* regions lifted for a few runs, instructions in them */
    uint64_t refused;               /* regions compiled again because they were too large */
    uint64_t exits[8];              /* by ExitReason */
    uint64_t services, polls, traps, faults;
    uint64_t chained;
    uint64_t invalidated, revived, flushes, page_opens, checked;
} Stats;

struct Engine;
/* Adds the block counters of all translations to the totals, before they are dropped. */
void stats_retire(struct Engine *e);
void stats_add_run(RunStats *sum, const RunStats *s);

#endif
