/* mem_table.h: what the guest has mapped: sorted, disjoint ranges with protection.
 *
 * Adjacent ranges of equal attributes are merged. Guarded by the engine's lock.
 *
 *     mem_table_set(t, 0x400000, 0x401000, PROT_READ | PROT_EXEC, false);
 *     mem_table_find(t, 0x400123)->prot                    PROT_READ | PROT_EXEC
 */
#ifndef DRAGOMAN_RUNTIME_MEM_TABLE_H
#define DRAGOMAN_RUNTIME_MEM_TABLE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct MemRange {
    uint64_t start, end;
    int prot;
    bool shared;
} MemRange;

typedef struct MemTable {
    MemRange *ranges;
    uint32_t count, cap;
} MemTable;

void mem_table_set(MemTable *t, uint64_t start, uint64_t end, int prot, bool shared);
void mem_table_clear(MemTable *t, uint64_t start, uint64_t end);
/* Changes the protection of what is mapped in the range. */
void mem_table_protect(MemTable *t, uint64_t start, uint64_t end, int prot);
/* The range that holds addr, or NULL. */
const MemRange *mem_table_find(const MemTable *t, uint64_t addr);
/* The first range that ends after addr, or NULL. */
const MemRange *mem_table_next(const MemTable *t, uint64_t addr);

#endif
