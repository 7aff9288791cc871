/* lower.h: the rule table of lower.def. */
#ifndef DRAGOMAN_BACKEND_X86_64_LOWER_H
#define DRAGOMAN_BACKEND_X86_64_LOWER_H

#include "backend/core/core.h"

/* Counting the rows: macros that stand for several rows in lower.c count as many here. */
enum {
    X86_RULE_COUNT = 0
#define RULE(...)        +1
#define FIXED(...)       +1
#define VBIN(...)        +4
#define VLOGIC(...)      +8
#define VUN(...)         +2
#define VSHIFT(...)      +2
#define ATOMIC_LOOP(...) +1
#define VBIN_IMM(...)    +2
#define SOFT(...)        +1
#define STEPS(...)       +1
#define STEPS3(...)      +1
#define AES(...)         +3
#define SHA(...)         +2
#define FP_BIN(...)      +3
#define FP_MINMAX(...)   +2
#define FP_SAT(...)      +3
#define VFP_BIN(...)     +6
#define VFP_MINMAX(...)  +3
#include "backend/x86_64/lower.def"
#undef RULE
#undef FIXED
#undef VBIN
#undef VLOGIC
#undef VUN
#undef VSHIFT
#undef ATOMIC_LOOP
#undef VBIN_IMM
#undef SOFT
#undef STEPS
#undef STEPS3
#undef AES
#undef SHA
#undef FP_BIN
#undef FP_MINMAX
#undef FP_SAT
#undef VFP_BIN
#undef VFP_MINMAX
};

extern const LowerRule x86_rules[X86_RULE_COUNT];
extern const uint16_t x86_rule_ends[IR_OP_COUNT];

#endif
