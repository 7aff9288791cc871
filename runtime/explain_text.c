/* explain_text.c: an Explanation as text in columns.
 *
 *     guest                          | after dead             | x86_64
 *     401136 addq $8, %rax           | %9 = add i64 %41, 8    |  +0012 lea rcx, [rax + 8]
 *                                    |                        |  +0016 mov [rbp - 0x38], rcx  ; put
 * rcx
 *
 * Rows go by the host code, as it is laid out. A run of host instructions of one guest instruction
 * stands beside it; a guest instruction that comes up again (its code was moved apart) is marked
 * with an arrow, one that left no code stands alone.
 */
#include <inttypes.h>
#include <string.h>

#include "runtime/explain.h"

enum { COLUMNS = 3, CELLS = 512, CELL_SIZE = 200 };

typedef struct Table {
    FILE *out;
    const ExplainStyle *style;
    const Explanation *x;
    const ExplainPass *ir;   /* of the middle column, or NULL */
    unsigned width[COLUMNS]; /* 0: no such column */
    bool *seen;              /* guest instructions that have been shown */
    bool *ir_seen;           /* IR lines that have */
} Table;

/* ---- colours ---- */

static const char *colour_of(const ExplainHost *h)
{
    switch (h->kind) {
    case NOTE_SPILL:
    case NOTE_RELOAD:
        return "\033[31m";
    case NOTE_GET:
    case NOTE_PUT:
    case NOTE_MOVE:
    case NOTE_JUMP:
        return "\033[33m";
    case NOTE_POLL:
    case NOTE_COUNT:
    case NOTE_COLD:
    case NOTE_END:
        return "\033[2m";
    case NOTE_EXIT:
        return "\033[35m";
    default:
        return "";
    }
}

/* ---- cells ---- */

/* Prints text padded or cut to the column's width. */
static void cell(const Table *t, unsigned column, const char *text, const char *colour)
{
    unsigned width = t->width[column], n = (unsigned)strlen(text);
    bool last = column == COLUMNS - 1;
    bool coloured = t->style->colour && colour[0];
    if (width == 0)
        return;
    fprintf(t->out, "%s%.*s%s", coloured ? colour : "", n > width ? (int)width - 1 : (int)n, text,
            n > width ? "~" : "");
    if (coloured)
        fputs("\033[0m", t->out);
    if (!last)
        fprintf(t->out, "%*s | ", n < width ? (int)(width - n) : 0, "");
}

static void bytes_text(char *out, const uint8_t *bytes, unsigned n)
{
    for (unsigned i = 0; i < n; i++)
        out += sprintf(out, "%02x", bytes[i]);
}

static void guest_text(const Table *t, char *out, const ExplainGuest *g, bool again)
{
    char bytes[40] = "";
    if (t->style->bytes)
        bytes_text(bytes, g->bytes, g->length);
    if (again)
        snprintf(out, CELL_SIZE, "%8" PRIx64 " ^", g->pc);
    else if (t->style->bytes)
        snprintf(out, CELL_SIZE, "%8" PRIx64 " %-16s %s", g->pc, bytes, g->text);
    else
        snprintf(out, CELL_SIZE, "%8" PRIx64 " %s", g->pc, g->text);
}

static void host_text(const Table *t, char *out, const ExplainHost *h)
{
    char bytes[40] = "", line[CELL_SIZE];
    bytes_text(bytes, h->bytes, h->size);
    if (t->style->bytes)
        snprintf(line, sizeof line, "+%04x %-20s %s", h->offset, bytes, h->text);
    else
        snprintf(line, sizeof line, "+%04x %s", h->offset, h->text);
    if (h->remark)
        snprintf(out, CELL_SIZE, "%-38.140s ; %.50s", line, h->remark);
    else
        snprintf(out, CELL_SIZE, "%s", line);
}

/* ---- rows ---- */

static void row(const Table *t, const char *guest, const char *ir, const ExplainHost *h)
{
    char host[CELL_SIZE] = "";
    if (h)
        host_text(t, host, h);
    cell(t, 0, guest, "\033[1m");
    cell(t, 1, ir, "\033[36m");
    cell(t, 2, host, h ? colour_of(h) : "");
    fputc('\n', t->out);
}

/* The next IR line of a guest instruction from *at on that has not been shown; NULL: none. */
static const char *next_ir(const Table *t, uint64_t pc, uint32_t *at)
{
    for (; t->ir && *at < t->ir->lines.count; ++*at) {
        const ExplainIr *l = &t->ir->lines.data[*at];
        bool marker = strncmp(l->text, "  insn ", 7) == 0 || l->text[0] == 'r' || l->text[0] == '}';
        if (l->pc != pc || t->ir_seen[*at] || marker)
            continue;
        t->ir_seen[*at] = true;
        return l->head ? l->text : l->text + 2;
    }
    return NULL;
}

/* Host instructions [first, end), all of one guest instruction, beside it and its IR. */
static void group(const Table *t, uint64_t pc, uint32_t first, uint32_t end)
{
    char guest[CELL_SIZE] = "";
    int g = explain_guest_index(t->x, pc);
    uint32_t at = 0;
    if (g >= 0) {
        guest_text(t, guest, &t->x->guest.data[g], t->seen[g]);
        t->seen[g] = true;
    } else {
        snprintf(guest, sizeof guest, "%s", pc ? "" : "         (any)");
    }
    for (;;) {
        const char *ir = next_ir(t, pc, &at);
        const ExplainHost *h = first < end ? &t->x->code.data[first] : NULL;
        if (!h && !ir && !guest[0])
            return;
        row(t, guest, ir ? ir : "", h);
        guest[0] = 0;
        first += h != NULL;
    }
}

/* Guest instructions before `until` that have no host code of their own. */
static void silent_ones(const Table *t, int until)
{
    for (int i = 0; i < until; i++) {
        bool has_code = false;
        for (uint32_t k = 0; k < t->x->code.count; k++)
            has_code |= t->x->code.data[k].pc == t->x->guest.data[i].pc;
        if (!t->seen[i] && !has_code)
            group(t, t->x->guest.data[i].pc, 0, 0);
    }
}

static void code_rows(const Table *t, bool cold)
{
    const Explanation *x = t->x;
    for (uint32_t i = 0, end; i < x->code.count; i = end) {
        uint64_t pc = x->code.data[i].pc;
        for (end = i + 1; end < x->code.count && x->code.data[end].pc == pc &&
                          x->code.data[end].cold == x->code.data[i].cold;)
            end++;
        if (x->code.data[i].cold != cold)
            continue;
        if (!cold && explain_guest_index(x, pc) > 0)
            silent_ones(t, explain_guest_index(x, pc));
        group(t, pc, i, end);
    }
    if (!cold)
        silent_ones(t, (int)x->guest.count);
}

/* ---- the whole ---- */

static const ExplainPass *find_pass(const Explanation *x, const char *name)
{
    for (uint32_t i = 0; name && i < x->passes.count; i++)
        if (strcmp(x->passes.data[i].name, name) == 0)
            return &x->passes.data[i];
    bool last = name && strcmp(name, "last") == 0 && x->passes.count;
    return last ? &x->passes.data[x->passes.count - 1] : NULL;
}

static unsigned longest_guest(const Table *t)
{
    char text[CELL_SIZE];
    unsigned n = 10;
    for (uint32_t i = 0; i < t->x->guest.count; i++) {
        guest_text(t, text, &t->x->guest.data[i], false);
        n = strlen(text) > n ? (unsigned)strlen(text) : n;
    }
    return n;
}

static void choose_widths(Table *t)
{
    unsigned all = t->style->width < 60 ? 60 : t->style->width, guest = longest_guest(t);
    unsigned most = t->ir ? all * 28 / 100 : all * 45 / 100;
    t->width[0] = guest < most ? guest : most;
    all -= t->width[0] + 3;
    t->width[1] = t->ir ? all * 45 / 100 : 0;
    t->width[2] = all - (t->ir ? t->width[1] + 3 : 0);
}

static void heading(const Explanation *x, FILE *out)
{
    ExplainCounts n = explain_count(x);
    unsigned bytes = 0;
    for (uint32_t i = 0; i < x->guest.count; i++)
        bytes += x->guest.data[i].length;
    fprintf(out, "region %" PRIx64 "%s%s%s", x->pc, x->where ? " <" : "", x->where ? x->where : "",
            x->where ? ">" : "");
    fprintf(out, ": %u guest instructions, %u bytes -> %s: %u instructions, %u bytes\n", n.guest,
            bytes, x->host ? x->host : "no host code", n.host, x->host_size);
    if (x->host)
        fprintf(out,
                "  %u in line (%.1f a guest instruction): %u moves, %u spills and reloads, %u of "
                "guest slots, %u of polls, %u of exits; %u cold\n",
                n.hot, n.guest ? (double)n.hot / n.guest : 0, n.moves, n.spills, n.slots, n.polls,
                n.exits, n.cold);
    if (x->note)
        fprintf(out, "  %s\n", x->note);
}

static void print_pass(const ExplainPass *p, FILE *out)
{
    fprintf(out, "---- after %s\n", p->name);
    for (uint32_t i = 0; i < p->lines.count; i++)
        fprintf(out, "%s\n", p->lines.data[i].text);
}

static void rule(const Table *t, const char *what)
{
    char ir[64] = "", host[64];
    snprintf(host, sizeof host, "host %s", t->x->host ? t->x->host : "");
    if (t->ir)
        snprintf(ir, sizeof ir, "IR after %s", t->ir->name);
    cell(t, 0, what, "\033[4m");
    cell(t, 1, ir, "\033[4m");
    cell(t, 2, host, "\033[4m");
    fputc('\n', t->out);
}

void explain_text(const Explanation *x, FILE *out, const ExplainStyle *style)
{
    bool *seen = arena_alloc(x->arena, x->guest.count + 1);
    memset(seen, 0, x->guest.count + 1);
    Table t = {.out = out, .style = style, .x = x, .seen = seen, .ir = find_pass(x, style->ir)};
    if (t.ir) {
        t.ir_seen = arena_alloc(x->arena, t.ir->lines.count + 1);
        memset(t.ir_seen, 0, t.ir->lines.count + 1);
    }
    heading(x, out);
    for (uint32_t i = 0; style->all_passes && i < x->passes.count; i++)
        print_pass(&x->passes.data[i], out);
    choose_widths(&t);
    char guest[64];
    snprintf(guest, sizeof guest, "guest %s", x->ops->name);
    rule(&t, guest);
    code_rows(&t, false);
    if (explain_count(x).cold) {
        rule(&t, "cold, behind the region");
        code_rows(&t, true);
    }
    fputc('\n', out);
}
