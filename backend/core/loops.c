/* loops.c: constants that stay in registers around loops; see alloc.h.
 *
 * Constants are made where they are wanted and forgotten at block ends, but for those that operands
 * want in a loop (BlockInfo.keep of its blocks): where a block of the loop is entered with one in a
 * register, it stays there, and the head of the loop takes some into registers that are free. They
 * still are nothing but constants: one that is destroyed, or whose register is wanted, goes, and is
 * made again by the edge that needs it.
 *
 * Example: the loop of cmp rdx, 0xf4241: MOVZ, MOVK before the first turn, then CMP alone.
 */
#include "backend/core/alloc.h"

static unsigned successors(const Allocator *a, uint32_t b, uint32_t to[2])
{
    const Region *r = a->region;
    const IrInst *last = &r->insts.data[r->blocks.data[b].last];
    unsigned n = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
    for (unsigned k = 0; k < n; k++)
        to[k] = r->edges.data[last->edge[k]].block;
    return n;
}

/* The constants among the operands of block b. */
static bool add_operands(const Allocator *a, uint32_t b, uint64_t *set)
{
    const Selection *s = a->sel;
    bool any = false;
    for (uint32_t i = a->region->blocks.data[b].first; i != 0; i = a->region->insts.data[i].next) {
        const SelInst *si = &s->insts[i];
        if (si->rule == NULL || si->folded || si->lazy || !si->needed || s->alias[i].i != i)
            continue;
        for (unsigned k = 0; k < 3 * OPND_LEAVES; k++) {
            uint32_t v = si->opnd[k / OPND_LEAVES].leaf[k % OPND_LEAVES].i;
            if (v == 0 || !a->values[v].konst)
                continue;
            set[v / 64] |= (uint64_t)1 << (v % 64);
            any = true;
        }
    }
    return any;
}

/* The loop from block `head` on: of the blocks up to its end (they are in reverse postorder) those
 * from which a way leads back. */
static void find_kept(Allocator *a, uint32_t head)
{
    uint32_t end = a->blocks[head].loop_end, to[2];
    bool *in = arena_alloc(a->region->arena, end + 1);
    uint64_t *set = arena_alloc(a->region->arena, a->words * sizeof *set);
    bool any = false;
    for (uint32_t b = end + 1; b-- > head;) {
        unsigned n = successors(a, b, to);
        for (unsigned k = 0; k < n; k++)
            in[b] |= to[k] == head || (to[k] > b && to[k] <= end && in[to[k]]);
        if (in[b])
            any |= add_operands(a, b, set);
    }
    for (uint32_t b = head; any && b <= end; b++) {
        BlockInfo *bi = &a->blocks[b];
        if (!in[b])
            continue;
        if (bi->keep == NULL)
            bi->keep = arena_alloc(a->region->arena, a->words * sizeof *bi->keep);
        for (uint32_t w = 0; w < a->words; w++)
            bi->keep[w] |= set[w];
    }
}

void alloc_find_kept(Allocator *a)
{
    for (uint32_t b = 0; b < a->region->blocks.count; b++) {
        if (a->blocks[b].loop_end != 0)
            find_kept(a, b);
    }
}

bool alloc_kept_behind(const Allocator *a, uint32_t b, uint32_t v)
{
    uint32_t to[2];
    unsigned n = successors(a, b, to);
    for (unsigned k = 0; k < n; k++) {
        const BlockInfo *bi = &a->blocks[to[k]];
        if (bi->keep != NULL && alloc_bit(bi->keep, v))
            return true;
    }
    return false;
}

/* A register for constant v at the entry of a block: its own, or for a loop's head any that is
 * free; NO_REG: none. */
static unsigned register_for(const Allocator *a, const BlockInfo *bi, uint32_t v, uint32_t free)
{
    const Value *val = &a->values[v];
    if (val->reg != NO_REG && (free >> val->reg & 1) != 0)
        return val->reg;
    for (const uint8_t *p = a->host->alloc_order[val->cls]; bi->loop_end != 0 && *p != NO_REG;
         p++) {
        if ((free >> *p & 1) != 0)
            return *p;
    }
    return NO_REG;
}

void alloc_keep_consts(Allocator *a, uint32_t b, uint32_t used[CLASS_COUNT])
{
    enum { TEMPORARIES = 4 };
    BlockInfo *bi = &a->blocks[b];
    const IrBlock *block = &a->region->blocks.data[b];
    uint32_t wanted[CLASS_COUNT] = {used[CLASS_GPR], used[CLASS_VEC]};
    unsigned room[CLASS_COUNT] = {TEMPORARIES, TEMPORARIES};
    for (uint32_t k = 0; k < block->params.count; k++) { /* they choose after us */
        const Value *val = &a->values[block->params.data[k].i];
        room[val->cls]++;
        if (val->hint != NO_REG)
            wanted[val->cls] |= 1u << val->hint;
    }
    for (uint32_t w = 0; w < a->words; w++) {
        for (uint64_t m = bi->keep[w]; m != 0; m &= m - 1) {
            uint32_t v = w * 64 + (uint32_t)__builtin_ctzll(m);
            RegClass cls = a->values[v].cls;
            uint32_t free = a->host->allocatable[cls] & ~wanted[cls];
            if ((unsigned)__builtin_popcount(a->host->allocatable[cls] & ~used[cls]) <= room[cls] ||
                (!alloc_bit(bi->strong, v) && !alloc_kept_behind(a, b, v)))
                continue;
            unsigned reg = register_for(a, bi, v, free);
            if (reg == NO_REG)
                continue;
            used[cls] |= 1u << reg;
            wanted[cls] |= 1u << reg;
            bi->entry[bi->nentry++] = (EntryRec){v, (uint8_t)reg, false};
        }
    }
}
