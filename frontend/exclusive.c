/* exclusive.c: see exclusive.h. */
#include "frontend/exclusive.h"

#include <sched.h>

enum { SPINS = 1000 };

static unsigned index_of(uint64_t at)
{
    uint64_t granule = (at & UINT64_MAX >> 8) / EXCLUSIVE_GRANULE; /* the top byte may be a tag */
    return (unsigned)(granule ^ granule >> 12 ^ granule >> 24) % EXCLUSIVE_VERSIONS;
}

void exclusive_init(ExclusiveMonitor *m)
{
    for (unsigned i = 0; i < EXCLUSIVE_VERSIONS; i++)
        atomic_store(&m->version[i], 2);
}

void exclusive_forked(ExclusiveMonitor *m)
{
    for (unsigned i = 0; i < EXCLUSIVE_VERSIONS; i++)
        atomic_store(&m->version[i], (atomic_load(&m->version[i]) & ~(uint64_t)1) + 2);
}

/* A free version; who holds the lock is a few instructions from giving it back, unless it does not
 * run at all. */
static uint64_t wait_free(_Atomic uint64_t *version)
{
    for (unsigned n = 1;; n++) {
        uint64_t v = atomic_load(version);
        if ((v & 1) == 0)
            return v;
        if (n % SPINS == 0)
            sched_yield();
    }
}

void exclusive_watch(CpuState *s, uint64_t at)
{
    s->exclusive_index = index_of(at);
    s->exclusive_version = wait_free(&s->monitor->version[s->exclusive_index]);
}

/* The thread's own stores leave what it watches alone. */
static void move_on(CpuState *s, unsigned index)
{
    _Atomic uint64_t *version = &s->monitor->version[index];
    uint64_t v;
    do
        v = wait_free(version);
    while (!atomic_compare_exchange_weak(version, &v, v + 2));
    if (index == s->exclusive_index && v == s->exclusive_version)
        s->exclusive_version = v + 2;
}

void exclusive_touch(CpuState *s, uint64_t at, uint32_t size)
{
    unsigned first = index_of(at), last = index_of(at + size - 1);
    move_on(s, first);
    if (last != first)
        move_on(s, last);
}

uint32_t exclusive_lock(CpuState *s, uint64_t at)
{
    unsigned i = index_of(at);
    uint64_t version = s->exclusive_version;
    if (i != s->exclusive_index ||
        !atomic_compare_exchange_strong(&s->monitor->version[i], &version, version | 1))
        return 0;
    s->exclusive_locked = true;
    return 1;
}

void exclusive_unlock(CpuState *s, uint32_t stored)
{
    s->exclusive_locked = false;
    atomic_store(&s->monitor->version[s->exclusive_index], s->exclusive_version + (stored ? 2 : 0));
}

void exclusive_release(CpuState *s)
{
    if (s->exclusive_locked)
        exclusive_unlock(s, 0);
}
