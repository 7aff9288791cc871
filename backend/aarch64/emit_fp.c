/* emit_fp.c: scalar and vector floating point, under x86's NaN, minimum and conversion rules.
 *
 * With FEAT_AFP the CPU follows x86's rules (abi.h) and most ops are one instruction. Without it
 * the NaN a result may be is repaired out of line: x86 gives the first NaN operand made quiet, and
 * where an operation makes a NaN of its own, the negative default NaN; Arm prefers signalling
 * operands and makes a positive one. Rows that repair keep their operands (RULE_EARLY), the repair
 * reads them.
 *
 *     fadd d0, d1, d2; fcmp d0, d0; b.vs cold      cold: fcmp d1, d1; b.vs ...
 */
#include "backend/aarch64/emitters.h"
#include "ir/base/bits.h"

static const struct {
    uint16_t scalar, vector;
} arith[IR_OP_COUNT] = {
    [IR_fadd] = {A64_FADD, 0},       [IR_fsub] = {A64_FSUB, 0},
    [IR_fmul] = {A64_FMUL, 0},       [IR_fdiv] = {A64_FDIV, 0},
    [IR_fsqrt] = {A64_FSQRT, 0},     [IR_fminsel] = {A64_FMIN, 0},
    [IR_fmaxsel] = {A64_FMAX, 0},    [IR_vfadd] = {0, A64_VFADD},
    [IR_vfsub] = {0, A64_VFSUB},     [IR_vfmul] = {0, A64_VFMUL},
    [IR_vfdiv] = {0, A64_VFDIV},     [IR_vfsqrt] = {0, A64_VFSQRT},
    [IR_vfmin] = {0, A64_VFMIN},     [IR_vfmax] = {0, A64_VFMAX},
    [IR_vfminnm] = {0, A64_VFMINNM}, [IR_vfmaxnm] = {0, A64_VFMAXNM},
    [IR_fmin] = {A64_FMIN, 0},       [IR_fmax] = {A64_FMAX, 0},
    [IR_fminnm] = {A64_FMINNM, 0},   [IR_fmaxnm] = {A64_FMAXNM, 0},
    [IR_fneg] = {A64_FNEG, 0},       [IR_fabs] = {A64_FABS, 0},
    [IR_vfminsel] = {0, A64_VFMIN},  [IR_vfmaxsel] = {0, A64_VFMAX},
};

/* ---- NaN repair, without FEAT_AFP ---- */

static bool wants_repair(const Emitter *e)
{
    return e->region->fp_model == FP_MODEL_X86 && !has_feature(e, FEAT_A64_AFP);
}

static uint64_t default_nan(unsigned lane)
{
    return lane == IR_F32 ? 0xffc00000u : (uint64_t)0xfff8 << 48;
}

static void cold_nan(Emitter *e, const ColdPath *c)
{
    uint32_t first = emit_label_new(e), second = emit_label_new(e);
    vvv(e, A64_FCMP, c->lane, 0, c->n, c->n);
    a64_bcond(e, CC_VS, first);
    vvv(e, A64_FCMP, c->lane, 0, c->m, c->m);
    a64_bcond(e, CC_VS, second);
    a64_mov_imm(e, R_T0, default_nan(c->lane));
    rr(e, c->lane == IR_F64 ? A64_FMOV_DX : A64_FMOV_SW, c->d, R_T0);
    a64_jump(e, c->back);
    emit_label_bind(e, first);
    vvv(e, A64_FADD, c->lane, c->d, c->n, c->n); /* made quiet */
    a64_jump(e, c->back);
    emit_label_bind(e, second);
    vvv(e, A64_FADD, c->lane, c->d, c->m, c->m);
}

static void repair_scalar(Emitter *e, unsigned lane, unsigned d, unsigned n, unsigned m)
{
    if (!wants_repair(e))
        return;
    ColdPath *c = a64_cold_path(e, cold_nan);
    c->d = (uint8_t)d;
    c->n = (uint8_t)n;
    c->m = (uint8_t)m;
    c->lane = (uint8_t)lane;
    uint32_t label = c->label, back = c->back;
    vvv(e, A64_FCMP, lane, 0, d, d);
    a64_bcond(e, CC_VS, label);
    emit_label_bind(e, back);
}

/* Where operand m is a NaN, d = m made quiet. v15 = quiet bit in each lane. */
static void take_nan_lanes(Emitter *e, unsigned lane, unsigned d, unsigned m)
{
    vvv(e, A64_VFCMEQ, lane, V_T0, m, m);
    rrr(e, A64_VORR, V_T1, m, V_T2);
    rrr(e, A64_VBIF, d, V_T1, V_T0);
}

/* v13 = lanes of d that are numbers. */
static void cold_nan_lanes(Emitter *e, const ColdPath *c)
{
    unsigned width = a64_int_lane(c->lane);
    a64_mov_imm(e, R_T0, default_nan(c->lane));
    vlane(e, A64_DUP_GPR, width, V_T1, R_T0, 0);
    rrr(e, A64_VBIF, c->d, V_T1, V_T0);
    a64_mov_imm(e, R_T0, c->lane == IR_F32 ? 1u << 22 : (uint64_t)1 << 51);
    vlane(e, A64_DUP_GPR, width, V_T2, R_T0, 0);
    take_nan_lanes(e, c->lane, c->d, c->m);
    take_nan_lanes(e, c->lane, c->d, c->n);
}

static void repair_lanes(Emitter *e, void (*cold)(Emitter *e, const ColdPath *c), unsigned lane,
                         unsigned d, unsigned n, unsigned m)
{
    if (!wants_repair(e))
        return;
    ColdPath *c = a64_cold_path(e, cold);
    c->d = (uint8_t)d;
    c->n = (uint8_t)n;
    c->m = (uint8_t)m;
    c->lane = (uint8_t)lane;
    uint32_t label = c->label, back = c->back;
    vvv(e, A64_VFCMEQ, lane, V_T0, d, d);
    vv(e, A64_VUMINV, IR_I32, V_T1, V_T0);
    rr(e, A64_FMOV_WS, R_T0, V_T1);
    a64_b19(e, A64_CBZ_W, R_T0, label);
    emit_label_bind(e, back);
}

void a64_repair_vector(Emitter *e, unsigned lane, unsigned d, unsigned n, unsigned m)
{
    repair_lanes(e, cold_nan_lanes, lane, d, n, m);
}

/* As cold_nan_lanes, the operands being the odd and the even lanes of n and m. */
static void cold_nan_neighbours(Emitter *e, const ColdPath *c)
{
    unsigned width = a64_int_lane(c->lane);
    a64_mov_imm(e, R_T0, default_nan(c->lane));
    vlane(e, A64_DUP_GPR, width, V_T1, R_T0, 0);
    rrr(e, A64_VBIF, c->d, V_T1, V_T0);
    a64_mov_imm(e, R_T0, c->lane == IR_F32 ? 1u << 22 : (uint64_t)1 << 51);
    for (unsigned even = 0; even < 2; even++) {
        vlane(e, A64_DUP_GPR, width, V_T1, R_T0, 0);
        vvv(e, even ? A64_VUZP1 : A64_VUZP2, width, V_T2, c->n, c->m);
        vvv(e, A64_VFCMEQ, c->lane, V_T0, V_T2, V_T2);
        rrr(e, A64_VORR, V_T2, V_T2, V_T1);
        rrr(e, A64_VBIF, c->d, V_T2, V_T0);
    }
}

void a64_repair_neighbours(Emitter *e, unsigned lane, unsigned d, unsigned n, unsigned m)
{
    repair_lanes(e, cold_nan_neighbours, lane, d, n, m);
}

/* ---- arithmetic ---- */

void a64_farith(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    vvv(e, arith[in->op].scalar, in->type, si->dest, reg(si, 0), reg(si, 1));
    a64_check_end(e, si, in, c, true);
    if (!c.on)
        repair_scalar(e, in->type, si->dest, reg(si, 0), reg(si, 1));
}

/* x86's rules for three operands: a NaN among them is the result, the first in order, made quiet;
 * and infinity * 0 + a quiet NaN is valid, so such an addend is found before the operation. */
static void cold_nan3(Emitter *e, const ColdPath *c)
{
    unsigned operands[] = {c->n, c->m, c->again};
    for (unsigned k = 0; k < 3; k++) {
        uint32_t next = emit_label_new(e);
        vvv(e, A64_FCMP, c->lane, 0, operands[k], operands[k]);
        a64_bcond(e, CC_VC, next);
        for (unsigned rest = k + 1; rest < 3; rest++) /* raises invalid for those that signal */
            vvv(e, A64_FCMP, c->lane, 0, operands[rest], operands[rest]);
        vvv(e, A64_FADD, c->lane, c->d, operands[k], operands[k]);
        a64_jump(e, c->back);
        emit_label_bind(e, next);
    }
    a64_mov_imm(e, R_T0, default_nan(c->lane));
    rr(e, c->lane == IR_F64 ? A64_FMOV_DX : A64_FMOV_SW, c->d, R_T0);
}

/* No guest of the x86 model has it yet: it is done in software where flags are to be exact. */
void a64_ffma(Emitter *e, const SelInst *si, const IrInst *in)
{
    A64Args args = {.lane = in->type, .d = si->dest, .n = reg(si, 0), .m = reg(si, 1)};
    args.a = reg(si, 2);
    if (e->region->fp_model != FP_MODEL_X86) {
        put_a64(e, A64_FMADD, args);
        return;
    }
    if (a64_checked(e)) {
        a64_exact_always(e, si, in);
        return;
    }
    ColdPath *c = a64_cold_path(e, cold_nan3);
    c->d = args.d;
    c->n = args.n;
    c->m = args.m;
    c->again = args.a;
    c->lane = in->type;
    uint32_t label = c->label, back = c->back;
    vvv(e, A64_FCMP, in->type, 0, args.a, args.a);
    a64_bcond(e, CC_VS, label);
    put_a64(e, A64_FMADD, args);
    vvv(e, A64_FCMP, in->type, 0, args.d, args.d);
    a64_bcond(e, CC_VS, label);
    emit_label_bind(e, back);
}

/* Ops that the FPU does by Arm's rules; x86 has none like them. */
void a64_fown(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (e->region->fp_model == FP_MODEL_X86)
        a64_exact_always(e, si, in);
    else
        vvv(e, arith[in->op].scalar, in->type, si->dest, reg(si, 0), reg(si, 1));
}

void a64_vfown(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (e->region->fp_model == FP_MODEL_X86)
        a64_exact_always(e, si, in);
    else
        vvv(e, arith[in->op].vector, in->lane, si->dest, reg(si, 0), reg(si, 1));
}

void a64_vffma(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (e->region->fp_model == FP_MODEL_X86) {
        a64_exact_always(e, si, in);
        return;
    }
    a64_vmov(e, si->dest, reg(si, 2));
    vvv(e, A64_VFMLA, in->lane, si->dest, reg(si, 0), reg(si, 1));
}

/* By its bits: a comparison would raise flags. */
void a64_fcanon(Emitter *e, const SelInst *si, const IrInst *in)
{
    bool wide = in->type == IR_F64;
    unsigned n = reg(si, 0);
    rr(e, wide ? A64_FMOV_XD : A64_FMOV_WS, R_T0, n);
    ri(e, wide ? A64_ANDI_X : A64_ANDI_W, R_T0, R_T0, wide ? INT64_MAX : INT32_MAX);
    a64_mov_imm(e, R_T1, wide ? (uint64_t)0x7ff << 52 : 0xffu << 23);
    rrr(e, A64_SUBS_X, XZR, R_T0, R_T1);
    a64_mov_imm(e, R_T0, wide ? (uint64_t)0x7ff8 << 48 : 0x7fc00000);
    rr(e, wide ? A64_FMOV_XD : A64_FMOV_WS, R_T1, n);
    rcond(e, A64_CSEL_X, R_T0, R_T0, R_T1, CC_HI);
    rr(e, wide ? A64_FMOV_DX : A64_FMOV_SW, si->dest, R_T0);
}

void a64_fbox(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    vimm(e, A64_MVNI_S, si->dest, 0, 0);
    vlane(e, A64_INS_LANE, IR_I32, si->dest, reg(si, 0), 0);
}

void a64_funbox(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    rr(e, A64_FMOV_XD, R_T0, reg(si, 0));
    rij(e, A64_SBFM_X, R_T1, R_T0, 32, 63); /* asr #32 */
    ri(e, A64_ADDSI_W, XZR, R_T1, 1);
    a64_mov_imm(e, R_T1, 0x7fc00000);
    rcond(e, A64_CSEL_W, R_T0, R_T0, R_T1, CC_EQ);
    rr(e, A64_FMOV_SW, si->dest, R_T0);
}

/* With FPCR.AH the instructions would leave NaNs alone. */
void a64_fsign(Emitter *e, const SelInst *si, const IrInst *in)
{
    bool wide = in->type == IR_F64, negate = in->op == IR_fneg;
    if (!has_feature(e, FEAT_A64_AFP)) {
        vv(e, arith[in->op].scalar, in->type, si->dest, reg(si, 0));
        return;
    }
    rr(e, wide ? A64_FMOV_XD : A64_FMOV_WS, R_T0, reg(si, 0));
    if (wide)
        ri(e, negate ? A64_EORI_X : A64_ANDI_X, R_T0, R_T0, negate ? INT64_MIN : INT64_MAX);
    else
        ri(e, negate ? A64_EORI_W : A64_ANDI_W, R_T0, R_T0, negate ? INT32_MIN : INT32_MAX);
    rr(e, wide ? A64_FMOV_DX : A64_FMOV_SW, si->dest, R_T0);
}

void a64_fsqrt(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    vv(e, A64_FSQRT, in->type, si->dest, reg(si, 0));
    a64_check_end(e, si, in, c, true);
    if (!c.on)
        repair_scalar(e, in->type, si->dest, reg(si, 0), reg(si, 0));
}

void a64_fminmax_afp(Emitter *e, const SelInst *si, const IrInst *in)
{
    vvv(e, arith[in->op].scalar, in->type, si->dest, reg(si, 0), reg(si, 1));
}

/* FCMPE raises invalid for any NaN, as MINSS does. */
void a64_fminmax(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (e->region->fp_model == FP_MODEL_ARM) { /* FZ would not flush what is chosen */
        a64_exact_always(e, si, in);
        return;
    }
    FpCheck c = a64_check_begin(e, si, in);
    vvv(e, A64_FCMPE, in->type, 0, reg(si, 0), reg(si, 1));
    vcond(e, A64_FCSEL, in->type, si->dest, reg(si, 0), reg(si, 1),
          in->op == IR_fminsel ? CC_MI : CC_GT);
    a64_check_end(e, si, in, c, false);
}

void a64_varith(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    vvv(e, arith[in->op].vector, in->lane, si->dest, reg(si, 0), reg(si, 1));
    a64_check_end(e, si, in, c, true);
    if (!c.on)
        a64_repair_vector(e, in->lane, si->dest, reg(si, 0), reg(si, 1));
}

void a64_vfsqrt(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    vv(e, A64_VFSQRT, in->lane, si->dest, reg(si, 0));
    a64_check_end(e, si, in, c, true);
    if (!c.on)
        a64_repair_vector(e, in->lane, si->dest, reg(si, 0), reg(si, 0));
}

void a64_vfminmax_afp(Emitter *e, const SelInst *si, const IrInst *in)
{
    vvv(e, arith[in->op].vector, in->lane, si->dest, reg(si, 0), reg(si, 1));
}

void a64_vfminmax(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (e->region->fp_model == FP_MODEL_ARM) { /* FZ would not flush what is chosen */
        a64_exact_always(e, si, in);
        return;
    }
    unsigned a = reg(si, 0), b = reg(si, 1);
    bool min = in->op == IR_vfminsel;
    FpCheck c = a64_check_begin(e, si, in);
    vvv(e, A64_VFCMGT, in->lane, V_T0, min ? b : a, min ? a : b);
    rrr(e, A64_VBSL, V_T0, a, b);
    a64_vmov(e, si->dest, V_T0);
    a64_check_end(e, si, in, c, false);
}

/* ---- between the widths ---- */

void a64_fcvt(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    rr(e, in->op == IR_fext ? A64_FCVT_SD : A64_FCVT_DS, si->dest, reg(si, 0));
    a64_check_end(e, si, in, c, in->op == IR_ftrunc);
}

void a64_vf32tof64(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    rr(e, A64_VFCVTL, si->dest, reg(si, 0));
    a64_check_end(e, si, in, c, false);
}

/* Of the result, whose upper half is zero, the lower half is tested, twice. */
void a64_vf64tof32(Emitter *e, const SelInst *si, const IrInst *in)
{
    FpCheck c = a64_check_begin(e, si, in);
    rr(e, A64_VFCVTN, si->dest, reg(si, 0));
    if (c.on) {
        vlane(e, A64_DUP_LANE, IR_I64, V_T2, si->dest, 0);
        a64_check_result(e, IR_V128, IR_F32, V_T2, c.label);
    }
    a64_check_end(e, si, in, c, false);
}

/* ---- compares ---- */

/* d = lanes where a or b is a NaN, by their bits; the FP compare, of both at once, is for its
 * flags: one of a with itself would report a denormal although b is a NaN. */
static void unordered_lanes(Emitter *e, unsigned lane, unsigned d, unsigned a, unsigned b)
{
    unsigned width = a64_int_lane(lane);
    vvv(e, A64_VFCMEQ, lane, V_T0, a, b);
    if (lane == IR_F32) {
        vimm(e, A64_MOVI_S, V_T2, 0xff, 24);
    } else {
        a64_mov_imm(e, R_T0, (uint64_t)0xffe0 << 48);
        vlane(e, A64_DUP_GPR, IR_I64, V_T2, R_T0, 0);
    }
    vi(e, A64_VSHL, width, V_T0, a, 1);
    vvv(e, A64_VCMHI, width, V_T0, V_T0, V_T2);
    vi(e, A64_VSHL, width, V_T1, b, 1);
    vvv(e, A64_VCMHI, width, V_T1, V_T1, V_T2);
    rrr(e, A64_VORR, d, V_T0, V_T1);
}

/* FCMEQ is quiet, FCMGT and FCMGE raise invalid for any NaN: as the relations want. */
void a64_vfcmp(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned a = reg(si, 0), b = reg(si, 1), d = si->dest;
    FpCheck c = a64_check_begin(e, si, in);
    switch (in->cc & 3) {
    case IR_FCMP_EQ:
        vvv(e, A64_VFCMEQ, in->lane, d, a, b);
        break;
    case IR_FCMP_LT:
        vvv(e, A64_VFCMGT, in->lane, d, b, a);
        break;
    case IR_FCMP_LE:
        vvv(e, A64_VFCMGE, in->lane, d, b, a);
        break;
    default:
        unordered_lanes(e, in->lane, d, a, b);
        break;
    }
    if (in->cc >= 4)
        rr(e, A64_VNOT, d, d);
    a64_check_end(e, si, in, c, false);
}

/* ---- scalar ops on lane 0: FPCR.NEP keeps the other lanes of Vn, or of Vd with one operand ----
 */

void a64_fmerge2(Emitter *e, const SelInst *si, const IrInst *in)
{
    const IrInst *op = ir_inst(e->region, si->opnd[1].folded);
    vvv(e, arith[op->op].scalar, in->lane, si->dest, reg(si, 0), reg(si, 1));
}

/* Tied: the destination holds the vector. */
void a64_fmerge1(Emitter *e, const SelInst *si, const IrInst *in)
{
    const IrInst *op = ir_inst(e->region, si->opnd[1].folded);
    unsigned n = reg(si, 1);
    switch (op->op) {
    case IR_fsqrt:
        vv(e, A64_FSQRT, in->lane, si->dest, n);
        break;
    case IR_sitof:
        vv(e, si->opnd[1].type == IR_I64 ? A64_SCVTF_X : A64_SCVTF_W, in->lane, si->dest, n);
        break;
    default:
        rr(e, op->op == IR_fext ? A64_FCVT_SD : A64_FCVT_DS, si->dest, n);
        break;
    }
}

/* ---- estimates ---- */

/* Full divisions, with denormals as zero and without a trace in the flags, as RCPPS has it. */
void a64_estimate(Emitter *e, const SelInst *si, const IrInst *in)
{
    unsigned n = reg(si, 0);
    op_d(e, A64_MRS_FPCR, R_T0);
    op_d(e, A64_MRS_FPSR, R_T1);
    a64_mov_imm(e, R_LR, 1u << FPCR_FZ_AT);
    op_d(e, A64_MSR_FPCR, R_LR);
    vvv(e, A64_VFCMEQ, IR_F32, V_T1, n, n);
    if (in->op == IR_frsqrtest) {
        vv(e, A64_VFSQRT, IR_F32, V_T0, n);
        n = V_T0;
    }
    a64_mov_imm(e, R_LR, 0x3f800000);
    vlane(e, A64_DUP_GPR, IR_I32, V_T2, R_LR, 0);
    vvv(e, A64_VFDIV, IR_F32, V_T0, V_T2, n);
    /* The default NaN is negative: a NaN from a number. */
    vvv(e, A64_VFCMEQ, IR_F32, V_T2, V_T0, V_T0);
    rrr(e, A64_VBIC, V_T1, V_T1, V_T2);
    vi(e, A64_VSHL, IR_I32, V_T1, V_T1, 31);
    rrr(e, A64_VORR, si->dest, V_T0, V_T1);
    op_d(e, A64_MSR_FPCR, R_T0);
    op_d(e, A64_MSR_FPSR, R_T1);
}
