/* encode.h: random encodings of the decoder's rows, for the instruction test (generate.c) and the
 * block fuzzer (tests/blocks).
 *
 * What may follow an encoding is random too: the decoder says how long it is.
 */
#ifndef TESTS_INSN_ENCODE_H
#define TESTS_INSN_ENCODE_H

#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/state.h"

typedef struct InsnWriter InsnWriter;
struct InsnWriter {
    uint8_t *out; /* room for 40 bytes */
    unsigned n;
    uint64_t *seed;
    unsigned disp_at; /* of a displacement to an absolute or relative spot; 0: none */
    bool relative;
    bool void_prefixes; /* prefixes that change nothing too */
    unsigned rex_at;    /* of the REX prefix, plus 1; 0: none */
    /* Writes ModRM, SIB and displacement of a memory operand; NULL: any form. */
    void (*memory)(InsnWriter *w, unsigned reg);
    void *arg; /* of memory() */
};

unsigned insn_random(uint64_t *seed, unsigned below);

/* exceptions.def: flags of the row that are not compared, F_D if it is left out whole. */
unsigned insn_excepted_flags(const X86Row *row);
/* Instructions that go somewhere: whoever runs them must have a place for them to go to. */
bool insn_is_branch(const X86Row *row);
/* x87 instructions: for those who load and compare the x87's state. */
bool insn_is_x87(const X86Row *row);
/* All others that can be run. */
bool insn_testable(const X86Row *row);

/* What processors of different makers do differently (exceptions.def): not to be generated. */
bool insn_makers_differ(const X86Insn *in);

void insn_put(InsnWriter *w, unsigned byte);
/* Mostly bytes at the edges of ranges. */
void insn_put_random(InsnWriter *w, unsigned bytes);
void insn_encode(InsnWriter *w, const X86Row *row);
/* Makes an encoding of the row one that is undefined or too long, or returns false. */
bool insn_spoil(uint64_t *seed, const X86Row *row, uint8_t bytes[15]);

#endif
