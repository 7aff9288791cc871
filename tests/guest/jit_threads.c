/* jit_threads.c: a just-in-time compiler's way of working. Two threads run code while a third
 * writes new functions and publishes them; on x86 the published pointer orders after the code. Also
 * patches a 4-byte immediate of running code: the others must see the old or the new one. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "guest.h"

typedef struct {
    int (*run)(int);
    int version;
} Published;

enum { SLOT = 64, SLOTS = 1024 };

static unsigned char *code;
static _Atomic(Published *) current;
static Published table[SLOTS];
static atomic_int stop;
static long versions = 4000;

/* mov $value, %eax; xor %edi, %eax; ret */
static void emit(unsigned char *p, int value)
{
    unsigned char bytes[8] = {0xb8, 0, 0, 0, 0, 0x31, 0xf8, 0xc3};
    memcpy(bytes + 1, &value, 4);
    memcpy(p, bytes, sizeof bytes);
}

static void *execute(void *argument)
{
    atomic_long *calls = argument;
    int newest = 0, patched = 0;
    while (!atomic_load(&stop)) {
        Published *p = atomic_load(&current);
        int version = p->version;
        int got = p->run(0x5555);
        /* The slot may have been reused since: then the version moved on too. */
        CHECK((got ^ 0x5555) == version * 3 || p->version != version);
        CHECK(version >= newest);
        newest = version;
        int value = ((int (*)(int))(code + SLOT * SLOTS))(0);
        CHECK(value >= patched && value <= versions);
        patched = value;
        atomic_fetch_add(calls, 1);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc > 1)
        versions = atol(argv[1]);
    code = mmap(NULL, SLOT * SLOTS + 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(code != MAP_FAILED);
    emit(code, 3);
    table[0] = (Published){(int (*)(int))code, 1};
    atomic_store(&current, &table[0]);
    emit(code + SLOT * SLOTS, 0);

    pthread_t threads[2];
    atomic_long calls[2] = {0};
    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&threads[i], NULL, execute, &calls[i]) == 0);
    for (int version = 2; version <= versions; version++) {
        Published *slot = &table[version % SLOTS];
        unsigned char *p = code + version % SLOTS * SLOT;
        slot->version = version;
        emit(p, version * 3);
        slot->run = (int (*)(int))p;
        atomic_store(&current, slot);
        /* One store changes the immediate, which lies within a cache line. */
        if (version % 16 == 0)
            __atomic_store_n((int *)(code + SLOT * SLOTS + 1), version, __ATOMIC_SEQ_CST);
        /* Now and then let both make a call before going on. */
        for (int i = 0; version % 64 == 0 && i < 2; i++)
            for (long before = calls[i]; calls[i] == before;)
                sched_yield();
    }
    atomic_store(&stop, 1);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("done, all %ld versions\n", versions);
    return 0;
}
