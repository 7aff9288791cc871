/* lifter.c: lift() and dead_slots_at() of the x86-64 guest.
 *
 * The straight line is decoded first (region.c), then lifted instruction by instruction. What is
 * known at the end of an instruction that ends a block is kept, for a block that only it leads to.
 */
#include "frontend/x86_64/lifter.h"

#include "frontend/region.h"
#include "frontend/x86_64/lift.h"
#include "frontend/x86_64/x87_unit.h"
#include "ir/base/log.h"

enum { MAX_LENGTH = 15, LOOK_AHEAD = 12 };

typedef struct LiftedInsn {
    X86Insn insn;
    uint8_t status;  /* X86DecodeStatus */
    uint8_t got;     /* bytes there were */
    X86Known *known; /* at its end, if a block ends there */
} LiftedInsn;

typedef struct Lifter {
    LiftContext lc;
    Arena *arena;
    uint32_t mode;
    LiftedInsn *insns;
} Lifter;

static RegionFlow flow_of(const X86Insn *in)
{
    uint32_t attr = in->row->attr;
    return attr & A_COND             ? FLOW_COND
           : attr & A_JUMP           ? FLOW_JUMP
           : attr & (A_END | A_PRIV) ? FLOW_END
                                     : FLOW_NEXT;
}

static RegionDecode decode(void *guest, unsigned i, RegionInsn *out, const uint8_t *bytes,
                           unsigned n)
{
    Lifter *l = guest;
    LiftedInsn *li = &l->insns[i];
    li->status = (uint8_t)x86_decode(&li->insn, out->pc, bytes, n, l->mode);
    li->got = (uint8_t)n;
    li->known = NULL;
    out->length = 1;
    if (li->status == X86_DECODE_SHORT) {
        out->length = (uint8_t)(n + 1);
        return REGION_FETCH;
    }
    if (li->status != X86_DECODE_OK || (l->mode & X86_MODE_WIDTH) != X86_MODE_64) {
        out->length = (uint8_t)n; /* any of these bytes, changed, may make an instruction of it */
        return REGION_ILLEGAL;
    }
    out->length = li->insn.length;
    out->flow = (uint8_t)flow_of(&li->insn);
    if (out->flow == FLOW_COND || out->flow == FLOW_JUMP)
        out->target = li->insn.op[0].imm;
    return REGION_OK;
}

static void begin_block(void *guest, RegionFormer *f, unsigned i, int from, bool values)
{
    Lifter *l = guest;
    (void)f, (void)i;
    const X86Known *known = from >= 0 ? l->insns[from].known : NULL;
    if (known != NULL && values)
        l->lc.known = *known;
    else
        l->lc.known = (X86Known){0};
    if (known != NULL && !values) {
        l->lc.known.flags.kind = known->flags.kind;
        l->lc.known.flags.mask = known->flags.mask;
    }
}

static bool is_int(const X86Row *row)
{
    return row < x86_rows + x86_int_row_count;
}

/* A vector instruction on registers only, while its FP exceptions are masked: it cannot fault.
 * (x87 and MMX may have an exception pending.) */
static bool is_quiet_vector(const X86Insn *in, uint32_t mode)
{
    if (is_int(in->row) || in->row->map == X86_MAP_00 || (mode & X86_MODE_FPTRAP) ||
        (in->row->attr & (A_MEM | A_END | A_BLOCKS)))
        return false;
    bool xmm = false;
    for (unsigned i = 0; i < 3; i++) {
        if (in->op[i].kind == X86_MEM || in->op[i].kind == X86_MMX)
            return false;
        xmm |= in->op[i].kind == X86_XMM;
    }
    return xmm;
}

/* Returns false for an instruction that is not there or not for this mode. */
static bool lift_undefined(Lifter *l, const LiftedInsn *li)
{
    LiftContext *lc = &l->lc;
    if (li->status == X86_DECODE_OK && (l->mode & X86_MODE_WIDTH) == X86_MODE_64)
        return false;
    if (li->status == X86_DECODE_SHORT)
        x86_trap(lc, TRAP_FETCH, li->got);
    else
        x86_trap(lc, li->status == X86_DECODE_TOO_LONG ? TRAP_PRIVILEGED : TRAP_ILLEGAL, 0);
    return true;
}

static bool lift_one(void *guest, RegionFormer *f, unsigned i, IrBuilder *b)
{
    Lifter *l = guest;
    LiftContext *lc = &l->lc;
    LiftedInsn *li = &l->insns[i];
    lc->b = *b;
    lc->former = f;
    lc->insn = &li->insn;
    lc->ended = false;
    if (!lift_undefined(l, li)) {
        /* Integer instructions see themselves to flags owed before anything that may fault. */
        if (!is_int(li->insn.row) && !is_quiet_vector(&li->insn, l->mode))
            x86_flags_flush(lc);
        if (!lc->x87_unit || !x87_lift_native(lc))
            li->insn.row->lift(lc);
    }
    if (region_block_ends(f, i)) {
        if (!lc->ended)
            x86_flags_flush(lc);
        li->known = arena_copy(l->arena, &lc->known, sizeof lc->known);
    }
    *b = lc->b;
    return !lc->ended;
}

static const RegionGuest region_guest = {
    .max_length = MAX_LENGTH,
    .decode = decode,
    .begin_block = begin_block,
    .lift = lift_one,
};

void x86_lift(const LiftRequest *rq, LiftResult *out)
{
    Region *r = ir_region_new(rq->arena, rq->pc, &x86_slots, &x86_helpers, FP_MODEL_X86);
    r->mode = rq->mode;
    unsigned max = rq->max_insns ? rq->max_insns : REGION_DEFAULT_INSNS;
    if (max > REGION_MAX_INSNS)
        max = REGION_MAX_INSNS;
    Lifter l = {.arena = rq->arena, .mode = rq->mode};
    l.insns = arena_raw(rq->arena, max * sizeof *l.insns); /* decode() fills them */
    l.lc.b.region = r;
    l.lc.poll = rq->poll;
    l.lc.count_blocks = rq->count_blocks;
    l.lc.fptrap = rq->mode & X86_MODE_FPTRAP;
    l.lc.watch_fp = rq->watch_fp && !(rq->mode & X86_MODE_FPEXACT);
    r->fp_exact = rq->mode & X86_MODE_FPEXACT;
    l.lc.x87_unit = rq->x87_unit;
    region_form(&region_guest, &l, rq, r, out);
}

/* ---- looking ahead ---- */

static bool may_fault(const X86Insn *in, uint32_t mode)
{
    const X86Row *row = in->row;
    if (!is_int(row))
        return !is_quiet_vector(in, mode);
    return (row->attr & (A_MEM | A_END | A_PRIV)) ||
           (x86_insn_has_mem(in) && !(row->attr & A_NODATA));
}

/* The flags that are overwritten for certain. */
static unsigned overwritten(const X86Insn *in)
{
    const X86Row *row = in->row;
    if (row->attr & A_KEEPS) {
        const X86Operand *count = in->op[2].kind ? &in->op[2] : &in->op[1];
        unsigned mask = in->op[0].size == 8 ? 63 : 31;
        if (count->kind != X86_IMM || (count->imm & mask) == 0)
            return 0;
    }
    return (row->sets | row->clears | row->undefined) & F_ALL;
}

static bool flags_die(const LiftRequest *rq, uint64_t pc)
{
    unsigned wanted = F_ALL;
    for (unsigned i = 0; i < LOOK_AHEAD && wanted; i++) {
        uint8_t bytes[MAX_LENGTH];
        X86Insn in;
        unsigned n = rq->fetch(rq->fetch_arg, pc, bytes, MAX_LENGTH);
        if (x86_decode(&in, pc, bytes, n, rq->mode) != X86_DECODE_OK)
            return false;
        if ((in.row->tests & wanted) || may_fault(&in, rq->mode) || (in.row->attr & A_COND))
            return false;
        wanted &= ~overwritten(&in);
        pc = in.row->attr & A_JUMP ? in.op[0].imm : in.next_pc;
    }
    return wanted == 0;
}

void x86_dead_slots_at(void *arg, uint64_t pc, uint64_t dead[4])
{
    static const uint8_t flag_slots[] = {X86_SLOT_CC_KIND, X86_SLOT_CC_A, X86_SLOT_CC_B,
                                         X86_SLOT_CC_C,    X86_SLOT_CC_D, X86_SLOT_CC_E};
    const LiftRequest *rq = arg;
    if ((rq->mode & X86_MODE_WIDTH) != X86_MODE_64 || !flags_die(rq, pc))
        return;
    for (unsigned i = 0; i < sizeof flag_slots; i++)
        dead[flag_slots[i] / 64] |= (uint64_t)1 << (flag_slots[i] % 64);
}
