/* generate.c: AArch64's part of making random instructions (tests/rows/generate.h).
 *
 * Code starts at x29 and ends with a branch to the runner. Between the instruction under test and
 * that stands one that shows whether it was run: branches lead over it.
 */
#include <stddef.h>
#include <string.h>

#include "frontend/aarch64/lift.h"
#include "tests/aarch64/done.h"
#include "tests/rows/generate.h"

enum { MAX_BEFORE = 3, LENGTH = 4, CODE_REGISTER = 29, NONE = 31 };
enum { MARK = 0x91000694, SKIP = LENGTH, B = 0x14000000 }; /* add x20, x20, #1 */
enum { FZ16 = 1 << 19, RMODE_AT = 22, FZ = 1 << 24, DN = 1 << 25, AHP = 1 << 26, NZCV_AT = 28 };

/* Attributes of instructions that do more than change registers. */
static const uint32_t busy =
    A64_A_COND | A64_A_JUMP | A64_A_END | A64_A_MEM | A64_A_ATOMIC | A64_A_SYSREG;

static int decode(uint32_t word)
{
    A64Insn in;
    return a64_decode(&in, word);
}

/* A field by its name, as not every set of rows has all; -1: no row has it. */
static int field(const char *name)
{
    for (unsigned i = 0; i < a64_patterns.nfields; i++)
        if (!strcmp(a64_patterns.fields[i].name, name))
            return (int)i;
    return -1;
}

static bool has(const PatternRow *row, const char *name)
{
    int f = field(name);
    return f >= 0 && row_has(row, (unsigned)f);
}

/* A field's value; -1: the row has it not. */
static int get(const PatternRow *row, uint32_t word, const char *name)
{
    return has(row, name) ? (int)row_get(row, word, (unsigned)field(name)) : -1;
}

static uint32_t put(const PatternRow *row, uint32_t word, const char *name, int64_t v)
{
    return has(row, name) ? row_set(row, word, (unsigned)field(name), v) : word;
}

static bool is_tested(const PatternRow *row)
{
    /* System calls; the time; what a greater block of DC ZVA clears in qemu-user. */
    static const char *const left_out[] = {"svc", "dc_zva", "wfi", "wfe"};
    for (unsigned i = 0; i < sizeof left_out / sizeof left_out[0]; i++)
        if (!strcmp(row->name, left_out[i]))
            return false;
    return true;
}

/* ---- what must not be the same register ---- */

static bool is_register_offset(uint32_t word)
{
    return (word & 0x3b200c00) == 0x38200800;
}

static bool writes_back(const PatternRow *row)
{
    return strstr(row->text, "]!") || strstr(row->text, "], ");
}

static bool is_load(const PatternRow *row)
{
    return row_is(row, "ld") || row_is(row, "cas") || row_is(row, "swp");
}

/* Whether vector registers are what rt names. */
static bool is_vector(uint32_t word)
{
    return word >> 26 & 1;
}

/* Constrained unpredictable: the base is also loaded or stored while it is written, a pair of loads
 * has one destination, a store-exclusive's status is one of its sources. */
static bool is_unpredictable(const PatternRow *row, uint32_t word)
{
    int rn = get(row, word, "rn"), rt = get(row, word, "rt"), rt2 = get(row, word, "rt2"),
        rs = get(row, word, "rs");
    bool base_too = rn != A64_SP && (rt == rn || rt2 == rn) && !is_vector(word);
    if (row_is(row, "stx") || row_is(row, "stlx"))
        return rs == rt || rs == rt2 || (rs == rn && rn != A64_SP);
    return (writes_back(row) && base_too) || (is_load(row) && rt2 >= 0 && rt == rt2);
}

/* The register that an address comes from; -1: there is none, or another code takes it from. */
static int base_of(const PatternRow *row, uint32_t word)
{
    if (row->attributes & A64_A_MEM)
        return get(row, word, "rn");
    return row->attributes & A64_A_END ? get(row, word, "rn") : -1;
}

/* ---- words ---- */

static bool is_branch(const PatternRow *row)
{
    return row->attributes & (A64_A_COND | A64_A_JUMP | A64_A_END) && has(row, "off");
}

static bool is_literal(const PatternRow *row)
{
    return has(row, "off") && !is_branch(row) && (row_is(row, "ld") || row_is(row, "prfm"));
}

static uint32_t shrink(const PatternRow *row, uint32_t word, const char *name)
{
    int f = field(name);
    if (!has(row, name))
        return word;
    return put(row, word, name, a64_patterns.fields[f].is_signed ? (int)rnd(16) - 8 : (int)rnd(16));
}

/* Bits that are neither fixed nor of a field should be one (qemu-user insists). */
static uint32_t open_bits(const PatternRow *row)
{
    uint32_t known = row->mask;
    for (unsigned i = row->first; i < row->first + row->count; i++)
        known |= ((1u << a64_patterns.pieces[i].length) - 1) << a64_patterns.pieces[i].at;
    return ~known;
}

/* System registers, as MRS and MSR name them, that both translators have or neither has; no ID
 * registers. */
#define SYSREG(op1, crn, crm, op2) (1 << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))
enum {
    NZCV = SYSREG(3, 4, 2, 0),
    TPIDR_EL0 = SYSREG(3, 13, 0, 2),
    SCTLR_EL1 = SYSREG(0, 1, 0, 0),
};
static const uint16_t sysregs[] = {NZCV, TPIDR_EL0, NZCV, SCTLR_EL1};

static uint32_t adjust(const PatternRow *row, uint32_t word)
{
    int base;
    word |= open_bits(row);
    if (row->attributes & A64_A_SYSREG)
        word = put(row, word, "sysreg", sysregs[rnd(sizeof sysregs / sizeof sysregs[0])]);
    if (is_branch(row))
        word = put(row, word, "off", LENGTH + SKIP);
    if (is_literal(row))
        word = put(row, word, "off", LENGTH * ((int)rnd(16) - 6));
    if (rnd(8) == 0 && !(row->attributes & A64_A_MEM) && has(row, "rn"))
        word = put(row, word, "rm", get(row, word, "rn"));
    if (rnd(16) == 0 && has(row, "rn"))
        word = put(row, word, "rd", get(row, word, "rn"));
    if (row->attributes & A64_A_MEM && rnd(16)) /* else it is a far one */
        word = shrink(row, shrink(row, word, "imm"), "simm");
    base = base_of(row, word);
    if (base == CODE_REGISTER || is_unpredictable(row, word))
        return 0;
    if (row_is(row, "msr.") && get(row, word, "rd") == CODE_REGISTER)
        return 0;
    if (base == NONE && (row_is(row, "dc") || row_is(row, "ic"))) /* no stack pointer there */
        return 0;
    if (is_register_offset(word) &&
        (get(row, word, "rm") == base || get(row, word, "rm") == CODE_REGISTER))
        return 0;
    return word;
}

/* ---- cases ---- */

static int64_t offset_of(const PatternRow *row, uint32_t word)
{
    return has(row, "imm") ? get(row, word, "imm") : has(row, "simm") ? get(row, word, "simm") : 0;
}

/* Addresses of atomics are aligned, as is the stack pointer. */
static void choose_base(Case *c, const PatternRow *row, uint32_t word)
{
    int base = base_of(row, word);
    if (base < 0 || (base == NONE && !(row->attributes & A64_A_MEM)))
        return;
    c->base = (uint8_t)base;
    if (!(row->attributes & A64_A_MEM)) {
        c->base_kind = BASE_CODE;
        c->delta = LENGTH + SKIP;
        return;
    }
    int64_t offset = offset_of(row, word);
    c->base_kind = offset < -8 || offset >= 16 ? BASE_DATA_FAR : BASE_DATA;
    c->delta = (int32_t)rnd(64) - 32;
    if (row->attributes & A64_A_ATOMIC || base == A64_SP || rnd(2))
        c->delta &= ~15;
}

/* The register of a register offset: a small number at the width that counts. */
static void choose_index(Case *c, const PatternRow *row, uint32_t word)
{
    enum { UXTW = 2, SXTW = 6 };
    int rm = get(row, word, "rm");
    unsigned option = word >> 13 & 7;
    if (!(row->attributes & A64_A_MEM) || !is_register_offset(word) || rm < 0 || rm == NONE)
        return;
    int64_t v = option == UXTW ? (int64_t)rnd(16) : (int64_t)rnd(32) - 16;
    c->index = (uint8_t)rm;
    c->index_value = (uint64_t)v;
    if (option == UXTW || option == SXTW)
        c->index_value = (uint32_t)v | (uint64_t)rnd(1u << 31) << 33;
}

/* What MSR may write of FPCR and FPSR: bits that other processors have more of. */
static void choose_system(Case *c, const PatternRow *row, uint32_t word)
{
    bool fpcr = row_is(row, "msr.fpcr");
    int rt = get(row, word, "rd");
    if (rt == NONE || !(fpcr || row_is(row, "msr.fpsr")))
        return;
    c->index = (uint8_t)rt;
    c->index_value = (rnd(65536) << 16 | rnd(65536)) & (fpcr ? 0x07c80000 : 0x0800009f);
}

static bool is_plain(const Case *c, const PatternRow *row, uint32_t word)
{
    int rd = get(row, word, "rd");
    bool taken = (c->base_kind && rd == c->base) || rd == c->index;
    return !taken && !is_literal(row) && !row_is(row, "msr.");
}

static uint32_t draw_before(const Case *c)
{
    for (;;) {
        uint32_t word = draw_plain(~busy);
        if (is_plain(c, &a64_patterns.rows[decode(word)], word))
            return word;
    }
}

static uint32_t control(void)
{
    uint32_t fpcr = rnd(2) ? rnd(4) << RMODE_AT : 0;
    fpcr |= (rnd(8) ? 0 : DN) | (rnd(8) ? 0 : FZ) | (rnd(16) ? 0 : FZ16) | (rnd(16) ? 0 : AHP);
    return fpcr | rnd(16) << NZCV_AT;
}

/* A load-exclusive for the store-exclusive: of the same size from the same place, to registers that
 * the store does not use. */
static uint32_t exclusive_for(const PatternRow *row, uint32_t word)
{
    enum { L = 1 << 22, RS_AT = 16, RT2_AT = 10, PAIR = 1 << 21 };
    int used[] = {get(row, word, "rn"), get(row, word, "rt"), get(row, word, "rt2"),
                  get(row, word, "rs")};
    uint32_t free[2], n = 0;
    for (int r = 1; n < 2; r++) {
        bool taken = false;
        for (unsigned i = 0; i < 4; i++)
            taken |= used[i] == r;
        if (!taken)
            free[n++] = (uint32_t)r;
    }
    word = (word & 0xffe083e0) | L | 31u << RS_AT | free[0];
    return word | (word & PAIR ? free[1] : 31u) << RT2_AT;
}

static void make(Case *c, const PatternRow *row, uint32_t word, uint32_t file_offset)
{
    unsigned at = 0, before = rnd(3) ? 0 : 1 + rnd(MAX_BEFORE);
    c->control = control();
    choose_base(c, row, word);
    choose_index(c, row, word);
    choose_system(c, row, word);
    for (unsigned i = 0; i < before; i++)
        put_code(c, &at, draw_before(c), LENGTH);
    if ((row_is(row, "stx") || row_is(row, "stlx")) && rnd(2))
        put_code(c, &at, exclusive_for(row, word), LENGTH);
    if (c->base_kind == BASE_CODE)
        c->delta += (int32_t)at;
    put_code(c, &at, word, LENGTH);
    put_code(c, &at, MARK, LENGTH);
    int32_t back = RUNNER_DONE_AT - (int32_t)(RUNNER_CASES_AT + file_offset + at);
    put_code(c, &at, B | ((uint32_t)(back / LENGTH) & 0x3ffffff), LENGTH);
}

const CaseGuest case_guest = {
    .patterns = &a64_patterns,
    .decode = decode,
    .is_tested = is_tested,
    .adjust = adjust,
    .make = make,
    .disassemble = a64_disassemble,
};
