/* fp_env.c: rounding modes, sticky exception flags, conversions at their edges, NaNs, FTZ/DAZ. */
#include <fenv.h>
#include <math.h>
#include <string.h>
#include <xmmintrin.h>

#include "guest.h"

static const int modes[] = {FE_TONEAREST, FE_DOWNWARD, FE_UPWARD, FE_TOWARDZERO};

static NOINLINE double div_d(double a, double b)
{
    return a / b;
}
static NOINLINE double mul_d(double a, double b)
{
    return a * b;
}
static NOINLINE double add_d(double a, double b)
{
    return a + b;
}
static NOINLINE float narrow(double a)
{
    return (float)a;
}
static NOINLINE long round_long(double a)
{
    return lrint(a);
}
static NOINLINE int round_int(float a)
{
    return (int)lrintf(a);
}
static NOINLINE long to_long(double a)
{
    return (long)a;
}
static NOINLINE int to_int(double a)
{
    return (int)a;
}
static NOINLINE int float_to_int(float a)
{
    return (int)a;
}
static NOINLINE unsigned long to_ulong(double a)
{
    return (unsigned long)a;
}

static void flags(const char *what)
{
    int f = fetestexcept(FE_ALL_EXCEPT);
    printf(" %s:%s%s%s%s%s\n", what, f & FE_INVALID ? " invalid" : "",
           f & FE_DIVBYZERO ? " divbyzero" : "", f & FE_OVERFLOW ? " overflow" : "",
           f & FE_UNDERFLOW ? " underflow" : "", f & FE_INEXACT ? " inexact" : "");
    feclearexcept(FE_ALL_EXCEPT);
}

int main(void)
{
    static const double values[] = {0.5,  1.5,      2.5,  -0.5,         -1.5,          1e9,   3e9,
                                    -3e9, 1e18,     1e19, -1e19,        0.1,           -0.1,  1e300,
                                    NAN,  INFINITY, -0.0, 2147483647.5, -2147483648.5, 9.3e18};
    const size_t count = sizeof values / sizeof *values;
    for (int m = 0; m < 4; m++) {
        fesetround(modes[m]);
        printf("mode %d: %a %a %a %a %a\n", m, div_d(1, 3), div_d(-1, 3), mul_d(0.1, 0.1),
               add_d(1, 1e-30), (double)narrow(0.1));
        for (size_t i = 0; i < count; i++)
            printf(" %g: %a %a %ld %d\n", values[i], rint(values[i]), nearbyint(values[i]),
                   round_long(values[i]), round_int((float)values[i]));
        printf(" printed %.2f %.3e %.0f\n", 0.125, 1.0005, 2.5);
    }
    fesetround(FE_TONEAREST);
    feclearexcept(FE_ALL_EXCEPT);

    volatile double sink;
    volatile long integer;
    sink = div_d(1, 0), flags("1/0");
    sink = div_d(0, 0), flags("0/0");
    sink = div_d(1, 3), flags("1/3");
    sink = div_d(1, 2), flags("1/2");
    sink = mul_d(1e300, 1e300), flags("overflow");
    sink = mul_d(1e-300, 1e-300), flags("underflow");
    sink = mul_d(0x1p-1070, 0.5), flags("exact denormal");
    sink = sqrt(div_d(-2, 1)), flags("sqrt(-2)");
    sink = narrow(1e300), flags("narrow");
    integer = to_long(1e30), flags("to_long(1e30)");
    integer = to_int(0.5), flags("to_int(0.5)");
    integer = to_int(4e9), flags("to_int(4e9)");
    sink = add_d(NAN, 1), flags("quiet NaN");
    (void)sink;
    (void)integer;

    for (size_t i = 0; i < count; i++)
        printf("%g: %ld %d %d %lu\n", values[i], to_long(values[i]), to_int(values[i]),
               float_to_int((float)values[i]), to_ulong(fabs(values[i])));
    for (int i = 0; i < 50; i++) {
        volatile int64_t v = (int64_t)rng_edge();
        printf("%ld: %a %a %a %a %a\n", v, (double)v, (double)(float)v, (double)(int32_t)v,
               (double)(uint64_t)v, (double)(float)(uint32_t)v);
    }

    /* Which NaN comes out: the first operand's, quieted. */
    uint64_t nan1 = 0x7ff0000000000123, nan2 = 0xfff8000000000456, out;
    double a, b, r;
    memcpy(&a, &nan1, 8);
    memcpy(&b, &nan2, 8);
    r = add_d(a, b), memcpy(&out, &r, 8), printf("nan %016lx\n", out);
    r = add_d(b, a), memcpy(&out, &r, 8), printf("nan %016lx\n", out);
    r = mul_d(1, b), memcpy(&out, &r, 8), printf("nan %016lx\n", out);
    r = div_d(0, 0), memcpy(&out, &r, 8), printf("nan %016lx\n", out);
    float f = narrow(b);
    uint32_t fout;
    memcpy(&fout, &f, 4), printf("nan %08x\n", fout);

    unsigned saved = _mm_getcsr();
    _mm_setcsr(saved | 0x8000); /* FTZ */
    printf("ftz %a %a\n", mul_d(0x1p-1022, 0.5), add_d(0x1p-1070, 0x1p-1071));
    _mm_setcsr(saved | 0x0040); /* DAZ */
    printf("daz %a %a\n", mul_d(0x1p-1070, 0x1p1000), add_d(0x1p-1070, 0x1p-1022));
    _mm_setcsr(saved);
    printf("mxcsr %04x\n", _mm_getcsr() & 0xffc0);
    return 0;
}
