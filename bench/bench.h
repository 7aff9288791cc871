/* bench.h: `dragoman bench`: the same programs by several engines, measured in turns.
 *
 *     plan (options.c, kernels.c) -> measure (measure.c, one program run: process.c)
 *          -> report as JSON, Markdown, HTML (json.c, markdown.c, html.c), comparison (compare.c)
 *
 * Times are CPU seconds, user and system, of the program and the children it waited for. An engine
 * is a name and the words that go before the program's; native has none. Strings live until the end
 * of the process unless it says otherwise.
 */
#ifndef DRAGOMAN_BENCH_BENCH_H
#define DRAGOMAN_BENCH_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "runtime/linux/abi.h"

enum { BENCH_MAX_ENGINES = 8, BENCH_MAX_ROUNDS = 99, BENCH_MAX_KERNELS = 96, BENCH_MAX_WORDS = 24 };

/* ---- what is run ---- */

typedef struct BenchKernel {
    const char *name, *group;
    const char *full, *quick, *count; /* sizes; count is NULL for programs */
    const char *command;              /* NULL for kernels */
    unsigned runs;
} BenchKernel;

extern const BenchKernel bench_kernels[];
extern const unsigned bench_kernel_count;
/* The groups in the order of reports, NULL at the end. */
extern const char *const bench_groups[];

typedef struct BenchEngine {
    const char *name;
    const char *words[BENCH_MAX_WORDS]; /* NULL-terminated */
    const char *version;
    bool native;  /* runs the kernels built for this machine, the others the guest's */
    bool ours;    /* has --stats-file */
    bool dynamic; /* --count: gets the dynamically linked kernels */
} BenchEngine;

typedef enum BenchSize { SIZE_FULL, SIZE_QUICK, SIZE_COUNT } BenchSize;

typedef struct BenchPlan {
    BenchEngine engines[BENCH_MAX_ENGINES];
    unsigned nengines, rounds;
    BenchSize size;
    const BenchKernel *kernels[BENCH_MAX_KERNELS];
    unsigned nkernels;
    const char *kernel_dir, *path;
    const GuestAbi *guest; /* whose programs are measured */
    unsigned limit;        /* CPU seconds of one run */
    const char *json, *markdown, *html, *compare;
    bool list, help, tunables, count;
} BenchPlan;

/* False with one line in err. */
bool bench_options(BenchPlan *plan, int argc, char **argv, char *err, size_t size);
void bench_help(FILE *out);

/* The words of a kernel's command for a size, of the program for a guest, NULL-terminated,
 * allocated; NULL with a reason. */
char **bench_command(const BenchPlan *plan, const BenchKernel *k, const GuestAbi *guest,
                     const char **reason);

/* GLIBC_TUNABLES by which a native program sees the processor that the guest sees; empty on hosts
 * that cannot run one natively. */
const char *bench_tunables(void);

/* ---- one run ---- */

typedef struct BenchRun {
    double seconds;
    long peak_kb;    /* largest resident size of the process and of its waited-for children */
    int status;      /* as wait4 gives it */
    uint64_t output; /* hash of standard output */
    size_t length;
} BenchRun;

/* Runs prefix then command. False: it could not be started (errno). */
bool bench_run(const BenchPlan *plan, const char *const *prefix, char *const *command,
               BenchRun *out);
/* The same for one of our engines; *stats becomes what its --stats-file says, NULL if nothing. */
bool bench_run_stats(const BenchPlan *plan, const char *const *prefix, char *const *command,
                     BenchRun *out, json_t **stats);
/* The first line that `words --version` prints, allocated; NULL if it does not. */
char *bench_version(const char *const *words);
/* Words before the program with the kernel's after it, NULL-terminated, to be freed. */
char **bench_join(const char *const *prefix, char *const *command);
/* The environment every measured program gets. Translations are kept in a directory that is empty
 * when the bench starts and gone when it ends. */
char *const *bench_environment(void);

/* ---- results ---- */

typedef struct BenchCell {
    double seconds[BENCH_MAX_ROUNDS];
    unsigned rounds;
    double median, spread; /* spread: half of (largest - smallest) / median */
    long peak_kb;
    char *problem; /* NULL if all went well */
    bool missing;  /* ..: there is no such program here */
    json_t *stats; /* what --stats-file says, NULL for other engines */
} BenchCell;

typedef struct BenchRow {
    const char *name, *group, *size;
    BenchCell cells[BENCH_MAX_ENGINES];
} BenchRow;

typedef struct BenchReport {
    const char *engines[BENCH_MAX_ENGINES], *versions[BENCH_MAX_ENGINES];
    unsigned nengines, rounds, processors;
    bool quick;
    const char *processor, *date;
    BenchRow rows[BENCH_MAX_KERNELS];
    unsigned nrows;
} BenchReport;

void bench_measure(const BenchPlan *plan, BenchReport *out);
void bench_summarise(BenchCell *c);
bool bench_cell_good(const BenchCell *c);
/* Ratio of a row's engine to its first engine; 0 if either has no time. */
double bench_ratio(const BenchRow *row, unsigned engine);
/* Geometric mean of an engine's ratios over a group (NULL: all); 0 if there are none. */
double bench_geomean(const BenchReport *r, const char *group, unsigned engine, unsigned *count);
/* A number --stats-file reports for a cell, by section and name; negative if there is none. */
double bench_stat(const BenchCell *c, const char *section, const char *name);

json_t *bench_to_json(const BenchReport *r);
/* False with one line in err: what is wrong with the file and where. */
bool bench_from_json(BenchReport *out, const char *file, char *err, size_t size);
void bench_markdown(const BenchReport *r, FILE *out);
void bench_html(const BenchReport *r, const BenchReport *old, FILE *out);
void bench_compare(const BenchReport *old, const BenchReport *now, FILE *out);

/* ---- counting executed host instructions (count.c) ---- */

/* The exit status: 1 if an engine failed, 2 if one cannot be counted. */
int bench_count(const BenchPlan *plan, FILE *out, FILE *json);

/* The program: argv[0] is "bench". */
int bench_main(int argc, char **argv);

#endif
