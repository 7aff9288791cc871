/* exact.c: FP ops done over in software, where the host's result or flags may not be those of the
 * region's FP model.
 *
 * Under FP_MODEL_X86 the host is right by itself. Under FP_MODEL_RISCV a result that is a NaN is
 * replaced. FP_MODEL_ARM differs from the host in three ways, all of which show in the result:
 *
 *  - a NaN made by an operation is positive;
 *  - of two NaN operands the second comes first, if it alone signals; three have rules of their
 * own;
 *  - tiny results are told before rounding: one that was rounded up to the smallest normal number
 *    has underflowed. That is looked at in code for Region.fp_exact (backend.h, fp_inexact), and
 * for Region.fp_flush, where such a result becomes zero.
 *
 *     vmulsd d, a, b; vucomisd d, d; jp cold
 *     exact:  vmulsd d, a, b; vucomisd d, [min]; je cold; vucomisd d, [-min]; je cold
 *
 * (unordered counts as equal in ZF). So the operands must outlive the op: rules with a cold path
 * are RULE_EARLY and take no operand from memory.
 *
 * The cold path leaves the operands in CpuState.area and calls STUB_X86_EXACT, which keeps every
 * register. Flags are added to those that the host has set already.
 */
#include <stddef.h>
#include <string.h>

#include "backend/x86_64/abi.h"
#include "backend/x86_64/emitters.h"
#include "ir/base/log.h"
#include "ir/soft.h"

/* ---- in software ---- */

static void store_operand(Emitter *e, unsigned type, unsigned reg, unsigned k)
{
    if (ir_type_is_int((IrType)type))
        a_rm(e, X86_MOV_MR, 8, reg, a_state(SOFT_OPERAND(k)));
    else
        a_rm(e, X86_VMOVUPS_MR, 0, reg, a_state(SOFT_OPERAND(k)));
}

static void call_soft(Emitter *e, const ColdCode *c)
{
    for (unsigned k = 0; k < c->nargs; k++)
        store_operand(e, c->from, c->reg[k + 1], k);
    a_mi(e, X86_MOV_I, 4, a_state(offsetof(CpuState, area.gpr)), c->code);
    a_stub(e, "\xe8", 1, (StubId)STUB_X86_EXACT);
    X86Rm result = a_state(SOFT_OPERAND(0));
    if (ir_type_is_int((IrType)c->type))
        a_rm(e, X86_MOV, width32_of(c->type), c->reg[0], result);
    else
        a_rm(e, X86_VMOVUPS, 0, c->reg[0], result);
}

void x86_cold_soft(Emitter *e, const ColdCode *c)
{
    call_soft(e, c);
    a_jmp(e, c->back);
}

static void describe(Emitter *e, const SelInst *si, const IrInst *inst, ColdCode *c)
{
    c->code = ir_soft_fp_code(e->region, inst, (IrType)si->opnd[0].type);
    c->type = inst->type;
    c->from = si->opnd[0].type;
    c->nargs = inst->nargs;
    c->reg[0] = si->dest;
    for (unsigned k = 0; k < inst->nargs; k++) {
        DG_ASSERT(si->opnd[k].kind == OPND_REG);
        c->reg[k + 1] = si->opnd[k].reg[0];
    }
}

ColdCode *x86_soft_path(Emitter *e, const SelInst *si, const IrInst *inst,
                        void (*emit)(Emitter *, const ColdCode *))
{
    ColdCode *c = a_cold(e, emit);
    describe(e, si, inst, c);
    return c;
}

void emit_fp_soft(Emitter *e, const SelInst *si, const IrInst *inst)
{
    ColdCode c = {0};
    describe(e, si, inst, &c);
    call_soft(e, &c);
}

/* The C side of STUB_X86_EXACT. */
static void evaluate(CpuState *s, uint32_t code)
{
    IrValue v[3];
    for (unsigned k = 0; k < 3; k++)
        memcpy(&v[k], s->area.vec[k], sizeof v[k]);
    uint32_t fpctl = fp_guest_word(s);
    v[0] = ir_soft_fp(code, v, &fpctl);
    s->fpctl |= fpctl & (FPCTL_FLAGS | FPCTL_DENORMAL);
    if (s->fp_known != 0)
        fp_settle(s);
    memcpy(s->area.vec[0], &v[0], sizeof v[0]);
}

uint64_t x86_exact_function(void)
{
    return (uint64_t)(uintptr_t)evaluate;
}

/* ---- scalars ---- */

static void compare(Emitter *e, unsigned type, unsigned a, unsigned b)
{
    a_rr(e, type == IR_F64 ? X86_VUCOMISD : X86_VUCOMISS, 0, a, b);
}

static void load_nan(Emitter *e, unsigned type, unsigned d)
{
    static const uint8_t nans[2][16] = {{0, 0, 0xc0, 0x7f}, {0, 0, 0, 0, 0, 0, 0xf8, 0x7f}};
    a_vpool(e, X86_VMOVUPS, d, 0, nans[type == IR_F64]);
}

/* FP_MODEL_RISCV, and of Arm's rules what has no NaN operand. */
static void cold_nan(Emitter *e, const ColdCode *c)
{
    load_nan(e, c->type, c->reg[0]);
    a_jmp(e, c->back);
}

/* If one operand alone is a NaN, the host has made it quiet; if none is, the NaN was made. */
static void cold_arm_nan(Emitter *e, const ColdCode *c)
{
    unsigned a = c->reg[1], b = c->reg[c->nargs];
    uint32_t operand = emit_label_new(e);
    compare(e, c->type, a, b);
    a_jcc(e, CC_P, operand);
    cold_nan(e, c);
    emit_label_bind(e, operand);
    if (c->nargs > 1) {
        compare(e, c->type, a, a);
        a_jcc(e, CC_NP, c->back);
        compare(e, c->type, b, b);
        a_jcc(e, CC_NP, c->back);
        x86_cold_soft(e, c);
    } else {
        a_jmp(e, c->back);
    }
}

/* The hardware finds infinity * 0 + a quiet NaN valid; RISC-V does not. If neither factor is a NaN
 * and one is zero, their product alone raises what there is to raise, and nothing else. */
static void cold_ffma(Emitter *e, const ColdCode *c)
{
    unsigned d = c->reg[0], type = c->type, a = c->reg[1], b = c->reg[2];
    uint32_t end = emit_label_new(e), multiply = emit_label_new(e);
    compare(e, type, a, a);
    a_jcc(e, CC_P, end);
    compare(e, type, b, b);
    a_jcc(e, CC_P, end);
    a_vvv(e, X86_VXORPS, d, d, d);
    compare(e, type, a, d);
    a_jcc(e, CC_E, multiply);
    compare(e, type, b, d);
    a_jcc(e, CC_NE, end);
    emit_label_bind(e, multiply);
    a_vvv(e, type == IR_F64 ? X86_VMULSD : X86_VMULSS, d, a, b);
    emit_label_bind(e, end);
    cold_nan(e, c);
}

/* To the label if a scalar is zero or a NaN. */
static void compare_zero(Emitter *e, unsigned type, unsigned a, uint32_t label)
{
    static const uint8_t zero[16];
    a_vpool(e, type == IR_F64 ? X86_VUCOMISD : X86_VUCOMISS, a, 0, zero);
    a_jcc(e, CC_E, label);
}

/* If the addend is a NaN and the factors are neither NaNs nor zero, that has been made quiet. Else
 * as with two operands; infinity * 0 makes a NaN whatever the addend is. */
static void cold_arm_ffma(Emitter *e, const ColdCode *c)
{
    unsigned a = c->reg[1], b = c->reg[2];
    uint32_t soft = emit_label_new(e), number = emit_label_new(e), operand = emit_label_new(e);
    compare(e, c->type, c->reg[3], c->reg[3]);
    a_jcc(e, CC_NP, number);
    compare_zero(e, c->type, a, soft);
    compare_zero(e, c->type, b, soft);
    a_jmp(e, c->back);
    emit_label_bind(e, number);
    compare(e, c->type, a, b);
    a_jcc(e, CC_P, operand);
    cold_nan(e, c);
    emit_label_bind(e, operand);
    compare(e, c->type, a, a);
    a_jcc(e, CC_NP, c->back);
    compare(e, c->type, b, b);
    a_jcc(e, CC_NP, c->back);
    emit_label_bind(e, soft);
    x86_cold_soft(e, c);
}

/* Sums are exact where they are tiny. */
static bool may_underflow(unsigned op)
{
    switch (op) {
    case IR_fmul:
    case IR_fdiv:
    case IR_ffma:
    case IR_ftrunc:
    case IR_vfmul:
    case IR_vfdiv:
    case IR_vffma:
    case IR_vf64tof32:
    case IR_vf32tof16:
        return true;
    default:
        return false;
    }
}

static bool watches_tiny(const Emitter *e, const IrInst *inst)
{
    const Region *r = e->region;
    return r->fp_model == FP_MODEL_ARM && (r->fp_exact || r->fp_flush) && may_underflow(inst->op);
}

/* Ops with one operand of another width or that is rounded have a NaN only from a NaN. */
static bool makes_nan(unsigned op)
{
    switch (op) {
    case IR_fext:
    case IR_ftrunc:
    case IR_fround:
    case IR_vfround:
    case IR_vf32tof64:
    case IR_vf64tof32:
    case IR_vf32tof16:
        return false;
    default:
        return true;
    }
}

static void compare_tiny(Emitter *e, unsigned type, unsigned d, uint32_t label)
{
    static const uint8_t least[2][2][16] = {
        {{0, 0, 0x80, 0}, {0, 0, 0x80, 0x80}},
        {{0, 0, 0, 0, 0, 0, 0x10, 0}, {0, 0, 0, 0, 0, 0, 0x10, 0x80}},
    };
    for (unsigned k = 0; k < 2; k++) {
        a_vpool(e, type == IR_F64 ? X86_VUCOMISD : X86_VUCOMISS, d, 0, least[type == IR_F64][k]);
        a_jcc(e, CC_E, label);
    }
}

static void (*cold_of(const Emitter *e, const IrInst *inst, bool tiny))(Emitter *, const ColdCode *)
{
    if (e->region->fp_model == FP_MODEL_RISCV)
        return inst->op == IR_ffma ? cold_ffma : cold_nan;
    return tiny ? x86_cold_soft : inst->op == IR_ffma ? cold_arm_ffma : cold_arm_nan;
}

/* The test, and where it leads; NULL if there is nothing to test. */
static ColdCode *test_result(Emitter *e, const SelInst *si, const IrInst *inst)
{
    FpModel model = e->region->fp_model;
    bool tiny = watches_tiny(e, inst);
    if (model == FP_MODEL_X86 || (model == FP_MODEL_ARM && !tiny && !makes_nan(inst->op)))
        return NULL;
    /* Of an ffma that is a NaN the flags are to be looked at (cold_ffma). */
    if ((inst->flags & IR_F_ANY_NAN) != 0 && inst->op != IR_ffma && !tiny)
        return NULL;
    ColdCode *c = a_cold(e, cold_of(e, inst, tiny));
    if (model == FP_MODEL_ARM || inst->op == IR_ffma)
        describe(e, si, inst, c);
    c->reg[0] = si->dest;
    c->type = inst->type;
    uint32_t label = c->label, back = c->back;
    if (tiny) {
        compare_tiny(e, inst->type, si->dest, label);
    } else {
        compare(e, inst->type, si->dest, si->dest);
        a_jcc(e, CC_P, label);
    }
    emit_label_bind(e, back);
    return c;
}

void emit_fp_rule(Emitter *e, const SelInst *si, const IrInst *inst)
{
    test_result(e, si, inst);
}

/* A NaN is replaced, out of line. By its bits, for a comparison would raise flags: what is above
 * infinity without its sign. */
void emit_fcanon(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const uint8_t magnitude[2][16] = {{0xff, 0xff, 0xff, 0x7f},
                                             {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}};
    static const uint8_t infinity[2][16] = {{0, 0, 0x80, 0x7f}, {0, 0, 0, 0, 0, 0, 0xf0, 0x7f}};
    bool wide = inst->type == IR_F64;
    unsigned t = si->scratch_vec[0];
    ColdCode *c = a_cold(e, cold_nan);
    uint32_t label = c->label, back = c->back;
    c->reg[0] = si->dest;
    c->type = inst->type;
    a_vpool(e, X86_VPAND, t, si->opnd[0].reg[0], magnitude[wide]);
    a_vpool(e, wide ? X86_VPCMPGTQ : X86_VPCMPGTD, t, t, infinity[wide]);
    a_vmov(e, si->dest, si->opnd[0].reg[0]);
    a_rr(e, X86_VPTEST, 0, t, t);
    a_jcc(e, CC_NE, label);
    emit_label_bind(e, back);
}

/* What is not boxed is rare. */
void emit_funbox(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const uint8_t above[16] = {0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    ColdCode *c = a_cold(e, cold_nan);
    uint32_t label = c->label, back = c->back;
    c->reg[0] = si->dest;
    c->type = inst->type;
    a_rm(e, X86_VPTEST, 0, si->opnd[0].reg[0], a_pool(e, above)); /* CF: all of these are ones */
    a_vmov(e, si->dest, si->opnd[0].reg[0]);
    a_jcc(e, CC_AE, label);
    emit_label_bind(e, back);
}

/* Operand `in_place` has become the destination, and is kept in a register; the operands of the
 * rule stand in another order if it is the last. */
static void tell_kept(ColdCode *c, const SelInst *si, const IrInst *inst, unsigned in_place,
                      unsigned kept)
{
    if (c == NULL)
        return;
    for (unsigned k = 0; k < inst->nargs; k++) {
        unsigned r = in_place == 2 ? si->opnd[(k + 1) % 3].reg[0] : si->opnd[k].reg[0];
        c->reg[k + 1] = (uint8_t)(k == in_place || r == si->dest ? kept : r);
    }
}

void emit_fp_rule_kept(Emitter *e, const SelInst *si, const IrInst *inst, unsigned in_place,
                       unsigned kept)
{
    tell_kept(test_result(e, si, inst), si, inst, in_place, kept);
}

/* ---- vectors: the same by lane, all done over if one is wanting ---- */

enum { UNORDERED = 3, EQUAL_OR_UNORDERED = 8 }; /* relations of VCMPPS */

static void splat(uint8_t bytes[16], unsigned width, uint64_t v)
{
    for (unsigned k = 0; k < 16; k++)
        bytes[k] = (uint8_t)(v >> 8 * (k % width));
}

/* t = lanes of d with the magnitude of the smallest normal number, or that are NaNs. */
static void tiny_lanes(Emitter *e, unsigned lane, unsigned t, unsigned d)
{
    bool wide = lane == IR_F64;
    uint8_t bytes[16];
    splat(bytes, wide ? 8 : 4, wide ? INT64_MAX : INT32_MAX);
    a_vpool(e, X86_VANDPS, t, d, bytes);
    splat(bytes, wide ? 8 : 4, wide ? 1ull << 52 : 1ull << 23);
    a_vvmi(e, wide ? X86_VCMPPD : X86_VCMPPS, t, t, a_pool(e, bytes), EQUAL_OR_UNORDERED);
}

/* Of halves, in the low four lanes, the same without NaNs. */
static void tiny_halves(Emitter *e, unsigned t, unsigned d)
{
    uint8_t bytes[16];
    splat(bytes, 2, INT16_MAX);
    a_vpool(e, X86_VPAND, t, d, bytes);
    splat(bytes, 2, 1 << 10);
    a_vpool(e, X86_VPCMPEQW, t, t, bytes);
    a_vvv(e, X86_VPACKSSWB, t, t, t);
}

/* To the label if a lane of t, all zeros or all ones, is not zero. */
static void jump_if_any(Emitter *e, unsigned g, unsigned t, uint32_t label)
{
    a_rr(e, X86_VMOVMSKPS, 0, g, t);
    a_rr(e, X86_TEST, 4, g, g);
    a_jcc(e, CC_NE, label);
}

static X86Insn compare_lanes(const ColdCode *c)
{
    return c->lane == IR_F64 ? X86_VCMPPD : X86_VCMPPS;
}

/* Lanes that are NaNs although neither a nor b is: the NaN was made. */
static void replace_made(Emitter *e, const ColdCode *c, unsigned a, unsigned b)
{
    unsigned d = c->reg[0], t = c->vec;
    uint8_t nan[16];
    X86Rm results = a_state(SOFT_OPERAND(0));
    splat(nan, c->lane == IR_F64 ? 8 : 4, c->lane == IR_F64 ? 0x7ff8ull << 48 : 0x7fc00000);
    a_vvmi(e, compare_lanes(c), t, d, rm_reg(d), UNORDERED);
    a_rm(e, X86_VMOVUPS_MR, 0, t, results);
    a_vvmi(e, compare_lanes(c), t, a, rm_reg(b), UNORDERED);
    a_vvm(e, X86_VANDNPS, 4, t, t, results);
    a_vvmi(e, X86_VBLENDVPS, d, d, a_pool(e, nan), t << 4);
    a_jmp(e, c->back);
}

/* As cold_arm_nan: in software if both operands of a lane are NaNs. */
static void cold_arm_lanes(Emitter *e, const ColdCode *c)
{
    unsigned a = c->reg[1], b = c->reg[c->nargs], t = c->vec;
    X86Rm first = a_state(SOFT_OPERAND(0));
    uint32_t soft = emit_label_new(e);
    if (c->nargs > 1) {
        a_vvmi(e, compare_lanes(c), t, a, rm_reg(a), UNORDERED);
        a_rm(e, X86_VMOVUPS_MR, 0, t, first);
        a_vvmi(e, compare_lanes(c), t, b, rm_reg(b), UNORDERED);
        a_vvm(e, X86_VANDPS, 4, t, t, first);
        jump_if_any(e, c->gpr, t, soft);
    }
    replace_made(e, c, a, b);
    emit_label_bind(e, soft);
    x86_cold_soft(e, c);
}

/* As cold_arm_ffma: in software if a factor is zero or a NaN. */
static void cold_arm_vffma(Emitter *e, const ColdCode *c)
{
    unsigned t = c->vec;
    static const uint8_t zero[16];
    uint32_t soft = emit_label_new(e);
    for (unsigned k = 1; k < 3; k++) {
        a_vvmi(e, compare_lanes(c), t, c->reg[k], a_pool(e, zero), EQUAL_OR_UNORDERED);
        jump_if_any(e, c->gpr, t, soft);
    }
    replace_made(e, c, c->reg[3], c->reg[3]);
    emit_label_bind(e, soft);
    x86_cold_soft(e, c);
}

static ColdCode *test_lanes(Emitter *e, const SelInst *si, const IrInst *inst)
{
    FpModel model = e->region->fp_model;
    bool tiny = watches_tiny(e, inst);
    unsigned d = si->dest, t = si->scratch_vec[0];
    unsigned lane = inst->op == IR_vf64tof32 ? IR_F32 : inst->lane;
    if (model == FP_MODEL_X86 || (model == FP_MODEL_ARM && !tiny && !makes_nan(inst->op)))
        return NULL;
    bool inlined = model == FP_MODEL_ARM && !tiny;
    ColdCode *c = x86_soft_path(e, si, inst,
                                !inlined               ? x86_cold_soft
                                : inst->op == IR_vffma ? cold_arm_vffma
                                                       : cold_arm_lanes);
    uint32_t label = c->label, back = c->back;
    c->lane = (uint8_t)lane;
    c->vec = (uint8_t)t;
    c->gpr = si->scratch_gpr[0];
    if (inst->op == IR_vf32tof16)
        tiny_halves(e, t, d);
    else if (tiny)
        tiny_lanes(e, lane, t, d);
    else
        a_vvmi(e, lane == IR_F64 ? X86_VCMPPD : X86_VCMPPS, t, d, rm_reg(d), UNORDERED);
    jump_if_any(e, si->scratch_gpr[0], t, label);
    emit_label_bind(e, back);
    return c;
}

void emit_vfp_rule(Emitter *e, const SelInst *si, const IrInst *inst)
{
    test_lanes(e, si, inst);
}

/* code: the instruction, of two operands or one */
void emit_vfp(Emitter *e, const SelInst *si, const IrInst *inst)
{
    if (inst->nargs == 2)
        a_vvv(e, si->rule->code, si->dest, si->opnd[0].reg[0], si->opnd[1].reg[0]);
    else
        a_rr(e, si->rule->code, 0, si->dest, si->opnd[0].reg[0]);
    emit_vfp_rule(e, si, inst);
}

void emit_vffma(Emitter *e, const SelInst *si, const IrInst *inst)
{
    a_vmov(e, si->dest, si->opnd[2].reg[0]);
    a_vvv(e, inst->lane == IR_F64 ? X86_VFMADD231PD : X86_VFMADD231PS, si->dest, si->opnd[0].reg[0],
          si->opnd[1].reg[0]);
    emit_vfp_rule(e, si, inst);
}

/* The same, tied to the first operand, or the addend. */
void emit_vfp_kept(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, kept = si->scratch_vec[1];
    a_vmov(e, kept, d);
    a_vvv(e, si->rule->code, d, d, si->opnd[1].reg[0]);
    tell_kept(test_lanes(e, si, inst), si, inst, 0, kept);
}

void emit_vffma_kept(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, kept = si->scratch_vec[1];
    a_vmov(e, kept, d);
    a_vvv(e, inst->lane == IR_F64 ? X86_VFMADD231PD : X86_VFMADD231PS, d, si->opnd[1].reg[0],
          si->opnd[2].reg[0]);
    tell_kept(test_lanes(e, si, inst), si, inst, 2, kept);
}

/* code: the instruction. Taken in both orders the results differ where operands are equal: not at
 * all, or in the sign of zeros. */
void emit_vfminmax(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0], b = si->opnd[1].reg[0], d = si->dest, t = si->scratch_vec[0];
    bool least = inst->op == IR_vfmin || inst->op == IR_vfminnm;
    ColdCode *c = x86_soft_path(e, si, inst, x86_cold_soft);
    uint32_t label = c->label, back = c->back;
    a_vvmi(e, inst->lane == IR_F64 ? X86_VCMPPD : X86_VCMPPS, t, a, rm_reg(b), UNORDERED);
    jump_if_any(e, si->scratch_gpr[0], t, label);
    a_vvv(e, si->rule->code, d, a, b);
    a_vvv(e, si->rule->code, t, b, a);
    a_vvv(e, least ? X86_VORPS : X86_VANDPS, d, d, t);
    emit_label_bind(e, back);
}

/* ---- minimum and maximum ---- */

/* Equal operands differ in nothing, or are zeros; NaNs are not the host's to choose among. */
static void cold_minmax(Emitter *e, const ColdCode *c)
{
    uint32_t nan = emit_label_new(e);
    bool least = c->stub != 0;
    if (!e->region->fp_flush) /* else they may be denormals */
        a_jcc(e, CC_P, nan);
    else
        a_jmp(e, nan);
    a_vvv(e, least ? X86_VORPS : X86_VANDPS, c->reg[0], c->reg[1], c->reg[2]);
    a_jmp(e, c->back);
    emit_label_bind(e, nan);
    x86_cold_soft(e, c);
}

/* code: the single form */
void emit_fminmax(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned a = si->opnd[0].reg[0], b = si->opnd[1].reg[0];
    ColdCode *c = x86_soft_path(e, si, inst, cold_minmax);
    c->stub = inst->op == IR_fmin || inst->op == IR_fminnm;
    uint32_t label = c->label, back = c->back;
    compare(e, inst->type, a, b);
    a_jcc(e, CC_E, label);
    a_vvv(e, si->rule->code + (inst->type == IR_F64), si->dest, a, b);
    emit_label_bind(e, back);
}
