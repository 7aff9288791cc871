/* machine.c: what is RISC-V's own beyond single instructions: atomics between threads, code that
 * changes, exceptions as a program sees them, rounding modes, CSRs, NaN boxes, registers in signal
 * frames. */
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

enum { THREADS = 4, ROUNDS = 50000 };

/* ---- atomics ---- */

static int64_t added, swapped, greatest;
static int32_t least;

static void *count(void *arg)
{
    int64_t me = (int64_t)(intptr_t)arg;
    for (int64_t i = 0; i < ROUNDS; i++) {
        int64_t v = me * ROUNDS + i, old;
        __atomic_fetch_add(&added, 1, __ATOMIC_RELAXED);
        old = __atomic_load_n(&swapped, __ATOMIC_RELAXED); /* lr, sc */
        while (!__atomic_compare_exchange_n(&swapped, &old, old + 3, 0, __ATOMIC_ACQ_REL,
                                            __ATOMIC_RELAXED))
            continue;
        __asm__ volatile("amomax.d zero, %0, (%1)" ::"r"(v), "r"(&greatest) : "memory");
        __asm__ volatile("amomin.w zero, %0, (%1)" ::"r"(-v), "r"(&least) : "memory");
    }
    return NULL;
}

static void atomics(void)
{
    pthread_t t[THREADS];
    for (intptr_t i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, count, (void *)i);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    printf("added %ld swapped %ld greatest %ld least %d\n", added, swapped, greatest, least);
}

/* ---- code that changes ---- */

static void put_code(uint32_t *at, int value)
{
    at[0] = 0x00000513 | (uint32_t)value << 20; /* li a0, value */
    at[1] = 0x00008067;                         /* ret */
    __asm__ volatile("fence.i" ::: "memory");
}

static void changing(void)
{
    long sum = 0;
    uint32_t *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 2000; i++) {
        put_code(code + i % 8 * 16, i % 1000);
        sum += ((int (*)(void))(uintptr_t)(code + i % 8 * 16))();
    }
    __builtin___clear_cache((char *)code, (char *)code + 4096);
    printf("changing code: %ld\n", sum);
}

/* ---- exceptions ---- */

static sigjmp_buf back;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uintptr_t pc = uc->uc_mcontext.__gregs[0];
    printf("  signal %d code %d, address %s, s1 %lx\n", sig, info->si_code,
           (uintptr_t)info->si_addr == pc ? "of the instruction" : "of the data",
           (long)uc->uc_mcontext.__gregs[9]);
    /* Another translator does not know an address that its host's processor does not tell. */
    if ((uintptr_t)info->si_addr != pc && info->si_addr && !((uintptr_t)info->si_addr >> 47))
        printf("  data at %lx\n", (long)(uintptr_t)info->si_addr);
    siglongjmp(back, 1);
}

#define RAISES(what, asm_text, ...)                                                                \
    do {                                                                                           \
        printf("%s\n", what);                                                                      \
        if (!sigsetjmp(back, 1))                                                                   \
            __asm__ volatile("li s1, 0x1234\n" asm_text ::__VA_ARGS__ : "s1", "t0", "memory");     \
    } while (0)

static void exceptions(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    for (int i = 0; i < 5; i++)
        sigaction((int[]){SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE}[i], &sa, NULL);
    RAISES("illegal", ".word 0", );
    RAISES("compressed illegal", ".half 0x0000", );
    RAISES("ebreak", "ebreak", );
    RAISES("no such csr", "csrr t0, 0x123", );
    RAISES("read-only csr", ".word 0xc0001073", ); /* csrw cycle, zero */
    RAISES("address 16", "ld t0, 16(zero)", );
    RAISES("store to address 24", "sd t0, 24(zero)", );
    RAISES("an address that is none", "ld t0, 0(%0)", "r"(1ull << 62));
    RAISES("atomic at address 32", "amoadd.w t0, t0, (%0)", "r"(32));
}

/* ---- floating point ---- */

static void rounding(void)
{
    static const char *const names[] = {"rne", "rtz", "rdn", "rup", "rmm"};
    volatile double third = 3, one = 1;
    for (unsigned mode = 0; mode < 5; mode++) {
        double q, n;
        long up, down;
        __asm__ volatile("fsflags zero\n fsrm %0" ::"r"(mode));
        __asm__ volatile("fdiv.d %0, %1, %2" : "=f"(q) : "f"(1.0), "f"(3.0));
        __asm__ volatile("fdiv.d %0, %1, %2" : "=f"(n) : "f"(-1.0), "f"(3.0));
        __asm__ volatile("fcvt.l.d %0, %1" : "=r"(up) : "f"(2.5));
        __asm__ volatile("fcvt.l.d %0, %1" : "=r"(down) : "f"(-2.5));
        unsigned flags;
        __asm__ volatile("frflags %0\n fsrm zero" : "=r"(flags));
        printf("%s: %a %a %ld %ld flags %x\n", names[mode], q, n, up, down, flags);
    }
    fesetround(FE_UPWARD);
    printf("upward %a round %d", one / third, fegetround() == FE_UPWARD);
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    volatile double zero = 0, inf = one / zero;
    printf(" flags %x inf %f\n", fetestexcept(FE_ALL_EXCEPT), inf);
    feclearexcept(FE_ALL_EXCEPT);
    int less = __builtin_isless(third, __builtin_nan(""));
    printf("isless %d flags %x\n", less, fetestexcept(FE_ALL_EXCEPT));
    RAISES("reserved rounding mode", "csrwi frm, 5\n fadd.d ft0, ft0, ft0", );
    __asm__ volatile("csrwi frm, 0");
}

static void boxes(void)
{
    uint64_t not_boxed, sum, moved;
    __asm__ volatile("fmv.d.x ft0, %3\n fmv.w.x ft1, %4\n fadd.s ft2, ft0, ft1\n fmv.x.d %0, ft2\n"
                     "fadd.s ft2, ft1, ft1\n fmv.x.d %1, ft2\n fmv.x.w %2, ft0"
                     : "=r"(not_boxed), "=r"(sum), "=r"(moved)
                     : "r"(0x3f800000ul), "r"(0x3f800000ul)
                     : "ft0", "ft1", "ft2");
    printf("boxes: %lx %lx %lx\n", not_boxed, sum, moved);
}

/* ---- the rest ---- */

static void times(void)
{
    uint64_t t0, t1, c0, c1;
    __asm__ volatile("rdtime %0\n rdcycle %1" : "=r"(t0), "=r"(c0));
    for (volatile int i = 0; i < 1000; i++)
        continue;
    __asm__ volatile("rdtime %0\n rdcycle %1" : "=r"(t1), "=r"(c1));
    printf("time moves %d cycles move %d\n", t1 > t0, c1 > c0);
}

static void probe(void)
{
    struct {
        int64_t key;
        uint64_t value;
    } pairs[3] = {{3, 0}, {4, 0}, {1 << 30, 0}};
    long r = syscall(258, pairs, 3, 0, NULL, 0);
    printf("hwprobe %ld: base %d, FD and C %d, unknown %ld\n", r, (int)(pairs[0].value & 1),
           (int)(pairs[1].value & 3), (long)pairs[2].key);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    atomics();
    changing();
    exceptions();
    rounding();
    boxes();
    times();
    probe();
    return 0;
}
