/* exclusive.c: load-exclusive and store-exclusive (LDXR and STXR, LR and SC) between threads.
 *
 * exclusive ROUNDS SECONDS [pairs]: a store-exclusive fails after another thread's plain stores of
 * another value and the old one again, ROUNDS of ROUNDS times, and succeeds when there were none; a
 * stack whose nodes are reused at once stays whole under four threads for so many seconds;
 * store-release and load-acquire (Dekker) give no forbidden result, ten times ROUNDS; left out with
 * a third argument.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "tests/guest/guest.h"

#ifdef __riscv
static inline uint64_t load_exclusive(uint64_t *p)
{
    uint64_t v;
    __asm__ volatile("lr.d.aq %0, (%1)" : "=r"(v) : "r"(p) : "memory");
    return v;
}
static inline bool store_exclusive(uint64_t *p, uint64_t v)
{
    uint64_t failed;
    __asm__ volatile("sc.d.rl %0, %2, (%1)" : "=&r"(failed) : "r"(p), "r"(v) : "memory");
    return failed == 0;
}
static inline void store_release(uint64_t *p, uint64_t v)
{
    __asm__ volatile("fence rw, w\n sd %1, (%0)\n fence rw, rw" : : "r"(p), "r"(v) : "memory");
}
static inline uint64_t load_acquire(uint64_t *p)
{
    uint64_t v;
    __asm__ volatile("fence rw, rw\n ld %0, (%1)\n fence r, rw" : "=r"(v) : "r"(p) : "memory");
    return v;
}
#else
static inline uint64_t load_exclusive(uint64_t *p)
{
    uint64_t v;
    __asm__ volatile("ldaxr %0, [%1]" : "=r"(v) : "r"(p) : "memory");
    return v;
}
static inline bool store_exclusive(uint64_t *p, uint64_t v)
{
    uint32_t failed;
    __asm__ volatile("stlxr %w0, %2, [%1]" : "=&r"(failed) : "r"(p), "r"(v) : "memory");
    return failed == 0;
}
static inline void store_release(uint64_t *p, uint64_t v)
{
    __asm__ volatile("stlr %1, [%0]" : : "r"(p), "r"(v) : "memory");
}
static inline uint64_t load_acquire(uint64_t *p)
{
    uint64_t v;
    __asm__ volatile("ldar %0, [%1]" : "=r"(v) : "r"(p) : "memory");
    return v;
}
#endif

static uint64_t rounds;

/* ---- a value that comes back ---- */

static _Alignas(64) uint64_t cell = 1;
static _Alignas(64) atomic_ulong turn; /* odd: the writer's */

static void wait_until(unsigned long parity)
{
    for (unsigned n = 1; (atomic_load(&turn) & 1) != parity; n++)
        if (n % 64 == 0)
            sched_yield();
}

static void *write_back(void *arg)
{
    volatile uint64_t *p = &cell;
    for (uint64_t i = 0; i < rounds; i++) {
        wait_until(1);
        *p = 2;
        *p = 1;
        atomic_fetch_add(&turn, 1);
    }
    return arg;
}

static void values_come_back(void)
{
    pthread_t writer;
    uint64_t failed = 0, alone = 0;
    CHECK(pthread_create(&writer, NULL, write_back, NULL) == 0);
    for (uint64_t i = 0; i < rounds; i++) {
        load_exclusive(&cell);
        atomic_fetch_add(&turn, 1);
        wait_until(0);
        failed += !store_exclusive(&cell, 3);
        while (load_exclusive(&cell), !store_exclusive(&cell, 1))
            ;
        alone++;
    }
    pthread_join(writer, NULL);
    printf("after another's stores it %s, alone it %s\n",
           failed == rounds ? "always fails" : "may succeed",
           alone == rounds ? "succeeds" : "may not");
    fprintf(stderr, "failed %d of %d\n", (int)failed, (int)rounds);
}

/* ---- a stack ---- */

enum { THREADS = 4, NODES = 6 };

typedef struct Node {
    uint64_t next;
    atomic_int owner;
    char padding[48];
} Node;

static _Alignas(64) Node nodes[NODES];
static _Alignas(64) uint64_t head;
static atomic_bool stop;
static atomic_long corrupt, popped;

static void push(Node *n)
{
    uint64_t h;
    do {
        h = load_exclusive(&head);
        *(volatile uint64_t *)&n->next = h;
    } while (!store_exclusive(&head, (uintptr_t)n));
}

static Node *pop(void)
{
    Node *n;
    uint64_t next;
    do {
        n = (Node *)(uintptr_t)load_exclusive(&head);
        if (n == NULL)
            return NULL;
        next = *(volatile uint64_t *)&n->next;
    } while (!store_exclusive(&head, next));
    return n;
}

static void *use_stack(void *arg)
{
    int me = (int)(intptr_t)arg;
    while (!atomic_load_explicit(&stop, memory_order_relaxed)) {
        Node *a = pop(), *b = pop();
        for (int i = 0; i < 2; i++) {
            Node *n = i ? b : a;
            if (n == NULL)
                continue;
            if (atomic_exchange(&n->owner, me) != 0)
                atomic_fetch_add(&corrupt, 1);
            atomic_fetch_add_explicit(&popped, 1, memory_order_relaxed);
        }
        for (int i = 0; i < 2; i++) { /* in the order in which they came: the next is another */
            Node *n = i ? b : a;
            if (n == NULL)
                continue;
            if (atomic_exchange(&n->owner, 0) != me)
                atomic_fetch_add(&corrupt, 1);
            push(n);
        }
    }
    return NULL;
}

static void stack_stays_whole(int seconds)
{
    pthread_t threads[THREADS];
    for (int i = 0; i < NODES; i++)
        push(&nodes[i]);
    for (intptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, use_stack, (void *)(i + 1)) == 0);
    nanosleep(&(struct timespec){.tv_sec = seconds}, NULL);
    atomic_store(&stop, true);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    int left = 0;
    while (pop() != NULL && left <= NODES)
        left++;
    printf("corrupt %ld, nodes %d, used %s\n", (long)corrupt, left,
           popped > 1000 ? "much" : "little");
    fprintf(stderr, "%ld pops\n", (long)popped);
}

/* ---- Dekker ---- */

static _Alignas(64) uint64_t flag[2][8];
static _Alignas(64) uint64_t seen[2][8];
static _Alignas(64) atomic_ulong arrived[2];

static void meet(unsigned me, uint64_t n)
{
    atomic_store(&arrived[me], n);
    for (unsigned k = 1; atomic_load(&arrived[!me]) < n; k++)
        if (k % 256 == 0)
            sched_yield();
}

static void *dekker(void *arg)
{
    unsigned me = (unsigned)(uintptr_t)arg;
    for (uint64_t i = 1; i <= 10 * rounds; i++) {
        meet(me, 2 * i);
        store_release(&flag[me][0], i);
        seen[me][0] = load_acquire(&flag[!me][0]);
        meet(me, 2 * i + 1);
        if (me == 0 && seen[0][0] != i && seen[1][0] != i)
            atomic_fetch_add(&corrupt, 1);
    }
    return NULL;
}

static void nobody_misses_both(void)
{
    pthread_t other;
    corrupt = 0;
    CHECK(pthread_create(&other, NULL, dekker, (void *)1) == 0);
    dekker((void *)0);
    pthread_join(other, NULL);
    printf("forbidden %ld\n", (long)corrupt);
}

int main(int argc, char **argv)
{
    rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 10000;
    values_come_back();
    stack_stays_whole(argc > 2 ? atoi(argv[2]) : 1);
    if (argc <= 3)
        nobody_misses_both();
    return 0;
}
