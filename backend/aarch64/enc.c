/* enc.c: from an enc.def row and operands to an instruction word; see enc.h.
 *
 * Each form is one case that places the fields of Arm ARM section C4.1. Register fields are always
 * Rd/Rt at 0, Rn at 5, Ra/Rt2 at 10, Rm/Rs at 16.
 */
#include "backend/aarch64/enc.h"

#include "ir/base/bits.h"
#include "ir/base/log.h"

const A64Info a64_info[A64_OP_COUNT] = {
#define A64(name, form, word, text) {FORM_##form, word, #name, text},
#include "backend/aarch64/enc.def"
#undef A64
};

bool a64_logic_field(uint64_t imm, bool is64, uint32_t *field)
{
    if (!is64)
        imm = (imm & 0xffffffff) | imm << 32;
    if (imm == 0 || imm == ~(uint64_t)0)
        return false;
    unsigned size = 64; /* the smallest element that repeats */
    while (size > 2 && (imm & bits_mask(size / 2)) == (imm >> size / 2 & bits_mask(size / 2)))
        size /= 2;
    uint64_t elem = imm & bits_mask(size);
    /* Rotate until the element is ones at the bottom. */
    unsigned ones = (unsigned)__builtin_popcountll(elem), rot = 0;
    while (rot < size && elem != bits_mask(ones)) {
        elem = (elem >> 1 | elem << (size - 1)) & bits_mask(size);
        rot++;
    }
    if (rot == size)
        return false;
    unsigned immr = (size - rot) & (size - 1);
    unsigned imms = ((~(size * 2 - 1)) & 0x3f) | (ones - 1);
    *field = (size == 64 ? 1u << 12 : 0) | immr << 6 | imms;
    return true;
}

static uint32_t field_signed(int64_t v, unsigned bits, unsigned at)
{
    DG_ASSERT(bits_fits_signed(v, bits));
    return ((uint32_t)v & (uint32_t)bits_mask(bits)) << at;
}

static uint32_t field_imm12(uint64_t v)
{
    DG_ASSERT(a64_fits_imm12(v));
    return v < 4096 ? (uint32_t)v << 10 : 1u << 22 | (uint32_t)(v >> 12) << 10;
}

static uint32_t field_logic(uint32_t word, uint64_t v)
{
    uint32_t f;
    bool ok = a64_logic_field(v, word >> 31, &f);
    DG_ASSERT(ok);
    return f << 10;
}

/* log2 of the access size of a load or store word. */
static unsigned mem_log2(uint32_t word)
{
    return (word & 1u << 26) != 0 && (word & 1u << 23) != 0 ? 4 : word >> 30;
}

static uint32_t field_mem12(uint32_t word, int64_t v)
{
    unsigned lg = mem_log2(word);
    DG_ASSERT(v >= 0 && (v & (int64_t)bits_mask(lg)) == 0 && v >> lg < 4096);
    return (uint32_t)(v >> lg) << 10;
}

static uint32_t field_pair(int64_t v)
{
    DG_ASSERT((v & 7) == 0);
    return field_signed(v >> 3, 7, 15);
}

static uint32_t field_lane5(unsigned lane, unsigned index)
{
    return (index << 1 | 1) << a64_log2_lane(lane) << 16;
}

static uint32_t field_branch(int64_t v, unsigned bits, unsigned at)
{
    DG_ASSERT((v & 3) == 0);
    return field_signed(v >> 2, bits, at);
}

static uint32_t field_vimm(uint32_t word, A64Args x)
{
    uint32_t imm = (uint32_t)x.imm & 0xff;
    uint32_t shift = (word & 0xf000) == 0xe000 ? 0 : (uint32_t)x.j / 8 << 13;
    return imm >> 5 << 16 | (imm & 31) << 5 | shift;
}

uint32_t a64(A64Op op, A64Args x)
{
    uint32_t w = a64_info[op].word;
    uint32_t dn = (uint32_t)x.d | (uint32_t)x.n << 5, m = (uint32_t)x.m << 16;
    uint32_t a = (uint32_t)x.a << 10, f64 = x.lane == IR_F64 ? 1u << 22 : 0;
    unsigned lg = a64_log2_lane(x.lane), bits = 8u << lg;
    uint32_t u = (uint32_t)x.imm;

    switch ((A64Form)a64_info[op].form) {
    case FORM_NONE:
        return w;
    case FORM_D:
        return w | x.d;
    case FORM_N:
        return w | (uint32_t)x.n << 5;
    case FORM_DN:
        return w | dn;
    case FORM_DNM:
        return w | dn | m;
    case FORM_DNMA:
        return w | dn | m | a;
    case FORM_SHIFTED:
        return w | dn | m | (u >> 6 & 3) << 22 | (u & 63) << 10;
    case FORM_EXTEND:
        return w | dn | m | u >> 3 << 13 | (u & 7) << 10;
    case FORM_IMM12:
        return w | dn | field_imm12((uint64_t)x.imm);
    case FORM_LOGIC:
        return w | dn | field_logic(w, (uint64_t)x.imm);
    case FORM_MOVW:
        DG_ASSERT(x.imm >= 0 && x.imm < 65536);
        return w | x.d | u << 5 | (uint32_t)x.j / 16 << 21;
    case FORM_BITFIELD:
        return w | dn | u << 16 | (uint32_t)x.j << 10;
    case FORM_EXTRACT:
        return w | dn | m | u << 10;
    case FORM_COND:
        return w | dn | m | (uint32_t)x.j << 12;
    case FORM_CCMP:
        return w | (uint32_t)x.n << 5 | m | (uint32_t)x.j << 12 | u;
    case FORM_B26:
        return w | field_branch(x.imm, 26, 0);
    case FORM_BCOND:
        return w | field_branch(x.imm, 19, 5) | x.j;
    case FORM_B19:
        return w | field_branch(x.imm, 19, 5) | x.d;
    case FORM_B14:
        return w | field_branch(x.imm, 14, 5) | x.d | (uint32_t)(x.j >> 5) << 31 |
               (uint32_t)(x.j & 31) << 19;
    case FORM_ADR:
        return w | x.d | (u & 3) << 29 | field_signed(x.imm >> 2, 19, 5);
    case FORM_MEM12:
        return w | dn | field_mem12(w, x.imm);
    case FORM_MEM9:
        return w | dn | field_signed(x.imm, 9, 12);
    case FORM_MEMX:
        return w | dn | m | (x.j != 0 ? 1u << 12 : 0);
    case FORM_PAIR:
        return w | dn | a | field_pair(x.imm);
    case FORM_F_DN:
        return w | dn | f64;
    case FORM_F_DNM:
        return w | dn | m | f64;
    case FORM_F_DNMA:
        return w | dn | m | a | f64;
    case FORM_F_NM:
        return w | (uint32_t)x.n << 5 | m | f64;
    case FORM_F_COND:
        return w | dn | m | f64 | (uint32_t)x.j << 12;
    case FORM_V_DN:
        return w | dn | lg << 22;
    case FORM_V_DNM:
        return w | dn | m | lg << 22;
    case FORM_VF_DN:
        return w | dn | f64;
    case FORM_VF_DNM:
        return w | dn | m | f64;
    case FORM_VEXT:
        return w | dn | m | u << 11;
    case FORM_LANE:
        /* UMOV of a 64-bit lane has Q set. */
        return w | dn | field_lane5(x.lane, x.j) | (op == A64_UMOV && lg == 3 ? 1u << 30 : 0);
    case FORM_LANE0:
        return w | dn | field_lane5(x.lane, 0);
    case FORM_LANE2:
        return w | dn | field_lane5(x.lane, x.j) | u << lg << 11;
    case FORM_V_SHL:
        DG_ASSERT(u < bits);
        return w | dn | (bits + u) << 16;
    case FORM_V_SHR:
        DG_ASSERT(u >= 1 && u <= bits);
        return w | dn | (2 * bits - u) << 16;
    case FORM_V_IMM:
        return w | x.d | field_vimm(w, x);
    }
    DG_UNREACHABLE();
}
