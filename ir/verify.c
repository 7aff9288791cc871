/* verify.c: what every region must be, whoever made it.
 *
 * Types by signature, arguments defined before use on every path, one terminator a block, edges
 * that fill the parameters; in promoted form snapshots where state can be seen, no put of a
 * promotable slot, and gets of them in the entry block, once each.
 * Blocks that nothing reaches are looked at for their own shape only.
 */
#include <stdarg.h>
#include <string.h>

#include "ir/internal.h"
#include "ir/state.h"

typedef struct Verifier {
    const Region *r;
    IrGraph g;
    uint32_t *place; /* by instruction: 1 + its place in its block; parameters 0 */
    uint32_t inst;   /* looked at now */
    uint32_t *got;   /* by slot: its get */
    char *err;
    size_t err_size;
} Verifier;

static bool fail(Verifier *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool fail(Verifier *v, const char *fmt, ...)
{
    va_list ap;
    int n = 0;
    if (v->inst != 0) {
        const IrInst *i = &v->r->insts.data[v->inst];
        n = snprintf(v->err, v->err_size, "b%u: %%%u (%s): ", i->block, v->inst,
                     i->op < IR_OP_COUNT ? ir_op_info[i->op].name : "?");
    }
    va_start(ap, fmt);
    if (n >= 0 && (size_t)n < v->err_size)
        vsnprintf(v->err + n, v->err_size - (size_t)n, fmt, ap);
    va_end(ap);
    return false;
}

#define CHECK(v, cond, ...)                                                                        \
    do {                                                                                           \
        if (!(cond))                                                                               \
            return fail((v), __VA_ARGS__);                                                         \
    } while (0)

static bool dominates(const Verifier *v, uint32_t a, uint32_t b)
{
    while (v->g.index[b] > v->g.index[a])
        b = v->g.idom[b];
    return a == b;
}

/* `ref` has a value when instruction v->inst runs (edges: at the end of its block). */
static bool check_use(Verifier *v, IrRef ref)
{
    const Region *r = v->r;
    CHECK(v, ref.i != 0 && ref.i < r->insts.count, "uses %%%u, which does not exist", ref.i);
    const IrInst *def = ir_inst(r, ref), *user = &r->insts.data[v->inst];
    CHECK(v, def->op != IR_NOP && def->type != IR_VOID, "uses %%%u, which has no value", ref.i);
    CHECK(v, def->block < r->blocks.count, "uses %%%u, which is in no block", ref.i);
    if (v->g.index[user->block] == UINT32_MAX)
        return true;
    CHECK(v, v->g.index[def->block] != UINT32_MAX, "uses %%%u of a block that is not reached",
          ref.i);
    if (def->block == user->block)
        CHECK(v, v->place[ref.i] < v->place[v->inst], "uses %%%u before it is made", ref.i);
    else
        CHECK(v, dominates(v, def->block, user->block), "uses %%%u, not made on every path", ref.i);
    return true;
}

static IrType type_of(const Verifier *v, IrRef ref)
{
    return (IrType)ir_inst(v->r, ref)->type;
}

static bool arg_is(Verifier *v, unsigned n, IrType t)
{
    const IrInst *i = &v->r->insts.data[v->inst];
    IrType got = type_of(v, i->arg[n]);
    CHECK(v, got == t, "argument %u is %s, not %s", n, ir_type_name(got), ir_type_name(t));
    return true;
}

static bool args_are(Verifier *v, unsigned first, IrType t)
{
    const IrInst *i = &v->r->insts.data[v->inst];
    for (unsigned n = first; n < i->nargs; n++)
        if (!arg_is(v, n, t))
            return false;
    return true;
}

static bool check_conv(Verifier *v, const IrInst *i)
{
    IrType to = (IrType)i->type, from = type_of(v, i->arg[0]);
    bool ok = false;
    switch (i->op) {
    case IR_zext:
    case IR_sext:
        ok = ir_type_is_int(from) && from < to;
        break;
    case IR_trunc:
        ok = ir_type_is_int(from) && from > to;
        break;
    case IR_bitcast:
        ok = ir_type_is_int(to) != ir_type_is_int(from) && ir_type_bits(to) == ir_type_bits(from);
        break;
    case IR_sitof:
    case IR_uitof:
        ok = from == IR_I32 || from == IR_I64;
        break;
    case IR_ftosi:
    case IR_fsatsi:
    case IR_fsatui:
        ok = ir_type_is_float(from);
        break;
    case IR_fext:
    case IR_fbox:
        ok = from == IR_F32;
        break;
    case IR_ftrunc:
    case IR_funbox:
        ok = from == IR_F64;
        break;
    default:
        break;
    }
    ok = ok && ir_op_info[i->op].types >> to & 1;
    CHECK(v, ok, "cannot make %s of %s", ir_type_name(to), ir_type_name(from));
    return true;
}

static bool check_lane(Verifier *v, const IrInst *i)
{
    unsigned lanes = ir_op_info[i->op].types;
    CHECK(v, lanes >> i->lane & 1, "lane %s is not allowed", ir_type_name((IrType)i->lane));
    return true;
}

static bool check_field(Verifier *v, const IrInst *i)
{
    unsigned pos = i->aux & 0xff, len = i->aux >> 8;
    CHECK(v, len >= 1 && pos + len <= ir_type_bits((IrType)i->type), "no field %u, %u", pos, len);
    return true;
}

static bool check_vector(Verifier *v, const IrInst *i)
{
    IrType lane = (IrType)i->lane;
    if (!check_lane(v, i))
        return false;
    switch (ir_op_info[i->op].sig) {
    case IR_SIG_VSHIFT:
        return arg_is(v, 0, IR_V128) && arg_is(v, 1, IR_I64);
    case IR_SIG_VINS:
        CHECK(v, i->cc < 128 / ir_type_bits(lane), "no lane %u", i->cc);
        return arg_is(v, 0, IR_V128) && arg_is(v, 1, lane);
    case IR_SIG_VSPLAT:
        return arg_is(v, 0, lane);
    case IR_SIG_VEXT:
        if (i->op == IR_vextract)
            CHECK(v, i->cc < 128 / ir_type_bits(lane), "no lane %u", i->cc);
        CHECK(v, i->type == (i->op == IR_vextract ? lane : IR_I32), "wrong result type");
        return arg_is(v, 0, IR_V128);
    case IR_SIG_VSHUF:
        CHECK(v, i->imm < v->r->vconsts.count, "no vector constant %u", (unsigned)i->imm);
        return args_are(v, 0, IR_V128);
    default:
        return args_are(v, 0, IR_V128);
    }
}

static bool check_plain(Verifier *v, const IrInst *i)
{
    const IrOpInfo *info = &ir_op_info[i->op];
    IrType t = (IrType)i->type;
    CHECK(v, i->nargs == info->nargs, "%u arguments, not %u", i->nargs, info->nargs);
    unsigned variants = ir_op_variants((IrOp)i->op);
    CHECK(v, variants == 0 || i->cc < variants, "no variant %u", i->cc);
    if (info->sig >= IR_SIG_VUN && info->sig <= IR_SIG_VSPLAT) {
        CHECK(v, info->sig == IR_SIG_VEXT || t == IR_V128, "wrong result type");
        return check_vector(v, i);
    }
    switch (info->sig) {
    case IR_SIG_UN:
    case IR_SIG_BIN:
    case IR_SIG_TRI:
    case IR_SIG_DIV128:
        CHECK(v, ir_op_info[i->op].types >> t & 1, "type %s is not allowed", ir_type_name(t));
        if ((i->op == IR_extract || i->op == IR_sextract || i->op == IR_deposit) &&
            !check_field(v, i))
            return false;
        return args_are(v, 0, t);
    case IR_SIG_CMP:
    case IR_SIG_FCMP: {
        IrType s = type_of(v, i->arg[0]);
        CHECK(v, t == IR_I8, "the result is i8");
        CHECK(v, info->sig == IR_SIG_CMP ? ir_type_is_int(s) : ir_type_is_float(s),
              "cannot compare %s", ir_type_name(s));
        return arg_is(v, 1, s);
    }
    case IR_SIG_VSTR:
        CHECK(v, t == ir_vstr_type(i->op), "wrong result type");
        return arg_is(v, 0, IR_V128) && arg_is(v, 1, IR_V128) && arg_is(v, 2, IR_I64);
    case IR_SIG_SEL:
        return arg_is(v, 0, IR_I8) && args_are(v, 1, t);
    case IR_SIG_CONV:
        return check_conv(v, i);
    case IR_SIG_LOAD:
        CHECK(v, t != IR_VOID && t <= IR_V128, "wrong type");
        return arg_is(v, 0, IR_I64);
    case IR_SIG_STORE:
        CHECK(v, t == IR_VOID && i->lane != IR_VOID && i->lane <= IR_V128, "wrong type");
        return arg_is(v, 0, IR_I64) && arg_is(v, 1, (IrType)i->lane);
    case IR_SIG_ATOMIC:
    case IR_SIG_CAS:
        CHECK(v, ir_type_is_int(t) || (i->op == IR_acas && t == IR_V128), "wrong type");
        return arg_is(v, 0, IR_I64) && args_are(v, 1, t);
    default: /* const, vconst, fpctlget */
        if (i->op == IR_const)
            CHECK(v,
                  t >= IR_I8 && t <= IR_F64 &&
                      (t == IR_I64 || t == IR_F64 || i->imm >> ir_type_bits(t) == 0),
                  "the constant does not fit its type");
        if (i->op == IR_vconst)
            CHECK(v, t == IR_V128 && i->imm < v->r->vconsts.count, "no vector constant");
        return true;
    }
}

static bool check_edge(Verifier *v, uint32_t edge)
{
    const Region *r = v->r;
    CHECK(v, edge < r->edges.count, "no edge %u", edge);
    const IrEdge *e = &r->edges.data[edge];
    CHECK(v, e->block != 0 && e->block < r->blocks.count, "leads to b%u", e->block);
    const IrBlock *to = &r->blocks.data[e->block];
    CHECK(v, e->nargs == to->params.count, "%u values for the %u parameters of b%u", e->nargs,
          to->params.count, e->block);
    for (uint32_t n = 0; n < e->nargs; n++) {
        IrRef a = r->pool.data[e->args + n];
        if (!check_use(v, a))
            return false;
        CHECK(v, type_of(v, a) == type_of(v, to->params.data[n]), "parameter %u of b%u is not %s",
              n, e->block, ir_type_name(type_of(v, a)));
    }
    return true;
}

static bool check_call(Verifier *v, const IrInst *i)
{
    const Region *r = v->r;
    CHECK(v, r->helpers != NULL && i->imm < r->helpers->count, "no such helper");
    const HelperDesc *h = &r->helpers->helpers[i->imm];
    CHECK(v, i->nlist == h->nargs && i->type == h->ret, "does not fit helper %s", h->name);
    for (uint32_t n = 0; n < i->nlist; n++) {
        IrRef a = r->pool.data[i->list + n];
        if (!check_use(v, a))
            return false;
        CHECK(v, type_of(v, a) == h->args[n], "argument %u of %s is %s", n, h->name,
              ir_type_name(type_of(v, a)));
    }
    return true;
}

static bool check_special(Verifier *v, const IrInst *i)
{
    const Region *r = v->r;
    switch (i->op) {
    case IR_get:
    case IR_put: {
        CHECK(v, i->imm < r->slots->count, "no slot %u", (unsigned)i->imm);
        const SlotDesc *s = &r->slots->slots[i->imm];
        if (i->op == IR_put)
            CHECK(v, i->nargs == 1 && type_of(v, i->arg[0]) == s->type, "%s is %s", s->name,
                  ir_type_name((IrType)s->type));
        else
            CHECK(v, i->nargs == 0 && i->type == s->type, "%s is %s", s->name,
                  ir_type_name((IrType)s->type));
        if (!r->promoted || s->memory_only)
            return true;
        CHECK(v, i->op == IR_get, "%s is put in promoted form", s->name);
        CHECK(v, i->block == 0 && v->got[i->imm] == 0, "%s is read again", s->name);
        v->got[i->imm] = v->inst;
        return true;
    }
    case IR_call:
        return check_call(v, i);
    case IR_jump:
        return check_edge(v, i->edge[0]);
    case IR_br:
        CHECK(v, i->nargs == 1, "needs a condition");
        return arg_is(v, 0, IR_I8) && check_edge(v, i->edge[0]) && check_edge(v, i->edge[1]);
    case IR_exit:
        CHECK(v, i->nargs == (i->cc == IR_EXIT_CALL), "wrong arguments for its kind");
        return args_are(v, 0, IR_I64);
    case IR_exitind:
        CHECK(v, i->nargs - ir_has_hint(i) == 1 + (i->cc == IR_EXIT_CALL),
              "wrong arguments for its kind");
        CHECK(v, i->cc != IR_EXIT_SERVICE && (i->cc != IR_EXIT_RET || !ir_has_hint(i)),
              "wrong arguments for its kind");
        CHECK(v,
              i->aux == 0 ||
                  (i->aux <= HINT_SIZE && ir_has_hint(i) && ir_is_byte(v->r, i->arg[i->nargs - 1])),
              "its hint is no index");
        return args_are(v, 0, IR_I64);
    case IR_x87:
        CHECK(v, i->type == ir_x87_result(i->imm), "wrong result type");
        CHECK(v, i->nargs == (ir_x87_argument(i->imm) != IR_VOID), "wrong arguments");
        return args_are(v, 0, ir_x87_argument(i->imm));
    case IR_x87mem:
        CHECK(v, i->nargs == 1, "needs an address");
        return arg_is(v, 0, IR_I64);
    case IR_fpctlset:
        CHECK(v, i->nargs == 1, "needs a value");
        return arg_is(v, 0, IR_I32);
    default:
        CHECK(v, i->nargs == 0, "takes no arguments");
        return true;
    }
}

static bool check_snapshot(Verifier *v, const IrInst *i)
{
    const Region *r = v->r;
    bool wanted = ir_has(i, IR_E_FAULT) || i->op == IR_exit || i->op == IR_exitind ||
                  (i->op == IR_call && (r->helpers->helpers[i->imm].flags & HELPER_FAULT) != 0) ||
                  (ir_has(i, IR_E_FPENV) && ir_has(i, IR_E_RAISES) && (i->flags & IR_F_TRAPS) != 0);
    if (r->promoted)
        CHECK(v, (i->snap != 0) == wanted, wanted ? "has no snapshot" : "has a snapshot");
    if (i->snap == 0)
        return true;
    CHECK(v, i->snap <= r->snaps.count, "no snapshot %u", i->snap);
    const IrSnapshot *s = &r->snaps.data[i->snap - 1];
    for (uint32_t n = 0; n < s->count; n++) {
        const IrSnapEntry *e = &r->snap_entries.data[s->first + n];
        CHECK(v, e->slot < r->slots->count, "snapshot of slot %u", e->slot);
        CHECK(v, n == 0 || e[-1].slot < e->slot, "snapshot not in order");
        const SlotDesc *slot = &r->slots->slots[e->slot];
        CHECK(v, !slot->memory_only, "snapshot of memory-only %s", slot->name);
        if (e->value.i == 0 && i->op == IR_exit)
            continue; /* dead */
        if (!check_use(v, e->value))
            return false;
        CHECK(v, type_of(v, e->value) == slot->type, "snapshot: %s is not %s", slot->name,
              ir_type_name(type_of(v, e->value)));
    }
    return true;
}

static bool check_inst(Verifier *v, const IrInst *i)
{
    CHECK(v, i->op != IR_NOP && i->op < IR_OP_COUNT && i->op != IR_param,
          "has no place in a block");
    CHECK(v, i->nargs <= 3, "too many arguments");
    for (unsigned n = 0; n < i->nargs; n++)
        if (!check_use(v, i->arg[n]))
            return false;
    bool special = ir_op_info[i->op].sig == IR_SIG_SPECIAL;
    bool may = i->op == IR_call || i->op == IR_x87; /* have a value or not */
    bool has_value = special ? i->op == IR_get || may : i->op != IR_store;
    CHECK(v, has_value ? i->type != IR_VOID || may : i->type == IR_VOID, "wrong result type");
    if (!(special ? check_special(v, i) : check_plain(v, i)))
        return false;
    return check_snapshot(v, i);
}

static bool check_block(Verifier *v, uint32_t b)
{
    const Region *r = v->r;
    const IrBlock *blk = &r->blocks.data[b];
    uint32_t prev = 0, place = 0;
    v->inst = 0;
    CHECK(v, b != 0 || blk->params.count == 0, "the entry block has parameters");
    for (uint32_t n = 0; n < blk->params.count; n++) {
        const IrInst *p = ir_inst(r, blk->params.data[n]);
        CHECK(v, p->op == IR_param && p->block == b && p->type != IR_VOID, "b%u: bad parameter %u",
              b, n);
    }
    if (blk->first == 0) {
        CHECK(v, v->g.index[b] == UINT32_MAX, "b%u is empty", b);
        return true;
    }
    for (uint32_t k = blk->first; k != 0; k = r->insts.data[k].next) {
        const IrInst *i = &r->insts.data[k];
        v->inst = k;
        CHECK(v, i->block == b && i->prev == prev, "broken links");
        CHECK(v, ir_has(i, IR_E_TERM) == (i->next == 0), "terminator and end do not agree");
        CHECK(v, ++place < r->insts.count, "circular links");
        v->place[k] = place;
        prev = k;
    }
    v->inst = 0;
    CHECK(v, blk->last == prev, "b%u: broken end", b);
    return true;
}

bool ir_verify(const Region *r, char *err, size_t err_size)
{
    Verifier v = {.r = r, .err = err, .err_size = err_size};
    CHECK(&v, r->blocks.count != 0, "no blocks");
    for (uint32_t b = 0; b < r->blocks.count; b++) { /* before anything follows an edge */
        uint32_t t = ir_term(r, b);
        const IrInst *i = &r->insts.data[t];
        CHECK(&v, t != 0 || r->blocks.data[b].first == 0, "b%u does not end", b);
        for (unsigned e = 0; e < ir_edge_count(i); e++) {
            CHECK(&v, i->edge[e] < r->edges.count, "b%u: no edge", b);
            uint32_t to = r->edges.data[i->edge[e]].block;
            CHECK(&v, to != 0 && to < r->blocks.count, "b%u leads to b%u", b, to);
        }
    }
    Arena *a = r->arena;
    v.g = ir_graph_new(r);
    v.place = arena_alloc(a, r->insts.count * sizeof *v.place);
    v.got = arena_alloc(a, (r->slots->count + 1) * sizeof *v.got);
    for (uint32_t b = 0; b < r->blocks.count; b++)
        if (!check_block(&v, b))
            return false;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t k = r->blocks.data[b].first; k != 0; k = r->insts.data[k].next) {
            v.inst = k;
            if (!check_inst(&v, &r->insts.data[k]))
                return false;
        }
    if (r->promoted) {
        v.inst = 0;
        for (uint32_t b = 0; b < r->blocks.count; b++)
            CHECK(&v, b < v.g.count && v.g.order[b] == b, "blocks are not in reverse postorder");
    }
    return true;
}
