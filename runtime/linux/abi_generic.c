/* abi_generic.c: flags and structures of Linux's asm-generic headers, for the guests that use them.
 */
#include <fcntl.h>

#include "runtime/linux/abi.h"

/* The kernel's O_LARGEFILE, which the C library does not tell on 64-bit hosts. */
#define HOST_LARGEFILE (O_DIRECTORY == 0200000 ? 0100000 : 0400000)

/* Values of the flags as asm-generic/fcntl.h has them, but for four that a processor may define
 * itself. In the order in which strace prints them. */
#define OPEN_FLAGS(direct, largefile, nofollow, directory)                                         \
    {                                                                                              \
        {00000100, O_CREAT, "O_CREAT"}, {00000200, O_EXCL, "O_EXCL"},                              \
            {00000400, O_NOCTTY, "O_NOCTTY"}, {00001000, O_TRUNC, "O_TRUNC"},                      \
            {00002000, O_APPEND, "O_APPEND"}, {00004000, O_NONBLOCK, "O_NONBLOCK"},                \
            {04000000, O_SYNC & ~O_DSYNC, "O_SYNC"}, {00010000, O_DSYNC, "O_DSYNC"},               \
            {direct, O_DIRECT, "O_DIRECT"}, {largefile, HOST_LARGEFILE, "O_LARGEFILE"},            \
            {nofollow, O_NOFOLLOW, "O_NOFOLLOW"}, {01000000, O_NOATIME, "O_NOATIME"},              \
            {02000000, O_CLOEXEC, "O_CLOEXEC"}, {010000000, O_PATH, "O_PATH"},                     \
            {020000000, O_TMPFILE & ~O_DIRECTORY, "O_TMPFILE"},                                    \
            {directory, O_DIRECTORY, "O_DIRECTORY"}, {00020000, O_ASYNC, "FASYNC"}, {0, 0, NULL},  \
    }

const FlagPair abi_generic_open_flags[] = OPEN_FLAGS(00040000, 00100000, 00400000, 00200000);
/* arch/arm64/include/uapi/asm/fcntl.h */
const FlagPair abi_arm_open_flags[] = OPEN_FLAGS(00200000, 00400000, 00100000, 00040000);

typedef struct GenericStat {
    uint64_t dev, ino;
    uint32_t mode, nlink, uid, gid;
    uint64_t rdev, pad1;
    int64_t size;
    int32_t blksize, pad2;
    int64_t blocks;
    uint64_t atime, atime_ns, mtime, mtime_ns, ctime, ctime_ns;
    uint32_t unused[2];
} GenericStat;

_Static_assert(sizeof(GenericStat) == 128, "struct stat");

typedef struct GenericEpollEvent {
    uint32_t events, pad;
    uint64_t data;
} GenericEpollEvent;

_Static_assert(sizeof(GenericEpollEvent) == ABI_EPOLL_MAX, "struct epoll_event");

typedef struct GenericSemid { /* struct semid64_ds */
    struct ipc_perm perm;
    int64_t otime, ctime;
    uint64_t nsems, unused[2];
} GenericSemid;

_Static_assert(sizeof(GenericSemid) == 88, "struct semid_ds");

const AbiLayout abi_generic_layout = ABI_LAYOUT(GenericStat, GenericEpollEvent, GenericSemid);
