/* long_double.c: 80-bit arithmetic, conversion, printing and parsing, to the last bit. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "guest.h"

static long double make(uint64_t mantissa, int exponent, int negative)
{
    unsigned char raw[16] = {0};
    uint16_t top = (uint16_t)(exponent | (negative << 15));
    long double v;
    memcpy(raw, &mantissa, 8);
    memcpy(raw + 8, &top, 2);
    memcpy(&v, raw, sizeof v);
    return v;
}

static uint64_t hash_ld(uint64_t h, long double v)
{
    return hash_bytes(h, &v, 10);
}

static NOINLINE uint64_t arithmetic(uint64_t h, long double a, long double b)
{
    h = hash_ld(h, a + b);
    h = hash_ld(h, a - b);
    h = hash_ld(h, a * b);
    h = hash_ld(h, a / b);
    h = hash_ld(h, sqrtl(fabsl(a)));
    h = hash_ld(h, -a);
    h = hash_ld(h, (double)a);
    h = hash_ld(h, (float)b);
    h = hash_u64(h, (a < b) + 2 * (a == b) + 4 * (a > b) + 8 * (a != a));
    h = hash_u64(h, (uint64_t)lrintl(fmodl(a, 1e6L)));
    h = hash_u64(h, (uint64_t)(int64_t)fmodl(b, 1e9L));
    h = hash_u64(h, (uint64_t)(int32_t)fmodl(b, 1e5L));
    h = hash_ld(h, floorl(a));
    h = hash_ld(h, ceill(a));
    h = hash_ld(h, truncl(b));
    h = hash_ld(h, rintl(b));
    h = hash_ld(h, scalbnl(a, 3));
    return h;
}

int main(void)
{
    uint64_t h = HASH_START;
    for (int i = 0; i < 2000; i++) {
        long double a = make(rng() | 1ull << 63, 0x3fff - 40 + (int)(rng() % 120), rng() & 1);
        long double b = make(rng() | 1ull << 63, 0x3fff - 40 + (int)(rng() % 120), rng() & 1);
        h = arithmetic(h, a, b);
        volatile int64_t n = (int64_t)rng_edge();
        h = hash_ld(h, (long double)n);
        h = hash_ld(h, (long double)(int32_t)n);
        h = hash_ld(h, (long double)(int16_t)n);
        h = hash_ld(h, (long double)(uint64_t)n);
        h = hash_ld(h, (long double)(double)a * (long double)(float)b);
    }
    printf("arithmetic %016lx\n", h);

    static const long double values[] = {0.0L,
                                         -0.0L,
                                         1.0L,
                                         0.1L,
                                         1.0L / 3,
                                         2.0L / 3,
                                         3.14159265358979323846L,
                                         1e4000L,
                                         LDBL_MAX,
                                         LDBL_MIN,
                                         3e-4951L,
                                         LDBL_EPSILON,
                                         1e19L,
                                         18446744073709551615.0L,
                                         1e-30L,
                                         123456789.987654321L,
                                         9.5L,
                                         0.5L,
                                         2.5L,
                                         1e10L,
                                         INFINITY,
                                         -INFINITY,
                                         65504.0L,
                                         5e-324L,
                                         1.7976931348623157e308L};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        long double v = values[i];
        printf("%La %Lg %.30Lf %Le %.40Lg %.0Lf %+.3Lf %20.5Lg|\n", v, v,
               fabsl(v) < 1e100L || isinf(v) ? v : 1.0L, v, v, fabsl(v) < 1e100L ? v : 2.0L,
               fabsl(v) < 1e100L ? v : 3.0L, v);
    }
    printf("%d %d\n", isnan(strtold("nan", NULL)) != 0, isinf(strtold("-inf", NULL)) != 0);
    for (int i = 0; i < 300; i++) {
        long double v = make(rng() | 1ull << 63, 1 + (int)(rng() % 0x7ffd), rng() & 1);
        char text[128];
        snprintf(text, sizeof text, "%.21Lg", v);
        long double back = strtold(text, NULL);
        CHECK(memcmp(&back, &v, 10) == 0);
        printf("%s %La %.5Lg\n", text, v, v);
    }
    /* The processor's logarithms and such are accurate to its last bit or so, but not the same
     * everywhere. */
    for (int i = 0; i < 40; i++) {
        long double x = (long double)i / 7 - 2;
        printf("%.21Lg: %.15Lg %.15Lg %.15Lg %.15Lg %.15Lg\n", x, expl(x), logl(fabsl(x)), sinl(x),
               powl(fabsl(x), 1.5L), atanl(x));
    }
    long long double_to_int = llrintl(2.5L) * 100 + llroundl(2.5L) * 10 + (long long)-2.9L;
    printf("%lld %.18Lf\n", double_to_int, (long double)1e15 / 7);
    return 0;
}
