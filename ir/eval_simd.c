/* eval_simd.c: the meaning of vector ops beyond those that x86 has: unsigned comparisons, selection
 * by bits, pairs, sums and extrema of all lanes, products of full width, bits counted, shifts by
 * lanes.
 */
#include "ir/eval_lanes.h"

SIGNED_LANES(vcmpges, x >= y ? UINT64_MAX : 0)
UNSIGNED_LANES(vcmpgtu, x > y ? UINT64_MAX : 0)
UNSIGNED_LANES(vcmpgeu, x >= y ? UINT64_MAX : 0)

IrValue eval_vbsl(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    IrValue v;
    for (unsigned n = 0; n < 2; n++)
        v.q[n] = (a[0].q[n] & a[1].q[n]) | (~a[0].q[n] & a[2].q[n]);
    return v;
}

/* ---- pairs of lanes, and all of them ---- */

#define PAIRS(name, T, get, expr)                                                                  \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        unsigned bits = lane_bits(i), half = 64 / bits;                                            \
        IrValue v = {.q = {0, 0}};                                                                 \
        for (unsigned n = 0; n < 2 * half; n++) {                                                  \
            T x = get(&a[n / half], bits, n % half * 2);                                           \
            T y = get(&a[n / half], bits, n % half * 2 + 1);                                       \
            lane_set(&v, bits, n, (uint64_t)(expr));                                               \
        }                                                                                          \
        return v;                                                                                  \
    }
PAIRS(vpmins, int64_t, lane_get_signed, x < y ? x : y)
PAIRS(vpmaxs, int64_t, lane_get_signed, x > y ? x : y)
PAIRS(vpminu, uint64_t, lane_get, x < y ? x : y)
PAIRS(vpmaxu, uint64_t, lane_get, x > y ? x : y)

/* x: of the lanes so far; y: the next. */
#define REDUCED(name, T, get, expr)                                                                \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        unsigned bits = lane_bits(i);                                                              \
        T x = get(&a[0], bits, 0);                                                                 \
        for (unsigned n = 1; n < 128 / bits; n++) {                                                \
            T y = get(&a[0], bits, n);                                                             \
            x = (expr);                                                                            \
        }                                                                                          \
        return eval_u64((uint64_t)x & bits_mask(bits));                                            \
    }
REDUCED(vredadd, uint64_t, lane_get, x + y)
REDUCED(vredmins, int64_t, lane_get_signed, x < y ? x : y)
REDUCED(vredmaxs, int64_t, lane_get_signed, x > y ? x : y)
REDUCED(vredminu, uint64_t, lane_get, x < y ? x : y)
REDUCED(vredmaxu, uint64_t, lane_get, x > y ? x : y)

/* Wide lanes out of two narrow ones: of one operand side by side, or of two operands. */
#define WIDENED(name, get, second, first_lane, second_lane, expr)                                  \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        unsigned bits = lane_bits(i), lanes = 128 / bits;                                          \
        IrValue v = {.q = {0, 0}};                                                                 \
        for (unsigned n = 0; n < lanes; n++) {                                                     \
            uint64_t x = (uint64_t)get(&a[0], bits / 2, first_lane);                               \
            uint64_t y = (uint64_t)get(&a[second], bits / 2, second_lane);                         \
            lane_set(&v, bits, n, expr);                                                           \
        }                                                                                          \
        return v;                                                                                  \
    }
#define IN_HALF (n + (i->cc & 1) * lanes)
WIDENED(vpaddls, lane_get_signed, 0, 2 * n, 2 * n + 1, x + y)
WIDENED(vpaddlu, lane_get, 0, 2 * n, 2 * n + 1, x + y)
WIDENED(vmulls, lane_get_signed, 1, IN_HALF, IN_HALF, x *y)
WIDENED(vmullu, lane_get, 1, IN_HALF, IN_HALF, x *y)

static uint64_t carryless(uint64_t x, uint64_t y)
{
    uint64_t product = 0;
    for (unsigned k = 0; k < 8; k++)
        product ^= (y >> k & 1) * (x << k);
    return product;
}
WIDENED(vclmul8, lane_get, 1, IN_HALF, IN_HALF, carryless(x, y))

/* ---- bits and tables ---- */

IrValue eval_vpopcnt(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    IrValue v;
    for (unsigned n = 0; n < 16; n++)
        v.b[n] = (uint8_t)__builtin_popcount(a[0].b[n]);
    return v;
}

IrValue eval_vclz(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned bits = lane_bits(i);
    IrValue v = {.q = {0, 0}};
    for (unsigned n = 0; n < 128 / bits; n++) {
        uint64_t x = lane_get(&a[0], bits, n);
        lane_set(&v, bits, n, x ? (unsigned)__builtin_clzll(x) - (64 - bits) : bits);
    }
    return v;
}

IrValue eval_vlookup(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    IrValue v;
    for (unsigned n = 0; n < 16; n++)
        v.b[n] = a[1].b[n] < 16 ? a[0].b[a[1].b[n]] : 0;
    return v;
}

/* ---- shifts by lanes ---- */

/* Beyond one more than the width nothing changes. */
static __int128 shifted_right(__int128 x, unsigned by, unsigned bits, bool round)
{
    by = by > bits + 1 ? bits + 1 : by;
    return (x + (round ? (__int128)1 << (by - 1) : 0)) >> by;
}

IrValue eval_vshlv(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned bits = lane_bits(i);
    bool sign = i->cc & IR_SHIFT_SIGNED;
    IrValue v = {.q = {0, 0}};
    for (unsigned n = 0; n < 128 / bits; n++) {
        __int128 x =
            sign ? (__int128)lane_get_signed(&a[0], bits, n) : (__int128)lane_get(&a[0], bits, n);
        int by = (int8_t)lane_get(&a[1], 8, n * bits / 8);
        lane_set(&v, bits, n,
                 by < 0 ? (uint64_t)shifted_right(x, (unsigned)-by, bits, i->cc & IR_SHIFT_ROUND)
                 : (unsigned)by < bits ? (uint64_t)x << by
                                       : 0);
    }
    return v;
}
