/* pass_forward.c: a thread's own store feeds its load of the same bytes.
 *
 * Only where no one can tell: the load is of exactly the stored bytes, and since the store there
 * was no write that may overlap, no fence, atomic, poll or call, and no other ordered load that
 * stays. The last is needed under x86's TSO: after [x] = 1; a = [y]; b = [x] b = 1 with a = 1 would
 * be wrong if another thread had done [x] = 2; [y] = 1 after our store reached memory. With no load
 * between, the load can be thought right behind the store.
 *
 * The load's fault goes with it: the store has just written those bytes.
 *
 * Where dependencies count (Region.dependencies) only absolute addresses are looked at: what is
 * loaded depends on the address of its load, and so is ordered behind whatever that was computed
 * from. The stored value may not be.
 *
 * Addresses are compared as root + constant. Stores hold through a block and into blocks that have
 * it as their only predecessor.
 */
#include <string.h>

#include "ir/internal.h"

enum { STORES_MAX = 8 };

typedef struct Stored {
    uint32_t root; /* value without the constant added to it; 0: an absolute address */
    uint64_t offset;
    uint32_t size;
    uint32_t store;
} Stored;

typedef struct StoreSet { /* oldest first */
    Stored s[STORES_MAX];
    uint32_t count;
} StoreSet;

static Stored place_of(const Region *r, IrRef addr, IrType t)
{
    Stored p = {.size = ir_type_bits(t) / 8};
    const IrInst *i = ir_inst(r, addr);
    if (i->op == IR_const) {
        p.offset = i->imm;
        return p;
    }
    p.root = addr.i;
    if (i->op == IR_add && ir_is_const(r, i->arg[1])) {
        p.root = i->arg[0].i;
        p.offset = ir_inst(r, i->arg[1])->imm;
    }
    return p;
}

static bool may_overlap(const Stored *a, const Stored *b)
{
    if (a->root != b->root)
        return true;
    uint64_t d = b->offset - a->offset;
    return d < a->size || -d < b->size;
}

static void add_store(const Region *r, StoreSet *set, uint32_t v)
{
    const IrInst *i = &r->insts.data[v];
    Stored p = place_of(r, i->arg[0], (IrType)i->lane);
    uint32_t kept = 0;
    p.store = v;
    for (uint32_t n = 0; n < set->count; n++)
        if (!may_overlap(&set->s[n], &p))
            set->s[kept++] = set->s[n];
    set->count = kept;
    if (set->count == STORES_MAX)
        memmove(&set->s[0], &set->s[1], --set->count * sizeof set->s[0]);
    set->s[set->count++] = p;
}

/* The value that the load gets from one of the stores; it may need a bitcast in front of the
 * load. IR_NONE if there is none. */
static IrRef forwarded(Region *r, const StoreSet *set, uint32_t v)
{
    const IrInst *load = &r->insts.data[v];
    IrType t = (IrType)load->type;
    Stored p = place_of(r, load->arg[0], t);
    if (r->dependencies && p.root != 0)
        return IR_NONE;
    for (uint32_t n = set->count; n-- > 0;) {
        const IrInst *st = &r->insts.data[set->s[n].store];
        if (set->s[n].root != p.root || set->s[n].offset != p.offset || set->s[n].size != p.size)
            continue;
        if ((load->flags & IR_M_BIG) != (st->flags & IR_M_BIG) ||
            (load->flags & IR_M_ALIGNED & ~st->flags) != 0 ||
            ((load->flags | st->flags) & IR_M_STREAM) != 0)
            return IR_NONE;
        if (st->lane == t)
            return st->arg[1];
        if (ir_type_is_vector(t) || (st->flags & IR_M_BIG) != 0)
            return IR_NONE;
        IrRef c = ir_inst_new(
            r, &(IrInst){.op = IR_bitcast, .type = (uint8_t)t, .nargs = 1, .arg = {st->arg[1]}});
        ir_insert_before(r, (IrRef){v}, c);
        return c;
    }
    return IR_NONE;
}

static bool plain_order(const IrInst *i)
{
    unsigned order = i->flags & IR_M_ORDER;
    return order == IR_ORDER_NONE || order == IR_ORDER_TSO;
}

typedef struct Forward {
    Region *r;
    StoreSet *out; /* by block: what its end knows */
    IrMap map;
} Forward;

static void forward_load(Forward *f, StoreSet *set, uint32_t v)
{
    IrInst *i = &f->r->insts.data[v];
    IrRef by = plain_order(i) ? forwarded(f->r, set, v) : IR_NONE;
    if (by.i != 0) {
        ir_map_add(&f->map, v, by.i);
        ir_remove(f->r, (IrRef){v});
    } else if ((i->flags & IR_M_ORDER) != IR_ORDER_NONE) {
        set->count = 0;
    }
}

static void forward_block(Forward *f, uint32_t b, StoreSet *set)
{
    Region *r = f->r;
    for (uint32_t v = r->blocks.data[b].first, next; v != 0; v = next) {
        IrInst *i = &r->insts.data[v];
        next = i->next;
        for (unsigned n = 0; n < i->nargs; n++)
            i->arg[n].i = ir_map_end(&f->map, i->arg[n].i);
        if (i->op == IR_load)
            forward_load(f, set, v);
        else if (i->op == IR_store && plain_order(i))
            add_store(r, set, v);
        else if (ir_has(i, IR_E_READ | IR_E_WRITE | IR_E_ORDER) || i->op == IR_call)
            set->count = 0;
    }
}

void ir_pass_forward(Region *r, const PassContext *ctx)
{
    (void)ctx;
    if ((r->effects & IR_E_WRITE) == 0)
        return;
    IrGraph g = ir_graph(r);
    Forward f = {.r = r, .map = ir_map_new(r)};
    f.out = arena_alloc(r->arena, r->blocks.count * sizeof *f.out);
    for (uint32_t k = 0; k < g.count; k++) {
        uint32_t b = g.order[k], first = g.pred_first[b];
        if (k != 0 && g.pred_first[b + 1] - first == 1)
            f.out[b] = f.out[g.preds[first].block];
        forward_block(&f, b, &f.out[b]);
    }
    ir_map_apply_rest(r, &f.map);
}
