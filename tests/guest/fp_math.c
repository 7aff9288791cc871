/* fp_math.c: float and double arithmetic, the C library's functions, printing and parsing. */
#include <complex.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "guest.h"

static uint64_t bits(double d)
{
    uint64_t u;
    memcpy(&u, &d, sizeof u);
    return u;
}

static double from_bits(uint64_t u)
{
    double d;
    memcpy(&d, &u, sizeof d);
    return d;
}

static float float_from_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, sizeof f);
    return f;
}

/* Arithmetic on arbitrary bit patterns: infinities, NaNs and denormals among them. */
static NOINLINE uint64_t arithmetic(uint64_t h)
{
    for (int i = 0; i < 3000; i++) {
        uint64_t r = rng(), s = rng();
        double a = from_bits(i & 1 ? r : (r & 0x800fffffffffffff) | (s & 0x3ff) << 52);
        double b = from_bits(i & 2 ? s : (s & 0x800fffffffffffff) | (r & 0x7ff) << 52);
        float fa = float_from_bits((uint32_t)r), fb = float_from_bits((uint32_t)(s >> 7));
        /* The sign and payload of a produced NaN depends on the order of operands, which is the
         * compiler's choice but the same in both runs. */
        h = hash_u64(h, bits(a + b));
        h = hash_u64(h, bits(a - b));
        h = hash_u64(h, bits(a * b));
        h = hash_u64(h, bits(a / b));
        h = hash_u64(h, bits(sqrt(a)));
        h = hash_u64(h, bits(fa + fb));
        h = hash_u64(h, bits(fa * fb - fa));
        h = hash_u64(h, bits(fa / fb));
        h = hash_u64(h, bits(sqrtf(fb)));
        h = hash_u64(h, bits((double)(float)a));
        h = hash_u64(h, (a < b) + 2 * (a <= b) + 4 * (a == b) + 8 * (a > b) + 16 * !(a >= b) +
                            32 * isunordered(fa, fb) + 64 * (fa != fb));
        h = hash_u64(h, bits(a < b ? a : b) + bits(fabs(a)) + bits(-b) + bits(copysign(a, b)));
        h = hash_u64(h, bits(fmin(a, b)) ^ bits(fmax(fa, fb)));
    }
    return h;
}

static void functions(double x)
{
    int exponent;
    double whole;
    printf("x=%a\n", x);
    printf(" sin %a cos %a tan %a\n", sin(x), cos(x), tan(x));
    printf(" exp %a exp2 %a expm1 %a\n", exp(x), exp2(x), expm1(x));
    printf(" log %a log2 %a log10 %a log1p %a\n", log(fabs(x)), log2(fabs(x)), log10(fabs(x)),
           log1p(fabs(x)));
    printf(" pow %a cbrt %a hypot %a\n", pow(fabs(x), 1.7), cbrt(x), hypot(x, 3));
    printf(" asin %a acos %a atan %a atan2 %a\n", asin(x / 100), acos(x / 100), atan(x),
           atan2(x, -2));
    printf(" sinh %a cosh %a tanh %a\n", sinh(x), cosh(x), tanh(x));
    printf(" erf %a tgamma %a lgamma %a j0 %a\n", erf(x), tgamma(x), lgamma(x), j0(x));
    printf(" floor %a ceil %a trunc %a round %a rint %a\n", floor(x), ceil(x), trunc(x), round(x),
           rint(x));
    printf(" fmod %a remainder %a fma %a\n", fmod(x, 0.7), remainder(x, 0.7), fma(x, x, -1));
    whole = frexp(x, &exponent);
    printf(" frexp %a %d ldexp %a\n", whole, exponent, ldexp(x, 5));
    printf(" float: %a %a %a %a %a\n", sinf((float)x), expf((float)x), logf(fabsf((float)x)),
           powf(fabsf((float)x), 0.3f), atanf((float)x));
    double complex z = csqrt(x + 2 * I) * cexp(I * x);
    printf(" complex %a %a\n", creal(z), cimag(z));
}

int main(void)
{
    printf("arithmetic %016lx\n", arithmetic(HASH_START));
    static const double values[] = {0.0,    -0.0, 1.0,  -1.0, 0.5,    3.14159265358979,
                                    10.25,  -7.3, 1e-5, 55.5, 1e-310, 12345.678,
                                    -99.99, 0.1,  88.5};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        functions(values[i]);

    static const double prints[] = {
        0,        1,         -1,      0.1,     1.0 / 3,       2.0 / 3,
        1e21,     1e22,      1e23,    DBL_MAX, DBL_MIN,       DBL_EPSILON,
        4.9e-324, 123456789, 1e-7,    0.00001, 5e-324 * 3e10, 9.995,
        INFINITY, -INFINITY, 65536.5, 2.5,     1e100};
    for (size_t i = 0; i < sizeof prints / sizeof *prints; i++) {
        double d = prints[i];
        printf("%f %e %g %a %.0f %.3f %.17g %.30g %+10.2f %-12.4e|\n", d, d, d, d, d, d, d, d, d,
               d);
    }
    for (int i = 0; i < 200; i++) {
        double d = from_bits(rng());
        char text[64];
        snprintf(text, sizeof text, "%.17g", d);
        double back = strtod(text, NULL);
        CHECK(isnan(d) || bits(back) == bits(d));
        if (!isnan(d))
            printf("%s %.6g\n", text, d);
    }
    printf("%.10f %.10f %a\n", strtod("1.7976931348623157e308", NULL), strtod("0x1.8p-3", NULL),
           strtod("2.2250738585072011e-308", NULL));
    return 0;
}
