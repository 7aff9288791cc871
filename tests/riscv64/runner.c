/* runner.c: RISC-V's part of running random instructions (tests/rows/runner.h).
 *
 * run() loads all registers from a block at tp, jumps to the case's code, which comes back to
 * runner_done, which stores them: tp and gp are the runner's own.
 */
#include <stddef.h>
#include <stdio.h>

#include "tests/rows/runner.h"

/* Offsets are known to the assembly below and to generate.c. */
typedef struct Block {
    uint64_t x[32], f[32];
    uint64_t fcsr;      /* 512 */
    uint64_t exit;      /* 520 */
    uint64_t code;      /* 528 */
    uint64_t saved[16]; /* 536 */
} Block;

static _Alignas(64) Block block;

void run(Block *b);

const uintptr_t runner_cases_at = 0x10000000;

#define LOAD(n)   "ld x" #n ", 8*" #n "(tp)\n"
#define STORE(n)  "sd x" #n ", 8*" #n "(tp)\n"
#define FLOAD(n)  "fld f" #n ", 256+8*" #n "(tp)\n"
#define FSTORE(n) "fsd f" #n ", 256+8*" #n "(tp)\n"
/* clang-format off */
#define EACH_HIGH(M)                                                                               \
    M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15) M(16) M(17) M(18) M(19) M(20)     \
    M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30) M(31)
#define EACH(M) M(0) M(1) M(2) M(3) M(4) EACH_HIGH(M)
/* clang-format on */
#define KEEP(op)                                                                                   \
    op " ra, 536(tp)\n" op " sp, 544(tp)\n" op " gp, 552(tp)\n" op " s0, 568(tp)\n" op             \
       " s1, 576(tp)\n" op " s2, 584(tp)\n" op " s3, 592(tp)\n" op " s4, 600(tp)\n" op             \
       " s5, 608(tp)\n" op " s6, 616(tp)\n" op " s7, 624(tp)\n" op " s8, 632(tp)\n" op             \
       " s9, 640(tp)\n" op " s10, 648(tp)\n" op " s11, 656(tp)\n"
__asm__(".text\n.option push\n.option norelax\n.globl run, runner_done\nrun:\n"
        "mv t0, tp\nmv tp, a0\nsd t0, 560(tp)\n" KEEP("sd") "ld t0, 512(tp)\nfscsr t0\n" EACH(FLOAD)
            LOAD(1) LOAD(2)
                EACH_HIGH(LOAD) "ld gp, 528(tp)\njr gp\n"
                                "runner_done:\n" STORE(1) STORE(2) EACH_HIGH(STORE)
                                    EACH(FSTORE) "frcsr t0\nsd t0, 512(tp)\nfscsr zero\n" KEEP(
                                        "ld") "ld tp, 560(tp)\nret\n.option pop\n");

void runner_set_pc(ucontext_t *uc, uintptr_t pc)
{
    uc->uc_mcontext.__gregs[0] = pc;
}

static uint64_t floating(void)
{
    uint64_t r = number_next();
    if (r % 16 == 0)
        return number_next(); /* most likely not boxed */
    if (r & 32)
        return number_float(11, 15) | ~0ull << 16;
    return r & 16 ? number_float(53, 1023) : number_float(24, 127) | ~0ull << 32;
}

void runner_start(void) {}

void runner_prepare(const Case *c, uint64_t base)
{
    for (unsigned i = 0; i < 32; i++) {
        block.x[i] = number_integer();
        block.f[i] = floating();
    }
    if (c->base_kind != BASE_NONE)
        block.x[c->base] = base;
    block.x[0] = block.x[3] = block.x[4] = 0;
    block.code = (uintptr_t)c->code;
    block.fcsr = c->control;
    block.exit = (uintptr_t)runner_done;
}

void runner_run(void)
{
    run(&block);
}

const uint64_t *runner_words(unsigned *n)
{
    *n = offsetof(Block, exit) / sizeof(uint64_t);
    return block.x;
}

void runner_print(void)
{
    printf("fcsr %llx\n", (unsigned long long)block.fcsr);
    for (unsigned i = 0; i < 32; i++)
        printf("x%-2u %016llx  f%-2u %016llx\n", i, (unsigned long long)block.x[i], i,
               (unsigned long long)block.f[i]);
}
