/* decode_fuzz.c: any bytes through the x86-64 decoder and the lifter, whose IR must verify.
 *
 * Input: a byte of mode bits, then guest code that starts at a fixed address. */
#include <stdlib.h>
#include <string.h>

#include "frontend/guest.h"

enum { BASE = 0x401000 };

typedef struct Input {
    const uint8_t *bytes;
    size_t size;
} Input;

static uint32_t fetch(void *arg, uint64_t addr, uint8_t *buf, uint32_t n)
{
    const Input *in = arg;
    if (addr < BASE || addr - BASE >= in->size)
        return 0;
    if (n > in->size - (addr - BASE))
        n = (uint32_t)(in->size - (addr - BASE));
    memcpy(buf, in->bytes + (addr - BASE), n);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Arena arena;
    char err[256];
    if (size < 2)
        return 0;
    Input in = {data + 1, size - 1};
    LiftRequest rq = {.pc = BASE,
                      .mode = (data[0] & 1) != 0 ? 4 : 0, /* FP exceptions unmasked */
                      .max_insns = data[0] >> 1 & 63,
                      .count_blocks = (data[0] & 128) != 0,
                      .poll = true,
                      .fetch = fetch,
                      .fetch_arg = &in,
                      .arena = &arena};
    LiftResult out = {0};
    guest_x86_64.lift(&rq, &out);
    PassContext ctx = {.dead_slots_at = guest_x86_64.dead_slots_at, .arg = &rq, .verify = true};
    if (!ir_verify(out.region, err, sizeof err))
        abort();
    ir_optimise(out.region, &ctx);
    arena_reset(&arena);
    return 0;
}
