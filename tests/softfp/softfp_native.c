/* softfp_native.c: ir/softfp.c against the SSE instructions of this processor, exceptions masked:
 * values and flags, in every rounding mode, with and without FTZ and DAZ. What unmasked exceptions
 * do is compared by tests/insn.
 *
 *     softfp-native [SEED [COUNT]]
 */
#include "ir/softfp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/softfp/native.h"

static uint64_t rng_state;
static unsigned failures;

static uint64_t rnd(void)
{
    rng_state ^= rng_state << 13;
    rng_state ^= rng_state >> 7;
    rng_state ^= rng_state << 17;
    return rng_state * 0x2545f4914f6cdd1du;
}

/* Any bits, or an exponent near an end or another operand's, a fraction with few bits set. */
static uint64_t random_number(bool wide, uint64_t near)
{
    unsigned digits = wide ? 52 : 23, exps = wide ? 2047 : 255;
    uint64_t r = rnd(), frac = rnd() & ((UINT64_C(1) << digits) - 1);
    uint64_t exp = near >> digits & exps, sign = r >> 60 & 1;
    switch (r & 15) {
    case 0:
    case 1:
        return wide ? rnd() : rnd() & UINT32_MAX;
    case 2:
    case 3:
        exp = 0;
        break;
    case 4:
        exp = exps;
        break;
    case 5:
    case 6:
        exp = (r >> 8 & 31) + 1;
        break;
    case 7:
        exp = exps - 1 - (r >> 8 & 7);
        break;
    case 8: /* about 2^31 or 2^63 */
        exp = exps / 2 + (r & 16 ? 31 : 63) - (r >> 8 & 3);
        break;
    case 9: /* about 1 */
        exp = exps / 2 + (r >> 8 & 7) - 3;
        break;
    case 10: /* a product or quotient with the other is about to underflow */
        exp = (exps / 2 + exps + (r >> 8 & 3) - exp - 1) % exps;
        break;
    case 11: /* binary32's ends, in binary64 */
        exp = exps / 2 + (r & 16 ? 126 : -126) + (r >> 8 & 7) - 4;
        break;
    default:
        exp += (r >> 8) % (2 * digits);
        exp = exp < digits ? 0 : exp - digits;
        break;
    }
    switch (r >> 40 & 3) {
    case 0:
        frac = 0;
        break;
    case 1:
        frac = (r >> 42 & 1 ? -(UINT64_C(1) << (r >> 48) % digits)
                            : UINT64_C(1) << (r >> 48) % digits);
        frac &= (UINT64_C(1) << digits) - 1;
        break;
    default:
        break;
    }
    return sign << (wide ? 63 : 31) | (exp & exps) << digits | frac;
}

typedef union Lane {
    uint64_t u;
    float f;
    double d;
} Lane;

typedef struct BinRow {
    const char *name;
    SoftFpBin *soft;
    float (*f32)(float a, float b);
    double (*f64)(double a, double b);
} BinRow;

static const BinRow bins[] = {
    {"add", softfp_add, native_fadd32, native_fadd64},
    {"sub", softfp_sub, native_fsub32, native_fsub64},
    {"mul", softfp_mul, native_fmul32, native_fmul64},
    {"div", softfp_div, native_fdiv32, native_fdiv64},
    {"min", softfp_minsel, native_fminsel32, native_fminsel64},
    {"max", softfp_maxsel, native_fmaxsel32, native_fmaxsel64},
};

typedef struct Try { /* one comparison */
    const char *name;
    bool wide;
    uint32_t fpctl;
    uint64_t a, b, want, got;
    uint32_t want_flags, got_flags;
} Try;

static void check(const Try *t)
{
    if (t->want == t->got && t->want_flags == t->got_flags)
        return;
    if (failures++ < 20)
        printf("%s%d %016" PRIx64 " %016" PRIx64 " under %04x: %016" PRIx64 " %02x, not %016" PRIx64
               " %02x\n",
               t->name, t->wide ? 64 : 32, t->a, t->b, t->fpctl, t->got, t->got_flags, t->want,
               t->want_flags);
}

static void begin(const Try *t)
{
    native_fpctl_write(t->fpctl);
}

static void end(Try *t, const SoftFp *s)
{
    t->want_flags = native_fpctl_read() & FP_FLAGS;
    t->got_flags = s->fpctl & FP_FLAGS;
    check(t);
}

static void try_bin(Try t, const BinRow *row)
{
    SoftFp s = {.model = FP_MODEL_X86, .fpctl = t.fpctl};
    Lane a = {.u = t.a}, b = {.u = t.b}, v = {.u = 0};
    t.name = row->name;
    t.got = row->soft(&s, t.wide, t.a, t.b);
    begin(&t);
    if (t.wide)
        v.d = row->f64(a.d, b.d);
    else
        v.f = row->f32(a.f, b.f);
    t.want = v.u;
    end(&t, &s);
}

static void try_sqrt(Try t)
{
    SoftFp s = {.model = FP_MODEL_X86, .fpctl = t.fpctl};
    Lane a = {.u = t.a}, v = {.u = 0};
    t.name = "sqrt";
    t.got = softfp_sqrt(&s, t.wide, t.a);
    begin(&t);
    if (t.wide)
        v.d = native_fsqrt64(a.d);
    else
        v.f = native_fsqrt32(a.f);
    t.want = v.u;
    end(&t, &s);
}

typedef struct RoundRow {
    IrRound mode;
    bool quiet;
    float (*f32)(float a);
    double (*f64)(double a);
} RoundRow;

static const RoundRow rounds[] = {
    {IR_ROUND_NEAREST, false, native_round_nearest32, native_round_nearest64},
    {IR_ROUND_DOWN, false, native_round_down32, native_round_down64},
    {IR_ROUND_UP, false, native_round_up32, native_round_up64},
    {IR_ROUND_ZERO, false, native_round_zero32, native_round_zero64},
    {IR_ROUND_CURRENT, false, native_round_current32, native_round_current64},
    {IR_ROUND_CURRENT, true, native_round_quiet32, native_round_quiet64},
};

static void try_round(Try t, const RoundRow *row)
{
    SoftFp s = {.model = FP_MODEL_X86, .fpctl = t.fpctl};
    Lane a = {.u = t.a}, v = {.u = 0};
    t.name = "round";
    t.got = softfp_round(&s, t.wide, t.a, row->mode, row->quiet);
    begin(&t);
    if (t.wide)
        v.d = row->f64(a.d);
    else
        v.f = row->f32(a.f);
    t.want = v.u;
    end(&t, &s);
}

static unsigned bits_of(FpRelation r)
{
    return r.less * 1u | r.equal * 2u | r.unordered * 4u;
}

static void try_compare(Try t, bool signals)
{
    SoftFp s = {.model = FP_MODEL_X86, .fpctl = t.fpctl};
    Lane a = {.u = t.a}, b = {.u = t.b};
    t.name = signals ? "comis" : "ucomis";
    t.got = bits_of(softfp_compare(&s, t.wide, t.a, t.b, signals));
    begin(&t);
    if (t.wide)
        t.want = bits_of((signals ? native_fcmp64_signal : native_fcmp64)(a.d, b.d));
    else
        t.want = bits_of((signals ? native_fcmp32_signal : native_fcmp32)(a.f, b.f));
    end(&t, &s);
}

static void try_resize(Try t)
{
    SoftFp s = {.model = FP_MODEL_X86, .fpctl = t.fpctl};
    Lane a = {.u = t.a}, v = {.u = 0};
    t.name = t.wide ? "truncate" : "extend";
    t.got = t.wide ? softfp_convert(&s, FP_BINARY64, FP_BINARY32, t.a)
                   : softfp_convert(&s, FP_BINARY32, FP_BINARY64, t.a);
    begin(&t);
    if (t.wide)
        v.f = native_ftrunc(a.d);
    else
        v.d = native_fext(a.f);
    t.want = v.u;
    end(&t, &s);
}

static int64_t native_to_int(Lane a, bool wide, bool int64, bool zero)
{
    if (wide && int64)
        return zero ? native_f64toi64z(a.d) : native_f64toi64(a.d);
    if (wide)
        return zero ? native_f64toi32z(a.d) : native_f64toi32(a.d);
    if (int64)
        return zero ? native_f32toi64z(a.f) : native_f32toi64(a.f);
    return zero ? native_f32toi32z(a.f) : native_f32toi32(a.f);
}

static void try_to_int(Try t, bool int64, bool zero)
{
    SoftFp s = {.model = FP_MODEL_X86, .fpctl = t.fpctl};
    t.name = int64 ? (zero ? "toi64z" : "toi64") : (zero ? "toi32z" : "toi32");
    t.got = (uint64_t)softfp_to_int(&s, t.wide, t.a, int64, zero);
    begin(&t);
    t.want = (uint64_t)native_to_int((Lane){.u = t.a}, t.wide, int64, zero);
    end(&t, &s);
}

static void try_from_int(Try t)
{
    SoftFp s = {.model = FP_MODEL_X86, .fpctl = t.fpctl};
    Lane v = {.u = 0};
    t.name = "fromint";
    t.a = rnd() >> (rnd() & 63);
    t.a = rnd() & 1 ? -t.a : t.a;
    t.got = softfp_from_int(&s, t.wide, (int64_t)t.a, 0);
    begin(&t);
    if (t.wide)
        v.d = native_i64tof64((int64_t)t.a);
    else
        v.f = native_i64tof32((int64_t)t.a);
    t.want = v.u;
    end(&t, &s);
}

int main(int argc, char **argv)
{
    rng_state = (argc > 1 ? strtoull(argv[1], NULL, 0) : 1) * 0x9e3779b97f4a7c15u + 1;
    unsigned long count = argc > 2 ? strtoul(argv[2], NULL, 0) : 300000;
    for (unsigned long n = 0; n < count; n++) {
        uint64_t r = rnd();
        Try t = {.wide = r & 1};
        t.fpctl = FP_MASKS | (uint32_t)(r >> 8 & 0x6000);
        if (r & 2)
            t.fpctl |= (uint32_t)(r >> 24 & (FP_FTZ | FP_DAZ));
        t.a = random_number(t.wide, rnd());
        t.b = random_number(t.wide, t.a);
        for (unsigned k = 0; k < sizeof bins / sizeof bins[0]; k++)
            try_bin(t, &bins[k]);
        try_compare(t, r & 4);
        try_sqrt(t);
        try_round(t, &rounds[n % (sizeof rounds / sizeof rounds[0])]);
        try_resize(t);
        try_to_int(t, r & 8, r & 16);
        try_from_int(t);
    }
    printf("%lu operand sets, %u differences\n", count, failures);
    return failures != 0;
}
