/* optimise.c: the list of passes.
 *
 * `promote` always runs: it is what makes the form that code generators take. The others may be
 * left out one at a time (--no-pass NAME) to find the one at fault.
 */
#include <string.h>

#include "ir/base/log.h"
#include "ir/internal.h"

static void check(const Region *r, const char *pass)
{
    char err[256];
    if (ir_verify(r, err, sizeof err))
        return;
    ir_print(r, stderr);
    log_bug(__FILE__, __LINE__, "the IR of 0x%llx is wrong after %s: %s", (unsigned long long)r->pc,
            pass, err);
}

static void run(Region *r, const PassContext *ctx, const char *name,
                void (*pass)(Region *, const PassContext *))
{
    if (ctx->promote_only && pass != ir_pass_promote)
        return;
    if (ctx->skip != NULL && strcmp(ctx->skip, name) == 0 && pass != ir_pass_promote)
        return;
    pass(r, ctx);
    if (ctx->verify)
        check(r, name);
    if (ctx->after != NULL)
        ctx->after(ctx->after_arg, name, r);
}

void ir_optimise(Region *r, const PassContext *ctx)
{
    if (ctx->verify)
        check(r, "lift");
#define PASS(name, text) run(r, ctx, #name, ir_pass_##name);
#include "ir/passes.def"
#undef PASS
}

bool ir_pass_optional(const char *name)
{
    bool found = false;
#define PASS(pass, text) found |= strcmp(name, #pass) == 0 && ir_pass_##pass != ir_pass_promote;
#include "ir/passes.def"
#undef PASS
    return found;
}
