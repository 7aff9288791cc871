/* mandelbrot.c: escape times over a square. */
#include "bench/kernels/kernel.h"

static long mandelbrot(long n)
{
    long total = 0;
    for (long py = 0; py < n; py++)
        for (long px = 0; px < n; px++) {
            double cx = 3.0 * (double)px / (double)n - 2, cy = 2.0 * (double)py / (double)n - 1;
            double x = 0, y = 0;
            int i = 0;
            for (; i < 200 && x * x + y * y < 4; i++) {
                double t = x * x - y * y + cx;
                y = 2 * x * y + cy;
                x = t;
            }
            total += i;
        }
    return total;
}

KERNEL_MAIN(mandelbrot, "%ld")
