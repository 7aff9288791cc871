/* indirect.c: indirect calls and jumps to random targets, which no predictor knows. */
#include "bench/kernels/kernel.h"

typedef uint64_t Step(uint64_t);

#define STEP(number, expression)                                                                   \
    __attribute__((noinline)) static uint64_t step##number(uint64_t x)                             \
    {                                                                                              \
        return expression;                                                                         \
    }
STEP(0, x + 1)
STEP(1, x * 3)
STEP(2, x ^ 0x55)
STEP(3, x - (x >> 7))
STEP(4, x << 1 | x >> 63)
STEP(5, ~x)
STEP(6, x + (x << 5))
STEP(7, x ^ x >> 9)

static Step *volatile const steps[8] = {step0, step1, step2, step3, step4, step5, step6, step7};

static unsigned long indirect(long n)
{
    static const void *const places[8] = {&&p0, &&p1, &&p2, &&p3, &&p4, &&p5, &&p6, &&p7};
    uint64_t state = 77, x = 1;
    long i = 0;
next:
    if (i++ == n)
        return x;
    x = steps[next_random(&state) >> 20 & 7](x);
    goto *places[state >> 30 & 7];
p0:
    x += 2;
    goto next;
p1:
    x ^= 99;
    goto next;
p2:
    x -= 5;
    goto next;
p3:
    x = x << 3 | x >> 61;
    goto next;
p4:
    x *= 7;
    goto next;
p5:
    x += x >> 11;
    goto next;
p6:
    x ^= x << 13;
    goto next;
p7:
    x = ~x;
    goto next;
}

KERNEL_MAIN(indirect, "%lu")
