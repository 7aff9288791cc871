/* generate.c: generate FILE N SEED [ROW...]: N random cases for each row of the guest's patterns,
 * or for those named alone. generate --rows lists the rows' numbers, names and extensions, one a
 * line. generate --show FILE NUMBER shows a case's instructions.
 */
#include "tests/rows/generate.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 2000 };

static uint64_t random_state;

uint32_t rnd(uint32_t n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random_state >> 33) % n;
}

bool row_has(const PatternRow *row, unsigned field)
{
    return pattern_has_field(case_guest.patterns, row, field);
}

int64_t row_get(const PatternRow *row, uint32_t word, unsigned field)
{
    return pattern_field(case_guest.patterns, row, word, field);
}

uint32_t row_set(const PatternRow *row, uint32_t word, unsigned field, int64_t v)
{
    return pattern_set_field(case_guest.patterns, row, word, field, v);
}

bool row_is(const PatternRow *row, const char *start)
{
    return strncmp(row->name, start, strlen(start)) == 0;
}

static bool is_tested(const PatternRow *row)
{
    return !row->hole && case_guest.is_tested(row);
}

uint32_t draw(unsigned number)
{
    const PatternRow *row = &case_guest.patterns->rows[number];
    for (unsigned i = 0; i < TRIES; i++) {
        uint32_t word = row->match | ((rnd(65536) << 16 | rnd(65536)) & ~row->mask);
        word = case_guest.adjust(row, row->bytes == 2 ? word & 0xffff : word);
        if (word && case_guest.decode(word) == (int)number)
            return word;
    }
    return 0;
}

uint32_t draw_plain(uint32_t attributes)
{
    for (;;) {
        unsigned n = rnd(case_guest.patterns->count);
        const PatternRow *row = &case_guest.patterns->rows[n];
        uint32_t word = is_tested(row) && !(row->attributes & ~attributes) ? draw(n) : 0;
        if (word)
            return word;
    }
}

void put_code(Case *c, unsigned *at, uint32_t word, unsigned bytes)
{
    memcpy((uint8_t *)c->code + *at, &word, bytes);
    *at += bytes;
}

static void list_rows(void)
{
    for (unsigned i = 0; i < case_guest.patterns->count; i++) {
        const PatternRow *row = &case_guest.patterns->rows[i];
        if (is_tested(row))
            printf("%u %s %s\n", i, row->name, row->extension);
    }
}

static int show(const char *file, unsigned number)
{
    Case c;
    FILE *f = fopen(file, "rb");
    long at = (long)(sizeof(CaseFile) + number * sizeof c);
    if (!f || fseek(f, at, SEEK_SET) || fread(&c, sizeof c, 1, f) != 1)
        return 1;
    for (unsigned i = 0, n = 1; n && i < sizeof c.code; i += n) {
        char text[96];
        const uint8_t *bytes = (const uint8_t *)c.code + i;
        uint32_t word = 0;
        n = case_guest.disassemble(i, bytes, sizeof c.code - i, text, sizeof text);
        memcpy(&word, bytes, n);
        if (!word)
            break;
        printf("%4x: %0*x  %s\n", i, 2 * (int)n, word, text);
    }
    return fclose(f) != 0;
}

static bool is_wanted(unsigned i, char **names, int n)
{
    const PatternRow *row = &case_guest.patterns->rows[i];
    for (int k = 0; k < n; k++)
        if (!strcmp(names[k], row->name))
            return is_tested(row);
    return n == 0 && is_tested(row);
}

static bool write_row(FILE *f, unsigned i, unsigned each)
{
    const PatternRow *row = &case_guest.patterns->rows[i];
    for (unsigned n = 0; n < each; n++) {
        uint32_t word = draw(i);
        Case c = {.row = i, .seed = rnd(1u << 31), .index = CASE_NO_REGISTER};
        if (!word) {
            fprintf(stderr, "%s: no word of it can be tested\n", row->name);
            return false;
        }
        case_guest.make(&c, row, word, (uint32_t)ftell(f) + (uint32_t)offsetof(Case, code));
        if (fwrite(&c, sizeof c, 1, f) != 1)
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    if (argc == 2 && !strcmp(argv[1], "--rows")) {
        list_rows();
        return 0;
    }
    if (argc == 4 && !strcmp(argv[1], "--show"))
        return show(argv[2], (unsigned)atoi(argv[3]));
    if (argc < 4)
        return 2;
    unsigned each = (unsigned)atoi(argv[2]);
    random_state = strtoull(argv[3], NULL, 0);
    FILE *f = fopen(argv[1], "wb");
    CaseFile head = {.magic = CASE_MAGIC};
    for (unsigned i = 0; i < case_guest.patterns->count; i++)
        head.count += is_wanted(i, argv + 4, argc - 4) ? each : 0;
    if (f == NULL || fwrite(&head, sizeof head, 1, f) != 1)
        return 1;
    for (unsigned i = 0; i < case_guest.patterns->count; i++)
        if (is_wanted(i, argv + 4, argc - 4) && !write_row(f, i, each))
            return 1;
    return fclose(f) != 0;
}
