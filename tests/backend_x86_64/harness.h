/* harness.h: compiles a region with the x86-64 backend and, on an x86-64 host, runs it.
 *
 * Guest state is a slot table of this test's own: NINT i64 slots, NVEC v128 slots, one result slot
 * of each type; some are pinned. On other hosts run_region returns false: then only that everything
 * compiles (every op has a rule, every allocation passes its check) is tested.
 */
#ifndef DRAGOMAN_TESTS_BACKEND_X86_64_HARNESS_H
#define DRAGOMAN_TESTS_BACKEND_X86_64_HARNESS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "backend/backend.h"
#include "backend/x86_64/abi.h"
#include "ir/base/bits.h"
#include "ir/base/log.h"
#include "ir/internal.h"
#include "ir/soft.h"

enum {
    NINT = 6,
    NVEC = 4,
    SLOT_INT = 0,
    SLOT_VEC = NINT,
    SLOT_RESULT = NINT + NVEC, /* + IrType, IR_I8 .. IR_V128 */
    NSLOTS = SLOT_RESULT + IR_V128 + 1,
    CODE_SIZE = 1 << 20,
    DATA_WORDS = 64,
};

static SlotDesc h_slot[NSLOTS];
static SlotTable h_slots = {.slots = h_slot, .count = NSLOTS, .guest = "test"};
static Convention h_conv;
static ThreadState h_thread;
#define h_state h_thread.cpu
static uint8_t *h_code;  /* stubs, then the region under test */
static uint64_t *h_data; /* its data words */
static uint32_t h_stub[STUB_COUNT], h_stubs_size;
static uint8_t *h_shadow;
static EntryHeader h_empty = {UINT64_MAX, 0};
static _Atomic(const EntryHeader *) h_lookup[LOOKUP_SIZE];

static inline uint64_t slot_offset(unsigned slot)
{
    return h_slot[slot].offset;
}
static inline void *slot_at(unsigned slot)
{
    return (uint8_t *)&h_state + slot_offset(slot);
}

static inline void harness_init(void)
{
    static char names[NSLOTS][8];
    memset(h_conv.home, -1, sizeof h_conv.home);
    for (unsigned k = 0; k < NSLOTS; k++) {
        IrType t = k < NINT ? IR_I64 : k < SLOT_RESULT ? IR_V128 : (IrType)(k - SLOT_RESULT);
        if (t == IR_VOID)
            t = IR_I64;
        snprintf(names[k], sizeof names[k], "s%u", k);
        h_slot[k] = (SlotDesc){names[k], (uint16_t)(64 + 64 * k), (uint8_t)t, 0};
    }
    for (unsigned k = 0; k < NINT; k += 2)
        h_conv.home[SLOT_INT + k] = (int8_t)(k == 4 ? RSI : RAX + k);
    for (unsigned k = 0; k < NVEC; k += 2)
        h_conv.home[SLOT_VEC + k] = (int8_t)k;
    h_conv.home[SLOT_RESULT + IR_I64] = RDI;
    h_conv.home[SLOT_RESULT + IR_V128] = 9;
    int prot = PROT_READ | PROT_WRITE | PROT_EXEC;
    h_code = mmap(NULL, CODE_SIZE + 4096, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    h_data = (uint64_t *)(void *)(h_code + CODE_SIZE);
    h_shadow = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* After a change of features. */
static inline void harness_stubs(const BackendConfig *cfg)
{
    h_stubs_size = backend_x86_64.emit_stubs(cfg, &h_slots, h_code, CODE_SIZE / 2, h_stub);
    h_stubs_size = (h_stubs_size + 63) & ~63u;
    h_empty.entry = (uint64_t)(uintptr_t)h_code + h_stub[STUB_LOOKUP_MISS];
    for (unsigned k = 0; k < LOOKUP_SIZE; k++)
        h_lookup[k] = &h_empty;
    h_state.lookup = h_lookup;
    *state_jump(&h_state, 0, false).pc = state_no_jump(0);
    h_state.helper[STATE_SOFT_HELPER] = (uint64_t)(uintptr_t)ir_soft_op;
    uint64_t *top = (uint64_t *)(void *)(h_shadow + 65536 - 128);
    top[0] = top[1] = top[2] = top[3] = h_empty.entry;
    h_state.shadow_top = h_state.shadow_sp = (uint64_t)(uintptr_t)top;
    backend_x86_64.sync_code(h_code, (uint64_t)(uintptr_t)h_code, h_stubs_size);
}

/* Links code at `at` (an offset in h_code, 64-aligned). */
static inline void harness_link(const CompiledCode *cc, uint32_t at)
{
    uint8_t *rw = h_code + at;
    uint64_t rx = (uint64_t)(uintptr_t)rw;
    memcpy(rw, cc->code, cc->size);
    memset(h_data, 0, cc->data_words * sizeof *h_data);
    for (uint32_t k = 0; k < cc->relocs.count; k++) {
        const Reloc *r = &cc->relocs.data[k];
        uint64_t target = r->kind == RELOC_STUB ? (uint64_t)(uintptr_t)h_code + h_stub[r->index]
                                                : (uint64_t)(uintptr_t)&h_data[r->index];
        backend_x86_64.relocate(rw, rx, r, target);
    }
    backend_x86_64.sync_code(rw, rx, cc->size);
}

static inline void harness_compile(const BackendConfig *cfg, Region *r, CompiledCode *cc)
{
    static const PassContext promote = {.promote_only = true, .verify = true};
    char err[200];
    ir_optimise(r, &promote);
    *cc = (CompiledCode){.arena = r->arena};
    if (!backend_x86_64.compile(cfg, r, cc, err, sizeof err)) {
        printf("compile: %s\n", err);
        exit(1);
    }
    harness_link(cc, h_stubs_size);
}

static inline bool harness_can_run(void)
{
#if defined(__x86_64__)
    return true;
#else
    return false;
#endif
}

/* Enters the last compiled region. */
static inline void harness_enter(const CompiledCode *cc)
{
    typedef void Enter(CpuState *, uint64_t);
    Enter *enter = (Enter *)(uintptr_t)(h_code + h_stub[STUB_ENTER]);
    enter(&h_state, (uint64_t)(uintptr_t)h_code + h_stubs_size + cc->entry);
}

static uint64_t h_rng = 88172645463325252ull;
static inline uint64_t rnd64(void)
{
    h_rng ^= h_rng << 13;
    h_rng ^= h_rng >> 7;
    h_rng ^= h_rng << 17;
    return h_rng * 0x2545f4914f6cdd1dull;
}
static inline unsigned rnd(unsigned n)
{
    return (unsigned)((rnd64() >> 33) % n);
}

#endif
