/* self_check.c: see self_check.h. */
#include "runtime/self_check.h"

#include <string.h>

#include "frontend/guest.h"

/* Makes instruction `at` the first of a new block; its former block is left without an end. */
static uint32_t split_before(Region *r, uint32_t at)
{
    uint32_t old = r->insts.data[at].block;
    uint32_t block = ir_block_new(r, r->insts.data[at].imm);
    IrBlock *from = &r->blocks.data[old], *to = &r->blocks.data[block];
    to->cold = from->cold;
    to->first = at;
    to->last = from->last;
    from->last = r->insts.data[at].prev;
    if (from->last == 0)
        from->first = 0;
    else
        r->insts.data[from->last].next = 0;
    r->insts.data[at].prev = 0;
    for (uint32_t i = at; i != 0; i = r->insts.data[i].next)
        r->insts.data[i].block = block;
    return block;
}

/* Value that is 0 when the bytes at addr are still those. */
static IrRef difference(IrBuilder *b, uint64_t addr, const uint8_t *bytes, unsigned size)
{
    static const IrType types[9] = {[1] = IR_I8, [2] = IR_I16, [4] = IR_I32, [8] = IR_I64};
    uint64_t want = 0;
    memcpy(&want, bytes, size);
    IrRef now = ir_load(b, types[size], ir_const(b, IR_I64, addr), IR_ORDER_NONE);
    IrRef x = ir_bini(b, IR_xor, now, want);
    return size == 8 ? x : ir_conv(b, IR_zext, IR_I64, x);
}

static IrRef all_differences(IrBuilder *b, const SourceBytes *sources, uint32_t n)
{
    IrRef sum = ir_const(b, IR_I64, 0);
    for (uint32_t s = 0; s < n; s++) {
        for (uint32_t at = 0; at < sources[s].size;) {
            uint32_t left = sources[s].size - at;
            unsigned size = left >= 8 ? 8 : left >= 4 ? 4 : left >= 2 ? 2 : 1;
            sum = ir_bin(b, IR_or, sum,
                         difference(b, sources[s].addr + at, sources[s].bytes + at, size));
            at += size;
        }
    }
    return sum;
}

/* Puts a check in front of the `insn` op at `at`. */
static void insert_check(Region *r, uint32_t at, const SourceBytes *sources, uint32_t n)
{
    uint64_t pc = r->insts.data[at].imm;
    unsigned length = r->insts.data[at].flags;
    IrBuilder b = {r, r->insts.data[at].block};
    uint32_t rest = split_before(r, at);
    uint32_t stale = ir_block_new(r, pc);
    r->blocks.data[stale].cold = true;
    ir_insn(&b, pc, length);
    IrRef same = ir_cmp(&b, IR_eq, all_differences(&b, sources, n), ir_const(&b, IR_I64, 0));
    ir_br(&b, same, rest, stale);
    b.block = stale;
    ir_insn(&b, pc, length);
    ir_trap(&b, TRAP_STALE, 0);
}

static bool may_write(const Region *r, const IrInst *i)
{
    return ir_has(i, IR_E_WRITE) ||
           (i->op == IR_call && !(r->helpers->helpers[i->imm].flags & HELPER_PURE));
}

static bool region_writes(const Region *r)
{
    for (uint32_t i = 1; i < r->insts.count; i++) {
        if (may_write(r, &r->insts.data[i]))
            return true;
    }
    return false;
}

void self_check_insert(Region *r, const SourceBytes *sources, uint32_t n)
{
    bool writes = region_writes(r);
    uint32_t blocks = r->blocks.count;
    for (uint32_t b = 0; b < blocks; b++) {
        /* A write at the end of another block may lead here. */
        bool wanted = writes || r->blocks.data[b].loop_head;
        for (uint32_t i = r->blocks.data[b].first, next; i != 0; i = next) {
            next = r->insts.data[i].next;
            const IrInst *inst = &r->insts.data[i];
            if (inst->op == IR_insn && (wanted || inst->imm == r->pc)) {
                insert_check(r, i, sources, n);
                wanted = false;
            } else if (may_write(r, inst)) {
                wanted = true;
            }
        }
    }
}
