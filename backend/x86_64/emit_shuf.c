/* emit_shuf.c: byte shuffles. The mask is compared with what each host shuffle does, cheapest
 * first; what none does is one vpshufb (one source) or two and a vpor.
 *
 * Example: mask 0 1 2 3 16 17 18 19 4 5 6 7 20 21 22 23 is vpunpckldq.
 *
 * A mask here: byte i of the result is byte m[i] of a:b (0-15 a, 16-31 b), or zero (ZERO).
 */
#include <string.h>

#include "backend/x86_64/emitters.h"

enum { ZERO = 0x80 };

typedef struct Shuffle {
    uint8_t m[16];
    unsigned d, a, b; /* registers; one-source shuffles have a = b and m below 16 */
    unsigned scratch;
} Shuffle;

static bool has_zero(const Shuffle *s)
{
    for (unsigned i = 0; i < 16; i++) {
        if (s->m[i] == ZERO)
            return true;
    }
    return false;
}

static bool mask_is(const Shuffle *s, const uint8_t want[16])
{
    return memcmp(s->m, want, 16) == 0;
}

/* If the mask moves whole units of n bytes, their numbers (ZERO: zero); else false. */
static bool as_units(const Shuffle *s, unsigned n, uint8_t unit[16])
{
    for (unsigned u = 0; u < 16 / n; u++) {
        unsigned first = s->m[u * n];
        if (first != ZERO && first % n != 0)
            return false;
        unit[u] = first == ZERO ? ZERO : (uint8_t)(first / n);
        for (unsigned k = 1; k < n; k++) {
            if (s->m[u * n + k] != (first == ZERO ? (unsigned)ZERO : first + k))
                return false;
        }
    }
    return true;
}

static unsigned imm4(const uint8_t u[4])
{
    return (u[0] & 3u) | (u[1] & 3u) << 2 | (u[2] & 3u) << 4 | (u[3] & 3u) << 6;
}

/* ---- one source ---- */

static bool try_shift(Emitter *e, const Shuffle *s)
{
    uint8_t left[16], right[16];
    for (unsigned n = 1; n < 16; n++) {
        for (unsigned i = 0; i < 16; i++) {
            left[i] = (uint8_t)(i < n ? ZERO : i - n);
            right[i] = (uint8_t)(i + n < 16 ? i + n : ZERO);
        }
        if (mask_is(s, left) || mask_is(s, right)) {
            a_vshift(e, mask_is(s, left) ? X86_VPSLLDQ : X86_VPSRLDQ, s->d, s->a, n);
            return true;
        }
    }
    return false;
}

/* Zeroes dwords, moving at most one of the others. */
static bool try_insertps_zero(Emitter *e, const Shuffle *s)
{
    uint8_t u[16];
    unsigned zeros = 0, moved = 0, imm = 0;
    if (!as_units(s, 4, u))
        return false;
    for (unsigned i = 0; i < 4; i++) {
        if (u[i] == ZERO) {
            zeros |= 1u << i;
        } else if (u[i] != i) {
            moved++;
            imm = (unsigned)u[i] << 6 | i << 4;
        }
    }
    if (moved > 1 || zeros == 0)
        return false;
    if (moved == 0) { /* any dword copied on itself will do */
        unsigned keep = (unsigned)__builtin_ctz(~zeros);
        imm = keep << 6 | keep << 4;
    }
    a_vvmi(e, X86_VINSERTPS, s->d, s->a, rm_reg(s->a), imm | zeros);
    return true;
}

static bool try_unary_zero(Emitter *e, const Shuffle *s)
{
    static const struct {
        X86Insn insn;
        unsigned from;
    } extend[] = {{X86_VPMOVZXBW, 1}, {X86_VPMOVZXWD, 2}, {X86_VPMOVZXDQ, 4}};
    uint8_t want[16];
    for (unsigned i = 0; i < 16; i++)
        want[i] = (uint8_t)(i < 8 ? i : ZERO);
    if (mask_is(s, want)) {
        a_rr(e, X86_VMOVQ, 0, s->d, s->a);
        return true;
    }
    for (unsigned k = 0; k < 3; k++) {
        unsigned n = extend[k].from;
        for (unsigned i = 0; i < 16; i++)
            want[i] = (uint8_t)(i / n % 2 == 0 ? i / (2 * n) * n + i % n : ZERO);
        if (mask_is(s, want)) {
            a_rr(e, extend[k].insn, 0, s->d, s->a);
            return true;
        }
    }
    return try_shift(e, s) || try_insertps_zero(e, s);
}

static bool try_words(Emitter *e, const Shuffle *s)
{
    uint8_t u[16];
    bool low = true, high = true;
    if (!as_units(s, 2, u))
        return false;
    for (unsigned i = 0; i < 4; i++) {
        low &= u[i] < 4 && u[4 + i] == 4 + i;
        high &= u[i] == i && u[4 + i] >= 4;
    }
    if (low)
        a_rri(e, X86_VPSHUFLW, 0, s->d, rm_reg(s->a), imm4(u));
    else if (high)
        a_rri(e, X86_VPSHUFHW, 0, s->d, rm_reg(s->a), imm4(u + 4));
    return low || high;
}

static bool try_broadcast(Emitter *e, const Shuffle *s)
{
    bool bytes = true, words = true;
    for (unsigned i = 0; i < 16; i++) {
        bytes &= s->m[i] == 0;
        words &= s->m[i] == i % 2;
    }
    if (bytes || words)
        a_rr(e, bytes ? X86_VPBROADCASTB : X86_VPBROADCASTW, 0, s->d, s->a);
    return bytes || words;
}

static bool try_rotate(Emitter *e, const Shuffle *s)
{
    unsigned n = s->m[0];
    for (unsigned i = 0; i < 16; i++) {
        if (s->m[i] != (i + n) % 16)
            return false;
    }
    a_vvmi(e, X86_VPALIGNR, s->d, s->a, rm_reg(s->a), n);
    return true;
}

static bool try_unary(Emitter *e, const Shuffle *s)
{
    uint8_t u[16];
    if (as_units(s, 16, u)) {
        a_vmov(e, s->d, s->a);
        return true;
    }
    if (as_units(s, 4, u)) {
        a_rri(e, X86_VPSHUFD, 0, s->d, rm_reg(s->a), imm4(u));
        return true;
    }
    return try_words(e, s) || try_broadcast(e, s) || try_rotate(e, s);
}

/* ---- two sources ---- */

static bool try_unpack(Emitter *e, const Shuffle *s)
{
    static const X86Insn insn[2][4] = {
        {X86_VPUNPCKLBW, X86_VPUNPCKLWD, X86_VPUNPCKLDQ, X86_VPUNPCKLQDQ},
        {X86_VPUNPCKHBW, X86_VPUNPCKHWD, X86_VPUNPCKHDQ, X86_VPUNPCKHQDQ}};
    bool one = s->a == s->b;
    for (unsigned variant = 0; variant < 16; variant++) {
        unsigned log = variant & 3, n = 1u << log, high = variant >> 2 & 1, swap = variant >> 3;
        bool same = true;
        for (unsigned i = 0; i < 16 && same; i++) {
            unsigned from_b = (i / n % 2) ^ swap;
            unsigned at = high * 8 + i / (2 * n) * n + i % n;
            same = s->m[i] == at + (one ? 0 : 16 * from_b);
        }
        if (same) {
            a_vvv(e, insn[high][log], s->d, swap ? s->b : s->a, swap ? s->a : s->b);
            return true;
        }
    }
    return false;
}

static bool try_shufps(Emitter *e, const Shuffle *s)
{
    uint8_t u[16];
    if (!as_units(s, 4, u) || u[0] / 4 != u[1] / 4 || u[2] / 4 != u[3] / 4)
        return false;
    a_vvmi(e, X86_VSHUFPS, s->d, u[0] < 4 ? s->a : s->b, rm_reg(u[2] < 4 ? s->a : s->b), imm4(u));
    return true;
}

static bool try_blend(Emitter *e, const Shuffle *s)
{
    uint8_t u[16];
    unsigned words = 0, dwords = 0;
    for (unsigned i = 0; i < 16; i++) {
        if (s->m[i] % 16 != i)
            return false;
    }
    if (as_units(s, 4, u)) {
        for (unsigned i = 0; i < 4; i++)
            dwords |= (unsigned)(u[i] >= 4) << i;
        a_vvmi(e, X86_VBLENDPS, s->d, s->a, rm_reg(s->b), dwords);
        return true;
    }
    if (!as_units(s, 2, u))
        return false;
    for (unsigned i = 0; i < 8; i++)
        words |= (unsigned)(u[i] >= 8) << i;
    a_vvmi(e, X86_VPBLENDW, s->d, s->a, rm_reg(s->b), words);
    return true;
}

static bool try_align(Emitter *e, const Shuffle *s)
{
    for (unsigned swap = 0; swap < 2; swap++) {
        unsigned n = s->m[0] ^ 16 * swap;
        bool same = n < 16;
        for (unsigned i = 0; i < 16 && same; i++)
            same = (s->m[i] ^ 16 * swap) == i + n;
        if (same) {
            a_vvmi(e, X86_VPALIGNR, s->d, swap ? s->a : s->b, rm_reg(swap ? s->b : s->a), n);
            return true;
        }
    }
    return false;
}

/* One dword of one source put into the other, some dwords zeroed. */
static bool try_insertps(Emitter *e, const Shuffle *s)
{
    uint8_t u[16];
    if (!as_units(s, 4, u))
        return false;
    for (unsigned swap = 0; swap < 2; swap++) {
        unsigned zeros = 0, foreign = 0, imm = 0;
        bool ok = true;
        for (unsigned i = 0; i < 4; i++) {
            unsigned from = u[i] ^ 4 * swap;
            if (u[i] == ZERO) {
                zeros |= 1u << i;
            } else if (from >= 4) {
                foreign++;
                imm = (from & 3) << 6 | i << 4;
            } else {
                ok &= from == i;
            }
        }
        if (ok && foreign == 1) {
            a_vvmi(e, X86_VINSERTPS, s->d, swap ? s->b : s->a, rm_reg(swap ? s->a : s->b),
                   imm | zeros);
            return true;
        }
    }
    return false;
}

static void general(Emitter *e, const Shuffle *s)
{
    uint8_t of_a[16], of_b[16];
    if (s->a == s->b) {
        a_vpool(e, X86_VPSHUFB, s->d, s->a, s->m);
        return;
    }
    for (unsigned i = 0; i < 16; i++) {
        of_a[i] = s->m[i] < 16 ? s->m[i] : ZERO;
        of_b[i] = s->m[i] >= 16 && s->m[i] != ZERO ? s->m[i] - 16 : ZERO;
    }
    a_vpool(e, X86_VPSHUFB, s->scratch, s->a, of_a);
    a_vpool(e, X86_VPSHUFB, s->d, s->b, of_b);
    a_vvv(e, X86_VPOR, s->d, s->d, s->scratch);
}

/* Normal form: unused sources dropped, one-source masks below 16. */
static Shuffle read_mask(const Emitter *e, const SelInst *si, const IrInst *inst)
{
    Shuffle s = {.d = si->dest,
                 .a = si->opnd[0].reg[0],
                 .b = si->opnd[1].reg[0],
                 .scratch = si->scratch_vec[0]};
    const uint8_t *mask = e->region->vconsts.data[inst->imm].b;
    bool uses_a = false, uses_b = false;
    for (unsigned i = 0; i < 16; i++) {
        s.m[i] = mask[i] >= ZERO ? ZERO : mask[i] & 31;
        uses_a |= s.m[i] < 16;
        uses_b |= s.m[i] >= 16 && s.m[i] != ZERO;
    }
    if (uses_b && (!uses_a || s.a == s.b)) {
        s.a = s.b;
        for (unsigned i = 0; i < 16; i++)
            s.m[i] = s.m[i] == ZERO ? ZERO : s.m[i] & 15;
    } else if (!uses_b) {
        s.b = s.a;
    }
    return s;
}

void emit_vshuf(Emitter *e, const SelInst *si, const IrInst *inst)
{
    Shuffle s = read_mask(e, si, inst);
    static const uint8_t all_zero[16] = {ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO,
                                         ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO};
    if (mask_is(&s, all_zero)) {
        a_vvv(e, X86_VXORPS, s.d, s.d, s.d);
        return;
    }
    bool zero = has_zero(&s), done;
    if (s.a == s.b)
        done = zero ? try_unary_zero(e, &s) : try_unary(e, &s) || try_unpack(e, &s);
    else if (zero)
        done = try_insertps(e, &s);
    else
        done = try_blend(e, &s) || try_unpack(e, &s) || try_shufps(e, &s) || try_align(e, &s) ||
               try_insertps(e, &s);
    if (!done)
        general(e, &s);
}
