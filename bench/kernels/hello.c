/* hello.c: start-up: the smallest program that prints. */
#include "bench/kernels/kernel.h"

static long hello(long n)
{
    return n;
}

KERNEL_MAIN(hello, "hello %ld")
