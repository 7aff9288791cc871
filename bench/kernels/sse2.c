/* sse2.c: SSE2 intrinsics as image and sound code uses them: saturating sums, averages, 16-bit
 * products, packing, shuffles, compare and mask. */
#include <emmintrin.h>

#include "bench/kernels/kernel.h"

enum { SIZE = 64 * 1024 };
static unsigned char front[SIZE] __attribute__((aligned(16)));
static unsigned char back[SIZE] __attribute__((aligned(16)));

/* front = a mix of front and back by weight, brightened where it is dark */
static void blend(int weight)
{
    const __m128i zero = _mm_setzero_si128(), w = _mm_set1_epi16((short)weight);
    const __m128i u = _mm_set1_epi16((short)(128 - weight)), dark = _mm_set1_epi8(40);
    for (int i = 0; i < SIZE; i += 16) {
        __m128i f = _mm_load_si128((const __m128i *)(front + i));
        __m128i b = _mm_load_si128((const __m128i *)(back + i));
        __m128i lo = _mm_add_epi16(_mm_mullo_epi16(_mm_unpacklo_epi8(f, zero), w),
                                   _mm_mullo_epi16(_mm_unpacklo_epi8(b, zero), u));
        __m128i hi = _mm_add_epi16(_mm_mullo_epi16(_mm_unpackhi_epi8(f, zero), w),
                                   _mm_mullo_epi16(_mm_unpackhi_epi8(b, zero), u));
        __m128i mix = _mm_packus_epi16(_mm_srli_epi16(lo, 7), _mm_srli_epi16(hi, 7));
        __m128i is_dark = _mm_cmpeq_epi8(_mm_min_epu8(mix, dark), mix);
        mix = _mm_adds_epu8(mix, _mm_and_si128(is_dark, _mm_set1_epi8(9)));
        _mm_store_si128((__m128i *)(front + i), _mm_avg_epu8(mix, f));
    }
}

/* sum of absolute differences to the image turned by two pixels, and a dot product */
static uint64_t distance(void)
{
    __m128i sad = _mm_setzero_si128(), product = sad;
    for (int i = 0; i + 32 <= SIZE; i += 16) {
        __m128i f = _mm_load_si128((const __m128i *)(front + i));
        __m128i b = _mm_loadu_si128((const __m128i *)(back + i + 2));
        sad = _mm_add_epi64(sad, _mm_sad_epu8(f, b));
        __m128i turned = _mm_shufflehi_epi16(_mm_shuffle_epi32(b, 0x4e), 0x1b);
        product =
            _mm_add_epi32(product, _mm_madd_epi16(_mm_srli_epi16(f, 8), _mm_srai_epi16(turned, 3)));
    }
    uint64_t out[4];
    _mm_storeu_si128((__m128i *)out, sad);
    _mm_storeu_si128((__m128i *)out + 1, product);
    return out[0] + out[1] * 3 + (out[2] ^ out[3]);
}

static unsigned long sse2(long rounds)
{
    uint64_t state = 6, sum = 0;
    for (int i = 0; i < SIZE; i++)
        front[i] = (unsigned char)next_random(&state), back[i] = (unsigned char)(state >> 9);
    for (long r = 0; r < rounds; r++) {
        blend((int)(r % 127) + 1);
        sum = sum * 31 + distance();
        front[r % SIZE] ^= (unsigned char)r;
    }
    return sum;
}

KERNEL_MAIN(sse2, "%lu")
