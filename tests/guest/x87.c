/* x87.c: x87 instructions the compiler seldom chooses: the stack, control and status words,
 * precision control, comparisons, constants, BCD-free integer forms, environment save. */
#include <string.h>

#include "guest.h"

static uint64_t hash_ld(uint64_t h, long double v)
{
    return hash_bytes(h, &v, 10);
}

int main(void)
{
    uint64_t h = HASH_START;
    long double r, s;
#define CONSTANT(insn)                                                                             \
    do {                                                                                           \
        __asm__(insn : "=t"(r));                                                                   \
        printf(insn " %La\n", r);                                                                  \
    } while (0)
    CONSTANT("fld1");
    CONSTANT("fldz");
    CONSTANT("fldpi");
    CONSTANT("fldl2e");
    CONSTANT("fldl2t");
    CONSTANT("fldlg2");
    CONSTANT("fldln2");

    for (int i = 0; i < 500; i++) {
        volatile double da = (double)(int64_t)rng() / 3, db = (double)(int64_t)rng_edge() / 7 + 0.5;
        long double a = da, b = db;
        uint16_t status;
        __asm__("fxch; fsubrp" : "=t"(r) : "0"(a), "u"(b) : "st(1)");
        h = hash_ld(h, r);
        __asm__("fdivrp" : "=t"(r) : "0"(a), "u"(b) : "st(1)");
        h = hash_ld(h, r);
        __asm__("fprem" : "=t"(r) : "0"(a), "u"(b));
        h = hash_ld(h, r);
        __asm__("fprem1" : "=t"(r) : "0"(a), "u"(b));
        h = hash_ld(h, r);
        __asm__("fxtract" : "=t"(r), "=u"(s) : "0"(a));
        h = hash_ld(hash_ld(h, r), s);
        __asm__("fcom %%st(1); fnstsw %0" : "=a"(status) : "t"(a), "u"(b));
        h = hash_u64(h, status & 0x4500);
        __asm__("fucomi %%st(1), %%st; setc %b0" : "=a"(status) : "t"(a), "u"(b) : "cc");
        h = hash_u64(h, status & 0xff & 1);
        __asm__("fxam; fnstsw %0" : "=a"(status) : "t"(b));
        h = hash_u64(h, status & 0x4700);
        __asm__("ftst; fnstsw %0" : "=a"(status) : "t"(b));
        h = hash_u64(h, status & 0x4500);
        long double small = b / 1e30L;
        __asm__("frndint" : "=t"(r) : "0"(a));
        h = hash_ld(h, r);
        __asm__("fscale" : "=t"(r) : "0"(a), "u"((long double)(i % 40 - 20)));
        h = hash_ld(h, r);
        __asm__("fabs; fchs" : "=t"(r) : "0"(small));
        h = hash_ld(h, r);
        /* Memory operands: m32 and m64 reals and m16, m32 integers. */
        float f = (float)da;
        int16_t w = (int16_t)rng();
        int32_t d = (int32_t)rng();
        __asm__("fadds %1; fmull %2; fisubs %3; fidivl %4"
                : "=t"(r)
                : "m"(f), "m"(db), "m"(w), "m"(d), "0"(a));
        h = hash_ld(h, r);
        int16_t w_out;
        int32_t d_out;
        int64_t q_out;
        __asm__("fistps %0" : "=m"(w_out) : "t"((long double)w + 0.5L) : "st");
        __asm__("fistpl %0" : "=m"(d_out) : "t"((long double)d + 0.25L) : "st");
        __asm__("fistpll %0" : "=m"(q_out) : "t"(a) : "st");
        h = hash_u64(h, (uint16_t)w_out + (uint32_t)d_out + (uint64_t)q_out);
    }
    printf("operations %016lx\n", h);

    /* Rounding and precision control. */
    uint16_t saved, word;
    __asm__("fnstcw %0" : "=m"(saved));
    printf("control %04x\n", saved);
    for (int control = 0; control < 16; control++) {
        if ((control & 3) == 1)
            continue; /* reserved precision */
        word = (uint16_t)((saved & ~0xf00) | control << 8);
        __asm__("fldcw %0" : : "m"(word));
        volatile long double one = 1, three = 3, big = 123456789.75L;
        long double third, rounded;
        int64_t integer;
        __asm__("fdivrp" : "=t"(third) : "0"(three), "u"(one) : "st(1)");
        __asm__("frndint" : "=t"(rounded) : "0"(big));
        __asm__("fistpll %0" : "=m"(integer) : "t"(-big) : "st");
        __asm__("fldcw %0" : : "m"(saved));
        printf("rc=%d pc=%d: %La %La %ld\n", control >> 2, control & 3, third, rounded, integer);
    }

    /* Exceptions stay masked and stick. */
    uint16_t status;
    __asm__("fnclex; fld1; fldz; fdivrp; fstp %%st(0); fnstsw %0" : "=a"(status));
    printf("1/0: %02x\n", status & 0x3f);
    __asm__("fnclex; fldz; fldz; fdivrp; fstp %%st(0); fnstsw %0" : "=a"(status));
    printf("0/0: %02x\n", status & 0x3f);
    __asm__("fnclex; fld1; fldpi; fdivrp; fstp %%st(0); fnstsw %0" : "=a"(status));
    printf("1/pi: %02x\n", status & 0x3f);
    __asm__("fnclex; fnstsw %0" : "=a"(status));
    printf("top when empty: %d\n", (status >> 11) & 7);

    /* FXSAVE keeps the stack and FXRSTOR brings it back. */
    static unsigned char area[512] __attribute__((aligned(16)));
    __asm__("fld1; fldpi; fxsave %0; fstp %%st(0); fstp %%st(0)" : "=m"(area));
    printf("fxsave: cw %02x%02x tag %02x", area[1], area[0], area[4]);
    for (int i = 0; i < 10; i++)
        printf(" %02x", area[32 + i]);
    printf("\n");
    __asm__("fxrstor %1; faddp; fstpt %0" : "=m"(r) : "m"(area));
    printf("after fxrstor: %La\n", r);
    __asm__("fninit");
    return 0;
}
