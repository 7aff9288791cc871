/* backend.h: what the runtime asks of a host code generator, and what it gets back.
 *
 * A backend turns a promoted region into position-independent bytes plus tables. It never learns
 * which guest it serves: state is named by offset, the register convention by slot.
 *
 * Protocol between translations and the runtime (details of each host in backend/HOST/abi.h):
 *
 *  - Control enters a translation at its entry with every pinned slot in its home register, all
 *    other slots in CpuState, the FP environment being the guest's, the base register pinned and
 *    the host stack pointer on the thread's shadow return stack. It leaves the same way: any
 *    translation may jump to any other.
 *  - A direct exit is a jump whose displacement field (ExitSite.patch) can be replaced by one
 *    aligned store while others run it. Unpatched it goes to its stub, which loads the stub's own
 *    address and jumps to the arena's exit stub: registers are stored to their slots, C is entered
 *    with EXIT_DIRECT and CpuState.exit_site = that address.
 *  - A call exit pushes the guest return pc and makes a host call; the landing pad after it drops
 *    the pair and is itself a direct exit to the return pc. A return compares and makes a host
 *    return, otherwise resets the shadow stack and goes to the lookup. An indirect exit tries the
 *    thread's jump table, then the lookup table, then leaves with EXIT_INDIRECT.
 *  - A poll or trap calls the arena's site stub, which saves all registers raw in CpuState.area;
 *    C rebuilds the state from the snapshot (FaultSite) that belongs to the call's return address.
 *    Faults of host instructions are rebuilt the same way from the signal context.
 */
#ifndef DRAGOMAN_BACKEND_BACKEND_H
#define DRAGOMAN_BACKEND_BACKEND_H

#include <stdatomic.h>

#include "ir/ir.h"
#include "ir/state.h"

typedef enum RelocKind {
    RELOC_STUB, /* pc-relative branch field to arena stub number `index` (StubId) */
    RELOC_DATA, /* pc-relative reference to this translation's data word number `index` */
} RelocKind;

typedef struct Reloc {
    uint32_t offset; /* of the instruction field in the code */
    uint8_t kind;
    uint8_t form; /* host-specific: which instruction field */
    uint16_t index;
} Reloc;

typedef enum StubId {
    STUB_EXIT_DIRECT,  /* from a direct exit's stub */
    STUB_LOOKUP_MISS,  /* pc in the host's exit-pc register: EXIT_INDIRECT */
    STUB_SITE,         /* called by polls and traps */
    STUB_LOOKUP,       /* shared out-of-line lookup, when the thread's jump table has no answer */
    STUB_LOOKUP_HINT,  /* the same for exits with a hint, on hosts that take them */
    STUB_SHADOW_RESET, /* a return missed: reset the shadow stack, then lookup */
    STUB_ENTER,        /* void enter(CpuState *, uint64_t entry): C to translation */
    STUB_LEAVE_FAULT, /* resume address for the fault handler: back to C, state already in memory */
    STUB_HOST_FIRST,  /* hosts may have more */
    STUB_COUNT = STUB_HOST_FIRST + 8
} StubId;

typedef struct ExitSite {
    uint64_t pc;      /* guest destination */
    uint32_t patch;   /* offset of the patchable, naturally aligned jump field/instruction */
    uint32_t stub;    /* offset of the stub: the unpatched destination */
    uint32_t stub_id; /* the address (offset) that the stub reports in CpuState.exit_site */
    uint8_t kind;     /* IrExitKind */
    uint8_t service;  /* IR_EXIT_SERVICE: its number; never patched */
    uint8_t form;     /* host-specific: jump or call */
} ExitSite;

typedef enum LocKind {
    LOC_GPR, /* host register number `reg`, plus `imm` */
    LOC_VEC,
    LOC_SPILL, /* spill slot `reg` (scalars: plus `imm`) */
    LOC_SLOT,  /* in memory at slot number `reg` (scalars: plus `imm`) */
    LOC_CONST, /* `imm` */
} LocKind;

/* What is made of the value when the state is rebuilt, in this order. */
enum {
    LOC_MEND_NAN = 1, /* a NaN becomes the positive one without payload (of the width it has) */
    LOC_BOX = 2,      /* a single: ones above it */
    LOC_SIGN = 4,     /* 32 bits: their sign above them */
};

typedef struct SlotLoc {
    uint16_t slot;
    uint8_t kind; /* LocKind */
    uint8_t reg;
    uint8_t made; /* LOC_MEND_NAN, LOC_BOX, LOC_SIGN */
    uint64_t imm; /* vector constants: index into CompiledCode.vconsts */
} SlotLoc;

/* Where the state is at one host instruction. Slots that are not listed: pinned ones are in their
 * home registers, the others in memory. */
typedef struct FaultSite {
    uint32_t offset; /* of the faulting host instruction, or of the return address of a site call */
    uint32_t first, count; /* in CompiledCode.locs */
    uint64_t pc;           /* guest instruction */
    uint16_t trap;         /* trap sites: guest trap number + 1; polls: 0; faults: 0 */
    uint8_t kind;          /* SiteKind */
    uint8_t mem_flags;     /* IrMemFlags of the access */
    uint32_t trap_arg;
} FaultSite;

typedef enum SiteKind {
    SITE_FAULT,
    SITE_POLL,
    SITE_TRAP,
    SITE_BRANCH, /* an indirect exit, all in place: pc alone counts */
} SiteKind;

typedef struct BlockCost { /* for --stats: counter i = executions of one stretch of code */
    uint32_t guest_insns, host_insns;
} BlockCost;

/* For explain: what the code from `offset` on is for, up to the next note. */
typedef enum CodeNoteKind {
    NOTE_OP,     /* the lowering of IR instruction `inst` */
    NOTE_MOVE,   /* the allocator's: a register copied, or a constant made */
    NOTE_SPILL,  /* ..a register kept in a spill slot; `arg`: offset in CpuState */
    NOTE_RELOAD, /* ..and taken from there */
    NOTE_GET,    /* ..a guest slot read; `arg` likewise */
    NOTE_PUT,    /* ..and written */
    NOTE_JUMP,   /* between blocks */
    NOTE_POLL,
    NOTE_COUNT, /* --stats */
    NOTE_EXIT,
    NOTE_COLD, /* behind the region: the site call of a poll or a fault */
    NOTE_END,  /* behind that: exit stubs, cold parts of ops, constants */
} CodeNoteKind;

typedef struct CodeNote {
    uint32_t offset;
    uint32_t inst; /* the IR instruction it belongs to; 0: the next one that has one */
    uint32_t arg;
    uint8_t kind; /* CodeNoteKind */
    uint64_t pc;  /* guest instruction; 0: that of `inst` */
} CodeNote;

typedef struct CompiledCode {
    Arena *arena;
    uint8_t *code;
    uint32_t size;
    uint32_t entry; /* offset of the entry */
    uint32_t
        unpolled; /* the same behind the poll that the code begins with; entry if it does not */
    uint32_t data_words; /* 8-byte data words wanted: counters */
    VEC(Reloc) relocs;
    VEC(ExitSite) exits;
    VEC(FaultSite) faults; /* sorted by offset */
    VEC(SlotLoc) locs;
    VEC(IrVec128) vconsts;
    VEC(BlockCost) costs; /* one for each counter, in data_words order */
    VEC(CodeNote) notes;  /* BackendConfig.notes; in order of offset */
} CompiledCode;

/* One row: slot `name` lives in host register `reg` at region borders. */
typedef struct PinnedSlot {
    const char *name;
    uint8_t reg;
} PinnedSlot;

typedef struct Convention { /* resolved for one slot table: pinned[slot] = register or -1 */
    int8_t home[256];       /* by slot number; register number within the slot's class */
    uint32_t version;       /* changes whenever any row changes */
} Convention;

typedef struct BackendConfig {
    const Convention *convention;
    FpModel fp_model;       /* of all regions */
    uint32_t host_features; /* host-specific mask; tests may clear bits */
    bool memory_order_relaxed;
    bool count_blocks; /* --stats */
    bool check;        /* verify the register allocation */
    bool notes;        /* explain: fill CompiledCode.notes */
} BackendConfig;

typedef struct BackendOps {
    const char *name;                  /* "x86_64", "aarch64" */
    uint32_t (*detect_features)(void); /* on the running host */
    /* Those of them that serve a guest with this FP model. NULL: all. */
    uint32_t (*features_for)(uint32_t host_features, FpModel model);
    /* Whether FP flags and flush modes are other than the guest's but in code for Region.fp_exact.
     * NULL: never. */
    bool (*fp_inexact)(uint32_t host_features, FpModel model);
    /* Fills conv for the slot table; false if the guest has no convention on this host. */
    bool (*convention)(const SlotTable *slots, Convention *conv);
    /* False, with a message in err, only for a region that needs more spill slots or code than
     * there is (the caller retries with a smaller region). Anything else is our bug. */
    bool (*compile)(const BackendConfig *cfg, Region *r, CompiledCode *out, char *err,
                    size_t err_size);
    /* Writes the arena's stubs (position-independent among themselves) and their offsets.
     * Returns the bytes written. */
    uint32_t (*emit_stubs)(const BackendConfig *cfg, const SlotTable *slots, uint8_t *buf,
                           uint32_t cap, uint32_t offsets[STUB_COUNT]);
    /* Resolves one relocation in the writable copy `rw` of code that will run at rx. */
    void (*relocate)(uint8_t *rw, uint64_t rx, const Reloc *rel, uint64_t target);
    /* Points an exit at `target` (a translation's entry, or its own stub) by one aligned store.
     * False if out of reach (left unpatched). rw/rx: start of the translation in the two views. */
    bool (*patch)(uint8_t *rw, uint64_t rx, const ExitSite *site, uint64_t target);
    /* Makes written code visible to instruction fetch (AArch64: DC CVAU on rw, IC IVAU on rx). */
    void (*sync_code)(uint8_t *rw, uint64_t rx, uint32_t size);
    bool weak_order; /* plain loads are ordered by dependencies alone */
    /* PassContext.takes_hint. NULL: never, nor is there a HintTable. */
    bool (*takes_hint)(IrExitKind kind, uint64_t return_pc);
    bool jump_pairs;      /* the layout of JumpTable that generated code expects */
    bool x87_unit;        /* x87 and x87mem are supported: the host is an x86 */
    uint32_t known_flags; /* 1 << FpModel of those under which CpuState.fp_known is kept */
    uint32_t other_nans;  /* 1 << FpModel of those under which NaNs are mended: see pass_nans.c */
    uint32_t typical_features; /* of a processor of today, to explain code for it elsewhere */
    uint8_t landing_size; /* bytes between a call and the end of its landing pad, for readers */
} BackendOps;

extern const BackendOps backend_x86_64, backend_aarch64;

/* ---- the interpreting engine (backend/interp) ---- */

typedef enum InterpEnd {
    INTERP_EXIT,    /* CpuState.pc = next pc */
    INTERP_SERVICE, /* service number in exit_arg; pc = next pc */
    INTERP_TRAP,    /* number and argument in InterpResult */
    INTERP_POLL,
    INTERP_FAULT, /* guest memory fault: fault_addr/fault_info; pc = the instruction's */
} InterpEnd;

typedef struct InterpResult {
    InterpEnd end;
    uint32_t trap, trap_arg;
    IrExitKind exit_kind;
    uint64_t exit_pc; /* of the instruction that left */
    uint64_t guest_insns;
} InterpResult;

enum { PACK_MOST = 1 << 13 }; /* packed instructions name values in 13 bits */

/* A lifted (not promoted) region of at most PACK_MOST instructions made to be run
 * (interp/interp.h): in `arena`; `temporary`, which may be the same, is needed while it is made. It
 * refers to nothing of the region but its helpers. */
typedef struct PackedRegion PackedRegion;
const PackedRegion *interp_pack(Arena *arena, Arena *temporary, const Region *r);
uint32_t interp_bytes(const PackedRegion *p); /* of memory that it takes */

/* Which blocks have run, by guest pc; a few share a bit. Neighbours lie together, so that little
 * code touches few cache lines. */
enum { RAN_BITS = 20 };
typedef struct RanBlocks {
    _Atomic uint8_t bits[1 << (RAN_BITS - 3)];
} RanBlocks;

static inline uint32_t ran_bit(uint64_t pc)
{
    return (uint32_t)(pc >> 1 ^ pc >> (RAN_BITS + 1)) & ((1u << RAN_BITS) - 1);
}
static inline bool ran_has(RanBlocks *r, uint64_t pc)
{
    uint32_t bit = ran_bit(pc);
    return atomic_load_explicit(&r->bits[bit / 8], memory_order_relaxed) >> bit % 8 & 1;
}
/* What another thread notes at the same time may get lost. */
static inline void ran_note(RanBlocks *r, uint64_t pc)
{
    uint32_t bit = ran_bit(pc);
    uint8_t byte = atomic_load_explicit(&r->bits[bit / 8], memory_order_relaxed);
    uint8_t with = (uint8_t)(byte | 1u << bit % 8);
    if (with != byte)
        atomic_store_explicit(&r->bits[bit / 8], with, memory_order_relaxed);
}

typedef struct InterpLimits {
    uint64_t insns; /* bounds guest instructions inside loops: blocks that begin behind so many end
                       the run; 0: none */
    uint32_t polls; /* polls passed, that is, turns of loops: the next one ends the run as if there
                       were something to do; 0: none */
    RanBlocks *ran; /* where blocks that run are noted, or NULL */
} InterpLimits;

/* Runs it once, on state in memory. Guest memory is reached through the accessors. */
InterpResult interp_run(const PackedRegion *p, CpuState *state, const InterpLimits *limits);
/* The same for a region that is not to be run again; what is made lives in its arena. */
InterpResult interp_run_region(const Region *r, CpuState *state, const InterpLimits *limits);

/* Accessors: copy between guest memory and `buf` without faulting the translator. They return 0,
 * or nonzero after recording fault_addr and fault_info in state. size: 1 2 4 8 10 16 are single
 * accesses where the host can; others are byte runs. Implemented in runtime/host/ARCH. */
int guest_read(CpuState *state, uint64_t addr, void *buf, uint32_t size);
int guest_write(CpuState *state, uint64_t addr, const void *buf, uint32_t size);
/* Sequentially consistent read-modify-write; op is an IrOp among aadd aand aor axor axchg acas
 * (acas: *old holds the expected value). size 1 2 4 8, acas also 16. */
int guest_atomic(CpuState *state, int op, uint64_t addr, const void *operand, void *old,
                 uint32_t size);

#endif
