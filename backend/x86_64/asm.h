/* asm.h: emitting host instructions into an Emitter; constants, cold code and flag tracking.
 *
 * Everything the backend emits goes through a_emit, which also keeps track of what the host's
 * arithmetic flags currently mean, so that a compare whose answer an earlier sub or add has left in
 * the flags is not emitted again (`dec rcx; jnz` stays two instructions).
 *
 *     a_rr(e, X86_ADD, 8, RAX, RBX);                 add rax, rbx
 *     a_rm(e, X86_MOV, 4, RAX, rm_disp(RBX, 8));    mov eax, [rbx + 8]
 *     a_vvv(e, X86_VADDPD, 0, 1, 2);                 vaddpd xmm0, xmm1, xmm2
 */
#ifndef DRAGOMAN_BACKEND_X86_64_ASM_H
#define DRAGOMAN_BACKEND_X86_64_ASM_H

#include "backend/core/core.h"
#include "backend/x86_64/enc.h"

/* What the arithmetic flags say, as long as `at` is the current offset. */
typedef struct HostFlags {
    uint32_t at;    /* offset they are valid at; NO_LABEL: unknown */
    uint32_t block; /* IR block they were set in */
    IrRef result;   /* ZF and SF are those of this value */
    uint8_t width;  /* in bytes */
    bool compare;   /* and all flags are those of comparing a with b (or imm) */
    bool sum;       /* or CF is that of adding a and b */
    bool strings;   /* or those of the string op `result` */
    IrRef a, b;
    int64_t imm;
} HostFlags;

typedef struct PoolEntry {
    IrVec128 bytes;
    uint32_t label;
} PoolEntry;

/* Code behind the region's end that a rare condition jumps to; it jumps back to `back`. */
typedef struct ColdCode {
    uint32_t label, back;
    void (*emit)(Emitter *e, const struct ColdCode *c);
    uint8_t reg[4];
    uint8_t stub;              /* StubId */
    uint8_t type, from, nargs; /* exact.c: IrType of the result and of the operands, their number */
    uint8_t lane, vec, gpr;    /* ..of a vector, and scratch registers */
    uint32_t code;             /* ir/soft.h */
    const IrInst *exit;        /* an indirect exit */
} ColdCode;

typedef struct PendingExit {
    uint32_t exit, label; /* index in out->exits, label of its stub */
} PendingExit;

typedef struct X86Host {
    HostFlags flags;
    VEC(PoolEntry) pool;
    VEC(ColdCode) cold;
    VEC(PendingExit) exits;
} X86Host;

static inline X86Host *x86_host(Emitter *e)
{
    return e->host_data;
}

typedef struct Asm {
    X86Insn insn;
    uint8_t width; /* operand size in bytes, integer instructions */
    uint8_t reg, v;
    uint8_t extra; /* condition code | X86_LOCK | X86_SSE */
    uint8_t nimm;  /* bytes of immediate */
    int64_t imm;
    X86Rm rm;
    bool data; /* with rm.rip: data word number `index` */
    uint32_t index;
} Asm;

void a_emit(Emitter *e, const Asm *a);

/* integer or two-operand vector: reg, rm */
void a_rr(Emitter *e, X86Insn i, unsigned w, unsigned reg, unsigned rm);
void a_rm(Emitter *e, X86Insn i, unsigned w, unsigned reg, X86Rm rm);
/* one r/m operand, with an immediate of the size the instruction wants */
void a_r(Emitter *e, X86Insn i, unsigned w, unsigned rm);
void a_ri(Emitter *e, X86Insn i, unsigned w, unsigned rm, int64_t imm);
void a_mi(Emitter *e, X86Insn i, unsigned w, X86Rm rm, int64_t imm);
/* reg, rm, imm8 */
void a_rri(Emitter *e, X86Insn i, unsigned w, unsigned reg, X86Rm rm, unsigned imm);
/* VEX reg, v, rm [, imm8] */
void a_vvv(Emitter *e, X86Insn i, unsigned reg, unsigned v, unsigned rm);
void a_vvm(Emitter *e, X86Insn i, unsigned w, unsigned reg, unsigned v, X86Rm rm);
void a_vvmi(Emitter *e, X86Insn i, unsigned reg, unsigned v, X86Rm rm, unsigned imm);
/* VEX shift group: dest, source, imm8 */
void a_vshift(Emitter *e, X86Insn i, unsigned dest, unsigned src, unsigned imm);

typedef enum AluOp { ALU_ADD, ALU_OR, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP } AluOp;
/* rm op= imm in the shortest form; imm fits 32 bits signed (or `width`). */
void a_alu_imm(Emitter *e, AluOp op, unsigned w, X86Rm rm, int64_t imm);
void a_mov(Emitter *e, unsigned w, unsigned dst, unsigned src); /* nothing when equal */
/* The whole of an integer value: an i32 is zero-extended even in place. */
void a_copy(Emitter *e, unsigned type, unsigned dst, unsigned src);
void a_vmov(Emitter *e, unsigned dst, unsigned src);    /* whole register */
void a_const(Emitter *e, unsigned reg, uint64_t value); /* keeps the flags */
void a_lea(Emitter *e, unsigned w, unsigned dst, X86Rm rm);

/* Memory in CpuState. */
X86Rm a_state(uint32_t offset);
/* A constant of the pool behind the code. */
X86Rm a_pool(Emitter *e, const uint8_t bytes[16]);
void a_vpool(Emitter *e, X86Insn i, unsigned reg, unsigned v, const uint8_t bytes[16]);

void a_jcc(Emitter *e, unsigned cc, uint32_t label);
void a_jmp(Emitter *e, uint32_t label);
/* Short forward jumps inside one emitter: the result goes to a_short_here. */
uint32_t a_jcc_short(Emitter *e, unsigned cc);
uint32_t a_jmp_short(Emitter *e);
void a_short_here(Emitter *e, uint32_t at);
/* jmp/call/jcc (opcode bytes given) to an arena stub. */
void a_stub(Emitter *e, const char *opcode, unsigned n, StubId stub);
/* Emits padding so that a 4-byte field `skip` bytes further on is 4-byte aligned. */
void a_align_field(Emitter *e, unsigned skip);
/* Registers cold code; returns the label to jump to. `back` is bound by the caller. */
ColdCode *a_cold(Emitter *e, void (*emit)(Emitter *e, const ColdCode *c));

/* ---- flags ---- */
void a_flags_sum(Emitter *e, IrRef a, IrRef b); /* after a_flags_result */
void a_flags_result(Emitter *e, const IrInst *inst, IrRef value, unsigned width);
void a_flags_strings(Emitter *e, const IrInst *inst, IrRef value);
void a_flags_compare(Emitter *e, const IrInst *inst, IrRef a, IrRef b, int64_t imm, unsigned width);

/* ---- operands ---- */
static inline unsigned width_of(unsigned type) /* IrType -> bytes */
{
    return ir_type_bits(type) / 8;
}
/* As width_of, but never below 4: the low bytes come out right and no partial register is made. */
static inline unsigned width32_of(unsigned type)
{
    return type == IR_I64 ? 8 : 4;
}
X86Rm a_operand(const Operand *o);              /* OPND_REG, OPND_ADDR, OPND_MEM */
X86Rm a_voperand(Emitter *e, const Operand *o); /* also a vector constant, OPND_IMM (m_vrm) */
void a_may_fault(Emitter *e, const SelInst *si);

/* fixup/relocation forms: bytes of the instruction behind the field */
enum { FORM_REL32 = 0, FORM_REL8 = 0x80 };

#endif
