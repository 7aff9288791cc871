/* slots.c: the slot table of the RISC-V guest, in the order of enum RvSlot (state.h), and which
 * slots are used most: those of the ABI's argument registers and stack, which compilers allocate
 * first.
 */
#include "frontend/riscv64/lift.h"

#define OFFSET(field) (STATE_GUEST_OFFSET + offsetof(RvState, field))
#define X(n, name)    [RV_SLOT_X + (n)] = {name, OFFSET(x[n]), IR_I64, 0}
#define F(n, name)    [RV_SLOT_F + (n)] = {name, OFFSET(f[n]), IR_F64, 0}

static const SlotDesc slots[RV_SLOT_COUNT] = {
    X(0, "zero"),
    X(1, "ra"),
    X(2, "sp"),
    X(3, "gp"),
    X(4, "tp"),
    X(5, "t0"),
    X(6, "t1"),
    X(7, "t2"),
    X(8, "s0"),
    X(9, "s1"),
    X(10, "a0"),
    X(11, "a1"),
    X(12, "a2"),
    X(13, "a3"),
    X(14, "a4"),
    X(15, "a5"),
    X(16, "a6"),
    X(17, "a7"),
    X(18, "s2"),
    X(19, "s3"),
    X(20, "s4"),
    X(21, "s5"),
    X(22, "s6"),
    X(23, "s7"),
    X(24, "s8"),
    X(25, "s9"),
    X(26, "s10"),
    X(27, "s11"),
    X(28, "t3"),
    X(29, "t4"),
    X(30, "t5"),
    X(31, "t6"),
    F(0, "ft0"),
    F(1, "ft1"),
    F(2, "ft2"),
    F(3, "ft3"),
    F(4, "ft4"),
    F(5, "ft5"),
    F(6, "ft6"),
    F(7, "ft7"),
    F(8, "fs0"),
    F(9, "fs1"),
    F(10, "fa0"),
    F(11, "fa1"),
    F(12, "fa2"),
    F(13, "fa3"),
    F(14, "fa4"),
    F(15, "fa5"),
    F(16, "fa6"),
    F(17, "fa7"),
    F(18, "fs2"),
    F(19, "fs3"),
    F(20, "fs4"),
    F(21, "fs5"),
    F(22, "fs6"),
    F(23, "fs7"),
    F(24, "fs8"),
    F(25, "fs9"),
    F(26, "fs10"),
    F(27, "fs11"),
    F(28, "ft8"),
    F(29, "ft9"),
    F(30, "ft10"),
    F(31, "ft11"),
    [RV_SLOT_RESERVED_AT] = {"reserved_at", OFFSET(reserved_at), IR_I64, 0},
    [RV_SLOT_RESERVED_VALUE] = {"reserved_value", OFFSET(reserved_value), IR_I64, 0},
    [RV_SLOT_FRM] = {"frm", OFFSET(frm), IR_I32, 1},
    [RV_SLOT_FP_RESULT] = {"fp_result", OFFSET(fp_result), IR_I32, 1},
};

/* a5 a4 sp a0 a3 s0 a1 a2 s1 ra a6 a7 t1 t3 s2.., then fa5 fa4 fa0 fa3 fa1 fa2 ft0.. */
static const uint8_t hot[] = {15, 14, 2,  10, 13, 8,  11, 12, 9,  1,  16, 17,
                              6,  28, 18, 19, 20, 29, 30, 47, 46, 42, 45, 43,
                              44, 32, 33, 34, 35, 48, 49, 40, 41, 36, 37};

_Static_assert(RV_SLOT_COUNT <= 256, "dead_slots_at has four words");

const SlotTable rv_slots = {.slots = slots,
                            .count = RV_SLOT_COUNT,
                            .guest = "riscv64",
                            .hot = hot,
                            .hot_count = sizeof hot};
