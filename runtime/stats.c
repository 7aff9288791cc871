/* stats.c: the --stats report. */
#include <stdio.h>

#include "runtime/engine.h"

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

typedef struct Row {
    const char *what;
    uint64_t value;
} Row;

static void print_rows(FILE *out, const Row *rows, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        fprintf(out, "  %-34s %14llu\n", rows[i].what, (unsigned long long)rows[i].value);
}

static void print_ratio(FILE *out, const char *what, uint64_t a, uint64_t b)
{
    if (b != 0)
        fprintf(out, "  %-34s %14.3f\n", what, (double)a / (double)b);
}

void engine_print_stats(Engine *e, FILE *out)
{
    engine_lock(e);
    const Stats *s = &e->stats;
    Ran ran = count_ran(e);
    RunStats sum = s->ended;
    for (Vcpu *v = e->vcpus; v != NULL; v = v->next)
        stats_add_run(&sum, &vcpu_run_of(v)->stats);
    const Row run[] = {
        {"guest instructions translated code", ran.guest},
        {"host instructions", ran.host},
        {"guest instructions interpreted", sum.ran_interp},
    };
    const Row made[] = {
        {"translations", s->translations},        {"guest instructions", s->guest_insns},
        {"guest bytes", s->guest_bytes},          {"host bytes", s->host_bytes},
        {"checking their own bytes", s->checked}, {"compiled again, smaller", s->refused},
        {"microseconds", s->translate_ns / 1000},
    };
    const Row left[] = {
        {"direct, chained afterwards", sum.exits[EXIT_DIRECT]},
        {"chains made", s->chained},
        {"indirect, lookup missed", sum.exits[EXIT_INDIRECT]},
        {"polls and traps", sum.exits[EXIT_SITE]},
        {"faults", sum.exits[EXIT_FAULT]},
        {"services (system calls and others)", sum.services},
        {"polls handled", sum.polls},
        {"faults given to the guest", sum.faults + sum.traps},
    };
    const Row kept[] = {
        {"code bytes in use", e->arena.used},
        {"data bytes in use", e->arena.data_used},
        {"invalidated translations", s->invalidated},
        {"code pages opened for writing", s->page_opens},
        {"flushes of the cache", s->flushes},
    };
    fprintf(out, "dragoman: run\n");
    print_rows(out, run, sizeof run / sizeof *run);
    print_ratio(out, "host instructions a guest one", ran.host, ran.guest);
    fprintf(out, "dragoman: translation\n");
    print_rows(out, made, sizeof made / sizeof *made);
    print_ratio(out, "host bytes a guest byte", s->host_bytes, s->guest_bytes);
    fprintf(out, "dragoman: exits to the runtime\n");
    print_rows(out, left, sizeof left / sizeof *left);
    fprintf(out, "dragoman: memory\n");
    print_rows(out, kept, sizeof kept / sizeof *kept);
    engine_unlock(e);
}
