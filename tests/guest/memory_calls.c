/* memory_calls.c: memory calls with odd arguments: at 0, wrapping around, over holes, over
 * addresses that are not the program's, with buffers that end in a hole. Printed is what Linux
 * answers; that nothing else was touched is checked here. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

enum { PAGE = 4096 };

static void say(const char *what, long result)
{
    printf("%s: %s\n", what, result == -1 ? strerrorname_np(errno) : "done");
}

static void *map(void *at, size_t n, int flags)
{
    return mmap(at, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static void odd_maps(void)
{
    long r = (long)map(NULL, 0, 0);
    say("mmap of nothing", r);
    say("mmap of everything", (long)map(NULL, (size_t)-1, 0));
    say("mmap of nearly everything", (long)map(NULL, (size_t)-PAGE * 2, 0));
    say("mmap of 128T", (long)map(NULL, 1ul << 47, 0));
    say("mmap fixed, not aligned", (long)map((void *)0x12345, PAGE, MAP_FIXED));
    say("mmap fixed beyond", (long)map((void *)(1ul << 47), PAGE, MAP_FIXED));
    say("mmap fixed at the limit", (long)map((void *)((1ul << 47) - PAGE), PAGE, MAP_FIXED));
    say("mmap fixed across the limit",
        (long)map((void *)((1ul << 47) - 2 * PAGE), 2 * PAGE, MAP_FIXED));
    say("mmap fixed, wrapping", (long)map((void *)-PAGE, 2 * PAGE, MAP_FIXED));
    say("mmap fixed in the kernel", (long)map((void *)0xffff800000000000, PAGE, MAP_FIXED));
    say("mmap of a bad descriptor", (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 999, 0));
    say("mmap without a kind", (long)mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0));
    say("mmap with an odd offset",
        (long)mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 17));
    void *hint = map((void *)0x7fffffffe000, PAGE, 0);
    CHECK(hint != MAP_FAILED && (unsigned long)hint < 1ul << 47);
    hint = map((void *)0xffff800000000000, PAGE, 0);
    CHECK(hint != MAP_FAILED && (unsigned long)hint < 1ul << 47);
}

/* A failed MAP_FIXED leaves what was there. */
static void failed_fixed(void)
{
    char *p = map(NULL, 4 * PAGE, 0);
    memset(p, 7, 4 * PAGE);
    say("mmap fixed of a bad descriptor over memory",
        (long)mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, 999, 0));
    say("mmap no-replace over memory", (long)map(p + PAGE, PAGE, MAP_FIXED_NOREPLACE));
    CHECK(p[0] == 7 && p[PAGE] == 7);
    say("munmap a hole", munmap(p + PAGE, PAGE));
    say("munmap it again", munmap(p + PAGE, PAGE));
    say("mprotect over the hole", mprotect(p, 4 * PAGE, PROT_READ));
    CHECK(p[0] == 7 && p[2 * PAGE] == 7);
    p[2 * PAGE] = 8; /* behind the hole nothing was changed */
    say("madvise over the hole", madvise(p + 2 * PAGE, 2 * PAGE, MADV_DONTNEED));
    say("madvise over the hole", madvise(p, 4 * PAGE, MADV_DONTNEED));
    CHECK(p[2 * PAGE] == 0 && p[0] == 0);
    say("msync over the hole", msync(p, 4 * PAGE, MS_SYNC));
    say("mlock over the hole", mlock(p, 4 * PAGE));
    unsigned char in[4];
    say("mincore over the hole", mincore(p, 4 * PAGE, in));
    say("mremap over the hole", (long)mremap(p, 4 * PAGE, 8 * PAGE, MREMAP_MAYMOVE));
    say("mremap of nothing", (long)mremap(p + PAGE, PAGE, PAGE, 0));
    say("mremap to nothing", (long)mremap(p, PAGE, 0, 0));
    say("mremap, not aligned", (long)mremap(p + 1, PAGE, PAGE, 0));
    say("mremap to itself", (long)mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p));
    say("mremap wrapping", (long)mremap(p, PAGE, (size_t)-PAGE, MREMAP_MAYMOVE));
    say("mremap to the kernel",
        (long)mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)0xffff800000000000));
}

static void odd_ranges(void)
{
    say("munmap of nothing", munmap((void *)0x10000, 0));
    say("munmap, not aligned", munmap((void *)0x10001, PAGE));
    say("munmap wrapping", munmap((void *)0x10000, (size_t)-PAGE));
    say("munmap of the kernel", munmap((void *)0xffff800000000000, PAGE));
    say("mprotect, not aligned", mprotect((void *)0x10001, PAGE, PROT_READ));
    say("mprotect of nothing", mprotect((void *)0x10000, 0, PROT_READ));
    say("mprotect of a hole", mprotect((void *)0x10000, PAGE, PROT_READ));
    say("mprotect wrapping", mprotect((void *)0x10000, (size_t)-PAGE, PROT_READ));
    say("mprotect with odd bits", mprotect((void *)0x10000, PAGE, 0x1234));
    say("madvise, not aligned", madvise((void *)0x10001, PAGE, MADV_NORMAL));
    say("madvise odd advice", madvise((void *)0x10000, PAGE, 12345));
    say("madvise of nothing", madvise((void *)0x10000, 0, MADV_NORMAL));
    say("madvise wrapping", madvise((void *)0x10000, (size_t)-PAGE, MADV_NORMAL));
    say("brk at 1", syscall(SYS_brk, 1) < 1 ? -1 : 0);
    long now = syscall(SYS_brk, 0);
    CHECK(syscall(SYS_brk, -1l) == now && syscall(SYS_brk, 1ul << 47) == now);
}

/* Calls over everything between here and there, which must not hit what runs the program. */
static void sweeps(void)
{
    char *a = map(NULL, PAGE, 0), *b = map(NULL, 64 << 20, 0);
    (void)a;
    unsigned long from = (unsigned long)b & -(1ul << 30);
    for (unsigned long at = from; at < from + (4ul << 30); at += 1 << 20)
        (void)!mprotect((void *)at, 1 << 20, PROT_READ | PROT_WRITE);
    for (unsigned long at = from; at < from + (4ul << 30); at += 1 << 20)
        (void)madvise((void *)at, 1 << 20, MADV_WILLNEED);
    for (unsigned long at = from; at < from + (1ul << 30); at += 1 << 20)
        (void)!mmap((void *)at, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
                    -1, 0);
    printf("swept\n");
}

/* A buffer that ends in a hole is filled up to it. */
static void short_buffers(void)
{
    char *p = map(NULL, 4 * PAGE, 0);
    int zero = open("/dev/zero", O_RDONLY), null = open("/dev/null", O_WRONLY), pipes[2];
    munmap(p + 2 * PAGE, 2 * PAGE);
    CHECK(pipe(pipes) == 0 && write(pipes[1], "hello", 5) == 5);
    printf("read over a hole: %zd\n", read(pipes[0], p + PAGE, 1 << 30));
    CHECK(memcmp(p + PAGE, "hello", 5) == 0);
    CHECK(write(pipes[1], "again", 5) == 5);
    struct iovec v[2] = {{p + 2 * PAGE - 2, 1 << 20}, {p, 100}};
    ssize_t n = readv(pipes[0], v, 2);
    printf("readv over a hole: %s\n",
           n == 2 || (n < 0 && errno == EFAULT) ? "cut or refused" : "?");
    memset(p, 1, 2 * PAGE);
    n = write(null, p, 1 << 30);
    CHECK(n > 0 || errno == EFAULT);
    say("read into a hole", read(zero, p + 2 * PAGE, 10));
    say("read into the kernel", syscall(SYS_read, zero, 0xffff800000000000, 10));
    say("read into 0", syscall(SYS_read, zero, 1, 10));
    say("write from a hole", write(pipes[1], p + 2 * PAGE, 10));
    say("a name in a hole", open(p + 2 * PAGE, O_RDONLY));
    say("a name at 0", syscall(SYS_openat, AT_FDCWD, 0, O_RDONLY));
}

static void limits(void)
{
    struct rlimit l;
    if (fork() == 0) {
        CHECK(getrlimit(RLIMIT_AS, &l) == 0);
        l.rlim_cur = 256 << 20;
        CHECK(setrlimit(RLIMIT_AS, &l) == 0);
        say("mmap beyond the limit", (long)map(NULL, 512 << 20, 0));
        say("mmap below the limit", (long)map(NULL, 16 << 20, 0));
        l.rlim_cur = 1 << 20;
        CHECK(setrlimit(RLIMIT_AS, &l) == 0);
        say("mmap with a tiny limit", (long)map(NULL, 2 << 20, 0));
        fflush(stdout);
        _exit(0);
    }
    wait(NULL);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    odd_maps();
    failed_fixed();
    odd_ranges();
    short_buffers();
    limits();
    sweeps();
    return 0;
}
