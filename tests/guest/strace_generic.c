/* strace_generic: system calls whose numbers, flags or structures the guests that have Linux's
 * generic ones do not share with x86-64; for tests/strace/generic.py. */
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/guest/guest.h"

static void handler(int sig, siginfo_t *info, void *context)
{
    (void)sig, (void)info, (void)context;
}

int main(void)
{
    struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = 0x123456789};
    struct stat st;
    int status, ends[2], root = open("/", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int null = openat(root, "dev/null", O_WRONLY | O_APPEND | O_NONBLOCK);
    sigaddset(&act.sa_mask, SIGUSR2);
    CHECK(root >= 0 && null >= 0 && sigaction(SIGUSR1, &act, NULL) == 0);
    sigemptyset(&act.sa_mask);
    act.sa_flags = SA_SIGINFO;
    CHECK(sigaction(SIGBUS, &act, NULL) == 0);
    CHECK(fcntl(null, F_GETFL) >= 0 && fstat(null, &st) == 0 && pipe2(ends, O_DIRECT) == 0);
    int set = epoll_create1(EPOLL_CLOEXEC);
    CHECK(epoll_ctl(set, EPOLL_CTL_ADD, ends[0], &event) == 0 && write(ends[1], "x", 1) == 1);
    CHECK(epoll_wait(set, &event, 1, -1) == 1 && kill(getpid(), SIGUSR1) == 0);
    if (fork() == 0)
        _exit(3);
    CHECK(wait(&status) > 0 && WEXITSTATUS(status) == 3);
    return 0;
}
