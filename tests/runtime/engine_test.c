/* engine_test.c: the whole engine under a toy guest (toy.h), interpreting and translating:
 * chaining, lookups, returns, exact faults, self-modifying code, changed mappings, flushes, forks,
 * kicks. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/engine.h"
#include "tests/runtime/toy.h"

static int failures;
static const char *engine_name;

#define CHECK(cond)                                                                                \
    do {                                                                                           \
        if (!(cond)) {                                                                             \
            printf("%s: %s:%d: %s\n", engine_name, __FILE__, __LINE__, #cond);                     \
            failures++;                                                                            \
        }                                                                                          \
    } while (0)

enum { PAGE = 4096, RAM = 1 << 20 };

static Engine *engine;

/* ---- the Linux layer of these tests ---- */

static GuestFault last_fault;
static uint64_t fault_pc;
static _Atomic int polls;
static _Atomic bool stop_at_poll;

enum { CALL_EXIT, CALL_FLUSH, CALL_FORK, CALL_COUNT };
static uint64_t calls;

static void do_fork(Vcpu *v)
{
    if (!engine_before_fork(v->engine))
        abort();
    pid_t pid = fork();
    engine_after_fork(v->engine, v, pid == 0);
    toy_regs(v->state)[0] = (uint64_t)pid;
}

void linux_syscall(Vcpu *v)
{
    switch (toy_regs(v->state)[0]) {
    case CALL_EXIT:
        v->exiting = true;
        v->exit_status = (int)toy_regs(v->state)[1];
        break;
    case CALL_FLUSH:
        engine_lock(v->engine);
        engine_flush(v->engine);
        engine_unlock(v->engine);
        break;
    case CALL_FORK:
        do_fork(v);
        break;
    default:
        calls++;
        break;
    }
}

void linux_fault(Vcpu *v, const GuestFault *f)
{
    last_fault = *f;
    fault_pc = v->state->pc;
    v->exiting = true;
}

void linux_poll(Vcpu *v)
{
    polls++;
    if (stop_at_poll)
        v->exiting = true;
}

void linux_async_signal(int sig, void *info, void *uc)
{
    (void)sig;
    (void)info;
    (void)uc;
}

/* ---- running programs ---- */

static uint8_t *ram;

static uint64_t at(uint64_t offset)
{
    return (uint64_t)(uintptr_t)ram + offset;
}

/* Guest memory as a Linux layer would give it. */
static void guest_map(uint64_t offset, uint64_t len, int prot)
{
    void *p = mmap(ram + offset, len, mem_host_prot(prot), MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                   -1, 0);
    CHECK(p == ram + offset);
    mem_mapped(engine, at(offset), len, prot, false);
}

static void load(uint64_t offset, const uint64_t *code, size_t bytes)
{
    mem_open_for_kernel(engine, at(offset), bytes);
    memcpy(ram + offset, code, bytes);
}
#define LOAD(offset, ...)                                                                          \
    load(offset, (const uint64_t[]){__VA_ARGS__}, sizeof((const uint64_t[]){__VA_ARGS__}))

static int run_on(Vcpu *v, uint64_t offset)
{
    v->exiting = false;
    v->exit_status = -1;
    v->state->pc = at(offset);
    toy_regs(v->state)[TOY_SP] = at(RAM - 64);
    return vcpu_run(v);
}

static void test_loop(Vcpu *v)
{
    /* r1 = sum of 1..1000, by a loop over two regions and a call in it */
    LOAD(0, toy(TOY_MOVI, 1, 0, 0), toy(TOY_MOVI, 2, 0, 1000),
         toy(TOY_CALL, 3, 0, 6 * 8), /* 16: loop, calls 64 */
         toy(TOY_ADDI, 2, 0, -1),    /* 24 */
         toy(TOY_JNZ, 2, 0, -2 * 8), /* 32: to 16 */
         toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0), 0,
         toy(TOY_ADD, 1, 2, 0), /* 64 */
         toy(TOY_RET, 3, 0, 0));
    CHECK(run_on(v, 0) == 500500);
}

static void test_indirect(Vcpu *v)
{
    /* an indirect jump that alternates between two places */
    LOAD(0, toy(TOY_MOVI, 1, 0, 0), toy(TOY_MOVI, 2, 0, 200), toy(TOY_JIND, 6, 0, 0), /* 16 */
         toy(TOY_ADDI, 2, 0, -1),                                                     /* 24 */
         toy(TOY_JNZ, 2, 0, -2 * 8), toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0), 0,
         toy(TOY_ADDI, 1, 0, 1), /* 64 */
         toy(TOY_ADDI, 6, 0, 40), toy(TOY_JMP, 0, 0, 24 - 80), 0, 0,
         toy(TOY_ADDI, 1, 0, 100), /* 104 */
         toy(TOY_ADDI, 6, 0, -40), toy(TOY_JMP, 0, 0, 24 - 120));
    toy_regs(v->state)[6] = at(64);
    CHECK(run_on(v, 0) == 100 + 100 * 100);
}

static void test_recursion(Vcpu *v)
{
    /* deeper than any shadow stack: r1 counts returns */
    LOAD(0, toy(TOY_MOVI, 1, 0, 0), toy(TOY_MOVI, 2, 0, 20000), toy(TOY_CALL, 3, 0, 6 * 8),
         toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0), 0, 0, 0,
         toy(TOY_PUSH, 3, 0, 0),                             /* 64 */
         toy(TOY_ADDI, 2, 0, -1), toy(TOY_JNZ, 2, 0, 4 * 8), /* 80: to 112 */
         toy(TOY_JMP, 0, 0, 5 * 8),                          /* 88: to 128 */
         0, 0, toy(TOY_CALL, 3, 0, -6 * 8),                  /* 112: to 64 */
         0, toy(TOY_ADDI, 1, 0, 1),                          /* 128 */
         toy(TOY_POP, 3, 0, 0), toy(TOY_RET, 3, 0, 0));
    /* the call at 112 returns to 120: jump on to 128 */
    LOAD(120, toy(TOY_JMP, 0, 0, 8));
    CHECK(run_on(v, 0) == 20000);
}

static void test_fault(Vcpu *v)
{
    LOAD(0, toy(TOY_MOVI, 1, 0, 11), toy(TOY_MOVI, 12, 0, 12), toy(TOY_MOVI, 5, 0, 0x1238),
         toy(TOY_ADDI, 1, 0, 1), toy(TOY_LOAD, 1, 5, 8), toy(TOY_MOVI, 1, 0, 99),
         toy(TOY_MOVI, 12, 0, 99));
    last_fault = (GuestFault){0};
    run_on(v, 0);
    CHECK(last_fault.kind == FAULT_SEGV && last_fault.addr == 0x1240 && !last_fault.write);
    CHECK(last_fault.si_code == SEGV_MAPERR && last_fault.trap_no == 14 && last_fault.err == 4);
    CHECK(fault_pc == at(32));
    CHECK(toy_regs(v->state)[1] == 12 && toy_regs(v->state)[12] == 12);

    LOAD(0, toy(TOY_MOVI, 5, 0, 0x1238), toy(TOY_STORE, 5, 5, 0));
    run_on(v, 0);
    CHECK(last_fault.write && last_fault.err == 6 && fault_pc == at(8));

    LOAD(0, toy(TOY_MOVI, 7, 0, 7), toy(TOY_ILLEGAL, 0, 0, 0));
    run_on(v, 0);
    CHECK(last_fault.kind == FAULT_ILL && last_fault.trap_no == 6 && fault_pc == at(8));
    CHECK(toy_regs(v->state)[7] == 7);

    LOAD(0, toy(TOY_MOVI, 7, 0, 8), toy(TOY_SERVICE, 0, 0, 2));
    run_on(v, 0);
    CHECK(last_fault.kind == FAULT_ILL && fault_pc == at(8));

    LOAD(0, toy(TOY_MOVI, 7, 0, 0x5000), toy(TOY_JIND, 7, 0, 0));
    run_on(v, 0);
    CHECK(last_fault.kind == FAULT_SEGV && last_fault.is_fetch && last_fault.addr == 0x5000);
    CHECK(fault_pc == 0x5000 && last_fault.err == 0x14);
}

static void test_services(Vcpu *v)
{
    LOAD(0, toy(TOY_MOVI, 0, 0, 40), toy(TOY_SERVICE, 0, 0, 1), toy(TOY_SERVICE, 0, 0, 1),
         toy(TOY_SYSCALL, 0, 0, 0), toy(TOY_MOVI, 1, 0, 0), toy(TOY_ADD, 1, 0, 0),
         toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0));
    calls = 0;
    CHECK(run_on(v, 0) == 42 && calls == 1);
}

/* A program that overwrites the instruction right behind the store, again and again: page p of the
 * program. Each round the store puts `addi r1, n` there with another n. */
static void test_self_modifying(Vcpu *v, int rounds)
{
    enum { P = 8 * PAGE };
    LOAD(P, toy(TOY_MOVI, 1, 0, 0), toy(TOY_MOVI, 2, 0, rounds),
         toy(TOY_STORE, 8, 9, 0),      /* 16: overwrites 24 */
         toy(TOY_ADDI, 1, 0, 1000000), /* 24 */
         toy(TOY_ADD, 8, 10, 0),       /* the next instruction to write: n + 1 */
         toy(TOY_ADDI, 2, 0, -1), toy(TOY_JNZ, 2, 0, -4 * 8), toy(TOY_MOVI, 0, 0, CALL_EXIT),
         toy(TOY_SYSCALL, 0, 0, 0));
    toy_regs(v->state)[8] = toy(TOY_ADDI, 1, 0, 1);
    toy_regs(v->state)[9] = at(P + 24);
    toy_regs(v->state)[10] = (uint64_t)1 << 32;
    CHECK(run_on(v, P) == rounds * (rounds + 1) / 2);
}

/* The same bytes are mapped anew with other code: no stale translation may run. */
static void test_remap(Vcpu *v)
{
    for (int i = 0; i < 5; i++) {
        guest_map(2 * PAGE, PAGE, PROT_READ | PROT_WRITE);
        LOAD(2 * PAGE, toy(TOY_MOVI, 1, 0, i), toy(TOY_MOVI, 0, 0, CALL_EXIT),
             toy(TOY_SYSCALL, 0, 0, 0));
        LOAD(0, toy(TOY_MOVI, 3, 0, 3), toy(TOY_JMP, 0, 0, 2 * PAGE - 8));
        last_fault = (GuestFault){0};
        run_on(v, 0); /* not executable yet */
        CHECK(last_fault.is_fetch && last_fault.si_code == SEGV_ACCERR && last_fault.err == 0x15);
        mprotect(ram + 2 * PAGE, PAGE, mem_host_prot(PROT_READ | PROT_EXEC));
        mem_protected(engine, at(2 * PAGE), PAGE, PROT_READ | PROT_EXEC);
        CHECK(run_on(v, 0) == i);
        munmap(ram + 2 * PAGE, PAGE);
        mem_unmapped(engine, at(2 * PAGE), PAGE);
        run_on(v, 0);
        CHECK(last_fault.is_fetch && last_fault.si_code == SEGV_MAPERR);
    }
    guest_map(2 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

/* Code in a page that is mapped twice: writes through the other mapping are seen. */
static void test_shared(Vcpu *v)
{
    int fd = memfd_create("shared", 0);
    CHECK(ftruncate(fd, PAGE) == 0);
    uint64_t *other = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    void *p = mmap(ram + 4 * PAGE, PAGE, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
    CHECK(p == ram + 4 * PAGE);
    close(fd);
    mem_mapped(engine, at(4 * PAGE), PAGE, PROT_READ | PROT_EXEC, true);
    for (int i = 1; i < 20; i++) {
        other[0] = toy(TOY_MOVI, 1, 0, i);
        other[1] = toy(TOY_MOVI, 0, 0, CALL_EXIT);
        other[2] = toy(TOY_SYSCALL, 0, 0, 0);
        CHECK(run_on(v, 4 * PAGE) == i);
    }
    /* a store of its own through the other mapping, to its next instruction */
    other[0] = toy(TOY_STORE, 8, 9, 0);
    other[1] = toy(TOY_MOVI, 1, 0, 5);
    other[2] = toy(TOY_MOVI, 0, 0, CALL_EXIT);
    other[3] = toy(TOY_SYSCALL, 0, 0, 0);
    toy_regs(v->state)[8] = toy(TOY_MOVI, 1, 0, 6);
    toy_regs(v->state)[9] = (uint64_t)(uintptr_t)&other[1];
    mem_mapped(engine, (uint64_t)(uintptr_t)other, PAGE, PROT_READ | PROT_WRITE, true);
    CHECK(run_on(v, 4 * PAGE) == 6);
    munmap(other, PAGE);
    mem_unmapped(engine, (uint64_t)(uintptr_t)other, PAGE);
    guest_map(4 * PAGE, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC);
}

static void test_flush(Vcpu *v)
{
    LOAD(0, toy(TOY_MOVI, 1, 0, 0), toy(TOY_MOVI, 2, 0, 20), toy(TOY_CALL, 3, 0, 7 * 8),
         toy(TOY_ADDI, 2, 0, -1), /* 24 */
         toy(TOY_JNZ, 2, 0, -2 * 8), toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0), 0,
         0, toy(TOY_MOVI, 0, 0, CALL_FLUSH), /* 72 */
         toy(TOY_SYSCALL, 0, 0, 0), toy(TOY_ADDI, 1, 0, 3), toy(TOY_RET, 3, 0, 0));
    CHECK(run_on(v, 0) == 60);
}

/* The child's new code must not show in the parent, nor the parent's in the child. */
static void test_fork(Vcpu *v)
{
    LOAD(0, toy(TOY_MOVI, 0, 0, CALL_FORK), toy(TOY_SYSCALL, 0, 0, 0),
         toy(TOY_JNZ, 0, 0, 4 * 8), /* parent: to 48 */
         toy(TOY_MOVI, 1, 0, 5), toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0),
         toy(TOY_MOVI, 1, 0, 6), /* 48 */
         toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0));
    for (int i = 0; i < 3; i++) {
        int status = run_on(v, 0);
        if (status == 5) { /* the child: it can still do everything */
            test_loop(v);
            test_self_modifying(v, 20);
            _exit(failures == 0 ? 0 : 1);
        }
        CHECK(status == 6);
        CHECK(wait(&status) > 0 && status == 0);
    }
}

static void *kicker(void *arg)
{
    usleep(20000);
    stop_at_poll = true;
    vcpu_kick(arg);
    return NULL;
}

static void test_kick(Vcpu *v)
{
    pthread_t thread;
    LOAD(0, toy(TOY_ADDI, 1, 0, 1), toy(TOY_JMP, 0, 0, -8));
    polls = 0;
    pthread_create(&thread, NULL, kicker, v);
    run_on(v, 0);
    pthread_join(thread, NULL);
    stop_at_poll = false;
    CHECK(polls > 0);
}

/* Two vCPUs: one runs a function all the time that the other rewrites, with flushes in between. */
static void *caller(void *arg)
{
    Vcpu *v = arg;
    CHECK(run_on(v, 16 * PAGE) == 77);
    return NULL;
}

static void test_threads(Vcpu *v)
{
    pthread_t thread;
    Vcpu *w = vcpu_new(engine);
    uint64_t *flag = (uint64_t *)(void *)(ram + 20 * PAGE);
    LOAD(18 * PAGE, toy(TOY_MOVI, 1, 0, 0), toy(TOY_RET, 3, 0, 0));
    LOAD(16 * PAGE, toy(TOY_CALL, 3, 0, 2 * PAGE),
         toy(TOY_STORE, 1, 6, 8), /* what the function answered */
         toy(TOY_LOAD, 2, 6, 0), toy(TOY_JNZ, 2, 0, 2 * 8), toy(TOY_JMP, 0, 0, -4 * 8),
         toy(TOY_MOVI, 1, 0, 77), toy(TOY_MOVI, 0, 0, CALL_EXIT), toy(TOY_SYSCALL, 0, 0, 0));
    flag[0] = flag[1] = 0;
    toy_regs(w->state)[6] = (uint64_t)(uintptr_t)flag;
    pthread_create(&thread, NULL, caller, w);
    for (int i = 1; i < 60; i++) {
        if (i % 8 == 0)
            test_flush(v);
        else
            LOAD(0, toy(TOY_STORE, 8, 9, 0), toy(TOY_MOVI, 0, 0, CALL_EXIT),
                 toy(TOY_SYSCALL, 0, 0, 0));
        toy_regs(v->state)[8] = toy(TOY_MOVI, 1, 0, i);
        toy_regs(v->state)[9] = at(18 * PAGE);
        if (i % 8 == 0)
            continue;
        run_on(v, 0);
        for (int n = 0; n < 100000 && __atomic_load_n(&flag[1], __ATOMIC_ACQUIRE) != (uint64_t)i;
             n++)
            usleep(10);
        CHECK(flag[1] == (uint64_t)i);
    }
    __atomic_store_n(&flag[0], 1, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    vcpu_free(w);
}

static void test_ours(void)
{
    CHECK(!mem_is_ours(engine, at(0), RAM));
    CHECK(mem_is_ours(engine, (uint64_t)(uintptr_t)engine, 8));
    CHECK(mem_is_ours(engine, (uint64_t)(uintptr_t)&failures, 8));
    CHECK(mem_prot(engine, at(0)) == (PROT_READ | PROT_WRITE | PROT_EXEC));
}

static void run_all(bool interp)
{
    EngineOptions opt = {
        .interp = interp, .max_optimised = UINT64_MAX, .check = true, .stats = true};
    engine_name = interp ? "interp" : "translate";
    engine = engine_new(&guest_toy, &opt);
    ram = mmap(NULL, RAM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    guest_map(0, RAM, PROT_READ | PROT_WRITE | PROT_EXEC);
    Vcpu *v = vcpu_new(engine);
    test_loop(v);
    test_indirect(v);
    test_recursion(v);
    test_fault(v);
    test_services(v);
    test_self_modifying(v, 3);
    test_self_modifying(v, 100);
    test_remap(v);
    test_shared(v);
    test_flush(v);
    test_fork(v);
    test_kick(v);
    test_threads(v);
    test_ours();
    vcpu_free(v);
}

int main(int argc, char **argv)
{
    if (argc < 2 || strcmp(argv[1], "translate") != 0)
        run_all(true);
    if (argc < 2 || strcmp(argv[1], "interp") != 0)
        run_all(false);
    if (failures == 0)
        puts("ok");
    return failures != 0;
}
