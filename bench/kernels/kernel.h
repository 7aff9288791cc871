/* kernel.h: each kernel is one function from a size to a checksum; main prints it. */
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

#define KERNEL_MAIN(function, size, format)                                                        \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        long n = argc > 1 ? atol(argv[1]) : (size);                                                \
        printf(format "\n", function(n));                                                          \
        return 0;                                                                                  \
    }

#endif
