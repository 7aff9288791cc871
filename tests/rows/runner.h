/* runner.h: a program for the guest that runs random instructions (case.h): runner CASES [NUMBER]
 * writes a hash of each result to standard output, 8 bytes a case; with a number, that case's
 * registers before and after it as text. The guest's part loads all registers, runs the code and
 * stores them.
 */
#ifndef DRAGOMAN_TESTS_ROWS_RUNNER_H
#define DRAGOMAN_TESTS_ROWS_RUNNER_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "tests/rows/case.h"

/* ---- the guest's part ---- */

/* Where the file of cases is mapped. */
extern const uintptr_t runner_cases_at;
/* Where the signal handler goes on, with the registers as the frame has them. */
extern const char runner_done[];
void runner_set_pc(ucontext_t *uc, uintptr_t pc);
/* Once, before all cases. */
void runner_start(void);
/* Gives all registers values: the case's base, if it has one, `base`. */
void runner_prepare(const Case *c, uint64_t base);
void runner_run(void);
/* The registers as words, *n of them, as they are before runner_run and after it. */
const uint64_t *runner_words(unsigned *n);
void runner_print(void);

/* ---- random numbers that follow from a case's seed ---- */

uint64_t number_next(void);
/* Edges of ranges come often. */
uint64_t number_integer(void);
/* A floating-point number of `digits` bits of fraction, hidden one included, whose greatest
 * exponent is max: 11 and 15, 24 and 127, 53 and 1023. */
uint64_t number_float(unsigned digits, int max);

#endif
