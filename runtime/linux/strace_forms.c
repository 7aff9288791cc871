/* strace_forms.c: forms of --strace that no table of fields or words can say. Each is a function of
 * one argument of a call; strace_forms.def lists them. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/futex.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include "runtime/linux/strace.h"
#include "runtime/linux/sys_ioctl.h"

typedef void Form(Trace *t, const TraceCall *c, unsigned i);

static bool returned(const TraceCall *c)
{
    return c->over && !trace_failed(c);
}

/* How many elements an argument's row says there are. */
static uint64_t count_of(const TraceCall *c, unsigned i)
{
    const ArgSpec *s = &c->desc->args[i];
    uint32_t word = 0;
    if (s->ref == RESULT_REF || (s->late && s->kind == ARG_OUT && s->count == COUNT_PLAIN))
        return returned(c) ? (uint64_t)c->result : 0;
    if (s->ref == NO_REF)
        return 1;
    if (s->count == COUNT_POINTER)
        return trace_read(c->args[s->ref], &word, sizeof word) ? word : 0;
    return c->args[s->ref];
}

/* ---- numbers ---- */

static void form_address(Trace *t, const TraceCall *c, unsigned i)
{
    trace_pointer(t, c->args[i]);
}

/* Flags without an access mode, as of pipe2 and dup3. */
static void form_oflags_only(Trace *t, const TraceCall *c, unsigned i)
{
    size_t start = t->used;
    static const char mode[] = "O_RDONLY";
    uint64_t flags = c->args[i] & ~(uint64_t)O_ACCMODE;
    if (!flags) {
        trace_add(t, "0");
        return;
    }
    trace_oflags(t, c->thread->process->abi, flags);
    memmove(t->text + start, t->text + start + sizeof mode, t->used - start - sizeof mode);
    t->used -= sizeof mode;
}

static void form_id(Trace *t, const TraceCall *c, unsigned i)
{
    trace_id(t, (uint32_t)c->args[i]);
}

static void mode_word(Trace *t, uint64_t mode)
{
    trace_add(t, "%#03" PRIo64, mode & 0xffff);
}

static void form_create_mode(Trace *t, const TraceCall *c, unsigned i)
{
    mode_word(t, c->args[i]);
}

static void form_node_mode(Trace *t, const TraceCall *c, unsigned i)
{
    trace_file_mode(t, c->args[i] & 0xffff);
}

static void form_node_device(Trace *t, const TraceCall *c, unsigned i)
{
    trace_add(t, "makedev(%#x, %#x)", major(c->args[i]), minor(c->args[i]));
}

static void form_statx_flags(Trace *t, const TraceCall *c, unsigned i)
{
    static const char *const sync[] = {"AT_STATX_SYNC_AS_STAT", "AT_STATX_FORCE_SYNC",
                                       "AT_STATX_DONT_SYNC",
                                       "AT_STATX_FORCE_SYNC|AT_STATX_DONT_SYNC"};
    uint64_t flags = c->args[i], rest = flags & ~(uint64_t)AT_STATX_SYNC_TYPE;
    trace_add(t, "%s%s", sync[flags >> 13 & 3], rest ? "|" : "");
    if (rest)
        trace_shown(t, SHOW_at_flags, rest);
}

static void form_ipc_mode(Trace *t, const TraceCall *c, unsigned i)
{
    uint64_t flags = c->args[i] & ~0777ull;
    if (flags) {
        trace_shown(t, SHOW_ipc_flags, flags);
        trace_add(t, "|");
    }
    mode_word(t, c->args[i] & 0777);
}

static void value_at(Trace *t, uint64_t at, bool read, size_t n, bool pointer)
{
    uint64_t v = 0;
    if (!read || !at || !trace_read(at, &v, n)) {
        trace_pointer(t, at);
    } else if (pointer) {
        trace_add(t, "[");
        trace_pointer(t, v);
        trace_add(t, "]");
    } else {
        trace_add(t, "[%" PRId64 "]", n == 4 ? (int64_t)(int32_t)v : (int64_t)v);
    }
}

static void form_int_at(Trace *t, const TraceCall *c, unsigned i)
{
    value_at(t, c->args[i], !trace_failed(c), 4, false);
}

static void form_long_at(Trace *t, const TraceCall *c, unsigned i)
{
    value_at(t, c->args[i], !trace_failed(c), 8, false);
}

static void form_ptr_at(Trace *t, const TraceCall *c, unsigned i)
{
    value_at(t, c->args[i], !trace_failed(c), 8, true);
}

static void int_list(Trace *t, uint64_t at, uint64_t count)
{
    int32_t v;
    if (!at || (count && !trace_read(at, &v, sizeof v))) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "[");
    for (uint64_t i = 0; i < count && trace_read(at + 4 * i, &v, sizeof v); i++) {
        if (i == SHOWN_ITEMS) {
            trace_add(t, ", ...");
            break;
        }
        trace_add(t, i ? ", %d" : "%d", v);
    }
    trace_add(t, "]");
}

static void form_fd_pair(Trace *t, const TraceCall *c, unsigned i)
{
    if (trace_failed(c))
        trace_pointer(t, c->args[i]);
    else
        int_list(t, c->args[i], 2);
}

static void form_ints(Trace *t, const TraceCall *c, unsigned i)
{
    if (trace_failed(c))
        trace_pointer(t, c->args[i]);
    else
        int_list(t, c->args[i], count_of(c, i));
}

/* ---- buffers ---- */

static void form_hex_bytes(Trace *t, const TraceCall *c, unsigned i)
{
    if (trace_failed(c))
        trace_pointer(t, c->args[i]);
    else
        trace_hex_bytes(t, c->args[i], (uint64_t)c->result);
}

static void form_path_at(Trace *t, const TraceCall *c, unsigned i)
{
    if (trace_failed(c))
        trace_pointer(t, c->args[i]);
    else
        trace_path(t, c->args[i]);
}

static void form_dirents(Trace *t, const TraceCall *c, unsigned i)
{
    unsigned entries = 0;
    uint16_t length;
    trace_pointer(t, c->args[i]);
    if (trace_failed(c))
        return;
    for (int64_t at = 0; at < c->result; at += length, entries++)
        if (!trace_read(c->args[i] + (uint64_t)at + 16, &length, sizeof length) || !length)
            break;
    trace_add(t, " /* %u entries */", entries);
}

static void form_cpu_set(Trace *t, const TraceCall *c, unsigned i)
{
    uint8_t bits[128] = {0};
    uint64_t n = c->desc->args[i].kind == ARG_OUT ? (uint64_t)c->result : count_of(c, i);
    const char *space = "";
    if (n > sizeof bits)
        n = sizeof bits;
    if (trace_failed(c) || !trace_read(c->args[i], bits, n)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    trace_add(t, "[");
    for (unsigned k = 0; k < 8 * n; k++)
        if (bits[k / 8] >> (k & 7) & 1) {
            trace_add(t, "%s%u", space, k);
            space = " ";
        }
    trace_add(t, "]");
}

static void form_mincore(Trace *t, const TraceCall *c, unsigned i)
{
    uint64_t pages = (c->args[1] + GUEST_PAGE - 1) / GUEST_PAGE;
    uint8_t v;
    if (trace_failed(c) || !trace_read(c->args[i], &v, 1)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    trace_add(t, "[");
    for (uint64_t k = 0; k < pages && k < SHOWN_ITEMS && trace_read(c->args[i] + k, &v, 1); k++)
        trace_add(t, k ? ", %d" : "%d", v & 1);
    trace_add(t, pages > SHOWN_ITEMS ? ", ...]" : "]");
}

static void string_list(Trace *t, uint64_t at)
{
    uint64_t p;
    if (!at || !trace_read(at, &p, sizeof p)) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "[");
    for (unsigned k = 0; trace_read(at + 8 * k, &p, sizeof p) && p; k++) {
        trace_add(t, "%s", k ? ", " : "");
        if (k == SHOWN_ITEMS) {
            trace_add(t, "...");
            break;
        }
        trace_string(t, p, SHOWN_BYTES);
    }
    trace_add(t, "]");
}

static void form_argv(Trace *t, const TraceCall *c, unsigned i)
{
    string_list(t, c->args[i]);
}

static void form_envp(Trace *t, const TraceCall *c, unsigned i)
{
    uint64_t p, n = 0;
    trace_pointer(t, c->args[i]);
    if (!c->args[i])
        return;
    while (trace_read(c->args[i] + 8 * n, &p, sizeof p) && p)
        n++;
    trace_add(t, " /* %" PRIu64 " var%s */", n, n == 1 ? "" : "s");
}

/* limit: how many bytes of all of them are valid. */
void trace_iovecs(Trace *t, const TraceCall *c, uint64_t at, uint64_t count, uint64_t limit)
{
    struct {
        uint64_t base, len;
    } v;
    (void)c;
    if (!at || (count && !trace_read(at, &v, sizeof v))) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "[");
    for (uint64_t k = 0; k < count && trace_read(at + k * sizeof v, &v, sizeof v); k++) {
        uint64_t have = v.len < limit ? v.len : limit;
        trace_add(t, "%s", k ? ", " : "");
        if (k == SHOWN_ITEMS) {
            trace_add(t, "...");
            break;
        }
        trace_add(t, "{iov_base=");
        if (have || !v.len)
            trace_bytes(t, v.base, have, SHOWN_BYTES);
        else
            trace_add(t, "\"\"");
        trace_add(t, ", iov_len=%" PRIu64 "}", v.len);
        limit -= have;
    }
    trace_add(t, "]");
}

static void form_iovec(Trace *t, const TraceCall *c, unsigned i)
{
    const ArgSpec *s = &c->desc->args[i];
    uint64_t limit = s->kind == ARG_IOV_IN ? UINT64_MAX : (uint64_t)c->result;
    if (trace_failed(c))
        trace_pointer(t, c->args[i]);
    else
        trace_iovecs(t, c, c->args[i], c->args[s->ref], limit);
}

static void form_msgbuf(Trace *t, const TraceCall *c, unsigned i)
{
    int64_t type;
    if (trace_failed(c) || !trace_read(c->args[i], &type, sizeof type)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    trace_add(t, "{mtype=%" PRId64 ", mtext=", type);
    trace_bytes(t, c->args[i] + 8, c->args[2], SHOWN_BYTES);
    trace_add(t, "}");
}

/* ---- time ---- */

static void form_timespecs(Trace *t, const TraceCall *c, unsigned i)
{
    struct timespec ts[2];
    if (!c->args[i] || !trace_read(c->args[i], ts, sizeof ts)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    for (unsigned k = 0; k < 2; k++) {
        trace_add(t, k ? ", " : "[");
        if (ts[k].tv_nsec == UTIME_NOW || ts[k].tv_nsec == UTIME_OMIT) {
            trace_add(t, ts[k].tv_nsec == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
            continue;
        }
        struct tm tm;
        char text[64] = "";
        time_t seconds = ts[k].tv_sec;
        if (gmtime_r(&seconds, &tm))
            strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
        trace_add(t, "{tv_sec=%" PRId64 ", tv_nsec=%" PRId64 "}", (int64_t)ts[k].tv_sec,
                  (int64_t)ts[k].tv_nsec);
        if (ts[k].tv_nsec)
            trace_add(t, " /* %s.%09" PRId64 "+0000 */", text, (int64_t)ts[k].tv_nsec);
        else
            trace_add(t, " /* %s+0000 */", text);
    }
    trace_add(t, "]");
}

static void form_timevals(Trace *t, const TraceCall *c, unsigned i)
{
    trace_struct_array(t, c, SHOW_timeval, c->args[i], 2);
}

/* What is left of a sleep is only written when it was interrupted. */
static void form_remains(Trace *t, const TraceCall *c, unsigned i)
{
    if (c->result == -EINTR)
        trace_struct(t, c, SHOW_timespec, c->args[i]);
    else
        trace_pointer(t, c->args[i]);
}

/* ---- descriptors ---- */

static void form_fcntl_arg(Trace *t, const TraceCall *c, unsigned i)
{
    const IoctlDesc *d = fcntl_find((uint32_t)c->args[1]);
    if (!d)
        trace_add(t, "%#" PRIx64, c->args[i]);
    else if (d->form == SHOW_NONE)
        trace_add(t, "%d", (int)c->args[i]);
    else if (d->form == SHOW_oflags_only)
        trace_oflags(t, c->thread->process->abi, c->args[i]);
    else if (d->form < SHOW_SETS)
        trace_shown(t, d->form, c->args[i]);
    else if (d->form > SHOW_STRUCTS)
        form_long_at(t, c, i);
    else if (d->direction == IOCTL_IN || !trace_failed(c))
        trace_struct(t, c, d->form, c->args[i]);
    else
        trace_pointer(t, c->args[i]);
}

static void form_ioctl_request(Trace *t, const TraceCall *c, unsigned i)
{
    static const char *const directions[] = {"_IOC_NONE", "_IOC_WRITE", "_IOC_READ",
                                             "_IOC_READ|_IOC_WRITE"};
    uint32_t r = (uint32_t)c->args[i];
    const IoctlDesc *d = ioctl_find(r);
    if (d)
        trace_add(t, "%s", d->name);
    else
        trace_add(t, "_IOC(%s, %#x, %#x, %#x)", directions[_IOC_DIR(r)], (unsigned)_IOC_TYPE(r),
                  (unsigned)_IOC_NR(r), (unsigned)_IOC_SIZE(r));
}

/* The kernel's struct termios: four words of flags, then characters. Output delays and the size of
 * characters are fields of several bits. */
static void show_termios(Trace *t, uint64_t at)
{
    static const struct {
        unsigned shift, mask;
        const char *name;
    } delays[] = {{8, 1, "NL"},  {9, 3, "CR"},  {11, 3, "TAB"},
                  {13, 1, "BS"}, {14, 1, "VT"}, {15, 1, "FF"}};
    enum { DELAYS = 0xff00, SPEED = 0x100f, CHARACTER = 0x30 };
    uint32_t words[4];
    if (!at || !trace_read(at, words, sizeof words)) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "{c_iflag=");
    trace_shown(t, SHOW_term_input, words[0]);
    trace_add(t, ", c_oflag=");
    for (size_t i = 0; i < sizeof delays / sizeof delays[0]; i++)
        trace_add(t, "%s%s%u", i ? "|" : "", delays[i].name,
                  words[1] >> delays[i].shift & delays[i].mask);
    if (words[1] & ~(uint32_t)DELAYS) {
        trace_add(t, "|");
        trace_shown(t, SHOW_term_output, words[1] & ~(uint32_t)DELAYS);
    }
    trace_add(t, ", c_cflag=");
    trace_shown(t, SHOW_term_speed, words[2] & SPEED);
    trace_add(t, "|CS%u", 5 + (words[2] >> 4 & 3));
    if (words[2] & ~(uint32_t)(SPEED | CHARACTER)) {
        trace_add(t, "|");
        trace_shown(t, SHOW_term_control, words[2] & ~(uint32_t)(SPEED | CHARACTER));
    }
    trace_add(t, ", c_lflag=");
    trace_shown(t, SHOW_term_local, words[3]);
    trace_add(t, ", ...}");
}

static void form_termios(Trace *t, const TraceCall *c, unsigned i)
{
    show_termios(t, c->args[i]);
}

static void form_ioctl_arg(Trace *t, const TraceCall *c, unsigned i)
{
    const IoctlDesc *d = ioctl_find((uint32_t)c->args[1]);
    uint64_t v = c->args[i];
    if (!d)
        trace_add(t, "%#" PRIx64, v);
    else if (d->direction == IOCTL_VALUE)
        trace_add(t, "%" PRId64, (int64_t)v);
    else if (trace_failed(c) && (d->direction & IOCTL_OUT))
        trace_pointer(t, v);
    else if (d->form > SHOW_SETS && d->form < SHOW_STRUCTS)
        trace_struct(t, c, d->form, v);
    else if (d->form == SHOW_int_at || d->form == SHOW_long_at)
        value_at(t, v, true, d->form == SHOW_int_at ? 4 : 8, false);
    else if (d->form == SHOW_termios)
        show_termios(t, v);
    else
        trace_pointer(t, v);
}

static void add_fds(Trace *t, const uint8_t *bits, uint64_t n)
{
    const char *space = "";
    trace_add(t, "[");
    for (uint64_t fd = 0; fd < n; fd++)
        if (bits[fd / 8] >> (fd & 7) & 1) {
            trace_add(t, "%s%" PRIu64, space, fd);
            space = " ";
        }
    trace_add(t, "]");
}

static void form_fd_set(Trace *t, const TraceCall *c, unsigned i)
{
    uint64_t n = (uint32_t)c->args[0] < 1024 ? (uint32_t)c->args[0] : 1024;
    uint8_t bits[128] = {0};
    if (!c->args[i] || !trace_read(c->args[i], bits, (n + 63) / 64 * 8))
        trace_pointer(t, c->args[i]);
    else
        add_fds(t, bits, n);
}

/* ---- signals ---- */

static void form_sigset(Trace *t, const TraceCall *c, unsigned i)
{
    uint64_t set;
    if (!c->args[i] || trace_failed(c) || !trace_read(c->args[i], &set, sizeof set))
        trace_pointer(t, c->args[i]);
    else
        trace_sigset(t, set);
}

static void form_sigaction(Trace *t, const TraceCall *c, unsigned i)
{
    enum { RESTORER = 0x04000000 };
    GuestSigAction act;
    bool none = c->thread->process->abi->no_restorer; /* then the mask is in its place */
    if (!c->args[i] || (c->desc->args[i].late && trace_failed(c)) ||
        !trace_read(c->args[i], &act, none ? offsetof(GuestSigAction, mask) : sizeof act)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    trace_add(t, "{sa_handler=");
    if (act.handler <= 1)
        trace_add(t, act.handler ? "SIG_IGN" : "SIG_DFL");
    else
        trace_pointer(t, act.handler);
    trace_add(t, ", sa_mask=");
    trace_sigset(t, none ? act.restorer : act.mask);
    trace_add(t, ", sa_flags=");
    trace_shown(t, SHOW_sa_flags, act.flags);
    if (!none && act.flags & RESTORER) {
        trace_add(t, ", sa_restorer=");
        trace_pointer(t, act.restorer);
    }
    trace_add(t, "}");
}

/* Names of si_code by signal; 0: for all. */
static const struct {
    int sig, code;
    const char *name;
} si_codes[] = {
#define CODE(sig, code)                                                                            \
    {                                                                                              \
        sig, code, #code                                                                           \
    }
    CODE(0, SI_USER),           CODE(0, SI_KERNEL),
    CODE(0, SI_QUEUE),          CODE(0, SI_TIMER),
    CODE(0, SI_MESGQ),          CODE(0, SI_ASYNCIO),
    CODE(0, SI_SIGIO),          CODE(0, SI_TKILL),
    CODE(SIGCHLD, CLD_EXITED),  CODE(SIGCHLD, CLD_KILLED),
    CODE(SIGCHLD, CLD_DUMPED),  CODE(SIGCHLD, CLD_TRAPPED),
    CODE(SIGCHLD, CLD_STOPPED), CODE(SIGCHLD, CLD_CONTINUED),
    CODE(SIGSEGV, SEGV_MAPERR), CODE(SIGSEGV, SEGV_ACCERR),
    CODE(SIGBUS, BUS_ADRALN),   CODE(SIGBUS, BUS_ADRERR),
    CODE(SIGBUS, BUS_OBJERR),   CODE(SIGFPE, FPE_INTDIV),
    CODE(SIGFPE, FPE_INTOVF),   CODE(SIGFPE, FPE_FLTDIV),
    CODE(SIGFPE, FPE_FLTOVF),   CODE(SIGFPE, FPE_FLTUND),
    CODE(SIGFPE, FPE_FLTRES),   CODE(SIGFPE, FPE_FLTINV),
    CODE(SIGILL, ILL_ILLOPC),   CODE(SIGILL, ILL_ILLOPN),
    CODE(SIGTRAP, TRAP_BRKPT),  CODE(SIGTRAP, TRAP_TRACE),
    CODE(SIGPOLL, POLL_IN),     CODE(SIGPOLL, POLL_OUT),
    CODE(SIGPOLL, POLL_HUP),
#undef CODE
};

static void add_child_info(Trace *t, const siginfo_t *si)
{
    trace_add(t, ", si_pid=%d, si_uid=%u, si_status=", si->si_pid, si->si_uid);
    if (si->si_code == CLD_EXITED)
        trace_add(t, "%d", si->si_status);
    else
        trace_signal(t, si->si_status);
    trace_add(t, ", si_utime=");
    trace_ticks(t, (uint64_t)si->si_utime);
    trace_add(t, ", si_stime=");
    trace_ticks(t, (uint64_t)si->si_stime);
}

void trace_siginfo(Trace *t, const void *info)
{
    siginfo_t si;
    memcpy(&si, info, sizeof si);
    trace_add(t, "{si_signo=");
    trace_signal(t, si.si_signo);
    trace_add(t, ", si_code=");
    const char *name = NULL;
    for (size_t i = 0; i < sizeof si_codes / sizeof si_codes[0] && !name; i++)
        if (si_codes[i].code == si.si_code && (!si_codes[i].sig || si_codes[i].sig == si.si_signo))
            name = si_codes[i].name;
    if (name)
        trace_add(t, "%s", name);
    else
        trace_add(t, "%#x", si.si_code);
    if (si.si_signo == SIGCHLD && si.si_code > 0) {
        add_child_info(t, &si);
    } else if (SIGBIT(si.si_signo) & SYNCHRONOUS_SIGNALS && si.si_code > 0) {
        if (si.si_code != SI_KERNEL || si.si_addr) {
            trace_add(t, ", si_addr=");
            trace_pointer(t, (uint64_t)si.si_addr);
        } else {
            trace_add(t, ", si_addr=NULL");
        }
    } else if (si.si_code == SI_TIMER) {
        trace_add(t, ", si_timerid=%#x, si_overrun=%d, si_int=%d, si_ptr=", (unsigned)si.si_timerid,
                  si.si_overrun, si.si_int);
        trace_pointer(t, (uint64_t)si.si_ptr);
    } else if (si.si_code != SI_KERNEL) {
        trace_add(t, ", si_pid=%d, si_uid=%u", si.si_pid, si.si_uid);
        if (si.si_code == SI_QUEUE || si.si_code == SI_MESGQ) {
            trace_add(t, ", si_int=%d, si_ptr=", si.si_int);
            trace_pointer(t, (uint64_t)si.si_ptr);
        }
    }
    trace_add(t, "}");
}

static void form_siginfo(Trace *t, const TraceCall *c, unsigned i)
{
    uint8_t info[SIGINFO_BYTES];
    int sig = 0;
    if (!c->args[i] || trace_failed(c) || !trace_read(c->args[i], info, sizeof info)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    memcpy(&sig, info, sizeof sig);
    if (sig)
        trace_siginfo(t, info);
    else
        trace_add(t, "{}");
}

/* ---- processes ---- */

static void form_wait_status(Trace *t, const TraceCall *c, unsigned i)
{
    int status;
    if (!c->args[i] || c->result <= 0 || !trace_read(c->args[i], &status, sizeof status)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    if (WIFSIGNALED(status)) {
        trace_add(t, "[{WIFSIGNALED(s) && WTERMSIG(s) == ");
        trace_signal(t, WTERMSIG(status));
        trace_add(t, "%s}]", WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
    } else if (WIFSTOPPED(status)) {
        trace_add(t, "[{WIFSTOPPED(s) && WSTOPSIG(s) == ");
        trace_signal(t, WSTOPSIG(status));
        trace_add(t, "}]");
    } else if (WIFCONTINUED(status)) {
        trace_add(t, "[{WIFCONTINUED(s)}]");
    } else {
        trace_add(t, "[{WIFEXITED(s) && WEXITSTATUS(s) == %d}]", WEXITSTATUS(status));
    }
}

/* Prints all of clone's arguments: their order differs between guests, their names do not. */
static void form_clone(Trace *t, const TraceCall *c, unsigned i)
{
    bool tls_first = c->thread->process->abi->column == COLUMN_GENERIC;
    uint64_t flags = c->args[0], tls = c->args[tls_first ? 3 : 4],
             child_tid = c->args[tls_first ? 4 : 3], high = flags & ~(uint64_t)CSIGNAL;
    (void)i;
    trace_add(t, "child_stack=");
    trace_pointer(t, c->args[1]);
    trace_add(t, ", flags=");
    if (high || !(flags & CSIGNAL))
        trace_shown(t, SHOW_clone_flags, high);
    if (flags & CSIGNAL) {
        trace_add(t, "%s", high ? "|" : "");
        trace_signal(t, (int)(flags & CSIGNAL));
    }
    if (flags & (CLONE_PARENT_SETTID | CLONE_PIDFD)) {
        trace_add(t, ", parent_tid=");
        value_at(t, c->args[2], !trace_failed(c), 4, false);
    }
    if (flags & CLONE_SETTLS) {
        trace_add(t, ", tls=");
        trace_pointer(t, tls);
    }
    if (flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) {
        trace_add(t, ", child_tidptr=");
        trace_pointer(t, child_tid);
    }
}

static void form_clone_args(Trace *t, const TraceCall *c, unsigned i)
{
    struct {
        uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
    } a;
    if (!trace_read(c->args[i], &a, sizeof a)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    trace_add(t, "{flags=");
    trace_shown(t, SHOW_clone_flags, a.flags);
    if (a.flags & CLONE_PIDFD)
        trace_add(t, ", pidfd=%#" PRIx64, a.pidfd);
    if (a.flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID))
        trace_add(t, ", child_tid=%#" PRIx64, a.child_tid);
    if (a.flags & CLONE_PARENT_SETTID)
        trace_add(t, ", parent_tid=%#" PRIx64, a.parent_tid);
    trace_add(t, ", exit_signal=");
    if (a.exit_signal)
        trace_signal(t, (int)a.exit_signal);
    else
        trace_add(t, "0");
    trace_add(t, ", stack=");
    trace_pointer(t, a.stack);
    trace_add(t, ", stack_size=%#" PRIx64, a.stack_size);
    if (a.flags & CLONE_SETTLS)
        trace_add(t, ", tls=%#" PRIx64, a.tls);
    trace_add(t, "}");
    if (!trace_failed(c) && (a.flags & CLONE_PARENT_SETTID)) {
        trace_add(t, " => {parent_tid=");
        value_at(t, a.parent_tid, true, 4, false);
        trace_add(t, "}");
    }
}

enum { TIMED = 1, TWO_WORDS = 2, PLAIN_TIMED = 4, MASKED = 8, VALUED = 16 };
static const struct {
    const char *name;
    unsigned what;
} futex_ops[] = {
    [FUTEX_WAIT] = {"FUTEX_WAIT", VALUED | TIMED},
    [FUTEX_WAKE] = {"FUTEX_WAKE", VALUED},
    [FUTEX_FD] = {"FUTEX_FD", VALUED},
    [FUTEX_REQUEUE] = {"FUTEX_REQUEUE", VALUED | TWO_WORDS},
    [FUTEX_CMP_REQUEUE] = {"FUTEX_CMP_REQUEUE", VALUED | TWO_WORDS | MASKED},
    [FUTEX_WAKE_OP] = {"FUTEX_WAKE_OP", VALUED | TWO_WORDS | MASKED},
    [FUTEX_LOCK_PI] = {"FUTEX_LOCK_PI", PLAIN_TIMED},
    [FUTEX_UNLOCK_PI] = {"FUTEX_UNLOCK_PI", 0},
    [FUTEX_TRYLOCK_PI] = {"FUTEX_TRYLOCK_PI", 0},
    [FUTEX_WAIT_BITSET] = {"FUTEX_WAIT_BITSET", VALUED | TIMED | MASKED},
    [FUTEX_WAKE_BITSET] = {"FUTEX_WAKE_BITSET", VALUED | MASKED},
    [FUTEX_WAIT_REQUEUE_PI] = {"FUTEX_WAIT_REQUEUE_PI", VALUED | TIMED},
    [FUTEX_CMP_REQUEUE_PI] = {"FUTEX_CMP_REQUEUE_PI", VALUED | TWO_WORDS | MASKED},
    [FUTEX_LOCK_PI2] = {"FUTEX_LOCK_PI2", PLAIN_TIMED},
};
enum { FUTEX_OPS = sizeof futex_ops / sizeof futex_ops[0] };

static void form_futex_op(Trace *t, const TraceCall *c, unsigned i)
{
    uint32_t op = (uint32_t)c->args[i], command = op & (uint32_t)FUTEX_CMD_MASK;
    if (command >= FUTEX_OPS || !futex_ops[command].name) {
        trace_add(t, "%#x /* FUTEX_??? */", op);
        return;
    }
    trace_add(t, "%s%s%s", futex_ops[command].name, op & FUTEX_PRIVATE_FLAG ? "_PRIVATE" : "",
              op & FUTEX_CLOCK_REALTIME ? "|FUTEX_CLOCK_REALTIME" : "");
}

enum { FUTEX_VALUE = 2, FUTEX_TIMEOUT, FUTEX_WORD2, FUTEX_VALUE3 }; /* argument indices */

static unsigned futex_what(const TraceCall *c)
{
    uint32_t command = (uint32_t)c->args[1] & (uint32_t)FUTEX_CMD_MASK;
    return command < FUTEX_OPS ? futex_ops[command].what : ~0u;
}

static bool has_futex_arg(const TraceCall *c, unsigned i)
{
    static const unsigned needs[] = {[FUTEX_VALUE] = VALUED,
                                     [FUTEX_TIMEOUT] = TIMED | TWO_WORDS | PLAIN_TIMED,
                                     [FUTEX_WORD2] = TWO_WORDS,
                                     [FUTEX_VALUE3] = MASKED};
    return futex_what(c) & needs[i];
}

static void form_futex_arg(Trace *t, const TraceCall *c, unsigned i)
{
    uint32_t command = (uint32_t)c->args[1] & (uint32_t)FUTEX_CMD_MASK;
    if (i == FUTEX_TIMEOUT && !(futex_what(c) & TWO_WORDS))
        trace_struct(t, c, SHOW_timespec, c->args[i]);
    else if (i == FUTEX_WORD2)
        trace_pointer(t, c->args[i]);
    else if (i == FUTEX_VALUE3 && command != FUTEX_CMP_REQUEUE &&
             (uint32_t)c->args[i] == UINT32_MAX)
        trace_add(t, "FUTEX_BITSET_MATCH_ANY");
    else
        trace_add(t, i == FUTEX_VALUE3 && command >= FUTEX_WAIT_BITSET ? "%#x" : "%u",
                  (unsigned)c->args[i]);
}

static const struct {
    int operation;
    const char *arguments;
} prctl_arguments[] = {
#define PRCTL(operation, bytes, arguments) {operation, arguments},
#include "runtime/linux/prctls.def"
#undef PRCTL
};

static const char *prctl_letters(const TraceCall *c)
{
    for (size_t k = 0; k < sizeof prctl_arguments / sizeof prctl_arguments[0]; k++)
        if (prctl_arguments[k].operation == (int)c->args[0])
            return prctl_arguments[k].arguments;
    return "xxxx";
}

static void form_prctl_arg(Trace *t, const TraceCall *c, unsigned i)
{
    const char *letters = prctl_letters(c);
    switch (letters[i - 1]) {
    case 'd':
        trace_add(t, "%" PRId64, (int64_t)c->args[i]);
        break;
    case 's':
        trace_string(t, c->args[i], 15);
        break;
    case 'o':
        form_int_at(t, c, i);
        break;
    case 'g':
        trace_signal(t, (int)c->args[i]);
        break;
    case 'c':
        trace_shown(t, SHOW_capability, c->args[i]);
        break;
    default:
        trace_add(t, "%#" PRIx64, c->args[i]);
    }
}

/* ---- sockets ---- */

static void form_socket_type(Trace *t, const TraceCall *c, unsigned i)
{
    uint64_t flags = c->args[i] & ~15ull;
    if (trace_has_word(SHOW_sock_type, c->args[i] & 15))
        trace_shown(t, SHOW_sock_type, c->args[i] & 15);
    else
        trace_add(t, "%#x /* SOCK_??? */", (unsigned)c->args[i] & 15);
    if (flags) {
        trace_add(t, "|");
        trace_shown(t, SHOW_sock_flags, flags);
    }
}

static void form_socket_protocol(Trace *t, const TraceCall *c, unsigned i)
{
    if (c->args[0] == AF_INET || c->args[0] == AF_INET6)
        trace_shown(t, SHOW_inet_protocol, c->args[i]);
    else if (c->args[0] == AF_NETLINK)
        trace_shown(t, SHOW_netlink_protocol, c->args[i]);
    else
        trace_add(t, "%u", (unsigned)c->args[i]);
}

static void form_socket_option(Trace *t, const TraceCall *c, unsigned i)
{
    static const struct {
        int level;
        ShowKind set;
    } levels[] = {{SOL_SOCKET, SHOW_sock_option},
                  {IPPROTO_IP, SHOW_ip_option},
                  {IPPROTO_IPV6, SHOW_ipv6_option},
                  {IPPROTO_TCP, SHOW_tcp_option}};
    for (size_t k = 0; k < sizeof levels / sizeof levels[0]; k++)
        if (levels[k].level == (int)c->args[1]) {
            trace_shown(t, levels[k].set, c->args[i]);
            return;
        }
    trace_add(t, "%#x", (unsigned)c->args[i]);
}

static void form_option_value(Trace *t, const TraceCall *c, unsigned i)
{
    enum { RCVTIMEO = 20, SNDTIMEO = 21 };
    uint64_t n = count_of(c, i);
    bool socket_level = (int)c->args[1] == SOL_SOCKET;
    if (!c->args[i] || trace_failed(c))
        trace_pointer(t, c->args[i]);
    else if (socket_level && c->args[2] == SO_LINGER && n == SIZE_linger)
        trace_struct(t, c, SHOW_linger, c->args[i]);
    else if (socket_level && c->args[2] == SO_PEERCRED && n == SIZE_ucred)
        trace_struct(t, c, SHOW_ucred, c->args[i]);
    else if (socket_level && (c->args[2] == RCVTIMEO || c->args[2] == SNDTIMEO) && n == 16)
        trace_struct(t, c, SHOW_timeval, c->args[i]);
    else if (n == 4)
        int_list(t, c->args[i], 1);
    else
        trace_bytes(t, c->args[i], n, SHOWN_BYTES);
}

static void show_inet6(Trace *t, const struct sockaddr_in6 *a)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, &a->sin6_addr, text, sizeof text);
    trace_add(t,
              "sin6_port=htons(%u), sin6_flowinfo=htonl(%u), inet_pton(AF_INET6, \"%s\", "
              "&sin6_addr), sin6_scope_id=%u",
              ntohs(a->sin6_port), ntohl(a->sin6_flowinfo), text, a->sin6_scope_id);
}

static void show_unix(Trace *t, uint64_t at, uint64_t n)
{
    enum { PATH_OFFSET = 2 };
    char first = 1;
    if (n <= PATH_OFFSET)
        return;
    trace_add(t, ", sun_path=");
    trace_read(at + PATH_OFFSET, &first, 1);
    if (!first) { /* an abstract name */
        trace_add(t, "@");
        trace_bytes(t, at + PATH_OFFSET + 1, n - PATH_OFFSET - 1, 108);
    } else {
        trace_string(t, at + PATH_OFFSET, n - PATH_OFFSET);
    }
}

static void show_sockaddr(Trace *t, uint64_t at, uint64_t n)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        uint8_t bytes[128];
    } a;
    memset(&a, 0, sizeof a);
    uint64_t have = n < sizeof a ? n : sizeof a;
    if (!at || have < 2 || !trace_read(at, &a, have)) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "{sa_family=");
    trace_shown(t, SHOW_address_family, a.any.sa_family);
    if (a.any.sa_family == AF_UNIX) {
        show_unix(t, at, have);
    } else if (a.any.sa_family == AF_INET && have >= sizeof a.in) {
        char text[INET_ADDRSTRLEN];
        inet_ntop(AF_INET, &a.in.sin_addr, text, sizeof text);
        trace_add(t, ", sin_port=htons(%u), sin_addr=inet_addr(\"%s\")", ntohs(a.in.sin_port),
                  text);
    } else if (a.any.sa_family == AF_INET6 && have >= sizeof a.in6) {
        trace_add(t, ", ");
        show_inet6(t, &a.in6);
    } else if (a.any.sa_family == AF_NETLINK && have >= 12) {
        uint32_t pid, groups;
        memcpy(&pid, a.bytes + 4, 4);
        memcpy(&groups, a.bytes + 8, 4);
        trace_add(t, ", nl_pid=%u, nl_groups=%08x", pid, groups);
    } else if (have > 2) {
        trace_add(t, ", sa_data=");
        trace_bytes(t, at + 2, have - 2, SHOWN_BYTES);
    }
    trace_add(t, "}");
}

static void form_sockaddr(Trace *t, const TraceCall *c, unsigned i)
{
    uint64_t n = count_of(c, i);
    if (trace_failed(c) && c->desc->args[i].late)
        trace_pointer(t, c->args[i]);
    else
        show_sockaddr(t, c->args[i], n);
}

/* The length before (kept at entry) and after the call. */
static void form_socklen(Trace *t, const TraceCall *c, unsigned i)
{
    uint32_t before = t->length_before, after;
    if (!c->args[i] || !trace_read(c->args[i], &after, sizeof after))
        trace_pointer(t, c->args[i]);
    else if (before != after && !trace_failed(c))
        trace_add(t, "[%u => %u]", before, after);
    else
        trace_add(t, "[%u]", before);
}

static void form_msghdr(Trace *t, const TraceCall *c, unsigned i)
{
    struct {
        uint64_t name;
        uint32_t name_len, pad;
        uint64_t iov, iov_len, control, control_len;
        uint32_t flags, pad2;
    } m;
    bool out = c->desc->args[i].late;
    if (!c->args[i] || (out && trace_failed(c)) || !trace_read(c->args[i], &m, sizeof m)) {
        trace_pointer(t, c->args[i]);
        return;
    }
    trace_add(t, "{msg_name=");
    show_sockaddr(t, m.name, m.name_len);
    trace_add(t, ", msg_namelen=%u, msg_iov=", m.name_len);
    trace_iovecs(t, c, m.iov, m.iov_len, out ? (uint64_t)c->result : UINT64_MAX);
    trace_add(t, ", msg_iovlen=%" PRIu64, m.iov_len);
    if (m.control_len) {
        trace_add(t, ", msg_control=");
        trace_pointer(t, m.control);
    }
    trace_add(t, ", msg_controllen=%" PRIu64 ", msg_flags=", m.control_len);
    trace_shown(t, SHOW_msg_flags, m.flags);
    trace_add(t, "}");
}

#define FORM(name) [SHOW_##name - SHOW_STRUCTS - 1] = form_##name,
static Form *const forms[] = {
#include "runtime/linux/strace_forms.def"
};

void trace_form(Trace *t, const TraceCall *c, unsigned i)
{
    forms[c->desc->args[i].show - SHOW_STRUCTS - 1](t, c, i);
}

/* Arguments that a call has only with certain others. */
bool trace_has_argument(const TraceCall *c, unsigned i)
{
    const GuestAbi *abi = c->thread->process->abi;
    const IoctlDesc *d;
    uint32_t creates;
    switch ((ShowKind)c->desc->args[i].show) {
    case SHOW_create_mode:
        creates = abi_open_flags_to_guest(abi, O_CREAT);
        creates |= abi_open_flags_to_guest(abi, O_TMPFILE & ~O_DIRECTORY);
        return c->args[i - 1] & creates;
    case SHOW_node_device:
        return S_ISCHR(c->args[i - 1]) || S_ISBLK(c->args[i - 1]);
    case SHOW_fcntl_arg:
        d = fcntl_find((uint32_t)c->args[1]);
        return !d || d->direction != IOCTL_NONE;
    case SHOW_ioctl_arg:
        d = ioctl_find((uint32_t)c->args[1]);
        return !d || d->direction != IOCTL_NONE;
    case SHOW_prctl_arg:
        return i <= strlen(prctl_letters(c));
    case SHOW_futex_arg:
        return has_futex_arg(c, i);
    default:
        break;
    }
    if (c->desc->handler == sys_clone)
        return i == 0;
    return c->desc->handler != sys_mremap || i < 4 || (c->args[3] & ~1ull);
}

/* ---- behind the result ---- */

static void add_ready_polls(Trace *t, const TraceCall *c)
{
    struct pollfd p;
    const char *comma = "";
    trace_add(t, " ([");
    for (uint64_t i = 0; i < c->args[1]; i++)
        if (trace_read(c->args[0] + i * sizeof p, &p, sizeof p) && p.revents) {
            trace_add(t, "%s{fd=%d, revents=", comma, p.fd);
            trace_shown(t, SHOW_poll_events, (uint16_t)p.revents);
            trace_add(t, "}");
            comma = ", ";
        }
    trace_add(t, "]");
}

static void add_ready_sets(Trace *t, const TraceCall *c)
{
    static const char *const names[] = {"in", "out", "except"};
    uint64_t n = (uint32_t)c->args[0] < 1024 ? (uint32_t)c->args[0] : 1024;
    const char *before = " (";
    for (unsigned i = 0; i < 3; i++) {
        uint8_t bits[128] = {0}, any = 0;
        if (!c->args[i + 1] || !trace_read(c->args[i + 1], bits, (n + 63) / 64 * 8))
            continue;
        for (unsigned k = 0; k < sizeof bits; k++)
            any |= bits[k];
        if (!any)
            continue;
        trace_add(t, "%s%s ", before, names[i]);
        add_fds(t, bits, n);
        before = ", ";
    }
    if (*before == ',' && !c->args[4])
        trace_add(t, ")");
}

void trace_result_extra(Trace *t, const TraceCall *c)
{
    SyscallHandler *h = c->desc->handler;
    bool poll = h == sys_poll || h == sys_ppoll, select = h == sys_select || h == sys_pselect6;
    if ((poll || select) && c->result == 0) {
        trace_add(t, " (Timeout)");
    } else if (poll) {
        add_ready_polls(t, c);
        if (h == sys_ppoll && c->args[2]) {
            trace_add(t, ", left ");
            trace_struct(t, c, SHOW_timespec, c->args[2]);
        }
        trace_add(t, ")");
    } else if (select) {
        add_ready_sets(t, c);
        if (c->args[4]) {
            trace_add(t, ", left ");
            trace_struct(t, c, h == sys_select ? SHOW_timeval : SHOW_timespec, c->args[4]);
            trace_add(t, ")");
        }
    } else if (h == sys_fcntl && c->args[1] == F_GETFL) {
        trace_add(t, " (flags ");
        trace_oflags(t, c->thread->process->abi, (uint64_t)c->result);
        trace_add(t, ")");
    } else if (h == sys_fcntl && c->args[1] == F_GETFD && c->result) {
        trace_add(t, " (flags FD_CLOEXEC)");
    } else if (h == sys_prctl && c->args[0] == PR_GET_DUMPABLE) {
        static const char *const words[] = {"DISABLE", "USER", "ROOT"};
        trace_add(t, " (SUID_DUMP_%s)", words[c->result < 3 ? c->result : 2]);
    }
}
