/* values.c: see values.h. */
#include "tests/insn/values.h"

#include <string.h>

uint64_t rng(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1du;
}

/* Often an edge of some width, or small. */
uint64_t random_int(uint64_t *state)
{
    uint64_t r = rng(state), s = r >> 58;
    switch (r & 15) {
    case 0:
        return 0;
    case 1:
        return ~(uint64_t)0;
    case 2:
        return (uint64_t)1 << s;
    case 3:
        return ((uint64_t)1 << s) - 1;
    case 4:
        return -((uint64_t)1 << s);
    case 5:
        return 0x8000000080008080u;
    case 6:
        return 0x7fffffff7fff7f7fu;
    case 7:
        return (r >> 8) & 0xff;
    case 8:
        return rng(state) >> s;
    default:
        return rng(state);
    }
}

static uint32_t random_f32(uint64_t *state)
{
    static const uint32_t edge[16] = {0,          0x80000000, 0x3f800000, 0xbf800000,
                                      0x7f800000, 0xff800000, 0x7fc00001, 0xffc12345,
                                      0x7f800001, 0xff812345, 1,          0x807fffff,
                                      0x00800000, 0x7f7fffff, 0x4f000000, 0xcf000001};
    uint64_t r = rng(state);
    if ((r & 3) == 0)
        return edge[(r >> 4) & 15];
    if ((r & 3) == 1)
        return (uint32_t)(r >> 32);
    return (uint32_t)((r >> 32) & 0x807fffff) | (uint32_t)(118 + ((r >> 4) & 31)) << 23;
}

static uint64_t random_f64(uint64_t *state)
{
    static const uint64_t edge[16] = {
        0,
        0x8000000000000000,
        0x3ff0000000000000,
        0xbff0000000000000,
        0x7ff0000000000000,
        0xfff0000000000000,
        0x7ff8000000000001,
        0xfff8123456789abc,
        0x7ff0000000000001,
        0xfff0123456789abc,
        1,
        0x800fffffffffffff,
        0x0010000000000000,
        0x7fefffffffffffff,
        0x41e0000000000000,
        0xc3e0000000000001,
    };
    uint64_t r = rng(state);
    if ((r & 3) == 0)
        return edge[(r >> 4) & 15];
    if ((r & 3) == 1)
        return rng(state);
    return (rng(state) & 0x800fffffffffffff) | (uint64_t)(1000 + ((r >> 4) & 63)) << 52;
}

/* One kind for a whole set, so that both operands are numbers of one type. */
void random_vectors(uint64_t *state, void *to, unsigned words, unsigned how)
{
    uint64_t *p = to;
    for (unsigned i = 0; i < words; i++)
        p[i] = how == 0   ? random_int(state)
               : how == 1 ? random_f64(state)
                          : random_f32(state) | (uint64_t)random_f32(state) << 32;
}

uint64_t hash_word(uint64_t h, uint64_t v)
{
    h = (h ^ v) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

uint64_t hash_words(uint64_t h, const void *p, unsigned bytes)
{
    uint64_t v;
    for (unsigned i = 0; i < bytes; i += 8) {
        memcpy(&v, (const char *)p + i, 8);
        h = hash_word(h, v);
    }
    return h;
}
