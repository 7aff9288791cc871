/* generate.h: what generators of random instructions (case.h) share, and what a guest's brings. */
#ifndef DRAGOMAN_TESTS_ROWS_GENERATE_H
#define DRAGOMAN_TESTS_ROWS_GENERATE_H

#include "frontend/pattern.h"
#include "tests/rows/case.h"

typedef struct CaseGuest {
    const PatternSet *patterns;
    /* The row of a word; -1: none. */
    int (*decode)(uint32_t word);
    /* Whether the row is one to test at all; holes are not. */
    bool (*is_tested)(const PatternRow *row);
    /* Changes a random word of the row to one that is worth a test; 0: this one is not. */
    uint32_t (*adjust)(const PatternRow *row, uint32_t word);
    /* The case of a word: code, base, control. What it starts with is a row and a seed; its code
     * will stand at an offset of the file. */
    void (*make)(Case *c, const PatternRow *row, uint32_t word, uint32_t file_offset);
    unsigned (*disassemble)(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size);
} CaseGuest;

extern const CaseGuest case_guest;

uint32_t rnd(uint32_t n); /* 0 .. n - 1 */
bool row_has(const PatternRow *row, unsigned field);
int64_t row_get(const PatternRow *row, uint32_t word, unsigned field);
uint32_t row_set(const PatternRow *row, uint32_t word, unsigned field, int64_t v);
bool row_is(const PatternRow *row, const char *start); /* of its name */

/* A random word of the row, after adjust(); 0: none was found. */
uint32_t draw(unsigned row);
/* A random word of a random row that is tested and has no attributes but these. */
uint32_t draw_plain(uint32_t attributes);
void put_code(Case *c, unsigned *at, uint32_t word, unsigned bytes);

#endif
