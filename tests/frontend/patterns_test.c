/* patterns_test.c: the decoders made by tools/patterns against their rows as data, for each guest
 * that has some: random words of each row decode to it, or to a row inside it; fields can be set
 * and read back; there is a text for each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Attributes and fields have the guest's prefix, so both can be looked at. */
#include "frontend/aarch64/lift.h"
#include "frontend/riscv64/lift.h"
#include "tests/check.h"

typedef struct Decoded {
    int row;
    unsigned length;
    uint32_t word;
} Decoded;

typedef struct Sample {
    uint32_t word;
    unsigned length;
    const char *text;
} Sample;

typedef struct Guest {
    const char *name;
    const PatternSet *set;
    Decoded (*decode)(uint32_t word);
    unsigned (*disassemble)(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size);
    const Sample *samples; /* of instructions at 0x1000; ends with text NULL */
} Guest;

static Decoded decode_rv(uint32_t word)
{
    RvInsn in = {0};
    int row = rv_decode(&in, word);
    return (Decoded){row, in.length, in.word};
}

static Decoded decode_a64(uint32_t word)
{
    A64Insn in = {0};
    int row = a64_decode(&in, word);
    return (Decoded){row, in.length, in.word};
}

static const Sample rv_samples[] = {
    {0x00a58533, 4, "add a0, a1, a0"},
    {0xfe0518e3, 4, "bne a0, zero, ff0"},
    {0xff010113, 4, "addi sp, sp, -16"},
    {0x02a7f553, 4, "fadd.d fa0, fa5, fa0, dyn"},
    {0x0ff0000f, 4, "fence iorw, iorw"},
    {0x1005a52f, 4, "lr.w a0, (a1)"},
    {0x4501, 2, "c.li a0, 0"},
    {0x8082, 2, "c.jr ra"},
    {0x0000, 2, "(bad)"},
    {0, 0, NULL},
};

static const Sample a64_samples[] = {
    {0x14000004, 4, "b 1010"},
    {0xd503201f, 4, "nop"},
    {0x00000000, 4, "udf #0"},
    {0x8b2146df, 4, "add sp, x22, x1, uxtw #1"},
    {0x92401c41, 4, "and x1, x2, #0xff"},
    {0x926ef841, 4, "and x1, x2, #0xfffffffffffdffff"},
    {0x927ffc41, 4, "(bad)"},
    {0x1ac20c20, 4, "sdiv w0, w1, w2"},
    {0x54ffffee, 4, "b.al ffc"},
    {0x54fffffe, 4, "(bad)"},
    {0xd53be040, 4, "mrs x0, s3_3_c14_c0_2"},
    {0xd538a000, 4, "(bad)"},
    {0xf85f8c41, 4, "ldr x1, [x2, #-8]!"},
    {0xa9bf7bfd, 4, "stp x29, x30, [sp, #-16]!"},
    {0xb8e10043, 4, "ldaddal w1, w3, [x2]"},
    {0x00010000, 4, "(bad)"},
    {0, 0, NULL},
};

static const Guest guests[] = {
    {"riscv64", &rv_patterns, decode_rv, rv_disassemble, rv_samples},
    {"aarch64", &a64_patterns, decode_a64, a64_disassemble, a64_samples},
};

static uint32_t rnd(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 32);
}

static bool inside(const PatternRow *a, const PatternRow *b)
{
    return (a->mask & b->mask) == b->mask && (a->match & b->mask) == b->match;
}

static void check_fields(const PatternSet *set, const PatternRow *row, uint32_t word)
{
    for (unsigned f = 0; f < set->nfields; f++) {
        if (!pattern_has_field(set, row, f))
            continue;
        int64_t v = pattern_field(set, row, word, f);
        CHECK(pattern_set_field(set, row, word, f, v) == word);
        uint32_t other = pattern_set_field(set, row, word, f, v + 1);
        CHECK((other & row->mask) == row->match);
    }
}

static void check_word(const Guest *g, unsigned n, uint32_t word)
{
    const PatternSet *set = g->set;
    const PatternRow *row = &set->rows[n];
    char text[96];
    Decoded got = g->decode(word);
    if (got.row < 0 || row->hole) {
        CHECK(got.row < 0 || inside(&set->rows[got.row], row));
        return;
    }
    CHECK((unsigned)got.row == n || inside(&set->rows[got.row], row));
    CHECK(got.length == set->rows[got.row].bytes && got.word == word);
    pattern_print(set, &set->rows[got.row], word, 0x1000, text, sizeof text);
    CHECK(text[0] && !strchr(text, '%'));
    if (strchr(text, '%'))
        printf("%s %s: %s\n", g->name, set->rows[got.row].name, text);
    check_fields(set, row, word);
}

static void check_text(const Guest *g, const Sample *s)
{
    char text[96];
    unsigned n = g->disassemble(0x1000, (const uint8_t *)&s->word, 4, text, sizeof text);
    CHECK(n == s->length && strcmp(text, s->text) == 0);
    if (strcmp(text, s->text) != 0)
        printf("%s: %s, expected %s\n", g->name, text, s->text);
}

/* The argument: random words for each row. */
int main(int argc, char **argv)
{
    unsigned words = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 0) : 500;
    for (const Guest *g = guests; g < guests + sizeof guests / sizeof guests[0]; g++) {
        for (unsigned n = 0; n < g->set->count; n++) {
            const PatternRow *row = &g->set->rows[n];
            for (unsigned i = 0; i < words; i++)
                check_word(g, n,
                           row->match | (rnd() & ~row->mask & (row->bytes == 2 ? 0xffff : ~0u)));
        }
        for (const Sample *s = g->samples; s->text; s++)
            check_text(g, s);
        printf("%s: %u rows\n", g->name, g->set->count);
    }
    return check_report();
}
