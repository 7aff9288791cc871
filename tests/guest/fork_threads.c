/* fork_threads.c [ROUNDS [THREADS]]: fork a thousand times while other threads (3) run, allocate
 * and lock: each child finds everything usable, starts a thread of its own and exits with a checked
 * status. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static atomic_int stop;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static long shared;

static void *busy(void *argument)
{
    unsigned seed = (unsigned)(long)argument;
    while (!stop) {
        char *p = malloc(100 + seed % 1000);
        memset(p, (int)seed, 100);
        seed = seed * 1103515245 + 12345;
        pthread_mutex_lock(&mutex);
        shared += p[seed % 100];
        pthread_mutex_unlock(&mutex);
        free(p);
    }
    return NULL;
}

static void *in_child(void *argument)
{
    char *p = malloc(5000);
    memset(p, 3, 5000);
    long sum = 0;
    for (int i = 0; i < 5000; i++)
        sum += p[i];
    free(p);
    *(long *)argument = sum;
    return argument;
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 1000;
    int busy_threads = argc > 2 ? atoi(argv[2]) : 3;
    pthread_t threads[64];
    CHECK(busy_threads <= 64);
    for (long i = 0; i < busy_threads; i++)
        CHECK(pthread_create(&threads[i], NULL, busy, (void *)(i + 1)) == 0);
    int good = 0;
    for (int i = 0; i < rounds; i++) {
        pid_t pid = fork();
        CHECK(pid >= 0);
        if (pid == 0) {
            long sum = 0;
            if (i % 4 == 0) {
                pthread_t thread;
                if (pthread_create(&thread, NULL, in_child, &sum) != 0)
                    _exit(98);
                pthread_join(thread, NULL);
            } else {
                in_child(&sum);
            }
            _exit(sum == 15000 ? i % 97 : 99);
        }
        int status;
        CHECK(waitpid(pid, &status, 0) == pid);
        CHECK(WIFEXITED(status));
        good += WEXITSTATUS(status) == i % 97;
    }
    stop = 1;
    for (int i = 0; i < busy_threads; i++)
        pthread_join(threads[i], NULL);
    printf("%d of %d children right\n", good, rounds);
    return good != rounds;
}
