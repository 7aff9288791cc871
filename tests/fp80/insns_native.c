/* insns_native.c: every MMX, SSE, SSE2 and x87 row of the decoder's table, lifted and executed as
 * IR, against the host's processor (x86-64 hosts only).
 *
 * A case is one instruction with random registers, immediate and state. It runs natively between
 * fxrstor64 and fxsave64 in a page of its own, and as lifted IR in a small executor here; then
 * registers, memory, MXCSR, x87 state and defined flags must be equal, and traps too.
 *
 * Usage: insns_native [cases for each row] [seed] [mnemonic]
 */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "frontend/x86_64/helpers.h"
#include "frontend/x86_64/lift.h"
#include "frontend/x86_64/x87.h"
#include "tests/insn/dot.h"

enum { MEM_SIZE = 640, MEM_AT = 64, MAX_CODE = 15 };

typedef struct Machine {
    _Alignas(64) uint8_t fx[512];
    uint64_t gpr[16];
    uint64_t flags;
    _Alignas(64) uint8_t mem[MEM_SIZE];
    int signal; /* 0, SIGFPE, SIGSEGV, SIGILL */
} Machine;

/* ---- random numbers and state ---- */

static uint64_t rng_state;

static uint64_t rng(void)
{
    uint64_t z = rng_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static uint32_t random_f32(void)
{
    static const uint32_t edge[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000,
                                    0xff800000, 0x7fc00000, 0xffc12345, 0x7f812345, 0xff800001,
                                    1,          0x807fffff, 0x00800000, 0x7f7fffff, 0x4f000000,
                                    0xcf000000, 0x5f000000, 0x3f000000, 0x40490fdb, 0x34000000};
    switch (rng() % 4) {
    case 0:
        return edge[rng() % (sizeof edge / sizeof *edge)];
    case 1:
        return (uint32_t)rng();
    default: /* near one another */
        return (uint32_t)(rng() & 0x807fffff) | (uint32_t)(120 + rng() % 16) << 23;
    }
}

static uint64_t random_f64(void)
{
    static const uint64_t edge[] = {
        0x0000000000000000, 0x8000000000000000, 0x3ff0000000000000, 0x7ff0000000000000,
        0xfff0000000000000, 0x7ff8000000000000, 0xfff8123456789abc, 0x7ff0123456789abc,
        0x0000000000000001, 0x800fffffffffffff, 0x0010000000000000, 0x7fefffffffffffff,
        0x41e0000000000000, 0xc1e0000000200000, 0x43e0000000000000, 0xc3e0000000000000,
        0x36a0000000000000, 0x47efffffe0000000, 0x47efffffffffffff, 0x3810000000000000};
    switch (rng() % 4) {
    case 0:
        return edge[rng() % (sizeof edge / sizeof *edge)];
    case 1:
        return rng();
    case 2: /* narrow: exact results, and conversions to f32 in range */
        return (rng() & 0x8000fffff0000000u) | (uint64_t)(1000 + rng() % 48) << 52;
    default:
        return (rng() & 0x800fffffffffffffu) | (uint64_t)(1000 + rng() % 48) << 52;
    }
}

static void random_bytes(uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n; i += 8) {
        uint64_t v;
        switch (rng() % 6) {
        case 0:
        case 1:
            v = random_f64();
            break;
        case 2:
        case 3:
            v = random_f32() | (uint64_t)random_f32() << 32;
            break;
        case 4:
            v = rng() % 80;
            break;
        default:
            v = rng();
        }
        memcpy(p + i, &v, 8);
    }
}

static void put16(uint8_t *p, unsigned v)
{
    uint16_t w = (uint16_t)v;
    memcpy(p, &w, 2);
}

static unsigned get16(const uint8_t *p)
{
    uint16_t w;
    memcpy(&w, p, 2);
    return w;
}

static void random_st(uint8_t *p)
{
    static const uint16_t exps[] = {0, 1, 0x3fff, 0x3ffe, 0x4000, 0x7fff, 0x7ffe, 0x403e, 0x401e};
    uint64_t m = rng();
    unsigned exp = rng() % 2   ? 0x3fe0 + rng() % 64
                   : rng() % 2 ? exps[rng() % (sizeof exps / sizeof *exps)]
                               : rng() & 0x7fff;
    if (rng() % 3 == 0)
        m &= ~(uint64_t)0 << (rng() & 63);
    if (exp && rng() % 16)
        m |= (uint64_t)1 << 63;
    memcpy(p, &m, 8);
    put16(p + 8, exp | (rng() & 1) << 15);
    memset(p + 10, 0, 6);
}

static void random_machine(Machine *m)
{
    memset(m, 0, sizeof *m);
    unsigned cw = 0x40 | (rng() & 0xf00) | (rng() % 3 ? 0x3f : rng() & 0x3f);
    if ((cw & 0x300) == 0x100)
        cw |= 0x200;
    put16(m->fx, cw);
    unsigned sw = (rng() & 0x4700) | (rng() % 8) << 11 | (rng() % 4 ? 0 : rng() & 0x3f);
    if (rng() % 8) /* mostly nothing pending */
        sw &= ~0x3fu | cw;
    if (sw & ~cw & 0x3f)
        sw |= 0x8080;
    put16(m->fx + 2, sw);
    m->fx[4] = (uint8_t)(rng() % 2 ? 0xff : rng());
    if (rng() % 2) /* room to push */
        m->fx[4] &= (uint8_t) ~(1u << (((sw >> 11) + 7) & 7));
    for (unsigned i = 0; i < 8; i++)
        random_st(m->fx + 32 + 16 * i);
    random_bytes(m->fx + 160, 256);
    uint32_t mxcsr = 0x1f80 | (uint32_t)(rng() & 0x6000) | (rng() % 2 ? 0 : (uint32_t)rng() & 0x3f);
    if (rng() % 4 == 0)
        mxcsr |= (uint32_t)rng() & 0x8040;
    memcpy(m->fx + 24, &mxcsr, 4);
    for (unsigned i = 0; i < 16; i++)
        m->gpr[i] = rng() % 2 ? rng() : rng() % 1000 - 500;
    m->flags = 0x202 | (rng() & F_ALL);
    random_bytes(m->mem, MEM_SIZE);
    if (rng() % 4 == 0)
        random_st(m->mem + MEM_AT);
}

/* A control register image in memory that is often acceptable. */
static void random_mxcsr(uint8_t *p)
{
    uint32_t v = (uint32_t)rng() & (rng() % 8 ? 0xffff : 0x1ffff);
    if (rng() % 2)
        v |= 0x1f80;
    memcpy(p, &v, 4);
}

/* ---- encoding of a row ---- */

typedef struct Code {
    uint8_t bytes[MAX_CODE];
    unsigned n;
} Code;

static void emit(Code *c, unsigned b)
{
    c->bytes[c->n++] = (uint8_t)b;
}

/* Memory operands are [rbx + 0x40]. */
static Code encode(const X86Row *row, unsigned opcode)
{
    static const uint8_t prefix[] = {[X86_P_66] = 0x66, [X86_P_F3] = 0xf3, [X86_P_F2] = 0xf2};
    Code c = {{0}, 0};
    if (row->prefix >= X86_P_66 && row->prefix <= X86_P_F2)
        emit(&c, prefix[row->prefix]);
    if (row->map != X86_MAP_00) {
        unsigned rex = rng() % 2 ? 0 : 0x40 | (rng() & 0xd);
        if (rex)
            emit(&c, rex);
        emit(&c, 0x0f);
    }
    if (row->map > X86_MAP_0F)
        emit(&c, row->map == X86_MAP_0F38 ? 0x38 : 0x3a);
    emit(&c, opcode);
    if (row->modrm) {
        unsigned modrm = row->modrm & X86_MR_EXACT ? row->modrm & 0xff : rng() & 0x3f;
        if (row->modrm & X86_MR_DIGIT)
            modrm = (modrm & ~0x38u) | (row->modrm & 7) << 3;
        bool mem = (row->modrm & X86_MR_MEM) || (!(row->modrm & X86_MR_REG) && rng() % 2);
        if (!(row->modrm & X86_MR_EXACT))
            modrm = mem ? (modrm & 0x38) | 0x43 : modrm | 0xc0;
        if (mem && !(row->modrm & X86_MR_EXACT) && row->map != X86_MAP_00)
            for (unsigned i = 0; i < c.n; i++)
                if ((c.bytes[i] & 0xf0) == 0x40)
                    c.bytes[i] &= 0xfe; /* base stays rbx */
        emit(&c, modrm);
        if (mem && !(row->modrm & X86_MR_EXACT))
            emit(&c, 0x40);
    }
    for (unsigned i = 0; i < 3; i++)
        if (row->op[i] == X86_OP_Ib)
            emit(&c, (unsigned)(rng() % 2 ? rng() % 20 : rng()));
    return c;
}

/* The stack pointer is not part of a case. */
static bool uses_rsp(const Code *c)
{
    X86Insn insn;
    if (x86_decode(&insn, 0, c->bytes, c->n, X86_MODE_64) != X86_DECODE_OK)
        return false;
    for (unsigned i = 0; i < 3; i++)
        if (insn.op[i].kind == X86_GPR && insn.op[i].reg == RSP)
            return true;
    return false;
}

/* ---- native run ---- */

static Machine native;
static uint8_t *code_page;
static sigjmp_buf escape;
static volatile int caught;

static void on_signal(int sig)
{
    caught = sig;
    siglongjmp(escape, 1);
}

/* Loads `native`, runs the code page, stores back. rsp is the only register not loaded. */
__asm__(".text\n"
        "run_native:\n"
        "  pushq %rbx\n pushq %rbp\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
        "  subq $8, %rsp\n"
        "  fxrstor64 native(%rip)\n"
        "  pushq native+640(%rip)\n popfq\n"
        "  movq native+512(%rip), %rax\n movq native+520(%rip), %rcx\n"
        "  movq native+528(%rip), %rdx\n movq native+536(%rip), %rbx\n"
        "  movq native+552(%rip), %rbp\n movq native+560(%rip), %rsi\n"
        "  movq native+568(%rip), %rdi\n movq native+576(%rip), %r8\n"
        "  movq native+584(%rip), %r9\n movq native+592(%rip), %r10\n"
        "  movq native+600(%rip), %r11\n movq native+608(%rip), %r12\n"
        "  movq native+616(%rip), %r13\n movq native+624(%rip), %r14\n"
        "  movq native+632(%rip), %r15\n"
        "  jmp *code_page(%rip)\n"
        "native_back:\n"
        "  movq %rax, native+512(%rip)\n movq %rcx, native+520(%rip)\n"
        "  movq %rdx, native+528(%rip)\n movq %rbx, native+536(%rip)\n"
        "  movq %rbp, native+552(%rip)\n movq %rsi, native+560(%rip)\n"
        "  movq %rdi, native+568(%rip)\n movq %r8, native+576(%rip)\n"
        "  movq %r9, native+584(%rip)\n movq %r10, native+592(%rip)\n"
        "  movq %r11, native+600(%rip)\n movq %r12, native+608(%rip)\n"
        "  movq %r13, native+616(%rip)\n movq %r14, native+624(%rip)\n"
        "  movq %r15, native+632(%rip)\n"
        "  pushfq\n popq native+640(%rip)\n"
        "  fxsave64 native(%rip)\n"
        "  fninit\n ldmxcsr default_mxcsr(%rip)\n cld\n"
        "  addq $8, %rsp\n"
        "  popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbp\n popq %rbx\n"
        "  ret\n");
void run_native(void);
extern const char native_back[];
__attribute__((used)) static const uint32_t default_mxcsr = 0x1f80;
_Static_assert(__builtin_offsetof(Machine, gpr) == 512, "the assembly above knows these");
_Static_assert(__builtin_offsetof(Machine, flags) == 640, "the assembly above knows these");

static void native_case(Machine *m, const Code *c)
{
    uint64_t back = (uint64_t)native_back;
    memcpy(code_page, c->bytes, c->n);
    memcpy(code_page + c->n, "\xff\x25\0\0\0\0", 6);
    memcpy(code_page + c->n + 6, &back, 8);
    native = *m;
    native.gpr[RBX] = (uint64_t)native.mem;
    caught = 0;
    if (!sigsetjmp(escape, 1))
        run_native();
    else
        __asm__ volatile("fninit\n ldmxcsr %0\n" ::"m"(default_mxcsr));
    int sig = caught;
    if (sig)
        native = *m;
    *m = native;
    m->signal = sig;
}

/* ---- the lifted run: a small executor of lifted IR ---- */

static Arena arena;
static CpuState *cpu;

static uint64_t type_mask(unsigned type)
{
    unsigned bits = ir_type_bits((IrType)type);
    return bits >= 64 ? ~(uint64_t)0 : ((uint64_t)1 << bits) - 1;
}

static IrValue load_value(const void *p, unsigned type)
{
    IrValue v = {0};
    memcpy(v.b, p, ir_type_bits((IrType)type) / 8);
    return v;
}

typedef uint64_t AnyHelper(CpuState *, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);
typedef uint64_t PureHelper(uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t);

static IrValue call_helper(const Region *r, const IrInst *i, const IrValue *values)
{
    const HelperDesc *h = &r->helpers->helpers[i->imm];
    uint64_t a[6] = {0};
    for (unsigned k = 0; k < i->nlist; k++)
        a[k] = values[r->pool.data[i->list + k].i].u;
    IrValue v = {0};
    v.u = h->flags & HELPER_STATE ? ((AnyHelper *)h->fn)(cpu, a[0], a[1], a[2], a[3], a[4], a[5])
                                  : ((PureHelper *)h->fn)(a[0], a[1], a[2], a[3], a[4], a[5]);
    if (i->type != IR_VOID)
        v.u &= type_mask(i->type);
    return v;
}

/* Runs to the exit; returns 0 or a GuestTrap + 1. */
static int execute(const Region *r)
{
    IrValue *values = arena_alloc(&arena, r->insts.count * sizeof *values);
    uint32_t at = r->blocks.data[0].first;
    uint32_t mxcsr = cpu->fpctl;
    for (;;) {
        const IrInst *i = &r->insts.data[at];
        IrValue a[3] = {{0}}, v = {0};
        for (unsigned k = 0; k < i->nargs; k++)
            a[k] = values[i->arg[k].i];
        const SlotDesc *slot = i->op == IR_get || i->op == IR_put ? &r->slots->slots[i->imm] : NULL;
        uint32_t next = i->next;
        switch (i->op) {
        case IR_insn:
            break;
        case IR_get:
            v = load_value((char *)cpu + slot->offset, slot->type);
            break;
        case IR_put:
            memcpy((char *)cpu + slot->offset, a[0].b, ir_type_bits((IrType)slot->type) / 8);
            break;
        case IR_load:
        case IR_store: {
            unsigned bytes = ir_type_bits((IrType)(i->op == IR_load ? i->type : i->lane)) / 8;
            if ((i->flags & IR_M_ALIGNED) && a[0].u % bytes)
                return TRAP_ALIGN + 1;
            if (i->op == IR_load)
                v = load_value((void *)a[0].u, i->type);
            else
                memcpy((void *)a[0].u, a[1].b, bytes);
            break;
        }
        case IR_aor: /* or of zero: a probe */
            break;
        case IR_call:
            v = call_helper(r, i, values);
            break;
        case IR_fence:
            break;
        case IR_fpctlget:
            v.u = mxcsr;
            break;
        case IR_fpctlset:
            mxcsr = a[0].w[0];
            break;
        case IR_jump:
            next = r->blocks.data[r->edges.data[i->edge[0]].block].first;
            break;
        case IR_br:
            next = r->blocks.data[r->edges.data[i->edge[!(a[0].u & 1)]].block].first;
            break;
        case IR_exit:
            cpu->fpctl = mxcsr;
            return 0;
        case IR_trap:
            cpu->fpctl = mxcsr;
            return (int)i->imm + 1;
        default:
            v = ir_has(i, IR_E_FPENV) ? ir_eval_fp(r, i, a, &mxcsr) : ir_eval(r, i, a);
        }
        values[at] = v;
        at = next;
    }
}

static void to_state(const Machine *m, uint8_t *mem)
{
    X86State *s = x86_state(cpu);
    memset(cpu, 0, sizeof *cpu);
    memcpy(s->gpr, m->gpr, sizeof s->gpr);
    s->gpr[RBX] = (uint64_t)mem;
    s->fpu_cw = (uint16_t)get16(m->fx);
    s->fpu_sw = (uint16_t)get16(m->fx + 2);
    s->fpu_tag = m->fx[4];
    for (unsigned i = 0; i < 8; i++) {
        unsigned r = (x87_top(s) + i) & 7;
        memcpy(&s->fpr[r], m->fx + 32 + 16 * i, 10);
    }
    for (unsigned i = 0; i < 16; i++)
        memcpy(s->vec[i], m->fx + 160 + 16 * i, 16);
    memcpy(&cpu->fpctl, m->fx + 24, 4);
    s->cc_kind = CC_EFLAGS;
    s->cc_a = m->flags & F_ALL;
}

static void from_state(Machine *m)
{
    const X86State *s = x86_state(cpu);
    memcpy(m->gpr, s->gpr, sizeof s->gpr);
    put16(m->fx, s->fpu_cw);
    put16(m->fx + 2, s->fpu_sw);
    m->fx[4] = (uint8_t)s->fpu_tag;
    for (unsigned i = 0; i < 8; i++)
        memcpy(m->fx + 32 + 16 * i, &s->fpr[(x87_top(s) + i) & 7], 10);
    for (unsigned i = 0; i < 16; i++)
        memcpy(m->fx + 160 + 16 * i, s->vec[i], 16);
    memcpy(m->fx + 24, &cpu->fpctl, 4);
    m->flags = x86_eflags(s->cc_kind, s->cc_a, s->cc_b, s->cc_c, s->cc_d, s->cc_e);
}

static Region *lift(const X86Insn *insn, bool fptrap)
{
    Region *r = ir_region_new(&arena, insn->pc, &x86_slots, &x86_helpers, FP_MODEL_X86);
    LiftContext lc = {
        .b = {r, ir_block_new(r, insn->pc)},
        .insn = insn,
        .fptrap = fptrap,
    };
    ir_insn(&lc.b, insn->pc, insn->length);
    insn->row->lift(&lc);
    if (!lc.ended) {
        x86_flags_flush(&lc);
        ir_exit(&lc.b, insn->next_pc, IR_EXIT_JUMP, 0);
    }
    return r;
}

/* False when the instruction does not decode or its IR is malformed. */
static bool lifted_case(Machine *m, const Code *c, bool print)
{
    X86Insn insn;
    char err[200];
    uint64_t pc = (uint64_t)code_page;
    if (x86_decode(&insn, pc, c->bytes, c->n, X86_MODE_64) != X86_DECODE_OK || insn.length != c->n)
        return false;
    arena_reset(&arena);
    Region *r = lift(&insn, true);
    if (!ir_verify(r, err, sizeof err)) {
        printf("%s, exceptions unmasked: %s\n", insn.row->mnemonic, err);
        return false;
    }
    r = lift(&insn, false);
    if (print)
        ir_print(r, stdout);
    if (!ir_verify(r, err, sizeof err)) {
        printf("%s: %s\n", insn.row->mnemonic, err);
        return false;
    }
    /* The same addresses as in the native run: memory is exchanged. */
    to_state(m, native.mem);
    memcpy(native.mem, m->mem, MEM_SIZE);
    int trap = execute(r);
    memcpy(m->mem, native.mem, MEM_SIZE);
    m->signal = trap == 0 ? 0 : trap == TRAP_X87 + 1 ? SIGFPE : trap == TRAP_MODE + 1 ? 0 : SIGSEGV;
    if (!m->signal)
        from_state(m);
    return true;
}

/* ---- comparison ---- */

static bool same(const Machine *a, const Machine *b, const X86Row *row)
{
    uint64_t flags = F_ALL & ~(uint64_t)row->undefined;
    if (a->signal || b->signal)
        return a->signal == b->signal;
    return memcmp(a->fx, b->fx, 5) == 0 && memcmp(a->fx + 24, b->fx + 24, 4) == 0 &&
           memcmp(a->fx + 32, b->fx + 32, 384) == 0 && memcmp(a->gpr, b->gpr, sizeof a->gpr) == 0 &&
           ((a->flags ^ b->flags) & flags) == 0 && memcmp(a->mem, b->mem, MEM_SIZE) == 0;
}

static void show(const char *title, const Machine *m, const Machine *other)
{
    printf("  %s: signal %d cw %04x sw %04x tag %02x mxcsr %02x%02x flags %03" PRIx64 "\n", title,
           m->signal, get16(m->fx), get16(m->fx + 2), m->fx[4], m->fx[25], m->fx[24],
           m->flags & F_ALL);
    for (unsigned i = 0; i < 24; i++) {
        uint64_t v[2];
        if (memcmp(m->fx + 32 + 16 * i, other->fx + 32 + 16 * i, 16) == 0)
            continue;
        memcpy(v, m->fx + 32 + 16 * i, 16);
        printf("    %s%u %016" PRIx64 ":%016" PRIx64 "\n", i < 8 ? "st" : "xmm", i < 8 ? i : i - 8,
               v[1], v[0]);
    }
    for (unsigned i = 0; i < 16; i++)
        if (m->gpr[i] != other->gpr[i])
            printf("    r%u %016" PRIx64 "\n", i, m->gpr[i]);
    for (unsigned i = 0; i < MEM_SIZE; i += 8)
        if (memcmp(m->mem + i, other->mem + i, 8) != 0) {
            uint64_t v;
            memcpy(&v, m->mem + i, 8);
            printf("    mem+%u %016" PRIx64 "\n", i, v);
        }
}

/* Images of the x87 environment hold instruction and operand pointers, which processors update or
 * not (SDM vol. 1, 8.1.8); an FXSAVE image also the mask of MXCSR bits and ST padding. */
static void ignore_pointers(const X86Row *row, const Machine *real, Machine *lifted)
{
    unsigned first = 0, end = 0;
    if (!strcmp(row->emitter, "fxsave"))
        first = 6, end = 24;
    else if (!strcmp(row->emitter, "x87_stenv"))
        first = 12, end = 28;
    memcpy(lifted->mem + MEM_AT + first, real->mem + MEM_AT + first, end - first);
    if (!strcmp(row->emitter, "fxsave"))
        memcpy(lifted->mem + MEM_AT + 28, real->mem + MEM_AT + 28, 4);
}

/* ---- results that are only near the processor's ---- */

/* The last place of a register that a transcendental function wrote, and C1 with it; UE too where
 * that place decides about it. */
static void settle_st(const Machine *real, Machine *lifted)
{
    unsigned codes = FP80_C1;
    for (unsigned i = 0; i < 2; i++) {
        uint8_t *p = lifted->fx + 32 + 16 * i;
        const uint8_t *q = real->fx + 32 + 16 * i;
        uint64_t a, b;
        memcpy(&a, p, 8);
        memcpy(&b, q, 8);
        bool power = a << 1 == 0 || b << 1 == 0; /* the exponent may be one off there */
        if ((memcmp(p + 8, q + 8, 2) == 0 || power) && (a - b + 1 <= 2 || power))
            memcpy(p, q, 16);
        if ((get16(q + 8) & 0x7fff) <= 1)
            codes |= FP80_UE;
    }
    put16(lifted->fx + 2, (get16(lifted->fx + 2) & ~codes) | (get16(real->fx + 2) & codes));
}

/* RCPPS, RSQRTPS: both within 1.5 * 2^-12 of the truth. */
static void settle_estimate(const Machine *real, Machine *lifted)
{
    for (unsigned i = 160; i < 416; i += 4) {
        float a, b;
        memcpy(&a, lifted->fx + i, 4);
        memcpy(&b, real->fx + i, 4);
        if (a - b <= 0x1.8p-11f * (b < 0 ? -b : b) && b - a <= 0x1.8p-11f * (b < 0 ? -b : b))
            memcpy(lifted->fx + i, &b, 4);
    }
}

/* Of a NaN that DPPS or DPPD gives, which one (tests/insn/exceptions.def). */
static void settle_dot(const Code *c, const Machine *start, Machine *real, Machine *lifted)
{
    X86Insn insn;
    if (x86_decode(&insn, 0, c->bytes, c->n, X86_MODE_64) != X86_DECODE_OK)
        return;
    unsigned lane = strcmp(insn.row->mnemonic, "dpps") == 0 ? 4 : 8, to = 160 + 16 * insn.op[0].reg;
    const uint8_t *source =
        insn.op[1].kind == X86_XMM ? start->fx + 160 + 16 * insn.op[1].reg : start->mem + MEM_AT;
    if (!dot_has_choice(start->fx + to, source, (unsigned)insn.op[2].imm, lane))
        return;
    dot_forget_nans(real->fx + to, lane);
    dot_forget_nans(lifted->fx + to, lane);
}

static bool is_transcendental(const X86Row *row)
{
    switch (row->arg & X87_FUNCTION) {
    case X87_f2xm1:
    case X87_yl2x:
    case X87_yl2xp1:
    case X87_patan:
    case X87_sin:
    case X87_cos:
    case X87_tan:
    case X87_sincos:
        return !strcmp(row->emitter, "x87_exec");
    default:
        return false;
    }
}

/* Outside -1 .. 1 (f2xm1) or a little above zero (fyl2xp1) results are undefined. */
static bool in_domain(const X86Row *row, const Machine *m)
{
    unsigned exp = get16(m->fx + 40) & 0x7fff;
    return !(strstr(row->mnemonic, "2xm1") || strstr(row->mnemonic, "xp1")) || exp < 0x3ffd;
}

static void settle(const X86Row *row, const Machine *real, Machine *lifted)
{
    if (is_transcendental(row))
        settle_st(real, lifted);
    else if (!strncmp(row->mnemonic, "rcp", 3) || !strncmp(row->mnemonic, "rsqrt", 5))
        settle_estimate(real, lifted);
    else
        ignore_pointers(row, real, lifted);
}

static bool comparable(const X86Row *row)
{
    return !strncmp(row->emitter, "sse_", 4) || !strncmp(row->emitter, "mmx_", 4) ||
           !strncmp(row->emitter, "x87_", 4) || !strncmp(row->emitter, "fx", 2);
}

static bool one_case(const X86Row *row, bool print)
{
    Machine start, real, lifted;
    Code c = encode(row, row->opcode);
    while (uses_rsp(&c))
        c = encode(row, row->opcode);
    do
        random_machine(&start);
    while (is_transcendental(row) && !in_domain(row, &start));
    if (strstr(row->mnemonic, "maskmov"))
        start.gpr[RDI] = (uint64_t)native.mem + MEM_AT;
    start.gpr[RBX] = (uint64_t)native.mem;
    if (!strcmp(row->emitter, "fxrstor"))
        random_mxcsr(start.mem + MEM_AT + 24);
    if (!strcmp(row->emitter, "sse_ldmxcsr"))
        random_mxcsr(start.mem + MEM_AT);
    real = lifted = start;
    native_case(&real, &c);
    bool ok = lifted_case(&lifted, &c, false);
    settle(row, &real, &lifted);
    if (!strcmp(row->emitter, "sse_dot"))
        settle_dot(&c, &start, &real, &lifted);
    if (ok && same(&real, &lifted, row))
        return true;
    if (print) {
        printf("%s:", row->mnemonic);
        for (unsigned i = 0; i < c.n; i++)
            printf(" %02x", c.bytes[i]);
        printf("%s\n", ok ? "" : " (not lifted)");
        show("start", &start, ok ? &lifted : &real);
        show("real", &real, &lifted);
        show("lifted", &lifted, &real);
        Machine again = start;
        if (getenv("SHOW_IR"))
            lifted_case(&again, &c, true);
    }
    return false;
}

int main(int argc, char **argv)
{
    unsigned cases = argc > 1 ? (unsigned)atoi(argv[1]) : 300;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
    const char *only = argc > 3 ? argv[3] : NULL;
    static const int signals[] = {SIGFPE, SIGSEGV, SIGILL, SIGBUS, SIGTRAP};
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], on_signal);
    cpu = aligned_alloc(64, (sizeof *cpu + 63) / 64 * 64);
    code_page =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (!cpu || code_page == MAP_FAILED)
        return 2;
    unsigned rows = 0, bad_rows = 0;
    for (unsigned k = 0; k < x86_row_count; k++) {
        const X86Row *row = &x86_rows[k];
        if (!comparable(row) || (only && strcmp(only, row->mnemonic)))
            continue;
        unsigned failures = 0;
        rng_state = seed * 1000003 + k;
        for (unsigned n = 0; n < cases; n++)
            failures += !one_case(row, failures < 2);
        if (failures)
            printf("%s (row %u): %u of %u cases differ\n", row->mnemonic, k, failures, cases);
        rows++;
        bad_rows += failures != 0;
    }
    printf("%u rows of %u cases, %u rows with differences\n", rows, cases, bad_rows);
    return bad_rows != 0;
}
