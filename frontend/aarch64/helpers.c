/* helpers.c: the helper table, and the helpers that belong to no other file. */
#include "frontend/aarch64/helpers.h"

#include <signal.h>
#include <time.h>

#include "frontend/aarch64/lift.h"

static const HelperDesc helpers[] = {
#define HELPER(name, ...)        HELPER_DESC(name, a64_helper_##name, __VA_ARGS__),
#define SHARED_HELPER(name, ...) HELPER_DESC(name, name, __VA_ARGS__),
#include "frontend/aarch64/helpers.def"
#undef HELPER
#undef SHARED_HELPER
};

const HelperTable a64_helpers = {helpers, A64_HELPERS};

_Static_assert((int)A64_HELPERS <= (int)STATE_SOFT_HELPER, "more helpers than there is room for");

uint64_t a64_helper_misaligned(CpuState *s, uint64_t at, uint32_t write)
{
    const GuestFault f = {.kind = FAULT_BUS, .si_code = BUS_ADRALN, .addr = at, .write = write};
    guest_fault_record(s, &f);
    return 1;
}

uint64_t a64_helper_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
