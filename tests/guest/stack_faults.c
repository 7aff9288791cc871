/* stack_faults.c: accesses to what is no address: general protection faults, or stack faults where
 * the stack segment is used, and what Linux makes of them. Each case is entered with rcx no
 * address, rbx that of something good and rsi that of code that leaves. */
#include <setjmp.h>
#include <signal.h>
#include <ucontext.h>

#include "guest.h"

/* clang-format off */
#define CASES                                                                                      \
    CASE(load, "mov (%rcx), %rax")                                                                 \
    CASE(load_rsp, "mov %rcx, %rsp; mov (%rsp), %rax")                                             \
    CASE(load_rsp_index, "mov %rcx, %rsp; xor %eax, %eax; mov (%rsp,%rax,8), %rax")                \
    CASE(load_rbp, "mov %rcx, %rbp; mov (%rbp), %rax")                                             \
    CASE(bad_index, "mov %rbx, %rbp; mov (%rbp,%rcx), %rax")                                       \
    CASE(rbp_as_index, "mov %rcx, %rbp; mov (%rbx,%rbp), %rax")                                    \
    CASE(rbp_alone_as_index, "mov %rcx, %rbp; mov 0(,%rbp,1), %rax")                               \
    CASE(r12, "mov %rcx, %r12; mov (%r12), %rax")                                                  \
    CASE(r13, "mov %rcx, %r13; mov (%r13), %rax")                                                  \
    CASE(ds_rsp, "mov %rcx, %rsp; .byte 0x3e; mov (%rsp), %rax")                                   \
    CASE(ss_rcx, ".byte 0x36; mov (%rcx), %rax")                                                   \
    CASE(fs_rbp, "mov %rcx, %rbp; mov %fs:(%rbp), %rax")                                           \
    CASE(store_rbp, "mov %rcx, %rbp; mov %eax, 8(%rbp)")                                           \
    CASE(push, "mov %rcx, %rsp; push %rax")                                                        \
    CASE(pop, "mov %rcx, %rsp; pop %rax")                                                          \
    CASE(push_bad_operand, "push (%rcx)")                                                          \
    CASE(push_bad_stack, "mov %rcx, %rsp; push (%rbx)")                                            \
    CASE(push_both_bad, "mov %rcx, %rsp; push (%rcx)")                                             \
    CASE(pop_bad_operand, "pop (%rcx)")                                                            \
    CASE(pop_bad_stack, "mov %rcx, %rsp; pop (%rbx)")                                              \
    CASE(pop_both_bad, "mov %rcx, %rsp; pop (%rcx)")                                               \
    CASE(leave, "mov %rcx, %rbp; leave")                                                           \
    CASE(enter, "mov %rcx, %rsp; enter $16, $0")                                                   \
    CASE(ret, "mov %rcx, %rsp; ret")                                                               \
    CASE(call, "mov %rcx, %rsp; call case_end")                                                    \
    CASE(call_register, "mov %rcx, %rsp; call *%rsi")                                              \
    CASE(call_bad_operand, "call *(%rcx)")                                                         \
    CASE(call_rsp, "mov %rcx, %rsp; call *(%rsp)")                                                 \
    CASE(jump_rbp, "mov %rcx, %rbp; jmp *(%rbp)")                                                  \
    CASE(call_nowhere, "call *%rcx")                                                               \
    CASE(jump_nowhere, "jmp *%rcx")                                                                \
    CASE(return_nowhere, "push %rcx; ret")                                                         \
    CASE(pushf, "mov %rcx, %rsp; pushf")                                                           \
    CASE(popf, "mov %rcx, %rsp; popf")                                                             \
    CASE(push_fs, "mov %rcx, %rsp; push %fs")                                                      \
    CASE(pop_fs, "mov %rcx, %rsp; pop %fs")                                                        \
    CASE(return_far, "mov %rcx, %rsp; lretq")                                                      \
    CASE(return_from_interrupt, "mov %rcx, %rsp; iretq")                                           \
    CASE(movs, "mov %rcx, %rsi; mov %rbx, %rdi; movsb")                                            \
    CASE(add_rbp, "mov %rcx, %rbp; add %eax, (%rbp)")                                              \
    CASE(locked_rbp, "mov %rcx, %rbp; lock add %eax, (%rbp)")                                      \
    CASE(cmpxchg16b_rbp, "mov %rcx, %rbp; lock cmpxchg16b (%rbp)")                                 \
    CASE(cmpxchg16b_misaligned, "mov %rcx, %rbp; lock cmpxchg16b 8(%rbp)")                         \
    CASE(movups_rbp, "mov %rcx, %rbp; movups (%rbp), %xmm0")                                       \
    CASE(movaps_rbp, "mov %rcx, %rbp; movaps (%rbp), %xmm0")                                       \
    CASE(movaps_misaligned, "mov %rcx, %rbp; movaps 8(%rbp), %xmm0")                               \
    CASE(movaps_store, "mov %rcx, %rsp; movaps %xmm0, (%rsp)")                                     \
    CASE(addps_rbp, "mov %rcx, %rbp; addps (%rbp), %xmm0")                                         \
    CASE(addps_misaligned, "mov %rcx, %rbp; addps 4(%rbp), %xmm0")                                 \
    CASE(fld_rbp, "mov %rcx, %rbp; fldl (%rbp)")                                                   \
    CASE(fxsave_rbp, "mov %rcx, %rbp; fxsave (%rbp)")                                              \
    CASE(xsave_rbp, "mov %rcx, %rbp; mov $3, %eax; xor %edx, %edx; xsave (%rbp)")                  \
    CASE(prefetch_rbp, "mov %rcx, %rbp; prefetcht0 (%rbp)")                                        \
    CASE(clflush_rbp, "mov %rcx, %rbp; clflush (%rbp)")                                            \
    CASE(ldmxcsr_rbp, "mov %rcx, %rbp; ldmxcsr (%rbp)")                                            \
    CASE(bit_rbp, "mov %rcx, %rbp; bt %rax, (%rbp)")                                               \
    CASE(nop_rbp, "mov %rcx, %rbp; nopl (%rbp)")
/* An AArch64 host leaves out the top byte of addresses, and tells where an access starts. */
#define CASES_TOP                                                                                  \
    CASE(bit_far, "mov %rcx, %rax; bts %rcx, (%rbx)")                                              \
    CASE(across, "movabs $0x7ffffffffffc, %rax; mov (%rax), %rax")                                 \
    CASE(across_rbp, "movabs $0x7ffffffffffc, %rbp; mov (%rbp), %rax")
/* clang-format on */

#define CASE(name, code) extern const char case_##name[];
CASES CASES_TOP
#undef CASE

    void
    enter_case(const void *code);
uint64_t good[4], no_address = 0x800000000100, saved_rsp;

#define CASE(name, code) "case_" #name ": " code "; jmp case_end\n"
__asm__(".text\n"
        "enter_case: push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, saved_rsp; mov no_address, %rcx; lea good, %rbx; lea case_end, %rsi\n"
        "jmp *%rdi\n"
        "case_end: mov saved_rsp, %rsp\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx; ret\n" CASES CASES_TOP);
#undef CASE

static sigjmp_buf escape;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    const greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
    printf("signal %d code %d address %p trap %lld error %lld\n", sig, info->si_code, info->si_addr,
           regs[REG_TRAPNO], regs[REG_ERR]);
    siglongjmp(escape, 1);
}

static void run(const char *name, const void *code)
{
    printf("%s: ", name);
    if (!sigsetjmp(escape, 1)) {
        enter_case(code);
        printf("nothing\n");
    }
}

int main(int argc, char **argv)
{
    static char stack[65536];
    stack_t alt = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&alt, NULL);
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
#define CASE(name, code) run(#name, case_##name);
    (void)argv;
    if (argc > 1)
        no_address = 0x8000000000000000;
    CASES
    if (argc > 1) {
        CASES_TOP
    }
#undef CASE
    return 0;
}
