/* interp_test.c: how a run of the interpreter ends, and what it leaves, from regions as text. */
#include "ir/base/bits.h"
#include "ir/internal.h"
#include "ir/traps.h"
#include "tests/ir/ir_support.h"

static CpuState state;
static Arena arena;
static _Alignas(16) uint8_t memory[32];

static void reset(void)
{
    memset(&state, 0, sizeof state);
    state.fpctl = 0x1f80;
    test_guest(&state)->x[7] = (uint64_t)(uintptr_t)memory;
}

/* Runs the blocks in `body` on the state as it is. */
static InterpResult run_on(const char *body, uint64_t max_insns)
{
    char text[2048], err[256];
    snprintf(text, sizeof text, "region 0x1000 {\n%s\n}\n", body);
    Region *r = parse_or_die(&arena, text);
    EXPECT(ir_verify(r, err, sizeof err), "%s in\n%s", err, text);
    return interp_run_region(r, &state, &(InterpLimits){.insns = max_insns});
}

static InterpResult run(const char *body)
{
    reset();
    return run_on(body, 0);
}

#define X(n) (test_guest(&state)->x[n])

static void check_ends(void)
{
    InterpResult r = run("b0:\n insn 0x1000, 4\n put x0, 7\n exit.call 0x2000, 0x1004");
    EXPECT(r.end == INTERP_EXIT && r.exit_kind == IR_EXIT_CALL && state.pc == 0x2000 && X(0) == 7 &&
               r.guest_insns == 1,
           "direct exit");
    r = run("b0:\n insn 0x1000, 4\n exitind.ret 0x4242");
    EXPECT(r.end == INTERP_EXIT && r.exit_kind == IR_EXIT_RET && state.pc == 0x4242,
           "indirect exit");
    r = run("b0:\n exit.service 0x1002, 3");
    EXPECT(r.end == INTERP_SERVICE && state.exit_arg == 3 && state.pc == 0x1002, "service");
    r = run("b0:\n insn 0x1000, 4\n insn 0x1004, 2\n trap 4, 9");
    EXPECT(r.end == INTERP_TRAP && r.trap == 4 && r.trap_arg == 9 && state.pc == 0x1004, "trap");
    r = run("b0:\n put memw, 3\n jump b1\nb1 @0x1010:\n call tick()\n poll\n insn 0x1010, 2\n"
            " jump b1");
    EXPECT(r.end == INTERP_POLL && state.pc == 0x1010 && r.guest_insns == 2, "poll");
    r = run("b0:\n insn 0x1000, 4\n %1 = call check(13)\n put x0, 1\n exit 0x1004");
    EXPECT(r.end == INTERP_FAULT && state.pc == 0x1000 && X(0) == 0, "fault of a helper");
    reset();
    r = run_on("b0:\n jump b1\nb1 @0x1010:\n insn 0x1010, 2\n %1 = get x0\n %2 = add i64 %1, 1\n"
               " put x0, %2\n jump b1",
               5);
    EXPECT(r.end == INTERP_EXIT && state.pc == 0x1010 && X(0) == 5 && r.guest_insns == 5, "bound");
    r = run_on("b0:\n insn 0x1010, 4\n jump b1\nb1 @0x1010:\n insn 0x1014, 0\n trap 4, 0", 1);
    EXPECT(r.end == INTERP_TRAP && state.pc == 0x1014, "what follows in the same instruction");
    r = run_on("b0:\n insn 0x1010, 4\n jump b1\nb1 @0x1010:\n insn 0x1010, 4\n insn 0x1014, 4\n"
               " trap 4, 0",
               1);
    EXPECT(r.end == INTERP_TRAP && r.guest_insns == 2, "an instruction announced before");
}

static void check_values(void)
{
    run("b0:\n jump b1(1, 2, 0)\nb1(%1: i64, %2: i64, %3: i8):\n put x0, %1\n put x1, %2\n"
        " %4 = add i8 %3, 1\n %5 = ult i8 %4, 4\n br %5, b1(%2, %1, %4), b2\nb2:\n exit 0");
    EXPECT(X(0) == 2 && X(1) == 1, "parameters are not set all at once: %d %d", (int)X(0),
           (int)X(1));
    run("b0:\n %1 = call mix(5, 6)\n put x0, %1\n %2 = call half(0x1234567800000000)\n"
        " put w0, %2\n call note(40)\n call note(2)\n exit 0");
    EXPECT(X(0) == test_mix(5, 6) && test_guest(&state)->w[0] == 0x12345678 &&
               test_guest(&state)->mem == 42,
           "calls");
    static const uint8_t start[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    memcpy(memory, start, 8);
    run("b0:\n %1 = get x7\n %2 = load.tso i32 [%1]\n %3 = zext i64 %2\n put x0, %3\n"
        " %4 = load.tso.big i16 [%1]\n %5 = sext i64 %4\n put x1, %5\n"
        " %6 = aadd.tso i8 [%1], 255\n %7 = zext i64 %6\n put x2, %7\n"
        " %8 = add i64 %1, 8\n %9 = acas.tso i32 [%8], 0, 77\n fence all\n"
        " store.big.release i32 [%8], 0x11223344\n exit 0");
    EXPECT(X(0) == 0x04030201 && X(1) == 0x0102 && X(2) == 1 && memory[0] == 0, "loads, atomics");
    EXPECT(memcmp(memory + 8, "\x11\x22\x33\x44", 4) == 0, "big-endian store");
    InterpResult r = run("b0:\n insn 0x1000, 2\n %1 = get x7\n %2 = add i64 %1, 4\n"
                         " %3 = load.aligned i64 [%2]\n put x0, 1\n exit 0");
    EXPECT(r.end == INTERP_TRAP && r.trap == TRAP_PRIVILEGED && state.pc == 0x1000 && X(0) == 0,
           "misaligned load");
}

/* ---- the steps of common integer ops against ir_eval ---- */

static const uint64_t integers[] = {
    0, 1, 0x7f, 0x80, 0xff, 0x8000, 0xffff, 0x80000000, 0xffffffff, UINT64_C(1) << 63, UINT64_MAX};
enum { INTEGERS = sizeof integers / sizeof integers[0] };

static IrOp op_named(const char *name)
{
    int op = 1;
    while (strcmp(ir_op_info[op].name, name) != 0)
        op++;
    return (IrOp)op;
}

/* `name` from operands of a type to a result, by the interpreter and by ir_eval. */
static void check_step(const char *name, IrType from, IrType to, uint64_t a, uint64_t b)
{
    char text[512], operands[64];
    IrInst i = {.op = (uint16_t)op_named(name), .type = (uint8_t)to};
    bool one = ir_op_info[i.op].sig == IR_SIG_UN || ir_op_info[i.op].sig == IR_SIG_CONV;
    unsigned bits = ir_type_bits(from);
    a &= bits_mask(bits);
    b &= bits_mask(bits);
    i.nargs = one ? 1 : 2;
    snprintf(operands, sizeof operands, one ? "" : ", %llu", (unsigned long long)b);
    snprintf(text, sizeof text, "b0:\n %%1 = %s %s %llu:%s%s\n%s put x0, %%%d\n exit 0", name,
             ir_type_name(ir_op_info[i.op].sig == IR_SIG_CMP ? from : to), (unsigned long long)a,
             ir_type_name(from), operands, to != IR_I64 ? " %2 = zext i64 %1\n" : "",
             to != IR_I64 ? 2 : 1);
    run(text);
    Region *r = ir_region_new(&arena, 0, &test_slots, NULL, FP_MODEL_X86);
    i.arg[0] = i.arg[1] = ir_inst_new(r, &(IrInst){.op = IR_const, .type = (uint8_t)from});
    uint64_t want = ir_eval(r, &i, (IrValue[3]){{.q = {a, 0}}, {.q = {b, 0}}}).u;
    EXPECT(X(0) == want, "%s: %llx, not %llx", text, (unsigned long long)X(0),
           (unsigned long long)want);
    arena_reset(&arena);
}

static void check_steps(void)
{
    static const char *const same[] = {"add", "sub", "mul", "and", "or", "xor",
                                       "shl", "shr", "sar", "not", "neg"};
    static const char *const relations[] = {"eq", "ne", "ult", "ule", "slt", "sle"};
    for (IrType t = IR_I8; t <= IR_I64; t++) {
        for (unsigned k = 0; k < INTEGERS * INTEGERS; k++) {
            uint64_t a = integers[k / INTEGERS], b = integers[k % INTEGERS];
            for (unsigned o = 0; o < sizeof same / sizeof same[0]; o++)
                check_step(same[o], t, t, a, b);
            for (unsigned o = 0; o < sizeof relations / sizeof relations[0]; o++)
                check_step(relations[o], t, IR_I8, a, b);
        }
        for (IrType to = t + 1; to <= IR_I64; to++)
            for (unsigned k = 0; k < INTEGERS; k++)
                check_step("sext", t, to, integers[k], 0);
    }
}

/* What is left out of a run (backend/interp/trim.c) shows in no state that anyone sees. */
static void check_trimmed(void)
{
    /* A value of a block with a higher number. */
    reset();
    X(0) = 0x1234;
    run_on("b0:\n jump b2\nb1:\n %4 = bitcast f64 %3\n %5 = bitcast i64 %4\n put x1, %5\n exit 0\n"
           "b2:\n %1 = get x0\n %2 = bitcast f64 %1\n %3 = bitcast i64 %2\n jump b1",
           0);
    EXPECT(X(1) == 0x1234, "a value of a later block: %llx", (unsigned long long)X(1));
    /* The first put is seen at the trap alone, the second get is the sum, not what was put first.
     */
    reset();
    X(0) = 5;
    InterpResult r = run_on("b0:\n insn 0x1000, 4\n put x1, 1\n insn 0x1004, 4\n %1 = get x0\n"
                            " %2 = add i64 %1, 2\n put x0, %2\n insn 0x1008, 4\n put x1, 7\n"
                            " %3 = get x0\n put x2, %3\n insn 0x100c, 4\n trap 4, 0",
                            0);
    EXPECT(r.end == INTERP_TRAP && state.pc == 0x100c && r.guest_insns == 4 && X(0) == 7 &&
               X(1) == 7 && X(2) == 7,
           "puts in front of a trap");
    /* A fault between two puts of a slot. */
    reset();
    r = run_on("b0:\n insn 0x1000, 4\n put x1, 1\n insn 0x1004, 4\n %1 = call check(13)\n"
               " put x1, 2\n exit 0",
               0);
    EXPECT(r.end == INTERP_FAULT && state.pc == 0x1004 && X(1) == 1, "a fault between puts");
}

/* Runs with x0 = 5 and x1 = 6; x7 points to `memory`. */
static InterpResult run_homes(const char *body)
{
    reset();
    X(0) = 5;
    X(1) = 6;
    return run_on(body, 0);
}

/* Values that are kept in guest state, and arguments that are looked through. */
static void check_homes(void)
{
    run_homes("b0:\n insn 0x1000, 4\n %1 = get x0\n %2 = add i64 %1, 1\n put x0, %2\n"
              " insn 0x1004, 4\n put x2, %1\n exit 0");
    EXPECT(X(0) == 6 && X(2) == 5, "what a slot held, behind a put to it");
    run_homes("b0:\n insn 0x1000, 4\n %1 = get x0\n %2 = get x1\n put x0, %2\n put x1, %1\n"
              " exit 0");
    EXPECT(X(0) == 6 && X(1) == 5, "two slots change places");
    run_homes("b0:\n insn 0x1000, 4\n %1 = get x0\n %2 = add i64 %1, 1\n %3 = add i64 %1, 2\n"
              " put x0, %2\n put x1, %3\n exit 0");
    EXPECT(X(0) == 6 && X(1) == 7, "a value that is used between the sum and its put");
    run_homes("b0:\n insn 0x1000, 4\n %1 = get x0\n %2 = add i64 %1, 1\n put x0, %2\n"
              " put x2, %2\n insn 0x1004, 4\n put x0, 9\n insn 0x1008, 4\n put x3, %2\n exit 0");
    EXPECT(X(0) == 9 && X(2) == 6 && X(3) == 6, "a value that outlives its slot");
    InterpResult r = run_homes("b0:\n insn 0x1000, 4\n %1 = get x0\n %2 = add i64 %1, 1\n"
                               " %3 = call check(13)\n put x0, %2\n exit 0");
    EXPECT(r.end == INTERP_FAULT && X(0) == 5, "a fault between a sum and its put");
    r = run_homes("b0:\n insn 0x1000, 4\n %1 = get x7\n %2 = add i64 %1, 1\n"
                  " %3 = load.aligned i64 [%2]\n put x0, %3\n exit 0");
    EXPECT(r.end == INTERP_TRAP && X(0) == 5, "a load that traps");
    run_homes("b0:\n %1 = get x0\n %2 = add i64 %1, 1\n put mem, %2\n call note(40)\n"
              " %3 = get mem\n put x0, %3\n put x1, %2\n exit 0");
    EXPECT(X(0) == 46 && X(1) == 6, "a slot that a helper changes");
    run_homes("b0:\n %1 = get x0\n %2 = vlow i64 %1\n put v0, %2\n %3 = get v0\n"
              " %4 = vadd i64 %3, %3\n put v0, %4\n put v1, %3\n exit 0");
    const uint64_t *v = (const uint64_t *)(const void *)test_guest(&state)->v;
    EXPECT(v[0] == 10 && v[1] == 0 && v[8] == 5 && v[9] == 0, "vectors");
    memory[8] = 0x17;
    run_homes("b0:\n insn 0x1000, 4\n %1 = get x7\n %2 = add i64 %1, 8\n %3 = load i8 [%2]\n"
              " %4 = zext i64 %3\n put x7, %2\n put x0, %4\n insn 0x1004, 4\n %5 = get x7\n"
              " %6 = add i64 %5, 0xfffffffffffffff8\n store i16 [%6], 0x1234\n exit 0");
    EXPECT(X(0) == 0x17 && X(7) == (uint64_t)(uintptr_t)memory + 8 && memory[0] == 0x34 &&
               memory[1] == 0x12,
           "displacements");
    reset();
    X(0) = 0x1234567800018001;
    run_on("b0:\n %1 = get x0\n %2 = trunc i16 %1\n %3 = zext i64 %2\n %4 = shl i64 %3, 1\n"
           " put x1, %4\n %5 = trunc i32 %1\n %6 = add i32 %5, 1\n %7 = zext i64 %6\n put x2, %7\n"
           " %8 = shr i32 %5, 4\n %9 = zext i64 %8\n put x3, %9\n %10 = sext i64 %2\n"
           " put x4, %10\n exit 0",
           0);
    EXPECT(X(1) == 0x10002 && X(2) == 0x18002 && X(3) == 0x1800 && X(4) == UINT64_C(-0x7fff),
           "truncations: %llx %llx %llx %llx", (unsigned long long)X(1), (unsigned long long)X(2),
           (unsigned long long)X(3), (unsigned long long)X(4));
}

static void check_fp(void)
{
    run("b0:\n %1 = bitcast f64 0x3ff0000000000000:i64\n %2 = bitcast f64 0x4008000000000000:i64\n"
        " %3 = fdiv f64 %1, %2\n %4 = bitcast i64 %3\n put x0, %4\n %5 = fpctlget\n put w0, %5\n"
        " exit 0");
    EXPECT(X(0) == 0x3fd5555555555555 && state.fpctl == 0x1fa0 &&
               test_guest(&state)->w[0] == 0x1fa0,
           "inexact division");
    run("b0:\n fpctlset 0x5f80\n %1 = bitcast f64 0x3ff0000000000000:i64\n"
        " %2 = bitcast f64 0x4008000000000000:i64\n"
        " %3 = fdiv f64 %1, %2\n %4 = bitcast i64 %3\n put x0, %4\n exit 0");
    EXPECT(X(0) == 0x3fd5555555555556, "rounding upwards");
    /* Division by zero unmasked: the run ends before the put. */
    reset();
    state.fpctl = 0x1f80 & ~0x200u;
    InterpResult r = run_on("b0:\n insn 0x1000, 4\n %1 = bitcast f64 0x3ff0000000000000:i64\n"
                            " %2 = bitcast f64 0:i64\n %3 = fdiv.traps f64 %1, %2\n"
                            " %4 = bitcast i64 %3\n put x0, %4\n exit 0",
                            0);
    EXPECT(r.end == INTERP_TRAP && r.trap == TRAP_FP && r.trap_arg == 4 && state.pc == 0x1000 &&
               X(0) == 0 && (state.fpctl & 63) == 4,
           "unmasked division by zero");
    reset();
    state.fpctl = 0x1f80 & ~0x80u;
    r = run_on("b0:\n insn 0x1000, 4\n %1 = bitcast f64 0x3ff0000000000000:i64\n"
               " %2 = bitcast f64 0:i64\n %3 = fdiv.traps f64 %1, %2\n"
               " %4 = bitcast i64 %3\n put x0, %4\n exit 0",
               0);
    EXPECT(r.end == INTERP_EXIT && X(0) == UINT64_C(0x7ff) << 52 && (state.fpctl & 63) == 4,
           "another exception unmasked");
}

int main(void)
{
    check_ends();
    check_values();
    check_steps();
    check_trimmed();
    check_homes();
    check_fp();
    arena_free(&arena);
    return failures != 0;
}
