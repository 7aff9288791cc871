/* match.c: operand matchers of lower.def; see match.h and OperandMatch in core.h.
 *
 * Example: br(eq(and(%x, 4), 0)): a64_match_cond folds the compare and, as the `and` has no other
 * use, that too: OPND_COND {scale = COND_TST, cc = EQ, leaf = %x, imm = 4}: one TBZ.
 */
#include "backend/aarch64/match.h"

#include "ir/base/bits.h"

bool a64_match_anyimm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)user;
    if (!select_const(s, v, &out->imm))
        return false;
    out->kind = OPND_IMM;
    out->type = select_inst(s, v)->type;
    return true;
}

bool a64_match_zero(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return a64_match_anyimm(s, user, v, out) && out->imm == 0;
}

bool a64_match_addimm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    if (!a64_match_anyimm(s, user, v, out))
        return false;
    return a64_fits_imm12(a64_magnitude(out->imm));
}

/* Bits above the type do not matter, so a narrow constant may be extended either way. */
bool a64_match_logimm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    if (!a64_match_anyimm(s, user, v, out))
        return false;
    bool wide = out->type == IR_I64;
    if (a64_fits_logic((uint64_t)out->imm, wide))
        return true;
    out->imm &= (int64_t)bits_mask(ir_type_bits(out->type));
    return a64_fits_logic((uint64_t)out->imm, wide);
}

bool a64_match_shifted(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    int64_t amount;
    if (in->op != IR_shl && in->op != IR_shr && in->op != IR_sar)
        return false;
    if (in->op != IR_shl && in->type < IR_I32)
        return false; /* the bits above would come in */
    if (!select_const(s, in->arg[1], &amount) || !select_can_fold(s, user, v) ||
        ir_is_const(s->region, in->arg[0]))
        return false;
    match_reg(s, user, in->arg[0], out);
    out->kind = OPND_FUSED;
    out->folded = v;
    out->cc = in->op == IR_shl ? SH_LSL : in->op == IR_shr ? SH_LSR : SH_ASR;
    out->imm = amount & (ir_type_bits(in->type) - 1);
    return true;
}

bool a64_match_not(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_not || !select_can_fold(s, user, v))
        return false;
    match_reg(s, user, in->arg[0], out);
    out->kind = OPND_FUSED;
    out->folded = v;
    return true;
}

bool a64_match_mul(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_mul || !select_can_fold(s, user, v))
        return false;
    out->kind = OPND_FUSED;
    out->type = in->type;
    out->folded = v;
    out->leaf[0] = s->alias[in->arg[0].i];
    out->leaf[1] = s->alias[in->arg[1].i];
    return true;
}

bool a64_match_sign(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    int64_t amount;
    if (in->op != IR_sar || in->type != IR_I64 || !select_const(s, in->arg[1], &amount) ||
        amount != 63 || s->alias[in->arg[0].i].i != s->alias[select_inst(s, user)->arg[1].i].i ||
        !select_can_fold(s, user, v))
        return false;
    match_reg(s, user, in->arg[0], out);
    out->kind = OPND_FUSED;
    out->folded = v;
    return true;
}

/* ---- addresses ---- */

/* base + (index << scale), both used here only; the constant part is already taken off. */
static void match_index(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    int64_t amount;
    out->leaf[0] = s->alias[v.i];
    if (in->op != IR_add || in->type != IR_I64 || !select_can_fold(s, user, v) ||
        ir_is_const(s->region, in->arg[0]) || ir_is_const(s->region, in->arg[1]))
        return;
    unsigned k = 1;
    const IrInst *y = select_inst(s, in->arg[1]);
    if (y->op != IR_shl) {
        k = 0;
        y = select_inst(s, in->arg[0]);
    }
    IrRef base = in->arg[1 - k], index = in->arg[k];
    out->leaf[0] = s->alias[base.i];
    out->leaf[1] = s->alias[index.i];
    out->folded = v;
    if (y->op == IR_shl && select_const(s, y->arg[1], &amount) && amount >= 1 && amount <= 4 &&
        s->uses[index.i] == 1 && s->weak[index.i] == 0 && y->block == in->block &&
        !ir_is_const(s->region, y->arg[0])) {
        out->leaf[1] = s->alias[y->arg[0].i];
        out->scale = (uint8_t)amount;
        select_also_folded(s, index);
    }
}

bool a64_match_addr(Selection *s, IrRef user, IrRef v, Operand *out)
{
    IrRef base;
    out->kind = OPND_ADDR;
    out->type = IR_I64;
    if (select_base_disp(s, v, &base, &out->imm))
        out->leaf[0] = base;
    else
        match_index(s, user, v, out);
    return true;
}

/* ---- what is known of upper bits ---- */

/* Ops that lower.def gives W-register instructions (or loads) that clear the bits above `type`. */
static bool clears_above(const IrInst *in)
{
    switch (in->op) {
    case IR_load:
        return (in->flags & IR_M_BIG) == 0 || in->type == IR_I32;
    case IR_eq:
    case IR_ne:
    case IR_ult:
    case IR_ule:
    case IR_slt:
    case IR_sle:
    case IR_feq:
    case IR_flt:
    case IR_fle:
    case IR_fun:
    case IR_fcmp:
        return true;
    case IR_add:
    case IR_sub:
    case IR_mul:
    case IR_umulh:
    case IR_smulh:
    case IR_udiv:
    case IR_sdiv:
    case IR_and:
    case IR_or:
    case IR_xor:
    case IR_not:
    case IR_neg:
    case IR_shl:
    case IR_shr:
    case IR_sar:
    case IR_rotl:
    case IR_rotr:
    case IR_clz:
    case IR_ctz:
    case IR_popcnt:
    case IR_bswap:
    case IR_bitrev:
    case IR_crc32cb:
    case IR_crc32ch:
    case IR_crc32c:
    case IR_crc32b:
    case IR_crc32h:
    case IR_crc32:
    case IR_extract:
    case IR_sextract:
    case IR_deposit:
    case IR_ftosi:
    case IR_vmovmsk:
    case IR_sext:
    case IR_zext:
    case IR_select:
        return in->type == IR_I32;
    default:
        return false;
    }
}

bool a64_is_alias(Selection *s, IrRef v, IrRef *of)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_zext)
        return false;
    IrRef a = in->arg[0];
    const IrInst *from = select_inst(s, a);
    bool alias = s->alias[a.i].i != a.i;
    /* A zext that is itself an alias names a register whose upper bits are clear. */
    if (alias ? from->op != IR_zext : !clears_above(from))
        return false;
    *of = a;
    return true;
}

/* ---- scalar results inserted into a vector ---- */

static bool is_fmerge(Selection *s, IrRef user, IrRef v, unsigned nargs)
{
    static const bool ops[IR_OP_COUNT] = {
        [IR_fadd] = true,    [IR_fsub] = true,    [IR_fmul] = true,  [IR_fdiv] = true,
        [IR_fminsel] = true, [IR_fmaxsel] = true, [IR_fsqrt] = true, [IR_fext] = true,
        [IR_ftrunc] = true,  [IR_sitof] = true,
    };
    const IrInst *in = select_inst(s, v);
    return ops[in->op] && in->nargs == nargs && select_inst(s, user)->cc == 0 &&
           select_can_fold(s, user, v);
}

bool a64_match_fmerge2(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (!is_fmerge(s, user, v, 2) ||
        s->alias[in->arg[0].i].i != s->alias[select_inst(s, user)->arg[0].i].i)
        return false;
    match_reg(s, user, in->arg[1], out);
    out->kind = OPND_FUSED;
    out->folded = v;
    return true;
}

bool a64_match_fmerge1(Selection *s, IrRef user, IrRef v, Operand *out)
{
    if (!is_fmerge(s, user, v, 1))
        return false;
    match_reg(s, user, select_inst(s, v)->arg[0], out);
    out->kind = OPND_FUSED;
    out->folded = v;
    return true;
}

/* ---- conditions ---- */

A64Cond a64_cond_of(unsigned op)
{
    static const uint8_t cond[IR_OP_COUNT] = {
        [IR_eq] = CC_EQ,  [IR_ne] = CC_NE,  [IR_ult] = CC_LO, [IR_ule] = CC_LS, [IR_slt] = CC_LT,
        [IR_sle] = CC_LE, [IR_feq] = CC_EQ, [IR_flt] = CC_MI, [IR_fle] = CC_LS, [IR_fun] = CC_VS,
    };
    return cond[op];
}

static bool is_int_compare(unsigned op)
{
    return op >= IR_eq && op <= IR_sle;
}
static bool is_float_compare(unsigned op)
{
    return op >= IR_feq && op <= IR_fun;
}

A64Cond a64_cond_exchanged(A64Cond cc)
{
    static const uint8_t other[] = {[CC_EQ] = CC_EQ, [CC_NE] = CC_NE, [CC_LO] = CC_HI,
                                    [CC_LS] = CC_HS, [CC_LT] = CC_GT, [CC_LE] = CC_GE};
    return (A64Cond)other[cc];
}

static bool is_signed(unsigned cc)
{
    return cc == CC_LT || cc == CC_LE || cc == CC_GT || cc == CC_GE;
}

/* Narrow operands whose registers are zero above: an ordinary compare of 32 bits does. */
static void widen(const Selection *s, Operand *o)
{
    const IrInst *a = select_inst(s, o->leaf[0]), *b = select_inst(s, o->leaf[1]);
    if (o->type >= IR_I32 || is_signed(o->cc) || a->type > o->type || !clears_above(a) ||
        (!o->has_imm && (b->type > o->type || !clears_above(b))))
        return;
    o->type = IR_I32;
}

/* The compare's right side: a constant if CMP or CMN takes it. */
static void match_right(Selection *s, IrRef v, unsigned type, Operand *out)
{
    int64_t imm;
    bool narrow = type < IR_I32;
    if (select_const(s, v, &imm)) {
        if (narrow && !is_signed(out->cc))
            imm &= (int64_t)bits_mask(ir_type_bits(type)); /* as the register is extended */
        if (a64_fits_imm12(a64_magnitude(imm))) {
            out->has_imm = true;
            out->imm = imm;
            return;
        }
    }
    out->leaf[1] = s->alias[v.i];
}

bool a64_match_cmpimm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, user);
    Operand o = {.cc = a64_cond_of(in->op)};
    if (ir_same(v, in->arg[0]))
        o.cc = (uint8_t)a64_cond_exchanged((A64Cond)o.cc);
    match_right(s, v, select_inst(s, v)->type, &o);
    if (!o.has_imm)
        return false;
    out->kind = OPND_IMM;
    out->type = select_inst(s, v)->type;
    out->imm = o.imm;
    return true;
}

/* (x & y) == 0 or != 0, the `and` being used only here. */
static bool match_test(Selection *s, IrRef cmp, Operand *out)
{
    const IrInst *in = select_inst(s, cmp), *a = select_inst(s, in->arg[0]);
    int64_t zero, mask;
    IrRef v = in->arg[0];
    if ((in->op != IR_eq && in->op != IR_ne) || !select_const(s, in->arg[1], &zero) || zero != 0 ||
        a->op != IR_and || s->uses[v.i] != 1 || s->weak[v.i] != 0 || a->block != in->block ||
        s->insts[v.i].folded)
        return false;
    unsigned bits = ir_type_bits(a->type);
    bool is_const = select_const(s, a->arg[1], &mask);
    mask &= (int64_t)bits_mask(bits);
    if (a->type < IR_I32 && !is_const)
        return false; /* bits above the type are in neither operand's care */
    out->scale = COND_TST;
    out->leaf[0] = s->alias[a->arg[0].i];
    if (is_const && a64_fits_logic((uint64_t)mask, a->type == IR_I64)) {
        out->has_imm = true;
        out->imm = mask;
    } else if (a->type < IR_I32) {
        return false;
    } else {
        out->leaf[1] = s->alias[a->arg[1].i];
    }
    select_also_folded(s, v);
    return true;
}

bool a64_match_cond(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    bool is_int = is_int_compare(in->op);
    if ((!is_int && !is_float_compare(in->op)) || !select_can_fold(s, user, v))
        return false;
    out->kind = OPND_COND;
    out->folded = v;
    out->type = select_inst(s, in->arg[0])->type;
    out->cc = a64_cond_of(in->op);
    if (is_int && match_test(s, v, out))
        return true;
    out->leaf[0] = s->alias[in->arg[0].i];
    if (is_int && ir_is_const(s->region, in->arg[0]) && !ir_is_const(s->region, in->arg[1])) {
        out->scale = COND_CMP;
        out->cc = (uint8_t)a64_cond_exchanged((A64Cond)out->cc);
        out->leaf[0] = s->alias[in->arg[1].i];
        match_right(s, in->arg[0], out->type, out);
        widen(s, out);
    } else if (is_int) {
        out->scale = COND_CMP;
        match_right(s, in->arg[1], out->type, out);
        widen(s, out);
    } else {
        out->scale = in->flags & IR_F_SIGNAL ? COND_FCMPE : COND_FCMP;
        out->leaf[1] = s->alias[in->arg[1].i];
    }
    return true;
}

bool a64_match_ignored(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)s;
    (void)user;
    (void)v;
    (void)out;
    return true;
}

bool a64_match_compared(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    (void)out;
    return select_strings_compared(s, user);
}

bool a64_when_implicit(Selection *s, IrRef user)
{
    return ir_inst(s->region, user)->cc & IR_STR_IMPLICIT;
}
