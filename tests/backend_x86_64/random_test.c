/* random_test.c: random regions, in which the operations stand in each other's way as they do in
 * guest code, run by the x86-64 backend and by the interpreter; state and memory must agree.
 *
 * What eval_test.c cannot see is tested here: folded loads, addresses, compares and merges, partial
 * registers, flags left over from other instructions, spills, branches and joins.
 *
 *     random_test [FIRST [LAST]]      one region: printed, its code in /tmp/random_test.bin
 */
#include "tests/backend_x86_64/harness.h"

enum { OPS = 28, REGIONS = 3000, RUNS = 4, MEMORY = 4096, POOL = 64 };

static _Alignas(64) uint8_t memory[MEMORY], memory_before[MEMORY], memory_jit[MEMORY];
static BackendConfig cfg;

typedef struct Gen {
    IrBuilder b;
    IrRef pool[IR_TYPE_COUNT][POOL]; /* values of the current block */
    unsigned count[IR_TYPE_COUNT];
} Gen;

static IrRef keep(Gen *g, IrRef v)
{
    unsigned t = ir_inst(g->b.region, v)->type;
    if (t == IR_VOID)
        return v;
    unsigned at = g->count[t] < POOL ? g->count[t]++ : rnd(POOL);
    return g->pool[t][at] = v;
}

static uint64_t random_bits(void)
{
    switch (rnd(4)) {
    case 0:
        return rnd(130);
    case 1:
        return rnd64();
    case 2:
        return (uint64_t)(int64_t)(int)(rnd64() & 0xff) << rnd(56);
    default:
        return ~(uint64_t)rnd(130);
    }
}

/* A value of type t: mostly a recent one. */
static IrRef any(Gen *g, IrType t)
{
    unsigned n = g->count[t];
    if (n != 0 && rnd(8) != 0)
        return g->pool[t][n - 1 - (rnd(3) ? rnd(n < 4 ? n : 4) : rnd(n))];
    if (t == IR_V128) {
        uint8_t bytes[16];
        for (unsigned k = 0; k < 16; k++)
            bytes[k] = rnd(3) ? (uint8_t)rnd64() : 0;
        if (rnd(2))
            return keep(g, ir_vconst(&g->b, bytes));
        return keep(g, ir_get(&g->b, SLOT_VEC + rnd(NVEC)));
    }
    if (ir_type_is_float(t))
        return keep(g, ir_vextract(&g->b, t, ir_get(&g->b, SLOT_VEC + rnd(NVEC)), 0));
    if (rnd(3) == 0)
        return ir_const(&g->b, t, random_bits() & bits_mask(ir_type_bits(t)));
    IrRef v = ir_get(&g->b, SLOT_INT + rnd(NINT - 1));
    return keep(g, t == IR_I64 ? v : ir_conv(&g->b, IR_trunc, t, v));
}

static IrType int_type(void)
{
    static const IrType types[] = {IR_I64, IR_I64, IR_I32, IR_I32, IR_I8, IR_I16};
    return types[rnd(6)];
}

static IrType fp_type(void)
{
    return rnd(2) ? IR_F64 : IR_F32;
}

/* Inside `memory`, whose middle is in the last integer slot. */
static IrRef address(Gen *g, bool aligned)
{
    IrBuilder *b = &g->b;
    IrRef base = ir_get(b, SLOT_INT + NINT - 1);
    unsigned shift = aligned ? 4 : rnd(4);
    if (rnd(2)) {
        IrRef index = ir_bini(b, IR_and, any(g, IR_I64), 63);
        if (shift != 0)
            index = ir_bini(b, IR_shl, index, shift);
        base = rnd(2) ? ir_bin(b, IR_add, base, index) : ir_bin(b, IR_add, index, base);
    }
    if (rnd(2))
        base = ir_bini(b, IR_add, base, (uint64_t)((int)rnd(32) - 16) * 16);
    if (!aligned && rnd(3) == 0)
        base = ir_bini(b, IR_add, base, rnd(15));
    return base;
}

static IrType any_type(void)
{
    switch (rnd(4)) {
    case 0:
        return fp_type();
    case 1:
        return IR_V128;
    default:
        return int_type();
    }
}

static void load(Gen *g)
{
    IrType t = any_type();
    bool aligned = t == IR_V128 && rnd(2);
    keep(g, ir_load(&g->b, t, address(g, aligned), IR_ORDER_TSO | (aligned ? IR_M_ALIGNED : 0u)));
}

static void store(Gen *g)
{
    IrType t = any_type();
    IrRef v = any(g, t);
    if (t == IR_I8 && rnd(2))
        v = ir_cmp(&g->b, IR_ult, any(g, IR_I32), any(g, IR_I32));
    ir_store(&g->b, address(g, false), v, IR_ORDER_TSO);
}

static IrRef condition(Gen *g)
{
    static const IrOp cmp[] = {IR_eq, IR_ne, IR_ult, IR_ule, IR_slt, IR_sle};
    static const IrOp fcmp[] = {IR_feq, IR_flt, IR_fle, IR_fun};
    IrBuilder *b = &g->b;
    if (rnd(5) == 0) {
        IrType t = fp_type();
        return ir_fcmp(b, fcmp[rnd(4)], any(g, t), any(g, t), rnd(2) ? IR_F_SIGNAL : 0);
    }
    IrType t = int_type();
    IrRef x = any(g, t), y;
    switch (rnd(5)) {
    case 0: /* a bit test */
        x = rnd(2) ? ir_bin(b, IR_and, x, any(g, t))
                   : ir_bini(b, IR_and, x, (uint64_t)1 << rnd(ir_type_bits(t)));
        y = ir_const(b, t, 0);
        break;
    case 1:
        y = ir_const(b, t, 0);
        break;
    case 2: /* right behind the arithmetic that sets the flags */
        y = any(g, t);
        keep(g, ir_bin(b, rnd(2) ? IR_sub : IR_and, x, y));
        break;
    case 3:
        y = ir_const(b, t, random_bits() & bits_mask(ir_type_bits(t)));
        break;
    default:
        y = any(g, t);
        break;
    }
    IrRef c = ir_cmp(b, cmp[rnd(6)], x, y);
    if (rnd(6) == 0)
        c = ir_cmp(b, IR_eq, c, ir_const(b, IR_I8, 0));
    return c;
}

static void scalar_int(Gen *g)
{
    static const IrOp bin[] = {IR_add, IR_add, IR_sub, IR_sub, IR_and,  IR_or,
                               IR_xor, IR_mul, IR_shl, IR_shr, IR_sar,  IR_rotl,
                               IR_add, IR_and, IR_or,  IR_shl, IR_rotr, IR_xor};
    static const IrOp wide[] = {IR_umulh, IR_smulh, IR_udiv, IR_sdiv};
    IrBuilder *b = &g->b;
    IrType t = int_type();
    IrOp op = bin[rnd(18)];
    if (rnd(16) == 0) {
        op = wide[rnd(4)];
        t = rnd(2) ? IR_I64 : IR_I32;
    }
    IrRef x = any(g, t);
    if (rnd(3) == 0)
        keep(g, ir_bini(b, op, x, random_bits() & bits_mask(ir_type_bits(t))));
    else
        keep(g, ir_bin(b, op, x, any(g, t)));
}

static void width_change(Gen *g)
{
    IrBuilder *b = &g->b;
    IrType to = int_type(), from = int_type();
    if (to == from)
        return;
    IrOp op = to < from ? IR_trunc : rnd(2) ? IR_zext : IR_sext;
    IrRef v = any(g, from);
    if (op == IR_trunc && rnd(2)) { /* lea edi, [rbx + rcx*4 - 1] */
        v = ir_bin(b, IR_add, v, ir_bini(b, IR_shl, any(g, from), rnd(4)));
        v = ir_bini(b, IR_add, v, random_bits() & bits_mask(ir_type_bits(from)));
        keep(g, ir_conv(b, IR_zext, from, ir_conv(b, op, to, v)));
        return;
    }
    keep(g, ir_conv(b, op, to, v));
}

static void field(Gen *g)
{
    IrBuilder *b = &g->b;
    IrType t = rnd(2) ? IR_I64 : IR_I32;
    unsigned pos = rnd(3) ? 8 * rnd(2) : rnd(ir_type_bits(t));
    unsigned len = rnd(3) ? 8 : 1 + rnd(ir_type_bits(t) - pos);
    if (pos + len > ir_type_bits(t))
        len = ir_type_bits(t) - pos;
    switch (rnd(4)) {
    case 0:
        keep(g, ir_extract(b, any(g, t), pos, len));
        break;
    case 1:
        keep(g, ir_sextract(b, any(g, t), pos, len));
        break;
    case 2:
        keep(g, ir_deposit(b, any(g, t), any(g, t), pos, len));
        break;
    default: { /* al op= bl */
        IrType n = rnd(2) ? IR_I8 : IR_I16;
        IrRef a = any(g, IR_I64), low = ir_conv(b, IR_trunc, n, a);
        static const IrOp ops[] = {IR_add, IR_sub, IR_and, IR_or, IR_xor, IR_shl, IR_shr, IR_sar};
        IrOp op = ops[rnd(8)];
        IrRef v = rnd(2) ? ir_bin(b, op, low, any(g, n)) : ir_bini(b, op, low, rnd(200));
        if (rnd(4) == 0)
            v = condition(g);
        unsigned bits = ir_type_bits(ir_inst(b->region, v)->type);
        keep(g, ir_deposit(b, a, v, 0, bits));
        break;
    }
    }
}

static void scalar_fp(Gen *g)
{
    static const IrOp bin[] = {IR_fadd, IR_fsub, IR_fmul, IR_fdiv, IR_fminsel, IR_fmaxsel};
    IrBuilder *b = &g->b;
    IrType t = fp_type();
    IrRef v = any(g, IR_V128), r;
    switch (rnd(6)) {
    case 0:
        r = ir_un(b, IR_fsqrt, any(g, t));
        break;
    case 1:
        r = ir_conv(b, IR_sitof, t, any(g, rnd(2) ? IR_I64 : IR_I32));
        break;
    case 2:
        r = t == IR_F64 ? ir_conv(b, IR_fext, t, any(g, IR_F32))
                        : ir_conv(b, IR_ftrunc, t, any(g, IR_F64));
        break;
    case 3:
        r = ir_bin(b, bin[rnd(6)], any(g, t), any(g, t));
        break;
    case 4:
        keep(g, ir_conv_round(b, IR_ftosi, rnd(2) ? IR_I64 : IR_I32, any(g, t),
                              rnd(2) ? IR_ROUND_ZERO : IR_ROUND_CURRENT));
        return;
    default: /* addsd v, x */
        r = ir_bin(b, bin[rnd(6)], ir_vextract(b, t, v, 0), any(g, t));
        break;
    }
    switch (rnd(3)) {
    case 0:
        keep(g, ir_vlow(b, r));
        break;
    case 1:
        keep(g, ir_vinsert(b, t, v, r, 0));
        break;
    default:
        keep(g, r);
        break;
    }
}

static void vector(Gen *g)
{
    static const struct {
        IrOp op;
        IrType lane;
    } ops[] = {{IR_vadd, IR_I8},     {IR_vadd, IR_I32},   {IR_vsub, IR_I64},  {IR_vand, IR_I64},
               {IR_vxor, IR_I64},    {IR_vor, IR_I64},    {IR_vandn, IR_I64}, {IR_vcmpeq, IR_I8},
               {IR_vcmpgts, IR_I32}, {IR_vmul, IR_I16},   {IR_vminu, IR_I8},  {IR_vfadd, IR_F64},
               {IR_vfmul, IR_F32},   {IR_vpackus, IR_I16}};
    IrBuilder *b = &g->b;
    IrType lane = (IrType)(IR_I8 + rnd(6));
    unsigned index = rnd(128 / ir_type_bits(lane)), k = rnd(14);
    switch (rnd(7)) {
    case 0:
        keep(g, ir_vextract(b, lane, any(g, IR_V128), index));
        break;
    case 1:
        keep(g, ir_vinsert(b, lane, any(g, IR_V128), any(g, lane), index));
        break;
    case 2: {
        uint8_t mask[16];
        unsigned lg = rnd(4);
        for (unsigned i = 0; i < 16; i++)
            mask[i] = i % (1u << lg) != 0 ? mask[i - 1] + 1 : (uint8_t)(rnd(32u >> lg) << lg);
        keep(g, ir_vshuf(b, any(g, IR_V128), any(g, IR_V128), mask));
        break;
    }
    case 3:
        lane = rnd(2) ? IR_I32 : IR_I64;
        keep(g, ir_vshift(b, rnd(2) ? IR_vshl : IR_vshr, lane, any(g, IR_V128),
                          rnd(2) ? ir_const(b, IR_I64, rnd(70))
                                 : ir_bini(b, IR_and, any(g, IR_I64), 127)));
        break;
    case 4:
        if (lane != IR_I8 && lane != IR_I16)
            keep(g, ir_vlow(b, any(g, lane)));
        else
            keep(g, ir_vmovmsk(b, IR_I8, any(g, IR_V128)));
        break;
    case 5:
        keep(g, ir_vsplat(b, lane, any(g, lane)));
        break;
    default:
        keep(g, ir_vop(b, ops[k].op, ops[k].lane, any(g, IR_V128), any(g, IR_V128)));
        break;
    }
}

static void choose(Gen *g)
{
    IrType t = any_type();
    IrRef yes = any(g, t), no = any(g, t);
    keep(g, ir_select(&g->b, condition(g), yes, no));
}

static void put(Gen *g)
{
    IrType t = any_type();
    if (t == IR_V128 && rnd(2))
        ir_put(&g->b, SLOT_VEC + rnd(NVEC), any(g, t));
    else if (t == IR_I64)
        ir_put(&g->b, SLOT_INT + rnd(NINT - 1), any(g, t));
    else
        ir_put(&g->b, SLOT_RESULT + t, any(g, t));
}

static void ops(Gen *g, unsigned n)
{
    static void (*const kinds[])(Gen *) = {load,       load,         store,  scalar_int,
                                           scalar_int, field,        choose, scalar_fp,
                                           vector,     width_change, put,    put};
    for (unsigned k = 0; k < n; k++) {
        uint64_t pc = 0x1000 + 4 * g->b.region->insts.count;
        ir_insn(&g->b, pc, 4);
        kinds[rnd(12)](g);
    }
}

/* A diamond: what the arms put meets behind it. */
static Region *generate(Arena *arena)
{
    Region *r = ir_region_new(arena, 0x1000, &h_slots, NULL, FP_MODEL_X86);
    uint32_t block[4];
    for (unsigned k = 0; k < 4; k++)
        block[k] = ir_block_new(r, 0x1000 + 0x100 * k);
    for (unsigned k = 0; k < 4; k++) {
        Gen g = {.b = {r, block[k]}};
        ops(&g, 1 + rnd(OPS));
        if (k == 0)
            ir_br(&g.b, condition(&g), block[1], block[2]);
        else if (k < 3)
            ir_jump(&g.b, block[3]);
        else
            ir_exit(&g.b, 0x2000, IR_EXIT_JUMP, 0);
    }
    return r;
}

static void random_state(void)
{
    for (unsigned k = 0; k < NSLOTS; k++) {
        uint64_t *p = slot_at(k);
        p[0] = random_bits();
        p[1] = rnd(2) ? random_bits() : 0;
    }
    *(uint64_t *)slot_at(SLOT_INT + NINT - 1) = (uint64_t)(uintptr_t)memory + MEMORY / 2;
    for (unsigned k = 0; k < MEMORY / 8; k++) {
        uint64_t v = random_bits();
        memcpy(memory + 8 * k, &v, 8);
    }
    h_state.fpctl = 0x1f80 | rnd(4) << 13;
}

static bool slots_agree(const uint8_t *after)
{
    bool same = true;
    for (unsigned k = 0; k < NSLOTS; k++) {
        unsigned n = ir_type_bits(h_slot[k].type) / 8;
        const uint8_t *got_at = after + h_slot[k].offset - STATE_GUEST_OFFSET;
        if (memcmp(slot_at(k), got_at, n) != 0) {
            const unsigned long long *got = (const void *)got_at, *right = slot_at(k);
            printf("slot %s: got %016llx:%016llx, want %016llx:%016llx\n", h_slot[k].name, got[1],
                   got[0], right[1], right[0]);
            same = false;
        }
    }
    return same;
}

static bool run_once(const CompiledCode *cc, const Region *lifted)
{
    static uint8_t start[STATE_GUEST_SIZE], want[STATE_GUEST_SIZE];
    random_state();
    uint32_t fpctl = h_state.fpctl;
    memcpy(start, h_state.guest, sizeof start);
    memcpy(memory_before, memory, MEMORY);
    harness_enter(cc);
    uint32_t fpctl_jit = h_state.fpctl;
    memcpy(memory_jit, memory, MEMORY);
    memcpy(memory, memory_before, MEMORY);
    memcpy(want, h_state.guest, sizeof want); /* the translation's result for now */
    memcpy(h_state.guest, start, sizeof start);
    h_state.fpctl = fpctl;
    interp_run_region(lifted, &h_state, &(InterpLimits){0});
    bool ok = slots_agree(want) && memcmp(memory, memory_jit, MEMORY) == 0;
    if (h_state.fpctl != fpctl_jit) {
        printf("fpctl: %x, interpreted %x\n", fpctl_jit, h_state.fpctl);
        ok = false;
    }
    if (memcmp(memory, memory_jit, MEMORY) != 0)
        printf("memory differs\n");
    return ok;
}

int main(int argc, char **argv)
{
    Arena arena = {0};
    unsigned first = argc > 1 ? (unsigned)atoi(argv[1]) : 1, wrong = 0;
    unsigned last = argc > 2 ? (unsigned)atoi(argv[2]) : argc > 1 ? first : REGIONS;
    harness_init();
    cfg = (BackendConfig){.convention = &h_conv, .host_features = HOST_V3, .check = true};
    harness_stubs(&cfg);
    for (unsigned n = first; n <= last && wrong < 10; n++) {
        CompiledCode cc;
        h_rng = n * 0x9e3779b97f4a7c15ull;
        Region *r = generate(&arena);
        harness_compile(&cfg, r, &cc);
        h_rng = n * 0x9e3779b97f4a7c15ull;
        Region *lifted = generate(&arena);
        if (argc == 2) {
            ir_print(lifted, stdout);
            ir_print(r, stdout);
            FILE *f = fopen("/tmp/random_test.bin", "wb");
            if (f != NULL) {
                fwrite(cc.code, 1, cc.size, f);
                fclose(f);
            }
        }
        bool ok = true;
        for (unsigned k = 0; k < RUNS && ok && harness_can_run(); k++)
            ok = run_once(&cc, lifted);
        if (!ok) {
            printf("region %u is wrong\n", n);
            wrong++;
        }
        arena_reset(&arena);
    }
    printf("%u regions, %u wrong\n", last - first + 1, wrong);
    return wrong != 0;
}
