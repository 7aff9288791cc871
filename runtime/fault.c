/* fault.c: see fault.h. */
#include "runtime/fault.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ir/base/log.h"
#include "runtime/engine.h"
#include "runtime/host/host.h"

static const int handled[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};

/* Written by the handler, read by the accessor's caller in the same thread. */
static _Thread_local GuestFault access_fault;

/* ---- describing faults ---- */

void fault_record(CpuState *s, const GuestFault *f)
{
    guest_fault_record(s, f);
}

GuestFault fault_recorded(const CpuState *s)
{
    GuestFault f = guest_fault_recorded(s);
    if (f.kind < FAULT_SEGV || f.kind > FAULT_TRAP)
        log_bug(__FILE__, __LINE__, "a fault without a record");
    return f;
}

GuestFault fault_of_access(void)
{
    return access_fault;
}

/* What an unmasked FP exception is called, the kernel's order of importance (Linux:
 * arch/x86/kernel/fpu/core.c, fpu__exception_code). bits: MXCSR or x87 status flags. */
static int fpe_code(uint32_t bits)
{
    static const struct {
        uint32_t bit;
        int code;
    } rows[] = {{1, FPE_FLTINV}, {4, FPE_FLTDIV},  {8, FPE_FLTOVF},
                {2, FPE_FLTUND}, {16, FPE_FLTUND}, {32, FPE_FLTRES}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (bits & rows[i].bit)
            return rows[i].code;
    }
    return 0;
}

typedef struct TrapRow {
    uint8_t trap, kind;
    int code;
    bool addr_is_pc;
} TrapRow;

/* Where guests differ, GuestOps.describe_fault mends it. */
static const TrapRow trap_rows[] = {
    {TRAP_ILLEGAL, FAULT_ILL, ILL_ILLOPC, true},
    {TRAP_PRIVILEGED, FAULT_SEGV, SI_KERNEL, false},
    {TRAP_BREAKPOINT, FAULT_TRAP, TRAP_BRKPT, true},
    {TRAP_DIVIDE, FAULT_FPE, FPE_INTDIV, true},
    {TRAP_OVERFLOW, FAULT_SEGV, SI_KERNEL, false},
    {TRAP_BOUND, FAULT_SEGV, SI_KERNEL, false},
    {TRAP_ALIGN, FAULT_BUS, BUS_ADRALN, true},
    {TRAP_FP, FAULT_FPE, 0, true},
    {TRAP_X87, FAULT_FPE, 0, true},
    {TRAP_STEP, FAULT_TRAP, TRAP_BRKPT, true},
};

static GuestFault fetch_fault(Engine *e, uint64_t addr)
{
    GuestFault f = {.kind = FAULT_SEGV, .addr = addr, .is_fetch = true};
    f.si_code = mem_prot(e, addr) < 0 ? SEGV_MAPERR : SEGV_ACCERR;
    if (e->guest->canonical_only && (int64_t)(addr << 16) >> 16 != (int64_t)addr) {
        f.si_code = SI_KERNEL;
        f.addr = 0;
    }
    return f;
}

bool fault_of_trap(Engine *e, uint64_t pc, uint32_t trap, uint32_t arg, GuestFault *out)
{
    if (trap == TRAP_FETCH) {
        *out = fetch_fault(e, pc + arg);
        return true;
    }
    for (unsigned i = 0; i < sizeof trap_rows / sizeof trap_rows[0]; i++) {
        const TrapRow *r = &trap_rows[i];
        if (r->trap != trap)
            continue;
        *out = (GuestFault){.kind = r->kind, .si_code = r->code, .trap = trap + 1};
        out->addr = r->addr_is_pc ? pc : 0;
        if (trap == TRAP_FP || trap == TRAP_X87)
            out->si_code = fpe_code(arg);
        if (trap == TRAP_PRIVILEGED)
            out->err = arg;
        return true;
    }
    return false;
}

/* ---- the handler ---- */

static GuestFault describe(int sig, const siginfo_t *si, const void *uc)
{
    static const struct {
        int sig;
        FaultKind kind;
    } kinds[] = {{SIGSEGV, FAULT_SEGV},
                 {SIGBUS, FAULT_BUS},
                 {SIGFPE, FAULT_FPE},
                 {SIGILL, FAULT_ILL},
                 {SIGTRAP, FAULT_TRAP}};
    GuestFault f = {.si_code = si->si_code, .addr = (uint64_t)(uintptr_t)si->si_addr};
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (kinds[i].sig == sig)
            f.kind = kinds[i].kind;
    }
    HostFault h = host_context_fault(uc, si);
    if (sig == SIGSEGV || sig == SIGBUS) {
        f.write = h.write;
        if (h.general) {
            f.kind = FAULT_SEGV;
            f.si_code = SI_KERNEL;
            f.addr = 0;
        }
    }
    if (sig == SIGFPE && h.x87)
        f.trap = TRAP_X87 + 1;
    return f;
}

static uint64_t fixup_for(uint64_t pc)
{
    for (const HostFixup *x = __start_dragoman_fixups; x < __stop_dragoman_fixups; x++) {
        if ((uint64_t)(uintptr_t)&x->fault + (uint64_t)(int64_t)x->fault == pc)
            return (uint64_t)(uintptr_t)&x->resume + (uint64_t)(int64_t)x->resume;
    }
    return 0;
}

/* Leaves generated code: vcpu_run goes on behind the call of STUB_ENTER with EXIT_FAULT. */
static void leave_with_fault(VcpuRun *r, void *uc, const GuestFault *f)
{
    CpuState *s = r->pub.state;
    host_context_save(uc, &s->area);
    s->fpctl = host_context_fpctl(uc);
    s->exit_site = host_context_pc(uc);
    s->exit_reason = EXIT_FAULT;
    r->fault = *f;
    host_context_set_pc(uc, code_arena_stub(&r->pub.engine->arena, STUB_LEAVE_FAULT));
}

/* A misaligned access that the host does not do itself; true if it is done now. */
static bool emulate(VcpuRun *r, Translation *t, void *uc, GuestFault *f)
{
    uint64_t addr = 0;
    bool write = false;
    uint32_t offset =
        (uint32_t)(host_context_pc(uc) - (uint64_t)(uintptr_t)r->pub.engine->arena.rx);
    switch (host_context_emulate(uc, &addr, &write)) {
    case HOST_EMULATED:
        if (atomic_fetch_add(&t->misaligned, 1) >= 3) {
            if (sites_find(&t->sites, offset - t->code, &r->site)) {
                atomic_store(&r->misaligned_pc, r->site.fault.pc);
                atomic_store(&r->pub.state->poll, 1);
            }
        }
        return true;
    case HOST_EMULATE_FAULT:
        *f = access_fault;
        f->addr = addr;
        f->write = write;
        return false;
    case HOST_EMULATE_NO:
        break;
    }
    return false;
}

static bool in_translation(Vcpu *v, int sig, siginfo_t *si, void *uc, GuestFault *f)
{
    VcpuRun *r = vcpu_run_of(v);
    Engine *e = v->engine;
    uint64_t pc = host_context_pc(uc);
    if (sig == SIGSEGV && f->addr >= r->guard_low && f->addr < r->guard_high) {
        host_context_set_sp(uc, v->state->shadow_top);
        return true;
    }
    Translation *t = cache_by_host(&e->cache, pc);
    if (t == NULL)
        return false;
    if (host_context_fault(uc, si).unaligned && emulate(r, t, uc, f))
        return true;
    if (!sites_find(&t->sites, (uint32_t)(pc - (uint64_t)(uintptr_t)e->arena.rx) - t->code, NULL))
        return false;
    leave_with_fault(r, uc, f);
    return true;
}

static void crash(int sig, const siginfo_t *si, const void *uc)
{
    static _Atomic int crashing;
    char line[256];
    Vcpu *v = vcpu_current();
    if (atomic_exchange(&crashing, 1) == 0) {
        Translation *t = v != NULL && code_arena_has_code(&v->engine->arena, host_context_pc(uc))
                             ? cache_by_host(&v->engine->cache, host_context_pc(uc))
                             : NULL;
        int n = snprintf(line, sizeof line,
                         "dragoman: internal error: %s at host pc %#llx, address %p, guest pc %#llx"
                         " (%s)\n",
                         strsignal(sig), (unsigned long long)host_context_pc(uc), si->si_addr,
                         v == NULL   ? 0ull
                         : t != NULL ? (unsigned long long)t->header.pc
                                     : (unsigned long long)v->state->pc,
                         t != NULL ? "in a translation" : "outside translations");
        if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
            n = 0;
        if (v != NULL && v->guest->dump != NULL)
            v->guest->dump(v->state, stderr);
    }
    signal(sig, SIG_DFL); /* the instruction is repeated and takes the default action */
}

static void handler(int sig, siginfo_t *si, void *uc)
{
    uint64_t pc = host_context_pc(uc);
    Vcpu *v = vcpu_current();
    if (si->si_code <= 0) {
        linux_async_signal(sig, si, uc);
        return;
    }
    if (sig == SIGFPE && v != NULL && v->state->fp_known != 0 && host_context_raise(uc, v->state))
        return;
    uint64_t fixup = fixup_for(pc);
    if (fixup != 0) {
        access_fault = describe(sig, si, uc);
        host_context_set_pc(uc, fixup);
        return;
    }
    if (v != NULL && code_arena_has_code(&v->engine->arena, pc)) {
        GuestFault f = describe(sig, si, uc);
        if (in_translation(v, sig, si, uc, &f))
            return;
    }
    crash(sig, si, uc);
}

void fault_install(void)
{
    struct sigaction sa = {.sa_sigaction = handler};
    /* Nested faults must work: emulation uses accessors. All asynchronous signals wait. */
    sa.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigfillset(&sa.sa_mask);
    for (unsigned i = 0; i < sizeof handled / sizeof handled[0]; i++)
        sigdelset(&sa.sa_mask, handled[i]);
    for (unsigned i = 0; i < sizeof handled / sizeof handled[0]; i++)
        sigaction(handled[i], &sa, NULL);
}
