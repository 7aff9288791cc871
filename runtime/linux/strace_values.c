/* strace_values.c: strings and buffers as strace quotes them, and structures from structs.def. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "runtime/host/host.h"
#include "runtime/linux/strace.h"

void trace_add(Trace *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->text + t->used, sizeof t->text - t->used, fmt, ap);
    va_end(ap);
    if (n > 0)
        t->used += (size_t)n;
    if (t->used >= sizeof t->text)
        t->used = sizeof t->text - 1;
}

bool trace_read(uint64_t at, void *out, size_t n)
{
    return host_read(at, out, n) == 0;
}

void trace_pointer(Trace *t, uint64_t at)
{
    if (at)
        trace_add(t, "%#" PRIx64, at);
    else
        trace_add(t, "NULL");
}

void trace_id(Trace *t, uint32_t id)
{
    if (id == UINT32_MAX)
        trace_add(t, "-1");
    else
        trace_add(t, "%u", id);
}

static void quote_byte(Trace *t, uint8_t c, int next)
{
    static const char escapes[] = "\t\n\v\f\r", letters[] = "tnvfr";
    const char *e = c ? strchr(escapes, c) : NULL;
    if (c == '"' || c == '\\')
        trace_add(t, "\\%c", c);
    else if (e)
        trace_add(t, "\\%c", letters[e - escapes]);
    else if (c >= 32 && c < 127)
        trace_add(t, "%c", c);
    else if (next >= '0' && next <= '7')
        trace_add(t, "\\%03o", c);
    else
        trace_add(t, "\\%o", c);
}

void trace_bytes(Trace *t, uint64_t at, uint64_t n, uint64_t shown)
{
    uint8_t bytes[4097];
    if (shown > sizeof bytes - 1)
        shown = sizeof bytes - 1;
    uint64_t have = n < shown ? n : shown;
    if (!at || (have && !trace_read(at, bytes, have))) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "\"");
    for (uint64_t i = 0; i < have; i++)
        quote_byte(t, bytes[i], i + 1 < have ? bytes[i + 1] : -1);
    trace_add(t, n > shown ? "\"..." : "\"");
}

/* Length of a string of at most `limit` bytes; negative if it cannot be read. */
static long string_length(uint64_t at, uint64_t limit)
{
    for (uint64_t n = 0; n < limit; n++) {
        char c;
        if (!trace_read(at + n, &c, 1))
            return -1;
        if (!c)
            return (long)n;
    }
    return (long)limit;
}

void trace_string(Trace *t, uint64_t at, uint64_t shown)
{
    long n = at ? string_length(at, shown + 1) : -1;
    if (n < 0)
        trace_pointer(t, at);
    else
        trace_bytes(t, at, (uint64_t)n, shown);
}

void trace_path(Trace *t, uint64_t at)
{
    trace_string(t, at, 4095);
}

void trace_hex_bytes(Trace *t, uint64_t at, uint64_t n)
{
    uint8_t bytes[SHOWN_BYTES];
    uint64_t have = n < SHOWN_BYTES ? n : SHOWN_BYTES;
    if (!at || !trace_read(at, bytes, have)) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "\"");
    for (uint64_t i = 0; i < have; i++)
        trace_add(t, "\\x%02x", bytes[i]);
    trace_add(t, n > have ? "\"..." : "\"");
}

void trace_ticks(Trace *t, uint64_t ticks)
{
    trace_add(t, "%" PRIu64, ticks);
    if (ticks)
        trace_add(t, " /* %.2f s */", (double)ticks / (double)sysconf(_SC_CLK_TCK));
}

/* ---- structures ---- */

typedef enum FieldForm {
    INT,
    UINT,
    HEX,
    OCT,
    PTR,
    ID,
    MODE,
    DEV,
    RDEV,
    SIZE,
    SIGSET,
    SIGSET_AT,
    LIMIT,
    TICKS,
    SIGNAL,
    TEXT,
    OFLAGS,
    WORDS2,
    LONGS3,
    SHOWN,
    INNER
} FieldForm;

typedef struct FieldDesc {
    const char *label; /* NULL: end */
    uint16_t offset[SYSCALL_COLUMNS], bytes[SYSCALL_COLUMNS];
    FieldForm form;
    uint8_t show;
} FieldDesc;

typedef struct StructDesc {
    uint16_t bytes;
    const char *rest;
    const FieldDesc *fields;
} StructDesc;

#define FIELD(label, offset, bytes, form, show)                                                    \
    {#label, {offset, offset}, {bytes, bytes}, form, SHOW_##show},
#define DIFF(label, x86, generic, x86_bytes, generic_bytes, form, show)                            \
    {#label, {x86, generic}, {x86_bytes, generic_bytes}, form, SHOW_##show},
#define STRUCT(name, bytes, fields, rest)                                                          \
    [SHOW_##name - SHOW_SETS - 1] = {bytes, rest, (const FieldDesc[]){fields{0}}},
static const StructDesc structs[SHOW_STRUCTS - SHOW_SETS - 1] = {
#include "runtime/linux/structs.def"
};

static const StructDesc *find(ShowKind type)
{
    return &structs[type - SHOW_SETS - 1];
}

/* Bytes up to the end of its last field, as this guest has it; arrays step by that, rounded up. */
size_t trace_struct_size(const GuestAbi *abi, ShowKind type)
{
    size_t end = find(type)->bytes;
    for (const FieldDesc *f = find(type)->fields; f->label; f++)
        if (f->offset[abi->column] + f->bytes[abi->column] > (int)end)
            end = (size_t)(f->offset[abi->column] + f->bytes[abi->column]);
    return end;
}

static void show_limit(Trace *t, uint64_t v)
{
    if (v == UINT64_MAX)
        trace_add(t, "RLIM64_INFINITY");
    else if (v > 1024 && v % 1024 == 0)
        trace_add(t, "%" PRIu64 "*1024", v / 1024);
    else
        trace_add(t, "%" PRIu64, v);
}

static void show_device(Trace *t, uint64_t dev)
{
    trace_add(t, "makedev(%#x, %#x)", major(dev), minor(dev));
}

static void show_inner(Trace *t, const TraceCall *c, const StructDesc *s, const uint8_t *data);

static void show_field(Trace *t, const TraceCall *c, const FieldDesc *f, const uint8_t *at)
{
    size_t n = f->bytes[c->thread->process->abi->column];
    uint64_t v = 0, words[3] = {0};
    uint32_t halves[2];
    memcpy(&v, at, n < 8 ? n : 8);
    int64_t s = n < 8 ? (int64_t)(v << (64 - 8 * n)) >> (64 - 8 * n) : (int64_t)v;
    switch (f->form) {
    case INT:
        trace_add(t, "%" PRId64, s);
        break;
    case UINT:
    case SIZE:
        trace_add(t, "%" PRIu64, v);
        break;
    case HEX:
        trace_add(t, "%#" PRIx64, v);
        break;
    case OCT:
        trace_add(t, "%#03" PRIo64, v);
        break;
    case PTR:
        trace_pointer(t, v);
        break;
    case ID:
        trace_id(t, (uint32_t)v);
        break;
    case MODE:
        trace_file_mode(t, v);
        break;
    case DEV:
    case RDEV:
        show_device(t, v);
        break;
    case SIGSET:
        trace_sigset(t, v);
        break;
    case SIGSET_AT:
        if (v && trace_read(v, words, 8))
            trace_sigset(t, words[0]);
        else
            trace_pointer(t, v);
        break;
    case LIMIT:
        show_limit(t, v);
        break;
    case TICKS:
        trace_ticks(t, v);
        break;
    case SIGNAL:
        trace_signal(t, (int)v);
        break;
    case OFLAGS:
        trace_oflags(t, c->thread->process->abi, v);
        break;
    case TEXT:
        trace_add(t, "\"%.*s\"", (int)strnlen((const char *)at, n), (const char *)at);
        break;
    case WORDS2:
        memcpy(halves, at, sizeof halves);
        trace_add(t, "[%#x, %#x]", halves[0], halves[1]);
        break;
    case LONGS3:
        memcpy(words, at, sizeof words);
        trace_add(t, "[%" PRIu64 ", %" PRIu64 ", %" PRIu64 "]", words[0], words[1], words[2]);
        break;
    case SHOWN:
        trace_shown(t, f->show, v);
        break;
    case INNER:
        show_inner(t, c, find(f->show), at);
        break;
    }
}

static void show_inner(Trace *t, const TraceCall *c, const StructDesc *s, const uint8_t *data)
{
    const char *comma = "";
    unsigned column = c->thread->process->abi->column;
    bool device = false;
    trace_add(t, "{");
    for (const FieldDesc *f = s->fields; f->label; f++) {
        const uint8_t *at = data + f->offset[column];
        if (f->form == MODE) {
            uint32_t mode;
            memcpy(&mode, at, sizeof mode);
            device = S_ISCHR(mode) || S_ISBLK(mode);
        }
        if ((f->form == RDEV && !device) || (f->form == SIZE && device))
            continue;
        trace_add(t, "%s%s=", comma, f->label);
        show_field(t, c, f, at);
        comma = ", ";
    }
    trace_add(t, s->rest[0] ? ", ...}" : "}");
}

void trace_struct(Trace *t, const TraceCall *c, ShowKind type, uint64_t at)
{
    uint8_t data[400];
    size_t n = trace_struct_size(c->thread->process->abi, type);
    if (!at || n > sizeof data || !trace_read(at, data, n))
        trace_pointer(t, at);
    else
        show_inner(t, c, find(type), data);
}

void trace_struct_array(Trace *t, const TraceCall *c, ShowKind type, uint64_t at, uint64_t count)
{
    size_t n = trace_struct_size(c->thread->process->abi, type);
    uint8_t byte;
    if (!at || (count && !trace_read(at, &byte, 1))) {
        trace_pointer(t, at);
        return;
    }
    trace_add(t, "[");
    for (uint64_t i = 0; i < count; i++) {
        trace_add(t, "%s", i ? ", " : "");
        if (i == SHOWN_ITEMS) {
            trace_add(t, "...");
            break;
        }
        trace_struct(t, c, type, at + i * n);
    }
    trace_add(t, "]");
}
