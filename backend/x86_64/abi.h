/* abi.h: the protocol between translations, the arena's stubs and C on x86-64 hosts; see
 * backend.h for what it has in common with other hosts.
 *
 * Registers while translations run
 *   rbp   CpuState + STATE_X86_BIAS          rsp   shadow return stack, grows down
 *   rest  by convention.def at region borders; r14 = pc of an exit, r15 = exit scratch
 *   MXCSR the guest's; upper halves of the vector registers are zero; DF clear
 *
 * Shadow return stack: pairs of {host return address, guest return pc}, the address at the lower
 * place. At shadow_top lies a sentinel pair, above it some spare bytes. CpuState.shadow_sp holds
 * the pointer while C runs, so the stack survives system calls and misses. When a push hits the
 * guard page the fault handler sets rsp to shadow_top and runs the instruction again: what was
 * above is forgotten, which costs predictions only.
 *
 *   direct exit     jmp rel32                 field aligned to 4, patched by one store
 *     its stub        lea r14, [rip]          exit_site = the address after the lea (stub_id)
 *                     jmp STUB_EXIT_DIRECT
 *   call exit       push return pc            imm32, or through r14 / r15
 *                   call rel32                as a direct exit
 *                   add rsp, 8                the callee's ret comes here; drops the pc
 *                   jmp rel32                 direct exit to the return pc
 *   return          cmp [rsp + 8], r14        r14 = wanted pc
 *                   jne cold                cold: lea r15, [rip]; jmp STUB_SHADOW_RESET
 *                   ret
 *   indirect jump   movzx r15d, r14w
 *                   cmp [rbp + jumps.pc + 8 * r15], r14
 *                   jne cold                cold: lea r15, [rip]; jmp STUB_LOOKUP
 *                   jmp [rbp + jumps.entry + 8 * r15]
 *   with a hint     r15 = hint: and r15d, 0x1ff8; cmp [rbp + hints.pc + r15], r14
 *                   jne cold                cold: missed_hint = place; lea; STUB_LOOKUP_HINT
 *                   jmp [rbp + hints.entry + r15]
 *   with an index   r15 = index: cmp [rbp + hints.pc + 8 * place + 8 * r15], r14, and so on
 *   indirect call   push; the same with call, then the landing of a call exit;
 *                   jne cold                cold: lea r15, [rip]; call STUB_LOOKUP; jmp landing
 *   poll            cmp dword [rbp + poll], 0; jne cold     cold: call STUB_SITE
 *   trap            call STUB_SITE
 *   helper          rsp to shadow_sp, host_sp to rsp, call [rbp + helper], rsp from shadow_sp
 *
 * The jump table has the fewest dependent instructions between a pc and the jump: where predictors
 * do not know the destination, that latency is what a jump costs beyond its native cost. Sites have
 * no slots of their own.
 *
 * STUB_LOOKUP: r14 = pc; asks the table of the mode (CpuState.lookup), which has another hash and
 * is shared by all threads, else STUB_LOOKUP_MISS reports pc. STUB_SHADOW_RESET empties the shadow
 * stack and jumps through the jump table. Both keep r15, which names the exit, in exit_site.
 *
 * STUB_SITE pops its return address into exit_site; area.gpr[4] is rsp after that. STUB_LEAVE_FAULT
 * expects area, exit_site, exit_reason and fpctl written already.
 *
 * Code of a translation must start at a multiple of 4 in both views; 16 is better.
 */
#ifndef DRAGOMAN_BACKEND_X86_64_ABI_H
#define DRAGOMAN_BACKEND_X86_64_ABI_H

#include "backend/backend.h"
#include "backend/x86_64/enc.h"

/* Arena stubs of this host beyond those of backend.h. */
enum {
    STUB_X86_EXACT = STUB_HOST_FIRST, /* exact.c: op in area.gpr[0], operands in area.vec */
};

enum {
    EXIT_PC = R14,
    EXIT_TEMP = R15,
    EXIT_FORM_JUMP = 0,
    EXIT_FORM_CALL = 1,
};

/* Host features (BackendConfig.host_features). */
enum {
    HOST_V3 = 1,     /* AVX2, FMA, BMI1, BMI2, LZCNT, POPCNT, MOVBE: what every rule presumes */
    HOST_AVX512 = 2, /* F, VL, BW, DQ: known, not used yet */
    HOST_AES = 4,
    HOST_CLMUL = 8,
    HOST_SHA = 16,
};

#endif
