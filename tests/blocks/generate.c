/* generate.c: random blocks out of the decoder's tables.
 *
 * An instruction is a random encoding of a random row (tests/insn/encode.h) whose memory operand is
 * made here: off a pointer register, so that it is mostly in the runner's window. It is thrown away
 * if it would write a register that must keep its value, and what it needs before it (a divisor
 * that fits, addresses of a string) is put there. Control flow is built from whole forms: a branch
 * over a stretch, a loop that counts in a register, a call, a computed jump.
 */
#include "tests/blocks/generate.h"

#include <string.h>

#include "tests/insn/encode.h"

typedef struct Gen {
    Block *b;
    uint64_t seed;
    unsigned wanted; /* instructions, about */
    unsigned kept;   /* registers that must not be written */
    unsigned groups; /* so far */
    unsigned x87;    /* percentage of x87 instructions among the others */
    unsigned taste;  /* percentage of integer instructions */
    char **without;  /* mnemonics */
    unsigned nwithout;
    bool no_stack;    /* in a callee: the return address lies at rsp */
    bool shallow;     /* in a loop or callee: no further one */
    bool aligned;     /* the memory operand being made must be */
    unsigned written; /* bytes of the memory operand last made: */
    uint8_t form[6];  /* its ModRM (reg 0), SIB and displacement, */
    uint8_t form_rex; /* and REX.XB; 0xff: none that can be used again */
} Gen;

static unsigned rnd(Gen *g, unsigned below)
{
    return insn_random(&g->seed, below);
}

static unsigned pick_of(Gen *g, unsigned mask)
{
    unsigned at = rnd(g, 16);
    for (unsigned i = 0; i < 16; i++)
        if (mask >> ((at + i) & 15) & 1)
            return (at + i) & 15;
    return 0;
}

/* ---- adding ---- */

static BlockInsn *add(Gen *g, const uint8_t *code, unsigned length, unsigned group)
{
    static BlockInsn nowhere;
    if (g->b->count >= BLOCK_INSNS)
        return &nowhere;
    BlockInsn *in = &g->b->insn[g->b->count++];
    *in = (BlockInsn){.length = (uint8_t)length, .target = BLOCK_NOWHERE, .group = (uint8_t)group};
    memcpy(in->code, code, length);
    return in;
}

static unsigned new_group(Gen *g)
{
    return ++g->groups;
}

/* mov $value, %reg (32 bits, extended by sign) */
static void add_mov(Gen *g, unsigned reg, int32_t value, unsigned group)
{
    uint8_t code[7] = {(uint8_t)(0x48 | reg >> 3), 0xc7, (uint8_t)(0xc0 | (reg & 7))};
    memcpy(code + 3, &value, 4);
    add(g, code, 7, group);
}

/* lea small(%pointer), %reg */
static void add_lea(Gen *g, unsigned reg)
{
    unsigned from = pick_of(g, g->b->pointers);
    uint8_t code[5] = {(uint8_t)(0x48 | reg >> 3 << 2 | from >> 3), 0x8d,
                       (uint8_t)(0x40 | (reg & 7) << 3 | (from & 7))};
    unsigned n = 3;
    if ((from & 7) == 4)
        code[n++] = 0x24;
    code[n++] = (uint8_t)rnd(g, 128);
    add(g, code, n, 0);
}

/* ---- memory operands ---- */

/* A register of the mask that the encoding reaches, and the REX bit for it. */
static unsigned reachable(Gen *g, const InsnWriter *w, unsigned mask, unsigned bit)
{
    unsigned reg = pick_of(g, w->rex_at ? mask : mask & 0xff);
    if (w->rex_at) {
        uint8_t *rex = &w->out[w->rex_at - 1];
        *rex = (uint8_t)(reg >= 8 ? *rex | bit : *rex & ~bit);
    }
    return reg;
}

static int32_t displacement(Gen *g, unsigned mod)
{
    int32_t d = mod == 1 ? (int32_t)rnd(g, 256) - 128 : (int32_t)rnd(g, 400) - 128;
    return g->aligned && rnd(g, 16) ? d & ~15 : d;
}

static void put_disp(InsnWriter *w, unsigned mod, int32_t d)
{
    for (unsigned i = 0; i < (mod == 2 ? 4 : mod); i++)
        insn_put(w, (uint32_t)d >> 8 * i & 0xff);
}

static void put_fixed(Gen *g, InsnWriter *w, unsigned reg)
{
    uint32_t at = BLOCK_SPOT + (uint32_t)displacement(g, 2);
    if (w->rex_at)
        w->out[w->rex_at - 1] &= (uint8_t) ~(X86_REX_X | X86_REX_B);
    w->relative = rnd(g, 2);
    insn_put(w, reg << 3 | (w->relative ? 5 : 4));
    if (!w->relative)
        insn_put(w, 0x25);
    if (w->relative)
        w->disp_at = w->n;
    put_disp(w, 2, (int32_t)at);
}

/* InsnWriter.memory */
static void put_memory(InsnWriter *w, unsigned reg)
{
    Gen *g = w->arg;
    unsigned form = rnd(g, 16), at = w->n, mod = rnd(g, 4) ? 1 : 2 * rnd(g, 2);
    w->disp_at = 0;
    if (form == 0) {
        put_fixed(g, w, reg);
        g->form_rex = 0xff;
        return;
    }
    bool index = form >= 10 && !g->aligned && (g->b->indices & (w->rex_at ? 0xffffu : 0xffu));
    bool on_stack = form == 1;
    unsigned base = on_stack ? RSP : reachable(g, w, g->b->pointers, X86_REX_B);
    if (on_stack && w->rex_at)
        w->out[w->rex_at - 1] &= (uint8_t)~X86_REX_B;
    unsigned idx = index ? reachable(g, w, g->b->indices, X86_REX_X) : 4;
    if (!index && w->rex_at)
        w->out[w->rex_at - 1] &= (uint8_t)~X86_REX_X;
    if ((base & 7) == RBP && mod == 0)
        mod = 1;
    if (index || (base & 7) == RSP) {
        insn_put(w, mod << 6 | reg << 3 | 4);
        insn_put(w, rnd(g, 4) << 6 | (idx & 7) << 3 | (base & 7));
    } else {
        insn_put(w, mod << 6 | reg << 3 | (base & 7));
    }
    put_disp(w, mod, displacement(g, mod));
    g->written = w->n - at;
    memcpy(g->form, w->out + at, g->written);
    g->form[0] &= 0xc7;
    g->form_rex = (uint8_t)((base >> 3) | (idx >> 3 << 1));
}

/* ---- single instructions ---- */

static bool emitter_is(const X86Row *row, const char *name)
{
    return strcmp(row->emitter, name) == 0;
}

/* Results good to a last place or so, images with pointers that come and go, control words out of
 * random memory. */
static bool x87_unfit(const X86Row *row)
{
    static const char *const names[] = {
        "f2xm1", "fyl2x",  "fyl2xp1", "fptan", "fpatan", "fsin",   "fcos",    "fsincos", "fscale",
        "fprem", "fprem1", "fldenv",  "fldcw", "frstor", "fnsave", "fnstenv", "fxsave",  "fxrstor"};
    for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(row->mnemonic, names[i]) == 0)
            return true;
    return false;
}

static bool usable(const Gen *g, const X86Row *row)
{
    for (unsigned i = 0; i < g->nwithout; i++)
        if (strcmp(row->mnemonic, g->without[i]) == 0)
            return false;
    if (insn_is_x87(row))
        return !x87_unfit(row);
    return insn_testable(row) && !insn_is_branch(row) && !emitter_is(row, "popf") &&
           !(row->attr & A_PRIV);
}

static bool writes_second(const X86Row *row)
{
    return emitter_is(row, "xchg") || emitter_is(row, "xadd") || emitter_is(row, "xchg_ax") ||
           emitter_is(row, "mulx");
}

/* Registers it writes, explicitly or not, as far as the generator must know. */
static unsigned writes(const X86Insn *in)
{
    const X86Row *row = in->row;
    unsigned mask = 0;
    for (unsigned i = 0; i < 3; i++) {
        const X86Operand *o = &in->op[i];
        if ((i == 0 && (row->attr & A_READ)) || (i > 0 && !writes_second(row)))
            continue;
        if (o->kind == X86_GPR)
            mask |= 1u << o->reg;
        else if (o->kind == X86_GPR_HIGH)
            mask |= 1u << (o->reg & 3);
    }
    if (row->attr & A_REP)
        mask |= 1 << RSI | 1 << RDI | (in->prefixes & (X86_PFX_F2 | X86_PFX_F3) ? 1 << RCX : 0);
    if (emitter_is(row, "enter") || emitter_is(row, "leave"))
        mask |= 1 << RBP;
    if (strcmp(row->mnemonic, "pcmpestri") == 0 || strcmp(row->mnemonic, "pcmpistri") == 0)
        mask |= 1 << RCX;
    return mask;
}

static bool uses_stack(const X86Insn *in)
{
    return (in->row->attr & A_STACK) || (x86_insn_has_mem(in) && in->mem.base == RSP);
}

/* What no two processors need agree on, or what would only end the block early. */
static bool refused(Gen *g, const X86Insn *in)
{
    const X86Row *row = in->row;
    if (writes(in) & (g->kept | 1u << RSP))
        return true;
    if (g->no_stack && uses_stack(in))
        return true;
    if (insn_makers_differ(in))
        return true;
    bool by_cl = in->op[2].kind == X86_GPR; /* so may be more than 16 */
    if (in->opsize == 2 && by_cl && (emitter_is(row, "shld") || emitter_is(row, "shrd")))
        return true;
    if (emitter_is(row, "enter") && (in->op[0].imm > 64 || (in->op[1].imm & 31) > 2))
        return true;
    if (emitter_is(row, "sse_maskmov") && (g->kept >> RDI & 1 || in->mem.seg == X86_GS))
        return true;
    if (strncmp(row->mnemonic, "sha", 3) == 0 && x86_insn_has_mem(in) && in->op[0].kind == X86_XMM)
        return true;                              /* misaligned: #GP, or nothing */
    return strcmp(row->mnemonic, "ldmxcsr") == 0; /* which bits it refuses is the processor's own */
}

/* mov of the memory operand just made, or of a register, to rax */
static void add_load_rax(Gen *g, const X86Insn *in)
{
    uint8_t code[10] = {0x48, 0x8b};
    unsigned n = 2;
    if (in->op[0].kind == X86_GPR) {
        code[0] |= in->op[0].reg >> 3;
        code[n++] = (uint8_t)(0xc0 | (in->op[0].reg & 7));
    } else if (in->op[0].kind == X86_MEM && g->form_rex != 0xff) {
        code[0] |= g->form_rex;
        memcpy(code + n, g->form, g->written);
        n += g->written;
    } else {
        return;
    }
    if (!(g->kept >> RAX & 1))
        add(g, code, n, 0);
}

/* DPPS, DPPD: which of several NaNs the sum is, is the processor's choice (exceptions.def). */
static bool sums_products(const X86Insn *in)
{
    unsigned lanes = (unsigned)in->op[2].imm >> 4 & (in->opcode == 0x40 ? 15 : 3);
    return emitter_is(in->row, "sse_dot") && (lanes & (lanes - 1));
}

/* Makes all NaNs of the sum the same: movaps sum, t; cmpunordps t, t; orps t, sum, or ..pd. */
static void forget_nans(Gen *g, const X86Insn *in, unsigned group)
{
    unsigned sum = in->op[0].reg, t = (sum + 1 + rnd(g, 15)) & 15;
    const struct {
        uint8_t opcode, to, from;
    } insns[] = {{0x28, (uint8_t)t, (uint8_t)sum},
                 {0xc2, (uint8_t)t, (uint8_t)t},
                 {0x56, (uint8_t)sum, (uint8_t)t}};
    for (unsigned i = 0; i < 3; i++) {
        unsigned to = insns[i].to, from = insns[i].from, n = 0;
        uint8_t code[7];
        if (in->opcode != 0x40)
            code[n++] = 0x66;
        code[n++] = (uint8_t)(0x40 | to >> 3 << 2 | from >> 3);
        code[n++] = 0x0f;
        code[n++] = insns[i].opcode;
        code[n++] = (uint8_t)(0xc0 | (to & 7) << 3 | (from & 7));
        if (insns[i].opcode == 0xc2)
            code[n++] = 3;
        add(g, code, n, group);
    }
}

/* What must go before an instruction lest it fault: what then shows is no two makers' same. Returns
 * the group of both, or 0. */
static unsigned protect(Gen *g, const X86Insn *in)
{
    unsigned group;
    if (emitter_is(in->row, "sse_maskmov")) { /* faults where no byte is selected */
        add_mov(g, RDI, (int32_t)(BLOCK_SPOT + rnd(g, 256)), group = new_group(g));
        return group;
    }
    if (emitter_is(in->row, "leave")) { /* mov %rsp, %rbp; or else it ends most blocks */
        add(g, (const uint8_t *)"\x48\x89\xe5", 3, group = new_group(g));
        return group;
    }
    if (sums_products(in))
        return new_group(g);
    bool mmx = in->op[0].kind == X86_MMX || in->op[1].kind == X86_MMX;
    if (mmx && strncmp(in->row->mnemonic, "cvt", 3) == 0) {
        /* takes the x87 stack before or after */
        add(g, (const uint8_t *)"\x0f\x6f\xc0", 3, group = new_group(g)); /* movq %mm0, %mm0 */
        return group;
    }
    return 0;
}

/* What goes before an instruction, so that it does something of interest. */
static void prepare(Gen *g, const X86Insn *in)
{
    const X86Row *row = in->row;
    if (emitter_is(row, "div") || emitter_is(row, "idiv")) {
        if (rnd(g, 8) == 0)
            return;
        if (in->op[0].size == 1)
            add(g, (const uint8_t *)"\xb4\0", 2, 0); /* mov $0, %ah */
        else
            add_mov(g, RDX, 0, 0);
        if (emitter_is(row, "idiv") && rnd(g, 2))
            add_mov(g, RAX, (int32_t)rnd(g, 1u << 30), 0);
    } else if (row->attr & A_REP) {
        add_lea(g, RSI);
        add_lea(g, RDI);
        if (!(g->kept >> RCX & 1))
            add_mov(g, RCX, (int32_t)rnd(g, 24), 0);
        else if (in->prefixes & (X86_PFX_F2 | X86_PFX_F3))
            return;
    } else if (emitter_is(row, "xlat") && !(g->kept >> RBX & 1)) {
        add_lea(g, RBX);
    } else if (emitter_is(row, "cmpxchg") && rnd(g, 2)) {
        add_load_rax(g, in);
    } else if (in->op[0].kind == X86_MEM && in->op[1].kind == X86_GPR &&
               strncmp(row->emitter, "bt", 2) == 0 && !(g->kept >> in->op[1].reg & 1) &&
               in->op[1].reg != RSP) {
        add_mov(g, in->op[1].reg, (int32_t)rnd(g, 1024) - 512, 0);
    }
}

static const X86Row *pick_row(Gen *g)
{
    bool integer = rnd(g, 100) < g->taste;
    for (;;) {
        const X86Row *row =
            &x86_rows[integer ? rnd(g, x86_int_row_count)
                              : x86_int_row_count + rnd(g, x86_row_count - x86_int_row_count)];
        if (usable(g, row))
            return row;
    }
}

static void one_insn(Gen *g, const X86Row *row)
{
    for (unsigned tries = 0; tries < 60; tries++) {
        uint8_t bytes[40] = {0};
        InsnWriter w = {.out = bytes, .seed = &g->seed, .memory = put_memory, .arg = g};
        X86Insn in;
        g->aligned = (row->attr & A_ALIGN) != 0;
        g->form_rex = 0xff;
        insn_encode(&w, row);
        if (x86_decode(&in, BLOCK_CODE, bytes, 15, X86_MODE_64) != X86_DECODE_OK || in.row != row)
            continue;
        if (in.op[0].spec == X86_OP_Ob || in.op[0].spec == X86_OP_Ov ||
            in.op[1].spec == X86_OP_Ob || in.op[1].spec == X86_OP_Ov) {
            uint64_t at = BLOCK_SPOT + (uint64_t)displacement(g, 2);
            memcpy(bytes + in.length - in.addrsize, &at, in.addrsize);
        }
        if (refused(g, &in))
            continue;
        prepare(g, &in);
        unsigned group = protect(g, &in);
        BlockInsn *added = add(g, bytes, in.length, group);
        if (w.relative)
            added->disp_at = (uint8_t)w.disp_at;
        if (sums_products(&in))
            forget_nans(g, &in, group);
        return;
    }
}

static const X86Row *row_named(const char *emitter, unsigned opcode)
{
    for (unsigned i = 0; i < x86_row_count; i++)
        if (emitter_is(&x86_rows[i], emitter) && x86_rows[i].opcode == opcode)
            return &x86_rows[i];
    return &x86_rows[0];
}

/* ---- forms ---- */

static void stretch(Gen *g, unsigned count);

static void lead(Gen *g, unsigned from, unsigned to)
{
    if (from < BLOCK_INSNS)
        g->b->insn[from].target = (uint8_t)to;
}

static void add_jcc(Gen *g, unsigned condition, unsigned group)
{
    if (rnd(g, 8) == 0)
        add(g, (uint8_t[]){0x0f, (uint8_t)(0x80 | condition), 0, 0, 0, 0}, 6, group);
    else
        add(g, (uint8_t[]){(uint8_t)(0x70 | condition), 0}, 2, group);
}

/* A branch over a stretch, often after a compare. */
static void forward(Gen *g)
{
    unsigned how = rnd(g, 12);
    if (how >= 4) {
        static const struct {
            const char *emitter;
            uint8_t opcode;
        } compares[] = {{"cmp", 0x39}, {"cmp", 0x3b}, {"cmp", 0x83}, {"test", 0x85},
                        {"sub", 0x29}, {"add", 0x83}, {"cmp", 0x80}, {"and", 0x21}};
        unsigned i = rnd(g, sizeof compares / sizeof compares[0]);
        one_insn(g, row_named(compares[i].emitter, compares[i].opcode));
    }
    unsigned at = g->b->count;
    if (how == 0)
        add(g, (const uint8_t *)"\xeb\0", 2, 0);
    else if (how == 1)
        add(g, (const uint8_t *)"\xe3\0", 2, 0); /* jrcxz */
    else
        add_jcc(g, rnd(g, 16), 0);
    stretch(g, 1 + rnd(g, 4));
    lead(g, at, g->b->count);
}

/* A loop that counts down in a register that nothing else writes. */
static void loop(Gen *g)
{
    unsigned free = 0xffff & ~(g->kept | 1u << RSP | 1u << RAX | 1u << RDX | 1u << RSI | 1u << RDI);
    bool by_loop = rnd(g, 4) == 0 && !(g->kept >> RCX & 1);
    unsigned reg = by_loop ? RCX : pick_of(g, free), group = new_group(g);
    unsigned kept = g->kept, how = rnd(g, 3);
    bool shallow = g->shallow;
    if (!free)
        return;
    add_mov(g, reg, 1 + (int32_t)rnd(g, 5), group);
    g->kept |= 1u << reg;
    g->shallow = true;
    unsigned head = g->b->count;
    stretch(g, 1 + rnd(g, 8));
    uint8_t rex = (uint8_t)(0x48 | reg >> 3);
    if (!by_loop && how == 0)
        add(g, (uint8_t[]){rex, 0xff, (uint8_t)(0xc8 | (reg & 7))}, 3, group); /* dec */
    else if (!by_loop && how == 1)
        add(g, (uint8_t[]){rex, 0x83, (uint8_t)(0xe8 | (reg & 7)), 1}, 4, group); /* sub $1 */
    else if (!by_loop)
        add(g, (uint8_t[]){rex, 0x83, (uint8_t)(0xc0 | (reg & 7)), 0xff}, 4, group); /* add $-1 */
    unsigned at = g->b->count;
    if (by_loop)
        add(g, (const uint8_t *)"\xe2\0", 2, group);
    else
        add_jcc(g, how == 2 ? 5 : rnd(g, 2) ? 5 : 15, group); /* jne, jg */
    lead(g, at, head);
    g->kept = kept;
    g->shallow = shallow;
}

/* call f; jmp end; f: ...; ret; end: */
static void call(Gen *g)
{
    unsigned group = new_group(g), at = g->b->count;
    bool shallow = g->shallow;
    if (g->no_stack)
        return;
    add(g, (const uint8_t *)"\xe8\0\0\0\0", 5, group);
    stretch(g, rnd(g, 3));
    unsigned jump = g->b->count;
    add(g, (const uint8_t *)"\xeb\0", 2, group);
    lead(g, at, g->b->count);
    g->no_stack = g->shallow = true;
    stretch(g, 1 + rnd(g, 4));
    g->no_stack = false;
    g->shallow = shallow;
    add(g, (const uint8_t *)"\xc3", 1, group);
    lead(g, jump, g->b->count);
}

/* lea there(%rip), %reg; jmp *%reg; ...; there: */
static void computed(Gen *g)
{
    unsigned free = 0xffff & ~(g->kept | 1u << RSP), group = new_group(g), at = g->b->count;
    if (!free)
        return;
    unsigned reg = pick_of(g, free);
    BlockInsn *lea = add(g,
                         (uint8_t[]){(uint8_t)(0x48 | reg >> 3 << 2), 0x8d,
                                     (uint8_t)(5 | (reg & 7) << 3), 0, 0, 0, 0},
                         7, group);
    lea->disp_at = 3;
    add(g, (uint8_t[]){(uint8_t)(0x40 | reg >> 3), 0xff, (uint8_t)(0xe0 | (reg & 7))}, 3, group);
    stretch(g, rnd(g, 3));
    lead(g, at, g->b->count);
}

/* movabs $nowhere, %reg; and a jump or return there, which faults itself. (A call does too; whether
 * its return address is stored then is not told.) */
static void to_nowhere(Gen *g)
{
    unsigned free = 0xffff & ~(g->kept | 1u << RSP), group = new_group(g);
    bool jump = g->no_stack || rnd(g, 2);
    if (!free)
        return;
    unsigned reg = pick_of(g, free);
    uint64_t to = (0x8000ull + rnd(g, 0xffff)) << 32 | rnd(g, 1u << 31);
    uint8_t mov[10] = {(uint8_t)(0x48 | reg >> 3), (uint8_t)(0xb8 | (reg & 7))};
    memcpy(mov + 2, &to, 8);
    add(g, mov, 10, group);
    uint8_t rex = (uint8_t)(0x40 | reg >> 3);
    if (jump) {
        add(g, (uint8_t[]){rex, 0xff, (uint8_t)(0xe0 | (reg & 7))}, 3, group);
        return;
    }
    add(g, (uint8_t[]){rex, (uint8_t)(0x50 | (reg & 7))}, 2, group); /* push */
    add(g, (const uint8_t *)"\xc3", 1, group);
}

/* Flags and MXCSR by way of memory. */
static void special(Gen *g)
{
    unsigned group = new_group(g);
    uint32_t flags = 0x202 | (rnd(g, 0x1000) & 0xcd5), mxcsr = 0x1f80 | (rnd(g, 0x10000) & 0xe07f);
    if (g->no_stack)
        return;
    if (g->nwithout || rnd(g, 2)) { /* an MXCSR that tests do without */
        uint8_t push[5] = {0x68};
        memcpy(push + 1, &flags, 4);
        add(g, push, 5, group);
        add(g, (const uint8_t *)"\x9d", 1, group); /* popf */
    } else {
        uint8_t store[8] = {0xc7, 0x44, 0x24, (uint8_t)(8 * rnd(g, 8))};
        memcpy(store + 4, &mxcsr, 4);
        add(g, store, 8, group);
        add(g, (uint8_t[]){0x0f, 0xae, 0x54, 0x24, store[3]}, 5, group); /* ldmxcsr */
    }
}

static void stretch(Gen *g, unsigned count)
{
    for (unsigned end = g->b->count + count; g->b->count < end && g->b->count < BLOCK_INSNS - 8;) {
        unsigned how = rnd(g, 40);
        if (how < 5)
            forward(g);
        else if (how == 5 && !g->shallow)
            loop(g);
        else if (how == 6 && !g->shallow)
            call(g);
        else if (how == 7)
            computed(g);
        else if (how == 8)
            special(g);
        else if (how == 9 && rnd(g, 6) == 0)
            to_nowhere(g);
        else
            one_insn(g, pick_row(g));
    }
}

/* ---- blocks ---- */

static void choose_registers(Gen *g)
{
    static const uint8_t bases[] = {RBX, RBP}, high[] = {R8, R9, R10, R11, R12, R13, R14, R15};
    unsigned low = bases[rnd(g, 2)], index = bases[0] == low ? RBP : RBX;
    g->b->pointers = (uint16_t)(1u << low | 1u << high[rnd(g, 8)]);
    unsigned other = high[rnd(g, 8)];
    g->b->indices = (uint16_t)((rnd(g, 2) ? 1u << index : 0) | (1u << other & ~g->b->pointers));
    g->kept = g->b->pointers | g->b->indices;
}

/* The distance of a branch does not fit into its byte. */
static bool too_far(const Block *b, unsigned i)
{
    const BlockInsn *in = &b->insn[i];
    int distance = 0;
    if (in->target == BLOCK_NOWHERE || in->disp_at || in->length > 4)
        return false;
    for (unsigned k = i + 1; k < in->target; k++)
        distance += b->insn[k].length;
    for (unsigned k = in->target; k <= i; k++)
        distance -= b->insn[k].length;
    return distance > 127 || distance < -128;
}

/* Short branches that lead too far get their long form, or go. */
static void fit_branches(Block *b)
{
    for (unsigned i = 0; i < b->count; i++) {
        BlockInsn *in = &b->insn[i];
        if (!too_far(b, i))
            continue;
        if ((in->code[0] & 0xf0) == 0x70) {
            memcpy(in->code, (uint8_t[]){0x0f, (uint8_t)(in->code[0] + 0x10), 0, 0, 0, 0}, 6);
            in->length = 6;
        } else if (in->code[0] == 0xeb) {
            memcpy(in->code, (const uint8_t *)"\xe9\0\0\0\0", 5);
            in->length = 5;
        } else {
            block_remove(b, i);
        }
        i = (unsigned)-1; /* from the start */
    }
}

void block_generate(Block *b, uint64_t seed, char **without, unsigned nwithout)
{
    static const uint8_t tastes[] = {95, 80, 50, 50, 20, 5};
    Gen g = {.b = b,
             .without = without,
             .nwithout = nwithout,
             .seed = seed * 0x9e3779b97f4a7c15u + 0x853c49e6748fea9b};
    if (g.seed == 0)
        g.seed = 1;
    for (unsigned i = 0; i < 8; i++)
        rnd(&g, 2);
    memset(b, 0, sizeof *b);
    b->seed = rnd(&g, 1u << 30);
    choose_registers(&g);
    g.x87 = rnd(&g, 4) ? 3 : 60;
    g.taste = tastes[rnd(&g, sizeof tastes)];
    stretch(&g, 5 + rnd(&g, 32));
    for (int i; (i = flow_annotate(b)) >= 0;)
        block_remove(b, (unsigned)i);
    fit_branches(b);
    flow_annotate(b);
}
