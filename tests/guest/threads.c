/* threads.c: mutexes, condition variables, barriers, thread-local storage, atomics of all sizes,
 * compare-and-swap loops, CMPXCHG16B, semaphores, rwlocks, cancellation, many short threads. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

enum { THREADS = 4 };
static long rounds = 20000;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long plain_counter;
static atomic_long counter64;
static atomic_int counter32;
static atomic_short counter16;
static atomic_uchar counter8;
static atomic_ulong mixed, bits;
static _Atomic uint64_t accumulated; /* the bits of a double */
static unsigned __int128 wide __attribute__((aligned(16)));
static __thread long local = 5;
static __thread char local_text[64] = "thread local";

static void wide_add(uint64_t low, uint64_t high)
{
    uint64_t *words = (uint64_t *)&wide;
    uint64_t old_low = words[0], old_high = words[1];
    unsigned char done;
    do {
        uint64_t new_low = old_low + low, new_high = old_high + high + (new_low < low);
        __asm__ volatile("lock cmpxchg16b %1; setz %0"
                         : "=q"(done), "+m"(wide), "+a"(old_low), "+d"(old_high)
                         : "b"(new_low), "c"(new_high)
                         : "memory", "cc");
    } while (!done);
}

static void add_half(void)
{
    uint64_t old = atomic_load(&accumulated), new;
    do {
        double value;
        memcpy(&value, &old, 8);
        value += 0.5;
        memcpy(&new, &value, 8);
    } while (!atomic_compare_exchange_weak(&accumulated, &old, new));
}

static void *count(void *argument)
{
    long id = (long)argument;
    for (long i = 0; i < rounds; i++) {
        pthread_mutex_lock(&mutex);
        plain_counter++;
        pthread_mutex_unlock(&mutex);
        atomic_fetch_add(&counter64, 3);
        atomic_fetch_sub(&counter32, 1);
        counter16++;
        counter8 += 7;
        atomic_fetch_xor(&mixed, (unsigned long)(id * 1000003 + i));
        atomic_fetch_or(&bits, 1ul << (i & 63));
        unsigned long expected = atomic_load(&mixed);
        while (!atomic_compare_exchange_weak(&mixed, &expected, expected ^ 0x5a5a))
            ;
        add_half();
        wide_add(0xffffffffffffffff, 1);
        local += id;
    }
    CHECK(local == 5 + id * rounds);
    CHECK(strcmp(local_text, "thread local") == 0);
    local_text[0] = (char)id;
    return (void *)(id * 11);
}

/* A bounded queue between producers and consumers. */
static pthread_cond_t not_empty = PTHREAD_COND_INITIALIZER, not_full = PTHREAD_COND_INITIALIZER;
static int queue[8], queued, queue_in, queue_out;
static long consumed_sum;

static void *produce(void *argument)
{
    for (int i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (queued == 8)
            pthread_cond_wait(&not_full, &mutex);
        queue[queue_in++ & 7] = i * (int)(long)argument;
        queued++;
        pthread_cond_signal(&not_empty);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void *consume(void *argument)
{
    for (int i = 1; i <= 2000; i++) {
        pthread_mutex_lock(&mutex);
        while (queued == 0)
            pthread_cond_wait(&not_empty, &mutex);
        consumed_sum += queue[queue_out++ & 7];
        queued--;
        pthread_cond_signal(&not_full);
        pthread_mutex_unlock(&mutex);
    }
    return argument;
}

static pthread_barrier_t barrier;
static int phase_values[THREADS][50];
static void *phases(void *argument)
{
    long id = (long)argument;
    for (int p = 1; p < 50; p++) {
        pthread_barrier_wait(&barrier);
        phase_values[id][p] = phase_values[(id + 1) % THREADS][p - 1] + 1;
    }
    return NULL;
}

/* Message passing and store buffering with the order x86 promises: a flag written after data. */
static volatile long payload, flag;
static void *publish(void *argument)
{
    for (long i = 1; i <= 20000; i++) {
        payload = i * 7;
        __asm__ volatile("" ::: "memory");
        flag = i;
    }
    return argument;
}

static void *observe(void *argument)
{
    for (long seen = 0; seen < 20000;) {
        seen = flag;
        __asm__ volatile("" ::: "memory");
        CHECK(payload >= seen * 7);
    }
    return argument;
}

static void *wait_for_ever(void *argument)
{
    sem_wait(argument);
    return NULL;
}

static void *nothing(void *argument)
{
    return argument;
}

static void run(void *(*const functions[])(void *), int n)
{
    pthread_t threads[THREADS];
    for (long i = 0; i < n; i++)
        CHECK(pthread_create(&threads[i], NULL, functions[i], (void *)i) == 0);
    for (long i = 0; i < n; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = atol(argv[1]);
    run((void *(*const[])(void *)){count, count, count, count}, THREADS);
    printf("%ld %ld %d %d %d\n", plain_counter, atomic_load(&counter64), atomic_load(&counter32),
           counter16, counter8);
    printf("%016lx %016lx %016lx %016lx%016lx\n", atomic_load(&mixed), atomic_load(&bits),
           accumulated, (uint64_t)(wide >> 64), (uint64_t)wide);
    run((void *(*const[])(void *)){produce, produce, consume, consume}, THREADS);
    printf("consumed %ld\n", consumed_sum);
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        phase_values[i][0] = 0;
    run((void *(*const[])(void *)){phases, phases, phases, phases}, THREADS);
    printf("phases %d\n", phase_values[2][49] >= 1);
    run((void *(*const[])(void *)){publish, observe, observe}, 3);

    sem_t never;
    sem_init(&never, 0, 0);
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, wait_for_ever, &never);
    usleep(1000);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    printf("cancelled %d\n", result == PTHREAD_CANCELED);
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 1000000;
    soon.tv_sec += soon.tv_nsec / 1000000000;
    soon.tv_nsec %= 1000000000;
    printf("timed out %d\n", sem_timedwait(&never, &soon) == -1 && errno == ETIMEDOUT);
    long joined = 0;
    for (long i = 0; i < 300; i++) {
        CHECK(pthread_create(&thread, NULL, nothing, (void *)i) == 0);
        pthread_join(thread, &result);
        joined += (long)result;
    }
    printf("joined %ld\n", joined);
    return 0;
}
