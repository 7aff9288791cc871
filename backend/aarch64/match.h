/* match.h: what an argument may look like to a row of lower.def (OperandMatch functions). */
#ifndef DRAGOMAN_BACKEND_AARCH64_MATCH_H
#define DRAGOMAN_BACKEND_AARCH64_MATCH_H

#include "backend/aarch64/enc.h"

/* Operand.scale of an OPND_COND: how the flags come about. */
typedef enum CondVariant {
    COND_CMP, /* cmp leaf0, leaf1 or imm */
    COND_TST, /* tst leaf0, leaf1 or imm */
    COND_FCMP,
    COND_FCMPE,
} CondVariant;

OperandMatch a64_match_addimm;  /* constant whose magnitude fits ADD or SUB */
OperandMatch a64_match_cmpimm;  /* right side of a compare: as a64_match_cond folds it */
OperandMatch a64_match_logimm;  /* constant that fits AND/ORR/EOR */
OperandMatch a64_match_anyimm;  /* constant */
OperandMatch a64_match_zero;    /* constant 0 */
OperandMatch a64_match_shifted; /* register shifted by a constant: cc = A64Shift, imm = amount */
OperandMatch a64_match_not;     /* ~register */
OperandMatch a64_match_mul;     /* leaf0 * leaf1 */
OperandMatch a64_match_addr;    /* OPND_ADDR, any shape; emit_mem.c makes it fit */
OperandMatch a64_match_cond;    /* a compare used once: OPND_COND, cc = A64Cond */
OperandMatch a64_match_sign;    /* sar(x, 63), folded away: leaf0 = x (the register that is lo) */

OperandMatch a64_match_ignored;
OperandMatch a64_match_compared; /* a string op's flags that the one before it has left */

bool a64_when_implicit(Selection *s, IrRef user); /* a string op's lengths are */

/* Under FPCR.NEP: the result of a scalar op that goes back into lane 0 of the vector whose lane 0
 * is its first operand (two operands; leaf0 = the second), or of any vector (one operand). */
OperandMatch a64_match_fmerge2, a64_match_fmerge1;

A64Cond a64_cond_of(unsigned op);
/* The condition with its operands exchanged. */
A64Cond a64_cond_exchanged(A64Cond cc);
/* HostDesc.is_alias: zero-extensions of what is already zero-extended. */
bool a64_is_alias(Selection *s, IrRef v, IrRef *of);

#endif
