/* count.c: what a hundred and more pieces of guest code become on each host, in instructions.
 *
 *     counts-tool SNIPPETS [GOLDEN]      compares with the golden file; without it, prints
 *     counts-tool SNIPPETS --show NAME   the piece explained, for both hosts
 *
 * Counted are the instructions in line, without those of the poll at the region's entry and of the
 * exit at its end; behind a slash, those in all. Hosts are ones with the features that
 * BackendOps.typical_features names, so that the numbers are the same on every machine.
 */
#include <stdlib.h>
#include <string.h>

#include "runtime/explain_cmd.h"
#include "runtime/explain_image.h"

static const char *const hosts[] = {"x86_64", "aarch64"};
enum { HOSTS = 2 };

static Explanation *explain(const Image *img, Arena *arena, uint64_t pc, uint32_t insns,
                            const char *host)
{
    ExplainSource src = {.guest = &guest_x86_64,
                         .fetch = image_fetch,
                         .fetch_arg = (void *)(uintptr_t)img,
                         .max_insns = insns};
    src.backend = explain_backend(host, &src.features);
    src.features = src.backend->typical_features;
    return explain_region(&src, arena, pc);
}

/* The number of instructions between two addresses. */
static uint32_t instructions(const Image *img, uint64_t pc, uint64_t end)
{
    uint32_t n = 0;
    for (; pc < end; n++) {
        uint8_t bytes[16];
        char text[128];
        uint32_t got = image_fetch((void *)(uintptr_t)img, pc, bytes, sizeof bytes);
        pc += guest_x86_64.disassemble(pc, bytes, got, text, sizeof text);
    }
    return n;
}

static void count_snippet(const Image *img, const ElfSymbol *s, uint64_t end, FILE *out)
{
    uint32_t insns = instructions(img, s->addr, end);
    fprintf(out, "%-24s %5u", s->name, insns);
    for (unsigned h = 0; h < HOSTS; h++) {
        Arena arena = {0};
        ExplainCounts n = explain_count(explain(img, &arena, s->addr, insns, hosts[h]));
        char text[32];
        snprintf(text, sizeof text, "%u/%u", n.hot - n.polls - n.exits, n.host);
        fprintf(out, " %10s", text);
        arena_free(&arena);
    }
    fputc('\n', out);
}

/* A snippet's end has a symbol of its own. */
static bool end_of(const Image *img, const ElfSymbol *s, uint64_t *end)
{
    char name[128], err[64];
    snprintf(name, sizeof name, "%s.end", s->name);
    return image_find(img, name, end, err, sizeof err);
}

static void count_all(const Image *img, FILE *out)
{
    uint64_t end;
    fprintf(out, "# snippets.s in host instructions: in line without poll and exit / in all\n");
    fprintf(out, "# %-22s %5s %10s %10s\n", "name", "guest", hosts[0], hosts[1]);
    for (size_t i = 0; i < img->symbols.count; i++)
        if (end_of(img, &img->symbols.list[i], &end))
            count_snippet(img, &img->symbols.list[i], end, out);
}

static int show(const Image *img, const char *name)
{
    const ExplainStyle style = {.width = 130, .ir = "last", .bytes = true};
    uint64_t end;
    for (size_t i = 0; i < img->symbols.count; i++) {
        const ElfSymbol *s = &img->symbols.list[i];
        if (strcmp(s->name, name) != 0 || !end_of(img, s, &end))
            continue;
        for (unsigned h = 0; h < HOSTS; h++) {
            Arena arena = {0};
            explain_text(explain(img, &arena, s->addr, instructions(img, s->addr, end), hosts[h]),
                         stdout, &style);
            arena_free(&arena);
        }
        return 0;
    }
    fprintf(stderr, "no snippet '%s'\n", name);
    return 1;
}

/* Prints the lines that differ; true if there are none. */
static bool compare(const char *now, const char *path)
{
    static char was[256], is[256];
    FILE *golden = fopen(path, "r"), *f = fmemopen((void *)(uintptr_t)now, strlen(now), "r");
    unsigned differ = 0;
    if (!golden || !f) {
        perror(path);
        return false;
    }
    for (;;) {
        bool a = fgets(was, sizeof was, golden), b = fgets(is, sizeof is, f);
        if (!a && !b)
            break;
        if (a && b && strcmp(was, is) == 0)
            continue;
        if (differ++ < 40)
            printf("-%s+%s", a ? was : "\n", b ? is : "\n");
        if (!a || !b)
            break;
    }
    fclose(golden);
    fclose(f);
    if (differ)
        printf("%u lines differ from %s; to accept them: ninja -C build/release bless-counts\n",
               differ, path);
    return differ == 0;
}

int main(int argc, char **argv)
{
    Image img;
    char err[256], *now;
    size_t size;
    if (argc < 2 || !image_open(&img, argv[1], err, sizeof err)) {
        fprintf(stderr, "counts-tool: %s\n", argc < 2 ? "no file of snippets named" : err);
        return 2;
    }
    if (argc == 4 && strcmp(argv[2], "--show") == 0)
        return show(&img, argv[3]);
    FILE *out = open_memstream(&now, &size);
    if (!out)
        return 2;
    count_all(&img, out);
    fclose(out);
    bool good = argc < 3 || compare(now, argv[2]);
    if (argc < 3)
        fputs(now, stdout);
    free(now);
    image_close(&img);
    return !good;
}
