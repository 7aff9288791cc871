/* pass_hints.c: gives indirect exits that take their target out of a table of addresses a hint, the
 * address of the entry.
 *
 * A host that looks its code's address up by the target waits for two loads that depend on each
 * other before it knows where to go on, which is what a jump costs that no predictor knows. By the
 * entry's address it can look while the target is loaded. That pays where few addresses are used:
 * of tables, which are indexed, and of single words (of a GOT, say), whose address is a constant.
 * Pointers in objects have many addresses, and mostly the same target.
 *
 *     %3 = shl %2, 3; %4 = add %1, %3; %5 = load i64 %4; exitind.jump %5   -> exitind.jump %5, %4
 */
#include "ir/internal.h"

static bool is_entry(const Region *r, IrRef address)
{
    const IrInst *i = ir_inst(r, address);
    if (i->op == IR_const)
        return true;
    if (i->op != IR_add)
        return false;
    for (unsigned n = 0; n < 2; n++) {
        const IrInst *part = ir_inst(r, i->arg[n]);
        if (part->op == IR_shl && ir_is_const(r, part->arg[1]) &&
            ir_inst(r, part->arg[1])->imm == 3)
            return true;
    }
    return ir_is_const(r, i->arg[1]) && ir_inst(r, i->arg[0])->op == IR_add &&
           is_entry(r, i->arg[0]);
}

void ir_pass_hints(Region *r, const PassContext *ctx)
{
    if (ctx->takes_hint == NULL)
        return;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        IrInst *exit = &r->insts.data[r->blocks.data[b].last];
        if (exit->op != IR_exitind || exit->cc == IR_EXIT_RET || ir_has_hint(exit))
            continue;
        const IrInst *pc = ir_inst(r, exit->arg[0]);
        uint64_t back = exit->cc == IR_EXIT_CALL ? ir_inst(r, exit->arg[1])->imm : 0;
        if (pc->op != IR_load || !ctx->takes_hint((IrExitKind)exit->cc, back))
            continue;
        if (is_entry(r, pc->arg[0]))
            exit->arg[exit->nargs++] = pc->arg[0];
    }
}
