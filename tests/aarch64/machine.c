/* machine.c: what is AArch64's own beyond single instructions: atomics between threads, code that
 * changes, exceptions as a program sees them, rounding modes and flags of floating point, registers
 * that must be there. */
#include <fenv.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { THREADS = 4, ROUNDS = 20000 };

/* ---- atomics ---- */

static int64_t added, swapped;
static int8_t turned;
static __int128 pair;

/* Exclusive pairs, as programs for the first processors have them; one keeps another load and a
 * store between the two. */
static void add_exclusively(int64_t *at, int64_t n)
{
    int64_t old, elsewhere = 0;
    int failed;
    do {
        __asm__ volatile("ldaxr %0, [%3]\nldr %2, [%4]\nadd %0, %0, %5\nstr %0, [%4]\n"
                         "stlxr %w1, %0, [%3]"
                         : "=&r"(old), "=&r"(failed), "=&r"(elsewhere)
                         : "r"(at), "r"(&elsewhere), "r"(n)
                         : "memory");
    } while (failed);
}

static void add_to_pair(uint64_t n)
{
    uint64_t low, high;
    int failed;
    do {
        __asm__ volatile(
            "ldxp %0, %1, [%3]\nadds %0, %0, %4\nadc %1, %1, xzr\nstxp %w2, %0, %1, [%3]"
            : "=&r"(low), "=&r"(high), "=&r"(failed)
            : "r"(&pair), "r"(n)
            : "memory", "cc");
    } while (failed);
}

static void *count(void *arg)
{
    (void)arg;
    for (int64_t i = 0; i < ROUNDS; i++) {
        int64_t old = __atomic_load_n(&swapped, __ATOMIC_RELAXED);
        add_exclusively(&added, 1);
        add_to_pair(~0ull >> 1);
        __atomic_fetch_xor(&turned, 0x55, __ATOMIC_ACQ_REL);
        while (!__atomic_compare_exchange_n(&swapped, &old, old + 3, 0, __ATOMIC_ACQ_REL,
                                            __ATOMIC_RELAXED))
            continue;
    }
    return NULL;
}

static void atomics(void)
{
    pthread_t t[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&t[i], NULL, count, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(t[i], NULL);
    printf("added %ld swapped %ld turned %d pair %lx %lx\n", added, swapped, turned,
           (long)(pair >> 64), (long)pair);
}

/* ---- code that changes ---- */

static void put_code(uint32_t *at, uint32_t value)
{
    at[0] = 0xd2800000 | value << 5; /* mov x0, value */
    at[1] = 0xd65f03c0;              /* ret */
    __asm__ volatile("dc cvau, %0\ndsb ish\nic ivau, %0\ndsb ish\nisb" ::"r"(at) : "memory");
}

static void changing(void)
{
    long sum = 0;
    uint32_t *code =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (uint32_t i = 0; i < 2000; i++) {
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
    uintptr_t pc = uc->uc_mcontext.pc, at = (uintptr_t)info->si_addr;
    printf("  signal %d code %d, address %s, x19 %lx\n", sig, sig == SIGILL ? 0 : info->si_code,
           sig == SIGBUS ? "not looked at"
           : at == pc    ? "of the instruction"
                         : "of the data",
           (long)uc->uc_mcontext.regs[19]);
    /* Another translator does not know an address that its host's processor does not tell. */
    if (sig != SIGBUS && at != pc && at && !(at >> 47))
        printf("  data at %lx\n", (long)at);
    siglongjmp(back, 1);
}

#define RAISES(what, asm_text, ...)                                                                \
    do {                                                                                           \
        printf("%s\n", what);                                                                      \
        if (!sigsetjmp(back, 1))                                                                   \
            __asm__ volatile("mov x19, #0x1234\n" asm_text ::__VA_ARGS__                           \
                             : "x19", "x20", "x21", "memory");                                     \
    } while (0)

static void exceptions(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    for (int i = 0; i < 5; i++)
        sigaction((int[]){SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE}[i], &sa, NULL);
    RAISES("udf", "udf #0", );
    RAISES("brk", "brk #7", );
    RAISES("hlt", "hlt #1", );
    RAISES("no such register", "mrs x20, s3_7_c15_c2_1", );
    RAISES("a register of the system", "mrs x20, sctlr_el1", );
    RAISES("address 16", "mov x20, #0\nldr x20, [x20, #16]", );
    RAISES("store to address 24", "mov x20, #0\nstr x20, [x20, #24]", );
    RAISES("before a pair", "mov x19, #8\nldp x20, x21, [x19], #16", );
    RAISES("an address that is none", "ldr x20, [%0]", "r"(1ull << 50));
    RAISES("an exclusive at address 32", "mov x20, #32\nldxr x21, [x20]", );
    RAISES("a misaligned exclusive", "add x20, %0, #13\nldxr x21, [x20]", "r"(&pair));
}

/* ---- floating point ---- */

static void rounding(void)
{
    static const char *const names[] = {"nearest", "up", "down", "zero"};
    for (uint64_t mode = 0; mode < 4; mode++) {
        double q, n;
        long up, down;
        uint64_t fpsr;
        __asm__ volatile("msr fpsr, xzr\nmsr fpcr, %0" ::"r"(mode << 22));
        __asm__ volatile("fdiv %d0, %d1, %d2" : "=w"(q) : "w"(1.0), "w"(3.0));
        __asm__ volatile("fdiv %d0, %d1, %d2" : "=w"(n) : "w"(-1.0), "w"(3.0));
        __asm__ volatile("frinti %d1, %d1\nfcvtzs %0, %d1" : "=r"(up) : "w"(2.5));
        __asm__ volatile("fcvtas %0, %d1" : "=r"(down) : "w"(-2.5));
        __asm__ volatile("mrs %0, fpsr\nmsr fpcr, xzr" : "=r"(fpsr));
        printf("%s: %a %a %ld %ld flags %lx\n", names[mode], q, n, up, down, (long)fpsr);
    }
    volatile double third = 3, one = 1, zero = 0;
    fesetround(FE_UPWARD);
    printf("upward %a round %d", one / third, fegetround() == FE_UPWARD);
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);
    volatile double inf = one / zero;
    printf(" flags %x inf %f\n", fetestexcept(FE_ALL_EXCEPT), inf);
}

static void flushing(void)
{
    static const uint64_t dn = 1 << 25, fz = 1 << 24;
    volatile double tiny = 0x1p-1060;
    uint64_t nan = 0xfff0000000000123, result, fpsr;
    double sum;
    __asm__ volatile("msr fpsr, xzr\nmsr fpcr, %0" ::"r"(dn | fz));
    __asm__ volatile("fadd %d0, %d1, %d1\nmrs %2, fpsr" : "=w"(sum), "+w"(tiny), "=r"(fpsr));
    __asm__ volatile("fmov d1, %1\nfadd d1, d1, d1\nfmov %0, d1" : "=r"(result) : "r"(nan) : "v1");
    __asm__ volatile("msr fpcr, xzr");
    printf("flushed: %a, flags %lx, NaN %lx\n", sum, (long)fpsr, (long)result);
    __asm__ volatile("fmov d1, %1\nfadd d1, d1, d1\nfmov %0, d1" : "=r"(result) : "r"(nan) : "v1");
    printf("not: NaN %lx\n", (long)result);
}

/* What was loaded goes into a field of a register at once. */
static void fields(void)
{
    static const uint64_t at = 0x8877665544332211;
    uint64_t byte, half, word;
    __asm__("mov %0, #-1\nldrb w3, [%1]\nbfxil %0, x3, #0, #8" : "=&r"(byte) : "r"(&at) : "x3");
    __asm__("mov %0, #-1\nldrh w3, [%1]\nbfxil %0, x3, #0, #16" : "=&r"(half) : "r"(&at) : "x3");
    __asm__("mov %0, #-1\nldr w3, [%1]\nbfxil %0, x3, #0, #32" : "=&r"(word) : "r"(&at) : "x3");
    printf("fields: %lx %lx %lx\n", (long)byte, (long)half, (long)word);
}

static void registers(void)
{
    uint64_t zva, ctr, freq, first, second;
    static _Alignas(2048) char block[4096];
    __asm__("mrs %0, dczid_el0" : "=r"(zva));
    __asm__("mrs %0, ctr_el0" : "=r"(ctr));
    __asm__("mrs %0, cntfrq_el0" : "=r"(freq));
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(first));
    memset(block, 1, sizeof block);
    __asm__ volatile("dc zva, %0" ::"r"(block + 2048 + 100) : "memory");
    size_t n = 4u << (zva & 15), zeros = 0;
    for (size_t i = 0; i < sizeof block; i++)
        zeros += !block[i];
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(second));
    printf("zva %d, ctr %d, counter %d\n", !(zva & 16) && zeros == n, (ctr & 15) == 4 || ctr != 0,
           freq != 0 && second >= first);
    if (getauxval(AT_HWCAP) & HWCAP_CPUID) {
        uint64_t pfr0;
        __asm__("mrs %0, s3_0_c0_c4_0" : "=r"(pfr0)); /* ID_AA64PFR0_EL1 */
        printf("EL0 in AArch64: %d\n", (pfr0 & 15) == 1);
    }
}

/* ---- addresses whose top byte is ignored ---- */

static uint64_t tagged[8];

static void tags(void)
{
    volatile uint64_t *p = (uint64_t *)((uintptr_t)tagged | (uint64_t)0x5a << 56);
    uint64_t v;
    for (int i = 0; i < 200; i++) {
        p[0] += 3;
        p[1] = p[0] * 2;
    }
    __asm__ volatile("ldaxr %0, [%1]\nadd %0, %0, #1\nstlxr w9, %0, [%1]\nldr %0, [%1]\n"
                     "str %0, [%1, #8]"
                     : "=&r"(v)
                     : "r"(p + 2)
                     : "w9", "memory");
    memcpy((void *)(p + 4), (void *)p, 4 * sizeof *p);
    for (int i = 0; i < 8; i++)
        printf("%d ", (int)tagged[i]);
    puts("by addresses with a tag");
}

int main(void)
{
    atomics();
    changing();
    exceptions();
    rounding();
    flushing();
    fields();
    registers();
    tags();
    return 0;
}
