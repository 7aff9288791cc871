/* explain_cmd.h: `dragoman explain`. */
#ifndef DRAGOMAN_RUNTIME_EXPLAIN_CMD_H
#define DRAGOMAN_RUNTIME_EXPLAIN_CMD_H

#include "runtime/engine.h"
#include "runtime/explain.h"

typedef struct ExplainRequest {
    const char *at[16]; /* addresses and symbols */
    unsigned nat;
    unsigned hot; /* so many of the hottest regions, after a run; 0: do not run */
    const char *host, *html;
    const char *program;
    ExplainStyle style;
    FILE *out; /* with hot: set before the program runs */
    bool relaxed;
    uint32_t max_insns; /* of a region; 0: as usual */
} ExplainRequest;

/* Parses `explain ...`. Returns an exit status, or -1 when the program is to be run first: then
 * argc and argv are what is left of the command line (argv[0] stands for `dragoman`). */
int explain_command(ExplainRequest *rq, int *argc, char ***argv);
/* EngineOptions.at_end: explains the hottest regions; arg is an ExplainRequest. */
void explain_hottest(Engine *e, void *arg);

/* Makes the explanation of the region at pc for a host. NULL: nothing can be fetched there. */
typedef struct ExplainSource {
    uint32_t (*fetch)(void *arg, uint64_t addr, uint8_t *buf, uint32_t n);
    void *fetch_arg;
    const GuestOps *guest;
    const BackendOps *backend;
    uint32_t features; /* of the host */
    uint32_t mode;
    uint32_t max_insns;
    bool relaxed;
} ExplainSource;
Explanation *explain_region(const ExplainSource *src, Arena *arena, uint64_t pc);
/* The generator for a host by name, and its features: of this machine if it is one, else typical
 * ones. NULL: no such host. */
const BackendOps *explain_backend(const char *host, uint32_t *features);

#endif
