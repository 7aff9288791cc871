/* fib.c: calls and returns. */
#include "bench/kernels/kernel.h"

__attribute__((noinline, optimize("no-optimize-sibling-calls", "no-inline"))) static long
fib(long n)
{
    return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

KERNEL_MAIN(fib, "%ld")
