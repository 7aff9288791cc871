/* file_numbers.c: whatever goes on in another thread, a file that is opened gets the lowest number
 * that is free, and the limit on numbers is what it was set to.
 *
 * The other thread runs code of files that this program has run before, before it executed itself;
 * then it looks up names in /proc while all numbers are taken.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

enum { FILES = 100, PAGE = 4096, CODE = 64, FIRST = 200 /* number */ };

static atomic_bool started, done;

/* A file that looks like a library, with code that returns its number. */
static void make_file(unsigned i)
{
    char name[] = "/tmp/file-numbers-XXXXXX";
    uint8_t page[PAGE] = {0x7f, 'E', 'L', 'F', [16] = 3};
    memcpy(page + CODE, (uint8_t[]){0xb8, (uint8_t)i, 0, 0, 0, 0xc3}, 6);
    int fd = mkstemp(name);
    CHECK(fd >= 0 && unlink(name) == 0 && write(fd, page, sizeof page) == sizeof page);
    CHECK(dup2(fd, FIRST + (int)i) >= 0 && close(fd) == 0);
}

static void run_files(void)
{
    for (unsigned i = 0; i < FILES; i++) {
        uint8_t *code = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, FIRST + (int)i, 0);
        CHECK(code != MAP_FAILED);
        for (unsigned k = 0; k < 5; k++)
            CHECK(((unsigned (*)(void))(uintptr_t)(code + CODE))() == i);
        munmap(code, PAGE);
    }
}

static void *run_again(void *arg)
{
    (void)arg;
    while (!started)
        continue;
    run_files();
    done = true;
    return NULL;
}

static void *look_up(void *arg)
{
    struct stat st;
    (void)arg;
    while (!started)
        continue;
    for (unsigned i = 0; i < 3000; i++)
        CHECK(stat("/proc/self/maps", &st) == 0 && stat("/proc/self/exe", &st) == 0);
    done = true;
    return NULL;
}

static pthread_t start(void *(*f)(void *))
{
    pthread_t thread;
    started = done = false;
    CHECK(pthread_create(&thread, NULL, f, NULL) == 0);
    return thread;
}

static void lowest_number(void)
{
    int lowest = open("/dev/null", O_RDONLY);
    close(lowest);
    pthread_t thread = start(run_again);
    unsigned wrong = 0;
    for (started = true; !done;) {
        int fd = open("/dev/null", O_RDONLY);
        wrong += fd != lowest;
        close(fd);
    }
    pthread_join(thread, NULL);
    printf("lowest number: %u times another\n", wrong);
}

static void limit(void)
{
    struct rlimit was, now;
    int last = -1;
    getrlimit(RLIMIT_NOFILE, &was);
    pthread_t thread = start(look_up);
    now = (struct rlimit){400, was.rlim_max};
    CHECK(setrlimit(RLIMIT_NOFILE, &now) == 0);
    for (int fd; (fd = open("/dev/null", O_RDONLY)) >= 0;)
        last = fd;
    unsigned wrong = 0;
    started = true;
    for (unsigned i = 0; !done; i++) {
        struct rlimit want = {400 - i % 3, was.rlim_max};
        CHECK(setrlimit(RLIMIT_NOFILE, &want) == 0 && getrlimit(RLIMIT_NOFILE, &now) == 0);
        wrong += now.rlim_cur != want.rlim_cur || now.rlim_max != want.rlim_max;
    }
    pthread_join(thread, NULL);
    printf("limit: %u times another, %d files\n", wrong, last);
}

int main(int argc, char **argv)
{
    if (argc == 1) {
        for (unsigned i = 0; i < FILES; i++)
            make_file(i);
        run_files();
        fflush(stdout);
        execl("/proc/self/exe", argv[0], "again", NULL);
        return 1;
    }
    lowest_number();
    limit();
    return 0;
}
