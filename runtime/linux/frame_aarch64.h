/* frame_aarch64.h: the signal frame as Linux lays it out on an AArch64 guest's stack.
 *
 * Linux arch/arm64/kernel/signal.c (struct rt_sigframe), asm/sigcontext.h and asm/ucontext.h of its
 * uapi. Above the frame stands a record of x29 and x30, as functions make them (AAPCS64 6.4.6).
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_FRAME_AARCH64_H
#define DRAGOMAN_RUNTIME_LINUX_FRAME_AARCH64_H

#include "runtime/linux/abi.h"

enum {
    A64_FPSIMD_MAGIC = 0x46508001,
    A64_ESR_MAGIC = 0x45535201,
    A64_RECORDS_BYTES = 4096,
};

typedef struct A64RecordHead { /* of each record among the last 4096 bytes; zeros end them */
    uint32_t magic, size;
} A64RecordHead;

typedef struct A64FpsimdRecord {
    A64RecordHead head;
    uint32_t fpsr, fpcr;
    uint8_t v[32][16];
} A64FpsimdRecord;

typedef struct A64EsrRecord {
    A64RecordHead head;
    uint64_t esr;
} A64EsrRecord;

typedef struct A64SigFrame {
    uint8_t info[SIGINFO_BYTES];
    uint64_t uc_flags, uc_link;
    GuestStack uc_stack;
    uint64_t uc_sigmask;
    uint8_t unused[120];
    _Alignas(16) uint64_t fault_address; /* uc_mcontext.. */
    uint64_t x[31], sp, pc, pstate;
    _Alignas(16) uint8_t records[A64_RECORDS_BYTES];
} A64SigFrame;

typedef struct A64FrameRecord {
    uint64_t x29, x30;
} A64FrameRecord;

_Static_assert(sizeof(A64SigFrame) == 4688, "rt_sigframe");
_Static_assert(sizeof(A64FpsimdRecord) == 528, "fpsimd_context");

/* AT_MINSIGSTKSZ: frame, record, and what aligning the stack pointer may take. */
enum { A64_MIN_SIGSTACK = sizeof(A64SigFrame) + sizeof(A64FrameRecord) + 16 };

bool a64_push_frame(CpuState *s, const SignalDelivery *d);
bool a64_pop_frame(CpuState *s, SignalReturn *r);

#endif
