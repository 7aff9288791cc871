/* pattern.c: see pattern.h. */
#include "frontend/pattern.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static uint32_t ones(unsigned n)
{
    return (uint32_t)(((uint64_t)1 << n) - 1);
}

bool pattern_has_field(const PatternSet *set, const PatternRow *row, unsigned field)
{
    for (unsigned i = 0; i < row->count; i++)
        if (set->pieces[row->first + i].field == field)
            return true;
    return false;
}

int64_t pattern_field(const PatternSet *set, const PatternRow *row, uint32_t word, unsigned field)
{
    uint64_t v = 0, add = 0;
    unsigned top = 0;
    for (unsigned i = 0; i < row->count; i++) {
        const PatternPiece *p = &set->pieces[row->first + i];
        if (p->field != field)
            continue;
        v |= (uint64_t)(word >> p->at & ones(p->length)) << p->low;
        add = p->add;
        if (p->low + p->length > (int)top)
            top = p->low + p->length;
    }
    if (top == 0 || !set->fields[field].is_signed)
        return (int64_t)(v + add);
    return (int64_t)(v << (64 - top)) >> (64 - top);
}

uint32_t pattern_set_field(const PatternSet *set, const PatternRow *row, uint32_t word,
                           unsigned field, int64_t value)
{
    for (unsigned i = 0; i < row->count; i++) {
        const PatternPiece *p = &set->pieces[row->first + i];
        if (p->field != field)
            continue;
        uint32_t part = (uint32_t)((uint64_t)(value - p->add) >> p->low) & ones(p->length);
        word = (word & ~(ones(p->length) << p->at)) | part << p->at;
    }
    return word;
}

void pattern_text(PatternText *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(t->out + t->length, t->size - t->length, format, args);
    va_end(args);
    if (n > 0)
        t->length += (size_t)n < t->size - t->length ? (size_t)n : t->size - t->length - 1;
}

/* The field whose name starts at s, its length in *n; -1 if there is none. */
static int named_field(const PatternSet *set, const char *s, size_t *n)
{
    *n = strspn(s, "abcdefghijklmnopqrstuvwxyz_0123456789");
    for (unsigned i = 0; i < set->nfields; i++)
        if (strlen(set->fields[i].name) == *n && !strncmp(set->fields[i].name, s, *n))
            return (int)i;
    return -1;
}

/* The printer whose name, of n characters, stands at s; NULL if there is none. */
static const PatternPrinter *named_printer(const PatternSet *set, const char *s, size_t n)
{
    for (const PatternPrinter *p = set->printers; p->name; p++)
        if (strlen(p->name) == n && !strncmp(p->name, s, n))
            return p;
    return NULL;
}

/* A field at s, behind a %: "rd", or with a printer "x(rd)". Returns its end; s: it is none. */
static const char *print_field(const PatternSet *set, const PatternRow *row, uint32_t word,
                               const char *s, PatternText *t)
{
    size_t n = 0;
    int field = named_field(set, s, &n);
    const char *end = s + n;
    const PatternPrinter *p = *end == '(' ? named_printer(set, s, n) : NULL;
    if (p) {
        field = named_field(set, end + 1, &n);
        end += 1 + n + 1;
    }
    void (*print)(PatternText * out, int64_t value) = p            ? p->print
                                                      : field >= 0 ? set->fields[field].print
                                                                   : NULL;
    if (field < 0)
        return s;
    int64_t v = pattern_field(set, row, word, (unsigned)field);
    if (print)
        print(t, v);
    else
        pattern_text(t, "%" PRId64, v);
    return end;
}

void pattern_print(const PatternSet *set, const PatternRow *row, uint32_t word, uint64_t pc,
                   char *out, size_t size)
{
    PatternText t = {.out = out, .size = size, .pc = pc};
    if (size)
        out[0] = 0;
    for (const char *s = row->text; *s && size;) {
        const char *end = *s == '%' ? print_field(set, row, word, s + 1, &t) : s + 1;
        if (*s != '%' || end == s + 1) {
            pattern_text(&t, "%c", *s);
            end = s + 1;
        }
        s = end;
    }
}
