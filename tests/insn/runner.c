/* runner.c: a guest program that executes encodings with random operands and prints what came of
 * each, so that a native run and a translated one can be compared.
 *
 *     insn-runner FILE [--sets N] [--every N] [--show CASE] [--arm N] [--soft N]
 *
 * A line for each encoding: number, row, name, bytes, hash of all results of its N sets of
 * operands, with a hash of the x87's pointers behind a dot, and the results themselves of an
 * instruction that need not be right to the last bit.
 * --show prints the results of one encoding in full. Results are the registers, the defined flags,
 * vector registers and MXCSR or the x87 state where they matter, memory around the operand, and the
 * signal, if one came: then the registers are those of the signal frame, which must be exact.
 */
#include <asm/prctl.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/insn/case.h"
#include "tests/insn/dot.h"
#include "tests/insn/scene.h"
#include "tests/insn/values.h"
#include "tests/insn/x87_state.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI };
enum { WINDOW = 512, WINDOW_LARGE = 1024 };

/* Layout known to the assembly below. */
typedef struct Regs {
    uint64_t gpr[16];    /* 0 */
    uint64_t flags;      /* 128 */
    uint64_t target;     /* 136 */
    uint64_t host_rsp;   /* 144 */
    uint32_t mxcsr;      /* 152 */
    uint32_t with_x87;   /* 156 */
    uint8_t xmm[16][16]; /* 160 */
    uint64_t host_mxcsr; /* 416 */
    uint64_t scratch[3]; /* 424 */
    FxImage x87;         /* 448 */
} Regs;
_Static_assert(offsetof(Regs, x87) == 448, "the assembly knows the offsets");

Regs regs __attribute__((visibility("hidden"), aligned(64)));
void run_case(void);
extern char run_case_end[];    /* where an encoding goes on */
extern char run_case_target[]; /* where a branch that is taken does */
uint32_t went __attribute__((visibility("hidden")));

__asm__(".text\n"
        "run_case:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, regs+144(%rip)\n"
        "stmxcsr regs+416(%rip)\n"
        "cmpl $0, regs+156(%rip)\n"
        "je 1f\n"
        "fxrstor64 regs+448(%rip)\n"
        "1: ldmxcsr regs+152(%rip)\n"
        "lea regs+160(%rip), %rax\n"
        "movdqu (%rax), %xmm0; movdqu 16(%rax), %xmm1\n"
        "movdqu 32(%rax), %xmm2; movdqu 48(%rax), %xmm3\n"
        "movdqu 64(%rax), %xmm4; movdqu 80(%rax), %xmm5\n"
        "movdqu 96(%rax), %xmm6; movdqu 112(%rax), %xmm7\n"
        "movdqu 128(%rax), %xmm8; movdqu 144(%rax), %xmm9\n"
        "movdqu 160(%rax), %xmm10; movdqu 176(%rax), %xmm11\n"
        "movdqu 192(%rax), %xmm12; movdqu 208(%rax), %xmm13\n"
        "movdqu 224(%rax), %xmm14; movdqu 240(%rax), %xmm15\n"
        "lea regs+128(%rip), %rsp\n"
        "popfq\n"
        "mov regs+0(%rip), %rax; mov regs+8(%rip), %rcx\n"
        "mov regs+16(%rip), %rdx; mov regs+24(%rip), %rbx\n"
        "mov regs+32(%rip), %rsp; mov regs+40(%rip), %rbp\n"
        "mov regs+48(%rip), %rsi; mov regs+56(%rip), %rdi\n"
        "mov regs+64(%rip), %r8; mov regs+72(%rip), %r9\n"
        "mov regs+80(%rip), %r10; mov regs+88(%rip), %r11\n"
        "mov regs+96(%rip), %r12; mov regs+104(%rip), %r13\n"
        "mov regs+112(%rip), %r14; mov regs+120(%rip), %r15\n"
        "jmp *regs+136(%rip)\n"
        "run_case_target:\n"
        "movl $1, went(%rip)\n"
        "run_case_end:\n"
        "mov %rax, regs+0(%rip); mov %rcx, regs+8(%rip)\n"
        "mov %rdx, regs+16(%rip); mov %rbx, regs+24(%rip)\n"
        "mov %rsp, regs+32(%rip); mov %rbp, regs+40(%rip)\n"
        "mov %rsi, regs+48(%rip); mov %rdi, regs+56(%rip)\n"
        "mov %r8, regs+64(%rip); mov %r9, regs+72(%rip)\n"
        "mov %r10, regs+80(%rip); mov %r11, regs+88(%rip)\n"
        "mov %r12, regs+96(%rip); mov %r13, regs+104(%rip)\n"
        "mov %r14, regs+112(%rip); mov %r15, regs+120(%rip)\n"
        "lea regs+136(%rip), %rsp\n"
        "pushfq\n"
        "mov regs+144(%rip), %rsp\n"
        "cld\n"
        "lea regs+160(%rip), %rax\n"
        "movdqu %xmm0, (%rax); movdqu %xmm1, 16(%rax)\n"
        "movdqu %xmm2, 32(%rax); movdqu %xmm3, 48(%rax)\n"
        "movdqu %xmm4, 64(%rax); movdqu %xmm5, 80(%rax)\n"
        "movdqu %xmm6, 96(%rax); movdqu %xmm7, 112(%rax)\n"
        "movdqu %xmm8, 128(%rax); movdqu %xmm9, 144(%rax)\n"
        "movdqu %xmm10, 160(%rax); movdqu %xmm11, 176(%rax)\n"
        "movdqu %xmm12, 192(%rax); movdqu %xmm13, 208(%rax)\n"
        "movdqu %xmm14, 224(%rax); movdqu %xmm15, 240(%rax)\n"
        "stmxcsr regs+152(%rip)\n"
        "ldmxcsr regs+416(%rip)\n"
        "cmpl $0, regs+156(%rip)\n"
        "je 1f\n"
        "fxsave64 regs+448(%rip)\n"
        "fninit\n"
        "1: pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n");

/* ---- one set of operands ---- */

static uint64_t rng_state;

static struct {
    int sig, code;
    uint64_t addr;
} caught;

static bool arm;        /* an AArch64 host: exceptions.def */
static bool soft;       /* the x87 is not this processor's own */
static uint8_t *window; /* the memory that a case may touch */
static unsigned window_size;

/* The address the operand is led to: mostly near the spot; sometimes across the end. */
static uint64_t choose_target(const InsnCase *c)
{
    uint64_t r = rng(&rng_state), at = MEMORY_SPOT + 64 + (r >> 8) % 64;
    bool checked = strncmp(c->name, "sha", 3) != 0; /* exceptions.def */
    if (c->kind & CASE_ALIGNED && ((r & 15) || !checked))
        at &= ~(uint64_t)15;
    else if ((r & 31) == 0)
        at = MEMORY_BASE + MEMORY_SIZE - 1 - (r >> 16) % 32;
    else if ((r & 31) == 1)
        at = MEMORY_SPOT + 4096 - (r >> 16) % 16; /* across a page */
    return at;
}

static void lead_to(const InsnCase *c, uint64_t target)
{
    uint64_t rest = target - (uint64_t)(int64_t)c->disp - (c->gs ? GS_BASE : 0);
    if (c->base != NO_REG && c->index != NO_REG) {
        regs.gpr[c->index] = (uint64_t)((int64_t)(rng(&rng_state) % 41) - 20);
        rest -= regs.gpr[c->index] << c->scale;
    }
    if (c->base != NO_REG)
        regs.gpr[c->base] = rest;
    else if (c->index != NO_REG)
        regs.gpr[c->index] = rest;
}

static void set_string(void)
{
    uint64_t r = rng(&rng_state);
    regs.gpr[RSI] = MEMORY_SPOT + 128 + (r & 63);
    regs.gpr[RDI] = MEMORY_SPOT + 128 + ((r >> 6) & 127);
    regs.gpr[RCX] = (r >> 13) & 31;
    if (((r >> 20) & 7) == 0) /* runs out of memory half way */
        regs.gpr[r >> 23 & 1 ? RSI : RDI] = MEMORY_BASE + MEMORY_SIZE - (r >> 24) % 64;
    if (((r >> 32) & 3) == 0)
        regs.flags |= 0x400;
    if (((r >> 34) & 3) == 0) /* something for compares to agree on */
        memset(window + 100, (int)(r >> 40 & 3), 200);
    if (((r >> 36) & 3) == 0)
        regs.gpr[RAX] = (r >> 40 & 3) * 0x0101010101010101u;
}

static void set_exchange(const InsnCase *c, uint64_t target)
{
    unsigned size = c->acc_size < 8 ? c->acc_size : 8;
    if (rng(&rng_state) & 1)
        return;
    if (c->dest_reg != NO_REG) {
        regs.gpr[c->dest_reg] = regs.gpr[RAX];
    } else if (c->mem_size && target + 16 <= MEMORY_BASE + MEMORY_SIZE) {
        bool pair = strcmp(c->name, "cmpxchg8b") == 0;
        unsigned half = pair ? c->acc_size / 2 : size;
        memcpy((void *)target, &regs.gpr[RAX], half);
        if (pair)
            memcpy((char *)target + half, &regs.gpr[RDX], half);
    }
}

/* An address to go to, where a jump, call or return takes it from. */
static void set_target(const InsnCase *c, uint64_t target)
{
    uint64_t to = regs.target + CODE_TARGET;
    if (c->dest_reg != NO_REG)
        regs.gpr[c->dest_reg] = to;
    else if (!c->mem_size)
        memcpy((void *)(uintptr_t)regs.gpr[RSP], &to, 8);
    else if (target + 8 <= MEMORY_BASE + MEMORY_SIZE)
        memcpy((void *)(uintptr_t)target, &to, 8);
}

static void set_divide(void)
{
    uint64_t r = rng(&rng_state);
    switch (r & 7) {
    case 0:
        regs.gpr[RDX] = 0;
        break;
    case 1:
        regs.gpr[RDX] = (uint64_t)((int64_t)regs.gpr[RAX] >> 63);
        break;
    case 2:
        regs.gpr[RDX] = (uint64_t)(int64_t)((int32_t)regs.gpr[RAX] >> 31);
        break;
    case 3:
        regs.gpr[RDX] = (r >> 8) & 3;
        regs.gpr[RAX] &= 0xffff00ff;
        break;
    default:
        break;
    }
}

static void set_mxcsr(const InsnCase *c)
{
    uint64_t r = rng(&rng_state);
    regs.mxcsr = 0x1f80;
    if (!(c->kind & CASE_FP))
        return;
    if (r & 1)
        regs.mxcsr |= (r >> 8) & 0xe07f; /* rounding, FTZ, DAZ, flags already set */
    if (((r >> 1) & 15) == 0)
        regs.mxcsr &= ~((uint32_t)(r >> 30) & 0x1f80);
    if ((regs.mxcsr & 0x1f80) != 0x1f80)
        regs.mxcsr &= ~0x3fu;
}

/* The operand of an x87 instruction: a number of its kind, an environment, or a whole state. */
static void set_x87_memory(const InsnCase *c, uint64_t target)
{
    uint8_t *p = (uint8_t *)(uintptr_t)target;
    uint64_t r = rng(&rng_state);
    FxImage image;
    if (target + c->mem_size > MEMORY_BASE + MEMORY_SIZE || (r & 7) == 0)
        return;
    if (c->mem_size == 10 && (r & 8)) {
        x87_random_number(&rng_state, p);
    } else if (c->mem_size == 10) { /* mostly decimal digits */
        for (unsigned i = 0; i < 9; i++)
            p[i] = (uint8_t)((rng(&rng_state) >> 32) % 10 << 4 | (rng(&rng_state) >> 32) % 10);
    } else if (c->mem_size == 14 || c->mem_size == 28 || c->mem_size > 90) {
        x87_random_image(&rng_state, &image, false);
        if (c->mem_size == 512) {
            image.mxcsr = (uint32_t)(r >> 16 & 0xffff);
            memcpy(p, &image, 160);
            return;
        }
        unsigned word = c->mem_size == 14 || c->mem_size == 94 ? 2 : 4;
        memcpy(p, &image.cw, 2);
        memcpy(p + word, &image.sw, 2);
        for (unsigned i = 0; i < 8 && c->mem_size > 90; i++)
            memcpy(p + 7 * word + 10 * i, &image.st[i], 10);
    }
}

static void set_x87(const InsnCase *c, uint64_t target)
{
    regs.with_x87 = (c->kind & (CASE_MMX | CASE_X87)) != 0;
    if (!regs.with_x87)
        return;
    x87_random_image(&rng_state, &regs.x87, false);
    for (unsigned i = 0; i < 8 && (c->kind & CASE_MMX); i++)
        regs.x87.st[i].m = random_int(&rng_state);
    regs.x87.mxcsr = regs.mxcsr;
    if ((c->kind & CASE_X87) && c->mem_size)
        set_x87_memory(c, target);
}

/* x87 pointers that are no addresses are cut differently by processors (exceptions.def). */
static void make_address(uint64_t at)
{
    int64_t *p = (int64_t *)(uintptr_t)at;
    *p = (int64_t)((uint64_t)*p << 16) >> 16;
}

/* A value for MXCSR in memory: mostly one that exists. */
static void limit_mxcsr(uint64_t at)
{
    *(uint32_t *)(uintptr_t)at &= rng(&rng_state) % 8 ? 0xffff : ~0x20000u;
}

/* Fills regs and the window; returns where the memory operand is. */
static uint64_t prepare(const InsnCase *c)
{
    uint64_t target = choose_target(c);
    unsigned how = (unsigned)(rng(&rng_state) % 3);
    for (unsigned i = 0; i < 16; i++)
        regs.gpr[i] = random_int(&rng_state);
    regs.flags = (rng(&rng_state) & 0x8d5) | 0x202;
    if (c->base == NO_REG && c->index == NO_REG)
        target = MEMORY_SPOT;
    bool low = target < MEMORY_SPOT + 2048;
    window = (uint8_t *)(uintptr_t)(low ? MEMORY_SPOT - 128 : target - 128);
    window_size = c->mem_size > 100 ? WINDOW_LARGE : WINDOW;
    if (window + window_size > (uint8_t *)(uintptr_t)(MEMORY_BASE + MEMORY_SIZE))
        window = (uint8_t *)(uintptr_t)(MEMORY_BASE + MEMORY_SIZE - window_size);
    random_vectors(&rng_state, window, window_size / 8, how);
    if (c->kind & CASE_VEC)
        random_vectors(&rng_state, regs.xmm, 32, how);
    set_mxcsr(c);
    set_x87(c, target);
    regs.gpr[RSP] = MEMORY_SPOT + 192 + (rng(&rng_state) & 63);
    if (c->kind & CASE_DIVIDE)
        set_divide();
    if (c->kind & CASE_STRING)
        set_string();
    if (c->kind & (CASE_STACK | CASE_XLAT | CASE_MASKMOV)) {
        unsigned reg = c->kind & CASE_STACK ? RBP : c->kind & CASE_XLAT ? RBX : RDI;
        regs.gpr[reg] = MEMORY_SPOT + 256 + (rng(&rng_state) & 63) - (c->gs ? GS_BASE : 0);
    }
    if (c->kind & CASE_BITS)
        regs.gpr[c->bit_reg] = (uint64_t)((int64_t)(rng(&rng_state) % 1024) - 512);
    if (c->kind & CASE_POPF) {
        uint32_t *word = (uint32_t *)(uintptr_t)regs.gpr[RSP];
        *word &= ~0x40100u;
    }
    if (c->kind & CASE_COUNT)
        regs.gpr[RCX] = rng(&rng_state) % (rng(&rng_state) % 2 ? 3 : 17);
    lead_to(c, target);
    if (c->kind & CASE_TARGET)
        set_target(c, target);
    if (strcmp(c->name, "ldmxcsr") == 0 && target + 4 <= MEMORY_BASE + MEMORY_SIZE)
        limit_mxcsr(target);
    if (strcmp(c->name, "fxrstor") == 0 && target + 28 <= MEMORY_BASE + MEMORY_SIZE) {
        limit_mxcsr(target + 24);
        make_address(target + 8);
        make_address(target + 16);
    }
    if (c->kind & CASE_EXCHANGE)
        set_exchange(c, target);
    return target;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    caught.sig = sig;
    caught.code = info->si_code;
    caught.addr = (uint64_t)info->si_addr;
    if (pc - CODE_BASE >= 0x8000000) {
        fprintf(stderr, "signal %d at %llx\n", sig, (unsigned long long)pc);
        _exit(2);
    }
    if (pc != regs.target)
        caught.code += 1000; /* not at the instruction */
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)run_case_end;
}

/* ---- results ---- */

/* Of the flags, which are compared: not those of a repeated comparison that faults
 * (exceptions.def). */
static uint64_t compared_flags(const InsnCase *c)
{
    bool compares = strcmp(c->name, "cmps") == 0 || strcmp(c->name, "scas") == 0;
    return regs.flags & ((compares && caught.sig == SIGSEGV ? 0 : c->flag_mask) | 0x400);
}

static uint64_t x87_pointers_hash(uint64_t h)
{
    const FxImage *x = &regs.x87;
    if (!regs.with_x87 || !x87_pointers_count(x))
        return h;
    h = hash_word(h, x->fop);
    h = hash_word(h, x->ip);
    return hash_word(h, x->dp);
}

static uint64_t x87_hash(const InsnCase *c, uint64_t h)
{
    const FxImage *x = &regs.x87;
    h = hash_word(h, x->cw | (uint64_t)x->tag << 32);
    if (!(c->kind & CASE_ULP))
        h = hash_word(h, x->sw);
    for (unsigned i = c->kind & CASE_ULP ? 2 : 0; i < 8; i++) {
        h = hash_word(h, x->st[i].m);
        h = hash_word(h, x->st[i].se);
    }
    return h;
}

static uint64_t result_hash(const InsnCase *c, uint64_t h)
{
    h = hash_words(h, regs.gpr, sizeof regs.gpr);
    h = hash_word(h, compared_flags(c));
    if (c->kind & CASE_VEC) {
        h = hash_words(h, regs.xmm, sizeof regs.xmm);
        h = hash_word(h, regs.mxcsr);
    }
    if (regs.with_x87)
        h = x87_hash(c, h);
    h = hash_words(h, window, window_size);
    h = hash_word(h, went);
    uint64_t addr = arm ? caught.addr & ~(uint64_t)15 : caught.addr;
    if (strcmp(c->name, "fldenv") == 0 || strcmp(c->name, "frstor") == 0)
        addr &= ~(uint64_t)4095; /* exceptions.def */
    return hash_word(h, (uint64_t)caught.sig << 32 ^ (uint64_t)caught.code ^ addr << 8);
}

static void show(const InsnCase *c, const char *when)
{
    printf("%s flags %03x branched %u mxcsr %04x signal %d code %d addr %llx\n", when,
           (unsigned)compared_flags(c), went, regs.mxcsr, caught.sig, caught.code,
           (unsigned long long)caught.addr);
    for (unsigned i = 0; i < 16; i++)
        printf("%s%016llx%s", i % 8 ? " " : "  gpr ", (unsigned long long)regs.gpr[i],
               i % 8 == 7 ? "\n" : "");
    for (unsigned i = 0; (c->kind & CASE_VEC) && i < 16; i++) {
        uint64_t q[2];
        memcpy(q, regs.xmm[i], 16);
        printf("%s%016llx%016llx%s", i % 4 ? " " : "  xmm ", (unsigned long long)q[1],
               (unsigned long long)q[0], i % 4 == 3 ? "\n" : "");
    }
    if (regs.with_x87)
        printf("  x87 cw %04x sw %04x tag %02x", regs.x87.cw, regs.x87.sw, regs.x87.tag);
    if (regs.with_x87 && x87_pointers_count(&regs.x87))
        printf(" fop %03x ip %llx dp %llx", regs.x87.fop, (unsigned long long)regs.x87.ip,
               (unsigned long long)regs.x87.dp);
    if (regs.with_x87)
        putchar('\n');
    for (unsigned i = 0; regs.with_x87 && i < 8; i++)
        printf("%s%04x.%016llx%s", i ? " " : "  st ", regs.x87.st[i].se,
               (unsigned long long)regs.x87.st[i].m, i == 7 ? "\n" : "");
    for (unsigned i = 0; i < window_size; i += 8) {
        uint64_t v;
        memcpy(&v, window + i, 8);
        printf("%s%016llx%s", i % 64 ? " " : "  mem ", (unsigned long long)v,
               i % 64 == 56 ? "\n" : "");
    }
}

/* Results that need not be the same to the last bit, for run.py. */
static char ulp_text[4096];

static void add_ulp_text(void)
{
    size_t n = strlen(ulp_text);
    snprintf(ulp_text + n, sizeof ulp_text - n, " %04x:%04x%016llx:%04x%016llx", regs.x87.sw,
             regs.x87.st[0].se, (unsigned long long)regs.x87.st[0].m, regs.x87.st[1].se,
             (unsigned long long)regs.x87.st[1].m);
}

/* exceptions.def: in what has been stored at p, the pointers where no exception is pending, and
 * FXSAVE's mask of MXCSR. */
static void forget_what_differs(const InsnCase *c, uint8_t *p)
{
    enum { SW_ES = 0x80 };
    if (strcmp(c->name, "fxsave") == 0) {
        memset(p + 28, 0, 4);
        if (!(p[2] & SW_ES))
            memset(p + 6, 0, 18);
    } else if (strcmp(c->name, "fnstenv") == 0 || strcmp(c->name, "fnsave") == 0) {
        unsigned word = c->mem_size % 28 == 0 || c->mem_size == 108 ? 4 : 2;
        if (!(p[word] & SW_ES))
            memset(p + 3 * word, 0, 4 * word);
    }
}

/* exceptions.def: what the processor had done of an x87 or MMX store when it faulted. */
static void forget_half_done(const InsnCase *c, uint64_t target)
{
    enum { END = MEMORY_BASE + MEMORY_SIZE };
    if (caught.sig != SIGSEGV || !(c->kind & CASE_STORE))
        return;
    if (c->kind & CASE_MMX)
        x87_forget_top(&regs.x87);
    else if (c->mem_size == 10 && target + 8 <= END && target + 10 > END)
        memset((void *)(uintptr_t)target, 0, 8);
}

static unsigned dot_lane(const InsnCase *c)
{
    return strcmp(c->name, "dpps") == 0 ? 4 : 8;
}

/* exceptions.def: which of the NaNs the sum is. */
static bool dot_differs(const InsnCase *c, uint64_t target)
{
    bool reg = c->src_reg != NO_REG;
    if (!(c->kind & CASE_DOT) || (!reg && target + 16 > MEMORY_BASE + MEMORY_SIZE))
        return false;
    const void *source = reg ? regs.xmm[c->src_reg] : (void *)(uintptr_t)target;
    return dot_has_choice(regs.xmm[c->dest_reg], source, c->code[c->length - 1], dot_lane(c));
}

/* exceptions.def: a denormal that stays as it was while underflow is unmasked. */
static bool underflow_differs(const InsnCase *c, const FxImage *before)
{
    enum { UE = 0x10 };
    bool denormal = (before->st[0].se & 0x7fff) == 0 && before->st[0].m != 0;
    return (strcmp(c->name, "fscale") == 0 || strncmp(c->name, "fprem", 5) == 0) && denormal &&
           !(before->cw & UE);
}

/* exceptions.def: a store that cannot be done, of what raises an exception, perhaps. */
static bool priority_differs(const InsnCase *c, uint64_t target, const FxImage *before)
{
    enum { IE = 1, OE = 8, UE = 16 };
    return (c->kind & CASE_X87) && (c->kind & CASE_STORE) &&
           target + c->mem_size > MEMORY_BASE + MEMORY_SIZE && (~before->cw & (IE | OE | UE));
}

typedef struct Hashes {
    uint64_t all, pointers;
} Hashes;

static Hashes run_sets(const InsnCase *c, unsigned number, unsigned sets, bool print)
{
    Hashes h = {number, number};
    ulp_text[0] = '\0';
    rng_state = 0x9e3779b97f4a7c15u + c->seed;
    for (unsigned s = 0; s < sets; s++) {
        memset(&caught, 0, sizeof caught);
        regs.target = CODE_BASE + number * CODE_STRIDE;
        went = 0;
        uint64_t target = prepare(c);
        FxImage x87_before = regs.x87;
        bool which_nan = dot_differs(c, target);
        if (print)
            show(c, "before");
        run_case();
        if ((c->kind & CASE_X87) && caught.sig != SIGSEGV)
            forget_what_differs(c, (uint8_t *)(uintptr_t)target);
        if (which_nan && !caught.sig)
            dot_forget_nans(regs.xmm[c->dest_reg], dot_lane(c));
        if (soft)
            forget_half_done(c, target);
        bool left_out =
            soft && (underflow_differs(c, &x87_before) || priority_differs(c, target, &x87_before));
        if (print)
            show(c, "after ");
        if (!left_out) {
            h.all = result_hash(c, h.all);
            h.pointers = x87_pointers_hash(h.pointers);
        }
        if (c->kind & CASE_ULP)
            add_ulp_text();
    }
    return h;
}

/* ---- setting up ---- */

/* The instruction, then a jump to where the registers are saved. */
static void write_code(const InsnCase *cases, unsigned count)
{
    size_t size = (size_t)count * CODE_STRIDE;
    uint8_t *code = map_at(CODE_BASE, size);
    for (unsigned i = 0; i < count; i++) {
        uint8_t *p = code + (size_t)i * CODE_STRIDE;
        memcpy(p, cases[i].code, cases[i].length);
        unsigned length = cases[i].length;
        if ((cases[i].kind & CASE_X87) && (i & 1))
            p[length++] = 0x9b; /* fwait: where an exception raised now comes */
        write_jump(p + length, run_case_end);
        write_jump(p + CODE_TARGET, run_case_target);
    }
    mprotect(code, size, PROT_READ | PROT_EXEC);
}

static InsnCase *read_cases(const char *path, unsigned *count)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(1);
    }
    fseek(f, 0, SEEK_END);
    *count = (unsigned)((size_t)ftell(f) / sizeof(InsnCase));
    rewind(f);
    InsnCase *cases = malloc(*count * sizeof *cases);
    if (fread(cases, sizeof *cases, *count, f) != *count)
        exit(1);
    fclose(f);
    return cases;
}

static void print_line(const InsnCase *c, unsigned number, Hashes h)
{
    char hex[31];
    for (unsigned i = 0; i < c->length; i++)
        sprintf(hex + 2 * i, "%02x", c->code[i]);
    printf("%u %u %s %s %016llx.%016llx%s\n", number, c->row, c->name, hex,
           (unsigned long long)h.all, (unsigned long long)h.pointers, ulp_text);
}

int main(int argc, char **argv)
{
    unsigned sets = 9, every = 1, count;
    long only = -1;
    if (argc < 2)
        return 1;
    for (int i = 2; i + 1 < argc; i += 2) {
        unsigned long v = strtoul(argv[i + 1], NULL, 0);
        if (strcmp(argv[i], "--sets") == 0)
            sets = (unsigned)v;
        else if (strcmp(argv[i], "--every") == 0)
            every = (unsigned)v;
        else if (strcmp(argv[i], "--arm") == 0)
            arm = v != 0;
        else if (strcmp(argv[i], "--soft") == 0)
            soft = v;
        else if (strcmp(argv[i], "--show") == 0)
            only = (long)v;
    }
    InsnCase *cases = read_cases(argv[1], &count);
    write_code(cases, count);
    map_at(MEMORY_BASE, MEMORY_SIZE);
    catch_signals(on_signal);
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, GS_BASE) != 0)
        return 1;
    for (unsigned i = 0; i < count; i += every) {
        if (only >= 0 && only != (long)i)
            continue;
        print_line(&cases[i], i, run_sets(&cases[i], i, sets, only >= 0));
    }
    return 0;
}
