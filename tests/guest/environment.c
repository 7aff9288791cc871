/* environment.c: what a program finds at its start and about itself: arguments, environment,
 * auxiliary vector, stack alignment, /proc/self, time, random numbers, thread pointer, uname. */
#include <asm/prctl.h>
#include <cpuid.h>
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

extern const char __ehdr_start[];
static int constructed;
__attribute__((constructor)) static void construct(void)
{
    constructed = 1;
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    CHECK(clock_gettime(clock, &t) == 0 && t.tv_nsec >= 0 && t.tv_nsec < 1000000000);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv, char **envp)
{
    for (int i = 1; i < argc; i++)
        printf("argv[%d] = '%s'\n", i, argv[i]);
    CHECK(argv[argc] == NULL && constructed);
    for (int i = 0; envp[i]; i++)
        if (strncmp(envp[i], "GLIBC_TUNABLES", 14) != 0)
            printf("%s\n", envp[i]);
    CHECK((uintptr_t)__builtin_frame_address(0) % 16 == 0);

    const Elf64_Ehdr *header = (const void *)__ehdr_start;
    CHECK(getauxval(AT_PAGESZ) == 4096 && getauxval(AT_CLKTCK) == 100);
    CHECK(getauxval(AT_PHDR) == (uintptr_t)header + header->e_phoff);
    CHECK(getauxval(AT_PHNUM) == header->e_phnum && getauxval(AT_PHENT) == sizeof(Elf64_Phdr));
    CHECK(getauxval(AT_UID) == getuid() && getauxval(AT_EGID) == getegid() &&
          !getauxval(AT_SECURE));
    CHECK(strcmp((const char *)getauxval(AT_PLATFORM), "x86_64") == 0);
    CHECK(getauxval(AT_RANDOM) != 0 && getauxval(AT_BASE) == 0);
    CHECK(getauxval(AT_ENTRY) > getauxval(AT_PHDR));
    const char *name = strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argv[0];
    const char *exec = (const char *)getauxval(AT_EXECFN);
    CHECK(strstr(exec, name) != NULL);

    char text[4096];
    ssize_t n = readlink("/proc/self/exe", text, sizeof text);
    CHECK(n > 0 && memmem(text, (size_t)n, name, strlen(name)) != NULL);
    FILE *f = fopen("/proc/self/cmdline", "r");
    size_t got = fread(text, 1, sizeof text, f);
    CHECK(got == (size_t)(argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]));
    CHECK(memcmp(text, argv[0], got) == 0);
    fclose(f);
    f = fopen("/proc/self/auxv", "r");
    uint64_t pair[2];
    int entries = 0;
    while (fread(pair, 16, 1, f) == 1 && pair[0] != AT_NULL) {
        if (pair[0] != AT_SYSINFO_EHDR && pair[0] != AT_HWCAP) /* the library rewrites these */
            CHECK(getauxval(pair[0]) == pair[1]);
        entries++;
    }
    CHECK(entries > 12);
    fclose(f);
    f = fopen("/proc/self/comm", "r");
    CHECK(fgets(text, sizeof text, f) && strncmp(text, name, 5) == 0);
    fclose(f);
    f = fopen("/proc/self/stat", "r");
    CHECK(fgets(text, sizeof text, f) && atoi(text) == getpid());
    fclose(f);
    f = fopen("/proc/cpuinfo", "r");
    int processors = 0, sse2 = 0;
    while (fgets(text, sizeof text, f)) {
        processors += strncmp(text, "processor", 9) == 0;
        if (strncmp(text, "flags", 5) == 0)
            sse2 += strstr(text, " sse2") != NULL;
    }
    CHECK(processors > 0 && sse2 == processors);
    fclose(f);

    struct utsname names;
    CHECK(uname(&names) == 0);
    printf("%s %s\n", names.sysname, names.machine);
    double start = seconds(CLOCK_MONOTONIC), real = seconds(CLOCK_REALTIME);
    for (int i = 0; i < 1000; i++) {
        double now = seconds(CLOCK_MONOTONIC);
        CHECK(now >= start);
        start = now;
    }
    struct timeval tv;
    gettimeofday(&tv, NULL);
    CHECK((double)tv.tv_sec - real < 100 && time(NULL) - tv.tv_sec <= 1);
    CHECK(syscall(SYS_time, NULL) - tv.tv_sec <= 1);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    CHECK(seconds(CLOCK_MONOTONIC) - start >= 0.002 && seconds(CLOCK_MONOTONIC) - start < 5);
    CHECK(seconds(CLOCK_PROCESS_CPUTIME_ID) < 60 && seconds(CLOCK_THREAD_CPUTIME_ID) < 60);
    struct timespec resolution;
    CHECK(clock_getres(CLOCK_MONOTONIC, &resolution) == 0 && resolution.tv_nsec <= 10000000);
    unsigned char random[64] = {0}, zero[64] = {0};
    CHECK(getrandom(random, 64, 0) == 64 && memcmp(random, zero, 64) != 0);
    uint64_t fs;
    CHECK(syscall(SYS_arch_prctl, ARCH_GET_FS, &fs) == 0 && *(uint64_t *)fs == fs);
    struct sysinfo info;
    CHECK(sysinfo(&info) == 0 && info.totalram > 0);
    CHECK(sysconf(_SC_NPROCESSORS_ONLN) > 0 && getpagesize() == 4096);
    CHECK(gettid() == getpid() && getppid() > 0);

    /* The baseline this program was compiled for, and time that goes on. */
    unsigned a, b, c, d;
    CHECK(__get_cpuid(1, &a, &b, &c, &d));
    CHECK((d & bit_SSE2) && (d & bit_SSE) && (d & bit_CMOV) && (d & bit_FXSAVE) &&
          (d & bit_CMPXCHG8B));
    CHECK(c & bit_CMPXCHG16B);
    CHECK(__get_cpuid(0x80000001, &a, &b, &c, &d) && (d & bit_LM));
    uint64_t tsc = __builtin_ia32_rdtsc();
    CHECK(__builtin_ia32_rdtsc() >= tsc);
    printf("all right\n");
    return argc;
}
