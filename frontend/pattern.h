/* pattern.h: instructions described by rows of bits, for guests whose instructions have 16 or 32 of
 * them (`.decode` files; tools/patterns makes the tables and a decoder out of them).
 *
 * The decoder is generated; what is here reads the same rows as data: the text of an instruction,
 * and random instructions for tests.
 */
#ifndef DRAGOMAN_FRONTEND_PATTERN_H
#define DRAGOMAN_FRONTEND_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct PatternPiece { /* bits at .. at + length - 1 of the word are those from `low` on */
    uint8_t field, at, length, low;
    uint8_t add; /* to the field's value */
} PatternPiece;

typedef struct PatternRow {
    const char *name, *text, *extension;
    uint32_t mask, match;
    uint16_t first, count; /* pieces */
    uint8_t bytes;
    bool hole; /* no instruction */
    uint32_t attributes;
} PatternRow;

/* Text being made of an instruction at pc. */
typedef struct PatternText {
    char *out;
    size_t size, length;
    uint64_t pc;
} PatternText;

typedef struct PatternField {
    const char *name;
    bool is_signed;
    void (*print)(PatternText *out, int64_t value); /* NULL: a decimal number */
} PatternField;

typedef struct PatternPrinter {
    const char *name;
    void (*print)(PatternText *out, int64_t value);
} PatternPrinter;

typedef struct PatternSet {
    const PatternRow *rows;
    unsigned count;
    const PatternPiece *pieces;
    const PatternField *fields;
    unsigned nfields;
    const PatternPrinter *printers; /* those that texts name, as "%x(rd)"; the last has no name */
} PatternSet;

/* The value of a field in a word that matches the row; 0 if the row has no such field. */
int64_t pattern_field(const PatternSet *set, const PatternRow *row, uint32_t word, unsigned field);
/* The word with the field replaced by what fits of value. */
uint32_t pattern_set_field(const PatternSet *set, const PatternRow *row, uint32_t word,
                           unsigned field, int64_t value);
bool pattern_has_field(const PatternSet *set, const PatternRow *row, unsigned field);
/* The assembly text of a word that matches the row. */
void pattern_print(const PatternSet *set, const PatternRow *row, uint32_t word, uint64_t pc,
                   char *out, size_t size);
void pattern_text(PatternText *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
