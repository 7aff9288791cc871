/* emulate.c (AArch64): misaligned accesses that the host refuses.
 *
 * LDAPR, LDAR, STLR and the LSE atomics fault when they cross 16 bytes (without FEAT_LSE2: when not
 * naturally aligned), LDXR always does. The fault handler has them done here with barriers; the
 * engine then retranslates the guest instruction in the barrier form.
 *
 * A misaligned atomic inside 16 aligned bytes is one compare-and-swap of those, so truly atomic.
 * One that straddles them (x86: a split lock) is two under a process-wide lock: atomic against
 * other such accesses; a plain access of another thread may see it half done.
 *
 * Words are recognised as Arm ARM C4.1 has them; loops of LDXR and STXR only as emit_atomic.c of
 * the code generator makes them:
 *
 *     ldxr w16, [xn]; add w17, w16, wm; stxr w30, w17, [xn]; cbnz w30; ...       add and or xor
 *     ldxr w16, [xn]; stxr w30, wm, [xn]; cbnz ...                               xchg
 *     ldxr w16, [xn]; subs wzr, w16, wm; b.ne; stxr w30, wd, [xn]; cbnz ...      cas
 */
#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>

#include "runtime/fault.h"
#include "runtime/host/host.h"

int host_atomic_aligned(uint64_t op, uint64_t addr, const void *operand, void *old, uint64_t size);

/* ---- misaligned atomics ---- */

static atomic_flag split_lock = ATOMIC_FLAG_INIT;

/* What `op` makes of the size low bytes of *now; false: a compare that failed. */
static bool combine(uint64_t op, uint64_t operand, uint64_t expected, uint64_t mask, uint64_t *now)
{
    switch ((HostAtomic)op) {
    case HOST_ADD:
        *now += operand;
        break;
    case HOST_AND:
        *now &= operand;
        break;
    case HOST_OR:
        *now |= operand;
        break;
    case HOST_XOR:
        *now ^= operand;
        break;
    case HOST_XCHG:
        *now = operand;
        break;
    case HOST_CAS:
        if (((*now ^ expected) & mask) != 0)
            return false;
        *now = operand;
        break;
    }
    return true;
}

/* Replaces bytes [at, at + size) of the 16 aligned bytes at block if they still equal *from. On
 * return 0 *from holds what was there; 1: a fault; 2: they were different. */
static int swap_within(uint64_t block, unsigned at, unsigned size, void *from, const void *to)
{
    uint8_t was[16], want[16], old[16];
    if (host_read(block, was, 16) != 0)
        return 1;
    for (;;) {
        if (memcmp(was + at, from, size) != 0) {
            memcpy(from, was + at, size);
            memcpy(want, was, 16);
        } else {
            memcpy(want, was, 16);
            memcpy(want + at, to, size);
        }
        memcpy(old, was, 16);
        if (host_atomic_aligned(HOST_CAS, block, want, old, 16) != 0)
            return 1;
        if (memcmp(old, was, 16) == 0)
            return memcmp(want + at, to, size) == 0 ? 0 : 2;
        memcpy(was, old, 16);
    }
}

/* One try at an access inside 16 aligned bytes: 0 done, 1 fault, 2 again with the new *from. */
static int atomic_within(uint64_t addr, unsigned size, uint64_t *from, uint64_t to)
{
    return swap_within(addr & ~(uint64_t)15, addr & 15, size, from, &to);
}

static int atomic_across(uint64_t addr, unsigned size, uint64_t *from, uint64_t to)
{
    uint8_t a[8], b[8];
    uint64_t next = (addr | 15) + 1;
    unsigned low = (unsigned)(next - addr);
    memcpy(a, from, 8);
    memcpy(b, &to, 8);
    /* The far half first: if it is not writable, nothing has been written. */
    int r = swap_within(next, 0, size - low, a + low, b + low);
    if (r == 0)
        r = swap_within(next - 16, 16 - low, low, a, b);
    if (r == 2)
        memcpy(from, a, 8);
    return r;
}

int host_atomic(uint64_t op, uint64_t addr, const void *operand, void *old, uint64_t size)
{
    if ((addr & (size - 1)) == 0 || size == 16)
        return host_atomic_aligned(op, addr, operand, old, size);
    uint64_t value = 0, expected = 0, now = 0, mask = ~(uint64_t)0 >> (64 - 8 * size);
    bool across = (addr & 15) + size > 16;
    int r;
    memcpy(&value, operand, size);
    memcpy(&expected, old, size);
    while (across && atomic_flag_test_and_set(&split_lock))
        ;
    r = host_read(addr, &now, size) != 0 ? 1 : 2;
    while (r == 2) {
        uint64_t next = now;
        bool write = combine(op, value, expected, mask, &next);
        if (!write)
            next = now; /* written back: a failed compare is a full fence and a write on x86 */
        r = across ? atomic_across(addr, (unsigned)size, &now, next)
                   : atomic_within(addr, (unsigned)size, &now, next);
    }
    if (across)
        atomic_flag_clear(&split_lock);
    if (r == 0)
        memcpy(old, &now, size);
    return r;
}

/* ---- decoding ---- */

typedef struct Access {
    uint64_t addr;
    unsigned size;
    unsigned rt, rs; /* transfer register; operand of atomics */
    int op;          /* HostAtomic; -1 load, -2 store */
    unsigned words;  /* instructions done */
    bool invert;     /* LDCLR: and with the complement */
} Access;

enum { OP_LOAD = -1, OP_STORE = -2 };

static unsigned field(uint32_t w, unsigned at, unsigned bits)
{
    return w >> at & ((1u << bits) - 1);
}

static bool decode_ordered(uint32_t w, Access *a)
{
    if ((w & 0x3ffffc00) == 0x38bfc000 || (w & 0x3ffffc00) == 0x08dffc00) {
        a->op = OP_LOAD; /* LDAPR, LDAR */
    } else if ((w & 0x3ffffc00) == 0x089ffc00) {
        a->op = OP_STORE;
    } else if ((w & 0x3fa00c00) == 0x19000000) { /* LDAPUR, STLUR */
        a->op = w & 1u << 22 ? OP_LOAD : OP_STORE;
        a->addr += (uint64_t)((int64_t)((uint64_t)w << 43) >> 55);
    } else {
        return false;
    }
    return true;
}

static bool decode_lse(uint32_t w, Access *a)
{
    static const int ops[4] = {HOST_ADD, HOST_AND, HOST_XOR, HOST_OR};
    a->rs = field(w, 16, 5);
    if ((w & 0x3fe0fc00) == 0x08e0fc00) { /* CASAL: rs = expected and old, rt = desired */
        a->op = HOST_CAS;
    } else if ((w & 0x3fe0fc00) == 0x38e08000) {
        a->op = HOST_XCHG;
    } else if ((w & 0x3fe0cc00) == 0x38e00000) {
        a->op = ops[field(w, 12, 2)];
        a->invert = a->op == HOST_AND;
    } else {
        return false;
    }
    return true;
}

/* rs, rt as for CASAL: old and expected go by rs' register value, the result to x16. */
static bool decode_loop(const uint32_t *code, Access *a)
{
    static const struct {
        uint32_t word;
        int op;
    } alu[] = {{0x0b000000, HOST_ADD},
               {0x0a000000, HOST_AND},
               {0x2a000000, HOST_OR},
               {0x4a000000, HOST_XOR}};
    if ((code[0] & 0x3ffffc00) != 0x085f7c00)
        return false;
    if ((code[1] & 0x3fe0fc00) == 0x08007c00) {
        a->op = HOST_XCHG;
        a->rs = field(code[1], 0, 5);
        a->words = 3;
        return true;
    }
    for (unsigned k = 0; k < 4; k++) {
        if ((code[1] & 0x7fe0fc00) == alu[k].word) {
            a->op = alu[k].op;
            a->rs = field(code[1], 16, 5);
            a->words = 4;
            return true;
        }
    }
    if ((code[1] & 0x7f00001f) != 0x6b00001f)
        return false;
    a->op = HOST_CAS;
    a->rs = field(code[1], 16, 5);
    a->words = 5;
    return true;
}

static uint64_t reg(const mcontext_t *m, unsigned r)
{
    return r == 31 ? 0 : m->regs[r];
}

/* Loads and stores with the barriers of the accessors; atomics as host_atomic does them. */
static int perform(mcontext_t *m, const uint32_t *code, Access *a)
{
    bool loop = a->words > 1, cas = a->op == HOST_CAS;
    unsigned to = loop ? 16 : cas ? a->rs : a->rt;
    uint64_t old = 0, operand;
    int r;
    if (a->op == OP_STORE) {
        operand = reg(m, a->rt);
        return host_write(a->addr, &operand, a->size);
    }
    if (a->op == OP_LOAD) {
        r = host_read(a->addr, &old, a->size);
    } else {
        operand = cas ? reg(m, loop ? field(code[3], 0, 5) : a->rt) : reg(m, a->rs);
        if (cas)
            old = reg(m, a->rs);
        if (a->invert)
            operand = ~operand;
        old &= ~(uint64_t)0 >> (64 - 8 * a->size);
        r = host_atomic((uint64_t)a->op, a->addr, &operand, &old, a->size);
    }
    if (r == 0 && to != 31)
        m->regs[to] = old;
    return r;
}

HostEmulated host_context_emulate(void *uc, uint64_t *fault_addr, bool *write)
{
    mcontext_t *m = &((ucontext_t *)uc)->uc_mcontext;
    const uint32_t *code = (const uint32_t *)(uintptr_t)m->pc;
    unsigned n = field(code[0], 5, 5);
    Access a = {.addr = n == 31 ? m->sp : m->regs[n],
                .size = 1u << (code[0] >> 30),
                .rt = field(code[0], 0, 5),
                .words = 1};
    if (!decode_ordered(code[0], &a) && !decode_lse(code[0], &a) && !decode_loop(code, &a))
        return HOST_EMULATE_NO;
    if (perform(m, code, &a) != 0) {
        *fault_addr = fault_of_access().addr;
        *write = a.op != OP_LOAD;
        return HOST_EMULATE_FAULT;
    }
    m->pc += 4 * a.words;
    return HOST_EMULATED;
}
