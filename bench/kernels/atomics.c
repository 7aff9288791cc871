/* atomics.c: locked additions, exchanges, compare-and-swap loops and full fences, uncontended. */
#include <stdatomic.h>

#include "bench/kernels/kernel.h"

static _Atomic uint64_t counter, word, bits;

static unsigned long atomics(long n)
{
    uint64_t sum = 0;
    for (long i = 0; i < n; i++) {
        sum += atomic_fetch_add(&counter, 3);
        uint64_t seen = atomic_load(&word);
        while (!atomic_compare_exchange_strong(&word, &seen, seen * 5 + 1))
            ;
        sum ^= atomic_exchange(&bits, seen);
        atomic_fetch_or(&bits, 1);
        atomic_store(&counter, sum & 0xffff);
    }
    return sum + atomic_load(&word);
}

KERNEL_MAIN(atomics, "%lu")
