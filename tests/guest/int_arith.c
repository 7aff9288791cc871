/* int_arith.c: integer arithmetic in all widths, as the compiler chooses to encode it. */
#include "guest.h"

#define WIDTH(T, U, name)                                                                          \
    static NOINLINE uint64_t name(uint64_t h, uint64_t ra, uint64_t rb)                            \
    {                                                                                              \
        volatile T va = (T)ra, vb = (T)rb;                                                         \
        T a = va, b = vb;                                                                          \
        U ua = (U)a, ub = (U)b;                                                                    \
        h = hash_u64(h, (uint64_t)(T)(ua + ub));                                                   \
        h = hash_u64(h, (uint64_t)(T)(ua - ub));                                                   \
        h = hash_u64(h, (uint64_t)(T)((uint64_t)ua * (uint64_t)ub));                               \
        h = hash_u64(h, (uint64_t)(T)(-ua));                                                       \
        h = hash_u64(h, (uint64_t)(T)(~a));                                                        \
        h = hash_u64(h, (uint64_t)(T)(a & b));                                                     \
        h = hash_u64(h, (uint64_t)(T)(a | b));                                                     \
        h = hash_u64(h, (uint64_t)(T)(a ^ b));                                                     \
        if (b != 0) {                                                                              \
            h = hash_u64(h, (uint64_t)(U)(ua / ub));                                               \
            h = hash_u64(h, (uint64_t)(U)(ua % ub));                                               \
        }                                                                                          \
        if (b != 0 && b != (T)-1) {                                                                \
            h = hash_u64(h, (uint64_t)(T)(a / b));                                                 \
            h = hash_u64(h, (uint64_t)(T)(a % b));                                                 \
        }                                                                                          \
        h = hash_u64(h, (uint64_t)(T)(a / 7));                                                     \
        h = hash_u64(h, (uint64_t)(U)(ua / 10));                                                   \
        h = hash_u64(h, (uint64_t)(T)(a % 1000 % 127));                                            \
        h = hash_u64(h, (uint64_t)((a < b) + 2 * (a <= b) + 4 * (ua < ub) + 8 * (ua <= ub) +       \
                                   16 * (a == b) + 32 * (a < 0) + 64 * ((a & b) == 0)));           \
        T out;                                                                                     \
        h = hash_u64(h, __builtin_add_overflow(a, b, &out));                                       \
        h = hash_u64(h, __builtin_sub_overflow(a, b, &out));                                       \
        h = hash_u64(h, __builtin_mul_overflow(a, b, &out));                                       \
        h = hash_u64(h, (uint64_t)out);                                                            \
        U uout;                                                                                    \
        h = hash_u64(h, __builtin_add_overflow(ua, ub, &uout));                                    \
        h = hash_u64(h, __builtin_mul_overflow(ua, ub, &uout));                                    \
        h = hash_u64(h, (uint64_t)(a < b ? a : b) + (uint64_t)(ua > ub ? ua : ub));                \
        return h;                                                                                  \
    }

WIDTH(int8_t, uint8_t, arith8)
WIDTH(int16_t, uint16_t, arith16)
WIDTH(int32_t, uint32_t, arith32)
WIDTH(int64_t, uint64_t, arith64)

static NOINLINE uint64_t extend(uint64_t h, uint64_t v)
{
    volatile int8_t b = (int8_t)v;
    volatile int16_t w = (int16_t)v;
    volatile int32_t d = (int32_t)v;
    volatile uint8_t ub = (uint8_t)v;
    volatile uint16_t uw = (uint16_t)v;
    volatile uint32_t ud = (uint32_t)v;
    h = hash_u64(h, (uint64_t)(int64_t)b + (uint64_t)(int64_t)w * 3 + (uint64_t)(int64_t)d * 5);
    h = hash_u64(h, ub + (uint64_t)uw * 3 + (uint64_t)ud * 5);
    h = hash_u64(h, (uint16_t)(int16_t)b + (uint32_t)(int32_t)w * 9u);
    return h;
}

int main(void)
{
    uint64_t h8 = HASH_START, h16 = HASH_START, h32 = HASH_START, h64 = HASH_START, hx = HASH_START;
    for (int i = 0; i < 3000; i++) {
        uint64_t a = rng_edge(), b = rng_edge();
        h8 = arith8(h8, a, b);
        h16 = arith16(h16, a, b);
        h32 = arith32(h32, a, b);
        h64 = arith64(h64, a, b);
        hx = extend(hx, a ^ b);
    }
    printf("8: %016lx\n16: %016lx\n32: %016lx\n64: %016lx\nextend: %016lx\n", h8, h16, h32, h64,
           hx);
    return 0;
}
