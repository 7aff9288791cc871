/* emit.c: walks the allocator's events and has the host emit them; labels, fault sites, exit sites
 * and block costs are kept here. core_compile, the whole generator, is at the end. */
#include <string.h>

#include "backend/core/core.h"
#include "ir/base/log.h"

/* ---- the buffer ---- */

void emit_grow(Emitter *e, uint32_t n)
{
    enum { FIRST = 512 };
    CompiledCode *out = e->out;
    e->cap = (e->cap + n) * 2 + FIRST;
    uint8_t *code = arena_raw(out->arena, e->cap);
    if (out->size != 0)
        memcpy(code, out->code, out->size);
    out->code = code;
}

void emit_bytes(Emitter *e, const void *p, uint32_t n)
{
    memcpy(emit_room(e, n), p, n);
    e->out->size += n;
}

void emit_u8(Emitter *e, uint8_t v)
{
    *emit_room(e, 1) = v;
    e->out->size++;
}

void emit_u32(Emitter *e, uint32_t v)
{
    uint8_t b[4] = {(uint8_t)v, (uint8_t)(v >> 8), (uint8_t)(v >> 16), (uint8_t)(v >> 24)};
    memcpy(emit_room(e, 4), b, 4);
    e->out->size += 4;
}

void emit_u64(Emitter *e, uint64_t v)
{
    emit_u32(e, (uint32_t)v);
    emit_u32(e, (uint32_t)(v >> 32));
}

void emit_reloc(Emitter *e, uint32_t offset, RelocKind kind, unsigned form, unsigned index)
{
    *VEC_PUSH(e->out->arena, &e->out->relocs) =
        (Reloc){.offset = offset, .kind = kind, .form = (uint8_t)form, .index = (uint16_t)index};
}

/* ---- labels ---- */

uint32_t emit_label_new(Emitter *e)
{
    *VEC_PUSH(e->out->arena, &e->labels) = NO_LABEL;
    return e->labels.count - 1;
}

void emit_label_bind(Emitter *e, uint32_t label)
{
    DG_ASSERT(e->labels.data[label] == NO_LABEL);
    e->labels.data[label] = e->out->size;
}

void emit_label_ref(Emitter *e, uint32_t label, uint32_t offset, unsigned form)
{
    if (e->labels.data[label] != NO_LABEL) {
        e->host->fixup(e, offset, form, e->labels.data[label]);
        return;
    }
    *VEC_PUSH(e->out->arena, &e->refs) = (struct LabelRef){offset, label, form};
}

static void fix_labels(Emitter *e)
{
    for (uint32_t k = 0; k < e->refs.count; k++) {
        const struct LabelRef *ref = &e->refs.data[k];
        DG_ASSERT(e->labels.data[ref->label] != NO_LABEL);
        e->host->fixup(e, ref->offset, ref->form, e->labels.data[ref->label]);
    }
}

/* ---- sites ---- */

static FaultSite *site_here(Emitter *e, const EmitSite *site, SiteKind kind)
{
    FaultSite *f = VEC_PUSH(e->out->arena, &e->out->faults);
    DG_ASSERT(site->snap != 0);
    *f = (FaultSite){.offset = e->out->size,
                     .first = site->first,
                     .count = site->count,
                     .pc = e->region->snaps.data[site->snap - 1].pc,
                     .kind = (uint8_t)kind,
                     .mem_flags = site->mem_flags};
    return f;
}

void emit_fault_here(Emitter *e)
{
    if (e->site.snap != 0)
        site_here(e, &e->site, SITE_FAULT);
}

void emit_branch_here(Emitter *e, const IrInst *exit)
{
    const EmitSite site = {.snap = exit->snap};
    site_here(e, &site, SITE_BRANCH);
}

ExitSite *emit_exit_site(Emitter *e)
{
    return VEC_PUSH(e->out->arena, &e->out->exits);
}

/* ---- events ---- */

static uint32_t block_label(uint32_t block)
{
    return block;
}
static uint32_t edge_label(const Emitter *e, uint32_t edge)
{
    return e->region->blocks.count + edge;
}

static uint8_t access_flags(const Emitter *e, const SelInst *si, const IrInst *in)
{
    for (unsigned k = 0; k < 3 && si->rule != NULL; k++) {
        if (si->opnd[k].kind == OPND_MEM)
            return (uint8_t)ir_inst(e->region, si->opnd[k].folded)->flags;
    }
    return ir_has(in, IR_E_READ | IR_E_WRITE) ? (uint8_t)in->flags : 0;
}

static void emit_cold_site(Emitter *e, SiteKind kind)
{
    ColdSite *c = VEC_PUSH(e->out->arena, &e->cold);
    *c = (ColdSite){.label = emit_label_new(e), .site = e->site, .kind = kind};
}

static void emit_trap(Emitter *e, const IrInst *in)
{
    e->host->site_call(e);
    FaultSite *f = site_here(e, &e->site, SITE_TRAP);
    f->trap = (uint16_t)(in->imm + 1);
    f->trap_arg = in->aux;
}

static void emit_poll(Emitter *e)
{
    bool first = emit_offset(e) == e->out->entry;
    emit_cold_site(e, SITE_POLL);
    e->host->poll(e, e->cold.data[e->cold.count - 1].label);
    if (first)
        e->out->unpolled = emit_offset(e);
}

static void emit_call(Emitter *e, const IrInst *in)
{
    const HelperDesc *h = &e->region->helpers->helpers[in->imm];
    uint32_t cold = NO_LABEL;
    if ((h->flags & HELPER_FAULT) != 0) {
        emit_cold_site(e, SITE_FAULT);
        cold = e->cold.data[e->cold.count - 1].label;
    }
    e->host->call(e, h, (uint32_t)in->imm, cold);
}

static uint32_t branch_target(const Emitter *e, const Allocation *al, uint32_t edge)
{
    return al->edge_has_stub[edge] ? edge_label(e, edge)
                                   : block_label(e->region->edges.data[edge].block);
}

static void emit_branch(Emitter *e, const Allocation *al, uint32_t i, uint32_t next)
{
    const IrInst *in = &e->region->insts.data[i];
    uint32_t yes = branch_target(e, al, in->edge[0]);
    uint32_t no = branch_target(e, al, in->edge[1]);
    bool same = yes == no; /* a branch all the same where stores behind it are to wait for it */
    if (same && !e->region->dependencies) {
        if (yes != next)
            e->host->jump(e, yes);
        return;
    }
    e->host->branch(e, &e->sel->insts[i], in, yes == next && !same ? NO_LABEL : yes,
                    no == next ? NO_LABEL : no);
}

/* What follows is counted by this counter. */
static BlockCost *start_cost(Emitter *e, uint32_t index)
{
    while (e->out->costs.count <= index)
        *VEC_PUSH(e->out->arena, &e->out->costs) = (BlockCost){0};
    e->cost = index + 1;
    e->host->count(e, index);
    return &e->out->costs.data[index];
}

static void emit_counter(Emitter *e, const IrInst *in)
{
    BlockCost *cost = start_cost(e, (uint32_t)in->imm);
    cost->guest_insns = e->region->blocks.data[in->block].guest_insns;
}

/* The moves on an edge have a counter of their own. */
static void count_edge(Emitter *e)
{
    if (e->region->counters != 0)
        start_cost(e, e->region->counters + e->edges_counted++);
}

/* The label of the code that follows this span. */
static void emit_inst(Emitter *e, const Allocation *al, uint32_t i, uint32_t next)
{
    const IrInst *in = &e->region->insts.data[i];
    const SelInst *si = &e->sel->insts[i];
    e->site.mem_flags = access_flags(e, si, in);
    switch (in->op) {
    case IR_br:
        emit_branch(e, al, i, next);
        break;
    case IR_poll:
        emit_poll(e);
        break;
    case IR_trap:
        emit_trap(e, in);
        break;
    case IR_call:
        emit_call(e, in);
        break;
    case IR_exit:
    case IR_exitind:
        e->host->exit(e, si, in);
        break;
    case IR_count:
        emit_counter(e, in);
        break;
    default:
        si->rule->emit(e, si, in);
        break;
    }
    e->site.snap = 0;
}

/* ---- notes for explain ---- */

static void note(Emitter *e, CodeNoteKind kind, uint32_t inst, uint32_t arg, uint64_t pc)
{
    if (e->cfg->notes)
        *VEC_PUSH(e->out->arena, &e->out->notes) = (CodeNote){
            .offset = e->out->size, .inst = inst, .arg = arg, .kind = (uint8_t)kind, .pc = pc};
}

static void note_move(Emitter *e, const HostMove *m)
{
    bool spill = m->offset >= offsetof(CpuState, spill);
    switch (m->kind) {
    case MOVE_LOAD:
        note(e, spill ? NOTE_RELOAD : NOTE_GET, 0, m->offset, 0);
        break;
    case MOVE_STORE:
    case MOVE_STORE_IMM:
        note(e, spill ? NOTE_SPILL : NOTE_PUT, 0, m->offset, 0);
        break;
    default:
        note(e, NOTE_MOVE, 0, 0, 0);
    }
}

static void note_inst(Emitter *e, uint32_t inst)
{
    switch (e->region->insts.data[inst].op) {
    case IR_poll:
        note(e, NOTE_POLL, inst, 0, 0);
        break;
    case IR_count:
        note(e, NOTE_COUNT, inst, 0, 0);
        break;
    case IR_exit:
    case IR_exitind:
        note(e, NOTE_EXIT, inst, 0, 0);
        break;
    default:
        note(e, NOTE_OP, inst, 0, 0);
    }
}

static uint32_t inst_snap(const Emitter *e, const Allocation *al, uint32_t event)
{
    return e->sel->insts[al->events.data[event + 1].index].snap;
}

static void emit_span(Emitter *e, const Allocation *al, uint32_t start, uint32_t next)
{
    for (uint32_t k = start; k < al->events.count; k++) {
        const AllocEvent *ev = &al->events.data[k];
        uint32_t before = e->host_insns, cost = e->cost;
        switch (ev->kind) {
        case AE_BLOCK:
        case AE_EDGE:
            if (k != start)
                return;
            emit_label_bind(e, ev->kind == AE_BLOCK ? block_label(ev->index)
                                                    : edge_label(e, ev->index));
            if (ev->kind == AE_EDGE)
                count_edge(e);
            break;
        case AE_MOVE:
            note_move(e, &ev->move);
            e->host->move(e, &ev->move);
            break;
        case AE_SITE:
            e->site = (EmitSite){.first = ev->first, .count = ev->count};
            e->site.snap = inst_snap(e, al, k);
            break;
        case AE_GOTO: {
            uint32_t to = block_label(e->region->edges.data[ev->index].block);
            note(e, NOTE_JUMP, 0, 0, 0);
            if (to != next)
                e->host->jump(e, to);
            break;
        }
        case AE_INST:
            note_inst(e, ev->index);
            emit_inst(e, al, ev->index, next);
            break;
        }
        if (cost != 0)
            e->out->costs.data[cost - 1].host_insns += e->host_insns - before;
    }
}

static uint32_t span_label(const Emitter *e, const Allocation *al, uint32_t span)
{
    if (span >= al->spans.count)
        return NO_LABEL - 1;
    const AllocEvent *ev = &al->events.data[al->spans.data[span]];
    return ev->kind == AE_BLOCK ? block_label(ev->index) : edge_label(e, ev->index);
}

static void emit_cold(Emitter *e)
{
    for (uint32_t k = 0; k < e->cold.count; k++) {
        ColdSite c = e->cold.data[k];
        emit_label_bind(e, c.label);
        note(e, NOTE_COLD, 0, c.kind, e->region->snaps.data[c.site.snap - 1].pc);
        e->host->site_call(e);
        site_here(e, &c.site, c.kind);
    }
}

static void emit_region(Emitter *e, const Allocation *al)
{
    const Region *r = e->region;
    for (uint32_t k = 0; k < r->blocks.count + r->edges.count; k++)
        emit_label_new(e);
    e->host->begin(e);
    for (uint32_t k = 0; k < al->spans.count; k++) {
        e->cost = 0;
        emit_span(e, al, al->spans.data[k], span_label(e, al, k + 1));
    }
    e->cost = 0;
    emit_cold(e);
    note(e, NOTE_END, 0, 0, 0);
    e->host->finish(e);
    fix_labels(e);
    e->out->data_words = r->counters + e->edges_counted;
    while (e->out->costs.count < e->out->data_words)
        *VEC_PUSH(e->out->arena, &e->out->costs) = (BlockCost){0};
    e->out->vconsts.data = r->vconsts.data;
    e->out->vconsts.count = r->vconsts.count;
}

bool core_compile(const HostDesc *host, const BackendConfig *cfg, Region *r, CompiledCode *out,
                  char *err, size_t err_size)
{
    Selection *s = arena_alloc(r->arena, sizeof *s);
    Allocation *al = arena_alloc(r->arena, sizeof *al);
    DG_ASSERT(r->promoted);
    if (out->arena == NULL)
        out->arena = r->arena;
    *s = (Selection){.region = r, .host = host, .cfg = cfg};
    select_region(s);
    if (!alloc_region(s, out, al, err, err_size))
        return false;
    if (cfg->check)
        check_allocation(s, out, al);
    Emitter e = {.out = out, .region = r, .host = host, .cfg = cfg, .sel = s};
    emit_region(&e, al);
    return true;
}
