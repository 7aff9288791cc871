/* explain.h: one region on its way from guest code to host code, for people to read.
 *
 * An Explanation is gathered in the order in which a translation is made, and then printed as text
 * (explain_text.c) or as part of a page (explain_html.c):
 *
 *     Explanation *x = explain_new(&arena, guest, pc);
 *     explain_lifted(x, &request, &lifted);
 *     ir_optimise(region, &(PassContext){.after = explain_ir, .after_arg = x, ...});
 *     backend->compile(.., &code, ..);            with BackendConfig.notes
 *     explain_code(x, backend, region, &code);
 *     explain_text(x, stdout, &style);
 *
 * Every line belongs to a guest instruction, by its address. A host instruction belongs to that of
 * the IR instruction it was emitted for; what the register allocator added, to that of the next
 * one; code behind the region, to whoever jumps there.
 */
#ifndef DRAGOMAN_RUNTIME_EXPLAIN_H
#define DRAGOMAN_RUNTIME_EXPLAIN_H

#include <stdio.h>

#include "backend/backend.h"
#include "frontend/guest.h"

typedef struct ExplainGuest {
    uint64_t pc;
    uint8_t bytes[16];
    uint8_t length;
    const char *text;
} ExplainGuest;

typedef struct ExplainIr {
    const char *text; /* a line of the IR's text form */
    uint64_t pc;
    uint32_t value; /* the number of the value it defines, or 0 */
    bool head;      /* the first line of a block, or of the region */
} ExplainIr;

typedef struct ExplainPass {
    const char *name;
    VEC(ExplainIr) lines;
} ExplainPass;

typedef struct ExplainHost {
    uint32_t offset;
    uint8_t bytes[16];
    uint8_t size;
    uint8_t kind;    /* CodeNoteKind */
    bool cold;       /* behind the region */
    bool data;       /* no instruction */
    uint32_t inst;   /* the IR instruction, or 0 */
    uint32_t target; /* of a branch within the code, or 0 */
    uint64_t pc;
    const char *text;
    const char *remark; /* "spill", "put rax", "exit to 401000", or NULL */
} ExplainHost;

typedef struct Explanation {
    Arena *arena;
    const GuestOps *ops;
    uint64_t pc;
    const char *where; /* symbol and offset, or NULL */
    const char *host;  /* name of the backend */
    const char *note;  /* further remark for the heading, or NULL */
    uint32_t mode, host_size;
    VEC(ExplainGuest) guest;
    VEC(ExplainPass) passes;
    VEC(ExplainHost) code;
} Explanation;

Explanation *explain_new(Arena *arena, const GuestOps *guest, uint64_t pc);
void explain_lifted(Explanation *x, const LiftRequest *rq, const LiftResult *l);
/* PassContext.after; arg is an Explanation. */
void explain_ir(void *arg, const char *pass, const Region *r);
void explain_code(Explanation *x, const BackendOps *backend, const Region *r,
                  const CompiledCode *cc);

/* How the host instructions are spent. */
typedef struct ExplainCounts {
    unsigned guest, host;                        /* in all */
    unsigned hot, cold;                          /* in the region, and behind it */
    unsigned moves, spills, slots, polls, exits; /* of the hot ones */
} ExplainCounts;
ExplainCounts explain_count(const Explanation *x);

/* The number of the guest instruction at pc; -1: none. */
int explain_guest_index(const Explanation *x, uint64_t pc);

typedef struct ExplainStyle {
    unsigned width;  /* of the terminal, in characters */
    bool colour;     /* ANSI colours */
    bool bytes;      /* instruction bytes too */
    const char *ir;  /* a column of the IR after this pass; "last": the last; NULL: none */
    bool all_passes; /* the IR after every pass, in front */
} ExplainStyle;

void explain_text(const Explanation *x, FILE *out, const ExplainStyle *style);
/* One self-contained page. */
void explain_html(const Explanation *const *regions, unsigned count, const char *title, FILE *out);

#endif
