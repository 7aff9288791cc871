/* pass_promote.c: guest state becomes SSA values across the whole region.
 *
 * Blocks are walked in reverse postorder with the current value of every slot; 0 stands for "as
 * at region entry", so what no path changes costs nothing: no parameter, no snapshot entry, and
 * at most one `get`, at the head of the entry block. Where paths with different values meet, and at
 * loop heads for slots put in the loop, a block parameter is made; those that turn out to be
 * needless go at the end.
 *
 * Every exit, poll, trap and every op that may fault gets a snapshot: the slots that differ from
 * region entry, and their values. At a plain exit, slots that the code there overwrites before
 * anyone can see them (PassContext.dead_slots_at) are named without a value.
 *
 * Example: b0: %1 = get rax; %2 = add %1, 1; put rax, %2; %3 = load i64 [%2]; put rcx, %3; exit 4
 *   ->     b0: %1 = get rax; %2 = add %1, 1; %3 = load i64 [%2] {rax=%2}; exit 4 {rax=%2, rcx=%3}
 */
#include <string.h>

#include "ir/base/log.h"
#include "ir/internal.h"

enum { SLOT_WORDS = 4, SLOTS_MAX = 64 * SLOT_WORDS };

typedef struct SlotSet {
    uint64_t w[SLOT_WORDS];
} SlotSet;

typedef struct SlotParam {
    uint32_t block, slot, param;
} SlotParam;

typedef struct Promote {
    Region *r;
    const PassContext *ctx;
    IrGraph g;
    uint32_t nslots;
    bool loops;       /* an edge leads back */
    SlotSet *defs;    /* by block: slots put in it; with loops only */
    SlotSet *mod_in;  /* by block: slots put on some path into it; with loops only */
    SlotSet *mod_out; /* the same at its end, once it is walked */
    uint32_t **in;    /* by block, loop heads only: value of each slot at its start */
    uint32_t *out;    /* by block and slot: value at its end; 0 = as at region entry */
    IrMap map;        /* replaced gets */
    uint32_t entry_get[SLOTS_MAX];
    uint32_t last_get; /* entry gets stand in order at the head of block 0 */
    VEC(SlotParam) params;
    bool everywhere; /* parameters at every merge, for graphs that are not reducible */
    SlotSet changed; /* slots that may differ from region entry, in the block at hand */
    uint32_t snap;   /* of the last op, if nothing has changed since; else 0 */
} Promote;

static bool set_has(const SlotSet *s, uint32_t slot)
{
    return s->w[slot / 64] >> slot % 64 & 1;
}
static void set_add(SlotSet *s, uint32_t slot)
{
    s->w[slot / 64] |= (uint64_t)1 << slot % 64;
}

/* The first member from `slot` on, or SLOTS_MAX. */
static uint32_t set_next(const SlotSet *s, uint32_t slot)
{
    for (uint32_t k = slot / 64; k < SLOT_WORDS; k++, slot = 64 * k) {
        uint64_t rest = s->w[k] >> slot % 64;
        if (rest != 0)
            return slot + (uint32_t)__builtin_ctzll(rest);
    }
    return SLOTS_MAX;
}

static bool is_promotable(const Region *r, uint32_t slot)
{
    return !r->slots->slots[slot].memory_only;
}

static bool set_merge(SlotSet *into, const SlotSet *from)
{
    uint64_t grown = 0;
    for (int k = 0; k < SLOT_WORDS; k++) {
        grown |= from->w[k] & ~into->w[k];
        into->w[k] |= from->w[k];
    }
    return grown != 0;
}

/* ---- which slots change where ---- */

static void find_defs(Promote *p)
{
    Region *r = p->r;
    uint32_t n = r->blocks.count;
    p->defs = arena_alloc(r->arena, n * sizeof *p->defs);
    p->mod_in = arena_alloc(r->arena, n * sizeof *p->mod_in);
    for (uint32_t b = 0; b < n; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            const IrInst *i = &r->insts.data[v];
            if (i->op == IR_put && is_promotable(r, (uint32_t)i->imm))
                set_add(&p->defs[b], (uint32_t)i->imm);
        }
    for (bool changed = true; changed;) {
        changed = false;
        for (uint32_t b = 1; b < n; b++)
            for (uint32_t e = p->g.pred_first[b]; e < p->g.pred_first[b + 1]; e++) {
                uint32_t from = p->g.preds[e].block;
                changed |= set_merge(&p->mod_in[b], &p->defs[from]);
                changed |= set_merge(&p->mod_in[b], &p->mod_in[from]);
            }
    }
}

/* ---- values ---- */

static uint32_t *values_of(const Promote *p, uint32_t block)
{
    return &p->out[block * p->nslots];
}

/* The one get of a slot, at the head of the entry block. */
static uint32_t entry_value(Promote *p, uint32_t slot)
{
    Region *r = p->r;
    if (p->entry_get[slot] != 0)
        return p->entry_get[slot];
    IrInst proto = {.op = IR_get, .type = r->slots->slots[slot].type, .imm = slot};
    IrRef v = ir_inst_new(r, &proto);
    uint32_t before = p->last_get != 0 ? r->insts.data[p->last_get].next : r->blocks.data[0].first;
    ir_insert_before(r, (IrRef){before}, v);
    p->last_get = v.i;
    return p->entry_get[slot] = v.i;
}

/* The slots whose values may differ between the ways into a loop head: put between the head and
 * the last block that leads back (in reverse postorder, that covers the loop). */
static SlotSet loop_defs(Promote *p, uint32_t head)
{
    uint32_t last = head;
    SlotSet s = {0};
    for (uint32_t b = head; b <= last; b++) { /* an inner loop may lead back from further on */
        for (uint32_t e = p->g.pred_first[b]; e < p->g.pred_first[b + 1]; e++)
            if (p->g.preds[e].block > last)
                last = p->g.preds[e].block;
        set_merge(&s, &p->defs[b]);
    }
    return s;
}

static bool differs(Promote *p, uint32_t b, uint32_t slot, uint32_t *value)
{
    bool first = true;
    for (uint32_t e = p->g.pred_first[b]; e < p->g.pred_first[b + 1]; e++) {
        uint32_t from = p->g.preds[e].block;
        if (from >= b)
            continue;
        uint32_t v = values_of(p, from)[slot];
        if (!first && v != *value)
            return true;
        *value = v;
        first = false;
    }
    return false;
}

/* Parameters of a block with several ways in, for slots that are or may be different. */
static void merge_values(Promote *p, uint32_t b, uint32_t *cur)
{
    Region *r = p->r;
    uint32_t first = p->g.pred_first[b], end = p->g.pred_first[b + 1];
    SlotSet looped = {0};
    bool head = false;
    p->changed = (SlotSet){0};
    for (uint32_t e = first; e < end; e++) {
        head |= p->g.preds[e].block >= b;
        if (!p->loops)
            set_merge(&p->changed, &p->mod_out[p->g.preds[e].block]);
    }
    if (p->loops)
        p->changed = p->mod_in[b];
    if (head)
        looped = loop_defs(p, b);
    memset(cur, 0, p->nslots * sizeof *cur);
    for (uint32_t slot = set_next(&p->changed, 0); slot < p->nslots;
         slot = set_next(&p->changed, slot + 1)) {
        if (p->everywhere || set_has(&looped, slot) || differs(p, b, slot, &cur[slot])) {
            IrRef v = ir_param_new(r, b, (IrType)r->slots->slots[slot].type);
            ir_inst(r, v)->aux = slot + 1; /* what it is for: a hint to code generators */
            *VEC_PUSH(r->arena, &p->params) = (SlotParam){b, slot, v.i};
            cur[slot] = v.i;
        }
    }
    if (head) {
        r->blocks.data[b].loop_head = true;
        p->in[b] = arena_copy(r->arena, cur, p->nslots * sizeof *cur);
    }
}

/* The values and the set of changed slots at the start of a block. */
static void start_block(Promote *p, uint32_t b, uint32_t *cur)
{
    uint32_t first = p->g.pred_first[b];
    if (b == 0) {
        memset(cur, 0, p->nslots * sizeof *cur);
        p->changed = (SlotSet){0};
    } else if (p->g.pred_first[b + 1] - first == 1) {
        uint32_t from = p->g.preds[first].block;
        memcpy(cur, values_of(p, from), p->nslots * sizeof *cur);
        p->changed = p->mod_out[from];
    } else {
        merge_values(p, b, cur);
    }
}

/* ---- snapshots ---- */

static bool wants_snapshot(const Region *r, const IrInst *i)
{
    if (ir_has(i, IR_E_FAULT) || i->op == IR_exit || i->op == IR_exitind)
        return true;
    if (i->op == IR_call)
        return (r->helpers->helpers[i->imm].flags & HELPER_FAULT) != 0;
    return ir_has(i, IR_E_FPENV) && ir_has(i, IR_E_RAISES) && (i->flags & IR_F_TRAPS) != 0;
}

static uint32_t make_snapshot(Promote *p, const uint32_t *cur, uint64_t pc, const uint64_t *dead)
{
    Region *r = p->r;
    IrSnapshot s = {.pc = pc, .first = r->snap_entries.count};
    for (uint32_t k = 0; k < SLOT_WORDS; k++) {
        uint64_t gone = dead != NULL ? dead[k] : 0;
        uint64_t set = p->changed.w[k] | gone;
        for (; set != 0; set &= set - 1) {
            uint32_t slot = 64 * k + (uint32_t)__builtin_ctzll(set);
            bool is_dead = (gone & set & -set) != 0;
            if (slot < r->slots->count && (is_dead ? is_promotable(r, slot) : cur[slot] != 0))
                *VEC_PUSH(r->arena, &r->snap_entries) =
                    (IrSnapEntry){slot, {is_dead ? 0 : cur[slot]}, false};
        }
    }
    s.count = r->snap_entries.count - s.first;
    *VEC_PUSH(r->arena, &r->snaps) = s;
    return r->snaps.count;
}

static void attach_snapshot(Promote *p, uint32_t v, const uint32_t *cur, uint64_t pc)
{
    IrInst *i = &p->r->insts.data[v];
    if (i->op == IR_exit && i->cc != IR_EXIT_SERVICE && p->ctx->dead_slots_at != NULL) {
        uint64_t dead[SLOT_WORDS] = {0};
        p->ctx->dead_slots_at(p->ctx->arg, i->imm, dead);
        i->snap = make_snapshot(p, cur, pc, dead);
        return;
    }
    if (p->snap == 0)
        p->snap = make_snapshot(p, cur, pc, NULL);
    i->snap = p->snap;
}

/* ---- the walk ---- */

static void walk_block(Promote *p, uint32_t b)
{
    Region *r = p->r;
    uint32_t *cur = values_of(p, b);
    uint64_t pc = r->blocks.data[b].pc;
    start_block(p, b, cur);
    p->snap = 0;
    for (uint32_t v = r->blocks.data[b].first, next; v != 0; v = next) {
        IrInst *i = &r->insts.data[v];
        uint32_t slot = (uint32_t)i->imm;
        next = i->next;
        if (v >= p->map.count)
            continue; /* an entry get, made by this pass */
        for (unsigned n = 0; n < i->nargs; n++)
            i->arg[n].i = ir_map_end(&p->map, i->arg[n].i);
        if (i->op == IR_insn) {
            p->snap = i->imm != pc ? 0 : p->snap;
            pc = i->imm;
            if (p->ctx->unmarked)
                ir_remove(r, (IrRef){v});
        } else if (i->op == IR_get && is_promotable(r, slot)) {
            ir_map_add(&p->map, v, cur[slot] != 0 ? cur[slot] : entry_value(p, slot));
            ir_remove(r, (IrRef){v});
        } else if (i->op == IR_put && is_promotable(r, slot)) {
            uint32_t value = i->arg[0].i;
            cur[slot] = value == p->entry_get[slot] ? 0 : value;
            set_add(&p->changed, slot);
            p->snap = 0;
            ir_remove(r, (IrRef){v});
        } else if (wants_snapshot(r, i)) {
            attach_snapshot(p, v, cur, pc);
        }
    }
    p->mod_out[b] = p->changed;
}

/* In a graph with several ways into a loop, the values that arrive over a back edge may differ
 * although no parameter was made. */
static bool back_edges_agree(Promote *p)
{
    for (uint32_t b = 1; b < p->r->blocks.count; b++)
        for (uint32_t e = p->g.pred_first[b]; e < p->g.pred_first[b + 1]; e++) {
            uint32_t from = p->g.preds[e].block;
            if (from < b)
                continue;
            for (uint32_t slot = 0; slot < p->nslots; slot++) {
                uint32_t v = p->in[b][slot];
                bool has_param =
                    v != 0 && p->r->insts.data[v].op == IR_param && p->r->insts.data[v].block == b;
                if (!has_param && values_of(p, from)[slot] != v)
                    return false;
            }
        }
    return true;
}

static void fill_edges(Promote *p)
{
    for (uint32_t k = 0; k < p->params.count; k++) {
        SlotParam sp = p->params.data[k];
        for (uint32_t e = p->g.pred_first[sp.block]; e < p->g.pred_first[sp.block + 1]; e++) {
            IrPred pred = p->g.preds[e];
            uint32_t v = values_of(p, pred.block)[sp.slot];
            ir_edge_arg(p->r, pred.edge, (IrRef){v != 0 ? v : entry_value(p, sp.slot)});
        }
    }
}

/* A value that is the slot's own at region entry need not be named. */
static void trim_snapshots(Promote *p)
{
    Region *r = p->r;
    for (uint32_t k = 0; k < r->snaps.count; k++) {
        IrSnapshot *s = &r->snaps.data[k];
        uint32_t kept = 0;
        for (uint32_t n = 0; n < s->count; n++) {
            IrSnapEntry e = r->snap_entries.data[s->first + n];
            if (e.value.i == 0 || e.value.i != p->entry_get[e.slot])
                r->snap_entries.data[s->first + kept++] = e;
        }
        s->count = kept;
    }
}

/* Reducible is what decoding gives almost always; asked before anything is changed. */
static bool is_reducible(const Promote *p)
{
    for (uint32_t b = 1; b < p->r->blocks.count; b++)
        for (uint32_t e = p->g.pred_first[b]; e < p->g.pred_first[b + 1]; e++) {
            uint32_t from = p->g.preds[e].block;
            if (from < b)
                continue;
            while (from > b)
                from = p->g.idom[from];
            if (from != b)
                return false;
        }
    return true;
}

static void prepare(Promote *p)
{
    Region *r = p->r;
    size_t n = r->blocks.count;
    p->nslots = r->slots->count;
    DG_ASSERT(p->nslots <= SLOTS_MAX);
    p->g = ir_graph(r);
    p->map = ir_map_new(r);
    p->out = arena_raw(r->arena, n * p->nslots * sizeof *p->out);
    p->mod_out = arena_raw(r->arena, n * sizeof *p->mod_out);
    for (uint32_t b = 1; b < n; b++)
        for (uint32_t e = p->g.pred_first[b]; e < p->g.pred_first[b + 1]; e++)
            p->loops |= p->g.preds[e].block >= b;
    if (!p->loops)
        return;
    p->in = arena_raw(r->arena, n * sizeof *p->in);
    p->everywhere = !is_reducible(p);
    find_defs(p);
}

void ir_pass_promote(Region *r, const PassContext *ctx)
{
    if (r->promoted)
        return;
    ir_order_blocks(r);
    Promote p = {.r = r, .ctx = ctx};
    prepare(&p);
    for (uint32_t b = 0; b < r->blocks.count; b++)
        walk_block(&p, b);
    DG_ASSERT(!p.loops || back_edges_agree(&p));
    fill_edges(&p);
    ir_map_apply_rest(r, &p.map);
    if (p.params.count != 0) {
        ir_remove_unneeded(r);
        trim_snapshots(&p);
    }
    r->promoted = true;
}
