/* host_fp_x86_64.h: SSE2 instructions as functions; see host_fp.h. */
#ifndef DRAGOMAN_IR_HOST_FP_X86_64_H
#define DRAGOMAN_IR_HOST_FP_X86_64_H

#define HOST_FP_IS_X86 1

#define HOST_BIN(name, T, insn)                                                                    \
    static inline T host_##name(T a, T b)                                                          \
    {                                                                                              \
        __asm__ volatile(insn " %1, %0" : "+x"(a) : "x"(b));                                       \
        return a;                                                                                  \
    }
HOST_BIN(fadd32, float, "addss")
HOST_BIN(fsub32, float, "subss")
HOST_BIN(fmul32, float, "mulss")
HOST_BIN(fdiv32, float, "divss")
HOST_BIN(fminsel32, float, "minss")
HOST_BIN(fmaxsel32, float, "maxss")
HOST_BIN(fadd64, double, "addsd")
HOST_BIN(fsub64, double, "subsd")
HOST_BIN(fmul64, double, "mulsd")
HOST_BIN(fdiv64, double, "divsd")
HOST_BIN(fminsel64, double, "minsd")
HOST_BIN(fmaxsel64, double, "maxsd")
#undef HOST_BIN

#define HOST_UN(name, R, T, insn, out, in)                                                         \
    static inline R host_##name(T a)                                                               \
    {                                                                                              \
        R r;                                                                                       \
        __asm__ volatile(insn " %1, %0" : out(r) : in(a));                                         \
        return r;                                                                                  \
    }
HOST_UN(fsqrt32, float, float, "sqrtss", "=x", "x")
HOST_UN(fsqrt64, double, double, "sqrtsd", "=x", "x")
HOST_UN(fext, double, float, "cvtss2sd", "=x", "x")
HOST_UN(ftrunc, float, double, "cvtsd2ss", "=x", "x")
HOST_UN(i32tof32, float, int32_t, "cvtsi2ssl", "=x", "r")
HOST_UN(i64tof32, float, int64_t, "cvtsi2ssq", "=x", "r")
HOST_UN(i32tof64, double, int32_t, "cvtsi2sdl", "=x", "r")
HOST_UN(i64tof64, double, int64_t, "cvtsi2sdq", "=x", "r")
HOST_UN(f32toi32, int32_t, float, "cvtss2si", "=r", "x")
HOST_UN(f32toi64, int64_t, float, "cvtss2si", "=r", "x")
HOST_UN(f64toi32, int32_t, double, "cvtsd2si", "=r", "x")
HOST_UN(f64toi64, int64_t, double, "cvtsd2si", "=r", "x")
HOST_UN(f32toi32z, int32_t, float, "cvttss2si", "=r", "x")
HOST_UN(f32toi64z, int64_t, float, "cvttss2si", "=r", "x")
HOST_UN(f64toi32z, int32_t, double, "cvttsd2si", "=r", "x")
HOST_UN(f64toi64z, int64_t, double, "cvttsd2si", "=r", "x")
HOST_UN(frcpest, float, float, "rcpss", "=x", "x")
HOST_UN(frsqrtest, float, float, "rsqrtss", "=x", "x")
#undef HOST_UN

#define HOST_CMP(name, T, insn)                                                                    \
    static inline FpRelation host_##name(T a, T b)                                                 \
    {                                                                                              \
        bool cf, zf, pf;                                                                           \
        __asm__ volatile(insn " %4, %3" : "=@ccc"(cf), "=@ccz"(zf), "=@ccp"(pf) : "x"(a), "x"(b)); \
        return (FpRelation){cf && !pf, zf && !pf, pf};                                             \
    }
HOST_CMP(fcmp32, float, "ucomiss")
HOST_CMP(fcmp64, double, "ucomisd")
HOST_CMP(fcmp32_signal, float, "comiss")
HOST_CMP(fcmp64_signal, double, "comisd")
#undef HOST_CMP

static inline uint32_t host_fpctl_read(void)
{
    uint32_t v;
    __asm__ volatile("stmxcsr %0" : "=m"(v) : : "memory");
    return v;
}

/* v in MXCSR layout. */
static inline void host_fpctl_write(uint32_t v)
{
    __asm__ volatile("ldmxcsr %0" : : "m"(v) : "memory");
}

/* Sets sticky flags (all exceptions being masked). */
static inline void host_fp_raise(unsigned flags)
{
    host_fpctl_write(host_fpctl_read() | flags);
}

#endif
