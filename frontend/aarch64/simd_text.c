/* simd_text.c: how the fields of vector instructions are printed (%print in simd.decode). */
#include "frontend/aarch64/lift.h"

void a64_print_arrangement(PatternText *out, int64_t t)
{
    static const char *const names[] = {"8b", "16b", "4h", "8h", "2s", "4s", "1d", "2d"};
    pattern_text(out, "%s", names[t & 7]);
}

/* Of lanes twice as wide. */
void a64_print_wide(PatternText *out, int64_t t)
{
    static const char *const names[] = {"8h", "4s", "2d", "1q"};
    pattern_text(out, "%s", names[t >> 1 & 3]);
}

void a64_print_bytes(PatternText *out, int64_t q)
{
    pattern_text(out, "%s", q ? "16b" : "8b");
}

void a64_print_halfwords(PatternText *out, int64_t q)
{
    pattern_text(out, "%s", q ? "8h" : "4h");
}

void a64_print_words(PatternText *out, int64_t q)
{
    pattern_text(out, "%s", q ? "4s" : "2s");
}

/* The shifts of immediates, by bytes. */
void a64_print_letter(PatternText *out, int64_t e)
{
    pattern_text(out, "%c", "bhsd"[e & 3]);
}

void a64_print_wider(PatternText *out, int64_t e)
{
    pattern_text(out, "%c", "hsdq"[e & 3]);
}

void a64_print_lsl(PatternText *out, int64_t bytes)
{
    if (bytes)
        pattern_text(out, ", lsl %d", (int)bytes * 8);
}

void a64_print_msl(PatternText *out, int64_t bytes)
{
    pattern_text(out, ", msl %d", (int)bytes * 8 + 8);
}

/* Right shifts, whose encodings count down from the width. */
void a64_print_right8(PatternText *out, int64_t v)
{
    pattern_text(out, "%d", 8 - (int)v);
}

void a64_print_right16(PatternText *out, int64_t v)
{
    pattern_text(out, "%d", 16 - (int)v);
}

void a64_print_right32(PatternText *out, int64_t v)
{
    pattern_text(out, "%d", 32 - (int)v);
}

void a64_print_right64(PatternText *out, int64_t v)
{
    pattern_text(out, "%d", 64 - (int)v);
}
