/* host.h: what the runtime needs from the host processor, one implementation a host.
 *
 * runtime/host/ARCH/ holds accessors.S (the memory accessors below), syscall.S (host_syscall of
 * vcpu.h) and context.c (everything about a signal's ucontext). All of it is async-signal-safe.
 *
 * Fault fixups: each instruction in accessors.S that touches guest memory has an entry in section
 * `dragoman_fixups`, two 32-bit self-relative offsets: that instruction, and where to go on when it
 * faults. The fault handler moves the PC there; the accessor then returns 1. So an accessor is
 *
 *     1:  movzbl (%rdi), %eax
 *         movb %al, (%rsi)
 *         xorl %eax, %eax
 *         ret
 *     fail: movl $1, %eax
 *         ret
 *     .pushsection dragoman_fixups, "a"
 *     .long 1b - ., fail - .
 *     .popsection
 */
#ifndef DRAGOMAN_RUNTIME_HOST_HOST_H
#define DRAGOMAN_RUNTIME_HOST_HOST_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/backend.h"
#include "ir/state.h"

/* ---- accessors.S. 0, or 1 when the access faulted. ----
 *
 * Sizes 1 2 4 8 16 are single instructions, so they are as atomic as the host's plain accesses
 * and write nothing when they fault; any other size is a byte run, lowest address first (the caller
 * sees to it that a run is writable to its end where that matters). Reads are load-acquire and
 * writes store-release at least, so that an x86 guest's order holds on every host. */
int host_read(uint64_t addr, void *buf, uint64_t size);
int host_write(uint64_t addr, const void *buf, uint64_t size);
/* Reads a run of bytes 16 at a time, to be quick. */
static inline int host_read_run(uint64_t addr, void *buf, uint64_t size)
{
    uint8_t *to = buf;
    for (; size >= 16; size -= 16, addr += 16, to += 16) {
        if (host_read(addr, to, 16) != 0)
            return 1;
    }
    return host_read(addr, to, size);
}
/* Sequentially consistent; *old receives the former value. op: HostAtomic. cas: *old holds the
 * expected value. size 1 2 4 8; cas also 16 (aligned). */
typedef enum HostAtomic {
    HOST_ADD,
    HOST_AND,
    HOST_OR,
    HOST_XOR,
    HOST_XCHG,
    HOST_CAS,
} HostAtomic;
int host_atomic(uint64_t op, uint64_t addr, const void *operand, void *old, uint64_t size);

typedef struct HostFixup {
    int32_t fault, resume; /* each relative to its own address */
} HostFixup;
extern const HostFixup __start_dragoman_fixups[], __stop_dragoman_fixups[];

/* ---- context.c: the ucontext_t of a signal handler (passed as void *). ---- */

uint64_t host_context_pc(const void *uc);
void host_context_set_pc(void *uc, uint64_t pc);
void host_context_set_sp(void *uc, uint64_t sp);
/* All registers, numbered as the backend numbers them (RawRegs of ir/state.h): gpr[i] = rax rcx rdx
 * rbx rsp rbp rsi rdi r8.. or x0..x30, sp; vec[i] = xmm0.. or v0... */
void host_context_save(const void *uc, RawRegs *out);
void host_context_load(void *uc, const RawRegs *in);
/* The FP control and status word that was live, in the MXCSR layout of CpuState.fpctl. */
uint32_t host_context_fpctl(const void *uc);

/* If a vector FP exception trapped that CpuState.fp_known is about: sees to it that the instruction
 * goes on, and notes its flag. */
bool host_context_raise(void *uc, CpuState *s);

typedef struct HostFault {
    bool write;     /* the access was a write */
    bool general;   /* x86 #GP: no address is known */
    bool x87;       /* x86 #MF: a pending x87 exception */
    bool unaligned; /* an access faulted because of its alignment alone */
} HostFault;
/* What a SIGSEGV, SIGBUS or SIGFPE was about. */
HostFault host_context_fault(const void *uc, const siginfo_t *si);

/* Performs a misaligned access of generated code with the ordering it asked for (AArch64 LDAPR and
 * STLR) through the accessors and steps over it. Runs in the fault handler. */
typedef enum HostEmulated {
    HOST_EMULATED,      /* done; the context points behind the instruction */
    HOST_EMULATE_FAULT, /* memory is not accessible: a fault at *fault_addr */
    HOST_EMULATE_NO,    /* not such an instruction */
} HostEmulated;
HostEmulated host_context_emulate(void *uc, uint64_t *fault_addr, bool *write);

/* Whether si_addr of a SIGSEGV is the exact address of the access. If not, the runtime finds it out
 * by interpreting the instruction, which then faults in an accessor. */
bool host_fault_address_exact(void);

/* Whether unmasked floating-point exceptions fault on this host. If not, regions that rely on it
 * are interpreted. */
bool host_traps_fp(void);

/* The code generator of this host. */
const BackendOps *host_backend(void);

/* One clear line of why translations cannot run on this CPU (interpreter only), or NULL. */
const char *host_jit_obstacle(void);

#endif
