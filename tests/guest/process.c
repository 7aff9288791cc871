/* process.c: fork, wait, pipes, exec of itself in several ways, vfork, environment, credentials,
 * process groups, resource limits, exit paths. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

extern char **environ;

static int wait_for(pid_t pid)
{
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static int as_child(int argc, char **argv)
{
    printf("child %s:", argv[1]);
    for (int i = 2; i < argc; i++)
        printf(" [%s]", argv[i]);
    printf(" X=%s environ %d\n", getenv("X") ? getenv("X") : "(none)", environ[0] != NULL);
    char line[100];
    if (strcmp(argv[1], "filter") == 0)
        while (fgets(line, sizeof line, stdin))
            printf("> %s", line);
    return 40 + argc;
}

static void at_exit(void)
{
    printf("at exit\n");
}

int main(int argc, char **argv)
{
    if (argc > 1)
        return as_child(argc, argv);
    setvbuf(stdout, NULL, _IONBF, 0);
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    CHECK(n > 0);
    self[n] = 0;
    CHECK(strstr(self, "process") != NULL);

    /* A tree of children. */
    for (int i = 0; i < 20; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            if (i % 3 == 0 && fork() == 0)
                _exit(7);
            if (i % 3 == 0) {
                int status;
                wait(&status);
                _exit(WEXITSTATUS(status) + i);
            }
            _exit(i);
        }
        CHECK(wait_for(pid) == (i % 3 == 0 ? 7 + i : i));
    }
    printf("children done\n");

    /* exec by path, by /proc/self/exe, by descriptor, with an environment, through PATH. */
    pid_t pid = fork();
    if (pid == 0) {
        execl(self, "name", "path", "a b", "", "c", (char *)NULL);
        _exit(99);
    }
    printf("-> %d\n", wait_for(pid));
    pid = fork();
    if (pid == 0) {
        char *arguments[] = {"name", "self", NULL}, *environment[] = {"X=from exec", NULL};
        execve("/proc/self/exe", arguments, environment);
        _exit(99);
    }
    printf("-> %d\n", wait_for(pid));
    pid = fork();
    if (pid == 0) {
        char *arguments[] = {"name", "descriptor", NULL}, *environment[] = {NULL};
        fexecve(open(self, O_RDONLY | O_CLOEXEC), arguments, environment);
        _exit(99);
    }
    printf("-> %d\n", wait_for(pid));
    pid = vfork();
    if (pid == 0) {
        execl(self, "name", "vfork", (char *)NULL);
        _exit(99);
    }
    printf("-> %d\n", wait_for(pid));
    char *spawn_arguments[] = {"name", "spawn", "1", NULL};
    CHECK(posix_spawn(&pid, self, NULL, NULL, spawn_arguments, environ) == 0);
    printf("-> %d\n", wait_for(pid));
    execl("/nonexistent", "x", (char *)NULL);
    printf("exec: %s\n", strerror(errno));
    execl("/etc", "x", (char *)NULL);
    printf("exec: %s\n", strerror(errno));

    /* A script with an interpreter line, which is this program. */
    FILE *script = fopen("script", "w");
    fprintf(script, "#!%s filter\nignored\n", self);
    fclose(script);
    CHECK(chmod("script", 0755) == 0);
    pid = fork();
    if (pid == 0) {
        CHECK(freopen("/dev/null", "r", stdin));
        execl("./script", "./script", "one", (char *)NULL);
        _exit(99);
    }
    printf("-> %d\n", wait_for(pid));
    unlink("script");

    /* A pipeline: this process writes, a filter between, this process reads. */
    int to[2], from[2];
    CHECK(pipe(to) == 0 && pipe2(from, O_CLOEXEC) == 0);
    pid = fork();
    if (pid == 0) {
        dup2(to[0], 0), dup2(from[1], 1);
        close(to[0]), close(to[1]);
        execl("/proc/self/exe", "x", "filter", (char *)NULL);
        _exit(99);
    }
    close(to[0]), close(from[1]);
    CHECK(write(to[1], "one\ntwo\n", 8) == 8);
    close(to[1]);
    char text[500];
    size_t used = 0;
    while ((n = read(from[0], text + used, sizeof text - used)) > 0)
        used += (size_t)n;
    printf("%.*s-> %d\n", (int)used, text, wait_for(pid));

    int pair[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    pid = fork();
    if (pid == 0) {
        n = read(pair[1], text, sizeof text);
        for (ssize_t i = 0; i < n; i++)
            text[i] ^= 0x20;
        CHECK(write(pair[1], text, (size_t)n) == n);
        _exit(0);
    }
    CHECK(write(pair[0], "socket", 6) == 6 && read(pair[0], text, sizeof text) == 6);
    printf("%.6s %d\n", text, wait_for(pid));

    /* Who and where; limits; names; groups. */
    CHECK(getuid() == geteuid() && getpgrp() == getpgid(0) && getsid(0) > 0);
    struct rlimit limit;
    CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur > 65536);
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    limit.rlim_cur = 100;
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
    printf("files %lu\n", limit.rlim_cur);
    CHECK(fcntl(1, F_DUPFD, 100) == -1 && errno == EINVAL);
    CHECK(prctl(PR_SET_NAME, "renamed") == 0 && prctl(PR_GET_NAME, text) == 0);
    printf("name %s\n", text);
    cpu_set_t cpus;
    CHECK(sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0);
    pid = fork();
    if (pid == 0) {
        CHECK(setpgid(0, 0) == 0 && getpgrp() == getpid());
        pause();
    }
    usleep(10000);
    kill(pid, SIGSTOP);
    int status;
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status));
    kill(pid, SIGCONT);
    CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status));
    kill(pid, SIGKILL);
    siginfo_t info;
    CHECK(waitid(P_PID, (id_t)pid, &info, WEXITED) == 0);
    printf("killed %d %d\n", info.si_code == CLD_KILLED, info.si_status);
    CHECK(wait(NULL) == -1 && errno == ECHILD);
    struct rusage usage;
    CHECK(getrusage(RUSAGE_CHILDREN, &usage) == 0);

    atexit(at_exit);
    exit(21);
}
