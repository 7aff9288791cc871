/* lift_crypto.c: the scalar cryptography extensions but Zbkb and Zbkc (rv_crypto.decode), in terms
 * of the IR's vector ops, whose AES works on whole states. */
#include "frontend/riscv64/helpers.h"
#include "frontend/riscv64/lift.h"

static IrRef low_lane(RvLift *l, IrRef v)
{
    return ir_vextract(&l->b, IR_I64, v, 0);
}

static IrRef zeros(RvLift *l)
{
    static const uint8_t bytes[16];
    return ir_vconst(&l->b, bytes);
}

/* ---- Zbkx ---- */

/* Bytes of rs1 by number; 0 where there is none. Adding tells vtbl of numbers above 15, and bytes 8
 * to 15 are zeros. */
void rv_trans_xperm8(RvLift *l, const RvInsn *in)
{
    enum { BEYOND_15 = 0x80 - 16 };
    IrRef table = ir_vlow(&l->b, rv_x(l, (unsigned)in->rs1));
    IrRef numbers = ir_vlow(&l->b, rv_x(l, (unsigned)in->rs2));
    IrRef more = ir_vlow(&l->b, rv_const(l, 0x0101010101010101 * BEYOND_15));
    numbers = ir_vop(&l->b, IR_vaddus, IR_I8, numbers, more);
    rv_set_x(l, (unsigned)in->rd, low_lane(l, ir_vop(&l->b, IR_vtbl, IR_I8, table, numbers)));
}

/* The sixteen nibbles of a register as bytes. */
static IrRef nibbles(RvLift *l, int reg)
{
    static const uint8_t in_turns[16] = {0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23};
    const uint64_t low = 0x0f0f0f0f0f0f0f0f;
    IrRef v = rv_x(l, (unsigned)reg);
    IrRef odd = ir_bini(&l->b, IR_and, ir_bini(&l->b, IR_shr, v, 4), low);
    v = ir_bini(&l->b, IR_and, v, low);
    return ir_vshuf(&l->b, ir_vlow(&l->b, v), ir_vlow(&l->b, odd), in_turns);
}

void rv_trans_xperm4(RvLift *l, const RvInsn *in)
{
    static const uint8_t even_then_odd[16] = {0, 2, 4, 6, 8, 10, 12, 14, 1, 3, 5, 7, 9, 11, 13, 15};
    IrRef v = ir_vop(&l->b, IR_vtbl, IR_I8, nibbles(l, in->rs1), nibbles(l, in->rs2));
    v = ir_vshuf(&l->b, v, v, even_then_odd);
    IrRef odd = ir_bini(&l->b, IR_shl, ir_vextract(&l->b, IR_I64, v, 1), 4);
    rv_set_x(l, (unsigned)in->rd, ir_bin(&l->b, IR_or, low_lane(l, v), odd));
}

/* ---- Zkne, Zknd ---- */

/* The lower half of what a round makes of rs2:rs1. */
void rv_trans_aes_round(RvLift *l, const RvInsn *in)
{
    IrRef state = ir_vlow(&l->b, rv_x(l, (unsigned)in->rs1));
    state = ir_vinsert(&l->b, IR_I64, state, rv_x(l, (unsigned)in->rs2), 1);
    state = ir_vop(&l->b, (IrOp)in->op, IR_I8, state, zeros(l));
    rv_set_x(l, (unsigned)in->rd, low_lane(l, state));
}

void rv_trans_aes64im(RvLift *l, const RvInsn *in)
{
    IrRef v = ir_vlow(&l->b, rv_x(l, (unsigned)in->rs1));
    rv_set_x(l, (unsigned)in->rd, low_lane(l, ir_vop(&l->b, IR_aesimc, IR_I8, v, IR_NONE)));
}

/* The upper word substituted, twice; but for number 10 rotated, and with the round's constant. */
void rv_trans_aes64ks1i(RvLift *l, const RvInsn *in)
{
    static const uint8_t constants[] = {1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80, 0x1b, 0x36, 0};
    IrRef v = ir_vlow(&l->b, rv_x(l, (unsigned)in->rs1));
    v = ir_vop_cc(&l->b, IR_aeskeys, IR_I32, v, IR_NONE, constants[in->rnum]);
    v = ir_conv(&l->b, IR_zext, IR_I64, ir_vextract(&l->b, IR_I32, v, in->rnum == 10 ? 0 : 1));
    rv_set_x(l, (unsigned)in->rd, ir_bin(&l->b, IR_or, v, ir_bini(&l->b, IR_shl, v, 32)));
}

/* The next two words of the schedule: each the xor of the one before and that of the key before. */
void rv_trans_aes64ks2(RvLift *l, const RvInsn *in)
{
    IrRef first = ir_bini(&l->b, IR_shr, rv_x(l, (unsigned)in->rs1), 32);
    IrRef v = ir_bin(&l->b, IR_xor, first, rv_x(l, (unsigned)in->rs2));
    rv_set_x(l, (unsigned)in->rd, ir_bin(&l->b, IR_xor, v, ir_bini(&l->b, IR_shl, v, 32)));
}

/* ---- Zknh, Zksh ---- */

void rv_trans_sha(RvLift *l, const RvInsn *in)
{
    IrRef a = in->type == IR_I32 ? rv_w(l, (unsigned)in->rs1) : rv_x(l, (unsigned)in->rs1);
    IrRef v = ir_bin(&l->b, IR_xor, ir_bini(&l->b, IR_rotr, a, (unsigned)in->by1),
                     ir_bini(&l->b, IR_rotr, a, (unsigned)in->by2));
    v = ir_bin(&l->b, IR_xor, v, ir_bini(&l->b, (IrOp)in->op, a, (unsigned)in->by3));
    if (in->type == IR_I32)
        rv_set_sext(l, (unsigned)in->rd, v);
    else
        rv_set_x(l, (unsigned)in->rd, v);
}

/* ---- Zksed ---- */

/* Byte bs of rs2, substituted and spread by the linear transformation of rounds or of the key
 * schedule, is added to rs1 where it stood. SM4's words are of the other endianness: its rotations
 * are these shifts of parts of the byte. */
void rv_trans_sm4(RvLift *l, const RvInsn *in)
{
    static const struct {
        uint8_t mask, by;
    } parts[2][5] = {
        [RV_SM4_ENCRYPT] = {{0xff, 8}, {0xff, 2}, {0xff, 18}, {0x3f, 26}, {0xc0, 10}},
        [RV_SM4_KEY] = {{0x07, 29}, {0xfe, 7}, {0x01, 23}, {0xf8, 13}},
    };
    unsigned at = 8 * (unsigned)in->bs;
    IrRef byte = ir_extract(&l->b, rv_w(l, (unsigned)in->rs2), at, 8);
    IrRef s = ir_call(&l->b, RV_HELPER_sm4_sbox, &byte, 1), v = s;
    for (unsigned k = 0; k < 5 && parts[in->op][k].mask != 0; k++) {
        IrRef part = ir_bini(&l->b, IR_and, s, parts[in->op][k].mask);
        v = ir_bin(&l->b, IR_xor, v, ir_bini(&l->b, IR_shl, part, parts[in->op][k].by));
    }
    v = ir_bini(&l->b, IR_rotl, v, at);
    rv_set_sext(l, (unsigned)in->rd, ir_bin(&l->b, IR_xor, v, rv_w(l, (unsigned)in->rs1)));
}
