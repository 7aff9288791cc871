/* long_double_math.c: a program made of long doubles: matrices, Gamma, series, continued fractions,
 * Newton's method, sums with compensation, and printing and parsing of it all. What it prints does
 * not depend on the last bit of the processor's transcendental functions. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "guest.h"

enum { N = 24 };

static NOINLINE long double dot(const long double *a, const long double *b, int n)
{
    long double s = 0;
    for (int i = 0; i < n; i++)
        s += a[i] * b[i];
    return s;
}

/* Kahan's sum. */
static NOINLINE long double sum(const long double *a, int n)
{
    long double s = 0, c = 0;
    for (int i = 0; i < n; i++) {
        long double y = a[i] - c, t = s + y;
        c = (t - s) - y;
        s = t;
    }
    return s;
}

/* Lanczos' approximation (g = 607/128), by arithmetic and the given power and exponential alone. */
static NOINLINE long double gamma_lanczos(long double x)
{
    static const long double c[] = {
        0.99999999999999709182L,     57.156235665862923517L,      -59.597960355475491248L,
        14.136097974741747174L,      -0.49191381609762019978L,    0.33994649984811888699e-4L,
        0.46523628927048575665e-4L,  -0.98374475304879564677e-4L, 0.15808870322491248884e-3L,
        -0.21026444172410488319e-3L, 0.21743961811521264320e-3L,  -0.16431810653676389022e-3L,
        0.84418223983852743293e-4L,  -0.26190838401581408670e-4L, 0.36899182659531622704e-5L};
    long double s = c[0], t = x + 607.0L / 128 - 0.5L;
    for (int i = 1; i < 15; i++)
        s += c[i] / (x - 1 + i);
    return powl(t, x - 0.5L) * expl(-t) * s * 2.506628274631000502415765L;
}

static NOINLINE long double exp_series(long double x)
{
    long double s = 1, t = 1;
    for (int k = 1; k < 60; k++) {
        t *= x / k;
        s += t;
    }
    return s;
}

static NOINLINE long double root(long double x)
{
    long double r = x > 1 ? x : 1;
    for (int i = 0; i < 100; i++) {
        long double next = (r + x / r) / 2;
        if (next == r)
            break;
        r = next;
    }
    return r;
}

/* Gauss-Jordan with pivots; returns the determinant. */
static NOINLINE long double invert(long double a[N][N], long double inv[N][N])
{
    long double det = 1;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            inv[i][j] = i == j;
    for (int c = 0; c < N; c++) {
        int p = c;
        for (int i = c + 1; i < N; i++)
            if (fabsl(a[i][c]) > fabsl(a[p][c]))
                p = i;
        for (int j = 0; j < N; j++) {
            long double t = a[c][j], u = inv[c][j];
            a[c][j] = a[p][j], a[p][j] = t;
            inv[c][j] = inv[p][j], inv[p][j] = u;
        }
        det *= p == c ? a[c][c] : -a[c][c];
        long double d = 1 / a[c][c];
        for (int j = 0; j < N; j++)
            a[c][j] *= d, inv[c][j] *= d;
        for (int i = 0; i < N; i++) {
            long double f = i == c ? 0 : a[i][c];
            for (int j = 0; j < N; j++)
                a[i][j] -= f * a[c][j], inv[i][j] -= f * inv[c][j];
        }
    }
    return det;
}

static void matrices(void)
{
    static long double a[N][N], copy[N][N], inv[N][N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            copy[i][j] = a[i][j] = (long double)(int32_t)rng() / 65536 + (i == j ? 1e5L : 0);
    long double det = invert(a, inv), off = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            long double s = 0;
            for (int k = 0; k < N; k++)
                s += copy[i][k] * inv[k][j];
            off = fmaxl(off, fabsl(s - (i == j)));
        }
    printf("determinant %.20Lg, inverse %.20Lg, off by %.3Lg\n", det, inv[3][5], off);
    printf("row products %.21Lg %La\n", dot(copy[1], copy[2], N), dot(inv[1], copy[7], N));
}

static void functions(void)
{
    for (int i = 1; i <= 30; i++) {
        long double x = i / 3.0L;
        printf("%2d gamma %.13Lg exp %.20Lg root %La\n", i, gamma_lanczos(x), exp_series(x / 4 - 1),
               root(x * 1e10L));
    }
    static long double terms[20000];
    for (int i = 0; i < 20000; i++)
        terms[i] = (i % 2 ? -1.0L : 1.0L) / (2 * i + 1);
    printf("pi/4 %.21Lg, dot %.21Lg\n", sum(terms, 20000), dot(terms, terms, 20000));
    long double f = 1;
    for (int i = 40; i > 0; i--)
        f = 1 + 1 / f;
    printf("golden %.21Lg, fmod %.21Lg, remainder %.21Lg, modf", f, fmodl(1e30L, f),
           remainderl(1e25L, f));
    long double whole, part = modfl(-f * 1e6L, &whole);
    int e;
    long double m = frexpl(f * 1e300L, &e);
    printf(" %.17Lg %.17Lg, frexp %La %d, ldexp %La, next %La\n", whole, part, m, e,
           ldexpl(f, -16400), nextafterl(f, 2));
}

/* Whatever is printed with enough digits comes back the same. */
static void text(void)
{
    uint64_t h = HASH_START;
    for (int i = 0; i < 400; i++) {
        long double v = (long double)(int64_t)rng() * powl(2, (int)(rng() % 200) - 100);
        char line[160];
        int n = snprintf(line, sizeof line, "%.21Lg %.5Lf %La %Le", v, fmodl(v, 1e12L), v, v / 3);
        h = hash_bytes(h, line, (size_t)n);
        CHECK(strtold(line, NULL) == v);
    }
    printf("text %016lx %s\n", h, strtold("0x1.8p-16446", NULL) > 0 ? "subnormal" : "zero");
}

int main(void)
{
    matrices();
    functions();
    text();
    return 0;
}
