/* eval.h: the functions behind ir_eval and ir_eval_fp, one for each op that is a function of its
 * arguments.
 *
 * An op that is listed in eval.def and not defined fails the link; one that is PURE or FPENV in
 * ops.def and not listed fails tests/ir. Arguments and results narrower than 16 bytes are zero
 * above.
 */
#ifndef DRAGOMAN_IR_EVAL_H
#define DRAGOMAN_IR_EVAL_H

#include "ir/internal.h"
#include "ir/softfp.h"

typedef IrValue EvalFn(const Region *r, const IrInst *i, const IrValue *a);
typedef IrValue EvalFpFn(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a);

#define EVAL(name)    EvalFn eval_##name;
#define EVAL_FP(name) EvalFpFn eval_##name;
#include "ir/eval.def"
#undef EVAL
#undef EVAL_FP

/* NULL for ops that are not functions of their arguments. */
extern EvalFn *const ir_eval_table[IR_OP_COUNT];
extern EvalFpFn *const ir_eval_fp_table[IR_OP_COUNT];

static inline IrValue eval_u64(uint64_t u)
{
    return (IrValue){.q = {u, 0}};
}
static inline IrType eval_arg_type(const Region *r, const IrInst *i, unsigned n)
{
    return (IrType)ir_inst(r, i->arg[n])->type;
}

#endif
