/* arena.h: a bump allocator whose contents are freed together.
 *
 * Everything that belongs to one translation (IR, allocation results, side tables under
 * construction) lives in one arena and is freed whole with it.
 *
 *     Arena a = {0};
 *     uint32_t *v = arena_alloc(&a, 16 * sizeof *v);    zeroed, 16-byte aligned
 *     arena_reset(&a);                                  keeps the largest chunk for reuse
 *     arena_free(&a);
 *
 * Pages are made present a step ahead of use (pages.h); after the first chunks come huge pages.
 *
 * Out of memory is fatal: one clear line on stderr and exit status 1.
 */
#ifndef DRAGOMAN_IR_BASE_ARENA_H
#define DRAGOMAN_IR_BASE_ARENA_H

#include <stddef.h>
#include <string.h>

typedef struct ArenaChunk ArenaChunk;

typedef struct Arena {
    ArenaChunk *chunks; /* newest first */
    char *cur, *end;    /* of what is present of the newest */
} Arena;

/* The slow path of the two below: `bytes` (a multiple of 16) out of more pages or a new chunk. */
void *arena_grow(Arena *a, size_t bytes);

/* Memory of any content, aligned to 16 bytes, valid until arena_reset or arena_free: for what is
 * written whole before it is read. */
static inline void *arena_raw(Arena *a, size_t bytes)
{
    bytes = (bytes + 15) & ~(size_t)15;
    if ((size_t)(a->end - a->cur) < bytes || a->cur == NULL)
        return arena_grow(a, bytes);
    void *p = a->cur;
    a->cur += bytes;
    return p;
}

/* As arena_raw, zeroed. */
static inline void *arena_alloc(Arena *a, size_t bytes)
{
    return memset(arena_raw(a, bytes), 0, bytes);
}

/* What is allocated next comes from a chunk of `bytes` or more, none of them present yet. */
void arena_reserve(Arena *a, size_t bytes);
/* A copy of `bytes` bytes at `p`. */
void *arena_copy(Arena *a, const void *p, size_t bytes);
/* Bytes taken from the system, those not present yet aside. */
size_t arena_size(const Arena *a);
void arena_reset(Arena *a);
void arena_free(Arena *a);

#endif
