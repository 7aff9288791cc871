/* cpuid.h: what the guest processor says of itself. Everything else that tells the guest its
 * features (AT_HWCAP, /proc/cpuinfo) is to be derived from here. */
#ifndef DRAGOMAN_FRONTEND_X86_64_CPUID_H
#define DRAGOMAN_FRONTEND_X86_64_CPUID_H

#include <stdint.h>

#include "ir/state.h"

typedef struct X86Cpuid {
    uint32_t eax, ebx, ecx, edx;
} X86Cpuid;

X86Cpuid x86_cpuid(uint32_t leaf, uint32_t subleaf);
/* The CPUID instruction on state in memory: by eax and ecx. */
void x86_service_cpuid(CpuState *s);
/* "Dragoman ..." */
const char *x86_cpu_brand(void);
/* The names that Linux's /proc/cpuinfo has for the features reported, separated by blanks. */
const char *x86_cpu_flags(void);

#endif
