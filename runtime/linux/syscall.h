/* syscall.h: what a row of syscalls.def becomes, and the declarations of the handlers. */
#ifndef DRAGOMAN_RUNTIME_LINUX_SYSCALL_H
#define DRAGOMAN_RUNTIME_LINUX_SYSCALL_H

#include "runtime/linux/linux.h"

/* Newer than the C library's headers; the same for all processors. */
#ifndef __NR_cachestat
#define __NR_cachestat 451
#endif
#ifndef __NR_fchmodat2
#define __NR_fchmodat2 452
#endif
#ifndef __NR_futex_wake
#define __NR_futex_wake    454
#define __NR_futex_wait    455
#define __NR_futex_requeue 456
#endif
#ifndef __NR_statmount
#define __NR_statmount 457
#define __NR_listmount 458
#endif

enum { SYSCALL_ARGS = 6, SYSCALL_NUMBERS = 512 };

/* Columns of numbers in syscalls.def. */
typedef enum SyscallColumn { COLUMN_X86_64, COLUMN_GENERIC, SYSCALL_COLUMNS } SyscallColumn;

typedef enum ArgKind {
    ARG_NONE,
    ARG_INT,
    ARG_UINT,
    ARG_LONG,
    ARG_SIZE,
    ARG_HEX,
    ARG_MODE,
    ARG_FD,
    ARG_DIRFD,
    ARG_FDNONE,
    ARG_PATH,
    ARG_NAME,
    ARG_STR,
    ARG_OFLAGS,
    ARG_SIGNAL,
    ARG_SHOWN, /* a value, printed as `show` says */
    ARG_PTR,
    ARG_IN,
    ARG_OUT,
    ARG_IOV_IN,
    ARG_IOV_OUT,
    ARG_RESULT, /* no argument: how the result is printed */
    ARG_KINDS
} ArgKind;

/* How a buffer's size is known: `size` bytes, times argument `ref` unless that is NO_REF. */
enum { NO_REF = 255 };
typedef enum ArgCount { COUNT_PLAIN, COUNT_POINTER } ArgCount;

typedef struct ArgSpec {
    uint8_t kind;
    uint8_t ref;
    uint8_t count; /* COUNT_POINTER: argument `ref` points to a 32-bit size */
    uint32_t size;
    uint8_t show; /* ShowKind of strace.h: how it is printed, if not as the kind says */
    bool late;    /* printed when the call is over */
} ArgSpec;

typedef enum RestartRule { RESTART_NO, RESTART_YES, RESTART_SOCK } RestartRule;

typedef long SyscallHandler(LinuxThread *t, uint64_t a[SYSCALL_ARGS]);

struct SyscallDesc {
    const char *name;
    int16_t number[SYSCALL_COLUMNS];
    long host_number; /* PASS rows */
    int refusal;      /* NOSYS and NOPERM rows: the error */
    SyscallHandler *handler;
    RestartRule restart;
    ArgSpec args[SYSCALL_ARGS + 1]; /* ends with ARG_NONE or ARG_RESULT */
};

extern const SyscallDesc syscall_table[];
extern const unsigned syscall_count;
const SyscallDesc *syscall_find(unsigned column, uint64_t number);

/* The handler of all LACK rows. */
long sys_lacking(LinuxThread *t, uint64_t a[SYSCALL_ARGS]);
/* Handlers: one for each CALL row. They return a result or -errno. */
#define PASS(name)
#define LACK(name)
#define NOPERM(name)
#define CALL(name)                               long sys_##name(LinuxThread *t, uint64_t a[SYSCALL_ARGS]);
#define SYSCALL(name, x86_64, generic, how, ...) how(name)
#include "runtime/linux/syscalls.def"
#undef SYSCALL
#undef PASS
#undef LACK
#undef CALL
#undef NOPERM

#endif
