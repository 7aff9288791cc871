/* encode.c: see encode.h. */
#include "tests/insn/encode.h"

#include <string.h>

typedef struct Exception {
    const char *mnemonic;
    uint16_t undefined; /* flags masked besides the row's; F_D: the whole row is left out */
} Exception;

static const Exception exceptions[] = {
#define EXCEPT(mnemonic, undefined, reason) {mnemonic, undefined},
#include "tests/insn/exceptions.def"
#undef EXCEPT
};

unsigned insn_random(uint64_t *seed, unsigned below)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (unsigned)((*seed * 0x2545f4914f6cdd1d) >> 33) % below;
}

unsigned insn_excepted_flags(const X86Row *row)
{
    unsigned mask = 0;
    for (unsigned i = 0; i < sizeof exceptions / sizeof exceptions[0]; i++)
        if (strcmp(exceptions[i].mnemonic, row->mnemonic) == 0)
            mask |= exceptions[i].undefined;
    return mask;
}

bool insn_is_branch(const X86Row *row)
{
    static const char *const emitters[] = {"jcc", "loop", "loope",   "loopne",   "jrcxz",
                                           "jmp", "call", "jmp_ind", "call_ind", "ret"};
    for (unsigned i = 0; i < sizeof emitters / sizeof emitters[0]; i++)
        if (strcmp(row->emitter, emitters[i]) == 0)
            return true;
    return false;
}

bool insn_is_x87(const X86Row *row)
{
    if (row->map == X86_MAP_00)
        return (row->opcode & 0xf8) == 0xd8 || row->opcode == 0x9b;
    return strcmp(row->emitter, "fxsave") == 0 || strcmp(row->emitter, "fxrstor") == 0;
}

bool insn_testable(const X86Row *row)
{
    if (insn_is_x87(row) || (row->attr & A_I64) || (insn_excepted_flags(row) & F_D))
        return false;
    if (strstr(row->mnemonic, "mxcsr"))
        return true;
    return insn_is_branch(row) || !(row->attr & (A_UNTESTED | A_PRIV | A_END));
}

bool insn_makers_differ(const X86Insn *in)
{
    const X86Row *row = in->row;
    if (strcmp(row->emitter, "shld") == 0 || strcmp(row->emitter, "shrd") == 0)
        return in->opsize == 2 && in->op[2].kind == X86_IMM && (in->op[2].imm & 31) > 16;
    if (strcmp(row->mnemonic, "pause") == 0)
        return in->rex & 1;
    return strcmp(row->mnemonic, "prefetchw") == 0 && !x86_insn_has_mem(in);
}

/* ---- encoding ---- */

static unsigned rnd(InsnWriter *w, unsigned below)
{
    return insn_random(w->seed, below);
}

void insn_put(InsnWriter *w, unsigned byte)
{
    w->out[w->n++] = (uint8_t)byte;
}

void insn_put_random(InsnWriter *w, unsigned bytes)
{
    static const uint8_t edge[] = {0, 1, 0x7f, 0x80, 0xff, 8, 31, 32, 63, 64};
    bool same = rnd(w, 4) == 0;
    uint8_t fill = rnd(w, 2) ? 0 : 0xff;
    for (unsigned i = 0; i < bytes; i++)
        insn_put(w, i == 0 && rnd(w, 2) ? edge[rnd(w, sizeof edge)] : same ? fill : rnd(w, 256));
}

/* A memory form: base (+ index) (+ displacement), or an address known beforehand. */
static void put_memory(InsnWriter *w, unsigned reg, unsigned rm)
{
    unsigned mod = rnd(w, 3), form = rnd(w, 6);
    if (form == 0) { /* rip + disp32 */
        insn_put(w, reg << 3 | 5);
        w->relative = true;
    } else if (form == 1) { /* [disp32] */
        insn_put(w, reg << 3 | 4);
        insn_put(w, 0x25);
    } else if (form == 2) { /* index * scale + disp32 */
        insn_put(w, reg << 3 | 4);
        insn_put(w, rnd(w, 4) << 6 | rnd(w, 8) << 3 | 5);
        insn_put_random(w, 2);
        insn_put(w, 0);
        insn_put(w, 0);
        return;
    } else if (rm == 4 || form == 3) {
        insn_put(w, mod << 6 | reg << 3 | 4);
        insn_put(w, rnd(w, 256));
        if ((w->out[w->n - 1] & 7) == 5 && mod == 0)
            w->out[w->n - 1] ^= 1;
        insn_put_random(w, mod == 2 ? 2 : mod);
    } else {
        if (rm == 5 && mod == 0)
            mod = 1;
        insn_put(w, mod << 6 | reg << 3 | rm);
        insn_put_random(w, mod == 2 ? 2 : mod);
    }
    if (form > 1) {
        if (mod == 2) {
            insn_put(w, 0);
            insn_put(w, 0);
        }
        return;
    }
    w->disp_at = w->n;
    for (unsigned i = 0; i < 4; i++)
        insn_put(w, 0);
}

static void put_modrm(InsnWriter *w, const X86Row *row)
{
    unsigned modrm = rnd(w, 256);
    if (row->modrm & X86_MR_EXACT) {
        insn_put(w, row->modrm & X86_MR_VALUE);
        return;
    }
    unsigned reg = row->modrm & X86_MR_DIGIT ? row->modrm & 7 : (modrm >> 3) & 7;
    bool memory = (row->modrm & X86_MR_MEM) || (!(row->modrm & X86_MR_REG) && rnd(w, 2));
    if (memory && w->memory)
        w->memory(w, reg);
    else if (memory)
        put_memory(w, reg, modrm & 7);
    else
        insn_put(w, 0xc0 | reg << 3 | (modrm & 7));
}

/* Prefixes that change nothing: segments that 64-bit mode ignores, a REX that is not the last, and
 * before a mandatory F2 or F3 another prefix of its kind. */
static void put_void_prefixes(InsnWriter *w, const X86Row *row)
{
    static const uint8_t segments[] = {0x26, 0x2e, 0x36, 0x3e};
    bool repeats = row->prefix == X86_P_F2 || row->prefix == X86_P_F3;
    if (rnd(w, 8) == 0)
        insn_put(w, segments[rnd(w, 4)]);
    if (repeats && rnd(w, 8) == 0)
        insn_put(w, rnd(w, 2) ? 0xf2 : 0xf3);
    if (repeats && rnd(w, 8) == 0)
        insn_put(w, 0x66);
    if (rnd(w, 8) == 0) {
        insn_put(w, 0x40 | rnd(w, 16));
        insn_put(w, row->prefix == X86_P_66 ? 0x66 : segments[rnd(w, 4)]);
    }
}

static bool is_vex(const X86Row *row)
{
    return row->map == X86_MAP_V0F38 || row->map == X86_MAP_V0F3A;
}

/* C4, then R X B and the map, then W, vvvv, L and the mandatory prefix; addresses that are to be
 * chosen by the caller are without X and B. */
static void put_vex(InsnWriter *w, const X86Row *row)
{
    static const uint8_t pp[] = {[X86_P_NP] = 0, [X86_P_66] = 1, [X86_P_F3] = 2, [X86_P_F2] = 3};
    bool vvvv = false;
    for (unsigned i = 0; i < 3; i++)
        vvvv |= row->op[i] == X86_OP_By;
    insn_put(w, 0xc4);
    insn_put(w, (rnd(w, 8) << 5 | (w->memory ? 0x60 : 0)) | (row->map == X86_MAP_V0F38 ? 2 : 3));
    insn_put(w, rnd(w, 2) << 7 | (vvvv ? rnd(w, 16) : 15) << 3 | pp[row->prefix]);
}

static void put_escape(InsnWriter *w, const X86Row *row)
{
    w->rex_at = 0;
    if (is_vex(row)) {
        put_vex(w, row);
        return;
    }
    if (rnd(w, 3)) {
        w->rex_at = w->n + 1;
        insn_put(w, 0x40 | rnd(w, 16));
    }
    if (row->map != X86_MAP_00)
        insn_put(w, 0x0f);
    if (row->map == X86_MAP_0F38 || row->map == X86_MAP_0F3A)
        insn_put(w, row->map == X86_MAP_0F38 ? 0x38 : 0x3a);
}

void insn_encode(InsnWriter *w, const X86Row *row)
{
    static const uint8_t mandatory[] = {[X86_P_66] = 0x66, [X86_P_F3] = 0xf3, [X86_P_F2] = 0xf2};
    unsigned span = row->attr & A_SPAN16  ? 16
                    : row->attr & A_SPAN8 ? 8
                    : row->attr & A_SPAN4 ? 4
                                          : 1;
    bool size = row->prefix == X86_P___ || row->prefix == X86_P_OS;
    if ((row->attr & A_LOCK) && rnd(w, 3) == 0)
        insn_put(w, 0xf0);
    if (rnd(w, 10) == 0)
        insn_put(w, 0x67);
    if (rnd(w, 16) == 0)
        insn_put(w, 0x65);
    if (w->void_prefixes && !is_vex(row) && !insn_is_branch(row))
        put_void_prefixes(w, row);
    if ((row->attr & A_REP) && rnd(w, 2))
        insn_put(w, rnd(w, 2) ? 0xf2 : 0xf3);
    if (size && rnd(w, 4) == 0 && !insn_is_branch(row)) /* Intel and AMD differ on branches */
        insn_put(w, 0x66);
    if (row->prefix >= X86_P_66 && row->prefix <= X86_P_F2 && !is_vex(row))
        insn_put(w, mandatory[row->prefix]);
    put_escape(w, row);
    insn_put(w, row->opcode + rnd(w, span));
    if (row->modrm & X86_MR_HAS)
        put_modrm(w, row);
    insn_put_random(w, 10); /* immediates, as many as there are */
}

/* ---- encodings that no processor takes ---- */

static void put_before(uint8_t bytes[15], const uint8_t *prefixes, unsigned n)
{
    memmove(bytes + n, bytes, 15 - n);
    memcpy(bytes, prefixes, n);
}

bool insn_spoil(uint64_t *seed, const X86Row *row, uint8_t bytes[15])
{
    static const uint8_t before_vex[] = {0x66, 0xf2, 0xf3, 0xf0, 0x48, 0x40};
    uint8_t many[15];
    unsigned how = insn_random(seed, is_vex(row) ? 4 : 2);
    if (how == 0) { /* longer than 15 bytes */
        memset(many, insn_random(seed, 2) ? 0x3e : 0x2e, sizeof many);
        put_before(bytes, many, 15 - insn_random(seed, 2));
        return true;
    }
    if (!is_vex(row)) { /* LOCK where there is nothing to lock */
        put_before(bytes, (const uint8_t *)"\xf0", 1);
        return !(row->attr & A_LOCK);
    }
    if (how == 1)
        put_before(bytes, &before_vex[insn_random(seed, sizeof before_vex)], 1);
    else if (bytes[0] != 0xc4)
        return false;
    else if (how == 2)
        bytes[2] |= 4; /* VEX.L */
    else
        bytes[1] |= (uint8_t)(insn_random(seed, 7) << 2); /* another map */
    return true;
}
