/* generate.c: makes the file of encodings that runner.c executes, out of the decoder's tables.
 *
 *     insn-generate FILE [ENCODINGS_PER_ROW]
 *
 * Every row that can be tested gets encodings with random prefixes, registers, addressing forms and
 * immediates. Addresses are made such that the runner can lead them into its scratch memory by
 * choosing the base and index registers. What is left out stands in exceptions.def.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/state.h"
#include "tests/insn/case.h"

typedef struct Exception {
    const char *mnemonic;
    uint16_t undefined; /* flags masked besides the row's; F_D: the whole row is left out */
} Exception;

static const Exception exceptions[] = {
#define EXCEPT(mnemonic, undefined, reason) {mnemonic, undefined},
#include "tests/insn/exceptions.def"
#undef EXCEPT
};

static uint64_t seed = 0x853c49e6748fea9b;

static unsigned rnd(unsigned below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed * 0x2545f4914f6cdd1d) >> 33) % below;
}

static unsigned excepted_flags(const X86Row *row)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].mnemonic, row->mnemonic) == 0)
            mask |= exceptions[i].undefined;
    return mask;
}

/* Instructions that go somewhere: the runner has a place for them to go to. */
static bool is_branch(const X86Row *row)
{
    static const char *const emitters[] = {"jcc", "loop", "loope",   "loopne",   "jrcxz",
                                           "jmp", "call", "jmp_ind", "call_ind", "ret"};
    for (unsigned i = 0; i < sizeof emitters / sizeof emitters[0]; i++)
        if (strcmp(row->emitter, emitters[i]) == 0)
            return true;
    return false;
}

static bool testable(const X86Row *row)
{
    bool x87 = row->map == X86_MAP_00 && (row->opcode & 0xf8) == 0xd8;
    if (x87 || (row->attr & A_I64) || (excepted_flags(row) & F_D))
        return false;
    if (strstr(row->mnemonic, "mxcsr"))
        return true;
    return is_branch(row) || !(row->attr & (A_UNTESTED | A_PRIV | A_END));
}

/* ---- encoding ---- */

typedef struct Writer {
    uint8_t *out;
    unsigned n;
    unsigned disp_at; /* of a displacement to an absolute or relative spot; 0: none */
    bool relative;
} Writer;

static void put(Writer *w, unsigned byte)
{
    w->out[w->n++] = (uint8_t)byte;
}

static void put_random(Writer *w, unsigned bytes)
{
    static const uint8_t edge[] = {0, 1, 0x7f, 0x80, 0xff, 8, 31, 32, 63, 64};
    bool same = rnd(4) == 0;
    uint8_t fill = rnd(2) ? 0 : 0xff;
    for (unsigned i = 0; i < bytes; i++)
        put(w, i == 0 && rnd(2) ? edge[rnd(sizeof edge)] : same ? fill : rnd(256));
}

/* A memory form: base (+ index) (+ displacement), or an address known beforehand. */
static void put_memory(Writer *w, unsigned reg, unsigned rm)
{
    unsigned mod = rnd(3), form = rnd(6);
    if (form == 0) { /* rip + disp32 */
        put(w, reg << 3 | 5);
        w->relative = true;
    } else if (form == 1) { /* [disp32] */
        put(w, reg << 3 | 4);
        put(w, 0x25);
    } else if (form == 2) { /* index * scale + disp32 */
        put(w, reg << 3 | 4);
        put(w, rnd(4) << 6 | rnd(8) << 3 | 5);
        put_random(w, 2);
        put(w, 0);
        put(w, 0);
        return;
    } else if (rm == 4 || form == 3) {
        put(w, mod << 6 | reg << 3 | 4);
        put(w, rnd(256));
        if ((w->out[w->n - 1] & 7) == 5 && mod == 0)
            w->out[w->n - 1] ^= 1;
        put_random(w, mod == 2 ? 2 : mod);
    } else {
        if (rm == 5 && mod == 0)
            mod = 1;
        put(w, mod << 6 | reg << 3 | rm);
        put_random(w, mod == 2 ? 2 : mod);
    }
    if (form > 1) {
        if (mod == 2) {
            put(w, 0);
            put(w, 0);
        }
        return;
    }
    w->disp_at = w->n;
    for (unsigned i = 0; i < 4; i++)
        put(w, 0);
}

static void put_modrm(Writer *w, const X86Row *row)
{
    unsigned modrm = rnd(256);
    if (row->modrm & X86_MR_EXACT) {
        put(w, row->modrm & X86_MR_VALUE);
        return;
    }
    unsigned reg = row->modrm & X86_MR_DIGIT ? row->modrm & 7 : (modrm >> 3) & 7;
    bool memory = (row->modrm & X86_MR_MEM) || (!(row->modrm & X86_MR_REG) && rnd(2));
    if (memory)
        put_memory(w, reg, modrm & 7);
    else
        put(w, 0xc0 | reg << 3 | (modrm & 7));
}

static void encode(const X86Row *row, Writer *w)
{
    unsigned span = row->attr & A_SPAN16  ? 16
                    : row->attr & A_SPAN8 ? 8
                    : row->attr & A_SPAN4 ? 4
                                          : 1;
    if ((row->attr & A_LOCK) && rnd(3) == 0)
        put(w, 0xf0);
    if (rnd(10) == 0)
        put(w, 0x67);
    if (rnd(16) == 0)
        put(w, 0x65);
    if ((row->attr & A_REP) && rnd(2))
        put(w, rnd(2) ? 0xf2 : 0xf3);
    if (row->prefix == X86_P___ && rnd(4) == 0 &&
        !is_branch(row)) /* Intel and AMD differ on branches */
        put(w, 0x66);
    if (row->prefix > X86_P_NP)
        put(w, row->prefix == X86_P_66 ? 0x66 : row->prefix == X86_P_F3 ? 0xf3 : 0xf2);
    if (rnd(3))
        put(w, 0x40 | rnd(16));
    if (row->map != X86_MAP_00)
        put(w, 0x0f);
    put(w, row->opcode + rnd(span));
    if (row->modrm & X86_MR_HAS)
        put_modrm(w, row);
    put_random(w, 10); /* immediates, as many as there are */
}

/* ---- cases ---- */

static bool is_vector(const X86Insn *in)
{
    for (unsigned i = 0; i < 3; i++)
        if (in->op[i].kind == X86_XMM || in->op[i].kind == X86_MMX)
            return true;
    return in->row >= x86_rows + x86_int_row_count;
}

static bool is_mmx(const X86Insn *in)
{
    for (unsigned i = 0; i < 3; i++)
        if (in->op[i].kind == X86_MMX)
            return true;
    return false;
}

static bool emitter_is(const X86Row *row, const char *name)
{
    return strcmp(row->emitter, name) == 0;
}

/* Relative ones get their displacement here, others a place for the runner to put the address. */
static void set_branch(InsnCase *c, const X86Insn *in)
{
    uint32_t by = CODE_TARGET - in->length;
    c->kind |= emitter_is(in->row, "jcc") ? 0 : CASE_COUNT;
    if (in->op[0].kind == X86_REL)
        memcpy(c->code + in->length - in->op[0].size, &by, in->op[0].size);
    else
        c->kind |= CASE_TARGET;
    if (in->op[0].kind == X86_GPR)
        c->dest_reg = in->op[0].reg;
}

static void set_kind(InsnCase *c, const X86Insn *in)
{
    const X86Row *row = in->row;
    c->kind |= is_vector(in) ? CASE_VEC | CASE_FP : 0;
    c->kind |= is_mmx(in) || strcmp(row->mnemonic, "emms") == 0 ? CASE_MMX : 0;
    c->kind |= row->attr & A_REP ? CASE_STRING : 0;
    c->kind |= emitter_is(row, "leave") || emitter_is(row, "enter") ? CASE_STACK : 0;
    c->kind |= emitter_is(row, "div") || emitter_is(row, "idiv") ? CASE_DIVIDE : 0;
    c->kind |= emitter_is(row, "xlat") ? CASE_XLAT : 0;
    c->kind |= emitter_is(row, "sse_maskmov") ? CASE_MASKMOV : 0;
    c->kind |= emitter_is(row, "popf") ? CASE_POPF : 0;
    c->kind |= row->attr & A_ALIGN ? CASE_ALIGNED : 0;
    if (emitter_is(row, "cmpxchg") || emitter_is(row, "cmpxchg8b")) {
        c->kind |= CASE_EXCHANGE;
        c->acc_size = in->op[0].size ? in->op[0].size : in->opsize == 8 ? 16 : 8;
        c->dest_reg = in->op[0].kind == X86_GPR ? in->op[0].reg : NO_REG;
    }
    if (is_branch(row))
        set_branch(c, in);
    bool bits = row->map == X86_MAP_0F && (row->opcode & 0xe7) == 0xa3;
    if (bits && in->op[0].kind == X86_MEM) {
        c->kind |= CASE_BITS;
        c->bit_reg = in->op[1].reg;
    }
}

/* The memory operand must be one the runner can place. */
static bool place_memory(InsnCase *c, const X86Insn *in, const Writer *w, unsigned number)
{
    const X86Mem *m = &in->mem;
    c->base = m->base < 16 ? m->base : NO_REG;
    c->index = m->index < 16 ? m->index : NO_REG;
    c->scale = m->scale;
    c->disp = (int32_t)m->disp;
    for (unsigned i = 0; i < 3; i++)
        if (in->op[i].kind == X86_MEM)
            c->mem_size = in->op[i].size ? in->op[i].size : 16;
    if ((c->kind & CASE_BITS) && (c->bit_reg == c->base || c->bit_reg == c->index))
        return false;
    if ((c->kind & CASE_BITS) && c->bit_reg == RSP)
        return false;
    if (c->base != NO_REG && c->base == c->index)
        return false;
    if (c->index == NO_REG && c->base == NO_REG) {
        bool moffs = in->op[0].spec == X86_OP_Ob || in->op[0].spec == X86_OP_Ov ||
                     in->op[1].spec == X86_OP_Ob || in->op[1].spec == X86_OP_Ov;
        if (!w->disp_at && !moffs)
            return false;
        if (moffs)
            memset(c->code + in->length - in->addrsize, 0, in->addrsize);
        unsigned disp_at = moffs ? (unsigned)in->length - in->addrsize : w->disp_at;
        uint32_t at = MEMORY_SPOT;
        if (!(c->kind & (CASE_ALIGNED | CASE_TARGET | CASE_EXCHANGE)))
            at += rnd(16);
        at -= c->gs ? GS_BASE : 0;
        if (w->relative)
            at -= CODE_BASE + number * CODE_STRIDE + in->length;
        memcpy(c->code + disp_at, &at, 4);
    } else if (c->base == NO_REG) {
        c->disp &= 0xfff; /* only what a multiple of the scale can reach: aligned by the runner */
        return c->scale == 0;
    }
    return true;
}

static bool make_case(InsnCase *c, const X86Row *row, unsigned number)
{
    uint8_t bytes[40] = {0};
    Writer w = {.out = bytes};
    X86Insn in;
    memset(c, 0, sizeof *c);
    encode(row, &w);
    if (x86_decode(&in, CODE_BASE + number * CODE_STRIDE, bytes, 15, X86_MODE_64) !=
            X86_DECODE_OK ||
        in.row != row)
        return false;
    memcpy(c->code, bytes, sizeof c->code);
    c->length = in.length;
    c->row = (uint16_t)(row - x86_rows);
    c->base = c->index = c->bit_reg = c->dest_reg = NO_REG;
    c->gs = in.mem.seg == X86_GS;
    c->seed = rnd(0x40000000);
    c->flag_mask = F_ALL & ~(row->undefined | excepted_flags(row));
    snprintf(c->name, sizeof c->name, "%s", row->mnemonic);
    set_kind(c, &in);
    if ((c->kind & CASE_TARGET) && c->dest_reg == RSP)
        return false;
    return !x86_insn_has_mem(&in) || (row->attr & A_NODATA) || place_memory(c, &in, &w, number);
}

int main(int argc, char **argv)
{
    unsigned per_row = argc > 2 ? (unsigned)atoi(argv[2]) : 24, number = 0, rows = 0;
    FILE *f = argc > 1 ? fopen(argv[1], "wb") : NULL;
    if (!f) {
        perror("insn-generate");
        return 1;
    }
    for (unsigned r = 0; r < x86_row_count; r++) {
        unsigned made = 0;
        if (!testable(&x86_rows[r]))
            continue;
        for (unsigned tries = 0; made < per_row && tries < 400 * per_row; tries++) {
            InsnCase c;
            if (!make_case(&c, &x86_rows[r], number))
                continue;
            fwrite(&c, sizeof c, 1, f);
            made++;
            number++;
        }
        rows++;
        if (made < per_row) {
            fprintf(stderr, "insn-generate: row %u (%s): only %u encodings\n", r,
                    x86_rows[r].mnemonic, made);
            return 1;
        }
    }
    printf("%u rows of %u, %u encodings\n", rows, x86_row_count, number);
    return fclose(f) != 0;
}
