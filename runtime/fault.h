/* fault.h: from host signals to guest faults.
 *
 * The host's SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGTRAP handlers tell by the PC what happened:
 *
 *   in an accessor      -> the PC moves to the fixup, the accessor answers 1; what went wrong waits
 *                          in thread-local memory for the C side (access.c)
 *   in a translation    -> registers go raw to CpuState.area, the PC to STUB_LEAVE_FAULT; vcpu_run
 *                          continues with EXIT_FAULT and rebuilds the guest's state (sites.h)
 *   sent by kill        -> linux_async_signal
 *   anywhere else       -> our own bug: a crash report, then the host's default action
 *
 * A push onto the shadow return stack that meets its guard page is none of these: in that case the
 * stack pointer goes back to the top and the same instruction is repeated. It is always the first
 * store of a pair that faults (pairs are 16 bytes, the guard page is aligned), so nothing was
 * pushed; the returns that are lost only miss their prediction.
 *
 * Handlers take no lock and call nothing that does.
 */
#ifndef DRAGOMAN_RUNTIME_FAULT_H
#define DRAGOMAN_RUNTIME_FAULT_H

#include "runtime/vcpu.h"

/* Installs the handlers, once a process. */
void fault_install(void);

/* A guest fault inside CpuState.fault_addr and fault_info, where accessors and HELPER_FAULT helpers
 * leave it. */
void fault_record(CpuState *s, const GuestFault *f);
GuestFault fault_recorded(const CpuState *s);

/* What the last accessor that answered 1 met, in this thread. */
GuestFault fault_of_access(void);

/* The fault behind a guest trap of a `trap` op at guest pc. False: the trap asks for nothing but
 * going on at s->pc. */
bool fault_of_trap(Engine *e, uint64_t pc, uint32_t trap, uint32_t arg, GuestFault *out);

#endif
