/* abi.h: what the Linux personality must know about a guest's kernel interface.
 *
 * One GuestAbi stands for one guest processor: where system call numbers and arguments are, how
 * long a system call instruction is (a restarted call runs it again), which open flags differ, how
 * structures are laid out, what a signal frame looks like. Everything else in runtime/linux is the
 * same for all guests; where host and guest structures differ, host code converts from the host's
 * C library type, so that no file tests which host it is built for.
 */
#ifndef DRAGOMAN_RUNTIME_LINUX_ABI_H
#define DRAGOMAN_RUNTIME_LINUX_ABI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/stat.h>

#include "frontend/guest.h"

/* One mapping between a guest's and the host's bit of a flag word. */
typedef struct FlagPair {
    uint32_t guest, host;
    const char *name;
} FlagPair;

/* The kernel's struct sigaction as x86-64 and AArch64 have it (GuestAbi.no_restorer). */
typedef struct GuestSigAction {
    uint64_t handler, flags, restorer, mask;
} GuestSigAction;

typedef struct GuestStack { /* stack_t */
    uint64_t sp;
    int32_t flags;
    uint32_t pad;
    uint64_t size;
} GuestStack;

enum { SIGINFO_BYTES = 128 };

/* A signal about to be delivered. */
typedef struct SignalDelivery {
    int sig;
    const GuestSigAction *action;
    const void *info;                  /* SIGINFO_BYTES, layout shared by all 64-bit Linux ABIs */
    uint64_t saved_mask;               /* goes into the frame */
    GuestStack altstack;               /* as the frame shows it */
    uint64_t stack_top;                /* where to build: 0 = the current stack pointer */
    uint64_t stack_low;                /* the frame must not reach below; 0 = no bound */
    uint64_t trap_no, err, fault_addr; /* of the last synchronous fault */
} SignalDelivery;

typedef struct SignalReturn {
    uint64_t mask;
    GuestStack altstack;
} SignalReturn;

/* Structures that guests lay out differently, member by member. */
enum { ABI_STRUCTURE_MAX = 256, ABI_EPOLL_MAX = 16 }; /* bytes of any; of an epoll_event */

typedef struct AbiField {
    uint16_t at, size; /* bytes */
} AbiField;

typedef struct AbiLayout {
    size_t stat_size, epoll_size, semid_size;
    struct {
        AbiField dev, ino, mode, nlink, uid, gid, rdev, size, blksize, blocks, atime, atime_ns,
            mtime, mtime_ns, ctime, ctime_ns;
    } stat;
    struct {
        AbiField events, data;
    } epoll_event;
    struct {
        AbiField perm, otime, ctime, nsems;
    } semid;
} AbiLayout;

/* The layout of these types, whose members are called so. */
#define ABI_FIELD(T, member)                                                                       \
    {                                                                                              \
        offsetof(T, member), sizeof(((T *)NULL)->member)                                           \
    }
#define ABI_LAYOUT(Stat, EpollEvent, Semid)                                                        \
    {                                                                                              \
        .stat_size = sizeof(Stat), .epoll_size = sizeof(EpollEvent), .semid_size = sizeof(Semid),  \
        .stat = {ABI_FIELD(Stat, dev),     ABI_FIELD(Stat, ino),      ABI_FIELD(Stat, mode),       \
                 ABI_FIELD(Stat, nlink),   ABI_FIELD(Stat, uid),      ABI_FIELD(Stat, gid),        \
                 ABI_FIELD(Stat, rdev),    ABI_FIELD(Stat, size),     ABI_FIELD(Stat, blksize),    \
                 ABI_FIELD(Stat, blocks),  ABI_FIELD(Stat, atime),    ABI_FIELD(Stat, atime_ns),   \
                 ABI_FIELD(Stat, mtime),   ABI_FIELD(Stat, mtime_ns), ABI_FIELD(Stat, ctime),      \
                 ABI_FIELD(Stat, ctime_ns)},                                                       \
        .epoll_event = {ABI_FIELD(EpollEvent, events), ABI_FIELD(EpollEvent, data)},               \
        .semid = {ABI_FIELD(Semid, perm), ABI_FIELD(Semid, otime), ABI_FIELD(Semid, ctime),        \
                  ABI_FIELD(Semid, nsems)},                                                        \
    }

/* Between the host's structures and the guest's, of the layout's sizes. */
void abi_write_stat(const AbiLayout *l, void *out, const struct stat *st);
void abi_write_epoll(const AbiLayout *l, void *out, const struct epoll_event *ev);
void abi_read_epoll(const AbiLayout *l, struct epoll_event *ev, const void *in);
void abi_write_semid(const AbiLayout *l, void *out, const struct semid_ds *ds);

typedef struct GuestAbi {
    const GuestOps *ops;     /* the processor */
    const char *machine;     /* uname */
    const char *platform;    /* AT_PLATFORM; NULL: there is none */
    const char *description; /* in error messages */
    unsigned syscall_length; /* bytes of the system call instruction */
    uint64_t address_limit;  /* first address that user memory never has */
    uint64_t min_sigstack;   /* AT_MINSIGSTKSZ */
    uint64_t min_altstack;   /* MINSIGSTKSZ: the smallest that sigaltstack takes */
    unsigned column;         /* of syscalls.def's numbers: SyscallColumn */

    /* Slots of ops->slots, each 64 bits wide, that a system call and the loader use. */
    struct {
        uint8_t number, result, sp, tls, argument[6];
    } slot;
    bool number_is_int; /* the kernel looks at the low half of the number alone */

    uint64_t (*hwcap)(int which); /* 0: AT_HWCAP, 1: AT_HWCAP2 */

    /* Writes the frame and moves the guest to the handler. False: the stack is not writable. */
    bool (*push_frame)(CpuState *s, const SignalDelivery *d);
    /* Restores registers from the frame at the stack pointer. False: not readable, or nonsense. */
    bool (*pop_frame)(CpuState *s, SignalReturn *r);
    bool bad_frame_tells_sp; /* the SIGSEGV of a frame that is not there names the stack pointer */

    bool no_restorer; /* struct sigaction has none */
    /* What handlers return to where the program names no restorer; the kernel provides it. */
    const uint32_t *sigreturn_code;
    size_t sigreturn_bytes;

    const FlagPair *open_flags; /* those that may differ from the host's; ends with name NULL */
    const AbiLayout *layout;
    void (*write_cpuinfo)(FILE *out, unsigned cpus); /* /proc/cpuinfo */
} GuestAbi;

extern const GuestAbi abi_x86_64, abi_riscv64, abi_aarch64;

/* The guest for a machine number of ELF; NULL: none. */
const GuestAbi *abi_for(uint16_t elf_machine);
/* The guest called so by its GuestOps; NULL: none. */
const GuestAbi *abi_named(const char *name);
/* The descriptions of all, for messages: "A, B and C". */
const char *abi_all_names(void);

/* A system call's number, arguments and result; the stack pointer; the thread pointer. */
uint64_t abi_number(const GuestAbi *abi, const CpuState *s);
void abi_arguments(const GuestAbi *abi, const CpuState *s, uint64_t args[6]);
int64_t abi_result(const GuestAbi *abi, const CpuState *s);
void abi_set_result(const GuestAbi *abi, CpuState *s, int64_t result);
uint64_t abi_sp(const GuestAbi *abi, const CpuState *s);
void abi_set_sp(const GuestAbi *abi, CpuState *s, uint64_t sp);
void abi_set_tls(const GuestAbi *abi, CpuState *s, uint64_t base);

/* What guests have in common that use asm-generic's definitions (abi_generic.c). */
extern const FlagPair abi_generic_open_flags[];
extern const FlagPair abi_arm_open_flags[]; /* where four differ */
extern const AbiLayout abi_generic_layout;

uint32_t abi_open_flags_to_host(const GuestAbi *abi, uint32_t flags);
uint32_t abi_open_flags_to_guest(const GuestAbi *abi, uint32_t flags);

#endif
