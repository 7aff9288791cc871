/* case.h: the file of random instructions between a generator, which makes it out of the rows of a
 * guest's .decode files (generate.h), and a runner, a program for that guest, which runs them and
 * writes what came of each (runner.h).
 *
 * A case is a few instructions, of which the last is the row's under test, in a piece of code that
 * leads to where the runner stores the registers. Registers start with values that follow from the
 * seed; but one of them, `base`, has an address, of data or of code, less an immediate, and
 * another, `index`, may have a small number.
 */
#ifndef DRAGOMAN_TESTS_ROWS_CASE_H
#define DRAGOMAN_TESTS_ROWS_CASE_H

#include <stdint.h>

enum { CASE_MAGIC = 0x31776f72, CASE_CODE_WORDS = 12, CASE_NO_REGISTER = 255 };
/* Of the data, the base points into the middle of the first, near, part; all of it is looked at
 * where immediates are large. */
enum { CASE_NEAR = 1024, CASE_FAR = (1 << 17) + 8192 };

typedef enum CaseBase {
    BASE_NONE,
    BASE_DATA,     /* into the middle of CASE_NEAR bytes */
    BASE_DATA_FAR, /* of CASE_FAR bytes */
    BASE_CODE,     /* the case's own code at `delta` bytes */
} CaseBase;

typedef struct Case {
    uint32_t row;
    uint8_t base_kind, base, index, unused;
    uint32_t control; /* the guest's floating-point control word, and flags */
    int32_t delta;    /* added to the address */
    uint64_t index_value;
    uint32_t seed;
    uint32_t code[CASE_CODE_WORDS];
    uint32_t reserved;
} Case;

typedef struct CaseFile {
    uint32_t magic, count;
    Case cases[];
} CaseFile;

#endif
