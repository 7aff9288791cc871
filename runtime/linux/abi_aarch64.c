/* abi_aarch64.c: the AArch64 guest's kernel interface (AAPCS64; Linux arch/arm64 and its uapi). */
#include <stdio.h>

#include "frontend/aarch64/features.h"
#include "frontend/aarch64/state.h"
#include "runtime/linux/frame_aarch64.h"
#include "runtime/linux/syscall.h"

enum { SYSCALL_LENGTH = 4, X8 = 8, FEATURES_TEXT = 512 };

static void write_cpuinfo(FILE *out, unsigned cpus)
{
    char names[FEATURES_TEXT];
    uint32_t midr = a64_midr();
    a64_feature_names(names, sizeof names);
    for (unsigned i = 0; i < cpus; i++) {
        fprintf(out, "processor\t: %u\nBogoMIPS\t: 100.00\nFeatures\t: %s\n", i, names);
        fprintf(out, "CPU implementer\t: 0x%02x\nCPU architecture: 8\nCPU variant\t: 0x%x\n",
                midr >> 24, midr >> 20 & 15);
        fprintf(out, "CPU part\t: 0x%03x\nCPU revision\t: %u\n\n", midr >> 4 & 0xfff, midr & 15);
    }
}

/* mov x8, 139 (rt_sigreturn); svc 0 */
static const uint32_t sigreturn_code[] = {0xd2801168, 0xd4000001};

const GuestAbi abi_aarch64 = {
    .ops = &guest_aarch64,
    .machine = "aarch64",
    .platform = "aarch64",
    .description = "AArch64",
    .syscall_length = SYSCALL_LENGTH,
    .address_limit = (1ull << 47) - GUEST_PAGE,
    .min_sigstack = A64_MIN_SIGSTACK,
    .min_altstack = 5120,
    .column = COLUMN_GENERIC,
    .slot = {.number = A64_SLOT_X + X8,
             .result = A64_SLOT_X,
             .sp = A64_SLOT_X + A64_SP,
             .tls = A64_SLOT_TPIDR,
             .argument = {0, 1, 2, 3, 4, 5}},
    .number_is_int = true,
    .hwcap = a64_hwcap,
    .push_frame = a64_push_frame,
    .pop_frame = a64_pop_frame,
    .bad_frame_tells_sp = true,
    .sigreturn_code = sigreturn_code,
    .sigreturn_bytes = sizeof sigreturn_code,
    .open_flags = abi_arm_open_flags,
    .layout = &abi_generic_layout,
    .write_cpuinfo = write_cpuinfo,
};
