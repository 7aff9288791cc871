/* jump_tables.c: calls and jumps through tables of addresses whose entries change, whose code
 * changes, is gone, comes back as other code or was never there, and through more of them than any
 * cache of places keeps apart; by one thread and by several. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "guest.h"

typedef uint64_t Function(uint64_t);

static NOINLINE uint64_t add_one(uint64_t x)
{
    return x + 1;
}

static NOINLINE uint64_t triple(uint64_t x)
{
    return x * 3;
}

static NOINLINE uint64_t turn(uint64_t x)
{
    return x << 9 | x >> 55;
}

static Function *const functions[3] = {add_one, triple, turn};

/* ---- entries that change ---- */

static Function *volatile table[4096];

static NOINLINE uint64_t run(uint64_t x, unsigned n, unsigned mask)
{
    for (unsigned i = 0; i < n; i++)
        x = table[(x ^ i) & mask](x);
    return x;
}

static void changing_entries(void)
{
    for (unsigned k = 0; k < 4096; k++)
        table[k] = functions[k % 3];
    printf("few places: %016lx\n", run(1, 100000, 7));
    printf("many places: %016lx\n", run(1, 100000, 4095));
    uint64_t x = 5;
    for (unsigned i = 0; i < 3000; i++) {
        table[i & 7] = functions[(i * 7 + i / 11) % 3];
        x = run(x, 16, 7);
    }
    printf("changed: %016lx\n", x);
}

/* ---- tables that move ---- */

static NOINLINE uint64_t run_in(Function *volatile *where, uint64_t x, unsigned n, unsigned mask)
{
    for (unsigned i = 0; i < n; i++)
        x = where[(x ^ i) & mask](x);
    return x;
}

/* Indices that are alike but for what is above a byte, and tables that share places. */
static void other_tables(void)
{
    uint64_t x = 7;
    for (unsigned k = 0; k < 4096; k++)
        table[k] = functions[(k ^ k >> 8) % 3];
    for (unsigned i = 0; i < 400; i++)
        x = run_in(table + i * 8, x, 50, 7);
    printf("moved: %016lx\n", x);
    for (unsigned i = 0; i < 400; i++)
        x = run_in(table + i % 3 * 1024, x, 50, 1023);
    printf("moved and long: %016lx\n", x);
}

/* ---- tables of offsets ---- */

static NOINLINE uint64_t by_offset(uint64_t x, unsigned n, unsigned turned)
{
    static const void *const places[3] = {&&odd, &&even, &&mixed};
    static volatile int offsets[3];
    const char *base = (const char *)(uintptr_t)offsets;
    for (unsigned k = 0; k < 3; k++)
        offsets[k] = (int)((const char *)places[(k + turned) % 3] - base);
next:
    if (n-- == 0)
        return x;
    goto *(base + offsets[x % 3]);
odd:
    x = x * 3 + 1;
    goto next;
even:
    x = x << 11 | x >> 53;
    goto next;
mixed:
    x ^= x >> 3 ^ n;
    goto next;
}

static void offsets_change(void)
{
    uint64_t x = by_offset(9, 1000, 0);
    for (unsigned i = 0; i < 300; i++)
        x = by_offset(x, i, i / 20);
    printf("offsets: %016lx\n", x);
}

/* ---- code that changes ---- */

static uint8_t *page;

/* mov eax, value; ret */
static void write_code(unsigned at, uint32_t value)
{
    uint8_t code[] = {0xb8, 0, 0, 0, 0, 0xc3};
    memcpy(code + 1, &value, 4);
    memcpy(page + at * 16, code, sizeof code);
}

static void map_page(int protection)
{
    page =
        mmap(page, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS | (page ? MAP_FIXED : 0), -1, 0);
    CHECK(page != MAP_FAILED);
}

static void changing_code(void)
{
    uint64_t sum = 0;
    map_page(PROT_READ | PROT_WRITE | PROT_EXEC);
    for (unsigned k = 0; k < 8; k++)
        table[k] = (Function *)(uintptr_t)(page + k * 16);
    for (unsigned i = 0; i < 2000; i++) {
        if (i % 500 == 400) /* other code at the same place, by way of another mapping */
            map_page(PROT_READ | PROT_WRITE | PROT_EXEC);
        for (unsigned k = 0; k < 8; k++) {
            if (i == 0 || i % 500 == 400 || (i + k) % 5 == 0)
                write_code(k, i * 8 + k);
        }
        for (unsigned k = 0; k < 8; k++)
            sum = sum * 31 + table[k](0);
    }
    printf("code: %016lx\n", sum);
}

/* ---- nothing there ---- */

static sigjmp_buf back;
static volatile uint64_t fault_rip, fault_address;

static void on_fault(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    (void)sig;
    fault_rip = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
    fault_address = (uint64_t)info->si_addr;
    siglongjmp(back, 1);
}

static NOINLINE uint64_t call_entry(unsigned k)
{
    return table[k](k);
}

static void nothing_there(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    static const uint64_t places[] = {0, 8, 0xffffffffffffffff, 0x800000000000, 0};
    for (unsigned n = 0; n < sizeof places / sizeof *places; n++) {
        for (unsigned warm = 0; warm < 50; warm++)
            CHECK(call_entry(n) == n + 1);
        table[n] = (Function *)places[n];
        if (sigsetjmp(back, 1) == 0)
            call_entry(n);
        printf("nothing at %016lx: address %lx, %s\n", places[n], fault_address,
               fault_rip == places[n] ? "there" : "at the call");
        table[n] = add_one;
    }
}

/* ---- threads ---- */

static atomic_uint round_number, arrived;

static void *caller(void *arg)
{
    uint64_t *sum = arg;
    for (unsigned r = 1; r <= 200; r++) {
        while (atomic_load(&round_number) != r)
            sched_yield();
        for (unsigned i = 0; i < 40; i++)
            *sum = *sum * 31 + table[i & 7](0);
        atomic_fetch_add(&arrived, 1);
    }
    return NULL;
}

static void several_threads(void)
{
    enum { THREADS = 3 };
    pthread_t t[THREADS];
    uint64_t sums[THREADS] = {0};
    map_page(PROT_READ | PROT_WRITE | PROT_EXEC);
    for (unsigned k = 0; k < 8; k++)
        table[k] = (Function *)(uintptr_t)(page + k * 16);
    for (unsigned k = 0; k < THREADS; k++)
        pthread_create(&t[k], NULL, caller, &sums[k]);
    for (unsigned r = 1; r <= 200; r++) {
        for (unsigned k = 0; k < 8; k++)
            write_code(k, r * 8 + k);
        atomic_store(&arrived, 0);
        atomic_store(&round_number, r);
        while (atomic_load(&arrived) != THREADS)
            sched_yield();
    }
    for (unsigned k = 0; k < THREADS; k++)
        pthread_join(t[k], NULL);
    printf("threads: %016lx %d %d\n", sums[0], sums[1] == sums[0], sums[2] == sums[0]);
}

int main(void)
{
    changing_entries();
    other_tables();
    offsets_change();
    changing_code();
    for (unsigned k = 0; k < 4096; k++)
        table[k] = add_one;
    nothing_there();
    several_threads();
    return 0;
}
