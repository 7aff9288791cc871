/* arena.c: chunked bump allocation; see arena.h. */
#include "ir/base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/log.h"

struct ArenaChunk {
    ArenaChunk *next;
    size_t size;
    _Alignas(16) char data[];
};

enum { CHUNK_MIN = 64 * 1024, CHUNK_MAX = 1024 * 1024 };

/* Each chunk is twice as large as the one before, so that an arena that is used again and again
 * soon has one that holds all. */
void *arena_grow(Arena *a, size_t bytes)
{
    size_t size = a->chunks != NULL ? 2 * a->chunks->size : CHUNK_MIN;
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    if (size < bytes)
        size = bytes;
    ArenaChunk *c = malloc(sizeof *c + size);
    if (c == NULL)
        log_fatal("out of memory (%zu bytes for a translation)", size);
    c->next = a->chunks;
    c->size = size;
    a->chunks = c;
    a->cur = c->data + bytes;
    a->end = c->data + size;
    return c->data;
}

void *arena_copy(Arena *a, const void *p, size_t bytes)
{
    void *q = arena_raw(a, bytes);
    if (bytes != 0)
        memcpy(q, p, bytes);
    return q;
}

size_t arena_size(const Arena *a)
{
    size_t size = 0;
    for (const ArenaChunk *c = a->chunks; c != NULL; c = c->next)
        size += sizeof *c + c->size;
    return size;
}

void arena_reset(Arena *a)
{
    ArenaChunk *keep = NULL;
    for (ArenaChunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        if (keep == NULL || c->size > keep->size) {
            free(keep);
            keep = c;
        } else {
            free(c);
        }
    }
    a->chunks = keep;
    a->cur = a->end = NULL;
    if (keep != NULL) {
        keep->next = NULL;
        a->cur = keep->data;
        a->end = keep->data + keep->size;
    }
}

void arena_free(Arena *a)
{
    for (ArenaChunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        free(c);
    }
    *a = (Arena){0};
}
