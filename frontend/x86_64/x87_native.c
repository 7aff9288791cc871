/* x87_native.c: lifts x87 and MMX instructions for the host's own unit.
 *
 * The unit has the guest's registers, TOP, tags, CW and SW, and guest addresses are host addresses:
 * an instruction becomes itself, its general registers and memory operand aside. That covers every
 * stack fault, masked and unmasked exception, and the last bit of the transcendental instructions.
 *
 * What moves whole states, and what mixes MMX with faults of other kinds, is lifted for memory
 * instead (x87_lift.c, fxstate.c, mmx.c) between two helpers that copy the unit's state to memory
 * and back. Saving changes nothing, so a fault in between finds the unit as it was.
 *
 * Example: fmul qword [rdi + 8]; fstp st(1)  is  x87mem 0x8dc, %addr;  x87 0xd9dd
 */
#include "frontend/x86_64/sse.h"
#include "frontend/x86_64/x87_unit.h"

static unsigned reg_field(const LiftContext *lc)
{
    return lc->insn->modrm >> 3 & 7;
}

/* ---- x87 ---- */

static void lift_x87_register(LiftContext *lc)
{
    unsigned opcode = lc->insn->row->opcode, modrm = lc->insn->modrm;
    uint64_t insn = opcode | (uint64_t)modrm << IR_X87_MODRM;
    unsigned digit = reg_field(lc);
    if (opcode == 0xdf && modrm == 0xe0) { /* fnstsw ax */
        x86_gpr_set(lc, RAX, ir_x87(&lc->b, insn | (uint64_t)IR_I16 << IR_X87_RESULT, IR_NONE));
    } else if ((opcode == 0xdb || opcode == 0xdf) && (digit == 5 || digit == 6)) { /* f(u)comi(p) */
        IrRef r = ir_x87(&lc->b, insn | (uint64_t)IR_I8 << IR_X87_RESULT, IR_NONE);
        x86_flags_set_bits(lc, ir_conv(&lc->b, IR_zext, IR_I64, r));
    } else if ((opcode == 0xda || opcode == 0xdb) && digit < 4 && modrm >= 0xc0) { /* fcmov */
        IrRef cond = x86_flags_cond(lc, lc->insn->row->arg);
        ir_x87(&lc->b, insn | (uint64_t)IR_I8 << IR_X87_ARGUMENT, cond);
    } else {
        ir_x87(&lc->b, insn, IR_NONE);
    }
}

/* fldenv, fnstenv, frstor, fnsave */
static bool moves_state(const LiftContext *lc)
{
    unsigned opcode = lc->insn->row->opcode, digit = reg_field(lc);
    return (opcode == 0xd9 || opcode == 0xdd) && (digit == 4 || digit == 6);
}

void x87_to_memory(LiftContext *lc)
{
    if (lc->x87_unit)
        ir_call(&lc->b, X86_HELPER_x87_save, NULL, 0);
}

void x87_from_memory(LiftContext *lc)
{
    if (lc->x87_unit)
        ir_call(&lc->b, X86_HELPER_x87_reload, NULL, 0);
}

static void lift_for_memory(LiftContext *lc)
{
    x87_to_memory(lc);
    lc->x87_unit = false;
    lc->insn->row->lift(lc);
    lc->x87_unit = true;
    x87_from_memory(lc);
}

static void lift_x87(LiftContext *lc)
{
    if (lc->insn->modrm >= 0xc0)
        lift_x87_register(lc);
    else if (moves_state(lc))
        lift_for_memory(lc);
    else
        ir_x87_mem(&lc->b, lc->insn->row->opcode | (uint64_t)(reg_field(lc) << 3) << IR_X87_MODRM,
                   x86_addr(lc));
}

/* ---- MMX ---- */

/* movd of 64 bits */
static bool is_movq(const X86Insn *in)
{
    return (in->row->opcode == 0x6e || in->row->opcode == 0x7e) && (in->rex & X86_REX_W);
}

static uint64_t mmx_insn(const LiftContext *lc)
{
    const X86Insn *in = lc->insn;
    static const uint8_t map[] = {[X86_MAP_0F] = 1, [X86_MAP_0F38] = 2, [X86_MAP_0F3A] = 3};
    uint64_t insn = in->row->opcode | (uint64_t)in->modrm << IR_X87_MODRM |
                    (uint64_t)map[in->row->map] << IR_X87_MAP | (is_movq(in) ? IR_X87_W : 0);
    for (unsigned i = 0; i < 3; i++)
        if (in->op[i].kind == X86_IMM)
            insn |= IR_X87_HAS_IMM8 | (in->op[i].imm & 0xff) << IR_X87_IMM8;
    return insn;
}

static void check_pending(LiftContext *lc)
{
    ir_x87(&lc->b, 0x9b | IR_X87_NO_MODRM, IR_NONE); /* fwait */
}

/* The operand that is of this kind, or 3. */
static unsigned operand_of(const LiftContext *lc, unsigned kind)
{
    unsigned i = 0;
    while (i < 3 && lc->insn->op[i].kind != kind)
        i++;
    return i;
}

/* movd, pinsrw; pextrw, pmovmskb */
static void lift_mmx_with_gpr(LiftContext *lc, unsigned n)
{
    bool wide = is_movq(lc->insn);
    uint64_t insn = mmx_insn(lc), type = wide ? IR_I64 : IR_I32;
    unsigned gpr = lc->insn->op[n].reg;
    if (n == 0)
        x86_gpr_set(lc, gpr, ir_x87(&lc->b, insn | type << IR_X87_RESULT, IR_NONE));
    else
        ir_x87(&lc->b, insn | type << IR_X87_ARGUMENT, x86_gpr(lc, gpr, wide ? 8 : 4));
}

void x87_mm_set(LiftContext *lc, unsigned reg, IrRef v)
{
    uint64_t movq = 0x6e | (uint64_t)(0xc0 | reg << 3) << IR_X87_MODRM | 1 << IR_X87_MAP;
    ir_x87(&lc->b, movq | IR_X87_W | (uint64_t)IR_I64 << IR_X87_ARGUMENT, v);
}

IrRef x87_mm(LiftContext *lc, unsigned reg)
{
    uint64_t movq = 0x7e | (uint64_t)(0xc0 | reg << 3) << IR_X87_MODRM | 1 << IR_X87_MAP;
    return ir_x87(&lc->b, movq | IR_X87_W | (uint64_t)IR_I64 << IR_X87_RESULT, IR_NONE);
}

static void lift_mmx(LiftContext *lc)
{
    const X86Row *row = lc->insn->row;
    unsigned gpr = operand_of(lc, X86_GPR);
    if (row->lift == x86_lift_sse_maskmov) {
        lift_for_memory(lc); /* bytes that the mask leaves out must not fault */
    } else if (operand_of(lc, X86_XMM) < 3 || row->prefix != X86_P_NP) {
        check_pending(lc);
        row->lift(lc);
    } else if (gpr < 3) {
        lift_mmx_with_gpr(lc, gpr);
    } else if (x86_insn_has_mem(lc->insn)) {
        ir_x87_mem(&lc->b, mmx_insn(lc), x86_addr(lc));
    } else {
        ir_x87(&lc->b, mmx_insn(lc), IR_NONE);
    }
}

bool x87_lift_native(LiftContext *lc)
{
    const X86Row *row = lc->insn->row;
    if (row->map == X86_MAP_00 && row->opcode == 0x9b)
        check_pending(lc);
    else if (row->map == X86_MAP_00 && (row->opcode & 0xf8) == 0xd8)
        lift_x87(lc);
    else if (row->lift == x86_lift_mmx_emms)
        ir_x87(&lc->b, 0x77 | 1 << IR_X87_MAP | IR_X87_NO_MODRM, IR_NONE);
    else if (operand_of(lc, X86_MMX) < 3)
        lift_mmx(lc);
    else
        return false;
    return true;
}
