/* emit_fpenv.c: the FP control and status word, in x86's MXCSR layout, against FPCR and FPSR.
 *
 *     MXCSR   FZ 15, RC 14:13 (near, down, up, zero), masks 12:7, DAZ 6, PE UE OE ZE DE IE 5:0
 *     FPCR    FZ 24, RMode 23:22 (near, up, down, zero), AH 1, FIZ 0
 *     FPSR    IDC 7, IXC 4, UFC 3, OFC 2, DZC 1, IOC 0
 *
 * While translations run, CpuState.fpctl keeps the masks, controls and the flags that were set when
 * it was last written, or that exact.c has added; FPSR collects the new ones. Without FEAT_AFP, FZ
 * flushes inputs and outputs alike, the latter before rounding and without IXC, and IDC means a
 * flushed input: so FZ stands for DAZ, IDC for nothing, and UFC not for UE in watched code. The
 * rest is exact.c's. Under FP_MODEL_ARM all is as the guest has it, and DE stands for IDC.
 */
#include "backend/aarch64/emitters.h"

/* d |= bit `from` of n, at bit `to`; destroys x30. */
static void or_bit(Emitter *e, unsigned d, unsigned n, unsigned from, unsigned len, unsigned to)
{
    rij(e, A64_UBFM_W, R_LR, n, from, from + len - 1);
    rrr_shift(e, A64_ORR_W, d, d, R_LR, SH_LSL, to);
}

void a64_fpctl_load(Emitter *e, bool afp)
{
    ri(e, A64_LDR_W, R_T0, R_STATE, offsetof(CpuState, fpctl));
    rr(e, A64_RBIT_W, R_T1, R_T0); /* RC to 18:17 with its bits exchanged: RMode's order */
    rij(e, A64_UBFM_W, R_T1, R_T1, 17, 18);
    rij(e, A64_UBFM_W, R_T1, R_T1, 32 - FPCR_RMODE_AT, 31 - FPCR_RMODE_AT);
    or_bit(e, R_T1, R_T0, 6, 1, afp ? 0 : FPCR_FZ_AT);
    if (afp)
        or_bit(e, R_T1, R_T0, 15, 1, FPCR_FZ_AT);
    if (afp)
        ri(e, A64_ORRI_W, R_T1, R_T1, FPCR_AH | FPCR_NEP);
    if (e->cfg->fp_model == FP_MODEL_RISCV)
        ri(e, A64_ORRI_W, R_T1, R_T1, 1 << FPCR_DN_AT);
    op_d(e, A64_MSR_FPCR, R_T1);
    op_d(e, A64_MSR_FPSR, XZR);
}

void a64_fpctl_save(Emitter *e, bool afp)
{
    ri(e, A64_LDR_W, R_T0, R_STATE, offsetof(CpuState, fpctl));
    if (!afp)
        a64_state_access(e, A64_LDR_W, R_LR, offsetof(CpuState, fp_watch));
    op_d(e, A64_MRS_FPSR, R_T1);
    if (!afp) { /* UFC, bit 3, counts for nothing where FP_WATCHED, bit 1, is set */
        ri(e, A64_ANDI_W, R_LR, R_LR, FP_WATCHED);
        rrr_shift(e, A64_BIC_W, R_T1, R_T1, R_LR, SH_LSL, 2);
    }
    or_bit(e, R_T0, R_T1, 0, 1, 0);
    or_bit(e, R_T0, R_T1, 1, 4, 2);
    if (afp || e->cfg->fp_model == FP_MODEL_ARM)
        or_bit(e, R_T0, R_T1, 7, 1, 1);
    ri(e, A64_STR_W, R_T0, R_STATE, offsetof(CpuState, fpctl));
}

void a64_fpctlget(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    a64_fpctl_save(e, has_feature(e, FEAT_A64_AFP));
    a64_mov(e, si->dest, R_T0);
}

void a64_fpctlset(Emitter *e, const SelInst *si, const IrInst *in)
{
    (void)in;
    ri(e, A64_STR_W, si->opnd[0].reg[0], R_STATE, offsetof(CpuState, fpctl));
    a64_fpctl_load(e, has_feature(e, FEAT_A64_AFP));
}
