/* lift_sys.c: single flags, hints, fences, the processor, segment registers.
 *
 * The guest is flat: selectors are kept and shown, and loading one that user mode may load changes
 * nothing but the base of FS and GS, which becomes 0 (SDM volume 3, 3.4.4).
 */
#include "frontend/x86_64/lift.h"

static IrRef flag(LiftContext *lc, unsigned v)
{
    return x86_const(lc, IR_I8, v);
}

void x86_lift_clc(LiftContext *lc)
{
    x86_flags_set_c(lc, flag(lc, 0));
}

void x86_lift_stc(LiftContext *lc)
{
    x86_flags_set_c(lc, flag(lc, 1));
}

void x86_lift_cmc(LiftContext *lc)
{
    x86_flags_set_c(lc, ir_bini(&lc->b, IR_xor, x86_flags_cond(lc, CND_B), 1));
}

void x86_lift_cld(LiftContext *lc)
{
    ir_put(&lc->b, X86_SLOT_DF, x86_const(lc, IR_I32, 0));
}

void x86_lift_std(LiftContext *lc)
{
    ir_put(&lc->b, X86_SLOT_DF, x86_const(lc, IR_I32, 1));
}

/* ah = SF ZF 0 AF 0 PF 1 CF: the low byte of EFLAGS. */
void x86_lift_lahf(LiftContext *lc)
{
    IrRef f = ir_bini(&lc->b, IR_or, x86_flags_all(lc), 2);
    IrRef rax = x86_gpr(lc, RAX, 8);
    x86_gpr_set(lc, RAX, ir_deposit(&lc->b, rax, f, 8, 8));
}

void x86_lift_sahf(LiftContext *lc)
{
    IrRef o = ir_bini(&lc->b, IR_and, x86_flags_all(lc), F_O);
    IrRef ah = ir_extract(&lc->b, x86_gpr(lc, RAX, 8), 8, 8);
    IrRef low = ir_bini(&lc->b, IR_and, ah, F_ALL & ~F_O);
    x86_flags_set_bits(lc, ir_bin(&lc->b, IR_or, low, o));
}

void x86_lift_nop(LiftContext *lc)
{
    (void)lc;
}

/* The line is read, so that the address is checked; caches are coherent without it. */
void x86_lift_clflush(LiftContext *lc)
{
    x86_load(lc, IR_I8, x86_addr(lc));
    ir_fence(&lc->b, IR_FENCE_ALL);
}

void x86_lift_fence(LiftContext *lc)
{
    ir_fence(&lc->b, lc->insn->row->arg);
}

void x86_lift_service(LiftContext *lc)
{
    x86_exit_service(lc, lc->insn->row->arg);
}

void x86_lift_rdtsc(LiftContext *lc)
{
    IrRef t = ir_call(&lc->b, X86_HELPER_rdtsc, NULL, 0);
    x86_gpr_set(lc, RAX, ir_extract(&lc->b, t, 0, 32));
    x86_gpr_set(lc, RDX, ir_extract(&lc->b, t, 32, 32));
}

/* ---- segment registers ---- */

/* Selectors are no slots: helpers read and write them in memory. */
static IrRef selector(LiftContext *lc, unsigned seg)
{
    IrRef n = x86_const(lc, IR_I32, seg);
    return ir_conv(&lc->b, IR_trunc, IR_I16, ir_call(&lc->b, X86_HELPER_seg_get, &n, 1));
}

void x86_lift_mov_from_seg(LiftContext *lc)
{
    IrRef v = selector(lc, lc->insn->op[1].reg);
    unsigned size = lc->insn->op[0].size;
    x86_write(lc, 0, size == 2 ? v : ir_conv(&lc->b, IR_zext, x86_int_type(size), v));
}

/* A selector that user mode may load: null, or the user data segment; and it is harmless. */
static void load_selector(LiftContext *lc, unsigned seg, IrRef v)
{
    IrRef s = ir_conv(&lc->b, IR_zext, IR_I32, v);
    IrRef null = ir_cmp(&lc->b, IR_ult, s, x86_const(lc, IR_I32, 4));
    IrRef data = ir_cmp(&lc->b, IR_eq, s, x86_const(lc, IR_I32, 0x2b));
    IrRef ok = seg == X86_SS ? data : ir_bin(&lc->b, IR_or, null, data);
    x86_trap_if(lc, ir_bini(&lc->b, IR_xor, ok, 1), TRAP_PRIVILEGED, 0);
    IrRef args[2] = {x86_const(lc, IR_I32, seg), s};
    ir_call(&lc->b, X86_HELPER_seg_set, args, 2);
    if (seg == X86_FS || seg == X86_GS)
        ir_put(&lc->b, seg == X86_FS ? X86_SLOT_FS_BASE : X86_SLOT_GS_BASE,
               x86_const(lc, IR_I64, 0));
}

void x86_lift_mov_to_seg(LiftContext *lc)
{
    unsigned seg = lc->insn->op[0].reg;
    if (seg == X86_CS) {
        x86_trap(lc, TRAP_ILLEGAL, 0);
        return;
    }
    load_selector(lc, seg, x86_read(lc, 1));
    x86_exit(lc, lc->insn->next_pc, IR_EXIT_JUMP, 0);
}

void x86_lift_push_seg(LiftContext *lc)
{
    IrRef v = ir_conv(&lc->b, IR_zext, IR_I64, selector(lc, lc->insn->row->arg));
    if (lc->insn->opsize == 2)
        v = ir_conv(&lc->b, IR_trunc, IR_I16, v);
    x86_gpr_set(lc, RSP, x86_push(lc, v));
}

void x86_lift_pop_seg(LiftContext *lc)
{
    IrRef sp = x86_gpr(lc, RSP, 8);
    load_selector(lc, lc->insn->row->arg, x86_load(lc, IR_I16, sp));
    x86_gpr_set(lc, RSP, ir_bini(&lc->b, IR_add, sp, lc->insn->opsize));
    x86_exit(lc, lc->insn->next_pc, IR_EXIT_JUMP, 0);
}
