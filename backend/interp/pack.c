/* pack.c: a lifted region made into what the interpreter runs (interp.h).
 *
 * It is written into temporary memory, where there is room for all that might be, and copied from
 * there. Constants and values get places when they are first met. Blocks follow each other in
 * order; a block ends in a terminator, so none falls into the next.
 */
#include <string.h>

#include "backend/interp/interp.h"
#include "ir/base/bits.h"

/* By type: what arguments of `others` stand for. */
static const IrInst type_insts[IR_TYPE_COUNT] = {
#define TYPE(t) [t] = {.type = t}
    TYPE(IR_I8),  TYPE(IR_I16), TYPE(IR_I32), TYPE(IR_I64),
    TYPE(IR_F32), TYPE(IR_F64), TYPE(IR_V128)
#undef TYPE
};

/* The step of each op that has one of its own. */
static const uint8_t step_of[IR_OP_COUNT] = {
    [IR_mul] = STEP_mul,
    [IR_not] = STEP_not,
    [IR_neg] = STEP_neg,
    [IR_sar] = STEP_sar,
    [IR_sext] = STEP_sext,
    [IR_slt] = STEP_slt,
    [IR_sle] = STEP_sle,
    [IR_add] = STEP_add,
    [IR_sub] = STEP_sub,
    [IR_and] = STEP_and,
    [IR_or] = STEP_or,
    [IR_xor] = STEP_xor,
    [IR_shl] = STEP_shl,
    [IR_shr] = STEP_shr,
    [IR_eq] = STEP_eq,
    [IR_ne] = STEP_ne,
    [IR_ult] = STEP_ult,
    [IR_ule] = STEP_ule,
    [IR_zext] = STEP_move,
    [IR_vlow] = STEP_vlow,
    [IR_trunc] = STEP_trunc,
    [IR_extract] = STEP_extract,
    [IR_select] = STEP_select,
    [IR_get] = STEP_get,
    [IR_put] = STEP_put,
    [IR_poll] = STEP_poll,
    [IR_load] = STEP_load,
    [IR_store] = STEP_store,
    [IR_fence] = STEP_fence,
    [IR_aadd] = STEP_atomic,
    [IR_aand] = STEP_atomic,
    [IR_aor] = STEP_atomic,
    [IR_axor] = STEP_atomic,
    [IR_axchg] = STEP_atomic,
    [IR_acas] = STEP_atomic,
    [IR_fpctlget] = STEP_fpctlget,
    [IR_fpctlset] = STEP_fpctlset,
    [IR_call] = STEP_call,
    [IR_jump] = STEP_jump,
    [IR_br] = STEP_br,
    [IR_exit] = STEP_exit,
    [IR_exitind] = STEP_exit,
    [IR_trap] = STEP_trap,
};

typedef struct Packer {
    Arena *arena;
    const Region *r;
    Trim trim;
    uint16_t *place; /* of the value of each instruction, 0: none yet; exit: of its pc */
    uint32_t *start; /* of each block, in `insts`.. */
    uint32_t *noted; /* ..and in `insns`; one more for the end */
    PackedInst *insts;
    PackedEdge *edges;
    PackedInsn *insns;
    uint16_t *words;
    uint64_t *constants;
    IrInst *others;
    uint32_t ninsts, ninsns, nwords, nothers, nvalues, nconstants;
    bool evaluates;
} Packer;

static InterpStep step_for(const IrInst *i)
{
    if (step_of[i->op] != STEP_eval)
        return (InterpStep)step_of[i->op];
    return ir_has(i, IR_E_FPENV) ? STEP_fp : STEP_eval;
}

static uint16_t new_place(Packer *k, uint32_t v)
{
    const IrInst *i = &k->r->insts.data[v];
    if (k->trim.values[v].home != 0)
        return place_in_state(k->r->slots->slots[k->trim.values[v].home - 1].offset);
    if (i->op == IR_const || i->op == IR_exit) {
        DG_ASSERT(k->nconstants < 2 * PACK_MOST);
        k->constants[k->nconstants] = i->imm;
        return place_of_constant(k->nconstants++);
    }
    DG_ASSERT(k->nvalues < PACK_MOST - 1);
    return place_of_value(++k->nvalues);
}

static uint16_t place_of(Packer *k, uint32_t v)
{
    if (k->place[v] == 0)
        k->place[v] = new_place(k, v);
    return k->place[v];
}
static uint16_t place_of_ref(Packer *k, IrRef v)
{
    return place_of(k, trim_value(&k->trim, v.i));
}
static uint16_t place_of_arg(Packer *k, const IrInst *i, unsigned n)
{
    return place_of(k, trim_arg(&k->trim, k->r, i, n));
}

static PackedInst *next_inst(Packer *k)
{
    return memset(&k->insts[k->ninsts++], 0, sizeof(PackedInst));
}

static uint16_t narrow(uint64_t n)
{
    DG_ASSERT(n <= UINT16_MAX);
    return (uint16_t)n;
}

static void set_wide(PackedInst *p, uint64_t wide)
{
    DG_ASSERT(wide <= UINT32_MAX);
    p->dest = (uint16_t)wide;
    p->b = (uint16_t)(wide >> 16);
}

static uint32_t offset_of(const Packer *k, uint64_t pc)
{
    uint64_t offset = pc - k->r->blocks.data[0].pc;
    DG_ASSERT((int64_t)offset == (int32_t)offset);
    return (uint32_t)offset;
}

/* What is packed from here on belongs to the guest instruction at pc, the n-th of its block. */
static void note_insn(Packer *k, uint64_t pc, uint32_t n)
{
    bool instead = n != 0 && k->insns[k->ninsns - 1].at == k->ninsts;
    k->insns[instead ? k->ninsns - 1 : k->ninsns++] =
        (PackedInsn){.pc = offset_of(k, pc), .at = narrow(k->ninsts), .count = narrow(n)};
}

/* The third operand. */
static PackedInst *pack_more(Packer *k, const IrInst *i)
{
    PackedInst *more = next_inst(k);
    more->a = i->nargs > 2 ? place_of_arg(k, i, 2) : 0;
    return more;
}

/* The IR's instruction, and how it names its arguments there. */
static void pack_other(Packer *k, const IrInst *i)
{
    IrInst *o = &k->others[k->nothers];
    *o = *i;
    for (unsigned n = 0; n < i->nargs; n++)
        o->arg[n].i = ir_inst(k->r, i->arg[n])->type;
    set_wide(pack_more(k, i), k->nothers++);
}

static unsigned size_of(unsigned type)
{
    return ir_type_bits((IrType)type) / 8;
}

static unsigned bits_of(const Packer *k, IrRef v)
{
    return ir_type_bits((IrType)ir_inst(k->r, v)->type);
}

static void pack_slot(const Packer *k, PackedInst *p, const IrInst *i)
{
    const SlotDesc *slot = &k->r->slots->slots[i->imm];
    bool get = i->op == IR_get;
    p->size = (uint8_t)size_of(get ? i->type : slot->type);
    *(get ? &p->a : &p->b) = narrow(slot->offset);
    if (p->size == 8)
        p->step = get ? STEP_get64 : STEP_put64;
}

static void pack_call(Packer *k, PackedInst *p, const IrInst *i)
{
    p->a = narrow(i->nlist);
    p->b = narrow(k->nwords);
    PackedInst *more = next_inst(k);
    more->a = narrow(i->imm);
    more->dest = narrow(k->ninsns - 1);
    for (uint32_t n = 0; n < i->nlist; n++)
        k->words[k->nwords++] = place_of_ref(k, k->r->pool.data[i->list + n]);
}

static void pack_branch(PackedInst *p, const IrInst *i)
{
    if (i->op == IR_jump) {
        p->a = narrow(i->edge[0]);
        return;
    }
    p->b = narrow(i->edge[0]);
    p->dest = narrow(i->edge[1]);
}

static void pack_access(PackedInst *p, const IrInst *i, unsigned size, InterpStep of8,
                        InterpStep of4)
{
    p->size = packed_access(size, i->flags);
    if ((p->size & (ACCESS_ALIGNED | ACCESS_BIG)) == 0 && (size == 8 || size == 4))
        p->step = (uint8_t)(size == 8 ? of8 : of4);
}

static void pack_fields(Packer *k, PackedInst *p, const IrInst *i)
{
    switch ((InterpStep)p->step) {
    case STEP_eval:
    case STEP_fp:
    case STEP_atomic:
        pack_other(k, i);
        break;
    case STEP_select:
        pack_more(k, i);
        p->size = i->type;
        break;
    case STEP_sext:
        p->b = (uint16_t)bits_of(k, i->arg[0]);
        p->size = (uint8_t)(64 - ir_type_bits((IrType)i->type));
        break;
    case STEP_slt:
    case STEP_sle:
        p->size = (uint8_t)bits_of(k, i->arg[0]);
        break;
    case STEP_extract:
        p->size = (uint8_t)i->aux;
        p->b = (uint16_t)(i->aux >> 8);
        break;
    case STEP_get:
    case STEP_put:
        pack_slot(k, p, i);
        break;
    case STEP_load:
        pack_access(p, i, size_of(i->type), STEP_load64, STEP_load32);
        p->b = (uint16_t)trim_displacement(k->r, i);
        break;
    case STEP_store:
        pack_access(p, i, size_of(i->lane), STEP_store64, STEP_store32);
        p->dest = (uint16_t)trim_displacement(k->r, i);
        break;
    case STEP_call:
        pack_call(k, p, i);
        break;
    case STEP_jump:
    case STEP_br:
        pack_branch(p, i);
        break;
    case STEP_exit:
        p->size = i->cc;
        p->b = narrow(i->aux);
        p->dest = narrow(k->ninsns - 1);
        break;
    case STEP_trap:
        p->a = narrow(i->imm);
        set_wide(p, i->aux);
        break;
    default:
        p->size = (uint8_t)(64 - ir_type_bits((IrType)i->type));
    }
}

static void pack_inst(Packer *k, const IrInst *i, uint32_t at)
{
    PackedInst *p = next_inst(k);
    p->step = (uint8_t)step_for(i);
    if (i->type != IR_VOID)
        p->dest = place_of(k, at);
    if (i->op == IR_exit)
        p->a = place_of(k, at);
    else if (i->nargs > 0)
        p->a = place_of_arg(k, i, 0);
    if (i->nargs > 1 && i->op != IR_exitind) /* where it returns to is no concern here */
        p->b = place_of_arg(k, i, 1);
    k->evaluates |= p->step == STEP_eval || p->step == STEP_fp;
    pack_fields(k, p, i);
}

/* The guest instruction that the block begins with, or NULL. */
static const IrInst *insn_at_start(const Region *r, uint32_t block)
{
    uint32_t n = r->blocks.data[block].first;
    while (n != 0 && (r->insts.data[n].op == IR_count || r->insts.data[n].op == IR_const))
        n = r->insts.data[n].next;
    return n != 0 && r->insts.data[n].op == IR_insn ? &r->insts.data[n] : NULL;
}

/* The entry block may announce the first instruction ahead of the block that holds it. */
static bool is_same_insn(const Packer *k, uint32_t block, uint32_t to, const IrInst *insn)
{
    const PackedInsn *last = &k->insns[k->noted[block + 1] - 1];
    return insn != NULL && to > block && last->count != 0 && last->pc == offset_of(k, insn->imm);
}

static void pack_edge(Packer *k, uint32_t block, uint32_t n)
{
    const IrEdge *e = &k->r->edges.data[n];
    const IrBlock *to = &k->r->blocks.data[e->block];
    const IrInst *insn = insn_at_start(k->r, e->block);
    bool same = is_same_insn(k, block, e->block, insn);
    k->edges[n] = (PackedEdge){.pc = offset_of(k, to->pc),
                               .to = narrow(k->start[e->block]),
                               .args = narrow(k->nwords),
                               .nargs = narrow(e->nargs),
                               .insns = (uint16_t)(k->insns[k->noted[block + 1] - 1].count - same),
                               .bounded = insn != NULL && insn->imm == to->pc && !same};
    for (uint32_t a = 0; a < e->nargs; a++) {
        k->words[k->nwords++] = place_of(k, to->params.data[a].i);
        k->words[k->nwords++] = place_of_ref(k, k->r->pool.data[e->args + a]);
    }
}

static void pack_block(Packer *k, uint32_t b)
{
    const Region *r = k->r;
    uint32_t insns = 0;
    k->start[b] = k->ninsts;
    k->noted[b] = k->ninsns;
    note_insn(k, r->blocks.data[b].pc, 0);
    for (uint32_t n = k->trim.start[b]; n < k->trim.start[b + 1]; n++) {
        uint32_t at = k->trim.order[n] & ~(uint32_t)TRIM_DROPPED;
        bool dropped = at != k->trim.order[n];
        const IrInst *i = &r->insts.data[at];
        if (i->op == IR_insn)
            insns++;
        if (dropped)
            continue;
        if (i->op == IR_insn)
            note_insn(k, i->imm, insns);
        else
            pack_inst(k, i, at);
    }
    k->noted[b + 1] = k->ninsns;
}

static void pack_all(Packer *k)
{
    const Region *r = k->r;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        pack_block(k, b);
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        if (r->blocks.data[b].last == 0)
            continue;
        const IrInst *last = &r->insts.data[r->blocks.data[b].last];
        unsigned n = last->op == IR_br ? 2 : last->op == IR_jump ? 1 : 0;
        for (unsigned side = 0; side < n; side++)
            pack_edge(k, b, last->edge[side]);
    }
}

/* What ir_eval reads of a region: types of arguments, vector constants, the FP model. */
static const Region *make_facts(Packer *k, PackedRegion *p)
{
    static const Region without_constants[] = {
#define MODEL(m) [m] = {.fp_model = m, .insts.data = (IrInst *)type_insts}
        MODEL(FP_MODEL_X86), MODEL(FP_MODEL_ARM), MODEL(FP_MODEL_RISCV)
#undef MODEL
    };
    const Region *r = k->r, *shared = &without_constants[r->fp_model];
    if (!k->evaluates || r->vconsts.count == 0)
        return shared;
    Region *facts = arena_copy(k->arena, shared, sizeof *shared);
    facts->vconsts.count = r->vconsts.count;
    facts->vconsts.data =
        arena_copy(k->arena, r->vconsts.data, r->vconsts.count * sizeof *r->vconsts.data);
    p->bytes += (uint32_t)(sizeof *facts + r->vconsts.count * sizeof *r->vconsts.data);
    return facts;
}

/* One piece of memory for all. */
static PackedRegion *finish(Packer *k)
{
    uint32_t insts = (uint32_t)(k->nconstants * sizeof *k->constants);
    uint32_t edges = insts + (uint32_t)(k->ninsts * sizeof *k->insts);
    uint32_t insns = edges + (uint32_t)(k->r->edges.count * sizeof *k->edges);
    uint32_t words = insns + (uint32_t)(k->ninsns * sizeof *k->insns);
    uint32_t others = (uint32_t)bits_align_up(words + k->nwords * sizeof *k->words, 8);
    uint32_t bytes = (uint32_t)(sizeof(PackedRegion) + others + k->nothers * sizeof *k->others);
    PackedRegion *p = arena_raw(k->arena, bytes);
    *p = (PackedRegion){.helpers = k->r->helpers,
                        .pc = k->r->blocks.data[0].pc,
                        .bytes = bytes,
                        .insts = insts,
                        .edges = edges,
                        .insns = insns,
                        .words = words,
                        .others = others,
                        .nvalues = (uint16_t)(k->nvalues + 1),
                        .ninsns = narrow(k->ninsns)};
    char *at = (char *)(p + 1);
    memcpy(at, k->constants, insts);
    memcpy(at + insts, k->insts, edges - insts);
    memcpy(at + edges, k->edges, insns - edges);
    memcpy(at + insns, k->insns, words - insns);
    memcpy(at + words, k->words, k->nwords * sizeof *k->words);
    memcpy(at + others, k->others, k->nothers * sizeof *k->others);
    return p;
}

/* Room for all that there can be. */
static void make_room(Packer *k, Arena *a)
{
    const Region *r = k->r;
    uint32_t count = k->trim.count, nwords = k->trim.listed;
    for (uint32_t n = 0; n < r->edges.count; n++)
        nwords += 2 * r->edges.data[n].nargs;
    DG_ASSERT(nwords < UINT16_MAX && r->edges.count < UINT16_MAX);
    k->place = arena_alloc(a, r->insts.count * sizeof *k->place);
    k->start = arena_raw(a, r->blocks.count * sizeof *k->start);
    k->noted = arena_raw(a, (r->blocks.count + 1) * sizeof *k->noted);
    k->insts = arena_raw(a, 2 * count * sizeof *k->insts);
    k->edges = arena_raw(a, r->edges.count * sizeof *k->edges);
    k->insns = arena_raw(a, (count + r->blocks.count) * sizeof *k->insns);
    k->words = arena_raw(a, nwords * sizeof *k->words);
    k->constants = arena_raw(a, r->insts.count * sizeof *k->constants);
    k->others = arena_raw(a, count * sizeof *k->others);
}

const PackedRegion *interp_pack(Arena *arena, Arena *temporary, const Region *r)
{
    DG_ASSERT(!r->promoted);
    Packer k = {.arena = arena, .r = r};
    interp_trim(temporary, r, &k.trim);
    make_room(&k, temporary);
    pack_all(&k);
    PackedRegion *p = finish(&k);
    p->facts = make_facts(&k, p);
    return p;
}

uint32_t interp_bytes(const PackedRegion *p)
{
    return p->bytes;
}
