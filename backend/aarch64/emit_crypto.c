/* emit_crypto.c: ciphers, digests, checksums, bits gathered and scattered, and the call of an op's
 * meaning where the CPU has no instruction for it.
 *
 * The ops are cut as x86's are: an AES round here xors the key last (AESE xors it first), SHA
 * states have their first word in the top lane (here: in lane 0), and SHA-256 goes by two rounds
 * (here by four, of which the first two are taken).
 */
#include <stddef.h>

#include "backend/aarch64/emitters.h"
#include "ir/soft.h"

static void zero(Emitter *e, unsigned d)
{
    vimm(e, A64_MOVI_D, d, 0, 0);
}

/* ---- integers ---- */

/* x17 = the rest of the mask; each turn takes its lowest one. */
static uint32_t mask_loop(Emitter *e, const SelInst *si, const IrInst *in, uint32_t *end)
{
    uint32_t loop = emit_label_new(e);
    *end = emit_label_new(e);
    rrr(e, A64_SF(A64_ORR_W, is64(in)), R_T1, XZR, reg(si, 1));
    rrr(e, A64_ORR_X, si->dest, XZR, XZR);
    return loop;
}

static void mask_turn(Emitter *e, const SelInst *si, unsigned taken)
{
    rcond(e, A64_CSEL_X, R_LR, taken, XZR, CC_NE);
    rrr(e, A64_ORR_X, si->dest, si->dest, R_LR);
    ri(e, A64_SUBI_X, R_LR, R_T1, 1);
    rrr(e, A64_AND_X, R_T1, R_T1, R_LR);
}

/* x16: the source, moved down a bit each turn. */
void a64_pdep(Emitter *e, const SelInst *si, const IrInst *in)
{
    uint32_t end, loop = mask_loop(e, si, in, &end);
    a64_mov(e, R_T0, reg(si, 0));
    emit_label_bind(e, loop);
    a64_b19(e, A64_CBZ_X, R_T1, end);
    rrr(e, A64_SUB_X, R_LR, XZR, R_T1);
    rrr(e, A64_AND_X, R_LR, R_LR, R_T1);
    ri(e, A64_ANDSI_X, XZR, R_T0, 1);
    mask_turn(e, si, R_LR);
    rij(e, A64_UBFM_X, R_T0, R_T0, 1, 63);
    a64_jump(e, loop);
    emit_label_bind(e, end);
}

/* x16: the place of the next bit. */
void a64_pext(Emitter *e, const SelInst *si, const IrInst *in)
{
    uint32_t end, loop = mask_loop(e, si, in, &end);
    a64_mov_imm(e, R_T0, 1);
    emit_label_bind(e, loop);
    a64_b19(e, A64_CBZ_X, R_T1, end);
    rrr(e, A64_SUB_X, R_LR, XZR, R_T1);
    rrr(e, A64_AND_X, R_LR, R_LR, R_T1);
    rrr(e, A64_ANDS_X, XZR, R_LR, reg(si, 0));
    mask_turn(e, si, R_T0);
    rij(e, A64_UBFM_X, R_T0, R_T0, 63, 62); /* lsl 1 */
    a64_jump(e, loop);
    emit_label_bind(e, end);
}

/* The row of a cyclic sum: its instruction (of i32, and of i64), its polynomial, bits reversed. */
typedef struct CrcRow {
    uint16_t op, wide;
    uint8_t bits; /* 0: those of the type */
    bool castagnoli;
} CrcRow;

static CrcRow crc_row(const IrInst *in)
{
    switch (in->op) {
    case IR_crc32cb:
        return (CrcRow){A64_CRC32CB, 0, 8, true};
    case IR_crc32ch:
        return (CrcRow){A64_CRC32CH, 0, 16, true};
    case IR_crc32c:
        return (CrcRow){A64_CRC32CW, A64_CRC32CX, 0, true};
    case IR_crc32b:
        return (CrcRow){A64_CRC32B, 0, 8, false};
    case IR_crc32h:
        return (CrcRow){A64_CRC32H, 0, 16, false};
    default:
        return (CrcRow){A64_CRC32W, A64_CRC32X, 0, false};
    }
}

void a64_crc32(Emitter *e, const SelInst *si, const IrInst *in)
{
    CrcRow row = crc_row(in);
    rrr(e, (A64Op)(is64(in) ? row.wide : row.op), si->dest, reg(si, 0), reg(si, 1));
}

/* Bit by bit: x16 = sum xor data, the polynomial waits in the destination. */
void a64_crc32_loop(Emitter *e, const SelInst *si, const IrInst *in)
{
    CrcRow row = crc_row(in);
    unsigned bits = row.bits ? row.bits : is64(in) ? 64 : 32;
    uint32_t loop = emit_label_new(e);
    rrr(e, A64_ORR_W, R_T0, XZR, reg(si, 0));
    rrr(e, A64_ORR_X, R_T1, XZR, reg(si, 1));
    if (bits < 64)
        rij(e, A64_UBFM_X, R_T1, R_T1, 0, bits - 1);
    rrr(e, A64_EOR_X, R_T0, R_T0, R_T1);
    a64_mov_imm(e, si->dest, row.castagnoli ? 0x82f63b78 : 0xedb88320);
    a64_mov_imm(e, R_T1, bits);
    emit_label_bind(e, loop);
    ri(e, A64_ANDSI_X, XZR, R_T0, 1);
    rij(e, A64_UBFM_X, R_T0, R_T0, 1, 63);
    rrr(e, A64_EOR_X, R_LR, R_T0, si->dest);
    rcond(e, A64_CSEL_X, R_T0, R_LR, R_T0, CC_NE);
    ri(e, A64_SUBI_X, R_T1, R_T1, 1);
    a64_b19(e, A64_CBNZ_X, R_T1, loop);
    a64_mov(e, si->dest, R_T0);
}

/* ---- carry-less products, AES ---- */

void a64_vclmul(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned a = reg(si, 0), b = reg(si, 1);
    bool high_a = in->cc & 1, high_b = in->cc & 2;
    if (high_a && high_b) {
        rrr(e, A64_PMULL2, si->dest, a, b);
        return;
    }
    if (high_a || high_b)
        vlane(e, A64_DUP_LANE, IR_I64, V_T0, high_a ? a : b, 1);
    rrr(e, A64_PMULL, si->dest, high_a ? V_T0 : a, high_b ? V_T0 : b);
}

void a64_aes_round(Emitter *e, const SelInst *si, const IrInst *in)
{
    bool encrypt = in->op == IR_aesenc || in->op == IR_aesenclast;
    zero(e, V_T0);
    rr(e, encrypt ? A64_AESE : A64_AESD, V_T0, reg(si, 0)); /* xors its two operands first */
    if (in->op == IR_aesenc || in->op == IR_aesdec)
        rr(e, encrypt ? A64_AESMC : A64_AESIMC, V_T0, V_T0);
    rrr(e, A64_VEOR, si->dest, V_T0, reg(si, 1));
}

void a64_aesimc(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rr(e, A64_AESIMC, si->dest, reg(si, 0));
}

/* The substituted bytes are found where ShiftRows has put them: byte w of the operand has gone to
 * w - 4 * row. */
void a64_aeskeys(Emitter *e, const SelInst *si, const IrInst *in)
{
    IrVec128 places, constant = {{0}};
    for (unsigned i = 0; i < 16; i++) {
        unsigned lane = i / 4, from = (lane < 2 ? 4 : 12) + (i + (lane & 1)) % 4;
        places.b[i] = (uint8_t)((from - 4 * (from & 3)) & 15);
    }
    constant.b[4] = constant.b[12] = in->cc;
    zero(e, V_T0);
    rr(e, A64_AESE, V_T0, reg(si, 0));
    a64_vconst(e, V_T1, &places);
    rrr(e, A64_TBL1, in->cc != 0 ? V_T0 : si->dest, V_T0, V_T1);
    if (in->cc != 0) {
        a64_vconst(e, V_T1, &constant);
        rrr(e, A64_VEOR, si->dest, V_T0, V_T1);
    }
}

/* ---- SHA-1 ---- */

/* The four lanes the other way round. */
static void reverse(Emitter *e, unsigned d, unsigned n)
{
    vv(e, A64_VREV64, IR_I32, V_T2, n);
    vext(e, d, V_T2, V_T2, 8);
}

void a64_sha1rnds4(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const uint32_t constants[4] = {0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xca62c1d6};
    static const uint16_t rounds[4] = {A64_SHA1C, A64_SHA1P, A64_SHA1M, A64_SHA1P};
    a64_vector_splat32(e, V_T1, constants[in->cc & 3]);
    vvv(e, A64_VADD, IR_I32, V_T1, V_T1, reg(si, 1));
    reverse(e, V_T1, V_T1);
    reverse(e, V_T0, reg(si, 0));
    zero(e, V_T2); /* E is in the first word already */
    rrr(e, rounds[in->cc & 3], V_T0, V_T2, V_T1);
    reverse(e, si->dest, V_T0);
}

void a64_sha1nexte(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vlane(e, A64_DUP_SCALAR, IR_I32, V_T0, reg(si, 0), 3);
    rr(e, A64_SHA1H, V_T0, V_T0);
    zero(e, V_T1);
    vext(e, V_T0, V_T1, V_T0, 4); /* to the top lane */
    vvv(e, A64_VADD, IR_I32, si->dest, V_T0, reg(si, 1));
}

static void rotate_left1(Emitter *e, unsigned d, unsigned n)
{
    vi(e, A64_VSHL, IR_I32, d, n, 1);
    vi(e, A64_VUSRA, IR_I32, d, n, 31);
}

/* The bottom lane needs the top one, rotated once more. */
void a64_sha1msg2(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    zero(e, V_T1);
    vext(e, V_T0, V_T1, reg(si, 1), 12);
    rrr(e, A64_VEOR, V_T0, V_T0, reg(si, 0));
    rotate_left1(e, V_T1, V_T0);
    vlane(e, A64_DUP_SCALAR, IR_I32, V_T0, V_T1, 3);
    rotate_left1(e, V_T2, V_T0);
    rrr(e, A64_VEOR, si->dest, V_T1, V_T2);
}

/* ---- SHA-256 ---- */

/* Four rounds leave the results of the second and the first in the upper lanes of A B C D and
 * E F G H, whatever the last two words are. */
void a64_sha256rnds2(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned k = reg(si, 2);
    (void)in;
    vv(e, A64_VREV64, IR_I32, V_T0, reg(si, 1)); /* E F A B */
    vv(e, A64_VREV64, IR_I32, V_T1, reg(si, 0)); /* G H C D */
    vvv(e, A64_VZIP2, IR_I64, V_T2, V_T0, V_T1); /* A B C D */
    vvv(e, A64_VZIP1, IR_I64, V_T0, V_T0, V_T1); /* E F G H */
    a64_vmov(e, V_T1, V_T2);
    rrr(e, A64_SHA256H, V_T2, V_T0, k);
    rrr(e, A64_SHA256H2, V_T0, V_T1, k);
    vvv(e, A64_VZIP2, IR_I64, V_T0, V_T0, V_T2);
    vv(e, A64_VREV64, IR_I32, si->dest, V_T0);
}

void a64_sha256msg1(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rr(e, A64_SHA256SU0, si->dest, reg(si, 1));
}

/* Words 9 to 12, which SHA256SU1 adds too, have been added already: zeros. */
void a64_sha256msg2(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    a64_vmov(e, V_T1, reg(si, 1));
    vlane(e, A64_INS_GPR, IR_I32, V_T1, XZR, 0);
    zero(e, V_T0);
    rrr(e, A64_SHA256SU1, si->dest, V_T0, V_T1);
}

/* ---- no instruction for it: its meaning, called ---- */

void a64_soft(Emitter *e, const SelInst *si, const IrInst *in)
{
    for (unsigned k = 0; k < in->nargs; k++)
        a64_state_access(e, A64_STR_Q, reg(si, k), SOFT_OPERAND(k));
    a64_mov(e, 0, R_STATE);
    a64_mov_imm(e, 1, ir_soft_code(in));
    a64_state_access(e, A64_LDR_X, R_T0, SOFT_HELPER);
    a64_branch_stub(e, A64_BL, STUB_A64_CALL);
    a64_state_access(e, A64_LDR_Q, si->dest, SOFT_OPERAND(0));
}
