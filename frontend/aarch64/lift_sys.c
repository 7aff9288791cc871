/* lift_sys.c: system registers, hints, barriers and cache maintenance. */
#include "frontend/aarch64/lift.h"

void a64_trans_nop(A64Lift *l, const A64Insn *in)
{
    (void)l, (void)in;
}
