/* eval_lanes.h: lanes of vectors, for eval_vec.c and eval_lanes.c.
 *
 * A lane is read zero- or sign-extended to 64 bits, computed there, and written back cut to its
 * width:  SIGNED_LANES(vmins, x < y ? x : y)  defines eval_vmins.
 */
#ifndef DRAGOMAN_IR_EVAL_LANES_H
#define DRAGOMAN_IR_EVAL_LANES_H

#include <string.h>

#include "ir/base/bits.h"
#include "ir/eval.h"

static inline uint64_t lane_get(const IrValue *v, unsigned bits, unsigned n)
{
    uint64_t x = 0;
    memcpy(&x, v->b + n * bits / 8, bits / 8); /* hosts are little-endian */
    return x;
}

static inline int64_t lane_get_signed(const IrValue *v, unsigned bits, unsigned n)
{
    return bits_sext(lane_get(v, bits, n), bits);
}

static inline void lane_set(IrValue *v, unsigned bits, unsigned n, uint64_t x)
{
    memcpy(v->b + n * bits / 8, &x, bits / 8);
}

static inline unsigned lane_bits(const IrInst *i)
{
    return ir_type_bits((IrType)i->lane);
}

static inline int64_t clamp(int64_t x, int64_t low, int64_t high)
{
    return x < low ? low : x > high ? high : x;
}
static inline int64_t smax(unsigned bits)
{
    return (int64_t)(bits_mask(bits) >> 1);
}
static inline int64_t smin(unsigned bits)
{
    return -smax(bits) - 1;
}

/* Lane by lane; T and get say how lanes are extended. */
#define LANES(name, T, get, expr)                                                                  \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        unsigned bits = lane_bits(i);                                                              \
        IrValue v = {.q = {0, 0}};                                                                 \
        for (unsigned n = 0; n < 128 / bits; n++) {                                                \
            T x = get(&a[0], bits, n), y = get(&a[1], bits, n);                                    \
            lane_set(&v, bits, n, (uint64_t)(expr));                                               \
        }                                                                                          \
        return v;                                                                                  \
    }
#define UNSIGNED_LANES(name, expr) LANES(name, uint64_t, lane_get, expr)
#define SIGNED_LANES(name, expr)   LANES(name, int64_t, lane_get_signed, expr)

#endif
