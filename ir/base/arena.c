/* arena.c: chunked bump allocation; see arena.h. */
#include "ir/base/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/log.h"
#include "ir/base/pages.h"

struct ArenaChunk {
    ArenaChunk *next;
    size_t size, present; /* bytes; what lies behind the present ones is not handed out yet */
    bool huge;            /* in pages of PAGES_HUGE */
    _Alignas(16) char data[];
};

enum { CHUNK_MIN = 64 << 10, CHUNK_MAX = 512 << 10, STEP = 64 << 10 };

static ArenaChunk *new_chunk(size_t size)
{
    ArenaChunk *c = malloc(sizeof *c + size);
    if (c == NULL)
        log_fatal("out of memory (%zu bytes for a translation)", size);
    *c = (ArenaChunk){.size = size};
    return c;
}

static ArenaChunk *new_huge_chunk(void)
{
    ArenaChunk *c = pages_map_huge(PAGES_HUGE);
    if (c != NULL)
        *c = (ArenaChunk){.size = PAGES_HUGE - sizeof *c, .huge = true};
    return c;
}

static void free_chunk(ArenaChunk *c)
{
    if (c != NULL && c->huge)
        pages_unmap(c, PAGES_HUGE);
    else
        free(c);
}

/* Each chunk is twice as large as the one before, so that an arena that is used again and again
 * soon has one that holds all; after the largest of them come huge pages. */
static void add_chunk(Arena *a, size_t bytes)
{
    ArenaChunk *c = NULL;
    size_t size = a->chunks != NULL ? 2 * a->chunks->size : CHUNK_MIN;
    if (size > CHUNK_MAX && bytes <= CHUNK_MAX)
        c = new_huge_chunk();
    if (size > CHUNK_MAX)
        size = CHUNK_MAX;
    if (c == NULL)
        c = new_chunk(size < bytes ? bytes : size);
    c->next = a->chunks;
    a->chunks = c;
    a->cur = a->end = c->data;
}

/* Pages are made present a step ahead of use. */
void *arena_grow(Arena *a, size_t bytes)
{
    ArenaChunk *c = a->chunks;
    if (c == NULL || bytes > (size_t)(c->data + c->size - a->cur)) {
        add_chunk(a, bytes);
        c = a->chunks;
    }
    size_t present = (size_t)(a->cur - c->data) + bytes + STEP;
    if (present > c->size)
        present = c->size;
    pages_populate(c->data + c->present, present - c->present);
    c->present = present;
    void *p = a->cur;
    a->cur += bytes;
    a->end = c->data + present;
    return p;
}

void arena_reserve(Arena *a, size_t bytes)
{
    if (a->chunks == NULL || a->chunks->size < bytes)
        add_chunk(a, bytes);
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
        size += sizeof *c + c->present;
    return size;
}

void arena_reset(Arena *a)
{
    ArenaChunk *keep = NULL;
    for (ArenaChunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        if (keep == NULL || c->size > keep->size) {
            free_chunk(keep);
            keep = c;
        } else {
            free_chunk(c);
        }
    }
    a->chunks = keep;
    a->cur = a->end = NULL;
    if (keep != NULL) {
        keep->next = NULL;
        a->cur = keep->data;
        a->end = keep->data + keep->present;
    }
}

void arena_free(Arena *a)
{
    for (ArenaChunk *c = a->chunks, *next; c != NULL; c = next) {
        next = c->next;
        free_chunk(c);
    }
    *a = (Arena){0};
}
