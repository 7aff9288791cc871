/* features.c: see features.h. */
#include "frontend/aarch64/features.h"

#include <stdio.h>

enum { NONE, PFR0, ISAR0, ISAR1, MMFR2, REGISTERS };

static const struct Feature {
    bool there;
    uint8_t word, bit, reg, field, value;
    const char *name;
} features[] = {
#define FEATURE(there, name, word, bit, reg, field, value)                                         \
    {there, word, bit, reg, field, value, #name},
#include "frontend/aarch64/features.def"
#undef FEATURE
};
enum { FEATURES = sizeof features / sizeof features[0] };

uint64_t a64_hwcap(int word)
{
    uint64_t v = 0;
    for (const struct Feature *f = features; f < features + FEATURES; f++)
        if (f->there && f->word == word)
            v |= 1ull << f->bit;
    return v;
}

void a64_feature_names(char *out, unsigned n)
{
    unsigned at = 0;
    out[0] = 0;
    for (const struct Feature *f = features; f < features + FEATURES && at < n; f++)
        if (f->there)
            at += (unsigned)snprintf(out + at, n - at, "%s%s", at ? " " : "", f->name);
}

/* Implementer 0, which is reserved for software; architecture 15: the ID registers tell. */
uint32_t a64_midr(void)
{
    enum { ARCHITECTURE = 15, PART = 0xd64 };
    return ARCHITECTURE << 16 | PART << 4;
}

/* What the fields are apart from features: EL0 and EL1 in AArch64 state alone (PFR0). */
static uint64_t field_bits(unsigned reg)
{
    uint64_t v = reg == PFR0 ? 0x11 : 0;
    for (const struct Feature *f = features; f < features + FEATURES; f++)
        if (f->there && f->reg == reg && (v >> f->field & 15) < f->value)
            v = (v & ~(15ull << f->field)) | (uint64_t)f->value << f->field;
    return v;
}

/* Linux Documentation/arch/arm64/cpu-feature-registers.rst and emulate_sys_reg of its cpufeature.c:
 * registers without a field for programs, and those yet to come, are zero. */
bool a64_id_register(unsigned sysreg, uint64_t *value)
{
    static const uint16_t encodings[REGISTERS] = {
        [PFR0] = A64_SYSREG(3, 0, 0, 4, 0),
        [ISAR0] = A64_SYSREG(3, 0, 0, 6, 0),
        [ISAR1] = A64_SYSREG(3, 0, 0, 6, 1),
        [MMFR2] = A64_SYSREG(3, 0, 0, 7, 2),
    };
    enum {
        MIDR = A64_SYSREG(3, 0, 0, 0, 0),
        MPIDR = A64_SYSREG(3, 0, 0, 0, 5),
        REVIDR = A64_SYSREG(3, 0, 0, 0, 6),
        FIRST = A64_SYSREG(3, 0, 0, 2, 0),
        LAST = A64_SYSREG(3, 0, 0, 7, 7),
    };
    *value = sysreg == MIDR ? a64_midr() : sysreg == MPIDR ? 1u << 31 : 0;
    for (unsigned i = 1; i < REGISTERS; i++)
        if (encodings[i] == sysreg)
            *value = field_bits(i);
    return sysreg == MIDR || sysreg == MPIDR || sysreg == REVIDR ||
           (sysreg >= FIRST && sysreg <= LAST);
}
