/* strace.c: --strace: a line for each system call, from the rows of syscalls.def; lines for
 * signals, ends and executions. strace.h says how the work is divided.
 *
 * Where strace would interleave the halves of calls that overlap ("<unfinished ...>"), each is
 * written whole when it is over; those that do not come back are written before. Calls that are
 * interrupted and made again are written once.
 *
 * The log is a descriptor of our own: the guest may close or redirect its standard error. A program
 * that the guest executes goes on with it.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ir/base/log.h"
#include "runtime/host/host.h"
#include "runtime/linux/strace.h"

enum { RESULT_COLUMN = 40 };

/* ---- lines ---- */

static Trace *begin(LinuxThread *t)
{
    if (!t->trace) {
        t->trace = malloc(sizeof *t->trace);
        if (!t->trace)
            log_fatal("no memory for --strace");
    }
    t->trace->used = t->trace->next = 0;
    if (t->process->strace_many)
        trace_add(t->trace, "[pid %5d] ", t->tid);
    return t->trace;
}

static void end_line(LinuxThread *t)
{
    Trace *l = t->trace;
    int fd = t->process->our_fd[FD_STRACE];
    if (l->used == sizeof l->text - 1)
        l->used--;
    l->text[l->used++] = '\n';
    if (write(fd >= 0 ? fd : STDERR_FILENO, l->text, l->used) < 0)
        l->used = 0; /* nobody reads it any more */
}

/* ---- calls ---- */

static void add_argument(Trace *l, const TraceCall *c, unsigned i)
{
    const ArgSpec *s = &c->desc->args[i];
    uint64_t v = c->args[i];
    if (s->show > SHOW_STRUCTS) {
        trace_form(l, c, i);
        return;
    }
    if (s->show > SHOW_SETS) {
        bool array = s->ref != NO_REF;
        if (s->late && trace_failed(c))
            trace_pointer(l, v);
        else if (array)
            trace_struct_array(l, c, s->show, v,
                               s->ref == RESULT_REF ? (uint64_t)c->result : c->args[s->ref]);
        else
            trace_struct(l, c, s->show, v);
        return;
    }
    switch ((ArgKind)s->kind) {
    case ARG_INT:
    case ARG_FD:
    case ARG_FDNONE:
        trace_add(l, "%d", (int)v);
        break;
    case ARG_DIRFD:
        if ((int)v == AT_FDCWD)
            trace_add(l, "AT_FDCWD");
        else
            trace_add(l, "%d", (int)v);
        break;
    case ARG_UINT:
        trace_add(l, "%u", (unsigned)v);
        break;
    case ARG_LONG:
        trace_add(l, "%" PRId64, (int64_t)v);
        break;
    case ARG_SIZE:
        trace_add(l, "%" PRIu64, v);
        break;
    case ARG_MODE:
        trace_add(l, "%#03" PRIo64, v & 0xffff);
        break;
    case ARG_PATH:
    case ARG_NAME:
        trace_path(l, v);
        break;
    case ARG_STR:
        trace_string(l, v, 255);
        break;
    case ARG_OFLAGS:
        trace_oflags(l, c->thread->process->abi, v);
        break;
    case ARG_SIGNAL:
        if (v)
            trace_signal(l, (int)v);
        else
            trace_add(l, "0");
        break;
    case ARG_SHOWN:
        trace_shown(l, s->show, v);
        break;
    case ARG_IN:
        trace_bytes(l, v, c->args[s->ref], SHOWN_BYTES);
        break;
    case ARG_OUT:
        if (c->result >= 0)
            trace_bytes(
                l, v, (uint64_t)c->result < c->args[s->ref] ? (uint64_t)c->result : c->args[s->ref],
                SHOWN_BYTES);
        else
            trace_pointer(l, v);
        break;
    case ARG_PTR:
        trace_pointer(l, v);
        break;
    default:
        trace_add(l, "%#" PRIx64, v);
        break;
    }
}

static bool ended(const SyscallDesc *d, unsigned i)
{
    return i >= SYSCALL_ARGS || d->args[i].kind == ARG_NONE || d->args[i].kind == ARG_RESULT;
}

/* Arguments from l->next on: before the call up to the first that waits for its end. */
static void add_arguments(Trace *l, const TraceCall *c)
{
    for (unsigned i = l->next; !ended(c->desc, i); i++, l->next++) {
        if (!c->over && c->desc->args[i].late)
            return;
        if (!trace_has_argument(c, i))
            continue;
        trace_add(l, "%s", i ? ", " : "");
        add_argument(l, c, i);
    }
}

static void close_call(Trace *l)
{
    trace_add(l, ") ");
    while (l->used < RESULT_COLUMN)
        trace_add(l, " ");
    trace_add(l, "= ");
}

static ResultForm result_form(const SyscallDesc *d)
{
    for (unsigned i = 0; d && i <= SYSCALL_ARGS && d->args[i].kind != ARG_NONE; i++)
        if (d->args[i].kind == ARG_RESULT)
            return (ResultForm)d->args[i].size;
    return RESULT_DECIMAL;
}

static void add_time(Trace *l, int64_t seconds)
{
    struct tm tm;
    char text[64];
    time_t when = seconds;
    trace_add(l, "%" PRId64, seconds);
    if (localtime_r(&when, &tm) && strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &tm))
        trace_add(l, " (%s)", text);
}

static void add_result(Trace *l, const TraceCall *c)
{
    int64_t r = c->result;
    if (trace_failed(c)) {
        const char *name = strerrorname_np((int)-r);
        trace_add(l, "-1 %s (%s)", name ? name : "E???", strerror((int)-r));
        return;
    }
    bool descriptor_flags = c->desc && c->desc->handler == sys_fcntl &&
                            (c->args[1] == F_GETFL || (c->args[1] == F_GETFD && r));
    switch (descriptor_flags ? RESULT_HEX : result_form(c->desc)) {
    case RESULT_DECIMAL:
        trace_add(l, "%" PRId64, r);
        break;
    case RESULT_HEX:
        trace_add(l, "%#" PRIx64, (uint64_t)r);
        break;
    case RESULT_OCTAL:
        trace_add(l, "%#03" PRIo64, (uint64_t)r);
        break;
    case RESULT_TIME:
        add_time(l, r);
        break;
    case RESULT_POLICY:
        trace_add(l, "%" PRId64 " (", r);
        trace_shown(l, SHOW_sched_policy, (uint64_t)r);
        trace_add(l, ")");
        break;
    }
    if (c->desc)
        trace_result_extra(l, c);
}

static void keep_length(Trace *l, const TraceCall *c)
{
    for (unsigned i = 0; !ended(c->desc, i); i++)
        if (c->desc->args[i].show == SHOW_socklen && c->args[i])
            if (!trace_read(c->args[i], &l->length_before, sizeof l->length_before))
                l->length_before = 0;
}

void strace_enter(LinuxThread *t, const SyscallDesc *d, uint64_t nr, const uint64_t args[6])
{
    Trace *l = begin(t);
    TraceCall c = {.thread = t, .desc = d, .args = args};
    if (!d) {
        trace_add(l, "syscall_%#" PRIx64 "(", nr);
        for (unsigned i = 0; i < SYSCALL_ARGS; i++)
            trace_add(l, "%s%#" PRIx64, i ? ", " : "", args[i]);
        return;
    }
    trace_add(l, "%s(", d->name);
    keep_length(l, &c);
    if (d->handler != sys_rt_sigreturn)
        add_arguments(l, &c);
    if (d->handler == sys_exit || d->handler == sys_exit_group) {
        close_call(l);
        trace_add(l, "?");
        end_line(t);
    }
}

void strace_leave(LinuxThread *t, const SyscallDesc *d, const uint64_t args[6], int64_t result)
{
    Trace *l = t->trace;
    TraceCall c = {.thread = t, .desc = d, .args = args, .over = true, .result = result};
    if (d && (d->handler == sys_exit || d->handler == sys_exit_group))
        return;
    bool forks = d && (d->handler == sys_clone || d->handler == sys_clone3 ||
                       d->handler == sys_fork || d->handler == sys_vfork);
    if (forks && result == 0) /* this is the child, who did not make the call */
        return;
    if (d && d->handler == sys_rt_sigreturn) {
        trace_add(l, "{mask=");
        trace_sigset(l, t->mask);
        trace_add(l, "}");
        c.result = abi_result(t->process->abi, t->vcpu->state);
    } else if (d) {
        add_arguments(l, &c);
    }
    close_call(l);
    if (d && d->handler == sys_rt_sigreturn)
        trace_add(l, "%" PRIu64, (uint64_t)c.result);
    else
        add_result(l, &c);
    end_line(t);
}

void strace_exec(LinuxThread *t)
{
    if (!t->process->options->strace)
        return;
    Trace *l = t->trace;
    size_t used = l->used;
    close_call(l);
    trace_add(l, "0");
    end_line(t);
    l->used = used; /* should it fail, its line comes again */
}

void strace_start(LinuxThread *t, const char *path, char **argv, char **envp)
{
    uint64_t args[6] = {(uint64_t)path, (uint64_t)argv, (uint64_t)envp};
    for (unsigned i = 0; i < syscall_count; i++)
        if (syscall_table[i].handler == sys_execve) {
            strace_enter(t, &syscall_table[i], 0, args);
            strace_leave(t, &syscall_table[i], args, 0);
        }
}

/* ---- signals and ends ---- */

void strace_signal(LinuxThread *t, int sig, const void *info)
{
    Trace *l = begin(t);
    trace_add(l, "--- ");
    trace_signal(l, sig);
    trace_add(l, " ");
    trace_siginfo(l, info);
    trace_add(l, " ---");
    end_line(t);
}

void strace_exited(LinuxThread *t, int status)
{
    if (!t->process->options->strace)
        return;
    trace_add(begin(t), "+++ exited with %d +++", status & 0xff);
    end_line(t);
}

void strace_killed(LinuxThread *t, int sig)
{
    static const uint64_t core = SYNCHRONOUS_SIGNALS | SIGBIT(SIGQUIT) | SIGBIT(SIGABRT) |
                                 SIGBIT(SIGSYS) | SIGBIT(SIGXCPU) | SIGBIT(SIGXFSZ);
    struct rlimit lim;
    if (!t->process->options->strace)
        return;
    Trace *l = begin(t);
    bool dumped = (core & SIGBIT(sig)) && getrlimit(RLIMIT_CORE, &lim) == 0 && lim.rlim_cur;
    trace_add(l, "+++ killed by ");
    trace_signal(l, sig);
    trace_add(l, dumped ? " (core dumped) +++" : " +++");
    end_line(t);
}
