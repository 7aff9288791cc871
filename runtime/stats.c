/* stats.c: the reports of --stats and --stats-file: the same sections and rows, as text and as a
 * JSON object of objects of numbers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "ir/base/log.h"
#include "runtime/engine.h"
#include "runtime/store.h"

typedef struct Ran {
    uint64_t guest, host;
} Ran;

/* Instructions executed by what is in the cache now, and with the dropped: counter i of a
 * translation times what its stretch of code costs. */
static Ran count_ran(const Engine *e)
{
    Ran ran = {e->stats.ran_guest, e->stats.ran_host};
    uint32_t n = atomic_load(&e->cache.count);
    for (uint32_t i = 0; i < n; i++) {
        const Translation *t = e->cache.by_code[i];
        for (uint32_t k = 0; k < t->ncosts; k++) {
            ran.guest += t->counters[k] * t->costs[k].guest_insns;
            ran.host += t->counters[k] * t->costs[k].host_insns;
        }
    }
    return ran;
}

void stats_retire(Engine *e)
{
    Ran ran = count_ran(e);
    e->stats.ran_guest = ran.guest;
    e->stats.ran_host = ran.host;
}

void stats_add_run(RunStats *sum, const RunStats *s)
{
    sum->ran_interp += s->ran_interp;
    sum->services += s->services;
    sum->polls += s->polls;
    sum->traps += s->traps;
    sum->faults += s->faults;
    for (unsigned i = 0; i < sizeof s->exits / sizeof *s->exits; i++)
        sum->exits[i] += s->exits[i];
}

/* A number: its name in --stats-file, its words in --stats. */
typedef struct Row {
    const char *name, *words;
    uint64_t value;
} Row;

typedef struct Section {
    const char *name, *words;
    Row rows[12]; /* up to the first without a name */
} Section;

enum { SECTIONS = 4 };

static void print_text(FILE *out, const Section *s)
{
    fprintf(out, "dragoman: %s\n", s->words);
    for (const Row *r = s->rows; r->name; r++)
        fprintf(out, "  %-34s %14llu\n", r->words, (unsigned long long)r->value);
}

static void print_json(FILE *out, const Section *s)
{
    fprintf(out, "  \"%s\": {", s->name);
    for (const Row *r = s->rows; r->name; r++)
        fprintf(out, "%s\n    \"%s\": %llu", r == s->rows ? "" : ",", r->name,
                (unsigned long long)r->value);
    fputs("\n  }", out);
}

static void print_ratio(FILE *out, const char *what, uint64_t a, uint64_t b)
{
    if (b != 0)
        fprintf(out, "  %-34s %14.3f\n", what, (double)a / (double)b);
}

static void collect(const Engine *e, Section sections[SECTIONS])
{
    const Stats *s = &e->stats;
    Ran ran = count_ran(e);
    StoreStats store = e->store != NULL ? *store_stats(e->store) : (StoreStats){0};
    RunStats sum = s->ended;
    for (Vcpu *v = e->vcpus; v != NULL; v = v->next)
        stats_add_run(&sum, &vcpu_run_of(v)->stats);
    sections[0] =
        (Section){"run",
                  "run",
                  {{"guest_insns", "guest instructions translated code", ran.guest},
                   {"host_insns", "host instructions", ran.host},
                   {"interpreted_insns", "guest instructions interpreted", sum.ran_interp},
                   {"cold_runs", "cold regions interpreted", s->cold_runs},
                   {"cold_insns", "guest instructions in them", s->cold_insns}}};
    sections[1] = (Section){"translation",
                            "translation",
                            {{"translations", "translations", s->translations},
                             {"guest_insns", "guest instructions", s->guest_insns},
                             {"guest_bytes", "guest bytes", s->guest_bytes},
                             {"host_bytes", "host bytes", s->host_bytes},
                             {"checked", "checking their own bytes", s->checked},
                             {"refused", "compiled again, smaller", s->refused},
                             {"microseconds", "microseconds", s->translate_ns / 1000},
                             {"loaded", "taken from the disk", store.loaded},
                             {"outdated", "not taken, as memory differs", store.refused},
                             {"kept", "written to the disk", store.kept},
                             {"advanced", "made early, as seen before", store.advanced}}};
    sections[2] =
        (Section){"exits",
                  "exits to the runtime",
                  {{"direct", "direct, chained afterwards", sum.exits[EXIT_DIRECT]},
                   {"chained", "chains made", s->chained},
                   {"indirect", "indirect, lookup missed", sum.exits[EXIT_INDIRECT]},
                   {"sites", "polls and traps", sum.exits[EXIT_SITE]},
                   {"faults", "faults", sum.exits[EXIT_FAULT]},
                   {"services", "services (system calls and others)", sum.services},
                   {"polls", "polls handled", sum.polls},
                   {"guest_faults", "faults given to the guest", sum.faults + sum.traps}}};
    uint64_t tables = arena_size(&e->cache.meta), making = arena_size(&e->scratch);
    for (Vcpu *v = e->vcpus; v != NULL; v = v->next)
        making += arena_size(&vcpu_run_of(v)->scratch);
    sections[3] = (Section){"memory",
                            "memory",
                            {{"stub_bytes", "bytes of stubs", e->arena.first},
                             {"code_bytes", "code bytes in use", e->arena.used},
                             {"data_bytes", "data bytes in use", e->arena.data_used},
                             {"table_bytes", "bytes of exits and side tables", tables},
                             {"scratch_bytes", "bytes for lifting and translating", making},
                             {"translator_bytes", "all of these",
                              e->arena.used + (uint64_t)e->arena.data_used + tables + making},
                             {"invalidated", "invalidated translations", s->invalidated},
                             {"revived", "of those, brought back unchanged", s->revived},
                             {"page_opens", "code pages opened for writing", s->page_opens},
                             {"flushes", "flushes of the cache", s->flushes}}};
}

static void report_text(const Engine *e, const Section sections[SECTIONS], FILE *out)
{
    const Row *run = sections[0].rows;
    print_text(out, &sections[0]);
    print_ratio(out, "host instructions a guest one", run[1].value, run[0].value);
    print_text(out, &sections[1]);
    print_ratio(out, "host bytes a guest byte", e->stats.host_bytes, e->stats.guest_bytes);
    print_text(out, &sections[2]);
    print_text(out, &sections[3]);
}

static void report_json(const Section sections[SECTIONS], const char *file)
{
    FILE *out = fopen(file, "we");
    if (!out) {
        log_note("%s: %s", file, strerror(errno));
        return;
    }
    for (unsigned i = 0; i < SECTIONS; i++) {
        fputs(i == 0 ? "{\n" : ",\n", out);
        print_json(out, &sections[i]);
    }
    fputs("\n}\n", out);
    fclose(out);
}

void engine_report_stats(Engine *e)
{
    Section sections[SECTIONS];
    if (!e->opt.stats)
        return;
    engine_lock(e);
    collect(e, sections);
    if (e->opt.stats_text)
        report_text(e, sections, stderr);
    if (e->opt.stats_file)
        report_json(sections, e->opt.stats_file);
    if (e->opt.at_end)
        e->opt.at_end(e, e->opt.at_end_arg);
    engine_unlock(e);
}
