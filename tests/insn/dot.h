/* dot.h: what processors differ in about DPPS and DPPD (exceptions.def): which of several NaNs a
 * lane of the sum becomes. The manual promises one of them.
 */
#ifndef TESTS_INSN_DOT_H
#define TESTS_INSN_DOT_H

#include <stdbool.h>

/* Whether there is a choice: an operand is a NaN, and the products are not finite in two lanes or
 * more. lane: bytes, 4 or 8. */
bool dot_has_choice(const void *a, const void *b, unsigned imm, unsigned lane);
/* Makes all NaNs of the sum the same. */
void dot_forget_nans(void *sum, unsigned lane);

#endif
