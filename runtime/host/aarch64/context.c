/* context.c (AArch64): the ucontext of a signal handler; see runtime/host/host.h.
 *
 * Registers stand in mcontext; vectors and the FP control words in the fpsimd record of its
 * __reserved list (Linux: arch/arm64/include/uapi/asm/sigcontext.h).
 */
#include "runtime/host/host.h"

#include <asm/sigcontext.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

static const void *find_record(const ucontext_t *u, uint32_t magic)
{
    const uint8_t *p = u->uc_mcontext.__reserved;
    const uint8_t *end = p + sizeof u->uc_mcontext.__reserved;
    while (p + sizeof(struct _aarch64_ctx) <= end) {
        const struct _aarch64_ctx *head = (const struct _aarch64_ctx *)p;
        if (head->magic == magic)
            return head;
        if (head->magic == 0 || head->size == 0)
            break;
        p += head->size;
    }
    return NULL;
}

uint64_t host_context_pc(const void *uc)
{
    return ((const ucontext_t *)uc)->uc_mcontext.pc;
}

void host_context_set_pc(void *uc, uint64_t pc)
{
    ((ucontext_t *)uc)->uc_mcontext.pc = pc;
}

void host_context_set_sp(void *uc, uint64_t sp)
{
    ((ucontext_t *)uc)->uc_mcontext.sp = sp;
}

void host_context_save(const void *uc, RawRegs *out)
{
    const ucontext_t *u = uc;
    memcpy(out->gpr, u->uc_mcontext.regs, 31 * sizeof out->gpr[0]);
    out->gpr[31] = u->uc_mcontext.sp;
    const struct fpsimd_context *fp = find_record(u, FPSIMD_MAGIC);
    for (unsigned i = 0; fp != NULL && i < 32; i++)
        memcpy(out->vec[i], &fp->vregs[i], 16);
}

void host_context_load(void *uc, const RawRegs *in)
{
    ucontext_t *u = uc;
    memcpy(u->uc_mcontext.regs, in->gpr, 31 * sizeof in->gpr[0]);
    u->uc_mcontext.sp = in->gpr[31];
    struct fpsimd_context *fp = (struct fpsimd_context *)find_record(u, FPSIMD_MAGIC);
    for (unsigned i = 0; fp != NULL && i < 32; i++)
        memcpy(&fp->vregs[i], in->vec[i], 16);
}

/* In translations CpuState.fpctl (x28 = state) has the controls and the flags of before, FPSR those
 * raised since. IDC stands for DE under FPCR.AH only, and UFC otherwise not for UE where flags are
 * watched; see backend/aarch64/emit_fpenv.c. */
uint32_t host_context_fpctl(const void *uc)
{
    const ucontext_t *u = uc;
    const CpuState *s = (const CpuState *)(uintptr_t)u->uc_mcontext.regs[28];
    const struct fpsimd_context *fp = find_record(u, FPSIMD_MAGIC);
    if (fp == NULL)
        return s->fpctl;
    uint32_t sr = fp->fpsr, ah = fp->fpcr >> 1 & 1, idc = s->fp_watch == FP_HOST_EXACT;
    if (!ah && s->fp_watch == FP_WATCHED)
        sr &= ~UINT32_C(8);
    return s->fpctl | (sr & 1) | (sr & 0x1e) << 1 | (sr >> 7 & idc) << 1;
}

/* x86's CMPXCHG16B faults like MOVAPS does where CASP and LDXP fault for their alignment. */
static bool is_pair(uint64_t pc)
{
    uint32_t w = *(const uint32_t *)(uintptr_t)pc;
    return (w & 0xbfe0fc00) == 0x0860fc00 || (w & 0xffff8000) == 0xc87f0000;
}

/* No host maps addresses between the halves of the address space: x86 has a #GP for them, and the
 * code generator turns a misaligned IR_M_ALIGNED access into one (emit_mem.c). */
static bool is_canonical(uint64_t addr)
{
    uint64_t top = addr >> 47;
    return top == 0 || top == 0x1ffff;
}

/* Whether the instruction writes memory, by Arm ARM C4.1.94 (loads and stores). The syndrome of the
 * kernel would say it too, but not every kernel gives one, and to an x86 guest the load half of an
 * atomic is a write. */
static bool is_write(uint32_t w)
{
    bool vector = (w & 1u << 26) != 0, load = (w & 1u << 22) != 0;
    if ((w & 0x0a000000) != 0x08000000)
        return false;
    switch (w >> 27 & 7) {
    case 1: /* exclusive, ordered, CAS */
        return (w & 1u << 23) == 0 || (w & 1u << 21) != 0 || !load;
    case 5: /* pairs */
        return !load;
    default:
        if ((w & 0x3b200c00) == 0x38200000)
            return (w & 0x0000f000) != 0x0000c000; /* LSE; but LDAPR is a load */
        return (w & 3u << 22) == 0 || (vector && (w & 3u << 22) == 2u << 22);
    }
}

bool host_context_raise(void *uc, CpuState *s)
{
    (void)uc, (void)s;
    return false;
}

HostFault host_context_fault(const void *uc, const siginfo_t *si)
{
    uint64_t pc = host_context_pc(uc), addr = (uint64_t)(uintptr_t)si->si_addr;
    HostFault f = {.unaligned = si->si_signo == SIGBUS && si->si_code == BUS_ADRALN};
    if (addr != pc) /* not a fetch */
        f.write = is_write(*(const uint32_t *)(uintptr_t)pc);
    f.general = si->si_signo == SIGSEGV && !is_canonical(addr);
    if (f.unaligned && is_pair(pc)) {
        f.unaligned = false;
        f.general = true;
    }
    return f;
}

/* Tag bits are left out, and a misaligned access within 16 bytes may be told by their start. */
bool host_fault_address_exact(void)
{
    return false;
}

/* Trapping is optional in the architecture and absent from most cores. */
bool host_traps_fp(void)
{
    return false;
}

const BackendOps *host_backend(void)
{
    return &backend_aarch64;
}

const char *host_jit_obstacle(void)
{
    return NULL;
}
