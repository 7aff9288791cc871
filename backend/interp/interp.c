/* interp.c: the interpreting engine: runs a packed region on guest state in memory.
 *
 * It gives the IR its meaning: pure ops are ir_eval, FP ops ir_eval_fp, the rest is here. Common
 * integer ops have steps of their own, for speed; tests/ir compares them with ir_eval. Values live
 * in an array on the stack or in guest state, narrow ones zero-extended. Guest memory is reached
 * only through the accessors, so that a bad address ends the run and never faults the translator.
 *
 * Invariant: in lifted form what has been put at any op that may fault is the exact state at the
 * start of the guest instruction, and trim.c moves no put across such an op; so ending a run
 * anywhere needs no repair.
 */
#include "backend/interp/interp.h"

#include <stdatomic.h>
#include <string.h>

#include "ir/base/bits.h"
#include "ir/traps.h"

static const PackedInst *set(Run *x, const PackedInst *i, uint64_t v)
{
    run_set(x, i->dest, v);
    return i + 1;
}

/* ---- ops that are functions of their arguments ---- */

static const PackedInst *step_eval(Run *x, const PackedInst *i)
{
    IrValue args[3];
    const IrInst *op = run_other(x, i, args);
    run_set_value(x, i->dest, ir_eval(x->p->facts, op, args), op->type);
    return packed_after(i);
}

/* Only the result's own bits. */
static const PackedInst *set_bits(Run *x, const PackedInst *i, uint64_t v)
{
    return set(x, i, v << i->size >> i->size);
}

static unsigned shift_count(const PackedInst *i, uint64_t count)
{
    return (unsigned)count & (63u - i->size);
}

#define STEP_BIN(name, expr)                                                                       \
    static const PackedInst *step_##name(Run *x, const PackedInst *i)                              \
    {                                                                                              \
        uint64_t a = run_get(x, i->a), b = run_get(x, i->b);                                       \
        return set_bits(x, i, expr);                                                               \
    }
STEP_BIN(add, a + b)
STEP_BIN(sub, a - b)
STEP_BIN(mul, a *b)
STEP_BIN(and, a &b)
STEP_BIN(or, a | b)
STEP_BIN(xor, a ^ b)
STEP_BIN(shl, a << shift_count(i, b))
STEP_BIN(shr, a >> shift_count(i, b))
STEP_BIN(sar, (uint64_t)(bits_sext(a, 64u - i->size) >> shift_count(i, b)))

#define STEP_CMP(name, relation)                                                                   \
    static const PackedInst *step_##name(Run *x, const PackedInst *i)                              \
    {                                                                                              \
        uint64_t a = run_get(x, i->a), b = run_get(x, i->b);                                       \
        return set(x, i, relation);                                                                \
    }
STEP_CMP(eq, a == b)
STEP_CMP(ne, a != b)
STEP_CMP(ult, a < b)
STEP_CMP(ule, a <= b)
STEP_CMP(slt, bits_sext(a, i->size) < bits_sext(b, i->size))
STEP_CMP(sle, bits_sext(a, i->size) <= bits_sext(b, i->size))

static const PackedInst *step_not(Run *x, const PackedInst *i)
{
    return set_bits(x, i, ~run_get(x, i->a));
}
static const PackedInst *step_neg(Run *x, const PackedInst *i)
{
    return set_bits(x, i, -run_get(x, i->a));
}
static const PackedInst *step_sext(Run *x, const PackedInst *i)
{
    return set_bits(x, i, (uint64_t)bits_sext(run_get(x, i->a), i->b));
}
static const PackedInst *step_move(Run *x, const PackedInst *i)
{
    return set(x, i, run_get(x, i->a));
}
static const PackedInst *step_vlow(Run *x, const PackedInst *i)
{
    *run_at(x, i->dest) = (IrValue){.q = {run_get(x, i->a), 0}};
    return i + 1;
}
static const PackedInst *step_trunc(Run *x, const PackedInst *i)
{
    return set_bits(x, i, run_get(x, i->a));
}
static const PackedInst *step_extract(Run *x, const PackedInst *i)
{
    return set(x, i, run_get(x, i->a) >> i->size & bits_mask(i->b));
}
static const PackedInst *step_select(Run *x, const PackedInst *i)
{
    unsigned from = (uint8_t)run_get(x, i->a) != 0 ? i->b : packed_more(i)->a;
    run_set_value(x, i->dest, run_value(x, from, i->size), i->size);
    return packed_after(i);
}

/* ---- guest state ---- */

/* Copies of known length are single moves. */
static inline void copy_value(uint8_t *to, const uint8_t *from, unsigned size)
{
    switch (size) {
    case 8:
        memcpy(to, from, 8);
        break;
    case 4:
        memcpy(to, from, 4);
        break;
    case 16:
        memcpy(to, from, 16);
        break;
    default:
        memcpy(to, from, size);
    }
}

static const PackedInst *step_get(Run *x, const PackedInst *i)
{
    IrValue *v = run_at(x, i->dest);
    *v = (IrValue){.q = {0, 0}};
    copy_value(v->b, (const uint8_t *)x->state + i->a, i->size);
    return i + 1;
}

static const PackedInst *step_get64(Run *x, const PackedInst *i)
{
    uint64_t v;
    memcpy(&v, (const uint8_t *)x->state + i->a, 8);
    return set(x, i, v);
}

static const PackedInst *step_put(Run *x, const PackedInst *i)
{
    copy_value((uint8_t *)x->state + i->b, run_at(x, i->a)->b, i->size);
    return i + 1;
}

static const PackedInst *step_put64(Run *x, const PackedInst *i)
{
    memcpy((uint8_t *)x->state + i->b, run_at(x, i->a)->b, 8);
    return i + 1;
}

static const PackedInst *step_poll(Run *x, const PackedInst *i)
{
    if (x->polls_left-- != 0 && atomic_load_explicit(&x->state->poll, memory_order_relaxed) == 0)
        return i + 1;
    return run_end(x, i, INTERP_POLL);
}

/* ---- guest memory ---- */

static void swap_bytes(IrValue *v, unsigned n)
{
    for (unsigned k = 0; k < n / 2; k++) {
        uint8_t t = v->b[k];
        v->b[k] = v->b[n - 1 - k];
        v->b[n - 1 - k] = t;
    }
}

static bool misaligned(bool matters, uint64_t addr, unsigned size)
{
    return matters && (addr & (size - 1)) != 0;
}

/* Accesses themselves are plain; these fences give the guest's order. TSO's cost nothing on an x86
 * host: a load stays before what follows, a store behind what precedes. */
static void order_before(unsigned order)
{
    if (order == IR_ORDER_TSO)
        atomic_thread_fence(memory_order_release);
    else if (order != IR_ORDER_NONE)
        atomic_thread_fence(memory_order_seq_cst);
}

static void order_after(unsigned order)
{
    if (order == IR_ORDER_TSO)
        atomic_thread_fence(memory_order_acquire);
    else if (order != IR_ORDER_NONE)
        atomic_thread_fence(memory_order_seq_cst);
}

static uint64_t address(const Run *x, unsigned base, unsigned displacement)
{
    return run_get(x, base) + (uint64_t)(int16_t)displacement;
}

/* Reads straight into the place, but for what needs zeros above: a host waits where it reads more
 * than was written at once. */
static int read_into(Run *x, uint64_t addr, unsigned place, unsigned size)
{
    if (size >= 8)
        return guest_read(x->state, addr, run_at(x, place), size);
    uint32_t word = 0;
    if (guest_read(x->state, addr, &word, size) != 0)
        return 1;
    run_set(x, place, word);
    return 0;
}

static inline const PackedInst *load(Run *x, const PackedInst *i, unsigned size)
{
    if (read_into(x, address(x, i->a, i->b), i->dest, size) != 0)
        return run_end(x, i, INTERP_FAULT);
    order_after(access_order(i->size));
    return i + 1;
}
static const PackedInst *step_load64(Run *x, const PackedInst *i)
{
    return load(x, i, 8);
}
static const PackedInst *step_load32(Run *x, const PackedInst *i)
{
    return load(x, i, 4);
}

static const PackedInst *step_load(Run *x, const PackedInst *i)
{
    unsigned size = access_size(i->size);
    if (misaligned((i->size & ACCESS_ALIGNED) != 0, address(x, i->a, i->b), size))
        return run_trap(x, i, TRAP_PRIVILEGED, 0);
    const PackedInst *next = load(x, i, size);
    if (next != NULL && (i->size & ACCESS_BIG) != 0)
        swap_bytes(run_at(x, i->dest), size);
    return next;
}

static inline const PackedInst *store(Run *x, const PackedInst *i, const void *from, unsigned size)
{
    order_before(access_order(i->size));
    if (guest_write(x->state, address(x, i->a, i->dest), from, size) != 0)
        return run_end(x, i, INTERP_FAULT);
    order_after(access_order(i->size));
    return i + 1;
}
static const PackedInst *step_store64(Run *x, const PackedInst *i)
{
    return store(x, i, run_at(x, i->b), 8);
}
static const PackedInst *step_store32(Run *x, const PackedInst *i)
{
    return store(x, i, run_at(x, i->b), 4);
}

static const PackedInst *step_store(Run *x, const PackedInst *i)
{
    unsigned size = access_size(i->size);
    if (misaligned((i->size & ACCESS_ALIGNED) != 0, address(x, i->a, i->dest), size))
        return run_trap(x, i, TRAP_PRIVILEGED, 0);
    IrValue v = run_value(x, i->b, size == 16 ? IR_V128 : IR_I64);
    if ((i->size & ACCESS_BIG) != 0)
        swap_bytes(&v, size);
    return store(x, i, v.b, size);
}

static const PackedInst *step_fence(Run *x, const PackedInst *i)
{
    (void)x;
    (void)i;
    atomic_thread_fence(memory_order_seq_cst);
    return i + 1;
}

static const PackedInst *step_atomic(Run *x, const PackedInst *i)
{
    IrValue args[3];
    const IrInst *op = run_other(x, i, args);
    uint64_t addr = args[0].u;
    unsigned size = ir_type_bits((IrType)op->type) / 8;
    IrValue old = {.q = {0, 0}}, operand = args[1];
    if (op->op == IR_acas) {
        old = operand;
        operand = args[2];
    }
    if (misaligned((op->flags & IR_M_ALIGNED) != 0, addr, size) || (size == 16 && addr % 16 != 0))
        return run_trap(x, i, TRAP_PRIVILEGED, 0);
    if (guest_atomic(x->state, op->op, addr, operand.b, old.b, size) != 0)
        return run_end(x, i, INTERP_FAULT);
    run_set_value(x, i->dest, old, op->type);
    return packed_after(i);
}

/* ---- control ---- */

/* Block parameters are set all at once: an argument may be another parameter of the same block. */
static void set_params(Run *x, const PackedEdge *e)
{
    const uint16_t *pair = packed_words(x->p, e->args);
    IrValue args[e->nargs];
    for (uint32_t n = 0; n < e->nargs; n++)
        args[n] = *run_at(x, pair[2 * n + 1]); /* whatever its type */
    for (uint32_t n = 0; n < e->nargs; n++)
        *run_at(x, pair[2 * n]) = args[n];
}

static const PackedInst *follow(Run *x, const PackedEdge *e)
{
    uint64_t pc = packed_pc(x->p, e->pc);
    if (e->nargs != 0)
        set_params(x, e);
    x->result.guest_insns += e->insns;
    if (x->max_insns != 0 && x->result.guest_insns >= x->max_insns && e->bounded) {
        x->result.end = INTERP_EXIT;
        x->state->pc = pc;
        return NULL;
    }
    if (x->ran != NULL)
        ran_note(x->ran, pc);
    return packed_insts(x->p) + e->to;
}

static const PackedInst *step_jump(Run *x, const PackedInst *i)
{
    return follow(x, packed_edge(x->p, i->a));
}
static const PackedInst *step_br(Run *x, const PackedInst *i)
{
    return follow(x, packed_edge(x->p, (uint8_t)run_get(x, i->a) != 0 ? i->b : i->dest));
}

static const PackedInst *step_exit(Run *x, const PackedInst *i)
{
    bool service = i->size == IR_EXIT_SERVICE;
    run_end_in(x, packed_insn(x->p, i->dest), service ? INTERP_SERVICE : INTERP_EXIT);
    x->result.exit_kind = (IrExitKind)i->size;
    x->result.exit_pc = x->state->pc;
    x->state->pc = run_get(x, i->a);
    if (service)
        x->state->exit_arg = i->b;
    return NULL;
}
static const PackedInst *step_trap(Run *x, const PackedInst *i)
{
    return run_trap(x, i, i->a, packed_wide(i));
}

/* ---- a run ---- */

const PackedInst *run_end(Run *x, const PackedInst *i, InterpEnd end)
{
    const PackedInsn *in = packed_insn(x->p, x->p->ninsns);
    do
        in--;
    while (in->at > i - packed_insts(x->p));
    return run_end_in(x, in, end);
}

/* Each step goes to the next by a jump of its own, which hosts predict better than one for all. */
static void run_steps(Run *x, const PackedInst *i)
{
    static const void *const labels[] = {
#define STEP(name) &&do_##name,
#include "backend/interp/steps.def"
#undef STEP
    };
    goto *labels[i->step];
#define STEP(name)                                                                                 \
    do_##name : i = step_##name(x, i);                                                             \
    if (i == NULL)                                                                                 \
        return;                                                                                    \
    goto *labels[i->step];
#include "backend/interp/steps.def"
#undef STEP
}

InterpResult interp_run(const PackedRegion *p, CpuState *state, const InterpLimits *limits)
{
    IrValue values[p->nvalues];
    values[0] = (IrValue){.q = {0, 0}}; /* stands for operands that there are not */
    Run x = {.p = p,
             .state = state,
             .places = {(char *)values, (char *)state, (char *)(p + 1)},
             .ran = limits->ran,
             .max_insns = limits->insns,
             .polls_left = limits->polls != 0 ? limits->polls : UINT32_MAX};
    if (x.ran != NULL)
        ran_note(x.ran, p->pc);
    run_steps(&x, packed_insts(p));
    return x.result;
}

InterpResult interp_run_region(const Region *r, CpuState *state, const InterpLimits *limits)
{
    return interp_run(interp_pack(r->arena, r->arena, r), state, limits);
}
