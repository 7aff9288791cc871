/* self_check.h: regions that compare their own source bytes while they run.
 *
 * For guest code on pages that stay writable (code_pages.h). Into a lifted region goes a check of
 * all its bytes
 *   - where it starts and at loop heads, for changes by other threads and from outside
 *   - behind every instruction that may write memory, for changes by itself
 * A difference leaves with TRAP_STALE at the start of the guest instruction that comes next, with
 * exact state; the runtime then drops the translation and makes another.
 *
 *     b0: poll; insn 0x1000; %1 = load i64 0x1000; %2 = xor %1, 0x..; %3 = eq %2, 0; br %3, b1, b2
 *     b1: insn 0x1000; ...                        (the region as it was)
 *     b2: insn 0x1000; trap stale                 (cold)
 */
#ifndef DRAGOMAN_RUNTIME_SELF_CHECK_H
#define DRAGOMAN_RUNTIME_SELF_CHECK_H

#include "ir/ir.h"

typedef struct SourceBytes {
    uint64_t addr;
    uint32_t size;
    const uint8_t *bytes; /* what the region was made from */
} SourceBytes;

void self_check_insert(Region *r, const SourceBytes *sources, uint32_t n);

#endif
