/* frame_x86_64.h: the signal frame as Linux lays it out on an x86-64 guest's stack.
 *
 * Offsets follow arch/x86/include/asm/sigframe.h and the kernel's uapi headers; a test compares
 * them with the C library's on x86-64 hosts.
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_FRAME_X86_64_H
#define DRAGOMAN_RUNTIME_LINUX_FRAME_X86_64_H

#include <stdint.h>

#include "runtime/linux/abi.h"

enum { X86_RED_ZONE = 128 };

typedef struct X86SigContext {
    uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
    uint64_t di, si, bp, bx, dx, ax, cx, sp, ip, flags;
    uint16_t cs, gs, fs, ss;
    uint64_t err, trapno, oldmask, cr2, fpstate;
    uint64_t reserved[8];
} X86SigContext;

typedef struct X86SigFrame {
    uint64_t return_address; /* the restorer */
    uint64_t uc_flags, uc_link;
    GuestStack uc_stack;
    X86SigContext uc_mcontext;
    uint64_t uc_sigmask;
    uint8_t info[SIGINFO_BYTES];
} X86SigFrame;

_Static_assert(sizeof(X86SigContext) == 256, "sigcontext");
_Static_assert(sizeof(X86SigFrame) == 440, "rt_sigframe");

bool x86_push_frame(CpuState *s, const SignalDelivery *d);
bool x86_pop_frame(CpuState *s, SignalReturn *r);

#endif
