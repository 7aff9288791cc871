/* pass_dead.c: what nothing needs goes: unneeded.c does the work. */
#include "ir/internal.h"

void ir_pass_dead(Region *r, const PassContext *ctx)
{
    (void)ctx;
    ir_remove_unneeded(r);
}
