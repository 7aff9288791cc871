/* disasm.c: the text of AArch64 instructions, as the .decode files write them. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "frontend/aarch64/lift.h"

void a64_print_target(PatternText *out, int64_t offset)
{
    pattern_text(out, "%" PRIx64, out->pc + (uint64_t)offset);
}

unsigned a64_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size)
{
    uint32_t word;
    A64Insn in;
    if (n < sizeof word)
        return 0;
    memcpy(&word, bytes, sizeof word);
    int row = a64_decode(&in, word);
    if (row < 0)
        snprintf(out, size, "(bad)");
    else
        pattern_print(&a64_patterns, &a64_patterns.rows[row], word, pc, out, size);
    return sizeof word;
}
