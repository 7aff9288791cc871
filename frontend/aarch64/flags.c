/* flags.c: see flags.h. */
#include "frontend/aarch64/helpers.h"
#include "frontend/aarch64/lift.h"

enum { N_AT = 31, Z_AT = 30, C_AT = 29, V_AT = 28 };

uint32_t a64_flags_of(uint32_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    bool wide = kind & 1;
    unsigned top = wide ? 63 : 31;
    uint64_t mask = wide ? ~0ull : 0xffffffff, r = 0;
    bool carry = false, overflow = false;
    if (kind == A64_CC_BITS)
        return (uint32_t)a & 0xf0000000;
    a &= mask;
    b &= mask;
    switch (kind & ~1u) {
    case A64_CC_ADD:
        r = (a + b) & mask;
        carry = r < a;
        overflow = ((a ^ r) & (b ^ r)) >> top & 1;
        break;
    case A64_CC_SUB:
        r = (a - b) & mask;
        carry = a >= b;
        overflow = ((a ^ b) & (a ^ r)) >> top & 1;
        break;
    case A64_CC_ADC:
        r = (a + b + (c & 1)) & mask;
        carry = c & 1 ? r <= a : r < a;
        overflow = ((a ^ r) & (b ^ r)) >> top & 1;
        break;
    default:
        r = a;
        break;
    }
    return (uint32_t)(r >> top & 1) << N_AT | (uint32_t)(r == 0) << Z_AT | (uint32_t)carry << C_AT |
           (uint32_t)overflow << V_AT;
}

uint32_t a64_helper_flags(uint32_t kind, uint64_t a, uint64_t b, uint64_t c)
{
    return a64_flags_of(kind, a, b, c);
}

uint32_t a64_nzcv(const CpuState *s)
{
    const A64State *a = a64_state_const(s);
    return a64_flags_of(a->cc_kind, a->cc_a, a->cc_b, a->cc_c);
}

void a64_set_nzcv(CpuState *s, uint32_t v)
{
    A64State *a = a64_state(s);
    a->cc_kind = A64_CC_BITS;
    a->cc_a = v;
}
