/* ir.h: the intermediate representation of one region, and the functions that build it.
 *
 * A region is a single-entry graph of blocks; block 0 is the entry and has no parameters and no
 * predecessors. Values are instructions, referred to by IrRef (0 = none). Blocks have parameters
 * instead of phi nodes. Everything lives in the region's arena.
 *
 * Two forms:
 *  - lifted: guest state is read and written by get/put anywhere. A frontend keeps to this rule:
 *    in one guest instruction every op that may fault comes before the first put (except that an
 *    iteration of a restartable string instruction puts its progress), so that at any faulting op
 *    the state already put is the exact state at the start of that guest instruction. `insn` ops
 *    mark where guest instructions start.
 *  - promoted (after pass_promote): puts of promotable slots are gone; gets of them stand only in
 *    the entry block, at most one a slot; every exit, fault, poll and trap has a snapshot that
 *    says which value each changed slot has. A slot that a snapshot does not name still has its
 *    value from region entry. Those gets stand first in the entry block; blocks are numbered in a
 *    reverse postorder (dominators come first, every block is reached), loop_head is set.
 *
 * Example (lifted):   b0: insn 0x401000; %1 = get rax; %2 = add i64 %1, 1; put rax, %2; exit
 * 0x401004 promoted:   b0: insn 0x401000; %1 = get rax; %2 = add i64 %1, 1; exit 0x401004 {rax=%2}
 */
#ifndef DRAGOMAN_IR_IR_H
#define DRAGOMAN_IR_IR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ir/base/arena.h"
#include "ir/base/vec.h"

typedef enum IrType {
    IR_VOID,
    IR_I8,
    IR_I16,
    IR_I32,
    IR_I64,
    IR_F32,
    IR_F64,
    IR_V128,
    IR_V256, /* room: no op accepts the wider vectors yet */
    IR_V512,
    IR_TYPE_COUNT
} IrType;

static inline bool ir_type_is_int(IrType t)
{
    return t >= IR_I8 && t <= IR_I64;
}
static inline bool ir_type_is_float(IrType t)
{
    return t == IR_F32 || t == IR_F64;
}
static inline bool ir_type_is_vector(IrType t)
{
    return t >= IR_V128;
}
/* Width in bits; 0 for void. */
unsigned ir_type_bits(IrType t);
const char *ir_type_name(IrType t);

typedef enum IrOp {
    IR_NOP, /* a removed instruction: not in any block */
#define OP(name, sig, effects, ...) IR_##name,
#include "ir/ops.def"
#undef OP
    IR_OP_COUNT
} IrOp;

typedef enum IrEffect {
    IR_E_PURE = 1,
    IR_E_COMM = 2,
    IR_E_RAISES = 4,
    IR_E_FPENV = 8,
    IR_E_READ = 16,
    IR_E_WRITE = 32,
    IR_E_FAULT = 64,
    IR_E_STATE = 128,
    IR_E_TERM = 256,
    IR_E_ORDER = 512,
    IR_E_ARITH = 1024,
    IR_E_BOX = 2048,
} IrEffect;

typedef enum IrSig {
    IR_SIG_NULLARY,
    IR_SIG_UN,
    IR_SIG_BIN,
    IR_SIG_TRI,
    IR_SIG_CMP,
    IR_SIG_FCMP,
    IR_SIG_SEL,
    IR_SIG_CONV,
    IR_SIG_DIV128,
    IR_SIG_LOAD,
    IR_SIG_STORE,
    IR_SIG_ATOMIC,
    IR_SIG_CAS,
    IR_SIG_VUN,
    IR_SIG_VBIN,
    IR_SIG_VTRI,
    IR_SIG_VSHIFT,
    IR_SIG_VSHUF,
    IR_SIG_VINS,
    IR_SIG_VEXT,
    IR_SIG_VSPLAT,
    IR_SIG_VSTR,
    IR_SIG_SPECIAL,
} IrSig;

typedef struct IrOpInfo {
    const char *name;
    uint8_t sig;      /* IrSig */
    uint8_t nargs;    /* fixed arguments of the signature; SPECIAL: at most */
    uint16_t effects; /* IrEffect mask */
    uint16_t types; /* 1 << IrType: results of scalar ops or lanes of vector ops that there are; 0:
                       what the signature allows */
} IrOpInfo;

extern const IrOpInfo ir_op_info[IR_OP_COUNT];

typedef struct IrRef {
    uint32_t i; /* index into Region.insts; 0 = none */
} IrRef;

#define IR_NONE ((IrRef){0})
static inline bool ir_same(IrRef a, IrRef b)
{
    return a.i == b.i;
}

/* Memory flags of load, store and atomics (IrInst.flags). */
typedef enum IrMemFlags {
    IR_M_ORDER = 0x0f,   /* mask of an IrOrder */
    IR_M_ALIGNED = 0x10, /* traps (x86 #GP) when the address is not a multiple of the size */
    IR_M_STREAM = 0x20,  /* non-temporal hint; ordered only by fences */
    IR_M_DMB = 0x40,     /* hosts with a choice use the barrier form (known misaligned) */
    IR_M_BIG = 0x80,     /* big-endian */
} IrMemFlags;

/* What the guest's ISA promises for an access; backend/core/order.h maps it to the host. */
typedef enum IrOrder {
    IR_ORDER_NONE,    /* private or relaxed */
    IR_ORDER_TSO,     /* x86: loads in order, stores in order, stores not before earlier loads */
    IR_ORDER_ACQUIRE, /* later accesses stay after (Arm LDAR: also after earlier STLR) */
    IR_ORDER_ACQPC,   /* Arm LDAPR */
    IR_ORDER_RELEASE, /* earlier accesses stay before */
} IrOrder;

/* Fence masks: (earlier R/W) before (later R/W). */
typedef enum IrFence {
    IR_FENCE_RR = 1,
    IR_FENCE_RW = 2,
    IR_FENCE_WR = 4,
    IR_FENCE_WW = 8,
    IR_FENCE_ALL = 15,
} IrFence;

typedef enum IrRound {
    IR_ROUND_CURRENT, /* by the FP control word */
    IR_ROUND_ZERO,
    IR_ROUND_NEAREST, /* to even; this and what follows: not ftosi and its vector forms */
    IR_ROUND_DOWN,
    IR_ROUND_UP,
    IR_ROUND_AWAY,  /* to nearest, ties away from zero */
    IR_ROUND_QUIET, /* added: the inexact flag is left alone */
} IrRound;

/* cc of vshlv, which takes counts as signed bytes. */
typedef enum IrShift {
    IR_SHIFT_SIGNED = 1, /* lanes are: right shifts fill with the sign */
    IR_SHIFT_ROUND = 2,  /* right shifts add half of what is shifted out first, exactly */
} IrShift;

/* cc of vstrindex, vstrmask and vstrflags. Two strings are held in the lanes of a and b. Their
 * lengths in lanes are the magnitudes of the two i32 halves of the third argument, at most the
 * number of lanes; with IR_STR_IMPLICIT they end before the first zero lane. A lane of b is found
 *   ANY      when it equals a lane of a
 *   RANGES   when it is between lanes 2k and 2k + 1 of a, inclusive
 *   EACH     when it equals the same lane of a, or both are beyond the ends
 *   ORDERED  when the whole string a (or what there is room for) stands there
 * and lanes beyond b's end never are (EACH: but both; ORDERED: as a's first lane beyond its end).
 */
typedef enum IrStr {
    IR_STR_WORDS = 1, /* lanes of 16 bits, not 8 */
    IR_STR_SIGNED = 2,
    IR_STR_ANY = 0 << 2,
    IR_STR_RANGES = 1 << 2,
    IR_STR_EACH = 2 << 2,
    IR_STR_ORDERED = 3 << 2,
    IR_STR_HOW = 3 << 2,
    IR_STR_NOT = 16,       /* the lanes not found instead ... */
    IR_STR_NOT_VALID = 48, /* ... of those before b's end (with NOT; alone it does nothing) */
    IR_STR_LAST = 64,      /* vstrindex: that of the last one; vstrmask: lanes, not bits */
    IR_STR_IMPLICIT = 128,
} IrStr;

/* vstrflags: what LAHF and SETO make of x86's flags. */
enum {
    IR_STR_IS_FIRST = 1 << 0, /* lane 0 was found */
    IR_STR_IS_ANY = 1 << 8,   /* some lane was */
    IR_STR_ALWAYS = 1 << 9,
    IR_STR_ENDS_B = 1 << 14, /* b ends within its lanes */
    IR_STR_ENDS_A = 1 << 15,
};

typedef enum IrFcmp { /* relation of vfcmp; the order is that of the x86 CMPPS immediate */
                      IR_FCMP_EQ,
                      IR_FCMP_LT,
                      IR_FCMP_LE,
                      IR_FCMP_UN,
                      IR_FCMP_NE,
                      IR_FCMP_NLT,
                      IR_FCMP_NLE,
                      IR_FCMP_ORD,
} IrFcmp; /* LT LE NLT NLE raise invalid for quiet NaN too */

/* Layout of imm of x87 and x87mem: an x87 or MMX instruction by its bytes. The x87 stack, its
 * control, status and tag words are one resource, which these ops and helpers use in program order;
 * no op names a register of it by value. A pending exception that is unmasked makes the next
 * waiting instruction fault. Example: 0xc1de is faddp st(1), st; 0x00dd with memory is fld m64. */
enum {
    IR_X87_MODRM = 8,          /* bits 8..15; of a memory operand the reg field alone counts */
    IR_X87_MAP = 16,           /* bits 16..17: 0 one byte, 1 0F, 2 0F38, 3 0F3A */
    IR_X87_W = 1 << 18,        /* REX.W */
    IR_X87_HAS_IMM8 = 1 << 19, /* an immediate at IR_X87_IMM8 */
    IR_X87_NO_MODRM = 1 << 20, /* fwait, emms */
    IR_X87_IMM8 = 24,          /* bits 24..31 */
    IR_X87_RESULT = 32,        /* bits 32..35: IrType of the result. i8: relation as fcmp gives it;
                                  i16: status word; i32, i64: a general register's new value */
    IR_X87_ARGUMENT = 36,      /* bits 36..39: IrType of the argument. i8: condition of fcmov */
};
static inline IrType ir_x87_result(uint64_t imm)
{
    return (IrType)(imm >> IR_X87_RESULT & 15);
}
static inline IrType ir_x87_argument(uint64_t imm)
{
    return (IrType)(imm >> IR_X87_ARGUMENT & 15);
}

enum {
    IR_F_SIGNAL = 1, /* IrInst.flags of feq flt fle fun fcmp: raise invalid for quiet NaN too */
    IR_F_TRAPS = 2,  /* IrInst.flags of FP ops: the guest has exceptions unmasked; has a snapshot */
    IR_F_ANY_NAN = 4, /* IrInst.flags of scalar FP ops: a NaN result may be any quiet one */
};

typedef enum IrExitKind {
    IR_EXIT_JUMP,
    IR_EXIT_CALL,
    IR_EXIT_RET,
    IR_EXIT_SERVICE, /* `exit` only: runtime performs guest service number aux, goes on at imm */
} IrExitKind;
enum { IR_SERVICE_SYSCALL = 0 }; /* other numbers belong to the guest (GuestOps.service) */

typedef struct IrInst {
    uint16_t op;    /* IrOp */
    uint8_t type;   /* IrType of the result */
    uint8_t lane;   /* IrType of a vector's lanes; of the stored value for store */
    uint8_t cc;     /* small op-specific number: lane index, relation, rounding, exit kind */
    uint8_t nargs;  /* fixed args in use */
    uint16_t flags; /* memory or FP flags; insn: length in bytes */
    IrRef arg[3];
    uint32_t aux;  /* extract/sextract/deposit: pos | len << 8; trap/exit: argument; param: the
                      slot it was made for + 1, or 0; exitind: the place of index 0 + 1, or 0 */
    uint64_t imm;  /* constant bits, slot, pc, helper number, vconst number, mask */
    uint32_t list; /* call: first of its arguments in Region.pool */
    uint32_t nlist;
    uint32_t edge[2]; /* jump, br: indices into Region.edges */
    uint32_t snap;    /* snapshot number + 1 of a faulting op, exit, poll or trap; 0 = none */
    uint32_t block;
    uint32_t prev, next; /* in block order; 0 ends */
} IrInst;

typedef struct IrEdge {
    uint32_t block;       /* destination */
    uint32_t args, nargs; /* in Region.pool, one for each parameter of the destination */
} IrEdge;

typedef struct IrBlock {
    uint32_t first, last; /* instructions */
    VEC(IrRef) params;
    uint64_t pc;          /* guest address of the first instruction, for readers */
    uint32_t guest_insns; /* guest instructions in it, for statistics */
    bool loop_head;
    bool cold; /* lay out behind the hot blocks */
} IrBlock;

typedef struct IrSnapEntry {
    uint32_t slot;
    IrRef value; /* IR_NONE, at exits only: the slot is dead there and may hold anything */
    bool nan;    /* not at exits: a NaN that it is, or has in its box, stands for that of fcanon */
} IrSnapEntry;

typedef struct IrSnapshot {
    uint64_t pc;
    uint32_t first, count; /* in Region.snap_entries, sorted by slot */
} IrSnapshot;

typedef struct IrVec128 {
    _Alignas(16) uint8_t b[16];
} IrVec128;

/* One register of guest state. */
typedef struct SlotDesc {
    const char *name;
    uint16_t offset;     /* from the start of CpuState (ir/state.h) */
    uint8_t type;        /* IrType; a vector slot has 64 bytes of room whatever its type */
    uint8_t memory_only; /* never promoted: helpers touch it in memory */
} SlotDesc;

typedef struct SlotTable {
    const SlotDesc *slots;
    uint32_t count;
    const char *guest; /* "x86_64" */
    /* Slots by number, the most used first: hosts that have no rows for the guest in their
     * convention.def keep these in registers, as far as they go. */
    const uint8_t *hot;
    uint32_t hot_count;
} SlotTable;

/* One C function that translations may call, under the guest's FP environment. Fixed integer/f64
 * arguments, at most 6. */
typedef enum HelperFlags {
    HELPER_PURE = 1,   /* its result depends on its arguments only */
    HELPER_STATE = 2,  /* first C argument is the CpuState; touches memory-only slots only */
    HELPER_FAULT = 16, /* reads/writes guest memory by accessors; returns i64, nonzero = fault
                          already recorded in CpuState; the call site has a snapshot */
} HelperFlags;

typedef struct HelperDesc {
    const char *name;
    void (*fn)(void);
    uint8_t ret; /* IrType: void, i32, i64 (i8/i16 come back as i32) */
    uint8_t nargs;
    uint8_t args[6]; /* IrType: i32 or i64 */
    uint8_t flags;
} HelperDesc;

/* A HelperDesc of C function fn; the rest: the arguments' types. */
#define HELPER_DESC(name_, fn_, ret_, flags_, ...)                                                 \
    {                                                                                              \
        .name = #name_, .fn = (void (*)(void))fn_, .ret = ret_,                                    \
        .nargs = sizeof((uint8_t[]){0, ##__VA_ARGS__}) - 1, .args = {__VA_ARGS__}, .flags = flags_ \
    }

typedef struct HelperTable {
    const HelperDesc *helpers;
    uint32_t count;
} HelperTable;

/* How FP results behave where IEEE 754 leaves a choice. */
typedef enum FpModel {
    FP_MODEL_X86,   /* NaN result: first NaN operand made quiet; made NaN: negative; tiny after
                       rounding */
    FP_MODEL_ARM,   /* signalling operands first; made NaN: positive; tiny before rounding */
    FP_MODEL_RISCV, /* always the positive default NaN */
} FpModel;

typedef struct Region {
    Arena *arena;
    uint64_t pc;   /* guest address of the entry */
    uint32_t mode; /* mode word of the guest */
    const SlotTable *slots;
    const HelperTable *helpers;
    FpModel fp_model;
    bool
        fp_exact; /* hosts with other flags, or without the guest's flush modes, are to mend that */
    bool fp_flush;     /* FP_MODEL_ARM: FTZ and DAZ are set, and values are exact; so are flags, if
                          fp_exact, or where the host has them */
    bool dependencies; /* loads are ordered by nothing but dependencies, and the host would reorder
                          them: what was computed from a value stays computed from it */
    bool plain; /* for a few runs by the interpreter: ops are taken as they come, and not simplified
                   but for what a glance shows */
    uint32_t effects;    /* IrEffect mask of all ops that ever were in it */
    VEC(IrInst) insts;   /* [0] unused */
    VEC(IrBlock) blocks; /* [0] entry */
    VEC(IrEdge) edges;
    VEC(IrRef) pool;
    VEC(IrSnapshot) snaps;
    VEC(IrSnapEntry) snap_entries;
    VEC(IrVec128) vconsts;
    uint32_t counters; /* `count` ops use 0 .. counters - 1 */
    bool promoted;
    struct IrGraph *graph; /* ir/graph.c: what it knows of the shape, NULL when that changed */
} Region;

static inline IrInst *ir_inst(const Region *r, IrRef v)
{
    return &r->insts.data[v.i];
}
static inline bool ir_is_const(const Region *r, IrRef v)
{
    return ir_inst(r, v)->op == IR_const;
}

/* ---- construction (ir/build.c). Instructions are appended to the builder's current block. ---- */

typedef struct IrBuilder {
    Region *region;
    uint32_t block;
} IrBuilder;

Region *ir_region_new(Arena *arena, uint64_t pc, const SlotTable *slots, const HelperTable *helpers,
                      FpModel fp_model);
uint32_t ir_block_new(Region *r, uint64_t pc);
IrRef ir_param_new(Region *r, uint32_t block, IrType type);
/* Appends a copy of `proto` to the builder's block; returns the value. Light folding (constants,
 * x+0 and the like) is done here, so the result may be an older value. */
IrRef ir_emit(IrBuilder *b, const IrInst *proto);

IrRef ir_const(IrBuilder *b, IrType t, uint64_t bits);
IrRef ir_vconst(IrBuilder *b, const uint8_t bytes[16]);
uint32_t ir_vconst_index(Region *r, const uint8_t bytes[16]);
IrRef ir_get(IrBuilder *b, uint32_t slot);
void ir_put(IrBuilder *b, uint32_t slot, IrRef v);
void ir_insn(IrBuilder *b, uint64_t pc, unsigned length);
IrRef ir_un(IrBuilder *b, IrOp op, IrRef a);               /* type of a */
IrRef ir_bin(IrBuilder *b, IrOp op, IrRef a, IrRef c);     /* type of a */
IrRef ir_bini(IrBuilder *b, IrOp op, IrRef a, uint64_t c); /* with a constant */
IrRef ir_cmp(IrBuilder *b, IrOp op, IrRef a, IrRef c);     /* i8; also FCMP */
IrRef ir_fcmp(IrBuilder *b, IrOp op, IrRef a, IrRef c, unsigned f_flags);
IrRef ir_select(IrBuilder *b, IrRef cond, IrRef yes, IrRef no);
IrRef ir_tri(IrBuilder *b, IrOp op, IrRef a, IrRef c, IrRef d);
IrRef ir_conv(IrBuilder *b, IrOp op, IrType to, IrRef a); /* zext sext trunc bitcast fext.. */
IrRef ir_conv_round(IrBuilder *b, IrOp op, IrType to, IrRef a, IrRound rm); /* ftosi fsatsi.. */
IrRef ir_round(IrBuilder *b, IrRef a, unsigned cc);                         /* fround */
IrRef ir_div128(IrBuilder *b, IrOp op, IrRef hi, IrRef lo, IrRef d);
IrRef ir_extract(IrBuilder *b, IrRef a, unsigned pos, unsigned len);
IrRef ir_sextract(IrBuilder *b, IrRef a, unsigned pos, unsigned len);
IrRef ir_deposit(IrBuilder *b, IrRef a, IrRef v, unsigned pos,
                 unsigned len); /* v: any integer type */
IrRef ir_load(IrBuilder *b, IrType t, IrRef addr, unsigned mem_flags);
void ir_store(IrBuilder *b, IrRef addr, IrRef v, unsigned mem_flags);
void ir_fence(IrBuilder *b, unsigned fence_mask);
IrRef ir_atomic(IrBuilder *b, IrOp op, IrRef addr, IrRef v);
IrRef ir_cas(IrBuilder *b, IrRef addr, IrRef expected, IrRef desired);
IrRef ir_vop(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef c); /* VUN: c = IR_NONE */
IrRef ir_vop_cc(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef c, unsigned cc);
IrRef ir_vtri(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef c, IrRef d);
static inline IrType ir_vstr_type(unsigned op)
{
    return op == IR_vstrmask ? IR_V128 : IR_I32;
}
IrRef ir_vstr(IrBuilder *b, IrOp op, IrRef a, IrRef c, IrRef lengths, unsigned how); /* IrStr */
IrRef ir_viszero(IrBuilder *b, IrRef v);
IrRef ir_vshift(IrBuilder *b, IrOp op, IrType lane, IrRef a, IrRef count_i64);
IrRef ir_vshuf(IrBuilder *b, IrRef a, IrRef c, const uint8_t mask[16]);
IrRef ir_vextract(IrBuilder *b, IrType lane, IrRef v, unsigned index);
IrRef ir_vinsert(IrBuilder *b, IrType lane, IrRef v, IrRef scalar, unsigned index);
IrRef ir_vlow(IrBuilder *b, IrRef scalar);
IrRef ir_vsplat(IrBuilder *b, IrType lane, IrRef scalar);
IrRef ir_vmovmsk(IrBuilder *b, IrType lane, IrRef v);
IrRef ir_fpctl_get(IrBuilder *b);
void ir_fpctl_set(IrBuilder *b, IrRef v);
IrRef ir_x87(IrBuilder *b, uint64_t insn, IrRef argument); /* argument: IR_NONE if it has none */
void ir_x87_mem(IrBuilder *b, uint64_t insn, IrRef addr);
IrRef ir_call(IrBuilder *b, uint32_t helper, const IrRef *args, unsigned n);
void ir_poll(IrBuilder *b);
void ir_count(IrBuilder *b);
void ir_jump(IrBuilder *b, uint32_t block); /* parameters come from promotion, */
void ir_br(IrBuilder *b, IrRef cond, uint32_t yes, uint32_t no); /* or ir_edge_arg below */
void ir_edge_arg(Region *r, uint32_t edge, IrRef v);
void ir_exit(IrBuilder *b, uint64_t pc, IrExitKind kind, uint64_t return_pc);
void ir_exit_service(IrBuilder *b, uint64_t next_pc, unsigned service);
void ir_exit_indirect(IrBuilder *b, IrRef pc, IrExitKind kind, uint64_t return_pc);
void ir_trap(IrBuilder *b, unsigned trap, unsigned argument);

/* ---- inspection and change ---- */

static inline bool ir_has(const IrInst *i, unsigned effect)
{
    return (ir_op_info[i->op].effects & effect) != 0;
}
/* Whether an exitind has a hint, which is then its last argument: an address, or the index of a
 * place. */
static inline bool ir_has_hint(const IrInst *i)
{
    return i->nargs > 1u + (i->cc == IR_EXIT_CALL);
}
/* Whether v is plainly below 256, as a hint that is an index has to be. */
bool ir_is_byte(const Region *r, IrRef v);
void ir_remove(Region *r, IrRef v);                   /* unlinks; the inst becomes IR_NOP */
void ir_insert_before(Region *r, IrRef pos, IrRef v); /* links an unlinked inst */
IrRef ir_inst_new(Region *r, const IrInst *proto);    /* unlinked */

/* ---- text (ir/print.c, ir/parse.c), checking (ir/verify.c), meaning (ir/eval.c) ---- */

void ir_print(const Region *r, FILE *out);
/* NULL and a message "line N: ..." in err on bad input. */
Region *ir_parse(Arena *arena, const char *text, const SlotTable *slots, const HelperTable *helpers,
                 char *err, size_t err_size);
/* True if well formed; otherwise a message in err. Checks types, dominance, one terminator a
 * block, edge arity, snapshot presence in promoted form. */
bool ir_verify(const Region *r, char *err, size_t err_size);

typedef union IrValue {
    uint64_t u;
    uint8_t b[16];
    uint16_t h[8];
    uint32_t w[4];
    uint64_t q[2];
    float f[4];
    double d[2];
} IrValue;

/* The meaning of a PURE op on values (upper bytes of narrow results are zero). */
IrValue ir_eval(const Region *r, const IrInst *i, const IrValue args[3]);
/* The same of an FPENV op, under a control and status word in the layout of MXCSR, to which it adds
 * its flags (ir/softfp.h). */
IrValue ir_eval_fp(const Region *r, const IrInst *i, const IrValue args[3], uint32_t *fpctl);

#endif
