/* host_fp_any.h: see host_fp.h; in C, under the default FP environment. */
#ifndef DRAGOMAN_IR_HOST_FP_ANY_H
#define DRAGOMAN_IR_HOST_FP_ANY_H

#include <stdbool.h>
#include <stdint.h>

/* As on x86: denormals count as zero, NaN made quiet. */
static inline float host_estimate(float a, bool root)
{
    union {
        float f;
        uint32_t u;
    } v = {.f = a};
    uint32_t sign = v.u & 0x80000000u, mag = v.u & 0x7fffffffu;
    if (mag > 0x7f800000u)
        v.u |= 0x00400000u;
    else if (mag < 0x00800000u)
        v.u = sign | 0x7f800000u;
    else if (root && sign != 0)
        v.u = 0xffc00000u;
    else if (mag == 0x7f800000u)
        v.u = sign;
    else {
        v.f = root ? (float)(1.0 / __builtin_sqrt((double)a)) : (float)(1.0 / (double)a);
        if ((v.u & 0x7fffffffu) < 0x00800000u)
            v.u = sign;
        else
            v.u = (v.u + 0x400) & 0xfffff800u; /* twelve bits: an estimate should look like one */
    }
    return v.f;
}
static inline float host_frcpest(float a)
{
    return host_estimate(a, false);
}
static inline float host_frsqrtest(float a)
{
    return host_estimate(a, true);
}

#endif
