/* many_threads.c [THREADS]: that many alive at once, each with its own thread-local storage and
 * signal mask; all wait at a condition, then add up; then again with short-lived ones. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t go = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static atomic_long sum, alive, handled;
static int released;
static __thread long mine;

static void on_signal(int sig)
{
    (void)sig;
    handled++;
}

static void *wait_and_add(void *arg)
{
    mine = (long)arg;
    alive++;
    pthread_mutex_lock(&mutex);
    while (!released)
        pthread_cond_wait(&go, &mutex);
    pthread_mutex_unlock(&mutex);
    pthread_barrier_wait(&barrier);
    sum += mine;
    CHECK(syscall(SYS_gettid) != getpid());
    return (void *)(mine * 2);
}

static void *short_one(void *arg)
{
    sum += (long)arg;
    return arg;
}

int main(int argc, char **argv)
{
    long count = argc > 1 ? atol(argv[1]) : 300;
    pthread_t *thread = calloc((size_t)count, sizeof *thread);
    pthread_attr_t attr;
    signal(SIGUSR1, on_signal);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, 64 << 10);
    pthread_barrier_init(&barrier, NULL, (unsigned)count);
    for (long i = 0; i < count; i++)
        CHECK(pthread_create(&thread[i], &attr, wait_and_add, (void *)i) == 0);
    while (alive < count)
        usleep(1000);
    printf("%ld threads alive\n", (long)alive);
    for (long i = 0; i < count; i += 10)
        CHECK(pthread_kill(thread[i], SIGUSR1) == 0);
    while (handled < (count + 9) / 10)
        usleep(1000);
    printf("%ld signals handled\n", (long)handled);
    pthread_mutex_lock(&mutex);
    released = 1;
    pthread_cond_broadcast(&go);
    pthread_mutex_unlock(&mutex);
    long results = 0;
    for (long i = 0; i < count; i++) {
        void *result;
        CHECK(pthread_join(thread[i], &result) == 0);
        results += (long)result;
    }
    printf("sum %ld, results %ld\n", (long)sum, results);
    sum = 0;
    for (long i = 0; i < count; i++) {
        CHECK(pthread_create(&thread[0], &attr, short_one, (void *)i) == 0);
        CHECK(pthread_join(thread[0], NULL) == 0);
    }
    printf("one after the other: %ld\n", (long)sum);
    return 0;
}
