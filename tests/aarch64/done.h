/* done.h: where the runner of AArch64 instructions has what generated code must reach. */
#ifndef DRAGOMAN_TESTS_AARCH64_DONE_H
#define DRAGOMAN_TESTS_AARCH64_DONE_H

/* runner_done: the section .runner_done, put there by the linker; and the file of cases, within the
 * reach of a branch, 128 MiB. */
#define RUNNER_DONE_AT  0x300000
#define RUNNER_CASES_AT 0x2000000

#endif
