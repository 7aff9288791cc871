/* x87_mmx.c: blending and scaling of pixels with MMX. */
#include <mmintrin.h>

#include "bench/kernels/kernel.h"

enum { N = 1024 };
static __m64 one[N], other[N], out[N];

static unsigned long x87_mmx(long n)
{
    uint64_t r = 88172645463325252, sum = 0, words[N];
    for (int i = 0; i < N; i++) {
        one[i] = _mm_cvtsi64_m64((long long)next_random(&r));
        other[i] = _mm_cvtsi64_m64((long long)next_random(&r));
    }
    for (long k = 0; k < n; k++) {
        __m64 alpha = _mm_set1_pi16((short)(k & 255)), zero = _mm_setzero_si64();
        for (int i = 0; i < N; i++) {
            __m64 lo = _mm_unpacklo_pi8(one[i], zero), hi = _mm_unpackhi_pi8(one[i], zero);
            __m64 lo2 = _mm_unpacklo_pi8(other[i], zero), hi2 = _mm_unpackhi_pi8(other[i], zero);
            lo = _mm_add_pi16(lo2, _mm_srli_pi16(_mm_mullo_pi16(_mm_sub_pi16(lo, lo2), alpha), 8));
            hi = _mm_add_pi16(hi2, _mm_srli_pi16(_mm_mullo_pi16(_mm_sub_pi16(hi, hi2), alpha), 8));
            out[i] = _mm_packs_pu16(lo, hi);
        }
        one[k % N] = _mm_xor_si64(out[k % N], other[(k + 1) % N]);
    }
    memcpy(words, out, sizeof out);
    _mm_empty();
    for (int i = 0; i < N; i++)
        sum = sum * 31 + words[i];
    return sum;
}

KERNEL_MAIN(x87_mmx, "%lu")
