/* lift_simd_move.c: Advanced SIMD that computes nothing: copies between lanes and general
 * registers, immediates, permutations, table lookups.
 */
#include "frontend/aarch64/simd.h"

#include "ir/base/bits.h"

/* ---- copies ---- */

void a64_trans_simd_dup(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd,
             simd_splat_lane(l, (IrType)in->type, simd_n(l, in), (unsigned)in->i));
}

static IrRef general(A64Lift *l, const A64Insn *in, IrType type)
{
    IrRef v = a64_x(l, (unsigned)in->rn);
    return type == IR_I64 ? v : ir_conv(&l->b, IR_trunc, type, v);
}

void a64_trans_simd_dup_gpr(A64Lift *l, const A64Insn *in)
{
    IrType lane = (IrType)in->type;
    simd_set(l, in->q, in->rd, ir_vsplat(&l->b, lane, general(l, in, lane)));
}

void a64_trans_simd_smov(A64Lift *l, const A64Insn *in)
{
    IrRef v = ir_vextract(&l->b, (IrType)in->type, simd_n(l, in), (unsigned)in->i);
    IrRef w = ir_conv(&l->b, IR_sext, in->wide ? IR_I64 : IR_I32, v);
    a64_set_r(l, in->wide, (unsigned)in->rd, w);
}

void a64_trans_simd_umov(A64Lift *l, const A64Insn *in)
{
    IrRef v = ir_vextract(&l->b, (IrType)in->type, simd_n(l, in), (unsigned)in->i);
    a64_set_x(l, (unsigned)in->rd, in->type == IR_I64 ? v : ir_conv(&l->b, IR_zext, IR_I64, v));
}

void a64_trans_simd_ins_gpr(A64Lift *l, const A64Insn *in)
{
    IrType lane = (IrType)in->type;
    a64_set_v(l, (unsigned)in->rd,
              ir_vinsert(&l->b, lane, simd_d(l, in), general(l, in, lane), (unsigned)in->i));
}

void a64_trans_simd_ins(A64Lift *l, const A64Insn *in)
{
    uint8_t mask[16];
    unsigned n = ir_type_bits((IrType)in->type) / 8, to = (unsigned)in->i * n;
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(k - to < n ? 16 + (unsigned)in->j * n + k - to : k);
    a64_set_v(l, (unsigned)in->rd, ir_vshuf(&l->b, simd_d(l, in), simd_n(l, in), mask));
}

/* ---- immediates ---- */

/* AdvSIMDExpandImm, for one doubleword. */
static uint64_t expand_imm(const A64Insn *in)
{
    unsigned cmode = in->word >> 12 & 15;
    bool op = in->word >> 29 & 1;
    uint64_t imm = (uint64_t)in->imm, sign = imm >> 7, low = imm & 0x3f, v = 0;
    bool small = imm >> 6 & 1; /* the exponent is that of a number below 2 */
    if (cmode < 8)
        return (imm << cmode / 2 * 8) * 0x100000001;
    if (cmode < 12)
        return (imm << cmode / 2 % 2 * 8) * 0x1000100010001;
    switch (cmode) {
    case 12:
        return (imm << 8 | 0xff) * 0x100000001;
    case 13:
        return (imm << 16 | 0xffff) * 0x100000001;
    case 14:
        if (!op)
            return imm * 0x101010101010101;
        for (unsigned k = 0; k < 8; k++)
            v |= (imm >> k & 1) * 0xff << 8 * k;
        return v;
    default:
        if (op)
            return sign << 63 | (small ? (uint64_t)0xff << 54 : (uint64_t)1 << 62) | low << 48;
        return (sign << 31 | (small ? (uint64_t)0x1f << 25 : (uint64_t)1 << 30) | low << 19) *
               0x100000001;
    }
}

/* MVNI, but not MOVI of doublewords and FMOV of doubles, which share its bit 29. */
void a64_trans_simd_movi(A64Lift *l, const A64Insn *in)
{
    uint64_t v = expand_imm(in);
    bool invert = (in->word >> 29 & 1) && (in->word >> 12 & 15) < 14;
    simd_set(l, in->q, in->rd, simd_const(l, IR_I64, invert ? ~v : v));
}

void a64_trans_simd_fmov_half(A64Lift *l, const A64Insn *in)
{
    uint64_t imm = (uint64_t)in->imm, exponent = imm >> 6 & 1 ? 3 << 12 : 1 << 14;
    simd_set(l, in->q, in->rd,
             simd_const(l, IR_I16, imm >> 7 << 15 | exponent | (imm & 0x3f) << 6));
}

void a64_trans_simd_orr_imm(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd,
             simd_op(l, IR_vor, IR_I64, simd_d(l, in), simd_const(l, IR_I64, expand_imm(in))));
}

void a64_trans_simd_bic_imm(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd,
             simd_op(l, IR_vand, IR_I64, simd_d(l, in), simd_const(l, IR_I64, ~expand_imm(in))));
}

/* ---- permutations ---- */

/* Places that the mask leaves alone are zeroed. */
static void permute(A64Lift *l, const A64Insn *in, bool whole, uint8_t mask[16])
{
    if (!whole)
        for (unsigned k = 8; k < 16; k++)
            mask[k] = 0x80;
    a64_set_v(l, (unsigned)in->rd, ir_vshuf(&l->b, simd_n(l, in), simd_m(l, in), mask));
}

void a64_trans_simd_ext(A64Lift *l, const A64Insn *in)
{
    uint8_t mask[16];
    unsigned size = in->q ? 16 : 8;
    for (unsigned k = 0; k < 16; k++) {
        unsigned from = k + (unsigned)in->i;
        mask[k] = (uint8_t)(from < size ? from : 16 + from - size);
    }
    permute(l, in, in->q, mask);
}

/* Each lane's number in n (below `lanes`) or m for each lane of the result. */
typedef unsigned LaneFrom(unsigned k, unsigned lanes, unsigned odd);

static void permute_lanes(A64Lift *l, const A64Insn *in, LaneFrom *from_of)
{
    uint8_t mask[16];
    unsigned size = ir_type_bits(simd_lane(in)) / 8, lanes = (simd_whole(in) ? 16u : 8u) / size;
    for (unsigned k = 0; k < lanes; k++) {
        unsigned from = from_of(k, lanes, (unsigned)in->odd);
        for (unsigned b = 0; b < size; b++)
            mask[k * size + b] =
                (uint8_t)((from < lanes ? from * size : 16 + (from - lanes) * size) + b);
    }
    permute(l, in, simd_whole(in), mask);
}

static unsigned uzp(unsigned k, unsigned lanes, unsigned odd)
{
    (void)lanes;
    return 2 * k + odd;
}

static unsigned trn(unsigned k, unsigned lanes, unsigned odd)
{
    return (k & ~1u) + odd + (k & 1) * lanes;
}

static unsigned zip(unsigned k, unsigned lanes, unsigned odd)
{
    return k / 2 + odd * lanes / 2 + (k & 1) * lanes;
}

void a64_trans_simd_uzp(A64Lift *l, const A64Insn *in)
{
    permute_lanes(l, in, uzp);
}

void a64_trans_simd_trn(A64Lift *l, const A64Insn *in)
{
    permute_lanes(l, in, trn);
}

void a64_trans_simd_zip(A64Lift *l, const A64Insn *in)
{
    permute_lanes(l, in, zip);
}

static IrRef reversed(A64Lift *l, IrRef a, unsigned size, unsigned within)
{
    uint8_t mask[16];
    for (unsigned k = 0; k < 16; k++)
        mask[k] =
            (uint8_t)(k / within * within + (within - size - k % within / size * size) + k % size);
    return ir_vshuf(&l->b, a, a, mask);
}

void a64_trans_simd_rev(A64Lift *l, const A64Insn *in)
{
    simd_set(l, simd_whole(in), in->rd,
             reversed(l, simd_n(l, in), ir_type_bits(simd_lane(in)) / 8, (unsigned)in->bytes));
}

/* ---- tables ---- */

/* Each register looks up the numbers that fall into it: less than 16 after its place is taken off.
 */
static IrRef looked_up(A64Lift *l, const A64Insn *in, IrRef numbers)
{
    IrRef sum = IR_NONE;
    for (unsigned k = 0; k <= (unsigned)in->n; k++) {
        IrRef table = a64_v(l, ((unsigned)in->rn + k) & 31);
        IrRef n = k ? simd_op(l, IR_vsub, IR_I8, numbers, simd_const(l, IR_I8, 16 * k)) : numbers;
        IrRef v = simd_op(l, IR_vlookup, IR_I8, table, n);
        sum = k ? simd_op(l, IR_vor, IR_I64, sum, v) : v;
    }
    return sum;
}

void a64_trans_simd_tbl(A64Lift *l, const A64Insn *in)
{
    simd_set(l, in->q, in->rd, looked_up(l, in, simd_m(l, in)));
}

/* Numbers beyond the table leave the destination's bytes. */
void a64_trans_simd_tbx(A64Lift *l, const A64Insn *in)
{
    IrRef numbers = simd_m(l, in), last = simd_const(l, IR_I8, 16 * (uint64_t)in->n + 15);
    IrRef beyond = simd_op(l, IR_vcmpgtu, IR_I8, numbers, last);
    IrRef kept = simd_op(l, IR_vand, IR_I64, beyond, simd_d(l, in));
    simd_set(l, in->q, in->rd, simd_op(l, IR_vor, IR_I64, looked_up(l, in, numbers), kept));
}
