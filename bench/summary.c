/* summary.c: medians, spreads, ratios and geometric means. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void bench_summarise(BenchCell *c)
{
    double sorted[BENCH_MAX_ROUNDS];
    unsigned n = c->rounds;
    if (n == 0)
        return;
    memcpy(sorted, c->seconds, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_value);
    c->median = (sorted[(n - 1) / 2] + sorted[n / 2]) / 2;
    c->spread = c->median > 0 ? (sorted[n - 1] - sorted[0]) / 2 / c->median : 0;
}

bool bench_cell_good(const BenchCell *c)
{
    return !c->problem && c->rounds && c->median > 0;
}

double bench_ratio(const BenchRow *row, unsigned engine)
{
    const BenchCell *first = &row->cells[0], *c = &row->cells[engine];
    return bench_cell_good(first) && bench_cell_good(c) ? c->median / first->median : 0;
}

double bench_geomean(const BenchReport *r, const char *group, unsigned engine, unsigned *count)
{
    double sum = 0;
    unsigned n = 0;
    for (unsigned i = 0; i < r->nrows; i++) {
        double ratio = bench_ratio(&r->rows[i], engine);
        if ((group && strcmp(group, r->rows[i].group) != 0) || ratio <= 0)
            continue;
        sum += log(ratio);
        n++;
    }
    if (count)
        *count = n;
    return n ? exp(sum / n) : 0;
}

double bench_stat(const BenchCell *c, const char *section, const char *name)
{
    json_t *v = json_object_get(json_object_get(c->stats, section), name);
    return json_is_number(v) ? json_number_value(v) : -1;
}
