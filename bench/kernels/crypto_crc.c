/* crypto_crc.c: CRC-32C by the CRC32 instruction, three streams at a time, since it takes three
 * cycles.
 *
 * A stream's CRC is moved over the bytes behind it by a table: what n zero bytes make of a CRC is
 * linear, so it is the XOR of what they make of its four bytes. */
#include <immintrin.h>

#include "bench/kernels/kernel.h"

enum { STREAM = 1024, PARTS = 3 };

static uint32_t over_stream[4][256];

static void make_table(void)
{
    for (int bit = 0; bit < 32; bit++) {
        uint64_t c = 1ull << bit;
        for (int i = 0; i < STREAM; i += 8)
            c = _mm_crc32_u64(c, 0);
        uint32_t *t = over_stream[bit / 8];
        for (unsigned i = 0; i < 1u << bit % 8; i++)
            t[i | 1u << bit % 8] = t[i] ^ (uint32_t)c;
    }
}

static uint64_t moved(uint64_t c)
{
    return over_stream[0][c & 255] ^ over_stream[1][c >> 8 & 255] ^ over_stream[2][c >> 16 & 255] ^
           over_stream[3][c >> 24];
}

static uint64_t word_at(const unsigned char *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static uint32_t crc32c(uint32_t before, const unsigned char *p, size_t n)
{
    uint64_t c = (uint32_t)~before;
    for (; n >= PARTS * STREAM; p += PARTS * STREAM, n -= PARTS * STREAM) {
        uint64_t d = 0, e = 0;
        for (const unsigned char *q = p; q < p + STREAM; q += 8) {
            c = _mm_crc32_u64(c, word_at(q));
            d = _mm_crc32_u64(d, word_at(q + STREAM));
            e = _mm_crc32_u64(e, word_at(q + 2 * STREAM));
        }
        c = moved(moved(c) ^ d) ^ e;
    }
    for (; n >= 8; p += 8, n -= 8)
        c = _mm_crc32_u64(c, word_at(p));
    for (; n > 0; p++, n--)
        c = _mm_crc32_u8((uint32_t)c, *p);
    return (uint32_t)~c;
}

static uint32_t plain_crc32c(const unsigned char *p, size_t n)
{
    uint32_t c = 0xffffffff;
    for (size_t i = 0; i < n; i++) {
        c ^= p[i];
        for (int b = 0; b < 8; b++)
            c = c & 1 ? c >> 1 ^ 0x82f63b78 : c >> 1;
    }
    return ~c;
}

static unsigned crypto_crc(long rounds)
{
    static unsigned char buffer[65536];
    make_table();
    for (size_t i = 0; i < sizeof buffer; i++)
        buffer[i] = (unsigned char)(i * 7 + i / 256);
    /* RFC 3720, appendix B.4, and one by shifts */
    require(crc32c(0, (const unsigned char *)"123456789", 9) == 0xe3069283, "CRC-32C of digits");
    require(crc32c(0, (const unsigned char[32]){0}, 32) == 0x8a9136aa, "CRC-32C of zeros");
    require(crc32c(0, buffer, 10007) == plain_crc32c(buffer, 10007), "CRC-32C of the buffer");
    uint32_t crc = 0;
    for (long r = 0; r < rounds; r++)
        crc = crc32c(crc, buffer, sizeof buffer - (size_t)(r & 63));
    return crc;
}

KERNEL_MAIN(crypto_crc, "%08x")
