/* ir_support.h: a small guest for the tests of ir/: registers x0..x7, w0 w1, v0..v3, and two
 * memory-only slots; helpers of each kind. */
#ifndef DRAGOMAN_TESTS_IR_SUPPORT_H
#define DRAGOMAN_TESTS_IR_SUPPORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/backend.h"
#include "ir/passes.h"

typedef struct TestGuest {
    uint64_t x[8];
    uint32_t w[2];
    uint64_t mem;
    uint32_t memw, pad;
    uint64_t d[2];
    _Alignas(64) uint8_t v[4][64];
} TestGuest;

#define GUEST_AT(field) (STATE_GUEST_OFFSET + __builtin_offsetof(TestGuest, field))
static const SlotDesc test_slot_descs[] = {
    {"x0", GUEST_AT(x[0]), IR_I64, 0},  {"x1", GUEST_AT(x[1]), IR_I64, 0},
    {"x2", GUEST_AT(x[2]), IR_I64, 0},  {"x3", GUEST_AT(x[3]), IR_I64, 0},
    {"x4", GUEST_AT(x[4]), IR_I64, 0},  {"x5", GUEST_AT(x[5]), IR_I64, 0},
    {"x6", GUEST_AT(x[6]), IR_I64, 0},  {"x7", GUEST_AT(x[7]), IR_I64, 0},
    {"w0", GUEST_AT(w[0]), IR_I32, 0},  {"w1", GUEST_AT(w[1]), IR_I32, 0},
    {"mem", GUEST_AT(mem), IR_I64, 1},  {"memw", GUEST_AT(memw), IR_I32, 1},
    {"v0", GUEST_AT(v[0]), IR_V128, 0}, {"v1", GUEST_AT(v[1]), IR_V128, 0},
    {"v2", GUEST_AT(v[2]), IR_V128, 0}, {"v3", GUEST_AT(v[3]), IR_V128, 0},
    {"d0", GUEST_AT(d[0]), IR_F64, 0},  {"d1", GUEST_AT(d[1]), IR_F64, 0},
};
enum {
    SLOT_X = 0,
    SLOT_W = 8,
    SLOT_MEM = 10,
    SLOT_MEMW = 11,
    SLOT_V = 12,
    SLOT_D = 16,
    SLOT_COUNT = 18,
};
static const SlotTable test_slots = {
    .slots = test_slot_descs, .count = SLOT_COUNT, .guest = "test"};

static inline TestGuest *test_guest(CpuState *s)
{
    return (TestGuest *)s->guest;
}

/* mix: pure. tick: counts in slot mem and sets the poll word when it reaches memw. note: as tick,
 * but adds its argument. half: returns an i32. */
static uint64_t test_mix(uint64_t a, uint32_t b)
{
    return (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);
}
static void test_tick(CpuState *s)
{
    TestGuest *g = test_guest(s);
    if (++g->mem == g->memw)
        s->poll = 1;
}
static void test_note(CpuState *s, uint64_t a)
{
    test_guest(s)->mem += a;
}
static uint32_t test_half(uint64_t a)
{
    return (uint32_t)(a >> 32);
}
static uint64_t test_check(CpuState *s, uint64_t a)
{
    (void)s;
    return a == 13;
}

enum { HELP_MIX, HELP_TICK, HELP_NOTE, HELP_HALF, HELP_CHECK };
#define FN(f) ((void (*)(void))f)
static const HelperDesc test_helper_descs[] = {
    {"mix", FN(test_mix), IR_I64, 2, {IR_I64, IR_I32}, HELPER_PURE},
    {"tick", FN(test_tick), IR_VOID, 0, {0}, HELPER_STATE},
    {"note", FN(test_note), IR_VOID, 1, {IR_I64}, HELPER_STATE},
    {"half", FN(test_half), IR_I32, 1, {IR_I64}, HELPER_PURE},
    {"check", FN(test_check), IR_I64, 1, {IR_I64}, HELPER_STATE | HELPER_FAULT},
};
static const HelperTable test_helpers = {test_helper_descs, 5};

static int failures __attribute__((unused)); /* fuzzers expect nothing */
#define EXPECT(cond, ...)                                                                          \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            fprintf(stderr, "%s:%d: ", __FILE__, __LINE__);                                        \
            fprintf(stderr, __VA_ARGS__);                                                          \
            fputc('\n', stderr);                                                                   \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

/* The region's text, in memory from malloc. */
static inline char *text_of(const Region *r)
{
    char *buf = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&buf, &size);
    ir_print(r, f);
    fclose(f);
    return buf;
}

static inline Region *parse_or_die(Arena *a, const char *text)
{
    char err[256];
    Region *r = ir_parse(a, text, &test_slots, &test_helpers, err, sizeof err);
    if (r == NULL) {
        fprintf(stderr, "%s\nin:\n%s\n", err, text);
        exit(1);
    }
    return r;
}

#endif
