/* lower.c: turns the rows of lower.def into the table core reads, and the conditions they name. */
#include "backend/x86_64/lower.h"

#include "backend/x86_64/abi.h"
#include "backend/x86_64/emitters.h"
#include "backend/x86_64/steps.h"
#include "ir/base/bits.h"
#include "ir/type_masks.h"

/* ---- conditions ---- */

static bool when_big(Selection *s, IrRef v)
{
    return (select_inst(s, v)->flags & IR_M_BIG) != 0;
}

static bool when_release(Selection *s, IrRef v)
{
    return (select_inst(s, v)->flags & IR_M_ORDER) == IR_ORDER_RELEASE;
}

static bool when_unused(Selection *s, IrRef v)
{
    return s->uses[v.i] == 0 && s->weak[v.i] == 0;
}

static bool when_condition(Selection *s, IrRef v)
{
    return ir_x87_argument(select_inst(s, v)->imm) == IR_I8;
}

static bool when_argument(Selection *s, IrRef v)
{
    return ir_x87_argument(select_inst(s, v)->imm) != IR_VOID;
}

/* A mask that movzx or a 32-bit mov applies. */
static bool when_low_mask(Selection *s, IrRef v)
{
    const IrInst *in = select_inst(s, v);
    uint64_t mask = select_inst(s, in->arg[1])->imm & bits_mask(ir_type_bits(in->type));
    return mask == 0xff || (mask == 0xffff && in->type != IR_I16) ||
           (mask == 0xffffffff && in->type == IR_I64);
}

/* A left shift that lea may do while it copies; shl itself is shorter when nothing is copied. */
static bool when_lea_shift(Selection *s, IrRef v)
{
    int64_t n = 0;
    select_const(s, select_inst(s, v)->arg[1], &n);
    return n >= 1 && n <= 3;
}

static bool when_low_byte(Selection *s, IrRef v)
{
    return select_inst(s, v)->aux == 8u << 8;
}

static bool when_implicit(Selection *s, IrRef v)
{
    return (select_inst(s, v)->cc & IR_STR_IMPLICIT) != 0;
}

static bool when_compared(Selection *s, IrRef v)
{
    return select_strings_compared(s, v);
}

/* Number 0 of an op's variants. */
static bool when_first(Selection *s, IrRef v)
{
    return select_inst(s, v)->cc == 0;
}

static bool when_same(Selection *s, IrRef v)
{
    const IrInst *in = select_inst(s, v);
    return ir_same(in->arg[0], in->arg[1]);
}

/* Shifts by lanes. */
static bool when_unsigned(Selection *s, IrRef v)
{
    return select_inst(s, v)->cc == 0;
}

static bool when_signed(Selection *s, IrRef v)
{
    return select_inst(s, v)->cc == IR_SHIFT_SIGNED;
}

static bool when_arm(Selection *s, IrRef v)
{
    (void)v;
    return s->region->fp_model == FP_MODEL_ARM;
}

static bool is_carried(const Selection *s, IrRef v)
{
    IrRef root = s->alias[v.i];
    const IrInst *in = select_inst(s, root);
    return in->op == IR_param && s->region->blocks.data[in->block].loop_head &&
           s->uses[root.i] == 1 && s->uses[v.i] == 1;
}

/* The first operand, or the addend, is a value that a loop carries to this alone. */
static bool when_carried(Selection *s, IrRef v)
{
    return when_arm(s, v) && is_carried(s, select_inst(s, v)->arg[0]);
}

static bool when_carried_sum(Selection *s, IrRef v)
{
    return when_arm(s, v) && is_carried(s, select_inst(s, v)->arg[2]);
}

static bool when_arm_exact(Selection *s, IrRef v)
{
    return when_arm(s, v) && (s->region->fp_exact || s->region->fp_flush);
}

static bool when_not_x86(Selection *s, IrRef v)
{
    (void)v;
    return s->region->fp_model != FP_MODEL_X86;
}

static bool when_x86(Selection *s, IrRef v)
{
    return !when_not_x86(s, v);
}

static bool when_riscv(Selection *s, IrRef v)
{
    (void)v;
    return s->region->fp_model == FP_MODEL_RISCV;
}

/* Saturated lanes: but for one rounding the host has what it takes. */
static bool when_inline_sat(Selection *s, IrRef v)
{
    unsigned cc = select_inst(s, v)->cc;
    return when_not_x86(s, v) && cc != IR_ROUND_CURRENT && cc != IR_ROUND_AWAY;
}

static bool when_away(Selection *s, IrRef v)
{
    return select_inst(s, v)->cc % IR_ROUND_QUIET == IR_ROUND_AWAY;
}

/* What is computed on the way may be denormal, which x86 has a flag for. */
static bool when_away_x86(Selection *s, IrRef v)
{
    return when_away(s, v) && s->region->fp_model == FP_MODEL_X86;
}

static bool when_to_zero(Selection *s, IrRef v)
{
    return when_not_x86(s, v) && select_inst(s, v)->cc == IR_ROUND_ZERO;
}

static bool when_static(Selection *s, IrRef v)
{
    return when_not_x86(s, v) && select_inst(s, v)->cc != IR_ROUND_CURRENT;
}

static bool when_unsigned_round(Selection *s, IrRef v)
{
    return select_inst(s, v)->cc == IR_SHIFT_ROUND;
}

static bool when_signed_round(Selection *s, IrRef v)
{
    return select_inst(s, v)->cc == (IR_SHIFT_SIGNED | IR_SHIFT_ROUND);
}

static bool when_low_unit(Selection *s, IrRef v)
{
    uint32_t aux = select_inst(s, v)->aux;
    return aux == 8u << 8 || aux == 16u << 8;
}

/* ---- the table ---- */

enum {
    ANY = INT | FP | V128,
    CALLER_SAVED = 1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI | 0xfu << R8,
};

#define R match_reg
#define _ NULL
#define RULE(op_, types_, lanes_, a0, a1, a2, flags_, emit_, code_, ...)                           \
    {.op = IR_##op_,                                                                               \
     .types = types_,                                                                              \
     .lanes = lanes_,                                                                              \
     .arg = {a0, a1, a2},                                                                          \
     .fixed = {ANY_REG, ANY_REG, ANY_REG},                                                         \
     .dest = ANY_REG,                                                                              \
     .flags = flags_,                                                                              \
     .emit = emit_,                                                                                \
     .name = #emit_,                                                                               \
     .code = code_,                                                                                \
     __VA_ARGS__},
#define FIXED(op_, types_, a0, a1, a2, f0, f1, f2, dest_, flags_, emit_, code_, ...)               \
    {.op = IR_##op_,                                                                               \
     .types = types_,                                                                              \
     .arg = {a0, a1, a2},                                                                          \
     .fixed = {f0, f1, f2},                                                                        \
     .dest = dest_,                                                                                \
     .flags = flags_,                                                                              \
     .emit = emit_,                                                                                \
     .name = #emit_,                                                                               \
     .code = code_,                                                                                \
     __VA_ARGS__},

/* Aligned memory in the legacy encoding, any other memory in VEX. */
#define VBIN(op, lanes, insn)                                                                      \
    RULE(op, V128, lanes, R, m_vmem_aligned, _, RULE_TIED, emit_vbin_sse, insn)                    \
    RULE(op, V128, lanes, m_other_reg, m_other_vmem_aligned, _, RULE_TIED, emit_vbin_sse, insn)    \
    RULE(op, V128, lanes, m_other_reg, m_other_vmem, _, 0, emit_vbin, insn)                        \
    RULE(op, V128, lanes, R, m_vrm, _, 0, emit_vbin, insn)
#define VBIN_IMM(op, lanes, insn)                                                                  \
    RULE(op, V128, lanes, R, m_vmem_aligned, _, RULE_TIED, emit_vbin_imm_sse, insn)                \
    RULE(op, V128, lanes, R, m_vrm, _, 0, emit_vbin_imm, insn)
/* The op's meaning is called: everything that a call destroys goes. */
#define SOFT(op, b, c)                                                                             \
    FIXED(op, V128, R, b, c, 0, 1, 2, 15, 0, emit_soft, 0, .clobber_gpr = CALLER_SAVED,            \
          .clobber_vec = 0x7fff)
#define AES(op, insn)                                                                              \
    RULE(op, V128, 0, R, m_vmem_aligned, _, RULE_TIED, emit_vbin_sse, insn, .needs = HOST_AES)     \
    RULE(op, V128, 0, R, m_vrm, _, 0, emit_vbin, insn, .needs = HOST_AES)                          \
    SOFT(op, R, _)
/* Some hosts do not check the alignment of these: no load is folded. */
#define SHA(op, insn)                                                                              \
    RULE(op, V128, 0, R, R, _, RULE_TIED, emit_sha, insn, .needs = HOST_SHA)                       \
    SOFT(op, R, _)
/* exact.c wants the operands afterwards: the result goes elsewhere, or what a loop carries around
 * is kept aside, so that it stays in its place. */
#define FP_BIN(op)                                                                                 \
    RULE(op, F32 | F64, 0, R, R, _, RULE_TIED, emit_fp_bin_kept, 0, .scratch_vec = 1,              \
         .when = when_carried)                                                                     \
    RULE(op, F32 | F64, 0, R, R, _, RULE_EARLY, emit_fp_bin, 0, .when = when_arm)                  \
    RULE(op, F32 | F64, 0, R, m_vrm, _, 0, emit_fp_bin, 0)
#define FP_MINMAX(op, insn)                                                                        \
    RULE(op, F32 | F64, 0, R, R, _, 0, emit_fminmax, insn, .when = when_not_x86)                   \
    RULE(op, F32 | F64, 0, R, R, _, 0, emit_fp_soft, 0)
#define FP_SAT(op)                                                                                 \
    RULE(op, I32 | I64, 0, R, _, _, 0, emit_fsat, 0, .when = when_to_zero)                         \
    RULE(op, I32 | I64, 0, R, _, _, 0, emit_fsat, 0, .scratch_vec = 2, .when = when_static)        \
    RULE(op, I32 | I64, 0, R, _, _, 0, emit_fp_soft, 0)
#define VFP_BIN(op, lanes, insn)                                                                   \
    RULE(op, V128, lanes, R, R, _, RULE_TIED, emit_vfp_kept, insn, .scratch_vec = 2,               \
         .scratch_gpr = 1, .when = when_carried)                                                   \
    RULE(op, V128, lanes, R, R, _, RULE_EARLY, emit_vfp, insn, .scratch_vec = 1, .scratch_gpr = 1, \
         .when = when_not_x86)                                                                     \
    VBIN(op, lanes, insn)
#define VFP_MINMAX(op, single, dbl)                                                                \
    RULE(op, V128, F32 | F64, R, R, _, 0, emit_fp_soft, 0, .when = when_x86)                       \
    RULE(op, V128, F32, R, R, _, RULE_EARLY, emit_vfminmax, single, .scratch_vec = 1,              \
         .scratch_gpr = 1)                                                                         \
    RULE(op, V128, F64, R, R, _, RULE_EARLY, emit_vfminmax, dbl, .scratch_vec = 1, .scratch_gpr = 1)
#define VLOGIC(op, fp_insn, insn)                                                                  \
    VBIN(op, F32 | F64, fp_insn)                                                                   \
    VBIN(op, 0, insn)
#define VUN(op, lanes, insn)                                                                       \
    RULE(op, V128, lanes, m_vmem_aligned, _, _, 0, emit_vun_sse, insn)                             \
    RULE(op, V128, lanes, m_vrm, _, _, 0, emit_vun, insn)
#define VSHIFT(op, lanes, insn)                                                                    \
    RULE(op, V128, lanes, R, m_vcount, _, 0, emit_vshift, insn)                                    \
    RULE(op, V128, lanes, R, R, _, 0, emit_vshift, insn, .scratch_vec = 1)
#define STEPS(op, lanes, a, b, flags, scratch, name_, ...)                                         \
    RULE(op, V128, lanes, a, b, _, flags, emit_steps, 0, .scratch_vec = scratch,                   \
         .steps = x86_steps_##name_, __VA_ARGS__)
#define STEPS3(op, scratch, name_)                                                                 \
    RULE(op, V128, 0, R, R, R, 0, emit_steps, 0, .scratch_vec = scratch, .steps = x86_steps_##name_)
#define ATOMIC_LOOP(op, insn)                                                                      \
    FIXED(op, INT, m_addr, R, _, ANY_REG, ANY_REG, ANY_REG, RAX, RULE_FAULT_LATE,                  \
          emit_atomic_loop, insn, .scratch_gpr = 1)

const LowerRule x86_rules[X86_RULE_COUNT] = {
#include "backend/x86_64/lower.def"
};

/* The same rows again: where the rules of each op end. A later row of an op overrides the earlier.
 */
#undef RULE
#undef FIXED
#define RULE(op_, ...)  [IR_##op_] = __COUNTER__ - RULES_START,
#define FIXED(op_, ...) RULE(op_)
enum { RULES_START = __COUNTER__ };
#pragma GCC diagnostic ignored "-Woverride-init"
const uint16_t x86_rule_ends[IR_OP_COUNT] = {
#include "backend/x86_64/lower.def"
};
