/* faults: instructions that end on a page that is not there, atomics that are not aligned, and what
 * an exception's return makes of odd program counters. Says where each signal found the program and
 * what it said of it. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "tests/guest/guest.h"

enum { PAGE = 4096, TURNS = 5, REG_PC_AT = 0, LI_A0_1 = 0x00100513, C_NOP = 1, C_JR_RA = 0x8082 };
enum { AMOADD_W = 0x00b6a52f, LR_W = 0x1006a52f, SC_W = 0x18b6a52f }; /* a0, a1, (a3) */

typedef long Code(long a0, long a1, long a2, char *a3);

static sigjmp_buf back;
static uint8_t *base;
static _Alignas(16) char data[16];

static Code *code_at(const void *p)
{
    return (Code *)(uintptr_t)p;
}

static void say(int sig, siginfo_t *info, void *context)
{
    const ucontext_t *uc = context;
    long pc = (long)(uc->uc_mcontext.__gregs[REG_PC_AT] - (uintptr_t)base);
    printf(" signal %d, code %d, at %#lx, pc %#lx;", sig, info->si_code,
           (long)((uintptr_t)info->si_addr - (uintptr_t)base), pc);
    siglongjmp(back, 1);
}

/* Several times, so that the code is seen cold and warm. */
static void run(const char *what, const uint8_t *at)
{
    printf("%s:", what);
    for (volatile int i = 0; i < TURNS; i++) {
        if (!sigsetjmp(back, 1))
            printf(" result %ld;", code_at(at)(0, 1, 0, data + 2));
    }
    printf("\n");
}

static void put(unsigned at, uint32_t word, unsigned bytes)
{
    memcpy(base + at, &word, bytes);
}

static void skip(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig, (void)info;
    uc->uc_mcontext.__gregs[REG_PC_AT] += 2 + 1; /* behind a c.ebreak, and odd */
}

int main(void)
{
    struct sigaction act = {.sa_sigaction = say, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGBUS, &act, NULL);
    act.sa_sigaction = skip;
    sigaddset(&act.sa_mask, SIGUSR2);
    sigaction(SIGTRAP, &act, NULL);
    base = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                0);
    mprotect(base + PAGE, PAGE, PROT_NONE);

    put(PAGE - 2, LI_A0_1, 2);
    run("half an instruction", base + PAGE - 2);
    put(PAGE - 4, C_NOP, 2);
    run("behind another", base + PAGE - 4);

    static const uint32_t atomics[] = {AMOADD_W, LR_W, SC_W};
    for (unsigned i = 0; i < 3; i++) {
        put(0x100 * i, atomics[i], 4);
        put(0x100 * i + 4, C_JR_RA, 2);
        __builtin___clear_cache((char *)base, (char *)base + PAGE);
        run("misaligned", base + 0x100 * i);
    }

    put(0x400, 0x9002 | C_JR_RA << 16, 4); /* c.ebreak */
    __builtin___clear_cache((char *)base, (char *)base + PAGE);
    printf("on from an odd address: %ld\n", code_at(base + 0x400)(7, 0, 0, data));
    return 0;
}
