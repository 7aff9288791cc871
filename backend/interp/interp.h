/* interp.h: packed regions and one run of them, as the interpreter's files see it; the entries are
 * interp_pack and interp_run (backend.h).
 *
 * A packed region is a lifted one made to be run and to be small, for what a run costs is mostly
 * fetching it: instructions in the order in which they run, 8 bytes each. Operands are places:
 * those of values, which constants and results have, or of guest state, where a value is there for
 * as long as it is used, or goes there. What only means a value with more zeros above is the same
 * value. What common ops need stands in the instruction; for the others the IR's own instruction is
 * kept (`others`), whose arguments name instructions of their types (type_insts), for that is all
 * that ir_eval asks of them.
 *
 *     %3 = add i32 %1, %2    { step: add, size: 64 - 32, dest: value 3, a: value 1, b: value 2 }
 *
 * A result INTERP_TRAP carries the trap number and argument in InterpResult; INTERP_FAULT leaves
 * the fault in CpuState as the accessor recorded it; INTERP_SERVICE the number in
 * CpuState.exit_arg. In all ends CpuState.pc says where the guest is: at an exit the next
 * instruction, otherwise the current one.
 */
#ifndef DRAGOMAN_BACKEND_INTERP_INTERP_H
#define DRAGOMAN_BACKEND_INTERP_INTERP_H

#include "backend/backend.h"
#include "ir/base/log.h"

/* pack.c and each step know what the fields of an instruction are. Places are a, b and dest, and
 * size is that of an access in bytes, or how many bits a result has fewer than 64, unless said
 * otherwise. Those marked + go on in a second PackedInst (packed_more). */
typedef struct PackedInst {
    uint8_t step; /* InterpStep */
    uint8_t size;
    uint16_t dest, a, b;
} PackedInst;

typedef struct PackedEdge {
    uint32_t pc;   /* of the block, less the region's */
    uint16_t to;   /* first instruction */
    uint16_t args; /* pairs in `words`: the parameter's place, the argument's */
    uint16_t nargs;
    uint16_t insns; /* guest instructions in the block that it leaves */
    bool bounded;   /* the block begins with another guest instruction: a bound may end the run */
} PackedEdge;

/* Which guest instruction a packed one belongs to: the last whose `at` is not greater than its
 * index. What ends a run asks; steps that may often do have the number. */
typedef struct PackedInsn {
    uint32_t pc;    /* less the region's */
    uint16_t at;    /* index of the first instruction */
    uint16_t count; /* guest instructions in the block so far, this one included */
} PackedInsn;

/* Followed by its arrays, in this order: constants (uint64_t), instructions, edges, insns, words
 * (uint16_t), others (IrInst). */
struct PackedRegion {
    const Region *facts; /* what ir_eval asks of a region */
    const HelperTable *helpers;
    uint64_t pc;                                 /* of the first block, where a run starts */
    uint32_t bytes;                              /* in all */
    uint32_t insts, edges, insns, words, others; /* offsets from the end of this */
    uint16_t nvalues;                            /* value 0 is none */
    uint16_t ninsns;
};

static inline const void *packed_part(const PackedRegion *p, uint32_t offset)
{
    return (const char *)(p + 1) + offset;
}
static inline const PackedInst *packed_insts(const PackedRegion *p)
{
    return packed_part(p, p->insts);
}
static inline const PackedEdge *packed_edge(const PackedRegion *p, unsigned n)
{
    return (const PackedEdge *)packed_part(p, p->edges) + n;
}
static inline const PackedInsn *packed_insn(const PackedRegion *p, unsigned n)
{
    return (const PackedInsn *)packed_part(p, p->insns) + n;
}
static inline uint64_t packed_pc(const PackedRegion *p, uint32_t pc)
{
    return p->pc + (uint64_t)(int32_t)pc;
}
static inline const uint16_t *packed_words(const PackedRegion *p, unsigned n)
{
    return (const uint16_t *)packed_part(p, p->words) + n;
}

/* A place names a word of 8 bytes: of a value, which has two of them, of guest state, by its offset
 * from CpuState, or a constant. Vectors alone have 16 bytes there. */
enum { PLACE_VALUE, PLACE_STATE, PLACE_CONSTANT, PLACE_SPACES };
enum { PLACE_SPACE = 3, PLACE_WORD = 4, PLACE_SCALE = 8 / PLACE_WORD };
static inline uint16_t place_of_value(unsigned n)
{
    return (uint16_t)(2 * n * PLACE_WORD | PLACE_VALUE);
}
static inline uint16_t place_of_constant(unsigned n)
{
    return (uint16_t)(n * PLACE_WORD | PLACE_CONSTANT);
}
static inline uint16_t place_in_state(unsigned offset)
{
    DG_ASSERT(offset % 8 == 0);
    return (uint16_t)(offset / PLACE_SCALE | PLACE_STATE);
}

/* What a load or store is, in a byte: the logarithm of its size, its IrMemFlags. */
enum { ACCESS_SIZE = 7, ACCESS_ORDER_AT = 3, ACCESS_ALIGNED = 0x40, ACCESS_BIG = 0x80 };
static inline uint8_t packed_access(unsigned size, unsigned flags)
{
    return (uint8_t)((unsigned)__builtin_ctz(size) | (flags & IR_M_ORDER) << ACCESS_ORDER_AT |
                     ((flags & IR_M_ALIGNED) != 0 ? ACCESS_ALIGNED : 0) |
                     ((flags & IR_M_BIG) != 0 ? ACCESS_BIG : 0));
}
static inline unsigned access_size(unsigned access)
{
    return 1u << (access & ACCESS_SIZE);
}
static inline unsigned access_order(unsigned access)
{
    return access >> ACCESS_ORDER_AT & ACCESS_SIZE;
}
_Static_assert((int)IR_ORDER_RELEASE <= (int)ACCESS_SIZE, "orders have three bits");

typedef struct Run {
    char *places[PLACE_SPACES]; /* where each begins; constants are only read */
    const PackedRegion *p;
    CpuState *state;
    uint64_t max_insns;
    uint32_t polls_left;
    RanBlocks *ran; /* where blocks that run are noted, or NULL */
    InterpResult result;
} Run;

/* Executes one instruction; returns the one to go on with, NULL at the end of the run. */
typedef const PackedInst *Step(Run *x, const PackedInst *i);

typedef enum InterpStep {
#define STEP(name) STEP_##name,
#include "backend/interp/steps.def"
#undef STEP
} InterpStep;

static inline IrValue *run_at(const Run *x, unsigned place)
{
    char *space = x->places[place & PLACE_SPACE];
    return (IrValue *)(void *)(space + (place & ~(unsigned)PLACE_SPACE) * PLACE_SCALE);
}
static inline uint64_t run_get(const Run *x, unsigned place)
{
    return run_at(x, place)->u;
}
/* A value of up to 64 bits, with zeros above its own, or a vector. */
static inline void run_set(const Run *x, unsigned place, uint64_t v)
{
    run_at(x, place)->u = v;
}
static inline void run_set_value(const Run *x, unsigned place, IrValue v, unsigned type)
{
    if (type == IR_V128)
        *run_at(x, place) = v;
    else
        run_set(x, place, v.u);
}
static inline IrValue run_value(const Run *x, unsigned place, unsigned type)
{
    return type == IR_V128 ? *run_at(x, place) : (IrValue){.q = {run_get(x, place), 0}};
}
/* Ends the run at a guest instruction, which counts. */
static inline const PackedInst *run_end_in(Run *x, const PackedInsn *in, InterpEnd end)
{
    x->result.end = end;
    x->result.guest_insns += in->count;
    x->state->pc = packed_pc(x->p, in->pc);
    return NULL;
}
/* ..that of i. */
const PackedInst *run_end(Run *x, const PackedInst *i, InterpEnd end);

static inline const PackedInst *run_trap(Run *x, const PackedInst *i, uint32_t trap, uint32_t arg)
{
    x->result.trap = trap;
    x->result.trap_arg = arg;
    return run_end(x, i, INTERP_TRAP);
}
static inline uint32_t packed_wide(const PackedInst *i)
{
    return i->dest | (uint32_t)i->b << 16;
}
/* The second half of an instruction that has one, and what follows both. */
static inline const PackedInst *packed_more(const PackedInst *i)
{
    return i + 1;
}
static inline const PackedInst *packed_after(const PackedInst *i)
{
    return i + 2;
}
/* The IR's instruction of i, and its arguments. */
static inline const IrInst *run_other(const Run *x, const PackedInst *i, IrValue args[3])
{
    const PackedInst *more = packed_more(i);
    const IrInst *op = (const IrInst *)packed_part(x->p, x->p->others) + packed_wide(more);
    args[0] = run_value(x, i->a, op->arg[0].i);
    args[1] = run_value(x, i->b, op->arg[1].i);
    args[2] = run_value(x, more->a, op->arg[2].i);
    return op;
}

/* ---- trim.c ---- */

typedef struct TrimValue {
    uint32_t same; /* whose value it has; 0: its own */
    uint16_t home; /* the slot that the value is in, + 1; 0: none */
    bool first;    /* `insn` of its block */
} TrimValue;

/* What of a region runs. Constants are not among it. */
enum { TRIM_DROPPED = 1u << 31 };
typedef struct Trim {
    uint32_t *order; /* the instructions that may run, block by block, those that do not marked.. */
    uint32_t *start; /* ..from this one on; one more for the end */
    uint32_t count;
    uint32_t listed;   /* their arguments in lists */
    TrimValue *values; /* by instruction */
} Trim;

static inline uint32_t trim_value(const Trim *t, uint32_t i)
{
    return t->values[i].same != 0 ? t->values[i].same : i;
}
/* What a load or store adds to its address: that of an `add` before it. */
int16_t trim_displacement(const Region *r, const IrInst *i);
/* The value that i takes as argument n, looking through what does not count. */
uint32_t trim_arg(const Trim *t, const Region *r, const IrInst *i, unsigned n);
void interp_trim(Arena *arena, const Region *r, Trim *t);

/* ---- fpenv.c ---- */

Step step_fp, step_fpctlget, step_fpctlset;

/* ---- call.c ---- */

Step step_call;

#endif
