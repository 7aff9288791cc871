/* x87_state.h: x87 state for the instruction test: an FXSAVE image (SDM vol. 1, table 10-2) that
 * the runner loads before a case and stores after it.
 */
#ifndef TESTS_INSN_X87_STATE_H
#define TESTS_INSN_X87_STATE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct X87Image {
    uint16_t cw, sw;
    uint8_t tag, reserved;
    uint16_t fop;
    uint64_t ip, dp;
    uint32_t mxcsr, mxcsr_mask;
    struct {
        uint64_t m;
        uint16_t se;
        uint16_t pad[3];
    } st[8]; /* ST(0) first */
    uint8_t rest[352];
} X87Image;
_Static_assert(sizeof(X87Image) == 512, "FXSAVE image");

/* Ten bytes of any class of number. */
void x87_random_number(uint64_t *rng_state, void *to);
/* Random registers, tags, TOP, CW, sticky flags; mostly with all exceptions masked, some unmasked,
 * few pending. calm: all masked. */
void x87_random_image(uint64_t *rng_state, X87Image *image, bool calm);
/* Instruction and operand pointers count only where an unmasked exception is pending: otherwise the
 * processor itself forgets them at any context switch. */
bool x87_pointers_count(const X87Image *image);

#endif
