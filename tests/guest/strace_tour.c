/* strace_tour.c: calls of every kind once, for --strace to be compared with strace: what is printed
 * of arguments, structures and results. Nothing is checked here but that the program gets to its
 * end, a death by SIGSEGV. */
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/times.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

/* Results do not matter: failed calls are printed too. */
#define DO(call)                                                                                   \
    do {                                                                                           \
        volatile long result = (long)(call);                                                       \
        (void)result;                                                                              \
    } while (0)

static char b[4096];
static struct timespec short_time = {0, 1000};

static void handler(int sig)
{
    (void)sig;
}

static void files(int fd, int *pipes)
{
    struct stat st;
    struct statx sx;
    struct iovec out[2] = {{"ab", 2}, {"cde", 3}}, in[2] = {{b, 3}, {b + 10, 30}};
    DO(fstat(fd, &st));
    DO(statx(AT_FDCWD, "/etc/passwd", AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &sx));
    DO(stat("/dev/null", &st));
    DO(lstat("/none", &st));
    DO(read(fd, b, 100));
    DO(lseek(fd, 0, SEEK_SET));
    DO(pread(fd, b, 10, 5));
    DO(pipe(pipes));
    DO(pipe2(pipes, O_CLOEXEC | O_NONBLOCK));
    DO(write(pipes[1], "a\0b\1\t\"\\\3777", 9));
    DO(read(pipes[0], b, 5));
    DO(writev(pipes[1], out, 2));
    DO(readv(pipes[0], in, 2));
    DO(read(pipes[0], b, 5));
    int df = open("/etc/init.d", O_RDONLY | O_DIRECTORY);
    DO(syscall(SYS_getdents64, df, b, 4096));
    DO(syscall(SYS_getdents64, df, b, 4096));
    DO(close(df));
}

static void controls(int fd, int *pipes)
{
    struct termios tio;
    struct winsize w;
    int n;
    struct flock fl = {F_RDLCK, SEEK_SET, 0, 0, 0};
    DO(tcgetattr(0, &tio));
    DO(ioctl(0, TIOCGWINSZ, &w));
    DO(ioctl(pipes[0], FIONREAD, &n));
    DO(ioctl(1, TIOCGPGRP, &n));
    DO(ioctl(pipes[0], 0x12345678, 5));
    DO(fcntl(fd, F_GETFD));
    DO(fcntl(fd, F_SETFD, FD_CLOEXEC));
    DO(fcntl(fd, F_GETFD));
    DO(fcntl(fd, F_GETFL));
    DO(fcntl(pipes[0], F_SETFL, O_NONBLOCK));
    DO(fcntl(fd, F_DUPFD, 20));
    DO(fcntl(fd, F_DUPFD_CLOEXEC, 30));
    DO(fcntl(fd, F_SETLK, &fl));
    DO(fcntl(fd, F_GETLK, &fl));
    DO(fcntl(fd, F_GETPIPE_SZ));
    DO(fcntl(pipes[0], F_GETPIPE_SZ));
    DO(fcntl(fd, 9999, 4));
    int m = posix_openpt(O_RDWR | O_NOCTTY);
    DO(tcgetattr(m, &tio));
    tio.c_lflag &= ~(unsigned)(ICANON | ECHO);
    DO(tcsetattr(m, TCSADRAIN, &tio));
    DO(ioctl(m, TIOCGWINSZ, &w));
    DO(unlockpt(m));
    DO(close(m));
}

static void sockets(void)
{
    struct sockaddr_un un = {AF_UNIX, "/nonexist"};
    struct sockaddr_in in = {AF_INET, htons(0), {htonl(0x7f000001)}, {0}};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(1)};
    struct iovec out[2] = {{"ab", 2}, {"cde", 3}}, back[2] = {{b, 3}, {b + 10, 30}};
    struct msghdr sent = {.msg_iov = out, .msg_iovlen = 2},
                  got = {.msg_iov = back, .msg_iovlen = 2};
    int one = 1, pair[2];
    int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    DO(connect(s, (void *)&un, sizeof un));
    int s4 = socket(AF_INET, SOCK_DGRAM, 0);
    DO(bind(s4, (void *)&in, sizeof in));
    socklen_t l = sizeof un;
    DO(getsockname(s4, (void *)&un, &l));
    int s6 = socket(AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    in6.sin6_addr.s6_addr[15] = 1;
    DO(connect(s6, (void *)&in6, sizeof in6));
    DO(setsockopt(s4, SOL_SOCKET, SO_REUSEADDR, &one, 4));
    l = 4;
    DO(getsockopt(s4, SOL_SOCKET, SO_TYPE, &one, &l));
    DO(sendto(s4, "hi", 2, MSG_NOSIGNAL, (void *)&un, 16));
    DO(getpeername(s4, (void *)&un, &l));
    l = sizeof un;
    DO(recvfrom(s4, b, 10, MSG_DONTWAIT, (void *)&un, &l));
    DO(socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
    DO(sendmsg(pair[0], &sent, 0));
    DO(recvmsg(pair[1], &got, 0));
    DO(listen(s, 5));
    DO(accept(s, NULL, NULL));
    DO(shutdown(pair[0], SHUT_WR));
}

static void waits(int *pipes)
{
    struct pollfd pf[2] = {{pipes[0], POLLIN, 0}, {pipes[1], POLLOUT, 0}};
    fd_set rs, ws;
    struct timeval tv = {0, 1000};
    struct epoll_event ev = {EPOLLIN | EPOLLET, {.u64 = 7}}, evs[4];
    DO(poll(pf, 2, 0));
    DO(poll(pf, 1, 0));
    DO(ppoll(pf, 1, &short_time, NULL));
    FD_ZERO(&rs);
    FD_ZERO(&ws);
    FD_SET(pipes[0], &rs);
    FD_SET(pipes[1], &ws);
    DO(select(pipes[1] + 1, &rs, &ws, NULL, &tv));
    FD_SET(pipes[0], &rs);
    tv.tv_usec = 10;
    DO(select(pipes[1] + 1, &rs, NULL, NULL, &tv));
    FD_SET(pipes[0], &rs);
    DO(pselect(pipes[1] + 1, &rs, NULL, NULL, &short_time, NULL));
    int e = epoll_create1(EPOLL_CLOEXEC);
    DO(epoll_ctl(e, EPOLL_CTL_ADD, pipes[0], &ev));
    DO(epoll_wait(e, evs, 4, 0));
    DO(write(pipes[1], "x", 1));
    DO(epoll_wait(e, evs, 4, 0));
    DO(epoll_ctl(e, EPOLL_CTL_DEL, pipes[0], NULL));
}

static void signals(void)
{
    struct sigaction sa = {.sa_handler = handler, .sa_flags = SA_RESTART};
    stack_t sk = {.ss_sp = b, .ss_size = 4096};
    union sigval val = {.sival_int = 42};
    sigset_t ss, old;
    siginfo_t si;
    DO(sigaction(SIGUSR1, &sa, NULL));
    DO(signal(SIGPIPE, SIG_IGN));
    sigemptyset(&ss);
    sigaddset(&ss, SIGUSR1);
    DO(sigprocmask(SIG_BLOCK, &ss, NULL));
    DO(kill(getpid(), SIGUSR1));
    DO(sigpending(&ss));
    DO(sigprocmask(SIG_UNBLOCK, &ss, NULL));
    sigfillset(&ss);
    DO(sigprocmask(SIG_SETMASK, &ss, &old));
    sigemptyset(&ss);
    DO(sigprocmask(SIG_SETMASK, &ss, NULL));
    DO(sigaltstack(&sk, NULL));
    DO(sigaltstack(NULL, &sk));
    sigaddset(&ss, SIGUSR2);
    DO(raise(SIGURG));
    DO(sigtimedwait(&ss, &si, &short_time));
    DO(sigqueue(getpid(), SIGUSR1, val));
}

static void times_and_timers(void)
{
    struct timespec r;
    struct itimerval it = {{0, 0}, {100, 0}}, old;
    struct itimerspec its = {{0, 0}, {1, 0}};
    struct sigevent sev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    timer_t id;
    sigset_t ss;
    DO(nanosleep(&short_time, NULL));
    DO(nanosleep(&short_time, &r));
    DO(setitimer(ITIMER_REAL, &it, &old));
    DO(getitimer(ITIMER_REAL, &it));
    DO(alarm(0));
    int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    DO(timerfd_settime(t, 0, &its, NULL));
    DO(timerfd_gettime(t, &its));
    DO(eventfd(3, EFD_CLOEXEC));
    sigemptyset(&ss);
    sigaddset(&ss, SIGUSR2);
    DO(signalfd(-1, &ss, SFD_NONBLOCK));
    int in = inotify_init1(IN_CLOEXEC);
    DO(inotify_add_watch(in, "/tmp", IN_CREATE | IN_DELETE));
    DO(timer_create(CLOCK_REALTIME, &sev, &id));
    DO(timer_settime(id, 0, &its, NULL));
    DO(timer_gettime(id, &its));
    DO(timer_delete(id));
}

static void limits_and_system(int *pipes)
{
    struct rlimit rl;
    struct rusage ru;
    struct tms tm;
    struct utsname u;
    struct sysinfo sy;
    struct statfs sf;
    struct sched_param param;
    cpu_set_t cs;
    uid_t a1, a2, a3;
    DO(getrlimit(RLIMIT_STACK, &rl));
    DO(getrlimit(RLIMIT_NOFILE, &rl));
    DO(setrlimit(RLIMIT_NOFILE, &rl));
    DO(getrusage(RUSAGE_SELF, &ru));
    DO(times(&tm));
    DO(uname(&u));
    DO(sysinfo(&sy));
    DO(statfs("/", &sf));
    DO(fstatfs(pipes[0], &sf));
    DO(sched_getaffinity(0, sizeof cs, &cs));
    DO(sched_getscheduler(0));
    DO(sched_getparam(0, &param));
    DO(sched_get_priority_max(SCHED_FIFO));
    DO(getpriority(PRIO_PROCESS, 0));
    DO(sched_yield());
    DO(getgroups(0, NULL));
    DO(getuid());
    DO(getpgid(0));
    DO(getsid(0));
    DO(setresuid(-1, getuid(), -1));
    DO(getresuid(&a1, &a2, &a3));
    DO(prctl(PR_SET_NAME, "foo"));
    DO(prctl(PR_GET_NAME, b));
    DO(prctl(PR_SET_PDEATHSIG, SIGTERM));
    DO(prctl(PR_GET_DUMPABLE));
    DO(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    DO(prctl(PR_CAPBSET_READ, 5));
    DO(prctl(12345, 1, 2, 3, 4));
    DO(syscall(SYS_getrandom, b, 8, 1));
    DO(syscall(500, 1, 2, 3, 0, 0, 0));
}

static void names(void)
{
    struct timespec tt[2] = {{1, 2}, {0, UTIME_OMIT}};
    DO(umask(022));
    DO(mkdir("d", 0755));
    DO(chmod("d", 0700));
    int f = open("f", O_RDWR | O_CREAT | O_TRUNC, 0644);
    DO(ftruncate(f, 100));
    DO(fsync(f));
    DO(fallocate(f, FALLOC_FL_KEEP_SIZE, 0, 10));
    DO(posix_fadvise(f, 0, 0, POSIX_FADV_SEQUENTIAL));
    DO(link("f", "g"));
    DO(symlink("f", "s"));
    DO(readlink("s", b, 100));
    DO(rename("g", "h"));
    DO(unlink("h"));
    DO(unlink("s"));
    DO(chown("f", -1, getgid()));
    DO(utimensat(AT_FDCWD, "f", tt, 0));
    DO(futimens(f, NULL));
    DO(utime("f", NULL));
    DO(utimes("f", NULL));
    DO(mkfifo("ff", 0600));
    DO(unlink("ff"));
    DO(rmdir("d"));
    DO(access("/tmp", R_OK | X_OK));
    DO(faccessat(AT_FDCWD, "/tmp", F_OK, AT_EACCESS));
    DO(getcwd(b, sizeof b));
    DO(flock(f, LOCK_EX | LOCK_NB));
    DO(open("none", O_RDWR | O_APPEND | O_NONBLOCK | O_NOFOLLOW));
    DO(open(".", O_RDWR | O_TMPFILE, 0600));
    DO(chdir("/"));
}

static void memory(int fd)
{
    char *mm = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    DO(mprotect(mm, 4096, PROT_NONE));
    DO(madvise(mm, 8192, MADV_DONTNEED));
    DO(mremap(mm + 4096, 4096, 16384, MREMAP_MAYMOVE));
    DO(msync(mm, 4096, MS_SYNC));
    DO(munmap(mm, 4096));
    mm = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
    DO(mlock(mm, 4096));
    DO(mincore(mm, 4096, (void *)b));
    DO(memfd_create("hi", MFD_CLOEXEC));
}

static void system_v(void)
{
    struct sembuf sb = {0, 1, IPC_NOWAIT};
    struct {
        long type;
        char text[8];
    } message = {1, "hello"};
    int sh = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
    void *at = shmat(sh, NULL, 0);
    DO(shmdt(at));
    DO(shmctl(sh, IPC_RMID, NULL));
    int sem = semget(IPC_PRIVATE, 1, 0600);
    DO(semop(sem, &sb, 1));
    DO(semctl(sem, 0, GETVAL));
    DO(semctl(sem, 0, IPC_RMID));
    int mq = msgget(IPC_PRIVATE, 0600);
    DO(msgsnd(mq, &message, 5, 0));
    DO(msgrcv(mq, &message, 8, 0, IPC_NOWAIT));
    DO(msgctl(mq, IPC_RMID, NULL));
}

static void processes(void)
{
    int status;
    siginfo_t si;
    struct rusage ru;
    pid_t c = fork();
    if (!c)
        _exit(3);
    DO(waitpid(c, &status, 0));
    c = fork();
    if (!c)
        raise(SIGTERM);
    DO(waitpid(c, &status, WUNTRACED));
    DO(waitpid(-1, &status, WNOHANG));
    DO(waitid(P_ALL, 0, &si, WEXITED | WNOHANG));
    c = vfork();
    if (!c) {
        execl("/nonexistent", "x", "a\n", NULL);
        _exit(1);
    }
    DO(wait4(c, &status, 0, &ru));
}

int main(void)
{
    int fd = open("/etc/passwd", O_RDONLY), pipes[2];
    files(fd, pipes);
    controls(fd, pipes);
    sockets();
    waits(pipes);
    signals();
    times_and_timers();
    limits_and_system(pipes);
    names();
    memory(fd);
    system_v();
    processes();
    *(volatile int *)0x10 = 1;
    return 0;
}
