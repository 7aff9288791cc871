/* stack_fault.c: which accesses to what is no address are stack faults.
 *
 * A non-canonical address is #GP, but #SS where the access is by the stack segment: that of push,
 * call and their kin, and an operand whose base is rsp or rbp unless the segment is FS or GS (SDM
 * vol. 1, 3.7.5; other prefixes do not count). An operand that is misaligned where it must not be
 * is #GP first.
 *
 * Example: mov rax, [rbp+8] is #SS with a bad rbp, mov rax, [rcx+rbp] is #GP.
 */
#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/lifter.h"
#include "frontend/x86_64/state.h"

static bool is_canonical(uint64_t addr, unsigned size)
{
    uint64_t last = addr + size - 1;
    return addr >> 47 == last >> 47 && (addr >> 47 == 0 || addr >> 47 == 0x1ffff);
}

static uint64_t register_of(const X86State *x, unsigned reg)
{
    return reg < 16 ? x->gpr[reg] : 0;
}

static uint64_t operand_address(const X86State *x, const X86Insn *in)
{
    const X86Mem *m = &in->mem;
    uint64_t addr =
        register_of(x, m->base) + (register_of(x, m->index) << m->scale) + (uint64_t)m->disp;
    if (in->addrsize == 4)
        addr = (uint32_t)addr;
    return addr + (m->seg == X86_FS ? x->fs_base : m->seg == X86_GS ? x->gs_base : 0);
}

static unsigned operand_size(const X86Insn *in)
{
    for (unsigned i = 0; i < 3; i++) {
        if (in->op[i].kind == X86_MEM && in->op[i].size != 0)
            return in->op[i].size;
    }
    return 1;
}

static bool operand_is_stack(const X86Insn *in, uint64_t addr)
{
    const X86Mem *m = &in->mem;
    bool misaligned = (in->row->attr & A_ALIGN) && operand_size(in) == 16 && addr % 16 != 0;
    return (m->base == RSP || m->base == RBP) && m->seg != X86_FS && m->seg != X86_GS &&
           !misaligned;
}

bool x86_stack_fault(const CpuState *s, const uint8_t *bytes, unsigned n)
{
    const X86State *x = x86_state_const(s);
    X86Insn in;
    if (x86_decode(&in, s->pc, bytes, n, X86_MODE_64) != X86_DECODE_OK)
        return false;
    bool stack = in.row->attr & A_STACK, pop = stack && in.row->attr & A_STORE;
    if (!x86_insn_has_mem(&in) || (pop && !is_canonical(x->gpr[RSP], 8)))
        return stack;
    uint64_t addr = operand_address(x, &in);
    if (stack && is_canonical(addr, operand_size(&in)))
        return true; /* the operand was read before */
    return operand_is_stack(&in, addr);
}
