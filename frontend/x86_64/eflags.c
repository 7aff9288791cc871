/* eflags.c: what the lazy flag slots mean, in C (the table stands in flags.h).
 *
 * Translations call x86_helper_eflags where the kind is not known statically; signal frames, PUSHF
 * and the debugger read and write the flags of a state in memory.
 *
 * Example: x86_eflags(CC_SUB + 2, 1, 2, 0, 0, 0) is C | S | A (1 - 2 = 0xffffffff in 32 bits; P).
 */
#include "frontend/x86_64/flags.h"
#include "frontend/x86_64/helpers.h"
#include "frontend/x86_64/state.h"
#include "ir/base/bits.h"

typedef struct Operands {
    uint64_t x, y, c; /* cut to the size */
    uint64_t mask, top;
    unsigned bits;
} Operands;

static uint64_t flag_if(bool set, unsigned flag)
{
    return set ? flag : 0;
}

/* S, Z and P of a result. */
static uint64_t flags_szp(const Operands *o, uint64_t result)
{
    return flag_if(result & o->top, F_S) | flag_if((result & o->mask) == 0, F_Z) |
           flag_if(!__builtin_parity((unsigned)(result & 0xff)), F_P);
}

static uint64_t flags_add(const Operands *o, uint64_t carry)
{
    uint64_t r = (o->x + o->y + carry) & o->mask;
    bool c = carry ? r <= o->x : r < o->x;
    return flags_szp(o, r) | flag_if(c, F_C) | flag_if((o->x ^ o->y ^ r) & 16, F_A) |
           flag_if((o->x ^ r) & (o->y ^ r) & o->top, F_O);
}

static uint64_t flags_sub(const Operands *o, uint64_t borrow)
{
    uint64_t r = (o->x - o->y - borrow) & o->mask;
    bool c = borrow ? o->x <= o->y : o->x < o->y;
    return flags_szp(o, r) | flag_if(c, F_C) | flag_if((o->x ^ o->y ^ r) & 16, F_A) |
           flag_if((o->x ^ o->y) & (o->x ^ r) & o->top, F_O);
}

static uint64_t flags_shift(const Operands *o, bool left)
{
    bool c = left ? (o->y & o->top) != 0 : o->y & 1;
    return flags_szp(o, o->x) | flag_if(c, F_C) | flag_if((o->x ^ o->y) & o->top, F_O);
}

static uint64_t flags_mul(const Operands *o, bool is_signed)
{
    bool lost;
    uint64_t low;
    if (is_signed) {
        __int128 p = (__int128)bits_sext(o->x, o->bits) * bits_sext(o->y, o->bits);
        low = (uint64_t)p & o->mask;
        lost = p != bits_sext(low, o->bits);
    } else {
        unsigned __int128 p = (unsigned __int128)o->x * o->y;
        low = (uint64_t)p & o->mask;
        lost = p != low;
    }
    return flags_szp(o, low) | flag_if(lost, F_C | F_O);
}

static Operands operands_of(unsigned kind, uint64_t x, uint64_t y)
{
    unsigned bits = 8u << (kind & 3);
    uint64_t mask = bits_mask(bits);
    return (Operands){
        .x = x & mask, .y = y & mask, .mask = mask, .top = (uint64_t)1 << (bits - 1), .bits = bits};
}

static uint64_t base_flags(unsigned kind, uint64_t a, uint64_t b, uint64_t c)
{
    Operands o = operands_of(kind, a, b);
    switch (kind & ~3u) {
    case CC_ADD:
        o.x = (o.x - o.y) & o.mask;
        return flags_add(&o, 0);
    case CC_ADC:
        return flags_add(&o, c & 1);
    case CC_SUB:
        return flags_sub(&o, 0);
    case CC_SUBR:
        o.x = (o.x + o.y) & o.mask;
        return flags_sub(&o, 0);
    case CC_SBB:
        return flags_sub(&o, c & 1);
    case CC_LOGIC:
        return flags_szp(&o, o.x);
    case CC_SHL:
        return flags_shift(&o, true);
    case CC_SHR:
        return flags_shift(&o, false);
    case CC_SMUL:
        return flags_mul(&o, true);
    case CC_UMUL:
        return flags_mul(&o, false);
    case CC_STRINGS:
        return flag_if(a & IR_STR_IS_ANY, F_C) | flag_if(a & IR_STR_ENDS_B, F_Z) |
               flag_if(a & IR_STR_ENDS_A, F_S) | flag_if(a & IR_STR_IS_FIRST, F_O);
    default:
        return a & F_ALL;
    }
}

/* O S Z A P of an increment or decrement, by its result. */
static uint64_t incdec_flags(unsigned kind, uint64_t result)
{
    Operands o = operands_of(kind, result, 0);
    bool inc = (kind & ~3u) == CC_INC >> 8;
    return flags_szp(&o, o.x) | flag_if((o.x & 15) == (inc ? 0 : 15), F_A) |
           flag_if(o.x == (inc ? o.top : o.top - 1), F_O);
}

/* C and O by the third field. */
static uint64_t extra_flags(unsigned kind, uint64_t e)
{
    Operands o = operands_of(kind, e, 0);
    bool top = o.x & o.top, next = o.x & o.top >> 1;
    switch (kind & ~3u) {
    case CC_X_ROL >> 16:
        return flag_if(o.x & 1, F_C) | flag_if(top != (o.x & 1), F_O);
    case CC_X_ROR >> 16:
        return flag_if(top, F_C) | flag_if(top != next, F_O);
    default:
        return e & (F_C | F_O);
    }
}

uint64_t x86_eflags(uint64_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
    uint64_t f = base_flags(kind & CC_BASE, a, b, c);
    if (kind & CC_INCDEC)
        f = (f & F_C) | incdec_flags((kind & CC_INCDEC) >> 8, d);
    if (kind & CC_X) {
        unsigned from_e = kind & CC_X_ONLY_C ? F_C : F_C | F_O;
        f = (f & ~(uint64_t)from_e) | (extra_flags((kind & CC_X) >> 16, e) & from_e);
    }
    return f;
}

uint64_t x86_helper_eflags(uint64_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                           uint64_t e)
{
    return x86_eflags(kind, a, b, c, d, e);
}

uint64_t x86_flags_read(const CpuState *s)
{
    const X86State *x = x86_state_const(s);
    return x86_eflags(x->cc_kind, x->cc_a, x->cc_b, x->cc_c, x->cc_d, x->cc_e) | (x->df ? F_D : 0u);
}

void x86_flags_write(CpuState *s, uint64_t eflags)
{
    X86State *x = x86_state(s);
    x->cc_kind = CC_EFLAGS;
    x->cc_a = eflags & F_ALL;
    x->df = (eflags & F_D) != 0;
}
