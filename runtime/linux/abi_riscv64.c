/* abi_riscv64.c: the RISC-V 64 guest's kernel interface (RISC-V ELF psABI; Linux arch/riscv uapi).
 */
#include <stdio.h>

#include "frontend/riscv64/state.h"
#include "runtime/linux/frame_riscv64.h"
#include "runtime/linux/syscall.h"

enum { SYSCALL_LENGTH = 4 };

/* ---- which extensions there are, for AT_HWCAP, riscv_hwprobe and /proc/cpuinfo ---- */

/* One bit a letter. */
static uint64_t hwcap(int which)
{
    static const char letters[] = "IMAFDC";
    uint64_t bits = 0;
    for (const char *p = letters; *p; p++)
        bits |= 1ull << (*p - 'A');
    return which == 0 ? bits : 0;
}

/* Keys and bits of asm/hwprobe.h. */
enum {
    KEY_MVENDORID,
    KEY_MARCHID,
    KEY_MIMPID,
    KEY_BASE_BEHAVIOR,
    KEY_IMA_EXT_0,
    KEY_CPUPERF_0,
    KEY_ZICBOZ_BLOCK_SIZE,
    KEY_HIGHEST_VIRT_ADDRESS,
    KEY_TIME_CSR_FREQ,
    KEY_MISALIGNED_SCALAR_PERF,
};

static bool probe(const LinuxProcess *p, int64_t key, uint64_t *value)
{
    enum {
        IMA = 1,
        FD = 1,
        C = 2,
        ZBA = 8,
        ZBB = 16,
        ZBS = 32,
        ZBC = 128,
        ZBKB = 256,
        ZBKC_TO_ZKSH = 0xfe00, /* ZBKC ZBKX ZKND ZKNE ZKNH ZKSED ZKSH */
        ZFH = 1 << 27,
        ZFHMIN = 1 << 28,
        MISALIGNED_FAST = 3
    };
    static const uint64_t zicond = 1ull << 35;
    switch (key) {
    case KEY_MVENDORID:
    case KEY_MARCHID:
    case KEY_MIMPID:
    case KEY_ZICBOZ_BLOCK_SIZE:
        *value = 0;
        return true;
    case KEY_BASE_BEHAVIOR:
        *value = IMA;
        return true;
    case KEY_IMA_EXT_0:
        *value = FD | C | ZBA | ZBB | ZBS | ZBC | ZBKB | ZBKC_TO_ZKSH | ZFH | ZFHMIN | zicond;
        return true;
    case KEY_CPUPERF_0:
    case KEY_MISALIGNED_SCALAR_PERF:
        *value = MISALIGNED_FAST;
        return true;
    case KEY_HIGHEST_VIRT_ADDRESS:
        *value = p->abi->address_limit - 1;
        return true;
    case KEY_TIME_CSR_FREQ:
        *value = RV_TIME_HZ;
        return true;
    default:
        return false;
    }
}

/* All processors are alike: whatever set of them is asked about, the answer is the same. */
long sys_riscv_hwprobe(LinuxThread *t, uint64_t a[6])
{
    struct {
        int64_t key;
        uint64_t value;
    } pair;
    if (a[4] != 0)
        return -EINVAL;
    for (uint64_t i = 0; i < a[1]; i++) {
        uint64_t at = a[0] + i * sizeof pair;
        if (copy_in(t, &pair, at, sizeof pair))
            return -EFAULT;
        pair.value = 0;
        if (!probe(t->process, pair.key, &pair.value))
            pair.key = -1;
        if (copy_out(t, at, &pair, sizeof pair))
            return -EFAULT;
    }
    return 0;
}

/* Translations follow their source bytes without being asked. */
long sys_riscv_flush_icache(LinuxThread *t, uint64_t a[6])
{
    (void)t;
    return a[2] & ~1ull ? -EINVAL : 0;
}

static void write_cpuinfo(FILE *out, unsigned cpus)
{
    for (unsigned i = 0; i < cpus; i++)
        fprintf(out,
                "processor\t: %u\nhart\t\t: %u\nisa\t\t: "
                "rv64imafdc_zicntr_zicond_zicsr_zifencei_zfh_zfhmin_zba_zbb_zbc_zbkb_zbkc_zbkx_zbs_"
                "zknd_zkne_zknh_zksed_zksh\nmmu\t\t: sv48\n\n",
                i, i);
}

/* li a7, 139 (rt_sigreturn); ecall */
static const uint32_t sigreturn_code[] = {0x08b00893, 0x00000073};

const GuestAbi abi_riscv64 = {
    .ops = &guest_riscv64,
    .machine = "riscv64",
    .description = "RISC-V 64",
    .syscall_length = SYSCALL_LENGTH,
    .address_limit = (1ull << 47) - GUEST_PAGE,
    .min_sigstack = 2048,
    .min_altstack = 2048,
    .column = COLUMN_GENERIC,
    .slot = {.number = RV_A7,
             .result = RV_A0,
             .sp = RV_SP,
             .tls = RV_TP,
             .argument = {RV_A0, RV_A0 + 1, RV_A0 + 2, RV_A0 + 3, RV_A0 + 4, RV_A0 + 5}},
    .hwcap = hwcap,
    .push_frame = rv_push_frame,
    .pop_frame = rv_pop_frame,
    .no_restorer = true,
    .sigreturn_code = sigreturn_code,
    .sigreturn_bytes = sizeof sigreturn_code,
    .open_flags = abi_generic_open_flags,
    .layout = &abi_generic_layout,
    .write_cpuinfo = write_cpuinfo,
};
