/* flow.c: see flow.h. A forward data flow over the block, to a fixed point: undefined at a place is
 * what is undefined on any way there. */
#include "tests/blocks/flow.h"

#include <string.h>

#include "tests/insn/encode.h"

bool flow_decode(const Block *b, unsigned i, X86Insn *out)
{
    uint8_t bytes[16] = {0};
    memcpy(bytes, b->insn[i].code, b->insn[i].length);
    return x86_decode(out, BLOCK_CODE, bytes, b->insn[i].length, X86_MODE_64) == X86_DECODE_OK &&
           out->length == b->insn[i].length;
}

static unsigned tested_flags(const X86Insn *in)
{
    static const uint16_t conditions[8] = {F_O, F_C, F_Z,       F_C | F_Z,
                                           F_S, F_P, F_S | F_O, F_Z | F_S | F_O};
    if ((in->row->attr & A_SPAN16) && in->row->tests == (F_ALL & ~F_A))
        return conditions[in->opcode >> 1 & 7];
    return in->row->tests & F_ALL;
}

static unsigned undefined_after(const X86Insn *in, unsigned before)
{
    const X86Row *row = in->row;
    unsigned defined = row->sets | row->clears;
    if (row->attr & A_KEEPS)
        defined = 0;
    return (before & ~defined) | ((row->undefined | insn_excepted_flags(row)) & F_ALL);
}

/* Whether control may go on at the next instruction. */
static bool falls_through(const X86Insn *in)
{
    return !(in->row->attr & A_JUMP) && !((in->row->attr & A_END) && insn_is_branch(in->row));
}

static bool is(const X86Insn *in, const char *emitter)
{
    return strcmp(in->row->emitter, emitter) == 0;
}

/* A return leads behind the call of its group. (The destination of an indirect jump is that of the
 * lea before it, which changes no flags.) */
static bool returns_to(const Block *b, const X86Insn *in, unsigned from, unsigned to)
{
    return is(&in[from], "ret") && to > 0 && b->insn[to - 1].group == b->insn[from].group &&
           is(&in[to - 1], "call");
}

/* Flags that a fault shows: of a repeated compare those before it or those of its last iteration,
 * as the processor's maker likes. */
static unsigned shown_flags(const X86Insn *in, unsigned undefined)
{
    bool repeated = (in->row->attr & A_REP) && (in->prefixes & (X86_PFX_F2 | X86_PFX_F3));
    return repeated && (in->row->attr & A_KEEPS) ? 0 : F_ALL & ~undefined;
}

int flow_annotate(Block *b)
{
    uint16_t undefined[BLOCK_INSNS + 1] = {0};
    X86Insn in[BLOCK_INSNS];
    for (unsigned i = 0; i < b->count; i++)
        if (!flow_decode(b, i, &in[i]))
            return (int)i;
    for (bool changed = true; changed;) {
        changed = false;
        for (unsigned i = 0; i < b->count; i++) {
            uint16_t after = (uint16_t)undefined_after(&in[i], undefined[i]);
            for (unsigned to = 0; to <= b->count; to++) {
                bool next = to == i + 1 && falls_through(&in[i]);
                bool leads = to == b->insn[i].target || returns_to(b, in, i, to);
                if (!(next || leads) || !(after & ~undefined[to]))
                    continue;
                undefined[to] |= after;
                changed = true;
            }
        }
    }
    for (unsigned i = 0; i < b->count; i++) {
        if (tested_flags(&in[i]) & undefined[i])
            return (int)i;
        b->insn[i].flags = (uint16_t)shown_flags(&in[i], undefined[i]);
    }
    b->end_flags = F_ALL & ~undefined[b->count];
    return -1;
}

static void remove_one(Block *b, unsigned i)
{
    memmove(&b->insn[i], &b->insn[i + 1], (b->count - i - 1) * sizeof b->insn[0]);
    b->count--;
    for (unsigned k = 0; k < b->count; k++)
        if (b->insn[k].target != BLOCK_NOWHERE && b->insn[k].target > i)
            b->insn[k].target--;
}

void block_remove(Block *b, unsigned i)
{
    unsigned group = b->insn[i].group;
    if (group == 0) {
        remove_one(b, i);
        return;
    }
    for (unsigned k = b->count; k-- > 0;)
        if (b->insn[k].group == group)
            remove_one(b, k);
}
