/* data.c: writes the input of the real programs: N KiB of text that compresses as text does. */
#include "bench/kernels/kernel.h"

static long data(long kib)
{
    enum { WORDS = 3000 };
    static char words[WORDS][12];
    uint64_t state = 2026;
    for (int i = 0; i < WORDS; i++)
        for (int k = 0, n = 2 + (int)(next_random(&state) % 9); k < n; k++)
            words[i][k] =
                "etaoinshrdlucmfwypvbgkqjxz"[next_random(&state) % 26 * (state >> 40) % 26];
    long size = 0;
    for (int column = 0; size < kib * 1024;) {
        uint64_t r = next_random(&state);
        /* low numbers are frequent, as in language */
        uint64_t which = (r & 0xffff) * (r >> 16 & 0xffff) / 65536 * (r >> 32 & 0xffff) / 65536;
        int n = printf("%s", words[which * WORDS / 65536]);
        column += n + 1;
        putchar(column > 70 ? '\n' : ' ');
        size += n + 1;
        if (column > 70)
            column = 0;
    }
    return size;
}

int main(int argc, char **argv)
{
    return data(argc > 1 ? atol(argv[1]) : 1024) > 0 ? 0 : 1;
}
