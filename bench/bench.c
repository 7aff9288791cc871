/* bench.c: `dragoman bench`: from the command line to the reports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "ir/base/log.h"
#include "runtime/options.h"

static void list(void)
{
    for (unsigned g = 0; bench_groups[g]; g++)
        for (unsigned i = 0; i < bench_kernel_count; i++)
            if (!strcmp(bench_kernels[i].group, bench_groups[g]))
                printf("%-10s %s\n", bench_groups[g], bench_kernels[i].name);
}

/* The files are opened before anything is measured, so that a wrong name costs no time. */
static bool open_output(const char *file, FILE **out)
{
    *out = file ? fopen(file, "we") : NULL;
    if (file && !*out)
        log_note("%s: %s", file, strerror(errno));
    return !file || *out;
}

typedef struct Outputs {
    FILE *json, *markdown, *html;
} Outputs;

static bool close_output(const char *file, FILE *out)
{
    bool bad = out && (ferror(out) | fclose(out)) != 0;
    if (bad)
        log_note("%s: cannot be written", file);
    return !bad;
}

static bool write_reports(const BenchPlan *plan, const BenchReport *r, const BenchReport *old,
                          const Outputs *o)
{
    FILE *text = o->markdown ? o->markdown : stdout;
    bench_markdown(r, text);
    if (old) {
        fputc('\n', text);
        bench_compare(old, r, text);
    }
    if (o->html)
        bench_html(r, old, o->html);
    if (o->json) {
        json_t *root = bench_to_json(r);
        json_dumpf(root, o->json, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
        fputc('\n', o->json);
        json_decref(root);
    }
    bool good = close_output(plan->json, o->json);
    good &= close_output(plan->markdown, o->markdown);
    return close_output(plan->html, o->html) && good;
}

/* 1 if an engine failed that had a program to run, or if there was nothing to measure at all. */
static int status_of(const BenchReport *r)
{
    bool measured = false;
    for (unsigned k = 0; k < r->nrows; k++) {
        for (unsigned i = 0; i < r->nengines; i++) {
            const BenchCell *c = &r->rows[k].cells[i];
            if (c->problem && !c->missing)
                return 1;
            measured |= !c->problem;
        }
    }
    return !measured;
}

int bench_main(int argc, char **argv)
{
    static BenchPlan plan;
    char err[512];
    Outputs o;
    if (!bench_options(&plan, argc, argv, err, sizeof err)) {
        log_note("bench: %s", err);
        return OPTIONS_USAGE_STATUS;
    }
    if (plan.help)
        bench_help(stdout);
    else if (plan.list)
        list();
    else if (plan.tunables)
        puts(bench_tunables());
    if (plan.help || plan.list || plan.tunables)
        return 0;
    BenchReport *report = calloc(2, sizeof *report), *old = report + 1;
    if (!report)
        log_fatal("out of memory");
    if (plan.compare && !bench_from_json(old, plan.compare, err, sizeof err)) {
        log_note("bench: %s", err);
        return OPTIONS_USAGE_STATUS;
    }
    if (!open_output(plan.json, &o.json) || !open_output(plan.markdown, &o.markdown) ||
        !open_output(plan.html, &o.html))
        return OPTIONS_USAGE_STATUS;
    if (plan.count) {
        int status = bench_count(&plan, o.markdown ? o.markdown : stdout, o.json);
        bool json = close_output(plan.json, o.json), text = close_output(plan.markdown, o.markdown);
        return json && text ? status : 1;
    }
    bench_measure(&plan, report);
    bool written = write_reports(&plan, report, plan.compare ? old : NULL, &o);
    return written ? status_of(report) : 1;
}
