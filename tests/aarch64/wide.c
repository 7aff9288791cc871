/* wide.c: what the compiler makes of numbers wider than registers: 128-bit integers, binary128
 * (libgcc's arithmetic on v registers), complex numbers. */
#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "tests/guest/guest.h"

enum { ROUNDS = 2000 };
typedef unsigned __int128 U128;
typedef __int128 S128;

static U128 wide(void)
{
    return (U128)rng_edge() << 64 | rng_edge();
}

static uint64_t hash_wide(uint64_t h, U128 v)
{
    return hash_u64(hash_u64(h, (uint64_t)v), (uint64_t)(v >> 64));
}

static NOINLINE uint64_t integers(uint64_t h)
{
    U128 a = wide(), b = wide() | 1, sum, product;
    unsigned n = (unsigned)rng() % 128;
    bool carry = __builtin_add_overflow(a, b, &sum);
    bool over = __builtin_mul_overflow((S128)a, (S128)(b >> 70), (S128 *)&product);
    h = hash_wide(hash_wide(h, sum), product);
    h = hash_wide(hash_wide(h, a * b), a - b);
    h = hash_wide(hash_wide(h, a / b), a % b);
    h = hash_wide(hash_wide(h, (U128)((S128)a / (S128)b)), (U128)((S128)a >> n));
    h = hash_wide(hash_wide(h, a << n), a >> n);
    return hash_u64(h, (uint64_t)(a < b) | (uint64_t)carry << 1 | (uint64_t)over << 2 |
                           (uint64_t)((S128)a < (S128)b) << 3);
}

static long double quad(void)
{
    return (long double)(int64_t)rng() * powl(2, (int)(rng() % 200) - 100) + 1e-9L * (int32_t)rng();
}

static NOINLINE uint64_t quads(uint64_t h)
{
    long double a = quad(), b = quad(), results[] = {a + b,
                                                     a - b,
                                                     a * b,
                                                     a / b,
                                                     sqrtl(fabsl(a)),
                                                     -a,
                                                     (long double)(float)a,
                                                     (long double)(double)b};
    double d = (double)a;
    int64_t i = (int64_t)(b / 1e20L);
    h = hash_bytes(h, results, sizeof results);
    return hash_u64(hash_bytes(h, &d, sizeof d), (uint64_t)i ^ (uint64_t)(a < b));
}

static NOINLINE uint64_t complexes(uint64_t h)
{
    double complex a = (double)(int32_t)rng() + I * ((double)(int32_t)rng() / 7),
                   b = (double)(int16_t)rng() + 0.5 - I * (double)(int32_t)rng();
    float complex f = (float complex)a;
    double complex results[] = {a * b, a / b, conj(a) - b, csqrt(a)};
    f = f * f + 1 / f;
    h = hash_bytes(h, results, sizeof results);
    return hash_bytes(h, &f, sizeof f);
}

int main(void)
{
    uint64_t h[3] = {HASH_START, HASH_START, HASH_START};
    for (int i = 0; i < ROUNDS; i++) {
        h[0] = integers(h[0]);
        h[1] = quads(h[1]);
        h[2] = complexes(h[2]);
    }
    printf("integers %016lx\nquads %016lx\ncomplex %016lx\n", h[0], h[1], h[2]);
    printf("%.33Lg %.33Lg %La\n", sqrtl(2), 1 / 3.0L,
           strtold("-1.2345678901234567890123e-400", NULL));
    return 0;
}
