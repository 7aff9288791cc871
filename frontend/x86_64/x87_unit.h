/* x87_unit.h: x87 and MMX instructions on the host's own unit (LiftRequest.x87_unit). */
#ifndef DRAGOMAN_FRONTEND_X86_64_X87_UNIT_H
#define DRAGOMAN_FRONTEND_X86_64_X87_UNIT_H

#include "frontend/x86_64/lift.h"

/* Memory := unit, unit := memory (x87_unit.c). */
void x87_unit_save(CpuState *cpu);
void x87_unit_load(CpuState *cpu);

/* For emitters that use the state in memory where it may be in the unit: before the first use, and
 * after a change when nothing can fault any more. */
void x87_to_memory(LiftContext *lc);
void x87_from_memory(LiftContext *lc);
/* MMX register, i64. Each may fault (#MF) and makes the stack MMX registers. */
IrRef x87_mm(LiftContext *lc, unsigned reg);
void x87_mm_set(LiftContext *lc, unsigned reg, IrRef v);

/* Lifts lc->insn for the unit; false if it is not the unit's (x87_native.c). */
bool x87_lift_native(LiftContext *lc);

#endif
