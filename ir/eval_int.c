/* eval_int.c: the meaning of the integer ops.
 *
 * Values are held zero-extended in 64 bits, so each function works on 64 bits and masks its
 * result; signed ones sign-extend first.
 */
#include "ir/base/bits.h"
#include "ir/eval.h"

static unsigned width(const IrInst *i)
{
    return ir_type_bits((IrType)i->type);
}
static IrValue result(const IrInst *i, uint64_t v)
{
    return eval_u64(v & bits_mask(width(i)));
}
static int64_t sx(const IrInst *i, const IrValue *v)
{
    return bits_sext(v->u, width(i));
}
static unsigned shift(const IrInst *i, const IrValue *v)
{
    return v->u & (width(i) - 1);
}

#define EVAL(name, expr)                                                                           \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        return result(i, (uint64_t)(expr));                                                        \
    }

EVAL(add, a[0].u + a[1].u)
EVAL(sub, a[0].u - a[1].u)
EVAL(mul, a[0].u *a[1].u)
EVAL(and, a[0].u &a[1].u)
EVAL(or, a[0].u | a[1].u)
EVAL(xor, a[0].u ^ a[1].u)
EVAL(not, ~a[0].u)
EVAL(neg, -a[0].u)
EVAL(shl, a[0].u << shift(i, &a[1]))
EVAL(shr, a[0].u >> shift(i, &a[1]))
EVAL(sar, sx(i, &a[0]) >> shift(i, &a[1]))
EVAL(clz, a[0].u == 0 ? width(i) : (unsigned)__builtin_clzll(a[0].u) - (64 - width(i)))
EVAL(ctz, a[0].u == 0 ? width(i) : (unsigned)__builtin_ctzll(a[0].u))
EVAL(popcnt, __builtin_popcountll(a[0].u))
EVAL(bswap, __builtin_bswap64(a[0].u) >> (64 - width(i)))
EVAL(zext, a[0].u)
EVAL(sext, bits_sext(a[0].u, ir_type_bits(eval_arg_type(r, i, 0))))
EVAL(trunc, a[0].u)
EVAL(bitcast, a[0].u)

static uint64_t rotate_left(uint64_t v, unsigned n, unsigned bits)
{
    return n == 0 ? v : v << n | v >> (bits - n);
}
EVAL(rotl, rotate_left(a[0].u, shift(i, &a[1]), width(i)))
EVAL(rotr, rotate_left(a[0].u, -shift(i, &a[1]) & (width(i) - 1), width(i)))

EVAL(umulh, (unsigned __int128)a[0].u *a[1].u >> width(i))
EVAL(smulh, (__int128)sx(i, &a[0]) * sx(i, &a[1]) >> width(i))

static int64_t divide(int64_t a, int64_t b)
{
    if (b == 0)
        return 0;
    return b == -1 ? (int64_t)(-(uint64_t)a) : a / b;
}
EVAL(udiv, a[1].u == 0 ? 0 : a[0].u / a[1].u)
EVAL(sdiv, divide(sx(i, &a[0]), sx(i, &a[1])))

/* Quotient and remainder of hi:lo / d; both 0 when there is none or it does not fit. */
static void divide_unsigned(const IrValue *a, uint64_t *q, uint64_t *rem)
{
    uint64_t hi = a[0].u, lo = a[1].u, d = a[2].u;
    *q = *rem = 0;
    if (d == 0 || hi >= d)
        return;
    unsigned __int128 n = (unsigned __int128)hi << 64 | lo;
    *q = (uint64_t)(n / d);
    *rem = (uint64_t)(n % d);
}

static void divide_signed(const IrValue *a, uint64_t *q, uint64_t *rem)
{
    int64_t d = (int64_t)a[2].u;
    unsigned __int128 n = (unsigned __int128)a[0].u << 64 | a[1].u;
    bool neg_n = (int64_t)a[0].u < 0, neg_q = neg_n != (d < 0);
    unsigned __int128 abs_n = neg_n ? -n : n;
    uint64_t abs_d = d < 0 ? -(uint64_t)d : (uint64_t)d;
    *q = *rem = 0;
    if (d == 0)
        return;
    unsigned __int128 abs_q = abs_n / abs_d;
    if (abs_q > (unsigned __int128)INT64_MAX + neg_q)
        return;
    uint64_t abs_r = (uint64_t)(abs_n % abs_d);
    *q = neg_q ? -(uint64_t)abs_q : (uint64_t)abs_q;
    *rem = neg_n ? -abs_r : abs_r;
}

#define EVAL_DIV(name, divide_fn, which)                                                           \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        uint64_t out[2];                                                                           \
        divide_fn(a, &out[0], &out[1]);                                                            \
        return result(i, out[which]);                                                              \
    }
EVAL_DIV(udivq, divide_unsigned, 0)
EVAL_DIV(udivr, divide_unsigned, 1)
EVAL_DIV(sdivq, divide_signed, 0)
EVAL_DIV(sdivr, divide_signed, 1)

EVAL(extract, a[0].u >> (i->aux & 0xff) & bits_mask(i->aux >> 8))
EVAL(sextract, bits_sext(a[0].u >> (i->aux & 0xff), i->aux >> 8))

IrValue eval_deposit(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    unsigned pos = i->aux & 0xff;
    uint64_t mask = bits_mask(i->aux >> 8) << pos;
    return result(i, (a[0].u & ~mask) | (a[1].u << pos & mask));
}

static int64_t sx_arg(const Region *r, const IrInst *i, const IrValue *a, unsigned n)
{
    return bits_sext(a[n].u, ir_type_bits(eval_arg_type(r, i, n)));
}
EVAL(eq, a[0].u == a[1].u)
EVAL(ne, a[0].u != a[1].u)
EVAL(ult, a[0].u < a[1].u)
EVAL(ule, a[0].u <= a[1].u)
EVAL(slt, sx_arg(r, i, a, 0) < sx_arg(r, i, a, 1))
EVAL(sle, sx_arg(r, i, a, 0) <= sx_arg(r, i, a, 1))

IrValue eval_select(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    return a[0].b[0] != 0 ? a[1] : a[2];
}

/* ---- bits gathered and scattered ---- */

static uint64_t deposit_bits(uint64_t v, uint64_t where)
{
    uint64_t r = 0;
    for (; where != 0; where &= where - 1, v >>= 1)
        r |= v & 1 ? where & -where : 0;
    return r;
}

static uint64_t extract_bits(uint64_t v, uint64_t where)
{
    uint64_t r = 0;
    for (unsigned n = 0; where != 0; where &= where - 1, n++)
        r |= (uint64_t)((v & where & -where) != 0) << n;
    return r;
}
EVAL(pdep, deposit_bits(a[0].u, a[1].u))
EVAL(pext, extract_bits(a[0].u, a[1].u))

static uint64_t bit_reverse(uint64_t v)
{
    uint64_t r = 0;
    for (unsigned n = 0; n < 64; n++, v >>= 1)
        r = r << 1 | (v & 1);
    return r;
}
EVAL(bitrev, bit_reverse(a[0].u) >> (64 - width(i)))

/* Cyclic sums, bit by bit; the polynomials with their bits reversed: Castagnoli's 0x1edc6f41 and
 * that of IEEE 802.3, 0x04c11db7. */
static const uint32_t CASTAGNOLI = 0x82f63b78, ETHERNET = 0xedb88320;

static uint32_t crc(uint32_t polynomial, uint32_t sum, uint64_t v, unsigned bits)
{
    for (unsigned n = 0; n < bits; n++, v >>= 1) {
        bool out = (sum ^ v) & 1;
        sum = sum >> 1 ^ (out ? polynomial : 0);
    }
    return sum;
}
EVAL(crc32cb, crc(CASTAGNOLI, (uint32_t)a[0].u, a[1].u, 8))
EVAL(crc32ch, crc(CASTAGNOLI, (uint32_t)a[0].u, a[1].u, 16))
EVAL(crc32c, crc(CASTAGNOLI, (uint32_t)a[0].u, a[1].u, width(i)))
EVAL(crc32b, crc(ETHERNET, (uint32_t)a[0].u, a[1].u, 8))
EVAL(crc32h, crc(ETHERNET, (uint32_t)a[0].u, a[1].u, 16))
EVAL(crc32, crc(ETHERNET, (uint32_t)a[0].u, a[1].u, width(i)))
