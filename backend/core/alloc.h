/* alloc.h: the allocator's working state, shared by liveness.c, loops.c, alloc.c, moves.c,
 * border.c.
 *
 * Slots that have a home register are numbered too: the "pins". Values are numbered: 0 .. ninsts-1
 * are IR values (alias roots); ninsts + p stands for the value pin p had at region entry when no
 * `get` names it. Every value lives in at most one register and,
 * once stored, in one memory place (its spill slot, or its own slot of guest state for entry
 * values); SSA values never change, so memory once written stays right wherever it dominates.
 *
 * Most pins are never touched, but every snapshot wants the entry values of those it does not name.
 * So who wants these, and where they are live, is kept in sets of pins, 64 in a word, and not in
 * lists of uses and sets of values: those know of a pin's value only what asks for it by name.
 */
#ifndef DRAGOMAN_BACKEND_CORE_ALLOC_H
#define DRAGOMAN_BACKEND_CORE_ALLOC_H

#include "backend/core/core.h"

enum {
    NO_REG = 0xff,
    NO_PIN = 0xff,
    MAX_PINNED = 64,
    NO_SPILL = 0xffff,
    POS_FAR = 0x3fffffff,
    EMERGENCY_SPILL = STATE_SPILLS - 1
};

typedef struct Value {
    uint32_t next;  /* position of the next use that wants a register, in this block; see
                       alloc_next */
    uint32_t seen;  /* Allocator.seen_stamp of the list that holds its last use */
    uint16_t spill; /* its spill slot, NO_SPILL until it needs one */
    uint16_t slot;  /* entry values: slot + 1, whose memory is its spill place; else 0 */
    uint8_t reg;    /* or NO_REG */
    uint8_t cls, type;
    uint8_t hint; /* home register of a slot it is put to, or NO_REG */
    uint8_t pin;  /* of the entry value of a pinned slot: its number in Allocator.pinned */
    bool stored;  /* its memory place holds it here */
    bool konst;   /* rematerialised instead of stored */
} Value;

/* One use of a value by one instruction. */
typedef struct Use {
    uint32_t value;
    uint32_t next; /* as Value.next, after this use */
    bool strong;   /* wants a register */
    bool last;     /* nothing after it in the block, and not live out */
} Use;

/* Snapshots of one instruction want the entry values of `pins`; later ones of the block do not. */
typedef struct PinUse {
    uint32_t pos;
    uint64_t pins;
} PinUse;

typedef struct EntryRec { /* where a live-in value is when a block starts */
    uint32_t value;
    uint8_t reg;
    bool stored;
} EntryRec;

typedef struct BlockInfo {
    uint64_t *live_in, *live_out; /* bit sets of values, those of pins aside */
    uint64_t pins_in, pins_out;   /* the same for the entry values of pins */
    EntryRec *entry;              /* NULL until the first edge to it is laid out */
    uint32_t nentry;
    uint64_t home_in; /* pins whose entry values are in their homes when it starts; not in entry */
    uint32_t first_use, first_pin_use, end_pin_use;
    uint32_t *inst_uses;             /* see Allocator.inst_uses */
    uint32_t length;                 /* in instructions */
    uint32_t first_event, end_event; /* of its events */
    uint64_t *strong;                /* values that something here wants in a register */
    uint64_t *keep;                  /* constants to be kept in registers, or NULL (loops.c) */
    uint32_t loop_end;               /* loop heads: the last block that leads back; else 0 */
} BlockInfo;

/* A parallel move: all sources are read before any destination is written. */
typedef struct MoveItem {
    uint8_t cls;
    uint8_t dst_reg; /* or NO_REG: memory */
    uint8_t type;    /* width of a memory destination */
    uint32_t dst_offset;
    uint32_t value; /* source value, wherever it is now */
    int64_t add;    /* plus this (GPR only) */
    uint32_t aside; /* source was put aside at this CpuState offset; 0 = no */
    bool done;
} MoveItem;

typedef struct Allocator {
    Selection *sel;
    Region *region;
    const HostDesc *host;
    CompiledCode *out;
    Allocation *al;
    Value *values;
    uint32_t nvalues, ninsts, words;
    BlockInfo *blocks;
    uint32_t regs[CLASS_COUNT][32]; /* value in each register, 0 = free */
    uint32_t occupied[CLASS_COUNT]; /* registers that hold a value */
    uint32_t homes[CLASS_COUNT];    /* those of them that are homes of pins at_home */
    uint32_t locked[CLASS_COUNT];   /* registers this instruction already uses */
    uint32_t next_spill;
    uint32_t block, pos;
    VEC(Use) uses; /* of all blocks, each block's from its end to its start */
    uint32_t seen_stamp;
    uint64_t listed_pins;           /* asked for by name in the block being listed */
    VEC(PinUse) pin_uses;           /* in the same order */
    uint32_t pin_use;               /* behind the next one to come in the block being worked on */
    uint32_t out_pos;               /* what Value.next is when only another block wants the value */
    uint8_t pinned[MAX_PINNED];     /* the pins' slots, in order */
    uint32_t pin_value[MAX_PINNED]; /* their values at region entry */
    uint32_t npinned;
    uint64_t all_pins, at_home;     /* at_home: pins whose entry value is in its home now */
    uint64_t pins_wanted, pins_out; /* by snapshots from here on or other blocks; by the latter */
    uint64_t *named;                /* pins that each snapshot names */
    VEC(uint32_t) stored;           /* values whose `stored` is set */
    uint32_t *inst_uses; /* of the block being worked on, by position: end of its uses; they
                            start at that of [pos + 1] */
    bool has_params;     /* some block has */
    bool failed;         /* out of spill slots */
} Allocator;

/* liveness.c */
/* The alias root of v, looking through lazy additions, whose sum goes to *add, and lazy forms. */
static inline uint32_t alloc_root(const Allocator *a, IrRef v, int64_t *add)
{
    IrRef base = a->sel->alias[v.i];
    *add = 0;
    if (select_is_lazy_form(a->sel, base))
        return a->sel->alias[ir_inst(a->region, base)->arg[0].i].i;
    if (a->sel->insts[base.i].lazy)
        select_base_disp(a->sel, base, &base, add);
    return base.i;
}
void alloc_liveness(Allocator *a);
/* Makes b the block being worked on: a->inst_uses, Use.next and Value.next. */
void alloc_block_uses(Allocator *a, uint32_t b);
bool alloc_live_in(const Allocator *a, uint32_t b, uint32_t v);
/* Value.next with what snapshots and other blocks want of pins; above POS_FAR: nobody wants v. */
static inline uint32_t alloc_next(const Allocator *a, uint32_t v)
{
    const Value *val = &a->values[v];
    if (val->next <= POS_FAR || val->pin == NO_PIN || (a->pins_wanted >> val->pin & 1) == 0)
        return val->next;
    return (a->pins_out >> val->pin & 1) != 0 ? a->out_pos : POS_FAR;
}
static inline bool alloc_wanted(const Allocator *a, uint32_t v)
{
    return alloc_next(a, v) <= POS_FAR;
}
/* A `get` of a promoted slot: the value the slot has at region entry. */
static inline bool alloc_is_entry_get(const Allocator *a, uint32_t i)
{
    const IrInst *in = &a->region->insts.data[i];
    return in->op == IR_get && !a->region->slots->slots[in->imm].memory_only;
}
static inline void alloc_set_stored(Allocator *a, uint32_t v)
{
    a->values[v].stored = true;
    *VEC_PUSH(a->region->arena, &a->stored) = v;
}
/* The entry value of a pin. */
static inline uint32_t alloc_pin_value(const Allocator *a, unsigned pin)
{
    return a->pin_value[pin];
}
static inline uint8_t alloc_pin_home(const Allocator *a, unsigned pin)
{
    return (uint8_t)a->sel->cfg->convention->home[a->pinned[pin]];
}
static inline bool alloc_bit(const uint64_t *set, uint32_t i)
{
    return set[i / 64] >> (i % 64) & 1;
}

/* loops.c */
void alloc_find_kept(Allocator *a);
/* Constant v is to be kept behind block b. */
bool alloc_kept_behind(const Allocator *a, uint32_t b, uint32_t v);
/* Adds what is kept to the entry state of block b, in registers outside `used`, which grows. */
void alloc_keep_consts(Allocator *a, uint32_t b, uint32_t used[CLASS_COUNT]);

/* moves.c */
static inline AllocEvent *alloc_event(Allocator *a, AllocEventKind kind, uint32_t index)
{
    AllocEvent *e = VEC_PUSH(a->region->arena, &a->al->events);
    e->kind = (uint8_t)kind;
    e->index = index;
    return e;
}
static inline void alloc_move(Allocator *a, HostMove m, uint32_t value)
{
    alloc_event(a, AE_MOVE, value)->move = m;
}
/* Offset in CpuState of the memory place of v (giving it a spill slot if needed). */
uint32_t alloc_memory(Allocator *a, uint32_t v);
/* Stores v to its memory place if it is not there. */
void alloc_store(Allocator *a, uint32_t v);
/* Empties a register: its value is stored if anything still wants it. */
void alloc_evict(Allocator *a, RegClass cls, unsigned reg);
/* A free register of mask (not locked), emptying the one wanted last if there is none. */
unsigned alloc_take(Allocator *a, RegClass cls, uint32_t mask, unsigned hint);
/* Puts v in a register of mask and returns it. */
unsigned alloc_load(Allocator *a, uint32_t v, uint32_t mask, unsigned hint);
/* Loads into a given register without making it v's place. */
void alloc_copy_to(Allocator *a, uint32_t v, unsigned reg);
void alloc_bind(Allocator *a, uint32_t v, unsigned reg);
void alloc_release(Allocator *a, uint32_t v);
/* True if the item's source is where it should go already. */
bool alloc_item_in_place(Allocator *a, const MoveItem *it);
void alloc_parallel(Allocator *a, MoveItem *items, uint32_t n);

/* border.c */
void alloc_block_begin(Allocator *a, uint32_t b);
void alloc_edge(Allocator *a, uint32_t edge);
bool alloc_edge_is_trivial(Allocator *a, uint32_t edge);
void alloc_exit(Allocator *a, uint32_t i);
/* Writes the locations of snapshot `snap` (number + 1) to out->locs. */
void alloc_site(Allocator *a, uint32_t snap, uint32_t *first, uint32_t *count);

#endif
