/* fp_state.c: loops of random floating-point instructions, made at run time, on singles, doubles
 * and what is neither; what all registers, memory and flags hold behind them, or at a fault in the
 * midst of a turn. A line for each, to be compared with another translator's.
 *
 * Generated code: s0 = memory (State), s1 = turns until s2, which starts as s0, is no address. */
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>

enum { CASES = 400, WORDS = 64, CODE_MAX = 128 };

typedef struct State {
    uint64_t f[32];
    uint64_t memory[WORDS];
    uint64_t x[10]; /* a1..a6, t0..t2, fcsr */
} State;

void run(State *s, const uint32_t *code, long turns);
__asm__(".text\n.globl run\nrun:\n"
        "addi sp, sp, -208\nsd ra, 0(sp)\nsd s0, 8(sp)\nsd s1, 16(sp)\nsd s2, 24(sp)\n"
        ".irp n, 8,9,18,19,20,21,22,23,24,25,26,27\nfsd f\\n, 8*\\n-32(sp)\n.endr\n"
        "mv s0, a0\nmv s1, a2\nmv s2, a0\nmv t4, a1\nfscsr zero\n"
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
        "30,31\nfld f\\n, 8*\\n(s0)\n.endr\n"
        ".irp r, a1,a2,a3,a4,a5,a6,a7,t0,t1,t2,t3\nli \\r, 0\n.endr\n"
        "jalr t4\n"
        ".irp n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,"
        "30,31\nfsd f\\n, 8*\\n(s0)\n.endr\n"
        "frcsr t3\nfscsr zero\naddi t4, s0, 768\nsd a1, 0(t4)\nsd a2, 8(t4)\nsd a3, 16(t4)\n"
        "sd a4, 24(t4)\nsd a5, 32(t4)\nsd a6, 40(t4)\nsd t0, 48(t4)\nsd t1, 56(t4)\nsd t2, 64(t4)\n"
        "sd t3, 72(t4)\n"
        ".irp n, 8,9,18,19,20,21,22,23,24,25,26,27\nfld f\\n, 8*\\n-32(sp)\n.endr\n"
        "ld ra, 0(sp)\nld s0, 8(sp)\nld s1, 16(sp)\nld s2, 24(sp)\naddi sp, sp, 208\nret\n");

static const uint8_t xs[] = {11, 12, 13, 14, 15, 16, 5, 6, 7}; /* a1..a6, t0..t2 */
enum { S0 = 8, S1 = 9, S2 = 18, A7 = 17, T3 = 28 };

static uint64_t seed = 88172645463325252u;
static uint32_t *code, length;
static unsigned formats; /* 0 singles, 1 doubles, 2 both */
static State state, at_fault;
static sigjmp_buf back;

static unsigned below(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed >> 20) % n;
}

/* ---- instructions ---- */

static void put(uint32_t word)
{
    code[length++] = word;
}

static unsigned x(void)
{
    return xs[below(sizeof xs)];
}

static void op(unsigned funct7, unsigned rs2, unsigned rs1, unsigned rm, unsigned rd)
{
    put(funct7 << 25 | rs2 << 20 | rs1 << 15 | rm << 12 | rd << 7 | 0x53);
}

static void csr(unsigned number, unsigned funct3, unsigned rs1, unsigned rd)
{
    put(number << 20 | rs1 << 15 | funct3 << 12 | rd << 7 | 0x73);
}

static void memory_op(unsigned d)
{
    unsigned at = 256 + 8 * below(WORDS), base = below(3) ? S0 : S2;
    if (below(2))
        put(at << 20 | base << 15 | (2 + d) << 12 | below(32) << 7 | 0x07);
    else
        put(at >> 5 << 25 | below(32) << 20 | base << 15 | (2 + d) << 12 | (at & 31) << 7 | 0x27);
}

static void other(unsigned d)
{
    static const uint8_t modes[] = {0, 1, 2, 3, 4, 7, 7, 7};
    unsigned rm = modes[below(sizeof modes)], v;
    switch (below(9)) {
    case 0:
        op(0x68 | d, below(4), x(), rm, below(32)); /* fcvt from an integer */
        break;
    case 1:
        op(0x60 | d, below(4), below(32), rm, x()); /* ..to one */
        break;
    case 2:
        op(0x20 | d, !d, below(32), d ? 0 : 7, below(32)); /* fcvt.s.d, fcvt.d.s */
        break;
    case 3:
        op(0x70 | d, 0, below(32), below(2), x()); /* fmv, fclass */
        break;
    case 4:
        op(0x78 | d, 0, x(), 0, below(32)); /* fmv */
        break;
    case 5:
        op(below(4) * 4 | d, below(32), below(32), rm, below(32));
        break;
    case 6: /* a comparison that raises no flags */
        v = x();
        csr(1, 2, 0, v);
        op(0x50 | d, below(32), below(32), below(3), x());
        csr(1, 1, v, 0);
        break;
    case 7:
        csr(1, below(4) ? 2 : 1, below(4) ? 0 : x(), x());
        break;
    default:
        csr(2, 5, below(6) ? 0 : below(4), 0); /* fsrmi */
    }
}

static void random_op(void)
{
    unsigned d = formats < 2 ? formats : below(2), k = below(100);
    if (k < 40)
        op(below(4) * 4 | d, below(32), below(32), 7, below(32));
    else if (k < 47)
        put(below(32) << 27 | d << 25 | below(32) << 20 | below(32) << 15 | 7 << 12 |
            below(32) << 7 | (0x43 + 4 * below(4)));
    else if (k < 50)
        op(0x2c | d, 0, below(32), 7, below(32));
    else if (k < 60)
        op((below(2) ? 0x10 : 0x14) | d, below(32), below(32), below(2), below(32));
    else if (k < 75)
        memory_op(d);
    else if (k < 83)
        op(0x50 | d, below(32), below(32), below(3), x());
    else if (k < 93)
        other(d);
    else /* beq, bne over the next */
        put(x() << 20 | x() << 15 | below(2) << 12 | 4 << 8 | 0x63);
}

static void make_code(void)
{
    length = 0;
    formats = below(3);
    for (unsigned n = below(6); n > 0; n--)
        random_op();
    put(0x13); /* nop: a branch may lead behind the next instruction */
    uint32_t head = length;
    for (unsigned n = 3 + below(30); n > 0; n--)
        random_op();
    put(0x13);
    put(1 << 20 | A7 << 15 | A7 << 7 | 0x13);                             /* addi a7, a7, 1 */
    put(S1 << 20 | A7 << 15 | 6 << 12 | 4 << 8 | 0x63);                   /* bltu a7, s1, .+8 */
    put(A7 << 15 | S2 << 7 | 0x13);                                       /* mv s2, a7 */
    put((below(2) ? 6 : 30) << 20 | A7 << 15 | 3 << 12 | T3 << 7 | 0x13); /* sltiu t3, a7, n */
    uint32_t to = (head - length) * 4;
    put((to >> 12 & 1) << 31 | (to >> 5 & 63) << 25 | T3 << 15 | 1 << 12 | (to >> 1 & 15) << 8 |
        (to >> 11 & 1) << 7 | 0x63); /* bnez t3, head */
    for (unsigned n = below(4); n > 0; n--)
        random_op();
    put(0x13);
    put(0x00008067); /* ret */
    __builtin___clear_cache((char *)code, (char *)(code + length));
}

/* ---- values and results ---- */

static uint64_t value(void)
{
    static const uint64_t odd[] = {
        0x7ff8000000000000, 0xfff8000000000001, 0x7ff0000000000001, 0x7ff0000000000000,
        0xfff0000000000000, 0x8000000000000000, 0x7fefffffffffffff, 0x000fffffffffffff,
        0xffffffff7fc00000, 0xffffffffffc00001, 0xffffffff7f800001, 0xffffffff7f800000,
        0xffffffff7f7fffff, 0xffffffff00000001, 0x000000003f800000, 0xfffffffe3f800000};
    uint32_t single = 0x3f000000 + below(0x1000000);
    uint64_t d = UINT64_C(0x3fe0000000000000) + ((uint64_t)below(1 << 20) << 32) + below(1 << 20);
    switch (below(6)) {
    case 0:
        return odd[below(sizeof odd / sizeof odd[0])];
    case 1:
    case 2:
        return d | (uint64_t)below(2) << 63;
    default:
        return UINT64_MAX << 32 | single | (uint32_t)below(2) << 31;
    }
}

static void fault(int sig, siginfo_t *si, void *context)
{
    const mcontext_t *m = &((const ucontext_t *)context)->uc_mcontext;
    (void)sig;
    (void)si;
    for (unsigned k = 0; k < 32; k++)
        at_fault.f[k] = m->__fpregs.__d.__f[k];
    for (unsigned k = 0; k < sizeof xs; k++)
        at_fault.x[k] = m->__gregs[xs[k]];
    at_fault.x[9] = m->__fpregs.__d.__fcsr;
    siglongjmp(back, 1);
}

static uint64_t hash(const State *s)
{
    uint64_t h = 14695981039346656037u;
    for (unsigned k = 0; k < sizeof *s / 8; k++)
        h = (h ^ ((const uint64_t *)s)[k]) * 1099511628211u;
    return h;
}

int main(void)
{
    struct sigaction sa = {.sa_sigaction = fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &sa, NULL);
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (volatile unsigned n = 0; n < CASES; n++) {
        make_code();
        memset(&at_fault, 0, sizeof at_fault);
        for (unsigned k = 0; k < 32 + WORDS; k++)
            ((uint64_t *)&state)[k] = value();
        if (sigsetjmp(back, 1) == 0)
            run(&state, code, below(3) ? 1 + (long)below(12) : 1000);
        printf("%u %016lx %016lx\n", n, hash(&state), hash(&at_fault));
    }
    return 0;
}
