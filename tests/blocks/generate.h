/* generate.h: random blocks. */
#ifndef TESTS_BLOCKS_GENERATE_H
#define TESTS_BLOCKS_GENERATE_H

#include "tests/blocks/flow.h"

/* The block of a seed, with its flags found. without: mnemonics to do without (and
 * then MXCSR is not written). */
void block_generate(Block *b, uint64_t seed, char **without, unsigned nwithout);

#endif
