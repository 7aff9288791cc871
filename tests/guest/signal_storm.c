/* signal_storm.c [SIGNALS]: so many real-time signals, which queue, sent to four threads of compute
 * by a fifth. Every one must arrive once, with its value, and every result be right. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

enum { THREADS = 4 };
static atomic_long received[THREADS];
static atomic_ulong values[THREADS];
static atomic_int stop, ready;
static atomic_long wrong, rounds;
static __thread long self;
static __thread volatile double scratch = 1;

static void on_signal(int sig, siginfo_t *info, void *context)
{
    (void)context;
    char buffer[256];
    memset(buffer, sig, sizeof buffer);
    scratch = scratch * 1.25 + buffer[9];
    if (info->si_code != SI_QUEUE)
        wrong++;
    values[self] += (unsigned long)info->si_value.sival_ptr;
    received[self]++;
}

static NOINLINE uint64_t integers(uint64_t seed)
{
    uint64_t h = seed;
    for (uint64_t i = 1; i < 400; i++)
        h = (h << 9 | h >> 55) * (i | 1) ^ (h / i) ^ (h % (i + 7));
    return h;
}

static NOINLINE uint64_t doubles(uint64_t seed)
{
    double x = (double)seed, bits[4] = {1, 2, 3, 4};
    for (int i = 1; i < 300; i++) {
        x = x / 1.5 + i;
        bits[i & 3] = bits[(i + 1) & 3] * 0.75 + x;
    }
    uint64_t h;
    memcpy(&h, &bits[2], 8);
    return h;
}

static NOINLINE uint64_t strings(uint64_t seed)
{
    char a[512], b[512];
    memset(a, (int)seed, sizeof a);
    void *to = b;
    const void *from = a;
    size_t n = sizeof a;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n)::"memory");
    return hash_bytes(1, b, sizeof b) + (uint64_t)getppid() * 0;
}

static void *compute(void *arg)
{
    self = (long)arg;
    ready++;
    uint64_t want[3] = {integers(5), doubles(5), strings(5)};
    while (!stop) {
        wrong += integers(5) != want[0];
        wrong += doubles(5) != want[1];
        wrong += strings(5) != want[2];
        rounds++;
    }
    return NULL;
}

int main(int argc, char **argv)
{
    long signals = argc > 1 ? atol(argv[1]) : 20000;
    pthread_t thread[THREADS];
    unsigned long sent[THREADS] = {0};
    struct sigaction sa = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (int i = 0; i < 4; i++)
        sigaction(SIGRTMIN + i, &sa, NULL);
    for (long i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, compute, (void *)i) == 0);
    while (ready < THREADS)
        usleep(100);
    for (long i = 0; i < signals; i++) {
        int to = (int)(i % THREADS);
        union sigval v = {.sival_ptr = (void *)(i * 7 + 1)};
        int error;
        while ((error = pthread_sigqueue(thread[to], SIGRTMIN + (int)(i / 4 % 4), v)) == EAGAIN)
            usleep(100); /* the queue is full */
        CHECK(error == 0);
        sent[to] += (unsigned long)v.sival_ptr;
    }
    for (long n = 0, i = 0; n < signals && i < 60000; i++) {
        usleep(1000);
        n = 0;
        for (int k = 0; k < THREADS; k++)
            n += received[k];
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    long total = 0;
    int same = 1;
    for (int i = 0; i < THREADS; i++) {
        total += received[i];
        same &= values[i] == sent[i];
    }
    CHECK(rounds > 0);
    printf("%ld of %ld signals, values %s, %ld wrong results\n", total, signals,
           same ? "right" : "wrong", (long)wrong);
    return total != signals || !same || wrong;
}
