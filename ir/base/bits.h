/* bits.h: small bit tricks shared by all folders. */
#ifndef DRAGOMAN_IR_BASE_BITS_H
#define DRAGOMAN_IR_BASE_BITS_H

#include <stdbool.h>
#include <stdint.h>

/* The low n bits set, 0 <= n <= 64. */
static inline uint64_t bits_mask(unsigned n)
{
    return n >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << n) - 1;
}

/* The low n bits of v as a signed number, 1 <= n <= 64. */
static inline int64_t bits_sext(uint64_t v, unsigned n)
{
    return (int64_t)(v << (64 - n)) >> (64 - n);
}

static inline bool bits_fits_signed(int64_t v, unsigned n)
{
    return bits_sext((uint64_t)v, n) == v;
}

static inline uint64_t bits_align_up(uint64_t v, uint64_t power_of_two)
{
    return (v + power_of_two - 1) & ~(power_of_two - 1);
}

#endif
