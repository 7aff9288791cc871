/* log.h: the three kinds of message: a note, a fatal line, a failed internal check.
 *
 * Guest errors never come here as failures: they become guest signals. log_fatal is for the
 * host's failures (no memory, unusable file): one clear line and exit(1). DG_ASSERT is for our
 * own bugs: it prints what the current thread is translating (see log_set_crash_dump) and aborts.
 */
#ifndef DRAGOMAN_IR_BASE_LOG_H
#define DRAGOMAN_IR_BASE_LOG_H

#include <stdbool.h>

/* One line "dragoman: ..." on stderr, written with a single write(2). */
void log_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void log_fatal(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void log_bug(const char *file, int line, const char *what, ...)
    __attribute__((format(printf, 3, 4)));

/* Called by log_bug in this thread to print the guest address and the IR; NULL turns it off. */
typedef void LogCrashDump(void *arg);
void log_set_crash_dump(LogCrashDump *dump, void *arg);

#define DG_ASSERT(cond)                                                                            \
    do {                                                                                           \
        if (__builtin_expect(!(cond), 0))                                                          \
            log_bug(__FILE__, __LINE__, "assertion failed: %s", #cond);                            \
    } while (0)
#define DG_UNREACHABLE() log_bug(__FILE__, __LINE__, "unreachable")

#endif
