/* vec.c: growth of arena arrays; see vec.h. */
#include "ir/base/vec.h"

#include <string.h>

void *vec_grow(Arena *a, void *data, uint32_t count, uint32_t *cap, size_t size)
{
    uint32_t n = *cap ? *cap * 2 : 16;
    char *p = arena_raw(a, n * size);
    if (count != 0)
        memcpy(p, data, count * size);
    *cap = n;
    return p;
}
