/* disasm.c: the text of instructions, for people: by Capstone, which only this file knows. */
#include <capstone/capstone.h>
#include <stdio.h>
#include <string.h>

#include "frontend/x86_64/lifter.h"

unsigned x86_disassemble(uint64_t pc, const uint8_t *bytes, unsigned n, char *out, size_t size)
{
    csh handle;
    cs_insn *insn;
    unsigned length = 0;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &handle) != CS_ERR_OK)
        return 0;
    cs_option(handle, CS_OPT_SYNTAX, CS_OPT_SYNTAX_ATT);
    if (cs_disasm(handle, bytes, n, pc, 1, &insn) == 1) {
        snprintf(out, size, "%s%s%s", insn->mnemonic, insn->op_str[0] ? " " : "", insn->op_str);
        length = insn->size;
        cs_free(insn, 1);
    } else if (n > 0) {
        snprintf(out, size, "(bad)");
        length = 1;
    }
    cs_close(&handle);
    return length;
}
