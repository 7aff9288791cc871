/* exact.c: FP ops done over in software, for the operands and environments in which the hardware's
 * result or flags are not the guest's.
 *
 * A cold path puts the operands into v13, v14 and v15, a description of the op into w16, and calls
 * STUB_A64_EXACT, which keeps every other register and leaves the result in v13. The flags are
 * added to CpuState.fpctl; those that the hardware has set before must be among them.
 *
 * Without FEAT_AFP, code for Region.fp_exact tests operands and results before it believes the
 * hardware. Denormal operands: 2x - 1, unsigned, is less than twice the smallest normal number less
 * one (zero goes to the top). Results that are NaNs, or may be tiny: the exponent is not between 2
 * and the greatest; the smallest normal number may be a rounded tiny one. Of zeros the operands say
 * whether they are exact: 0 * x, or x - x. That is looked at on the cold path.
 */
#include "backend/aarch64/emitters.h"
#include "ir/base/log.h"
#include "ir/soft.h"

/* Called by the stub: v[0] to v[2] are the operands, v[0] becomes the result. */
static void evaluate(CpuState *s, uint32_t code, IrValue *v)
{
    v[0] = ir_soft_fp(code, v, &s->fpctl);
}

/* ---- tests ---- */

bool a64_checked(const Emitter *e)
{
    return e->region->fp_exact && e->region->fp_model != FP_MODEL_ARM &&
           !has_feature(e, FEAT_A64_AFP);
}

static unsigned digits(unsigned lane)
{
    return lane == IR_F32 ? 24 : 53; /* of the significand */
}

/* To the label if a lane of v13, all zeros or all ones, is zero. */
static void branch_unless_all(Emitter *e, uint32_t label)
{
    vv(e, A64_VUMINV, IR_I32, V_T0, V_T0);
    rr(e, A64_FMOV_WS, R_T0, V_T0);
    a64_b19(e, A64_CBZ_W, R_T0, label);
}

static void check_operand_lanes(Emitter *e, unsigned lane, unsigned n, uint32_t label)
{
    unsigned width = a64_int_lane(lane);
    vi(e, A64_VSHL, width, V_T0, n, 1);
    vimm(e, A64_MOVI_B, V_T1, 0xff, 0);
    vvv(e, A64_VADD, width, V_T0, V_T0, V_T1);
    vi(e, A64_VUSHR, width, V_T0, V_T0, digits(lane));
    vvv(e, A64_VCMTST, width, V_T0, V_T0, V_T0);
    branch_unless_all(e, label);
}

void a64_check_operand(Emitter *e, IrType type, unsigned lane, unsigned n, uint32_t label)
{
    if (type == IR_V128) {
        check_operand_lanes(e, lane, n, label);
        return;
    }
    bool wide = type == IR_F64;
    rr(e, wide ? A64_FMOV_XD : A64_FMOV_WS, R_T0, n);
    rrr(e, A64_SF(A64_ADD_W, wide), R_T0, R_T0, R_T0);
    ri(e, A64_SF(A64_SUBI_W, wide), R_T0, R_T0, 1);
    rij(e, A64_SF(A64_UBFM_W, wide), R_T0, R_T0, digits(type), wide ? 63 : 31);
    a64_b19(e, A64_SF(A64_CBZ_W, wide), R_T0, label);
}

/* d's exponents in the lanes of v13. */
static void exponents(Emitter *e, unsigned lane, unsigned d)
{
    vi(e, A64_VSHL, a64_int_lane(lane), V_T0, d, 1);
    vi(e, A64_VUSHR, a64_int_lane(lane), V_T0, V_T0, digits(lane));
}

/* To the label if an exponent in v13 is not between 2 and the greatest. */
static void check_exponents(Emitter *e, unsigned lane, uint32_t label)
{
    unsigned width = a64_int_lane(lane), greatest = lane == IR_F32 ? 254 : 2046;
    a64_mov_imm(e, R_T0, 2);
    vlane(e, A64_DUP_GPR, width, V_T1, R_T0, 0);
    vvv(e, A64_VSUB, width, V_T0, V_T0, V_T1);
    a64_mov_imm(e, R_T0, greatest - 1);
    vlane(e, A64_DUP_GPR, width, V_T1, R_T0, 0);
    vvv(e, A64_VCMHI, width, V_T0, V_T1, V_T0);
    branch_unless_all(e, label);
}

void a64_check_result(Emitter *e, IrType type, unsigned lane, unsigned d, uint32_t label)
{
    if (type == IR_V128) {
        exponents(e, lane, d);
        check_exponents(e, lane, label);
        return;
    }
    bool wide = type == IR_F64;
    rr(e, wide ? A64_FMOV_XD : A64_FMOV_WS, R_T0, d);
    rij(e, A64_SF(A64_UBFM_W, wide), R_T0, R_T0, digits(type) - 1, wide ? 62 : 30);
    ri(e, A64_SUBI_W, R_T0, R_T0, 2);
    ri(e, A64_SUBSI_W, XZR, R_T0, wide ? 2045 : 253);
    a64_bcond(e, CC_HS, label);
}

/* ---- doing it over ---- */

uint64_t a64_exact_function(void)
{
    return (uint64_t)(uintptr_t)evaluate;
}

void a64_cold_exact(Emitter *e, const ColdPath *c)
{
    a64_vmov(e, V_T0, c->n);
    if (c->m != NO_OPERAND)
        a64_vmov(e, V_T1, c->m);
    if (c->three)
        a64_vmov(e, V_T2, c->a);
    a64_mov_imm(e, R_T0, c->imm);
    a64_branch_stub(e, A64_BL, STUB_A64_EXACT);
    switch (c->result) {
    case IR_VOID:
        break;
    case IR_I32:
        rr(e, A64_FMOV_WS, c->d, V_T0);
        break;
    case IR_I64:
        rr(e, A64_FMOV_XD, c->d, V_T0);
        break;
    default:
        a64_vmov(e, c->d, V_T0);
    }
}

/* ---- exact zeros ---- */

typedef enum ExactZero {
    ZERO_UNKNOWN,
    ZERO_CANCELS, /* zero because |n| = |m| */
    ZERO_OPERAND, /* zero because an operand is */
} ExactZero;

/* What makes a result of zero exact. Any other may be a tiny one that the hardware has rounded or
 * flushed. */
static ExactZero exact_zero(unsigned op)
{
    switch (op) {
    case IR_fadd:
    case IR_fsub:
    case IR_vfadd:
    case IR_vfsub:
        return ZERO_CANCELS;
    case IR_fmul:
    case IR_fdiv:
    case IR_fsqrt:
    case IR_ftrunc:
    case IR_vfmul:
    case IR_vfdiv:
    case IR_vfsqrt:
        return ZERO_OPERAND;
    default:
        return ZERO_UNKNOWN;
    }
}

/* x16 = the bits of scalar n but for its sign. */
static void magnitude(Emitter *e, unsigned type, unsigned n)
{
    bool wide = type == IR_F64;
    rr(e, wide ? A64_FMOV_XD : A64_FMOV_WS, R_T0, n);
    rrr(e, A64_SF(A64_ADD_W, wide), R_T0, R_T0, R_T0);
}

/* Back if the scalar result is an exact zero. */
static void try_zero(Emitter *e, const ColdPath *c, unsigned type, ExactZero zero)
{
    magnitude(e, c->result, c->d);
    a64_b19(e, A64_CBNZ_X, R_T0, c->again);
    if (zero == ZERO_CANCELS) {
        rrr(e, A64_VEOR, V_T0, c->n, c->m);
        magnitude(e, type, V_T0);
        a64_b19(e, A64_SF(A64_CBZ_W, type == IR_F64), R_T0, c->back);
        return;
    }
    magnitude(e, type, c->n);
    a64_b19(e, A64_SF(A64_CBZ_W, type == IR_F64), R_T0, c->back);
    if (c->m == NO_OPERAND)
        return;
    magnitude(e, type, c->m);
    a64_b19(e, A64_SF(A64_CBZ_W, type == IR_F64), R_T0, c->back);
}

/* d = lanes of n that are zero. */
static void zero_lanes(Emitter *e, unsigned width, unsigned d, unsigned n)
{
    vi(e, A64_VSHL, width, d, n, 1);
    vv(e, A64_VCMEQ0, width, d, d);
}

/* Back if the result is plain but for exact zeros: those are given an exponent of 3. */
static void try_zero_lanes(Emitter *e, const ColdPath *c, unsigned lane, ExactZero zero)
{
    unsigned width = a64_int_lane(lane);
    if (zero == ZERO_CANCELS) {
        rrr(e, A64_VEOR, V_T1, c->n, c->m);
        zero_lanes(e, width, V_T1, V_T1);
    } else {
        zero_lanes(e, width, V_T1, c->n);
        if (c->m != NO_OPERAND) {
            zero_lanes(e, width, V_T2, c->m);
            rrr(e, A64_VORR, V_T1, V_T1, V_T2);
        }
    }
    zero_lanes(e, width, V_T2, c->d);
    rrr(e, A64_VAND, V_T1, V_T1, V_T2);
    exponents(e, lane, c->d);
    vi(e, A64_VUSRA, width, V_T0, V_T1, lane == IR_F32 ? 30 : 62);
    check_exponents(e, lane, c->again);
    a64_jump(e, c->back);
}

/* The result has been found wanting; at `again`, an operand has. */
static void cold_zero(Emitter *e, const ColdPath *c)
{
    ExactZero zero = exact_zero(c->imm & ((1u << SOFT_TYPE) - 1));
    if (c->result == IR_V128)
        try_zero_lanes(e, c, c->imm >> SOFT_LANE & 15, zero);
    else
        try_zero(e, c, c->imm >> SOFT_FROM & 15, zero);
    emit_label_bind(e, c->again);
    a64_cold_exact(e, c);
}

/* ---- paths ---- */

FpCheck a64_check_begin(Emitter *e, const SelInst *si, const IrInst *in)
{
    if (!a64_checked(e))
        return (FpCheck){.on = false};
    bool zero = exact_zero(in->op) != ZERO_UNKNOWN;
    ColdPath *p = a64_exact_path(e, si, in, zero ? cold_zero : a64_cold_exact);
    p->again = zero ? emit_label_new(e) : p->label;
    FpCheck c = {true, p->label, p->back};
    uint32_t operands = p->again;
    for (unsigned k = 0; k < in->nargs; k++)
        a64_check_operand(e, (IrType)si->opnd[k].type, in->lane, reg(si, k), operands);
    return c;
}

void a64_check_end(Emitter *e, const SelInst *si, const IrInst *in, FpCheck c, bool tested)
{
    if (c.on && tested)
        a64_check_result(e, (IrType)in->type, in->lane, si->dest, c.label);
    if (c.on)
        emit_label_bind(e, c.back);
}

/* In software whatever the operands are. */
void a64_exact_always(Emitter *e, const SelInst *si, const IrInst *in)
{
    ColdPath c = {.d = (uint8_t)si->dest,
                  .n = si->opnd[0].reg[0],
                  .m = in->nargs > 1 ? si->opnd[1].reg[0] : NO_OPERAND,
                  .three = in->nargs > 2,
                  .a = in->nargs > 2 ? si->opnd[2].reg[0] : NO_OPERAND,
                  .result = in->type,
                  .imm = ir_soft_fp_code(e->region, in, si->opnd[0].type)};
    a64_cold_exact(e, &c);
}

ColdPath *a64_exact_flags(Emitter *e, IrType type, unsigned n, unsigned m, bool signals)
{
    IrInst fcmp = {.op = IR_fcmp, .type = IR_I8, .flags = signals ? IR_F_SIGNAL : 0};
    ColdPath *c = a64_cold_path(e, a64_cold_exact);
    c->n = (uint8_t)n;
    c->m = (uint8_t)m;
    c->result = IR_VOID;
    c->imm = ir_soft_fp_code(e->region, &fcmp, type);
    return c;
}

ColdPath *a64_exact_path(Emitter *e, const SelInst *si, const IrInst *in,
                         void (*emit)(Emitter *, const ColdPath *))
{
    ColdPath *c = a64_cold_path(e, emit);
    c->d = (uint8_t)si->dest;
    c->n = si->opnd[0].reg[0];
    c->m = in->nargs > 1 ? si->opnd[1].reg[0] : NO_OPERAND;
    c->result = in->type;
    c->imm = ir_soft_fp_code(e->region, in, si->opnd[0].type);
    return c;
}
