/* ops.c: what ops.def says about each op, as a table; names and sizes of types.
 *
 * nargs of a signature is its number of fixed arguments; SPECIAL ops have at most three (exitind).
 */
#include "ir/internal.h"
#include "ir/ir.h"
#include "ir/type_masks.h"

enum { /* the effect names of ops.def */
       PURE = IR_E_PURE,
       COMM = IR_E_COMM,
       RAISES = IR_E_RAISES,
       FPENV = IR_E_FPENV,
       READ = IR_E_READ,
       WRITE = IR_E_WRITE,
       FAULT = IR_E_FAULT,
       STATE = IR_E_STATE,
       TERM = IR_E_TERM,
       ORDER = IR_E_ORDER,
       ARITH = IR_E_ARITH,
       BOX = IR_E_BOX,
};

enum { ANY = 0 }; /* among its types: no mask */

enum { /* arguments by signature */
       NARGS_NULLARY = 0,
       NARGS_UN = 1,
       NARGS_BIN = 2,
       NARGS_TRI = 3,
       NARGS_CMP = 2,
       NARGS_FCMP = 2,
       NARGS_SEL = 3,
       NARGS_CONV = 1,
       NARGS_DIV128 = 3,
       NARGS_LOAD = 1,
       NARGS_STORE = 2,
       NARGS_ATOMIC = 2,
       NARGS_CAS = 3,
       NARGS_VUN = 1,
       NARGS_VBIN = 2,
       NARGS_VTRI = 3,
       NARGS_VSHIFT = 2,
       NARGS_VSHUF = 2,
       NARGS_VINS = 2,
       NARGS_VEXT = 1,
       NARGS_VSPLAT = 1,
       NARGS_VSTR = 3,
       NARGS_SPECIAL = 2,
};

const IrOpInfo ir_op_info[IR_OP_COUNT] = {
    [IR_NOP] = {"nop", IR_SIG_SPECIAL, 0, 0, ANY},
#define OP(name, sig, effects, types, ...)                                                         \
    [IR_##name] = {#name, IR_SIG_##sig, NARGS_##sig, effects, types},
#include "ir/ops.def"
#undef OP
};

static const struct {
    const char *name;
    uint16_t bits;
} type_info[IR_TYPE_COUNT] = {
    [IR_VOID] = {"void", 0},   [IR_I8] = {"i8", 8},       [IR_I16] = {"i16", 16},
    [IR_I32] = {"i32", 32},    [IR_I64] = {"i64", 64},    [IR_F32] = {"f32", 32},
    [IR_F64] = {"f64", 64},    [IR_V128] = {"v128", 128}, [IR_V256] = {"v256", 256},
    [IR_V512] = {"v512", 512},
};

unsigned ir_type_bits(IrType t)
{
    return type_info[t].bits;
}
const char *ir_type_name(IrType t)
{
    return type_info[t].name;
}

unsigned ir_op_variants(IrOp op)
{
    switch (op) {
    case IR_fround:
    case IR_vfround:
        return 2 * IR_ROUND_QUIET;
    case IR_fsatsi:
    case IR_fsatui:
    case IR_vfsatsi:
    case IR_vfsatui:
        return IR_ROUND_QUIET;
    case IR_vsext:
        return 3;
    case IR_vmulls:
    case IR_vmullu:
    case IR_vclmul8:
        return 2;
    case IR_vclmul:
    case IR_vshlv:
    case IR_sha1rnds4:
        return 4;
    case IR_vsadslide:
        return 8;
    case IR_aeskeys:
    case IR_vstrindex:
    case IR_vstrmask:
    case IR_vstrflags:
        return 256;
    default:
        return 0;
    }
}
