/* eval_test.c: every op, type and lane through the x86-64 backend against ir_eval, on random and
 * special operands, with operands in registers and as constants; flags of the FP environment too.
 * That every combination compiles is the completeness test. */
#include "tests/backend_x86_64/harness.h"

#include "ir/softfp.h"

typedef struct Case {
    IrInst proto;
    IrType arg[3];
    unsigned nargs;
    unsigned variant; /* 0 registers; 1, 2: argument 1, 0 constant; 3: all arguments the same */
} Case;

enum { VARIANTS = 4, RUNS = 40 };

static unsigned failures, cases, compiled;
static BackendConfig cfg;
static bool exact, flush; /* Region.fp_exact, fp_flush */

/* ---- operands ---- */

static uint64_t random_int(void)
{
    static const uint64_t special[] = {0,          1,
                                       2,          7,
                                       8,          15,
                                       16,         31,
                                       32,         63,
                                       64,         127,
                                       128,        255,
                                       0x7fff,     0x8000,
                                       0xffff,     0x7fffffff,
                                       0x80000000, 0xffffffff,
                                       INT64_MAX,  (uint64_t)INT64_MIN,
                                       UINT64_MAX};
    switch (rnd(4)) {
    case 0:
        return special[rnd(sizeof special / sizeof special[0])];
    case 1:
        return rnd64() >> rnd(64);
    case 2:
        return special[rnd(23)] | rnd64() << 32;
    default:
        return rnd64();
    }
}

static uint64_t random_f64(void)
{
    static const double special[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.0,
                                     0.5,
                                     1.5,
                                     2.5,
                                     -2.5,
                                     2147483647.0,
                                     2147483647.5,
                                     2147483648.0,
                                     -2147483648.0,
                                     -2147483648.5,
                                     -2147483649.0,
                                     9223372036854775808.0,
                                     -9223372036854775808.0,
                                     1e300,
                                     -1e300,
                                     1e-310,
                                     1e-320,
                                     3.25e9};
    static const uint64_t nans[] = {0x7ff0000000000000, 0xfff0000000000000, 0x7ff8000000000000,
                                    0xfff8000000000000, 0x7ff8000000001234, 0x7ff0000000000001,
                                    0xfff0000000055555, 0xfffabcdef0000000};
    uint64_t u;
    switch (rnd(5)) {
    case 0:
        return nans[rnd(8)];
    case 1:
        return rnd64();
    case 2: {
        double d = (double)(int64_t)rnd64() / (double)(1ull << rnd(63));
        memcpy(&u, &d, 8);
        return u;
    }
    default:
        memcpy(&u, &special[rnd(21)], 8);
        return u;
    }
}

static uint32_t random_f32(void)
{
    static const float special[] = {
        0.0f,  -0.0f,         1.0f,          -1.0f,          0.5f,           1.5f,
        -2.5f, 2147483520.0f, 2147483648.0f, -2147483648.0f, -2147483904.0f, 9.3e18f,
        1e38f, -1e38f,        1e-40f,        -1e-44f,        3.25e9f,        4.5f};
    static const uint32_t nans[] = {0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000,
                                    0x7fc01234, 0x7f800001, 0xff812345, 0xffeeeeee};
    uint32_t u;
    switch (rnd(5)) {
    case 0:
        return nans[rnd(8)];
    case 1:
        return (uint32_t)rnd64();
    case 2: {
        float d = (float)(int32_t)rnd64() / (float)(1u << rnd(31));
        memcpy(&u, &d, 4);
        return u;
    }
    default:
        memcpy(&u, &special[rnd(18)], 4);
        return u;
    }
}

/* lane: of the op, so that vectors hold numbers of the kind it works on. */
static IrValue random_value(IrType t, unsigned lane)
{
    IrValue v = {0};
    if (t == IR_F32 || (t == IR_V128 && lane == IR_F32)) {
        for (unsigned k = 0; k < 4; k++)
            v.w[k] = random_f32();
    } else if (t == IR_F64 || (t == IR_V128 && lane == IR_F64)) {
        for (unsigned k = 0; k < 2; k++)
            v.q[k] = random_f64();
    } else if (t == IR_V128) {
        v.q[0] = rnd(3) ? rnd64() : random_int();
        v.q[1] = rnd(3) ? rnd64() : random_int();
        for (unsigned k = 0; k < 4 && rnd(2); k++)
            v.h[rnd(8)] = (uint16_t)(0x7ffe + rnd(4));
    } else {
        v.u = random_int();
    }
    return v;
}

static IrValue narrow(IrValue v, IrType t)
{
    unsigned bits = ir_type_bits(t);
    if (bits < 128)
        v.q[1] = 0;
    if (bits < 64)
        v.u &= bits_mask(bits);
    return v;
}

/* ---- building ---- */

static IrRef read_arg(IrBuilder *b, const Case *c, unsigned k)
{
    IrType t = c->arg[k];
    unsigned slot = c->variant == 3 && c->arg[k] == c->arg[0] ? 0 : k;
    if (t == IR_V128)
        return ir_get(b, SLOT_VEC + slot);
    if (ir_type_is_float(t)) {
        IrRef v = ir_get(b, SLOT_VEC + slot);
        return ir_vextract(b, t, v, 0);
    }
    IrRef v = ir_get(b, SLOT_INT + slot);
    return t == IR_I64 ? v : ir_conv(b, IR_trunc, t, v);
}

static bool is_const_arg(const Case *c, unsigned k)
{
    return ((c->variant == 1 && k == 1) || (c->variant == 2 && k == 0)) &&
           ir_type_is_int(c->arg[k]);
}

static Region *build(Arena *arena, const Case *c, IrInst *op, const IrValue fixed[3])
{
    Region *r = ir_region_new(arena, 0x1000, &h_slots, NULL, cfg.fp_model);
    r->fp_exact = exact;
    r->fp_flush = flush;
    IrBuilder b = {r, ir_block_new(r, 0x1000)};
    ir_insn(&b, 0x1000, 4);
    *op = c->proto;
    op->nargs = (uint8_t)c->nargs;
    for (unsigned k = 0; k < c->nargs; k++)
        op->arg[k] = is_const_arg(c, k) ? ir_const(&b, c->arg[k], fixed[k].u) : read_arg(&b, c, k);
    if (op->op == IR_vshuf)
        op->imm = ir_vconst_index(r, fixed[2].b);
    IrRef v = ir_emit(&b, op);
    ir_put(&b, SLOT_RESULT + op->type, v);
    ir_exit(&b, 0x2000, IR_EXIT_JUMP, 0);
    return r;
}

/* ---- comparing ---- */

static bool close_estimate(uint32_t got, uint32_t want)
{
    float g, w;
    memcpy(&g, &got, 4);
    memcpy(&w, &want, 4);
    if (got == want)
        return true;
    if (g != g || w != w)
        return false;
    float d = g > w ? g - w : w - g, m = w < 0 ? -w : w;
    return d <= m * (3.1f / 4096);
}

static bool same(const Case *c, IrValue got, IrValue want)
{
    if (c->proto.op == IR_frcpest || c->proto.op == IR_frsqrtest) {
        for (unsigned k = 0; k < 4; k++) {
            if (!close_estimate(got.w[k], want.w[k]))
                return false;
        }
        return true;
    }
    return memcmp(&got, &want, 16) == 0;
}

static void show(const Case *c, const char *what, const IrValue a[3], IrValue got, IrValue want,
                 unsigned flags, unsigned want_flags)
{
    if (failures++ > 30)
        return;
    printf("%s %s.%s cc %u flags %u variant %u features %x model %d%s fpctl %x: %s\n",
           ir_op_info[c->proto.op].name, ir_type_name(c->proto.type), ir_type_name(c->proto.lane),
           c->proto.cc, c->proto.flags, c->variant, cfg.host_features, cfg.fp_model,
           exact   ? " exact"
           : flush ? " flush"
                   : "",
           h_state.fpctl, what);
    for (unsigned k = 0; k < c->nargs; k++)
        printf("   arg %s %016llx:%016llx\n", ir_type_name(c->arg[k]),
               (unsigned long long)a[k].q[1], (unsigned long long)a[k].q[0]);
    printf("   got %016llx:%016llx flags %02x, want %016llx:%016llx flags %02x\n",
           (unsigned long long)got.q[1], (unsigned long long)got.q[0], flags,
           (unsigned long long)want.q[1], (unsigned long long)want.q[0], want_flags);
}

static void run_once(const Case *c, const CompiledCode *cc, const Region *r, const IrInst *op,
                     const IrValue fixed[3], uint32_t fpctl)
{
    IrValue a[3] = {0}, got = {0};
    for (unsigned k = 0; k < c->nargs; k++) {
        a[k] = is_const_arg(c, k) ? fixed[k] : random_value(c->arg[k], c->proto.lane);
        if (c->variant == 3 && c->arg[k] == c->arg[0])
            a[k] = a[0];
        if (ir_type_is_int(c->arg[k]))
            memcpy(slot_at(SLOT_INT + k), &a[k], 8);
        else
            memcpy(slot_at(SLOT_VEC + k), &a[k], 16);
        a[k] = narrow(a[k], c->arg[k]);
    }
    memset(slot_at(SLOT_RESULT + c->proto.type), 0xa5, 16);
    h_state.fpctl = fpctl;
    harness_enter(cc);
    memcpy(&got, slot_at(SLOT_RESULT + c->proto.type), ir_type_bits(c->proto.type) / 8);
    unsigned flags = h_state.fpctl & FP_FLAGS;
    IrValue want = ir_has(op, IR_E_FPENV) ? ir_eval_fp(r, op, a, &fpctl) : ir_eval(r, op, a);
    unsigned want_flags = fpctl & FP_FLAGS;
    if (cfg.fp_model != FP_MODEL_X86) { /* other guests do not see DE */
        unsigned unseen = FP_DENORMAL;
        if (cfg.fp_model == FP_MODEL_ARM && !exact)
            unseen |= FP_UNDERFLOW;
        if (flush)
            unseen |= FP_INEXACT;
        flags &= ~unseen;
        want_flags &= ~unseen;
    }
    want = narrow(want, c->proto.type);
    if (!same(c, got, want))
        show(c, "value", a, got, want, flags, want_flags);
    else if (flags != want_flags)
        show(c, "flags", a, got, want, flags, want_flags);
}

static void shuffle_mask(IrValue *m)
{
    static const uint8_t starts[] = {0, 8, 16, 24, 1, 13, 4};
    unsigned kind = rnd(7), from = starts[rnd(7)], lg = rnd(4);
    for (unsigned k = 0; k < 16; k++) {
        unsigned lane = k >> lg, at = k & ((1u << lg) - 1);
        switch (kind) {
        case 0:
            m->b[k] = (uint8_t)rnd(32);
            break;
        case 1: /* byte runs, zeros around */
            m->b[k] = (uint8_t)(k + from < 32 ? k + from : 0x80);
            break;
        case 2: /* interleave */
            m->b[k] = (uint8_t)((lane & 1 ? 16 : 0) + (lane / 2 << lg) + at + (from & 8));
            break;
        case 3: /* lanes in any order */
            if (at == 0)
                m->b[k] = (uint8_t)(rnd(32u >> lg) << lg);
            else
                m->b[k] = m->b[k - 1] + 1;
            break;
        case 4: /* one lane changed */
            m->b[k] = (uint8_t)(lane == from >> lg ? 16 + at : k);
            break;
        case 5:
            m->b[k] = (uint8_t)(k < from ? 0x80 : k - from);
            break;
        default:
            m->b[k] = (uint8_t)(rnd(4) ? rnd(16) : 0xff);
            break;
        }
        if (m->b[k] < 0x80)
            m->b[k] &= 31;
    }
}

static void run_case(Case *c)
{
    static Arena arena;
    cases++;
    for (c->variant = 0; c->variant < VARIANTS; c->variant++) {
        if (c->variant == 1 && (c->nargs < 2 || !ir_type_is_int(c->arg[1])))
            continue;
        if (c->variant == 2 && (c->nargs < 2 || !ir_type_is_int(c->arg[0])))
            continue;
        if (c->variant == 3 && c->nargs < 2)
            continue;
        unsigned regions = c->proto.op == IR_vshuf              ? 60
                           : c->variant == 1 || c->variant == 2 ? 8
                                                                : 2;
        for (unsigned n = 0; n < regions; n++) {
            IrValue fixed[3];
            for (unsigned k = 0; k < 3; k++)
                fixed[k] = narrow((IrValue){.u = random_int()}, k < c->nargs ? c->arg[k] : IR_I64);
            if (c->proto.op == IR_vshuf)
                shuffle_mask(&fixed[2]);
            IrInst op;
            CompiledCode cc;
            harness_compile(&cfg, build(&arena, c, &op, fixed), &cc);
            Region *r = build(&arena, c, &op, fixed); /* as lifted, for ir_eval */
            compiled++;
            for (unsigned k = 0; k < RUNS && harness_can_run(); k++) {
                uint32_t fpctl = 0x1f80 | (k & 3) << 13;
                if (flush)
                    fpctl |= 0x8040;
                if (k >= RUNS / 2 && k % 5 == 0 && cfg.fp_model == FP_MODEL_X86)
                    fpctl |= 0x8040;
                run_once(c, &cc, r, &op, fixed, fpctl);
            }
            arena_reset(&arena);
        }
    }
}

/* ---- the list of cases ---- */

static void add(IrOp op, IrType type, IrType lane, unsigned nargs, IrType a, IrType b, IrType d)
{
    static const uint8_t fcmp_flags[] = {0, IR_F_SIGNAL};
    Case c = {.proto = {.op = (uint16_t)op, .type = (uint8_t)type, .lane = (uint8_t)lane},
              .nargs = nargs,
              .arg = {a, b, d}};
    if (op == IR_extract || op == IR_sextract || op == IR_deposit) {
        for (unsigned k = 0; k < 12; k++) {
            unsigned bits = ir_type_bits(type), pos = rnd(bits), len = 1 + rnd(bits - pos);
            c.proto.aux = pos | len << 8;
            run_case(&c);
        }
    } else if (ir_op_info[op].sig == IR_SIG_FCMP) {
        for (unsigned k = 0; k < 2; k++) {
            c.proto.flags = fcmp_flags[k];
            run_case(&c);
        }
    } else if (op == IR_vfcmp) {
        for (c.proto.cc = 0; c.proto.cc < 8; c.proto.cc++)
            run_case(&c);
    } else if (op == IR_ftosi || op == IR_vf32toi32 || op == IR_vf64toi32) {
        for (c.proto.cc = 0; c.proto.cc < 2; c.proto.cc++)
            run_case(&c);
    } else if (op == IR_vextract || op == IR_vinsert) {
        for (c.proto.cc = 0; c.proto.cc < 128 / ir_type_bits(lane); c.proto.cc++)
            run_case(&c);
    } else if (ir_op_variants(op) != 0) {
        unsigned step = ir_op_variants(op) > 16 ? 5 : 1;
        for (unsigned cc = 0; cc < ir_op_variants(op); cc += step) {
            c.proto.cc = (uint8_t)cc;
            run_case(&c);
        }
    } else {
        run_case(&c);
    }
}

static void add_conversions(IrOp op)
{
    for (IrType to = IR_I8; to <= IR_F64; to++) {
        for (IrType from = IR_I8; from <= IR_F64; from++) {
            unsigned tb = ir_type_bits(to), fb = ir_type_bits(from);
            bool ti = ir_type_is_int(to), fi = ir_type_is_int(from), ok = false;
            switch (op) {
            case IR_zext:
            case IR_sext:
                ok = ti && fi && tb > fb;
                break;
            case IR_trunc:
                ok = ti && fi && tb < fb;
                break;
            case IR_bitcast:
                ok = ti != fi && tb == fb;
                break;
            case IR_fext:
            case IR_fbox:
                ok = to == IR_F64 && from == IR_F32;
                break;
            case IR_ftrunc:
            case IR_funbox:
                ok = to == IR_F32 && from == IR_F64;
                break;
            case IR_sitof:
            case IR_uitof:
                ok = !ti && fi && fb >= 32;
                break;
            default: /* ftosi */
                ok = ti && !fi && tb >= 32;
                break;
            }
            if (ok)
                add(op, to, IR_VOID, 1, from, IR_VOID, IR_VOID);
        }
    }
}

static void add_op(IrOp op)
{
    unsigned sig = ir_op_info[op].sig, nargs = ir_op_info[op].nargs;
    for (IrType t = IR_I8; t <= IR_V128; t++) {
        bool allowed = (ir_op_info[op].types >> t & 1) != 0;
        switch (sig) {
        case IR_SIG_UN:
        case IR_SIG_BIN:
        case IR_SIG_TRI:
        case IR_SIG_DIV128:
            if (allowed)
                add(op, t, IR_VOID, nargs, t, t, t);
            break;
        case IR_SIG_CMP:
            if (ir_type_is_int(t))
                add(op, IR_I8, IR_VOID, 2, t, t, IR_VOID);
            break;
        case IR_SIG_FCMP:
            if (ir_type_is_float(t))
                add(op, IR_I8, IR_VOID, 2, t, t, IR_VOID);
            break;
        case IR_SIG_SEL:
            add(op, t, IR_VOID, 3, IR_I8, t, t);
            break;
        case IR_SIG_VUN:
        case IR_SIG_VBIN:
        case IR_SIG_VTRI:
        case IR_SIG_VSHUF:
            if (allowed)
                add(op, IR_V128, t, nargs, IR_V128, IR_V128, IR_V128);
            break;
        case IR_SIG_VSTR:
            if (t == ir_vstr_type(op))
                add(op, t, IR_VOID, 3, IR_V128, IR_V128, IR_I64);
            break;
        case IR_SIG_VSHIFT:
            if (allowed)
                add(op, IR_V128, t, 2, IR_V128, IR_I64, IR_VOID);
            break;
        case IR_SIG_VINS:
            if (allowed)
                add(op, IR_V128, t, 2, IR_V128, t, IR_VOID);
            break;
        case IR_SIG_VEXT:
            if (allowed)
                add(op, op == IR_vmovmsk || op == IR_viszero ? IR_I32 : t, t, 1, IR_V128, IR_VOID,
                    IR_VOID);
            break;
        case IR_SIG_VSPLAT:
            if (allowed)
                add(op, IR_V128, t, 1, t, IR_VOID, IR_VOID);
            break;
        default:
            break;
        }
    }
    if (sig == IR_SIG_CONV)
        add_conversions(op);
}

int main(int argc, char **argv)
{
    harness_init();
    cfg = (BackendConfig){.convention = &h_conv, .check = true};
    for (unsigned pass = 0; pass < 2; pass++) { /* with what the host has, and without extras */
        cfg.host_features = pass == 0 ? backend_x86_64.detect_features() | HOST_V3 : HOST_V3;
        harness_stubs(&cfg);
        for (unsigned op = pass == 0 ? 1 : IR_vclmul; op < (pass == 0 ? IR_OP_COUNT : IR_vstrindex);
             op++) {
            if (argc > 1 && strcmp(argv[1], ir_op_info[op].name) != 0)
                continue;
            add_op((IrOp)op);
        }
    }
    for (unsigned pass = 0; pass < 4; pass++) {
        cfg.fp_model = pass == 2 ? FP_MODEL_RISCV : FP_MODEL_ARM;
        exact = pass == 1;
        flush = pass == 3;
        for (unsigned op = 1; op < IR_OP_COUNT; op++) {
            if ((argc > 1 && strcmp(argv[1], ir_op_info[op].name) != 0) ||
                !(ir_op_info[op].effects & IR_E_FPENV))
                continue;
            add_op((IrOp)op);
        }
    }
    printf("%u cases, %u regions, %s; %u wrong\n", cases, compiled,
           harness_can_run() ? "run" : "compiled only", failures);
    return failures != 0;
}
