/* eval_vec.c: the meaning of the integer vector ops.
 *
 * A lane is read zero- or sign-extended to 64 bits, computed there, and written back cut to its
 * width; so each op is one expression in x and y (the extended lanes) and `bits` (of a lane).
 */
#include "ir/eval_lanes.h"

/* On whole registers. */
#define WHOLE(name, expr)                                                                          \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        (void)i;                                                                                   \
        IrValue v;                                                                                 \
        for (int n = 0; n < 2; n++) {                                                              \
            uint64_t x = a[0].q[n], y = a[1].q[n];                                                 \
            v.q[n] = (expr);                                                                       \
        }                                                                                          \
        return v;                                                                                  \
    }
WHOLE(vand, x &y)
WHOLE(vor, x | y)
WHOLE(vxor, x ^ y)
WHOLE(vandn, ~x &y)

/* Saturated; lanes may be as wide as what they are computed in. */
static int64_t sum_signed(int64_t x, int64_t y, unsigned bits)
{
    int64_t sum;
    if (__builtin_add_overflow(x, y, &sum))
        sum = x < 0 ? INT64_MIN : INT64_MAX;
    return clamp(sum, smin(bits), smax(bits));
}

static int64_t difference_signed(int64_t x, int64_t y, unsigned bits)
{
    int64_t difference;
    if (__builtin_sub_overflow(x, y, &difference))
        difference = x < 0 ? INT64_MIN : INT64_MAX;
    return clamp(difference, smin(bits), smax(bits));
}

UNSIGNED_LANES(vadd, x + y)
UNSIGNED_LANES(vsub, x - y)
SIGNED_LANES(vadds, sum_signed(x, y, bits))
UNSIGNED_LANES(vaddus, y > bits_mask(bits) - x ? UINT64_MAX : x + y)
SIGNED_LANES(vsubs, difference_signed(x, y, bits))
UNSIGNED_LANES(vsubus, x > y ? x - y : 0)
UNSIGNED_LANES(vmul, x *y)
SIGNED_LANES(vmulhs, x *y >> bits)
UNSIGNED_LANES(vmulhu, x *y >> bits)
UNSIGNED_LANES(vmulu32, (uint64_t)(uint32_t)x *(uint32_t)y)
UNSIGNED_LANES(vavgu, (x + y + 1) >> 1)
SIGNED_LANES(vmins, x < y ? x : y)
SIGNED_LANES(vmaxs, x > y ? x : y)
UNSIGNED_LANES(vminu, x < y ? x : y)
UNSIGNED_LANES(vmaxu, x > y ? x : y)
UNSIGNED_LANES(vcmpeq, x == y ? UINT64_MAX : 0)
SIGNED_LANES(vcmpgts, x > y ? UINT64_MAX : 0)

IrValue eval_vmaddw(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    IrValue v;
    for (unsigned n = 0; n < 4; n++) {
        int64_t sum = 0;
        for (unsigned k = 2 * n; k < 2 * n + 2; k++)
            sum += lane_get_signed(&a[0], 16, k) * lane_get_signed(&a[1], 16, k);
        v.w[n] = (uint32_t)sum;
    }
    return v;
}

IrValue eval_vsadbw(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    IrValue v = {.q = {0, 0}};
    for (unsigned n = 0; n < 16; n++) {
        int d = a[0].b[n] - a[1].b[n];
        v.q[n / 8] += (unsigned)(d < 0 ? -d : d);
    }
    return v;
}

/* ---- shifts: one count for all lanes ---- */

#define SHIFT(name, expr)                                                                          \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        unsigned bits = lane_bits(i);                                                              \
        uint64_t count = a[1].u;                                                                   \
        IrValue v = {.q = {0, 0}};                                                                 \
        for (unsigned n = 0; n < 128 / bits; n++)                                                  \
            lane_set(&v, bits, n, (uint64_t)(expr));                                               \
        return v;                                                                                  \
    }
SHIFT(vshl, count >= bits ? 0 : lane_get(&a[0], bits, n) << count)
SHIFT(vshr, count >= bits ? 0 : lane_get(&a[0], bits, n) >> count)
SHIFT(vsar, lane_get_signed(&a[0], bits, n) >> (count >= bits ? bits - 1 : count))

/* ---- lanes moved about ---- */

static IrValue pack(const IrInst *i, const IrValue *a, int64_t low, int64_t high)
{
    unsigned bits = lane_bits(i), lanes = 128 / bits;
    IrValue v = {.q = {0, 0}};
    for (unsigned n = 0; n < 2 * lanes; n++)
        lane_set(&v, bits / 2, n,
                 (uint64_t)clamp(lane_get_signed(&a[n / lanes], bits, n % lanes), low, high));
    return v;
}

IrValue eval_vpackss(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return pack(i, a, smin(lane_bits(i) / 2), smax(lane_bits(i) / 2));
}

IrValue eval_vpackus(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return pack(i, a, 0, (int64_t)bits_mask(lane_bits(i) / 2));
}

IrValue eval_vshuf(const Region *r, const IrInst *i, const IrValue *a)
{
    const uint8_t *mask = r->vconsts.data[i->imm].b;
    IrValue v;
    for (unsigned n = 0; n < 16; n++)
        v.b[n] = mask[n] >= 0x80 ? 0 : a[mask[n] >> 4 & 1].b[mask[n] & 15];
    return v;
}

IrValue eval_vextract(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return eval_u64(lane_get(&a[0], lane_bits(i), i->cc));
}

IrValue eval_vinsert(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    IrValue v = a[0];
    lane_set(&v, lane_bits(i), i->cc, a[1].u);
    return v;
}

IrValue eval_vlow(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    return eval_u64(a[0].u);
}

IrValue eval_vsplat(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    IrValue v;
    for (unsigned n = 0; n < 128 / lane_bits(i); n++)
        lane_set(&v, lane_bits(i), n, a[0].u);
    return v;
}

IrValue eval_vmovmsk(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned bits = lane_bits(i);
    uint64_t mask = 0;
    for (unsigned n = 0; n < 128 / bits; n++)
        mask |= (lane_get(&a[0], bits, n) >> (bits - 1)) << n;
    return eval_u64(mask);
}
