/* region.h: forming regions, for every guest.
 *
 * A region starts as a straight line of guest instructions from the requested pc: decoding goes on
 * behind conditional branches (they fall through) and stops at an unconditional one, at an
 * instruction that ends control, at bytes that cannot be fetched, or at a bound. A branch to the
 * start of a decoded instruction is an edge inside the region (a loop or a diamond); any other
 * leaves by an exit block. A tail that the request wants apart (LiftRequest.stands_apart) is left
 * out.
 *
 *     401000: add rax, rcx        b0: poll; jump b1
 *     401003: dec rdx             b1 (loop head): insn.. poll; ...; br %ne, b1, b2
 *     401006: jne 401000          b2: exit 0x401008
 *
 * The guest gives two functions: one decodes, one lifts. The former makes the blocks, polls and
 * counts, and calls `lift` for the instructions in order of address.
 */
#ifndef DRAGOMAN_FRONTEND_REGION_H
#define DRAGOMAN_FRONTEND_REGION_H

#include "frontend/guest.h"

enum {
    REGION_MAX_INSNS = 256,
    REGION_DEFAULT_INSNS = 48,
    REGION_MAX_CONDS = 8,
    REGION_PEEL_INSNS = 24,      /* of one loop, unless the guest says more.. */
    REGION_PEEL_MORE_INSNS = 16, /* ..and of others in the region */
    REGION_TWICE_INSNS = 12      /* of a loop that polls in every other turn */
};

/* What an instruction may be lifted as. */
typedef enum RegionCopy {
    COPY_PLAIN, /* in no peeled loop; or in one, from the second turn on */
    COPY_FIRST, /* its first turn */
    COPY_OTHER, /* every other turn after that, without a poll */
    COPY_COUNT
} RegionCopy;

typedef enum RegionFlow {
    FLOW_NEXT, /* goes on at the next instruction */
    FLOW_COND, /* may go to target, else to the next */
    FLOW_JUMP, /* goes to target */
    FLOW_END,  /* anything else */
} RegionFlow;

typedef struct RegionInsn {
    uint64_t pc, target;
    uint8_t length;
    uint8_t flow;      /* RegionFlow */
    bool leader;       /* starts a block */
    bool loop_head;    /* a later instruction of the region jumps here */
    bool has_fall;     /* the previous instruction may go on here */
    uint16_t branches; /* branches of the region that lead here */
    uint16_t from;     /* index of the last such branch */
    uint8_t peel;      /* instructions of the loop from here on whose first turn is apart; or 0 */
    bool twice;        /* ..and whose later turns are lifted twice */
    uint32_t block[COPY_COUNT]; /* IR blocks, if a leader */
} RegionInsn;

typedef enum RegionDecode {
    REGION_OK,
    REGION_FETCH,   /* bytes at pc + insn->length cannot be fetched */
    REGION_ILLEGAL, /* lifted as a trap by the guest's lift */
} RegionDecode;

typedef struct RegionFormer RegionFormer;

typedef struct RegionGuest {
    unsigned max_length; /* of an instruction */
    unsigned peel_insns; /* of a loop that is peeled; 0: REGION_PEEL_INSNS */
    /* Decodes instruction number i (kept by the guest) from n <= max_length bytes at insn->pc;
     * fills length, flow and target. */
    RegionDecode (*decode)(void *guest, unsigned i, RegionInsn *insn, const uint8_t *bytes,
                           unsigned n);
    /* A block begins at instruction i. If from >= 0 the only way to it is from the end of
     * instruction number `from`, already lifted: what was known there holds; but for IR values, if
     * not `values` (the instruction was lifted twice). */
    void (*begin_block)(void *guest, RegionFormer *f, unsigned i, int from, bool values);
    /* Lifts instruction i at the end of the current block; `insn` op and poll are done. Leaves
     * FLOW_NEXT instructions without a terminator. Returns false if it ended the block. */
    bool (*lift)(void *guest, RegionFormer *f, unsigned i, IrBuilder *b);
} RegionGuest;

/* Forms the region of rq in `region` (made by the guest with ir_region_new). */
void region_form(const RegionGuest *ops, void *guest, const LiftRequest *rq, Region *region,
                 LiftResult *out);

/* For lift: the block that control goes to for guest address pc: a block of the region, or one
 * that exits there. */
uint32_t region_block_for(RegionFormer *f, uint64_t pc);
/* For lift: a trap, out of the way, if cond; what follows goes into a new block. */
void region_trap_if(IrBuilder *b, uint64_t pc, IrRef cond, unsigned trap);
/* For lift: memory at `at`, of that type, is about to be written; `helper` is exclusive_touch,
 * which is called where stores are tagged (exclusive.h). */
void region_touch(IrBuilder *b, const LiftRequest *rq, unsigned helper, IrRef at, IrType type);
/* For lift: memory at `at` becomes the lesser of itself and v by the comparison `less`, or the
 * larger, atomically; returns its old value. */
IrRef region_atomic_choose(IrBuilder *b, uint64_t pc, IrOp less, bool larger, IrRef at, IrRef v);
/* For lift: a block ends after instruction i. */
bool region_block_ends(const RegionFormer *f, unsigned i);

#endif
