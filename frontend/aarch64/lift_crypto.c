/* lift_crypto.c: AES, SHA-1 and SHA-256 (FIPS 197, FIPS 180-4) in terms of the IR's ops.
 *
 * Those take and give words from lane 3 down where A64's take them from lane 0 up; orders are
 * turned where they differ, and what two instructions in a row turn twice folds away. So do the
 * rounds that SHA256H and SHA256H2 have in common.
 */
#include "frontend/aarch64/simd.h"

/* ---- AES ---- */

/* AESE and AESD add the key first. */
void a64_trans_aes_last(A64Lift *l, const A64Insn *in)
{
    IrRef v = simd_op(l, IR_vxor, IR_I64, simd_d(l, in), simd_n(l, in));
    a64_set_v(l, (unsigned)in->rd, simd_op(l, in->op, IR_I8, v, simd_zero(l)));
}

/* MixColumns alone: a whole round of what a last inverse round has undone the rest in. */
void a64_trans_aesmc(A64Lift *l, const A64Insn *in)
{
    IrRef v = simd_op(l, IR_aesdeclast, IR_I8, simd_n(l, in), simd_zero(l));
    a64_set_v(l, (unsigned)in->rd, simd_op(l, IR_aesenc, IR_I8, v, simd_zero(l)));
}

void a64_trans_aesimc(A64Lift *l, const A64Insn *in)
{
    a64_set_v(l, (unsigned)in->rd, simd_un(l, IR_aesimc, IR_I8, simd_n(l, in)));
}

/* ---- words of two vectors: numbers 0 to 3 of a, 4 to 7 of b; 8: zero ---- */

static IrRef words(A64Lift *l, IrRef a, IrRef b, const uint8_t from[4])
{
    uint8_t mask[16];
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(from[k / 4] > 7 ? 0x80 : from[k / 4] * 4 + k % 4);
    return ir_vshuf(&l->b, a, b, mask);
}

static IrRef reversed(A64Lift *l, IrRef a)
{
    static const uint8_t order[4] = {3, 2, 1, 0};
    return words(l, a, a, order);
}

static IrRef rotated_left(A64Lift *l, IrRef a, unsigned n)
{
    return simd_op(l, IR_vor, IR_I64, simd_shift(l, IR_vshl, IR_I32, a, n),
                   simd_shift(l, IR_vshr, IR_I32, a, 32 - n));
}

/* ---- SHA-1 ---- */

/* rd: A B C D, rn: E, rm: four words of the schedule with the rounds' constant added, which the op
 * adds itself. */
void a64_trans_sha1_rounds(A64Lift *l, const A64Insn *in)
{
    static const uint32_t constants[] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc};
    static const uint8_t e_on_top[4] = {8, 8, 8, 0};
    IrRef n = simd_n(l, in), e = words(l, n, n, e_on_top);
    IrRef w = simd_op(l, IR_vsub, IR_I32, simd_m(l, in), simd_const(l, IR_I32, constants[in->f]));
    IrRef we = simd_op(l, IR_vadd, IR_I32, reversed(l, w), e);
    IrRef v =
        ir_vop_cc(&l->b, IR_sha1rnds4, IR_I32, reversed(l, simd_d(l, in)), we, (unsigned)in->f);
    a64_set_v(l, (unsigned)in->rd, reversed(l, v));
}

void a64_trans_sha1h(A64Lift *l, const A64Insn *in)
{
    a64_set_v(l, (unsigned)in->rd, simd_low(l, rotated_left(l, simd_n(l, in), 30), 32));
}

void a64_trans_sha1su0(A64Lift *l, const A64Insn *in)
{
    static const uint8_t two_on[4] = {2, 3, 4, 5};
    IrRef d = simd_d(l, in), v = words(l, d, simd_n(l, in), two_on);
    v = simd_op(l, IR_vxor, IR_I64, v, d);
    a64_set_v(l, (unsigned)in->rd, simd_op(l, IR_vxor, IR_I64, v, simd_m(l, in)));
}

/* The last word needs the first one's result. */
void a64_trans_sha1su1(A64Lift *l, const A64Insn *in)
{
    static const uint8_t one_on[4] = {1, 2, 3, 8}, first_on_top[4] = {8, 8, 8, 0};
    IrRef n = simd_n(l, in);
    IrRef t = simd_op(l, IR_vxor, IR_I64, simd_d(l, in), words(l, n, n, one_on));
    IrRef v = rotated_left(l, t, 1), first = words(l, v, v, first_on_top);
    a64_set_v(l, (unsigned)in->rd, simd_op(l, IR_vxor, IR_I64, v, rotated_left(l, first, 1)));
}

/* ---- SHA-256 ---- */

typedef struct Sha256 {
    IrRef abef, cdgh; /* after four rounds */
} Sha256;

/* abcd and efgh from lane 0 up; w: four words with their constants. */
static Sha256 sha256_rounds(A64Lift *l, IrRef abcd, IrRef efgh, IrRef w)
{
    static const uint8_t first[4] = {5, 4, 1, 0}, second[4] = {7, 6, 3, 2}, next[4] = {2, 3, 8, 8};
    IrRef abef = words(l, abcd, efgh, first), cdgh = words(l, abcd, efgh, second);
    IrRef two = ir_vtri(&l->b, IR_sha256rnds2, IR_I32, cdgh, abef, w);
    return (Sha256){
        .abef = ir_vtri(&l->b, IR_sha256rnds2, IR_I32, abef, two, words(l, w, w, next)),
        .cdgh = two,
    };
}

void a64_trans_sha256h(A64Lift *l, const A64Insn *in)
{
    static const uint8_t abcd[4] = {3, 2, 7, 6};
    Sha256 s = sha256_rounds(l, simd_d(l, in), simd_n(l, in), simd_m(l, in));
    a64_set_v(l, (unsigned)in->rd, words(l, s.abef, s.cdgh, abcd));
}

/* rd: efgh. */
void a64_trans_sha256h2(A64Lift *l, const A64Insn *in)
{
    static const uint8_t efgh[4] = {1, 0, 5, 4};
    Sha256 s = sha256_rounds(l, simd_n(l, in), simd_d(l, in), simd_m(l, in));
    a64_set_v(l, (unsigned)in->rd, words(l, s.abef, s.cdgh, efgh));
}

void a64_trans_sha256su0(A64Lift *l, const A64Insn *in)
{
    a64_set_v(l, (unsigned)in->rd, simd_op(l, IR_sha256msg1, IR_I32, simd_d(l, in), simd_n(l, in)));
}

void a64_trans_sha256su1(A64Lift *l, const A64Insn *in)
{
    static const uint8_t one_on[4] = {1, 2, 3, 4};
    IrRef m = simd_m(l, in), t = words(l, simd_n(l, in), m, one_on);
    IrRef sum = simd_op(l, IR_vadd, IR_I32, simd_d(l, in), t);
    a64_set_v(l, (unsigned)in->rd, simd_op(l, IR_sha256msg2, IR_I32, sum, m));
}
