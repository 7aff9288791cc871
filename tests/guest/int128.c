/* int128.c: 64x64 -> 128 multiplication and 128-bit division, shifts and comparison. */
#include "guest.h"

typedef unsigned __int128 u128;
typedef __int128 i128;

static uint64_t hash128(uint64_t h, u128 v)
{
    return hash_u64(hash_u64(h, (uint64_t)v), (uint64_t)(v >> 64));
}

static NOINLINE uint64_t wide(uint64_t h, u128 a, u128 b)
{
    h = hash128(h, a + b);
    h = hash128(h, a - b);
    h = hash128(h, a * b);
    h = hash128(h, (u128)(uint64_t)a * (uint64_t)b);
    h = hash128(h, (u128)((i128)(int64_t)a * (int64_t)b));
    if (b != 0) {
        h = hash128(h, a / b);
        h = hash128(h, a % b);
        if ((i128)b != -1)
            h = hash128(h, (u128)((i128)a / (i128)b));
    }
    unsigned n = (unsigned)b & 127;
    h = hash128(h, a << n);
    h = hash128(h, a >> n);
    h = hash128(h, (u128)((i128)a >> n));
    h = hash_u64(h, (a < b) + 2 * ((i128)a < (i128)b) + 4 * (a == b));
    return h;
}

static NOINLINE uint64_t narrow_div(uint64_t h, uint64_t hi, uint64_t lo, uint64_t d)
{
    if (d == 0 || hi >= d)
        return h;
    uint64_t q, r;
    __asm__("divq %4" : "=a"(q), "=d"(r) : "a"(lo), "d"(hi), "r"(d) : "cc");
    return hash_u64(hash_u64(h, q), r);
}

static NOINLINE uint64_t narrow_idiv(uint64_t h, int64_t a, int32_t d)
{
    if (d == 0 || a / d != (int32_t)(a / d) || (d == -1 && a == INT64_MIN))
        return h;
    int32_t q, r;
    __asm__("idivl %4"
            : "=a"(q), "=d"(r)
            : "a"((int32_t)a), "d"((int32_t)(a >> 32)), "r"(d)
            : "cc");
    return hash_u64(hash_u64(h, (uint64_t)q), (uint64_t)r);
}

int main(void)
{
    uint64_t h = HASH_START, g = HASH_START;
    for (int i = 0; i < 4000; i++) {
        u128 a = (u128)rng_edge() << 64 | rng_edge();
        u128 b = (u128)(i & 1 ? rng_edge() : 0) << 64 | rng_edge();
        h = wide(h, a, b);
        g = narrow_div(g, rng_edge() % ((uint64_t)b | 1), rng(), (uint64_t)b | 1);
        g = narrow_idiv(g, (int64_t)rng_edge() >> 8, (int32_t)rng_edge());
    }
    printf("wide: %016lx\nnarrow: %016lx\n", h, g);
    return 0;
}
