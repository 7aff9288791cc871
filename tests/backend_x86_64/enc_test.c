/* enc_test.c: every row of insn.def with many operand combinations, disassembled by Capstone and
 * compared: length, mnemonic, registers, memory operand, immediate. */
#include <capstone/capstone.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/x86_64/enc.h"

static csh cs;
static unsigned failures, encoded;

typedef struct Want {
    unsigned regs[4], nregs; /* any operand order */
    bool mem;
    X86Rm rm;
    int64_t imm;
    bool has_imm;
} Want;

/* Hardware number of a Capstone register; high-byte registers 0x14 and up. */
static unsigned reg_number(unsigned reg)
{
    static const char *const low[4][8] = {{"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"},
                                          {"eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"},
                                          {"ax", "cx", "dx", "bx", "sp", "bp", "si", "di"},
                                          {"al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"}};
    static const char *const high[] = {"ah", "ch", "dh", "bh"};
    const char *name = cs_reg_name(cs, reg);
    for (unsigned k = 0; k < 32; k++) {
        if (strcmp(name, low[k / 8][k % 8]) == 0)
            return k % 8;
    }
    for (unsigned k = 0; k < 4; k++) {
        if (strcmp(name, high[k]) == 0)
            return X86_AH + k;
    }
    return (unsigned)atoi(name + (name[0] == 'x' ? 3 : 1)); /* xmm7, r11d */
}

static void fail(const char *what, X86Insn i, const uint8_t *code, unsigned n, const cs_insn *in)
{
    if (failures++ > 20)
        return;
    printf("%s: %s:", x86_insns[i].mnemonic, what);
    for (unsigned k = 0; k < n; k++)
        printf(" %02x", code[k]);
    printf(" = %s %s\n", in != NULL ? in->mnemonic : "?", in != NULL ? in->op_str : "");
}

static bool same_mem(const cs_x86_op *op, const X86Rm *rm)
{
    const x86_op_mem *m = &op->mem;
    if (rm->rip)
        return m->base == X86_REG_RIP && m->disp == rm->disp;
    bool base = rm->base != X86_NO_REG, index = rm->index != X86_NO_REG;
    if ((m->base != X86_REG_INVALID) != base || (base && reg_number(m->base) != rm->base))
        return false;
    if ((m->index != X86_REG_INVALID && m->index != X86_REG_RIZ) != index)
        return false;
    if (index && (reg_number(m->index) != rm->index || m->scale != 1 << rm->scale))
        return false;
    return m->disp == rm->disp;
}

static void check(X86Insn i, const uint8_t *code, unsigned n, const char *mnemonic, const Want *w)
{
    cs_insn *in;
    encoded++;
    size_t count = cs_disasm(cs, code, n, 0x1000, 1, &in);
    if (count != 1) {
        fail("not an instruction", i, code, n, NULL);
        return;
    }
    unsigned regs = 0, mems = 0;
    bool ok = true, imm = !w->has_imm;
    for (unsigned k = 0; k < in->detail->x86.op_count; k++) {
        const cs_x86_op *op = &in->detail->x86.operands[k];
        if (op->type == X86_OP_REG) {
            bool found = false;
            for (unsigned r = 0; r < w->nregs; r++)
                found |= reg_number(op->reg) == w->regs[r];
            /* shifts by cl name it */
            ok &= found || strcmp(cs_reg_name(cs, op->reg), "cl") == 0 ||
                  (i == X86_SHA256RNDS2 && op->reg == X86_REG_XMM0);
            regs++;
        } else if (op->type == X86_OP_MEM) {
            ok &= w->mem && same_mem(op, &w->rm);
            mems++;
        } else {
            imm |= (uint8_t)op->imm == (uint8_t)w->imm;
        }
    }
    if (in->size != n)
        fail("length", i, code, n, in);
    else if (strncmp(in->mnemonic, mnemonic, strlen(mnemonic)) != 0)
        fail("mnemonic", i, code, n, in);
    else if (!ok || mems != w->mem || regs < w->nregs - (w->nregs > 1 && mems == 0 ? 1 : 0))
        fail("operands", i, code, n, in);
    else if (!imm)
        fail("immediate", i, code, n, in);
    cs_free(in, count);
}

/* Bytes of immediate the caller is to append. */
static unsigned imm_size(X86Insn i, unsigned width)
{
    const X86InsnDesc *d = &x86_insns[i];
    if ((d->attr & A_I8) != 0)
        return 1;
    if (i == X86_MOVABS)
        return width;
    if (i == X86_IMUL_I32 ||
        (d->form == F_M && (d->opcode == 0x81 || d->opcode == 0xc7) && d->map == M0) ||
        i == X86_TEST_I)
        return width > 4 ? 4 : width;
    return 0;
}

static bool is_vcmp(X86Insn i)
{
    return i == X86_VCMPPS || i == X86_VCMPPD || i == X86_VCMPSS || i == X86_VCMPSD;
}

/* The immediate is the number of a third source register. */
static bool is_blend(X86Insn i)
{
    return i == X86_VPBLENDVB || i == X86_VBLENDVPS || i == X86_VBLENDVPD;
}

/* Capstone puts the relation of a compare in its name: 5 is NLT. */
static const char *expected_mnemonic(X86Insn i, unsigned width)
{
    if (is_vcmp(i))
        return "vcmpnlt";
    return i == X86_MOVABS && width == 4 ? "mov" : x86_insns[i].mnemonic;
}

static void encode(X86Insn i, unsigned width, unsigned reg, unsigned v, const X86Rm *rm,
                   unsigned extra)
{
    const X86InsnDesc *d = &x86_insns[i];
    uint8_t code[40];
    unsigned n = x86_encode(code, i, width, reg, v, rm, extra, NULL), imm = imm_size(i, width);
    for (unsigned k = 0; k < imm; k++)
        code[n++] = k == 0 ? 5 : 0;
    Want w = {.mem = rm->mem, .rm = *rm, .has_imm = imm != 0 && !is_vcmp(i), .imm = 5};
    if (is_blend(i)) {
        w.has_imm = false;
        w.regs[w.nregs++] = 0;
    }
    bool in_modrm = d->form == F_RM || d->form == F_VRVM || d->form == F_VRM || d->form == F_VRMV ||
                    d->form == F_SRM;
    if (in_modrm && i != X86_LDMXCSR && i != X86_STMXCSR)
        w.regs[w.nregs++] = reg;
    if (d->form == F_VVM)
        w.regs[w.nregs++] = v;
    if (d->form == F_VRVM || d->form == F_VRMV)
        w.regs[w.nregs++] = v;
    if (!rm->mem)
        w.regs[w.nregs++] = rm->reg;
    check(i, code, n, expected_mnemonic(i, width), &w);
}

static bool takes_memory(X86Insn i)
{
    const X86InsnDesc *d = &x86_insns[i];
    bool moves_mask =
        (d->attr & A_GR) != 0 && (d->opcode == 0xd7 || d->opcode == 0x50 || i == X86_VPEXTRW_G);
    return d->form != F_O && d->form != F_VVM && !moves_mask && i != X86_VMOVSS_RR &&
           i != X86_VMOVSD_RR;
}

static bool memory_only(X86Insn i)
{
    switch (i) {
    case X86_LEA:
    case X86_MOVBE:
    case X86_MOVBE_MR:
    case X86_CMPXCHG16B:
    case X86_LDMXCSR:
    case X86_STMXCSR:
    case X86_VMOVNTPS_MR:
    case X86_VMOVLPD:
    case X86_VMOVHPD:
    case X86_VMOVLPD_MR:
    case X86_VMOVHPD_MR:
    case X86_VMOVSS:
    case X86_VMOVSS_MR:
    case X86_VMOVSD:
    case X86_VMOVSD_MR:
        return true;
    default:
        return false;
    }
}

static void all_operands(X86Insn i, unsigned width)
{
    static const int32_t disps[] = {0, 1, -128, 127, 128, -4096, 0x12345678};
    const X86InsnDesc *d = &x86_insns[i];
    for (unsigned reg = 0; reg < 16; reg++) {
        for (unsigned other = 0; other < 16; other++) {
            unsigned v = (reg * 7 + other) & 15;
            X86Rm rm = rm_reg(other);
            if (!memory_only(i) && i != X86_VMOVQ_MR)
                encode(i, width, reg, v, &rm, 0);
            if (!takes_memory(i))
                continue;
            rm = rm_disp(other, disps[(reg + other) % 7]);
            encode(i, width, reg, v, &rm, 0);
            if (reg != RSP) {
                rm = rm_mem(other, reg, v & 3, disps[(reg * 3 + other) % 7]);
                encode(i, width, (reg + 5) & 15, v, &rm, 0);
            }
        }
        if (takes_memory(i)) {
            X86Rm rip = rm_rip();
            rip.disp = 0x100;
            encode(i, width, reg, 3, &rip, 0);
            X86Rm absolute = rm_mem(X86_NO_REG, X86_NO_REG, 0, 0x401000);
            encode(i, width, reg, 3, &absolute, 0);
        }
        if (d->form == F_M || d->form == F_O)
            break;
    }
}

static void one_row(X86Insn i)
{
    const X86InsnDesc *d = &x86_insns[i];
    bool byte_forms = (d->attr & A_B) != 0;
    bool vex_gpr = (d->attr & (A_GG | A_GW)) != 0;
    if (d->form >= F_SRM) {
        all_operands(i, 4);
        if (vex_gpr)
            all_operands(i, 8);
        return;
    }
    bool fixed_width = i == X86_PUSH || i == X86_JMP_M || i == X86_CALL_M || i == X86_CMPXCHG16B;
    if (fixed_width || i == X86_MOVSXD) {
        all_operands(i, i == X86_MOVSXD ? 8 : 4);
        return;
    }
    if (byte_forms)
        all_operands(i, 1);
    if (byte_forms && i != X86_MOVABS)
        all_operands(i, 2);
    all_operands(i, 4);
    if (i != X86_SETCC)
        all_operands(i, 8);
}

/* Things the rows alone do not show. */
static void special_forms(void)
{
    static const struct {
        const char *text;
        X86Insn insn;
        uint8_t width, reg, extra;
        X86Rm rm;
    } rows[] = {
        {"lock xadd", X86_XADD, 8, RCX, X86_LOCK, {.mem = true, .base = RAX, .index = X86_NO_REG}},
        {"cmovle", X86_CMOV, 4, RSI, CC_LE, {.reg = R9}},
        {"setb", X86_SETCC, 1, 0, CC_B, {.reg = RDI}},
        {"addps", X86_VADDPS, 0, 9, X86_SSE, {.mem = true, .base = R12, .index = X86_NO_REG}},
        {"mulsd", X86_VMULSD, 0, 3, X86_SSE, {.reg = 12}},
        {"pshufb", X86_VPSHUFB, 0, 3, X86_SSE, {.reg = 1}},
        {"movzx", X86_MOVZX8, 4, RSI, 0, {.reg = X86_AH}},
        {"mov", X86_MOV, 1, X86_AH + 1, 0, {.reg = RBX}},
    };
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        uint8_t code[32];
        const X86Rm *rm = &rows[k].rm;
        unsigned n =
            x86_encode(code, rows[k].insn, rows[k].width, rows[k].reg, 0, rm, rows[k].extra, NULL);
        Want w = {.mem = rm->mem, .rm = *rm};
        if (rows[k].insn != X86_SETCC)
            w.regs[w.nregs++] = rows[k].reg;
        if (!rm->mem)
            w.regs[w.nregs++] = rm->reg;
        check(rows[k].insn, code, n, rows[k].text, &w);
    }
}

int main(void)
{
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &cs) != CS_ERR_OK)
        return 1;
    cs_option(cs, CS_OPT_DETAIL, CS_OPT_ON);
    for (unsigned i = 0; i < X86_INSN_COUNT; i++)
        one_row((X86Insn)i);
    special_forms();
    printf("%u instructions, %u encodings, %u wrong\n", X86_INSN_COUNT, encoded, failures);
    cs_close(&cs);
    return failures != 0;
}
