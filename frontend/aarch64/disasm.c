/* disasm.c: the text of AArch64 instructions, as the .decode files write them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frontend/aarch64/lift.h"

static void print_register(PatternText *out, int64_t number, const char *bank, const char *last)
{
    if (number == 31)
        pattern_text(out, "%s", last);
    else
        pattern_text(out, "%s%" PRId64, bank, number);
}

void a64_print_x(PatternText *out, int64_t number)
{
    print_register(out, number, "x", "xzr");
}

void a64_print_w(PatternText *out, int64_t number)
{
    print_register(out, number, "w", "wzr");
}

void a64_print_xsp(PatternText *out, int64_t number)
{
    print_register(out, number, "x", "sp");
}

void a64_print_wsp(PatternText *out, int64_t number)
{
    print_register(out, number, "w", "wsp");
}

void a64_print_target(PatternText *out, int64_t offset)
{
    pattern_text(out, "%" PRIx64, out->pc + (uint64_t)offset);
}

void a64_print_page(PatternText *out, int64_t pages)
{
    pattern_text(out, "%" PRIx64, (out->pc & ~(uint64_t)0xfff) + ((uint64_t)pages << 12));
}

void a64_print_addimm(PatternText *out, int64_t v)
{
    pattern_text(out, "#%" PRId64 "%s", v & 0xfff, v >> 12 ? ", lsl #12" : "");
}

static void print_mask(PatternText *out, int64_t bits, bool wide)
{
    pattern_text(out, "#0x%" PRIx64, a64_bitmask(&(A64Insn){.bits = (int32_t)bits, .wide = wide}));
}

void a64_print_maskx(PatternText *out, int64_t bits)
{
    print_mask(out, bits, true);
}

void a64_print_maskw(PatternText *out, int64_t bits)
{
    print_mask(out, bits, false);
}

void a64_print_halfword(PatternText *out, int64_t number)
{
    pattern_text(out, "#%" PRId64, 16 * number);
}

void a64_print_shift(PatternText *out, int64_t v)
{
    static const char names[][4] = {"lsl", "lsr", "asr", "ror"};
    pattern_text(out, "%s", names[v & 3]);
}

void a64_print_extend(PatternText *out, int64_t v)
{
    static const char names[][5] = {"uxtb", "uxth", "uxtw", "uxtx", "sxtb", "sxth", "sxtw", "sxtx"};
    pattern_text(out, "%s", names[v & 7]);
}

void a64_print_cond(PatternText *out, int64_t v)
{
    static const char names[][3] = {"eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc",
                                    "hi", "ls", "ge", "lt", "gt", "le", "al", "nv"};
    pattern_text(out, "%s", names[v & 15]);
}

void a64_print_barrier(PatternText *out, int64_t v)
{
    static const char names[][6] = {"", "oshld", "oshst", "osh", "", "nshld", "nshst", "nsh",
                                    "", "ishld", "ishst", "ish", "", "ld",    "st",    "sy"};
    if (names[v & 15][0])
        pattern_text(out, "%s", names[v & 15]);
    else
        pattern_text(out, "#%" PRId64, v);
}

/* Of an index register. */
void a64_print_index(PatternText *out, int64_t v)
{
    static const char names[][5] = {"uxtw", "lsl", "sxtw", "sxtx"};
    pattern_text(out, "%s", names[v & 3]);
}

void a64_print_acquire(PatternText *out, int64_t v)
{
    pattern_text(out, "%s", v ? "a" : "");
}

void a64_print_release(PatternText *out, int64_t v)
{
    pattern_text(out, "%s", v ? "l" : "");
}

void a64_print_sysreg(PatternText *out, int64_t v)
{
    pattern_text(out, "s%d_%d_c%d_c%d_%d", 2 + (int)(v >> 14 & 1), (int)(v >> 11 & 7),
                 (int)(v >> 7 & 15), (int)(v >> 3 & 15), (int)(v & 7));
}

unsigned a64_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size)
{
    uint32_t word;
    A64Insn in;
    if (n < sizeof word)
        return 0;
    memcpy(&word, bytes, sizeof word);
    int row = a64_decode(&in, word);
    if (row < 0 || !a64_exists(&in))
        snprintf(out, size, "(bad)");
    else
        pattern_print(&a64_patterns, &a64_patterns.rows[row], word, pc, out, size);
    return sizeof word;
}
