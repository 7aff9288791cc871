/* exceptions.cc: throwing through a few frames with destructors, a catch in every turn. */
#include "bench/kernels/kernel.h"

struct Guard {
    uint64_t &count;
    explicit Guard(uint64_t &c) : count(c) {}
    ~Guard() { count++; }
};

struct Odd {
    uint64_t value;
};
struct Even {
    uint64_t value;
};

__attribute__((noinline)) static uint64_t deep(uint64_t value, int depth, uint64_t &count)
{
    Guard guard(count);
    if (depth == 0) {
        if (value % 2)
            throw Odd{value};
        if (value % 4 == 0)
            throw Even{value};
        return value;
    }
    return deep(value, depth - 1, count) + 1;
}

static unsigned long exceptions(long rounds)
{
    uint64_t state = 4, sum = 0, count = 0;
    for (long r = 0; r < rounds; r++) {
        try {
            sum += deep(next_random(&state), static_cast<int>(r % 5), count);
        } catch (const Odd &odd) {
            sum ^= odd.value;
        } catch (const Even &even) {
            sum += even.value;
        }
    }
    return sum + count;
}

KERNEL_MAIN(exceptions, "%lu")
