/* steps.c: the sequences of steps.def, and the emitter that goes through one. */
#include "backend/x86_64/steps.h"

#include "backend/x86_64/emitters.h"
#include "ir/base/log.h"

/* Places of steps.def: operands, destination, scratch registers; constants from K_FIRST on. */
enum { A, B, C, D, T, U, V, W };

#define SAME8(x)                                                                                   \
    {                                                                                              \
        {                                                                                          \
            x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x                                         \
        }                                                                                          \
    }
#define SAME16(x) SAME32((uint32_t)(x)*0x10001)
#define SAME32(x) SAME64((uint64_t)(x)*0x100000001)
#define SAME64(x)                                                                                  \
    {                                                                                              \
        {                                                                                          \
            BYTES_OF(x), BYTES_OF(x)                                                               \
        }                                                                                          \
    }
#define FIRST(x)                                                                                   \
    {                                                                                              \
        {                                                                                          \
            BYTES_OF((uint64_t)(x))                                                                \
        }                                                                                          \
    }
#define BYTES_OF(x)                                                                                \
    BYTE(x, 0), BYTE(x, 1), BYTE(x, 2), BYTE(x, 3), BYTE(x, 4), BYTE(x, 5), BYTE(x, 6), BYTE(x, 7)
#define BYTE(x, n) (uint8_t)((uint64_t)(x) >> 8 * (n))

#define CONSTANTS(X)                                                                               \
    X(K_ONES, SAME8(0xff))                                                                         \
    X(K_ONES8, SAME8(1))                                                                           \
    X(K_ONES16, SAME16(1))                                                                         \
    X(K_ONES32, SAME32(1))                                                                         \
    X(K_ONES64, SAME64(1))                                                                         \
    X(K_SIGN32, SAME32(0x80000000u))                                                               \
    X(K_SIGN64, SAME64(UINT64_C(1) << 63))                                                         \
    X(K_LOW8, SAME16(0xff))                                                                        \
    X(K_LOW16, SAME32(0xffff))                                                                     \
    X(K_LOW32, SAME64(0xffffffff))                                                                 \
    X(K_BYTE32, SAME32(0xff))                                                                      \
    X(K_BYTE64, SAME64(0xff))                                                                      \
    X(K_256_32, SAME32(256))                                                                       \
    X(K_256_64, SAME64(256))                                                                       \
    X(K_FIRST8, FIRST(0xff))                                                                       \
    X(K_FIRST16, FIRST(0xffff))                                                                    \
    X(K_FIRST32, FIRST(0xffffffff))                                                                \
    X(K_NIBBLE, SAME8(15))                                                                         \
    X(K_112, SAME8(112))                                                                           \
    X(K_8, SAME8(8))                                                                               \
    X(K_8_UPPER, SAME16(0x800))                                                                    \
    X(K_16_16, SAME16(16))                                                                         \
    X(K_POWERS, {{1, 2, 4, 8, 16, 32, 64, 128}})                                                   \
    X(K_8_16, SAME16(8))                                                                           \
    X(K_16_32, SAME32(16))                                                                         \
    X(K_BIT0, SAME16(1))                                                                           \
    X(K_BIT1, SAME16(2))                                                                           \
    X(K_BIT2, SAME16(4))                                                                           \
    X(K_BIT3, SAME16(8))                                                                           \
    X(K_BIT4, SAME16(16))                                                                          \
    X(K_BIT5, SAME16(32))                                                                          \
    X(K_BIT6, SAME16(64))                                                                          \
    X(K_BIT7, SAME16(128))                                                                         \
    X(K_POPCNT, {{0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4}})                                \
    X(K_CLZ_LOW, {{8, 7, 6, 6, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 4, 4}})                               \
    X(K_CLZ_HIGH, {{8, 3, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}})

#define NAME(name, ...) name,
enum { K_FIRST = 16, BEFORE_CONSTANTS = K_FIRST - 1, CONSTANTS(NAME) };
#undef NAME
#define VALUE(name, ...) [name - K_FIRST] = __VA_ARGS__,
static const IrVec128 constants[] = {CONSTANTS(VALUE)};
#undef VALUE

#define S2(i, d_, b_)            {.insn = X86_##i, .d = d_, .b = b_},
#define S2I(i, d_, b_, imm_)     {.insn = X86_##i, .d = d_, .b = b_, .imm = imm_},
#define S3(i, d_, a_, b_)        {.insn = X86_##i, .d = d_, .a = a_, .b = b_},
#define S3I(i, d_, a_, b_, imm_) {.insn = X86_##i, .d = d_, .a = a_, .b = b_, .imm = imm_},
#define S4(i, d_, a_, b_, c_)    {.insn = X86_##i, .d = d_, .a = a_, .b = b_, .c = c_},
#define SHIFT(i, d_, a_, imm_)   {.insn = X86_##i, .d = d_, .b = a_, .imm = imm_},
#define SEQUENCE(name, ...)      const X86Step x86_steps_##name[] = {__VA_ARGS__{.insn = 0}};
#include "backend/x86_64/steps.def"

static bool is_blend(unsigned insn)
{
    return insn == X86_VPBLENDVB || insn == X86_VBLENDVPS || insn == X86_VBLENDVPD;
}

static unsigned place(const SelInst *si, unsigned p)
{
    return p < D ? si->opnd[p].reg[0] : p == D ? si->dest : si->scratch_vec[p - T];
}

static void step(Emitter *e, const SelInst *si, const X86Step *s)
{
    const X86InsnDesc *desc = &x86_insns[s->insn];
    unsigned d = place(si, s->d), imm = s->imm;
    X86Rm b = s->b < K_FIRST ? rm_reg(place(si, s->b)) : a_pool(e, constants[s->b - K_FIRST].b);
    if (is_blend(s->insn))
        imm = place(si, s->c) << 4;
    Asm a = {.insn = (X86Insn)s->insn,
             .reg = (uint8_t)d,
             .nimm = (desc->attr & A_I8) != 0,
             .imm = imm,
             .rm = b};
    if (desc->form == F_VRVM) {
        a.v = (uint8_t)place(si, s->a);
    } else if (desc->form == F_VVM) { /* the destination is the vvvv operand */
        a_vshift(e, a.insn, d, b.reg, imm);
        return;
    }
    a_emit(e, &a);
}

static void all_steps(Emitter *e, const SelInst *si)
{
    for (const X86Step *s = si->rule->steps; s->insn != 0; s++)
        step(e, si, s);
}

void emit_steps(Emitter *e, const SelInst *si, const IrInst *inst)
{
    (void)inst;
    all_steps(e, si);
}

/* A right shift's last bit shifted out, which a shift by one less has at the bottom, is added. The
 * steps are those of the plain shift; bit 7 of a count is its sign. */
void emit_vshlv_round(Emitter *e, const SelInst *si, const IrInst *inst)
{
    static const X86Insn add[] = {X86_VPADDB, X86_VPADDW, X86_VPADDD, X86_VPADDQ};
    static const uint8_t one[] = {K_ONES8, K_ONES16, K_ONES32, K_ONES64};
    unsigned count = si->opnd[1].reg[0], less = si->scratch_vec[4], last = si->scratch_vec[5];
    unsigned lane = inst->lane - IR_I8;
    SelInst shorter = *si;
    a_vpool(e, X86_VPADDB, less, count, constants[K_ONES8 - K_FIRST].b);
    shorter.opnd[1].reg[0] = (uint8_t)less;
    shorter.dest = (uint8_t)last;
    all_steps(e, &shorter);
    a_vshift(e, X86_VPSRLQ_I, less, count, 7);
    a_vvv(e, X86_VPAND, last, last, less);
    a_vpool(e, X86_VPAND, last, last, constants[one[lane] - K_FIRST].b);
    all_steps(e, si);
    a_vvv(e, add[lane], si->dest, si->dest, last);
}
