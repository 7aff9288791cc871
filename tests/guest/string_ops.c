/* string_ops.c: MOVS, STOS, LODS, CMPS, SCAS in all sizes, both directions, with and without REP,
 * overlapping, with zero counts; the address and counter registers are checked after each. */
#include <string.h>

#include "guest.h"

static unsigned char source[1024], target[1024];

#define MOVE(insn, down, from, to, count)                                                          \
    do {                                                                                           \
        const void *s_ = (from);                                                                   \
        void *d_ = (to);                                                                           \
        uint64_t c_ = (count);                                                                     \
        if (down)                                                                                  \
            __asm__ volatile("std; " insn "; cld"                                                  \
                             : "+S"(s_), "+D"(d_), "+c"(c_)                                        \
                             :                                                                     \
                             : "memory", "cc");                                                    \
        else                                                                                       \
            __asm__ volatile(insn : "+S"(s_), "+D"(d_), "+c"(c_) : : "memory", "cc");              \
        h = hash_u64(h, (uint64_t)((const unsigned char *)s_ - (from)));                           \
        h = hash_u64(h, (uint64_t)((unsigned char *)d_ - target) + c_ * 4096);                     \
        h = hash_bytes(h, target, sizeof target);                                                  \
    } while (0)

#define STORE(insn, down, to, value, count)                                                        \
    do {                                                                                           \
        void *d_ = (to);                                                                           \
        uint64_t c_ = (count), a_ = (value);                                                       \
        if (down)                                                                                  \
            __asm__ volatile("std; " insn "; cld"                                                  \
                             : "+D"(d_), "+c"(c_)                                                  \
                             : "a"(a_)                                                             \
                             : "memory", "cc");                                                    \
        else                                                                                       \
            __asm__ volatile(insn : "+D"(d_), "+c"(c_) : "a"(a_) : "memory", "cc");                \
        h = hash_u64(h, (uint64_t)((unsigned char *)d_ - target) + c_ * 4096);                     \
        h = hash_bytes(h, target, sizeof target);                                                  \
    } while (0)

#define COMPARE(insn, down, from, to, count)                                                       \
    do {                                                                                           \
        const void *s_ = (from);                                                                   \
        const void *d_ = (to);                                                                     \
        uint64_t c_ = (count), f_;                                                                 \
        if (down)                                                                                  \
            __asm__ volatile("cmp %%eax, %%eax; std; " insn "; cld; pushfq; pop %3"                \
                             : "+S"(s_), "+D"(d_), "+c"(c_), "=r"(f_)                              \
                             :                                                                     \
                             : "memory", "cc");                                                    \
        else                                                                                       \
            __asm__ volatile("cmp %%eax, %%eax; " insn "; pushfq; pop %3"                          \
                             : "+S"(s_), "+D"(d_), "+c"(c_), "=r"(f_)                              \
                             :                                                                     \
                             : "memory", "cc");                                                    \
        h = hash_u64(h, (uint64_t)((const unsigned char *)s_ - (from)) + (f_ & 0x8d5) * 65536);    \
        h = hash_u64(h, (uint64_t)((const unsigned char *)d_ - target) + c_ * 4096);               \
    } while (0)

#define SCAN(insn, from, value, count)                                                             \
    do {                                                                                           \
        const void *d_ = (from);                                                                   \
        uint64_t c_ = (count), a_ = (value), f_;                                                   \
        __asm__ volatile("cmp %%eax, %%eax; " insn "; pushfq; pop %2"                              \
                         : "+D"(d_), "+c"(c_), "=r"(f_)                                            \
                         : "a"(a_)                                                                 \
                         : "memory", "cc");                                                        \
        h = hash_u64(h,                                                                            \
                     (uint64_t)((const unsigned char *)d_ - source) + c_ * 4096 + (f_ & 0x8d5));   \
    } while (0)

int main(void)
{
    uint64_t h = HASH_START;
    for (int i = 0; i < 150; i++) {
        for (size_t k = 0; k < sizeof source; k++) {
            source[k] = (unsigned char)(rng() % 3);
            target[k] = (unsigned char)(i & 1 ? source[k] : rng() % 3);
        }
        unsigned a = rng() % 200 + 300, b = rng() % 200 + 300, n = rng() % 40;
        MOVE("rep movsb", 0, source + a, target + b, n);
        MOVE("rep movsw", 1, source + a, target + b, n);
        MOVE("rep movsl", 0, source + a, target + b, n);
        MOVE("rep movsq", 1, source + a, target + b, n);
        MOVE("movsb", 0, source + a, target + b, n);
        MOVE("movsq", 1, source + a, target + b, n);
        MOVE("rep movsb", 0, source + a, target + b, 0);
        MOVE("rep movsb", 0, target + a, target + a + 1, n); /* overlapping: fills */
        MOVE("rep movsb", 1, target + a, target + a + 3, n);
        MOVE("rep movsl", 0, target + a, target + a + 6, n);
        STORE("rep stosb", 0, target + a, rng(), n);
        STORE("rep stosw", 1, target + a, rng(), n);
        STORE("rep stosl", 0, target + b, rng(), n);
        STORE("rep stosq", 0, target + b, rng(), n);
        STORE("stosl", 1, target + b, rng(), n);
        COMPARE("repe cmpsb", 0, source + a, target + a, n);
        COMPARE("repne cmpsb", 0, source + a, target + b, n);
        COMPARE("repe cmpsl", 1, source + a, target + a, n);
        COMPARE("repe cmpsq", 0, source + a, target + a, 0);
        COMPARE("cmpsw", 0, source + a, target + b, n);
        SCAN("repne scasb", source + a, rng() % 4, n);
        SCAN("repe scasb", source + a, source[a], n);
        SCAN("repne scasw", source + a, source[a] | source[a + 1] << 8, n);
        SCAN("repne scasq", source + a, rng(), n);
        SCAN("scasl", source + a, rng(), n);
        uint64_t v = 0x1122334455667788;
        const void *s = source + a;
        __asm__ volatile("lodsb; lodsw; lodsl" : "+S"(s), "+a"(v));
        h = hash_u64(h, v + (uint64_t)((const unsigned char *)s - source));
        uint64_t count = n;
        __asm__ volatile("rep lodsb" : "+S"(s), "+a"(v), "+c"(count));
        h = hash_u64(h, v + (uint64_t)((const unsigned char *)s - source));
    }
    printf("%016lx\n", h);
    return 0;
}
