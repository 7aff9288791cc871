/* branch_fault.c: branches to where no code can be.
 *
 * The processor looks at a near branch's destination after all else: one to a non-canonical address
 * is a #GP of the branch itself (SDM vol. 2, CALL, JMP, RET), with the return address of a call
 * stored already and the stack pointer as it was. Destinations known when code is lifted are
 * checked then (lift_flow.c). Others are found by the runtime, in no translation's way: no
 * translation of what is no address exists, so a branch there always ends up in C.
 */
#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/lifter.h"
#include "frontend/x86_64/state.h"

bool x86_is_pc(uint64_t pc)
{
    return pc + (1ull << 47) < 1ull << 48;
}

void x86_undo_branch(CpuState *s, const uint8_t *bytes, unsigned n)
{
    X86Insn in;
    if (x86_decode(&in, s->pc, bytes, n, X86_MODE_64) != X86_DECODE_OK || !(in.row->attr & A_STACK))
        return;
    bool call = in.op[0].kind != X86_NONE && in.op[0].kind != X86_IMM;
    x86_state(s)->gpr[RSP] += call ? 8 : -(8 + (uint64_t)in.op[0].imm);
}
