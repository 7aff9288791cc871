/* fp.c: floating point in integers, by lane; see fp.h. What the pseudocode functions named here do
 * is in the Arm ARM, "shared/functions/float".
 */
#include "frontend/aarch64/fp.h"

#include <string.h>

#include "frontend/aarch64/fp_estimate.h"
#include "frontend/aarch64/helpers.h"
#include "ir/softfp.h"

enum { CODE_FROM = 10, CODE_TO = 14, CODE_LANES = 18, CODE_CC = 22 };
enum { FPCR_FZ16 = 1 << 19, FPCR_FZ = 1 << 24, FPCR_DN = 1 << 25, FPCR_AHP = 1 << 26 };

uint32_t a64_fp_code(const A64FpOp *op)
{
    return op->op | (uint32_t)op->from << CODE_FROM | (uint32_t)op->to << CODE_TO |
           (uint32_t)op->lanes << CODE_LANES | (uint32_t)op->cc << CODE_CC;
}

/* An operation on lanes, while it is done. */
typedef struct Work {
    SoftFp s;
    uint32_t fpcr;
    A64FpOp op;
} Work;

static FpFormat format_of(unsigned type)
{
    return type == IR_F64 ? FP_BINARY64 : type == IR_F32 ? FP_BINARY32 : FP_BINARY16;
}

static uint64_t sign_of(unsigned type)
{
    return 1ull << (ir_type_bits((IrType)type) - 1);
}

/* ---- conversions between formats (FPConvert) ---- */

/* The alternative format has numbers where others have infinities and NaNs. */
static uint64_t from_alternative(Work *w, uint64_t a)
{
    bool large = (a >> 10 & 31) == 31;
    uint64_t low = large ? a - (1 << 10) : a; /* half of it */
    uint64_t v = softfp_convert(&w->s, FP_BINARY16, format_of(w->op.to), low);
    return large ? v + (w->op.to == IR_F64 ? 1ull << 52 : 1ull << 23) : v;
}

static uint64_t to_alternative(Work *w, uint64_t a)
{
    FpFormat from = format_of(w->op.from);
    uint64_t sign = a & sign_of(w->op.from) ? 0x8000 : 0, exponent = w->op.from == IR_F64 ? 52 : 23;
    uint64_t magnitude = a & (sign_of(w->op.from) - 1);
    uint64_t inf = w->op.from == IR_F64 ? 0x7ffull << 52 : 0xffull << 23;
    uint64_t large = (w->op.from == IR_F64 ? 1023ull + 15 : 127ull + 15) << exponent;
    if (magnitude >= inf) {
        w->s.fpctl |= FP_INVALID;
        return magnitude > inf ? sign : sign | 0x7fff;
    }
    if (magnitude < large)
        return softfp_convert(&w->s, from, FP_BINARY16, a); /* up to 2^15 there is room */
    SoftFp t = w->s;
    t.fpctl &= ~(uint32_t)FP_FLAGS;
    uint64_t half = softfp_convert(&t, from, FP_BINARY16, a - (1ull << exponent));
    if (t.fpctl & FP_OVERFLOW) {
        w->s.fpctl |= FP_INVALID;
        return sign | 0x7fff;
    }
    w->s.fpctl |= t.fpctl & FP_FLAGS;
    return half + (1 << 10);
}

static uint64_t convert(Work *w, uint64_t a)
{
    if (w->fpcr & FPCR_AHP && w->op.from == IR_I16)
        return from_alternative(w, a);
    if (w->fpcr & FPCR_AHP && w->op.to == IR_I16)
        return to_alternative(w, a);
    return softfp_convert(&w->s, format_of(w->op.from), format_of(w->op.to), a);
}

/* FPRoundIntN */
static uint64_t round_int(Work *w, uint64_t a)
{
    FpFormat f = format_of(w->op.from);
    unsigned bits = w->op.fraction;
    SoftFp t = w->s;
    t.fpctl &= ~(uint32_t)FP_FLAGS;
    FpIntType to = {.bits = (uint8_t)bits, .is_signed = true};
    int64_t v = (int64_t)softfp_to_fixed(&t, f, a, to, (IrRound)w->op.cc);
    if (bits == 32)
        v = (int32_t)v;
    w->s.fpctl |= t.fpctl;
    w->s.flushed |= t.flushed;
    if (t.fpctl & FP_INVALID)
        v = bits == 32 ? INT32_MIN : INT64_MIN;
    return v == 0 ? a & sign_of(w->op.from) : softfp_from_int(&w->s, f, v, 0);
}

/* ---- comparison ---- */

/* Equality is quiet. */
static uint64_t compare(Work *w, uint64_t a, uint64_t b)
{
    unsigned cc = w->op.cc;
    FpRelation r = softfp_compare(&w->s, format_of(w->op.from), a, b, cc != IR_FCMP_EQ);
    bool holds = cc == IR_FCMP_EQ ? r.equal : cc == IR_FCMP_LT ? r.less : r.less || r.equal;
    return holds ? UINT64_MAX : 0;
}

/* ---- an operation ---- */

static uint64_t special(Work *w, FpFormat f, uint64_t a, uint64_t b)
{
    uint64_t sign = sign_of(w->op.from);
    SoftFp *s = &w->s;
    switch ((enum A64FpSpecial)w->op.op) {
    case A64_FP_COMPARE:
        return compare(w, a, b);
    case A64_FP_COMPARE_ABS:
        return compare(w, a & ~sign, b & ~sign);
    case A64_FP_ROUND_INT:
        return round_int(w, a);
    case A64_FP_FLUSH:
        a = softfp_flush(s, f, a);
        return w->op.to == w->op.from ? a : softfp_convert(s, f, FP_BINARY32, a);
    case A64_FP_MULX:
        return a64_fp_mulx(s, f, a, b);
    case A64_FP_ABD:
        return softfp_sub(s, f, a, b) & ~sign;
    case A64_FP_RECPE:
        return a64_fp_recpe(s, f, a);
    case A64_FP_RSQRTE:
        return a64_fp_rsqrte(s, f, a);
    case A64_FP_RECPS:
        return a64_fp_recps(s, f, a ^ sign, b);
    case A64_FP_RSQRTS:
        return a64_fp_rsqrts(s, f, a ^ sign, b);
    case A64_FP_RECPX:
        return a64_fp_recpx(s, f, a);
    case A64_FP_TO_ODD:
        s->to_odd = true;
        return softfp_convert(s, FP_BINARY64, FP_BINARY32, a);
    case A64_FP_URECPE:
        return a64_urecpe((uint32_t)a);
    case A64_FP_URSQRTE:
        return a64_ursqrte((uint32_t)a);
    }
    return 0;
}

static int64_t signed_of(unsigned type, uint64_t v)
{
    return type == IR_I64 ? (int64_t)v : type == IR_I32 ? (int32_t)v : (int16_t)v;
}

static uint64_t converted(Work *w, FpFormat f, uint64_t a)
{
    FpIntType to = {.bits = (uint8_t)ir_type_bits((IrType)w->op.to),
                    .is_signed = w->op.op == IR_fsatsi,
                    .fraction = w->op.fraction};
    switch (w->op.op) {
    case IR_fext:
    case IR_ftrunc:
        return convert(w, a);
    case IR_sitof:
        return softfp_from_int(&w->s, format_of(w->op.to), signed_of(w->op.from, a),
                               w->op.fraction);
    case IR_uitof:
        return softfp_from_uint(&w->s, format_of(w->op.to), a, w->op.fraction);
    default:
        return softfp_to_fixed(&w->s, f, a, to, (IrRound)w->op.cc);
    }
}

static uint64_t lane(Work *w, const uint64_t v[3])
{
    FpFormat f = format_of(w->op.from);
    uint64_t a = v[0], b = v[1];
    switch (w->op.op) {
    case IR_fadd:
        return softfp_add(&w->s, f, a, b);
    case IR_fsub:
        return softfp_sub(&w->s, f, a, b);
    case IR_fmul:
        return softfp_mul(&w->s, f, a, b);
    case IR_fdiv:
        return softfp_div(&w->s, f, a, b);
    case IR_fmin:
        return softfp_min(&w->s, f, a, b);
    case IR_fmax:
        return softfp_max(&w->s, f, a, b);
    case IR_fminnm:
        return softfp_minnm(&w->s, f, a, b);
    case IR_fmaxnm:
        return softfp_maxnm(&w->s, f, a, b);
    case IR_ffma:
        return softfp_fma(&w->s, f, a, b, v[2]);
    case IR_fsqrt:
        return softfp_sqrt(&w->s, f, a);
    case IR_fround:
        return softfp_round(&w->s, f, a, (IrRound)(w->op.cc % IR_ROUND_QUIET),
                            w->op.cc >= IR_ROUND_QUIET);
    default:
        return w->op.op >= IR_OP_COUNT ? special(w, f, a, b) : converted(w, f, a);
    }
}

/* FZ and FZ16 as the operation has them: half-precision operands and results of conversions are
 * never flushed. */
static uint32_t flushing(const Work *w)
{
    bool conversion = w->op.op == IR_fext || w->op.op == IR_ftrunc;
    bool from_int = w->op.op == IR_sitof || w->op.op == IR_uitof;
    bool half_from = w->op.from == IR_I16 && !from_int;
    bool half_to = w->op.to == IR_I16 && w->op.op != IR_fsatsi && w->op.op != IR_fsatui;
    uint32_t fz16 = conversion ? 0 : w->fpcr & FPCR_FZ16, fz = w->fpcr & FPCR_FZ;
    return ((half_from ? fz16 : fz) ? FP_DAZ : 0u) | ((half_to ? fz16 : fz) ? FP_FTZ : 0u);
}

void a64_helper_fp(CpuState *cpu, uint32_t code, uint32_t fraction, uint32_t fpctl)
{
    A64State *a = a64_state(cpu);
    Work w = {.fpcr = a->fpcr,
              .op = {.op = code & ((1u << CODE_FROM) - 1),
                     .from = code >> CODE_FROM & 15,
                     .to = code >> CODE_TO & 15,
                     .lanes = code >> CODE_LANES & 15,
                     .cc = code >> CODE_CC & 15,
                     .fraction = (uint8_t)fraction}};
    unsigned from = ir_type_bits((IrType)w.op.from) / 8, to = ir_type_bits((IrType)w.op.to) / 8;
    uint8_t out[16] = {0};
    w.s = (SoftFp){.model = FP_MODEL_ARM, .default_nan = (w.fpcr & FPCR_DN) != 0};
    w.s.fpctl = (fpctl & ~(uint32_t)(FP_DAZ | FP_FTZ)) | FP_MASKS | flushing(&w);
    for (unsigned n = 0; n < w.op.lanes; n++) {
        uint64_t v[3] = {0};
        for (unsigned k = 0; k < 3; k++)
            memcpy(&v[k], (uint8_t *)a->soft[k] + n * from, from);
        uint64_t r = lane(&w, v);
        memcpy(out + n * to, &r, to);
    }
    memcpy(a->soft[0], out, sizeof out);
    if (w.s.flushed && w.op.from != IR_I16)
        a->idc = 1;
    a->fp_result = fpctl | (w.s.fpctl & FP_FLAGS);
}

/* ---- FJCVTZS (FPToFixedJS) ---- */

/* The integer modulo 2^32, and above it NZCV at bits 63 to 60. */
uint64_t a64_helper_jcvt(CpuState *cpu, uint64_t v, uint32_t fpctl)
{
    A64State *a = a64_state(cpu);
    unsigned exponent = v >> 52 & 0x7ff, flags = 0;
    uint64_t m = v & ((1ull << 52) - 1), n = 0;
    bool negative = v >> 63, exact = true;
    if (exponent == 0 && m != 0 && a->fpcr & FPCR_FZ) {
        a->idc = 1;
        exact = false;
    } else if (exponent == 0x7ff) {
        flags = FP_INVALID;
    } else if (exponent >= 1023) {
        int shift = (int)exponent - 1023 - 52;
        m |= 1ull << 52;
        bool fits;
        if (shift >= 0) {
            n = shift < 64 ? m << shift : 0;
            fits = false;
        } else {
            n = m >> -shift;
            exact = n << -shift == m;
            fits = n <= (uint64_t)INT32_MAX + negative;
        }
        flags = !fits ? FP_INVALID : exact ? 0 : FP_INEXACT;
    } else if (exponent != 0 || m != 0) {
        flags = FP_INEXACT;
    } else {
        exact = !negative;
    }
    a->fp_result = fpctl | flags;
    n = negative ? -n : n;
    return (uint32_t)n | (exact && flags == 0 ? 1ull << 62 : 0);
}
