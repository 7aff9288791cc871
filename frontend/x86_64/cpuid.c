/* cpuid.c: CPUID, reporting what the frontend implements and nothing more.
 *
 * Invariants: a feature bit is set only if every instruction of that feature is lifted. XSAVE knows
 * x87 and SSE state and the standard form. The cache leaves describe one core with caches of plain
 * sizes, from which C libraries tune memcpy. Family 6, model 26: the newest model without AVX that
 * they tune for.
 *
 * What is reported is x86-64-v2 whole and, of what came with it or later, all but AVX.
 *
 * Example: leaf 1 gives edx = FPU TSC CX8 CMOV CLFSH MMX FXSR SSE SSE2.
 */
#include "frontend/x86_64/cpuid.h"

#include <string.h>

#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/state.h"

#define MAX_EXTENDED 0x80000008u

enum {
    MAX_BASIC = 0xd,
    OSXSAVE = 1 << 27,      /* not a name of /proc/cpuinfo */
    SIGNATURE = 0x000106a5, /* family 6, model 26, stepping 5 */
    LINE = 64,
};

/* register, bit, name in /proc/cpuinfo */
#define FEATURES(F)                                                                                \
    F(edx1, 0, "fpu")                                                                              \
    F(edx1, 4, "tsc")                                                                              \
    F(edx1, 8, "cx8")                                                                              \
    F(edx1, 15, "cmov")                                                                            \
    F(edx1, 19, "clflush")                                                                         \
    F(edx1, 23, "mmx")                                                                             \
    F(edx1, 24, "fxsr")                                                                            \
    F(edx1, 25, "sse")                                                                             \
    F(edx1, 26, "sse2")                                                                            \
    F(edx81, 11, "syscall")                                                                        \
    F(edx81, 20, "nx")                                                                             \
    F(edx81, 29, "lm")                                                                             \
    F(edx81, 27, "rdtscp")                                                                         \
    F(ecx1, 0, "pni")                                                                              \
    F(ecx1, 1, "pclmulqdq")                                                                        \
    F(ecx1, 9, "ssse3")                                                                            \
    F(ecx1, 13, "cx16")                                                                            \
    F(ecx1, 19, "sse4_1")                                                                          \
    F(ecx1, 20, "sse4_2")                                                                          \
    F(ecx1, 22, "movbe")                                                                           \
    F(ecx1, 23, "popcnt")                                                                          \
    F(ecx1, 25, "aes")                                                                             \
    F(ecx1, 26, "xsave")                                                                           \
    F(ecx1, 30, "rdrand")                                                                          \
    F(ecx81, 0, "lahf_lm")                                                                         \
    F(ecx81, 5, "abm")                                                                             \
    F(ecx81, 8, "3dnowprefetch")                                                                   \
    F(ebx7, 0, "fsgsbase")                                                                         \
    F(ebx7, 3, "bmi1")                                                                             \
    F(ebx7, 8, "bmi2")                                                                             \
    F(ebx7, 18, "rdseed")                                                                          \
    F(ebx7, 19, "adx")                                                                             \
    F(ebx7, 23, "clflushopt")                                                                      \
    F(ebx7, 24, "clwb")                                                                            \
    F(ebx7, 29, "sha_ni")                                                                          \
    F(ecx7, 22, "rdpid")

enum { IN_edx1, IN_ecx1, IN_edx81, IN_ecx81, IN_ebx7, IN_ecx7 };

static uint32_t feature_bits(int word)
{
    uint32_t bits = 0;
#define F(in, bit, name) bits |= IN_##in == word ? (uint32_t)1 << bit : 0;
    FEATURES(F)
#undef F
    return bits;
}

const char *x86_cpu_flags(void)
{
#define F(in, bit, name) " " name
    return &(FEATURES(F))[1];
#undef F
}

static const char brand[48] = "Dragoman virtual x86-64 processor";

const char *x86_cpu_brand(void)
{
    return brand;
}

static X86Cpuid leaf_vendor(uint32_t subleaf)
{
    (void)subleaf;
    return (X86Cpuid){MAX_BASIC, 0x756e6547, 0x6c65746e, 0x49656e69}; /* Genu ntel ineI */
}

static X86Cpuid leaf_features(uint32_t subleaf)
{
    (void)subleaf;
    return (X86Cpuid){SIGNATURE, 1 << 16 | LINE / 8 << 8, feature_bits(IN_ecx1) | OSXSAVE,
                      feature_bits(IN_edx1)};
}

/* Descriptor 0xff: caches are described by leaf 4. */
static X86Cpuid leaf_descriptors(uint32_t subleaf)
{
    (void)subleaf;
    return (X86Cpuid){0x0000ff01, 0, 0, 0};
}

static X86Cpuid leaf_caches(uint32_t subleaf)
{
    enum { DATA = 1, CODE = 2, UNIFIED = 3, SELF_INIT = 1 << 8 };
    static const struct {
        uint8_t type, level, ways;
        uint32_t sets;
    } caches[] = {
        {DATA, 1, 8, 64},       /* 32 KiB */
        {CODE, 1, 8, 64},       /* 32 KiB */
        {UNIFIED, 2, 16, 1024}, /* 1 MiB */
        {UNIFIED, 3, 16, 8192}, /* 8 MiB */
    };
    if (subleaf >= sizeof caches / sizeof *caches)
        return (X86Cpuid){0, 0, 0, 0};
    uint32_t kind = caches[subleaf].type | (uint32_t)caches[subleaf].level << 5 | SELF_INIT;
    return (X86Cpuid){kind, (LINE - 1) | (caches[subleaf].ways - 1u) << 22,
                      caches[subleaf].sets - 1, 0};
}

static X86Cpuid leaf_more_features(uint32_t subleaf)
{
    if (subleaf != 0)
        return (X86Cpuid){0, 0, 0, 0};
    return (X86Cpuid){0, feature_bits(IN_ebx7), feature_bits(IN_ecx7), 0};
}

/* One thread of one core. */
static X86Cpuid leaf_topology(uint32_t subleaf)
{
    if (subleaf > 1)
        return (X86Cpuid){0, 0, subleaf & 0xff, 0};
    return (X86Cpuid){0, 1, subleaf | (subleaf + 1) << 8, 0};
}

/* XCR0 and how long an image is, which is the same whatever XCR0 is. */
static X86Cpuid leaf_xsave(uint32_t subleaf)
{
    enum { X87_AND_SSE = 3, BYTES = 576 };
    if (subleaf != 0)
        return (X86Cpuid){0, 0, 0, 0};
    return (X86Cpuid){X87_AND_SSE, BYTES, BYTES, 0};
}

static X86Cpuid leaf_zero(uint32_t subleaf)
{
    (void)subleaf;
    return (X86Cpuid){0, 0, 0, 0};
}

typedef X86Cpuid Leaf(uint32_t subleaf);

static Leaf *const basic[MAX_BASIC + 1] = {
    leaf_vendor, leaf_features, leaf_descriptors,   leaf_zero,  leaf_caches,
    leaf_zero,   leaf_zero,     leaf_more_features, leaf_zero,  leaf_zero,
    leaf_zero,   leaf_topology, leaf_zero,          leaf_xsave,
};

static X86Cpuid extended(uint32_t leaf)
{
    X86Cpuid r = {0, 0, 0, 0};
    switch (leaf) {
    case 0x80000000:
        r.eax = MAX_EXTENDED;
        break;
    case 0x80000001:
        r.ecx = feature_bits(IN_ecx81);
        r.edx = feature_bits(IN_edx81);
        break;
    case 0x80000002:
    case 0x80000003:
    case 0x80000004:
        memcpy(&r, brand + 16 * (leaf - 0x80000002), sizeof r);
        break;
    case 0x80000006: /* second-level cache: 1 MiB, 16 ways */
        r.ecx = 1024 << 16 | 8 << 12 | LINE;
        break;
    case 0x80000008: /* 48 physical and 48 linear address bits */
        r.eax = 48 << 8 | 48;
        break;
    default:
        break;
    }
    return r;
}

X86Cpuid x86_cpuid(uint32_t leaf, uint32_t subleaf)
{
    if (leaf >= 0x80000000 && leaf <= MAX_EXTENDED)
        return extended(leaf);
    /* Beyond the last leaf Intel processors answer with the last basic one. */
    return basic[leaf <= MAX_BASIC ? leaf : MAX_BASIC](subleaf);
}

void x86_service_cpuid(CpuState *cpu)
{
    X86State *s = x86_state(cpu);
    X86Cpuid r = x86_cpuid((uint32_t)s->gpr[RAX], (uint32_t)s->gpr[RCX]);
    s->gpr[RAX] = r.eax;
    s->gpr[RBX] = r.ebx;
    s->gpr[RCX] = r.ecx;
    s->gpr[RDX] = r.edx;
}
