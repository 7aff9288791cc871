/* short_loops.c: loops of a few instructions, which translators unroll: each faults in every one of
 * its first turns, at the page behind the array that it walks, and is left after each number of
 * turns; all registers are told. One without an end is interrupted by a timer, whose handler ends
 * it.
 */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>

#include "guest.h"

/* rdi and rsi: walk up to the ends of two arrays; rcx: turns; rdx: where rdi is after them. */
/* clang-format off */
#define CASES                                                                                      \
    CASE(sum, "1: add (%rdi), %rax; add $8, %rdi; dec %rcx; jnz 1b")                               \
    CASE(fill, "1: mov %rax, (%rdi); inc %rax; add $8, %rdi; cmp %rdi, %rdx; jne 1b")              \
    CASE(copy, "1: mov (%rsi), %rax; mov %rax, (%rdi); add $8, %rsi; add $8, %rdi; sub $1, %rcx; jnz 1b") \
    CASE(axpy, "1: movsd (%rdi), %xmm0; mulsd %xmm1, %xmm0; addsd (%rsi), %xmm0; movsd %xmm0, (%rsi);" \
               "add $8, %rsi; add $8, %rdi; cmp %rdx, %rdi; jb 1b")                                \
    CASE(skip, "1: test $1, %cl; jz 2f; add (%rdi), %rax; 2: lea 8(%rdi), %rdi; dec %rcx; jnz 1b") \
    CASE(other, "1: test $2, %cl; jz 2f; add (%rdi), %rax; jmp 3f; 2: sub (%rsi), %rax;"           \
                "3: lea 8(%rdi), %rdi; lea 8(%rsi), %rsi; dec %rcx; jnz 1b")                       \
    CASE(again, "1: add $8, %rdi; test $3, %cl; loopz 1b; xor -8(%rdi), %eax; add $-1, %rcx; jns 1b") \
    CASE(early, "1: cmp %rax, (%rsi); je 2f; add $8, %rsi; dec %rcx; jnz 1b; 2: lea (%rdi,%rcx), %rdi") \
    CASE(narrow, "1: addb (%rdi), %al; adc $0, %ah; add $8, %edi; dec %cx; jnz 1b")                \
    CASE(back, "1: mov -8(%rdx,%rcx,8), %rax; or %rax, (%rsi); lea 8(%rsi), %rsi; dec %rcx; jnz 1b") \
    CASE(middle, "jmp 2f; 1: add $8, %rdi; 2: add (%rdi), %rax; dec %rcx; jnz 1b")
/* clang-format on */

#define CASE(name, code) extern const char case_##name[];
CASES
#undef CASE

enum { TURNS = 9, TICKS = 40 };

void enter_case(const void *code);
/* rax, rcx, rdx, rsi, rdi, and the stack of who entered */
uint64_t regs[5], saved_rsp;
double factor = 1.5;

#define CASE(name, code) ".balign 64\ncase_" #name ": " code "; jmp leave_case\n"
__asm__(
    ".text\n"
    "enter_case: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "mov %rsp, saved_rsp; mov %rdi, %rbx; movsd factor, %xmm1\n"
    "mov regs, %rax; mov regs+8, %rcx; mov regs+16, %rdx; mov regs+24, %rsi; mov regs+32, %rdi\n"
    "test %rax, %rax; jmp *%rbx\n"
    "leave_case: mov %rax, regs; mov %rcx, regs+8; mov %rdx, regs+16; mov %rsi, regs+24\n"
    "mov %rdi, regs+32; mov saved_rsp, %rsp\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n" CASES
    ".balign 64\ncase_endless: 1: lea 1(%rax), %rax; lea 3(%rdx), %rdx; dec %rcx; jnz 1b\n"
    "jmp leave_case\n");
#undef CASE
extern const char case_endless[];
void leave_case(void);

static const char *code;
static char *first, *second; /* ends of the arrays, with no page behind */

static void tell(const char *what, const uint64_t *r)
{
    printf(" %s rax %llx rcx %lld rdx %lld rsi %lld rdi %lld", what, (unsigned long long)r[0],
           (long long)r[1], (long long)(r[2] - (uint64_t)first),
           (long long)(r[3] - (uint64_t)second), (long long)(r[4] - (uint64_t)first));
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    const uint64_t r[5] = {(uint64_t)g[REG_RAX], (uint64_t)g[REG_RCX], (uint64_t)g[REG_RDX],
                           (uint64_t)g[REG_RSI], (uint64_t)g[REG_RDI]};
    char *at = info->si_addr;
    printf(" signal %d at %+lld, rip +%lld, flags %llx", sig,
           (long long)(at - (at >= second && at < second + 4096 ? second : first)),
           (long long)((char *)g[REG_RIP] - code), (unsigned long long)(g[REG_EFL] & 0x8c1));
    tell("", r);
    g[REG_RIP] = (greg_t)leave_case;
}

static char *array(void)
{
    char *p =
        mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
    CHECK(p != MAP_FAILED && mprotect(p + 4096, 4096, PROT_NONE) == 0);
    return p + 4096;
}

static void prepare(uint64_t turns, uint64_t room)
{
    for (int i = 1; i <= 2 * TURNS; i++) {
        double d = 1.0 / i;
        memcpy(first - 8 * i, &d, 8);
        memset(second - 8 * i, i * 37, 8);
    }
    const uint64_t start[5] = {0x1234567, turns, (uint64_t)first + 8 * (turns - room),
                               (uint64_t)second - 8 * room, (uint64_t)first - 8 * room};
    memcpy(regs, start, sizeof regs);
}

static void run(const char *name, const char *at)
{
    code = at;
    for (uint64_t room = 1; room <= TURNS; room++) {
        for (uint64_t turns = 1; turns <= TURNS; turns++) {
            printf("%s %d of %d:", name, (int)turns, (int)room);
            prepare(turns, room);
            enter_case(at);
            tell("; then", regs);
            uint64_t sum = hash_bytes(HASH_START, first - 16 * TURNS, 16 * TURNS);
            printf(" memory %llx\n",
                   (unsigned long long)hash_bytes(sum, second - 16 * TURNS, 16 * TURNS));
        }
    }
}

/* ---- the timer ---- */

static int ticks, torn;

static void on_timer(int sig, siginfo_t *info, void *context)
{
    (void)sig;
    (void)info;
    greg_t *g = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t rip = (uint64_t)g[REG_RIP] - (uint64_t)case_endless, turns = (uint64_t)g[REG_RAX];
    if (rip >= 64 || ticks == TICKS) /* a signal may follow upon the one that has ended the loop */
        return;
    uint64_t ahead = 3 * turns - (uint64_t)g[REG_RDX], left = turns + (uint64_t)g[REG_RCX];
    torn += (ahead != 0 && ahead != 3) || (left != 0 && left != 1);
    if (++ticks == TICKS)
        g[REG_RCX] = 1;
}

static void interrupt(void)
{
    const struct itimerval every = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &(struct sigaction){.sa_sigaction = on_timer, .sa_flags = SA_SIGINFO}, NULL);
    memset(regs, 0, sizeof regs);
    setitimer(ITIMER_REAL, &every, NULL);
    enter_case(case_endless);
    setitimer(ITIMER_REAL, &never, NULL);
    printf("endless: %s\n", torn == 0 && ticks >= TICKS ? "ended" : "torn");
}

int main(void)
{
    first = array();
    second = array();
    sigaction(SIGSEGV, &(struct sigaction){.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, NULL);
#define CASE(name, text) run(#name, case_##name);
    CASES
#undef CASE
    interrupt();
    return 0;
}
