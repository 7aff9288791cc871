/* x87_state.c: x87 and MMX state where it has to be moved: signal frames, handlers that compute and
 * handlers that change it, threads, forks, whole-state instructions, code that is being
 * overwritten. */
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "guest.h"

typedef struct FxImage {
    uint16_t cw, sw, tag, fop;
    uint64_t ip, dp;
    uint32_t mxcsr, mask;
    unsigned char st[8][16];
    unsigned char rest[352];
} FxImage;

static FxImage fxsave(void)
{
    static FxImage fx __attribute__((aligned(16)));
    __asm__ volatile("fxsave64 %0" : "=m"(fx));
    return fx;
}

static void show(const char *what, const FxImage *fx)
{
    printf("%s: cw %04x sw %04x tag %02x", what, fx->cw, fx->sw, fx->tag & 0xff);
    for (int i = 0; i < 8; i++) {
        uint64_t m;
        uint16_t se;
        memcpy(&m, fx->st[i], 8);
        memcpy(&se, fx->st[i] + 8, 2);
        printf(" %04x.%016lx", se, m);
    }
    printf("\n");
}

/* ---- a timer's handler computes too ---- */

static volatile sig_atomic_t ticks;

static void on_tick(int sig)
{
    long double x = 1;
    uint16_t down = 0x77f;
    (void)sig;
    __asm__ volatile("fldcw %0" : : "m"(down));
    for (int i = 1; i < 50; i++)
        x = x * 1.1L + i;
    CHECK(x > 1e3L);
    __asm__ volatile("fninit; fld1; fldpi; movq %%mm3, %%mm4" : : : "memory");
    ticks++;
}

/* Keeps five numbers on the stack all the time. */
static NOINLINE uint64_t series(int rounds)
{
    uint64_t h = HASH_START;
    for (int r = 0; r < rounds; r++) {
        long double a = 1, b = 0.5L, c = 1 / 3.0L, d = 0, e = 1e-3L + r;
        for (int i = 1; i < 3000; i++) {
            d += a * b - c;
            a = a * 0.999L + c / e;
            b = b + 1 / (d * d + 1);
            c = c * b / (b + 1);
            e += 0.25L;
        }
        h = hash_bytes(h, &d, 10);
        h = hash_bytes(h, &a, 10);
    }
    return h;
}

static void timers(void)
{
    struct itimerval every = {{0, 700}, {0, 700}}, off = {{0, 0}, {0, 0}};
    uint64_t quiet = series(2), h = 0;
    signal(SIGALRM, on_tick);
    setitimer(ITIMER_REAL, &every, NULL);
    for (int i = 0; i < 3 || (ticks < 20 && i < 20000); i++) {
        h = series(2);
        CHECK(h == quiet);
    }
    setitimer(ITIMER_REAL, &off, NULL);
    CHECK(ticks >= 20);
    printf("timers: %016lx\n", h);
}

/* ---- what a handler sees and changes ---- */

static volatile int handled;

/* What the frame has is the interrupted state; what the handler leaves there is what goes on. */
static void on_usr1(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
    FxImage now = fxsave();
    (void)sig, (void)info;
    show("handler starts with", &now);
    printf("frame: cw %04x sw %04x tag %02x st0 %04x.%04x%04x%04x%04x\n", fp->cwd, fp->swd,
           fp->ftw & 0xff, fp->_st[0].exponent, fp->_st[0].significand[3],
           fp->_st[0].significand[2], fp->_st[0].significand[1], fp->_st[0].significand[0]);
    fp->_st[0].significand[3] ^= 0x4000;
    fp->_st[1].exponent ^= 0x8000;
    fp->cwd = 0xc7f;
    handled++;
}

static void frames(void)
{
    struct sigaction sa = {.sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO};
    long pid = getpid(), result;
    sigaction(SIGUSR1, &sa, NULL);
    __asm__ volatile("fninit; fldpi; fldln2; fld1; fld1; fdivp; fldl2t; ffree %%st(2)\n"
                     "syscall"
                     : "=a"(result)
                     : "a"(SYS_kill), "D"(pid), "S"(SIGUSR1)
                     : "rcx", "r11", "memory");
    FxImage after = fxsave();
    __asm__ volatile("fninit");
    show("after", &after);
    CHECK(handled == 1);
}

/* ---- exceptions ---- */

static long double seven = 7;
static float nought;

static void on_fpe(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    struct _libc_fpstate *fp = uc->uc_mcontext.fpregs;
    (void)sig;
    int64_t back = (int64_t)(uc->uc_mcontext.gregs[REG_RIP] - (greg_t)fp->rip);
    bool in_memory = (fp->fop & 0xff) < 0xc0; /* otherwise undefined: SDM vol. 1, 8.1.8 */
    printf("#MF: code %d trap %d at %ld behind its cause, opcode %03x, operand %s, sw %04x\n",
           info->si_code, (int)uc->uc_mcontext.gregs[REG_TRAPNO], (long)back, fp->fop & 0x7ff,
           !in_memory                      ? "none"
           : fp->rdp == (uintptr_t)&nought ? "known"
                                           : "unknown",
           fp->swd);
    CHECK(info->si_addr == (void *)uc->uc_mcontext.gregs[REG_RIP]);
    fp->swd &= ~0x80bf; /* as fnclex */
    handled++;
}

static void exceptions(void)
{
    static const uint16_t unmask_zero = 0x37b, unmask_stack = 0x37e, unmask_inexact = 0x35f;
    struct sigaction sa = {.sa_sigaction = on_fpe, .sa_flags = SA_SIGINFO};
    FxImage after;
    sigaction(SIGFPE, &sa, NULL);
    handled = 0;
    __asm__ volatile("fninit; fldcw %0; fldt %1; fldz; nop; fdivrp; nop; nop; fld1"
                     :
                     : "m"(unmask_zero), "m"(seven));
    after = fxsave();
    show("zero divide", &after);
    __asm__ volatile("fninit; fldcw %0; nop; fadd %%st(3); mov $5, %%eax; fwait; nop"
                     :
                     : "m"(unmask_stack)
                     : "eax");
    after = fxsave();
    show("stack underflow", &after);
    __asm__ volatile("fninit; fldcw %0; fld1; fldt %1; fdivrp; paddb %%mm2, %%mm1"
                     :
                     : "m"(unmask_inexact), "m"(seven));
    after = fxsave();
    show("inexact, then MMX", &after);
    __asm__ volatile("fninit; fldcw %0; fldt %1; fdivs %2; nop; fwait"
                     :
                     : "m"(unmask_zero), "m"(seven), "m"(nought));
    after = fxsave();
    show("zero divide by memory", &after);
    __asm__ volatile("fninit");
    CHECK(handled == 4);
}

/* ---- threads and forks ---- */

static FxImage in_thread;

static void *thread(void *arg)
{
    in_thread = fxsave();
    return arg;
}

static void children(void)
{
    static const uint16_t odd = 0xe7f;
    pthread_t t;
    __asm__ volatile("fldcw %0; fldpi" : : "m"(odd));
    pthread_create(&t, NULL, thread, NULL);
    pthread_join(t, NULL);
    printf("thread: cw %04x\n", in_thread.cw);
    fflush(stdout);
    long pid;
    __asm__ volatile("syscall" : "=a"(pid) : "a"(SYS_fork) : "rcx", "r11", "memory");
    FxImage here = fxsave();
    if (pid == 0) {
        show("child", &here);
        fflush(stdout);
        _exit(0);
    }
    waitpid((pid_t)pid, NULL, 0);
    show("parent", &here);
    __asm__ volatile("fninit");
}

/* ---- whole states ---- */

static void whole_states(void)
{
    static unsigned char env[128], save[128], saved_again[128];
    static FxImage fx __attribute__((aligned(16)));
    memset(env, 0, sizeof env);
    __asm__ volatile(
        "fninit; fldpi; fldl2e; fldlg2; fchs; fincstp; fnsave %0; frstor %0; fnstenv %1\n"
        "fnsave %2"
        : "+m"(save), "=m"(env), "=m"(saved_again));
    memset(save + 12, 0, 16); /* the pointers */
    memset(saved_again + 12, 0, 16);
    memset(env + 12, 0, 16);
    CHECK(memcmp(save + 28, saved_again + 28, 80) == 0);
    printf("states: %016lx %016lx\n", hash_bytes(HASH_START, save, 108),
           hash_bytes(HASH_START, env, 28));
    uint64_t mm = 0x0123456789abcdef, back;
    __asm__ volatile(
        "fninit; movq %2, %%mm5; fxsave64 %0; emms; fninit; fxrstor64 %0; movq %%mm5, %1"
        : "+m"(fx), "=m"(back)
        : "m"(mm));
    CHECK(back == mm);
    show("mmx", &fx);
    __asm__ volatile("emms");
    fx = fxsave();
    show("emms", &fx);
}

/* ---- a store to the page being run, by the x87 ---- */

typedef long double Code(long double *);

static void overwrites_itself(void)
{
    /* fldt (%rdi); fld1; faddp; fld st(0); fstpt 64(%rdi); ret */
    static const unsigned char code[] = {0xdb, 0x2f, 0xd9, 0xe8, 0xde, 0xc1,
                                         0xd9, 0xc0, 0xdb, 0x7f, 0x40, 0xc3};
    unsigned char *p =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(p != MAP_FAILED);
    memcpy(p, code, sizeof code);
    long double *data = (long double *)(p + 1024), sum = 0;
    *data = 0.25L;
    for (int i = 0; i < 300; i++) {
        sum += ((Code *)(uintptr_t)p)(data);
        *data = data[4];
        p[3] = i % 2 ? 0xe8 : 0xeb; /* fld1, fldpi */
    }
    printf("overwritten: %.15Lf\n", sum);
}

int main(void)
{
    timers();
    frames();
    exceptions();
    children();
    whole_states();
    overwrites_itself();
    return 0;
}
