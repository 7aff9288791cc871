/* interp.c: the interpreting engine: runs a lifted region on guest state in memory.
 *
 * It gives the IR its meaning: pure ops are ir_eval, FP ops ir_eval_fp, the rest is here. Common
 * integer ops have steps of their own, for speed; tests/ir compares them with ir_eval. Values live
 * in an array on the stack, by instruction number, narrow ones zero-extended. Guest memory is
 * reached only through the accessors, so that a bad address ends the run and never faults the
 * translator.
 *
 * Invariant: in lifted form what has been put at any op that may fault is the exact state at the
 * start of the guest instruction, so ending a run anywhere needs no repair.
 */
#include "backend/interp/interp.h"

#include <stdatomic.h>
#include <string.h>

#include "ir/base/bits.h"
#include "ir/base/log.h"
#include "ir/traps.h"

static const uint64_t type_mask[IR_TYPE_COUNT] = {
    [IR_I8] = 0xff, [IR_I16] = 0xffff, [IR_I32] = UINT32_MAX, [IR_I64] = UINT64_MAX};

static const uint8_t type_size[IR_TYPE_COUNT] = {
    [IR_I8] = 1,  [IR_I16] = 2, [IR_I32] = 4,  [IR_I64] = 8,
    [IR_F32] = 4, [IR_F64] = 8, [IR_V128] = 16};

static bool set(Run *x, const IrInst *i, uint64_t v)
{
    *run_dest(x, i) = (IrValue){.q = {v, 0}};
    return true;
}

/* ---- ops that are functions of their arguments ---- */

static bool step_eval(Run *x, const IrInst *i)
{
    IrValue args[3];
    for (unsigned n = 0; n < i->nargs; n++)
        args[n] = run_arg(x, i, n);
    *run_dest(x, i) = ir_eval(x->r, i, args);
    return true;
}

static bool step_const(Run *x, const IrInst *i)
{
    return set(x, i, i->imm);
}

#define STEP_BIN(name, expr)                                                                       \
    static bool step_##name(Run *x, const IrInst *i)                                               \
    {                                                                                              \
        uint64_t a = x->v[i->arg[0].i].u, b = x->v[i->arg[1].i].u;                                 \
        return set(x, i, (expr)&type_mask[i->type]);                                               \
    }
STEP_BIN(add, a + b)
STEP_BIN(sub, a - b)
STEP_BIN(and, a &b)
STEP_BIN(or, a | b)
STEP_BIN(xor, a ^ b)
STEP_BIN(eq, a == b)
STEP_BIN(ne, a != b)
STEP_BIN(ult, a < b)
STEP_BIN(ule, a <= b)

static bool step_zext(Run *x, const IrInst *i)
{
    return set(x, i, run_arg(x, i, 0).u);
}
static bool step_trunc(Run *x, const IrInst *i)
{
    return set(x, i, run_arg(x, i, 0).u & type_mask[i->type]);
}
static bool step_extract(Run *x, const IrInst *i)
{
    return set(x, i, run_arg(x, i, 0).u >> (i->aux & 0xff) & bits_mask(i->aux >> 8));
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

static uint8_t *slot_address(Run *x, const IrInst *i)
{
    return (uint8_t *)x->state + x->r->slots->slots[i->imm].offset;
}

static bool step_get(Run *x, const IrInst *i)
{
    IrValue *v = run_dest(x, i);
    *v = (IrValue){.q = {0, 0}};
    copy_value(v->b, slot_address(x, i), type_size[i->type]);
    return true;
}

static bool step_put(Run *x, const IrInst *i)
{
    const IrValue *v = &x->v[i->arg[0].i];
    copy_value(slot_address(x, i), v->b, type_size[x->r->slots->slots[i->imm].type]);
    return true;
}

/* The entry block may announce the first instruction ahead of the block that holds it. */
static bool step_insn(Run *x, const IrInst *i)
{
    bool again = i->imm == x->insn_pc && x->result.guest_insns != 0 && !x->went_back;
    x->pc = x->insn_pc = i->imm;
    x->went_back = false;
    if (again)
        return true;
    if (x->max_insns != 0 && x->result.guest_insns >= x->max_insns)
        return run_end(x, INTERP_EXIT);
    x->result.guest_insns++;
    return true;
}

static bool step_nothing(Run *x, const IrInst *i)
{
    (void)x;
    (void)i;
    return true;
}

static bool step_poll(Run *x, const IrInst *i)
{
    (void)i;
    if (x->polls_left-- != 0 && atomic_load_explicit(&x->state->poll, memory_order_relaxed) == 0)
        return true;
    return run_end(x, INTERP_POLL);
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

static bool misaligned(const IrInst *i, uint64_t addr, unsigned size)
{
    return (i->flags & IR_M_ALIGNED) != 0 && (addr & (size - 1)) != 0;
}

/* Accesses themselves are plain; these fences give the guest's order. TSO's cost nothing on an x86
 * host: a load stays before what follows, a store behind what precedes. */
static void order_before(const IrInst *i)
{
    unsigned order = i->flags & IR_M_ORDER;
    if (order == IR_ORDER_TSO)
        atomic_thread_fence(memory_order_release);
    else if (order != IR_ORDER_NONE)
        atomic_thread_fence(memory_order_seq_cst);
}

static void order_after(const IrInst *i)
{
    unsigned order = i->flags & IR_M_ORDER;
    if (order == IR_ORDER_TSO)
        atomic_thread_fence(memory_order_acquire);
    else if (order != IR_ORDER_NONE)
        atomic_thread_fence(memory_order_seq_cst);
}

static bool step_load(Run *x, const IrInst *i)
{
    uint64_t addr = run_arg(x, i, 0).u;
    unsigned size = type_size[i->type];
    IrValue v = {.q = {0, 0}};
    if (misaligned(i, addr, size))
        return run_trap(x, TRAP_PRIVILEGED, 0);
    if (guest_read(x->state, addr, v.b, size) != 0)
        return run_end(x, INTERP_FAULT);
    order_after(i);
    if ((i->flags & IR_M_BIG) != 0)
        swap_bytes(&v, size);
    *run_dest(x, i) = v;
    return true;
}

static bool step_store(Run *x, const IrInst *i)
{
    uint64_t addr = run_arg(x, i, 0).u;
    unsigned size = type_size[i->lane];
    IrValue v = run_arg(x, i, 1);
    if (misaligned(i, addr, size))
        return run_trap(x, TRAP_PRIVILEGED, 0);
    if ((i->flags & IR_M_BIG) != 0)
        swap_bytes(&v, size);
    order_before(i);
    if (guest_write(x->state, addr, v.b, size) != 0)
        return run_end(x, INTERP_FAULT);
    order_after(i);
    return true;
}

static bool step_fence(Run *x, const IrInst *i)
{
    (void)x;
    (void)i;
    atomic_thread_fence(memory_order_seq_cst);
    return true;
}

static bool step_atomic(Run *x, const IrInst *i)
{
    uint64_t addr = run_arg(x, i, 0).u;
    unsigned size = type_size[i->type];
    IrValue old = {.q = {0, 0}}, operand = run_arg(x, i, 1);
    if (i->op == IR_acas) {
        old = operand;
        operand = run_arg(x, i, 2);
    }
    if (misaligned(i, addr, size) || (size == 16 && addr % 16 != 0))
        return run_trap(x, TRAP_PRIVILEGED, 0);
    if (guest_atomic(x->state, i->op, addr, operand.b, old.b, size) != 0)
        return run_end(x, INTERP_FAULT);
    *run_dest(x, i) = old;
    return true;
}

/* ---- control ---- */

/* Block parameters are set all at once: an argument may be another parameter of the same block. */
static void set_params(Run *x, const IrEdge *e, const IrBlock *b)
{
    IrValue args[e->nargs];
    for (uint32_t n = 0; n < e->nargs; n++)
        args[n] = x->v[x->r->pool.data[e->args + n].i];
    for (uint32_t n = 0; n < e->nargs; n++)
        x->v[b->params.data[n].i] = args[n];
}

static bool follow(Run *x, const IrInst *i, unsigned n_edge)
{
    const IrEdge *e = &x->r->edges.data[i->edge[n_edge]];
    const IrBlock *b = &x->r->blocks.data[e->block];
    if (e->nargs != 0)
        set_params(x, e, b);
    x->next = b->first;
    x->pc = b->pc;
    x->went_back |= e->block <= i->block;
    if (x->ran != NULL)
        ran_note(x->ran, b->pc);
    return true;
}

static bool step_jump(Run *x, const IrInst *i)
{
    return follow(x, i, 0);
}
static bool step_br(Run *x, const IrInst *i)
{
    return follow(x, i, x->v[i->arg[0].i].b[0] == 0);
}

static bool leave(Run *x, const IrInst *i, uint64_t pc)
{
    x->result.exit_pc = x->pc;
    x->pc = pc;
    x->result.exit_kind = (IrExitKind)i->cc;
    if (i->cc != IR_EXIT_SERVICE)
        return run_end(x, INTERP_EXIT);
    x->state->exit_arg = i->aux;
    return run_end(x, INTERP_SERVICE);
}

static bool step_exit(Run *x, const IrInst *i)
{
    return leave(x, i, i->imm);
}
static bool step_exitind(Run *x, const IrInst *i)
{
    return leave(x, i, run_arg(x, i, 0).u);
}
static bool step_trap(Run *x, const IrInst *i)
{
    return run_trap(x, (uint32_t)i->imm, i->aux);
}

/* ---- the table ---- */

/* Ops without a row are functions of their arguments: step_fp if they need the FP environment,
 * else step_eval. */
static Step *const steps[IR_OP_COUNT] = {
    [IR_const] = step_const,
    [IR_add] = step_add,
    [IR_sub] = step_sub,
    [IR_and] = step_and,
    [IR_or] = step_or,
    [IR_xor] = step_xor,
    [IR_eq] = step_eq,
    [IR_ne] = step_ne,
    [IR_ult] = step_ult,
    [IR_ule] = step_ule,
    [IR_zext] = step_zext,
    [IR_trunc] = step_trunc,
    [IR_extract] = step_extract,
    [IR_get] = step_get,
    [IR_put] = step_put,
    [IR_insn] = step_insn,
    [IR_count] = step_nothing,
    [IR_poll] = step_poll,
    [IR_load] = step_load,
    [IR_store] = step_store,
    [IR_fence] = step_fence,
    [IR_aadd] = step_atomic,
    [IR_aand] = step_atomic,
    [IR_aor] = step_atomic,
    [IR_axor] = step_atomic,
    [IR_axchg] = step_atomic,
    [IR_acas] = step_atomic,
    [IR_fpctlget] = step_fpctlget,
    [IR_fpctlset] = step_fpctlset,
    [IR_call] = step_call,
    [IR_jump] = step_jump,
    [IR_br] = step_br,
    [IR_exit] = step_exit,
    [IR_exitind] = step_exitind,
    [IR_trap] = step_trap,
};

static bool step_other(Run *x, const IrInst *i)
{
    return ir_has(i, IR_E_FPENV) ? step_fp(x, i) : step_eval(x, i);
}

static InterpResult run(const Region *r, CpuState *state, uint64_t max_insns, uint32_t max_polls,
                        RanBlocks *ran)
{
    IrValue values[r->insts.count];
    Run x = {.r = r,
             .state = state,
             .v = values,
             .ran = ran,
             .max_insns = max_insns,
             .polls_left = max_polls != 0 ? max_polls : UINT32_MAX};
    const IrInst *insts = r->insts.data;
    DG_ASSERT(!r->promoted);
    x.pc = r->blocks.data[0].pc;
    x.next = r->blocks.data[0].first;
    for (;;) {
        const IrInst *i = &insts[x.next];
        Step *step = steps[i->op];
        x.next = i->next;
        if (step != NULL ? !step(&x, i) : !step_other(&x, i))
            break;
    }
    return x.result;
}

InterpResult interp_run(const Region *r, CpuState *state, uint64_t max_insns, uint32_t max_polls)
{
    return run(r, state, max_insns, max_polls, NULL);
}

InterpResult interp_run_noting(const Region *r, CpuState *state, uint32_t max_polls, RanBlocks *ran)
{
    ran_note(ran, r->blocks.data[0].pc);
    return run(r, state, 0, max_polls, ran);
}
