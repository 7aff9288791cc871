/* emit_cmp.c: compares, selects and branches.
 *
 * A compare used once is folded into its select or branch (a64_match_cond); the flags it sets live
 * only within that one emitter, so nothing between can destroy them.
 */
#include "backend/aarch64/emitters.h"
#include "backend/aarch64/match.h"
#include "ir/base/bits.h"

static void compare_imm(Emitter *e, bool wide, unsigned n, int64_t imm)
{
    ri(e, A64_SF(imm < 0 ? A64_ADDSI_W : A64_SUBSI_W, wide), XZR, n, (int64_t)a64_magnitude(imm));
}

/* i8 and i16: the left side is extended into x16, the right side by the compare itself. */
static void compare_narrow(Emitter *e, const Operand *o)
{
    bool sign = o->cc == CC_LT || o->cc == CC_LE || o->cc == CC_GT || o->cc == CC_GE;
    if (o->has_imm && o->imm == 0 && (o->cc == CC_EQ || o->cc == CC_NE)) {
        ri(e, A64_ANDSI_W, XZR, o->reg[0], (int64_t)bits_mask(ir_type_bits(o->type)));
        return;
    }
    a64_extend_reg(e, sign, o->type, R_T0, o->reg[0], false);
    if (o->has_imm) {
        compare_imm(e, false, R_T0, o->imm);
        return;
    }
    unsigned ext = o->type == IR_I8 ? (sign ? EXT_SXTB : EXT_UXTB) : (sign ? EXT_SXTH : EXT_UXTH);
    put_a64(e, A64_SUBSEXT_W, (A64Args){.d = XZR, .n = R_T0, .m = o->reg[1], .imm = ext << 3});
}

static void compare_float(Emitter *e, IrType type, unsigned n, unsigned m, bool signals)
{
    if (a64_checked(e)) {
        ColdPath *c = a64_exact_flags(e, type, n, m, signals);
        uint32_t label = c->label, back = c->back;
        a64_check_operand(e, type, IR_VOID, n, label);
        a64_check_operand(e, type, IR_VOID, m, label);
        emit_label_bind(e, back);
    }
    vvv(e, signals ? A64_FCMPE : A64_FCMP, type, 0, n, m);
}

A64Cond a64_compare(Emitter *e, const Operand *o)
{
    bool wide = o->type == IR_I64;
    switch (o->scale) {
    case COND_TST:
        if (o->has_imm)
            ri(e, A64_SF(A64_ANDSI_W, wide), XZR, o->reg[0], o->imm);
        else
            rrr(e, A64_SF(A64_ANDS_W, wide), XZR, o->reg[0], o->reg[1]);
        break;
    case COND_FCMP:
    case COND_FCMPE:
        compare_float(e, (IrType)o->type, o->reg[0], o->reg[1], o->scale == COND_FCMPE);
        break;
    default:
        if (o->type < IR_I32)
            compare_narrow(e, o);
        else if (o->has_imm)
            compare_imm(e, wide, o->reg[0], o->imm);
        else
            rrr(e, A64_SF(A64_SUBS_W, wide), XZR, o->reg[0], o->reg[1]);
    }
    return (A64Cond)o->cc;
}

/* The compare as an operand, as a64_match_cond would have described it. */
static Operand compare_operand(const SelInst *si, const IrInst *in)
{
    bool left = si->opnd[0].kind == OPND_IMM; /* the constant */
    Operand o = si->opnd[left];
    const Operand *right = &si->opnd[!left];
    o.cc = (uint8_t)a64_cond_of(in->op);
    if (left)
        o.cc = (uint8_t)a64_cond_exchanged((A64Cond)o.cc);
    o.reg[1] = right->reg[0];
    o.has_imm = right->kind == OPND_IMM;
    o.imm = right->imm;
    return o;
}

static void cset(Emitter *e, unsigned d, A64Cond cc)
{
    rcond(e, A64_CSINC_W, d, XZR, XZR, cc ^ 1);
}

void a64_icmp(Emitter *e, const SelInst *si, const IrInst *in)
{
    Operand o = compare_operand(si, in);
    o.scale = COND_CMP;
    cset(e, si->dest, a64_compare(e, &o));
}

void a64_fcmp_bool(Emitter *e, const SelInst *si, const IrInst *in)
{
    Operand o = compare_operand(si, in);
    o.scale = in->flags & IR_F_SIGNAL ? COND_FCMPE : COND_FCMP;
    cset(e, si->dest, a64_compare(e, &o));
}

/* greater 0x00, less 0x01, equal 0x40, unordered 0x45: UCOMISD's CF, ZF and PF. */
void a64_fcmp(Emitter *e, const SelInst *si, const IrInst *in)
{
    const Operand *a = &si->opnd[0];
    compare_float(e, (IrType)a->type, a->reg[0], si->opnd[1].reg[0],
                  (in->flags & IR_F_SIGNAL) != 0);
    cset(e, R_T0, CC_MI);
    rij(e, A64_MOVZ_W, R_T1, 0, 0x40, 0);
    rcond(e, A64_CSEL_W, R_T0, R_T1, R_T0, CC_EQ);
    rij(e, A64_MOVZ_W, R_T1, 0, 0x45, 0);
    rcond(e, A64_CSEL_W, si->dest, R_T1, R_T0, CC_VS);
}

/* ---- select ---- */

/* Sets the flags for operand 0: a folded compare, or an i8 that is 0 or 1. */
static A64Cond a64_condition(Emitter *e, const Operand *o)
{
    if (o->kind == OPND_COND)
        return a64_compare(e, o);
    ri(e, A64_ANDSI_W, XZR, o->reg[0], 1);
    return CC_NE;
}

void a64_select_int(Emitter *e, const SelInst *si, const IrInst *in)
{
    A64Cond cc = a64_condition(e, &si->opnd[0]);
    rcond(e, A64_SF(A64_CSEL_W, is64(in)), si->dest, si->opnd[1].reg[0], si->opnd[2].reg[0], cc);
}

void a64_select_float(Emitter *e, const SelInst *si, const IrInst *in)
{
    A64Cond cc = a64_condition(e, &si->opnd[0]);
    vcond(e, A64_FCSEL, in->type, si->dest, si->opnd[1].reg[0], si->opnd[2].reg[0], cc);
}

void a64_select_vec(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    A64Cond cc = a64_condition(e, &si->opnd[0]);
    rcond(e, A64_CSINV_X, R_T0, XZR, XZR, cc ^ 1);
    vlane(e, A64_DUP_GPR, IR_I64, V_T0, R_T0, 0);
    rrr(e, A64_VBSL, V_T0, si->opnd[1].reg[0], si->opnd[2].reg[0]);
    a64_vmov(e, si->dest, V_T0);
}

/* ---- branches ---- */

/* TBZ reaches 32 KiB: only in regions that cannot grow so large. */
static bool small_region(const Emitter *e)
{
    return e->region->insts.count < 800;
}

static void bit_branch(Emitter *e, bool set, unsigned reg, unsigned bit, uint32_t label)
{
    put_a64(e, set ? A64_TBNZ : A64_TBZ, (A64Args){.d = reg, .j = bit});
    emit_label_ref(e, label, emit_offset(e) - 4, FIELD_B14);
}

/* Compare-and-branch in one instruction where there is one. `on` = branch when the condition holds.
 */
static bool branch_direct(Emitter *e, const Operand *o, bool on, uint32_t label)
{
    bool eq = o->cc == CC_EQ, ne = o->cc == CC_NE, wide = o->type == IR_I64;
    if (!o->has_imm)
        return false;
    if (o->scale == COND_CMP && o->imm == 0 && o->type >= IR_I32) {
        if (eq || ne) {
            a64_b19(e, A64_SF(eq == on ? A64_CBZ_W : A64_CBNZ_W, wide), o->reg[0], label);
            return true;
        }
        if ((o->cc == CC_LT || o->cc == CC_GE) && small_region(e)) {
            bit_branch(e, on == (o->cc == CC_LT), o->reg[0], wide ? 63 : 31, label);
            return true;
        }
    }
    uint64_t mask = (uint64_t)o->imm;
    if (o->scale == COND_TST && (eq || ne) && (mask & (mask - 1)) == 0 && small_region(e)) {
        bit_branch(e, ne == on, o->reg[0], (unsigned)__builtin_ctzll(mask), label);
        return true;
    }
    return false;
}

static void branch_if(Emitter *e, const Operand *o, bool on, uint32_t label)
{
    if (o->kind == OPND_COND) {
        if (branch_direct(e, o, on, label))
            return;
        A64Cond cc = a64_compare(e, o);
        a64_bcond(e, on ? cc : cc ^ 1, label);
    } else if (small_region(e)) {
        bit_branch(e, on, o->reg[0], 0, label);
    } else {
        ri(e, A64_ANDSI_W, XZR, o->reg[0], 1);
        a64_bcond(e, on ? CC_NE : CC_EQ, label);
    }
}

void a64_branch(Emitter *e, const SelInst *si, const IrInst *in, uint32_t yes, uint32_t no)
{
    (void)in;
    const Operand *o = &si->opnd[0];
    if (yes == NO_LABEL) {
        branch_if(e, o, false, no);
        return;
    }
    branch_if(e, o, true, yes);
    if (no != NO_LABEL)
        a64_jump(e, no);
}

/* The row of `br` only describes its operand; HostDesc.branch emits it. */
void a64_nothing(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)e;
    (void)si;
    (void)in;
}
