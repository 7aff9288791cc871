/* fd_reach.c: by no way can a program get at descriptors that it did not open itself: every number
 * it has not is tried by name, by message, by pidfd, by a link to its name; and closing all of them
 * leaves everything working. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

enum { NUMBERS = 1200 };
static int pair[2], pidfd;

static bool by_name(const char *form, int fd)
{
    char path[64], target[8];
    struct stat st;
    struct statx sx;
    snprintf(path, sizeof path, form, fd);
    return open(path, O_RDONLY) >= 0 || open(path, O_PATH) >= 0 || stat(path, &st) == 0 ||
           lstat(path, &st) == 0 || access(path, F_OK) == 0 || readlink(path, target, 8) >= 0 ||
           statx(AT_FDCWD, path, 0, STATX_BASIC_STATS, &sx) == 0;
}

static bool by_link(int fd)
{
    char path[64];
    unlink("link");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    CHECK(symlink(path, "link") == 0);
    struct stat st;
    return open("link", O_RDONLY) >= 0 || stat("link", &st) == 0;
}

static bool by_message(int fd, bool many)
{
    char byte = 0;
    union {
        char bytes[CMSG_SPACE(2 * sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {&byte, 1};
    struct mmsghdr m[2] = {
        {.msg_hdr = {.msg_iov = &iov, .msg_iovlen = 1}},
        {.msg_hdr = {.msg_iov = &iov,
                     .msg_iovlen = 1,
                     .msg_control = &control,
                     .msg_controllen = sizeof control}},
    };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m[1].msg_hdr);
    int fds[2] = {0, fd};
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    if (!many)
        return sendmsg(pair[0], &m[1].msg_hdr, 0) >= 0 || errno != EBADF;
    int sent = sendmmsg(pair[0], m, 2, 0);
    char rest[4];
    CHECK(sent == 1 && recv(pair[1], rest, sizeof rest, 0) == 1);
    return false;
}

static void try_number(int fd)
{
    bool own = fcntl(fd, F_GETFD) >= 0;
    CHECK(own || errno == EBADF);
    if (own)
        return;
    CHECK(!by_name("/proc/self/fd/%d", fd) && !by_name("/dev/fd/%d", fd));
    CHECK(!by_name("/proc/thread-self/fd/%d", fd) && !by_name("/proc/self/fdinfo/%d", fd));
    CHECK(!by_link(fd));
    CHECK(!by_message(fd, false) && !by_message(fd, true));
    CHECK(syscall(SYS_pidfd_getfd, pidfd, fd, 0) == -1);
    CHECK(dup(fd) == -1 && errno == EBADF && close(fd) == -1 && errno == EBADF);
}

/* A message that passes a descriptor of the program's own still does. */
static void pass_own(void)
{
    char byte = 7, got = 0;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {0};
    struct iovec iov = {&byte, 1}, in = {&got, 1};
    struct msghdr m = {.msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    int fd = open("/dev/zero", O_RDONLY);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    CHECK(sendmsg(pair[0], &m, 0) == 1);
    memset(&control, 0, sizeof control);
    m.msg_iov = &in;
    CHECK(recvmsg(pair[1], &m, 0) == 1 && got == 7);
    memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
    CHECK(read(fd, &got, 1) == 1 && got == 0);
    printf("passed\n");
}

static int count_entries(const char *path)
{
    int n = 0;
    DIR *d = opendir(path);
    while (readdir(d))
        n++;
    closedir(d);
    return n;
}

int main(void)
{
    CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
    pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
    CHECK(pidfd >= 0);
    pass_own();
    for (int fd = 0; fd < NUMBERS; fd++)
        try_number(fd);
    unlink("link");
    printf("%d entries alike\n", count_entries("/proc/self/fd") == count_entries("/dev/fd"));
    CHECK(syscall(SYS_close_range, 3, ~0u, 0) == 0);
    for (int fd = 3; fd < NUMBERS; fd++)
        close(fd);
    pid_t pid = vfork();
    if (pid == 0) {
        for (int fd = 3; fd < NUMBERS; fd++)
            close(fd);
        execl("/bin/sh", "sh", "-c", "exit 9", NULL);
        _exit(1);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 9);
    printf("closed\n");
    return 0;
}
