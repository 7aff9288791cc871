/* cpu_v2.c: the instructions whose results no two runs share: random numbers, time, the processor's
 * number, the bases of FS and GS. What must hold on any processor is checked; the output says only
 * that it did. */
#include <asm/prctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "guest.h"

static uint64_t read_fs_base(void)
{
    uint64_t v;
    __asm__ volatile("rdfsbase %0" : "=r"(v));
    return v;
}

static uint64_t read_gs_base(void)
{
    uint64_t v;
    __asm__ volatile("rdgsbase %0" : "=r"(v));
    return v;
}

static void say(const char *what, int ok)
{
    printf("%s: %s\n", what, ok ? "ok" : "WRONG");
}

static void bases(void)
{
    uint64_t kernel = 0, word = 0x1122334455667788, got;
    syscall(SYS_arch_prctl, ARCH_GET_FS, &kernel);
    say("rdfsbase is what the kernel says", read_fs_base() == kernel);
    uint64_t fs = read_fs_base();
    __asm__ volatile("wrfsbase %1\n\tmov %%fs:8, %0\n\twrfsbase %2"
                     : "=&r"(got)
                     : "r"((uint64_t)&word - 8), "r"(fs)
                     : "memory");
    say("wrfsbase", got == word && read_fs_base() == fs);
    __asm__ volatile("wrgsbase %1\n\tmov %%gs:0, %0" : "=&r"(got) : "r"(&word) : "memory");
    say("wrgsbase", got == word && read_gs_base() == (uint64_t)&word);
    syscall(SYS_arch_prctl, ARCH_GET_GS, &kernel);
    say("the kernel knows", kernel == (uint64_t)&word);
    __asm__ volatile("wrgsbase %k0" : : "r"((uint64_t)0xffffffff12345678));
    say("wrgsbase of 32 bits", read_gs_base() == 0x12345678);
    __asm__ volatile("rdgsbase %k0" : "=r"(got));
    say("rdgsbase of 32 bits", got == 0x12345678);
    say("the kernel says that it may be done", (getauxval(AT_HWCAP2) & 2) != 0);
}

static volatile sig_atomic_t caught;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    caught = sig == SIGSEGV && info->si_code == SI_KERNEL ? 1 : 2;
    uc->uc_mcontext.gregs[REG_RIP] = uc->uc_mcontext.gregs[REG_RBX];
}

static void refused(void)
{
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    __asm__ volatile("lea 1f(%%rip), %%rbx\n\twrgsbase %0\n1:"
                     :
                     : "r"((uint64_t)1 << 48)
                     : "rbx", "memory");
    say("wrgsbase of no address", caught == 1 && read_gs_base() == 0x12345678);
}

/* Not always the same; every width leaves or clears the rest of the register. */
#define RANDOM(name)                                                                               \
    do {                                                                                           \
        uint64_t all_or = 0, all_and = -1, q, d = -1, w = -1;                                      \
        int carry = 1;                                                                             \
        for (int i = 0; i < 64; i++) {                                                             \
            unsigned char c;                                                                       \
            do                                                                                     \
                __asm__ volatile(#name " %0" : "=r"(q), "=@ccc"(c));                               \
            while (!c);                                                                            \
            carry &= c;                                                                            \
            all_or |= q;                                                                           \
            all_and &= q;                                                                          \
        }                                                                                          \
        __asm__ volatile(#name " %k0" : "+r"(d) : : "cc");                                         \
        __asm__ volatile(#name " %w0" : "+r"(w) : : "cc");                                         \
        say(#name, carry &&all_or == (uint64_t)-1 && all_and == 0);                                \
        say(#name " of 32 and 16 bits", d >> 32 == 0 && w >> 16 == 0xffffffffffff);                \
    } while (0)

static uint64_t time_and_processor(uint32_t *aux)
{
    uint32_t lo, hi;
    __asm__ volatile("rdtscp" : "=a"(lo), "=d"(hi), "=c"(*aux));
    return (uint64_t)hi << 32 | lo;
}

static void processor(void)
{
    cpu_set_t one;
    unsigned cpu = 0, node = 0;
    uint32_t aux, lo, hi;
    uint64_t pid, before, after;
    getcpu(&cpu, &node);
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    sched_setaffinity(0, sizeof one, &one);
    before = time_and_processor(&aux);
    __asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
    after = time_and_processor(&aux);
    __asm__ volatile("rdpid %0" : "=r"(pid));
    say("time moves on", before <= ((uint64_t)hi << 32 | lo) && before < after);
    say("rdtscp and rdpid agree", pid == aux);
    say("rdpid is the processor's number", (pid & 0xfff) == cpu && pid >> 12 == node);
}

int main(void)
{
    bases();
    refused();
    RANDOM(rdrand);
    RANDOM(rdseed);
    processor();
    return 0;
}
