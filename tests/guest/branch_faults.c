/* branch_faults.c: branches to what is no address, or to an address that user mode has no page at.
 * The first fault themselves and change nothing, the others fault where they lead. Each case is
 * entered with rcx the destination, rbx the address of a word that holds it, and rsp the address of
 * what a far return takes; rdx, rsi and rdi tell whether anything else changed.
 */
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "guest.h"

/* clang-format off */
#define CASES                                                                                      \
    CASE(jump, "jmp *%rcx")                                                                        \
    CASE(jump_memory, "jmp *(%rbx)")                                                               \
    CASE(jump_stack, "jmp *(%rsp)")                                                                \
    CASE(jump_later, "add $1, %rsi; sub $8, %rsp; jmp *%rcx")                                      \
    CASE(call, "call *%rcx")                                                                       \
    CASE(call_memory, "call *(%rbx)")                                                              \
    CASE(call_stack, "call *(%rsp)")                                                               \
    CASE(call_after_push, "push %rax; push %rdx; call *%rcx")                                      \
    CASE(call_inside, "lea 1f(%rip), %rdx; call *%rdx; 1: call *%rcx")                             \
    CASE(ret, "ret")                                                                               \
    CASE(ret_more, "ret $24")                                                                      \
    CASE(ret_most, "ret $0xffff")                                                                  \
    CASE(ret_prefixed, "rep; ret")                                                                 \
    CASE(ret_pushed, "push %rcx; ret")                                                             \
    CASE(ret_from_call, "call 1f; 1: mov %rcx, (%rsp); ret")                                       \
    CASE(ret_flags, "cmp %rcx, %rsi; ret")                                                         \
    CASE(ret_wrong, "call 1f; nop; 1: add $8, %rsp; inc %rdi; ret")                                \
    CASE(retf, "lretq")                                                                            \
    CASE(retf_more, "lretq $16")                                                                   \
    CASE(iret, "iretq")                                                                            \
    CASE(jump_constant, "movabs $0x800000001000, %rax; jmp *%rax")                                 \
    CASE(call_constant, "movabs $0xffff7ffffffff000, %rax; call *%rax")                            \
    CASE(loop, "mov $5, %edx; 1: dec %edx; jnz 1b; jmp *%rcx")
/* clang-format on */

#define CASE(name, code) extern const char case_##name[];
CASES
#undef CASE

void enter_case(const void *code);
uint64_t destination, frame[16], saved_rsp;

#define CASE(name, code) ".balign 64\ncase_" #name ": " code "; ud2\n"
__asm__(".text\n"
        "enter_case: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, saved_rsp; mov destination, %rcx; lea destination, %rbx; mov %rdi, %rax\n"
        "lea frame+32, %rsp; mov $1, %edx; mov $2, %esi; mov $3, %edi; cmp %esi, %edi\n"
        "jmp *%rax\n"
        "leave_case: mov saved_rsp, %rsp\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n" CASES);
#undef CASE
void leave_case(void);

static const char *current;

/* Places in the case and in the frame as distances: what natively lies where is another matter. */
static void on_fault(int sig, siginfo_t *info, void *context)
{
    greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t in_case = (uint64_t)regs[REG_RIP] - (uint64_t)(uintptr_t)current;
    bool inside = in_case < 64;
    printf("signal %d code %d address %p trap %lld error %lld at %s%llx rsp %+lld"
           " rdx %llx rsi %llx rdi %llx flags %llx\n",
           sig, info->si_code, sig == SIGILL ? NULL : info->si_addr, regs[REG_TRAPNO],
           regs[REG_ERR], inside ? "case+" : "",
           (unsigned long long)(inside ? in_case : regs[REG_RIP]),
           (long long)(regs[REG_RSP] - (greg_t)(uintptr_t)&frame[4]),
           (unsigned long long)regs[REG_RDX], (unsigned long long)regs[REG_RSI],
           (unsigned long long)regs[REG_RDI], (unsigned long long)(regs[REG_EFL] & 0x8d5));
    regs[REG_RIP] = (greg_t)(uintptr_t)leave_case;
}

static void run(const char *name, const void *code)
{
    printf("%s to %llx: ", name, (unsigned long long)destination);
    frame[4] = destination;
    frame[5] = 0x33;
    frame[6] = 0x246;
    frame[7] = (uint64_t)(uintptr_t)&frame[12];
    frame[8] = 0x2b;
    current = code;
    enter_case(code);
}

/* jmp, call and jz at the end of user mode's addresses reach beyond. Another mapping may be there.
 */
static void run_direct(void)
{
    static const uint8_t codes[][8] = {{0xe9, 0, 0, 0, 0x60},
                                       {0xe8, 0, 0, 0, 0x60},
                                       {0x0f, 0x84, 0, 0, 0, 0x60},
                                       {0x0f, 0x85, 0, 0, 0, 0x60},
                                       {0xe9, 0, 0, 0, 0x0f}};
    uint8_t *page = MAP_FAILED;
    for (uint64_t at = 0x7fffffffe000; page == MAP_FAILED && at > 0x7fff80000000; at -= 4096)
        page = mmap((void *)(uintptr_t)at, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    for (unsigned i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        memcpy(page + 64 * i, codes[i], 8);
        memcpy(page + 64 * i + (codes[i][0] == 0x0f ? 6 : 5), "\x0f\x0b", 2);
        printf("direct %u: ", i);
        current = (const char *)page + 64 * i;
        enter_case(page + 64 * i);
    }
}

int main(void)
{
    static const uint64_t destinations[] = {0x800000000000,
                                            0x8000000000000000,
                                            0xffff7fffffffffff,
                                            0x1234567890abcdef,
                                            0xffff800000000000,
                                            0x7fffffffffff,
                                            0x1000};
    static char stack[65536];
    stack_t alt = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alt, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    for (unsigned round = 0; round < 6; round++) { /* interpreted first, then translated */
        for (unsigned i = 0; i < sizeof destinations / sizeof destinations[0]; i++) {
            destination = destinations[i];
#define CASE(name, code) run(#name, case_##name);
            CASES
#undef CASE
        }
        run_direct();
    }
    return 0;
}
