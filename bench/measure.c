/* measure.c: every kernel by every engine, in turns.
 *
 * Within a round the engines alternate, so that a slow spell of the machine hits all of them. All
 * runs of a kernel must write the same; the first engine's first run says what. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "ir/base/log.h"

typedef struct Expected {
    bool known;
    uint64_t output;
    size_t length;
} Expected;

static void progress(const BenchPlan *plan, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* One line that is rewritten on a terminal; elsewhere nothing. */
static void progress(const BenchPlan *plan, const char *format, ...)
{
    (void)plan;
    if (!isatty(STDERR_FILENO))
        return;
    va_list ap;
    va_start(ap, format);
    fputs("\r\033[K", stderr);
    vfprintf(stderr, format, ap);
    va_end(ap);
    fflush(stderr);
}

__attribute__((format(printf, 2, 3))) static void problem(BenchCell *c, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    if (c->problem || vasprintf(&c->problem, format, ap) < 0)
        (void)0; /* the first problem of a cell is enough */
    va_end(ap);
}

/* Checks how a run ended; false: the cell has a problem. */
static bool ended_well(BenchCell *c, const BenchRun *run, Expected *expected)
{
    if (WIFSIGNALED(run->status))
        problem(c, "signal %d%s", WTERMSIG(run->status),
                WTERMSIG(run->status) == SIGXCPU ? " (over --limit)" : "");
    else if (run->status != 0)
        problem(c, "exit status %d", WEXITSTATUS(run->status));
    else if (expected->known &&
             (run->output != expected->output || run->length != expected->length))
        problem(c, "its output differs");
    if (!c->problem && !expected->known)
        *expected = (Expected){true, run->output, run->length};
    return !c->problem;
}

static void run_cell(const BenchPlan *plan, const BenchKernel *k, const BenchEngine *engine,
                     char *const *command, BenchCell *c, Expected *expected)
{
    double sum = 0;
    unsigned runs = plan->size == SIZE_FULL ? k->runs : 1;
    for (unsigned i = 0; i < runs && !c->problem; i++) {
        BenchRun run;
        if (!bench_run(plan, engine->words, command, &run))
            problem(c, "cannot be started: %s", strerror(errno));
        else if (ended_well(c, &run, expected))
            sum += run.seconds;
        if (run.peak_kb > c->peak_kb)
            c->peak_kb = run.peak_kb;
    }
    if (!c->problem)
        c->seconds[c->rounds++] = sum;
}

/* A run beside the measured ones that counts instructions, exits and bytes. */
static void count_cell(const BenchPlan *plan, const BenchEngine *engine, char *const *command,
                       BenchCell *c, Expected *expected)
{
    BenchRun run;
    json_t *stats;
    if (bench_run_stats(plan, engine->words, command, &run, &stats) &&
        ended_well(c, &run, expected))
        c->stats = stats;
    else
        json_decref(stats);
}

/* A kernel's program for a guest, and what it writes: native runs have one of their own where the
 * guest is another processor, whose mathematical library rounds otherwise. */
typedef struct Program {
    char **command;
    const char *reason;
    Expected expected;
} Program;

static void measure_row(const BenchPlan *plan, const BenchKernel *k, BenchRow *row, unsigned index)
{
    Program guest = {0}, native = {0}, *of[BENCH_MAX_ENGINES];
    guest.command = bench_command(plan, k, plan->guest, &guest.reason);
    if (plan->guest != &abi_x86_64)
        native.command = bench_command(plan, k, &abi_x86_64, &native.reason);
    for (unsigned i = 0; i < plan->nengines; i++)
        of[i] = plan->engines[i].native && plan->guest != &abi_x86_64 ? &native : &guest;
    for (unsigned round = 0; round < plan->rounds; round++) {
        for (unsigned i = 0; i < plan->nengines; i++) {
            BenchCell *c = &row->cells[i];
            progress(plan, "[%u/%u] %s: %s, round %u of %u", index + 1, plan->nkernels, k->name,
                     plan->engines[i].name, round + 1, plan->rounds);
            c->missing = !of[i]->command;
            if (c->missing)
                problem(c, "%s", of[i]->reason);
            else if (!c->problem)
                run_cell(plan, k, &plan->engines[i], of[i]->command, c, &of[i]->expected);
        }
    }
    for (unsigned i = 0; i < plan->nengines; i++) {
        if (plan->engines[i].ours && !row->cells[i].problem) {
            progress(plan, "[%u/%u] %s: %s, counting", index + 1, plan->nkernels, k->name,
                     plan->engines[i].name);
            count_cell(plan, &plan->engines[i], of[i]->command, &row->cells[i], &of[i]->expected);
        }
        bench_summarise(&row->cells[i]);
    }
}

static void print_row(const BenchPlan *plan, const BenchRow *row, unsigned index)
{
    progress(plan, "%s", "");
    fprintf(stderr, "[%2u/%u] %-12s", index + 1, plan->nkernels, row->name);
    for (unsigned i = 0; i < plan->nengines; i++) {
        const BenchCell *c = &row->cells[i];
        if (c->problem)
            fprintf(stderr, "  %s: %s", plan->engines[i].name, c->problem);
        else
            fprintf(stderr, "  %s %.3f s", plan->engines[i].name, c->median);
    }
    fputc('\n', stderr);
}

static const char *processor(void)
{
    char line[512];
    FILE *f = fopen("/proc/cpuinfo", "re");
    const char *name = NULL;
    while (f && !name && fgets(line, sizeof line, f)) {
        char *colon = strchr(line, ':');
        if (colon && !strncmp(line, "model name", 10)) {
            colon[strcspn(colon, "\n")] = 0;
            name = strdup(colon + 2);
        }
    }
    if (f)
        fclose(f);
    return name ? name : "unknown processor";
}

static const char *today(void)
{
    static char text[32];
    time_t now = time(NULL);
    struct tm tm;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&now, &tm));
    return text;
}

void bench_measure(const BenchPlan *plan, BenchReport *r)
{
    *r = (BenchReport){.nengines = plan->nengines,
                       .rounds = plan->rounds,
                       .quick = plan->size == SIZE_QUICK,
                       .processors = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
                       .processor = processor(),
                       .date = today()};
    for (unsigned i = 0; i < plan->nengines; i++) {
        r->engines[i] = plan->engines[i].name;
        r->versions[i] = plan->engines[i].version;
    }
    for (unsigned k = 0; k < plan->nkernels; k++) {
        const BenchKernel *kernel = plan->kernels[k];
        BenchRow *row = &r->rows[r->nrows++];
        row->name = kernel->name;
        row->group = kernel->group;
        row->size = plan->size == SIZE_QUICK ? kernel->quick : kernel->full;
        measure_row(plan, kernel, row, k);
        print_row(plan, row, k);
    }
}
