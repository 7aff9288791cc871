/* eval_str.c: the meaning of the string ops (IrStr in ir.h). */
#include "ir/eval_lanes.h"

typedef struct Strings {
    unsigned lanes, bits, how;
    unsigned length[2]; /* of a and b */
    int64_t a[16], b[16];
} Strings;

static unsigned length_of(const IrValue *v, unsigned bits, unsigned lanes)
{
    unsigned n = 0;
    while (n < lanes && lane_get(v, bits, n) != 0)
        n++;
    return n;
}

static Strings read_strings(const IrInst *i, const IrValue *v)
{
    Strings s = {.bits = i->cc & IR_STR_WORDS ? 16 : 8, .how = i->cc};
    s.lanes = 128 / s.bits;
    for (unsigned k = 0; k < 2; k++) {
        int64_t given = (int32_t)(v[2].u >> (32 * k));
        int64_t size = given < 0 ? -given : given;
        s.length[k] = i->cc & IR_STR_IMPLICIT ? length_of(&v[k], s.bits, s.lanes)
                      : size < s.lanes        ? (unsigned)size
                                              : s.lanes;
    }
    for (unsigned n = 0; n < s.lanes; n++) {
        bool sign = (i->cc & IR_STR_SIGNED) != 0;
        s.a[n] = sign ? lane_get_signed(&v[0], s.bits, n) : (int64_t)lane_get(&v[0], s.bits, n);
        s.b[n] = sign ? lane_get_signed(&v[1], s.bits, n) : (int64_t)lane_get(&v[1], s.bits, n);
    }
    return s;
}

static bool any_equal(const Strings *s, unsigned n)
{
    for (unsigned k = 0; k < s->length[0]; k++)
        if (s->a[k] == s->b[n])
            return true;
    return false;
}

static bool in_ranges(const Strings *s, unsigned n)
{
    for (unsigned k = 0; k + 1 < s->length[0]; k += 2)
        if (s->a[k] <= s->b[n] && s->b[n] <= s->a[k + 1])
            return true;
    return false;
}

static bool stands_at(const Strings *s, unsigned n)
{
    for (unsigned k = 0; k < s->length[0] && n + k < s->lanes; k++)
        if (n + k >= s->length[1] || s->a[k] != s->b[n + k])
            return false;
    return true;
}

static bool found(const Strings *s, unsigned n)
{
    bool in_a = n < s->length[0], in_b = n < s->length[1];
    switch (s->how & IR_STR_HOW) {
    case IR_STR_ANY:
        return in_b && any_equal(s, n);
    case IR_STR_RANGES:
        return in_b && in_ranges(s, n);
    case IR_STR_EACH:
        return in_a == in_b && (!in_a || s->a[n] == s->b[n]);
    default:
        return stands_at(s, n);
    }
}

static unsigned found_mask(const Strings *s)
{
    unsigned mask = 0, all = (unsigned)bits_mask(s->lanes);
    for (unsigned n = 0; n < s->lanes; n++)
        mask |= (unsigned)found(s, n) << n;
    if ((s->how & IR_STR_NOT_VALID) == IR_STR_NOT_VALID)
        return mask ^ (unsigned)bits_mask(s->length[1]);
    return s->how & IR_STR_NOT ? mask ^ all : mask;
}

static IrValue index_of(const Strings *s, unsigned mask)
{
    unsigned index = s->lanes;
    if (mask != 0)
        index = s->how & IR_STR_LAST ? 31u - (unsigned)__builtin_clz(mask)
                                     : (unsigned)__builtin_ctz(mask);
    return eval_u64(index);
}

static IrValue lanes_of(const Strings *s, unsigned mask)
{
    IrValue v = eval_u64(mask);
    if (s->how & IR_STR_LAST)
        for (unsigned n = 0; n < s->lanes; n++)
            lane_set(&v, s->bits, n, mask >> n & 1 ? UINT64_MAX : 0);
    return v;
}

static IrValue flags_of(const Strings *s, unsigned mask)
{
    return eval_u64(IR_STR_ALWAYS | (mask & 1 ? IR_STR_IS_FIRST : 0u) |
                    (mask != 0 ? IR_STR_IS_ANY : 0u) |
                    (s->length[1] < s->lanes ? IR_STR_ENDS_B : 0u) |
                    (s->length[0] < s->lanes ? IR_STR_ENDS_A : 0u));
}

#define STRINGS(name, result)                                                                      \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        Strings s = read_strings(i, a);                                                            \
        (void)r;                                                                                   \
        return result(&s, found_mask(&s));                                                         \
    }
STRINGS(vstrindex, index_of)
STRINGS(vstrmask, lanes_of)
STRINGS(vstrflags, flags_of)
