/* eval.h: the functions behind ir_eval, one for each op that is a function of its arguments.
 *
 * An op that is listed here and not defined fails the link; one that is PURE or FPENV in ops.def
 * and not listed fails tests/ir. Arguments and results narrower than 16 bytes are zero above.
 */
#ifndef DRAGOMAN_IR_EVAL_H
#define DRAGOMAN_IR_EVAL_H

#include "ir/internal.h"

typedef IrValue EvalFn(const Region *r, const IrInst *i, const IrValue *a);

#define EVAL_INT(X)                                                                                \
    X(add)                                                                                         \
    X(sub)                                                                                         \
    X(mul)                                                                                         \
    X(umulh)                                                                                       \
    X(smulh)                                                                                       \
    X(udiv)                                                                                        \
    X(sdiv) X(udivq) X(udivr) X(sdivq) X(sdivr) X(and) X(or) X(xor) X(not ) X(neg) X(shl) X(shr)   \
        X(sar) X(rotl) X(rotr) X(clz) X(ctz) X(popcnt) X(bswap) X(zext) X(sext) X(trunc)           \
            X(extract) X(sextract) X(deposit) X(eq) X(ne) X(ult) X(ule) X(slt) X(sle) X(select)    \
                X(bitcast)
#define EVAL_FP(X)                                                                                 \
    X(fadd)                                                                                        \
    X(fsub)                                                                                        \
    X(fmul)                                                                                        \
    X(fdiv)                                                                                        \
    X(fsqrt)                                                                                       \
    X(fminsel)                                                                                     \
    X(fmaxsel) X(feq) X(flt) X(fle) X(fun) X(fcmp) X(fext) X(ftrunc) X(sitof) X(ftosi) X(vfadd)    \
        X(vfsub) X(vfmul) X(vfdiv) X(vfsqrt) X(vfminsel) X(vfmaxsel) X(vfcmp) X(vi32tof32)         \
            X(vf32toi32) X(vi32tof64) X(vf64toi32) X(vf32tof64) X(vf64tof32) X(frcpest)            \
                X(frsqrtest)
#define EVAL_VEC(X)                                                                                \
    X(vand)                                                                                        \
    X(vor)                                                                                         \
    X(vxor)                                                                                        \
    X(vandn)                                                                                       \
    X(vadd)                                                                                        \
    X(vsub)                                                                                        \
    X(vadds) X(vaddus) X(vsubs) X(vsubus) X(vmul) X(vmulhs) X(vmulhu) X(vmaddw) X(vmulu32)         \
        X(vsadbw) X(vavgu) X(vmins) X(vmaxs) X(vminu) X(vmaxu) X(vcmpeq) X(vcmpgts) X(vshl)        \
            X(vshr) X(vsar) X(vpackss) X(vpackus) X(vshuf) X(vextract) X(vinsert) X(vlow)          \
                X(vsplat) X(vmovmsk)

#define EVAL_DECLARE(name) EvalFn eval_##name;
EVAL_INT(EVAL_DECLARE)
EVAL_FP(EVAL_DECLARE)
EVAL_VEC(EVAL_DECLARE)
#undef EVAL_DECLARE

/* NULL for ops that are not functions of their arguments. */
extern EvalFn *const ir_eval_table[IR_OP_COUNT];

static inline IrValue eval_u64(uint64_t u)
{
    return (IrValue){.q = {u, 0}};
}
static inline IrType eval_arg_type(const Region *r, const IrInst *i, unsigned n)
{
    return (IrType)ir_inst(r, i->arg[n])->type;
}

#endif
