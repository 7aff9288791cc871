/* emit_int.c: integer arithmetic, logic, shifts and bit fields.
 *
 * i8 and i16 are worked on in W registers; what is above their bits is garbage on the way in and
 * may be on the way out, so only ops that move bits downwards extend first.
 */
#include "backend/aarch64/emitters.h"
#include "ir/base/bits.h"

/* A row of a two-operand op: its W forms with register and with immediate operand. */
typedef struct AluRow {
    uint16_t reg, imm, inverted;
} AluRow;

static const AluRow alu[IR_OP_COUNT] = {
    [IR_add] = {A64_ADD_W, A64_ADDI_W, 0},         [IR_sub] = {A64_SUB_W, A64_SUBI_W, 0},
    [IR_and] = {A64_AND_W, A64_ANDI_W, A64_BIC_W}, [IR_or] = {A64_ORR_W, A64_ORRI_W, A64_ORN_W},
    [IR_xor] = {A64_EOR_W, A64_EORI_W, A64_EON_W},
};

void a64_alu_rr(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, A64_SF(alu[in->op].reg, is64(in)), si->dest, reg(si, 0), reg(si, 1));
}

void a64_alu_rs(Emitter *e, const SelInst *si, const IrInst *in)
{
    const Operand *b = &si->opnd[1];
    rrr_shift(e, A64_SF(alu[in->op].reg, is64(in)), si->dest, reg(si, 0), b->reg[0], b->cc,
              (unsigned)b->imm);
}

void a64_alu_sr(Emitter *e, const SelInst *si, const IrInst *in)
{
    const Operand *a = &si->opnd[0];
    rrr_shift(e, A64_SF(alu[in->op].reg, is64(in)), si->dest, reg(si, 1), a->reg[0], a->cc,
              (unsigned)a->imm);
}

void a64_alu_rn(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, A64_SF(alu[in->op].inverted, is64(in)), si->dest, reg(si, 0), reg(si, 1));
}

void a64_alu_nr(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, A64_SF(alu[in->op].inverted, is64(in)), si->dest, reg(si, 1), reg(si, 0));
}

void a64_logic_ri(Emitter *e, const SelInst *si, const IrInst *in)
{
    ri(e, A64_SF(alu[in->op].imm, is64(in)), si->dest, reg(si, 0), si->opnd[1].imm);
}

void a64_addsub_ri(Emitter *e, const SelInst *si, const IrInst *in)
{
    int64_t imm = si->opnd[1].imm;
    bool add = (in->op == IR_add) == (imm >= 0);
    ri(e, A64_SF(add ? A64_ADDI_W : A64_SUBI_W, is64(in)), si->dest, reg(si, 0),
       (int64_t)a64_magnitude(imm));
}

void a64_madd(Emitter *e, const SelInst *si, const IrInst *in)
{
    const Operand *m = &si->opnd[1];
    rrra(e, A64_SF(in->op == IR_add ? A64_MADD_W : A64_MSUB_W, is64(in)), si->dest, m->reg[0],
         m->reg[1], reg(si, 0));
}

void a64_mul(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrra(e, A64_SF(A64_MADD_W, is64(in)), si->dest, reg(si, 0), reg(si, 1), XZR);
}

void a64_mulh(Emitter *e, const SelInst *si, const IrInst *in)
{
    bool sign = in->op == IR_smulh;
    if (is64(in)) {
        rrr(e, sign ? A64_SMULH : A64_UMULH, si->dest, reg(si, 0), reg(si, 1));
        return;
    }
    rrra(e, sign ? A64_SMADDL : A64_UMADDL, R_T0, reg(si, 0), reg(si, 1), XZR);
    rij(e, A64_UBFM_X, si->dest, R_T0, 32, 63);
}

/* UDIV and SDIV give 0 for a zero divisor and the most negative for itself / -1, as the IR wants.
 */
void a64_div(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, A64_SF(in->op == IR_sdiv ? A64_SDIV_W : A64_UDIV_W, is64(in)), si->dest, reg(si, 0),
        reg(si, 1));
}

/* hi = 0: an ordinary division. */
void a64_udivq_zero(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rrr(e, A64_UDIV_X, si->dest, reg(si, 1), reg(si, 2));
}

/* The remainder of an ordinary division, 0 when the divisor is 0 or the quotient does not fit. */
static void divide_rest(Emitter *e, A64Op div, unsigned d, unsigned lo, unsigned by)
{
    rrr(e, div, R_T0, lo, by);
    rrra(e, A64_MSUB_X, R_T0, R_T0, by, lo);
    ri(e, A64_SUBSI_X, XZR, by, 0);
    rcond(e, A64_CSEL_X, d, XZR, R_T0, CC_EQ);
}

void a64_udivr_zero(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    divide_rest(e, A64_UDIV_X, si->dest, reg(si, 1), reg(si, 2));
}

/* hi = sign of lo. The only quotient that does not fit is 2^63. */
void a64_sdivq_sign(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    unsigned lo = reg(si, 1), by = reg(si, 2);
    rrr(e, A64_SDIV_X, R_T0, lo, by);
    ri(e, A64_ADDSI_X, XZR, by, 1); /* Z: divisor -1 */
    a64_mov_imm(e, R_T1, (uint64_t)1 << 63);
    put_a64(e, A64_CCMP_X, (A64Args){.n = R_T0, .m = R_T1, .imm = 0, .j = CC_EQ});
    rcond(e, A64_CSEL_X, si->dest, XZR, R_T0, CC_EQ);
}

void a64_sdivr_sign(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    divide_rest(e, A64_SDIV_X, si->dest, reg(si, 1), reg(si, 2));
}

/* Fixed registers: hi x0, lo x1, divisor x2; the stub leaves quotient in x0, remainder in x1. */
void a64_div128(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)si;
    bool sign = in->op == IR_sdivq || in->op == IR_sdivr;
    emit_reloc(e, emit_offset(e), RELOC_STUB, FIELD_B26,
               sign ? STUB_A64_SDIV128 : STUB_A64_UDIV128);
    ri(e, A64_BL, 0, 0, 0);
    if (in->op == IR_udivr || in->op == IR_sdivr)
        a64_mov(e, 0, 1);
}

void a64_not(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, A64_SF(A64_ORN_W, is64(in)), si->dest, XZR, reg(si, 0));
}

void a64_neg(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, A64_SF(A64_SUB_W, is64(in)), si->dest, XZR, reg(si, 0));
}

/* ---- shifts ---- */

static void bitfield(Emitter *e, bool sign, bool wide, unsigned d, unsigned n, unsigned pos,
                     unsigned len)
{
    A64Op op = sign ? A64_SBFM_W : A64_UBFM_W;
    rij(e, A64_SF(op, wide), d, n, pos, pos + len - 1);
}

void a64_extend_reg(Emitter *e, bool sign, unsigned type, unsigned d, unsigned n, bool to64)
{
    if (type == IR_I32 && !sign)
        rrr(e, A64_ORR_W, d, XZR, n);
    else
        bitfield(e, sign, sign && to64, d, n, 0, ir_type_bits(type));
}

void a64_shift_ri(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned bits = ir_type_bits(in->type), n = reg(si, 0), wide = is64(in) ? 64 : 32;
    unsigned by = (unsigned)si->opnd[1].imm & (bits - 1);
    if (in->op == IR_shl)
        rij(e, A64_SF(A64_UBFM_W, is64(in)), si->dest, n, (wide - by) & (wide - 1), wide - 1 - by);
    else
        bitfield(e, in->op == IR_sar, is64(in), si->dest, n, by, bits - by);
}

void a64_shift_rr(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const uint16_t row[IR_OP_COUNT] = {
        [IR_shl] = A64_LSLV_W, [IR_shr] = A64_LSRV_W, [IR_sar] = A64_ASRV_W};
    unsigned n = reg(si, 0), m = reg(si, 1);
    if (in->type < IR_I32) {
        ri(e, A64_ANDI_W, R_T1, m, ir_type_bits(in->type) - 1);
        m = R_T1;
        if (in->op != IR_shl) {
            a64_extend_reg(e, in->op == IR_sar, in->type, R_T0, n, false);
            n = R_T0;
        }
    }
    rrr(e, A64_SF(row[in->op], is64(in)), si->dest, n, m);
}

/* A narrow value repeated through a W register rotates like one of 32 bits. */
static unsigned repeat_narrow(Emitter *e, unsigned type, unsigned n)
{
    a64_extend_reg(e, false, type, R_T0, n, false);
    if (type == IR_I8)
        rrr_shift(e, A64_ORR_W, R_T0, R_T0, R_T0, SH_LSL, 8);
    rrr_shift(e, A64_ORR_W, R_T0, R_T0, R_T0, SH_LSL, 16);
    return R_T0;
}

void a64_rot_ri(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned bits = ir_type_bits(in->type), n = reg(si, 0);
    unsigned by = (unsigned)si->opnd[1].imm & (bits - 1);
    if (in->op == IR_rotl)
        by = (bits - by) & (bits - 1);
    if (in->type < IR_I32)
        n = repeat_narrow(e, in->type, n);
    put_a64(e, A64_SF(A64_EXTR_W, is64(in)), (A64Args){.d = si->dest, .n = n, .m = n, .imm = by});
}

void a64_rot_rr(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned n = reg(si, 0), m = reg(si, 1);
    if (in->type < IR_I32)
        n = repeat_narrow(e, in->type, n);
    if (in->op == IR_rotl) {
        rrr(e, A64_SUB_W, R_T1, XZR, m);
        m = R_T1;
    }
    rrr(e, A64_SF(A64_RORV_W, is64(in)), si->dest, n, m);
}

/* ---- bits ---- */

void a64_clz(Emitter *e, const SelInst *si, const IrInst *in)
{
    rr(e, A64_SF(A64_CLZ_W, is64(in)), si->dest, reg(si, 0));
}

void a64_ctz(Emitter *e, const SelInst *si, const IrInst *in)
{
    rr(e, A64_SF(A64_RBIT_W, is64(in)), R_T0, reg(si, 0));
    rr(e, A64_SF(A64_CLZ_W, is64(in)), si->dest, R_T0);
}

void a64_bitrev(Emitter *e, const SelInst *si, const IrInst *in)
{
    rr(e, A64_SF(A64_RBIT_W, is64(in)), si->dest, reg(si, 0));
}

void a64_popcnt(Emitter *e, const SelInst *si, const IrInst *in)
{
    rr(e, is64(in) ? A64_FMOV_DX : A64_FMOV_SW, V_T0, reg(si, 0));
    rr(e, A64_VCNT8, V_T0, V_T0);
    rr(e, A64_VADDV8, V_T0, V_T0);
    rr(e, A64_FMOV_WS, si->dest, V_T0);
}

void a64_bswap(Emitter *e, const SelInst *si, const IrInst *in)
{
    A64Op op = in->type == IR_I16 ? A64_REV16_W : A64_SF(A64_REV_W, is64(in));
    rr(e, op, si->dest, reg(si, 0));
}

void a64_zext(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    a64_extend_reg(e, false, si->opnd[0].type, si->dest, reg(si, 0), false);
}

void a64_sext(Emitter *e, const SelInst *si, const IrInst *in)
{
    a64_extend_reg(e, true, si->opnd[0].type, si->dest, reg(si, 0), is64(in));
}

/* Only of constants: other truncations are aliases. */
void a64_trunc(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    a64_mov(e, si->dest, reg(si, 0));
}

void a64_extract(Emitter *e, const SelInst *si, const IrInst *in)
{
    bitfield(e, in->op == IR_sextract, is64(in), si->dest, reg(si, 0), in->aux & 0xff,
             in->aux >> 8 & 0xff);
}

/* Tied: d already holds a. */
void a64_deposit(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned bits = is64(in) ? 64 : 32, pos = in->aux & 0xff, len = in->aux >> 8 & 0xff;
    rij(e, A64_SF(A64_BFM_W, is64(in)), si->dest, reg(si, 1), (bits - pos) & (bits - 1), len - 1);
}
