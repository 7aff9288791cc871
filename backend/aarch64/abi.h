/* abi.h: the AArch64 host's side of the protocol in backend/backend.h.
 *
 *     x28        CpuState (and below it      x0-x6      temporaries (helper arguments)
 *                JumpTable)                  x7-x15, x19-x27, x29   homes (convention.def)
 *     sp         shadow return stack
 *     x16        pc of an indirect exit;     x16, x17, x30   the emitters' own: never allocated,
 *                address of a direct stub                    dead between instructions
 *     x18        never touched (platform)    v13-v15    the emitters' own
 *     v0-v12     temporaries                 v16-v31    homes
 *
 * A direct exit is one B (or BL) instruction, pointing at its stub until patched:
 *
 *     exit:  b stub            stub: adr x16, stub        patched:  b other_translation
 *                                    b STUB_EXIT_DIRECT
 *
 * A call exit pushes {guest return pc, landing pad} on the shadow stack and uses BL, so that the
 * host predicts the RET x30 of the return; the landing pad is a direct exit to the return pc:
 *
 *     mov x17, #return_pc; adr x30, landing; stp x17, x30, [sp, #-16]!; bl stub; landing: b stub2
 *
 * (or the register that already holds return_pc, as the guest's own push wanted it, for x17). P
 * below is the register of the exit's pc: x16, unless it can stay where it is; cold paths move it
 * there.
 *
 * A return: ldp x17, x30, [sp], #16; cmp x17, P; b.ne to STUB_SHADOW_RESET; ret x30.
 * The stub sets sp to CpuState.shadow_top (whose sentinel pair never matches) and looks up x16. A
 * push below the stack's guard page faults in that STP; setting sp = shadow_top and running it
 * again is right. CpuState.shadow_sp keeps sp while in C.
 *
 * An indirect exit asks the thread's jump table, whose pairs go downwards from the state:
 *
 *     sub x17, x28, wP, uxth #4; ldp x17, x30, [x17, #-16]; cmp x17, P; b.ne to STUB_LOOKUP; br x30
 *
 * STUB_LOOKUP asks the mode's table; STUB_LOOKUP_MISS reports pc, and x3 in exit_site: cold paths
 * leave the address there that names the exit. (An empty entry leads there without one.)
 */
#ifndef DRAGOMAN_BACKEND_AARCH64_ABI_H
#define DRAGOMAN_BACKEND_AARCH64_ABI_H

#include <stddef.h>

#include "backend/aarch64/enc.h"
#include "backend/core/order.h"

enum {
    R_STATE = 28,
    R_EXIT_PC = 16,
    R_T0 = 16, /* emitters' scratch; R_T0, R_T1 are an even pair (CASP) */
    R_T1 = 17,
    R_LR = 30,
    R_EXIT_SITE = 3, /* of an indirect exit that missed */
    V_T0 = 13,
    V_T1 = 14,
    V_T2 = 15,
};

/* BackendConfig.host_features. */
enum {
    FEAT_A64_LSE = 1,
    FEAT_A64_LRCPC = 2,
    FEAT_A64_LRCPC2 = 4,
    FEAT_A64_LSE2 = 8,
    FEAT_A64_AFP = 16, /* FPCR.AH, NEP, FIZ */
    FEAT_A64_TSO = 32, /* the CPU runs in a TSO mode */
    FEAT_A64_CRC32 = 64,
    FEAT_A64_AES = 128,
    FEAT_A64_PMULL = 256,
    FEAT_A64_SHA1 = 512,
    FEAT_A64_SHA2 = 1024, /* SHA-256 */
};

/* FPCR: RMode 23:22, FZ 24, AH 1, FIZ 0. With AFP, AH is set while guest code runs: NaN, minimum,
 * maximum, tininess and denormal-operand rules become x86's. */
enum {
    FPCR_FIZ = 1,
    FPCR_AH = 2,
    FPCR_NEP = 4,
    FPCR_RMODE_AT = 22,
    FPCR_FZ_AT = 24,
    FPCR_DN_AT = 25, /* NaN results are the default one: what FP_MODEL_RISCV wants */
};

/* Which field a relocation or a label reference is about. */
typedef enum A64Field {
    FIELD_B26,
    FIELD_B19,
    FIELD_B14,
    FIELD_ADR,
    FIELD_ADRP,
    FIELD_ADD12
} A64Field;

/* Arena stubs of this host beyond those of backend.h. */
enum {
    STUB_A64_CALL = STUB_HOST_FIRST, /* x16 = function: calls it on the C stack */
    STUB_A64_EXACT,                  /* exact.c: w16 = description; v13, v14 to v13 */
    STUB_A64_UDIV128,                /* x0:x1 / x2: quotient in x0, remainder in x1 */
    STUB_A64_SDIV128,
};

/* Code put behind the region: emit() runs at the end, then control goes back behind the branch. */
typedef struct ColdPath {
    uint32_t label, back;
    void (*emit)(Emitter *e, const struct ColdPath *c);
    uint8_t d, n, m, lane;
    bool three; /* a64_cold_exact: `a` is an operand */
    uint8_t a;
    uint8_t result; /* a64_cold_exact: IrType of what goes into d */
    uint16_t op;
    uint32_t again; /* a second label to go back to */
    uint64_t imm;
    const IrInst *exit; /* an indirect one */
    EmitSite site;      /* of the instruction it belongs to */
} ColdPath;

typedef struct PoolConst {
    IrVec128 value;
    uint32_t label;
} PoolConst;

typedef struct A64Emit { /* Emitter.host_data */
    VEC(ColdPath) cold;
    VEC(PoolConst) pool;
} A64Emit;

static inline bool has_feature(const Emitter *e, uint32_t feature)
{
    return (e->cfg->host_features & feature) != 0;
}

static inline A64Emit *a64_emit(Emitter *e)
{
    return e->host_data;
}
/* The cold path and its return label; the branch to c->label is the caller's. */
ColdPath *a64_cold_path(Emitter *e, void (*emit)(Emitter *, const ColdPath *));
static inline bool is64(const IrInst *in)
{
    return in->type == IR_I64;
}

/* emit_ctl.c */
void a64_mov_imm(Emitter *e, unsigned d, uint64_t v); /* 64 bits */
void a64_mov(Emitter *e, unsigned d, unsigned n);     /* 64 bits; nothing if equal */
void a64_vmov(Emitter *e, unsigned d, unsigned n);
void a64_add_imm(Emitter *e, unsigned d, unsigned n, int64_t imm); /* 64 bits; may use x30 */
void a64_bcond(Emitter *e, A64Cond cc, uint32_t label);
void a64_b19(Emitter *e, A64Op op, unsigned reg, uint32_t label);
/* A jump or call (BR, BLR) to guest pc through the thread's jump table; destroys x17 and x30. */
void a64_jump_table(Emitter *e, A64Op branch, unsigned pc, uint32_t miss);
void a64_state_access(Emitter *e, A64Op scaled, unsigned reg, uint32_t offset);
void a64_barrier(Emitter *e, OrderBarrier b);
void a64_branch_stub(Emitter *e, A64Op op, unsigned stub); /* StubId, or STUB_A64_* */
A64Cond a64_compare(Emitter *e, const Operand *o);         /* emit_cmp.c: OPND_COND */
void a64_fixup(Emitter *e, uint32_t offset, unsigned form, uint32_t target);
extern const HostDesc a64_host;

/* backend.c: adds a byte displacement into the instruction at `at`. */
void a64_patch_field(uint8_t *at, A64Field field, int64_t disp);

/* stubs.c */
uint32_t a64_emit_stubs(const BackendConfig *cfg, const SlotTable *slots, uint8_t *buf,
                        uint32_t cap, uint32_t offsets[STUB_COUNT]);
/* emit_fpenv.c; both destroy x16, x17, x30 and leave the control word in w16. */
void a64_fpctl_load(Emitter *e, bool afp); /* CpuState.fpctl to FPCR, FPSR */
void a64_fpctl_save(Emitter *e, bool afp); /* FPSR's flags into CpuState.fpctl */

/* exact.c: a cold path that does the op over in software; its `emit` ends with a64_cold_exact. */
enum { NO_OPERAND = 0xff };
ColdPath *a64_exact_path(Emitter *e, const SelInst *si, const IrInst *in,
                         void (*emit)(Emitter *, const ColdPath *));
void a64_cold_exact(Emitter *e, const ColdPath *c);
/* The same for the flags of a compare alone. */
ColdPath *a64_exact_flags(Emitter *e, IrType type, unsigned n, unsigned m, bool signals);
bool a64_checked(const Emitter *e); /* whether what follows is needed */
/* To the label if an operand, or result, is one that the hardware has not done right for certain.
 * They destroy x16, v13 and v14. */
void a64_check_operand(Emitter *e, IrType type, unsigned lane, unsigned n, uint32_t label);
void a64_check_result(Emitter *e, IrType type, unsigned lane, unsigned d, uint32_t label);
uint64_t a64_exact_function(void); /* what the stub calls */

/* host_cpu.c: instruction cache maintenance and feature detection of the running host. */
void a64_sync_code(uint8_t *rw, uint64_t rx, uint32_t size);
uint32_t a64_detect_features(void);

#endif
