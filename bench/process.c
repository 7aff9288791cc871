/* process.c: running one program: its CPU time, memory, status and a hash of what it wrote.
 *
 * Standard output goes to a memory file that is hashed afterwards, so that reading it costs the
 * program nothing; standard error is dropped. The environment is the same for every run. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bench.h"
#include "ir/base/log.h"

static char cache[64];

static void remove_cache(void)
{
    const char *path = strchr(cache, '=') + 1;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d)) != NULL;)
        unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    rmdir(path);
}

char *const *bench_environment(void)
{
    static char tunables[600];
    static char *environment[] = {
        "PATH=/usr/bin:/bin", "LC_ALL=C", "HOME=/", tunables, cache, NULL};
    snprintf(tunables, sizeof tunables, "GLIBC_TUNABLES=%s", bench_tunables());
    if (!cache[0]) {
        snprintf(cache, sizeof cache, "DRAGOMAN_CACHE=/tmp/dragoman-bench-XXXXXX");
        if (!mkdtemp(strchr(cache, '=') + 1))
            log_fatal("cannot make a directory in /tmp: %s", strerror(errno));
        atexit(remove_cache);
    }
    return environment;
}

char **bench_join(const char *const *prefix, char *const *command)
{
    size_t n = 0, m = 0;
    while (prefix[n])
        n++;
    while (command[m])
        m++;
    char **words = calloc(n + m + 1, sizeof *words);
    if (!words)
        log_fatal("no memory for a command");
    for (size_t i = 0; i < n; i++)
        words[i] = (char *)(uintptr_t)prefix[i];
    memcpy(words + n, command, m * sizeof *words);
    return words;
}

/* FNV-1a over the file from its start. */
static uint64_t hash_file(int fd, size_t *length)
{
    static unsigned char buffer[1 << 16];
    uint64_t h = 0xcbf29ce484222325u;
    ssize_t n;
    *length = 0;
    lseek(fd, 0, SEEK_SET);
    while ((n = read(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < n; i++)
            h = (h ^ buffer[i]) * 0x100000001b3u;
        *length += (size_t)n;
    }
    return h;
}

/* In the child: never returns. */
static void start(char *const *words, char *const *environment, int out, int failed, unsigned limit)
{
    struct rlimit cpu = {limit, limit + 5};
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    if (limit)
        setrlimit(RLIMIT_CPU, &cpu);
    execve(words[0], words, environment);
    int error = errno;
    _exit(write(failed, &error, sizeof error) == sizeof error ? 127 : 126);
}

static double seconds(const struct rusage *u)
{
    return (double)(u->ru_utime.tv_sec + u->ru_stime.tv_sec) +
           (double)(u->ru_utime.tv_usec + u->ru_stime.tv_usec) / 1e6;
}

bool bench_run(const BenchPlan *plan, const char *const *prefix, char *const *command,
               BenchRun *run)
{
    int failed[2], error = 0;
    int out = memfd_create("output", MFD_CLOEXEC);
    if (out < 0 || pipe2(failed, O_CLOEXEC) < 0)
        log_fatal("no descriptors for a run: %s", strerror(errno));
    char **words = bench_join(prefix, command);
    char *const *environment = bench_environment();
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        log_fatal("cannot fork: %s", strerror(errno));
    if (child == 0)
        start(words, environment, out, failed[1], plan->limit);
    close(failed[1]);
    struct rusage usage;
    while (wait4(child, &run->status, 0, &usage) < 0 && errno == EINTR)
        ;
    bool started = read(failed[0], &error, sizeof error) != sizeof error;
    run->seconds = seconds(&usage);
    run->peak_kb = usage.ru_maxrss;
    run->output = hash_file(out, &run->length);
    close(failed[0]);
    close(out);
    free(words);
    errno = error;
    return started;
}

bool bench_run_stats(const BenchPlan *plan, const char *const *prefix, char *const *command,
                     BenchRun *out, json_t **stats)
{
    char file[] = "/tmp/dragoman-stats-XXXXXX";
    int fd = mkstemp(file);
    const char *words[BENCH_MAX_WORDS + 3];
    unsigned n = 0;
    *stats = NULL;
    if (fd < 0)
        return false;
    close(fd);
    for (; prefix[n]; n++)
        words[n] = prefix[n];
    words[n++] = "--stats-file";
    words[n++] = file;
    words[n] = NULL;
    bool started = bench_run(plan, words, command, out);
    if (started)
        *stats = json_load_file(file, 0, NULL);
    unlink(file);
    return started;
}

char *bench_version(const char *const *words)
{
    static char *const version[] = {"--version", NULL};
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0)
        return NULL;
    char **all = bench_join(words, version);
    char *const *environment = bench_environment();
    pid_t child = fork();
    if (child == 0)
        start(all, environment, ends[1], ends[1], 10);
    close(ends[1]);
    char text[4096];
    size_t n = 0;
    for (ssize_t got;
         n + 1 < sizeof text && (got = read(ends[0], text + n, sizeof text - 1 - n)) > 0;)
        n += (size_t)got;
    close(ends[0]);
    int status = -1;
    if (child > 0)
        waitpid(child, &status, 0);
    free(all);
    text[n] = 0;
    text[strcspn(text, "\n")] = 0;
    return status == 0 && n ? strdup(text) : NULL;
}
