/* lift_flow.c: jumps, calls, returns, interrupts and system calls.
 *
 * A near call stores its return address before rsp is put and leaves by a CALL exit, which pairs
 * with the RET exit of the matching return. Near branches are 64 bits wide in 64-bit mode whatever
 * the prefixes say (Intel; A_F64). What happens at a destination that is no address:
 * branch_fault.c.
 */
#include "frontend/x86_64/lift.h"
#include "frontend/x86_64/lifter.h"

/* The block that a jump to op1 leads to. */
static uint32_t destination(LiftContext *lc)
{
    uint64_t pc = lc->insn->op[0].imm;
    if (x86_is_pc(pc))
        return region_block_for(lc->former, pc);
    uint32_t here = lc->b.block, cold = lc->b.block = x86_block(lc);
    lc->b.region->blocks.data[cold].cold = true;
    ir_trap(&lc->b, TRAP_PRIVILEGED, 0);
    lc->b.block = here;
    return cold;
}

static void branch(LiftContext *lc, IrRef cond, bool negated)
{
    uint32_t yes = destination(lc);
    uint32_t no = region_block_for(lc->former, lc->insn->next_pc);
    x86_br(lc, cond, negated ? no : yes, negated ? yes : no);
    lc->ended = true;
}

void x86_lift_jcc(LiftContext *lc)
{
    bool negated;
    IrRef cond = x86_flags_cond_or_not(lc, lc->insn->opcode & 15, &negated);
    branch(lc, cond, negated);
}

static IrRef counter(LiftContext *lc)
{
    return x86_gpr(lc, RCX, lc->insn->addrsize);
}

static IrRef is_zero(LiftContext *lc, IrRef v)
{
    return ir_cmp(&lc->b, IR_eq, v, x86_const(lc, (IrType)ir_inst(lc->b.region, v)->type, 0));
}

void x86_lift_jrcxz(LiftContext *lc)
{
    branch(lc, is_zero(lc, counter(lc)), false);
}

/* also: i8, a further condition for the jump, or none. */
static void loop(LiftContext *lc, IrRef also)
{
    IrRef c = ir_bini(&lc->b, IR_sub, counter(lc), 1);
    x86_gpr_set(lc, RCX, c);
    if (!also.i) {
        branch(lc, is_zero(lc, c), true);
        return;
    }
    IrRef more = ir_bini(&lc->b, IR_xor, is_zero(lc, c), 1);
    branch(lc, ir_bin(&lc->b, IR_and, more, also), false);
}

void x86_lift_loop(LiftContext *lc)
{
    loop(lc, IR_NONE);
}

void x86_lift_loope(LiftContext *lc)
{
    loop(lc, x86_flags_cond(lc, CND_E));
}

void x86_lift_loopne(LiftContext *lc)
{
    loop(lc, x86_flags_cond(lc, CND_NE));
}

void x86_lift_jmp(LiftContext *lc)
{
    x86_jump(lc, destination(lc));
    lc->ended = true;
}

void x86_lift_jmp_ind(LiftContext *lc)
{
    x86_exit_indirect(lc, x86_read(lc, 0), IR_EXIT_JUMP, 0);
}

/* Stores the return address; returns the new rsp. */
static IrRef push_return(LiftContext *lc)
{
    return x86_push(lc, x86_const(lc, IR_I64, lc->insn->next_pc));
}

void x86_lift_call(LiftContext *lc)
{
    IrRef sp = push_return(lc);
    if (!x86_is_pc(lc->insn->op[0].imm)) {
        x86_trap(lc, TRAP_PRIVILEGED, 0);
        return;
    }
    x86_gpr_set(lc, RSP, sp);
    x86_exit(lc, lc->insn->op[0].imm, IR_EXIT_CALL, lc->insn->next_pc);
}

void x86_lift_call_ind(LiftContext *lc)
{
    IrRef to = x86_read(lc, 0);
    x86_gpr_set(lc, RSP, push_return(lc));
    x86_exit_indirect(lc, to, IR_EXIT_CALL, lc->insn->next_pc);
}

void x86_lift_ret(LiftContext *lc)
{
    IrRef sp = x86_gpr(lc, RSP, 8);
    IrRef pc = x86_load(lc, IR_I64, sp);
    x86_gpr_set(lc, RSP, ir_bini(&lc->b, IR_add, sp, 8 + lc->insn->op[0].imm));
    x86_exit_indirect(lc, pc, IR_EXIT_RET, 0);
}

/* ---- interrupts and system calls ---- */

void x86_lift_int3(LiftContext *lc)
{
    x86_trap(lc, TRAP_BREAKPOINT, lc->insn->length);
}

void x86_lift_int1(LiftContext *lc)
{
    x86_trap(lc, TRAP_STEP, lc->insn->length);
}

/* Of the software interrupts Linux lets user mode make only 3 and 4; int 80h is refused too: it
 * would be the system call of another ABI. */
void x86_lift_int(LiftContext *lc)
{
    unsigned n = (unsigned)lc->insn->op[0].imm;
    if (n == 3)
        x86_trap(lc, TRAP_BREAKPOINT, lc->insn->length);
    else if (n == 4)
        x86_trap(lc, TRAP_OVERFLOW, lc->insn->length);
    else
        x86_trap(lc, TRAP_PRIVILEGED, n * 8 + 2);
}

void x86_lift_syscall(LiftContext *lc)
{
    IrRef f = x86_eflags_image(lc);
    x86_gpr_set(lc, RCX, x86_const(lc, IR_I64, lc->insn->next_pc));
    x86_gpr_set(lc, R11, f);
    x86_exit_service(lc, IR_SERVICE_SYSCALL);
}

void x86_lift_ud(LiftContext *lc)
{
    x86_trap(lc, TRAP_ILLEGAL, 0);
}

void x86_lift_privileged(LiftContext *lc)
{
    x86_trap(lc, TRAP_PRIVILEGED, 0);
}

void x86_lift_far_refused(LiftContext *lc)
{
    x86_trap(lc, TRAP_PRIVILEGED, 0);
}

void x86_lift_absent(LiftContext *lc)
{
    x86_trap(lc, TRAP_ILLEGAL, 0);
}

/* ---- far returns to the same code segment ---- */

enum { USER_CS = 0x33, USER_SS = 0x2b };

static void check_selector(LiftContext *lc, IrRef v, unsigned want)
{
    IrRef low = ir_conv(&lc->b, IR_trunc, IR_I16, v);
    x86_trap_if(lc, ir_cmp(&lc->b, IR_ne, low, x86_const(lc, IR_I16, want)), TRAP_PRIVILEGED, 0);
}

/* Before anything is put: a far return to what is no address changes nothing. */
static void check_destination(LiftContext *lc, IrRef pc)
{
    if (lc->insn->opsize != 8)
        return;
    IrRef top = ir_bini(&lc->b, IR_shr, ir_bini(&lc->b, IR_add, pc, 1ull << 47), 48);
    x86_trap_if(lc, ir_cmp(&lc->b, IR_ne, top, x86_const(lc, IR_I64, 0)), TRAP_PRIVILEGED, 0);
}

static IrRef pop_at(LiftContext *lc, IrRef sp, unsigned index)
{
    unsigned size = lc->insn->opsize;
    IrRef v = x86_load(lc, x86_int_type(size), ir_bini(&lc->b, IR_add, sp, index * size));
    return size == 8 ? v : ir_conv(&lc->b, IR_zext, IR_I64, v);
}

void x86_lift_retf(LiftContext *lc)
{
    IrRef sp = x86_gpr(lc, RSP, 8);
    IrRef pc = pop_at(lc, sp, 0);
    check_selector(lc, pop_at(lc, sp, 1), USER_CS);
    check_destination(lc, pc);
    IrRef up = x86_const(lc, IR_I64, 2u * lc->insn->opsize + lc->insn->op[0].imm);
    x86_gpr_set(lc, RSP, ir_bin(&lc->b, IR_add, sp, up));
    x86_exit_indirect(lc, pc, IR_EXIT_JUMP, 0);
}

void x86_lift_iret(LiftContext *lc)
{
    IrRef sp = x86_gpr(lc, RSP, 8);
    IrRef pc = pop_at(lc, sp, 0), flags = pop_at(lc, sp, 2), new_sp = pop_at(lc, sp, 3);
    check_selector(lc, pop_at(lc, sp, 1), USER_CS);
    check_selector(lc, pop_at(lc, sp, 4), USER_SS);
    check_destination(lc, pc);
    x86_set_eflags_image(lc, flags, lc->insn->opsize);
    x86_gpr_set(lc, RSP, new_sp);
    x86_exit_indirect(lc, pc, IR_EXIT_JUMP, 0);
}
