/* frame_aarch64.c: pushing and popping the AArch64 signal frame (layout in frame_aarch64.h).
 *
 * A frame that is returned to is refused where Linux refuses it: a misaligned stack pointer,
 * records that are not what they say or not known, a state of the processor other than a program's.
 */
#include "runtime/linux/frame_aarch64.h"

#include <signal.h>
#include <string.h>

#include "frontend/aarch64/state.h"
#include "runtime/linux/linux.h"

enum { STACK_ALIGN = 16, RECORD_ALIGN = 16, A64_SA_RESTORER = 0x04000000, X29 = 29 };

/* PSTATE as SPSR_EL1 holds it (Arm ARM C5.2.18): bits without a meaning, which Linux drops, and
 * those that are zero in a program: AArch32 state, an exception level, masked exceptions. */
#define PSTATE_RES0    0xffffffff0cdfe020u
#define PSTATE_NO_USER 0x3dfu

static LinuxThread *thread_of(CpuState *s)
{
    return ((Vcpu *)s->vcpu)->linux_thread;
}

static void fill_records(const CpuState *s, const SignalDelivery *d, uint8_t *at)
{
    A64FpsimdRecord fp = {
        .head = {A64_FPSIMD_MAGIC, sizeof fp}, .fpsr = a64_fpsr(s), .fpcr = a64_fpcr(s)};
    for (unsigned i = 0; i < 32; i++)
        memcpy(fp.v[i], a64_state_const(s)->v[i], sizeof fp.v[i]);
    memcpy(at, &fp, sizeof fp);
    if (d->err) { /* of the last fault, whatever signal this is */
        A64EsrRecord esr = {.head = {A64_ESR_MAGIC, sizeof esr}, .esr = d->err};
        memcpy(at + sizeof fp, &esr, sizeof esr);
    }
}

/* Without SA_SIGINFO the handler's x1 and x2 are what they were, and there is no siginfo. */
bool a64_push_frame(CpuState *s, const SignalDelivery *d)
{
    A64State *a = a64_state(s);
    LinuxThread *t = thread_of(s);
    bool with_info = d->action->flags & SA_SIGINFO;
    A64SigFrame f = {.uc_stack = d->altstack,
                     .uc_sigmask = d->saved_mask,
                     .fault_address = d->fault_addr,
                     .sp = a->x[A64_SP],
                     .pc = s->pc,
                     .pstate = a64_nzcv(s)};
    A64FrameRecord record = {a->x[X29], a->x[A64_LR]};
    uint64_t top = d->stack_top ? d->stack_top : a->x[A64_SP];
    uint64_t record_at = (top - sizeof record) & -(uint64_t)STACK_ALIGN, at = record_at - sizeof f;
    if (at > top || at < d->stack_low)
        return false;
    if (with_info)
        memcpy(f.info, d->info, sizeof f.info);
    memcpy(f.x, a->x, sizeof f.x);
    fill_records(s, d, f.records);
    if (copy_out(t, at, &f, sizeof f) || copy_out(t, record_at, &record, sizeof record))
        return false;
    a->x[0] = (uint64_t)d->sig;
    if (with_info) {
        a->x[1] = at + offsetof(A64SigFrame, info);
        a->x[2] = at + offsetof(A64SigFrame, uc_flags);
    }
    a->x[X29] = record_at;
    a->x[A64_LR] =
        d->action->flags & A64_SA_RESTORER ? d->action->restorer : t->process->sigreturn_at;
    a->x[A64_SP] = at;
    a->reserved_at = A64_NO_RESERVATION;
    s->pc = d->action->handler;
    return true;
}

/* The one fpsimd_context among the records; NULL: there is none, or some are nonsense. Of what only
 * a processor with more state has (SVE, ZA, and extra_context to make room for them) none is known
 * here, as on a kernel without them. */
static const A64FpsimdRecord *find_fpsimd(const uint8_t *records)
{
    const A64FpsimdRecord *found = NULL;
    A64RecordHead head;
    size_t at = 0;
    for (;; at += head.size) {
        if (A64_RECORDS_BYTES - at < sizeof head || at % RECORD_ALIGN)
            return NULL;
        memcpy(&head, records + at, sizeof head);
        if (!head.magic)
            return head.size ? NULL : found;
        if (head.size < sizeof head || head.size > A64_RECORDS_BYTES - at)
            return NULL;
        if (head.magic == A64_FPSIMD_MAGIC && !found && head.size == sizeof *found)
            found = (const A64FpsimdRecord *)(const void *)(records + at);
        else if (head.magic != A64_ESR_MAGIC)
            return NULL;
    }
}

bool a64_pop_frame(CpuState *s, SignalReturn *r)
{
    A64State *a = a64_state(s);
    A64SigFrame f;
    if (a->x[A64_SP] % STACK_ALIGN || copy_in(thread_of(s), &f, a->x[A64_SP], sizeof f))
        return false;
    uint64_t pstate = f.pstate & ~PSTATE_RES0;
    memcpy(a->x, f.x, sizeof f.x);
    a->x[A64_SP] = f.sp;
    s->pc = f.pc;
    a64_set_nzcv(s, (uint32_t)pstate);
    a->reserved_at = A64_NO_RESERVATION;
    const A64FpsimdRecord *fp = find_fpsimd(f.records);
    if (pstate & PSTATE_NO_USER || !fp)
        return false;
    a64_set_fpcr(s, fp->fpcr);
    a64_set_fpsr(s, fp->fpsr);
    for (unsigned i = 0; i < 32; i++)
        memcpy(a->v[i], fp->v[i], sizeof fp->v[i]);
    r->mask = f.uc_sigmask;
    r->altstack = f.uc_stack;
    return true;
}
