/* ops.c: what ops.def says about each op, as a table; names and sizes of types.
 *
 * nargs of a signature is its number of fixed arguments; SPECIAL ops have at most three (exitind).
 */
#include "ir/internal.h"
#include "ir/ir.h"

enum { /* the effect names of ops.def */
       PURE = IR_E_PURE,
       COMM = IR_E_COMM,
       RAISES = IR_E_RAISES,
       FPENV = IR_E_FPENV,
       READ = IR_E_READ,
       WRITE = IR_E_WRITE,
       FAULT = IR_E_FAULT,
       STATE = IR_E_STATE,
       TERM = IR_E_TERM,
       ORDER = IR_E_ORDER,
};

enum { /* arguments by signature */
       NARGS_NULLARY = 0,
       NARGS_UN = 1,
       NARGS_BIN = 2,
       NARGS_TRI = 3,
       NARGS_CMP = 2,
       NARGS_FCMP = 2,
       NARGS_SEL = 3,
       NARGS_CONV = 1,
       NARGS_DIV128 = 3,
       NARGS_LOAD = 1,
       NARGS_STORE = 2,
       NARGS_ATOMIC = 2,
       NARGS_CAS = 3,
       NARGS_VUN = 1,
       NARGS_VBIN = 2,
       NARGS_VTRI = 3,
       NARGS_VSHIFT = 2,
       NARGS_VSHUF = 2,
       NARGS_VINS = 2,
       NARGS_VEXT = 1,
       NARGS_VSPLAT = 1,
       NARGS_VSTR = 3,
       NARGS_SPECIAL = 2,
};

const IrOpInfo ir_op_info[IR_OP_COUNT] = {
    [IR_NOP] = {"nop", IR_SIG_SPECIAL, 0, 0},
#define OP(name, sig, effects, ...) [IR_##name] = {#name, IR_SIG_##sig, NARGS_##sig, effects},
#include "ir/ops.def"
#undef OP
};

static const struct {
    const char *name;
    uint16_t bits;
} type_info[IR_TYPE_COUNT] = {
    [IR_VOID] = {"void", 0},   [IR_I8] = {"i8", 8},       [IR_I16] = {"i16", 16},
    [IR_I32] = {"i32", 32},    [IR_I64] = {"i64", 64},    [IR_F32] = {"f32", 32},
    [IR_F64] = {"f64", 64},    [IR_V128] = {"v128", 128}, [IR_V256] = {"v256", 256},
    [IR_V512] = {"v512", 512},
};

unsigned ir_type_bits(IrType t)
{
    return type_info[t].bits;
}
const char *ir_type_name(IrType t)
{
    return type_info[t].name;
}

enum {
    L8 = 1u << IR_I8,
    L16 = 1u << IR_I16,
    L32 = 1u << IR_I32,
    L64 = 1u << IR_I64,
    LF32 = 1u << IR_F32,
    LF64 = 1u << IR_F64,
    LINT = L8 | L16 | L32 | L64,
    LFP = LF32 | LF64,
};

/* Lanes that ops.def allows; ops on whole registers count as i64. */
static const uint16_t lane_table[IR_OP_COUNT] = {
    [IR_vand] = L64,
    [IR_vor] = L64,
    [IR_vxor] = L64,
    [IR_vandn] = L64,
    [IR_vadd] = LINT,
    [IR_vsub] = LINT,
    [IR_vadds] = LINT,
    [IR_vaddus] = LINT,
    [IR_vsubs] = LINT,
    [IR_vsubus] = LINT,
    [IR_vmul] = L8 | L16 | L32,
    [IR_vmulhs] = L16,
    [IR_vmulhu] = L16,
    [IR_vmaddw] = L32,
    [IR_vmulu32] = L64,
    [IR_vsadbw] = L64,
    [IR_vavgu] = L8 | L16,
    [IR_vmins] = LINT,
    [IR_vmaxs] = LINT,
    [IR_vminu] = LINT,
    [IR_vmaxu] = LINT,
    [IR_vcmpeq] = LINT,
    [IR_vcmpgts] = LINT,
    [IR_vshl] = LINT,
    [IR_vshr] = LINT,
    [IR_vsar] = LINT,
    [IR_vpackss] = L16 | L32,
    [IR_vpackus] = L16 | L32,
    [IR_vshuf] = L8,
    [IR_vextract] = LINT | LFP,
    [IR_vinsert] = LINT | LFP,
    [IR_vlow] = L32 | L64 | LFP,
    [IR_vsplat] = LINT | LFP,
    [IR_vmovmsk] = L8 | L32 | L64,
    [IR_vcmpges] = LINT,
    [IR_vcmpgtu] = LINT,
    [IR_vcmpgeu] = LINT,
    [IR_vbsl] = L64,
    [IR_vpmins] = L8 | L16 | L32,
    [IR_vpmaxs] = L8 | L16 | L32,
    [IR_vpminu] = L8 | L16 | L32,
    [IR_vpmaxu] = L8 | L16 | L32,
    [IR_vredadd] = L8 | L16 | L32,
    [IR_vredmins] = L8 | L16 | L32,
    [IR_vredmaxs] = L8 | L16 | L32,
    [IR_vredminu] = L8 | L16 | L32,
    [IR_vredmaxu] = L8 | L16 | L32,
    [IR_vpaddls] = L16 | L32 | L64,
    [IR_vpaddlu] = L16 | L32 | L64,
    [IR_vmulls] = L16 | L32 | L64,
    [IR_vmullu] = L16 | L32 | L64,
    [IR_vclmul8] = L16,
    [IR_vpopcnt] = L8,
    [IR_vclz] = L8 | L16 | L32,
    [IR_vlookup] = L8,
    [IR_vshlv] = LINT,
    [IR_vfadd] = LFP,
    [IR_vfsub] = LFP,
    [IR_vfmul] = LFP,
    [IR_vfdiv] = LFP,
    [IR_vfsqrt] = LFP,
    [IR_vfminsel] = LFP,
    [IR_vfmaxsel] = LFP,
    [IR_vfcmp] = LFP,
    [IR_vi32tof32] = L32,
    [IR_vf32toi32] = LF32,
    [IR_vi32tof64] = L32,
    [IR_vf64toi32] = LF64,
    [IR_vf32tof64] = LF32,
    [IR_vf64tof32] = LF64,
    [IR_frcpest] = LF32,
    [IR_frsqrtest] = LF32,
    [IR_vmuls32] = L64,
    [IR_vmulhrs] = L16,
    [IR_vmaddub] = L16,
    [IR_vhadd] = LINT,
    [IR_vhsub] = L16 | L32,
    [IR_vhadds] = L16,
    [IR_vhsubs] = L16,
    [IR_vsadslide] = L16,
    [IR_vhminpos] = L16,
    [IR_vabs] = LINT,
    [IR_vsign] = L8 | L16 | L32,
    [IR_vtbl] = L8,
    [IR_vblendv] = L8 | L32 | L64,
    [IR_vsext] = L16 | L32 | L64,
    [IR_viszero] = L64,
    [IR_vfaddsub] = LFP,
    [IR_vfhadd] = LFP,
    [IR_vfhsub] = LFP,
    [IR_vfround] = LFP,
    [IR_vffma] = LFP,
    [IR_vfmin] = LFP,
    [IR_vfmax] = LFP,
    [IR_vfminnm] = LFP,
    [IR_vfmaxnm] = LFP,
    [IR_vsitof] = L64,
    [IR_vuitof] = L32 | L64,
    [IR_vfsatsi] = LFP,
    [IR_vfsatui] = LFP,
    [IR_vf16tof32] = L16,
    [IR_vf32tof16] = LF32,
    [IR_vclmul] = L64,
    [IR_aesenc] = L8,
    [IR_aesenclast] = L8,
    [IR_aesdec] = L8,
    [IR_aesdeclast] = L8,
    [IR_aesimc] = L8,
    [IR_aeskeys] = L32,
    [IR_sha1rnds4] = L32,
    [IR_sha1nexte] = L32,
    [IR_sha1msg2] = L32,
    [IR_sha256rnds2] = L32,
    [IR_sha256msg1] = L32,
    [IR_sha256msg2] = L32,
};

unsigned ir_op_lanes(IrOp op)
{
    return lane_table[op];
}

/* Result types that ops.def allows, where its signature alone does not say so. */
unsigned ir_op_types(IrOp op)
{
    enum { WIDE = L32 | L64, INTS = L8 | L16 | L32 | L64 };
    switch (op) {
    case IR_umulh:
    case IR_smulh:
    case IR_udiv:
    case IR_sdiv:
    case IR_clz:
    case IR_ctz:
    case IR_popcnt:
    case IR_pdep:
    case IR_pext:
    case IR_crc32c:
    case IR_crc32:
    case IR_bitrev:
    case IR_extract:
    case IR_sextract:
    case IR_deposit:
    case IR_ftosi:
    case IR_fsatsi:
    case IR_fsatui:
        return WIDE;
    case IR_bswap:
        return L16 | WIDE;
    case IR_crc32cb:
    case IR_crc32ch:
    case IR_crc32b:
    case IR_crc32h:
        return L32;
    case IR_udivq:
    case IR_udivr:
    case IR_sdivq:
    case IR_sdivr:
        return L64;
    case IR_fadd:
    case IR_fsub:
    case IR_fmul:
    case IR_fdiv:
    case IR_ffma:
    case IR_fsqrt:
    case IR_fround:
    case IR_fminsel:
    case IR_fmaxsel:
    case IR_fneg:
    case IR_fabs:
    case IR_fcanon:
    case IR_fmin:
    case IR_fmax:
    case IR_fminnm:
    case IR_fmaxnm:
    case IR_sitof:
    case IR_uitof:
        return LFP;
    case IR_fext:
    case IR_fbox:
        return LF64;
    case IR_ftrunc:
    case IR_funbox:
        return LF32;
    default:
        return INTS;
    }
}

unsigned ir_op_variants(IrOp op)
{
    switch (op) {
    case IR_fround:
    case IR_vfround:
        return 2 * IR_ROUND_QUIET;
    case IR_fsatsi:
    case IR_fsatui:
    case IR_vfsatsi:
    case IR_vfsatui:
        return IR_ROUND_QUIET;
    case IR_vsext:
        return 3;
    case IR_vmulls:
    case IR_vmullu:
    case IR_vclmul8:
        return 2;
    case IR_vclmul:
    case IR_vshlv:
    case IR_sha1rnds4:
        return 4;
    case IR_vsadslide:
        return 8;
    case IR_aeskeys:
    case IR_vstrindex:
    case IR_vstrmask:
    case IR_vstrflags:
        return 256;
    default:
        return 0;
    }
}
