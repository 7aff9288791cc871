/* enc.h: x86-64 instruction encoding: legacy integer, legacy SSE and VEX forms; a pure function of
 * its arguments.
 *
 * Registers are hardware numbers 0-15. A width is the operand size in bytes (1 2 4 8) and matters
 * to integer instructions only. The immediate, if any, is appended by the caller.
 *
 *     X86Rm m = rm_mem(RBX, RCX, 3, 16);
 *     n = x86_encode(buf, X86_ADD, 8, RAX, 0, &m, 0, NULL);      add rax, [rbx + rcx*8 + 16]
 */
#ifndef DRAGOMAN_BACKEND_X86_64_ENC_H
#define DRAGOMAN_BACKEND_X86_64_ENC_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RAX,
    RCX,
    RDX,
    RBX,
    RSP,
    RBP,
    RSI,
    RDI,
    R8,
    R9,
    R10,
    R11,
    R12,
    R13,
    R14,
    R15,
    X86_AH = 0x14, /* as byte registers: ah ch dh bh, encodable without REX only */
    X86_NO_REG = 0xff,
};

/* Condition codes, hardware numbers; ^ 1 negates. */
enum {
    CC_O,
    CC_NO,
    CC_B,
    CC_AE,
    CC_E,
    CC_NE,
    CC_BE,
    CC_A,
    CC_S,
    CC_NS,
    CC_P,
    CC_NP,
    CC_L,
    CC_GE,
    CC_LE,
    CC_G,
};

typedef enum X86Form { F_RM, F_M, F_O, F_SRM, F_VRVM, F_VRM, F_VVM, F_VRMV } X86Form;
enum { P0, P66, PF3, PF2 };
enum { M0, M1, M2, M3 };
enum {
    A_B = 1,
    A_RB = 2,
    A_W = 4,
    A_GW = 8,
    A_K = 16,
    A_I8 = 32,
    A_GX = 64,
    A_GR = 128,
    A_GG = 256,
    A_ST = 512,
};

typedef enum X86Insn {
#define INSN(name, ...) X86_##name,
#include "backend/x86_64/insn.def"
#undef INSN
    X86_INSN_COUNT
} X86Insn;

typedef struct X86InsnDesc {
    const char *mnemonic;
    uint8_t form, prefix, map, opcode, ext;
    uint16_t attr;
} X86InsnDesc;

extern const X86InsnDesc x86_insns[X86_INSN_COUNT];

/* A register or memory operand. */
typedef struct X86Rm {
    bool mem, rip; /* rip: disp is relative to the end of the displacement field */
    uint8_t reg;   /* when !mem */
    uint8_t base, index, scale;
    int32_t disp;
    uint32_t label; /* with rip: 1 + the label it refers to, for asm.c */
} X86Rm;

static inline X86Rm rm_reg(unsigned reg)
{
    return (X86Rm){.reg = (uint8_t)reg};
}
static inline X86Rm rm_mem(unsigned base, unsigned index, unsigned scale, int32_t disp)
{
    return (X86Rm){.mem = true,
                   .base = (uint8_t)base,
                   .index = (uint8_t)index,
                   .scale = (uint8_t)scale,
                   .disp = disp};
}
static inline X86Rm rm_disp(unsigned base, int32_t disp)
{
    return rm_mem(base, X86_NO_REG, 0, disp);
}
static inline X86Rm rm_rip(void)
{
    return (X86Rm){.mem = true, .rip = true, .base = X86_NO_REG, .index = X86_NO_REG};
}

enum { X86_PLUS_CC = 0x0f, X86_LOCK = 0x10, X86_SSE = 0x20 };

/* Writes the instruction without its immediate to buf (16 bytes of room); returns its length. `v`:
 * the VEX.vvvv operand. extra: a condition code added to the opcode, | X86_LOCK, | X86_SSE for the
 * legacy encoding of a VEX row (two operands: v is ignored). *disp_at: offset of a 4-byte
 * displacement, 0 if there is none; may be NULL. */
unsigned x86_encode(uint8_t *buf, X86Insn insn, unsigned width, unsigned reg, unsigned v,
                    const X86Rm *rm, unsigned extra, unsigned *disp_at);
/* An instruction given by its bytes: map M0..M3 and opcode, with ModRM and no mandatory prefix.
 * Same room, result and disp_at as x86_encode. */
unsigned x86_encode_opcode(uint8_t *buf, unsigned map, unsigned opcode, bool rex_w, unsigned reg,
                           const X86Rm *rm);

#endif
