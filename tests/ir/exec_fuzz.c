/* exec_fuzz.c: IR text that parses and verifies means the same to the interpreter and, after all
 * passes, to the x86-64 generator; the AArch64 one compiles it, its allocation checked.
 *
 *     build/fuzz/exec_fuzz -max_len=8192 tests/ir/corpus-exec     (a corpus to start from)
 *
 * Slots are those of tests/backend_x86_64/harness.h. Changes are made to the parsed region (an op,
 * an operand, a constant, a new instruction, one less) and kept when they verify; so nearly every
 * input runs. What would not end, or leave by other ways than a plain exit, is not run. Addresses
 * are led into a small memory first.
 */
#include "tests/backend_x86_64/harness.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 1024, RUNS = 3, MAX_INSTS = 300 };

static _Alignas(64) uint8_t memory[MEMORY], memory_jit[MEMORY];
static const HelperTable no_helpers;
static BackendConfig cfg;

static void set_up(void)
{
    if (cfg.convention)
        return;
    harness_init();
    cfg = (BackendConfig){.convention = &h_conv, .host_features = HOST_V3, .check = true};
    harness_stubs(&cfg);
}

static Region *parse(Arena *a, const uint8_t *data, size_t size)
{
    char err[256], *text = arena_alloc(a, size + 1);
    memcpy(text, data, size);
    text[size] = 0;
    Region *r = ir_parse(a, text, &h_slots, &no_helpers, err, sizeof err);
    bool good = r && !r->promoted && r->insts.count < MAX_INSTS && ir_verify(r, err, sizeof err);
    return good ? r : NULL;
}

/* ---- what can be run ---- */

static bool may_run(const Region *r, const IrInst *i)
{
    switch (i->op) {
    case IR_exit:
    case IR_exitind:
        return i->cc == IR_EXIT_JUMP;
    case IR_jump:
    case IR_br:
        for (unsigned k = 0; k < (i->op == IR_br ? 2u : 1u); k++)
            if (r->edges.data[i->edge[k]].block <= i->block)
                return false;
        return true;
    case IR_get:
    case IR_put:
    case IR_insn:
    case IR_fence:
        return true;
    case IR_frcpest: /* estimates: each host's own */
    case IR_frsqrtest:
        return false;
    default:
        break;
    }
    if (ir_has(i, IR_E_STATE | IR_E_TERM) ||
        (i->flags & IR_F_TRAPS & -!ir_has(i, IR_E_READ | IR_E_WRITE)))
        return false;
    return true;
}

static bool runnable(const Region *r)
{
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next)
            if (!may_run(r, &r->insts.data[v]))
                return false;
    return true;
}

static IrRef insert(Region *r, IrRef before, IrInst proto)
{
    IrRef v = ir_inst_new(r, &proto);
    ir_inst(r, v)->block = ir_inst(r, before)->block;
    ir_insert_before(r, before, v);
    return v;
}

static IrRef insert_const(Region *r, IrRef before, uint64_t value)
{
    return insert(r, before, (IrInst){.op = IR_const, .type = IR_I64, .imm = value});
}

static IrRef insert_bin(Region *r, IrRef before, IrOp op, IrRef a, uint64_t value)
{
    IrRef c = insert_const(r, before, value);
    return insert(r, before,
                  (IrInst){.op = (uint16_t)op, .type = IR_I64, .nargs = 2, .arg = {a, c}});
}

/* Addresses become ones in `memory`; which exit is taken goes into a slot. */
static void contain(Region *r)
{
    uint32_t count = r->insts.count;
    for (uint32_t v = 1; v < count; v++) {
        IrInst *i = &r->insts.data[v];
        IrRef at = {v};
        if (i->op == IR_exit || i->op == IR_exitind) {
            IrRef number = insert_const(r, at, v);
            insert(
                r, at,
                (IrInst){.op = IR_put, .nargs = 1, .arg = {number}, .imm = SLOT_RESULT + IR_I64});
        } else if (i->op != IR_NOP && ir_has(i, IR_E_READ | IR_E_WRITE)) {
            IrRef a = insert_bin(r, at, IR_and, i->arg[0], (MEMORY - 64) & ~15ull);
            a = insert_bin(r, at, IR_add, a, (uint64_t)(uintptr_t)memory);
            ir_inst(r, at)->arg[0] = a;
            ir_inst(r, at)->flags &= (uint16_t)~IR_M_DMB;
        }
    }
}

/* ---- running ---- */

static uint64_t mix(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state * 0x2545f4914f6cdd1du;
}

static uint64_t random_word(uint64_t *state)
{
    static const uint64_t nice[] = {0,
                                    1,
                                    UINT64_MAX,
                                    0x80,
                                    1ull << 31,
                                    1ull << 63,
                                    0x3ff0000000000000,
                                    0x7ff8000000000000,
                                    0x7ff4000000000001,
                                    0x7f8000003f800000,
                                    1,
                                    0xfff0000000000000};
    uint64_t r = mix(state);
    return r & 1 ? mix(state) >> (r >> 58) : nice[(r >> 8) % (sizeof nice / sizeof nice[0])];
}

static void start_state(uint64_t seed)
{
    for (unsigned k = 0; k < NSLOTS; k++) {
        uint64_t *p = slot_at(k);
        p[0] = random_word(&seed);
        p[1] = random_word(&seed);
    }
    for (unsigned k = 0; k < MEMORY / 8; k++) {
        uint64_t v = random_word(&seed);
        memcpy(memory + 8 * k, &v, 8);
    }
    h_state.fpctl =
        0x1f80 | (uint32_t)(mix(&seed) >> 40 & 0xe000) | (mix(&seed) >> 60 == 0 ? 0x40u : 0);
}

static void fail(const char *what, const Region *lifted, const Region *r)
{
    fprintf(stderr, "%s differs\n", what);
    ir_print(lifted, stderr);
    ir_print(r, stderr);
    abort();
}

static void compare(const Region *lifted, const Region *r, const CompiledCode *cc, uint64_t seed)
{
    static uint8_t got[STATE_GUEST_SIZE];
    start_state(seed);
    harness_enter(cc);
    uint32_t fpctl = h_state.fpctl;
    memcpy(got, h_state.guest, sizeof got);
    memcpy(memory_jit, memory, MEMORY);
    start_state(seed);
    interp_run_region(lifted, &h_state, &(InterpLimits){0});
    for (unsigned k = 0; k < NSLOTS; k++)
        if (memcmp(slot_at(k), got + h_slot[k].offset - STATE_GUEST_OFFSET,
                   ir_type_bits((IrType)h_slot[k].type) / 8) != 0)
            fail(h_slot[k].name, lifted, r);
    if (memcmp(memory, memory_jit, MEMORY) != 0)
        fail("memory", lifted, r);
    if (h_state.fpctl != fpctl)
        fail("fpctl", lifted, r);
}

/* The other host's generator, for its assertions. */
static void compile_elsewhere(Arena *a, const uint8_t *data, size_t size)
{
    static const Convention none = {.home = {[0 ... 255] = -1}};
    BackendConfig arm = {
        .convention = &none, .host_features = backend_aarch64.typical_features, .check = true};
    char err[256];
    Region *r = parse(a, data, size);
    CompiledCode cc = {.arena = a};
    contain(r);
    ir_optimise(r, &(PassContext){.verify = true});
    backend_aarch64.compile(&arm, r, &cc, err, sizeof err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a = {0};
    char err[256];
    set_up();
    Region *lifted = parse(&a, data, size);
    if (lifted && runnable(lifted)) {
        Region *r = parse(&a, data, size);
        CompiledCode cc = {.arena = &a};
        contain(lifted);
        contain(r);
        ir_optimise(r, &(PassContext){.verify = true});
        if (backend_x86_64.compile(&cfg, r, &cc, err, sizeof err)) {
            harness_link(&cc, h_stubs_size);
            for (unsigned k = 1; k <= RUNS; k++)
                compare(lifted, r, &cc, k * 0x9e3779b97f4a7c15u);
        }
        compile_elsewhere(&a, data, size);
    }
    arena_free(&a);
    return 0;
}

/* ---- mutation ---- */

static IrRef random_inst(const Region *r, uint64_t *rng)
{
    for (unsigned tries = 0; tries < 32; tries++) {
        uint32_t v = 1 + (uint32_t)(mix(rng) >> 20) % (r->insts.count - 1);
        if (r->insts.data[v].op != IR_NOP && r->insts.data[v].op != IR_param)
            return (IrRef){v};
    }
    return IR_NONE;
}

/* A value of type t from an earlier instruction; the verifier sees to dominance. */
static IrRef random_value(const Region *r, IrType t, uint64_t *rng)
{
    for (unsigned tries = 0; tries < 64; tries++) {
        IrRef v = random_inst(r, rng);
        if (v.i != 0 && ir_inst(r, v)->type == t)
            return v;
    }
    return IR_NONE;
}

static void change_op(Region *r, IrRef v, uint64_t *rng)
{
    IrInst *i = ir_inst(r, v);
    for (unsigned tries = 0; tries < 32; tries++) {
        uint16_t op = (uint16_t)(1 + (mix(rng) >> 20) % (IR_OP_COUNT - 1));
        if (ir_op_info[op].sig == ir_op_info[i->op].sig && ir_op_info[op].sig != IR_SIG_SPECIAL) {
            i->op = op;
            return;
        }
    }
}

static void change_operand(Region *r, IrRef v, uint64_t *rng)
{
    IrInst *i = ir_inst(r, v);
    if (i->nargs == 0)
        return;
    unsigned n = (unsigned)(mix(rng) >> 20) % i->nargs;
    IrRef other = random_value(r, (IrType)ir_inst(r, i->arg[n])->type, rng);
    if (other.i != 0)
        i->arg[n] = other;
}

static void change_number(Region *r, IrRef v, uint64_t *rng)
{
    IrInst *i = ir_inst(r, v);
    if (i->op == IR_const) {
        unsigned bits = ir_type_bits((IrType)i->type);
        i->imm = random_word(rng) & (bits >= 64 ? UINT64_MAX : (1ull << bits) - 1);
    } else if (i->op == IR_get || i->op == IR_put) {
        i->imm = (mix(rng) >> 20) % NSLOTS;
    } else if (i->op == IR_extract || i->op == IR_sextract || i->op == IR_deposit) {
        i->aux = (uint32_t)(mix(rng) >> 20 & 63) | (uint32_t)(1 + (mix(rng) >> 20 & 63)) << 8;
    } else {
        i->cc = (uint8_t)(mix(rng) >> 20 & 7);
    }
}

static void add_inst(Region *r, IrRef before, uint64_t *rng)
{
    static const uint8_t types[] = {IR_I8, IR_I16, IR_I32, IR_I64, IR_I64, IR_F32, IR_F64, IR_V128};
    IrOp op = (IrOp)(1 + (mix(rng) >> 20) % (IR_OP_COUNT - 1));
    IrType t = (IrType)types[(mix(rng) >> 20) % sizeof types];
    if (ir_op_info[op].sig == IR_SIG_SPECIAL || ir_op_info[op].sig == IR_SIG_NULLARY ||
        ir_inst(r, before)->op == IR_const)
        return;
    IrInst proto = {.op = (uint16_t)op, .type = (uint8_t)t, .nargs = ir_op_info[op].nargs};
    proto.lane = types[(mix(rng) >> 20) % sizeof types];
    proto.cc = (uint8_t)(mix(rng) >> 20 & 3);
    if (ir_op_info[op].effects & (IR_E_READ | IR_E_WRITE))
        proto.flags = IR_ORDER_TSO;
    for (unsigned n = 0; n < proto.nargs; n++) {
        IrRef like = random_inst(r, rng);
        IrType want = mix(rng) >> 62 || !like.i ? t : (IrType)ir_inst(r, like)->type;
        proto.arg[n] = random_value(r, want, rng);
        if (proto.arg[n].i == 0)
            return;
    }
    IrRef v = insert(r, before, proto);
    for (unsigned s = 0, at = (unsigned)(mix(rng) >> 20); s < NSLOTS; s++)
        if (h_slot[(s + at) % NSLOTS].type == ir_inst(r, v)->type) {
            insert(r, before,
                   (IrInst){.op = IR_put, .nargs = 1, .arg = {v}, .imm = (s + at) % NSLOTS});
            return;
        }
}

static void mutate(Region *r, uint64_t *rng)
{
    IrRef v = random_inst(r, rng);
    if (v.i == 0)
        return;
    switch (mix(rng) >> 20 & 7) {
    case 0:
        change_op(r, v, rng);
        break;
    case 1:
    case 2:
        change_operand(r, v, rng);
        break;
    case 3:
        change_number(r, v, rng);
        break;
    case 4:
        if (ir_inst(r, v)->op == IR_put || ir_inst(r, v)->op == IR_store)
            ir_remove(r, v);
        break;
    default:
        add_inst(r, v, rng);
    }
}

static size_t print_to(const Region *r, uint8_t *data, size_t max)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    ir_print(r, f);
    fclose(f);
    if (size <= max)
        memcpy(data, text, size);
    free(text);
    return size <= max ? size : 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned seed)
{
    uint64_t rng = seed * 0x9e3779b97f4a7c15u + 0x853c49e6748fea9b;
    size_t out = 0;
    set_up();
    for (unsigned tries = 0; tries < 20 && out == 0; tries++) {
        Arena a = {0};
        char err[256];
        Region *r = parse(&a, data, size);
        if (r == NULL) {
            arena_free(&a);
            return LLVMFuzzerMutate(data, size, max);
        }
        for (unsigned n = 1 + (mix(&rng) >> 62); n != 0; n--)
            mutate(r, &rng);
        if (ir_verify(r, err, sizeof err) && runnable(r))
            out = print_to(r, data, max);
        arena_free(&a);
    }
    return out ? out : size;
}
