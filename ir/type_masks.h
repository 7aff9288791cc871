/* type_masks.h: the names of types that tables are written in (ops.def, the hosts' lower.def), as
 * masks of 1 << IrType. For the files that include such a table, and no others: the names are
 * short. */
#ifndef DRAGOMAN_IR_TYPE_MASKS_H
#define DRAGOMAN_IR_TYPE_MASKS_H

#include "ir/ir.h"

enum {
    VOID = 1u << IR_VOID,
    I8 = 1u << IR_I8,
    I16 = 1u << IR_I16,
    I32 = 1u << IR_I32,
    I64 = 1u << IR_I64,
    INT = I8 | I16 | I32 | I64,
    F32 = 1u << IR_F32,
    F64 = 1u << IR_F64,
    FP = F32 | F64,
    V128 = 1u << IR_V128,
};

#endif
