/* x87_state.h: x87 state for the instruction test: an FXSAVE image (SDM vol. 1, table 10-2) that
 * the runner loads before a case and stores after it.
 */
#ifndef TESTS_INSN_X87_STATE_H
#define TESTS_INSN_X87_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "frontend/x86_64/fx_image.h"

/* Ten bytes of any class of number. */
void x87_random_number(uint64_t *rng_state, void *to);
/* Random registers, tags, TOP, CW, sticky flags; mostly with all exceptions masked, some unmasked,
 * few pending. calm: all masked. */
void x87_random_image(uint64_t *rng_state, FxImage *image, bool calm);
/* Instruction and operand pointers count only where an unmasked exception is pending: otherwise the
 * processor itself forgets them at any context switch. */
bool x87_pointers_count(const FxImage *image);
/* Makes TOP 0; the registers stay where they are. */
void x87_forget_top(FxImage *image);

#endif
