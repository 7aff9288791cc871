/* linpack.c: LU factorisation with partial pivoting by columns, and solving, in doubles. */
#include <math.h>

#include "bench/kernels/kernel.h"

enum { N = 200 };

static double a[N][N], rhs[N]; /* a[column][row] */
static int pivot[N];

static void add_scaled(int n, double f, const double *x, double *y)
{
    for (int i = 0; i < n; i++)
        y[i] += f * x[i];
}

static void factorise(void)
{
    for (int k = 0; k + 1 < N; k++) {
        int p = k;
        for (int i = k + 1; i < N; i++)
            if (fabs(a[k][i]) > fabs(a[k][p]))
                p = i;
        pivot[k] = p;
        double t = a[k][p];
        a[k][p] = a[k][k], a[k][k] = t;
        for (int i = k + 1; i < N; i++)
            a[k][i] *= -1 / t;
        for (int j = k + 1; j < N; j++) {
            double f = a[j][p];
            a[j][p] = a[j][k], a[j][k] = f;
            add_scaled(N - k - 1, f, a[k] + k + 1, a[j] + k + 1);
        }
    }
}

static void solve(void)
{
    for (int k = 0; k + 1 < N; k++) {
        double t = rhs[pivot[k]];
        rhs[pivot[k]] = rhs[k], rhs[k] = t;
        add_scaled(N - k - 1, t, a[k] + k + 1, rhs + k + 1);
    }
    for (int k = N - 1; k >= 0; k--) {
        rhs[k] /= a[k][k];
        add_scaled(k, -rhs[k], a[k], rhs);
    }
}

static double linpack(long rounds)
{
    double sum = 0;
    for (long r = 0; r < rounds; r++) {
        uint64_t state = 1325 + (uint64_t)r;
        memset(rhs, 0, sizeof rhs);
        for (int j = 0; j < N; j++)
            for (int i = 0; i < N; i++) {
                a[j][i] = (double)(next_random(&state) % 65536) / 32768 - 1;
                rhs[i] += a[j][i];
            }
        factorise();
        solve();
        sum += rhs[r % N];
    }
    return sum;
}

KERNEL_MAIN(linpack, "%.6f")
