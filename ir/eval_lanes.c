/* eval_lanes.c: the meaning of integer vector ops that are more than one operation a lane: products
 * summed, neighbours, tables, selection, widening. See eval_vec.c for the plain ones.
 */
#include "ir/eval_lanes.h"

SIGNED_LANES(vmuls32, (int64_t)(int32_t)x *(int32_t)y)
SIGNED_LANES(vmulhrs, (x * y + 0x4000) >> 15)
SIGNED_LANES(vsign, y < 0 ? -x : y == 0 ? 0 : x)

IrValue eval_vabs(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned bits = lane_bits(i);
    IrValue v;
    for (unsigned n = 0; n < 128 / bits; n++) {
        int64_t x = lane_get_signed(&a[0], bits, n);
        lane_set(&v, bits, n, x < 0 ? -(uint64_t)x : (uint64_t)x);
    }
    return v;
}

IrValue eval_vmaddub(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    IrValue v;
    for (unsigned n = 0; n < 8; n++) {
        int64_t sum = 0;
        for (unsigned k = 2 * n; k < 2 * n + 2; k++)
            sum += (int64_t)a[0].b[k] * (int8_t)a[1].b[k];
        v.h[n] = (uint16_t)clamp(sum, INT16_MIN, INT16_MAX);
    }
    return v;
}

/* ---- neighbours ---- */

#define NEIGHBOURS(name, expr)                                                                     \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        unsigned bits = lane_bits(i), half = 64 / bits;                                            \
        IrValue v;                                                                                 \
        for (unsigned n = 0; n < 2 * half; n++) {                                                  \
            int64_t x = lane_get_signed(&a[n / half], bits, n % half * 2);                         \
            int64_t y = lane_get_signed(&a[n / half], bits, n % half * 2 + 1);                     \
            lane_set(&v, bits, n, (uint64_t)(expr));                                               \
        }                                                                                          \
        return v;                                                                                  \
    }
NEIGHBOURS(vhadd, (uint64_t)x + (uint64_t)y)
NEIGHBOURS(vhsub, x - y)
NEIGHBOURS(vhadds, clamp(x + y, smin(bits), smax(bits)))
NEIGHBOURS(vhsubs, clamp(x - y, smin(bits), smax(bits)))

IrValue eval_vsadslide(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned from_a = (i->cc >> 2 & 1) * 4, from_b = (i->cc & 3) * 4u;
    IrValue v;
    for (unsigned n = 0; n < 8; n++) {
        unsigned sum = 0;
        for (unsigned k = 0; k < 4; k++) {
            int d = a[0].b[from_a + n + k] - a[1].b[from_b + k];
            sum += (unsigned)(d < 0 ? -d : d);
        }
        v.h[n] = (uint16_t)sum;
    }
    return v;
}

IrValue eval_vhminpos(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    unsigned at = 0;
    for (unsigned n = 1; n < 8; n++)
        at = a[0].h[n] < a[0].h[at] ? n : at;
    return eval_u64(a[0].h[at] | (uint64_t)at << 16);
}

/* ---- tables, selection, widening ---- */

IrValue eval_vtbl(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    IrValue v;
    for (unsigned n = 0; n < 16; n++)
        v.b[n] = a[1].b[n] >= 0x80 ? 0 : a[0].b[a[1].b[n] & 15];
    return v;
}

IrValue eval_vblendv(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned bits = lane_bits(i);
    IrValue v;
    for (unsigned n = 0; n < 128 / bits; n++)
        lane_set(&v, bits, n, lane_get(&a[lane_get_signed(&a[2], bits, n) < 0], bits, n));
    return v;
}

IrValue eval_vsext(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned bits = lane_bits(i), from = bits >> (1 + i->cc);
    IrValue v;
    if (from < 8)
        from = 8;
    for (unsigned n = 0; n < 128 / bits; n++)
        lane_set(&v, bits, n, (uint64_t)lane_get_signed(&a[0], from, n));
    return v;
}

IrValue eval_viszero(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    return eval_u64((a[0].q[0] | a[0].q[1]) == 0);
}
