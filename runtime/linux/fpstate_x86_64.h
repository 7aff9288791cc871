/* fpstate_x86_64.h: the FXSAVE image of guest state in memory, as signal frames hold it. */
#ifndef DRAGOMAN_RUNTIME_LINUX_FPSTATE_X86_64_H
#define DRAGOMAN_RUNTIME_LINUX_FPSTATE_X86_64_H

#include <stdint.h>

#include "ir/state.h"

enum { X86_FXSAVE_BYTES = 512 };

void x86_fxsave(const CpuState *s, uint8_t image[X86_FXSAVE_BYTES]);
void x86_fxrstor(CpuState *s, const uint8_t image[X86_FXSAVE_BYTES]);

#endif
