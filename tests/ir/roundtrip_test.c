/* roundtrip_test.c: every op prints and parses back to the same text, and ir_verify accepts it in
 * both forms; what is wrong is refused with the line. */
#include "ir/internal.h"
#include "tests/ir/ir_support.h"

/* Some value of type t. */
static IrRef value(IrBuilder *b, IrType t)
{
    switch (t) {
    case IR_I8:
    case IR_I16:
        return ir_conv(b, IR_trunc, t, ir_get(b, SLOT_X + 1));
    case IR_I32:
        return ir_get(b, SLOT_W);
    case IR_I64:
        return ir_get(b, SLOT_X);
    case IR_F32:
        return ir_conv(b, IR_bitcast, t, ir_get(b, SLOT_W + 1));
    case IR_F64:
        return ir_conv(b, IR_bitcast, t, ir_get(b, SLOT_X + 2));
    default:
        return ir_get(b, SLOT_V);
    }
}

static void put(IrBuilder *b, IrRef v)
{
    IrType t = (IrType)ir_inst(b->region, v)->type;
    if (t == IR_F32 || t == IR_F64)
        v = ir_conv(b, IR_bitcast, t == IR_F32 ? IR_I32 : IR_I64, v);
    t = (IrType)ir_inst(b->region, v)->type;
    if (t == IR_V128)
        ir_put(b, SLOT_V + 1, v);
    else
        ir_put(b, SLOT_X + 3, ir_conv(b, IR_zext, IR_I64, v));
}

static IrType conv_source(IrOp op, IrType to)
{
    switch (op) {
    case IR_trunc:
    case IR_sitof:
    case IR_uitof:
        return IR_I64;
    case IR_bitcast:
        return to == IR_I32 ? IR_F32 : to == IR_I64 ? IR_F64 : to == IR_F32 ? IR_I32 : IR_I64;
    case IR_ftosi:
    case IR_fsatsi:
    case IR_fsatui:
    case IR_ftrunc:
    case IR_funbox:
        return IR_F64;
    case IR_fext:
    case IR_fbox:
        return IR_F32;
    default:
        return IR_I8;
    }
}

static void one(IrBuilder *b, IrOp op, IrType t)
{
    static const uint8_t mask[16] = {3, 17, 0x80, 1};
    const IrOpInfo *info = &ir_op_info[op];
    bool vector = info->sig >= IR_SIG_VUN && info->sig <= IR_SIG_VSPLAT;
    bool allowed = info->types >> t & 1;
    if (vector && !allowed)
        return;
    switch (info->sig) {
    case IR_SIG_UN:
        if (!allowed)
            return;
        if (op == IR_extract || op == IR_sextract)
            put(b, op == IR_extract ? ir_extract(b, value(b, t), 4, 9)
                                    : ir_sextract(b, value(b, t), 7, 3));
        else if (ir_op_variants(op) != 0)
            put(b, ir_emit(b, &(IrInst){.op = (uint16_t)op,
                                        .type = t,
                                        .cc = 1,
                                        .nargs = 1,
                                        .arg = {value(b, t)}}));
        else
            put(b, ir_un(b, op, value(b, t)));
        break;
    case IR_SIG_BIN:
        if (!allowed)
            return;
        if (op == IR_deposit)
            put(b, ir_deposit(b, value(b, t), value(b, IR_I8), 8, 8));
        else
            put(b, ir_bin(b, op, value(b, t), value(b, t)));
        break;
    case IR_SIG_CMP:
        if (ir_type_is_int(t))
            put(b, ir_cmp(b, op, value(b, t), ir_const(b, t, 77)));
        break;
    case IR_SIG_FCMP:
        if (ir_type_is_float(t))
            put(b, ir_fcmp(b, op, value(b, t), value(b, t), t == IR_F32 ? IR_F_SIGNAL : 0));
        break;
    case IR_SIG_SEL:
        put(b, ir_select(b, value(b, IR_I8), value(b, t),
                         ir_type_is_int(t) ? ir_const(b, t, 9) : value(b, t)));
        break;
    case IR_SIG_CONV:
        if (allowed)
            put(b, ir_conv_round(b, op, t, value(b, conv_source(op, t)),
                                 op == IR_ftosi ? IR_ROUND_ZERO : IR_ROUND_CURRENT));
        break;
    case IR_SIG_TRI:
        if (allowed)
            put(b, ir_tri(b, op, value(b, t), value(b, t), value(b, t)));
        break;
    case IR_SIG_DIV128:
        if (t == IR_I64)
            put(b, ir_div128(b, op, value(b, t), ir_get(b, SLOT_X + 5), ir_get(b, SLOT_X + 6)));
        break;
    case IR_SIG_LOAD:
        put(b, ir_load(b, t, value(b, IR_I64), IR_ORDER_TSO | IR_M_ALIGNED));
        break;
    case IR_SIG_STORE:
        ir_store(b, value(b, IR_I64), ir_type_is_int(t) ? ir_const(b, t, 0x55) : value(b, t),
                 IR_ORDER_RELEASE | IR_M_BIG | IR_M_STREAM);
        break;
    case IR_SIG_ATOMIC:
        if (ir_type_is_int(t))
            put(b, ir_atomic(b, op, value(b, IR_I64), value(b, t)));
        break;
    case IR_SIG_CAS:
        if (ir_type_is_int(t) || t == IR_V128)
            put(b, ir_cas(b, value(b, IR_I64), value(b, t), value(b, t)));
        break;
    case IR_SIG_VUN:
    case IR_SIG_VBIN:
        put(b, ir_vop_cc(b, op, t, value(b, IR_V128),
                         info->sig == IR_SIG_VUN ? IR_NONE : ir_get(b, SLOT_V + 2),
                         op == IR_vfcmp            ? IR_FCMP_NLE
                         : ir_op_variants(op) != 0 ? ir_op_variants(op) - 1
                                                   : 0));
        break;
    case IR_SIG_VTRI:
        put(b, ir_vtri(b, op, t, value(b, IR_V128), ir_get(b, SLOT_V + 2), value(b, IR_V128)));
        break;
    case IR_SIG_VSTR:
        if (t == ir_vstr_type(op))
            put(b, ir_vstr(b, op, value(b, IR_V128), ir_get(b, SLOT_V + 2), value(b, IR_I64), 77));
        break;
    case IR_SIG_VSHIFT:
        put(b, ir_vshift(b, op, t, value(b, IR_V128), ir_const(b, IR_I64, 3)));
        break;
    case IR_SIG_VSHUF:
        put(b, ir_vshuf(b, value(b, IR_V128), ir_get(b, SLOT_V + 3), mask));
        break;
    case IR_SIG_VINS:
        put(b, ir_vinsert(b, t, value(b, IR_V128), value(b, t), 1));
        break;
    case IR_SIG_VEXT:
        put(b, op == IR_vmovmsk   ? ir_vmovmsk(b, t, value(b, IR_V128))
               : op == IR_viszero ? ir_viszero(b, value(b, IR_V128))
                                  : ir_vextract(b, t, value(b, IR_V128), 1));
        break;
    case IR_SIG_VSPLAT:
        put(b, op == IR_vlow ? ir_vlow(b, value(b, t)) : ir_vsplat(b, t, value(b, t)));
        break;
    default:
        break;
    }
}

/* One region with every op in every type it takes. */
static Region *everything(Arena *a)
{
    Region *r = ir_region_new(a, 0x1000, &test_slots, &test_helpers, FP_MODEL_ARM);
    r->mode = 5;
    IrBuilder b = {r, ir_block_new(r, 0x1000)};
    uint32_t loop = ir_block_new(r, 0x2000), out[5];
    for (int k = 0; k < 5; k++)
        out[k] = ir_block_new(r, 0x3000 + 16u * (unsigned)k);
    IrRef p = ir_param_new(r, loop, IR_I32), q = ir_param_new(r, loop, IR_F64);
    ir_insn(&b, 0x1000, 3);
    put(&b, ir_vconst(&b, (const uint8_t[16]){1, 2, 3}));
    for (unsigned op = 1; op < IR_OP_COUNT; op++)
        for (unsigned t = IR_I8; t <= IR_V128; t++)
            one(&b, (IrOp)op, (IrType)t);
    ir_insn(&b, 0x1003, 2);
    put(&b, ir_call(&b, HELP_MIX, (IrRef[]){value(&b, IR_I64), ir_const(&b, IR_I32, 3)}, 2));
    ir_call(&b, HELP_TICK, NULL, 0);
    put(&b, ir_call(&b, HELP_CHECK, (IrRef[]){value(&b, IR_I64)}, 1));
    ir_fence(&b, IR_FENCE_ALL);
    ir_fence(&b, IR_FENCE_RW | IR_FENCE_WW);
    ir_count(&b);
    ir_fpctl_set(&b, ir_fpctl_get(&b));
    ir_x87(&b, 0xc1de, IR_NONE);
    put(&b, ir_x87(&b, 0xe0df | (uint64_t)IR_I16 << IR_X87_RESULT, IR_NONE));
    ir_x87(&b, 0xc1da | (uint64_t)IR_I8 << IR_X87_ARGUMENT, value(&b, IR_I8));
    ir_x87_mem(&b, 0x00dd, value(&b, IR_I64));
    ir_put(&b, SLOT_MEM, ir_get(&b, SLOT_MEM));
    ir_jump(&b, loop);
    uint32_t e = ir_inst(r, (IrRef){r->blocks.data[0].last})->edge[0];
    IrRef k = ir_inst_new(r, &(IrInst){.op = IR_const, .type = IR_I32, .imm = 70000});
    ir_insert_before(r, (IrRef){r->blocks.data[0].last}, k);
    ir_edge_arg(r, e, k);
    IrRef d = ir_inst_new(r, &(IrInst){.op = IR_const, .type = IR_F64, .imm = UINT64_C(1) << 62});
    ir_insert_before(r, (IrRef){r->blocks.data[0].last}, d);
    ir_edge_arg(r, e, d);
    b.block = loop;
    ir_poll(&b);
    ir_put(&b, SLOT_W, ir_bini(&b, IR_add, p, 1));
    put(&b, ir_bin(&b, IR_fadd, q, q));
    ir_br(&b, ir_bini(&b, IR_ne, p, 0), loop, out[0]);
    uint32_t back = ir_inst(r, (IrRef){r->blocks.data[loop].last})->edge[0];
    ir_edge_arg(r, back, p);
    ir_edge_arg(r, back, q);
    b.block = out[0];
    ir_br(&b, value(&b, IR_I8), out[1], out[2]);
    b.block = out[1];
    ir_exit(&b, 0x4000, IR_EXIT_CALL, 0x3012);
    b.block = out[2];
    ir_br(&b, value(&b, IR_I8), out[3], out[4]);
    b.block = out[3];
    r->blocks.data[out[3]].cold = true;
    ir_trap(&b, 4, 77);
    b.block = out[4];
    ir_exit_indirect(&b, value(&b, IR_I64), IR_EXIT_RET, 0);
    return r;
}

static void check_round_trip(const Region *r, const char *form)
{
    Arena a = {0};
    char err[256], *first = text_of(r);
    EXPECT(ir_verify(r, err, sizeof err), "%s: %s", form, err);
    Region *back = parse_or_die(&a, first);
    EXPECT(ir_verify(back, err, sizeof err), "%s, parsed: %s", form, err);
    char *second = text_of(back);
    EXPECT(strcmp(first, second) == 0, "%s: texts differ", form);
    if (strcmp(first, second) != 0)
        fprintf(stderr, "%s\n----\n%s\n", first, second);
    free(first);
    free(second);
    arena_free(&a);
}

/* Every op must occur in the region, so that a new one cannot be forgotten here. */
static void check_complete(const Region *r)
{
    bool seen[IR_OP_COUNT] = {false};
    for (uint32_t v = 1; v < r->insts.count; v++)
        seen[r->insts.data[v].op] = true;
    seen[IR_NOP] = true;
    for (unsigned op = 0; op < IR_OP_COUNT; op++)
        EXPECT(seen[op], "no %s in the region of all ops", ir_op_info[op].name);
}

static void refused(const char *text, const char *why)
{
    Arena a = {0};
    char err[256] = "";
    Region *r = ir_parse(&a, text, &test_slots, &test_helpers, err, sizeof err);
    if (r != NULL)
        EXPECT(!ir_verify(r, err, sizeof err), "accepted:\n%s", text);
    EXPECT(strstr(err, why) != NULL, "\"%s\" where \"%s\" should be said", err, why);
    arena_free(&a);
}

int main(void)
{
    Arena a = {0};
    Region *r = everything(&a);
    check_complete(r);
    check_round_trip(r, "lifted");
    PassContext ctx = {.verify = true};
    ir_optimise(r, &ctx);
    check_round_trip(r, "promoted");
    arena_free(&a);

    refused("region 0 {\nb0:\n  %1 = get x9\n  exit 0\n}\n", "line 3: no slot");
    refused("region 0 {\nb0:\n  %1 = frob i64 %2\n  exit 0\n}\n", "line 3: no op");
    refused("region 0 {\nb0:\n  put x0, %7\n  exit 0\n}\n", "has no value");
    refused("region 0 {\nb0:\n  %1 = get w0\n  put x0, %1\n  exit 0\n}\n", "x0 is i64");
    refused("region 0 {\nb0:\n  %1 = get x0\n}\n", "does not end");
    refused("region 0 {\nb0:\n  jump b1(3)\nb1:\n  exit 0\n}\n", "too many values");
    refused("region 0 {\nb0:\n  jump b0\n}\n", "leads to b0");
    refused("region 0 {\nb0:\n  %1 = get x0\n  br 1, b1, b2\nb1:\n  %2 = add i64 %1, 1\n  jump b2\n"
            "b2:\n  put x0, %2\n  exit 0\n}\n",
            "not made on every path");
    refused("region 0 {\nb0:\n  put x0, %2\n  %2 = get x1\n  exit 0\n}\n", "before it is made");
    refused("region 0 promoted {\nb0:\n  poll\n  exit 0 {}\n}\n", "has no snapshot");
    refused("region 0 promoted {\nb0:\n  put x0, 1\n  exit 0 {}\n}\n", "in promoted form");
    refused("region 0 {\nb0:\n  %1 = get w0\n  %2 = zext i32 %1\n  exit 0\n}\n", "cannot make");
    return failures != 0;
}
