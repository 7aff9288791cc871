/* guest.c: the x86-64 guest as the runtime sees it (frontend/guest.h). */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>

#include "frontend/x86_64/cpuid.h"
#include "frontend/x86_64/lift.h"
#include "frontend/x86_64/lifter.h"
#include "frontend/x86_64/x87_unit.h"

enum { MXCSR_DEFAULT = 0x1f80, FPU_CW_DEFAULT = 0x37f, USER_CS = 0x33, USER_SS = 0x2b };

/* What Linux gives a new program; registers not named are zero. */
static void init_state(CpuState *s)
{
    X86State *x = x86_state(s);
    s->fpctl = MXCSR_DEFAULT;
    x->fpu_cw = FPU_CW_DEFAULT;
    x->seg[X86_CS] = USER_CS;
    x->seg[X86_SS] = USER_SS;
}

/* An exception whose mask bit (7 .. 12) is clear is unmasked. */
static uint32_t mode_of(const CpuState *s)
{
    uint32_t mode = X86_MODE_64;
    if ((fp_guest_word(s) & MXCSR_DEFAULT) != MXCSR_DEFAULT)
        mode |= X86_MODE_FPTRAP;
    if (s->fp_watch == FP_WATCHED)
        mode |= X86_MODE_FPEXACT;
    return mode;
}

static int service(CpuState *s, unsigned n)
{
    if (n == X86_SERVICE_CPUID)
        x86_service_cpuid(s);
    return 0;
}

static uint32_t pending_fp(const CpuState *s)
{
    const X86State *x = x86_state_const(s);
    return x->fpu_sw & ~x->fpu_cw & 0x3fu;
}

static void dump(const CpuState *s, FILE *out)
{
    static const char *const names[16] = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                          "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15"};
    const X86State *x = x86_state_const(s);
    fprintf(out, "rip %016" PRIx64 "  eflags %04" PRIx64 "  mxcsr %04x\n", s->pc, x86_flags_read(s),
            fp_guest_word(s));
    for (unsigned i = 0; i < 16; i++)
        fprintf(out, "%-3s %016" PRIx64 "%s", names[i], x->gpr[i], i % 4 == 3 ? "\n" : "  ");
    fprintf(out, "fs  %016" PRIx64 "  gs  %016" PRIx64 "\n", x->fs_base, x->gs_base);
}

const GuestOps guest_x86_64 = {
    .name = "x86_64",
    .elf_machine = EM_X86_64,
    .slots = &x86_slots,
    .helpers = &x86_helpers,
    .fp_model = FP_MODEL_X86,
    .init_state = init_state,
    .mode = mode_of,
    .lift = x86_lift,
    .dead_slots_at = x86_dead_slots_at,
    .service = service,
    .describe_fault = x86_describe_fault,
    .canonical_only = true,
    .stack_fault = x86_stack_fault,
    .is_pc = x86_is_pc,
    .undo_branch = x86_undo_branch,
    .pending_fp = pending_fp,
    .x87_save = x87_unit_save,
    .x87_load = x87_unit_load,
    .dump = dump,
    .disassemble = x86_disassemble,
};
