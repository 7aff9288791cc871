/* kernel.h: each kernel is one function from a size to a checksum; main prints it. The sizes stand
 * in bench/kernels.def. */
#ifndef BENCH_KERNEL_H
#define BENCH_KERNEL_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Kernels that know right answers check them before they start. */
static inline void require(int good, const char *what)
{
    if (!good) {
        printf("kernel: failed: %s\n", what);
        exit(1);
    }
}

#define KERNEL_MAIN(function, format)                                                              \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        if (argc != 2) {                                                                           \
            fprintf(stderr, "usage: %s SIZE\n", argv[0]);                                          \
            return 2;                                                                              \
        }                                                                                          \
        printf(format "\n", function(atol(argv[1])));                                              \
        return 0;                                                                                  \
    }

#endif
