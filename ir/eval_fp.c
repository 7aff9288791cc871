/* eval_fp.c: the meaning of the floating-point ops, scalar and by lane, in softfp.c's arithmetic.
 */
#include "ir/eval.h"
#include "ir/host_fp.h"

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

static uint64_t rounded(SoftFp *s, bool wide, uint64_t x, unsigned cc)
{
    return softfp_round(s, wide, x, (IrRound)(cc % IR_ROUND_QUIET), cc >= IR_ROUND_QUIET);
}

/* NAME on scalars and vNAME on lanes: expr of x and, where there is a second operand, y. */
#define FP_OP(name, expr)                                                                          \
    static uint64_t one_##name(SoftFp *s, const IrInst *i, bool wide, uint64_t x, uint64_t y)      \
    {                                                                                              \
        (void)i;                                                                                   \
        (void)y;                                                                                   \
        return expr;                                                                               \
    }                                                                                              \
    IrValue eval_##name(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)             \
    {                                                                                              \
        (void)r;                                                                                   \
        return eval_u64(one_##name(s, i, i->type == IR_F64, a[0].u,                                \
                                   ir_op_info[i->op].nargs > 1 ? a[1].u : 0));                     \
    }                                                                                              \
    IrValue eval_v##name(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)            \
    {                                                                                              \
        bool wide = i->lane == IR_F64;                                                             \
        IrValue v;                                                                                 \
        (void)r;                                                                                   \
        for (unsigned n = 0; n < (wide ? 2 : 4); n++) {                                            \
            uint64_t y = ir_op_info[i->op].nargs > 1 ? get(&a[1], wide, n) : 0;                    \
            set(&v, wide, n, one_##name(s, i, wide, get(&a[0], wide, n), y));                      \
        }                                                                                          \
        return v;                                                                                  \
    }
FP_OP(fadd, softfp_add(s, wide, x, y))
FP_OP(fsub, softfp_sub(s, wide, x, y))
FP_OP(fmul, softfp_mul(s, wide, x, y))
FP_OP(fdiv, softfp_div(s, wide, x, y))
FP_OP(fmin, softfp_min(s, wide, x, y))
FP_OP(fmax, softfp_max(s, wide, x, y))
FP_OP(fminnm, softfp_minnm(s, wide, x, y))
FP_OP(fmaxnm, softfp_maxnm(s, wide, x, y))
FP_OP(fminsel, softfp_minsel(s, wide, x, y))
FP_OP(fmaxsel, softfp_maxsel(s, wide, x, y))

/* Even lanes by one operation, odd ones by another. */
IrValue eval_vfaddsub(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = i->lane == IR_F64;
    IrValue v;
    (void)r;
    for (unsigned n = 0; n < (wide ? 2 : 4); n++) {
        uint64_t x = get(&a[0], wide, n), y = get(&a[1], wide, n);
        set(&v, wide, n, n & 1 ? softfp_add(s, wide, x, y) : softfp_sub(s, wide, x, y));
    }
    return v;
}

/* Neighbours of a, then of b. */
static IrValue neighbours(SoftFp *s, SoftFpBin *op, bool wide, const IrValue *a)
{
    unsigned half = wide ? 1 : 2;
    IrValue v;
    for (unsigned n = 0; n < 2 * half; n++) {
        const IrValue *from = &a[n / half];
        unsigned k = n % half * 2;
        set(&v, wide, n, op(s, wide, get(from, wide, k), get(from, wide, k + 1)));
    }
    return v;
}

IrValue eval_vfhadd(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return neighbours(s, softfp_add, i->lane == IR_F64, a);
}

IrValue eval_vfhsub(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return neighbours(s, softfp_sub, i->lane == IR_F64, a);
}

IrValue eval_ffma(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return eval_u64(softfp_fma(s, i->type == IR_F64, a[0].u, a[1].u, a[2].u));
}

IrValue eval_vffma(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = i->lane == IR_F64;
    IrValue v;
    (void)r;
    for (unsigned n = 0; n < (wide ? 2 : 4); n++)
        set(&v, wide, n,
            softfp_fma(s, wide, get(&a[0], wide, n), get(&a[1], wide, n), get(&a[2], wide, n)));
    return v;
}
FP_OP(fsqrt, softfp_sqrt(s, wide, x))
FP_OP(fround, rounded(s, wide, x, i->cc))

/* ---- comparisons ---- */

static FpRelation compare(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = eval_arg_type(r, i, 0) == IR_F64;
    return softfp_compare(s, wide, a[0].u, a[1].u, (i->flags & IR_F_SIGNAL) != 0);
}

#define FP_CMP(name, expr)                                                                         \
    IrValue eval_##name(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)             \
    {                                                                                              \
        FpRelation c = compare(s, r, i, a);                                                        \
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

IrValue eval_vfcmp(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = i->lane == IR_F64, signals = (i->cc & 3) == 1 || (i->cc & 3) == 2;
    IrValue v;
    (void)r;
    for (unsigned n = 0; n < (wide ? 2 : 4); n++) {
        FpRelation c = softfp_compare(s, wide, get(&a[0], wide, n), get(&a[1], wide, n), signals);
        set(&v, wide, n, relation_holds(i->cc, c) ? UINT64_MAX : 0);
    }
    return v;
}

/* ---- conversions ---- */

static int64_t int_of(IrType type, uint64_t x)
{
    return type == IR_I64 ? (int64_t)x : (int32_t)x;
}

IrValue eval_fext(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    return eval_u64(softfp_convert(s, FP_BINARY32, FP_BINARY64, a[0].u));
}

IrValue eval_ftrunc(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    (void)i;
    return eval_u64(softfp_convert(s, FP_BINARY64, FP_BINARY32, a[0].u));
}

IrValue eval_sitof(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    int64_t v = int_of(eval_arg_type(r, i, 0), a[0].u);
    return eval_u64(softfp_from_int(s, i->type == IR_F64, v, 0));
}

IrValue eval_uitof(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r; /* narrow values are zero-extended */
    return eval_u64(softfp_from_uint(s, i->type == IR_F64, a[0].u, 0));
}

static IrValue saturated(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a,
                         bool is_signed)
{
    bool wide = eval_arg_type(r, i, 0) == IR_F64;
    FpIntType to = {.bits = i->type == IR_I64 ? 64 : 32, .is_signed = is_signed};
    return eval_u64(softfp_to_fixed(s, wide, a[0].u, to, (IrRound)i->cc));
}

IrValue eval_fsatsi(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    return saturated(s, r, i, a, true);
}

IrValue eval_fsatui(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    return saturated(s, r, i, a, false);
}

IrValue eval_ftosi(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = eval_arg_type(r, i, 0) == IR_F64, int64 = i->type == IR_I64;
    int64_t v = softfp_to_int(s, wide, a[0].u, int64, i->cc == IR_ROUND_ZERO);
    return eval_u64(int64 ? (uint64_t)v : (uint32_t)v);
}

#define FP_LANES(name, lanes, from_wide, to_wide, expr)                                            \
    IrValue eval_##name(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)             \
    {                                                                                              \
        IrValue v = {.q = {0, 0}};                                                                 \
        (void)r;                                                                                   \
        (void)i;                                                                                   \
        for (unsigned n = 0; n < lanes; n++) {                                                     \
            uint64_t x = get(&a[0], from_wide, n);                                                 \
            set(&v, to_wide, n, expr);                                                             \
        }                                                                                          \
        return v;                                                                                  \
    }
FP_LANES(vi32tof32, 4, false, false, softfp_from_int(s, FP_BINARY32, (int32_t)x, 0))
FP_LANES(vf32toi32, 4, false, false,
         (uint64_t)softfp_to_int(s, false, x, false, i->cc == IR_ROUND_ZERO))
FP_LANES(vf64toi32, 2, true, false,
         (uint64_t)softfp_to_int(s, true, x, false, i->cc == IR_ROUND_ZERO))
FP_LANES(vf32tof64, 2, false, true, softfp_convert(s, FP_BINARY32, FP_BINARY64, x))
FP_LANES(vf64tof32, 2, true, false, softfp_convert(s, FP_BINARY64, FP_BINARY32, x))

FP_LANES(vsitof, 2, true, true, softfp_from_int(s, FP_BINARY64, (int64_t)x, 0))

IrValue eval_vuitof(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = i->lane == IR_I64;
    IrValue v;
    (void)r;
    for (unsigned n = 0; n < (wide ? 2 : 4); n++)
        set(&v, wide, n, softfp_from_uint(s, wide, get(&a[0], wide, n), 0));
    return v;
}

static IrValue saturated_lanes(SoftFp *s, const IrInst *i, const IrValue *a, bool is_signed)
{
    bool wide = i->lane == IR_F64;
    FpIntType to = {.bits = wide ? 64 : 32, .is_signed = is_signed};
    IrValue v;
    for (unsigned n = 0; n < (wide ? 2 : 4); n++)
        set(&v, wide, n, softfp_to_fixed(s, wide, get(&a[0], wide, n), to, (IrRound)i->cc));
    return v;
}

IrValue eval_vfsatsi(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return saturated_lanes(s, i, a, true);
}

IrValue eval_vfsatui(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return saturated_lanes(s, i, a, false);
}

IrValue eval_vf16tof32(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    IrValue v;
    (void)r;
    (void)i;
    for (unsigned n = 0; n < 4; n++)
        v.w[n] = (uint32_t)softfp_convert(s, FP_BINARY16, FP_BINARY32, a[0].h[n]);
    return v;
}

IrValue eval_vf32tof16(SoftFp *s, const Region *r, const IrInst *i, const IrValue *a)
{
    IrValue v = {.q = {0, 0}};
    (void)r;
    (void)i;
    for (unsigned n = 0; n < 4; n++)
        v.h[n] = (uint16_t)softfp_convert(s, FP_BINARY32, FP_BINARY16, a[0].w[n]);
    return v;
}

/* ---- without an environment ---- */

static uint64_t sign_bit(const IrInst *i)
{
    return UINT64_C(1) << (ir_type_bits((IrType)i->type) - 1);
}

IrValue eval_fneg(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return eval_u64(a[0].u ^ sign_bit(i));
}

IrValue eval_fabs(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r;
    return eval_u64(a[0].u & ~sign_bit(i));
}

IrValue eval_fcanon(const Region *r, const IrInst *i, const IrValue *a)
{
    bool wide = i->type == IR_F64;
    uint64_t infinity = wide ? 0x7ffull << 52 : 0xffu << 23;
    (void)r;
    if ((a[0].u & ~sign_bit(i)) <= infinity)
        return eval_u64(a[0].u);
    return eval_u64(wide ? 0x7ff8ull << 48 : 0x7fc00000);
}

IrValue eval_fbox(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r, (void)i;
    return eval_u64(a[0].u | UINT64_MAX << 32);
}

IrValue eval_funbox(const Region *r, const IrInst *i, const IrValue *a)
{
    (void)r, (void)i;
    return eval_u64(a[0].u >> 32 == UINT32_MAX ? a[0].w[0] : 0x7fc00000);
}

IrValue eval_vi32tof64(const Region *r, const IrInst *i, const IrValue *a)
{
    IrValue v;
    (void)r;
    (void)i;
    for (unsigned n = 0; n < 2; n++)
        v.d[n] = (int32_t)a[0].w[n];
    return v;
}

#define FP_ESTIMATE(name)                                                                          \
    IrValue eval_##name(const Region *r, const IrInst *i, const IrValue *a)                        \
    {                                                                                              \
        IrValue v;                                                                                 \
        (void)r;                                                                                   \
        (void)i;                                                                                   \
        for (unsigned n = 0; n < 4; n++)                                                           \
            v.f[n] = host_##name(a[0].f[n]);                                                       \
        return v;                                                                                  \
    }
FP_ESTIMATE(frcpest)
FP_ESTIMATE(frsqrtest)
