/* fxstate.c: FXSAVE, FXRSTOR, XSAVE and XRSTOR, as plain loads, stores and x87 helper calls.
 *
 * The 512-byte image (SDM vol. 1, table 10-2):
 *     0 cw  2 sw  4 tags (abridged)  6 fop  8 ip  16 dp  24 mxcsr  28 mxcsr mask
 *     32 + 16 i: ST(i)     160 + 16 i: XMMi
 * With REX.W ip and dp have 64 bits, else 32 and a selector, which is stored as zero. FXRSTOR loads
 * everything before it changes anything.
 *
 * XSAVE (SDM vol. 1, 13.4 to 13.8) appends a header of 64 bytes: which components the image holds,
 * then words that XRSTOR wants zero. edx:eax asks for components; there are two, x87 and SSE. XSAVE
 * stores all that is asked for and says of each whether it is in use, that is, not as XRSTOR would
 * make it without an image. MXCSR goes with SSE and is loaded even where the image holds no SSE
 * state.
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
    XS_HOLDS = 512,
    XS_ZERO1 = 520, /* XCOMP_BV: the compacted form is not reported */
    XS_ZERO2 = 528,
    XS_BYTES = 576,
    XS_X87 = 1,
    XS_SSE = 2,
    FCW_INIT = 0x37f,
};

static IrRef plus(LiftContext *lc, IrRef addr, uint64_t n)
{
    return ir_bini(&lc->b, IR_add, addr, n);
}

static unsigned xmm_count(const LiftContext *lc)
{
    return lc->insn->mode == X86_MODE_64 ? 16 : 8;
}

static IrRef aligned_address(LiftContext *lc, unsigned to)
{
    IrRef addr = x86_addr(lc);
    IrRef low = ir_bini(&lc->b, IR_and, addr, to - 1);
    x86_trap_if(lc, ir_bini(&lc->b, IR_ne, low, 0), TRAP_PRIVILEGED, 0);
    return addr;
}

static IrRef pointer(LiftContext *lc, IrRef v)
{
    return lc->insn->rex & X86_REX_W ? v : ir_extract(&lc->b, v, 0, 32);
}

/* See x86_helper_x87_pointer. */
static IrRef last(LiftContext *lc, uint32_t n)
{
    IrRef which = x86_const(lc, IR_I32, n);
    return ir_call(&lc->b, X86_HELPER_x87_pointer, &which, 1);
}

static void store_x87(LiftContext *lc, IrRef addr)
{
    x87_to_memory(lc);
    x86_store(lc, addr, ir_get(&lc->b, X86_SLOT_FPU_CW));
    x86_store(lc, plus(lc, addr, 2), ir_get(&lc->b, X86_SLOT_FPU_SW));
    x86_store(lc, plus(lc, addr, 4), ir_get(&lc->b, X86_SLOT_FPU_TAG));
    x86_store(lc, plus(lc, addr, 6), ir_conv(&lc->b, IR_trunc, IR_I16, last(lc, 0)));
    x86_store(lc, plus(lc, addr, FX_IP), pointer(lc, last(lc, 1)));
    x86_store(lc, plus(lc, addr, FX_DP), pointer(lc, last(lc, 2)));
    for (unsigned i = 0; i < 8; i++) {
        IrRef n = x86_const(lc, IR_I32, i), at = plus(lc, addr, FX_ST + 16 * i);
        x86_store(lc, at, ir_call(&lc->b, X86_HELPER_x87_reg_m, &n, 1));
        x86_store(lc, plus(lc, at, 8), ir_call(&lc->b, X86_HELPER_x87_reg_se, &n, 1));
    }
}

static void store_sse(LiftContext *lc, IrRef addr)
{
    x86_store(lc, plus(lc, addr, FX_MXCSR), ir_fpctl_get(&lc->b));
    x86_store(lc, plus(lc, addr, FX_MXCSR + 4), x86_const(lc, IR_I32, MXCSR_MASK));
    for (unsigned i = 0; i < xmm_count(lc); i++)
        x86_store(lc, plus(lc, addr, FX_XMM + 16 * i), x86_xmm(lc, i));
}

/* Everything of a component that is loaded together. */
typedef struct X87Image {
    IrRef control, ip, dp, m[8], se[8];
} X87Image;

static X87Image load_x87(LiftContext *lc, IrRef addr)
{
    X87Image x = {
        .control = x86_load(lc, IR_I64, addr),
        .ip = pointer(lc, x86_load(lc, IR_I64, plus(lc, addr, FX_IP))),
        .dp = pointer(lc, x86_load(lc, IR_I64, plus(lc, addr, FX_DP))),
    };
    for (unsigned i = 0; i < 8; i++) {
        x.m[i] = x86_load(lc, IR_I64, plus(lc, addr, FX_ST + 16 * i));
        IrRef exponent = x86_load(lc, IR_I16, plus(lc, addr, FX_ST + 16 * i + 8));
        x.se[i] = ir_conv(&lc->b, IR_zext, IR_I32, exponent);
    }
    return x;
}

static void set_x87(LiftContext *lc, const X87Image *x)
{
    IrRef ip = x->ip, dp = x->dp;
    ir_call(&lc->b, X86_HELPER_x87_fxrstor, (IrRef[]){x->control, ip, dp}, 3);
    for (unsigned i = 0; i < 8; i++) {
        IrRef n = x86_const(lc, IR_I32, i);
        ir_call(&lc->b, X86_HELPER_x87_reg_set, (IrRef[]){n, x->m[i], x->se[i]}, 3);
    }
    x87_from_memory(lc);
}

void x86_lift_fxsave(LiftContext *lc)
{
    IrRef addr = aligned_address(lc, 16);
    x86_probe(lc, addr, FX_BYTES, true);
    store_x87(lc, addr);
    store_sse(lc, addr);
}

void x86_lift_fxrstor(LiftContext *lc)
{
    IrRef addr = aligned_address(lc, 16), xmm[16];
    x86_probe(lc, addr, FX_BYTES, false);
    X87Image x87 = load_x87(lc, addr);
    IrRef mxcsr = x86_load(lc, IR_I32, plus(lc, addr, FX_MXCSR));
    for (unsigned i = 0; i < xmm_count(lc); i++)
        xmm[i] = x86_load(lc, IR_V128, plus(lc, addr, FX_XMM + 16 * i));
    sse_check_mxcsr(lc, mxcsr);
    set_x87(lc, &x87);
    for (unsigned i = 0; i < xmm_count(lc); i++)
        x86_xmm_set(lc, i, xmm[i]);
    sse_set_mxcsr(lc, mxcsr);
}

/* ---- XSAVE, XRSTOR ---- */

static IrRef has(LiftContext *lc, IrRef components, unsigned which)
{
    return ir_bini(&lc->b, IR_ne, ir_bini(&lc->b, IR_and, components, which), 0);
}

/* Goes on in a block that runs only where a component is asked for; returns the block behind. */
static uint32_t enter_if(LiftContext *lc, IrRef asked, unsigned which)
{
    uint32_t yes = x86_block(lc), behind = x86_block(lc);
    x86_br(lc, has(lc, asked, which), yes, behind);
    x86_enter(lc, yes, false);
    return behind;
}

static void leave_to(LiftContext *lc, uint32_t behind)
{
    x86_jump(lc, behind);
    x86_enter(lc, behind, true);
}

/* Notes in the header whether a component is in use (i64 0 or 1). */
static void note_use(LiftContext *lc, IrRef addr, unsigned which, IrRef used)
{
    IrRef at = plus(lc, addr, XS_HOLDS);
    unsigned bit = (unsigned)__builtin_ctz(which);
    x86_store(lc, at, ir_deposit(&lc->b, x86_load(lc, IR_I64, at), used, bit, 1));
}

static IrRef sse_in_use(LiftContext *lc)
{
    IrRef any = x86_xmm(lc, 0);
    for (unsigned i = 1; i < xmm_count(lc); i++)
        any = ir_vop(&lc->b, IR_vor, IR_I64, any, x86_xmm(lc, i));
    IrRef low = ir_vextract(&lc->b, IR_I64, any, 0), high = ir_vextract(&lc->b, IR_I64, any, 1);
    IrRef used = ir_bini(&lc->b, IR_ne, ir_bin(&lc->b, IR_or, low, high), 0);
    return ir_conv(&lc->b, IR_zext, IR_I64, used);
}

void x86_lift_xsave(LiftContext *lc)
{
    IrRef addr = aligned_address(lc, 64), asked = x86_gpr(lc, RAX, 4);
    x86_probe(lc, addr, 1, true); /* the first byte, then the last */
    x86_probe(lc, addr, XS_BYTES, true);
    uint32_t behind = enter_if(lc, asked, XS_X87);
    store_x87(lc, addr);
    note_use(lc, addr, XS_X87, ir_call(&lc->b, X86_HELPER_x87_in_use, NULL, 0));
    leave_to(lc, behind);
    behind = enter_if(lc, asked, XS_SSE);
    store_sse(lc, addr);
    note_use(lc, addr, XS_SSE, sse_in_use(lc));
    leave_to(lc, behind);
}

/* The header must be one of the standard form and name no other components. */
static IrRef check_header(LiftContext *lc, IrRef addr)
{
    IrRef holds = x86_load(lc, IR_I64, plus(lc, addr, XS_HOLDS));
    IrRef bad = ir_bini(&lc->b, IR_and, holds, ~(uint64_t)(XS_X87 | XS_SSE));
    bad = ir_bin(&lc->b, IR_or, bad, x86_load(lc, IR_I64, plus(lc, addr, XS_ZERO1)));
    bad = ir_bin(&lc->b, IR_or, bad, x86_load(lc, IR_I64, plus(lc, addr, XS_ZERO2)));
    x86_trap_if(lc, ir_bini(&lc->b, IR_ne, bad, 0), TRAP_PRIVILEGED, 0);
    return holds;
}

static IrRef if_held(LiftContext *lc, IrRef held, IrRef v, uint64_t otherwise)
{
    IrType t = (IrType)ir_inst(lc->b.region, v)->type;
    return ir_select(&lc->b, held, v, x86_const(lc, t, otherwise));
}

static void restore_x87(LiftContext *lc, IrRef addr, IrRef held)
{
    X87Image x = load_x87(lc, addr);
    x.control = if_held(lc, held, x.control, FCW_INIT);
    x.ip = if_held(lc, held, x.ip, 0);
    x.dp = if_held(lc, held, x.dp, 0);
    for (unsigned i = 0; i < 8; i++) {
        x.m[i] = if_held(lc, held, x.m[i], 0);
        x.se[i] = if_held(lc, held, x.se[i], 0);
    }
    set_x87(lc, &x);
}

static void restore_xmm(LiftContext *lc, IrRef addr, IrRef held)
{
    IrRef zero = ir_vconst(&lc->b, (const uint8_t[16]){0});
    for (unsigned i = 0; i < xmm_count(lc); i++) {
        IrRef v = x86_load(lc, IR_V128, plus(lc, addr, FX_XMM + 16 * i));
        x86_xmm_set(lc, i, ir_select(&lc->b, held, v, zero));
    }
}

void x86_lift_xrstor(LiftContext *lc)
{
    IrRef addr = aligned_address(lc, 64), asked = x86_gpr(lc, RAX, 4);
    x86_load(lc, IR_I64, addr); /* the image's other page, before anything changes */
    IrRef holds = check_header(lc, addr), mxcsr_at = plus(lc, addr, FX_MXCSR);
    uint32_t behind = enter_if(lc, asked, XS_SSE);
    sse_check_mxcsr(lc, x86_load(lc, IR_I32, mxcsr_at));
    leave_to(lc, behind);
    behind = enter_if(lc, asked, XS_X87);
    restore_x87(lc, addr, has(lc, holds, XS_X87));
    leave_to(lc, behind);
    behind = enter_if(lc, asked, XS_SSE);
    IrRef mxcsr = x86_load(lc, IR_I32, mxcsr_at);
    restore_xmm(lc, addr, has(lc, holds, XS_SSE));
    sse_set_mxcsr(lc, mxcsr);
    leave_to(lc, behind);
}

/* XCR0, the only extended control register there is. */
void x86_lift_xgetbv(LiftContext *lc)
{
    IrRef other = ir_bini(&lc->b, IR_ne, x86_gpr(lc, RCX, 4), 0);
    x86_trap_if(lc, other, TRAP_PRIVILEGED, 0);
    x86_gpr_set(lc, RAX, x86_const(lc, IR_I32, XS_X87 | XS_SSE));
    x86_gpr_set(lc, RDX, x86_const(lc, IR_I32, 0));
}
