/* host_cpu.c: what only the running host can do: make written code visible to instruction fetch and
 * tell its features. Elsewhere (cross tests of the generator) there is nothing to do. */
#include "backend/aarch64/abi.h"

#if defined(__aarch64__)
#include <sys/auxv.h>

/* Bits of the Linux arm64 ABI (Documentation/arch/arm64/elf_hwcaps.rst). */
enum {
    CAP_AES = 1 << 3,
    CAP_PMULL = 1 << 4,
    CAP_SHA1 = 1 << 5,
    CAP_SHA2 = 1 << 6,
    CAP_CRC32 = 1 << 7,
    CAP_ATOMICS = 1 << 8,
    CAP_CPUID = 1 << 11,
    CAP_LRCPC = 1 << 15,
    CAP_USCAT = 1 << 25,
    CAP_ILRCPC = 1 << 26,
    CAP2_AFP = 1 << 20,
};

uint32_t a64_detect_features(void)
{
    static const struct {
        unsigned long type, bit;
        uint32_t feature;
    } rows[] = {
        {AT_HWCAP, CAP_ATOMICS, FEAT_A64_LSE},   {AT_HWCAP, CAP_LRCPC, FEAT_A64_LRCPC},
        {AT_HWCAP, CAP_ILRCPC, FEAT_A64_LRCPC2}, {AT_HWCAP, CAP_USCAT, FEAT_A64_LSE2},
        {AT_HWCAP2, CAP2_AFP, FEAT_A64_AFP},     {AT_HWCAP, CAP_CRC32, FEAT_A64_CRC32},
        {AT_HWCAP, CAP_AES, FEAT_A64_AES},       {AT_HWCAP, CAP_PMULL, FEAT_A64_PMULL},
        {AT_HWCAP, CAP_SHA1, FEAT_A64_SHA1},     {AT_HWCAP, CAP_SHA2, FEAT_A64_SHA2},
    };
    uint32_t features = 0;
    /* ID_AA64MMFR1_EL1.AFP, which Linux emulates for user space: some kernels lack the hwcap. */
    if ((getauxval(AT_HWCAP) & CAP_CPUID) != 0) {
        uint64_t mmfr1;
        __asm__("mrs %0, S3_0_C0_C7_1" : "=r"(mmfr1));
        if ((mmfr1 >> 44 & 15) != 0)
            features |= FEAT_A64_AFP;
    }
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++)
        features |= (getauxval(rows[k].type) & rows[k].bit) != 0 ? rows[k].feature : 0;
    return features;
}

/* Arm ARM B2.4.4: clean to the point of unification through the view that was written, invalidate
 * the instruction cache at the addresses that will be fetched. CTR_EL0 gives the line sizes. */
void a64_sync_code(uint8_t *rw, uint64_t rx, uint32_t size)
{
    uint64_t ctr;
    __asm__ volatile("mrs %0, ctr_el0" : "=r"(ctr));
    uint64_t dline = 4u << (ctr >> 16 & 15), iline = 4u << (ctr & 15);
    uint64_t start = (uint64_t)(uintptr_t)rw;
    for (uint64_t a = start & ~(dline - 1); a < start + size; a += dline)
        __asm__ volatile("dc cvau, %0" ::"r"(a) : "memory");
    __asm__ volatile("dsb ish" ::: "memory");
    for (uint64_t a = rx & ~(iline - 1); a < rx + size; a += iline)
        __asm__ volatile("ic ivau, %0" ::"r"(a) : "memory");
    __asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

#else

uint32_t a64_detect_features(void)
{
    return 0;
}

void a64_sync_code(uint8_t *rw, uint64_t rx, uint32_t size)
{
    (void)rw;
    (void)rx;
    (void)size;
}

#endif
