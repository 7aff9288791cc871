/* emit_str.c: the string compares of SSE4.2 (IrStr in ir.h) with NEON.
 *
 * What was found is a vector of lanes of ones first, and then a mask in a general register: SHRN or
 * XTN of the lanes leaves four bits for each byte, or eight for each word, so that the number of
 * trailing zeros tells the lane. How far the strings reach is such a mask too, of the lanes beyond
 * the end; it is empty where a string has none.
 *
 *     pcmpistri xmm0, xmm1, EACH of bytes:
 *     cmeq v, a, 0; shrn; fmov; and the same of b        the zeros
 *     neg, orr of each                                   lanes from the first zero on
 *     cmeq v, a, b; shrn; fmov                           equal lanes
 *     orr, bic, and, orr                                 ..before both ends, or beyond both
 *     rbit, clz, lsr
 *
 * ANY and RANGES go over the lanes of a; ORDERED over those from the last to the first: what stands
 * in b from lane n on is a[k..] if b[n] is a[k] and from lane n + 1 on stands a[k + 1..].
 *
 * Flags that another op of the same operands wants right behind (select_strings_compared) are left
 * for it in memory that soft ops have their operands in.
 */
#include "backend/aarch64/emitters.h"
#include "ir/soft.h"

typedef struct Str {
    Emitter *e;
    const SelInst *si;
    unsigned how;    /* IrStr */
    unsigned lane;   /* IrType */
    unsigned lanes;  /* how many */
    unsigned shift;  /* log2 of a lane's bits in a mask */
    unsigned a, b;   /* operands */
    unsigned end[2]; /* GPRs: masks of the lanes beyond the ends; see beyond */
    unsigned acc, more;
} Str;

enum { FOUND = R_T0, COUNT = R_T0 };

static bool implicit(const Str *s)
{
    return s->how & IR_STR_IMPLICIT;
}

static unsigned lane_bytes(const Str *s)
{
    return s->how & IR_STR_WORDS ? 2 : 1;
}

static Str begin(Emitter *e, const SelInst *si, const IrInst *in)
{
    bool words = in->cc & IR_STR_WORDS;
    return (Str){.e = e,
                 .si = si,
                 .how = in->cc,
                 .lane = words ? IR_I16 : IR_I8,
                 .lanes = words ? 8 : 16,
                 .shift = words ? 3 : 2,
                 .a = reg(si, 0),
                 .b = reg(si, 1),
                 .end = {si->scratch_gpr[0], si->scratch_gpr[1]},
                 .acc = si->scratch_vec[0],
                 .more = si->scratch_vec[1]};
}

/* Lanes of ones and zeros to a mask. Destroys V_T0. */
static void to_mask(const Str *s, unsigned d, unsigned v)
{
    if (s->lanes == 16)
        vi(s->e, A64_VSHRN, IR_I8, V_T0, v, 4);
    else
        vv(s->e, A64_VXTN, IR_I8, V_T0, v);
    rr(s->e, A64_FMOV_XD, d, V_T0);
}

/* ---- lengths ---- */

static bool is_each(const Str *s)
{
    return (s->how & IR_STR_HOW) == IR_STR_EACH;
}

/* Bytes 0 to 15: as lanes, ascending numbers of lanes; of words, each has two of them. */
static void ascending(const Str *s, unsigned d)
{
    IrVec128 v;
    for (unsigned k = 0; k < 16; k++)
        v.b[k] = (uint8_t)k;
    a64_vconst(s->e, d, &v);
}

/* Lanes of d = n * (1 or, of words, 0x202) + add: a number of lanes in terms of ascending(). */
static void splat_count(const Str *s, unsigned d, unsigned n, int add)
{
    Emitter *e = s->e;
    if (s->lanes == 8) {
        rij(e, A64_UBFM_W, R_T1, n, 31, 30); /* lsl #1 */
        rrr_shift(e, A64_ORR_W, R_T1, R_T1, R_T1, SH_LSL, 8);
        n = R_T1;
        add *= 0x102;
    }
    if (add != 0) {
        ri(e, A64_SUBI_W, R_T1, n, -add);
        n = R_T1;
    }
    vlane(e, A64_DUP_GPR, s->lane, d, n, 0);
}

/* Of string k, into a GPR: how many lanes it has. end[k] is there. */
static void length(const Str *s, unsigned k, unsigned d)
{
    Emitter *e = s->e;
    rr(e, A64_RBIT_X, d, s->end[k]);
    rr(e, A64_CLZ_X, d, d);
    rij(e, A64_UBFM_X, d, d, s->shift, 63);
}

/* The magnitude of a given length, which may be more than there are lanes. */
static void given_length(const Str *s, unsigned k, unsigned d)
{
    unsigned from = reg(s->si, 2);
    if (k == 1) {
        rij(s->e, A64_UBFM_X, d, from, 32, 63);
        from = d;
    }
    ri(s->e, A64_SUBSI_W, XZR, from, 0);
    rcond(s->e, A64_CSNEG_W, d, from, from, CC_GE);
}

/* end[k]. The zeros alone are as good where only it matters whether there are any, or where the
 * first is. */
static void beyond(const Str *s, unsigned k, bool whole)
{
    Emitter *e = s->e;
    unsigned d = s->end[k];
    if (implicit(s)) {
        vv(e, A64_VCMEQ0, s->lane, V_T0, k == 0 ? s->a : s->b);
        to_mask(s, d, V_T0);
        if (whole) {
            rrr(e, A64_SUB_X, R_T1, XZR, d);
            rrr(e, A64_ORR_X, d, d, R_T1);
        }
        return;
    }
    given_length(s, k, d);
    rij(e, A64_UBFM_W, R_T1, d, 32 - s->shift, 31 - s->shift);
    rij(e, A64_MOVN_X, R_LR, 0, 0, 0);
    rrr(e, A64_LSLV_X, R_LR, R_LR, R_T1);
    ri(e, A64_SUBSI_W, XZR, d, s->lanes);
    rcond(e, A64_CSEL_X, d, XZR, R_LR, CC_HS);
}

/* ---- the four ways ---- */

static uint32_t loop_head(Emitter *e)
{
    uint32_t label = emit_label_new(e);
    emit_label_bind(e, label);
    return label;
}

static void loop_back(Emitter *e, uint32_t head, unsigned by, A64Cond cc)
{
    ri(e, A64_SUBSI_W, COUNT, COUNT, by);
    a64_bcond(e, cc, head);
}

static void equal_each(const Str *s)
{
    Emitter *e = s->e;
    vvv(e, A64_VCMEQ, s->lane, V_T0, s->a, s->b);
    to_mask(s, FOUND, V_T0);
    rrr(e, A64_ORR_X, R_T1, s->end[0], s->end[1]);
    rrr(e, A64_BIC_X, FOUND, FOUND, R_T1);
    rrr(e, A64_AND_X, R_T1, s->end[0], s->end[1]);
    rrr(e, A64_ORR_X, FOUND, FOUND, R_T1);
}

/* Four lanes of a a turn; those beyond its end are made the last one's equals. */
static void equal_any(const Str *s)
{
    Emitter *e = s->e;
    uint32_t done = emit_label_new(e);
    vimm(e, A64_MOVI_D, s->acc, 0, 0);
    length(s, 0, COUNT);
    a64_b19(e, A64_CBZ_W, COUNT, done);
    ascending(s, V_T1);
    splat_count(s, V_T0, COUNT, -1);
    vvv(e, A64_VUMIN, s->lane, V_T1, V_T1, V_T0);
    rrr(e, A64_TBL1, s->more, s->a, V_T1);
    uint32_t head = loop_head(e);
    for (unsigned k = 0; k < 4; k++) {
        vlane(e, A64_DUP_LANE, s->lane, V_T0, s->more, k);
        vvv(e, A64_VCMEQ, s->lane, V_T0, V_T0, s->b);
        rrr(e, A64_VORR, s->acc, s->acc, V_T0);
    }
    vext(e, s->more, s->more, s->more, 4 * lane_bytes(s));
    loop_back(e, head, 4, CC_HI);
    emit_label_bind(e, done);
}

static void in_ranges(const Str *s)
{
    Emitter *e = s->e;
    uint32_t done = emit_label_new(e);
    A64Op at_least = s->how & IR_STR_SIGNED ? A64_VCMGE : A64_VCMHS;
    vimm(e, A64_MOVI_D, s->acc, 0, 0);
    length(s, 0, COUNT);
    rij(e, A64_UBFM_W, COUNT, COUNT, 1, 31);
    a64_b19(e, A64_CBZ_W, COUNT, done);
    a64_vmov(e, s->more, s->a);
    uint32_t head = loop_head(e);
    vlane(e, A64_DUP_LANE, s->lane, V_T0, s->more, 0);
    vlane(e, A64_DUP_LANE, s->lane, V_T1, s->more, 1);
    vvv(e, at_least, s->lane, V_T0, s->b, V_T0);
    vvv(e, at_least, s->lane, V_T1, V_T1, s->b);
    rrr(e, A64_VAND, V_T0, V_T0, V_T1);
    rrr(e, A64_VORR, s->acc, s->acc, V_T0);
    vext(e, s->more, s->more, s->more, 2 * lane_bytes(s));
    loop_back(e, head, 1, CC_NE);
    emit_label_bind(e, done);
}

/* No lane beyond b's end is equal to any of a's: of implicit lengths they are made zeros, which a
 * has none of in front of its end; otherwise s->more says which lanes count. */
static void ordered(const Str *s)
{
    Emitter *e = s->e;
    uint32_t done = emit_label_new(e);
    vimm(e, A64_MOVI_D, s->acc, 0xff, 0);
    vimm(e, A64_MOVI_D, V_T2, 0xff, 0);
    length(s, 1, COUNT);
    ascending(s, V_T1);
    splat_count(s, V_T0, COUNT, 0);
    vvv(e, A64_VCMHI, s->lane, s->more, V_T0, V_T1);
    if (implicit(s))
        rrr(e, A64_VAND, s->more, s->more, s->b);
    length(s, 0, COUNT);
    a64_b19(e, A64_CBZ_W, COUNT, done);
    splat_count(s, V_T1, COUNT, -1);
    uint32_t head = loop_head(e);
    rrr(e, A64_TBL1, V_T0, s->a, V_T1);
    vvv(e, A64_VCMEQ, s->lane, V_T0, V_T0, implicit(s) ? s->more : s->b);
    if (!implicit(s))
        rrr(e, A64_VAND, V_T0, V_T0, s->more);
    vext(e, s->acc, s->acc, V_T2, lane_bytes(s));
    rrr(e, A64_VAND, s->acc, s->acc, V_T0);
    for (unsigned k = 0; k < lane_bytes(s); k++)
        vvv(e, A64_VADD, IR_I8, V_T1, V_T1, V_T2);
    loop_back(e, head, 1, CC_NE);
    emit_label_bind(e, done);
}

/* The mask into FOUND, the ends as masks into end[]. */
static void compare(const Str *s)
{
    Emitter *e = s->e;
    unsigned how = s->how & IR_STR_HOW;
    bool valid_only = (s->how & IR_STR_NOT_VALID) == IR_STR_NOT_VALID;
    beyond(s, 0, is_each(s));
    beyond(s, 1, how != IR_STR_ORDERED || valid_only);
    if (is_each(s)) {
        equal_each(s);
    } else {
        if (how == IR_STR_ANY)
            equal_any(s);
        else if (how == IR_STR_RANGES)
            in_ranges(s);
        else
            ordered(s);
        to_mask(s, FOUND, s->acc);
        if (how != IR_STR_ORDERED)
            rrr(e, A64_BIC_X, FOUND, FOUND, s->end[1]);
    }
    if (valid_only)
        rrr(e, A64_EON_X, FOUND, FOUND, s->end[1]);
    else if (s->how & IR_STR_NOT)
        rrr(e, A64_ORN_X, FOUND, XZR, FOUND);
}

/* ---- what is made of it ---- */

static void add_flag(Emitter *e, unsigned d, unsigned mask, unsigned at)
{
    ri(e, A64_SUBSI_X, XZR, mask, 0);
    rcond(e, A64_CSINC_W, R_T1, XZR, XZR, CC_EQ);
    rrr_shift(e, A64_ORR_W, d, d, R_T1, SH_LSL, at);
}

static void flags(const Str *s, unsigned d)
{
    Emitter *e = s->e;
    ri(e, A64_ANDI_W, d, FOUND, IR_STR_IS_FIRST);
    add_flag(e, d, FOUND, 8);
    add_flag(e, d, s->end[1], 14);
    add_flag(e, d, s->end[0], 15);
    ri(e, A64_ORRI_W, d, d, IR_STR_ALWAYS);
}

/* For the op behind, if it is one that counts on it. */
static void leave_flags(const Str *s, const IrInst *in)
{
    Emitter *e = s->e;
    if (in->next == 0 || e->sel->insts[in->next].rule == NULL ||
        e->sel->insts[in->next].rule->emit != a64_flags_left)
        return;
    flags(s, R_LR);
    a64_state_access(e, A64_STR_W, R_LR, SOFT_OPERAND(1));
}

void a64_flags_left(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    a64_state_access(e, A64_LDR_W, si->dest, SOFT_OPERAND(1));
}

void a64_vstrflags(Emitter *e, const SelInst *si, const IrInst *in)
{
    Str s = begin(e, si, in);
    compare(&s);
    flags(&s, si->dest);
}

void a64_vstrindex(Emitter *e, const SelInst *si, const IrInst *in)
{
    Str s = begin(e, si, in);
    unsigned d = si->dest;
    compare(&s);
    leave_flags(&s, in);
    if (!(in->cc & IR_STR_LAST)) { /* an empty mask has 64 zeros: all lanes */
        rr(e, A64_RBIT_X, d, FOUND);
        rr(e, A64_CLZ_X, d, d);
        rij(e, A64_UBFM_X, d, d, s.shift, 63);
        return;
    }
    rr(e, A64_CLZ_X, d, FOUND);
    ri(e, A64_EORI_W, d, d, 63);
    rij(e, A64_UBFM_W, d, d, s.shift, 31);
    rij(e, A64_MOVZ_W, R_T1, 0, s.lanes, 0);
    ri(e, A64_SUBSI_X, XZR, FOUND, 0);
    rcond(e, A64_CSEL_W, d, d, R_T1, CC_NE);
}

/* The mask's bits, one for each lane, at the lower end of FOUND. */
static void gather_bits(const Str *s)
{
    static const uint64_t one_of[2][5] = {
        {0x1111111111111111, 0x0303030303030303, 0x000f000f000f000f, 0x000000ff000000ff, 0xffff},
        {0x0101010101010101, 0x0003000300030003, 0x0000000f0000000f, 0xff, 0}};
    Emitter *e = s->e;
    unsigned words = s->lanes == 8, by = (1u << s->shift) - 1;
    ri(e, A64_ANDI_X, FOUND, FOUND, (int64_t)one_of[words][0]);
    for (unsigned k = 1; k < 5 - words; k++, by *= 2) {
        rrr_shift(e, A64_ORR_X, FOUND, FOUND, FOUND, SH_LSR, by);
        ri(e, A64_ANDI_X, FOUND, FOUND, (int64_t)one_of[words][k]);
    }
}

void a64_vstrmask(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const IrVec128 nibbles = {
        {15, 240, 15, 240, 15, 240, 15, 240, 15, 240, 15, 240, 15, 240, 15, 240}};
    Str s = begin(e, si, in);
    unsigned d = si->dest;
    compare(&s);
    leave_flags(&s, in);
    if (!(in->cc & IR_STR_LAST))
        gather_bits(&s);
    rr(e, A64_FMOV_DX, d, FOUND);
    if (!(in->cc & IR_STR_LAST))
        return;
    vvv(e, A64_VZIP1, IR_I8, d, d, d);
    if (s.lanes == 16) {
        a64_vconst(e, V_T0, &nibbles);
        vvv(e, A64_VCMTST, IR_I8, d, d, V_T0);
    }
}
