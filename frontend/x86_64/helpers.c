/* helpers.c: the helper table, and the helpers that belong to no other file. */
#include "frontend/x86_64/helpers.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "frontend/x86_64/lift.h"
#include "ir/base/log.h"

static const HelperDesc helpers[] = {
#define HELPER(name, ...) HELPER_DESC(name, x86_helper_##name, __VA_ARGS__),
#include "frontend/x86_64/helpers.def"
#undef HELPER
};

const HelperTable x86_helpers = {helpers, X86_HELPER_COUNT};

_Static_assert((int)X86_HELPER_COUNT <= (int)STATE_SOFT_HELPER,
               "more helpers than the state has room for");

/* A clock that always moves on; its rate is the host's business. */
uint64_t x86_helper_rdtsc(void)
{
#ifdef __x86_64__
    return __builtin_ia32_rdtsc();
#else
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
#endif
}

/* RDRAND and RDSEED. */
uint64_t x86_helper_random(void)
{
    uint64_t v = 0;
    while (getrandom(&v, sizeof v, 0) != (ssize_t)sizeof v)
        if (errno != EINTR)
            log_fatal("no random numbers: %s", strerror(errno));
    return v;
}

/* IA32_TSC_AUX as Linux sets it: node << 12 | processor. */
uint64_t x86_helper_cpu_number(void)
{
    unsigned cpu = 0, node = 0;
    getcpu(&cpu, &node);
    return (uint64_t)node << 12 | cpu;
}

uint64_t x86_helper_seg_get(CpuState *cpu, uint32_t seg)
{
    return x86_state(cpu)->seg[seg];
}

void x86_helper_seg_set(CpuState *cpu, uint32_t seg, uint32_t selector)
{
    x86_state(cpu)->seg[seg] = (uint16_t)selector;
}
