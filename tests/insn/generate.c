/* generate.c: makes the file of encodings that runner.c executes, out of the decoder's tables.
 *
 *     insn-generate FILE [ENCODINGS_PER_ROW [PREFIX]]
 *
 * Every row that can be tested gets encodings with random prefixes, registers, addressing forms and
 * immediates. Addresses are made such that the runner can lead them into its scratch memory by
 * choosing the base and index registers. PREFIX: only mnemonics that begin with it. What is left
 * out stands in exceptions.def.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/insn/case.h"
#include "tests/insn/encode.h"

static uint64_t seed = 0x853c49e6748fea9b;

static unsigned rnd(unsigned below)
{
    return insn_random(&seed, below);
}

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

/* Transcendental instructions. */
static bool is_approximate(const X86Row *row)
{
    static const char *const names[] = {"f2xm1",   "fyl2x",   "fptan", "fpatan",
                                        "fyl2xp1", "fsincos", "fsin",  "fcos"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(row->mnemonic, names[i]) == 0)
            return true;
    return false;
}

/* Bytes of a memory operand that has no size of its own. */
static unsigned state_size(const X86Insn *in)
{
    if (!insn_is_x87(in->row))
        return 16;
    if (in->row->map != X86_MAP_00)
        return 512;
    bool whole = in->row->opcode == 0xdd;
    return (in->opsize == 2 ? 14 : 28) + (whole ? 80 : 0);
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
    c->kind |= is_vector(in) && row->map != X86_MAP_00 ? CASE_VEC | CASE_FP : 0;
    c->kind |= is_mmx(in) || strcmp(row->mnemonic, "emms") == 0 ? CASE_MMX : 0;
    if (in->op[0].kind == X86_MEM && (is_mmx(in) || emitter_is(row, "x87_store")))
        c->kind |= CASE_STORE;
    c->kind |= insn_is_x87(row) ? CASE_X87 : 0;
    c->kind |= is_approximate(row) ? CASE_ULP : 0;
    c->kind |= emitter_is(row, "fxsave") || emitter_is(row, "fxrstor") ? CASE_ALIGNED : 0;
    c->kind |= row->attr & A_REP ? CASE_STRING : 0;
    c->kind |= emitter_is(row, "leave") || emitter_is(row, "enter") ? CASE_STACK : 0;
    c->kind |= emitter_is(row, "div") || emitter_is(row, "idiv") ? CASE_DIVIDE : 0;
    c->kind |= emitter_is(row, "xlat") ? CASE_XLAT : 0;
    c->kind |= emitter_is(row, "sse_maskmov") ? CASE_MASKMOV : 0;
    c->kind |= emitter_is(row, "popf") ? CASE_POPF : 0;
    c->kind |= row->attr & A_ALIGN ? CASE_ALIGNED : 0;
    if ((emitter_is(row, "shld") || emitter_is(row, "shrd")) && in->opsize == 2)
        c->kind |= CASE_COUNT;
    if (emitter_is(row, "cmpxchg") || emitter_is(row, "cmpxchg8b")) {
        c->kind |= CASE_EXCHANGE;
        c->acc_size = in->op[0].size ? in->op[0].size : in->opsize == 8 ? 16 : 8;
        c->dest_reg = in->op[0].kind == X86_GPR ? in->op[0].reg : NO_REG;
    }
    if (emitter_is(row, "sse_dot")) {
        c->kind |= CASE_DOT;
        c->dest_reg = in->op[0].reg;
        c->src_reg = in->op[1].kind == X86_XMM ? in->op[1].reg : NO_REG;
    }
    if (insn_is_branch(row))
        set_branch(c, in);
    bool bits = row->map == X86_MAP_0F && (row->opcode & 0xe7) == 0xa3;
    if (bits && in->op[0].kind == X86_MEM) {
        c->kind |= CASE_BITS;
        c->bit_reg = in->op[1].reg;
    }
}

/* The memory operand must be one the runner can place. */
static bool place_memory(InsnCase *c, const X86Insn *in, const InsnWriter *w, unsigned number)
{
    const X86Mem *m = &in->mem;
    c->base = m->base < 16 ? m->base : NO_REG;
    c->index = m->index < 16 ? m->index : NO_REG;
    c->scale = m->scale;
    c->disp = (int32_t)m->disp;
    for (unsigned i = 0; i < 3; i++)
        if (in->op[i].kind == X86_MEM)
            c->mem_size = in->op[i].size ? in->op[i].size : state_size(in);
    if ((c->kind & CASE_COUNT) && (c->base == RCX || c->index == RCX))
        return false;
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
        if (!(c->kind & (CASE_ALIGNED | CASE_TARGET | CASE_EXCHANGE)) &&
            !emitter_is(in->row, "sse_ldmxcsr"))
            at += rnd(16);
        at -= c->gs ? GS_BASE : 0;
        if (w->relative)
            at -= CODE_BASE + number * CODE_STRIDE + in->length;
        memcpy(c->code + disp_at, &at, 4);
    } else if (c->base == NO_REG) {
        return c->scale == 0; /* any address can be reached */
    }
    return true;
}

static bool make_case(InsnCase *c, const X86Row *row, unsigned number)
{
    uint8_t bytes[40] = {0};
    InsnWriter w = {.out = bytes, .seed = &seed, .void_prefixes = true};
    X86Insn in;
    memset(c, 0, sizeof *c);
    insn_encode(&w, row);
    if (x86_decode(&in, CODE_BASE + number * CODE_STRIDE, bytes, 15, X86_MODE_64) !=
            X86_DECODE_OK ||
        in.row != row || insn_makers_differ(&in))
        return false;
    memcpy(c->code, bytes, sizeof c->code);
    c->length = in.length;
    c->row = (uint16_t)(row - x86_rows);
    c->base = c->index = c->bit_reg = c->dest_reg = c->src_reg = NO_REG;
    c->gs = in.mem.seg == X86_GS;
    c->seed = rnd(0x40000000);
    c->flag_mask = F_ALL & ~(row->undefined | insn_excepted_flags(row));
    snprintf(c->name, sizeof c->name, "%s", row->mnemonic);
    set_kind(c, &in);
    if ((c->kind & CASE_TARGET) && c->dest_reg == RSP)
        return false;
    return !x86_insn_has_mem(&in) || (row->attr & A_NODATA) || place_memory(c, &in, &w, number);
}

enum { SPOILT_TRIES = 3 };

/* An encoding of the row that is not to be taken: what matters is the signal. */
static bool make_spoilt(InsnCase *c, const X86Row *row)
{
    uint8_t bytes[40] = {0};
    InsnWriter w = {.out = bytes, .seed = &seed};
    X86Insn in;
    memset(c, 0, sizeof *c);
    insn_encode(&w, row);
    if (!insn_spoil(&seed, row, bytes))
        return false;
    X86DecodeStatus s = x86_decode(&in, CODE_BASE, bytes, 15, X86_MODE_64);
    if (s != X86_DECODE_UNDEFINED && s != X86_DECODE_TOO_LONG)
        return false;
    memcpy(c->code, bytes, sizeof c->code);
    c->length = sizeof c->code;
    c->row = (uint16_t)(row - x86_rows);
    c->base = c->index = c->bit_reg = c->dest_reg = c->src_reg = NO_REG;
    c->seed = rnd(0x40000000);
    c->flag_mask = F_ALL;
    snprintf(c->name, sizeof c->name, "-%s", row->mnemonic);
    return true;
}

int main(int argc, char **argv)
{
    unsigned per_row = argc > 2 ? (unsigned)atoi(argv[2]) : 24, number = 0, rows = 0;
    const char *prefix = argc > 3 ? argv[3] : "";
    FILE *f = argc > 1 ? fopen(argv[1], "wb") : NULL;
    if (!f) {
        perror("insn-generate");
        return 1;
    }
    for (unsigned r = 0; r < x86_row_count; r++) {
        unsigned made = 0;
        if (strncmp(x86_rows[r].mnemonic, prefix, strlen(prefix)) != 0)
            continue;
        if (!insn_testable(&x86_rows[r]) && !insn_is_x87(&x86_rows[r]))
            continue;
        for (unsigned tries = 0; made < per_row && tries < 400 * per_row; tries++) {
            InsnCase c;
            if (!make_case(&c, &x86_rows[r], number))
                continue;
            fwrite(&c, sizeof c, 1, f);
            made++;
            number++;
        }
        for (unsigned tries = 0; tries < SPOILT_TRIES; tries++) {
            InsnCase c;
            if (!make_spoilt(&c, &x86_rows[r]))
                continue;
            fwrite(&c, sizeof c, 1, f);
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
