/* sites.c: see sites.h. */
#include "runtime/sites.h"

#include <string.h>

#include "ir/base/log.h"

/* ---- numbers: 7 bits a byte, low first; signed ones zigzag ---- */

/* At most so many bytes. */
enum { NUMBER_BYTES = 10, SITE_NUMBERS = 7, LOC_NUMBERS = 4 };

static inline uint8_t *put_u(uint8_t *p, uint64_t v)
{
    while (v >= 0x80) {
        *p++ = (uint8_t)(v | 0x80);
        v >>= 7;
    }
    *p++ = (uint8_t)v;
    return p;
}

static uint64_t zigzag(uint64_t v)
{
    return v << 1 ^ (0 - (v >> 63));
}
static uint64_t unzigzag(uint64_t v)
{
    return v >> 1 ^ (0 - (v & 1));
}

static uint64_t get_u(const uint8_t **p)
{
    uint64_t v = 0;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t byte = *(*p)++;
        v |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80))
            return v;
    }
}

/* A location: slot; kind, with a mark if it has an immediate, and what is made of it; register
 * unless a constant; immediate. */
enum { HAS_IMM = 8, MADE_AT = 4 };

static uint8_t *pack_loc(uint8_t *p, const SlotLoc *l)
{
    bool imm = l->kind == LOC_CONST || l->imm != 0;
    p = put_u(p, l->slot);
    p = put_u(p, l->kind | (imm ? HAS_IMM : 0u) | (unsigned)l->made << MADE_AT);
    if (l->kind != LOC_CONST)
        p = put_u(p, l->reg);
    return imm ? put_u(p, zigzag(l->imm)) : p;
}

static SlotLoc unpack_loc(const uint8_t **p)
{
    SlotLoc l = {.slot = (uint16_t)get_u(p)};
    uint8_t kind = (uint8_t)get_u(p);
    l.kind = kind & (HAS_IMM - 1);
    l.made = kind >> MADE_AT;
    if (l.kind != LOC_CONST)
        l.reg = (uint8_t)get_u(p);
    if (kind & HAS_IMM)
        l.imm = unzigzag(get_u(p));
    return l;
}

static uint8_t *pack_site(uint8_t *p, const FaultSite *f, uint32_t offset, uint64_t pc)
{
    p = put_u(p, f->offset - offset);
    p = put_u(p, zigzag(f->pc - pc));
    p = put_u(p, f->kind);
    p = put_u(p, f->mem_flags);
    p = put_u(p, f->trap);
    if (f->trap != 0)
        p = put_u(p, f->trap_arg);
    return put_u(p, f->count);
}

static size_t most_bytes(const CompiledCode *cc)
{
    size_t numbers = (size_t)cc->faults.count * SITE_NUMBERS;
    for (uint32_t i = 0; i < cc->faults.count; i++)
        numbers += (size_t)cc->faults.data[i].count * LOC_NUMBERS;
    return numbers * NUMBER_BYTES;
}

SiteTable sites_pack(const CompiledCode *cc, uint64_t pc)
{
    uint8_t *bytes = arena_raw(cc->arena, most_bytes(cc)), *p = bytes;
    uint32_t offset = 0;
    uint64_t last = pc;
    for (uint32_t i = 0; i < cc->faults.count; i++) {
        const FaultSite *f = &cc->faults.data[i];
        DG_ASSERT(f->offset >= offset && f->count <= SITE_MAX_LOCS);
        p = pack_site(p, f, offset, last);
        for (uint32_t k = 0; k < f->count; k++)
            p = pack_loc(p, &cc->locs.data[f->first + k]);
        offset = f->offset;
        last = f->pc;
    }
    return (SiteTable){bytes, (uint32_t)(p - bytes), pc, cc->vconsts.data, cc->vconsts.count};
}

SiteTable sites_copy(Arena *arena, const SiteTable *t)
{
    SiteTable copy = *t;
    copy.bytes = arena_copy(arena, t->bytes, t->size);
    copy.vconsts = arena_copy(arena, t->vconsts, t->nvconsts * sizeof *t->vconsts);
    return copy;
}

bool sites_find(const SiteTable *t, uint32_t offset, Site *out)
{
    const uint8_t *p = t->bytes, *end = p + t->size;
    FaultSite f = {.pc = t->pc};
    while (p < end) {
        f.offset += (uint32_t)get_u(&p);
        f.pc += unzigzag(get_u(&p));
        f.kind = (uint8_t)get_u(&p);
        f.mem_flags = (uint8_t)get_u(&p);
        f.trap = (uint16_t)get_u(&p);
        f.trap_arg = f.trap != 0 ? (uint32_t)get_u(&p) : 0;
        f.count = (uint32_t)get_u(&p);
        bool found = f.offset == offset;
        for (uint32_t k = 0; k < f.count; k++) {
            SlotLoc l = unpack_loc(&p);
            if (found && out != NULL)
                out->locs[k] = l;
        }
        if (found) {
            if (out != NULL)
                out->fault = f;
            return true;
        }
        if (f.offset > offset)
            return false;
    }
    return false;
}

static uint32_t slot_bytes(const SlotDesc *d)
{
    return ir_type_bits(d->type) / 8;
}

static bool slot_in_vector(const SlotDesc *d)
{
    return ir_type_is_vector(d->type) || ir_type_is_float(d->type);
}

static const void *loc_source(const CpuState *s, const SlotTable *slots, const SlotLoc *l,
                              const IrVec128 *vconsts, const RawRegs *raw)
{
    switch ((LocKind)l->kind) {
    case LOC_GPR:
        return &raw->gpr[l->reg];
    case LOC_VEC:
        return raw->vec[l->reg];
    case LOC_SPILL:
        return s->spill[l->reg];
    case LOC_SLOT:
        return (const uint8_t *)s + slots->slots[l->reg].offset;
    case LOC_CONST:
        return ir_type_is_vector(slots->slots[l->slot].type) ? (const void *)&vconsts[l->imm]
                                                             : (const void *)&l->imm;
    }
    DG_UNREACHABLE();
}

/* See LOC_BOX; `bits`: a double or, low, a single; with LOC_SIGN, low, an i32. */
static uint64_t made_of(unsigned made, uint64_t bits)
{
    bool single = (made & LOC_BOX) != 0;
    if ((made & LOC_SIGN) != 0)
        return (uint64_t)(int32_t)bits;
    uint64_t infinity = single ? 0xffu << 23 : UINT64_C(0x7ff) << 52;
    uint64_t nan = single ? 0x7fc00000 : UINT64_C(0x7ff8) << 48;
    if (single)
        bits = (uint32_t)bits;
    if ((made & LOC_MEND_NAN) != 0 && (bits & (single ? INT32_MAX : INT64_MAX)) > infinity)
        bits = nan;
    return single ? bits | UINT64_MAX << 32 : bits;
}

static void loc_value(const CpuState *s, const SlotTable *slots, const SlotLoc *l,
                      const IrVec128 *vconsts, const RawRegs *raw, uint8_t value[16])
{
    uint32_t n = slot_bytes(&slots->slots[l->slot]);
    memcpy(value, loc_source(s, slots, l, vconsts, raw), n);
    if (l->made != 0) {
        uint64_t bits;
        memcpy(&bits, value, sizeof bits);
        bits = made_of(l->made, bits);
        memcpy(value, &bits, sizeof bits);
        return;
    }
    if (l->kind == LOC_CONST || l->imm == 0)
        return;
    uint64_t sum = 0; /* a scalar: the source plus imm, in the slot's width (little-endian host) */
    memcpy(&sum, value, n);
    sum += l->imm;
    memcpy(value, &sum, n);
}

void sites_rebuild(CpuState *s, const SlotTable *slots, const Convention *conv, const Site *site,
                   const IrVec128 *vconsts, const RawRegs *raw)
{
    /* All sources are read before any slot is written: a location may name another slot. */
    static _Thread_local uint8_t value[SITE_MAX_LOCS][16];
    bool listed[SITE_MAX_LOCS] = {false};
    for (uint32_t k = 0; k < site->fault.count; k++) {
        const SlotLoc *l = &site->locs[k];
        loc_value(s, slots, l, vconsts, raw, value[k]);
        listed[l->slot] = true;
    }
    for (uint32_t i = 0; i < slots->count; i++) {
        const SlotDesc *d = &slots->slots[i];
        if (listed[i] || conv->home[i] < 0 || d->type == IR_VOID)
            continue;
        const void *home = slot_in_vector(d) ? (const void *)raw->vec[conv->home[i]]
                                             : (const void *)&raw->gpr[conv->home[i]];
        memcpy((uint8_t *)s + d->offset, home, slot_bytes(d));
    }
    for (uint32_t k = 0; k < site->fault.count; k++) {
        const SlotDesc *d = &slots->slots[site->locs[k].slot];
        memcpy((uint8_t *)s + d->offset, value[k], slot_bytes(d));
    }
}
