/* border.c: what the allocator does where control crosses a border: block entries and edges, exits
 * to other translations, and snapshots; see alloc.h.
 *
 * The first edge laid out to a block fixes where its live-in values are (wherever they happen to
 * be; parameters go to their home register if it is free). Later edges, loop back edges among them,
 * move values to those places.
 */
#include <string.h>

#include "backend/core/alloc.h"
#include "ir/base/log.h"

/* ---- block entry ---- */

/* The gets stand first (ir.h). */
static void enter_region(Allocator *a)
{
    const Region *r = a->region;
    for (uint32_t i = r->blocks.data[0].first; alloc_is_entry_get(a, i);
         i = r->insts.data[i].next) {
        if (a->values[i].pin == NO_PIN)
            alloc_set_stored(a, i);
    }
    for (unsigned pin = 0; pin < a->npinned; pin++) {
        if (alloc_wanted(a, alloc_pin_value(a, pin)))
            alloc_bind(a, alloc_pin_value(a, pin), alloc_pin_home(a, pin));
    }
}

/* What a block that leads back hands on is best made where the loop's head wants it. */
static void hint_back_edges(Allocator *a, uint32_t b)
{
    const Region *r = a->region;
    const IrInst *last = &r->insts.data[r->blocks.data[b].last];
    unsigned nedges = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
    for (unsigned e = 0; e < nedges; e++) {
        const IrEdge *ed = &r->edges.data[last->edge[e]];
        const BlockInfo *to = &a->blocks[ed->block];
        if (ed->block > b || to->entry == NULL)
            continue;
        for (uint32_t n = 0; n < ed->nargs; n++) {
            const EntryRec *rec = &to->entry[to->nentry - ed->nargs + n];
            uint32_t v = a->sel->alias[r->pool.data[ed->args + n].i].i;
            if (rec->reg != NO_REG && r->insts.data[v].block == b &&
                r->insts.data[v].op != IR_param)
                a->values[v].hint = rec->reg;
        }
    }
}

void alloc_block_begin(Allocator *a, uint32_t b)
{
    BlockInfo *bi = &a->blocks[b];
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        for (uint32_t m = a->occupied[cls] & ~a->homes[cls]; m != 0; m &= m - 1)
            alloc_release(a, a->regs[cls][__builtin_ctz(m)]);
    }
    for (uint64_t m = a->at_home & ~bi->home_in; m != 0; m &= m - 1)
        alloc_release(a, alloc_pin_value(a, (unsigned)__builtin_ctzll(m)));
    for (uint32_t k = 0; k < a->stored.count; k++)
        a->values[a->stored.data[k]].stored = false;
    a->stored.count = 0;
    memset(a->locked, 0, sizeof a->locked);
    a->block = b;
    if (b == 0) {
        enter_region(a);
        return;
    }
    for (uint64_t m = bi->home_in & ~a->at_home; m != 0; m &= m - 1) {
        unsigned pin = (unsigned)__builtin_ctzll(m);
        alloc_bind(a, alloc_pin_value(a, pin), alloc_pin_home(a, pin));
    }
    for (uint32_t k = 0; k < bi->nentry; k++) {
        const EntryRec *rec = &bi->entry[k];
        if (rec->stored)
            alloc_set_stored(a, rec->value);
        if (rec->reg != NO_REG)
            alloc_bind(a, rec->value, rec->reg);
    }
    hint_back_edges(a, b);
}

/* ---- edges ---- */

static uint32_t edge_arg(const Allocator *a, const IrEdge *ed, uint32_t k)
{
    return a->sel->alias[a->region->pool.data[ed->args + k].i].i;
}

/* A register for a parameter in the entry state under construction: its home, the register of an
 * argument that ends here, or any that is free there. */
static unsigned param_register(const Allocator *a, const IrBlock *to, uint32_t param, uint32_t arg,
                               const uint32_t used[CLASS_COUNT])
{
    const Value *val = &a->values[param];
    uint32_t mask = a->host->allocatable[val->cls] & ~used[val->cls];
    if (val->slot != 0)
        return NO_REG; /* kept in its slot, see set_up_memory_params */
    bool arg_ends = !alloc_live_in(a, (uint32_t)(to - a->region->blocks.data), arg);
    if (val->hint != NO_REG && (mask >> val->hint & 1) != 0)
        return val->hint;
    if (arg_ends && a->values[arg].reg != NO_REG && (mask >> a->values[arg].reg & 1) != 0)
        return a->values[arg].reg;
    for (const uint8_t *p = a->host->alloc_order[val->cls]; *p != NO_REG; p++) {
        if ((mask >> *p & 1) != 0)
            return *p;
    }
    return NO_REG;
}

/* Values that live through a loop but that nothing in it wants in a register wait in memory when
 * the loop needs the registers: otherwise each turn would store and load them. */
static void make_room(const Allocator *a, uint32_t block, uint32_t used[CLASS_COUNT])
{
    enum { TEMPORARIES = 3 };
    BlockInfo *bi = &a->blocks[block];
    uint64_t *strong = arena_alloc(a->region->arena, a->words * 8);
    uint32_t wanted[CLASS_COUNT] = {0}, waiting[CLASS_COUNT] = {0};
    for (uint32_t k = block; k <= bi->loop_end; k++) {
        for (uint32_t w = 0; w < a->words; w++)
            strong[w] |= a->blocks[k].strong[w];
    }
    for (uint32_t w = 0; w < a->words; w++) {
        for (uint64_t m = strong[w] & bi->live_in[w]; m != 0; m &= m - 1)
            wanted[a->values[w * 64 + (uint32_t)__builtin_ctzll(m)].cls]++;
    }
    for (uint64_t m = bi->pins_in; m != 0; m &= m - 1) {
        uint32_t v = alloc_pin_value(a, (unsigned)__builtin_ctzll(m));
        wanted[a->values[v].cls] += alloc_bit(strong, v);
    }
    const IrBlock *b = &a->region->blocks.data[block];
    for (uint32_t k = 0; k < b->params.count; k++) {
        const Value *val = &a->values[b->params.data[k].i];
        wanted[val->cls] += val->slot == 0;
    }
    for (uint32_t k = 0; k < bi->nentry; k++)
        waiting[a->values[bi->entry[k].value].cls] +=
            bi->entry[k].reg != NO_REG && !alloc_bit(strong, bi->entry[k].value);
    for (uint32_t k = 0; k < bi->nentry; k++) {
        EntryRec *rec = &bi->entry[k];
        RegClass cls = a->values[rec->value].cls;
        uint32_t room = (uint32_t)__builtin_popcount(a->host->allocatable[cls]);
        if (rec->reg == NO_REG || alloc_bit(strong, rec->value) || waiting[cls] == 0 ||
            wanted[cls] + waiting[cls] + TEMPORARIES <= room)
            continue;
        used[cls] &= ~(1u << rec->reg);
        rec->reg = NO_REG;
        rec->stored = true;
        waiting[cls]--;
    }
}

/* Pins whose entry value is at home, and not in memory too. */
static uint64_t pins_only_home(const Allocator *a)
{
    uint64_t pins = a->at_home;
    for (uint32_t k = 0; k < a->stored.count; k++) {
        const Value *val = &a->values[a->stored.data[k]];
        if (val->pin != NO_PIN && val->stored)
            pins &= ~((uint64_t)1 << val->pin);
    }
    return pins;
}

static void record_entry(const Allocator *a, BlockInfo *bi, uint32_t v, uint32_t used[CLASS_COUNT])
{
    const Value *val = &a->values[v];
    DG_ASSERT(val->reg != NO_REG || val->stored);
    if (val->reg != NO_REG)
        used[val->cls] |= 1u << val->reg;
    bi->entry[bi->nentry++] = (EntryRec){v, val->reg, val->stored};
}

static void define_entry(Allocator *a, const IrEdge *ed)
{
    const IrBlock *to = &a->region->blocks.data[ed->block];
    BlockInfo *bi = &a->blocks[ed->block];
    bi->home_in = bi->loop_end == 0 ? pins_only_home(a) & bi->pins_in : 0;
    uint32_t count = to->params.count + (uint32_t)__builtin_popcountll(bi->pins_in & ~bi->home_in);
    for (uint32_t w = 0; w < a->words; w++) {
        count += (uint32_t)__builtin_popcountll(bi->live_in[w]);
        if (bi->keep != NULL)
            count += (uint32_t)__builtin_popcountll(bi->keep[w]);
    }
    bi->entry = arena_raw(a->region->arena, (count + 1) * sizeof *bi->entry);
    uint32_t used[CLASS_COUNT] = {0};
    bool choices = to->params.count != 0 || bi->keep != NULL;
    for (uint64_t m = choices ? bi->home_in : 0; m != 0; m &= m - 1) {
        unsigned pin = (unsigned)__builtin_ctzll(m);
        used[a->values[alloc_pin_value(a, pin)].cls] |= 1u << alloc_pin_home(a, pin);
    }
    for (uint32_t w = 0; w < a->words; w++) {
        for (uint64_t m = bi->live_in[w]; m != 0; m &= m - 1)
            record_entry(a, bi, w * 64 + (uint32_t)__builtin_ctzll(m), used);
    }
    for (uint64_t m = bi->pins_in & ~bi->home_in; m != 0; m &= m - 1)
        record_entry(a, bi, alloc_pin_value(a, (unsigned)__builtin_ctzll(m)), used);
    if (bi->loop_end != 0)
        make_room(a, ed->block, used);
    if (bi->keep != NULL)
        alloc_keep_consts(a, ed->block, used);
    for (uint32_t k = 0; k < to->params.count; k++) {
        uint32_t p = to->params.data[k].i;
        unsigned reg = param_register(a, to, p, edge_arg(a, ed, k), used);
        bi->entry[bi->nentry++] = (EntryRec){p, (uint8_t)reg, reg == NO_REG};
        if (reg != NO_REG)
            used[a->values[p].cls] |= 1u << reg;
    }
}

/* Lists the moves that make the current state the entry state of the edge's block. */
static uint32_t edge_items(Allocator *a, const IrEdge *ed, MoveItem *items, bool *stores)
{
    const IrBlock *to = &a->region->blocks.data[ed->block];
    BlockInfo *bi = &a->blocks[ed->block];
    uint32_t n = 0;
    *stores = false;
    for (uint64_t m = bi->home_in & ~a->at_home; m != 0; m &= m - 1) {
        unsigned pin = (unsigned)__builtin_ctzll(m);
        uint32_t v = alloc_pin_value(a, pin);
        items[n++] =
            (MoveItem){.cls = a->values[v].cls, .dst_reg = alloc_pin_home(a, pin), .value = v};
    }
    for (uint32_t k = 0; k < bi->nentry; k++) {
        const EntryRec *rec = &bi->entry[k];
        const Value *val = &a->values[rec->value];
        uint32_t source = rec->value;
        bool is_param = k + to->params.count >= bi->nentry;
        if (is_param)
            source = edge_arg(a, ed, k + to->params.count - bi->nentry);
        else
            *stores |= rec->stored && !val->stored;
        if (is_param && rec->reg == NO_REG)
            items[n++] = (MoveItem){.cls = val->cls,
                                    .dst_reg = NO_REG,
                                    .type = val->slot != 0          ? val->type
                                            : val->cls == CLASS_GPR ? IR_I64
                                                                    : IR_V128,
                                    .dst_offset = alloc_memory(a, rec->value),
                                    .value = source};
        else if (rec->reg != NO_REG && (is_param || val->reg != rec->reg))
            items[n++] = (MoveItem){.cls = val->cls, .dst_reg = rec->reg, .value = source};
    }
    return n;
}

/* As edge_items, into a new array; the block's entry is settled. */
static uint32_t edge_moves(Allocator *a, const IrEdge *ed, MoveItem **items, bool *stores)
{
    BlockInfo *bi = &a->blocks[ed->block];
    if (bi->entry == NULL)
        define_entry(a, ed);
    uint32_t homes = (uint32_t)__builtin_popcountll(bi->home_in & ~a->at_home);
    *items = arena_raw(a->region->arena, (bi->nentry + homes + 1) * sizeof **items);
    return edge_items(a, ed, *items, stores);
}

bool alloc_edge_is_trivial(Allocator *a, uint32_t edge)
{
    MoveItem *items;
    bool stores;
    uint32_t n = edge_moves(a, &a->region->edges.data[edge], &items, &stores);
    for (uint32_t k = 0; k < n; k++) {
        if (!alloc_item_in_place(a, &items[k]))
            return false;
    }
    return !stores;
}

void alloc_edge(Allocator *a, uint32_t edge)
{
    const IrEdge *ed = &a->region->edges.data[edge];
    const BlockInfo *bi = &a->blocks[ed->block];
    MoveItem *items;
    bool stores;
    uint32_t n = edge_moves(a, ed, &items, &stores);
    for (uint32_t k = 0; stores && k < bi->nentry; k++) {
        const EntryRec *rec = &bi->entry[k];
        bool is_param = k + a->region->blocks.data[ed->block].params.count >= bi->nentry;
        if (!is_param && rec->stored && !a->values[rec->value].stored) {
            alloc_store(a, rec->value);
            /* Only on this edge: the other successor of a branch does not see the store. */
            a->values[rec->value].stored = false;
        }
    }
    alloc_parallel(a, items, n);
}

/* ---- exits ---- */

/* The register v is in, if the exit's moves leave it there; else ANY_REG. */
static uint8_t stays_in(Allocator *a, uint32_t v, const MoveItem *items, uint32_t n)
{
    uint8_t reg = a->values[v].reg;
    for (uint32_t k = 0; k < n && reg != NO_REG; k++) {
        if (items[k].cls == CLASS_GPR && items[k].dst_reg == reg &&
            !alloc_item_in_place(a, &items[k]))
            reg = NO_REG;
    }
    return a->host->exit_in_place ? reg : NO_REG;
}

/* A constant needs no register. */
static bool hint_is_value(const Region *r, const IrInst *exit)
{
    return ir_has_hint(exit) && !ir_is_const(r, exit->arg[exit->nargs - 1]);
}

void alloc_exit(Allocator *a, uint32_t i)
{
    static const IrSnapshot empty;
    const Region *r = a->region;
    const IrInst *in = &r->insts.data[i];
    SelInst *si = &a->sel->insts[i];
    const IrSnapshot *sn = in->snap != 0 ? &r->snaps.data[in->snap - 1] : &empty;
    const int8_t *home = a->sel->cfg->convention->home;
    uint64_t unnamed = a->all_pins & ~a->at_home & ~(in->snap != 0 ? a->named[in->snap - 1] : 0);
    MoveItem *items = arena_raw(r->arena, (sn->count + a->npinned + 2) * sizeof *items);
    uint32_t n = 0;
    for (uint32_t k = 0; k < sn->count; k++) {
        const IrSnapEntry *se = &r->snap_entries.data[sn->first + k];
        const SlotDesc *sd = &r->slots->slots[se->slot];
        if (se->value.i == 0)
            continue; /* dead: whatever is there will do */
        MoveItem *it = &items[n];
        *it = (MoveItem){.dst_reg = home[se->slot] >= 0 ? (uint8_t)home[se->slot] : NO_REG,
                         .type = sd->type,
                         .cls = class_of_type(sd->type),
                         .dst_offset = sd->offset};
        it->value = alloc_root(a, se->value, &it->add);
        if (it->dst_reg == NO_REG && a->values[it->value].slot == se->slot + 1u && it->add == 0)
            continue; /* unchanged after all */
        n++;
    }
    for (; unnamed != 0; unnamed &= unnamed - 1) {
        unsigned pin = (unsigned)__builtin_ctzll(unnamed);
        uint32_t v = alloc_pin_value(a, pin);
        items[n++] =
            (MoveItem){.dst_reg = alloc_pin_home(a, pin), .cls = a->values[v].cls, .value = v};
    }
    si->pc_reg = si->return_reg = ANY_REG;
    if (in->cc == IR_EXIT_CALL)
        si->return_reg = stays_in(a, in->arg[in->op == IR_exitind].i, items, n);
    if (in->op == IR_exitind) {
        uint32_t pc = a->sel->alias[in->arg[0].i].i;
        si->pc_reg = stays_in(a, pc, items, n);
        if (si->pc_reg == ANY_REG) {
            si->pc_reg = a->host->exit_pc;
            items[n++] = (MoveItem){.cls = CLASS_GPR, .dst_reg = si->pc_reg, .value = pc};
        }
        if (hint_is_value(r, in)) {
            MoveItem it = {.cls = CLASS_GPR, .dst_reg = a->host->exit_hint};
            it.value = alloc_root(a, in->arg[in->nargs - 1], &it.add);
            items[n++] = it;
        }
    }
    alloc_parallel(a, items, n);
}

/* ---- snapshots ---- */

static void push_location(Allocator *a, uint32_t slot, uint32_t v, int64_t add, unsigned made)
{
    const Value *val = &a->values[v];
    SlotLoc *loc = VEC_PUSH(a->out->arena, &a->out->locs);
    *loc = (SlotLoc){.slot = (uint16_t)slot, .made = (uint8_t)made, .imm = (uint64_t)add};
    if (val->konst) {
        const IrInst *in = &a->region->insts.data[v];
        loc->kind = LOC_CONST;
        loc->imm = in->imm + (uint64_t)add; /* vector constants: their number */
    } else if (val->reg != NO_REG) {
        loc->kind = val->cls == CLASS_GPR ? LOC_GPR : LOC_VEC;
        loc->reg = val->reg;
    } else {
        DG_ASSERT(val->stored);
        loc->kind = val->slot != 0 ? LOC_SLOT : LOC_SPILL;
        loc->reg = val->slot != 0 ? (uint8_t)(val->slot - 1) : (uint8_t)val->spill;
    }
}

void alloc_site(Allocator *a, uint32_t snap, uint32_t *first, uint32_t *count)
{
    const Region *r = a->region;
    const IrSnapshot *sn = &r->snaps.data[snap - 1];
    uint64_t unnamed = a->all_pins & ~a->at_home & ~a->named[snap - 1];
    *first = a->out->locs.count;
    for (uint32_t k = 0; k < sn->count; k++) {
        const IrSnapEntry *se = &r->snap_entries.data[sn->first + k];
        int64_t add = 0;
        DG_ASSERT(se->value.i != 0);
        uint32_t v = alloc_root(a, se->value, &add);
        unsigned form = select_form(r, a->sel->alias[se->value.i]);
        push_location(a, se->slot, v, add, (se->nan ? LOC_MEND_NAN : 0u) | form);
    }
    for (; unnamed != 0; unnamed &= unnamed - 1) {
        unsigned pin = (unsigned)__builtin_ctzll(unnamed);
        push_location(a, a->pinned[pin], alloc_pin_value(a, pin), 0, 0);
    }
    *count = a->out->locs.count - *first;
}
