/* exec_ignored.c: ignored synchronous signals stay so across execve, and one that fails changes
 * nothing for another thread, which writes code and runs it all the while. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "guest.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
enum { SIGNALS = sizeof signals / sizeof signals[0], WORDS = 32, WORD = 100000, PAGE = 4096 };

static atomic_bool done;

/* Code in a new page is written, run, and written again. */
static void *write_code(void *arg)
{
    (void)arg;
    unsigned sum = 0;
    while (!atomic_load(&done)) {
        unsigned char *code = mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
                                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        CHECK(code != MAP_FAILED);
        memcpy(code, "\xb8\x01\x00\x00\x00\xc3", 6); /* mov eax, 1; ret */
        for (unsigned char i = 1; i < 4; i++) {
            code[1] = i;
            unsigned (*f)(void) = (unsigned (*)(void))(uintptr_t)code;
            sum += f() - i;
        }
        munmap(code, PAGE);
    }
    CHECK(sum == 0);
    return NULL;
}

static void tell(void)
{
    for (unsigned i = 0; i < SIGNALS; i++) {
        struct sigaction now;
        CHECK(sigaction(signals[i], NULL, &now) == 0);
        printf("%s %s\n", strsignal(signals[i]), now.sa_handler == SIG_IGN ? "ignored" : "default");
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        tell();
        return 0;
    }
    static char word[WORD];
    char *many[WORDS + 1] = {argv[0]}, *one[] = {argv[0], "told", NULL}, *none[] = {NULL};
    memset(word, 'x', WORD - 1);
    for (unsigned i = 1; i < WORDS; i++)
        many[i] = word;
    signal(SIGSEGV, SIG_IGN);
    signal(SIGBUS, SIG_IGN);
    signal(SIGFPE, SIG_IGN);
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, write_code, NULL) == 0);
    for (unsigned i = 0; i < 60; i++)
        CHECK(execve(argv[0], many, none) < 0 && errno == E2BIG);
    atomic_store(&done, true);
    CHECK(pthread_join(thread, NULL) == 0);
    tell();
    execve(argv[0], one, none);
    return 1;
}
