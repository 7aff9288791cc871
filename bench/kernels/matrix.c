/* matrix.c: integer matrix multiplication. */
#include "bench/kernels/kernel.h"

static unsigned long matrix(long n)
{
    uint32_t *a = malloc((size_t)(n * n) * sizeof *a), *b = malloc((size_t)(n * n) * sizeof *b);
    uint64_t state = 1, sum = 0;
    for (long i = 0; i < n * n; i++) {
        a[i] = (uint32_t)next_random(&state);
        b[i] = (uint32_t)next_random(&state);
    }
    for (long i = 0; i < n; i++)
        for (long j = 0; j < n; j++) {
            uint32_t c = 0;
            for (long k = 0; k < n; k++)
                c += a[i * n + k] * b[k * n + j];
            sum = sum * 31 + c;
        }
    free(a);
    free(b);
    return sum;
}

KERNEL_MAIN(matrix, "%lu")
