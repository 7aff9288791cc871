/* strace.h: what the parts of --strace share.
 *
 *   strace.c          a call from its row of syscalls.def to a line; signals, exits, executions
 *   strace_names.c    numbers as words, from strace_names.def
 *   strace_values.c   strings and buffers; structures, from structs.def
 *   strace_forms.c    what no table can say: addresses of sockets, siginfo, iovecs, clone ...
 *
 * A line is strace's own, so that its readers and tools work:
 *
 *     openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3
 *     [pid  1234] read(3, "root:x:0:0:root:/root:/bin/bash\n"..., 4096) = 1420
 *
 * What is known before the call is printed into the thread's Trace then, the rest when it is over
 * (`late` in the row); the line is written whole, so that those of several threads do not mix.
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_STRACE_H
#define DRAGOMAN_RUNTIME_LINUX_STRACE_H

#include "runtime/linux/syscall.h"

/* How a value is printed: first a set of words, then a structure, then a form of its own. */
typedef enum ShowKind {
    SHOW_NONE,
#define FLAGS(set, ...) SHOW_##set,
#define WORDS(set, ...) SHOW_##set,
#include "runtime/linux/strace_names.def"
#undef FLAGS
#undef WORDS
    SHOW_SETS,
#define STRUCT(name, ...) SHOW_##name,
#include "runtime/linux/structs.def"
#undef STRUCT
    SHOW_STRUCTS,
#define FORM(name) SHOW_##name,
#include "runtime/linux/strace_forms.def"
#undef FORM
    SHOW_KINDS
} ShowKind;
_Static_assert(SHOW_KINDS <= 256, "kept in a byte");

enum {
#define STRUCT(name, bytes, ...) SIZE_##name = bytes,
#include "runtime/linux/structs.def"
#undef STRUCT
};

typedef enum ResultForm {
    RESULT_DECIMAL,
    RESULT_HEX,
    RESULT_OCTAL,
    RESULT_TIME,
    RESULT_POLICY
} ResultForm;
enum { RESULT_REF = 254 }; /* ArgSpec.ref: as many as the result says */

enum { TRACE_LINE = 1 << 16, SHOWN_BYTES = 32, SHOWN_ITEMS = 32 };

typedef struct Trace {
    size_t used;
    unsigned next;          /* first argument that is printed when the call is over */
    uint32_t length_before; /* what a socket call's length argument pointed to */
    char text[TRACE_LINE];
} Trace;

typedef struct TraceCall {
    LinuxThread *thread;
    const SyscallDesc *desc;
    const uint64_t *args;
    bool over;
    int64_t result; /* valid if over */
} TraceCall;

static inline bool trace_failed(const TraceCall *c)
{
    return c->over && c->result < 0 && c->result > -4096;
}

void trace_add(Trace *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* strace_names.c */
void trace_shown(Trace *t, ShowKind set, uint64_t value);
void trace_ticks(Trace *t, uint64_t ticks); /* of the clock that times() counts by */
void trace_signal(Trace *t, int sig);
void trace_sigset(Trace *t, uint64_t set);
void trace_oflags(Trace *t, const GuestAbi *abi, uint64_t flags);
void trace_file_mode(Trace *t, uint64_t mode);
bool trace_has_word(ShowKind set, uint64_t value);

/* strace_values.c */
void trace_pointer(Trace *t, uint64_t at);
/* n bytes in quotes, of which `shown` at most. */
void trace_bytes(Trace *t, uint64_t at, uint64_t n, uint64_t shown);
void trace_string(Trace *t, uint64_t at, uint64_t shown);
void trace_path(Trace *t, uint64_t at);
void trace_hex_bytes(Trace *t, uint64_t at, uint64_t n);
void trace_id(Trace *t, uint32_t id);
/* A structure of structs.def, or its address if it cannot be read. */
void trace_struct(Trace *t, const TraceCall *c, ShowKind type, uint64_t at);
void trace_struct_array(Trace *t, const TraceCall *c, ShowKind type, uint64_t at, uint64_t count);
size_t trace_struct_size(const GuestAbi *abi, ShowKind type);
bool trace_read(uint64_t at, void *out, size_t n);

/* strace_forms.c: argument i in the form its row names. */
void trace_form(Trace *t, const TraceCall *c, unsigned i);
/* False: argument i is not there, given the others (open's mode without O_CREAT). */
bool trace_has_argument(const TraceCall *c, unsigned i);
void trace_siginfo(Trace *t, const void *info);
void trace_iovecs(Trace *t, const TraceCall *c, uint64_t at, uint64_t count, uint64_t limit);
/* What stands behind the result, in brackets. */
void trace_result_extra(Trace *t, const TraceCall *c);

#endif
