/* match.c: operand matchers for integers, addresses and vectors, and aliases; see match.h.
 * Conditions are in match_cond.c. */
#include "backend/x86_64/match.h"

#include "backend/x86_64/asm.h"
#include "ir/base/bits.h"

/* v is computed for `user` alone, and nothing else wants to know where it is. */
static bool only_use(const Selection *s, IrRef v)
{
    return s->uses[v.i] == 1 && s->weak[v.i] == 0;
}

static bool const_arg(const Selection *s, const IrInst *in, unsigned k, int64_t *c)
{
    return select_const(s, in->arg[k], c);
}

static bool fail_unless_reg(Selection *s, IrRef v, Operand *out, OperandKind kind)
{
    out->kind = kind;
    out->type = select_inst(s, v)->type;
    out->leaf[0] = s->alias[v.i];
    return true;
}

/* ---- constants ---- */

bool m_imm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)user;
    out->kind = OPND_IMM;
    out->type = select_inst(s, v)->type;
    return select_const(s, v, &out->imm);
}

bool m_imm32(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return m_imm(s, user, v, out) && bits_fits_signed(out->imm, 32);
}

/* 32 bits unsigned: for operations on i64 whose upper half comes out zero. */
bool m_imm_u32(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return m_imm(s, user, v, out) && (uint64_t)out->imm <= 0xffffffff;
}

/* Subtrahends whose negation is an immediate as well. */
bool m_imm_sub(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return m_imm32(s, user, v, out) && bits_fits_signed(-out->imm, 32);
}

/* The constant of an add whose other argument may be a sum not computed by itself. */
bool m_imm_big(Selection *s, IrRef user, IrRef v, Operand *out)
{
    IrRef base;
    int64_t sum;
    if (!m_imm(s, user, v, out))
        return false;
    select_base_disp(s, select_inst(s, user)->arg[0], &base, &sum);
    out->imm = (int64_t)((uint64_t)out->imm + (uint64_t)sum);
    return true;
}

bool m_imm_sum(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return m_imm_big(s, user, v, out) && bits_fits_signed(out->imm, 32);
}

bool m_base(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)user;
    out->kind = OPND_REG;
    out->type = IR_I64;
    select_base_disp(s, v, &out->leaf[0], &out->imm);
    out->imm = 0; /* counted by m_imm_sum */
    return true;
}

/* ---- pure instructions absorbed ---- */

static bool is_shl123(const Selection *s, IrRef v, IrRef *of, int64_t *scale)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_shl || !const_arg(s, in, 1, scale) || *scale < 1 || *scale > 3)
        return false;
    *of = s->alias[in->arg[0].i];
    return !ir_is_const(s->region, in->arg[0]);
}

bool m_shl123(Selection *s, IrRef user, IrRef v, Operand *out)
{
    int64_t scale;
    (void)user;
    if (!only_use(s, v) || !is_shl123(s, v, &out->leaf[0], &scale))
        return false;
    out->kind = OPND_FUSED;
    out->scale = (uint8_t)scale;
    return true;
}

/* Multipliers 3, 5 and 9. */
bool m_lea_scale(Selection *s, IrRef user, IrRef v, Operand *out)
{
    if (!m_imm(s, user, v, out) || (out->imm != 3 && out->imm != 5 && out->imm != 9))
        return false;
    out->scale = out->imm == 3 ? 1 : out->imm == 5 ? 2 : 3;
    return true;
}

bool m_not(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    (void)user;
    return in->op == IR_not && only_use(s, v) && fail_unless_reg(s, in->arg[0], out, OPND_FUSED);
}

bool m_bswap(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_bswap || (select_inst(s, user)->flags & IR_M_BIG) != 0)
        return false;
    return fail_unless_reg(s, in->arg[0], out, OPND_FUSED);
}

/* A shift count: the host masks it itself, so masking and widening before it go away. */
bool m_count(Selection *s, IrRef user, IrRef v, Operand *out)
{
    unsigned mask = ir_type_bits(select_inst(s, user)->type) - 1;
    for (;;) {
        const IrInst *in = select_inst(s, v);
        int64_t c;
        if (in->op == IR_and && const_arg(s, in, 1, &c) && (c & mask) == mask)
            v = in->arg[0];
        else if ((in->op == IR_zext && ir_type_bits(select_inst(s, in->arg[0])->type) > 6) ||
                 in->op == IR_trunc)
            v = in->arg[0];
        else
            break;
        if (ir_is_const(s->region, v))
            return false;
    }
    return fail_unless_reg(s, v, out, OPND_REG);
}

/* ---- addresses ---- */

/* Whether an address computation should be repeated inside its users: when it has one use, or when
 * all that is left of its uses are addresses between it and this user. */
static bool absorb_address(const Selection *s, IrRef user, IrRef v)
{
    const Region *r = s->region;
    const IrInst *in = select_inst(s, v);
    uint32_t n = 0;
    if (s->weak[v.i] != 0 || in->block != select_inst(s, user)->block || s->alias[v.i].i != v.i)
        return false;
    if (s->uses[v.i] == 1)
        return true;
    for (uint32_t i = in->next; i != 0; i = r->insts.data[i].next) {
        const IrInst *u = &r->insts.data[i];
        n += (u->op == IR_load || u->op == IR_store) && u->arg[0].i == v.i;
        if (i == user.i)
            break;
    }
    return n == s->uses[v.i];
}

/* Only one use each, as they stand inside something absorbed. */
static bool absorb_inner(const Selection *s, IrRef user, IrRef v)
{
    return only_use(s, v) && select_inst(s, v)->block == select_inst(s, user)->block &&
           s->alias[v.i].i == v.i;
}

/* Whether the index of an address should be scaled inside it: as absorb_inner, or when all that is
 * left of the scaled index's uses are sums between it and this user, which are addresses mostly. */
static bool absorb_index(const Selection *s, IrRef user, IrRef v)
{
    const Region *r = s->region;
    const IrInst *in = select_inst(s, v);
    uint32_t n = 0;
    if (absorb_inner(s, user, v))
        return true;
    if (in->op != IR_shl || s->weak[v.i] != 0 || in->block != select_inst(s, user)->block ||
        s->alias[v.i].i != v.i)
        return false;
    for (uint32_t i = in->next; i != 0 && i != user.i; i = r->insts.data[i].next) {
        const IrInst *u = &r->insts.data[i];
        n += u->op == IR_add && (u->arg[0].i == v.i || u->arg[1].i == v.i);
    }
    return n == s->uses[v.i];
}

static void split_index(Selection *s, IrRef user, IrRef p, IrRef q, Operand *out)
{
    IrRef index;
    int64_t scale;
    if (absorb_index(s, user, q) && is_shl123(s, q, &index, &scale)) {
        out->leaf[1] = index;
        out->scale = (uint8_t)scale;
    } else if (absorb_index(s, user, p) && is_shl123(s, p, &index, &scale)) {
        out->leaf[1] = index;
        out->scale = (uint8_t)scale;
        p = q;
    } else {
        out->leaf[1] = s->alias[q.i];
    }
    out->leaf[0] = s->alias[p.i];
}

/* The sum of a base and an index, under an addition of a constant: all one lea. */
bool m_lea_sum(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_add || ir_is_const(s->region, in->arg[1]) || !absorb_inner(s, user, v))
        return false;
    out->kind = OPND_ADDR;
    out->type = in->type;
    split_index(s, user, in->arg[0], in->arg[1], out);
    return true;
}

/* zext of the low half of an i64 sum, which is a 32-bit lea. */
bool m_low_sum(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_trunc || in->type != IR_I32 || !only_use(s, v) ||
        select_inst(s, user)->type != IR_I64)
        return false;
    IrRef sum = in->arg[0];
    in = select_inst(s, sum);
    if (in->op != IR_add || in->type != IR_I64 || !absorb_inner(s, user, sum))
        return false;
    out->kind = OPND_ADDR;
    out->type = IR_I64;
    if (!const_arg(s, in, 1, &out->imm)) {
        split_index(s, user, in->arg[0], in->arg[1], out);
        return true;
    }
    out->imm = (int32_t)out->imm;
    IrRef p = in->arg[0];
    in = select_inst(s, p);
    if (in->op == IR_add && absorb_inner(s, user, p) && !ir_is_const(s->region, in->arg[1]))
        split_index(s, user, in->arg[0], in->arg[1], out);
    else
        out->leaf[0] = s->alias[p.i];
    return true;
}

/* p + constant inside an address. */
static IrRef peel_disp(const Selection *s, IrRef user, IrRef p, int64_t *disp)
{
    const IrInst *in = select_inst(s, p);
    int64_t c;
    if (in->op == IR_add && const_arg(s, in, 1, &c) && absorb_inner(s, user, p) &&
        bits_fits_signed((int64_t)((uint64_t)*disp + (uint64_t)c), 32)) {
        *disp += c;
        return in->arg[0];
    }
    return p;
}

/* base + index << scale + disp; any sum of constants. */
static void split_address(Selection *s, IrRef user, IrRef v, Operand *out)
{
    IrRef b, plain = v;
    int64_t c, scale;
    bool lazy = select_base_disp(s, v, &b, &out->imm);
    if (lazy)
        plain = b;
    out->leaf[0] = b;
    if (s->alias[plain.i].i != plain.i)
        return;
    const IrInst *in = select_inst(s, plain);
    if (in->op == IR_const) {
        uint64_t sum = in->imm + (uint64_t)out->imm;
        if (bits_fits_signed((int64_t)sum, 32)) {
            out->leaf[0] = IR_NONE;
            out->imm = (int64_t)sum;
        }
        return;
    }
    if (in->op == IR_shl && absorb_address(s, user, plain) && is_shl123(s, plain, &b, &scale)) {
        out->leaf[0] = IR_NONE;
        out->leaf[1] = b;
        out->scale = (uint8_t)scale;
        return;
    }
    if (in->op != IR_add || !(lazy ? absorb_inner(s, user, plain) : absorb_address(s, user, plain)))
        return;
    IrRef p = in->arg[0], q = in->arg[1];
    if (const_arg(s, in, 1, &c)) {
        if (!bits_fits_signed((int64_t)((uint64_t)c + (uint64_t)out->imm), 32))
            return;
        out->imm += c;
        out->leaf[0] = s->alias[p.i];
        in = select_inst(s, p);
        if (in->op == IR_add && absorb_inner(s, user, p) && !ir_is_const(s->region, in->arg[1]))
            split_index(s, user, in->arg[0], in->arg[1], out);
        return;
    }
    p = peel_disp(s, user, p, &out->imm);
    q = peel_disp(s, user, q, &out->imm);
    split_index(s, user, p, q, out);
}

/* An address of any kind; false only if its displacement does not fit 32 bits. */
bool m_addr(Selection *s, IrRef user, IrRef v, Operand *out)
{
    out->kind = OPND_ADDR;
    out->type = IR_I64;
    split_address(s, user, v, out);
    return bits_fits_signed(out->imm, 32);
}

/* What is left: base + a displacement for a scratch register. */
bool m_addr_big(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)user;
    out->kind = OPND_FUSED;
    out->type = IR_I64;
    select_base_disp(s, v, &out->leaf[0], &out->imm);
    return true;
}

/* ---- loads ---- */

/* Folds load `v` into `user`, its address going to out's leaves from `first` on. */
static bool fold_load(Selection *s, IrRef user, IrRef v, Operand *out, unsigned bad_flags)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_load || (in->flags & bad_flags) != 0 || !select_can_fold(s, user, v))
        return false;
    if (!m_addr(s, v, in->arg[0], out))
        return false;
    out->kind = OPND_MEM;
    out->type = in->type;
    out->folded = v;
    return true;
}

bool m_mem(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return fold_load(s, user, v, out, IR_M_BIG);
}

bool m_vmem(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return fold_load(s, user, v, out, IR_M_BIG | IR_M_ALIGNED);
}

/* Loads that must fault when misaligned: legacy SSE instructions do so themselves. */
bool m_vmem_aligned(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return (select_inst(s, v)->flags & IR_M_ALIGNED) != 0 && fold_load(s, user, v, out, IR_M_BIG);
}

bool m_vrm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    Operand mem = *out;
    if (m_vmem(s, user, v, &mem)) {
        *out = mem;
        return true;
    }
    const IrInst *in = select_inst(s, v);
    if (in->op == IR_vconst && !ir_has(select_inst(s, user), IR_E_RAISES)) {
        out->kind = OPND_IMM;
        out->type = IR_V128;
        out->imm = (int64_t)in->imm;
        return true;
    }
    return match_reg(s, user, v, out);
}

/* An argument that means nothing to this form of the op. */
bool m_ignored(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)s;
    (void)user;
    (void)v;
    (void)out;
    return true;
}

/* Two lengths: leaf0 and leaf1, or both in leaf0. */
bool m_lengths(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_deposit || in->aux != (32 | 32 << 8) || !select_can_fold(s, user, v))
        return match_reg(s, user, v, out);
    out->kind = OPND_FUSED;
    out->type = IR_I64;
    out->folded = v;
    out->leaf[0] = s->alias[in->arg[0].i];
    out->leaf[1] = s->alias[in->arg[1].i];
    return true;
}

/* A vand of registers that nothing else wants. */
bool m_vand(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    (void)user;
    if (in->op != IR_vand || !only_use(s, v))
        return false;
    out->kind = OPND_FUSED;
    out->leaf[0] = s->alias[in->arg[0].i];
    out->leaf[1] = s->alias[in->arg[1].i];
    return true;
}

/* A whole scalar load that became lane 0 of an otherwise zero vector. */
bool m_vload_low(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (ir_type_bits(in->type) < 32)
        return false;
    return fold_load(s, user, v, out, IR_M_BIG);
}

/* For commutative operations whose load comes first: operand 0 is the second argument, and the
 * other way round. */
static bool commutes(const Selection *s, IrRef user)
{
    return (ir_op_info[select_inst(s, user)->op].effects & IR_E_COMM) != 0;
}

bool m_other_reg(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return commutes(s, user) && match_reg(s, user, select_inst(s, user)->arg[1], out);
}

bool m_other_mem(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return m_mem(s, user, select_inst(s, user)->arg[0], out);
}

bool m_other_vmem(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return m_vmem(s, user, select_inst(s, user)->arg[0], out);
}

bool m_other_vmem_aligned(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return m_vmem_aligned(s, user, select_inst(s, user)->arg[0], out);
}

/* Of a multiply-add, whose addend is operand 0. */
bool m_addend(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return match_reg(s, user, select_inst(s, user)->arg[2], out);
}

bool m_factor(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return match_reg(s, user, select_inst(s, user)->arg[0], out);
}

bool m_other_factor(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return match_reg(s, user, select_inst(s, user)->arg[1], out);
}

/* ---- vectors ---- */

/* The count of a vector shift: a constant, or the low half of a vector as the host wants it. */
bool m_vcount(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (m_imm(s, user, v, out))
        return true;
    if (in->op != IR_vextract || in->type != IR_I64 || in->cc != 0 ||
        ir_is_const(s->region, in->arg[0]))
        return false;
    return fail_unless_reg(s, in->arg[0], out, OPND_REG);
}

/* A lane to be stored. */
bool m_vext(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_vextract || s->alias[v.i].i != v.i ||
        (select_inst(s, user)->flags & IR_M_BIG) != 0 ||
        select_inst(s, in->arg[0])->op == IR_vconst)
        return false;
    out->imm = in->cc;
    out->type = in->type;
    out->kind = OPND_FUSED;
    out->leaf[0] = s->alias[in->arg[0].i];
    return true;
}

/* ---- scalars merged into vectors ----
 *
 * VEX scalar operations copy what is above their result from their first source. So for
 * fadd(lane 0 of v, x) the register of the sum already is vinsert(v, sum, 0), which becomes an
 * alias of it. Operations with one operand take the vector as a source of its own. */

static bool is_scalar_binary(unsigned op)
{
    return op == IR_fadd || op == IR_fsub || op == IR_fmul || op == IR_fdiv || op == IR_fminsel ||
           op == IR_fmaxsel;
}

static bool is_scalar_unary(unsigned op)
{
    return op == IR_fsqrt || op == IR_fext || op == IR_ftrunc || op == IR_sitof;
}

static bool is_merge_of(const Region *r, const IrInst *in, IrRef op, unsigned type)
{
    /* Where NaNs are replaced (emit_fp.c) what is above them is not kept. */
    return r->fp_model == FP_MODEL_X86 && in->op == IR_vinsert && in->cc == 0 && in->lane == type &&
           ir_same(in->arg[1], op);
}

/* The vinsert that one-operand operation `op` is computed straight into: the first in its block,
 * if its vector is known before op. IR_NONE: none. */
static IrRef merge_of(const Selection *s, IrRef op)
{
    const Region *r = s->region;
    const IrInst *in = select_inst(s, op);
    for (uint32_t i = in->next; i != 0; i = r->insts.data[i].next) {
        const IrInst *ins = &r->insts.data[i];
        if (!is_merge_of(s->region, ins, op, in->type))
            continue;
        uint32_t v = s->alias[ins->arg[0].i].i;
        for (uint32_t k = in->next; k != i; k = r->insts.data[k].next) {
            if (k == v)
                return IR_NONE;
        }
        return v != op.i ? (IrRef){i} : IR_NONE;
    }
    return IR_NONE;
}

/* Operand of a one-operand operation; leaf 2: the vector it is merged into. */
static bool unary_operand(Selection *s, IrRef user, Operand *out)
{
    IrRef merge = merge_of(s, user);
    if (merge.i != 0)
        out->leaf[2] = s->alias[select_inst(s, merge)->arg[0].i];
    return true;
}

bool m_merge_vrm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return m_vrm(s, user, v, out) && unary_operand(s, user, out);
}

bool m_merge_reg(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return match_reg(s, user, v, out) && unary_operand(s, user, out);
}

static bool is_merge_alias(const Selection *s, IrRef v)
{
    const IrInst *in = select_inst(s, v), *op = select_inst(s, in->arg[1]);
    if (!is_merge_of(s->region, in, in->arg[1], op->type))
        return false;
    if (is_scalar_binary(op->op))
        return s->alias[op->arg[0].i].i == s->alias[in->arg[0].i].i &&
               !ir_is_const(s->region, op->arg[0]);
    return is_scalar_unary(op->op) && ir_same(merge_of(s, in->arg[1]), v);
}

/* ---- aliases ---- */

static bool zero_extends_i32(const IrInst *in)
{
    switch (in->op) {
    case IR_param:
    case IR_call:
    case IR_acas:
    case IR_trunc:
    case IR_const:
    case IR_get: /* of a slot that is 32 bits wide in memory */
    case IR_deposit:
        return false;
    default:
        return true; /* every other emitter writes the whole 32-bit register */
    }
}

/* How many low bits of the register of v can be other than zero. */
static unsigned significant_bits(const Selection *s, IrRef v)
{
    const IrInst *in = select_inst(s, v);
    unsigned bits = ir_type_bits(in->type);
    int64_t c;
    switch (in->op) {
    case IR_load:
        return bits;
    case IR_extract:
        return in->aux >> 8 & 0xff;
    case IR_and:
        if (const_arg(s, in, 1, &c) && c >= 0)
            return c == 0 ? 1 : 64 - (unsigned)__builtin_clzll((uint64_t)c);
        break;
    case IR_shr:
        if (bits >= 32 && const_arg(s, in, 1, &c) && c > 0 && c < (int64_t)bits)
            return bits - (unsigned)c;
        break;
    case IR_zext:
        return ir_type_bits(select_inst(s, in->arg[0])->type);
    case IR_vextract:
        return ir_type_is_int(in->type) ? bits : 64;
    case IR_vmovmsk:
    case IR_vstrflags:
        return 16;
    case IR_vstrindex:
        return 5;
    default:
        if (ir_op_info[in->op].sig == IR_SIG_CMP || ir_op_info[in->op].sig == IR_SIG_FCMP)
            return 8;
        break;
    }
    return in->type == IR_I32 && zero_extends_i32(in) ? 32 : 64;
}

/* How many low bits of a vector constant are not zero. */
static unsigned constant_bits(const Region *r, const IrInst *in)
{
    const uint8_t *b = r->vconsts.data[in->imm].b;
    unsigned bytes = 16;
    while (bytes > 0 && b[bytes - 1] == 0)
        bytes--;
    return bytes * 8;
}

enum { BITS_DEPTH = 16, PARAM_DEPTH = 2 };
static unsigned vector_bits(const Selection *s, IrRef v, unsigned depth);

/* The most that any edge gives the parameter; not what it gives itself around a loop. */
static unsigned param_bits(const Selection *s, IrRef param, unsigned depth)
{
    const Region *r = s->region;
    uint32_t block = select_inst(s, param)->block, n = 0, bits = 0;
    const IrBlock *b = &r->blocks.data[block];
    while (n < b->params.count && !ir_same(b->params.data[n], param))
        n++;
    for (uint32_t k = 0; k < r->blocks.count; k++) {
        const IrInst *last = &r->insts.data[r->blocks.data[k].last];
        unsigned edges = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
        for (unsigned e = 0; e < edges; e++) {
            const IrEdge *edge = &r->edges.data[last->edge[e]];
            if (edge->block != block)
                continue;
            IrRef v = r->pool.data[edge->args + n];
            unsigned one = ir_same(v, param) ? 0 : vector_bits(s, v, depth);
            bits = one > bits ? one : bits;
        }
    }
    return bits;
}

/* VEX scalar operations copy what is above their result from their first source. Where NaNs are
 * seen to afterwards (exact.c) the sources of sums and products may be exchanged. */
static bool exchanges(const Selection *s, const IrInst *in, unsigned depth)
{
    unsigned bits = ir_type_bits(in->type);
    return (in->op == IR_fadd || in->op == IR_fmul) && s->region->fp_model == FP_MODEL_ARM &&
           vector_bits(s, in->arg[0], depth) > bits && vector_bits(s, in->arg[1], depth) <= bits;
}

bool x86_exchanges(const Selection *s, const IrInst *in)
{
    return exchanges(s, in, BITS_DEPTH - 1);
}

/* What is above the result of a scalar operation: that of this value. */
static IrRef source_above(const Selection *s, const IrInst *in, IrRef v, unsigned depth)
{
    IrRef merge = is_scalar_unary(in->op) ? merge_of(s, v) : IR_NONE;
    if (merge.i != 0)
        return select_inst(s, merge)->arg[0];
    if (in->op == IR_ffma)
        return in->arg[2];
    return in->arg[exchanges(s, in, depth) ? 1 : 0];
}

/* How many low bits of the vector register of v can be other than zero: scalar operations are as
 * above, loads clear the rest. */
static unsigned vector_bits(const Selection *s, IrRef v, unsigned depth)
{
    IrRef root = s->alias[v.i].i != 0 ? s->alias[v.i] : v; /* 0: not reached yet, around a loop */
    const IrInst *in = select_inst(s, select_inst(s, v)->op == IR_vlow ? v : root);
    unsigned bits = ir_type_bits(in->type), above;
    if (depth == 0)
        return 128;
    switch (in->op) {
    case IR_load:
    case IR_bitcast:
    case IR_uitof:
        return bits;
    case IR_const:
        return ir_type_is_float(in->type) ? bits : 128;
    case IR_vconst:
        return constant_bits(s->region, in);
    case IR_vlow:
        return ir_type_bits(select_inst(s, in->arg[0])->type);
    case IR_param:
        return bits == 128 ? param_bits(s, root, depth <= PARAM_DEPTH ? depth - 1 : PARAM_DEPTH)
                           : 128;
    case IR_sitof:
    case IR_ftrunc:
        if (merge_of(s, root).i == 0) /* the latter leaves the upper half of its operand */
            return in->op == IR_sitof ? bits : 128;
        break;
    case IR_fneg:
    case IR_fabs:
    case IR_ffma:
        break;
    default:
        if (!is_scalar_binary(in->op) && !is_scalar_unary(in->op))
            return 128;
        break;
    }
    above = vector_bits(s, source_above(s, in, root, depth - 1), depth - 1);
    return above > bits ? above : bits;
}

bool x86_is_alias(Selection *s, IrRef v, IrRef *of)
{
    const IrInst *in = select_inst(s, v);
    if (in->op == IR_vlow) {
        *of = in->arg[0];
        unsigned type = select_inst(s, in->arg[0])->type;
        return ir_type_is_float(type) &&
               vector_bits(s, in->arg[0], BITS_DEPTH) <= ir_type_bits(type);
    }
    if (in->op == IR_vinsert) {
        *of = in->arg[1];
        return is_merge_alias(s, v);
    }
    if (in->op != IR_zext)
        return false;
    unsigned from = ir_type_bits(select_inst(s, in->arg[0])->type);
    *of = in->arg[0];
    return significant_bits(s, s->alias[in->arg[0].i]) <= from;
}

/* ---- operations on the low part of a register ---- */

static int partial_code(unsigned op)
{
    switch (op) {
    case IR_add:
        return ALU_ADD;
    case IR_or:
        return ALU_OR;
    case IR_and:
        return ALU_AND;
    case IR_sub:
        return ALU_SUB;
    case IR_xor:
        return ALU_XOR;
    case IR_shl:
        return 8;
    case IR_shr:
        return 9;
    case IR_sar:
        return 10;
    default:
        return -1;
    }
}

/* deposit(a, op(low part of a, y), 0, 8 or 16): `op al, y`. cc: AluOp, or 8 + shift. */
bool m_partial(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *dep = select_inst(s, user), *in;
    while (select_inst(s, v)->op == IR_zext && only_use(s, v))
        v = select_inst(s, v)->arg[0];
    in = select_inst(s, v);
    int code = partial_code(in->op);
    IrRef a = s->alias[dep->arg[0].i];
    if (code < 0 || (in->type != IR_I8 && in->type != IR_I16) || !only_use(s, v) ||
        dep->aux != ir_type_bits(in->type) << 8)
        return false;
    IrRef x = in->arg[0], y = in->arg[1];
    if (!ir_same(s->alias[x.i], a) && (ir_op_info[in->op].effects & IR_E_COMM) != 0) {
        x = in->arg[1];
        y = in->arg[0];
    }
    if (!ir_same(s->alias[x.i], a))
        return false;
    if (select_const(s, y, &out->imm)) {
        out->kind = OPND_IMM;
        out->imm &= code >= 8 ? ir_type_bits(in->type) - 1 : ~0u;
        if (code >= 8 && out->imm == 0)
            return false;
        out->imm = code >= 8 ? out->imm : bits_sext((uint64_t)out->imm, ir_type_bits(in->type));
    } else if (code >= 8) {
        return false;
    } else {
        Operand mem = *out;
        if (fold_load(s, user, y, &mem, IR_M_BIG))
            *out = mem;
        else
            match_reg(s, user, y, out);
    }
    out->cc = (uint8_t)code;
    return true;
}

/* A byte-wide condition of one setcc. */
bool m_setcc_plain(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return m_setcc_bool(s, user, v, out) && (out->cc & 0xf0) < CV_FPEQ;
}

/* 0 or 1, widened: the carry of a comparison that nothing else wants. */
bool m_carry(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_zext || !only_use(s, v) || select_inst(s, in->arg[0])->op != IR_ult ||
        !only_use(s, in->arg[0]))
        return false;
    return m_setcc_bool(s, user, v, out) && (out->cc & 15) == CC_B;
}

bool m_other_carry(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)v;
    return m_carry(s, user, select_inst(s, user)->arg[0], out);
}

/* A load that replaces exactly the field of a deposit. Of a register's low half it would clear the
 * other one. */
bool m_field_load(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *dep = select_inst(s, user);
    while (select_inst(s, v)->op == IR_zext && only_use(s, v))
        v = select_inst(s, v)->arg[0];
    IrType type = (IrType)select_inst(s, v)->type;
    return dep->aux == ir_type_bits(type) << 8 && (type != IR_I32 || dep->type == IR_I32) &&
           fold_load(s, user, v, out, IR_M_BIG);
}

/* A source of a shuffle: nothing when the mask does not use it. */
static bool shuffle_source(Selection *s, IrRef user, IrRef v, unsigned which, Operand *out)
{
    const uint8_t *mask = s->region->vconsts.data[select_inst(s, user)->imm].b;
    for (unsigned i = 0; i < 16; i++) {
        if (mask[i] < 0x80 && (mask[i] >> 4 & 1) == which)
            return match_reg(s, user, v, out);
    }
    return true;
}

bool m_shuf_a(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return shuffle_source(s, user, v, 0, out);
}

bool m_shuf_b(Selection *s, IrRef user, IrRef v, Operand *out)
{
    return shuffle_source(s, user, v, 1, out);
}
