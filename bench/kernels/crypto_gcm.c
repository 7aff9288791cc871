/* crypto_gcm.c: AES-128-GCM (NIST SP 800-38D) by AES-NI and PCLMULQDQ, four blocks at a time.
 *
 * GHASH works on byte-reversed blocks, as RFC 8452 (appendix A) explains it by POLYVAL: with H
 * times x instead of H the product needs no shift, and is reduced by two multiplications with C2
 * << 56. */
#include <immintrin.h>

#include "bench/kernels/kernel.h"

typedef struct Key {
    __m128i round[11];
    __m128i h[4]; /* H^1 .. H^4, times x */
} Key;

typedef struct Product {
    __m128i low, middle, high;
} Product;

static __m128i reversed(__m128i v)
{
    return _mm_shuffle_epi8(v, _mm_set_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
}

static inline Product multiply(Product sum, __m128i a, __m128i b)
{
    sum.low = _mm_xor_si128(sum.low, _mm_clmulepi64_si128(a, b, 0x00));
    sum.high = _mm_xor_si128(sum.high, _mm_clmulepi64_si128(a, b, 0x11));
    sum.middle = _mm_xor_si128(sum.middle, _mm_xor_si128(_mm_clmulepi64_si128(a, b, 0x01),
                                                         _mm_clmulepi64_si128(a, b, 0x10)));
    return sum;
}

static inline __m128i reduce(Product p)
{
    const __m128i poly = _mm_set_epi64x(0, (long long)0xc200000000000000);
    __m128i low = _mm_xor_si128(p.low, _mm_slli_si128(p.middle, 8));
    __m128i high = _mm_xor_si128(p.high, _mm_srli_si128(p.middle, 8));
    for (int i = 0; i < 2; i++)
        low = _mm_xor_si128(_mm_shuffle_epi32(low, 0x4e), _mm_clmulepi64_si128(low, poly, 0));
    return _mm_xor_si128(low, high);
}

static __m128i encrypt_block(const Key *k, __m128i x)
{
    x = _mm_xor_si128(x, k->round[0]);
    for (int i = 1; i < 10; i++)
        x = _mm_aesenc_si128(x, k->round[i]);
    return _mm_aesenclast_si128(x, k->round[10]);
}

static __m128i times_x(__m128i v)
{
    uint64_t w[2];
    _mm_storeu_si128((__m128i *)w, v);
    __m128i twice = _mm_set_epi64x((long long)(w[1] << 1 | w[0] >> 63), (long long)(w[0] << 1));
    __m128i poly = _mm_set_epi64x((long long)0xc200000000000000, 1);
    return w[1] >> 63 ? _mm_xor_si128(twice, poly) : twice;
}

static __m128i next_round_key(__m128i key, __m128i assist)
{
    key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
    key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
    return _mm_xor_si128(key, _mm_shuffle_epi32(assist, 0xff));
}

static void make_key(Key *k, const unsigned char *bytes)
{
    __m128i r = _mm_loadu_si128((const __m128i *)bytes);
    k->round[0] = r;
#define ROUND(n, c) k->round[n] = r = next_round_key(r, _mm_aeskeygenassist_si128(r, c))
    ROUND(1, 0x01);
    ROUND(2, 0x02);
    ROUND(3, 0x04);
    ROUND(4, 0x08);
    ROUND(5, 0x10);
    ROUND(6, 0x20);
    ROUND(7, 0x40);
    ROUND(8, 0x80);
    ROUND(9, 0x1b);
    ROUND(10, 0x36);
#undef ROUND
    k->h[0] = times_x(reversed(encrypt_block(k, _mm_setzero_si128())));
    for (int i = 1; i < 4; i++)
        k->h[i] = reduce(multiply((Product){0}, k->h[i - 1], k->h[0]));
}

static __m128i hash(const Key *k, __m128i y, const unsigned char *p, size_t n)
{
    for (; n >= 64; p += 64, n -= 64) {
        const __m128i *x = (const __m128i *)p;
        Product sum =
            multiply((Product){0}, _mm_xor_si128(y, reversed(_mm_loadu_si128(x))), k->h[3]);
#pragma GCC unroll 3
        for (int i = 1; i < 4; i++)
            sum = multiply(sum, reversed(_mm_loadu_si128(x + i)), k->h[3 - i]);
        y = reduce(sum);
    }
    while (n > 0) {
        unsigned char block[16] = {0};
        size_t part = n < 16 ? n : 16;
        memcpy(block, p, part);
        __m128i x = reversed(_mm_loadu_si128((const __m128i *)block));
        y = reduce(multiply((Product){0}, _mm_xor_si128(y, x), k->h[0]));
        p += part, n -= part;
    }
    return y;
}

/* in and out may be the same; counter is byte-reversed and stands for the first block. */
static void crypt(const Key *k, __m128i counter, const unsigned char *in, unsigned char *out,
                  size_t n)
{
    const __m128i one = _mm_set_epi32(0, 0, 0, 1);
    for (; n >= 64; in += 64, out += 64, n -= 64) {
        __m128i x[4];
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++, counter = _mm_add_epi32(counter, one))
            x[i] = _mm_xor_si128(reversed(counter), k->round[0]);
#pragma GCC unroll 9
        for (int round = 1; round < 10; round++)
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++)
                x[i] = _mm_aesenc_si128(x[i], k->round[round]);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            x[i] = _mm_aesenclast_si128(x[i], k->round[10]);
            x[i] = _mm_xor_si128(x[i], _mm_loadu_si128((const __m128i *)in + i));
            _mm_storeu_si128((__m128i *)out + i, x[i]);
        }
    }
    while (n > 0) {
        unsigned char stream[16];
        size_t part = n < 16 ? n : 16;
        _mm_storeu_si128((__m128i *)stream, encrypt_block(k, reversed(counter)));
        for (size_t i = 0; i < part; i++)
            out[i] = in[i] ^ stream[i];
        counter = _mm_add_epi32(counter, one);
        in += part, out += part, n -= part;
    }
}

static __m128i tag(const Key *k, __m128i counter, const unsigned char *aad, size_t aad_size,
                   const unsigned char *text, size_t size)
{
    __m128i y = hash(k, _mm_setzero_si128(), aad, aad_size);
    y = hash(k, y, text, size);
    __m128i sizes = _mm_set_epi64x((long long)aad_size * 8, (long long)size * 8);
    y = reduce(multiply((Product){0}, _mm_xor_si128(y, sizes), k->h[0]));
    return _mm_xor_si128(reversed(y), encrypt_block(k, reversed(counter)));
}

static __m128i first_counter(const unsigned char iv[12])
{
    unsigned char block[16] = {[15] = 1};
    memcpy(block, iv, 12);
    return reversed(_mm_loadu_si128((const __m128i *)block));
}

static const unsigned char nonce[] = "\xca\xfe\xba\xbe\xfa\xce\xdb\xad\xde\xca\xf8\x88";

/* Test case 4 of McGrew and Viega, The Galois/Counter Mode of Operation. */
static void known_answer(const Key *k)
{
    static const unsigned char plain[] = "\xd9\x31\x32\x25\xf8\x84\x06\xe5\xa5\x59\x09\xc5\xaf\xf5"
                                         "\x26\x9a\x86\xa7\xa9\x53\x15\x34\xf7\xda"
                                         "\x2e\x4c\x30\x3d\x8a\x31\x8a\x72\x1c\x3c\x0c\x95\x95\x68"
                                         "\x09\x53\x2f\xcf\x0e\x24\x49\xa6\xb5\x25"
                                         "\xb1\x6a\xed\xf5\xaa\x0d\xe6\x57\xba\x63\x7b\x39";
    static const unsigned char cipher[] = "\x42\x83\x1e\xc2\x21\x77\x74\x24\x4b\x72\x21\xb7\x84\xd0"
                                          "\xd4\x9c\xe3\xaa\x21\x2f\x2c\x02\xa4\xe0"
                                          "\x35\xc1\x7e\x23\x29\xac\xa1\x2e\x21\xd5\x14\xb2\x54\x66"
                                          "\x93\x1c\x7d\x8f\x6a\x5a\xac\x84\xaa\x05"
                                          "\x1b\xa3\x0b\x39\x6a\x0a\xac\x97\x3d\x58\xe0\x91";
    static const unsigned char aad[] =
        "\xfe\xed\xfa\xce\xde\xad\xbe\xef\xfe\xed\xfa\xce\xde\xad\xbe\xef\xab\xad\xda\xd2";
    static const unsigned char wanted[] =
        "\x5b\xc9\x4f\xbc\x32\x21\xa5\xdb\x94\xfa\xe9\x5a\xe7\x12\x1a\x47";
    unsigned char out[60];
    __m128i counter = first_counter(nonce);
    crypt(k, _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1)), plain, out, sizeof out);
    require(!memcmp(out, cipher, sizeof out), "AES-GCM text");
    __m128i t = tag(k, counter, aad, 20, out, sizeof out);
    require(!memcmp(&t, wanted, 16), "AES-GCM tag");
}

static unsigned crypto_gcm(long rounds)
{
    static unsigned char buffer[65536];
    Key k;
    make_key(
        &k,
        (const unsigned char *)"\xfe\xff\xe9\x92\x86\x65\x73\x1c\x6d\x6a\x8f\x94\x67\x30\x83\x08");
    known_answer(&k);
    __m128i counter = first_counter(nonce), sum = _mm_setzero_si128();
    for (size_t i = 0; i < sizeof buffer; i++)
        buffer[i] = (unsigned char)(i * 31);
    for (long r = 0; r < rounds; r++) {
        crypt(&k, _mm_add_epi32(counter, _mm_set_epi32(0, 0, 0, 1)), buffer, buffer, sizeof buffer);
        sum = _mm_xor_si128(sum, tag(&k, counter, NULL, 0, buffer, sizeof buffer));
        counter = _mm_add_epi32(counter, _mm_set_epi32(0, 1, 0, 0)); /* the next nonce */
    }
    return (unsigned)_mm_cvtsi128_si32(sum);
}

KERNEL_MAIN(crypto_gcm, "%08x")
