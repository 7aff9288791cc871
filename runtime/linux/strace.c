/* strace.c: --strace: one line a system call on stderr, from the rows of syscalls.def.
 *
 *     1234 openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 *     1234 read(3, "root:x:0"..., 4096) = 1420
 *
 * A call is printed when it is over, so that calls of several threads do not mix; those that do not
 * come back are printed when they are made.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>

#include "runtime/host/host.h"
#include "runtime/linux/syscall.h"

enum { LINE = 1024, SHOWN_STRING = 256, SHOWN_BYTES = 32 };

typedef struct Line {
    char text[LINE];
    size_t used;
} Line;

static void add(Line *l, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void add(Line *l, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(l->text + l->used, sizeof l->text - l->used, fmt, ap);
    va_end(ap);
    if (n > 0)
        l->used += (size_t)n;
    if (l->used >= sizeof l->text)
        l->used = sizeof l->text - 1;
}

typedef struct Name {
    uint64_t value;
    const char *name;
} Name;

#define N(x)                                                                                       \
    {                                                                                              \
        (uint64_t)(x), #x                                                                          \
    }
static const Name prot_bits[] = {N(PROT_READ), N(PROT_WRITE), N(PROT_EXEC), {0, NULL}};
static const Name map_bits[] = {N(MAP_SHARED),    N(MAP_PRIVATE), N(MAP_FIXED), N(MAP_ANONYMOUS),
                                N(MAP_NORESERVE), N(MAP_STACK),   {0, NULL}};
static const Name at_bits[] = {
    N(AT_SYMLINK_NOFOLLOW), N(AT_REMOVEDIR), N(AT_SYMLINK_FOLLOW), N(AT_EMPTY_PATH), {0, NULL}};
static const Name whences[] = {N(SEEK_SET), N(SEEK_CUR), N(SEEK_END), {0, NULL}};
static const Name hows[] = {N(SIG_BLOCK), N(SIG_UNBLOCK), N(SIG_SETMASK), {0, NULL}};
static const Name fcntls[] = {N(F_DUPFD), N(F_GETFD), N(F_SETFD),  N(F_GETFL),         N(F_SETFL),
                              N(F_GETLK), N(F_SETLK), N(F_SETLKW), N(F_DUPFD_CLOEXEC), {0, NULL}};

static void add_bits(Line *l, const Name *names, uint64_t v)
{
    const char *bar = "";
    for (; names->name; names++)
        if (v & names->value) {
            add(l, "%s%s", bar, names->name);
            v &= ~names->value;
            bar = "|";
        }
    if (v || !*bar)
        add(l, "%s0x%llx", bar, (unsigned long long)v);
}

static void add_word(Line *l, const Name *names, uint64_t v)
{
    for (; names->name; names++)
        if (names->value == v) {
            add(l, "%s", names->name);
            return;
        }
    add(l, "%llu", (unsigned long long)v);
}

static void add_open_flags(Line *l, const GuestAbi *abi, uint64_t v)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "3"};
    add(l, "%s", modes[v & 3]);
    for (const FlagPair *f = abi->open_flags; f->name; f++)
        if (v & f->guest)
            add(l, "|%s", f->name);
}

static void add_bytes(Line *l, uint64_t at, uint64_t n, uint64_t shown, bool string)
{
    if (!at) {
        add(l, "NULL");
        return;
    }
    add(l, "\"");
    for (uint64_t i = 0; i < n; i++) {
        uint8_t c;
        if (i == shown) {
            add(l, "\"...");
            return;
        }
        if (host_read(at + i, &c, 1) || (string && !c))
            break;
        if (c == '\n')
            add(l, "\\n");
        else if (c == '"' || c == '\\')
            add(l, "\\%c", c);
        else if (c >= 32 && c < 127)
            add(l, "%c", c);
        else
            add(l, "\\x%02x", c);
    }
    add(l, "\"");
}

static uint64_t count_of(const ArgSpec *spec, const uint64_t *args)
{
    return spec->ref == NO_REF ? spec->size : args[spec->ref];
}

static void add_signal(Line *l, uint64_t sig)
{
    const char *name = sig < 65 ? sigabbrev_np((int)sig) : NULL;
    add(l, name ? "SIG%s" : "%s%llu", name ? name : "", (unsigned long long)sig);
}

/* result: the call's, if it is over (else negative): says how much of an output buffer is valid. */
static void add_argument(Line *l, LinuxThread *t, const ArgSpec *spec, const uint64_t *args,
                         unsigned i, int64_t result)
{
    uint64_t v = args[i];
    switch ((ArgKind)spec->kind) {
    case ARG_INT:
    case ARG_FD:
    case ARG_FDNONE:
        add(l, "%d", (int)v);
        break;
    case ARG_DIRFD:
        if ((int)v == AT_FDCWD)
            add(l, "AT_FDCWD");
        else
            add(l, "%d", (int)v);
        break;
    case ARG_UINT:
        add(l, "%u", (unsigned)v);
        break;
    case ARG_LONG:
        add(l, "%lld", (long long)v);
        break;
    case ARG_SIZE:
        add(l, "%llu", (unsigned long long)v);
        break;
    case ARG_MODE:
        add(l, "0%o", (unsigned)v);
        break;
    case ARG_PATH:
    case ARG_NAME:
    case ARG_STR:
        add_bytes(l, v, SHOWN_STRING + 1, SHOWN_STRING, true);
        break;
    case ARG_OFLAGS:
        add_open_flags(l, t->process->abi, v);
        break;
    case ARG_ATFLAGS:
        add_bits(l, at_bits, v);
        break;
    case ARG_PROT:
        if (v)
            add_bits(l, prot_bits, v);
        else
            add(l, "PROT_NONE");
        break;
    case ARG_MAPFLAGS:
        add_bits(l, map_bits, v);
        break;
    case ARG_WHENCE:
        add_word(l, whences, v);
        break;
    case ARG_FCNTL:
        add_word(l, fcntls, v);
        break;
    case ARG_SIGHOW:
        add_word(l, hows, v);
        break;
    case ARG_SIGNAL:
        add_signal(l, v);
        break;
    case ARG_IN:
        if (spec->ref != NO_REF && spec->size == 1) {
            add_bytes(l, v, count_of(spec, args), SHOWN_BYTES, false);
            break;
        }
        /* fall through */
    case ARG_OUT:
        if (spec->kind == ARG_OUT && spec->ref != NO_REF && spec->size == 1 &&
            spec->count == COUNT_PLAIN && result > 0 && (uint64_t)result <= count_of(spec, args)) {
            add_bytes(l, v, (uint64_t)result, SHOWN_BYTES, false);
            break;
        }
        /* fall through */
    default:
        if (v || spec->kind == ARG_HEX)
            add(l, "0x%llx", (unsigned long long)v);
        else
            add(l, "NULL");
        break;
    }
}

static void write_line(const Line *l)
{
    if (write(STDERR_FILENO, l->text, l->used) < 0)
        return; /* the guest may have closed it */
}

static void print_call(LinuxThread *t, const SyscallDesc *d, uint64_t nr, const uint64_t args[6],
                       bool over, int64_t result)
{
    Line l = {.used = 0};
    add(&l, "%d ", t->tid);
    if (!d)
        add(&l, "syscall_%llu(0x%llx, 0x%llx, 0x%llx", (unsigned long long)nr,
            (unsigned long long)args[0], (unsigned long long)args[1], (unsigned long long)args[2]);
    else
        add(&l, "%s(", d->name);
    for (unsigned i = 0; d && i < SYSCALL_ARGS && d->args[i].kind != ARG_NONE; i++) {
        add(&l, "%s", i ? ", " : "");
        add_argument(&l, t, &d->args[i], args, i, over ? result : -1);
    }
    if (!over)
        add(&l, ") = ?");
    else if (result < 0 && result > -4096)
        add(&l, ") = -1 %s (%s)", strerrorname_np((int)-result), strerror((int)-result));
    else if ((uint64_t)result >= 0x10000)
        add(&l, ") = 0x%llx", (unsigned long long)result);
    else
        add(&l, ") = %lld", (long long)result);
    if (l.used == sizeof l.text - 1)
        l.used--;
    l.text[l.used++] = '\n';
    write_line(&l);
}

void strace_enter(LinuxThread *t, const SyscallDesc *d, uint64_t nr, const uint64_t args[6])
{
    static SyscallHandler *const no_return[] = {sys_exit, sys_exit_group, sys_execve, sys_execveat,
                                                sys_rt_sigreturn};
    for (size_t i = 0; d && i < sizeof no_return / sizeof no_return[0]; i++)
        if (d->handler == no_return[i])
            print_call(t, d, nr, args, false, 0);
}

void strace_leave(LinuxThread *t, const SyscallDesc *d, uint64_t nr, const uint64_t args[6],
                  int64_t result)
{
    if (!t->no_result)
        print_call(t, d, nr, args, true, result);
}

void strace_signal(LinuxThread *t, int sig, const char *what)
{
    Line l = {.used = 0};
    add(&l, "%d --- ", t->tid);
    add_signal(&l, (uint64_t)sig);
    add(&l, " (%s) ---\n", what);
    write_line(&l);
}
