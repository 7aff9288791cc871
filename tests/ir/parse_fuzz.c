/* parse_fuzz.c: any text is parsed or refused; what parses and verifies goes through the passes and
 * comes back from its own text. tests/ir/golden is a good corpus. */
#include "ir/internal.h"
#include "tests/ir/ir_support.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a = {0};
    char err[256];
    char *text = calloc(1, size + 1);
    if (size != 0)
        memcpy(text, data, size);
    Region *r = ir_parse(&a, text, &test_slots, &test_helpers, err, sizeof err);
    if (r != NULL && ir_verify(r, err, sizeof err)) {
        char *first = text_of(r);
        Region *back = parse_or_die(&a, first);
        if (!ir_verify(back, err, sizeof err))
            abort();
        PassContext ctx = {.verify = true};
        ir_optimise(r, &ctx);
        free(first);
    }
    free(text);
    arena_free(&a);
    return 0;
}
