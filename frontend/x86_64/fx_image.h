/* fx_image.h: what FXSAVE stores in its 64-bit form (Intel SDM vol. 1, table 10-2). The guest
 * programs of the tests include it too.
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_FX_IMAGE_H
#define DRAGOMAN_FRONTEND_X86_64_FX_IMAGE_H

#include <stdint.h>

typedef struct FxImage {
    uint16_t cw, sw;
    uint8_t tag, reserved; /* tag: a bit for each register, set if it holds something */
    uint16_t fop;
    uint64_t ip, dp;
    uint32_t mxcsr, mxcsr_mask;
    struct {
        uint64_t m;
        uint16_t se;
        uint16_t pad[3];
    } st[8]; /* ST(0) first */
    uint8_t xmm[16][16];
    uint8_t rest[96];
} FxImage;

_Static_assert(sizeof(FxImage) == 512, "FXSAVE image");

#endif
