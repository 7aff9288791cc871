/* syscalls_test.c: the system call table is complete and agrees with the kernel's headers: names
 * are unique, numbers of both columns found and unique, every row has exactly one way of being
 * done, references between arguments are in range. */
#include <string.h>

#include "runtime/linux/syscall.h"
#include "tests/check.h"

/* The host's own numbers by name, for the column that is the host's. */
static const struct {
    const char *name;
    long number;
} host_numbers[] = {
#define PASS(name) {#name, __NR_##name},
#define CALL(name)
#define LACK(name)
#define NOPERM(name)
#define SYSCALL(name, x86_64, generic, how, ...) how(name)
#include "runtime/linux/syscalls.def"
#undef SYSCALL
#undef PASS
#undef CALL
#undef LACK
#undef NOPERM
};

static void test_rows(void)
{
    for (unsigned i = 0; i < syscall_count; i++) {
        const SyscallDesc *d = &syscall_table[i];
        CHECK((d->handler != NULL) + (d->host_number >= 0) + (d->refusal != 0) == 1);
        CHECK(d->number[COLUMN_X86_64] >= 0 || d->number[COLUMN_GENERIC] >= 0);
        CHECK(d->number[COLUMN_X86_64] < SYSCALL_NUMBERS);
        for (unsigned j = 0; j < i; j++) {
            CHECK(strcmp(d->name, syscall_table[j].name) != 0);
            for (unsigned c = 0; c < SYSCALL_COLUMNS; c++)
                CHECK(d->number[c] < 0 || d->number[c] != syscall_table[j].number[c]);
        }
        for (unsigned c = 0; c < SYSCALL_COLUMNS; c++)
            CHECK(d->number[c] < 0 || syscall_find(c, (uint64_t)d->number[c]) == d);
    }
    for (unsigned c = 0; c < SYSCALL_COLUMNS; c++)
        CHECK(!syscall_find(c, SYSCALL_NUMBERS) && !syscall_find(c, UINT64_MAX));
}

static void test_arguments(void)
{
    for (unsigned i = 0; i < syscall_count; i++) {
        const ArgSpec *args = syscall_table[i].args;
        bool ended = false;
        for (unsigned k = 0; k < SYSCALL_ARGS; k++) {
            CHECK(args[k].kind < ARG_KINDS);
            CHECK(args[k].kind == ARG_NONE || !ended);
            ended |= args[k].kind == ARG_NONE;
            bool buffer = args[k].kind == ARG_IN || args[k].kind == ARG_OUT;
            if (args[k].kind == ARG_NONE || !buffer)
                continue;
            CHECK(args[k].size > 0);
            CHECK(args[k].ref == NO_REF || args[k].ref < SYSCALL_ARGS);
            CHECK(args[k].ref == NO_REF || args[args[k].ref].kind != ARG_NONE);
        }
    }
}

/* The column of numbers that this host has must be its headers'. */
static void test_host_numbers(void)
{
    unsigned column = __NR_read == 0 ? COLUMN_X86_64 : COLUMN_GENERIC;
    for (size_t i = 0; i < sizeof host_numbers / sizeof host_numbers[0]; i++) {
        const SyscallDesc *d = syscall_find(column, (uint64_t)host_numbers[i].number);
        if (!d || strcmp(d->name, host_numbers[i].name)) {
            printf("%s: number %ld is %s\n", host_numbers[i].name, host_numbers[i].number,
                   d ? d->name : "not in the table");
            failures++;
        }
    }
}

/* Every number that Linux has given out: 335 to 423 are left free on x86-64. */
static void test_completeness(void)
{
    enum { LAST = 462, FREE_FROM = 335, FREE_TO = 423 };
    for (uint64_t n = 0; n <= LAST; n++)
        if ((n < FREE_FROM || n > FREE_TO) && !syscall_find(COLUMN_X86_64, n)) {
            printf("no row for system call %d\n", (int)n);
            failures++;
        }
}

int main(void)
{
    test_completeness();
    test_rows();
    test_arguments();
    test_host_numbers();
    return check_report();
}
