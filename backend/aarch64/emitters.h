/* emitters.h: declares every emitter named in lower.def, and what the emit_*.c files share. */
#ifndef DRAGOMAN_BACKEND_AARCH64_EMITTERS_H
#define DRAGOMAN_BACKEND_AARCH64_EMITTERS_H

#include "backend/aarch64/abi.h"

#define LOWER(op, types, lanes, a, b, c, flags, needs, emitter) EmitFn emitter;
#define LOWER_FIXED(op, types, a, b, c, fixed_a, fixed_b, fixed_c, to, clobber, needs, emitter)    \
    EmitFn emitter;
#define LOWER_SOFT(op, a, b, c)
#define LOWER_STR(op, types, lengths, when, emitter) EmitFn emitter;
#include "backend/aarch64/lower.def"
#undef LOWER
#undef LOWER_FIXED
#undef LOWER_SOFT
#undef LOWER_STR
EmitFn a64_soft;

/* Extends the low bits (of `type`) of n into d; 32 bits of d are defined, 64 if to64. */
void a64_extend_reg(Emitter *e, bool sign, unsigned type, unsigned d, unsigned n, bool to64);
/* emit_ctl.c: HostDesc */
void a64_jump(Emitter *e, uint32_t label);
void a64_exit(Emitter *e, const SelInst *si, const IrInst *in);
void a64_poll(Emitter *e, uint32_t cold);
void a64_site_call(Emitter *e);
void a64_call(Emitter *e, const HelperDesc *h, uint32_t number, uint32_t cold);
void a64_count(Emitter *e, uint32_t word);
void a64_begin(Emitter *e);
void a64_finish(Emitter *e);
/* The register of an operand that is one. */
static inline unsigned reg(const SelInst *si, unsigned k)
{
    return si->opnd[k].reg[0];
}

/* emit_cmp.c */
void a64_branch(Emitter *e, const SelInst *si, const IrInst *in, uint32_t yes, uint32_t no);
/* emit_move.c */
void a64_move(Emitter *e, const HostMove *m);
void a64_vconst(Emitter *e, unsigned d, const IrVec128 *v);
/* exact.c: what comes before and after an op that is believed only if its operands are not
 * denormal, and its result, if it is `tested`, neither a NaN nor tiny. */
typedef struct FpCheck {
    bool on;
    uint32_t label, back;
} FpCheck;
FpCheck a64_check_begin(Emitter *e, const SelInst *si, const IrInst *in);
void a64_exact_always(Emitter *e, const SelInst *si, const IrInst *in);
void a64_check_end(Emitter *e, const SelInst *si, const IrInst *in, FpCheck c, bool tested);
/* emit_fp.c: NaN results of a vector op with operands n and m as x86 gives them */
void a64_repair_vector(Emitter *e, unsigned lane, unsigned d, unsigned n, unsigned m);
/* The same where the operands are even and odd lanes of n and m. */
void a64_repair_neighbours(Emitter *e, unsigned lane, unsigned d, unsigned n, unsigned m);
/* emit_vec.c */
void a64_vector_splat32(Emitter *e, unsigned d, uint32_t word);

#endif
