/* markdown.c: a report as Markdown tables. */
#include <string.h>

#include "bench/bench.h"

static const BenchCell *stats_cell(const BenchReport *r, const BenchRow *row)
{
    for (unsigned i = 0; i < r->nengines; i++)
        if (row->cells[i].stats)
            return &row->cells[i];
    return NULL;
}

static void times_header(const BenchReport *r, FILE *out)
{
    fprintf(out, "| kernel | %s (s) |", r->engines[0]);
    for (unsigned i = 1; i < r->nengines; i++)
        fprintf(out, " %s (s) | ratio |", r->engines[i]);
    fputs("\n|---|---:|", out);
    for (unsigned i = 1; i < r->nengines; i++)
        fputs("---:|---:|", out);
    fputc('\n', out);
}

static void time_cell(const BenchCell *c, FILE *out)
{
    if (c->problem)
        fprintf(out, " %s |", c->problem);
    else
        fprintf(out, " %.3f ±%.0f%% |", c->median, c->spread * 100);
}

static void times_row(const BenchReport *r, const BenchRow *row, FILE *out)
{
    fprintf(out, "| %s |", row->name);
    time_cell(&row->cells[0], out);
    for (unsigned i = 1; i < r->nengines; i++) {
        double ratio = bench_ratio(row, i);
        time_cell(&row->cells[i], out);
        if (ratio > 0)
            fprintf(out, " %.2f |", ratio);
        else
            fputs(" |", out);
    }
    fputc('\n', out);
}

static void means_row(const BenchReport *r, const char *group, FILE *out)
{
    fprintf(out, "| **geometric mean, %s** | |", group ? group : "all");
    for (unsigned i = 1; i < r->nengines; i++) {
        double mean = bench_geomean(r, group, i, NULL);
        if (mean > 0)
            fprintf(out, " | **%.2f** |", mean);
        else
            fputs(" | |", out);
    }
    fputc('\n', out);
}

static void times(const BenchReport *r, FILE *out)
{
    times_header(r, out);
    for (unsigned g = 0; bench_groups[g]; g++) {
        unsigned n = 0;
        for (unsigned k = 0; k < r->nrows; k++) {
            if (strcmp(r->rows[k].group, bench_groups[g]) != 0)
                continue;
            times_row(r, &r->rows[k], out);
            n++;
        }
        if (n > 1 && r->nengines > 1)
            means_row(r, bench_groups[g], out);
    }
    if (r->nengines > 1)
        means_row(r, NULL, out);
}

static void counts_row(const BenchRow *row, const BenchCell *c, FILE *out)
{
    double guest = bench_stat(c, "run", "guest_insns"), host = bench_stat(c, "run", "host_insns");
    double lifted = bench_stat(c, "translation", "guest_insns");
    double us = bench_stat(c, "translation", "microseconds");
    fprintf(out, "| %s | %.0f | %.2f | %.0f | %.2f | %.0f | %.1f |", row->name, guest,
            guest > 0 ? host / guest : 0.0, lifted,
            bench_stat(c, "translation", "host_bytes") /
                bench_stat(c, "translation", "guest_bytes"),
            bench_stat(c, "translation", "host_bytes") / 1024, us / 1000);
    fprintf(out, " %.2f |", us > 0 ? lifted / us : 0.0);
    static const char *const exits[] = {"direct", "indirect", "sites", "faults", "services"};
    for (size_t i = 0; i < sizeof exits / sizeof *exits; i++)
        fprintf(out, " %.0f |", bench_stat(c, "exits", exits[i]));
    fprintf(out, " %.1f |\n", (double)c->peak_kb / 1024);
}

static void counts(const BenchReport *r, FILE *out)
{
    bool any = false;
    for (unsigned k = 0; k < r->nrows; k++) {
        const BenchCell *c = stats_cell(r, &r->rows[k]);
        if (c && !any)
            fputs(
                "\nInstructions executed (guest) and what they became (host instructions for one "
                "of "
                "the guest's), what\nwas translated, how fast (guest instructions a microsecond), "
                "and how often the runtime was entered:\n\n"
                "| kernel | guest insns | host/guest | translated | host/guest bytes | code KiB | "
                "translation ms | insns/µs | direct | indirect | sites | faults | services | peak "
                "MiB |\n|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
                out);
        if (c)
            counts_row(&r->rows[k], c, out);
        any = any || c;
    }
}

void bench_markdown(const BenchReport *r, FILE *out)
{
    fprintf(out,
            "CPU seconds (user and system), medians of %u rounds in turns ± half the range%s.\n",
            r->rounds, r->quick ? ", quick sizes" : "");
    fprintf(out, "%s, %u processors, %s.", r->processor, r->processors, r->date);
    for (unsigned i = 0; i < r->nengines; i++)
        if (r->versions[i])
            fprintf(out, " %s: %s.", r->engines[i], r->versions[i]);
    fputs("\n\n", out);
    times(r, out);
    counts(r, out);
}
