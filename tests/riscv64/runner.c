/* runner.c: runner CASES [NUMBER]: a RISC-V program that runs random instructions (case.h) and
 * writes a hash of each result to standard output, 8 bytes a case; with a number, that case's whole
 * result as text.
 *
 * run() loads all registers from a block at tp, jumps to the case's code, which comes back to
 * `done`, which stores them. A signal's handler changes pc to `done`: so the registers at the
 * instruction are what is compared, as the signal frame has them.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#include "tests/riscv64/case.h"

/* Offsets are known to the assembly below and to generate.c. */
typedef struct Block {
    uint64_t x[32], f[32];
    uint64_t fcsr;      /* 512 */
    uint64_t exit;      /* 520 */
    uint64_t code;      /* 528 */
    uint64_t saved[16]; /* 536 */
} Block;

static _Alignas(64) Block block;
static _Alignas(64) uint8_t data[CASE_DATA];
static volatile int caught;

void run(Block *b);
extern const char done[];

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
__asm__(".text\n.option push\n.option norelax\n.globl run, done\nrun:\n"
        "mv t0, tp\nmv tp, a0\nsd t0, 560(tp)\n" KEEP("sd") "ld t0, 512(tp)\nfscsr t0\n" EACH(FLOAD)
            LOAD(1) LOAD(2)
                EACH_HIGH(LOAD) "ld gp, 528(tp)\njr gp\n"
                                "done:\n" STORE(1) STORE(2) EACH_HIGH(STORE)
                                    EACH(FSTORE) "frcsr t0\nsd t0, 512(tp)\nfscsr zero\n" KEEP(
                                        "ld") "ld tp, 560(tp)\nret\n.option pop\n");

static void on_signal(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    caught = sig | info->si_code << 8;
    uc->uc_mcontext.__gregs[0] = (uintptr_t)done;
}

static uint64_t seed;

static uint64_t next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static uint64_t integer(void)
{
    static const uint64_t edges[] = {0,         1,          2,         ~0ull,      1ull << 63,
                                     INT64_MAX, 1ull << 31, INT32_MAX, UINT32_MAX, ~0ull << 31};
    uint64_t r = next();
    switch (r % 4) {
    case 0:
        return edges[(r >> 8) % (sizeof edges / sizeof edges[0])];
    case 1:
        return next() >> (r >> 8) % 64;
    default:
        return next();
    }
}

/* Numbers of all kinds; those near each other, near powers of two, and near the ends of the ranges
 * of integers, come often. */
static uint64_t number(unsigned digits, int max)
{
    uint64_t r = next(), fraction = next() & ((1ull << (digits - 1)) - 1);
    uint64_t sign = r & 1, e;
    switch ((r >> 1) % 8) {
    case 0: /* zeros, subnormals, infinities, NaNs */
        e = r >> 8 & 1 ? 0 : 2 * (unsigned)max + 1;
        fraction = r >> 9 & 1 ? fraction : r >> 10 & 1 ? 1ull << (digits - 2) : r >> 11 & 1;
        break;
    case 1:
        e = (r >> 8) % (2 * (unsigned)max + 2);
        break;
    case 2: /* around integers that just fit */
        e = (unsigned)max + 29 + (r >> 8) % 37;
        fraction = r >> 16 & 1 ? fraction : -(r >> 17 & 1) & ((1ull << (digits - 1)) - 1);
        break;
    case 3: /* the smallest and the greatest */
        e = r >> 8 & 1 ? (r >> 9) % 4 : 2 * (unsigned)max - (r >> 9) % 4;
        break;
    default:
        e = (unsigned)max - 3 + (r >> 8) % 7;
        if (r >> 16 & 1)
            fraction &= 7ull << (digits - 4);
        break;
    }
    return sign << (digits == 24 ? 31 : 63) | e << (digits - 1) | fraction;
}

static uint64_t floating(void)
{
    uint64_t r = next();
    if (r % 16 == 0)
        return next(); /* most likely not boxed */
    return r & 16 ? number(53, 1023) : number(24, 127) | ~0ull << 32;
}

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const uint64_t *w = p;
    for (size_t i = 0; i < n / 8; i++)
        h = (h ^ w[i]) * 0x9e3779b97f4a7c15u ^ h >> 29;
    return h;
}

static void run_case(const Case *c, CaseResult *r)
{
    seed = c->seed * 0x9e3779b97f4a7c15u | 1;
    for (unsigned i = 0; i < 32; i++) {
        block.x[i] = integer();
        block.f[i] = floating();
    }
    for (unsigned i = 0; i < 40; i++)
        memcpy(data + CASE_DATA / 2 + 8 * i, (uint64_t[]){i % 2 ? floating() : integer()}, 8);
    block.code = (uintptr_t)c->code;
    if (c->base_kind != BASE_NONE && c->base != 0)
        block.x[c->base] =
            (c->base_kind == BASE_DATA ? (uintptr_t)data + CASE_DATA / 2 : block.code) +
            (uint64_t)(int64_t)c->delta;
    block.fcsr = c->fcsr;
    block.exit = (uintptr_t)done;
    caught = 0;
    run(&block);
    memset(r, 0, sizeof *r);
    memcpy(r->x, block.x, sizeof r->x);
    memcpy(r->f, block.f, sizeof r->f);
    r->x[0] = r->x[3] = r->x[4] = 0;
    r->fcsr = (uint32_t)block.fcsr;
    r->sig = (uint32_t)caught;
    r->data = hash(0, data, sizeof data);
}

static void print(const Case *c, const CaseResult *r)
{
    printf("row %u base %u of x%u fcsr %x code", c->row, c->base_kind, c->base, c->fcsr);
    for (unsigned i = 0; i < CASE_CODE_WORDS; i++)
        printf(" %08x", c->code[i]);
    printf("\nsignal %x fcsr %x data %llx\n", r->sig, r->fcsr, (unsigned long long)r->data);
    for (unsigned i = 0; i < 32; i++)
        printf("x%-2u %016llx  f%-2u %016llx\n", i, (unsigned long long)r->x[i], i,
               (unsigned long long)r->f[i]);
}

int main(int argc, char **argv)
{
    static uint8_t stack[65536];
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t st = {.ss_sp = stack, .ss_size = sizeof stack};
    struct stat file;
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &file) != 0)
        return 2;
    const CaseFile *cf = mmap((void *)0x10000000, (size_t)file.st_size, PROT_READ | PROT_EXEC,
                              MAP_PRIVATE | MAP_FIXED, fd, 0);
    if (cf == MAP_FAILED || cf->magic != CASE_MAGIC)
        return 2;
    sigaltstack(&st, NULL);
    for (unsigned i = 0; i < 5; i++)
        sigaction((int[]){SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE}[i], &sa, NULL);
    uint32_t first = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
    uint32_t end = argc > 2 ? first + 1 : cf->count;
    for (uint32_t i = first; i < end; i++) {
        CaseResult r;
        run_case(&cf->cases[i], &r);
        uint64_t h = hash(i, &r, sizeof r);
        if (argc > 2)
            print(&cf->cases[i], &r);
        else
            fwrite(&h, sizeof h, 1, stdout);
    }
    return 0;
}
