/* fxstate.c: FXSAVE and FXRSTOR, as plain loads, stores and x87 helper calls.
 *
 * The 512-byte image (SDM vol. 1, table 10-2):
 *     0 cw  2 sw  4 tags (abridged)  6 fop  8 ip  16 dp  24 mxcsr  28 mxcsr mask
 *     32 + 16 i: ST(i)     160 + 16 i: XMMi
 * With REX.W ip and dp have 64 bits, else 32 and a selector, which is stored as zero. FXRSTOR loads
 * everything before it changes anything.
 */
#include "frontend/x86_64/sse.h"
#include "frontend/x86_64/x87.h"
#include "frontend/x86_64/x87_unit.h"

enum {
    FX_IP = 8,
    FX_DP = 16,
    FX_MXCSR = 24,
    FX_ST = 32,
    FX_XMM = 160,
    FX_BYTES = 512,
    MXCSR_MASK = 0xffff,
};

static IrRef plus(LiftContext *lc, IrRef addr, uint64_t n)
{
    return ir_bini(&lc->b, IR_add, addr, n);
}

static unsigned xmm_count(const LiftContext *lc)
{
    return lc->insn->mode == X86_MODE_64 ? 16 : 8;
}

static IrRef aligned_address(LiftContext *lc)
{
    IrRef addr = x86_addr(lc);
    IrRef low = ir_bini(&lc->b, IR_and, addr, 15);
    x86_trap_if(lc, ir_bini(&lc->b, IR_ne, low, 0), TRAP_PRIVILEGED, 0);
    return addr;
}

static IrRef pointer(LiftContext *lc, IrRef v)
{
    return lc->insn->rex & X86_REX_W ? v : ir_extract(&lc->b, v, 0, 32);
}

/* A pointer to the last instruction or operand, zero without a pending exception (x87_unit.c). */
static IrRef if_pending(LiftContext *lc, unsigned slot)
{
    IrRef v = ir_get(&lc->b, slot);
    IrType t = (IrType)ir_inst(lc->b.region, v)->type;
    IrRef es = ir_bini(&lc->b, IR_and, ir_get(&lc->b, X86_SLOT_FPU_SW), X87_SW_ES);
    return ir_select(&lc->b, ir_bini(&lc->b, IR_ne, es, 0), v, x86_const(lc, t, 0));
}

void x86_lift_fxsave(LiftContext *lc)
{
    IrRef addr = aligned_address(lc);
    x86_probe(lc, addr, FX_BYTES, true);
    x87_to_memory(lc);
    x86_store(lc, addr, ir_get(&lc->b, X86_SLOT_FPU_CW));
    x86_store(lc, plus(lc, addr, 2), ir_get(&lc->b, X86_SLOT_FPU_SW));
    x86_store(lc, plus(lc, addr, 4), ir_get(&lc->b, X86_SLOT_FPU_TAG));
    x86_store(lc, plus(lc, addr, 6), if_pending(lc, X86_SLOT_FPU_FOP));
    x86_store(lc, plus(lc, addr, FX_IP), pointer(lc, if_pending(lc, X86_SLOT_FPU_IP)));
    x86_store(lc, plus(lc, addr, FX_DP), pointer(lc, if_pending(lc, X86_SLOT_FPU_DP)));
    x86_store(lc, plus(lc, addr, FX_MXCSR), ir_fpctl_get(&lc->b));
    x86_store(lc, plus(lc, addr, FX_MXCSR + 4), x86_const(lc, IR_I32, MXCSR_MASK));
    for (unsigned i = 0; i < 8; i++) {
        IrRef n = x86_const(lc, IR_I32, i), at = plus(lc, addr, FX_ST + 16 * i);
        x86_store(lc, at, ir_call(&lc->b, X86_HELPER_x87_reg_m, &n, 1));
        x86_store(lc, plus(lc, at, 8), ir_call(&lc->b, X86_HELPER_x87_reg_se, &n, 1));
    }
    for (unsigned i = 0; i < xmm_count(lc); i++)
        x86_store(lc, plus(lc, addr, FX_XMM + 16 * i), x86_xmm(lc, i));
}

void x86_lift_fxrstor(LiftContext *lc)
{
    IrRef addr = aligned_address(lc), m[8], se[8], xmm[16];
    x86_probe(lc, addr, FX_BYTES, false);
    IrRef control = x86_load(lc, IR_I64, addr);
    IrRef ip = pointer(lc, x86_load(lc, IR_I64, plus(lc, addr, FX_IP)));
    IrRef dp = pointer(lc, x86_load(lc, IR_I64, plus(lc, addr, FX_DP)));
    IrRef mxcsr = x86_load(lc, IR_I32, plus(lc, addr, FX_MXCSR));
    for (unsigned i = 0; i < 8; i++) {
        m[i] = x86_load(lc, IR_I64, plus(lc, addr, FX_ST + 16 * i));
        IrRef exponent = x86_load(lc, IR_I16, plus(lc, addr, FX_ST + 16 * i + 8));
        se[i] = ir_conv(&lc->b, IR_zext, IR_I32, exponent);
    }
    for (unsigned i = 0; i < xmm_count(lc); i++)
        xmm[i] = x86_load(lc, IR_V128, plus(lc, addr, FX_XMM + 16 * i));
    sse_check_mxcsr(lc, mxcsr);
    ir_call(&lc->b, X86_HELPER_x87_fxrstor, (IrRef[]){control, ip, dp}, 3);
    for (unsigned i = 0; i < 8; i++) {
        IrRef n = x86_const(lc, IR_I32, i);
        ir_call(&lc->b, X86_HELPER_x87_reg_set, (IrRef[]){n, m[i], se[i]}, 3);
    }
    x87_from_memory(lc);
    for (unsigned i = 0; i < xmm_count(lc); i++)
        x86_xmm_set(lc, i, xmm[i]);
    sse_set_mxcsr(lc, mxcsr);
}
