/* internal.h: what the files of ir/ share with each other and nobody else. */
#ifndef DRAGOMAN_IR_INTERNAL_H
#define DRAGOMAN_IR_INTERNAL_H

#include <stddef.h>
#include <string.h>

#include "ir/ir.h"
#include "ir/passes.h"

/* For ops whose cc is a plain number: how many there are (cc is below); 0 for others. */
unsigned ir_op_variants(IrOp op);

/* ---- simplification of one instruction (simplify.c), shared by the builder and pass_fold ---- */

typedef struct Folder { /* where new instructions go: before `before`, or at the end of `block` */
    Region *region;
    uint32_t block;
    uint32_t before;
    const struct IrGraph *graph; /* for facts from branches passed; or NULL */
    uint32_t **uses; /* of values below use_count, at least; counted when asked for. Or NULL */
    uint32_t use_count;
} Folder;

/* An older value that equals `inst`, or IR_NONE; then *inst may have been rewritten into a cheaper
 * form. `inst` must not point into Region.insts. */
IrRef ir_simplify(Folder *f, IrInst *inst);
/* Links a copy of *inst at the folder's place without looking at it. */
IrRef ir_fold_place(Folder *f, const IrInst *inst);

/* ---- the graph of a region (graph.c) ---- */

typedef struct IrPred {
    uint32_t block, edge;
} IrPred;

typedef struct IrGraph {
    uint32_t *order; /* reachable blocks in reverse postorder */
    uint32_t count;
    uint32_t *index;      /* block -> place in order; UINT32_MAX: unreachable */
    uint32_t *pred_first; /* preds of block b: preds[pred_first[b]] .. preds[pred_first[b + 1]] */
    IrPred *preds;
    uint32_t *idom; /* block -> immediate dominator; the entry's is itself */
} IrGraph;

IrGraph ir_graph_new(const Region *r);
/* The same, kept in the region until its shape changes. */
IrGraph ir_graph(Region *r);
/* Renumbers blocks in reverse postorder and drops those that nothing reaches. */
void ir_order_blocks(Region *r);
/* How many loops each block is in: those from a block that a later one leads back to, up to the
 * last that does. */
uint8_t *ir_loop_depths(const Region *r);
/* The terminator of a block, or 0. */
static inline uint32_t ir_term(const Region *r, uint32_t block)
{
    uint32_t last = r->blocks.data[block].last;
    return last != 0 && ir_has(&r->insts.data[last], IR_E_TERM) ? last : 0;
}
/* Number of edges of a terminator. */
static inline unsigned ir_edge_count(const IrInst *i)
{
    return i->op == IR_br ? 2 : i->op == IR_jump ? 1 : 0;
}

/* Which values are replaced by which: to[v], 0 for none. Replacements may be newer than the map. */
typedef struct IrMap {
    uint32_t *to;
    uint32_t count; /* instructions that there were when it was made */
    bool used;      /* something is replaced */
} IrMap;

IrMap ir_map_new(const Region *r);
/* Notes that v is replaced by `by`. */
static inline void ir_map_add(IrMap *m, uint32_t v, uint32_t by)
{
    m->to[v] = by;
    m->used = true;
}
uint32_t ir_map_follow(const IrMap *m, uint32_t v);
/* The end of v's chain of replacements. */
static inline uint32_t ir_map_end(const IrMap *m, uint32_t v)
{
    return v < m->count && m->to[v] != 0 ? ir_map_follow(m, v) : v;
}
/* Carries the replacements out: in arguments, lists, edges and snapshots. */
void ir_map_apply(Region *r, const IrMap *m);
/* The same where a walk has replaced instructions' own arguments already. */
void ir_map_apply_rest(Region *r, const IrMap *m);
/* Op, types, small numbers and flags in one word, to be compared. */
static inline uint64_t ir_inst_head(const IrInst *i)
{
    uint64_t head;
    _Static_assert(offsetof(IrInst, arg) == sizeof head, "what stands in front of the arguments");
    memcpy(&head, i, sizeof head);
    return head;
}
/* Same op, arguments and numbers; lists, edges and snapshots aside. */
static inline bool ir_inst_equal(const IrInst *a, const IrInst *b)
{
    if (ir_inst_head(a) != ir_inst_head(b) || a->aux != b->aux || a->imm != b->imm)
        return false;
    for (unsigned n = 0; n < a->nargs; n++)
        if (!ir_same(a->arg[n], b->arg[n]))
            return false;
    return true;
}
/* The snapshot of instruction v, which shares it with no other from here on. */
IrSnapshot *ir_own_snapshot(Region *r, uint32_t v);
/* Uses of every value, in arguments, lists, edges and snapshots. */
uint32_t *ir_count_uses(const Region *r);
/* Removes instructions that nothing needs, and parameters that nothing needs or that always have
 * one value. */
void ir_remove_unneeded(Region *r);
/* An instruction that must stay although nothing uses its value; of those with an effect. */
bool ir_is_root_effect(const Region *r, const IrInst *i);
static inline bool ir_is_root(const Region *r, const IrInst *i)
{
    bool pure = (ir_op_info[i->op].effects & (IR_E_PURE | IR_E_RAISES)) == IR_E_PURE;
    return !pure && ir_is_root_effect(r, i);
}

/* ---- the passes (passes.def) ---- */

#define PASS(name, text) void ir_pass_##name(Region *r, const PassContext *ctx);
#include "ir/passes.def"
#undef PASS

#endif
