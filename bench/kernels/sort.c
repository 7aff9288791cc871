/* sort.c: quicksort by qsort, with an indirect call for each comparison. */
#include "bench/kernels/kernel.h"

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static unsigned long sort(long n)
{
    uint64_t *v = malloc((size_t)n * sizeof *v), state = 99, sum = 0;
    for (int round = 0; round < 5; round++) {
        for (long i = 0; i < n; i++)
            v[i] = next_random(&state);
        qsort(v, (size_t)n, sizeof *v, compare);
        sum += v[n / 2];
    }
    free(v);
    return sum;
}

KERNEL_MAIN(sort, "%lu")
