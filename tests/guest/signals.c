/* signals.c: the signal calls a program uses: handlers with and without SIGINFO, masks, pending,
 * nesting, alternate stacks, sigsuspend, sigtimedwait, sigqueue, timers, restart, one-shot,
 * longjmp out of a handler, default actions seen by a parent. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static volatile sig_atomic_t seen, depth, deepest, last_value, on_stack;
static sigjmp_buf escape;
static char alternate[65536];

static void install(int signal, void *handler, int flags, int also_blocked)
{
    struct sigaction action = {.sa_flags = flags};
    action.sa_sigaction = handler;
    if (also_blocked)
        sigaddset(&action.sa_mask, also_blocked);
    CHECK(sigaction(signal, &action, NULL) == 0);
}

static void count_signal(int signal)
{
    seen += signal;
}

static void nested(int signal)
{
    if (++depth > deepest)
        deepest = depth;
    if (signal == SIGUSR1)
        raise(SIGUSR2);
    else if (signal == SIGUSR2)
        raise(SIGHUP);
    depth--;
}

static void with_info(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    (void)context;
    last_value = info->si_value.sival_int;
    char here;
    on_stack = &here > alternate && &here < alternate + sizeof alternate;
    CHECK(info->si_pid == getpid());
    CHECK(info->si_code == SI_QUEUE || info->si_code == SI_TKILL || info->si_code == SI_USER);
}

static void jump_out(int signal)
{
    siglongjmp(escape, signal);
}

static atomic_int interrupted;

static void *interrupt_later(void *main_thread)
{
    while (!interrupted) { /* a signal before the read is reached interrupts nothing */
        usleep(20000);
        pthread_kill(*(pthread_t *)main_thread, SIGUSR1);
    }
    return main_thread;
}

static int child_status(void (*body)(void))
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        body();
        _exit(55);
    }
    int status;
    CHECK(waitpid(pid, &status, 0) == pid);
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void die_abort(void)
{
    abort();
}
static int *volatile null_pointer;
static void die_null(void)
{
    *(volatile int *)null_pointer = 1;
}
static void die_term(void)
{
    raise(SIGTERM);
}
static void die_real_time(void)
{
    raise(SIGRTMIN + 3);
}
static void die_divide(void)
{
    volatile int zero = 0;
    last_value = 100 / zero;
}
static void die_illegal(void)
{
    __builtin_trap();
}
static void die_pipe(void)
{
    int fds[2];
    CHECK(pipe(fds) == 0);
    close(fds[0]);
    CHECK(write(fds[1], "x", 1) == 1);
}
static void die_blocked(void) /* a blocked synchronous fault kills all the same */
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    die_null();
}
static void die_in_handler(void)
{
    install(SIGSEGV, count_signal, SA_RESETHAND, 0);
    die_null();
}
static void die_alarm(void)
{
    signal(SIGALRM, SIG_DFL);
    struct itimerval soon = {.it_value.tv_usec = 2000};
    setitimer(ITIMER_REAL, &soon, NULL);
    for (;;)
        pause();
}
static void survive_ignored(void)
{
    signal(SIGTERM, SIG_IGN);
    raise(SIGTERM);
    raise(SIGCHLD);
    raise(SIGWINCH);
}

int main(void)
{
    /* Simple handlers; previous action returned; flags of SA_NODEFER and SA_RESETHAND. */
    struct sigaction old;
    install(SIGUSR1, count_signal, 0, 0);
    CHECK(sigaction(SIGUSR1, NULL, &old) == 0 && old.sa_handler == count_signal);
    raise(SIGUSR1);
    kill(getpid(), SIGUSR1);
    printf("seen %d\n", seen);
    CHECK(sigaction(SIGKILL, &old, NULL) == -1 && errno == EINVAL);
    CHECK(sigaction(65, &old, NULL) == -1 && errno == EINVAL);
    install(SIGUSR2, count_signal, SA_RESETHAND, 0);
    raise(SIGUSR2);
    CHECK(sigaction(SIGUSR2, NULL, &old) == 0 && old.sa_handler == SIG_DFL);

    /* Blocking, pending, standard signals merge and real-time ones queue in order. */
    sigset_t set, previous, pending;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, &previous);
    seen = 0;
    install(SIGRTMIN, with_info, SA_SIGINFO, 0);
    raise(SIGUSR1), raise(SIGUSR1);
    for (int i = 1; i <= 3; i++)
        CHECK(sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = i * 10}) == 0);
    sigpending(&pending);
    printf("pending %d %d %d seen %d\n", sigismember(&pending, SIGUSR1),
           sigismember(&pending, SIGRTMIN), sigismember(&pending, SIGUSR2), seen);
    siginfo_t info;
    CHECK(sigwaitinfo(&set, &info) == SIGUSR1);
    CHECK(sigwaitinfo(&set, &info) == SIGRTMIN && info.si_value.sival_int == 10);
    sigprocmask(SIG_SETMASK, &previous, NULL);
    printf("last value %d seen %d\n", last_value, seen);
    CHECK(sigtimedwait(&set, &info, &(struct timespec){.tv_nsec = 1000000}) == -1 &&
          errno == EAGAIN);

    /* Nesting, and a mask that prevents it. */
    install(SIGUSR1, nested, 0, 0);
    install(SIGUSR2, nested, 0, 0);
    install(SIGHUP, nested, 0, 0);
    raise(SIGUSR1);
    printf("nested %d\n", deepest);
    deepest = 0;
    install(SIGUSR1, nested, 0, SIGUSR2);
    raise(SIGUSR1);
    printf("masked %d\n", deepest);

    /* Alternate stack. */
    stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate}, was;
    CHECK(sigaltstack(&stack, NULL) == 0);
    CHECK(sigaltstack(NULL, &was) == 0 && was.ss_sp == alternate && was.ss_flags == 0);
    install(SIGRTMIN, with_info, SA_SIGINFO | SA_ONSTACK, 0);
    raise(SIGRTMIN);
    printf("on stack %d", on_stack);
    install(SIGRTMIN, with_info, SA_SIGINFO, 0);
    raise(SIGRTMIN);
    printf(" then %d\n", on_stack);

    /* sigsuspend lets the signal in and restores the mask. */
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &previous);
    install(SIGUSR1, count_signal, 0, 0);
    seen = 0;
    raise(SIGUSR1);
    CHECK(seen == 0);
    CHECK(sigsuspend(&previous) == -1 && errno == EINTR);
    printf("suspend %d\n", seen);
    raise(SIGUSR1);
    int fd = signalfd(-1, &set, 0);
    struct signalfd_siginfo fd_info;
    CHECK(read(fd, &fd_info, sizeof fd_info) == sizeof fd_info && fd_info.ssi_signo == SIGUSR1);
    close(fd);
    sigprocmask(SIG_SETMASK, &previous, NULL);

    /* Out of a handler by longjmp, repeatedly, from a fault too. */
    install(SIGSEGV, jump_out, 0, 0);
    install(SIGFPE, jump_out, 0, 0);
    volatile int jumps = 0;
    for (volatile int i = 0; i < 300; i++) {
        int how = sigsetjmp(escape, 1);
        if (how == 0)
            (i & 1 ? die_null : die_divide)();
        jumps += how;
    }
    printf("jumps %d\n", jumps);

    /* EINTR without SA_RESTART, restart with it. */
    int pipes[2];
    char byte;
    CHECK(pipe(pipes) == 0);
    pthread_t self = pthread_self(), helper;
    seen = 0;
    install(SIGUSR1, count_signal, 0, 0);
    pthread_create(&helper, NULL, interrupt_later, &self);
    ssize_t n = read(pipes[0], &byte, 1);
    int error = errno;
    interrupted = 1;
    pthread_join(helper, NULL);
    printf("read %zd %s seen %d\n", n, strerror(error), seen > 0);
    seen = 1;
    install(SIGUSR1, count_signal, SA_RESTART, 0);
    if (fork() == 0) {
        usleep(60000);
        kill(getppid(), SIGUSR1);
        usleep(20000);
        CHECK(write(pipes[1], "k", 1) == 1);
        _exit(0);
    }
    n = read(pipes[0], &byte, 1);
    printf("read %zd %c seen %d\n", n, byte, seen);
    wait(NULL);
    struct timespec left, sleep_time = {.tv_nsec = 300000000};
    install(SIGALRM, count_signal, 0, 0);
    /* Again and again: the first may come before the sleep. */
    struct itimerval timer = {.it_value.tv_usec = 5000, .it_interval.tv_usec = 5000};
    setitimer(ITIMER_REAL, &timer, NULL);
    CHECK(nanosleep(&sleep_time, &left) == -1 && errno == EINTR && left.tv_nsec > 0);
    timer = (struct itimerval){0};
    setitimer(ITIMER_REAL, &timer, NULL);
    alarm(10);
    printf("alarm %u\n", alarm(0));

    /* A POSIX timer with a value; profiling time in a loop. */
    timer_t posix;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR2};
    install(SIGUSR2, count_signal, 0, 0);
    seen = 0;
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &posix) == 0);
    CHECK(timer_settime(posix, 0, &(struct itimerspec){.it_value.tv_nsec = 1000000}, NULL) == 0);
    while (!seen)
        ;
    timer_delete(posix);
    install(SIGVTALRM, count_signal, 0, 0);
    timer = (struct itimerval){.it_value.tv_usec = 5000};
    setitimer(ITIMER_VIRTUAL, &timer, NULL);
    for (seen = 0; !seen;)
        ;
    printf("timers done\n");

    static const struct {
        const char *name;
        void (*body)(void);
    } deaths[] = {
        {"abort", die_abort},         {"null", die_null},          {"term", die_term},
        {"real time", die_real_time}, {"divide", die_divide},      {"illegal", die_illegal},
        {"pipe", die_pipe},           {"blocked", die_blocked},    {"handler", die_in_handler},
        {"alarm", die_alarm},         {"ignored", survive_ignored}};
    for (int s = 1; s < 32; s++)
        signal(s, SIG_DFL);
    for (size_t i = 0; i < sizeof deaths / sizeof *deaths; i++)
        printf("%s: %d\n", deaths[i].name, child_status(deaths[i].body));
    return 0;
}
