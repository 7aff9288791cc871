/* lift.c: the lifting context: registers, memory operands, blocks inside an instruction, traps.
 *
 * Values of registers are remembered while they hold (X86Known), so that most reads make no op
 * and the builder's folding sees constants and operands across instructions.
 */
#include "frontend/x86_64/lift.h"

#include "ir/base/log.h"

IrType x86_int_type(unsigned bytes)
{
    switch (bytes) {
    case 1:
        return IR_I8;
    case 2:
        return IR_I16;
    case 4:
        return IR_I32;
    default:
        return IR_I64;
    }
}

static IrType type_of(LiftContext *lc, IrRef v)
{
    return (IrType)ir_inst(lc->b.region, v)->type;
}

/* ---- registers ---- */

static IrRef gpr64(LiftContext *lc, unsigned reg)
{
    IrRef *known = &lc->known.gpr[reg];
    if (!known->i)
        *known = ir_get(&lc->b, X86_SLOT_GPR + reg);
    return *known;
}

static void gpr64_set(LiftContext *lc, unsigned reg, IrRef v)
{
    lc->known.gpr[reg] = v;
    ir_put(&lc->b, X86_SLOT_GPR + reg, v);
}

IrRef x86_gpr(LiftContext *lc, unsigned reg, unsigned bytes)
{
    IrRef v = gpr64(lc, reg);
    return bytes == 8 ? v : ir_conv(&lc->b, IR_trunc, x86_int_type(bytes), v);
}

void x86_gpr_set(LiftContext *lc, unsigned reg, IrRef v)
{
    IrType t = type_of(lc, v);
    if (t == IR_I32)
        v = ir_conv(&lc->b, IR_zext, IR_I64, v);
    else if (t != IR_I64)
        v = ir_deposit(&lc->b, gpr64(lc, reg), v, 0, ir_type_bits(t));
    gpr64_set(lc, reg, v);
}

static IrRef high_byte(LiftContext *lc, unsigned reg)
{
    return ir_conv(&lc->b, IR_trunc, IR_I8, ir_extract(&lc->b, gpr64(lc, reg), 8, 8));
}

IrRef x86_xmm(LiftContext *lc, unsigned reg)
{
    IrRef *known = &lc->known.xmm[reg];
    if (!known->i)
        *known = ir_get(&lc->b, X86_SLOT_XMM + reg);
    return *known;
}

void x86_xmm_set(LiftContext *lc, unsigned reg, IrRef v)
{
    lc->known.xmm[reg] = v;
    ir_put(&lc->b, X86_SLOT_XMM + reg, v);
}

/* ---- memory ---- */

IrRef x86_addr_offset(LiftContext *lc)
{
    const X86Mem *m = &lc->insn->mem;
    IrRef a = IR_NONE;
    if (m->base < 16)
        a = gpr64(lc, m->base);
    if (m->index < 16) {
        IrRef index = ir_bini(&lc->b, IR_shl, gpr64(lc, m->index), m->scale);
        a = a.i ? ir_bin(&lc->b, IR_add, a, index) : index;
    }
    if (!a.i)
        a = x86_const(lc, IR_I64, (uint64_t)m->disp);
    else if (m->disp)
        a = ir_bini(&lc->b, IR_add, a, (uint64_t)m->disp);
    return lc->insn->addrsize == 4 ? ir_extract(&lc->b, a, 0, 32) : a;
}

IrRef x86_addr_of(LiftContext *lc, IrRef a)
{
    unsigned seg = lc->insn->mem.seg;
    if (lc->insn->addrsize == 4)
        a = ir_extract(&lc->b, a, 0, 32);
    if (seg != X86_FS && seg != X86_GS)
        return a;
    unsigned slot = seg == X86_FS ? X86_SLOT_FS_BASE : X86_SLOT_GS_BASE;
    return ir_bin(&lc->b, IR_add, ir_get(&lc->b, slot), a);
}

IrRef x86_addr(LiftContext *lc)
{
    return x86_addr_of(lc, x86_addr_offset(lc));
}

IrRef x86_load_flags(LiftContext *lc, IrType t, IrRef addr, unsigned mem_flags)
{
    x86_flags_flush(lc);
    return ir_load(&lc->b, t, addr, IR_ORDER_TSO | mem_flags);
}

void x86_store_flags(LiftContext *lc, IrRef addr, IrRef v, unsigned mem_flags)
{
    x86_flags_flush(lc);
    ir_store(&lc->b, addr, v, IR_ORDER_TSO | mem_flags);
}

IrRef x86_load(LiftContext *lc, IrType t, IrRef addr)
{
    return x86_load_flags(lc, t, addr, 0);
}

void x86_store(LiftContext *lc, IrRef addr, IrRef v)
{
    x86_store_flags(lc, addr, v, 0);
}

void x86_probe(LiftContext *lc, IrRef addr, unsigned bytes, bool write)
{
    addr = ir_bini(&lc->b, IR_add, addr, bytes - 1);
    x86_flags_flush(lc);
    if (write)
        ir_atomic(&lc->b, IR_aor, addr, x86_const(lc, IR_I8, 0));
    else
        x86_load(lc, IR_I8, addr);
}

static unsigned operand_mem_flags(LiftContext *lc)
{
    return lc->insn->row->attr & A_ALIGN ? IR_M_ALIGNED : 0;
}

/* ---- operands ---- */

static IrType operand_type(const X86Operand *op)
{
    return op->size == 16 ? IR_V128 : x86_int_type(op->size);
}

static IrRef read_imm(LiftContext *lc, const X86Operand *op)
{
    unsigned bytes = lc->insn->op[0].size;
    return x86_const(lc, x86_int_type(bytes <= 8 && bytes ? bytes : 8), op->imm);
}

IrRef x86_read_as(LiftContext *lc, unsigned n, IrType t)
{
    const X86Operand *op = &lc->insn->op[n];
    switch (op->kind) {
    case X86_GPR: {
        IrRef v = x86_gpr(lc, op->reg, op->size);
        return ir_type_is_float(t) ? ir_conv(&lc->b, IR_bitcast, t, v) : v;
    }
    case X86_GPR_HIGH:
        return high_byte(lc, op->reg);
    case X86_IMM:
        return read_imm(lc, op);
    case X86_XMM:
        return t == IR_V128 ? x86_xmm(lc, op->reg)
                            : ir_vextract(&lc->b, t, x86_xmm(lc, op->reg), 0);
    default:
        DG_ASSERT(op->kind == X86_MEM);
        return x86_load_flags(lc, t, x86_addr(lc), t == IR_V128 ? operand_mem_flags(lc) : 0);
    }
}

IrRef x86_read(LiftContext *lc, unsigned n)
{
    return x86_read_as(lc, n, operand_type(&lc->insn->op[n]));
}

void x86_write(LiftContext *lc, unsigned n, IrRef v)
{
    const X86Operand *op = &lc->insn->op[n];
    switch (op->kind) {
    case X86_GPR:
        x86_gpr_set(lc, op->reg, v);
        break;
    case X86_GPR_HIGH:
        gpr64_set(lc, op->reg, ir_deposit(&lc->b, gpr64(lc, op->reg), v, 8, 8));
        break;
    case X86_XMM:
        x86_xmm_set(lc, op->reg, v);
        break;
    default:
        DG_ASSERT(op->kind == X86_MEM);
        x86_store_flags(lc, x86_addr(lc), v, type_of(lc, v) == IR_V128 ? operand_mem_flags(lc) : 0);
    }
}

X86Rmw x86_rmw_begin(LiftContext *lc)
{
    if (!x86_is_mem(lc, 0))
        return (X86Rmw){.old = x86_read(lc, 0)};
    IrRef addr = x86_addr(lc);
    return (X86Rmw){.addr = addr, .old = x86_load(lc, operand_type(&lc->insn->op[0]), addr)};
}

void x86_rmw_end(LiftContext *lc, const X86Rmw *m, IrRef v)
{
    if (m->addr.i)
        x86_store(lc, m->addr, v);
    else
        x86_write(lc, 0, v);
}

/* ---- blocks and ends ---- */

uint32_t x86_block(LiftContext *lc)
{
    return ir_block_new(lc->b.region, lc->insn->pc);
}

void x86_enter(LiftContext *lc, uint32_t block, bool merge)
{
    DG_ASSERT(!lc->known.flags.pending);
    lc->b.block = block;
    if (merge)
        lc->known = (X86Known){0};
    if (lc->count_blocks)
        ir_count(&lc->b);
}

void x86_jump(LiftContext *lc, uint32_t block)
{
    x86_flags_flush(lc);
    ir_jump(&lc->b, block);
}

void x86_br(LiftContext *lc, IrRef cond, uint32_t yes, uint32_t no)
{
    x86_flags_flush(lc);
    ir_br(&lc->b, cond, yes, no);
}

void x86_trap(LiftContext *lc, unsigned trap, unsigned argument)
{
    x86_flags_flush(lc);
    ir_trap(&lc->b, trap, argument);
    lc->ended = true;
}

void x86_trap_if(LiftContext *lc, IrRef cond, unsigned trap, unsigned argument)
{
    uint32_t cold = x86_block(lc), on = x86_block(lc);
    lc->b.region->blocks.data[cold].cold = true;
    x86_br(lc, cond, cold, on);
    lc->b.block = cold;
    ir_trap(&lc->b, trap, argument);
    x86_enter(lc, on, false);
}

void x86_exit(LiftContext *lc, uint64_t pc, IrExitKind kind, uint64_t return_pc)
{
    x86_flags_flush(lc);
    ir_exit(&lc->b, pc, kind, return_pc);
    lc->ended = true;
}

void x86_exit_indirect(LiftContext *lc, IrRef pc, IrExitKind kind, uint64_t return_pc)
{
    x86_flags_flush(lc);
    ir_exit_indirect(&lc->b, pc, kind, return_pc);
    lc->ended = true;
}

void x86_exit_service(LiftContext *lc, unsigned service)
{
    x86_flags_flush(lc);
    ir_exit_service(&lc->b, lc->insn->next_pc, service);
    lc->ended = true;
}
