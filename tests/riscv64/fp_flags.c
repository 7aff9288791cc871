/* fp_flags.c: operations behind reads of fflags, on what overflows, is tiny, or invalid: results
 * and flags, in each rounding mode; the flags of signal handlers, threads, and children of fork;
 * SIGFPE ignored, blocked, and handled, which no operation raises. To be compared with another
 * translator's. */
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

static unsigned flags(void)
{
    unsigned v;
    __asm__ volatile("frflags %0" : "=r"(v)::"memory");
    return v;
}

static void set_flags(unsigned v)
{
    __asm__ volatile("fsflags %0" ::"r"(v) : "memory");
}

/* ---- operations in a mode of their own ---- */

static uint64_t bits(double d)
{
    uint64_t v;
    memcpy(&v, &d, sizeof v);
    return v;
}

#define OP(name, text)                                                                             \
    __attribute__((noinline)) static double name(double a, double b)                               \
    {                                                                                              \
        double r;                                                                                  \
        __asm__ volatile(text : "=f"(r) : "f"(a), "f"(b));                                         \
        return r;                                                                                  \
    }
#define MODES(X) X(rne) X(rtz) X(rdn) X(rup) X(rmm) X(dyn)
#define OPS(rm)                                                                                    \
    OP(add_##rm, "fadd.d %0, %1, %2, " #rm)                                                        \
    OP(mul_##rm, "fmul.d %0, %1, %2, " #rm)                                                        \
    OP(div_##rm, "fdiv.d %0, %1, %2, " #rm)                                                        \
    OP(fma_##rm, "fmadd.d %0, %1, %2, %1, " #rm)                                                   \
    OP(narrow_##rm, "fcvt.s.d %0, %1, " #rm)
MODES(OPS)

static double (*const ops[])(double, double) = {
#define NAMES(rm) add_##rm, mul_##rm, div_##rm, fma_##rm, narrow_##rm,
    MODES(NAMES)};

static void *check_operation(void *arg)
{
    static const double values[] = {1,         0,
                                    0x1p-1074, 0x1.8p-1074,
                                    0x1p-1022, -0.75,
                                    0.5,       0x1p-140,
                                    0x1p-149,  0x1.fffffffffffffp1023,
                                    -2,        0x1.fffffffp127};
    enum { COUNT = sizeof values / sizeof values[0] };
    double (*const *op)(double, double) = arg;
    uint64_t hash = 0;
    for (unsigned k = 0; k < COUNT * COUNT; k++) {
        set_flags(k % 5 == 0 ? k % 32 : 0);
        unsigned before = flags();
        double r = (*op)(values[k / COUNT], values[k % COUNT]);
        hash = (hash * 31 + before) * 31 + flags();
        hash = hash * 1099511628211u + bits(r);
    }
    printf("operation %u: %016lx\n", (unsigned)(op - ops), hash);
    return NULL;
}

/* Each in a thread of its own: a translator may give up some way of knowing flags after a while. */
static void check_operations(void)
{
    for (unsigned n = 0; n < sizeof ops / sizeof ops[0]; n++) {
        pthread_t t;
        pthread_create(&t, NULL, check_operation, (void *)&ops[n]);
        pthread_join(t, NULL);
    }
}

/* ---- signals, threads, processes ---- */

static void check(const char *where)
{
    set_flags(0);
    unsigned none = flags();
    div_dyn(1, 3);
    unsigned inexact = flags();
    div_dyn(1, 0);
    unsigned zero = flags();
    mul_dyn(0x1p1023, 2);
    unsigned over = flags();
    mul_dyn(0x1p-1074, 0.5);
    unsigned under = flags();
    div_dyn(0, 0);
    printf("%s: %u %u %u %u %u %u\n", where, none, inexact, zero, over, under, flags());
}

static unsigned seen, left;

static void handler(int sig, siginfo_t *si, void *context)
{
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    (void)sig, (void)si;
    seen = m->__fpregs.__d.__fcsr << 8 | flags();
    set_flags(0);
    div_dyn(1, 0);
    seen = seen << 8 | flags();
    if (left != 0)
        m->__fpregs.__d.__fcsr = left;
}

static void *thread(void *arg)
{
    printf("thread starts with %u\n", flags());
    check(arg);
    return arg;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigset_t all;
    check_operations();
    signal(SIGFPE, SIG_IGN);
    check("ignored");
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    check("blocked");
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    sigaction(SIGFPE, &sa, NULL);
    check("handled");
    for (left = 0; left < 64; left += 21) { /* of 42 and 63 the rounding mode, too */
        set_flags(left & 3);
        flags();
        raise(SIGFPE);
        unsigned now = flags();
        double r = div_dyn(1, 3);
        printf("signal %u: %x, then %u %u %a\n", left, seen, now, flags(), r);
        __asm__ volatile("fsrm zero");
    }
    set_flags(5);
    flags();
    pthread_t t;
    pthread_create(&t, NULL, thread, "thread");
    pthread_join(t, NULL);
    printf("parent %u\n", flags());
    fflush(stdout);
    if (fork() == 0) {
        printf("child starts with %u\n", flags());
        check("child");
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
    printf("parent %u\n", flags());
    return 0;
}
