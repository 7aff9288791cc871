/* print.c: a region as text; the form is described in text.h. */
#include <inttypes.h>

#include "ir/text.h"

typedef struct Printer {
    const Region *r;
    FILE *out;
    uint64_t pc; /* of the last insn: the default of snapshots */
} Printer;

/* `type`: what the place says the value's type is; IR_VOID if it says nothing. */
static void print_value(Printer *p, IrRef v, IrType type)
{
    const IrInst *i = ir_inst(p->r, v);
    if (i->op != IR_const) {
        fprintf(p->out, "%%%u", v.i);
        return;
    }
    if (i->imm < 4096)
        fprintf(p->out, "%" PRIu64, i->imm);
    else if (i->type == IR_I64 && -i->imm <= 4096)
        fprintf(p->out, "-%" PRIu64, -i->imm);
    else
        fprintf(p->out, "0x%" PRIx64, i->imm);
    if (i->type != type)
        fprintf(p->out, ":%s", ir_type_name((IrType)i->type));
}

static void print_suffixes(Printer *p, const TextName *n, unsigned field)
{
    for (; n != NULL && n->name != NULL; n++)
        if ((field & n->mask) == n->bits)
            fprintf(p->out, ".%s", n->name);
}

static void print_op(Printer *p, const IrInst *i)
{
    TextSuffixes s = text_suffixes((IrOp)i->op);
    fputs(ir_op_info[i->op].name, p->out);
    print_suffixes(p, s.names, s.in_cc ? i->cc : i->flags);
    print_suffixes(p, text_flag_suffixes((IrOp)i->op), i->flags);
}

static void print_args(Printer *p, const IrInst *i, IrType shown)
{
    for (unsigned n = 0; n < i->nargs; n++) {
        fputs(n != 0 ? ", " : " ", p->out);
        print_value(p, i->arg[n], text_arg_type(p->r, i, shown, n));
    }
}

static void print_edge(Printer *p, uint32_t edge)
{
    const IrEdge *e = &p->r->edges.data[edge];
    fprintf(p->out, "b%u", e->block);
    for (uint32_t n = 0; n < e->nargs; n++) {
        fputs(n != 0 ? ", " : "(", p->out);
        const IrBlock *to = &p->r->blocks.data[e->block];
        IrType t = n < to->params.count ? (IrType)ir_inst(p->r, to->params.data[n])->type : IR_VOID;
        print_value(p, p->r->pool.data[e->args + n], t);
    }
    if (e->nargs != 0)
        fputc(')', p->out);
}

static void print_bytes(Printer *p, uint64_t vconst)
{
    for (int k = 0; k < 16; k++)
        fprintf(p->out, "%02x", p->r->vconsts.data[vconst].b[k]);
}

static void print_fence(Printer *p, uint64_t mask)
{
    for (const TextName *n = text_fences; n->name != NULL; n++)
        if ((mask & n->mask) == n->bits && mask != 0) {
            fprintf(p->out, " %s", n->name);
            mask &= ~(uint64_t)n->mask;
        }
}

static void print_special(Printer *p, const IrInst *i)
{
    const Region *r = p->r;
    FILE *out = p->out;
    switch (i->op) {
    case IR_get:
        fprintf(out, " %s", r->slots->slots[i->imm].name);
        break;
    case IR_put:
        fprintf(out, " %s,", r->slots->slots[i->imm].name);
        print_args(p, i, IR_VOID);
        break;
    case IR_insn:
        fprintf(out, " 0x%" PRIx64 ", %u", i->imm, i->flags);
        break;
    case IR_fence:
        print_fence(p, i->imm);
        break;
    case IR_call:
        fprintf(out, " %s(", r->helpers->helpers[i->imm].name);
        for (uint32_t n = 0; n < i->nlist; n++) {
            fputs(n != 0 ? ", " : "", out);
            print_value(p, r->pool.data[i->list + n], (IrType)r->helpers->helpers[i->imm].args[n]);
        }
        fputc(')', out);
        break;
    case IR_count:
        fprintf(out, " %" PRIu64, i->imm);
        break;
    case IR_jump:
        fputc(' ', out);
        print_edge(p, i->edge[0]);
        break;
    case IR_br:
        print_args(p, i, IR_VOID);
        fputs(", ", out);
        print_edge(p, i->edge[0]);
        fputs(", ", out);
        print_edge(p, i->edge[1]);
        break;
    case IR_exit:
        fprintf(out, " 0x%" PRIx64, i->imm);
        if (i->cc == IR_EXIT_SERVICE)
            fprintf(out, ", %u", i->aux);
        if (i->nargs != 0)
            fputc(',', out);
        print_args(p, i, IR_VOID);
        break;
    case IR_x87:
    case IR_x87mem:
        fprintf(out, " 0x%" PRIx64 "%s", i->imm, i->nargs != 0 ? "," : "");
        print_args(p, i, IR_VOID);
        break;
    case IR_trap:
        fprintf(out, " %" PRIu64 ", %u", i->imm, i->aux);
        break;
    default: /* poll, fpctlset, exitind */
        print_args(p, i, IR_VOID);
        if (i->op == IR_exitind && i->aux != 0)
            fprintf(out, " + %u", i->aux - 1);
    }
}

static void print_plain(Printer *p, const IrInst *i)
{
    const Region *r = p->r;
    unsigned sig = ir_op_info[i->op].sig;
    IrType shown = (IrType)i->type;
    if (i->lane != IR_VOID)
        shown = (IrType)i->lane;
    else if (sig == IR_SIG_CMP || sig == IR_SIG_FCMP)
        shown = (IrType)ir_inst(r, i->arg[0])->type;
    if (i->op == IR_vconst) {
        fputc(' ', p->out);
        print_bytes(p, i->imm);
        return;
    }
    if (i->op != IR_vshuf)
        fprintf(p->out, " %s", ir_type_name(shown));
    if (sig == IR_SIG_LOAD || sig == IR_SIG_STORE || sig == IR_SIG_ATOMIC || sig == IR_SIG_CAS) {
        fputs(" [", p->out);
        print_value(p, i->arg[0], IR_I64);
        fputc(']', p->out);
        for (unsigned n = 1; n < i->nargs; n++) {
            fputs(", ", p->out);
            print_value(p, i->arg[n], shown);
        }
        return;
    }
    print_args(p, i, shown);
    if (i->op == IR_extract || i->op == IR_sextract || i->op == IR_deposit)
        fprintf(p->out, ", %u, %u", i->aux & 0xff, i->aux >> 8);
    else if (i->op == IR_vextract || i->op == IR_vinsert || ir_op_variants((IrOp)i->op) != 0)
        fprintf(p->out, ", %u", i->cc);
    else if (i->op == IR_vshuf) {
        fputs(", ", p->out);
        print_bytes(p, i->imm);
    }
}

static void print_snapshot(Printer *p, const IrSnapshot *s)
{
    fputs(" {", p->out);
    if (s->pc != p->pc)
        fprintf(p->out, "@0x%" PRIx64 "%s", s->pc, s->count != 0 ? " " : "");
    for (uint32_t n = 0; n < s->count; n++) {
        const IrSnapEntry *e = &p->r->snap_entries.data[s->first + n];
        const SlotDesc *slot = &p->r->slots->slots[e->slot];
        fprintf(p->out, "%s%s=", n != 0 ? ", " : "", slot->name);
        if (e->value.i == 0)
            fputc('-', p->out);
        else
            print_value(p, e->value, (IrType)slot->type);
        if (e->nan)
            fputs(" nan", p->out);
    }
    fputc('}', p->out);
}

static void print_inst(Printer *p, uint32_t v)
{
    const IrInst *i = &p->r->insts.data[v];
    if (i->op == IR_const)
        return;
    if (i->op == IR_insn)
        p->pc = i->imm;
    fputs("  ", p->out);
    if (i->type != IR_VOID)
        fprintf(p->out, "%%%u = ", v);
    print_op(p, i);
    if (ir_op_info[i->op].sig == IR_SIG_SPECIAL || i->op == IR_fpctlget)
        print_special(p, i);
    else
        print_plain(p, i);
    if (i->snap != 0)
        print_snapshot(p, &p->r->snaps.data[i->snap - 1]);
    fputc('\n', p->out);
}

static void print_block(Printer *p, uint32_t b)
{
    const IrBlock *blk = &p->r->blocks.data[b];
    fprintf(p->out, "b%u", b);
    for (uint32_t n = 0; n < blk->params.count; n++) {
        IrRef v = blk->params.data[n];
        fprintf(p->out, "%s%%%u: %s", n != 0 ? ", " : "(", v.i,
                ir_type_name((IrType)ir_inst(p->r, v)->type));
        if (ir_inst(p->r, v)->aux != 0)
            fprintf(p->out, " %s", p->r->slots->slots[ir_inst(p->r, v)->aux - 1].name);
    }
    fprintf(p->out, "%s @0x%" PRIx64 "%s%s:\n", blk->params.count != 0 ? ")" : "", blk->pc,
            blk->loop_head ? " loop" : "", blk->cold ? " cold" : "");
    p->pc = blk->pc;
    for (uint32_t v = blk->first; v != 0; v = p->r->insts.data[v].next)
        print_inst(p, v);
}

void ir_print(const Region *r, FILE *out)
{
    Printer p = {.r = r, .out = out};
    fprintf(out, "region 0x%" PRIx64, r->pc);
    if (r->mode != 0)
        fprintf(out, " mode 0x%x", r->mode);
    if (r->fp_model != FP_MODEL_X86)
        fprintf(out, " fp %s", text_fp_models[r->fp_model]);
    if (r->dependencies)
        fputs(" dependencies", out);
    if (r->counters != 0)
        fprintf(out, " counters %u", r->counters);
    fprintf(out, "%s {\n", r->promoted ? " promoted" : "");
    for (uint32_t b = 0; b < r->blocks.count; b++)
        print_block(&p, b);
    fputs("}\n", out);
}
