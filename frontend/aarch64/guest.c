/* guest.c: the AArch64 guest as the runtime sees it (frontend/guest.h). */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>

#include "frontend/aarch64/lift.h"

static void init_state(CpuState *s)
{
    a64_set_fpcr(s, 0);
    a64_set_fpsr(s, 0);
    a64_state(s)->reserved_at = A64_NO_RESERVATION;
}

enum { FPCR_FZ_AT = 24, FPCR_DN_AT = 25, FPCR_AHP_AT = 26 };

static uint32_t mode_of(const CpuState *s)
{
    uint32_t fpcr = a64_state_const(s)->fpcr;
    return (s->fp_watch == FP_WATCHED ? A64_MODE_FPEXACT : 0u) |
           (fpcr >> FPCR_DN_AT & 1 ? A64_MODE_DN : 0u) |
           (fpcr >> FPCR_FZ_AT & 1 ? A64_MODE_FZ : 0u) |
           (fpcr >> FPCR_AHP_AT & 1 ? A64_MODE_AHP : 0u);
}

static int service(CpuState *s, unsigned n)
{
    (void)s, (void)n;
    return 0;
}

static void dump(const CpuState *s, FILE *out)
{
    const A64State *a = a64_state_const(s);
    fprintf(out, "pc   %016" PRIx64 "  nzcv %x\n", s->pc, a64_nzcv(s) >> 28);
    for (unsigned i = 0; i < 32; i++)
        fprintf(out, "%-4s %016" PRIx64 "%s", a64_slots.slots[A64_SLOT_X + i].name, a->x[i],
                i % 4 == 3 ? "\n" : "  ");
}

const GuestOps guest_aarch64 = {
    .name = "aarch64",
    .elf_machine = EM_AARCH64,
    .slots = &a64_slots,
    .helpers = &a64_helpers,
    .fp_model = FP_MODEL_ARM,
    .init_state = init_state,
    .mode = mode_of,
    .lift = a64_lift,
    .dead_slots_at = a64_dead_slots_at,
    .service = service,
    .describe_fault = a64_describe_fault,
    .weak_order = true,
    .ignores_top_byte = true,
    .dump = dump,
    .disassemble = a64_disassemble,
};
