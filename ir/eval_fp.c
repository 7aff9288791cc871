/* eval_fp.c: the meaning of the floating-point ops, scalar and by lane.
 *
 * Arithmetic is done by the host's own instruction (host_fp.h) under the environment that is
 * loaded; what is left to do here is the model of the guest: which NaN comes out, and on hosts that
 * are not x86 the denormal flag. Underflow is detected as the host does it.
 *
 * NaN results: x86: the first NaN operand made quiet, a made NaN is negative (Intel SDM vol. 1,
 * 4.8.3.5). Arm: a signalling operand first, a made NaN is positive (Arm ARM, FPProcessNaNs).
 * RISC-V: always the positive default NaN (unprivileged ISA, 11.3).
 */
#include "ir/eval.h"
#include "ir/host_fp.h"

/* ---- NaNs ---- */

typedef struct FpFormat {
    uint64_t sign, inf, quiet; /* bit patterns */
} FpFormat;
static const FpFormat formats[2] = {
    {UINT64_C(1) << 31, UINT64_C(0xff) << 23, UINT64_C(1) << 22},
    {UINT64_C(1) << 63, UINT64_C(0x7ff) << 52, UINT64_C(1) << 51},
};

static bool is_nan(const FpFormat *f, uint64_t v)
{
    return (v & ~f->sign) > f->inf;
}
static bool is_snan(const FpFormat *f, uint64_t v)
{
    return is_nan(f, v) && !(v & f->quiet);
}
static bool is_denormal(const FpFormat *f, uint64_t v)
{
    uint64_t m = v & ~f->sign;
    return m != 0 && m < (f->inf & -f->inf);
}

/* `result`, or if it is a NaN the one that the model wants; a == b for one operand. */
static uint64_t model_nan(FpModel model, const FpFormat *f, uint64_t result, uint64_t a, uint64_t b)
{
    if (!is_nan(f, result) || (HOST_FP_IS_X86 && model == FP_MODEL_X86))
        return result;
    if (model == FP_MODEL_RISCV)
        return f->inf | f->quiet;
    bool a_first = is_nan(f, a);
    if (model == FP_MODEL_ARM && is_snan(f, b) && !is_snan(f, a))
        a_first = false;
    if (a_first)
        return a | f->quiet;
    if (is_nan(f, b))
        return b | f->quiet;
    return f->inf | f->quiet | (model == FP_MODEL_X86 ? f->sign : 0);
}

/* The denormal flag of x86, where the host does not have it: not with a NaN, not under DAZ. */
static void model_denormal(FpModel model, const FpFormat *f, uint64_t a, uint64_t b)
{
    if (HOST_FP_IS_X86 || model != FP_MODEL_X86)
        return;
    if ((!is_denormal(f, a) && !is_denormal(f, b)) || is_nan(f, a) || is_nan(f, b))
        return;
    if ((host_fpctl_read() & 0x40) == 0)
        host_fp_raise(FP_DENORMAL);
}

/* ---- one lane ---- */

typedef union Lane {
    uint64_t u;
    float f;
    double d;
} Lane;

typedef struct FpBinOp { /* the two widths of one operation */
    float (*f32)(float a, float b);
    double (*f64)(double a, double b);
    bool selects; /* gives an operand as it is */
} FpBinOp;

static uint64_t lane_bin(const Region *r, const FpBinOp *op, bool wide, uint64_t x, uint64_t y)
{
    Lane a = {.u = x}, b = {.u = y}, v = {.u = 0};
    if (wide)
        v.d = op->f64(a.d, b.d);
    else
        v.f = op->f32(a.f, b.f);
    model_denormal(r->fp_model, &formats[wide], x, y);
    return op->selects ? v.u : model_nan(r->fp_model, &formats[wide], v.u, x, y);
}

static uint64_t lane_sqrt(const Region *r, bool wide, uint64_t x)
{
    Lane a = {.u = x}, v = {.u = 0};
    if (wide)
        v.d = host_fsqrt64(a.d);
    else
        v.f = host_fsqrt32(a.f);
    model_denormal(r->fp_model, &formats[wide], x, x);
    return model_nan(r->fp_model, &formats[wide], v.u, x, x);
}

static FpRelation lane_cmp(const Region *r, bool wide, uint64_t x, uint64_t y, bool signals)
{
    Lane a = {.u = x}, b = {.u = y};
    model_denormal(r->fp_model, &formats[wide], x, y);
    if (wide)
        return signals ? host_fcmp64_signal(a.d, b.d) : host_fcmp64(a.d, b.d);
    return signals ? host_fcmp32_signal(a.f, b.f) : host_fcmp32(a.f, b.f);
}

static uint64_t lane_ext(const Region *r, uint64_t x)
{
    Lane a = {.u = x}, v;
    v.d = host_fext(a.f);
    model_denormal(r->fp_model, &formats[0], x, x);
    if (is_nan(&formats[1], v.u) && r->fp_model == FP_MODEL_RISCV)
        return formats[1].inf | formats[1].quiet;
    return v.u;
}

static uint64_t lane_trunc(const Region *r, uint64_t x)
{
    Lane a = {.u = x}, v = {.u = 0};
    v.f = host_ftrunc(a.d);
    model_denormal(r->fp_model, &formats[1], x, x);
    if (is_nan(&formats[0], v.u) && r->fp_model == FP_MODEL_RISCV)
        return formats[0].inf | formats[0].quiet;
    return v.u;
}

static uint64_t lane_from_int(bool wide, bool int64, uint64_t x)
{
    Lane v = {.u = 0};
    if (wide)
        v.d = int64 ? host_i64tof64((int64_t)x) : host_i32tof64((int32_t)x);
    else
        v.f = int64 ? host_i64tof32((int64_t)x) : host_i32tof32((int32_t)x);
    return v.u;
}

/* By [wide][to i64][towards zero]. */
static uint64_t lane_to_int(bool wide, bool int64, bool zero, uint64_t x)
{
    Lane a = {.u = x};
    if (wide && int64)
        return (uint64_t)(zero ? host_f64toi64z(a.d) : host_f64toi64(a.d));
    if (wide)
        return (uint32_t)(zero ? host_f64toi32z(a.d) : host_f64toi32(a.d));
    if (int64)
        return (uint64_t)(zero ? host_f32toi64z(a.f) : host_f32toi64(a.f));
    return (uint32_t)(zero ? host_f32toi32z(a.f) : host_f32toi32(a.f));
}

/* ---- scalars and vectors ---- */

static uint64_t get(const IrValue *v, bool wide, unsigned n)
{
    return wide ? v->q[n] : v->w[n];
}
static void set(IrValue *v, bool wide, unsigned n, uint64_t x)
{
    if (wide)
        v->q[n] = x;
    else
        v->w[n] = (uint32_t)x;
}

#define FP_BIN(name, is_select)                                                                    \
    static const FpBinOp op_##name = {host_##name##32, host_##name##64, is_select};                \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        return eval_u64(lane_bin(r, &op_##name, i->type == IR_F64, a[0].u, a[1].u));               \
    }                                                                                              \
    IrValue eval_v##name(const Region *r, const IrInst *i, const IrValue *a)                       \
    {                                                                                              \
        bool wide = i->lane == IR_F64;                                                             \
        IrValue v;                                                                                 \
        for (unsigned n = 0; n < (wide ? 2 : 4); n++)                                              \
            set(&v, wide, n,                                                                       \
                lane_bin(r, &op_##name, wide, get(&a[0], wide, n), get(&a[1], wide, n)));          \
        return v;                                                                                  \
    }
FP_BIN(fadd, false)
FP_BIN(fsub, false)
FP_BIN(fmul, false)
FP_BIN(fdiv, false)
FP_BIN(fminsel, true)
FP_BIN(fmaxsel, true)

IrValue eval_fsqrt(const Region *r, const IrInst *i, const IrValue *a)
{
    return eval_u64(lane_sqrt(r, i->type == IR_F64, a[0].u));
}

IrValue eval_vfsqrt(const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = i->lane == IR_F64;
    IrValue v;
    for (unsigned n = 0; n < (wide ? 2 : 4); n++)
        set(&v, wide, n, lane_sqrt(r, wide, get(&a[0], wide, n)));
    return v;
}

/* ---- comparisons ---- */

static FpRelation compare(const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = eval_arg_type(r, i, 0) == IR_F64;
    return lane_cmp(r, wide, a[0].u, a[1].u, (i->flags & IR_F_SIGNAL) != 0);
}

#define FP_CMP(name, expr)                                                                         \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        FpRelation c = compare(r, i, a);                                                           \
        return eval_u64(expr);                                                                     \
    }
FP_CMP(feq, c.equal)
FP_CMP(flt, c.less)
FP_CMP(fle, c.less || c.equal)
FP_CMP(fun, c.unordered)
FP_CMP(fcmp, c.unordered ? 0x45 : c.equal ? 0x40 : c.less ? 0x01 : 0x00)

static bool relation_holds(unsigned cc, FpRelation c)
{
    switch (cc & 3) {
    case IR_FCMP_EQ:
        return c.equal != (cc >= 4);
    case IR_FCMP_LT:
        return c.less != (cc >= 4);
    case IR_FCMP_LE:
        return (c.less || c.equal) != (cc >= 4);
    default:
        return c.unordered != (cc >= 4);
    }
}

IrValue eval_vfcmp(const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = i->lane == IR_F64, signals = (i->cc & 3) == 1 || (i->cc & 3) == 2;
    IrValue v;
    for (unsigned n = 0; n < (wide ? 2 : 4); n++) {
        FpRelation c = lane_cmp(r, wide, get(&a[0], wide, n), get(&a[1], wide, n), signals);
        set(&v, wide, n, relation_holds(i->cc, c) ? UINT64_MAX : 0);
    }
    return v;
}

/* ---- conversions ---- */

IrValue eval_fext(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)i;
    return eval_u64(lane_ext(r, a[0].u));
}

IrValue eval_ftrunc(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)i;
    return eval_u64(lane_trunc(r, a[0].u));
}

IrValue eval_sitof(const Region *r, const IrInst *i, const IrValue *a)
{
    return eval_u64(lane_from_int(i->type == IR_F64, eval_arg_type(r, i, 0) == IR_I64, a[0].u));
}

IrValue eval_ftosi(const Region *r, const IrInst *i, const IrValue *a)
{
    return eval_u64(lane_to_int(eval_arg_type(r, i, 0) == IR_F64, i->type == IR_I64,
                                i->cc == IR_ROUND_ZERO, a[0].u));
}

#define FP_LANES(name, lanes, from_wide, to_wide, expr)                                            \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        (void)r;                                                                                   \
        (void)i;                                                                                   \
        IrValue v = {.q = {0, 0}};                                                                 \
        for (unsigned n = 0; n < lanes; n++) {                                                     \
            uint64_t x = get(&a[0], from_wide, n);                                                 \
            set(&v, to_wide, n, expr);                                                             \
        }                                                                                          \
        return v;                                                                                  \
    }
FP_LANES(vi32tof32, 4, false, false, lane_from_int(false, false, x))
FP_LANES(vf32toi32, 4, false, false, lane_to_int(false, false, i->cc == IR_ROUND_ZERO, x))
FP_LANES(vi32tof64, 2, false, true, lane_from_int(true, false, x))
FP_LANES(vf64toi32, 2, true, false, lane_to_int(true, false, i->cc == IR_ROUND_ZERO, x))
FP_LANES(vf32tof64, 2, false, true, lane_ext(r, x))
FP_LANES(vf64tof32, 2, true, false, lane_trunc(r, x))

static uint64_t estimate(float (*fn)(float), uint64_t x)
{
    Lane a = {.u = x}, v = {.u = 0};
    v.f = fn(a.f);
    return v.u;
}
FP_LANES(frcpest, 4, false, false, estimate(host_frcpest, x))
FP_LANES(frsqrtest, 4, false, false, estimate(host_frsqrtest, x))
