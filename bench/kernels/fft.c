/* fft.c: radix-2 fast Fourier transform there and back. */
#include <math.h>

#include "bench/kernels/kernel.h"

static void transform(double *re, double *im, size_t n, double direction)
{
    for (size_t i = 1, j = 0; i < n; i++) {
        size_t bit = n >> 1;
        for (; j & bit; bit >>= 1)
            j ^= bit;
        j ^= bit;
        if (i < j) {
            double t = re[i];
            re[i] = re[j], re[j] = t;
            t = im[i];
            im[i] = im[j], im[j] = t;
        }
    }
    for (size_t len = 2; len <= n; len *= 2) {
        double angle = direction * 2 * 3.14159265358979323846 / (double)len;
        double wr = cos(angle), wi = sin(angle);
        for (size_t i = 0; i < n; i += len) {
            double cr = 1, ci = 0;
            for (size_t k = i; k < i + len / 2; k++) {
                size_t m = k + len / 2;
                double tr = re[m] * cr - im[m] * ci, ti = re[m] * ci + im[m] * cr;
                re[m] = re[k] - tr, im[m] = im[k] - ti;
                re[k] += tr, im[k] += ti;
                double next = cr * wr - ci * wi;
                ci = cr * wi + ci * wr;
                cr = next;
            }
        }
    }
}

static double fft(long rounds)
{
    enum { N = 1 << 16 };
    static double re[N], im[N];
    for (int i = 0; i < N; i++)
        re[i] = sin(i * 0.01) + i % 7;
    for (long r = 0; r < rounds; r++) {
        transform(re, im, N, 1);
        transform(re, im, N, -1);
        for (int i = 0; i < N; i++)
            re[i] /= N, im[i] /= N;
    }
    return re[12345];
}

KERNEL_MAIN(fft, "%.9f")
