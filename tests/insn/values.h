/* values.h: random operands for the guest programs that test instructions. */
#ifndef TESTS_INSN_VALUES_H
#define TESTS_INSN_VALUES_H

#include <stdint.h>

uint64_t rng(uint64_t *state);
/* Often an edge of some width, or small. */
uint64_t random_int(uint64_t *state);
/* Fills 8-byte words with integers (how = 0), doubles (1) or floats (2): one kind for a whole set,
 * so that both operands of an instruction are numbers of one type. */
void random_vectors(uint64_t *state, void *to, unsigned words, unsigned how);

/* Hashes of results: h with one more word, with `bytes` (a multiple of 8) more. */
uint64_t hash_word(uint64_t h, uint64_t v);
uint64_t hash_words(uint64_t h, const void *p, unsigned bytes);

#endif
