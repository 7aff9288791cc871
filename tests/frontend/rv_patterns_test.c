/* rv_patterns_test.c: the generated decoder against the rows as data: random words of each row
 * decode to it, or to a row inside it; fields can be set and read back; there is a text for each.
 */
#include <stdio.h>
#include <string.h>

#include "frontend/riscv64/lift.h"

static unsigned failures;
#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #cond);                                      \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

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

static void check_word(unsigned n, uint32_t word)
{
    const PatternSet *set = &rv_patterns;
    const PatternRow *row = &set->rows[n];
    RvInsn in;
    char text[64];
    int got = rv_decode(&in, word);
    if (got < 0 || row->hole) {
        CHECK(got < 0 || inside(&set->rows[got], row));
        return;
    }
    CHECK((unsigned)got == n || inside(&set->rows[got], row));
    CHECK(in.length == set->rows[got].bytes && in.word == word);
    pattern_print(set, &set->rows[got], word, 0x1000, text, sizeof text);
    CHECK(text[0] && !strchr(text, '%'));
    for (unsigned f = 0; f < RV_FIELDS; f++) {
        if (!pattern_has_field(set, row, f))
            continue;
        int64_t v = pattern_field(set, row, word, f);
        CHECK(pattern_set_field(set, row, word, f, v) == word);
        uint32_t other = pattern_set_field(set, row, word, f, v + 1);
        CHECK((other & row->mask) == row->match);
    }
}

static void check_text(uint32_t word, unsigned length, const char *wanted)
{
    char text[64];
    CHECK(rv_disassemble(0x1000, (const uint8_t *)&word, 4, text, sizeof text) == length);
    CHECK(strcmp(text, wanted) == 0);
    if (strcmp(text, wanted) != 0)
        printf("%s, expected %s\n", text, wanted);
}

int main(void)
{
    for (unsigned n = 0; n < rv_patterns.count; n++) {
        const PatternRow *row = &rv_patterns.rows[n];
        for (unsigned i = 0; i < 500; i++)
            check_word(n, row->match | (rnd() & ~row->mask & (row->bytes == 2 ? 0xffff : ~0u)));
    }
    check_text(0x00a58533, 4, "add a0, a1, a0");
    check_text(0xfe0518e3, 4, "bne a0, zero, ff0");
    check_text(0xff010113, 4, "addi sp, sp, -16");
    check_text(0x02a7f553, 4, "fadd.d fa0, fa5, fa0, dyn");
    check_text(0x0ff0000f, 4, "fence iorw, iorw");
    check_text(0x1005a52f, 4, "lr.w a0, (a1)");
    check_text(0x4501, 2, "c.li a0, 0");
    check_text(0x8082, 2, "c.jr ra");
    check_text(0x0000, 2, "(bad)");
    printf("%u rows, %u failures\n", rv_patterns.count, failures);
    return failures != 0;
}
