/* case.h: one encoding to test, as the generator (generate.c) writes it and the runner
 * (runner.c, a guest program) reads it. The file is an array of these. The operand values are made
 * by the runner out of the seed, so that every engine gets the same.
 */
#ifndef TESTS_INSN_CASE_H
#define TESTS_INSN_CASE_H

#include <stdint.h>

enum {
    CASE_MMX = 1,        /* the MMX registers matter */
    CASE_VEC = 2,        /* the vector registers and MXCSR matter */
    CASE_STRING = 4,     /* rsi, rdi and rcx are set for a string instruction */
    CASE_STACK = 8,      /* rbp points into memory too */
    CASE_BITS = 16,      /* `bit_reg` is a bit offset */
    CASE_EXCHANGE = 32,  /* memory or `dest_reg` equals the accumulator in half the cases */
    CASE_DIVIDE = 64,    /* rdx extends rax in half the cases */
    CASE_ALIGNED = 128,  /* the memory operand must be aligned */
    CASE_XLAT = 256,     /* rbx points into memory */
    CASE_FP = 512,       /* exceptions are unmasked in some cases */
    CASE_MASKMOV = 1024, /* rdi points into memory */
    CASE_TARGET = 4096,  /* the operand (memory, dest_reg or the word at rsp) is where to go */
    CASE_COUNT = 8192,   /* rcx is small */
    CASE_POPF = 2048,    /* no TF, no AC in the word at rsp */
    CASE_X87 = 16384,    /* the x87 state matters; with CASE_MMX its registers hold integers */
    CASE_ULP = 32768,    /* ST(0) and ST(1) may be off in the last place */
    CASE_DOT = 65536,    /* DPPS, DPPD: dest_reg and src_reg are what it multiplies (dot.h) */
    CASE_STORE = 131072, /* of an x87 or MMX register to memory */
};

enum { NO_REG = 0xff };

/* Where the runner maps what instructions touch: both below 2 GiB, for absolute addresses, and
 * above where the heap of a static program may start (its end and 1 GiB). */
#define CODE_BASE   0x50000000u
#define CODE_STRIDE 64u
#define CODE_TARGET 32u         /* where a branch goes, from the start of its encoding */
#define MEMORY_BASE 0x60000000u /* unmapped below and above */
#define MEMORY_SIZE 0x4000u
#define MEMORY_SPOT (MEMORY_BASE + MEMORY_SIZE / 2) /* where fixed addresses lead */
#define GS_BASE     0x10000u

typedef struct InsnCase {
    uint8_t code[15];
    uint8_t length;
    uint16_t row;
    uint8_t base, index; /* registers of the memory operand, or NO_REG */
    uint8_t scale;
    uint8_t gs; /* the segment base counts */
    uint8_t bit_reg;
    uint8_t dest_reg;
    uint8_t src_reg; /* NO_REG: memory */
    uint8_t acc_size;
    uint16_t mem_size; /* of the memory operand; 0: none or not accessed */
    uint32_t kind;
    int32_t disp;
    uint32_t flag_mask; /* defined flags */
    uint32_t seed;
    char name[16];
} InsnCase;

#endif
