/* options.h: the command line, from the one table options.def.
 *
 *     Options opt;
 *     char err[OPTIONS_ERROR];
 *     if (!options_parse(&opt, argc, argv, environ, err)) -> one line for stderr, exit status 2
 *     argv[opt.first_operand] is the program, what follows are its arguments
 *
 * Environment variables are read first, QEMU_NAME before DRAGOMAN_NAME; options given on the
 * command line win.
 */
#ifndef DRAGOMAN_RUNTIME_OPTIONS_H
#define DRAGOMAN_RUNTIME_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { OPTIONS_ERROR = 256, OPTIONS_USAGE_STATUS = 2 };

typedef struct OptionalPc {
    bool given;
    uint64_t pc; /* 0: no particular one */
} OptionalPc;

typedef struct EnvChange {
    const char *text; /* VAR=VALUE, or VAR to remove */
    bool unset;
} EnvChange;

typedef struct EnvChanges {
    EnvChange *list; /* allocated */
    unsigned count;
} EnvChanges;

/* A field is at its "not given" value unless set: NULL, false, OPTION_NO_NUMBER. */
#define OPTION_NO_NUMBER UINT64_MAX

typedef struct Options {
    bool help, version, man, one_insn, strace, strace_many, stats, perf, check, no_cache;
    const char *prefix, *argv0, *stats_file, *uname_release, *engine, *memory_order, *no_pass,
        *launcher, *log_file, *cache, *caller_exe;
    uint64_t stack_size, seed, cold_runs, max_optimised, max_insns, self_fd, strace_fd, program_fd,
        ignored;
    OptionalPc explain;
    EnvChanges env;
    char refused; /* no value; a place for REFUSED rows to name */
    int first_operand;
} Options;

bool options_parse(Options *o, int argc, char **argv, char **environment, char err[OPTIONS_ERROR]);
/* A copy of a path, absolute if the current directory is known; NULL: no memory. */
char *options_absolute(const char *path);
void options_help(FILE *out);
/* The manual page, in roff: what docs/dragoman.1 holds. */
void options_man(FILE *out);

/* The options (as "--word=value" strings, allocated) that a program executed by the guest gets.
 * Writes at most `max` of them to args; returns how many there are. */
unsigned options_inherited(const Options *o, char **args, unsigned max);

/* The environment with -E and -U applied: a new NULL-terminated array. */
char **options_environment(const Options *o, char **environment);

#endif
