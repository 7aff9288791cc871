/* pass_step.c: behind the step of a loop's pointer, memory is addressed from where it has got to.
 *
 * A pointer that the loop carries and steps may be wanted once more behind the step, by an access:
 * then two registers hold it, and one is copied to the other in each turn. From the new value the
 * access needs another displacement, and nothing else.
 *
 *     b1(%p): %1 = load [%p]; %2 = add %p, 8; store [%p], %3; br .., b1(%2), b2
 *          -> %1 = load [%p]; %2 = add %p, 8; %4 = add %2, -8; store [%4], %3; br .., b1(%2), b2
 */
#include "ir/internal.h"

/* The pointer, a parameter, that `to` is the next turn's value of. */
typedef struct Step {
    uint32_t from, to;
    uint64_t by;
} Step;

static bool is_access(const IrInst *i)
{
    return i->op == IR_load || i->op == IR_store;
}

/* pointer + constant */
static bool is_offset(const Region *r, const IrInst *i, uint32_t pointer)
{
    return i->op == IR_add && i->type == IR_I64 && i->arg[0].i == pointer &&
           ir_is_const(r, i->arg[1]);
}

static bool is_step(const Region *r, uint32_t v, Step *s)
{
    const IrInst *i = &r->insts.data[v];
    const IrInst *term = &r->insts.data[ir_term(r, i->block)];
    if (i->op != IR_add || ir_inst(r, i->arg[0])->op != IR_param || !is_offset(r, i, i->arg[0].i))
        return false;
    *s = (Step){i->arg[0].i, v, ir_inst(r, i->arg[1])->imm};
    for (unsigned k = 0; k < ir_edge_count(term); k++) {
        const IrEdge *e = &r->edges.data[term->edge[k]];
        const IrBlock *to = &r->blocks.data[e->block];
        for (uint32_t n = 0; n < e->nargs; n++)
            if (to->params.data[n].i == s->from)
                return e->block <= i->block && r->pool.data[e->args + n].i == v;
    }
    return false;
}

/* Whether the instruction wants the pointer otherwise than as the base of its address. */
static bool holds(const Region *r, const IrInst *i, const Step *step)
{
    uint32_t pointer = step->from;
    bool held = false;
    for (unsigned n = is_access(i) ? 1 : 0; n < i->nargs; n++)
        held |= i->arg[n].i == pointer;
    for (uint32_t n = 0; n < i->nlist; n++)
        held |= r->pool.data[i->list + n].i == pointer;
    for (unsigned k = 0; k < ir_edge_count(i); k++) {
        const IrEdge *e = &r->edges.data[i->edge[k]];
        for (uint32_t n = 0; n < e->nargs; n++)
            held |= r->pool.data[e->args + n].i == pointer;
    }
    if (i->snap == 0)
        return held;
    const IrSnapshot *s = &r->snaps.data[i->snap - 1];
    for (uint32_t n = 0; n < s->count; n++) {
        IrRef v = r->snap_entries.data[s->first + n].value;
        held |= v.i == pointer || (v.i != step->to && is_offset(r, ir_inst(r, v), pointer));
    }
    return held;
}

/* Behind the step the pointer is the base of addresses only, and there are such. */
static bool is_worth_it(const Region *r, const Step *s)
{
    uint32_t block = r->insts.data[s->to].block;
    bool any = false;
    for (uint32_t v = r->insts.data[s->to].next; v != 0; v = r->insts.data[v].next) {
        const IrInst *i = &r->insts.data[v];
        if (!is_offset(r, i, s->from) && holds(r, i, s))
            return false;
        any |= is_access(i) &&
               (i->arg[0].i == s->from || is_offset(r, ir_inst(r, i->arg[0]), s->from));
    }
    for (uint32_t b = block + 1; any && b < r->blocks.count; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            const IrInst *i = &r->insts.data[v];
            if (holds(r, i, s) || (is_access(i) && i->arg[0].i == s->from))
                return false;
        }
    return any;
}

static IrRef from_step(Region *r, uint32_t before, const Step *s, uint64_t offset)
{
    if (offset == s->by)
        return (IrRef){s->to};
    IrRef c = ir_inst_new(r, &(IrInst){.op = IR_const, .type = IR_I64, .imm = offset - s->by});
    ir_insert_before(r, (IrRef){before}, c);
    IrRef sum =
        ir_inst_new(r, &(IrInst){.op = IR_add, .type = IR_I64, .nargs = 2, .arg = {{s->to}, c}});
    ir_insert_before(r, (IrRef){before}, sum);
    return sum;
}

static void readdress(Region *r, const Step *s)
{
    for (uint32_t v = r->insts.data[s->to].next; v != 0; v = r->insts.data[v].next) {
        if (!is_access(&r->insts.data[v]))
            continue;
        IrRef at = r->insts.data[v].arg[0];
        const IrInst *base = ir_inst(r, at);
        if (at.i != s->from && !is_offset(r, base, s->from))
            continue;
        uint64_t offset = at.i == s->from ? 0 : ir_inst(r, base->arg[1])->imm;
        IrRef sum = from_step(r, v, s, offset);
        r->insts.data[v].arg[0] = sum;
    }
}

void ir_pass_step(Region *r, const PassContext *ctx)
{
    (void)ctx;
    uint32_t count = r->insts.count;
    for (uint32_t b = 0; b < r->blocks.count; b++)
        for (uint32_t v = r->blocks.data[b].first; v != 0; v = r->insts.data[v].next) {
            Step s;
            if (v < count && is_step(r, v, &s) && is_worth_it(r, &s))
                readdress(r, &s);
        }
}
