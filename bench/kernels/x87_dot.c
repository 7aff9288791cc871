/* x87_dot.c: dot products and norms of vectors of long doubles. */
#include <math.h>

#include "bench/kernels/kernel.h"

enum { N = 1000 };
static long double a[N], b[N];

static long double dot(const long double *x, const long double *y)
{
    long double s = 0;
    for (int i = 0; i < N; i++)
        s += x[i] * y[i];
    return s;
}

static long double x87_dot(long n)
{
    uint64_t r = 88172645463325252;
    long double sum = 0;
    for (int i = 0; i < N; i++) {
        a[i] = (long double)(next_random(&r) >> 40) / 65536 - 100;
        b[i] = (long double)(next_random(&r) >> 40) / 65536 - 100;
    }
    for (long k = 0; k < n; k++) {
        long double s = dot(a, b);
        a[k % N] = s / (sqrtl(dot(a, a)) + 1);
        sum += s;
    }
    return sum;
}

KERNEL_MAIN(x87_dot, "%.18Lg")
