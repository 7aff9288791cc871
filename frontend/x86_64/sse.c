/* sse.c: operands of MMX and SSE instructions, moves, and MXCSR.
 *
 * Example: movss xmm1, [rdi] is  %v = load f32; put xmm1, vlow %v;  movss xmm1, xmm2 inserts lane
 * 0.
 */
#include "frontend/x86_64/sse.h"

#include "frontend/x86_64/x87_unit.h"

static bool uses_mmx(const LiftContext *lc)
{
    for (unsigned i = 0; i < 3; i++)
        if (lc->insn->op[i].kind == X86_MMX)
            return true;
    return false;
}

void x87_check_pending(LiftContext *lc)
{
    enum { SW_ES = 0x80 };
    IrRef es = ir_bini(&lc->b, IR_and, ir_get(&lc->b, X86_SLOT_FPU_SW), SW_ES);
    x86_trap_if(lc, ir_bini(&lc->b, IR_ne, es, 0), TRAP_X87, 0);
}

void sse_begin(LiftContext *lc)
{
    if (uses_mmx(lc) && !lc->x87_unit)
        x87_check_pending(lc);
}

void mmx_enter(LiftContext *lc, unsigned tags)
{
    enum { SW_TOP = 0x3800 };
    IrRef sw = ir_get(&lc->b, X86_SLOT_FPU_SW);
    ir_put(&lc->b, X86_SLOT_FPU_SW, ir_bini(&lc->b, IR_and, sw, 0xffff & ~SW_TOP));
    ir_put(&lc->b, X86_SLOT_FPU_TAG, x86_const(lc, IR_I16, tags));
}

void sse_end(LiftContext *lc)
{
    if (uses_mmx(lc) && !lc->x87_unit)
        mmx_enter(lc, 0xff);
}

void sse_before_fp(LiftContext *lc)
{
    if (!uses_mmx(lc) || !lc->fptrap)
        return;
    if (lc->x87_unit)
        x87_mm(lc, 0); /* any MMX instruction will do */
    else
        mmx_enter(lc, 0xff);
}

IrRef sse_read(LiftContext *lc, unsigned n)
{
    const X86Operand *op = &lc->insn->op[n];
    if (op->kind == X86_XMM)
        return x86_xmm(lc, op->reg);
    if (op->kind == X86_MMX)
        return ir_vlow(&lc->b,
                       lc->x87_unit ? x87_mm(lc, op->reg) : ir_get(&lc->b, X86_SLOT_MM + op->reg));
    if (op->size == 16)
        return x86_read(lc, n);
    /* Loaded as a float the value goes to a vector register at once. */
    if (op->size == 8 && lc->insn->op[0].kind == X86_XMM)
        return ir_vlow(&lc->b, x86_read_as(lc, n, IR_F64));
    return ir_vlow(&lc->b, x86_read(lc, n));
}

void sse_write(LiftContext *lc, unsigned n, IrRef v)
{
    const X86Operand *op = &lc->insn->op[n];
    if (op->kind == X86_XMM) {
        x86_xmm_set(lc, op->reg, v);
    } else if (op->kind == X86_MMX && lc->x87_unit) {
        x87_mm_set(lc, op->reg, ir_vextract(&lc->b, IR_I64, v, 0));
    } else if (op->kind == X86_MMX) {
        ir_put(&lc->b, X86_SLOT_MM + op->reg, ir_vextract(&lc->b, IR_I64, v, 0));
        ir_put(&lc->b, X86_SLOT_MM_SE + op->reg, x86_const(lc, IR_I16, 0xffff));
    } else {
        x86_write(lc, n, op->size == 16 ? v : ir_vextract(&lc->b, IR_I64, v, 0));
    }
}

void sse_write_low(LiftContext *lc, IrRef scalar)
{
    unsigned reg = lc->insn->op[0].reg;
    IrType t = (IrType)ir_inst(lc->b.region, scalar)->type;
    x86_xmm_set(lc, reg, ir_vinsert(&lc->b, t, x86_xmm(lc, reg), scalar, 0));
}

static IrRef sse_fp(LiftContext *lc, const IrInst *proto)
{
    IrInst i = *proto;
    if (lc->fptrap && ir_has(&i, IR_E_RAISES)) {
        x86_flags_flush(lc);
        i.flags |= IR_F_TRAPS;
    }
    return ir_emit(&lc->b, &i);
}

IrRef sse_scalar_op(LiftContext *lc, IrOp op, IrType t, IrRef a, IrRef b, unsigned cc)
{
    return sse_fp(lc, &(IrInst){.op = (uint16_t)op,
                                .type = (uint8_t)t,
                                .cc = (uint8_t)cc,
                                .nargs = b.i ? 2 : 1,
                                .arg = {a, b}});
}

IrRef sse_op(LiftContext *lc, IrOp op, IrType lane, IrRef a, IrRef b, unsigned cc)
{
    if (!lc->fptrap || !(ir_op_info[op].effects & IR_E_RAISES))
        return ir_vop_cc(&lc->b, op, lane, a, b, cc);
    return sse_fp(lc, &(IrInst){.op = (uint16_t)op,
                                .type = IR_V128,
                                .lane = (uint8_t)lane,
                                .cc = (uint8_t)cc,
                                .nargs = b.i ? 2 : 1,
                                .arg = {a, b}});
}

/* ---- moves ---- */

void x86_lift_sse_mov(LiftContext *lc)
{
    sse_begin(lc);
    sse_write(lc, 0, sse_read(lc, 1));
    sse_end(lc);
}

static IrRef low_lane(LiftContext *lc, unsigned n, IrType t)
{
    return ir_vextract(&lc->b, t, x86_xmm(lc, lc->insn->op[n].reg), 0);
}

void x86_lift_sse_merge_low(LiftContext *lc)
{
    sse_write_low(lc, low_lane(lc, 1, (IrType)lc->insn->row->arg));
}

void x86_lift_sse_load_low(LiftContext *lc)
{
    IrRef v = x86_read_as(lc, 1, (IrType)lc->insn->row->arg);
    x86_xmm_set(lc, lc->insn->op[0].reg, ir_vlow(&lc->b, v));
}

void x86_lift_sse_store_low(LiftContext *lc)
{
    IrRef v = low_lane(lc, 1, (IrType)lc->insn->row->arg);
    if (x86_is_mem(lc, 0))
        x86_store(lc, x86_addr(lc), v);
    else
        x86_xmm_set(lc, lc->insn->op[0].reg, ir_vlow(&lc->b, v));
}

void x86_lift_sse_load_half(LiftContext *lc)
{
    IrRef v = x86_load(lc, IR_F64, x86_addr(lc));
    unsigned reg = lc->insn->op[0].reg;
    x86_xmm_set(lc, reg, ir_vinsert(&lc->b, IR_F64, x86_xmm(lc, reg), v, lc->insn->row->arg));
}

void x86_lift_sse_store_half(LiftContext *lc)
{
    IrRef v = x86_xmm(lc, lc->insn->op[1].reg);
    x86_store(lc, x86_addr(lc), ir_vextract(&lc->b, IR_F64, v, lc->insn->row->arg));
}

static void shuffle_halves(LiftContext *lc, unsigned low, unsigned high)
{
    uint8_t mask[16];
    for (unsigned i = 0; i < 8; i++) {
        mask[i] = (uint8_t)(low + i);
        mask[i + 8] = (uint8_t)(high + i);
    }
    sse_write(lc, 0, ir_vshuf(&lc->b, sse_read(lc, 0), sse_read(lc, 1), mask));
}

void x86_lift_sse_movhlps(LiftContext *lc)
{
    shuffle_halves(lc, 24, 8);
}

void x86_lift_sse_movlhps(LiftContext *lc)
{
    shuffle_halves(lc, 0, 16);
}

void x86_lift_sse_from_gpr(LiftContext *lc)
{
    sse_begin(lc);
    sse_write(lc, 0, ir_vlow(&lc->b, x86_read(lc, 1)));
    sse_end(lc);
}

void x86_lift_sse_to_gpr(LiftContext *lc)
{
    sse_begin(lc);
    IrType t = x86_int_type(lc->insn->op[0].size);
    x86_write(lc, 0, ir_vextract(&lc->b, t, sse_read(lc, 1), 0));
    sse_end(lc);
}

void x86_lift_sse_movnt(LiftContext *lc)
{
    sse_begin(lc);
    IrRef v = sse_read(lc, 1);
    unsigned flags = IR_ORDER_TSO | IR_M_STREAM;
    if (lc->insn->row->arg == IR_I64)
        v = ir_vextract(&lc->b, IR_I64, v, 0);
    else
        flags |= IR_M_ALIGNED;
    x86_store_flags(lc, x86_addr(lc), v, flags);
    sse_end(lc);
}

void x86_lift_sse_movmsk(LiftContext *lc)
{
    sse_begin(lc);
    IrRef v = ir_vmovmsk(&lc->b, (IrType)lc->insn->row->arg, sse_read(lc, 1));
    x86_gpr_set(lc, lc->insn->op[0].reg, v);
    sse_end(lc);
}

/* The address in rdi of a masked store, which has no operand for it. */
static IrRef masked_address(LiftContext *lc)
{
    const X86Insn *insn = lc->insn;
    X86Insn with_mem = *insn;
    with_mem.mem.base = RDI;
    lc->insn = &with_mem;
    IrRef addr = x86_addr(lc);
    lc->insn = insn;
    return addr;
}

/* Byte by byte; a byte whose mask bit is clear is not touched. */
void x86_lift_sse_maskmov(LiftContext *lc)
{
    sse_begin(lc);
    IrRef addr = masked_address(lc), v = sse_read(lc, 0);
    IrRef mask = ir_vmovmsk(&lc->b, IR_I8, sse_read(lc, 1));
    for (unsigned i = 0; i < lc->insn->row->arg; i++) {
        uint32_t store = x86_block(lc), next = x86_block(lc);
        IrRef bit = ir_bini(&lc->b, IR_and, mask, (uint64_t)1 << i);
        x86_br(lc, ir_bini(&lc->b, IR_ne, bit, 0), store, next);
        X86Known known = lc->known; /* nothing in between changes it */
        x86_enter(lc, store, false);
        x86_store(lc, ir_bini(&lc->b, IR_add, addr, i), ir_vextract(&lc->b, IR_I8, v, i));
        x86_jump(lc, next);
        x86_enter(lc, next, true);
        lc->known = known;
    }
    sse_end(lc);
}

/* ---- MXCSR ---- */

enum {
    MXCSR_RESERVED = 0xffff0000,
    MXCSR_MASKS = 0x1f80,
};

void sse_check_mxcsr(LiftContext *lc, IrRef v)
{
    IrRef bad = ir_bini(&lc->b, IR_and, v, MXCSR_RESERVED);
    x86_trap_if(lc, ir_bini(&lc->b, IR_ne, bad, 0), TRAP_PRIVILEGED, 0);
}

/* When the masks no longer agree with X86_MODE_FPTRAP, or flags are to be exact from here on, the
 * code that follows is another translation's: leave with the state of the next instruction's start.
 */
void sse_set_mxcsr(LiftContext *lc, IrRef v)
{
    /* A condition made from the comparison anew would see other rounding or denormals. */
    lc->known.flags.fcmp_a = lc->known.flags.fcmp_b = IR_NONE;
    ir_fpctl_set(&lc->b, v);
    IrRef masks = ir_bini(&lc->b, IR_and, v, MXCSR_MASKS);
    IrRef changed = ir_bini(&lc->b, lc->fptrap ? IR_eq : IR_ne, masks, MXCSR_MASKS);
    if (lc->watch_fp)
        changed = x86_const(lc, IR_I8, 1);
    uint32_t leave = x86_block(lc), stay = x86_block(lc);
    x86_br(lc, changed, leave, stay);
    x86_enter(lc, leave, false);
    lc->b.region->blocks.data[leave].cold = true;
    ir_insn(&lc->b, lc->insn->next_pc, 0);
    ir_trap(&lc->b, TRAP_MODE, lc->watch_fp);
    x86_enter(lc, stay, false);
}

void x86_lift_sse_ldmxcsr(LiftContext *lc)
{
    IrRef v = x86_read(lc, 0);
    sse_check_mxcsr(lc, v);
    sse_set_mxcsr(lc, v);
}

void x86_lift_sse_stmxcsr(LiftContext *lc)
{
    x86_write(lc, 0, ir_fpctl_get(&lc->b));
}
