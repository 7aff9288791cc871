/* faults.c: synchronous faults show the handler every register as it was, and the handler may
 * change registers and resume.
 *
 * Each case is a piece of assembly entered with known registers. The handler prints all of them
 * (rip and rsp relative, the defined flags, the fault's address and kind), repairs the cause as the
 * case's row says, and the piece goes on; what registers and memory then hold is printed too.
 * Memory is mapped at fixed addresses, so that everything prints the same anywhere. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "guest.h"

/* Pages: [0] and [1] read-write, [2] unreadable, [3] read-only. */
#define PAGES   ((unsigned char *)0x20000000)
#define PAGE(n) (PAGES + (n)*4096)

uint64_t regs_in[16], regs_out[16], flags_out, saved_rsp, code_address;
uint64_t xmm_in[32], xmm_out[32];

void enter(const void *code);

/* Registers in the order rax rcx rdx rbx rsp rbp rsi rdi r8..r15. */
__asm__(".text\n"
        ".globl enter\n"
        "enter:\n"
        "  push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "  mov %rsp, saved_rsp\n"
        "  mov %rdi, code_address\n"
        "  movups xmm_in, %xmm0;       movups xmm_in+16, %xmm1\n"
        "  movups xmm_in+32, %xmm2;    movups xmm_in+48, %xmm3\n"
        "  movups xmm_in+128, %xmm8;   movups xmm_in+240, %xmm15\n"
        "  mov regs_in, %rax;          mov regs_in+8, %rcx\n"
        "  mov regs_in+16, %rdx;       mov regs_in+24, %rbx\n"
        "  mov regs_in+40, %rbp;       mov regs_in+48, %rsi\n"
        "  mov regs_in+56, %rdi;       mov regs_in+64, %r8\n"
        "  mov regs_in+72, %r9;        mov regs_in+80, %r10\n"
        "  mov regs_in+88, %r11;       mov regs_in+96, %r12\n"
        "  mov regs_in+104, %r13;      mov regs_in+112, %r14\n"
        "  mov regs_in+120, %r15\n"
        "  cmp %eax, %eax\n" /* known flags */
        "  jmp *code_address\n"
        "finish:\n"
        "  mov %rax, regs_out;         mov %rcx, regs_out+8\n"
        "  mov %rdx, regs_out+16;      mov %rbx, regs_out+24\n"
        "  mov %rsp, regs_out+32;      mov %rbp, regs_out+40\n"
        "  mov %rsi, regs_out+48;      mov %rdi, regs_out+56\n"
        "  mov %r8, regs_out+64;       mov %r9, regs_out+72\n"
        "  mov %r10, regs_out+80;      mov %r11, regs_out+88\n"
        "  mov %r12, regs_out+96;      mov %r13, regs_out+104\n"
        "  mov %r14, regs_out+112;     mov %r15, regs_out+120\n"
        "  mov saved_rsp, %rsp\n"
        "  pushfq; popq flags_out\n"
        "  movups %xmm0, xmm_out;      movups %xmm1, xmm_out+16\n"
        "  movups %xmm2, xmm_out+32;   movups %xmm3, xmm_out+48\n"
        "  movups %xmm8, xmm_out+128;  movups %xmm15, xmm_out+240\n"
        "  cld\n"
        "  pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "  ret\n");

typedef enum { SKIP, GOOD_RDI, GOOD_RSI, GOOD_RSP, OPEN, RCX_3, FLIP, MASK_SSE, MASK_X87 } Repair;

#define DEFINED 0xcd5 /* OF DF SF ZF AF PF CF */
#define NO_AF   (DEFINED & ~0x10)
#define NONE    (DEFINED & ~0x8d5) /* after a divide: only DF */

/* name, repair, flags that are defined at the fault, initial rdi, initial rsi, code. The label
 * NAME_at stands on the instruction that faults and NAME_after behind it. */
#define CASES                                                                                      \
    CASE(null_store, GOOD_RDI, DEFINED, 0, 0,                                                      \
         "add $1, %rax; lea (%rax,%rbx,2), %r8; sub %rcx, %r9; xor %r10d, %r10d; cmp %rdx, %rcx",  \
         "mov %rax, (%rdi)", "adc $0, %rax; inc %r8; setc %r10b; mov %r8, 8(%rdi)")                \
    CASE(null_load, GOOD_RSI, DEFINED, 0, 8, "movabs $0x7fffffffffffffff, %rax; add $1, %rax",     \
         "mov -8(%rsi), %rbx", "seto %al; sets %ah")                                               \
    CASE(inc_keeps_carry, GOOD_RDI, DEFINED, 0, 0, "stc; inc %eax; dec %cl; mov %eax, %edx",       \
         "movb $7, 1(%rdi)", "rcl $1, %rdx")                                                       \
    CASE(logic_flags, GOOD_RDI, NO_AF, 16, 0, "and $0x0f, %eax; or %eax, %ebx; test %bl, %bl",     \
         "mov %bx, (%rdi)", "setp %al")                                                            \
    CASE(shift_flags, GOOD_RDI, DEFINED & ~0x10, 1, 0, "mov $0x80000001, %eax; shl $1, %eax",      \
         "mov %ah, (%rdi)", "rcr $1, %al")                                                         \
    CASE(neg_flags, GOOD_RDI, DEFINED, 1, 0, "neg %r15; sbb %r14, %r13; neg %r12b",                \
         "addl $5, 4(%rdi)", "pushfq; pop %rax; and $0x8d5, %rax")                                 \
    CASE(dead_flags, GOOD_RDI, DEFINED, 2, 0, "add %rax, %rbx", "mov %rbx, (%rdi)",                \
         "sub %rcx, %rbx; cmp $5, %rbx")                                                           \
    CASE(partial_registers, GOOD_RDI, DEFINED, 3, 0,                                               \
         "mov $0x11, %al; mov $0x22, %ah; mov $0x3333, %bx; mov $0x44444444, %ecx; xchg %al, %dh", \
         "mov %al, (%rdi)", "movzbl %ah, %esi; bswap %rax")                                        \
    CASE(read_modify_write, GOOD_RDI, DEFINED, 4, 0, "cmp %rax, %rax", "sub %rcx, (%rdi)", "nop")  \
    CASE(locked_add, GOOD_RDI, DEFINED, 4, 0, "cmp %rcx, %rax", "lock addq $3, (%rdi)", "nop")     \
    CASE(locked_xadd, GOOD_RDI, DEFINED, 4, 0, "cmp %rcx, %rax", "lock xadd %rax, (%rdi)", "nop")  \
    CASE(exchange, GOOD_RDI, DEFINED, 4, 0, "cmp %rcx, %rax", "xchg %rax, (%rdi)", "nop")          \
    CASE(compare_exchange, GOOD_RDI, DEFINED, 4, 0, "cmp %rcx, %rax", "lock cmpxchg %rbx, (%rdi)", \
         "nop")                                                                                    \
    CASE(cmpxchg16b, GOOD_RDI, DEFINED, 16, 0, "cmp %rcx, %rax", "lock cmpxchg16b (%rdi)", "nop")  \
    CASE(cmpxchg16b_misaligned, SKIP, DEFINED, (uint64_t)PAGE(0) + 8, 0, "cmp %rcx, %rax",         \
         "lock cmpxchg16b (%rdi)", "nop")                                                          \
    CASE(load_across, OPEN, DEFINED, 0, (uint64_t)PAGE(2) - 3, "mov $5, %eax; cmp $6, %eax",       \
         "mov (%rsi), %rax", "nop")                                                                \
    CASE(store_across, OPEN, DEFINED, (uint64_t)PAGE(2) - 3, 0, "mov $5, %eax; cmp $6, %eax",      \
         "mov %r8, (%rdi)", "nop")                                                                 \
    CASE(sse_load_across, OPEN, DEFINED, 0, (uint64_t)PAGE(2) - 8, "cmp %rcx, %rax",               \
         "movups (%rsi), %xmm1", "nop")                                                            \
    CASE(sse_store_across, OPEN, DEFINED, (uint64_t)PAGE(2) - 8, 0, "paddq %xmm1, %xmm2",          \
         "movups %xmm2, (%rdi)", "nop")                                                            \
    CASE(sse_misaligned, SKIP, DEFINED, (uint64_t)PAGE(0) + 8, 0, "pxor %xmm1, %xmm1",             \
         "movaps %xmm2, (%rdi)", "nop")                                                            \
    CASE(sse_misaligned_operand, SKIP, DEFINED, 0, (uint64_t)PAGE(0) + 4, "nop",                   \
         "paddd (%rsi), %xmm1", "nop")                                                             \
    CASE(read_only, OPEN, DEFINED, (uint64_t)PAGE(3) + 40, 0, "cmp %rcx, %rax", "orq $1, (%rdi)",  \
         "nop")                                                                                    \
    CASE(not_canonical, SKIP, DEFINED, 0x8000000000000000, 0, "cmp %rcx, %rax",                    \
         "mov %rax, (%rdi)", "nop")                                                                \
    CASE(push_fault, GOOD_RSP, DEFINED, 0, 0, "mov $0x18, %esp", "push %rax", "nop")               \
    CASE(pop_to_memory, GOOD_RDI, DEFINED, 0, 0, "push %rcx", "popq 8(%rdi)", "nop")               \
    CASE(push_memory, GOOD_RDI, DEFINED, 0, 0, "cmp %rcx, %rax", "pushq 8(%rdi)", "pop %rbx")      \
    CASE(call_fault, GOOD_RSP, DEFINED, 0, 0, "mov $0x28, %esp", "call 1f",                        \
         "1: pop %rax; xor %eax, %eax")                                                            \
    CASE(movsq_half, OPEN, DEFINED, (uint64_t)PAGE(2) - 36, (uint64_t)PAGE(0),                     \
         "mov $12, %ecx; cmp $3, %ecx", "rep movsq", "nop")                                        \
    CASE(movsb_source, OPEN, DEFINED, (uint64_t)PAGE(0), (uint64_t)PAGE(2) - 17,                   \
         "mov $100, %ecx; cmp $3, %ecx", "rep movsb", "nop")                                       \
    CASE(movsl_down, OPEN, DEFINED, (uint64_t)PAGE(3) + 8, (uint64_t)PAGE(1) + 200,                \
         "mov $9, %ecx; std; cmp $300, %ecx", "rep movsl", "cld")                                  \
    CASE(stosq_half, OPEN, DEFINED, (uint64_t)PAGE(2) - 40, 0, "mov $50, %ecx; stc", "rep stosq",  \
         "nop")                                                                                    \
    CASE(stosb_half, OPEN, DEFINED, (uint64_t)PAGE(2) - 5, 0, "mov $3000, %ecx; stc", "rep stosb", \
         "nop")                                                                                    \
    CASE(cmpsb_half, OPEN, NONE, (uint64_t)PAGE(2) - 10, (uint64_t)PAGE(2) - 10, "mov $20, %ecx",  \
         "repe cmpsb", "nop")                                                                      \
    CASE(scasb_half, OPEN, NONE, (uint64_t)PAGE(2) - 6, 0, "mov $20, %ecx; mov $0xee, %al",        \
         "repne scasb", "nop")                                                                     \
    CASE(lodsb, GOOD_RSI, DEFINED, 0, 5, "cmp %rcx, %rax", "lodsb", "nop")                         \
    CASE(divide_by_zero, RCX_3, NONE, 0, 0, "xor %ecx, %ecx; xor %edx, %edx; mov $100, %eax",      \
         "div %rcx", "add %rdx, %rax")                                                             \
    CASE(divide_overflow, SKIP, NONE, 0, 0, "mov $5, %edx; mov $2, %ecx", "div %ecx", "nop")       \
    CASE(idivide_overflow, RCX_3, NONE, 0, 0, "mov $-1, %rcx; mov $1, %eax; ror $1, %rax; cqo",    \
         "idiv %rcx", "nop")                                                                       \
    CASE(idiv8_zero, RCX_3, NONE, 0, 0, "mov $0, %cl; mov $77, %ax", "idiv %cl", "nop")            \
    CASE(divide_in_memory, OPEN, NONE, 0, (uint64_t)PAGE(2), "xor %edx, %edx", "divq (%rsi)",      \
         "nop")                                                                                    \
    CASE(undefined, SKIP, DEFINED, 0, 0, "cmp %rcx, %rax; mov $9, %r8d", "ud2", "add $1, %r8")     \
    CASE(breakpoint, FLIP, DEFINED, 0, 0, "cmp %rcx, %rax", "int3", "add $1, %r8")                 \
    CASE(halt, SKIP, DEFINED, 0, 0, "cmp %rcx, %rax", "hlt", "add $1, %r8")                        \
    CASE(port, SKIP, DEFINED, 0, 0, "cmp %rcx, %rax", "outb %al, $0x80", "nop")                    \
    CASE(clear_interrupts, SKIP, DEFINED, 0, 0, "cmp %rcx, %rax", "cli", "nop")                    \
    CASE(control_register, SKIP, DEFINED, 0, 0, "cmp %rcx, %rax", "mov %cr0, %rax", "nop")         \
    CASE(sse_divide, MASK_SSE, DEFINED, 0, 0,                                                      \
         "cmp %rcx, %rax; movl $0x1d80, -8(%rsp); ldmxcsr -8(%rsp); pxor %xmm1, %xmm1",            \
         "divpd %xmm1, %xmm2", "movl $0x1f80, -8(%rsp); ldmxcsr -8(%rsp)")                         \
    CASE(sse_invalid, MASK_SSE, DEFINED, 0, 0,                                                     \
         "movl $0x1f00, -8(%rsp); ldmxcsr -8(%rsp); pxor %xmm1, %xmm1; cmp %rcx, %rax",            \
         "divsd %xmm1, %xmm1", "movl $0x1f80, -8(%rsp); ldmxcsr -8(%rsp)")                         \
    CASE(sse_inexact, MASK_SSE, DEFINED, 0, 0,                                                     \
         "movl $0x0f80, -8(%rsp); ldmxcsr -8(%rsp); mov $3, %eax; cvtsi2sd %eax, %xmm0; "          \
         "mov $1, %eax; cvtsi2sd %eax, %xmm1; cmp %rcx, %rax",                                     \
         "divsd %xmm0, %xmm1", "movl $0x1f80, -8(%rsp); ldmxcsr -8(%rsp)")                         \
    CASE(sse_convert, MASK_SSE, DEFINED, 0, 0,                                                     \
         "movl $0x1f00, -8(%rsp); ldmxcsr -8(%rsp); pcmpeqd %xmm1, %xmm1; cmp %rcx, %rax",         \
         "cvttsd2si %xmm1, %rbx", "movl $0x1f80, -8(%rsp); ldmxcsr -8(%rsp)")                      \
    CASE(x87_divide, MASK_X87, DEFINED, 0, 0,                                                      \
         "movw $0x037b, -8(%rsp); fldcw -8(%rsp); fld1; fldz; fdivrp; cmp %rcx, %rax", "fwait",    \
         "fstp %st(0); fninit")                                                                    \
    CASE(loop_walks_off, OPEN, DEFINED, 0, (uint64_t)PAGE(1),                                      \
         "mov $600, %ecx; xor %eax, %eax; 1:", "add (%rsi), %rax",                                 \
         "lea 8(%rsi), %rsi; adc $0, %rbx; dec %ecx; jnz 1b")                                      \
    CASE(loop_store, OPEN, NONE, (uint64_t)PAGE(1) + 2048, 0,                                      \
         "mov $300, %ecx; xor %eax, %eax; 1: lea (%rax,%rcx), %rax; imul $3, %rax, %rdx",          \
         "mov %rdx, (%rdi)", "add $8, %rdi; sub $1, %ecx; jne 1b")                                 \
    WALK_ACROSS(walk_across_2, 2, "mov %dx, (%rdi)")                                               \
    WALK_ACROSS(walk_across_4, 4, "mov %edx, (%rdi)")                                              \
    WALK_ACROSS(walk_across_8, 8, "mov %rdx, (%rdi)")                                              \
    WALK_ACROSS(walk_across_ss, 4, "movss %xmm2, (%rdi)")                                          \
    WALK_ACROSS(walk_across_sd, 8, "movsd %xmm2, (%rdi)")                                          \
    WALK_ACROSS(walk_across_ps, 16, "movups %xmm2, (%rdi)")

/* A loop of misaligned stores of which one reaches into the closed page. */
#define WALK_ACROSS(name, size, store)                                                             \
    CASE(name, OPEN, NONE, (uint64_t)PAGE(2) - 1 - 20 * size, 0,                                   \
         "mov $40, %ecx; movabs $0x5051525354555657, %rdx; 1: sub $1, %rdx", store,                \
         "add $" #size ", %rdi; dec %ecx; jnz 1b")

#define CASE(name, repair, flags, rdi, rsi, before, insn, after)                                   \
    __asm__(#name "_code: " before "; " #name "_at: " insn "; " #name "_after: " after             \
                  "; jmp finish");                                                                 \
    extern const char name##_code[], name##_at[], name##_after[];
CASES
#undef CASE

typedef struct {
    const char *name;
    Repair repair;
    uint64_t flags, rdi, rsi;
    const char *code, *at, *after;
} Case;

static const Case cases[] = {
#define CASE(name, repair, flags, rdi, rsi, ...)                                                   \
    {#name, repair, flags, rdi, rsi, name##_code, name##_at, name##_after},
    CASES
#undef CASE
};

static const Case *current;
static int faults;

static const int greg_order[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                   REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                   REG_R12, REG_R13, REG_R14, REG_R15};

static void print_registers(const uint64_t *r)
{
    static const char *const names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    for (int i = 0; i < 16; i++)
        printf("%s%s=%lx", i % 8 ? " " : "\n   ", names[i],
               i == 4 && r[i] > 0x1000 ? r[i] - saved_rsp : r[i]);
    printf("\n");
}

static void handler(int signal, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    greg_t *g = uc->uc_mcontext.gregs;
    struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
    uint64_t values[16];
    int64_t offset = g[REG_RIP] - (greg_t)current->at;

    for (int i = 0; i < 16; i++)
        values[i] = (uint64_t)g[greg_order[i]];
    printf("  signal %d code %d", signal, info->si_code);
    if (signal == SIGSEGV)
        printf(" address %lx write %d", (uint64_t)info->si_addr, (int)(g[REG_ERR] >> 1) & 1);
    else if (signal != SIGTRAP)
        printf(" address at%+ld", (long)info->si_addr - (long)current->at);
    printf(" trap %d rip at%+ld flags %03lx mxcsr %04x", (int)g[REG_TRAPNO], offset,
           (uint64_t)g[REG_EFL] & current->flags, fp->mxcsr);
    print_registers(values);
    printf("    xmm %016lx\n", hash_bytes(HASH_START, fp->_xmm, sizeof fp->_xmm / 4));
    if (signal == SIGSEGV) /* a store that faults has written nothing */
        printf("    memory before the closed page %016lx\n",
               hash_bytes(HASH_START, PAGE(2) - 16, 16));
    if (current->repair == MASK_X87)
        printf("    x87 status %04x control %04x\n", fp->swd & 0x47bf, fp->cwd);
    if (++faults > 3)
        _Exit(9);

    switch (current->repair) {
    case SKIP:
        g[REG_RIP] = (greg_t)current->after;
        break;
    case GOOD_RDI:
        g[REG_RDI] = (greg_t)PAGE(0) + 64;
        break;
    case GOOD_RSI:
        g[REG_RSI] = (greg_t)PAGE(0) + 128;
        break;
    case GOOD_RSP:
        g[REG_RSP] = (greg_t)saved_rsp - 256;
        break;
    case OPEN:
        mprotect(PAGES, 4 * 4096, PROT_READ | PROT_WRITE);
        break;
    case RCX_3:
        g[REG_RCX] = 3;
        break;
    case FLIP:
        g[REG_EFL] ^= 0x41;
        break; /* ZF and CF, seen by the code that follows */
    case MASK_SSE:
        fp->mxcsr = 0x1f80;
        break;
    case MASK_X87:
        fp->cwd = 0x037f;
        fp->swd &= 0x7f00;
        break;
    }
    g[REG_R11] = 0x1234; /* and a register nobody uses */
    memcpy((char *)fp->_xmm + 15 * 16, "changed by hand", 16);
}

int main(void)
{
    static const int caught[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
        struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
        sigaction(caught[i], &action, NULL);
    }
    static char stack[65536];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    CHECK(mmap(PAGES, 4 * 4096, PROT_READ | PROT_WRITE,
               MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == PAGES);

    for (size_t n = 0; n < sizeof cases / sizeof *cases; n++) {
        current = &cases[n];
        mprotect(PAGES, 4 * 4096, PROT_READ | PROT_WRITE);
        for (int i = 0; i < 4 * 4096; i++)
            PAGES[i] = (unsigned char)(i * 7 + i / 256);
        memset(PAGE(2) - 16, 0xab, 32);
        mprotect(PAGE(2), 4096, PROT_NONE);
        mprotect(PAGE(3), 4096, PROT_READ);
        for (int i = 0; i < 16; i++)
            regs_in[i] = 0x1111111111111111ull * (unsigned)i + 0x0123456789abcdefull;
        for (int i = 0; i < 32; i++)
            xmm_in[i] = 0x3ff0000000000000 + 0x0000111111111111u * (unsigned)i;
        regs_in[7] = current->rdi;
        regs_in[6] = current->rsi;
        memset(regs_out, 0, sizeof regs_out);
        printf("%s\n", current->name);
        faults = 0;
        enter(current->code);
        printf("  finished, flags %03lx", flags_out & 0x400);
        print_registers(regs_out);
        printf("    xmm %016lx memory", hash_bytes(HASH_START, xmm_out, sizeof xmm_out));
        mprotect(PAGES, 4 * 4096, PROT_READ | PROT_WRITE);
        for (int i = 0; i < 4; i++)
            printf(" %016lx", hash_bytes(HASH_START, PAGE(i), 4096));
        printf("\n");
        CHECK(faults == 1);
    }
    return 0;
}
