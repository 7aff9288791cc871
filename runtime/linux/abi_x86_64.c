/* abi_x86_64.c: the x86-64 guest's kernel interface (psABI A.2; Linux arch/x86 uapi headers). */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "frontend/x86_64/cpuid.h"
#include "frontend/x86_64/state.h"
#include "runtime/linux/frame_x86_64.h"
#include "runtime/linux/syscall.h"

enum { RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, SYSCALL_LENGTH = 2 };

typedef struct X86Stat {
    uint64_t dev, ino, nlink;
    uint32_t mode, uid, gid, pad;
    uint64_t rdev;
    int64_t size, blksize, blocks;
    uint64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    int64_t unused[3];
} X86Stat;
_Static_assert(sizeof(X86Stat) == 144, "struct stat");

typedef struct X86EpollEvent { /* packed on x86-64 only */
    uint32_t events;
    uint64_t data;
} __attribute__((packed)) X86EpollEvent;

typedef struct X86Semid { /* struct semid64_ds */
    struct ipc_perm perm;
    int64_t otime, unused1, ctime, unused2;
    uint64_t nsems, unused3, unused4;
} X86Semid;
_Static_assert(sizeof(X86Semid) == 104, "struct semid_ds");

static const AbiLayout layout = ABI_LAYOUT(X86Stat, X86EpollEvent, X86Semid);

long sys_arch_prctl(LinuxThread *t, uint64_t a[6])
{
    enum { SET_GS = 0x1001, SET_FS, GET_FS, GET_GS };
    X86State *x = x86_state(t->vcpu->state);
    uint64_t *base = a[0] == SET_GS || a[0] == GET_GS ? &x->gs_base : &x->fs_base;
    switch (a[0]) {
    case SET_GS:
    case SET_FS:
        if (a[1] >= t->process->abi->address_limit)
            return -EPERM;
        *base = a[1];
        return 0;
    case GET_FS:
    case GET_GS:
        return copy_out(t, a[1], base, sizeof *base);
    default:
        return -EINVAL;
    }
}

/* There are no local descriptors, and none can be made: 64-bit code has little use for them. */
long sys_modify_ldt(LinuxThread *t, uint64_t a[6])
{
    enum { READ, WRITE_OLD, READ_DEFAULT, WRITE = 0x11, DEFAULT_BYTES = 128 };
    static const uint8_t none[DEFAULT_BYTES];
    uint64_t n = a[2] < DEFAULT_BYTES ? a[2] : DEFAULT_BYTES;
    switch ((int)a[0]) {
    case READ:
        return 0;
    case READ_DEFAULT:
        return copy_out(t, a[1], none, n) ? (uint32_t)-EFAULT : (long)n; /* as Linux has it */
    case WRITE_OLD:
    case WRITE:
        return -ENOSYS;
    default:
        return (uint32_t)-ENOSYS;
    }
}

/* ---- what CPUID says, for AT_HWCAP and /proc/cpuinfo ---- */

static uint64_t hwcap(int which)
{
    enum { FSGSBASE = 1 << 0, HWCAP2_FSGSBASE = 1 << 1 };
    if (which == 0)
        return x86_cpuid(1, 0).edx;
    return x86_cpuid(7, 0).ebx & FSGSBASE ? HWCAP2_FSGSBASE : 0;
}

static void print_cpu(FILE *f, unsigned i, unsigned cpus)
{
    X86Cpuid v = x86_cpuid(0, 0), id = x86_cpuid(1, 0);
    uint32_t family = id.eax >> 8 & 15, model = (id.eax >> 4 & 15) | (id.eax >> 12 & 0xf0);
    if (family == 15)
        family += id.eax >> 20 & 255;
    fprintf(f, "processor\t: %u\nvendor_id\t: %.4s%.4s%.4s\n", i, (char *)&v.ebx, (char *)&v.edx,
            (char *)&v.ecx);
    fprintf(f, "cpu family\t: %u\nmodel\t\t: %u\nmodel name\t: %s\nstepping\t: %u\n", family, model,
            x86_cpu_brand(), id.eax & 15);
    fprintf(f, "physical id\t: 0\nsiblings\t: %u\ncore id\t\t: %u\ncpu cores\t: %u\n", cpus, i,
            cpus);
    fprintf(f, "fpu\t\t: yes\nfpu_exception\t: yes\ncpuid level\t: %u\nwp\t\t: yes\n", v.eax);
    fprintf(f, "flags\t\t: %s\nclflush size\t: 64\ncache_alignment\t: 64\n", x86_cpu_flags());
    fprintf(f, "address sizes\t: 48 bits physical, 48 bits virtual\n\n");
}

static void write_cpuinfo(FILE *out, unsigned cpus)
{
    for (unsigned i = 0; i < cpus; i++)
        print_cpu(out, i, cpus);
}

const GuestAbi abi_x86_64 = {
    .ops = &guest_x86_64,
    .machine = "x86_64",
    .platform = "x86_64",
    .description = "x86-64",
    .syscall_length = SYSCALL_LENGTH,
    .address_limit = (1ull << 47) - GUEST_PAGE,
    .min_sigstack = 2048,
    .min_altstack = 2048,
    .column = COLUMN_X86_64,
    .slot = {.number = RAX,
             .result = RAX,
             .sp = RSP,
             .tls = X86_SLOT_FS_BASE,
             .argument = {RDI, RSI, RDX, R10, R8, R9}},
    .number_is_int = true,
    .hwcap = hwcap,
    .push_frame = x86_push_frame,
    .pop_frame = x86_pop_frame,
    .open_flags = abi_generic_open_flags,
    .layout = &layout,
    .write_cpuinfo = write_cpuinfo,
};
