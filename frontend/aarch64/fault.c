/* fault.c: what Linux on AArch64 says about a fault besides its signal: the exception syndrome,
 * which a signal frame shows (GuestFault.err), and the fault address there.
 *
 * Arm ARM D24.2 (ESR_EL1); Linux arch/arm64/mm/fault.c and kernel/traps.c.
 */
#include <signal.h>

#include "frontend/aarch64/lift.h"

enum {
    EC_AT = 26,
    EC_FETCH = 0x20,
    EC_PC_ALIGNMENT = 0x22,
    EC_DATA = 0x24,
    IL = 1 << 25,
    WNR = 1 << 6,
    TRANSLATION_LEVEL_3 = 7,
    PERMISSION_LEVEL_3 = 15,
    ALIGNMENT = 0x21,
};

static uint32_t syndrome(uint32_t class, uint32_t iss)
{
    return class << EC_AT | IL | iss;
}

static uint32_t abort_of(const GuestFault *f)
{
    uint32_t status = TRANSLATION_LEVEL_3;
    if (f->kind == FAULT_SEGV && f->si_code == SEGV_ACCERR)
        status = PERMISSION_LEVEL_3;
    if (f->kind == FAULT_BUS && f->si_code == BUS_ADRALN)
        status = ALIGNMENT;
    return syndrome(f->is_fetch ? EC_FETCH : EC_DATA, status | (f->write ? WNR : 0));
}

void a64_describe_fault(GuestFault *f)
{
    f->err = 0;
    f->sets_frame_addr = f->kind != FAULT_TRAP;
    f->frame_addr = 0;
    if (f->kind != FAULT_SEGV && f->kind != FAULT_BUS)
        return;
    f->frame_addr = f->addr;
    f->err = f->trap == TRAP_ALIGN + 1 ? syndrome(EC_PC_ALIGNMENT, 0) : abort_of(f);
}
