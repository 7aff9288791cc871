/* lost_signal.c: a signal that arrives just before a blocking system call must not be lost.
 *
 * A timer (or another thread) sends one signal at a moment that drifts over the call. The handler
 * makes the call end: by EINTR, by a byte in a pipe, or by being let in by ppoll or sigsuspend. A
 * lost signal leaves the program blocked, which the watchdog reports. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static int pipes[2];
static volatile sig_atomic_t arrived;
static pthread_t main_thread;
static atomic_int request, stop;

static void write_byte(int signal)
{
    (void)signal;
    int saved = errno;
    arrived = 1;
    CHECK(write(pipes[1], "!", 1) == 1);
    errno = saved;
}

static void note(int signal)
{
    (void)signal;
    arrived = 1;
}

static void watchdog(int signal)
{
    (void)signal;
    static const char text[] = "a signal was lost\n";
    (void)!write(1, text, sizeof text - 1);
    _Exit(98);
}

/* A short wait that differs from round to round, so that the signal drifts over the call. */
static void drift(int i)
{
    for (volatile int k = i * 7 % 400; k > 0; k--)
        ;
}

static void *sender(void *argument)
{
    int last = 0;
    while (!stop) {
        int now = request;
        if (now == last)
            continue;
        last = now;
        drift(now * 3);
        pthread_kill(main_thread, SIGUSR1);
    }
    return argument;
}

static void set_handler(int signal, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigaction(signal, &action, NULL);
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 100000;
    int variant = argc > 2 ? atoi(argv[2]) : 0;
    int seconds = argc > 3 ? atoi(argv[3]) : 5;
    static const char *const names[] = {"self-pipe", "ppoll", "sigsuspend", "timer"};
    char byte;
    pthread_t thread;
    CHECK(pipe(pipes) == 0);
    main_thread = pthread_self();
    set_handler(SIGALRM, watchdog);
    sigset_t blocked, open;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    pthread_sigmask(SIG_SETMASK, variant == 1 || variant == 2 ? &blocked : NULL, &open);
    sigemptyset(&open);
    set_handler(SIGUSR1, variant == 0 || variant == 3 ? write_byte : note);
    timer_t timer;
    struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
    if (variant == 3)
        CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    else
        CHECK(pthread_create(&thread, NULL, sender, NULL) == 0);

    int interrupted = 0;
    for (int i = 1; i <= rounds; i++) {
        if (i % 1000 == 1)
            alarm((unsigned)seconds);
        arrived = 0;
        if (variant == 3) {
            struct itimerspec once = {.it_value.tv_nsec = 1000 + i * 97 % 20000};
            timer_settime(timer, 0, &once, NULL);
        } else {
            request = i;
        }
        drift(i);
        switch (variant) {
        case 0: /* the handler fills the pipe that read waits for */
        case 3:
            while (read(pipes[0], &byte, 1) != 1) {
                CHECK(errno == EINTR);
                interrupted++;
            }
            break;
        case 1:
            CHECK(ppoll(NULL, 0, NULL, &open) == -1 && errno == EINTR);
            break;
        case 2:
            CHECK(sigsuspend(&open) == -1 && errno == EINTR);
            break;
        }
        CHECK(arrived);
    }
    alarm(0);
    stop = 1;
    if (variant != 3)
        pthread_join(thread, NULL);
    printf("%s: %d rounds, none lost\n", names[variant], rounds);
    return interrupted < 0;
}
