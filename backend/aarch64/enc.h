/* enc.h: encoding of A64 instructions, driven by enc.def.
 *
 * a64() builds one word from a row and its operands; the short-named inline functions behind it put
 * operands in the usual order of assembly and emit. Immediates are checked by assertion: the
 * selector has made sure they fit (a64_fits_*).
 *
 *     ri(e, A64_ADDI_X, 0, 1, 8);          add x0, x1, #8
 *     rrr(e, A64_SF(A64_ADD_W, is64), d, n, m);
 *     vvv(e, A64_VADD, IR_I16, d, n, m);   add vd.8h, vn.8h, vm.8h
 */
#ifndef DRAGOMAN_BACKEND_AARCH64_ENC_H
#define DRAGOMAN_BACKEND_AARCH64_ENC_H

#include "backend/core/core.h"

typedef enum A64Op {
#define A64(name, form, word, text) A64_##name,
#include "backend/aarch64/enc.def"
#undef A64
    A64_OP_COUNT
} A64Op;

#define A64_SF(op, is64) ((A64Op)((op) + ((is64) ? 1 : 0)))

/* Where a row's operands go in the word. */
typedef enum A64Form {
    FORM_NONE,
    FORM_D,
    FORM_N,
    FORM_DN,
    FORM_DNM,
    FORM_DNMA,
    FORM_SHIFTED,  /* imm: A64Shift << 6 | amount */
    FORM_EXTEND,   /* imm: A64Extend << 3 | shift 0..4 */
    FORM_IMM12,    /* imm: 0..4095, or a multiple of 4096 below 2^24 */
    FORM_LOGIC,    /* imm: a bitmask immediate */
    FORM_MOVW,     /* imm: 16 bits, j: shift 0 16 32 48 */
    FORM_BITFIELD, /* imm: immr, j: imms */
    FORM_EXTRACT,
    FORM_COND, /* j: A64Cond */
    FORM_CCMP, /* m: register or 5-bit immediate, imm: nzcv, j: A64Cond */
    FORM_B26,  /* imm: byte displacement */
    FORM_BCOND,
    FORM_B19,
    FORM_B14, /* j: bit number */
    FORM_ADR,
    FORM_MEM12, /* imm: byte displacement, a multiple of the size */
    FORM_MEM9,
    FORM_MEMX, /* j: log2 of the size, or 0 */
    FORM_PAIR, /* d, a: registers; imm: byte displacement */
    FORM_F_DN,
    FORM_F_DNM,
    FORM_F_DNMA,
    FORM_F_NM,
    FORM_F_COND,
    FORM_V_DN,
    FORM_V_DNM,
    FORM_VF_DN,
    FORM_VF_DNM,
    FORM_VEXT,
    FORM_LANE,  /* j: lane index */
    FORM_LANE0, /* no index */
    FORM_LANE2, /* j: destination index, imm: source index */
    FORM_V_SHL,
    FORM_V_SHR,
    FORM_V_IMM, /* imm: 8 bits, j: shift */
} A64Form;

typedef enum A64Shift { SH_LSL, SH_LSR, SH_ASR, SH_ROR } A64Shift;
typedef enum A64Extend {
    EXT_UXTB,
    EXT_UXTH,
    EXT_UXTW,
    EXT_UXTX,
    EXT_SXTB,
    EXT_SXTH,
    EXT_SXTW
} A64Extend;

typedef enum A64Cond {
    CC_EQ,
    CC_NE,
    CC_HS,
    CC_LO,
    CC_MI,
    CC_PL,
    CC_VS,
    CC_VC,
    CC_HI,
    CC_LS,
    CC_GE,
    CC_LT,
    CC_GT,
    CC_LE,
    CC_AL,
} A64Cond;

enum { XZR = 31, SP = 31 };

typedef struct A64Args {
    uint8_t d, n, m, a;
    uint8_t lane; /* IrType */
    uint8_t j;
    int64_t imm;
} A64Args;

typedef struct A64Info {
    uint8_t form;
    uint32_t word;
    const char *name, *text;
} A64Info;

extern const A64Info a64_info[A64_OP_COUNT];

uint32_t a64(A64Op op, A64Args args);

/* The N:immr:imms field of a bitmask immediate for a 32- or 64-bit operation; false if none. */
bool a64_logic_field(uint64_t imm, bool is64, uint32_t *field);
static inline bool a64_fits_logic(uint64_t imm, bool is64)
{
    uint32_t field;
    return a64_logic_field(imm, is64, &field);
}
static inline uint64_t a64_magnitude(int64_t v)
{
    return v < 0 ? -(uint64_t)v : (uint64_t)v;
}
/* ADD/SUB immediates, by magnitude. */
static inline bool a64_fits_imm12(uint64_t v)
{
    return v < 4096 || (v < 1u << 24 && (v & 4095) == 0);
}
/* The integer type of a lane's or scalar's width. */
static inline unsigned a64_int_lane(unsigned lane)
{
    return lane == IR_F32 ? IR_I32 : lane == IR_F64 ? IR_I64 : lane;
}
static inline unsigned a64_log2_lane(unsigned type)
{
    switch (type) {
    case IR_I8:
        return 0;
    case IR_I16:
        return 1;
    case IR_I32:
    case IR_F32:
        return 2;
    case IR_V128:
        return 4;
    default:
        return 3;
    }
}

/* ---- emission ---- */

static inline void put_a64(Emitter *e, A64Op op, A64Args args)
{
    emit_u32(e, a64(op, args));
    e->host_insns++;
}
static inline void op0(Emitter *e, A64Op op)
{
    put_a64(e, op, (A64Args){0});
}
static inline void op_d(Emitter *e, A64Op op, unsigned d)
{
    put_a64(e, op, (A64Args){.d = d});
}
static inline void op_n(Emitter *e, A64Op op, unsigned n)
{
    put_a64(e, op, (A64Args){.n = n});
}
static inline void rr(Emitter *e, A64Op op, unsigned d, unsigned n)
{
    put_a64(e, op, (A64Args){.d = d, .n = n});
}
static inline void rrr(Emitter *e, A64Op op, unsigned d, unsigned n, unsigned m)
{
    put_a64(e, op, (A64Args){.d = d, .n = n, .m = m});
}
static inline void rrra(Emitter *e, A64Op op, unsigned d, unsigned n, unsigned m, unsigned a)
{
    put_a64(e, op, (A64Args){.d = d, .n = n, .m = m, .a = a});
}
static inline void rrr_shift(Emitter *e, A64Op op, unsigned d, unsigned n, unsigned m, unsigned sh,
                             unsigned amount)
{
    put_a64(e, op, (A64Args){.d = d, .n = n, .m = m, .imm = sh << 6 | amount});
}
static inline void rrr_extend(Emitter *e, A64Op op, unsigned d, unsigned n, unsigned m,
                              unsigned extend, unsigned amount)
{
    put_a64(e, op, (A64Args){.d = d, .n = n, .m = m, .imm = extend << 3 | amount});
}
static inline void ri(Emitter *e, A64Op op, unsigned d, unsigned n, int64_t imm)
{
    put_a64(e, op, (A64Args){.d = d, .n = n, .imm = imm});
}
static inline void rij(Emitter *e, A64Op op, unsigned d, unsigned n, int64_t imm, unsigned j)
{
    put_a64(e, op, (A64Args){.d = d, .n = n, .imm = imm, .j = j});
}
static inline void rcond(Emitter *e, A64Op op, unsigned d, unsigned n, unsigned m, A64Cond cc)
{
    put_a64(e, op, (A64Args){.d = d, .n = n, .m = m, .j = cc});
}
static inline void pair(Emitter *e, A64Op op, unsigned d, unsigned a, unsigned n, int64_t imm)
{
    put_a64(e, op, (A64Args){.d = d, .a = a, .n = n, .imm = imm});
}
/* Scalar and vector operations of a lane type. */
static inline void vv(Emitter *e, A64Op op, unsigned lane, unsigned d, unsigned n)
{
    put_a64(e, op, (A64Args){.lane = lane, .d = d, .n = n});
}
static inline void vvv(Emitter *e, A64Op op, unsigned lane, unsigned d, unsigned n, unsigned m)
{
    put_a64(e, op, (A64Args){.lane = lane, .d = d, .n = n, .m = m});
}
static inline void vcond(Emitter *e, A64Op op, unsigned lane, unsigned d, unsigned n, unsigned m,
                         A64Cond cc)
{
    put_a64(e, op, (A64Args){.lane = lane, .d = d, .n = n, .m = m, .j = cc});
}
static inline void vi(Emitter *e, A64Op op, unsigned lane, unsigned d, unsigned n, int64_t imm)
{
    put_a64(e, op, (A64Args){.lane = lane, .d = d, .n = n, .imm = imm});
}
static inline void vlane(Emitter *e, A64Op op, unsigned lane, unsigned d, unsigned n, unsigned j)
{
    put_a64(e, op, (A64Args){.lane = lane, .d = d, .n = n, .j = j});
}
/* d = bytes `from` to 15 of n, then as many of m. */
static inline void vext(Emitter *e, unsigned d, unsigned n, unsigned m, unsigned from)
{
    put_a64(e, A64_VEXT, (A64Args){.d = d, .n = n, .m = m, .imm = from});
}
static inline void vimm(Emitter *e, A64Op op, unsigned d, unsigned imm8, unsigned shift)
{
    put_a64(e, op, (A64Args){.d = d, .imm = imm8, .j = shift});
}

#endif
