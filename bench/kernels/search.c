/* search.c: substring search with a skip table, and strchr and strlen of the C library. */
#include "bench/kernels/kernel.h"

static long search(long rounds)
{
    enum { SIZE = 1 << 20 };
    static char text[SIZE + 1];
    static const char needle[] = "translate me";
    const size_t length = sizeof needle - 1;
    size_t skip[256];
    uint64_t state = 3;
    for (int i = 0; i < SIZE; i++)
        text[i] = (char)('a' + next_random(&state) % 26);
    for (int i = 1; i < 20; i++)
        memcpy(text + i * 50000, needle, length);
    for (int i = 0; i < 256; i++)
        skip[i] = length;
    for (size_t i = 0; i + 1 < length; i++)
        skip[(unsigned char)needle[i]] = length - 1 - i;
    long found = 0;
    for (long r = 0; r < rounds; r++) {
        for (size_t at = 0; at + length <= SIZE;) {
            found += memcmp(text + at, needle, length) == 0;
            at += skip[(unsigned char)text[at + length - 1]];
        }
        for (const char *p = text; (p = strchr(p, ' ')) != NULL; p++)
            found++;
        found += (long)strlen(text) & 1;
    }
    return found;
}

KERNEL_MAIN(search, "%ld")
