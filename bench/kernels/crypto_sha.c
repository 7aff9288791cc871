/* crypto_sha.c: SHA-256 (FIPS 180-4) by the SHA extensions. */
#include <immintrin.h>

#include "bench/kernels/kernel.h"

static const uint32_t k[64] __attribute__((aligned(16))) = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

typedef struct Hash {
    __m128i abef, cdgh; /* the eight words as SHA256RNDS2 wants them, the first one highest */
} Hash;

static Hash start(void)
{
    return (Hash){_mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
                  _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19)};
}

static Hash add_block(Hash h, const unsigned char *p)
{
    const __m128i big_endian = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
    __m128i w[4], abef = h.abef, cdgh = h.cdgh;
    for (int i = 0; i < 4; i++)
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)p + i), big_endian);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        __m128i *now = &w[i & 3], last = w[(i + 3) & 3];
        if (i >= 4) {
            __m128i seventh = _mm_alignr_epi8(last, w[(i + 2) & 3], 4);
            __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(*now, w[(i + 1) & 3]), seventh);
            *now = _mm_sha256msg2_epu32(sum, last);
        }
        __m128i m = _mm_add_epi32(*now, _mm_load_si128((const __m128i *)k + i));
        cdgh = _mm_sha256rnds2_epu32(cdgh, abef, m);
        abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(m, 0x0e));
    }
    return (Hash){_mm_add_epi32(h.abef, abef), _mm_add_epi32(h.cdgh, cdgh)};
}

static Hash digest(const unsigned char *p, size_t n)
{
    Hash h = start();
    size_t left = n;
    for (; left >= 64; p += 64, left -= 64)
        h = add_block(h, p);
    unsigned char end[128] = {0};
    size_t size = left < 56 ? 64 : 128;
    memcpy(end, p, left);
    end[left] = 0x80;
    for (int i = 0; i < 8; i++)
        end[size - 1 - (size_t)i] = (unsigned char)((uint64_t)n * 8 >> 8 * i);
    for (size_t i = 0; i < size; i += 64)
        h = add_block(h, end + i);
    return h;
}

static void known_answer(const char *text, const uint32_t wanted[8])
{
    uint32_t x[4], y[4];
    Hash h = digest((const unsigned char *)text, strlen(text));
    _mm_storeu_si128((__m128i *)x, h.abef);
    _mm_storeu_si128((__m128i *)y, h.cdgh);
    const uint32_t got[8] = {x[3], x[2], y[3], y[2], x[1], x[0], y[1], y[0]};
    require(!memcmp(got, wanted, sizeof got), "SHA-256");
}

static unsigned crypto_sha(long rounds)
{
    static unsigned char buffer[65536];
    known_answer("abc", (uint32_t[]){0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223, 0xb00361a3,
                                     0x96177a9c, 0xb410ff61, 0xf20015ad});
    known_answer("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                 (uint32_t[]){0x248d6a61, 0xd20638b8, 0xe5c02693, 0x0c3e6039, 0xa33ce459,
                              0x64ff2167, 0xf6ecedd4, 0x19db06c1});
    for (size_t i = 0; i < sizeof buffer; i++)
        buffer[i] = (unsigned char)(i * 31);
    for (long r = 0; r < rounds; r++) {
        Hash h = digest(buffer, sizeof buffer);
        _mm_storeu_si128((__m128i *)buffer, _mm_xor_si128(h.abef, h.cdgh));
    }
    uint32_t sum;
    memcpy(&sum, buffer, sizeof sum);
    return sum;
}

KERNEL_MAIN(crypto_sha, "%08x")
