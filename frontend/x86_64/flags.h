/* flags.h: the lazy arithmetic flags.
 *
 * The slots cc_kind, cc_a .. cc_e hold what is needed to compute the six flags. cc_kind has three
 * fields, so that each can be replaced without knowing the others:
 *
 *   bits 0..7   base: a CC_* kind + log2 of the operand size; gives all six flags out of a, b, c
 *   bits 8..15  0, or CC_INC/CC_DEC + size: O S Z A P come from the result in cc_d instead
 *   bits 16..22 0, or a CC_X_* kind (+ size): C (and O) come from cc_e instead
 *   bit 23      O does not come from cc_e (an INC or DEC came later, or only C was set)
 *
 *   kind   a        b             c         flags of
 *   EFLAGS bits                             themselves, at their EFLAGS places
 *   ADD    x + y    y                       x + y
 *   ADC    x        y             carry in  x + y + c
 *   SUB    x        y                       x - y (CMP)
 *   SUBR   x - y    y                       x - y (SUB; the result lives in a register anyway)
 *   SBB    x        y             borrow    x - y - c
 *   LOGIC  result                           C = O = A = 0
 *   SHL    result   last shifted            C = top bit of b; O = top bit of a ^ b
 *   SHR    result   last shifted            C = low bit of b; O = top bit of a ^ b
 *   SMUL   x        y                       C = O = the signed product does not fit; S Z P of it
 *   UMUL   x        y                       likewise unsigned
 *   STRINGS vstrflags                       P = A = 0
 *
 * Operands are zero- or sign-extended arbitrarily: only the low bits of the kind's size count.
 *
 * While lifting, X86Known remembers the kind and the operands at their own width, so that a
 * condition becomes a plain compare: after SUB a, b "below" is ult a, b.
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_FLAGS_H
#define DRAGOMAN_FRONTEND_X86_64_FLAGS_H

#include "frontend/x86_64/decode.h"
#include "ir/ir.h"

enum X86CcKind {
    CC_EFLAGS = 0,
    CC_ADD = 4,
    CC_ADC = 8,
    CC_SUB = 12,
    CC_SBB = 16,
    CC_LOGIC = 20,
    CC_SHL = 24,
    CC_SHR = 28,
    CC_SMUL = 32,
    CC_UMUL = 36,
    CC_SUBR = 40,
    CC_STRINGS = 44,
    CC_BASE = 0xff,

    CC_INC = 4 << 8,
    CC_DEC = 8 << 8,
    CC_INCDEC = 0xff00,

    CC_X_BITS = 1 << 16, /* C and O at their EFLAGS places in cc_e */
    CC_X_ROL = 4 << 16,  /* cc_e: the result of a rotation left: C its low bit, O = C ^ top bit */
    CC_X_ROR = 8 << 16,  /* right: C the top bit, O = C ^ the next */
    CC_X = 0x7f0000,
    CC_X_ONLY_C = 0x800000,
};

/* Static knowledge of the flags at a point of the lifted code. The slots are put as late as can be:
 * `pending` has those whose put is still owed (x86_flags_flush; loads, stores, traps and block ends
 * of lift.h see to it). */
typedef struct X86KnownFlags {
    uint32_t kind;        /* the bits of cc_kind that are known ... */
    uint32_t mask;        /* ... and which those are: CC_ALL_KNOWN, or whole fields */
    IrRef kind_ref;       /* the slot's value (i32), if not all is known and it was computed here */
    IrRef v[5];           /* values of cc_a .. cc_e at their own width; none: read the slot */
    IrRef result;         /* of the base kind's operation, or none */
    IrRef first;          /* x of ADD and SUBR, or none */
    IrRef fcmp_a, fcmp_b; /* CC_EFLAGS made by comparing these, or none */
    bool fcmp_signal;
    bool each; /* CC_EFLAGS put together from these (i8; none: 0); P and A are 0 */
    IrRef each_c, each_z, each_s, each_o;
    IrRef extra_c, extra_o; /* what CC_X_BITS was put together from (i8), or none */
    uint8_t pending;        /* X86_OWED_* */
} X86KnownFlags;

enum { CC_ALL_KNOWN = 0xffffff, X86_OWED_KIND = 0x20 }; /* and bit i for cc_a + i */

/* Everything remembered at a point: valid wherever that point dominates. */
typedef struct X86Known {
    IrRef gpr[16]; /* i64, or none */
    IrRef xmm[16];
    X86KnownFlags flags;
} X86Known;

/* Conditions, by the low four bits of jcc, setcc, cmovcc. */
enum X86Cond {
    CND_O,
    CND_NO,
    CND_B,
    CND_AE,
    CND_E,
    CND_NE,
    CND_BE,
    CND_A,
    CND_S,
    CND_NS,
    CND_P,
    CND_NP,
    CND_L,
    CND_GE,
    CND_LE,
    CND_G
};

/* Sets all six flags. a, b: operands x and y of the kind at the operation's width (b may be none
 * where the kind has none); result: of the operation, if there is one at hand. */
void x86_flags_set(LiftContext *lc, enum X86CcKind kind, IrRef a, IrRef b, IrRef result);
void x86_flags_set_carry_in(LiftContext *lc, enum X86CcKind kind, IrRef a, IrRef b, IrRef carry_i8,
                            IrRef result); /* ADC, SBB */
/* All six flags from an i64 of bits at their EFLAGS places. */
void x86_flags_set_bits(LiftContext *lc, IrRef bits);
/* C Z S O from i8 values (none: 0), P = A = 0. */
void x86_flags_set_each(LiftContext *lc, IrRef c, IrRef z, IrRef s, IrRef o);
/* COMISD and the like: flags of an ordered (signal) or unordered compare of two f32 or f64. Emits
 * the fcmp; following conditions become FP compares. */
void x86_flags_set_fcmp(LiftContext *lc, IrRef a, IrRef b, bool signal);
/* INC, DEC: everything but C. */
void x86_flags_set_incdec(LiftContext *lc, enum X86CcKind kind, IrRef result);
/* Rotations: C and O from the result. */
void x86_flags_set_rotate(LiftContext *lc, enum X86CcKind kind, IrRef result);
/* C alone (i8 0/1); the same where O becomes undefined; C and O. */
void x86_flags_set_c(LiftContext *lc, IrRef c);
void x86_flags_set_c_only(LiftContext *lc, IrRef c);
void x86_flags_set_co(LiftContext *lc, IrRef c, IrRef o);
/* O alone. */
void x86_flags_set_o(LiftContext *lc, IrRef o);
/* Flags become, when keep (i8) holds, what they were at `before`, else what they are now: shifts by
 * a count of 0. */
void x86_flags_unless(LiftContext *lc, IrRef keep, const X86KnownFlags *before);
/* Emits the puts still owed. */
void x86_flags_flush(LiftContext *lc);
/* Nothing is known any more (nothing may be owed). */
void x86_flags_forget(X86KnownFlags *f);

/* i8 0/1: condition number cond (X86Cond). */
IrRef x86_flags_cond(LiftContext *lc, unsigned cond);
/* The same for a branch or select that can swap its arms: *negated says that it must. */
IrRef x86_flags_cond_or_not(LiftContext *lc, unsigned cond, bool *negated);
/* All six flags at their EFLAGS places, i64. */
IrRef x86_flags_all(LiftContext *lc);

/* The same in C, for state in memory and for folding: */
uint64_t x86_eflags(uint64_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);

#endif
