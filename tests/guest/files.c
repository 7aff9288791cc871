/* files.c: the file system calls of everyday programs. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include "guest.h"

static int visited;
static int visit(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    visited += kind == FTW_F ? 1 : 100;
    (void)path, (void)st, (void)where;
    return 0;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* So many at once that their array is large in every layout. */
static void many_events(void)
{
    enum { EVENTS = 500 };
    static struct epoll_event got[EVENTS + 12];
    uint64_t sum = 0;
    int epoll = epoll_create1(0), fds[EVENTS];
    for (unsigned i = 0; i < EVENTS; i++) {
        struct epoll_event want = {.events = EPOLLIN, .data.u64 = (uint64_t)(i + 1) << 33 | i};
        fds[i] = eventfd(1, 0);
        CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[i], &want) == 0);
    }
    int n = epoll_wait(epoll, got, EVENTS + 12, 0);
    for (int i = 0; i < n; i++)
        sum += got[i].data.u64;
    printf("events %d sum %llx\n", n, (unsigned long long)sum);
    for (unsigned i = 0; i < EVENTS; i++)
        close(fds[i]);
    close(epoll);
}

int main(void)
{
    char buffer[4096];
    struct stat st;
    umask(022);
    CHECK(mkdir("dir", 0755) == 0 && mkdir("dir", 0755) == -1 && errno == EEXIST);
    int fd = open("dir/a", O_RDWR | O_CREAT | O_EXCL, 0666);
    CHECK(fd >= 0 && open("dir/a", O_CREAT | O_EXCL, 0666) == -1 && errno == EEXIST);
    struct iovec parts[3] = {{"one ", 4}, {"two ", 4}, {"three\n", 6}};
    CHECK(writev(fd, parts, 3) == 14 && lseek(fd, 4, SEEK_SET) == 4 && read(fd, buffer, 100) == 10);
    CHECK(memcmp(buffer, "two three\n", 10) == 0);
    CHECK(pwrite(fd, "TWO", 3, 4) == 3 && pread(fd, buffer, 3, 4) == 3 &&
          !memcmp(buffer, "TWO", 3));
    CHECK(lseek(fd, 100000, SEEK_SET) == 100000 && write(fd, "!", 1) == 1 && fstat(fd, &st) == 0);
    printf("size %ld mode %o links %lu\n", (long)st.st_size, st.st_mode,
           (unsigned long)st.st_nlink);
    CHECK(ftruncate(fd, 14) == 0 && link("dir/a", "dir/b") == 0 && symlink("a", "dir/c") == 0);
    CHECK(stat("dir/c", &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 2);
    CHECK(lstat("dir/c", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 1);
    CHECK(readlink("dir/c", buffer, sizeof buffer) == 1 && buffer[0] == 'a');
    CHECK(chmod("dir/a", 0640) == 0 && access("dir/a", R_OK | W_OK) == 0);
    CHECK(rename("dir/b", "dir/d") == 0 && stat("dir/b", &st) == -1 && errno == ENOENT);
    struct timespec times[2] = {{1000000000, 5}, {1100000000, 123456789}};
    CHECK(utimensat(AT_FDCWD, "dir/a", times, 0) == 0 && stat("dir/a", &st) == 0);
    printf("times %ld.%09ld %ld.%09ld mode %o\n", (long)st.st_atim.tv_sec, st.st_atim.tv_nsec,
           (long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec, st.st_mode);
    struct statx sx;
    CHECK(statx(AT_FDCWD, "dir/a", 0, STATX_BASIC_STATS, &sx) == 0 && sx.stx_size == 14 &&
          sx.stx_mtime.tv_nsec == 123456789);
    for (int i = 0; i < 300; i++) {
        snprintf(buffer, sizeof buffer, "dir/file-%03d", i);
        int f = open(buffer, O_WRONLY | O_CREAT, 0600);
        CHECK(f >= 0 && close(f) == 0);
    }
    struct dirent **names;
    int n = scandir("dir", &names, NULL, by_name);
    printf("entries %d %s %s %s type %d\n", n, names[2]->d_name, names[4]->d_name,
           names[n - 1]->d_name, names[3]->d_type == DT_LNK);
    CHECK(nftw("dir", visit, 10, FTW_PHYS) == 0);
    printf("visited %d\n", visited);
    DIR *dir = opendir("dir");
    long place = 0;
    for (int i = 0; i < 50; i++)
        CHECK(readdir(dir));
    place = telldir(dir);
    const char *next = strdup(readdir(dir)->d_name);
    seekdir(dir, place);
    CHECK(strcmp(readdir(dir)->d_name, next) == 0);
    int dirfd_ = dirfd(dir);
    CHECK(fstatat(dirfd_, "file-007", &st, 0) == 0 && faccessat(dirfd_, "nope", F_OK, 0) == -1);
    int f = openat(dirfd_, "file-007", O_RDWR | O_APPEND);
    CHECK(f >= 0 && flock(f, LOCK_EX | LOCK_NB) == 0);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 10};
    CHECK(fcntl(f, F_SETLK, &lock) == 0 && fcntl(f, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK);
    CHECK(lseek(fd, 0, SEEK_SET) == 0 && sendfile(f, fd, NULL, 14) == -1 && errno == EINVAL);
    int g = open("dir/file-008", O_RDWR);
    CHECK(sendfile(g, fd, NULL, 14) == 14 && lseek(g, 0, SEEK_CUR) == 14);
    off64_t from = 0;
    CHECK(copy_file_range(fd, &from, g, NULL, 14, 0) == 14);
    CHECK(fallocate(g, 0, 0, 10000) == 0 && fstat(g, &st) == 0 && st.st_size == 10000);
    CHECK(fsync(g) == 0 && fdatasync(g) == 0);
    closedir(dir);

    /* Descriptors. */
    int d = dup(fd), e = fcntl(fd, F_DUPFD_CLOEXEC, 50);
    CHECK(d > 0 && e >= 50 && dup2(fd, 60) == 60 && dup3(fd, 61, O_CLOEXEC) == 61);
    CHECK((fcntl(e, F_GETFD) & FD_CLOEXEC) && !(fcntl(60, F_GETFD) & FD_CLOEXEC));
    CHECK(fcntl(f, F_GETFL) == (O_RDWR | O_APPEND | O_LARGEFILE) || (fcntl(f, F_GETFL) & O_APPEND));
    CHECK(close(60) == 0 && close(60) == -1 && errno == EBADF && dup2(59, 60) == -1);
    CHECK(syscall(SYS_close_range, 50, 70, 0) == 0 && fcntl(61, F_GETFD) == -1);
    int pipes[2];
    CHECK(pipe2(pipes, O_NONBLOCK) == 0 && read(pipes[0], buffer, 1) == -1 && errno == EAGAIN);
    int total = 0, wrote;
    while ((wrote = (int)write(pipes[1], buffer, sizeof buffer)) > 0)
        total += wrote;
    CHECK(errno == EAGAIN && total == fcntl(pipes[1], F_GETPIPE_SZ));
    int available;
    CHECK(ioctl(pipes[0], FIONREAD, &available) == 0 && available == total);

    /* Waiting. */
    struct pollfd polls[2] = {{pipes[0], POLLIN, 0}, {pipes[1], POLLOUT, 0}};
    CHECK(poll(polls, 2, 0) == 1 && polls[0].revents == POLLIN && polls[1].revents == 0);
    fd_set reading, writing;
    FD_ZERO(&reading);
    FD_ZERO(&writing);
    FD_SET(pipes[0], &reading);
    FD_SET(pipes[1], &writing);
    CHECK(select(pipes[1] + 1, &reading, &writing, NULL, &(struct timeval){1, 0}) == 1 &&
          FD_ISSET(pipes[0], &reading));
    int event = eventfd(3, 0), epoll = epoll_create1(0);
    struct epoll_event want = {.events = EPOLLIN, .data.u64 = 0x123456789abcdef0}, got[4];
    CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, event, &want) == 0);
    CHECK(epoll_wait(epoll, got, 4, 100) == 1 && got[0].data.u64 == 0x123456789abcdef0);
    uint64_t value;
    CHECK(read(event, &value, 8) == 8 && value == 3 && epoll_wait(epoll, got, 4, 0) == 0);
    many_events();
    int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    CHECK(timerfd_settime(timer, 0, &(struct itimerspec){.it_value.tv_nsec = 1000000}, NULL) == 0);
    CHECK(read(timer, &value, 8) == 8 && value >= 1);

    /* Working directory and odd paths. */
    CHECK(getcwd(buffer, sizeof buffer) && chdir("dir") == 0 && access("file-299", F_OK) == 0);
    CHECK(chdir("..") == 0 && rmdir("dir") == -1 && errno == ENOTEMPTY);
    CHECK(open("dir/a/b", O_RDONLY) == -1 && errno == ENOTDIR);
    char *volatile bad = (char *)16;
    CHECK(open(bad, O_RDONLY) == -1 && errno == EFAULT);
    CHECK(pread(fd, bad, 10, 0) == -1 && errno == EFAULT);
    CHECK(write(fd, bad, 10) == -1 && errno == EFAULT);
    CHECK(isatty(fd) == 0 && errno == ENOTTY);
    struct statfs fs;
    CHECK(statfs("/proc", &fs) == 0 && fs.f_type == 0x9fa0);
    CHECK(syscall(999) == -1 && errno == ENOSYS);
    FILE *stream = tmpfile();
    fprintf(stream, "%d %s\n", 42, "text");
    rewind(stream);
    CHECK(fgets(buffer, 100, stream) && strcmp(buffer, "42 text\n") == 0);
    printf("all right\n");
    return 0;
}
