/* x87_unit.c: between the guest's x87 and MMX state in memory and the host's own unit.
 *
 * Where the host is an x86 and translates, the unit holds the guest's state from vcpu_run on: C
 * code of the translator uses no x87, so only what needs the state in memory asks for it: signal
 * frames, new threads, the interpreter, FXSAVE and its kin. Saving leaves the unit as it is.
 *
 * Of the pointers to a pending exception the unit has the instruction's address in the translation;
 * CpuState.guest_insn finds what guest instruction that is. Operand addresses are the guest's own.
 */
#include "frontend/x86_64/x87_unit.h"

#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/fx_image.h"
#include "frontend/x86_64/helpers.h"
#include "frontend/x86_64/x87.h"
#include "ir/host_x87.h"

_Static_assert(sizeof(FxImage) == HOST_X87_IMAGE, "FXSAVE image");

/* What the pointers to a pending exception say of its instruction: the low three bits of the opcode
 * with ModRM, and an operand address without the segment's base. */
static void describe_insn(X86State *s, const uint8_t *bytes, unsigned n)
{
    X86Insn in;
    if (x86_decode(&in, s->fpu_ip, bytes, n, X86_MODE_64) != X86_DECODE_OK)
        return;
    s->fpu_fop = (uint16_t)((in.opcode & 7) << 8 | in.modrm);
    if (in.modrm < 0xc0 && (in.mem.seg == X86_FS || in.mem.seg == X86_GS))
        s->fpu_dp -= in.mem.seg == X86_FS ? s->fs_base : s->gs_base;
}

static void save_pointers(CpuState *cpu, const FxImage *fx)
{
    X86State *s = x86_state(cpu);
    uint8_t bytes[15];
    uint64_t pc = fx->ip;
    s->fpu_fop = fx->fop;
    s->fpu_ip = fx->ip;
    s->fpu_dp = fx->dp;
    X87Pointers last = x87_pointers(s);
    s->fpu_fop = last.fop;
    s->fpu_ip = last.ip;
    s->fpu_dp = last.dp;
    if (s->fpu_ip == 0 || cpu->guest_insn == NULL)
        return;
    unsigned n = cpu->guest_insn(cpu, &pc, bytes, sizeof bytes);
    s->fpu_ip = pc; /* unchanged if it is the guest's own, loaded together with the exception */
    if (n != 0)
        describe_insn(s, bytes, n);
}

void x87_unit_save(CpuState *cpu)
{
    X86State *s = x86_state(cpu);
    _Alignas(16) FxImage fx;
    host_x87_save(&fx);
    s->fpu_cw = fx.cw;
    s->fpu_sw = fx.sw;
    s->fpu_tag = fx.tag;
    for (unsigned i = 0; i < 8; i++) {
        unsigned r = (x87_top(s) + i) & 7;
        s->fpr[r].m = fx.st[i].m;
        s->fpr[r].se = fx.st[i].se;
    }
    save_pointers(cpu, &fx);
}

void x87_unit_load(CpuState *cpu)
{
    const X86State *s = x86_state_const(cpu);
    _Alignas(16) FxImage fx;
    host_x87_save(&fx); /* for what else is in the image */
    fx.cw = s->fpu_cw;
    fx.sw = s->fpu_sw;
    fx.tag = (uint8_t)s->fpu_tag;
    fx.fop = s->fpu_fop;
    fx.ip = s->fpu_ip;
    fx.dp = s->fpu_dp;
    for (unsigned i = 0; i < 8; i++) {
        unsigned r = (x87_top(s) + i) & 7;
        fx.st[i].m = s->fpr[r].m;
        fx.st[i].se = s->fpr[r].se;
    }
    host_x87_load(&fx);
}

void x86_helper_x87_save(CpuState *cpu)
{
    x87_unit_save(cpu);
}

void x86_helper_x87_reload(CpuState *cpu)
{
    x87_unit_load(cpu);
}
