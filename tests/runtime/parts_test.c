/* parts_test.c: the engine's parts, each alone: guest memory table, packed fault sites, code arena
 * with its copy for forked children, memory accessors under faults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runtime/code_arena.h"
#include "runtime/fault.h"
#include "runtime/host/host.h"
#include "runtime/mem_table.h"
#include "runtime/sites.h"
#include "tests/check.h"

/* ---- what the engine asks of the Linux layer: not used here ---- */

void linux_syscall(Vcpu *v)
{
    (void)v;
}
void linux_poll(Vcpu *v)
{
    (void)v;
}
void linux_fault(Vcpu *v, const GuestFault *f)
{
    (void)v;
    (void)f;
}
void linux_async_signal(int sig, void *info, void *uc)
{
    (void)sig;
    (void)info;
    (void)uc;
}

/* ---- guest memory table, against one byte a page ---- */

enum { PAGES = 64, PAGE = 4096 };

static void compare(const MemTable *t, const uint8_t *model)
{
    for (uint32_t i = 0; i < PAGES; i++) {
        const MemRange *r = mem_table_find(t, (uint64_t)i * PAGE + 5);
        CHECK((r == NULL) == (model[i] == 0));
        if (r != NULL)
            CHECK(r->prot + 1 + (r->shared ? 8 : 0) == model[i]);
    }
    for (uint32_t i = 0; i + 1 < t->count; i++) {
        const MemRange *a = &t->ranges[i], *b = &t->ranges[i + 1];
        CHECK(a->start < a->end && a->end <= b->start);
        CHECK(a->end != b->start || a->prot != b->prot || a->shared != b->shared);
    }
}

static void test_mem_table(void)
{
    MemTable t = {0};
    uint8_t model[PAGES] = {0};
    srand(1);
    for (int n = 0; n < 20000; n++) {
        uint32_t a = (uint32_t)rand() % PAGES, b = a + 1 + (uint32_t)rand() % (PAGES - a);
        int prot = rand() % 4;
        bool shared = rand() % 4 == 0;
        int what = rand() % 3;
        if (what == 0)
            mem_table_set(&t, (uint64_t)a * PAGE, (uint64_t)b * PAGE, prot, shared);
        else if (what == 1)
            mem_table_clear(&t, (uint64_t)a * PAGE, (uint64_t)b * PAGE);
        else
            mem_table_protect(&t, (uint64_t)a * PAGE, (uint64_t)b * PAGE, prot);
        for (uint32_t i = a; i < b; i++) {
            if (what == 0)
                model[i] = (uint8_t)(prot + 1 + (shared ? 8 : 0));
            else if (what == 1)
                model[i] = 0;
            else if (model[i] != 0)
                model[i] = (uint8_t)(prot + 1 + (model[i] > 8 ? 8 : 0));
        }
        if (n % 50 == 0)
            compare(&t, model);
    }
    compare(&t, model);
    free(t.ranges);
}

/* ---- fault sites ---- */

static void test_sites(void)
{
    static const SlotDesc descs[] = {
        {"a", STATE_GUEST_OFFSET, IR_I64, 0},        {"b", STATE_GUEST_OFFSET + 8, IR_I64, 0},
        {"c", STATE_GUEST_OFFSET + 16, IR_I32, 0},   {"v", STATE_GUEST_OFFSET + 64, IR_V128, 0},
        {"w", STATE_GUEST_OFFSET + 128, IR_V128, 0}, {"d", STATE_GUEST_OFFSET + 24, IR_I64, 0},
        {"e", STATE_GUEST_OFFSET + 32, IR_I64, 0}};
    static const SlotTable slots = {.slots = descs, .count = 7, .guest = "toy"};
    static const SlotLoc locs[] = {
        {0, LOC_SLOT, 5, 0, 0},           {1, LOC_CONST, 0, 0, 0x8000000000000001u},
        {2, LOC_GPR, 7, 0, (uint64_t)-3}, {3, LOC_CONST, 0, 0, 0},
        {5, LOC_SPILL, 9, 0, 0},          {6, LOC_GPR, 8, LOC_SIGN, 0}};
    Arena arena = {0};
    CompiledCode cc = {.arena = &arena};
    for (uint32_t i = 0; i < 6; i++)
        *VEC_PUSH(&arena, &cc.locs) = locs[i];
    *VEC_PUSH(&arena, &cc.faults) = (FaultSite){.offset = 10, .count = 0, .pc = 0x7000};
    *VEC_PUSH(&arena, &cc.faults) = (FaultSite){.offset = 300,
                                                .first = 0,
                                                .count = 6,
                                                .pc = 0x6ff0,
                                                .trap = 5,
                                                .trap_arg = 77,
                                                .kind = SITE_TRAP};
    for (uint32_t i = 0; i < 16; i++)
        VEC_PUSH(&arena, &cc.vconsts)->b[i] = (uint8_t)i;
    SiteTable t = sites_pack(&cc, 0x7004);
    static Site site;
    CHECK(sites_find(&t, 10, &site) && site.fault.pc == 0x7000 && site.fault.trap == 0);
    CHECK(!sites_find(&t, 11, &site) && !sites_find(&t, 301, &site));
    CHECK(sites_find(&t, 300, &site));
    CHECK(site.fault.pc == 0x6ff0 && site.fault.trap == 5 && site.fault.trap_arg == 77);

    static CpuState s;
    static RawRegs raw;
    static Convention conv;
    memset(conv.home, -1, sizeof conv.home);
    conv.home[0] = 1;
    conv.home[4] = 2;
    raw.gpr[1] = 0x1111;
    raw.gpr[7] = 0xffffffff22222222;
    raw.gpr[8] = 0x1234567880000000;
    memset(raw.vec[2], 0x44, 16);
    memset(s.spill[9], 0x55, 8);
    uint64_t d = 0x3333, got;
    memcpy((uint8_t *)&s + descs[5].offset, &d, 8);
    sites_rebuild(&s, &slots, &conv, &site, t.vconsts, &raw);
    memcpy(&got, (uint8_t *)&s + descs[0].offset, 8);
    CHECK(got == 0x3333); /* slot d's value from before d was written */
    memcpy(&got, (uint8_t *)&s + descs[1].offset, 8);
    CHECK(got == 0x8000000000000001u);
    memcpy(&got, (uint8_t *)&s + descs[2].offset, 8);
    CHECK(got == 0x2222221f); /* in the slot's width */
    memcpy(&got, (uint8_t *)&s + descs[5].offset, 8);
    CHECK(got == 0x5555555555555555u);
    memcpy(&got, (uint8_t *)&s + descs[6].offset, 8);
    CHECK(got == 0xffffffff80000000u);
    CHECK(memcmp((uint8_t *)&s + descs[3].offset, cc.vconsts.data[0].b, 1) == 0);
    CHECK(memcmp((uint8_t *)&s + descs[4].offset, raw.vec[2], 16) == 0);
    arena_free(&arena);
}

/* ---- code arena ---- */

static void test_arena(void)
{
    CodeArena a;
    char err[128];
    uint32_t code, code2;
    uint64_t *data;
    CHECK(code_arena_init(&a, err, sizeof err));
    CHECK(code_arena_alloc(&a, 100, 3, &code, &data) && code == 0);
    CHECK(code_arena_alloc(&a, 1 << 20, 1, &code2, &data) && code2 == 112);
    a.rw[code2] = 0x5a;
    CHECK(a.rx[code2] == 0x5a);
    CHECK((uint64_t)((uint8_t *)data - a.rx) < 0x7fffffff && data[0] == 0);
    CHECK(!code_arena_alloc(&a, a.code_size, 1, &code2, &data));

    void *copy = code_arena_copy(&a);
    CHECK(copy != NULL);
    pid_t pid = fork();
    if (pid == 0) { /* what the parent writes from now on must not show here, nor the reverse */
        if (!code_arena_adopt(&a, copy))
            _exit(2);
        a.rw[112] = 0x77;
        _exit(a.rx[112] == 0x77 && a.rx[113] == 0 ? 0 : 1);
    }
    code_arena_drop_copy(&a, copy);
    int status = -1;
    a.rw[113] = 1;
    CHECK(waitpid(pid, &status, 0) == pid && status == 0);
    CHECK(a.rx[112] == 0x5a);
    code_arena_reset(&a);
    CHECK(a.used == a.first && a.data_used == 0);
}

/* ---- accessors ---- */

static void test_accessors(void)
{
    static const uint32_t sizes[] = {1, 2, 3, 4, 7, 8, 10, 16, 40};
    uint8_t *p = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static CpuState s;
    mprotect(p + PAGE, PAGE, PROT_NONE);
    fault_install();
    for (uint32_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        uint32_t n = sizes[i];
        uint8_t in[64], out[64] = {0};
        memset(in, (int)(0x11 * (i + 1)), sizeof in);
        CHECK(guest_write(&s, (uint64_t)(uintptr_t)p + 100, in, n) == 0);
        CHECK(guest_read(&s, (uint64_t)(uintptr_t)p + 100, out, n) == 0);
        CHECK(memcmp(in, out, n) == 0 && out[n] == 0);
        uint64_t edge = (uint64_t)(uintptr_t)p + PAGE - n + 1;
        uint8_t before = n > 1 ? *(uint8_t *)(uintptr_t)edge : 0;
        CHECK(guest_write(&s, edge, in, n) != 0);
        CHECK(n == 1 || *(uint8_t *)(uintptr_t)edge == before);
        GuestFault f = fault_recorded(&s);
        CHECK(f.kind == FAULT_SEGV && f.si_code == SEGV_ACCERR && f.write);
        CHECK(f.addr == (uint64_t)(uintptr_t)p + PAGE);
        CHECK(guest_read(&s, edge, out, n) != 0 && !fault_recorded(&s).write);
    }
    CHECK(guest_read(&s, 0x10, &s.spill, 8) != 0 && fault_recorded(&s).si_code == SEGV_MAPERR);
    CHECK(guest_read(&s, (uint64_t)1 << 63, &s.spill, 8) != 0);
    munmap(p, 2 * PAGE);
}

static uint64_t atomic_model(int op, uint64_t a, uint64_t b, uint64_t expected)
{
    switch (op) {
    case IR_aadd:
        return a + b;
    case IR_aand:
        return a & b;
    case IR_aor:
        return a | b;
    case IR_axor:
        return a ^ b;
    case IR_axchg:
        return b;
    default:
        return a == expected ? b : a;
    }
}

static void test_atomics(void)
{
    static const int ops[] = {IR_aadd, IR_aand, IR_aor, IR_axor, IR_axchg, IR_acas};
    static CpuState s;
    for (uint32_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        for (uint32_t size = 1; size <= 8; size *= 2) {
            for (int equal = 0; equal < 2; equal++) {
                uint64_t mask = size == 8 ? UINT64_MAX : (1ull << 8 * size) - 1;
                uint64_t mem = 0x8899aabbccddeeffu, b = 0x7071727374757677u;
                uint64_t was = mem, old = equal ? mem & mask : 1;
                uint64_t want = atomic_model(ops[i], mem & mask, b & mask, old) & mask;
                CHECK(guest_atomic(&s, ops[i], (uint64_t)(uintptr_t)&mem, &b, &old, size) == 0);
                CHECK((old & mask) == (was & mask));
                CHECK(mem == ((was & ~mask) | want));
            }
        }
        uint64_t old = 0, b = 0;
        CHECK(guest_atomic(&s, ops[i], 8, &b, &old, 8) != 0);
    }
    _Alignas(16) uint64_t mem[2] = {1, 2};
    uint64_t want[2] = {3, 4}, old[2] = {1, 2};
    CHECK(guest_atomic(&s, IR_acas, (uint64_t)(uintptr_t)mem, want, old, 16) == 0);
    CHECK(mem[0] == 3 && mem[1] == 4 && old[0] == 1 && old[1] == 2);
    CHECK(guest_atomic(&s, IR_acas, (uint64_t)(uintptr_t)mem, want, old, 16) == 0);
    CHECK(old[0] == 3 && old[1] == 4 && mem[0] == 3);
    CHECK(guest_atomic(&s, IR_acas, 16, want, old, 16) != 0);
}

int main(void)
{
    test_mem_table();
    test_sites();
    test_arena();
    test_accessors();
    test_atomics();
    return check_report();
}
