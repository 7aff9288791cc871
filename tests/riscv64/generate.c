/* generate.c: generate FILE N SEED: N random cases for each row of rv.decode (case.h).
 * generate --rows lists the rows' names, one a line, and of which extension they are. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/riscv64/lift.h"
#include "tests/riscv64/case.h"

enum { GP = 3, TP = 4, MAX_BEFORE = 3 };

static uint64_t random_state;

static uint32_t rnd(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % n;
}

static bool has(const PatternRow *row, unsigned field)
{
    return pattern_has_field(&rv_patterns, row, field);
}

static int64_t get(const PatternRow *row, uint32_t word, unsigned field)
{
    return pattern_field(&rv_patterns, row, word, field);
}

static uint32_t set(const PatternRow *row, uint32_t word, unsigned field, int64_t v)
{
    return pattern_set_field(&rv_patterns, row, word, field, v);
}

static bool is_named(const PatternRow *row, const char *start)
{
    return strncmp(row->name, start, strlen(start)) == 0;
}

/* The register an instruction writes; -1: none. */
static int written(const PatternRow *row, uint32_t word, const RvInsn *in)
{
    if (has(row, RV_FIELD_RD))
        return (int)get(row, word, RV_FIELD_RD);
    if (is_named(row, "c.addi16sp"))
        return RV_SP;
    if (is_named(row, "c.jalr"))
        return RV_RA;
    (void)in;
    return -1;
}

/* A random word of the row, or 0 where the numbers drawn make another row's, or use what the runner
 * keeps for itself. */
static uint32_t draw(unsigned number)
{
    const PatternRow *row = &rv_patterns.rows[number];
    uint32_t word = row->match | ((rnd(65536) << 16 | rnd(65536)) & ~row->mask);
    RvInsn in;
    if (row->bytes == 2)
        word &= 0xffff;
    if (has(row, RV_FIELD_CSR)) {
        static const uint16_t csrs[] = {1, 2, 3, 1, 2, 3, 0x300, 0x7b0};
        word = set(row, word, RV_FIELD_CSR, csrs[rnd(8)]);
    }
    if (has(row, RV_FIELD_RM) && rnd(2))
        word = set(row, word, RV_FIELD_RM, 7);
    if (rnd(8) == 0 && has(row, RV_FIELD_RS1) && has(row, RV_FIELD_RS2))
        word = set(row, word, RV_FIELD_RS2, get(row, word, RV_FIELD_RS1));
    if (rnd(8) == 0 && has(row, RV_FIELD_FS1) && has(row, RV_FIELD_FS2))
        word = set(row, word, RV_FIELD_FS2, get(row, word, RV_FIELD_FS1));
    if (rv_decode(&in, word) != (int)number)
        return 0;
    int rd = written(row, word, &in);
    bool address = row->attributes & (RV_A_MEM | RV_A_END) && (in.rs1 == GP || in.rs1 == TP);
    address |=
        is_named(row, "sc.") && in.rs1 == RV_ZERO; /* without a reservation, may fault or not */
    return rd == GP || rd == TP || address ? 0 : word;
}

static uint32_t draw_until(unsigned number)
{
    uint32_t word = 0;
    for (unsigned i = 0; word == 0 && i < 1000; i++)
        word = draw(number);
    return word;
}

static bool is_tested(const PatternRow *row)
{
    return !row->hole && !is_named(row, "ecall");
}

static void put_code(Case *c, unsigned *at, uint32_t word, unsigned bytes)
{
    memcpy((uint8_t *)c->code + *at, &word, bytes);
    *at += bytes;
}

/* Offsets of jumps lead over an instruction that shows whether it was run: addi t6, t6, 1. */
enum { MARK = 0x001f8f93, SKIP = 4 };

static uint32_t aim(const PatternRow *row, uint32_t word)
{
    return has(row, RV_FIELD_OFF) ? set(row, word, RV_FIELD_OFF, row->bytes + SKIP) : word;
}

/* The register that the last instruction takes an address from, and what it adds. */
static void choose_base(Case *c, const PatternRow *row, const RvInsn *in, unsigned at)
{
    bool code = row->attributes & RV_A_END && (is_named(row, "jalr") || is_named(row, "c.j"));
    if (!code && !(row->attributes & RV_A_MEM))
        return;
    int32_t added = row->attributes & RV_A_ATOMIC ? 0 : in->imm;
    c->base = (uint8_t)in->rs1;
    c->base_kind = code ? BASE_CODE : BASE_DATA;
    c->delta = code ? (int32_t)(at + row->bytes + SKIP) - added : (int32_t)rnd(256) - added;
    if (row->attributes & RV_A_ATOMIC)
        c->delta &= ~7; /* qemu-user ends at misaligned ones */
}

/* Instructions before the last: anything on registers that leaves the base alone. */
static uint32_t draw_before(const Case *c)
{
    for (;;) {
        unsigned n = rnd(rv_patterns.count);
        const PatternRow *row = &rv_patterns.rows[n];
        if (!is_tested(row) || row->attributes & ~(uint32_t)RV_A_CSR)
            continue;
        uint32_t word = draw(n);
        RvInsn in;
        if (!word || has(row, RV_FIELD_CSR))
            continue;
        rv_decode(&in, word);
        if (written(row, word, &in) != c->base || !c->base_kind)
            return word;
    }
}

static Case make(unsigned number)
{
    const PatternRow *row = &rv_patterns.rows[number];
    Case c = {.row = number, .seed = rnd(1u << 31)};
    RvInsn in;
    unsigned at = 0, before = rnd(3) ? 0 : 1 + rnd(MAX_BEFORE);
    uint32_t word = aim(row, draw_until(number)), extra[MAX_BEFORE];
    rv_decode(&in, word);
    c.fcsr = (uint16_t)(rnd(32) | (rnd(16) ? rnd(5) : rnd(8)) << 5);
    choose_base(&c, row, &in, 0);
    for (unsigned i = 0; i < before; i++) {
        extra[i] = draw_before(&c);
        put_code(&c, &at, extra[i], (extra[i] & 3) == 3 ? 4 : 2);
    }
    if (is_named(row, "sc.") && rnd(2)) { /* an LR of the same size and place first */
        uint32_t lr = 0x1000202f | (word & 0x7000) | (word & 0xf8000) | 5 << 7;
        put_code(&c, &at, in.rs1 == 5 ? 0x13 : lr, 4);
    }
    if (c.base_kind == BASE_CODE)
        c.delta += (int32_t)at;
    put_code(&c, &at, word, row->bytes);
    put_code(&c, &at, MARK, 4);
    put_code(&c, &at, 0x20823183, 4); /* ld gp, 520(tp) */
    c.code[at / 4] = at % 4 ? c.code[at / 4] | 0x8067u << 16 : c.code[at / 4];
    put_code(&c, &at, 0x00018067, 4); /* jr gp */
    return c;
}

static void list_rows(void)
{
    for (unsigned i = 0; i < rv_patterns.count; i++)
        if (is_tested(&rv_patterns.rows[i]))
            printf("%u %s %s\n", i, rv_patterns.rows[i].name, rv_patterns.rows[i].extension);
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--rows")) {
        list_rows();
        return 0;
    }
    if (argc != 4)
        return 2;
    uint32_t each = (uint32_t)atoi(argv[2]);
    random_state = strtoull(argv[3], NULL, 0);
    FILE *f = fopen(argv[1], "wb");
    CaseFile head = {.magic = CASE_MAGIC};
    for (unsigned i = 0; i < rv_patterns.count; i++)
        head.count += is_tested(&rv_patterns.rows[i]) ? each : 0;
    if (f == NULL || fwrite(&head, sizeof head, 1, f) != 1)
        return 1;
    for (unsigned i = 0; i < rv_patterns.count; i++) {
        for (unsigned n = 0; is_tested(&rv_patterns.rows[i]) && n < each; n++) {
            Case c = make(i);
            if (fwrite(&c, sizeof c, 1, f) != 1)
                return 1;
        }
    }
    return fclose(f) != 0;
}
