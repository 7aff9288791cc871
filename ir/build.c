/* build.c: making regions: blocks, parameters, instructions and edges.
 *
 * Invariants: instruction 0 does not exist; block 0 is the entry. Each jump or br owns its edges,
 * and each edge its run of Region.pool. Type mistakes of a frontend stop here, with an assertion,
 * where the stack still shows who made them.
 *
 * Example:
 *     Region *r = ir_region_new(&arena, 0x401000, slots, helpers, FP_MODEL_X86);
 *     IrBuilder b = {r, ir_block_new(r, 0x401000)};
 *     ir_insn(&b, 0x401000, 4);
 *     ir_put(&b, RAX, ir_bini(&b, IR_add, ir_get(&b, RAX), 1));
 *     ir_exit(&b, 0x401004, IR_EXIT_JUMP, 0);
 */
#include <string.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"
#include "ir/internal.h"

Region *ir_region_new(Arena *arena, uint64_t pc, const SlotTable *slots, const HelperTable *helpers,
                      FpModel fp_model)
{
    Region *r = arena_alloc(arena, sizeof *r);
    r->arena = arena;
    r->pc = pc;
    r->slots = slots;
    r->helpers = helpers;
    r->fp_model = fp_model;
    r->insts.cap = 128;
    r->insts.data = arena_raw(arena, r->insts.cap * sizeof(IrInst)); /* ir_inst_new fills them */
    r->insts.data[0] = (IrInst){.op = IR_NOP};
    r->insts.count = 1;
    return r;
}

uint32_t ir_block_new(Region *r, uint64_t pc)
{
    IrBlock *b = VEC_PUSH(r->arena, &r->blocks);
    b->pc = pc;
    r->graph = NULL;
    return r->blocks.count - 1;
}

static inline IrRef inst_new(Region *r, const IrInst *proto)
{
    IrInst copy;
    if (r->insts.count == r->insts.cap) { /* proto may lie in insts, which move */
        copy = *proto;
        proto = &copy;
        r->insts.data =
            vec_grow(r->arena, r->insts.data, r->insts.count, &r->insts.cap, sizeof copy);
    }
    IrInst *i = &r->insts.data[r->insts.count];
    *i = *proto;
    i->prev = i->next = 0;
    r->effects |= ir_op_info[i->op].effects;
    return (IrRef){r->insts.count++};
}

IrRef ir_inst_new(Region *r, const IrInst *proto)
{
    return inst_new(r, proto);
}

IrRef ir_param_new(Region *r, uint32_t block, IrType type)
{
    IrRef v = ir_inst_new(r, &(IrInst){.op = IR_param, .type = (uint8_t)type, .block = block});
    *VEC_PUSH(r->arena, &r->blocks.data[block].params) = v;
    return v;
}

static void link_last(Region *r, uint32_t block, IrRef v)
{
    IrBlock *b = &r->blocks.data[block];
    IrInst *i = ir_inst(r, v);
    i->block = block;
    i->prev = b->last;
    i->next = 0;
    if (b->last != 0)
        r->insts.data[b->last].next = v.i;
    else
        b->first = v.i;
    b->last = v.i;
}

void ir_insert_before(Region *r, IrRef pos, IrRef v)
{
    IrInst *p = ir_inst(r, pos), *i = ir_inst(r, v);
    i->block = p->block;
    i->next = pos.i;
    i->prev = p->prev;
    if (p->prev != 0)
        r->insts.data[p->prev].next = v.i;
    else
        r->blocks.data[p->block].first = v.i;
    p->prev = v.i;
}

void ir_remove(Region *r, IrRef v)
{
    IrInst *i = ir_inst(r, v);
    IrBlock *b = &r->blocks.data[i->block];
    if (i->op == IR_NOP || i->op == IR_param)
        return; /* parameters are in no list: the caller takes them out of the block's */
    if (i->prev != 0)
        r->insts.data[i->prev].next = i->next;
    else
        b->first = i->next;
    if (i->next != 0)
        r->insts.data[i->next].prev = i->prev;
    else
        b->last = i->prev;
    *i = (IrInst){.op = IR_NOP};
}

static IrRef append(Region *r, uint32_t block, const IrInst *inst)
{
    IrRef v = inst_new(r, inst);
    link_last(r, block, v);
    return v;
}

IrRef ir_fold_place(Folder *f, const IrInst *inst)
{
    if (f->before == 0)
        return append(f->region, f->block, inst);
    IrRef v = inst_new(f->region, inst);
    ir_insert_before(f->region, (IrRef){f->before}, v);
    return v;
}

/* Room for an instruction at the end of the block, for link_new. */
static inline IrInst *room(IrBuilder *b)
{
    Region *r = b->region;
    if (r->insts.count == r->insts.cap)
        r->insts.data =
            vec_grow(r->arena, r->insts.data, r->insts.count, &r->insts.cap, sizeof(IrInst));
    return &r->insts.data[r->insts.count];
}

static inline IrRef link_new(IrBuilder *b, IrOp op)
{
    Region *r = b->region;
    IrRef v = {r->insts.count++};
    r->effects |= ir_op_info[op].effects;
    link_last(r, b->block, v);
    return v;
}

/* Appends an instruction as it is. It is written where it stays: to copy a prototype whose fields
 * have just been set one by one is to wait until they have reached the cache.
 */
#define PLACE(b, op_, ...)                                                                         \
    (*room(b) = (IrInst){.op = (uint16_t)(op_), __VA_ARGS__}, link_new((b), (IrOp)(op_)))

enum { RECENT = 6 };

/* An equal pure instruction among the last few of the block: guest operands are often read twice.
 */
static IrRef find_recent(const Region *r, uint32_t block, const IrInst *i)
{
    uint32_t v = r->blocks.data[block].last;
    for (int n = 0; n < RECENT && v != 0; n++, v = r->insts.data[v].prev)
        if (ir_inst_equal(&r->insts.data[v], i))
            return (IrRef){v};
    return IR_NONE;
}

/* The same for constants. */
static IrRef find_const(const Region *r, uint32_t block, IrType t, uint64_t bits)
{
    uint32_t v = r->blocks.data[block].last;
    for (int n = 0; n < RECENT && v != 0; n++, v = r->insts.data[v].prev) {
        const IrInst *i = &r->insts.data[v];
        if (i->op == IR_const && i->type == t && i->imm == bits)
            return (IrRef){v};
    }
    return IR_NONE;
}

/* As ir_emit; what proto points to is changed. */
static IrRef emit(IrBuilder *b, IrInst *proto)
{
    if (!ir_has(proto, IR_E_PURE) || b->region->plain)
        return append(b->region, b->block, proto);
    Folder f = {.region = b->region, .block = b->block};
    IrRef old = ir_simplify(&f, proto);
    if (old.i == 0 && !ir_has(proto, IR_E_RAISES))
        old = find_recent(b->region, b->block, proto);
    return old.i != 0 ? old : append(b->region, b->block, proto);
}

/* The same of an op that may be pure. */
#define EMIT(b, op_, ...)                                                                          \
    ((b)->region->plain ? PLACE(b, op_, __VA_ARGS__)                                               \
                        : emit((b), &(IrInst){.op = (uint16_t)(op_), __VA_ARGS__}))

IrRef ir_emit(IrBuilder *b, const IrInst *proto)
{
    IrInst i = *proto;
    return emit(b, &i);
}

static IrType type_of(IrBuilder *b, IrRef v)
{
    DG_ASSERT(v.i != 0 && v.i < b->region->insts.count);
    return (IrType)ir_inst(b->region, v)->type;
}

IrRef ir_const(IrBuilder *b, IrType t, uint64_t bits)
{
    DG_ASSERT(t != IR_VOID && t <= IR_F64);
    bits &= bits_mask(ir_type_bits(t));
    IrRef old = b->region->plain ? IR_NONE : find_const(b->region, b->block, t, bits);
    if (old.i != 0)
        return old;
    return PLACE(b, IR_const, .type = (uint8_t)t, .imm = bits);
}

uint32_t ir_vconst_index(Region *r, const uint8_t bytes[16])
{
    for (uint32_t i = 0; i < r->vconsts.count; i++)
        if (memcmp(r->vconsts.data[i].b, bytes, 16) == 0)
            return i;
    memcpy(VEC_PUSH(r->arena, &r->vconsts)->b, bytes, 16);
    return r->vconsts.count - 1;
}

IrRef ir_vconst(IrBuilder *b, const uint8_t bytes[16])
{
    return EMIT(b, IR_vconst, .type = IR_V128, .imm = ir_vconst_index(b->region, bytes));
}

IrRef ir_get(IrBuilder *b, uint32_t slot)
{
    DG_ASSERT(slot < b->region->slots->count);
    return PLACE(b, IR_get, .type = b->region->slots->slots[slot].type, .imm = slot);
}

void ir_put(IrBuilder *b, uint32_t slot, IrRef v)
{
    DG_ASSERT(slot < b->region->slots->count);
    DG_ASSERT(type_of(b, v) == b->region->slots->slots[slot].type);
    PLACE(b, IR_put, .nargs = 1, .arg = {v}, .imm = slot);
}

void ir_insn(IrBuilder *b, uint64_t pc, unsigned length)
{
    b->region->blocks.data[b->block].guest_insns++;
    PLACE(b, IR_insn, .imm = pc, .flags = (uint16_t)length);
}

static IrRef emit_same(IrBuilder *b, IrOp op, unsigned n, IrRef x, IrRef y)
{
    IrType t = type_of(b, x);
    DG_ASSERT(n < 2 || type_of(b, y) == t);
    DG_ASSERT(ir_op_info[op].types >> t & 1);
    return EMIT(b, op, .type = (uint8_t)t, .nargs = (uint8_t)n, .arg = {x, y});
}

IrRef ir_un(IrBuilder *b, IrOp op, IrRef a)
{
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_UN);
    return emit_same(b, op, 1, a, IR_NONE);
}

/* ---- what can be seen at a glance of ops that are not simplified (Region.plain), and is common:
 * moves and addresses are sums with zero, and the operand of a 32-bit instruction is the low half
 * of what the one before it extended ---- */

enum { ZERO_LEFT = 1, ZERO_RIGHT = 2 }; /* where a zero leaves the other operand as it is */
static const uint8_t neutral[IR_OP_COUNT] = {
    [IR_add] = ZERO_LEFT | ZERO_RIGHT,
    [IR_or] = ZERO_LEFT | ZERO_RIGHT,
    [IR_xor] = ZERO_LEFT | ZERO_RIGHT,
    [IR_sub] = ZERO_RIGHT,
    [IR_shl] = ZERO_RIGHT,
    [IR_shr] = ZERO_RIGHT,
    [IR_sar] = ZERO_RIGHT,
    [IR_rotr] = ZERO_RIGHT,
};

static bool is_zero(const Region *r, IrRef v)
{
    const IrInst *i = ir_inst(r, v);
    return i->op == IR_const && i->imm == 0;
}

/* The value that it is, or IR_NONE. */
static IrRef plain_bin(const Region *r, IrOp op, IrRef x, IrRef y)
{
    if ((neutral[op] & ZERO_RIGHT) && is_zero(r, y))
        return x;
    return (neutral[op] & ZERO_LEFT) && is_zero(r, x) ? y : IR_NONE;
}

static IrRef plain_trunc(IrBuilder *b, IrType to, IrRef v)
{
    const IrInst *i = ir_inst(b->region, v);
    if (i->op == IR_const)
        return ir_const(b, to, i->imm);
    bool extended = i->op == IR_zext && ir_inst(b->region, i->arg[0])->type == to;
    return extended ? i->arg[0] : IR_NONE;
}

IrRef ir_bin(IrBuilder *b, IrOp op, IrRef a, IrRef c)
{
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_BIN && op != IR_deposit);
    IrRef same = b->region->plain ? plain_bin(b->region, op, a, c) : IR_NONE;
    return same.i != 0 ? same : emit_same(b, op, 2, a, c);
}

IrRef ir_bini(IrBuilder *b, IrOp op, IrRef a, uint64_t c)
{
    if (b->region->plain && c == 0 && (neutral[op] & ZERO_RIGHT))
        return a;
    IrRef k = ir_const(b, type_of(b, a), c);
    unsigned sig = ir_op_info[op].sig;
    return sig == IR_SIG_CMP ? ir_cmp(b, op, a, k) : ir_bin(b, op, a, k);
}

IrRef ir_fcmp(IrBuilder *b, IrOp op, IrRef a, IrRef c, unsigned f_flags)
{
    IrType t = type_of(b, a);
    bool want_float = ir_op_info[op].sig == IR_SIG_FCMP;
    DG_ASSERT(want_float || ir_op_info[op].sig == IR_SIG_CMP);
    DG_ASSERT(type_of(b, c) == t && (want_float ? ir_type_is_float(t) : ir_type_is_int(t)));
    return EMIT(b, op, .type = IR_I8, .nargs = 2, .flags = (uint16_t)f_flags, .arg = {a, c});
}

IrRef ir_cmp(IrBuilder *b, IrOp op, IrRef a, IrRef c)
{
    return ir_fcmp(b, op, a, c, 0);
}

IrRef ir_select(IrBuilder *b, IrRef cond, IrRef yes, IrRef no)
{
    IrType t = type_of(b, yes);
    DG_ASSERT(type_of(b, cond) == IR_I8 && type_of(b, no) == t && t != IR_VOID);
    return EMIT(b, IR_select, .type = (uint8_t)t, .nargs = 3, .arg = {cond, yes, no});
}

IrRef ir_tri(IrBuilder *b, IrOp op, IrRef a, IrRef c, IrRef d)
{
    IrType t = type_of(b, a);
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_TRI && type_of(b, c) == t && type_of(b, d) == t);
    return EMIT(b, op, .type = (uint8_t)t, .nargs = 3, .arg = {a, c, d});
}

IrRef ir_conv_round(IrBuilder *b, IrOp op, IrType to, IrRef a, IrRound rm)
{
    IrType from = type_of(b, a);
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_CONV);
    if (from == to && ir_type_is_int(to))
        return a; /* zext, sext and trunc to the same width */
    switch (op) {
    case IR_zext:
    case IR_sext:
        DG_ASSERT(ir_type_is_int(from) && ir_type_is_int(to) && from < to);
        break;
    case IR_trunc:
        DG_ASSERT(ir_type_is_int(from) && ir_type_is_int(to) && from > to);
        break;
    case IR_bitcast:
        DG_ASSERT(ir_type_bits(from) == ir_type_bits(to) && from != to);
        break;
    case IR_sitof:
    case IR_uitof:
        DG_ASSERT((from == IR_I32 || from == IR_I64) && ir_type_is_float(to));
        break;
    case IR_ftosi:
    case IR_fsatsi:
    case IR_fsatui:
        DG_ASSERT(ir_type_is_float(from) && (to == IR_I32 || to == IR_I64));
        break;
    default:
        DG_ASSERT(ir_type_is_float(from) && ir_type_is_float(to) && from != to);
    }
    IrRef same = b->region->plain && op == IR_trunc ? plain_trunc(b, to, a) : IR_NONE;
    if (same.i != 0)
        return same;
    return EMIT(b, op, .type = (uint8_t)to, .cc = (uint8_t)rm, .nargs = 1, .arg = {a});
}

IrRef ir_round(IrBuilder *b, IrRef a, unsigned cc)
{
    return EMIT(b, IR_fround, .type = ir_inst(b->region, a)->type, .cc = (uint8_t)cc, .nargs = 1,
                .arg = {a});
}

IrRef ir_conv(IrBuilder *b, IrOp op, IrType to, IrRef a)
{
    return ir_conv_round(b, op, to, a, IR_ROUND_CURRENT);
}

IrRef ir_div128(IrBuilder *b, IrOp op, IrRef hi, IrRef lo, IrRef d)
{
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_DIV128);
    DG_ASSERT(type_of(b, hi) == IR_I64 && type_of(b, lo) == IR_I64 && type_of(b, d) == IR_I64);
    return EMIT(b, op, .type = IR_I64, .nargs = 3, .arg = {hi, lo, d});
}

static IrRef emit_field(IrBuilder *b, IrOp op, IrRef a, IrRef v, unsigned pos, unsigned len)
{
    IrType t = type_of(b, a);
    DG_ASSERT((t == IR_I32 || t == IR_I64) && len >= 1 && pos + len <= ir_type_bits(t));
    return EMIT(b, op, .type = (uint8_t)t, .nargs = v.i != 0 ? 2 : 1, .arg = {a, v},
                .aux = pos | len << 8);
}

IrRef ir_extract(IrBuilder *b, IrRef a, unsigned pos, unsigned len)
{
    return emit_field(b, IR_extract, a, IR_NONE, pos, len);
}

IrRef ir_sextract(IrBuilder *b, IrRef a, unsigned pos, unsigned len)
{
    return emit_field(b, IR_sextract, a, IR_NONE, pos, len);
}

IrRef ir_deposit(IrBuilder *b, IrRef a, IrRef v, unsigned pos, unsigned len)
{
    IrType t = type_of(b, a), s = type_of(b, v);
    DG_ASSERT(ir_type_is_int(s));
    if (s != t)
        v = ir_conv(b, s < t ? IR_zext : IR_trunc, t, v);
    return emit_field(b, IR_deposit, a, v, pos, len);
}

IrRef ir_load(IrBuilder *b, IrType t, IrRef addr, unsigned mem_flags)
{
    DG_ASSERT(type_of(b, addr) == IR_I64 && t != IR_VOID);
    return PLACE(b, IR_load, .type = (uint8_t)t, .nargs = 1, .flags = (uint16_t)mem_flags,
                 .arg = {addr});
}

void ir_store(IrBuilder *b, IrRef addr, IrRef v, unsigned mem_flags)
{
    DG_ASSERT(type_of(b, addr) == IR_I64);
    PLACE(b, IR_store, .lane = (uint8_t)type_of(b, v), .nargs = 2, .flags = (uint16_t)mem_flags,
          .arg = {addr, v});
}

void ir_fence(IrBuilder *b, unsigned fence_mask)
{
    PLACE(b, IR_fence, .imm = fence_mask);
}

IrRef ir_atomic(IrBuilder *b, IrOp op, IrRef addr, IrRef v)
{
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_ATOMIC);
    DG_ASSERT(type_of(b, addr) == IR_I64 && ir_type_is_int(type_of(b, v)));
    return PLACE(b, op, .type = (uint8_t)type_of(b, v), .nargs = 2, .flags = IR_ORDER_TSO,
                 .arg = {addr, v});
}

IrRef ir_cas(IrBuilder *b, IrRef addr, IrRef expected, IrRef desired)
{
    IrType t = type_of(b, expected);
    DG_ASSERT(type_of(b, addr) == IR_I64 && type_of(b, desired) == t);
    DG_ASSERT(ir_type_is_int(t) || t == IR_V128);
    return PLACE(b, IR_acas, .type = (uint8_t)t, .nargs = 3, .flags = IR_ORDER_TSO,
                 .arg = {addr, expected, desired});
}

/* Ops with one possible lane always carry it, whatever the caller said. */
static uint8_t lane_of(IrOp op, IrType lane)
{
    unsigned lanes = ir_op_info[op].types;
    if (lanes != 0 && (lanes & (lanes - 1)) == 0)
        return (uint8_t)__builtin_ctz(lanes);
    DG_ASSERT(lanes >> lane & 1);
    return (uint8_t)lane;
}

IrRef ir_vop_cc(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef c, unsigned cc)
{
    unsigned sig = ir_op_info[op].sig;
    DG_ASSERT(sig == (c.i != 0 ? IR_SIG_VBIN : IR_SIG_VUN));
    DG_ASSERT(type_of(b, a) == IR_V128 && (c.i == 0 || type_of(b, c) == IR_V128));
    return EMIT(b, op, .type = IR_V128, .lane = lane_of(op, lane), .cc = (uint8_t)cc,
                .nargs = c.i != 0 ? 2 : 1, .arg = {a, c});
}

IrRef ir_vop(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef c)
{
    return ir_vop_cc(b, op, lane, a, c, 0);
}

IrRef ir_vtri(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef c, IrRef d)
{
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_VTRI);
    DG_ASSERT(type_of(b, a) == IR_V128 && type_of(b, c) == IR_V128 && type_of(b, d) == IR_V128);
    return EMIT(b, op, .type = IR_V128, .lane = lane_of(op, lane), .nargs = 3, .arg = {a, c, d});
}

IrRef ir_vstr(IrBuilder *b, IrOp op, IrRef a, IrRef c, IrRef lengths, unsigned how)
{
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_VSTR);
    DG_ASSERT(type_of(b, a) == IR_V128 && type_of(b, c) == IR_V128);
    DG_ASSERT(type_of(b, lengths) == IR_I64);
    return EMIT(b, op, .type = (uint8_t)ir_vstr_type(op), .cc = (uint8_t)how, .nargs = 3,
                .arg = {a, c, lengths});
}

IrRef ir_vshift(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef count_i64)
{
    DG_ASSERT(ir_op_info[op].sig == IR_SIG_VSHIFT);
    DG_ASSERT(type_of(b, a) == IR_V128 && type_of(b, count_i64) == IR_I64);
    return EMIT(b, op, .type = IR_V128, .lane = lane_of(op, lane), .nargs = 2,
                .arg = {a, count_i64});
}

IrRef ir_vshuf(IrBuilder *b, IrRef a, IrRef c, const uint8_t mask[16])
{
    DG_ASSERT(type_of(b, a) == IR_V128 && type_of(b, c) == IR_V128);
    return EMIT(b, IR_vshuf, .type = IR_V128, .lane = IR_I8, .nargs = 2, .arg = {a, c},
                .imm = ir_vconst_index(b->region, mask));
}

IrRef ir_vextract(IrBuilder *b, IrType lane, IrRef v, unsigned index)
{
    DG_ASSERT(type_of(b, v) == IR_V128 && index < 128 / ir_type_bits(lane));
    return EMIT(b, IR_vextract, .type = (uint8_t)lane, .lane = lane_of(IR_vextract, lane),
                .cc = (uint8_t)index, .nargs = 1, .arg = {v});
}

IrRef ir_vinsert(IrBuilder *b, IrType lane, IrRef v, IrRef scalar, unsigned index)
{
    DG_ASSERT(type_of(b, v) == IR_V128 && type_of(b, scalar) == lane);
    DG_ASSERT(index < 128 / ir_type_bits(lane));
    return EMIT(b, IR_vinsert, .type = IR_V128, .lane = lane_of(IR_vinsert, lane),
                .cc = (uint8_t)index, .nargs = 2, .arg = {v, scalar});
}

static IrRef emit_splat(IrBuilder *b, IrOp op, IrType lane, IrRef scalar)
{
    DG_ASSERT(type_of(b, scalar) == lane);
    return EMIT(b, op, .type = IR_V128, .lane = lane_of(op, lane), .nargs = 1, .arg = {scalar});
}

IrRef ir_vlow(IrBuilder *b, IrRef scalar)
{
    return emit_splat(b, IR_vlow, type_of(b, scalar), scalar);
}

IrRef ir_vsplat(IrBuilder *b, IrType lane, IrRef scalar)
{
    return emit_splat(b, IR_vsplat, lane, scalar);
}

IrRef ir_vmovmsk(IrBuilder *b, IrType lane, IrRef v)
{
    DG_ASSERT(type_of(b, v) == IR_V128);
    return EMIT(b, IR_vmovmsk, .type = IR_I32, .lane = lane_of(IR_vmovmsk, lane), .nargs = 1,
                .arg = {v});
}

IrRef ir_viszero(IrBuilder *b, IrRef v)
{
    DG_ASSERT(type_of(b, v) == IR_V128);
    return EMIT(b, IR_viszero, .type = IR_I32, .lane = IR_I64, .nargs = 1, .arg = {v});
}

IrRef ir_fpctl_get(IrBuilder *b)
{
    return PLACE(b, IR_fpctlget, .type = IR_I32);
}

void ir_fpctl_set(IrBuilder *b, IrRef v)
{
    DG_ASSERT(type_of(b, v) == IR_I32);
    PLACE(b, IR_fpctlset, .nargs = 1, .arg = {v});
}

IrRef ir_x87(IrBuilder *b, uint64_t insn, IrRef argument)
{
    DG_ASSERT((argument.i != 0 ? type_of(b, argument) : IR_VOID) == ir_x87_argument(insn));
    return PLACE(b, IR_x87, .type = (uint8_t)ir_x87_result(insn), .nargs = argument.i != 0,
                 .arg = {argument}, .imm = insn);
}

void ir_x87_mem(IrBuilder *b, uint64_t insn, IrRef addr)
{
    DG_ASSERT(type_of(b, addr) == IR_I64);
    PLACE(b, IR_x87mem, .nargs = 1, .arg = {addr}, .imm = insn);
}

IrRef ir_call(IrBuilder *b, uint32_t helper, const IrRef *args, unsigned n)
{
    Region *r = b->region;
    DG_ASSERT(r->helpers != NULL && helper < r->helpers->count);
    const HelperDesc *h = &r->helpers->helpers[helper];
    DG_ASSERT(n == h->nargs);
    uint32_t first = r->pool.count;
    for (unsigned i = 0; i < n; i++) {
        DG_ASSERT(type_of(b, args[i]) == h->args[i]);
        *VEC_PUSH(r->arena, &r->pool) = args[i];
    }
    return PLACE(b, IR_call, .type = h->ret, .imm = helper, .list = first, .nlist = n);
}

void ir_poll(IrBuilder *b)
{
    PLACE(b, IR_poll);
}

void ir_count(IrBuilder *b)
{
    PLACE(b, IR_count, .imm = b->region->counters++);
}

/* ---- terminators ---- */

static uint32_t edge_new(Region *r, uint32_t block)
{
    DG_ASSERT(block < r->blocks.count && block != 0); /* nothing leads back to the entry */
    VEC_PUSH(r->arena, &r->edges)->block = block;
    r->graph = NULL;
    return r->edges.count - 1;
}

void ir_jump(IrBuilder *b, uint32_t block)
{
    uint32_t e = edge_new(b->region, block);
    PLACE(b, IR_jump, .edge = {e});
}

void ir_br(IrBuilder *b, IrRef cond, uint32_t yes, uint32_t no)
{
    DG_ASSERT(type_of(b, cond) == IR_I8);
    uint32_t ey = edge_new(b->region, yes), en = edge_new(b->region, no);
    PLACE(b, IR_br, .nargs = 1, .arg = {cond}, .edge = {ey, en});
}

void ir_edge_arg(Region *r, uint32_t edge, IrRef v)
{
    IrEdge *e = &r->edges.data[edge];
    if (e->args + e->nargs != r->pool.count) { /* move the run to the end, where it can grow */
        uint32_t first = r->pool.count;
        for (uint32_t i = 0; i < e->nargs; i++) {
            IrRef old = r->pool.data[e->args + i];
            *VEC_PUSH(r->arena, &r->pool) = old;
        }
        e->args = first;
    }
    *VEC_PUSH(r->arena, &r->pool) = v;
    e->nargs++;
}

void ir_exit(IrBuilder *b, uint64_t pc, IrExitKind kind, uint64_t return_pc)
{
    bool call = kind == IR_EXIT_CALL;
    IrRef back = call ? ir_const(b, IR_I64, return_pc) : IR_NONE;
    PLACE(b, IR_exit, .cc = (uint8_t)kind, .nargs = call, .arg = {back}, .imm = pc);
}

void ir_exit_service(IrBuilder *b, uint64_t next_pc, unsigned service)
{
    PLACE(b, IR_exit, .cc = IR_EXIT_SERVICE, .imm = next_pc, .aux = service);
}

void ir_exit_indirect(IrBuilder *b, IrRef pc, IrExitKind kind, uint64_t return_pc)
{
    DG_ASSERT(type_of(b, pc) == IR_I64);
    bool call = kind == IR_EXIT_CALL;
    IrRef back = call ? ir_const(b, IR_I64, return_pc) : IR_NONE;
    PLACE(b, IR_exitind, .cc = (uint8_t)kind, .nargs = call ? 2 : 1, .arg = {pc, back});
}

void ir_trap(IrBuilder *b, unsigned trap, unsigned argument)
{
    PLACE(b, IR_trap, .imm = trap, .aux = argument);
}
