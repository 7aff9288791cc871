/* strings.c: the C library's string functions at every alignment, and number parsing. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <wchar.h>

#include "guest.h"

static char area[8192], other[8192];

static void fill(unsigned char lowest, unsigned range)
{
    for (size_t i = 0; i < sizeof area; i++)
        area[i] = (char)(lowest + rng() % range);
    memcpy(other, area, sizeof other);
}

static uint64_t scans(uint64_t h)
{
    fill(1, 120);
    for (unsigned offset = 0; offset < 48; offset++) {
        for (unsigned length = 0; length < 200; length += 1 + length / 16) {
            char *s = area + offset;
            char saved = s[length];
            s[length] = 0;
            h = hash_u64(h, strlen(s));
            h = hash_u64(h, strnlen(s, length / 2 + 3));
            char *found = strchr(s, 'a');
            h = hash_u64(h, found ? (uint64_t)(found - s) : 9999);
            found = strrchr(s, 'a');
            h = hash_u64(h, found ? (uint64_t)(found - s) : 9999);
            found = memchr(s, 'b', length);
            h = hash_u64(h, found ? (uint64_t)(found - s) : 9999);
            found = memrchr(s, 'b', length);
            h = hash_u64(h, found ? (uint64_t)(found - s) : 9999);
            h = hash_u64(h, strcspn(s, "xyz"));
            h = hash_u64(h, strspn(s, "abcdefghijklmnopqrstuvw"));
            char *pointer = strpbrk(s, "QZ");
            h = hash_u64(h, pointer ? (uint64_t)(pointer - s) : 9999);
            s[length] = saved;
        }
    }
    return h;
}

static int sign(int v)
{
    return (v > 0) - (v < 0);
}

static uint64_t comparisons(uint64_t h)
{
    fill('a', 3);
    for (int i = 0; i < 3000; i++) {
        unsigned a = rng() % 100, b = rng() % 100, n = rng() % 300;
        if (i & 1)
            memcpy(other + b, area + a, n + 1);
        unsigned at = rng() % (n + 1);
        if (i & 2)
            other[b + at] = (char)(0x80 | rng());
        char save1 = area[a + n], save2 = other[b + n];
        area[a + n] = other[b + n] = 0;
        h = hash_u64(h, (uint64_t)(sign(memcmp(area + a, other + b, n)) +
                                   3 * sign(strcmp(area + a, other + b)) +
                                   9 * sign(strncmp(area + a, other + b, n / 2)) +
                                   27 * sign(strcasecmp(area + a, other + b)) +
                                   81 * sign(strcoll(area + a, other + b))));
        area[a + n] = save1;
        other[b + n] = save2;
    }
    return h;
}

static uint64_t copies(uint64_t h)
{
    fill(0, 256);
    for (int i = 0; i < 1500; i++) {
        unsigned from = rng() % 2000, to = rng() % 2000, n = rng() % (i % 16 ? 200 : 3000);
        memmove(area + to, area + from, n);
        memcpy(other + from, area + to, n);
        memset(area + from / 2, (int)i, n / 3);
        other[to + n] = 0;
        h = hash_u64(h, (uint64_t)((char *)mempcpy(area + 5000, other, n % 500) - area));
        char text[64] = "abc";
        strncat(text, other + to, 40);
        strncpy(text + 45, other + from, 15);
        h = hash_bytes(h, text, 60);
    }
    return hash_bytes(hash_bytes(h, area, sizeof area), other, sizeof other);
}

int main(void)
{
    printf("scans %016lx\n", scans(HASH_START));
    printf("comparisons %016lx\n", comparisons(HASH_START));
    printf("copies %016lx\n", copies(HASH_START));

    char text[] = "the quick  brown,fox;jumps over";
    for (char *save, *word = strtok_r(text, " ,;", &save); word;
         word = strtok_r(NULL, " ,;", &save))
        printf("[%s]", word);
    printf(" %s\n", strstr("haystack with a needle in it", "needle"));

    static const char *const numbers[] = {"0",
                                          "-1",
                                          "  42abc",
                                          "0x7fffFFFFffffffff",
                                          "077",
                                          "9223372036854775808",
                                          "-9223372036854775809",
                                          "zz",
                                          "+5"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char *end;
        errno = 0;
        long v = strtol(numbers[i], &end, 0);
        printf("%ld %d '%s' ", v, errno, end);
        printf("%lu %ld\n", strtoul(numbers[i], NULL, 16), strtol(numbers[i], NULL, 36));
    }
    printf("%d %i %u %x %X %o %c %s %5d|%-5d|%05d|%+d|%#x|%#o|%.3s|%*d|%ld %lld %hhd %zu %n\n", -1,
           2, 3u, 0xabc, 0xDEF, 8, 'c', "str", 42, 42, 42, 42, 255, 8, "abcdef", 7, 9, 1L << 40,
           -(1LL << 50), (signed char)200, sizeof(long), &(int){0});
    int a, b;
    char word[16];
    float f;
    printf("%d:", sscanf("12 0x1f hello 2.75", "%d %i %15s %f", &a, &b, word, &f));
    printf(" %d %d %s %g\n", a, b, word, (double)f);
    wchar_t wide[32];
    swprintf(wide, 32, L"%ls-%d", L"wide", 5);
    printf("%ls %zu %d\n", wide, wcslen(wide), wcscmp(wide, L"wide-6") < 0);
    for (int c = 0; c < 128; c++)
        a += (isalpha(c) != 0) * c + (ispunct(c) != 0) * 2 + toupper(c);
    printf("%d\n", a);
    return 0;
}
