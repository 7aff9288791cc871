/* generate.c: RISC-V's part of making random instructions (tests/rows/generate.h).
 *
 * The runner keeps gp and tp for itself. Between the instruction under test and the jump back to
 * the runner stands one that shows whether it was run: jumps lead over it.
 */
#include "tests/rows/generate.h"
#include "frontend/riscv64/lift.h"

enum { GP = 3, TP = 4, MAX_BEFORE = 3 };
enum { MARK = 0x001f8f93, SKIP = 4 }; /* addi t6, t6, 1 */

static int decode(uint32_t word)
{
    RvInsn in;
    return rv_decode(&in, word);
}

static bool is_tested(const PatternRow *row)
{
    return !row_is(row, "ecall");
}

/* The register an instruction writes; -1: none. */
static int written(const PatternRow *row, uint32_t word)
{
    if (row_has(row, RV_FIELD_RD))
        return (int)row_get(row, word, RV_FIELD_RD);
    return row_is(row, "c.addi16sp") ? RV_SP : row_is(row, "c.jalr") ? RV_RA : -1;
}

static uint32_t adjust(const PatternRow *row, uint32_t word)
{
    RvInsn in;
    if (row_has(row, RV_FIELD_CSR)) {
        static const uint16_t csrs[] = {1, 2, 3, 1, 2, 3, 0x300, 0x7b0};
        word = row_set(row, word, RV_FIELD_CSR, csrs[rnd(8)]);
    }
    if (row_has(row, RV_FIELD_RM) && rnd(2))
        word = row_set(row, word, RV_FIELD_RM, 7);
    if (rnd(8) == 0 && row_has(row, RV_FIELD_RS1) && row_has(row, RV_FIELD_RS2))
        word = row_set(row, word, RV_FIELD_RS2, row_get(row, word, RV_FIELD_RS1));
    if (rnd(8) == 0 && row_has(row, RV_FIELD_FS1) && row_has(row, RV_FIELD_FS2))
        word = row_set(row, word, RV_FIELD_FS2, row_get(row, word, RV_FIELD_FS1));
    if (rv_decode(&in, word) < 0)
        return 0;
    int rd = written(row, word);
    bool address = row->attributes & (RV_A_MEM | RV_A_END) && (in.rs1 == GP || in.rs1 == TP);
    address |=
        row_is(row, "sc.") && in.rs1 == RV_ZERO; /* without a reservation, may fault or not */
    if (rd == GP || rd == TP || address)
        return 0;
    return row_has(row, RV_FIELD_OFF) ? row_set(row, word, RV_FIELD_OFF, row->bytes + SKIP) : word;
}

/* The register that the last instruction takes an address from, and what it adds. */
static void choose_base(Case *c, const PatternRow *row, const RvInsn *in)
{
    bool code = row->attributes & RV_A_END && (row_is(row, "jalr") || row_is(row, "c.j"));
    if ((!code && !(row->attributes & RV_A_MEM)) || in->rs1 == RV_ZERO)
        return;
    int32_t added = row->attributes & RV_A_ATOMIC ? 0 : in->imm;
    c->base = (uint8_t)in->rs1;
    c->base_kind = code ? BASE_CODE : BASE_DATA;
    c->delta = (code ? row->bytes + SKIP : (int32_t)rnd(256)) - added;
    if (row->attributes & RV_A_ATOMIC)
        c->delta &= ~7; /* qemu-user ends at misaligned ones */
}

/* Instructions before the last: anything on registers that leaves the base alone. */
static uint32_t draw_before(const Case *c)
{
    for (;;) {
        uint32_t word = draw_plain(RV_A_CSR);
        const PatternRow *row = &rv_patterns.rows[decode(word)];
        if (!row_has(row, RV_FIELD_CSR) && (written(row, word) != c->base || !c->base_kind))
            return word;
    }
}

static void make(Case *c, const PatternRow *row, uint32_t word, uint32_t file_offset)
{
    RvInsn in;
    unsigned at = 0, before = rnd(3) ? 0 : 1 + rnd(MAX_BEFORE);
    (void)file_offset;
    rv_decode(&in, word);
    c->control = rnd(32) | (rnd(16) ? rnd(5) : rnd(8)) << 5;
    choose_base(c, row, &in);
    for (unsigned i = 0; i < before; i++) {
        uint32_t extra = draw_before(c);
        put_code(c, &at, extra, (extra & 3) == 3 ? 4 : 2);
    }
    if (row_is(row, "sc.") && rnd(2)) { /* an LR of the same size and place first */
        uint32_t lr = 0x1000202f | (word & 0x7000) | (word & 0xf8000) | 5 << 7;
        put_code(c, &at, in.rs1 == 5 ? 0x13 : lr, 4);
    }
    if (c->base_kind == BASE_CODE)
        c->delta += (int32_t)at;
    put_code(c, &at, word, row->bytes);
    put_code(c, &at, MARK, 4);
    put_code(c, &at, 0x20823183, 4); /* ld gp, 520(tp) */
    put_code(c, &at, 0x00018067, 4); /* jr gp */
}

const CaseGuest case_guest = {
    .patterns = &rv_patterns,
    .decode = decode,
    .is_tested = is_tested,
    .adjust = adjust,
    .make = make,
    .disassemble = rv_disassemble,
};
