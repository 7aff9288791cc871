/* fp.h: floating point that generated code has no instructions for: half precision, estimates, and
 * every operation under FPCR.DN (A64_MODE_DN), and under FPCR.FZ (A64_MODE_FZ) where flags are
 * watched.
 *
 * One helper computes lanes of operands that wait in the slots soft0 to soft2; soft0 becomes the
 * result, with zeros above its lanes. FPSR.IDC it sets itself, the other flags go by fp_result.
 *
 *     a64_fp_call(l, &(A64FpOp){.op = IR_fadd, .from = IR_I16, .to = IR_I16, .lanes = 8}, a, b,
 * none)
 */
#ifndef DRAGOMAN_FRONTEND_AARCH64_FP_H
#define DRAGOMAN_FRONTEND_AARCH64_FP_H

#include "frontend/aarch64/lift.h"

/* Operations besides the IR's scalar ones. */
enum A64FpSpecial {
    A64_FP_COMPARE = IR_OP_COUNT, /* cc: IrFcmp; all ones where it holds */
    A64_FP_COMPARE_ABS,           /* of magnitudes */
    A64_FP_ROUND_INT, /* to a number that fits an integer of `fraction` bits, or the most
                         negative one (FRINT32Z and the like) */
    A64_FP_FLUSH,     /* a as an operand: zero if it is flushed */
    A64_FP_MULX,
    A64_FP_ABD,
    A64_FP_RECPE,
    A64_FP_RSQRTE,
    A64_FP_RECPS,  /* 2 - a * b */
    A64_FP_RSQRTS, /* (3 - a * b) / 2 */
    A64_FP_RECPX,
    A64_FP_TO_ODD, /* f64 to f32 */
    A64_FP_URECPE, /* of i32, as are these */
    A64_FP_URSQRTE,
};

typedef struct A64FpOp {
    uint16_t op;      /* IrOp or A64FpSpecial */
    uint8_t from, to; /* lanes of operands and result; IR_I16 is binary16 where it is no integer */
    uint8_t lanes;
    uint8_t cc;       /* as in the IR op */
    uint8_t fraction; /* bits of a fixed-point number behind the point */
} A64FpOp;

uint32_t a64_fp_code(const A64FpOp *op); /* all but the fraction, for the helper */
/* Operands and result: v128. */
IrRef a64_fp_call(A64Lift *l, const A64FpOp *op, IrRef a, IrRef b, IrRef c);
/* Whether the region's mode asks for that. Hosts have FZ themselves, but not all its flags. */
static inline bool a64_fp_soft(const A64Lift *l)
{
    const uint32_t flushes = A64_MODE_FZ | A64_MODE_FPEXACT;
    return l->mode & A64_MODE_DN || (l->mode & flushes) == flushes;
}
/* An op of the IR on scalars of f32, f64 or (IR_I16) half precision. */
IrRef a64_fp_scalar(A64Lift *l, IrType type, IrOp op, unsigned cc, IrRef a, IrRef b, IrRef c);
/* VFPExpandImm (Arm ARM, shared/functions): the bits of a constant. */
uint64_t a64_fp_expand_imm(IrType type, unsigned imm8);

#endif
