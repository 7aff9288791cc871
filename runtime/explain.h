/* explain.h: printing one region on its way: guest code, IR after each pass, host code. */
#ifndef DRAGOMAN_RUNTIME_EXPLAIN_H
#define DRAGOMAN_RUNTIME_EXPLAIN_H

#include <stdio.h>

#include "runtime/engine.h"

typedef struct Explain {
    FILE *out; /* NULL: say nothing */
    const GuestOps *guest;
} Explain;

/* Whether the region at pc is to be explained (EngineOptions.explain, explain_pc). */
Explain explain_begin(const Engine *e, uint64_t pc);
void explain_lifted(const Explain *x, const LiftRequest *rq, const LiftResult *l);
/* PassContext.after; arg is an Explain. */
void explain_ir(void *arg, const char *pass, const Region *r);
void explain_code(const Explain *x, const Engine *e, const Translation *t);

#endif
