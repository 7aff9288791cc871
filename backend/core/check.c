/* check.c: an independent check of a register allocation.
 *
 * The allocator's events are run symbolically: each place (register, spill slot, slot of guest
 * state) holds a set of facts "value v plus constant c". Every operand, snapshot location, exit
 * home and parameter must be found where the events claim. Facts at block entries are the
 * intersection over all edges, found by iteration; nothing of the allocator's own bookkeeping is
 * used.
 */
#include <string.h>

#include "backend/core/core.h"
#include "ir/base/log.h"

enum { FACTS = 16, GPRS = 32, VECS = 32, PLACES_FIXED = GPRS + VECS + STATE_SPILLS };

typedef struct Fact {
    uint32_t
        value; /* IR value (alias root), or ninsts + slot for a slot's value at entry; 0 none */
    int64_t add;
} Fact;

typedef struct Place {
    Fact f[FACTS];
} Place;

typedef struct Checker {
    const Selection *sel;
    const CompiledCode *out;
    const Allocation *al;
    const Region *region;
    const int8_t *home;
    uint32_t nplaces, ninsts;
    Place *now;
    Place *keep, *before; /* copies of it, for a moment */
    Place **entry;        /* by block; NULL = not reached yet */
    Place **entry_by_edge;
    uint32_t *start;      /* event at which each block starts */
    uint32_t *stub_start; /* event at which each edge's stub starts */
    bool verify;          /* last round: failures count */
} Checker;

/* The events before a failure, for whoever must find its cause. */
static void print_events(const Checker *c, uint32_t last)
{
    static const char *const kinds[] = {"inst", "move", "block", "edge", "goto", "site"};
    static const char *const moves[] = {"reg",       "load", "store", "const",
                                        "store-imm", "swap", "add"};
    for (uint32_t k = last < 12 ? 0 : last - 12; k <= last; k++) {
        const AllocEvent *ev = &c->al->events.data[k];
        fprintf(stderr, "  event %u: %s %u", k, kinds[ev->kind], ev->index);
        if (ev->kind == AE_MOVE)
            fprintf(stderr, " %s class %u: %u <- %u, offset %u, value %%%u", moves[ev->move.kind],
                    ev->move.cls, ev->move.dst, ev->move.src, ev->move.offset, ev->value.i);
        fputc('\n', stderr);
    }
}

static _Noreturn void fail(const Checker *c, uint32_t event, const char *what, uint32_t v)
{
    print_events(c, event);
    log_bug(__FILE__, __LINE__, "allocation of region 0x%llx, event %u: %s (value %%%u)",
            (unsigned long long)c->region->pc, event, what, v);
}

/* ---- places and facts ---- */

static uint32_t place_reg(RegClass cls, unsigned reg)
{
    return (cls == CLASS_GPR ? 0 : GPRS) + reg;
}

static uint32_t place_offset(const Checker *c, uint32_t offset)
{
    uint32_t spills = (uint32_t)offsetof(CpuState, spill);
    if (offset >= spills)
        return GPRS + VECS + (offset - spills) / 16;
    for (uint32_t s = 0; s < c->region->slots->count; s++) {
        if (c->region->slots->slots[s].offset == offset)
            return PLACES_FIXED + s;
    }
    return c->nplaces - 1; /* somewhere else in the state: never read back */
}

static bool has_fact(const Place *p, uint32_t value, int64_t add)
{
    for (unsigned k = 0; k < FACTS; k++) {
        if (p->f[k].value == value && p->f[k].add == add)
            return true;
    }
    return false;
}

static void add_fact(Place *p, uint32_t value, int64_t add)
{
    for (unsigned k = 0; k < FACTS && !has_fact(p, value, add); k++) {
        if (p->f[k].value == 0)
            p->f[k] = (Fact){value, add};
    }
}

static void forget_value(Checker *c, uint32_t value)
{
    for (uint32_t p = 0; p < c->nplaces; p++) {
        for (unsigned k = 0; k < FACTS; k++) {
            if (c->now[p].f[k].value == value)
                c->now[p].f[k] = (Fact){0};
        }
    }
}

static void set_place(Checker *c, uint32_t place, uint32_t value)
{
    c->now[place] = (Place){0};
    if (value != 0)
        c->now[place].f[0] = (Fact){value, 0};
}

/* The root of a value, and the constant a lazy one adds to it. */
static uint32_t root_of(const Checker *c, IrRef v, int64_t *add)
{
    IrRef base = c->sel->alias[v.i];
    *add = 0;
    if (select_is_lazy_form(c->sel, base)) {
        base = c->sel->alias[ir_inst(c->region, base)->arg[0].i];
    } else if (c->sel->insts[base.i].lazy) {
        IrRef b;
        select_base_disp(c->sel, base, &b, add);
        base = b;
    }
    const IrInst *in = &c->region->insts.data[base.i];
    if (in->op == IR_get && !c->region->slots->slots[in->imm].memory_only)
        return c->ninsts + (uint32_t)in->imm;
    return base.i;
}

static bool is_constant(const Checker *c, uint32_t v)
{
    return v < c->ninsts &&
           (c->region->insts.data[v].op == IR_const || c->region->insts.data[v].op == IR_vconst);
}

/* ---- edges ---- */

static void meet(Place *into, const Place *from, uint32_t n, bool *changed)
{
    for (uint32_t p = 0; p < n; p++) {
        for (unsigned k = 0; k < FACTS; k++) {
            Fact *f = &into[p].f[k];
            if (f->value != 0 && !has_fact(&from[p], f->value, f->add)) {
                *f = (Fact){0};
                *changed = true;
            }
        }
    }
}

/* Parameters take the places of their arguments, all at once. */
static void rename_params(Checker *c, const IrEdge *ed)
{
    const IrBlock *to = &c->region->blocks.data[ed->block];
    size_t bytes = c->nplaces * sizeof(Place);
    memcpy(c->before, c->now, bytes);
    for (uint32_t k = 0; k < to->params.count; k++)
        forget_value(c, to->params.data[k].i);
    for (uint32_t k = 0; k < to->params.count; k++) {
        int64_t add;
        uint32_t arg = root_of(c, c->region->pool.data[ed->args + k], &add);
        for (uint32_t p = 0; p < c->nplaces; p++) {
            if (has_fact(&c->before[p], arg, add))
                add_fact(&c->now[p], to->params.data[k].i, 0);
        }
    }
}

static void flow_to_block(Checker *c, uint32_t edge, bool *changed)
{
    const IrEdge *ed = &c->region->edges.data[edge];
    size_t bytes = c->nplaces * sizeof(Place);
    memcpy(c->keep, c->now, bytes);
    rename_params(c, ed);
    if (c->entry[ed->block] == NULL) {
        c->entry[ed->block] = arena_copy(c->region->arena, c->now, bytes);
        *changed = true;
    } else {
        meet(c->entry[ed->block], c->now, c->nplaces, changed);
    }
    memcpy(c->now, c->keep, bytes);
}

/* Memory is taken once for an edge: what is copied is large, and the rounds are many. */
static void flow_to_stub(Checker *c, uint32_t edge)
{
    size_t bytes = c->nplaces * sizeof(Place);
    if (c->entry_by_edge[edge] == NULL)
        c->entry_by_edge[edge] = arena_copy(c->region->arena, c->now, bytes);
    else
        memcpy(c->entry_by_edge[edge], c->now, bytes);
}

/* ---- events ---- */

static void run_move(Checker *c, uint32_t event, const AllocEvent *ev)
{
    const HostMove *m = &ev->move;
    uint32_t dst = place_reg(m->cls, m->dst), src = place_reg(m->cls, m->src);
    switch (m->kind) {
    case MOVE_REG:
        c->now[dst] = c->now[src];
        break;
    case MOVE_LOAD:
        c->now[dst] = c->now[place_offset(c, m->offset)];
        break;
    case MOVE_STORE:
        c->now[place_offset(c, m->offset)] = c->now[src];
        break;
    case MOVE_CONST:
        set_place(c, dst, ev->value.i);
        break;
    case MOVE_STORE_IMM:
        if (!is_constant(c, ev->value.i))
            fail(c, event, "immediate store of a value that is no constant", ev->value.i);
        set_place(c, place_offset(c, m->offset), ev->value.i);
        c->now[place_offset(c, m->offset)].f[0].add =
            (int64_t)(m->imm - c->region->insts.data[ev->value.i].imm);
        if (m->scratch != ANY_REG)
            set_place(c, place_reg(CLASS_GPR, m->scratch), 0);
        break;
    case MOVE_SWAP: {
        Place t = c->now[dst];
        c->now[dst] = c->now[src];
        c->now[src] = t;
        break;
    }
    case MOVE_ADD: {
        Place p = c->now[src];
        for (unsigned k = 0; k < FACTS; k++) {
            if (p.f[k].value != 0)
                p.f[k].add += (int64_t)m->imm;
        }
        c->now[dst] = p;
        break;
    }
    }
}

static void check_site(Checker *c, uint32_t event, const AllocEvent *ev, uint32_t snap)
{
    const Region *r = c->region;
    const IrSnapshot *sn = &r->snaps.data[snap - 1];
    uint32_t k = 0;
    for (uint32_t slot = 0; slot < r->slots->count; slot++) {
        uint32_t want = c->ninsts + slot;
        int64_t add = 0;
        unsigned made = 0;
        if (r->slots->slots[slot].memory_only)
            continue;
        if (k < sn->count && r->snap_entries.data[sn->first + k].slot == slot) {
            const IrSnapEntry *se = &r->snap_entries.data[sn->first + k++];
            want = root_of(c, se->value, &add);
            made = (se->nan ? LOC_MEND_NAN : 0u) | select_form(r, c->sel->alias[se->value.i]);
        }
        const SlotLoc *loc = NULL;
        for (uint32_t n = ev->first; n < ev->first + ev->count; n++) {
            if (c->out->locs.data[n].slot == slot)
                loc = &c->out->locs.data[n];
        }
        uint32_t place = c->home[slot] >= 0 ? place_reg(class_of_type(r->slots->slots[slot].type),
                                                        (unsigned)c->home[slot])
                                            : PLACES_FIXED + slot;
        if ((loc != NULL ? loc->made : 0u) != made)
            fail(c, event, "snapshot location makes something else of the value", want);
        if (loc != NULL && loc->kind == LOC_CONST) {
            if (!is_constant(c, want))
                fail(c, event, "constant location of a value that is none", want);
            continue;
        }
        int64_t plus = 0;
        if (loc != NULL) {
            static const uint32_t base[] = {[LOC_GPR] = 0,
                                            [LOC_VEC] = GPRS,
                                            [LOC_SPILL] = GPRS + VECS,
                                            [LOC_SLOT] = PLACES_FIXED};
            place = base[loc->kind] + loc->reg;
            plus = loc->kind == LOC_VEC ? 0 : (int64_t)loc->imm;
        }
        if (!has_fact(&c->now[place], want, add - plus))
            fail(c, event, "snapshot location does not hold the value", want);
    }
}

static void check_exit(Checker *c, uint32_t event, uint32_t i)
{
    const Region *r = c->region;
    const IrInst *in = &r->insts.data[i];
    const SelInst *si = &c->sel->insts[i];
    int64_t back_add;
    static const IrSnapshot empty;
    const IrSnapshot *sn = in->snap != 0 ? &r->snaps.data[in->snap - 1] : &empty;
    uint32_t k = 0;
    for (uint32_t slot = 0; slot < r->slots->count; slot++) {
        uint32_t want = c->ninsts + slot;
        int64_t add = 0;
        if (r->slots->slots[slot].memory_only)
            continue;
        if (k < sn->count && r->snap_entries.data[sn->first + k].slot == slot) {
            IrRef v = r->snap_entries.data[sn->first + k++].value;
            if (v.i == 0)
                continue;
            want = root_of(c, v, &add);
        }
        uint32_t place = c->home[slot] >= 0 ? place_reg(class_of_type(r->slots->slots[slot].type),
                                                        (unsigned)c->home[slot])
                                            : PLACES_FIXED + slot;
        if (!has_fact(&c->now[place], want, add))
            fail(c, event, "slot is not at home at an exit", want);
    }
    if (in->op == IR_exitind) {
        int64_t add;
        uint32_t pc = root_of(c, in->arg[0], &add);
        if (!has_fact(&c->now[place_reg(CLASS_GPR, si->pc_reg)], pc, add))
            fail(c, event, "the exit pc is not in its register", pc);
    }
    if (in->op == IR_exitind && ir_has_hint(in) && !ir_is_const(r, in->arg[in->nargs - 1])) {
        int64_t add;
        uint32_t hint = root_of(c, in->arg[in->nargs - 1], &add);
        if (!has_fact(&c->now[place_reg(CLASS_GPR, c->sel->host->exit_hint)], hint, add))
            fail(c, event, "the exit's hint is not in its register", hint);
    }
    if (si->return_reg != ANY_REG) {
        uint32_t back = root_of(c, in->arg[in->op == IR_exitind], &back_add);
        if (!has_fact(&c->now[place_reg(CLASS_GPR, si->return_reg)], back, back_add))
            fail(c, event, "the return pc is not in its register", back);
    }
}

static void check_operands(Checker *c, uint32_t event, const SelInst *si)
{
    for (unsigned k = 0; k < 3; k++) {
        for (unsigned n = 0; n < OPND_LEAVES; n++) {
            IrRef leaf = si->opnd[k].leaf[n];
            if (leaf.i == 0)
                continue;
            int64_t add;
            uint32_t v = root_of(c, leaf, &add);
            RegClass cls = class_of_type(ir_inst(c->region, leaf)->type);
            if (!has_fact(&c->now[place_reg(cls, si->opnd[k].reg[n])], v, add))
                fail(c, event, "operand register does not hold its value", v);
        }
    }
}

static void destroy(Checker *c, RegClass cls, uint32_t mask)
{
    for (; mask != 0; mask &= mask - 1)
        set_place(c, place_reg(cls, (unsigned)__builtin_ctz(mask)), 0);
}

static void run_inst(Checker *c, uint32_t event, uint32_t i)
{
    const IrInst *in = &c->region->insts.data[i];
    const SelInst *si = &c->sel->insts[i];
    const HostDesc *host = c->sel->host;
    uint32_t dest = si->dest;
    if (c->verify) {
        if (in->op == IR_exit || in->op == IR_exitind)
            check_exit(c, event, i);
        else if (si->rule != NULL)
            check_operands(c, event, si);
    }
    if (in->op == IR_call) {
        for (uint32_t k = 0; c->verify && k < in->nlist; k++) {
            unsigned shift = (c->region->helpers->helpers[in->imm].flags & HELPER_STATE) != 0;
            int64_t add;
            uint32_t v = root_of(c, c->region->pool.data[in->list + k], &add);
            if (!has_fact(&c->now[place_reg(CLASS_GPR, host->call_args[k + shift])], v, add))
                fail(c, event, "helper argument is not in its register", v);
        }
        destroy(c, CLASS_GPR, host->caller_saved[CLASS_GPR]);
        destroy(c, CLASS_VEC, host->caller_saved[CLASS_VEC]);
        dest = host->call_ret;
    } else if (si->rule != NULL) {
        destroy(c, CLASS_GPR, si->rule->clobber_gpr);
        destroy(c, CLASS_VEC, si->rule->clobber_vec);
        for (unsigned k = 0; k < si->rule->scratch_gpr; k++)
            set_place(c, place_reg(CLASS_GPR, si->scratch_gpr[k]), 0);
        for (unsigned k = 0; k < si->rule->scratch_vec; k++)
            set_place(c, place_reg(CLASS_VEC, si->scratch_vec[k]), 0);
    }
    if (in->type != IR_VOID && (si->rule != NULL || in->op == IR_call)) {
        forget_value(c, i);
        set_place(c, place_reg(class_of_type(in->type), dest), i);
    }
}

/* A load of a memory-only slot defines its value. */
static void note_definition(Checker *c, const AllocEvent *ev)
{
    uint32_t v = ev->value.i;
    if (v == 0 || v >= c->ninsts || ev->move.kind != MOVE_LOAD)
        return;
    const IrInst *in = &c->region->insts.data[v];
    if (in->op == IR_get && c->region->slots->slots[in->imm].memory_only &&
        c->region->slots->slots[in->imm].offset == ev->move.offset) {
        forget_value(c, v);
        set_place(c, place_reg(ev->move.cls, ev->move.dst), v);
    }
}

static void run_span(Checker *c, uint32_t start, bool *changed)
{
    for (uint32_t k = start; k < c->al->events.count; k++) {
        const AllocEvent *ev = &c->al->events.data[k];
        switch (ev->kind) {
        case AE_BLOCK:
        case AE_EDGE:
            if (k != start)
                return;
            break;
        case AE_MOVE:
            run_move(c, k, ev);
            note_definition(c, ev);
            break;
        case AE_SITE:
            if (c->verify)
                check_site(c, k, ev, c->sel->insts[c->al->events.data[k + 1].index].snap);
            break;
        case AE_GOTO:
            flow_to_block(c, ev->index, changed);
            return;
        case AE_INST: {
            const IrInst *in = &c->region->insts.data[ev->index];
            run_inst(c, k, ev->index);
            if (in->op != IR_br)
                break;
            for (unsigned n = 0; n < 2; n++) {
                if (c->al->edge_has_stub[in->edge[n]])
                    flow_to_stub(c, in->edge[n]);
                else
                    flow_to_block(c, in->edge[n], changed);
            }
            return;
        }
        }
    }
}

static void run_round(Checker *c, bool *changed)
{
    size_t bytes = c->nplaces * sizeof(Place);
    for (uint32_t b = 0; b < c->region->blocks.count; b++) {
        const IrInst *last = &c->region->insts.data[c->region->blocks.data[b].last];
        DG_ASSERT(c->entry[b] != NULL);
        memcpy(c->now, c->entry[b], bytes);
        run_span(c, c->start[b], changed);
        for (unsigned n = 0; last->op == IR_br && n < 2; n++) {
            if (!c->al->edge_has_stub[last->edge[n]])
                continue;
            memcpy(c->now, c->entry_by_edge[last->edge[n]], bytes);
            run_span(c, c->stub_start[last->edge[n]], changed);
        }
    }
}

void check_allocation(const Selection *s, const CompiledCode *out, const Allocation *al)
{
    Region *r = s->region;
    Checker c = {.sel = s, .out = out, .al = al, .region = r, .ninsts = r->insts.count};
    c.home = s->cfg->convention->home;
    c.nplaces = PLACES_FIXED + r->slots->count + 1;
    c.now = arena_alloc(r->arena, c.nplaces * sizeof(Place));
    c.keep = arena_alloc(r->arena, c.nplaces * sizeof(Place));
    c.before = arena_alloc(r->arena, c.nplaces * sizeof(Place));
    c.entry = arena_alloc(r->arena, r->blocks.count * sizeof *c.entry);
    c.entry_by_edge = arena_alloc(r->arena, (r->edges.count + 1) * sizeof *c.entry_by_edge);
    c.start = arena_alloc(r->arena, r->blocks.count * sizeof *c.start);
    c.stub_start = arena_alloc(r->arena, (r->edges.count + 1) * sizeof *c.stub_start);
    for (uint32_t k = 0; k < al->events.count; k++) {
        if (al->events.data[k].kind == AE_BLOCK)
            c.start[al->events.data[k].index] = k;
        else if (al->events.data[k].kind == AE_EDGE)
            c.stub_start[al->events.data[k].index] = k;
    }
    c.entry[0] = arena_alloc(r->arena, c.nplaces * sizeof(Place));
    for (uint32_t slot = 0; slot < r->slots->count; slot++) {
        RegClass cls = class_of_type(r->slots->slots[slot].type);
        uint32_t place =
            c.home[slot] >= 0 ? place_reg(cls, (unsigned)c.home[slot]) : PLACES_FIXED + slot;
        add_fact(&c.entry[0][place], c.ninsts + slot, 0);
    }
    for (bool changed = true; changed;) {
        changed = false;
        run_round(&c, &changed);
    }
    c.verify = true;
    run_round(&c, &(bool){false});
}
