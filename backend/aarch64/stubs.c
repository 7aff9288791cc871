/* stubs.c: the code every arena starts with; see abi.h for who calls what.
 *
 * STUB_ENTER keeps AAPCS64's callee-saved registers (x19-x30, d8-d15) in 160 bytes at
 * CpuState.host_sp and the host's FPCR in CpuState.host_fpctl; all ways out end in leave_to_c.
 * Helpers run on the C stack, below those 160 bytes.
 */
#include <stddef.h>

#include "backend/aarch64/emitters.h"
#include "ir/base/log.h"

typedef struct Stubs {
    Emitter e;
    const BackendConfig *cfg;
    const SlotTable *slots;
    uint32_t label[STUB_COUNT];
    uint32_t leave;
} Stubs;

static bool afp(const Stubs *s)
{
    return (s->cfg->host_features & FEAT_A64_AFP) != 0;
}

static void state_load(Stubs *s, unsigned reg, size_t offset)
{
    a64_state_access(&s->e, A64_LDR_X, reg, (uint32_t)offset);
}

static void state_store(Stubs *s, unsigned reg, size_t offset)
{
    a64_state_access(&s->e, A64_STR_X, reg, (uint32_t)offset);
}

static void set_sp(Stubs *s, unsigned reg)
{
    ri(&s->e, A64_ADDI_X, SP, reg, 0);
}
static void get_sp(Stubs *s, unsigned reg)
{
    ri(&s->e, A64_ADDI_X, reg, SP, 0);
}

/* All pinned slots to or from memory. */
static void transfer_homes(Stubs *s, MoveKind kind)
{
    for (uint32_t k = 0; k < s->slots->count; k++) {
        const SlotDesc *slot = &s->slots->slots[k];
        int home = s->cfg->convention->home[k];
        if (home < 0)
            continue;
        HostMove m = {.kind = (uint8_t)kind,
                      .cls = (uint8_t)class_of_type(slot->type),
                      .type = slot->type,
                      .dst = (uint8_t)home,
                      .src = (uint8_t)home,
                      .scratch = ANY_REG,
                      .offset = slot->offset};
        a64_move(&s->e, &m);
    }
}

/* ---- entering and leaving ---- */

static void stub_enter(Stubs *s)
{
    Emitter *e = &s->e;
    pair(e, A64_STP_X_PRE, 29, 30, SP, -160);
    for (unsigned r = 19; r < 29; r += 2)
        pair(e, A64_STP_X, r, r + 1, SP, 16 + (r - 19) * 8);
    for (unsigned r = 8; r < 16; r += 2)
        pair(e, A64_STP_D, r, r + 1, SP, 96 + (r - 8) * 8);
    a64_mov(e, R_STATE, 0);
    get_sp(s, R_T0);
    state_store(s, R_T0, offsetof(CpuState, host_sp));
    op_d(e, A64_MRS_FPCR, R_T0);
    state_store(s, R_T0, offsetof(CpuState, host_fpctl));
    a64_fpctl_load(e, afp(s));
    transfer_homes(s, MOVE_LOAD);
    state_load(s, R_T1, offsetof(CpuState, shadow_sp));
    set_sp(s, R_T1);
    op_n(e, A64_BR, 1);
}

static void stub_leave(Stubs *s)
{
    Emitter *e = &s->e;
    get_sp(s, R_T0);
    state_store(s, R_T0, offsetof(CpuState, shadow_sp));
    state_load(s, R_T0, offsetof(CpuState, host_fpctl));
    op_d(e, A64_MSR_FPCR, R_T0);
    state_load(s, R_T1, offsetof(CpuState, host_sp));
    set_sp(s, R_T1);
    for (unsigned r = 8; r < 16; r += 2)
        pair(e, A64_LDP_D, r, r + 1, SP, 96 + (r - 8) * 8);
    for (unsigned r = 19; r < 29; r += 2)
        pair(e, A64_LDP_X, r, r + 1, SP, 16 + (r - 19) * 8);
    pair(e, A64_LDP_X_POST, 29, 30, SP, 160);
    op_n(e, A64_RET, R_LR);
}

static void leave_to_c(Stubs *s, ExitReason reason)
{
    Emitter *e = &s->e;
    rij(e, A64_MOVZ_W, R_T0, 0, reason, 0);
    ri(e, A64_STR_W, R_T0, R_STATE, offsetof(CpuState, exit_reason));
    a64_fpctl_save(e, afp(s));
    a64_jump(e, s->leave);
}

/* x16 = address of the exit's own stub. */
static void stub_exit_direct(Stubs *s)
{
    state_store(s, R_T0, offsetof(CpuState, exit_site));
    transfer_homes(s, MOVE_STORE);
    leave_to_c(s, EXIT_DIRECT);
}

/* x16 = guest pc, x3 = where from. */
static void stub_lookup_miss(Stubs *s)
{
    state_store(s, R_EXIT_PC, offsetof(CpuState, pc));
    state_store(s, R_EXIT_SITE, offsetof(CpuState, exit_site));
    transfer_homes(s, MOVE_STORE);
    leave_to_c(s, EXIT_INDIRECT);
}

/* Called: x30 identifies the site. Everything raw to CpuState.area. */
static void stub_site(Stubs *s)
{
    Emitter *e = &s->e;
    state_store(s, R_LR, offsetof(CpuState, exit_site));
    a64_add_imm(e, R_T1, R_STATE, offsetof(CpuState, area) + offsetof(RawRegs, gpr));
    for (unsigned r = 0; r < 30; r += 2)
        pair(e, A64_STP_X, r, r + 1, R_T1, r * 8);
    get_sp(s, R_T0);
    pair(e, A64_STP_X, R_LR, R_T0, R_T1, 30 * 8);
    a64_add_imm(e, R_T1, R_STATE, offsetof(CpuState, area) + offsetof(RawRegs, vec));
    for (unsigned r = 0; r < 32; r++)
        ri(e, A64_STR_Q, r, R_T1, r * 64);
    leave_to_c(s, EXIT_SITE);
}

/* ---- lookups ---- */

static void stub_shadow_reset(Stubs *s)
{
    Emitter *e = &s->e;
    state_load(s, R_T1, offsetof(CpuState, shadow_top));
    set_sp(s, R_T1);
    a64_jump_table(e, A64_BR, R_EXIT_PC, s->label[STUB_LOOKUP]);
}

/* x16 = pc. The mode's table, which has another hash than the jump table and is shared by all
 * threads. */
static void stub_lookup(Stubs *s)
{
    Emitter *e = &s->e;
    uint32_t miss = s->label[STUB_LOOKUP_MISS];
    state_load(s, 0, offsetof(CpuState, lookup));
    rij(e, A64_UBFM_X, 2, R_EXIT_PC, 16, 63);
    rrr(e, A64_EOR_X, 2, 2, R_EXIT_PC);
    rij(e, A64_UBFM_X, 2, 2, 0, LOOKUP_BITS - 1);
    put_a64(e, A64_LDRX_X, (A64Args){.d = 0, .n = 0, .m = 2, .j = 3});
    pair(e, A64_LDP_X, 1, 0, 0, 0);
    rrr(e, A64_SUBS_X, XZR, 1, R_EXIT_PC);
    a64_bcond(e, CC_NE, miss);
    op_n(e, A64_BR, 0);
}

/* ---- helper calls: x16 = function, x0-x5 its arguments; the caller has saved its own ---- */

enum CallFrame { FRAME_SP = 0, FRAME_LR = 8, FRAME_SIZE = 16 };

static void enter_c_stack(Stubs *s)
{
    Emitter *e = &s->e;
    get_sp(s, 9);
    state_load(s, 10, offsetof(CpuState, host_sp));
    ri(e, A64_SUBI_X, SP, 10, FRAME_SIZE);
    pair(e, A64_STP_X, 9, R_LR, SP, FRAME_SP);
}

static void leave_c_stack(Stubs *s)
{
    Emitter *e = &s->e;
    pair(e, A64_LDP_X, 9, R_LR, SP, FRAME_SP);
    set_sp(s, 9);
    op_n(e, A64_RET, R_LR);
}

static void stub_call(Stubs *s)
{
    enter_c_stack(s);
    op_n(&s->e, A64_BLR, R_T0);
    leave_c_stack(s);
}

/* exact.c. Only x16, x17 and v13 change, so everything else is kept below the frame of STUB_ENTER;
 * a word of CpuState.area holds x30 until there is room. */
enum ExactFrame { EXACT_SP = 128, EXACT_VEC = 144, EXACT_SIZE = EXACT_VEC + 32 * 16 };

static void exact_registers(Stubs *s, bool load)
{
    Emitter *e = &s->e;
    for (unsigned r = 0; r < 16; r += 2)
        pair(e, load ? A64_LDP_X : A64_STP_X, r, r + 1, SP, r * 8);
    for (unsigned r = 0; r < 32; r++)
        ri(e, load ? A64_LDR_Q : A64_STR_Q, r, SP, EXACT_VEC + r * 16);
}

static void stub_exact(Stubs *s)
{
    Emitter *e = &s->e;
    size_t link = offsetof(CpuState, area);
    state_store(s, R_LR, link);
    get_sp(s, R_T1);
    state_load(s, R_LR, offsetof(CpuState, host_sp));
    ri(e, A64_SUBI_X, SP, R_LR, EXACT_SIZE);
    state_load(s, R_LR, link);
    pair(e, A64_STP_X, R_T1, R_LR, SP, EXACT_SP);
    exact_registers(s, false);
    a64_mov(e, 0, R_STATE);
    rrr(e, A64_ORR_W, 1, XZR, R_T0);
    ri(e, A64_ADDI_X, 2, SP, EXACT_VEC + V_T0 * 16);
    a64_mov_imm(e, R_T0, a64_exact_function());
    op_n(e, A64_BLR, R_T0);
    exact_registers(s, true);
    pair(e, A64_LDP_X, R_T1, R_LR, SP, EXACT_SP);
    set_sp(s, R_T1);
    op_n(e, A64_RET, R_LR);
}

/* ---- 128 by 64 bit division: Knuth's algorithm D with two 32-bit digits (TAOCP 4.3.1) ---- */

enum DivRegs { HI = 0, LO = 1, DIVISOR = 2, DIV_HI = 3, DIV_LO = 4, SHIFT = 5, DIGIT = 6 };

/* Words of CpuState.area.gpr that the division stubs use as memory. */
enum { SAVE_LR, SAVE_OUTER_LR, SAVE_HI, SAVE_SIGN };

static size_t save_slot(unsigned k)
{
    return offsetof(CpuState, area) + 8 * k;
}

/* d = high << 32 | the next digit of LO. */
static void with_next_digit(Emitter *e, unsigned d, unsigned high, bool first)
{
    if (first)
        rij(e, A64_UBFM_X, d, LO, 32, 63);
    else
        rrr(e, A64_ORR_W, d, XZR, LO);
    rrr_shift(e, A64_ORR_X, d, d, high, SH_LSL, 32);
}

/* One digit: HI = rest, and the digit takes the place of the one used up in LO. */
static void divide_digit(Emitter *e, bool first)
{
    uint32_t again = emit_label_new(e), adjust = emit_label_new(e), done = emit_label_new(e);
    rrr(e, A64_UDIV_X, DIGIT, HI, DIV_HI);
    rrra(e, A64_MSUB_X, R_T0, DIGIT, DIV_HI, HI);
    emit_label_bind(e, again);
    rij(e, A64_UBFM_X, R_T1, DIGIT, 32, 63);
    a64_b19(e, A64_CBNZ_X, R_T1, adjust);
    rrra(e, A64_MADD_X, R_T1, DIGIT, DIV_LO, XZR);
    with_next_digit(e, R_LR, R_T0, first);
    rrr(e, A64_SUBS_X, XZR, R_T1, R_LR);
    a64_bcond(e, CC_LS, done);
    emit_label_bind(e, adjust);
    ri(e, A64_SUBI_X, DIGIT, DIGIT, 1);
    rrr(e, A64_ADD_X, R_T0, R_T0, DIV_HI);
    rij(e, A64_UBFM_X, R_T1, R_T0, 32, 63);
    a64_b19(e, A64_CBZ_X, R_T1, again);
    emit_label_bind(e, done);
    with_next_digit(e, R_LR, HI, first);
    rrra(e, A64_MSUB_X, HI, DIGIT, DIVISOR, R_LR);
    rij(e, A64_BFM_X, LO, DIGIT, first ? 32 : 0, 31);
}

static void stub_udiv128(Stubs *s)
{
    Emitter *e = &s->e;
    uint32_t slow = emit_label_new(e), fits = emit_label_new(e);
    a64_b19(e, A64_CBNZ_X, HI, slow);
    rrr(e, A64_UDIV_X, HI, LO, DIVISOR);
    rrra(e, A64_MSUB_X, LO, HI, DIVISOR, LO);
    ri(e, A64_SUBSI_X, XZR, DIVISOR, 0);
    rcond(e, A64_CSEL_X, LO, XZR, LO, CC_EQ);
    op_n(e, A64_RET, R_LR);
    emit_label_bind(e, slow);
    rrr(e, A64_SUBS_X, XZR, HI, DIVISOR);
    a64_bcond(e, CC_LO, fits);
    a64_mov_imm(e, HI, 0);
    a64_mov_imm(e, LO, 0);
    op_n(e, A64_RET, R_LR);
    emit_label_bind(e, fits);
    state_store(s, R_LR, save_slot(SAVE_LR));
    rr(e, A64_CLZ_X, SHIFT, DIVISOR);
    rrr(e, A64_LSLV_X, DIVISOR, DIVISOR, SHIFT);
    rrr(e, A64_LSLV_X, HI, HI, SHIFT);
    rij(e, A64_UBFM_X, R_T0, LO, 1, 63); /* LO >> (64 - shift), also for shift 0 */
    rrr(e, A64_ORN_X, R_T1, XZR, SHIFT);
    rrr(e, A64_LSRV_X, R_T0, R_T0, R_T1);
    rrr(e, A64_ORR_X, HI, HI, R_T0);
    rrr(e, A64_LSLV_X, LO, LO, SHIFT);
    rij(e, A64_UBFM_X, DIV_HI, DIVISOR, 32, 63);
    rrr(e, A64_ORR_W, DIV_LO, XZR, DIVISOR);
    divide_digit(e, true);
    divide_digit(e, false);
    rrr(e, A64_LSRV_X, R_T0, HI, SHIFT);
    a64_mov(e, HI, LO);
    a64_mov(e, LO, R_T0);
    state_load(s, R_LR, save_slot(SAVE_LR));
    op_n(e, A64_RET, R_LR);
}

/* Division of magnitudes, then signs; 0 and 0 when the signed quotient does not fit. */
static void stub_sdiv128(Stubs *s)
{
    Emitter *e = &s->e;
    state_store(s, R_LR, save_slot(SAVE_OUTER_LR));
    state_store(s, HI, save_slot(SAVE_HI));
    rrr(e, A64_EOR_X, R_T0, HI, DIVISOR);
    state_store(s, R_T0, save_slot(SAVE_SIGN));
    ri(e, A64_SUBSI_X, XZR, DIVISOR, 0);
    rcond(e, A64_CSNEG_X, DIVISOR, DIVISOR, DIVISOR, CC_GE);
    rrr(e, A64_SUBS_X, R_T0, XZR, LO); /* -(HI:LO) in x17:x16 */
    rrr(e, A64_ORN_X, R_T1, XZR, HI);
    rcond(e, A64_CSINC_X, R_T1, R_T1, R_T1, CC_NE);
    ri(e, A64_SUBSI_X, XZR, HI, 0);
    rcond(e, A64_CSEL_X, LO, R_T0, LO, CC_LT);
    rcond(e, A64_CSEL_X, HI, R_T1, HI, CC_LT);
    ri(e, A64_BL, 0, 0, 0);
    emit_label_ref(e, s->label[STUB_A64_UDIV128], emit_offset(e) - 4, FIELD_B26);
    state_load(s, R_T0, save_slot(SAVE_SIGN));
    ri(e, A64_SUBSI_X, XZR, R_T0, 0);
    rcond(e, A64_CSNEG_X, HI, HI, HI, CC_GE);
    state_load(s, R_T1, save_slot(SAVE_HI));
    ri(e, A64_SUBSI_X, XZR, R_T1, 0);
    rcond(e, A64_CSNEG_X, LO, LO, LO, CC_GE);
    /* It fits if it is 0 or has the sign it should have. */
    rrr(e, A64_EOR_X, R_T0, R_T0, HI);
    ri(e, A64_SUBSI_X, XZR, R_T0, 0);
    put_a64(e, A64_CCMP_X, (A64Args){.n = HI, .m = XZR, .imm = 4, .j = CC_LT});
    rcond(e, A64_CSEL_X, LO, LO, XZR, CC_EQ);
    rcond(e, A64_CSEL_X, HI, HI, XZR, CC_EQ);
    state_load(s, R_LR, save_slot(SAVE_OUTER_LR));
    op_n(e, A64_RET, R_LR);
}

/* ---- all of them ---- */

typedef struct StubRow {
    uint8_t id;
    void (*emit)(Stubs *s);
} StubRow;

static const StubRow rows[] = {
    {STUB_LOOKUP, stub_lookup},
    {STUB_SHADOW_RESET, stub_shadow_reset},
    {STUB_A64_CALL, stub_call},
    {STUB_A64_EXACT, stub_exact},
    {STUB_A64_UDIV128, stub_udiv128},
    {STUB_A64_SDIV128, stub_sdiv128},
    {STUB_ENTER, stub_enter},
    {STUB_EXIT_DIRECT, stub_exit_direct},
    {STUB_LOOKUP_MISS, stub_lookup_miss},
    {STUB_SITE, stub_site},
    {STUB_LEAVE_FAULT, stub_leave},
};

uint32_t a64_emit_stubs(const BackendConfig *cfg, const SlotTable *slots, uint8_t *buf,
                        uint32_t cap, uint32_t offsets[STUB_COUNT])
{
    Arena arena = {0};
    CompiledCode out = {.arena = &arena, .code = buf};
    Stubs s = {
        .e = {.out = &out, .host = &a64_host, .cfg = cfg, .cap = cap}, .cfg = cfg, .slots = slots};
    Emitter *e = &s.e;
    for (unsigned k = 0; k < STUB_COUNT; k++) {
        offsets[k] = 0;
        s.label[k] = emit_label_new(e);
    }
    s.leave = s.label[STUB_LEAVE_FAULT];
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        while ((emit_offset(e) & 15) != 0)
            op0(e, A64_NOP);
        offsets[rows[k].id] = emit_offset(e);
        emit_label_bind(e, s.label[rows[k].id]);
        rows[k].emit(&s);
    }
    for (uint32_t k = 0; k < e->refs.count; k++)
        a64_fixup(e, e->refs.data[k].offset, e->refs.data[k].form,
                  e->labels.data[e->refs.data[k].label]);
    DG_ASSERT(out.code == buf); /* else cap was too small */
    arena_free(&arena);
    return out.size;
}
