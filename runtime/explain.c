/* explain.c: see explain.h. */
#include "runtime/explain.h"

#include <capstone/capstone.h>
#include <string.h>

Explain explain_begin(const Engine *e, uint64_t pc)
{
    bool wanted = e->opt.explain != NULL && (e->opt.explain_pc == 0 || e->opt.explain_pc == pc);
    return (Explain){.out = wanted ? e->opt.explain : NULL, .guest = e->guest};
}

static void print_bytes(FILE *out, const uint8_t *bytes, unsigned n, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        if (i < n)
            fprintf(out, "%02x ", bytes[i]);
        else
            fputs("   ", out);
    }
}

static void print_guest(const Explain *x, const LiftRequest *rq, uint64_t pc, uint64_t end)
{
    uint8_t bytes[16];
    char text[128];
    while (pc < end) {
        uint32_t n = rq->fetch(rq->fetch_arg, pc, bytes, sizeof bytes);
        unsigned length = x->guest->disassemble(pc, bytes, n, text, sizeof text);
        if (length == 0)
            break;
        fprintf(x->out, "  %12llx  ", (unsigned long long)pc);
        print_bytes(x->out, bytes, length, 10);
        fprintf(x->out, " %s\n", text);
        pc += length;
    }
}

void explain_lifted(const Explain *x, const LiftRequest *rq, const LiftResult *l)
{
    if (x->out == NULL)
        return;
    fprintf(x->out, "==== region %#llx, mode %#x: %u guest instructions\n",
            (unsigned long long)rq->pc, rq->mode, l->guest_insns);
    for (uint32_t i = 0; i < l->nranges && x->guest->disassemble != NULL; i++)
        print_guest(x, rq, l->ranges[i].start, l->ranges[i].end);
    explain_ir((void *)(uintptr_t)x, "lift", l->region);
}

void explain_ir(void *arg, const char *pass, const Region *r)
{
    const Explain *x = arg;
    fprintf(x->out, "---- after %s\n", pass);
    ir_print(r, x->out);
}

static bool open_capstone(const char *host, csh *handle)
{
    bool arm = strcmp(host, "aarch64") == 0;
    return cs_open(arm ? CS_ARCH_ARM64 : CS_ARCH_X86, arm ? CS_MODE_LITTLE_ENDIAN : CS_MODE_64,
                   handle) == CS_ERR_OK;
}

void explain_code(const Explain *x, const Engine *e, const Translation *t)
{
    csh handle;
    if (x->out == NULL || !open_capstone(e->backend->name, &handle))
        return;
    uint64_t at = (uint64_t)(uintptr_t)e->arena.rx + t->code;
    const uint8_t *code = e->arena.rw + t->code;
    size_t left = t->size, unit = strcmp(e->backend->name, "aarch64") == 0 ? 4 : 1;
    cs_insn *insn = cs_malloc(handle);
    fprintf(x->out, "---- host code: %u bytes at %#llx, entry +%#llx\n", t->size,
            (unsigned long long)at, (unsigned long long)(t->header.entry - at));
    while (left > 0) {
        if (cs_disasm_iter(handle, &code, &left, &at, insn)) {
            fprintf(x->out, "  +%04x  ", (unsigned)(t->size - left - insn->size));
            print_bytes(x->out, insn->bytes, insn->size, 10);
            fprintf(x->out, " %s %s\n", insn->mnemonic, insn->op_str);
        } else { /* data between instructions, or one that Capstone does not know (LDAPUR) */
            size_t n = left < unit ? left : unit;
            fprintf(x->out, "  +%04x  ", (unsigned)(t->size - left));
            print_bytes(x->out, code, (unsigned)n, 10);
            fputc('\n', x->out);
            code += n;
            at += n;
            left -= n;
        }
    }
    for (uint32_t i = 0; i < t->nexits; i++) {
        fprintf(x->out, "  exit %u at +%#x to %#llx\n", i, t->exits[i].site.patch,
                (unsigned long long)t->exits[i].site.pc);
    }
    cs_free(insn, 1);
    cs_close(&handle);
    fflush(x->out);
}
