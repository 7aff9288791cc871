/* guest.h: what the guest programs share: a fixed random sequence, a hash to print instead of
 * long output, and a check that names its line. The programs know nothing of Dragoman: each must
 * print the same on the real processor. */
#ifndef TESTS_GUEST_H
#define TESTS_GUEST_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define NOINLINE __attribute__((noipa)) /* nor cloned for constant arguments */

static uint64_t rng_state = 0x9e3779b97f4a7c15u;

/* xorshift64*: the same sequence in every run. */
static inline uint64_t rng(void)
{
    rng_state ^= rng_state >> 12;
    rng_state ^= rng_state << 25;
    rng_state ^= rng_state >> 27;
    return rng_state * 0x2545f4914f6cdd1du;
}

/* A random value that is often an edge: 0, -1, the largest and smallest of some width. */
static inline uint64_t rng_edge(void)
{
    uint64_t r = rng();
    switch (r & 7) {
    case 0:
        return (int64_t)(r >> 61) - 4;
    case 1:
        return ((uint64_t)1 << (r >> 58)) - ((r >> 3) & 1);
    case 2:
        return -((uint64_t)1 << (r >> 58));
    default:
        return rng() >> (r >> 58);
    }
}

#define HASH_START 0xcbf29ce484222325u

static inline uint64_t hash_bytes(uint64_t h, const void *data, size_t size)
{
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i++)
        h = (h ^ p[i]) * 0x100000001b3u;
    return h;
}

static inline uint64_t hash_u64(uint64_t h, uint64_t v)
{
    return hash_bytes(h, &v, sizeof v);
}

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("%s:%d: failed: %s\n", __func__, __LINE__, #cond);                              \
            fflush(stdout);                                                                        \
            _Exit(99);                                                                             \
        }                                                                                          \
    } while (0)

#endif
