/* memory.c: mmap, mprotect, mremap, munmap, madvise, brk, shared and file mappings, guard pages,
 * failed MAP_FIXED and hints, mincore, what /proc/self/maps says. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guest.h"

static sigjmp_buf escape;
static void *volatile fault_address;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    fault_address = info->si_addr;
    siglongjmp(escape, signal);
}

/* 0 when the access works, else the signal. */
static int try_write(volatile char *p)
{
    int how = sigsetjmp(escape, 1);
    if (how == 0)
        *p = 1;
    return how;
}

static int try_read(volatile char *p)
{
    int how = sigsetjmp(escape, 1);
    if (how == 0)
        (void)*p;
    return how;
}

int main(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);

    char *p = mmap(NULL, 40960, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED && p[40959] == 0);
    printf("rw %d", try_write(p + 5));
    CHECK(mprotect(p + 4096, 4096, PROT_READ) == 0);
    printf(" ro %d %d %d", try_read(p + 4097), try_write(p + 4097), fault_address == p + 4097);
    CHECK(mprotect(p + 4096, 4096, PROT_NONE) == 0);
    printf(" none %d", try_read(p + 8191));
    CHECK(mprotect(p + 4096, 4096, PROT_READ | PROT_WRITE) == 0);
    printf(" rw %d", try_write(p + 8191));
    CHECK(munmap(p + 8192, 4096) == 0);
    printf(" hole %d %d\n", try_read(p + 8192), try_write(p + 12288));
    CHECK(mprotect(p, 40960, PROT_READ) == -1 && errno == ENOMEM);
    CHECK(munmap(p + 1, 4096) == -1 && errno == EINVAL);
    CHECK(mmap(p + 4, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
              MAP_FAILED &&
          errno == EINVAL);
    CHECK(mmap(p, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
          errno == EINVAL);
    p[12288] = 'x';
    CHECK(mmap(p + 12288, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED_NOREPLACE | MAP_ANONYMOUS, -1,
               0) == MAP_FAILED &&
          errno == EEXIST && p[12288] == 'x');
    CHECK(mmap(p + 12288, 4096, PROT_READ, MAP_PRIVATE | MAP_FIXED, 999, 0) == MAP_FAILED &&
          errno == EBADF && p[12288] == 'x');
    CHECK(mmap((void *)0x7ffffffff000, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
               0) == MAP_FAILED &&
          errno == ENOMEM);
    CHECK(mmap((void *)0x123456780000, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
          (void *)0x123456780000);

    /* Growing, shrinking, moving. */
    char *m = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(m, 7, 8192);
    char *blocker =
        mmap(m + 8192, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(blocker == m + 8192 || errno == EEXIST);
    CHECK(mremap(m, 8192, 65536, 0) == MAP_FAILED && errno == ENOMEM);
    char *moved = mremap(m, 8192, 65536, MREMAP_MAYMOVE);
    CHECK(moved != MAP_FAILED && moved != m && moved[8191] == 7 && moved[8192] == 0);
    printf("moved %d %d\n", try_read(m), try_write(moved + 65535));
    CHECK(mremap(moved, 65536, 4096, 0) == moved && try_read(moved + 4096) == SIGSEGV);
    CHECK(madvise(moved, 4096, MADV_DONTNEED) == 0 && moved[5] == 0);
    unsigned char resident[1];
    moved[0] = 1;
    CHECK(mincore(moved, 4096, resident) == 0 && (resident[0] & 1));
    CHECK(mincore(moved + 4096, 4096, resident) == -1 && errno == ENOMEM);
    CHECK(msync(moved, 4096, MS_SYNC) == 0);

    /* Files: private and shared, past the end, written through. */
    int fd = open("file", O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0 && write(fd, "0123456789", 10) == 10);
    char *shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    char *private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    shared[0] = 'S';
    private[1] = 'P';
    char text[16] = "";
    CHECK(pread(fd, text, 10, 0) == 10);
    printf("%s %.10s past %d %d\n", text, private, try_read(shared + 100), try_read(shared + 4096));
    CHECK(ftruncate(fd, 8192) == 0 && try_write(shared + 4096) == 0);
    int child = fork();
    if (child == 0) {
        shared[2] = 'C';
        private[3] = 'C';
        _exit(0);
    }
    wait(NULL);
    printf("%.10s %.10s\n", shared, private);
    close(fd);
    unlink("file");
    CHECK(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, open("/", O_RDONLY), 0) == MAP_FAILED &&
          errno == ENODEV);

    /* The break. */
    char *old = sbrk(0);
    CHECK(sbrk(20000) == old && sbrk(0) == old + 20000);
    old[19999] = 5;
    CHECK(brk(old) == 0 && sbrk(0) == old);

    /* Executable but not readable pages; jumping into data. */
    char *code = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    code[0] = (char)0xc3;
    int how = sigsetjmp(escape, 1);
    if (how == 0)
        ((void (*)(void))code)();
    printf("run data %d %d", how, fault_address == code);
    CHECK(mprotect(code, 4096, PROT_READ | PROT_EXEC) == 0);
    ((void (*)(void))code)();
    how = sigsetjmp(escape, 1);
    if (how == 0)
        ((void (*)(void))64)();
    printf(" jump low %d %d\n", how, fault_address == (void *)64);

    /* The stack grows; its neighbourhood and our image are where maps says. */
    volatile char *stack = __builtin_alloca(2000000);
    stack[0] = 1;
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[512];
    int image = 0, has_stack = 0, found_code = 0, translator = 0;
    while (fgets(line, sizeof line, maps)) {
        uint64_t from, to;
        char rights[5];
        CHECK(sscanf(line, "%lx-%lx %4s", &from, &to, rights) == 3);
        image += strstr(line, "memory") != NULL;
        has_stack +=
            strstr(line, "[stack]") != NULL && (uint64_t)stack >= from && (uint64_t)stack < to;
        found_code += (uint64_t)code == from && strcmp(rights, "r-xp") == 0;
        translator += strstr(line, "dragoman") != NULL && strstr(line, "memory") == NULL;
    }
    printf("maps %d %d %d %d\n", image > 0, has_stack, found_code, translator);
    return 0;
}
