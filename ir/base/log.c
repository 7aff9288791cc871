/* log.c: messages on stderr; see log.h. */
#include "ir/base/log.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Thread_local LogCrashDump *crash_dump;
static _Thread_local void *crash_dump_arg;

void log_set_crash_dump(LogCrashDump *dump, void *arg)
{
    crash_dump = dump;
    crash_dump_arg = arg;
}

static void log_line(const char *fmt, va_list ap)
{
    char buf[1024];
    size_t n = (size_t)snprintf(buf, sizeof buf, "dragoman: ");
    int m = vsnprintf(buf + n, sizeof buf - n - 1, fmt, ap);
    n += m < 0 ? 0 : (size_t)m;
    if (n > sizeof buf - 2)
        n = sizeof buf - 2;
    buf[n++] = '\n';
    if (write(STDERR_FILENO, buf, n) < 0)
        return; /* nothing better to do with a closed stderr */
}

void log_note(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_line(fmt, ap);
    va_end(ap);
}

void log_fatal(const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_line(fmt, ap);
    va_end(ap);
    _exit(1);
}

void log_bug(const char *file, int line, const char *what, ...)
{
    va_list ap;
    char text[512];
    va_start(ap, what);
    vsnprintf(text, sizeof text, what, ap);
    va_end(ap);
    log_note("internal error at %s:%d: %s", file, line, text);
    LogCrashDump *dump = crash_dump;
    crash_dump = NULL; /* a failure while dumping must not recurse */
    if (dump != NULL)
        dump(crash_dump_arg);
    abort();
}
