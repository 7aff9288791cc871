/* lift_flow.c: branches, calls, returns, system calls. */
#include "frontend/aarch64/lift.h"

void a64_trans_b(A64Lift *l, const A64Insn *in)
{
    ir_jump(&l->b, region_block_for(l->former, l->pc + (uint64_t)(int64_t)in->off));
    l->ended = true;
}

void a64_trans_svc(A64Lift *l, const A64Insn *in)
{
    ir_exit_service(&l->b, l->pc + in->length, IR_SERVICE_SYSCALL);
    l->ended = true;
}
