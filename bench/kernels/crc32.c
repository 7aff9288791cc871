/* crc32.c: table-driven CRC-32, a byte at a time. */
#include "bench/kernels/kernel.h"

static unsigned crc32(long rounds)
{
    static uint32_t table[256];
    static unsigned char buffer[65536];
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int b = 0; b < 8; b++)
            c = c & 1 ? c >> 1 ^ 0xedb88320 : c >> 1;
        table[i] = c;
    }
    for (size_t i = 0; i < sizeof buffer; i++)
        buffer[i] = (unsigned char)(i * 7 + i / 256);
    uint32_t crc = 0xffffffff;
    for (long r = 0; r < rounds; r++)
        for (size_t i = 0; i < sizeof buffer; i++)
            crc = crc >> 8 ^ table[(crc ^ buffer[i]) & 255];
    return ~crc;
}

KERNEL_MAIN(crc32, "%08x")
