/* runner.c: what the runners of all guests share; see runner.h. */
#include "tests/rows/runner.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILLED_WORDS = 64 };

static _Alignas(4096) uint8_t data[CASE_FAR];
static volatile int caught, running;
static uint64_t seed;

uint64_t number_next(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

uint64_t number_integer(void)
{
    static const uint64_t edges[] = {0,         1,          2,         ~0ull,      1ull << 63,
                                     INT64_MAX, 1ull << 31, INT32_MAX, UINT32_MAX, ~0ull << 31};
    uint64_t r = number_next();
    switch (r % 4) {
    case 0:
        return edges[(r >> 8) % (sizeof edges / sizeof edges[0])];
    case 1:
        return number_next() >> (r >> 8) % 64;
    default:
        return number_next();
    }
}

/* Numbers of all kinds; those near each other, near powers of two, and near the ends of the ranges
 * of integers, come often. */
uint64_t number_float(unsigned digits, int max)
{
    uint64_t r = number_next(), all = (1ull << (digits - 1)) - 1, fraction = number_next() & all;
    uint64_t sign = r & 1, e;
    unsigned bits = digits == 11 ? 16 : digits == 24 ? 32 : 64;
    switch ((r >> 1) % 8) {
    case 0: /* zeros, subnormals, infinities, NaNs */
        e = r >> 8 & 1 ? 0 : 2 * (unsigned)max + 1;
        fraction = r >> 9 & 1 ? fraction : r >> 10 & 1 ? 1ull << (digits - 2) : r >> 11 & 1;
        break;
    case 1:
        e = (r >> 8) % (2 * (unsigned)max + 2);
        break;
    case 2: /* around integers that just fit */
        e = (unsigned)max + (digits == 11 ? (r >> 8) % 16 : 29 + (r >> 8) % 37);
        fraction = r >> 16 & 1 ? fraction : -(r >> 17 & 1) & all;
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
    return sign << (bits - 1) | e << (digits - 1) | fraction;
}

static uint64_t hash(uint64_t h, const void *p, size_t n)
{
    const uint64_t *w = p;
    for (size_t i = 0; i < n / 8; i++)
        h = (h ^ w[i]) * 0x9e3779b97f4a7c15u ^ h >> 29;
    return h;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
    if (!running)
        _exit(3);
    /* qemu-user tells of other reasons than a kernel does. */
    caught = sig | (sig == SIGILL ? 0 : info->si_code << 8);
    runner_set_pc(context, (uintptr_t)runner_done);
}

/* The bytes that the case may reach; 0: it has no data. */
static size_t data_size(const Case *c)
{
    return c->base_kind == BASE_DATA ? CASE_NEAR : c->base_kind == BASE_DATA_FAR ? CASE_FAR : 0;
}

static void fill(size_t size)
{
    if (!size)
        return;
    memset(data, 0, size);
    for (unsigned i = 0; i < FILLED_WORDS; i++) {
        uint64_t v = i % 2 ? number_float(53, 1023) : number_integer();
        memcpy(data + size / 2 - sizeof v * FILLED_WORDS / 2 + sizeof v * i, &v, sizeof v);
    }
}

static void run(void)
{
    caught = 0;
    running = 1;
    runner_run();
    running = 0;
}

static void prepare(const Case *c)
{
    uint64_t base =
        c->base_kind == BASE_CODE ? (uintptr_t)c->code : (uintptr_t)data + data_size(c) / 2;
    seed = c->seed * 0x9e3779b97f4a7c15u | 1;
    fill(data_size(c));
    runner_prepare(c, base + (uint64_t)(int64_t)c->delta);
}

static void print(const Case *c)
{
    printf("base %u of register %u, delta %d, control %08x\n", c->base_kind, c->base, c->delta,
           c->control);
    printf("before:\n");
    runner_print();
    run();
    printf("after: signal %d code %d data %016llx\n", caught & 255, caught >> 8,
           (unsigned long long)hash(0, data, data_size(c)));
    runner_print();
}

static uint64_t result(const Case *c, uint32_t i)
{
    unsigned n;
    run();
    const uint64_t *words = runner_words(&n);
    uint64_t rest[2] = {(uint64_t)caught, hash(0, data, data_size(c))};
    return hash(hash(i, words, n * sizeof *words), rest, sizeof rest);
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
    const CaseFile *cf = mmap((void *)runner_cases_at, (size_t)file.st_size, PROT_READ | PROT_EXEC,
                              MAP_PRIVATE | MAP_FIXED, fd, 0);
    if (cf == MAP_FAILED || cf->magic != CASE_MAGIC)
        return 2;
    sigaltstack(&st, NULL);
    for (unsigned i = 0; i < 5; i++)
        sigaction((int[]){SIGILL, SIGSEGV, SIGBUS, SIGTRAP, SIGFPE}[i], &sa, NULL);
    seed = 1;
    runner_start();
    uint32_t first = argc > 2 ? (uint32_t)atoi(argv[2]) : 0;
    uint32_t end = argc > 2 ? first + 1 : cf->count;
    for (uint32_t i = first; i < end; i++) {
        prepare(&cf->cases[i]);
        if (argc > 2) {
            print(&cf->cases[i]);
        } else {
            uint64_t h = result(&cf->cases[i], i);
            fwrite(&h, sizeof h, 1, stdout);
        }
    }
    return 0;
}
