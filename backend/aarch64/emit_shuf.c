/* emit_shuf.c: vshuf with a constant mask: one permuting instruction where the mask is one's, else
 * a table lookup.
 *
 * Each candidate instruction states which source byte it gives at each place (mask_of); the masks
 * are compared. Sources 0-15 are the first operand's bytes, 16-31 the second's, 0x80 a zero byte.
 * Example: punpcklbw is 0 16 1 17 ..: ZIP1.16B.
 */
#include <string.h>

#include "backend/aarch64/emitters.h"
#include "ir/base/bits.h"

typedef struct Shuffle {
    uint8_t mask[16];
    unsigned d, src[2]; /* registers */
} Shuffle;

enum { ZERO = 0x80 };

/* Byte i of what op does to operands whose bytes are numbered x.. and y.. */
static unsigned byte_of(A64Op op, unsigned lg, unsigned i, unsigned x, unsigned y)
{
    unsigned size = 1u << lg, lane = i >> lg, at = i & (size - 1), lanes = 16u >> lg;
    unsigned half = lanes / 2;
    switch (op) {
    case A64_VZIP1:
        return (lane & 1 ? y : x) + (lane / 2 << lg) + at;
    case A64_VZIP2:
        return (lane & 1 ? y : x) + ((half + lane / 2) << lg) + at;
    case A64_VUZP1:
        return (lane < half ? x : y) + (lane % half * 2 << lg) + at;
    case A64_VUZP2:
        return (lane < half ? x : y) + ((lane % half * 2 + 1) << lg) + at;
    case A64_VTRN1:
        return (lane & 1 ? y : x) + ((lane & ~1u) << lg) + at;
    case A64_VTRN2:
        return (lane & 1 ? y : x) + ((lane | 1u) << lg) + at;
    case A64_VREV64:
        return x + ((lane ^ (7u >> lg)) << lg) + at;
    case A64_VREV32:
        return x + ((lane ^ (3u >> lg)) << lg) + at;
    default: /* VREV16 */
        return x + (i ^ 1);
    }
}

static bool is_mask_of(const Shuffle *s, A64Op op, unsigned lg, unsigned x, unsigned y)
{
    for (unsigned i = 0; i < 16; i++) {
        if (s->mask[i] != byte_of(op, lg, i, x, y))
            return false;
    }
    return true;
}

static bool try_permute(Emitter *e, const Shuffle *s)
{
    static const struct {
        uint16_t op;
        uint8_t below; /* lanes of log2 size below this */
        bool two;
    } rows[] = {
        {A64_VZIP1, 4, true},   {A64_VZIP2, 4, true},   {A64_VUZP1, 3, true},
        {A64_VUZP2, 3, true},   {A64_VTRN1, 3, true},   {A64_VTRN2, 3, true},
        {A64_VREV64, 3, false}, {A64_VREV32, 2, false}, {A64_VREV16, 1, false},
    };
    static const uint8_t lanes[] = {IR_I8, IR_I16, IR_I32, IR_I64};
    if (s->mask[0] >= 32)
        return false;
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        for (unsigned c = 0; c < 4 * rows[k].below; c++) {
            unsigned lg = c / 4, x = c & 1 ? 16 : 0, y = c & 2 ? 16 : 0;
            if (!is_mask_of(s, rows[k].op, lg, x, y))
                continue;
            if (rows[k].two)
                vvv(e, rows[k].op, lanes[lg], s->d, s->src[x / 16], s->src[y / 16]);
            else
                vv(e, rows[k].op, lanes[lg], s->d, s->src[x / 16]);
            return true;
        }
    }
    return false;
}

static bool try_splat(Emitter *e, const Shuffle *s)
{
    static const uint8_t lanes[] = {IR_I8, IR_I16, IR_I32, IR_I64};
    unsigned from = s->mask[0];
    for (unsigned lg = 0; lg < 4 && from < 32; lg++) {
        bool same = (from & ((1u << lg) - 1)) == 0;
        for (unsigned i = 0; i < 16 && same; i++)
            same = s->mask[i] == from + (i & ((1u << lg) - 1));
        if (same) {
            vlane(e, A64_DUP_LANE, lanes[lg], s->d, s->src[from / 16], (from & 15) >> lg);
            return true;
        }
    }
    return false;
}

/* The low half with zeros above, lanes narrowed to it, or halves of it with zeros between. */
static bool try_zeros(Emitter *e, const Shuffle *s)
{
    static const uint8_t lanes[] = {IR_I8, IR_I16, IR_I32};
    unsigned base = s->mask[0] & 16, n = s->src[base / 16];
    bool low = true;
    for (unsigned i = 0; i < 16; i++)
        low = low && s->mask[i] == (i < 8 ? base + i : ZERO);
    if (low) {
        vlane(e, A64_DUP_SCALAR, IR_I64, s->d, n, 0);
        return true;
    }
    for (unsigned lg = 0; lg < 3; lg++) {
        bool narrow = true, wide = true, upper = true;
        for (unsigned i = 0; i < 16; i++) {
            unsigned size = 1u << lg, lane = i >> lg, at = i & (size - 1);
            unsigned from = lane & 1 ? ZERO : base + (lane / 2 << lg) + at;
            narrow = narrow && s->mask[i] == (i < 8 ? base + (lane * 2 << lg) + at : ZERO);
            wide = wide && s->mask[i] == from;
            upper = upper && s->mask[i] == (lane & 1 ? ZERO : from + 8);
        }
        if (narrow)
            vv(e, A64_VXTN, lanes[lg], s->d, n);
        else if (wide || upper)
            vi(e, wide ? A64_VUSHLL : A64_VUSHLL2, lanes[lg], s->d, n, 0);
        if (narrow || wide || upper)
            return true;
    }
    return false;
}

/* Sixteen bytes out of a pair of registers; either may be zero: the byte shifts. */
static bool try_extract(Emitter *e, const Shuffle *s)
{
    unsigned n = 0; /* bytes from the first register */
    while (n < 15 &&
           (s->mask[n] == ZERO ? s->mask[n + 1] == ZERO
                               : s->mask[n + 1] == s->mask[n] + 1 && (s->mask[n + 1] & 15) != 0))
        n++;
    n++;
    if (n == 16)
        return false;
    unsigned x = s->mask[0], y = s->mask[n];
    if ((x != ZERO && (x & 15) != 16 - n) || (y != ZERO && (y & 15) != 0) ||
        (x == ZERO && y == ZERO))
        return false;
    for (unsigned i = n; i < 16; i++) {
        if (s->mask[i] != (y == ZERO ? ZERO : y + (i - n)))
            return false;
    }
    if (x == ZERO || y == ZERO)
        vimm(e, A64_MOVI_D, V_T0, 0, 0);
    unsigned lo = x == ZERO ? V_T0 : s->src[x / 16], hi = y == ZERO ? V_T0 : s->src[y / 16];
    vext(e, s->d, lo, hi, 16 - n);
    return true;
}

/* One operand whole but for one lane. */
static bool try_insert(Emitter *e, const Shuffle *s)
{
    static const uint8_t lanes[] = {IR_I8, IR_I16, IR_I32, IR_I64};
    for (unsigned base = 0; base < 32; base += 16) {
        unsigned diff = 0;
        for (unsigned i = 0; i < 16; i++)
            diff |= (unsigned)(s->mask[i] != base + i) << i;
        for (unsigned lg = 0; lg < 4; lg++) {
            unsigned size = 1u << lg,
                     first = (unsigned)__builtin_ctz(diff | 1u << 15) & ~(size - 1);
            unsigned from = s->mask[first];
            if ((diff & ~((unsigned)bits_mask(size) << first)) != 0 || from >= 32 ||
                (from & (size - 1)) != 0)
                continue;
            bool whole = true;
            for (unsigned i = 0; i < size; i++)
                whole = whole && s->mask[first + i] == from + i;
            if (!whole)
                continue;
            unsigned t = s->d == s->src[base / 16] ? s->d : V_T0;
            a64_vmov(e, t, s->src[base / 16]);
            put_a64(e, A64_INS_LANE,
                    (A64Args){.lane = lanes[lg],
                              .d = (uint8_t)t,
                              .n = (uint8_t)s->src[from / 16],
                              .j = (uint8_t)(first >> lg),
                              .imm = (from & 15) >> lg});
            a64_vmov(e, s->d, t);
            return true;
        }
    }
    return false;
}

static void table_lookup(Emitter *e, const Shuffle *s)
{
    IrVec128 table;
    bool first = false, second = false;
    for (unsigned i = 0; i < 16; i++) {
        first = first || s->mask[i] < 16;
        second = second || (s->mask[i] >= 16 && s->mask[i] < 32);
    }
    for (unsigned i = 0; i < 16; i++)
        table.b[i] = s->mask[i] >= 32 ? 0xff : first ? s->mask[i] : s->mask[i] - 16;
    a64_vconst(e, V_T2, &table);
    if (first && second) {
        a64_vmov(e, V_T0, s->src[0]);
        a64_vmov(e, V_T1, s->src[1]);
        rrr(e, A64_TBL2, s->d, V_T0, V_T2);
    } else {
        rrr(e, A64_TBL1, s->d, s->src[second], V_T2);
    }
}

void a64_vshuf(Emitter *e, const SelInst *si, const IrInst *in)
{
    Shuffle s = {.d = si->dest, .src = {si->opnd[0].reg[0], si->opnd[1].reg[0]}};
    const uint8_t *mask = e->region->vconsts.data[in->imm].b;
    unsigned identity = 0, zeros = 0;
    for (unsigned i = 0; i < 16; i++) {
        s.mask[i] = mask[i] >= 0x80 ? ZERO : mask[i] & 31;
        if (s.src[0] == s.src[1] && s.mask[i] != ZERO)
            s.mask[i] &= 15;
        identity += s.mask[i] == i;
        zeros += s.mask[i] == ZERO;
    }
    if (zeros == 16)
        vimm(e, A64_MOVI_D, s.d, 0, 0);
    else if (identity == 16)
        a64_vmov(e, s.d, s.src[0]);
    else if (!try_splat(e, &s) && !try_permute(e, &s) && !try_zeros(e, &s) && !try_extract(e, &s) &&
             !try_insert(e, &s))
        table_lookup(e, &s);
}
