/* kernels.c: the table of kernels and how a row becomes a command. */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/bench.h"
#include "ir/base/log.h"

const BenchKernel bench_kernels[] = {
#define KERNEL(name, group, full, quick, count, runs, flags)                                       \
    {name, group, full, quick, count, NULL, runs},
#define PROGRAM(name, group, full, quick, command) {name, group, full, quick, NULL, command, 1},
#include "bench/kernels.def"
#undef KERNEL
#undef PROGRAM
};
const unsigned bench_kernel_count = sizeof bench_kernels / sizeof *bench_kernels;

const char *const bench_groups[] = {"integer", "double", "x87",    "float",    "vector",  "crypto",
                                    "memory",  "atomic", "system", "start-up", "program", NULL};

/* Whether the file is a program for the guest. */
static bool is_guest_program(const char *file, const GuestAbi *guest)
{
    Elf64_Ehdr h;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    bool good = read(fd, &h, sizeof h) == sizeof h && !memcmp(h.e_ident, ELFMAG, SELFMAG) &&
                h.e_machine == guest->ops->elf_machine;
    close(fd);
    return good;
}

/* The guest's first program of that name along the path, allocated. */
static char *find_program(const char *path, const char *name, const GuestAbi *guest)
{
    for (const char *p = path; *p;) {
        size_t n = strcspn(p, ":");
        char *file;
        if (n && asprintf(&file, "%.*s/%s", (int)n, p, name) >= 0) {
            if (is_guest_program(file, guest))
                return file;
            free(file);
        }
        p += n + (p[n] == ':');
    }
    return NULL;
}

/* The text file of that many KiB, written by the kernel `data` beside the kernels, once. */
static char *data_file(const BenchPlan *plan, const char *kib)
{
    char *file, *command;
    if (asprintf(&file, "%s/data-%s.txt", plan->kernel_dir, kib) < 0)
        return NULL;
    if (access(file, R_OK) == 0)
        return file;
    if (asprintf(&command, "%s/data %s > %s.new && mv %s.new %s", plan->kernel_dir, kib, file, file,
                 file) < 0)
        return NULL;
    int status = system(command);
    free(command);
    return status == 0 ? file : NULL;
}

/* A word of a program's command: {} and {n} replaced, '_' turned into a blank. */
static char *expand(const BenchPlan *plan, const char *word, size_t n, const char *size)
{
    if (n == 2 && !strncmp(word, "{}", 2))
        return data_file(plan, size);
    char *out = calloc(1, n + strlen(size) + 1), *to = out;
    for (size_t i = 0; out && i < n; i++) {
        if (!strncmp(word + i, "{n}", 3)) {
            to = stpcpy(to, size);
            i += 2;
        } else {
            *to++ = word[i] == '_' ? ' ' : word[i];
        }
    }
    return out;
}

static const char *size_of(const BenchPlan *plan, const BenchKernel *k)
{
    return plan->size == SIZE_FULL ? k->full : plan->size == SIZE_QUICK ? k->quick : k->count;
}

static char **program_command(const BenchPlan *plan, const BenchKernel *k, const GuestAbi *guest,
                              const char **reason)
{
    char **words = calloc(BENCH_MAX_WORDS, sizeof *words);
    unsigned n = 0;
    for (const char *p = k->command; *p && n + 1 < BENCH_MAX_WORDS; n++) {
        size_t length = strcspn(p, " ");
        char *word = expand(plan, p, length, size_of(plan, k));
        if (word && n == 0) {
            char *file = find_program(plan->path, word, guest);
            free(word);
            word = file;
        }
        if (!word) {
            *reason =
                n == 0 ? "no such program of the guest along --path" : "its data cannot be written";
            free(words);
            return NULL;
        }
        words[n] = word;
        p += length + (p[length] == ' ');
    }
    return words;
}

char **bench_command(const BenchPlan *plan, const BenchKernel *k, const GuestAbi *guest,
                     const char **reason)
{
    if (k->command)
        return program_command(plan, k, guest, reason);
    char **words = calloc(3, sizeof *words);
    bool usual = guest == &abi_x86_64;
    if (!words || asprintf(&words[0], "%s/%s%s%s", plan->kernel_dir, usual ? "" : guest->ops->name,
                           usual ? "" : "/", k->name) < 0)
        log_fatal("no memory for a command");
    if (!is_guest_program(words[0], guest)) {
        *reason = usual ? "is not built (build the target bench-kernels)"
                        : "is not built (build the target bench-guest-kernels)";
        free(words);
        return NULL;
    }
    words[1] = strdup(size_of(plan, k));
    return words;
}
