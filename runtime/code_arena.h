/* code_arena.h: the memory that translations live in.
 *
 * Shared memory is mapped twice, at random addresses: `rw` to write code, `rx` to run it; no
 * address is ever writable and executable. It is anonymous, so that neither a descriptor nor a
 * limit on files is in the way. Behind the rx view, within 32-bit reach of the code, lie the data
 * words of translations (counters), which are private memory of the process:
 *
 *     rx: | stubs | code ->                       | data -> |        rw: | the same code |
 *
 * Code and data are handed out front to back, densely, and taken back all at once
 * (code_arena_reset) when no thread runs any. Pages are populated a step ahead of use, because a
 * first touch through the rx view costs more than the code it serves.
 *
 * Invariants: bounds never change after creation, so signal handlers may read them freely; the rest
 * is guarded by the engine's lock.
 */
#ifndef DRAGOMAN_RUNTIME_CODE_ARENA_H
#define DRAGOMAN_RUNTIME_CODE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/backend.h"

enum {
    CODE_ARENA_CODE = 96 << 20, /* branches of every host reach across it */
    CODE_ARENA_LEAST = 3 << 20, /* halved down to this where memory is limited */
    CODE_ARENA_MAX_TRANSLATION = 1 << 20,
};

typedef struct CodeArena {
    uint8_t *rx, *rw, *data;
    uint32_t code_size, data_size;
    uint32_t used, populated;  /* bytes of code */
    uint32_t data_used;        /* bytes of data */
    uint32_t first;            /* end of the stubs: where translations begin */
    uint32_t stub[STUB_COUNT]; /* offsets of the stubs */
} CodeArena;

/* False, with one clear line in err, when the host refuses the mappings. */
bool code_arena_init(CodeArena *a, char *err, size_t err_size);
/* Writes the backend's stubs at the start. */
void code_arena_stubs(CodeArena *a, const BackendOps *ops, const BackendConfig *cfg,
                      const SlotTable *slots);
/* Room for one translation: *code is a byte offset, *data points at its words (zeroed by the
 * caller). False when full. */
bool code_arena_alloc(CodeArena *a, uint32_t code_size, uint32_t data_words, uint32_t *code,
                      uint64_t **data);
/* Takes everything but the stubs back. */
void code_arena_reset(CodeArena *a);

static inline uint64_t code_arena_stub(const CodeArena *a, StubId id)
{
    return (uint64_t)(uintptr_t)a->rx + a->stub[id];
}

static inline bool code_arena_has_code(const CodeArena *a, uint64_t host_pc)
{
    return a->rx != NULL && host_pc - (uint64_t)(uintptr_t)a->rx < a->code_size;
}

/* The address in the code whose low half host_pc is, if it has no other half; else host_pc. */
static inline uint64_t code_arena_whole(const CodeArena *a, uint64_t host_pc)
{
    uint32_t offset = (uint32_t)host_pc - (uint32_t)(uintptr_t)a->rx;
    if (a->rx == NULL || host_pc >> 32 != 0 || offset >= a->code_size)
        return host_pc;
    return (uint64_t)(uintptr_t)a->rx + offset;
}

/* A child of fork would share the code with its parent. The parent makes a copy of the used part
 * before the fork (while no thread can patch), the child moves it over the shared object, the
 * parent drops it. No descriptor is used: the guest's other threads may close any, or have none
 * left. NULL: no memory. */
void *code_arena_copy(const CodeArena *a);
void code_arena_drop_copy(const CodeArena *a, void *copy);
/* In the child: false if the mapping failed (the child cannot go on). */
bool code_arena_adopt(CodeArena *a, void *copy);

#endif
