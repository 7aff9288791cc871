/* core.h: the parts of a code generator that do not depend on the host.
 *
 *     select    picks one LowerRule for each needed op, folding addresses, constants, loads and
 *               compares into the ops that use them          (select.c, backwards over blocks)
 *     allocate  assigns host registers in one forward scan with next-use distances, homes of the
 *               convention as hints, and writes a list of AllocEvents     (alloc.c, moves.c)
 *     check     replays the events symbolically, sharing no code with alloc  (check.c)
 *     emit      walks the events and calls the host's emitters          (emit.c)
 *
 * The unit of everything is the IR instruction: a rule covers one instruction plus those folded
 * into it. Registers are numbers 0..31 within a class (GPR or VEC).
 *
 * Handled by core without a rule: const vconst param get put insn count poll call jump exit exitind
 * trap, and values that are only another name of one (aliases: trunc, vextract of lane 0 to
 * f32/f64, and whatever HostDesc.is_alias adds, such as a zext whose operand's upper half is known
 * zero). `br` has rules (its operand 0: OPND_COND or OPND_REG) and is emitted by HostDesc.branch.
 *
 * Lazy values: v = base + constant (i64) used only in addresses and snapshots is never computed by
 * itself; addresses use base and displacement, snapshots and exits add the constant. So a push is
 * one store, and the stack pointer is adjusted once, at the exit. Likewise boxes of singles (fbox)
 * and 32 bits with their sign above them (sext) that only snapshots want.
 */
#ifndef DRAGOMAN_BACKEND_CORE_H
#define DRAGOMAN_BACKEND_CORE_H

#include "backend/backend.h"

typedef enum RegClass { CLASS_GPR, CLASS_VEC, CLASS_COUNT } RegClass;
static inline RegClass class_of_type(IrType t)
{
    return ir_type_is_int(t) ? CLASS_GPR : CLASS_VEC;
}

/* convention.c: homes for slots->hot out of two lists that end with ANY_REG; false if there are no
 * hot slots. */
bool convention_by_heat(const SlotTable *slots, const uint8_t *general, const uint8_t *vector,
                        Convention *conv);

/* ---- selection ---- */

typedef enum OperandKind {
    OPND_NONE,
    OPND_REG,   /* leaf[0] in a register */
    OPND_IMM,   /* constant imm */
    OPND_ADDR,  /* address: leaf[0] base + leaf[1] << scale + imm; either leaf may be absent */
    OPND_MEM,   /* a load folded in: address as in OPND_ADDR, `folded` = the load */
    OPND_COND,  /* a compare folded in: `folded` = the compare; leaf[0] against leaf[1] or imm */
    OPND_FUSED, /* another instruction folded in: `folded`; leaves as the host's matcher says */
} OperandKind;

enum { OPND_LEAVES = 3 };

/* How one argument reaches the emitter. Matchers fill all but `reg`; allocation fills reg. */
typedef struct Operand {
    uint8_t kind;
    uint8_t type;  /* IrType of the value (COND: of the compared values; MEM: of the load) */
    uint8_t scale; /* log2 */
    uint8_t cc;    /* host-specific: condition, variant */
    bool has_imm;  /* COND, FUSED: imm is used */
    uint8_t reg[OPND_LEAVES];
    IrRef leaf[OPND_LEAVES]; /* values that must be in registers; IR_NONE = absent */
    IrRef folded; /* load, compare, ... that this operand absorbed (the outermost), or IR_NONE */
    int64_t imm;  /* constant or displacement */
} Operand;

typedef struct Selection Selection;
typedef struct Emitter Emitter;
typedef struct SelInst SelInst;
typedef struct HostDesc HostDesc;

/* Accepts argument v of instruction `user` for a rule, or returns false. Fills *out (zeroed
 * before). Calls the select_* services below; an instruction it absorbs must have passed
 * select_can_fold. Its effects happen only if the whole rule matches: core records folded
 * instructions by Operand.folded, plus select_also_folded for inner ones (say, the zext between a
 * load and its user). */
typedef bool OperandMatch(Selection *s, IrRef user, IrRef v, Operand *out);
typedef void EmitFn(Emitter *e, const SelInst *si, const IrInst *inst);

enum {
    ANY_REG = 0xff,
    RULE_TIED = 1,  /* destination = register of operand 0's leaf 0 (copied first if it lives on) */
    RULE_EARLY = 2, /* destination shares no register with any operand leaf */
    RULE_COMMUTE = 4,    /* tied, both operands OPND_REG: core may exchange operands 0 and 1 */
    RULE_FAULT_LATE = 8, /* writes its destination or scratch before its last faulting access: the
                            destination then shares no register with anything in the snapshot */
};

typedef struct LowerRule {
    uint16_t op;    /* IrOp */
    uint32_t types; /* mask of 1 << IrType of inst->type; for void ops and compares of the
                       type of the value compared or stored (store: arg 1, CMP/FCMP: arg 0,
                       br: i8, others: IR_VOID) */
    uint32_t lanes; /* mask of 1 << IrType for inst->lane; 0 = any */
    OperandMatch *arg[3];
    uint8_t fixed[3]; /* host register wanted for leaf 0 of each operand, or ANY_REG */
    uint8_t dest;     /* fixed destination register or ANY_REG */
    uint16_t flags;
    uint8_t scratch_gpr, scratch_vec;  /* registers the emitter may destroy (SelInst.scratch) */
    uint32_t clobber_gpr, clobber_vec; /* fixed registers destroyed (not operands' fixed ones,
                                          unless destroyed too; not the destination) */
    uint32_t needs;                    /* host feature mask that must be present */
    bool (*when)(Selection *s, IrRef user); /* further condition, or NULL */
    EmitFn *emit;
    const char *name;  /* the row's emitter, for explain */
    uint16_t code;     /* host-specific: the instruction, for emitters that many rows share */
    const void *steps; /* host-specific: the same, of more than one instruction */
} LowerRule;

struct SelInst {
    const LowerRule *rule; /* NULL: handled by core, folded away, or not needed */
    Operand opnd[3];
    IrRef inst;                 /* itself */
    uint8_t dest;               /* allocated destination (class of inst->type) */
    uint8_t pc_reg, return_reg; /* exits: GPRs that hold the pc of an indirect exit, and the return
                                   pc of a call (ANY_REG: none does) */
    uint8_t scratch_gpr[2], scratch_vec[6];
    uint8_t nopnds; /* operands in use */
    bool folded, needed, lazy;
    uint32_t snap; /* effective snapshot + 1: its own or a folded load's; 0 none */
};

struct Selection {
    Region *region;
    const HostDesc *host;
    const BackendConfig *cfg;
    SelInst *insts; /* by instruction number */
    uint32_t *uses; /* strong uses of each value not yet folded away (args, edges, exits') */
    uint32_t *weak; /* uses by snapshots */
    IrRef *alias;   /* the value whose register each value shares; itself if none */
    bool *not_lazy; /* values that something wants other than as an address */
    VEC(uint32_t) maybe_lazy; /* additions of constants */
    uint32_t cur_snap;        /* snapshot folded in by an earlier operand of the rule being tried */
    IrRef pending[8];         /* select_also_folded of the rule being tried */
    uint32_t npending;
};

/* ---- services for OperandMatch functions (select.c) ---- */

bool match_reg(Selection *s, IrRef user, IrRef v, Operand *out); /* R: always true */
/* True when v is used once, by user, in the same block (and by no snapshot): it may be folded into
 * user. For loads also: nothing between them writes memory, orders, polls, or leaves, and no other
 * faulting access stands between; for RAISES ops: no other use of the FP environment between. */
bool select_can_fold(const Selection *s, IrRef user, IrRef v);
/* As select_can_fold but for pure ops used more than once: only the "same block or dominating"
 * part is needed, the op is then computed too if others need it. */
bool select_const(const Selection *s, IrRef v, int64_t *value); /* sign-extended from its type */
/* v is a box that only snapshots want: they have what is in it. */
/* v is lazy, and is not a sum: snapshots have its operand. */
bool select_is_lazy_form(const Selection *s, IrRef v);
/* What is to be made of that operand, or of v itself, for v (SlotLoc.made). */
unsigned select_form(const Region *r, IrRef v);
void select_also_folded(Selection *s, IrRef v);
/* If v = base + constant (through any depth of lazy values): true, with base and the sum. */
bool select_base_disp(const Selection *s, IrRef v, IrRef *base, int64_t *disp);
/* For a vstrflags: the instruction before it is a wanted string op with the same operands, so that
 * the host has just computed these flags. Nothing but moves will stand between the two. */
bool select_strings_compared(const Selection *s, IrRef flags);
static inline const IrInst *select_inst(const Selection *s, IrRef v)
{
    return &s->region->insts.data[v.i];
}

/* ---- the host's description ---- */

typedef enum MoveKind {
    MOVE_REG,       /* register to register, same class */
    MOVE_LOAD,      /* register dst from CpuState offset */
    MOVE_STORE,     /* register src to CpuState offset */
    MOVE_CONST,     /* register dst = imm (by type), or *vec */
    MOVE_STORE_IMM, /* integer constant imm to CpuState offset; the host may use `scratch` */
    MOVE_SWAP,      /* exchange two registers of one class */
    MOVE_ADD,       /* dst = src + imm, 64-bit */
} MoveKind;

/* Must not disturb any register but dst (and scratch when it is not ANY_REG). Host condition
 * flags may be destroyed. */
typedef struct HostMove {
    uint8_t kind, cls, type; /* type: IrType moved; loads and stores move exactly its width */
    uint8_t dst, src, scratch;
    uint32_t offset; /* in CpuState */
    uint64_t imm;
    const IrVec128 *vec; /* vector constant */
} HostMove;

struct HostDesc {
    const char *name;
    const LowerRule *rules; /* rows of one op adjacent and in the order of ops.def; special first */
    uint32_t rule_count;
    const uint16_t *rule_ends;         /* by op: behind its last rule; NULL: searched for */
    uint32_t allocatable[CLASS_COUNT]; /* register masks, homes included */
    uint32_t caller_saved[CLASS_COUNT];
    uint8_t call_args[6]; /* GPRs of the C arguments */
    uint8_t call_ret;
    uint8_t exit_pc, exit_hint;              /* GPRs for the pc and the hint at an indirect exit */
    bool exit_in_place;                      /* exits take pcs in any register (SelInst) */
    const uint8_t *alloc_order[CLASS_COUNT]; /* preferred order, ANY_REG ends */
    /* selection */
    bool (*is_alias)(Selection *s, IrRef v, IrRef *of); /* beyond core's own; may be NULL */
    bool swap[CLASS_COUNT];                             /* MOVE_SWAP exists for the class */
    bool stores_imm;                                    /* MOVE_STORE_IMM needs no scratch */
    bool keeps_consts; /* registers abound and constants are dear: loops keep them */
    /* emission; labels are numbers of the emitter */
    void (*move)(Emitter *e, const HostMove *m);
    void (*jump)(Emitter *e, uint32_t label);
    /* exactly one of the two labels may be the next code emitted: NO_LABEL stands for it */
    void (*branch)(Emitter *e, const SelInst *si, const IrInst *inst, uint32_t yes, uint32_t no);
    /* exit and exitind: all in place, the pc in SelInst.pc_reg */
    void (*exit)(Emitter *e, const SelInst *si, const IrInst *inst);
    void (*poll)(Emitter *e, uint32_t cold_label);
    void (*site_call)(Emitter *e); /* call of STUB_SITE; core records the site behind it */
    /* Calls helper h, its register arguments (after the state pointer, when HELPER_STATE) are in
     * place. HELPER_FAULT: to cold_label when it returns nonzero, else cold_label = NO_LABEL. */
    void (*call)(Emitter *e, const HelperDesc *h, uint32_t number, uint32_t cold_label);
    void (*count)(Emitter *e, uint32_t data_word); /* ++ of a data word */
    void (*begin)(Emitter *e);                     /* sets up host_data */
    void (*finish)(Emitter *e);                    /* exit stubs, constant pools */
    void (*fixup)(Emitter *e, uint32_t offset, unsigned form,
                  uint32_t target); /* label reference */
};

enum { NO_LABEL = 0xffffffff };

/* ---- emission (emit.c) ---- */

/* Where the state is at the instruction being emitted. */
typedef struct EmitSite {
    uint32_t snap;         /* snapshot + 1 */
    uint32_t first, count; /* its locations */
    uint8_t mem_flags;
} EmitSite;

typedef struct ColdSite { /* a site call to be emitted behind the region */
    uint32_t label;
    EmitSite site;
    SiteKind kind;
} ColdSite;

struct Emitter {
    CompiledCode *out;
    Region *region;
    const HostDesc *host;
    const BackendConfig *cfg;
    Selection *sel;
    uint32_t cap;
    uint32_t host_insns; /* hosts add one for each instruction emitted */
    EmitSite site;       /* of the instruction being emitted; snap 0: none */
    uint32_t cost;       /* block cost being added to, + 1; 0: none */
    uint32_t edges_counted;
    VEC(ColdSite) cold;
    VEC(uint32_t) labels; /* offset of each, NO_LABEL while unbound */
    struct LabelRefs {
        struct LabelRef {
            uint32_t offset, label;
            unsigned form;
        } * data;
        uint32_t count, cap;
    } refs;
    void *host_data;
};

void emit_grow(Emitter *e, uint32_t n);
/* Where the next n bytes of code go; who has written them adds to out->size. */
static inline uint8_t *emit_room(Emitter *e, uint32_t n)
{
    if (e->out->size + n > e->cap)
        emit_grow(e, n);
    return e->out->code + e->out->size;
}
void emit_u8(Emitter *e, uint8_t v);
void emit_u32(Emitter *e, uint32_t v);
void emit_u64(Emitter *e, uint64_t v);
void emit_bytes(Emitter *e, const void *p, uint32_t n);
static inline uint32_t emit_offset(const Emitter *e)
{
    return e->out->size;
}
void emit_reloc(Emitter *e, uint32_t offset, RelocKind kind, unsigned form, unsigned index);
uint32_t emit_label_new(Emitter *e);
void emit_label_bind(Emitter *e, uint32_t label);
/* The field at `offset` refers to the label; HostDesc.fixup is called when it is known. */
void emit_label_ref(Emitter *e, uint32_t label, uint32_t offset, unsigned form);
/* The host instruction emitted next may fault: records where the state is. An emitter of a faulting
 * rule calls it before each such instruction. */
void emit_fault_here(Emitter *e);
/* This host address stands for the indirect exit in CpuState.exit_site. */
void emit_branch_here(Emitter *e, const IrInst *exit);
/* A new exit site; the caller fills it. Pointer valid until the next call. */
ExitSite *emit_exit_site(Emitter *e);

/* ---- allocation results (alloc.c writes, check.c and emit.c read) ---- */

typedef enum AllocEventKind {
    AE_INST,  /* emit instruction `index` with its SelInst */
    AE_MOVE,  /* emit `move` */
    AE_BLOCK, /* block `index` starts */
    AE_EDGE,  /* stub of edge `index` starts */
    AE_GOTO,  /* to edge `index` (its stub, or its block) */
    AE_SITE,  /* locations [first, count) in out->locs belong to the next AE_INST */
} AllocEventKind;

typedef struct AllocEvent {
    uint8_t kind;
    union {
        uint32_t index;
        IrRef value; /* AE_MOVE: the value moved (alias root), or IR_NONE */
    };
    union {
        struct { /* AE_SITE */
            uint32_t first, count;
        };
        HostMove move;
    };
} AllocEvent;

typedef struct Allocation {
    VEC(AllocEvent) events;
    VEC(uint32_t)
    spans; /* start of each laid-out stretch (block or edge stub), in emission order */
    bool *edge_has_stub;
} Allocation;

void select_region(Selection *s);
/* False when spill slots run out. */
bool alloc_region(Selection *s, CompiledCode *out, Allocation *al, char *err, size_t err_size);
/* Stops with log_bug if the events are not a right allocation. */
void check_allocation(const Selection *s, const CompiledCode *out, const Allocation *al);

/* The whole generator: select, allocate, [check], emit. Hosts' compile() calls it. out->arena is
 * set by the caller (the region's arena will do). */
bool core_compile(const HostDesc *host, const BackendConfig *cfg, Region *r, CompiledCode *out,
                  char *err, size_t err_size);

#endif
