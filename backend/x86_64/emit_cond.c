/* emit_cond.c: compares, and what consumes conditions: branches, setcc, cmov.
 *
 * feq is true when ZF is set and PF clear, so it takes two jumps; flt and fle are arranged by the
 * matcher (match_cond.c) so that one condition answers.
 */
#include "backend/x86_64/emitters.h"
#include "ir/base/log.h"

/* ---- compares ---- */

/* The flags already hold this comparison. */
static bool flags_hold(Emitter *e, const IrInst *inst, const Operand *o)
{
    const HostFlags *f = &x86_host(e)->flags;
    unsigned cc = o->cc & 15;
    if (f->at != emit_offset(e) || f->block != inst->block || f->width != width_of(o->type))
        return false;
    if ((o->cc & 0xf0) == CV_TEST && o->leaf[1].i == 0 && !o->has_imm)
        return ir_same(f->result, o->leaf[0]) &&
               (cc == CC_E || cc == CC_NE || cc == CC_S || cc == CC_NS);
    if (f->sum) /* a sum that has wrapped is below what was added */
        return (o->cc & 0xf0) == CV_CMP && (cc == CC_B || cc == CC_AE) && !o->has_imm &&
               ir_same(f->result, o->leaf[0]) &&
               (ir_same(f->a, o->leaf[1]) || ir_same(f->b, o->leaf[1]));
    if ((o->cc & 0xf0) != CV_CMP || !f->compare || !ir_same(f->a, o->leaf[0]))
        return false;
    return o->has_imm ? f->b.i == 0 && f->imm == o->imm : ir_same(f->b, o->leaf[1]);
}

/* The condition that is a bit of a string op's flags, which the host's flags still are. */
static bool string_flag(Emitter *e, const IrInst *inst, const Operand *o, HostCond *c)
{
    const HostFlags *f = &x86_host(e)->flags;
    if (!f->strings || f->at != emit_offset(e) || f->block != inst->block ||
        (o->cc & 0xf0) != CV_TEST || !o->has_imm || !ir_same(f->result, o->leaf[0]))
        return false;
    int cc = x86_string_cc(o->imm);
    c->cc = (unsigned)cc ^ ((o->cc & 15) == CC_E);
    return cc >= 0;
}

static X86Rm mem_at(const Operand *o, unsigned first, int32_t disp)
{
    return rm_mem(o->leaf[first].i != 0 ? o->reg[first] : X86_NO_REG,
                  o->leaf[first + 1].i != 0 ? o->reg[first + 1] : X86_NO_REG, o->scale, disp);
}

/* test with an immediate, as narrow as the mask allows */
static void emit_test_imm(Emitter *e, unsigned w, unsigned reg, int64_t imm)
{
    if (w == 2)
        imm &= 0xffff;
    if (imm >= 0 && imm <= 0x7f)
        w = 1;
    else if (w == 2 || (w == 8 && imm >= 0 && imm <= 0x7fffffff))
        w = 4;
    a_ri(e, X86_TEST_I, w, reg, imm);
}

static void emit_bt(Emitter *e, unsigned type, unsigned reg, int64_t bit)
{
    a_ri(e, X86_BT_I, width32_of(type), reg, bit);
}

static X86Insn fp_compare(const Operand *o)
{
    bool dbl = o->type == IR_F64;
    if (o->has_imm)
        return dbl ? X86_VCOMISD : X86_VCOMISS;
    return dbl ? X86_VUCOMISD : X86_VUCOMISS;
}

HostCond emit_cond(Emitter *e, const SelInst *si, const IrInst *inst, const Operand *o)
{
    unsigned w = ir_type_is_int(o->type) ? width_of(o->type) : 4;
    HostCond c = {0};
    if (string_flag(e, inst, o, &c))
        return c;
    c.cc = o->cc & 15;
    if (flags_hold(e, inst, o))
        return c;
    if (o->folded.i != 0)
        a_may_fault(e, si);
    switch (o->cc & 0xf0) {
    case CV_FLAGS:
        DG_ASSERT(x86_host(e)->flags.strings && x86_host(e)->flags.at == emit_offset(e));
        break;
    case CV_CMP:
        if (o->has_imm)
            a_alu_imm(e, ALU_CMP, w, rm_reg(o->reg[0]), o->imm);
        else
            a_rr(e, X86_CMP, w, o->reg[0], o->reg[1]);
        break;
    case CV_TEST:
        if (o->has_imm)
            emit_test_imm(e, w, o->reg[0], o->imm);
        else
            a_rr(e, X86_TEST, w, o->reg[0], o->leaf[1].i != 0 ? o->reg[1] : o->reg[0]);
        break;
    case CV_BT:
        emit_bt(e, o->type, o->reg[0], o->imm);
        break;
    case CV_CMP_RM:
        a_rm(e, X86_CMP, w, o->reg[0], mem_at(o, 1, (int32_t)o->imm));
        break;
    case CV_CMP_MI:
        a_alu_imm(e, ALU_CMP, w, mem_at(o, 0, (int32_t)o->imm), o->imm >> 32);
        break;
    case CV_TEST_MI:
        a_mi(e, X86_TEST_I, w, mem_at(o, 0, (int32_t)o->imm), o->imm >> 32);
        break;
    case CV_FPEQ:
        c.parity = true;
        /* fallthrough */
    case CV_FP:
        if (inst->snap != 0)
            a_may_fault(e, si);
        a_rr(e, fp_compare(o), 0, o->reg[0], o->reg[1]);
        break;
    case CV_FPEQ_RM:
        c.parity = true;
        /* fallthrough */
    case CV_FP_RM:
        a_rm(e, fp_compare(o), 0, o->reg[0], mem_at(o, 1, (int32_t)o->imm));
        break;
    default:
        DG_UNREACHABLE();
    }
    return c;
}

/* ---- branches ---- */

void emit_branch_rule(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)e;
    (void)si;
    (void)inst;
    DG_UNREACHABLE(); /* branches come through HostDesc.branch */
}

void emit_branch(Emitter *e, const SelInst *si, const IrInst *inst, uint32_t yes, uint32_t no)
{
    HostCond c = emit_cond(e, si, inst, &si->opnd[0]);
    if (c.parity) {
        if (c.cc == CC_NE) {
            uint32_t t = yes;
            yes = no;
            no = t;
        }
        if (no == NO_LABEL) {
            uint32_t over = a_jcc_short(e, CC_P);
            a_jcc(e, CC_E, yes);
            a_short_here(e, over);
            return;
        }
        a_jcc(e, CC_NE, no);
        a_jcc(e, CC_P, no);
    } else if (yes == NO_LABEL) {
        a_jcc(e, c.cc ^ 1u, no);
    } else {
        a_jcc(e, c.cc, yes);
        if (no != NO_LABEL)
            a_jmp(e, no);
        return;
    }
    if (yes != NO_LABEL)
        a_jmp(e, yes);
}

/* ---- conditions as values ---- */

static void setcc(Emitter *e, unsigned cc, unsigned reg)
{
    a_emit(e, &(Asm){.insn = X86_SETCC, .extra = (uint8_t)cc, .rm = rm_reg(reg)});
}

static bool reads_gpr(const Emitter *e, const Operand *o, unsigned reg)
{
    for (unsigned n = 0; n < OPND_LEAVES; n++) {
        if (o->leaf[n].i != 0 && o->reg[n] == reg &&
            class_of_type(ir_inst(e->region, o->leaf[n])->type) == CLASS_GPR)
            return true;
    }
    return false;
}

/* 0 or 1, the whole register. The destination is cleared first where that disturbs nothing, which
 * saves the dependency of setcc on it. */
void emit_setcc(Emitter *e, const SelInst *si, const IrInst *inst)
{
    const Operand *o = &si->opnd[0];
    unsigned d = si->dest;
    HostCond c;
    bool clear = !reads_gpr(e, o, d) && si->snap == 0 && !flags_hold(e, inst, o) &&
                 !string_flag(e, inst, o, &c);
    if (clear)
        a_rr(e, X86_XOR, 4, d, d);
    c = emit_cond(e, si, inst, o);
    setcc(e, c.cc, d);
    if (c.parity) {
        unsigned s = si->scratch_gpr[0];
        setcc(e, c.cc == CC_E ? CC_NP : CC_P, s);
        a_rr(e, c.cc == CC_E ? X86_AND : X86_OR, 1, d, s);
    }
    if (!clear)
        a_rr(e, X86_MOVZX8, 4, d, d);
}

static void cmov(Emitter *e, unsigned w, unsigned cc, unsigned d, unsigned s)
{
    a_emit(e, &(Asm){.insn = X86_CMOV,
                     .width = (uint8_t)w,
                     .reg = (uint8_t)d,
                     .rm = rm_reg(s),
                     .extra = (uint8_t)cc});
}

/* Jumps over what follows when the condition is `want`. */
typedef struct Skip {
    uint32_t at[2];
    unsigned n;
} Skip;

static Skip skip_if(Emitter *e, HostCond c, bool want)
{
    Skip s = {.n = 0};
    if (!c.parity) {
        s.at[s.n++] = a_jcc_short(e, want ? c.cc : c.cc ^ 1u);
    } else if (want == (c.cc == CC_NE)) { /* skip when ZF clear or PF set */
        s.at[s.n++] = a_jcc_short(e, CC_NE);
        s.at[s.n++] = a_jcc_short(e, CC_P);
    } else {
        uint32_t over = a_jcc_short(e, CC_P);
        s.at[s.n++] = a_jcc_short(e, CC_E);
        a_short_here(e, over);
    }
    return s;
}

static void skip_here(Emitter *e, Skip s)
{
    for (unsigned k = 0; k < s.n; k++)
        a_short_here(e, s.at[k]);
}

void emit_select(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned w = width32_of(inst->type), d = si->dest;
    unsigned yes = si->opnd[1].reg[0], no = si->opnd[2].reg[0];
    HostCond c = emit_cond(e, si, inst, &si->opnd[0]);
    if (c.parity) {
        bool eq = c.cc == CC_E;
        unsigned both = eq ? yes : no, other = eq ? no : yes; /* `both`: ZF set and PF clear */
        if (d == other && d != both) {
            a_copy(e, inst->type, d, d);
            Skip s = skip_if(e, c, !eq);
            a_mov(e, w, d, both);
            skip_here(e, s);
            return;
        }
        a_mov(e, w, d, both);
        cmov(e, w, CC_NE, d, other);
        cmov(e, w, CC_P, d, other);
    } else if (d == yes && d != no) {
        cmov(e, w, c.cc ^ 1u, d, no);
    } else {
        a_mov(e, w, d, no);
        cmov(e, w, c.cc, d, yes);
    }
}

void emit_vselect(Emitter *e, const SelInst *si, const IrInst *inst)
{
    unsigned d = si->dest, yes = si->opnd[1].reg[0], no = si->opnd[2].reg[0];
    HostCond c = emit_cond(e, si, inst, &si->opnd[0]);
    bool keep_no = d == no;
    if (!keep_no)
        a_vmov(e, d, yes);
    Skip s = skip_if(e, c, !keep_no);
    a_vmov(e, d, keep_no ? yes : no);
    skip_here(e, s);
}

void a_flags_to_gpr(Emitter *e, unsigned d)
{
    emit_u8(e, 0x9f); /* lahf */
    e->host_insns++;
    if (d < 8) {
        a_rr(e, X86_MOVZX8, 4, d, X86_AH);
    } else {
        a_rr(e, X86_MOV, 4, d, RAX);
        a_ri(e, X86_SHR_I, 4, d, 8);
    }
    a_alu_imm(e, ALU_AND, 4, rm_reg(d), 0x45);
}

/* ZF, PF and CF of a compare, at their EFLAGS places, by way of ah. */
void emit_fcmp(Emitter *e, const SelInst *si, const IrInst *inst)
{
    bool dbl = si->opnd[0].type == IR_F64, loud = (inst->flags & IR_F_SIGNAL) != 0;
    unsigned d = si->dest, s = si->scratch_gpr[0];
    X86Insn insn = loud ? (dbl ? X86_VCOMISD : X86_VCOMISS) : dbl ? X86_VUCOMISD : X86_VUCOMISS;
    if (d != RAX && s != RAX)
        a_mov(e, 8, s, RAX);
    a_may_fault(e, si);
    a_rm(e, insn, 0, si->opnd[0].reg[0], a_operand(&si->opnd[1]));
    a_flags_to_gpr(e, d);
    if (d != RAX && s != RAX)
        a_mov(e, 8, RAX, s);
}
