/* steps.h: vector ops as short sequences of host instructions, written in steps.def. */
#ifndef DRAGOMAN_BACKEND_X86_64_STEPS_H
#define DRAGOMAN_BACKEND_X86_64_STEPS_H

#include <stdint.h>

typedef struct X86Step {
    uint16_t insn; /* X86Insn; 0 ends */
    uint8_t d, a, b, c;
    uint8_t imm;
} X86Step;

#define SEQUENCE(name, ...) extern const X86Step x86_steps_##name[];
#include "backend/x86_64/steps.def"
#undef SEQUENCE

#endif
