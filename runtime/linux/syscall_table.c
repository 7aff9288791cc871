/* syscall_table.c: syscalls.def as data, and the lookup by number. */
#include "runtime/linux/strace.h"
#include "runtime/linux/syscall.h"

#define PASS(name)   .host_number = __NR_##name
#define LACK(name)   .handler = sys_lacking, .host_number = -1
#define NOPERM(name) .refusal = EPERM, .host_number = -1
#define CALL(name)   .handler = sys_##name, .host_number = -1
#define YES          RESTART_YES
#define NO           RESTART_NO
#define SOCK         RESTART_SOCK

/* What the words of a row mean: kind, ref, count, size, show, late. */
#define SPEC(...)                                                                                  \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define PLAIN(kind)                SPEC(kind, NO_REF, COUNT_PLAIN, 0, SHOW_NONE, false)
#define SHOWN(kind, show)          SPEC(kind, NO_REF, COUNT_PLAIN, 0, SHOW_##show, false)
#define LATE(kind, show)           SPEC(kind, NO_REF, COUNT_PLAIN, 0, SHOW_##show, true)
#define NONE                       PLAIN(ARG_NONE)
#define INT                        PLAIN(ARG_INT)
#define UINT                       PLAIN(ARG_UINT)
#define LONG                       PLAIN(ARG_LONG)
#define SIZE                       PLAIN(ARG_SIZE)
#define HEX                        PLAIN(ARG_HEX)
#define MODE                       PLAIN(ARG_MODE)
#define FD                         PLAIN(ARG_FD)
#define DIRFD                      PLAIN(ARG_DIRFD)
#define FDNONE                     PLAIN(ARG_FDNONE)
#define PATH                       PLAIN(ARG_PATH)
#define NAME                       PLAIN(ARG_NAME)
#define STR                        PLAIN(ARG_STR)
#define OFLAGS                     PLAIN(ARG_OFLAGS)
#define OFLAGS_ONLY                SHOWN(ARG_OFLAGS, oflags_only)
#define SIGNAL                     PLAIN(ARG_SIGNAL)
#define FLAGS(set)                 SHOWN(ARG_SHOWN, set)
#define WORD(set)                  SHOWN(ARG_SHOWN, set)
#define ID                         SHOWN(ARG_SHOWN, id)
#define CMODE                      SHOWN(ARG_SHOWN, create_mode)
#define NODE_MODE                  SHOWN(ARG_SHOWN, node_mode)
#define DEVICE                     SHOWN(ARG_SHOWN, node_device)
#define FCNTL_ARG                  LATE(ARG_SHOWN, fcntl_arg)
#define IOCTL_CMD                  SHOWN(ARG_SHOWN, ioctl_request)
#define IOCTL_ARG                  LATE(ARG_SHOWN, ioctl_arg)
#define PRCTL_ARG                  LATE(ARG_SHOWN, prctl_arg)
#define STATX_FLAGS                SHOWN(ARG_SHOWN, statx_flags)
#define CLONE                      LATE(ARG_SHOWN, clone)
#define FUTEX                      SHOWN(ARG_SHOWN, futex_op)
#define FUTEX_ARG                  SHOWN(ARG_SHOWN, futex_arg)
#define SOCK_TYPE                  SHOWN(ARG_SHOWN, socket_type)
#define SOCK_PROTOCOL              SHOWN(ARG_SHOWN, socket_protocol)
#define SOCK_OPTION                SHOWN(ARG_SHOWN, socket_option)
#define IPC_FLAGS                  SHOWN(ARG_SHOWN, ipc_mode)
#define FDSET                      SHOWN(ARG_PTR, fd_set)
#define PTR                        PLAIN(ARG_PTR)
#define PTR_IN(type)               SHOWN(ARG_PTR, type)
#define PTR_OUT(type)              LATE(ARG_PTR, type)
#define PTR_CUSTOM_IN(form)        SHOWN(ARG_PTR, form)
#define PTR_CUSTOM(form)           LATE(ARG_PTR, form)
#define PTR_LIST(type)             SPEC(ARG_PTR, RESULT_REF, COUNT_PLAIN, SIZE_##type, SHOW_##type, true)
#define SIGSET(i)                  SPEC(ARG_PTR, i, COUNT_PLAIN, 0, SHOW_sigset, false)
#define SIGSET_OUT(i)              SPEC(ARG_PTR, i, COUNT_PLAIN, 0, SHOW_sigset, true)
#define IN(n)                      SPEC(ARG_IN, NO_REF, COUNT_PLAIN, n, SHOW_address, false)
#define IN_S(type)                 SPEC(ARG_IN, NO_REF, COUNT_PLAIN, SIZE_##type, SHOW_##type, false)
#define IN_SHOW(n, form)           SPEC(ARG_IN, NO_REF, COUNT_PLAIN, n, SHOW_##form, false)
#define IN_ARG(i)                  SPEC(ARG_IN, i, COUNT_PLAIN, 1, SHOW_NONE, false)
#define IN_ARG_SHOW(i, form)       SPEC(ARG_IN, i, COUNT_PLAIN, 1, SHOW_##form, false)
#define IN_ARRAY(n, i)             SPEC(ARG_IN, i, COUNT_PLAIN, n, SHOW_address, false)
#define IN_ARRAY_SHOW(n, i, form)  SPEC(ARG_IN, i, COUNT_PLAIN, n, SHOW_##form, false)
#define OUT(n)                     SPEC(ARG_OUT, NO_REF, COUNT_PLAIN, n, SHOW_address, true)
#define OUT_S(type)                SPEC(ARG_OUT, NO_REF, COUNT_PLAIN, SIZE_##type, SHOW_##type, true)
#define OUT_REMAINS(type)          SPEC(ARG_OUT, NO_REF, COUNT_PLAIN, SIZE_##type, SHOW_remains, true)
#define OUT_SHOW(n, form)          SPEC(ARG_OUT, NO_REF, COUNT_PLAIN, n, SHOW_##form, true)
#define OUT_ARG(i)                 SPEC(ARG_OUT, i, COUNT_PLAIN, 1, SHOW_NONE, true)
#define OUT_ARG_SHOW(i, form)      SPEC(ARG_OUT, i, COUNT_PLAIN, 1, SHOW_##form, true)
#define OUT_ARRAY(n, i)            SPEC(ARG_OUT, i, COUNT_PLAIN, n, SHOW_address, true)
#define OUT_ARRAY_SHOW(n, i, form) SPEC(ARG_OUT, i, COUNT_PLAIN, n, SHOW_##form, true)
#define OUT_LEN(i)                 SPEC(ARG_OUT, i, COUNT_POINTER, 1, SHOW_address, true)
#define OUT_LEN_SHOW(i, form)      SPEC(ARG_OUT, i, COUNT_POINTER, 1, SHOW_##form, true)
#define POLLFDS(i)                 SPEC(ARG_OUT, i, COUNT_PLAIN, SIZE_pollfd, SHOW_pollfd, false)
#define OFFSET                     SPEC(ARG_OUT, NO_REF, COUNT_PLAIN, 8, SHOW_long_at, false)
#define IOV_IN(i)                  SPEC(ARG_IOV_IN, i, COUNT_PLAIN, 16, SHOW_iovec, false)
#define IOV_OUT(i)                 SPEC(ARG_IOV_OUT, i, COUNT_PLAIN, 16, SHOW_iovec, true)
#define RESULT(form)               SPEC(ARG_RESULT, NO_REF, COUNT_PLAIN, RESULT_##form, SHOW_NONE, true)

const SyscallDesc syscall_table[] = {
#define SYSCALL(name_, x86_64, generic, how, restart_, ...)                                        \
    {.name = #name_,                                                                               \
     .number = {x86_64, generic},                                                                  \
     how(name_),                                                                                   \
     .restart = restart_,                                                                          \
     .args = {__VA_ARGS__}},
#include "runtime/linux/syscalls.def"
#undef SYSCALL
};
const unsigned syscall_count = sizeof syscall_table / sizeof syscall_table[0];

enum {
#define SYSCALL(name, ...) ROW_##name,
#include "runtime/linux/syscalls.def"
#undef SYSCALL
    ROWS
};

/* Row + 1 by guest number; rows without a number in a column go behind the numbers. */
#define PLACE(number, name)                                                                        \
    [(number) < 0 ? SYSCALL_NUMBERS + ROW_##name : (number)] = 1 + ROW_##name
static const uint16_t row_of[SYSCALL_COLUMNS][SYSCALL_NUMBERS + ROWS] = {
    [COLUMN_X86_64] =
        {
#define SYSCALL(name, x86_64, ...) PLACE(x86_64, name),
#include "runtime/linux/syscalls.def"
#undef SYSCALL
        },
    [COLUMN_GENERIC] =
        {
#define SYSCALL(name, x86_64, generic, ...) PLACE(generic, name),
#include "runtime/linux/syscalls.def"
#undef SYSCALL
        },
};

const SyscallDesc *syscall_find(unsigned column, uint64_t number)
{
    uint16_t row = number < SYSCALL_NUMBERS ? row_of[column][number] : 0;
    return row ? &syscall_table[row - 1] : NULL;
}
