/* vec.h: growable arrays in an arena.
 *
 *     VEC(Reloc) relocs = {0};
 *     *VEC_PUSH(arena, &relocs) = (Reloc){...};      pointer to a new zeroed element
 *     for (uint32_t i = 0; i < relocs.count; i++) use(&relocs.data[i]);
 *
 * Growing leaves the old copy to the arena; data pointers are invalid after a push.
 */
#ifndef DRAGOMAN_IR_BASE_VEC_H
#define DRAGOMAN_IR_BASE_VEC_H

#include <stdint.h>

#include "ir/base/arena.h"

#define VEC(T)                                                                                     \
    struct {                                                                                       \
        T *data;                                                                                   \
        uint32_t count, cap;                                                                       \
    }

/* Room for more elements of `size` bytes; returns the moved data. */
void *vec_grow(Arena *a, void *data, uint32_t count, uint32_t *cap, size_t size);

/* Room for n elements in all, in a vector that has had none. */
#define VEC_ROOM(arena, v, n)                                                                      \
    ((v)->data = arena_raw((arena), (n) * sizeof *(v)->data), (v)->cap = (n))

#define VEC_PUSH(arena, v)                                                                         \
    ((v)->count < (v)->cap ? (void)0                                                               \
                           : (void)((v)->data = vec_grow((arena), (v)->data, (v)->count,           \
                                                         &(v)->cap, sizeof *(v)->data)),           \
     memset(&(v)->data[(v)->count], 0, sizeof *(v)->data), &(v)->data[(v)->count++])

#endif
