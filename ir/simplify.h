/* simplify.h: between simplify.c (the driver, integer arithmetic) and the other simplify_*.c. */
#ifndef DRAGOMAN_IR_SIMPLIFY_H
#define DRAGOMAN_IR_SIMPLIFY_H

#include "ir/internal.h"

/* An older value, REWRITTEN after *i was changed, or IR_NONE. */
typedef IrRef FoldRule(Folder *f, IrInst *i);
#define REWRITTEN ((IrRef){UINT32_MAX})

static inline bool fold_const(const Region *r, IrRef v, uint64_t *bits)
{
    const IrInst *i = ir_inst(r, v);
    if (i->op != IR_const)
        return false;
    *bits = i->imm;
    return true;
}
IrRef fold_make_const(Folder *f, IrType t, uint64_t bits);
IrRef fold_make(Folder *f, IrInst i); /* simplified, then placed */
IrRef fold_to_const(IrInst *i, uint64_t bits);
IrRef fold_to_bin(IrInst *i, IrOp op, IrRef a, IrRef b); /* i keeps its type */
IrRef fold_to_conv(IrInst *i, IrOp op, IrRef a);         /* also unary ops */
IrRef fold_to_cmp(IrInst *i, IrOp op, IrRef a, IrRef b);
/* Turns *i (an i8) into the opposite of integer comparison v; false if v is none. */
bool fold_to_opposite(const Region *r, IrInst *i, IrRef v);
uint64_t fold_all_ones(const IrInst *i);
/* Bits of integer v that may be set, looking `depth` instructions down. */
uint64_t fold_maybe_set(const Region *r, IrRef v, int depth);
IrRef fold_to_vconst(Folder *f, IrInst *i, const uint8_t bytes[16]);
/* The bytes of a vector constant, or NULL. */
const uint8_t *fold_vconst(const Region *r, IrRef v);

FoldRule fold_zext, fold_sext, fold_trunc, fold_extract, fold_deposit;  /* simplify_width.c */
FoldRule fold_equal, fold_less_unsigned, fold_less_signed, fold_select; /* simplify_cmp.c */
FoldRule fold_div128;                                                   /* simplify_div.c */
FoldRule fold_vlogic, fold_vsub, fold_vcmpeq, fold_vextract, fold_vinsert, fold_vshuf, fold_vshift,
    fold_bitcast, fold_funbox, fold_aesdeclast, fold_aesimc;

#define FOLD_VECTOR_RULES(X)                                                                       \
    X(vand, fold_vlogic)                                                                           \
    X(vor, fold_vlogic)                                                                            \
    X(vxor, fold_vlogic)                                                                           \
    X(vandn, fold_vlogic)                                                                          \
    X(vsub, fold_vsub)                                                                             \
    X(vcmpeq, fold_vcmpeq)                                                                         \
    X(vextract, fold_vextract)                                                                     \
    X(vinsert, fold_vinsert)                                                                       \
    X(vshuf, fold_vshuf)                                                                           \
    X(vshl, fold_vshift)                                                                           \
    X(vshr, fold_vshift)                                                                           \
    X(vsar, fold_vshift)                                                                           \
    X(funbox, fold_funbox)                                                                         \
    X(bitcast, fold_bitcast)                                                                       \
    X(aesdeclast, fold_aesdeclast)                                                                 \
    X(aesimc, fold_aesimc)

#endif
