/* golden_test.c: each file of tests/ir/golden holds a region, the passes to run, and the text that
 * must come out:
 *
 *     ; what the case shows
 *     ; passes: promote fold            (none: the region as parsed; "all": ir_optimise)
 *     ; state: x0=0x2000                (if the passes are to know the guest's state; the rest is
 * 0) region 0x1000 { ... } ; check: region 0x1000 promoted { ; check: ...
 *
 * `ir-golden_test --bless` (or any argument) rewrites the check lines from what comes out now.
 */
#include <dirent.h>

#include "ir/internal.h"
#include "ir/state.h"
#include "tests/ir/ir_support.h"

static const struct {
    const char *name;
    void (*run)(Region *r, const PassContext *ctx);
} passes[] = {
#define PASS(name, text) {#name, ir_pass_##name},
#include "ir/passes.def"
#undef PASS
    {"all", ir_optimise},
    {"none", NULL},
};

/* x7 is dead where the guest goes on at 0xd000. */
static void dead_slots(void *arg, uint64_t pc, uint64_t dead[4])
{
    (void)arg;
    dead[0] = pc == 0xd000 ? 1u << (SLOT_X + 7) : 0;
}

static bool takes_hint(IrExitKind kind, uint64_t return_pc)
{
    return kind != IR_EXIT_CALL || return_pc != 0xd000;
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 65536);
    if (f == NULL || fread(text, 1, 65535, f) == 0)
        fprintf(stderr, "cannot read %s\n", path);
    if (f != NULL)
        fclose(f);
    return text;
}

static const CpuState *read_state(const char *path, const char *text, const Region *r)
{
    static CpuState state;
    char name[16] = "";
    unsigned long long value = 0;
    uint32_t slot = 0;
    const char *line = strstr(text, "; state:");
    if (line == NULL)
        return NULL;
    EXPECT(sscanf(line, "; state: %15[^=]=%llx", name, &value) == 2, "%s: no state", path);
    while (slot < r->slots->count && strcmp(r->slots->slots[slot].name, name) != 0)
        slot++;
    EXPECT(slot < r->slots->count, "%s: no slot %s", path, name);
    memset(&state, 0, sizeof state);
    if (slot < r->slots->count)
        memcpy((char *)&state + r->slots->slots[slot].offset, &value, sizeof value);
    return &state;
}

static void run_passes(const char *path, const char *text, Region *r)
{
    PassContext ctx = {.dead_slots_at = dead_slots,
                       .takes_hint = takes_hint,
                       .state = read_state(path, text, r),
                       .mend_nans = true,
                       .verify = true};
    char names[256] = "", err[256], *save = NULL;
    const char *line = strstr(text, "; passes:");
    EXPECT(line != NULL && sscanf(line, "; passes: %255[^\n]", names) == 1, "%s: no passes", path);
    for (char *n = strtok_r(names, " ", &save); n != NULL; n = strtok_r(NULL, " ", &save)) {
        size_t k = 0, count = sizeof passes / sizeof passes[0];
        while (k < count && strcmp(passes[k].name, n) != 0)
            k++;
        EXPECT(k < count, "%s: no pass %s", path, n);
        if (k < count && passes[k].run != NULL)
            passes[k].run(r, &ctx);
        EXPECT(ir_verify(r, err, sizeof err), "%s: after %s: %s", path, n, err);
    }
}

/* The check lines that fit `out`. */
static char *as_checks(char *out)
{
    char *buf = NULL, *save = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&buf, &size);
    for (char *line = strtok_r(out, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save))
        fprintf(f, "; check: %s\n", line);
    fclose(f);
    return buf;
}

static void one(const char *path, bool bless)
{
    Arena a = {0};
    char *text = read_file(path);
    char *checks = strstr(text, "\n; check:");
    size_t head = checks != NULL ? (size_t)(checks + 1 - text) : strlen(text);
    Region *r = parse_or_die(&a, text);
    run_passes(path, text, r);
    char *out = text_of(r), *now = as_checks(out);
    if (bless) {
        FILE *f = fopen(path, "w");
        EXPECT(f != NULL && fwrite(text, 1, head, f) == head && fputs(now, f) >= 0,
               "cannot write %s", path);
        if (f != NULL)
            fclose(f);
    } else if (strcmp(text + head, now) != 0) {
        EXPECT(false, "%s: what comes out has changed (ir-golden_test --bless accepts it):\n%s",
               path, now);
    }
    free(out);
    free(now);
    free(text);
    arena_free(&a);
}

int main(int argc, char **argv)
{
    const char *folder = TESTS_DIR "/ir/golden";
    DIR *d = opendir(folder);
    unsigned count = 0;
    (void)argv;
    EXPECT(d != NULL, "no folder %s", folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char path[512];
        size_t n = strlen(e->d_name);
        if (n < 4 || strcmp(e->d_name + n - 3, ".ir") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        one(path, argc > 1);
        count++;
    }
    if (d != NULL)
        closedir(d);
    EXPECT(count > 0, "no cases");
    return failures != 0;
}
