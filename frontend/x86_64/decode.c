/* decode.c: x86 instruction decoding (see decode.h for the table it is driven by).
 *
 * The rows are indexed once, before main: for each map, opcode and class of mandatory prefix a
 * chain of candidate rows, the most particular first. Decoding reads prefixes and opcode, walks
 * that chain with the ModRM byte, and then fills the operands from the row's operand kinds.
 *
 * Intel SDM volume 2, chapter 2 (instruction format) and appendix A (opcode maps).
 */
#include "frontend/x86_64/decode.h"

#include <stddef.h>
#include <string.h>

#include "frontend/x86_64/state.h"

enum { MAX_LENGTH = 15, PREFIX_CLASSES = 4, MAX_NODES = 16384 };

/* ---- the index ---- */

typedef struct Node {
    uint16_t row;  /* index + 1; 0: none */
    uint16_t next; /* index of a node; 0: none */
} Node;

/* Written before main by the constructor only. */
static struct {
    uint16_t head[X86_MAP_COUNT][256][PREFIX_CLASSES];
    Node nodes[MAX_NODES];
    unsigned used;
} lookup_index;

typedef struct OperandDesc {
    uint8_t place, kind, size, fixed;
} OperandDesc;

static const OperandDesc operand_desc[X86_OP_COUNT] = {
#define O(name, place, class, size, fixed) {X86_AT_##place, X86_##class, size, fixed},
    X86_OPERANDS(O)
#undef O
};

/* Which of the four prefix classes (none, 66, F3, F2) a row serves. */
static bool serves_class(const X86Row *row, unsigned pclass)
{
    static const uint8_t of[] = {[X86_P_NP] = 0, [X86_P_66] = 1, [X86_P_F3] = 2, [X86_P_F2] = 3};
    if (row->prefix == X86_P_OS)
        return pclass <= 1;
    return row->prefix == X86_P___ || of[row->prefix] == pclass;
}

static unsigned specificity(const X86Row *row)
{
    unsigned s = row->prefix == X86_P___ ? 0 : row->prefix == X86_P_OS ? 8 : 16;
    if (row->modrm & X86_MR_EXACT)
        return s + 4;
    if (row->modrm & X86_MR_DIGIT)
        return s + (row->modrm & (X86_MR_REG | X86_MR_MEM) ? 3 : 2);
    return s + (row->modrm & (X86_MR_REG | X86_MR_MEM) ? 1 : 0);
}

static unsigned span_of(const X86Row *row)
{
    return row->attr & A_SPAN16 ? 16 : row->attr & A_SPAN8 ? 8 : row->attr & A_SPAN4 ? 4 : 1;
}

/* rank: specificity of each row. */
static void insert(uint16_t *link, unsigned row, const uint8_t *rank)
{
    while (*link && rank[lookup_index.nodes[*link].row - 1] >= rank[row])
        link = &lookup_index.nodes[*link].next;
    unsigned n = ++lookup_index.used;
    if (n >= MAX_NODES)
        __builtin_trap();
    lookup_index.nodes[n] = (Node){.row = (uint16_t)(row + 1), .next = *link};
    *link = (uint16_t)n;
}

__attribute__((constructor)) static void build_index(void)
{
    uint8_t rank[x86_row_count];
    for (unsigned r = 0; r < x86_row_count; r++) {
        const X86Row *row = &x86_rows[r];
        unsigned span = span_of(row);
        rank[r] = (uint8_t)specificity(row);
        for (unsigned c = 0; c < PREFIX_CLASSES; c++) {
            if (!serves_class(row, c))
                continue;
            for (unsigned k = 0; k < span; k++)
                insert(&lookup_index.head[row->map][row->opcode + k][c], r, rank);
        }
    }
}

static bool modrm_matches(const X86Row *row, unsigned modrm)
{
    unsigned want = row->modrm & X86_MR_VALUE;
    if (row->modrm & X86_MR_EXACT)
        return modrm == want;
    if ((row->modrm & X86_MR_REG) && modrm < 0xc0)
        return false;
    if ((row->modrm & X86_MR_MEM) && modrm >= 0xc0)
        return false;
    return !(row->modrm & X86_MR_DIGIT) || ((modrm >> 3) & 7) == want;
}

/* ---- decoding ---- */

typedef struct Reader {
    const uint8_t *bytes;
    unsigned n, at;
    bool failed; /* ran out of bytes */
} Reader;

static uint8_t peek8(Reader *r)
{
    if (r->at >= r->n || r->at >= MAX_LENGTH) {
        r->failed = true;
        return 0;
    }
    return r->bytes[r->at];
}

static uint64_t read_bytes(Reader *r, unsigned count)
{
    uint64_t v = 0;
    if (r->at + count > r->n || r->at + count > MAX_LENGTH) {
        r->failed = true;
        return 0;
    }
    for (unsigned i = 0; i < count; i++)
        v |= (uint64_t)r->bytes[r->at + i] << (8 * i);
    r->at += count;
    return v;
}

static int64_t read_signed(Reader *r, unsigned count)
{
    uint64_t v = read_bytes(r, count);
    unsigned shift = 64 - 8 * count;
    return (int64_t)(v << shift) >> shift;
}

static unsigned seg_of_prefix(uint8_t b)
{
    switch (b) {
    case 0x26:
        return X86_ES;
    case 0x2e:
        return X86_CS;
    case 0x36:
        return X86_SS;
    case 0x3e:
        return X86_DS;
    case 0x64:
        return X86_FS;
    case 0x65:
        return X86_GS;
    default:
        return X86_SEG_NONE;
    }
}

static void read_prefixes(X86Insn *in, Reader *r)
{
    bool is64 = in->mode == X86_MODE_64;
    for (;; r->at++) {
        uint8_t b = peek8(r);
        unsigned seg = seg_of_prefix(b);
        if (r->failed)
            return;
        if (seg != X86_SEG_NONE) {
            if (!is64 || seg >= X86_FS)
                in->mem.seg = (uint8_t)seg;
        } else if (b == 0x66) {
            in->prefixes |= X86_PFX_66;
        } else if (b == 0x67) {
            in->prefixes |= X86_PFX_67;
        } else if (b == 0xf0) {
            in->prefixes |= X86_PFX_LOCK;
        } else if (b == 0xf2 || b == 0xf3) {
            in->prefixes &= (uint8_t) ~(X86_PFX_F2 | X86_PFX_F3);
            in->prefixes |= b == 0xf2 ? X86_PFX_F2 : X86_PFX_F3;
        } else if (is64 && (b & 0xf0) == 0x40) {
            in->rex = b; /* void unless the opcode follows */
            in->prefixes |= X86_PFX_REX;
            continue;
        } else {
            return;
        }
        in->rex = 0;
        in->prefixes &= (uint8_t)~X86_PFX_REX;
    }
}

/* C4 or C5 has been read: the rest of a VEX prefix, which holds what REX, the mandatory prefix and
 * the escape bytes say elsewhere; none of those may stand before it. False: undefined. */
static bool read_vex(X86Insn *in, Reader *r, uint8_t first, unsigned *map)
{
    enum {
        R = 0x80,
        X = 0x40,
        B = 0x20,
        W = 0x80,
        L = 4,
        BARRED = X86_PFX_66 | X86_PFX_F2 | X86_PFX_F3 | X86_PFX_LOCK | X86_PFX_REX
    };
    static const uint8_t mandatory[4] = {0, X86_PFX_66, X86_PFX_F3, X86_PFX_F2};
    uint8_t b = (uint8_t)read_bytes(r, 1), select = 1;
    bool barred = (in->prefixes & BARRED) != 0;
    in->rex = b & R ? 0 : X86_REX_R;
    if (first == 0xc4) {
        in->rex |= (b & X ? 0 : X86_REX_X) | (b & B ? 0 : X86_REX_B);
        select = b & 31;
        b = (uint8_t)read_bytes(r, 1);
        in->rex |= b & W ? X86_REX_W : 0;
    }
    in->vvvv = ~(b >> 3) & 15;
    in->prefixes |= mandatory[b & 3];
    *map = select == 2 ? X86_MAP_V0F38 : X86_MAP_V0F3A;
    in->opcode = (uint8_t)read_bytes(r, 1);
    return !barred && !(b & L) && (select == 2 || select == 3);
}

/* False: there is no such instruction. */
static bool read_opcode(X86Insn *in, Reader *r, unsigned *map)
{
    uint8_t b = (uint8_t)read_bytes(r, 1);
    *map = X86_MAP_00;
    if (b == 0xc4 || b == 0xc5) { /* outside 64-bit mode LES and LDS, unless mod would be 3 */
        if (in->mode == X86_MODE_64 || peek8(r) >= 0xc0)
            return read_vex(in, r, b, map);
    } else if (b == 0x0f) {
        *map = X86_MAP_0F;
        b = (uint8_t)read_bytes(r, 1);
        if (b == 0x38 || b == 0x3a) {
            *map = b == 0x38 ? X86_MAP_0F38 : X86_MAP_0F3A;
            b = (uint8_t)read_bytes(r, 1);
        }
    }
    in->opcode = b;
    return true;
}

static const X86Row *find_row(const X86Insn *in, unsigned map, unsigned modrm)
{
    unsigned pclass = in->prefixes & X86_PFX_F2   ? 3
                      : in->prefixes & X86_PFX_F3 ? 2
                      : in->prefixes & X86_PFX_66 ? 1
                                                  : 0;
    uint32_t barred = in->mode == X86_MODE_64 ? A_I64 : A_O64;
    for (unsigned n = lookup_index.head[map][in->opcode][pclass]; n;
         n = lookup_index.nodes[n].next) {
        const X86Row *row = &x86_rows[lookup_index.nodes[n].row - 1];
        if (!(row->attr & barred) && modrm_matches(row, modrm))
            return row;
    }
    return NULL;
}

static void set_sizes(X86Insn *in)
{
    const X86Row *row = in->row;
    bool p66 = (in->prefixes & X86_PFX_66) && row->prefix != X86_P_66;
    bool p67 = in->prefixes & X86_PFX_67;
    if (in->mode == X86_MODE_64) {
        bool wide = in->rex & X86_REX_W;
        in->opsize = wide || (row->attr & A_F64) ? 8 : p66 ? 2 : row->attr & A_D64 ? 8 : 4;
        in->addrsize = p67 ? 4 : 8;
    } else {
        bool is32 = in->mode == X86_MODE_32;
        in->opsize = is32 != p66 ? 4 : 2;
        in->addrsize = is32 != p67 ? 4 : 2;
    }
}

/* 16-bit addressing: base, index and displacement by mod and rm (SDM table 2-1). */
static void read_mem16(X86Insn *in, Reader *r)
{
    static const uint8_t base[8] = {RBX, RBX, RBP, RBP, RSI, RDI, RBP, RBX};
    static const uint8_t index[8] = {
        RSI, RDI, RSI, RDI, X86_BASE_NONE, X86_BASE_NONE, X86_BASE_NONE, X86_BASE_NONE,
    };
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    in->mem.base = base[rm];
    in->mem.index = index[rm];
    if (mod == 0 && rm == 6) {
        in->mem.base = X86_BASE_NONE;
        in->mem.disp = read_signed(r, 2);
    } else if (mod) {
        in->mem.disp = read_signed(r, mod);
    }
}

static void read_sib(X86Insn *in, Reader *r)
{
    uint8_t sib = (uint8_t)read_bytes(r, 1);
    unsigned index = ((sib >> 3) & 7) | (in->rex & X86_REX_X ? 8 : 0);
    unsigned base = (sib & 7) | (in->rex & X86_REX_B ? 8 : 0);
    in->mem.scale = sib >> 6;
    in->mem.index = index == RSP ? X86_BASE_NONE : (uint8_t)index;
    in->mem.base = (uint8_t)base;
    if ((sib & 7) == 5 && in->modrm < 0x40) {
        in->mem.base = X86_BASE_NONE;
        in->mem.disp = read_signed(r, 4);
    }
}

static void read_mem(X86Insn *in, Reader *r)
{
    unsigned mod = in->modrm >> 6, rm = in->modrm & 7;
    if (in->addrsize == 2) {
        read_mem16(in, r);
        return;
    }
    if (rm == 4) {
        read_sib(in, r);
    } else if (mod == 0 && rm == 5) {
        in->mem.base = in->mode == X86_MODE_64 ? X86_BASE_RIP : X86_BASE_NONE;
        in->mem.disp = read_signed(r, 4);
    } else {
        in->mem.base = (uint8_t)(rm | (in->rex & X86_REX_B ? 8 : 0));
    }
    if (mod == 1)
        in->mem.disp = read_signed(r, 1);
    else if (mod == 2)
        in->mem.disp = read_signed(r, 4);
}

static unsigned resolve_size(const X86Insn *in, unsigned size)
{
    switch (size) {
    case X86_SZ_V:
        return in->opsize;
    case X86_SZ_Z:
        return in->opsize == 2 ? 2 : 4;
    case X86_SZ_Y:
        return in->rex & X86_REX_W ? 8 : 4;
    case X86_SZ_P:
        return 2u + in->opsize;
    default:
        return size;
    }
}

/* A register operand; false if there is no such register. */
static bool set_register(const X86Insn *in, X86Operand *op, unsigned kind, unsigned reg,
                         unsigned rex_bit)
{
    op->kind = (uint8_t)kind;
    if (kind == X86_MMX || kind == X86_ST || kind == X86_SEG) {
        op->reg = reg & 7;
        return kind != X86_SEG || op->reg < 6;
    }
    op->reg = (uint8_t)((reg & 7) | (in->rex & rex_bit ? 8 : 0));
    if (kind == X86_GPR && op->size == 1 && !(in->prefixes & X86_PFX_REX) && op->reg >= 4) {
        op->kind = X86_GPR_HIGH;
        op->reg -= 4;
    }
    return true;
}

static bool set_operand(X86Insn *in, Reader *r, X86Operand *op, unsigned spec)
{
    const OperandDesc *d = &operand_desc[spec];
    op->spec = (uint8_t)spec;
    if (d->place == X86_AT_NONE)
        return true;
    op->size = (uint8_t)resolve_size(in, d->size);
    switch (d->place) {
    case X86_AT_RM:
    case X86_AT_RMR:
        if (in->modrm >= 0xc0 || d->kind == X86_CR)
            return d->kind != X86_MEM && set_register(in, op, d->kind, in->modrm, X86_REX_B);
        op->kind = X86_MEM;
        if (d->kind == X86_GPR && d->fixed)
            op->size = d->fixed;
        return d->place == X86_AT_RM;
    case X86_AT_REG:
        return set_register(in, op, d->kind, in->modrm >> 3, X86_REX_R);
    case X86_AT_VEX:
        op->kind = d->kind;
        op->reg = in->vvvv;
        return true;
    case X86_AT_OPCODE:
        return set_register(in, op, d->kind, in->opcode, X86_REX_B);
    case X86_AT_FIXED:
        op->kind = d->kind;
        op->reg = d->fixed;
        return true;
    case X86_AT_ONE:
        op->kind = X86_IMM;
        op->imm = 1;
        return true;
    case X86_AT_MOFFS:
        op->kind = X86_MEM;
        in->mem.disp = (int64_t)read_bytes(r, in->addrsize);
        return true;
    case X86_AT_IMM:
    case X86_AT_REL:
        op->kind = d->kind;
        op->imm = (uint64_t)read_signed(r, op->size);
        return true;
    default:
        op->kind = d->kind;
        op->imm = read_bytes(r, op->size);
        return true;
    }
}

/* Addresses that count from the end of the instruction. */
static void finish_relative(X86Insn *in)
{
    uint64_t mask = in->mode == X86_MODE_64 ? ~(uint64_t)0 : in->opsize == 4 ? 0xffffffff : 0xffff;
    for (unsigned i = 0; i < 3; i++)
        if (in->op[i].kind == X86_REL)
            in->op[i].imm = (in->next_pc + in->op[i].imm) & mask;
    if (in->mem.base == X86_BASE_RIP)
        in->mem.disp += (int64_t)in->next_pc;
}

bool x86_insn_has_mem(const X86Insn *in)
{
    return in->op[0].kind == X86_MEM || in->op[1].kind == X86_MEM || in->op[2].kind == X86_MEM;
}

static X86DecodeStatus out_of_bytes(const Reader *r)
{
    return r->n >= MAX_LENGTH ? X86_DECODE_TOO_LONG : X86_DECODE_SHORT;
}

X86DecodeStatus x86_decode(X86Insn *in, uint64_t pc, const uint8_t *bytes, unsigned n,
                           unsigned mode)
{
    Reader r = {.bytes = bytes, .n = n};
    memset(in, 0, sizeof *in);
    in->pc = pc;
    in->mode = mode & X86_MODE_WIDTH;
    in->mem = (X86Mem){.base = X86_BASE_NONE, .index = X86_BASE_NONE, .seg = X86_SEG_NONE};
    read_prefixes(in, &r);
    unsigned map;
    bool exists = !r.failed && read_opcode(in, &r, &map);
    if (r.failed)
        return out_of_bytes(&r);
    if (!exists)
        return X86_DECODE_UNDEFINED;

    /* The chain says whether there is a ModRM byte: rows of one opcode agree on that. */
    in->modrm = 0;
    const X86Row *row = NULL;
    unsigned first = 0;
    for (unsigned c = 0; c < PREFIX_CLASSES && !first; c++)
        first = lookup_index.head[map][in->opcode][c];
    if (!first)
        return X86_DECODE_UNDEFINED;
    bool has_modrm = x86_rows[lookup_index.nodes[first].row - 1].modrm & X86_MR_HAS;
    if (has_modrm) {
        in->modrm = (uint8_t)read_bytes(&r, 1);
        if (r.failed)
            return out_of_bytes(&r);
    }
    row = find_row(in, map, in->modrm);
    if (!row)
        return X86_DECODE_UNDEFINED;
    in->row = row;
    set_sizes(in);
    bool control = false, vvvv = false;
    for (unsigned i = 0; i < 3; i++) {
        control |= operand_desc[row->op[i]].kind == X86_CR;
        vvvv |= operand_desc[row->op[i]].place == X86_AT_VEX;
    }
    if (in->vvvv && !vvvv)
        return X86_DECODE_UNDEFINED;
    if (control)
        in->modrm |= 0xc0; /* moves to and from control registers ignore mod */
    if (has_modrm && in->modrm < 0xc0)
        read_mem(in, &r);
    for (unsigned i = 0; i < 3; i++)
        if (!set_operand(in, &r, &in->op[i], row->op[i]))
            return r.failed ? out_of_bytes(&r) : X86_DECODE_UNDEFINED;
    if (r.failed)
        return out_of_bytes(&r);
    if ((in->prefixes & X86_PFX_LOCK) && !((row->attr & A_LOCK) && in->op[0].kind == X86_MEM))
        return X86_DECODE_UNDEFINED;
    in->length = (uint8_t)r.at;
    in->next_pc = pc + r.at;
    finish_relative(in);
    return X86_DECODE_OK;
}
