/* lift.h: what an emitter (x86_lift_NAME, one for each emitter named in the insns_*.def tables)
 * may use to turn the decoded instruction lc->insn into IR.
 *
 * Rules for emitters:
 *  - every op that may fault (loads, stores, traps, FP ops when FP exceptions are unmasked) comes
 *    before the first put of the instruction, except the progress puts of string iterations;
 *  - guest registers are read and written only through x86_gpr*, x86_xmm*, x86_slot* here: the
 *    context remembers their current values, and flags through flags.h;
 *  - an emitter that ends control flow (trap, exit, service) leaves lc->ended set (the functions
 *    here do); one that makes blocks ends with the builder in the block where control goes on and
 *    calls x86_enter for each block, and its row has A_BLOCKS.
 *
 * Example:  void x86_lift_add(LiftContext *lc)
 *           {
 *               IrRef a = x86_read(lc, 0), b = x86_read(lc, 1);
 *               IrRef r = ir_bin(&lc->b, IR_add, a, b);
 *               x86_write(lc, 0, r);
 *               x86_flags_set(lc, CC_ADD, a, b, r);
 *           }
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_LIFT_H
#define DRAGOMAN_FRONTEND_X86_64_LIFT_H

#include "frontend/guest.h"
#include "frontend/region.h"
#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/flags.h"
#include "frontend/x86_64/state.h"
#include "ir/ir.h"

struct LiftContext {
    IrBuilder b;
    const X86Insn *insn;
    RegionFormer *former;
    bool count_blocks, poll; /* as in the LiftRequest */
    bool fptrap;             /* X86_MODE_FPTRAP: FP ops may trap */
    bool watch_fp;           /* loading MXCSR leaves by TRAP_MODE */
    bool x87_unit;           /* x87 and MMX state is in the host's unit, not in memory */
    bool ended;              /* the current instruction has ended its block with a terminator */
    X86Known known; /* what is known of the state at this point: values of registers, flags */
};

/* Numbers of IR_EXIT_SERVICE beyond IR_SERVICE_SYSCALL; guest.c performs them. */
enum X86Service { X86_SERVICE_CPUID = 1 };

/* Arguments of the string compares (insns_sse4.def). */
enum { X86_STR_MASK = 1, X86_STR_IMPLICIT = 2 };

/* Helpers by number: helpers.def has the rows (both engineers' of them). */
enum X86Helper {
#define HELPER(name, ...) X86_HELPER_##name,
#include "frontend/x86_64/helpers.def"
#undef HELPER
    X86_HELPER_COUNT
};

IrType x86_int_type(unsigned bytes); /* 1 2 4 8 -> i8 i16 i32 i64 */
static inline IrRef x86_const(LiftContext *lc, IrType t, uint64_t v)
{
    return ir_const(&lc->b, t, v);
}

/* Registers. x86_gpr reads the low `bytes`; x86_gpr_set writes by the type of v: i64 all, i32 zero-
 * extends, i8 and i16 leave the rest of the register. */
IrRef x86_gpr(LiftContext *lc, unsigned reg, unsigned bytes);
void x86_gpr_set(LiftContext *lc, unsigned reg, IrRef v);
IrRef x86_xmm(LiftContext *lc, unsigned reg); /* v128 */
void x86_xmm_set(LiftContext *lc, unsigned reg, IrRef v);
/* Other slots (DF, FS_BASE, ...): no caching needed, plain ir_get and ir_put will do. */

/* Linear address (i64) of the memory operand, segment base and address size applied. */
IrRef x86_addr(LiftContext *lc);
/* Address without the segment base: LEA. */
IrRef x86_addr_offset(LiftContext *lc);
/* Linear address of an offset of this instruction's address size. */
IrRef x86_addr_of(LiftContext *lc, IrRef offset);
/* Guest memory under x86's order; memory ops of emitters go through these. */
IrRef x86_load(LiftContext *lc, IrType t, IrRef addr);
void x86_store(LiftContext *lc, IrRef addr, IrRef v);
IrRef x86_load_flags(LiftContext *lc, IrType t, IrRef addr, unsigned mem_flags);
void x86_store_flags(LiftContext *lc, IrRef addr, IrRef v, unsigned mem_flags);

/* Touches the last of `bytes` bytes, which is where processors find first that a long operand is
 * out of bounds, and before any of it is changed. */
void x86_probe(LiftContext *lc, IrRef addr, unsigned bytes, bool write);

/* Operand n (0..2) of the current instruction.
 * x86_read: general registers and immediates as an integer of the operand's size (immediates: of
 * operand 0's size), memory as that integer; an XMM operand of 16 bytes as v128, a smaller one as
 * i64 or i32 out of the low lane. x86_read_as gives any type of the right size (f32, f64, ...).
 * x86_write: a GPR, memory, or a whole XMM register (v128). Memory operands of 16 bytes are
 * checked for alignment if the row has A_ALIGN. */
IrRef x86_read(LiftContext *lc, unsigned n);
IrRef x86_read_as(LiftContext *lc, unsigned n, IrType t);
void x86_write(LiftContext *lc, unsigned n, IrRef v);
static inline bool x86_is_mem(const LiftContext *lc, unsigned n)
{
    return lc->insn->op[n].kind == X86_MEM;
}
/* Read-modify-write of operand 0 where it may be memory: the address is computed once. */
typedef struct X86Rmw {
    IrRef addr; /* none: a register */
    IrRef old;
} X86Rmw;
X86Rmw x86_rmw_begin(LiftContext *lc);
void x86_rmw_end(LiftContext *lc, const X86Rmw *m, IrRef v);

/* Stores v below rsp; returns the new rsp, which is not put yet. */
IrRef x86_push(LiftContext *lc, IrRef v);
/* The whole EFLAGS as PUSHF shows it (i64), and what POPF of that many bytes changes. */
IrRef x86_eflags_image(LiftContext *lc);
void x86_set_eflags_image(LiftContext *lc, IrRef f, unsigned bytes);

/* Traps and ends. */
void x86_trap(LiftContext *lc, unsigned trap, unsigned argument); /* ends the instruction */
/* Leaves by a cold block when cond (i8 0/1) holds; goes on in a new block. */
void x86_trap_if(LiftContext *lc, IrRef cond, unsigned trap, unsigned argument);
void x86_exit(LiftContext *lc, uint64_t pc, IrExitKind kind, uint64_t return_pc);
void x86_exit_indirect(LiftContext *lc, IrRef pc, IrExitKind kind, uint64_t return_pc);
void x86_exit_service(LiftContext *lc, unsigned service); /* goes on at the next instruction */

/* Blocks inside an instruction. Leave a block by these, which see to flags still owed. */
uint32_t x86_block(LiftContext *lc);
void x86_jump(LiftContext *lc, uint32_t block);
void x86_br(LiftContext *lc, IrRef cond, uint32_t yes, uint32_t no);
/* Goes on in `block`. merge: more than one way leads there, so what was remembered is forgotten;
 * otherwise the current knowledge must hold in it. */
void x86_enter(LiftContext *lc, uint32_t block, bool merge);

/* Emitters. */
#define ROW(map, opcode, prefix, modrm, mnemonic, o1, o2, o3, emitter, ...)                        \
    void x86_lift_##emitter(LiftContext *lc);
#include "frontend/x86_64/insns_bmi.def"
#include "frontend/x86_64/insns_int.def"
#include "frontend/x86_64/insns_sse.def"
#include "frontend/x86_64/insns_sse4.def"
#include "frontend/x86_64/insns_x87.def"
#undef ROW

extern const HelperTable x86_helpers;
extern const SlotTable x86_slots;

#endif
