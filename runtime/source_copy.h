/* source_copy.h: the guest bytes that a translation was made from, kept so that it can be used
 * again.
 *
 * A guest that writes code (a JIT compiler) makes a whole range writable to change a few bytes of
 * it, or writes beside code that stays. The translations there are invalidated, all of them; those
 * with a copy of their bytes are put aside (cache.c, retire), and when their address is to run
 * again they are compared with what is there now: the same bytes need no new translation. So what a
 * change costs is in proportion to what changed.
 *
 * While a region is read, a SourceLog notes where from, bytes that were only looked at included:
 *
 *     fetched 0x1000+16, 0x1004+16, 0x1010+16; ahead 0x2000+16   ->   0x1000..0x1020,
 * 0x2000..0x2010
 */
#ifndef DRAGOMAN_RUNTIME_SOURCE_COPY_H
#define DRAGOMAN_RUNTIME_SOURCE_COPY_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/base/arena.h"

enum { SOURCE_RANGES = 24 };

typedef struct SourceRange {
    uint64_t start, end;
} SourceRange;

typedef struct SourceLog {
    SourceRange range[SOURCE_RANGES];
    uint32_t count;
    bool unknown; /* more ranges than there is room for, or something could not be read */
} SourceLog;

typedef struct SourceCopy {
    uint32_t count;
    SourceRange *range;
    uint8_t *bytes; /* of all ranges, one behind the other */
} SourceCopy;

void source_log_add(SourceLog *log, uint64_t addr, uint32_t n);
/* A copy of the bytes as they are now, in arena; NULL if the log does not say all. */
SourceCopy *source_copy_make(Arena *arena, const SourceLog *log);
/* Whether the bytes are the same now. */
bool source_copy_same(const SourceCopy *copy);

#endif
