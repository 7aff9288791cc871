/* match_cond.c: conditions, as branches, selects and setcc take them; see match.h for the forms.
 *
 * Integer compares are repeated in each user (a compare and a jump cost no more than a test of the
 * materialised value); FP compares raise flags and are folded only into a single user.
 *
 * Example: br ne(and(%x, 4), 0) becomes  test %x, 4; jne.
 */
#include "backend/x86_64/asm.h"
#include "backend/x86_64/match.h"
#include "ir/base/bits.h"

static bool is_bool(const Selection *s, IrRef v)
{
    const IrInst *in = select_inst(s, v);
    unsigned sig = ir_op_info[in->op].sig;
    return sig == IR_SIG_CMP || (sig == IR_SIG_FCMP && in->op != IR_fcmp);
}

/* Condition with the operands exchanged. */
static unsigned swap_cc(unsigned cc)
{
    switch (cc) {
    case CC_B:
        return CC_A;
    case CC_A:
        return CC_B;
    case CC_AE:
        return CC_BE;
    case CC_BE:
        return CC_AE;
    case CC_L:
        return CC_G;
    case CC_G:
        return CC_L;
    case CC_GE:
        return CC_LE;
    case CC_LE:
        return CC_GE;
    default:
        return cc;
    }
}

static unsigned cc_of(unsigned op)
{
    switch (op) {
    case IR_eq:
        return CC_E;
    case IR_ne:
        return CC_NE;
    case IR_ult:
        return CC_B;
    case IR_ule:
        return CC_BE;
    case IR_slt:
        return CC_L;
    default:
        return CC_LE;
    }
}

/* Looks through eq(bool, 0), ne(bool, 0), xor(bool, 1) and widenings of them. */
static IrRef strip_negations(const Selection *s, IrRef v, bool *negate)
{
    for (;;) {
        const IrInst *in = select_inst(s, v);
        int64_t c;
        bool zero =
            (in->op == IR_eq || in->op == IR_ne) && select_const(s, in->arg[1], &c) && c == 0;
        bool flip = in->op == IR_xor && select_const(s, in->arg[1], &c) && c == 1;
        if (!zero && !flip)
            return v;
        IrRef inner = in->arg[0];
        while (select_inst(s, inner)->op == IR_zext || select_inst(s, inner)->op == IR_trunc)
            inner = select_inst(s, inner)->arg[0];
        if (!is_bool(s, inner))
            return v;
        *negate ^= in->op != IR_ne;
        v = inner;
    }
}

/* A compare being matched. `own`: nothing but the user wants it, or anything between the two. */
typedef struct Compare {
    IrRef user, cmp;
    bool own;
} Compare;

static bool only_use(const Selection *s, IrRef v)
{
    return s->uses[v.i] == 1 && s->weak[v.i] == 0;
}

/* Each value on the way from v down to cmp has one use. */
static bool chain_is_own(const Selection *s, IrRef v, IrRef cmp)
{
    for (; only_use(s, v); v = select_inst(s, v)->arg[0]) {
        if (ir_same(v, cmp))
            return true;
    }
    return false;
}

/* Folds a load that only the compare wants, its address going to the leaves from `first` on. */
static bool fold_compare_load(Selection *s, const Compare *c, IrRef load, unsigned first,
                              Operand *out)
{
    Operand mem = {0};
    IrRef user = c->user;
    const IrInst *in = select_inst(s, load);
    if (in->op != IR_load || !c->own)
        return false;
    if (!select_can_fold(s, user, load) || (in->flags & (IR_M_BIG | IR_M_ALIGNED)) != 0 ||
        !m_addr(s, load, in->arg[0], &mem))
        return false;
    out->leaf[first] = mem.leaf[0];
    out->leaf[first + 1] = mem.leaf[1];
    out->scale = mem.scale;
    out->imm = mem.imm;
    out->folded = load;
    return true;
}

static int64_t pack_imm(int64_t disp, int64_t imm)
{
    return (int64_t)((uint64_t)imm << 32 | (uint32_t)disp);
}

static void use_reg(const Selection *s, Operand *out, unsigned n, IrRef v)
{
    out->leaf[n] = s->alias[v.i];
}

int x86_string_cc(int64_t bit)
{
    switch (bit) {
    case IR_STR_IS_FIRST:
        return CC_O;
    case IR_STR_IS_ANY:
        return CC_B;
    case IR_STR_ENDS_B:
        return CC_E;
    case IR_STR_ENDS_A:
        return CC_S;
    default:
        return -1;
    }
}

static bool takes_bit_of(const Selection *s, const IrInst *in, IrRef v)
{
    for (; in->op == IR_extract || in->op == IR_trunc; in = select_inst(s, in->arg[0])) {
        if (ir_same(in->arg[0], v))
            return true;
    }
    return false;
}

/* A bit of string flags that only the user, a branch right behind the string op, wants: no code
 * comes between the two, so the host's flags still are these. */
static bool match_string_flag(Selection *s, const Compare *cmp, IrRef flags, unsigned cc,
                              Operand *out)
{
    const IrInst *in = select_inst(s, flags);
    int set = x86_string_cc(out->imm);
    if (in->op != IR_vstrflags || set < 0 || !cmp->own || !only_use(s, flags) ||
        select_inst(s, cmp->user)->op != IR_br || in->block != select_inst(s, cmp->user)->block ||
        !select_strings_compared(s, flags))
        return false;
    for (uint32_t i = in->next; i != cmp->user.i; i = s->region->insts.data[i].next) {
        const IrInst *between = select_inst(s, (IrRef){i});
        if (between->op != IR_insn && !takes_bit_of(s, between, flags))
            return false;
    }
    out->cc = (uint8_t)(CV_FLAGS | ((unsigned)set ^ (cc == CC_E)));
    out->leaf[0] = IR_NONE;
    out->folded = flags;
    return true;
}

/* (x & y) ==/!= 0 */
static bool match_test(Selection *s, const Compare *cmp, IrRef v, unsigned cc, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    int64_t c;
    if (!only_use(s, v))
        return false;
    if (in->op == IR_extract && (in->aux >> 8 & 0xff) == 1) {
        unsigned pos = in->aux & 0xff;
        use_reg(s, out, 0, in->arg[0]);
        out->type = select_inst(s, in->arg[0])->type;
        out->has_imm = true;
        out->cc = (uint8_t)(CV_TEST | cc);
        out->imm = (int64_t)((uint64_t)1 << pos);
        if (pos >= 31) {
            out->cc = (uint8_t)(CV_BT | (cc == CC_NE ? CC_B : CC_AE));
            out->imm = pos;
        } else if (match_string_flag(s, cmp, in->arg[0], cc, out)) {
            return true;
        } else if (out->type == IR_I64) {
            out->type = IR_I32;
        }
        return true;
    }
    if (in->op != IR_and || (cc != CC_E && cc != CC_NE))
        return false;
    out->cc = (uint8_t)(CV_TEST | cc);
    if (!select_const(s, in->arg[1], &c)) {
        use_reg(s, out, 0, in->arg[0]);
        use_reg(s, out, 1, in->arg[1]);
        return true;
    }
    out->has_imm = true;
    if (!bits_fits_signed(c, 32)) {
        if (((uint64_t)c & ((uint64_t)c - 1)) != 0)
            return false;
        out->cc = (uint8_t)(CV_BT | (cc == CC_NE ? CC_B : CC_AE));
        out->imm = __builtin_ctzll((uint64_t)c);
        use_reg(s, out, 0, in->arg[0]);
        return true;
    }
    if (fold_compare_load(s, cmp, in->arg[0], 0, out)) {
        out->cc = (uint8_t)(CV_TEST_MI | cc);
        out->imm = pack_imm(out->imm, c);
        return true;
    }
    out->imm = c;
    use_reg(s, out, 0, in->arg[0]);
    return true;
}

static void match_int(Selection *s, const Compare *cmp, Operand *out)
{
    const IrInst *in = select_inst(s, cmp->cmp);
    IrRef a = in->arg[0], b = in->arg[1];
    unsigned cc = cc_of(in->op);
    int64_t c;
    if (select_const(s, a, &c) && !select_const(s, b, &c)) {
        IrRef t = a;
        a = b;
        b = t;
        cc = swap_cc(cc);
    }
    out->type = select_inst(s, a)->type;
    if (!select_const(s, b, &c) || !bits_fits_signed(c, 32)) {
        out->cc = (uint8_t)(CV_CMP_RM | cc);
        if (!ir_same(a, b) && fold_compare_load(s, cmp, b, 1, out)) {
            use_reg(s, out, 0, a);
        } else if (!ir_same(a, b) && fold_compare_load(s, cmp, a, 1, out)) {
            out->cc = (uint8_t)(CV_CMP_RM | swap_cc(cc));
            use_reg(s, out, 0, b);
        } else {
            out->cc = (uint8_t)(CV_CMP | cc);
            use_reg(s, out, 0, a);
            use_reg(s, out, 1, b);
        }
        return;
    }
    if (c == 0 && match_test(s, cmp, a, cc, out))
        return;
    out->has_imm = true;
    if (fold_compare_load(s, cmp, a, 0, out)) {
        out->cc = (uint8_t)(CV_CMP_MI | cc);
        out->imm = pack_imm(out->imm, c);
        return;
    }
    use_reg(s, out, 0, a);
    out->imm = c;
    out->cc = (uint8_t)(CV_CMP | cc);
    if (c == 0) { /* unsigned and signed orders against 0 read the same flags after test */
        out->has_imm = false;
        out->cc = (uint8_t)(CV_TEST | (cc == CC_L ? CC_S : cc == CC_GE ? CC_NS : cc));
    }
}

static void match_fp(Selection *s, const Compare *cmp, Operand *out)
{
    const IrInst *in = select_inst(s, cmp->cmp);
    bool swap = in->op == IR_flt || in->op == IR_fle; /* b above a, so that unordered is false */
    IrRef a = in->arg[swap ? 1 : 0], b = in->arg[swap ? 0 : 1];
    unsigned variant = in->op == IR_feq ? CV_FPEQ : CV_FP;
    unsigned cc = in->op == IR_feq   ? CC_E
                  : in->op == IR_flt ? CC_A
                  : in->op == IR_fle ? CC_AE
                                     : CC_P;
    out->type = select_inst(s, a)->type;
    if (!ir_same(a, b) && in->snap == 0 && fold_compare_load(s, cmp, b, 1, out))
        variant += CV_FP_RM - CV_FP;
    else
        use_reg(s, out, 1, b);
    use_reg(s, out, 0, a);
    out->has_imm = (in->flags & IR_F_SIGNAL) != 0;
    out->cc = (uint8_t)(variant | cc);
}

/* The compare c->cmp as a condition of c->user (which may be cmp itself). */
static bool match_compare(Selection *s, const Compare *c, Operand *out)
{
    const IrInst *in = select_inst(s, c->cmp);
    out->kind = OPND_COND;
    if (ir_op_info[in->op].sig != IR_SIG_FCMP) {
        match_int(s, c, out);
        return true;
    }
    if (ir_same(c->user, c->cmp)) {
        match_fp(s, c, out);
        return true;
    }
    if (!c->own || !select_can_fold(s, c->user, c->cmp))
        return false;
    match_fp(s, c, out);
    if (out->folded.i != 0)
        select_also_folded(s, c->cmp);
    else
        out->folded = c->cmp;
    return true;
}

bool m_self_cond(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return match_compare(s, &(Compare){user, user, true}, out);
}

static IrRef strip_width(const Selection *s, IrRef v)
{
    while (select_inst(s, v)->op == IR_zext || select_inst(s, v)->op == IR_trunc)
        v = select_inst(s, v)->arg[0];
    return v;
}

/* A compare absorbed, or false. */
bool m_setcc_bool(Selection *s, IrRef user, IrRef v, Operand *out)
{
    bool negate = false;
    IrRef cmp = strip_negations(s, strip_width(s, v), &negate);
    if (!is_bool(s, cmp) || !match_compare(s, &(Compare){user, cmp, chain_is_own(s, v, cmp)}, out))
        return false;
    out->cc ^= negate;
    return true;
}

static bool is_low_bit(const Selection *s, IrRef v)
{
    const IrInst *in = select_inst(s, v);
    int64_t c;
    return (in->op == IR_extract && (in->aux >> 8 & 0xff) == 1) ||
           (in->op == IR_and && select_const(s, in->arg[1], &c) && c == 1);
}

/* Any i8 0 or 1: a compare absorbed, or a register tested. */
bool m_cond(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const Operand zero = *out;
    if (m_setcc_bool(s, user, v, out))
        return true;
    *out = zero;
    out->kind = OPND_COND;
    IrRef w = strip_width(s, v);
    out->type = select_inst(s, w)->type;
    if (is_low_bit(s, w) &&
        match_test(s, &(Compare){user, v, chain_is_own(s, v, w)}, w, CC_NE, out))
        return true;
    *out = zero;
    out->kind = OPND_COND;
    out->type = IR_I8;
    out->leaf[0] = s->alias[v.i];
    out->cc = CV_TEST | CC_NE;
    return true;
}
