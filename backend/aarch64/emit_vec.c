/* emit_vec.c: integer vectors and lanes; shuffles are in emit_shuf.c. */
#include "backend/aarch64/emitters.h"
#include "ir/base/bits.h"

static const uint16_t rows[IR_OP_COUNT] = {
    [IR_vand] = A64_VAND,       [IR_vor] = A64_VORR,        [IR_vxor] = A64_VEOR,
    [IR_vadd] = A64_VADD,       [IR_vsub] = A64_VSUB,       [IR_vadds] = A64_VSQADD,
    [IR_vaddus] = A64_VUQADD,   [IR_vsubs] = A64_VSQSUB,    [IR_vsubus] = A64_VUQSUB,
    [IR_vmul] = A64_VMUL,       [IR_vavgu] = A64_VURHADD,   [IR_vmins] = A64_VSMIN,
    [IR_vmaxs] = A64_VSMAX,     [IR_vminu] = A64_VUMIN,     [IR_vmaxu] = A64_VUMAX,
    [IR_vcmpeq] = A64_VCMEQ,    [IR_vcmpgts] = A64_VCMGT,   [IR_vcmpges] = A64_VCMGE,
    [IR_vcmpgtu] = A64_VCMHI,   [IR_vcmpgeu] = A64_VCMHS,   [IR_vpmins] = A64_VSMINP,
    [IR_vpmaxs] = A64_VSMAXP,   [IR_vpminu] = A64_VUMINP,   [IR_vpmaxu] = A64_VUMAXP,
    [IR_vredadd] = A64_VADDV,   [IR_vredmins] = A64_VSMINV, [IR_vredmaxs] = A64_VSMAXV,
    [IR_vredminu] = A64_VUMINV, [IR_vredmaxu] = A64_VUMAXV, [IR_vpopcnt] = A64_VCNT,
    [IR_vclz] = A64_VCLZ,
};

void a64_vlogic(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, rows[in->op], si->dest, reg(si, 0), reg(si, 1));
}

void a64_vandn(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rrr(e, A64_VBIC, si->dest, reg(si, 1), reg(si, 0));
}

void a64_vbin(Emitter *e, const SelInst *si, const IrInst *in)
{
    vvv(e, rows[in->op], in->lane, si->dest, reg(si, 0), reg(si, 1));
}

void a64_vun(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, rows[in->op], in->lane, si->dest, reg(si, 0));
}

/* Tied: the destination holds the mask. */
void a64_vbsl(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rrr(e, A64_VBSL, si->dest, reg(si, 1), reg(si, 2));
}

void a64_vminmax64(Emitter *e, const SelInst *si, const IrInst *in)
{
    bool sign = in->op == IR_vmins || in->op == IR_vmaxs;
    bool least = in->op == IR_vmins || in->op == IR_vminu;
    unsigned a = reg(si, 0), b = reg(si, 1);
    vvv(e, sign ? A64_VCMGT : A64_VCMHI, IR_I64, V_T0, a, b);
    rrr(e, A64_VBSL, V_T0, least ? b : a, least ? a : b);
    a64_vmov(e, si->dest, V_T0);
}

void a64_vlookup(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rrr(e, A64_TBL1, si->dest, reg(si, 0), reg(si, 1));
}

/* ---- products ---- */

static void long_products(Emitter *e, bool sign, unsigned lane, unsigned n, unsigned m)
{
    vvv(e, sign ? A64_VSMULL : A64_VUMULL, lane, V_T0, n, m);
    vvv(e, sign ? A64_VSMULL2 : A64_VUMULL2, lane, V_T1, n, m);
}

void a64_vmulh(Emitter *e, const SelInst *si, const IrInst *in)
{
    long_products(e, in->op == IR_vmulhs, IR_I16, reg(si, 0), reg(si, 1));
    vvv(e, A64_VUZP2, IR_I16, si->dest, V_T0, V_T1);
}

void a64_vmull(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const uint16_t by_half[2][2] = {{A64_VUMULL, A64_VUMULL2}, {A64_VSMULL, A64_VSMULL2}};
    vvv(e, by_half[in->op == IR_vmulls][in->cc & 1], in->lane - 1u, si->dest, reg(si, 0),
        reg(si, 1));
}

void a64_vclmul8(Emitter *e, const SelInst *si, const IrInst *in)
{
    rrr(e, in->cc & 1 ? A64_VPMULL8_2 : A64_VPMULL8, si->dest, reg(si, 0), reg(si, 1));
}

void a64_vpaddl(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, in->op == IR_vpaddls ? A64_VSADDLP : A64_VUADDLP, in->lane - 1u, si->dest, reg(si, 0));
}

void a64_vmaddw(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    long_products(e, true, IR_I16, reg(si, 0), reg(si, 1));
    vvv(e, A64_VADDP, IR_I32, si->dest, V_T0, V_T1);
}

void a64_vmulu32(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, A64_VXTN, IR_I32, V_T0, reg(si, 0));
    vv(e, A64_VXTN, IR_I32, V_T1, reg(si, 1));
    vvv(e, in->op == IR_vmuls32 ? A64_VSMULL : A64_VUMULL, IR_I32, si->dest, V_T0, V_T1);
}

void a64_vsadbw(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vvv(e, A64_VUABD, IR_I8, V_T0, reg(si, 0), reg(si, 1));
    vv(e, A64_VUADDLP, IR_I8, V_T0, V_T0);
    vv(e, A64_VUADDLP, IR_I16, V_T0, V_T0);
    vv(e, A64_VUADDLP, IR_I32, si->dest, V_T0);
}

void a64_vpack(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned to = in->lane == IR_I32 ? IR_I16 : IR_I8;
    bool sign = in->op == IR_vpackss;
    vv(e, sign ? A64_VSQXTN : A64_VSQXTUN, to, V_T0, reg(si, 0));
    vv(e, sign ? A64_VSQXTN2 : A64_VSQXTUN2, to, V_T0, reg(si, 1));
    a64_vmov(e, si->dest, V_T0);
}

/* ---- shifts ---- */

void a64_vshift_imm(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned bits = ir_type_bits(in->lane), n = reg(si, 0);
    uint64_t by = (uint64_t)si->opnd[1].imm;
    if (in->op == IR_vsar && by >= bits)
        by = bits - 1;
    if (by >= bits)
        vimm(e, A64_MOVI_D, si->dest, 0, 0);
    else if (by == 0)
        a64_vmov(e, si->dest, n);
    else
        vi(e,
           in->op == IR_vshl   ? A64_VSHL
           : in->op == IR_vshr ? A64_VUSHR
                               : A64_VSSHR,
           in->lane, si->dest, n, (int64_t)by);
}

/* USHL and SSHL take a signed byte; counts are held at the width, where the result is right. */
void a64_vshift_reg(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned most = ir_type_bits(in->lane) - (in->op == IR_vsar);
    rij(e, A64_MOVZ_X, R_T0, 0, most, 0);
    rrr(e, A64_SUBS_X, XZR, reg(si, 1), R_T0);
    rcond(e, A64_CSEL_X, R_T0, reg(si, 1), R_T0, CC_LO);
    if (in->op != IR_vshl)
        rrr(e, A64_SUB_X, R_T0, XZR, R_T0);
    vlane(e, A64_DUP_GPR, in->lane, V_T0, R_T0, 0);
    vvv(e, in->op == IR_vsar ? A64_VSSHL : A64_VUSHL, in->lane, si->dest, reg(si, 0), V_T0);
}

void a64_vshlv(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const uint16_t by_variant[] = {
        A64_VUSHL,
        A64_VSSHL,
        A64_VURSHL,
        A64_VSRSHL,
    };
    vvv(e, by_variant[in->cc & 3], in->lane, si->dest, reg(si, 0), reg(si, 1));
}

/* ---- lanes ---- */

void a64_vextract_int(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (in->cc == 0 && in->lane >= IR_I32)
        rr(e, in->lane == IR_I64 ? A64_FMOV_XD : A64_FMOV_WS, si->dest, reg(si, 0));
    else
        vlane(e, A64_UMOV, in->lane, si->dest, reg(si, 0), in->cc);
}

void a64_vextract_float(Emitter *e, const SelInst *si, const IrInst *in)
{
    vlane(e, A64_DUP_SCALAR, a64_int_lane(in->lane), si->dest, reg(si, 0), in->cc);
}

/* Tied: the destination holds the vector. */
void a64_vinsert_int(Emitter *e, const SelInst *si, const IrInst *in)
{
    vlane(e, A64_INS_GPR, in->lane, si->dest, reg(si, 1), in->cc);
}

void a64_vinsert_float(Emitter *e, const SelInst *si, const IrInst *in)
{
    vlane(e, A64_INS_LANE, a64_int_lane(in->lane), si->dest, reg(si, 1), in->cc);
}

void a64_vlow_int(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rr(e, si->opnd[0].type == IR_I64 ? A64_FMOV_DX : A64_FMOV_SW, si->dest, reg(si, 0));
}

/* The scalar DUP clears what is above, whatever FPCR.NEP says. */
void a64_vlow_float(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vlane(e, A64_DUP_SCALAR, a64_int_lane(si->opnd[0].type), si->dest, reg(si, 0), 0);
}

void a64_vsplat_int(Emitter *e, const SelInst *si, const IrInst *in)
{
    vlane(e, A64_DUP_GPR, in->lane, si->dest, reg(si, 0), 0);
}

void a64_vsplat_float(Emitter *e, const SelInst *si, const IrInst *in)
{
    vlane(e, A64_DUP_LANE, a64_int_lane(in->lane), si->dest, reg(si, 0), 0);
}

/* Sign bits are gathered by shift-and-add: 1 to 2 to 4 to 8 bits a step, as far as lanes go. */
void a64_vmovmsk(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned n = reg(si, 0), d = si->dest;
    switch (in->lane) {
    case IR_I8:
        vi(e, A64_VUSHR, IR_I8, V_T0, n, 7);
        vi(e, A64_VUSRA, IR_I16, V_T0, V_T0, 7);
        vi(e, A64_VUSRA, IR_I32, V_T0, V_T0, 14);
        vi(e, A64_VUSRA, IR_I64, V_T0, V_T0, 28);
        vlane(e, A64_UMOV, IR_I8, R_T0, V_T0, 0);
        vlane(e, A64_UMOV, IR_I8, R_T1, V_T0, 8);
        rrr_shift(e, A64_ORR_W, d, R_T0, R_T1, SH_LSL, 8);
        break;
    case IR_I32:
        vi(e, A64_VUSHR, IR_I32, V_T0, n, 31);
        vi(e, A64_VUSRA, IR_I64, V_T0, V_T0, 31);
        vlane(e, A64_UMOV, IR_I32, R_T0, V_T0, 0);
        vlane(e, A64_UMOV, IR_I32, R_T1, V_T0, 2);
        rrr_shift(e, A64_ORR_W, d, R_T0, R_T1, SH_LSL, 2);
        break;
    default:
        rr(e, A64_FMOV_XD, R_T0, n);
        vlane(e, A64_UMOV, IR_I64, R_T1, n, 1);
        rij(e, A64_UBFM_X, R_T0, R_T0, 63, 63);
        rij(e, A64_UBFM_X, R_T1, R_T1, 63, 63);
        rrr_shift(e, A64_ORR_W, d, R_T0, R_T1, SH_LSL, 1);
        break;
    }
}

void a64_bitcast(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const uint16_t op[IR_TYPE_COUNT] = {[IR_I32] = A64_FMOV_WS,
                                               [IR_I64] = A64_FMOV_XD,
                                               [IR_F32] = A64_FMOV_SW,
                                               [IR_F64] = A64_FMOV_DX};
    rr(e, op[in->type], si->dest, reg(si, 0));
}
