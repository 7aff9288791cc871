/* lifter.h: the lifting functions of GuestOps (frontend/guest.h) for x86-64. */
#ifndef DRAGOMAN_FRONTEND_X86_64_LIFTER_H
#define DRAGOMAN_FRONTEND_X86_64_LIFTER_H

#include "frontend/guest.h"

void x86_lift(const LiftRequest *rq, LiftResult *out);
void x86_dead_slots_at(void *arg, uint64_t pc, uint64_t dead[4]);
/* fault.c */
void x86_describe_fault(GuestFault *f);
/* stack_fault.c */
bool x86_stack_fault(const CpuState *s, const uint8_t *bytes, unsigned n);
/* branch_fault.c */
bool x86_is_pc(uint64_t pc);
void x86_undo_branch(CpuState *s, const uint8_t *bytes, unsigned n);
unsigned x86_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size);

#endif
