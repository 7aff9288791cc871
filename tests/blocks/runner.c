/* runner.c: a guest program that runs blocks (block.h) with random operands and prints what came of
 * each, so that a native run and a translated one can be compared.
 *
 *     block-runner FILE [--sets N] [--arm N] [--soft N] [--show]
 *
 * A line for each block: number, a digest for each of its N sets of operands, a hash of all.
 * Results are the registers, the flags that are defined, the x87 and vector state and MXCSR as
 * FXSAVE writes them, data and stack, and the signal that ended the block, if one did: then all of
 * it is as the signal frame has it. --show prints the results in full.
 */
#include <asm/prctl.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/blocks/block.h"
#include "tests/insn/scene.h"
#include "tests/insn/values.h"
#include "tests/insn/x87_state.h"

enum { RSP = 4, RSI = 6, RDI = 7 };

/* Layout known to the assembly below. */
typedef struct State {
    uint64_t gpr[16];        /* 0 */
    uint64_t flags;          /* 128 */
    uint64_t entry;          /* 136 */
    uint64_t host_rsp;       /* 144 */
    uint64_t host[13];       /* 152: mxcsr, x87 control word */
    _Alignas(16) FxImage fx; /* 256 */
} State;
_Static_assert(offsetof(State, fx) == 256, "the assembly knows these");

State state __attribute__((visibility("hidden")));
void run_block(void);
extern char run_block_end[]; /* where a block goes on */

__asm__(".text\n"
        "run_block:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "mov %rsp, state+144(%rip)\n"
        "stmxcsr state+152(%rip)\n"
        "fnstcw state+160(%rip)\n"
        "fxrstorq state+256(%rip)\n"
        "lea state+128(%rip), %rsp\n"
        "popfq\n"
        "mov state+0(%rip), %rax; mov state+8(%rip), %rcx\n"
        "mov state+16(%rip), %rdx; mov state+24(%rip), %rbx\n"
        "mov state+32(%rip), %rsp; mov state+40(%rip), %rbp\n"
        "mov state+48(%rip), %rsi; mov state+56(%rip), %rdi\n"
        "mov state+64(%rip), %r8; mov state+72(%rip), %r9\n"
        "mov state+80(%rip), %r10; mov state+88(%rip), %r11\n"
        "mov state+96(%rip), %r12; mov state+104(%rip), %r13\n"
        "mov state+112(%rip), %r14; mov state+120(%rip), %r15\n"
        "jmp *state+136(%rip)\n"
        "run_block_end:\n"
        "mov %rax, state+0(%rip); mov %rcx, state+8(%rip)\n"
        "mov %rdx, state+16(%rip); mov %rbx, state+24(%rip)\n"
        "mov %rsp, state+32(%rip); mov %rbp, state+40(%rip)\n"
        "mov %rsi, state+48(%rip); mov %rdi, state+56(%rip)\n"
        "mov %r8, state+64(%rip); mov %r9, state+72(%rip)\n"
        "mov %r10, state+80(%rip); mov %r11, state+88(%rip)\n"
        "mov %r12, state+96(%rip); mov %r13, state+104(%rip)\n"
        "mov %r14, state+112(%rip); mov %r15, state+120(%rip)\n"
        "lea state+136(%rip), %rsp\n"
        "pushfq\n"
        "mov state+144(%rip), %rsp\n"
        "cld\n"
        "fxsaveq state+256(%rip)\n"
        "fnclex; emms\n"
        "fldcw state+160(%rip)\n"
        "ldmxcsr state+152(%rip)\n"
        "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "ret\n");

/* ---- one set of operands ---- */

enum { WINDOW_BEFORE = 256, WINDOW = 1024, STACK_WINDOW = 768 };
static uint8_t *const window = (uint8_t *)(uintptr_t)(BLOCK_SPOT - WINDOW_BEFORE);
static uint8_t *const stack = (uint8_t *)(uintptr_t)(BLOCK_STACK + 4096 - STACK_WINDOW / 2);

enum { FLAGS = 0x8d5, DF = 0x400 };

static struct {
    int sig, code;
    uint64_t addr, pc;
} caught;

static uint64_t seed; /* of values */
static bool arm;      /* an AArch64 host: tests/insn/exceptions.def */
static bool soft;     /* the x87 is not this processor's own: the same */

static uint64_t rnd(uint64_t below)
{
    return (rng(&seed) >> 20) % below;
}

static bool runs_out; /* a pointer may leave memory */

static uint64_t pointer(void)
{
    if (rnd(24) == 0) {
        runs_out = true;
        return BLOCK_DATA + BLOCK_SIZE - rnd(64);
    }
    uint64_t at = BLOCK_SPOT + rnd(256);
    return rnd(4) ? at & ~(uint64_t)15 : at;
}

static uint32_t random_mxcsr(void)
{
    uint32_t r = (uint32_t)(rng(&seed) >> 16), mxcsr = 0x1f80;
    if (r & 1)
        mxcsr |= (r >> 8) & 0xe07f; /* rounding, FTZ, DAZ, flags already set */
    if ((r >> 1 & 15) == 0) {
        mxcsr &= ~((uint32_t)(rng(&seed) >> 30) & 0x1f80);
        mxcsr &= ~(uint32_t)0x3f; /* those of exceptions now unmasked would be pending */
    }
    return mxcsr;
}

static void prepare(const Block *b)
{
    unsigned how = (unsigned)rnd(3);
    runs_out = false;
    random_vectors(&seed, window, WINDOW / 8, how);
    random_vectors(&seed, stack, STACK_WINDOW / 8, 0);
    memset((char *)(uintptr_t)(BLOCK_DATA + BLOCK_SIZE) - 256, 0, 256); /* stores that ran out */
    for (unsigned i = 0; i < 16; i++) {
        uint64_t v = random_int(&seed);
        state.gpr[i] = b->pointers >> i & 1 ? pointer() : b->indices >> i & 1 ? v & 31 : v;
    }
    state.gpr[RSP] = (uint64_t)(uintptr_t)stack + STACK_WINDOW / 2;
    state.flags = (rng(&seed) >> 8 & FLAGS) | 0x202;
    memset(&state.fx, 0, sizeof state.fx);
    bool calm = rnd(8) != 0 || (soft && runs_out); /* exceptions.def: stores that cannot be done */
    x87_random_image(&seed, &state.fx, calm);
    if ((state.fx.cw >> 8 & 3) == 1)
        state.fx.cw |= 0x200; /* precision control 01 is reserved */
    random_vectors(&seed, state.fx.xmm, 32, how);
    state.fx.mxcsr = random_mxcsr();
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    caught.sig = sig;
    caught.code = info->si_code;
    caught.addr = (uint64_t)info->si_addr;
    caught.pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    uc->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)run_block_end;
}

/* ---- results ---- */

/* The flags that are defined where the block ended. */
static unsigned defined_flags(const Block *b)
{
    uint64_t at = state.entry;
    for (unsigned i = 0; caught.sig && i < b->count; i++) {
        if (caught.pc == at)
            return b->insn[i].flags | DF;
        at += b->insn[i].length;
    }
    return (caught.sig ? 0 : b->end_flags) | DF;
}

/* Whether an operand of a string instruction is in memory that can be read: the kernel tries. */
static bool can_read(uint64_t at, unsigned size)
{
    for (unsigned i = 0; i < 2; i++) { /* its first and its last byte */
        uint64_t word = ((at + i * (size - 1)) & ~(uint64_t)7) | 8; /* of that page, not NULL */
        if (syscall(SYS_rt_sigprocmask, ~0, word, NULL, 8) < 0 && errno == EFAULT)
            return false;
    }
    return true;
}

/* The instruction that ended the block, as far as exceptions.def is concerned. */
typedef struct Ended {
    const uint8_t *opcode; /* NULL: it is not in the block */
    unsigned size;         /* of operands */
    bool prefix;           /* that is part of the opcode, or might be */
    uint64_t mask, gs;     /* of addresses */
} Ended;

static Ended decode_ended(void)
{
    const uint8_t *p = (const uint8_t *)(uintptr_t)caught.pc;
    Ended e = {NULL, 4, false, ~(uint64_t)0, 0};
    if (!caught.sig || caught.pc - state.entry >= BLOCK_STRIDE)
        return e;
    for (;; p++) {
        if (*p == 0x67)
            e.mask = 0xffffffff;
        else if (*p == 0x65)
            e.gs = BLOCK_GS;
        else if (*p == 0x66 || *p == 0xf2 || *p == 0xf3)
            e.prefix = true, e.size = *p == 0x66 ? 2 : e.size;
        else
            break;
    }
    if ((*p & 0xf0) == 0x40)
        e.size = *p++ & 8 ? 8 : e.size;
    e.opcode = p;
    return e;
}

/* CMPS with two operands that fault: which of them is reported. */
static bool both_operands_fault(const Ended *e)
{
    if (caught.sig != SIGSEGV || (*e->opcode & 0xfe) != 0xa6)
        return false;
    unsigned size = *e->opcode & 1 ? e->size : 1;
    return !can_read((state.gpr[RSI] & e->mask) + e->gs, size) &&
           !can_read(state.gpr[RDI] & e->mask, size);
}

/* MOVD, MOVQ, MOVNTQ to memory. */
static bool is_mmx_store(const Ended *e)
{
    const uint8_t *p = e->opcode;
    return !e->prefix && p[0] == 0x0f && (p[1] == 0x7e || p[1] == 0x7f || p[1] == 0xe7);
}

/* exceptions.def: what differs where an instruction faults. */
static void normalise_fault(void)
{
    Ended e = decode_ended();
    if (!e.opcode)
        return;
    if (both_operands_fault(&e))
        caught.code = 0, caught.addr = 0;
    if (soft && caught.sig == SIGSEGV && is_mmx_store(&e))
        x87_forget_top(&state.fx);
}

/* Takes out what is not compared. */
static void normalise(const Block *b)
{
    FxImage *fx = &state.fx;
    state.flags &= defined_flags(b);
    fx->fop = 0; /* processors differ in when they keep these three (Intel SDM vol. 1, 8.1.8) */
    fx->ip = fx->dp = 0;
    fx->mxcsr_mask = 0;
    fx->reserved = 0;
    for (unsigned i = 0; i < 8; i++)
        memset(fx->st[i].pad, 0, sizeof fx->st[i].pad);
    normalise_fault();
    if (arm)
        caught.addr &= ~(uint64_t)15;
}

/* One hash for each part of the results. */
enum { PARTS = 5 };
static void result_hashes(uint64_t part[PARTS])
{
    part[0] = hash_words(0, state.gpr, sizeof state.gpr);
    part[1] = hash_word(0, state.flags);
    part[2] = hash_words(0, &state.fx, offsetof(FxImage, rest));
    part[3] = hash_words(hash_words(0, window, WINDOW), stack, STACK_WINDOW);
    part[4] = hash_word(0, (uint64_t)caught.sig << 32 ^ (uint64_t)caught.code ^ caught.addr << 8);
    part[4] = hash_word(part[4], caught.sig ? caught.pc - state.entry : 0);
}

static void show_words(const char *what, const void *p, unsigned words, unsigned a_line)
{
    for (unsigned i = 0; i < words; i++) {
        uint64_t v;
        memcpy(&v, (const char *)p + 8 * i, 8);
        if (i % a_line == 0)
            printf("  %s[%02x]", what, i);
        printf(" %016llx%s", (unsigned long long)v, i % a_line == a_line - 1 ? "\n" : "");
    }
}

static void show(const char *when)
{
    printf("%s flags %03x mxcsr %04x signal %d code %d addr %llx pc +%llx\n", when,
           (unsigned)state.flags, state.fx.mxcsr, caught.sig, caught.code,
           (unsigned long long)caught.addr,
           (unsigned long long)(caught.sig ? caught.pc - state.entry : 0));
    show_words("gpr", state.gpr, 16, 4);
    printf("  x87 cw %04x sw %04x tags %02x\n", state.fx.cw, state.fx.sw, state.fx.tag);
    show_words("st ", state.fx.st, 16, 2);
    show_words("xmm", state.fx.xmm, 32, 2);
    show_words("mem", window, WINDOW / 8, 4);
    show_words("stk", stack, STACK_WINDOW / 8, 4);
}

/* Prints a byte for each part of each set's results, for a first look, and one hash of all. */
static void run_sets(const Block *b, unsigned number, unsigned sets, bool print)
{
    uint64_t h = b->seed, part[PARTS];
    seed = 0x9e3779b97f4a7c15u ^ (uint64_t)b->seed << 17;
    for (unsigned s = 0; s < sets; s++) {
        memset(&caught, 0, sizeof caught);
        prepare(b);
        state.entry = BLOCK_CODE + (uint64_t)number * BLOCK_STRIDE;
        if (print)
            show("before");
        run_block();
        normalise(b);
        if (print)
            show("after ");
        result_hashes(part);
        printf(s ? " " : "%u ", number);
        for (unsigned i = 0; i < PARTS; i++) {
            h = hash_word(h, part[i]);
            printf("%02x", (unsigned)(part[i] >> 40 & 0xff));
        }
    }
    printf(" %016llx\n", (unsigned long long)h);
}

/* ---- setting up ---- */

/* The block, then a jump to where the registers are saved. */
static void write_code(const Block *blocks, unsigned count)
{
    size_t size = (size_t)count * BLOCK_STRIDE;
    map_at(BLOCK_CODE, size);
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = BLOCK_CODE + (uint64_t)i * BLOCK_STRIDE;
        uint8_t *p = (uint8_t *)(uintptr_t)at;
        write_jump(p + block_assemble(&blocks[i], at, p), run_block_end);
    }
    mprotect((void *)(uintptr_t)BLOCK_CODE, size, PROT_READ | PROT_EXEC);
}

static Block *read_blocks(const char *path, unsigned *count)
{
    static char line[8192];
    FILE *f = fopen(path, "r");
    Block *blocks = NULL;
    unsigned room = 0;
    if (!f) {
        perror(path);
        exit(1);
    }
    for (*count = 0; fgets(line, sizeof line, f); ++*count) {
        if (*count == room) {
            room = 2 * room + 64;
            blocks = realloc(blocks, room * sizeof *blocks);
        }
        if (!blocks || !block_parse(&blocks[*count], line)) {
            fprintf(stderr, "%s: line %u is no block\n", path, *count + 1);
            exit(1);
        }
    }
    fclose(f);
    return blocks;
}

int main(int argc, char **argv)
{
    unsigned sets = 4, count;
    bool print = false;
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--show") == 0)
            print = true;
        else if (strcmp(argv[i], "--sets") == 0 && i + 1 < argc)
            sets = (unsigned)atoi(argv[++i]);
        else if (strcmp(argv[i], "--arm") == 0 && i + 1 < argc)
            arm = atoi(argv[++i]) != 0;
        else if (strcmp(argv[i], "--soft") == 0 && i + 1 < argc)
            soft = atoi(argv[++i]) != 0;
    }
    if (argc < 2)
        return 1;
    Block *blocks = read_blocks(argv[1], &count);
    if (count == 0)
        return 0;
    write_code(blocks, count);
    map_at(BLOCK_DATA, BLOCK_SIZE);
    map_at(BLOCK_STACK, 8192);
    catch_signals(on_signal);
    if (syscall(SYS_arch_prctl, ARCH_SET_GS, (unsigned long)BLOCK_GS) != 0)
        return 1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (unsigned i = 0; i < count; i++)
        run_sets(&blocks[i], i, sets, print);
    return 0;
}
