/* generate.h: random blocks. */
#ifndef TESTS_BLOCKS_GENERATE_H
#define TESTS_BLOCKS_GENERATE_H

#include "tests/blocks/flow.h"

/* The block of a seed, with its flags found. without: a mnemonic to do without, or NULL. */
void block_generate(Block *b, uint64_t seed, const char *without);

#endif
