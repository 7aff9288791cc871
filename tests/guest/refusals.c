/* refusals.c: calls that Dragoman refuses, asked for as libraries ask: each must be told no in the
 * way that makes them go on without. Compared with refusals.out, as a kernel may well have them. */
#include <errno.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static void tell(const char *what, long result)
{
    printf("%s: %s\n", what, result >= 0 ? "done" : strerrorname_np(errno));
}

int main(void)
{
    setbuf(stdout, NULL);
    /* liburing, libuv: ENOSYS leads to epoll. */
    struct io_uring_params params = {0};
    tell("io_uring_setup", syscall(SYS_io_uring_setup, 8, &params));
    tell("io_uring_enter", syscall(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0));
    tell("io_uring_register", syscall(SYS_io_uring_register, 0, 0, NULL, 0));
    /* libseccomp takes EINVAL here for "there is seccomp"; programs that load filters by prctl take
     * EFAULT for it. */
    tell("seccomp", syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 1, NULL));
    tell("prctl seccomp", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, NULL));
    tell("prctl of seccomp", prctl(PR_GET_SECCOMP));
    /* Landlock's documentation: ENOSYS or EOPNOTSUPP, and the program goes on unconfined. */
    tell("landlock",
         syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION));
    /* systemd, runc, pam_keyinit, libkrb5: a kernel without keys. */
    tell("keyctl", syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, NULL));
    tell("add_key", syscall(SYS_add_key, "user", "name", "data", 4, KEY_SPEC_SESSION_KEYRING));
    tell("request_key", syscall(SYS_request_key, "user", "name", NULL, 0));
    /* Debuggers and crash handlers: not permitted, as in a container. */
    pid_t pid = fork();
    if (pid == 0) {
        tell("ptrace of oneself", ptrace(PTRACE_TRACEME, 0, NULL, NULL));
        _exit(*(volatile int *)&(int){5}); /* it was not stopped */
    }
    int status;
    CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFEXITED(status));
    printf("status %d\n", WEXITSTATUS(status));
    tell("ptrace of another", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
    tell("ptrace, seized", ptrace(PTRACE_SEIZE, getppid(), NULL, NULL));
    tell("perf_event_open", syscall(SYS_perf_event_open, NULL, 0, -1, -1, 0));
    tell("bpf", syscall(SYS_bpf, 0, NULL, 0));
    tell("userfaultfd", syscall(SYS_userfaultfd, 0));
    return 0;
}
