/* simd.c: every SSE and SSE2 intrinsic on random vectors, results hashed one line each. */
#include <emmintrin.h>
#include <string.h>

#include "guest.h"

enum { ROUNDS = 100 };

static __m128i random_vector(void)
{
    return _mm_set_epi64x((long long)rng_edge(), (long long)rng());
}

/* Doubles of moderate size, so that NaN payloads (whose choice depends on operand order) do not
 * hide other differences; fp_math has the NaNs. */
static __m128d random_pd(void)
{
    return _mm_set_pd((double)(int64_t)rng() / 1e12, (double)(int32_t)rng() * 0.37);
}

static __m128 random_ps(void)
{
    return _mm_set_ps((float)(int32_t)rng() / 77.0f, (float)(int16_t)rng(),
                      (float)(int8_t)rng() / 3.0f, (float)(int32_t)rng());
}

#define TEST(name, type, setup, expression)                                                        \
    do {                                                                                           \
        uint64_t h = HASH_START;                                                                   \
        for (int round = 0; round < ROUNDS; round++) {                                             \
            setup;                                                                                 \
            type r = expression;                                                                   \
            h = hash_bytes(h, &r, sizeof r);                                                       \
        }                                                                                          \
        printf("%s %016lx\n", #name, h);                                                           \
    } while (0)
#define INT2(op)                                                                                   \
    TEST(op, __m128i, __m128i a = random_vector(); __m128i b = random_vector(), _mm_##op(a, b))
#define INT1I(op, i) TEST(op, __m128i, __m128i a = random_vector(), _mm_##op(a, i))
#define PD2(op)      TEST(op, __m128d, __m128d a = random_pd(); __m128d b = random_pd(), _mm_##op(a, b))
#define PS2(op)      TEST(op, __m128, __m128 a = random_ps(); __m128 b = random_ps(), _mm_##op(a, b))

int main(void)
{
    INT2(add_epi8);
    INT2(add_epi16);
    INT2(add_epi32);
    INT2(add_epi64);
    INT2(adds_epi8);
    INT2(adds_epi16);
    INT2(adds_epu8);
    INT2(adds_epu16);
    INT2(sub_epi8);
    INT2(sub_epi16);
    INT2(sub_epi32);
    INT2(sub_epi64);
    INT2(subs_epi8);
    INT2(subs_epi16);
    INT2(subs_epu8);
    INT2(subs_epu16);
    INT2(mullo_epi16);
    INT2(mulhi_epi16);
    INT2(mulhi_epu16);
    INT2(mul_epu32);
    INT2(madd_epi16);
    INT2(sad_epu8);
    INT2(avg_epu8);
    INT2(avg_epu16);
    INT2(min_epu8);
    INT2(max_epu8);
    INT2(min_epi16);
    INT2(max_epi16);
    INT2(and_si128);
    INT2(or_si128);
    INT2(xor_si128);
    INT2(andnot_si128);
    INT2(cmpeq_epi8);
    INT2(cmpeq_epi16);
    INT2(cmpeq_epi32);
    INT2(cmpgt_epi8);
    INT2(cmpgt_epi16);
    INT2(cmpgt_epi32);
    INT2(packs_epi16);
    INT2(packs_epi32);
    INT2(packus_epi16);
    INT2(unpacklo_epi8);
    INT2(unpacklo_epi16);
    INT2(unpacklo_epi32);
    INT2(unpacklo_epi64);
    INT2(unpackhi_epi8);
    INT2(unpackhi_epi16);
    INT2(unpackhi_epi32);
    INT2(unpackhi_epi64);
    INT1I(slli_epi16, 3);
    INT1I(slli_epi32, 31);
    INT1I(slli_epi64, 33);
    INT1I(slli_si128, 5);
    INT1I(srli_epi16, 15);
    INT1I(srli_epi32, 7);
    INT1I(srli_epi64, 63);
    INT1I(srli_si128, 11);
    INT1I(srai_epi16, 4);
    INT1I(srai_epi32, 30);
    INT1I(slli_epi16, 16);
    INT1I(srai_epi16, 99);
    INT1I(shuffle_epi32, 0x1b);
    INT1I(shuffle_epi32, 0x4e);
    INT1I(shufflelo_epi16, 0xc6);
    INT1I(shufflehi_epi16, 0x39);
    INT1I(shuffle_epi32, 0x00);
    TEST(sll_epi16, __m128i, __m128i a = random_vector(),
         _mm_sll_epi16(a, _mm_cvtsi32_si128(round)));
    TEST(sll_epi64, __m128i, __m128i a = random_vector(),
         _mm_sll_epi64(a, _mm_cvtsi32_si128(round)));
    TEST(srl_epi32, __m128i, __m128i a = random_vector(),
         _mm_srl_epi32(a, _mm_cvtsi32_si128(round)));
    TEST(sra_epi32, __m128i, __m128i a = random_vector(),
         _mm_sra_epi32(a, _mm_cvtsi32_si128(round)));
    TEST(movemask_epi8, int, __m128i a = random_vector(), _mm_movemask_epi8(a));
    TEST(movemask_pd, int, __m128d a = random_pd(), _mm_movemask_pd(a));
    TEST(movemask_ps, int, __m128 a = random_ps(), _mm_movemask_ps(a));
    TEST(extract_epi16, int, __m128i a = random_vector(), _mm_extract_epi16(a, 5));
    TEST(insert_epi16, __m128i, __m128i a = random_vector(), _mm_insert_epi16(a, round, 6));
    TEST(cvtsi128_si64, long long, __m128i a = random_vector(), _mm_cvtsi128_si64(a));
    TEST(move_epi64, __m128i, __m128i a = random_vector(), _mm_move_epi64(a));

    PD2(add_pd);
    PD2(sub_pd);
    PD2(mul_pd);
    PD2(div_pd);
    PD2(min_pd);
    PD2(max_pd);
    PD2(sqrt_sd);
    PD2(add_sd);
    PD2(sub_sd);
    PD2(mul_sd);
    PD2(div_sd);
    PD2(min_sd);
    PD2(max_sd);
    PD2(and_pd);
    PD2(or_pd);
    PD2(xor_pd);
    PD2(andnot_pd);
    PD2(cmpeq_pd);
    PD2(cmplt_pd);
    PD2(cmple_pd);
    PD2(cmpunord_pd);
    PD2(cmpneq_pd);
    PD2(cmpnlt_pd);
    PD2(cmpnle_pd);
    PD2(cmpord_pd);
    PD2(cmplt_sd);
    PD2(cmpneq_sd);
    PD2(unpacklo_pd);
    PD2(unpackhi_pd);
    PD2(move_sd);
    TEST(sqrt_pd, __m128d, __m128d a = random_pd(), _mm_sqrt_pd(_mm_mul_pd(a, a)));
    TEST(shuffle_pd, __m128d, __m128d a = random_pd(), _mm_shuffle_pd(a, a, 1));
    TEST(comilt_sd, int, __m128d a = random_pd(); __m128d b = random_pd(), _mm_comilt_sd(a, b));
    TEST(ucomieq_sd, int, __m128d a = random_pd(), _mm_ucomieq_sd(a, a));
    PS2(add_ps);
    PS2(sub_ps);
    PS2(mul_ps);
    PS2(div_ps);
    PS2(min_ps);
    PS2(max_ps);
    PS2(add_ss);
    PS2(mul_ss);
    PS2(div_ss);
    PS2(min_ss);
    PS2(max_ss);
    PS2(cmplt_ps);
    PS2(cmpeq_ps);
    PS2(cmpord_ps);
    PS2(cmpnle_ss);
    PS2(and_ps);
    PS2(or_ps);
    PS2(xor_ps);
    PS2(andnot_ps);
    PS2(unpacklo_ps);
    PS2(unpackhi_ps);
    PS2(movelh_ps);
    PS2(movehl_ps);
    PS2(move_ss);
    TEST(sqrt_ps, __m128, __m128 a = random_ps(), _mm_sqrt_ps(_mm_mul_ps(a, a)));
    TEST(shuffle_ps, __m128, __m128 a = random_ps();
         __m128 b = random_ps(), _mm_shuffle_ps(a, b, 0x9c));
    TEST(comigt_ss, int, __m128 a = random_ps(); __m128 b = random_ps(), _mm_comigt_ss(a, b));

    TEST(cvtepi32_pd, __m128d, __m128i a = random_vector(), _mm_cvtepi32_pd(a));
    TEST(cvtepi32_ps, __m128, __m128i a = random_vector(), _mm_cvtepi32_ps(a));
    TEST(cvtpd_epi32, __m128i, __m128d a = random_pd(), _mm_cvtpd_epi32(a));
    TEST(cvttpd_epi32, __m128i, __m128d a = random_pd(), _mm_cvttpd_epi32(a));
    TEST(cvtps_epi32, __m128i, __m128 a = random_ps(), _mm_cvtps_epi32(a));
    TEST(cvttps_epi32, __m128i, __m128 a = random_ps(), _mm_cvttps_epi32(a));
    TEST(cvtpd_ps, __m128, __m128d a = random_pd(), _mm_cvtpd_ps(a));
    TEST(cvtps_pd, __m128d, __m128 a = random_ps(), _mm_cvtps_pd(a));
    TEST(cvtsd_si64, long long, __m128d a = random_pd(), _mm_cvtsd_si64(a));
    TEST(cvttsd_si32, int, __m128d a = random_pd(), _mm_cvttsd_si32(a));
    TEST(cvtss_si32, int, __m128 a = random_ps(), _mm_cvtss_si32(a));
    TEST(cvtsi64_sd, __m128d, __m128d a = random_pd(), _mm_cvtsi64_sd(a, (long long)rng()));
    TEST(cvtsi32_ss, __m128, __m128 a = random_ps(), _mm_cvtsi32_ss(a, (int)rng()));
    TEST(cvtsd_ss, __m128, __m128 a = random_ps(), _mm_cvtsd_ss(a, random_pd()));
    TEST(cvtss_sd, __m128d, __m128d a = random_pd(), _mm_cvtss_sd(a, random_ps()));

    /* Memory forms, aligned or not, streaming, masked. */
    static unsigned char memory[256] __attribute__((aligned(16)));
    for (size_t i = 0; i < sizeof memory; i++)
        memory[i] = (unsigned char)rng();
    uint64_t h = HASH_START;
    for (int offset = 0; offset < 33; offset++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(memory + offset));
        _mm_storeu_si128((__m128i *)(memory + 100 + offset), _mm_add_epi8(v, v));
        _mm_storel_epi64((__m128i *)(memory + 150 + offset), v);
        _mm_store_sd((double *)(memory + 170 + offset), _mm_castsi128_pd(v));
        _mm_storeh_pd((double *)(memory + 180 + offset), _mm_castsi128_pd(v));
        __m128d d = _mm_loadh_pd(_mm_castsi128_pd(v), (const double *)(memory + 5 + offset));
        d = _mm_loadl_pd(d, (const double *)(memory + 55));
        _mm_maskmoveu_si128(v, _mm_castpd_si128(d), (char *)memory + 200);
        h = hash_bytes(h, memory, sizeof memory);
        h = hash_bytes(h, &d, sizeof d);
    }
    _mm_stream_si128((__m128i *)memory, random_vector());
    _mm_stream_si32((int *)(memory + 32), (int)rng());
    _mm_sfence();
    _mm_lfence();
    _mm_mfence();
    _mm_prefetch((const char *)memory, _MM_HINT_T0);
    printf("memory %016lx\n", hash_bytes(h, memory, sizeof memory));
    /* Approximations: only their precision is architectural. */
    __m128 x = _mm_set_ps(1, 2, 3, 4), rcp = _mm_rcp_ps(x), rsqrt = _mm_rsqrt_ps(x);
    float got[8];
    memcpy(got, &rcp, 16), memcpy(got + 4, &rsqrt, 16);
    CHECK(got[0] > 0.2499f && got[0] < 0.2501f && got[4] > 0.4998f && got[4] < 0.5002f);
    return 0;
}
