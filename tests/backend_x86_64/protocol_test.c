/* protocol_test.c: how translations reach each other, the stubs and C, and the memory operations
 * that eval_test.c and random_test.c leave out: atomics, fences, big-endian accesses, FP control.
 */
#include <stddef.h>

#include "tests/backend_x86_64/harness.h"
#include "tests/check.h"

static BackendConfig cfg;
static _Alignas(64) uint8_t memory[256];
static uint32_t next_code, next_data;

/* ---- several translations at once ---- */

typedef struct Code {
    CompiledCode cc;
    uint8_t *at;
    uint64_t *data;
} Code;

static Arena arena;

static uint64_t run_helper(CpuState *s, uint64_t a, uint64_t b)
{
    return a * 2 + b + (s == &h_state ? 1000 : 0);
}

static uint32_t read_mxcsr(void)
{
    uint32_t v;
    __asm__ volatile("stmxcsr %0" : "=m"(v));
    return v;
}

static uint64_t fault_helper(CpuState *s, uint64_t fault)
{
    s->fault_addr = 0x1234;
    return fault;
}

static const HelperDesc helper_rows[] = {
    {"sum", (void (*)(void))run_helper, IR_I64, 2, {IR_I64, IR_I64}, HELPER_STATE},
    {"fails", (void (*)(void))fault_helper, IR_I64, 1, {IR_I64}, HELPER_STATE | HELPER_FAULT},
};
static const HelperTable helpers = {helper_rows, 2};

static Code compile_with(unsigned counters, const char *body)
{
    static const PassContext passes = {.promote_only = true, .verify = true};
    char text[2000], err[200];
    snprintf(text, sizeof text, "region 0x10 counters %u {\nb0 @0x10:\ninsn 0x10, 4\n%s}\n",
             counters, body);
    Region *r = ir_parse(&arena, text, &h_slots, &helpers, err, sizeof err);
    Code c = {.cc = {.arena = &arena}};
    if (r == NULL) {
        printf("%s\n%s\n", text, err);
        exit(1);
    }
    ir_optimise(r, &passes);
    if (!backend_x86_64.compile(&cfg, r, &c.cc, err, sizeof err)) {
        printf("%s\n", err);
        exit(1);
    }
    c.at = h_code + next_code;
    c.data = h_data + next_data;
    memcpy(c.at, c.cc.code, c.cc.size);
    memset(c.data, 0, c.cc.data_words * sizeof *c.data);
    for (uint32_t k = 0; k < c.cc.relocs.count; k++) {
        const Reloc *rel = &c.cc.relocs.data[k];
        uint64_t target = rel->kind == RELOC_STUB ? (uint64_t)(uintptr_t)h_code + h_stub[rel->index]
                                                  : (uint64_t)(uintptr_t)&c.data[rel->index];
        backend_x86_64.relocate(c.at, (uint64_t)(uintptr_t)c.at, rel, target);
    }
    next_code += (c.cc.size + 63) & ~63u;
    next_data += c.cc.data_words;
    return c;
}

static Code compile(const char *body)
{
    return compile_with(0, body);
}

static uint64_t entry_of(const Code *c)
{
    return (uint64_t)(uintptr_t)c->at + c->cc.entry;
}

static void enter(const Code *c)
{
    typedef void Enter(CpuState *, uint64_t);
    Enter *f = (Enter *)(uintptr_t)(h_code + h_stub[STUB_ENTER]);
    h_state.exit_reason = 0;
    f(&h_state, entry_of(c));
}

/* The exit that the last run left by. */
static const ExitSite *left_by(const Code *c)
{
    for (uint32_t k = 0; k < c->cc.exits.count; k++) {
        if (h_state.exit_reason == EXIT_DIRECT &&
            (uint64_t)(uintptr_t)c->at + c->cc.exits.data[k].stub_id == h_state.exit_site)
            return &c->cc.exits.data[k];
    }
    return NULL;
}

static bool chain(const Code *c, uint64_t pc, const Code *to)
{
    bool done = false;
    for (uint32_t k = 0; k < c->cc.exits.count; k++) {
        const ExitSite *x = &c->cc.exits.data[k];
        if (x->pc == pc && x->kind != IR_EXIT_SERVICE) {
            CHECK(x->patch % 4 == 0);
            done = backend_x86_64.patch(c->at, (uint64_t)(uintptr_t)c->at, x, entry_of(to));
        }
    }
    return done;
}

static uint64_t slot(unsigned n)
{
    uint64_t v;
    memcpy(&v, slot_at(n), 8);
    return v;
}

static void set_slot(unsigned n, uint64_t v)
{
    memcpy(slot_at(n), &v, 8);
}

/* ---- exits ---- */

static void direct_exits(void)
{
    Code a = compile("%1 = get s0\n%2 = add i64 %1, 5\nput s0, %2\nexit 0x40\n");
    Code b = compile("%1 = get s0\n%2 = mul i64 %1, 7\nput s1, %2\nexit.service 0x80, 3\n");
    set_slot(0, 1);
    enter(&a);
    CHECK(left_by(&a) != NULL && left_by(&a)->pc == 0x40 && slot(0) == 6);
    CHECK(chain(&a, 0x40, &b));
    enter(&a);
    CHECK(left_by(&b) != NULL && left_by(&b)->pc == 0x80 && left_by(&b)->service == 3);
    CHECK(slot(0) == 11 && slot(1) == 77);
}

static const FaultSite *site_of(const Code *c)
{
    for (uint32_t k = 0; k < c->cc.faults.count; k++) {
        if ((uint64_t)(uintptr_t)c->at + c->cc.faults.data[k].offset == h_state.exit_site)
            return &c->cc.faults.data[k];
    }
    return NULL;
}

static bool missed_at(const Code *c)
{
    const FaultSite *f = site_of(c);
    return h_state.exit_reason == EXIT_INDIRECT && f != NULL && f->kind == SITE_BRANCH;
}

static void calls_and_returns(void)
{
    Code call = compile("exit.call 0x100, 0x7f0000000018\n");
    Code callee = compile("%1 = get s1\nexitind.ret %1\n");
    Code back = compile("%1 = get s2\n%2 = add i64 %1, 1\nput s2, %2\nexit 0x20\n");
    uint64_t sp = h_state.shadow_sp;
    enter(&call); /* not chained: the pair stays on the shadow stack across the runtime */
    CHECK(left_by(&call) != NULL && left_by(&call)->pc == 0x100 && h_state.shadow_sp == sp - 16);
    set_slot(1, 0x7f0000000018);
    set_slot(2, 0);
    enter(&callee);
    CHECK(left_by(&call) != NULL && left_by(&call)->pc == 0x7f0000000018);
    CHECK(h_state.shadow_sp == sp);
    CHECK(chain(&call, 0x100, &callee) && chain(&call, 0x7f0000000018, &back));
    enter(&call);
    CHECK(left_by(&back) != NULL && slot(2) == 1 && h_state.shadow_sp == sp);
    set_slot(1, 0x999); /* returns elsewhere: the shadow stack starts afresh, lookup misses */
    enter(&call);
    CHECK(missed_at(&callee) && h_state.pc == 0x999);
    CHECK(h_state.shadow_sp == h_state.shadow_top);
}

static void set_jump(uint64_t pc, const Code *to)
{
    JumpPlace at = state_jump(&h_state, pc, false);
    *at.pc = to ? pc : state_no_jump(pc % JUMP_SIZE);
    *at.entry = to ? entry_of(to) : 0;
}

static void indirect_jumps(void)
{
    Code jump = compile("%1 = get s1\nexitind %1\n");
    Code to = compile("%1 = get s2\n%2 = add i64 %1, 1\nput s2, %2\nexit 0x20\n");
    EntryHeader header = {0x5000, entry_of(&to)};
    set_slot(1, 0x5000);
    set_slot(2, 0);
    enter(&jump);
    CHECK(missed_at(&jump) && h_state.pc == 0x5000);
    set_jump(0x5000, &to);
    enter(&jump); /* the jump table answers */
    CHECK(left_by(&to) != NULL && slot(2) == 1);
    set_slot(1, 0x5000 + JUMP_SIZE);
    enter(&jump); /* another pc of the same place */
    CHECK(missed_at(&jump) && h_state.pc == 0x5000 + JUMP_SIZE);
    set_slot(1, 0x5000);
    set_jump(0x5000, NULL);
    h_lookup[state_lookup_index(0x5000)] = &header;
    enter(&jump); /* the mode's table answers */
    CHECK(left_by(&to) != NULL && slot(2) == 2);
    set_slot(1, 0x5000 + LOOKUP_SIZE);
    enter(&jump);
    CHECK(h_state.exit_reason == EXIT_INDIRECT && h_state.pc == 0x5000 + LOOKUP_SIZE);
    h_lookup[state_lookup_index(0x5000)] = &h_empty;
    set_slot(1, 0); /* index 0, for which nothing is not 0 */
    enter(&jump);
    CHECK(h_state.exit_reason == EXIT_INDIRECT && h_state.pc == 0);
}

static void set_hint(uint32_t index, uint64_t pc, const Code *to)
{
    h_thread.hints.pc[index] = pc;
    h_thread.hints.entry[index] = entry_of(to);
}

static void hints(void)
{
    Code jump = compile("%1 = get s1\n%2 = get s3\nexitind %1, %2\n");
    Code fixed = compile("%1 = get s1\nexitind %1, 0x40\n");
    Code call = compile("%1 = get s1\n%2 = get s3\nexitind.call %1, 0x18, %2\n");
    Code to = compile("%1 = get s2\n%2 = add i64 %1, 1\nput s2, %2\nexit 0x20\n");
    Code callee = compile("%1 = get s4\nexitind.ret %1\n");
    h_state.hint_credit = 0;
    set_slot(1, 0x5000);
    set_slot(2, 0);
    set_slot(3, 0x12340020); /* index 4 */
    enter(&jump);
    CHECK(missed_at(&jump) && h_state.pc == 0x5000 && h_state.missed_hint == 4);
    h_state.hint_credit = 1;
    enter(&jump); /* not reported, but there is no answer by pc either */
    CHECK(missed_at(&jump) && h_state.missed_hint == HINT_NONE);
    set_jump(0x5000, &to);
    h_state.hint_credit = 1;
    enter(&jump);
    CHECK(left_by(&to) != NULL && slot(2) == 1);
    set_jump(0x5000, NULL);
    set_hint(4, 0x5000, &to);
    enter(&jump);
    CHECK(left_by(&to) != NULL && slot(2) == 2);
    h_state.hint_credit = 0;
    enter(&fixed);
    CHECK(missed_at(&fixed) && h_state.missed_hint == 8);
    set_hint(8, 0x5000, &to);
    enter(&fixed);
    CHECK(left_by(&to) != NULL && slot(2) == 3);
    set_slot(4, 0x18);
    set_hint(4, 0x5000, &callee);
    enter(&call);
    CHECK(left_by(&call) != NULL && left_by(&call)->pc == 0x18);
    CHECK(h_state.shadow_sp == h_state.shadow_top);
}

static void hints_by_index(void)
{
    Code jump = compile("%1 = get s1\n%2 = get s3\n%3 = and i64 %2, 255\n"
                        "exitind %1, %3 + 1000\n");
    Code fixed = compile("%1 = get s1\nexitind %1, 7 + 1000\n");
    Code call = compile("%1 = get s1\n%2 = get s3\n%3 = and i64 %2, 15\n"
                        "exitind.call %1, 0x18, %3 + 0\n");
    Code to = compile("%1 = get s2\n%2 = add i64 %1, 1\nput s2, %2\nexit 0x20\n");
    Code callee = compile("%1 = get s4\nexitind.ret %1\n");
    h_state.hint_credit = 0;
    set_slot(1, 0x5000);
    set_slot(2, 0);
    set_slot(3, 0xffffff); /* the last place there is */
    enter(&jump);
    CHECK(missed_at(&jump) && h_state.pc == 0x5000 && h_state.missed_hint == 1255);
    h_state.hint_credit = 0;
    set_hint(1255, 0x5000, &to);
    enter(&jump);
    CHECK(left_by(&to) != NULL && slot(2) == 1);
    enter(&fixed);
    CHECK(missed_at(&fixed) && h_state.missed_hint == 1007);
    h_state.hint_credit = 0;
    set_hint(1007, 0x5000, &to);
    enter(&fixed);
    CHECK(left_by(&to) != NULL && slot(2) == 2);
    set_slot(4, 0x18);
    enter(&call);
    CHECK(missed_at(&call) && h_state.missed_hint == 15);
    h_state.shadow_sp = h_state.shadow_top;
    set_hint(15, 0x5000, &callee);
    enter(&call);
    CHECK(left_by(&call) != NULL && left_by(&call)->pc == 0x18);
    CHECK(h_state.shadow_sp == h_state.shadow_top);
}

static void indirect_calls(void)
{
    Code call = compile("%1 = get s1\nexitind.call %1, 0x18\n");
    Code callee = compile("%1 = get s4\nexitind.ret %1\n");
    EntryHeader called = {0x5008, entry_of(&callee)};
    set_slot(1, 0x5008);
    set_slot(4, 0x18);
    enter(&call);
    CHECK(missed_at(&call) && h_state.pc == 0x5008 && h_state.shadow_sp == h_state.shadow_top - 16);
    h_state.shadow_sp = h_state.shadow_top;
    set_jump(0x5008, &callee);
    enter(&call);
    CHECK(left_by(&call) != NULL && left_by(&call)->pc == 0x18);
    set_jump(0x5008, NULL);
    h_lookup[state_lookup_index(0x5008)] = &called;
    enter(&call); /* through STUB_LOOKUP: the return lands all the same */
    CHECK(left_by(&call) != NULL && left_by(&call)->pc == 0x18);
    CHECK(h_state.shadow_sp == h_state.shadow_top);
    h_lookup[state_lookup_index(0x5008)] = &h_empty;
}

static void sites(void)
{
    Code poll = compile("poll\n%1 = get s0\n%2 = add i64 %1, 3\nput s0, %2\nexit 0x40\n");
    set_slot(0, 20);
    h_state.poll = 1;
    enter(&poll);
    CHECK(h_state.exit_reason == EXIT_SITE && site_of(&poll) != NULL);
    CHECK(site_of(&poll)->kind == SITE_POLL && h_state.area.gpr[h_conv.home[0]] == 20);
    h_state.poll = 0;
    enter(&poll);
    CHECK(left_by(&poll) != NULL && slot(0) == 23);
    Code trap = compile("%1 = get s1\nput s0, %1\ntrap 4, 9\n");
    enter(&trap);
    const FaultSite *f = site_of(&trap);
    CHECK(f != NULL && f->kind == SITE_TRAP && f->trap == 5 && f->trap_arg == 9 && f->count != 0);
    /* What only the snapshot wants with its sign above it is not made, but told of. */
    Code sign = compile("%1 = get s1\n%2 = trunc i32 %1\n%3 = add i32 %2, 1\n%4 = sext i64 %3\n"
                        "put s0, %4\n%5 = load i64 [%1]\nput s0, %5\nexit 0x40\n");
    const SlotLoc *loc = &sign.cc.locs.data[sign.cc.faults.data[0].first];
    CHECK(sign.cc.faults.count == 1 && loc->slot == 0 && loc->made == LOC_SIGN);
    CHECK(h_state.shadow_sp == h_state.shadow_top);
}

static void helper_calls(void)
{
    for (unsigned k = 0; k < helpers.count; k++)
        h_state.helper[k] = (uint64_t)(uintptr_t)helper_rows[k].fn;
    Code c = compile("%1 = get s0\n%2 = get s1\n%3 = call sum(%1, %2)\nput s3, %3\nexit 0x40\n");
    set_slot(0, 40);
    set_slot(1, 2);
    h_state.fpctl = 0x7f80; /* rounding towards zero */
    enter(&c);
    CHECK(slot(3) == 1082 && slot(0) == 40 && slot(1) == 2);
    CHECK(h_state.fpctl == 0x7f80 && (read_mxcsr() & 0xffc0) == 0x1f80);
    h_state.fpctl = 0x1f80;
    Code fails = compile("%1 = get s0\n%2 = call fails(%1)\nput s3, 5\nexit 0x40\n");
    enter(&fails);
    CHECK(h_state.exit_reason == EXIT_SITE && site_of(&fails) != NULL && slot(3) == 1082);
    set_slot(0, 0);
    enter(&fails);
    CHECK(left_by(&fails) != NULL && slot(3) == 5);
}

/* ---- memory ---- */

static uint64_t apply(const char *op, uint64_t old, uint64_t b, unsigned bits)
{
    uint64_t v = op[1] == 'a' && op[2] == 'd'   ? old + b
                 : op[1] == 'a'                 ? old & b
                 : op[1] == 'o'                 ? old | b
                 : op[1] == 'x' && op[2] == 'o' ? old ^ b
                                                : b;
    return v & bits_mask(bits);
}

/* used: 0 the result is not wanted, 1 it is; imm: the operand is a constant */
static void one_atomic(const char *op, IrType t, bool used, bool imm)
{
    char body[400], b[40];
    unsigned bits = ir_type_bits(t);
    const char *name = ir_type_name(t);
    uint64_t operand = 0x8182838485868788, old = 0x1122334455667799, want = old;
    if (imm)
        operand = 0x35;
    snprintf(b, sizeof b, imm ? "0x35" : "%%3");
    snprintf(body, sizeof body,
             "%%1 = get s0\n%%2 = get s1\n%s%s%s"
             "%%4 = %s %s [%%1], %s\n%s%s%s%sexit 0x40\n",
             bits == 64 ? "" : "%3 = trunc ", bits == 64 ? "" : name, bits == 64 ? "" : " %2\n", op,
             name,
             imm          ? b
             : bits == 64 ? "%2"
                          : "%3",
             used && bits != 64 ? "%5 = zext i64 %4\n" : "", used ? "put s2, " : "",
             used ? (bits == 64 ? "%4" : "%5") : "", used ? "\n" : "");
    Code c = compile(body);
    memcpy(memory + 16, &old, 8);
    set_slot(0, (uint64_t)(uintptr_t)memory + 16);
    set_slot(1, operand);
    enter(&c);
    uint64_t low = old & bits_mask(bits), result = apply(op, low, operand & bits_mask(bits), bits);
    memcpy(&want, &result, bits / 8);
    CHECK(memcmp(memory + 16, &want, 8) == 0);
    CHECK(!used || slot(2) == low);
    next_code -= (c.cc.size + 63) & ~63u;
}

static void atomics(void)
{
    static const char *const ops[] = {"aadd", "aand", "aor", "axor", "axchg"};
    for (unsigned k = 0; k < 5; k++) {
        for (IrType t = IR_I8; t <= IR_I64; t++) {
            for (unsigned variant = 0; variant < 4; variant++)
                one_atomic(ops[k], t, variant & 1, variant >> 1);
        }
    }
    Code c = compile("%1 = get s0\n%2 = get s1\n%3 = get s2\n%4 = acas i64 [%1], %2, %3\n"
                     "put s3, %4\nexit 0x40\n");
    uint64_t v = 55;
    for (unsigned k = 0; k < 2; k++) {
        memcpy(memory, &v, 8);
        set_slot(0, (uint64_t)(uintptr_t)memory);
        set_slot(1, k == 0 ? 55 : 54);
        set_slot(2, 66);
        enter(&c);
        uint64_t now;
        memcpy(&now, memory, 8);
        CHECK(slot(3) == 55 && now == (k == 0 ? 66u : 55u));
    }
    c = compile("%1 = get s0\n%2 = get s6\n%3 = get s7\n%4 = acas v128 [%1], %2, %3\n"
                "put s8, %4\nexit 0x40\n");
    for (unsigned k = 0; k < 2; k++) {
        for (unsigned n = 0; n < 16; n++) {
            memory[n] = (uint8_t)n;
            ((uint8_t *)slot_at(6))[n] = (uint8_t)(n + k);
            ((uint8_t *)slot_at(7))[n] = (uint8_t)(0x80 + n);
        }
        set_slot(0, (uint64_t)(uintptr_t)memory);
        enter(&c);
        CHECK(memory[15] == (k == 0 ? 0x8f : 15) && ((uint8_t *)slot_at(8))[15] == 15);
    }
}

static void big_endian(void)
{
    Code c = compile(
        "%1 = get s0\n%2 = load.big i32 [%1]\n%3 = zext i64 %2\nput s1, %3\n"
        "%4 = load.big i16 [%1]\n%5 = zext i64 %4\nput s2, %5\n%6 = load.big f64 [%1]\n"
        "%7 = vlow f64 %6\nput s6, %7\n%8 = load.big v128 [%1]\nput s7, %8\n"
        "%9 = add i64 %1, 32\nstore.big v128 [%9], %8\n%10 = add i64 %1, 48\n"
        "store.big i64 [%10], %1\n%11 = add i64 %1, 56\nstore.big f64 [%11], %6\nexit 0x40\n");
    for (unsigned n = 0; n < 16; n++)
        memory[n] = (uint8_t)(n + 1);
    uint64_t base = (uint64_t)(uintptr_t)memory, swapped = __builtin_bswap64(base);
    set_slot(0, base);
    enter(&c);
    CHECK(slot(1) == 0x01020304 && slot(2) == 0x0102 && slot(6) == 0x0102030405060708);
    CHECK(((uint8_t *)slot_at(7))[0] == 16 && memcmp(memory + 32, memory, 16) == 0);
    CHECK(memcmp(memory + 48, &swapped, 8) == 0 && memcmp(memory + 56, memory, 8) == 0);
}

static void order_and_control(void)
{
    Code c = compile("%1 = get s0\n%2 = get s1\nstore.release i64 [%1], %2\nfence all\n"
                     "%3 = load.acquire i64 [%1]\nput s2, %3\n%4 = fpctlget\n"
                     "%5 = or i32 %4, 0x6000\nfpctlset %5\n%6 = zext i64 %4\nput s3, %6\n"
                     "exit 0x40\n");
    set_slot(0, (uint64_t)(uintptr_t)memory + 64);
    set_slot(1, 0x123456789);
    h_state.fpctl = 0x1fa0;
    enter(&c);
    CHECK(slot(2) == 0x123456789 && slot(3) == 0x1fa0 && h_state.fpctl == 0x7fa0);
    h_state.fpctl = 0x1f80;
}

/* Two registers change places in each turn of a loop, on its edge. */
static void counters(void)
{
    Code c =
        compile_with(2, "count 0\njump b1\nb1 @0x14:\ninsn 0x14, 4\ncount 1\n%1 = get s0\n"
                        "%2 = get s1\nput s0, %2\nput s1, %1\n%3 = get s2\n%4 = sub i64 %3, 1\n"
                        "put s2, %4\n%5 = ne i64 %4, 0\nbr %5, b1, b2\nb2 @0x18:\nexit 0x40\n");
    set_slot(0, 100);
    set_slot(1, 200);
    set_slot(2, 7);
    enter(&c);
    CHECK(slot(0) == 200 && slot(1) == 100 && slot(2) == 0);
    CHECK(c.cc.costs.count == 3 && c.cc.data_words == 3);
    CHECK(c.data[0] == 1 && c.data[1] == 7 && c.data[2] == 6);
    CHECK(c.cc.costs.data[1].guest_insns == 1 && c.cc.costs.data[2].guest_insns == 0);
    CHECK(c.cc.costs.data[2].host_insns == 2); /* xchg, jmp */
}

int main(void)
{
    harness_init();
    cfg = (BackendConfig){.convention = &h_conv, .host_features = HOST_V3, .check = true};
    harness_stubs(&cfg);
    next_code = h_stubs_size;
    if (!harness_can_run()) {
        printf("not an x86-64 host\n");
        return 0;
    }
    direct_exits();
    calls_and_returns();
    indirect_jumps();
    indirect_calls();
    hints();
    hints_by_index();
    sites();
    helper_calls();
    atomics();
    big_endian();
    order_and_control();
    counters();
    return check_report();
}
