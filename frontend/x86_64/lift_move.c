/* lift_move.c: moves, extensions, exchanges, conditional moves, and the stack.
 *
 * Partial registers: 8 and 16-bit results leave the rest of a register, 32-bit results clear the
 * upper half, also when a condition is false (x86_gpr_set does it by type). Stack stores and loads
 * come before rsp is put.
 */
#include "frontend/x86_64/lift.h"

static IrRef resize(LiftContext *lc, IrOp extend, unsigned bytes, IrRef v)
{
    IrType from = (IrType)ir_inst(lc->b.region, v)->type, t = x86_int_type(bytes);
    if (from == t)
        return v;
    return ir_conv(&lc->b, t > from ? extend : IR_trunc, t, v);
}

void x86_lift_mov(LiftContext *lc)
{
    x86_write(lc, 0, x86_read(lc, 1));
}

void x86_lift_movnti(LiftContext *lc)
{
    x86_store_flags(lc, x86_addr(lc), x86_read(lc, 1), IR_M_STREAM);
}

void x86_lift_movzx(LiftContext *lc)
{
    x86_write(lc, 0, resize(lc, IR_zext, lc->insn->op[0].size, x86_read(lc, 1)));
}

void x86_lift_movsx(LiftContext *lc)
{
    x86_write(lc, 0, resize(lc, IR_sext, lc->insn->op[0].size, x86_read(lc, 1)));
}

void x86_lift_lea(LiftContext *lc)
{
    x86_write(lc, 0, resize(lc, IR_zext, lc->insn->op[0].size, x86_addr_offset(lc)));
}

/* With memory the exchange is atomic, LOCK or not. */
void x86_lift_xchg(LiftContext *lc)
{
    IrRef b = x86_read(lc, 1);
    if (x86_is_mem(lc, 0)) {
        IrRef addr = x86_addr(lc);
        x86_flags_flush(lc);
        x86_write(lc, 1, ir_atomic(&lc->b, IR_axchg, addr, b));
        return;
    }
    IrRef a = x86_read(lc, 0);
    x86_write(lc, 0, b);
    x86_write(lc, 1, a);
}

/* 90 is NOP: xchg eax, eax does not clear the upper half. */
void x86_lift_xchg_ax(LiftContext *lc)
{
    if (lc->insn->op[0].reg != RAX)
        x86_lift_xchg(lc);
}

/* 16 bits: undefined; CPUs give 0. */
void x86_lift_bswap(LiftContext *lc)
{
    if (lc->insn->opsize == 2)
        x86_write(lc, 0, x86_const(lc, IR_I16, 0));
    else
        x86_write(lc, 0, ir_un(&lc->b, IR_bswap, x86_read(lc, 0)));
}

void x86_lift_cmov(LiftContext *lc)
{
    bool negated;
    IrRef yes = x86_read(lc, 1), no = x86_read(lc, 0);
    IrRef cond = x86_flags_cond_or_not(lc, lc->insn->opcode & 15, &negated);
    x86_write(lc, 0, ir_select(&lc->b, cond, negated ? no : yes, negated ? yes : no));
}

void x86_lift_setcc(LiftContext *lc)
{
    x86_write(lc, 0, x86_flags_cond(lc, lc->insn->opcode & 15));
}

void x86_lift_cbw(LiftContext *lc)
{
    unsigned size = lc->insn->opsize;
    x86_gpr_set(lc, RAX, resize(lc, IR_sext, size, x86_gpr(lc, RAX, size / 2)));
}

void x86_lift_cwd(LiftContext *lc)
{
    unsigned size = lc->insn->opsize;
    x86_gpr_set(lc, RDX, ir_bini(&lc->b, IR_sar, x86_gpr(lc, RAX, size), 8 * size - 1));
}

void x86_lift_xlat(LiftContext *lc)
{
    IrRef index = ir_conv(&lc->b, IR_zext, IR_I64, x86_gpr(lc, RAX, 1));
    IrRef a = x86_addr_of(lc, ir_bin(&lc->b, IR_add, x86_gpr(lc, RBX, 8), index));
    x86_gpr_set(lc, RAX, x86_load(lc, IR_I8, a));
}

/* ---- the stack ---- */

IrRef x86_push(LiftContext *lc, IrRef v)
{
    unsigned bytes = ir_type_bits((IrType)ir_inst(lc->b.region, v)->type) / 8;
    IrRef sp = ir_bini(&lc->b, IR_sub, x86_gpr(lc, RSP, 8), bytes);
    x86_store(lc, sp, v);
    return sp;
}

void x86_lift_push(LiftContext *lc)
{
    unsigned size = lc->insn->opsize;
    const X86Operand *op = &lc->insn->op[0];
    IrRef v = op->kind == X86_IMM ? x86_const(lc, x86_int_type(size), op->imm) : x86_read(lc, 0);
    x86_gpr_set(lc, RSP, x86_push(lc, v));
}

/* An address that counts on rsp counts on it after the pop. */
void x86_lift_pop(LiftContext *lc)
{
    unsigned size = lc->insn->opsize;
    IrRef old = x86_gpr(lc, RSP, 8);
    IrRef v = x86_load(lc, x86_int_type(size), old);
    IrRef sp = ir_bini(&lc->b, IR_add, old, size);
    if (x86_is_mem(lc, 0)) {
        lc->known.gpr[RSP] = sp;
        IrRef addr = x86_addr(lc);
        x86_store(lc, addr, v);
        x86_gpr_set(lc, RSP, sp);
        return;
    }
    x86_gpr_set(lc, RSP, sp);
    x86_write(lc, 0, v);
}

/* Reserved bit 1 and IF are always seen set. */
enum { EFLAGS_FIXED = 0x202, EFLAGS_SYS = 0x244000 /* NT, AC, ID */ };

IrRef x86_eflags_image(LiftContext *lc)
{
    IrRef f = ir_bini(&lc->b, IR_or, x86_flags_all(lc), EFLAGS_FIXED);
    IrRef df = ir_conv(&lc->b, IR_zext, IR_I64, ir_get(&lc->b, X86_SLOT_DF));
    f = ir_bin(&lc->b, IR_or, f, ir_bini(&lc->b, IR_shl, df, 10));
    IrRef sys = ir_bini(&lc->b, IR_and, ir_get(&lc->b, X86_SLOT_EFLAGS_SYS), EFLAGS_SYS);
    return ir_bin(&lc->b, IR_or, f, ir_conv(&lc->b, IR_zext, IR_I64, sys));
}

/* The low `bytes` of an image: what user mode may change. TF is ignored. */
void x86_set_eflags_image(LiftContext *lc, IrRef f, unsigned bytes)
{
    unsigned sys = bytes == 2 ? EFLAGS_SYS & 0xffff : EFLAGS_SYS;
    x86_flags_set_bits(lc, ir_bini(&lc->b, IR_and, f, F_ALL));
    IrRef f32 = ir_conv(&lc->b, IR_trunc, IR_I32, f);
    ir_put(&lc->b, X86_SLOT_DF, ir_extract(&lc->b, f32, 10, 1));
    IrRef keep = ir_bini(&lc->b, IR_and, ir_get(&lc->b, X86_SLOT_EFLAGS_SYS), ~sys);
    ir_put(&lc->b, X86_SLOT_EFLAGS_SYS,
           ir_bin(&lc->b, IR_or, keep, ir_bini(&lc->b, IR_and, f32, sys)));
}

void x86_lift_pushf(LiftContext *lc)
{
    IrRef f = x86_eflags_image(lc);
    x86_gpr_set(lc, RSP, x86_push(lc, resize(lc, IR_zext, lc->insn->opsize, f)));
}

void x86_lift_popf(LiftContext *lc)
{
    unsigned size = lc->insn->opsize;
    IrRef sp = x86_gpr(lc, RSP, 8);
    IrRef f = resize(lc, IR_zext, 8, x86_load(lc, x86_int_type(size), sp));
    x86_set_eflags_image(lc, f, size);
    x86_gpr_set(lc, RSP, ir_bini(&lc->b, IR_add, sp, size));
}

void x86_lift_leave(LiftContext *lc)
{
    unsigned size = lc->insn->opsize;
    IrRef sp = x86_gpr(lc, RBP, 8);
    IrRef v = x86_load(lc, x86_int_type(size), sp);
    x86_gpr_set(lc, RSP, ir_bini(&lc->b, IR_add, sp, size));
    x86_gpr_set(lc, RBP, v);
}

/* Nested levels copy the outer frame pointers below the new one (SDM: ENTER). */
void x86_lift_enter(LiftContext *lc)
{
    unsigned size = lc->insn->opsize, level = lc->insn->op[1].imm & 31;
    IrType t = x86_int_type(size);
    IrRef rbp = x86_gpr(lc, RBP, 8);
    IrRef frame = x86_push(lc, resize(lc, IR_zext, size, rbp)), sp = frame;
    for (unsigned i = 1; i < level; i++) {
        IrRef outer = x86_load(lc, t, ir_bini(&lc->b, IR_sub, rbp, i * size));
        sp = ir_bini(&lc->b, IR_sub, sp, size);
        x86_store(lc, sp, outer);
    }
    if (level) {
        sp = ir_bini(&lc->b, IR_sub, sp, size);
        x86_store(lc, sp, resize(lc, IR_zext, size, frame));
    }
    sp = ir_bini(&lc->b, IR_sub, sp, lc->insn->op[0].imm);
    x86_store(lc, sp, x86_load(lc, t, sp)); /* the new top must be writable */
    x86_gpr_set(lc, RBP, resize(lc, IR_zext, size, frame));
    x86_gpr_set(lc, RSP, sp);
}
