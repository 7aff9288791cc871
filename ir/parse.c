/* parse.c: text to region, the inverse of print.c; the form is described in text.h.
 *
 * %N becomes instruction number N, so that numbers survive a round trip; constants written in
 * place get numbers above all of them, in front of their user. Values may be used before the line
 * that defines them, as back edges do. What the parser accepts is well-formed text; ir_verify
 * judges the region.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "ir/base/bits.h"
#include "ir/text.h"

enum { VALUES_MAX = 1 << 20, BLOCKS_MAX = 1 << 16 };

typedef struct Parser {
    Region *r;
    const char *at;
    unsigned line;
    uint32_t block;
    uint64_t pc;   /* of the last insn */
    IrType shown;  /* type written behind the op */
    uint32_t inst; /* being filled; constants go before it */
    bool in_edge;  /* constants may wait for their type */
    char *err;
    size_t err_size;
    jmp_buf fail;
} Parser;

/* Parse errors leave through here: no function of this file holds anything to release. */
static _Noreturn void bad(Parser *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static _Noreturn void bad(Parser *p, const char *fmt, ...)
{
    va_list ap;
    int n = snprintf(p->err, p->err_size, "line %u: ", p->line);
    va_start(ap, fmt);
    if (n >= 0 && (size_t)n < p->err_size)
        vsnprintf(p->err + n, p->err_size - (size_t)n, fmt, ap);
    va_end(ap);
    longjmp(p->fail, 1);
}

/* ---- tokens ---- */

static void skip_blanks(Parser *p)
{
    while (*p->at == ' ' || *p->at == '\t' || *p->at == '\r')
        p->at++;
}

/* Over line ends and comment lines. */
static void skip_lines(Parser *p)
{
    bool line_start = p->line == 0;
    if (line_start)
        p->line = 1;
    for (;; p->at++) {
        skip_blanks(p);
        if (*p->at == '\n') {
            p->line++;
            line_start = true;
        } else if (*p->at == ';' && line_start) {
            while (p->at[1] != '\0' && p->at[1] != '\n')
                p->at++;
        } else if (*p->at != ';') {
            return;
        }
    }
}

static bool accept(Parser *p, char c)
{
    skip_blanks(p);
    if (*p->at != c)
        return false;
    p->at++;
    return true;
}

static void expect(Parser *p, char c)
{
    if (!accept(p, c))
        bad(p, "'%c' expected at \"%.12s\"", c, p->at);
}

static bool is_name_char(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* A word of letters, digits and _; its length, 0 if there is none. */
static unsigned word(Parser *p, char buf[64])
{
    unsigned n = 0;
    skip_blanks(p);
    while (is_name_char(*p->at)) {
        if (n == 63)
            bad(p, "name too long");
        buf[n++] = *p->at++;
    }
    buf[n] = '\0';
    return n;
}

static bool accept_word(Parser *p, const char *w)
{
    size_t n = strlen(w);
    skip_blanks(p);
    if (strncmp(p->at, w, n) != 0 || is_name_char(p->at[n]))
        return false;
    p->at += n;
    return true;
}

static uint64_t number(Parser *p)
{
    char *end;
    skip_blanks(p);
    bool minus = *p->at == '-';
    const char *s = p->at + minus;
    if (!isdigit((unsigned char)*s))
        bad(p, "number expected at \"%.12s\"", p->at);
    uint64_t v = strtoull(s, &end, 0);
    p->at = end;
    return minus ? -v : v;
}

static unsigned small_number(Parser *p, unsigned max)
{
    uint64_t v = number(p);
    if (v > max)
        bad(p, "number too large");
    return (unsigned)v;
}

static bool type_name(const char *w, IrType *t)
{
    for (int k = 1; k < IR_TYPE_COUNT; k++)
        if (strcmp(w, ir_type_name((IrType)k)) == 0) {
            *t = (IrType)k;
            return true;
        }
    return false;
}

static IrType type(Parser *p)
{
    char w[64];
    IrType t;
    word(p, w);
    if (!type_name(w, &t))
        bad(p, "type expected, not \"%s\"", w);
    return t;
}

/* ---- values ---- */

/* Makes room for value number n. Numbers skipped over stay NOPs. */
static void reserve(Parser *p, uint32_t n)
{
    while (p->r->insts.count <= n)
        *VEC_PUSH(p->r->arena, &p->r->insts) = (IrInst){.op = IR_NOP};
}

static uint32_t value_number(Parser *p)
{
    skip_blanks(p);
    if (!isdigit((unsigned char)*p->at))
        bad(p, "value number expected");
    uint32_t n = small_number(p, VALUES_MAX);
    if (n == 0)
        bad(p, "%%0 is no value");
    reserve(p, n);
    return n;
}

static void link_last(Parser *p, uint32_t v)
{
    Region *r = p->r;
    IrBlock *b = &r->blocks.data[p->block];
    r->insts.data[v].block = p->block;
    r->insts.data[v].prev = b->last;
    if (b->last != 0)
        r->insts.data[b->last].next = v;
    else
        b->first = v;
    b->last = v;
}

static IrRef constant(Parser *p, IrType t)
{
    uint64_t v = number(p);
    if (accept(p, ':'))
        t = type(p);
    if (t > IR_F64 || (t == IR_VOID && !p->in_edge))
        bad(p, "constant needs a scalar type");
    IrRef c =
        ir_inst_new(p->r, &(IrInst){.op = IR_const,
                                    .type = (uint8_t)t,
                                    .imm = t == IR_VOID ? v : v & bits_mask(ir_type_bits(t))});
    ir_insert_before(p->r, (IrRef){p->inst}, c);
    return c;
}

static IrRef value(Parser *p, IrType t)
{
    return accept(p, '%') ? (IrRef){value_number(p)} : constant(p, t);
}

/* ---- instructions ---- */

static IrInst *cur(Parser *p)
{
    return &p->r->insts.data[p->inst];
}

static void set_arg(Parser *p, unsigned n)
{
    IrRef v = value(p, text_arg_type(p->r, cur(p), p->shown, n)); /* may move insts */
    cur(p)->arg[n] = v;
    cur(p)->nargs = (uint8_t)(n + 1);
}

static uint32_t slot_number(Parser *p)
{
    char w[64];
    word(p, w);
    for (uint32_t s = 0; s < p->r->slots->count; s++)
        if (strcmp(p->r->slots->slots[s].name, w) == 0)
            return s;
    bad(p, "no slot \"%s\"", w);
}

static uint64_t bytes(Parser *p)
{
    uint8_t b[16];
    skip_blanks(p);
    for (int k = 0; k < 16; k++) {
        unsigned v;
        if (!isxdigit((unsigned char)p->at[0]) || !isxdigit((unsigned char)p->at[1]) ||
            sscanf(p->at, "%2x", &v) != 1)
            bad(p, "32 hexadecimal digits expected");
        b[k] = (uint8_t)v;
        p->at += 2;
    }
    return ir_vconst_index(p->r, b);
}

static uint32_t block_number(Parser *p)
{
    skip_blanks(p);
    if (*p->at != 'b')
        bad(p, "block expected at \"%.12s\"", p->at);
    p->at++;
    return small_number(p, BLOCKS_MAX);
}

/* Parameters of a block that comes later are not known yet: type_edge_constants sees to them. */
static uint32_t edge(Parser *p)
{
    Region *r = p->r;
    uint32_t e = r->edges.count, to = block_number(p);
    VEC_PUSH(r->arena, &r->edges)->block = to;
    if (!accept(p, '('))
        return e;
    for (uint32_t n = 0; !accept(p, ')'); n++) {
        if (n != 0)
            expect(p, ',');
        p->in_edge = true;
        ir_edge_arg(r, e, value(p, IR_VOID));
        p->in_edge = false;
    }
    return e;
}

static void call(Parser *p)
{
    char w[64];
    Region *r = p->r;
    word(p, w);
    uint32_t h = 0, nhelpers = r->helpers != NULL ? r->helpers->count : 0;
    while (h < nhelpers && strcmp(r->helpers->helpers[h].name, w) != 0)
        h++;
    if (h == nhelpers)
        bad(p, "no helper \"%s\"", w);
    const HelperDesc *desc = &r->helpers->helpers[h];
    IrRef args[6];
    unsigned n = 0;
    expect(p, '(');
    while (!accept(p, ')')) {
        if (n != 0)
            expect(p, ',');
        if (n == desc->nargs)
            bad(p, "too many arguments for %s", w);
        args[n] = value(p, (IrType)desc->args[n]);
        n++;
    }
    IrInst *i = cur(p);
    i->imm = h;
    i->type = desc->ret;
    i->list = r->pool.count;
    i->nlist = n;
    for (unsigned k = 0; k < n; k++)
        *VEC_PUSH(r->arena, &r->pool) = args[k];
}

static uint64_t fence(Parser *p)
{
    uint64_t mask = 0;
    for (;;) {
        const TextName *n = text_fences;
        while (n->name != NULL && !accept_word(p, n->name))
            n++;
        if (n->name == NULL)
            return mask;
        mask |= n->bits;
    }
}

static void special(Parser *p, IrOp op)
{
    switch (op) {
    case IR_get:
        cur(p)->imm = slot_number(p);
        cur(p)->type = p->r->slots->slots[cur(p)->imm].type;
        break;
    case IR_put:
        cur(p)->imm = slot_number(p);
        expect(p, ',');
        set_arg(p, 0);
        break;
    case IR_insn:
        p->pc = cur(p)->imm = number(p);
        expect(p, ',');
        cur(p)->flags = (uint16_t)small_number(p, UINT16_MAX);
        p->r->blocks.data[p->block].guest_insns++;
        break;
    case IR_fence:
        cur(p)->imm = fence(p);
        break;
    case IR_call:
        call(p);
        break;
    case IR_count:
        cur(p)->imm = number(p);
        break;
    case IR_jump: {
        uint32_t e = edge(p);
        cur(p)->edge[0] = e;
        break;
    }
    case IR_br: {
        set_arg(p, 0);
        expect(p, ',');
        uint32_t yes = edge(p);
        expect(p, ',');
        uint32_t no = edge(p);
        cur(p)->edge[0] = yes;
        cur(p)->edge[1] = no;
        break;
    }
    case IR_exit:
        cur(p)->imm = number(p);
        if (accept(p, ',')) {
            if (cur(p)->cc == IR_EXIT_SERVICE)
                cur(p)->aux = small_number(p, UINT32_MAX);
            else
                set_arg(p, 0);
        }
        break;
    case IR_exitind:
        set_arg(p, 0);
        for (unsigned n = 1; n < 3 && accept(p, ','); n++)
            set_arg(p, n);
        if (accept(p, '+'))
            cur(p)->aux = small_number(p, UINT32_MAX - 1) + 1;
        break;
    case IR_trap:
        cur(p)->imm = number(p);
        expect(p, ',');
        cur(p)->aux = small_number(p, UINT32_MAX);
        break;
    case IR_x87:
    case IR_x87mem:
        cur(p)->imm = number(p);
        cur(p)->type = op == IR_x87 ? ir_x87_result(cur(p)->imm) : IR_VOID;
        if (accept(p, ','))
            set_arg(p, 0);
        break;
    case IR_fpctlset:
        set_arg(p, 0);
        break;
    case IR_fpctlget:
        cur(p)->type = IR_I32;
        break;
    default: /* poll */
        break;
    }
}

static void plain_args(Parser *p, IrOp op)
{
    const IrOpInfo *info = &ir_op_info[op];
    bool memory = info->sig == IR_SIG_LOAD || info->sig == IR_SIG_STORE ||
                  info->sig == IR_SIG_ATOMIC || info->sig == IR_SIG_CAS;
    for (unsigned n = 0; n < info->nargs; n++) {
        if (n != 0)
            expect(p, ',');
        if (memory && n == 0)
            expect(p, '[');
        set_arg(p, n);
        if (memory && n == 0)
            expect(p, ']');
    }
    if (op == IR_extract || op == IR_sextract || op == IR_deposit) {
        expect(p, ',');
        unsigned pos = small_number(p, 63);
        expect(p, ',');
        cur(p)->aux = pos | small_number(p, 64) << 8;
    } else if (op == IR_vextract || op == IR_vinsert || ir_op_variants(op) != 0) {
        unsigned variants = ir_op_variants(op);
        expect(p, ',');
        cur(p)->cc = (uint8_t)small_number(p, variants != 0 ? variants - 1 : 15);
    } else if (op == IR_vshuf) {
        expect(p, ',');
        uint64_t mask = bytes(p);
        cur(p)->imm = mask;
    }
}

static void plain(Parser *p, IrOp op)
{
    const IrOpInfo *info = &ir_op_info[op];
    if (op == IR_vconst) {
        uint64_t index = bytes(p);
        cur(p)->imm = index;
        cur(p)->type = IR_V128;
        return;
    }
    if (op == IR_vshuf) {
        p->shown = IR_I8;
    } else {
        p->shown = type(p);
    }
    IrInst *i = cur(p);
    bool lanes = info->sig >= IR_SIG_VUN && info->sig <= IR_SIG_VSPLAT;
    if (lanes || op == IR_store)
        i->lane = (uint8_t)p->shown;
    if (op == IR_store)
        i->type = IR_VOID;
    else if (info->sig == IR_SIG_CMP || info->sig == IR_SIG_FCMP)
        i->type = IR_I8;
    else if (op == IR_vmovmsk || op == IR_viszero)
        i->type = IR_I32;
    else if (lanes && op != IR_vextract)
        i->type = IR_V128;
    else
        i->type = (uint8_t)p->shown;
    plain_args(p, op);
}

static void suffix(Parser *p, IrOp op, const char *w)
{
    TextSuffixes s = text_suffixes(op);
    for (const TextName *n = s.names; n != NULL && n->name != NULL; n++)
        if (strcmp(n->name, w) == 0) {
            if (s.in_cc)
                cur(p)->cc = (uint8_t)n->bits;
            else
                cur(p)->flags |= (uint16_t)n->bits;
            return;
        }
    for (const TextName *n = text_flag_suffixes(op); n != NULL && n->name != NULL; n++)
        if (strcmp(n->name, w) == 0) {
            cur(p)->flags |= (uint16_t)n->bits;
            return;
        }
    bad(p, "%s knows no .%s", ir_op_info[op].name, w);
}

/* A lone '-': the slot is dead. */
static bool at_dead_mark(Parser *p)
{
    skip_blanks(p);
    if (p->at[0] != '-' || isdigit((unsigned char)p->at[1]))
        return false;
    p->at++;
    return true;
}

static void snapshot(Parser *p)
{
    Region *r = p->r;
    IrSnapshot s = {.pc = p->pc};
    if (!accept(p, '{'))
        return;
    if (accept(p, '@'))
        s.pc = number(p);
    IrSnapEntry entries[256];
    while (!accept(p, '}')) {
        if (s.count == 256)
            bad(p, "too many slots");
        if (s.count != 0)
            expect(p, ',');
        uint32_t slot = slot_number(p);
        expect(p, '=');
        IrRef v = IR_NONE;
        if (!at_dead_mark(p))
            v = value(p, (IrType)r->slots->slots[slot].type);
        entries[s.count++] = (IrSnapEntry){slot, v, accept_word(p, "nan")};
    }
    s.first = r->snap_entries.count;
    for (uint32_t n = 0; n < s.count; n++)
        *VEC_PUSH(r->arena, &r->snap_entries) = entries[n];
    *VEC_PUSH(r->arena, &r->snaps) = s;
    cur(p)->snap = r->snaps.count;
}

static void instruction(Parser *p)
{
    char w[64];
    uint32_t v = 0;
    Region *r = p->r;
    if (accept(p, '%')) {
        v = value_number(p);
        expect(p, '=');
        if (r->insts.data[v].op != IR_NOP)
            bad(p, "%%%u is defined twice", v);
    } else {
        v = ir_inst_new(r, &(IrInst){0}).i;
    }
    word(p, w);
    int op = 1;
    while (op < IR_OP_COUNT && strcmp(ir_op_info[op].name, w) != 0)
        op++;
    if (op == IR_OP_COUNT || op == IR_const || op == IR_param)
        bad(p, "no op \"%s\"", w);
    p->inst = v;
    r->insts.data[v] = (IrInst){.op = (uint16_t)op};
    r->effects |= ir_op_info[op].effects;
    link_last(p, v);
    while (*p->at == '.') {
        p->at++;
        word(p, w);
        suffix(p, (IrOp)op, w);
    }
    if (ir_op_info[op].sig == IR_SIG_SPECIAL || op == IR_fpctlget)
        special(p, (IrOp)op);
    else
        plain(p, (IrOp)op);
    snapshot(p);
    skip_blanks(p);
    if (*p->at != '\n' && *p->at != ';' && *p->at != '}' && *p->at != '\0')
        bad(p, "\"%.12s\" left over", p->at);
}

/* ---- blocks ---- */

/* b1(%5: i32 w0) @0x401008 loop cold: */
static void block_head(Parser *p)
{
    Region *r = p->r;
    uint32_t n = block_number(p);
    if (n != p->block + 1)
        bad(p, "b%u where b%u should come", n, p->block + 1);
    p->block = ir_block_new(r, r->pc);
    if (accept(p, '(')) {
        do {
            expect(p, '%');
            uint32_t v = value_number(p);
            expect(p, ':');
            if (r->insts.data[v].op != IR_NOP)
                bad(p, "%%%u is defined twice", v);
            IrType t = type(p);
            r->insts.data[v] = (IrInst){.op = IR_param, .type = (uint8_t)t, .block = p->block};
            skip_blanks(p);
            if (is_name_char(*p->at))
                r->insts.data[v].aux = slot_number(p) + 1;
            *VEC_PUSH(r->arena, &r->blocks.data[p->block].params) = (IrRef){v};
        } while (accept(p, ','));
        expect(p, ')');
    }
    IrBlock *b = &r->blocks.data[p->block];
    if (accept(p, '@'))
        b->pc = number(p);
    b->loop_head = accept_word(p, "loop");
    b->cold = accept_word(p, "cold");
    expect(p, ':');
    p->pc = b->pc;
}

static bool at_block_head(const Parser *p)
{
    return p->at[0] == 'b' && isdigit((unsigned char)p->at[1]);
}

static void region_head(Parser *p)
{
    Region *r = p->r;
    if (!accept_word(p, "region"))
        bad(p, "\"region\" expected");
    r->pc = number(p);
    if (accept_word(p, "mode"))
        r->mode = (uint32_t)number(p);
    if (accept_word(p, "fp")) {
        int k = 0;
        while (text_fp_models[k] != NULL && !accept_word(p, text_fp_models[k]))
            k++;
        if (text_fp_models[k] == NULL)
            bad(p, "no such FP model");
        r->fp_model = (FpModel)k;
    }
    r->dependencies = accept_word(p, "dependencies");
    if (accept_word(p, "counters"))
        r->counters = (uint32_t)number(p);
    r->promoted = accept_word(p, "promoted");
    expect(p, '{');
}

/* Constants passed along edges get the types of the parameters that they fill. */
static void type_edge_constants(Parser *p)
{
    Region *r = p->r;
    for (uint32_t e = 0; e < r->edges.count; e++) {
        const IrEdge *edge = &r->edges.data[e];
        for (uint32_t n = 0; n < edge->nargs; n++) {
            IrInst *i = ir_inst(r, r->pool.data[edge->args + n]);
            if (i->op != IR_const || i->type != IR_VOID)
                continue;
            if (edge->block >= r->blocks.count || n >= r->blocks.data[edge->block].params.count)
                bad(p, "an edge to b%u has too many values", edge->block);
            i->type = ir_inst(r, r->blocks.data[edge->block].params.data[n])->type;
            i->imm &= bits_mask(ir_type_bits((IrType)i->type));
        }
    }
}

/* Reserves every %N of the text (comments aside) first, so that constants come above them. */
static void reserve_values(Parser *p, const char *text)
{
    bool blank = true, comment = false;
    for (const char *s = text; *s != '\0'; s++) {
        if (*s == '\n') {
            blank = true;
            comment = false;
        } else if (*s == ';' && blank) {
            comment = true;
        } else if (*s != ' ' && *s != '\t') {
            blank = false;
        }
        unsigned long n = *s == '%' && !comment ? strtoul(s + 1, NULL, 10) : 0;
        if (n != 0 && n <= VALUES_MAX)
            reserve(p, (uint32_t)n);
    }
}

static void region(Parser *p, const char *text)
{
    reserve_values(p, text);
    skip_lines(p);
    region_head(p);
    for (skip_lines(p); *p->at != '}'; skip_lines(p)) {
        if (*p->at == '\0')
            bad(p, "'}' expected");
        if (at_block_head(p))
            block_head(p);
        else if (p->block == UINT32_MAX)
            bad(p, "block expected");
        else
            instruction(p);
    }
    type_edge_constants(p);
}

Region *ir_parse(Arena *arena, const char *text, const SlotTable *slots, const HelperTable *helpers,
                 char *err, size_t err_size)
{
    Parser p = {.at = text, .block = UINT32_MAX, .err = err, .err_size = err_size};
    p.r = ir_region_new(arena, 0, slots, helpers, FP_MODEL_X86);
    if (setjmp(p.fail) != 0)
        return NULL;
    region(&p, text);
    return p.r;
}
