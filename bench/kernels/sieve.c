/* sieve.c: counting primes with a byte sieve. */
#include "bench/kernels/kernel.h"

static long sieve(long limit)
{
    char *composite = calloc((size_t)limit + 1, 1);
    long count = 0;
    for (long i = 2; i <= limit; i++) {
        if (composite[i])
            continue;
        count++;
        for (long j = i * i; j <= limit; j += i)
            composite[j] = 1;
    }
    free(composite);
    return count;
}

KERNEL_MAIN(sieve, 30000000, "%ld")
