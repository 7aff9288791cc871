/* random_test.c: random regions mean the same before and after every pass.
 *
 * Each region is generated without any folding, run lifted by the interpreter, printed and parsed
 * again, optimised, and run in promoted form by the small evaluator below, which shares only
 * ir_eval with the interpreter. Guest state, memory, exit and FP flags must agree. Polls fire at a
 * random count, so snapshots inside loops are looked at as well.
 *
 * Arguments: first seed and number of regions. A failure prints its seed.
 */
#include "ir/internal.h"
#include "tests/ir/ir_support.h"

static uint64_t rng_state;
static uint32_t rnd(uint32_t n)
{
    rng_state = rng_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(rng_state >> 33) % n;
}

static uint64_t rnd64(void)
{
    static const uint64_t nice[] = {0,
                                    1,
                                    2,
                                    7,
                                    8,
                                    31,
                                    63,
                                    64,
                                    0x7f,
                                    0x80,
                                    0xff,
                                    0x7fff,
                                    0x8000,
                                    0xffff,
                                    0x7fffffff,
                                    0x80000000,
                                    0xffffffff,
                                    UINT64_C(1) << 63,
                                    INT64_MAX,
                                    UINT64_MAX,
                                    UINT64_MAX - 1,
                                    0x3ff0000000000000,
                                    0x7ff8000000000000,
                                    0x7ff4000000000001,
                                    0xbff0000000000000,
                                    0x3f800000,
                                    0x7fa00000,
                                    1 << 20};
    if (rnd(3) != 0)
        return nice[rnd(sizeof nice / sizeof nice[0])];
    return (uint64_t)rnd(1u << 31) << 40 ^ (uint64_t)rnd(1u << 31) << 20 ^ rnd(1u << 31);
}

/* ---- generation ---- */

enum { MEMORY = 64, BLOCKS = 7, RECENT = 400 };
static _Alignas(64) uint8_t memory[MEMORY];

typedef struct Gen {
    Region *r;
    uint32_t block;
    IrRef vals[RECENT]; /* usable in the block at hand */
    unsigned count, entry_count;
} Gen;

static IrRef emit(Gen *g, IrInst i)
{
    IrBuilder b = {g->r, g->block};
    Folder f = {.region = g->r, .block = b.block};
    IrRef v = ir_fold_place(&f, &i); /* as it stands: nothing is folded */
    if (i.type != IR_VOID && g->count < RECENT)
        g->vals[g->count++] = v;
    return v;
}

static IrRef constant(Gen *g, IrType t, uint64_t v)
{
    if (t == IR_V128) {
        uint8_t bytes[16];
        uint64_t q[2] = {rnd64(), rnd64()};
        memcpy(bytes, q, 16);
        if (rnd(3) == 0)
            memset(bytes, rnd(2) ? 0xff : 0, 16);
        return emit(g, (IrInst){.op = IR_vconst, .type = t, .imm = ir_vconst_index(g->r, bytes)});
    }
    unsigned bits = ir_type_bits(t);
    return emit(g, (IrInst){.op = IR_const,
                            .type = (uint8_t)t,
                            .imm = bits == 64 ? v : v & ((UINT64_C(1) << bits) - 1)});
}

/* A value of type t: one that is there, or a constant, or guest state. */
static IrRef pick(Gen *g, IrType t)
{
    for (int tries = 0; tries < 6 && g->count != 0; tries++) {
        IrRef v = g->vals[g->count - 1 - rnd(g->count < 12 || rnd(4) == 0 ? g->count : 12)];
        if (ir_inst(g->r, v)->type == t)
            return v;
    }
    if (t == IR_I64 && rnd(3) != 0)
        return emit(g, (IrInst){.op = IR_get, .type = t, .imm = SLOT_X + rnd(8)});
    if (t == IR_I32 && rnd(3) != 0)
        return emit(g, (IrInst){.op = IR_get, .type = t, .imm = SLOT_W + rnd(2)});
    if (t == IR_V128 && rnd(3) != 0)
        return emit(g, (IrInst){.op = IR_get, .type = t, .imm = SLOT_V + rnd(4)});
    return constant(g, t, rnd64());
}

static IrRef pick_bool(Gen *g)
{
    IrType t = (IrType)(IR_I8 + rnd(4));
    return emit(g, (IrInst){.op = (uint16_t)(IR_eq + rnd(IR_sle - IR_eq + 1)),
                            .type = IR_I8,
                            .nargs = 2,
                            .arg = {pick(g, t), pick(g, t)}});
}

/* An address in `memory`, often one used before. */
static IrRef pick_address(Gen *g, unsigned size)
{
    IrRef base = constant(g, IR_I64, (uint64_t)(uintptr_t)memory);
    uint64_t offset = rnd(MEMORY / 16) * 8;
    if (rnd(2) == 0) {
        IrRef x = emit(g, (IrInst){.op = IR_get, .type = IR_I64, .imm = SLOT_X + rnd(2)});
        IrRef m = emit(g, (IrInst){.op = IR_and,
                                   .type = IR_I64,
                                   .nargs = 2,
                                   .arg = {x, constant(g, IR_I64, 0x1f & -(uint64_t)size)}});
        base = emit(g, (IrInst){.op = IR_add, .type = IR_I64, .nargs = 2, .arg = {base, m}});
    }
    return emit(g, (IrInst){.op = IR_add,
                            .type = IR_I64,
                            .nargs = 2,
                            .arg = {base, constant(g, IR_I64, offset)}});
}

static IrType conv_source(IrOp op, IrType to)
{
    switch (op) {
    case IR_zext:
    case IR_sext:
        return (IrType)(IR_I8 + rnd((unsigned)to - IR_I8));
    case IR_trunc:
        return (IrType)((unsigned)to + 1 + rnd(IR_I64 - (unsigned)to));
    case IR_bitcast:
        return to == IR_I32 ? IR_F32 : to == IR_I64 ? IR_F64 : to == IR_F32 ? IR_I32 : IR_I64;
    case IR_sitof:
    case IR_uitof:
        return rnd(2) ? IR_I32 : IR_I64;
    case IR_ftosi:
    case IR_fsatsi:
    case IR_fsatui:
        return rnd(2) ? IR_F32 : IR_F64;
    case IR_fext:
    case IR_fbox:
        return IR_F32;
    default:
        return IR_F64;
    }
}

static IrType pick_type(unsigned mask)
{
    for (;;) {
        unsigned t = rnd(IR_TYPE_COUNT);
        if (mask >> t & 1)
            return (IrType)t;
    }
}

/* A random op that is a function of its arguments. */
static void gen_pure(Gen *g)
{
    IrOp op = (IrOp)(1 + rnd(IR_OP_COUNT - 1));
    const IrOpInfo *info = &ir_op_info[op];
    if ((info->effects & (IR_E_PURE | IR_E_FPENV)) == 0 || info->nargs == 0)
        return;
    IrInst i = {.op = (uint16_t)op, .nargs = info->nargs};
    IrType s = IR_VOID;
    bool vector = info->sig >= IR_SIG_VUN && info->sig <= IR_SIG_VSPLAT;
    if (vector) {
        i.lane = (uint8_t)pick_type(info->types);
        i.type = info->sig != IR_SIG_VEXT               ? IR_V128
                 : op == IR_vmovmsk || op == IR_viszero ? IR_I32
                                                        : i.lane;
        s = info->sig == IR_SIG_VSPLAT ? (IrType)i.lane : IR_V128;
    }
    switch (info->sig) {
    case IR_SIG_CMP:
    case IR_SIG_FCMP:
        s = info->sig == IR_SIG_CMP ? (IrType)(IR_I8 + rnd(4)) : (IrType)(IR_F32 + rnd(2));
        i.type = IR_I8;
        i.flags = info->sig == IR_SIG_FCMP && rnd(2) ? IR_F_SIGNAL : 0;
        break;
    case IR_SIG_SEL:
        s = (IrType)(IR_I8 + rnd(IR_V128));
        i.type = (uint8_t)s;
        break;
    case IR_SIG_CONV:
        i.type = (uint8_t)pick_type(info->types);
        s = conv_source(op, (IrType)i.type);
        i.cc = op == IR_ftosi ? (uint8_t)rnd(2) : 0;
        break;
    case IR_SIG_VEXT:
    case IR_SIG_VINS:
        if (op != IR_vmovmsk && op != IR_viszero)
            i.cc = (uint8_t)rnd(128 / ir_type_bits((IrType)i.lane));
        break;
    case IR_SIG_VSTR:
        s = IR_V128;
        i.type = (uint8_t)ir_vstr_type(op);
        break;
    default:
        if (!vector) {
            s = pick_type(info->types);
            i.type = (uint8_t)s;
        }
    }
    if (op == IR_extract || op == IR_sextract || op == IR_deposit) {
        unsigned bits = ir_type_bits(s), pos = rnd(4) ? rnd(bits / 8) * 8 : rnd(bits);
        i.aux =
            pos | (1 + (rnd(4) ? rnd((bits - pos + 7) / 8) * 8 : rnd(bits - pos)) % (bits - pos))
                      << 8;
    }
    if (ir_op_variants(op) != 0)
        i.cc = (uint8_t)rnd(ir_op_variants(op));
    if (op == IR_vfcmp)
        i.cc = (uint8_t)rnd(8);
    if (op == IR_vf32toi32 || op == IR_vf64toi32)
        i.cc = (uint8_t)rnd(2);
    if (op == IR_vshuf) {
        uint8_t mask[16];
        bool from_a = rnd(3) == 0;
        for (unsigned n = 0; n < 16; n++)
            mask[n] = rnd(6) == 0 ? 0x80 : (uint8_t)rnd(from_a ? 16 : 32);
        if (rnd(3) == 0)
            for (unsigned n = 0; n < 16; n++)
                mask[n] = (uint8_t)n;
        i.imm = ir_vconst_index(g->r, mask);
    }
    for (unsigned n = 0; n < i.nargs; n++) {
        IrType t = s;
        if (info->sig == IR_SIG_SEL && n == 0) {
            i.arg[0] = pick_bool(g);
            continue;
        }
        if (info->sig == IR_SIG_VSTR && n == 2)
            t = IR_I64;
        if (info->sig == IR_SIG_VSHIFT && n == 1)
            t = IR_I64;
        if (info->sig == IR_SIG_VINS && n == 1)
            t = (IrType)i.lane;
        i.arg[n] =
            n != 0 && rnd(8) == 0 && ir_inst(g->r, i.arg[0])->type == t ? i.arg[0] : pick(g, t);
    }
    emit(g, i);
}

static void gen_put(Gen *g)
{
    unsigned slot = rnd(SLOT_COUNT);
    if (slot == SLOT_MEMW)
        return;
    if (slot == SLOT_MEM) { /* counted by tick: only read it */
        emit(g, (IrInst){.op = IR_get, .type = IR_I64, .imm = slot});
        return;
    }
    IrRef v = pick(g, (IrType)test_slot_descs[slot].type);
    emit(g, (IrInst){.op = IR_put, .nargs = 1, .arg = {v}, .imm = slot});
}

static void gen_memory(Gen *g)
{
    IrType t = (IrType)(IR_I8 + rnd(IR_V128));
    unsigned size = ir_type_bits(t) / 8;
    unsigned flags = rnd(4) ? IR_ORDER_TSO : rnd(5);
    flags |= rnd(8) == 0 ? IR_M_BIG : 0;
    IrRef addr = pick_address(g, size), v;
    switch (rnd(10)) {
    case 0:
        t = (IrType)(IR_I8 + rnd(4));
        v = pick(g, t);
        emit(g, (IrInst){.op = (uint16_t)(IR_aadd + rnd(5)),
                         .type = (uint8_t)t,
                         .nargs = 2,
                         .flags = IR_ORDER_TSO,
                         .arg = {addr, v}});
        break;
    case 1:
        emit(g, (IrInst){.op = IR_fence, .imm = 1 + rnd(15)});
        break;
    case 2:
    case 3:
    case 4:
    case 5:
        emit(g, (IrInst){.op = IR_load,
                         .type = (uint8_t)t,
                         .nargs = 1,
                         .flags = (uint16_t)flags,
                         .arg = {addr}});
        break;
    default:
        v = pick(g, t);
        emit(g, (IrInst){.op = IR_store,
                         .lane = (uint8_t)t,
                         .nargs = 2,
                         .flags = (uint16_t)flags,
                         .arg = {addr, v}});
        if (rnd(2) == 0) /* read it back at once */
            emit(g, (IrInst){.op = IR_load,
                             .type = (uint8_t)t,
                             .nargs = 1,
                             .flags = (uint16_t)flags,
                             .arg = {addr}});
    }
}

static void gen_call(Gen *g)
{
    uint32_t first = g->r->pool.count;
    if (rnd(2) == 0) {
        emit(g, (IrInst){.op = IR_call, .imm = HELP_TICK});
        emit(g, (IrInst){.op = IR_poll});
        return;
    }
    IrRef a = pick(g, IR_I64), c = pick(g, IR_I32);
    first = g->r->pool.count;
    *VEC_PUSH(g->r->arena, &g->r->pool) = a;
    *VEC_PUSH(g->r->arena, &g->r->pool) = c;
    emit(g, (IrInst){.op = IR_call, .type = IR_I64, .imm = HELP_MIX, .list = first, .nlist = 2});
}

static uint32_t edge_to(Gen *g, uint32_t block)
{
    VEC_PUSH(g->r->arena, &g->r->edges)->block = block;
    return g->r->edges.count - 1;
}

static void gen_end(Gen *g)
{
    uint32_t b = g->block;
    uint32_t to = 1 + rnd(BLOCKS - 1), other = 1 + rnd(BLOCKS - 1);
    if (b == BLOCKS - 1 || rnd(8) == 0) {
        switch (rnd(3)) {
        case 0:
            emit(g, (IrInst){.op = IR_exit, .imm = 0x9000 + b});
            break;
        case 1: {
            IrRef pc = pick(g, IR_I64);
            emit(g, (IrInst){.op = IR_exitind, .nargs = 1, .arg = {pc}});
            break;
        }
        default:
            emit(g, (IrInst){.op = IR_trap, .imm = 40, .aux = b});
        }
        return;
    }
    /* Mostly forward; every way back passes a poll that will fire some day. */
    if (to <= b && rnd(3) != 0)
        to = b + 1;
    if (other <= b && rnd(3) != 0)
        other = b + 1;
    if (rnd(3) == 0) {
        uint32_t e = edge_to(g, to);
        emit(g, (IrInst){.op = IR_jump, .edge = {e}});
    } else {
        IrRef c = rnd(2) ? pick_bool(g)
                         : emit(g, (IrInst){.op = IR_eq,
                                            .type = IR_I8,
                                            .nargs = 2,
                                            .arg = {pick_bool(g), constant(g, IR_I8, rnd(2))}});
        uint32_t yes = edge_to(g, to), no = edge_to(g, other);
        emit(g, (IrInst){.op = IR_br, .nargs = 1, .arg = {c}, .edge = {yes, no}});
    }
}

static Region *generate(Arena *a, FpModel model)
{
    Region *r = ir_region_new(a, 0x1000, &test_slots, &test_helpers, model);
    Gen g = {.r = r};
    for (uint32_t b = 0; b < BLOCKS; b++)
        ir_block_new(r, 0x1000 + 16 * b);
    for (uint32_t b = 0; b < BLOCKS; b++) {
        g.block = b;
        g.count = g.entry_count; /* values of the entry block are there everywhere */
        if (b != 0) {
            emit(&g, (IrInst){.op = IR_call, .imm = HELP_TICK});
            emit(&g, (IrInst){.op = IR_poll});
        }
        emit(&g, (IrInst){.op = IR_insn, .imm = 0x1000 + 16 * b, .flags = 4});
        for (unsigned n = rnd(b == 0 ? 10 : 30); n > 0; n--) {
            unsigned what = rnd(10);
            if (what < 6)
                gen_pure(&g);
            else if (what < 8)
                gen_put(&g);
            else if (what < 9)
                gen_memory(&g);
            else
                gen_call(&g);
        }
        gen_end(&g);
        if (b == 0)
            g.entry_count = g.count < 40 ? g.count : 40;
    }
    return r;
}

/* ---- evaluation of promoted form ---- */

#include "ir/softfp.h"

typedef struct Eval {
    const Region *r;
    CpuState *s;
    IrValue *v;
    InterpResult res;
} Eval;

static void apply_snapshot(Eval *x, const IrInst *i)
{
    const IrSnapshot *s = &x->r->snaps.data[i->snap - 1];
    for (uint32_t n = 0; n < s->count; n++) {
        const IrSnapEntry *e = &x->r->snap_entries.data[s->first + n];
        const SlotDesc *slot = &x->r->slots->slots[e->slot];
        if (e->value.i == 0) { /* dead: the frontend promises that no one looks */
            memset((uint8_t *)x->s + slot->offset, 0, ir_type_bits((IrType)slot->type) / 8);
            continue;
        }
        memcpy((uint8_t *)x->s + slot->offset, x->v[e->value.i].b,
               ir_type_bits((IrType)slot->type) / 8);
    }
    x->s->pc = s->pc;
}

static void swap(uint8_t *b, unsigned n)
{
    for (unsigned k = 0; k < n / 2; k++) {
        uint8_t t = b[k];
        b[k] = b[n - 1 - k];
        b[n - 1 - k] = t;
    }
}

static void eval_access(Eval *x, const IrInst *i, uint32_t v)
{
    bool store = i->op == IR_store;
    unsigned size = ir_type_bits((IrType)(store ? i->lane : i->type)) / 8;
    void *p = (void *)(uintptr_t)x->v[i->arg[0].i].u;
    IrValue val = {.q = {0, 0}};
    if (store) {
        val = x->v[i->arg[1].i];
        if (i->flags & IR_M_BIG)
            swap(val.b, size);
        memcpy(p, val.b, size);
        return;
    }
    memcpy(val.b, p, size);
    if (i->op != IR_load) {
        uint64_t old = val.u, y = x->v[i->arg[1].i].u;
        uint64_t n = i->op == IR_aadd   ? old + y
                     : i->op == IR_aand ? (old & y)
                     : i->op == IR_aor  ? (old | y)
                     : i->op == IR_axor ? (old ^ y)
                                        : y;
        memcpy(p, &n, size);
    } else if (i->flags & IR_M_BIG) {
        swap(val.b, size);
    }
    x->v[v] = val;
}

static void eval_call(Eval *x, const IrInst *i, uint32_t v)
{
    if (i->imm == HELP_TICK) {
        test_tick(x->s);
        return;
    }
    const IrRef *args = &x->r->pool.data[i->list];
    x->v[v] = (IrValue){.q = {test_mix(x->v[args[0].i].u, x->v[args[1].i].w[0]), 0}};
}

/* The next instruction; 0 ends. */
static uint32_t eval_inst(Eval *x, uint32_t v)
{
    const Region *r = x->r;
    const IrInst *i = &r->insts.data[v];
    switch (i->op) {
    case IR_get: {
        const SlotDesc *slot = &r->slots->slots[i->imm];
        x->v[v] = (IrValue){.q = {0, 0}};
        memcpy(x->v[v].b, (uint8_t *)x->s + slot->offset, ir_type_bits((IrType)slot->type) / 8);
        return i->next;
    }
    case IR_insn:
    case IR_fence:
        return i->next;
    case IR_poll:
        if (x->s->poll == 0)
            return i->next;
        apply_snapshot(x, i);
        x->res.end = INTERP_POLL;
        return 0;
    case IR_call:
        eval_call(x, i, v);
        return i->next;
    case IR_jump:
    case IR_br: {
        const IrEdge *e = &r->edges.data[i->edge[i->op == IR_br && x->v[i->arg[0].i].b[0] == 0]];
        IrValue args[64];
        for (uint32_t n = 0; n < e->nargs; n++)
            args[n] = x->v[r->pool.data[e->args + n].i];
        for (uint32_t n = 0; n < e->nargs; n++)
            x->v[r->blocks.data[e->block].params.data[n].i] = args[n];
        return r->blocks.data[e->block].first;
    }
    case IR_exit:
    case IR_exitind:
        apply_snapshot(x, i);
        x->res.end = INTERP_EXIT;
        x->s->pc = i->op == IR_exit ? i->imm : x->v[i->arg[0].i].u;
        return 0;
    case IR_trap:
        apply_snapshot(x, i);
        x->res.end = INTERP_TRAP;
        x->res.trap_arg = i->aux;
        return 0;
    default:
        break;
    }
    if (ir_has(i, IR_E_READ | IR_E_WRITE)) {
        eval_access(x, i, v);
        return i->next;
    }
    IrValue args[3];
    for (unsigned n = 0; n < i->nargs; n++)
        args[n] = x->v[i->arg[n].i];
    x->v[v] = ir_has(i, IR_E_FPENV) ? ir_eval_fp(r, i, args, &x->s->fpctl) : ir_eval(r, i, args);
    return i->next;
}

static InterpResult eval_promoted(const Region *r, CpuState *s)
{
    Eval x = {.r = r, .s = s};
    x.v = calloc(r->insts.count, sizeof *x.v);
    for (uint32_t v = r->blocks.data[0].first; v != 0;)
        v = eval_inst(&x, v);
    free(x.v);
    return x.res;
}

/* ---- comparison ---- */

static void start_state(CpuState *s)
{
    memset(s, 0, sizeof *s);
    s->fpctl = 0x1f80 | rnd(4) << 13 | (rnd(4) == 0 ? 0x8040u : 0);
    TestGuest *g = test_guest(s);
    for (int k = 0; k < 8; k++)
        g->x[k] = rnd64();
    for (int k = 0; k < 2; k++)
        g->w[k] = (uint32_t)rnd64();
    for (int k = 0; k < 4; k++)
        for (unsigned q = 0; q < 2; q++) {
            uint64_t v = rnd64();
            memcpy(g->v[k] + 8 * q, &v, 8);
        }
    g->memw = 1 + rnd(40);
    for (int k = 0; k < MEMORY; k++)
        memory[k] = (uint8_t)rnd(256);
}

/* Which slots the code at an exit's destination overwrites. */
static void dead_slots(void *arg, uint64_t pc, uint64_t dead[4])
{
    (void)arg;
    if (pc >= 0x9000 && pc < 0x9000 + BLOCKS)
        dead[0] = pc * UINT64_C(0x9e3779b97f4a7c15) >> 40;
}

static void forget_dead(CpuState *s)
{
    uint64_t dead[4] = {0};
    dead_slots(NULL, s->pc, dead);
    for (unsigned k = 0; k < SLOT_COUNT; k++)
        if ((dead[0] >> k & 1) != 0 && !test_slot_descs[k].memory_only)
            memset((uint8_t *)s + test_slot_descs[k].offset, 0,
                   ir_type_bits((IrType)test_slot_descs[k].type) / 8);
}

static void compare(uint64_t seed, const Region *lifted, const Region *r)
{
    static CpuState start, a, b;
    uint8_t before[MEMORY], after[MEMORY];
    start_state(&start);
    memcpy(before, memory, MEMORY);
    a = b = start;
    InterpResult ra = interp_run_region(lifted, &a, &(InterpLimits){0});
    memcpy(after, memory, MEMORY);
    memcpy(memory, before, MEMORY);
    InterpResult rb = eval_promoted(r, &b);
    int old = failures;
    if (ra.end == INTERP_EXIT) {
        forget_dead(&a);
        forget_dead(&b);
    }
    EXPECT(ra.end == rb.end && ra.trap_arg == rb.trap_arg, "end %d, optimised %d", ra.end, rb.end);
    EXPECT(a.pc == b.pc, "pc %llx, optimised %llx", (unsigned long long)a.pc,
           (unsigned long long)b.pc);
    EXPECT(memcmp(a.guest, b.guest, sizeof(TestGuest)) == 0, "guest state differs");
    EXPECT(memcmp(after, memory, MEMORY) == 0, "memory differs");
    EXPECT(a.fpctl == b.fpctl, "fpctl %x, optimised %x", a.fpctl, b.fpctl);
    if (old != failures) {
        for (unsigned s = 0; s < SLOT_COUNT; s++)
            if (memcmp((uint8_t *)&a + test_slot_descs[s].offset,
                       (uint8_t *)&b + test_slot_descs[s].offset,
                       ir_type_bits((IrType)test_slot_descs[s].type) / 8) != 0)
                fprintf(stderr, "slot %s\n", test_slot_descs[s].name);
        fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        ir_print(lifted, stderr);
        ir_print(r, stderr);
    }
}

static void one(uint64_t seed)
{
    Arena a = {0};
    char err[256];
    rng_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    for (int k = 0; k < 4; k++)
        rnd(2);
    Region *lifted = generate(&a, (FpModel)rnd(3));
    lifted->dependencies = seed % 3 == 0;
    EXPECT(ir_verify(lifted, err, sizeof err), "seed %llu: %s", (unsigned long long)seed, err);
    if (failures != 0) {
        ir_print(lifted, stderr);
        return;
    }
    char *text = text_of(lifted);
    Region *r = parse_or_die(&a, text);
    char *again = text_of(r);
    EXPECT(strcmp(text, again) == 0, "seed %llu: text differs", (unsigned long long)seed);
    free(again);
    static const char *const skips[] = {NULL, NULL, NULL, "fold", "cse", "forward", "dead"};
    PassContext ctx = {.dead_slots_at = dead_slots, .verify = true, .skip = skips[rnd(7)]};
    ir_optimise(r, &ctx);
    for (int k = 0; k < 4 && failures == 0; k++)
        compare(seed, lifted, r);
    free(text);
    arena_free(&a);
}

int main(int argc, char **argv)
{
    uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : 2000;
    for (uint64_t seed = first; seed < first + count && failures == 0; seed++)
        one(seed);
    return failures != 0;
}
