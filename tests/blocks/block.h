/* block.h: one block of instructions to compare on several engines, and its text.
 *
 * A block is a line of text: what a corpus keeps, what the fuzzer shrinks, what the runner (a guest
 * program) reads:
 *
 *     SEED POINTERS INDICES insn insn ... [:FLAGS]
 *
 *     5d21 1008 40 48d3e0 0fafc1 7500>4 f048014308#1 48ffc9#2:8d5
 *
 * SEED gives the operand values. POINTERS and INDICES are masks of registers: the first point into
 * memory, the second are small. An instruction is its bytes in hexadecimal, then
 *
 *     @N       the four bytes from byte N are an address that is to become relative to rip
 *     >N       its last byte (or four, if its length is more than four) leads to instruction N;
 *              with @: those bytes do
 *     #N       goes away together with others of that number when the block is made smaller
 *     :FLAGS   which flags are defined before it; the last word of the line: which are at the end
 *
 * The flags are found by `block-tool annotate` and do not stand in a corpus.
 */
#ifndef TESTS_BLOCKS_BLOCK_H
#define TESTS_BLOCKS_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCK_INSNS = 96, BLOCK_NOWHERE = 0xff };

typedef struct BlockInsn {
    uint8_t code[15];
    uint8_t length;
    uint8_t target;  /* instruction it leads to (the count: the end), or BLOCK_NOWHERE */
    uint8_t disp_at; /* of an address to make relative; 0: none */
    uint8_t group;   /* 0: none */
    uint16_t flags;  /* defined before it */
} BlockInsn;

typedef struct Block {
    uint32_t seed;
    uint16_t pointers, indices; /* masks of registers */
    uint16_t end_flags;         /* defined at the end */
    unsigned count;
    BlockInsn insn[BLOCK_INSNS];
} Block;

/* Where the runner maps things: all below 2 GiB, for absolute addresses, and above where the heap
 * of a static program may start (its end and 1 GiB). */
#define BLOCK_CODE   0x50000000u
#define BLOCK_STRIDE 2048u
#define BLOCK_DATA   0x60000000u /* unmapped below and above */
#define BLOCK_SIZE   0x4000u
#define BLOCK_SPOT   (BLOCK_DATA + BLOCK_SIZE / 2)
#define BLOCK_STACK  0x61000000u
#define BLOCK_GS     0x40u

/* False, if the line is no block. */
bool block_parse(Block *b, const char *line);
/* Writes the line without its end; with_flags: annotated. */
void block_print(const Block *b, bool with_flags, char *out, size_t size);
/* The block's bytes as they stand at address `at`; returns how many (at most BLOCK_STRIDE - 32). */
unsigned block_assemble(const Block *b, uint64_t at, uint8_t *out);

#endif
