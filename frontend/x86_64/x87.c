/* x87.c: the x87's register stack and instructions, as helpers that translations call.
 *
 * The helpers touch memory-only slots and no host FP state. An instruction reads its operands,
 * computes with fp80, and commits last: raise() puts exception flags into the status word, and an
 * exception that is unmasked and found before a result exists leaves registers and TOP alone.
 * Stack faults (SDM vol. 1, 8.5.1.1) are IE with SF: C1 set for overflow, clear for underflow.
 *
 * Example: faddp with ST(1) empty and IE masked: ST(1) = indefinite, pop, sw |= IE | SF.
 */
#include "frontend/x86_64/x87.h"

#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/helpers.h"

typedef struct Fpu {
    X86State *s;
    Fp80Env e;
    unsigned i;    /* of ST(i) */
    unsigned what; /* the whole argument */
} Fpu;

static inline Fpu enter(CpuState *cpu, uint32_t what)
{
    X86State *s = x86_state(cpu);
    return (Fpu){s, {s->fpu_cw, 0}, what >> X87_I & 7, what};
}

/* ---- the stack ---- */

static inline unsigned physical(const X86State *s, unsigned i)
{
    return (x87_top(s) + i) & 7;
}

static inline bool empty(const X86State *s, unsigned i)
{
    return !(s->fpu_tag >> physical(s, i) & 1);
}

static inline Fp80 get(const X86State *s, unsigned i)
{
    unsigned r = physical(s, i);
    return (Fp80){s->fpr[r].m, s->fpr[r].se};
}

static inline void set(X86State *s, unsigned i, Fp80 v)
{
    unsigned r = physical(s, i);
    s->fpr[r].m = v.m;
    s->fpr[r].se = v.se;
    s->fpu_tag |= (uint16_t)(1u << r);
}

static inline void move_top(X86State *s, unsigned by)
{
    unsigned top = (x87_top(s) + by) & 7;
    s->fpu_sw = (uint16_t)((s->fpu_sw & ~(7u << X87_SW_TOP)) | top << X87_SW_TOP);
}

static inline void pop(X86State *s)
{
    s->fpu_tag &= (uint16_t) ~(1u << physical(s, 0));
    move_top(s, 1);
}

static inline void pops(Fpu *f)
{
    if (f->what & (X87_POP | X87_POP2))
        pop(f->s);
    if (f->what & X87_POP2)
        pop(f->s);
}

/* ---- exceptions ---- */

static void update_summary(X86State *s)
{
    if (s->fpu_sw & ~s->fpu_cw & FP80_EXCEPTIONS)
        s->fpu_sw |= X87_SW_ES | X87_SW_BUSY;
    else
        s->fpu_sw &= (uint16_t) ~(X87_SW_ES | X87_SW_BUSY);
}

/* C1 says what f->e.flags say: rounded up, stack overflow, or a code of the instruction. */
static inline void raise(Fpu *f)
{
    if (f->e.flags == 0) { /* nothing new: the summary is right as it is */
        f->s->fpu_sw &= (uint16_t)~FP80_C1;
        return;
    }
    f->s->fpu_sw = (uint16_t)((f->s->fpu_sw & ~FP80_C1) | f->e.flags);
    update_summary(f->s);
}

/* True if the instruction cannot complete; it has then been signalled. */
static inline bool stopped(Fpu *f)
{
    if (!fp80_stopped(&f->e))
        return false;
    f->e.flags &= FP80_IE | FP80_DE | FP80_ZE | X87_SW_SF | FP80_C1;
    raise(f);
    return true;
}

static void stack_fault(Fpu *f, bool overflow)
{
    f->e.flags |= FP80_IE | X87_SW_SF | (overflow ? FP80_C1 : 0);
}

static inline void push(Fpu *f, Fp80 v)
{
    if (!empty(f->s, 7)) {
        f->e.flags = 0;
        stack_fault(f, true);
        v = FP80_INDEFINITE;
    }
    if (f->e.flags & ~f->e.cw & FP80_IE) {
        raise(f);
        return;
    }
    move_top(f->s, 7);
    set(f->s, 0, v);
    raise(f);
}

static void set_codes(X86State *s, uint16_t codes)
{
    s->fpu_sw = (uint16_t)((s->fpu_sw & ~FP80_CODES) | codes);
}

/* ---- arithmetic ---- */

static Fp80 subr(Fp80Env *e, Fp80 a, Fp80 b)
{
    return fp80_sub(e, b, a);
}

static Fp80 divr(Fp80Env *e, Fp80 a, Fp80 b)
{
    return fp80_div(e, b, a);
}

typedef Fp80 Binary(Fp80Env *, Fp80, Fp80);

static Binary *const binary[] = {
    [X87_add] = fp80_add, [X87_mul] = fp80_mul, [X87_sub] = fp80_sub,
    [X87_subr] = subr,    [X87_div] = fp80_div, [X87_divr] = divr,
};

/* ST0 op b into ST0 or ST(i). `denormal`: b came from a denormal in memory, which it no longer is.
 */
static inline void arith(Fpu *f, Fp80 b, bool underflow, bool denormal)
{
    unsigned dest = f->what & X87_TO_STI ? f->i : 0;
    Fp80 r = FP80_INDEFINITE;
    if (underflow || empty(f->s, 0)) {
        stack_fault(f, false);
    } else {
        Fp80 a = get(f->s, 0);
        r = binary[f->what & X87_FUNCTION](&f->e, a, b);
        if (denormal && fp80_class(a) < FP80_QNAN && !(f->e.flags & (FP80_IE | FP80_ZE)))
            f->e.flags = f->e.cw & FP80_DE ? f->e.flags | FP80_DE : FP80_DE;
    }
    if (stopped(f))
        return;
    set(f->s, dest, r);
    raise(f);
    pops(f);
}

static inline void arith_reg(Fpu *f)
{
    arith(f, get(f->s, f->i), empty(f->s, f->i), false);
}

/* Compares ST0 with b; returns the codes, which count even when an unmasked exception keeps the
 * instruction from completing. */
static uint16_t compare(Fpu *f, Fp80 b, bool underflow, bool denormal, bool *completed)
{
    uint16_t codes = FP80_C0 | FP80_C2 | FP80_C3;
    if (underflow || empty(f->s, 0)) {
        stack_fault(f, false);
    } else {
        codes = fp80_compare(&f->e, get(f->s, 0), b, f->what & X87_QUIET);
        if (denormal && codes != (FP80_C0 | FP80_C2 | FP80_C3))
            f->e.flags |= FP80_DE;
    }
    *completed = !stopped(f);
    return codes;
}

static void com(Fpu *f, Fp80 b, bool underflow, bool denormal)
{
    bool completed;
    uint16_t codes = compare(f, b, underflow, denormal, &completed);
    set_codes(f->s, codes);
    if (!completed)
        return;
    raise(f);
    pops(f);
}

static void com_reg(Fpu *f)
{
    com(f, get(f->s, f->i), empty(f->s, f->i), false);
}

static void tst(Fpu *f)
{
    com(f, (Fp80){0, 0}, false, false);
}

static void xam(Fpu *f)
{
    Fp80 v = get(f->s, 0);
    uint16_t sign = fp80_sign(v) ? FP80_C1 : 0;
    set_codes(f->s, empty(f->s, 0) ? FP80_C3 | FP80_C0 | sign : fp80_examine(v));
}

/* ---- moves and stack control ---- */

static inline void ld(Fpu *f)
{
    Fp80 v = get(f->s, f->i);
    if (!empty(f->s, f->i)) {
        push(f, v);
        return;
    }
    stack_fault(f, false); /* before an overflow */
    if (stopped(f))
        return;
    move_top(f->s, 7);
    set(f->s, 0, FP80_INDEFINITE);
    raise(f);
}

/* fst ST(i) */
static inline void st(Fpu *f)
{
    Fp80 v = get(f->s, 0);
    bool nothing = empty(f->s, 0) && (f->what & X87_UNCHECKED);
    if (empty(f->s, 0) && !nothing) {
        stack_fault(f, false);
        v = FP80_INDEFINITE;
    }
    if (stopped(f))
        return;
    if (!nothing)
        set(f->s, f->i, v);
    raise(f);
    pops(f);
}

static inline void xch(Fpu *f)
{
    Fp80 a = get(f->s, 0), b = get(f->s, f->i);
    bool a_empty = empty(f->s, 0), b_empty = empty(f->s, f->i);
    if (!a_empty && !b_empty) {
        set(f->s, 0, b);
        set(f->s, f->i, a);
        raise(f);
        return;
    }
    stack_fault(f, false);
    if (stopped(f))
        return;
    set(f->s, 0, b_empty ? FP80_INDEFINITE : b);
    set(f->s, f->i, a_empty ? FP80_INDEFINITE : a);
    raise(f);
}

static void ffree(Fpu *f)
{
    f->s->fpu_tag &= (uint16_t) ~(1u << physical(f->s, f->i));
    raise(f); /* clears C1 */
    pops(f);
}

static void incstp(Fpu *f)
{
    move_top(f->s, 1);
    raise(f);
}

static void decstp(Fpu *f)
{
    move_top(f->s, 7);
    raise(f);
}

static void nop(Fpu *f)
{
    (void)f;
}

static void init(Fpu *f)
{
    f->s->fpu_cw = X87_CW_INIT;
    f->s->fpu_sw = f->s->fpu_tag = f->s->fpu_fop = 0;
    f->s->fpu_ip = f->s->fpu_dp = 0;
}

static void clex(Fpu *f)
{
    f->s->fpu_sw &= (uint16_t) ~(FP80_EXCEPTIONS | X87_SW_SF | X87_SW_ES | X87_SW_BUSY);
}

/* ---- constants, rounded by the rounding control ---- */

static void constant(Fpu *f)
{
    static const struct {
        uint64_t m; /* truncated */
        uint16_t se;
        bool inexact, nearest_up;
    } constants[] = {
        [X87_ld1 - X87_ld1] = {0x8000000000000000u, 0x3fff, false, false},
        [X87_ldl2t - X87_ld1] = {0xd49a784bcd1b8afeu, 0x4000, true, false},
        [X87_ldl2e - X87_ld1] = {0xb8aa3b295c17f0bbu, 0x3fff, true, true},
        [X87_ldpi - X87_ld1] = {0xc90fdaa22168c234u, 0x4000, true, true},
        [X87_ldlg2 - X87_ld1] = {0x9a209a84fbcff798u, 0x3ffd, true, true},
        [X87_ldln2 - X87_ld1] = {0xb17217f7d1cf79abu, 0x3ffe, true, true},
        [X87_ldz - X87_ld1] = {0, 0, false, false},
    };
    unsigned n = (f->what & X87_FUNCTION) - X87_ld1, rm = f->e.cw >> 10 & 3;
    bool up = rm == FP80_NEAREST ? constants[n].nearest_up : rm == FP80_UP && constants[n].inexact;
    push(f, (Fp80){constants[n].m + up, constants[n].se});
}

/* ---- functions of ST0 ---- */

static Fp80 do_chs(Fp80Env *e, Fp80 a)
{
    (void)e;
    return (Fp80){a.m, a.se ^ 0x8000};
}

static Fp80 do_abs(Fp80Env *e, Fp80 a)
{
    (void)e;
    return (Fp80){a.m, a.se & 0x7fff};
}

typedef Fp80 Unary(Fp80Env *, Fp80);

static void unary(Fpu *f)
{
    static Unary *const table[X87_FUNCTION_COUNT] = {
        [X87_chs] = do_chs,       [X87_abs] = do_abs,       [X87_sqrt] = fp80_sqrt,
        [X87_rndint] = fp80_rint, [X87_f2xm1] = fp80_f2xm1,
    };
    Fp80 r = FP80_INDEFINITE;
    if (empty(f->s, 0))
        stack_fault(f, false);
    else
        r = table[f->what & X87_FUNCTION](&f->e, get(f->s, 0));
    if (stopped(f))
        return;
    set(f->s, 0, r);
    raise(f);
}

/* fsin and fcos; C2: the operand is out of range. */
static void trig(Fpu *f)
{
    Fp80 r = FP80_INDEFINITE;
    uint16_t codes = 0;
    if (empty(f->s, 0))
        stack_fault(f, false);
    else if ((f->what & X87_FUNCTION) == X87_sin)
        r = fp80_sin(&f->e, get(f->s, 0), &codes);
    else
        r = fp80_cos(&f->e, get(f->s, 0), &codes);
    f->s->fpu_sw = (uint16_t)((f->s->fpu_sw & ~FP80_C2) | codes);
    if (stopped(f))
        return;
    set(f->s, 0, r);
    raise(f);
}

/* fptan, fsincos, fxtract: ST0 is replaced by one result and another is pushed. */
static void two_results(Fpu *f)
{
    Fp80 first = FP80_INDEFINITE, second = FP80_INDEFINITE, v = get(f->s, 0);
    uint16_t codes = 0;
    unsigned function = f->what & X87_FUNCTION;
    if (empty(f->s, 0) || !empty(f->s, 7)) {
        stack_fault(f, !empty(f->s, 0));
    } else if (function == X87_xtract) {
        first = fp80_xtract(&f->e, v, &second);
    } else if (function == X87_tan) {
        first = fp80_tan(&f->e, v, &codes);
        second = fp80_class(first) >= FP80_QNAN ? first : (Fp80){(uint64_t)1 << 63, 0x3fff};
    } else {
        first = fp80_sin(&f->e, v, &codes);
        second = fp80_cos(&f->e, v, &codes);
    }
    if (function != X87_xtract)
        f->s->fpu_sw = (uint16_t)((f->s->fpu_sw & ~FP80_C2) | codes);
    if (stopped(f))
        return;
    if (!codes) {
        set(f->s, 0, first);
        move_top(f->s, 7);
        set(f->s, 0, second);
    }
    raise(f);
}

/* ---- functions of ST0 and ST1 ---- */

/* Result in ST1, then pop: fyl2x, fyl2xp1, fpatan. */
static void into_st1(Fpu *f)
{
    static Binary *const table[X87_FUNCTION_COUNT] = {
        [X87_yl2x] = fp80_yl2x, [X87_yl2xp1] = fp80_yl2xp1, [X87_patan] = fp80_patan};
    Fp80 r = FP80_INDEFINITE;
    if (empty(f->s, 0) || empty(f->s, 1))
        stack_fault(f, false);
    else
        r = table[f->what & X87_FUNCTION](&f->e, get(f->s, 0), get(f->s, 1));
    if (stopped(f))
        return;
    set(f->s, 1, r);
    raise(f);
    pop(f->s);
}

/* Result in ST0: fscale, fprem, fprem1. */
static void by_st1(Fpu *f)
{
    Fp80 r = FP80_INDEFINITE;
    uint16_t codes = FP80_NO_QUOTIENT;
    unsigned function = f->what & X87_FUNCTION;
    if (empty(f->s, 0) || empty(f->s, 1))
        stack_fault(f, false);
    else if (function == X87_scale)
        r = fp80_scale(&f->e, get(f->s, 0), get(f->s, 1)), codes = 0;
    else
        r = fp80_rem(&f->e, get(f->s, 0), get(f->s, 1), function == X87_prem1, &codes);
    unsigned replaced = codes & FP80_NO_QUOTIENT ? FP80_C2 : FP80_CODES;
    if (function != X87_scale)
        f->s->fpu_sw = (uint16_t)((f->s->fpu_sw & ~replaced) | (codes & FP80_CODES));
    if (stopped(f))
        return;
    set(f->s, 0, r);
    f->e.flags |= codes & FP80_C1;
    raise(f);
}

/* ---- helpers ---- */

typedef void Instruction(Fpu *);

static Instruction *const instructions[X87_FUNCTION_COUNT] = {
    [X87_add] = arith_reg,   [X87_mul] = arith_reg,
    [X87_com] = com_reg,     [X87_comp] = com_reg,
    [X87_sub] = arith_reg,   [X87_subr] = arith_reg,
    [X87_div] = arith_reg,   [X87_divr] = arith_reg,
    [X87_ld] = ld,           [X87_st] = st,
    [X87_xch] = xch,         [X87_ffree] = ffree,
    [X87_incstp] = incstp,   [X87_decstp] = decstp,
    [X87_nop] = nop,         [X87_init] = init,
    [X87_clex] = clex,       [X87_chs] = unary,
    [X87_abs] = unary,       [X87_tst] = tst,
    [X87_xam] = xam,         [X87_ld1] = constant,
    [X87_ldl2t] = constant,  [X87_ldl2e] = constant,
    [X87_ldpi] = constant,   [X87_ldlg2] = constant,
    [X87_ldln2] = constant,  [X87_ldz] = constant,
    [X87_sqrt] = unary,      [X87_rndint] = unary,
    [X87_scale] = by_st1,    [X87_prem] = by_st1,
    [X87_prem1] = by_st1,    [X87_xtract] = two_results,
    [X87_f2xm1] = unary,     [X87_yl2x] = into_st1,
    [X87_yl2xp1] = into_st1, [X87_patan] = into_st1,
    [X87_sin] = trig,        [X87_cos] = trig,
    [X87_tan] = two_results, [X87_sincos] = two_results,
};

void x86_helper_x87_exec(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    instructions[what & X87_FUNCTION](&f);
}

/* The most frequent ones again, without the detour through the table. */

void x86_helper_x87_arith(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    arith_reg(&f);
}

void x86_helper_x87_xch(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    xch(&f);
}

void x86_helper_x87_ld(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    ld(&f);
}

void x86_helper_x87_st(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    st(&f);
}

/* fcomi and its kin leave C1 alone but for a stack fault: ZF, PF and CF at their EFLAGS places. */
uint64_t x86_helper_x87_comi(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    bool completed;
    uint16_t c1 = f.s->fpu_sw & FP80_C1;
    uint16_t codes = compare(&f, get(f.s, f.i), empty(f.s, f.i), false, &completed);
    if (completed) {
        raise(&f);
        pops(&f);
    }
    if (!(f.e.flags & X87_SW_SF))
        f.s->fpu_sw |= c1;
    return (codes & FP80_C3 ? F_Z : 0u) | (codes & FP80_C2 ? F_P : 0u) |
           (codes & FP80_C0 ? F_C : 0u);
}

void x86_helper_x87_cmov(CpuState *cpu, uint32_t what, uint32_t condition)
{
    Fpu f = enter(cpu, what);
    Fp80 v = get(f.s, f.i);
    bool fault = empty(f.s, 0) || empty(f.s, f.i);
    if (fault) {
        stack_fault(&f, false);
        v = FP80_INDEFINITE;
    }
    if (stopped(&f))
        return;
    if (condition || fault)
        set(f.s, 0, v);
    if (fault)
        raise(&f);
}

/* ---- memory operands ---- */

static enum X87Format format_of(uint32_t what)
{
    return (enum X87Format)(what >> X87_FORMAT & 15);
}

/* A loaded operand. Of an arithmetic instruction a signalling NaN or denormal is signalled by the
 * operation, so it is not made quiet here; *denormal tells. */
static Fp80 operand(Fpu *f, uint64_t lo, uint32_t hi, bool arithmetic, bool *denormal)
{
    Fp80Env quiet = {f->e.cw, 0}, *e = arithmetic ? &quiet : &f->e;
    Fp80 v;
    *denormal = false;
    switch (format_of(f->what)) {
    case X87_F32:
        v = fp80_from_f32(e, (uint32_t)lo);
        break;
    case X87_F64:
        v = fp80_from_f64(e, lo);
        break;
    case X87_F80:
        return (Fp80){lo, (uint16_t)hi};
    case X87_I16:
        return fp80_from_i64((int16_t)lo);
    case X87_I32:
        return fp80_from_i64((int32_t)lo);
    case X87_I64:
        return fp80_from_i64((int64_t)lo);
    default:
        return fp80_from_bcd(lo, (uint16_t)hi);
    }
    if (arithmetic && (quiet.flags & FP80_IE))
        v.m &= ~((uint64_t)1 << 62);
    *denormal = quiet.flags & FP80_DE;
    return v;
}

/* fld, fild, fbld, and arithmetic and compares with a memory operand. */
void x86_helper_x87_load(CpuState *cpu, uint32_t what, uint64_t lo, uint32_t hi)
{
    Fpu f = enter(cpu, what);
    unsigned function = what & X87_FUNCTION;
    bool denormal;
    Fp80 v = operand(&f, lo, hi, function != X87_ld, &denormal);
    if (function == X87_ld)
        push(&f, v);
    else if (function == X87_com || function == X87_comp)
        com(&f, v, false, denormal);
    else
        arith(&f, v, false, denormal);
}

static uint64_t store_value(Fpu *f, Fp80 v, uint16_t *hi)
{
    switch (format_of(f->what)) {
    case X87_F32:
        return fp80_to_f32(&f->e, v);
    case X87_F64:
        return fp80_to_f64(&f->e, v);
    case X87_F80:
        *hi = v.se;
        return v.m;
    case X87_I16:
        return (uint64_t)fp80_to_int(&f->e, v, 16);
    case X87_I32:
        return (uint64_t)fp80_to_int(&f->e, v, 32);
    case X87_I64:
        return (uint64_t)fp80_to_int(&f->e, v, 64);
    default:
        return fp80_to_bcd(&f->e, v, hi);
    }
}

/* The value that a store will write; nothing is committed, since the store may fault. */
uint64_t x86_helper_x87_store(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    uint16_t hi = 0;
    bool underflow = empty(f.s, 0);
    f.e.cw |= what & X87_TRUNC ? X87_CW_RC : 0;
    uint64_t lo = store_value(&f, underflow ? FP80_INDEFINITE : get(f.s, 0), &hi);
    if (underflow) {
        f.e.flags = 0;
        stack_fault(&f, false);
    }
    bool skip = f.e.flags & ~f.e.cw & (FP80_IE | FP80_OE | FP80_UE);
    f.s->fpu_aux = (uint64_t)hi << X87_AUX_HIGH | (uint64_t)f.e.flags << X87_AUX_FLAGS |
                   (uint64_t)skip << X87_AUX_SKIP;
    return lo;
}

void x86_helper_x87_stored(CpuState *cpu, uint32_t what)
{
    Fpu f = enter(cpu, what);
    f.e.flags = (uint16_t)(f.s->fpu_aux >> X87_AUX_FLAGS);
    raise(&f);
    if (!(f.s->fpu_aux >> X87_AUX_SKIP & 1))
        pops(&f);
}

/* ---- control, environment, whole state ---- */

void x86_helper_x87_ldcw(CpuState *cpu, uint32_t cw)
{
    X86State *s = x86_state(cpu);
    s->fpu_cw = (cw & 0x1f3f) | 0x40;
    update_summary(s);
}

/* The two-bit tags that fnstenv stores: 0 valid, 1 zero, 2 special, 3 empty. */
static uint16_t full_tags(const X86State *s)
{
    unsigned tags = 0;
    for (unsigned r = 0; r < 8; r++) {
        Fp80Class c = fp80_class((Fp80){s->fpr[r].m, s->fpr[r].se});
        unsigned tag = !(s->fpu_tag >> r & 1) ? 3 : c == FP80_NORMAL ? 0 : c == FP80_ZERO ? 1 : 2;
        tags |= tag << r * 2;
    }
    return (uint16_t)tags;
}

/* Word n of the environment image, 32-bit protected mode format (SDM vol. 1, figure 8-9). */
uint64_t x86_helper_x87_env(CpuState *cpu, uint32_t n)
{
    const X86State *s = x86_state(cpu);
    X87Pointers last = x87_pointers(s);
    const uint32_t words[7] = {
        0xffff0000u | s->fpu_cw,
        0xffff0000u | s->fpu_sw,
        0xffff0000u | full_tags(s),
        (uint32_t)last.ip,
        (uint32_t)last.fop << 16,
        (uint32_t)last.dp,
        0xffff0000u,
    };
    return words[n];
}

/* For FXSAVE: 0 the opcode, 1 the address of the instruction, 2 of the operand. */
uint64_t x86_helper_x87_pointer(CpuState *cpu, uint32_t n)
{
    X87Pointers last = x87_pointers(x86_state(cpu));
    return n == 0 ? last.fop : n == 1 ? last.ip : last.dp;
}

/* fnstenv has stored: exceptions are masked. */
void x86_helper_x87_mask(CpuState *cpu)
{
    X86State *s = x86_state(cpu);
    s->fpu_cw |= FP80_EXCEPTIONS;
    update_summary(s);
}

/* control: cw, sw and full tag word, 16 bits each; ip: 32 bits and fop above. */
void x86_helper_x87_ldenv(CpuState *cpu, uint64_t control, uint64_t ip, uint64_t dp)
{
    X86State *s = x86_state(cpu);
    s->fpu_cw = (control & 0x1f3f) | 0x40;
    s->fpu_sw = (uint16_t)(control >> 16);
    s->fpu_tag = 0;
    for (unsigned r = 0; r < 8; r++)
        if ((control >> (32 + 2 * r) & 3) != 3)
            s->fpu_tag |= (uint16_t)(1u << r);
    s->fpu_ip = (uint32_t)ip;
    s->fpu_fop = ip >> 32 & 0x7ff;
    s->fpu_dp = dp;
    update_summary(s);
}

/* fxrstor: control is cw, sw, abridged tags and fop. */
void x86_helper_x87_fxrstor(CpuState *cpu, uint64_t control, uint64_t ip, uint64_t dp)
{
    X86State *s = x86_state(cpu);
    s->fpu_cw = (control & 0x1f3f) | 0x40;
    s->fpu_sw = (uint16_t)(control >> 16);
    s->fpu_tag = control >> 32 & 0xff;
    s->fpu_fop = control >> 48 & 0x7ff;
    s->fpu_ip = ip;
    s->fpu_dp = dp;
    update_summary(s);
}

/* ST(i) whatever its tag: significand, and sign and exponent. */
uint64_t x86_helper_x87_reg_m(CpuState *cpu, uint32_t i)
{
    return get(x86_state(cpu), i).m;
}

uint64_t x86_helper_x87_reg_se(CpuState *cpu, uint32_t i)
{
    return get(x86_state(cpu), i).se;
}

void x86_helper_x87_reg_set(CpuState *cpu, uint32_t i, uint64_t m, uint32_t se)
{
    X86State *s = x86_state(cpu);
    unsigned r = physical(s, i);
    s->fpr[r].m = m;
    s->fpr[r].se = (uint16_t)se;
}

/* For XSAVE: anything is not as XRSTOR makes it without an image, registers that are empty
 * included. */
uint64_t x86_helper_x87_in_use(CpuState *cpu)
{
    const X86State *s = x86_state(cpu);
    bool used = s->fpu_cw != 0x37f || s->fpu_sw != 0 || s->fpu_tag != 0;
    for (unsigned r = 0; r < 8; r++)
        used |= s->fpr[r].m != 0 || s->fpr[r].se != 0;
    return used;
}
