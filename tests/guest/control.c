/* control.c: setjmp, varargs, function pointers, switch tables, computed goto, recursion deeper
 * than any return-address predictor, tail calls, coroutines on stacks of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <ucontext.h>

#include "guest.h"

static jmp_buf escape;

static NOINLINE void descend(int depth, int limit)
{
    volatile char frame[32];
    frame[0] = (char)depth;
    if (depth == limit)
        longjmp(escape, limit + 1);
    if (depth < limit)
        descend(depth + 1, limit);
    frame[1] = frame[0];
}

static NOINLINE double sum(const char *kinds, ...)
{
    va_list list;
    double total = 0;
    va_start(list, kinds);
    for (; *kinds; kinds++) {
        if (*kinds == 'i')
            total += va_arg(list, int);
        else if (*kinds == 'd')
            total += va_arg(list, double);
        else if (*kinds == 'l')
            total += (double)va_arg(list, long);
        else if (*kinds == 'L')
            total += (double)va_arg(list, long double);
        else
            total += (double)strlen(va_arg(list, char *));
    }
    va_end(list);
    return total;
}

static int add1(int x)
{
    return x + 1;
}
static int twice(int x)
{
    return x * 2;
}
static int negate(int x)
{
    return -x;
}
static int square(int x)
{
    return (int)((unsigned)x * (unsigned)x % 1009);
}
static int (*const functions[])(int) = {add1, twice, negate, square};

static NOINLINE int dense(int v)
{
    switch (v) {
    case 0:
        return 5;
    case 1:
        return 17;
    case 2:
        return 3 * v;
    case 3:
        return v - 100;
    case 4:
        return v << 3;
    case 5:
        return 99;
    case 6:
        return v * v;
    case 7:
        return -1;
    case 8:
        return 0x1234;
    case 9:
        return 1 - v;
    case 1000:
        return 8;
    default:
        return v & 15;
    }
}

/* A tiny interpreter: the indirect jump at the end of each operation has many targets. */
static NOINLINE long interpret(const unsigned char *program, long x)
{
    static void *const labels[] = {&&halt, &&inc, &&dbl, &&dec, &&loop, &&mix};
    long counter = 50;
    const unsigned char *pc = program;
#define NEXT goto *labels[*pc++]
    NEXT;
inc:
    x++;
    NEXT;
dbl:
    x = (long)((unsigned long)x * 2 + 1);
    NEXT;
dec:
    x -= 3;
    NEXT;
mix:
    x ^= (long)((unsigned long)x >> 7);
    NEXT;
loop:
    if (--counter > 0)
        pc = program;
    NEXT;
halt:
    return x;
}

static NOINLINE unsigned ackermann(unsigned m, unsigned n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static NOINLINE unsigned long depth_sum(unsigned depth)
{
    return depth == 0 ? 0 : depth + depth_sum(depth - 1);
}

static NOINLINE int is_odd(unsigned n);
static NOINLINE int is_even(unsigned n)
{
    return n == 0 ? 1 : is_odd(n - 1);
}
static NOINLINE int is_odd(unsigned n)
{
    return n == 0 ? 0 : is_even(n - 1);
}

static ucontext_t main_context, coroutines[3];
static char stacks[3][65536];
static int trace[64], traced;

static void coroutine(int id)
{
    for (int i = 0; i < 5; i++) {
        trace[traced++] = id * 10 + i;
        swapcontext(&coroutines[id], &coroutines[(id + 1) % 3]);
    }
    swapcontext(&coroutines[id], &main_context);
}

int main(void)
{
    volatile int reached = 0;
    for (volatile int i = 0; i < 200; i++) {
        int value = setjmp(escape);
        if (value == 0)
            descend(0, i * 3);
        reached += value;
    }
    printf("longjmp %d\n", reached);
    printf("varargs %.2f\n", sum("idlsLddddddddiiiiiiii", 1, 2.5, 3L, "four", 5.5L, .1, .2, .3, .4,
                                 .5, .6, .7, .8, 1, 2, 3, 4, 5, 6, 7, 8));
    int x = 3;
    for (int i = 0; i < 20000; i++)
        x = functions[rng() & 3](x) + dense((int)(rng() % 11)) + dense(1000);
    printf("calls %d\n", x);
    static const unsigned char program[] = {1, 2, 5, 3, 1, 1, 5, 2, 4, 3, 0};
    printf("interpret %ld\n", interpret(program, 12345));
    printf("ackermann %u, depth %lu, mutual %d\n", ackermann(2, 200), depth_sum(20000),
           is_even(100001) + 2 * is_odd(77777));
    for (int i = 0; i < 3; i++) {
        getcontext(&coroutines[i]);
        coroutines[i].uc_stack.ss_sp = stacks[i];
        coroutines[i].uc_stack.ss_size = sizeof stacks[i];
        coroutines[i].uc_link = &main_context;
        makecontext(&coroutines[i], (void (*)(void))coroutine, 1, i);
    }
    swapcontext(&main_context, &coroutines[0]);
    for (int i = 0; i < traced; i++)
        printf("%d ", trace[i]);
    printf("\n");
    return 0;
}
