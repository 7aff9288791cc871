/* explain_cmd.c: `dragoman explain`: which regions, from where, for which host, in which form. */
#include "runtime/explain_cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ir/base/log.h"
#include "ir/passes.h"
#include "runtime/explain_image.h"
#include "runtime/host/host.h"
#include "runtime/linux/symbols.h"
#include "runtime/options.h"

static const char usage[] =
    "usage: dragoman explain [OPTION...] PROGRAM\n"
    "       dragoman explain --hot N [OPTION...] PROGRAM [ARGUMENT...]\n"
    "Shows what becomes of a program's code: guest instructions, IR and host instructions side by "
    "side.\n\n"
    "  --at WHERE       the region at an address, symbol or symbol+offset (repeatable; default:\n"
    "                   main, else the entry point); the program is not run\n"
    "  --hot N          run the program, then explain the N regions it spent most time in\n"
    "  --host HOST      x86_64 or aarch64 (default: this machine's)\n"
    "  --ir             a column of the IR the host code was made from\n"
    "  --ir=PASS        the same, after another pass (lift, promote, fold, ...)\n"
    "  --ir=all         and the IR after every pass in front\n"
    "  --html FILE      write a page to FILE instead\n"
    "  --bytes          instruction bytes too\n"
    "  --width N        columns of the text (default: the terminal's)\n"
    "  --max-insns N    bound on the guest instructions of a region\n"
    "  --memory-order relaxed   as for running\n";

/* ---- one region ---- */

const BackendOps *explain_backend(const char *host, uint32_t *features)
{
    static const BackendOps *const all[] = {&backend_x86_64, &backend_aarch64};
    for (unsigned i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strcmp(all[i]->name, host ? host : host_backend()->name) != 0)
            continue;
        bool here = all[i] == host_backend() && host_jit_obstacle() == NULL;
        *features = here ? all[i]->detect_features() : all[i]->typical_features;
        return all[i];
    }
    return NULL;
}

static bool compile(const ExplainSource *src, Arena *arena, uint64_t pc, uint32_t max,
                    Explanation *x)
{
    LiftRequest rq = {.pc = pc,
                      .mode = src->mode,
                      .max_insns = max,
                      .poll = true,
                      .peel = true,
                      .dependencies = src->guest->weak_order && src->backend->weak_order,
                      .x87_unit = src->backend->x87_unit && src->guest->x87_load != NULL,
                      .fetch = src->fetch,
                      .fetch_arg = src->fetch_arg,
                      .arena = arena};
    LiftResult lifted = {0};
    Convention convention;
    FpModel model = src->guest->fp_model;
    BackendConfig cfg = {.convention = &convention,
                         .fp_model = model,
                         .host_features = src->backend->features_for
                                              ? src->backend->features_for(src->features, model)
                                              : src->features,
                         .memory_order_relaxed = src->relaxed,
                         .notes = true};
    CompiledCode code = {.arena = arena};
    char err[256];
    src->guest->lift(&rq, &lifted);
    explain_lifted(x, &rq, &lifted);
    PassContext ctx = {.arg = &rq,
                       .dead_slots_at = src->guest->dead_slots_at,
                       .is_pc = src->guest->is_pc,
                       .takes_hint = src->backend->takes_hint,
                       .mend_nans = (src->backend->other_nans >> model & 1) != 0,
                       .after = explain_ir,
                       .after_arg = x};
    ir_optimise(lifted.region, &ctx);
    if (!src->backend->convention(src->guest->slots, &convention))
        return false;
    if (!src->backend->compile(&cfg, lifted.region, &code, err, sizeof err))
        return false;
    explain_code(x, src->backend, lifted.region, &code);
    return true;
}

Explanation *explain_region(const ExplainSource *src, Arena *arena, uint64_t pc)
{
    uint8_t byte;
    if (src->fetch(src->fetch_arg, pc, &byte, 1) != 1)
        return NULL;
    for (uint32_t max = src->max_insns;; max = max ? max / 2 : 24) {
        Explanation *x = explain_new(arena, src->guest, pc);
        if (compile(src, arena, pc, max, x) || max == 1)
            return x;
    }
}

/* ---- output ---- */

typedef struct Regions {
    const Explanation *list[64];
    unsigned count;
} Regions;

static bool write_out(const ExplainRequest *rq, const Regions *r, FILE *out)
{
    if (rq->html == NULL) {
        for (unsigned i = 0; i < r->count; i++)
            explain_text(r->list[i], out, &rq->style);
        return fflush(out) == 0;
    }
    FILE *page = fopen(rq->html, "we");
    if (page == NULL) {
        log_note("%s: %s", rq->html, strerror(errno));
        return false;
    }
    explain_html(r->list, r->count, rq->program, page);
    if (fclose(page) != 0) {
        log_note("%s: cannot be written", rq->html);
        return false;
    }
    return true;
}

static ExplainSource source_of(const ExplainRequest *rq, const GuestOps *guest)
{
    ExplainSource src = {.guest = guest, .max_insns = rq->max_insns, .relaxed = rq->relaxed};
    src.backend = explain_backend(rq->host, &src.features);
    return src;
}

/* ---- without running ---- */

static bool add_at(const ExplainRequest *rq, const Image *img, const char *what, Arena *arena,
                   Regions *out)
{
    char err[256], where[256];
    uint64_t pc;
    ExplainSource src = source_of(rq, img->guest);
    src.fetch = image_fetch;
    src.fetch_arg = (void *)(uintptr_t)img;
    if (!image_find(img, what, &pc, err, sizeof err)) {
        log_note("%s: %s", rq->program, err);
        return false;
    }
    Explanation *x = explain_region(&src, arena, pc);
    if (x == NULL) {
        log_note("%s: nothing executable at 0x%" PRIx64, rq->program, pc);
        return false;
    }
    if (image_where(img, pc, where, sizeof where))
        x->where = strcpy(arena_alloc(arena, strlen(where) + 1), where);
    out->list[out->count++] = x;
    return true;
}

static int explain_file(const ExplainRequest *rq)
{
    Arena arena = {0};
    Regions regions = {0};
    Image img;
    char err[512], entry[32];
    uint64_t pc;
    if (!image_open(&img, rq->program, err, sizeof err)) {
        log_note("%s", err);
        return access(rq->program, F_OK) == 0 ? 126 : 127;
    }
    bool good = true;
    snprintf(entry, sizeof entry, "0x%" PRIx64, img.entry);
    for (unsigned i = 0; i < rq->nat; i++)
        good &= add_at(rq, &img, rq->at[i], &arena, &regions);
    if (rq->nat == 0)
        good = add_at(rq, &img, image_find(&img, "main", &pc, err, sizeof err) ? "main" : entry,
                      &arena, &regions);
    if (regions.count)
        good &= write_out(rq, &regions, stdout);
    arena_free(&arena);
    image_close(&img);
    return good ? 0 : 1;
}

/* ---- after a run ---- */

typedef struct Hot {
    const Translation *t;
    uint64_t host, guest, entries; /* instructions executed; times its first block was */
} Hot;

static int by_host(const void *a, const void *b)
{
    const Hot *x = a, *y = b;
    return (x->host < y->host) - (x->host > y->host);
}

static Hot heat(const Translation *t)
{
    Hot h = {.t = t, .entries = t->ncosts ? t->counters[0] : 0};
    for (uint32_t k = 0; k < t->ncosts; k++) {
        h.host += t->counters[k] * t->costs[k].host_insns;
        h.guest += t->counters[k] * t->costs[k].guest_insns;
    }
    return h;
}

static void add_hot(Engine *e, const ExplainRequest *rq, const Hot *h, uint64_t all,
                    Symbols *symbols, Arena *arena, Regions *out)
{
    char where[SYMBOL_TEXT], note[160];
    ExplainSource src = source_of(rq, e->guest);
    src.fetch = engine_fetch_untracked;
    src.fetch_arg = e;
    src.mode = h->t->mode;
    Explanation *x = explain_region(&src, arena, h->t->header.pc);
    if (x == NULL)
        return;
    snprintf(note, sizeof note,
             "entered %" PRIu64 " times; %.1f%% of all host instructions executed, %.2f for each "
             "guest one",
             h->entries, 100.0 * (double)h->host / (double)all,
             h->guest ? (double)h->host / (double)h->guest : 0.0);
    x->note = strcpy(arena_alloc(arena, strlen(note) + 1), note);
    if (symbols_function(symbols, x->pc, where))
        x->where = strcpy(arena_alloc(arena, strlen(where) + 1), where);
    out->list[out->count++] = x;
}

void explain_hottest(Engine *e, void *arg)
{
    const ExplainRequest *rq = arg;
    Arena arena = {0};
    Regions regions = {0};
    uint32_t n = atomic_load(&e->cache.count);
    Hot *hot = arena_alloc(&arena, (n + 1) * sizeof *hot);
    uint64_t all = 0;
    for (uint32_t i = 0; i < n; i++) {
        hot[i] = heat(e->cache.by_code[i]);
        all += hot[i].host;
    }
    qsort(hot, n, sizeof *hot, by_host);
    Symbols *symbols = symbols_new();
    for (uint32_t i = 0; i < n && i < rq->hot && hot[i].host; i++)
        add_hot(e, rq, &hot[i], all, symbols, &arena, &regions);
    symbols_free(symbols);
    write_out(rq, &regions, rq->out);
    arena_free(&arena);
}

/* ---- the command line ---- */

static unsigned terminal_width(void)
{
    struct winsize w;
    const char *columns = getenv("COLUMNS");
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col >= 40)
        return w.ws_col;
    return columns && atoi(columns) >= 40 ? (unsigned)atoi(columns) : 110;
}

/* The value of `--name VALUE` or `--name=VALUE` at argv[*i]; NULL: another option, or none given.
 */
static const char *value_of(const char *name, int argc, char **argv, int *i)
{
    size_t n = strlen(name);
    if (strncmp(argv[*i], name, n) != 0)
        return NULL;
    if (argv[*i][n] == '=')
        return argv[*i] + n + 1;
    return argv[*i][n] == 0 && *i + 1 < argc ? argv[++*i] : NULL;
}

static bool set_number(unsigned *to, const char *text)
{
    char *end;
    unsigned long n = strtoul(text, &end, 0);
    *to = (unsigned)n;
    return *end == 0 && end != text && n <= 100000;
}

static bool is_stage(const char *name)
{
    static const char *const others[] = {"lift", "promote", "last"};
    bool found = ir_pass_optional(name);
    for (unsigned n = 0; n < sizeof others / sizeof others[0]; n++)
        found |= strcmp(name, others[n]) == 0;
    return found;
}

/* False: no such option, or a bad value. */
static bool option(ExplainRequest *rq, int argc, char **argv, int *i)
{
    const char *v;
    if ((v = value_of("--at", argc, argv, i)) != NULL) {
        bool room = rq->nat < sizeof rq->at / sizeof rq->at[0];
        if (room)
            rq->at[rq->nat++] = v;
        return room;
    }
    if ((v = value_of("--hot", argc, argv, i)) != NULL)
        return set_number(&rq->hot, v) && rq->hot > 0 && rq->hot <= 64;
    if ((v = value_of("--host", argc, argv, i)) != NULL) {
        uint32_t features;
        rq->host = v;
        return explain_backend(v, &features) != NULL;
    }
    if ((v = value_of("--html", argc, argv, i)) != NULL)
        return v[0] && (rq->html = options_absolute(v)) != NULL;
    if ((v = value_of("--width", argc, argv, i)) != NULL)
        return set_number(&rq->style.width, v);
    if ((v = value_of("--max-insns", argc, argv, i)) != NULL)
        return set_number(&rq->max_insns, v) && rq->max_insns > 0;
    if ((v = value_of("--memory-order", argc, argv, i)) != NULL) {
        rq->relaxed = strcmp(v, "relaxed") == 0;
        return rq->relaxed || strcmp(v, "correct") == 0;
    }
    if (strncmp(argv[*i], "--ir=", 5) == 0) {
        rq->style.ir = argv[*i] + 5;
        rq->style.all_passes = strcmp(rq->style.ir, "all") == 0;
        if (rq->style.all_passes)
            rq->style.ir = "last";
        return is_stage(rq->style.ir);
    }
    if (strcmp(argv[*i], "--ir") == 0)
        return (rq->style.ir = "last") != NULL;
    if (strcmp(argv[*i], "--bytes") == 0)
        return rq->style.bytes = true;
    return false;
}

static int bad_usage(const char *what, const char *word, const char *value)
{
    log_note("explain: %s '%s'%s%s (try --help)", what, word, value != NULL ? " " : "",
             value != NULL ? value : "");
    return OPTIONS_USAGE_STATUS;
}

/* What follows a program that is to run is the program's; of others it is options as before it. */
int explain_command(ExplainRequest *rq, int *argc, char ***argv)
{
    int i = 2;
    *rq = (ExplainRequest){.style = {.width = terminal_width()}};
    rq->style.colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR");
    for (; i < *argc && (rq->program == NULL || rq->hot == 0); i++) {
        char *word = (*argv)[i];
        int at = i;
        if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
            return fputs(usage, stdout) < 0;
        if (word[0] == '-') {
            if (!option(rq, *argc, *argv, &i))
                return bad_usage("bad option", word, i > at ? (*argv)[i] : NULL);
            if (rq->program != NULL && rq->hot != 0)
                return bad_usage("before the program goes", word, NULL);
        } else if (rq->program != NULL) {
            return bad_usage("a second program, or --hot is missing:", word, NULL);
        } else {
            rq->program = word;
        }
    }
    if (rq->program == NULL) {
        log_note("explain: no program named (try --help)");
        return OPTIONS_USAGE_STATUS;
    }
    if (rq->hot == 0)
        return explain_file(rq);
    *argc -= i - 2;
    *argv += i - 2;
    return -1;
}
