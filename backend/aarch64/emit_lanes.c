/* emit_lanes.c: vector ops that take a few instructions: products summed, neighbours, sliding
 * differences, selection, widening; floating-point neighbours and rounding.
 */
#include "backend/aarch64/emitters.h"

/* ---- products ---- */

/* (a * b + 2^14) >> 15 out of the 32-bit products. */
void a64_vmulhrs(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vvv(e, A64_VSMULL, IR_I16, V_T0, reg(si, 0), reg(si, 1));
    vvv(e, A64_VSMULL2, IR_I16, V_T1, reg(si, 0), reg(si, 1));
    vi(e, A64_VRSHRN, IR_I16, si->dest, V_T0, 15);
    vi(e, A64_VRSHRN2, IR_I16, si->dest, V_T1, 15);
}

/* A product of an unsigned and a signed byte fits 16 bits, the sum of two may not. */
void a64_vmaddub(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned a = reg(si, 0), b = reg(si, 1);
    (void)in;
    vi(e, A64_VUSHLL, IR_I8, V_T0, a, 0);
    vi(e, A64_VSSHLL, IR_I8, V_T1, b, 0);
    vvv(e, A64_VMUL, IR_I16, V_T0, V_T0, V_T1);
    vi(e, A64_VUSHLL2, IR_I8, V_T1, a, 0);
    vi(e, A64_VSSHLL2, IR_I8, V_T2, b, 0);
    vvv(e, A64_VMUL, IR_I16, V_T1, V_T1, V_T2);
    vvv(e, A64_VUZP1, IR_I16, V_T2, V_T0, V_T1);
    vvv(e, A64_VUZP2, IR_I16, V_T0, V_T0, V_T1);
    vvv(e, A64_VSQADD, IR_I16, si->dest, V_T2, V_T0);
}

/* ---- neighbours ---- */

static void split(Emitter *e, unsigned lane, unsigned a, unsigned b)
{
    vvv(e, A64_VUZP1, lane, V_T0, a, b);
    vvv(e, A64_VUZP2, lane, V_T1, a, b);
}

void a64_vhadd(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (in->op == IR_vhadd) {
        vvv(e, A64_VADDP, in->lane, si->dest, reg(si, 0), reg(si, 1));
        return;
    }
    split(e, in->lane, reg(si, 0), reg(si, 1));
    vvv(e,
        in->op == IR_vhsub    ? A64_VSUB
        : in->op == IR_vhadds ? A64_VSQADD
                              : A64_VSQSUB,
        in->lane, si->dest, V_T0, V_T1);
}

void a64_vfhadd(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned d = si->dest;
    FpCheck c = a64_check_begin(e, si, in);
    split(e, a64_int_lane(in->lane), reg(si, 0), reg(si, 1));
    vvv(e, in->op == IR_vfhadd ? A64_VFADD : A64_VFSUB, in->lane, d, V_T0, V_T1);
    a64_check_end(e, si, in, c, true);
    if (!c.on)
        a64_repair_neighbours(e, in->lane, d, reg(si, 0), reg(si, 1));
}

/* All lanes but those of one parity are zero, which raises nothing. */
void a64_vfaddsub(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned a = reg(si, 0), b = reg(si, 1), d = si->dest;
    FpCheck c = a64_check_begin(e, si, in);
    if (in->lane == IR_F32) {
        vimm(e, A64_MOVI_D, V_T2, 0x0f, 0);
    } else {
        vimm(e, A64_MOVI_D, V_T2, 0xff, 0);
        vlane(e, A64_INS_GPR, IR_I64, V_T2, XZR, 1);
    }
    rrr(e, A64_VAND, V_T0, a, V_T2);
    rrr(e, A64_VAND, V_T1, b, V_T2);
    vvv(e, A64_VFSUB, in->lane, d, V_T0, V_T1);
    rrr(e, A64_VBIC, V_T0, a, V_T2);
    rrr(e, A64_VBIC, V_T1, b, V_T2);
    vvv(e, A64_VFADD, in->lane, V_T0, V_T0, V_T1);
    rrr(e, A64_VBIF, d, V_T0, V_T2);
    a64_check_end(e, si, in, c, true);
    if (!c.on)
        a64_repair_vector(e, in->lane, d, a, b);
}

/* ---- rounding to integers: only FRINTX raises inexact ---- */

static const struct {
    uint16_t scalar, vector;
} rounding[] = {
    [IR_ROUND_CURRENT] = {A64_FRINTI, A64_VFRINTI}, [IR_ROUND_ZERO] = {A64_FRINTZ, A64_VFRINTZ},
    [IR_ROUND_NEAREST] = {A64_FRINTN, A64_VFRINTN}, [IR_ROUND_DOWN] = {A64_FRINTM, A64_VFRINTM},
    [IR_ROUND_UP] = {A64_FRINTP, A64_VFRINTP},      [IR_ROUND_AWAY] = {A64_FRINTA, A64_VFRINTA},
};

void a64_fround(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    if (in->cc < IR_ROUND_QUIET)
        vv(e, A64_FRINTX, in->type, V_T0, reg(si, 0));
    vv(e, rounding[in->cc % IR_ROUND_QUIET].scalar, in->type, si->dest, reg(si, 0));
    a64_check_end(e, si, in, c, false);
}

void a64_vfround(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    if (in->cc < IR_ROUND_QUIET)
        vv(e, A64_VFRINTX, in->lane, V_T0, reg(si, 0));
    vv(e, rounding[in->cc % IR_ROUND_QUIET].vector, in->lane, si->dest, reg(si, 0));
    a64_check_end(e, si, in, c, false);
}

/* ---- sums and minima across lanes ---- */

void a64_vsadslide(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned from_a = (in->cc >> 2 & 1) * 4u, from_b = (in->cc & 3) * 4u;
    for (unsigned k = 0; k < 4; k++) {
        vext(e, V_T1, reg(si, 0), reg(si, 0), from_a + k);
        vlane(e, A64_DUP_LANE, IR_I8, V_T2, reg(si, 1), from_b + k);
        vvv(e, k == 0 ? A64_VUABDL : A64_VUABAL, IR_I8, V_T0, V_T1, V_T2);
    }
    a64_vmov(e, si->dest, V_T0);
}

/* The place: the least of the numbers of lanes that equal the minimum. */
void a64_vhminpos(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const IrVec128 numbers = {{0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0}};
    (void)in;
    vv(e, A64_VUMINV, IR_I16, V_T0, reg(si, 0));
    vlane(e, A64_DUP_LANE, IR_I16, V_T1, V_T0, 0);
    vvv(e, A64_VCMEQ, IR_I16, V_T1, V_T1, reg(si, 0));
    a64_vconst(e, V_T2, &numbers);
    rrr(e, A64_VORN, V_T1, V_T2, V_T1);
    vv(e, A64_VUMINV, IR_I16, V_T1, V_T1);
    vlane(e, A64_INS_LANE, IR_I16, V_T0, V_T1, 1);
    a64_vmov(e, si->dest, V_T0);
}

void a64_viszero(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vv(e, A64_VUMAXV, IR_I32, V_T0, reg(si, 0));
    rr(e, A64_FMOV_WS, R_T0, V_T0);
    ri(e, A64_SUBSI_W, XZR, R_T0, 0);
    rcond(e, A64_CSINC_W, si->dest, XZR, XZR, CC_NE);
}

/* ---- signs, tables, selection, widening ---- */

void a64_vabs(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, A64_VABS, in->lane, si->dest, reg(si, 0));
}

void a64_vsign(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned a = reg(si, 0), b = reg(si, 1);
    vv(e, A64_VCMLT0, in->lane, V_T0, b);
    vv(e, A64_VNEG, in->lane, V_T1, a);
    rrr(e, A64_VBSL, V_T0, V_T1, a);
    vv(e, A64_VCMEQ0, in->lane, V_T1, b);
    rrr(e, A64_VBIC, si->dest, V_T0, V_T1);
}

/* TBL gives zero for any number above 15: the bits between are taken out. */
void a64_vtbl(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vimm(e, A64_MOVI_B, V_T0, 0x8f, 0);
    rrr(e, A64_VAND, V_T0, V_T0, reg(si, 1));
    rrr(e, A64_TBL1, si->dest, reg(si, 0), V_T0);
}

void a64_vblendv(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, A64_VCMLT0, in->lane, V_T0, reg(si, 2));
    rrr(e, A64_VBSL, V_T0, reg(si, 1), reg(si, 0));
    a64_vmov(e, si->dest, V_T0);
}

void a64_vsext(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned from = in->lane - 1u - in->cc, n = reg(si, 0);
    if (in->cc >= in->lane - IR_I8)
        from = IR_I8;
    for (; from < in->lane; from++) {
        vi(e, A64_VSSHLL, from, si->dest, n, 0);
        n = si->dest;
    }
}
