/* rows.c: the one table of instruction forms, out of the insns_*.def files (format: decode.h). */
#include "frontend/x86_64/decode.h"
#include "frontend/x86_64/lift.h"
#include "frontend/x86_64/x87.h"

#define NO       0
#define ANY      X86_MR_HAS
#define REG      (X86_MR_HAS | X86_MR_REG)
#define MEM      (X86_MR_HAS | X86_MR_MEM)
#define D(n)     (X86_MR_HAS | X86_MR_DIGIT | (n))
#define RD(n)    (REG | D(n))
#define MD(n)    (MEM | D(n))
#define EX(byte) (X86_MR_HAS | X86_MR_EXACT | (byte))

const X86Row x86_rows[] = {
#define ROW(map_, opcode_, prefix_, modrm_, mnemonic_, o1, o2, o3, emitter_, arg_, attr_, tests_,  \
            sets_, clears_, undefined_)                                                            \
    {                                                                                              \
        .map = X86_MAP_##map_,                                                                     \
        .opcode = opcode_,                                                                         \
        .prefix = X86_P_##prefix_,                                                                 \
        .op = {X86_OP_##o1, X86_OP_##o2, X86_OP_##o3},                                             \
        .modrm = modrm_,                                                                           \
        .tests = tests_,                                                                           \
        .sets = sets_,                                                                             \
        .clears = clears_,                                                                         \
        .undefined = undefined_,                                                                   \
        .attr = attr_,                                                                             \
        .arg = arg_,                                                                               \
        .mnemonic = mnemonic_,                                                                     \
        .lift = x86_lift_##emitter_,                                                               \
        .emitter = #emitter_,                                                                      \
    },
#include "frontend/x86_64/insns_bmi.def"
#include "frontend/x86_64/insns_int.def"
#include "frontend/x86_64/insns_sse.def"
#include "frontend/x86_64/insns_sse4.def"
#include "frontend/x86_64/insns_x87.def"
#undef ROW
};

const unsigned x86_row_count = sizeof x86_rows / sizeof x86_rows[0];

const unsigned x86_int_row_count = 0
#define ROW(...) +1
#include "frontend/x86_64/insns_bmi.def"
#include "frontend/x86_64/insns_int.def"
#undef ROW
    ;
