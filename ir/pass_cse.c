/* pass_cse.c: one computation of each pure value.
 *
 * Values are hashed in reverse postorder; a later equal one is replaced when the earlier one's
 * block dominates. Floating point is left alone (its flags), and so is anything with an effect.
 *
 * An instruction whose arguments were replaced is simplified once more.
 *
 * Example: %3 = add i64 %1, 8; ...; %9 = add i64 %1, 8   ->   %9 is %3
 */
#include "ir/internal.h"

typedef struct Cse {
    Region *r;
    IrGraph g;
    uint32_t *table; /* hash -> newest instruction of the chain */
    uint32_t *chain; /* instruction -> older one with the same hash */
    uint32_t mask;
    IrMap map;
} Cse;

static uint32_t hash(const IrInst *i)
{
    uint64_t h = i->op * UINT64_C(0x9e3779b97f4a7c15);
    h ^= (uint64_t)i->type << 8 | (uint64_t)i->lane << 16 | (uint64_t)i->cc << 24;
    h = (h ^ i->imm ^ i->aux) * UINT64_C(0xff51afd7ed558ccd);
    for (unsigned n = 0; n < i->nargs; n++)
        h = (h ^ i->arg[n].i ^ h >> 29) * UINT64_C(0xc4ceb9fe1a85ec53);
    return (uint32_t)(h >> 32);
}

static bool dominates(const IrGraph *g, uint32_t a, uint32_t b)
{
    while (g->index[b] > g->index[a])
        b = g->idom[b];
    return a == b;
}

/* An earlier equal value that is there whenever v is; otherwise v is entered. */
static uint32_t find(Cse *c, uint32_t v)
{
    const IrInst *i = &c->r->insts.data[v];
    uint32_t *head = &c->table[hash(i) & c->mask];
    for (uint32_t o = *head; o != 0; o = c->chain[o]) {
        const IrInst *old = &c->r->insts.data[o];
        if (ir_inst_equal(old, i) && dominates(&c->g, old->block, i->block))
            return o;
    }
    c->chain[v] = *head;
    *head = v;
    return 0;
}

static void replace(Cse *c, uint32_t v, uint32_t old)
{
    ir_map_add(&c->map, v, old);
    ir_remove(c->r, (IrRef){v});
}

/* Replaced arguments may have made the instruction simpler: x - x, say. True if it is gone. */
static bool simplify_again(Cse *c, uint32_t v)
{
    IrInst copy = c->r->insts.data[v];
    Folder f = {.region = c->r, .block = copy.block, .before = v, .graph = &c->g};
    IrRef old = ir_simplify(&f, &copy);
    if (old.i != 0) {
        replace(c, v, old.i);
        return true;
    }
    IrInst *i = &c->r->insts.data[v];
    copy.prev = i->prev;
    copy.next = i->next;
    copy.block = i->block;
    *i = copy;
    return false;
}

static void visit(Cse *c, uint32_t v)
{
    IrInst *i = &c->r->insts.data[v];
    bool changed = false;
    if (v >= c->map.count)
        return; /* a constant made here */
    for (unsigned n = 0; n < i->nargs; n++) {
        uint32_t a = ir_map_end(&c->map, i->arg[n].i);
        changed |= a != i->arg[n].i;
        i->arg[n].i = a;
    }
    if (!ir_has(i, IR_E_PURE) || ir_has(i, IR_E_RAISES))
        return;
    if (changed && simplify_again(c, v))
        return;
    uint32_t old = find(c, v);
    if (old != 0)
        replace(c, v, old);
}

void ir_pass_cse(Region *r, const PassContext *ctx)
{
    (void)ctx;
    Cse c = {.r = r, .g = ir_graph(r), .mask = 63};
    while (c.mask < r->insts.count)
        c.mask = c.mask * 2 + 1;
    c.table = arena_alloc(r->arena, (c.mask + 1) * sizeof *c.table);
    c.chain = arena_alloc(r->arena, r->insts.count * sizeof *c.chain);
    c.map = ir_map_new(r);
    for (uint32_t k = 0; k < c.g.count; k++)
        for (uint32_t v = r->blocks.data[c.g.order[k]].first, next; v != 0; v = next) {
            next = r->insts.data[v].next;
            visit(&c, v);
        }
    ir_map_apply_rest(r, &c.map);
}
