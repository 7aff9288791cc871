/* count.c: `dragoman bench --count`: host instructions that translators for AArch64 hosts execute
 * for each guest instruction, without such a host at hand (trace.h).
 *
 * Every --vs command must contain a qemu-aarch64 of version 10 or later; the options of its log are
 * put behind that word. A guest's instructions are those that Dragoman's block counters find for
 * the same program and size on this host. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/trace.h"
#include "ir/base/log.h"

static const char *const places[PLACES] = {"code", "stubs", "helpers", "runtime"};
static const char *const kinds[KINDS] = {"insns",   "dmb",     "dmb_ld", "dmb_st",
                                         "acquire", "release", "atomic"};

typedef struct Count {
    bool good;
    uint64_t guest;
    TraceCounts counts;
} Count;

/* Where in the command the emulator stands; -1: nowhere. */
static int emulator_at(const char *const *words)
{
    for (int i = 0; words[i]; i++) {
        const char *slash = strrchr(words[i], '/'), *name = slash ? slash + 1 : words[i];
        if (!strncmp(name, "qemu-aarch64", 12) || !strcmp(name, "qemu-arm64"))
            return i;
    }
    return -1;
}

/* One number of what --stats-file says of a run under Dragoman; negative: it failed. */
static double stat_of(const BenchPlan *plan, const char *const *engine, char *const *command,
                      const char *section, const char *name)
{
    BenchCell cell = {0};
    BenchRun run;
    double value = -1;
    if (bench_run_stats(plan, engine, command, &run, &cell.stats) && run.status == 0)
        value = bench_stat(&cell, section, name);
    json_decref(cell.stats);
    return value;
}

static void start_logged(const BenchEngine *e, char *const *command, char *const *environment,
                         int log)
{
    const char *words[BENCH_MAX_WORDS + 5];
    char file[32];
    int at = emulator_at(e->words), n = 0;
    snprintf(file, sizeof file, "/proc/self/fd/%d", log);
    for (int i = 0; e->words[i]; i++) {
        words[n++] = e->words[i];
        if (i == at) {
            words[n++] = "-d";
            words[n++] = "exec,nochain,in_asm,strace";
            words[n++] = "-D";
            words[n++] = file;
        }
    }
    words[n] = NULL;
    char **all = bench_join(words, command);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execve(all[0], all, environment);
    _exit(127);
}

static bool count_one(const BenchEngine *e, char *const *command, uint64_t stub_bytes,
                      TraceCounts *out)
{
    int ends[2], status = -1;
    if (pipe(ends) < 0)
        log_fatal("no descriptors for a run: %s", strerror(errno));
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETPIPE_SZ, 1 << 20);
    fflush(NULL);
    char *const *environment = bench_environment();
    pid_t child = fork();
    if (child == 0)
        start_logged(e, command, environment, ends[1]);
    close(ends[1]);
    FILE *log = fdopen(ends[0], "r");
    bool good = child > 0 && log && bench_trace_read(log, stub_bytes, out);
    if (log)
        fclose(log);
    waitpid(child, &status, 0);
    return good && status == 0;
}

static uint64_t total(const TraceCounts *c, TraceKind kind)
{
    uint64_t sum = 0;
    for (unsigned p = 0; p < PLACES; p++)
        sum += c->of[p][kind];
    return sum;
}

/* Host instructions for a guest instruction but for the runtime's: what a long run approaches. */
static double steady(const Count *c)
{
    uint64_t host = total(&c->counts, KIND_INSN) - c->counts.of[PLACE_RUNTIME][KIND_INSN];
    return (double)host / (double)c->guest;
}

static void print_header(FILE *out)
{
    fputs("| kernel | engine | guest insns | host/guest | code | stubs | helpers | runtime |"
          " acquire | release | dmb | dmb ld | dmb st | atomic |\n"
          "|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
          out);
}

static void print_count(FILE *out, const char *kernel, const char *engine, const Count *c)
{
    fprintf(out, "| %s | %s |", kernel, engine);
    if (!c->good) {
        fputs(" failed | | | | | | | | | | | |\n", out);
        return;
    }
    double guest = (double)c->guest;
    fprintf(out, " %llu | **%.2f** |", (unsigned long long)c->guest, steady(c));
    for (unsigned p = 0; p < PLACES; p++)
        fprintf(out, " %.2f |", (double)c->counts.of[p][KIND_INSN] / guest);
    static const TraceKind shown[] = {KIND_ACQUIRE, KIND_RELEASE, KIND_DMB,
                                      KIND_DMB_LD,  KIND_DMB_ST,  KIND_ATOMIC};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        fprintf(out, " %.3f |",
                (double)(total(&c->counts, shown[i]) - c->counts.of[PLACE_RUNTIME][shown[i]]) /
                    guest);
    fputc('\n', out);
    fflush(out);
}

static json_t *count_to_json(const Count *c)
{
    json_t *o =
        json_pack("{s:I, s:f}", "guest_insns", (json_int_t)c->guest, "host_per_guest", steady(c));
    for (unsigned p = 0; p < PLACES; p++) {
        json_t *place = json_object();
        for (unsigned k = 0; k < KINDS; k++)
            json_object_set_new(place, kinds[k], json_integer((json_int_t)c->counts.of[p][k]));
        json_object_set_new(o, places[p], place);
    }
    return o;
}

/* The kernels of an engine: those linked dynamically for the ones named so. */
static char **engine_command(const BenchPlan *plan, const BenchKernel *k, const BenchEngine *e,
                             const char **reason)
{
    BenchPlan its = *plan;
    if (e->dynamic &&
        asprintf((char **)(uintptr_t)&its.kernel_dir, "%s/dynamic", plan->kernel_dir) < 0)
        log_fatal("no memory for a command");
    return bench_command(&its, k, plan->guest, reason);
}

static void count_kernel(const BenchPlan *plan, const BenchKernel *k, Count *counts)
{
    static const char *const own[] = {"/proc/self/exe", NULL};
    for (unsigned i = 0; i < plan->nengines; i++) {
        const BenchEngine *e = &plan->engines[i];
        const char *reason = NULL;
        char **command = engine_command(plan, k, e, &reason);
        if (!command) {
            log_note("bench: %s: %s", k->name, reason);
            continue;
        }
        double guest = stat_of(plan, own, command, "run", "guest_insns");
        double stubs = e->ours ? stat_of(plan, e->words, command, "memory", "stub_bytes") : 0;
        counts[i].guest = guest > 0 ? (uint64_t)guest : 0;
        counts[i].good =
            guest > 0 && stubs >= 0 && count_one(e, command, (uint64_t)stubs, &counts[i].counts);
    }
}

static void print_means(FILE *out, const BenchPlan *plan, Count (*counts)[BENCH_MAX_ENGINES])
{
    for (unsigned i = 0; i < plan->nengines; i++) {
        double sum = 0;
        unsigned n = 0;
        for (unsigned k = 0; k < plan->nkernels; k++) {
            if (!counts[k][i].good)
                continue;
            sum += log(steady(&counts[k][i]));
            n++;
        }
        if (n)
            fprintf(out, "| **geometric mean of %u** | %s | | **%.2f** | | | | | | | | | | |\n", n,
                    plan->engines[i].name, exp(sum / n));
    }
}

int bench_count(const BenchPlan *plan, FILE *out, FILE *json)
{
    Count(*counts)[BENCH_MAX_ENGINES] = calloc(BENCH_MAX_KERNELS, sizeof *counts);
    bool good = counts != NULL;
    if (!good)
        log_fatal("out of memory");
    json_t *kernels = json_object();
    for (unsigned i = 0; i < plan->nengines; i++) {
        if (emulator_at(plan->engines[i].words) < 0) {
            log_note("bench: --count: engine '%s' does not run under qemu-aarch64",
                     plan->engines[i].name);
            return 2;
        }
    }
    print_header(out);
    for (unsigned k = 0; k < plan->nkernels; k++) {
        const BenchKernel *kernel = plan->kernels[k];
        if (!kernel->count)
            continue;
        count_kernel(plan, kernel, counts[k]);
        json_t *row = json_object();
        for (unsigned i = 0; i < plan->nengines; i++) {
            print_count(out, kernel->name, plan->engines[i].name, &counts[k][i]);
            good = good && counts[k][i].good;
            if (counts[k][i].good)
                json_object_set_new(row, plan->engines[i].name, count_to_json(&counts[k][i]));
        }
        json_object_set_new(kernels, kernel->name, row);
    }
    print_means(out, plan, counts);
    if (json)
        json_dumpf(kernels, json, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
    json_decref(kernels);
    free(counts);
    return good ? 0 : 1;
}
