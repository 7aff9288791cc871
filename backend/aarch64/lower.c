/* lower.c: lower.def as the selector's table, and this host's description for backend/core. */
#include "backend/aarch64/emitters.h"
#include "backend/aarch64/match.h"
#include "ir/type_masks.h"

enum {
    I_N = I8 | I16, /* narrower than a register */
    I_W = I32 | I64,
    X0_X1 = 3,
    X1_TO_X6 = 0x7e,
};

#define R     match_reg
#define _     NULL
#define TIED  RULE_TIED
#define EARLY RULE_EARLY
#define LOWER(name_, types_, lanes_, a, b, c, flags_, needs_, emitter)                             \
    {.op = IR_##name_,                                                                             \
     .types = types_,                                                                              \
     .lanes = lanes_,                                                                              \
     .arg = {a, b, c},                                                                             \
     .fixed = {ANY_REG, ANY_REG, ANY_REG},                                                         \
     .dest = ANY_REG,                                                                              \
     .flags = flags_,                                                                              \
     .needs = needs_,                                                                              \
     .emit = emitter,                                                                              \
     .name = #emitter},
#define LOWER_FIXED(name_, types_, a, b, c, fixed_a, fixed_b, fixed_c, to, clobber, needs_,        \
                    emitter)                                                                       \
    {.op = IR_##name_,                                                                             \
     .types = types_,                                                                              \
     .arg = {a, b, c},                                                                             \
     .fixed = {fixed_a, fixed_b, fixed_c},                                                         \
     .dest = to,                                                                                   \
     .clobber_gpr = clobber,                                                                       \
     .needs = needs_,                                                                              \
     .emit = emitter,                                                                              \
     .name = #emitter},

/* Everything that a call destroys goes. */
#define LOWER_SOFT(name_, a, b, c)                                                                 \
    {.op = IR_##name_,                                                                             \
     .types = V128,                                                                                \
     .arg = {a, b, c},                                                                             \
     .fixed = {0, 1, 2},                                                                           \
     .dest = 0,                                                                                    \
     .clobber_gpr = 0xffff,                                                                        \
     .clobber_vec = 0xffff1ffe,                                                                    \
     .emit = a64_soft,                                                                             \
     .name = "a64_soft"},
/* Strings in two vectors; their lengths, unless they are implicit. */
#define LOWER_STR(name_, types_, lengths, when_, emitter)                                          \
    {.op = IR_##name_,                                                                             \
     .types = types_,                                                                              \
     .arg = {R, R, lengths},                                                                       \
     .fixed = {ANY_REG, ANY_REG, ANY_REG},                                                         \
     .dest = ANY_REG,                                                                              \
     .flags = EARLY,                                                                               \
     .scratch_gpr = 2,                                                                             \
     .scratch_vec = 2,                                                                             \
     .when = when_,                                                                                \
     .emit = emitter,                                                                              \
     .name = #emitter},

static const LowerRule rules[] = {
#include "backend/aarch64/lower.def"
};

/* The same rows again: where the rules of each op end. A later row of an op overrides the earlier.
 */
#undef LOWER
#undef LOWER_FIXED
#define LOWER(op_, ...)       [IR_##op_] = __COUNTER__ - RULES_START,
#define LOWER_FIXED(op_, ...) LOWER(op_)
#undef LOWER_SOFT
#undef LOWER_STR
#define LOWER_SOFT(op_, ...) LOWER(op_)
#define LOWER_STR(op_, ...)  LOWER(op_)
enum { RULES_START = __COUNTER__ };
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static const uint16_t rule_ends[IR_OP_COUNT] = {
#include "backend/aarch64/lower.def"
};
#pragma GCC diagnostic pop

/* Temporaries first, so that values which do not go home leave the homes alone; then homes, those
 * that a helper call destroys before those it keeps. */
static const uint8_t gpr_order[] = {0, 1, 2,  3,  4,  5,  6,  15, 14, 13, 12, 11, 10,     9,
                                    8, 7, 27, 26, 29, 25, 24, 23, 22, 21, 20, 19, ANY_REG};
static const uint8_t vec_order[] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,
                                    10, 11, 12, 31, 30, 29, 28, 27, 26, 25,
                                    24, 23, 22, 21, 20, 19, 18, 17, 16, ANY_REG};

const HostDesc a64_host = {
    .name = "aarch64",
    .rules = rules,
    .rule_ends = rule_ends,
    .rule_count = sizeof rules / sizeof rules[0],
    .allocatable = {0x2ff8ffff, 0xffff1fff},  /* x0-x15 x19-x27 x29; v0-v12 v16-v31 */
    .caller_saved = {0x0000ffff, 0xffff1fff}, /* AAPCS64 6.1 */
    .call_args = {0, 1, 2, 3, 4, 5},
    .call_ret = 0,
    .exit_pc = R_EXIT_PC,
    .exit_in_place = true,
    .alloc_order = {gpr_order, vec_order},
    .is_alias = a64_is_alias,
    .swap = {true, true},
    .keeps_consts = true,
    .move = a64_move,
    .jump = a64_jump,
    .branch = a64_branch,
    .exit = a64_exit,
    .poll = a64_poll,
    .site_call = a64_site_call,
    .call = a64_call,
    .count = a64_count,
    .begin = a64_begin,
    .finish = a64_finish,
    .fixup = a64_fixup,
};
