/* lift.h: what the lifting functions of RISC-V instructions share.
 *
 * rv.decode says for each row which rv_trans_NAME lifts it; fields of the instruction arrive in an
 * RvInsn. A register is read by rv_x and written by rv_set_x, which remember its value inside a
 * block; x0 reads as 0 and swallows what is written. Rules (ir/ir.h): everything that may fault
 * comes before the first write of a register, so a load is made first and an address is computed
 * once.
 */
#ifndef DRAGOMAN_FRONTEND_RISCV64_LIFT_H
#define DRAGOMAN_FRONTEND_RISCV64_LIFT_H

#include "frontend/region.h"
#include "frontend/riscv64/state.h"

/* Attributes of rows (rv.decode). */
enum {
    RV_A_COND = 1, /* a conditional branch to pc + off */
    RV_A_JUMP = 2, /* a jump to pc + off; with rd a call */
    RV_A_END = 4,  /* control does not simply go on */
    RV_A_MEM = 8,  /* accesses memory at rs1 */
    RV_A_ATOMIC = 16,
    RV_A_CSR = 32,
    RV_A_ROUNDED = 64, /* has an rm field */
};

typedef enum RvClmulOp { RV_CLMUL_LOW, RV_CLMUL_HIGH, RV_CLMUL_REVERSED } RvClmulOp;
typedef enum RvSignOp { RV_SIGN_COPY, RV_SIGN_NOT, RV_SIGN_XOR } RvSignOp;
typedef enum RvIntType { RV_TO_W, RV_TO_WU, RV_TO_L, RV_TO_LU } RvIntType;
/* Operations on halves by rv_helper_half; the first four in the order of the IR's. */
typedef enum RvHalfOp {
    RV_HALF_ADD,
    RV_HALF_SUB,
    RV_HALF_MUL,
    RV_HALF_DIV,
    RV_HALF_SQRT,
    RV_HALF_FMA,
    RV_HALF_MIN,
    RV_HALF_MAX,
    RV_HALF_FROM_SINGLE,
    RV_HALF_FROM_DOUBLE,
    RV_HALF_FROM_INT, /* + RvIntType */
} RvHalfOp;
typedef enum RvSm4Op { RV_SM4_ENCRYPT, RV_SM4_KEY } RvSm4Op;
typedef enum RvBitOp { RV_BIT_CLEAR, RV_BIT_EXTRACT, RV_BIT_INVERT, RV_BIT_SET } RvBitOp;

#include "frontend/riscv64/rv_patterns.h"

/* Values of registers that hold at this point of a block; IR_NONE: in their slots only. */
typedef struct RvKnown {
    IrRef x[32], f[32];
    IrRef single[32];        /* the f32 that is boxed in an f register */
    IrRef flags, flags_from; /* what fflags was read as last, and the fpctl that it came from */
    IrRef compared[2][2];    /* operands of the comparisons since then.. */
    uint8_t compares;        /* ..and how many there were */
    bool raised;             /* something else may have raised flags since then */
} RvKnown;

struct RvLift {
    IrBuilder b;
    RegionFormer *former;
    uint64_t pc;
    uint32_t mode;
    bool ended; /* the instruction has ended the block */
    const LiftRequest *request;
    RvKnown known;
};

static inline IrRef rv_const(RvLift *l, uint64_t v)
{
    return ir_const(&l->b, IR_I64, v);
}
/* Registers as i64; as f64. rv_w is the low half of one, as i32. */
IrRef rv_x(RvLift *l, unsigned reg);
IrRef rv_w(RvLift *l, unsigned reg);
void rv_set_x(RvLift *l, unsigned reg, IrRef v);
/* A narrower integer, sign-extended. */
void rv_set_sext(RvLift *l, unsigned reg, IrRef v);
IrRef rv_f(RvLift *l, unsigned reg);
void rv_set_f(RvLift *l, unsigned reg, IrRef v);

/* The f32 in a register: the default NaN if it is not boxed (chapter 21.2). */
IrRef rv_single(RvLift *l, unsigned reg);
void rv_set_single(RvLift *l, unsigned reg, IrRef v);

/* Whether what the row's bits leave open is allowed: rounding modes, registers. */
bool rv_rounding_exists(uint32_t mode, const RvInsn *in);
/* How the instruction rounds; RV_CURRENT stands for RV_DYN where fpctl tells the mode. */
RvRounding rv_rounding(const RvLift *l, const RvInsn *in);
IrRound rv_ir_round(const RvLift *l, const RvInsn *in);
bool rv_csr_exists(const RvInsn *in);

/* Stores v (exclusive.h: tagged, if stores are). */
void rv_store(RvLift *l, IrRef at, IrRef v);
/* Before an atomic access to memory at `at`, likewise. */
void rv_touch(RvLift *l, IrRef at, IrType type);

/* A comparison of a and b has been made, which raises flags only if they are unordered. */
void rv_compared(RvLift *l, IrRef a, IrRef b);

/* rs1 + imm */
IrRef rv_address(RvLift *l, const RvInsn *in);

/* Ends of instructions. */
void rv_trap(RvLift *l, unsigned trap, unsigned argument);
/* Traps in a cold block if cond (i8) holds; goes on in a new one. */
void rv_trap_if(RvLift *l, IrRef cond, unsigned trap);
/* Goes on in `block`; nothing that was put since it became reachable may be relied on. */
void rv_enter(RvLift *l, uint32_t block);
/* A block in the midst of the instruction. */
uint32_t rv_block(RvLift *l);

extern const SlotTable rv_slots;
extern const HelperTable rv_helpers;

/* lifter.c, disasm.c: GuestOps */
void rv_lift(const LiftRequest *rq, LiftResult *out);
unsigned rv_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size);

#endif
