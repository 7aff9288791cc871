/* region.c: see region.h.
 *
 * Invariants: blocks are lifted in order of address, so the block a knowledge-carrying edge comes
 * from (`from` of begin_block) is already there. Block 0 is the first instruction's, unless
 * something in the region leads back to it: then it holds only a jump, for nothing may lead to the
 * entry; or, if the loop is peeled, the first instruction of the first turn.
 *
 * Peeling: short loops without loops inside have their first turn apart. So the loop itself is
 * entered only with what the end of a turn leaves: flags known, constants in registers, nothing to
 * be kept as it was before the loop. What the loop head's poll and faults want is then mostly there
 * without stores in every turn.
 *
 *     401000: inc rax          b0: poll; first turn; br b1, exit
 *     401003: cmp rax, rcx     b1 (loop head): poll; the same again; br b1, exit
 *     401006: jne 401000
 *
 * The loop itself is there twice if it is very short, and polls in every other turn:
 *
 *     b1 (loop head): poll; a turn; br b2, exit       b2: a turn; br b1, exit
 */
#include "frontend/region.h"

#include <string.h>

#include "ir/base/log.h"

typedef struct ExitBlock {
    uint64_t pc;
    uint32_t block;
} ExitBlock;

struct RegionFormer {
    const RegionGuest *ops;
    void *guest;
    const LiftRequest *rq;
    Region *region;
    IrBuilder b;
    RegionInsn *insns;
    unsigned count;
    RegionDecode end; /* why decoding stopped: the last instruction did not decode, if not OK */
    unsigned at;      /* the instruction being lifted */
    RegionCopy copy;  /* of the loop.. */
    unsigned head;    /* ..that starts here, unless COPY_PLAIN */
    VEC(ExitBlock) exits;
};

/* Guest bytes fetched ahead, within a page: what lies on another page is asked for only when an
 * instruction reaches it. */
typedef struct Window {
    uint64_t start;
    unsigned size;
    uint8_t bytes[64];
} Window;

/* The bytes at pc, *n of them: as many as an instruction may have, if they can be fetched. */
static const uint8_t *fetch_at(const RegionFormer *f, Window *w, uint64_t pc, unsigned *n)
{
    enum { PAGE = 4096 };
    unsigned max = f->ops->max_length, left = PAGE - (unsigned)(pc & (PAGE - 1));
    if (pc - w->start >= w->size || w->start + w->size - pc < max) {
        unsigned want = left < max ? max : left < sizeof w->bytes ? left : sizeof w->bytes;
        w->start = pc;
        w->size = f->rq->fetch(f->rq->fetch_arg, pc, w->bytes, want);
    }
    unsigned got = (unsigned)(w->start + w->size - pc);
    *n = got < max ? got : max;
    return w->bytes + (pc - w->start);
}

/* Decodes forward until something ends the straight line. */
static void decode_line(RegionFormer *f)
{
    unsigned max = f->rq->max_insns ? f->rq->max_insns : REGION_DEFAULT_INSNS;
    unsigned conds = 0, max_conds = f->rq->max_conds ? f->rq->max_conds : REGION_MAX_CONDS;
    uint64_t pc = f->region->pc;
    Window window = {.start = pc};
    if (max > REGION_MAX_INSNS)
        max = REGION_MAX_INSNS;
    f->insns = arena_raw(f->region->arena, max * sizeof *f->insns);
    while (f->count < max) {
        RegionInsn *in = &f->insns[f->count];
        unsigned got;
        const uint8_t *bytes = fetch_at(f, &window, pc, &got);
        *in = (RegionInsn){.pc = pc};
        RegionDecode d = f->ops->decode(f->guest, f->count, in, bytes, got);
        if (d == REGION_FETCH && f->count > 0)
            return; /* a region never traps for bytes it may not reach */
        f->count++;
        if (d != REGION_OK) {
            f->end = d;
            in->flow = FLOW_END;
            return;
        }
        if (in->flow == FLOW_JUMP || in->flow == FLOW_END)
            return;
        if (in->flow == FLOW_COND && ++conds == max_conds)
            return;
        pc += in->length;
    }
}

/* The instruction that starts at pc, or -1. */
static int find_insn(const RegionFormer *f, uint64_t pc)
{
    unsigned lo = 0, hi = f->count;
    if (f->count == 0 || pc < f->insns[0].pc || pc > f->insns[hi - 1].pc)
        return -1;
    /* Where it is if none in front of it is shorter than can be. */
    unsigned at = (unsigned)(pc - f->insns[0].pc) / f->ops->max_length;
    if (f->insns[at].pc == pc)
        return (int)at;
    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;
        if (f->insns[mid].pc == pc)
            return (int)mid;
        if (f->insns[mid].pc < pc)
            lo = mid + 1;
        else
            hi = mid;
    }
    return -1;
}

static bool goes_to(const RegionInsn *in, uint64_t start, uint64_t end)
{
    return (in->flow == FLOW_COND || in->flow == FLOW_JUMP) && in->target >= start &&
           in->target < end;
}

/* Whether the only way from before instruction i to it or behind it is the branch in front of it
 * that falls through, and none leads back. */
static bool is_tail(const RegionFormer *f, unsigned i)
{
    const RegionInsn *last = &f->insns[f->count - 1];
    uint64_t start = f->insns[0].pc, middle = f->insns[i].pc, end = last->pc + last->length;
    for (unsigned k = 0; k < f->count; k++) {
        if (k < i ? goes_to(&f->insns[k], middle, end) : goes_to(&f->insns[k], start, middle))
            return false;
    }
    return true;
}

/* Leaves out a tail that has a region of its own, or will have if it runs at all. Loops, and what a
 * branch skips, are left whole. */
static void cut_tail(RegionFormer *f)
{
    for (unsigned i = 1; f->rq->stands_apart != NULL && i < f->count; i++) {
        if (f->insns[i - 1].flow == FLOW_COND &&
            f->rq->stands_apart(f->rq->fetch_arg, f->insns[i].pc) && is_tail(f, i)) {
            f->count = i;
            f->end = REGION_OK;
            return;
        }
    }
}

static void find_leaders(RegionFormer *f)
{
    f->insns[0].leader = f->insns[0].has_fall = true;
    for (unsigned i = 0; i < f->count; i++) {
        RegionInsn *in = &f->insns[i];
        if (i > 0)
            in->has_fall |= f->insns[i - 1].flow == FLOW_NEXT || f->insns[i - 1].flow == FLOW_COND;
        if (in->flow != FLOW_COND && in->flow != FLOW_JUMP)
            continue;
        if (in->flow == FLOW_COND && i + 1 < f->count)
            f->insns[i + 1].leader = true;
        int t = find_insn(f, in->target);
        if (t < 0)
            continue;
        f->insns[t].leader = true;
        f->insns[t].branches++;
        f->insns[t].from = (uint16_t)i;
        if ((unsigned)t <= i)
            f->insns[t].loop_head = true;
    }
}

/* Whether the loop from instruction `head` to before `end` is entered at its head alone and has no
 * loop inside, which would be entered in two places. */
static bool is_plain_loop(const RegionFormer *f, unsigned head, unsigned end)
{
    for (unsigned i = head + 1; i < end; i++) {
        if (f->insns[i].loop_head)
            return false;
    }
    for (unsigned i = 0; i < head; i++) {
        const RegionInsn *in = &f->insns[i];
        if ((in->flow == FLOW_COND || in->flow == FLOW_JUMP) && in->target > f->insns[head].pc &&
            in->target < f->insns[end - 1].pc + f->insns[end - 1].length)
            return false;
    }
    return true;
}

static unsigned peel_limit(const RegionFormer *f)
{
    return f->ops->peel_insns != 0 ? f->ops->peel_insns : REGION_PEEL_INSNS;
}

/* Finds the loops to be peeled, from their last branches back. */
static void find_peeled(RegionFormer *f)
{
    unsigned longest = peel_limit(f), left = longest + REGION_PEEL_MORE_INSNS;
    for (unsigned i = f->count; f->rq->peel && i-- > 0;) {
        const RegionInsn *back = &f->insns[i];
        int head =
            back->flow == FLOW_COND || back->flow == FLOW_JUMP ? find_insn(f, back->target) : -1;
        if (head < 0 || (unsigned)head >= i || f->insns[head].from != i)
            continue;
        unsigned n = i + 1 - (unsigned)head;
        if (n > longest || n > left || !is_plain_loop(f, (unsigned)head, i + 1))
            continue;
        f->insns[head].peel = (uint8_t)n;
        f->insns[head].twice = n <= REGION_TWICE_INSNS;
        left -= n;
    }
}

/* Instruction i is in the loop that starts at `head`, a peeled one. */
static bool in_loop(const RegionFormer *f, unsigned head, unsigned i)
{
    return i >= head && i < head + f->insns[head].peel;
}

/* Where a branch from the instruction being lifted leads if it leads to leader t. */
static RegionCopy copy_at(const RegionFormer *f, unsigned t)
{
    const RegionInsn *to = &f->insns[t];
    if (to->peel != 0 && !in_loop(f, t, f->at))
        return COPY_FIRST;
    if (f->copy == COPY_PLAIN)
        return to->twice ? COPY_OTHER : COPY_PLAIN;
    return t > f->head && in_loop(f, f->head, t) ? f->copy : COPY_PLAIN;
}

uint32_t region_block_for(RegionFormer *f, uint64_t pc)
{
    int t = find_insn(f, pc);
    if (t >= 0 && f->insns[t].leader) {
        const RegionInsn *to = &f->insns[t];
        return to->block[copy_at(f, (unsigned)t)];
    }
    for (unsigned i = 0; i < f->exits.count; i++)
        if (f->exits.data[i].pc == pc)
            return f->exits.data[i].block;
    IrBuilder b = {.region = f->region, .block = ir_block_new(f->region, pc)};
    *VEC_PUSH(f->region->arena, &f->exits) = (ExitBlock){pc, b.block};
    ir_exit(&b, pc, IR_EXIT_JUMP, 0);
    return b.block;
}

/* The only way into leader i, as the index of the instruction it comes from; -1: several ways, or
 * one that is not lifted yet, or the region's entry. */
static int only_way(const RegionFormer *f, unsigned i)
{
    const RegionInsn *in = &f->insns[i];
    if (i == 0)
        return -1;
    if (in->has_fall)
        return in->branches == 0 ? (int)i - 1 : -1;
    return in->branches == 1 && in->from < i ? in->from : -1;
}

/* The poll at the entry comes before all else: there is an entry behind it (CompiledCode.unpolled).
 */
static bool polled_entry(const RegionFormer *f, unsigned i)
{
    return f->rq->poll && i == 0 &&
           (f->copy == COPY_FIRST || (f->copy == COPY_PLAIN && !f->insns[0].loop_head));
}

/* Instruction `from` is in a peeled loop that i is not in: it was lifted twice. */
static bool comes_twice(const RegionFormer *f, unsigned i, int from)
{
    for (int head = from; head >= 0 && head + (int)peel_limit(f) > from; head--) {
        if (f->insns[head].peel != 0 && in_loop(f, (unsigned)head, (unsigned)from))
            return !in_loop(f, (unsigned)head, i);
    }
    return false;
}

static void begin(RegionFormer *f, unsigned i)
{
    RegionInsn *in = &f->insns[i];
    int from = only_way(f, i);
    f->b.block = in->block[f->copy];
    f->region->blocks.data[f->b.block].loop_head = in->loop_head && f->copy == COPY_PLAIN;
    if (f->rq->count_blocks && !polled_entry(f, i))
        ir_count(&f->b);
    f->ops->begin_block(f->guest, f, i, from, !comes_twice(f, i, from));
}

/* The instruction polls before it does anything. */
static bool polls(const RegionFormer *f, unsigned i)
{
    const RegionInsn *in = &f->insns[i];
    bool turns = in->leader && in->loop_head && f->copy == COPY_PLAIN;
    return f->rq->poll && (turns || polled_entry(f, i));
}

static void lift_copy(RegionFormer *f, unsigned head, RegionCopy copy);

static void lift(RegionFormer *f, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        RegionInsn *in = &f->insns[i];
        if (in->peel != 0 && f->copy == COPY_PLAIN) {
            /* Its exits are its own: what is known there is more than behind later turns. */
            f->exits.count = 0;
            lift_copy(f, i, COPY_FIRST);
            f->exits.count = 0;
            if (in->twice)
                lift_copy(f, i, COPY_OTHER);
        }
        f->at = i;
        if (in->leader)
            begin(f, i);
        ir_insn(&f->b, in->pc, in->length);
        if (polls(f, i))
            ir_poll(&f->b);
        if (f->rq->count_blocks && polled_entry(f, i))
            ir_count(&f->b);
        if (!f->ops->lift(f->guest, f, i, &f->b))
            continue;
        uint64_t next = in->pc + in->length;
        if (i + 1 == f->count || f->insns[i + 1].leader)
            ir_jump(&f->b, region_block_for(f, next));
    }
}

static void lift_copy(RegionFormer *f, unsigned head, RegionCopy copy)
{
    unsigned end = head + f->insns[head].peel;
    for (unsigned i = head + 1; i < end; i++) {
        if (f->insns[i].leader)
            f->insns[i].block[copy] = ir_block_new(f->region, f->insns[i].pc);
    }
    f->copy = copy;
    f->head = head;
    lift(f, head, end);
    f->copy = COPY_PLAIN;
}

static void report(RegionFormer *f, LiftResult *out)
{
    const RegionInsn *last = &f->insns[f->count - 1];
    out->region = f->region;
    out->guest_insns = f->count;
    out->nranges = 1;
    out->ranges[0].start = f->region->pc;
    out->ranges[0].end = last->pc + (last->length ? last->length : 1);
}

void region_trap_if(IrBuilder *b, uint64_t pc, IrRef cond, unsigned trap)
{
    uint32_t cold = ir_block_new(b->region, pc), on = ir_block_new(b->region, pc);
    b->region->blocks.data[cold].cold = true;
    ir_br(b, cond, cold, on);
    b->block = cold;
    ir_trap(b, trap, 0);
    b->block = on;
}

void region_touch(IrBuilder *b, const LiftRequest *rq, unsigned helper, IrRef at, IrType type)
{
    IrRef args[] = {at, ir_const(b, IR_I32, ir_type_bits(type) / 8)};
    if (rq->tag_stores)
        ir_call(b, helper, args, 2);
}

IrRef region_atomic_choose(IrBuilder *b, uint64_t pc, IrOp less, bool larger, IrRef at, IrRef v)
{
    uint32_t again = ir_block_new(b->region, pc), done = ir_block_new(b->region, pc);
    ir_jump(b, again);
    b->block = again;
    IrRef old = ir_load(b, (IrType)ir_inst(b->region, v)->type, at, IR_ORDER_NONE);
    IrRef is_less = ir_cmp(b, less, old, v);
    IrRef new = ir_select(b, is_less, larger ? v : old, larger ? old : v);
    IrRef found = ir_cas(b, at, old, new);
    ir_br(b, ir_cmp(b, IR_eq, found, old), done, again);
    b->block = done;
    return old;
}

bool region_block_ends(const RegionFormer *f, unsigned i)
{
    return i + 1 == f->count || f->insns[i + 1].leader;
}

void region_form(const RegionGuest *ops, void *guest, const LiftRequest *rq, Region *region,
                 LiftResult *out)
{
    RegionFormer f = {.ops = ops, .guest = guest, .rq = rq, .region = region};
    region->plain = rq->plain;
    decode_line(&f);
    cut_tail(&f);
    find_leaders(&f);
    f.b.region = region;
    f.b.block = ir_block_new(region, region->pc);
    find_peeled(&f);
    for (unsigned i = 0; i < f.count; i++) {
        RegionInsn *in = &f.insns[i];
        if (in->leader && (i > 0 || in->loop_head))
            in->block[COPY_PLAIN] = ir_block_new(region, in->pc);
        if (in->peel != 0)
            in->block[COPY_FIRST] = i > 0 ? ir_block_new(region, in->pc) : f.b.block;
        if (in->twice)
            in->block[COPY_OTHER] = ir_block_new(region, in->pc);
    }
    if (f.insns[0].loop_head && f.insns[0].peel == 0)
        ir_jump(&f.b, f.insns[0].block[COPY_PLAIN]);
    lift(&f, 0, f.count);
    report(&f, out);
}
