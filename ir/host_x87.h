/* host_x87.h: the x87 and MMX unit of an x86-64 host, as FXSAVE images in 64-bit form. Hosts
 * without one have functions that are never called (BackendOps.x87_unit).
 */
#ifndef DRAGOMAN_IR_HOST_X87_H
#define DRAGOMAN_IR_HOST_X87_H

#include <string.h>

enum { HOST_X87_IMAGE = 512 }; /* bytes, 16-byte aligned */

#if defined(__x86_64__)

static inline void host_x87_save(void *image)
{
    __asm__ volatile("fxsave64 (%0)" : : "r"(image) : "memory");
}

/* Of an image that host_x87_save has filled, changed in its x87 part alone: vector registers and
 * MXCSR are loaded too. */
static inline void host_x87_load(const void *image)
{
    __asm__ volatile("fxrstor64 (%0)"
                     :
                     : "r"(image)
                     : "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
}

#else

static inline void host_x87_save(void *image)
{
    memset(image, 0, HOST_X87_IMAGE);
}

static inline void host_x87_load(const void *image)
{
    (void)image;
}

#endif

#endif
