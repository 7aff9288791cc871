/* access.c: guest memory accessors (contract in backend/backend.h) over the host's
 * single-instruction ones.
 *
 * A failed access is recorded in CpuState as a GuestFault and reported. When the caller is the
 * translator itself and not guest code (the vCPU is outside a section: the Linux layer writing a
 * signal frame, say), a write to a page that is only closed because of translations opens the page
 * and is repeated. For guest code the failure goes up to vcpu_run, which does the same and then
 * interprets the whole instruction, so that code that overwrites itself is exact.
 */
#include <signal.h>
#include <string.h>

#include "runtime/engine.h"
#include "runtime/fault.h"
#include "runtime/host/host.h"

enum { MAX_OPEN_FAILURES = 16 };

static bool is_canonical(uint64_t addr)
{
    return (int64_t)(addr << 16) >> 16 == (int64_t)addr;
}

/* Records the fault of an access of `size` bytes at addr; write: it was to write, whatever part of
 * it faulted first. Where the host's signal does not tell the address exactly (AArch64 leaves tag
 * bits out), it is known here. */
static int failed(CpuState *s, uint64_t addr, uint32_t size, bool write)
{
    GuestFault f = fault_of_access();
    f.write |= write;
    const Vcpu *v = s->vcpu;
    if (f.kind == FAULT_SEGV && !is_canonical(addr)) {
        bool blind = v == NULL || v->guest->canonical_only;
        f.si_code = blind ? SI_KERNEL : SEGV_MAPERR;
        f.addr = blind ? 0 : addr;
    } else if (f.kind == FAULT_SEGV && f.si_code != SI_KERNEL && f.addr - addr >= size) {
        f.addr = addr;
    }
    fault_record(s, &f);
    return 1;
}

/* Whether a failed write is worth repeating; *open counts failures on pages that are open, which
 * may come of a race with another thread, but not often. */
static bool reopened(const CpuState *s, unsigned *open)
{
    Vcpu *v = s->vcpu;
    if (v == NULL || atomic_load_explicit(&v->epoch, memory_order_relaxed) != 0)
        return false;
    GuestFault f = fault_of_access();
    if (f.kind != FAULT_SEGV || !f.write)
        return false;
    Engine *e = v->engine;
    engine_lock(e);
    WriteFault w = code_pages_write_fault(e, f.addr);
    engine_unlock(e);
    return w == WRITE_OPENED || (w == WRITE_OPEN && ++*open < MAX_OPEN_FAILURES);
}

static bool is_single(uint32_t size)
{
    return size <= 16 && (size & (size - 1)) == 0;
}

int guest_read(CpuState *state, uint64_t addr, void *buf, uint32_t size)
{
    if (size == 10) { /* an x87 extended number */
        uint8_t *b = buf;
        return guest_read(state, addr, b, 8) || guest_read(state, addr + 8, b + 8, 2);
    }
    return host_read(addr, buf, size) == 0 ? 0 : failed(state, addr, size, false);
}

static int write_once(uint64_t addr, const void *buf, uint32_t size)
{
    uint64_t last = addr + size - 1;
    if (is_single(size) && (addr ^ last) < CODE_PAGE_SIZE)
        return host_write(addr, buf, size);
    /* What ends on another page must not be half done (AArch64 allows that even of one store):
     * touch each page first, in order, as the first that cannot be written is the one to report. */
    uint8_t zero = 0, old;
    if ((addr ^ last) >= CODE_PAGE_SIZE && host_atomic(HOST_OR, addr, &zero, &old, 1))
        return 1;
    for (uint64_t page = addr | (CODE_PAGE_SIZE - 1); page < last; page += CODE_PAGE_SIZE) {
        if (host_atomic(HOST_OR, page + 1, &zero, &old, 1))
            return 1;
    }
    if (size == 10)
        return host_write(addr, buf, 8) || host_write(addr + 8, (const uint8_t *)buf + 8, 2);
    return host_write(addr, buf, size);
}

int guest_write(CpuState *state, uint64_t addr, const void *buf, uint32_t size)
{
    unsigned open = 0;
    while (write_once(addr, buf, size)) {
        if (!reopened(state, &open))
            return failed(state, addr, size, true);
    }
    return 0;
}

int guest_atomic(CpuState *state, int op, uint64_t addr, const void *operand, void *old,
                 uint32_t size)
{
    static const struct {
        int ir, host;
    } ops[] = {{IR_aadd, HOST_ADD}, {IR_aand, HOST_AND},   {IR_aor, HOST_OR},
               {IR_axor, HOST_XOR}, {IR_axchg, HOST_XCHG}, {IR_acas, HOST_CAS}};
    uint64_t host_op = HOST_CAS;
    for (unsigned i = 0; i < sizeof ops / sizeof ops[0]; i++) {
        if (ops[i].ir == op)
            host_op = (uint64_t)ops[i].host;
    }
    unsigned open = 0;
    while (host_atomic(host_op, addr, operand, old, size)) {
        if (!reopened(state, &open))
            return failed(state, addr, size, true);
    }
    return 0;
}
