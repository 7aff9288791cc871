/* crypto_text.c: the string comparisons of SSE4.2: search for a word (PCMPISTRI, equal ordered),
 * count of what stands outside ranges (PCMPESTRM), spans of a set (PCMPESTRI), comparison
 * (PCMPISTRI, equal each). Every result is held against plain C's on part of the text first. */
#include <immintrin.h>

#include "bench/kernels/kernel.h"

enum {
    SIZE = 65536,
    CHECKED = 4000, /* bytes of it that plain C goes over too */
    WORD = _SIDD_UBYTE_OPS | _SIDD_CMP_EQUAL_ORDERED,
    RANGES = _SIDD_UBYTE_OPS | _SIDD_CMP_RANGES | _SIDD_MASKED_NEGATIVE_POLARITY,
    NOT_IN_SET = _SIDD_UBYTE_OPS | _SIDD_CMP_EQUAL_ANY | _SIDD_MASKED_NEGATIVE_POLARITY,
    UNEQUAL = _SIDD_UBYTE_OPS | _SIDD_CMP_EQUAL_EACH | _SIDD_NEGATIVE_POLARITY,
};

static char text[SIZE + 32], other[SIZE + 32];

static __m128i load(const char *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

/* Where the word of at most 15 letters stands first, or the text's length. */
static size_t find(const char *s, const char *word)
{
    char padded[16] = {0};
    size_t n = strlen(word);
    memcpy(padded, word, n);
    __m128i w = load(padded);
    for (size_t i = 0;;) {
        __m128i v = load(s + i);
        size_t at = (size_t)_mm_cmpistri(w, v, WORD);
        if (_mm_cmpistrc(w, v, WORD)) {
            if (at + n <= 16 || !strncmp(s + i + at, word, n))
                return i + at;
            i += at + 1;
        } else if (_mm_cmpistrz(w, v, WORD)) {
            return i + strlen(s + i);
        } else {
            i += 16;
        }
    }
}

/* How many of the n bytes are no letters. */
static size_t no_letters(const char *s, size_t n)
{
    const __m128i ranges = _mm_setr_epi8('a', 'z', 'A', 'Z', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    size_t count = 0;
    for (size_t i = 0; i < n; i += 16) {
        __m128i mask = _mm_cmpestrm(ranges, 4, load(s + i), n - i < 16 ? (int)(n - i) : 16, RANGES);
        count += (size_t)_mm_popcnt_u32((uint32_t)_mm_cvtsi128_si32(mask));
    }
    return count;
}

/* How many of the n bytes are in front of the first that is not in the set. */
static size_t span(const char *s, size_t n, const char *set)
{
    __m128i w = load(set);
    int length = (int)strlen(set);
    for (size_t i = 0; i < n; i += 16) {
        int left = n - i < 16 ? (int)(n - i) : 16;
        int at = _mm_cmpestri(w, length, load(s + i), left, NOT_IN_SET);
        if (at < left)
            return i + (size_t)at;
    }
    return n;
}

/* Where two strings first differ, or their length. */
static size_t same(const char *a, const char *b)
{
    for (size_t i = 0;; i += 16) {
        __m128i v = load(a + i), w = load(b + i);
        if (_mm_cmpistrc(v, w, UNEQUAL))
            return i + (size_t)_mm_cmpistri(v, w, UNEQUAL);
        if (_mm_cmpistrz(v, w, UNEQUAL))
            return i + strlen(a + i);
    }
}

static const char letters[17] = "etaoinshrdlucmfw";
static const char *const words[] = {"shout", "dinner", "aaaaaaa", "tone. A", "e"};
enum { WORDS = sizeof words / sizeof *words };

static void make_text(void)
{
    uint64_t state = 11;
    for (size_t i = 0; i < SIZE; i++) {
        uint64_t r = next_random(&state) >> 20;
        text[i] = r % 7 == 0 ? ' ' : letters[(r >> 8) % 16];
        if (r % 61 == 0)
            text[i] = '.';
    }
    memcpy(other, text, sizeof text);
}

static void known_answers(void)
{
    char kept = text[CHECKED];
    text[CHECKED] = 0;
    for (int i = 0; i < WORDS; i++) {
        const char *at = strstr(text, words[i]);
        require(find(text, words[i]) == (at ? (size_t)(at - text) : CHECKED), "search");
    }
    require(find("to be", "be or") == 5 && find("0123456789abcdefghij", "efgh") == 14, "search");
    for (size_t n = 0; n < CHECKED; n += 97) {
        size_t count = 0;
        for (size_t i = 0; i < n; i++)
            count += text[i] == ' ' || text[i] == '.';
        require(no_letters(text, n) == count, "ranges");
        require(span(text + n, CHECKED - n, letters) == strspn(text + n, letters), "set");
        other[n] ^= 1;
        require(same(text, other) == n, "comparison");
        other[n] ^= 1;
    }
    text[CHECKED] = kept;
}

static unsigned long crypto_text(long rounds)
{
    uint64_t sum = 0;
    make_text();
    known_answers();
    for (long r = 0; r < rounds; r++) {
        size_t end = SIZE - (size_t)(r % 1000);
        text[end] = 0;
        for (int i = 0; i < WORDS; i++)
            sum = sum * 31 + find(text, words[i]);
        sum = sum * 31 + no_letters(text, end);
        sum = sum * 31 + same(text, other);
        for (size_t i = 0; i < end / 4;) {
            size_t n = span(text + i, end - i, letters);
            sum += n * i;
            i += n + 1;
        }
        text[end] = other[end];
    }
    return sum;
}

KERNEL_MAIN(crypto_text, "%016lx")
