/* soft.h: calling the meaning of an op from generated code, where the host lacks the instruction,
 * or does it otherwise than the guest's processor.
 *
 * The code stores the vector operands to SOFT_OPERAND(0).. of CpuState, calls the function in
 * SOFT_HELPER with the state and a word that names the op, and finds the result in
 * SOFT_OPERAND(0). Nothing of the FP environment is touched: for integer ops only.
 *
 * FP ops, scalar ones too, are described by ir_soft_fp_code. ir_soft_fp computes under a control
 * and status word, to which it adds the flags.
 */
#ifndef DRAGOMAN_IR_SOFT_H
#define DRAGOMAN_IR_SOFT_H

#include <stddef.h>

#include "ir/ir.h"
#include "ir/state.h"

/* Offsets in CpuState. */
#define SOFT_OPERAND(k) ((uint32_t)offsetof(CpuState, area.vec) + 64 * (uint32_t)(k))
#define SOFT_HELPER     ((uint32_t)offsetof(CpuState, helper) + 8 * STATE_SOFT_HELPER)

static inline uint32_t ir_soft_code(const IrInst *i)
{
    return i->op | (uint32_t)i->lane << 16 | (uint32_t)i->cc << 24;
}

/* The code: the op in the lowest bits, and what else ir_eval_fp needs to know of an instruction. */
enum {
    SOFT_TYPE = 10,
    SOFT_LANE = 14,
    SOFT_CC = 18,
    SOFT_SIGNAL = 22,
    SOFT_FROM = 23,
    SOFT_MODEL = 27,
};
uint32_t ir_soft_fp_code(const Region *r, const IrInst *i, IrType from); /* from: of operand 0 */
IrValue ir_soft_fp(uint32_t code, const IrValue operands[3], uint32_t *fpctl);

/* What the runtime puts into helper[STATE_SOFT_HELPER]. */
void ir_soft_op(CpuState *state, uint32_t code);

#endif
