/* Unmasked floating-point exceptions, SSE's and the x87's: which signal code, at which instruction,
 * with which flags in the frame; that a handler starts with exceptions masked; and arithmetic that
 * goes on with exceptions unmasked. */
#include <fenv.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <ucontext.h>

#include "guest.h"

static sigjmp_buf back;
static volatile int code, at_instruction, masked_in_handler;
static volatile unsigned mxcsr, status;

static unsigned read_mxcsr(void)
{
    unsigned v;
    __asm__ volatile("stmxcsr %0" : "=m"(v));
    return v;
}

static void on_fpe(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *u = context;
    (void)sig;
    code = info->si_code;
    at_instruction = (uintptr_t)info->si_addr == (uintptr_t)u->uc_mcontext.gregs[REG_RIP];
    mxcsr = u->uc_mcontext.fpregs->mxcsr;
    status = u->uc_mcontext.fpregs->swd;
    masked_in_handler = read_mxcsr() == 0x1f80;
    siglongjmp(back, 1);
}

/* Does `action` with the exceptions in `mask` unmasked and tells what came of it. */
static void try(const char *name, int mask, void (*action)(void))
{
    feclearexcept(FE_ALL_EXCEPT);
    feenableexcept(mask);
    if (sigsetjmp(back, 1) == 0) {
        action();
        fedisableexcept(FE_ALL_EXCEPT);
        printf("%-14s no signal, raised %02x\n", name, (unsigned)fetestexcept(FE_ALL_EXCEPT));
    } else {
        __asm__ volatile("fnclex");
        fedisableexcept(FE_ALL_EXCEPT);
        printf("%-14s code %d, in place %d, masked %d, mxcsr %04x, status %04x\n", name, code,
               at_instruction, masked_in_handler, mxcsr, status);
    }
}

static volatile double zero = 0, one = 1, three = 3, huge = 1e308, tiny = 1e-308, result;
static volatile long double long_zero = 0, long_one = 1, long_result;
static volatile float single;
static volatile int integer;

static void divide_by_zero(void)
{
    result = one / zero;
}
static void invalid(void)
{
    result = zero / zero;
}
static void overflow(void)
{
    result = huge * huge;
}
static void underflow(void)
{
    result = tiny * tiny;
}
static void inexact(void)
{
    result = one / three;
}
static void narrow(void)
{
    single = (float)huge;
}
static void to_integer(void)
{
    integer = (int)huge;
}
static void packed(void)
{
    static const double divisors[2] __attribute__((aligned(16))) = {1, 0};
    __asm__ volatile("movsd %0, %%xmm0\n unpcklpd %%xmm0, %%xmm0\n divpd %1, %%xmm0" ::"m"(one),
                     "m"(divisors)
                     : "xmm0");
}
static void long_divide(void)
{
    long_result = long_one / long_zero;
    __asm__ volatile("fwait");
}
static void long_invalid(void)
{
    long_result = long_zero / long_zero;
    __asm__ volatile("fwait");
}
static void long_to_integer(void)
{
    int i = 7;
    __asm__ volatile("fldl %1\n fistpl %0\n fwait" : "+m"(i) : "m"(huge));
}
static void stack_overflow(void)
{
    __asm__ volatile("fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fld1\n fwait");
}

int main(void)
{
    struct sigaction sa;
    memset(&sa, 0, sizeof sa);
    sa.sa_sigaction = on_fpe;
    sa.sa_flags = SA_SIGINFO;
    sigaction(SIGFPE, &sa, NULL);
    const int usual = FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW;
    try("masked", 0, divide_by_zero);
    try("divide", usual, divide_by_zero);
    try("invalid", usual, invalid);
    try("overflow", usual, overflow);
    try("underflow", usual, underflow);
    try("not unmasked", usual, inexact);
    try("inexact", FE_INEXACT, inexact);
    try("narrow", usual, narrow);
    try("to integer", usual, to_integer);
    try("packed", usual, packed);
    try("x87 divide", usual, long_divide);
    try("x87 invalid", usual, long_invalid);
    try("x87 integer", usual, long_to_integer);
    try("x87 stack", usual, stack_overflow);
    __asm__ volatile("fninit");
    try("masked again", 0, invalid);

    feenableexcept(FE_INVALID);
    double sum = 0;
    for (int i = 1; i <= 20000; i++)
        sum += 1.0 / i;
    printf("sum %.17g\n", sum);
    return 0;
}
