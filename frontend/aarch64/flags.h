/* flags.h: the lazy flags N Z C V.
 *
 * The slots cc_kind, cc_a, cc_b, cc_c hold what is needed to compute them:
 *
 *   kind     a       b      c         flags of
 *   BITS     NZCV                     themselves, at bits 31 to 28
 *   ADD      x       y                x + y (CMN)
 *   SUB      x       y                x - y (CMP); C is "no borrow"
 *   ADDR     x + y   y                x + y (ADDS: the result lives in a register anyway)
 *   SUBR     x - y   y                x - y (SUBS)
 *   ADC      x       y      carry     x + y + c
 *   SBC      x       y      borrow    x - y - c; C is "no borrow"
 *   LOGIC    result                   N and Z of it, C = V = 0
 *   FCMP     (x and y in cc_fa and cc_fb, of which f32 are the low halves)  FCMP x, y
 *   FCMPZ    (the same under FPCR.FZ)
 *   SUBI, SUBRI                       SUB and SUBR of the y that stands above the kind, signed
 *
 * A kind is + 1 for 64-bit operands; of 32-bit ones only the low halves of the slots count. Its low
 * five bits are these; so a comparison with a constant, as most are, takes two slots.
 *
 * While lifting, A64Flags remembers kind and operands at their own width, so that a condition
 * becomes a plain compare: after SUB x, y "hi" is ult y, x. CCMP and its like keep both what a
 * condition chose between (`chosen_if`): the flags of kind, a, b, or constant bits.
 *
 * Example: cmp x0, 4; ccmp x1, x2, #0, ne; b.lt     br (and (slt x1, x2), (ne x0, 4))
 */
#ifndef DRAGOMAN_FRONTEND_AARCH64_FLAGS_H
#define DRAGOMAN_FRONTEND_AARCH64_FLAGS_H

#include "ir/ir.h"

typedef struct A64Lift A64Lift;

typedef enum A64CcKind {
    A64_CC_BITS = 0,
    A64_CC_ADD = 2,
    A64_CC_SUB = 4,
    A64_CC_ADDR = 6,
    A64_CC_SUBR = 8,
    A64_CC_ADC = 10,
    A64_CC_SBC = 12,
    A64_CC_LOGIC = 14,
    A64_CC_SUBI = 16,
    A64_CC_SUBRI = 18,
    A64_CC_FCMP = 20,
    A64_CC_FCMPZ = 22,
} A64CcKind;

enum { A64_CC_IMM_AT = 5, A64_CC_IMM_BITS = 27 };

typedef struct A64Flags {
    bool known;    /* the rest holds; else the slots alone tell */
    bool in_slots; /* the slots have this kind, and not another that means the same flags */
    bool wide;
    uint8_t kind; /* A64CcKind, but for SUBI and SUBRI.. */
    int32_t imm;  /* ..which are SUB and SUBR of this */
    bool has_imm;
    uint8_t otherwise;    /* NZCV where chosen_if does not hold */
    IrRef a, b, c;        /* at their own width; none: read the slot */
    IrRef first, result;  /* x of ADDR and SUBR, the result of all; or none */
    IrRef chosen_if;      /* i8, or none */
    IrRef fcmp_a, fcmp_b; /* of FCMP, or none: the slots have them */
    bool fcmp_signal;
} A64Flags;

typedef enum A64Cond {
    A64_EQ,
    A64_NE,
    A64_CS,
    A64_CC,
    A64_MI,
    A64_PL,
    A64_VS,
    A64_VC,
    A64_HI,
    A64_LS,
    A64_GE,
    A64_LT,
    A64_GT,
    A64_LE,
    A64_AL,
    A64_NV
} A64Cond;

/* Sets all four. a, b: operands at the operation's width (i32 or i64), b none where the kind has
 * none; c: i8, or none; result: of the operation, if a register gets it. Not for ADDR and SUBR,
 * which ADD and SUB with a result become, and
 * those of constants. */
void a64_flags_set(A64Lift *l, A64CcKind kind, IrRef a, IrRef b, IrRef c, IrRef result);
/* From an i64 or i32 with NZCV at bits 31 to 28. */
void a64_flags_set_bits(A64Lift *l, IrRef nzcv);
/* FCMP and FCMPE: of two f32 or f64. */
void a64_flags_set_fcmp(A64Lift *l, IrRef a, IrRef b, bool signal);
/* CCMP, CCMN, FCCMP: what was set last holds if cond (i8, made before it) does; else nzcv. */
void a64_flags_unless(A64Lift *l, IrRef cond, unsigned nzcv);
/* i8 0/1: whether a condition holds; for a branch or select that can swap its arms, *negated says
 * that it must. CS is the carry, CC the borrow. */
IrRef a64_flags_cond(A64Lift *l, unsigned cond);
IrRef a64_flags_cond_or_not(A64Lift *l, unsigned cond, bool *negated);
/* NZCV at bits 31 to 28, i32. */
IrRef a64_flags_bits(A64Lift *l);
/* Whether the slots of both are of one kind. The turns of a loop need not be alike: what is
 * constant in the first only makes another. */
bool a64_flags_alike(const A64Flags *a, const A64Flags *b);
/* What is known of the values is forgotten: they belong to a block that does not lead here. */
void a64_flags_forget_values(A64Flags *f);

/* The same in C, for state in memory and for folding. */
uint32_t a64_flags_of(uint32_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t fa, uint64_t fb);

#endif
