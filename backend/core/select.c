/* select.c: instruction selection over one region; see core.h.
 *
 * Blocks are walked backwards, so that every user of a value is decided before the value itself: a
 * value whose users all folded it away is not emitted. `uses` counts what is still wanted in a
 * register; `weak` counts snapshots, which only want to know where a value is.
 *
 * Example: load i64 [add(%rbx, 8)], add used once: the load's rule takes an OPND_ADDR with leaf
 * %rbx and imm 8; the add ends with no uses and is not emitted.
 */
#include "backend/core/core.h"

#include "ir/base/bits.h"
#include "ir/base/log.h"

/* ---- use counts ---- */

static bool is_address_use(const IrInst *user, unsigned k)
{
    return k == 0 && (user->op == IR_load || user->op == IR_store || user->op == IR_x87mem);
}

/* Sums along a chain of these stay far below what a displacement holds. */
static bool is_add_const(const Region *r, const IrInst *in)
{
    return in->op == IR_add && in->type == IR_I64 && ir_is_const(r, in->arg[1]) &&
           !ir_is_const(r, in->arg[0]) &&
           bits_fits_signed((int64_t)ir_inst(r, in->arg[1])->imm, 20);
}

static void count_list(Selection *s, uint32_t first, uint32_t n)
{
    for (uint32_t k = first; k < first + n; k++) {
        uint32_t v = s->region->pool.data[k].i;
        s->uses[v]++;
        s->not_lazy[v] = true;
    }
}

/* Counts what i uses, and marks what it wants in a register other than as an address. */
static void count_inst(Selection *s, uint32_t i)
{
    const Region *r = s->region;
    const IrInst *in = &r->insts.data[i];
    bool may_be_lazy = is_add_const(r, in);
    if (may_be_lazy)
        *VEC_PUSH(r->arena, &s->maybe_lazy) = i;
    for (unsigned k = 0; k < in->nargs; k++) {
        s->uses[in->arg[k].i]++;
        if (!may_be_lazy && !is_address_use(in, k))
            s->not_lazy[in->arg[k].i] = true;
    }
    if (in->nlist != 0)
        count_list(s, in->list, in->nlist);
    for (unsigned n = 0; n < (in->op == IR_br ? 2u : in->op == IR_jump ? 1u : 0u); n++)
        count_list(s, r->edges.data[in->edge[n]].args, r->edges.data[in->edge[n]].nargs);
    if (in->snap != 0) {
        const IrSnapshot *sn = &r->snaps.data[in->snap - 1];
        bool exit = in->op == IR_exit || in->op == IR_exitind;
        for (uint32_t k = 0; k < sn->count; k++) {
            uint32_t v = r->snap_entries.data[sn->first + k].value.i;
            s->weak[v]++;
            s->uses[v] += exit && select_form(r, (IrRef){v}) != 0; /* made before it */
        }
    }
}

/* Backwards, so that an addition is known to be lazy or not before what it adds to. */
static void find_lazy(Selection *s)
{
    for (uint32_t n = s->maybe_lazy.count; n-- > 0;) {
        uint32_t i = s->maybe_lazy.data[n];
        s->insts[i].lazy = !s->not_lazy[i];
        if (s->not_lazy[i])
            s->not_lazy[s->region->insts.data[i].arg[0].i] = true;
    }
}

/* ---- aliases ---- */

static void find_alias(Selection *s, IrRef v)
{
    const Region *r = s->region;
    const IrInst *in = ir_inst(r, v);
    IrRef of = IR_NONE;
    s->alias[v.i] = v;
    if (in->nargs == 0 || ir_is_const(r, in->arg[0]))
        return;
    bool yes =
        in->op == IR_trunc || (in->op == IR_vextract && in->cc == 0 && ir_type_is_float(in->type));
    if (yes)
        of = in->arg[0];
    else if (s->host->is_alias == NULL || !s->host->is_alias(s, v, &of))
        return;
    s->alias[v.i] = s->alias[of.i];
    if (ir_inst(r, s->alias[v.i])->op == IR_vconst)
        s->alias[v.i] = v; /* constants have no register of their own */
}

/* ---- services for matchers ---- */

bool match_reg(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)user;
    out->kind = OPND_REG;
    out->type = ir_inst(s->region, v)->type;
    out->leaf[0] = s->alias[v.i];
    return true;
}

static bool load_may_move(const Selection *s, IrRef load, IrRef user)
{
    const Region *r = s->region;
    for (uint32_t i = ir_inst(r, load)->next; i != user.i; i = r->insts.data[i].next) {
        if (i == 0)
            return false;
        const IrInst *in = &r->insts.data[i];
        if (s->insts[i].folded || in->op == IR_insn || in->op == IR_get)
            continue;
        if (ir_has(in, IR_E_WRITE | IR_E_READ | IR_E_FAULT | IR_E_STATE | IR_E_TERM | IR_E_ORDER))
            return false;
        if (ir_has(in, IR_E_RAISES) && ir_inst(r, load)->snap != 0)
            return false; /* a fault must not show its flags */
    }
    return true;
}

static bool raises_may_move(const Selection *s, IrRef v, IrRef user)
{
    const Region *r = s->region;
    for (uint32_t i = ir_inst(r, v)->next; i != user.i; i = r->insts.data[i].next) {
        if (i == 0)
            return false;
        const IrInst *in = &r->insts.data[i];
        if (s->insts[i].folded || in->op == IR_insn || in->op == IR_get || in->op == IR_put)
            continue;
        if (ir_has(in, IR_E_STATE | IR_E_RAISES | IR_E_FAULT | IR_E_ORDER))
            return false;
    }
    return true;
}

bool select_can_fold(const Selection *s, IrRef user, IrRef v)
{
    const IrInst *in = ir_inst(s->region, v), *u = ir_inst(s->region, user);
    if (s->uses[v.i] != 1 || s->weak[v.i] != 0 || in->block != u->block || s->insts[v.i].folded)
        return false;
    if (in->snap != 0 && (u->snap != 0 || s->cur_snap != 0))
        return false; /* one snapshot an instruction */
    if (in->op == IR_load)
        return load_may_move(s, v, user);
    if (ir_has(in, IR_E_RAISES))
        return raises_may_move(s, v, user);
    return ir_has(in, IR_E_PURE);
}

bool select_const(const Selection *s, IrRef v, int64_t *value)
{
    const IrInst *in = ir_inst(s->region, v);
    if (in->op != IR_const || !ir_type_is_int(in->type))
        return false;
    *value = bits_sext(in->imm, ir_type_bits(in->type));
    return true;
}

void select_also_folded(Selection *s, IrRef v)
{
    DG_ASSERT(s->npending < sizeof s->pending / sizeof s->pending[0]);
    s->pending[s->npending++] = v;
}

unsigned select_form(const Region *r, IrRef v)
{
    const IrInst *in = ir_inst(r, v);
    if (in->op == IR_fbox)
        return LOC_BOX;
    bool sign = in->op == IR_sext && in->type == IR_I64 && ir_inst(r, in->arg[0])->type == IR_I32;
    return sign ? LOC_SIGN : 0;
}

bool select_is_lazy_form(const Selection *s, IrRef v)
{
    return s->insts[v.i].lazy && select_form(s->region, v) != 0;
}

bool select_base_disp(const Selection *s, IrRef v, IrRef *base, int64_t *disp)
{
    uint64_t sum = 0;
    IrRef b = v;
    while (s->insts[b.i].lazy) {
        const IrInst *in = ir_inst(s->region, b);
        sum += ir_inst(s->region, in->arg[1])->imm;
        b = in->arg[0];
    }
    *base = s->alias[b.i];
    *disp = (int64_t)sum;
    return b.i != v.i;
}

bool select_strings_compared(const Selection *s, IrRef flags)
{
    const IrInst *in = ir_inst(s->region, flags), *before = ir_inst(s->region, (IrRef){in->prev});
    if (in->prev == 0 || ir_op_info[before->op].sig != IR_SIG_VSTR || before->cc != in->cc ||
        (s->uses[in->prev] == 0 && s->weak[in->prev] == 0))
        return false;
    for (unsigned k = 0; k < 3; k++) {
        if (!ir_same(before->arg[k], in->arg[k]))
            return false;
    }
    return true;
}

/* ---- choosing rules ---- */

static IrType rule_type(const Region *r, const IrInst *in)
{
    if (in->op == IR_store)
        return ir_inst(r, in->arg[1])->type;
    if (ir_op_info[in->op].sig == IR_SIG_CMP || ir_op_info[in->op].sig == IR_SIG_FCMP)
        return ir_inst(r, in->arg[0])->type;
    if (in->op == IR_br)
        return IR_I8;
    return in->type;
}

/* type: rule_type of v. */
static bool try_rule(Selection *s, IrRef v, IrType type, const LowerRule *rule, Operand *opnd)
{
    const IrInst *in = ir_inst(s->region, v);
    if ((rule->types & 1u << type) == 0 ||
        (rule->lanes != 0 && (rule->lanes & 1u << in->lane) == 0) ||
        (rule->needs & ~s->cfg->host_features) != 0)
        return false;
    s->npending = 0;
    s->cur_snap = 0;
    for (unsigned k = 0; k < in->nargs; k++) {
        opnd[k] = (Operand){0};
        if (rule->arg[k] == NULL)
            continue;
        if (!rule->arg[k](s, v, in->arg[k], &opnd[k]))
            return false;
        if (opnd[k].folded.i != 0 && ir_inst(s->region, opnd[k].folded)->snap != 0)
            s->cur_snap = ir_inst(s->region, opnd[k].folded)->snap;
    }
    return rule->when == NULL || rule->when(s, v);
}

static void fold_away(Selection *s, SelInst *si, IrRef f)
{
    const IrInst *in = ir_inst(s->region, f);
    if (s->insts[f.i].folded)
        return;
    s->insts[f.i].folded = true;
    for (unsigned k = 0; k < in->nargs; k++)
        s->uses[in->arg[k].i]--;
    if (in->snap != 0)
        si->snap = in->snap;
}

/* Moves the use counts from the instruction's arguments to the leaves of the chosen operands. */
static void commit(Selection *s, IrRef v, const LowerRule *rule)
{
    const IrInst *in = ir_inst(s->region, v);
    SelInst *si = &s->insts[v.i];
    const Operand *opnd = si->opnd;
    si->rule = rule;
    si->nopnds = in->nargs;
    for (unsigned k = 0; k < in->nargs; k++)
        s->uses[in->arg[k].i]--;
    for (unsigned k = 0; k < in->nargs; k++) {
        if (opnd[k].folded.i != 0)
            fold_away(s, si, opnd[k].folded);
        for (unsigned n = 0; n < OPND_LEAVES; n++)
            s->uses[opnd[k].leaf[n].i]++;
    }
    for (uint32_t k = 0; k < s->npending; k++)
        fold_away(s, si, s->pending[k]);
}

static bool handled_by_core(const IrInst *in)
{
    switch (in->op) {
    case IR_const:
    case IR_vconst:
    case IR_param:
    case IR_get:
    case IR_put:
    case IR_insn:
    case IR_count:
    case IR_poll:
    case IR_call:
    case IR_jump:
    case IR_exit:
    case IR_exitind:
    case IR_trap:
        return true;
    default:
        return false;
    }
}

/* The first rule of op, or any rule of another. */
static uint32_t first_rule(const HostDesc *h, uint16_t op)
{
    uint32_t k = h->rule_ends != NULL ? h->rule_ends[op] : h->rule_count;
    if (h->rule_ends == NULL) {
        while (k > 0 && h->rules[k - 1].op != op)
            k--;
    }
    while (k > 0 && h->rules[k - 1].op == op)
        k--;
    return k;
}

static void choose_rule(Selection *s, IrRef v)
{
    const Region *r = s->region;
    const IrInst *in = ir_inst(r, v);
    SelInst *si = &s->insts[v.i];

    if (si->folded)
        return;
    if (select_form(r, v) != 0 && s->uses[v.i] == 0 && s->weak[v.i] != 0 && s->alias[v.i].i == v.i)
        si->lazy = true;
    if (si->lazy) { /* its users have taken the base themselves; snapshots follow it to there,
                     * but not through both a sum and another form */
        for (unsigned k = 0; k < in->nargs; k++)
            s->uses[in->arg[k].i] -= in->op != IR_add || select_form(r, in->arg[k]) == 0;
        s->weak[in->arg[0].i] += s->weak[v.i];
        return;
    }
    bool effect = ir_has(in, ~(unsigned)(IR_E_PURE | IR_E_COMM | IR_E_FPENV));
    si->needed = effect || s->uses[v.i] != 0 || s->weak[v.i] != 0;
    si->snap = in->snap;
    if (!si->needed || s->alias[v.i].i != v.i) {
        if (!si->needed) {
            for (unsigned k = 0; k < in->nargs; k++)
                s->uses[in->arg[k].i]--;
        }
        return;
    }
    if (handled_by_core(in))
        return;
    si->opnd[0] = si->opnd[1] = si->opnd[2] = (Operand){0};
    IrType type = rule_type(r, in);
    for (uint32_t k = first_rule(s->host, in->op); k < s->host->rule_count; k++) {
        const LowerRule *rule = &s->host->rules[k];
        if (rule->op != in->op)
            break;
        if (try_rule(s, v, type, rule, si->opnd)) {
            commit(s, v, rule);
            return;
        }
    }
    log_bug(__FILE__, __LINE__, "%s has no lowering rule for %s.%s", s->host->name,
            ir_op_info[in->op].name, ir_type_name(type));
}

/* Operands are written when rules are tried, and read only if one is chosen. */
static void begin_inst(SelInst *si)
{
    si->rule = NULL;
    si->folded = si->needed = si->lazy = false;
    si->snap = 0;
}

void select_region(Selection *s)
{
    Region *r = s->region;
    uint32_t n = r->insts.count;
    s->not_lazy = arena_alloc(r->arena, n);
    s->insts = arena_raw(r->arena, n * sizeof *s->insts);
    s->uses = arena_alloc(r->arena, n * sizeof *s->uses);
    s->weak = arena_alloc(r->arena, n * sizeof *s->weak);
    s->alias = arena_alloc(r->arena, n * sizeof *s->alias);
    begin_inst(&s->insts[0]);

    for (uint32_t k = 0; k < r->blocks.count; k++) {
        const IrBlock *b = &r->blocks.data[k];
        for (uint32_t n = 0; n < b->params.count; n++) {
            s->alias[b->params.data[n].i] = b->params.data[n];
            begin_inst(&s->insts[b->params.data[n].i]);
        }
        for (uint32_t i = b->first; i != 0; i = r->insts.data[i].next) {
            begin_inst(&s->insts[i]);
            count_inst(s, i);
            find_alias(s, (IrRef){i});
        }
    }
    find_lazy(s);
    for (uint32_t k = r->blocks.count; k-- > 0;) {
        const IrBlock *b = &r->blocks.data[k];
        for (uint32_t i = b->last; i != 0; i = r->insts.data[i].prev)
            choose_rule(s, (IrRef){i});
    }
}
