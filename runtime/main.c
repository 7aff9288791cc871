/* main.c: dragoman [OPTION...] PROGRAM [ARGUMENT...], or dragoman COMMAND ... (`commands` below)
 *
 * Sets up the process (options, guest, engine, first thread), loads the program and runs it. The
 * program's end is the process's end, by exit_group or by the signal that killed it; main only
 * returns when nothing was run.
 */
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "bench/bench.h"
#include "ir/base/log.h"
#include "runtime/engine.h"
#include "runtime/explain_cmd.h"
#include "runtime/linux/linux.h"
#include "runtime/linux/perf_map.h"

#ifndef DRAGOMAN_VERSION
#define DRAGOMAN_VERSION "(unknown version)"
#endif

extern char **environ;

enum { DEFAULT_COLD_RUNS = 128, FEW_FILES = 64 };

static EngineOptions engine_options(const Options *o)
{
    return (EngineOptions){
        .interp = o->engine && !strcmp(o->engine, "interp"),
        .relaxed_order = o->memory_order && !strcmp(o->memory_order, "relaxed"),
        .stats = o->stats || o->stats_file,
        .stats_text = o->stats,
        .stats_file = o->stats_file,
        .check = o->check || DRAGOMAN_CHECKS,
        /* Explained is what is translated: all of it. */
        .cold_runs = o->cold_runs != OPTION_NO_NUMBER ? (uint32_t)o->cold_runs
                     : o->explain.given               ? 0
                                                      : DEFAULT_COLD_RUNS,
        .no_pass = o->no_pass,
        .max_optimised = o->max_optimised == OPTION_NO_NUMBER ? UINT64_MAX : o->max_optimised,
        .max_insns = o->one_insn                        ? 1
                     : o->max_insns == OPTION_NO_NUMBER ? 0
                                                        : (uint32_t)o->max_insns,
        .explain = o->explain.given ? stderr : NULL,
        .explain_pc = o->explain.pc,
    };
}

/* Our own name, for the guest's execve. Without /proc it is the kernel's word for what it executed,
 * or our first argument where that is a descriptor (exec.c puts the name there). */
static char *own_name(const char *argv0)
{
    static const char by_fd[] = "/dev/fd/";
    char path[PATH_MAX];
    const char *name = (const char *)(uintptr_t)getauxval(AT_EXECFN);
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n > 0) {
        path[n] = 0;
        return strdup(path);
    }
    if (name == NULL || !strncmp(name, by_fd, sizeof by_fd - 1))
        name = argv0;
    char *whole = realpath(name, NULL);
    return whole != NULL ? whole : strdup(name);
}

/* The program may need every descriptor that its hard limit leaves. */
static bool few_files(void)
{
    struct rlimit limit;
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max < FEW_FILES;
}

/* Name and descriptor of ourselves. The descriptor serves to execute us and no more, so that we
 * need not be readable. */
static void find_self(LinuxProcess *p, const char *argv0)
{
    struct stat st;
    p->self = own_name(argv0);
    if (!p->self)
        log_fatal("out of memory");
    bool given = p->options->self_fd != OPTION_NO_NUMBER;
    int fd = given ? (int)p->options->self_fd : open_own(AT_FDCWD, "/proc/self/exe", O_PATH);
    if (fd < 0)
        fd = open_own(AT_FDCWD, p->self, O_PATH);
    if (fd < 0)
        return;
    /* What /proc/self/exe leads to may be the file of an emulator under us. */
    if (stat("/proc/self/exe", &st) == 0 || fstat(fd, &st) == 0) {
        p->self_inode = st.st_ino;
        p->self_device = st.st_dev;
    }
    if (given)
        fd_keep(p, FD_SELF, fd);
    else if (!few_files())
        fd_guard(p, FD_SELF, fd, false);
    else
        close(fd); /* we shall be executed by name */
}

/* A descriptor of its own for the log of system calls. */
static void open_log(LinuxProcess *p)
{
    const Options *o = p->options;
    int fd = -1;
    p->strace_many = o->strace_many;
    if (o->strace_fd != OPTION_NO_NUMBER) {
        fd_keep(p, FD_STRACE, (int)o->strace_fd);
        return;
    }
    if (o->log_file) {
        fd = open(o->log_file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0666);
        if (fd < 0)
            log_fatal("%s: %s", o->log_file, strerror(errno));
    } else {
        fd = dup(STDERR_FILENO);
    }
    if (fd >= 0)
        fd_guard(p, FD_STRACE, fd, false);
}

/* Whether a variable names a directory of this user: nothing is made in another's. */
static bool is_own(const char *path)
{
    struct stat st;
    return path && path[0] == '/' && stat(path, &st) == 0 && st.st_uid == geteuid();
}

/* The directory for kept translations, made if need be, or NULL. */
static const char *cache_directory(const Options *o)
{
    const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *dir = NULL;
    int n = 0;
    if (o->cache) {
        mkdir(o->cache, 0700);
        return realpath(o->cache, NULL);
    }
    if (is_own(base)) {
        n = asprintf(&dir, "%s/dragoman", base);
    } else if (is_own(home) && (n = asprintf(&dir, "%s/.cache", home)) > 0) {
        mkdir(dir, 0700);
        free(dir);
        n = asprintf(&dir, "%s/.cache/dragoman", home);
    }
    if (n <= 0)
        return NULL;
    mkdir(dir, 0700);
    return dir;
}

static void open_cache(LinuxProcess *p, Options *o)
{
    /* With more rights than its user a program takes nothing from where he can write. */
    bool none = o->no_cache || getauxval(AT_SECURE) || few_files();
    const char *dir = none ? NULL : cache_directory(o);
    int fd = dir ? open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    if (fd < 0)
        return;
    o->cache = dir; /* for the programs that the guest executes */
    fd = fd_guard(p, FD_CACHE, fd, true);
    if (engine_keep_code(p->engine, fd))
        return;
    close(fd);
    p->our_fd[FD_CACHE] = -1;
}

/* Where `explain --hot` writes when the program has ended, out of its reach. */
static FILE *open_report(LinuxProcess *p)
{
    int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
    FILE *f = fd >= 0 ? fdopen(fd_guard(p, FD_REPORT, fd, true), "w") : NULL;
    return f ? f : stderr;
}

/* The file of --stats-file is written at the end: that it can be is found out now. */
static void check_stats_file(const Options *o)
{
    struct stat st;
    if (!o->stats_file || (stat(o->stats_file, &st) == 0 && !S_ISREG(st.st_mode)))
        return;
    int fd = open(o->stats_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        log_fatal("%s: %s", o->stats_file, strerror(errno));
    close(fd);
}

/* ---- subcommands ---- */

static ExplainRequest explain_request;

static int bench(int *argc, char ***argv)
{
    return bench_main(*argc - 1, *argv + 1);
}

static int explain(int *argc, char ***argv)
{
    return explain_command(&explain_request, argc, argv);
}

/* A command returns an exit status, or -1 when the rest of the command line is to be run. */
static const struct {
    const char *name;
    int (*run)(int *argc, char ***argv);
} commands[] = {{"bench", bench}, {"explain", explain}};

static int run_command(int *argc, char ***argv)
{
    for (size_t i = 0; *argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (!strcmp((*argv)[1], commands[i].name))
            return commands[i].run(argc, argv);
    return -1;
}

/* Our heap does not give memory back: its end must stay ours while the guest maps and unmaps. */
static void tune_heap(void)
{
    struct rlimit limit;
    int pad = 4 << 20;
    if (getrlimit(RLIMIT_DATA, &limit) == 0 && limit.rlim_cur / 32 < (rlim_t)pad)
        pad = (int)(limit.rlim_cur / 32);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    mallopt(M_TOP_PAD, pad);
}

int main(int argc, char **argv)
{
    static LinuxProcess process = {.lock = PTHREAD_MUTEX_INITIALIZER};
    limits_start(&process);
    int done = run_command(&argc, &argv);
    if (done >= 0)
        return done;
    static Options options;
    char err[OPTIONS_ERROR];
    if (!options_parse(&options, argc, argv, environ, err)) {
        log_note("%s", err);
        return OPTIONS_USAGE_STATUS;
    }
    if (options.help || options.version || options.man) {
        if (options.help)
            options_help(stdout);
        else if (options.man)
            options_man(stdout);
        else
            printf("dragoman %s\n", DRAGOMAN_VERSION);
        return 0;
    }
    if (options.first_operand >= argc) {
        log_note("no program named (try --help)");
        return OPTIONS_USAGE_STATUS;
    }
    tune_heap();
    LinuxProcess *p = &process;
    p->options = &options;
    p->thread_count = 1;
    for (unsigned i = 0; i < OUR_FDS; i++)
        p->our_fd[i] = -1;
    find_self(p, argv[0]);
    check_stats_file(&options);
    if (options.strace)
        open_log(p);
    LinuxThread *t = signals_first_thread(p);
    char **args = argv + options.first_operand, *path = args[0];
    int status = 0;
    OpenProgram *program = program_open(t, path, argc - options.first_operand, args, &status);
    if (!program)
        return status;
    if (options.argv0)
        args[0] = (char *)(uintptr_t)options.argv0;
    EngineOptions eo = engine_options(&options);
    if (explain_request.hot) {
        explain_request.out = open_report(p);
        eo.stats = true;
        eo.at_end = explain_hottest;
        eo.at_end_arg = &explain_request;
    }
    if (options.perf && (p->perf_map = perf_map_new(p)) != NULL) {
        eo.on_code = perf_map_add;
        eo.on_code_arg = p->perf_map;
    }
    p->engine = engine_new(p->guest, &eo);
    open_cache(p, &options);
    t->vcpu = vcpu_new(p->engine);
    if (!t->vcpu)
        log_fatal("no memory for the first thread");
    t->vcpu->linux_thread = t;
    t->tid = getpid();
    char **env = options_environment(&options, environ);
    if (!env)
        log_fatal("no memory for the environment");
    status = load_program(t, program, path, env);
    if (status)
        return status;
    vcpu_bind(t->vcpu);
    if (options.strace && options.strace_fd == OPTION_NO_NUMBER)
        strace_start(t, path, args, env);
    signals_set_mask(t, t->mask);
    status = vcpu_run(t->vcpu);
    thread_end(t, status);
    return status;
}
