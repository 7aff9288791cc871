/* backend.c: the x86-64 host's BackendOps and HostDesc.
 *
 * Any host with the x86-64-v3 instructions will do; others run the interpreter. Vector registers
 * 16-31 of AVX-512 hosts are not used.
 */
#include "backend/x86_64/backend.h"

#ifdef __x86_64__
#include <cpuid.h>
#endif
#include <string.h>

#include "backend/x86_64/abi.h"
#include "backend/x86_64/emitters.h"
#include "backend/x86_64/host.h"
#include "backend/x86_64/lower.h"
#include "ir/base/bits.h"

/* ---- what the host offers ---- */

static uint32_t detect_features(void)
{
    uint32_t f = 0;
#ifdef __x86_64__
    unsigned a, b, c, d;
    if (!__get_cpuid(0x80000001, &a, &b, &c, &d))
        return 0;
    bool lzcnt = (c & bit_LZCNT) != 0;
    __cpuid(1, a, b, c, d);
    bool v3 = lzcnt && (c & bit_MOVBE) != 0 && (c & bit_POPCNT) != 0 && (c & bit_CMPXCHG16B) != 0 &&
              (c & bit_FMA) != 0 && (c & bit_F16C) != 0 && __builtin_cpu_supports("avx2") &&
              __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    if (v3)
        f |= HOST_V3;
    if (v3 && (c & bit_AES) != 0)
        f |= HOST_AES;
    if (v3 && (c & bit_PCLMUL) != 0)
        f |= HOST_CLMUL;
    if (v3 && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0)
        f |= HOST_SHA;
    if (v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
        f |= HOST_AVX512;
#endif
    return f;
}

typedef struct PinRow {
    const char *guest, *slot;
    int8_t reg;
} PinRow;

static const PinRow pins[] = {
#define PIN(guest, slot, reg) {#guest, #slot, reg},
#include "backend/x86_64/convention.def"
#undef PIN
};
enum { NPINS = sizeof pins / sizeof pins[0] };

static uint32_t mix(uint32_t hash, const char *text)
{
    for (; *text != 0; text++)
        hash = (hash ^ (uint8_t)*text) * 16777619u; /* FNV-1a */
    return hash;
}

/* For guests without rows: homes in this order go to the slots that are used most. rax, rcx and rdx
 * stay free for division, shifts and compare-and-swap, vectors 12 and up as temporaries. */
static const uint8_t general_homes[] = {RDI, RSI, R8, R9, R10, R11, RBX, R12, R13, ANY_REG};
static const uint8_t vector_homes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ANY_REG};

static bool convention(const SlotTable *slots, Convention *conv)
{
    bool any = false;
    conv->version = 2166136261u;
    memset(conv->home, -1, sizeof conv->home);
    for (unsigned k = 0; k < NPINS; k++) {
        if (strcmp(pins[k].guest, slots->guest) != 0)
            continue;
        for (uint32_t n = 0; n < slots->count; n++) {
            if (strcmp(slots->slots[n].name, pins[k].slot) != 0)
                continue;
            conv->home[n] = pins[k].reg;
            conv->version = mix(conv->version, pins[k].slot) + (uint32_t)pins[k].reg;
            any = true;
        }
    }
    return any || convention_by_heat(slots, general_homes, vector_homes, conv);
}

/* ---- for core ---- */

/* Registers that no guest has pinned first. */
static const uint8_t gpr_order[] = {R14, R15, RDI, RSI, R8,  R9,  R10,    R11,
                                    RDX, RCX, RBX, RAX, R12, R13, ANY_REG};
static const uint8_t vec_order[] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0, ANY_REG};

static void emit_jump(Emitter *e, uint32_t label)
{
    a_jmp(e, label);
}

const HostDesc x86_host_desc = {
    .name = "x86_64",
    .rules = x86_rules,
    .rule_count = X86_RULE_COUNT,
    .rule_ends = x86_rule_ends,
    .allocatable = {[CLASS_GPR] = 0xffff & ~(1u << RSP | 1u << RBP), [CLASS_VEC] = 0xffff},
    .caller_saved = {[CLASS_GPR] = 1u << RAX | 1u << RCX | 1u << RDX | 1u << RSI | 1u << RDI |
                                   1u << R8 | 1u << R9 | 1u << R10 | 1u << R11,
                     [CLASS_VEC] = 0xffff},
    .call_args = {RDI, RSI, RDX, RCX, R8, R9},
    .call_ret = RAX,
    .exit_pc = EXIT_PC,
    .exit_hint = EXIT_TEMP,
    .alloc_order = {[CLASS_GPR] = gpr_order, [CLASS_VEC] = vec_order},
    .is_alias = x86_is_alias,
    .swap = {true, true},
    .stores_imm = true,
    .move = emit_move,
    .jump = emit_jump,
    .branch = emit_branch,
    .exit = emit_exit,
    .poll = emit_poll,
    .site_call = emit_site_call,
    .call = emit_call,
    .count = emit_count,
    .begin = emit_begin,
    .finish = emit_finish,
    .fixup = emit_fixup,
};

static bool compile(const BackendConfig *cfg, Region *r, CompiledCode *out, char *err,
                    size_t err_size)
{
    if ((cfg->host_features & HOST_V3) == 0) {
        snprintf(err, err_size, "the host CPU lacks AVX2, FMA, BMI2, LZCNT or MOVBE");
        return false;
    }
    return core_compile(&x86_host_desc, cfg, r, out, err, err_size);
}

/* ---- code in place ---- */

static bool in_reach(int64_t distance)
{
    return bits_fits_signed(distance, 32);
}

static void relocate(uint8_t *rw, uint64_t rx, const Reloc *rel, uint64_t target)
{
    uint32_t d = (uint32_t)(target - (rx + rel->offset + 4 + rel->form));
    memcpy(rw + rel->offset, &d, 4);
}

static bool patch(uint8_t *rw, uint64_t rx, const ExitSite *site, uint64_t target)
{
    int64_t d = (int64_t)(target - (rx + site->patch + 4));
    if (!in_reach(d) || site->kind == IR_EXIT_SERVICE)
        return false;
    __atomic_store_n((uint32_t *)(void *)(rw + site->patch), (uint32_t)d, __ATOMIC_RELEASE);
    return true;
}

/* Instruction fetch is coherent here. */
static void sync_code(uint8_t *rw, uint64_t rx, uint32_t size)
{
    (void)rw;
    (void)rx;
    (void)size;
}

/* Tiny results: exact.c. */
static bool fp_inexact(uint32_t host_features, FpModel model)
{
    (void)host_features;
    return model == FP_MODEL_ARM;
}

const BackendOps backend_x86_64 = {
    .name = "x86_64",
    .detect_features = detect_features,
    .fp_inexact = fp_inexact,
    .convention = convention,
    .compile = compile,
    .emit_stubs = x86_emit_stubs,
    .relocate = relocate,
    .patch = patch,
    .sync_code = sync_code,
    .takes_hint = x86_takes_hint,
    .x87_unit = true,
    .known_flags = 1u << FP_MODEL_RISCV,
    .other_nans = 1u << FP_MODEL_RISCV,
    .typical_features = HOST_V3 | HOST_AES | HOST_CLMUL | HOST_SHA,
    .landing_size = 12,
};
