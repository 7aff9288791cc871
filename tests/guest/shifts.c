/* shifts.c: shifts, rotates, bit scans and byte swaps in all widths, counts constant and not. */
#include "guest.h"

#define ROTL(U, x, n)                                                                              \
    ((U)((U)((x) << (n)) | (U)((x) >> ((sizeof(U) * 8 - (n)) & (sizeof(U) * 8 - 1)))))

#define WIDTH(T, U, name)                                                                          \
    static NOINLINE uint64_t name(uint64_t h, uint64_t r, unsigned count)                          \
    {                                                                                              \
        unsigned bits = sizeof(T) * 8;                                                             \
        unsigned n = count & (bits - 1);                                                           \
        U u = (U)r;                                                                                \
        T s = (T)r;                                                                                \
        h = hash_u64(h, (U)(u << n));                                                              \
        h = hash_u64(h, (U)(u >> n));                                                              \
        h = hash_u64(h, (U)(s >> n));                                                              \
        h = hash_u64(h, ROTL(U, u, n));                                                            \
        h = hash_u64(h, (U)((u >> n) | (U)(u << ((bits - n) & (bits - 1)))));                      \
        h = hash_u64(h, (U)(u << 1) ^ (U)(u >> 3) ^ (U)(s >> 5));                                  \
        h = hash_u64(h, ROTL(U, u, 1) ^ ROTL(U, u, 7));                                            \
        h = hash_u64(h, (u >> n) & 1);                                                             \
        h = hash_u64(h, (U)(u | (U)((U)1 << n)));                                                  \
        h = hash_u64(h, (U)(u & (U) ~(U)((U)1 << n)));                                             \
        h = hash_u64(h, (U)(u ^ (U)((U)1 << n)));                                                  \
        if (s < 0 && (u << n) & 4)                                                                 \
            h = hash_u64(h, 77);                                                                   \
        return h;                                                                                  \
    }

WIDTH(int8_t, uint8_t, shift8)
WIDTH(int16_t, uint16_t, shift16)
WIDTH(int32_t, uint32_t, shift32)
WIDTH(int64_t, uint64_t, shift64)

static NOINLINE uint64_t bits(uint64_t h, uint64_t v)
{
    if (v != 0)
        h = hash_u64(h, __builtin_ctzll(v) + 64 * __builtin_clzll(v));
    if ((uint32_t)v != 0)
        h = hash_u64(h, __builtin_ctz((uint32_t)v) + 64 * __builtin_clz((uint32_t)v));
    h = hash_u64(h, __builtin_popcountll(v));
    h = hash_u64(h, __builtin_parityll(v));
    h = hash_u64(h, __builtin_bswap64(v) ^ __builtin_bswap32((uint32_t)v) ^
                        __builtin_bswap16((uint16_t)v));
    return h;
}

static NOINLINE uint64_t doubles(uint64_t h, uint64_t a, uint64_t b, unsigned n)
{
    unsigned char carry;
    uint64_t c = a, d = b;
    uint32_t e = (uint32_t)a;
    __asm__("shld %%cl, %2, %0; setc %1" : "+r"(c), "=q"(carry) : "r"(b), "c"(n) : "cc");
    h = hash_u64(h, c + ((n & 63) ? carry : 0));
    __asm__("shrd %%cl, %1, %0" : "+r"(d) : "r"(a), "c"(n) : "cc");
    h = hash_u64(h, d);
    __asm__("shrd $9, %1, %0" : "+r"(e) : "r"((uint32_t)b) : "cc");
    h = hash_u64(h, e);
    c = a;
    __asm__("stc; rcl %%cl, %0; setc %1" : "+r"(c), "=q"(carry) : "c"(n) : "cc");
    h = hash_u64(h, c + carry);
    e = (uint32_t)b;
    __asm__("clc; rcr %%cl, %0; setc %1" : "+r"(e), "=q"(carry) : "c"(n) : "cc");
    h = hash_u64(h, e + carry);
    return h;
}

int main(void)
{
    uint64_t h[6] = {HASH_START, HASH_START, HASH_START, HASH_START, HASH_START, HASH_START};
    for (int i = 0; i < 3000; i++) {
        uint64_t v = rng_edge();
        unsigned n = (unsigned)rng();
        h[0] = shift8(h[0], v, n);
        h[1] = shift16(h[1], v, n);
        h[2] = shift32(h[2], v, n);
        h[3] = shift64(h[3], v, n);
        h[4] = bits(h[4], v);
        h[5] = doubles(h[5], v, rng(), n & 63);
    }
    for (int i = 0; i < 6; i++)
        printf("%d: %016lx\n", i, h[i]);
    return 0;
}
