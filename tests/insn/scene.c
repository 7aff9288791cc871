/* scene.c: see scene.h. */
#include "tests/insn/scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

uint8_t *map_at(uint32_t at, size_t size)
{
    void *p = mmap((void *)(uintptr_t)at, size, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

void catch_signals(void (*handler)(int sig, siginfo_t *info, void *context))
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP};
    static uint8_t stack[65536];
    stack_t ss = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction sa = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaltstack(&ss, NULL);
    for (unsigned i = 0; i < sizeof signals / sizeof signals[0]; i++)
        sigaction(signals[i], &sa, NULL);
}

void write_jump(uint8_t *p, const char *to)
{
    uint64_t address = (uint64_t)(uintptr_t)to;
    memcpy(p, "\xff\x25\0\0\0\0", 6); /* jmp *0(%rip) */
    memcpy(p + 6, &address, 8);
}
