/* options.c: the command line of `dragoman bench`. A row says what an option is called, what it
 * takes and what it does; the help text is made from the rows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "ir/base/log.h"

typedef bool Apply(BenchPlan *p, const char *argument, char *err, size_t size);

typedef struct OptionRow {
    const char *word, *argument, *help;
    Apply *apply;
} OptionRow;

/* Takes a command apart at blanks. */
static bool split(const char *text, const char **words)
{
    char *copy = strdup(text), *rest = copy;
    unsigned n = 0;
    for (char *w; copy && (w = strtok_r(rest, " ", &rest)) != NULL;) {
        if (n + 1 >= BENCH_MAX_WORDS)
            return false;
        words[n++] = w;
    }
    words[n] = NULL;
    return n > 0;
}

static const char *self(void)
{
    static char path[4096];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    path[n > 0 ? n : 0] = 0;
    return path;
}

static bool add_engine(BenchPlan *p, const BenchEngine *e, char *err, size_t size)
{
    for (unsigned i = 0; i < p->nengines; i++) {
        if (!strcmp(p->engines[i].name, e->name)) {
            snprintf(err, size, "two engines are called '%s'", e->name);
            return false;
        }
    }
    if (p->nengines == BENCH_MAX_ENGINES) {
        snprintf(err, size, "more than %d engines", BENCH_MAX_ENGINES);
        return false;
    }
    p->engines[p->nengines++] = *e;
    return true;
}

/* Dragoman, and in other ways. */
static const struct OwnEngine {
    const char *name, *words[2];
    bool counts; /* --stats-file is of use */
} own_engines[] = {
    {"dragoman", {NULL}, true},
    {"no-cache", {"--no-cache"}, true},
    {"interp", {"--engine", "interp"}, false},
};

static bool own_engine(BenchPlan *p, const char *name, char *err, size_t size)
{
    BenchEngine e = {.name = name};
    if (!strcmp(name, "native")) {
#ifndef __x86_64__
        snprintf(err, size, "this host cannot run x86-64 programs natively");
        return false;
#endif
        e.native = true;
        return add_engine(p, &e, err, size);
    }
    for (size_t i = 0; i < sizeof own_engines / sizeof own_engines[0]; i++) {
        if (!strcmp(name, own_engines[i].name)) {
            e.words[0] = self();
            memcpy(e.words + 1, own_engines[i].words, sizeof own_engines[i].words);
            e.ours = own_engines[i].counts;
            return add_engine(p, &e, err, size);
        }
    }
    snprintf(err, size, "--engines: '%s' is not native, dragoman, no-cache or interp", name);
    return false;
}

static bool apply_engines(BenchPlan *p, const char *argument, char *err, size_t size)
{
    char *copy = strdup(argument), *rest = copy;
    p->nengines = 0;
    for (char *name; copy && (name = strtok_r(rest, ",", &rest)) != NULL;)
        if (!own_engine(p, name, err, size))
            return false;
    if (p->nengines == 0)
        snprintf(err, size, "--engines: '%s' names none", argument);
    return p->nengines != 0;
}

/* With --count nothing else is an engine; a command that ends in Dragoman can be asked for more. */
static bool apply_count(BenchPlan *p, const char *argument, char *err, size_t size)
{
    (void)argument, (void)err, (void)size;
    p->count = true;
    p->size = SIZE_COUNT;
    p->nengines = 0;
    return true;
}

static bool apply_dynamic(BenchPlan *p, const char *argument, char *err, size_t size)
{
    for (unsigned i = 0; i < p->nengines; i++) {
        if (!strcmp(p->engines[i].name, argument)) {
            p->engines[i].dynamic = true;
            return true;
        }
    }
    snprintf(err, size, "--dynamic: no engine before it is called '%s'", argument);
    return false;
}

static bool apply_vs(BenchPlan *p, const char *argument, char *err, size_t size)
{
    BenchEngine e = {0};
    const char *equals = strchr(argument, '=');
    if (!equals || equals == argument || !split(equals + 1, e.words)) {
        snprintf(err, size, "--vs: '%s' is not NAME=COMMAND", argument);
        return false;
    }
    if (access(e.words[0], X_OK) != 0) {
        snprintf(err, size, "--vs: %s: %s", e.words[0], strerror(errno));
        return false;
    }
    unsigned last = 0;
    while (e.words[last + 1])
        last++;
    const char *slash = strrchr(e.words[last], '/');
    e.ours = p->count && slash && !strcmp(slash, "/dragoman");
    e.name = strndup(argument, (size_t)(equals - argument));
    return add_engine(p, &e, err, size);
}

static bool number(const char *word, const char *argument, unsigned most, unsigned *to, char *err,
                   size_t size)
{
    char *end;
    unsigned long n = strtoul(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end || n < 1 || n > most) {
        snprintf(err, size, "--%s: '%s' is not a number from 1 to %u", word, argument, most);
        return false;
    }
    *to = (unsigned)n;
    return true;
}

static bool apply_guest(BenchPlan *p, const char *argument, char *err, size_t size)
{
    p->guest = abi_named(argument);
    if (!p->guest)
        snprintf(err, size, "--guest: '%s' is not x86_64, aarch64 or riscv64", argument);
    return p->guest;
}

static bool apply_rounds(BenchPlan *p, const char *argument, char *err, size_t size)
{
    return number("rounds", argument, BENCH_MAX_ROUNDS, &p->rounds, err, size);
}
static bool apply_limit(BenchPlan *p, const char *argument, char *err, size_t size)
{
    return number("limit", argument, 100000, &p->limit, err, size);
}

#define APPLY_TEXT(field)                                                                          \
    static bool apply_##field(BenchPlan *p, const char *argument, char *err, size_t size)          \
    {                                                                                              \
        (void)err, (void)size;                                                                     \
        p->field = argument;                                                                       \
        return true;                                                                               \
    }
#define APPLY_FLAG(field, value)                                                                   \
    static bool apply_##field(BenchPlan *p, const char *argument, char *err, size_t size)          \
    {                                                                                              \
        (void)argument, (void)err, (void)size;                                                     \
        p->field = value;                                                                          \
        return true;                                                                               \
    }
APPLY_TEXT(kernel_dir)
APPLY_TEXT(path)
APPLY_TEXT(json)
APPLY_TEXT(markdown)
APPLY_TEXT(html)
APPLY_TEXT(compare)
APPLY_FLAG(size, SIZE_QUICK)
APPLY_FLAG(list, true)
APPLY_FLAG(help, true)
APPLY_FLAG(tunables, true)

static const OptionRow rows[] = {
    {"engines", "LIST",
     "of native, dragoman, no-cache, interp, separated by commas (default: the first two)",
     apply_engines},
    {"vs", "NAME=COMMAND", "another engine: COMMAND goes before the program (repeatable)",
     apply_vs},
    {"guest", "NAME",
     "programs for x86_64 (default), aarch64 or riscv64; native runs are of the same kernels here",
     apply_guest},
    {"rounds", "N", "runs by each engine, in turns (default 3)", apply_rounds},
    {"quick", NULL, "small sizes: a trial, not a measurement", apply_size},
    {"limit", "SECONDS", "CPU time after which a run is ended (default 600)", apply_limit},
    {"kernels", "DIRECTORY", "where the kernels are (default: bench beside the program)",
     apply_kernel_dir},
    {"path", "DIRECTORIES", "where to look for Debian's programs (default: PATH)", apply_path},
    {"json", "FILE", "write the results as JSON", apply_json},
    {"markdown", "FILE", "write the results as Markdown (default: on standard output)",
     apply_markdown},
    {"html", "FILE", "write the results as one HTML page with charts", apply_html},
    {"compare", "FILE", "compare with an older report in JSON", apply_compare},
    {"count", NULL,
     "count AArch64 instructions instead: each --vs runs qemu-aarch64 with a translator "
     "(write it before --vs)",
     apply_count},
    {"dynamic", "NAME", "with --count: that engine gets dynamically linked kernels", apply_dynamic},
    {"list", NULL, "list the kernels and their groups", apply_list},
    {"tunables", NULL, "print the GLIBC_TUNABLES that show a native program the guest's processor",
     apply_tunables},
    {"help", NULL, "print this help", apply_help},
};
enum { ROWS = sizeof rows / sizeof *rows };

void bench_help(FILE *out)
{
    fputs("usage: dragoman bench [OPTION...] [KERNEL or GROUP...]\n"
          "Runs the same programs by several engines in turns and compares their CPU time.\n\n",
          out);
    for (unsigned i = 0; i < ROWS; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", rows[i].word, rows[i].argument ? " " : "",
                 rows[i].argument ? rows[i].argument : "");
        fprintf(out, "  %-24s %s\n", left, rows[i].help);
    }
    fputs(
        "\nExit status: 0; 1 if an engine failed or its output differed; 2 for a mistaken command "
        "line.\n",
        out);
}

static bool add_kernels(BenchPlan *p, const char *what, char *err, size_t size)
{
    bool any = false;
    for (unsigned i = 0; i < bench_kernel_count; i++) {
        const BenchKernel *k = &bench_kernels[i];
        if (what && strcmp(what, k->name) != 0 && strcmp(what, k->group) != 0)
            continue;
        any = true;
        if (p->nkernels < BENCH_MAX_KERNELS)
            p->kernels[p->nkernels++] = k;
    }
    if (!any)
        snprintf(err, size, "no kernel or group is called '%s' (see --list)", what ? what : "");
    return any;
}

/* Without names, what there is for the guest. */
static bool add_existing(BenchPlan *p, char *err, size_t size)
{
    unsigned n = 0;
    const char *reason;
    if (!add_kernels(p, NULL, err, size))
        return false;
    for (unsigned i = 0; i < p->nkernels; i++)
        if (p->guest == &abi_x86_64 || bench_command(p, p->kernels[i], p->guest, &reason))
            p->kernels[n++] = p->kernels[i];
    p->nkernels = n;
    return true;
}

static bool defaults(BenchPlan *p, char *err, size_t size)
{
    if (!p->kernel_dir) {
        char *dir = strdup(self()), *slash = dir ? strrchr(dir, '/') : NULL;
        if (slash)
            *slash = 0;
        if (asprintf((char **)(uintptr_t)&p->kernel_dir, "%s/bench", dir ? dir : "") < 0)
            log_fatal("no memory");
    }
    if (!p->path)
        p->path = getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin";
    if (p->nkernels == 0 && !add_existing(p, err, size))
        return false;
    for (unsigned i = 0; i < p->nengines; i++)
        p->engines[i].version =
            p->engines[i].words[0] && !p->count ? bench_version(p->engines[i].words) : NULL;
    return true;
}

static const OptionRow *find(const char *name, size_t n)
{
    for (unsigned i = 0; i < ROWS; i++)
        if (strlen(rows[i].word) == n && !strncmp(rows[i].word, name, n))
            return &rows[i];
    return NULL;
}

bool bench_options(BenchPlan *p, int argc, char **argv, char *err, size_t size)
{
    *p = (BenchPlan){.rounds = 3, .limit = 600, .guest = &abi_x86_64};
#ifdef __x86_64__
    own_engine(p, "native", err, size);
#endif
    own_engine(p, "dragoman", err, size);
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] != '-') {
            if (!add_kernels(p, argv[i], err, size))
                return false;
            continue;
        }
        const char *name = argv[i] + (argv[i][1] == '-' ? 2 : 1), *argument = strchr(name, '=');
        size_t n = strcspn(name, "=");
        const OptionRow *row = find(name, n);
        if (!row) {
            snprintf(err, size, "unknown option '%s' (try --help)", argv[i]);
            return false;
        }
        argument = argument ? argument + 1 : row->argument && i + 1 < argc ? argv[++i] : NULL;
        if ((argument != NULL) != (row->argument != NULL)) {
            snprintf(err, size, "option --%s %s%s", row->word,
                     row->argument ? "needs an argument " : "takes no argument",
                     row->argument ? row->argument : "");
            return false;
        }
        if (!row->apply(p, argument, err, size))
            return false;
    }
    return p->help || p->list || p->tunables || defaults(p, err, size);
}
