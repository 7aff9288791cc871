/* dot.c: see dot.h. */
#include "tests/insn/dot.h"

#include <float.h>
#include <string.h>

static double number(const void *vector, unsigned i, unsigned lane)
{
    float f;
    double d;
    memcpy(&f, (const char *)vector + i * lane, 4);
    if (lane == 4)
        return (double)f;
    memcpy(&d, (const char *)vector + i * lane, 8);
    return d;
}

bool dot_has_choice(const void *a, const void *b, unsigned imm, unsigned lane)
{
    const double max = lane == 4 ? (double)FLT_MAX : DBL_MAX;
    unsigned nans = 0, others = 0;
    for (unsigned i = 0; i < 16 / lane; i++) {
        double x = number(a, i, lane), y = number(b, i, lane);
        if (!(imm >> (4 + i) & 1))
            continue;
        if (x != x || y != y)
            nans++;
        else if (!(x * y < max && x * y > -max)) /* an infinity, or the NaN of one times zero */
            others++;
    }
    return nans > 0 && nans + others > 1;
}

void dot_forget_nans(void *sum, unsigned lane)
{
    for (unsigned i = 0; i < 16 / lane; i++)
        if (number(sum, i, lane) != number(sum, i, lane))
            memset((char *)sum + i * lane, 0xff, lane);
}
