/* heap.c: malloc, realloc, calloc, aligned allocation and free in random order, contents checked.
 */
#include <malloc.h>
#include <string.h>

#include "guest.h"

enum { SLOTS = 500, ROUNDS = 30000 };

static struct {
    unsigned char *data;
    size_t size;
    unsigned char tag;
} slots[SLOTS];

static void check_and_free(int i)
{
    for (size_t k = 0; k < slots[i].size; k += 1 + slots[i].size / 8)
        CHECK(slots[i].data[k] == slots[i].tag);
    free(slots[i].data);
    slots[i].data = NULL;
}

int main(void)
{
    uint64_t total = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int i = (int)(rng() % SLOTS);
        uint64_t r = rng();
        if (slots[i].data && (r & 3)) {
            check_and_free(i);
            continue;
        }
        size_t size = (r >> 8) % ((r & 0xf0) ? 300 : 300000) + 1;
        if (slots[i].data) {
            unsigned char old = slots[i].data[0];
            slots[i].data = realloc(slots[i].data, size);
            CHECK(slots[i].data[0] == old);
        } else if (r & 4) {
            slots[i].data = calloc(size, 1);
            CHECK(slots[i].data[size - 1] == 0 && slots[i].data[size / 2] == 0);
        } else if (r & 8) {
            slots[i].data = memalign(256, size);
            CHECK((uintptr_t)slots[i].data % 256 == 0);
        } else {
            slots[i].data = malloc(size);
        }
        slots[i].size = size;
        slots[i].tag = (unsigned char)round;
        memset(slots[i].data, slots[i].tag, size);
        total += size;
    }
    for (int i = 0; i < SLOTS; i++)
        if (slots[i].data)
            check_and_free(i);
    malloc_trim(0);
    printf("allocated %lu bytes in all\n", total);
    return 0;
}
