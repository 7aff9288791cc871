/* procfs.c: what /proc says of the program itself, by every way of naming it. Printed is only what
 * is the same in every run; the rest is checked here. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

static char text[1 << 16];

static ssize_t slurp(int dir, const char *path)
{
    int fd = openat(dir, path, O_RDONLY);
    ssize_t n, all = 0;
    if (fd < 0)
        return -1;
    while ((n = read(fd, text + all, sizeof text - 1 - (size_t)all)) > 0)
        all += n;
    text[all] = 0;
    close(fd);
    return all;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Where a link leads, and that stat follows it to the same file as the program's own path. */
static void check_exe(int dir, const char *path, const char *own)
{
    char target[4096];
    struct stat a, b;
    ssize_t n = readlinkat(dir, path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = 0;
    int fd = openat(dir, path, O_RDONLY);
    struct open_how how = {.flags = O_RDONLY};
    int other = (int)syscall(SYS_openat2, dir, path, &how, sizeof how);
    struct statx sx;
    CHECK(stat(own, &b) == 0);
    CHECK((other < 0 && errno == ENOSYS) || (fstat(other, &a) == 0 && a.st_ino == b.st_ino));
    close(other);
    CHECK(statx(dir, path, 0, STATX_INO, &sx) == 0 && sx.stx_ino == b.st_ino);
    CHECK(fstatat(dir, path, &a, 0) == 0 && stat(own, &b) == 0 && a.st_ino == b.st_ino);
    CHECK(fd >= 0 && fstat(fd, &a) == 0 && a.st_ino == b.st_ino);
    close(fd);
    printf("%s\n", strcmp(base(target), "exe") ? base(target) : "a link to exe");
}

static void exe(const char *own)
{
    char path[128];
    int self = open("/proc/self", O_PATH), root = open("/", O_PATH);
    check_exe(AT_FDCWD, "/proc/self/exe", own);
    check_exe(AT_FDCWD, "/proc/thread-self/exe", own);
    check_exe(AT_FDCWD, "/proc//self/./exe", own);
    check_exe(AT_FDCWD, "/proc/self/task/../exe", own);
    check_exe(self, "exe", own);
    check_exe(root, "proc/self/exe", own);
    snprintf(path, sizeof path, "/proc/%d/exe", getpid());
    check_exe(AT_FDCWD, path, own);
    snprintf(path, sizeof path, "/proc/self/task/%d/exe", getpid());
    check_exe(AT_FDCWD, path, own);
    CHECK(symlink("/proc/self/exe", "link") == 0 && symlink("link", "link2") == 0);
    check_exe(AT_FDCWD, "link", own);
    check_exe(AT_FDCWD, "link2", own);
    close(self);
    close(root);
}

static void check_maps(const char *file)
{
    char line[512];
    unsigned long start, end, last = 0, here = (unsigned long)(void *)&check_maps;
    unsigned long stack = (unsigned long)(void *)&line, heap = (unsigned long)malloc(16);
    bool saw_code = false, saw_stack = false, saw_heap = false;
    FILE *f = fopen(file, "r");
    while (f && fgets(line, sizeof line, f)) {
        if (sscanf(line, "%lx-%lx ", &start, &end) != 2 || !strchr(line, '-') ||
            strstr(line, " kB"))
            continue;
        CHECK(start >= last && end > start);
        last = end;
        CHECK(!strstr(base(line), "dragoman") && !strstr(line, "memfd"));
        saw_code |= here >= start && here < end && strstr(line, "r-xp") && strstr(line, "procfs");
        saw_stack |= stack >= start && stack < end && strstr(line, "[stack]");
        saw_heap |= heap >= start && heap < end && strstr(line, "[heap]");
    }
    fclose(f);
    printf("%s: code %d stack %d heap %d\n", base(file), saw_code, saw_stack, saw_heap);
}

static void descriptors(void)
{
    const char *const directories[] = {"/proc/self/fd", "/proc/self/fdinfo", "/dev/fd"};
    for (int i = 0; i < 3; i++) {
        DIR *d = opendir(directories[i]);
        struct dirent *e;
        int count = 0, own = dirfd(d);
        while ((e = readdir(d)))
            count += e->d_name[0] != '.' && atoi(e->d_name) != own && atoi(e->d_name) < 3;
        rewinddir(d);
        while ((e = readdir(d))) /* what is listed is there */
            CHECK(e->d_name[0] == '.' || fcntl(atoi(e->d_name), F_GETFD) >= 0);
        closedir(d);
        printf("%d descriptors\n", count);
    }
    for (int fd = 3; fd < 1100; fd++) { /* what is not there has no name either */
        char path[64];
        struct stat st;
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        CHECK((fcntl(fd, F_GETFD) >= 0) == (lstat(path, &st) == 0));
    }
}

static void *sleeper(void *arg)
{
    pause();
    return arg;
}

static void tasks(void)
{
    pthread_t t;
    for (int i = 0; i < 3; i++)
        pthread_create(&t, NULL, sleeper, NULL);
    DIR *d = opendir("/proc/self/task");
    int count = 0;
    for (struct dirent *e; (e = readdir(d));)
        count += e->d_name[0] != '.';
    closedir(d);
    printf("%d tasks\n", count);
}

static unsigned long mask_of(const char *name)
{
    const char *at = strstr(text, name);
    return at ? strtoul(at + strlen(name), NULL, 16) : 1;
}

static void handler(int sig)
{
    (void)sig;
}

static void status(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    signal(SIGUSR1, handler);
    signal(SIGSEGV, handler);
    signal(SIGHUP, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    CHECK(slurp(AT_FDCWD, "/proc/self/status") > 0);
    printf("blocked %lx ignored %lx caught %lx\n", mask_of("SigBlk:\t"), mask_of("SigIgn:\t"),
           mask_of("SigCgt:\t"));
    CHECK(strncmp(text, "Name:\tprocfs\n", 13) == 0 && strstr(text, "VmSize:"));
    CHECK(slurp(AT_FDCWD, "/proc/thread-self/stat") > 0);
    unsigned long code, end, stack;
    int n = sscanf(text,
                   "%*d (procfs) R %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d "
                   "%*d %*d %*d %*d %*u %*u %*d %*u %lu %lu %lu",
                   &code, &end, &stack);
    CHECK(n == 3 && code <= (unsigned long)(void *)&status && end > (unsigned long)(void *)&status);
    CHECK(stack > (unsigned long)(void *)&n);
}

static void strings(int argc, char **argv, char **envp)
{
    char path[64];
    int self = open("/proc/self", O_PATH);
    ssize_t n = slurp(self, "cmdline");
    CHECK(n > 0 && memcmp(text, argv[0], (size_t)n) == 0);
    CHECK(n == argv[argc - 1] + strlen(argv[argc - 1]) + 1 - argv[0]);
    argv[argc - 1][0] = 'X'; /* it is the memory itself */
    CHECK(slurp(self, "cmdline") == n && memcmp(text, argv[0], (size_t)n) == 0);
    snprintf(path, sizeof path, "/proc/self/task/%d/environ", getpid());
    n = slurp(AT_FDCWD, path);
    CHECK(n > 0 && memcmp(text, envp[0], (size_t)n) == 0);
    CHECK(chdir("/proc/self/task") == 0 && slurp(AT_FDCWD, "../environ") == n);
    CHECK(chdir("/") == 0);
    close(self);
}

int main(int argc, char **argv, char **envp)
{
    exe(argv[0]);
    check_maps("/proc/self/maps");
    check_maps("/proc/self/smaps");
    descriptors();
    status();
    strings(argc, argv, envp);
    tasks();
    char link[64], name[64], wanted[64];
    int fd = open("/proc/self/maps", O_RDONLY);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    snprintf(wanted, sizeof wanted, "/proc/%d/maps", getpid());
    ssize_t n = readlink(link, name, sizeof name);
    CHECK(n == (ssize_t)strlen(wanted) && memcmp(name, wanted, (size_t)n) == 0);
    printf("done\n");
    return 0;
}
