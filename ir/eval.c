/* eval.c: the meaning of an op on values: constants, and tables of the functions in eval_*.c. */
#include "ir/eval.h"

#include <string.h>

#include "ir/base/log.h"

EvalFn *const ir_eval_table[IR_OP_COUNT] = {
#define EVAL(name) [IR_##name] = eval_##name,
#define EVAL_FP(name)
#include "ir/eval.def"
#undef EVAL
#undef EVAL_FP
};

EvalFpFn *const ir_eval_fp_table[IR_OP_COUNT] = {
#define EVAL(name)
#define EVAL_FP(name) [IR_##name] = eval_##name,
#include "ir/eval.def"
#undef EVAL
#undef EVAL_FP
};

IrValue ir_eval(const Region *r, const IrInst *i, const IrValue args[3])
{
    if (i->op == IR_const)
        return eval_u64(i->imm);
    if (i->op == IR_vconst) {
        IrValue v;
        memcpy(v.b, r->vconsts.data[i->imm].b, 16);
        return v;
    }
    EvalFn *fn = ir_eval_table[i->op];
    DG_ASSERT(fn != NULL);
    return fn(r, i, args);
}

IrValue ir_eval_fp(const Region *r, const IrInst *i, const IrValue args[3], uint32_t *fpctl)
{
    SoftFp s = {.model = r->fp_model, .fpctl = *fpctl};
    EvalFpFn *fn = ir_eval_fp_table[i->op];
    DG_ASSERT(fn != NULL);
    IrValue v = fn(&s, r, i, args);
    *fpctl = s.fpctl;
    return v;
}
