/* self_modifying.c: code that is written and then run: in a fresh buffer, over and over in the
 * same place, on the very page being run, ahead in the same block, through a second mapping. */
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

typedef int (*Function)(int);

/* mov $value, %eax; add %edi, %eax; ret */
static size_t emit(unsigned char *p, int value)
{
    static const unsigned char code[] = {0xb8, 0, 0, 0, 0, 0x01, 0xf8, 0xc3};
    memcpy(p, code, sizeof code);
    memcpy(p + 1, &value, 4);
    return sizeof code;
}

/* On the page being run: each turn of the loop changes the immediate of the addition that
 * follows a few bytes ahead, in the same block. */
extern unsigned char own_page[], own_page_end[], patch_here[];
__asm__(".text\n"
        ".balign 4096\n"
        "own_page:\n"
        "  xor %eax, %eax\n"
        "  mov %edi, %ecx\n"
        "1: mov %ecx, patch_here(%rip)\n"
        "  .byte 0x05\n" /* add $imm32, %eax */
        "patch_here: .long 0\n"
        "  dec %ecx\n"
        "  jnz 1b\n"
        "  ret\n"
        "own_page_end:\n"
        ".balign 4096\n");

static sigjmp_buf after_illegal;

static void on_illegal(int sig)
{
    siglongjmp(after_illegal, sig);
}

int main(void)
{
    unsigned char *p =
        mmap(NULL, 16384, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);

    long sum = 0;
    for (int i = 0; i < 2000; i++) {
        emit(p, i);
        sum += ((Function)p)(1);
    }
    printf("rewritten %ld\n", sum);

    for (int i = 0; i < 500; i++)
        emit(p + i * 16, i * 3);
    sum = 0;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 500; i++)
            sum += ((Function)(p + i * 16))(round);
        emit(p + round * 32, round); /* one of many on the page */
    }
    printf("many %ld\n", sum);

    /* No instruction, until its second byte changes: D9 E6 is undefined, D9 D0 is fnop. */
    CHECK(signal(SIGILL, on_illegal) != SIG_ERR);
    long stopped = 0;
    for (int i = 0; i < 600; i++) {
        p[1024] = 0xd9;
        p[1025] = i % 3 ? 0xe6 : 0xd0;
        p[1026] = 0xc3;
        if (sigsetjmp(after_illegal, 1) == 0)
            ((Function)(p + 1024))(0);
        else
            stopped++;
    }
    printf("illegal %ld\n", stopped);

    /* Across a page boundary: the change is on the second page only. */
    unsigned char *q = p + 4096 - 3;
    sum = 0;
    for (int i = 0; i < 300; i++) {
        if (i == 0)
            emit(q, 0);
        q[4] = (unsigned char)i;
        sum += ((Function)q)(i);
    }
    printf("across %ld\n", sum);

    CHECK(mprotect(own_page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) == 0);
    printf("own page %d", ((Function)(void *)own_page)(10));
    printf(" %d\n", ((Function)(void *)own_page)(1000));

    /* Written while not executable, made executable, and again. */
    unsigned char *w = p + 8192;
    sum = 0;
    for (int i = 0; i < 300; i++) {
        CHECK(mprotect(w, 4096, PROT_READ | PROT_WRITE) == 0);
        emit(w, i * 7);
        CHECK(mprotect(w, 4096, PROT_READ | PROT_EXEC) == 0);
        sum += ((Function)w)(0);
    }
    printf("protected %ld\n", sum);

    /* The page replaced altogether. */
    sum = 0;
    for (int i = 0; i < 100; i++) {
        CHECK(mmap(w, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == w);
        emit(w, i * 11);
        sum += ((Function)w)(0);
    }
    printf("replaced %ld\n", sum);

    /* One memory object mapped twice: written here, run there. */
    int fd = memfd_create("code", 0);
    CHECK(fd >= 0 && ftruncate(fd, 4096) == 0);
    unsigned char *writable = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    unsigned char *runnable = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
    CHECK(writable != MAP_FAILED && runnable != MAP_FAILED);
    sum = 0;
    for (int i = 0; i < 1000; i++) {
        emit(writable + (i & 3) * 64, i * 13);
        sum += ((Function)(runnable + (i & 3) * 64))(i);
    }
    printf("twice mapped %ld\n", sum);
    sum = 0;
    for (int i = 0; i < 200; i++) { /* by a system call this time */
        unsigned char code[8];
        emit(code, i * 17);
        CHECK(pwrite(fd, code, sizeof code, 0) == sizeof code);
        sum += ((Function)runnable)(i);
    }
    printf("by pwrite %ld\n", sum);
    sum = 0;
    int pipes[2];
    CHECK(pipe(pipes) == 0);
    for (int i = 0; i < 200; i++) { /* read() into the code */
        unsigned char code[8];
        emit(code, i * 19);
        CHECK(write(pipes[1], code, 8) == 8 && read(pipes[0], p, 8) == 8);
        sum += ((Function)p)(i);
    }
    printf("by read %ld\n", sum);
    sum = 0;
    for (int i = 0; i < 200; i++) { /* rep movsb over it */
        unsigned char code[8];
        emit(code, i * 23);
        void *to = p;
        const void *from = code;
        size_t n = 8;
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        sum += ((Function)p)(i);
    }
    printf("by rep movs %ld\n", sum);
    return 0;
}
