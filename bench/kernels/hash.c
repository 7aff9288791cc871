/* hash.c: an open-addressing hash table: inserts, hits and misses. */
#include "bench/kernels/kernel.h"

static unsigned long hash(long n)
{
    enum { SIZE = 1 << 16, KEYS = 20000 };
    static uint64_t keys[SIZE], values[SIZE];
    uint64_t state = 5, sum = 0;
    for (long i = 0; i < n; i++) {
        uint64_t key = next_random(&state) % (2 * KEYS) + 1;
        size_t at = (size_t)(key * 0x9e3779b97f4a7c15u >> 40) & (SIZE - 1);
        while (keys[at] != 0 && keys[at] != key)
            at = (at + 1) & (SIZE - 1);
        if (keys[at] == 0 && i < KEYS)
            keys[at] = key;
        if (keys[at] == key)
            sum += ++values[at];
    }
    return sum;
}

KERNEL_MAIN(hash, "%lu")
