/* html.c: a report as one HTML page: charts (inline SVG) of every engine's ratio to the first one,
 * then the numbers. Nothing is loaded from elsewhere; there are no scripts.
 *
 * A chart is a list of bars on a logarithmic axis that begins at 0.5, so that 2 times slower is as
 * far from 1 as 2 times faster; the line at 1 is the first engine. */
#include <math.h>
#include <string.h>

#include "bench/bench.h"

enum {
    LABEL = 130, /* width of the names */
    PLOT = 560,  /* width of the bars' area */
    BAR = 12,    /* height of a bar */
    GAP = 12,    /* between kernels */
    TOP = 24,    /* the axis */
    VALUE = 70,  /* room for numbers behind the longest bar */
};

static const double AXIS_START = 0.5;

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n<title>Dragoman "
    "bench</title>\n<style>\n"
    ":root{color-scheme:light dark;--ink:#1c2430;--paper:#fcfcfa;--soft:#667080;--line:#d9dce1;"
    "--c1:#2563a8;--c2:#c4682b;--c3:#4f8f5b;--c4:#8756a8;--c5:#a8902a;--c6:#3a9a9a;--c7:#b04a6a}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--paper:#15181d;--soft:#98a2b0;"
    "--line:#343a44;--c1:#6ba4e8;--c2:#e59a60;--c3:#83c491;--c4:#bd93dc;--c5:#d6c065;--c6:#72cccc;"
    "--c7:#e28aa6}}\n"
    "body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);"
    "max-width:1080px;margin:2em auto;padding:0 1em}\n"
    "h1{font-size:1.6em;margin-bottom:.2em}h2{font-size:1.15em;margin:2em 0 .4em}\n"
    "p{max-width:46em}.soft{color:var(--soft)}\n"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums;margin:.6em 0}\n"
    "td,th{padding:.15em .7em;text-align:right;border-bottom:1px solid var(--line)}\n"
    "td:first-child,th:first-child{text-align:left}th{font-weight:600}tr.mean td{font-weight:600}\n"
    ".wide{overflow-x:auto}svg{max-width:100%;height:auto}svg text{font:12px system-ui,sans-serif;"
    "fill:var(--ink)}svg .axis{fill:var(--soft)}svg line{stroke:var(--line)}"
    "svg line.one{stroke:var(--soft)}\n"
    ".key span{display:inline-block;width:.8em;height:.8em;margin:0 .4em 0 1em}\n"
    "</style></head><body>\n";

static void text(FILE *out, const char *s)
{
    for (; s && *s; s++) {
        if (*s == '<')
            fputs("&lt;", out);
        else if (*s == '>')
            fputs("&gt;", out);
        else if (*s == '&')
            fputs("&amp;", out);
        else if (*s == '"')
            fputs("&quot;", out);
        else
            fputc(*s, out);
    }
}

static double largest_ratio(const BenchReport *r)
{
    double most = 2;
    for (unsigned k = 0; k < r->nrows; k++)
        for (unsigned i = 1; i < r->nengines; i++)
            most = fmax(most, bench_ratio(&r->rows[k], i));
    return most;
}

static double place(double ratio, double most)
{
    double x = log2(fmax(ratio, AXIS_START) / AXIS_START) / log2(most / AXIS_START);
    return LABEL + PLOT * x;
}

static void axis(FILE *out, double most, unsigned height)
{
    for (double tick = AXIS_START; tick <= most; tick *= 2)
        fprintf(out,
                "<line%s x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%u\"/>"
                "<text class=\"axis\" x=\"%.1f\" y=\"12\" text-anchor=\"middle\">%g×</text>\n",
                tick == 1 ? " class=\"one\"" : "", place(tick, most), place(tick, most), TOP - 6,
                height, place(tick, most), tick);
}

/* One kernel's or mean's bars at y; the next y. */
static unsigned bars(FILE *out, const BenchReport *r, const char *name, const double *ratios,
                     double most, unsigned y, bool strong)
{
    unsigned n = r->nengines - 1;
    fprintf(out, "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\"%s>", LABEL - 8,
            y + n * BAR / 2.0 + 4, strong ? " font-weight=\"600\"" : "");
    text(out, name);
    fputs("</text>\n", out);
    for (unsigned i = 1; i <= n; i++, y += BAR) {
        if (ratios[i] <= 0)
            continue;
        double start = place(AXIS_START, most), end = place(ratios[i], most);
        fprintf(out,
                "<rect x=\"%.1f\" y=\"%u\" width=\"%.1f\" height=\"%d\" fill=\"var(--c%u)\"%s>"
                "<title>",
                start, y, fmax(end - start, 1), BAR - 2, i, strong ? "" : " opacity=\".8\"");
        text(out, r->engines[i]);
        fprintf(out, ": %.2f</title></rect><text x=\"%.1f\" y=\"%u\">%.2f</text>\n", ratios[i],
                end + 5, y + BAR - 2, ratios[i]);
    }
    return y + GAP;
}

static unsigned rows_of(const BenchReport *r, const char *group)
{
    unsigned n = 0;
    for (unsigned k = 0; k < r->nrows; k++)
        n += !strcmp(r->rows[k].group, group);
    return n;
}

static void chart(FILE *out, const BenchReport *r, const char *group, double most)
{
    unsigned rows = rows_of(r, group), lines = rows + (rows > 1);
    unsigned y = TOP, height = TOP + lines * ((r->nengines - 1) * BAR + GAP);
    double ratios[BENCH_MAX_ENGINES];
    fprintf(out,
            "<svg viewBox=\"0 0 %d %u\" width=\"%d\" height=\"%u\" role=\"img\" "
            "aria-label=\"time relative to %s, %s\">\n",
            LABEL + PLOT + VALUE, height, LABEL + PLOT + VALUE, height, r->engines[0], group);
    axis(out, most, height);
    for (unsigned k = 0; k < r->nrows; k++) {
        if (strcmp(r->rows[k].group, group) != 0)
            continue;
        for (unsigned i = 0; i < r->nengines; i++)
            ratios[i] = bench_ratio(&r->rows[k], i);
        y = bars(out, r, r->rows[k].name, ratios, most, y, false);
    }
    if (rows > 1) {
        for (unsigned i = 1; i < r->nengines; i++)
            ratios[i] = bench_geomean(r, group, i, NULL);
        bars(out, r, "geometric mean", ratios, most, y, true);
    }
    fputs("</svg>\n", out);
}

static void key(FILE *out, const BenchReport *r)
{
    fputs("<p class=\"key soft\">Time relative to ", out);
    text(out, r->engines[0]);
    fputs(", shorter is better (logarithmic):", out);
    for (unsigned i = 1; i < r->nengines; i++) {
        fprintf(out, "<span style=\"background:var(--c%u)\"></span>", i);
        text(out, r->engines[i]);
    }
    fputs("</p>\n", out);
}

static void times_table(FILE *out, const BenchReport *r)
{
    fputs("<h2>Times</h2><div class=\"wide\"><table><tr><th>kernel</th><th>group</th>", out);
    for (unsigned i = 0; i < r->nengines; i++) {
        fputs("<th>", out);
        text(out, r->engines[i]);
        fputs(i ? " (s)</th><th>ratio</th>" : " (s)</th>", out);
    }
    fputs("</tr>\n", out);
    for (unsigned k = 0; k < r->nrows; k++) {
        const BenchRow *row = &r->rows[k];
        fprintf(out, "<tr><td>%s</td><td>%s</td>", row->name, row->group);
        for (unsigned i = 0; i < r->nengines; i++) {
            const BenchCell *c = &row->cells[i];
            fputs("<td>", out);
            if (c->problem)
                text(out, c->problem);
            else
                fprintf(out, "%.3f&nbsp;±%.0f%%", c->median, c->spread * 100);
            if (i && bench_ratio(row, i) > 0)
                fprintf(out, "</td><td>%.2f</td>", bench_ratio(row, i));
            else
                fputs(i ? "</td><td></td>" : "</td>", out);
        }
        fputs("</tr>\n", out);
    }
    fputs("</table></div>\n", out);
}

static void means_table(FILE *out, const BenchReport *r)
{
    fputs("<h2>Geometric means</h2><table><tr><th>group</th>", out);
    for (unsigned i = 1; i < r->nengines; i++) {
        fputs("<th>", out);
        text(out, r->engines[i]);
        fputs("</th>", out);
    }
    fputs("</tr>\n", out);
    for (unsigned g = 0; bench_groups[g]; g++) {
        if (!rows_of(r, bench_groups[g]))
            continue;
        fprintf(out, "<tr><td>%s</td>", bench_groups[g]);
        for (unsigned i = 1; i < r->nengines; i++)
            fprintf(out, "<td>%.2f</td>", bench_geomean(r, bench_groups[g], i, NULL));
        fputs("</tr>\n", out);
    }
    fputs("<tr class=\"mean\"><td>all</td>", out);
    for (unsigned i = 1; i < r->nengines; i++)
        fprintf(out, "<td>%.2f</td>", bench_geomean(r, NULL, i, NULL));
    fputs("</tr></table>\n", out);
}

typedef struct Column {
    const char *title, *section, *name;
} Column;

static const Column columns[] = {
    {"guest instructions", "run", "guest_insns"},
    {"host instructions", "run", "host_insns"},
    {"translations", "translation", "translations"},
    {"translated instructions", "translation", "guest_insns"},
    {"µs translating", "translation", "microseconds"},
    {"code bytes", "memory", "code_bytes"},
    {"direct exits", "exits", "direct"},
    {"indirect misses", "exits", "indirect"},
    {"polls, traps", "exits", "sites"},
    {"faults", "exits", "faults"},
    {"services", "exits", "services"},
};
enum { COLUMNS = sizeof columns / sizeof *columns };

static void counts_table(FILE *out, const BenchReport *r, unsigned engine)
{
    fputs("<h2>Counts: ", out);
    text(out, r->engines[engine]);
    fputs("</h2><div class=\"wide\"><table><tr><th>kernel</th>", out);
    for (unsigned i = 0; i < COLUMNS; i++)
        fprintf(out, "<th>%s</th>", columns[i].title);
    fputs("<th>host/guest</th><th>peak MiB</th></tr>\n", out);
    for (unsigned k = 0; k < r->nrows; k++) {
        const BenchCell *c = &r->rows[k].cells[engine];
        if (!c->stats)
            continue;
        fprintf(out, "<tr><td>%s</td>", r->rows[k].name);
        for (unsigned i = 0; i < COLUMNS; i++)
            fprintf(out, "<td>%.0f</td>", bench_stat(c, columns[i].section, columns[i].name));
        double guest = bench_stat(c, "run", "guest_insns");
        fprintf(out, "<td>%.2f</td><td>%.1f</td></tr>\n",
                guest > 0 ? bench_stat(c, "run", "host_insns") / guest : 0.0,
                (double)c->peak_kb / 1024);
    }
    fputs("</table></div>\n", out);
}

static bool has_stats(const BenchReport *r, unsigned engine)
{
    for (unsigned k = 0; k < r->nrows; k++)
        if (r->rows[k].cells[engine].stats)
            return true;
    return false;
}

void bench_html(const BenchReport *r, const BenchReport *old, FILE *out)
{
    fputs(head, out);
    fputs("<h1>Dragoman bench</h1>\n<p class=\"soft\">", out);
    fprintf(out,
            "CPU seconds (user and system), medians of %u rounds in turns, ± half the range%s; ",
            r->rounds, r->quick ? "; quick sizes" : "");
    text(out, r->processor);
    fprintf(out, ", %u processors; %s.", r->processors, r->date);
    for (unsigned i = 0; i < r->nengines; i++) {
        if (!r->versions[i])
            continue;
        fputs(" ", out);
        text(out, r->engines[i]);
        fputs(": ", out);
        text(out, r->versions[i]);
        fputc('.', out);
    }
    fputs("</p>\n", out);
    if (r->nengines > 1) {
        key(out, r);
        double most = largest_ratio(r);
        for (unsigned g = 0; bench_groups[g]; g++) {
            if (!rows_of(r, bench_groups[g]))
                continue;
            fprintf(out, "<h2>%s</h2>\n", bench_groups[g]);
            chart(out, r, bench_groups[g], most);
        }
        means_table(out, r);
    }
    times_table(out, r);
    for (unsigned i = 0; i < r->nengines; i++)
        if (has_stats(r, i))
            counts_table(out, r, i);
    if (old) {
        fputs("<h2>Comparison</h2><pre class=\"wide\">", out);
        bench_compare(old, r, out);
        fputs("</pre>\n", out);
    }
    fputs("</body></html>\n", out);
}
