/* backend.c: BackendOps of the AArch64 host: conventions, relocation, exit patching. */
#include <string.h>

#include "backend/aarch64/abi.h"
#include "ir/base/bits.h"
#include "ir/base/log.h"

static uint32_t word_at(const uint8_t *at)
{
    uint32_t w;
    memcpy(&w, at, 4);
    return w;
}

static uint32_t with_field(uint32_t w, int64_t value, unsigned bits, unsigned at)
{
    uint32_t mask = (uint32_t)bits_mask(bits) << at;
    DG_ASSERT(bits_fits_signed(value, bits));
    return (w & ~mask) | ((uint32_t)value << at & mask);
}

void a64_patch_field(uint8_t *at, A64Field field, int64_t disp)
{
    uint32_t w = word_at(at);
    switch (field) {
    case FIELD_B26:
        w = with_field(w, disp >> 2, 26, 0);
        break;
    case FIELD_B19:
        w = with_field(w, disp >> 2, 19, 5);
        break;
    case FIELD_B14:
        w = with_field(w, disp >> 2, 14, 5);
        break;
    case FIELD_ADR:
        w = with_field(w, disp >> 2, 19, 5);
        w = (w & ~(3u << 29)) | ((uint32_t)disp & 3) << 29;
        break;
    case FIELD_ADRP: /* disp in pages */
        w = with_field(w, disp >> 2, 19, 5);
        w = (w & ~(3u << 29)) | ((uint32_t)disp & 3) << 29;
        break;
    case FIELD_ADD12: /* disp: the low 12 bits of the address */
        w = (w & ~(0xfffu << 10)) | ((uint32_t)disp & 0xfff) << 10;
        break;
    }
    memcpy(at, &w, 4);
}

/* With FEAT_AFP the CPU would follow x86's rules. */
static uint32_t features_for(uint32_t host_features, FpModel model)
{
    return model == FP_MODEL_X86 ? host_features : host_features & ~(uint32_t)FEAT_A64_AFP;
}

/* For guests without rows: homes in this order go to the slots that are used most; those that calls
 * preserve come first. */
static const uint8_t general_homes[] = {19, 20, 21, 22, 23, 24, 25, 26, 27, 29,
                                        7,  8,  9,  10, 11, 12, 13, 14, 15, ANY_REG};
static const uint8_t vector_homes[] = {16, 17, 18, 19, 20, 21, 22, 23,     24,
                                       25, 26, 27, 28, 29, 30, 31, ANY_REG};

static bool convention(const SlotTable *slots, Convention *conv)
{
    static const PinnedSlot rows[] = {
#define PIN_GPR(name, reg) {name, reg},
#define PIN_VEC(name, reg) {name, reg},
#include "backend/aarch64/convention.def"
#undef PIN_GPR
#undef PIN_VEC
    };
    unsigned found = 0;
    uint32_t version = 2166136261u; /* FNV-1a over the rows */
    memset(conv->home, -1, sizeof conv->home);
    for (unsigned k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        for (const char *p = rows[k].name; *p != 0; p++)
            version = (version ^ (uint8_t)*p) * 16777619u;
        version = (version ^ rows[k].reg) * 16777619u;
        for (uint32_t slot = 0; slot < slots->count; slot++) {
            if (strcmp(slots->slots[slot].name, rows[k].name) == 0) {
                conv->home[slot] = (int8_t)rows[k].reg;
                found++;
            }
        }
    }
    conv->version = version;
    return found == sizeof rows / sizeof rows[0] ||
           convention_by_heat(slots, general_homes, vector_homes, conv);
}

static bool compile(const BackendConfig *cfg, Region *r, CompiledCode *out, char *err,
                    size_t err_size)
{
    return core_compile(&a64_host, cfg, r, out, err, err_size);
}

static void relocate(uint8_t *rw, uint64_t rx, const Reloc *rel, uint64_t target)
{
    uint8_t *at = rw + rel->offset;
    uint64_t pc = rx + rel->offset;
    switch ((A64Field)rel->form) {
    case FIELD_ADRP:
        a64_patch_field(at, FIELD_ADRP, (int64_t)(target >> 12) - (int64_t)(pc >> 12));
        break;
    case FIELD_ADD12:
        a64_patch_field(at, FIELD_ADD12, (int64_t)(target & 0xfff));
        break;
    default:
        a64_patch_field(at, rel->form, (int64_t)(target - pc));
    }
}

/* A B or BL replaced by another may be executed by other threads meanwhile: Arm ARM B2.2.5 allows
 * that for B and BL, and either one seen is a right one. */
static bool patch(uint8_t *rw, uint64_t rx, const ExitSite *site, uint64_t target)
{
    int64_t disp = (int64_t)(target - (rx + site->patch));
    if (!bits_fits_signed(disp, 28))
        return false;
    uint32_t *at = (uint32_t *)(void *)(rw + site->patch);
    uint32_t w = with_field(__atomic_load_n(at, __ATOMIC_RELAXED), disp >> 2, 26, 0);
    __atomic_store_n(at, w, __ATOMIC_RELEASE);
    a64_sync_code((uint8_t *)at, rx + site->patch, 4);
    return true;
}

static bool fp_inexact(uint32_t host_features, FpModel model)
{
    return model != FP_MODEL_ARM && (host_features & FEAT_A64_AFP) == 0;
}

const BackendOps backend_aarch64 = {
    .name = "aarch64",
    .detect_features = a64_detect_features,
    .fp_inexact = fp_inexact,
    .features_for = features_for,
    .convention = convention,
    .compile = compile,
    .emit_stubs = a64_emit_stubs,
    .relocate = relocate,
    .patch = patch,
    .sync_code = a64_sync_code,
    .jump_pairs = true,
    .weak_order = true,
    .typical_features = FEAT_A64_LSE | FEAT_A64_LRCPC | FEAT_A64_LRCPC2 | FEAT_A64_LSE2 |
                        FEAT_A64_AFP | FEAT_A64_CRC32 | FEAT_A64_AES | FEAT_A64_PMULL |
                        FEAT_A64_SHA1 | FEAT_A64_SHA2,
    .landing_size = 4,
};
