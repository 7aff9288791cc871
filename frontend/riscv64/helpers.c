/* helpers.c: the helper table, and the helpers that belong to no other file. */
#include "frontend/riscv64/helpers.h"

#include <time.h>

#include "frontend/riscv64/lift.h"

static const HelperDesc helpers[] = {
#define HELPER(name, ...)        HELPER_DESC(name, rv_helper_##name, __VA_ARGS__),
#define SHARED_HELPER(name, ...) HELPER_DESC(name, name, __VA_ARGS__),
#include "frontend/riscv64/helpers.def"
#undef HELPER
#undef SHARED_HELPER
};

const HelperTable rv_helpers = {helpers, RV_HELPERS};

_Static_assert((int)RV_HELPERS <= (int)STATE_SOFT_HELPER, "more helpers than there is room for");

/* Real time at RV_TIME_HZ. */
uint64_t rv_helper_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* Cycles and retired instructions: something that always moves on. */
uint64_t rv_helper_cycles(void)
{
    return rv_helper_time();
}
