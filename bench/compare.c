/* compare.c: two reports side by side, kernel by kernel: new time / old time for every engine of
 * both.
 *
 * A change counts as one when it is larger than both spreads together and than two in a hundred. */
#include <math.h>
#include <string.h>

#include "bench/bench.h"

static int find_engine(const BenchReport *r, const char *name)
{
    for (unsigned i = 0; i < r->nengines; i++)
        if (!strcmp(r->engines[i], name))
            return (int)i;
    return -1;
}

static const BenchRow *find_row(const BenchReport *r, const BenchRow *like)
{
    for (unsigned i = 0; i < r->nrows; i++)
        if (!strcmp(r->rows[i].name, like->name) && !strcmp(r->rows[i].size, like->size))
            return &r->rows[i];
    return NULL;
}

static const char *verdict(const BenchCell *old, const BenchCell *now)
{
    double change = now->median / old->median - 1, noise = fmax(0.02, old->spread + now->spread);
    return change > noise ? " slower" : change < -noise ? " faster" : "";
}

static void header(const BenchReport *now, const int *old_engine, FILE *out)
{
    fputs("| kernel |", out);
    for (unsigned i = 0; i < now->nengines; i++)
        if (old_engine[i] >= 0)
            fprintf(out, " %s old (s) | new (s) | new/old |", now->engines[i]);
    fputs("\n|---|", out);
    for (unsigned i = 0; i < now->nengines; i++)
        if (old_engine[i] >= 0)
            fputs("---:|---:|---:|", out);
    fputc('\n', out);
}

void bench_compare(const BenchReport *old, const BenchReport *now, FILE *out)
{
    int old_engine[BENCH_MAX_ENGINES];
    double sum[BENCH_MAX_ENGINES] = {0};
    unsigned count[BENCH_MAX_ENGINES] = {0};
    for (unsigned i = 0; i < now->nengines; i++)
        old_engine[i] = find_engine(old, now->engines[i]);
    fprintf(out, "Compared with the report of %s (%s):\n\n", old->date, old->processor);
    header(now, old_engine, out);
    for (unsigned k = 0; k < now->nrows; k++) {
        const BenchRow *row = &now->rows[k], *was = find_row(old, row);
        if (!was)
            continue;
        fprintf(out, "| %s |", row->name);
        for (unsigned i = 0; i < now->nengines; i++) {
            if (old_engine[i] < 0)
                continue;
            const BenchCell *a = &was->cells[old_engine[i]], *b = &row->cells[i];
            if (!bench_cell_good(a) || !bench_cell_good(b)) {
                fputs(" | | |", out);
                continue;
            }
            fprintf(out, " %.3f | %.3f | %.2f%s |", a->median, b->median, b->median / a->median,
                    verdict(a, b));
            sum[i] += log(b->median / a->median);
            count[i]++;
        }
        fputc('\n', out);
    }
    fputs("| **geometric mean** |", out);
    for (unsigned i = 0; i < now->nengines; i++)
        if (old_engine[i] >= 0 && count[i] > 0)
            fprintf(out, " | | **%.3f** |", exp(sum[i] / count[i]));
        else if (old_engine[i] >= 0)
            fputs(" | | |", out);
    fputc('\n', out);
}
