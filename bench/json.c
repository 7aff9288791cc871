/* json.c: a report as JSON and back.
 *
 *     { "dragoman_bench": 1, "date": "...", "processor": "...", "processors": 2, "rounds": 3,
 *       "quick": false, "engines": [ { "name": "native", "version": "..." }, ... ],
 *       "kernels": [ { "name": "sort", "group": "integer", "size": "1000",
 *           "results": { "native": { "seconds": [1.1, 1.2, 1.1], "median": 1.1, "spread": 0.04,
 *                                    "peak_kb": 9000 },
 *                        "dragoman": { ..., "stats": { ... } },
 *                        "qemu": { "problem": "signal 11" } } } ],
 *       "geometric_means": { "integer": { "dragoman": 1.4 } } }
 *
 * The order of engines is that of the report; the first is what ratios are to. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "ir/base/log.h"

enum { FORMAT = 1 };

static json_t *cell_to_json(const BenchCell *c)
{
    json_t *o = json_object();
    if (c->problem) {
        json_object_set_new(o, "problem", json_string(c->problem));
        return o;
    }
    json_t *seconds = json_array();
    for (unsigned i = 0; i < c->rounds; i++)
        json_array_append_new(seconds, json_real(c->seconds[i]));
    json_object_set_new(o, "seconds", seconds);
    json_object_set_new(o, "median", json_real(c->median));
    json_object_set_new(o, "spread", json_real(c->spread));
    json_object_set_new(o, "peak_kb", json_integer(c->peak_kb));
    if (c->stats)
        json_object_set(o, "stats", c->stats);
    return o;
}

static json_t *row_to_json(const BenchReport *r, const BenchRow *row)
{
    json_t *results = json_object();
    for (unsigned i = 0; i < r->nengines; i++)
        json_object_set_new(results, r->engines[i], cell_to_json(&row->cells[i]));
    return json_pack("{s:s, s:s, s:s, s:o}", "name", row->name, "group", row->group, "size",
                     row->size, "results", results);
}

static json_t *means_to_json(const BenchReport *r)
{
    json_t *means = json_object();
    for (unsigned g = 0; bench_groups[g]; g++) {
        json_t *group = json_object();
        for (unsigned i = 1; i < r->nengines; i++) {
            double mean = bench_geomean(r, bench_groups[g], i, NULL);
            if (mean > 0)
                json_object_set_new(group, r->engines[i], json_real(mean));
        }
        if (json_object_size(group))
            json_object_set(means, bench_groups[g], group);
        json_decref(group);
    }
    return means;
}

json_t *bench_to_json(const BenchReport *r)
{
    json_t *engines = json_array(), *kernels = json_array();
    for (unsigned i = 0; i < r->nengines; i++)
        json_array_append_new(
            engines, json_pack("{s:s, s:s*}", "name", r->engines[i], "version", r->versions[i]));
    for (unsigned i = 0; i < r->nrows; i++)
        json_array_append_new(kernels, row_to_json(r, &r->rows[i]));
    return json_pack("{s:i, s:s, s:s, s:i, s:i, s:b, s:o, s:o, s:o}", "dragoman_bench", FORMAT,
                     "date", r->date, "processor", r->processor, "processors", (int)r->processors,
                     "rounds", (int)r->rounds, "quick", (int)r->quick, "engines", engines,
                     "kernels", kernels, "geometric_means", means_to_json(r));
}

static void cell_from_json(BenchCell *c, json_t *o)
{
    const char *problem = json_string_value(json_object_get(o, "problem"));
    json_t *seconds = json_object_get(o, "seconds"), *value;
    size_t i;
    if (!o || problem)
        c->problem = strdup(problem ? problem : "was not measured");
    json_array_foreach(seconds, i, value)
    {
        if (c->rounds < BENCH_MAX_ROUNDS)
            c->seconds[c->rounds++] = json_number_value(value);
    }
    c->peak_kb = (long)json_integer_value(json_object_get(o, "peak_kb"));
    c->stats = json_incref(json_object_get(o, "stats"));
    bench_summarise(c);
}

static const char *row_from_json(BenchReport *r, json_t *kernel)
{
    json_t *results;
    if (r->nrows == BENCH_MAX_KERNELS)
        return "too many kernels";
    BenchRow *row = &r->rows[r->nrows++];
    if (json_unpack(kernel, "{s:s, s:s, s:s, s:o}", "name", &row->name, "group", &row->group,
                    "size", &row->size, "results", &results) != 0)
        return "a kernel without name, group, size or results";
    for (unsigned i = 0; i < r->nengines; i++)
        cell_from_json(&row->cells[i], json_object_get(results, r->engines[i]));
    return NULL;
}

static const char *report_from_json(BenchReport *r, json_t *root)
{
    int format = 0, quick = 0, rounds = 0, processors = 0;
    json_t *engines, *kernels, *value;
    size_t i;
    if (json_unpack(root, "{s:i}", "dragoman_bench", &format) != 0 || format != FORMAT)
        return "is not a report of dragoman bench";
    if (json_unpack(root, "{s:s, s:s, s:i, s:i, s:b, s:o, s:o}", "date", &r->date, "processor",
                    &r->processor, "processors", &processors, "rounds", &rounds, "quick", &quick,
                    "engines", &engines, "kernels", &kernels) != 0)
        return "has not all of a report's members";
    r->quick = quick != 0;
    r->rounds = (unsigned)rounds;
    r->processors = (unsigned)processors;
    json_array_foreach(engines, i, value)
    {
        const char *name = json_string_value(json_object_get(value, "name"));
        if (!name || r->nengines == BENCH_MAX_ENGINES)
            return "has a nameless engine or too many";
        r->engines[r->nengines] = name;
        r->versions[r->nengines++] = json_string_value(json_object_get(value, "version"));
    }
    json_array_foreach(kernels, i, value)
    {
        const char *reason = row_from_json(r, value);
        if (reason)
            return reason;
    }
    return NULL;
}

bool bench_from_json(BenchReport *out, const char *file, char *err, size_t size)
{
    json_error_t where;
    *out = (BenchReport){0};
    json_t *root = json_load_file(file, 0, &where); /* kept: the report's strings are its */
    if (!root) {
        snprintf(err, size, "%s: line %d: %s", file, where.line, where.text);
        return false;
    }
    const char *reason = report_from_json(out, root);
    if (reason)
        snprintf(err, size, "%s: %s", file, reason);
    return !reason;
}
