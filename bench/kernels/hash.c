/* hash.c: an open-addressing hash table: inserts, hits and misses. */
#include "bench/kernels/kernel.h"

static unsigned long hash(long n)
{
    size_t size = 1;
    while (size < (size_t)n * 2)
        size *= 2;
    uint64_t *keys = calloc(size, sizeof *keys), *values = calloc(size, sizeof *values);
    uint64_t state = 5, sum = 0;
    for (long i = 0; i < n * 8; i++) {
        uint64_t key = next_random(&state) % (uint64_t)(n * 2) + 1;
        size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 20) & (size - 1);
        while (keys[at] != 0 && keys[at] != key)
            at = (at + 1) & (size - 1);
        if (keys[at] == 0 && i < n)
            keys[at] = key;
        if (keys[at] == key)
            sum += ++values[at];
    }
    free(keys);
    free(values);
    return sum;
}

KERNEL_MAIN(hash, 1000000, "%lu")
