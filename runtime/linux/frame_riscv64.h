/* frame_riscv64.h: the signal frame as Linux lays it out on a RISC-V guest's stack.
 *
 * Linux arch/riscv/kernel/signal.c (struct rt_sigframe), asm/ucontext.h, asm/sigcontext.h and
 * asm/ptrace.h of its uapi.
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_FRAME_RISCV64_H
#define DRAGOMAN_RUNTIME_LINUX_FRAME_RISCV64_H

#include "runtime/linux/abi.h"

typedef struct RvSigFrame {
    uint8_t info[SIGINFO_BYTES];
    uint64_t uc_flags, uc_link;
    GuestStack uc_stack;
    uint64_t uc_sigmask;
    uint8_t unused[120];
    _Alignas(16) uint64_t pc; /* uc_mcontext: user_regs_struct.. */
    uint64_t x[31];           /* ..x1 to x31 */
    struct {                  /* union __riscv_fp_state: the D form in what the Q form takes */
        uint64_t f[32];
        uint32_t fcsr;
        uint8_t rest[528 - 260];
    } fp;
} RvSigFrame;

_Static_assert(sizeof(RvSigFrame) == 1088, "rt_sigframe");

bool rv_push_frame(CpuState *s, const SignalDelivery *d);
bool rv_pop_frame(CpuState *s, SignalReturn *r);

#endif
