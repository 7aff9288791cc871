/* emit_fcvt.c: conversions between floating point and integers.
 *
 * To integers the hardware saturates where x86 gives the most negative number, and its flags are
 * others: FRINTX reports a number just below 2^31 as inexact that x86 reports as invalid only, and
 * with FEAT_AFP a denormal operand is reported, which x86 does not. So a test of the exponent comes
 * first, and what is not a plain number in range is converted by a64_exact (exact.c):
 *
 *     fmov x16, d0; ubfx x16, x16, #52, #11; sub w16, w16, #1; cmp w16, #1053; b.hs cold
 *     fcvtzs w1, d0
 *
 * Without FEAT_AFP small exponents need no test: denormals are converted like any number, or
 * flushed with no flag that counts.
 */
#include "backend/aarch64/emitters.h"

static bool afp(const Emitter *e)
{
    return has_feature(e, FEAT_A64_AFP);
}

void a64_sitof(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, si->opnd[0].type == IR_I64 ? A64_SCVTF_X : A64_SCVTF_W, in->type, si->dest, reg(si, 0));
}

void a64_uitof(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, si->opnd[0].type == IR_I64 ? A64_UCVTF_X : A64_UCVTF_W, in->type, si->dest, reg(si, 0));
}

/* ---- one number to an integer ---- */

/* Saturated, as the FPU does it; by the current rounding it has no instruction. */
void a64_fsat(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const uint16_t of[][2] = {
        [IR_ROUND_ZERO] = {A64_FCVTZS_W, A64_FCVTZU_W},
        [IR_ROUND_NEAREST] = {A64_FCVTNS_W, A64_FCVTNU_W},
        [IR_ROUND_DOWN] = {A64_FCVTMS_W, A64_FCVTMU_W},
        [IR_ROUND_UP] = {A64_FCVTPS_W, A64_FCVTPU_W},
        [IR_ROUND_AWAY] = {A64_FCVTAS_W, A64_FCVTAU_W},
    };
    /* NaNs become 0 here. */
    if (e->region->fp_model != FP_MODEL_ARM || in->cc == IR_ROUND_CURRENT) {
        a64_exact_always(e, si, in);
        return;
    }
    vv(e, A64_SF(of[in->cc][in->op == IR_fsatui], is64(in)), si->opnd[0].type, si->dest,
       reg(si, 0));
}

static void to_gpr(Emitter *e, unsigned lane, unsigned d, unsigned n)
{
    rr(e, lane == IR_F64 ? A64_FMOV_XD : A64_FMOV_WS, d, n);
}

/* Zero is in range after all. */
static void cold_ftosi(Emitter *e, const ColdPath *c)
{
    bool f64 = c->lane == IR_F64;
    if (afp(e)) {
        uint32_t other = emit_label_new(e);
        to_gpr(e, c->lane, R_T0, c->n);
        ri(e, A64_SF(A64_ANDSI_W, f64), XZR, R_T0, f64 ? INT64_MAX : INT32_MAX);
        a64_bcond(e, CC_NE, other);
        a64_mov_imm(e, c->d, 0);
        a64_jump(e, c->back);
        emit_label_bind(e, other);
    }
    a64_cold_exact(e, c);
}

void a64_ftosi(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned n = reg(si, 0), lane = si->opnd[0].type;
    bool f64 = lane == IR_F64, current = in->cc == IR_ROUND_CURRENT;
    unsigned limit = (f64 ? 1023 : 127) + (is64(in) ? 63 : 31);
    if (f64 && !is64(in) && current)
        limit--; /* what is just below 2^31 may be rounded to it */
    ColdPath *c = a64_exact_path(e, si, in, cold_ftosi);
    c->lane = (uint8_t)lane;
    uint32_t label = c->label, back = c->back;
    to_gpr(e, lane, R_T0, n);
    rij(e, A64_SF(A64_UBFM_W, f64), R_T0, R_T0, f64 ? 52 : 23, f64 ? 62 : 30);
    if (afp(e)) {
        ri(e, A64_SUBI_W, R_T0, R_T0, 1);
        limit--;
    }
    ri(e, A64_SUBSI_W, XZR, R_T0, limit);
    a64_bcond(e, CC_HS, label);
    if (current) {
        vv(e, A64_FRINTX, lane, V_T0, n);
        n = V_T0;
    }
    vv(e, is64(in) ? A64_FCVTZS_X : A64_FCVTZS_W, lane, si->dest, n);
    emit_label_bind(e, back);
}

/* ---- lanes to integers ---- */

enum { F32_LIMIT = 0x9e0, F64_LIMIT = 0x83c }; /* bits 30:19 of 2^31, or of its upper half */

/* v13 = each lane's bits without sign, shifted up by one; of binary64 the upper half, twice. */
static void lane_magnitudes(Emitter *e, unsigned lane, unsigned n)
{
    if (lane == IR_F64) {
        vvv(e, A64_VUZP2, IR_I32, V_T0, n, n);
        n = V_T0;
    }
    vi(e, A64_VSHL, IR_I32, V_T0, n, 1);
}

/* Sets C if a lane of v13 is not a plain number below the limit. */
static void test_lanes(Emitter *e, unsigned lane, unsigned cc)
{
    unsigned limit = lane == IR_F32 ? F32_LIMIT : F64_LIMIT;
    if (lane == IR_F64 && cc == IR_ROUND_CURRENT)
        limit -= 2; /* an exponent less, as in a64_ftosi */
    if (afp(e)) {   /* zeros and denormals go round to the top */
        vimm(e, A64_MOVI_S, V_T1, lane == IR_F32 ? 0x01 : 0x20, lane == IR_F32 ? 24 : 16);
        vvv(e, A64_VSUB, IR_I32, V_T0, V_T0, V_T1);
        limit -= lane == IR_F32 ? 0x10 : 2;
    }
    vv(e, A64_VUMAXV, IR_I32, V_T0, V_T0);
    rr(e, A64_FMOV_WS, R_T0, V_T0);
    rij(e, A64_UBFM_W, R_T0, R_T0, 20, 31);
    ri(e, A64_SUBSI_W, XZR, R_T0, limit);
}

/* Lanes that are zero are in range after all: tested again with another number in their place. */
static void cold_lanes(Emitter *e, const ColdPath *c)
{
    if (afp(e)) {
        unsigned width = a64_int_lane(c->lane);
        vi(e, A64_VSHL, width, V_T1, c->n, 1);
        vimm(e, A64_MOVI_B, V_T0, 0, 0);
        vvv(e, A64_VCMEQ, width, V_T1, V_T1, V_T0);
        vimm(e, A64_MOVI_S, V_T0, 0x40, 24);
        rrr(e, A64_VAND, V_T1, V_T1, V_T0);
        if (c->lane == IR_F64) /* a word for each lane, as the magnitudes have it */
            vvv(e, A64_VUZP1, IR_I32, V_T1, V_T1, V_T1);
        lane_magnitudes(e, c->lane, c->n);
        rrr(e, A64_VORR, V_T0, V_T0, V_T1);
        test_lanes(e, c->lane, c->op);
        a64_bcond(e, CC_LO, c->again);
    }
    a64_cold_exact(e, c);
}

/* Goes on only if all lanes of operand 0 are plain numbers in range. */
static uint32_t check_lanes(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned lane = in->op == IR_vf32toi32 ? IR_F32 : IR_F64;
    ColdPath *c = a64_exact_path(e, si, in, cold_lanes);
    c->lane = (uint8_t)lane;
    c->op = in->cc;
    c->again = emit_label_new(e);
    uint32_t label = c->label, back = c->back, again = c->again;
    lane_magnitudes(e, lane, reg(si, 0));
    test_lanes(e, lane, in->cc);
    a64_bcond(e, CC_HS, label);
    emit_label_bind(e, again);
    return back;
}

static unsigned rounded(Emitter *e, const IrInst *in, unsigned lane, unsigned n)
{
    if (in->cc != IR_ROUND_CURRENT)
        return n;
    vv(e, A64_VFRINTX, lane, V_T0, n);
    return V_T0;
}

void a64_vf32toi32(Emitter *e, const SelInst *si, const IrInst *in)
{
    uint32_t back = check_lanes(e, si, in);
    vv(e, A64_VFCVTZS, IR_F32, si->dest, rounded(e, in, IR_F32, reg(si, 0)));
    emit_label_bind(e, back);
}

void a64_vf64toi32(Emitter *e, const SelInst *si, const IrInst *in)
{
    uint32_t back = check_lanes(e, si, in);
    vv(e, A64_VFCVTZS, IR_F64, V_T0, rounded(e, in, IR_F64, reg(si, 0)));
    vv(e, A64_VXTN, IR_I32, si->dest, V_T0);
    emit_label_bind(e, back);
}

/* ---- lanes from integers ---- */

void a64_vi32tof32(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vv(e, A64_VSCVTF, IR_F32, si->dest, reg(si, 0));
}

void a64_vi32tof64(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vi(e, A64_VSSHLL, IR_I32, V_T0, reg(si, 0), 0);
    vv(e, A64_VSCVTF, IR_F64, si->dest, V_T0);
}

/* i64 to f64, and unsigned numbers */
void a64_vconvert(Emitter *e, const SelInst *si, const IrInst *in)
{
    vv(e, in->op == IR_vsitof ? A64_VSCVTF : A64_VUCVTF, in->lane == IR_I64 ? IR_F64 : IR_F32,
       si->dest, reg(si, 0));
}

void a64_vfsat(Emitter *e, const SelInst *si, const IrInst *in)
{
    static const uint16_t of[][2] = {
        [IR_ROUND_ZERO] = {A64_VFCVTZS, A64_VFCVTZU},
        [IR_ROUND_NEAREST] = {A64_VFCVTNS, A64_VFCVTNU},
        [IR_ROUND_DOWN] = {A64_VFCVTMS, A64_VFCVTMU},
        [IR_ROUND_UP] = {A64_VFCVTPS, A64_VFCVTPU},
        [IR_ROUND_AWAY] = {A64_VFCVTAS, A64_VFCVTAU},
    };
    if (e->region->fp_model != FP_MODEL_ARM || in->cc == IR_ROUND_CURRENT)
        a64_exact_always(e, si, in);
    else
        vv(e, of[in->cc][in->op == IR_vfsatui], in->lane, si->dest, reg(si, 0));
}

void a64_vhalf(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (e->region->fp_model == FP_MODEL_X86)
        a64_exact_always(e, si, in);
    else
        rr(e, in->op == IR_vf16tof32 ? A64_VFCVTL_H : A64_VFCVTN_H, si->dest, reg(si, 0));
}
