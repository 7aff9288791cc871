/* exec_test.c: what eval_test.c does not reach: memory and its ordering forms, atomics, branches,
 * loops, helper calls, polls, traps, and the whole exit protocol (chaining, call and return, inline
 * caches), for every set of host features. Each check names itself when it fails. */
#include "tests/backend_aarch64/harness.h"

static unsigned failures, checks;
static BackendConfig cfg;
static Arena arena;
enum { PAGE = 4096 };
static _Alignas(PAGE) uint8_t memory[2 * PAGE];

#define CHECK(cond, ...)                                                                           \
    do {                                                                                           \
        checks++;                                                                                  \
        if (!(cond) && failures++ < 30) {                                                          \
            printf("features %x, line %d: %s: ", cfg.host_features, __LINE__, #cond);              \
            printf(__VA_ARGS__);                                                                   \
            putchar('\n');                                                                         \
        }                                                                                          \
    } while (0)

/* ---- helpers of the region under test ---- */

static uint64_t helper_mix(uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    volatile double x = (double)a; /* destroys caller-saved registers of both kinds */
    x = x * 3 + (double)b;
    return a + 3 * b + 5 * c + 7 * d + (x == 0.25);
}
static uint64_t helper_state(CpuState *s, uint64_t a)
{
    s->exit_arg = (uint32_t)a;
    return a ^ 0xff;
}
static uint64_t helper_fault(CpuState *s, uint64_t a)
{
    (void)s;
    return a;
}
static const HelperDesc helper_rows[] = {
    {"mix", (void (*)(void))helper_mix, IR_I64, 4, {IR_I64, IR_I64, IR_I64, IR_I64}, HELPER_PURE},
    {"state", (void (*)(void))helper_state, IR_I64, 1, {IR_I64}, HELPER_STATE},
    {"fault", (void (*)(void))helper_fault, IR_I64, 1, {IR_I64}, HELPER_STATE | HELPER_FAULT},
};
static const HelperTable helper_table = {helper_rows, 3};

/* ---- building ---- */

static IrBuilder start(void)
{
    Region *r = ir_region_new(&arena, 0x1000, &h_slots, &helper_table, FP_MODEL_X86);
    IrBuilder b = {r, ir_block_new(r, 0x1000)};
    ir_insn(&b, 0x1000, 4);
    return b;
}

static IrRef get(IrBuilder *b, unsigned k)
{
    return ir_get(b, SLOT_INT + k);
}
static uint64_t *cell(unsigned k)
{
    return slot_at(SLOT_INT + k);
}
static uint64_t result64(void)
{
    uint64_t v;
    memcpy(&v, slot_at(SLOT_RESULT + IR_I64), 8);
    return v;
}

static bool finish_run(IrBuilder *b, CompiledCode *cc)
{
    ir_exit(b, 0x2000, IR_EXIT_JUMP, 0);
    harness_compile(&cfg, b->region, cc);
    if (!harness_can_run())
        return false;
    harness_enter(cc);
    CHECK(h_state.exit_reason == EXIT_DIRECT, "reason %u", h_state.exit_reason);
    CHECK(h_state.exit_site ==
              (uint64_t)(uintptr_t)h_code + h_stubs_size + cc->exits.data[0].stub_id,
          "site");
    return true;
}

static IrRef narrow_to(IrBuilder *b, IrRef v, IrType t)
{
    return t == IR_I64 ? v : ir_conv(b, IR_trunc, t, v);
}

/* ---- memory ---- */

static const unsigned flag_sets[] = {IR_ORDER_TSO,
                                     IR_ORDER_NONE,
                                     IR_ORDER_TSO | IR_M_DMB,
                                     IR_ORDER_ACQUIRE,
                                     IR_ORDER_RELEASE,
                                     IR_ORDER_TSO | IR_M_BIG,
                                     IR_ORDER_TSO | IR_M_ALIGNED,
                                     IR_ORDER_TSO | IR_M_STREAM};

/* The address memory + 1024 + offset, in one of several shapes; slot 0 = base, slot 1 = index. */
static IrRef address(IrBuilder *b, unsigned shape, IrType t, int64_t *at)
{
    static const int64_t disps[] = {0, 16, 240, 256, 1008, -16, -256, -272, 1024 * 1024, 32768};
    unsigned lg = a64_log2_lane(t);
    IrRef base = get(b, 0);
    if (shape < 10) {
        *at = disps[shape];
        return disps[shape] == 0 ? base : ir_bini(b, IR_add, base, (uint64_t)disps[shape]);
    }
    unsigned scale = shape == 10 ? 0 : shape == 11 ? lg : shape - 11;
    IrRef index = get(b, 1);
    *cell(1) = 32 >> (scale > 4 ? 4 : scale);
    *at = (int64_t)(*cell(1) << scale);
    if (scale != 0)
        index = ir_bini(b, IR_shl, index, scale);
    IrRef v = ir_bin(b, IR_add, base, index);
    if (shape == 15) {
        *at += 24;
        v = ir_bini(b, IR_add, v, 24);
    }
    return v;
}

static void reverse_bytes(uint8_t *p, unsigned n)
{
    for (unsigned k = 0; k < n / 2; k++) {
        uint8_t x = p[k];
        p[k] = p[n - 1 - k];
        p[n - 1 - k] = x;
    }
}

/* Stores that may be misaligned try both pages: four more places may fault. */
static uint32_t fault_sites(IrType t, unsigned flags)
{
    bool tried = t == IR_V128 || (flags & IR_M_DMB) != 0;
    return tried && t != IR_I8 && (flags & IR_M_ALIGNED) == 0 ? 6 : 2;
}

/* across: the store reaches into another page. */
static void test_access(IrType t, unsigned flags, unsigned shape, bool across)
{
    int64_t at;
    CompiledCode cc;
    uint8_t want[16], value[16], got[16];
    unsigned size = ir_type_bits(t) / 8;
    bool swap = (flags & IR_M_BIG) != 0;
    if (swap && !ir_type_is_int(t))
        return;
    IrBuilder b = start();
    IrRef addr = address(&b, shape, t, &at), v;
    if ((flags & IR_M_ALIGNED) != 0 && at % 16 != 0)
        return;
    uint8_t *p = memory + (across ? PAGE - 64 - size / 2 : 1024);
    *cell(0) = (uint64_t)(uintptr_t)p - (uint64_t)at;
    if (!across && (at < 0 ? -at : at) < 2048)
        *cell(0) = (uint64_t)(uintptr_t)p, p += at;
    /* A load of one place and a store to its neighbour. */
    v = ir_load(&b, t, addr, flags);
    ir_put(&b, SLOT_RESULT + t, v);
    IrRef stored = ir_type_is_int(t) ? narrow_to(&b, get(&b, 2), t)
                   : t == IR_V128    ? ir_get(&b, SLOT_VEC)
                                     : ir_vextract(&b, t, ir_get(&b, SLOT_VEC), 0);
    ir_store(&b, ir_bini(&b, IR_add, addr, 64), stored, flags);
    for (unsigned k = 0; k < sizeof memory; k++)
        memory[k] = (uint8_t)rnd64();
    for (unsigned k = 0; k < 16; k++)
        value[k] = (uint8_t)rnd64();
    memcpy(cell(2), value, 8);
    memcpy(slot_at(SLOT_VEC), value, 16);
    if (!finish_run(&b, &cc))
        return;
    memcpy(want, p, 16);
    if (swap) {
        reverse_bytes(want, size);
        reverse_bytes(value, size);
    }
    memcpy(got, slot_at(SLOT_RESULT + t), size);
    CHECK(memcmp(got, want, size) == 0, "load %s flags %x shape %u", ir_type_name(t), flags, shape);
    CHECK(memcmp(p + 64, value, size) == 0, "store %s flags %x shape %u", ir_type_name(t), flags,
          shape);
    CHECK(cc.faults.count >= fault_sites(t, flags), "fault sites");
}

static void test_memory(void)
{
    for (IrType t = IR_I8; t <= IR_V128; t++) {
        for (unsigned f = 0; f < sizeof flag_sets / sizeof flag_sets[0]; f++) {
            for (unsigned shape = 0; shape < 16; shape++) {
                test_access(t, flag_sets[f], shape, false);
                arena_reset(&arena);
                if (fault_sites(t, flag_sets[f]) > 2)
                    test_access(t, flag_sets[f], shape, true);
                arena_reset(&arena);
            }
        }
    }
}

/* ---- atomics ---- */

static uint64_t atomic_meaning(IrOp op, uint64_t old, uint64_t v)
{
    switch (op) {
    case IR_aadd:
        return old + v;
    case IR_aand:
        return old & v;
    case IR_aor:
        return old | v;
    case IR_axor:
        return old ^ v;
    default:
        return v;
    }
}

static void test_atomics(void)
{
    static const IrOp ops[] = {IR_aadd, IR_aand, IR_aor, IR_axor, IR_axchg};
    for (unsigned k = 0; k < 5 * 4 * 6; k++) {
        IrOp op = ops[k % 5];
        IrType t = (IrType)(IR_I8 + k / 5 % 4);
        uint64_t mask = bits_mask(ir_type_bits(t)), old = rnd64(), got = 0, now;
        CompiledCode cc;
        IrBuilder b = start();
        IrRef v = ir_atomic(&b, op, get(&b, 0), narrow_to(&b, get(&b, 2), t));
        ir_put(&b, SLOT_RESULT + t, v);
        *cell(0) = (uint64_t)(uintptr_t)memory;
        *cell(2) = rnd64();
        memcpy(memory, &old, 8);
        if (finish_run(&b, &cc)) {
            memcpy(&got, slot_at(SLOT_RESULT + t), ir_type_bits(t) / 8);
            memcpy(&now, memory, 8);
            uint64_t want = (old & ~mask) | (atomic_meaning(op, old, *cell(2)) & mask);
            CHECK(got == (old & mask), "%s %s old", ir_op_info[op].name, ir_type_name(t));
            CHECK(now == want, "%s %s new", ir_op_info[op].name, ir_type_name(t));
        }
        arena_reset(&arena);
    }
}

static void test_cas(void)
{
    for (unsigned k = 0; k < 5 * 8; k++) {
        IrType t = k % 5 == 4 ? IR_V128 : (IrType)(IR_I8 + k % 5);
        unsigned size = ir_type_bits(t) / 8;
        uint8_t old[16], expected[16], desired[16], got[16];
        bool hit = rnd(2);
        CompiledCode cc;
        for (unsigned n = 0; n < 16; n++) {
            old[n] = (uint8_t)rnd64();
            desired[n] = (uint8_t)rnd64();
        }
        memcpy(expected, old, 16);
        if (!hit)
            expected[rnd(size)] ^= 1u << rnd(8);
        for (unsigned n = size; n < 16; n++)
            expected[n] = (uint8_t)rnd64();
        IrBuilder b = start();
        IrRef e = t == IR_V128 ? ir_get(&b, SLOT_VEC) : narrow_to(&b, get(&b, 2), t);
        IrRef d = t == IR_V128 ? ir_get(&b, SLOT_VEC + 1) : narrow_to(&b, get(&b, 3), t);
        ir_put(&b, SLOT_RESULT + t, ir_cas(&b, get(&b, 0), e, d));
        *cell(0) = (uint64_t)(uintptr_t)memory;
        memcpy(cell(2), expected, 8);
        memcpy(cell(3), desired, 8);
        memcpy(slot_at(SLOT_VEC), expected, 16);
        memcpy(slot_at(SLOT_VEC + 1), desired, 16);
        memcpy(memory, old, 16);
        if (finish_run(&b, &cc)) {
            memcpy(got, slot_at(SLOT_RESULT + t), size);
            CHECK(memcmp(got, old, size) == 0, "cas %s old", ir_type_name(t));
            CHECK(memcmp(memory, hit ? desired : old, size) == 0, "cas %s new, hit %d",
                  ir_type_name(t), hit);
        }
        arena_reset(&arena);
    }
}

/* ---- branches ---- */

/* result = compare ? 1 : 2 by a branch, for operands in registers, a constant, and tests of bits.
 */
static void test_branch(IrOp op, IrType t, unsigned shape)
{
    static const uint64_t consts[] = {0, 1, 5, 0x7f, 0x80, 0xfff, 0x1000, 0x12345, UINT64_MAX};
    CompiledCode cc;
    IrBuilder b = start();
    Region *r = b.region;
    IrRef x = narrow_to(&b, get(&b, 0), t), y;
    uint64_t c = consts[rnd(9)] & bits_mask(ir_type_bits(t)), mask = c | 1;
    if (shape == 2) {
        x = ir_bini(&b, IR_and, x, mask);
        c = 0;
    }
    y = shape == 0 ? narrow_to(&b, get(&b, 1), t) : ir_const(&b, t, c);
    if (shape == 5) { /* of memory: zero above its width */
        ir_store(&b, ir_const(&b, IR_I64, (uint64_t)(uintptr_t)memory), x, 0);
        x = ir_load(&b, t, ir_const(&b, IR_I64, (uint64_t)(uintptr_t)memory), IR_ORDER_TSO);
    }
    IrRef cond = shape == 4 ? ir_cmp(&b, op, y, x) : ir_cmp(&b, op, x, y);
    if (shape == 3)
        ir_put(&b, SLOT_RESULT + IR_I8, cond); /* used twice: not folded */
    uint32_t yes = ir_block_new(r, 0x1004), no = ir_block_new(r, 0x1008),
             end = ir_block_new(r, 0x100c);
    ir_br(&b, cond, yes, no);
    b.block = yes;
    ir_insn(&b, 0x1004, 4);
    ir_put(&b, SLOT_RESULT + IR_I64, ir_const(&b, IR_I64, 1));
    ir_jump(&b, end);
    b.block = no;
    ir_insn(&b, 0x1008, 4);
    ir_put(&b, SLOT_RESULT + IR_I64, ir_const(&b, IR_I64, 2));
    ir_jump(&b, end);
    b.block = end;
    ir_insn(&b, 0x100c, 4);
    *cell(0) = rnd64() >> rnd(64);
    *cell(1) = rnd(3) ? rnd64() : *cell(0);
    if (!finish_run(&b, &cc))
        return;
    for (unsigned k = 0; k < 12; k++) {
        *cell(0) = rnd(4) ? rnd64() : consts[rnd(9)];
        *cell(1) = rnd(3) ? rnd64() : *cell(0);
        uint64_t m = bits_mask(ir_type_bits(t));
        IrValue a[3] = {{.u = *cell(0) & m}, {.u = shape == 0 ? *cell(1) & m : c}};
        if (shape == 2)
            a[0].u &= mask;
        if (shape == 4) {
            IrValue v = a[0];
            a[0] = a[1];
            a[1] = v;
        }
        harness_enter(&cc);
        uint64_t want;
        unsigned bits = ir_type_bits(t);
        int64_t sa = bits_sext(a[0].u, bits), sb = bits_sext(a[1].u, bits);
        want = op == IR_eq    ? a[0].u == a[1].u
               : op == IR_ne  ? a[0].u != a[1].u
               : op == IR_ult ? a[0].u < a[1].u
               : op == IR_ule ? a[0].u <= a[1].u
               : op == IR_slt ? sa < sb
                              : sa <= sb;
        CHECK(result64() == 2 - want, "%s %s shape %u: %llx %llx", ir_op_info[op].name,
              ir_type_name(t), shape, (unsigned long long)a[0].u, (unsigned long long)a[1].u);
    }
}

static void test_branches(void)
{
    for (IrOp op = IR_eq; op <= IR_sle; op++) {
        for (IrType t = IR_I8; t <= IR_I64; t++) {
            for (unsigned shape = 0; shape < 24; shape++) {
                test_branch(op, t, shape % 6);
                arena_reset(&arena);
            }
        }
    }
}

/* sum of i * i for i = n .. 1, with a call of a helper each time round. */
static void test_loop(void)
{
    CompiledCode cc;
    IrBuilder b = start();
    Region *r = b.region;
    uint32_t loop = ir_block_new(r, 0x1004), end = ir_block_new(r, 0x1008);
    ir_put(&b, SLOT_INT + 1, ir_const(&b, IR_I64, 0));
    ir_jump(&b, loop);
    b.block = loop;
    r->blocks.data[loop].loop_head = true;
    ir_insn(&b, 0x1004, 4);
    ir_poll(&b);
    IrRef n = get(&b, 0), args[4] = {n, get(&b, 1), get(&b, 2), get(&b, 3)};
    IrRef mixed = ir_call(&b, 0, args, 4);
    ir_put(&b, SLOT_INT + 1, ir_bin(&b, IR_add, get(&b, 1), ir_bin(&b, IR_mul, n, n)));
    ir_put(&b, SLOT_INT + 3, ir_bin(&b, IR_xor, mixed, get(&b, 3)));
    ir_put(&b, SLOT_VEC,
           ir_vop(&b, IR_vadd, IR_I64, ir_get(&b, SLOT_VEC), ir_get(&b, SLOT_VEC + 1)));
    ir_put(&b, SLOT_INT, ir_bini(&b, IR_sub, n, 1));
    ir_br(&b, ir_cmp(&b, IR_ne, get(&b, 0), ir_const(&b, IR_I64, 0)), loop, end);
    b.block = end;
    ir_insn(&b, 0x1008, 4);
    ir_put(&b, SLOT_RESULT + IR_I64, get(&b, 1));
    uint64_t v[2] = {3, 5}, w[2] = {7, 11}, got[2], want3 = 9, sum = 0;
    *cell(0) = 100;
    *cell(2) = 42;
    *cell(3) = 9;
    memcpy(slot_at(SLOT_VEC), v, 16);
    memcpy(slot_at(SLOT_VEC + 1), w, 16);
    if (finish_run(&b, &cc)) {
        for (uint64_t k = 100; k > 0; k--) {
            want3 ^= k + 3 * sum + 5 * 42 + 7 * want3;
            sum += k * k;
        }
        memcpy(got, slot_at(SLOT_VEC), 16);
        CHECK(result64() == 338350, "%llu", (unsigned long long)result64());
        CHECK(*cell(3) == want3, "helper results");
        CHECK(got[0] == 703 && got[1] == 1105, "vector over calls");
    }
    arena_reset(&arena);
}

/* Scalar ops on lane 0 of a vector, the other lanes staying. */
static void test_merge(void)
{
    static const IrOp ops[] = {IR_fadd,  IR_fsub,  IR_fmul, IR_fdiv,  IR_fminsel,
                               IR_fsqrt, IR_sitof, IR_fext, IR_ftrunc};
    for (unsigned k = 0; k < 2 * 9; k++) {
        CompiledCode cc;
        IrOp op = ops[k / 2];
        IrType t = op == IR_fext ? IR_F64 : op == IR_ftrunc ? IR_F32 : k & 1 ? IR_F64 : IR_F32;
        IrType from = op == IR_fext ? IR_F32 : op == IR_ftrunc ? IR_F64 : t;
        IrBuilder b = start();
        IrRef v = ir_get(&b, SLOT_VEC + (k & 1)), w = ir_get(&b, SLOT_VEC + 2), r;
        IrRef y = ir_vextract(&b, from, w, 0);
        if (k / 2 < 5)
            r = ir_bin(&b, op, ir_vextract(&b, t, v, 0), y);
        else if (op == IR_sitof)
            r = ir_conv(&b, op, t, get(&b, 0));
        else
            r = op == IR_fsqrt ? ir_un(&b, op, y) : ir_conv(&b, op, t, y);
        ir_put(&b, SLOT_RESULT + IR_V128, ir_vinsert(&b, t, v, r, 0));
        IrValue a = {.q = {0x1111111122222222, 0x3333333344444444}}, c = a, got, want = a;
        c.q[1] = 0x5555555566666666;
        if (from == IR_F64)
            c.d[0] = 2.25;
        else
            c.f[0] = 2.25f;
        if (t == IR_F64)
            a.d[0] = 9.5;
        else
            a.f[0] = 9.5f;
        *cell(0) = 77;
        memcpy(slot_at(SLOT_VEC + (k & 1)), &a, 16);
        memcpy(slot_at(SLOT_VEC + 2), &c, 16);
        static const double results[] = {11.75, 7.25, 21.375, 9.5 / 2.25, 2.25,
                                         1.5,   77,   2.25,   2.25};
        want = a;
        if (t == IR_F64)
            want.d[0] = results[k / 2];
        else
            want.f[0] = (float)results[k / 2];
        if (finish_run(&b, &cc)) {
            memcpy(&got, slot_at(SLOT_RESULT + IR_V128), 16);
            CHECK(memcmp(&got, &want, 16) == 0, "%s %s: %016llx:%016llx", ir_op_info[op].name,
                  ir_type_name(t), (unsigned long long)got.q[1], (unsigned long long)got.q[0]);
        }
        arena_reset(&arena);
    }
}

/* ---- helpers ---- */

static void test_calls(void)
{
    CompiledCode cc;
    IrBuilder b = start();
    IrRef a = get(&b, 0);
    IrRef v = ir_call(&b, 1, &a, 1);
    ir_put(&b, SLOT_RESULT + IR_I64, ir_bin(&b, IR_add, v, get(&b, 1)));
    *cell(0) = 0x1234;
    *cell(1) = 1000;
    h_state.fpctl = 0x1f80 | 3 << 13;
    if (finish_run(&b, &cc)) {
        CHECK(h_state.exit_arg == 0x1234, "state helper");
        CHECK(result64() == (0x1234 ^ 0xff) + 1000, "result");
        CHECK(h_state.fpctl == (0x1f80 | 3 << 13), "fpctl %x", h_state.fpctl);
    }
    arena_reset(&arena);
    b = start();
    a = get(&b, 0);
    ir_call(&b, 2, &a, 1);
    ir_put(&b, SLOT_INT + 1, ir_const(&b, IR_I64, 77));
    for (unsigned fault = 0; fault < 2; fault++) {
        *cell(0) = fault;
        *cell(1) = 1;
        if (fault == 0 && !finish_run(&b, &cc))
            break;
        if (fault == 0)
            continue;
        harness_enter(&cc);
        CHECK(h_state.exit_reason == EXIT_SITE, "fault of a helper");
    }
    arena_reset(&arena);
}

static void test_fpctl(void)
{
    CompiledCode cc;
    IrBuilder b = start();
    IrRef before = ir_fpctl_get(&b);
    ir_put(&b, SLOT_RESULT + IR_I32, before);
    ir_fpctl_set(&b, narrow_to(&b, get(&b, 0), IR_I32));
    *cell(0) = 0xff85; /* flags IE and ZE, rounding to zero, FZ */
    h_state.fpctl = 0x3fa0;
    if (finish_run(&b, &cc)) {
        uint32_t got;
        memcpy(&got, slot_at(SLOT_RESULT + IR_I32), 4);
        CHECK(got == 0x3fa0, "get %x", got);
        CHECK(h_state.fpctl == 0xff85, "set %x", h_state.fpctl);
    }
    h_state.fpctl = 0x1f80;
    arena_reset(&arena);
}

/* ---- sites ---- */

static const SlotLoc *loc_of(const CompiledCode *cc, const FaultSite *f, unsigned slot)
{
    for (uint32_t k = 0; k < f->count; k++) {
        if (cc->locs.data[f->first + k].slot == slot)
            return &cc->locs.data[f->first + k];
    }
    return NULL;
}

static uint64_t site_value(const CompiledCode *cc, const FaultSite *f, unsigned slot)
{
    const SlotLoc *l = loc_of(cc, f, slot);
    uint64_t v = 0;
    if (l == NULL) {
        int home = h_conv.home[slot];
        if (home >= 0)
            return h_state.area.gpr[home];
        memcpy(&v, slot_at(slot), 8);
    } else if (l->kind == LOC_GPR) {
        v = h_state.area.gpr[l->reg] + l->imm;
    } else if (l->kind == LOC_SPILL) {
        memcpy(&v, h_state.spill[l->reg], 8);
        v += l->imm;
    } else if (l->kind == LOC_SLOT) {
        memcpy(&v, slot_at(l->reg), 8);
        v += l->imm;
    } else {
        v = l->imm;
    }
    return v;
}

static void test_sites(void)
{
    CompiledCode cc;
    IrBuilder b = start();
    ir_put(&b, SLOT_INT, ir_bini(&b, IR_add, get(&b, 0), 5));
    ir_put(&b, SLOT_INT + 1, ir_bin(&b, IR_mul, get(&b, 1), get(&b, 2)));
    ir_insn(&b, 0x1004, 4);
    ir_poll(&b);
    ir_put(&b, SLOT_INT + 2, ir_const(&b, IR_I64, 99));
    ir_insn(&b, 0x1008, 4);
    ir_trap(&b, 4, 17);
    harness_compile(&cfg, b.region, &cc);
    CHECK(cc.faults.count == 2, "%u sites", cc.faults.count);
    for (unsigned poll = 0; poll < 2 && harness_can_run(); poll++) {
        *cell(0) = 10;
        *cell(1) = 6;
        *cell(2) = 7;
        h_state.poll = poll;
        harness_enter(&cc);
        h_state.poll = 0;
        CHECK(h_state.exit_reason == EXIT_SITE, "reason");
        uint32_t offset =
            (uint32_t)(h_state.exit_site - (uint64_t)(uintptr_t)h_code) - h_stubs_size;
        const FaultSite *f = NULL;
        for (uint32_t k = 0; k < cc.faults.count; k++) {
            if (cc.faults.data[k].offset == offset)
                f = &cc.faults.data[k];
        }
        CHECK(f != NULL && f->kind == (poll ? SITE_POLL : SITE_TRAP), "kind");
        if (f == NULL)
            continue;
        CHECK(f->pc == (poll ? 0x1004u : 0x1008u), "pc %llx", (unsigned long long)f->pc);
        CHECK(poll || (f->trap == 5 && f->trap_arg == 17), "trap");
        CHECK(site_value(&cc, f, SLOT_INT) == 15, "slot 0");
        CHECK(site_value(&cc, f, SLOT_INT + 1) == 42, "slot 1");
        CHECK(site_value(&cc, f, SLOT_INT + 2) == (poll ? 7 : 99), "slot 2");
    }
    arena_reset(&arena);
}

/* ---- exits ---- */

static EntryHeader header;

/* A translation at h_code + at that adds `add` to slot 0 and exits as told. */
static CompiledCode make_exit(uint32_t at, uint64_t add, IrExitKind kind, uint64_t pc,
                              bool indirect)
{
    static const PassContext promote = {.promote_only = true, .verify = true};
    char err[200];
    IrBuilder b = start();
    ir_put(&b, SLOT_INT, ir_bini(&b, IR_add, get(&b, 0), add));
    if (indirect)
        ir_exit_indirect(&b, get(&b, 1), kind, 0x3000);
    else
        ir_exit(&b, pc, kind, 0x3000);
    ir_optimise(b.region, &promote);
    CompiledCode cc = {.arena = &arena};
    if (!backend_aarch64.compile(&cfg, b.region, &cc, err, sizeof err))
        exit(1);
    harness_link(&cc, at);
    return cc;
}

static void enter_at(uint32_t at)
{
    typedef void Enter(CpuState *, uint64_t);
    ((Enter *)(uintptr_t)(h_code + h_stub[STUB_ENTER]))(&h_state, (uint64_t)(uintptr_t)h_code + at);
}

/* entry 0: none */
static void set_jump(uint64_t pc, uint64_t entry)
{
    JumpPlace at = state_jump(&h_state, pc, true);
    *at.pc = entry != 0 ? pc : state_no_jump(pc % JUMP_SIZE);
    *at.entry = entry;
}

static void test_exits(void)
{
    uint32_t a = h_stubs_size, b = a + 4096, c = b + 4096;
    uint64_t rx = (uint64_t)(uintptr_t)h_code;
    CompiledCode ca, cb, ccc;
    ca = make_exit(a, 1, IR_EXIT_JUMP, 0x2000, false);
    cb = make_exit(b, 10, IR_EXIT_JUMP, 0x4000, false);
    if (!harness_can_run())
        return;
    /* chaining, and back to the stub */
    *cell(0) = 0;
    CHECK(backend_aarch64.patch(h_code + a, rx + a, &ca.exits.data[0], rx + b + cb.entry), "patch");
    enter_at(a + ca.entry);
    CHECK(*cell(0) == 11 && h_state.exit_site == rx + b + cb.exits.data[0].stub_id, "chained");
    backend_aarch64.patch(h_code + a, rx + a, &ca.exits.data[0], rx + a + ca.exits.data[0].stub);
    enter_at(a + ca.entry);
    CHECK(*cell(0) == 12 && h_state.exit_site == rx + a + ca.exits.data[0].stub_id, "unchained");

    /* indirect: miss, then the thread's table, then the mode's */
    ca = make_exit(a, 1, IR_EXIT_JUMP, 0, true);
    cb = make_exit(b, 10, IR_EXIT_JUMP, 0x4000, false);
    header = (EntryHeader){0x2000, rx + b + cb.entry};
    *cell(0) = 0;
    *cell(1) = 0x2000;
    enter_at(a + ca.entry);
    CHECK(h_state.exit_reason == EXIT_INDIRECT && h_state.pc == 0x2000 && *cell(0) == 1, "miss");
    CHECK(h_state.exit_site == rx + a + ca.faults.data[0].offset &&
              ca.faults.data[0].kind == SITE_BRANCH,
          "site of a miss");
    set_jump(0x2000, header.entry);
    enter_at(a + ca.entry);
    CHECK(h_state.exit_reason == EXIT_DIRECT && *cell(0) == 12, "jump table");
    set_jump(0x2000, 0);
    h_lookup[0x2000] = &header;
    enter_at(a + ca.entry);
    CHECK(h_state.exit_reason == EXIT_DIRECT && *cell(0) == 23, "table");
    *cell(1) = 0x2000 + LOOKUP_SIZE;
    enter_at(a + ca.entry);
    CHECK(h_state.exit_reason == EXIT_INDIRECT && h_state.pc == 0x2000 + LOOKUP_SIZE, "alias");
    h_lookup[0x2000] = &h_empty;

    /* a call to b, whose return lands behind the call; then a return to elsewhere */
    ca = make_exit(a, 1, IR_EXIT_CALL, 0x2000, false);
    cb = make_exit(b, 10, IR_EXIT_RET, 0, true);
    ccc = make_exit(c, 100, IR_EXIT_JUMP, 0x5000, false);
    backend_aarch64.patch(h_code + a, rx + a, &ca.exits.data[0], rx + b + cb.entry);
    backend_aarch64.patch(h_code + a, rx + a, &ca.exits.data[1], rx + c + ccc.entry);
    CHECK(ca.exits.data[1].pc == 0x3000, "landing pad");
    *cell(0) = 0;
    *cell(1) = 0x3000;
    enter_at(a + ca.entry);
    CHECK(*cell(0) == 111 && h_state.exit_site == rx + c + ccc.exits.data[0].stub_id,
          "call, return");
    CHECK(h_state.shadow_sp == h_state.shadow_top, "balanced");
    *cell(1) = 0x3333;
    enter_at(a + ca.entry);
    CHECK(h_state.exit_reason == EXIT_INDIRECT && h_state.pc == 0x3333, "return elsewhere");
    CHECK(h_state.exit_site == rx + b + cb.faults.data[0].offset, "site of a return");
    CHECK(h_state.shadow_sp == h_state.shadow_top, "reset");
    enter_at(b + cb.entry);
    CHECK(h_state.exit_reason == EXIT_INDIRECT && h_state.pc == 0x3333, "return on an empty stack");
    h_state.shadow_sp = h_state.shadow_top;

    /* an indirect call through the table */
    ca = make_exit(a, 1, IR_EXIT_CALL, 0, true);
    cb = make_exit(b, 10, IR_EXIT_JUMP, 0x4000, false);
    h_lookup[0x2000] = &header;
    header.entry = rx + b + cb.entry;
    *cell(0) = 0;
    *cell(1) = 0x2000;
    for (unsigned k = 0; k < 2; k++) { /* by the mode's table, then by the thread's */
        enter_at(a + ca.entry);
        CHECK(*cell(0) == 11 + 11 * k && h_state.shadow_sp == h_state.shadow_top - 16, "call");
        uint64_t *top = (uint64_t *)(uintptr_t)h_state.shadow_sp;
        CHECK(top[0] == 0x3000 && top[1] == rx + a + ca.exits.data[0].patch, "pair");
        h_state.shadow_sp = h_state.shadow_top;
        h_lookup[0x2000] = &h_empty;
        set_jump(0x2000, header.entry);
    }
    set_jump(0x2000, 0);
    arena_reset(&arena);
}

static void test_count(void)
{
    CompiledCode cc;
    IrBuilder b = start();
    ir_count(&b);
    if (finish_run(&b, &cc)) {
        harness_enter(&cc);
        CHECK(h_data[0] == 2, "%llu", (unsigned long long)h_data[0]);
        CHECK(cc.costs.count == 1, "cost");
    }
    arena_reset(&arena);
}

int main(void)
{
    uint32_t all = harness_can_run() ? backend_aarch64.detect_features() : 0x1f;
    uint32_t sets[] = {all,
                       all & ~(uint32_t)FEAT_A64_LRCPC2,
                       all & ~(uint32_t)(FEAT_A64_LRCPC2 | FEAT_A64_LRCPC),
                       all & FEAT_A64_LSE,
                       0,
                       all | FEAT_A64_TSO};
    harness_init();
    for (unsigned k = 0; k < helper_table.count; k++)
        h_state.helper[k] = (uint64_t)(uintptr_t)helper_rows[k].fn;
    h_state.fpctl = 0x1f80;
    for (unsigned k = 0; k < sizeof sets / sizeof sets[0]; k++) {
        cfg = (BackendConfig){.convention = &h_conv, .host_features = sets[k], .check = true};
        harness_stubs(&cfg);
        test_memory();
        test_atomics();
        test_cas();
        test_branches();
        test_loop();
        test_merge();
        test_calls();
        test_fpctl();
        test_sites();
        test_exits();
        test_count();
    }
    printf("%u checks, %s; %u failed\n", checks, harness_can_run() ? "run" : "compiled only",
           failures);
    return failures != 0;
}
