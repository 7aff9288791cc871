/* sites.h: the side tables that say where guest state is at a host instruction.
 *
 * A compiler hands over FaultSites and SlotLocs; most are never used, so a translation keeps them
 * packed as a byte string (each site: differences to the one before, as variable-length numbers),
 * about 6 bytes a site and 3 a location. They are decoded from the start of the string when a
 * fault, poll or trap happens; decoding is async-signal-safe.
 *
 * Example: a load at code offset 40 of guest pc 0x401004 with rax in host register 14 (not its
 * home): offset +40, pc +4, kind fault, no trap, 1 location: slot 0, LOC_GPR 14.
 */
#ifndef DRAGOMAN_RUNTIME_SITES_H
#define DRAGOMAN_RUNTIME_SITES_H

#include "backend/backend.h"

enum { SITE_MAX_LOCS = 256 };

typedef struct SiteTable {
    const uint8_t *bytes;
    uint32_t size;
    uint64_t pc; /* guest pc that differences start from */
    const IrVec128 *vconsts;
    uint32_t nvconsts;
} SiteTable;

typedef struct Site {
    FaultSite fault; /* first = 0 */
    SlotLoc locs[SITE_MAX_LOCS];
} Site;

/* Packs the tables of `cc`, into memory of its arena. */
SiteTable sites_pack(const CompiledCode *cc, uint64_t pc);
/* A copy in memory of `arena`. */
SiteTable sites_copy(Arena *arena, const SiteTable *t);
/* The site at exactly this code offset; false if there is none. out may be NULL. */
bool sites_find(const SiteTable *t, uint32_t offset, Site *out);

/* Brings CpuState.guest to what it was at the site. raw: host registers at the host instruction. */
void sites_rebuild(CpuState *s, const SlotTable *slots, const Convention *conv, const Site *site,
                   const IrVec128 *vconsts, const RawRegs *raw);

#endif
