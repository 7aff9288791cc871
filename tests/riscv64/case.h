/* case.h: the file of random instructions between generate.c, which makes it out of rv.decode, and
 * runner.c, a RISC-V program, which runs them and writes what came of each.
 *
 * A case is a few instructions, of which the last is the row's under test, in a piece of code that
 * ends by jumping to tp->exit. Registers start with values that follow from the seed; but one of
 * them, `base`, has an address: of data or of code, less an immediate.
 */
#ifndef DRAGOMAN_TESTS_RISCV64_CASE_H
#define DRAGOMAN_TESTS_RISCV64_CASE_H

#include <stdint.h>

enum { CASE_MAGIC = 0x31637672, CASE_CODE_WORDS = 12, CASE_DATA = 1024 };

typedef enum CaseBase {
    BASE_NONE,
    BASE_DATA, /* into the middle of CASE_DATA bytes */
    BASE_CODE, /* the case's own code at `delta` bytes */
} CaseBase;

typedef struct Case {
    uint32_t row;
    uint8_t base_kind, base;
    uint16_t fcsr;
    int32_t delta; /* added to the address */
    uint32_t seed;
    uint32_t code[CASE_CODE_WORDS];
} Case;

typedef struct CaseFile {
    uint32_t magic, count;
    Case cases[];
} CaseFile;

/* What a case leaves: registers, fcsr, a signal that came, a hash of the data. */
typedef struct CaseResult {
    uint64_t x[32], f[32];
    uint32_t fcsr, sig;
    uint64_t data;
} CaseResult;

#endif
