/* fpstate_x86_64.c: FXSAVE images, 64-bit form (SDM vol. 1, table 10-2). */
#include "runtime/linux/fpstate_x86_64.h"

#include <stdbool.h>
#include <string.h>

#include "frontend/x86_64/fx_image.h"
#include "frontend/x86_64/state.h"

_Static_assert(sizeof(FxImage) == X86_FXSAVE_BYTES, "FXSAVE image");

enum {
    MXCSR_VALID = 0xffff,
    MXCSR_CONTROLS = 0xffc0,
    MXCSR_MASKS = 0x1f80,
    TOP_SHIFT = 11,
    SW_ES = 0x80
};

void x86_fxsave(const CpuState *s, uint8_t image[X86_FXSAVE_BYTES])
{
    const X86State *x = x86_state_const(s);
    unsigned top = x->fpu_sw >> TOP_SHIFT & 7;
    bool pending = x->fpu_sw & SW_ES; /* or there is nothing to point to (x87_unit.c) */
    FxImage fx = {
        .cw = x->fpu_cw,
        .sw = x->fpu_sw,
        .tag = (uint8_t)x->fpu_tag,
        .fop = pending ? x->fpu_fop : 0,
        .ip = pending ? x->fpu_ip : 0,
        .dp = pending ? x->fpu_dp : 0,
        .mxcsr = s->fpctl,
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
