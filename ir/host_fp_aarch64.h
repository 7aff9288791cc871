/* host_fp_aarch64.h: A64 instructions as functions; see host_fp.h.
 *
 * FPCR and FPSR stand for MXCSR: RMode for RC (other order), FZ for FTZ or DAZ, and the cumulative
 * flags IOC DZC OFC UFC IXC, with IDC for the denormal flag (set here in software: the hardware
 * sets IDC only when it flushes an input). FPCR.AH and NEP stay 0 here. Arm ARM, FPCR and FPSR.
 */
#ifndef DRAGOMAN_IR_HOST_FP_AARCH64_H
#define DRAGOMAN_IR_HOST_FP_AARCH64_H

#define HOST_FP_IS_X86 0

#define HOST_BIN(name, T, insn, w)                                                                 \
    static inline T host_##name(T a, T b)                                                          \
    {                                                                                              \
        T r;                                                                                       \
        __asm__ volatile(insn " %" w "0, %" w "1, %" w "2" : "=w"(r) : "w"(a), "w"(b));            \
        return r;                                                                                  \
    }
HOST_BIN(fadd32, float, "fadd", "s")
HOST_BIN(fsub32, float, "fsub", "s")
HOST_BIN(fmul32, float, "fmul", "s")
HOST_BIN(fdiv32, float, "fdiv", "s")
HOST_BIN(fadd64, double, "fadd", "d")
HOST_BIN(fsub64, double, "fsub", "d")
HOST_BIN(fmul64, double, "fmul", "d")
HOST_BIN(fdiv64, double, "fdiv", "d")
#undef HOST_BIN

#define HOST_UN(name, R, T, insn, out, in)                                                         \
    static inline R host_##name(T a)                                                               \
    {                                                                                              \
        R r;                                                                                       \
        __asm__ volatile(insn : out(r) : in(a));                                                   \
        return r;                                                                                  \
    }
HOST_UN(fsqrt32, float, float, "fsqrt %s0, %s1", "=w", "w")
HOST_UN(fsqrt64, double, double, "fsqrt %d0, %d1", "=w", "w")
HOST_UN(fext, double, float, "fcvt %d0, %s1", "=w", "w")
HOST_UN(ftrunc, float, double, "fcvt %s0, %d1", "=w", "w")
HOST_UN(i32tof32, float, int32_t, "scvtf %s0, %w1", "=w", "r")
HOST_UN(i64tof32, float, int64_t, "scvtf %s0, %x1", "=w", "r")
HOST_UN(i32tof64, double, int32_t, "scvtf %d0, %w1", "=w", "r")
HOST_UN(i64tof64, double, int64_t, "scvtf %d0, %x1", "=w", "r")
HOST_UN(frint64, double, double, "frinti %d0, %d1", "=w", "w")
HOST_UN(frintz64, double, double, "frintz %d0, %d1", "=w", "w")
HOST_UN(f64toi64_exact, int64_t, double, "fcvtzs %x0, %d1", "=r", "w")
#undef HOST_UN

/* NZCV after a compare: less 1000, equal 0110, greater 0010, unordered 0011. */
#define HOST_CMP(name, T, insn)                                                                    \
    static inline FpRelation host_##name(T a, T b)                                                 \
    {                                                                                              \
        uint64_t f;                                                                                \
        __asm__ volatile(insn "\n\tmrs %0, nzcv" : "=r"(f) : "w"(a), "w"(b) : "cc");               \
        return (FpRelation){(f >> 31 & 1) != 0, (f >> 30 & 1) != 0, (f >> 28 & 1) != 0};           \
    }
HOST_CMP(fcmp32, float, "fcmp %s1, %s2")
HOST_CMP(fcmp64, double, "fcmp %d1, %d2")
HOST_CMP(fcmp32_signal, float, "fcmpe %s1, %s2")
HOST_CMP(fcmp64_signal, double, "fcmpe %d1, %d2")
#undef HOST_CMP

static inline float host_fminsel32(float a, float b)
{
    return host_fcmp32_signal(a, b).less ? a : b;
}
static inline float host_fmaxsel32(float a, float b)
{
    return host_fcmp32_signal(b, a).less ? a : b;
}
static inline double host_fminsel64(double a, double b)
{
    return host_fcmp64_signal(a, b).less ? a : b;
}
static inline double host_fmaxsel64(double a, double b)
{
    return host_fcmp64_signal(b, a).less ? a : b;
}

static inline uint64_t host_read_fpcr(void)
{
    uint64_t v;
    __asm__ volatile("mrs %0, fpcr" : "=r"(v) : : "memory");
    return v;
}
static inline uint64_t host_read_fpsr(void)
{
    uint64_t v;
    __asm__ volatile("mrs %0, fpsr" : "=r"(v) : : "memory");
    return v;
}

static inline void host_write_fpsr(uint64_t v)
{
    __asm__ volatile("msr fpsr, %0" : : "r"(v) : "memory");
}

/* MXCSR flag bits IE DE ZE OE UE PE are FPSR bits 0 7 1 2 3 4. */
static inline uint64_t host_flags_to_fpsr(unsigned f)
{
    return (f & 1) | (f >> 1 & 0x1e) | (uint64_t)(f >> 1 & 1) << 7;
}

/* MXCSR layout; masks read as all set, since traps are never enabled in FPCR. */
static inline uint32_t host_fpctl_read(void)
{
    uint64_t cr = host_read_fpcr(), sr = host_read_fpsr();
    uint32_t flags = (uint32_t)((sr & 1) | (sr & 0x1e) << 1 | (sr >> 7 & 1) << 1);
    uint32_t rm = (uint32_t)(cr >> 22 & 3); /* 0 nearest, 1 up, 2 down, 3 zero */
    uint32_t rc = (rm & 1) << 1 | rm >> 1;  /* 0 nearest, 1 down, 2 up, 3 zero */
    return flags | (cr >> 24 & 1 ? 0x8040u : 0) | rc << 13 | FP_FLAGS << FP_MASK_SHIFT;
}

static inline void host_fpctl_write(uint32_t v)
{
    uint64_t rc = v >> 13 & 3, rm = (rc & 1) << 1 | rc >> 1;
    uint64_t cr = rm << 22 | (uint64_t)((v & 0x8040u) != 0) << 24;
    __asm__ volatile("msr fpcr, %0" : : "r"(cr) : "memory");
    host_write_fpsr(host_flags_to_fpsr(v & FP_FLAGS));
}

static inline void host_fp_raise(unsigned flags)
{
    host_write_fpsr(host_read_fpsr() | host_flags_to_fpsr(flags));
}

/* Out of range or NaN: the most negative integer and invalid only; else inexact when it is. */
static inline int64_t host_f64toint(double a, bool to_zero, double limit)
{
    double r = to_zero ? host_frintz64(a) : host_frint64(a);
    if (!(r >= -limit && r < limit)) {
        host_fp_raise(FP_INVALID);
        return limit > 4294967296.0 ? INT64_MIN : INT32_MIN;
    }
    if (r != a)
        host_fp_raise(FP_INEXACT);
    return host_f64toi64_exact(r);
}
/* Any f32 is an f64, so one conversion serves both. */
#define HOST_TOINT(name, R, T, zero, limit)                                                        \
    static inline R host_##name(T a)                                                               \
    {                                                                                              \
        return (R)host_f64toint(a, zero, limit);                                                   \
    }
HOST_TOINT(f32toi32, int32_t, float, false, 2147483648.0)
HOST_TOINT(f32toi64, int64_t, float, false, 9223372036854775808.0)
HOST_TOINT(f64toi32, int32_t, double, false, 2147483648.0)
HOST_TOINT(f64toi64, int64_t, double, false, 9223372036854775808.0)
HOST_TOINT(f32toi32z, int32_t, float, true, 2147483648.0)
HOST_TOINT(f32toi64z, int64_t, float, true, 9223372036854775808.0)
HOST_TOINT(f64toi32z, int32_t, double, true, 2147483648.0)
HOST_TOINT(f64toi64z, int64_t, double, true, 9223372036854775808.0)
#undef HOST_TOINT

/* The estimates, as on x86: denormals count as zero, no flags, NaN made quiet. */
static inline float host_estimate(float a, bool root)
{
    uint64_t saved = host_read_fpsr();
    union {
        float f;
        uint32_t u;
    } v = {.f = a};
    uint32_t sign = v.u & 0x80000000u, mag = v.u & 0x7fffffffu;
    if (mag > 0x7f800000u)
        v.u |= 0x00400000u;
    else if (mag < 0x00800000u)
        v.u = sign | 0x7f800000u;
    else if (root && sign != 0)
        v.u = 0xffc00000u;
    else if (mag == 0x7f800000u)
        v.u = sign;
    else {
        v.f = root ? (float)(1.0 / __builtin_sqrt((double)a)) : (float)(1.0 / (double)a);
        if ((v.u & 0x7fffffffu) < 0x00800000u)
            v.u = sign;
        else
            v.u = (v.u + 0x400) & 0xfffff800u; /* twelve bits: an estimate should look like one */
    }
    host_write_fpsr(saved);
    return v.f;
}
static inline float host_frcpest(float a)
{
    return host_estimate(a, false);
}
static inline float host_frsqrtest(float a)
{
    return host_estimate(a, true);
}

#endif
