/* runner.c: AArch64's part of running random instructions (tests/rows/runner.h).
 *
 * runner_load() loads all registers from the block and branches to the case's code through x29,
 * which has that address. The code ends with a branch to runner_done, which is at an address that
 * generate.c knows (done.h) and stores all registers: TPIDR_EL0 keeps one for it.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "tests/aarch64/done.h"
#include "tests/rows/runner.h"

/* Offsets are known to the assembly below. */
typedef struct Block {
    uint64_t x[32]; /* x[31]: sp */
    uint64_t nzcv;  /* 256 */
    uint64_t fpsr;  /* 264 */
    uint64_t fpcr;  /* 272 */
    uint64_t tpidr; /* 280 */
    uint64_t v[64]; /* 288 */
    uint64_t stack; /* 800 */
} Block;

_Alignas(64) Block runner_block;
static Block *const block = &runner_block;

void runner_load(Block *b);

const uintptr_t runner_cases_at = RUNNER_CASES_AT;

/* clang-format off */
#define PAIRS(M, base)                                                                             \
    M(0, 1, base) M(2, 3, base) M(4, 5, base) M(6, 7, base) M(8, 9, base) M(10, 11, base)          \
    M(12, 13, base) M(14, 15, base) M(16, 17, base) M(18, 19, base) M(20, 21, base)                \
    M(22, 23, base) M(24, 25, base) M(26, 27, base) M(28, 29, base)
/* clang-format on */
#define LOAD(n, m, base)   "ldp x" #n ", x" #m ", [" base ", #8*" #n "]\n"
#define STORE(n, m, base)  "stp x" #n ", x" #m ", [" base ", #8*" #n "]\n"
#define VLOAD(n, m, base)  "ldp q" #n ", q" #m ", [" base ", #16*" #n "]\n"
#define VSTORE(n, m, base) "stp q" #n ", q" #m ", [" base ", #16*" #n "]\n"
#define KEPT(op)                                                                                   \
    op " x19, x20, [sp, #16]\n" op " x21, x22, [sp, #32]\n" op " x23, x24, [sp, #48]\n" op         \
       " x25, x26, [sp, #64]\n" op " x27, x28, [sp, #80]\n" op " d8, d9, [sp, #96]\n" op           \
       " d10, d11, [sp, #112]\n" op " d12, d13, [sp, #128]\n" op " d14, d15, [sp, #144]\n"
__asm__(".text\n.globl runner_load, runner_done\nrunner_load:\n"
        "stp x29, x30, [sp, #-176]!\n" KEPT(
            "stp") "mrs x1, tpidr_el0\nstr x1, [sp, #160]\n"
                   "mov x1, sp\nstr x1, [x0, #800]\nclrex\nmov x30, x0\n"
                   "ldr x0, [x30, #256]\nmsr nzcv, x0\nldr x0, [x30, #264]\nmsr fpsr, x0\n"
                   "ldr x0, [x30, #272]\nmsr fpcr, x0\nldr x0, [x30, #280]\nmsr tpidr_el0, x0\n"
                   "add x0, x30, #288\n" PAIRS(VLOAD, "x0")
                       VLOAD(30, 31, "x0") "ldr x0, [x30, #248]\nmov sp, x0\n" PAIRS(
                           LOAD,
                           "x30") "ldr x30, [x30, #240]\nbr x29\n"
                                  ".section .runner_done, \"ax\", %progbits\nrunner_done:\n"
                                  "msr tpidr_el0, x30\nadrp x30, runner_block\nadd x30, x30, "
                                  ":lo12:runner_block\n" PAIRS(
                                      STORE,
                                      "x30") "mrs x0, tpidr_el0\nstr x0, [x30, #240]\nmov x0, "
                                             "sp\nstr x0, [x30, #248]\n"
                                             "mrs x0, nzcv\nstr x0, [x30, #256]\nmrs x0, fpsr\nstr "
                                             "x0, [x30, #264]\n"
                                             "mrs x0, fpcr\nstr x0, [x30, #272]\nmsr fpcr, xzr\n"
                                             "add x0, x30, #288\n" PAIRS(VSTORE, "x0") VSTORE(
                                                 30, 31,
                                                 "x0") "ldr x0, [x30, #800]\nmov sp, x0\nldr "
                                                       "x0, [sp, #160]\nmsr tpidr_el0, "
                                                       "x0\n" KEPT("ldp") "ldp x29, x30, [sp], "
                                                                          "#176\nret\n.text\n");

void runner_set_pc(ucontext_t *uc, uintptr_t pc)
{
    uc->uc_mcontext.pc = pc;
}

/* ---- values of vector registers: lanes of one kind in each ---- */

enum { INTEGERS, HALVES, SINGLES, DOUBLES, KINDS, POOL = 1024 };
/* What most registers of a case have. */
static const uint8_t often[16] = {INTEGERS, INTEGERS, INTEGERS, INTEGERS, HALVES,  HALVES,
                                  SINGLES,  SINGLES,  SINGLES,  SINGLES,  SINGLES, DOUBLES,
                                  DOUBLES,  DOUBLES,  DOUBLES,  DOUBLES};
static uint64_t vectors[KINDS][POOL], integers[POOL];

static uint64_t lanes_of(unsigned bits)
{
    uint64_t v = 0;
    for (unsigned at = 0; at < 64; at += bits)
        v |= (bits == 16 ? number_float(11, 15) : number_float(24, 127)) << at;
    return v;
}

/* Small lanes have their edges too. */
static uint64_t small_integers(void)
{
    static const uint8_t edges[] = {0, 1, 127, 128, 255};
    uint64_t v = 0, r = number_next();
    for (unsigned i = 0; i < 8; i++)
        v |= (uint64_t)(r >> (i + 32) & 1 ? edges[(r >> 4 * i) % sizeof edges] : r >> 3 * i & 255)
             << 8 * i;
    return v;
}

void runner_start(void)
{
    for (unsigned i = 0; i < POOL; i++) {
        integers[i] = number_integer();
        vectors[INTEGERS][i] = i % 2 ? number_integer() : small_integers();
        vectors[HALVES][i] = lanes_of(16);
        vectors[SINGLES][i] = lanes_of(32);
        vectors[DOUBLES][i] = number_float(53, 1023);
    }
}

void runner_prepare(const Case *c, uint64_t base)
{
    static const uint32_t nzcv = 0xf0000000;
    unsigned kind = often[number_next() % sizeof often];
    for (unsigned i = 0; i < 32; i++) {
        uint64_t r = number_next(), pick = r >> 4;
        const uint64_t *from = vectors[r % 4 ? kind : pick % KINDS];
        block->x[i] = integers[pick % POOL];
        block->v[2 * i] = from[(pick >> 10) % POOL];
        block->v[2 * i + 1] = from[(pick >> 20) % POOL];
    }
    block->x[29] = (uintptr_t)c->code;
    block->x[31] &= -(uint64_t)16;
    if (c->index != CASE_NO_REGISTER)
        block->x[c->index] = c->index_value;
    if (c->base_kind != BASE_NONE)
        block->x[c->base] = base;
    block->nzcv = c->control & nzcv;
    block->fpcr = c->control & ~nzcv;
    block->fpsr = 0;
    block->tpidr = 0x1122334455667788;
}

void runner_run(void)
{
    runner_load(block);
}

const uint64_t *runner_words(unsigned *n)
{
    *n = offsetof(Block, stack) / sizeof(uint64_t);
    return block->x;
}

void runner_print(void)
{
    printf("nzcv %llx\nfpsr %llx\nfpcr %llx\n", (unsigned long long)block->nzcv >> 28,
           (unsigned long long)block->fpsr, (unsigned long long)block->fpcr);
    for (unsigned i = 0; i < 32; i++)
        printf("x%-2u %016llx\n", i, (unsigned long long)block->x[i]);
    for (unsigned i = 0; i < 32; i++)
        printf("v%-2u %016llx %016llx\n", i, (unsigned long long)block->v[2 * i + 1],
               (unsigned long long)block->v[2 * i]);
}
