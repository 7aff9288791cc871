/* clone_forms.c: clone and clone3 in the forms that C libraries and language runtimes use and some
 * that they do not: processes that share memory, files or directories with their parent, with and
 * without waiting, thread words, pidfds, cleared handlers, and what must be refused. With an
 * argument: without those that share something (an emulated host has only fork). */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

enum { STACK = 128 << 10 };
extern char **environ;
static atomic_int shared;
static pid_t parent_word, child_word;
static int fd_made;

static int status_of(pid_t pid, int options)
{
    int status = -1;
    CHECK(waitpid(pid, &status, options) == pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static char *new_stack(void)
{
    char *s = mmap(NULL, STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(s != MAP_FAILED);
    return s + STACK;
}

static int add_and_leave(void *arg)
{
    for (int i = 0; i < 1000; i++)
        shared++;
    return (int)(long)arg;
}

static int make_fd_and_leave(void *arg)
{
    (void)arg;
    fd_made = open("/dev/null", O_RDONLY);
    return chdir("/usr") == 0 ? 3 : 4;
}

static int wait_for_word(void *arg)
{
    (void)arg;
    while (shared < 5000)
        sched_yield();
    shared = 9000;
    syscall(SYS_exit_group, 6);
    return 0;
}

/* The word that CLONE_CHILD_SETTID names holds our number. */
static int compare_word(void *arg)
{
    return __atomic_load_n(&child_word, __ATOMIC_SEQ_CST) == syscall(SYS_gettid) ? (int)(long)arg
                                                                                 : 2;
}

static long clone3(struct clone_args *a)
{
    return syscall(SYS_clone3, a, sizeof *a);
}

static void memory_sharers(void)
{
    printf("vm+vfork %d",
           status_of(clone(add_and_leave, new_stack(), CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)5),
                     0));
    printf(" %d\n", shared);
    pid_t pid = clone(wait_for_word, new_stack(), CLONE_VM | SIGCHLD, NULL);
    CHECK(pid > 0);
    shared = 5000; /* we run beside it */
    while (shared != 9000)
        sched_yield();
    printf("vm beside %d\n", status_of(pid, 0));
    fd_made = -1;
    pid = clone(make_fd_and_leave, new_stack(), CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, NULL);
    int status = status_of(pid, 0);
    char where[64] = "";
    CHECK(getcwd(where, sizeof where));
    printf("vm+files+fs %d, fd %s, in %s\n", status, fcntl(fd_made, F_GETFD) >= 0 ? "open" : "shut",
           where);
    child_word = 77;
    shared = 0;
    pid =
        clone(compare_word, new_stack(),
              CLONE_VM | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CLONE_PARENT_SETTID | SIGCHLD,
              (void *)1, &parent_word, NULL, &child_word);
    for (pid_t seen; (seen = __atomic_load_n(&child_word, __ATOMIC_SEQ_CST)) != 0;)
        syscall(SYS_futex, &child_word, FUTEX_WAIT, seen, NULL, NULL, 0);
    printf("words: parent %d, child cleared, %d\n", parent_word == pid, status_of(pid, 0));
    printf("no exit signal %d\n",
           status_of(clone(add_and_leave, new_stack(), CLONE_VM, (void *)8), __WCLONE));
    pid = (pid_t)syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(dup2(0, 50) == 50 ? 0 : 1);
    status = status_of(pid, 0); /* it has ended before we look */
    printf("fork sharing files %d, fd %s\n", status, close(50) == 0 ? "seen" : "unseen");
    char *args[] = {"none", NULL};
    CHECK(posix_spawn(&pid, "/no/such/program", NULL, NULL, args, environ) == ENOENT);
}

static void forks(void)
{
    int pidfd = -1;
    struct clone_args a = {.flags = CLONE_PIDFD | CLONE_CHILD_SETTID | CLONE_PARENT_SETTID,
                           .pidfd = (uint64_t)&pidfd,
                           .parent_tid = (uint64_t)&parent_word,
                           .child_tid = (uint64_t)&child_word,
                           .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)clone3(&a);
    if (pid == 0)
        _exit(child_word == getpid() ? 12 : 13);
    CHECK(pid > 0);
    struct pollfd p = {.fd = pidfd, .events = POLLIN};
    CHECK(poll(&p, 1, 20000) == 1);
    siginfo_t info;
    CHECK(waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED) == 0);
    printf("clone3 with pidfd: %d, word %d\n", info.si_status, parent_word == pid);
    signal(SIGUSR1, (void (*)(int))forks);
    signal(SIGUSR2, SIG_IGN);
    a = (struct clone_args){.flags = CLONE_CLEAR_SIGHAND, .exit_signal = SIGCHLD};
    pid = (pid_t)clone3(&a);
    if (pid == 0) {
        struct sigaction one, two;
        sigaction(SIGUSR1, NULL, &one);
        sigaction(SIGUSR2, NULL, &two);
        if (one.sa_handler != SIG_DFL || two.sa_handler != SIG_IGN)
            _exit(1);
        raise(SIGUSR1);
        _exit(2);
    }
    printf("cleared handlers: %d\n", status_of(pid, 0) - 1000 == SIGUSR1);
    pid = vfork();
    if (pid == 0)
        _exit(21);
    printf("vfork %d\n", status_of(pid, 0));
    char *args[] = {"sh", "-c", "exit 9", NULL};
    CHECK(posix_spawn(&pid, "/bin/sh", NULL, NULL, args, environ) == 0);
    printf("posix_spawn %d\n", status_of(pid, 0));
}

static void refused(void)
{
    static const uint64_t flags[] = {CLONE_THREAD, CLONE_SIGHAND, CLONE_THREAD | CLONE_VM,
                                     CLONE_FS | CLONE_NEWNS};
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        CHECK(syscall(SYS_clone, flags[i] | SIGCHLD, 0, 0, 0, 0) == -1 && errno == EINVAL);
    struct clone_args a = {.exit_signal = 65};
    CHECK(clone3(&a) == -1 && errno == EINVAL);
    a = (struct clone_args){.flags = CLONE_VM, .stack = 4096};
    CHECK(clone3(&a) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clone3, &a, 8) == -1 && errno == EINVAL);
    CHECK(syscall(SYS_clone3, NULL, sizeof a) == -1 && errno == EFAULT);
    printf("refused\n");
}

int main(int argc, char **argv)
{
    (void)argv;
    setbuf(stdout, NULL);
    if (argc == 1)
        memory_sharers();
    forks();
    refused();
    return 0;
}
