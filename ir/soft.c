/* soft.c: see soft.h. */
#include "ir/soft.h"

#include <string.h>

#include "ir/eval.h"

void ir_soft_op(CpuState *state, uint32_t code)
{
    static const Region none; /* nothing of it is looked at */
    IrInst i = {.op = (uint16_t)code,
                .type = IR_V128,
                .lane = (uint8_t)(code >> 16 & 0xff),
                .cc = (uint8_t)(code >> 24)};
    IrValue args[3];
    for (unsigned k = 0; k < 3; k++)
        memcpy(&args[k], state->area.vec[k], sizeof args[k]);
    IrValue v = ir_eval(&none, &i, args);
    memcpy(state->area.vec[0], &v, sizeof v);
}
