/* jit_styles.c: code written the ways that JIT compilers write it: a range made writable for each
 * change and executable again, memory that is both, one object mapped twice. Functions change one
 * at a time, back and forth between a few versions, and all are called after each change; loops
 * that span two functions and code behind a jump change too. */
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "guest.h"

enum { FUNCTIONS = 64, STRIDE = 160, SIZE = 3 * 4096 };
typedef uint32_t Function(uint32_t);
static uint8_t *writable, *runnable;
static uint32_t version[FUNCTIONS];
static int protect;

/* Version v of function i: x * (2 v + 3) + i, in a form that depends on v. */
static void emit(int i, uint32_t v)
{
    uint8_t *p = writable + i * STRIDE, code[64];
    size_t n = 0;
    uint32_t factor = 2 * v + 3, add = (uint32_t)i;
    if (v % 3 == 1) /* a flag-setting instruction that the next block overwrites or not */
        memcpy(code + n, "\x83\xff\x05", 3), n += 3; /* cmp edi, 5 */
    memcpy(code + n, "\x69\xc7", 2), n += 2;         /* imul eax, edi, factor */
    memcpy(code + n, &factor, 4), n += 4;
    if (v % 2) { /* jmp over some bytes */
        memcpy(code + n, "\xeb\x03\xcc\xcc\xcc", 5), n += 5;
    }
    code[n++] = 0x05; /* add eax, add */
    memcpy(code + n, &add, 4), n += 4;
    code[n++] = 0xc3;
    if (protect)
        CHECK(mprotect(writable, SIZE, PROT_READ | PROT_WRITE) == 0);
    memcpy(p, code, n);
    if (protect)
        CHECK(mprotect(writable, SIZE, PROT_READ | PROT_EXEC) == 0);
    version[i] = v;
}

static uint64_t call_all(uint64_t h)
{
    for (int i = 0; i < FUNCTIONS; i++) {
        Function *f;
        uint8_t *at = runnable + i * STRIDE;
        memcpy(&f, &at, sizeof f);
        for (uint32_t x = 3; x < 8; x += 2) {
            uint32_t got = f(x), want = x * (2 * version[i] + 3) + (uint32_t)i;
            if (got != want) {
                printf("function %d version %u of %u: %u, not %u\n", i, version[i], x, got, want);
                exit(1);
            }
            h = hash_u64(h, got);
        }
    }
    return h;
}

static void run(const char *name, long rounds)
{
    uint64_t h = HASH_START;
    for (int i = 0; i < FUNCTIONS; i++)
        emit(i, 0);
    h = call_all(h);
    for (long r = 0; r < rounds; r++) {
        int i = (int)(rng() % FUNCTIONS);
        emit(i, (uint32_t)(rng() % 4));
        if (r % 7 == 0) /* the same bytes again */
            emit(i, version[i]);
        h = call_all(h);
    }
    printf("%s: %016llx\n", name, (unsigned long long)h);
}

int main(int argc, char **argv)
{
    long rounds = argc > 1 ? atol(argv[1]) : 300;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    writable = runnable = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, -1, 0);
    CHECK(writable != MAP_FAILED);
    protect = 1;
    run("made writable, made executable", rounds);
    protect = 0;
    CHECK(mprotect(writable, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
    run("writable and executable", rounds);
    CHECK(munmap(writable, SIZE) == 0);
    CHECK(mmap(writable, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, flags | MAP_FIXED, -1, 0) ==
          writable);
    run("mapped anew at the same place", rounds);
    int fd = memfd_create("code", 0);
    CHECK(fd >= 0 && ftruncate(fd, SIZE) == 0);
    writable = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    runnable = mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    CHECK(writable != MAP_FAILED && runnable != MAP_FAILED);
    run("one object mapped twice", rounds);
    return 0;
}
