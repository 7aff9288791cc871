/* fpenv.c: FPCR and FPSR, between what the guest sees and where they are kept (state.h). */
#include "frontend/aarch64/state.h"

enum { FTZ_DAZ = 0x8040, FZ = 1 << 24 };

/* The flags IOC DZC OFC UFC IXC, bits 0 to 4, are MXCSR's IE ZE OE UE PE: these bits. */
static const uint8_t flag_bits[] = {0, 2, 3, 4, 5};
/* What of FPCR there is: AHP DN FZ RMode FZ16; no traps. */
static const uint32_t writable = 0x07c80000;

uint32_t a64_fpcr(const CpuState *s)
{
    return a64_state_const(s)->fpcr;
}

void a64_set_fpcr(CpuState *s, uint32_t v)
{
    uint32_t flags = s->fpctl & 0x3f, mode = v >> A64_RMODE_AT & 3;
    uint32_t rounding = (A64_FPCTL_ROUNDINGS >> 2 * mode & 3) << FPCTL_ROUNDING_AT;
    a64_state(s)->fpcr = v & writable;
    s->fpctl = FPCTL_MASKS | flags | rounding | (v & FZ ? FTZ_DAZ : 0u);
}

uint32_t a64_fpsr(const CpuState *s)
{
    const A64State *a = a64_state_const(s);
    bool flushed = s->fp_watch == FP_HOST_EXACT && s->fpctl & 2; /* DE */
    uint32_t v = (a->idc || flushed ? A64_FPSR_IDC : 0u) | (a->qc[0] | a->qc[1] ? A64_FPSR_QC : 0u);
    for (unsigned i = 0; i < sizeof flag_bits; i++)
        v |= (s->fpctl >> flag_bits[i] & 1) << i;
    return v;
}

void a64_set_fpsr(CpuState *s, uint32_t v)
{
    A64State *a = a64_state(s);
    s->fpctl &= ~0x3fu;
    for (unsigned i = 0; i < sizeof flag_bits; i++)
        s->fpctl |= (v >> i & 1) << flag_bits[i];
    a->idc = (v & A64_FPSR_IDC) != 0;
    a->qc[0] = (v & A64_FPSR_QC) != 0;
    a->qc[1] = 0;
}
