/* text.c: the names of the text form; see text.h. */
#include "ir/text.h"

#include <stddef.h>

static const TextName mem_names[] = {
    {"tso", IR_ORDER_TSO, IR_M_ORDER},
    {"acquire", IR_ORDER_ACQUIRE, IR_M_ORDER},
    {"acqpc", IR_ORDER_ACQPC, IR_M_ORDER},
    {"release", IR_ORDER_RELEASE, IR_M_ORDER},
    {"aligned", IR_M_ALIGNED, IR_M_ALIGNED},
    {"stream", IR_M_STREAM, IR_M_STREAM},
    {"dmb", IR_M_DMB, IR_M_DMB},
    {"big", IR_M_BIG, IR_M_BIG},
    {0},
};
static const TextName fp_names[] = {
    {"signal", IR_F_SIGNAL, IR_F_SIGNAL},
    {"traps", IR_F_TRAPS, IR_F_TRAPS},
    {"anynan", IR_F_ANY_NAN, IR_F_ANY_NAN},
    {0},
};
static const TextName exit_names[] = {
    {"call", IR_EXIT_CALL, 0xff},
    {"ret", IR_EXIT_RET, 0xff},
    {"service", IR_EXIT_SERVICE, 0xff},
    {0},
};
static const TextName round_names[] = {
    {"zero", IR_ROUND_ZERO, 0xff},
    {0},
};
static const TextName fcmp_names[] = {
    {"eq", IR_FCMP_EQ, 0xff},   {"lt", IR_FCMP_LT, 0xff},   {"le", IR_FCMP_LE, 0xff},
    {"un", IR_FCMP_UN, 0xff},   {"ne", IR_FCMP_NE, 0xff},   {"nlt", IR_FCMP_NLT, 0xff},
    {"nle", IR_FCMP_NLE, 0xff}, {"ord", IR_FCMP_ORD, 0xff}, {0},
};
const TextName text_fences[] = {
    {"all", IR_FENCE_ALL, IR_FENCE_ALL}, {"rr", IR_FENCE_RR, IR_FENCE_RR},
    {"rw", IR_FENCE_RW, IR_FENCE_RW},    {"wr", IR_FENCE_WR, IR_FENCE_WR},
    {"ww", IR_FENCE_WW, IR_FENCE_WW},    {0},
};
const char *const text_fp_models[] = {
    [FP_MODEL_X86] = "x86", [FP_MODEL_ARM] = "arm", [FP_MODEL_RISCV] = "riscv", NULL};

TextSuffixes text_suffixes(IrOp op)
{
    const IrOpInfo *info = &ir_op_info[op];
    if (op == IR_exit || op == IR_exitind)
        return (TextSuffixes){exit_names, true};
    if (op == IR_ftosi || op == IR_vf32toi32 || op == IR_vf64toi32)
        return (TextSuffixes){round_names, true};
    if (op == IR_vfcmp)
        return (TextSuffixes){fcmp_names, true};
    if ((info->effects & (IR_E_READ | IR_E_WRITE)) != 0)
        return (TextSuffixes){mem_names, false};
    return (TextSuffixes){NULL, false};
}

const TextName *text_flag_suffixes(IrOp op)
{
    return (ir_op_info[op].effects & IR_E_FPENV) != 0 ? fp_names : NULL;
}

IrType text_arg_type(const Region *r, const IrInst *i, IrType shown, unsigned n)
{
    switch (ir_op_info[i->op].sig) {
    case IR_SIG_UN:
    case IR_SIG_BIN:
    case IR_SIG_TRI:
    case IR_SIG_DIV128:
    case IR_SIG_CMP:
    case IR_SIG_FCMP:
        return shown;
    case IR_SIG_SEL:
        return n == 0 ? IR_I8 : shown;
    case IR_SIG_LOAD:
    case IR_SIG_STORE:
    case IR_SIG_ATOMIC:
    case IR_SIG_CAS:
        return n == 0 ? IR_I64 : shown;
    case IR_SIG_VUN:
    case IR_SIG_VBIN:
    case IR_SIG_VTRI:
    case IR_SIG_VSHUF:
    case IR_SIG_VEXT:
        return IR_V128;
    case IR_SIG_VSHIFT:
        return n == 0 ? IR_V128 : IR_I64;
    case IR_SIG_VINS:
        return n == 0 ? IR_V128 : shown;
    case IR_SIG_VSPLAT:
        return shown;
    case IR_SIG_VSTR:
        return n < 2 ? IR_V128 : IR_I64;
    default:
        break;
    }
    switch (i->op) {
    case IR_put:
        return (IrType)r->slots->slots[i->imm].type;
    case IR_br:
        return IR_I8;
    case IR_fpctlset:
        return IR_I32;
    case IR_x87:
        return ir_x87_argument(i->imm);
    case IR_x87mem:
    case IR_exit:
    case IR_exitind:
        return IR_I64;
    default:
        return IR_VOID;
    }
}
