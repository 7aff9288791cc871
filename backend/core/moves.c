/* moves.c: where values are and how they get elsewhere: loads, stores, evictions and parallel
 * moves; see alloc.h. Every change of place goes through here and becomes an AE_MOVE event. */
#include <string.h>

#include "backend/core/alloc.h"
#include "ir/base/log.h"

/* Width used when a value is moved between a register and its memory place: always the whole
 * register, so that what is known to be zero above a narrow value stays so. Entry values: the
 * slot's own width. */
static IrType memory_type(const Value *v)
{
    if (v->slot != 0)
        return v->type;
    return v->cls == CLASS_VEC ? IR_V128 : IR_I64;
}

/* The value a snapshot gives to a slot: the root of what is added to, or 0. */
static uint32_t snapshot_value(const Allocator *a, uint32_t snap, uint32_t slot, int64_t *add)
{
    const IrSnapshot *sn = &a->region->snaps.data[snap - 1];
    for (uint32_t k = 0; k < sn->count; k++) {
        const IrSnapEntry *se = &a->region->snap_entries.data[sn->first + k];
        if (se->slot == slot)
            return se->value.i != 0 ? alloc_root(a, se->value, add) : 0;
    }
    return 0;
}

/* What is in the slot's memory is wanted neither by instruction i, at `pos`, nor for another value.
 */
static bool leaves_slot(const Allocator *a, uint32_t i, uint32_t pos, uint32_t slot, uint32_t v)
{
    const uint32_t snaps[] = {a->region->insts.data[i].snap, a->sel->insts[i].snap};
    for (unsigned k = 0; k < 2; k++) {
        int64_t add = 0;
        if (snaps[k] != 0 && (snapshot_value(a, snaps[k], slot, &add) != v || add != 0))
            return false;
    }
    for (uint32_t u = a->inst_uses[pos + 1]; u < a->inst_uses[pos]; u++) {
        if (a->values[a->uses.data[u].value].slot == slot + 1)
            return false;
    }
    return true;
}

/* The slot (+ 1) in memory that v of this block, which ends in an exit, is to be in there and may
 * be in from here on: no snapshot to come wants another value in it. 0 = none. So registers that an
 * epilogue loads are stored once. */
static uint32_t final_slot(const Allocator *a, uint32_t v)
{
    const Region *r = a->region;
    const IrBlock *b = &r->blocks.data[a->block];
    const IrInst *last = &r->insts.data[b->last];
    if ((last->op != IR_exit && last->op != IR_exitind) || last->snap == 0)
        return 0;
    uint32_t defined = b->last, slot = r->slots->count;
    const IrSnapshot *sn = &r->snaps.data[last->snap - 1];
    for (uint32_t k = 0; k < sn->count && slot == r->slots->count; k++) {
        const IrSnapEntry *se = &r->snap_entries.data[sn->first + k];
        int64_t add = 0;
        if (se->value.i != 0 && a->sel->cfg->convention->home[se->slot] < 0 &&
            r->slots->slots[se->slot].type == a->values[v].type &&
            alloc_root(a, se->value, &add) == v && add == 0)
            slot = se->slot;
    }
    if (slot == r->slots->count)
        return 0;
    for (uint32_t pos = a->blocks[a->block].length; pos-- > a->pos;
         defined = r->insts.data[defined].prev) {
        if (!leaves_slot(a, defined, pos, slot, v))
            return 0;
    }
    while (defined != 0 && defined != v)
        defined = r->insts.data[defined].prev;
    return defined != 0 ? slot + 1 : 0;
}

uint32_t alloc_memory(Allocator *a, uint32_t v)
{
    Value *val = &a->values[v];
    if (val->slot == 0 && val->spill == NO_SPILL)
        val->slot = (uint16_t)final_slot(a, v);
    if (val->slot != 0)
        return a->region->slots->slots[val->slot - 1].offset;
    if (val->spill == NO_SPILL) {
        if (a->next_spill >= EMERGENCY_SPILL) {
            a->failed = true;
            val->spill = EMERGENCY_SPILL;
        } else {
            val->spill = (uint16_t)a->next_spill++;
        }
    }
    return (uint32_t)offsetof(CpuState, spill) + val->spill * 16u;
}

void alloc_bind(Allocator *a, uint32_t v, unsigned reg)
{
    Value *val = &a->values[v];
    val->reg = (uint8_t)reg;
    a->regs[val->cls][reg] = v;
    a->occupied[val->cls] |= 1u << reg;
    if (val->pin != NO_PIN && alloc_pin_home(a, val->pin) == reg) {
        a->at_home |= (uint64_t)1 << val->pin;
        a->homes[val->cls] |= 1u << reg;
    }
}

void alloc_release(Allocator *a, uint32_t v)
{
    Value *val = &a->values[v];
    if (val->reg != NO_REG) {
        a->regs[val->cls][val->reg] = 0;
        a->occupied[val->cls] &= ~(1u << val->reg);
        a->homes[val->cls] &= ~(1u << val->reg);
        val->reg = NO_REG;
        if (val->pin != NO_PIN)
            a->at_home &= ~((uint64_t)1 << val->pin);
    }
}

void alloc_store(Allocator *a, uint32_t v)
{
    Value *val = &a->values[v];
    if (val->stored || val->konst)
        return;
    DG_ASSERT(val->reg != NO_REG);
    uint32_t offset = alloc_memory(a, v); /* which settles the type */
    alloc_move(a,
               (HostMove){.kind = MOVE_STORE,
                          .cls = val->cls,
                          .type = memory_type(val),
                          .src = val->reg,
                          .scratch = NO_REG,
                          .offset = offset},
               v);
    alloc_set_stored(a, v);
}

void alloc_evict(Allocator *a, RegClass cls, unsigned reg)
{
    uint32_t v = a->regs[cls][reg];
    if (v == 0)
        return;
    if (alloc_wanted(a, v))
        alloc_store(a, v);
    alloc_release(a, v);
}

static unsigned pick_free(const Allocator *a, RegClass cls, uint32_t mask)
{
    mask &= ~a->occupied[cls];
    if (mask == 0)
        return NO_REG;
    for (const uint8_t *p = a->host->alloc_order[cls]; *p != NO_REG; p++) {
        if ((mask >> *p & 1) != 0)
            return *p;
    }
    return NO_REG;
}

unsigned alloc_take(Allocator *a, RegClass cls, uint32_t mask, unsigned hint)
{
    mask &= a->host->allocatable[cls] & ~a->locked[cls];
    DG_ASSERT(hint == NO_REG || hint < 32);
    if (hint != NO_REG && (mask >> hint & 1) != 0 && a->regs[cls][hint] == 0)
        return hint;
    unsigned reg = pick_free(a, cls, mask);
    if (reg != NO_REG)
        return reg;
    /* Empty the register whose value is wanted last; of equals, one that needs no store. */
    uint64_t best = 0;
    for (unsigned k = 0; k < 32; k++) {
        if ((mask >> k & 1) == 0)
            continue;
        uint32_t v = a->regs[cls][k];
        const Value *val = &a->values[v];
        uint64_t score = (uint64_t)alloc_next(a, v) * 2 + (val->stored || val->konst) + 1;
        if (score > best) {
            best = score;
            reg = k;
        }
    }
    DG_ASSERT(reg != NO_REG);
    alloc_evict(a, cls, reg);
    return reg;
}

/* The event that loads v from its constant or memory into reg. */
static void load_event(Allocator *a, uint32_t v, unsigned reg)
{
    Value *val = &a->values[v];
    HostMove m = {.cls = val->cls, .type = val->type, .dst = (uint8_t)reg, .scratch = NO_REG};
    if (val->konst) {
        const IrInst *in = &a->region->insts.data[v];
        m.kind = MOVE_CONST;
        if (in->op == IR_vconst)
            m.vec = &a->region->vconsts.data[in->imm];
        else
            m.imm = in->imm;
    } else {
        DG_ASSERT(val->stored);
        m.kind = MOVE_LOAD;
        m.type = memory_type(val);
        m.offset = alloc_memory(a, v);
    }
    alloc_move(a, m, v);
}

void alloc_copy_to(Allocator *a, uint32_t v, unsigned reg)
{
    Value *val = &a->values[v];
    if (val->reg == NO_REG)
        load_event(a, v, reg);
    else if (val->reg != reg)
        alloc_move(a,
                   (HostMove){.kind = MOVE_REG,
                              .cls = val->cls,
                              .type = val->type,
                              .dst = (uint8_t)reg,
                              .src = val->reg,
                              .scratch = NO_REG},
                   v);
}

unsigned alloc_load(Allocator *a, uint32_t v, uint32_t mask, unsigned hint)
{
    Value *val = &a->values[v];
    if (val->reg != NO_REG && (mask >> val->reg & 1) != 0)
        return val->reg;
    unsigned reg = alloc_take(a, val->cls, mask, hint);
    alloc_copy_to(a, v, reg);
    alloc_release(a, v);
    alloc_bind(a, v, reg);
    return reg;
}

/* ---- parallel moves ---- */

/* A register outside `busy` that holds nothing; failing that, *saved is set and a register is
 * put aside in the emergency spill slot, to be given back by scratch_done. */
typedef struct Scratch {
    uint8_t reg, cls;
    bool saved;
} Scratch;

static HostMove emergency(const Scratch *sc, MoveKind kind)
{
    return (HostMove){.kind = kind,
                      .cls = sc->cls,
                      .type = sc->cls == CLASS_GPR ? IR_I64 : IR_V128,
                      .dst = sc->reg,
                      .src = sc->reg,
                      .scratch = NO_REG,
                      .offset = (uint32_t)offsetof(CpuState, spill) + EMERGENCY_SPILL * 16u};
}

static Scratch scratch_get(Allocator *a, RegClass cls, uint32_t busy, uint32_t avoid)
{
    Scratch sc = {.cls = cls};
    uint32_t mask = a->host->allocatable[cls] & ~a->locked[cls] & ~busy & ~avoid;
    unsigned reg = pick_free(a, cls, mask);
    if (reg == NO_REG) {
        mask = a->host->allocatable[cls] & ~avoid;
        reg = (unsigned)__builtin_ctz(mask);
        sc.saved = true;
    }
    sc.reg = (uint8_t)reg;
    if (sc.saved)
        alloc_move(a, emergency(&sc, MOVE_STORE), 0);
    return sc;
}

static void scratch_done(Allocator *a, const Scratch *sc)
{
    if (sc->saved)
        alloc_move(a, emergency(sc, MOVE_LOAD), 0);
}

/* Registers that pending items read or write. */
static uint32_t busy_regs(const Allocator *a, const MoveItem *it, uint32_t n, RegClass cls)
{
    uint32_t busy = 0;
    for (uint32_t k = 0; k < n; k++) {
        if (it[k].cls != cls)
            continue;
        if (!it[k].done && a->values[it[k].value].reg != NO_REG)
            busy |= 1u << a->values[it[k].value].reg;
        if (it[k].dst_reg != NO_REG)
            busy |= 1u << it[k].dst_reg;
    }
    return busy;
}

static void add_to(Allocator *a, unsigned dst, unsigned src, int64_t add, uint32_t value)
{
    alloc_move(a,
               (HostMove){.kind = MOVE_ADD,
                          .cls = CLASS_GPR,
                          .type = IR_I64,
                          .dst = (uint8_t)dst,
                          .src = (uint8_t)src,
                          .scratch = NO_REG,
                          .imm = (uint64_t)add},
               value);
}

/* The load that brings back what was put aside for an item. */
static HostMove aside_move(const MoveItem *it, unsigned reg)
{
    return (HostMove){.kind = MOVE_LOAD,
                      .cls = it->cls,
                      .type = it->cls == CLASS_GPR ? IR_I64 : IR_V128,
                      .dst = (uint8_t)reg,
                      .scratch = NO_REG,
                      .offset = it->aside};
}

/* CpuState offset of a fresh spill slot for one parallel move. */
static uint32_t aside_slot(Allocator *a)
{
    uint32_t slot = a->next_spill < EMERGENCY_SPILL ? a->next_spill++ : EMERGENCY_SPILL;
    a->failed |= slot == EMERGENCY_SPILL;
    return (uint32_t)offsetof(CpuState, spill) + slot * 16u;
}

/* True if the item's source can only be read from memory. */
static bool from_memory(const Allocator *a, const MoveItem *it)
{
    const Value *val = &a->values[it->value];
    return val->reg == NO_REG && !val->konst && it->aside == 0;
}

bool alloc_item_in_place(Allocator *a, const MoveItem *it)
{
    if (it->add != 0)
        return false;
    if (it->dst_reg != NO_REG)
        return a->values[it->value].reg == it->dst_reg;
    return from_memory(a, it) && it->dst_offset == alloc_memory(a, it->value);
}

/* A source in memory that another item overwrites is copied aside first. */
static void save_overwritten(Allocator *a, MoveItem *items, uint32_t n)
{
    for (uint32_t j = 0; j < n; j++) {
        bool hit = false;
        for (uint32_t k = 0; k < n && from_memory(a, &items[j]); k++)
            hit |= k != j && items[k].dst_reg == NO_REG && !items[k].done &&
                   items[k].dst_offset == alloc_memory(a, items[j].value);
        if (!hit || items[j].done)
            continue;
        Scratch sc = scratch_get(a, items[j].cls, busy_regs(a, items, n, items[j].cls), 0);
        HostMove m = aside_move(&items[j], sc.reg);
        alloc_copy_to(a, items[j].value, sc.reg);
        m.kind = MOVE_STORE;
        m.src = sc.reg;
        m.offset = items[j].aside = aside_slot(a);
        alloc_move(a, m, items[j].value);
        scratch_done(a, &sc);
    }
}

static void store_item(Allocator *a, MoveItem *items, uint32_t n, MoveItem *it)
{
    const Value *val = &a->values[it->value];
    HostMove m = {.kind = MOVE_STORE,
                  .cls = it->cls,
                  .type = it->type,
                  .src = val->reg,
                  .scratch = NO_REG,
                  .offset = it->dst_offset};
    bool in_reg = val->reg != NO_REG && it->add == 0 && it->aside == 0;
    bool imm = val->konst && ir_type_is_int(it->type) && it->aside == 0;
    Scratch sc = {.reg = NO_REG};
    if (!in_reg && !(imm && a->host->stores_imm)) {
        uint32_t avoid = val->reg != NO_REG ? 1u << val->reg : 0;
        sc = scratch_get(a, it->cls, busy_regs(a, items, n, it->cls), avoid);
    }
    if (it->aside != 0) {
        alloc_move(a, aside_move(it, sc.reg), it->value);
        if (it->add != 0)
            add_to(a, sc.reg, sc.reg, it->add, it->value);
        m.src = sc.reg;
    } else if (imm) {
        m.kind = MOVE_STORE_IMM;
        m.imm = a->region->insts.data[it->value].imm + (uint64_t)it->add;
        m.scratch = sc.reg;
    } else if (!in_reg) {
        if (it->add != 0 && val->reg != NO_REG) {
            add_to(a, sc.reg, val->reg, it->add, it->value);
        } else {
            alloc_copy_to(a, it->value, sc.reg);
            if (it->add != 0)
                add_to(a, sc.reg, sc.reg, it->add, it->value);
        }
        m.src = sc.reg;
    }
    alloc_move(a, m, it->value);
    if (sc.reg != NO_REG)
        scratch_done(a, &sc);
    it->done = true;
}

/* True if some other pending item reads register dst_reg of `it`. */
static bool is_read(const uint8_t *src, const MoveItem *items, uint32_t n, const MoveItem *it)
{
    for (uint32_t k = 0; k < n; k++) {
        if (&items[k] != it && !items[k].done && items[k].cls == it->cls && src[k] == it->dst_reg)
            return true;
    }
    return false;
}

static void move_item(Allocator *a, MoveItem *it, unsigned src)
{
    if (it->add != 0)
        add_to(a, it->dst_reg, src, it->add, it->value);
    else if (src != it->dst_reg)
        alloc_move(a,
                   (HostMove){.kind = MOVE_REG,
                              .cls = it->cls,
                              .type = a->values[it->value].type,
                              .dst = it->dst_reg,
                              .src = (uint8_t)src,
                              .scratch = NO_REG},
                   it->value);
    it->done = true;
}

/* Everything pending is in cycles: frees item `it`'s destination by exchanging or putting aside. */
static void break_cycle(Allocator *a, MoveItem *items, uint8_t *src, uint32_t n, MoveItem *it)
{
    unsigned d = it->dst_reg, q = src[it - items];
    if (a->host->swap[it->cls]) {
        alloc_move(a,
                   (HostMove){.kind = MOVE_SWAP,
                              .cls = it->cls,
                              .type = it->cls == CLASS_GPR ? IR_I64 : IR_V128,
                              .dst = (uint8_t)d,
                              .src = (uint8_t)q,
                              .scratch = NO_REG},
                   0);
        for (uint32_t k = 0; k < n; k++) {
            if (items[k].done || items[k].cls != it->cls)
                continue;
            src[k] = src[k] == d ? (uint8_t)q : src[k] == q ? (uint8_t)d : src[k];
        }
        return;
    }
    /* Put the destination's old value aside in memory; those who read it load it at the end. */
    uint32_t aside = aside_slot(a);
    alloc_move(a,
               (HostMove){.kind = MOVE_STORE,
                          .cls = it->cls,
                          .type = it->cls == CLASS_GPR ? IR_I64 : IR_V128,
                          .src = (uint8_t)d,
                          .scratch = NO_REG,
                          .offset = aside},
               a->regs[it->cls][d]);
    for (uint32_t k = 0; k < n; k++) {
        if (!items[k].done && items[k].cls == it->cls && src[k] == d) {
            src[k] = NO_REG;
            items[k].aside = aside;
        }
    }
}

static void move_registers(Allocator *a, MoveItem *items, uint8_t *src, uint32_t n)
{
    uint32_t pending = 0;
    for (uint32_t k = 0; k < n; k++) {
        items[k].done |= items[k].dst_reg == NO_REG;
        if (!items[k].done && src[k] != NO_REG) {
            items[k].done = src[k] == items[k].dst_reg && items[k].add == 0;
            pending += !items[k].done;
        }
    }
    while (pending != 0) {
        MoveItem *stuck = NULL;
        bool moved = false;
        for (uint32_t k = 0; k < n; k++) {
            MoveItem *it = &items[k];
            if (it->done || src[k] == NO_REG)
                continue;
            if (is_read(src, items, n, it)) {
                stuck = it;
                continue;
            }
            move_item(a, it, src[k]);
            pending--;
            moved = true;
        }
        if (!moved) {
            break_cycle(a, items, src, n, stuck);
            pending = 0;
            for (uint32_t k = 0; k < n; k++) { /* a swap may have put some in place */
                if (items[k].done || src[k] == NO_REG)
                    continue;
                items[k].done = src[k] == items[k].dst_reg && items[k].add == 0;
                pending += !items[k].done;
            }
        }
    }
}

/* A register item whose source is in memory, or a constant, or was put aside. */
static void load_item(Allocator *a, MoveItem *it)
{
    if (it->aside != 0) {
        alloc_move(a, aside_move(it, it->dst_reg), it->value);
    } else {
        load_event(a, it->value, it->dst_reg);
    }
    if (it->add != 0)
        add_to(a, it->dst_reg, it->dst_reg, it->add, it->value);
    it->done = true;
}

void alloc_parallel(Allocator *a, MoveItem *items, uint32_t n)
{
    uint8_t *src = arena_alloc(a->region->arena, n + 1);
    uint32_t locked[CLASS_COUNT];
    memcpy(locked, a->locked, sizeof locked);
    for (uint32_t k = 0; k < n; k++)
        items[k].done = items[k].dst_reg == NO_REG && alloc_item_in_place(a, &items[k]);
    save_overwritten(a, items, n);
    for (uint32_t k = 0; k < n; k++) {
        src[k] = items[k].aside != 0 ? NO_REG : a->values[items[k].value].reg;
        if (items[k].dst_reg == NO_REG && !items[k].done)
            store_item(a, items, n, &items[k]);
    }
    move_registers(a, items, src, n);
    for (uint32_t k = 0; k < n; k++) {
        if (!items[k].done)
            load_item(a, &items[k]);
    }
    memcpy(a->locked, locked, sizeof locked);
}
