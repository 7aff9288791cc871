/* traps.c: debug exceptions and faults at addresses of the kernel, as a handler sees them; and the
 * descriptor table that no program has. */
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "guest.h"

static uint64_t code;    /* where the instruction stands */
static uint64_t landing; /* where to go on; 0: behind it */

static void handler(int signal, siginfo_t *info, void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t address = (uint64_t)info->si_addr;
    printf(" signal %d code %d trap %lld error %lld", signal, info->si_code, g[REG_TRAPNO],
           g[REG_ERR]);
    /* INT1 is a trap (SDM vol. 3, 6.2); some hypervisors that emulate it do not move past it. */
    if (*(const uint8_t *)code == 0xf1)
        printf(" behind it: %s\n", g[REG_RIP] == (greg_t)code + 1 ? "ok" : "WRONG");
    else
        printf(" rip +%lld", g[REG_RIP] - (long long)code);
    if (signal == SIGTRAP)
        printf(" address %s\n", address ? address == (uint64_t)g[REG_RIP] ? "rip" : "other" : "0");
    else
        printf(" address %lx\n", address);
    if (landing)
        g[REG_RIP] = (greg_t)landing;
    g[REG_EFL] &= ~0x100;
}

/* Runs INSN, of which the handler may see any instruction, with rdi = address. */
#define TRY(insn, address)                                                                         \
    do {                                                                                           \
        printf("%s, %s:", insn, #address);                                                         \
        __asm__ volatile("leaq 1f(%%rip), %%rax; mov %%rax, %0\n"                                  \
                         "leaq 2f(%%rip), %%rax; mov %%rax, %1\n"                                  \
                         "1: " insn "\n2: nop"                                                     \
                         : "=m"(code), "=m"(landing)                                               \
                         : "D"(address)                                                            \
                         : "rax", "rcx", "memory", "cc");                                          \
    } while (0)

int main(void)
{
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGTRAP, &sa, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    TRY(".byte 0xf1", 0ul);
    TRY("int3", 0ul);
    TRY("int $3", 0ul);
    TRY("int $0x20", 0ul);
    TRY("int $0x81", 0ul);
#define ADDRESSES(insn)                                                                            \
    TRY(insn, 0xffffffff80000000);                                                                 \
    TRY(insn, 0xffff800000000000);                                                                 \
    TRY(insn, 0xffffffffffffffff);                                                                 \
    TRY(insn, 0x800000000000);                                                                     \
    TRY(insn, 0x7ffffffff000);                                                                     \
    TRY(insn, 0x7fffffffffff);                                                                     \
    TRY(insn, 0x10)
    ADDRESSES("movb %%al, (%%rdi)");
    ADDRESSES("movb (%%rdi), %%al");
    ADDRESSES("incb (%%rdi)");
    ADDRESSES("movq (%%rdi), %%rax");
    TRY("jmp *%%rdi", 0xffffffff80000000);
    TRY("jmp *%%rdi", 0x7ffffffff000);
    TRY("jmp *%%rdi", 0x10);

    unsigned char table[300];
    memset(table, 0xff, sizeof table);
    printf("modify_ldt read %ld\n", syscall(SYS_modify_ldt, 0, table, 200));
    printf("modify_ldt nothing %ld\n", syscall(SYS_modify_ldt, 0, NULL, 0));
    printf("%d\n", table[0]);
    printf("modify_ldt default %ld\n", syscall(SYS_modify_ldt, 2, table, 10));
    printf("%d %d\n", table[9], table[10]);
    printf("modify_ldt default %ld\n", syscall(SYS_modify_ldt, 2, table, 200));
    printf("%d %d\n", table[127], table[128]);
    printf("modify_ldt bad %ld\n", syscall(SYS_modify_ldt, 2, NULL, 200));
    printf("modify_ldt unknown %ld\n", syscall(SYS_modify_ldt, 77, table, 200));

    /* The number of a system call is eax. */
    long result, pid = getpid();
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(0x500000000 + SYS_getpid)
                     : "rcx", "r11", "memory");
    printf("getpid %d\n", result == pid);
    return 0;
}
