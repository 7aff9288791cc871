/* fpstate_x86_64.h: the FXSAVE and XSAVE images of guest state in memory, as signal frames hold
 * them. */
#ifndef DRAGOMAN_RUNTIME_LINUX_FPSTATE_X86_64_H
#define DRAGOMAN_RUNTIME_LINUX_FPSTATE_X86_64_H

#include <stdbool.h>
#include <stdint.h>

#include "ir/state.h"

enum { X86_FXSAVE_BYTES = 512 };

/* What a signal frame holds: the image, in whose unused bytes Linux says how long it is and what it
 * holds, the XSAVE header, and a second magic word (arch/x86/include/uapi/asm/sigcontext.h). */
typedef struct X86FrameXstate {
    uint8_t fx[464];
    uint32_t magic1, extended_size;
    uint64_t components;
    uint32_t xstate_size, padding[7];
    uint64_t holds, zero[2], reserved[5]; /* the header */
    uint32_t magic2;
} X86FrameXstate;

enum {
    X86_XSAVE_BYTES = 576,
    X86_FRAME_XSTATE_BYTES = X86_XSAVE_BYTES + 4,
    X86_XSTATE_MAGIC1 = 0x46505853,
    X86_XSTATE_MAGIC2 = 0x46505845,
    X86_XSTATE_ALL = 3, /* x87 and SSE */
};

void x86_frame_xstate_save(const CpuState *s, X86FrameXstate *x);
/* The first 512 bytes announce the rest. */
bool x86_frame_xstate_whole(const X86FrameXstate *x);
/* False where the processor would refuse it. whole: with a header; else all is taken from the first
 * 512 bytes. */
bool x86_frame_xstate_restore(CpuState *s, const X86FrameXstate *x, bool whole);
/* As XRSTOR makes it without an image. */
void x86_xstate_init(CpuState *s);

void x86_fxsave(const CpuState *s, uint8_t image[X86_FXSAVE_BYTES]);
void x86_fxrstor(CpuState *s, const uint8_t image[X86_FXSAVE_BYTES]);

#endif
