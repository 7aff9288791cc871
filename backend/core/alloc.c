/* alloc.c: register allocation in one forward scan; see core.h and alloc.h.
 *
 * Blocks are taken in reverse postorder, so a block's entry state is known (border.c) when it is
 * reached. At each instruction: fixed and destroyed registers are emptied, operands brought into
 * registers, the place of everything in its snapshot noted, what dies is freed, and a destination
 * chosen: the tied operand's register, else the home of the slot the value will be put to, else
 * any. When no register is free the value wanted last gives way (Belady), preferring one that is in
 * memory already.
 *
 * Example: add rax, rbx with rax and rbx in their homes: the old rax dies here, the sum is tied to
 * its register, which is rax's home: one host instruction and nothing to do at the exit.
 */
#include "backend/core/alloc.h"

#include <string.h>

#include "ir/base/log.h"

/* ---- setting up ---- */

static void set_up_value(Allocator *a, uint32_t v, IrType t)
{
    a->values[v] = (Value){.reg = NO_REG,
                           .hint = NO_REG,
                           .pin = NO_PIN,
                           .spill = NO_SPILL,
                           .next = POS_FAR + 1,
                           .type = (uint8_t)t,
                           .cls = (uint8_t)class_of_type(t)};
}

/* Only what is in a block is a value. */
static void set_up_values(Allocator *a)
{
    const Region *r = a->region;
    set_up_value(a, 0, IR_VOID);
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        const IrBlock *bl = &r->blocks.data[b];
        a->has_params |= bl->params.count != 0;
        for (uint32_t k = 0; k < bl->params.count; k++)
            set_up_value(a, bl->params.data[k].i, (IrType)ir_inst(r, bl->params.data[k])->type);
        for (uint32_t v = bl->first; v != 0; v = r->insts.data[v].next) {
            const IrInst *in = &r->insts.data[v];
            set_up_value(a, v, (IrType)in->type);
            a->values[v].konst = in->op == IR_const || in->op == IR_vconst;
            a->blocks[b].length++;
        }
    }
}

static void set_up_pin(Allocator *a, uint32_t slot, uint8_t *pin_of)
{
    DG_ASSERT(a->npinned < MAX_PINNED);
    uint32_t pin = a->npinned++, v = a->ninsts + pin;
    a->pinned[pin] = (uint8_t)slot;
    pin_of[slot] = (uint8_t)pin;
    a->pin_value[pin] = v;
    set_up_value(a, v, (IrType)a->region->slots->slots[slot].type);
    a->values[v].slot = (uint16_t)(slot + 1);
    a->values[v].pin = (uint8_t)pin;
    a->all_pins |= (uint64_t)1 << pin;
}

/* Slots without a home are skipped eight at a time. */
static void set_up_slots(Allocator *a, uint8_t *pin_of)
{
    const Region *r = a->region;
    const int8_t *home = a->sel->cfg->convention->home;
    for (uint32_t first = 0; first < r->slots->count; first += 8) {
        uint64_t none;
        memcpy(&none, home + first, sizeof none);
        for (uint64_t m = ~none & UINT64_C(0x8080808080808080); m != 0; m &= m - 1) {
            uint32_t slot = first + (uint32_t)__builtin_ctzll(m) / 8;
            if (slot < r->slots->count)
                set_up_pin(a, slot, pin_of);
        }
    }
    for (uint32_t i = r->blocks.data[0].first; i != 0; i = r->insts.data[i].next) {
        if (!alloc_is_entry_get(a, i))
            continue;
        uint32_t slot = (uint32_t)r->insts.data[i].imm;
        a->values[i].slot = (uint16_t)(slot + 1);
        if (home[slot] < 0)
            continue;
        a->values[i].hint = (uint8_t)home[slot];
        a->values[i].pin = pin_of[slot];
        a->pin_value[pin_of[slot]] = i;
    }
}

static void set_up_snapshots(Allocator *a, const uint8_t *pin_of)
{
    const Region *r = a->region;
    a->named = arena_raw(r->arena, (r->snaps.count + 1) * sizeof *a->named);
    for (uint32_t n = 0; n < r->snaps.count; n++) {
        const IrSnapshot *sn = &r->snaps.data[n];
        uint64_t named = 0;
        for (uint32_t k = 0; k < sn->count; k++) {
            uint8_t pin = pin_of[r->snap_entries.data[sn->first + k].slot];
            named |= pin != NO_PIN ? (uint64_t)1 << pin : 0;
        }
        a->named[n] = named;
    }
}

/* A value's hint is the home of the first slot that a snapshot gives it to. */
static void hint_snapshot_values(Allocator *a, bool params)
{
    const Region *r = a->region;
    const int8_t *home = a->sel->cfg->convention->home;
    for (uint32_t k = 0; k < r->snap_entries.count; k++) {
        const IrSnapEntry *se = &r->snap_entries.data[k];
        if (se->value.i == 0 || home[se->slot] < 0)
            continue;
        uint32_t v = a->sel->alias[se->value.i].i;
        if (select_is_lazy_form(a->sel, (IrRef){v}))
            v = a->sel->alias[ir_inst(r, (IrRef){v})->arg[0].i].i;
        Value *val = &a->values[v];
        if (params == (r->insts.data[v].op == IR_param) && val->hint == NO_REG &&
            val->cls == class_of_type(r->slots->slots[se->slot].type))
            val->hint = (uint8_t)home[se->slot];
    }
}

/* Arguments want the place of the parameter they become. */
static void hint_edge(Allocator *a, const IrEdge *ed)
{
    const Region *r = a->region;
    const IrBlock *to = &r->blocks.data[ed->block];
    for (uint32_t n = 0; n < ed->nargs; n++) {
        Value *val = &a->values[a->sel->alias[r->pool.data[ed->args + n].i].i];
        const Value *param = &a->values[to->params.data[n].i];
        if (val->hint == NO_REG && val->cls == param->cls)
            val->hint = param->hint;
    }
}

/* Region.edges has those of blocks that are gone, too, which lead nowhere. */
static void hint_arguments(Allocator *a)
{
    const Region *r = a->region;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        const IrInst *last = &r->insts.data[r->blocks.data[b].last];
        unsigned nedges = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
        for (unsigned e = 0; e < nedges; e++)
            hint_edge(a, &r->edges.data[last->edge[e]]);
    }
}

/* What an indirect exit takes wants to be where it takes it. */
static void hint_exits(Allocator *a)
{
    const Region *r = a->region;
    for (uint32_t b = 0; b < r->blocks.count && !a->host->exit_in_place; b++) {
        const IrInst *exit = &r->insts.data[r->blocks.data[b].last];
        if (exit->op != IR_exitind)
            continue;
        Value *pc = &a->values[a->sel->alias[exit->arg[0].i].i];
        pc->hint = pc->hint == NO_REG ? a->host->exit_pc : pc->hint;
        if (ir_has_hint(exit)) {
            Value *hint = &a->values[a->sel->alias[exit->arg[exit->nargs - 1].i].i];
            hint->hint = hint->hint == NO_REG ? a->host->exit_hint : hint->hint;
        }
    }
}

/* A tied operand wants the place of the result. */
static void hint_tied_operands(Allocator *a)
{
    const Region *r = a->region;
    for (uint32_t b = r->blocks.count; b-- > 0;) {
        for (uint32_t i = r->blocks.data[b].last; i != 0; i = r->insts.data[i].prev) {
            const SelInst *si = &a->sel->insts[i];
            if (si->rule == NULL || si->folded || (si->rule->flags & RULE_TIED) == 0)
                continue;
            unsigned n = (si->rule->flags & RULE_COMMUTE) != 0 ? 2 : 1;
            for (unsigned k = 0; k < n; k++) {
                Value *val = &a->values[si->opnd[k].leaf[0].i];
                if (val->hint == NO_REG && val->cls == a->values[i].cls)
                    val->hint = a->values[i].hint;
            }
        }
    }
}

/* Parameters, which loops go through most, come before what snapshots say of other values. */
static void set_up_hints(Allocator *a)
{
    if (a->has_params) {
        hint_snapshot_values(a, true);
        hint_arguments(a);
    }
    hint_snapshot_values(a, false);
    hint_exits(a);
    hint_tied_operands(a);
}

/* True if no other value whose memory is slot `slot` is live into the block. */
static bool slot_memory_free(const Allocator *a, uint32_t block, uint32_t slot)
{
    for (uint32_t w = 0; w < a->words; w++) {
        for (uint64_t m = a->blocks[block].live_in[w]; m != 0; m &= m - 1) {
            if (a->values[w * 64 + (uint32_t)__builtin_ctzll(m)].slot == slot + 1)
                return false;
        }
    }
    return true;
}

/* A parameter that only snapshots want, for a slot that has no home register, is kept in that
 * slot's memory: loop-carried lazy flags are stored once an iteration and take no register. */
static void set_up_memory_params(Allocator *a)
{
    const Region *r = a->region;
    const int8_t *home = a->sel->cfg->convention->home;
    for (uint32_t n = 0; n < r->blocks.count; n++) {
        const IrBlock *b = &r->blocks.data[n];
        for (uint32_t k = 0; k < b->params.count; k++) {
            const IrInst *in = ir_inst(r, b->params.data[k]);
            uint32_t v = b->params.data[k].i, slot = in->aux - 1;
            if (in->aux != 0 && a->sel->uses[v] == 0 && home[slot] < 0 &&
                a->values[v].hint == NO_REG && slot_memory_free(a, in->block, slot))
                a->values[v].slot = (uint16_t)(slot + 1);
        }
    }
}

/* ---- one instruction ---- */

/* Moves whatever is in reg elsewhere (a free register outside `avoid`, or memory). */
static void relocate(Allocator *a, RegClass cls, unsigned reg, uint32_t avoid)
{
    uint32_t v = a->regs[cls][reg];
    uint32_t mask = a->host->allocatable[cls] & ~a->locked[cls] & ~avoid & ~(1u << reg);
    if (v == 0)
        return;
    if (!a->values[v].konst) {
        mask &= ~a->occupied[cls];
        for (const uint8_t *p = a->host->alloc_order[cls]; mask != 0 && *p != NO_REG; p++) {
            if ((mask >> *p & 1) == 0)
                continue;
            alloc_copy_to(a, v, *p);
            alloc_release(a, v);
            alloc_bind(a, v, *p);
            return;
        }
    }
    alloc_evict(a, cls, reg);
}

static bool dies_at(const Allocator *a, uint32_t v)
{
    for (uint32_t u = a->inst_uses[a->pos + 1]; u < a->inst_uses[a->pos]; u++) {
        if (a->uses.data[u].value == v)
            return a->uses.data[u].last || a->values[v].konst;
    }
    return false;
}

/* No snapshot to come wants the pins' entry values. */
static void retire_pins(Allocator *a, uint64_t pins)
{
    pins &= ~a->pins_out;
    a->pins_wanted &= ~pins;
    for (; pins != 0; pins &= pins - 1) {
        uint32_t v = alloc_pin_value(a, (unsigned)__builtin_ctzll(pins));
        if (!alloc_wanted(a, v))
            alloc_release(a, v);
    }
}

/* Takes the uses of this instruction off: next uses advance, what has none is freed. */
static void retire_uses(Allocator *a)
{
    for (uint32_t u = a->inst_uses[a->pos]; u-- > a->inst_uses[a->pos + 1];)
        a->values[a->uses.data[u].value].next = a->uses.data[u].next;
    for (uint32_t u = a->inst_uses[a->pos + 1]; u < a->inst_uses[a->pos]; u++) {
        uint32_t v = a->uses.data[u].value;
        if (!alloc_wanted(a, v))
            alloc_release(a, v);
    }
    if (a->pin_use > a->blocks[a->block].first_pin_use &&
        a->pin_uses.data[a->pin_use - 1].pos == a->pos)
        retire_pins(a, a->pin_uses.data[--a->pin_use].pins);
}

static RegClass leaf_class(const Allocator *a, IrRef leaf)
{
    return a->values[leaf.i].cls;
}

/* Registers the instruction wants for itself: fixed operands, fixed destination, destroyed ones. */
static void forbidden(const Allocator *a, const SelInst *si, const IrInst *in,
                      uint32_t forbid[CLASS_COUNT])
{
    const LowerRule *rule = si->rule;
    forbid[CLASS_GPR] = rule->clobber_gpr;
    forbid[CLASS_VEC] = rule->clobber_vec;
    for (unsigned k = 0; k < si->nopnds; k++) {
        if (rule->fixed[k] != ANY_REG && si->opnd[k].leaf[0].i != 0)
            forbid[leaf_class(a, si->opnd[k].leaf[0])] |= 1u << rule->fixed[k];
    }
    if (rule->dest != ANY_REG)
        forbid[class_of_type(in->type)] |= 1u << rule->dest;
}

/* Empties the forbidden registers, leaving a fixed operand that is in place and dies here. */
static void vacate(Allocator *a, const SelInst *si, const uint32_t forbid[CLASS_COUNT])
{
    const LowerRule *rule = si->rule;
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        for (uint32_t m = forbid[cls]; m != 0; m &= m - 1) {
            unsigned reg = (unsigned)__builtin_ctz(m);
            uint32_t v = a->regs[cls][reg];
            bool stays = false;
            for (unsigned k = 0; k < 3 && v != 0; k++)
                stays |= rule->fixed[k] == reg && si->opnd[k].leaf[0].i == v && dies_at(a, v) &&
                         si->snap == 0;
            if (!stays)
                relocate(a, cls, reg, forbid[cls]);
        }
    }
}

static void place_operands(Allocator *a, SelInst *si, const uint32_t forbid[CLASS_COUNT])
{
    const LowerRule *rule = si->rule;
    for (unsigned k = 0; k < si->nopnds; k++) { /* what sits right already must not be evicted */
        for (unsigned n = 0; n < OPND_LEAVES; n++) {
            IrRef leaf = si->opnd[k].leaf[n];
            if (leaf.i == 0 || (n == 0 && rule->fixed[k] != ANY_REG))
                continue;
            const Value *val = &a->values[leaf.i];
            if (val->reg != NO_REG && (forbid[val->cls] >> val->reg & 1) == 0)
                a->locked[val->cls] |= 1u << val->reg;
        }
    }
    for (unsigned k = 0; k < si->nopnds; k++) {
        for (unsigned n = 0; n < OPND_LEAVES; n++) {
            IrRef leaf = si->opnd[k].leaf[n];
            if (leaf.i == 0 || (n == 0 && rule->fixed[k] != ANY_REG))
                continue;
            RegClass cls = leaf_class(a, leaf);
            unsigned hint = k == 0 && n == 0 && (rule->flags & RULE_TIED) != 0
                                ? a->values[si->inst.i].hint
                                : a->values[leaf.i].hint;
            unsigned reg = alloc_load(a, leaf.i, ~forbid[cls], hint);
            si->opnd[k].reg[n] = (uint8_t)reg;
            a->locked[cls] |= 1u << reg;
        }
    }
    for (unsigned k = 0; k < si->nopnds; k++) {
        IrRef leaf = si->opnd[k].leaf[0];
        if (leaf.i == 0 || rule->fixed[k] == ANY_REG)
            continue;
        alloc_copy_to(a, leaf.i, rule->fixed[k]);
        si->opnd[k].reg[0] = rule->fixed[k];
        a->locked[leaf_class(a, leaf)] |= 1u << rule->fixed[k];
    }
}

/* A tied operand that lives on is copied first; the copy becomes the destination. */
static unsigned tie(Allocator *a, SelInst *si, const uint32_t forbid[CLASS_COUNT])
{
    const LowerRule *rule = si->rule;
    Operand *x = &si->opnd[0], *y = &si->opnd[1];
    uint32_t v = x->leaf[0].i;
    bool late = (rule->flags & RULE_FAULT_LATE) != 0 && si->snap != 0;
    if ((rule->flags & RULE_COMMUTE) != 0 && !dies_at(a, v) && y->kind == OPND_REG &&
        dies_at(a, y->leaf[0].i)) {
        Operand t = *x;
        *x = *y;
        *y = t;
        v = x->leaf[0].i;
    }
    if (rule->dest != ANY_REG) {
        if (x->reg[0] != rule->dest)
            alloc_copy_to(a, v, rule->dest);
        return x->reg[0] = rule->dest;
    }
    if (rule->fixed[0] != ANY_REG || (dies_at(a, v) && !late))
        return x->reg[0];
    RegClass cls = leaf_class(a, x->leaf[0]);
    unsigned reg = alloc_take(a, cls, ~forbid[cls], a->values[si->inst.i].hint);
    alloc_copy_to(a, v, reg);
    a->locked[cls] |= 1u << reg;
    return x->reg[0] = (uint8_t)reg;
}

static void take_scratch(Allocator *a, SelInst *si, const uint32_t forbid[CLASS_COUNT])
{
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        unsigned n = cls == CLASS_GPR ? si->rule->scratch_gpr : si->rule->scratch_vec;
        uint8_t *out = cls == CLASS_GPR ? si->scratch_gpr : si->scratch_vec;
        for (unsigned k = 0; k < n; k++) {
            out[k] = (uint8_t)alloc_take(a, cls, ~forbid[cls], NO_REG);
            a->locked[cls] |= 1u << out[k];
        }
    }
}

static void unlock_dead_operands(Allocator *a, const SelInst *si)
{
    for (unsigned k = 0; k < si->nopnds; k++) {
        for (unsigned n = 0; n < OPND_LEAVES; n++) {
            IrRef leaf = si->opnd[k].leaf[n];
            if (leaf.i != 0 && a->regs[leaf_class(a, leaf)][si->opnd[k].reg[n]] == 0)
                a->locked[leaf_class(a, leaf)] &= ~(1u << si->opnd[k].reg[n]);
        }
    }
}

static void relock_scratch(Allocator *a, const SelInst *si)
{
    for (unsigned k = 0; k < si->rule->scratch_gpr; k++)
        a->locked[CLASS_GPR] |= 1u << si->scratch_gpr[k];
    for (unsigned k = 0; k < si->rule->scratch_vec; k++)
        a->locked[CLASS_VEC] |= 1u << si->scratch_vec[k];
}

static void define(Allocator *a, uint32_t v, unsigned reg)
{
    uint32_t old = a->regs[a->values[v].cls][reg];
    DG_ASSERT(old == 0 ||
              a->values[old].konst); /* a cached constant may have been the tied operand */
    if (old != 0)
        alloc_release(a, old);
    a->values[v].stored = false;
    if (alloc_wanted(a, v))
        alloc_bind(a, v, reg);
}

/* A constant with uses to come counts as dying in a register that is destroyed: it goes with it. */
static void release_destroyed(Allocator *a, const LowerRule *rule)
{
    const uint32_t destroyed[CLASS_COUNT] = {rule->clobber_gpr, rule->clobber_vec};
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        for (uint32_t m = destroyed[cls]; m != 0; m &= m - 1) {
            uint32_t v = a->regs[cls][__builtin_ctz(m)];
            if (v != 0 && a->values[v].konst)
                alloc_release(a, v);
        }
    }
}

static void alloc_rule(Allocator *a, uint32_t i)
{
    SelInst *si = &a->sel->insts[i];
    const IrInst *in = &a->region->insts.data[i];
    const LowerRule *rule = si->rule;
    uint32_t forbid[CLASS_COUNT], first = 0, count = 0;
    bool has_dest = in->type != IR_VOID;
    bool early =
        (rule->flags & RULE_EARLY) != 0 || ((rule->flags & RULE_FAULT_LATE) != 0 && si->snap != 0);
    unsigned dest = NO_REG;

    si->inst = (IrRef){i};
    forbidden(a, si, in, forbid);
    vacate(a, si, forbid);
    place_operands(a, si, forbid);
    bool tied = has_dest && (rule->flags & RULE_TIED) != 0;
    if (tied)
        dest = tie(a, si, forbid);
    take_scratch(a, si, forbid);
    if (has_dest && !tied && early && rule->dest == ANY_REG) {
        RegClass cls = class_of_type(in->type);
        dest = alloc_take(a, cls, ~forbid[cls], a->values[i].hint);
        a->locked[cls] |= 1u << dest;
    }
    if (si->snap != 0)
        alloc_site(a, si->snap, &first, &count);
    retire_uses(a);
    release_destroyed(a, rule);
    unlock_dead_operands(a, si);
    relock_scratch(a, si);
    if (has_dest && dest == NO_REG) {
        RegClass cls = class_of_type(in->type);
        dest = rule->dest != ANY_REG ? rule->dest
                                     : alloc_take(a, cls, ~forbid[cls], a->values[i].hint);
    }
    si->dest = (uint8_t)dest;
    if (si->snap != 0) {
        AllocEvent *e = alloc_event(a, AE_SITE, 0);
        e->first = first;
        e->count = count;
    }
    alloc_event(a, AE_INST, i);
    if (has_dest)
        define(a, i, dest);
    memset(a->locked, 0, sizeof a->locked);
}

/* ---- instructions that core handles itself ---- */

static void alloc_call(Allocator *a, uint32_t i)
{
    const Region *r = a->region;
    const IrInst *in = &r->insts.data[i];
    const HelperDesc *h = &r->helpers->helpers[in->imm];
    unsigned shift = (h->flags & HELPER_STATE) != 0;
    MoveItem items[6];
    uint32_t first = 0, count = 0;
    /* What lives on is stored; the arguments stay in their registers until they are moved. */
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        for (uint32_t m = a->host->caller_saved[cls]; m != 0; m &= m - 1) {
            uint32_t v = a->regs[cls][__builtin_ctz(m)];
            if (v != 0 && alloc_wanted(a, v) && !(dies_at(a, v) && in->snap == 0))
                alloc_store(a, v);
        }
    }
    for (uint32_t k = 0; k < in->nlist; k++)
        items[k] = (MoveItem){.cls = CLASS_GPR,
                              .dst_reg = a->host->call_args[k + shift],
                              .value = a->sel->alias[r->pool.data[in->list + k].i].i};
    alloc_parallel(a, items, in->nlist);
    retire_uses(a);
    for (unsigned cls = 0; cls < CLASS_COUNT; cls++) {
        for (uint32_t m = a->host->caller_saved[cls]; m != 0; m &= m - 1) {
            uint32_t v = a->regs[cls][__builtin_ctz(m)];
            if (v != 0)
                alloc_release(a, v);
        }
    }
    if (in->snap != 0) {
        alloc_site(a, in->snap, &first, &count);
        AllocEvent *e = alloc_event(a, AE_SITE, 0);
        e->first = first;
        e->count = count;
    }
    alloc_event(a, AE_INST, i);
    if (in->type != IR_VOID)
        define(a, i, a->host->call_ret);
}

static void alloc_site_inst(Allocator *a, uint32_t i)
{
    const IrInst *in = &a->region->insts.data[i];
    uint32_t first = 0, count = 0;
    DG_ASSERT(in->snap != 0);
    alloc_site(a, in->snap, &first, &count);
    AllocEvent *e = alloc_event(a, AE_SITE, 0);
    e->first = first;
    e->count = count;
    alloc_event(a, AE_INST, i);
    retire_uses(a);
}

static void alloc_memory_slot(Allocator *a, uint32_t i)
{
    const IrInst *in = &a->region->insts.data[i];
    const SlotDesc *sd = &a->region->slots->slots[in->imm];
    if (in->op == IR_put) {
        MoveItem it = {.cls = class_of_type(sd->type),
                       .dst_reg = NO_REG,
                       .type = sd->type,
                       .dst_offset = sd->offset,
                       .value = a->sel->alias[in->arg[0].i].i};
        DG_ASSERT(sd->memory_only);
        alloc_parallel(a, &it, 1);
        retire_uses(a);
    } else if (!alloc_is_entry_get(a, i) && alloc_wanted(a, i)) {
        RegClass cls = class_of_type(in->type);
        unsigned reg = alloc_take(a, cls, ~0u, a->values[i].hint);
        alloc_move(a,
                   (HostMove){.kind = MOVE_LOAD,
                              .cls = cls,
                              .type = in->type,
                              .dst = (uint8_t)reg,
                              .scratch = NO_REG,
                              .offset = sd->offset},
                   i);
        define(a, i, reg);
    }
}

static void go_to(Allocator *a, uint32_t edge)
{
    alloc_event(a, AE_GOTO, edge);
}

static void alloc_br(Allocator *a, uint32_t i)
{
    const IrInst *in = &a->region->insts.data[i];
    SelInst *si = &a->sel->insts[i];
    uint32_t forbid[CLASS_COUNT], first = 0, count = 0;
    si->inst = (IrRef){i};
    forbidden(a, si, in, forbid);
    place_operands(a, si, forbid);
    take_scratch(a, si, forbid);
    if (si->snap != 0) /* of a folded load */
        alloc_site(a, si->snap, &first, &count);
    memset(a->locked, 0, sizeof a->locked);
    for (unsigned n = 0; n < 2; n++)
        a->al->edge_has_stub[in->edge[n]] = !alloc_edge_is_trivial(a, in->edge[n]);
    if (si->snap != 0) {
        AllocEvent *e = alloc_event(a, AE_SITE, 0);
        e->first = first;
        e->count = count;
    }
    alloc_event(a, AE_INST, i);
}

static void alloc_inst(Allocator *a, uint32_t i)
{
    const IrInst *in = &a->region->insts.data[i];
    const SelInst *si = &a->sel->insts[i];
    if (si->folded || si->lazy || !si->needed || a->sel->alias[i].i != i)
        return;
    switch (in->op) {
    case IR_call:
        alloc_call(a, i);
        break;
    case IR_poll:
    case IR_trap:
        alloc_site_inst(a, i);
        break;
    case IR_get:
    case IR_put:
        alloc_memory_slot(a, i);
        break;
    case IR_count:
        alloc_event(a, AE_INST, i);
        break;
    case IR_exit:
    case IR_exitind:
        alloc_exit(a, i);
        alloc_event(a, AE_INST, i);
        break;
    case IR_jump:
        alloc_edge(a, in->edge[0]);
        go_to(a, in->edge[0]);
        break;
    case IR_br:
        alloc_br(a, i);
        break;
    default:
        if (si->rule != NULL)
            alloc_rule(a, i);
        break;
    }
}

/* ---- the scan and the layout ---- */

/* Edge stubs of a branch start from the state at its end; each leaves that state as it was. */
static void lay_out_stubs(Allocator *a, const IrInst *br, uint32_t stub_span[2])
{
    for (unsigned n = 0; n < 2; n++) {
        stub_span[n] = NO_LABEL;
        if (!a->al->edge_has_stub[br->edge[n]])
            continue;
        stub_span[n] = a->al->events.count;
        alloc_event(a, AE_EDGE, br->edge[n]);
        alloc_edge(a, br->edge[n]);
        go_to(a, br->edge[n]);
    }
}

static void alloc_block(Allocator *a, uint32_t b, uint32_t stub_span[2])
{
    const Region *r = a->region;
    const IrInst *last = &r->insts.data[r->blocks.data[b].last];
    alloc_block_uses(a, b);
    alloc_block_begin(a, b);
    a->blocks[b].first_event = a->al->events.count;
    alloc_event(a, AE_BLOCK, b);
    a->pos = 0;
    for (uint32_t i = r->blocks.data[b].first; i != 0; i = r->insts.data[i].next, a->pos++)
        alloc_inst(a, i);
    stub_span[0] = stub_span[1] = NO_LABEL;
    if (last->op == IR_br)
        lay_out_stubs(a, last, stub_span);
    for (uint32_t u = a->blocks[b].first_use; u < a->inst_uses[a->pos - 1]; u++)
        a->values[a->uses.data[u].value].next = POS_FAR + 1; /* the terminator's are not retired */
    a->blocks[b].end_event = a->al->events.count;
}

static bool is_cold(const Region *r, uint32_t b)
{
    const IrBlock *bl = &r->blocks.data[b];
    return bl->cold || r->insts.data[bl->last].op == IR_trap;
}

/* True if edge n of block b goes back to a block laid out before it. */
static bool is_back_stub(const Allocator *a, uint32_t b, unsigned n)
{
    const Region *r = a->region;
    const IrInst *br = &r->insts.data[r->blocks.data[b].last];
    uint32_t to = r->edges.data[br->edge[n]].block;
    return r->blocks.data[to].loop_head && a->blocks[to].first_event <= a->blocks[b].first_event;
}

/* Blocks in their order, the stub of a loop's back edge right behind its block, so that an
 * iteration takes one jump; then the other stubs, then cold blocks. */
static void lay_out_spans(Allocator *a, uint32_t (*stubs)[2])
{
    Arena *arena = a->region->arena;
    uint32_t nb = a->region->blocks.count;
    Allocation *al = a->al;
    for (unsigned cold = 0; cold < 2; cold++) {
        for (uint32_t b = 0; b < nb; b++) {
            if (is_cold(a->region, b) != cold)
                continue;
            *VEC_PUSH(arena, &al->spans) = a->blocks[b].first_event;
            for (unsigned n = 0; n < 2; n++) {
                if (stubs[b][n] == NO_LABEL || !is_back_stub(a, b, n))
                    continue;
                *VEC_PUSH(arena, &al->spans) = stubs[b][n];
                stubs[b][n] = NO_LABEL;
                break;
            }
        }
        for (uint32_t b = 0; cold == 0 && b < nb; b++) {
            for (unsigned n = 0; n < 2; n++) {
                if (stubs[b][n] != NO_LABEL)
                    *VEC_PUSH(arena, &al->spans) = stubs[b][n];
            }
        }
    }
}

bool alloc_region(Selection *s, CompiledCode *out, Allocation *al, char *err, size_t err_size)
{
    Region *r = s->region;
    Arena *arena = r->arena;
    Allocator *a = arena_alloc(arena, sizeof *a);
    uint32_t ninsts = r->insts.count;
    uint8_t pin_of[256];
    *a = (Allocator){.sel = s, .region = r, .host = s->host, .out = out, .al = al};
    a->ninsts = ninsts;
    a->nvalues = ninsts + MAX_PINNED;
    a->words = (a->nvalues + 63) / 64;
    a->values = arena_raw(arena, a->nvalues * sizeof *a->values);
    a->blocks = arena_alloc(arena, r->blocks.count * sizeof *a->blocks);
    VEC_ROOM(arena, &a->uses, ninsts + 64);
    VEC_ROOM(arena, &a->pin_uses, r->snaps.count + 16);
    VEC_ROOM(arena, &al->events, ninsts + 64);
    al->edge_has_stub = arena_alloc(arena, r->edges.count + 1);
    uint32_t(*stubs)[2] = arena_alloc(arena, r->blocks.count * sizeof *stubs);

    set_up_values(a);
    memset(pin_of, NO_PIN, sizeof pin_of);
    set_up_slots(a, pin_of);
    set_up_snapshots(a, pin_of);
    set_up_hints(a);
    alloc_liveness(a);
    set_up_memory_params(a);
    for (uint32_t b = 0; b < r->blocks.count; b++)
        alloc_block(a, b, stubs[b]);
    lay_out_spans(a, stubs);
    if (a->failed)
        snprintf(err, err_size, "region at 0x%llx needs more than %d spill slots",
                 (unsigned long long)r->pc, EMERGENCY_SPILL);
    return !a->failed;
}
