/* fpstate_x86_64.c: FXSAVE images, 64-bit form (SDM vol. 1, table 10-2), and XSAVE images (13.4).
 */
#include "runtime/linux/fpstate_x86_64.h"

#include <stddef.h>
#include <string.h>

#include "frontend/x86_64/fx_image.h"
#include "frontend/x86_64/state.h"
#include "frontend/x86_64/x87.h"

_Static_assert(sizeof(FxImage) == X86_FXSAVE_BYTES, "FXSAVE image");
_Static_assert(offsetof(X86FrameXstate, holds) == X86_FXSAVE_BYTES, "XSAVE header");
_Static_assert(offsetof(X86FrameXstate, magic2) == X86_XSAVE_BYTES, "XSAVE image");

enum {
    MXCSR_VALID = 0xffff,
    MXCSR_CONTROLS = 0xffc0,
    MXCSR_MASKS = 0x1f80,
    MXCSR_DEFAULT = 0x1f80,
    FCW_DEFAULT = 0x37f,
    TOP_SHIFT = 11,
    HAS_X87 = 1,
    HAS_SSE = 2,
};

void x86_fxsave(const CpuState *s, uint8_t image[X86_FXSAVE_BYTES])
{
    const X86State *x = x86_state_const(s);
    unsigned top = x->fpu_sw >> TOP_SHIFT & 7;
    X87Pointers last = x87_pointers(x);
    FxImage fx = {
        .cw = x->fpu_cw,
        .sw = x->fpu_sw,
        .tag = (uint8_t)x->fpu_tag,
        .fop = last.fop,
        .ip = last.ip,
        .dp = last.dp,
        .mxcsr = fp_guest_word(s),
        .mxcsr_mask = MXCSR_VALID,
    };
    for (unsigned i = 0; i < 8; i++) {
        fx.st[i].m = x->fpr[(top + i) & 7].m;
        fx.st[i].se = x->fpr[(top + i) & 7].se;
    }
    for (unsigned i = 0; i < 16; i++)
        memcpy(fx.xmm[i], x->vec[i], 16);
    memcpy(image, &fx, sizeof fx);
}

void x86_fxrstor(CpuState *s, const uint8_t image[X86_FXSAVE_BYTES])
{
    X86State *x = x86_state(s);
    FxImage fx;
    memcpy(&fx, image, sizeof fx);
    unsigned top = fx.sw >> TOP_SHIFT & 7;
    x->fpu_cw = fx.cw;
    x->fpu_sw = fx.sw;
    x->fpu_tag = fx.tag;
    x->fpu_fop = fx.fop;
    x->fpu_ip = fx.ip;
    x->fpu_dp = fx.dp;
    s->fpctl = fx.mxcsr & MXCSR_VALID;
    /* A handler may have put other controls into its frame. */
    if (s->fp_watch == FP_UNWATCHED && (s->fpctl & MXCSR_CONTROLS) != MXCSR_MASKS)
        s->fp_watch = FP_WATCHED;
    for (unsigned i = 0; i < 8; i++) {
        x->fpr[(top + i) & 7].m = fx.st[i].m;
        x->fpr[(top + i) & 7].se = fx.st[i].se;
    }
    for (unsigned i = 0; i < 16; i++)
        memcpy(x->vec[i], fx.xmm[i], 16);
}

void x86_frame_xstate_save(const CpuState *s, X86FrameXstate *x)
{
    *x = (X86FrameXstate){0};
    x86_fxsave(s, (uint8_t *)x);
    x->magic1 = X86_XSTATE_MAGIC1;
    x->extended_size = X86_FRAME_XSTATE_BYTES;
    x->xstate_size = X86_XSAVE_BYTES;
    x->components = x->holds = X86_XSTATE_ALL; /* Linux sets both, in use or not */
    x->magic2 = X86_XSTATE_MAGIC2;
}

bool x86_frame_xstate_whole(const X86FrameXstate *x)
{
    return x->magic1 == X86_XSTATE_MAGIC1 && x->xstate_size == X86_XSAVE_BYTES &&
           x->xstate_size <= x->extended_size;
}

/* What is not held becomes as it is after a reset. */
static void drop(FxImage *fx, unsigned held)
{
    if (!(held & HAS_X87)) {
        uint32_t mxcsr = fx->mxcsr;
        memset(fx, 0, offsetof(FxImage, xmm));
        fx->mxcsr = mxcsr;
        fx->cw = FCW_DEFAULT;
    }
    if (!(held & HAS_SSE))
        memset(fx->xmm, 0, sizeof fx->xmm);
}

bool x86_frame_xstate_restore(CpuState *s, const X86FrameXstate *x, bool whole)
{
    FxImage fx;
    uint64_t asked = whole ? x->components : X86_XSTATE_ALL;
    memcpy(&fx, x, sizeof fx);
    if (whole &&
        ((x->holds & ~(uint64_t)X86_XSTATE_ALL) != 0 || x->zero[0] != 0 || x->zero[1] != 0))
        return false;
    if (!(asked & HAS_SSE))
        fx.mxcsr = MXCSR_DEFAULT;
    if ((fx.mxcsr & ~(uint32_t)MXCSR_VALID) != 0)
        return false;
    drop(&fx, (unsigned)(whole ? asked & x->holds : asked));
    x86_fxrstor(s, (const uint8_t *)&fx);
    return true;
}

void x86_xstate_init(CpuState *s)
{
    FxImage fx = {.cw = FCW_DEFAULT, .mxcsr = MXCSR_DEFAULT};
    x86_fxrstor(s, (const uint8_t *)&fx);
}
