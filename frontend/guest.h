/* guest.h: a guest ISA as the runtime sees it: one GuestOps table.
 *
 * lift() decodes a region starting at pc and builds lifted IR (ir.h). Bytes come through `fetch`,
 * which never faults: it returns how many of the wanted bytes could be read. An instruction whose
 * bytes cannot be fetched becomes a trap TRAP_FETCH; one that does not exist, TRAP_ILLEGAL.
 */
#ifndef DRAGOMAN_FRONTEND_GUEST_H
#define DRAGOMAN_FRONTEND_GUEST_H

#include "ir/ir.h"
#include "ir/passes.h"
#include "ir/state.h"
#include "ir/traps.h"

typedef struct LiftRequest {
    uint64_t pc;
    uint32_t mode;
    uint32_t max_insns; /* bound on guest instructions; 1 = exactly one instruction */
    uint32_t max_conds; /* bound on conditional branches, the last of which ends it; 0: a default */
    bool count_blocks;  /* insert `count` at each block start */
    bool poll;          /* insert polls at the entry and at loop heads */
    bool peel;          /* lift the first turn of a loop at pc apart from the others */
    bool plain;         /* Region.plain */
    bool watch_fp;     /* leave by TRAP_MODE where the FP control word is loaded, to set fp_watch */
    bool tag_stores;   /* writes move versions of exclusive.h on */
    bool dependencies; /* Region.dependencies, if loads are so ordered: the host would not be */
    bool x87_unit;     /* the code will run with the guest's x87 state in the host's unit */
    /* Copies up to n bytes at addr; returns the number copied. Executable pages only. */
    uint32_t (*fetch)(void *arg, uint64_t addr, uint8_t *buf, uint32_t n);
    void *fetch_arg;
    /* Whether the code at pc is rather to have a region of its own, if nothing else of this one
     * leads there or back; NULL: never. */
    bool (*stands_apart)(void *fetch_arg, uint64_t pc);
    Arena *arena;
} LiftRequest;

typedef struct LiftResult {
    Region *region;
    /* Guest byte ranges the region was made from, for invalidation: sorted, merged. */
    struct {
        uint64_t start, end;
    } ranges[8];
    uint32_t nranges;
    uint32_t guest_insns;
} LiftResult;

typedef enum FaultKind { FAULT_SEGV = 1, FAULT_BUS, FAULT_FPE, FAULT_ILL, FAULT_TRAP } FaultKind;

/* A synchronous guest fault, as the guest's kernel would describe it. */
typedef struct GuestFault {
    FaultKind kind;
    int si_code;   /* Linux's: SEGV_MAPERR, FPE_INTDIV, ... */
    uint64_t addr; /* si_addr */
    bool write;    /* for x86's page-fault error code */
    bool is_fetch;
    uint32_t trap; /* the GuestTrap behind it + 1; 0: none */
    uint32_t
        trap_no;  /* filled in by describe_fault: the processor's number for the signal frame.. */
    uint32_t err; /* ..and its error code.. */
    bool sets_frame_addr; /* ..and the address there, where this fault gives it another */
    uint64_t frame_addr;
} GuestFault;

/* A fault in CpuState.fault_addr and fault_info, where accessors and HELPER_FAULT helpers leave it.
 */
enum { FAULT_INFO_WRITE = 1 << 8, FAULT_INFO_FETCH = 1 << 9, FAULT_INFO_CODE = 16 };

static inline void guest_fault_record(CpuState *s, const GuestFault *f)
{
    s->fault_addr = f->addr;
    s->fault_info = (uint64_t)f->kind | (f->write ? FAULT_INFO_WRITE : 0) |
                    (f->is_fetch ? FAULT_INFO_FETCH : 0) |
                    (uint64_t)(uint16_t)f->si_code << FAULT_INFO_CODE;
}

static inline GuestFault guest_fault_recorded(const CpuState *s)
{
    return (GuestFault){.kind = (FaultKind)(s->fault_info & 0xff),
                        .si_code = (int16_t)(s->fault_info >> FAULT_INFO_CODE),
                        .addr = s->fault_addr,
                        .write = (s->fault_info & FAULT_INFO_WRITE) != 0,
                        .is_fetch = (s->fault_info & FAULT_INFO_FETCH) != 0};
}

typedef struct GuestOps {
    const char *name; /* "x86_64" */
    uint16_t elf_machine;
    const SlotTable *slots;
    const HelperTable *helpers;
    FpModel fp_model;
    void (*init_state)(CpuState *s);
    uint32_t (*mode)(const CpuState *s); /* current mode word */
    void (*lift)(const LiftRequest *rq, LiftResult *out);
    /* PassContext.dead_slots_at for this guest; arg is a LiftRequest (fetch is used). May be NULL.
     */
    void (*dead_slots_at)(void *arg, uint64_t pc, uint64_t dead[4]);
    /* Performs service number n (> 0) of IR_EXIT_SERVICE on state in memory. Returns 0, or a
     * GuestTrap + 1 to raise at the instruction (state->pc is then still the next pc). */
    int (*service)(CpuState *s, unsigned n);
    /* What the guest's kernel says differently, or besides: si_code, trap_no, err. May be NULL. */
    void (*describe_fault)(GuestFault *f);
    /* Addresses between the halves of the address space are none: their use faults without telling
     * which it was (x86 #GP: SI_KERNEL, no address). Else they are not mapped, like others. */
    bool canonical_only;
    /* Plain loads are ordered by dependencies alone. */
    bool weak_order;
    /* The processor does not look at the top byte of data addresses. */
    bool ignores_top_byte;
    /* Whether the access of the instruction at s->pc (n bytes) to what is no address is one to the
     * stack, for which the guest has a fault of its own. May be NULL. */
    bool (*stack_fault)(const CpuState *s, const uint8_t *bytes, unsigned n);
    /* Whether code can be at pc at all. A branch to where none can be raises TRAP_PRIVILEGED
     * itself, and has changed nothing. NULL: code can be anywhere. */
    bool (*is_pc)(uint64_t pc);
    /* Takes back what the indirect branch at s->pc (n bytes) did to the state; with is_pc. */
    void (*undo_branch)(CpuState *s, const uint8_t *bytes, unsigned n);
    /* Exceptions behind TRAP_X87: pending and unmasked, as MXCSR flag bits. May be NULL. */
    uint32_t (*pending_fp)(const CpuState *s);
    /* x87 and MMX state: memory := the host's unit, and back (LiftRequest.x87_unit). NULL: the
     * guest has none. */
    void (*x87_save)(CpuState *s);
    void (*x87_load)(CpuState *s);
    /* Prints registers for crash reports and logs. */
    void (*dump)(const CpuState *s, FILE *out);
    /* Text of one instruction for explain; returns its length (0: unreadable). */
    unsigned (*disassemble)(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size);
} GuestOps;

/* Whether code can be at pc. */
static inline bool guest_is_pc(const GuestOps *g, uint64_t pc)
{
    return g->is_pc == NULL || g->is_pc(pc);
}

extern const GuestOps guest_x86_64, guest_aarch64, guest_riscv64;

#endif
