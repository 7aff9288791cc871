/* flow.h: which flags are defined where in a block, after the decoder's table. */
#ifndef TESTS_BLOCKS_FLOW_H
#define TESTS_BLOCKS_FLOW_H

#include "frontend/x86_64/decode.h"
#include "tests/blocks/block.h"

/* Fills the block's flags. Returns the first instruction that tests a flag that is undefined by
 * then, whose effect no two processors need agree on, or that does not decode; -1: there is none.
 */
int flow_annotate(Block *b);

/* Removes instruction i and those of its group; what led to them leads behind them. */
void block_remove(Block *b, unsigned i);

/* Decodes instruction i of the block. */
bool flow_decode(const Block *b, unsigned i, X86Insn *out);

#endif
