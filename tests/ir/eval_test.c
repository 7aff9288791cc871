/* eval_test.c: the meaning of ops at their corners: total integer ops, NaN models, FP flags. */
#include "ir/eval.h"
#include "tests/ir/ir_support.h"

static Region *region;
static Arena arena;
static uint32_t fpctl; /* that FP ops run under */

/* op on constants of `from`, giving type `to`. */
static IrValue eval(IrOp op, IrType to, IrType from, unsigned cc, unsigned flags, uint32_t aux,
                    const uint64_t *a, unsigned n)
{
    IrInst i = {.op = (uint16_t)op,
                .type = (uint8_t)to,
                .cc = (uint8_t)cc,
                .flags = (uint16_t)flags,
                .aux = aux,
                .nargs = (uint8_t)n};
    IrValue args[3] = {0};
    for (unsigned k = 0; k < n; k++) {
        i.arg[k] = ir_inst_new(region, &(IrInst){.op = IR_const, .type = (uint8_t)from});
        args[k] = eval_u64(a[k]);
    }
    return ir_op_info[op].effects & IR_E_FPENV ? ir_eval_fp(region, &i, args, &fpctl)
                                               : ir_eval(region, &i, args);
}

static void check_complete(void)
{
    for (unsigned op = 1; op < IR_OP_COUNT; op++) {
        bool fp = (ir_op_info[op].effects & IR_E_FPENV) != 0;
        bool pure = (ir_op_info[op].effects & IR_E_PURE) != 0 && !fp && op != IR_const &&
                    op != IR_vconst && op != IR_param;
        EXPECT((ir_eval_table[op] != NULL) == pure, "%s: %s", ir_op_info[op].name,
               pure ? "no meaning" : "a meaning that it should not have");
        EXPECT((ir_eval_fp_table[op] != NULL) == fp, "%s: %s", ir_op_info[op].name,
               fp ? "no meaning" : "a meaning that it should not have");
    }
}

/* ---- integers ---- */

#define MIN64 (UINT64_C(1) << 63)
#define MIN32 0x80000000u

static const struct {
    IrOp op;
    IrType to, from;
    uint32_t aux;
    uint64_t a[3], want;
} int_cases[] = {
    {IR_add, IR_I8, IR_I8, 0, {200, 100}, 44},
    {IR_sub, IR_I32, IR_I32, 0, {0, 1}, UINT32_MAX},
    {IR_mul, IR_I16, IR_I16, 0, {300, 300}, 90000 & 0xffff},
    {IR_umulh, IR_I64, IR_I64, 0, {UINT64_MAX, UINT64_MAX}, UINT64_MAX - 1},
    {IR_smulh, IR_I64, IR_I64, 0, {UINT64_MAX, UINT64_MAX}, 0},
    {IR_smulh, IR_I32, IR_I32, 0, {MIN32, 2}, UINT32_MAX},
    {IR_umulh, IR_I32, IR_I32, 0, {MIN32, 2}, 1},
    {IR_udiv, IR_I32, IR_I32, 0, {7, 0}, 0},
    {IR_sdiv, IR_I32, IR_I32, 0, {MIN32, UINT32_MAX}, MIN32},
    {IR_sdiv, IR_I64, IR_I64, 0, {MIN64, UINT64_MAX}, MIN64},
    {IR_sdiv, IR_I32, IR_I32, 0, {(uint32_t)-7, 2}, (uint32_t)-3},
    {IR_udivq, IR_I64, IR_I64, 0, {1, 0, 2}, MIN64},
    {IR_udivq, IR_I64, IR_I64, 0, {2, 0, 2}, 0},
    {IR_udivr, IR_I64, IR_I64, 0, {2, 5, 2}, 0},
    {IR_udivr, IR_I64, IR_I64, 0, {1, 5, 16}, 5},
    {IR_udivr, IR_I64, IR_I64, 0, {0, 5, 0}, 0},
    {IR_sdivq, IR_I64, IR_I64, 0, {UINT64_MAX, MIN64, 1}, MIN64},
    {IR_sdivq, IR_I64, IR_I64, 0, {UINT64_MAX, MIN64, UINT64_MAX}, 0},
    {IR_sdivq, IR_I64, IR_I64, 0, {UINT64_MAX, (uint64_t)-7, 2}, (uint64_t)-3},
    {IR_sdivr, IR_I64, IR_I64, 0, {UINT64_MAX, (uint64_t)-7, 2}, (uint64_t)-1},
    {IR_sdivr, IR_I64, IR_I64, 0, {0, 7, (uint64_t)-2}, 1},
    {IR_shl, IR_I8, IR_I8, 0, {1, 9}, 2},
    {IR_shr, IR_I16, IR_I16, 0, {0x8000, 31}, 1},
    {IR_sar, IR_I32, IR_I32, 0, {MIN32, 63}, UINT32_MAX},
    {IR_rotl, IR_I8, IR_I8, 0, {0x81, 1}, 0x03},
    {IR_rotr, IR_I16, IR_I16, 0, {1, 1}, 0x8000},
    {IR_rotr, IR_I64, IR_I64, 0, {5, 64}, 5},
    {IR_clz, IR_I32, IR_I32, 0, {0}, 32},
    {IR_clz, IR_I32, IR_I32, 0, {1}, 31},
    {IR_ctz, IR_I64, IR_I64, 0, {0}, 64},
    {IR_popcnt, IR_I64, IR_I64, 0, {UINT64_MAX}, 64},
    {IR_bswap, IR_I16, IR_I16, 0, {0x1234}, 0x3412},
    {IR_bswap, IR_I32, IR_I32, 0, {0x12345678}, 0x78563412},
    {IR_bitrev, IR_I32, IR_I32, 0, {0x80000005}, 0xa0000001},
    {IR_bitrev, IR_I64, IR_I64, 0, {0x8000000000000006}, 0x6000000000000001},
    {IR_crc32b, IR_I32, IR_I32, 0, {0xffffffff, 0x31}, 0x7c231048},
    {IR_crc32h, IR_I32, IR_I32, 0, {0xffffffff, 0x3231}, 0xb0acbb32},
    {IR_crc32, IR_I32, IR_I32, 0, {0xffffffff, 0x34333231}, 0x641c1f5c},
    {IR_crc32, IR_I64, IR_I64, 0, {0xffffffff, 0x3837363534333231}, 0x651f2550},
    {IR_sext, IR_I32, IR_I8, 0, {0x80}, 0xffffff80},
    {IR_trunc, IR_I8, IR_I64, 0, {0x1ff}, 0xff},
    {IR_extract, IR_I64, IR_I64, 60 | 4 << 8, {UINT64_C(0xa) << 60}, 0xa},
    {IR_sextract, IR_I32, IR_I32, 4 | 4 << 8, {0x80}, 0xfffffff8},
    {IR_deposit, IR_I64, IR_I64, 8 | 8 << 8, {UINT64_MAX, 0x100}, 0xffffffffffff00ff},
    {IR_ult, IR_I8, IR_I8, 0, {0x7f, 0x80}, 1},
    {IR_slt, IR_I8, IR_I8, 0, {0x7f, 0x80}, 0},
    {IR_sle, IR_I8, IR_I16, 0, {0x8000, 0x8000}, 1},
    {IR_select, IR_I64, IR_I64, 0, {1, 5, 6}, 5},
    {IR_select, IR_I64, IR_I64, 0, {0, 5, 6}, 6},
};

static void check_integers(void)
{
    for (unsigned k = 0; k < sizeof int_cases / sizeof int_cases[0]; k++) {
        uint64_t got = eval(int_cases[k].op, int_cases[k].to, int_cases[k].from, 0, 0,
                            int_cases[k].aux, int_cases[k].a, ir_op_info[int_cases[k].op].nargs)
                           .u;
        EXPECT(got == int_cases[k].want, "case %u: %s gives %llx, not %llx", k,
               ir_op_info[int_cases[k].op].name, (unsigned long long)got,
               (unsigned long long)int_cases[k].want);
    }
}

/* ---- floating point ---- */

#define ONE        UINT64_C(0x3ff0000000000000)
#define TWO        UINT64_C(0x4000000000000000)
#define THREE      UINT64_C(0x4008000000000000)
#define THIRD_DOWN UINT64_C(0x3fd5555555555555)
#define INF        UINT64_C(0x7ff0000000000000)
#define QNAN       UINT64_C(0x7ff8000000000001)
#define QNAN2      UINT64_C(0xfff8000000000002)
#define SNAN       UINT64_C(0x7ff4000000000003)
#define SNAN_QUIET (SNAN | UINT64_C(1) << 51)
#define MADE       UINT64_C(0x7ff8000000000000)
#define MADE_X86   (MADE | MIN64)
#define DENORMAL   UINT64_C(1)
#define HUGE64     UINT64_C(0x7fefffffffffffff)
#define TINY       UINT64_C(0x0010000000000000)

enum { IE = FP_INVALID, DE = FP_DENORMAL, ZE = FP_DIVZERO, OE = FP_OVERFLOW, UE = FP_UNDERFLOW };
enum { PE = FP_INEXACT, SIG = IR_F_SIGNAL, RZ = IR_ROUND_ZERO };
enum { X86, ARM, RISCV };

static const struct {
    int model;
    IrOp op;
    IrType to, from;
    unsigned cc, flags;
    uint64_t a[2], want;
    unsigned raised;
} fp_cases[] = {
    {X86, IR_fadd, IR_F64, IR_F64, 0, 0, {ONE, ONE}, TWO, 0},
    {X86, IR_fdiv, IR_F64, IR_F64, 0, 0, {ONE, THREE}, THIRD_DOWN, PE},
    {X86, IR_fdiv, IR_F64, IR_F64, 0, 0, {ONE, 0}, INF, ZE},
    {X86, IR_fmul, IR_F64, IR_F64, 0, 0, {HUGE64, TWO}, INF, OE | PE},
    {X86, IR_fmul, IR_F64, IR_F64, 0, 0, {TINY, THIRD_DOWN}, 0x0005555555555555, UE | PE},
    {X86, IR_fadd, IR_F64, IR_F64, 0, 0, {DENORMAL, ONE}, ONE, DE | PE},
    /* NaN: made, first of two, quieted */
    {X86, IR_fsub, IR_F64, IR_F64, 0, 0, {INF, INF}, MADE_X86, IE},
    {ARM, IR_fsub, IR_F64, IR_F64, 0, 0, {INF, INF}, MADE, IE},
    {RISCV, IR_fsub, IR_F64, IR_F64, 0, 0, {INF, INF}, MADE, IE},
    {X86, IR_fadd, IR_F64, IR_F64, 0, 0, {QNAN, QNAN2}, QNAN, 0},
    {X86, IR_fadd, IR_F64, IR_F64, 0, 0, {QNAN2, QNAN}, QNAN2, 0},
    {X86, IR_fadd, IR_F64, IR_F64, 0, 0, {QNAN, SNAN}, QNAN, IE},
    {ARM, IR_fadd, IR_F64, IR_F64, 0, 0, {QNAN, SNAN}, SNAN_QUIET, IE},
    {RISCV, IR_fadd, IR_F64, IR_F64, 0, 0, {QNAN, SNAN}, MADE, IE},
    {X86, IR_fmul, IR_F64, IR_F64, 0, 0, {SNAN, QNAN}, SNAN_QUIET, IE},
    {X86, IR_fmul, IR_F64, IR_F64, 0, 0, {ONE, QNAN2}, QNAN2, 0},
    {X86, IR_fadd, IR_F64, IR_F64, 0, 0, {QNAN, DENORMAL}, QNAN, 0},
    {X86, IR_fsqrt, IR_F64, IR_F64, 0, 0, {ONE | MIN64}, MADE_X86, IE},
    {ARM, IR_fsqrt, IR_F64, IR_F64, 0, 0, {ONE | MIN64}, MADE, IE},
    /* minimum by selection: the second unless a < b */
    {X86, IR_fminsel, IR_F64, IR_F64, 0, 0, {ONE, TWO}, ONE, 0},
    {X86, IR_fminsel, IR_F64, IR_F64, 0, 0, {QNAN, TWO}, TWO, IE},
    {X86, IR_fminsel, IR_F64, IR_F64, 0, 0, {TWO, SNAN}, SNAN, IE},
    {X86, IR_fminsel, IR_F64, IR_F64, 0, 0, {0, MIN64}, MIN64, 0},
    {X86, IR_fmaxsel, IR_F64, IR_F64, 0, 0, {MIN64, 0}, 0, 0},
    {X86, IR_fmaxsel, IR_F64, IR_F64, 0, 0, {TWO, ONE}, TWO, 0},
    /* comparisons */
    {X86, IR_feq, IR_I8, IR_F64, 0, 0, {QNAN, ONE}, 0, 0},
    {X86, IR_feq, IR_I8, IR_F64, 0, SIG, {QNAN, ONE}, 0, IE},
    {X86, IR_feq, IR_I8, IR_F64, 0, 0, {SNAN, ONE}, 0, IE},
    {X86, IR_feq, IR_I8, IR_F64, 0, 0, {0, MIN64}, 1, 0},
    {X86, IR_flt, IR_I8, IR_F64, 0, 0, {ONE, TWO}, 1, 0},
    {X86, IR_fle, IR_I8, IR_F64, 0, 0, {QNAN, TWO}, 0, 0},
    {X86, IR_fun, IR_I8, IR_F64, 0, 0, {QNAN, TWO}, 1, 0},
    {X86, IR_fcmp, IR_I8, IR_F64, 0, 0, {QNAN, TWO}, 0x45, 0},
    {X86, IR_fcmp, IR_I8, IR_F64, 0, 0, {ONE, TWO}, 0x01, 0},
    {X86, IR_fcmp, IR_I8, IR_F64, 0, 0, {TWO, TWO}, 0x40, 0},
    {X86, IR_fcmp, IR_I8, IR_F64, 0, 0, {TWO, ONE}, 0x00, 0},
    {X86, IR_flt, IR_I8, IR_F32, 0, 0, {0x3f800000, 0x40000000}, 1, 0},
    /* conversions */
    {X86, IR_ftosi, IR_I32, IR_F64, RZ, 0, {0x400e000000000000}, 3, PE},
    {X86, IR_ftosi, IR_I32, IR_F64, 0, 0, {0x400e000000000000}, 4, PE},
    {X86, IR_ftosi, IR_I32, IR_F64, RZ, 0, {0x41e65a0bc0100000}, MIN32, IE},
    {X86, IR_ftosi, IR_I64, IR_F64, RZ, 0, {QNAN}, MIN64, IE},
    {X86, IR_ftosi, IR_I64, IR_F32, 0, 0, {0x7f800000}, MIN64, IE},
    {X86, IR_ftosi, IR_I32, IR_F32, RZ, 0, {0xcf000000}, MIN32, 0},
    {X86, IR_sitof, IR_F32, IR_I64, 0, 0, {INT64_MAX}, 0x5f000000, PE},
    {X86, IR_sitof, IR_F64, IR_I32, 0, 0, {UINT32_MAX}, ONE | MIN64, 0},
    {X86, IR_fext, IR_F64, IR_F32, 0, 0, {0x7f800001}, 0x7ff8000020000000, IE},
    {RISCV, IR_fext, IR_F64, IR_F32, 0, 0, {0x7f800001}, MADE, IE},
    {X86, IR_fext, IR_F64, IR_F32, 0, 0, {1}, 0x36a0000000000000, DE},
    {X86, IR_ftrunc, IR_F32, IR_F64, 0, 0, {HUGE64}, 0x7f800000, OE | PE},
    {X86, IR_ftrunc, IR_F32, IR_F64, 0, 0, {SNAN}, 0x7fe00000, IE},
};

static void check_fp(void)
{
    for (unsigned k = 0; k < sizeof fp_cases / sizeof fp_cases[0]; k++) {
        region->fp_model = (FpModel)fp_cases[k].model;
        fpctl = 0x1f80;
        uint64_t got = eval(fp_cases[k].op, fp_cases[k].to, fp_cases[k].from, fp_cases[k].cc,
                            fp_cases[k].flags, 0, fp_cases[k].a, ir_op_info[fp_cases[k].op].nargs)
                           .u;
        unsigned raised = fpctl & FP_FLAGS;
        EXPECT(got == fp_cases[k].want, "case %u: %s gives %llx, not %llx", k,
               ir_op_info[fp_cases[k].op].name, (unsigned long long)got,
               (unsigned long long)fp_cases[k].want);
        EXPECT(raised == fp_cases[k].raised, "case %u: %s raises %x, not %x", k,
               ir_op_info[fp_cases[k].op].name, raised, fp_cases[k].raised);
    }
    region->fp_model = FP_MODEL_X86;
}

/* Rounding and flushing come from the environment. */
static void check_environment(void)
{
    uint64_t third[] = {ONE, THREE}, denormal[] = {DENORMAL, DENORMAL};
    fpctl = 0x1f80 | 2 << 13;
    uint64_t up = eval(IR_fdiv, IR_F64, IR_F64, 0, 0, 0, third, 2).u;
    fpctl = 0x1f80 | 0x8040;
    uint64_t zero = eval(IR_fadd, IR_F64, IR_F64, 0, 0, 0, denormal, 2).u;
    EXPECT(up == THIRD_DOWN + 1, "1/3 upwards is %llx", (unsigned long long)up);
    EXPECT(zero == 0, "denormals are not zero");
}

/* ---- vectors: a few against plain C ---- */

static IrValue eval_v(IrOp op, IrType lane, unsigned cc, IrValue a, IrValue b)
{
    IrInst i = {.op = (uint16_t)op, .type = IR_V128, .lane = (uint8_t)lane, .cc = (uint8_t)cc};
    IrValue args[3] = {a, b};
    i.nargs = ir_op_info[op].nargs;
    return ir_op_info[op].effects & IR_E_FPENV ? ir_eval_fp(region, &i, args, &fpctl)
                                               : ir_eval(region, &i, args);
}

static void check_vectors(void)
{
    fpctl = 0x1f80;
    IrValue a, b, v;
    for (int n = 0; n < 16; n++) {
        a.b[n] = (uint8_t)(n * 37 + 200);
        b.b[n] = (uint8_t)(n * 91 + 77);
    }
    v = eval_v(IR_vadds, IR_I8, 0, a, b);
    for (int n = 0; n < 16; n++) {
        int s = (int8_t)a.b[n] + (int8_t)b.b[n];
        EXPECT((int8_t)v.b[n] == (s > 127 ? 127 : s < -128 ? -128 : s), "vadds lane %d", n);
    }
    v = eval_v(IR_vmaddw, IR_I32, 0, a, b);
    for (int n = 0; n < 4; n++) {
        int s = (int16_t)a.h[2 * n] * (int16_t)b.h[2 * n] +
                (int16_t)a.h[2 * n + 1] * (int16_t)b.h[2 * n + 1];
        EXPECT((int)v.w[n] == s, "vmaddw lane %d", n);
    }
    v = eval_v(IR_vpackus, IR_I16, 0, a, b);
    for (int n = 0; n < 16; n++) {
        int s = (int16_t)(n < 8 ? a.h[n] : b.h[n - 8]);
        EXPECT(v.b[n] == (s < 0 ? 0 : s > 255 ? 255 : s), "vpackus lane %d", n);
    }
    v = eval_v(IR_vsar, IR_I16, 0, a, (IrValue){.q = {99, 0}});
    for (int n = 0; n < 8; n++)
        EXPECT(v.h[n] == ((int16_t)a.h[n] < 0 ? 0xffff : 0), "vsar lane %d", n);
    v = eval_v(IR_vf64toi32, IR_F64, IR_ROUND_ZERO, (IrValue){.d = {-3.9, 1e10}}, a);
    EXPECT((int)v.w[0] == -3 && v.w[1] == MIN32 && v.q[1] == 0, "vf64toi32");
    v = eval_v(IR_vfcmp, IR_F32, IR_FCMP_NLT, (IrValue){.f = {1, 2, __builtin_nanf(""), 0}},
               (IrValue){.f = {2, 1, 1, -0.0f}});
    EXPECT(v.w[0] == 0 && v.w[1] == UINT32_MAX && v.w[2] == UINT32_MAX && v.w[3] == UINT32_MAX,
           "vfcmp.nlt");
    v = eval_v(IR_frcpest, IR_F32, 0, (IrValue){.f = {3, -0.5f, 1e30f, 7}}, a);
    for (int n = 0; n < 4; n++) {
        float x = (float[]){3, -0.5f, 1e30f, 7}[n], err = v.f[n] * x - 1;
        EXPECT(err < 1.5f / 4096 && err > -1.5f / 4096, "frcpest of %g", x);
    }
}

int main(void)
{
    region = ir_region_new(&arena, 0, &test_slots, &test_helpers, FP_MODEL_X86);
    check_complete();
    check_integers();
    check_fp();
    check_environment();
    check_vectors();
    arena_free(&arena);
    return failures != 0;
}
