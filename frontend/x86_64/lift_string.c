/* lift_string.c: MOVS STOS LODS CMPS SCAS, alone and repeated.
 *
 * A repeated one is a loop whose iterations put rsi, rdi and rcx: a fault, or a poll at the loop's
 * head, finds the state of a whole number of iterations, and the instruction starts again from
 * there. Compares put the flags only at the end: a fault in the middle must show those from before
 * the instruction (SDM volume 2, REP). The loop is left at its bottom, so that the flags
 * of the last compare are never lost to a poll.
 *
 *     entry: br (eq rcx, 0), done, loop
 *     loop:  poll; load; store; put rsi, rdi, rcx; br (ne rcx', 0), loop, done
 *
 * REP MOVS and STOS forwards go in steps of 16 bytes while neither range leaves its page within a
 * step and the source does not overlap what the step writes, so a fault is still at the right
 * byte; the rest goes one by one.
 */
#include "frontend/x86_64/lift.h"
#include "ir/base/log.h"

typedef enum StringOp { MOVS, STOS, LODS, CMPS, SCAS } StringOp;

enum { USES_RSI = 1, USES_RDI = 2, PAGE = 4096, WIDE = 16 };

typedef struct String {
    StringOp op;
    unsigned size;
    unsigned uses;
    IrRef a, b; /* what was compared */
} String;

static unsigned uses_of(StringOp op)
{
    static const uint8_t uses[] = {[MOVS] = USES_RSI | USES_RDI,
                                   [STOS] = USES_RDI,
                                   [LODS] = USES_RSI,
                                   [CMPS] = USES_RSI | USES_RDI,
                                   [SCAS] = USES_RDI};
    return uses[op];
}

/* An index register cut to the address size. */
static IrRef index_value(LiftContext *lc, unsigned reg)
{
    IrRef v = x86_gpr(lc, reg, 8);
    return lc->insn->addrsize == 4 ? ir_extract(&lc->b, v, 0, 32) : v;
}

static void index_set(LiftContext *lc, unsigned reg, IrRef v)
{
    x86_gpr_set(lc, reg, lc->insn->addrsize == 4 ? ir_extract(&lc->b, v, 0, 32) : v);
}

static IrRef source_addr(LiftContext *lc)
{
    return x86_addr_of(lc, index_value(lc, RSI)); /* a segment override concerns rsi only */
}

/* The access of one iteration; registers are not put yet. */
static void access_once(LiftContext *lc, String *s)
{
    IrType t = x86_int_type(s->size);
    switch (s->op) {
    case MOVS:
        x86_store(lc, index_value(lc, RDI), x86_load(lc, t, source_addr(lc)));
        break;
    case STOS:
        x86_store(lc, index_value(lc, RDI), x86_gpr(lc, RAX, s->size));
        break;
    case LODS:
        s->a = x86_load(lc, t, source_addr(lc));
        break;
    case CMPS:
        s->a = x86_load(lc, t, source_addr(lc));
        s->b = x86_load(lc, t, index_value(lc, RDI));
        break;
    case SCAS:
        s->a = x86_gpr(lc, RAX, s->size);
        s->b = x86_load(lc, t, index_value(lc, RDI));
        break;
    }
}

/* +size, or -size when DF is set. */
static IrRef step_of(LiftContext *lc, unsigned size)
{
    IrRef df = ir_conv(&lc->b, IR_zext, IR_I64, ir_get(&lc->b, X86_SLOT_DF));
    IrRef twice = ir_bini(&lc->b, IR_shl, df, (unsigned)__builtin_ctz(size) + 1);
    return ir_bin(&lc->b, IR_sub, x86_const(lc, IR_I64, size), twice);
}

static void advance(LiftContext *lc, unsigned uses, IrRef step)
{
    if (uses & USES_RSI)
        index_set(lc, RSI, ir_bin(&lc->b, IR_add, index_value(lc, RSI), step));
    if (uses & USES_RDI)
        index_set(lc, RDI, ir_bin(&lc->b, IR_add, index_value(lc, RDI), step));
}

static void iterate(LiftContext *lc, String *s, IrRef step)
{
    access_once(lc, s);
    if (s->op == LODS)
        x86_gpr_set(lc, RAX, s->a);
    advance(lc, s->uses, step);
}

static void set_flags(LiftContext *lc, const String *s)
{
    if (s->op == CMPS || s->op == SCAS)
        x86_flags_set(lc, CC_SUB, s->a, s->b, IR_NONE);
}

static IrRef is_zero(LiftContext *lc, IrRef v)
{
    return ir_cmp(&lc->b, IR_eq, v, x86_const(lc, (IrType)ir_inst(lc->b.region, v)->type, 0));
}

static void enter_loop(LiftContext *lc, uint32_t loop)
{
    x86_enter(lc, loop, true);
    lc->b.region->blocks.data[loop].loop_head = true;
    if (lc->poll)
        ir_poll(&lc->b);
}

/* How many steps of 16 bytes can be made at once: rcx, and the rest of each page. */
static IrRef wide_steps(LiftContext *lc, const String *s)
{
    unsigned log2 = (unsigned)__builtin_ctz(s->size);
    IrRef n = ir_bini(&lc->b, IR_shr, index_value(lc, RCX), 4 - log2);
    for (unsigned use = USES_RSI; use <= USES_RDI; use <<= 1) {
        if (!(s->uses & use))
            continue;
        IrRef at = use == USES_RSI ? source_addr(lc) : index_value(lc, RDI);
        IrRef rest = ir_bini(&lc->b, IR_and, at, PAGE - 1);
        rest = ir_bin(&lc->b, IR_sub, x86_const(lc, IR_I64, PAGE), rest);
        rest = ir_bini(&lc->b, IR_shr, rest, 4);
        n = ir_select(&lc->b, ir_cmp(&lc->b, IR_ult, n, rest), n, rest);
    }
    return n;
}

/* i8: steps of 16 bytes give what single ones would: forwards, and not into what is yet to be
 * read. */
static IrRef wide_allowed(LiftContext *lc, const String *s)
{
    IrRef ok = is_zero(lc, ir_get(&lc->b, X86_SLOT_DF));
    if (s->op == MOVS) {
        IrRef ahead = ir_bin(&lc->b, IR_sub, index_value(lc, RDI), source_addr(lc));
        IrRef apart = ir_cmp(&lc->b, IR_ule, x86_const(lc, IR_I64, WIDE), ahead);
        ok = ir_bin(&lc->b, IR_and, ok, apart);
    }
    return ok;
}

static IrRef wide_pattern(LiftContext *lc, const String *s)
{
    static const uint64_t ones[4] = {0x0101010101010101, 0x0001000100010001, 0x0000000100000001, 1};
    IrRef v = x86_gpr(lc, RAX, s->size);
    if (s->size < 8)
        v = ir_conv(&lc->b, IR_zext, IR_I64, v);
    v = ir_bini(&lc->b, IR_mul, v, ones[__builtin_ctz(s->size)]);
    return ir_vsplat(&lc->b, IR_I64, v);
}

/* The inner loop of n > 0 steps of 16 bytes, which goes on in `next`. The number of steps left
 * follows from rcx, so that only guest state is carried: rcx counts down to `end`. */
static void wide_loop(LiftContext *lc, const String *s, IrRef n, uint32_t next)
{
    unsigned per = WIDE / s->size;
    uint32_t loop = x86_block(lc);
    IrRef units = ir_bini(&lc->b, IR_shl, n, (unsigned)__builtin_ctz(per));
    IrRef end = ir_bin(&lc->b, IR_sub, index_value(lc, RCX), units);
    IrRef pattern = s->op == STOS ? wide_pattern(lc, s) : IR_NONE;
    x86_jump(lc, loop);
    enter_loop(lc, loop);
    IrRef v = s->op == STOS ? pattern : x86_load(lc, IR_V128, source_addr(lc));
    x86_store(lc, index_value(lc, RDI), v);
    advance(lc, s->uses, x86_const(lc, IR_I64, WIDE));
    IrRef rcx = ir_bini(&lc->b, IR_sub, index_value(lc, RCX), per);
    index_set(lc, RCX, rcx);
    x86_br(lc, ir_cmp(&lc->b, IR_ne, rcx, end), loop, next);
}

/* REP MOVS, STOS: `head` is entered with rcx != 0.
 *     head:  br allowed and steps > 0, wide, slow
 *     wide:  16 bytes; until the steps are done, then to check
 *     slow:  one unit; to check
 *     check: br rcx == 0, done, head */
static void repeat_fast(LiftContext *lc, String *s, uint32_t head, uint32_t done)
{
    uint32_t wide = x86_block(lc), slow = x86_block(lc), check = x86_block(lc);
    enter_loop(lc, head);
    X86Known known = lc->known;
    IrRef n = wide_steps(lc, s);
    IrRef some = ir_cmp(&lc->b, IR_ne, n, x86_const(lc, IR_I64, 0));
    x86_br(lc, ir_bin(&lc->b, IR_and, wide_allowed(lc, s), some), wide, slow);
    x86_enter(lc, wide, false);
    wide_loop(lc, s, n, check);
    lc->known = known;
    x86_enter(lc, slow, false);
    iterate(lc, s, step_of(lc, s->size));
    index_set(lc, RCX, ir_bini(&lc->b, IR_sub, index_value(lc, RCX), 1));
    x86_jump(lc, check);
    x86_enter(lc, check, true);
    x86_br(lc, is_zero(lc, index_value(lc, RCX)), done, head);
}

static void repeat_slow(LiftContext *lc, String *s, uint32_t loop, uint32_t done)
{
    enter_loop(lc, loop);
    iterate(lc, s, step_of(lc, s->size));
    IrRef rcx = ir_bini(&lc->b, IR_sub, index_value(lc, RCX), 1);
    index_set(lc, RCX, rcx);
    IrRef over = is_zero(lc, rcx);
    if (s->op == LODS) {
        x86_br(lc, over, done, loop);
        return;
    }
    bool while_equal = lc->insn->prefixes & X86_PFX_F3;
    IrRef stop = ir_cmp(&lc->b, while_equal ? IR_ne : IR_eq, s->a, s->b);
    uint32_t end = x86_block(lc);
    x86_br(lc, ir_bin(&lc->b, IR_or, over, stop), end, loop);
    x86_enter(lc, end, false);
    set_flags(lc, s);
    x86_jump(lc, done);
}

static void string(LiftContext *lc, StringOp op)
{
    unsigned size = lc->insn->row->arg ? lc->insn->row->arg : lc->insn->opsize;
    String s = {.op = op, .size = size, .uses = uses_of(op)};
    if (!(lc->insn->prefixes & (X86_PFX_F2 | X86_PFX_F3))) {
        iterate(lc, &s, step_of(lc, size));
        set_flags(lc, &s);
        return;
    }
    uint32_t loop = x86_block(lc), done = x86_block(lc);
    x86_br(lc, is_zero(lc, index_value(lc, RCX)), done, loop);
    if (op == MOVS || op == STOS)
        repeat_fast(lc, &s, loop, done);
    else
        repeat_slow(lc, &s, loop, done);
    x86_enter(lc, done, true);
}

void x86_lift_movs(LiftContext *lc)
{
    string(lc, MOVS);
}

void x86_lift_stos(LiftContext *lc)
{
    string(lc, STOS);
}

void x86_lift_lods(LiftContext *lc)
{
    string(lc, LODS);
}

void x86_lift_cmps(LiftContext *lc)
{
    string(lc, CMPS);
}

void x86_lift_scas(LiftContext *lc)
{
    string(lc, SCAS);
}
