/* stream.c: passes over arrays larger than the caches: copy, scale, sum, and the C library's memcpy
 * and memset. */
#include "bench/kernels/kernel.h"

static double stream(long rounds)
{
    enum { N = 1 << 21 };
    double *a = malloc(N * sizeof *a), *b = malloc(N * sizeof *b), *c = malloc(N * sizeof *c);
    for (int i = 0; i < N; i++)
        a[i] = i % 97, b[i] = 1, c[i] = 0;
    double sum = 0;
    for (long r = 0; r < rounds; r++) {
        for (int i = 0; i < N; i++)
            c[i] = a[i] + 0.5 * b[i];
        memcpy(b, c, N * sizeof *b);
        for (int i = 0; i < N; i++)
            b[i] *= 0.25;
        sum += c[r * 31 % N];
        memset(c, 0, N * sizeof *c);
    }
    sum += b[N / 3];
    free(a);
    free(b);
    free(c);
    return sum;
}

KERNEL_MAIN(stream, "%.6f")
