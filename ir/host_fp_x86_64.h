/* host_fp_x86_64.h: see host_fp.h. */
#ifndef DRAGOMAN_IR_HOST_FP_X86_64_H
#define DRAGOMAN_IR_HOST_FP_X86_64_H

static inline float host_frcpest(float a)
{
    float r;
    __asm__("rcpss %1, %0" : "=x"(r) : "x"(a));
    return r;
}

static inline float host_frsqrtest(float a)
{
    float r;
    __asm__("rsqrtss %1, %0" : "=x"(r) : "x"(a));
    return r;
}

#endif
