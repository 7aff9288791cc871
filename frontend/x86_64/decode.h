/* decode.h: x86 instruction bytes to X86Insn, driven by one table.
 *
 * The table is the union of the insns_*.def files (rows.c lists them). One row is one form of an
 * instruction:
 *
 *   ROW(map, opcode, prefix, modrm, "mnemonic", op1, op2, op3, emitter, arg, attributes,
 *       tests, sets, clears, undefined)
 *
 *   map        00 0F 0F38 0F3A; V0F38 V0F3A: VEX-encoded (VEX.L = 0; VEX.W is REX.W)
 *   opcode     its byte; with A_SPAN8 or A_SPAN16 the first of 8 or 16
 *   prefix     __ any (66 is the operand size, F2 and F3 mean REP or nothing); NP none of 66 F2 F3;
 *              66, F3, F2 exactly that one (F2 and F3 win over 66, the later of the two wins);
 *              OS none or 66 (the operand size), not F2 or F3
 *   modrm      NO   the instruction has no ModRM byte
 *              ANY  it has one; REG, MEM: mod = 3, mod != 3
 *              D(n), RD(n), MD(n): the reg field is n (and mod = 3, mod != 3)
 *              EX(byte): the whole ModRM byte
 *              More particular rows win: EX, then RD MD, then D, then REG MEM, then ANY.
 *   op1..op3   X86_OPERANDS below, named as in the Intel SDM's opcode maps; __ none
 *   emitter    void x86_lift_EMITTER(LiftContext *), declared from the table in lift.h
 *   arg        a number for emitters that serve many rows: lc->insn->row->arg
 *   attributes A_*, or 0
 *   tests, sets, clears, undefined: masks of F_*: flags read; written by the result; set to 0;
 *              left undefined by the manual. F_ALL is the six arithmetic flags.
 *
 * Example:
 *   ROW(00, 0x01, __, ANY, "add", Ev, Gv, __, add, 0, A_LOCK, 0, F_ALL, 0, 0)
 *   ROW(0F, 0x58, F3, ANY, "addss", Vss, Wss, __, fp_scalar, IR_fadd, 0, 0, 0, 0, 0)
 */
#ifndef DRAGOMAN_FRONTEND_X86_64_DECODE_H
#define DRAGOMAN_FRONTEND_X86_64_DECODE_H

#include <stdbool.h>
#include <stdint.h>

/* ---- operands ---- */

/* Where an operand comes from. */
typedef enum X86Place {
    X86_AT_NONE,
    X86_AT_RM,     /* ModRM.rm: register or memory (class MEM: memory only) */
    X86_AT_RMR,    /* ModRM.rm, register only */
    X86_AT_REG,    /* ModRM.reg */
    X86_AT_VEX,    /* VEX.vvvv */
    X86_AT_OPCODE, /* low three bits of the opcode */
    X86_AT_IMM,    /* immediate, sign-extended */
    X86_AT_IMM_U,  /* immediate, zero-extended */
    X86_AT_REL,    /* branch displacement: imm becomes the destination */
    X86_AT_MOFFS,  /* memory at an absolute address in the instruction */
    X86_AT_FIXED,  /* the register named by `reg` of the row below */
    X86_AT_ONE,    /* the constant 1 */
} X86Place;

/* What it is once decoded (X86Operand.kind), and the register class asked for. */
typedef enum X86OperandKind {
    X86_NONE,
    X86_GPR,
    X86_GPR_HIGH, /* ah ch dh bh: reg is 0..3 */
    X86_XMM,
    X86_MMX,
    X86_ST,
    X86_SEG,
    X86_CR,
    X86_MEM,
    X86_IMM,
    X86_REL,
} X86OperandKind;

/* Sizes in bytes, or one of these, resolved while decoding. */
enum {
    X86_SZ_V = 0x80, /* 2, 4 or 8 by operand size */
    X86_SZ_Z,        /* 2 or 4: immediates, with 4 standing for 8 too */
    X86_SZ_Y,        /* 4, or 8 with REX.W */
    X86_SZ_P,        /* far pointer: 2 + operand size */
};

/* name, place, class, size, fixed register */
#define X86_OPERANDS(O)                                                                            \
    O(__, NONE, NONE, 0, 0)                                                                        \
    O(Eb, RM, GPR, 1, 0)                                                                           \
    O(Ew, RM, GPR, 2, 0)                                                                           \
    O(Ed, RM, GPR, 4, 0)                                                                           \
    O(Eq, RM, GPR, 8, 0)                                                                           \
    O(Ev, RM, GPR, X86_SZ_V, 0)                                                                    \
    O(Ey, RM, GPR, X86_SZ_Y, 0)                                                                    \
    O(Ez, RM, GPR, X86_SZ_Z, 0)                                                                    \
    O(EvMw, RM, GPR, X86_SZ_V, 2) /* register of operand size or two bytes of memory */            \
    O(EdMw, RM, GPR, 4, 2)        /* 32-bit register or two bytes of memory */                     \
    O(EdMb, RM, GPR, 4, 1)        /* or one byte */                                                \
    O(Gb, REG, GPR, 1, 0)                                                                          \
    O(Gw, REG, GPR, 2, 0)                                                                          \
    O(Gd, REG, GPR, 4, 0)                                                                          \
    O(Gv, REG, GPR, X86_SZ_V, 0)                                                                   \
    O(Gy, REG, GPR, X86_SZ_Y, 0)                                                                   \
    O(By, VEX, GPR, X86_SZ_Y, 0) /* the register that VEX.vvvv names */                            \
    O(Ry, RMR, GPR, X86_SZ_Y, 0)                                                                   \
    O(Rv, RMR, GPR, X86_SZ_V, 0)                                                                   \
    O(Rq, RMR, GPR, 8, 0)                                                                          \
    O(Sw, REG, SEG, 2, 0)                                                                          \
    O(Cq, REG, CR, 8, 0)                                                                           \
    O(M, RM, MEM, 0, 0) /* an address: nothing of a size of its own */                             \
    O(Mb, RM, MEM, 1, 0)                                                                           \
    O(Mw, RM, MEM, 2, 0)                                                                           \
    O(Md, RM, MEM, 4, 0)                                                                           \
    O(Mq, RM, MEM, 8, 0)                                                                           \
    O(Mt, RM, MEM, 10, 0)                                                                          \
    O(Mdq, RM, MEM, 16, 0)                                                                         \
    O(My, RM, MEM, X86_SZ_Y, 0)                                                                    \
    O(Mp, RM, MEM, X86_SZ_P, 0)                                                                    \
    O(Zb, OPCODE, GPR, 1, 0)                                                                       \
    O(Zv, OPCODE, GPR, X86_SZ_V, 0)                                                                \
    O(AL, FIXED, GPR, 1, 0)                                                                        \
    O(AX, FIXED, GPR, 2, 0)                                                                        \
    O(rAX, FIXED, GPR, X86_SZ_V, 0)                                                                \
    O(CL, FIXED, GPR, 1, 1)                                                                        \
    O(DX, FIXED, GPR, 2, 2)                                                                        \
    O(Ib, IMM_U, IMM, 1, 0)                                                                        \
    O(Isb, IMM, IMM, 1, 0) /* sign-extended to the operand size */                                 \
    O(Iw, IMM_U, IMM, 2, 0)                                                                        \
    O(Iz, IMM, IMM, X86_SZ_Z, 0)                                                                   \
    O(Iv, IMM, IMM, X86_SZ_V, 0) /* eight bytes with REX.W */                                      \
    O(One, ONE, IMM, 1, 0)                                                                         \
    O(Jb, REL, REL, 1, 0)                                                                          \
    O(Jz, REL, REL, X86_SZ_Z, 0)                                                                   \
    O(Ob, MOFFS, MEM, 1, 0)                                                                        \
    O(Ov, MOFFS, MEM, X86_SZ_V, 0)                                                                 \
    /* xmm: V by reg, W by rm (register or that many bytes of memory), U by rm, register only */   \
    O(Vx, REG, XMM, 16, 0)                                                                         \
    O(Vq, REG, XMM, 8, 0)                                                                          \
    O(Vd, REG, XMM, 4, 0)                                                                          \
    O(Wx, RM, XMM, 16, 0)                                                                          \
    O(Wq, RM, XMM, 8, 0)                                                                           \
    O(Wd, RM, XMM, 4, 0)                                                                           \
    O(Ww, RM, XMM, 2, 0)                                                                           \
    O(Ux, RMR, XMM, 16, 0)                                                                         \
    O(Uq, RMR, XMM, 8, 0)                                                                          \
    /* mmx: P by reg, Q by rm, N by rm, register only */                                           \
    O(Pq, REG, MMX, 8, 0)                                                                          \
    O(Pd, REG, MMX, 4, 0)                                                                          \
    O(Qq, RM, MMX, 8, 0)                                                                           \
    O(Qd, RM, MMX, 4, 0)                                                                           \
    O(Nq, RMR, MMX, 8, 0)                                                                          \
    /* x87 */                                                                                      \
    O(ST0, FIXED, ST, 10, 0)                                                                       \
    O(STi, RMR, ST, 10, 0)

typedef enum X86OperandSpec {
#define O(name, place, class, size, fixed) X86_OP_##name,
    X86_OPERANDS(O)
#undef O
        X86_OP_COUNT
} X86OperandSpec;

/* ---- rows ---- */

enum {
    X86_MAP_00,
    X86_MAP_0F,
    X86_MAP_0F38,
    X86_MAP_0F3A,
    X86_MAP_V0F38,
    X86_MAP_V0F3A,
    X86_MAP_COUNT
};
enum { X86_P___, X86_P_NP, X86_P_66, X86_P_F3, X86_P_F2, X86_P_OS };

/* X86Row.modrm */
enum {
    X86_MR_HAS = 0x100,
    X86_MR_REG = 0x200, /* mod = 3 only */
    X86_MR_MEM = 0x400, /* mod != 3 only */
    X86_MR_DIGIT = 0x800,
    X86_MR_EXACT = 0x1000,
    X86_MR_VALUE = 0xff, /* digit or whole byte */
};

typedef enum X86Attr {
    A_LOCK = 1 << 0,      /* LOCK is allowed when op1 is memory */
    A_D64 = 1 << 1,       /* operand size 64 by default in 64-bit mode; 66 makes it 16 */
    A_F64 = 1 << 2,       /* operand size always 64 in 64-bit mode */
    A_I64 = 1 << 3,       /* undefined in 64-bit mode */
    A_O64 = 1 << 4,       /* only in 64-bit mode */
    A_SPAN8 = 1 << 5,     /* eight opcodes */
    A_SPAN16 = 1 << 6,    /* sixteen opcodes; the low four bits are a condition */
    A_COND = 1 << 7,      /* conditional branch to op1 */
    A_JUMP = 1 << 8,      /* unconditional branch to op1 */
    A_END = 1 << 9,       /* control does not simply go on: ends a region */
    A_MEM = 1 << 10,      /* touches memory besides its operands, or may fault without any */
    A_ALIGN = 1 << 11,    /* a 16-byte memory operand must be aligned (#GP) */
    A_NODATA = 1 << 12,   /* a memory operand is an address or a hint: never accessed */
    A_BLOCKS = 1 << 13,   /* the emitter makes blocks inside the instruction */
    A_REP = 1 << 14,      /* a string instruction: F2 and F3 repeat it */
    A_PRIV = 1 << 15,     /* privileged: #GP in user mode */
    A_STORE = 1 << 16,    /* op1 is written but not read (for tests and listings) */
    A_READ = 1 << 17,     /* op1 is read but not written */
    A_UNTESTED = 1 << 18, /* cannot be run by the instruction tester: control flow, services */
    A_SPAN4 = 1 << 19,    /* four opcodes */
    A_KEEPS = 1 << 20,    /* may leave the flags it sets as they were (a count of 0) */
    A_STACK = 1 << 21,    /* pushes, or (A_STORE) pops */
} X86Attr;

enum {
    F_C = 0x001, /* at their EFLAGS places */
    F_P = 0x004,
    F_A = 0x010,
    F_Z = 0x040,
    F_S = 0x080,
    F_D = 0x400,
    F_O = 0x800,
    F_ALL = 0x8d5,
};

typedef struct LiftContext LiftContext;

typedef struct X86Row {
    uint8_t map, opcode, prefix;
    uint8_t op[3]; /* X86OperandSpec */
    uint16_t modrm;
    uint16_t tests, sets, clears, undefined;
    uint32_t attr;
    uint32_t arg;
    const char *mnemonic;
    void (*lift)(LiftContext *lc);
    const char *emitter;
} X86Row;

extern const X86Row x86_rows[];
extern const unsigned x86_row_count;
extern const unsigned x86_int_row_count; /* the first rows: insns_int.def, insns_bmi.def */

/* ---- decoded instructions ---- */

enum {
    X86_PFX_66 = 1,
    X86_PFX_67 = 2,
    X86_PFX_F2 = 4, /* the later of F2 and F3 */
    X86_PFX_F3 = 8,
    X86_PFX_LOCK = 16,
    X86_PFX_REX = 32,
};
enum { X86_REX_B = 1, X86_REX_X = 2, X86_REX_R = 4, X86_REX_W = 8 };
enum { X86_ES, X86_CS, X86_SS, X86_DS, X86_FS, X86_GS, X86_SEG_NONE };
enum { X86_BASE_NONE = 0xff, X86_BASE_RIP = 0xfe };
enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15 };

typedef struct X86Operand {
    uint8_t kind; /* X86OperandKind */
    uint8_t reg;
    uint8_t size; /* bytes */
    uint8_t spec; /* X86OperandSpec */
    uint64_t imm; /* IMM: the value, extended to 64 bits; REL: the destination */
} X86Operand;

typedef struct X86Mem {  /* the one memory operand */
    uint8_t base, index; /* register, X86_BASE_NONE or X86_BASE_RIP (base: disp is the address) */
    uint8_t scale;       /* shift, 0..3 */
    uint8_t seg;         /* override that matters, or X86_SEG_NONE */
    int64_t disp;
} X86Mem;

typedef struct X86Insn {
    const X86Row *row;
    uint64_t pc, next_pc;
    uint8_t length;
    uint8_t opcode; /* its last byte */
    uint8_t modrm;
    uint8_t prefixes, rex;
    uint8_t vvvv;     /* the register in VEX.vvvv; 0 when unused */
    uint8_t opsize;   /* 2, 4, 8 */
    uint8_t addrsize; /* 2, 4, 8 */
    uint8_t mode;     /* X86_MODE_* width bits */
    X86Mem mem;
    X86Operand op[3];
} X86Insn;

typedef enum X86DecodeStatus {
    X86_DECODE_OK,
    X86_DECODE_SHORT,     /* more bytes are needed than given */
    X86_DECODE_UNDEFINED, /* #UD */
    X86_DECODE_TOO_LONG,  /* over 15 bytes: #GP */
} X86DecodeStatus;

/* Decodes one instruction at pc out of n bytes in the mode given by the mode word. */
X86DecodeStatus x86_decode(X86Insn *out, uint64_t pc, const uint8_t *bytes, unsigned n,
                           unsigned mode);

/* The instruction has a memory operand (always in insn->mem). */
bool x86_insn_has_mem(const X86Insn *insn);

#endif
