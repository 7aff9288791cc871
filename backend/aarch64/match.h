/* match.h: what an argument may look like to a row of lower.def (OperandMatch functions). */
#ifndef DRAGOMAN_BACKEND_AARCH64_MATCH_H
#define DRAGOMAN_BACKEND_AARCH64_MATCH_H

#include "backend/aarch64/enc.h"

/* Operand.scale of an OPND_COND: how the flags come about. */
typedef enum CondVariant {
    COND_CMP,  /* cmp leaf0, leaf1 or imm */
    COND_TST,  /* tst leaf0, leaf1 or imm */
    COND_FCMP,
    COND_FCMPE,
} CondVariant;

OperandMatch match_addimm;   /* constant whose magnitude fits ADD or SUB */
OperandMatch match_cmpimm;   /* right side of a compare: as match_cond folds it */
OperandMatch match_logimm;   /* constant that fits AND/ORR/EOR */
OperandMatch match_anyimm;   /* constant */
OperandMatch match_zero;     /* constant 0 */
OperandMatch match_shifted;  /* register shifted by a constant: cc = A64Shift, imm = amount */
OperandMatch match_not;      /* ~register */
OperandMatch match_mul;      /* leaf0 * leaf1 */
OperandMatch match_addr;     /* OPND_ADDR, any shape; emit_mem.c makes it fit */
OperandMatch match_cond;     /* a compare used once: OPND_COND, cc = A64Cond */
OperandMatch match_sign;     /* sar(x, 63), folded away: leaf0 = x (the register that is lo) */

A64Cond cond_of_compare(unsigned op);
/* HostDesc.is_alias: zero-extensions of what is already zero-extended. */
bool a64_is_alias(Selection *s, IrRef v, IrRef *of);

#endif
