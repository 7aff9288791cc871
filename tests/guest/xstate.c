/* xstate.c: XSAVE, XRSTOR and XGETBV for x87 and SSE state, and the XSAVE image of signal frames.
 * The processor may have more components; those of bits 2 and up are left alone or masked here. */
#include <cpuid.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "frontend/x86_64/fx_image.h"
#include "guest.h"

typedef struct Image {
    FxImage fx;
    uint64_t holds, zero[7];
} Image;

enum { X87 = 1, SSE = 2, ALL = 3 };

static Image before __attribute__((aligned(64))), loaded __attribute__((aligned(64)));
static Image after __attribute__((aligned(64)));

static bool is_zero(const void *p, size_t size)
{
    const char *c = p;
    return c[0] == 0 && memcmp(c, c + 1, size - 1) == 0;
}

/* Components of an image that are as they are after reset (SDM vol. 1, 13.6), the x87's pointers
 * aside, which processors keep or lose. */
static unsigned initial(const FxImage *fx)
{
    bool x87 = fx->cw == 0x37f && fx->sw == 0 && fx->tag == 0 && is_zero(fx->st, sizeof fx->st);
    return (x87 ? X87 : 0) | (is_zero(fx->xmm, sizeof fx->xmm) ? SSE : 0);
}

/* Takes out what processors of different makers and ages, or with more components, do differently.
 * Of a component that was stored, the header says that it is there if it is not as after reset;
 * else it may say so or not, as XINUSE may be 1 or 0 (SDM vol. 1, 13.6 and 13.7). */
static void normalise(Image *i, unsigned stored)
{
    i->holds &= ~(uint64_t)(stored & initial(&i->fx));
    i->fx.fop = 0;
    i->fx.ip = i->fx.dp = 0;
    i->fx.mxcsr_mask = 0;
}

static void fill(Image *i)
{
    for (size_t n = 0; n < sizeof *i / 8; n++)
        ((uint64_t *)i)[n] = rng();
    i->fx.cw = (uint16_t)(0x37f | (rng() & 0xf00));
    i->fx.sw = (uint16_t)(i->fx.sw & 0x7f00);
    i->fx.mxcsr = 0x1f80 | (rng() & 0xe03f);
    i->holds = rng() & ALL;
    memset(i->zero, 0, sizeof i->zero);
    i->zero[3] = rng(); /* nobody looks at it */
    for (int r = 0; r < 16 && (rng() & 1); r++)
        memset(i->fx.xmm[r], 0, 16);
    if (rng() & 1)
        memset(i->fx.xmm, 0, sizeof i->fx.xmm);
    if (rng() & 1) {
        memset(&i->fx, 0, 32);
        memset(i->fx.st, 0, sizeof i->fx.st);
        i->fx.cw = 0x37f;
        i->fx.mxcsr = 0x1f80;
    }
}

/* State := before, then XRSTOR of what `asked` names, then XSAVE of what `stored` names. */
static NOINLINE void exchange(unsigned asked, unsigned stored)
{
    __asm__ volatile("fxrstor64 %[b]\n mov %[asked], %%eax\n mov $-1, %%edx\n and $0, %%edx\n"
                     "xrstor64 %[l]\n mov %[stored], %%eax\n xsave64 %[a]\n"
                     "fninit\n ldmxcsr %[plain]"
                     : [a] "+m"(after)
                     : [b] "m"(before), [l] "m"(loaded), [asked] "r"(asked), [stored] "r"(stored),
                       [plain] "m"((int){0x1f80})
                     : "rax", "rdx", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15",
                       "memory");
}

static void random_images(void)
{
    uint64_t h = HASH_START;
    for (int n = 0; n < 400; n++) {
        fill(&before);
        fill(&loaded);
        fill(&after);
        unsigned asked = (unsigned)(rng() & ALL), stored = n % 4 ? ALL : (unsigned)(rng() & ALL);
        exchange(asked, stored);
        normalise(&after, stored);
        h = hash_u64(h, hash_bytes(HASH_START, &after, sizeof after));
        if (n % 40 == 0)
            printf("%d: holds %lu, %016lx\n", n, (unsigned long)(after.holds & ALL),
                   (unsigned long)h);
    }
}

/* A mask known when the code is translated, as the dynamic linker has it. */
static void constant_mask(void)
{
    fill(&after);
    memset(&after.fx.xmm, 0x55, sizeof after.fx.xmm);
    __asm__ volatile("pcmpeqd %%xmm3, %%xmm3\n mov $0xee, %%eax\n xor %%edx, %%edx\n xsave %0\n"
                     "pxor %%xmm3, %%xmm3\n mov $0xe2, %%eax\n xrstor %0\n movdqu %%xmm3, %1"
                     : "+m"(after), "=m"(before.fx.xmm[0])
                     :
                     : "rax", "rdx", "xmm3", "memory");
    printf("constant mask: %02x, holds %lu\n", before.fx.xmm[0][5],
           (unsigned long)(after.holds & SSE));
}

/* ---- what is refused ---- */

static sigjmp_buf escape;

enum { LOW = 0x80 }; /* an address in page 0 */

static void on_fault(int sig, siginfo_t *info, void *context)
{
    (void)context;
    if ((uintptr_t)info->si_addr - LOW < sizeof(Image)) /* its first byte, or its last */
        printf(" signal %d code %d in the image\n", sig, info->si_code);
    else
        printf(" signal %d code %d at %p\n", sig, info->si_code, info->si_addr);
    siglongjmp(escape, 1);
}

#define TRY(what, statement)                                                                       \
    do {                                                                                           \
        printf("%s:", what);                                                                       \
        if (!sigsetjmp(escape, 1)) {                                                               \
            statement;                                                                             \
            printf(" nothing\n");                                                                  \
        }                                                                                          \
    } while (0)

static NOINLINE void xrstor(void *at, unsigned mask)
{
    __asm__ volatile("xrstor64 (%0)" ::"r"(at), "a"(mask), "d"(0) : "memory");
}

static NOINLINE void xsave(void *at, unsigned mask)
{
    __asm__ volatile("xsave64 (%0)" ::"r"(at), "a"(mask), "d"(0) : "memory");
}

static void refused(void)
{
    struct sigaction sa = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    sigaction(SIGSEGV, &sa, NULL);
    sigaction(SIGBUS, &sa, NULL);
    sigaction(SIGILL, &sa, NULL);
    static const struct {
        unsigned byte, value;
    } headers[] = {{512, 0x10}, {512, 0x08}, {519, 0x10}, {520, 1}, {527, 1},
                   {528, 1},    {535, 0x80}, {536, 1},    {575, 1}};
    for (size_t n = 0; n < sizeof headers / sizeof *headers; n++) {
        memset(&loaded, 0, sizeof loaded);
        loaded.fx.mxcsr = 0x1f80;
        ((uint8_t *)&loaded)[headers[n].byte] = (uint8_t)headers[n].value;
        printf("byte %u ", headers[n].byte);
        TRY("of the header", xrstor(&loaded, 0));
    }
    memset(&loaded, 0, sizeof loaded);
    loaded.fx.mxcsr = 0x40000;
    TRY("mxcsr, not asked for", xrstor(&loaded, X87));
    TRY("mxcsr, not held", xrstor(&loaded, SSE));
    loaded.holds = SSE;
    TRY("mxcsr, held", xrstor(&loaded, ALL));
    loaded.fx.mxcsr = 0x1f80;
    TRY("misaligned xrstor", xrstor((char *)&loaded + 16, 0));
    TRY("misaligned xsave", xsave((char *)&after + 32, ALL));
    TRY("no address", xsave((void *)0x8000000000000000, ALL));
    TRY("page 0", xsave((void *)LOW, ALL));
    TRY("xgetbv 5", __asm__ volatile("xgetbv" ::"c"(5) : "rax", "rdx"));
    TRY("xsetbv", __asm__ volatile("xsetbv" ::"c"(0), "a"(3), "d"(0)));
    signal(SIGSEGV, SIG_DFL);
}

static void reported(void)
{
    unsigned a, b, c, d;
    __cpuid(1, a, b, c, d);
    printf("xsave %u osxsave %u\n", c >> 26 & 1, c >> 27 & 1);
    __cpuid_count(0xd, 0, a, b, c, d);
    printf("components %u, sizes %s\n", a & ALL, b >= sizeof(Image) && c >= b ? "right" : "wrong");
    __asm__("xgetbv" : "=a"(a), "=d"(d) : "c"(0));
    printf("xcr0 %u\n", a & ALL);
}

/* ---- signal frames ---- */

typedef struct Software { /* struct _fpx_sw_bytes */
    uint32_t magic1, extended_size;
    uint64_t components;
    uint32_t xstate_size;
} Software;

static enum { LOOK, DROP_SSE, DROP_X87, NO_MAGIC, MASKED, BAD_HEADER, CHANGES } change;

static void on_usr1(int sig, siginfo_t *info, void *context)
{
    ucontext_t *uc = context;
    Image *image = (Image *)uc->uc_mcontext.fpregs;
    Software *sw = (Software *)((char *)image + 464);
    uint32_t *magic2 = (uint32_t *)((char *)image + sw->xstate_size);
    (void)sig, (void)info;
    if (change == LOOK)
        printf(
            "frame: flags %lu, aligned %d, magic %08x %08x, sizes %d, components %lu, holds %lu\n",
            (unsigned long)(uc->uc_flags & 7), (uintptr_t)image % 64 == 0, sw->magic1, *magic2,
            sw->extended_size == sw->xstate_size + 4 && sw->xstate_size >= sizeof(Image),
            (unsigned long)(sw->components & ALL), (unsigned long)(image->holds & ALL));
    if (change == DROP_SSE)
        image->holds &= ~(uint64_t)SSE;
    if (change == DROP_X87 || change == NO_MAGIC)
        image->holds &= ~(uint64_t)X87;
    if (change == NO_MAGIC)
        *magic2 = 0;
    if (change == MASKED)
        sw->components &= ~(uint64_t)SSE;
    if (change == BAD_HEADER)
        image->holds |= 0x10;
    image->fx.mxcsr = 0x3f80;
}

static NOINLINE void interrupted(void)
{
    long result;
    uint64_t xmm3[2];
    double st0;
    uint32_t mxcsr;
    __asm__ volatile("fninit; fld1; pcmpeqd %%xmm3, %%xmm3\n syscall\n movdqu %%xmm3, %1\n"
                     "fstpl %2\n fninit\n stmxcsr %3\n ldmxcsr %[plain]"
                     : "=a"(result), "=m"(xmm3), "=m"(st0), "=m"(mxcsr)
                     : "a"(SYS_kill), "D"(getpid()), "S"(SIGUSR1), [plain] "m"((int){0x1f80})
                     : "rcx", "r11", "xmm3", "memory");
    printf("change %d: xmm3 %lx, st0 %s, mxcsr %x\n", change, (unsigned long)xmm3[1],
           st0 == 1 ? "1" : "none", mxcsr);
}

static void frames(void)
{
    struct sigaction sa = {.sa_sigaction = on_usr1, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &sa, NULL);
    for (change = LOOK; change < BAD_HEADER; change++)
        interrupted();
    fflush(stdout);
    int status;
    pid_t child = fork();
    if (child == 0) {
        interrupted();
        _exit(0);
    }
    waitpid(child, &status, 0);
    printf("bad header: signal %d\n", WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

int main(void)
{
    reported();
    random_images();
    constant_mask();
    refused();
    frames();
    return 0;
}
