/* helpers.h: the C functions behind helpers.def, and their numbers. */
#ifndef DRAGOMAN_FRONTEND_AARCH64_HELPERS_H
#define DRAGOMAN_FRONTEND_AARCH64_HELPERS_H

#include <stdint.h>

#include "frontend/exclusive.h"

enum A64Helper {
#define HELPER(name, ...)        A64_HELPER_##name,
#define SHARED_HELPER(name, ...) A64_HELPER_##name,
#include "frontend/aarch64/helpers.def"
#undef HELPER
#undef SHARED_HELPER
    A64_HELPERS
};

uint64_t a64_helper_time(void);
uint64_t a64_helper_misaligned(CpuState *s, uint64_t at, uint32_t write);
void a64_helper_fp(CpuState *cpu, uint32_t code, uint32_t fraction, uint32_t fpctl);
uint64_t a64_helper_jcvt(CpuState *cpu, uint64_t v, uint32_t fpctl);
uint32_t a64_helper_flags(uint32_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t fa,
                          uint64_t fb);

#endif
