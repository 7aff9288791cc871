/* text.h: names shared by the printer and the parser, so that each is written once.
 *
 * The form, line by line (a line that starts with ';' is a comment, elsewhere ';' is a line end):
 *
 *     region 0x401000 mode 0x1 fp arm counters 2 promoted {
 *     b0 @0x401000:
 *       %1 = get rax
 *       insn 0x401000, 4
 *       %2 = add i64 %1, 1                  integer constants stand where they are used
 *       %3 = load.tso.aligned i32 [%2] {rax=%2}          snapshot, at the pc of the last insn
 *       %4 = ult i32 %3, 5                  comparisons show the operands' type
 *       br %4, b1(%3, 0), b2
 *     b1(%5: i32, %11: i64 rax) @0x401008 loop cold:   a parameter may name the slot it is for
 *       %6 = zext i64 7:i32                 a constant whose type does not follow is marked
 *       %7 = vshuf %8, %9, 000102030405060708090a0b0c0d0e0f
 *       %10 = call helper_name(%6)
 *       exit.call 0x401010, 0x40100c {@0x401008 rax=%6}  snapshot with a pc of its own
 *       exit 0x401014 {rax=%6, rcx=-}       rcx is dead there
 *     }
 *
 * Values keep their numbers. Constants do not: they come back in front of their first user.
 */
#ifndef DRAGOMAN_IR_TEXT_H
#define DRAGOMAN_IR_TEXT_H

#include "ir/internal.h"

typedef struct TextName {
    const char *name;
    unsigned bits, mask; /* the name stands for (field & mask) == bits; mask 0 ends a list */
} TextName;

/* Which field the dotted suffixes of an op set (load.tso, vfcmp.lt), and their names. */
typedef struct TextSuffixes {
    const TextName *names;
    bool in_cc; /* IrInst.cc, else IrInst.flags */
} TextSuffixes;

TextSuffixes text_suffixes(IrOp op);
/* Further suffixes, always of IrInst.flags: those of FP ops. NULL: none. */
const TextName *text_flag_suffixes(IrOp op);

extern const char *const text_fp_models[]; /* by FpModel; NULL ends */
extern const TextName text_fences[];

/* Type that an integer constant has as argument n, if the op's form says so; else IR_VOID.
 * Comparisons and stores write theirs where the result type stands: `shown`. */
IrType text_arg_type(const Region *r, const IrInst *i, IrType shown, unsigned n);

#endif
