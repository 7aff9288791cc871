/* fork_threads.c [ROUNDS [THREADS [FORMS]]]: fork a thousand times while other threads (3) run,
 * allocate and lock: each child finds everything usable, starts a thread of its own and exits with
 * a checked status. With FORMS the forks are clone and clone3 with that many of the flag sets below
 * in turn, and the threads do what makes a kernel, or who stands in for one, allocate. */
#include <dirent.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static atomic_int stop;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long shared;
static int forms;

static const struct {
    uint64_t flags, exit_signal;
} form[] = {
    {CLONE_PIDFD, SIGCHLD},
    {CLONE_VFORK, SIGCHLD},
    {CLONE_UNTRACED, SIGCHLD},
    {CLONE_IO, SIGCHLD}, /* an emulated host takes no more than these */
    {CLONE_PIDFD, 0},
    {0, 0},
    {0, SIGURG},
    {CLONE_FS, SIGCHLD},
    {CLONE_FILES | CLONE_FS, SIGCHLD},
    {CLONE_SYSVSEM, SIGCHLD},
};
enum { FORMS = sizeof form / sizeof *form };

static void trouble(void)
{
    char text[64];
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        ;
    if (d)
        closedir(d);
    int fd = open("/proc/self/statm", O_RDONLY);
    shared += fd >= 0 ? read(fd, text, sizeof text) : 0;
    close(fd);
}

/* The C library's fork makes its heap usable in the child; a bare clone does not. So the child
 * keeps away from it. */
static pid_t fork_as(int round)
{
    int pidfd = -1, i = round % forms;
    struct clone_args a = {.flags = form[i].flags, .exit_signal = form[i].exit_signal};
    if (form[i].flags & CLONE_PIDFD)
        a.pidfd = (uint64_t)&pidfd;
    pid_t pid = round / forms % 2
                    ? (pid_t)syscall(SYS_clone, a.flags | a.exit_signal, 0, &pidfd, 0, 0)
                    : (pid_t)syscall(SYS_clone3, &a, sizeof a);
    if (pid > 0 && (a.flags & CLONE_PIDFD)) {
        CHECK(fcntl(pidfd, F_GETFD) == FD_CLOEXEC);
        close(pidfd);
    }
    return pid;
}

static _Noreturn void end_child(int status)
{
    char text[64];
    int fd = open("/proc/self/stat", O_RDONLY);
    if (fd < 0 || read(fd, text, sizeof text) <= 0 || atoi(text) != getpid())
        status = 97;
    _exit(status);
}

static void *busy(void *argument)
{
    unsigned seed = (unsigned)(long)argument;
    if (forms) /* the children come first */
        setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), 10);
    while (!stop) {
        if (forms && seed % 4 == 0)
            trouble();
        char *p = malloc(100 + seed % 1000);
        memset(p, (int)seed, 100);
        seed = seed * 1103515245 + 12345;
        pthread_mutex_lock(&mutex);
        shared += p[seed % 100];
        pthread_mutex_unlock(&mutex);
        free(p);
    }
    return NULL;
}

static void *in_child(void *argument)
{
    char *p = malloc(5000);
    memset(p, 3, 5000);
    long sum = 0;
    for (int i = 0; i < 5000; i++)
        sum += p[i];
    free(p);
    *(long *)argument = sum;
    return argument;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    int busy_threads = argc > 2 ? atoi(argv[2]) : 3;
    forms = argc > 3 ? atoi(argv[3]) : 0;
    pthread_t threads[64];
    CHECK(busy_threads <= 64 && forms <= FORMS);
    for (long i = 0; i < busy_threads; i++)
        CHECK(pthread_create(&threads[i], NULL, busy, (void *)(i + 1)) == 0);
    int good = 0;
    for (int i = 0; i < rounds; i++) {
        pid_t pid = forms ? fork_as(i) : fork();
        CHECK(pid >= 0);
        if (pid == 0 && forms)
            end_child(i % 97);
        if (pid == 0) {
            long sum = 0;
            if (i % 4 == 0) {
                pthread_t thread;
                if (pthread_create(&thread, NULL, in_child, &sum) != 0)
                    _exit(98);
                pthread_join(thread, NULL);
            } else {
                in_child(&sum);
            }
            _exit(sum == 15000 ? i % 97 : 99);
        }
        int status;
        CHECK(waitpid(pid, &status, __WALL) == pid);
        CHECK(WIFEXITED(status));
        good += WEXITSTATUS(status) == i % 97;
    }
    stop = 1;
    for (int i = 0; i < busy_threads; i++)
        pthread_join(threads[i], NULL);
    printf("%d of %d children right\n", good, rounds);
    return good != rounds;
}
