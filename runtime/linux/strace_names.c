/* strace_names.c: numbers as words: strace_names.def, signals, open flags, file modes. */
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

#include "runtime/linux/strace.h"

typedef struct Word {
    uint64_t value;
    const char *name;
} Word;

typedef struct WordSet {
    const char *unknown;
    bool bits;
    const Word *words; /* ends with name NULL */
} WordSet;

#define N(word)        {(uint64_t)(word), #word},
#define V(value, word) {value, #word},
#define END                                                                                        \
    {                                                                                              \
        0, NULL                                                                                    \
    }
#define FLAGS(set, unknown, words) [SHOW_##set] = {unknown, true, (const Word[]){words END}},
#define WORDS(set, unknown, words) [SHOW_##set] = {unknown, false, (const Word[]){words END}},
static const WordSet sets[SHOW_SETS] = {
#include "runtime/linux/strace_names.def"
};

static const Word *find(const WordSet *s, uint64_t value)
{
    for (const Word *w = s->words; w->name; w++)
        if (w->value == value || (!s->bits && (uint32_t)w->value == value))
            return w;
    return NULL;
}

static void unknown(Trace *t, const WordSet *s, uint64_t value)
{
    trace_add(t, "%#llx", (unsigned long long)value);
    if (s->unknown[0])
        trace_add(t, " /* %s */", s->unknown);
}

bool trace_has_word(ShowKind set, uint64_t value)
{
    return find(&sets[set], value) != NULL;
}

static void show_flags(Trace *t, const WordSet *s, uint64_t value)
{
    const char *bar = "";
    uint64_t left = value;
    const Word *whole = find(s, value);
    if (whole) {
        trace_add(t, "%s", whole->name);
        return;
    }
    for (const Word *w = s->words; w->name; w++)
        if (w->value && (left & w->value) == w->value) {
            trace_add(t, "%s%s", bar, w->name);
            left &= ~w->value;
            bar = "|";
        }
    if (*bar && left)
        trace_add(t, "|%#llx", (unsigned long long)left);
    else if (left)
        unknown(t, s, left);
    else if (!*bar)
        trace_add(t, "0");
}

void trace_shown(Trace *t, ShowKind set, uint64_t value)
{
    const WordSet *s = &sets[set];
    if (value > UINT32_MAX && value >= (uint64_t)INT32_MIN) /* a sign-extended int */
        value = (uint32_t)value;
    if (s->bits) {
        show_flags(t, s, value);
        return;
    }
    const Word *w = find(s, value);
    if (w)
        trace_add(t, "%s", w->name);
    else
        unknown(t, s, value);
}

enum { FIRST_REALTIME = 32 };

/* Without "SIG". */
static void signal_word(Trace *t, int sig)
{
    const char *name = sig > 0 && sig < FIRST_REALTIME ? sigabbrev_np(sig) : NULL;
    if (sig == SIGIO) /* the C library calls it SIGPOLL */
        name = "IO";
    if (name)
        trace_add(t, "%s", name);
    else if (sig == FIRST_REALTIME)
        trace_add(t, "RTMIN");
    else
        trace_add(t, "RT_%d", sig - FIRST_REALTIME);
}

void trace_signal(Trace *t, int sig)
{
    if (sig < 1 || sig > SIGNALS) {
        trace_add(t, "%d", sig);
        return;
    }
    trace_add(t, "SIG");
    signal_word(t, sig);
}

void trace_sigset(Trace *t, uint64_t set)
{
    const char *space = "";
    bool rest = __builtin_popcountll(set) >= SIGNALS * 2 / 3;
    trace_add(t, rest ? "~[" : "[");
    for (int sig = 1; sig <= SIGNALS; sig++)
        if (((set & SIGBIT(sig)) != 0) != rest) {
            trace_add(t, "%s", space);
            signal_word(t, sig);
            space = " ";
        }
    trace_add(t, "]");
}

void trace_oflags(Trace *t, const GuestAbi *abi, uint64_t flags)
{
    static const char *const modes[] = {"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"};
    trace_add(t, "%s", modes[flags & O_ACCMODE]);
    flags &= ~(uint64_t)O_ACCMODE;
    /* O_SYNC holds O_DSYNC's bit, O_TMPFILE O_DIRECTORY's. */
    uint32_t sync = abi_open_flags_to_guest(abi, O_SYNC),
             tmpfile = abi_open_flags_to_guest(abi, O_TMPFILE);
    bool is_sync = (flags & sync) == sync, is_tmpfile = (flags & tmpfile) == tmpfile;
    for (const FlagPair *f = abi->open_flags; f->name; f++) {
        bool part = (is_sync && !strcmp(f->name, "O_DSYNC")) ||
                    (is_tmpfile && !strcmp(f->name, "O_DIRECTORY"));
        if ((flags & f->guest) && !part)
            trace_add(t, "|%s", f->name);
        flags &= ~(uint64_t)f->guest;
    }
    if (flags)
        trace_add(t, "|%#llx", (unsigned long long)flags);
}

void trace_file_mode(Trace *t, uint64_t mode)
{
    static const Word types[] = {N(S_IFREG) N(S_IFDIR) N(S_IFCHR) N(S_IFBLK) N(S_IFIFO) N(S_IFSOCK)
                                     N(S_IFLNK) END};
    static const Word bits[] = {N(S_ISUID) N(S_ISGID) N(S_ISVTX) END};
    const Word *type = types;
    while (type->name && type->value != (mode & S_IFMT))
        type++;
    if (type->name)
        trace_add(t, "%s|", type->name);
    for (const Word *b = bits; type->name && b->name; b++)
        if (mode & b->value) {
            trace_add(t, "%s|", b->name);
            mode &= ~b->value;
        }
    trace_add(t, "0%03llo", (unsigned long long)(type->name ? mode & ~(uint64_t)S_IFMT : mode));
}
