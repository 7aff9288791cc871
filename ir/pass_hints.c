/* pass_hints.c: gives indirect exits that take their target out of a table of addresses a hint, the
 * address of the entry or its index.
 *
 * A host that looks its code's address up by the target waits for two loads that depend on each
 * other before it knows where to go on, which is what a jump costs that no predictor knows. By the
 * entry's address it can look while the target is loaded. That pays where few addresses are used:
 * of tables, which are indexed, and of single words (of a GOT, say), whose address is a constant.
 * Pointers in objects have many addresses, and mostly the same target.
 *
 *     %3 = shl %2, 3; %4 = add %1, %3; %5 = load i64 %4; exitind.jump %5   -> exitind.jump %5, %4
 *
 * Where the table is known, %1 being a constant or what the guest has in a register now, no address
 * has to be computed: the places of a table's entries lie side by side, so that the index alone
 * says which, if it is cut to a byte. The place is that of the entry's address, in any translation.
 *
 *     %6 = and %2, 255; exitind.jump %5, %6 + N
 *
 * Tables of offsets, as compilers make for position-independent code, have a hint of this kind
 * only.
 *
 *     %4 = add %1, (shl %2, 2); %5 = sext (load i32 %4); %6 = add %1, %5; exitind.jump %6
 */
#include "ir/internal.h"
#include "ir/state.h"

typedef struct Entry {
    IrRef base, index;
    uint64_t offset; /* address = base + offset + index << shift */
} Entry;

/* Whether `address` is an entry of a table of words of 1 << shift bytes. */
static bool is_entry(const Region *r, IrRef address, unsigned shift, Entry *t)
{
    const IrInst *i = ir_inst(r, address);
    if (i->op != IR_add)
        return false;
    for (unsigned n = 0; n < 2; n++) {
        const IrInst *part = ir_inst(r, i->arg[n]);
        if (part->op == IR_shl && ir_is_const(r, part->arg[1]) &&
            ir_inst(r, part->arg[1])->imm == shift) {
            *t = (Entry){.base = i->arg[!n], .index = part->arg[0]};
            return true;
        }
    }
    if (!ir_is_const(r, i->arg[1]) || !is_entry(r, i->arg[0], shift, t))
        return false;
    t->offset += ir_inst(r, i->arg[1])->imm;
    return true;
}

/* What v is, or most likely is; nothing depends on it. */
static bool likely_value(const Region *r, const PassContext *ctx, IrRef v, uint64_t *value)
{
    const IrInst *i = ir_inst(r, v);
    if (i->op == IR_const) {
        *value = i->imm;
        return true;
    }
    if (i->op == IR_add && ir_is_const(r, i->arg[1]) && likely_value(r, ctx, i->arg[0], value)) {
        *value += ir_inst(r, i->arg[1])->imm;
        return true;
    }
    if (i->op != IR_get || ctx->state == NULL)
        return false;
    memcpy(value, (const char *)ctx->state + r->slots->slots[i->imm].offset, sizeof *value);
    return true;
}

bool ir_is_byte(const Region *r, IrRef v)
{
    const IrInst *i = ir_inst(r, v);
    switch (i->op) {
    case IR_const:
        return i->imm < 256;
    case IR_zext:
        return ir_inst(r, i->arg[0])->type == IR_I8 || ir_is_byte(r, i->arg[0]);
    case IR_and:
        return ir_is_const(r, i->arg[1]) && ir_inst(r, i->arg[1])->imm < 256;
    case IR_extract:
        return i->aux >> 8 <= 8;
    default:
        return false;
    }
}

/* The index as a byte, computed in front of the exit if need be. */
static IrRef byte_index(Region *r, IrRef index, IrRef exit)
{
    if (ir_is_byte(r, index))
        return index;
    IrRef mask = ir_inst_new(r, &(IrInst){.op = IR_const, .type = IR_I64, .imm = HINT_SPAN - 1});
    IrRef cut =
        ir_inst_new(r, &(IrInst){.op = IR_and, .type = IR_I64, .nargs = 2, .arg = {index, mask}});
    ir_insert_before(r, exit, mask);
    ir_insert_before(r, exit, cut);
    return cut;
}

static void give_hint(Region *r, uint32_t v, IrRef hint, uint32_t aux)
{
    IrInst *exit = &r->insts.data[v];
    exit->arg[exit->nargs++] = hint;
    exit->aux = aux;
}

static void hint_by_index(Region *r, uint32_t v, IrRef index, uint64_t table, unsigned shift)
{
    IrRef byte = byte_index(r, index, (IrRef){v});
    give_hint(r, v, byte, state_hint_index(table << 3 >> shift) + 1);
}

/* The table of offsets that the target comes from, or NULL. */
static const IrInst *load_of_offset(const Region *r, const IrInst *pc)
{
    for (unsigned n = 0; pc->op == IR_add && n < 2; n++) {
        const IrInst *offset = ir_inst(r, pc->arg[n]);
        if (offset->op == IR_sext && ir_inst(r, offset->arg[0])->op == IR_load &&
            ir_inst(r, offset->arg[0])->type == IR_I32)
            return ir_inst(r, offset->arg[0]);
    }
    return NULL;
}

static void hint_exit(Region *r, const PassContext *ctx, uint32_t v)
{
    const IrInst *pc = ir_inst(r, r->insts.data[v].arg[0]);
    unsigned shift = 3;
    uint64_t table;
    Entry t;
    if (pc->op != IR_load) {
        shift = 2;
        pc = load_of_offset(r, pc);
    }
    if (pc == NULL)
        return;
    if (ir_is_const(r, pc->arg[0]) && shift == 3)
        give_hint(r, v, pc->arg[0], 0);
    else if (is_entry(r, pc->arg[0], shift, &t) && likely_value(r, ctx, t.base, &table))
        hint_by_index(r, v, t.index, table + t.offset, shift);
    else if (is_entry(r, pc->arg[0], 3, &t) && shift == 3)
        give_hint(r, v, pc->arg[0], 0);
}

void ir_pass_hints(Region *r, const PassContext *ctx)
{
    if (ctx->takes_hint == NULL)
        return;
    for (uint32_t b = 0; b < r->blocks.count; b++) {
        const IrInst *exit = &r->insts.data[r->blocks.data[b].last];
        if (exit->op != IR_exitind || exit->cc == IR_EXIT_RET || ir_has_hint(exit))
            continue;
        uint64_t back = exit->cc == IR_EXIT_CALL ? ir_inst(r, exit->arg[1])->imm : 0;
        if (ctx->takes_hint((IrExitKind)exit->cc, back))
            hint_exit(r, ctx, r->blocks.data[b].last);
    }
}
