/* fault.c: what Linux on x86-64 says about a fault: si_code, trap number and error code.
 *
 * Intel SDM vol. 3, 6.15 (exceptions) and 4.7 (page-fault error code); Linux
 * arch/x86/kernel/traps.c.
 */
#include <signal.h>

#include "frontend/x86_64/lifter.h"

enum { DE = 0, UD = 6, BP = 3, SS = 12, GP = 13, PF = 14, MF = 16, XM = 19 };
enum { PF_PRESENT = 1, PF_WRITE = 2, PF_USER = 4, PF_FETCH = 16 };

/* Linux tells no program what is there above its own addresses: it reports a page in any case
 * (arch/x86/mm/fault.c, sanitize_error_code). */
#define USER_END 0x7ffffffff000u

static void describe_trap(GuestFault *f)
{
    static const struct {
        uint8_t trap, no;
    } rows[] = {{TRAP_ILLEGAL, UD}, {TRAP_PRIVILEGED, GP}, {TRAP_BREAKPOINT, BP}, {TRAP_DIVIDE, DE},
                {TRAP_OVERFLOW, 4}, {TRAP_BOUND, 5},       {TRAP_ALIGN, 17},      {TRAP_FP, XM},
                {TRAP_X87, MF},     {TRAP_STEP, 1}};
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].trap + 1u == f->trap)
            f->trap_no = rows[i].no;
    if (f->trap == TRAP_ILLEGAL + 1)
        f->si_code = ILL_ILLOPN;
    if (f->trap == TRAP_BREAKPOINT + 1) {
        f->si_code = SI_KERNEL;
        f->addr = 0;
    }
    if (f->trap == TRAP_ALIGN + 1)
        f->addr = 0;
}

void x86_describe_fault(GuestFault *f)
{
    static const uint8_t trap_of[] = {
        [FAULT_SEGV] = PF, [FAULT_BUS] = PF, [FAULT_FPE] = XM, [FAULT_ILL] = UD, [FAULT_TRAP] = BP};
    if (f->trap != 0) {
        describe_trap(f);
        return;
    }
    f->err = 0;
    f->trap_no = trap_of[f->kind];
    if (f->kind == FAULT_FPE && f->si_code == FPE_INTDIV)
        f->trap_no = DE;
    if (f->kind == FAULT_SEGV && f->si_code == SI_KERNEL)
        f->trap_no = GP;
    if (f->kind == FAULT_BUS && f->si_code == SI_KERNEL)
        f->trap_no = SS;
    if (f->trap_no != PF)
        return;
    f->sets_frame_addr = true; /* CR2 */
    f->frame_addr = f->addr;
    f->err = PF_USER | (f->write ? PF_WRITE : 0) | (f->is_fetch ? PF_FETCH : 0) |
             (f->kind == FAULT_SEGV && f->si_code == SEGV_ACCERR ? PF_PRESENT : 0);
    if (f->addr >= USER_END)
        f->err |= PF_PRESENT;
}
