/* apart.c: see apart.h. */
#include "runtime/apart.h"

#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STACK = 64 << 10 };

typedef struct Call {
    void (*f)(void *arg);
    void *arg;
} Call;

static int start(void *arg)
{
    const Call *c = arg;
    c->f(c->arg);
    return 0;
}

/* All of them, the C library's own included. */
static void signal_mask(int how, const uint64_t *set, uint64_t *was)
{
    syscall(SYS_rt_sigprocmask, how, set, was, sizeof *set);
}

void run_apart(void (*f)(void *arg), void *arg)
{
    Call call = {f, arg};
    uint64_t rest = ~((uint64_t)1 << (SIGSEGV - 1) | (uint64_t)1 << (SIGBUS - 1)), was = 0;
    int thread = -1;
    void *stack = mmap(NULL, STACK, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    signal_mask(SIG_BLOCK, &rest, &was); /* but for those of accessors */
    if (stack != MAP_FAILED) {
        thread =
            clone(start, (char *)stack + STACK,
                  CLONE_VM | CLONE_VFORK | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
                  &call);
        munmap(stack, STACK);
    }
    if (thread < 0)
        f(arg);
    signal_mask(SIG_SETMASK, &was, NULL);
}
