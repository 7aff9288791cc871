/* helpers.h: the C functions behind helpers.def. */
#ifndef DRAGOMAN_FRONTEND_X86_64_HELPERS_H
#define DRAGOMAN_FRONTEND_X86_64_HELPERS_H

#include <stdint.h>

#include "ir/state.h"

uint64_t x86_helper_eflags(uint64_t kind, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
                           uint64_t e);
/* helpers.c */
uint64_t x86_helper_rdtsc(void);
uint64_t x86_helper_random(void);
uint64_t x86_helper_cpu_number(void);
uint64_t x86_helper_seg_get(CpuState *cpu, uint32_t seg);
void x86_helper_seg_set(CpuState *cpu, uint32_t seg, uint32_t selector);

/* x87.c; `what` is put together in x87_lift.c from x87.h's bits. */
void x86_helper_x87_exec(CpuState *cpu, uint32_t what);
void x86_helper_x87_arith(CpuState *cpu, uint32_t what);
void x86_helper_x87_xch(CpuState *cpu, uint32_t what);
void x86_helper_x87_ld(CpuState *cpu, uint32_t what);
void x86_helper_x87_st(CpuState *cpu, uint32_t what);
uint64_t x86_helper_x87_comi(CpuState *cpu, uint32_t what);
void x86_helper_x87_cmov(CpuState *cpu, uint32_t what, uint32_t condition);
void x86_helper_x87_load(CpuState *cpu, uint32_t what, uint64_t lo, uint32_t hi);
uint64_t x86_helper_x87_store(CpuState *cpu, uint32_t what);
void x86_helper_x87_stored(CpuState *cpu, uint32_t what);
void x86_helper_x87_ldcw(CpuState *cpu, uint32_t cw);
uint64_t x86_helper_x87_env(CpuState *cpu, uint32_t n);
uint64_t x86_helper_x87_pointer(CpuState *cpu, uint32_t n);
void x86_helper_x87_mask(CpuState *cpu);
void x86_helper_x87_ldenv(CpuState *cpu, uint64_t control, uint64_t ip, uint64_t dp);
void x86_helper_x87_fxrstor(CpuState *cpu, uint64_t control, uint64_t ip, uint64_t dp);
uint64_t x86_helper_x87_reg_m(CpuState *cpu, uint32_t i);
uint64_t x86_helper_x87_reg_se(CpuState *cpu, uint32_t i);
uint64_t x86_helper_x87_in_use(CpuState *cpu);
/* x87_unit.c: the host's unit. */
void x86_helper_x87_save(CpuState *cpu);
void x86_helper_x87_reload(CpuState *cpu);
void x86_helper_x87_reg_set(CpuState *cpu, uint32_t i, uint64_t m, uint32_t se);

#endif
