/* soft.c: see soft.h. */
#include "ir/soft.h"

#include <string.h>

#include "ir/base/log.h"
#include "ir/eval.h"

_Static_assert(IR_OP_COUNT <= 1 << SOFT_TYPE, "an op fits its field");

uint32_t ir_soft_fp_code(const Region *r, const IrInst *i, IrType from)
{
    DG_ASSERT(i->cc < 1 << (SOFT_SIGNAL - SOFT_CC));
    return i->op | (uint32_t)i->type << SOFT_TYPE | (uint32_t)i->lane << SOFT_LANE |
           (uint32_t)i->cc << SOFT_CC | (i->flags & IR_F_SIGNAL ? 1u : 0u) << SOFT_SIGNAL |
           (uint32_t)from << SOFT_FROM | (uint32_t)r->fp_model << SOFT_MODEL;
}

IrValue ir_soft_fp(uint32_t code, const IrValue operands[3], uint32_t *fpctl)
{
    IrInst insts[3] = {
        [1] = {.op = IR_param, .type = code >> SOFT_FROM & 15},
        [2] = {.op = code & ((1u << SOFT_TYPE) - 1),
               .type = code >> SOFT_TYPE & 15,
               .lane = code >> SOFT_LANE & 15,
               .cc = code >> SOFT_CC & 15,
               .flags = code >> SOFT_SIGNAL & 1 ? IR_F_SIGNAL : 0,
               .arg = {{1}, {1}, {1}}},
    };
    IrValue v[3];
    memcpy(v, operands, sizeof v);
    for (unsigned k = 0; k < 3; k++) { /* what registers hold above a scalar is undefined */
        if (insts[1].type == IR_F32)
            v[k].u = v[k].w[0];
    }
    Region r = {.fp_model = (FpModel)(code >> SOFT_MODEL & 3)};
    r.insts.data = insts;
    r.insts.count = 3;
    return ir_eval_fp(&r, &insts[2], v, fpctl);
}

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
