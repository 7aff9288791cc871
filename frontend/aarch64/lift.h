/* lift.h: what the lifting functions of AArch64 instructions share.
 *
 * The rows of *.decode say which a64_trans_NAME lifts them; fields of the instruction arrive in an
 * A64Insn. A register is read by a64_x (31: zero) or a64_xsp (31: the stack pointer) and written by
 * their counterparts; v registers are v128 values, whose low lane a scalar is. All remember values
 * inside a block. Rules (ir/ir.h): everything that may fault comes before the first write of a
 * register, so a load is made first and an address is computed once.
 *
 * Example: add w3, w4, w5: a64_set_r(l, false, 3, ir_bin(&l->b, IR_add, a64_r(l, false, 4),
 * a64_r(l, false, 5))).
 */
#ifndef DRAGOMAN_FRONTEND_AARCH64_LIFT_H
#define DRAGOMAN_FRONTEND_AARCH64_LIFT_H

#include "frontend/aarch64/flags.h"
#include "frontend/aarch64/state.h"
#include "frontend/region.h"

/* Attributes of rows. */
enum {
    A64_A_COND = 1, /* a conditional branch to pc + off */
    A64_A_JUMP = 2, /* a jump to pc + off that is no call */
    A64_A_END = 4,  /* control does not simply go on */
    A64_A_MEM = 8,  /* accesses memory at rn */
    A64_A_ATOMIC = 16,
    A64_A_SYSREG = 32,
    A64_A_FP = 64,     /* floating point or SIMD */
    A64_A_FLAGS = 128, /* reads or writes NZCV.. */
    A64_A_SETS = 256,  /* ..and does not read, but writes all four of them */
    A64_A_BITMASK = 512,
    A64_A_LITERAL = 1024, /* reads memory at pc + off */
};

/* `writeback` of rows: where a base register gets the address from, if at all. */
enum { A64_OFFSET, A64_POST, A64_PRE };
/* `sign` of loads: what is above what was loaded: zeros, or its sign in 32 or 64 bits. */
enum { A64_SIGN_ZERO, A64_SIGN_32, A64_SIGN_64 };
/* What f of vector rows says (simd.h). */
enum A64SimdOp {
#define SIMD(name) SIMD_##name,
#include "frontend/aarch64/simd_ops.def"
#undef SIMD
};

#include "frontend/aarch64/a64_patterns.h"

/* Values of registers that hold at this point of a block; IR_NONE: in their slots only. */
typedef struct A64Known {
    IrRef x[32], v[32];
    A64Flags flags;
} A64Known;

struct A64Lift {
    IrBuilder b;
    RegionFormer *former;
    uint64_t pc;
    uint32_t mode;
    const LiftRequest *request;
    bool idc_in_fpctl; /* the host tells of flushed operands, as DE */
    bool watch_fp;     /* looking at FPSR leaves by TRAP_MODE */
    bool ended;        /* the instruction has ended the block */
    A64Known known;
};

static inline IrRef a64_const(A64Lift *l, uint64_t v)
{
    return ir_const(&l->b, IR_I64, v);
}
/* Registers as i64. */
IrRef a64_x(A64Lift *l, unsigned reg);
IrRef a64_xsp(A64Lift *l, unsigned reg);
void a64_set_x(A64Lift *l, unsigned reg, IrRef v);
void a64_set_xsp(A64Lift *l, unsigned reg, IrRef v);
/* As i64 (wide) or as their low halves, i32; what is written is zero-extended. */
IrRef a64_r(A64Lift *l, bool wide, unsigned reg);
IrRef a64_rsp(A64Lift *l, bool wide, unsigned reg);
void a64_set_r(A64Lift *l, bool wide, unsigned reg, IrRef v);
void a64_set_rsp(A64Lift *l, bool wide, unsigned reg, IrRef v);
/* v registers as v128; a scalar (i8 to i64, f32, f64) in lane 0, and zeros above when written. */
IrRef a64_v(A64Lift *l, unsigned reg);
void a64_set_v(A64Lift *l, unsigned reg, IrRef v);
IrRef a64_scalar(A64Lift *l, IrType type, unsigned reg);
void a64_set_scalar(A64Lift *l, unsigned reg, IrRef v);

/* The low bits of a general register, as a store of an integer type takes them. */
IrRef a64_stored(A64Lift *l, IrType type, unsigned reg);
/* Raises the alignment fault of an ordered access of this type unless it lies within 16 bytes. */
void a64_check_within(A64Lift *l, IrRef at, IrType type, bool write);

/* Stores v (exclusive.h: tagged, if stores are). */
void a64_write(A64Lift *l, IrRef at, IrRef v, unsigned order);
/* Before an atomic access to memory at `at`, likewise. */
void a64_touch(A64Lift *l, IrRef at, IrType type);

/* Ends of instructions. */
void a64_trap(A64Lift *l, unsigned trap, unsigned argument);
/* Traps in a cold block if cond (i8) holds; goes on in a new one. */
void a64_trap_if(A64Lift *l, IrRef cond, unsigned trap);
/* Goes on in `block`; nothing that was put since it became reachable may be relied on. */
void a64_enter(A64Lift *l, uint32_t block);
/* A block in the midst of the instruction. */
uint32_t a64_block(A64Lift *l);

/* What is decoded is an instruction: its immediate is a mask, its system register is there. */
bool a64_exists(const A64Insn *in);
/* The mask of a logical immediate, 0: it is none. */
uint64_t a64_bitmask(const A64Insn *in);
bool a64_sysreg_exists(const A64Insn *in);
/* rm extended from a byte (0) to 64 bits (3), signed (+ 4), i64. */
IrRef a64_extended(A64Lift *l, unsigned reg, unsigned extend);

/* FPCR and FPSR, i64 (lift_fpenv.c). Writing FPCR may end the region's mode, so it comes last in
 * the instruction; behind an instruction that reads or writes FPSR, when all else is done,
 * a64_watch_fp. */
IrRef a64_get_fpcr(A64Lift *l);
IrRef a64_get_fpsr(A64Lift *l);
void a64_write_fpcr(A64Lift *l, IrRef v);
void a64_write_fpsr(A64Lift *l, IrRef v);
void a64_watch_fp(A64Lift *l);

extern const SlotTable a64_slots;
extern const HelperTable a64_helpers;

/* lifter.c, disasm.c: GuestOps */
void a64_describe_fault(GuestFault *f); /* fault.c */
void a64_lift(const LiftRequest *rq, LiftResult *out);
void a64_dead_slots_at(void *arg, uint64_t pc, uint64_t dead[4]);
unsigned a64_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size);

#include "frontend/aarch64/fp.h" /* operations that rows name */

#endif
