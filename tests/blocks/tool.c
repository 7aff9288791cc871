/* tool.c: makes and handles blocks (block.h).
 *
 *     block-tool generate SEED COUNT [MNEMONIC...]   random blocks, annotated, without these
 *     block-tool annotate               reads blocks, writes them with flags; those that would test
 *                                       an undefined flag become empty lines
 *     block-tool shrink                 reads one block, writes all that are smaller by one step
 *     block-tool assembly               reads blocks, writes their assembly
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/x86_64/lifter.h"
#include "tests/blocks/generate.h"

static char line[16384];

static bool read_block(Block *b)
{
    do {
        if (!fgets(line, sizeof line, stdin))
            return false;
    } while (line[0] == '#' || line[0] == '\n');
    if (!block_parse(b, line)) {
        fprintf(stderr, "block-tool: not a block: %s", line);
        exit(1);
    }
    return true;
}

static void write_block(const Block *b, bool with_flags)
{
    block_print(b, with_flags, line, sizeof line);
    puts(line);
}

static void generate(uint64_t seed, uint64_t count, char **without, unsigned nwithout)
{
    for (uint64_t i = 0; i < count; i++) {
        Block b;
        block_generate(&b, seed + i, without, nwithout);
        write_block(&b, true);
    }
}

static void annotate(void)
{
    for (Block b; read_block(&b);) {
        if (flow_annotate(&b) < 0)
            write_block(&b, true);
        else
            puts("");
    }
}

/* Without a stretch of 16, 8, .. 1 instructions, wherever it begins. */
static void shrink(void)
{
    Block b;
    if (!read_block(&b))
        return;
    for (unsigned size = 32; size != 0; size /= 2) {
        for (unsigned at = 0; at + size <= b.count; at += size) {
            Block small = b;
            for (unsigned i = 0; i < size && at < small.count; i++)
                block_remove(&small, at);
            for (int i; (i = flow_annotate(&small)) >= 0;)
                block_remove(&small, (unsigned)i);
            if (small.count < b.count && small.count > 0)
                write_block(&small, true);
        }
    }
}

static void assembly(void)
{
    for (Block b; read_block(&b);) {
        uint8_t code[BLOCK_STRIDE];
        char text[128];
        unsigned at = 0, n = block_assemble(&b, BLOCK_CODE, code);
        for (unsigned i = 0; i < b.count; i++) {
            x86_disassemble(BLOCK_CODE + at, code + at, n - at, text, sizeof text);
            printf("    # %2u +%02x  %s", i, at, text);
            if (b.insn[i].target != BLOCK_NOWHERE)
                printf("  -> %u", b.insn[i].target);
            puts("");
            at += b.insn[i].length;
        }
    }
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "generate") == 0 && argc >= 4)
        generate(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0), argv + 4,
                 (unsigned)argc - 4);
    else if (strcmp(what, "annotate") == 0)
        annotate();
    else if (strcmp(what, "shrink") == 0)
        shrink();
    else if (strcmp(what, "assembly") == 0)
        assembly();
    else
        return fputs("usage: block-tool generate SEED COUNT [MNEMONIC...] | annotate | shrink | "
                     "assembly\n",
                     stderr),
               2;
    return 0;
}
