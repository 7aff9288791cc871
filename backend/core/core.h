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
 */
#ifndef DRAGOMAN_BACKEND_CORE_H
#define DRAGOMAN_BACKEND_CORE_H

#include "backend/backend.h"

typedef enum RegClass { CLASS_GPR, CLASS_VEC, CLASS_COUNT } RegClass;
static inline RegClass class_of_type(IrType t)
{
    return ir_type_is_int(t) ? CLASS_GPR : CLASS_VEC;
}

/* ---- selection ---- */

typedef enum OperandKind {
    OPND_NONE,
    OPND_REG,   /* leaf[0] in a register */
    OPND_IMM,   /* constant imm */
    OPND_ADDR,  /* address: leaf[0] base + leaf[1] << scale + imm; either leaf may be absent */
    OPND_MEM,   /* a load folded in: address as in OPND_ADDR, `folded` = the load */
    OPND_COND,  /* a compare folded in: cc of host, sub-operands leaf[0] and leaf[1] or imm */
    OPND_TEST,  /* a folded and-with-zero compare, as COND */
} OperandKind;

enum { OPND_LEAVES = 3 };

/* How one argument reaches the emitter. Selection fills all but `reg`; allocation fills reg. */
typedef struct Operand {
    uint8_t kind;
    uint8_t type;         /* IrType of the value (of the compared values for COND) */
    uint8_t scale;        /* log2 */
    uint8_t cc;           /* COND: the IrOp of the compare as a small number, see host */
    bool has_imm;         /* COND: right side is imm */
    uint8_t reg[OPND_LEAVES];
    IrRef leaf[OPND_LEAVES]; /* values that must be in registers; IR_NONE = absent */
    IrRef folded;         /* load or compare that this operand absorbed, or IR_NONE */
    int64_t imm;          /* constant or displacement */
} Operand;

typedef struct Selection Selection;

/* Accepts argument v of user for a pattern, or returns false. Fills *out. May call the select_*
 * services below. */
typedef bool OperandMatch(Selection *s, IrRef user, IrRef v, Operand *out);

typedef struct Emitter Emitter;
typedef struct SelInst SelInst;
typedef void EmitFn(Emitter *e, const SelInst *si, const IrInst *inst);

enum {
    ANY_REG = 0xff,
    RULE_TIED = 1,        /* destination = register of operand 0's leaf 0 */
    RULE_EARLY = 2,       /* destination shares no register with any operand leaf */
    RULE_CALL = 4,        /* clobbers the host's caller-saved registers */
    RULE_FLAGS = 8,       /* informational: sets host condition flags */
    RULE_COMMUTE = 16,    /* tied rule whose operands 0 and 1 may be exchanged when that saves a move */
    RULE_DEAD_TIED = 32,  /* as TIED, but only preferred: the emitter copies if they differ */
};

typedef struct LowerRule {
    uint16_t op;             /* IrOp */
    uint32_t types;          /* mask of 1 << IrType for inst->type (store, cmp: of argument type) */
    uint32_t lanes;          /* mask of 1 << IrType for inst->lane; 0 = any */
    OperandMatch *arg[3];
    uint8_t fixed[3];        /* host register wanted for leaf 0 of each operand, or ANY_REG */
    uint8_t dest;            /* fixed destination register or ANY_REG */
    uint16_t flags;
    uint8_t scratch_gpr, scratch_vec;  /* registers the emitter may use (SelInst.scratch) */
    uint32_t clobber_gpr, clobber_vec; /* further registers destroyed */
    uint32_t needs;          /* host feature mask that must be present */
    EmitFn *emit;
    const char *name;        /* row's emitter name, for explain */
} LowerRule;

struct SelInst {
    const LowerRule *rule; /* NULL: folded away or not needed */
    Operand opnd[3];
    IrRef inst;
    uint8_t dest;             /* allocation result */
    uint8_t scratch[4];       /* GPRs first, then vectors */
    const uint8_t *list_regs; /* calls: nothing; arguments are placed by moves first */
    uint32_t snap;            /* effective snapshot (+1): the inst's own or the folded load's */
};

struct Selection {
    Region *region;
    const struct HostDesc *host;
    const BackendConfig *cfg;
    SelInst *insts;      /* by instruction number */
    uint32_t *uses;      /* remaining uses of each value */
    uint32_t user_block;
};

/* Services for OperandMatch functions (select.c). */
bool select_reg(Selection *s, IrRef user, IrRef v, Operand *out);        /* always true: R */
/* True when v is used once, by `user`, in the same block: it may be folded into it. Loads: also
 * no op between them that writes memory, orders, or changes state, and order is plain. */
bool select_can_fold(Selection *s, IrRef user, IrRef v);
bool select_const(Selection *s, IrRef v, int64_t *value);                /* sign-extended */

/* ---- the host's description ---- */

typedef enum MoveKind {
    MOVE_REG,       /* register to register, same class */
    MOVE_LOAD,      /* from CpuState offset */
    MOVE_STORE,     /* to CpuState offset */
    MOVE_CONST,     /* rematerialised constant of inst */
    MOVE_STORE_IMM, /* integer constant to CpuState offset (scratch-free if the host can) */
    MOVE_SWAP,      /* exchange two registers of one class */
} MoveKind;

typedef struct HostMove {
    uint8_t kind, cls, type; /* type: IrType moved */
    uint8_t dst, src;
    uint32_t offset;         /* in CpuState */
    uint64_t imm;
    const IrVec128 *vec;     /* vector constant */
} HostMove;

typedef struct HostDesc {
    const char *name;
    const LowerRule *rules;       /* sorted by op; special before general */
    uint32_t rule_count;
    uint32_t allocatable[CLASS_COUNT];   /* register masks, homes included */
    uint32_t caller_saved[CLASS_COUNT];
    uint8_t call_args[6];         /* GPRs of integer C arguments */
    uint8_t call_ret;
    uint8_t exit_pc;              /* GPR that holds the pc at an indirect exit */
    uint32_t exit_scratch[CLASS_COUNT];  /* registers an exit sequence destroys: no homes */
    const uint8_t *alloc_order[CLASS_COUNT]; /* preferred order, 0xff ends */
    bool const_needs_reg[IR_TYPE_COUNT];
    /* emission */
    void (*move)(Emitter *e, const HostMove *m);
    void (*jump)(Emitter *e, uint32_t label);
    void (*branch)(Emitter *e, const SelInst *si, const IrInst *inst, uint32_t yes, uint32_t no,
                   bool fall_yes, bool fall_no);
    void (*exit)(Emitter *e, const SelInst *si, const IrInst *inst); /* exit and exitind */
    void (*poll)(Emitter *e, uint32_t cold_label);
    void (*site_call)(Emitter *e);  /* call STUB_SITE; its return address is the site */
    void (*call)(Emitter *e, const IrInst *inst, const HelperDesc *h); /* args already placed */
    void (*count)(Emitter *e, uint32_t counter);
    void (*align_entry)(Emitter *e);
    void (*finish)(Emitter *e);     /* constant pools, exit stubs, label fixups */
} HostDesc;

/* ---- allocation results ---- */

typedef enum AllocEventKind {
    AE_INST,   /* emit region->insts[inst] with its Operands' registers */
    AE_MOVE,   /* emit `move` */
    AE_LABEL,  /* block or edge stub starts */
    AE_JUMP,   /* to label */
    AE_SITE,   /* record snapshot locations for the next instruction emitted */
} AllocEventKind;

typedef struct AllocEvent {
    uint8_t kind;
    uint32_t index;       /* instruction, label or FaultSite number */
    HostMove move;
    IrRef value;          /* moves: the value moved, for the checker */
} AllocEvent;

/* ---- emission buffer ---- */

struct Emitter {
    CompiledCode *out;
    Region *region;
    const HostDesc *host;
    const BackendConfig *cfg;
    Selection *sel;
    uint32_t cap;
    uint32_t host_insns;    /* emitted since the last counter, for BlockCost */
    void *host_data;        /* the host's labels, pools, pending stubs */
};

void emit_u8(Emitter *e, uint8_t v);
void emit_u32(Emitter *e, uint32_t v);
void emit_u64(Emitter *e, uint64_t v);
void emit_bytes(Emitter *e, const void *p, uint32_t n);
void emit_reloc(Emitter *e, uint32_t offset, RelocKind kind, unsigned form, unsigned index);

/* The whole generator: select, allocate, [check], emit. Hosts' compile() calls it. */
bool core_compile(const HostDesc *host, const BackendConfig *cfg, Region *r, CompiledCode *out,
                  char *err, size_t err_size);

#endif
