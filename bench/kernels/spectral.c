/* spectral.c: the spectral norm of an infinite matrix, cut off at n. */
#include <math.h>

#include "bench/kernels/kernel.h"

static double element(long i, long j)
{
    return 1.0 / (double)((i + j) * (i + j + 1) / 2 + i + 1);
}

static void multiply(long n, const double *v, double *out, int transposed)
{
    for (long i = 0; i < n; i++) {
        double sum = 0;
        for (long j = 0; j < n; j++)
            sum += (transposed ? element(j, i) : element(i, j)) * v[j];
        out[i] = sum;
    }
}

static double spectral(long n)
{
    double *u = malloc((size_t)n * sizeof *u), *v = malloc((size_t)n * sizeof *v);
    double *t = malloc((size_t)n * sizeof *t), uv = 0, vv = 0;
    for (long i = 0; i < n; i++)
        u[i] = 1;
    for (int k = 0; k < 10; k++) {
        multiply(n, u, t, 0), multiply(n, t, v, 1);
        multiply(n, v, t, 0), multiply(n, t, u, 1);
    }
    for (long i = 0; i < n; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    free(u);
    free(v);
    free(t);
    return sqrt(uv / vv);
}

KERNEL_MAIN(spectral, "%.12f")
