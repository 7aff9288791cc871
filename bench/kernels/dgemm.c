/* dgemm.c: blocked matrix multiplication in doubles, which the compiler vectorises. */
#include "bench/kernels/kernel.h"

enum { BLOCK = 32, N = 256 };

static double a[N][N], b[N][N], c[N][N];

static void block(int i0, int k0, int j0)
{
    for (int i = i0; i < i0 + BLOCK; i++)
        for (int k = k0; k < k0 + BLOCK; k++) {
            double f = a[i][k];
            for (int j = j0; j < j0 + BLOCK; j++)
                c[i][j] += f * b[k][j];
        }
}

static double dgemm(long rounds)
{
    uint64_t state = 8;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            a[i][j] = (double)(next_random(&state) % 1000) / 1000;
            b[i][j] = (double)(next_random(&state) % 1000) / 1000;
        }
    for (long r = 0; r < rounds; r++)
        for (int i = 0; i < N; i += BLOCK)
            for (int k = 0; k < N; k += BLOCK)
                for (int j = 0; j < N; j += BLOCK)
                    block(i, k, j);
    double trace = 0;
    for (int i = 0; i < N; i++)
        trace += c[i][i];
    return trace;
}

KERNEL_MAIN(dgemm, "%.6f")
