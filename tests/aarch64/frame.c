/* frame.c: the signal frame as Linux makes it, and what it makes of one that was changed. Each line
 * says what is so; a kernel prints them all as frame.out has them. */
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif

enum { CARRY = 1 << 29, ZERO = 1 << 30 };

static int step;
static uint64_t handler_sp;

static struct _aarch64_ctx *record(ucontext_t *uc, uint32_t magic)
{
    char *at = (char *)uc->uc_mcontext.__reserved;
    struct _aarch64_ctx *head = (void *)at;
    for (; head->magic && head->magic != magic; head = (void *)at)
        at += head->size;
    return head->magic == magic ? head : NULL;
}

static void look(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct fpsimd_context *fp = (void *)record(uc, FPSIMD_MAGIC);
    struct esr_context *esr = (void *)record(uc, ESR_MAGIC);
    uint64_t *frame = __builtin_frame_address(0);
    __asm__("mov %0, sp" : "=r"(handler_sp));
    printf("signal %d code %d: fault address %llx\n", sig, info->si_code,
           (unsigned long long)uc->uc_mcontext.fault_address);
    printf("  x20 %llx nzcv %llx v8 %llx, fpsr %x fpcr %x, size %u, syndrome %llx\n",
           (unsigned long long)uc->uc_mcontext.regs[20],
           (unsigned long long)uc->uc_mcontext.pstate >> 28, (unsigned long long)fp->vregs[8],
           fp->fpsr, fp->fpcr, fp->head.size,
           esr ? (unsigned long long)esr->esr & ~3ull : 0); /* but for the level of the table */
    /* The handler's frame, then the record above the kernel's. */
    uint64_t *caller = (void *)frame[0];
    printf("  frame record %d, its return address %d\n",
           caller[0] == uc->uc_mcontext.regs[29] && caller[1] == uc->uc_mcontext.regs[30],
           (uintptr_t)caller >= (uintptr_t)uc + sizeof *uc && (uintptr_t)caller % 16 == 0);
    printf("  aligned %d, below the stack %d\n", handler_sp % 16 == 0,
           (uintptr_t)uc + sizeof *uc <= uc->uc_mcontext.sp);
    uc->uc_mcontext.pc += 4;
    uc->uc_mcontext.regs[20] = 0x5555;
    uc->uc_mcontext.pstate = CARRY | ZERO;
    fp->vregs[8] = 0x7777;
    fp->fpsr = 0x10;
    fp->fpcr = 3 << 22;
}

static void run(const char *what, int kind)
{
    uint64_t x20, nzcv, v8, fpsr, fpcr;
    printf("%s\n", what);
    fflush(stdout);
    __asm__ volatile("mov x20, #0x42\nmov x21, #0x9000000\nfmov d8, x21\nmsr fpsr, x21\n"
                     "mov x22, #0x800000\nmsr fpcr, x22\nmov x22, #24\ncmp xzr, x21\n"
                     "cbz %w5, 1f\ncmp xzr, x21\nldr x21, [x22]\nb 2f\n1: brk #3\n2:\n"
                     "mov %0, x20\nmrs %1, nzcv\nfmov %2, d8\nmrs %3, fpsr\nmrs %4, fpcr\n"
                     "msr fpcr, xzr\nmsr fpsr, xzr\n"
                     : "=&r"(x20), "=&r"(nzcv), "=&r"(v8), "=&r"(fpsr), "=&r"(fpcr)
                     : "r"(kind)
                     : "x20", "x21", "x22", "v8", "cc", "memory");
    printf("  after: x20 %llx nzcv %llx v8 %llx fpsr %llx fpcr %llx\n", (unsigned long long)x20,
           (unsigned long long)nzcv >> 28, (unsigned long long)v8, (unsigned long long)fpsr,
           (unsigned long long)fpcr);
}

/* ---- frames that are nonsense ---- */

static void spoil(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct fpsimd_context *fp = (void *)record(uc, FPSIMD_MAGIC);
    (void)sig, (void)info;
    switch (step) {
    case 0:
        uc->uc_mcontext.pstate |= 5; /* an exception level */
        break;
    case 1:
        uc->uc_mcontext.pstate |= 1 << 4; /* AArch32 */
        break;
    case 2:
        uc->uc_mcontext.pstate |= 1 << 7; /* interrupts masked */
        break;
    case 3:
        fp->head.magic = 0x12345678;
        break;
    case 4:
        fp->head.size = 8;
        break;
    case 5:
        fp->head.magic = fp->head.size = 0;
        break;
    default:
        uc->uc_mcontext.pstate |= 1ull << 21 | 1ull << 40 | 1 << 5; /* without a meaning */
        break;
    }
}

static void refusals(void)
{
    static const char *const names[] = {
        "an exception level", "AArch32",      "interrupts masked",     "an unknown record",
        "a record too small", "no registers", "bits without a meaning"};
    struct sigaction act = {.sa_sigaction = spoil, .sa_flags = SA_SIGINFO};
    for (step = 0; step < 7; step++) {
        int status;
        fflush(stdout);
        pid_t child = fork();
        if (!child) {
            signal(SIGSEGV, SIG_DFL);
            sigaction(SIGUSR1, &act, NULL);
            raise(SIGUSR1);
            _exit(7);
        }
        waitpid(child, &status, 0);
        printf("%s: %s %d\n", names[step], WIFSIGNALED(status) ? "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    }
}

static void plain(int sig)
{
    uint64_t x1;
    __asm__ volatile("mov %0, x1" : "=r"(x1));
    printf("plain handler of %d\n", sig);
}

static void stacks(void)
{
    static char stack[16384];
    stack_t st = {.ss_sp = stack, .ss_size = 5119}, was;
    printf("AT_MINSIGSTKSZ %lu\n", getauxval(AT_MINSIGSTKSZ));
    printf("5119 bytes: %d\n", sigaltstack(&st, NULL));
    st.ss_size = 5120;
    printf("5120 bytes: %d\n", sigaltstack(&st, NULL));
    sigaltstack(NULL, &was);
    printf("size %zu\n", was.ss_size);
    st.ss_flags = SS_DISABLE;
    sigaltstack(&st, NULL);
}

int main(void)
{
    struct sigaction act = {.sa_sigaction = look, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &act, NULL);
    sigaction(SIGTRAP, &act, NULL);
    run("breakpoint", 0);
    run("no page", 1);
    act = (struct sigaction){.sa_handler = plain};
    sigaction(SIGUSR2, &act, NULL);
    raise(SIGUSR2);
    stacks();
    refusals();
    return 0;
}
