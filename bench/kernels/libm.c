/* libm.c: the C library's sine, exponential, logarithm, power, arc tangent and cube root. */
#include <math.h>

#include "bench/kernels/kernel.h"

static double libm(long n)
{
    double sum = 0;
    for (long i = 1; i <= n; i++) {
        double x = (double)i * 0.37;
        sum += sin(x) * exp(-x / (double)n) + log(x) * cos(x) + pow(x, 0.3);
        sum += atan2(x, 3) + cbrt(x) + tan(x * 0.001) - hypot(x, 1) / x;
    }
    return sum;
}

KERNEL_MAIN(libm, "%.9f")
