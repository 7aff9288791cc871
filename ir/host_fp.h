/* host_fp.h: the host's floating-point instructions, one function each, for eval_fp.c and the
 * interpreter.
 *
 * They are volatile assembly so that no compiler folds, moves, commutes or drops one: each runs
 * once, under the environment that is loaded, and leaves its flags there. Two files give the
 * same functions; HOST_FP_IS_X86 says whether NaN results, the denormal flag and out-of-range
 * conversions are those of x86 already.
 */
#ifndef DRAGOMAN_IR_HOST_FP_H
#define DRAGOMAN_IR_HOST_FP_H

#include <stdbool.h>
#include <stdint.h>

/* Exception flags, at their MXCSR places. */
enum {
    FP_INVALID = 1,
    FP_DENORMAL = 2,
    FP_DIVZERO = 4,
    FP_OVERFLOW = 8,
    FP_UNDERFLOW = 16,
    FP_INEXACT = 32,
    FP_FLAGS = 63,
    FP_MASK_SHIFT = 7, /* the masks of the same exceptions */
    FP_FTZ = 0x8000,
};

typedef struct FpRelation {
    bool less, equal, unordered;
} FpRelation;

#if defined(__x86_64__)
#include "ir/host_fp_x86_64.h"
#elif defined(__aarch64__)
#include "ir/host_fp_aarch64.h"
#else
#error "no floating-point primitives for this host"
#endif

#endif
