/* explain.c: gathering an Explanation (explain.h). */
#include "runtime/explain.h"

#include <capstone/capstone.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static char *keep(Explanation *x, const char *text, size_t n)
{
    char *copy = arena_alloc(x->arena, n + 1);
    memcpy(copy, text, n);
    copy[n] = 0;
    return copy;
}

static const char *keep_all(Explanation *x, const char *text)
{
    return keep(x, text, strlen(text));
}

Explanation *explain_new(Arena *arena, const GuestOps *guest, uint64_t pc)
{
    Explanation *x = arena_alloc(arena, sizeof *x);
    *x = (Explanation){.arena = arena, .ops = guest, .pc = pc};
    return x;
}

/* ---- guest code and IR ---- */

static void add_guest(Explanation *x, const LiftRequest *rq, uint64_t pc, uint64_t end)
{
    char text[160];
    while (pc < end) {
        ExplainGuest g = {.pc = pc};
        uint32_t n = rq->fetch(rq->fetch_arg, pc, g.bytes, sizeof g.bytes);
        unsigned length = x->ops->disassemble(pc, g.bytes, n, text, sizeof text);
        if (length == 0)
            return;
        g.length = (uint8_t)length;
        g.text = keep_all(x, text);
        *VEC_PUSH(x->arena, &x->guest) = g;
        pc += length;
    }
}

void explain_lifted(Explanation *x, const LiftRequest *rq, const LiftResult *l)
{
    x->mode = rq->mode;
    for (uint32_t i = 0; i < l->nranges && x->ops->disassemble != NULL; i++)
        add_guest(x, rq, l->ranges[i].start, l->ranges[i].end);
    explain_ir(x, "lift", l->region);
}

/* Where a block belongs: one that only leaves the region, to the branch that leads there. */
static uint64_t pc_of_block(const Region *r, uint32_t block)
{
    uint64_t pc = 0;
    for (uint32_t v = r->blocks.data[block].first; v != 0; v = r->insts.data[v].next)
        if (r->insts.data[v].op == IR_insn)
            return r->blocks.data[block].pc;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        const IrInst *last = &r->insts.data[r->blocks.data[b].last];
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next)
            if (r->insts.data[v].op == IR_insn && r->insts.data[v].flags != 0)
                pc = r->insts.data[v].imm;
        bool jump = last->op == IR_jump || last->op == IR_br;
        for (unsigned k = 0; jump && k < (last->op == IR_br ? 2u : 1u); k++)
            if (r->edges.data[last->edge[k]].block == block)
                return pc;
    }
    return r->blocks.data[block].pc;
}

/* What a line of the text form (ir/text.h) says of itself. */
static ExplainIr read_line(const Region *r, const char *line, uint64_t *pc)
{
    ExplainIr ir = {.text = line, .head = line[0] != ' '};
    if (line[0] == 'b')
        *pc = pc_of_block(r, (uint32_t)strtoul(line + 1, NULL, 10));
    else if (strncmp(line, "  insn 0x", 9) == 0 && strstr(line, ", 0") == NULL)
        *pc = strtoull(line + 7, NULL, 0);
    if (line[0] == ' ' && line[2] == '%')
        ir.value = (uint32_t)strtoul(line + 3, NULL, 10);
    ir.pc = *pc;
    return ir;
}

void explain_ir(void *arg, const char *pass, const Region *r)
{
    Explanation *x = arg;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return;
    ir_print(r, f);
    fclose(f);
    ExplainPass *p = VEC_PUSH(x->arena, &x->passes);
    *p = (ExplainPass){.name = keep_all(x, pass)};
    uint64_t pc = r->pc;
    for (const char *line = text, *end; (end = strchr(line, '\n')) != NULL; line = end + 1)
        *VEC_PUSH(x->arena, &p->lines) = read_line(r, keep(x, line, (size_t)(end - line)), &pc);
    free(text);
}

/* ---- host code ---- */

typedef struct CodeReader {
    Explanation *x;
    const Region *r;
    const CompiledCode *cc;
    uint64_t *pc_of; /* of each IR instruction */
    uint32_t note;   /* the one in force */
} CodeReader;

static void find_pcs(CodeReader *c)
{
    const Region *r = c->r;
    c->pc_of = arena_alloc(c->x->arena, r->insts.count * sizeof *c->pc_of);
    memset(c->pc_of, 0, r->insts.count * sizeof *c->pc_of);
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        uint64_t pc = pc_of_block(r, b);
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            const IrInst *i = &r->insts.data[v];
            if (i->op == IR_insn && i->flags != 0) /* one of length 0 stands before its trap */
                pc = i->imm;
            c->pc_of[v] = pc;
        }
    }
}

static const char *slot_at(const CodeReader *c, uint32_t offset)
{
    for (uint32_t i = 0; i < c->r->slots->count; i++) {
        const SlotDesc *s = &c->r->slots->slots[i];
        if (offset >= s->offset && offset < s->offset + (ir_type_bits((IrType)s->type) + 7u) / 8)
            return s->name;
    }
    return "state";
}

static const char *remark_of(CodeReader *c, const CodeNote *n)
{
    char text[80] = "";
    unsigned spill = (unsigned)((n->arg - offsetof(CpuState, spill)) / 16);
    switch (n->kind) {
    case NOTE_SPILL:
        snprintf(text, sizeof text, "spill %u", spill);
        break;
    case NOTE_RELOAD:
        snprintf(text, sizeof text, "reload %u", spill);
        break;
    case NOTE_GET:
        snprintf(text, sizeof text, "get %s", slot_at(c, n->arg));
        break;
    case NOTE_PUT:
        snprintf(text, sizeof text, "put %s", slot_at(c, n->arg));
        break;
    case NOTE_MOVE:
        return "move";
    case NOTE_JUMP:
        return "jump";
    case NOTE_POLL:
        return "poll";
    case NOTE_COUNT:
        return "count";
    case NOTE_EXIT:
        return "exit";
    case NOTE_COLD:
        return n->arg == SITE_POLL ? "poll taken" : "fault";
    default:
        return NULL;
    }
    return keep_all(c->x, text);
}

/* The guest instruction of a note: its own, or that of the next with an IR instruction before the
 * code goes elsewhere, or that of the last. */
static uint64_t pc_of_note(const CodeReader *c, uint32_t at)
{
    const CodeNote *n = c->cc->notes.data;
    if (n[at].pc != 0)
        return n[at].pc;
    for (uint32_t i = at; i < c->cc->notes.count && n[i].kind != NOTE_JUMP; i++)
        if (n[i].inst != 0)
            return c->pc_of[n[i].inst];
    for (uint32_t i = at; i-- > 0;)
        if (n[i].inst != 0)
            return c->pc_of[n[i].inst];
    return c->r->pc;
}

static const char *stub_name(unsigned stub)
{
    static const char *const names[] = {[STUB_EXIT_DIRECT] = "exit-direct",
                                        [STUB_LOOKUP_MISS] = "lookup-miss",
                                        [STUB_SITE] = "site",
                                        [STUB_LOOKUP] = "lookup",
                                        [STUB_LOOKUP_HINT] = "lookup-hint",
                                        [STUB_SHADOW_RESET] = "shadow-reset"};
    return stub < sizeof names / sizeof names[0] && names[stub] ? names[stub] : "a helper's";
}

/* The place in the code that a branch goes to, at the end of its operands; NULL: no branch. */
static const char *branch_target(const char *mnemonic, const char *operands)
{
    static const char *const branches[] = {"call", "b", "bl", "cbz", "cbnz", "tbz", "tbnz"};
    const char *last = strrchr(operands, ' ');
    last = last ? last + 1 : operands;
    last += last[0] == '#';
    if (last[0] != '0' && !(last[0] >= '1' && last[0] <= '9'))
        return NULL;
    if (mnemonic[0] == 'j' || strncmp(mnemonic, "b.", 2) == 0)
        return last;
    for (unsigned i = 0; i < sizeof branches / sizeof branches[0]; i++)
        if (strcmp(mnemonic, branches[i]) == 0)
            return last;
    return NULL;
}

/* Branches go to offsets; references to what is not there yet are put in words. */
static const char *host_text(CodeReader *c, ExplainHost *h, const char *mnemonic,
                             const char *operands)
{
    char text[320];
    const char *to = branch_target(mnemonic, operands);
    if (to) {
        h->target = (uint32_t)strtoul(to, NULL, 0);
        int n = (int)(to - operands);
        snprintf(text, sizeof text, "%s %.*s+%04x", mnemonic, n && to[-1] == '#' ? n - 1 : n,
                 operands, h->target);
    } else {
        snprintf(text, sizeof text, "%s%s%s", mnemonic, operands[0] ? " " : "", operands);
    }
    for (uint32_t i = 0; i < c->cc->relocs.count; i++) {
        const Reloc *r = &c->cc->relocs.data[i];
        if (r->offset < h->offset || r->offset >= h->offset + h->size)
            continue;
        h->target = 0;
        if (r->kind == RELOC_STUB)
            snprintf(text, sizeof text, "%s <%s stub>", mnemonic, stub_name(r->index));
        else
            snprintf(text, sizeof text, "%s %s  <data %u>", mnemonic, operands, r->index);
    }
    return keep_all(c->x, text);
}

/* LDAPR, LDAPUR and STLUR (Arm ARM C6.2, FEAT_LRCPC and LRCPC2), which Capstone 4 does not know. */
static bool rcpc_text(uint32_t w, char *out, size_t size)
{
    static const char *const suffix[4] = {"b", "h", "", ""};
    unsigned log2 = w >> 30, rn = w >> 5 & 31, rt = w & 31, opc = w >> 22 & 3;
    int imm = (int)((w >> 12 & 0x1ff) ^ 0x100) - 0x100;
    char base[8];
    snprintf(base, sizeof base, rn == 31 ? "sp" : "x%u", rn);
    if ((w & 0x3ffffc00) == 0x38bfc000)
        snprintf(out, size, "ldapr%s %c%u, [%s]", suffix[log2], log2 == 3 ? 'x' : 'w', rt, base);
    else if ((w & 0x3f200c00) == 0x19000000 && opc < 2)
        snprintf(out, size, "%s%s %c%u, [%s, #%d]", opc ? "ldapur" : "stlur", suffix[log2],
                 log2 == 3 ? 'x' : 'w', rt, base, imm);
    else
        return false;
    return true;
}

static void describe(CodeReader *c, ExplainHost *h)
{
    const CodeNote *notes = c->cc->notes.data;
    while (c->note + 1 < c->cc->notes.count && notes[c->note + 1].offset <= h->offset)
        c->note++;
    if (c->cc->notes.count == 0)
        return;
    h->kind = notes[c->note].kind;
    h->inst = notes[c->note].inst;
    h->cold = h->kind == NOTE_COLD || h->kind == NOTE_END;
    h->pc = h->kind == NOTE_END ? 0 : pc_of_note(c, c->note);
    h->remark = remark_of(c, &notes[c->note]);
}

static bool goes_on(const ExplainHost *h)
{
    return strncmp(h->text, "jmp", 3) != 0 && strncmp(h->text, "b ", 2) != 0;
}

/* Code at the end, from an offset on, belongs to the instruction that leads there. */
static void claim(Explanation *x, uint32_t offset, const ExplainHost *by)
{
    for (uint32_t i = 0; by->pc != 0 && i < x->code.count; i++) {
        ExplainHost *h = &x->code.data[i];
        if (h->offset < offset)
            continue;
        if (h->kind != NOTE_END || h->data || h->pc != 0)
            return;
        h->pc = by->pc;
        h->inst = by->inst;
        if (!goes_on(h))
            return;
    }
}

static void attribute_end(Explanation *x, const CompiledCode *cc)
{
    char text[64];
    for (uint32_t k = 0; k < cc->exits.count; k++) {
        const ExitSite *e = &cc->exits.data[k];
        snprintf(text, sizeof text, "exit %u to %" PRIx64, k, e->pc);
        for (uint32_t i = 0; i < x->code.count; i++) {
            ExplainHost *h = &x->code.data[i];
            bool patched = e->patch >= h->offset && e->patch < h->offset + h->size;
            if (patched && e->kind != IR_EXIT_SERVICE)
                h->remark = keep_all(x, text);
            if (patched)
                claim(x, e->stub, h);
            if (h->offset == e->stub && h->kind == NOTE_END) {
                snprintf(text, sizeof text, "stub of exit %u", k);
                h->remark = keep_all(x, text);
            }
        }
    }
    for (unsigned round = 0; round < 3; round++) /* cold parts jump to further ones */
        for (uint32_t i = 0; i < x->code.count; i++)
            if (x->code.data[i].target != 0)
                claim(x, x->code.data[i].target, &x->code.data[i]);
}

static bool open_capstone(const char *host, csh *handle)
{
    bool arm = strcmp(host, "aarch64") == 0;
    return cs_open(arm ? CS_ARCH_ARM64 : CS_ARCH_X86, arm ? CS_MODE_LITTLE_ENDIAN : CS_MODE_64,
                   handle) == CS_ERR_OK;
}

static void add_host(CodeReader *c, csh handle, bool arm)
{
    const CompiledCode *cc = c->cc;
    cs_insn *insn = cs_malloc(handle);
    const uint8_t *code = cc->code;
    size_t left = cc->size;
    uint64_t at = 0;
    while (left > 0) {
        ExplainHost h = {.offset = (uint32_t)at};
        const uint8_t *start = code;
        bool known = cs_disasm_iter(handle, &code, &left, &at, insn);
        h.size = (uint8_t)(known ? insn->size : arm && left >= 4 ? 4 : 1);
        memcpy(h.bytes, start, h.size);
        if (known) {
            h.text = host_text(c, &h, insn->mnemonic, insn->op_str);
        } else { /* data between instructions, or one that Capstone does not know */
            char text[48];
            uint32_t word = 0;
            memcpy(&word, start, h.size);
            if (!arm || !rcpc_text(word, text, sizeof text))
                snprintf(text, sizeof text, arm ? ".inst 0x%08x" : ".byte 0x%02x", word);
            h.text = keep_all(c->x, text);
            h.data = !arm;
            code += h.size;
            at += h.size;
            left -= h.size;
        }
        describe(c, &h);
        *VEC_PUSH(c->x->arena, &c->x->code) = h;
    }
    cs_free(insn, 1);
}

void explain_code(Explanation *x, const BackendOps *backend, const Region *r,
                  const CompiledCode *cc)
{
    csh handle;
    CodeReader c = {.x = x, .r = r, .cc = cc};
    x->host = backend->name;
    x->host_size = cc->size;
    if (!open_capstone(backend->name, &handle))
        return;
    find_pcs(&c);
    add_host(&c, handle, strcmp(backend->name, "aarch64") == 0);
    cs_close(&handle);
    attribute_end(x, cc);
}

ExplainCounts explain_count(const Explanation *x)
{
    ExplainCounts n = {.guest = x->guest.count};
    for (uint32_t i = 0; i < x->code.count; i++) {
        const ExplainHost *h = &x->code.data[i];
        if (h->data)
            continue;
        n.host++;
        n.cold += h->cold;
        if (h->cold)
            continue;
        n.hot++;
        n.moves += h->kind == NOTE_MOVE || h->kind == NOTE_JUMP;
        n.spills += h->kind == NOTE_SPILL || h->kind == NOTE_RELOAD;
        n.slots += h->kind == NOTE_GET || h->kind == NOTE_PUT;
        n.polls += h->kind == NOTE_POLL;
        n.exits += h->kind == NOTE_EXIT;
    }
    return n;
}

int explain_guest_index(const Explanation *x, uint64_t pc)
{
    for (uint32_t i = 0; i < x->guest.count; i++)
        if (x->guest.data[i].pc == pc)
            return (int)i;
    return -1;
}
