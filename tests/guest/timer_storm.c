/* timer_storm.c: a signal every 100 microseconds through arithmetic loops, string instructions,
 * floating point, system calls and calls; every result is checked. The handler clobbers what a
 * handler may. */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

static volatile long ticks;
static volatile double sink = 1;

static void tick(int signal, siginfo_t *info, void *context)
{
    (void)info;
    (void)context;
    char buffer[200];
    int saved = errno;
    ticks += signal == SIGALRM;
    memset(buffer, (int)ticks, sizeof buffer);
    sink = sink * 1.0000001 + buffer[7];
    sink = fmod(sink, 1000);
    errno = ERANGE;
    errno = saved;
}

static NOINLINE uint64_t loop_integer(void)
{
    uint64_t h = 1;
    for (int i = 1; i < 3000; i++)
        h = (h << 7 | h >> 57) * (uint64_t)i ^ (h / (uint64_t)i);
    return h;
}

static NOINLINE double loop_double(void)
{
    double x = 0;
    for (int i = 1; i < 1000; i++)
        x += 1.0 / i * (i & 1 ? 1 : -1) + sqrt(i);
    return x;
}

static NOINLINE long double loop_extended(void)
{
    long double x = 0;
    for (int i = 1; i < 200; i++)
        x = x / 3 + 1.0L / i;
    return x;
}

static NOINLINE uint64_t strings(void)
{
    static char a[4096], b[4096];
    size_t n = sizeof a;
    void *to = a;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(7) : "memory");
    for (int i = 0; i < 64; i++)
        a[i * 61] = (char)i;
    const void *from = a;
    to = b, n = sizeof a / 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return hash_bytes(HASH_START, b, 1000) + (uint64_t)memcmp(a, b, sizeof a) +
           strnlen(b + 1, 3000);
}

static NOINLINE unsigned fibonacci(unsigned n)
{
    return n < 2 ? n : fibonacci(n - 1) + fibonacci(n - 2);
}

static void system_calls(int *pipes)
{
    char buffer[100] = "payload", back[100] = "";
    CHECK(write(pipes[1], buffer, sizeof buffer) == sizeof buffer);
    CHECK(read(pipes[0], back, sizeof back) == sizeof back);
    CHECK(memcmp(buffer, back, sizeof back) == 0);
    CHECK(getppid() > 0);
    errno = 0;
    CHECK(read(-1, back, 1) == -1 && errno == EBADF);
    struct timespec nap = {.tv_nsec = 50000};
    while (nanosleep(&nap, &nap) == -1)
        CHECK(errno == EINTR);
}

int main(int argc, char **argv)
{
    long goal = argc > 1 ? atol(argv[1]) : 2000;
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    uint64_t integer = loop_integer(), text = strings();
    double number = loop_double();
    long double extended = loop_extended();
    struct sigaction action = {.sa_sigaction = tick, .sa_flags = SA_SIGINFO | SA_RESTART};
    sigaction(SIGALRM, &action, NULL);
    struct itimerval every = {.it_interval.tv_usec = 100, .it_value.tv_usec = 100};
    setitimer(ITIMER_REAL, &every, NULL);
    while (ticks < goal) {
        CHECK(loop_integer() == integer);
        CHECK(strings() == text);
        CHECK(loop_double() == number);
        CHECK(loop_extended() == extended);
        CHECK(fibonacci(12) == 144);
        system_calls(pipes);
    }
    every = (struct itimerval){0};
    setitimer(ITIMER_REAL, &every, NULL);
    printf("%016lx %a %La %016lx: all rounds right\n", integer, number, extended, text);
    return 0;
}
