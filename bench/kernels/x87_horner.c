/* x87_horner.c: a polynomial and a continued fraction in long doubles, with comparisons. */
#include "bench/kernels/kernel.h"

static const long double c[] = {1.0L,      -0.5L,      1 / 3.0L,  -0.25L,     0.2L,
                                -1 / 6.0L, 1 / 7.0L,   -0.125L,   1 / 9.0L,   -0.1L,
                                1 / 11.0L, -1 / 12.0L, 1 / 13.0L, -1 / 14.0L, 1 / 15.0L};

static long double polynomial(long double x)
{
    long double s = 0;
    for (int i = sizeof c / sizeof c[0] - 1; i >= 0; i--)
        s = s * x + c[i];
    return s * x;
}

static long double fraction(long double x)
{
    long double f = 1;
    for (int k = 12; k > 0; k--)
        f = 1 + k * x / (1 + f);
    return f;
}

static long double x87_horner(long n)
{
    long double x = 0.1L, sum = 0;
    for (long i = 0; i < n; i++) {
        long double p = polynomial(x), q = fraction(x);
        if (p > q)
            sum += p;
        else if (q < 1.5L)
            sum -= p;
        else
            sum += q;
        x += 0.0000123L;
        if (x >= 0.9L)
            x -= 0.8L;
    }
    return sum;
}

KERNEL_MAIN(x87_horner, "%.18Lg")
