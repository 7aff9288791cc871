/* features.c: GLIBC_TUNABLES that hide from a native run what the guest's processor does not
 * report, so that the C library picks the same functions natively and in translation.
 *
 * The names are those of glibc 2.36. What CPUID of the guest says is asked of the frontend: a
 * feature the guest gains stops being hidden by itself. */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "frontend/x86_64/cpuid.h"

typedef struct Feature {
    const char *name;
    uint32_t leaf, subleaf;
    unsigned word, bit; /* word 0..3: eax, ebx, ecx, edx */
} Feature;

/* Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E. */
static const Feature features[] = {
    {"SSE3", 1, 0, 2, 0},           {"SSSE3", 1, 0, 2, 9},          {"FMA", 1, 0, 2, 12},
    {"SSE4_1", 1, 0, 2, 19},        {"SSE4_2", 1, 0, 2, 20},        {"MOVBE", 1, 0, 2, 22},
    {"POPCNT", 1, 0, 2, 23},        {"XSAVE", 1, 0, 2, 26},         {"OSXSAVE", 1, 0, 2, 27},
    {"AVX", 1, 0, 2, 28},           {"BMI1", 7, 0, 1, 3},           {"AVX2", 7, 0, 1, 5},
    {"BMI2", 7, 0, 1, 8},           {"ERMS", 7, 0, 1, 9},           {"RTM", 7, 0, 1, 11},
    {"AVX512F", 7, 0, 1, 16},       {"AVX512DQ", 7, 0, 1, 17},      {"AVX512PF", 7, 0, 1, 26},
    {"AVX512ER", 7, 0, 1, 27},      {"AVX512CD", 7, 0, 1, 28},      {"AVX512BW", 7, 0, 1, 30},
    {"AVX512VL", 7, 0, 1, 31},      {"FSRM", 7, 0, 3, 4},           {"XSAVEC", 0xd, 1, 0, 1},
    {"LZCNT", 0x80000001, 0, 2, 5}, {"FMA4", 0x80000001, 0, 2, 16},
};

static bool reported(const Feature *f)
{
    X86Cpuid r = x86_cpuid(f->leaf, f->subleaf);
    const uint32_t words[] = {r.eax, r.ebx, r.ecx, r.edx};
    bool known = f->leaf < 0x80000000 ? f->leaf <= x86_cpuid(0, 0).eax : true;
    return known && (words[f->word] >> f->bit & 1) != 0;
}

const char *bench_tunables(void)
{
    static const char variable[] = "glibc.cpu.hwcaps=";
    static char text[512];
    char *to = stpcpy(text, variable);
    const char *comma = "";
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        if (reported(&features[i]))
            continue;
        to += snprintf(to, (size_t)(text + sizeof text - to), "%s-%s", comma, features[i].name);
        comma = ",";
    }
    return text;
}
