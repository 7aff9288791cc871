/* x87_lift.c: emitters of the x87 instructions: pending exceptions, memory operands, helper calls.
 *
 * The x87 registers are memory-only slots that helpers work on (x87.c). Memory is accessed by
 * ordinary loads and stores around the calls, so faults are exact: loads come before the helper;
 * a store calls one helper for the value, stores, and calls another that pops and raises. An
 * unmasked exception of a store leads around the store.
 *
 * Example: fstp m64 is  %v = call x87_store; br skip?, done, b1;  b1: store %v; jump done;
 *                       done: call x87_stored
 */
#include "frontend/x86_64/sse.h"
#include "frontend/x86_64/x87.h"

static IrRef call(LiftContext *lc, enum X86Helper helper, const IrRef *args, unsigned n)
{
    return ir_call(&lc->b, helper, args, n);
}

static IrRef const32(LiftContext *lc, uint32_t v)
{
    return x86_const(lc, IR_I32, v);
}

/* A row's argument with the number of ST(i), unless the row names it. */
static uint32_t what_of(LiftContext *lc)
{
    uint32_t what = lc->insn->row->arg;
    if (lc->insn->modrm >= 0xc0 && !(lc->insn->row->modrm & X86_MR_EXACT))
        what |= (lc->insn->modrm & 7u) << X87_I;
    return what;
}

/* Instruction, operand address (without the segment's base) and opcode, as an exception handler
 * sees them. */
static void note_pointers(LiftContext *lc)
{
    const X86Insn *in = lc->insn;
    uint64_t fop = (in->opcode & 7u) << 8 | in->modrm;
    ir_put(&lc->b, X86_SLOT_FPU_IP, x86_const(lc, IR_I64, in->pc));
    ir_put(&lc->b, X86_SLOT_FPU_FOP, x86_const(lc, IR_I16, fop));
    if (x86_insn_has_mem(in))
        ir_put(&lc->b, X86_SLOT_FPU_DP, x86_addr_offset(lc));
}

static enum X86Helper helper_of(uint32_t what)
{
    static const uint8_t own[X87_FUNCTION_COUNT] = {
        [X87_add] = X86_HELPER_x87_arith, [X87_mul] = X86_HELPER_x87_arith,
        [X87_sub] = X86_HELPER_x87_arith, [X87_subr] = X86_HELPER_x87_arith,
        [X87_div] = X86_HELPER_x87_arith, [X87_divr] = X86_HELPER_x87_arith,
        [X87_ld] = X86_HELPER_x87_ld,     [X87_st] = X86_HELPER_x87_st,
        [X87_xch] = X86_HELPER_x87_xch,
    };
    unsigned helper = own[what & X87_FUNCTION];
    return helper ? helper : X86_HELPER_x87_exec;
}

void x86_lift_x87_exec(LiftContext *lc)
{
    x87_check_pending(lc);
    note_pointers(lc);
    call(lc, helper_of(lc->insn->row->arg), (IrRef[]){const32(lc, what_of(lc))}, 1);
}

/* The instructions that do not wait. */
void x86_lift_x87_control(LiftContext *lc)
{
    call(lc, X86_HELPER_x87_exec, (IrRef[]){const32(lc, lc->insn->row->arg)}, 1);
}

void x86_lift_x87_wait(LiftContext *lc)
{
    x87_check_pending(lc);
}

void x86_lift_x87_comi(LiftContext *lc)
{
    x87_check_pending(lc);
    note_pointers(lc);
    IrRef bits = call(lc, X86_HELPER_x87_comi, (IrRef[]){const32(lc, what_of(lc))}, 1);
    x86_flags_set_bits(lc, bits);
}

void x86_lift_x87_cmov(LiftContext *lc)
{
    x87_check_pending(lc);
    IrRef cond = x86_flags_cond(lc, lc->insn->row->arg);
    IrRef what = const32(lc, (lc->insn->modrm & 7u) << X87_I);
    note_pointers(lc);
    call(lc, X86_HELPER_x87_cmov, (IrRef[]){what, ir_conv(&lc->b, IR_zext, IR_I32, cond)}, 2);
}

/* ---- memory operands ---- */

static IrType format_type(enum X87Format format)
{
    switch (format) {
    case X87_I16:
        return IR_I16;
    case X87_F32:
    case X87_I32:
        return IR_I32;
    default:
        return IR_I64;
    }
}

static bool ten_bytes(enum X87Format format)
{
    return format == X87_F80 || format == X87_BCD;
}

static enum X87Format format_of(LiftContext *lc)
{
    return (enum X87Format)(lc->insn->row->arg >> X87_FORMAT & 15);
}

static IrRef plus(LiftContext *lc, IrRef addr, uint64_t n)
{
    return ir_bini(&lc->b, IR_add, addr, n);
}

static IrRef load_wide(LiftContext *lc, IrType t, IrType to, IrRef addr)
{
    return ir_conv(&lc->b, IR_zext, to, x86_load(lc, t, addr));
}

void x86_lift_x87_load(LiftContext *lc)
{
    x87_check_pending(lc);
    enum X87Format format = format_of(lc);
    IrRef addr = x86_addr(lc), hi = const32(lc, 0);
    IrRef lo = load_wide(lc, format_type(format), IR_I64, addr);
    if (ten_bytes(format))
        hi = load_wide(lc, IR_I16, IR_I32, plus(lc, addr, 8));
    note_pointers(lc);
    call(lc, X86_HELPER_x87_load, (IrRef[]){const32(lc, lc->insn->row->arg), lo, hi}, 3);
}

static unsigned format_bytes(enum X87Format format)
{
    return ten_bytes(format) ? 10 : ir_type_bits(format_type(format)) / 8;
}

/* Faults as an access of `bytes` bytes would, and changes nothing. */
static void probe_operand(LiftContext *lc, IrRef addr, unsigned bytes, bool write)
{
    enum { PAGE = 4096 };
    IrRef page = ir_bini(&lc->b, IR_and, plus(lc, addr, bytes - 1), -(uint64_t)PAGE);
    x86_probe(lc, addr, 1, write);
    x86_probe(lc, ir_select(&lc->b, ir_cmp(&lc->b, IR_ult, addr, page), page, addr), 1, write);
}

/* Leads through a block of its own where cond holds; nothing known changes in it. */
static void probe_if(LiftContext *lc, IrRef cond, IrRef addr, unsigned bytes)
{
    uint32_t probe = x86_block(lc), on = x86_block(lc);
    x86_br(lc, cond, probe, on);
    lc->b.region->blocks.data[probe].cold = true;
    X86Known known = lc->known;
    x86_enter(lc, probe, false);
    probe_operand(lc, addr, bytes, true);
    x86_jump(lc, on);
    x86_enter(lc, on, true);
    lc->known = known;
}

/* Two stores: the first must not happen when the second would fault. */
static void store_ten_bytes(LiftContext *lc, IrRef addr, IrRef low, IrRef high)
{
    enum { PAGE = 4096 };
    IrRef differ = ir_bin(&lc->b, IR_xor, addr, plus(lc, addr, 9));
    IrRef crosses = ir_bini(&lc->b, IR_ne, ir_bini(&lc->b, IR_and, differ, PAGE), 0);
    probe_if(lc, crosses, addr, 10);
    x86_store(lc, addr, low);
    x86_store(lc, plus(lc, addr, 8), ir_conv(&lc->b, IR_trunc, IR_I16, high));
}

void x86_lift_x87_store(LiftContext *lc)
{
    x87_check_pending(lc);
    enum X87Format format = format_of(lc);
    IrRef what = const32(lc, lc->insn->row->arg), addr = x86_addr(lc);
    IrRef v = call(lc, X86_HELPER_x87_store, &what, 1);
    IrRef aux = ir_get(&lc->b, X86_SLOT_FPU_AUX);
    uint32_t store = x86_block(lc), skipped = x86_block(lc), done = x86_block(lc);
    IrRef skip = ir_extract(&lc->b, aux, X87_AUX_SKIP, 1);
    lc->b.region->blocks.data[skipped].cold = true;
    x86_br(lc, ir_bini(&lc->b, IR_ne, skip, 0), skipped, store);
    X86Known known = lc->known; /* the store changes nothing of it */
    x86_enter(lc, skipped, false);
    probe_operand(lc, addr, format_bytes(format),
                  true); /* a bad operand comes before the exception */
    x86_jump(lc, done);
    x86_enter(lc, store, false);
    v = ir_conv(&lc->b, IR_trunc, format_type(format), v);
    if (ten_bytes(format))
        store_ten_bytes(lc, addr, v, aux);
    else
        x86_store(lc, addr, v);
    x86_jump(lc, done);
    x86_enter(lc, done, true);
    lc->known = known;
    note_pointers(lc);
    call(lc, X86_HELPER_x87_stored, &what, 1);
}

/* ---- control and status words ---- */

void x86_lift_x87_ldcw(LiftContext *lc)
{
    x87_check_pending(lc);
    IrRef cw = load_wide(lc, IR_I16, IR_I32, x86_addr(lc));
    call(lc, X86_HELPER_x87_ldcw, &cw, 1);
}

void x86_lift_x87_stword(LiftContext *lc)
{
    x86_write(lc, 0, ir_get(&lc->b, lc->insn->row->arg));
}

/* ---- environment and whole state ----
 *
 * 14 bytes with an operand size of 16, else 28 (the 64-bit mode has the protected mode format);
 * fnsave and frstor have the eight registers behind it, ST(0) first.
 */

enum { REGISTER_BYTES = 80 };

static unsigned word_size(LiftContext *lc)
{
    return lc->insn->opsize == 2 ? 2 : 4;
}

/* Processors touch the first word, then the last byte, before they look at any other. */
static void probe_ends(LiftContext *lc, IrRef addr, unsigned bytes, bool write)
{
    probe_operand(lc, addr, word_size(lc), write);
    x86_probe(lc, addr, bytes, write);
}

void x86_lift_x87_stenv(LiftContext *lc)
{
    unsigned size = word_size(lc);
    IrRef addr = x86_addr(lc);
    probe_ends(lc, addr, 7 * size + (lc->insn->row->arg ? REGISTER_BYTES : 0), true);
    for (unsigned n = 0; n < 7; n++) {
        IrRef word = call(lc, X86_HELPER_x87_env, (IrRef[]){const32(lc, n)}, 1);
        word = ir_conv(&lc->b, IR_trunc, size == 2 ? IR_I16 : IR_I32, word);
        x86_store(lc, plus(lc, addr, n * size), word);
    }
    if (!lc->insn->row->arg) {
        call(lc, X86_HELPER_x87_mask, NULL, 0);
        return;
    }
    for (unsigned i = 0; i < 8; i++) {
        IrRef at = plus(lc, addr, 7 * size + 10 * i), n = const32(lc, i);
        x86_store(lc, at, call(lc, X86_HELPER_x87_reg_m, &n, 1));
        IrRef se = call(lc, X86_HELPER_x87_reg_se, &n, 1);
        x86_store(lc, plus(lc, at, 8), ir_conv(&lc->b, IR_trunc, IR_I16, se));
    }
    call(lc, X86_HELPER_x87_exec, (IrRef[]){const32(lc, X87_init)}, 1);
}

/* Word n of an environment image, i64. */
static IrRef env_word(LiftContext *lc, IrRef addr, unsigned n, unsigned bytes)
{
    IrType t = bytes == 2 ? IR_I16 : IR_I32;
    return load_wide(lc, t, IR_I64, plus(lc, addr, n * word_size(lc)));
}

void x86_lift_x87_ldenv(LiftContext *lc)
{
    x87_check_pending(lc);
    unsigned size = word_size(lc);
    IrRef addr = x86_addr(lc), m[8], se[8];
    probe_ends(lc, addr, 7 * size + (lc->insn->row->arg ? REGISTER_BYTES : 0), false);
    IrRef control = env_word(lc, addr, 0, 2);
    control = ir_deposit(&lc->b, control, env_word(lc, addr, 1, 2), 16, 16);
    control = ir_deposit(&lc->b, control, env_word(lc, addr, 2, 2), 32, 16);
    IrRef ip = env_word(lc, addr, 3, size), dp = env_word(lc, addr, 5, size);
    if (size == 4) {
        IrRef fop = load_wide(lc, IR_I16, IR_I64, plus(lc, addr, 18));
        ip = ir_deposit(&lc->b, ip, fop, 32, 16);
    }
    bool registers = lc->insn->row->arg;
    for (unsigned i = 0; registers && i < 8; i++) {
        IrRef at = plus(lc, addr, 7 * size + 10 * i);
        m[i] = x86_load(lc, IR_I64, at);
        se[i] = load_wide(lc, IR_I16, IR_I32, plus(lc, at, 8));
    }
    call(lc, X86_HELPER_x87_ldenv, (IrRef[]){control, ip, dp}, 3);
    for (unsigned i = 0; registers && i < 8; i++)
        call(lc, X86_HELPER_x87_reg_set, (IrRef[]){const32(lc, i), m[i], se[i]}, 3);
}
