/* liveness.c: who is live where, and the list of uses of each block; see alloc.h.
 *
 * Uses come from the selected operands, not from the IR: what was folded away is not used. A
 * snapshot uses every value it names, and the entry value of every pinned slot it does not name
 * (the slot's register must still be able to be found). Constants are never live: they are made
 * again where they are wanted, but for what loops.c keeps.
 */
#include <string.h>

#include "backend/core/alloc.h"

static bool defined_in(const Allocator *a, uint32_t v, uint32_t b)
{
    return a->region->insts.data[v].block == b && a->values[v].slot == 0;
}

/* What the block wants of others is found on the way; SSA: a definition here comes before its uses.
 */
static void add_use(Allocator *a, uint32_t value, bool strong)
{
    BlockInfo *bi = &a->blocks[a->block];
    Value *val = &a->values[value];
    uint64_t bit = (uint64_t)1 << (value % 64);
    if (value == 0)
        return;
    if (strong)
        bi->strong[value / 64] |= bit;
    if (val->seen == a->seen_stamp)
        ; /* known */
    else if (val->pin != NO_PIN)
        a->listed_pins |= (uint64_t)1 << val->pin;
    else if (!val->konst && !defined_in(a, value, a->block))
        bi->live_in[value / 64] |= bit;
    val->seen = a->seen_stamp;
    *VEC_PUSH(a->region->arena, &a->uses) = (Use){.value = value, .strong = strong};
}

/* Blocks are listed backwards: a snapshot's use matters only if nothing later in the block uses the
 * value. */
static void add_weak_use(Allocator *a, uint32_t value)
{
    if (a->values[value].seen != a->seen_stamp && !a->values[value].konst)
        add_use(a, value, false);
}

static void add_snapshot_uses(Allocator *a, uint32_t snap, uint32_t pos, uint64_t *pins_used)
{
    const Region *r = a->region;
    const IrSnapshot *sn = &r->snaps.data[snap - 1];
    uint64_t unnamed = a->all_pins & ~a->named[snap - 1] & ~*pins_used;
    *pins_used |= unnamed;
    if (unnamed != 0)
        *VEC_PUSH(r->arena, &a->pin_uses) = (PinUse){pos, unnamed};
    for (uint32_t k = 0; k < sn->count; k++) {
        IrRef v = r->snap_entries.data[sn->first + k].value;
        int64_t add;
        if (v.i != 0)
            add_weak_use(a, alloc_root(a, v, &add));
    }
}

static void add_edge_uses(Allocator *a, uint32_t edge)
{
    const IrEdge *ed = &a->region->edges.data[edge];
    for (uint32_t k = 0; k < ed->nargs; k++)
        add_use(a, a->sel->alias[a->region->pool.data[ed->args + k].i].i, true);
}

static void add_inst_uses(Allocator *a, uint32_t i, uint32_t pos, uint64_t *pins_used)
{
    const IrInst *in = &a->region->insts.data[i];
    const SelInst *si = &a->sel->insts[i];
    if (si->folded || si->lazy || !si->needed || a->sel->alias[i].i != i)
        return;
    if (si->rule != NULL) {
        for (unsigned k = 0; k < si->nopnds; k++) {
            for (unsigned n = 0; n < OPND_LEAVES; n++)
                add_use(a, si->opnd[k].leaf[n].i, true);
        }
    } else if (in->op == IR_put || in->op == IR_exitind) {
        add_use(a, a->sel->alias[in->arg[0].i].i, true);
        if (in->op == IR_exitind && in->cc == IR_EXIT_CALL && a->host->exit_in_place)
            add_use(a, in->arg[1].i, true);
        if (in->op == IR_exitind && ir_has_hint(in) &&
            !ir_is_const(a->region, in->arg[in->nargs - 1])) {
            int64_t add;
            add_use(a, alloc_root(a, in->arg[in->nargs - 1], &add), true);
        }
    } else if (in->op == IR_exit && in->nargs == 1 && a->host->exit_in_place) {
        add_use(a, in->arg[0].i, true);
    } else if (in->op == IR_call) {
        for (uint32_t k = 0; k < in->nlist; k++)
            add_use(a, a->sel->alias[a->region->pool.data[in->list + k].i].i, true);
    }
    if (si->snap != 0)
        add_snapshot_uses(a, si->snap, pos, pins_used);
    if (in->op == IR_jump || in->op == IR_br)
        add_edge_uses(a, in->edge[0]);
    if (in->op == IR_br)
        add_edge_uses(a, in->edge[1]);
}

static void list_uses(Allocator *a, uint32_t b)
{
    const Region *r = a->region;
    BlockInfo *bi = &a->blocks[b];
    uint32_t length = bi->length;
    a->seen_stamp++;
    a->listed_pins = 0;
    a->block = b;
    bi->first_use = a->uses.count;
    bi->first_pin_use = a->pin_uses.count;
    bi->inst_uses = arena_raw(r->arena, (length + 2) * sizeof *bi->inst_uses);
    /* Counted from the end: the uses at position p are [inst_uses[p + 1], inst_uses[p]). */
    bi->inst_uses[length] = a->uses.count;
    for (uint32_t i = r->blocks.data[b].last; i != 0; i = r->insts.data[i].prev) {
        add_inst_uses(a, i, --length, &bi->pins_in);
        bi->inst_uses[length] = a->uses.count;
    }
    bi->end_pin_use = a->pin_uses.count;
    bi->pins_in |= a->listed_pins;
}

void alloc_block_uses(Allocator *a, uint32_t b)
{
    const BlockInfo *bi = &a->blocks[b];
    uint64_t pins = bi->pins_out;
    uint32_t pin_use = bi->first_pin_use;
    a->inst_uses = bi->inst_uses;
    a->out_pos = bi->length + 64;
    /* Value.next runs backwards over the block, POS_FAR meaning dead; left at the block's start. */
    for (uint32_t u = bi->first_use; u < bi->inst_uses[0]; u++)
        a->values[a->uses.data[u].value].next = POS_FAR + 1;
    for (uint32_t w = 0; w < a->words; w++) {
        for (uint64_t m = bi->live_out[w]; m != 0; m &= m - 1)
            a->values[w * 64 + (uint32_t)__builtin_ctzll(m)].next = a->out_pos;
    }
    for (uint32_t w = 0; bi->keep != NULL && w < a->words; w++) {
        for (uint64_t m = bi->keep[w]; m != 0; m &= m - 1) {
            uint32_t v = w * 64 + (uint32_t)__builtin_ctzll(m);
            a->values[v].next = alloc_kept_behind(a, b, v) ? a->out_pos : POS_FAR + 1;
        }
    }
    for (uint32_t pos = bi->length, u = bi->first_use; pos-- > 0;) {
        for (; u < bi->inst_uses[pos]; u++) {
            Use *use = &a->uses.data[u];
            Value *val = &a->values[use->value];
            bool pin_wanted = val->pin != NO_PIN && (pins >> val->pin & 1) != 0;
            use->next = val->next;
            use->last = val->next > POS_FAR && !pin_wanted;
            if (use->strong)
                val->next = pos;
            else if (use->last)
                val->next = POS_FAR; /* only a snapshot wants it: first to be evicted, but alive */
        }
        if (pin_use < bi->end_pin_use && a->pin_uses.data[pin_use].pos == pos)
            pins |= a->pin_uses.data[pin_use++].pins;
    }
    a->pin_use = pin_use;
    a->pins_wanted = pins;
    a->pins_out = bi->pins_out;
}

bool alloc_live_in(const Allocator *a, uint32_t b, uint32_t v)
{
    unsigned pin = a->values[v].pin;
    return pin != NO_PIN ? a->blocks[b].pins_in >> pin & 1 : alloc_bit(a->blocks[b].live_in, v);
}

/* live_in = uses without an earlier definition in the block + (live_out - defined). */
static bool flow_block(Allocator *a, uint32_t b)
{
    const Region *r = a->region;
    BlockInfo *bi = &a->blocks[b];
    const IrInst *last = &r->insts.data[r->blocks.data[b].last];
    unsigned nedges = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
    bool changed = false;
    for (unsigned n = 0; n < nedges; n++) {
        const BlockInfo *to = &a->blocks[r->edges.data[last->edge[n]].block];
        for (uint32_t w = 0; w < a->words; w++)
            bi->live_out[w] |= to->live_in[w];
        bi->pins_out |= to->pins_in;
    }
    changed = (bi->pins_out & ~bi->pins_in) != 0;
    bi->pins_in |= bi->pins_out;
    for (uint32_t w = 0; w < a->words; w++) {
        for (uint64_t m = bi->live_out[w] & ~bi->live_in[w]; m != 0; m &= m - 1) {
            if (defined_in(a, w * 64 + (uint32_t)__builtin_ctzll(m), b))
                continue;
            bi->live_in[w] |= m & -m;
            changed = true;
        }
    }
    return changed;
}

/* Loop heads learn where their loop ends. True if there are any. */
static bool find_loops(Allocator *a)
{
    const Region *r = a->region;
    bool any = false;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        const IrInst *last = ir_inst(r, (IrRef){r->blocks.data[b].last});
        unsigned nedges = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
        for (unsigned n = 0; n < nedges; n++) {
            uint32_t to = r->edges.data[last->edge[n]].block;
            if (to <= b && a->blocks[to].loop_end < b)
                a->blocks[to].loop_end = b;
            any |= to <= b;
        }
    }
    return any;
}

void alloc_liveness(Allocator *a)
{
    uint32_t nb = a->region->blocks.count;
    uint64_t *sets = arena_alloc(a->region->arena, (size_t)nb * a->words * 8 * 3);
    for (uint32_t b = 0; b < nb; b++) {
        BlockInfo *bi = &a->blocks[b];
        bi->live_in = sets + (size_t)b * a->words * 3;
        bi->live_out = bi->live_in + a->words;
        bi->strong = bi->live_out + a->words;
        list_uses(a, b);
    }
    bool loops = find_loops(a), again = true;
    while (again) {
        again = false;
        for (uint32_t b = nb; b-- > 0;)
            again |= flow_block(a, b) && loops;
    }
    if (loops && a->host->keeps_consts)
        alloc_find_kept(a);
}
