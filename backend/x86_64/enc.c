/* enc.c: see enc.h. Encodings follow Intel SDM volume 2, chapter 2. */
#include "backend/x86_64/enc.h"

#include <string.h>

const X86InsnDesc x86_insns[X86_INSN_COUNT] = {
#define INSN(name, mnemonic, form, prefix, map, opcode, ext, attr)                                 \
    [X86_##name] = {mnemonic, form, prefix, map, opcode, ext, attr},
#include "backend/x86_64/insn.def"
#undef INSN
};

/* Bits 3 of the registers, as REX carries them, and VEX inverted and elsewhere. */
enum { HIGH_B = 1, HIGH_X = 2, HIGH_R = 4 };

static unsigned high_bit(unsigned reg, unsigned high)
{
    return reg != X86_NO_REG && (reg & 8) != 0 ? high : 0;
}

static inline unsigned high_bits(unsigned reg, const X86Rm *rm)
{
    unsigned r = (reg & 8) != 0 ? HIGH_R : 0;
    if (!rm->mem)
        return r | ((rm->reg & 8) != 0 ? HIGH_B : 0);
    return r | high_bit(rm->base, HIGH_B) | high_bit(rm->index, HIGH_X);
}

static unsigned put_disp32(uint8_t *p, int32_t disp)
{
    memcpy(p, &disp, 4);
    return 4;
}

/* ModRM, SIB and displacement. */
static unsigned put_modrm(uint8_t *p, unsigned reg, const X86Rm *rm, unsigned *disp_at)
{
    unsigned r = (reg & 7) << 3;
    *disp_at = 0;
    if (!rm->mem) {
        p[0] = (uint8_t)(0xc0 | r | (rm->reg & 7));
        return 1;
    }
    if (rm->rip) {
        p[0] = (uint8_t)(r | 5);
        *disp_at = 1;
        return 1 + put_disp32(p + 1, rm->disp);
    }
    unsigned index = rm->index == X86_NO_REG ? 4 : rm->index & 7;
    if (rm->base == X86_NO_REG) {
        p[0] = (uint8_t)(r | 4);
        p[1] = (uint8_t)(rm->scale << 6 | index << 3 | 5);
        *disp_at = 2;
        return 2 + put_disp32(p + 2, rm->disp);
    }
    unsigned base = rm->base & 7, n = 1;
    unsigned mod = rm->disp == 0 && base != 5 ? 0 : rm->disp == (int8_t)rm->disp ? 1 : 2;
    if (rm->index == X86_NO_REG && base != 4) {
        p[0] = (uint8_t)(mod << 6 | r | base);
    } else {
        p[0] = (uint8_t)(mod << 6 | r | 4);
        p[n++] = (uint8_t)(rm->scale << 6 | index << 3 | base);
    }
    if (mod == 1)
        p[n++] = (uint8_t)rm->disp;
    if (mod == 2) {
        *disp_at = n;
        n += put_disp32(p + n, rm->disp);
    }
    return n;
}

static bool needs_byte_rex(unsigned reg)
{
    return reg >= 4 && reg < 8; /* spl bpl sil dil */
}

static unsigned put_escape(uint8_t *p, unsigned map)
{
    unsigned n = 0;
    if (map != M0)
        p[n++] = 0x0f;
    if (map == M2)
        p[n++] = 0x38;
    if (map == M3)
        p[n++] = 0x3a;
    return n;
}

static unsigned encode_legacy(uint8_t *buf, const X86InsnDesc *d, unsigned width, unsigned reg,
                              const X86Rm *rm, unsigned extra, unsigned *disp_at)
{
    static const uint8_t prefixes[] = {[P66] = 0x66, [PF3] = 0xf3, [PF2] = 0xf2};
    unsigned n = 0, opcode = d->opcode + (extra & X86_PLUS_CC);
    bool sse = (extra & X86_SSE) != 0 || d->form == F_SRM;
    unsigned rex = 0;
    if (d->form == F_M || d->form == F_VVM)
        reg = d->ext;
    if ((extra & X86_LOCK) != 0)
        buf[n++] = 0xf0;
    if (!sse && width == 2)
        buf[n++] = 0x66;
    if (d->prefix != P0)
        buf[n++] = prefixes[d->prefix];
    if ((d->attr & A_W) != 0 || (width == 8 && (!sse || (d->attr & A_GW) != 0)))
        rex |= 0x48;
    if (!sse && width == 1 && (d->attr & A_B) != 0)
        opcode--;
    if (!sse && width == 1 && d->form == F_RM && (d->attr & A_B) != 0 && needs_byte_rex(reg))
        rex |= 0x40;
    bool rm_byte = (d->attr & A_RB) != 0 || (!sse && width == 1);
    if (!rm->mem && rm_byte && needs_byte_rex(rm->reg))
        rex |= 0x40;
    rex |= high_bits(reg, rm);
    if (rex != 0)
        buf[n++] = (uint8_t)(rex | 0x40);
    n += put_escape(buf + n, d->map);
    if (d->form == F_O) {
        buf[n++] = (uint8_t)(opcode + (rm->reg & 7));
        *disp_at = 0;
        return n;
    }
    buf[n++] = (uint8_t)opcode;
    unsigned at;
    unsigned len = put_modrm(buf + n, reg, rm, &at);
    *disp_at = at != 0 ? n + at : 0;
    return n + len;
}

static unsigned encode_vex(uint8_t *buf, const X86InsnDesc *d, unsigned width, unsigned reg,
                           unsigned v, const X86Rm *rm, unsigned *disp_at)
{
    unsigned n = 0;
    unsigned w = (d->attr & A_W) != 0 || ((d->attr & A_GW) != 0 && width == 8);
    if (d->form == F_VVM || d->ext != 0)
        reg = d->ext;
    if (d->form == F_VRM)
        v = 0;
    unsigned high = ~high_bits(reg, rm) & (HIGH_R | HIGH_X | HIGH_B);
    unsigned tail = (~v & 15) << 3 | d->prefix;
    /* PF3 and PF2 are numbered as VEX.pp: 66 = 1, F3 = 2, F2 = 3. */
    if ((high & (HIGH_X | HIGH_B)) == (HIGH_X | HIGH_B) && w == 0 && d->map == M1) {
        buf[n++] = 0xc5;
        buf[n++] = (uint8_t)(high >> 2 << 7 | tail);
    } else {
        buf[n++] = 0xc4;
        buf[n++] = (uint8_t)(high << 5 | d->map);
        buf[n++] = (uint8_t)(w << 7 | tail);
    }
    buf[n++] = d->opcode;
    unsigned at;
    unsigned len = put_modrm(buf + n, reg, rm, &at);
    *disp_at = at != 0 ? n + at : 0;
    return n + len;
}

unsigned x86_encode(uint8_t *buf, X86Insn insn, unsigned width, unsigned reg, unsigned v,
                    const X86Rm *rm, unsigned extra, unsigned *disp_at)
{
    const X86InsnDesc *d = &x86_insns[insn];
    unsigned at;
    if (disp_at == NULL)
        disp_at = &at;
    if (d->form < F_VRVM || (extra & X86_SSE) != 0)
        return encode_legacy(buf, d, width, reg, rm, extra, disp_at);
    return encode_vex(buf, d, width, reg, v, rm, disp_at);
}

unsigned x86_encode_opcode(uint8_t *buf, unsigned map, unsigned opcode, bool rex_w, unsigned reg,
                           const X86Rm *rm)
{
    X86InsnDesc d = {.form = F_RM,
                     .prefix = P0,
                     .map = (uint8_t)map,
                     .opcode = (uint8_t)opcode,
                     .attr = rex_w ? A_W : 0};
    unsigned at;
    return encode_legacy(buf, &d, 4, reg, rm, 0, &at);
}
