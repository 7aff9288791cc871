/* lift_test.c: every row and random byte streams are lifted; the IR must be well formed before and
 * after the passes. `lift_test HEX...` prints the IR of one stream instead, for people. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/guest.h"
#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/state.h"
#include "ir/passes.h"

enum { STREAM = 64, BASE = 0x401000 };

static uint64_t seed = 88172645463325252;
static unsigned failures, regions, instructions;

static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * 0x9e3779b97f4a7c15 >> 16;
}

typedef struct Stream {
    uint8_t bytes[STREAM];
    unsigned n;
} Stream;

static uint32_t fetch(void *arg, uint64_t addr, uint8_t *buf, uint32_t n)
{
    const Stream *s = arg;
    if (addr < BASE || addr >= BASE + s->n)
        return 0;
    uint32_t left = (uint32_t)(BASE + s->n - addr);
    n = n < left ? n : left;
    memcpy(buf, s->bytes + (addr - BASE), n);
    return n;
}

static void complain(const Stream *s, const Region *r, const char *when, const char *err)
{
    if (++failures > 5)
        return;
    printf("%s: %s\n", when, err);
    for (unsigned i = 0; i < s->n; i++)
        printf("%02x ", s->bytes[i]);
    printf("\n");
    ir_print(r, stdout);
}

static void lift(Stream *s, uint32_t mode, uint32_t max, bool print)
{
    Arena arena = {0};
    char err[512];
    LiftResult out = {0};
    LiftRequest rq = {.pc = BASE,
                      .mode = mode,
                      .max_insns = max,
                      .count_blocks = rnd() & 1,
                      .poll = rnd() & 1,
                      .fetch = fetch,
                      .fetch_arg = s,
                      .arena = &arena};
    guest_x86_64.lift(&rq, &out);
    regions++;
    instructions += out.guest_insns;
    if (print)
        ir_print(out.region, stdout);
    if (!ir_verify(out.region, err, sizeof err))
        complain(s, out.region, "lifted", err);
    if (out.nranges == 0 || out.ranges[0].start != BASE || out.ranges[0].end <= BASE)
        complain(s, out.region, "ranges", "wrong");
    PassContext ctx = {.dead_slots_at = guest_x86_64.dead_slots_at, .arg = &rq, .verify = true};
    ir_optimise(out.region, &ctx);
    if (print)
        ir_print(out.region, stdout);
    if (!ir_verify(out.region, err, sizeof err))
        complain(s, out.region, "optimised", err);
    arena_free(&arena);
}

/* The row's opcode with random operands, then ret. */
static void row_stream(const X86Row *row, Stream *s)
{
    unsigned n = 0, modrm = (unsigned)rnd() & 0xff;
    unsigned span = row->attr & A_SPAN16 ? 16 : row->attr & A_SPAN8 ? 8 : 1;
    for (unsigned i = 0; i < STREAM; i++)
        s->bytes[i] = rnd() % 3 ? (uint8_t)rnd() : 0xc3;
    if ((row->attr & A_LOCK) && rnd() % 3 == 0)
        s->bytes[n++] = 0xf0;
    if ((row->attr & A_REP) && rnd() % 2 == 0)
        s->bytes[n++] = rnd() & 1 ? 0xf3 : 0xf2;
    if (rnd() % 6 == 0)
        s->bytes[n++] = 0x67;
    if (row->prefix > X86_P_NP)
        s->bytes[n++] = row->prefix == X86_P_66 ? 0x66 : row->prefix == X86_P_F3 ? 0xf3 : 0xf2;
    else if (row->prefix != X86_P_NP && rnd() % 4 == 0)
        s->bytes[n++] = 0x66;
    if (rnd() & 1)
        s->bytes[n++] = (uint8_t)(0x40 | rnd() % 16);
    if (row->map != X86_MAP_00)
        s->bytes[n++] = 0x0f;
    s->bytes[n++] = (uint8_t)(row->opcode + rnd() % span);
    if (row->modrm & X86_MR_EXACT)
        modrm = row->modrm & X86_MR_VALUE;
    else if (row->modrm & X86_MR_DIGIT)
        modrm = (modrm & 0xc7) | (unsigned)(row->modrm & 7) << 3;
    if (row->modrm & X86_MR_HAS)
        s->bytes[n++] = (uint8_t)modrm;
}

static Stream parse_hex(int argc, char **argv)
{
    Stream s = {0};
    for (int i = 1; i < argc; i++)
        for (const char *p = argv[i]; p[0] && p[1] && s.n < STREAM; p += 2) {
            char byte[3] = {p[0], p[1], 0};
            s.bytes[s.n++] = (uint8_t)strtoul(byte, NULL, 16);
        }
    return s;
}

int main(int argc, char **argv)
{
    Stream s = {.n = STREAM};
    if (argc > 1) {
        s = parse_hex(argc, argv);
        lift(&s, X86_MODE_64, 0, true);
        return failures != 0;
    }
    for (unsigned r = 0; r < x86_row_count; r++)
        for (unsigned k = 0; k < 12; k++) {
            row_stream(&x86_rows[r], &s);
            s.n = (unsigned)(rnd() % STREAM) + 1;
            lift(&s, rnd() % 4 ? X86_MODE_64 : X86_MODE_FPTRAP, k & 1 ? 1 : 0, false);
        }
    for (unsigned k = 0; k < 8000; k++) {
        for (unsigned i = 0; i < STREAM; i++)
            s.bytes[i] = (uint8_t)rnd();
        s.n = STREAM;
        lift(&s, rnd() % 16 ? X86_MODE_64 : X86_MODE_32, 0, false);
    }
    printf("%u regions, %u instructions, %u failures\n", regions, instructions, failures);
    return failures != 0;
}
