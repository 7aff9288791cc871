/* emitters.h: the emitters that rows of lower.def name, by file. */
#ifndef DRAGOMAN_BACKEND_X86_64_EMITTERS_H
#define DRAGOMAN_BACKEND_X86_64_EMITTERS_H

#include "backend/x86_64/asm.h"
#include "backend/x86_64/match.h"

/* emit_int.c */
EmitFn emit_add_imm, emit_add_big, emit_add, emit_lea_sum, emit_low_sum, emit_lea_shl,
    emit_lea_shl_left, emit_lea_mul, emit_sub_imm, emit_alu, emit_carry, emit_alu_imm, emit_and_low,
    emit_and_u32, emit_andn, emit_andn_left, emit_not, emit_neg, emit_mul_imm, emit_imul,
    emit_umulh, emit_smulh, emit_unary_rm, emit_bswap, emit_bswap16, emit_movbe_load, emit_zext,
    emit_zext_copy, emit_sext;
/* emit_bits.c */
EmitFn emit_shl_lea, emit_shift_imm, emit_shift_var, emit_shift_narrow, emit_rot_imm, emit_rot_cl,
    emit_extract, emit_sextract, emit_deposit, emit_deposit_bool, emit_partial;
/* emit_div.c */
EmitFn emit_udiv, emit_sdiv, emit_udiv128, emit_sdiv128;
/* emit_cond.c */
EmitFn emit_setcc, emit_select, emit_vselect, emit_fcmp, emit_branch_rule;
/* ZF, PF and CF as bits of d; ah is destroyed. */
void a_flags_to_gpr(Emitter *e, unsigned d);
void emit_branch(Emitter *e, const SelInst *si, const IrInst *inst, uint32_t yes, uint32_t no);
/* emit_x87.c */
EmitFn emit_x87, emit_x87_mem, emit_x87_argument, emit_x87_result, emit_x87_cmov, emit_x87_compare;
/* emit_mem.c */
EmitFn emit_load, emit_load_big, emit_load_swapped, emit_store, emit_store_imm, emit_store_bool,
    emit_store_lane, emit_store_big, emit_store_swap, emit_store_release, emit_store_swapped,
    emit_fence, emit_xadd, emit_lock_op, emit_lock_imm, emit_atomic_loop, emit_xchg, emit_cas,
    emit_cas128;
X86Rm emit_big_address(Emitter *e, const Operand *o, unsigned scratch);
/* emit_fp.c */
EmitFn emit_fcanon, emit_fbox, emit_funbox;
EmitFn emit_ffma, emit_fsign, emit_ffma_kept, emit_fp_bin_kept;
EmitFn emit_fp_bin, emit_fp_un, emit_ftosi, emit_bitcast, emit_fpctlget, emit_fpctlset;
EmitFn emit_fpctlget_known, emit_fpctlset_known;
/* emit_vec.c */
EmitFn emit_vbin, emit_vbin_sse, emit_vun, emit_vun_sse, emit_vfcmp, emit_vfcmp_sse, emit_vround,
    emit_vshift, emit_vextract, emit_vinsert, emit_vinsert_mem, emit_vlow, emit_vlow_mem,
    emit_vsplat, emit_vsplat_mem, emit_vmovmsk, emit_vconv, emit_vshift8, emit_vsar64;
/* steps.c */
EmitFn emit_steps, emit_vshlv_round;
/* emit_sse4.c */
EmitFn emit_vbin_imm, emit_vbin_imm_sse, emit_vun_imm, emit_vblendv, emit_vsext, emit_viszero,
    emit_viszero_and, emit_fround, emit_sha, emit_vstr, emit_vstr_flags, emit_pdep, emit_crc32,
    emit_crc32_ieee, emit_crc32_loop, emit_bitrev, emit_soft;
/* emit_shuf.c */
EmitFn emit_vshuf;

/* Emits the compare of a condition; afterwards the answer is condition code `cc`, or for parity:
 * ZF set and PF clear (cc CC_E), or the opposite (CC_NE). */
typedef struct HostCond {
    uint8_t cc;
    bool parity;
} HostCond;
HostCond emit_cond(Emitter *e, const SelInst *si, const IrInst *inst, const Operand *o);

/* The same where operand `in_place` has become the destination; it is kept in a register. */
void emit_fp_rule_kept(Emitter *e, const SelInst *si, const IrInst *inst, unsigned in_place,
                       unsigned kept);
/* exact.c: after a scalar operation: result and flags as the region's FP model has them. */
void emit_fp_rule(Emitter *e, const SelInst *si, const IrInst *inst);
/* A cold path that may end in x86_cold_soft, which does the op over; the jump to it is the
 * caller's.
 */
ColdCode *x86_soft_path(Emitter *e, const SelInst *si, const IrInst *inst,
                        void (*emit)(Emitter *, const ColdCode *));
void x86_cold_soft(Emitter *e, const ColdCode *c);
uint64_t x86_exact_function(void); /* what STUB_X86_EXACT calls */
void emit_vfp_rule(Emitter *e, const SelInst *si, const IrInst *inst); /* of lanes */
EmitFn emit_fp_soft, emit_fminmax, emit_vfp, emit_vffma, emit_vfminmax, emit_vfp_kept,
    emit_vffma_kept;
/* emit_fcvt.c */
EmitFn emit_fsat, emit_uitof, emit_fround_away, emit_vfsat, emit_vsitof, emit_vuitof,
    emit_vf32tof16, emit_half_riscv;

#endif
