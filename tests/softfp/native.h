/* native.h: this processor's SSE instructions as functions, for comparison with ir/softfp.c.
 *
 * They are volatile assembly so that no compiler folds, moves, commutes or drops one: each runs
 * once, under the environment that is loaded, and leaves its flags there.
 */
#ifndef TESTS_SOFTFP_NATIVE_H
#define TESTS_SOFTFP_NATIVE_H

#include "ir/softfp.h"

#define NATIVE_BIN(name, T, insn)                                                                  \
    static inline T native_##name(T a, T b)                                                        \
    {                                                                                              \
        __asm__ volatile(insn " %1, %0" : "+x"(a) : "x"(b));                                       \
        return a;                                                                                  \
    }
NATIVE_BIN(fadd32, float, "addss")
NATIVE_BIN(fsub32, float, "subss")
NATIVE_BIN(fmul32, float, "mulss")
NATIVE_BIN(fdiv32, float, "divss")
NATIVE_BIN(fminsel32, float, "minss")
NATIVE_BIN(fmaxsel32, float, "maxss")
NATIVE_BIN(fadd64, double, "addsd")
NATIVE_BIN(fsub64, double, "subsd")
NATIVE_BIN(fmul64, double, "mulsd")
NATIVE_BIN(fdiv64, double, "divsd")
NATIVE_BIN(fminsel64, double, "minsd")
NATIVE_BIN(fmaxsel64, double, "maxsd")
#undef NATIVE_BIN

#define NATIVE_UN(name, R, T, insn, out, in)                                                       \
    static inline R native_##name(T a)                                                             \
    {                                                                                              \
        R r;                                                                                       \
        __asm__ volatile(insn " %1, %0" : out(r) : in(a));                                         \
        return r;                                                                                  \
    }
NATIVE_UN(fsqrt32, float, float, "sqrtss", "=x", "x")
NATIVE_UN(fsqrt64, double, double, "sqrtsd", "=x", "x")
NATIVE_UN(fext, double, float, "cvtss2sd", "=x", "x")
NATIVE_UN(ftrunc, float, double, "cvtsd2ss", "=x", "x")
NATIVE_UN(i32tof32, float, int32_t, "cvtsi2ssl", "=x", "r")
NATIVE_UN(i64tof32, float, int64_t, "cvtsi2ssq", "=x", "r")
NATIVE_UN(i32tof64, double, int32_t, "cvtsi2sdl", "=x", "r")
NATIVE_UN(i64tof64, double, int64_t, "cvtsi2sdq", "=x", "r")
NATIVE_UN(f32toi32, int32_t, float, "cvtss2si", "=r", "x")
NATIVE_UN(f32toi64, int64_t, float, "cvtss2si", "=r", "x")
NATIVE_UN(f64toi32, int32_t, double, "cvtsd2si", "=r", "x")
NATIVE_UN(f64toi64, int64_t, double, "cvtsd2si", "=r", "x")
NATIVE_UN(f32toi32z, int32_t, float, "cvttss2si", "=r", "x")
NATIVE_UN(f32toi64z, int64_t, float, "cvttss2si", "=r", "x")
NATIVE_UN(f64toi32z, int32_t, double, "cvttsd2si", "=r", "x")
NATIVE_UN(f64toi64z, int64_t, double, "cvttsd2si", "=r", "x")
#define NATIVE_ROUND(name, imm)                                                                    \
    NATIVE_UN(name##32, float, float, "roundss $" #imm ",", "=x", "x")                             \
    NATIVE_UN(name##64, double, double, "roundsd $" #imm ",", "=x", "x")
NATIVE_ROUND(round_nearest, 0)
NATIVE_ROUND(round_down, 1)
NATIVE_ROUND(round_up, 2)
NATIVE_ROUND(round_zero, 3)
NATIVE_ROUND(round_current, 4)
NATIVE_ROUND(round_quiet, 12)
#undef NATIVE_ROUND
#undef NATIVE_UN

#define NATIVE_CMP(name, T, insn)                                                                  \
    static inline FpRelation native_##name(T a, T b)                                               \
    {                                                                                              \
        bool cf, zf, pf;                                                                           \
        __asm__ volatile(insn " %4, %3" : "=@ccc"(cf), "=@ccz"(zf), "=@ccp"(pf) : "x"(a), "x"(b)); \
        return (FpRelation){cf && !pf, zf && !pf, pf};                                             \
    }
NATIVE_CMP(fcmp32, float, "ucomiss")
NATIVE_CMP(fcmp64, double, "ucomisd")
NATIVE_CMP(fcmp32_signal, float, "comiss")
NATIVE_CMP(fcmp64_signal, double, "comisd")
#undef NATIVE_CMP

static inline uint32_t native_fpctl_read(void)
{
    uint32_t v;
    __asm__ volatile("stmxcsr %0" : "=m"(v) : : "memory");
    return v;
}

/* v in MXCSR layout. */
static inline void native_fpctl_write(uint32_t v)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(v) : "memory");
}

#endif
