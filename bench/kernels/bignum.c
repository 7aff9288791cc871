/* bignum.c: schoolbook multiplication and division of big integers, 64-bit limbs, 128-bit products.
 */
#include "bench/kernels/kernel.h"

typedef unsigned __int128 Wide;

static void multiply(uint64_t *out, const uint64_t *a, size_t na, const uint64_t *b, size_t nb)
{
    memset(out, 0, (na + nb) * sizeof *out);
    for (size_t i = 0; i < na; i++) {
        uint64_t carry = 0;
        for (size_t k = 0; k < nb; k++) {
            Wide t = (Wide)a[i] * b[k] + out[i + k] + carry;
            out[i + k] = (uint64_t)t;
            carry = (uint64_t)(t >> 64);
        }
        out[i + nb] = carry;
    }
}

/* a /= d; the remainder. */
static uint64_t divide(uint64_t *a, size_t n, uint64_t d)
{
    Wide rest = 0;
    while (n-- > 0) {
        rest = rest << 64 | a[n];
        uint64_t high = (uint64_t)(rest >> 64), low = (uint64_t)rest;
#ifdef __x86_64__
        __asm__("div %4" : "=a"(a[n]), "=d"(high) : "a"(low), "d"(high), "r"(d) : "cc");
#else /* no such instruction: the compiler's library divides */
        unsigned __int128 whole = (unsigned __int128)high << 64 | low;
        a[n] = (uint64_t)(whole / d);
        high = (uint64_t)(whole % d);
#endif
        rest = high;
    }
    return (uint64_t)rest;
}

static unsigned long bignum(long rounds)
{
    enum { N = 64 };
    static uint64_t a[N], b[N], product[2 * N];
    uint64_t state = 11, sum = 0;
    for (int i = 0; i < N; i++)
        a[i] = next_random(&state), b[i] = next_random(&state);
    for (long r = 0; r < rounds; r++) {
        multiply(product, a, N, b, N);
        sum += divide(product, 2 * N, 1000000007u + (uint64_t)r);
        memcpy(a, product + N / 2, sizeof a);
        a[N - 1] |= 1;
    }
    return sum;
}

KERNEL_MAIN(bignum, "%lu")
