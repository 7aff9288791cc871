/* sieve.c: counting the primes below a million with a byte sieve, again and again. */
#include "bench/kernels/kernel.h"

static long sieve(long rounds)
{
    enum { LIMIT = 1000000 };
    static char composite[LIMIT + 1];
    long count = 0;
    for (long r = 0; r < rounds; r++) {
        memset(composite, 0, sizeof composite);
        for (long i = 2; i <= LIMIT; i++) {
            if (composite[i])
                continue;
            count++;
            for (long j = i * i; j <= LIMIT; j += i)
                composite[j] = 1;
        }
    }
    return count;
}

KERNEL_MAIN(sieve, "%ld")
