/* fp80_native.c: the soft 80-bit arithmetic against the host's own x87 (x86-64 hosts only).
 *
 * Every operation runs on random operands thick with edge values, under random control words with
 * random exceptions unmasked; value, exception flags and condition codes must be equal, except
 * that the transcendental operations may differ in the last place (how often is printed).
 *
 * Usage: fp80_native [cases] [seed]
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/x86_64/fp80.h"

typedef struct Case {
    Fp80 a, b; /* st0, st1 */
    uint16_t cw;
    uint64_t raw; /* operand of loads from memory formats */
    uint16_t raw_hi;
} Case;

typedef struct Result {
    Fp80 r;
    uint64_t raw;
    uint16_t raw_hi;
    uint16_t sw;
} Result;

typedef struct Op {
    const char *name;
    void (*soft)(const Case *c, Result *r);
    void (*real)(const Case *c, Result *r);
    uint16_t codes; /* condition codes to compare */
    bool stores;    /* result in raw, to be ignored when anything unmasked was signalled */
    bool inexact;   /* last place may differ */
} Op;

static uint64_t rng_state;

static uint64_t rng(void)
{
    uint64_t z = rng_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* ---- the real FPU ---- */

#define REAL_BEGIN "fninit\n fldt %[b]\n fldt %[a]\n fldcw %[cw]\n"
#define REAL_END   "fnstsw %[sw]\n fnclex\n fldcw %[def]\n"
static const uint16_t default_cw = 0x37f;

typedef struct __attribute__((packed)) Tbyte {
    uint64_t m;
    uint16_t se;
} Tbyte;

#define REAL(name, insn)                                                                           \
    static void real_##name(const Case *c, Result *r)                                              \
    {                                                                                              \
        Tbyte a = {c->a.m, c->a.se}, b = {c->b.m, c->b.se}, out, out1;                             \
        __asm__ volatile(REAL_BEGIN insn "\n" REAL_END "fstpt %[out]\n fstpt %[out1]\n fninit\n"   \
                         : [out] "=m"(out), [out1] "=m"(out1), [sw] "=m"(r->sw)                    \
                         : [a] "m"(a), [b] "m"(b), [cw] "m"(c->cw), [def] "m"(default_cw));        \
        r->r = (Fp80){out.m, out.se};                                                              \
        r->raw = out1.m;                                                                           \
        r->raw_hi = out1.se;                                                                       \
    }
#define REAL_STORE(name, insn)                                                                     \
    static void real_##name(const Case *c, Result *r)                                              \
    {                                                                                              \
        Tbyte a = {c->a.m, c->a.se}, b = {c->b.m, c->b.se}, mem = {0, 0};                          \
        __asm__ volatile(REAL_BEGIN insn " %[mem]\n" REAL_END "fninit\n"                           \
                         : [mem] "+m"(mem), [sw] "=m"(r->sw)                                       \
                         : [a] "m"(a), [b] "m"(b), [cw] "m"(c->cw), [def] "m"(default_cw));        \
        r->raw = mem.m;                                                                            \
        r->raw_hi = mem.se;                                                                        \
    }
#define REAL_LOAD(name, insn)                                                                      \
    static void real_##name(const Case *c, Result *r)                                              \
    {                                                                                              \
        Tbyte mem = {c->raw, c->raw_hi}, out;                                                      \
        __asm__ volatile("fninit\n fldz\n fldcw %[cw]\n" insn " %[mem]\n" REAL_END                 \
                         "fstpt %[out]\n fninit\n"                                                 \
                         : [out] "=m"(out), [sw] "=m"(r->sw)                                       \
                         : [mem] "m"(mem), [cw] "m"(c->cw), [def] "m"(default_cw));                \
        r->r = (Fp80){out.m, out.se};                                                              \
    }

REAL(add, "fadd %%st(1), %%st")
REAL(sub, "fsub %%st(1), %%st")
REAL(mul, "fmul %%st(1), %%st")
REAL(div, "fdiv %%st(1), %%st")
REAL(sqrt, "fsqrt")
REAL(rint, "frndint")
REAL(scale, "fscale")
REAL(prem, "fprem")
REAL(prem1, "fprem1")
REAL(com, "fcom %%st(1)")
REAL(ucom, "fucom %%st(1)")
REAL(xam, "fxam")
REAL(xtract, "fxtract")
REAL(f2xm1, "f2xm1")
REAL(yl2x, "fyl2x")
REAL(yl2xp1, "fyl2xp1")
REAL(patan, "fpatan")
REAL(sin, "fsin")
REAL(cos, "fcos")
REAL(tan, "fptan")
REAL_STORE(to_f32, "fsts")
REAL_STORE(to_f64, "fstl")
REAL_STORE(to_i16, "fists")
REAL_STORE(to_i32, "fistl")
REAL_STORE(to_i64, "fistpll")
REAL_STORE(to_bcd, "fbstp")
REAL_LOAD(from_f32, "flds")
REAL_LOAD(from_f64, "fldl")
REAL_LOAD(from_i64, "fildll")
REAL_LOAD(from_bcd, "fbld")

/* ---- the soft side ---- */

#define SOFT(name, expr)                                                                           \
    static void soft_##name(const Case *c, Result *r)                                              \
    {                                                                                              \
        Fp80Env e = {c->cw, 0};                                                                    \
        uint16_t codes = 0;                                                                        \
        (void)codes;                                                                               \
        r->r = c->a;                                                                               \
        expr;                                                                                      \
        r->sw = e.flags | (codes & FP80_CODES);                                                    \
        if (fp80_stopped(&e))                                                                      \
            r->r = c->a;                                                                           \
    }

SOFT(add, r->r = fp80_add(&e, c->a, c->b))
SOFT(sub, r->r = fp80_sub(&e, c->a, c->b))
SOFT(mul, r->r = fp80_mul(&e, c->a, c->b))
SOFT(div, r->r = fp80_div(&e, c->a, c->b))
SOFT(sqrt, r->r = fp80_sqrt(&e, c->a))
SOFT(rint, r->r = fp80_rint(&e, c->a))
SOFT(scale, r->r = fp80_scale(&e, c->a, c->b))
SOFT(prem, r->r = fp80_rem(&e, c->a, c->b, false, &codes))
SOFT(prem1, r->r = fp80_rem(&e, c->a, c->b, true, &codes))
SOFT(com, codes = fp80_compare(&e, c->a, c->b, false))
SOFT(ucom, codes = fp80_compare(&e, c->a, c->b, true))
SOFT(xam, codes = fp80_examine(c->a))
SOFT(to_f32, r->raw = fp80_to_f32(&e, c->a))
SOFT(to_f64, r->raw = fp80_to_f64(&e, c->a))
SOFT(to_i16, r->raw = (uint16_t)fp80_to_int(&e, c->a, 16))
SOFT(to_i32, r->raw = (uint32_t)fp80_to_int(&e, c->a, 32))
SOFT(to_i64, r->raw = (uint64_t)fp80_to_int(&e, c->a, 64))
SOFT(to_bcd, r->raw = fp80_to_bcd(&e, c->a, &r->raw_hi))

static void soft_xtract(const Case *c, Result *r)
{
    Fp80Env e = {c->cw, 0};
    Fp80 significand, exp = fp80_xtract(&e, c->a, &significand);
    r->sw = e.flags;
    bool stop = fp80_stopped(&e);
    r->r = stop ? c->a : significand;
    r->raw = stop ? c->b.m : exp.m;
    r->raw_hi = stop ? c->b.se : exp.se;
}

#define SOFT_LOAD(name, expr)                                                                      \
    static void soft_##name(const Case *c, Result *r)                                              \
    {                                                                                              \
        Fp80Env e = {c->cw, 0};                                                                    \
        r->r = expr;                                                                               \
        r->sw = e.flags;                                                                           \
        if (e.flags & ~e.cw & FP80_IE) /* a denormal is loaded all the same */                     \
            r->r = (Fp80){0, 0};                                                                   \
    }
SOFT_LOAD(from_f32, fp80_from_f32(&e, (uint32_t)c->raw))
SOFT_LOAD(from_f64, fp80_from_f64(&e, c->raw))
SOFT_LOAD(from_i64, fp80_from_i64((int64_t)c->raw))
SOFT_LOAD(from_bcd, fp80_from_bcd(c->raw, c->raw_hi))

/* fyl2x, fyl2xp1, fpatan pop: the result is st(1)'s and becomes st0. */
SOFT(f2xm1, r->r = fp80_f2xm1(&e, c->a))
SOFT(yl2x, r->r = fp80_yl2x(&e, c->a, c->b))
SOFT(yl2xp1, r->r = fp80_yl2xp1(&e, c->a, c->b))
SOFT(patan, r->r = fp80_patan(&e, c->a, c->b))
SOFT(sin, r->r = fp80_sin(&e, c->a, &codes))
SOFT(cos, r->r = fp80_cos(&e, c->a, &codes))
SOFT(tan, r->r = fp80_tan(&e, c->a, &codes))

#define ALL_CODES FP80_CODES
static const Op ops[] = {
#define OP(name, codes, stores, inexact)                                                           \
    {                                                                                              \
#name, soft_##name, real_##name, codes, stores, inexact                                    \
    }
    OP(add, FP80_C1, false, false),
    OP(sub, FP80_C1, false, false),
    OP(mul, FP80_C1, false, false),
    OP(div, FP80_C1, false, false),
    OP(sqrt, FP80_C1, false, false),
    OP(rint, FP80_C1, false, false),
    OP(scale, FP80_C1, false, false),
    OP(prem, ALL_CODES, false, false),
    OP(prem1, ALL_CODES, false, false),
    OP(xtract, FP80_C1, false, false),
    OP(com, ALL_CODES, false, false),
    OP(ucom, ALL_CODES, false, false),
    OP(xam, ALL_CODES, false, false),
    OP(to_f32, FP80_C1, true, false),
    OP(to_f64, FP80_C1, true, false),
    OP(to_i16, FP80_C1, true, false),
    OP(to_i32, FP80_C1, true, false),
    OP(to_i64, FP80_C1, true, false),
    OP(to_bcd, FP80_C1, true, false),
    OP(from_f32, FP80_C1, false, false),
    OP(from_f64, FP80_C1, false, false),
    OP(from_i64, FP80_C1, false, false),
    OP(from_bcd, FP80_C1, false, false),
    OP(f2xm1, 0, false, true),
    OP(yl2x, 0, false, true),
    OP(yl2xp1, 0, false, true),
    OP(patan, 0, false, true),
    OP(sin, FP80_C2, false, true),
    OP(cos, FP80_C2, false, true),
    OP(tan, FP80_C2, false, true),
};

/* ---- operands ---- */

static uint64_t random_significand(void)
{
    uint64_t m = rng();
    switch (rng() % 10) {
    case 0:
        return 0;
    case 1:
        return (uint64_t)1 << (rng() & 63);
    case 2:
        return ~(uint64_t)0 << (rng() & 63);
    case 3:
        return ~(uint64_t)0 >> (rng() & 63);
    case 4:
        return m << (rng() & 63);
    case 5: /* near ties of f32, f64 */
        return (m << (rng() & 1 ? 11 : 40)) | (uint64_t)1 << (rng() & 1 ? 10 : 39) | (rng() & 1);
    case 6:
        return m >> (rng() & 63);
    default:
        return m;
    }
}

static Fp80 random_fp80(void)
{
    static const uint16_t exps[] = {0,      1,      2,      64,     0x3fff, 0x3ffe, 0x4000,
                                    0x3fbf, 0x403e, 0x403f, 0x401e, 0x400e, 0x7fff, 0x7ffe,
                                    0x7fbe, 0x3f81, 0x3f6a, 0x3c01, 0x43fe, 0x407e, 0x3bcd};
    uint64_t m = random_significand();
    uint16_t exp;
    switch (rng() % 4) {
    case 0:
        exp = exps[rng() % (sizeof exps / sizeof *exps)];
        break;
    case 1:
        exp = (uint16_t)(0x3fff + rng() % 140 - 70);
        break;
    case 2:
        exp = rng() & 0x7fff;
        break;
    default:
        exp = (uint16_t)(exps[rng() % (sizeof exps / sizeof *exps)] + rng() % 5 - 2) & 0x7fff;
    }
    if (exp && rng() % 16)
        m |= (uint64_t)1 << 63;
    else if (!exp && rng() % 4)
        m &= ~((uint64_t)1 << 63);
    return (Fp80){m, (uint16_t)(exp | (rng() & 1) << 15)};
}

static Case random_case(void)
{
    static const uint64_t raws[] = {0,
                                    1,
                                    ~(uint64_t)0,
                                    0x7f800000,
                                    0x7ff0000000000000u,
                                    0x7f800001,
                                    0x7ff0000000000001u,
                                    0x8000000000000000u};
    Case c = {.a = random_fp80(), .b = random_fp80(), .raw = rng(), .raw_hi = (uint16_t)rng()};
    c.cw = (uint16_t)(0x40 | (rng() & 0xf00));
    if ((c.cw & 0x300) == 0x100)
        c.cw |= 0x200; /* reserved precision */
    c.cw |= rng() % 3 ? 63 : rng() & 63;
    if (rng() % 4 == 0) /* operands close to one another */
        c.b.se = (uint16_t)(c.a.se + rng() % 5 - 2) ^ (rng() & 1) << 15;
    if (rng() % 16 == 0)
        c.b.m = c.a.m;
    if (rng() % 4 == 0)
        c.raw = raws[rng() % (sizeof raws / sizeof *raws)];
    if (rng() % 3 == 0)
        c.raw &= rng() & rng();
    return c;
}

/* BCD digits beyond 9 have no defined value. */
static void make_bcd(Case *c)
{
    for (int i = 0; i < 64; i += 4)
        if ((c->raw >> i & 15) > 9)
            c->raw ^= (uint64_t)8 << i;
    c->raw_hi &= 0x8077;
}

static bool close_enough(Fp80 x, Fp80 y)
{
    if (x.se == y.se || ((x.se ^ y.se) == 1 && (x.se & 0x7fff) <= 1))
        return x.m - y.m + 1 <= 2;
    return (x.m == (uint64_t)1 << 63 && y.m == ~(uint64_t)0 && x.se == y.se + 1) ||
           (y.m == (uint64_t)1 << 63 && x.m == ~(uint64_t)0 && y.se == x.se + 1);
}

/* The smallest normal number: a last-place difference there is one in UE too. */
static bool at_underflow(Fp80 a)
{
    return (a.se & 0x7fff) == 1 && a.m == (uint64_t)1 << 63;
}

static bool run(const Op *op, const Case *c, Result *soft, Result *real, uint64_t *last_place)
{
    *soft = *real = (Result){{0, 0}, 0, 0, 0};
    op->soft(c, soft);
    op->real(c, real);
    bool stopped = (real->sw & ~c->cw & (FP80_IE | FP80_DE | FP80_ZE)) != 0;
    /* fptan pushes 1, or a second copy of a NaN: what it computed is below. */
    if (op->soft == soft_tan && !stopped &&
        ((real->r.m == (uint64_t)1 << 63 && real->r.se == 0x3fff && (real->sw >> 11 & 7) == 5) ||
         (real->r.se & 0x7fff) == 0x7fff))
        real->r = (Fp80){real->raw, real->raw_hi};
    bool keeps_denormal =
        !strcmp(op->name, "scale") || !strcmp(op->name, "prem") || !strcmp(op->name, "prem1");
    if (keeps_denormal && fp80_class(c->a) == FP80_DENORMAL && !(c->cw & FP80_UE))
        return true; /* makers differ: tests/insn/exceptions.def */
    uint16_t mask = FP80_EXCEPTIONS | op->codes;
    uint16_t unmasked = real->sw & ~c->cw & FP80_EXCEPTIONS;
    if (op->codes == FP80_CODES && (real->sw & (FP80_IE | FP80_ZE | FP80_DE)) & unmasked)
        mask &= FP80_EXCEPTIONS; /* codes undefined when the instruction did not complete */
    if (op->inexact && at_underflow(soft->r)) /* unmasked, UE gives another result altogether */
        return true;
    if ((soft->sw ^ real->sw) & mask)
        return false;
    if (op->stores)
        return (unmasked & ~FP80_PE) != 0 ||
               (soft->raw == real->raw && soft->raw_hi == real->raw_hi);
    if (op->soft == soft_xtract && (soft->raw != real->raw || soft->raw_hi != real->raw_hi))
        return false;
    if (soft->r.m == real->r.m && soft->r.se == real->r.se)
        return true;
    (*last_place)++;
    return op->inexact && close_enough(soft->r, real->r);
}

int main(int argc, char **argv)
{
    uint64_t cases = argc > 1 ? strtoull(argv[1], NULL, 0) : 200000;
    const char *only = argc > 3 ? argv[3] : NULL;
    unsigned failed_ops = 0;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        const Op *op = &ops[i];
        uint64_t failures = 0, last_place = 0;
        if (only && strcmp(only, op->name))
            continue;
        rng_state = (argc > 2 ? strtoull(argv[2], NULL, 0) : 1) * 1000 + i;
        for (uint64_t n = 0; n < cases; n++) {
            Case c = random_case();
            Result soft, real;
            if (op->soft == soft_from_bcd)
                make_bcd(&c);
            if (run(op, &c, &soft, &real, &last_place) || failures++ >= 8)
                continue;
            printf("%s a %04x:%016" PRIx64 " b %04x:%016" PRIx64 " cw %04x raw %016" PRIx64 "\n",
                   op->name, c.a.se, c.a.m, c.b.se, c.b.m, c.cw, c.raw);
            printf("  soft %04x:%016" PRIx64 " %04x:%016" PRIx64 " sw %04x\n", soft.r.se, soft.r.m,
                   soft.raw_hi, soft.raw, soft.sw);
            printf("  real %04x:%016" PRIx64 " %04x:%016" PRIx64 " sw %04x\n", real.r.se, real.r.m,
                   real.raw_hi, real.raw, real.sw);
        }
        printf("%-9s %" PRIu64 " cases, %" PRIu64 " differences", op->name, cases, failures);
        if (op->inexact)
            printf(", last place %.3f%%", 100.0 * (double)last_place / (double)cases);
        printf("\n");
        failed_ops += failures != 0;
    }
    return failed_ops != 0;
}
