/* alloc_test.c: random regions through selection and allocation of an imaginary host, each result
 * proved by the allocation checker, which stops the test when a value is not where it should be.
 *
 * The imaginary host has few registers, tied and commuting rules, fixed registers, clobbers, folded
 * loads, addresses and compares: every way in which the allocator can be asked for something.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/core/core.h"
#include "ir/base/log.h"
#include "ir/passes.h"

/* ---- the imaginary host ---- */

static bool match_imm(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)user;
    out->kind = OPND_IMM;
    return select_const(s, v, &out->imm);
}

static bool match_addr(Selection *s, IrRef user, IrRef v, Operand *out)
{
    (void)user;
    out->kind = OPND_ADDR;
    select_base_disp(s, v, &out->leaf[0], &out->imm);
    return true;
}

static bool match_mem(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (in->op != IR_load || !select_can_fold(s, user, v))
        return false;
    match_addr(s, user, in->arg[0], out);
    out->kind = OPND_MEM;
    out->folded = v;
    return true;
}

static bool match_cond(Selection *s, IrRef user, IrRef v, Operand *out)
{
    const IrInst *in = select_inst(s, v);
    if (ir_op_info[in->op].sig != IR_SIG_CMP || !select_can_fold(s, user, v))
        return false;
    out->kind = OPND_COND;
    out->folded = v;
    out->leaf[0] = s->alias[in->arg[0].i];
    if (select_const(s, in->arg[1], &out->imm))
        out->has_imm = true;
    else
        out->leaf[1] = s->alias[in->arg[1].i];
    return true;
}

static void emit_one(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    if (si->snap != 0)
        emit_fault_here(e);
    emit_u8(e, 0);
}

#define ANY3                                                                                       \
    {                                                                                              \
        ANY_REG, ANY_REG, ANY_REG                                                                  \
    }
#define INTS    (1u << IR_I8 | 1u << IR_I16 | 1u << IR_I32 | 1u << IR_I64)
#define BARE(o) .op = IR_##o, .types = INTS, .emit = emit_one
#define RULE(o) BARE(o), .fixed = ANY3, .dest = ANY_REG

static const LowerRule rules[] = {
    {RULE(add), .arg = {match_reg, match_imm}},
    {RULE(add), .arg = {match_reg, match_mem}, .flags = RULE_TIED},
    {RULE(add), .arg = {match_reg, match_reg}, .flags = RULE_TIED | RULE_COMMUTE},
    {RULE(sub), .arg = {match_reg, match_reg}, .flags = RULE_TIED},
    {BARE(mul), .arg = {match_reg, match_reg}, .fixed = {0, ANY_REG, ANY_REG}, .dest = 2,
     .clobber_gpr = 1},
    {RULE(neg), .arg = {match_reg}, .flags = RULE_TIED},
    {RULE(not ), .arg = {match_reg}},
    {RULE(and), .arg = {match_reg, match_reg}},
    {RULE(xor), .arg = {match_reg, match_reg}, .flags = RULE_EARLY, .scratch_gpr = 1},
    {BARE(shl), .arg = {match_reg, match_reg}, .fixed = {ANY_REG, 1, ANY_REG}, .dest = ANY_REG,
     .flags = RULE_TIED},
    {RULE(select), .arg = {match_cond, match_reg, match_reg}},
    {RULE(select), .arg = {match_reg, match_reg, match_reg}},
    {RULE(eq), .arg = {match_reg, match_reg}},
    {RULE(ult), .arg = {match_reg, match_reg}},
    {RULE(load), .arg = {match_addr}},
    {RULE(store), .arg = {match_addr, match_imm}},
    {RULE(store), .arg = {match_addr, match_reg}},
    {RULE(aadd), .arg = {match_reg, match_reg}, .flags = RULE_TIED | RULE_FAULT_LATE,
     .scratch_gpr = 1},
    {RULE(br), .arg = {match_cond}},
    {RULE(br), .arg = {match_reg}},
};

static void host_move(Emitter *e, const HostMove *m)
{
    emit_u8(e, m->kind);
}
static void host_jump(Emitter *e, uint32_t label)
{
    emit_label_ref(e, label, emit_offset(e), 0);
}
static void host_branch(Emitter *e, const SelInst *si, const IrInst *in, uint32_t yes, uint32_t no)
{
    (void)si;
    (void)in;
    if (yes != NO_LABEL)
        host_jump(e, yes);
    if (no != NO_LABEL)
        host_jump(e, no);
}
static void host_exit(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)si;
    emit_u8(e, (uint8_t)in->cc);
}
static void host_poll(Emitter *e, uint32_t cold)
{
    host_jump(e, cold);
}
static void host_site(Emitter *e)
{
    emit_u8(e, 1);
}
static void host_call(Emitter *e, const HelperDesc *h, uint32_t n, uint32_t cold)
{
    (void)h;
    if (cold != NO_LABEL)
        host_jump(e, cold);
    emit_u8(e, (uint8_t)n);
}
static void host_count(Emitter *e, uint32_t word)
{
    emit_u32(e, word);
}
static void host_nothing(Emitter *e)
{
    (void)e;
}
static void host_fixup(Emitter *e, uint32_t offset, unsigned form, uint32_t target)
{
    (void)e;
    (void)offset;
    (void)form;
    (void)target;
}

static const uint8_t gpr_order[] = {6, 7, 0, 1, 2, 3, 4, 5, ANY_REG};
static const uint8_t vec_order[] = {2, 3, 0, 1, ANY_REG};

static HostDesc imaginary = {
    .name = "imaginary",
    .rules = rules,
    .rule_count = sizeof rules / sizeof rules[0],
    .allocatable = {0xff, 0xf},
    .caller_saved = {0x0f, 0xf},
    .call_args = {3, 2, 1, 0, 4, 5},
    .call_ret = 0,
    .exit_pc = 7,
    .alloc_order = {gpr_order, vec_order},
    .move = host_move,
    .jump = host_jump,
    .branch = host_branch,
    .keeps_consts = true,
    .exit = host_exit,
    .poll = host_poll,
    .site_call = host_site,
    .call = host_call,
    .count = host_count,
    .begin = host_nothing,
    .finish = host_nothing,
    .fixup = host_fixup,
};

/* ---- random regions ---- */

enum { NSLOTS = 10, PINNED = 5, BLOCKS = 6 };
static SlotDesc slot_descs[NSLOTS];
static const SlotTable slots = {.slots = slot_descs, .count = NSLOTS, .guest = "test"};
static void helper_body(void) {}
static const HelperDesc helper_descs[] = {
    {"pure", helper_body, IR_I64, 2, {IR_I64, IR_I64}, HELPER_PURE},
    {"state", helper_body, IR_I64, 1, {IR_I64}, HELPER_STATE},
};
static const HelperTable helpers = {helper_descs, 2};

static uint64_t seed;
static unsigned rnd(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33) % n;
}

static IrRef random_value(IrBuilder *b, IrRef *recent, unsigned n)
{
    unsigned k = rnd(n + 4);
    if (k < n)
        return recent[k];
    if (k == n)
        return ir_const(b, IR_I64, rnd(2) ? rnd(100) : (uint64_t)rnd(1u << 30) << 20);
    return ir_get(b, rnd(NSLOTS));
}

static IrRef random_op(IrBuilder *b, IrRef x, IrRef y)
{
    static const IrOp ops[] = {IR_add, IR_sub, IR_mul, IR_xor, IR_shl};
    IrRef args[2] = {x, y};
    switch (rnd(11)) {
    case 0:
        return ir_load(b, IR_I64, x, IR_ORDER_TSO);
    case 1:
        return ir_load(b, IR_I64, ir_bini(b, IR_add, x, rnd(64) * 8), IR_ORDER_TSO);
    case 2:
        ir_store(b, ir_bini(b, IR_add, x, rnd(64) * 8), y, IR_ORDER_TSO);
        return ir_bini(b, IR_add, x, rnd(64) * 8);
    case 3:
        return ir_select(b, ir_cmp(b, rnd(2) ? IR_eq : IR_ult, x, y), y, x);
    case 4:
        return ir_call(b, 0, args, 2);
    case 5:
        return rnd(3) ? ir_bini(b, IR_add, x, rnd(200)) : ir_call(b, 1, args, 1);
    case 6:
        return rnd(2) ? ir_atomic(b, IR_aadd, x, y) : ir_bini(b, IR_add, x, 8);
    default:
        return ir_bin(b, ops[rnd(5)], x, y);
    }
}

static void random_block(IrBuilder *b, uint32_t first)
{
    IrRef recent[8];
    unsigned n = 0;
    uint64_t pc = 0x1000 + b->block * 0x100;
    for (unsigned k = 0, count = 1 + rnd(12); k < count; k++) {
        ir_insn(b, pc + k * 4, 4);
        IrRef v = random_op(b, random_value(b, recent, n), random_value(b, recent, n));
        recent[n < 8 ? n++ : rnd(8)] = v;
        for (unsigned m = rnd(3); m != 0; m--)
            ir_put(b, rnd(NSLOTS), random_value(b, recent, n));
    }
    uint32_t to = first + rnd(BLOCKS), other = first + rnd(BLOCKS);
    switch (rnd(6)) {
    case 0:
        ir_exit(b, 0x2000, IR_EXIT_JUMP, 0);
        break;
    case 1:
        ir_exit_indirect(b, random_value(b, recent, n), IR_EXIT_JUMP, 0);
        break;
    case 2:
        ir_trap(b, 1, 2);
        break;
    case 3:
        ir_jump(b, to);
        break;
    default:
        ir_br(b, ir_cmp(b, IR_ult, random_value(b, recent, n), random_value(b, recent, n)), to,
              other);
        break;
    }
}

static Region *random_region(Arena *arena)
{
    Region *r = ir_region_new(arena, 0x1000, &slots, &helpers, FP_MODEL_X86);
    IrBuilder b = {r, ir_block_new(r, 0x1000)};
    uint32_t first = 1;
    for (unsigned k = 0; k < BLOCKS; k++)
        ir_block_new(r, 0x1000 + (k + 1) * 0x100);
    ir_insn(&b, 0x1000, 4);
    ir_poll(&b);
    ir_jump(&b, first);
    for (unsigned k = 0; k < BLOCKS; k++) {
        b.block = first + k;
        if (rnd(2)) {
            r->blocks.data[b.block].loop_head = true;
            ir_insn(&b, 0x1000 + b.block * 0x100, 4);
            ir_poll(&b);
        }
        random_block(&b, first);
    }
    return r;
}

static void dump(void *region)
{
    ir_print(region, stderr);
}

int main(int argc, char **argv)
{
    uint64_t from = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
    uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 0) : 20000, refused = 0;
    Convention conv;
    Arena arena = {0};
    memset(conv.home, -1, sizeof conv.home);
    for (unsigned k = 0; k < NSLOTS; k++) {
        static char names[NSLOTS][4];
        snprintf(names[k], sizeof names[k], "s%u", k);
        slot_descs[k] = (SlotDesc){names[k], (uint16_t)(64 + k * 8), IR_I64, 0};
        conv.home[k] = k < PINNED ? (int8_t)k : -1;
    }
    BackendConfig cfg = {.convention = &conv, .check = true};
    PassContext ctx = {.verify = true};
    for (uint64_t n = from; n < from + count; n++) {
        char err[200];
        seed = n * 0x9e3779b97f4a7c15u;
        imaginary.swap[CLASS_GPR] = n & 1;
        Region *r = random_region(&arena);
        ir_optimise(r, &ctx);
        log_set_crash_dump(dump, r);
        CompiledCode out = {0};
        refused += !core_compile(&imaginary, &cfg, r, &out, err, sizeof err);
        arena_reset(&arena);
    }
    arena_free(&arena);
    printf("%llu regions allocated and checked, %llu refused\n",
           (unsigned long long)(count - refused), (unsigned long long)refused);
    return refused > count / 100;
}
