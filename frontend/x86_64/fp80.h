/* fp80.h: the x87's 80-bit arithmetic in integer C, exact in results and status flags.
 *
 * No host floating point is used, so the functions may run under any FP environment and give the
 * same answer on every host. An operation reads precision, rounding and exception masks from
 * env->cw and ORs what it signals into env->flags, laid out as in the x87 status word (IE DE ZE OE
 * UE PE, C1 = the result was rounded up in magnitude).
 *
 * An unmasked IE, DE or ZE stops an operation before it has a result: fp80_stopped() is then true
 * and the value returned means nothing. Unmasked OE and UE of a register result give the result
 * with its exponent moved by 24576 (SDM vol. 1, 8.5.4 and 8.5.5); for conversions to memory
 * formats it is the caller that does not store. Conversions from f32 and f64 have a result in
 * spite of an unmasked DE: such a load completes.
 *
 * Example:  Fp80Env e = {.cw = 0x37f};
 *           Fp80 third = fp80_div(&e, fp80_from_i64(1), fp80_from_i64(3));   e.flags == FP80_PE
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_FP80_H
#define DRAGOMAN_FRONTEND_X86_64_FP80_H

#include <stdbool.h>
#include <stdint.h>

typedef struct Fp80 {
    uint64_t m;  /* significand, integer bit explicit */
    uint16_t se; /* sign and biased exponent */
} Fp80;

typedef struct Fp80Env {
    uint16_t cw;
    uint16_t flags;
} Fp80Env;

/* Status word bits. */
enum {
    FP80_IE = 1,
    FP80_DE = 2,
    FP80_ZE = 4,
    FP80_OE = 8,
    FP80_UE = 16,
    FP80_PE = 32,
    FP80_EXCEPTIONS = 63,
    FP80_C0 = 0x100,
    FP80_C1 = 0x200,
    FP80_C2 = 0x400,
    FP80_C3 = 0x4000,
    FP80_CODES = FP80_C0 | FP80_C1 | FP80_C2 | FP80_C3,
};

typedef enum Fp80Class {
    FP80_ZERO,
    FP80_NORMAL,
    FP80_DENORMAL, /* pseudo-denormals too */
    FP80_INF,
    FP80_QNAN,
    FP80_SNAN,
    FP80_BAD, /* unnormal, pseudo-infinity, pseudo-NaN: invalid as an operand */
} Fp80Class;

typedef enum Fp80Round { FP80_NEAREST, FP80_DOWN, FP80_UP, FP80_CHOP } Fp80Round;

/* Whether a number whose last digit is odd or not, with half a unit and a rest below it or not, is
 * rounded up in magnitude. */
static inline bool fp80_rounds_up(Fp80Round rm, bool sign, bool odd, bool half, bool rest)
{
    if (rm == FP80_NEAREST)
        return half && (rest || odd);
    return (half || rest) && rm == (sign ? FP80_DOWN : FP80_UP);
}

#define FP80_INDEFINITE ((Fp80){0xc000000000000000u, 0xffff})

static inline bool fp80_sign(Fp80 a)
{
    return a.se >> 15;
}
static inline bool fp80_stopped(const Fp80Env *e)
{
    return (e->flags & ~e->cw & (FP80_IE | FP80_DE | FP80_ZE)) != 0;
}
Fp80Class fp80_class(Fp80 a);

/* Rounded to the precision in cw. */
Fp80 fp80_add(Fp80Env *e, Fp80 a, Fp80 b);
Fp80 fp80_sub(Fp80Env *e, Fp80 a, Fp80 b);
Fp80 fp80_mul(Fp80Env *e, Fp80 a, Fp80 b);
Fp80 fp80_div(Fp80Env *e, Fp80 a, Fp80 b);
Fp80 fp80_sqrt(Fp80Env *e, Fp80 a);

/* Always to 64 bits. */
Fp80 fp80_rint(Fp80Env *e, Fp80 a);
Fp80 fp80_scale(Fp80Env *e, Fp80 a, Fp80 b); /* a * 2^trunc(b) */
/* fprem and (nearest) fprem1: *codes gets C0 C1 C2 C3 as the instruction leaves them; with
 * FP80_NO_QUOTIENT there was nothing to divide, and C0 and C3 stay as they were. */
#define FP80_NO_QUOTIENT 0x8000
Fp80 fp80_rem(Fp80Env *e, Fp80 a, Fp80 b, bool nearest, uint16_t *codes);
/* fxtract: the exponent as a number; *significand in [1, 2). */
Fp80 fp80_xtract(Fp80Env *e, Fp80 a, Fp80 *significand);

/* C3 C2 C0 of fcom (quiet: fucom). */
uint16_t fp80_compare(Fp80Env *e, Fp80 a, Fp80 b, bool quiet);
uint16_t fp80_examine(Fp80 a); /* fxam's codes for a register that is not empty */

Fp80 fp80_from_i64(int64_t v);
Fp80 fp80_from_f32(Fp80Env *e, uint32_t bits);
Fp80 fp80_from_f64(Fp80Env *e, uint64_t bits);
Fp80 fp80_from_bcd(uint64_t lo, uint16_t hi);
uint32_t fp80_to_f32(Fp80Env *e, Fp80 a);
uint64_t fp80_to_f64(Fp80Env *e, Fp80 a);
/* bits: 16, 32 or 64; out of range: IE and the most negative integer. */
int64_t fp80_to_int(Fp80Env *e, Fp80 a, unsigned bits);
uint64_t fp80_to_bcd(Fp80Env *e, Fp80 a, uint16_t *hi);

/* Transcendental instructions (fp80_trans.c): correctly rounded but for rare ties of about 2^-50;
 * real processors are off by up to one unit in the last place in a few per cent of cases, so that
 * results may differ from a CPU's in the last bit. The trigonometric ones reduce by the same
 * 66-bit pi. C2 in *codes: argument out of range, result unchanged. */
Fp80 fp80_f2xm1(Fp80Env *e, Fp80 a);
Fp80 fp80_yl2x(Fp80Env *e, Fp80 x, Fp80 y);   /* y * log2(x) */
Fp80 fp80_yl2xp1(Fp80Env *e, Fp80 x, Fp80 y); /* y * log2(x + 1) */
Fp80 fp80_patan(Fp80Env *e, Fp80 x, Fp80 y);  /* atan(y / x) */
Fp80 fp80_sin(Fp80Env *e, Fp80 a, uint16_t *codes);
Fp80 fp80_cos(Fp80Env *e, Fp80 a, uint16_t *codes);
Fp80 fp80_tan(Fp80Env *e, Fp80 a, uint16_t *codes);

/* For fp80_trans.c: picks the result when an operand is a NaN or unsupported (one operand: b = a);
 * and rounds (-1)^sign * hi:lo * 2^(exp - 16383 - 127) with the top bit of hi set, to 64 bits. */
bool fp80_nan_operand(Fp80Env *e, Fp80 a, Fp80 b, Fp80 *result);
Fp80 fp80_round(Fp80Env *e, bool sign, int32_t exp, uint64_t hi, uint64_t lo);

#endif
