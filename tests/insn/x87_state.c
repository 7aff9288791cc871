/* x87_state.c: see x87_state.h. */
#include "tests/insn/x87_state.h"

#include <string.h>

#include "tests/insn/values.h"

enum { BIAS = 16383, EXCEPTIONS = 0x3f, SW_SF = 0x40, SW_ES = 0x80, SW_BUSY = 0x8000 };

static uint64_t random_significand(uint64_t *s)
{
    uint64_t r = rng(s);
    switch (r & 7) {
    case 0:
        return (uint64_t)1 << 63;
    case 1:
        return ~(uint64_t)0;
    case 2: /* few bits: exact results, ties */
        return (uint64_t)1 << 63 | (r >> 8 & 0xffff) << (r >> 24 & 47);
    case 3: /* at the edge of 53 or 24 bits */
        return (rng(s) & (r & 8 ? ~(uint64_t)0x7ff : ~(uint64_t)0xffffffffff)) | (uint64_t)1 << 63 |
               (r >> 8 & 3) << (r & 8 ? 9 : 38);
    default:
        return rng(s) | (uint64_t)1 << 63;
    }
}

/* Exponents of numbers that meet each other, or the limits of some format. */
static unsigned random_exponent(uint64_t *s)
{
    static const int16_t edges[] = {-16382, -16381, -16383 + 64, 16383, 16382, -126, -127, -150,
                                    127,    128,    -1022,       -1023, -1075, 1023, 1024, 62,
                                    63,     64,     30,          31,    14,    15,   0,    1};
    uint64_t r = rng(s);
    switch (r & 7) {
    case 0:
        return (unsigned)(edges[(r >> 8) % (sizeof edges / sizeof edges[0])] + BIAS);
    case 1:
        return 1 + (unsigned)((r >> 8) % 0x7ffd);
    case 2:
        return (unsigned)(BIAS - 70 + (int)((r >> 8) % 140));
    default:
        return (unsigned)(BIAS - 4 + (int)((r >> 8) % 12));
    }
}

void x87_random_number(uint64_t *s, void *to)
{
    uint64_t r = rng(s), m = random_significand(s);
    unsigned e = random_exponent(s);
    switch (r & 31) {
    case 0:
        m = 0, e = 0; /* zero */
        break;
    case 1:
        m = rng(s) >> 1 >> (r >> 8 & 31), e = 0; /* denormal */
        break;
    case 2:
        e = 0; /* pseudo-denormal */
        break;
    case 3:
        m &= ~((uint64_t)1 << 63); /* unnormal */
        break;
    case 4:
        m = (uint64_t)1 << 63, e = 0x7fff; /* infinity */
        break;
    case 5:
        m |= (uint64_t)3 << 62, e = 0x7fff; /* quiet NaN */
        break;
    case 6:
        m = (m | (uint64_t)1 << 63 | 1) & ~((uint64_t)1 << 62), e = 0x7fff; /* signalling NaN */
        break;
    case 7:
        m = r & 0x100 ? 0 : m & ~((uint64_t)1 << 63), e = 0x7fff; /* pseudo-infinity, pseudo-NaN */
        break;
    case 8:
    case 9: { /* a small integer */
        m = (r >> 8 & 0xffff) + 1;
        unsigned zeros = (unsigned)__builtin_clzll(m);
        m <<= zeros, e = BIAS + 63 - zeros;
        break;
    }
    default:
        break;
    }
    uint16_t se = (uint16_t)(e | (r >> 40 & 1) << 15);
    memcpy(to, &m, 8);
    memcpy((char *)to + 8, &se, 2);
}

static unsigned control_word(uint64_t *s, bool calm)
{
    uint64_t r = rng(s);
    unsigned cw = 0x37f;
    if (r & 1)
        cw = (cw & ~0xf00u) | (r >> 8 & 0xf00); /* precision and rounding */
    if ((cw & 0x300) == 0x100)                  /* reserved */
        cw |= 0x200;
    if (!calm && (r >> 1 & 3) == 0)
        cw &= ~((unsigned)(r >> 20) & EXCEPTIONS);
    return cw;
}

void x87_random_image(uint64_t *s, FxImage *image, bool calm)
{
    memset(image, 0, sizeof *image);
    uint64_t r = rng(s);
    unsigned cw = control_word(s, calm), sw = (r >> 16 & 0x7f7f);
    if ((sw & SW_SF) && !(sw & 1))
        sw &= ~(unsigned)SW_SF;
    if (calm || (r & 31) != 0)
        sw &= ~(~cw & EXCEPTIONS); /* nothing is pending */
    if (sw & ~cw & EXCEPTIONS) {
        sw |= SW_ES | SW_BUSY;
        image->fop = r >> 8 & 0x7ff;
        image->ip = rng(s) & 0x7fffffffffff;
        image->dp = rng(s) & 0x7fffffffffff;
    }
    image->cw = (uint16_t)cw;
    image->sw = (uint16_t)sw;
    /* mostly full enough to compute with, and room to push */
    unsigned top = sw >> 11 & 7, kind = r >> 32 & 7,
             in_use = kind < 5    ? 0x1f
                      : kind == 5 ? 0xff
                                  : 0;
    for (unsigned i = 0; i < 8; i++) {
        bool used = kind < 6 ? in_use >> i & 1 : rng(s) >> 60 & 1;
        image->tag |= (uint8_t)(used << ((top + i) & 7));
        x87_random_number(s, &image->st[i].m);
    }
    if ((r >> 40 & 7) == 0) { /* equal operands, or opposite ones */
        image->st[1 + (r >> 44) % 7] = image->st[0];
        image->st[0].se ^= (uint16_t)(r >> 48 & 0x8000);
    }
}

bool x87_pointers_count(const FxImage *image)
{
    return (image->sw & SW_ES) != 0;
}

void x87_forget_top(FxImage *image)
{
    FxImage was = *image;
    for (unsigned i = 0; i < 8; i++)
        image->st[((was.sw >> 11) + i) & 7] = was.st[i];
    image->sw &= (uint16_t)~0x3800;
}
