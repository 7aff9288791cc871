/* syscall_table.c: syscalls.def as data, and the lookup by number. */
#include "runtime/linux/syscall.h"

#define PASS(name) .host_number = __NR_##name
#define CALL(name) .handler = sys_##name, .host_number = -1
#define YES        RESTART_YES
#define NO         RESTART_NO
#define SOCK       RESTART_SOCK

#define PLAIN(kind)                                                                                \
    {                                                                                              \
        kind, NO_REF, COUNT_PLAIN, 0                                                               \
    }
#define NONE     PLAIN(ARG_NONE)
#define INT      PLAIN(ARG_INT)
#define UINT     PLAIN(ARG_UINT)
#define LONG     PLAIN(ARG_LONG)
#define SIZE     PLAIN(ARG_SIZE)
#define HEX      PLAIN(ARG_HEX)
#define MODE     PLAIN(ARG_MODE)
#define FD       PLAIN(ARG_FD)
#define DIRFD    PLAIN(ARG_DIRFD)
#define FDNONE   PLAIN(ARG_FDNONE)
#define PATH     PLAIN(ARG_PATH)
#define NAME     PLAIN(ARG_NAME)
#define STR      PLAIN(ARG_STR)
#define OFLAGS   PLAIN(ARG_OFLAGS)
#define ATFLAGS  PLAIN(ARG_ATFLAGS)
#define PROT     PLAIN(ARG_PROT)
#define MAPFLAGS PLAIN(ARG_MAPFLAGS)
#define WHENCE   PLAIN(ARG_WHENCE)
#define FCNTL    PLAIN(ARG_FCNTL)
#define SIGNAL   PLAIN(ARG_SIGNAL)
#define SIGHOW   PLAIN(ARG_SIGHOW)
#define CLONE    PLAIN(ARG_CLONE)
#define FUTEX    PLAIN(ARG_FUTEX)
#define PTR      PLAIN(ARG_PTR)
#define IN(n)                                                                                      \
    {                                                                                              \
        ARG_IN, NO_REF, COUNT_PLAIN, n                                                             \
    }
#define IN_ARG(i)                                                                                  \
    {                                                                                              \
        ARG_IN, i, COUNT_PLAIN, 1                                                                  \
    }
#define IN_ARRAY(n, i)                                                                             \
    {                                                                                              \
        ARG_IN, i, COUNT_PLAIN, n                                                                  \
    }
#define OUT(n)                                                                                     \
    {                                                                                              \
        ARG_OUT, NO_REF, COUNT_PLAIN, n                                                            \
    }
#define OUT_ARG(i)                                                                                 \
    {                                                                                              \
        ARG_OUT, i, COUNT_PLAIN, 1                                                                 \
    }
#define OUT_ARRAY(n, i)                                                                            \
    {                                                                                              \
        ARG_OUT, i, COUNT_PLAIN, n                                                                 \
    }
#define OUT_LEN(i)                                                                                 \
    {                                                                                              \
        ARG_OUT, i, COUNT_POINTER, 1                                                               \
    }
#define IOV_IN(i)                                                                                  \
    {                                                                                              \
        ARG_IOV_IN, i, COUNT_PLAIN, 16                                                             \
    }
#define IOV_OUT(i)                                                                                 \
    {                                                                                              \
        ARG_IOV_OUT, i, COUNT_PLAIN, 16                                                            \
    }

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
