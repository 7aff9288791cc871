/* disasm.c: the text of RISC-V instructions, as rv.decode writes them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frontend/riscv64/lift.h"

void rv_print_x(PatternText *out, int64_t reg)
{
    pattern_text(out, "%s", rv_slots.slots[RV_SLOT_X + (reg & 31)].name);
}

void rv_print_f(PatternText *out, int64_t reg)
{
    pattern_text(out, "%s", rv_slots.slots[RV_SLOT_F + (reg & 31)].name);
}

void rv_print_target(PatternText *out, int64_t offset)
{
    pattern_text(out, "%" PRIx64, out->pc + (uint64_t)offset);
}

void rv_print_hex(PatternText *out, int64_t v)
{
    pattern_text(out, "0x%" PRIx64, (uint64_t)v);
}

void rv_print_upper(PatternText *out, int64_t v)
{
    rv_print_hex(out, v);
}

void rv_print_rounding(PatternText *out, int64_t mode)
{
    static const char *const names[] = {"rne", "rtz", "rdn", "rup", "rmm", "?", "?", "dyn"};
    pattern_text(out, "%s", names[mode & 7]);
}

/* The sets of a fence, or the order of an atomic. */
void rv_print_order(PatternText *out, int64_t v)
{
    static const char letters[] = "iorw";
    for (unsigned i = 0; i < 4; i++)
        if (v >> (3 - i) & 1)
            pattern_text(out, "%c", letters[i]);
}

void rv_print_aqrl(PatternText *out, int64_t v)
{
    static const char *const names[] = {"", ".rl", ".aq", ".aqrl"};
    pattern_text(out, "%s", names[v & 3]);
}

unsigned rv_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size)
{
    uint32_t word = 0;
    unsigned length = n > 0 && (bytes[0] & 3) == 3 ? 4 : 2;
    RvInsn in;
    if (n < length)
        return 0;
    memcpy(&word, bytes, length);
    int row = rv_decode(&in, word);
    if (row < 0)
        snprintf(out, size, "(bad)");
    else
        pattern_print(&rv_patterns, &rv_patterns.rows[row], word, pc, out, size);
    return length;
}
