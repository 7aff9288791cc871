/* guest.c: the RISC-V 64 guest as the runtime sees it (frontend/guest.h). */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>

#include "frontend/riscv64/lift.h"

static void init_state(CpuState *s)
{
    s->fpctl = FPCTL_MASKS; /* RISC-V has no traps for exceptions */
    rv_state(s)->reserved_at = RV_NO_RESERVATION;
}

/* The flags NX UF OF DZ NV, bits 0 to 4, are MXCSR's PE UE OE ZE IE: these bits. */
static const uint8_t flag_bits[] = {5, 4, 3, 2, 0};
enum { FRM_AT = 5 };

uint32_t rv_fcsr(const CpuState *s)
{
    uint32_t v = rv_state_const(s)->frm << FRM_AT;
    for (unsigned i = 0; i < sizeof flag_bits; i++)
        v |= (s->fpctl >> flag_bits[i] & 1) << i;
    return v;
}

void rv_set_fcsr(CpuState *s, uint32_t fcsr)
{
    uint32_t frm = rv_state(s)->frm = fcsr >> FRM_AT & 7;
    s->fpctl = FPCTL_MASKS | rv_fpctl_rounding(frm) << FPCTL_ROUNDING_AT;
    for (unsigned i = 0; i < sizeof flag_bits; i++)
        s->fpctl |= (fcsr >> i & 1) << flag_bits[i];
}

static uint32_t mode_of(const CpuState *s)
{
    uint32_t frm = rv_state_const(s)->frm;
    return frm < RV_RMM ? 0 : frm == RV_RMM ? RV_MODE_AWAY : RV_MODE_RESERVED;
}

static int service(CpuState *s, unsigned n)
{
    (void)s, (void)n;
    return 0;
}

static void dump(const CpuState *s, FILE *out)
{
    const RvState *rv = rv_state_const(s);
    fprintf(out, "pc   %016" PRIx64 "\n", s->pc);
    for (unsigned i = 1; i < 32; i++)
        fprintf(out, "%-4s %016" PRIx64 "%s", rv_slots.slots[RV_SLOT_X + i].name, rv->x[i],
                i % 4 == 3 ? "\n" : "  ");
}

const GuestOps guest_riscv64 = {
    .name = "riscv64",
    .elf_machine = EM_RISCV,
    .slots = &rv_slots,
    .helpers = &rv_helpers,
    .fp_model = FP_MODEL_RISCV,
    .weak_order = true,
    .init_state = init_state,
    .mode = mode_of,
    .lift = rv_lift,
    .service = service,
    .dump = dump,
    .disassemble = rv_disassemble,
};
