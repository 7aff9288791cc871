/* x87.h: the x87 instructions between their table rows, their emitters and the helpers that do
 * them.
 *
 * A row's argument is a function number out of X87_FUNCTIONS with modifiers; an emitter adds the
 * register number i of ST(i) at X87_I and passes the whole to a helper in x87.c.
 *
 * Example: fsubp st(2), st0 is row argument X87_sub | X87_TO_STI | X87_POP, and with the register
 * X87_sub | X87_TO_STI | X87_POP | 2 << X87_I.
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_X87_H
#define DRAGOMAN_FRONTEND_X86_64_X87_H

#include "frontend/x86_64/fp80.h"
#include "frontend/x86_64/state.h"

/* add..divr in the order of the opcodes' reg field */
/* clang-format off */
#define X87_FUNCTIONS(F)                                                                           \
    F(add) F(mul) F(com) F(comp) F(sub) F(subr) F(div) F(divr)                                     \
    F(ld) F(st) F(xch) F(ffree) F(incstp) F(decstp) F(nop) F(init) F(clex)                         \
    F(chs) F(abs) F(tst) F(xam) F(ld1) F(ldl2t) F(ldl2e) F(ldpi) F(ldlg2) F(ldln2) F(ldz)          \
    F(sqrt) F(rndint) F(scale) F(prem) F(prem1) F(xtract)                                          \
    F(f2xm1) F(yl2x) F(yl2xp1) F(patan) F(sin) F(cos) F(tan) F(sincos)
/* clang-format on */

enum X87Function {
#define F(name) X87_##name,
    X87_FUNCTIONS(F)
#undef F
        X87_FUNCTION_COUNT
};

enum {
    X87_FUNCTION = 0xff,
    X87_TO_STI = 0x100, /* the destination is ST(i) */
    X87_POP = 0x200,
    X87_POP2 = 0x400,
    X87_QUIET = 0x800,       /* fucom: a quiet NaN does not signal */
    X87_I = 12,              /* bits 12..14 */
    X87_TRUNC = 0x8000,      /* towards zero, whatever the control word says */
    X87_FORMAT = 16,         /* bits 16..19: an X87Format */
    X87_UNCHECKED = 1 << 20, /* an empty ST0 is not stored, and no stack underflow */
};

/* Memory operands. */
enum X87Format { X87_F32, X87_F64, X87_F80, X87_I16, X87_I32, X87_I64, X87_BCD };
#define X87_MEM(format) ((unsigned)X87_##format << X87_FORMAT)

/* fpu_aux between x87_store and x87_stored. */
enum {
    X87_AUX_HIGH = 0,   /* bits 0..15: bits 64..79 of a ten-byte value */
    X87_AUX_FLAGS = 16, /* bits 16..31: what to raise */
    X87_AUX_SKIP = 32,  /* set: an unmasked exception, nothing is stored */
};

/* Status word. */
enum {
    X87_SW_SF = 0x40,
    X87_SW_ES = 0x80,
    X87_SW_TOP = 11,
    X87_SW_BUSY = 0x8000,
};

static inline unsigned x87_top(const X86State *s)
{
    return s->fpu_sw >> X87_SW_TOP & 7;
}

/* The pointers to the last instruction and operand are those of the pending exception, else zero:
 * the processor keeps no others across a context switch either (XSAVE on AMD processors; that an
 * environment stored without one holds more is chance). */
typedef struct X87Pointers {
    uint64_t ip, dp;
    uint16_t fop;
} X87Pointers;

static inline X87Pointers x87_pointers(const X86State *s)
{
    if (!(s->fpu_sw & X87_SW_ES))
        return (X87Pointers){0, 0, 0};
    return (X87Pointers){s->fpu_ip, s->fpu_dp, s->fpu_fop};
}

#define X87_CW_INIT 0x37f
#define X87_CW_RC   0xc00 /* rounding; all set: towards zero */

#endif
