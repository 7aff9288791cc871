/* state.h: the part of a vCPU's state that every guest and every host agrees on.
 *
 * One CpuState exists for each guest thread. Generated code has its address in a pinned base
 * register (x86-64: rbp = state + 128; AArch64: x28 = state). Slots are named by their offset
 * from its start. The hot words and the guest's most used unpinned slots sit in the first 256
 * bytes, where x86-64 displacements are one byte.
 *
 * Invariants: written by its own thread only, except `poll` (any thread and signal handlers,
 * atomically). Translations hold no absolute address: they reach helpers through helper[].
 */
#ifndef DRAGOMAN_IR_STATE_H
#define DRAGOMAN_IR_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STATE_GUEST_OFFSET = 64, /* guest registers start here */
    STATE_GUEST_SIZE = 8128,
    STATE_SPILLS = 128, /* spill slots of 16 bytes */
    STATE_HELPERS = 256,
    STATE_SOFT_HELPER = STATE_HELPERS - 1, /* its number: ir/soft.h */
    STATE_X86_BIAS = 128,                  /* rbp - state on x86-64 hosts */
    STATE_AREA_GPRS = 32,
    STATE_AREA_VECS = 32,
    JUMP_SIZE = 1 << 16, /* the index is the low half word of a pc */
    HINT_SIZE = 1 << 10, /* see state_hint_index */
    HINT_SPAN = 256,     /* places that a hint which is an index chooses from */
    HINT_PLACES = HINT_SIZE + HINT_SPAN,
    HINT_NONE = HINT_PLACES,
};

/* Why generated code came back to C. */
typedef enum ExitReason {
    EXIT_DIRECT = 1, /* unchained `exit`; exit_site = its exit stub's return address */
    EXIT_INDIRECT,   /* lookup missed; pc = wanted guest pc */
    EXIT_SITE,       /* poll or trap: registers raw in `area`, exit_site identifies it */
    EXIT_FAULT,      /* a host fault was turned into an exit by the signal handler */
} ExitReason;

/* A published translation, as generated code sees it. Immutable once published. */
typedef struct EntryHeader {
    uint64_t pc;    /* guest pc; an empty entry's has no translation and leads to the miss stub */
    uint64_t entry; /* host address, in the executable view */
} EntryHeader;

/* Host registers as a site stub or the fault handler saved them. */
typedef struct RawRegs {
    uint64_t gpr[STATE_AREA_GPRS];
    _Alignas(16) uint8_t vec[STATE_AREA_VECS][64];
} RawRegs;

/* On hosts whose FPU does not raise the guest's flags (BackendOps.fp_inexact) it is code for
 * Region.fp_exact that does, from when the guest first loads its control and status word. */
typedef enum FpWatch { FP_HOST_EXACT = 0, FP_UNWATCHED = 1, FP_WATCHED = 2 } FpWatch;

typedef struct CpuState {
    /* 0 */
    _Atomic uint32_t poll; /* nonzero: leave at the next poll */
    uint32_t fpctl;        /* guest FP control/status, MXCSR layout; live in the host FP
                              environment while translations run. Masks: by fp_guest_word */
    _Atomic(const EntryHeader *) *lookup; /* table indexed by hash of pc; see LOOKUP_* */
    uint64_t shadow_top;  /* host address of the shadow return stack's sentinel pair */
    uint64_t pc;          /* guest pc, valid while not in generated code */
    uint64_t exit_site;   /* host address that identifies the exit or site */
    uint32_t exit_reason; /* ExitReason */
    uint32_t exit_arg;
    uint64_t host_sp;    /* C stack pointer while in generated code */
    uint64_t host_fpctl; /* the host's own FP control word(s) while in generated code */
    /* 64 */
    uint8_t guest[STATE_GUEST_SIZE];
    /* 8192 */
    _Alignas(16) uint8_t spill[STATE_SPILLS][16];
    uint64_t helper[STATE_HELPERS]; /* C functions, by helper number */
    RawRegs area;
    uint32_t fp_watch;   /* FpWatch */
    uint32_t fp_known;   /* see fp_settle */
    uint32_t fp_budget;  /* how often fp_known may still be set */
    uint64_t *counters;  /* unused unless counting; see backend.h */
    void *vcpu;          /* the runtime's Vcpu */
    uint64_t fault_addr; /* of a HELPER_FAULT helper or an accessor */
    uint64_t fault_info; /* FaultKind, see runtime/fault.h */
    /* The guest instruction whose translation has the host address *pc: sets *pc to its address and
     * copies up to n of its bytes; returns how many. *pc stays if it is not the translator's, and
     * becomes 0 if the translation is gone. May be NULL. */
    uint32_t (*guest_insn)(struct CpuState *s, uint64_t *pc, uint8_t *bytes, uint32_t n);
    uint64_t shadow_sp;    /* shadow return stack pointer while not in translations; initially
                              shadow_top */
    struct CpuState *next; /* the runtime's list of states */
    /* The place in the HintTable that missed, or HINT_NONE; misses left until one is reported. */
    uint32_t missed_hint;
    int32_t hint_credit;
    /* Of exclusive pairs (frontend/exclusive.h): NULL until stores are tagged; the version that the
     * last load-exclusive watches, and which it is; whether this thread has locked it. */
    struct ExclusiveMonitor *monitor;
    uint64_t exclusive_version;
    uint32_t exclusive_index;
    bool exclusive_locked;
} CpuState;

/* Reading the FP status is slow on some hosts: it waits for all operations before. Code for an FP
 * model that says so (BackendOps.known_flags) keeps flags known instead. While fp_known is not zero
 * it is what the host's control and status word holds (but for the denormal flag, which such a
 * model does not have), and just those exceptions are masked whose flag is set. So the first
 * operation to raise another flag traps; the signal handler masks its exception, notes its flag,
 * and lets it go on. fp_known is set when flags are read, and zero, with all exceptions masked,
 * from when they are written. Each of these costs: fp_budget bounds them. */
enum {
    FPCTL_FLAGS = 0x3d,
    FPCTL_DENORMAL = 2,
    FPCTL_UNDERFLOW = 16,
    FPCTL_MASKS = 0x1f80,
    FPCTL_ROUNDING = 0x6000, /* 0 nearest, 1 down, 2 up, 3 to zero */
    FPCTL_ROUNDING_AT = 13
};
enum { FPCTL_MASKS_AT = 7, FPCTL_DENORMAL_MASK = 0x100, FP_BUDGET = 1 << 14, FP_TRAP_COST = 64 };

/* fpctl as the guest has it. While flags are known the masks in the word are the host's alone: all
 * of the guest's are set, in the models that keep flags so. */
static inline uint32_t fp_guest_word(const CpuState *s)
{
    return s->fp_known != 0 ? s->fpctl | FPCTL_MASKS : s->fpctl;
}

/* After anything but translations has had fpctl in hand, before they have it again. */
static inline void fp_settle(CpuState *s)
{
    if (((s->fp_known ^ s->fpctl) & ~(uint32_t)FPCTL_DENORMAL) != 0)
        s->fp_known = 0;
    if (s->fp_known == 0)
        s->fpctl |= FPCTL_MASKS;
}

/* Where indirect jumps of a thread went: for each index pc % JUMP_SIZE a pc and the host address of
 * its translation. Written only by C, under the engine's lock; a pc never stands at an index that
 * is not its. Hosts choose the layout (BackendOps.jump_pairs): `pair` has index 0 at its end. */
typedef union JumpTable {
    struct {
        uint64_t pc[JUMP_SIZE], entry[JUMP_SIZE];
    } array;
    EntryHeader pair[JUMP_SIZE];
} JumpTable;

/* Where exits with a hint went, by the hint (ir/pass_hints.c): for each index a pc, any pc, and the
 * host address of its translation. Written only by C, under the engine's lock. An empty place has
 * pc 0 and an entry that looks any pc up. */
typedef struct HintTable {
    uint64_t pc[HINT_PLACES];
    /* A place's two words are half a cache line apart: some processors read them the slower where
     * they lie alike in two lines (measured; why is not known). */
    uint64_t apart[4];
    uint64_t entry[HINT_PLACES];
} HintTable;

static inline uint32_t state_hint_index(uint64_t hint)
{
    return hint / 8 % HINT_SIZE;
}

/* How a CpuState that generated code runs with lies in memory: generated code finds its tables
 * right below it. */
typedef struct ThreadState {
    _Alignas(64) HintTable hints;
    _Alignas(64) JumpTable jumps;
    _Alignas(64) CpuState cpu;
} ThreadState;

typedef struct JumpPlace {
    uint64_t *pc, *entry;
} JumpPlace;

static inline ThreadState *state_thread(CpuState *s)
{
    return (ThreadState *)(void *)((char *)s - offsetof(ThreadState, cpu));
}

static inline JumpPlace state_jump(CpuState *s, uint64_t pc, bool pairs)
{
    JumpTable *t = &state_thread(s)->jumps;
    uint64_t index = pc % JUMP_SIZE;
    EntryHeader *pair = &t->pair[JUMP_SIZE - 1 - index];
    return pairs ? (JumpPlace){&pair->pc, &pair->entry}
                 : (JumpPlace){&t->array.pc[index], &t->array.entry[index]};
}

/* What stands as pc where there is none: never a pc with that index. */
static inline uint64_t state_no_jump(uint64_t index)
{
    return index == 0;
}

_Static_assert(__builtin_offsetof(CpuState, guest) == STATE_GUEST_OFFSET, "hot words moved");
_Static_assert(__builtin_offsetof(CpuState, spill) == 8192, "guest area moved");
_Static_assert(offsetof(ThreadState, cpu) == offsetof(ThreadState, jumps) + sizeof(JumpTable),
               "the jump table ends elsewhere");

/* lookup[] has LOOKUP_SIZE entries. Two pcs that share a place in the jump table do not share one
 * here, if they are less than 1 GiB apart. */
enum { LOOKUP_BITS = 14, LOOKUP_SIZE = 1 << LOOKUP_BITS };
static inline uint64_t state_lookup_index(uint64_t pc)
{
    return (pc ^ pc >> 16) & (LOOKUP_SIZE - 1);
}

#endif
