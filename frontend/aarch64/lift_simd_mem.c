/* lift_simd_mem.c: LD1 to LD4, ST1 to ST4, LD1R to LD4R.
 *
 * Structures of n elements go to n registers. Memory is read and written in chunks as large as a
 * register; between chunks and registers lanes are shuffled. Loads of two or four first gather each
 * register's lanes inside a chunk, where that is one shuffle of bytes, and then exchange quarters
 * or halves between chunks, which hosts do in one instruction each; stores interleave in pairs.
 */
#include "frontend/aarch64/simd.h"

#include "ir/base/bits.h"

enum { REGS = 32, MOST = 4 };

static unsigned reg_number(const A64Insn *in, unsigned k)
{
    return ((unsigned)in->rd + k) % REGS;
}

static IrRef at(A64Lift *l, IrRef address, unsigned offset)
{
    return ir_bini(&l->b, IR_add, address, offset);
}

/* Post-index: by a register, or by what was accessed if that is number 31; rm < 0: not at all. */
static void write_back(A64Lift *l, const A64Insn *in, IrRef address, unsigned bytes)
{
    if (in->rm < 0)
        return;
    IrRef by = in->rm == A64_ZR ? a64_const(l, bytes) : a64_x(l, (unsigned)in->rm);
    a64_set_xsp(l, (unsigned)in->rn, ir_bin(&l->b, IR_add, address, by));
}

/* ---- shuffles ---- */

static IrRef shuffle(A64Lift *l, IrRef a, IrRef b, const uint8_t mask[16])
{
    return ir_vshuf(&l->b, a, b, mask);
}

/* Lanes of `size` bytes of a and b in turn, out of their low or upper halves. */
static IrRef interleave(A64Lift *l, IrRef a, IrRef b, unsigned size, bool upper)
{
    uint8_t mask[16];
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)(k / size % 2 * 16 + k / (2 * size) * size + k % size + 8 * upper);
    return shuffle(l, a, b, mask);
}

/* Inside one chunk: each n-th lane next to one another, lane k to place k / n of group k % n. */
static IrRef gather(A64Lift *l, IrRef a, unsigned size, unsigned n)
{
    uint8_t mask[16];
    unsigned group = 16 / n;
    for (unsigned k = 0; k < 16; k++)
        mask[k] = (uint8_t)((k % group / size * n + k / group) * size + k % size);
    return shuffle(l, a, a, mask);
}

static void unzip2(A64Lift *l, IrRef *v, unsigned size)
{
    IrRef a = v[0], b = v[1];
    if (size < 4) {
        a = gather(l, a, size, 2);
        b = gather(l, b, size, 2);
        size = 8;
    }
    if (size == 4) {
        static const uint8_t even[16] = {0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27},
                             odd[16] = {4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31};
        v[0] = shuffle(l, a, b, even);
        v[1] = shuffle(l, a, b, odd);
    } else {
        v[0] = interleave(l, a, b, 8, false);
        v[1] = interleave(l, a, b, 8, true);
    }
}

/* A square of quarters or, of doublewords, two of halves. */
static void unzip4(A64Lift *l, IrRef *v, unsigned size)
{
    if (size == 8) {
        IrRef a = v[0], b = v[1], c = v[2], d = v[3];
        for (unsigned k = 0; k < 2; k++) {
            v[k] = interleave(l, a, c, 8, k);
            v[k + 2] = interleave(l, b, d, 8, k);
        }
        return;
    }
    IrRef c[4], ab[2], cd[2];
    for (unsigned k = 0; k < 4; k++)
        c[k] = size == 4 ? v[k] : gather(l, v[k], size, 4);
    for (unsigned k = 0; k < 2; k++) {
        ab[k] = interleave(l, c[0], c[1], 4, k);
        cd[k] = interleave(l, c[2], c[3], 4, k);
    }
    for (unsigned k = 0; k < 4; k++)
        v[k] = interleave(l, ab[k / 2], cd[k / 2], 8, k % 2);
}

/* A value whose byte k is byte from[k] of the chunks one after another. */
static IrRef pick(A64Lift *l, const IrRef *chunk, unsigned n, const unsigned from[16])
{
    IrRef sum = IR_NONE;
    for (unsigned c = 0; c < n; c++) {
        uint8_t mask[16];
        bool any = false;
        for (unsigned k = 0; k < 16; k++) {
            bool here = from[k] / 16 == c;
            mask[k] = (uint8_t)(here ? from[k] % 16 : 0x80);
            any |= here;
        }
        if (!any)
            continue;
        IrRef part = shuffle(l, chunk[c], chunk[c], mask);
        sum = sum.i ? simd_op(l, IR_vor, IR_I64, sum, part) : part;
    }
    return sum;
}

static void unzip3(A64Lift *l, IrRef *v, unsigned size)
{
    IrRef c[3] = {v[0], v[1], v[2]};
    for (unsigned r = 0; r < 3; r++) {
        unsigned from[16];
        for (unsigned k = 0; k < 16; k++)
            from[k] = (k / size * 3 + r) * size + k % size;
        v[r] = pick(l, c, 3, from);
    }
}

static void zip(A64Lift *l, IrRef *v, unsigned n, unsigned size)
{
    IrRef a = v[0], b = v[1], c = v[2], d = v[3], pair[4];
    if (n == 2) {
        for (unsigned k = 0; k < 2; k++)
            v[k] = interleave(l, a, b, size, k);
    } else if (n == 4) {
        for (unsigned k = 0; k < 2; k++) {
            pair[k] = interleave(l, a, c, size, k);
            pair[k + 2] = interleave(l, b, d, size, k);
        }
        for (unsigned k = 0; k < 4; k++)
            v[k] = interleave(l, pair[k / 2], pair[k / 2 + 2], size, k % 2);
    } else {
        IrRef r[3] = {a, b, c};
        for (unsigned out = 0; out < 3; out++) {
            unsigned from[16];
            for (unsigned k = 0; k < 16; k++) {
                unsigned lane = (16 * out + k) / size;
                from[k] = lane % 3 * 16 + lane / 3 * size + k % size;
            }
            v[out] = pick(l, r, 3, from);
        }
    }
}

static void unzip(A64Lift *l, IrRef *v, unsigned n, unsigned size)
{
    if (n == 2)
        unzip2(l, v, size);
    else if (n == 3)
        unzip3(l, v, size);
    else if (n == 4)
        unzip4(l, v, size);
}

/* ---- whole registers ---- */

/* The accesses of n registers' bytes: as many whole chunks as there are, of 64-bit arrangements the
 * last may be half of one; registers of 8 bytes that are not interleaved get one access each. */
typedef struct Chunks {
    unsigned count, offset[MOST];
    bool half[MOST];
} Chunks;

static Chunks chunks_of(const A64Insn *in)
{
    unsigned n = (unsigned)in->n;
    bool joined = simd_whole(in) || in->step > 1;
    unsigned each = joined ? 16 : 8, bytes = n * (simd_whole(in) ? 16 : 8);
    Chunks c = {.count = 0};
    for (unsigned offset = 0; offset < bytes; offset += each) {
        c.offset[c.count] = offset;
        c.half[c.count++] = bytes - offset < 16 || !joined;
    }
    return c;
}

/* Interleaved 64-bit registers leave pairs of registers in a chunk: register k is half k. */
static void split_halves(A64Lift *l, IrRef *v, unsigned n)
{
    for (unsigned k = n; k-- > 0;)
        v[k] = k % 2 ? simd_upper(l, v[k / 2]) : simd_low(l, v[k / 2], 64);
}

/* Of 64-bit registers the chunks hold n structures' lanes, 8 / size of them. */
static void unzip_halves(A64Lift *l, IrRef *v, unsigned count, unsigned n, unsigned size)
{
    IrRef chunk[MOST] = {v[0], v[1], v[2], v[3]};
    for (unsigned pair = 0; pair < count; pair++) {
        unsigned from[16];
        for (unsigned k = 0; k < 16; k++) {
            unsigned r = 2 * pair + k / 8;
            from[k] = r < n ? (k % 8 / size * n + r) * size + k % size : 16 * MOST;
        }
        v[pair] = pick(l, chunk, count, from);
    }
    split_halves(l, v, n);
}

static void zip_halves(A64Lift *l, IrRef *v, unsigned n, unsigned size)
{
    IrRef r[MOST] = {v[0], v[1], v[2], v[3]};
    for (unsigned out = 0; 16 * out < 8 * n; out++) {
        unsigned from[16];
        for (unsigned k = 0; k < 16; k++) {
            unsigned lane = (16 * out + k) / size, reg = lane % n;
            from[k] = 16 * out + k < 8 * n ? reg * 16 + lane / n * size + k % size : 16 * MOST;
        }
        v[out] = pick(l, r, n, from);
    }
}

void a64_trans_simd_ld(A64Lift *l, const A64Insn *in)
{
    unsigned n = (unsigned)in->n, size = ir_type_bits(simd_lane(in)) / 8;
    Chunks c = chunks_of(in);
    IrRef address = a64_xsp(l, (unsigned)in->rn), v[MOST] = {IR_NONE};
    for (unsigned k = 0; k < c.count; k++) {
        IrRef a = at(l, address, c.offset[k]);
        v[k] = c.half[k] ? ir_vlow(&l->b, ir_load(&l->b, IR_I64, a, IR_ORDER_NONE))
                         : ir_load(&l->b, IR_V128, a, IR_ORDER_NONE);
    }
    if (in->step > 1 && simd_whole(in))
        unzip(l, v, n, size);
    else if (in->step > 1)
        unzip_halves(l, v, c.count, n, size);
    for (unsigned k = 0; k < n; k++)
        a64_set_v(l, reg_number(in, k), v[k]);
    write_back(l, in, address, n * (simd_whole(in) ? 16 : 8));
}

void a64_trans_simd_st(A64Lift *l, const A64Insn *in)
{
    unsigned n = (unsigned)in->n, size = ir_type_bits(simd_lane(in)) / 8;
    Chunks c = chunks_of(in);
    IrRef address = a64_xsp(l, (unsigned)in->rn), v[MOST] = {IR_NONE};
    for (unsigned k = 0; k < n; k++)
        v[k] = a64_v(l, reg_number(in, k));
    if (in->step > 1 && simd_whole(in))
        zip(l, v, n, size);
    else if (in->step > 1)
        zip_halves(l, v, n, size);
    for (unsigned k = 0; k < c.count; k++)
        a64_write(l, at(l, address, c.offset[k]),
                  c.half[k] ? ir_vextract(&l->b, IR_I64, v[k], 0) : v[k], IR_ORDER_NONE);
    write_back(l, in, address, n * (simd_whole(in) ? 16 : 8));
}

/* ---- single lanes ---- */

void a64_trans_simd_ld_lane(A64Lift *l, const A64Insn *in)
{
    unsigned n = (unsigned)in->n, size = ir_type_bits((IrType)in->type) / 8;
    IrRef address = a64_xsp(l, (unsigned)in->rn), v[MOST];
    for (unsigned k = 0; k < n; k++)
        v[k] = ir_load(&l->b, (IrType)in->type, at(l, address, k * size), IR_ORDER_NONE);
    for (unsigned k = 0; k < n; k++) {
        unsigned r = reg_number(in, k);
        a64_set_v(l, r, ir_vinsert(&l->b, (IrType)in->type, a64_v(l, r), v[k], (unsigned)in->i));
    }
    write_back(l, in, address, n * size);
}

void a64_trans_simd_st_lane(A64Lift *l, const A64Insn *in)
{
    unsigned n = (unsigned)in->n, size = ir_type_bits((IrType)in->type) / 8;
    IrRef address = a64_xsp(l, (unsigned)in->rn);
    for (unsigned k = 0; k < n; k++) {
        IrRef v = a64_v(l, reg_number(in, k));
        a64_write(l, at(l, address, k * size),
                  ir_vextract(&l->b, (IrType)in->type, v, (unsigned)in->i), IR_ORDER_NONE);
    }
    write_back(l, in, address, n * size);
}

void a64_trans_simd_ldr(A64Lift *l, const A64Insn *in)
{
    unsigned n = (unsigned)in->n, size = ir_type_bits(simd_lane(in)) / 8;
    IrRef address = a64_xsp(l, (unsigned)in->rn), v[MOST];
    for (unsigned k = 0; k < n; k++)
        v[k] = ir_load(&l->b, simd_lane(in), at(l, address, k * size), IR_ORDER_NONE);
    for (unsigned k = 0; k < n; k++)
        simd_set(l, simd_whole(in), (int)reg_number(in, k), ir_vsplat(&l->b, simd_lane(in), v[k]));
    write_back(l, in, address, n * size);
}
