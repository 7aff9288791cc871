/* context.c (x86-64): the ucontext of a signal handler; see runtime/host/host.h.
 *
 * The kernel saves the FP state in XSAVE format: the legacy FXSAVE area (MXCSR at 24, xmm0-15 at
 * 160) and, behind the XSAVE header, further components at the offsets CPUID leaf 0xD names. Of
 * those the upper 16 vector registers (component 7, Hi16_ZMM) matter here; the 256- and 512-bit
 * halves of the lower ones do not, as no slot is wider than 128 bits yet.
 */
#include "runtime/host/host.h"

#include <cpuid.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

enum {
    XSAVE_MAGIC1 = 0x46505853, /* sw_reserved.magic1: the area is in XSAVE format */
    XSAVE_MAGIC1_OFFSET = 464,
    XSAVE_XSTATE_BV_OFFSET = 512,
    XSAVE_HI16_ZMM = 7,
    TRAPNO_GP = 13,
    TRAPNO_MF = 16,
    PF_WRITE = 2,
};

/* Register number -> index in gregs. */
static const uint8_t greg_of[16] = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP,
                                    REG_RSI, REG_RDI, REG_R8,  REG_R9,  REG_R10, REG_R11,
                                    REG_R12, REG_R13, REG_R14, REG_R15};

uint64_t host_context_pc(const void *uc)
{
    return (uint64_t)((const ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP];
}

void host_context_set_pc(void *uc, uint64_t pc)
{
    ((ucontext_t *)uc)->uc_mcontext.gregs[REG_RIP] = (greg_t)pc;
}

void host_context_set_sp(void *uc, uint64_t sp)
{
    ((ucontext_t *)uc)->uc_mcontext.gregs[REG_RSP] = (greg_t)sp;
}

/* Address of xmm16's 64 bytes in a saved FP area, or NULL if they are not there. */
static uint8_t *upper_vectors(uint8_t *fp)
{
    uint32_t magic;
    uint64_t present;
    memcpy(&magic, fp + XSAVE_MAGIC1_OFFSET, sizeof magic);
    memcpy(&present, fp + XSAVE_XSTATE_BV_OFFSET, sizeof present);
    unsigned size, offset, c, d;
    if (magic != XSAVE_MAGIC1 || !(present >> XSAVE_HI16_ZMM & 1) ||
        !__get_cpuid_count(0xd, XSAVE_HI16_ZMM, &size, &offset, &c, &d) || size == 0)
        return NULL;
    return fp + offset;
}

void host_context_save(const void *uc, RawRegs *out)
{
    const ucontext_t *u = uc;
    uint8_t *fp = (uint8_t *)u->uc_mcontext.fpregs;
    for (unsigned i = 0; i < 16; i++)
        out->gpr[i] = (uint64_t)u->uc_mcontext.gregs[greg_of[i]];
    if (fp == NULL)
        return;
    for (unsigned i = 0; i < 16; i++)
        memcpy(out->vec[i], fp + 160 + 16 * i, 16);
    const uint8_t *upper = upper_vectors(fp);
    for (unsigned i = 0; i < 16; i++) {
        if (upper != NULL)
            memcpy(out->vec[16 + i], upper + 64 * i, 64);
        else
            memset(out->vec[16 + i], 0, 64);
    }
}

void host_context_load(void *uc, const RawRegs *in)
{
    ucontext_t *u = uc;
    uint8_t *fp = (uint8_t *)u->uc_mcontext.fpregs;
    for (unsigned i = 0; i < 16; i++)
        u->uc_mcontext.gregs[greg_of[i]] = (greg_t)in->gpr[i];
    if (fp == NULL)
        return;
    for (unsigned i = 0; i < 16; i++)
        memcpy(fp + 160 + 16 * i, in->vec[i], 16);
    uint8_t *upper = upper_vectors(fp);
    for (unsigned i = 0; upper != NULL && i < 16; i++)
        memcpy(upper + 64 * i, in->vec[16 + i], 64);
}

uint32_t host_context_fpctl(const void *uc)
{
    const ucontext_t *u = uc;
    return u->uc_mcontext.fpregs != NULL ? u->uc_mcontext.fpregs->mxcsr : 0x1f80;
}

/* A masked exception sets its flag when the instruction is repeated. Underflow is told otherwise
 * while it is not masked: of a result that is tiny but exact too. So nothing is known from there
 * on. */
bool host_context_raise(void *uc, CpuState *s)
{
    enum { TRAPNO_XM = 19 };
    ucontext_t *u = uc;
    if (u->uc_mcontext.gregs[REG_TRAPNO] != TRAPNO_XM || u->uc_mcontext.fpregs == NULL)
        return false;
    uint32_t *mxcsr = &u->uc_mcontext.fpregs->mxcsr;
    uint32_t raised = *mxcsr & ~(*mxcsr >> FPCTL_MASKS_AT) & FPCTL_FLAGS;
    uint32_t before = (s->fp_known & FPCTL_FLAGS) | (*mxcsr & FPCTL_DENORMAL);
    *mxcsr = (*mxcsr & ~(uint32_t)(FPCTL_FLAGS | FPCTL_DENORMAL)) | before;
    s->fp_budget -= s->fp_budget < FP_TRAP_COST ? s->fp_budget : FP_TRAP_COST;
    if (raised == 0 || (raised & FPCTL_UNDERFLOW) != 0) {
        *mxcsr |= FPCTL_MASKS;
        s->fp_known = 0;
    } else {
        *mxcsr |= raised << FPCTL_MASKS_AT;
        s->fp_known |= raised | raised << FPCTL_MASKS_AT;
    }
    return true;
}

HostFault host_context_fault(const void *uc, const siginfo_t *si)
{
    const ucontext_t *u = uc;
    (void)si;
    /* A #GP has no address and no read/write bit: Intel SDM volume 3, 6.15. */
    bool general = u->uc_mcontext.gregs[REG_TRAPNO] == TRAPNO_GP;
    return (HostFault){.general = general,
                       .x87 = u->uc_mcontext.gregs[REG_TRAPNO] == TRAPNO_MF,
                       .write = !general && (u->uc_mcontext.gregs[REG_ERR] & PF_WRITE) != 0};
}

HostEmulated host_context_emulate(void *uc, uint64_t *fault_addr, bool *write)
{
    (void)uc;
    (void)fault_addr;
    (void)write;
    return HOST_EMULATE_NO; /* plain accesses are ordered and may be misaligned here */
}

bool host_fault_address_exact(void)
{
    return true;
}

bool host_traps_fp(void)
{
    return true;
}

const BackendOps *host_backend(void)
{
    return &backend_x86_64;
}

const char *host_jit_obstacle(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi2")
               ? NULL
               : "this CPU lacks AVX2, FMA or BMI2";
}
